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
from geodata.aids import UNSAID_COLUMNS, Aid, gives
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


_EMERGENCIES: Final = ("15", "17", "114", "115")
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
        lines = _lines(reached(services, code_insee), need, when, now, code_insee=code_insee)
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
    here = pd.concat(_by_state(_usual_first(near[hers], need)))
    here = here.loc[_is_emergency(here, need).sort_values(kind="stable").index]
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


def _usual_first(services: gpd.GeoDataFrame, need: Need) -> gpd.GeoDataFrame:
    """Sort: first the services of a type that answers the need as a rule."""
    usual = [kind for kind in ServiceType if not set(kind.facts.aids).isdisjoint(need.aids)]
    unusual = ~services["type"].isin(usual)
    keys = pd.DataFrame({"elsewhere": ~services["serves"], "unusual": unusual})
    return services.loc[keys.sort_values(list(keys.columns), kind="stable").index]


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
    services: gpd.GeoDataFrame, need: Need, when: Selection, now: datetime, *, code_insee: str = ""
) -> gpd.GeoDataFrame:
    """Return the services for a need and all helplines, one for each number, in this order.

    The emergency numbers among the `FIRST_CALLS`; local numbers that are not known to be closed
    (for a shelter: after the other first calls, those that answer day and night first); the other
    first calls; those that answer the need, by its aids (for a shelter: who gives one, then who
    leads there); those that say what is asked; those of her commune; non-emergency lines (except
    for a shelter), open ones, those with a number, those that are not national.
    """
    shelter = need is Need.ABRI
    numbers = services["telephone"].map(phones.key)
    ranks = {phones.key(number): rank for rank, number in enumerate(FIRST_CALLS[need])}
    rank = numbers.map(ranks)
    turn = _turn(services, need)
    turn = turn.groupby(numbers.where(numbers != "", services.index)).transform("min")
    answering = turn.notna() | (services["type"] == ServiceType.ECOUTE)
    matching = select(services, _asked(when)).index.get_indexer(services.index) >= 0
    kept = answering & (matching | rank.notna())
    kept &= ~_repeats(services[kept], numbers[kept]).reindex(services.index, fill_value=False)
    timed = services[kept].join(timetable(services[kept], when, now))
    timed = timed.assign(unsaid=_unsaid(timed, when))
    rank, turn, numbers = (series[kept] for series in (rank, turn, numbers))
    national = timed["zone_eligibilite"].str.contains("france", case=False)
    urgent = numbers.isin(map(phones.key, _EMERGENCIES))
    emergency = timed["acces"].str.contains("urgence") & (not shelter)
    local = ~national & (numbers != "") & (timed["state"] != State.CLOSED) & turn.notna()
    local &= ~(emergency | urgent)
    keys = pd.DataFrame(
        {
            "first": rank.where(shelter | urgent).fillna(len(ranks)),
            "not_always": ~(local & _day_and_night(timed, now)) if shelter else False,
            "not_local": ~local,
            "rank": rank.fillna(len(ranks)),
            "turn": turn.fillna(len(Aid)) if shelter else turn.isna(),
            "unsaid": timed["unsaid"] != "",
            "elsewhere": (timed["code_insee"] != code_insee) | (code_insee == ""),
            "emergency": emergency,
            "state": timed["state"].map({State.OPEN: 0, State.UNKNOWN: 1, State.CLOSED: 2}),
            "no_number": timed["telephone"] == "",
            "national": national & turn.notna(),
        },
        index=timed.index,
    )
    return timed.loc[keys.sort_values(list(keys.columns), kind="stable").index]


def _repeats(services: pd.DataFrame, numbers: pd.Series) -> pd.Series:
    """Return a mask of the services whose number another one gives as well or better.

    A number keeps the name of who is no shelter, then of a phone line, then of the more local one.
    """
    keys = pd.DataFrame(
        {
            "shelter": services["type"] == ServiceType.HEBERGEMENT,
            "no_line": services["type"] != ServiceType.ECOUTE,
            "national": services["zone_eligibilite"].str.contains("france", case=False),
            "key": services.index,
        },
        index=services.index,
    )
    ordered = numbers[keys.sort_values(list(keys.columns), kind="stable").index]
    return (ordered.duplicated() & (ordered != "")).reindex(services.index)


def _turn(services: pd.DataFrame, need: Need) -> pd.Series:
    """Return the place in `need.aids` of the first aid that each service gives, NaN for none."""
    turns = pd.Series(np.nan, index=services.index)
    for turn, aid in reversed(list(enumerate(need.aids))):
        turns = turns.mask(gives(services, [aid]), turn)
    return turns


def _is_emergency(services: pd.DataFrame, need: Need) -> pd.Series:
    """Return a mask of the services for emergencies, where the need is not one."""
    calm = need in (Need.PARLER, Need.DROITS, Need.SOCIAL)
    number = services["telephone"].map(phones.key).isin(map(phones.key, _EMERGENCIES))
    return (number | services["acces"].str.contains("urgence")) & calm


def _day_and_night(services: pd.DataFrame, now: datetime) -> pd.Series:
    """Return a mask of the services that are open all week."""
    monday = now.date() - timedelta(days=now.weekday())
    slots = hours.week_slots(
        services["horaires_accueil"], monday, departements=services["departement"]
    )
    open_all_week = np.bitwise_count(slots).sum(axis=1) == hours.WEEK_SLOTS
    return pd.Series(open_all_week, index=services.index, dtype=bool)
