"""Several choices of Couverture together: a figure follows them all, or says which it does not."""

import io
import zipfile
from datetime import datetime

import pypdf
import pytest
from streamlit.testing.v1 import AppTest

from geodata import gtfs
from geodata.paper import map_picture
from pages.shared import clock, downloads
from pages.shared.service_list import PARIS
from tests import feeds
from tests.lists import CIVRAY, content, row
from tests.test_pages import open_page, press
from tests.test_without_car import STATION, said_by

PAGE = "couverture.py"
BY_BUS = {"departements": "86", "types": "mds", "distance": "60minbus"}
EVENING = {"scenario": "86137:Tu 17:00-20:00", "nom": "Loudun le soir"}
BESIDE = {"scenario_b": "86165:Th 09:00-12:00", "nom_b": "Montmorillon", "montre": "b"}
SET_ASIDE = "Le scénario ne compte pas tant que ce panneau est ouvert"


@pytest.fixture(autouse=True)
def sunday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, 10, tzinfo=PARIS))


@pytest.fixture
def listed(on_list):
    """A list of two départements, whose rows say no language, with a feed beside it."""
    path = on_list(
        row("a", **STATION, horaires_accueil="Th 9:00-12:00"),
        row("b", **CIVRAY),
        row("c", code_insee="79191", commune="Niort", code_postal="79000"),
    )
    gtfs.beside(path).write_bytes(feeds.zipped(feeds.VIENNE))
    return path


def report(page: AppTest, *chapters: str) -> tuple[str, zipfile.ZipFile]:
    """Return the words of the report of these chapters, and its archive."""
    choice = next(one for one in page.button_group if one.key == "couverture_chapitres")
    choice.set_value(list(chapters)).run()
    press(page, "Préparer le dossier de réunion")
    *_, files = page.session_state["couverture_dossier"]
    leaves = pypdf.PdfReader(io.BytesIO(files["pdf"])).pages
    said = " ".join(" ".join(leaf.extract_text() for leaf in leaves).split())
    return said.replace("\u00a0", " "), zipfile.ZipFile(io.BytesIO(files["zip"]))


@pytest.mark.usefixtures("listed")
def test_a_report_by_timetable_offers_no_rank_of_departements():
    page = open_page(PAGE, **BY_BUS)
    choice = next(one for one in page.button_group if one.key == "couverture_chapitres")
    assert "Les départements de la liste" not in [one.content for one in choice.proto.options]
    by_car = open_page(PAGE, **BY_BUS | {"distance": "20km"})
    choice = next(one for one in by_car.button_group if one.key == "couverture_chapitres")
    assert "Les départements de la liste" in [one.content for one in choice.proto.options]


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("page", "asked", "said"),
    [
        (PAGE, BY_BUS | {"vue": "departements"}, "ne comparent pas les départements"),
        (PAGE, {"departements": "86", "vue": "sorties"}, "se demande sans voiture"),
        (PAGE, {"departements": "86", "vue": "tableau"}, "« vue \\: tableau »"),
        (PAGE, {"departements": "86", "carte": "rose"}, "« carte \\: rose »"),
        ("annuaire.py", {"vue": "historique"}, "qui peuvent modifier la liste"),
    ],
    ids=["no-rank", "no-outing", "unknown-view", "unknown-map", "for-editors"],
)
def test_what_an_address_asks_and_the_page_does_not_offer_is_told(page, asked, said):
    assert said in " ".join(one.value for one in open_page(page, **asked).warning)
    plain = open_page(page, departements="86")
    assert said not in " ".join(one.value for one in plain.warning)


def test_there_and_back_stays_open_until_there_are_timetables(listed):
    gtfs.beside(listed).unlink()
    page = open_page(PAGE, **BY_BUS, vue="sorties")
    assert "sorties" in page.query_params["vue"]
    assert "« Aller et revenir » demande les horaires des transports" in said_by(page)


def test_with_an_earlier_list_the_scenario_is_said_to_be_set_aside(listed):
    listed.with_name("services-2025-11.csv").write_bytes(content([row("b", **CIVRAY)]))
    page = open_page(PAGE, **BY_BUS, **EVENING, panneau="depuis", vue="sorties")
    assert SET_ASIDE in said_by(page)
    assert EVENING["scenario"] in page.query_params["scenario"]
    page = open_page(PAGE, **BY_BUS, panneau="depuis", vue="sorties")
    assert "Le scénario ne compte pas" not in said_by(page)
    page = open_page(PAGE, **BY_BUS, **EVENING, vue="sorties")
    assert "Le scénario ne compte pas ici." in said_by(page)


