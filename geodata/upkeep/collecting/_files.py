"""The official files: from a folder, or fetched once and kept under the checksum of their content.

A cache is a folder with `index.json` (what was fetched, by stable address) and one folder a
checksum, with the file in it. A file is fetched again where data.gouv.fr's catalogue names a newer
one, or, without an answer of the catalogue, on another day. One that could not be read is dropped,
and the last one that could is used.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

from geodata import french
from geodata._fetching import FetchFailed, Progress, fetch
from geodata.partial_date import PartialDate
from geodata.sources import File, Source
from geodata.text import fold

ENVIRONMENT: Final = "MAILLAGE_CACHE"

_MOST_CATALOGUE_BYTES: Final = 20_000_000
_MAY_BE_CUT: Final = "Le serveur ne dit pas la taille du fichier : il est peut-être coupé."
_DAY: Final = re.compile(r"(?<!\d)(20\d\d)[-_]?([01]\d)[-_]?([0-3]\d)(?!\d)")
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True)
class Found:
    """A file at hand: its path, the day of its content, the day it was fetched; "" if unknown.

    `note`: what must be known of it, in French, "" for nothing.
    """

    path: Path
    dated: str = ""
    fetched: str = ""
    note: str = ""


class Missing(RuntimeError):
    """The file is not at hand. The message is French."""


class Files(Protocol):
    """Where the files of the sources come from."""

    def find(self, source: Source, file: File, tell: Progress) -> Found:
        """Return a file. Raises Missing, OSError."""

    def drop(self, file: File, found: Found) -> Found | None:
        """Forget a file that cannot be read; return an older one that could be, if any."""


@dataclass(frozen=True)
class Folder:
    """A folder with the files, under the names with which they are published."""

    path: Path

    def find(self, source: Source, file: File, tell: Progress) -> Found:
        """Return the last by name of the files that are named so. See `Files`."""
        del source, tell
        named = sorted(
            path
            for path in self.path.iterdir()
            if path.is_file() and re.search(file.named, path.name.lower())
        )
        if not named:
            raise Missing("Aucun fichier de cette source dans le dossier.")
        others = ", ".join(f"« {path.name} »" for path in named[:-1])
        note = f"Plusieurs fichiers : « {named[-1].name} » est lu, pas {others}." if others else ""
        return Found(named[-1], dated=_day_in(named[-1].name), note=note)

    def drop(self, file: File, found: Found) -> Found | None:
        """Do nothing: the folder is not ours. See `Files`."""
        del file, found
        return None


def default_cache() -> Path:
    """Return the folder where fetched files are kept: `MAILLAGE_CACHE`, else the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get(ENVIRONMENT) or Path(home) / "maillage")


