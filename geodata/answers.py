"""Find the services that answer one need, from one place, at one time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import communes, phones
from geodata.aids import gives
from geodata.hours import State
from geodata.nearest import LngLat, nearest
from geodata.points import measured_points
from geodata.selection import Selection, select, serves, timetable
from geodata.service_types import Need, ServiceType
from geodata.services import FRANCE

__all__ = ["FIRST_CALLS", "Answer", "Need", "answer", "everywhere"]

FIRST_CALLS: Final[Mapping[Need, tuple[str, ...]]] = MappingProxyType(
    {
        Need.PARLER: ("3919", "116 006"),
        Need.PLAINTE: ("17", "114", "116 006"),
        Need.ABRI: ("115", "3919"),
        Need.SOINS: ("15", "3919"),
        Need.DROITS: ("3919", "116 006"),
        Need.SOCIAL: ("3919",),
    }
)
"""The national numbers to list first, if the list has them (arretonslesviolences.gouv.fr)."""


_ANYWHERE: Final = LngLat(2.35, 48.86)


@dataclass(frozen=True)
class Answer:
    """The services that answer a need, sorted; each frame has the columns of the list.

    All have the columns of `selection.timetable` too. `receiving`, `later` and `to_call` also have
    `distance_m`, `emplacement_approximatif` and `serves` (False if the zone of the service leaves
    the commune out).

    Attributes:
        receiving: open at the requested time, nearest first; if no time is given, all places.
        later: closed at that time, by next opening, then nearest first.
        to_call: state unknown, or all dates passed; those with a number first, nearest first; at
            the end, closed places without a next opening.
        lines: helplines, platforms and services without a known location that serve the commune;
            the numbers for this need first. For `Need.ABRI`, every way to a shelter.
    """

    receiving: gpd.GeoDataFrame
    later: gpd.GeoDataFrame
    to_call: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame


def answer(
    services: gpd.GeoDataFrame,
    origin: LngLat | None,
    *,
    code_insee: str,
    need: Need,
    when: Selection,
    now: datetime,
    within_m: float,
) -> Answer:
    """Return the services that answer `need`, seen from `origin` in the commune `code_insee`.

    Args:
        services: services from `read_services`.
        origin: longitude, latitude in degrees. None for a commune whose town hall has no known
            point: distances are then unknown, and `lines` includes the places of the département.
        code_insee: code of the commune, as of 2026.
        need: the need. Shelters are reached by phone: for `Need.ABRI` only `lines` is filled.
        when: the requested time; its other fields are ignored.
        now: the present instant.
        within_m: the largest distance in metres, also into neighbouring départements.
    """
    if need is Need.ABRI or origin is None:
        no_places = _with_times(nearest(services.iloc[:0], _ANYWHERE), code_insee, when, now)
        reached = _shelter_contacts if need is Need.ABRI else _reached_from
        lines = _lines(reached(services, code_insee), need, when, now)
        return Answer(no_places, no_places, no_places, lines)
    near = nearest(services[gives(services, need.aids)], origin, limit=None)
    near = _with_times(near[near["distance_m"] <= within_m], code_insee, when, now)
    here = _reached_from(services, code_insee)
    lines = _lines(here[measured_points(here).isna()], need, when, now)
    if not (when.open_at or when.open_during):
        return Answer(near, near.iloc[:0], near.iloc[:0], lines)
    opens, closed = near["state"] == State.OPEN, near["state"] == State.CLOSED
    coming = closed & near["opening"].notna()
    later = near[coming].sort_values(["opening_holiday", "opening"], kind="stable")
    order = 4 * closed.astype(int) + 2 * (~near["serves"]) + (near["telephone"] == "")
    to_call = near.loc[order[~opens & ~coming].sort_values(kind="stable").index]
    return Answer(near[opens], later, to_call, lines)


def everywhere(
    services: gpd.GeoDataFrame, *, need: Need, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """Return the national helplines with `selection.timetable`, those for this need first."""
    france = services["zone_eligibilite"].str.lower() == FRANCE
    lines = select(services[france], Selection(types=(ServiceType.ECOUTE,)))
    return _lines(lines, need, when, now)


def _with_times(
    places: gpd.GeoDataFrame, code_insee: str, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """Add `serves` and the timetable; places that do not serve the commune come last."""
    timed = places.assign(serves=serves(places, code_insee)).join(timetable(places, when, now))
    return timed.sort_values("serves", ascending=False, kind="stable")


def _shelter_contacts(services: gpd.GeoDataFrame, code_insee: str) -> gpd.GeoDataFrame:
    """Return the services with a phone number that give access to a shelter."""
    here = _reached_from(services, code_insee, shelters=True)
    return here[here["telephone"] != ""]


def _reached_from(
    services: gpd.GeoDataFrame, code_insee: str, *, shelters: bool = False
) -> gpd.GeoDataFrame:
    """Return the services of the département that serve a commune and can be contacted remotely."""
    departement = communes.departement_of(code_insee)
    here = select(services, Selection(departements=(departement,)))
    reachable = here[["telephone", "courriel", "site_web"]].ne("").any(axis=1)
    here = here[reachable & serves(here, code_insee)]
    return here if shelters else here[here["type"] != ServiceType.HEBERGEMENT]


def _lines(
    services: gpd.GeoDataFrame, need: Need, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """Return the services for a need and all helplines, the `FIRST_CALLS` of the need first.

    Then in this order: non-emergency lines (except for a shelter), open ones, those with a number,
    those that are not national.
    """
    lines = services[gives(services, need.aids) | (services["type"] == ServiceType.ECOUTE)]
    timed = lines.join(timetable(lines, when, now))
    ranks = {phones.key(number): rank for rank, number in enumerate(FIRST_CALLS[need])}
    first = timed["telephone"].map(phones.key).map(ranks)
    keys = pd.DataFrame(
        {
            "first": first.fillna(len(FIRST_CALLS[need])),
            "emergency": timed["acces"].str.contains("urgence") & (need is not Need.ABRI),
            "state": timed["state"].map({State.OPEN: 0, State.UNKNOWN: 1, State.CLOSED: 2}),
            "no_number": timed["telephone"] == "",
            "national": timed["zone_eligibilite"].str.contains("france", case=False),
        }
    )
    return timed.loc[keys.sort_values(list(keys.columns), kind="stable").index]
