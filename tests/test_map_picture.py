"""The map as a picture, and the list to print: what they hold, and what they never show."""

import io
from datetime import datetime

import pypdf
import pytest
from defusedxml.ElementTree import fromstring
from PIL import Image

from geodata import communes
from geodata.paper import list_sheet, map_picture
from geodata.selection import Selection, timetable
from geodata.situation import shades
from pages.carte import picture
from pages.shared import filters
from pages.shared.clock import Moment
from pages.shared.service_list import PARIS
from tests.lists import CIVRAY, HOSTILE, listed, row
from tests.test_situation import asked, look

NOW = datetime(2026, 11, 24, 10, tzinfo=PARIS)
SVG = "{http://www.w3.org/2000/svg}"
SECRET = "Canari"


@pytest.fixture
def draw(monkeypatch):
    """Draw the services of a list; give the parsed SVG, its texts and the PNG."""
    monkeypatch.setattr(filters, "in_force", lambda _: ["Vienne (86)", HOSTILE[5]])

    def drawn(*rows):
        lists = listed(*rows)
        chosen = Selection(departements=("86",))
        found = lists.services[lists.services["confidentialite"] != "non_publie"]
        times = timetable(found, chosen, NOW)
        png, svg = picture.kinds(found, times, chosen, Moment(NOW, NOW), lists)
        tree = fromstring(svg[3]())
        texts = [element.text or "" for element in tree.iter(f"{SVG}text")]
        return tree, " ".join(texts).replace("\u00a0", " "), png[3]

    return drawn


def signs_of(tree) -> int:
    """How many signs lie on the map: the SVGs in it."""
    return len(tree.find(f"{SVG}g").findall(f"{SVG}svg"))


def test_the_picture_has_title_signs_legend_sources_and_date(draw):
    tree, texts, png = draw(
        row("a", **CIVRAY, horaires_accueil="Tu 09:00-12:00"),
        row("b", type="gendarmerie", code_insee="86137"),
        row("c", type="ecoute"),
    )
    assert "Qui peut aider une femme victime de violences : Vienne (86)" in texts
    assert signs_of(tree) == 2
    for said in (
        "2 services sur la carte", "1 ouvert le mardi 24 novembre 2026 à 10 h",
        "1 aux horaires inconnus", "1 autre sans point", "Police, gendarmerie", "Action sociale",
        "blanc : fermé", "anneau : placé à la mairie", "IGN Admin Express", "Licence Ouverte",
        "Poitiers", "édité le mardi 24 novembre 2026", "20 km",
    ):  # fmt: skip
        assert said in texts
    assert "Santé" not in texts
    image = Image.open(io.BytesIO(png()))
    assert image.size == (map_picture.PNG_WIDTH, 1415)  # A4 landscape
    colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}
    assert {(0x00, 0x78, 0x5A), (0x00, 0x72, 0xB2), (0xF6, 0xF3, 0xEE)} <= colours


def test_no_secret_place_is_drawn_and_no_text_runs(draw):
    tree, texts, _ = draw(
        row("a", **CIVRAY, nom=HOSTILE[5]),
        row("refuge", type="hebergement", nom=SECRET, zone_eligibilite="86"),
        row("tue", type="ccas", nom=SECRET, confidentialite="departement", zone_eligibilite="86"),
        row("ici", type="ccas", nom=SECRET, confidentialite="commune", **CIVRAY),
        row("jamais", type="hebergement", nom=SECRET, confidentialite="non_publie"),
        row("dit", type="hebergement", nom=SECRET, confidentialite="public", **CIVRAY),
    )
    assert signs_of(tree) == 1
    assert SECRET not in texts
    assert not [element for element in tree.iter() if element.tag.endswith("script")]
    assert "</script>" in texts  # a filter's words stay words


def test_signs_of_one_place_are_spread_but_never_far(draw):
    tree, _, _ = draw(*(row(f"a{number}", **CIVRAY) for number in range(30)))
    drawn = tree.find(f"{SVG}g").findall(f"{SVG}svg")
    corners = {(float(one.get("x")), float(one.get("y"))) for one in drawn}
    assert len(corners) >= 13
    wide = max(x for x, _ in corners) - min(x for x, _ in corners)
    assert 4 < wide < 25  # mm of paper


def test_a_territory_without_outlines_still_makes_a_picture():
    words = map_picture.Words("Rien", ["Rien"], ["Rien"])
    none = communes.read_communes(["975"])
    svg = map_picture.of_places(none.geometry.iloc[:0], {}, [], ["975"], words)
    assert b"Rien" in svg
    assert Image.open(io.BytesIO(map_picture.to_png(svg))).size[0] == map_picture.PNG_WIDTH


def test_the_picture_of_a_situation_has_the_colours_of_its_legend():
    found = look(listed(row("a", **CIVRAY, horaires_accueil="Tu 18:00-20:00")).services, asked())
    fills = shades.fills(shades.Measure.HOURS, found)
    key = shades.legend(shades.Measure.HOURS, found)
    words = map_picture.Words("Titre", ["Côté"], ["Pied"])
    svg = map_picture.of_fills(found.communes, fills, found.services, key, words)
    tree = fromstring(svg)
    painted = {path.get("fill") for path in tree.iter(f"{SVG}path")}
    assert set(fills) - {shades.HATCHED} <= painted
    texts = {element.text for element in tree.iter(f"{SVG}text")}
    assert "moins de 8\u00a0h" in texts
    assert len(list(tree.iter(f"{SVG}circle"))) == 1


# --- the list to print ----------------------------------------------------------------------


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def test_the_list_to_print_holds_all_that_is_shown_and_nothing_else():
    services = listed(
        row("z", **CIVRAY, nom="Zoé", telephone="0549000001"),
        row("a", type="gendarmerie", nom="Brigade", code_insee="86137"),
        row("l", type="ecoute", nom="Une ligne", telephone="3919"),
        row("r", type="hebergement", nom="Refuge", zone_eligibilite="86", telephone="0549000002"),
        row("auteurs", nom="Stage", publics="auteurs", **CIVRAY),
        row("jamais", type="hebergement", nom=SECRET, confidentialite="non_publie"),
    ).services
    text = text_of(list_sheet.sheet(services, "Liste : Vienne", ["femmes"], NOW))
    for said in ("Liste : Vienne", "4 services", "Filtres : femmes", "05 49 00 00 01", "Refuge",
                 "mardi 24 novembre 2026", "auteurs de violences ne sont pas imprimés", "3919",
                 "Partout en France (1)", "Vienne (86) (3)"):  # fmt: skip
        assert said in text
    assert text.index("Zoé") < text.index("Brigade") < text.index("Refuge")
    assert SECRET not in text
    assert "Stage" not in text


def test_a_list_too_long_for_paper_says_so(monkeypatch):
    monkeypatch.setattr(list_sheet, "MOST", 2)
    services = listed(*(row(f"a{n}", nom=f"Lieu {n}", **CIVRAY) for n in range(4))).services
    text = text_of(list_sheet.sheet(services, "Liste", [], NOW))
    assert "Seuls 2 sont imprimés" in text
    assert ("Lieu 1" in text, "Lieu 2" in text) == (True, False)
