"""The agenda: occasional openings, with dates checked by hand, and the iCalendar file."""

import re
from datetime import date, datetime, timedelta

import icalendar
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import agenda, exports, hours, selection
from geodata.agenda import PARIS
from geodata.selection import Selection
from geodata.services import read_services
from tests.conftest import ROOT
from tests.lists import CIVRAY, read, row

# Monday 23 November 2026 and four weeks.
START, END = date(2026, 11, 23), date(2026, 12, 21)
NOW = datetime(2026, 11, 24, 10, tzinfo=PARIS)


def listed(text, start=START, end=END, **cells):
    """Return the openings of one service as local times."""
    services = read(row("a", **({"type": "association", **CIVRAY} | cells), horaires_accueil=text))
    found = agenda.occasions(services.services, start, end)
    return [
        f"{low:%Y-%m-%d %H:%M}–{high:%H:%M}"
        for low, high in zip(found["start"], found["end"], strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fr[3] 14:00-17:00", ["2026-12-18 14:00–17:00"]),
        ("Fr[-1] 14:00-17:00", ["2026-11-27 14:00–17:00"]),
        ("1er et 3e samedi du mois 9h-12h", ["2026-12-05 09:00–12:00", "2026-12-19 09:00–12:00"]),
        (
            "2026 Dec 01,2026 Dec 10 10:00-12:00",
            ["2026-12-01 10:00–12:00", "2026-12-10 10:00–12:00"],
        ),
        ("2026 Feb 17 10:00-12:00", []),
        # ISO weeks 49 and 51 are odd; 48 and 50 are even.
        ("week 1-53/2 Tu 14:00-16:00", ["2026-12-01 14:00–16:00", "2026-12-15 14:00–16:00"]),
        (
            "le mardi les semaines paires 14h-16h",
            ["2026-11-24 14:00–16:00", "2026-12-08 14:00–16:00"],
        ),
        # An office that also opens on the first Saturday of the month.
        ("Mo-Fr 09:00-17:00; Sa[1] 09:00-12:00", ["2026-12-05 09:00–12:00"]),
        ("Mo-Fr 09:00-12:00,14:00-17:00; Fr[3] 14:00-19:00", ["2026-12-18 14:00–19:00"]),
        # Held every week, whatever is taken away from it.
        ("24/7", []),
        ("Mo-Fr 09:00-17:00", []),
        ("Mo-Fr 09:00-17:00; PH off; SH off", []),
        ("Mo-Fr 09:00-17:00; Fr[3] off", []),
        ("Jul-Aug Tu 09:00-12:00", []),
        ("2026 Mo-Fr 09:00-17:00", []),
        ("Fr 20:00-06:00", []),
        ("Fr 08:50-12:10", []),
        # Unknown is not a date.
        ("", []),
        ("sur rendez-vous", []),
        ('Fr[3] 14:00-17:00 "sur rendez-vous"', []),
        ("quand il fait beau", []),
    ],
)
def test_openings_on_some_dates_only_are_listed(text, expected):
    assert listed(text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mo 09:00-12:00", 4),
        ("Mo,Th 09:00-12:00", 8),
        ("Mo-Th 09:00-12:00", 16),
        ("Mo-Fr 09:00-12:00", 0),
        ("Mo-Fr 09:00-12:00; Sa[1] 09:00-12:00", 1),
        ("24/7", 0),
    ],
)
def test_a_permanence_is_listed_every_week_unless_it_is_an_office(text, count):
    assert len(listed(text, type="permanence")) == count


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("2026 Feb 17 10:00-12:00", date(2026, 2, 1), date(2026, 3, 1), ["2026-02-17 10:00–12:00"]),
        ("2026 Feb 17 10:00-12:00", date(2026, 2, 18), date(2026, 3, 1), []),
        ("2026 Feb 17 10:00-12:00", date(2026, 2, 1), date(2026, 2, 17), []),
        # 2026 has 53 ISO weeks: two odd weeks follow one another.
        (
            "week 1-53/2 Tu 14:00-16:00",
            date(2026, 12, 21),
            date(2027, 1, 13),
            ["2026-12-29 14:00–16:00", "2027-01-05 14:00–16:00"],
        ),
        # An opening belongs to the day on which it begins.
        (
            "2026 Dec 31 22:00-02:00",
            date(2026, 12, 1),
            date(2027, 1, 1),
            ["2026-12-31 22:00–02:00"],
        ),
        ("2026 Dec 31 22:00-02:00", date(2027, 1, 1), date(2027, 2, 1), []),
        ("Sa[1] 09:00-12:00", date(2026, 12, 28), date(2027, 1, 4), ["2027-01-02 09:00–12:00"]),
        (
            "2026 Mar 29 01:00-04:00",
            date(2026, 3, 29),
            date(2026, 3, 30),
            ["2026-03-29 01:00–04:00"],
        ),
    ],
)
def test_dates_at_the_edges(text, start, end, expected):
    assert listed(text, start, end) == expected


