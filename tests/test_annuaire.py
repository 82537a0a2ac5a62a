"""The page Annuaire: quality of the list, calls of the week, records, problems."""

import csv
import io
import re
from datetime import datetime

import pandas as pd
import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from geodata import quality
from geodata.upkeep import calls, keeping
from geodata.upkeep.keeping import Edit
from pages.annuaire import access
from pages.annuaire.views import View
from pages.shared import clock
from pages.shared.service_list import PARIS
from tests.conftest import PHONE, settled
from tests.lists import CIVRAY, HOSTILE, content, read, row
from tests.test_pages import open_page, press, texts

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=PARIS)
TODAY = TUESDAY.date()
PAGE = "annuaire.py"
FRESH = {"date_source": "2026-11-01", "lien_source": "https://vienne.fr", "telephone": "0549000001"}
GOOD = {
    **CIVRAY,
    **FRESH,
    "latitude": "46.149",
    "longitude": "0.295",
    "horaires_accueil": "Mo-Fr 09:00-12:00",
}
FREE = (
    *("nom", "structure", "adresse", "commune", "telephone", "courriel", "site_web"),
    *("horaires_accueil", "horaires_precisions", "acces", "publics", "reseaux"),
    *("zone_eligibilite", "description", "source", "lien_source", "date_source", "autres_liens"),
)

EVERYWHERE = [
    *(("", by) for by in ("type", "source", "commune")),
    *((str(view), "type") for view in View if view != View.CALLS),
]
"""Each view, and the first one counted in each way."""


@pytest.fixture(autouse=True)
def tuesday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: TUESDAY)


def hostile_rows():
    """Return one row per hostile text, written in every text column."""
    for number, text in enumerate(HOSTILE):
        yield row(f"{number}{text}", code_insee="86078", **dict.fromkeys(FREE, text))


def table(page: AppTest) -> dict[str, list[str]]:
    """Return the numbers of the quality view by label."""
    html = next(str(e.proto.body) for e in page.get("html") if 'class="sante"' in e.proto.body)
    lines = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html)
    plain = [
        (re.sub(r"<.*?>", "", name), re.findall(r">([^<>]+)<", cells)) for name, cells in lines
    ]
    return {name: [text.replace("\u00a0", " ") for text in cells] for name, cells in plain}


def called(page: AppTest) -> list[str]:
    """Return the names to call, in order."""
    return [button.label for button in page.button if (button.key or "").startswith("fiche_")]


# --- quality of the list --------------------------------------------------------------------


def test_it_opens_on_the_sentence_the_picture_and_the_first_calls():
    page = open_page(PAGE)
    words = texts(page)
    assert "**469 fiches**, dont 58 avec des horaires connus" in words
    assert list(table(page))[:2] == ["Commissariat", "Gendarmerie"]
    assert len(table(page)) == 11
    assert "fiches à rappeler" in words
    assert len(called(page)) == 10
    assert 'href="tel:0' in words
    assert not page.query_params


def test_the_sentence_counts_one_and_none(on_list):
    on_list(row("a", **CIVRAY, telephone="3919", horaires_accueil="24/7"), row("b"))
    assert "**2 fiches**, dont 1 avec des horaires connus et 1 sans téléphone ni adresse." in texts(
        open_page(PAGE)
    )


def test_the_quality_view_matches_a_count_by_hand(on_list):
    on_list(
        row("a", **GOOD),
        row("b", **CIVRAY),
        row("c", **CIVRAY, date_source="2026-11-01"),
        row("d", type="ecoute", telephone="3919", zone_eligibilite="france"),
    )
    assert table(open_page(PAGE)) == {
        "Maison des solidarités": ["3", "33 %", "33 %", "33 %", "67 %", "33 %"],
        "Ligne d’écoute": ["1", "100 %", "0 %", "–", "0 %", "0 %"],
    }


def test_the_quality_view_is_a_table_for_screen_readers():
    html = texts(open_page(PAGE))
    assert html.count('<th scope="col"') == 7
    assert "<caption>Part des fiches où c’est en ordre, par type (– : sans objet)" in html


