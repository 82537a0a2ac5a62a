"""Days, hours, numbers and ages in French."""

from datetime import date, datetime, time

import pytest

from geodata import french
from geodata.partial_date import PartialDate
from geodata.text import fold

TODAY = date(2026, 11, 22)
TO_COME = "vérifié en 2062 (date à venir)"


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
        (french.partial_date(PartialDate(2016)), "2016"),
        (french.partial_date(PartialDate(2016, 11)), "novembre 2016"),
        (french.partial_date(date(2016, 11, 1)), "1er novembre 2016"),
        (french.partial_date(None), ""),
        (french.age(None, checked=False, today=TODAY), "information sans date"),
        (french.age(PartialDate(2016, 4), checked=False, today=TODAY), "information d’avril 2016"),
        (french.age(PartialDate(2016), checked=True, today=TODAY), "vérifié en 2016"),
        (
            french.age(PartialDate(2062), checked=True, today=TODAY),
            "vérifié en 2062 (date à venir)",
        ),
    ],
)
def test_words(written, expected):
    assert plain(written) == expected


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
