"""The page Couverture: full, filtered, scenario, empty, invalid parameters."""

import io
import zipfile
from datetime import datetime, time

import docx
import pypdf
import pytest
from streamlit.testing.v1 import AppTest

from geodata import situation
from geodata.coverage import Verdict
from geodata.service_types import Need
from geodata.siting import Goal
from geodata.situation import shades as situation_shades
from geodata.situation import words as situation_words
from pages.shared import clock, service_list
from pages.shared.service_list import PARIS
from tests.lists import CIVRAY, row
from tests.test_communes_named import workbook
from tests.test_pages import open_page, press, texts, view

SUNDAY = datetime(2026, 11, 22, 10, tzinfo=PARIS)
PAGE = "couverture.py"
LOUDUN = "86137"
EVENING = f"{LOUDUN}:Tu 17:00-20:00"
DAY_CENTRE = "accueil-de-jour"
"""The département 86 has one, in Poitiers, whose hours are unknown."""


@pytest.fixture(autouse=True)
def sunday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: SUNDAY)


def classes(page: AppTest) -> dict[str, str]:
    """Return the fill of each commune on the map."""
    shades = view(page)["shades"]
    return {code: shades["fills"][number] for code, (number, _) in shades["communes"].items()}


def select(page: AppTest, label: str, value: str) -> AppTest:
    next(box for box in page.main.selectbox if box.label == label).set_value(value).run()
    assert not page.exception
    return page


def switch(page: AppTest, label: str, value: str) -> AppTest:
    next(group for group in page.segmented_control if group.label == label).set_value(value).run()
    assert not page.exception
    return page


def test_the_page_opens_with_an_answer():
    page = open_page(PAGE)
    words = texts(page)
    assert "Sûr : <strong>0 %</strong>" in words
    assert "possible : <strong>99 %</strong> (549 000 personnes)" in words
    assert "0 des 44 services à portée" in words
    assert "ne dit rien des départements voisins (Ain, Allier, Côte-d’Or" in words
    assert "moins de 5 km" in words
    assert "population 2023" in words
    assert view(page)["territory"] == ["71"]
    assert len(classes(page)) == 563
    assert set(classes(page).values()) <= set(situation_shades.SCALE)
    assert len(page.dataframe[0].value) == 563


def test_an_aid_is_asked_for_in_the_sentence_and_kept_in_the_address():
    page = open_page("carte.py", departements="86", aides="avocat")
    page.switch_page(PAGE).run()
    assert "**un lieu avec avocat**" in [b.proto.popover.label for b in page.get("popover")]
    assert page.query_params["aides"] == "avocat"
    page = open_page(PAGE, departements="86")
    labels = [block.proto.popover.label for block in page.get("popover")]
    assert "**un lieu où parler à quelqu’un**" in labels
    assert "aides" not in page.query_params


@pytest.mark.parametrize("asked", [{"aides": "mise-a-l-abri"}, {"types": "hebergement"}])
def test_what_has_no_distance_is_refused(asked):
    assert "Aucune distance n’est donnée vers un hébergement" in texts(open_page(PAGE, **asked))


def test_filters_come_from_the_other_pages_and_go_back_to_them():
    page = open_page("carte.py", departements="78", types="mds")
    page.switch_page(PAGE).run()
    assert page.query_params["departements"] == "78"
    assert view(page)["territory"] == ["78"]
    assert page.query_params["types"] == "mds"
    page.main.multiselect[0].set_value(["92"]).run()
    assert view(page)["territory"] == ["92"]
    page.switch_page("carte.py").run()
    assert view(page)["territory"] == ["92"]
    page.switch_page(PAGE).run()
    assert view(page)["territory"] == ["92"]


def test_the_choice_survives_a_change_of_page_and_is_in_the_address():
    page = select(open_page(PAGE, departements="86"), "à moins de", "30min")
    select(page, "ouvert", "soir")
    switch(page, "À côté de la carte", "chiffres")
    switch(page, "Sur la carte", "nombre")
    wanted = {
        "departements": "86",
        "distance": "30min",
        "ouverture": "soir",
        "panneau": "chiffres",
        "carte": "nombre",
    }
    assert {key: page.query_params[key] for key in wanted} == wanted
    before = texts(page)
    assert "Temps de trajet : estimation" in before
    page.switch_page("annuaire.py").run()
    page.switch_page(PAGE).run()
    assert "Repères" in page.expander[0].label
    assert [line for line in texts(page).splitlines() if "reponse" in line] == [
        line for line in before.splitlines() if "reponse" in line
    ]


