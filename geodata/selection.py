"""Filter services by territory, type, words and opening time."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import aids, communes, hours, search, secrecy
from geodata.points import distance_to_communes_m
from geodata.services import (
    FRANCE,
    PERPETRATORS,
    Confidentiality,
    ServiceType,
    is_for_perpetrators,
    zone_departements,
)

_FOR_EVERYBODY = "tous"
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Selection:
    """The filters of a search. Empty fields do not filter; the others must all hold (*and*).

    Attributes:
        departements, communes: codes; a helpline matches every territory that it serves.
        within_km: with `communes`, the services no farther than this from one of their town halls
            match too (`points.distance_to_communes_m`); what has no such distance does not.
        types, reseaux: one of these values.
        publics: one of these values; `tous` matches all but `auteurs`. Services for those who
            commit violence match `auteurs` only, and nothing else brings them.
        aides: gives one of these (`aids.aids_of`).
        acces, violences, langues, accessibilite, frais: says one of these values (`aids.says`).
        words: all must be found, in any order (`geodata.search`).
        open_at: open at this instant (naive = Europe/Paris).
        open_during: open at some time in [start, end).
        keep_unknown_hours: keep the services whose state is unknown at that time.
        keep_unsaid: keep the services that say nothing of the access, violences, languages,
            accessibility or fees that are asked for (`unsaid` names them).

    Collections are stored as sorted tuples.
    """

    departements: Collection[str] = ()
    communes: Collection[str] = ()
    within_km: float = 0
    types: Collection[str] = ()
    publics: Collection[str] = ()
    acces: Collection[str] = ()
    reseaux: Collection[str] = ()
    aides: Collection[str] = ()
    violences: Collection[str] = ()
    langues: Collection[str] = ()
    accessibilite: Collection[str] = ()
    frais: Collection[str] = ()
    words: str = ""
    open_at: datetime | None = None
    open_during: tuple[datetime, datetime] | None = None
    keep_unknown_hours: bool = True
    keep_unsaid: bool = True

    def reference(self, now: datetime) -> datetime:
        """Return the requested instant (or start of the span), `now` if there is none."""
        return self.open_during[0] if self.open_during else self.open_at or now

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.type == Collection[str]:
                values = getattr(self, field.name) or ()
                values = (values,) if isinstance(values, str) else values
                object.__setattr__(self, field.name, tuple(sorted(map(str, values))))


def select(
    services: gpd.GeoDataFrame, selection: Selection, *, index: search.Index | None = None
) -> gpd.GeoDataFrame:
    """Return the services that match `selection`, in the same order, with the same columns.

    Services that are never shown (`non_publie`) never match. Those for people who commit violence
    match only where `publics` asks for `auteurs`. `index`: the words of the list that `services`
    are of; without it, those of `services`.
    """
    kept = secrecy.is_shown(services)
    if selection.words.strip():
        kept &= _has_words(services, selection.words, index or search.Index(services))
    if PERPETRATORS not in selection.publics:
        kept &= ~is_for_perpetrators(services)
    if selection.communes:
        kept &= _in_communes(services, selection)
    for name, matches_one in _TESTS.items():
        if wanted := getattr(selection, name):
            kept &= matches_one(services, set(map(str, wanted)))
    for column in aids.UNSAID_COLUMNS:
        if wanted := getattr(selection, column):
            says = aids.says(services, column, wanted)
            kept &= says | ~aids.said(services, column) if selection.keep_unsaid else says
    matches = services[kept]
    if selection.open_at:
        states, _ = _states(matches, selection.open_at, None)
        matches = matches[matches_time(states, selection)]
    if selection.open_during:
        states, _ = _states(matches, selection.open_during[0], selection.open_during)
        matches = matches[matches_time(states, selection)]
    return matches


def unsaid(services: pd.DataFrame, selection: Selection) -> dict[str, pd.Series]:
    """Return, for each column that `selection` asks about, a mask of the services that say nothing.

    They match it because nothing is known: whoever shows them says so.
    """
    return {
        column: ~aids.said(services, column)
        for column in aids.UNSAID_COLUMNS
        if getattr(selection, column)
    }


def matches_time(states: pd.Series, selection: Selection) -> pd.Series:
    """Return a mask of the states that match the requested time; all match if there is none."""
    kept = {hours.State.OPEN}
    if selection.keep_unknown_hours:
        kept.add(hours.State.UNKNOWN)
    if not (selection.open_at or selection.open_during):
        kept |= set(hours.State)
    return states.isin(kept)


def serves(services: pd.DataFrame, code_insee: str) -> pd.Series:
    """Return a mask of the services whose `zone_eligibilite` includes a commune.

    A zone includes a commune if it names it, its EPCI, its département or France; an empty zone
    includes all. Raises KeyError if `code_insee` is not a commune of 2026.
    """
    zones = _zones_of({code_insee})
    named = services["zone_eligibilite"].str.lower()
    return (named == "") | _has_any(named, zones)


def timetable(services: pd.DataFrame, selection: Selection, now: datetime) -> pd.DataFrame:
    """Return the state of each service at the requested time, or `now`. Same index out.

    Columns: `state` (`hours.State`; over a span, open if open at some time in it); `closing` (end
    of the current opening) and `opening` (next known opening), in Paris time, NaT if unknown;
    `to_renew` (all listed dates have passed); `holiday` and `opening_holiday` (the time, or the
    next opening, is on a public holiday that the weekly hours do not mention: state unknown).
    """
    # Compute once for all services with the same hours and département.
    places: dict[tuple[str, str], int] = {}
    pairs = zip(services["horaires_accueil"], services["departement"], strict=True)
    rows = [places.setdefault(pair, len(places)) for pair in pairs]
    distinct = pd.DataFrame(list(places), columns=["horaires_accueil", "departement"], dtype="str")
    return _timetable(distinct, selection, now).take(rows).set_axis(services.index)


def _timetable(services: pd.DataFrame, selection: Selection, now: datetime) -> pd.DataFrame:
    texts, departements = services["horaires_accueil"], services["departement"]
    at = selection.reference(now)
    states, doubtful = _states(services, at, selection.open_during)
    openings = hours.next_opening(texts, at, departements=departements)
    silent = hours.silent_on_holidays(texts)
    return pd.DataFrame(
        {
            "state": states,
            "closing": hours.closing(texts, at, departements=departements),
            "opening": openings,
            "to_renew": hours.to_renew(texts, at, departements=departements),
            "holiday": doubtful,
            "opening_holiday": [
                quiet and not pd.isna(opening) and hours.is_public_holiday(opening.date(), code)
                for quiet, opening, code in zip(silent, openings, departements, strict=True)
            ],
        },
        index=services.index,
    )


def _states(
    services: pd.DataFrame, at: datetime, span: tuple[datetime, datetime] | None
) -> tuple[pd.Series, pd.Series]:
    """Return the states at an instant or over a span, and a mask of those a holiday makes doubtful.

    Weekly hours that do not mention public holidays do not count on one: over a span, only
    openings on the other days make a service open.
    """
    texts, departements = services["horaires_accueil"], services["departement"]
    silent = hours.silent_on_holidays(texts).to_numpy(dtype=bool)
    surely = np.zeros(len(services), dtype=bool)
    perhaps, doubtful = surely.copy(), surely.copy()
    for start, end in _days(*span) if span else [(at, at)]:
        if span:
            states = hours.open_during(texts, start, end, departements=departements).to_numpy()
        else:
            states = hours.states(texts, at, departements=departements).to_numpy()
        off = {
            code: hours.is_public_holiday(hours.local_date(start, code), code)
            for code in departements.unique()
        }
        opens = states == hours.State.OPEN
        doubt = opens & silent & np.array([off[code] for code in departements], dtype=bool)
        surely |= opens & ~doubt
        perhaps |= doubt | (states == hours.State.UNKNOWN)
        doubtful |= doubt
    values = [
        hours.State.OPEN if sure else hours.State.UNKNOWN if may else hours.State.CLOSED
        for sure, may in zip(surely.tolist(), perhaps.tolist(), strict=True)
    ]
    index = services.index
    return pd.Series(values, index, dtype=object), pd.Series(doubtful & ~surely, index)


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Split a span at each midnight of Paris. Naive instants are Paris time."""
    start, end = (
        moment.astimezone(PARIS) if moment.tzinfo else moment.replace(tzinfo=PARIS)
        for moment in (start, end)
    )
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), time(), PARIS)
        yield start, min(midnight, end)
        start = midnight


