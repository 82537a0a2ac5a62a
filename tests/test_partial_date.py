"""Partial dates, and the age of information."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import freshness
from geodata.partial_date import PartialDate, parse
from geodata.services import ServiceType

TODAY = date(2026, 11, 22)
IMPOSSIBLE = [
    "", "hier", "0000", "2026-13", "2026-00", "2026-02-30", "2026-25-11", "2026-11-00", "2026-1",
    "31/02/2026", "1/13/2026", "２０２６", "٢٠٢٦-١١", "2026-11-22 ", "2026-11-22\n", "20261122",
    "-2026", "9" * 5000, "2026-11-22T08:00", "22/11/26",
]  # fmt: skip

dates = st.one_of(
    st.dates().map(lambda day: PartialDate(day.year, day.month, day.day)),
    st.dates().map(lambda day: PartialDate(day.year, day.month)),
    st.dates().map(lambda day: PartialDate(day.year)),
)
texts = st.one_of(
    st.text(max_size=12),
    st.text("0123456789-/", max_size=12),
    st.from_regex(r"\d{4}-\d\d-\d\d", fullmatch=True),
)


def service(checked: str = "", dated: str = "", kind: str = "ccas") -> dict[str, str]:
    return {"type": kind, "date_verification": checked, "date_source": dated}


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-11-22", date(2026, 11, 22), date(2026, 11, 22)),
        ("1/2/2026", date(2026, 2, 1), date(2026, 2, 1)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_a_date_has_a_first_and_a_last_day(text, first, last):
    read = parse(text)
    assert (read.first_day, read.last_day) == (first, last)


@pytest.mark.parametrize("text", IMPOSSIBLE, ids=lambda text: text[:20])
def test_a_date_that_does_not_exist_is_none(text):
    assert parse(text) is None


@pytest.mark.parametrize("parts", [(2026, 2, 30), (2026, 13), (2026, 0), (0,), (2026, None, 3)])
def test_no_impossible_date_can_be_made(parts):
    with pytest.raises(ValueError, match=r"day|month|year"):
        PartialDate(*parts)


@given(dates)
def test_a_date_is_read_back_from_its_text(when):
    assert parse(str(when)) == when


@given(texts)
def test_any_text_parses_to_a_date_with_one_text_form_or_none(text):
    when = parse(text)
    assert when is None or parse(str(when)) == when


@given(dates, dates)
def test_at_most_one_of_two_dates_is_certainly_before(one, other):
    assert not (one.is_before(other) and other.is_before(one))
    assert one.is_before(other) == (one.last_day < other.first_day)


@given(texts, texts, st.sampled_from(list(ServiceType)), st.dates())
def test_no_text_stops_the_age_of_a_fact(checked, dated, kind, today):
    row = service(checked, dated, kind)
    when = freshness.dated(row)
    said = freshness.words(row, today)
    if when is None or when.first_day > today:
        assert not freshness.is_recent(row, today)
    assert said.endswith(", à vérifier") != freshness.is_recent(row, today)


@pytest.mark.parametrize(
    ("row", "recent"),
    [
        (service("2026-11-22"), True),
        (service("2026-11-23"), False),
        (service("2062"), False),
        (service("2026"), True),
        (service("2026-02-30", "2026-10"), True),
        (service("2026-02-30"), False),
        (service("", "2025-05-30"), True),
        (service("", "2025-05-20"), False),
        (service("", "2025-05-30", "permanence"), False),
        (service("", "2023-12", "commissariat"), True),
        (service(), False),
    ],
)
def test_a_fact_is_recent_for_as_long_as_its_type_allows(row, recent):
    assert freshness.is_recent(row, TODAY) is recent


@given(st.integers(0, 4000))
def test_an_older_fact_is_never_more_recent(days):
    older = service(str(TODAY - timedelta(days=days + 1)))
    newer = service(str(TODAY - timedelta(days=days)))
    assert freshness.is_recent(newer, TODAY) >= freshness.is_recent(older, TODAY)


def test_an_age_in_words():
    said = freshness.words(service("", "2016-11"), TODAY).replace("\u00a0", " ")
    assert said == "information de novembre 2016, à vérifier"


def test_the_newest_first_is_by_the_date_that_is_shown():
    newest = ["2026-11-29", "2026-11-01", "2026-11", "2026-02-03", "2026", "2025-12-31"]
    services = pd.DataFrame(
        {"type": "mds", "date_source": [*newest[::-1], "2027", ""], "date_verification": ""}
    )
    order = freshness.newest_first(services, date(2026, 11, 30)).sort_values(kind="stable").index
    assert services["date_source"][order].tolist() == [*newest, "2027", ""]