def test_certain_and_possible_are_two_figures_and_two_colours(on_list):
    on_list(
        row("a", **CIVRAY, horaires_accueil="Tu 18:00-20:00"),
        row("b", code_insee=LOUDUN),
    )
    page = open_page(PAGE, types="mds", ouverture="soir", carte="heures")
    fills = classes(page)
    assert fills["86078"] in situation_shades.SCALE
    assert fills[LOUDUN] == situation_shades.HATCHED
    assert fills["86194"] == situation_shades.NOBODY
    _, said = view(page)["shades"]["communes"]["86078"]
    assert "Couverte : 2 h sûres à ces heures" in said.replace("\u00a0", " ")
    assert 'title="mardi 18 h – 19 h : sûr' in texts(page)
    night = select(page, "ouvert", "nuit")
    assert "Fermé" in view(night)["shades"]["communes"]["86078"][1]


def test_tuesday_evening_can_be_asked_and_hours_are_mapped(on_list):
    on_list(
        row("a", **CIVRAY, horaires_accueil="Tu 18:00-20:00"),
        row("b", code_insee=LOUDUN, horaires_accueil="We 18:00-20:00"),
    )
    page = open_page(PAGE, types="mds")
    assert "Distance au service le plus proche" in texts(page)
    select(page, "ouvert", "jours-et-heures")
    assert page.query_params["ouverture"] in ("mardi-18:00-22:00", ["mardi-18:00-22:00"])
    assert "Heures de la semaine où quelqu’un" in texts(page)
    _, said = view(page)["shades"]["communes"]["86078"]
    assert "Couverte : 2 h sûres à ces heures" in said.replace("\u00a0", " ")
    assert "personne à ces heures" in view(page)["shades"]["communes"][LOUDUN][1]
    linked = open_page(PAGE, types="mds", ouverture="mercredi-18:00-20:00")
    assert "Heures de la semaine où quelqu’un" in texts(linked)
    assert "personne à ces heures" in view(linked)["shades"]["communes"]["86078"][1]
    assert "2 h et plus" in texts(linked)
    page.selectbox(key="couverture_a").set_value(time(18)).run()
    assert "Choisir deux heures différentes" in texts(page)


@pytest.mark.parametrize(
    ("hours_of_a", "hours_of_b", "said"),
    [
        ("", "", "Nous ne connaissons les horaires d’aucun des 2 services à portée"),
        ("Mo 10:00-12:00", "", "D’après les horaires que nous connaissons (1 des 2 services"),
        ("Mo 10:00-12:00", "Mo 10:00-12:00", "Nous connaissons tous les horaires : personne"),
    ],
)
def test_where_nothing_is_sure_what_is_known_comes_before_the_figures(
    on_list, hours_of_a, hours_of_b, said
):
    on_list(
        row("a", **CIVRAY, horaires_accueil=hours_of_a),
        row("b", code_insee=LOUDUN, horaires_accueil=hours_of_b),
    )
    words = texts(open_page(PAGE, types="mds", ouverture="soir"))
    assert words.index(said) < words.index("Sûr : <strong>0 %")
    assert ("Aucune heure n’est sûre" in words) == (hours_of_a == "")
    assert "d-abord" not in texts(open_page(PAGE, types="mds", ouverture="jour")) or not hours_of_a


def test_the_table_and_the_map_agree(on_list):
    on_list(row("a", **CIVRAY, horaires_accueil="Tu 18:00-20:00"), row("b", code_insee=LOUDUN))
    page = open_page(PAGE, types="mds")
    table = page.dataframe[0].value.set_index("Commune")
    shades = view(page)["shades"]["communes"]
    for code, name in (("86078", "Civray"), (LOUDUN, "Loudun"), ("86194", "Poitiers")):
        assert shades[code][1].splitlines()[-1] == table.loc[name, "Verdict"]
    assert table["Verdict"].iloc[0] == "Aucun service à portée dans la liste"