@pytest.mark.parametrize(("day", "lasts"), [(date(2026, 3, 29), 2), (date(2026, 10, 25), 4)])
def test_the_clock_change_makes_an_opening_shorter_or_longer(day, lasts):
    text = f"{day:%Y %b %d} 01:00-04:00"
    found = agenda.occasions(
        read(row("a", **CIVRAY, horaires_accueil=text)).services, day, day + timedelta(days=1)
    )
    assert (found["end"] - found["start"]).tolist() == [pd.Timedelta(hours=lasts)]


def test_overseas_the_instant_is_that_of_the_place():
    services = read(row("a", code_insee="97411", horaires_accueil="2026 Dec 01 09:00-12:00"))
    found = agenda.occasions(services.services, START, END)
    assert found["start"].tolist() == [pd.Timestamp("2026-12-01 06:00", tz=PARIS)]


def test_a_span_is_a_day_to_a_year():
    services = read(row("a", **CIVRAY, horaires_accueil="Fr[3] 14:00-17:00")).services
    assert len(agenda.occasions(services, START, START + timedelta(days=366))) == 12
    for days in (-1, 0, 367):
        with pytest.raises(ValueError, match="366"):
            agenda.occasions(services, START, START + timedelta(days=days))


def test_nothing_listed_is_an_empty_table_of_the_same_kind():
    full = agenda.occasions(
        read(row("a", **CIVRAY, horaires_accueil="Fr[3] 14:00-17:00")).services, START, END
    )
    empty = agenda.occasions(read(row("a")).services, START, END)
    assert empty.empty
    assert (empty.dtypes == full.dtypes).all()
    assert str(full["start"].dt.tz) == "Europe/Paris"


