"""Each page: full, filtered, empty, and with a broken list."""

import ast
import json
from datetime import datetime

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.testing.v1 import AppTest

from pages.map.leaflet_map import encoded
from pages.shared import clock, page_frame, service_list
from pages.shared.service_list import PARIS
from tests.conftest import ROOT
from tests.lists import CIVRAY, content, row

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=PARIS)


@pytest.fixture(autouse=True)
def tuesday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: TUESDAY)


@pytest.fixture
def on_list(tmp_path, monkeypatch):
    """Point the application to a temporary list; call again to change the file."""
    path = tmp_path / "services.csv"
    monkeypatch.setenv("MAILLAGE_SERVICES", str(path))
    return lambda rows: path.write_bytes(content(rows)) and path


def open_page(name: str = "carte.py", **query: str | list[str]) -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "router.py"), default_timeout=60)
    for key, value in query.items():
        page.query_params[key] = value
    if name != "carte.py":
        page.switch_page(name)
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    kinds = ("markdown", "error", "warning", "info", "caption", "header", "html")
    found = [element for kind in kinds for element in page.get(kind)]
    words = [getattr(e, "value", None) or getattr(e.proto, "body", "") for e in found]
    return "\n".join(map(str, words)).replace("\u00a0", " ").replace("\u202f", " ")


def view(page: AppTest) -> dict:
    """Return what the page sends to the map."""
    (component,) = page.get("component_instance")
    script = json.loads(component.proto.json_args)["feature_group"]
    literal, _ = json.JSONDecoder().raw_decode(script.split("JSON.parse(", 1)[1])
    return json.loads(literal)


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if label in button.label).click().run()
    assert not page.exception
    return page


def test_the_first_page_opens_on_the_whole_list():
    page = open_page()
    assert "469 services" in texts(page)
    shown = view(page)
    assert shown["territory"] == ["71", "78", "86", "92"]
    assert 150 < len(shown["places"]) < 469
    assert not shown["tiles"]


def test_no_shelter_and_no_hidden_place_is_ever_sent_to_the_map():
    sent = {place[0] for place in view(open_page())["places"]}
    services = service_list.load().reading.services
    hidden = services.index[
        (services["type"] == "hebergement") | (services["confidentialite"] != "public")
    ]
    assert len(hidden)
    assert sent.isdisjoint(hidden)


def test_the_page_address_sets_filters_and_time():
    page = open_page(departements="86", types="mds", quand="mardi-09:00-11:00")
    assert view(page)["territory"] == ["86"]
    assert "mardi 24 novembre entre 10 h et 11 h" in texts(page)
    assert page.query_params["quand"] == "mardi-09:00-11:00"


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ("mardi-09:00-11:00", "mardi 24 novembre entre 10 h et 11 h"),
        ("mardi-08:00-09:30", "mardi 1er décembre entre 8 h et 9 h 30"),
        ("mardi-22:00-02:00", "mardi 24 novembre entre 22 h et 2 h le lendemain"),
        ("lundi-09:00-11:00", "lundi 30 novembre entre 9 h et 11 h"),
        ("2026-12-24T18:30", "jeudi 24 décembre à 18 h 30"),
        ("maintenant", "ouverts maintenant"),
        ("jeudi-14:00%2B02:00-17:00", "ouverts maintenant"),
    ],
)
def test_a_span_of_the_week_is_the_next_one_that_is_not_over(asked, day):
    assert day in texts(open_page(quand=asked))


def test_unknown_parameters_are_ignored():
    page = open_page(departements=["86", "ZZ"], types="{{1/0}}", quand="hier", communes="00000")
    assert dict(page.query_params) == {"departements": "86"}


