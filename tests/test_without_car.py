"""A woman without a car: on foot, and by the timetables of a feed, on the page and in the files."""

import csv
import io
from datetime import date, datetime, time

import pandas as pd
import pypdf
import pytest
from streamlit.testing.v1 import AppTest

from geodata import communes, gtfs, situation
from geodata.coverage import DaysAndHours, Verdict
from geodata.service_types import Aid
from geodata.services import ServiceType
from geodata.situation import MEASURED_TYPES, Question, gaps, outings, words
from geodata.situation.scenario import DropIn, Scenario, apply
from pages.shared import clock
from pages.shared.service_list import PARIS
from tests import feeds
from tests.lists import CIVRAY, read, row
from tests.test_couverture import select
from tests.test_pages import open_page, press, texts, view

PAGE = "couverture.py"
MONDAY = date(2026, 11, 30)
MONTMORILLON, POITIERS, LA_TRIMOUILLE, SAINT_SAVIN, CHAUVIGNY, CIVAUX = (
    *("86165", "86194", "86273", "86246", "86070", "86077"),
)
ASKED = {"departements": "86", "types": "mds", "distance": "90minbus"}
STATION = {"code_insee": POITIERS, "latitude": "46.5826", "longitude": "0.3330"}


@pytest.fixture(autouse=True)
def sunday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, 10, tzinfo=PARIS))


@pytest.fixture(scope="module")
def feed():
    return gtfs.read_feed(io.BytesIO(feeds.zipped(feeds.VIENNE)))


def thursday(start: int, end: int) -> DaysAndHours:
    return DaysAndHours((3,), time(start), time(end))


def asked(**choices: object) -> Question:
    usual = {"departements": ["86"], "types": [ServiceType.MDS], "monday": MONDAY}
    return Question(**(usual | {"transit_minutes": 90} | choices))


def verdicts(services, question: Question, feed) -> pd.Series:
    counted = situation.counted_services(services, question)
    around = situation.neighbours(services, question, feed=feed)
    return situation.measure(counted, question, around).communes["verdict"]


# --- the measures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "opening", "expected"),
    [
        # The bus of 6:45 is there at 7:50, that of 13:05 at 14:10; back at 12:20 and 18:15.
        ("Th 9:00-11:00", None, Verdict.COUVERT),
        ("Th 9:00-11:00", thursday(9, 11), Verdict.COUVERT),
        ("Th 9:00-11:00", thursday(14, 17), Verdict.FERME),
        ("Tu 9:00-11:00", thursday(9, 11), Verdict.FERME),
        ("Sa 9:00-11:00", None, Verdict.FERME),  # no bus to Poitiers on Saturdays
        ("Th 18:00-18:15", None, Verdict.FERME),  # a quarter of an hour is not enough
        ("Th 18:30-20:00", None, Verdict.FERME),  # the last bus leaves at 18:15
        ("", None, Verdict.SANS_INFORMATION),
        ("", thursday(9, 11), Verdict.SANS_INFORMATION),
        ("", thursday(19, 22), Verdict.FERME),  # whatever its hours: no bus would take her home
    ],
)
def test_a_service_counts_while_she_can_be_there(feed, hours, opening, expected):
    services = read(row("a", **STATION, horaires_accueil=hours)).services
    found = verdicts(services, asked(opening=opening), feed)
    assert found[MONTMORILLON] == expected
    assert found[CIVAUX] == Verdict.SANS_SERVICE


def test_half_an_hour_counts_within_the_hours_that_are_asked_for(feed):
    services = read(row("a", **STATION, horaires_accueil="Th 9:00-11:15")).services
    for end, expected in (("11:00", Verdict.FERME), ("10:45", Verdict.COUVERT)):
        start = time(*map(int, end.split(":")))
        question = asked(opening=DaysAndHours((3,), start, time(14)))
        assert verdicts(services, question, feed)[MONTMORILLON] == expected
        around = situation.neighbours(services, question, feed=feed)
        aid = gaps.in_reach(services, question, around, Aid.SOCIAL)[MONTMORILLON]
        assert (aid == gaps.Found.NONE) == (expected == Verdict.FERME)


def test_hours_are_those_that_she_can_spend_there(feed):
    services = read(row("a", **STATION, horaires_accueil="Mo-Fr 6:00-22:00")).services
    question = asked()
    counted = situation.counted_services(services, question)
    found = situation.measure(
        counted, question, situation.neighbours(services, question, feed=feed)
    )
    rows = found.communes
    assert rows["certain_h"][MONTMORILLON] == 5 * 10.25  # 8:00 to 18:15
    assert rows["certain_h"][POITIERS] == 5 * 16  # 1.3 km from her town hall: on foot
    assert found.by_hour.loc[3, 7] < found.by_hour.loc[3, 8] == found.by_hour.loc[3, 17]