DATES = st.dates(START, START + timedelta(days=200)).map(lambda day: f"{day:%Y %b %d} 10:00-12:00")
NTH = st.builds(
    "{}[{}] {:02}:00-19:30".format,
    st.sampled_from(["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]),
    st.sampled_from(["1", "2", "1,3", "-1", "4"]),
    st.integers(8, 17),
)
PARITY = st.sampled_from(["week 1-53/2 Tu 14:00-17:00", "week 2-52/2 Fr 09:00-12:00"])


@settings(max_examples=40)
@given(st.lists(DATES | NTH | PARITY, min_size=1, max_size=4), st.integers(1, 199))
def test_a_span_is_the_sum_of_its_parts_and_nothing_is_invented(texts, split):
    rows = [row(f"s{n}", **CIVRAY, horaires_accueil=text) for n, text in enumerate(texts)]
    services = read(*rows).services
    middle, end = START + timedelta(days=split), START + timedelta(days=200)
    whole = agenda.occasions(services, START, end)
    parts = [agenda.occasions(services, START, middle), agenda.occasions(services, middle, end)]
    pd.testing.assert_frame_equal(whole, pd.concat(parts, ignore_index=True))
    assert whole["start"].is_monotonic_increasing
    known = {
        (f"s{n}", low, high)
        for n, text in enumerate(texts)
        for low, high in hours.openings(text, START, end, departement="86")
    }
    assert {tuple(item) for item in whole.itertuples(index=False)} == known


def test_rows_never_shown_are_not_listed_and_hidden_ones_have_no_place():
    dated = {"horaires_accueil": "Fr[3] 14:00-17:00", "type": "permanence"}
    services = read(
        row("never", confidentialite="non_publie", zone_eligibilite="86", **dated),
        row("hidden", confidentialite="departement", zone_eligibilite="86", **dated),
        row("past", confidentialite="non_publie", type="permanence"),
    ).services
    assert agenda.occasions(services, START, END)["id"].tolist() == ["hidden"]
    assert services.loc["hidden"].geometry is None
    for found in (agenda.to_ask(services, NOW), agenda.later(services, (), NOW)):
        assert set(found.index) <= {"hidden"}


def test_each_permanence_is_somewhere_on_the_page():
    texts = {
        "dated": "2026 Dec 01 10:00-12:00",
        "later": "2027 Mar 02 10:00-12:00",
        "office": "Mo-Fr 09:00-17:00",
        "past": "2023 Oct 25 10:00-12:00; 2023 Nov 30 14:00-16:00",
        "silent": "",
        "words": "un mercredi par mois",
        "appointment": 'Mo-Fr 09:00-17:00 "sur rendez-vous"',
        "ended": "Mo-Fr 09:00-17:00; 2026+ off",
    }
    services = read(
        *(row(k, **CIVRAY, type="permanence", horaires_accueil=v) for k, v in texts.items())
    ).services
    held = agenda.occasions(services, START, END)["id"]
    assert held.tolist() == ["dated"]
    assert agenda.later(services, held, NOW).index.tolist() == ["office", "later"]
    assert agenda.to_renew(services, NOW).index.tolist() == ["past"]
    assert agenda.to_ask(services, NOW).index.tolist() == ["silent", "words", "appointment"]


def stop(key, commune, **cells):
    place = {"code_insee": commune, "structure": "L’Étincelle", "type": "permanence"}
    return row(key, **({"nom": f"Bureau mobile {key}"} | place | cells))


def test_a_tour_has_its_stops_in_the_order_of_their_next_dates():
    services = read(
        stop("none", "78490"),
        stop("second", "78361", horaires_accueil="2026 Dec 15 10:00-12:00"),
        stop("first", "78362", nom="Mantes", horaires_accueil="2026 Nov 26 10:00-12:00"),
        stop("hidden", "", confidentialite="departement", zone_eligibilite="78"),
        stop("elsewhere", "78621", structure="Autre"),
        stop("other kind", "78621", type="association"),
    ).services
    found = agenda.tours(services, NOW)
    assert found.index.tolist() == ["first", "second", "none"]
    assert found["next"].notna().tolist() == [True, True, False]


def test_without_dates_the_stops_of_a_tour_follow_their_names():
    services = read(stop("b", "78490"), stop("a", "78361")).services
    assert agenda.tours(services, NOW).index.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "cells",
    [
        {"nom": "Permanence"},
        {"nom": "Permanence", "horaires_accueil": "Mo 09:00-12:00"},
        {"nom": "Permanence", "horaires_accueil": "Fr[3] 14:00-17:00"},
        {"structure": ""},
        {"code_insee": "78490"},
    ],
)
def test_fixed_desks_and_single_places_are_no_tour(cells):
    services = read(stop("a", "78490", **cells), stop("b", "78361", **cells)).services
    assert agenda.tours(services, NOW).empty


def test_the_shipped_list_matches_its_sources():
    services = read_services(ROOT / "services.csv").services
    found = agenda.occasions(services, date(2026, 11, 22), date(2026, 12, 20))
    assert "78-permanence-cidff-epone" in set(found["id"])
    ids = set(agenda.to_renew(services, NOW).index)
    assert {"78-etincelle-mobile-mantes-la-jolie", "78-etincelle-mobile-mantes-la-ville"} <= ids
    assert set(agenda.tours(services, NOW)["structure"]) == {"L’Étincelle"}


# --- the file -----------------------------------------------------------------------------

HOSTILE = 'a;b,c\\d\r\nBEGIN:VEVENT\r\nATTACH:x \x00\x0b\u2028"é😀'


def ics(*rows, discreet=False, now=NOW, start=START, end=END):
    services = read(*rows).services
    found = agenda.occasions(services, start, end)
    return exports.to_ics(found, services, now=now, discreet=discreet)


def entry(key="a", **cells):
    return row(key, **({"horaires_accueil": "Fr[3] 14:00-17:00", **CIVRAY} | cells))


def check_rfc_5545(content: bytes) -> list[str]:
    """Check a file against RFC 5545, section 3, and return its unfolded lines."""
    assert content.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", content)
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line)
    lines = content.decode().replace("\r\n ", "").split("\r\n")[:-1]
    assert all(re.fullmatch(r"[A-Z-]+(;[A-Z]+=[^:;,]+)*:.*", line) for line in lines)
    opened = []
    for line in lines:
        name, _, value = line.partition(":")
        if name == "BEGIN":
            opened.append(value)
        elif name == "END":
            assert opened.pop() == value
    assert not opened
    return lines


