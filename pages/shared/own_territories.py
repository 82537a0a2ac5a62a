"""The territories of one's own that an address names: those beside the list, or their communes."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from geodata import french, own_territory
from geodata.own_territory import LONGEST_NAME, OwnTerritory
from geodata.tables import UnreadableFile
from geodata.upkeep import territory_files
from geodata.upkeep.territory_files import TerritoryFile
from pages.shared import service_list

PARAMETER = "territoire"
"""The parameter of the address; it may come several times."""


@dataclass(frozen=True, eq=False)
class Beside:
    """The territories beside the list; `failure`: what of their file cannot be read, or ""."""

    found: TerritoryFile
    failure: str = ""


def of_address(text: str) -> OwnTerritory:
    """Return the territory that a value of `PARAMETER` stands for. Raises ValueError, in French."""
    kept = beside().found.territories.get(text)
    if kept is not None:
        return kept
    if not own_territory.is_list(text):
        raise ValueError(f"Le territoire « {text[:LONGEST_NAME]} » n’est pas connu ici.")
    return OwnTerritory.parse(text)


def written(one: OwnTerritory) -> str:
    """Return what `of_address` reads: the name of a territory beside the list, else its communes.

    >>> written(OwnTerritory("Autour de Civray", ("86061", "86078")))
    'Autour de Civray~86.061.078'
    """
    return one.name if beside().found.territories.get(one.name) == one else str(one)


def beside() -> Beside:
    """Return the territories of the file beside the list, none where there is no file."""
    file = territory_files.beside(service_list.path())
    try:
        status = file.stat() if file else None
    except OSError:
        status = None
    if file is None or status is None:
        return Beside(TerritoryFile({}))
    homes = tuple(sorted(set(service_list.load().services["departement"]) - {""}))
    return _read(str(file), status.st_mtime_ns, status.st_size, homes)


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(path: str, changed_ns: int, size: int, homes: tuple[str, ...]) -> Beside:  # noqa: ARG001
    file = Path(path)
    try:
        found = territory_files.read(file.read_bytes(), file.name.split(".")[0], homes)
    except (UnreadableFile, OSError) as error:
        return Beside(TerritoryFile({}), f"Le fichier {file.name} ne peut pas être lu. {error}")
    if not found.problems:
        return Beside(found)
    more = len(found.problems) - 1
    rest = f" Et {french.count(more, 'autre remarque')}." if more else ""
    return Beside(found, f"Le fichier {file.name} : {found.problems[0]}{rest}")
