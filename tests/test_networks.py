"""Networks: sectors of the members, missing sectors, the sheet to print, the panel."""

import io
import itertools
import re
from datetime import date

import pandas as pd
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from geodata import networks
from geodata.networks import NOT_STATED, UNKNOWN, Sector
from geodata.paper.network_sheet import file_name, sheet
from geodata.services import ServiceType, read_services
from tests.conftest import ROOT
from tests.lists import CIVRAY, read, row

TODAY = date(2026, 11, 22)
NETWORK = "reseau-vif-test"
HOSTILE = (
    "<img src=x onerror=alert(1)> **gras** {{7*7}} $x$",
    "بيت النساء 👩‍👧 \u202eenvers\u202c \u200b",
    "X" * 500,
    "mot " * 125,
)
CANARIES = ("CANARI-NOM", "CANARI-STRUCTURE", "CANARI-SOURCE", "01 99 99 99 99", "canari-reseau")


def hidden(key="cache", **cells):
    return row(
        key, nom=CANARIES[0], structure=CANARIES[1], source=CANARIES[2], telephone=CANARIES[3],
        confidentialite="non_publie", type="association", zone_eligibilite="86",
        **{"reseaux": f"{NETWORK}|{CANARIES[4]}"} | cells,
    )  # fmt: skip


def member(key="membre", **cells):
    return row(key, **{"reseaux": NETWORK, "type": "permanence"} | cells)


# --- the sector of a service --------------------------------------------------------------

SHIPPED = {
    Sector.JUSTICE: """
        92-tgd 71-spip-chalon 71-pjj-chalon 71-mjd-chalon 71-tj-chalon 86-tj-poitiers""",
    Sector.POLICE: """
        71-commissariat-chalon 71-police-municipale-chalon 71-gendarmerie-chalon
        71-commissariat-macon 71-commissariat-creusot 71-commissariat-montceau
        71-gendarmerie-louhans 71-gendarmerie-tournus 86-commissariat-poitiers
        86-commissariat-chatellerault 86-gendarmerie-montmorillon 86-gendarmerie-loudun""",
    Sector.SOCIAL: """
        71-ecoute-vif-chalon 71-intervenantes-sociales-commissariat-chalon 71-mds-macon
        71-mds-cluny 71-mds-tournus 71-mds-chalon 71-mds-louhans 71-mds-montceau 71-mds-autun
        71-mds-le-creusot 71-mds-bourbon-lancy 71-mds-charolles 71-mds-gueugnon 71-caf-chalon
        71-direction-solidarites-grand-chalon 71-ccas-chalon 71-maison-famille-chalon
        71-intervenantes-sociales-macon 71-intervenante-sociale-creusot
        71-intervenants-sociaux-montceau 71-intervenante-sociale-gendarmerie-bresse
        71-intervenante-sociale-saint-germain-du-bois 71-cias-autunois-morvan
        86-mds-fontaine-le-comte 86-mds-civray 86-mds-loudun 86-mds-jaunay-marigny
        86-mds-montmorillon 86-mds-poitiers 86-intervenant-social-commissariat-poitiers
        86-intervenant-social-commissariat-chatellerault 86-intervenants-sociaux-gendarmerie""",
    Sector.HEALTH: """
        71-urgences-ch-william-morey 71-ch-chalon-service-social 71-ch-chalon-centre-planification
        86-maison-de-freyja 86-umj-chu-poitiers 86-uaped-chu-poitiers
        86-reseau-vc-montmorillonnais""",
    Sector.EDUCATION: "71-education-nationale-vif-chalon",
    Sector.HOUSING: """
        92-escale-hebergement 92-flora-tristan-hebergement 92-afed92-hebergement 71-siao-115""",
    Sector.ASSOCIATIONS: """
        92-fvv92-ecoute 92-escale-accueil 92-escale-permanence-suresnes 92-flora-tristan-accueil
        92-afed92-accueil 78-etincelle-accueil-de-jour 78-etincelle-mobile-le-chesnay-rocquencourt
        78-etincelle-mobile-mantes-la-jolie 78-etincelle-mobile-mantes-la-ville
        78-etincelle-mobile-trappes 78-etincelle-mobile-plaisir 71-croix-rouge-chalon
        71-france-victimes-chalon 71-france-victimes-macon 71-france-victimes-permanence-louhans
        71-france-victimes-commissariat-macon 71-cidff 71-planning-familial
        71-ecluse-accueil-de-jour 71-le-pont 71-leao-macon 71-sauvegarde 86-cidff
        86-accueil-de-jour-croix-rouge""",
    # The delegate at the préfecture is in none of the sectors.
    None: "71-ddfe",
}