@dataclass(frozen=True)
class Cache:
    """A cache in a folder, which is made where it is not there.

    `today`: the present day. `fetch`: how a file is downloaded.
    """

    folder: Path
    today: date
    fetch: Callable[..., Any] = fetch

    def find(self, source: Source, file: File, tell: Progress) -> Found:
        """Return the newest file, the last good one where it cannot be fetched. See `Files`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self._kept(file)
        newest = self._newest(source, file)
        if kept and self._is_current(kept, newest):
            return self._found(kept)
        try:
            return self._found(self._fetched(file, newest, tell))
        except FetchFailed as error:
            if kept is None:
                raise Missing(str(error)) from None
            return replace(self._found(kept), note=f"{error} {_older(kept)}")

    def drop(self, file: File, found: Found) -> Found | None:
        """Forget a file that could not be read; return the one that could be before, if any."""
        index = self._index()
        checksum = found.path.parent.name
        entries = [one for one in index.get(file.download, ()) if one.checksum != checksum]
        self._write({**index, file.download: entries})
        shutil.rmtree(found.path.parent, ignore_errors=True)
        kept = self._kept(file)
        return replace(self._found(kept), note=_older(kept)) if kept else None

    def _found(self, entry: "_Entry") -> Found:
        dated = _day_in(entry.name) or _day_in(entry.modified)
        note = "" if entry.whole else _MAY_BE_CUT
        return Found(self._path(entry), dated, entry.fetched, note)

    def _path(self, entry: "_Entry") -> Path:
        return self.folder / entry.checksum / entry.name

    def _is_current(self, kept: "_Entry", newest: "_Resource | None") -> bool:
        if newest is None:
            return kept.fetched == self.today.isoformat()
        return (kept.url, kept.modified) == (newest.url, newest.modified)

    def _kept(self, file: File) -> "_Entry | None":
        """Return the last file that is still whole."""
        for entry in reversed(self._index().get(file.download, [])):
            with suppress(OSError):
                if _checksum(self._path(entry)) == entry.checksum:
                    return entry
        return None

    def _fetched(self, file: File, newest: "_Resource | None", tell: Progress) -> "_Entry":
        url = newest.url if newest else file.download
        with TemporaryDirectory(dir=self.folder) as folder:
            path, whole = self.fetch(url, Path(folder), tell=tell)
            checksum = _checksum(path)
            modified = newest.modified if newest else ""
            entry = _Entry(checksum, path.name, url, modified, self.today.isoformat(), whole=whole)
            self._path(entry).parent.mkdir(exist_ok=True)
            path.replace(self._path(entry))
        index = self._index()
        others = [one for one in index.get(file.download, ()) if one.checksum != checksum]
        for old in others[:-1]:
            shutil.rmtree(self.folder / old.checksum, ignore_errors=True)
        self._write({**index, file.download: [*others[-1:], entry]})
        return entry

    def _newest(self, source: Source, file: File) -> "_Resource | None":
        """Return the newest resource of the catalogue that is this file; None without an answer."""
        if not source.catalogue:
            return None
        try:
            with TemporaryDirectory(dir=self.folder) as folder:
                answer = self.fetch(
                    source.catalogue,
                    Path(folder),
                    tell=lambda *_: None,
                    timeout_s=10,
                    attempts=1,
                    most_bytes=_MOST_CATALOGUE_BYTES,
                )
                return _newest_of(json.loads(answer.path.read_bytes()), file)
        except (FetchFailed, ValueError, RecursionError):
            return None

    def _index(self) -> dict[str, list["_Entry"]]:
        try:
            read = json.loads((self.folder / "index.json").read_text("utf-8"))
            return {url: [_Entry(**one) for one in entries] for url, entries in read.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _write(self, index: Mapping[str, list["_Entry"]]) -> None:
        written = {url: [asdict(entry) for entry in entries] for url, entries in index.items()}
        temporary = self.folder / "index.tmp"
        temporary.write_text(json.dumps(written, indent=1), "utf-8")
        temporary.replace(self.folder / "index.json")


@dataclass(frozen=True)
class _Entry:
    """A file of the cache: what it was fetched from, what the catalogue said, on which day.

    `whole`: the server said its size.
    """

    checksum: str
    name: str
    url: str
    modified: str
    fetched: str
    whole: bool


@dataclass(frozen=True)
class _Resource:
    """What the catalogue says of a file."""

    url: str
    modified: str


def _newest_of(dataset: Any, file: File) -> _Resource | None:
    """Return the newest of the resources that look like the one at the stable address.

    They have its format, and its title but for numbers. Where that one is no longer there, they
    have its name.
    """
    listed = dataset.get("resources") if isinstance(dataset, dict) else None
    resources = [one for one in listed or () if isinstance(one, dict) and _is_file(one)]
    known = [one for one in resources if str(one.get("id")) == file.download.rpartition("/")[2]]
    if known:
        alike = [one for one in resources if _look(one) == _look(known[0])]
    else:
        alike = [one for one in resources if re.search(file.named, _names(one))]
    if not alike:
        return None
    newest = max(alike, key=lambda one: str(one.get("last_modified") or ""))
    return _Resource(str(newest["url"]), str(newest.get("last_modified") or ""))


def _is_file(resource: Mapping[str, Any]) -> bool:
    return str(resource.get("url")).startswith(("https://", "http://"))


def _look(resource: Mapping[str, Any]) -> tuple[str, str]:
    title = _DIGITS.sub("", fold(str(resource.get("title") or "")))
    return " ".join(title.split()), str(resource.get("format") or "").lower()


def _names(resource: Mapping[str, Any]) -> str:
    """Return the title and the file's name, as `File.named` is written for."""
    title = fold(str(resource.get("title") or "")).replace(" ", "-")
    return f"{title}/{str(resource['url']).lower().rpartition('/')[2]}"


def _older(entry: _Entry) -> str:
    return f"Le fichier pris le {french.partial_date(date.fromisoformat(entry.fetched))} est lu."


def _day_in(text: str) -> str:
    """Return the day in a file's name or an instant, "" if there is none.

    >>> _day_in("services-inclusion-2026-11-24.parquet"), _day_in("export_20261102.csv")
    ('2026-11-24', '2026-11-02')
    """
    found = _DAY.search(text)
    return str(PartialDate.of(*found.groups()) or "") if found else ""


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
