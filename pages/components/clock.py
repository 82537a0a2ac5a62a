"""Now, read once per run of a page: everything below takes the time as an argument."""

from dataclasses import dataclass
from datetime import datetime

from pages.components.data import PARIS


@dataclass(frozen=True)
class Moment:
    """What the clock says `now`, and the instant `at` which the reader asks who is open.

    `span_end` is the end of the span asked for, if one is.
    """

    now: datetime
    at: datetime
    span_end: datetime | None = None


def now() -> datetime:
    """Give the present minute in Paris."""
    return datetime.now(PARIS).replace(second=0, microsecond=0)
