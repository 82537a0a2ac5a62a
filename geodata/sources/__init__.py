"""Official open data in: one adapter for each source, all called alike.

`SOURCES[name].read(file, departements=["86"], dated="2026-11")` gives an `Import`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, Literal, Protocol

from geodata.sources import (
    competent_units,
    data_inclusion,
    dila,
    finess,
    gendarmerie,
    insee,
    police,
    ssmsi,
)
from geodata.sources._rows import (
    ROW_COLUMNS,
    UNTOLD,
    Draft,
    Import,
    access,
    assemble,
    phone_numbers,
    slug,
    sounds_like_shelter,
)

__all__ = [
    "ROW_COLUMNS",
    "SOURCES",
    "UNTOLD",
    "Draft",
    "File",
    "Import",
    "Source",
    "access",
    "assemble",
    "phone_numbers",
    "slug",
    "sounds_like_shelter",
]

_OPEN: Final = "Licence Ouverte 2.0"
_DATA_GOUV: Final = "https://www.data.gouv.fr/fr/datasets/r/"


class Reader(Protocol):
    """How every adapter is called."""

    def __call__(
        self,
        source: Path | BinaryIO,
        *,
        departements: Collection[str] | None = None,
        dated: str = "",
    ) -> Import:
        """Read a file of this source.

        Args:
            source: the file as it is published.
            departements: keep these alone; None keeps all.
            dated: date (2026, 2026-11 or 2026-11-22) of what states none in the file.

        Raises:
            UnreadableFile: not such a file, or a column or field is missing or renamed.
            ValueError: a code is no département's.
        """


@dataclass(frozen=True)
class File:
    """One file of a source.

    `download`: its stable address. `named`: a regular expression for the names under which it is
    kept in a folder and in the catalogue, in small letters. `with_other`: gives the reader that
    also uses the other file of the source, given the path of that one.
    """

    download: str
    named: str
    with_other: Callable[[Path], Reader] | None = None


@dataclass(frozen=True)
class Source:
    """An official source: its name for a person, its terms, where it is, and how it is read.

    `files`: each is read by itself. `gives`: what its rows are.
    """

    label: str
    licence: str
    homepage: str
    files: tuple[File, ...]
    read: Reader
    gives: Literal["services", "unités compétentes", "population", "violences"] = "services"

    @property
    def catalogue(self) -> str:
        """The address where data.gouv.fr describes the files; "" for a source that is not there."""
        host, path, slug = self.homepage.rstrip("/").rpartition("/fr/datasets/")
        return f"{host}/api/1/datasets/{slug}/" if path else ""


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "police": Source(
            "Services de police accueillant du public",
            _OPEN,
            police.HOMEPAGE,
            (
                File(
                    f"{_DATA_GOUV}2cb2f356-42b2-4195-a35c-d4e4d986c62b",
                    r"export-?pn|services-de-police|^police",
                ),
            ),
            police.read,
        ),
        "gendarmerie": Source(
            "Unités de gendarmerie accueillant du public",
            _OPEN,
            gendarmerie.HOMEPAGE,
            (
                File(
                    f"{_DATA_GOUV}17320fe6-a896-4686-93e6-502be2ad23f2",
                    r"export-?gn|unites-de-gendarmerie|brigades|^gendarmerie",
                ),
            ),
            gendarmerie.read,
        ),
        "dila": Source(
            "Annuaire de l’administration (DILA)",
            _OPEN,
            dila.HOMEPAGE,
            (
                File(
                    f"{_DATA_GOUV}73302880-e4df-4d4c-8676-1a61bb997f3d", r"gouv_local|annuaire|dila"
                ),
            ),
            dila.read,
        ),
        "finess": Source(
            "FINESS (établissements sanitaires et sociaux)",
            _OPEN,
            finess.HOMEPAGE,
            (File(f"{_DATA_GOUV}cd493959-fb03-41e5-9347-0edd14dfbc22", r"finess|cs11005"),),
            finess.read,
        ),
        "data-inclusion": Source(
            "data·inclusion (structures et services d’inclusion)",
            _OPEN,
            data_inclusion.HOMEPAGE,
            (
                File(
                    f"{_DATA_GOUV}de4856b8-bb67-4b79-83bd-038e846a1774",
                    r"(?:^|[-_/])(?:di[-_])?services[-_.](?!de-police|csv)",
                    lambda structures: partial(data_inclusion.read, structures=structures),
                ),
                File(
                    data_inclusion.STRUCTURES_DOWNLOAD, r"(?<!finess-)(?<!finess_)structures[-_.]"
                ),
            ),
            data_inclusion.read,
        ),
        "unites-competentes": Source(
            "Police ou gendarmerie compétente par commune",
            _OPEN,
            competent_units.HOMEPAGE,
            (
                File(
                    f"{_DATA_GOUV}c53cd4d4-4623-4772-9b8c-bc72a9cdf4c2", r"competence|^unites[-_.]"
                ),
            ),
            competent_units.read,
            "unités compétentes",
        ),
        "insee": Source(
            "Population par sexe et âge (INSEE)",
            _OPEN,
            insee.HOMEPAGE,
            (
                File(
                    "https://api.insee.fr/melodi/file/DS_RP_POPULATION_PRINC/"
                    "DS_RP_POPULATION_PRINC_2023_CSV_FR",
                    r"ds_rp_population|base-cc-evol|population|^insee",
                ),
            ),
            insee.read,
            "population",
        ),
        "ssmsi": Source(
            ssmsi.LABEL,
            _OPEN,
            ssmsi.HOMEPAGE,
            (
                File(
                    f"{_DATA_GOUV}3f51212c-f7d2-4aec-b899-06be6cdd1030",
                    r"donnee-data\.gouv|delinquance|^ssmsi",
                ),
            ),
            ssmsi.read,
            "violences",
        ),
    }
)
"""The sources by the name that a command line gives them; the first that has a service names it."""
