"""The list in a file: `keeping` writes it, `services` reads it."""

import hashlib
from collections.abc import Collection, Hashable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

import pandas as pd

from geodata import fact_sources
from geodata.fact_sources import FactSource
from geodata.services import FRANCE, Reading, UnreadableFile
from geodata.tables import read_table
from geodata.upkeep import keeping
from geodata.upkeep.keeping import Edit, Entry
from geodata.upkeep.official_memory import Memory
from geodata.upkeep.stores import _changed_rows
from geodata.upkeep.stores._latest import Latest, NoList
from geodata.upkeep.suggestions import FileSuggestions

_PARIS = ZoneInfo("Europe/Paris")
_READINGS_KEPT, _ROWS_KEPT = 4, 40_000
"""How many readings are kept beside the newest, and how many rows they may have together."""

FileState = tuple[str, int, int, int, int, int]
"""Path, inode, time of the last change (ns) and size (bytes) of the list, time and size of the file
of fact sources beside it; zeros where there is no file."""


class FileStore:
    """`services.csv` and what stands beside it. Whoever may write the file may change all of it."""

    is_base = False
    is_editable = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.suggestions = FileSuggestions(path)
        self._good: Latest | None = None
        self._rows: tuple[Hashable, dict[str, dict[str, str] | None]] = (None, {})
        self._version: _changed_rows.Version | None = None
        self._reading = Lock()
        self._readings: dict[tuple[str, date], tuple[Reading | None, str]] = {}

    def state(self) -> FileState:
        """Return the state of the files as they are now."""
        listed, sources = (_status(file) for file in (self.path, fact_sources.beside(self.path)))
        return str(self.path), *listed, *sources[1:]

    def latest(self, today: date) -> Latest:
        """Return the list as its file is now, else the last good one and what is wrong.

        A list is read again on the day that one of its dates to come arrives. Raises NoList.
        """
        state, good = self.state(), self._good
        if good and good.state == state and not good.is_outdated(today):
            return good
        content, failure = self._content(state)
        if content is not None:
            signature = hashlib.sha256(content + f"{state[4:]}".encode()).hexdigest()
            reading, failure = self._read(signature, content, today)
            if reading:
                written = datetime.fromtimestamp(state[2] / 1e9, _PARIS)
                self._good = Latest(reading, signature, written, state)
                return self._good
        if good is None:
            raise NoList(failure)
        return replace(good, state=state, failure=failure)

    def _content(self, state: FileState) -> tuple[bytes | None, str]:
        if not state[3]:
            return None, f"Le fichier {self.path.name} est introuvable ou vide."
        try:
            return self.path.read_bytes(), ""
        except OSError:
            return None, f"Le fichier {self.path.name} ne peut pas être ouvert."

    def _read(self, signature: str, content: bytes, today: date) -> tuple[Reading | None, str]:
        """Read a list and where its facts come from, once; or say why it cannot be read."""
        key = signature, today
        with self._reading:
            if key not in self._readings:
                self._forget_readings()
                self._readings[key] = self._read_now(content, today)
            return self._readings[key]

    def _forget_readings(self) -> None:
        """Forget the oldest readings where there are many, or where they are of long lists."""
        rows = [len(one.services) if one else 0 for one, _ in self._readings.values()]
        for place, key in enumerate(list(self._readings)):
            if len(rows) - place >= _READINGS_KEPT or sum(rows[place:]) > _ROWS_KEPT:
                del self._readings[key]

    def _read_now(self, content: bytes, today: date) -> tuple[Reading | None, str]:
        name = self.path.name
        try:
            version = _changed_rows.read(read_table(content), today, self._version)
        except UnreadableFile as error:
            return None, f"Le fichier {name} ne peut pas être lu. {error}"
        reading = version.reading
        if reading.services.empty:
            problems = reading.problems
            first = problems[0].without_line if problems else "Il ne contient aucune ligne."
            return None, f"Le fichier {name} ne contient aucun service lisible. {first}"
        self._version = version
        return fact_sources.read_beside(self.path, reading, today=today), ""

    def is_blank(self) -> bool:
        """Return whether the file is not there, or has no row: nothing would be lost in it."""
        try:
            return not any(line.strip() for line in self.path.read_bytes().splitlines()[1:])
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def cells(self, who: str) -> pd.DataFrame:  # noqa: ARG002 - a file has no roles
        """Return the cells of the file. Raises UnreadableFile, OSError."""
        return keeping.read_cells(self.path)

    def row(self, key: str, who: str) -> dict[str, str] | None:  # noqa: ARG002
        """Return the cells of a row, of several of one id the first; None where there is none.

        Raises UnreadableFile, OSError.
        """
        state, rows = self._rows
        now = self.state()[:4]
        if state != now:
            rows = {}
            self._rows = now, rows
        if key not in rows:
            rows[key] = keeping.read_row(self.path.read_bytes(), key)
        row = rows[key]
        return row and dict(row)

    def content(self, who: str) -> bytes:  # noqa: ARG002
        """Return the file's bytes. Raises OSError."""
        return self.path.read_bytes()

    def facts(self, who: str) -> dict[fact_sources.Key, FactSource]:  # noqa: ARG002
        """Return the sources of single cells. Raises UnreadableFile, OSError."""
        file = fact_sources.beside(self.path)
        return fact_sources.written(file.read_bytes()) if file.exists() else {}

    def departements(self, who: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return `france`: all of it."""
        return (FRANCE,)

    def unseen(self, who: str) -> tuple[()]:  # noqa: ARG002
        """Return nothing: `cells` has all rows."""
        return ()

    def save(
        self,
        edits: Collection[Edit],
        *,
        who: str,
        now: datetime,
        sources: Mapping[fact_sources.Key, FactSource | None] | None = None,
        means: str = "",
    ) -> tuple[Entry, ...]:
        """Change cells: `keeping.save`. Where a program found the changes, it is their author."""
        return keeping.save(self.path, edits, who=means or who, now=now, sources=sources)

    def official(self, who: str) -> Memory:  # noqa: ARG002
        """Return what is known of the official records."""
        return Memory.beside(self.path)

    def remember(self, memory: Memory, who: str) -> None:  # noqa: ARG002
        """Keep what is known of them. Raises OSError."""
        memory.write(self.path)

    def undo(self, entries: Collection[Entry], *, who: str, now: datetime) -> tuple[Entry, ...]:
        """Put back what these lines tell: `keeping.undo`."""
        return keeping.undo(self.path, entries, who=who, now=now)

    def history(self, who: str) -> tuple[Entry, ...]:  # noqa: ARG002
        """Return the history of the list: `keeping.read_history`."""
        return keeping.read_history(self.path)

    def last_changes(self) -> dict[str, str]:
        """Return when rows were last changed here; nothing where that cannot be read."""
        try:
            return {entry.id: entry.when for entry in keeping.read_history(self.path)}
        except (OSError, TypeError, ValueError):
            return {}

    def damaged_lines(self) -> int:
        """Count the lines of the history that cannot be read."""
        return keeping.damaged_lines(self.path)

    def begin(self, content: bytes, facts: bytes = b"", *, who: str, now: datetime) -> None:  # noqa: ARG002
        """Write the first list. Raises Refused where there is one with rows, OSError."""
        if not self.is_blank():
            raise keeping.Refused("Une liste est arrivée entre-temps : recharger la page.")
        keeping.write(self.path, content)
        if facts:
            keeping.write(fact_sources.beside(self.path), facts)


def _status(file: Path) -> tuple[int, int, int]:
    try:
        status = file.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_mtime_ns, status.st_size