def test_near_a_commune_the_nearest_come_first_and_all_that_is_asked_is_said(on_list):
    on_list(
        [
            row("poitiers", nom="A", commune="Poitiers", code_insee="86194"),
            row("here", nom="B", **CIVRAY),
            row("line", nom="C", type="ecoute", zone_eligibilite="86"),
            row("hidden", nom="D", type="hebergement", zone_eligibilite="86"),
            row("far", nom="E", commune="Épône", code_insee="78217"),
        ]
    )
    page = open_page(communes="86078", autour="50")
    assert "**3 services** à moins de 50 km de Civray" in texts(page).replace("\\", "")
    assert [b.label for b in page.button if b.key.startswith("fiche_")] == [
        "**B**",
        "**A**",
        "**C**",
    ]
    assert texts(page).count("à vol d’oiseau</p>") == 1
    assert "À 48 km environ, à vol d’oiseau" in texts(page)
    assert view(page)["territory"] == ["86"]
    assert {place[0] for place in view(page)["places"]} == {"poitiers", "here"}
    assert page.query_params["autour"] in ("50", ["50"])
    page = press(page, "à moins de 50 km ✕")
    assert "**2 services** ·" in texts(page)
    assert "autour" not in page.query_params
    assert "autour : 7" in texts(open_page(communes="86078", autour="7")).replace("\\", "")


def test_the_map_fits_what_is_shown_and_a_territory_where_only_that_is_asked(on_list):
    poitiers = {"latitude": "46.58", "longitude": "0.34", "code_insee": "86194"}
    on_list([row("a", **poitiers), row("b", **CIVRAY), row("c", **poitiers, type="ccas")])
    (south, west), (north, east) = view(open_page(departements="86"))["bounds"]
    assert (south < 46.1, west < 0, north > 47.1, east > 1.2) == (True,) * 4
    (south, west), (north, east) = view(open_page(departements="86", types="ccas"))["bounds"]
    assert (south, west, north, east) == pytest.approx((46.52, 0.28, 46.64, 0.40))


def test_the_way_to_a_public_place_is_offered_and_no_name_is_given_to_the_map(on_list):
    exact = {"latitude": "46.58", "longitude": "0.34", "code_insee": "86194"}
    on_list(
        [
            row("exact", **exact, adresse="1 rue A"),
            row("about", **CIVRAY, adresse='2 rue "B"'),
            row("phone", **CIVRAY, type="association", confidentialite="commune"),
            row("line", type="ecoute", zone_eligibilite="86"),
            row("shelter", type="hebergement", nom="Foyer", zone_eligibilite="86"),
        ]
    )
    exact_place, about = (texts(open_page(fiche=key)) for key in ("exact", "about"))
    assert 'data-geo="46.58000,0.34000?q=46.58000%2C0.34000"' in exact_place
    assert "directions?to=46.58000%2C0.34000" in exact_place
    assert 'data-geo="0,0?q=2%20rue%20%22B%22%2C%2086400%20Civray"' in about
    assert "Cela quitte ce site." in about
    for key in ("phone", "line", "shelter"):
        page = texts(open_page(fiche=key))
        assert "Retour" not in page
        assert 'class="fiche"' in page
        assert "data-geo" not in page
        assert "openstreetmap" not in page


def test_no_result_suggests_filters_to_remove_and_a_button_clears_all():
    page = open_page(departements="86", mots="introuvable", quand="maintenant", inconnus="non")
    assert "Aucun service de la liste ne répond à toute cette demande" in texts(page)
    for what in ("les mots", "le département", "le moment demandé", "horaires inconnus"):
        assert what in texts(page)
    assert view(page)["places"] == []
    assert "469 services" in texts(press(page, "Tout effacer"))
    assert not page.query_params


SEARCHED = [
    row("a", **CIVRAY, nom="MDS", horaires_accueil="24/7", description="Un avocat le mardi"),
    row("b", **CIVRAY, nom="Ordre des avocats", type="justice"),
    row("c", **CIVRAY, nom="Le Relais", type="association", aides="accueil"),
    row("d", nom="Poitiers", code_insee="86194", commune="Poitiers"),
]


def names(page: AppTest) -> list[str]:
    return [button.label for button in page.button if (button.key or "").startswith("fiche_")]


def test_what_words_find_comes_in_the_order_of_the_words_unless_another_is_chosen(on_list):
    on_list(SEARCHED)
    page = open_page(mots="avocats")
    assert names(page) == ["**Ordre des avocats**", "**MDS**"]
    order = page.main.selectbox[0]
    assert order.options[0] == "Trier : le plus proche des mots"
    order.set_value("lieux ouverts d’abord, numéros à la fin").run()
    assert names(page) == ["**MDS**", "**Ordre des avocats**"]
    assert "plus proche des mots" not in "".join(open_page().main.selectbox[0].options)