def test_without_timetables_the_question_is_refused():
    services = read(row("a", **STATION)).services
    with pytest.raises(ValueError, match="horaires des transports"):
        situation.neighbours(services, asked())


def test_shelters_and_places_for_those_who_commit_violence_have_no_way_there(feed):
    hidden = row("refuge", type="hebergement", zone_eligibilite="86")
    never = row("auteurs", **STATION, publics="auteurs")
    services = read(row("a", **STATION), hidden, never).services
    reached = situation.neighbours(services, asked(types=MEASURED_TYPES), feed=feed)
    assert reached.week is not None
    for key in ("refuge", "auteurs"):
        assert reached.week.place_of[services.index.get_loc(key)] == -1
    _, target = reached.reach.pairs()
    assert set(target.tolist()) == {services.index.get_loc("a")}


def test_a_drop_in_of_a_scenario_is_reached_by_bus(feed):
    services = read(row("a", **CIVRAY)).services
    question = asked(opening=thursday(9, 12))
    listed = situation.counted_services(services, question)
    counted = apply(listed, Scenario(added=(DropIn(MONTMORILLON, "Th 09:00-12:00"),)))
    around = situation.neighbours(counted, question, feed=feed)
    found = situation.measure(counted, question, around, listed=listed).communes["verdict"]
    assert found[LA_TRIMOUILLE] == Verdict.COUVERT
    assert found[SAINT_SAVIN] == Verdict.SANS_SERVICE  # that line runs on Wednesday and Saturday


@pytest.mark.parametrize(("metres", "expected"), [(1530, 1), (1545, 0)])
def test_two_kilometres_on_foot_are_less_in_a_straight_line(metres, expected):
    """2 km ÷ 1.3 = 1,538 m."""
    hall = communes.read_communes(["86"])["mairie"]["86078"]
    place = {"latitude": str(hall.y + metres / 111_195), "longitude": str(hall.x)}
    services = read(row("a", code_insee="86078", **place)).services
    question = asked(transit_minutes=None, walk_km=2)
    found = situation.measure(services, question, situation.neighbours(services, question))
    assert found.communes["services"]["86078"] == expected
    said = words.minutes(found, "")
    assert "à vol d’oiseau × 1,3" in said
    assert "2\u00a0km font 30\u00a0min" in said


# --- there and back -----------------------------------------------------------------------


