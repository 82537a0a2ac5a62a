"""Read a version of a file: of one like the version before, only the rows that have changed."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.services import MOST_NAMED, Reading, known_name, read_rows
from geodata.tables import Table
from geodata.upkeep.stores._rows import replaced

_FEW: Final = 10
"""Fewer than one row in so many are read alone: beyond, reading all takes little longer."""
_FACTOR: Final = np.uint64(1_000_003)


@dataclass(frozen=True, eq=False)
class _Cells:
    """What tells which rows of a table are others in another one.

    `hashes`: of the cells of each row, shape (n,). `has_problems`: its file is not read without
    repairs, which the rows do not show.
    """

    columns: tuple[str, ...]
    lines: pd.Index
    ids: pd.Series
    hashes: NDArray[np.uint64]
    has_problems: bool

    @classmethod
    def of(cls, table: Table) -> Self:
        frame = table.frame
        ids = pd.Series("", frame.index)
        hashes = np.zeros(len(frame), dtype=np.uint64)
        for name, cells in frame.items():
            found = np.fromiter(map(hash, cells.tolist()), dtype=np.int64, count=len(cells))
            hashes = hashes * _FACTOR + found.view(np.uint64)
            ids = cells if known_name(str(name)) == "id" else ids
        columns = tuple(map(str, frame.columns))
        return cls(columns, frame.index, ids, hashes, bool(table.problems))

    @property
    def has_plain_ids(self) -> bool:
        """Whether each id stands once, and none is shielded by a sign: they are those read."""
        return self.ids.is_unique and not self.ids.str.startswith("'").any()


@dataclass(frozen=True, eq=False)
class Version:
    """A version of a list: its reading, and by what the next one is compared with it."""

    reading: Reading
    today: date
    cells: _Cells


def read(table: Table, today: date, before: Version | None) -> Version:
    """Read a table as `services.read_rows` does. Raises UnreadableFile.

    Where it has the columns and lines of the version before, its other rows are not read again.
    The next of the dates to come may then be one that has left the list.
    """
    cells = _Cells.of(table)
    reading = _read_changed(table, cells, before) if before and before.today == today else None
    return Version(reading or read_rows(table, today=today), today, cells)


def _read_changed(table: Table, now: _Cells, before: Version) -> Reading | None:
    """Give the reading before with the changed rows read again; None where all must be read.

    That is so where a problem stands for several rows, or for the whole file, and where a row has
    moved.
    """
    was = before.cells
    if was.columns != now.columns or not was.lines.equals(now.lines):
        return None
    others = was.hashes != now.hashes
    renamed = others & (was.ids != now.ids).to_numpy()
    has_moved = not set(was.ids[renamed]).isdisjoint(now.ids[renamed])
    if has_moved or was.has_problems or now.has_problems:
        return None
    lines = set(now.lines[others])
    if len(lines) * _FEW > len(others) or not (was.has_plain_ids and now.has_plain_ids):
        return None
    part = read_rows(Table(table.frame[others], (), table.header), today=before.today)
    kept = [problem for problem in before.reading.problems if problem.line not in lines]
    problems = sorted((*kept, *part.problems), key=lambda problem: problem.line)
    if any(problem.rows != 1 or problem.line <= table.header for problem in problems):
        return None
    if max(Counter(problem.column for problem in problems).values(), default=0) > MOST_NAMED:
        return None
    old, new = before.reading.services, part.services
    gone = set(was.ids[others]).difference(new.index).intersection(old.index)
    services = replaced(old, new, gone, dict(zip(now.ids, now.lines, strict=True)))
    coming = [day for day in (before.reading.next_date, part.next_date) if day]
    return Reading(services, tuple(problems), min(coming, default=None))
