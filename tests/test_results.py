"""Cached results of the pages equal those computed directly."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from geodata import agenda
from geodata.selection import Selection, select, timetable
from pages.shared import results, service_list
from tests.lists import row

NOON = datetime(2026, 11, 26, 12, tzinfo=service_list.PARIS)
ASKED = {
    "all": Selection(),
    "a département": Selection(departements=("86",)),
    "two and a type": Selection(departements=("92", "71"), types=("mds",)),
    "words": Selection(words="bus"),
    "an instant": Selection(departements=("86",), open_at=NOON),
    "a span, surely": Selection(
        open_during=(NOON, NOON + timedelta(hours=20)), keep_unknown_hours=False
    ),
    "nothing": Selection(departements=("86",), words="zzzz"),
}


@pytest.mark.parametrize("selection", ASKED.values(), ids=ASKED.keys())
def test_what_is_kept_is_what_is_asked(selection):
    services = service_list.load().reading.services
    found, times = results.find(service_list.load(), selection, NOON)
    expected = select(services, selection)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    as_worked_out = timetable(expected, selection, NOON)
    pd.testing.assert_frame_equal(times, as_worked_out, check_dtype=not expected.empty)


def test_the_next_minute_is_another_answer():
    opens = results.find(service_list.load(), Selection(), NOON)[1]["state"]
    night = results.find(service_list.load(), Selection(), NOON.replace(hour=3))[1]["state"]
    assert (opens != night).any()


def test_rows_never_shown_are_left_out(on_list):
    on_list(row("a"), row("b", confidentialite="non_publie"))
    assert list(results.services(service_list.load()).index) == ["a"]


def test_another_list_is_another_answer(on_list):
    on_list(row("a"))
    assert list(results.find(service_list.load(), Selection(), NOON)[1].index) == ["a"]
    on_list(row("b"), row("c"))
    assert list(results.find(service_list.load(), Selection(), NOON)[1].index) == ["b", "c"]


@pytest.mark.parametrize("selection", ASKED.values(), ids=ASKED.keys())
def test_the_tours_of_a_part_are_those_of_its_stops(selection):
    services = service_list.load().reading.services
    stops = agenda.stops(services, NOON)
    part = select(services, selection)
    expected = agenda.tours(part, NOON)
    assert list(agenda.touring(stops[stops.index.isin(part.index)]).index) == list(expected.index)


def test_words_are_kept_nowhere(monkeypatch):
    def keep(*_asked):
        pytest.fail("what is typed is kept")

    monkeypatch.setattr(results, "_find_cached", keep)
    found, _ = results.find(service_list.load(), Selection(departements=("86",), words="bus"), NOON)
    assert len(found) < len(results.in_departements(service_list.load(), ("86",)))
