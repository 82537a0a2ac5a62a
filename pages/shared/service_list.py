"""The list that the pages show: read again when it changes, the last good one kept meanwhile.

It lives in a file or in a base (`geodata.upkeep.stores`): no page knows which.

A run of a page reads the list once, in the router, and passes it down as one value. What is
computed from the list is cached by that value's signature (`cached`), so that a result is never
kept for another state of the list than the one it was computed from.
"""

import os
import sys
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geodata.services import Reading
from geodata.upkeep import stores
from geodata.upkeep.keeping import Refused
from geodata.upkeep.stores import NoList, Store

PARIS = ZoneInfo("Europe/Paris")
SHIPPED = Path(__file__).parents[2] / "services.csv"
_THIS_RUN = "_liste"
_MISSING = "_liste_manque"

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, eq=False)
class ServiceList:
    """One state of the list.

    `reading`: its rows and problems; all visitors share the frame, which nobody may change.
    `signature`: what no other state of the list has.
    `written`: when the list was last changed.
    `state`: that of the store when it was last looked at.
    `failure`: why the list cannot be read now, in French, if an older reading is shown instead.
    """

    reading: Reading
    signature: str
    written: datetime
    state: Hashable
    failure: str = ""

    @property
    def services(self) -> gpd.GeoDataFrame:
        """All rows of the list, those that are never shown included."""
        return self.reading.services


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


def store() -> Store:
    """Return where the list is kept: `services.csv`, or what MAILLAGE_SERVICES names.

    Raises NoList where that cannot be used at all.
    """
    address = os.environ.get("MAILLAGE_SERVICES") or str(SHIPPED)
    try:
        return _opened(address, os.environ.get("MAILLAGE_SERVICES_EDITION", ""))
    except Refused as error:
        raise NoList(str(error)) from None


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(address: str, editing: str) -> Store:
    return stores.opened(address, editing=editing)


def path() -> Path:
    """Return the list's file; for a base, the name that files beside it are derived from."""
    return store().path


def state() -> Hashable:
    """Return the state of the list as it is now."""
    with suppress(NoList):
        return store().state()
    return None


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
    """Return whether there is no list, or one without rows: nothing would be lost."""
    with suppress(NoList):
        return store().is_blank()
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
    """Return the list as it is now, else the last good one and what is wrong.

    A list is read again on the day that one of its dates to come arrives. `today` is the present
    day in Paris where it is not given. Raises NoList where there is nothing to show.
    """
    latest = store().latest(today or datetime.now(PARIS).date())
    return ServiceList(
        latest.reading, latest.signature, latest.written, latest.state, latest.failure
    )


def warm_up() -> None:
    """Load the list, if there is one, before the first visitor comes."""
    with suppress(NoList):
        load()
