"""The French calendar: what each date is, local public holidays, school zones, local time."""

from __future__ import annotations

import csv
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from holidays.countries.france import France

if TYPE_CHECKING:
    from collections.abc import Iterable

PARIS = ZoneInfo("Europe/Paris")
FIRST_YEAR, LAST_YEAR = 1946, 2199
"""Years whose public holidays are computed; outside, they are unknown."""

TIME_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "984": "Indian/Kerguelen",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}

HOLIDAY_SUBDIVISIONS = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "975": "PM",
    "976": "976",
    "977": "BL",
    "978": "MF",
    "984": "TF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}

SCHOOL_ZONES = {
    zone: frozenset(departements.split())
    for zone, departements in {
        "A": "01 03 07 15 16 17 19 21 23 24 25 26 33 38 39 40 42 43 47 58 63 64 69 70 71 73 74 79"
        " 86 87 89 90 69D 69M",
        "B": "02 04 05 06 08 10 13 14 18 22 27 28 29 35 36 37 41 44 45 49 50 51 52 53 54 55 56 57"
        " 59 60 61 62 67 68 72 76 80 83 84 85 88",
        "C": "09 11 12 30 31 32 34 46 48 65 66 75 77 78 81 82 91 92 93 94 95",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Date:
    """What the rules ask about a date, computed once."""

    ordinal: int
    year: int
    month: int
    day: int
    weekday: int
    days_in_month: int
    iso_week: int
    easter: int
    """Days since Easter Sunday of the year, negative before."""


@lru_cache(maxsize=16384)
def date_of(ordinal: int) -> Date:
    """The date of a proleptic ordinal."""
    day = date.fromordinal(ordinal)
    return Date(
        ordinal,
        day.year,
        day.month,
        day.day,
        day.weekday(),
        monthrange(day.year, day.month)[1],
        day.isocalendar().week,
        ordinal - easter_sunday(day.year).toordinal(),
    )


@lru_cache(maxsize=512)
def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - leap + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=1024)
def same_calendar(departement: str | None) -> str | None:
    """One département for all those of the same holidays, school zone and local time."""
    if departement is None or departement in HOLIDAY_SUBDIVISIONS:
        return departement
    return next((min(zone) for zone in SCHOOL_ZONES.values() if departement in zone), departement)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Holidays and local time of a département, or of France as a whole."""

    departement: str | None = None

    def is_holiday(self, kind: str, ordinal: int) -> bool | None:
        """Whether a date is a public (`PH`) or school (`SH`) holiday; None if unknown."""
        return _is_holiday(self.departement, kind, ordinal)

    @property
    def zone(self) -> ZoneInfo:
        """Local time."""
        name = TIME_ZONES.get(self.departement or "")
        return ZoneInfo(name) if name else PARIS


@lru_cache(maxsize=131072)
def _is_holiday(departement: str | None, kind: str, ordinal: int) -> bool | None:
    if kind == "PH":
        return _is_public_holiday(HOLIDAY_SUBDIVISIONS.get(departement or ""), ordinal)
    return _is_school_holiday(departement, ordinal)


def _is_public_holiday(subdivision: str | None, ordinal: int) -> bool | None:
    year = date.fromordinal(ordinal).year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    return ordinal in _public_holidays(subdivision, year)


@lru_cache(maxsize=1024)
def _public_holidays(subdivision: str | None, year: int) -> frozenset[int]:
    days: Iterable[date] = France(subdiv=subdivision, years=year)  # type: ignore[no-untyped-call]
    return frozenset(day.toordinal() for day in days)


def _is_school_holiday(departement: str | None, ordinal: int) -> bool | None:
    """Without a département, true or false only where the three zones agree."""
    known_until, holidays = _school_holidays()
    if not _FIRST_SCHOOL_DAY <= ordinal <= known_until:
        return None
    zones = [zone for zone, members in SCHOOL_ZONES.items() if departement in members]
    if departement and not zones:
        return None
    answers = {(zone, ordinal) in holidays for zone in zones or SCHOOL_ZONES}
    return answers.pop() if len(answers) == 1 else None


_FIRST_SCHOOL_DAY = date(2015, 9, 1).toordinal()
"""Since then the zones hold the académies they hold today."""


def school_holidays_end() -> date:
    """Return the last day of the last published school holidays: later days are unknown."""
    return date.fromordinal(_school_holidays()[0])


@lru_cache(maxsize=1)
def _school_holidays() -> tuple[int, frozenset[tuple[str, int]]]:
    """The last known day, and the holidays of each zone (read from the package's own table).

    After the last holiday of the table nothing has been published: those days are unknown.
    """
    found = set()
    table = resources.files("vacances_scolaires_france") / "data" / "data.csv"
    with table.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            ordinal = date.fromisoformat(row["date"]).toordinal()
            for zone in SCHOOL_ZONES:
                if row[f"vacances_zone_{zone.lower()}"] == "True":
                    found.add((zone, ordinal))
    return max(ordinal for _, ordinal in found), frozenset(found)


@lru_cache(maxsize=16384)
def clock_pieces(zone: ZoneInfo, ordinal: int) -> tuple[tuple[int, int, int], ...]:
    """Stretches of a local day with one offset from UTC: first and end minute of the day, offset.

    One stretch on most days. A spring day leaves its missing hour out; an autumn day has its
    double hour in two stretches.
    """
    midnight = datetime.fromordinal(ordinal)
    before = _offset(midnight.replace(tzinfo=zone))
    after = _offset((midnight + timedelta(days=1)).replace(tzinfo=zone))
    if before == after:
        return ((0, 1440, before),)
    start = midnight - timedelta(minutes=before)
    minutes = int((midnight + timedelta(days=1, minutes=-after) - start) / timedelta(minutes=1))
    change = next(
        n
        for n in range(minutes + 1)
        if _offset((start + timedelta(minutes=n)).replace(tzinfo=UTC).astimezone(zone)) == after
    )
    return ((0, change, before), (change + after - before, 1440, after))


def _offset(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds() // 60)


def local_minutes(moment: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """Ordinal and minute of the day of an instant; a naive one is Paris time."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=PARIS)
    local = aware.astimezone(zone)
    return local.toordinal(), local.hour * 60 + local.minute


def instant(ordinal: int, minute: int, offset: int) -> int:
    """Minutes of UTC, counted from the proleptic ordinal 0."""
    return ordinal * 1440 + minute - offset


def to_datetime(utc_minute: int, zone: ZoneInfo) -> datetime:
    """The local datetime of minutes of UTC."""
    ordinal, minute = divmod(utc_minute, 1440)
    moment = datetime.fromordinal(ordinal) + timedelta(minutes=minute)
    return moment.replace(tzinfo=UTC).astimezone(zone)


def instant_of(moment: datetime) -> int:
    """The minute of UTC that holds a datetime; a naive one is Paris time."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=PARIS)
    utc = aware.astimezone(UTC)
    return utc.toordinal() * 1440 + utc.hour * 60 + utc.minute
