"""Parse `confidentialite`, the level that says how much of a service's location may be public.

All other modules get levels from here.
"""

import re
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.tables import BLANK
from geodata.text import fold

_WORDS = re.compile(r"[^\W\d_]+(?:[ _-][^\W\d_]+)*")
_SHELTER = "hebergement"


class Confidentiality(StrEnum):
    """How much of the location may be public, from the most open level to the most hidden."""

    PUBLIC = "public"
    COMMUNE = "commune"
    DEPARTEMENT = "departement"
    NON_PUBLIE = "non_publie"


def level_of(text: str, kind: str) -> Confidentiality | None:
    """Parse a cell of `confidentialite`. None if it is not a known level: hide such a row.

    `kind`: the cell of `type`. An empty level is `departement` for a shelter, else `public`.

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
    """Return whether a cell of `type` is *hébergement*, in any case and with or without accents."""
    return fold(kind) == _SHELTER


def strictness(level: str | None) -> int:
    """Rank a level: 0 for `public`, 3 for `non_publie`, 4 for an unknown level.

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
    if open_ones.all():
        return services
    ids = services.index
    hidden = sorted(np.flatnonzero(~open_ones), key=ids.__getitem__)
    return services.iloc[[*np.flatnonzero(open_ones), *hidden]]


def shown(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the services that may be shown: the level is known and is not `non_publie`."""
    return services[is_shown(services)]


def is_shown(services: pd.DataFrame) -> pd.Series:
    """Return a boolean mask of the services that may be shown. Same index out."""
    visible: pd.Series = services["confidentialite"].isin(
        [Confidentiality.PUBLIC, Confidentiality.COMMUNE, Confidentiality.DEPARTEMENT]
    )
    return visible
