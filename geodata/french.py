"""Days, hours, numbers, distances and ages as French writes them."""

import re
from datetime import date, datetime, time

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
# A fact older than this is shown with "à vérifier".
_OLD_AFTER_DAYS = 2 * 365


def number(value: int) -> str:
    """1234 → `1 234` (narrow no-break space)."""
    return f"{value:,}".replace(",", _NARROW)


def count(value: int, noun: str, plural: str | None = None) -> str:
    """`1 fiche`, `2 fiches`; zero is singular."""
    word = noun if value < 2 else plural or f"{noun}s"
    return f"{number(value)}{_SOLID}{word}"


def distance(metres: float) -> str:
    """350 → `350 m`, 1234 → `1,2 km`, 48100 → `48 km`; to 50 m below a kilometre."""
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
    """`mardi 24 novembre`, with the year where it is not `today`'s."""
    first = "1er" if value.day == 1 else str(value.day)
    year = f" {value.year}" if today and value.year != today.year else ""
    return f"{WEEKDAYS[value.weekday()]} {first}{_SOLID}{MONTHS[value.month - 1]}{year}"


def near_day(value: date, *, today: date) -> str:
    """`aujourd’hui`, `demain`, `jeudi` within a week, else the whole day."""
    ahead = (value - today).days
    if ahead in (0, 1):
        return ("aujourd’hui", "demain")[ahead]
    if 1 < ahead < 7:
        return WEEKDAYS[value.weekday()]
    return day(value, today=today)


def partial_date(text: str) -> str:
    """`2016` → `2016`, `2016-11` → `novembre 2016`, `2016-11-28` → `28 novembre 2016`."""
    year, month, day_of_month = _parts(text)
    if not year:
        return ""
    words = [str(year)]
    if month:
        words.insert(0, MONTHS[month - 1])
    if day_of_month:
        words.insert(0, "1er" if day_of_month == 1 else str(day_of_month))
    return _SOLID.join(words)


def is_old(text: str, *, today: date) -> bool:
    """Say whether the whole period that an ISO date of year, month or day names is long past."""
    year, month, day_of_month = _parts(text)
    if not year:
        return False
    last = date(year, month or 12, day_of_month or 28)
    return (today - last).days > _OLD_AFTER_DAYS


def age(checked: str, dated: str, *, today: date) -> str:
    """Say how old a fact is, from the ISO date of its check or else of its source.

    >>> age("", "2016-11", today=date(2026, 11, 22)).replace("\u00a0", " ")
    'information de novembre 2016, à vérifier'
    """
    if partial_date(checked):
        late = ", à vérifier" if is_old(checked, today=today) else ""
        joint = "le" if len(checked) == 10 else "en"
        return f"vérifié {joint} {partial_date(checked)}{late}"
    if partial_date(dated):
        late = ", à vérifier" if is_old(dated, today=today) else ""
        joint = "du " if len(dated) == 10 else "d’" if dated[5:7] in ("04", "08", "10") else "de "
        return f"information {joint}{partial_date(dated)}{late}"
    return "information sans date, à vérifier"


def _parts(text: str) -> tuple[int, int, int]:
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    if not found:
        return 0, 0, 0
    return int(found[1]), int(found[2] or 0), int(found[3] or 0)
