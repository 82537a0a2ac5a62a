"""Format days, hours, numbers, distances and ages in French."""

from collections.abc import Iterable
from datetime import date, datetime, time

from geodata.partial_date import PartialDate

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_NARROW = "\u202f"
_SOLID = "\u00a0"


def number(value: int) -> str:
    """1234 → `1 234` (narrow no-break space)."""
    return f"{value:,}".replace(",", _NARROW)


def count(value: int, noun: str, plural: str | None = None) -> str:
    """`1 fiche`, `2 fiches`; zero is singular."""
    word = noun if value < 2 else plural or f"{noun}s"
    return f"{number(value)}{_SOLID}{word}"


def listed(parts: Iterable[str], last: str = " et ") -> str:
    """`a, b et c`."""
    *others, end = list(parts) or [""]
    return ", ".join(others) + last + end if others else end


def distance(metres: float) -> str:
    """350 → `350 m`, 1234 → `1,2 km`, 48100 → `48 km`; rounded to 50 m below a kilometre."""
    if metres < 975:
        return f"{max(50, 50 * round(metres / 50))}{_SOLID}m"
    if metres < 9950:
        return f"{metres / 1000:.1f}{_SOLID}km".replace(".", ",")
    return f"{number(round(metres / 1000))}{_SOLID}km"


def clock(value: time | datetime) -> str:
    """14:30 → `14 h 30`, 09:00 → `9 h`."""
    minutes = f"{_SOLID}{value.minute:02}" if value.minute else ""
    return f"{value.hour}{_SOLID}h{minutes}"


def weekday(position: int) -> str:
    """0 → `lundi`."""
    return WEEKDAYS[position]


def day(value: date, *, today: date | None = None) -> str:
    """`mardi 24 novembre`, with the year if it is not that of `today`."""
    first = "1er" if value.day == 1 else str(value.day)
    year = f" {value.year}" if today and value.year != today.year else ""
    return f"{WEEKDAYS[value.weekday()]} {first}{_SOLID}{MONTHS[value.month - 1]}{year}"


def near_day(value: date, *, today: date) -> str:
    """`aujourd’hui`, `demain`, a weekday within a week, else `day(value)`."""
    ahead = (value - today).days
    if ahead in (0, 1):
        return ("aujourd’hui", "demain")[ahead]
    if 1 < ahead < 7:
        return WEEKDAYS[value.weekday()]
    return day(value, today=today)


def partial_date(when: PartialDate | date | None) -> str:
    """`2016`, `novembre 2016` or `28 novembre 2016`; "" for None."""
    if when is None:
        return ""
    words = [str(when.year)]
    if when.month:
        words.insert(0, MONTHS[when.month - 1])
    if when.day:
        words.insert(0, "1er" if when.day == 1 else str(when.day))
    return _SOLID.join(words)


def of_date(when: PartialDate | date) -> str:
    """`de 2016`, `d’avril 2016` or `du 28 novembre 2016`."""
    vowel = when.month is not None and MONTHS[when.month - 1][0] in "ao"
    return f"{'du ' if when.day else 'd’' if vowel else 'de '}{partial_date(when)}"


def age(when: PartialDate | None, *, checked: bool, today: date) -> str:
    """Say when a fact was checked (`checked`), or else the date of its source.

    >>> age(PartialDate(2016, 11), checked=False, today=date(2026, 11, 22)).replace("\u00a0", " ")
    'information de novembre 2016'
    """
    if when is None:
        return "information sans date"
    future = " (date à venir)" if when.first_day > today else ""
    if checked:
        return f"vérifié {'le' if when.day else 'en'} {partial_date(when)}{future}"
    return f"information {of_date(when)}{future}"
