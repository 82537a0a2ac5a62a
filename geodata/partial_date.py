"""Dates known to the year, the month or the day, as lists and sources write them."""

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
    """A year, a month or a day. `str()` gives ISO text: `2026`, `2026-11` or `2026-11-22`.

    Raises ValueError for a date that does not exist.
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
        """Return the date with these digits, None if it does not exist.

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
        """The first day of the year or month, or the day itself."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last_day(self) -> date:
        """The last day of the year or month, or the day itself."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def is_before(self, other: "PartialDate") -> bool:
        """Return whether this date is certainly earlier.

        False both ways for dates that overlap, such as `2016` and `2016-11`.
        """
        return self.last_day < other.first_day

    def age_months(self, today: date) -> float | None:
        """Return the months (of 30.44 days) since the last day.

        0 within the period, None if it is in the future.
        """
        if self.first_day > today:
            return None
        return max(0, (today - self.last_day).days) / _MONTH_DAYS


@lru_cache(maxsize=4096)
def parse(text: str) -> PartialDate | None:
    """Parse an ISO year, month or day, or a French day (`1/2/2026`). None if it is no date.

    >>> str(parse("2026-11")), str(parse("1/2/2026")), parse("2026-02-30"), parse("hier")
    ('2026-11', '2026-02-01', None, None)
    """
    if match := _ISO.fullmatch(text):
        return PartialDate.of(match[1], match[2] or "", match[3] or "")
    if match := _FRENCH.fullmatch(text):
        return PartialDate.of(match[3], match[2], match[1])
    return None