def test_weeks_with_a_public_holiday_can_be_looked_at(on_list):
    on_list(row("a", **CIVRAY, horaires_accueil="Mo-Fr 09:00-12:00; PH off"))
    page = open_page(PAGE, types="mds", semaine="2026-12-23")
    assert page.query_params["semaine"] == "2026-12-21"
    assert "Semaine du lundi 21 décembre 2026" in texts(page)
    assert "12 h sûres" in view(page)["shades"]["communes"]["86078"][1].replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"distance": "0km"}, "demande une distance qui n’est pas"),
        ({"distance": "1000000km"}, "demande une distance qui n’est pas"),
        ({"distance": "nankm"}, "demande une distance qui n’est pas"),
        ({"distance": "{{1/0}}"}, "demande une distance qui n’est pas"),
        ({"ouverture": "midi"}, "demande un moment que nous ne comprenons pas"),
        ({"semaine": "hier"}, "demande une semaine que nous ne comprenons pas"),
        ({"semaine": "9999-12-31"}, "demande une semaine que nous ne comprenons pas"),
        ({"scenario": "<script>alert(1)</script>"}, "Laissé de côté"),
        ({"scenario": "86137:Tu 17:00-20:00|99999:Tu 17:00-20:00"}, "n’est pas une commune"),
    ],
)
def test_invalid_parameters_are_reported_and_the_others_used(query, said):
    page = open_page(PAGE, departements="86", carte="zzz", panneau="zzz", **query)
    assert said in texts(page).replace("\\", "")
    assert "possible :" in texts(page)
    assert "alert" not in str(dict(page.query_params))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"departements": [f"{n:02}" for n in range(1, 11)]}, "c’est trop pour une carte"),
        ({"types": "hebergement"}, "Aucune distance n’est donnée"),
    ],
)
def test_an_impossible_question_is_explained(query, said):
    page = open_page(PAGE, **query)
    assert said in texts(page)
    assert "3919" in texts(page)
    assert not page.get("component_instance")


def test_a_departement_without_data_is_not_reported_as_uncovered():
    page = open_page(PAGE, departements="2A", carte="nombre")
    assert "Il y en a peut-être : nous ne le savons pas" in texts(page)
    assert set(classes(page).values()) == {situation_shades.HATCHED}
    assert texts(page).count('class="inconnue"') == 7 * 24
    assert set(page.dataframe[0].value["Verdict"]) == {
        "Sans information : la liste ne dit rien de ce département"
    }


@pytest.mark.parametrize("departement", ["15", "988"])
def test_communes_without_outline_population_or_town_hall_break_nothing(departement):
    for panel in ("heures", "chiffres", "et-si", "ou"):
        page = open_page(PAGE, departements=departement, panneau=panel)
        assert len(page.dataframe[0].value)


def test_a_list_without_any_place_still_answers(on_list):
    on_list(row("a", type="ecoute", zone_eligibilite="france", horaires_accueil="24/7"))
    page = open_page(PAGE)
    assert "Choisir au moins un département" in texts(page)
    page = open_page(PAGE, departements="86")
    assert "Sûr : <strong>0 %</strong>" in texts(page)


def test_no_shelter_and_no_hidden_place_reaches_the_page(on_list):
    on_list(
        row("a", **CIVRAY),
        row("b", type="hebergement", nom="Refuge canari", zone_eligibilite="86"),
        row("c", nom="Secret canari", confidentialite="non_publie", zone_eligibilite="86"),
        row("d", nom="Hors carte canari", confidentialite="departement", zone_eligibilite="86"),
    )
    page = open_page(PAGE, types=["mds"], panneau="et-si")
    page.main.checkbox[0].set_value(True).run()
    sent = str(view(page)) + texts(page) + str(page.dataframe[0].value)
    assert "canari" not in sent
    assert [place[0] for place in view(page)["places"]] == ["a"]
    assert not any("canari" in str(box.options) for box in page.main.selectbox)


# --- minutes -------------------------------------------------------------------------------


def matrix(page: AppTest, content: str) -> str:
    """Return the texts of the page after this file is uploaded."""
    page.get("file_uploader")[0].set_value(("temps.csv", content.encode(), "text/csv")).run()
    assert not page.exception
    return texts(page).replace("\\", "")


