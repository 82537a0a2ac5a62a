"""What the page Couverture computes, kept: neighbours once, then each answer."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import streamlit as st

from geodata import situation
from geodata.situation import Neighbours, Question, Situation
from geodata.situation import scenario as what_if
from geodata.situation.scenario import Scenario
from pages.components import data
from pages.components.coverage.minutes import Told

KEPT = 32
"""How many answers are kept, and as many of what is drawn of each."""
_NOWHEN = date.min


def situations(
    services: gpd.GeoDataFrame, question: Question, scenario: Scenario, told: Told | None
) -> tuple[Situation, Situation | None]:
    """Give the answer as things are, and as they would be; None where nothing would change.

    `told`: real minutes in the place of the estimate.
    """
    key = (data.signature(), question, told.key if told else "")
    before = _situation(*key, "", services, Scenario(), told)
    if not scenario:
        return before, None
    return before, _situation(*key, str(scenario), services, scenario, told)


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _situation(
    signature: data.Signature,
    question: Question,
    told_key: str,
    written: str,
    _services: gpd.GeoDataFrame,
    _scenario: Scenario,
    _told: Told | None,
) -> Situation:
    listed = counted = situation.counted_services(_services, question)
    if written:
        counted = what_if.apply(listed, _scenario)
        around = situation.neighbours(counted, question, _told.minutes if _told else None)
    else:
        whole = replace(question, types=(), monday=_NOWHEN, opening=None)
        around = _neighbours(signature, whole, told_key, _services, _told)
    return situation.measure(counted, question, around, listed=listed, scenario=written)


@st.cache_resource(max_entries=16, show_spinner=False)
def _neighbours(
    signature: data.Signature,  # noqa: ARG001 what the answer is kept by
    question: Question,
    told_key: str,  # noqa: ARG001
    _services: gpd.GeoDataFrame,
    _told: Told | None,
) -> Neighbours:
    return situation.neighbours(_services, question, _told.minutes if _told else None)
