"""Differential test of opening hours against the OSM reference library, run with Node.

`npm install --no-package-lock --prefix tests/hours` installs the library; without it, or without
Node, these tests are skipped with that reason.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from geodata.hours import InvalidHours, understand
from geodata.hours import _rules as rules_of
from geodata.hours._calendar import Calendar
from geodata.hours._schedule import Schedule
from tests.hours.corpus import expressions

HERE = Path(__file__).parent / "hours"
COMMUNES = Path(__file__).parents[1] / "geodata" / "data" / "communes.parquet"
WINDOWS = (
    ("2026-01-01", "2026-01-06"),
    ("2026-02-17", "2026-03-04"),
    ("2026-03-27", "2026-04-21"),
    ("2026-05-01", "2026-05-05"),
    ("2026-10-23", "2026-10-27"),
    ("2026-11-10", "2026-11-13"),
    ("2026-12-18", "2027-01-05"),
)
"""Year ends, clock changes, Easter, public and school holidays, starts and ends of months."""
TOWN_HALL_WINDOWS = (("2026-11-09", "2026-11-16"),)
SOME_TOWN_HALLS = 3000
CALENDAR = Calendar("75")
"""The reference runs in Île-de-France: national holidays, school zone C."""


def _missing() -> str:
    if shutil.which("node") is None:
        return "Node is not installed"
    if not (HERE / "node_modules" / "opening_hours").is_dir():
        return "npm install --no-package-lock --prefix tests/hours has not been run"
    return ""


pytestmark = pytest.mark.skipif(bool(_missing()), reason=_missing() or "runs")


class Disagreement(NamedTuple):
    text: str
    moment: datetime
    ours: int
    theirs: int


def reference(texts: list[str], windows: tuple[tuple[str, str], ...]) -> list[list | str]:
    """Return the reference's open and unknown intervals of each text, or its error."""
    half = (len(texts) + 1) // 2
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda some: _reference(some, windows), (texts[:half], texts[half:]))
    return [answer for answers in halves for answer in answers]


