"""Sentences written from a meaning of their own are read right, or not at all."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random

import numpy as np
import pandas as pd
import pytest

from geodata.hours import InvalidHours, describe, understand, week_slots
from tests.hours.sentences import ANY, ASK, CLOSED, DATES, OPEN, Meaning, sentence

COUNT = 1500
MONDAYS = sorted({day - timedelta(days=day.weekday()) for day in DATES})
LEAST_READ = 0.75
"""Of the sentences that say enough, at least so many are read."""


def answers(text: str) -> dict[date, list[str]]:
    """The state of each half-hour of the sample days."""
    hours = pd.Series([text])
    found = {}
    for monday in MONDAYS:
        known, unknown = (
            np.unpackbits(week_slots(hours, monday, unknown=ask)[0].view("u1"), bitorder="little")
            for ask in (False, True)
        )
        for day in range(7):
            slots = range(day * 96, day * 96 + 96, 2)
            found[monday + timedelta(days=day)] = [
                ASK if unknown[slot] else OPEN if known[slot] else CLOSED for slot in slots
            ]
    return {day: found[day] for day in DATES}


def wrong(text: str, meaning: Meaning) -> str:
    """The first half-hour that is answered against its author's mind."""
    for day, states in answers(text).items():
        for half_hour, state in enumerate(states):
            allowed = meaning.allowed(day, half_hour)
            if state not in (ASK, allowed) and allowed != ANY:
                return f"{day:%a %d %b} {half_hour / 2:g} h: {state}, meant {allowed}"
    return ""


@pytest.fixture(scope="module")
def outcome() -> tuple[list[str], Counter[str], Counter[str]]:
    """What was read wrong, and how many sentences of each writer were read and refused."""
    random = Random(20261130)
    faults: list[str] = []
    read: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for _ in range(COUNT):
        name, text, meaning = sentence(random)
        try:
            osm = understand(text)
        except InvalidHours:
            refused[name] += 1
            continue
        read[name] += 1
        fault = "read" if meaning.refused else wrong(text, meaning)
        if fault:
            faults.append(f"{name}: {text!r} → {osm} ({fault})")
    return faults, read, refused


def test_none_is_read_wrong(outcome: tuple[list[str], Counter[str], Counter[str]]) -> None:
    assert not outcome[0], "\n".join(outcome[0][:10])


def test_most_are_read(outcome: tuple[list[str], Counter[str], Counter[str]]) -> None:
    _, read, refused = outcome
    never = {"without_days", "closed_then_link", "reversed_hours", "period_last"}
    known = sum(read[name] for name in read if name not in never)
    unread = sum(refused[name] for name in refused if name not in never)
    assert known >= LEAST_READ * (known + unread), (read, refused)


def test_what_is_read_is_said_and_read_again() -> None:
    random = Random(31)
    texts = {sentence(random)[1] for _ in range(250)}
    count = 0
    for text in sorted(texts):
        try:
            understand(text)
        except InvalidHours:
            continue
        count += 1
        assert answers(understand(describe(text))) == answers(text), (text, describe(text))
    assert count > 120