def test_minutes_are_marked_as_estimates_unless_from_a_file(on_list):
    on_list(row("a", **CIVRAY, horaires_accueil="Tu 18:00-20:00"))
    page = open_page(PAGE, types="mds", distance="30min")
    assert "Temps de trajet : estimation" in texts(page)
    assert "communes changeraient de verdict" in texts(page)
    said = matrix(page, "code_insee,id,minutes\n86078,a,31\n86194,a,29\n99999,a,5\n86001,x,5\n")
    assert "Temps de trajet : fichier fourni, 2 trajets" in said
    assert "99999" in said
    shades = view(page)["shades"]["communes"]
    assert "Aucun service à portée" in shades["86078"][1]
    assert "Couverte" in shades["86194"][1]
    page.checkbox(key="couverture_temps_osm").set_value(True).run()
    assert "OpenStreetMap, licence ODbL" in texts(page)


@pytest.mark.parametrize("content", ["", "n'importe quoi", "code_insee,id\n86078,a\n"])
def test_a_file_that_is_no_matrix_is_refused_and_the_estimate_kept(content):
    page = open_page(PAGE, departements="86", distance="30min")
    assert "Temps de trajet : estimation" in matrix(page, content)
    assert page.error


# --- et si… --------------------------------------------------------------------------------


def test_a_scenario_in_the_address_shows_before_and_after():
    page = open_page(PAGE, departements="86", types=DAY_CENTRE, scenario=EVENING, panneau="et-si")
    words = texts(page)
    assert "Sûr : 0 % → <strong>5 %</strong> (24 000 personnes)" in words
    assert "**24 000 personnes** de 42 communes gagnent des heures d’ouverture" in words
    assert "le mardi, 17 h – 20 h" in words
    assert len(classes(page)) == 42
    assert set(classes(page).values()) == {situation_shades.GAINS}
    assert [place[0] for place in view(page)["places"]] == ["scenario-1"]
    assert page.query_params["scenario"] == EVENING


def test_the_figures_show_before_and_after_where_they_differ():
    page = open_page(
        PAGE, departements="86", types=DAY_CENTRE, scenario=EVENING, panneau="chiffres"
    )
    words = texts(page)
    assert "<dd>53 % → 58 %</dd>" in words
    assert "<dd>– (aucune heure connue) → 0," in words
    assert "44 places" in words


def test_drop_ins_are_added_by_search_and_words_then_removed(on_list):
    on_list(row("a", **CIVRAY, horaires_accueil="Mo 09:00-12:00"))
    page = open_page(PAGE, types="mds", panneau="et-si")
    assert next(b for b in page.button if b.label == "Ajouter au scénario").disabled
    page.text_input(key="et_si_recherche").set_value("loudun").run()
    press(page, r"Loudun \(86\)")
    page.text_input(key="et_si_horaires").set_value("1er mardi du mois 17h-20h").run()
    assert "Compris : Le 1er mardi du mois, 17 h – 20 h" in texts(page)
    press(page, "Ajouter au scénario")
    assert page.query_params["scenario"] == f"{LOUDUN}:Tu[1] 17:00-20:00"
    press(page, "Enlever")
    assert "scenario" not in page.query_params
    page.text_input(key="et_si_horaires").set_value("quand il pleut").run()
    assert "pas compris" in texts(page)
    page.text_input(key="et_si_horaires").set_value("").run()
    next(g for g in page.button_group if g.key == "et_si_jours").set_value([]).run()
    assert "Choisir au moins un jour" in texts(page)


def test_a_service_is_closed_and_opened_again(on_list):
    on_list(row("a", **CIVRAY, horaires_accueil="Mo 09:00-12:00"))
    page = open_page(PAGE, types="mds", panneau="et-si")
    page.main.selectbox(key="et_si_fermer").set_value("a").run()
    press(page, "Fermer dans le scénario")
    assert page.query_params["scenario"] == "-a"
    assert "en perdent" in texts(page)
    assert situation_shades.LOSES in classes(page).values()
    press(page, "Tout enlever")
    assert "scenario" not in page.query_params