@pytest.fixture(scope="module")
def shipped():
    return read_services(ROOT / "services.csv").services


def test_the_sector_of_every_member_of_a_shipped_network(shipped):
    named = {key: sector for sector, keys in SHIPPED.items() for key in keys.split()}
    found = networks.sectors(shipped[shipped["reseaux"] != ""])
    assert found.to_dict() == named


CASES = [
    # a drop-in: who runs it decides, not where it is held
    ("permanence", "Permanence", "Police nationale", Sector.POLICE),
    ("permanence", "Permanence au commissariat", "", None),
    ("permanence", "Permanence au commissariat", "CIDFF du Rhône", Sector.ASSOCIATIONS),
    ("permanence", "Permanence du CIDFF au collège Rabelais", "", Sector.ASSOCIATIONS),
    ("permanence", "Intervenante sociale au commissariat", "", Sector.SOCIAL),
    ("permanence", "Intervenantes sociales", "Réseau VIF", Sector.SOCIAL),
    ("permanence", "Intervenante sociale", "France Victimes 71", Sector.ASSOCIATIONS),
    (
        "permanence",
        "Intervenant social",
        "Département de la Vienne et police nationale",
        Sector.SOCIAL,
    ),
    ("permanence", "Police municipale de Trappes", "Ville de Trappes", Sector.POLICE),
    (
        "permanence",
        "Assistante sociale près de la police municipale",
        "Ville de Trappes",
        Sector.SOCIAL,
    ),
    ("permanence", "Permanence", "Mairie de Civray, police municipale", Sector.POLICE),
    ("permanence", "Permanence d’avocats", "Ville de Trappes", Sector.JUSTICE),
    ("permanence", "Permanence", "Conseil départemental de l’accès au droit", Sector.JUSTICE),
    ("permanence", "Permanence", "Conseil départemental du Rhône", Sector.SOCIAL),
    ("permanence", "Permanence", "Ministère de l’Éducation nationale", Sector.EDUCATION),
    ("permanence", "Permanence", "Lycée Camille-Guérin", Sector.EDUCATION),
    ("permanence", "Permanence", "Rectorat de l’académie de Poitiers", Sector.EDUCATION),
    ("permanence", "Permanence", "CENTRE HOSPITALIER, service social", Sector.HEALTH),
    ("permanence", "Permanence", "Caf", Sector.SOCIAL),
    ("permanence", "Permanence", "Café associatif", None),
    ("permanence", "Permanence", "Villeneuve", None),
    ("permanence", "Permanence", "", None),
    # other types have their own sector
    ("ecoute", "115", "Croix-Rouge française", Sector.HOUSING),
    ("ecoute", "SIAO de la Vienne", "", Sector.HOUSING),
    ("ecoute", "Numéro vert", "Ville de Chalon-sur-Saône", Sector.SOCIAL),
    ("ecoute", "Écoute", "", Sector.ASSOCIATIONS),
    ("accueil-de-jour", "Accueil", "", Sector.ASSOCIATIONS),
    ("accueil-de-jour", "Accueil", "CCAS de Poitiers", Sector.SOCIAL),
    ("association", "Le Pont", "Ville de Mâcon", Sector.ASSOCIATIONS),
    ("hebergement", "Résidence", "PEP 71", Sector.HOUSING),
    ("justice", "Téléphone grave danger", "Parquet et Département", Sector.JUSTICE),
    ("ccas", "CIAS", "Communauté de communes", Sector.SOCIAL),
]
STATED = [
    ("education", Sector.EDUCATION, False),
    ("Éducation", Sector.EDUCATION, False),
    ("Police et gendarmerie", Sector.POLICE, False),
    ("gendarmerie", Sector.POLICE, False),
    ("SANTÉ", Sector.HEALTH, False),
    ("association", Sector.ASSOCIATIONS, False),
    ("", Sector.SOCIAL, False),
    ("sport", None, True),
    ("?", None, True),
]