def test_a_misspelled_word_is_said(on_list):
    on_list(SEARCHED)
    page = open_page(mots="avocta")
    assert "« avocta » n’est pas dans la liste : cherché comme « avocat »." in texts(page)
    assert len(names(page)) == 2


def test_words_that_find_nothing_are_named_and_left_out_at_a_click(on_list):
    on_list(SEARCHED)
    page = open_page(mots="avocat xyzzy <b>*")
    assert "« xyzzy » ne correspond à rien dans la liste" in texts(page)
    press(page, "Sans « xyzzy » : 2")
    assert page.query_params["mots"] == "avocat <b>*"
    assert len(names(page)) == 2


def test_words_that_find_nothing_together_are_tried_without_each(on_list):
    on_list(SEARCHED)
    page = open_page(mots="avocat Poitiers relais")
    assert "ne correspond à rien" not in texts(page)
    assert not [button.label for button in page.button if "Sans «" in button.label]
    page = open_page(mots="avocat Poitiers")
    offered = [button.label for button in page.button if "Sans «" in button.label]
    assert offered == ["Sans « Poitiers » : 2", "Sans « avocat » : 1"]
    assert names(press(page, "Sans « avocat »")) == ["**Poitiers**"]


def test_filters_survive_a_change_of_page():
    page = open_page(departements="86", types="mds", quand="jeudi-14:00-17:00")
    before = texts(page)
    page.switch_page("annuaire.py").run()
    assert "L’état de la liste" in texts(page)
    page.switch_page("carte.py").run()
    assert view(page)["territory"] == ["86"]
    assert page.query_params["types"] == "mds"
    assert before.splitlines()[1] == texts(page).splitlines()[1]


def test_a_name_opens_its_sheet_and_back():
    page = press(open_page(departements="86", mots="civray"), "solidarités de Civray")
    assert page.query_params["fiche"] == "86-mds-civray"
    assert view(page)["focus"]["id"] == "86-mds-civray"
    assert "Où" in texts(page)
    press(page, "Retour à la liste")
    assert view(page)["focus"] is None
    assert "fiche" not in page.query_params


def test_states_are_displayed_in_words(on_list):
    on_list(
        [
            row("a", **CIVRAY, horaires_accueil="Mo-Fr 09:00-12:00", telephone="01 02 03 04 05"),
            row("b", **CIVRAY, horaires_accueil="Th 14:00-16:00"),
            row("c", **CIVRAY, telephone="3919"),
            row("d", **CIVRAY),
            row("e", **CIVRAY, horaires_accueil="2023 Oct 25 10:00-12:00"),
            row("f", type="hebergement", zone_eligibilite="86"),
            row("g", type="association", confidentialite="commune", **CIVRAY),
        ]
    )
    words = texts(open_page())
    for expected in (
        "ouvert jusqu’à 12 h",
        "fermé, ouvre jeudi à 14 h",
        "horaires inconnus : appeler avant",
        "dates à renouveler",
        "Vienne, lieu tenu secret",
        "Civray, adresse communiquée par téléphone",
        "emplacement approximatif (mairie)",
        "information sans date, à vérifier",
    ):
        assert expected in words


def test_over_a_span_the_words_have_the_start(on_list):
    on_list([row("a", **CIVRAY, horaires_accueil="Tu 10:30-12:00"), row("b", **CIVRAY)])
    assert "ouvert à partir de 10 h 30" in texts(open_page(quand="mardi-10:00-12:00"))


def test_overseas_hours_are_marked_as_paris_time(on_list):
    on_list([row("a", code_insee="97411", horaires_accueil="Mo-Fr 09:00-18:00")])
    assert "(heure de Paris)" in texts(open_page())


def test_a_network_of_a_service_never_shown_is_not_offered(on_list):
    on_list([row("a"), row("b", confidentialite="non_publie", reseaux="reseau-canari")])
    page = open_page()
    assert not any("canari" in str(box.options).lower() for box in page.multiselect)


