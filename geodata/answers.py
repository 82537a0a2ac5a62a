"""Find the services that answer one need, from one place, at one time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import communes, hours, phones
from geodata.aids import UNSAID_COLUMNS, gives
from geodata.hours import State
from geodata.nearest import LngLat, nearest
from geodata.points import measured_points
from geodata.selection import Selection, select, serves, timetable, unsaid
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

    All have the columns of `selection.timetable` and `unsaid`: the columns among those asked for
    (`violences`, `langues`…) of which the service says nothing, joined by a vertical bar. Those
    that say it come first in their frame. All but `lines` have `distance_m`,
    `emplacement_approximatif` and `serves` (False if the zone of the service leaves the commune
    out).

    Attributes:
        here: in her commune, whatever the type: open at the requested time, then those that open
            later, then those to call.
        receiving: elsewhere, open at the requested time, nearest first; if no time is given, all
            places.
        later: elsewhere, closed at that time, by next opening, then nearest first.
        to_call: elsewhere, state unknown, or all dates passed; those with a number first, nearest
            first; at the end, closed places without a next opening.
        lines: helplines, platforms and services without a known location that serve the commune,
            one for each phone number; the numbers for this need first. For `Need.ABRI`, every way
            to a shelter.
    """

    here: gpd.GeoDataFrame
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

    None is for those who commit violence.

    Args:
        services: services from `read_services`.
        origin: longitude, latitude in degrees. None for a commune whose town hall has no known
            point: distances are then unknown, and `lines` includes the places of the département.
        code_insee: code of the commune, as of 2026.
        need: the need. Shelters are reached by phone: for `Need.ABRI` only `lines` is filled.
        when: the requested time, and the violences, languages, accessibility and fees that a
            service must say, or say nothing of; its other fields are ignored. The `FIRST_CALLS`
            answer whatever they say.
        now: the present instant.
        within_m: the largest distance in metres, also into neighbouring départements.
    """
    if need is Need.ABRI or origin is None:
        no_places = _with_times(nearest(services.iloc[:0], _ANYWHERE), code_insee, when, now)
        reached = _shelter_contacts if need is Need.ABRI else _reached_from
        lines = _lines(reached(services, code_insee), need, when, now)
        return Answer(no_places, no_places, no_places, no_places, lines)
    asked = replace(_asked(when), aides=need.aids)
    near = nearest(select(services, asked), origin, limit=None)
    hers = near["code_insee"] == code_insee
    near = _with_times(near[hers | (near["distance_m"] <= within_m)], code_insee, when, now)
    reached_from_here = _reached_from(services, code_insee)
    no_point = measured_points(reached_from_here).isna()
    lines = _lines(reached_from_here[no_point], need, when, now)
    hers = near["code_insee"] == code_insee
    if not (when.open_at or when.open_during):
        return Answer(near[hers], near[~hers], near.iloc[:0], near.iloc[:0], lines)
    here = pd.concat(_by_state(near[hers]))
    return Answer(here, *_by_state(near[~hers]), lines)


def _by_state(
    near: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Split places into open, open later, and to be called, each in its order."""
    opens, closed = near["state"] == State.OPEN, near["state"] == State.CLOSED
    coming = closed & near["opening"].notna()
    later = near[coming].sort_values(["opening_holiday", "opening"], kind="stable")
    order = 4 * closed.astype(int) + 2 * (~near["serves"]) + (near["telephone"] == "")
    to_call = near.loc[order[~opens & ~coming].sort_values(kind="stable").index]
    return near[opens], _said_first(later), _said_first(to_call)


def _said_first(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return services.loc[(services["unsaid"] != "").sort_values(kind="stable").index]


def _asked(when: Selection) -> Selection:
    """Return what a selection asks the services to say."""
    return Selection(**{column: getattr(when, column) for column in UNSAID_COLUMNS})


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
    """Add `serves`, `unsaid` and the timetable.

    Places that do not serve the commune come last, those that say what is asked first.
    """
    timed = places.assign(serves=serves(places, code_insee), unsaid=_unsaid(places, when))
    timed = timed.join(timetable(places, when, now))
    keys = pd.DataFrame({"elsewhere": ~timed["serves"], "unsaid": timed["unsaid"] != ""})
    return timed.loc[keys.sort_values(list(keys.columns), kind="stable").index]


def _unsaid(services: pd.DataFrame, when: Selection) -> pd.Series:
    """Return the columns asked for of which each service says nothing, joined by `|`."""
    found = pd.Series("", index=services.index, dtype="object")
    for column, silent in unsaid(services, when).items():
        found = found.mask(silent, found + "|" + column)
    return found.str.removeprefix("|")


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

    Then in this order: for a shelter, local lines that answer day and night; those that say what is
    asked; non-emergency lines (except for a shelter), open ones, those with a number, those that
    are not national, those that are no shelter. One line for each number.
    """
    ranks = {phones.key(number): rank for rank, number in enumerate(FIRST_CALLS[need])}
    rank = services["telephone"].map(phones.key).map(ranks)
    answering = gives(services, need.aids) | (services["type"] == ServiceType.ECOUTE)
    matching = services.index.isin(select(services, _asked(when)).index)
    kept = answering & (matching | rank.notna())
    timed = services[kept].join(timetable(services[kept], when, now))
    timed = timed.assign(unsaid=_unsaid(timed, when))
    shelter = need is Need.ABRI
    national = timed["zone_eligibilite"].str.contains("france", case=False)
    keys = pd.DataFrame(
        {
            "first": rank[kept].fillna(len(FIRST_CALLS[need])),
            "not_always": ~(_day_and_night(timed, now) & ~national) if shelter else False,
            "unsaid": timed["unsaid"] != "",
            "emergency": timed["acces"].str.contains("urgence") & (not shelter),
            "state": timed["state"].map({State.OPEN: 0, State.UNKNOWN: 1, State.CLOSED: 2}),
            "no_number": timed["telephone"] == "",
            "national": national,
            "shelter": timed["type"] == ServiceType.HEBERGEMENT,
        },
        index=timed.index,
    )
    ordered = timed.loc[keys.sort_values(list(keys.columns), kind="stable").index]
    numbers = ordered["telephone"].map(phones.key)
    return ordered[(numbers == "") | ~numbers.duplicated()]


def _day_and_night(services: pd.DataFrame, now: datetime) -> pd.Series:
    """Return a mask of the services that are open all week."""
    monday = now.date() - timedelta(days=now.weekday())
    slots = hours.week_slots(
        services["horaires_accueil"], monday, departements=services["departement"]
    )
    open_all_week = np.bitwise_count(slots).sum(axis=1) == hours.WEEK_SLOTS
    return pd.Series(open_all_week, index=services.index, dtype=bool)
