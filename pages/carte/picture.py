"""The map of the services shown, as a picture."""

from datetime import date
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import french
from geodata.hours import State
from geodata.paper import map_picture
from geodata.selection import Selection
from geodata.services import ServiceType
from geodata.situation import words
from pages.shared import downloads, filters, signs
from pages.shared.clock import Moment
from pages.shared.service_list import ServiceList

_FILLS: Final = {
    State.OPEN: "plein",
    State.CLOSED: "blanc",
    State.UNKNOWN: "en pointillé, avec « ? »",
}


def kinds(
    found: gpd.GeoDataFrame,
    times: pd.DataFrame,
    selection: Selection,
    moment: Moment,
    listed: ServiceList,
) -> list[downloads.Kind]:
    """Return the picture's formats, each made when it is asked for."""
    asked = filters.in_force(moment.now)
    territory = filters.territory(listed, selection, found)
    foot = downloads.made(listed.written.date(), moment.now)

    def draw() -> bytes:
        placed = found[signs.on_the_map(found)]
        states = times.loc[placed.index, "state"]
        title = f"Qui peut aider une femme victime de violences : {words.places(territory)}"
        side = _side(len(found), states, moment, asked)
        around = map_picture.Words(title, side, foot)
        return map_picture.of_places(
            placed.geometry, _signs(placed, states), _key(placed), territory, around
        )

    return downloads.picture_kinds(draw)


def _side(number: int, states: pd.Series, moment: Moment, asked: list[str]) -> list[str]:
    at = f"{french.day(moment.at, today=date.min)} à {french.clock(moment.at)}"
    counts = states.value_counts()
    opened, unknown = (int(counts.get(state, 0)) for state in (State.OPEN, State.UNKNOWN))
    nowhere = number - len(states)
    return [
        f"{french.count(len(states), 'service')} sur la carte.",
        f"{french.count(opened, 'ouvert')} le {at}.",
        f"{french.number(unknown)} aux horaires inconnus : appeler avant.",
        *([f"{french.count(nowhere, 'autre')} sans point : dans la liste."] if nowhere else []),
        *([f"Filtres : {' ; '.join(asked)}."] if asked else []),
    ]


def _signs(placed: gpd.GeoDataFrame, states: pd.Series) -> dict[str, str]:
    rows = zip(placed.index, placed["type"], states, placed["approximatif"], strict=True)
    return {
        str(key): signs.svg(
            signs.SIGNS[ServiceType(kind)], State(state), approximate=bool(approximate)
        )
        for key, kind, state, approximate in rows
    }


def _key(placed: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """Return the families that are drawn, then what their fills mean."""
    drawn = {signs.SIGNS[ServiceType(kind)] for kind in placed["type"].unique()}
    families = [(signs.svg(sign), sign.label) for sign in signs.FAMILIES if sign in drawn]
    fills = [
        (signs.svg(signs.SOCIAL, state), f"{_FILLS[state]} : {label}")
        for state, label in signs.STATE_LABELS.items()
    ]
    ring = signs.svg(signs.SOCIAL, approximate=True), "anneau : placé à la mairie"
    return [*families, *fills, ring]