def test_a_report_is_made_again_for_another_edition(listed):
    for year, rows in (("2024", [row("b", **CIVRAY)]), ("2025", [row("z", **CIVRAY)])):
        listed.with_name(f"services-{year}.csv").write_bytes(content(rows))
    page = open_page(PAGE, **BY_BUS | {"distance": "20km"}, panneau="depuis")
    report(page, "depuis")
    page.session_state["couverture_edition"] = "2024"
    page.run()
    assert not page.exception
    assert "Depuis l’édition de 2024" in said_by(page)
    assert "couverture_dossier" not in page.session_state


@pytest.mark.usefixtures("listed")
def test_the_report_of_two_scenarios_says_which_one_it_follows():
    page = open_page(PAGE, **BY_BUS | {"distance": "2kmpied"}, langues="ar", **EVENING, **BESIDE)
    said, archive = report(page, "reponse", "scenario", "aides", "indicateurs", "semaine")
    assert "Le scénario B « Montmorillon » :" in said
    assert "Ce que change le scénario B « Montmorillon »" in said
    assert "supposée offrir ce qui est demandé, dans la langue demandée" in said
    assert "La langue demandée ne compte pas ici." in said
    assert "La langue demandée ne compte pas dans les indicateurs." in said
    assert "les délais, les places, le handicap ne sont pas mesurés" in said
    assert "à moins de 30 min en voiture" in said
    assert "les langues ou horaires inconnus pourraient changer cela" in said
    assert "Montmorillon" in archive.read("aides.csv").decode()


def test_the_archive_names_who_is_counted_and_where_ways_are_from(listed):
    table = "code_insee,annee,femmes\n86078,2021,30\n86194,2021,70\n"
    listed.with_name("services.population.csv").write_text(table)
    page = open_page(PAGE, **BY_BUS, qui="femmes")
    said, archive = report(page, "methode", "aides")
    for text in (said, archive.read("LISEZMOI.txt").decode("utf-8-sig")):
        assert "Personnes comptées : table de la population" in text
        assert "Trajets : horaires publiés par Horaires inventés" in text
    head, first, *_ = archive.read("aides.csv").decode().splitlines()
    assert dict(zip(head.split(","), first.split(","), strict=True))["comptees"] == "femmes"


@pytest.mark.usefixtures("listed")
def test_there_and_back_says_that_the_language_may_be_what_is_not_known():
    page = open_page(PAGE, **BY_BUS, langues="ar", vue="sorties")
    table = page.dataframe[0].value
    assert set(table["Ouvert"]) == {"à appeler : langues ou horaires inconnus"}


@pytest.mark.usefixtures("listed")
def test_the_places_that_are_best_are_those_of_the_list_without_the_scenario():
    page = open_page(PAGE, **BY_BUS | {"distance": "30min"}, **EVENING, panneau="ou")
    press(page, "Chercher")
    said = said_by(page)
    assert "à moins de 30 min en voiture (une estimation)" in said
    assert "d’après la liste seule, sans scénario" in said


def test_the_picture_of_the_map_says_both_scenarios_or_the_earlier_list(listed, monkeypatch):
    listed.with_name("services-2025-11.csv").write_bytes(content([row("b", **CIVRAY)]))
    drawn = []
    monkeypatch.setattr(downloads, "picture_kinds", lambda draw: drawn.append(draw) or [])
    monkeypatch.setattr(map_picture, "of_fills", lambda *parts: parts[-1].side)
    asked = BY_BUS | {"distance": "20km"}
    open_page(PAGE, **asked, **EVENING, **BESIDE, carte="entre")
    said = " ".join(drawn[-1]())
    assert "Avec le scénario A « Loudun le soir » :" in said
    assert "Avec le scénario B « Montmorillon » :" in said
    assert "Sûr :" not in said
    open_page(PAGE, **asked, panneau="depuis")
    said = " ".join(drawn[-1]())
    assert "Depuis l’édition de novembre 2025." in said.replace("\u00a0", " ")
