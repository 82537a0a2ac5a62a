"""Check points in communes without outline or town hall in our data.

These are all communes of the overseas collectivités and four of Cantal. In a collectivité, a point
must be in the bounding box of its islands; elsewhere, near a town hall of the same département.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import communes

ISLANDS: Final[Mapping[str, tuple[float, float, float, float]]] = MappingProxyType(
    {
        "975": (-56.6, 46.6, -56.0, 47.3),  # Saint-Pierre-et-Miquelon
        "977": (-63.0, 17.8, -62.7, 18.0),  # Saint-Barthélemy
        "978": (-63.2, 18.0, -62.9, 18.2),  # Saint-Martin
        "986": (-178.4, -14.5, -175.9, -13.0),  # Wallis-et-Futuna
        "987": (-155.0, -28.0, -134.0, -7.5),  # Polynésie française
        "988": (158.0, -23.0, 172.5, -17.9),  # Nouvelle-Calédonie
    }
)
"""Bounding box (west, south, east, north; degrees, WGS 84) of each collectivité's islands.

Rounded outwards, yet small enough to detect swapped coordinates. The Terres australes (984) and
Clipperton (989) are uninhabited: they have no box, so no point is accepted there.
"""

_NEAR_DEGREES: Final = 1.0


def may_be_in(
    departement: str, lng: Sequence[float] | pd.Series, lat: Sequence[float] | pd.Series
) -> NDArray[np.bool_]:
    """Return which points (degrees, shape (n,)) may be in a département; "" for all of France.

    >>> noumea, paris = (166.4481, -22.2735), (2.35, 48.85)
    >>> may_be_in("988", *zip(noumea, paris, noumea[::-1], strict=True)).tolist()
    [True, False, False]
    """
    points = gpd.points_from_xy(lng, lat)
    plausible = np.zeros(len(points), dtype=np.bool_)
    for code, box in ISLANDS.items():
        if departement in ("", code):
            plausible |= points.covered_by(shapely.box(*box))
    halls = communes.read_town_halls().dropna(subset=["lng"])
    if departement:
        halls = halls[halls["departement"] == departement]
    tree = shapely.STRtree(gpd.points_from_xy(halls["lng"], halls["lat"]))
    plausible[tree.query(points, predicate="dwithin", distance=_NEAR_DEGREES)[0]] = True
    return plausible
