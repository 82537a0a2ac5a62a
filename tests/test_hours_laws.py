"""Laws of opening hours, for random expressions and invalid texts."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.hours import (
    InvalidHours,
    State,
    closing,
    describe,
    next_opening,
    open_during,
    openings,
    states,
    to_renew,
    understand,
    week_slots,
)
from tests.hours.corpus import expression

PARIS = ZoneInfo("Europe/Paris")
TEXTS = st.integers(0, 10**9).map(
    lambda seed: expression(Random(seed), nights=True, fallbacks=True)
)
INSTANTS = st.integers(0, 2 * 366 * 24 * 60 - 1).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
CHANGES = st.sampled_from(["2026-03-28", "2026-10-24", "2026-12-30", "2027-03-27"]).flatmap(
    lambda day: st.integers(0, 3 * 24 * 60).map(
        lambda minutes: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    )
)
MOMENTS = INSTANTS | CHANGES
DEPARTEMENTS = st.sampled_from([None, "78", "67", "2A", "974", "971"])


def answers(text: str, at: datetime, departement: str | None) -> tuple[State, pd.Timestamp]:
    hours = pd.Series([text])
    places = None if departement is None else pd.Series([departement])
    return (
        states(hours, at, departements=places)[0],
        next_opening(hours, at, departements=places)[0],
    )


@settings(max_examples=300)
@given(TEXTS, MOMENTS, DEPARTEMENTS)
def test_a_place_is_open_during_its_openings_only(
    text: str, at: datetime, departement: str | None
) -> None:
    try:
        start = at.astimezone(PARIS).date() - timedelta(days=2)
        found = openings(text, start, start + timedelta(days=5), departement=departement)
    except InvalidHours:
        assert answers(text, at, departement)[0] is State.UNKNOWN
        return
    is_open = any(begin <= at < end for begin, end in found)
    assert (answers(text, at, departement)[0] is State.OPEN) == is_open
    assert all(begin < end for begin, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))


@settings(max_examples=300)
@given(TEXTS, MOMENTS, DEPARTEMENTS)
def test_the_next_opening_is_the_first_that_begins_later(
    text: str, at: datetime, departement: str | None
) -> None:
    _, found = answers(text, at, departement)
    start = at.astimezone(PARIS).date() - timedelta(days=2)
    try:
        known = openings(text, start, start + timedelta(days=30), departement=departement)
    except InvalidHours:
        assert found is pd.NaT
        return
    later = [begin for begin, _ in known if begin > at]
    if later:
        assert found == later[0]
    elif found is not pd.NaT:
        assert found.date() >= start + timedelta(days=28)
    if found is not pd.NaT:
        assert answers(text, found.to_pydatetime(), departement)[0] is State.OPEN


@settings(max_examples=60)
@given(TEXTS, st.integers(0, 104))
def test_week_slots_are_the_states_of_each_quarter_hour(text: str, week: int) -> None:
    monday = date(2025, 12, 29) + timedelta(weeks=week)
    hours = pd.Series([text])
    known = week_slots(hours, monday)[0]
    unknown = week_slots(hours, monday, unknown=True)[0]
    for slot in range(0, 672, 5):
        local = datetime.combine(monday, datetime.min.time()) + timedelta(minutes=15 * slot)
        at = local.replace(tzinfo=PARIS)
        if at.astimezone(UTC).astimezone(PARIS) != at:
            continue  # the hour that the spring clock leaves out
        bits = [bool(int(words[slot // 64]) >> (slot % 64) & 1) for words in (known, unknown)]
        state = states(hours, at)[0]
        assert bits == [state is State.OPEN, state is State.UNKNOWN]


@settings(max_examples=100)
@given(st.lists(TEXTS, min_size=1, max_size=5), MOMENTS)
def test_rows_do_not_disturb_each_other(texts: list[str], at: datetime) -> None:
    alone = [states(pd.Series([text]), at)[0] for text in texts]
    among = states(pd.Series(["bonjour", *texts, None, texts[0]], index=[0] * (len(texts) + 3)), at)
    assert among.tolist() == [State.UNKNOWN, *alone, State.UNKNOWN, alone[0]]


@settings(max_examples=150)
@given(TEXTS, MOMENTS, st.integers(1, 3000))
def test_open_during_is_open_at_any_moment(text: str, start: datetime, minutes: int) -> None:
    hours, end = pd.Series([text]), start + timedelta(minutes=minutes)
    found = open_during(hours, start, end)[0]
    step = max(1, minutes // 40)
    seen = {states(hours, start + timedelta(minutes=n))[0] for n in range(0, minutes, step)}
    if State.OPEN in seen:
        assert found is State.OPEN
    elif State.UNKNOWN in seen:
        assert found is not State.CLOSED


@settings(max_examples=150)
@given(TEXTS, MOMENTS)
def test_closing_is_the_end_of_the_opening(text: str, at: datetime) -> None:
    hours = pd.Series([text])
    found = closing(hours, at)[0]
    if found is pd.NaT:
        return
    assert states(hours, at)[0] is State.OPEN
    assert open_during(hours, at, found.to_pydatetime())[0] is State.OPEN
    assert states(hours, found.to_pydatetime())[0] is not State.OPEN


@settings(max_examples=200)
@given(TEXTS, MOMENTS)
def test_dates_to_renew_are_never_closed(text: str, at: datetime) -> None:
    hours = pd.Series([text])
    if to_renew(hours, at)[0]:
        assert states(hours, at)[0] is State.UNKNOWN


# Invalid texts

WORDS = (Path(__file__).parent / "hours" / "words.txt").read_text(encoding="utf-8").split(" ")


def nonsense(random: Random) -> str:
    if random.random() < 0.3:
        return "".join(chr(random.randrange(1, 0x2FF)) for _ in range(random.randrange(40)))
    words = random.choices(WORDS, k=random.randrange(1, 14))
    return random.choice((" ", " ", "")).join(words)


def seconds(text: str) -> float:
    """Return the processor time to parse and describe a text; only `InvalidHours` may be raised."""
    started = time.process_time()
    try:
        understand(text)
        describe(text)
    except InvalidHours as refusal:
        assert str(refusal)
    return time.process_time() - started


def ask_everything(texts: list[str]) -> None:
    at, hours = datetime(2026, 11, 23, 10, tzinfo=PARIS), pd.Series(texts)
    found = states(hours, at)
    upcoming = next_opening(hours, at)
    assert week_slots(hours, date(2026, 11, 23)).shape == (len(texts), 11)
    for text, state, opening in zip(texts, found, upcoming, strict=True):
        try:
            understand(text)
        except InvalidHours:
            assert state is State.UNKNOWN
            assert opening is pd.NaT


def test_no_text_crashes_or_is_slow() -> None:
    """20,000 texts; a slow one is measured again, since other programs may slow the machine."""
    random = Random(50)
    texts = [nonsense(random) for _ in range(20_000)]
    slow = [text for text in texts if seconds(text) > 0.05]
    assert all(seconds(f"{text} ") < 0.05 for text in slow)
    ask_everything(texts)


@pytest.mark.parametrize(
    "text",
    [
        "Mo-Fr 09:00-12:00; " * 140,
        "9h-12h " * 400,
        "lundi et " * 300,
        "1er et " * 400,
        "17, " * 700,
        '"' * 2999,
        "((((" * 700,
        "24h/24 " * 400,
        " " * 2999,
        "les 17 et 20 février 2026 et " * 90,
        "week " + ",".join(str(n % 53 + 1) for n in range(900)) + " Mo 09:00-10:00",
        ",".join(f"2026 Jan {n % 28 + 1}" for n in range(200)) + " 09:00-10:00",
        "; ".join("Feb 29 09:00-10:00" for _ in range(140)),
        "; ".join(f"2027 Dec {n % 28 + 1} 09:00-10:00" for n in range(100)),
        "a" * 100_000,
    ],
)
def test_long_texts_are_not_slow(text: str) -> None:
    ask_everything([text])
    started = time.process_time()
    ask_everything([f"{text} "])
    assert time.process_time() - started < 0.25