def test_a_scenario_is_bounded():
    full = "|".join(f"-{number}" for number in range(12))
    page = open_page(PAGE, departements="86", scenario=full, panneau="et-si")
    assert "au plus 12 éléments" in texts(page)
    assert not any("Ajouter au scénario" in button.label for button in page.button)


def test_two_scenarios_stand_side_by_side_and_the_link_keeps_both():
    asked = {"departements": "86", "types": DAY_CENTRE, "panneau": "et-si", "scenario": EVENING}
    page = open_page(PAGE, **asked, nom="Loudun", cout="150h")
    words = texts(page)
    assert "Coût écrit \\: 150 h par an, soit 6,4 h pour 1 000 personnes" in words
    assert "Aujourd’hui" not in words
    assert "montre" not in page.query_params
    press(page, "Comparer avec un autre scénario")
    page.text_input(key="et_si_recherche").set_value("montmorillon").run()
    press(page, r"Montmorillon \(86\)")
    press(page, "Ajouter au scénario")
    page.text_input(key="et_si_nom_b").set_value("Sud  <b>Vienne</b>").run()
    page.number_input(key="et_si_euros_b").set_value(9000).run()
    kept = dict(page.query_params)
    assert kept["scenario"] == EVENING
    assert (kept["nom"], kept["cout"]) == ("Loudun", "150h")
    assert kept["scenario_b"] == "86165:Tu 17:00-20:00"
    assert (kept["nom_b"], kept["cout_b"]) == ("Sud <b>Vienne</b>", "9000eur")
    assert kept["montre"] == "b"
    again = open_page(PAGE, **kept)
    for one in (page, again):
        said = texts(one)
        assert "Avec le scénario B « Sud &lt;b&gt;Vienne&lt;/b&gt; »." in said
        assert '<th scope="col">A : Loudun</th>' in said
        assert "<td>9 000</td>" in said
        assert "soit, par personne de plus" in said
    switch(again, "Sur la carte", "entre")
    assert set(classes(again).values()) == {situation_shades.GAINS, situation_shades.LOSES}
    switch(again, "Scénario montré sur cette page", "a")
    assert "Avec le scénario A « Loudun »." in texts(again)
    press(again, "Retirer celui-ci")
    assert again.query_params["scenario"] == "86165:Tu 17:00-20:00"
    assert not {"scenario_b", "nom_b", "cout_b", "montre"} & set(again.query_params)


def test_what_an_address_says_of_a_cost_is_checked():
    page = open_page(PAGE, departements="86", panneau="et-si", scenario=EVENING, cout="beaucoup")
    assert "Le coût de l’adresse n’est pas compris" in texts(page)
    assert page.query_params["scenario"] == EVENING
    assert "cout" not in page.query_params


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("aides", "une permanence ajoutée compte comme « possible »"),
        ("departements", "les parts et les rangs sont ceux qu’il donnerait"),
        ("indicateurs", "les lieux et la fraîcheur restent ceux de la liste d’aujourd’hui"),
    ],
)
def test_the_scenario_is_followed_in_the_other_views(view, said):
    asked = {"departements": "86", "types": DAY_CENTRE, "vue": view}
    before = open_page(PAGE, **asked)
    after = open_page(PAGE, **asked, scenario=EVENING, nom="Loudun")
    assert "Avec le scénario « Loudun » \\: " in texts(after)
    assert said in texts(after)
    assert said not in texts(before)
    shown = [
        one.dataframe[0].value.to_csv() if one.dataframe else texts(one).split("<table")[-1]
        for one in (before, after)
    ]
    assert shown[0] != shown[1]


def test_best_sites_are_listed_and_added_to_the_scenario():
    page = open_page(PAGE, departements="92", panneau="ou")
    press(page, "Chercher")
    assert "tous ceux qu’elle pourrait toucher ont déjà quelqu’un" in texts(page)
    page.main.selectbox(key="ou_but").set_value(Goal.HOURS).run()
    page.main.selectbox(key="ou_demi_journee").set_value("mardi soir").run()
    press(page, "Chercher")
    assert "mardi soir : " in texts(page)
    assert "autre choix ferait mieux" in texts(page).replace("ne ferait", "ferait")
    press(page, "Mettre dans le scénario")
    parts = page.query_params["scenario"].split("|")
    assert 1 <= len(parts) <= 3
    assert all(part.endswith(":Tu 17:00-20:00") for part in parts)
    assert len(set(parts)) == len(parts)


