"""Selections by place, words and time; unknown hours are kept by default."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import communes
from geodata.hours import State
from geodata.nearest import LngLat, distance_m
from geodata.points import distance_to_communes_m
from geodata.selection import Selection, matches_time, select, serves, timetable
from geodata.services import ServiceType
from tests.lists import CIVRAY, read, row

EPONE = {"code_postal": "78680", "commune": "Épône", "code_insee": "78217"}
TUESDAY_10 = datetime(2026, 11, 24, 10)
SERVICES = read(
    row("mds", **CIVRAY, horaires_accueil="Mo-Fr 09:00-12:00", publics="tous", acces="sans-rdv"),
    row("cidff", **EPONE, type="permanence", nom="CIDFF", publics="femmes", reseaux="r1|r2"),
    row("soir", **CIVRAY, type="association", horaires_accueil="Tu 18:00-20:00", acces="sur-rdv"),
    row("3919", type="ecoute", zone_eligibilite="france", horaires_accueil="24/7"),
    row("ligne78", type="ecoute", zone_eligibilite="78|92"),
    row("foyer", type="hebergement", nom="Foyer", **CIVRAY),
    row("commune", type="association", **EPONE, confidentialite="commune"),
    row("jamais", type="hebergement", confidentialite="non_publie", zone_eligibilite="86"),
).services


OTHERS = {"ligne78", "foyer", "commune"}


def kept(**asked) -> set[str]:
    return set(select(SERVICES, Selection(**asked)).index)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"mds", "cidff", "soir", "3919", "ligne78", "foyer", "commune"}),
        ({"departements": ["86"]}, {"mds", "soir", "foyer", "3919"}),
        ({"departements": ["78"]}, {"cidff", "commune", "ligne78", "3919"}),
        ({"departements": ["92"]}, {"ligne78", "3919"}),
        ({"communes": ["86078"]}, {"mds", "soir", "3919"}),
        ({"communes": ["78217"]}, {"cidff", "commune", "ligne78", "3919"}),
        ({"types": [ServiceType.PERMANENCE]}, {"cidff"}),
        ({"types": ["mds", "ecoute"]}, {"mds", "3919", "ligne78"}),
        ({"publics": ["femmes"]}, {"mds", "cidff"}),
        ({"acces": ["sur-rdv"], "keep_unsaid": False}, {"soir"}),
        (
            {"acces": ["sur-rdv"]},
            {"soir", "cidff", "3919", "ligne78", "foyer", "commune"},
        ),
        ({"keep_unsaid": False}, {"mds", "cidff", "soir", "3919"} | OTHERS),
        ({"reseaux": ["r2"]}, {"cidff"}),
        ({"words": "EPONE cidff"}, {"cidff"}),
        ({"words": "maison des solidarites"}, {"mds"}),
        ({"words": "86400"}, {"mds", "soir"}),
        ({"words": "introuvable"}, set()),
        ({"words": "cidff civray"}, set()),
        ({"words": f"{ServiceType.PERMANENCE.label}CIDFF"}, set()),
        ({"departements": ["78"], "communes": ["86078"]}, {"3919"}),
        ({"open_at": TUESDAY_10}, {"mds", "3919", "cidff", "ligne78", "foyer", "commune"}),
        ({"open_at": TUESDAY_10, "keep_unknown_hours": False}, {"mds", "3919"}),
        (
            {
                "open_during": (TUESDAY_10.replace(hour=17), TUESDAY_10.replace(hour=19)),
                "keep_unknown_hours": False,
            },
            {"soir", "3919"},
        ),
        (
            {
                "open_at": TUESDAY_10,
                "open_during": (TUESDAY_10.replace(hour=18), TUESDAY_10.replace(hour=19)),
                "keep_unknown_hours": False,
            },
            {"3919"},
        ),
    ],
)
def test_a_selection_keeps(asked, expected):
    assert kept(**asked) == expected


def test_without_a_time_asked_for_every_state_answers():
    states = pd.Series(list(State))
    assert matches_time(states, Selection(keep_unknown_hours=False)).all()
    at = Selection(open_at=TUESDAY_10)
    assert set(states[matches_time(states, at)]) == {State.OPEN, State.UNKNOWN}


ZONES = {
    "": True,
    "france": True,
    "86": True,
    "86078": True,
    communes.epci_of("86078"): True,
    "79|86078": True,
    "79": False,
    "86194": False,
    communes.epci_of("86194"): False,
}
"""Zones, and whether they answer for Civray."""


@pytest.mark.parametrize(("zone", "serves_civray"), ZONES.items())
def test_a_zone_answers_for_its_communes(zone, serves_civray):
    lines = read(row("line", type="ecoute", zone_eligibilite=zone)).services
    assert serves(lines, "86078").tolist() == [serves_civray]
    chosen = select(lines, Selection(communes=["86078"]))
    assert len(chosen) == (serves_civray and zone != "")


def test_only_what_stands_nowhere_is_found_by_its_zone():
    point = {"latitude": "46.58", "longitude": "0.34"}
    services = read(
        row("nowhere", type="association", zone_eligibilite="86|79"),
        row("at a point", type="association", zone_eligibilite="86|79", **point),
        row("in a commune", type="association", zone_eligibilite="86|79", **CIVRAY),
    ).services
    assert list(select(services, Selection(departements=["79"])).index) == ["nowhere"]


@pytest.mark.parametrize(
    ("start", "end", "text", "state"),
    [
        # An instant of another time zone is that instant, not that hour of Paris.
        ("2026-11-11T23:00+00:00", "2026-11-12T00:00+00:00", "Th 00:10-00:50", State.OPEN),
        ("2026-11-11T23:00+00:00", "2026-11-12T00:00+00:00", "We 23:10-23:50", State.CLOSED),
        # A span that ends at midnight holds nothing of the next day.
        ("2026-11-24T18:00", "2026-11-25T00:00", "We 00:00-01:00", State.CLOSED),
        ("2026-11-24T18:00", "2026-11-25T00:01", "We 00:00-01:00", State.OPEN),
    ],
)
def test_a_span_is_cut_where_it_is_said_to_be(start, end, text, state):
    span = datetime.fromisoformat(start), datetime.fromisoformat(end)
    services = read(row(**CIVRAY, horaires_accueil=text)).services
    asked = Selection(open_during=span)
    assert timetable(services, asked, TUESDAY_10)["state"].tolist() == [state]


def test_a_selection_is_a_value():
    assert Selection(types=["mds", "ccas"]) == Selection(types=("ccas", "mds"))
    assert hash(Selection(departements={"86"})) == hash(Selection(departements=["86"]))


def test_order_and_columns_stay():
    found = select(SERVICES, Selection(departements=["86"]))
    assert list(found.index) == [key for key in SERVICES.index if key in set(found.index)]
    assert list(found.columns) == list(SERVICES.columns)
    assert found.crs == SERVICES.crs


def test_a_timetable_gives_the_state_of_each_service():
    times = timetable(SERVICES, Selection(), TUESDAY_10)
    assert list(times.loc[["mds", "soir", "cidff"], "state"]) == [
        State.OPEN,
        State.CLOSED,
        State.UNKNOWN,
    ]
    assert times.loc["mds", "closing"] == pd.Timestamp("2026-11-24 12:00", tz="Europe/Paris")
    assert times.loc["soir", "opening"] == pd.Timestamp("2026-11-24 18:00", tz="Europe/Paris")
    assert pd.isna(times.loc["cidff", "opening"])


def test_a_dated_list_that_has_passed_is_to_renew_and_never_closed():
    services = read(row("tour", horaires_accueil="2023 Oct 25 10:00-12:00")).services
    times = timetable(services, Selection(), TUESDAY_10).loc["tour"]
    assert times["to_renew"]
    assert times["state"] == State.UNKNOWN


CHRISTMAS_10 = datetime(2026, 12, 25, 10)


@pytest.mark.parametrize(
    ("text", "state", "doubtful"),
    [
        ("Mo-Fr 09:00-12:00", State.UNKNOWN, True),
        ("Fr[4] 09:00-12:00", State.UNKNOWN, True),
        ("Dec Mo-Fr 09:00-12:00", State.UNKNOWN, True),
        ("2026 Dec 01-2027 Jun 30 Mo-Fr 09:00-12:00", State.UNKNOWN, True),
        ("Dec 02-28 Fr 09:00-12:00", State.UNKNOWN, True),
        ("Mo-Fr 09:00-12:00; PH off", State.CLOSED, False),
        ("Mo-Fr,PH 09:00-12:00", State.OPEN, False),
        ("2026 Dec 25 09:00-12:00", State.OPEN, False),
        ("Mo-Su 09:00-23:00", State.OPEN, False),
        ("24/7", State.OPEN, False),
        ("Mo-Th 09:00-12:00", State.CLOSED, False),
    ],
)
def test_weekly_hours_without_holidays_are_unknown_on_one(text, state, doubtful):
    services = read(row("a", **CIVRAY, horaires_accueil=text)).services
    times = timetable(services, Selection(), CHRISTMAS_10).loc["a"]
    assert (times["state"], times["holiday"]) == (state, doubtful)
    kept_open = select(services, Selection(open_at=CHRISTMAS_10, keep_unknown_hours=False))
    assert len(kept_open) == (state == State.OPEN)


def test_a_next_opening_on_a_silent_holiday_is_marked():
    services = read(row("a", **CIVRAY, horaires_accueil="Fr 09:00-12:00")).services
    before = datetime(2026, 12, 24, 10)
    assert timetable(services, Selection(), before).loc["a", "opening_holiday"]
    assert not timetable(services, Selection(), TUESDAY_10).loc["a", "opening_holiday"]


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [
        (datetime(2026, 12, 24, 18), datetime(2026, 12, 26, 10), State.UNKNOWN),
        (datetime(2026, 12, 24, 20), datetime(2026, 12, 25), State.OPEN),
        (datetime(2026, 12, 24, 20), datetime(2026, 12, 25, 10), State.OPEN),
        (datetime(2026, 12, 26, 8), datetime(2026, 12, 27, 23), State.CLOSED),
    ],
)
def test_over_a_span_only_the_days_that_are_no_holiday_open(start, end, state):
    services = read(row("a", **CIVRAY, horaires_accueil="Mo-Fr 09:00-12:00,20:00-24:00")).services
    if state == State.UNKNOWN:
        services = read(row("a", **CIVRAY, horaires_accueil="Mo-Fr 09:00-12:00")).services
    assert timetable(services, Selection(open_during=(start, end)), start)["state"].iloc[0] == state


def test_the_holiday_is_that_of_the_place_s_own_day():
    services = read(row("a", code_insee="98818", horaires_accueil="Mo-Fr 08:00-17:00")).services
    at = datetime(2026, 11, 10, 22, 30)  # 11 November, 8:30, in Nouméa
    assert timetable(services, Selection(), at)["state"].iloc[0] == State.UNKNOWN


def test_a_helpline_matches_by_its_zone_not_its_office():
    services = read(
        row("siege", type="ecoute", zone_eligibilite="france", code_insee="75056"),
        row("poitiers", type="ecoute", zone_eligibilite="86194"),
        row("epci", type="ecoute", zone_eligibilite="200070043"),
    ).services
    assert services.geometry.isna().all()
    assert set(select(services, Selection(communes=["86078"])).index) == {"siege"}
    assert set(select(services, Selection(communes=["86194"])).index) == {"siege", "poitiers"}
    assert set(select(services, Selection(departements=["86"])).index) == set(services.index)
    assert select(services, Selection(communes=["00000"])).index.tolist() == ["siege"]


POITIERS = {"code_postal": "86000", "commune": "Poitiers", "code_insee": "86194"}


def test_near_a_commune_is_within_so_many_kilometres_of_its_town_hall():
    by_phone = {**POITIERS, "confidentialite": "commune", "type": "association"}
    services = read(
        row("here", **CIVRAY),
        row("poitiers", **POITIERS),
        row("by phone", **by_phone),
        row("far", **EPONE),
        row("line", type="ecoute", zone_eligibilite="86"),
        row("other line", type="ecoute", zone_eligibilite="78"),
        row("shelter", type="hebergement", nom="Foyer", zone_eligibilite="86"),
        row("hidden", type="association", confidentialite="departement", zone_eligibilite="86"),
    ).services
    away_m = distance_to_communes_m(services, ["86078"])
    assert away_m[["here", "poitiers", "by phone"]].round(-3).tolist() == [0, 48_000, 48_000]
    assert away_m[["line", "shelter", "hidden"]].isna().all()
    hall = communes.read_town_halls().loc["86078", ["lng", "lat"]]
    assert away_m.equals(distance_m(services, LngLat(*hall)))
    assert distance_to_communes_m(services, ["86078", "78217"])["far"] == 0
    for km, more in ((0, set()), (47, set()), (49, {"poitiers", "by phone"})):
        near = select(services, Selection(communes=["86078"], within_km=km))
        assert set(near.index) == {"here", "line"} | more
    assert set(select(services, Selection(within_km=5)).index) == set(services.index)


@given(st.floats(0, 1000))
def test_no_radius_brings_a_place_that_may_not_be_measured(km):
    found = select(SERVICES, Selection(communes=["86078", "78217"], within_km=km)).index
    assert not {"foyer", "jamais"} & set(found)
    assert {"mds", "cidff"} <= set(found)


def test_nothing_in_nothing_out():
    assert select(SERVICES.iloc[:0], Selection(words="x", open_at=TUESDAY_10)).empty
    assert timetable(SERVICES.iloc[:0], Selection(), TUESDAY_10).empty


@given(
    st.lists(st.sampled_from(["78", "86", "92", "71"]), max_size=2),
    st.lists(st.sampled_from(list(ServiceType)), max_size=3),
    st.sampled_from(["", "civray", "cidff", "é"]),
    st.integers(0, 7 * 24 * 4),
)
def test_asking_for_more_never_finds_more(departements, types, words, quarter):
    wide = Selection(departements=departements, types=types)
    at = TUESDAY_10 + timedelta(minutes=15 * quarter)
    for narrow in (
        Selection(departements=departements, types=types, words=words),
        Selection(departements=departements, types=types, open_at=at),
        Selection(departements=departements, types=types, open_at=at, keep_unknown_hours=False),
    ):
        assert set(select(SERVICES, narrow).index) <= set(select(SERVICES, wide).index)