def test_the_outing_is_the_shortest_absence_and_says_what_she_takes(feed):
    services = read(
        row("a", **STATION, nom="Ouvert le matin", horaires_accueil="Th 9:00-11:00"),
        row("b", code_insee=CHAUVIGNY, nom="Inconnu"),
    ).services
    question = asked(opening=thursday(8, 18))
    reached = situation.neighbours(services, question, feed=feed)
    found = outings.outings(services, question, reached)
    her = found.loc[MONTMORILLON]
    assert (her["nom"], her["day"], her["sure"]) == ("Ouvert le matin", date(2026, 12, 3), True)
    answer = situation.measure(services, question, reached)
    read_by_people = outings.to_read(found, answer).set_index("Commune").loc["Montmorillon"]
    hall, stop = reached.communes["mairie"][MONTMORILLON], feed.stops.loc["MTM1"]
    assert abs(hall.x - stop["lng"]) < 0.005  # a walk of some minutes
    walk = 6 * 60 + 45 - her["leaves"] / 60
    assert 0 < walk < 10
    assert read_by_people["Pour y aller"] == (
        "ligne 101, Montmorillon, centre 6\u00a0h\u00a045 → Poitiers, gare 7\u00a0h\u00a050"
    )
    assert read_by_people["Pour revenir"].endswith("→ Montmorillon, centre 13\u00a0h\u00a025")
    assert read_by_people["Aller (min)"] == int(-(-(65 + walk) // 1))
    assert read_by_people["Sur place (min)"] == 2 * 60
    assert read_by_people["Attente (min)"] == 2 * 60 + 30
    # Chauvigny answers its own people, though nobody knows when.
    assert not found.loc[CHAUVIGNY, "sure"]
    assert found.loc[CHAUVIGNY, "way_out"] == "à pied"
    assert CIVAUX not in found.index
    lines = list(csv.reader(io.StringIO(
        outings.to_csv(outings.to_read(found, answer), answer, "fichier inventé").decode()
    )))  # fmt: skip
    assert lines[0][0] == "Code INSEE"
    assert {line[-1] for line in lines[1:]} == {"fichier inventé"}
    assert "90\u00a0min sans voiture" in lines[1][-2]


@pytest.mark.parametrize(
    ("hours", "served", "waited"),
    [
        # The bus is there at 7:50, and leaves at 12:20.
        ("Th 7:00-14:00", 270, 0),
        ("Th 10:00-12:00", 120, 150),
        ("Th 8:05-9:05", 60, 210),
        ("Th 9:00-10:00,11:30-12:30", 110, 160),
        ("Th 7:00-9:00", 70, 200),
    ],
)
def test_time_on_the_spot_is_that_while_it_is_open(feed, hours, served, waited):
    services = read(row("a", **STATION, horaires_accueil=hours)).services
    question = asked(opening=thursday(8, 12))
    reached = situation.neighbours(services, question, feed=feed)
    found = outings.outings(services, question, reached)
    answer = situation.measure(services, question, reached)
    her = outings.to_read(found, answer).set_index("Commune").loc["Montmorillon"]
    assert (her["Sur place (min)"], her["Attente (min)"]) == (served, waited)


def test_those_who_are_covered_have_an_outing_and_no_others(feed):
    services = read(
        row("a", **STATION, horaires_accueil="Mo-Fr 9:00-12:00,14:00-18:30"),
        row("b", code_insee=MONTMORILLON, horaires_accueil="We 9:00-10:00"),
    ).services
    for opening in (None, thursday(9, 12), thursday(17, 20)):
        question = asked(opening=opening)
        found = verdicts(services, question, feed)
        reached = situation.neighbours(services, question, feed=feed)
        there = outings.outings(services, question, reached)
        assert set(found.index[found == Verdict.COUVERT]) == set(there.index[there["sure"]])


# --- the page -----------------------------------------------------------------------------


def said_by(page: AppTest) -> str:
    return texts(page).replace("\\", "").replace("\u00a0", " ")


def with_feed(page: AppTest, content: bytes) -> str:
    """Return the texts of the page after this feed is uploaded."""
    upload = next(each for each in page.get("file_uploader") if each.label == "Fichier GTFS")
    upload.set_value(("horaires.zip", content, "application/zip")).run()
    assert not page.exception
    return said_by(page)


def test_without_a_feed_the_page_answers_on_foot_and_says_so(on_list):
    on_list(row("a", **CIVRAY, horaires_accueil="Th 9:00-12:00"))
    page = open_page(PAGE, **ASKED)
    said = said_by(page)
    assert "Sans les horaires des transports, nous ne savons pas où mène un bus" in said
    assert "à moins de 2 km à pied de leur mairie" in said
    assert "À pied : distance à vol d’oiseau × 1,3" in said


def test_a_feed_beside_the_list_answers_and_the_page_names_it(on_list):
    path = on_list(row("a", **STATION, nom="MDS de la gare", horaires_accueil="Th 9:00-12:00"))
    gtfs.beside(path).write_bytes(feeds.zipped(feeds.VIENNE))
    page = open_page(PAGE, **ASKED, ouverture="jeudi-09:00-12:00", vue="sorties")
    said = said_by(page)
    assert (
        "Sans voiture : horaires publiés par Horaires inventés (fichier joint à la liste), 9 "
        "arrêts, du lundi 2 novembre 2026 au jeudi 31 décembre 2026"
    ) in said
    assert "Aller et retour le même jour, 90 min au plus chacun" in said
    shades = view(page)["shades"]["communes"]
    assert "Couverte" in shades[MONTMORILLON][1]
    assert "Aucun service à portée" in shades[CIVAUX][1]
    headers = [header.value for header in page.header]
    assert "Aller et revenir : 3\u00a0communes sur 265" in headers
    table = page.dataframe[0].value.set_index("Commune")
    assert set(table.index) == {"Montmorillon", "Lussac-les-Châteaux", "Poitiers"}
    assert table.loc["Montmorillon", "Lieu"] == "MDS de la gare"
    assert "sorties" in page.query_params["vue"]
    select(page, "à moins de", "20\u00a0km")
    assert not any("Aller et revenir" in one.value for one in page.header)
    assert any("se demande sans voiture" in one.value for one in page.warning)


def test_the_readers_feed_counts_before_the_one_beside_the_list(on_list):
    path = on_list(row("a", **STATION, horaires_accueil="Th 9:00-12:00"))
    gtfs.beside(path).write_bytes(feeds.zipped(feeds.VIENNE))
    page = open_page(PAGE, **ASKED)
    other = feeds.tables({"9": ("LMMJV", [*feeds.along("CIV1 POI1", "8:00 8:40"),
                                          *feeds.along("POI1 CIV1", "13:00 13:40")])})  # fmt: skip
    said = with_feed(page, feeds.zipped(other))
    assert "(fichier fourni)" in said
    shades = view(page)["shades"]["communes"]
    assert "Couverte" in shades[CIVAUX][1]
    assert "Aucun service à portée" in shades[MONTMORILLON][1]


@pytest.mark.parametrize(
    ("changes", "asked_for", "said"),
    [
        (
            {"calendar": feeds.VIENNE["calendar"].replace("20261231", "20261127")},
            {},
            "s’arrêtent le vendredi 27 novembre 2026. Demander un fichier plus récent",
        ),
        (
            {"calendar": feeds.VIENNE["calendar"].replace("20261231", "20261202")},
            {"ouverture": "jeudi-09:00-12:00"},
            "s’arrêtent le mercredi 2 décembre 2026. Demander un fichier plus récent",
        ),
        (
            {"calendar": feeds.VIENNE["calendar"].replace("20261102", "20261203")},
            {},
            "pas tous les jours de la semaine du lundi 30 novembre 2026",
        ),
    ],
)
def test_days_that_the_calendar_does_not_cover_are_not_guessed(on_list, changes, asked_for, said):
    path = on_list(row("a", **STATION, horaires_accueil="Th 9:00-12:00"))
    gtfs.beside(path).write_bytes(feeds.zipped(feeds.VIENNE | changes))
    page = open_page(PAGE, **ASKED, **asked_for)
    words_said = said_by(page)
    assert said in words_said
    assert "à moins de 2 km à pied" in words_said


def test_a_day_that_the_calendar_covers_is_answered_though_it_ends_soon(on_list):
    path = on_list(row("a", **STATION, horaires_accueil="Tu 9:00-12:00"))
    ends = feeds.VIENNE["calendar"].replace("20261231", "20261202")
    gtfs.beside(path).write_bytes(feeds.zipped(feeds.VIENNE | {"calendar": ends}))
    page = open_page(PAGE, **ASKED, ouverture="mardi-09:00-12:00")
    assert "Couverte" in view(page)["shades"]["communes"][MONTMORILLON][1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"rien", "il faut un fichier GTFS, en .zip"),
        (feeds.zipped({"stops": feeds.VIENNE["stops"]}), "Il manque dans le fichier de transport"),
    ],
)
def test_what_is_no_feed_is_told_and_the_answer_is_on_foot(content, said):
    page = open_page(PAGE, **ASKED)
    words_said = with_feed(page, content)
    assert said in words_said
    assert "à moins de 2 km à pied" in words_said


