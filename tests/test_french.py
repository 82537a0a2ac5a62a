"""Days, hours, numbers and ages in French."""

from datetime import date, datetime, time

import pytest

from geodata import french
from geodata.text import fold

TODAY = date(2026, 11, 22)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (french.number(34969), "34 969"),
        (french.count(0, "service"), "0 service"),
        (french.count(1, "service"), "1 service"),
        (french.count(2, "lieu", "lieux"), "2 lieux"),
        (french.clock(time(14, 30)), "14 h 30"),
        (french.clock(datetime(2026, 1, 1, 9)), "9 h"),
        (french.day(date(2026, 11, 24), today=TODAY), "mardi 24 novembre"),
        (french.day(date(2027, 1, 1), today=TODAY), "vendredi 1er janvier 2027"),
        (french.near_day(date(2026, 11, 22), today=TODAY), "aujourd’hui"),
        (french.near_day(date(2026, 11, 23), today=TODAY), "demain"),
        (french.near_day(date(2026, 11, 28), today=TODAY), "samedi"),
        (french.near_day(date(2026, 11, 29), today=TODAY), "dimanche 29 novembre"),
        (french.partial_date("2016"), "2016"),
        (french.partial_date("2016-11"), "novembre 2016"),
        (french.partial_date("2016-11-01"), "1er novembre 2016"),
        (french.partial_date("hier"), ""),
    ],
)
def test_words(written, expected):
    assert plain(written) == expected


@pytest.mark.parametrize(
    ("text", "old"),
    [("2024", False), ("2024-10", True), ("2023", True), ("2025-06-10", False), ("", False)],
)
def test_a_fact_is_old_once_its_whole_period_is_two_years_past(text, old):
    assert french.is_old(text, today=TODAY) == old


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Épône, L’Étincelle", "epone l etincelle"),
        ("CŒUR-de-Ville", "coeur de ville"),
        ("E\u0301pone", "epone"),
        ("", ""),
        ("!!", ""),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded
