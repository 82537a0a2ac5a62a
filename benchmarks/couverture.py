"""Time what a reader chooses on Couverture, beside what one would write with geopandas and pandas.

    uv run python benchmarks/couverture.py [--runs 3]

The list is the shipped one, for Saône-et-Loire (563 communes) and for eight large départements;
for the national table, 8,000 random services (those of `coverage.py`, fixed seed).
Everything is warm as in the running server: the list is read, its hours are parsed, the densities
of the communes are known.

The peer answers a part of the question only: the hours surely open of each commune, of some twenty
measures (`sjoin(predicate="dwithin")` in Lambert-93, then a loop that ors the weeks, given as
booleans); what is possible in the matrix, of four figures (a `sjoin` for each aid); one share of
each EPCI, of a dozen (`groupby.apply` with `numpy.average`). Its answers are compared with ours.

Processor times, medians.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from coverage import metropole, synthetic, timed  # noqa: E402

from geodata import aids, coverage, situation, travel  # noqa: E402
from geodata.coverage import SlotClass  # noqa: E402
from geodata.paper.report import USUAL, Material, bundle, to_docx, to_pdf  # noqa: E402
from geodata.points import measured_points  # noqa: E402
from geodata.services import read_services  # noqa: E402
from geodata.situation import (  # noqa: E402
    Neighbours,
    Question,
    Situation,
    gaps,
    indicators,
    territories,
)
from geodata.situation.indicators import Year  # noqa: E402
from geodata.situation.territories import Level  # noqa: E402

NOW = datetime(2026, 11, 30, 10, 30)  # noqa: DTZ001
MONDAY = coverage.typical_monday(NOW.date())
ONE, EIGHT = ("71",), ("13", "31", "33", "59", "71", "78", "86", "92")
METRES = "EPSG:2154"


def look(
    services: gpd.GeoDataFrame, question: Question, around: Neighbours | None = None
) -> Situation:
    counted = situation.counted_services(services, question)
    around = around or situation.neighbours(services, question)
    return situation.measure(counted, question, around)


def of_the_year(services: gpd.GeoDataFrame, question: Question) -> list[indicators.Indicator]:
    asked = indicators.questions(question)
    around = situation.neighbours(services, asked[0])
    answers = tuple(look(services, one, around) for one in asked)
    day = NOW.date()
    return indicators.indicators(services, answers, written=day, today=day)


def report(services: gpd.GeoDataFrame, question: Question, found: Situation) -> bytes:
    around = situation.neighbours(services, question)
    matrix = gaps.matrix(gaps.all_in_reach(services, question, around), around.communes)
    years = [Year("aujourd’hui", of_the_year(services, question))]
    day = NOW.date()
    material = Material(found, services, day, NOW, matrix=matrix, indicators=years)
    documents = {"pdf": to_pdf(material, USUAL), "docx": to_docx(material, USUAL)}
    return bundle(material, documents)


# --- what one would write -----------------------------------------------------------------


def joined(rows: gpd.GeoDataFrame, services: gpd.GeoDataFrame, km: float) -> gpd.GeoDataFrame:
    halls = rows.set_geometry("mairie")[["mairie"]].dropna().to_crs(METRES)
    points = measured_points(services).dropna()
    places = gpd.GeoDataFrame(geometry=points).to_crs(METRES)
    return halls.sjoin(places, predicate="dwithin", distance=1000 * km)


def hours_by_loop(
    rows: gpd.GeoDataFrame, services: gpd.GeoDataFrame, weeks: dict[str, np.ndarray], km: float
) -> pd.Series:
    pairs = joined(rows, services, km)
    found = {
        code: np.logical_or.reduce([weeks[key] for key in near]).sum() / 4
        for code, near in pairs.groupby(level=0)["id"]
    }
    return pd.Series(found).reindex(rows.index, fill_value=0.0)


def matrix_by_joins(rows: gpd.GeoDataFrame, services: gpd.GeoDataFrame, km: float) -> pd.DataFrame:
    given = aids.aids_of(services)
    shares = {}
    for aid in situation.MEASURED_AIDS:
        some = services[given.map(lambda one, aid=aid: aid in one).astype(bool)]
        near = rows.index.isin(joined(rows, some, km).index)
        weight = rows["population"].where(rows["mairie"].notna()).fillna(0).astype(float)
        by = rows["epci"]
        shares[str(aid)] = (weight * near).groupby(by).sum() / weight.groupby(by).sum()
    return pd.DataFrame(shares)


def territories_by_apply(found: Situation) -> pd.Series:
    rows = found.communes.assign(weight=found.weight)
    rows = pd.DataFrame(rows[rows["weight"].fillna(0) > 0])
    near = (rows["services"] > 0).astype(float)
    return (
        rows.assign(near=near)
        .groupby("epci")
        .apply(lambda part: np.average(part["near"], weights=part["weight"].astype(float)))
    )


# --- the table ----------------------------------------------------------------------------


def row(
    name: str, runs: int, ours: Callable[[], Any], peer: Callable[[], Any] | None = None
) -> list[Any]:
    """Write a line of the table; return what both answered."""
    answers, times = [], []
    for work in filter(None, (ours, peer)):
        measured = [timed(work) for _ in range(runs)]
        times.append(1000 * median(seconds for seconds, _ in measured))
        answers.append(measured[-1][1])
    ratio = f"{times[1]:,.0f} | × {times[1] / times[0]:.1f}" if peer else "|"
    print(f"| {name} | {times[0]:,.0f} | {ratio} |", flush=True)
    return answers


def choices(services: gpd.GeoDataFrame, homes: tuple[str, ...], runs: int) -> None:
    question = Question(homes, (), MONDAY, km=20)
    around = situation.neighbours(services, question)
    found = look(services, question, around)
    of = f"{len(found.communes):,} communes of {len(homes)} département{'s'[: len(homes) - 1]}"
    surely = coverage.service_slots(services, MONDAY).view(np.uint8)
    bits = np.unpackbits(surely, axis=1, bitorder="little")[:, :672].astype(bool)
    weeks = dict(zip(services.index, bits, strict=True))
    ours, theirs = row(
        f"another distance, {of}",
        runs,
        lambda: look(services, replace(question, km=20)),
        lambda: hours_by_loop(around.communes, services, weeks, 20),
    )
    assert np.isclose(ours.communes["certain_h"].fillna(0), theirs).mean() > 0.98
    row(
        "other hours (the evening)",
        runs,
        lambda: look(services, replace(question, opening=SlotClass.SOIR), around),
    )
    row("another aid", runs, lambda: look(services, replace(question, aids=("avocat",)), around))
    row("minutes by car", runs, lambda: look(services, replace(question, km=None, minutes=30)))
    ours, theirs = row(
        "the matrix aid × EPCI",
        runs,
        lambda: gaps.matrix(gaps.all_in_reach(services, question, around), around.communes),
        lambda: matrix_by_joins(around.communes, services, 20),
    )
    known = ours["unknown"].unstack("aid")[list(theirs)].eq(0)  # noqa: PD010
    perhaps = ours["possible"].unstack("aid")[list(theirs)].reindex(theirs.index)  # noqa: PD010
    alike = np.isclose(perhaps, theirs, atol=0.02) | ~known.reindex(theirs.index)
    assert alike.to_numpy().mean() > 0.98
    ours, theirs = row(
        "the territories, by EPCI",
        runs,
        lambda: territories.summary(found, Level.EPCI),
        lambda: territories_by_apply(found),
    )
    assert np.allclose(ours["near"].reindex(theirs.index), theirs)
    row("the indicators of the year", runs, lambda: of_the_year(services, question))
    row("the report: PDF, DOCX and zip", runs, lambda: report(services, question, found))


def national(runs: int) -> None:
    rows = metropole()
    services = synthetic(rows, 8_000).assign(nom="", aides="")
    homes = tuple(sorted(set(rows["departement"])))
    question = Question(homes, (), MONDAY, km=20)
    row(
        f"the national table, cold: {len(rows):,} communes, 8,000 services",
        runs,
        lambda: territories.ranked(look(services, question)),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    services = read_services(ROOT / "services.csv").services
    travel.densities()
    print("| what | ours, ms | peer, ms | ratio |\n| --- | ---: | ---: | ---: |")
    choices(services, ONE, runs)
    choices(services, EIGHT, runs)
    national(1)


if __name__ == "__main__":
    main()