def test_sources_are_counted_the_worst_first_and_all_of_them_on_demand(on_list):
    on_list(
        row("a", **GOOD, source="La meilleure"), *(row(f"b{n}", source=f"S{n}") for n in range(16))
    )
    page = open_page(PAGE, par="source")
    assert len(table(page)) == 15
    assert "La meilleure" not in table(page)
    (every,) = page.main.checkbox
    assert every.label == "Voir tout : 17 lignes"
    every.check().run()
    assert list(table(page))[-1] == "La meilleure"
    assert page.query_params["par"] == "source"


def test_a_missing_commune_is_stated(on_list):
    on_list(row("a", **GOOD), row("b", type="hebergement", commune="Civray", zone_eligibilite="86"))
    assert {name: cells[0] for name, cells in table(open_page(PAGE, par="commune")).items()} == {
        "sans commune": "1",
        "Civray": "1",
    }


# --- the views ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("", "à rappeler"),
        ("zzz", "à rappeler"),
        ("fiches", "les plus incomplètes d’abord"),
        ("reseaux", "réseau"),
        ("verifier", "Déposer ici la liste"),
        ("a-corriger", "Aucun problème"),
    ],
)
def test_each_view_has_its_address(view, said):
    page = open_page(PAGE, vue=view)
    assert said in texts(page)
    assert page.query_params.get("vue", "") == (view if view in list(View) else "")


def test_the_end_of_the_school_holidays_is_listed_with_the_problems(monkeypatch):
    assert "vacances scolaires" not in texts(open_page(PAGE, vue="a-corriger"))
    monkeypatch.setattr(clock, "now", lambda: datetime(2199, 1, 1, 10, tzinfo=PARIS))
    assert "vacances scolaires s’est arrêté" in texts(open_page(PAGE, vue="a-corriger"))


@pytest.mark.parametrize("view", ["", "fiches", "reseaux", "affiches"])
def test_cached_results_follow_the_file(on_list, view):
    def said() -> str:
        page = open_page(PAGE, vue=view)
        widgets = [*page.button, *page.checkbox]
        return texts(page) + "".join(widget.label for widget in widgets)

    one, other = (
        row(key, nom=name, telephone=number, reseaux="clav-86", **CIVRAY)
        for key, name, number in (("a", "Un", "0549000001"), ("b", "Deux", "0549000002"))
    )
    on_list(one)
    before = said()
    on_list(one, other)
    after = said()
    assert ("Un" in before, "Deux" in before) == (True, False)
    assert ("Un" in after, "Deux" in after) == (True, True)
    assert ("1 fiche*" in before, "2 fiches*" in after) == (True, True)


def test_counted_networks_follow_the_file(on_list):
    def counted() -> list[str]:
        return re.findall(r'<th scope="row">([^<]+)', texts(open_page(PAGE, vue="reseaux")))

    on_list(row("a", reseaux="clav-86", **CIVRAY))
    before = counted()
    on_list(row("a", reseaux="clav-86|clav-78", **CIVRAY))
    assert len(before) == 1
    assert len(counted()) == 2


def test_a_departement_holds_for_every_view_and_every_page():
    page = open_page("carte.py", departements="86", types="mds")
    page.switch_page(PAGE).run()
    everywhere, here = len(open_page(PAGE).button), texts(page)
    assert everywhere
    assert "**469 fiches**" not in here
    assert page.query_params["departements"] == "86"
    page.main.multiselect[0].set_value(["92"]).run()
    assert set(page.main.segmented_control[0].options)
    page.switch_page("carte.py").run()
    assert page.query_params["departements"] == "92"
    assert page.query_params["types"] == "mds"


@pytest.mark.parametrize(("view", "by"), EVERYWHERE)
def test_a_row_that_is_never_shown_is_not_revealed(on_list, view, by):
    canary = {"nom": "Canari", "source": "Canari", "reseaux": "canari", "telephone": "0549123456"}
    on_list(row("a", **CIVRAY), row("canari", **canary, confidentialite="non_publie"))
    page = open_page(PAGE, vue=view, par=by, fiche="canari")
    said = texts(page) + str([button.label for button in page.button])
    assert "canari" not in said.lower()
    assert "0549123456" not in said