def events(content: bytes) -> list[icalendar.Event]:
    check_rfc_5545(content)
    calendar = icalendar.Calendar.from_ical(content)
    assert not calendar.errors
    found = calendar.walk("VEVENT")
    for event in found:
        assert not event.errors
        for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"):
            assert len([key for key, _ in event.property_items() if key == name]) == 1
        assert event["DTSTAMP"].dt.utcoffset() == timedelta()
        assert event["DTSTART"].params["TZID"] == "Europe/Paris"
        assert event["DTEND"].dt > event["DTSTART"].dt
    return found


def test_the_file_says_of_a_public_holiday_what_the_page_says():
    """On the holidays of two years, for each text of the shipped list: the same openings."""
    services = read_services(ROOT / "services.csv").services
    services = services[services["confidentialite"] == "public"].drop_duplicates("horaires_accueil")
    holidays = [day for day in map(START.__add__, map(timedelta, range(730))) if is_holiday(day)]
    found = [
        (key, low, high)
        for key, text in services["horaires_accueil"].items()
        for day in holidays
        for low, high in understood(text, day)
    ]
    frame = pd.DataFrame(found, columns=["id", "start", "end"])
    read_back = {
        (event["DTSTART"].dt, event["DTEND"].dt, str(event["SUMMARY"]))
        for event in events(exports.to_ics(frame, services, now=NOW))
    }
    expected = set()
    for key, low, high in found:
        page = selection.timetable(services.loc[[key]], Selection(open_at=low), NOW).iloc[0]
        doubt = " (jour férié, à vérifier)" if page["holiday"] else ""
        expected.add((low, high, f"{services.loc[key, 'nom']}{doubt}"))
        assert page["state"] == (hours.State.UNKNOWN if doubt else hours.State.OPEN)
    assert read_back == expected
    assert {"férié" in summary for _, _, summary in read_back} == {True, False}


def is_holiday(day: date) -> bool:
    return hours.is_public_holiday(day, "86")


def understood(text: str, day: date) -> list[tuple[datetime, datetime]]:
    try:
        return hours.openings(text, day, day + timedelta(days=1), departement="86")
    except hours.InvalidHours:
        return []


def test_the_file_is_a_complete_calendar_in_paris_time():
    content = ics(
        entry(
            nom="Permanence du CIDFF",
            adresse="1 rue Neuve",
            telephone="01 02 03 04 05",
            date_source="2016-11",
            lien_source="https://exemple.fr/page",
        )
    )
    (event,) = events(content)
    assert event["SUMMARY"] == "Permanence du CIDFF"
    assert event["LOCATION"] == "1 rue Neuve, 86400 Civray"
    assert event["DTSTART"].dt == datetime(2026, 12, 18, 14, tzinfo=PARIS)
    assert event["DTEND"].dt == datetime(2026, 12, 18, 17, tzinfo=PARIS)
    for words in (
        "01 02 03 04 05",
        "Département (novembre 2016, à vérifier)",
        "https://exemple.fr/page",
    ):
        assert words in event["DESCRIPTION"]
    lines = check_rfc_5545(content)
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Maillage//FR"]
    assert lines.count("BEGIN:VTIMEZONE") == 1
    assert "VALARM" not in content.decode()


