"""Compare our coverage of metropolitan France with DuckDB, scipy, `access` and a plain loop.

    uv run --with duckdb --with access python benchmarks/coverage.py [--services 80000]

Communes are real, at their town halls. Services are random with a fixed seed: half near town halls
drawn by population, half near any, some 2 km away; their hours are those of 2,000 French town halls
(55 %), round the clock (5 %), an evening or two Wednesdays a month (10 %), or unknown (30 %). The
week has no public holiday, which the libraries would count differently.

*Cold* starts from the two frames, with hours already parsed for that week, and searches neighbours;
*warm* has the neighbours, as after a changed filter. The others start with an advantage: positions
in metres and the week of each service as bits from `service_slots`; when warm, all pairs within the
radius (a table with row numbers for DuckDB and `access`, a CSR matrix for scipy). DuckDB's query is
the fastest of several: a grid of cells as wide as the radius, products instead of `**`. All results
are compared: equal, or for E2SFCA within 1e-6.

Times are processor times, medians of three runs (one for `access` and scipy), in turns. DuckDB has
one thread, to be comparable; ours is the sum of its threads. With a free second core, `reach` and
DuckDB take about half as long in real time. The plain loop is timed on a few communes and scaled.
Missing libraries are left out.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import scipy.sparse  # noqa: E402
from scipy.spatial import KDTree  # noqa: E402

from geodata import coverage  # noqa: E402
from geodata.communes import read_communes, to_xyz  # noqa: E402
from geodata.coverage._reach import reach_by_distance  # noqa: E402
from geodata.coverage._week import to_bits  # noqa: E402
from geodata.points import positions  # noqa: E402
from geodata.services import read_services  # noqa: E402

with suppress(ImportError):
    import duckdb
with suppress(ImportError):
    from access import fca, weights

RADIUS_M = 20_000
MONDAY = date(2026, 11, 23)
RUNS = 3
LOOPED = 20
OTHER_HOURS = ("24/7", "Tu 18:00-20:00", "We[1,3] 14:00-17:00", "")
WORDS = [f"w{number}" for number in range(11)]
CELL_M = RADIUS_M * 1.005  # Lambert-93 is not quite to scale


def metropole() -> gpd.GeoDataFrame:
    communes = read_communes()
    overseas = communes["departement"].str.startswith(("97", "98"))
    return communes[~overseas & communes["mairie"].notna()]


def synthetic(communes: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(2026)
    people = communes["population"].fillna(0).to_numpy(float)
    drawn = rng.choice(len(communes), count, p=people / people.sum())
    home = np.where(np.arange(count) < count // 2, drawn, rng.integers(0, len(communes), count))
    lng = communes["mairie"].x.to_numpy()[home] + rng.normal(0, 0.02, count)
    lat = communes["mairie"].y.to_numpy()[home] + rng.normal(0, 0.015, count)
    offices = np.array([text for text in communes["mairie_horaires"].unique() if text][:2_000])
    kind = rng.choice(5, count, p=[0.55, 0.05, 0.05, 0.05, 0.3])
    texts = np.array(["", *OTHER_HOURS], dtype=object)[kind]
    texts[kind == 0] = rng.choice(offices, (kind == 0).sum())
    return gpd.GeoDataFrame(
        {
            "type": "association",
            "confidentialite": "public",
            "code_insee": communes.index.to_numpy()[home],
            "departement": communes["departement"].to_numpy()[home],
            "horaires_accueil": texts,
        },
        geometry=gpd.points_from_xy(lng, lat),
        index=pd.Index([f"s{number}" for number in range(count)], name="id"),
        crs="EPSG:4326",
    )


def timed(work: Callable[[], object]) -> tuple[float, object]:
    gc.collect()
    started = time.process_time()
    answer = work()
    return time.process_time() - started, answer


# --- the other libraries ------------------------------------------------------------------


def duckdb_base(
    communes: gpd.GeoSeries, services: gpd.GeoSeries, slots: np.ndarray, pairs: pd.DataFrame
) -> object:
    """Return tables of communes and services with grid cells, and the pairs for the warm query."""
    base = duckdb.connect(config={"threads": 1})
    weeks = {word: slots[:, number] for number, word in enumerate(WORDS)}
    for name, points, more in (("communes", communes, {}), ("services", services, weeks)):
        plane = points.to_crs("EPSG:2154")
        cells = {"cx": plane.x // CELL_M, "cy": plane.y // CELL_M}
        frame = pd.DataFrame(dict(zip("xyz", positions(points).T, strict=True)) | more)
        frame = frame.assign(n=range(len(frame)), **{c: v.to_numpy(int) for c, v in cells.items()})
        base.from_df(frame).create(name)
    base.from_df(pairs).create("pairs")
    base.execute("create table step as select unnest([-1, 0, 1]) as d")
    return base


NEAR = f"""
    from (select c.*, a.d as da, b.d as db from communes c, step a, step b) c
    join services s on s.cx = c.cx + da and s.cy = c.cy + db
    where (c.x - s.x) * (c.x - s.x) + (c.y - s.y) * (c.y - s.y) + (c.z - s.z) * (c.z - s.z)
        <= {RADIUS_M**2}
