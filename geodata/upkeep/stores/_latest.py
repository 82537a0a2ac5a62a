"""What a store gives to its readers."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date, datetime

from geodata.services import Reading


@dataclass(frozen=True, eq=False)
class Latest:
    """One state of the list.

    `reading`: its rows and problems, shared by all and changed by nobody; `signature`: what no
    other state has; `written`: when the list was last changed; `state`: that of the store when it
    was looked at; `failure`: why the list cannot be read now, in French, where an older reading
    stands in.
    """

    reading: Reading
    signature: str
    written: datetime
    state: Hashable
    failure: str = ""

    def is_outdated(self, today: date) -> bool:
        """Return whether a date that was to come has arrived: the problems are others then."""
        coming = self.reading.next_date
        return coming is not None and coming <= today


class NoList(Exception):
    """No list could be read since the start; the message says why."""
