"""The list that the pages show: read again when its file changes, the last good one kept meanwhile.

A run of a page reads the list once, in the router, and passes it down as one value. What is
computed from the list is cached by that value's signature (`cached`), so that a result is never
kept for another state of the list than the one it was computed from.
"""

import hashlib
import io
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geodata import fact_sources
from geodata.services import Reading, UnreadableFile, read_services

PARIS = ZoneInfo("Europe/Paris")
SHIPPED = Path(__file__).parents[2] / "services.csv"
_THIS_RUN = "_liste"
_MISSING = "_liste_manque"

FileState = tuple[str, int, int, int, int, int]
"""Path, inode, time of the last change (ns) and size (bytes) of the list, time and size of the file
of fact sources beside it; zeros where there is no file."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, eq=False)
class ServiceList:
    """One state of the list.

    `reading`: its rows and problems; all visitors share the frame, which nobody may change.
    `signature`: SHA-256 of the list that was read, and of the state of the file beside it.
    `written`: when the list was last changed.
    `failure`: why the file cannot be read now, in French, if an older reading is shown instead.
    `file`: the state of the file when it was last looked at.
    """

    reading: Reading
    signature: str
    written: datetime
    file: FileState
    failure: str = ""

    @property
    def services(self) -> gpd.GeoDataFrame:
        """All rows of the list, those that are never shown included."""
        return self.reading.services


class NoList(Exception):
    """No list could be read since the start; the message says why."""


_MOST_BYTES = 128 * 1024**2
"""How much memory the results of one function may hold."""


def bytes_of(value: object) -> int:
    """Estimate the memory that a value holds (bytes); outlines, which values share, count once."""
    if isinstance(value, pd.DataFrame | pd.Series):
        used = value.memory_usage(deep=False)
        return int(used.sum() if isinstance(used, pd.Series) else used)
    if isinstance(value, np.ndarray):
        return value.nbytes
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(bytes_of(key) + bytes_of(one) for key, one in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return size + sum(map(bytes_of, value))
    if is_dataclass(value):
        return size + sum(bytes_of(getattr(value, one.name)) for one in fields(value))
    return size


def cached(
    *,
    max_entries: int,
    hash_funcs: Mapping[str | type, Callable[[Any], Any]] | None = None,
    **options: Any,
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Cache a function's results for all visitors, by the signature of the list it is given.

    The options are those of `st.cache_resource`. Nobody may change a result. All results of a
    function are forgotten where they would hold more than `_MOST_BYTES`.
    """
    by_content: dict[str | type, Callable[[Any], Any]] = {
        ServiceList: lambda listed: listed.signature
    }
    decorator = st.cache_resource(
        max_entries=max_entries,
        hash_funcs=by_content | dict(hash_funcs or {}),
        **{"show_spinner": False, **options},
    )

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        sizes: deque[int] = deque(maxlen=max_entries)

        @wraps(function)
        def counted(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            result = function(*args, **kwargs)
            size = bytes_of(result)
            if sum(sizes) + size > _MOST_BYTES:
                kept.clear()
                sizes.clear()
            sizes.append(size)
            return result

        kept: Any = decorator(counted)
        return cast("Callable[_P, _R]", kept)

    return decorate


def path() -> Path:
    """Return the list's file: `services.csv`, or the one that MAILLAGE_SERVICES names."""
    return Path(os.environ.get("MAILLAGE_SERVICES") or SHIPPED)


def file_state() -> FileState:
    """Return the state of the list's files as they are now."""
    listed, sources = (_status(file) for file in (path(), fact_sources.beside(path())))
    return str(path()), *listed, *sources[1:]


def _status(file: Path) -> tuple[int, int, int]:
    try:
        status = file.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_mtime_ns, status.st_size


def begin_run(today: date) -> ServiceList:
    """Load the list for this run of a page. Raises NoList where there is nothing to show."""
    try:
        listed = load(today)
    except NoList as error:
        st.session_state[_MISSING] = str(error)
        raise
    st.session_state.pop(_MISSING, None)
    st.session_state[_THIS_RUN] = listed
    return listed


def is_blank() -> bool:
    """Return whether the list's file is not there, or has no row: nothing would be lost in it."""
    try:
        return not any(line.strip() for line in path().read_bytes().splitlines()[1:])
    except FileNotFoundError:
        return True
    except OSError:
        return False


def missing() -> str:
    """Return why this run of a page has no list, "" where it has one."""
    why: str = st.session_state.get(_MISSING, "")
    return why


def current() -> ServiceList:
    """Return the list that this run of a page shows."""
    listed: ServiceList = st.session_state[_THIS_RUN]
    return listed


def load(today: date | None = None) -> ServiceList:
    """Return the list as its file is now, else the last good one and what is wrong.

    A list is read again on the day that one of its dates to come arrives. `today` is the present
    day in Paris where it is not given. Raises NoList where there is nothing to show.
    """
    today = today or datetime.now(PARIS).date()
    state = file_state()
    good = _last_good().get(state[0])
    if good and good.file == state and not _is_outdated(good.reading, today):
        return good
    content, failure = _content(state)
    if content is not None:
        signature = hashlib.sha256(content + f"{state[4:]}".encode()).hexdigest()
        reading, failure = _read(signature, content, Path(state[0]), today)
        if reading:
            written = datetime.fromtimestamp(state[2] / 1e9, PARIS)
            good = ServiceList(reading, signature, written, state)
            _last_good()[state[0]] = good
            return good
    if good is None:
        raise NoList(failure)
    return replace(good, file=state, failure=failure)


def _is_outdated(reading: Reading, today: date) -> bool:
    return reading.next_date is not None and reading.next_date <= today


def warm_up() -> None:
    """Load the list, if there is one, before the first visitor comes."""
    with suppress(NoList):
        load()


def _content(state: FileState) -> tuple[bytes | None, str]:
    """Read the file, or say why it cannot be read."""
    name = Path(state[0]).name
    if not state[3]:
        return None, f"Le fichier {name} est introuvable ou vide."
    try:
        return Path(state[0]).read_bytes(), ""
    except OSError:
        return None, f"Le fichier {name} ne peut pas être ouvert."


@st.cache_resource(
    show_spinner=False, max_entries=4, hash_funcs={bytes: lambda _: "known by its signature"}
)
def _read(
    signature: str,  # noqa: ARG001 what the answer is kept by
    content: bytes,
    path: Path,
    today: date,
) -> tuple[Reading | None, str]:
    """Read the rows of a list and where their facts come from, or say why they cannot be read."""
    name = path.name
    try:
        reading = read_services(io.BytesIO(content), today=today)
    except UnreadableFile as error:
        return None, f"Le fichier {name} ne peut pas être lu. {error}"
    if reading.services.empty:
        problems = reading.problems
        first = problems[0].without_line if problems else "Il ne contient aucune ligne."
        return None, f"Le fichier {name} ne contient aucun service lisible. {first}"
    return fact_sources.read_beside(path, reading, today=today), ""


@st.cache_resource(show_spinner=False)
def _last_good() -> dict[str, ServiceList]:
    return {}
