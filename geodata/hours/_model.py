"""What an expression of opening hours means, once it is read: frozen rules, without text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DAY_MINUTES = 1440
EVERY_DAY = 0b1111111


class State(StrEnum):
    """Whether a place receives people. *Unknown* is an answer, not a failure."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """What a person reads."""
        return {"open": "ouvert", "closed": "fermé", "unknown": "horaires inconnus"}[self.value]


class InvalidHours(ValueError):
    """Raised when a text cannot be read with certainty; the message is in French."""


class Join(StrEnum):
    """How a rule meets the rules before it (the separators of the OSM specification)."""

    NORMAL = ";"
    ADDITIONAL = ","
    FALLBACK = "||"


@dataclass(frozen=True, slots=True)
class Steps:
    """Years or ISO weeks: from first to last, one in `step`."""

    first: int
    last: int
    step: int = 1

    def __contains__(self, number: int) -> bool:
        return self.first <= number <= self.last and (number - self.first) % self.step == 0


@dataclass(frozen=True, slots=True)
class Day:
    """An end of a range of dates: `month == 0` counts days from Easter Sunday."""

    month: int
    day: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates from first to last, both included; whole months run from day 1 to day 31."""

    first: Day
    last: Day

    @property
    def whole_months(self) -> bool:
        """Whether it is written as months, without days."""
        months = self.first.month > 0 and self.first.day == 1 and self.last.day == 31
        return months and self.first.year == self.last.year


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week as bits (bit 0 = Monday), maybe only the n-th of the month.

    `nth` counts from the start (1..5) or the end (-1..-5) of the month; `offset` shifts by days.
    """

    days: int
    nth: tuple[int, ...] = ()
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Holiday:
    """Public (`PH`) or school (`SH`) holidays; `offset` shifts by days."""

    kind: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of a day, end excluded; an end beyond 1440 is in the next morning."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: on which days, at which times, what state. Empty selectors mean *always*."""

    years: tuple[Steps, ...] = ()
    dates: tuple[Dates, ...] = ()
    weeks: tuple[Steps, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    weekdays: tuple[Weekdays, ...] = ()
    holidays_and_weekdays: bool = False
    times: tuple[Span, ...] = ()
    state: State = State.OPEN
    comment: str = ""
    join: Join = Join.NORMAL

    @property
    def has_days(self) -> bool:
        """Whether the rule is about some days only."""
        return bool(self.years or self.dates or self.weeks or self.holidays or self.weekdays)