@pytest.fixture(scope="module")
def derived():
    cells = enumerate(CASES)
    rows = [row(str(n), type=kind, nom=nom, structure=runs) for n, (kind, nom, runs, _) in cells]
    return networks.sectors(read(*rows).services)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: " · ".join(CASES[n][:3]))
def test_the_sector_follows_from_type_and_organisation(number, derived):
    assert derived[str(number)] == CASES[number][3]


@pytest.mark.parametrize("column", ["secteur", "Secteur"])
def test_the_column_decides_and_an_unknown_word_is_not_guessed(column):
    rows = [row(str(n), **{column: word}) for n, (word, _, _) in enumerate(STATED)]
    services = read(*rows).services
    assert networks.sectors(services).tolist() == [sector for _, sector, _ in STATED]
    assert networks.unknown_words(services).tolist() == [unknown for _, _, unknown in STATED]


# --- members, table, missing --------------------------------------------------------------


@pytest.fixture(scope="module")
def mixed():
    """Services of all types in a few networks, hidden or not, with or without `secteur`."""
    cells = zip(
        itertools.product(ServiceType, ("departement", "non_publie", "departement")),
        itertools.cycle(["a", "a|reseau-vif-c", "b", "", "b|a|b"]),
        itertools.cycle(["", "Caf", "Ville de Civray", "CIDFF", "Lycée", "Bidule", "Préfecture"]),
        itertools.cycle(["", "", "", "justice", "", "sport", "", "", "", "", "éducation"]),
        itertools.cycle(["86", "71", ""]),
        strict=False,
    )
    return read(
        *(
            row(
                f"id{n}", type=kind, confidentialite=level, reseaux=slugs, structure=runs,
                secteur=sector, zone_eligibilite=zone,
            )
            for n, ((kind, level), slugs, runs, sector, zone) in enumerate(cells)
        )
    ).services  # fmt: skip


@settings(max_examples=30)
@given(st.sets(st.integers(0, 32)))
def test_every_member_is_in_one_sector_and_counted_once(mixed, places):
    services = mixed.iloc[sorted(places)]
    counts = networks.table(services)
    lacking = networks.missing(counts)
    shown = services[services["confidentialite"] != "non_publie"]
    assert set(counts.index) == {s for text in shown["reseaux"] for s in text.split("|")} - {""}
    for network, line in counts.iterrows():
        found = networks.members(services, network)
        parts = dict(networks.by_sector(found))
        assert sorted(key for part in parts.values() for key in part.index) == sorted(found.index)
        assert set(found.index) <= set(shown.index)
        assert line["total"] == len(found) == line[[*map(str, Sector), "not_stated"]].sum()
        assert line["not_stated"] == sum(len(parts.get(name, ())) for name in (NOT_STATED, UNKNOWN))
        assert all(line[sector] == len(parts.get(sector.label, ())) for sector in Sector)
        assert set(lacking[network]) == {sector for sector in Sector if sector.label not in parts}
    pd.testing.assert_frame_equal(counts, networks.table(shown))


def test_the_table_of_the_shipped_list(shipped):
    counts = networks.table(shipped)
    assert counts.loc["reseau-vif-chalon"].to_dict() == {
        "label": "réseau ViF Chalon", "departements": "71", "justice": 3, "police-gendarmerie": 3,
        "social": 7, "sante": 3, "education": 1, "logement": 1, "associations": 7, "not_stated": 1,
        "total": 26,
    }  # fmt: skip
    assert networks.missing(counts)["clav-86"] == (Sector.EDUCATION, Sector.HOUSING)
    assert list(counts["departements"]) == sorted(counts["departements"])


def test_a_service_of_several_networks_counts_in_each_and_once():
    services = read(member("x", type="mds", reseaux="a|b | a")).services
    assert networks.table(services)["social"].to_dict() == {"a": 1, "b": 1}


def test_a_list_without_networks_or_without_rows_has_an_empty_table(shipped):
    for services in (read(row()).services, read(hidden()).services, shipped.iloc[:0]):
        counts = networks.table(services)
        assert counts.empty
        assert counts.columns.tolist() == [
            "label", "departements", *map(str, Sector), "not_stated", "total",
        ]  # fmt: skip
        assert networks.missing(counts).empty
        assert networks.by_sector(networks.members(services, "a")) == ()