def test_what_a_feed_leaves_out_is_told_and_the_rest_answered(on_list):
    path = on_list(row("a", **STATION, horaires_accueil="Th 9:00-12:00"))
    stops = feeds.VIENNE["stops"].replace("46.568,0.865", "0,0")
    gtfs.beside(path).write_bytes(feeds.zipped(feeds.VIENNE | {"stops": stops}))
    page = open_page(PAGE, **ASKED)
    assert "stops.txt, ligne 8" in said_by(page)
    assert "Couverte" in view(page)["shades"]["communes"][MONTMORILLON][1]


def test_where_best_and_the_rank_of_departements_are_not_offered(on_list):
    path = on_list(row("a", **STATION, horaires_accueil="Th 9:00-12:00"))
    gtfs.beside(path).write_bytes(feeds.zipped(feeds.VIENNE))
    page = open_page(PAGE, **ASKED, panneau="ou", vue="departements")
    assert "choisir une autre distance" in texts(page)
    offered = [option for group in page.segmented_control for option in group.options]
    assert "Aller et revenir" in offered
    assert "Départements de la liste" not in offered


def test_the_document_tells_how_it_is_measured(on_list):
    path = on_list(row("a", **STATION, horaires_accueil="Th 9:00-12:00"))
    gtfs.beside(path).write_bytes(feeds.zipped(feeds.VIENNE))
    page = open_page(PAGE, **ASKED)
    press(page, "Préparer le dossier de réunion")
    *_, files = page.session_state["couverture_dossier"]
    pdf = pypdf.PdfReader(io.BytesIO(files["pdf"]))
    said = " ".join(leaf.extract_text() for leaf in pdf.pages)
    assert "horaires publiés par Horaires inventés" in " ".join(said.split())
