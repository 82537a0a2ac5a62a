"""Whether a point can be in a commune that our data has neither outline nor town hall of.

Those are all communes of the overseas collectivités and four of Cantal. A collectivité's islands
stand in a box; anywhere else a point must be near a town hall of the same département.
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
"""West, south, east, north (WGS 84 degrees) of each collectivité's islands, with some sea around.

Round figures, wide enough for any address and narrow enough to tell the islands from anywhere else
and latitudes from longitudes. Nobody lives in the Terres australes (984) and on Clipperton (989):
they have none, and no point is believed there.
"""

_NEAR_DEGREES: Final = 1.0


def may_be_in(
    departement: str, lng: Sequence[float] | pd.Series, lat: Sequence[float] | pd.Series
) -> NDArray[np.bool_]:
    """Say which points (degrees) may be in a département; "" is any place in France.

    >>> noumea, paris = (166.4481, -22.2735), (2.35, 48.85)
    >>> may_be_in("988", *zip(noumea, paris, noumea[::-1], strict=True)).tolist()
    [True, False, False]
    """
    points = gpd.points_from_xy(lng, lat)
    believed = np.zeros(len(points), dtype=np.bool_)
    for code, box in ISLANDS.items():
        if departement in ("", code):
            believed |= points.covered_by(shapely.box(*box))
    halls = communes.read_town_halls().dropna(subset=["lng"])
    if departement:
        halls = halls[halls["departement"] == departement]
    tree = shapely.STRtree(gpd.points_from_xy(halls["lng"], halls["lat"]))
    believed[tree.query(points, predicate="dwithin", distance=_NEAR_DEGREES)[0]] = True
    return believed