def test_the_list_is_left_as_it_was(shipped):
    before = shipped.copy()
    networks.members(shipped, "clav-86")
    networks.table(shipped)
    pd.testing.assert_frame_equal(shipped, before)


# --- the sheet ----------------------------------------------------------------------------


def pages_of(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def text_of(*rows):
    return " ".join(pages_of(sheet(read(*rows).services, NETWORK, TODAY)))


def test_the_sheet_has_names_places_hours_and_contacts():
    text = text_of(
        member(
            "mds", type="mds", nom="MDS de Civray", **CIVRAY, adresse="5 rue Neuve",
            telephone="05 49 00 00 01", horaires_accueil="Mo-Fr 09:00-12:00",
            source="La Vienne", date_source="2016-11-28",
        ),
        member("avocats", nom="Permanence d’avocats", source="Barreau"),
    )  # fmt: skip
    for said in (
        "Réseau ViF Test", "2 membres dans la liste, le 22 novembre 2026", "Justice (1)",
        "Social (1)", "MDS de Civray", "05 49 00 00 01", "5 rue Neuve, 86400 Civray",
        "Du lundi au vendredi, 9 h – 12 h", "Permanence d’avocats", "Numéro inconnu",
        "Secteurs sans membre dans la liste Police et gendarmerie, santé, éducation, logement,",
        "La Vienne (1 fiche, information du 28 novembre 2016, à vérifier)",
        "Barreau (1 fiche, information sans date, à vérifier)", "Page 1 sur 1",
    ):  # fmt: skip
        assert said in text


def test_no_row_that_is_never_shown_is_on_the_sheet():
    text = text_of(member(nom="Permanence"), hidden())
    assert "1 membre dans la liste" in text
    for canary in CANARIES:
        assert canary.lower() not in text.lower()


@pytest.mark.parametrize("level", ["departement", "commune", "public"])
def test_a_shelter_is_a_name_and_a_number(level):
    place = {"commune": CIVRAY, "public": CIVRAY | {"adresse": "5 rue Neuve"}}.get(level, {})
    text = text_of(
        member(
            type="hebergement", nom="Résidence", confidentialite=level, telephone="05 49 00 00 02",
            horaires_precisions="Entrée par la cour", zone_eligibilite="86", **place,
        ),
    )  # fmt: skip
    assert "Résidence" in text
    assert "05 49 00 00 02" in text
    assert not re.search("Civray|86400|rue Neuve|cour|Vienne", text)


def test_a_shelter_without_a_number_gives_the_numbers_for_shelters():
    text = text_of(member(type="hebergement", zone_eligibilite="86"))
    assert "appeler le 115 ou le 3919" in text


def test_a_long_network_continues_on_the_next_page_and_cuts_no_number():
    rows = [member(f"m{n}", telephone=f"05 49 00 00 {n:02}") for n in range(40)]
    pages = pages_of(sheet(read(*rows).services, NETWORK, TODAY))
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} sur {len(pages)}" in page
    found = re.findall(r"05 49 00 00 \d\d", " ".join(pages))
    assert sorted(found) == [f"05 49 00 00 {n:02}" for n in range(40)]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_are_drawn_and_break_nothing(hostile):
    slug = hostile.replace("|", "")
    columns = ("nom", "structure", "telephone", "horaires_precisions", "source", "secteur")
    cells = dict.fromkeys(columns, hostile)
    services = read(member(reseaux=slug, **cells), hidden(reseaux=slug)).services
    text = " ".join(pages_of(sheet(services, slug.strip(), TODAY)))
    assert "Secteur inconnu (1)" in text
    assert CANARIES[0] not in text
    assert re.fullmatch(r"[a-z0-9-]{1,60}-2026-11-22\.pdf", file_name(slug, TODAY))


def test_the_same_list_gives_the_same_sheet(shipped):
    assert sheet(shipped, "fvv92", TODAY) == sheet(shipped, "fvv92", TODAY)


@pytest.mark.parametrize("network", ["ailleurs", CANARIES[4], ""])
def test_a_network_without_visible_members_has_no_sheet(network):
    services = read(member(), hidden()).services
    with pytest.raises(ValueError, match="aucun membre"):
        sheet(services, network, TODAY)


