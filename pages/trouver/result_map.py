"""The small map beside an answer: from where, and the places that answer."""

from datetime import datetime

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import communes
from geodata.answers import TYPES_FOR, Answer, Need
from geodata.selection import Selection, select, timetable
from pages.map import leaflet_map, outlines, popup
from pages.shared import filters, results, service_list, sheet, signs
from pages.shared.clock import Moment
from pages.trouver import question
from pages.trouver.question import Question

_HEIGHT = 330
_NEAREST = 8
_MOST_SIGNS = 1000
_MARGIN_DEGREES = 0.03


def show(
    services: gpd.GeoDataFrame,
    found: Answer | None,
    asked: Question,
    moment: Moment,
    *,
    chosen: str,
) -> None:
    """Draw where she is and the places of the answer; before that, all that answer her need.

    A click on the map moves the place of departure. For a shelter there is no place to draw.
    """
    placed = _placed(found) if found else _offered(services, asked)
    departements = set(placed["departement"]) - {""}
    if asked.origin:
        departements.add(communes.departement_of(asked.origin.code_insee))
    territory = tuple(sorted(departements or set(services["departement"]) - {""}))
    leaflet_map.show_map(
        placed,
        placed["state"],
        territory=territory,
        bounds=_bounds(placed, asked) or outlines.bounds(territory),
        focus=_focus(placed, chosen, moment),
        plan_ign=filters.wants_tiles(),
        on_choose=sheet.open_sheet,
        origin=_origin(asked),
        on_pick=question.pick,
        offer_position=True,
        key="carte_trouver",
        height=_HEIGHT,
    )
    filters.offer_tiles()


def _placed(found: Answer) -> gpd.GeoDataFrame:
    rows = pd.concat([found.receiving, found.later, found.to_call])
    return rows[signs.on_the_map(rows)].nsmallest(_MOST_SIGNS, "distance_m")


def _offered(services: gpd.GeoDataFrame, asked: Question) -> gpd.GeoDataFrame:
    return _answering(service_list.load().signature, asked.need, asked.when, asked.now, services)


@st.cache_resource(max_entries=32, ttl=results.A_MINUTE_IS_OVER, show_spinner=False)
def _answering(
    signature: service_list.Signature,  # noqa: ARG001 what the answer is kept by
    need: Need,
    when: Selection,
    now: datetime,
    _services: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Give the places that answer a need wherever they are, unless there are too many to draw."""
    kinds = TYPES_FOR[need] if need is not Need.ABRI else ()
    rows = select(_services, Selection(types=kinds)) if kinds else _services.iloc[:0]
    rows = rows[signs.on_the_map(rows)]
    if len(rows) > _MOST_SIGNS:
        rows = rows.iloc[:0]
    return rows.join(timetable(rows, when, now))


def _origin(asked: Question) -> tuple[float, float, str] | None:
    origin = asked.origin
    return (*origin.point, origin.label) if origin and origin.point else None


def _bounds(placed: gpd.GeoDataFrame, asked: Question) -> tuple[float, float, float, float] | None:
    """Look at her place and the nearest places that answer."""
    if not (asked.origin and asked.origin.point):
        return None
    points = placed.nsmallest(_NEAREST, "distance_m").geometry if len(placed) else placed.geometry
    lng, lat = asked.origin.point
    xs, ys = [lng, *points.x], [lat, *points.y]
    margin = _MARGIN_DEGREES
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


def _focus(placed: gpd.GeoDataFrame, chosen: str, moment: Moment) -> leaflet_map.Focus | None:
    if chosen not in placed.index:
        return None
    return popup.focus(placed.loc[chosen], placed.loc[chosen], moment=moment)
