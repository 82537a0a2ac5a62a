"""Which services answer, and how each stands: worked out once a minute, for all visitors.

Nothing here is anybody's: what is kept is told apart by the list's file, the départements, the time
asked for and the minute. Nobody may change a frame that is given, which all visitors share.
"""

from dataclasses import replace
from datetime import datetime

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata.selection import Selection, as_asked, select, timetable
from pages.shared import service_list

A_MINUTE_IS_OVER = 120  # seconds: no run asks any more how things stood then
_TERRITORIES, _TIMES, _SELECTIONS = 16, 32, 64


def services() -> gpd.GeoDataFrame:
    """Give the list without what is never shown."""
    return within(())


def within(departements: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Give the services of these départements; of all of them where none is named."""
    listed = service_list.load()
    return _within(listed.signature, tuple(sorted(departements)), listed.reading.services)


def among(selection: Selection) -> gpd.GeoDataFrame:
    """Give the services that answer a selection, but for the time that it asks for."""
    here = within(selection.departements)
    rest = replace(
        selection, departements=(), open_at=None, open_during=None, keep_unknown_hours=True
    )
    return select(here, rest) if rest != Selection() else here


def found(selection: Selection, now: datetime) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Give the services that answer a selection, and their timetable, as `geodata.selection` does.

    The selection asks for an instant or for a span, not for both.
    """
    if selection.words:
        return _find(selection, now)  # what is typed is kept nowhere
    return _found(service_list.load().signature, selection, now)


@st.cache_resource(max_entries=_SELECTIONS, ttl=A_MINUTE_IS_OVER, show_spinner=False)
def _found(
    signature: service_list.Signature,  # noqa: ARG001 what the answer is kept by
    selection: Selection,
    now: datetime,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    return _find(selection, now)


def _find(selection: Selection, now: datetime) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    services = among(selection)
    times = timetable_of(services, selection, now)
    if not (selection.open_at or selection.open_during):
        return services, times
    kept = as_asked(times["state"], selection)
    return services[kept], times[kept]


def timetable_of(services: gpd.GeoDataFrame, selection: Selection, now: datetime) -> pd.DataFrame:
    """Tell how these services, all of the selection's départements, stand at the time asked for."""
    times = _times(
        service_list.load().signature,
        selection.departements,
        selection.open_at,
        selection.open_during,
        now,
        within(selection.departements),
    )
    return times.loc[services.index] if len(services) < len(times) else times


@st.cache_resource(max_entries=_TERRITORIES, show_spinner=False)
def _within(
    signature: service_list.Signature,  # noqa: ARG001 what the answer is kept by
    departements: tuple[str, ...],
    _services: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    here = select(_services, Selection(departements=departements))
    # Texts as Python's own: a run cuts the list several times, and this halves what each cut costs.
    texts = here.select_dtypes("str").columns
    return here.astype(dict.fromkeys(texts, "object"))


@st.cache_resource(max_entries=_TIMES, ttl=A_MINUTE_IS_OVER, show_spinner=False)
def _times(
    signature: service_list.Signature,  # noqa: ARG001
    departements: tuple[str, ...],  # noqa: ARG001
    open_at: datetime | None,
    open_during: tuple[datetime, datetime] | None,
    now: datetime,
    _services: gpd.GeoDataFrame,
) -> pd.DataFrame:
    return timetable(_services, Selection(open_at=open_at, open_during=open_during), now)
