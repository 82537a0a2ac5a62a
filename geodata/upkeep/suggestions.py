"""What others say of the list: reports of errors, and cells that a service proposes for its row.

They wait for the keeper where the list is kept (`Store.suggestions`); nothing here changes the
list. Of who wrote nothing is kept: no name, no address, and no time but the day. Only a public row
can be spoken of, and what was said of a row that is hidden later is forgotten.

For a list in a file they are in one file beside it (`services.csv.signalements`, readable by its
owner alone), whose date is its day's midnight. Links that were used have their own lines there:
they outlive what was said. A line that cannot be read stays as it is.
"""

import hashlib
import json
import os
import time as clock
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol, Self

import filelock
import geopandas as gpd

from geodata.secrecy import Confidentiality, is_shelter
from geodata.upkeep.keeping import Refused

MOST: Final = 300
"""How many can wait for the keeper."""
LONGEST: Final = 600
"""How many characters one text may have."""
MOST_AT_ONCE: Final = 20
"""How many reports may come in `WITHIN_S` seconds, of all readers together."""
WITHIN_S: Final = 600
_WAIT_S: Final = 5.0
_REMEMBERED_DAYS: Final = 60
"""How long after its last day a link that was used is known, whatever a clock has said."""


class NotKept(Refused):
    """A suggestion that cannot be kept. The message is French."""


class AlreadyUsed(NotKept):
    """A link by which a proposal has come."""

    def __init__(self) -> None:
        """Say so in French."""
        super().__init__("Ce lien a déjà servi : la proposition est arrivée. En demander un autre.")


@dataclass(frozen=True)
class Suggestion:
    """What somebody says of the row `id`, on a `day` (ISO 8601).

    `cells` are (column, text) that the service itself proposes; `link` is the fingerprint of the
    link that it used, and `until` its last day, "" for a report by a reader. `done`: the keeper has
    looked at it.
    """

    number: int
    day: str
    id: str
    text: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    link: str = ""
    until: str = ""
    done: bool = False

    @classmethod
    def of(cls, read: dict[str, Any]) -> Self:
        """Make one of what the file holds. Raises ValueError, TypeError, KeyError if it is none."""
        one = cls(**{**read, "cells": tuple((column, text) for column, text in read["cells"])})
        parts = one.id, one.text, one.link, *(part for cell in one.cells for part in cell)
        "".join(parts).encode()  # all are texts, and whole ones
        numbered = type(one.number) is int and type(one.done) is bool
        if not numbered or len(dict(one.cells)) < len(one.cells):
            raise ValueError(one.number)
        _day(one.day)
        _day(one.until or one.day)
        return one


class Suggestions(Protocol):
    """Where they are kept. Each method may raise Refused (a base is away) or OSError."""

    def add(
        self,
        services: gpd.GeoDataFrame,
        key: str,
        *,
        day: date,
        text: str = "",
        cells: Sequence[tuple[str, str]] = (),
        link: str = "",
        until: date | None = None,
    ) -> None:
        """Keep one on the row `key` of `services`, the list as it is read. Raises NotKept."""
        ...

    def was_used(self, link: str) -> bool:
        """Return whether a proposal came by this link."""
        ...

    def read(self, services: gpd.GeoDataFrame, who: str) -> tuple[Suggestion, ...]:
        """Return those that this role may read, the oldest first; none on a row hidden now."""
        ...

    def mark(self, number: int, *, done: bool, who: str) -> None:
        """Note that this role has looked at one, or that it waits again."""
        ...

    def damaged_lines(self) -> int:
        """Return how many lines cannot be read."""
        ...


