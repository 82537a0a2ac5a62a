"""Official open data in: one adapter for each source, all called alike.

`SOURCES[name].read(file, departements=["86"], dated="2026-11")` gives an `Import`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
)
from geodata.sources._rows import (
    ROW_COLUMNS,
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
    "Draft",
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
class Source:
    """An official source: its name for a person, its terms, where it is, and how it is read.

    `download` is the file itself (it may change with an edition; "" where there is one for each
    territory), `gives` what its rows are.
    """

    label: str
    licence: str
    homepage: str
    download: str
    read: Reader
    gives: Literal["services", "unités compétentes", "population"] = "services"


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "dila": Source(
            "Annuaire de l’administration (DILA)",
            _OPEN,
            dila.HOMEPAGE,
            f"{_DATA_GOUV}73302880-e4df-4d4c-8676-1a61bb997f3d",
            dila.read,
        ),
        "police": Source(
            "Services de police accueillant du public",
            _OPEN,
            police.HOMEPAGE,
            f"{_DATA_GOUV}2cb2f356-42b2-4195-a35c-d4e4d986c62b",
            police.read,
        ),
        "gendarmerie": Source(
            "Unités de gendarmerie accueillant du public",
            _OPEN,
            gendarmerie.HOMEPAGE,
            f"{_DATA_GOUV}17320fe6-a896-4686-93e6-502be2ad23f2",
            gendarmerie.read,
        ),
        "finess": Source(
            "FINESS (établissements sanitaires et sociaux)",
            _OPEN,
            finess.HOMEPAGE,
            f"{_DATA_GOUV}cd493959-fb03-41e5-9347-0edd14dfbc22",
            finess.read,
        ),
        "data-inclusion": Source(
            "data·inclusion (structures et services d’inclusion)",
            _OPEN,
            data_inclusion.HOMEPAGE,
            f"{_DATA_GOUV}de4856b8-bb67-4b79-83bd-038e846a1774",
            data_inclusion.read,
        ),
        "unites-competentes": Source(
            "Police ou gendarmerie compétente par commune",
            _OPEN,
            competent_units.HOMEPAGE,
            f"{_DATA_GOUV}c53cd4d4-4623-4772-9b8c-bc72a9cdf4c2",
            competent_units.read,
            "unités compétentes",
        ),
        "insee": Source(
            "Population par sexe et âge (INSEE)",
            _OPEN,
            insee.HOMEPAGE,
            "https://api.insee.fr/melodi/file/DS_RP_POPULATION_PRINC/"
            "DS_RP_POPULATION_PRINC_2023_CSV_FR",
            insee.read,
            "population",
        ),
    }
)
"""The sources by the name that a command line gives them."""
