"""Editions of a list, dated copies beside it, and what changed in the list from one to the next.

`services-2025-11.csv` beside `services.csv` is the edition of November 2025. A service that is new
in a list has opened, or was only added: nobody can tell from the lists, so nothing here says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import exports, french, hours, matching, partial_date
from geodata.partial_date import PartialDate
from geodata.services import Confidentiality
from geodata.upkeep import merging

NOT_TOLD: Final = (
    "Un service de plus a ouvert, ou seulement été ajouté à la liste : les listes ne le disent "
    "pas. De même pour un service de moins. Les lieux tenus secrets ne sont pas comparés."
)
"""What people are told beside every comparison."""
NO_GAIN: Final = "Aucune commune n’y gagne ni n’y perd d’heures d’ouverture connues."
NAMES: Final = {
    "changement": "Ce qui change",
    "nom": "Service",
    "commune": "Commune",
    "avant": "Avant",
    "apres": "Maintenant",
}
"""What people read above the columns of `changes` that are shown to them."""
COLUMNS: Final = ("changement", "id", "nom", "type", "departement", "commune", "avant", "apres")


@dataclass(frozen=True)
class Edition:
    """A dated copy of a list: its file, and the date that the name of the file gives."""

    path: Path
    date: PartialDate

    @property
    def label(self) -> str:
        """`novembre 2025`."""
        return french.partial_date(self.date)


class Kind(StrEnum):
    """What may happen to a service between two editions. The value is said on the screen."""

    NEW = "dans la liste depuis"
    GONE = "n’est plus dans la liste"
    MOVED = "autre adresse"
    HOURS = "autres horaires"


def beside(path: Path) -> tuple[Edition, ...]:
    """Return the editions that stand beside a list, the oldest first.

    >>> [edition.label for edition in beside(Path("nowhere/services.csv"))]
    []
    """
    found = (
        (file, partial_date.parse(file.stem.removeprefix(f"{path.stem}-")))
        for file in path.parent.glob(f"{path.stem}-*{path.suffix}")
    )
    editions = [Edition(file, day) for file, day in found if day]
    return tuple(sorted(editions, key=lambda one: (one.date.last_day, str(one.date))))


def of_each_year(found: Sequence[Edition]) -> tuple[Edition, ...]:
    """Return the last edition of each year; `found` is the oldest first."""
    return tuple({edition.date.last_day.year: edition for edition in found}.values())


def without_hidden(services: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the services but those that another edition hides, by id or as the same service.

    A list of before may say where a place was that is kept secret now. Both from `read_services`.
    """
    shown = _public(other)
    hidden = other[~other.index.isin(shown.index)]
    unknown = services[~services.index.isin(shown.index)]
    alike = services.loc[[*merging.reveals(hidden, unknown)]]
    shown_too = merging.compare(alike, shown).pairs["ours"]
    gone = [*hidden.index, *alike.index.difference(shown_too)]
    return services[~services.index.isin(gone)]


def changes(
    earlier: gpd.GeoDataFrame,
    later: gpd.GeoDataFrame,
    *,
    of: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame] = lambda services: services,
) -> pd.DataFrame:
    """Return what changed from one edition to the next, a row a change, as text (`COLUMNS`).

    Services are the same by id, or else as `merging.compare` finds them; a cell that says the same
    in other words is no change. A row that hides its place in either list is in no row of the
    result, nor is one that may be the same service under another id.

    Args:
        earlier: services from `read_services`, the whole list: one that is hidden now must be known
            as such, wherever it was.
        later: the same, of the other list.
        of: gives the services of a list that matter; others are neither new nor gone.
    """
    earlier, later = (
        of(_public(without_hidden(one, other)))
        for one, other in ((earlier, later), (later, earlier))
    )
    compared = merging.compare(earlier, later)
    pairs = dict(zip(compared.pairs["theirs"], compared.pairs["ours"], strict=True))
    came = later.index[~later.index.isin(list(pairs))]
    went = earlier.index[~earlier.index.isin(list(pairs.values()))]
    rows = [
        *(_row(Kind.NEW, later.loc[key]) for key in came),
        *(_row(Kind.GONE, earlier.loc[key]) for key in went),
    ]
    for new, old in pairs.items():
        was, now = earlier.loc[old], later.loc[new]
        if _has_moved(was, now):
            rows.append(_row(Kind.MOVED, now, _where(was), _where(now)))
        said = _hours(was), _hours(now)
        if said[0] != said[1]:
            rows.append(_row(Kind.HOURS, now, *said))
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")
    order = {str(kind): place for place, kind in enumerate(Kind)}
    return table.sort_values(
        ["changement", "departement", "commune", "nom"],
        key=lambda cells: cells.map(order) if cells.name == "changement" else cells,
        kind="stable",
        ignore_index=True,
    )


def to_csv(changed: pd.DataFrame, *, excel: bool = False) -> bytes:
    """Return `changes` as CSV; `excel=True` is `exports.for_excel`."""
    if excel:
        return exports.for_excel(changed)
    return changed.to_csv(index=False, lineterminator="\n").encode()


def summary(changed: pd.DataFrame) -> str:
    """Say how many services came, went, moved or have other hours; `changed`: from `changes`.

    >>> summary(pd.DataFrame(columns=list(COLUMNS)))
    'Rien n’a changé parmi les services comptés ici.'
    """
    number = changed["changement"].value_counts()
    parts = [
        text
        for kind, one, several in (
            (Kind.NEW, "service de plus", "services de plus"),
            (Kind.GONE, "service de moins", "services de moins"),
            (Kind.MOVED, "changement d’adresse", "changements d’adresse"),
            (Kind.HOURS, "changement d’horaires", "changements d’horaires"),
        )
        if number.get(kind, 0) and (text := french.count(int(number[kind]), one, several))
    ]
    return (
        f"{french.listed(parts)}." if parts else "Rien n’a changé parmi les services comptés ici."
    )


def _public(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return services[services["confidentialite"] == Confidentiality.PUBLIC]


def _has_moved(was: pd.Series, now: pd.Series) -> bool:
    """Return whether both lists name a place, and not the same one."""
    communes = was["code_insee"], now["code_insee"]
    addresses = was["adresse"], now["adresse"]
    elsewhere = all(communes) and communes[0] != communes[1]
    return elsewhere or (all(addresses) and not matching.same_address(*addresses))


def _where(row: pd.Series) -> str:
    parts = (row["adresse"], f"{row['code_postal']} {row['commune']}".strip())
    return ", ".join(filter(None, parts))


def _hours(row: pd.Series) -> str:
    """Say the hours in words, so that two ways of writing them are one."""
    try:
        return hours.describe(row["horaires_accueil"]) if row["horaires_accueil"] else ""
    except hours.InvalidHours:
        return ""


def _row(kind: Kind, row: pd.Series, was: str = "", now: str = "") -> tuple[str, ...]:
    cells = (row.name, row["nom"], row["type"], row["departement"], row["commune"])
    return (str(kind), *map(str, cells), was, now)
