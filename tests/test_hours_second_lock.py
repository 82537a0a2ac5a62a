"""The second engine: it agrees on what is right, and it stops what ours would get wrong."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from geodata import hours
from geodata.hours import InvalidHours, State, _calendar, _schedule, _second_lock
from geodata.hours import _rules as rules_of
from tests.hours.corpus import expressions

REAL = Path(__file__).parents[2] / "shared" / "real" / "hours_texts"


@pytest.fixture(autouse=True)
def _read_again() -> object:
    """Nothing that another test read may answer here, nor the other way round."""
    forget()
    yield
    forget()


def forget() -> None:
    """Empty what keeps texts and days that were read."""
    for cache in (
        hours._read,
        hours._compiled,
        _second_lock._holidays,
        _second_lock._plan,
        _schedule._matching_days,
        _schedule._alike,
        _calendar._is_holiday,
    ):
        cache.cache_clear()


def differences(texts: list[str]) -> tuple[int, list[str]]:
    """How many texts were compared, and which of them the two engines read differently."""
    compared, found = 0, []
    for text in texts:
        try:
            rules = rules_of(text)
        except InvalidHours:
            continue
        compared += not any(fault(rules) for fault in _second_lock.FAULTS.values())
        try:
            _second_lock.check(_schedule.Schedule(rules, _calendar.Calendar()))
        except InvalidHours:
            found.append(text)
    return compared, found


BROKEN = [
    ("a date a day late", "_within", "Mo-Fr 09:00-17:00; 2026 Feb 17 off"),
    ("a date that comes back", "_within", "Mo-Fr 09:00-17:00; 2026 Feb 17,2026 May 19 off"),
    ("a month that is not seen", "_within", "Jul Mo 09:00-12:00"),
    ("the wrong Saturday", "_is_weekday", "Sa[1] 09:00-12:00"),
    ("a holiday that is not seen", "_is_one_of", "Mo-Fr 09:00-17:00; PH off"),
]


@pytest.mark.parametrize(("fault", "name", "text"), BROKEN)
def test_a_fault_of_ours_is_stopped(
    monkeypatch: pytest.MonkeyPatch, fault: str, name: str, text: str
) -> None:
    assert hours.understand(text) == text
    forget()
    right = getattr(_schedule, name)

    def broken(what: object, day: object, *rest: object) -> object:
        if fault == "the wrong Saturday":
            return right(what, _calendar.date_of(day.ordinal + 7), *rest)  # type: ignore[attr-defined]
        if fault == "a date a day late":
            return right(what, _calendar.date_of(day.ordinal - 1), *rest)  # type: ignore[attr-defined]
        if fault == "a date that comes back":
            later = _calendar.date_of(day.ordinal - 28)  # type: ignore[attr-defined]
            return right(what, day, *rest) or right(what, later, *rest)
        return False

    monkeypatch.setattr(_schedule, name, broken)
    with pytest.raises(InvalidHours, match="deux logiciels"):
        hours.understand(text)
    at = datetime(2026, 2, 16, 10, tzinfo=ZoneInfo("Europe/Paris"))
    assert hours.states(pd.Series([text]), at).tolist() == [State.UNKNOWN]


def test_a_fault_on_one_day_of_two_years_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong_day = _schedule._rule_matches, date(2027, 12, 30).toordinal()
    monkeypatch.setattr(
        _schedule,
        "_rule_matches",
        lambda rule, day, calendar: day.ordinal != wrong_day and right(rule, day, calendar),
    )
    with pytest.raises(InvalidHours, match="30/12/2027"):
        hours.understand("Dec Mo-Fr 09:00-17:00")


def test_days_of_one_kind_are_alike() -> None:
    """Asking a day of each kind tells what asking every day would."""
    first = date(2026, 6, 1).toordinal()
    for text in expressions(300, seed=5):
        try:
            schedule = _schedule.Schedule(rules_of(text), _calendar.Calendar())
        except InvalidHours:
            continue
        answers, places = schedule.alike(first, first + 400)
        days = [schedule.day(day) for day in range(first, first + 400)]
        assert [answers[place] for place in places] == days, text


def test_a_canonical_text_that_means_something_else_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_second_lock, "write", lambda _: "Mo 09:00-13:00")
    with pytest.raises(InvalidHours, match="autres logiciels"):
        hours.understand("lundi 9h-12h")


STILL_WRONG = {
    "school holidays": ("SH 09:00-12:00", date(2026, 12, 22)),
    "public holidays that are a weekday": ("PH Mo 09:00-12:00", date(2026, 5, 1)),
    "nights beside other rules": ("Mo-Sa 09:00-12:00; Su 20:00-06:00", date(2026, 1, 5)),
}
"""A text of each kind, and a day on which the library is wrong."""


def test_every_fault_is_still_one() -> None:
    """A kind that the library has learnt to read leaves the table, and is compared."""
    assert set(STILL_WRONG) == set(_second_lock.FAULTS)
    for name, (text, day) in STILL_WRONG.items():
        rules = rules_of(text)
        assert _second_lock.FAULTS[name](rules)
        first = day.toordinal()
        ours = _schedule.Schedule(rules, _calendar.Calendar()).day(first)
        library = _second_lock._library(text)
        assert ours != _second_lock._theirs(library, text, first, first + 1)[0][first], name


def test_both_agree_on_expressions_at_random() -> None:
    """But for a shifted weekday that leaves its month, where the specification is silent."""
    compared, found = differences(expressions(1200, seed=99))
    assert compared > 700
    assert all(" day" in text and "[" in text for text in found), found


@pytest.mark.skipif(not REAL.is_dir(), reason="the real texts are not there")
@pytest.mark.parametrize("path", sorted(REAL.glob("*.txt")), ids=lambda path: path.stem)
def test_both_agree_on_real_texts(path: Path) -> None:
    """A sample of each file."""
    texts = path.read_text(encoding="utf-8").replace("⏎", "\n").splitlines()
    _, found = differences(texts[:: max(1, len(texts) // 300)])
    assert not found
