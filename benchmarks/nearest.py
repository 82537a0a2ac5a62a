"""Compare finding the nearest service of every town hall with scikit-learn, scipy and geopandas.

    uv run --with scikit-learn python benchmarks/nearest.py
    uv run --with scikit-learn python benchmarks/nearest.py --repeats 3

34,871 town halls and 80,000 random services, each a few kilometres from a town hall drawn by
population. Each method starts from two GeoSeries in degrees and returns the nearest service and its
distance; trees and projections are built each time. The methods take turns in one process. The
table gives the median processor time (for ours, the sum of its threads) and its ratio to ours
(median of the ratios of each turn); how often the same service is found and, otherwise, the
difference in geodesic distance; and the error of the returned distances against the geodesic.

Lambert-93 is not valid overseas: geopandas gets metropolitan France only, slightly fewer points.
BallTree runs with its default leaf size (40), then with the best one for these data. Haversine is
on a sphere: distances on the ellipsoid differ by up to 0.6 %. scipy's cKDTree, as it comes, gets
our positions in metres; it does not say which of two tied services it finds.

Then `nearest` for one origin: the 20 nearest of the 80,000, with their state at an instant.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import shapely  # noqa: E402
from pyproj import Geod  # noqa: E402
from scipy.spatial import cKDTree  # noqa: E402
from sklearn.neighbors import BallTree  # noqa: E402

from geodata import communes  # noqa: E402
from geodata.nearest import LngLat, nearest, nearest_each  # noqa: E402
from geodata.points import positions  # noqa: E402
from geodata.selection import PARIS  # noqa: E402

SERVICES = 80_000
EARTH_M = 6_371_008.8
AT = datetime(2026, 11, 24, 10, tzinfo=PARIS)
CIVRAY = LngLat(0.2949, 46.1486)


def town_halls() -> pd.DataFrame:
    return communes.read_town_halls().dropna(subset=["lng"])


def in_degrees(lng: object, lat: object, index: pd.Index) -> gpd.GeoSeries:
    return gpd.GeoSeries(shapely.points(lng, lat), index=index, crs="EPSG:4326")


def made_up_services(halls: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return services with the columns that `nearest` reads, and hours of real town halls."""
    random = np.random.default_rng(2026)
    weight = halls["population"].fillna(0).to_numpy(dtype=float)
    near = halls.iloc[random.choice(len(halls), SERVICES, p=weight / weight.sum())]
    known = pq.read_table(communes.COMMUNES_FILE, columns=["mairie_horaires"])
    hours = known["mairie_horaires"].to_pandas().replace("", np.nan).dropna().unique()
    ids = pd.Index([f"s{number}" for number in range(SERVICES)], name="id")
    points = in_degrees(
        near["lng"] + random.normal(0, 0.03, SERVICES),
        near["lat"] + random.normal(0, 0.02, SERVICES),
        ids,
    )
    columns = {
        "type": "association",
        "confidentialite": "public",
        "approximatif": False,
        "code_insee": near.index.to_numpy(),
        "departement": near["departement"].to_numpy(),
        "horaires_accueil": random.choice(hours, SERVICES),
    }
    return gpd.GeoDataFrame(columns, index=ids, geometry=points)


def ball_tree(origins: gpd.GeoSeries, points: gpd.GeoSeries, leaf_size: int = 40) -> pd.DataFrame:
    start, end = (np.radians(np.column_stack([p.y, p.x])) for p in (origins, points))
    angle, row = BallTree(end, metric="haversine", leaf_size=leaf_size).query(start, k=1)
    found = {"service": points.index[row[:, 0]], "distance_m": angle[:, 0] * EARTH_M}
    return pd.DataFrame(found, index=origins.index)


def small_leaves(origins: gpd.GeoSeries, points: gpd.GeoSeries) -> pd.DataFrame:
    return ball_tree(origins, points, leaf_size=2)