def test_rows_left_out_are_reported_on_every_page(on_list):
    on_list([row("a", **CIVRAY), row("b", type="comissariat")])
    for name in ("carte.py", "annuaire.py"):
        page = open_page(name)
        assert "1 ligne de la liste est laissée de côté. Colonne « type »" in texts(page)


def test_a_broken_list_keeps_the_last_valid_one_and_explains_why(on_list):
    path = on_list([row("a", **CIVRAY, nom="MDS de Civray")])
    assert "1 service" in texts(open_page())
    for break_it, words in (
        (lambda: path.write_text("n'importe quoi"), "Colonne obligatoire absente"),
        (lambda: path.write_bytes(b""), "introuvable ou vide"),
        (lambda: path.write_bytes(content([])), "aucun service lisible"),
        (path.unlink, "introuvable"),
    ):
        break_it()
        page = open_page()
        assert words in texts(page)
        assert "La dernière liste lisible reste affichée" in texts(page)
        assert any("MDS de Civray" in button.label for button in page.button)


@pytest.mark.parametrize("name", ["carte.py", "trouver.py", "couverture.py", "annuaire.py"])
def test_without_a_list_every_page_opens_on_how_to_begin_one(tmp_path, monkeypatch, name):
    monkeypatch.setenv("MAILLAGE_SERVICES", str(tmp_path / "rien.csv"))
    page = open_page(name)
    assert "Commencer" in texts(page)
    assert "est introuvable ou vide" in texts(page)
    assert not page.get("component_instance")
    assert not page.button
    assert len(page.get("file_uploader")) == 1


def test_a_list_without_any_point_still_opens(on_list):
    on_list([row("a", type="ecoute", zone_eligibilite="france", horaires_accueil="24/7")])
    page = open_page()
    assert "1 service" in texts(page)
    assert view(page)["places"] == []


@pytest.mark.parametrize(
    "text", ["{{ 1/0 }}", "{% raw %}", "</script>", "`${alert(1)}`", "a_b", "'\"\\", "\u2028"]
)
def test_data_reach_the_map_as_data_only(text):
    literal = encoded({"nom": text})
    assert not set("{}<>'`$&_\u2028") & set(literal)
    assert json.loads(json.loads(literal)) == {"nom": text}


def test_the_layers_are_respected():
    """geodata/ imports neither Streamlit nor folium; only pages/map/ imports folium."""
    for path in (ROOT / "geodata").rglob("*.py"):
        words = path.read_text("utf-8")
        assert "import streamlit" not in words
        assert "folium" not in words
    drawers = {p.name for p in (ROOT / "pages").rglob("*.py") if "import folium" in p.read_text()}
    assert drawers == {"leaflet_map.py"}


def test_an_unknown_value_in_the_address_is_said_once_and_not_applied():
    page = open_page(departements=["86", "990"], types="zzz", quand="hier", fiche="partie")
    said = page.warning[0].value
    for words in ("departements : 990", "types : zzz", "quand : hier", "fiche demandée"):
        assert words in said.replace("\\", "")
    assert page.session_state["filtre_departements"] == ["86"]
    page.button(key="avis_lus").click().run()
    assert not page.warning


def test_a_former_commune_in_the_address_is_the_commune_of_today():
    page = open_page(communes="86146")  # Marigny-Brizay, in Jaunay-Marigny since 2017
    assert page.session_state["filtre_communes"] == ["86115"]
    assert not page.warning


def test_a_filter_set_while_the_page_is_being_drawn_survives_too(monkeypatch):
    page = open_page(types="permanence")
    drawn = page_frame.sources

    def sources(*about):
        """A type is pressed before the page is drawn to its end, as the browser sends it."""
        monkeypatch.setattr(page_frame, "sources", drawn)
        context = get_script_run_ctx()
        pressed = WidgetStates()
        widget = pressed.widgets.add(
            id=context.session_state._state.get_widget_id_from_key("filtre_types")
        )
        widget.string_array_value.data[:] = ["Permanence", "CCAS"]
        context.script_requests.request_rerun(
            RerunData(page_script_hash=context.page_script_hash, widget_states=pressed)
        )
        drawn(*about)
        raise AssertionError("the run was not cut short")

    monkeypatch.setattr(page_frame, "sources", sources)
    page.switch_page("permanences.py").run()
    assert page.query_params["types"] == ["permanence", "ccas"]
    page.switch_page("carte.py").run()
    assert not page.exception
    assert page.query_params["types"] == ["permanence", "ccas"]