def test_three_drop_ins_for_people_are_three_places_and_the_curve_says_where_it_flattens():
    page = open_page(PAGE, departements="86", panneau="ou")
    press(page, "Chercher")
    words = texts(page)
    assert "**50 000 personnes** de plus auraient quelqu’un" in words
    assert "Aucun autre choix ne ferait mieux." in words
    assert "Au-delà de 5 permanences, une de plus apporte moins d’un dixième" in words
    assert "Avec 6, il ne manque plus personne." in words
    assert '<tr class=choisi><th scope="row">3</th>' in words
    press(page, "Mettre dans le scénario")
    parts = page.query_params["scenario"].split("|")
    assert len({part.partition(":")[0] for part in parts}) == 3


def test_a_bus_tours_and_the_link_shows_the_same_answer():
    asked = {"departements": "86", "panneau": "ou", "ou_but": "tournee", "ou_nombre": "2"}
    page = open_page(PAGE, **asked, ou_jour_km="100", ou_cherche="oui")
    first = texts(page)
    assert "Le bus roulerait **" in first
    assert "km** par semaine." in first
    assert "    - " in first
    assert "pour rentrer" in first
    assert "Aucun autre choix ne ferait mieux." in first
    select(page, "Au plus, par semaine", 200)
    assert "Le bus roulerait" not in texts(page)
    assert page.query_params["ou_semaine_km"] == "200"
    assert "ou_cherche" not in page.query_params
    press(page, "Chercher")
    kept = dict(page.query_params)
    assert kept["ou_cherche"] == "oui"
    assert "ou_depart" not in kept
    said = texts(page)
    again = texts(open_page(PAGE, **kept))
    start = said.index("de plus auraient quelqu’un")
    assert said[start : start + 900] in again
    press(page, "Mettre dans le scénario")
    assert 1 <= len(page.query_params["scenario"].split("|")) <= 2


def test_what_an_address_asks_of_where_best_is_checked():
    page = open_page(
        PAGE, departements="86", panneau="ou", ou_but="gagner", ou_nombre="99", ou_distance="20",
        ou_communes="86137,99999",
    )  # fmt: skip
    words = texts(page)
    for wrong in ("gagner", "99", "99999"):
        assert f"\\: {wrong} », que nous ne connaissons pas" in words
    kept = page.query_params
    assert kept["ou_distance"] == "20"
    assert (kept["ou_lieux"], kept["ou_communes"]) == ("choisies", "86137")
    assert not {"ou_but", "ou_nombre"} & set(kept)


def test_places_may_be_those_of_a_file_and_the_farthest_may_come_first():
    page = open_page(PAGE, departements="86", panneau="ou")
    page.main.selectbox(key="ou_but").set_value(Goal.FARTHEST).run()
    page.main.selectbox(key="ou_lieux").set_value("fichier").run()
    press(page, "Chercher")
    assert "Aucun lieu possible n’est choisi" in texts(page)
    given = ("lieux.csv", b"nom;commune\na;Civray\nb;Xyz\nc;Nice\n", "text/csv")
    page.get("file_uploader")[0].set_value(given).run()
    assert "Compris : 1 commune du territoire, 1 ailleurs" in texts(page)
    assert "Ligne 3 : « Xyz » n’est pas une commune" in texts(page).replace("\\", "")
    book = ("lieux.xlsx", workbook([["nom", "commune"], ["a", "Civray"], ["c", "Nice"]]), "")
    page.get("file_uploader")[0].set_value(book).run()
    assert not page.exception
    assert "Compris : 1 commune du territoire, 1 ailleurs" in texts(page)
    press(page, "Chercher")
    assert "La commune la plus éloignée est aujourd’hui à" in texts(page)
    assert "1. **Civray (86)**" in texts(page).replace("\\", "")
    page.get("file_uploader")[0].set_value(("x.csv", b"a;b\n1;2\n", "text/csv")).run()
    assert page.error
    page.main.selectbox(key="ou_lieux").set_value("choisies").run()
    page.main.multiselect(key="ou_communes").set_value(["86137"]).run()
    press(page, "Chercher")
    assert "ne rapprocherait personne des plus éloignés" in texts(page)