def _in_departements(services: pd.DataFrame, wanted: Collection[str]) -> pd.Series:
    return services["departement"].isin(wanted) | _serves_any(services, {*wanted, FRANCE})


def _in_communes(services: gpd.GeoDataFrame, selection: Selection) -> pd.Series:
    """Return a mask of the services in communes, or as near to them as is asked for.

    Helplines match by zone, hidden places never.
    """
    here = {code for code in map(communes.current_code, selection.communes) if code}
    zones = _zones_of(here)
    open_to_all = services["confidentialite"] == Confidentiality.PUBLIC
    not_shelters = services["type"] != ServiceType.HEBERGEMENT
    named = services["zone_eligibilite"].str.lower()
    served = _without_location(services) & _has_any(named, zones) & open_to_all & not_shelters
    kept: pd.Series = services["code_insee"].isin(here) | served
    if selection.within_km:
        kept |= distance_to_communes_m(services, here) <= 1000 * selection.within_km
    return kept


def _zones_of(codes: set[str]) -> set[str]:
    """Return the lower-case codes of communes, their EPCI and départements, and `france`."""
    zones = {FRANCE, *codes}
    for code in codes:
        zones |= {communes.departement_of(code), communes.epci_of(code)}
    return {zone.lower() for zone in zones if zone}


