"""Couverture by language: who has a service that speaks it, or has an interpreter."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from geodata import coverage, situation
from geodata.aids import INTERPRETER
from geodata.coverage import SlotClass, Verdict
from geodata.situation import MEASURED_TYPES, Question, gaps, words
from geodata.situation.territories import Level
from pages.shared import clock
from pages.shared.service_list import PARIS
from tests.lists import CIVRAY, read, row
from tests.test_pages import open_page, texts, view

PAGE = "couverture.py"
LOUDUN, MONTMORILLON, CHATELLERAULT = "86137", "86165", "86066"
EVENING = "Tu 18:00-20:00"
QUESTION = Question(["86"], (), date(2026, 11, 30), km=12)
ROWS = (
    row("interprete", **CIVRAY, langues="interprete", horaires_accueil=EVENING),
    row("arabe", code_insee=LOUDUN, langues="ar|fr", horaires_accueil=EVENING),
    row("muet", code_insee=MONTMORILLON, horaires_accueil=EVENING),
    row("anglais", code_insee=CHATELLERAULT, langues="en", horaires_accueil=EVENING),
)
PLACES = (CIVRAY["code_insee"], LOUDUN, MONTMORILLON, CHATELLERAULT)


@pytest.fixture(autouse=True)
def sunday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 10, tzinfo=PARIS))


@pytest.fixture(scope="module")
def services():
    return read(*ROWS).services


def look(services, question):
    counted = situation.counted_services(services, question)
    return situation.measure(counted, question, situation.neighbours(counted, question))


@pytest.mark.parametrize(
    ("langues", "expected"),
    [
        (["ar"], [Verdict.COUVERT, Verdict.COUVERT, Verdict.SANS_INFORMATION,
                  Verdict.SANS_SERVICE]),
        (["en"], [Verdict.COUVERT, Verdict.SANS_SERVICE, Verdict.SANS_INFORMATION,
                  Verdict.COUVERT]),
        ([INTERPRETER], [Verdict.COUVERT, Verdict.SANS_SERVICE, Verdict.SANS_INFORMATION,
                         Verdict.SANS_SERVICE]),
        ([], [Verdict.COUVERT] * 4),
    ],
)  # fmt: skip
@pytest.mark.parametrize("opening", [None, SlotClass.SOIR])
def test_a_language_is_sure_where_it_is_said_and_possible_where_nothing_is(
    services, langues, expected, opening
):
    answer = look(services, replace(QUESTION, langues=langues, opening=opening))
    assert answer.communes["verdict"][list(PLACES)].tolist() == expected
    silent = answer.communes.loc[MONTMORILLON]
    assert silent["certain_h"] == (0 if langues else 2)
    assert silent["possible_h"] == 2
    assert bool(silent["supply"] > 0) == (not langues)


def test_a_silent_row_that_is_closed_then_is_not_even_possible(services):
    answer = look(services, replace(QUESTION, langues=["ar"], opening=SlotClass.NUIT))
    assert answer.communes["verdict"][MONTMORILLON] == Verdict.FERME
    assert answer.possible == 0


def test_a_silent_row_with_known_hours_is_not_counted_as_known():
    closed = row("clos", code_insee=MONTMORILLON, horaires_accueil="2026 Dec 15 10:00-12:00")
    services = read(*ROWS, closed).services
    assert look(services, QUESTION).known == 5
    assert look(services, replace(QUESTION, langues=["ar"])).known == 2


def test_certain_never_exceeds_what_it_is_without_a_language(services):
    asked, bare = look(services, replace(QUESTION, langues=["ar"])), look(services, QUESTION)
    assert 0 < asked.certain < asked.possible < bare.certain
    assert asked.communes["nearest_nom"][MONTMORILLON].endswith("(langues non dites)")
    assert not asked.communes["nearest_nom"][LOUDUN].endswith(")")
    assert asked.known == 2
    assert coverage.UNSURE not in look(services, QUESTION).services


@pytest.mark.parametrize("opening", [None, SlotClass.SOIR])
def test_the_cell_of_interpreters_says_what_the_page_says(services, opening):
    question = replace(QUESTION, langues=[INTERPRETER], types=MEASURED_TYPES, opening=opening)
    around = situation.neighbours(services, question)
    found = gaps.all_in_reach(services, replace(question, langues=()), around)
    cell = gaps.matrix(found, around.communes, level=Level.DEPARTEMENT).loc[("86", INTERPRETER)]
    page = look(services, question)
    assert cell["possible"] == pytest.approx(page.possible)
    assert cell["sure"] == pytest.approx(page.certain)
    assert cell["unknown"] == pytest.approx(page.possible - page.certain)


@pytest.mark.parametrize(
    ("langues", "said"),
    [
        ((), "un service quel qu’il soit"),
        (("ar",), "un service quel qu’il soit, en arabe (ou avec un interprète)"),
        (("ar", "en"), "quel qu’il soit, en arabe ou en anglais (ou avec un interprète)"),
        ((INTERPRETER,), "un service quel qu’il soit, avec un interprète"),
    ],
)  # fmt: skip
def test_the_sentence_says_the_language(langues, said):
    assert words.wanted(replace(QUESTION, langues=langues)).endswith(said)
    assert said in words.asked(replace(QUESTION, langues=langues))


# --- the page -----------------------------------------------------------------------------


def test_a_language_is_asked_for_in_the_sentence_and_kept_in_the_address(on_list):
    on_list(*ROWS)
    page = open_page("carte.py", langues="ar", types="mds")
    page.switch_page(PAGE).run()
    assert not page.exception
    assert page.query_params["langues"] == "ar"
    label = page.get("popover")[1].proto.popover.label
    assert "en arabe (ou avec un interprète)" in label
    words_of = {code: text for code, (_, text) in view(page)["shades"]["communes"].items()}
    assert "langues ou horaires inconnus" in words_of[MONTMORILLON].replace("\u00a0", " ")
    assert "Couverte" in words_of[LOUDUN]
    assert "la langue ou les horaires" in texts(page)
    assert open_page(PAGE, langues="xx")  # not a language: told, and answered


def test_where_no_row_says_the_language_the_page_says_what_to_ask(on_list):
    on_list(ROWS[2])
    said = texts(open_page(PAGE, langues="ar", types="mds"))
    assert "Aucune fiche à portée ne dit à la fois cette langue, ou un interprète" in said
    assert "Appeler 1 service pour le demander" in said
    assert "aucune fiche ne dit la langue et ses horaires" in said


def test_a_cell_of_interpreters_leads_to_their_map(on_list):
    on_list(*ROWS)
    asked = {"departements": "86", "aides": "avocat", "langues": "ar", "distance": "10km"}
    page = open_page(PAGE, vue="aides", **asked)
    html = texts(page)
    link = html.partition('data-case="interprete/')[2].partition('href="')[2].partition('"')[0]
    assert "langues=interprete" in link
    assert "aides=" not in link
    assert "langues=ar" not in html  # the matrix is of any language
    page.text_input(key="couverture_case").set_value("interprete/200070035").run()
    assert not page.exception
    assert page.query_params["langues"] == INTERPRETER
    assert "aides" not in page.query_params
    said = next(line for line in texts(page).splitlines() if "de-pres" in line)
    assert "CC du Civraisien en Poitou" in said
    page.text_input(key="couverture_case").set_value("avocat/200070035").run()
    assert "langues" not in page.query_params
    assert page.query_params["aides"] == "avocat"
