"""From where a service may be measured: the one gate between places and distances."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import communes
from geodata.services import Confidentiality, ServiceType


def measured_points(services: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Give the point that stands for each service in distances, None where none may.

    - a public place: its point, or its town hall's (column `approximatif`);
    - a place whose commune alone is public (`commune`): the town hall of that commune;
    - a place hidden further, a shelter of any level, a phone line: None. Distances from several
      origins would give a hidden place away, and nobody is sent to *the nearest* shelter.

    Same index out, EPSG:4326.
    """
    level = services["confidentialite"]
    never = ~services["type"].isin([kind for kind in ServiceType if kind.facts.measured])
    points = np.asarray(services.geometry.array, dtype=object).copy()
    points[(never | (level != Confidentiality.PUBLIC)).to_numpy()] = None
    at_hall = ((level == Confidentiality.COMMUNE) & ~never).to_numpy()
    if at_hall.any():
        codes = services.loc[at_hall, "code_insee"]
        halls = communes.read_town_halls()[["lng", "lat"]].reindex(codes)
        standing_in = np.asarray(shapely.points(halls["lng"], halls["lat"]), dtype=object)
        standing_in[halls["lng"].isna()] = None
        points[at_hall] = standing_in
    return gpd.GeoSeries(points, index=services.index, crs="EPSG:4326")


def is_approximate(services: gpd.GeoDataFrame) -> pd.Series:
    """Say which services are measured from a town hall instead of their own point."""
    at_commune = services["confidentialite"] == Confidentiality.COMMUNE
    approximate: pd.Series = services["approximatif"].astype(bool) | at_commune
    return approximate


def positions(points: gpd.GeoSeries) -> NDArray[np.float64]:
    """Give points (EPSG:4326) in metres from the Earth's centre, NaN for None: shape (n, 3)."""
    return communes.to_xyz(points.x.to_numpy(), points.y.to_numpy())