class FileSuggestions:
    """Those of a list in a file. Whoever may change the list reads all of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._recent: deque[float] = deque()  # when, and nothing of whom; gone with the process
        self._lock = Lock()

    def add(
        self,
        services: gpd.GeoDataFrame,
        key: str,
        *,
        day: date,
        text: str = "",
        cells: Sequence[tuple[str, str]] = (),
        link: str = "",
        until: date | None = None,
    ) -> None:
        """Keep one; of reports, no more than `MOST_AT_ONCE` in a process.

        Raises:
            NotKept: it says nothing, is too long, the row cannot be spoken of, too many come or
                wait, or the link was used before.
            OSError: the disk does not take it.
        """
        said, proposed = checked(services, key, text, cells)
        used = fingerprint(link) if link else ""
        with self._lock, _locked(self._path):
            while self._recent and clock.monotonic() - self._recent[0] > WITHIN_S:
                self._recent.popleft()
            if not link and len(self._recent) >= MOST_AT_ONCE:
                raise NotKept("Trop de signalements d’un coup : réessayer dans quelques minutes.")
            file = _read(self._path)
            if used and file.was_used(used):
                raise AlreadyUsed
            known = file.suggestions
            kept = [one for one in known if not one.done or one.until >= day.isoformat()]
            if sum(not one.done for one in kept) >= MOST:
                raise NotKept("Trop de signalements attendent déjà : appeler ou écrire à qui tient "
                              "la liste.")  # fmt: skip
            # Past those that cannot be read, too: somebody may mend their lines.
            number = max((one.number for one in known), default=0) + len(file.unread) + 1
            last = (until or day).isoformat() if used else ""
            new = Suggestion(number, day.isoformat(), key, said, proposed, used, last)
            links = {**file.links, used: last} if used else file.links
            links = _remembered(links, {new.day, *(one.day for one in known)})
            _write(self._path, replace(file, suggestions=(*kept, new), links=links))
            if not link:
                self._recent.append(clock.monotonic())

    def was_used(self, link: str) -> bool:
        """Return whether a proposal came by this link."""
        return _read(self._path).was_used(fingerprint(link))

    def read(self, services: gpd.GeoDataFrame, who: str) -> tuple[Suggestion, ...]:  # noqa: ARG002
        """Return them; those on rows that are hidden now leave the file.

        One on a row that is no longer in the list stays: nothing says that it hides.
        """
        hidden = frozenset(services.index) - frozenset(may_be_spoken_of(services))
        found = read(self._path)
        if any(one.id in hidden for one in found):
            with _locked(self._path):
                file = _read(self._path)
                found = tuple(one for one in file.suggestions if one.id not in hidden)
                _write(self._path, replace(file, suggestions=found))
        return found

    def mark(self, number: int, *, done: bool, who: str) -> None:  # noqa: ARG002
        """Note that the keeper has looked at one, or that it waits again."""
        with _locked(self._path):
            file = _read(self._path)
            marked = (replace(s, done=done) if s.number == number else s for s in file.suggestions)
            _write(self._path, replace(file, suggestions=tuple(marked)))

    def damaged_lines(self) -> int:
        """Return how many lines cannot be read: they stay in the file. Raises OSError."""
        return len(_read(self._path).unread)


def may_be_spoken_of(services: gpd.GeoDataFrame) -> Collection[str]:
    """Return the ids of the rows that a suggestion may be about: public ones, no shelter."""
    public = services["confidentialite"] == Confidentiality.PUBLIC
    return frozenset(services.index[public & ~services["type"].map(is_shelter).astype(bool)])


def read(path: Path) -> tuple[Suggestion, ...]:
    """Return the suggestions of the list at `path`, the oldest first; none where there is no file.

    A line that is no suggestion is passed over. Raises OSError where the file cannot be read.
    """
    return _read(path).suggestions


def checked(
    services: gpd.GeoDataFrame, key: str, text: str, cells: Sequence[tuple[str, str]]
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a text and cells as they are kept. Raises NotKept where they cannot be."""
    said = one_line(text)
    proposed = tuple((column, one_line(cell)) for column, cell in cells)
    if not said and not proposed:
        raise NotKept("Écrire d’abord ce qui n’est pas juste.")
    if any(len(one) > LONGEST for one in (said, *(cell for _, cell in proposed))):
        raise NotKept(f"Ce texte est trop long : {LONGEST} caractères au plus.")
    if key not in may_be_spoken_of(services):
        raise NotKept("Cette fiche n’est plus dans la partie publique de la liste.")
    return said, proposed


def fingerprint(link: str) -> str:
    """Return what is kept of a link that was used: nobody can make the link from it."""
    return hashlib.sha256(link.encode()).hexdigest()


def one_line(text: str) -> str:
    """Return a text as it is kept: in one line, without what is not seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@dataclass(frozen=True)
class _Content:
    """What the file holds: suggestions, links that were used, and lines that cannot be read.

    `links`: fingerprint → last day; those of the suggestions are among them.
    """

    suggestions: tuple[Suggestion, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[bytes, ...] = ()

    def was_used(self, used: str) -> bool:
        """Return whether a link of this fingerprint was used; its line may be damaged."""
        return used in self.links or any(used.encode() in line for line in self.unread)

    def lines(self) -> Iterator[bytes]:
        """Give the lines of the file."""
        links = ({"link": link, "until": until} for link, until in self.links.items())
        for one in (*map(asdict, self.suggestions), *links):
            yield json.dumps(one, ensure_ascii=False).encode("utf-8", "replace")
        yield from self.unread


def _read(path: Path) -> _Content:
    try:
        lines = _file(path).read_bytes().split(b"\n")
    except FileNotFoundError:
        return _Content()
    found: dict[int, Suggestion] = {}
    links: dict[str, str] = {}
    unread = []
    for line in filter(bytes.strip, lines):
        try:
            said = json.loads(line)
            if said.keys() == {"link", "until"}:
                links[str(said["link"])] = _day(said["until"])
                continue
            one = Suggestion.of(said)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            unread.append(line)
            continue
        if one.link:
            links[one.link] = one.until or one.day
        if one.number in found:
            unread.append(line)
        else:
            found[one.number] = one
    return _Content(tuple(found.values()), links, tuple(unread))


def _day(text: str) -> str:
    """Return a day as it is kept. Raises ValueError, TypeError where it is none."""
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(text)
    return text


def _remembered(links: Mapping[str, str], days: Collection[str]) -> dict[str, str]:
    """Leave out links that ended long ago: two days must say so, one may be a clock's mistake."""
    *_, earlier, _ = ("0001-01-01", *sorted(days))
    since = date.fromisoformat(earlier).toordinal() - _REMEMBERED_DAYS
    ends = {link: date.fromisoformat(end).toordinal() for link, end in links.items()}
    return {link: end for link, end in links.items() if ends[link] >= since}


def _file(path: Path) -> Path:
    path = path.resolve()
    return path.with_name(f"{path.name}.signalements")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = filelock.FileLock(f"{_file(path)}.lock", timeout=_WAIT_S, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise NotKept("Quelqu’un d’autre écrit en ce moment : recommencer.") from None
    try:
        yield
    finally:
        lock.release()


def _write(path: Path, content: _Content) -> None:
    """Write the file whole, for its owner alone, under a date that tells the day alone."""
    file = _file(path)
    temporary = file.with_name(f"{file.name}.tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.writelines(line + b"\n" for line in content.lines())
        written.flush()
        os.fsync(written.fileno())
    today = datetime.now(UTC).date()
    midnight = datetime.combine(today, time(), UTC).timestamp()
    os.utime(temporary, (midnight, midnight))
    temporary.replace(file)
