"""The page Trouver: as drawn by the script, and in a real browser."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import expect
from pypdf import PdfReader

from geodata import addresses
from geodata.__main__ import main
from geodata.answers import Need
from pages.map import leaflet_map
from pages.shared import clock
from pages.shared.service_list import PARIS
from tests.conftest import PHONE, ROOT, map_of, settled
from tests.geocoder import Server, answering, collection, feature, running
from tests.lists import CIVRAY, HOSTILE, content, row
from tests.test_pages import open_page, press, texts, view

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=PARIS)
PAGE = "trouver.py"
RUFFEC = {"code_postal": "16700", "commune": "Ruffec", "code_insee": "16292"}
THURSDAY = "jeudi-14:00-17:00"
CANARY = "Refuge des Canaris"


@pytest.fixture(autouse=True)
def tuesday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: TUESDAY)


@pytest.fixture
def geocoder() -> Iterator[Server]:
    with running() as server:
        yield server


def around_civray():
    return (
        row("ouvert", **RUFFEC, type="association", nom="Ouverte jeudi",
            horaires_accueil="Th 15:00-16:00", telephone="05 45 00 00 01", acces="sans-rdv"),
        row("vendredi", **CIVRAY, type="permanence", nom="Ouvre vendredi",
            horaires_accueil="Fr 09:00-12:00"),
        row("inconnu", **RUFFEC, type="association", nom="Horaires à demander",
            telephone="05 45 00 00 02"),
        row("3919", type="ecoute", nom="3919", telephone="3919", zone_eligibilite="france",
            horaires_accueil="24/7", acces="telephone"),
        row("foyer", type="hebergement", nom=CANARY, telephone="05 00 00 00 09",
            zone_eligibilite="86"),
        row("foyer-public", type="hebergement", nom=CANARY, **CIVRAY, confidentialite="public"),
        row("jamais", type="association", nom="Secret", confidentialite="non_publie",
            zone_eligibilite="86", telephone="05 00 00 00 08"),
    )  # fmt: skip


def headings(page) -> list[str]:
    return [element.value for element in page.header]


def asked(name=PAGE, **query):
    """Open the page Trouver from a link; all pages share the filter of time."""
    page = open_page(**{key: query.pop(key) for key in ("quand",) if key in query})
    for key, value in query.items():
        page.query_params[key] = value
    page.switch_page(name).run()
    assert not page.exception
    return page


def test_her_commune_then_the_others_by_when_they_can_receive_her(on_list):
    on_list(*around_civray())
    page = asked(depuis="86078", quand=THURSDAY)
    assert headings(page)[:4] == [
        "Dans sa commune, Civray, jeudi 26\u00a0novembre entre 14\u00a0h et 17\u00a0h",
        "Ailleurs : peuvent la recevoir jeudi 26\u00a0novembre entre 14\u00a0h et 17\u00a0h",
        "Ailleurs : à appeler d’abord, horaires inconnus ou sans date à venir",
        "Par téléphone ou en ligne",
    ]
    said = texts(page)
    assert said.index("fermé, ouvre vendredi à 9 h") < said.index("ouvert à partir de 15 h")
    assert re.search(r"À 1\d km environ, \d+ à \d+ min en voiture · sans rendez-vous", said)
    assert "écoute · conseil juridique" in said
    assert 'href="tel:0545000001"' in said
    assert "1,2 à 1,5 fois plus longue" in said
    assert dict(page.query_params)["depuis"] == "86078"


def test_numbers_near_her_come_before_the_national_lines_when_nothing_is_open(on_list):
    on_list(*around_civray())
    page = asked(depuis="86078", quand="dimanche-02:00-03:00")
    assert (
        "Aucun lieu de la liste que l’on sache ouvert dimanche 29 novembre entre 2 h et 3 h"
        in texts(page)
    )
    assert [heading.split()[0] for heading in headings(page)[:4]] == [
        "Dans",
        "Ailleurs",
        "Ailleurs",
        "Par",
    ]
    assert "à appeler d’abord" in headings(page)[1]
    on_list(
        *(
            service if service["id"] == "3919" else service | {"telephone": ""}
            for service in around_civray()
        )
    )
    page = asked(depuis="86078", quand="dimanche-02:00-03:00")
    assert headings(page)[1] == "Par téléphone ou en ligne"


def test_what_she_asks_more_precisely_is_kept_and_what_is_not_said_is_marked(on_list):
    on_list(
        row("oui", **RUFFEC, type="association", nom="Le dit", violences="mariage-force"),
        row("muette", **RUFFEC, type="association", nom="N’en dit rien"),
        row("autre", **RUFFEC, type="association", nom="Dit autre chose", violences="conjugales"),
        row("auteurs", **CIVRAY, type="association", nom="Pour eux", publics="auteurs"),
    )
    page = asked(depuis="86078", violence="mariage-force", langue="ar")
    assert dict(page.query_params)["violence"] == "mariage-force"
    names = [button.label for button in page.button]
    assert names.index("**Le dit**") < names.index("**N’en dit rien**")
    assert not {"**Dit autre chose**", "**Pour eux**"} & set(names)
    said = texts(page)
    assert "0 service le précise ; pour 2, ce n’est pas précisé" in said
    assert "violences accueillies : non précisé · langues : non précisé" in said
    press(page, "Nouvelle recherche")
    assert not {"violence", "langue"} & set(page.query_params)


def test_before_a_place_is_given_the_lines_of_all_france_and_the_map():
    page = asked()
    assert headings(page)[0] == "Partout en France, par téléphone"
    assert "3919" in texts(page)
    assert view(page)["pick"] == "position"
    assert view(page)["origin"] is None
    assert "depuis" not in page.query_params


def test_shelter_is_a_path_without_place_distance_or_pin(on_list):
    on_list(*around_civray())
    page = asked(depuis="86078", besoin="abri")
    said = texts(page)
    assert "115" in said
    assert any(CANARY in button.label for button in page.button)
    assert "personne ne doit pouvoir y retrouver une femme" in said
    assert " km" not in said.split("Une place se demande")[1].split("fichier du")[0]
    assert view(page)["places"] == []


@pytest.mark.parametrize("need", Need)
def test_without_a_place_the_map_shows_services_for_the_need_but_no_shelter(on_list, need):
    """Access to a shelter is by phone: not even its association is on the map."""
    on_list(
        *around_civray(),
        *(row(kind, **CIVRAY, type=kind) for kind in ("gendarmerie", "sante", "justice", "mds")),
    )
    shown = view(asked(besoin=str(need)))["places"]
    assert bool(shown) == (need is not Need.ABRI)


BEYOND = [[180.01, 46.1], [-360.29, 46.1], [0.29, 90.5], [0.29, -91], ["0.29", 46.1], [0.29], None]
"""What a map panned around the world, or a hostile page, may give for longitude and latitude."""


def test_only_a_point_on_earth_is_a_place_to_start_from(monkeypatch):
    points = iter([*BEYOND, [0.2949, 46.1486]])

    def frame(*_, key, on_change, **__):
        """Replace the frame of the map with a button that answers like a click on it."""

        def answer() -> None:
            st.session_state[key] = {"point": next(points)}
            on_change()

        st.button("answer", key=f"answer_{key}", on_click=answer)

    monkeypatch.setattr(leaflet_map, "st_folium", frame)
    page = asked()
    for _ in BEYOND:
        page.button(key="answer_carte_trouver").click().run()
        assert not page.exception
        assert "le point choisi" not in texts(page)
        assert "Ce point n’est dans aucune commune" not in texts(page)
    page.button(key="answer_carte_trouver").click().run()
    assert "le point choisi, à Civray" in texts(page)


@pytest.mark.parametrize("need", [need for need in Need if need is not Need.ABRI])
def test_no_shelter_and_nothing_hidden_is_in_any_other_answer(on_list, need):
    on_list(*around_civray())
    page = asked(depuis="86078", besoin=str(need))
    said = texts(page) + "".join(button.label for button in page.button)
    assert CANARY not in said
    assert "Secret" not in said
    assert {place[0] for place in view(page)["places"]}.isdisjoint({"foyer", "foyer-public"})


def test_a_link_to_a_hidden_row_opens_nothing(on_list):
    on_list(*around_civray())
    page = asked(depuis="86078", fiche="jamais")
    assert "Secret" not in texts(page) + "".join(button.label for button in page.button)
    assert "fiche" not in page.query_params


def test_the_competent_unit_is_not_guessed():
    page = asked(depuis="86078", besoin="plainte")
    assert "de quelle brigade ou de quel commissariat dépend Civray" in texts(page)


def test_the_competent_unit_is_that_of_the_official_table(on_list, monkeypatch):
    monkeypatch.setenv("MAILLAGE_UNITES", str(ROOT / "tests" / "sources" / "unites.csv"))
    on_list(row("gendarmerie-1000001", type="gendarmerie", telephone="05 49 00 00 00"))
    said = texts(asked(depuis="86078", besoin="plainte"))
    assert "Nous ne savons pas" not in said
    assert "<strong>Brigade du texte</strong> (gendarmerie), <a href=" in said


def test_the_table_that_the_command_imported_serves_as_well(on_list, monkeypatch, tmp_path):
    official, imported = ROOT / "tests" / "sources" / "unites.csv", tmp_path / "unites.csv"
    main(["import", "unites-competentes", str(official), "-o", str(imported)])
    monkeypatch.setenv("MAILLAGE_UNITES", str(imported))
    on_list(row("gendarmerie-1000001", type="gendarmerie", telephone="05 49 00 00 00"))
    said = texts(asked(depuis="86078", besoin="plainte"))
    assert "<strong>Brigade du texte</strong> (gendarmerie), <a href=" in said


def test_a_table_that_cannot_be_read_is_no_table(tmp_path, monkeypatch):
    (tmp_path / "table.csv").write_text("ceci;n'est pas\nla table;attendue\n")
    monkeypatch.setenv("MAILLAGE_UNITES", str(tmp_path / "table.csv"))
    assert "Nous ne savons pas de quelle brigade" in texts(asked(depuis="86078", besoin="plainte"))


def test_the_departements_without_data_are_named():
    assert "aucun service de ces départements voisins, à moins de 50 km : Charente (16)" in texts(
        asked(depuis="86078")
    )


@pytest.mark.parametrize(
    ("typed", "code", "label"),
    [
        ("civ", "86078", "Civray (86)"),
        ("86400", "86078", "Civray (86)"),
        ("le ches", "78158", "Le Chesnay-Rocquencourt (78)"),
    ],
)
def test_a_commune_is_found_as_it_is_typed(typed, code, label):
    page = asked()
    page.text_input(key="depart_mots").set_value(typed).run()
    page.button(key=f"depart_{code}").click().run()
    assert view(page)["origin"][2] == label
    press(page, "Changer")
    assert view(page)["origin"] is None


def test_an_address_is_found_by_the_geocoder_and_stays_out_of_the_page_s_address(
    geocoder, monkeypatch
):
    geocoder.behave = answering(collection(feature()))
    monkeypatch.setenv(addresses.ENVIRONMENT, geocoder.url)
    page = asked(depuis="99999")
    page.text_input(key="depart_mots").set_value("4 rue du commerce civray").run()
    assert geocoder.seen == []
    press(page, "Chercher cette adresse")
    page.button(key="depart_adresse_0").click().run()
    assert view(page)["origin"] == [0.2949, 46.1486, "4 Rue du Commerce 86400 Civray"]
    assert "depuis" not in page.query_params


def test_without_the_geocoder_the_commune_is_asked_for(monkeypatch):
    monkeypatch.setenv(addresses.ENVIRONMENT, "http://127.0.0.1:9")
    page = asked()
    page.text_input(key="depart_mots").set_value("4 rue du commerce civray").run()
    press(page, "Chercher cette adresse")
    assert "Choisir la commune" in texts(page)


@pytest.mark.parametrize(
    "query",
    [
        {"depuis": "{{1/0}}", "besoin": "<script>", "rayon": "-1", "quand": "hier"},
        {"depuis": "97801", "besoin": "soins", "rayon": "999999"},
        {"depuis": "2A004", "rayon": "10"},
    ],
)
def test_unknown_parameters_are_ignored(query):
    page = asked(**query)
    assert page.query_params.get("rayon") in (None, ["10"], "10")


def test_a_commune_chosen_on_the_first_page_is_where_she_is():
    page = open_page(communes="86078")
    page.switch_page(PAGE).run()
    assert view(page)["origin"][2] == "Civray (86)"


def test_the_sheet_holds_eight_and_stays_from_page_to_page():
    page = asked(depuis="78646", besoin="plainte")
    press(page, "Voir 20")
    for _ in range(8):
        press(page, "+ Ajouter à la feuille")
    assert "La feuille à remettre (8 sur 8)" in headings(page)
    assert next(b for b in page.button if b.label == "+ Ajouter à la feuille").disabled
    page.switch_page("carte.py").run()
    page.switch_page(PAGE).run()
    assert "La feuille à remettre (8 sur 8)" in headings(page)
    press(page, "Retirer")
    assert "La feuille à remettre (7 sur 8)" in headings(page)


def test_the_printed_handout_is_discreet_by_default(on_list):
    on_list(*around_civray())
    page = asked(depuis="86078", quand=THURSDAY)
    page.button(key="ajouter_ouvert").click().run()
    printed = texts(page).split("feuille-imprimee")[1]
    assert "05 45 00 00 01" in printed
    assert "Ouverte jeudi" not in printed
    page.checkbox(key="feuille_discrete").uncheck().run()
    assert "Ouverte jeudi" in texts(page).split("feuille-imprimee")[1]


def test_only_the_rest_of_a_started_span_counts(on_list, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: TUESDAY.replace(hour=16))
    on_list(row("tot", **CIVRAY, type="association", nom="Tôt", horaires_accueil="Tu 14:00-15:00"))
    page = asked(depuis="86078", quand="mardi-14:00-17:00")
    assert (
        "Aucun lieu de la liste que l’on sache ouvert mardi 24 novembre entre 16 h et 17 h"
        in texts(page)
    )


def test_a_night_that_is_not_over_is_the_requested_night(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: TUESDAY.replace(hour=1))
    page = asked(depuis="86078", quand="lundi-22:00-06:00")
    assert "mardi 24 novembre entre 1 h et 6 h" in texts(page)


def test_a_past_time_is_replaced_by_now_with_a_notice(on_list):
    on_list(*around_civray())
    page = asked(depuis="86078", quand="2026-01-06T14:30")
    assert "Ce moment est passé : voici la réponse pour maintenant" in texts(page)
    assert "janvier" not in texts(page)


def test_overseas_hours_are_those_of_the_place(on_list):
    on_list(
        row("reunion", nom="À Saint-Denis", type="association", code_insee="97411",
            horaires_accueil="Mo-Fr 08:00-16:00"),
    )  # fmt: skip
    page = asked(depuis="97411", quand="mercredi-14:00-17:00")
    assert headings(page)[0].replace("\u00a0", " ") == (
        "Dans sa commune, Saint-Denis, mercredi 25 novembre entre 14 h et 17 h (heure locale)"
    )
    assert "ouvert jusqu’à 16 h (heure locale)" in texts(page).replace("mercredi à ", "")


def test_a_commune_without_town_hall_point_still_has_its_services(on_list):
    on_list(
        row("ici", nom="Ici", type="association", code_insee="97801", telephone="05 90 00 00 00"),
        *around_civray(),
    )
    page = asked(depuis="97801", besoin="parler")
    assert "Nous ne savons pas où est cette mairie" in texts(page)
    assert any("Ici" in button.label for button in page.button)
    assert " km" not in texts(page).split("fichier du")[0]


def test_a_new_question_is_answered_though_a_sheet_is_open(on_list):
    on_list(*around_civray())
    page = asked(depuis="86078", quand=THURSDAY)
    press(page, "Ouverte jeudi")
    assert "fiche" in page.query_params
    page.selectbox(key="rayon").set_value(20).run()
    assert "fiche" not in page.query_params
    assert "Retour à la liste" not in [button.label for button in page.button]


def test_a_new_search_forgets_the_last_one(on_list):
    on_list(*around_civray())
    page = asked(depuis="86078", besoin="droits", quand=THURSDAY)
    press(page, "+ Ajouter à la feuille")
    press(page, "Nouvelle recherche")
    assert view(page)["origin"] is None
    assert "La feuille à remettre (0 sur 8)" in headings(page)
    assert dict(page.query_params) == {"besoin": "parler"}


# --- in a real browser --------------------------------------------------------------------


def found(page):
    expect(page.locator(".pied")).to_be_visible()
    settled(page)
    return page


def test_civray_on_a_thursday_afternoon(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(content(around_civray()))
    page = visit(serve(path) + "/trouver")
    page.get_by_label("Elle est à").press_sequentially("civ")
    page.get_by_role("button", name="Civray (86)").click()
    expect(page).to_have_url(re.compile("depuis=86078"))
    page.get_by_label("Elle peut venir").click()
    page.get_by_role("option", name="Un créneau de la semaine").click()
    expect(
        page.get_by_role("heading", name=re.compile("peuvent la recevoir jeudi"))
    ).to_be_visible()
    page.get_by_role("button", name="+ Ajouter à la feuille").nth(1).click()
    expect(page.get_by_role("heading", name="La feuille à remettre (1 sur 8)")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Enregistrer en PDF").click()
    assert download.value.suggested_filename == "adresses-utiles.pdf"
    pdf = PdfReader(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert "05 45 00 00 01" in pdf.pages[0].extract_text().replace("\u00a0", " ")
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    paper = "".join(sheet.extract_text() for sheet in printed.pages)
    assert "Adresses utiles" in paper
    assert "05 45 00 00 01" in paper.replace("\u00a0", " ")
    for telling in ("Civray", "Quitter", "127.0.0.1", "Maillage"):
        assert telling not in paper
    assert (page.errors, page.strangers) == ([], [])


def test_a_click_on_the_map_and_her_own_position_stay_out_of_the_address(app, visit):
    page = found(visit(f"{app}/trouver?depuis=86078"))
    frame = map_of(page)
    expect(frame.locator(".leaflet-container")).to_have_attribute("data-depart", "Civray (86)")
    settled(page)
    frame.locator("body").evaluate(
        "() => void map.fire('click', {latlng: L.latLng(46.5802, 0.3404)})"
    )
    expect(page.get_by_text("le point choisi, à Poitiers (86)")).to_be_visible()
    expect(page).not_to_have_url(re.compile(r"\?.*(depuis|86194|46)"))
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 48.828765, "longitude": 2.128765})
    frame.get_by_role("button", name="Ma position").click()
    expect(
        page.get_by_text(re.compile("votre position, à Le Chesnay-Rocquencourt"))
    ).to_be_visible()
    settled(page)
    assert re.search("depuis|48|2[.]12", page.url.split("/trouver")[1]) is None
    sent = frame.locator("body").evaluate("() => JSON.stringify(localStorage)")
    assert "48.8" not in sent
    assert page.strangers == []


def test_a_refused_position_explains_what_to_do(app, visit):
    page = found(visit(f"{app}/trouver"))
    frame = map_of(page)
    frame.get_by_role("button", name="Ma position").click()
    expect(frame.get_by_text("Position refusée ou inconnue")).to_be_visible()


def test_mantes_la_jolie_s_next_stop_and_its_sheet_on_a_phone(app, visit):
    page = found(visit(f"{app}/trouver?depuis=78361&rayon=10", size=PHONE))
    stop = "Bureau mobile L’Étincelle – Mantes-la-Jolie"
    page.get_by_role("button", name=stop, exact=True).click()
    expect(page.locator(".fiche")).to_contain_text("dates à renouveler")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Retour à la liste").click()
    expect(page.get_by_role("heading", name="Dans sa commune")).to_be_visible()


def test_hostile_text_neither_runs_nor_breaks_the_answer_or_the_sheet(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    free = ("nom", "structure", "adresse", "telephone", "horaires_precisions", "source", "publics")
    path.write_bytes(
        content(
            row(f"{i}{text}", **CIVRAY, type="association", **dict.fromkeys(free, text))
            for i, text in enumerate(HOSTILE[:8])
        )
    )
    page = found(visit(serve(path) + "/trouver?depuis=86078"))
    page.get_by_role("button", name=re.compile("Voir 3")).click()
    add = page.get_by_role("button", name="+ Ajouter à la feuille")
    expect(add).to_have_count(8)
    for number in range(8):
        settled(page)
        add.first.click()
        expect(page.get_by_role("heading", name=f"({number + 1} sur 8)")).to_be_visible()
    page.get_by_text("Discrète").click()
    settled(page)
    assert page.pdf()
    assert (page.dialogs, page.errors, page.strangers) == ([], [], [])
    assert page.locator("img[src='x']").count() == 0