def kd_tree(origins: gpd.GeoSeries, points: gpd.GeoSeries) -> pd.DataFrame:
    away_m, row = cKDTree(positions(points)).query(positions(origins))
    found = {"service": points.index[row], "distance_m": away_m}
    return pd.DataFrame(found, index=origins.index)


def sjoin_nearest(origins: gpd.GeoSeries, points: gpd.GeoSeries) -> pd.DataFrame:
    start, end = (
        gpd.GeoDataFrame(geometry=p[p.x.between(-6, 10) & (p.y > 40)]).to_crs(2154)
        for p in (origins, points)
    )
    found = start.sjoin_nearest(end, distance_col="distance_m").rename(columns={"id": "service"})
    return found.loc[~found.index.duplicated(), ["service", "distance_m"]]


WAYS = {
    "`nearest.nearest_each`": nearest_each,
    "scikit-learn `BallTree(haversine)`": ball_tree,
    "scikit-learn `BallTree(haversine, leaf_size=2)`": small_leaves,
    "scipy `cKDTree`": kd_tree,
    "geopandas `sjoin_nearest`, Lambert-93": sjoin_nearest,
}


def timed(work: object, *arguments: object, **options: object) -> tuple[float, object]:
    gc.collect()
    started = time.process_time()
    result = work(*arguments, **options)
    return time.process_time() - started, result


def many(origins: gpd.GeoSeries, points: gpd.GeoSeries, repeats: int) -> None:
    seconds = {name: [] for name in WAYS}
    answers = {}
    for _ in range(repeats):
        for name, way in WAYS.items():
            spent, answers[name] = timed(way, origins, points)
            seconds[name].append(spent)
    first = next(iter(WAYS))
    true_m = geodesic_m(answers[first], origins, points)
    print("| nearest of each | median, ms | times as long | same service | else | told |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, spent in seconds.items():
        ratio = statistics.median(np.divide(spent, seconds[first]))
        answer = answers[name]
        same = (answer["service"] == answers[first]["service"][answer.index]).mean()
        theirs_m = geodesic_m(answer, origins, points)
        other, told = gap(theirs_m, true_m[answer.index]), gap(answer["distance_m"], theirs_m)
        print(
            f"| {name} | {statistics.median(spent) * 1000:,.0f} | {ratio:.1f} | {same:.2%} "
            f"| {other:.3%} | {told:.3%} |"
        )


def geodesic_m(answer: pd.DataFrame, origins: gpd.GeoSeries, points: gpd.GeoSeries) -> pd.Series:
    start, end = origins[answer.index], points[answer["service"]]
    _, _, away_m = Geod(ellps="WGS84").inv(start.x, start.y, end.x, end.y)
    return pd.Series(away_m, index=answer.index)


def gap(a_m: pd.Series, b_m: pd.Series) -> float:
    """Return the largest relative difference; distances below a metre count as one metre."""
    return float(((a_m - b_m).abs() / b_m.clip(lower=1)).max())


def one(services: gpd.GeoDataFrame, repeats: int) -> None:
    print("\n| `nearest`, one origin, 80,000 services | median, ms |")
    print("| --- | ---: |")
    first, _ = timed(nearest, services, CIVRAY, at=AT)
    print(f"| the 20 nearest and how they stand, first time | {first * 1000:,.0f} |")
    for name, options in {
        "the 20 nearest and how they stand": {"at": AT},
        "the 20 nearest": {},
        "all of them": {"limit": None},
    }.items():
        spent = [timed(nearest, services, CIVRAY, **options)[0] for _ in range(repeats)]
        print(f"| {name} | {statistics.median(spent) * 1000:,.0f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    halls = town_halls()
    services = made_up_services(halls)
    origins = in_degrees(halls["lng"], halls["lat"], halls.index)
    print(f"{len(origins):,} town halls, {len(services):,} services, {asked.repeats} turns\n")
    many(origins, services.geometry, asked.repeats)
    one(services, asked.repeats)