@pytest.mark.parametrize("view", list(View))
def test_a_departement_without_any_row_breaks_nothing(on_list, view):
    on_list(row("a", **CIVRAY))
    page = open_page(PAGE, departements="2A", vue=str(view))
    assert "**0 fiche**" in texts(page)


@pytest.mark.parametrize(("view", "by"), EVERYWHERE)
def test_hostile_texts_stay_texts(on_list, view, by):
    on_list(*hostile_rows())
    said = texts(open_page(PAGE, vue=view, par=by))
    for code in ("<img src=x", "<svg", "<script", 'href="javascript'):
        # In Markdown, a backslash before it makes it plain text.
        assert not re.search(rf"(?<!\\){re.escape(code)}", said)


def test_lines_left_out_are_counted_and_reported(on_list):
    on_list(row("a", **CIVRAY), row("b", type="comissariat"))
    page = open_page(PAGE, vue="a-corriger")
    (problem,) = page.table[0].value.to_dict("records")
    assert "commissariat" in problem["Que faire"]
    # The row may hide its place: its line is for editors, and its id for nobody.
    assert "Ligne" not in problem["Que faire"]
    assert problem["Fiche"] == ""
    assert "À corriger (1)" in str(page.segmented_control[0].proto)


def test_a_problem_names_its_row_and_editors_see_its_line(on_list, monkeypatch):
    on_list(row("h", type="hebergement", commune="Civray"), row("a", **CIVRAY, date_source="hier"))
    page = open_page(PAGE, vue="a-corriger")
    assert set(page.table[0].value["Fiche"]) == {"", "a"}
    assert "Ligne" not in texts(page) + page.table[0].value.to_csv()
    monkeypatch.setattr(access, "editor", lambda: "observatoire")
    page = open_page(PAGE, vue="a-corriger")
    assert set(page.table[0].value["Ligne"]) == {"2", "3"}


# --- the calls ------------------------------------------------------------------------------


def test_known_numbers_come_first_and_emergency_lines_never(on_list):
    on_list(
        row("a", nom="Sans numéro", **CIVRAY),
        row("b", nom="Peu à dire", **(GOOD | {"date_source": "2016"})),
        row("c", nom="Le pire", **CIVRAY, telephone="05 49 00 00 02"),
        row("d", nom="Renvoie au 3919", **CIVRAY, telephone="3919"),
        row("e", nom="Écoute", type="ecoute", telephone="3919", zone_eligibilite="france"),
        row("f", nom="En ordre", **GOOD),
    )
    page = open_page(PAGE)
    names = [label.strip("*") for label in called(page)]
    assert names == ["Le pire", "Peu à dire", "Sans numéro", "Renvoie au 3919"]
    words = texts(page)
    assert '<a href="tel:0549000002">05 49 00 00 02</a>' in words
    assert words.count('<p class="numero">numéro à trouver</p>') == 2
    offered = [button.label.replace("\u00a0", " ") for button in page.get("download_button")]
    assert offered == ["4 fiches, à imprimer (XLSX)", "4 fiches (CSV pour Excel)"]
    assert 'href="tel:3919"' not in words


def test_a_list_without_problems_has_no_calls(on_list):
    on_list(row("a", **GOOD))
    assert "Personne à rappeler" in texts(open_page(PAGE))


def test_a_page_number_beyond_the_last_shows_the_last():
    page = open_page(PAGE)
    page.session_state["annuaire_appels"] = 15
    page.run()
    page.main.multiselect[0].set_value(["78"]).run()
    assert not page.exception
    assert called(page)


def sheet_of(*rows: dict[str, str]) -> pd.DataFrame:
    services = read(*rows).services
    return calls.sheet(quality.to_call(services, TODAY), services, TODAY)


def test_the_call_sheet_has_questions_and_room_for_answers():
    shelter = {"type": "hebergement", "zone_eligibilite": "86", "commune": "Civray"}
    table = sheet_of(row("a", **CIVRAY, telephone="0549000002"), row("b", **shelter))
    assert tuple(table.columns) == calls.COLUMNS
    assert table.loc["a", "Téléphone"] == "0549000002"
    assert "Demander les jours" in table.loc["a", "Que demander"]
    assert table.loc["a", "Âge"] == "information sans date, à vérifier"
    assert table.loc["b", ["Commune", "Téléphone", "Fait le", "Réponse"]].tolist() == [
        "Vienne",
        "à trouver",
        "",
        "",
    ]


