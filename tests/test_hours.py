"""Opening hours as a specification: instant, expression, expected result."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from geodata import french
from geodata.hours import (
    InvalidHours,
    State,
    closing,
    describe,
    next_opening,
    open_during,
    openings,
    over_midnight,
    school_holidays_notice,
    silent_on_holidays,
    states,
    to_renew,
    understand,
    week_slots,
    weekdays,
)
from geodata.hours._calendar import school_holidays_end

PARIS = ZoneInfo("Europe/Paris")
REAL = Path(os.environ.get("MAILLAGE_REAL", Path(__file__).parents[2] / "shared/real"))
OPEN, CLOSED, UNKNOWN = State.OPEN, State.CLOSED, State.UNKNOWN


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def one(text: str | None) -> pd.Series:
    return pd.Series([text], dtype="object")


def place(departement: str | None) -> pd.Series | None:
    return None if departement is None else one(departement)


STATES = [
    # Plain weeks. 2026-11-23 is a Monday.
    ("2026-11-23 09:00", "Mo-Fr 09:00-12:00", OPEN),
    ("2026-11-23 11:59", "Mo-Fr 09:00-12:00", OPEN),
    ("2026-11-23 12:00", "Mo-Fr 09:00-12:00", CLOSED),
    ("2026-11-22 10:00", "Mo-Fr 09:00-12:00", CLOSED),
    ("2026-11-25 10:00", "Mo-Fr 09:00-17:00; We 14:00-17:00", CLOSED),
    ("2026-11-25 10:00", "Mo-Fr 09:00-12:00, We 14:00-17:00", OPEN),
    ("2026-11-25 12:30", "Mo-Fr 09:00-17:00; We 12:00-13:00 off", CLOSED),
    ("2026-11-25 14:00", "Mo-Fr 09:00-17:00; We 12:00-13:00 off", OPEN),
    ("2026-11-23 10:00", "Fr-Mo 09:00-12:00", OPEN),
    ("2026-11-24 10:00", "Fr-Mo 09:00-12:00", CLOSED),
    ("2026-11-22 03:00", "24/7", OPEN),
    ("2026-12-25 03:00", "24/7; PH off", CLOSED),
    ("2026-11-23 10:00", "off", CLOSED),
    # Trap: a list of months before an n-th weekday.
    ("2026-01-06 15:00", "Jan,Apr,Jul,Oct Tu[1] 14:00-17:00", OPEN),
    ("2026-01-13 15:00", "Jan,Apr,Jul,Oct Tu[1] 14:00-17:00", CLOSED),
    ("2026-01-07 15:00", "Jan,Apr,Jul,Oct Tu[1] 14:00-17:00", CLOSED),
    ("2026-02-03 15:00", "Jan,Apr,Jul,Oct Tu[1] 14:00-17:00", CLOSED),
    ("2026-04-07 15:00", "Jan,Apr,Jul,Oct: Tu[1] 14:00-17:00", OPEN),
    ("2026-04-14 15:00", "Jan,Apr,Jul,Oct: Tu[1] 14:00-17:00", CLOSED),
    ("2026-07-14 15:00", "Jan,Apr,Jul,Oct Tu[1,2] 14:00-17:00; PH off", CLOSED),
    ("2026-07-07 15:00", "Jan,Apr,Jul,Oct Tu[1,2] 14:00-17:00; PH off", OPEN),
    # Trap: public holidays, expanded to dates.
    ("2026-05-01 10:00", "Mo-Fr 09:00-12:00; PH off", CLOSED),
    ("2026-04-06 10:00", "Mo-Fr 09:00-12:00; PH off", CLOSED),
    ("2026-04-06 10:00", "Mo-Fr 09:00-12:00", OPEN),
    ("2026-04-03 10:00", "Mo-Fr 09:00-12:00; PH off", OPEN),
    ("2026-04-06 10:00", "PH 09:00-12:00", OPEN),
    ("2026-04-07 10:00", "PH 09:00-12:00", CLOSED),
    ("2026-05-02 10:00", "PH +1 day 09:00-12:00", OPEN),
    ("2026-04-05 10:00", "PH -1 day 09:00-12:00", OPEN),
    # A text with only closed days leaves the other days unknown.
    ("2026-05-01 10:00", "PH off", CLOSED),
    ("2026-05-04 10:00", "PH off", UNKNOWN),
    ("2026-05-04 13:00", "Mo-Fr 12:00-14:00 off", CLOSED),
    # Trap: PH or SH *and* a weekday.
    ("2026-04-06 10:00", "Mo-Fr 09:00-12:00; PH Mo off", CLOSED),
    ("2026-05-01 10:00", "Mo-Fr 09:00-12:00; PH Mo off", OPEN),
    ("2026-04-13 10:00", "Mo-Fr 09:00-12:00; PH Mo off", OPEN),
    ("2026-05-08 10:00", "PH,Mo 09:00-12:00", OPEN),
    ("2026-05-11 10:00", "PH,Mo 09:00-12:00", OPEN),
    ("2026-12-22 10:00", "SH Mo-Fr 09:00-12:00", OPEN),
    ("2026-12-26 10:00", "SH Mo-Fr 09:00-12:00", CLOSED),
    ("2026-12-01 10:00", "SH Mo-Fr 09:00-12:00", CLOSED),
    # Trap: school holidays. Without a département, known where the three zones agree.
    ("2026-12-22 10:00", "Mo-Fr 09:00-12:00; SH off", CLOSED),
    ("2026-02-10 10:00", "Mo-Fr 09:00-12:00; SH off", UNKNOWN),
    ("2026-02-10 13:00", "Mo-Fr 09:00-12:00; SH off", CLOSED),
    ("2026-01-13 10:00", "Mo-Fr 09:00-12:00; SH off", OPEN),
    ("2035-01-15 10:00", "Mo-Fr 09:00-12:00; SH off", UNKNOWN),
    ("2035-01-15 13:00", "Mo-Fr 09:00-12:00; SH off", CLOSED),
    ("2035-01-15 10:00", "SH 09:00-12:00", UNKNOWN),
    # Trap: fallbacks.
    ("2026-11-23 10:00", 'Mo-Fr 09:00-12:00 || unknown "appeler"', OPEN),
    ("2026-11-23 13:00", 'Mo-Fr 09:00-12:00 || unknown "appeler"', UNKNOWN),
    ("2026-11-22 13:00", 'Mo-Fr 09:00-12:00 || "sur rendez-vous"', UNKNOWN),
    ("2026-11-24 10:00", 'Mo 09:00-12:30; Tu-Th 09:00-12:00 || unknown "à confirmer"', OPEN),
    ("2026-12-25 10:00", "Mo-Fr 09:00-12:00; PH off || unknown", UNKNOWN),
    # Trap: a bare comment makes it unknown.
    ("2026-11-23 10:00", 'Mo-Fr 09:00-17:00 "sur rendez-vous"', UNKNOWN),
    ("2026-11-23 18:00", 'Mo-Fr 09:00-17:00 "sur rendez-vous"', CLOSED),
    ("2026-11-23 10:00", 'Mo-Fr 09:00-17:00 open "sur rendez-vous"', OPEN),
    ("2026-11-23 10:00", '"sur rendez-vous"', UNKNOWN),
    ("2026-11-23 10:00", 'Mo-Fr 09:00-17:00 off "travaux"', CLOSED),
    # Trap: nights, across midnight and across a `;`.
    ("2026-11-23 03:00", "Mo-Sa 09:00-12:00; Su 20:00-06:00", OPEN),
    ("2026-11-23 06:00", "Mo-Sa 09:00-12:00; Su 20:00-06:00", CLOSED),
    ("2026-11-23 09:00", "Mo-Sa 09:00-12:00; Su 20:00-06:00", OPEN),
    ("2026-11-22 19:59", "Mo-Sa 09:00-12:00; Su 20:00-06:00", CLOSED),
    ("2026-11-24 01:00", "Mo 20:00-26:00", OPEN),
    ("2026-11-24 02:00", "Mo 20:00-26:00", CLOSED),
    ("2026-11-24 01:00", "Mo 20:00-02:00", OPEN),
    ("2027-01-01 01:00", "2026 Dec 31 20:00-02:00", OPEN),
    ("2027-01-01 02:00", "2026 Dec 31 20:00-02:00", UNKNOWN),
    # A night that a later rule may cut: libraries disagree, so unknown.
    ("2026-11-23 03:00", "Su 20:00-06:00; Mo-Sa 09:00-12:00", UNKNOWN),
    ("2026-11-23 10:00", "Su 20:00-06:00; Mo-Sa 09:00-12:00", OPEN),
    ("2026-12-26 03:00", "Mo-Su 20:00-06:00; PH off", UNKNOWN),
    ("2026-12-25 22:00", "Mo-Su 20:00-06:00; PH off", CLOSED),
    # Trap: no end, no hours, or uncertain hours.
    ("2026-11-23 10:00", "08:30+", UNKNOWN),
    ("2026-11-23 10:00", "Mo-Fr 08:30+", UNKNOWN),
    ("2026-11-23 10:00", "Mo-Fr 08:30-12:00+", UNKNOWN),
    ("2026-11-23 10:00", "Mo-Fr", UNKNOWN),
    ("2026-11-23 10:00", "Mo-Fr sunrise-sunset", UNKNOWN),
    ("2026-11-23 10:00", "Mo-Fr 00:00-00:00", UNKNOWN),
    ("2026-11-23 10:00", "Mo-Fr 09:00-12:00; 14:00-17:00", UNKNOWN),
    ("2026-11-23 10:00", "Mar 09:00-12:00", UNKNOWN),
    ("2026-11-23 10:00", "2026 Feb 17,Mar 3 10:00-12:00", UNKNOWN),
    ("2026-11-23 10:00", "bonjour", UNKNOWN),
    ("2026-11-23 10:00", "", UNKNOWN),
    ("2026-11-23 10:00", "   ", UNKNOWN),
    ("2026-11-23 10:00", None, UNKNOWN),
    # Trap: far-future rules.
    ("2026-11-23 10:00", "2026 Feb 17 10:00-12:00; 2026+ off", CLOSED),
    ("2025-11-24 10:00", "Mo-Fr 09:00-12:00; 2026+ off", OPEN),
    ("2090-11-23 10:00", "Mo-Fr 09:00-12:00; 2026+ off", CLOSED),
    # Dated lists: the days between are closed, unknown after the last one.
    ("2026-02-17 10:30", "2026 Feb 17 10:00-12:00", OPEN),
    ("2026-02-17 15:00", "2026 Feb 17 10:00-12:00", CLOSED),
    ("2026-02-16 10:30", "2026 Feb 17 10:00-12:00", CLOSED),
    ("2026-02-18 10:30", "2026 Feb 17 10:00-12:00", UNKNOWN),
    ("2023-11-01 10:30", "2023 Oct 25 10:00-12:00; 2023 Nov 30 14:00-16:00", CLOSED),
    ("2023-11-30 15:00", "2023 Oct 25 10:00-12:00; 2023 Nov 30 14:00-16:00", OPEN),
    ("2026-11-23 15:00", "2023 Oct 25 10:00-12:00; 2023 Nov 30 14:00-16:00", UNKNOWN),
    ("2027-01-04 10:00", "2026 Mo 09:00-12:00", UNKNOWN),
    # Dates, months, weeks, Easter.
    ("2028-02-29 10:00", "Feb 29 09:00-12:00", OPEN),
    ("2027-03-01 10:00", "Feb 29 09:00-12:00", CLOSED),
    ("2026-12-31 10:00", "Dec 20-Jan 5 09:00-12:00", OPEN),
    ("2027-01-05 10:00", "Dec 20-Jan 5 09:00-12:00", OPEN),
    ("2027-01-06 10:00", "Dec 20-Jan 5 09:00-12:00", CLOSED),
    ("2027-01-05 10:00", "2026 Dec 20-2027 Jan 5 09:00-12:00", OPEN),
    ("2026-01-05 10:00", "2026 Dec 20-2027 Jan 5 09:00-12:00", CLOSED),
    ("2026-02-20 10:30", "2026 Feb 17,20 10:00-12:00", OPEN),
    ("2026-04-06 10:00", "easter +1 day 09:00-12:00", OPEN),
    ("2026-04-06 10:00", "easter -2 days-easter +1 day off; Mo[1] 09:00-12:00", OPEN),
    ("2026-04-06 10:00", "Mo 09:00-12:00; easter -2 days-easter +1 day off", CLOSED),
    ("2026-01-05 10:00", "week 2-52/2 Mo 09:00-12:00", OPEN),
    ("2026-01-12 10:00", "week 2-52/2 Mo 09:00-12:00", CLOSED),
    ("2026-12-28 10:00", "week 1-53/2 Mo 09:00-12:00", OPEN),
    ("2026-11-21 10:00", "Sa[1,3] 09:00-12:00", OPEN),
    ("2026-11-14 10:00", "Sa[1,3] 09:00-12:00", CLOSED),
    ("2026-11-28 10:00", "Sa[-1] 09:00-12:00", OPEN),
    ("2026-12-01 10:00", "Mo[-1] +1 day 09:00-12:00", OPEN),
    # The clock changes on 29 March and 25 October 2026.
    ("2026-03-29 01:59", "Sa 22:00-06:00", OPEN),
    ("2026-03-29 03:00", "Sa 22:00-06:00", OPEN),
    ("2026-03-29 05:59", "Sa 22:00-06:00", OPEN),
    ("2026-03-29 06:00", "Sa 22:00-06:00", CLOSED),
    ("2026-10-25 02:30", "Sa 22:00-06:00", OPEN),
    ("2026-10-25 06:00", "Sa 22:00-06:00", CLOSED),
]


@pytest.mark.parametrize(("instant", "text", "expected"), STATES)
def test_state(instant: str, text: str | None, expected: State) -> None:
    assert states(one(text), at(instant)).tolist() == [expected]


LOCAL = [
    # Alsace and Moselle: Good Friday and 26 December.
    ("2026-04-03 10:00", "67", "Mo-Fr 09:00-12:00; PH off", CLOSED),
    ("2026-04-03 10:00", "57", "Mo-Fr 09:00-12:00; PH off", CLOSED),
    ("2026-04-03 10:00", "68", "Mo-Fr 09:00-12:00; PH off", CLOSED),
    ("2026-04-03 10:00", "88", "Mo-Fr 09:00-12:00; PH off", OPEN),
    ("2026-12-26 10:00", "67", "Sa 09:00-12:00; PH off", CLOSED),
    # Overseas: the abolition of slavery, and local time (10:00 in Paris is 13:00 in La Réunion).
    ("2026-12-20 10:00", "974", "Su 09:00-17:00; PH off", CLOSED),
    ("2026-12-13 10:00", "974", "Su 09:00-17:00; PH off", OPEN),
    ("2026-12-13 15:00", "974", "Su 09:00-17:00; PH off", CLOSED),
    ("2026-05-22 15:00", "972", "Mo-Fr 09:00-17:00; PH off", CLOSED),
    ("2026-11-23 10:00", "971", "Mo-Fr 09:00-12:00", CLOSED),
    ("2026-11-23 15:00", "971", "Mo-Fr 09:00-12:00", OPEN),
    # Corsica has the national days; its school calendar is not known.
    ("2026-04-03 10:00", "2A", "Mo-Fr 09:00-12:00; PH off", OPEN),
    ("2026-12-22 10:00", "2A", "Mo-Fr 09:00-12:00; SH off", UNKNOWN),
    ("2026-12-22 07:00", "974", "Mo-Fr 09:00-12:00; SH off", UNKNOWN),
    # School zones A (Vienne), B (Bas-Rhin), C (Yvelines).
    ("2026-02-10 10:00", "86", "Mo-Fr 09:00-12:00; SH off", CLOSED),
    ("2026-02-10 10:00", "67", "Mo-Fr 09:00-12:00; SH off", OPEN),
    ("2026-02-10 10:00", "78", "Mo-Fr 09:00-12:00; SH off", OPEN),
    ("2026-02-17 10:00", "67", "Mo-Fr 09:00-12:00; SH off", CLOSED),
    ("2026-02-24 10:00", "78", "Mo-Fr 09:00-12:00; SH off", CLOSED),
    ("2026-02-24 10:00", "86", "Mo-Fr 09:00-12:00; SH off", OPEN),
]


@pytest.mark.parametrize(("instant", "departement", "text", "expected"), LOCAL)
def test_state_in_a_departement(instant: str, departement: str, text: str, expected: State) -> None:
    answer = states(one(text), at(instant), departements=place(departement))
    assert answer.tolist() == [expected]


NEXT = [
    ("2026-11-23 08:00", "Mo-Fr 09:00-12:00", "2026-11-23 09:00"),
    ("2026-11-23 09:00", "Mo-Fr 09:00-12:00", "2026-11-24 09:00"),
    ("2026-11-23 10:00", "Mo-Fr 09:00-12:00,14:00-17:00", "2026-11-23 14:00"),
    ("2026-12-31 18:00", "Mo-Fr 09:00-12:00; PH off", "2027-01-04 09:00"),
    ("2026-12-31 18:00", "Mo-Fr 09:00-12:00", "2027-01-01 09:00"),
    ("2026-11-23 10:00", "Jan,Apr,Jul,Oct Tu[1] 14:00-17:00", "2027-01-05 14:00"),
    ("2026-11-23 10:00", "Feb 29 10:00-12:00", "2028-02-29 10:00"),
    ("2097-01-01 10:00", "Feb 29 10:00-12:00", "2104-02-29 10:00"),
    ("2026-03-28 23:00", "Su 02:30-05:00", "2026-03-29 03:00"),
    ("2026-11-23 10:00", 'Mo-Fr 09:00-12:00 || unknown "appeler"', "2026-11-24 09:00"),
    ("2026-11-23 10:00", "2027 Mar 3 10:00-12:00", "2027-03-03 10:00"),
    ("2026-11-23 10:00", "2032 Mo 09:00-12:00", "2032-01-05 09:00"),
    ("2026-11-23 10:00", "Mo-Fr 09:00-12:00; SH off; PH off", "2026-11-24 09:00"),
    ("2026-11-23 10:00", "2023 Oct 25 10:00-12:00", None),
    ("2026-11-23 10:00", "Mo-Fr 09:00-12:00; 2026+ off", None),
    ("2026-11-23 10:00", "24/7", None),
    ("2026-11-23 10:00", "off", None),
    ("2026-11-23 10:00", "08:30+", None),
    ("2026-11-23 10:00", '"sur rendez-vous"', None),
    ("2026-11-23 10:00", None, None),
]


@pytest.mark.parametrize(("after", "text", "expected"), NEXT)
def test_next_opening(after: str, text: str | None, expected: str | None) -> None:
    found = next_opening(one(text), at(after))
    assert str(found.dt.tz) == "Europe/Paris"
    assert found.tolist() == [pd.NaT if expected is None else pd.Timestamp(at(expected))]


def test_next_opening_overseas_is_an_instant() -> None:
    found = next_opening(one("Mo-Fr 09:00-12:00"), at("2026-11-23 00:00"), departements=one("974"))
    assert found[0] == pd.Timestamp("2026-11-23 09:00", tz="Indian/Reunion")


CLOSING = [
    ("2026-11-23 10:00", "Mo-Fr 09:00-12:00", "2026-11-23 12:00"),
    ("2026-11-22 23:00", "Mo-Sa 09:00-12:00; Su 20:00-06:00", "2026-11-23 06:00"),
    ("2026-11-23 13:00", "Mo-Fr 09:00-12:00", None),
    ("2026-11-23 13:00", "24/7", None),
    ("2026-12-24 13:00", "24/7; PH off", "2026-12-25 00:00"),
    ("2026-11-23 10:00", 'Mo-Fr 09:00-17:00 "sur rendez-vous"', None),
]


@pytest.mark.parametrize(("instant", "text", "expected"), CLOSING)
def test_closing(instant: str, text: str, expected: str | None) -> None:
    found = closing(one(text), at(instant))
    assert found.tolist() == [pd.NaT if expected is None else pd.Timestamp(at(expected))]


DURING = [
    ("Mo-Fr 09:00-12:00", OPEN),
    ("Th 16:45-20:00", OPEN),
    ("Th 17:00-20:00", CLOSED),
    ("Th 09:00-14:00", CLOSED),
    ("We 09:00-12:00", CLOSED),
    ('Th 09:00-18:00 "sur rendez-vous"', UNKNOWN),
    ('Th 15:00-15:30 || unknown "appeler"', OPEN),
    (None, UNKNOWN),
]


@pytest.mark.parametrize(("text", "expected"), DURING)
def test_open_during_thursday_afternoon(text: str | None, expected: State) -> None:
    start = "2026-11-26 14:00" if text != "Mo-Fr 09:00-12:00" else "2026-11-26 11:00"
    assert open_during(one(text), at(start), at("2026-11-26 17:00")).tolist() == [expected]


RENEWALS = [
    ("2026-02-17", "2026 Feb 17 10:00-12:00", False),
    ("2026-02-18", "2026 Feb 17 10:00-12:00", True),
    ("2026-02-18", "le 17 février 2026 de 10h à 12h", True),
    ("2026-02-18", "2026 Feb 17 10:00-12:00; 2026 Mar 3 10:00-12:00", False),
    ("2026-02-18", "2026 Feb 17 10:00-12:00; Mo 09:00-10:00", False),
    ("2026-02-18", "2026 Feb 17 10:00-12:00; 2026+ off", False),
    ("2027-01-01", "2026 Mo-Fr 10:00-12:00; PH off", True),
    ("2027-01-01", "Mo-Fr 10:00-12:00", False),
    ("2027-01-01", "bonjour", False),
    ("2027-01-01", None, False),
]


@pytest.mark.parametrize(("day", "text", "expected"), RENEWALS)
def test_dates_to_renew(day: str, text: str | None, expected: bool) -> None:  # noqa: FBT001
    assert to_renew(one(text), at(f"{day} 10:00")).tolist() == [expected]


def test_openings_of_a_list_of_dates() -> None:
    text = "2026 Feb 17 10:00-12:00; 2026 Mar 3 14:00-16:00"
    assert openings(text, date(2026, 1, 1), date(2027, 1, 1)) == [
        (at("2026-02-17 10:00"), at("2026-02-17 12:00")),
        (at("2026-03-03 14:00"), at("2026-03-03 16:00")),
    ]


def test_openings_are_cut_at_both_ends() -> None:
    found = openings("24/7", date(2026, 12, 30), date(2027, 1, 2))
    assert found == [(at("2026-12-30 00:00"), at("2027-01-02 00:00"))]


def test_openings_on_the_day_the_clocks_go_forward() -> None:
    [(start, end)] = openings("Sa 22:00-06:00", date(2026, 3, 28), date(2026, 3, 30))
    assert (start, end) == (at("2026-03-28 22:00"), at("2026-03-29 06:00"))
    assert (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() == 7 * 3600


def test_openings_on_the_day_the_clocks_go_back() -> None:
    [(start, end)] = openings("Sa 22:00-06:00", date(2026, 10, 24), date(2026, 10, 26))
    assert (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() == 9 * 3600


def test_openings_overseas_are_in_local_time() -> None:
    [(start, _)] = openings(
        "Mo 09:00-12:00", date(2026, 11, 23), date(2026, 11, 24), departement="974"
    )
    assert start == datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Indian/Reunion"))


def test_openings_refuse_invalid_text() -> None:
    with pytest.raises(InvalidHours, match="08:30"):
        openings("08:30+", date(2026, 1, 1), date(2026, 1, 8))


def test_openings_are_bounded() -> None:
    with pytest.raises(ValueError, match="ten years"):
        openings("24/7", date(2026, 1, 1), date(2126, 1, 1))


def test_open_hours_of_a_year() -> None:
    """Figures computed by hand: an office on weekdays, a quarterly stop."""

    def hours_of_2026(text: str) -> float:
        spans = openings(text, date(2026, 1, 1), date(2027, 1, 1))
        return sum((end - start).total_seconds() for start, end in spans) / 3600

    assert hours_of_2026("Mo-Fr 09:00-17:00; PH off") == 2016
    assert hours_of_2026("Jan,Apr,Jul,Oct Tu[1] 14:00-16:00") == 8


# Week slots


def bits(words: np.ndarray) -> list[int]:
    return [slot for slot in range(672) if int(words[slot // 64]) >> (slot % 64) & 1]


def test_week_slots_of_a_monday_morning() -> None:
    slots = week_slots(one("Mo 00:00-00:30"), date(2026, 11, 23))
    assert slots.shape == (1, 11)
    assert slots.dtype == np.uint64
    assert bits(slots[0]) == [0, 1]


def test_week_slots_end_on_sunday_night() -> None:
    slots = week_slots(one("Su 23:30-24:00"), date(2026, 11, 23))
    assert bits(slots[0]) == [670, 671]


def test_week_slots_keep_unknown_apart() -> None:
    hours = pd.Series(["Mo 09:00-10:00", 'Mo 09:00-10:00 "sur rendez-vous"', None, "24/7"])
    known = week_slots(hours, date(2026, 11, 23))
    unknown = week_slots(hours, date(2026, 11, 23), unknown=True)
    assert [len(bits(row)) for row in known] == [4, 0, 0, 672]
    assert [len(bits(row)) for row in unknown] == [0, 4, 672, 0]


def test_week_slots_of_a_real_week() -> None:
    easter_monday = week_slots(one("Mo-Fr 09:00-10:00; PH off"), date(2026, 4, 6))
    assert bits(easter_monday[0])[0] == 96 + 36


def test_week_slots_of_hours_off_the_quarter() -> None:
    assert bits(week_slots(one("Mo 09:10-09:50"), date(2026, 11, 23))[0]) == [37, 38, 39]


# Series


def test_the_index_is_kept() -> None:
    hours = pd.Series(["24/7", None, "24/7"], index=["a", "a", "b"], name="horaires_accueil")
    for answer in (
        states(hours, at("2026-11-23 10:00")),
        next_opening(hours, at("2026-11-23 10:00")),
        closing(hours, at("2026-11-23 10:00")),
        to_renew(hours, at("2026-11-23 10:00")),
        open_during(hours, at("2026-11-23 10:00"), at("2026-11-23 12:00")),
    ):
        assert answer.index.tolist() == ["a", "a", "b"]
        assert answer.name == "horaires_accueil"


def test_an_empty_series() -> None:
    hours = pd.Series([], dtype="object")
    assert states(hours, at("2026-11-23 10:00")).empty
    assert str(next_opening(hours, at("2026-11-23 10:00")).dt.tz) == "Europe/Paris"
    assert week_slots(hours, date(2026, 11, 23)).shape == (0, 11)


def test_departements_have_the_index_of_the_hours() -> None:
    with pytest.raises(ValueError, match="index"):
        states(one("24/7"), at("2026-11-23 10:00"), departements=pd.Series(["78"], index=[5]))


def test_a_naive_instant_is_paris_time() -> None:
    hours = one("Mo 09:00-12:00")
    assert states(hours, datetime(2026, 11, 23, 9)).tolist() == [OPEN]
    assert states(hours, datetime(2026, 11, 23, 8, tzinfo=UTC)).tolist() == [OPEN]


def test_states_have_a_label() -> None:
    assert [state.label for state in State] == ["ouvert", "fermé", "horaires inconnus"]


# Error messages name the words and what to do

REFUSALS = [
    ("08:30+", "08:30"),
    ("Mo-Fr 09:00-12:00; 14:00-17:00", "sans jour"),
    ("Mo-Fr", "manque des heures"),
    ("Feb 30 10:00-12:00", "Feb 30"),
    ("2027 Feb 29 10:00-12:00", "Feb 29"),
    ("Mo-Fr 25:00-26:00", "25:00"),
    ("Mo-Fr sunrise-sunset", "sunrise"),
    ("Mo-Fr 09:00-12:00 || unknown; PH off", "mettre cette règle avant"),
    ("Mar 09:00-12:00", "mars ou mardi"),
    ("bonjour", "bonjour"),
    ("", "Pas d’horaires"),
    ("Mo-Fr 09:00-12:00;" * 400, "trop long"),
]


@pytest.mark.parametrize(("text", "words"), REFUSALS)
def test_a_refusal_names_the_words(text: str, words: str) -> None:
    with pytest.raises(InvalidHours, match=words.replace("+", r"\+")):
        understand(text)
    with pytest.raises(InvalidHours):
        describe(text)
    assert states(one(text), at("2026-11-23 10:00")).tolist() == [UNKNOWN]


def test_the_end_of_the_school_holidays_is_announced_a_year_before() -> None:
    end = school_holidays_end()

    def state(day: date) -> State:
        found = states(
            pd.Series(["SH 09:00-12:00"]),
            datetime.combine(day, time(10), PARIS),
            departements=pd.Series(["86"]),
        )
        return found.item()

    assert [state(end), state(end + timedelta(days=1))] == [OPEN, UNKNOWN]
    year = timedelta(days=365)
    assert school_holidays_notice(end - year - timedelta(days=1)) == ""
    assert f"s’arrête au {french.day(end, today=date.min)}" in school_holidays_notice(end - year)
    assert "s’est arrêté" in school_holidays_notice(end + timedelta(days=1))


# What lists and converters write


@pytest.mark.parametrize(
    ("text", "instant", "expected"),
    [
        ("Mo-Fr 09:00-17:00 || off", "2026-11-23 10:00", OPEN),
        ("Mo-Fr 09:00-17:00; PH off || off", "2026-11-23 10:00", OPEN),
        ("Mo open", "2026-11-23 10:00", UNKNOWN),
        ("PH open", "2026-12-25 10:00", UNKNOWN),
        ("Mo-Su closed", "2026-11-23 10:00", UNKNOWN),
        ('closed "fermeture temporaire"', "2026-11-23 10:00", UNKNOWN),
        ("Mo-Su off; Tu 09:00-12:00", "2026-11-23 10:00", CLOSED),
        ("Mo-Fr 14:00-07:30", "2026-11-23 23:00", UNKNOWN),
        ("Mo-Fr 14:00-31:30", "2026-11-23 23:00", OPEN),
        ("Mo-Fr 14:00-31:30", "2026-11-24 07:00", OPEN),
        ("Mo-Fr 09:00-00:00", "2026-11-23 10:00", UNKNOWN),
        ("Mo-Fr 09:00-12:00,14:00+", "2026-11-23 10:00", OPEN),
        ("Mo-Fr 09:00-12:00,14:00+", "2026-11-23 13:00", CLOSED),
        ("Mo-Fr 09:00-12:00,14:00+", "2026-11-23 15:00", UNKNOWN),
    ],
)
def test_what_says_nothing_is_unknown(text: str, instant: str, expected: State) -> None:
    assert states(one(text), at(instant)).tolist() == [expected]


@pytest.mark.parametrize(
    ("text", "expected", "kept"),
    [
        ("Mo-Fr 14:00-07:30", True, "Mo-Fr 14:00-31:30"),
        ("lundi 14h-7h30", True, "Mo 14:00-31:30"),
        ("Mo-Su 20:00-08:00", True, "Mo-Su 20:00-08:00"),
        (
            "Mo 09:00-12:00; Tu 20:00-08:00",
            False,
            'Mo 09:00-12:00; Tu 20:00-08:00 unknown "ferme avant d’ouvrir, à vérifier"',
        ),
        ("Mo-Fr 09:00-12:00; PH off", False, "Mo-Fr 09:00-12:00; PH off"),
        ("Fr 18:00-24:00", False, "Fr 18:00-24:00"),
        ("2026 Dec 31 22:00-02:00", False, "2026 Dec 31 22:00-02:00"),
        ("bonjour", False, "bonjour"),
    ],
)
def test_hours_over_midnight(text: str, expected: bool, kept: str) -> None:  # noqa: FBT001
    assert over_midnight(text, expected=expected) == kept


def test_the_eve_of_a_holiday_says_nothing_of_the_holiday() -> None:
    texts = pd.Series(["Mo-Fr 09:00-17:00; PH -1 day off", "Mo-Fr 09:00-17:00; PH off"])
    assert silent_on_holidays(texts).tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mo-Fr 09:00-12:00", "LMMJV"),
        ("Sa[1,3] 09:00-12:00", "S"),
        ("24/7", "LMMJVSD"),
        ("Mo-Su 09:00-12:00; Sa off", "LMMJVD"),
        ("Mo-Sa 09:00-12:00; Sa 10:00-11:00 off", "LMMJVS"),
        ("Mo-Fr 09:00-12:00; PH off", "LMMJV"),
        ("Jul-Aug Tu 14:00-17:00", "M"),
        ("Jul-Aug 14:00-17:00", "LMMJVSD"),
        ('We 14:00-17:00 "sur rendez-vous"', "M"),
        ("2026 Feb 17 10:00-12:00", ""),
        ("PH 10:00-12:00", ""),
        ("bientôt", ""),
        ("", ""),
    ],
)
def test_weekdays_are_those_of_the_rules(text: str, days: str) -> None:
    bits = weekdays(pd.Series([text])).iloc[0]
    assert "".join("LMMJVSD"[day] for day in range(7) if bits >> day & 1) == days


def test_weekdays_of_real_hours_are_those_of_five_weeks_without_holiday() -> None:
    if not REAL.exists():
        pytest.skip(f"no real files in {REAL}")
    files = sorted((REAL / "hours_texts").glob("*.txt"))
    texts = pd.Series([line for file in files for line in file.read_text().splitlines()[::29]])
    opened = np.zeros(len(texts), dtype=int)
    for week, unknown in product(range(5), (False, True)):
        monday = date(2026, 9, 7) + timedelta(weeks=week)
        slots = week_slots(texts, monday, unknown=unknown).view(np.uint8)
        bits = np.unpackbits(slots, axis=1, bitorder="little")[:, : 7 * 96]
        opened |= bits.reshape(-1, 7, 96).any(axis=2) @ (1 << np.arange(7))
    days = weekdays(texts)
    known = days != 0
    assert known.sum() > 100
    assert days[known].tolist() == opened[known.to_numpy()].tolist()