def _reference(texts: list[str], windows: tuple[tuple[str, str], ...]) -> list[list | str]:
    done = subprocess.run(
        ["node", "reference.mjs"],
        cwd=HERE,
        input=json.dumps({"texts": texts, "windows": windows}),
        env={**os.environ, "TZ": "Europe/Paris"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)["answers"]


def schedules(texts: list[str]) -> dict[str, Schedule]:
    found = {}
    for text in texts:
        try:
            found[text] = Schedule(rules_of(text), CALENDAR)
        except InvalidHours:
            continue
    return found


def compare(
    texts: list[str], windows: tuple[tuple[str, str], ...]
) -> tuple[Counter[str], list[Disagreement]]:
    """Return counts of texts by outcome, and the first differing minute of each day."""
    understood = schedules(texts)
    counts: Counter[str] = Counter(refused=len(texts) - len(understood))
    found = []
    for text, theirs in zip(understood, reference(list(understood), windows), strict=True):
        if isinstance(theirs, str):
            counts["unknown to the reference"] += 1
            continue
        differing, unknown = differences(text, understood[text], theirs, windows)
        found += differing
        counts["differ" if differing else "unknown here" if unknown else "same"] += 1
    return counts, found


def differences(
    text: str, schedule: Schedule, theirs: list, windows: tuple[tuple[str, str], ...]
) -> tuple[list[Disagreement], bool]:
    """Return where we say open or closed and the reference differs, and whether we say unknown."""
    found, unknown = [], False
    by_day = painted(theirs)
    for start, end in windows:
        for ordinal in range(
            date.fromisoformat(start).toordinal(), date.fromisoformat(end).toordinal()
        ):
            ours, other = line(schedule.day(ordinal)), line(by_day.get(ordinal, ()))
            if ours == other:
                continue
            wrong = [n for n in range(1440) if ours[n] != other[n] and ours[n] != 2]
            unknown = unknown or len(wrong) < sum(a != b for a, b in zip(ours, other, strict=True))
            if wrong:
                moment = datetime.fromordinal(ordinal).replace(
                    hour=wrong[0] // 60, minute=wrong[0] % 60
                )
                found.append(Disagreement(text, moment, ours[wrong[0]], other[wrong[0]]))
    return found, unknown


def line(stretches: object) -> bytes:
    minutes = bytearray(1440)
    for start, end, code in stretches:
        minutes[start:end] = bytes((code,)) * (end - start)
    return bytes(minutes)


def painted(intervals: list) -> dict[int, list[tuple[int, int, int]]]:
    """Return the reference's intervals, split at midnight."""
    days: dict[int, list[tuple[int, int, int]]] = {}
    for first, last, code in intervals:
        start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
        for ordinal in range(start.toordinal(), end.toordinal() + 1):
            low = start.hour * 60 + start.minute if ordinal == start.toordinal() else 0
            high = end.hour * 60 + end.minute if ordinal == end.toordinal() else 1440
            if low < high:
                days.setdefault(ordinal, []).append((low, high, code))
    return days


# Accepted differences


def shifted_nth_weekday(found: Disagreement) -> bool:
    """Return whether the differing day is a shifted n-th weekday, such as `We[2] +1 day`."""
    shifts = re.findall(r"(\w\w)\[[^]]*\] ([+-]\d+) days?", found.text)
    days = [found.moment.toordinal() - night for night in range(1 + _has_nights(found.text))]
    return any(
        date.fromordinal(day - int(shift)).strftime("%a").startswith(name)
        for name, shift in shifts
        for day in days
    )


def night_of_the_march_clock_change(found: Disagreement) -> bool:
    near = datetime(2026, 3, 29) <= found.moment < datetime(2026, 3, 31)
    return near and _has_nights(found.text)


def first_saturday_of_school_holidays(found: Disagreement) -> bool:
    days = [found.moment.toordinal() - night for night in range(1 + _has_nights(found.text))]
    return "SH" in found.text and any(
        CALENDAR.is_holiday("SH", day) and not CALENDAR.is_holiday("SH", day - 1) for day in days
    )


def february_range_to_its_end(found: Disagreement) -> bool:
    return bool(re.search(r"Feb \d+-2[89]", found.text))


def easter_range_off_by_one(found: Disagreement) -> bool:
    return bool(re.search(r"easter[^,;]*-easter", found.text))


def _has_nights(text: str) -> bool:
    spans = re.findall(r"(\d\d):\d\d-(\d\d):\d\d", text)
    return any(int(end) < int(start) or int(end) > 24 for start, end in spans)


DETECTORS = {
    "shifted-nth-weekday": shifted_nth_weekday,
    "night-of-the-march-clock-change": night_of_the_march_clock_change,
    "first-saturday-of-school-holidays": first_saturday_of_school_holidays,
    "february-range-to-its-end": february_range_to_its_end,
    "easter-range-off-by-one": easter_range_off_by_one,
}


@cache
def signed() -> list[dict]:
    return tomllib.loads((HERE / "exceptions.toml").read_text(encoding="utf-8"))["exception"]


def unexplained(found: list[Disagreement]) -> list[Disagreement]:
    names = [exception["name"] for exception in signed()]
    return [one for one in found if not any(DETECTORS[name](one) for name in names)]


# Tests


def test_every_exception_has_a_reason_and_still_disagrees() -> None:
    windows = (("2026-01-01", "2027-01-01"),)
    for exception in signed():
        assert exception["reason"].strip()
        assert exception["signed"]
        for text in exception["examples"]:
            _, found = compare([text], windows)
            assert any(DETECTORS[exception["name"]](one) for one in found), text
            assert not unexplained(found), text


def test_generated_expressions(record_property: object) -> None:
    texts = expressions(2300, seed=31415)
    counts, found = compare(texts, WINDOWS)
    record_property("counts", dict(counts))
    assert not unexplained(found), unexplained(found)[:5]
    compared = counts["same"] + counts["unknown here"] + counts["differ"]
    assert compared >= 2000, counts
    assert counts["unknown here"] <= 0.15 * compared, counts


def test_canonical_texts_mean_the_same_to_the_reference() -> None:
    """Except for what the reference cannot parse: an addition to 24/7, Easter with a year."""
    texts = set()
    for text in expressions(400, seed=2718):
        with suppress(InvalidHours):
            texts.add(understand(text))
    counts, found = compare(
        [text for text in texts if not re.search("24/7,|easter", text)], WINDOWS
    )
    assert not unexplained(found), unexplained(found)[:5]
    assert not counts["unknown to the reference"], counts


@pytest.mark.skipif(not COMMUNES.exists(), reason="communes.parquet is not there")
def test_town_halls() -> None:
    """The commonest hours of town halls over a week with a public holiday.

    All of them with `ALL_TOWN_HALLS=1` (a minute).
    """
    hours = pd.read_parquet(COMMUNES, columns=["mairie_horaires"])["mairie_horaires"]
    texts = [text for text in hours.value_counts().index if text]
    if not os.environ.get("ALL_TOWN_HALLS"):
        texts = texts[:SOME_TOWN_HALLS]
    counts, found = compare(texts, TOWN_HALL_WINDOWS)
    assert not found, found[:5]
    assert counts["same"] == len(texts), counts