def _serves_any(services: pd.DataFrame, zones: set[str]) -> pd.Series:
    """Return a mask of the services without a location that serve one of these départements."""
    served = zone_departements(services["zone_eligibilite"])
    return _without_location(services) & served.map(lambda zone: not zones.isdisjoint(zone)).astype(
        bool
    )


def _without_location(services: pd.DataFrame) -> pd.Series:
    """Return a mask of helplines and of services with neither a commune nor a point."""
    line = services["type"] == ServiceType.ECOUTE
    return line | ((services["code_insee"] == "") & services.geometry.isna())


def _has_any(lists: pd.Series, wanted: set[str]) -> pd.Series:
    answers = {text: not wanted.isdisjoint(text.split("|")) for text in lists.unique()}
    return lists.map(answers).astype(bool)


def _has_words(services: pd.DataFrame, words: str, index: search.Index) -> pd.Series:
    scores = index.search(words).scores
    ids = services.index
    # As `isin`, which takes 60 times as long for the texts of a long index.
    return pd.Series(scores is None or scores.index.get_indexer(ids) >= 0, ids, dtype=bool)


def _receives(services: pd.DataFrame, wanted: set[str]) -> pd.Series:
    victims = wanted - {PERPETRATORS}
    received = _has_any(services["publics"], {*victims, _FOR_EVERYBODY} if victims else set())
    return received | is_for_perpetrators(services)


_TESTS: Final[Mapping[str, Callable[[gpd.GeoDataFrame, set[str]], pd.Series]]] = {
    "departements": _in_departements,
    "types": lambda services, wanted: services["type"].isin(wanted),
    "publics": _receives,
    "reseaux": lambda services, wanted: _has_any(services["reseaux"], wanted),
    "aides": aids.gives,
}
"""How each field of `Selection` is asked of the services."""
