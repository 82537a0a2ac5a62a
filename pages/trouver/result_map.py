"""The small map beside an answer: where she is, and the places that answer."""

from dataclasses import replace
from datetime import datetime

import geopandas as gpd
import pandas as pd

from geodata import communes
from geodata.answers import Answer, Need
from geodata.selection import Selection, select, timetable
from pages.map import leaflet_map, outlines, popup
from pages.shared import filters, results, sheet, signs
from pages.shared.clock import Moment
from pages.shared.service_list import ServiceList, cached
from pages.trouver import question
from pages.trouver.answer import Result
from pages.trouver.question import Origin, Question

_HEIGHT = 330
_NEAREST = 8
_MOST_SIGNS = 1000
_MARGIN_DEGREES = 0.03


def show(
    listed: ServiceList,
    result: Result | None,
    asked: Question,
    moment: Moment,
    *,
    chosen: str,
) -> None:
    """Draw where she is and the places of the answer; before that, all that answer her need.

    A click on the map moves the place of departure. For a shelter there is no place to draw.
    """
    places = _places_found(result.answer) if result else _places_asked(listed, asked)
    origin = result.question.origin if result else None
    departements = set(places["departement"]) - {""}
    if origin:
        departements.add(communes.departement_of(origin.code_insee))
    territory = tuple(sorted(departements or filters.offered(listed).departements))
    leaflet_map.show_map(
        places,
        places["state"],
        territory=territory,
        bounds=_bounds(places, origin) or outlines.bounds(territory),
        focus=popup.focus(places, places, chosen, moment=moment),
        plan_ign=filters.wants_tiles(),
        on_choose=sheet.open_sheet,
        origin=(*origin.point, origin.label) if origin and origin.point else None,
        on_pick=question.start_from_point,
        offer_position=True,
        key="carte_trouver",
        height=_HEIGHT,
    )
    filters.offer_tiles()


def _places_found(found: Answer) -> gpd.GeoDataFrame:
    rows = pd.concat([found.here, found.receiving, found.later, found.to_call])
    return rows[signs.on_the_map(rows)].nsmallest(_MOST_SIGNS, "distance_m")


def _places_asked(listed: ServiceList, asked: Question) -> gpd.GeoDataFrame:
    return _places_for_need(listed, asked.need, asked.when, asked.now)


@cached(max_entries=32, ttl=results.A_MINUTE_IS_OVER)
def _places_for_need(
    listed: ServiceList, need: Need, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """Return the places that answer a need wherever they are; none where they are too many."""
    services = results.services(listed)
    asked = replace(when, open_at=None, open_during=None, aides=need.aids)
    rows = services.iloc[:0] if need is Need.ABRI else select(services, asked)
    rows = rows[signs.on_the_map(rows)]
    if len(rows) > _MOST_SIGNS:
        rows = rows.iloc[:0]
    return rows.join(timetable(rows, when, now))


def _bounds(
    places: gpd.GeoDataFrame, origin: Origin | None
) -> tuple[float, float, float, float] | None:
    """Return bounds around her place and the nearest places that answer."""
    if not (origin and origin.point):
        return None
    points = places.nsmallest(_NEAREST, "distance_m").geometry if len(places) else places.geometry
    lng, lat = origin.point
    xs, ys = [lng, *points.x], [lat, *points.y]
    margin = _MARGIN_DEGREES
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin
