"""Who can receive her, and when: the answer to one need, from one place, at one time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import communes, phones
from geodata.hours import State
from geodata.nearest import LngLat, nearest
from geodata.points import measured_points
from geodata.selection import Selection, select, serves, timetable
from geodata.service_types import Need, ServiceType
from geodata.services import FRANCE

__all__ = ["FIRST_CALLS", "TYPES_FOR", "Answer", "Need", "answer", "everywhere"]

TYPES_FOR: Final[Mapping[Need, tuple[ServiceType, ...]]] = MappingProxyType(
    {
        need: tuple(
            sorted(
                (kind for kind in ServiceType if need in kind.facts.needs),
                key=lambda kind: len(kind.facts.needs),
            )
        )
        for need in Need
    }
)
"""Which types answer a need, those that answer fewest others first."""

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
"""The national numbers to give first, where the list has them (arretonslesviolences.gouv.fr)."""


_ANYWHERE: Final = LngLat(2.35, 48.86)


@dataclass(frozen=True)
class Answer:
    """The services that answer, in the order to read them; each frame has the list's columns.

    `receiving`, `later` and `to_call` have besides `distance_m`, `emplacement_approximatif`,
    `serves` (False where the service's zone leaves the commune out) and the columns of
    `selection.timetable`. `lines` have the latter only: what is reached without going anywhere
    has no distance.

    Attributes:
        receiving: open at the time asked for, nearest first; with no time, all, nearest first.
        later: closed then, by their next opening, then nearest first.
        to_call: nobody knows whether they are open, or their dates have passed; those with a
            number first, nearest first; in the end those that are closed with no date to come.
        lines: phone lines, platforms and services without a known place that serve the commune;
            the numbers made for the need first. For `Need.ABRI`, all that leads to a shelter.
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
    """Answer a need from `origin`, in the commune `code_insee`, at the time that `when` asks for.

    Only the time of `when` counts. Places farther than `within_m` (metres) are left out, those of
    neighbouring départements are not. Without an `origin` (no source places the town hall of some
    communes) nothing has a distance, and `lines` have the places of the département too. Going to
    a shelter is a path, not a distance: for `Need.ABRI` there are `lines` only.
    """
    kinds = services["type"].isin(TYPES_FOR[need])
    if need is Need.ABRI or origin is None:
        none = nearest(services.iloc[:0], _ANYWHERE)
        nobody = _with_times(none, code_insee, when, now)
        path = _shelter_path if need is Need.ABRI else _reached_from
        told = _lines(path(services, code_insee), need, when, now)
        return Answer(nobody, nobody, nobody, told)
    near = nearest(services[kinds], origin, limit=None)
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
    """Give the phone lines of all France, those made for the need first, with their times."""
    france = services["zone_eligibilite"].str.lower() == FRANCE
    lines = select(services[france], Selection(types=(ServiceType.ECOUTE,)))
    return _lines(lines, need, when, now)


def _with_times(
    places: gpd.GeoDataFrame, code_insee: str, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """Add how each stands then; those whose zone leaves her commune out come after the others."""
    told = places.assign(serves=serves(places, code_insee)).join(timetable(places, when, now))
    return told.sort_values("serves", ascending=False, kind="stable")


def _shelter_path(services: gpd.GeoDataFrame, code_insee: str) -> gpd.GeoDataFrame:
    """Give who leads to a shelter by phone, wherever that is."""
    here = _reached_from(services, code_insee, shelters=True)
    return here[here["telephone"] != ""]


def _reached_from(
    services: gpd.GeoDataFrame, code_insee: str, *, shelters: bool = False
) -> gpd.GeoDataFrame:
    """Give what people of a commune may call or write to, in its département."""
    departement = communes.departement_of(code_insee)
    here = select(services, Selection(departements=(departement,)))
    reachable = here[["telephone", "courriel", "site_web"]].ne("").any(axis=1)
    here = here[reachable & serves(here, code_insee)]
    return here if shelters else here[here["type"] != ServiceType.HEBERGEMENT]


def _lines(
    services: gpd.GeoDataFrame, need: Need, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """Give what answers the need and every phone line, the numbers made for the need first.

    Then come who answers at that time, who has a number at all, and who is not of all France.
    """
    lines = services[services["type"].isin([*TYPES_FOR[need], ServiceType.ECOUTE])]
    told = lines.join(timetable(lines, when, now))
    ranks = {phones.key(number): rank for rank, number in enumerate(FIRST_CALLS[need])}
    first = told["telephone"].map(phones.key).map(ranks)
    keys = pd.DataFrame(
        {
            "first": first.fillna(len(FIRST_CALLS[need])),
            "emergency": told["acces"].str.contains("urgence") & (need is not Need.ABRI),
            "state": told["state"].map({State.OPEN: 0, State.UNKNOWN: 1, State.CLOSED: 2}),
            "silent": told["telephone"] == "",
            "elsewhere": told["zone_eligibilite"].str.contains("france", case=False),
        }
    )
    return told.loc[keys.sort_values(list(keys.columns), kind="stable").index]
