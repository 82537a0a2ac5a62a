"""Compare `best_sites` with spopt's maximal covering location problem (MCLP), both with HiGHS.

    uv run --with spopt --with highspy python benchmarks/siting.py             # the table
    uv run python benchmarks/siting.py --national [--services 3000] [--gap 0.02]

Both get the same instances: the inhabitants of the named départements, random services (a fixed
seed; placed by population, a third without hours), a radius, k, and some half-days. spopt has no
time dimension: it gets one client per (commune, half-day) with people-hours to cover, one facility
per (commune, half-day), and a distance matrix in which a half-day cannot serve another. These are
computed beforehand: its time is that of building and solving the programme (`mip_rel_gap` 0). Ours
is that of `best_sites` from the frames, with existing coverage. If their people-hours differ, the
script stops. Instances are limited by spopt's matrix: all half-days of a large département would
need 10,000 × 10,000.

`--national` searches 200 sites among all communes and half-days, which spopt cannot solve, for
people-hours and for people, and prints the proven gap and the seconds. `spopt` is not a dependency
of the project.

The figures depend on the machine and its load; only the ratios matter.
"""

import argparse
import sys
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from geodata import communes, coverage, hours  # noqa: E402
from geodata.points import positions  # noqa: E402
from geodata.siting import HALF_DAYS, Goal, HalfDay, Siting, best_sites  # noqa: E402

MONDAY = date(2026, 11, 16)
TEXTS = (
    "Mo-Fr 09:00-12:00,14:00-17:00",
    "Tu 14:00-17:00",
    "We 09:00-12:00",
    "Th 17:00-20:00",
    "Mo,Th 09:00-12:30",
    "Fr 13:30-16:30",
    "Sa 09:00-12:00",
    "Mo-Sa 17:00-19:00",
    "",
    "",
    "",
    "",
)
SERVICES = 30


class Instance(NamedTuple):
    """One instance of the problem."""

    departements: tuple[str, ...] | None
    half_days: tuple[HalfDay, ...]
    k: int
    radius_m: float


INSTANCES = (
    Instance(("92",), HALF_DAYS, 3, 5_000.0),
    Instance(("92",), HALF_DAYS, 10, 5_000.0),
    Instance(("86",), HALF_DAYS[:1], 5, 20_000.0),
    Instance(("86",), HALF_DAYS[:3], 10, 20_000.0),
    Instance(("78",), HALF_DAYS[:3], 10, 10_000.0),
    Instance(("71",), HALF_DAYS[:1], 5, 20_000.0),
    Instance(("71",), HALF_DAYS[:3], 10, 20_000.0),
)
FRANCE = Instance(None, HALF_DAYS, 200, 20_000.0)


def made_services(territory: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    random = np.random.default_rng(2026)
    homes = territory[territory["mairie"].notna() & (territory["population"].fillna(0) > 0)]
    people = homes["population"].to_numpy(float)
    at = random.choice(len(homes), count, p=people / people.sum())
    halls = gpd.GeoSeries(homes["mairie"].iloc[at])
    spread = random.normal(0, 0.02, (2, count))
    columns = {
        "type": "permanence",
        "confidentialite": "public",
        "approximatif": False,
        "code_insee": homes.index[at],
        "departement": homes["departement"].to_numpy()[at],
        "horaires_accueil": random.choice(TEXTS, count),
    }
    points = shapely.points(halls.x + spread[0], halls.y + spread[1])
    index = [f"s{number}" for number in range(count)]
    return gpd.GeoDataFrame(columns, index=index, geometry=points, crs="EPSG:4326")


def mclp(
    territory: gpd.GeoDataFrame, services: gpd.GeoDataFrame, asked: Instance
) -> tuple[float, float]:
    """Return the people-hours of spopt's solution, and its seconds."""
    from pulp import HiGHS  # noqa: PLC0415 (installed for this script alone)
    from spopt.locate import MCLP  # noqa: PLC0415

    homes = territory[territory["mairie"].notna() & (territory["population"].fillna(0) > 0)]
    slots = hours.week_slots(pd.Series([half_day.hours for half_day in asked.half_days]), MONDAY)
    near = coverage.reach(homes, services, radius_m=asked.radius_m)
    lacking = [
        3 - coverage.open_hours(homes, services, reach=near, monday=MONDAY, slots=bits)
        for bits in slots
    ]
    weights = np.concatenate([(h * homes["population"]).to_numpy(float) for h in lacking])
    xyz = positions(gpd.GeoSeries(homes["mairie"]))
    apart_m = np.round(communes.chord_m(xyz[:, None], xyz), 3)
    distances = np.full((len(weights),) * 2, 1e9)
    for layer in range(len(asked.half_days)):
        own = slice(layer * len(homes), (layer + 1) * len(homes))
        distances[own, own] = apart_m
    clients = weights > 0
    started = time.perf_counter()
    model = MCLP.from_cost_matrix(distances[clients], weights[clients], asked.radius_m, asked.k)
    model = model.solve(HiGHS(msg=False, gapRel=0.0), results=False)
    return model.problem.objective.value(), time.perf_counter() - started


def ours(
    territory: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    asked: Instance,
    *,
    goal: Goal = Goal.HOURS,
    gap: float = 0.0,
) -> tuple[Siting, float]:
    """Return what `best_sites` finds for a goal, and its seconds."""
    started = time.perf_counter()
    siting = best_sites(
        territory,
        services,
        k=asked.k,
        radius_m=asked.radius_m,
        monday=MONDAY,
        half_days=asked.half_days,
        goal=goal,
        close_enough=gap,
        time_limit_s=60,
    )
    return siting, time.perf_counter() - started


def beside_spopt() -> None:
    print(
        "| département | half-days | k | km | people-hours | ours, s | spopt + HiGHS, s | ratio |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for asked in INSTANCES:
        territory = communes.read_communes(asked.departements)
        services = made_services(territory, SERVICES)
        ours(territory, services, asked)
        siting, seconds = ours(territory, services, asked)
        value, others = mclp(territory, services, asked)
        if siting.method != "exact" or not np.isclose(siting.value, value, rtol=1e-9):
            sys.exit(f"{asked}: {siting.value} ({siting.method}) is not spopt's {value}")
        print(
            f"| {', '.join(asked.departements)} | {len(asked.half_days)} | {asked.k} "
            f"| {asked.radius_m / 1000:g} | {value:,.0f} | {seconds:.3f} | {others:.2f} "
            f"| {others / seconds:.0f} |",
            flush=True,
        )


def national(count: int, gap: float) -> None:
    territory = communes.read_communes()
    services = made_services(territory, count)
    print("| goal | communes | half-days | services | k | value | gap | s | of processor |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for goal in (Goal.HOURS, Goal.PEOPLE):
        spent = time.process_time()
        siting, seconds = ours(territory, services, FRANCE, goal=goal, gap=gap)
        spent = time.process_time() - spent
        print(
            f"| {goal} | {len(territory):,} | {len(HALF_DAYS)} | {count:,} | {FRANCE.k} "
            f"| {siting.value:,.0f} | {siting.gap:.2%} | {seconds:.1f} | {spent:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--national", action="store_true")
    parser.add_argument("--services", type=int, default=3_000)
    parser.add_argument("--gap", type=float, default=0.02)
    given = parser.parse_args()
    if given.national:
        national(given.services, given.gap)
    else:
        beside_spopt()
