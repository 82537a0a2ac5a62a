"""The present, read once per run of a page: everything else takes it as an argument."""

from dataclasses import dataclass
from datetime import datetime, time

from geodata import french
from geodata.selection import Selection
from pages.shared.service_list import PARIS

_OVERSEAS = ("97", "98")


@dataclass(frozen=True)
class Moment:
    """The present, `now`, and the instant `at` which the reader asks who is open.

    `span_end` is the end of the span asked for, if one is. All are in the time zone that hours
    are shown in: Paris, or that of the place asked from.
    """

    now: datetime
    at: datetime
    span_end: datetime | None = None

    def zone_words(self, departement: str) -> str:
        """Return the time zone in words, if it could be taken for another."""
        if self.now.utcoffset() != self.now.astimezone(PARIS).utcoffset():
            return " (heure locale)"
        return " (heure de Paris)" if departement.startswith(_OVERSEAS) else ""


def moment(selection: Selection, now: datetime) -> Moment:
    """Return the moment that a selection asks about."""
    span = selection.open_during
    return Moment(now, at=selection.reference(now), span_end=span[1] if span else None)


def half_hours(from_hour: int = 0, to_hour: int = 24) -> list[time]:
    """Return the hours and half hours of a day, without `to_hour` itself."""
    return [time(hour, minute) for hour in range(from_hour, to_hour) for minute in (0, 30)]


def typed(hour: time) -> str:
    """Return `14 h 30` as people type it in a menu, with ordinary spaces."""
    return french.clock(hour).replace("\u00a0", " ")


def now() -> datetime:
    """Return the present minute in Paris."""
    return datetime.now(PARIS).replace(second=0, microsecond=0)
