"""Which services a person asked for."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import communes, hours, secrecy
from geodata.services import FRANCE, Confidentiality, ServiceType, zone_departements
from geodata.text import fold, fold_all

_SEARCHED = (
    "nom",
    "structure",
    "adresse",
    "code_postal",
    "commune",
    "telephone",
    "horaires_precisions",
    "reseaux",
    "description",
)
_FOR_EVERYBODY = "tous"
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Selection:
    """What is asked for. An empty field asks for nothing; the fields add up (*and*).

    Attributes:
        departements, communes: codes; a phone line belongs to each territory that it serves.
        types, publics, acces, reseaux: any of these words; `tous` answers every `publics`.
        words: each must be found, in any order; accents and case do not matter.
        open_at: open at this instant (naive = Europe/Paris).
        open_during: open at some time of [start, end).
        keep_unknown_hours: services whose hours are unknown then stay.

    Any collection of codes or words is taken, and kept as a sorted tuple.
    """

    departements: Collection[str] = ()
    communes: Collection[str] = ()
    types: Collection[str] = ()
    publics: Collection[str] = ()
    acces: Collection[str] = ()
    reseaux: Collection[str] = ()
    words: str = ""
    open_at: datetime | None = None
    open_during: tuple[datetime, datetime] | None = None
    keep_unknown_hours: bool = True

    def reference(self, now: datetime) -> datetime:
        """Give the instant that the answer is about: the one asked for, else `now`."""
        return self.open_during[0] if self.open_during else self.open_at or now

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.type == Collection[str]:
                given = getattr(self, field.name) or ()
                values = (given,) if isinstance(given, str) else given
                object.__setattr__(self, field.name, tuple(sorted(map(str, values))))


def select(services: gpd.GeoDataFrame, selection: Selection) -> gpd.GeoDataFrame:
    """Give the services that answer `selection`, in their order, with the same columns.

    Services that are never shown (`non_publie`) never answer.
    """
    kept = secrecy.is_shown(services)
    if selection.departements:
        kept &= _in_departements(services, selection.departements)
    if selection.communes:
        kept &= _in_communes(services, selection.communes)
    if selection.types:
        kept &= services["type"].isin([str(kind) for kind in selection.types])
    if selection.publics:
        kept &= _has_any(services["publics"], {*selection.publics, _FOR_EVERYBODY})
    if selection.acces:
        kept &= _has_any(services["acces"], set(selection.acces))
    if selection.reseaux:
        kept &= _has_any(services["reseaux"], set(selection.reseaux))
    found = services[kept]
    if selection.words.strip():
        found = found[_has_words(found, fold(selection.words).split())]
    if selection.open_at:
        states, _ = _states(found, selection.open_at, None)
        found = found[as_asked(states, selection)]
    if selection.open_during:
        states, _ = _states(found, selection.open_during[0], selection.open_during)
        found = found[as_asked(states, selection)]
    return found


def as_asked(states: pd.Series, selection: Selection) -> pd.Series:
    """Say which states answer a selection that asks for a time; all do where it asks for none."""
    kept = {hours.State.OPEN}
    if selection.keep_unknown_hours:
        kept.add(hours.State.UNKNOWN)
    if not (selection.open_at or selection.open_during):
        kept |= set(hours.State)
    return states.isin(kept)


def serves(services: pd.DataFrame, code_insee: str) -> pd.Series:
    """Say which services take in people of this commune, as far as `zone_eligibilite` says.

    A zone answers for a commune if it names it, its EPCI, its département or France; a service
    that names no zone excludes nobody. Raises KeyError where `code_insee` is no commune of 2026.
    """
    zones = _zones_of({code_insee})
    named = services["zone_eligibilite"].str.lower()
    return (named == "") | _has_any(named, zones)


def timetable(services: pd.DataFrame, selection: Selection, now: datetime) -> pd.DataFrame:
    """Tell how each service stands at the time asked for, or `now` if none is. Same index out.

    Columns: `state` (of `hours.State`; over a span, open if open at some time of it), `closing`
    (until when it is open), `opening` (its next known opening), both in Paris time with NaT where
    not known; `to_renew` (a dated list whose last date has passed); `holiday` and
    `opening_holiday` (this time, or the next opening, is on a public holiday of which the weekly
    hours say nothing: nobody knows, and the state is unknown).
    """
    # Services with the same hours in the same département stand alike: each is asked once.
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
    """Give the states at an instant or over a span, and which ones a public holiday makes doubtful.

    Weekly hours that say nothing of public holidays are not believed on one: over a span, only
    what is open on its other days counts as open.
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
    told = [
        hours.State.OPEN if sure else hours.State.UNKNOWN if may else hours.State.CLOSED
        for sure, may in zip(surely.tolist(), perhaps.tolist(), strict=True)
    ]
    index = services.index
    return pd.Series(told, index, dtype=object), pd.Series(doubtful & ~surely, index)


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Cut a span at the midnights of Paris. Naive instants are Paris time."""
    start, end = (
        moment.astimezone(PARIS) if moment.tzinfo else moment.replace(tzinfo=PARIS)
        for moment in (start, end)
    )
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), time(), PARIS)
        yield start, min(midnight, end)
        start = midnight


def _in_departements(services: pd.DataFrame, wanted: Collection[str]) -> pd.Series:
    return services["departement"].isin(wanted) | _serves(services, {*wanted, FRANCE})


def _in_communes(services: pd.DataFrame, wanted: Collection[str]) -> pd.Series:
    """A hidden place is in none of its département's communes; a phone line goes by its zone."""
    here = {code for code in map(communes.current_code, wanted) if code}
    zones = _zones_of(here)
    open_to_all = services["confidentialite"] == Confidentiality.PUBLIC
    not_shelters = services["type"] != ServiceType.HEBERGEMENT
    named = services["zone_eligibilite"].str.lower()
    serves = _nowhere(services) & _has_any(named, zones) & open_to_all & not_shelters
    return services["code_insee"].isin(here) | serves


def _zones_of(codes: set[str]) -> set[str]:
    """Give these communes and all that they are in."""
    zones = {FRANCE, *codes}
    for code in codes:
        zones |= {communes.departement_of(code), communes.epci_of(code)}
    return {zone.lower() for zone in zones if zone}


def _serves(services: pd.DataFrame, zones: set[str]) -> pd.Series:
    """Services that stand nowhere and serve one of these départements."""
    served = zone_departements(services["zone_eligibilite"])
    return _nowhere(services) & served.map(lambda zone: not zones.isdisjoint(zone)).astype(bool)


def _nowhere(services: pd.DataFrame) -> pd.Series:
    """Phone lines, platforms, and what has neither a commune nor a point."""
    line = services["type"] == ServiceType.ECOUTE
    return line | ((services["code_insee"] == "") & services.geometry.isna())


def _has_any(lists: pd.Series, wanted: set[str]) -> pd.Series:
    answers = {text: not wanted.isdisjoint(text.split("|")) for text in lists.unique()}
    return lists.map(answers).astype(bool)


def _has_words(services: pd.DataFrame, wanted: list[str]) -> pd.Series:
    labels = services["type"].map({str(kind): kind.label for kind in ServiceType})
    texts = labels.str.cat(services[list(_SEARCHED)], sep=" ")
    folded = fold_all(texts)
    found = pd.Series(data=True, index=services.index)
    for word in wanted:
        found &= folded.str.contains(word, regex=False)
    return found
