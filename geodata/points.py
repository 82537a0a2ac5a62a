"""The point from which distances to a service are measured, if any may be.

All distances use it, so that none can reveal a hidden location.
"""

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import communes
from geodata.services import Confidentiality, ServiceType, is_for_perpetrators


def measured_points(services: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the point to measure each service from, None if it must not be measured.

    - a public place: its own point, or its town hall (column `approximatif`);
    - level `commune`: the town hall of that commune;
    - a more hidden level, any shelter, any phone line: None. Distances from several origins would
      reveal a hidden place, and nobody is sent to *the nearest* shelter;
    - a service for those who commit violence: None. No woman is sent there.

    Same index out, EPSG:4326.
    """
    level = services["confidentialite"]
    never = ~services["type"].isin([kind for kind in ServiceType if kind.facts.measured])
    never |= is_for_perpetrators(services)
    points = np.asarray(services.geometry.array, dtype=object).copy()
    points[(never | (level != Confidentiality.PUBLIC)).to_numpy()] = None
    at_hall = ((level == Confidentiality.COMMUNE) & ~never).to_numpy()
    if at_hall.any():
        codes = services.loc[at_hall, "code_insee"]
        halls = communes.read_town_halls()[["lng", "lat"]].reindex(codes)
        hall_points = np.asarray(shapely.points(halls["lng"], halls["lat"]), dtype=object)
        hall_points[halls["lng"].isna()] = None
        points[at_hall] = hall_points
    return gpd.GeoSeries(points, index=services.index, crs="EPSG:4326")


def is_approximate(services: gpd.GeoDataFrame) -> pd.Series:
    """Return a mask of the services measured from a town hall instead of their own point."""
    at_commune = services["confidentialite"] == Confidentiality.COMMUNE
    approximate: pd.Series = services["approximatif"].astype(bool) | at_commune
    return approximate


def distance_to_communes_m(services: gpd.GeoDataFrame, codes: Collection[str]) -> pd.Series:
    """Return how far each service is from the nearest of these communes' town halls, in metres.

    Of `measured_points`, to the millimetre; NaN for a service that has none, and where no source
    says where the town halls are. Raises KeyError for a code that is no commune of 2026.
    """
    from_xyz = positions(measured_points(services))
    halls = communes.read_town_halls().loc[list(codes), ["lng", "lat"]].dropna()
    away_m = pd.DataFrame(
        {
            code: communes.chord_m(from_xyz, communes.to_xyz(lng, lat))
            for code, lng, lat in halls.itertuples(name=None)
        },
        index=services.index,
        dtype=float,
    )
    return away_m.min(axis=1).round(3).rename("distance_m")


def positions(points: gpd.GeoSeries) -> NDArray[np.float64]:
    """Convert points (EPSG:4326) to metres from the Earth's centre: shape (n, 3), NaN for None."""
    return communes.to_xyz(points.x.to_numpy(), points.y.to_numpy())