def test_an_empty_call_sheet_still_has_its_columns():
    table = sheet_of(row("a", **GOOD))
    assert table.empty
    assert tuple(
        next(csv.reader(io.StringIO(calls.to_csv(table).decode("utf-8-sig")), delimiter=";"))
    )
    assert load_workbook(io.BytesIO(calls.to_xlsx(table))).active.max_row == 1


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2+3", "@SUM(A1)", "\t=1", *HOSTILE])
def test_no_cell_of_the_call_sheet_is_ever_run(text):
    table = sheet_of(row("a", **CIVRAY, nom=text, telephone="0549000002"))
    (line,) = csv.DictReader(io.StringIO(calls.to_csv(table).decode("utf-8-sig")), delimiter=";")
    assert not re.match(r"\s*[=+\-@]", line["Fiche"])
    cells = load_workbook(io.BytesIO(calls.to_xlsx(table))).active
    assert cells["A2"].data_type == "s"
    assert cells["A2"].value.strip() == text.strip()
    assert cells["D2"].value == "0549000002"


def test_measures_computed_before_change_no_result():
    services = read(row("a", **GOOD), row("b", **CIVRAY), row("c", telephone="1")).services
    judged = quality.measures(services, TODAY)
    for ask in (
        quality.problems,
        quality.to_call,
        lambda *a, **k: quality.by_group(*a, "type", **k),
    ):
        pd.testing.assert_frame_equal(ask(services, TODAY, judged=judged), ask(services, TODAY))


def test_a_part_of_the_list_uses_the_measures_of_the_whole():
    services = read(row("a", **GOOD), row("b", **CIVRAY)).services
    judged = quality.measures(services, TODAY)
    part = services.loc[["a"]]
    told = quality.problems(part, TODAY, judged=judged)
    assert told[["id", "criterion"]].to_numpy().tolist() == [["a", "doublon"]]
    assert quality.problems(part, TODAY).empty
    assert quality.by_group(part, TODAY, "type", judged=judged).loc["mds", "doublon"] == 0


# --- the records ----------------------------------------------------------------------------


def test_a_call_opens_its_record_and_back(on_list):
    on_list(
        row(
            "86-mds-civray",
            **CIVRAY,
            source="Guide",
            lien_source="https://vienne.fr/guide",
            date_source="2016-11",
            autres_liens="https://autre.fr/a|javascript:alert(1)",
        )
    )
    page = press(open_page(PAGE), "MDS de Civray")
    assert page.query_params["fiche"] == "86-mds-civray"
    assert page.query_params["vue"] == "fiches"
    words = texts(page)
    for said in (
        "Il n’y a pas de numéro de téléphone.",
        "Demander les jours et les heures d’accueil.",
        'href="https://vienne.fr/guide"',
        'href="https://autre.fr/a"',
        "<dd>novembre 2016</dd>",
        "<dd>jamais</dd>",
        "<dd>86-mds-civray</dd>",
    ):
        assert said in words
    assert 'href="javascript' not in words
    press(page, "Retour aux fiches")
    assert "fiche" not in page.query_params
    assert "**1 fiche**, les plus incomplètes d’abord." in texts(page)


def test_a_record_without_problems_has_a_sentence(on_list):
    on_list(row("a", **GOOD))
    assert "Rien : cette fiche est complète" in texts(open_page(PAGE, vue="fiches", fiche="a"))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("CIVRAY", ["**MDS de Civray**"]),
        ("86-x", ["**Éloïse**"]),
        ("eloise 86400", ["**Éloïse**"]),
        ("introuvable", []),
        ("", ["**MDS de Civray**", "**Éloïse**"]),
    ],
)
def test_a_record_is_found_by_its_words(on_list, words, names):
    on_list(row("a"), row("86-x", nom="Éloïse", code_postal="86400", telephone="0549000001"))
    page = open_page(PAGE, vue="fiches")
    page.main.text_input[0].set_value(words).run()
    assert called(page) == names
    assert ("Aucune fiche" in texts(page)) == (not names)