# --- the document --------------------------------------------------------------------------


def offered(page: AppTest) -> tuple[bool, list[str]]:
    """Return whether the document can be requested, and its downloads."""
    asking = [button for button in page.button if button.label == "Préparer le dossier de réunion"]
    saving = [button.label for button in page.get("download_button") if "Dossier" in button.label]
    return bool(asking), saving


def test_one_click_makes_the_document_which_stays_until_the_question_changes():
    page = open_page(PAGE, departements="92")
    assert offered(page) == (True, [])
    press(page, "Préparer le dossier de réunion")
    files = ["Dossier (PDF)", "Dossier à modifier (Word)", "Dossier et données (zip)"]
    assert offered(page) == (False, files)
    assert offered(page.run()) == (False, files)
    assert offered(select(page, "à moins de", "30km")) == (True, [])


def chapters(page: AppTest):
    return next(group for group in page.button_group if group.key == "couverture_chapitres")


def test_only_the_chapters_that_are_chosen_are_in_it_and_the_choice_stays():
    page = open_page(PAGE, departements="92")
    assert "Les cartes" in chapters(page).options
    assert "Le scénario" not in chapters(page).options
    assert "annexe" not in chapters(page).value
    chapters(page).set_value([]).run()
    assert "Choisir au moins un chapitre." in texts(page)
    asking = next(one for one in page.button if one.label == "Préparer le dossier de réunion")
    assert asking.disabled
    chapters(page).set_value(["territoires", "methode"]).run()
    press(page, "Préparer le dossier de réunion")
    assert offered(page)[0] is False
    kept = page.session_state["couverture_dossier"][-1]
    outline = pypdf.PdfReader(io.BytesIO(kept["pdf"])).outline
    titles = [entry.title for entry in outline if not isinstance(entry, list)]
    assert titles == ["Par territoire", "Méthode"]
    headings = [
        paragraph.text
        for paragraph in docx.Document(io.BytesIO(kept["docx"])).paragraphs
        if paragraph.style.name == "Heading 1"
    ]
    assert headings == titles
    names = zipfile.ZipFile(io.BytesIO(kept["zip"])).namelist()
    assert {"docx", "pdf"} <= {name.rsplit(".")[-1] for name in names}
    assert not any(name.startswith("aides") for name in names)
    select(page, "à moins de", "30km")
    assert list(chapters(page).value) == ["territoires", "methode"]
    assert offered(page) == (True, [])


# --- words and shades ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0 %"), (0.004, "moins de 1 %"), (0.384, "38 %"), (0.9999, "99 %"), (1, "100 %")],
)
def test_what_is_little_is_not_nothing_and_nearly_all_is_not_all(share, words):
    assert situation_words.percent(share).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 personne"), (949, "949 personnes"), (6839, "6 800 personnes"),
                          (165_812, "166 000 personnes")]
)  # fmt: skip
def test_people_are_rounded_as_one_speaks(number, words):
    assert situation_words.people(number).replace("\u202f", " ").replace("\u00a0", " ") == words


@pytest.mark.parametrize("measure", ["distance", "heures", "nombre", "offre"])
def test_darker_is_never_better_and_the_scale_darkens_step_by_step(measure):
    lightness = [
        sum(int(fill[i : i + 2], 16) for i in (1, 3, 5)) for fill in situation_shades.SCALE
    ]
    assert lightness == sorted(lightness, reverse=True)
    assert sum(int(situation_shades.NOBODY[i : i + 2], 16) for i in (1, 3, 5)) < lightness[-1]
    page = open_page(PAGE, departements="78", carte=measure)
    fills = classes(page)
    services = service_list.load().reading.services
    question = situation.Question(
        ["78"], (), SUNDAY.date().replace(day=23), km=20, aids=Need.PARLER.aids
    )
    counted = situation.counted_services(services, question)
    rows = situation.measure(counted, question, situation.neighbours(services, question)).communes
    column = {"distance": "nearest_m", "heures": "certain_h", "nombre": "services"}.get(
        measure, "supply"
    )
    shaded = rows[[fills[code] in situation_shades.SCALE for code in rows.index]]
    ordered = shaded.sort_values(column, ascending=measure == "distance").index
    steps = [situation_shades.SCALE.index(fills[code]) for code in ordered]
    assert steps == sorted(steps)
    if measure in ("heures", "offre"):
        silent = (rows["verdict"] == Verdict.SANS_INFORMATION) & (rows[column] == 0)
        unknown = rows.index[silent]
        assert {fills[code] for code in unknown} == {situation_shades.HATCHED}


