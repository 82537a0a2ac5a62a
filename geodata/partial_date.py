"""Dates of which the year, the month or the day is known, as lists and sources write them."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Self

_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_FRENCH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_MONTH_DAYS: Final = 365.25 / 12


@dataclass(frozen=True)
class PartialDate:
    """A year, a month or a day of the calendar. Its text is ISO: `2026`, `2026-11`, `2026-11-22`.

    Raises ValueError for what is in no calendar.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs a month")
        date(
            self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day
        )

    @classmethod
    def of(cls, year: str, month: str = "", day: str = "") -> Self | None:
        """Give the date that these figures name, None where it is in no calendar.

        >>> str(PartialDate.of("2026", "2")), PartialDate.of("2026", "02", "30")
        ('2026-02', None)
        """
        try:
            return cls(int(year), int(month) if month else None, int(day) if day else None)
        except ValueError:
            return None

    def __str__(self) -> str:
        parts = (f"{self.year:04}", *(f"{n:02}" for n in (self.month, self.day) if n is not None))
        return "-".join(parts)

    @property
    def first_day(self) -> date:
        """The first day that it may mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last_day(self) -> date:
        """The last day that it may mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def is_before(self, other: "PartialDate") -> bool:
        """Say whether it is surely earlier: `2016` and `2016-11` are not, either way."""
        return self.last_day < other.first_day

    def age_months(self, today: date) -> float | None:
        """Give the months of 30.44 days since its last day, 0 within it; None if it is to come."""
        if self.first_day > today:
            return None
        return max(0, (today - self.last_day).days) / _MONTH_DAYS


@lru_cache(maxsize=4096)
def parse(text: str) -> PartialDate | None:
    """Read an ISO date of year, month or day, or a French day; None where it is none.

    >>> str(parse("2026-11")), str(parse("1/2/2026")), parse("2026-02-30"), parse("hier")
    ('2026-11', '2026-02-01', None, None)
    """
    if found := _ISO.fullmatch(text):
        return PartialDate.of(found[1], found[2] or "", found[3] or "")
    if found := _FRENCH.fullmatch(text):
        return PartialDate.of(found[3], found[2], found[1])
    return None