def test_the_time_zone_of_the_file_matches_europe_paris():
    zone = icalendar.Calendar.from_ical(ics(entry())).walk("VTIMEZONE")[0].to_tz(lookup_tzid=False)
    for month in range(1, 13):
        for day in (1, 24, 28, 31 if month in (3, 10) else 30 if month != 2 else 27):
            moment = datetime(2026, month, day, 12)
            assert (
                moment.replace(tzinfo=zone).utcoffset() == moment.replace(tzinfo=PARIS).utcoffset()
            )


def test_entries_keep_their_uid_and_reveal_no_host():
    rows = entry("a"), entry("b", horaires_accueil="Fr[-1] 09:00-12:00")
    before = {event["UID"] for event in events(ics(*rows))}
    later = {
        event["UID"]
        for event in events(ics(*rows[::-1], now=NOW + timedelta(days=3), discreet=True))
    }
    assert before == later
    assert len(before) == 2
    assert all(re.fullmatch(r"[0-9a-f-]{36}", uid) for uid in before)


def test_a_discreet_entry_has_only_place_and_number():
    cells = {
        "nom": "Violences",
        "structure": "CIDFF",
        "description": "Violences",
        "telephone": "3919",
    }
    content = ics(
        entry(
            **cells,
            horaires_precisions="Violences",
            lien_source="https://violences.fr/",
            source="CIDFF",
        ),
        discreet=True,
    )
    (event,) = events(content)
    assert event["SUMMARY"] == "Rendez-vous"
    assert event["LOCATION"] == "86400 Civray"
    assert "3919" in event["DESCRIPTION"]
    for word in (b"iolences", b"CIDFF", b"Permanence"):
        assert word not in content


def test_a_hidden_place_has_no_location_and_a_row_never_shown_has_no_entry():
    content = ics(
        entry(
            "never",
            nom="Jamais",
            confidentialite="non_publie",
            code_insee="",
            commune="",
            code_postal="",
            zone_eligibilite="86",
        ),
        entry(
            "department",
            confidentialite="departement",
            code_insee="",
            commune="",
            code_postal="",
            zone_eligibilite="86",
        ),
        entry("commune", confidentialite="commune"),
    )
    found = events(content)
    assert len(found) == 2
    assert not any("LOCATION" in event for event in found)
    assert b"Jamais" not in content


def test_a_service_never_shown_stays_out_even_when_its_dates_are_given():
    services = read(entry("a")).services
    found = agenda.occasions(services, START, END)
    services["confidentialite"] = "non_publie"
    assert events(exports.to_ics(found, services, now=NOW)) == []


@pytest.mark.parametrize("discreet", [False, True])
def test_hostile_texts_stay_text(discreet):
    free = (
        "nom",
        "adresse",
        "telephone",
        "horaires_precisions",
        "source",
        "lien_source",
        "date_source",
    )
    (event,) = events(ics(entry(**dict.fromkeys(free, HOSTILE)), discreet=discreet))
    if not discreet:
        assert event["SUMMARY"].startswith("a;b,c\\d BEGIN:VEVENT ATTACH:x")
        assert "\n" not in event["SUMMARY"]
        assert "ATTACH" not in event


def test_long_words_are_folded_between_characters():
    name = "é😀" * 140
    (event,) = events(ics(entry(nom=name)))
    assert event["SUMMARY"] == name


def test_an_empty_agenda_is_still_a_calendar():
    assert events(ics(entry(horaires_accueil=""))) == []
