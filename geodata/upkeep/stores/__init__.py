"""Where the list is kept: one door, a file or a PostgreSQL base behind it.

    store = stores.opened("postgresql://site@serveur/maillage", editing="")
    store.latest(today).reading
    store.save(edits, who="éditrice", now=now)

Whatever shows or changes the list asks a `Store`, and knows neither. The rules of a save
(conflicts, hidden places, sources, history) are those of `keeping` for both; a base adds its own,
which hold whoever writes.
"""

from collections.abc import Collection, Hashable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final, Protocol

import pandas as pd

from geodata import fact_sources
from geodata.fact_sources import FactSource
from geodata.upkeep.keeping import Edit, Entry, Refused
from geodata.upkeep.official_memory import Memory
from geodata.upkeep.stores._files import FileStore
from geodata.upkeep.stores._latest import Latest, NoList
from geodata.upkeep.suggestions import Suggestions

__all__ = ["FileStore", "Latest", "NoList", "Store", "address_words", "is_base", "opened"]

_SCHEMES: Final = ("postgresql://", "postgres://")

Sources = Mapping[fact_sources.Key, FactSource | None]


class Store(Protocol):
    """A list that can be read, watched and changed.

    `who` is the role of a person, as their sign-in gives it: a base shows and changes no more than
    this role may.
    """

    @property
    def path(self) -> Path:
        """The file of the list, or the name that files beside it are derived from."""
        ...

    @property
    def is_base(self) -> bool:
        """Whether it is a base."""
        ...

    @property
    def is_editable(self) -> bool:
        """Whether this store can be written at all."""
        ...

    @property
    def suggestions(self) -> Suggestions:
        """What readers and services say of this list."""
        ...

    def state(self) -> Hashable:
        """Return what changes as soon as the list does. Costs next to nothing."""
        ...

    def latest(self, today: date) -> Latest:
        """Return the list as it is now, else the last good one and what is wrong.

        Raises NoList where there is nothing to show.
        """
        ...

    def is_blank(self) -> bool:
        """Return whether there is no list yet, or one without rows: nothing would be lost."""
        ...

    def cells(self, who: str) -> pd.DataFrame:
        """Return the cells that this role may change, as `keeping.read_cells` does."""
        ...

    def row(self, key: str, who: str) -> dict[str, str] | None:
        """Return the cells of one of these rows, None where there is none."""
        ...

    def content(self, who: str) -> bytes:
        """Return the list of `cells` as a CSV file."""
        ...

    def facts(self, who: str) -> dict[fact_sources.Key, FactSource]:
        """Return where the cells of `cells` come from that have a source of their own."""
        ...

    def departements(self, who: str) -> tuple[str, ...]:
        """Return the départements that this role may change, `france` for all."""
        ...

    def unseen(self, who: str) -> Collection[tuple[str, str]]:
        """Return (département, type) of which there are rows that `cells` gives to nobody."""
        ...

    def save(
        self,
        edits: Collection[Edit],
        *,
        who: str,
        now: datetime,
        sources: Sources | None = None,
        means: str = "",
    ) -> tuple[Entry, ...]:
        """Change cells, all or none: see `keeping.save`.

        `means`: the program that found the changes, which the history tells.
        """
        ...

    def official(self, who: str) -> Memory:
        """Return what is known of the official records of this role's départements."""
        ...

    def remember(self, memory: Memory, who: str) -> None:
        """Keep what is known of the official records from now on."""
        ...

    def undo(self, entries: Collection[Entry], *, who: str, now: datetime) -> tuple[Entry, ...]:
        """Put back what these lines of the history tell: see `keeping.undo`."""
        ...

    def history(self, who: str) -> tuple[Entry, ...]:
        """Return the history that this role may read, the oldest line first."""
        ...

    def last_changes(self) -> Mapping[str, str]:
        """Return when rows were last changed here (ISO 8601), by id."""
        ...

    def damaged_lines(self) -> int:
        """Count the lines of the history that cannot be read."""
        ...

    def begin(self, content: bytes, facts: bytes = b"", *, who: str, now: datetime) -> None:
        """Write the first list, and its file of sources. Raises Refused where there are rows."""
        ...


def is_base(address: str) -> bool:
    """Return whether an address names a base rather than a file.

    >>> is_base("postgresql://site@serveur/maillage"), is_base("services.csv")
    (True, False)
    """
    return address.lower().startswith(_SCHEMES)


def opened(address: str, *, editing: str = "") -> Store:
    """Return the store at an address: a path, or `postgresql://…`.

    Args:
        address: where the list is read.
        editing: for a base, the address with which it is changed; "" to read only.

    Raises:
        Refused: the packages that a base needs are not installed.
    """
    if not is_base(address):
        return FileStore(Path(address))
    try:
        from geodata.upkeep.stores._base import BaseStore  # noqa: PLC0415 - an optional package
    except ImportError:
        raise Refused(
            "MAILLAGE_SERVICES nomme une base PostgreSQL, mais il manque ce qu’il faut pour la "
            "lire : installer l’option « base » (uv sync --extra base)."
        ) from None
    return BaseStore(address, editing)


def address_words(address: str) -> str:
    """Return an address as a message may show it: no user, no password.

    >>> address_words("postgresql://site:secret@serveur:5432/maillage?sslmode=require")
    'serveur:5432/maillage'
    """
    if not is_base(address):
        return Path(address).name
    return address.partition("://")[2].partition("?")[0].rpartition("@")[2] or "la base"
