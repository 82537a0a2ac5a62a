"""How much of a service's place may be known: the one reading of `confidentialite`."""

import re
from enum import StrEnum

import geopandas as gpd
import pandas as pd

from geodata.tables import BLANK
from geodata.text import fold

_WORDS = re.compile(r"[^\W\d_]+(?:[ _-][^\W\d_]+)*")
_SHELTER = "hebergement"


class Confidentiality(StrEnum):
    """How much of the place may be known, from the most open to the most hidden."""

    PUBLIC = "public"
    COMMUNE = "commune"
    DEPARTEMENT = "departement"
    NON_PUBLIE = "non_publie"


def level_of(text: str, kind: str) -> Confidentiality | None:
    """Read a cell of `confidentialite`; None where it is not understood: the row then hides.

    `kind`: the cell of `type`. An empty cell is `departement` for a shelter, else `public`.

    >>> level_of("Non publié", "ccas"), level_of("", "Hébergement"), level_of("(public)", "ccas")
    (<Confidentiality.NON_PUBLIE: 'non_publie'>, <Confidentiality.DEPARTEMENT: 'departement'>, None)
    """
    written = text.strip(BLANK)
    if not written:
        return Confidentiality.DEPARTEMENT if is_shelter(kind) else Confidentiality.PUBLIC
    word = fold(written).replace(" ", "_")
    known = _WORDS.fullmatch(written) and word in set(Confidentiality)
    return Confidentiality(word) if known else None


def is_shelter(kind: str) -> bool:
    """Say whether a cell of `type` says *hébergement*, however it is written."""
    return fold(kind) == _SHELTER


def strictness(level: str | None) -> int:
    """Give how hidden a level is: 0 for `public`, more than any level for what is none.

    >>> [strictness(level) for level in ("public", "non_publie", None)]
    [0, 3, 4]
    """
    levels = list(Confidentiality)
    return levels.index(Confidentiality(level)) if level in levels else len(levels)


def hidden_last(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the services in their order, those whose commune is hidden last, by id.

    In a list sorted by commune, the neighbours of a hidden row would tell its commune.
    """
    open_ones = services["confidentialite"].isin([Confidentiality.PUBLIC, Confidentiality.COMMUNE])
    return pd.concat([services[open_ones], services[~open_ones].sort_index()])


def shown(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the services that may be shown: their level is known, and is not `non_publie`."""
    return services[is_shown(services)]


def is_shown(services: pd.DataFrame) -> pd.Series:
    """Say which services may be shown. Boolean, on their index."""
    may_be: pd.Series = services["confidentialite"].isin(
        [Confidentiality.PUBLIC, Confidentiality.COMMUNE, Confidentiality.DEPARTEMENT]
    )
    return may_be
