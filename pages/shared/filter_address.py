"""The filters as an address writes them: one reader for the pages and for the public data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final, Self, TypeVar

from geodata import communes, french
from geodata.selection import Selection
from geodata.services import LISTS, ServiceType, vocabulary

LONGEST_WORDS: Final = 200
AROUND_KM: Final = (0, 5, 10, 20, 30, 50, 100)
SPAN_DAYS: Final = {"4-semaines": 28, "3-mois": 91, "6-mois": 182, "un-an": 365}
"""How many days of the agenda each value of `duree` shows; the first is the usual one."""
_YEARS = range(2000, 2100)
_NO = "non"
_T = TypeVar("_T")

Values = Callable[[str], Sequence[str]]
"""Returns the values that an address gives to a parameter."""
Refuse = Callable[[str, str], None]
"""Is told the parameter and the value that are not understood."""


class When(StrEnum):
    """The four ways to ask about time."""

    ALWAYS = "toujours"
    NOW = "maintenant"
    MOMENT = "moment"
    SPAN = "creneau"


@dataclass(frozen=True)
class Time:
    """What is asked about time. `day` None is today, `weekday` 0 is Monday."""

    when: When
    day: date | None
    hour: time
    weekday: int
    start: time
    end: time

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the time of the values that `read` gives."""
        return cls(*(values[name] for name in ("quand", "jour", "heure", "semaine", "de", "a")))

    def moment(self, now: datetime) -> datetime:
        """Return the day and the hour, in the time zone of `now`."""
        return datetime.combine(self.day or now.date(), self.hour, now.tzinfo)

    def in_address(self) -> str:
        """Return it as the parameter `quand` of an address; "" for any time."""
        return {
            When.ALWAYS: "",
            When.NOW: str(When.NOW),
            When.MOMENT: f"{self.day or date.min:%Y-%m-%d}T{self.hour:%H:%M}",
            When.SPAN: f"{french.weekday(self.weekday)}-{self.start:%H:%M}-{self.end:%H:%M}",
        }[self.when]

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Return the next such span that is not over; of one that has begun, what is left."""
        last_day = now.date() - timedelta(days=(now.weekday() - self.weekday) % 7)
        for day in (last_day, last_day + timedelta(days=7)):
            next_day = day + timedelta(days=self.end <= self.start)
            begins = datetime.combine(day, self.start, now.tzinfo)
            ends = datetime.combine(next_day, self.end, now.tzinfo)
            if ends > now:
                break
        return max(begins, now), ends


DEFAULTS: Final[Mapping[str, object]] = {
    "departements": [],
    "communes": [],
    "autour": 0,
    "types": [],
    "publics": [],
    "acces": [],
    "reseaux": [],
    "aides": [],
    "violences": [],
    "langues": [],
    "accessibilite": [],
    "frais": [],
    "mots": "",
    "quand": When.ALWAYS,
    "jour": None,
    "heure": time(14),
    "semaine": 3,
    "de": time(14),
    "a": time(17),
    "inconnus": True,
    "sans_precision": True,
}
MANY: Final = ("departements", "communes", "types", "reseaux", *LISTS)
"""The parameters that may stand several times in an address."""
ONE: Final = ("autour", "mots", "quand", "inconnus", "sans_precision")


def read(given: Values, refuse: Refuse) -> dict[str, object]:
    """Read what an address asks for; what is not understood is left out, and told to `refuse`."""
    known: dict[str, Callable[[str], str | None]] = {
        "departements": lambda code: code if code in communes.read_departements().index else None,
        "communes": communes.current_code,
        "types": lambda kind: ServiceType(kind) if kind in list(ServiceType) else None,
        "reseaux": lambda slug: slug if len(slug) <= LONGEST_WORDS else None,
        **{column: partial(_word_of, column) for column in LISTS},
    }
    return {
        **{name: list(_understood(name, known[name], given, refuse)) for name in MANY},
        "autour": next(iter(_understood("autour", _known_km, given, refuse)), 0),
        "mots": _last(given, "mots")[:LONGEST_WORDS],
        "inconnus": _last(given, "inconnus") != _NO,
        "sans_precision": _last(given, "sans_precision") != _NO,
        **_when(_last(given, "quand"), refuse),
    }


def selection(values: Mapping[str, Any], now: datetime) -> Selection:
    """Return the selection of these values, one for each name of `DEFAULTS`."""
    asked = Time.of(values)
    at = {When.NOW: now, When.MOMENT: max(asked.moment(now), now)}.get(asked.when)
    lists: dict[str, Any] = {name: list(values[name] or []) for name in MANY}
    return Selection(
        **lists,
        within_km=int(values["autour"]) if lists["communes"] else 0,
        words=str(values["mots"] or ""),
        open_at=at,
        open_during=asked.span(now) if asked.when == When.SPAN else None,
        keep_unknown_hours=bool(values["inconnus"]),
        keep_unsaid=bool(values["sans_precision"]),
    )


def _last(given: Values, name: str) -> str:
    return next(reversed(given(name)), "")


def _word_of(column: str, value: str) -> str | None:
    return value if value in vocabulary(column) else None


def _known_km(value: str) -> int | None:
    return next((km for km in AROUND_KM if str(km) == value), None)


def _understood(
    name: str, read: Callable[[str], _T | None], given: Values, refuse: Refuse
) -> dict[_T, None]:
    """Return the values of a parameter that `read` knows, once each."""
    values: dict[_T, None] = {}
    for asked in given(name):
        value = read(asked)
        if value is None:
            refuse(name, asked)
        else:
            values[value] = None
    return values


def _when(text: str, refuse: Refuse) -> dict[str, object]:
    """`maintenant`, `2026-11-26T14:00` or `jeudi-14:00-17:00`."""
    if text == When.NOW:
        return {"quand": When.NOW}
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007
        if at.year in _YEARS:
            return {"quand": When.MOMENT, "jour": at.date(), "heure": at.time()}
    except ValueError:
        pass
    try:
        weekday, start, end = text.split("-")
        return {
            "quand": When.SPAN,
            "semaine": french.WEEKDAYS.index(weekday),
            "de": _clock_time(start),
            "a": _clock_time(end),
        }
    except ValueError:
        if text:
            refuse("quand", text)
        return {}


def _clock_time(text: str) -> time:
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007