def test_file_names():
    assert file_name("reseau-vif-chalon", TODAY) == "reseau-vif-chalon-2026-11-22.pdf"
    assert file_name("../Réseau É", TODAY) == "reseau-e-2026-11-22.pdf"


# --- the panel ----------------------------------------------------------------------------


def drawn(**query):
    def page():
        from datetime import date  # noqa: PLC0415 the page is a script of its own

        from pages.annuaire import networks  # noqa: PLC0415
        from pages.shared import service_list  # noqa: PLC0415

        networks.panel(service_list.load(), date(2026, 11, 22))

    app = AppTest.from_function(page, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def markup(app):
    return "\n".join(element.proto.body for element in app.get("html"))


def words(app):
    return "\n".join(element.value for element in app.markdown).replace("\u00a0", " ")


def test_the_panel_shows_the_table_the_members_and_the_sheet(on_list):
    on_list(
        member("a", type="mds", nom="MDS Un", telephone="05 49 00 00 01", zone_eligibilite="86"),
        member("b", type="mds", nom="MDS Deux", **CIVRAY),
        member("c", reseaux="clav-86", type="justice", nom="Tribunal", zone_eligibilite="86"),
        hidden(),
    )
    app = drawn()
    assert "2 réseaux ; 2 n’ont aucun membre de la police ou de la gendarmerie" in words(app)
    assert "2 membres dans la liste. Secteurs sans membre dans la liste : justice" in words(app)
    page = markup(app)
    assert page.count('<th scope="col">') == 10
    assert page.count('<th scope="row">') == 2
    assert '<th scope="row">ViF Test (86)</th><td aria-label="aucun">–</td>' in page
    assert "<td class=part4>2</td>" in page
    assert '<a href="tel:0549000001">' in page
    assert "Social (2)" in page
    assert "Tribunal" not in page
    assert not any(canary in page + words(app) for canary in CANARIES)
    assert app.get("download_button")[0].proto.label == "Fiche du réseau à imprimer (PDF)"


def test_the_choice_of_a_network_is_kept_in_the_address(on_list):
    on_list(member("a"), member("b"), member("c", reseaux="clav-86", nom="Tribunal"))
    app = drawn(**{"reseau-detail": "clav-86"})
    assert "Tribunal" in markup(app)
    app.selectbox[0].select(NETWORK).run()
    assert "reseau-detail" not in app.query_params
    app.selectbox[0].select("clav-86").run()
    assert app.query_params["reseau-detail"] == "clav-86"
    assert drawn(**{"reseau-detail": CANARIES[4]}).selectbox[0].value == NETWORK


def test_an_unknown_sector_is_reported_without_its_word(on_list):
    on_list(member(secteur="CANARI-SECTEUR"))
    app = drawn()
    assert "Secteur inconnu (1)" in markup(app)
    assert "1 fiche : secteur inconnu" in app.caption[0].value.replace("\u00a0", " ")
    assert "CANARI" not in markup(app) + words(app) + app.caption[0].value


def test_hostile_words_stay_text(on_list):
    on_list(member(nom=HOSTILE[0], telephone=HOSTILE[0], source=HOSTILE[0], reseaux=HOSTILE[0]))
    app = drawn()
    assert "<img src=x" not in markup(app).lower()
    assert "<b>&lt;img src=x onerror=alert(1)&gt; **gras** {{7*7}} $x$</b>" in markup(app)
    assert "\\$x\\$" in app.subheader[0].value


@pytest.mark.parametrize("rows", [[row()], [hidden(), row()]])
def test_a_list_without_networks_has_a_sentence(on_list, rows):
    on_list(*rows)
    app = drawn()
    assert "Aucun réseau dans la liste" in words(app)
    assert not app.selectbox


def test_a_network_with_every_sector_is_reported_too(on_list):
    kinds = ("justice", "gendarmerie", "mds", "sante", "association", "hebergement")
    lycee = member("lycee", structure="Lycée")
    on_list(*(member(kind, type=kind, zone_eligibilite="86") for kind in kinds), lycee)
    app = drawn()
    assert "1 réseau ; chaque secteur y a un membre dans la liste." in words(app)
    assert "Secteurs sans membre dans la liste : aucun." in words(app)
