"""The services nearest to one place, and the nearest one of each of many places.

One metric, the chord of `communes.to_xyz`, to the millimetre: places as far as each other to the
millimetre are tied, and a tie keeps the order of the input. Who may be measured at all is for
`points.measured_points` to say; whoever may not is in no answer.
"""

from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geodata import communes
from geodata.points import is_approximate, measured_points
from geodata.selection import Selection, timetable

# Two distances of the same millimetre differ by less, with room for rounding.
_CLOSE_M: Final = 0.002
# With lng and lat swapped, no town hall is as near as this to another.
_FAR_M: Final = 500_000


class LngLat(NamedTuple):
    """A place of departure: degrees east, degrees north (WGS 84)."""

    lng: float
    lat: float


def nearest(
    services: gpd.GeoDataFrame,
    origin: LngLat,
    *,
    at: datetime | None = None,
    limit: int | None = 20,
) -> gpd.GeoDataFrame:
    """Return the services that may be measured, nearest first.

    Hidden places, shelters and phone lines are left out. Services at the same distance are all
    returned, in the order of the input.

    Args:
        services: as `services.read_services` gives them.
        origin: from where; it is kept nowhere, and no message repeats it.
        at: also return the state of each service at this instant (naive = Europe/Paris).
        limit: rows at most; None for all.

    Returns:
        Rows of the input with all its columns, and

        - `distance_m`: as `distance_m` gives it;
        - `emplacement_approximatif`: measured from its town hall, not from its own point;
        - with `at`, the columns of `selection.timetable`, `opening` being called `next_opening`:
          `state`, `closing`, `next_opening`, `to_renew`, `holiday`, `opening_holiday`.

        A column of the input that has one of these names gives way.

    Raises:
        ValueError: `limit` is negative, or `origin` is not in degrees or swapped. In French.
    """
    if limit is not None and limit < 0:
        raise ValueError("Le nombre de lieux demandés ne peut pas être négatif.")
    away_m = distance_m(services, origin)
    order = np.argsort(away_m.to_numpy(), kind="stable")[: away_m.count()][:limit]
    found = services.iloc[order]
    found = found.assign(
        distance_m=away_m.iloc[order], emplacement_approximatif=is_approximate(found)
    )
    if at is None:
        return found
    times = timetable(found, Selection(), at).rename(columns={"opening": "next_opening"})
    return found.assign(**{str(name): column for name, column in times.items()})


def distance_m(services: gpd.GeoDataFrame, origin: LngLat) -> pd.Series:
    """Return the distance from `origin` to each service in metres, NaN if it may not be measured.

    The straight line of `communes.to_xyz`, to the millimetre, from the point that
    `points.measured_points` lets stand for the service. Same index out.

    Raises:
        ValueError: `origin` is not in degrees or swapped. In French.
    """
    start = communes.to_xyz(*_checked(origin))
    away_m = _rounded_m(start, _xyz(_degrees(measured_points(services))))
    return pd.Series(away_m, index=services.index, name="distance_m")


def nearest_each(origins: gpd.GeoSeries, points: gpd.GeoSeries) -> pd.DataFrame:
    """Find for each origin the nearest of `points`: for many origins and many points.

    Args:
        origins: points, EPSG:4326; None where there is none.
        points: points of services, EPSG:4326, indexed by their id; None for those that may not be
            measured (`points.measured_points`).

    Returns:
        One row an origin, on its index: `service`, the label of the nearest point, and
        `distance_m`, in metres to the millimetre. Of tied points the first of the input wins. Both
        are missing where the origin is None or there are no points.

    Raises:
        ValueError: a geometry is no point, or no degrees. In French.
    """
    start, end = _degrees(origins), _degrees(points)
    rows = np.full(len(start), -1)
    away_m = np.full(len(start), np.nan)
    placed, distinct = np.flatnonzero(_is_placed(start)), _first_of_each(end)
    if len(placed) and len(distinct):
        found, away_m[placed] = _nearest_rows(_xyz(start[placed]), _xyz(end[distinct]))
        rows[placed] = distinct[found]
    labels = points.index.to_series(index=range(len(points))).reindex(rows)
    return pd.DataFrame({"service": labels.array, "distance_m": away_m}, index=origins.index)


def _nearest_rows(
    origins_xyz: NDArray[np.float64], points_xyz: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return for each origin the row of the nearest point, the lowest of a tie, and its distance.

    The tree does not say which of two tied points it finds: where the second is as near as the
    first, all points at that distance are compared.
    """
    tree = KDTree(points_xyz, balanced_tree=False)  # built faster, and no slower here to ask
    two_m, two_rows = (np.asarray(each) for each in tree.query(origins_xyz, k=2, workers=-1))
    rows = two_rows[:, 0]
    tied = np.flatnonzero(two_m[:, 1] - two_m[:, 0] < _CLOSE_M)
    close_rows = tree.query_ball_point(
        origins_xyz[tied], two_m[tied, 0] + _CLOSE_M, workers=-1, return_sorted=True
    )
    for origin, close in zip(tied, map(np.asarray, close_rows), strict=True):
        rows[origin] = close[np.argmin(_rounded_m(origins_xyz[origin], points_xyz[close]))]
    return rows, _rounded_m(origins_xyz, points_xyz[rows])


def _rounded_m(a_xyz: NDArray[np.float64], b_xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distances to the millimetre."""
    return np.round(communes.chord_m(a_xyz, b_xyz), 3)


def _first_of_each(degrees: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the row of the first service of each place: many share one, and the tree needs one."""
    places = pd.Series(degrees[:, 0] + 1j * degrees[:, 1])
    return np.flatnonzero(_is_placed(degrees) & ~places.duplicated().to_numpy())


def _is_placed(degrees: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.isfinite(degrees[:, 0]) & np.isfinite(degrees[:, 1])


def _xyz(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    return communes.to_xyz(degrees[:, 0], degrees[:, 1])


def _degrees(points: gpd.GeoSeries) -> NDArray[np.float64]:
    """Return lng and lat of points, NaN where there is none: shape (n, 2). Raises ValueError."""
    geometry = points.to_numpy()
    if (shapely.get_type_id(geometry) > shapely.GeometryType.POINT).any():
        raise ValueError("Une distance se mesure entre des points : une géométrie n’en est pas un.")
    degrees = np.column_stack([shapely.get_x(geometry), shapely.get_y(geometry)])
    if (np.abs(degrees) > (180, 90)).any():
        raise ValueError("Les points doivent être en degrés (EPSG:4326).")
    return degrees


def _checked(origin: LngLat) -> LngLat:
    """Return the origin back if it is one."""
    lng, lat = origin
    # Written so that NaN is refused too.
    if not (abs(lng) <= 180 and abs(lat) <= 90):
        raise ValueError(
            "Le point de départ n’est pas en degrés : longitude de -180 à 180, latitude de -90 à "
            "90."
        )
    if _is_far(lng, lat) and abs(lng) <= 90 and not _is_far(lat, lng):
        raise ValueError("Le point de départ a sa longitude et sa latitude échangées.")
    return LngLat(lng, lat)


def _is_far(lng: float, lat: float) -> bool:
    """Return whether no town hall is anywhere near; some overseas collectivités have none."""
    return bool(communes.chord_m(communes.to_xyz(lng, lat), _town_halls_xyz()).min() > _FAR_M)


@cache
def _town_halls_xyz() -> NDArray[np.float64]:
    halls = communes.read_town_halls().dropna(subset=["lng"])
    return communes.to_xyz(halls["lng"], halls["lat"])
