"""Measure how time and memory grow with the list and with the territory.

    uv run --with matplotlib python benchmarks/growth.py --picture benchmarks/growth.png
    uv run python benchmarks/growth.py --services 10 100 1000 --departements 1

Lists of 10 to 100,000 services of all France, and 1 to 101 départements with 10,000 services. The
services are those of services.csv again and again, each in a random commune with its name, a number
of its own, and the hours of one of so many town halls that a fifth of the texts are distinct.

Each size is measured in a process of its own, which has read a small list before: what is read once
in a process (communes, calendars) counts nowhere. Processor time, and the memory that a step needs
at its peak beyond what was there (Linux). The exponent is that between two sizes: 1 where ten times
as much takes ten times as long.
"""

import argparse
import gc
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from geodata import answers, communes, coverage, search, situation, travel  # noqa: E402
from geodata.nearest import LngLat  # noqa: E402
from geodata.selection import Selection, select, timetable  # noqa: E402
from geodata.services import read_services  # noqa: E402
from geodata.situation import Question, gaps  # noqa: E402
from geodata.upkeep import keeping  # noqa: E402
from geodata.upkeep.keeping import Edit  # noqa: E402
from geodata.upkeep.stores import FileStore  # noqa: E402

NOW = datetime(2026, 11, 30, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
MONDAY = coverage.typical_monday(NOW.date())
POITIERS = LngLat(0.3404, 46.5802)
SERVICES = (10, 100, 1_000, 10_000, 100_000)
DEPARTEMENTS = (1, 8, 101)
FEW, EIGHT = ("71",), ("13", "31", "33", "59", "71", "78", "86", "92")
LISTED = 10_000
"""How many services the list has where the territory grows."""

Measured = list[Any]
"""A step, its processor time (s), and the memory that it needed at its peak (MB)."""


def write_list(path: Path, rows: int) -> None:
    """Write a list of this many services."""
    random = np.random.default_rng(2026)
    listed = keeping.read_cells(ROOT / "services.csv").reset_index()
    halls = communes.read_town_halls().dropna(subset=["lng"])
    made = listed.iloc[random.integers(0, len(listed), rows)].reset_index(drop=True)
    home = halls.iloc[random.integers(0, len(halls), rows)].reset_index()
    told = made["confidentialite"].isin(["", "public"]) & (made["type"] != "hebergement")
    placed = told & (made["commune"] != "")
    place = {
        "commune": home["nom"],
        "code_insee": home["code_insee"],
        "code_postal": home["code_insee"].map(_postal_codes()).fillna(""),
        "zone_eligibilite": home["departement"],
        "latitude": (home["lat"] + random.normal(0, 0.01, rows)).round(5).astype(str),
        "longitude": (home["lng"] + random.normal(0, 0.01, rows)).round(5).astype(str),
    }
    for column, cells in place.items():
        made[column] = cells.where(placed, made[column])
    made["nom"] = (made["nom"] + " " + home["nom"]).where(placed, made["nom"])
    texts = (made["description"] + " " + home["nom"]).where(placed, made["description"])
    made["description"] = texts
    offices = _hours(max(1, rows // 5))
    open_hours = pd.Series(random.choice(offices, rows))
    made["horaires_accueil"] = open_hours.where(told, made["horaires_accueil"])
    numbers = random.integers(10_000_000, 99_999_999, rows)
    made["telephone"] = pd.Series([f"05{number}" for number in numbers]).where(
        placed, made["telephone"]
    )
    made["id"] = [f"s{number}" for number in range(rows)]
    made.to_csv(path, index=False)


def _postal_codes() -> dict[str, str]:
    return {
        code: codes[0] for code, codes in communes.read_communes()["codes_postaux"].items() if codes
    }


def _hours(distinct: int) -> list[str]:
    texts = pd.read_parquet(ROOT / "geodata/data/communes.parquet", columns=["mairie_horaires"])
    halls = [text for text in texts["mairie_horaires"].dropna().unique() if text]
    return [*halls, *(f"{text}; PH off" for text in halls)][:distinct]


# --- one process, one size ----------------------------------------------------------------


def measured(name: str, work: Callable[[], Any]) -> tuple[Measured, Any]:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = _status_mb("VmRSS")
    started = time.process_time()
    answer = work()
    spent = time.process_time() - started
    return [name, spent, max(0.0, _status_mb("VmHWM") - before)], answer


def _status_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def warm_up() -> None:
    """Read what is read once in a process, whatever the list."""
    services = read_services(ROOT / "services.csv", today=NOW.date()).services
    timetable(services, Selection(), NOW)
    search.Index(services)
    travel.densities()
    look(services, FEW)
    report(services, FEW)


def look(services: Any, homes: tuple[str, ...]) -> Any:
    import couverture  # noqa: PLC0415

    return couverture.look(services, question(homes))


def report(services: Any, homes: tuple[str, ...]) -> bytes:
    import couverture  # noqa: PLC0415

    return couverture.report(services, question(homes), look(services, homes))


def question(homes: tuple[str, ...]) -> Question:
    return Question(homes, (), MONDAY, km=20)


def matrix(services: Any, homes: tuple[str, ...]) -> Any:
    around = situation.neighbours(services, question(homes))
    return gaps.matrix(gaps.all_in_reach(services, question(homes), around), around.communes)


def of_a_list(rows: int, folder: Path) -> Iterator[Measured]:
    """Measure the steps of a list of this many services."""
    path = folder / "services.csv"
    write_list(path, rows)
    warm_up()
    store = FileStore(path)
    line, latest = measured("reading the list", lambda: store.latest(NOW.date()))
    yield line
    services = latest.reading.services
    line, index = measured("the words to search in", lambda: search.Index(services))
    yield line
    line, _ = measured("when each is open", lambda: timetable(services, Selection(), NOW))
    yield line
    asked = Selection(types=("ccas", "association"), words="avocat")
    line, _ = measured("a filter", lambda: select(services, asked, index=index))
    yield line
    line, _ = measured("an answer of Trouver", lambda: answer(services))
    yield line
    line, row = measured("one row to edit", lambda: store.row("s3", "éditrice"))
    yield line
    edit = Edit("s3", "telephone", row["telephone"], "3919")
    save = lambda: store.save([edit], who="éditrice", now=NOW)  # noqa: E731
    line, _ = measured("saving it", save)
    yield line
    line, _ = measured("the list after it", lambda: store.latest(NOW.date()))
    yield line
    line, _ = measured("the history", lambda: store.history("éditrice"))
    yield line
    line, _ = measured("coverage of a département", lambda: look(services, FEW))
    yield line
    line, _ = measured("its report", lambda: report(services, FEW))
    yield line


def answer(services: Any) -> Any:
    return answers.answer(
        services,
        POITIERS,
        code_insee="86194",
        need=answers.Need.PARLER,
        when=Selection(),
        now=NOW,
        within_m=30_000,
    )


def of_a_territory(count: int, folder: Path) -> Iterator[Measured]:
    """Measure the steps of a territory of this many départements."""
    path = folder / "services.csv"
    write_list(path, LISTED)
    warm_up()
    services = read_services(path, today=NOW.date()).services
    every = tuple(communes.read_departements().index)
    homes = {1: FEW, 8: EIGHT}.get(count, every[:count])
    line, _ = measured("coverage", lambda: look(services, homes))
    yield line
    line, _ = measured("the matrix aid × EPCI", lambda: matrix(services, homes))
    yield line
    line, _ = measured("the report", lambda: report(services, homes))
    yield line


KINDS = {"services": of_a_list, "départements": of_a_territory}


# --- all sizes ----------------------------------------------------------------------------


def in_a_process(kind: str, size: int, folder: Path | None) -> list[Measured]:
    """Measure a size, or read what was measured before in a folder, and keep it there."""
    kept = folder and folder / f"{kind}_{size}.json"
    if not (kept and kept.exists()):
        command = [sys.executable, __file__, "--measure", kind, str(size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        if not kept:
            return json.loads(done)
        kept.write_text(done)
    return json.loads(kept.read_text())


def table(kind: str, sizes: list[int], found: list[list[Measured]]) -> None:
    head = " | ".join(f"{size:,}" for size in sizes)
    for unit, place, scale in (("ms of processor", 1, 1000), ("MB at the peak", 2, 1)):
        print(f"\n| {kind}, {unit} | {head} | exponents |")
        print(f"| --- |{' ---: |' * len(sizes)} --- |")
        for number, (name, *_) in enumerate(found[0]):
            values = [lines[number][place] * scale for lines in found]
            cells = " | ".join(f"{value:,.{1 if value < 10 else 0}f}" for value in values)
            print(f"| {name} | {cells} | {'; '.join(exponents(sizes, values))} |")


def exponents(sizes: list[int], values: list[float]) -> Iterator[str]:
    for first in range(len(sizes) - 1):
        low, high = values[first : first + 2]
        if low > 0 and high > 0:
            growth = math.log(high / low) / math.log(sizes[first + 1] / sizes[first])
            yield f"{growth:.1f}"
        else:
            yield "–"


def draw(curves: dict[str, tuple[list[int], list[list[Measured]]]], path: Path) -> None:
    """Draw time and memory by size, both axes logarithmic."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(2, len(curves), figsize=(13, 10), squeeze=False)
    for column, (kind, (sizes, found)) in enumerate(curves.items()):
        for panel, (unit, place) in zip(
            panels[:, column], (("seconds of processor", 1), ("MB at the peak", 2)), strict=True
        ):
            least = 0.001 if place == 1 else 0.5
            for number, (name, *_) in enumerate(found[0]):
                values = [max(least, lines[number][place]) for lines in found]
                style = ("-", "--", ":")[number // 10 % 3]
                panel.plot(sizes, values, style, marker="o", markersize=3, label=name)
            top = max(lines[n][place] for lines in found for n in range(len(found[0])))
            straight = [top * size / sizes[-1] for size in sizes]
            panel.plot(sizes, straight, color="#bbb", linewidth=4, zorder=0, label="in proportion")
            panel.set(xscale="log", yscale="log", xlabel=kind, ylabel=unit, ylim=(least, None))
            panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
            panel.minorticks_off()
            panel.grid(visible=True, color="#eee")
            panel.spines[["top", "right"]].set_visible(False)
        panels[0, column].legend(fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, nargs="*", default=SERVICES)
    parser.add_argument("--departements", type=int, nargs="*", default=DEPARTEMENTS)
    parser.add_argument("--picture", type=Path, help="where to draw the curves (matplotlib)")
    parser.add_argument("--kept", type=Path, help="a folder to keep what each size takes")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        kind, size = options.measure
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(list(KINDS[kind](int(size), Path(folder)))))
        return
    curves = {}
    for kind, sizes in zip(KINDS, (options.services, options.departements), strict=True):
        if sizes:
            curves[kind] = list(sizes), [in_a_process(kind, size, options.kept) for size in sizes]
            table(kind, *curves[kind])
    if options.picture:
        draw(curves, options.picture)


if __name__ == "__main__":
    main()