"""
OPEN = ", ".join(f"bit_or(s.{word}) as {word}" for word in WORDS)
COUNT = " + ".join(f"bit_count({word})::int" for word in WORDS)
COLD = f"select n, {COUNT} from (select c.n, {OPEN} {NEAR} group by c.n)"
WARM = (
    f"select n, {COUNT} from (select p.c as n, {OPEN} "
    "from pairs p join services s on s.n = p.s group by p.c)"
)


def duckdb_quarters(base: object, query: str, communes: int) -> np.ndarray:
    answer = base.execute(query).fetchnumpy()
    number, open_ = answer.values()
    quarters = np.zeros(communes, int)
    quarters[np.asarray(number)] = np.asarray(open_)
    return quarters


def scipy_near(origins: np.ndarray, targets: np.ndarray) -> scipy.sparse.csr_array:
    lists = KDTree(targets).query_ball_point(origins, RADIUS_M)
    ends = np.cumsum([0, *map(len, lists)])
    places = np.concatenate([np.asarray(found, dtype=np.int64) for found in lists])
    shape = (len(origins), len(targets))
    return scipy.sparse.csr_array((np.ones(len(places), np.int32), places, ends), shape=shape)


def loop_quarters(
    some: np.ndarray, origins: np.ndarray, targets: np.ndarray, slots: np.ndarray
) -> list[int]:
    """Compute with a plain loop over communes and services."""
    weeks = [int.from_bytes(row.tobytes(), "little") for row in slots]
    places, quarters = targets.tolist(), []
    for x, y, z in origins[some].tolist():
        week = 0
        for (u, v, w), bits in zip(places, weeks, strict=True):
            if (x - u) ** 2 + (y - v) ** 2 + (z - w) ** 2 <= RADIUS_M**2:
                week |= bits
        quarters.append(week.bit_count())
    return quarters


def pysal(
    communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, supply: pd.Series, costs: pd.DataFrame
) -> pd.Series:
    steps = zip((1, 2, 3), coverage.RING_WEIGHTS, strict=True)
    demand = pd.DataFrame({"demand": communes["population"].fillna(0).astype(float)})
    return fca.two_stage_fca(
        demand.rename_axis("geoid").reset_index(),
        pd.DataFrame({"supply": supply}, index=services.index),
        costs,
        weight_fn=weights.step_fn({RADIUS_M * ring / 3: weight for ring, weight in steps}),
    )


# --- the tables ---------------------------------------------------------------------------


Row = tuple[str, float | None, float | None]
"""What, seconds cold, seconds warm."""


def open_share(communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame) -> Iterator[Row]:
    origins = positions(communes["mairie"])
    targets = to_xyz(services.geometry.x, services.geometry.y)

    first, slots = timed(lambda: coverage.service_slots(services, MONDAY))
    whole = coverage.reach(communes, services, radius_m=RADIUS_M)
    number, place = whole.pairs()
    sizes = (len(communes), len(services), len(number), len(whole.start))
    print("{:,} communes, {:,} services, {:,} pairs in {:,} runs; ".format(*sizes), end="")
    print(f"reading the texts, once: {first:.2f} s\n")

    def cold() -> pd.Series:
        return coverage.open_share(communes, services, radius_m=RADIUS_M, monday=MONDAY)

    def warm() -> pd.Series:
        return coverage.open_share(communes, services, reach=whole, monday=MONDAY)

    expected = (cold() * 672).round().to_numpy(int)
    works = {"ours": (cold, warm)}
    if "duckdb" in globals():
        pairs = pd.DataFrame({"c": number, "s": place})
        base = duckdb_base(communes["mairie"], services.geometry, slots, pairs)
        works["DuckDB, grid join and `bit_or`"] = tuple(
            lambda query=query: duckdb_quarters(base, query, len(communes))
            for query in (COLD, WARM)
        )
    taken = {name: ([], []) for name in works}
    for _ in range(RUNS):
        for name, pair in works.items():
            for work, seconds in zip(pair, taken[name], strict=True):
                spent, answer = timed(work)
                quarters = answer * 672 if name == "ours" else answer
                assert (np.rint(quarters) == expected).all(), name
                seconds.append(spent)
    for name, (colds, warms) in taken.items():
        yield f"open share: {name}", median(colds), median(warms)
    radii = np.full(len(communes), float(RADIUS_M))
    places = (communes.index, services.index, origins, targets, radii)
    given = (lambda: reach_by_distance(*places).union(slots), lambda: whole.union(slots))
    bare = [median(timed(work)[0] for _ in range(RUNS)) for work in given]
    yield "open share: ours, from what the others begin with", *bare

    yield from others(expected, origins, targets, slots)


def others(
    expected: np.ndarray, origins: np.ndarray, targets: np.ndarray, slots: np.ndarray
) -> Iterator[Row]:
    found, near = timed(lambda: scipy_near(origins, targets))
    bits = to_bits(slots).astype(np.int32)
    spent, answer = timed(lambda: ((near @ bits) > 0).sum(axis=1))
    assert (answer == expected).all()
    yield "open share: scipy, KDTree and sparse product", found + spent, spent

    some = np.random.default_rng(0).choice(len(origins), LOOPED, replace=False)
    spent, answer = timed(lambda: loop_quarters(some, origins, targets, slots))
    assert (np.array(answer) == expected[some]).all()
    scaled = spent * len(origins) / LOOPED
    yield f"open share: plain loop ({LOOPED} communes, scaled)", scaled, None


def supply(communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame) -> Iterator[Row]:
    offer = np.random.default_rng(1).integers(0, 2_016, len(services))
    hours = pd.Series(offer, index=services.index)
    circles = coverage.rings(communes, services, radius_m=RADIUS_M)
    ways = ({"radius_m": RADIUS_M}, {"reach": circles})
    runs = [
        [
            timed(
                lambda way=way: coverage.supply_per_inhabitant(
                    communes, services, supply=hours, **way
                )
            )
            for _ in range(RUNS)
        ]
        for way in ways
    ]
    yield "supply per inhabitant: ours", *(median(t for t, _ in run) for run in runs)
    if "fca" in globals():
        origins, targets = positions(communes["mairie"]), positions(services.geometry)
        number, place = coverage.reach(communes, services, radius_m=RADIUS_M).pairs()
        apart = np.round(np.linalg.norm(origins[number] - targets[place], axis=1), 3)
        codes, ids = communes.index.to_numpy()[number], services.index.to_numpy()[place]
        costs = pd.DataFrame({"origin": codes, "dest": ids, "cost": apart})
        spent, theirs = timed(lambda: pysal(communes, services, hours, costs))
        ours = runs[0][0][1].reindex(theirs.index)
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        yield "supply per inhabitant: PySAL `access`", None, spent


def departement(code: str) -> None:
    """Print the time of a changed filter with the shipped list."""
    communes = read_communes([code])
    services = read_services(ROOT / "services.csv").services
    coverage.service_slots(services, MONDAY, unknown=True)  # the texts are read once
    spent, whole = timed(lambda: coverage.reach(communes, services, radius_m=RADIUS_M))
    kept = services[services["type"].isin(["association", "permanence", "mds"])]
    measures = (coverage.open_share, coverage.longest_gap_h, coverage.covered_by_hour)
    print(f"\nDépartement {code}, {len(services)} services; neighbours: {1000 * spent:.1f} ms")
    for measure in measures:
        both = [
            timed(
                lambda measure=measure, unknown=unknown: measure(
                    communes, kept, reach=whole, monday=MONDAY, unknown=unknown
                )
            )[0]
            for unknown in (False, True)
        ]
        print(f"- `{measure.__name__}`, certain and possible: {1000 * sum(both):.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, default=80_000)
    options = parser.parse_args()
    communes = metropole()
    services = synthetic(communes, options.services)
    lines = [*open_share(communes, services), *supply(communes, services)]
    print("| | cold, s | warm, s |\n| --- | ---: | ---: |")
    for name, *seconds in lines:
        print(f"| {name} | " + " | ".join("" if s is None else f"{s:,.3f}" for s in seconds) + " |")
    departement("86")


if __name__ == "__main__":
    main()
