"""Compare our opening hours with opening-hours-py alone and the OSM reference library.

    uv run python benchmarks/hours.py                  # the table
    uv run python benchmarks/hours.py --fuzz 1000000   # random texts: no crash, none slow
    uv run python benchmarks/hours.py --town-halls     # every town hall beside the reference

The texts are hours of French town halls: 80,000 rows with at most 20 % distinct texts. Times are
processor times of one run, in one process. Ours reads each distinct text with both engines, so
that opening-hours-py is a part of it. Without Node, its rows are left out.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import opening_hours  # noqa: E402
import pandas as pd  # noqa: E402

from geodata import hours as ours  # noqa: E402

ROWS, DISTINCT = 80_000, 16_000
MONDAY = date(2026, 11, 9)
AT = datetime(2026, 11, 12, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
REFERENCE = ROOT / "tests" / "hours"
COMMUNES = ROOT / "geodata" / "data" / "communes.parquet"


def town_halls() -> list[str]:
    texts = pd.read_parquet(COMMUNES, columns=["mairie_horaires"])["mairie_horaires"]
    return [text for text in texts.dropna().unique() if text]


def rows() -> pd.Series:
    random = Random(2026)
    distinct = [
        f"{text}; PH off" if random.random() < 0.5 else text for text in town_halls()[:DISTINCT]
    ]
    return pd.Series(random.choices(distinct, k=ROWS))


def timed(work: object) -> tuple[float, object]:
    gc.collect()
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def library_slots(text: str) -> int:
    """Return a week of opening-hours-py as bits, written with the library alone."""
    parsed = opening_hours.OpeningHours(text, country="FR", auto_timezone=False)
    start = datetime.combine(MONDAY, datetime.min.time())
    bits = 0
    for low, high, state, _ in parsed.intervals(start, start + timedelta(days=7)):
        if str(state) == "open":
            first, last = (-int(-(end - start).total_seconds() // 900) for end in (low, high))
            bits |= ((1 << last - first) - 1) << first
    return bits


def reference(texts: list[str]) -> tuple[float, list] | None:
    if shutil.which("node") is None or not (REFERENCE / "node_modules").is_dir():
        return None
    week = [(MONDAY.isoformat(), (MONDAY + timedelta(days=7)).isoformat())]
    done = subprocess.run(
        ["node", "reference.mjs"],
        cwd=REFERENCE,
        input=json.dumps({"texts": texts, "windows": week, "warm": True}),
        env={**os.environ, "TZ": "Europe/Paris"},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    return answer["seconds"], answer["answers"]


def table() -> None:
    texts = rows()
    distinct = texts.unique().tolist()
    print(f"{len(texts):,} rows, {len(distinct):,} distinct texts, week of {MONDAY}")

    cold, slots = timed(lambda: ours.week_slots(texts, MONDAY))
    warm, _ = timed(lambda: ours.week_slots(texts, MONDAY + timedelta(days=7)))
    library, alone = timed(lambda: [library_slots(text) for text in texts])
    library_once, _ = timed(lambda: [library_slots(text) for text in distinct])
    node = reference(distinct)

    print(f"\n{'to week slots':<44}{'seconds':>9}{'ratio':>9}")
    line("geodata.hours, first week (reading included)", cold, cold)
    line("geodata.hours, another week", warm, cold)
    line("opening-hours-py, each row", library, cold)
    line("opening-hours-py, each distinct text", library_once, cold)
    if node is None:
        print("opening_hours (JS): Node or the library is missing")
    else:
        line("opening_hours (JS), each distinct text", node[0], cold)
        line("opening_hours (JS), each row (computed)", node[0] * len(texts) / len(distinct), cold)

    agree = sum(whole(words) == bits for words, bits in zip(slots, alone, strict=True))
    print(f"rows on which opening-hours-py agrees: {agree:,} of {len(texts):,}")
    instants(texts, slots)


def instants(texts: pd.Series, slots: np.ndarray) -> None:
    slot = (AT.weekday() * 1440 + AT.hour * 60 + AT.minute) // 15
    word, bit = np.uint64(slot // 64), np.uint64(slot % 64)
    parsed = [opening_hours.OpeningHours(text, country="FR") for text in texts]
    naive = AT.replace(tzinfo=None)
    found = (slots[:, word] >> bit) & np.uint64(1) == 1
    look_ups, _ = timed(lambda: [(slots[:, word] >> bit) & np.uint64(1) == 1 for _ in range(100)])
    look_up = look_ups / 100
    loop, expected = timed(lambda: [one.is_open(naive) for one in parsed])
    asked, states = timed(lambda: ours.states(texts, AT))
    print(f"\n{'the filter at one instant':<44}{'ms':>9}{'ratio':>9}")
    print(f"{'a bit of the known week':<44}{look_up * 1000:>9.3f}{1:>9}")
    print(f"{'geodata.hours.states':<44}{asked * 1000:>9.1f}{asked / look_up:>9,.0f}")
    print(f"{'opening-hours-py, a loop of is_open':<44}{loop * 1000:>9.1f}{loop / look_up:>9,.0f}")
    assert found.tolist() == (states == ours.State.OPEN).tolist()
    print(f"open at {AT:%A %H:%M}: {found.sum():,}; by opening-hours-py: {sum(expected):,}")


def whole(words: np.ndarray) -> int:
    return int.from_bytes(words.astype("<u8").tobytes(), "little")


def line(name: str, seconds: float, unit: float) -> None:
    print(f"{name:<44}{seconds:>9.2f}{seconds / unit:>9.1f}")


def fuzz(count: int) -> None:
    from tests.test_hours_laws import nonsense  # noqa: PLC0415

    random, slow, understood = Random(1), [], 0
    gc.disable()
    for number in range(count):
        if number % 50_000 == 0:
            gc.collect()
        text = nonsense(random)
        started = time.process_time()
        try:
            ours.describe(text)
            ours.understand(text)
            understood += 1
        except ours.InvalidHours:
            pass
        spent = time.process_time() - started
        if spent > 0.02:
            slow.append((spent, text))
    print(f"{count:,} texts, {understood:,} understood, no crash")
    print(f"slowest: {max(slow)[0] * 1000:.0f} ms" if slow else "none took more than 20 ms")
    if any(spent > 0.05 for spent, _ in slow):
        raise SystemExit(f"slow: {sorted(slow)[-5:]}")


def differential() -> None:
    from tests.test_hours_reference import TOWN_HALL_WINDOWS, compare  # noqa: PLC0415

    texts = town_halls()
    counts, found = Counter(), []
    for first in range(0, len(texts), 4000):
        some, differing = compare(texts[first : first + 4000], TOWN_HALL_WINDOWS)
        counts += some
        found += differing
    print(
        f"{len(texts):,} distinct texts of town halls: {dict(counts)}; disagreements: {found[:5]}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--fuzz", type=int, metavar="COUNT")
    parser.add_argument("--town-halls", action="store_true")
    options = parser.parse_args()
    if options.fuzz:
        fuzz(options.fuzz)
    elif options.town_halls:
        differential()
    else:
        table()