def test_a_cell_of_the_matrix_leads_to_the_map_of_that_aid_in_that_epci():
    page = open_page(PAGE, departements="86", distance="30km", vue="aides")
    assert 'data-case="avocat/200070035"' in texts(page)
    assert "<span>interprète</span>" in texts(page)
    page.text_input(key="couverture_case").set_value("emploi/200070043").run()
    assert not page.exception
    assert (page.query_params["aides"], page.query_params["epci"]) == ("emploi", "200070043")
    assert "CC Vienne et Gartempe : 38 570 personnes" in texts(page)
    (south, west), (north, east) = view(page)["bounds"]
    assert 0.3 < west < east < 1.3
    assert 46 < south < north < 46.9
    page.text_input(key="couverture_case").set_value("n’importe/quoi").run()
    assert page.query_params["aides"] == "emploi"


def test_territories_are_on_the_map_and_in_the_table():
    page = open_page(PAGE, departements=["86", "79"], niveau="epci", carte="heures")
    assert len(set(classes(page).values())) > 1
    shades = view(page)["shades"]["communes"]
    assert shades["86078"] == shades["86061"]  # two communes of one EPCI
    assert "CC du Civraisien en Poitou : 26 641 personnes" in shades["86078"][1].replace(
        "\u202f", " "
    ).replace("\u00a0", " ")
    table = page.dataframe[0].value
    assert "CC du Civraisien en Poitou" in set(table["Intercommunalité"])
    select(page, "Sur la carte et dans la table", "departement")
    assert list(page.dataframe[0].value["Département"]) == ["Deux-Sèvres", "Vienne"]


def test_the_departements_of_the_list_have_ranks():
    page = open_page(PAGE, departements="86", vue="departements")
    table = page.dataframe[0].value
    assert set(table["Département"].str[-3:-1]) == {"71", "78", "86", "92"}
    assert table["Rang"].str.fullmatch(r"\d( à \d)?").all()


def test_the_indicators_of_the_year_are_shown_with_their_definitions():
    page = open_page(PAGE, departements="86", vue="indicateurs")
    assert "Lieux de la liste : avocat" in set(page.dataframe[0].value["Indicateur"])
    assert "Âge médian de l’information : Depuis la vérification" in texts(page)


def test_without_a_table_of_the_population_people_are_counted():
    page = open_page(PAGE, departements="86", qui="femmes")
    assert "demande de compter d’autres personnes" in texts(page)
    assert "combien de personnes" in texts(page)


def test_women_are_counted_where_a_table_beside_the_list_tells_them(on_list):
    path = on_list(row("a", **CIVRAY, horaires_accueil="Tu 18:00-20:00"))
    beside = path.with_name("services.population.csv")
    beside.write_text("code_insee,annee,femmes\n86078,2021,30\n86137,2021,70\n00000,2021,1\n")
    asked = {"departements": "86", "types": "mds", "distance": "5km"}
    page = open_page(PAGE, **asked, qui="femmes")
    said = texts(page)
    assert "Sûr : <strong>30 %</strong> (30 femmes)" in said
    assert "Tout compte des femmes (table de la population jointe à la liste 2021)" in said
    assert "Des communes voisines sont sans chiffre : elles ne partagent pas l’offre." in said
    assert "Sans chiffre, et pas comptées : 263 communes" in said
    assert "« 00000 », ce n’est le code d’aucune commune" in said
    assert "Part des femmes qui ont" in said
    select(page, "combien de", "personnes")
    assert "personnes)" in texts(page)
    assert "femmes)" not in texts(page)
    beside.write_text("commune,femmes\nCivray,30\n")
    page = open_page(PAGE, **asked)
    assert "nous comptons des personnes" in texts(page)