def test_a_filter_in_force_is_shown_and_taken_off():
    page = open_page(departements="86", types=["ccas", "mds"], mots="civray", quand="maintenant")
    labels = [button.label for button in page.button if button.label.endswith("✕")]
    assert labels == [
        "Vienne \\(86\\) ✕", "CCAS ✕", "Maison des solidarités ✕", "« civray » ✕", "maintenant ✕",
    ]  # fmt: skip
    assert "Filtres (5)" in texts(page)
    page.button(key="sans_types_ccas").click().run()
    assert page.session_state["filtre_types"] == ["mds"]
    page.button(key="sans_mots_civray").click().run()
    page.button(key="sans_quand_").click().run()
    assert "Filtres (2)" in texts(page)


def test_who_runs_the_site_is_said_on_every_page(monkeypatch):
    monkeypatch.setenv("MAILLAGE_NOM", "Observatoire <de la> Vienne")
    monkeypatch.setenv("MAILLAGE_CONTACT", "liste@exemple.fr")
    for name in ("carte.py", "annuaire.py"):
        said = texts(open_page(name))
        assert said.count("Observatoire &lt;de la&gt; Vienne") == 2
        assert "mailto:liste@exemple.fr" in said


SAYING = [
    row("said", **CIVRAY, nom="Dit", violences="sexuelles", aides="avocat"),
    row("silent", **CIVRAY, nom="Muet", type="justice"),
    row("other", **CIVRAY, nom="Autre", violences="mariage-force"),
    row("him", **CIVRAY, nom="Responsabilité", type="association", publics="auteurs"),
]


def test_what_is_not_said_is_kept_counted_and_marked(on_list):
    on_list(SAYING)
    page = open_page(violences="sexuelles")
    assert names(page) == ["**Dit**", "**Muet**"]
    assert "1 sans précision sur les violences accueillies" in texts(page)
    assert texts(page).count("Ne précise pas : les violences accueillies") == 1
    page = open_page(violences="sexuelles", sans_precision="non")
    assert names(page) == ["**Dit**"]
    assert "précise" not in texts(page)
    assert dict(page.query_params) == {"violences": "sexuelles", "sans_precision": "non"}
    nothing = texts(open_page(violences="prostitution", sans_precision="non"))
    assert "les violences subies" in nothing
    assert "cocher « Garder ce qui n’est pas précisé »" in nothing


def test_aids_are_those_of_the_row_or_of_its_type(on_list):
    on_list(SAYING)
    assert names(open_page(aides="avocat")) == ["**Dit**"]
    assert names(open_page(aides=["avocat", "juridique"])) == ["**Dit**", "**Muet**"]
    assert "l’aide cherchée" in texts(open_page(aides="garde-d-enfants"))


def test_a_service_for_perpetrators_is_shown_where_it_is_asked_for_alone(on_list):
    on_list(SAYING)
    assert "Responsabilité" not in str(names(open_page()))
    assert "Responsabilité" not in str(names(open_page(mots="responsabilité")))
    page = open_page(publics="auteurs")
    assert names(page) == ["**Responsabilité**"]
    assert "Pour les auteurs de violences" in texts(page)
    assert names(open_page(publics="auteurs", mots="responsabilite")) == ["**Responsabilité**"]


def test_enter_in_a_menu_chooses_what_is_named_and_never_all_that_match():
    """*86* would choose *986* too: Streamlit offers all matches first unless it is told not to."""
    calls = [
        (path.name, {argument.arg: argument.value for argument in call.keywords})
        for path in (ROOT / "pages").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "multiselect"
    ]
    assert len(calls) >= 7
    for name, given in calls:
        assert "select_all" in given, name
        assert ast.literal_eval(given["select_all"]) is False, name