def test_records_come_in_the_order_of_the_words(on_list):
    on_list(
        row("said", nom="Éloïse", description="Près de Civray"),
        row("named", nom="Maison de Civray", **GOOD),
        row("x"),
    )
    page = open_page(PAGE, vue="fiches")
    assert "les plus incomplètes d’abord" in texts(page)
    page.main.text_input[0].set_value("maison civrai").run()
    assert called(page)[0] == "**Maison de Civray**"
    assert "« civrai » n’est pas dans la liste : cherché comme « civray »" in texts(page)
    page.main.text_input[0].set_value("civray").run()
    assert "les plus proches d’abord" in texts(page)
    assert called(page)[0] == "**Maison de Civray**"
    page.main.text_input[0].set_value("civray xyzzy").run()
    assert "« xyzzy » ne correspond à rien" in texts(page)
    press(page, "Sans « xyzzy »")
    assert len(called(page)) == 3


def test_records_for_perpetrators_are_shown_where_they_are_asked_for(on_list):
    on_list(row("a"), row("him", nom="Responsabilité", type="association", publics="auteurs"))
    page = open_page(PAGE, vue="fiches")
    assert called(page) == ["**MDS de Civray**"]
    page.main.checkbox[0].check().run()
    assert sorted(called(page)) == ["**MDS de Civray**", "**Responsabilité**"]
    assert texts(page).count("Pour les auteurs de violences") == 1
    press(page, "Responsabilité")
    assert "Pour les auteurs de violences" in texts(page)


def test_the_whole_id_of_a_hidden_record_finds_it_alone(on_list):
    on_list(row("abri-7", type="hebergement", nom="Abri"), row("abri-8", nom="Autre"))
    page = open_page(PAGE, vue="fiches")
    page.main.text_input[0].set_value("abri-7").run()
    assert called(page) == ["**Abri**"]
    page.main.text_input[0].set_value("7").run()
    assert not called(page)


def test_a_record_shows_its_last_change(on_list):
    path = on_list(row("a", **CIVRAY), row("b"))
    when = datetime(2026, 11, 20, 9, tzinfo=PARIS)
    keeping.save(path, [Edit("a", "telephone", "", "0549000001")], who="essai", now=when)
    assert "<dt>Modifiée ici</dt><dd>20 novembre 2026</dd>" in texts(
        open_page(PAGE, vue="fiches", fiche="a")
    )
    assert "Modifiée ici" not in texts(open_page(PAGE, vue="fiches", fiche="b"))


def test_looking_at_a_record_leaves_no_file_beside_the_list(on_list):
    path = on_list(row("a", **CIVRAY))
    open_page(PAGE, vue="fiches", fiche="a")
    assert [file.name for file in path.parent.iterdir()] == ["services.csv"]


# --- in a browser ---------------------------------------------------------------------------


def test_on_a_phone_the_number_rings_and_nothing_overflows(app, visit):
    page = visit(f"{app}/annuaire?departements=78", size=PHONE)
    number = page.locator(".rappel a").first
    expect(number).to_be_visible()
    assert re.fullmatch(r"tel:\+?\d{8,}", number.get_attribute("href"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator(".sante").evaluate("table => table.scrollWidth") <= PHONE["width"]
    page.get_by_role("radio", name="Fiches", exact=True).click()
    expect(page).to_have_url(re.compile("vue=fiches"))
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.errors == []


def test_hostile_texts_run_in_no_view(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(content(hostile_rows()))
    page = visit(serve(path) + "/annuaire?par=source")
    expect(page.locator(".rappel").first).to_be_visible()
    page.locator('[class*="st-key-fiche_"] button').first.click()
    expect(page.locator(".fiche h2")).to_be_visible()
    for view in ("Réseaux", "Vérifier", "À corriger"):
        page.get_by_role("radio", name=re.compile(f"^{view}")).click()
        settled(page)
    assert (page.dialogs, page.errors, page.strangers) == ([], [], [])
    assert page.locator("img[src='x']").count() == 0
