"""Posters, leaflets and cards: the offered numbers, the words, the cut marks."""

import io
import re
import textwrap
from dataclasses import astuple
from datetime import date
from functools import cache
from itertools import pairwise

import fontpkg_pt_sans
import pypdf
import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from geodata import discretion
from geodata.paper import poster
from geodata.paper._poster_drawing import CARD_MM
from geodata.paper.poster import MOST, Kind, Product, Territory, make, offer, usual, wording
from geodata.services import read_services, vocabulary
from geodata.text import fold
from tests.conftest import ROOT
from tests.lists import CIVRAY, HOSTILE, read, row

TODAY = date(2026, 11, 22)
MM = 72 / 25.4
HERE = Territory(Kind.COMMUNE, "86078")
VIENNE = Territory(Kind.DEPARTEMENT, "86")
NETWORK = Territory(Kind.NETWORK, "reseau-vif-chalon")
FAR = Territory(Kind.COMMUNE, "48080")
SHIPPED = read_services(ROOT / "services.csv").services
POITIERS = {"code_postal": "86000", "commune": "Poitiers", "code_insee": "86194"}
LINE = {"type": "ecoute", "zone_eligibilite": "france"}
PHONE = "05 49 00 00 01"


def services_of(*rows):
    return read(*rows).services


def place(key="a", **cells):
    return row(key, **{"telephone": PHONE, **CIVRAY} | cells)


def offered(services, territory=HERE):
    return list(offer(services, territory).rows.index)


def said(services, territory=HERE, **options):
    return wording(services, territory, offered(services, territory), TODAY, **options)


def made(services, territory=HERE, ids=None, **options):
    ids = offered(services, territory) if ids is None else ids
    return pypdf.PdfReader(io.BytesIO(make(services, territory, ids, TODAY, **options)))


def flat(text):
    return " ".join(text.replace("\u00a0", " ").split())


def words_of(document):
    return flat(" ".join(page.extract_text() for page in document.pages))


@cache
def shipped(territory, product, discreet, extra):
    ids = usual(offer(SHIPPED, territory).rows, MOST[product])
    return made(SHIPPED, territory, ids, product=product, discreet=discreet, extra=extra)


FORMS = [
    (territory, product, discreet, extra)
    for territory in (HERE, NETWORK, FAR)
    for product in Product
    for discreet in (True, False)
    for extra in (True, False)
]


# --- offer --------------------------------------------------------------------------------


def test_rows_without_a_number_shelters_and_national_numbers_are_counted_and_not_offered():
    services = services_of(
        place("a"),
        place("b", telephone=""),
        place("c", telephone="voir le site"),
        place("h", telephone="05 49 12"),
        row("d", type="hebergement", telephone=PHONE, zone_eligibilite="86"),
        row("e", type="ecoute", telephone="115", zone_eligibilite="86"),
        row("f", **LINE, telephone="3919"),
        place("g", confidentialite="non_publie", nom="CANARI", telephone="05 49 99 99 99"),
    )
    for territory in (HERE, VIENNE):
        found = offer(services, territory)
        assert list(found.rows.index) == ["a"]
        assert (found.without_number, found.shelters, found.already) == (3, 1, 1)


def test_one_of_each_type_comes_first_and_lines_of_all_france_last():
    services = services_of(
        row("nat", **LINE, telephone="0 800 05 95 95"),
        place("mds-1", telephone="05 49 00 00 02"),
        place("mds-2", **POITIERS),
        place("asso-1", type="association", **POITIERS),
        place("asso-2", type="association"),
        row("line", type="ecoute", telephone="05 49 00 00 09", zone_eligibilite="86"),
    )
    order = ["line", "asso-2", "mds-1", "asso-1", "mds-2", "nat"]
    assert offered(services) == order
    assert usual(offer(services, HERE).rows, 3) == ["line", "asso-2", "mds-1"]


def test_a_number_is_proposed_once_and_national_lines_only_where_there_is_nothing_else():
    services = services_of(
        place("a"),
        place("b", type="association", telephone="0549000001"),
        row("nat", **LINE, telephone="0 800 05 95 95"),
    )
    assert usual(offer(services, HERE).rows, 8) == ["b"]
    assert usual(offer(services, FAR).rows, 8) == ["nat"]


def test_a_ccas_and_an_mds_are_for_their_own():
    services = services_of(
        place("ours", type="ccas"),
        place("theirs", type="ccas", **POITIERS),
        place("mds", type="mds"),
        place("charente", type="mds", code_insee="16292", commune="Ruffec", code_postal="16700"),
        place("asso", type="association", code_insee="16292", commune="Ruffec"),
        place("elsewhere", type="association", zone_eligibilite="86194"),
    )
    assert sorted(offered(services)) == ["asso", "mds", "ours"]


def test_services_for_others_than_women_come_last():
    services = services_of(
        place("enfants", type="association", publics="enfants"),
        place("toutes", type="association", publics="femmes|enfants", **POITIERS),
    )
    assert offered(services) == ["toutes", "enfants"]


def test_distant_places_are_not_offered():
    assert offered(services_of(place(**CIVRAY)), FAR) == []


def test_a_network_offers_its_members_alone():
    services = services_of(place("a", reseaux="clav-86"), place("b"))
    assert offered(services, Territory(Kind.NETWORK, "clav-86")) == ["a"]


@pytest.mark.parametrize("product", Product)
def test_no_more_than_fits_the_paper(product):
    services = services_of(*(place(f"a{n}") for n in range(13)))
    with pytest.raises(ValueError, match=f"{MOST[product]} lieux au plus : il y en a 13"):
        make(services, HERE, offered(services), TODAY, product=product)


# --- words --------------------------------------------------------------------------------


def test_a_place_has_its_town_and_hours():
    cells = {
        "acces": "sur-rdv",
        "horaires_accueil": "Mo-Fr 09:00-12:00",
        "horaires_precisions": "Sonner deux fois.",
    }
    (line,) = said(services_of(place(**cells, **POITIERS)), discreet=False).local
    assert (line.number, line.name) == (PHONE, "MDS de Civray")
    assert line.place == "Poitiers, sur rendez-vous"
    assert flat(line.when) == "Du lundi au vendredi, 9 h – 12 h. Sonner deux fois"
    (neutral,) = said(services_of(place(**cells, **POITIERS)), discreet=True).local
    assert (neutral.number, neutral.name, neutral.when) == (PHONE, "Service social", line.when)


@pytest.mark.parametrize(
    ("cells", "when"),
    [
        ({}, ""),
        ({"horaires_accueil": "24/7"}, "Tous les jours, jour et nuit"),
        ({"horaires_accueil": "24/7", "horaires_precisions": "Jour et nuit (2019)."},
         "Tous les jours, jour et nuit"),
        ({"horaires_accueil": "24/7", "horaires_precisions": "Appel gratuit, tous les jours, jour "
          "et nuit."}, "Appel gratuit, tous les jours, jour et nuit"),
        # Dates would pass while the poster still hangs.
        ({"horaires_accueil": "2026 Dec 01 10:00-12:00"}, ""),
        ({"horaires_accueil": "2026 Feb 17 10:00-12:00"}, ""),
        # Hours that cannot be parsed are left out, not cut.
        ({"horaires_accueil": "on verra"}, ""),
        ({"horaires_precisions": "Le mardi, sur demande."}, ""),
        ({"horaires_accueil": "Mo 09:00-12:00", "horaires_precisions": "sauf " * 40}, ""),
    ],
)  # fmt: skip
def test_hours_are_whole_or_absent(cells, when):
    for discreet in (True, False):
        assert flat(said(services_of(place(**cells)), discreet=discreet).local[0].when) == when


@pytest.mark.parametrize("level", ["commune", "departement"])
def test_a_place_that_is_not_public_has_only_kind_and_number(level):
    cells = {"commune": "", "code_insee": "", "code_postal": ""} if level == "departement" else {}
    services = services_of(
        place(
            type="accueil-de-jour", nom="CANARI de Civray", confidentialite=level,
            zone_eligibilite="86", horaires_accueil="24/7", **cells,
        )
    )  # fmt: skip
    for discreet in (True, False):
        told = said(services, VIENNE, discreet=discreet)
        assert [(line.number, line.name) for line in told.local] == [(PHONE, "Accueil de jour")]
        for product in Product:
            text = words_of(made(services, VIENNE, discreet=discreet, product=product))
            assert PHONE in text
            assert not re.search("CANARI|Civray|86400", text)


@pytest.mark.parametrize("product", Product)
@pytest.mark.parametrize("discreet", [True, False])
def test_shelters_and_what_is_never_shown_are_on_no_paper_whatever_is_asked(product, discreet):
    services = services_of(
        place("a"),
        row("s", type="hebergement", nom="CANARI", telephone="05 49 99 99 98",
            zone_eligibilite="86"),
        place("n", confidentialite="non_publie", nom="CANARI", telephone="05 49 99 99 99"),
    )  # fmt: skip
    for territory in (HERE, VIENNE):
        document = made(services, territory, ["s", "n", "a"], product=product, discreet=discreet)
        text = words_of(document)
        assert PHONE in text
        assert not re.search("CANARI|05 49 99", text)


def test_the_national_numbers_are_those_of_every_page_and_those_of_the_list():
    services = services_of(row("a", **LINE, telephone="116006", horaires_accueil="24/7"))
    assert poster.national_numbers(services) == ("17", "114", "3919", "115", "116 006")
    assert poster.national_numbers(services_of(place())) == ("17", "114", "3919", "115")
    assert [(line.number, line.when) for line in said(services, discreet=False).national] == [
        ("17", ""), ("114", ""), ("3919", ""), ("115", ""), ("116 006", "jour et nuit"),
    ]  # fmt: skip
    few = said(services, national=("17", "114"))
    assert [line.number for line in few.national] == ["17", "114"]


@pytest.mark.parametrize("form", FORMS)
def test_the_national_numbers_and_the_date_are_on_every_paper(form):
    text = words_of(shipped(*form))
    for number in ("17", "114", "3919", "115", "116 006", "119"):
        assert re.search(rf"\b{number}\b", text)
    assert "novembre 2026, à refaire après" in text
    assert ("Violences : vous pouvez en parler" in text) is not form[2]
    assert ("Numéros utiles" in text) is form[2]


def test_a_slip_has_neutral_words_on_an_open_poster_too():
    cells = {"type": "association", "nom": "Violences Écoute 86"}
    strip = said(services_of(place(**cells)), discreet=False).strip
    assert [(line.number, line.name) for line in strip] == [
        ("3919", "Écoute"),
        (PHONE, "Association"),
    ]


def everything_said(told):
    lines = (*told.national, *told.local, *told.strip)
    parts = [part for line in lines for part in (*astuple(line)[:-1], *line.details)]
    kinds = [part for kind in told.kinds for part in kind]
    whole = (told.title, told.heading, told.foot, told.dated, told.about, told.others, told.sources)
    return fold(" ".join((*whole, *kinds, *parts)))


def test_no_discreet_line_of_the_shipped_list_reveals_the_purpose():
    counts = SHIPPED["departement"].unique()
    territories = [Territory(Kind.DEPARTEMENT, code) for code in counts if code]
    assert discretion.TELLING.search(everything_said(said(SHIPPED, VIENNE, discreet=False)))
    for territory in (*territories, NETWORK, Territory(Kind.NETWORK, "reseau-vc-macon")):
        assert not discretion.TELLING.search(everything_said(said(SHIPPED, territory)))


@given(st.data(), st.sampled_from(["Violences", "fem\u00admes", "conjugal", "ＦＥＭＭＥ"]))
@settings(max_examples=25)
def test_a_discreet_paper_reveals_nothing_wherever_the_word_is(data, word):
    base = services_of(place(horaires_accueil="Mo 09:00-12:00"))
    columns = ("nom", "structure", "adresse", "commune", "horaires_accueil", "horaires_precisions",
               "source")  # fmt: skip
    told = data.draw(st.lists(st.sampled_from(columns), min_size=1, unique=True))
    services = base.assign(
        **{name: data.draw(st.sampled_from(["", "Mo "])) + word for name in told}
    )
    assert not discretion.TELLING.search(everything_said(said(services)))


@pytest.mark.parametrize("column", ["aides", "violences", "langues", "accessibilite", "frais"])
@pytest.mark.parametrize("discreet", [True, False])
def test_no_paper_says_what_a_service_does_or_for_which_violences(column, discreet):
    rows = place(horaires_accueil="Mo 09:00-12:00"), place("b", type="association", telephone="119")
    plain = everything_said(said(services_of(*rows), discreet=discreet))
    # As many words of the list as a cell holds, until each was there.
    for some in textwrap.wrap(" ".join(vocabulary(column)), 300, break_on_hyphens=False):
        cell = some.replace(" ", "|")
        told = services_of(*(one | {column: cell} for one in rows))
        assert (told[column] == cell).all()
        assert everything_said(said(told, discreet=discreet)) == plain


# --- age ----------------------------------------------------------------------------------


def test_what_must_be_verified_before_printing():
    rows = services_of(
        place("old", date_source="2014"),
        place("undated"),
        place("fresh", date_source="2026-11"),
        place("checked", date_source="2014", date_verification="2026-10-01"),
    )
    assert poster.to_verify(rows, TODAY).to_dict() == {
        "old": "information de 2014, à vérifier",
        "undated": "information sans date, à vérifier",
    }


@pytest.mark.parametrize(
    ("rows", "foot"),
    [
        ([place(date_source="2014-03-02"), place("b", date_source="2026")],
         "à refaire après novembre 2027. Source la plus ancienne : mars 2014."),
        ([place(type="permanence")], "à refaire après mai 2027. 1 numéro sans date."),
        ([place(date_source="2020"), place("b"), place("c")],
         "à refaire après novembre 2027. Source la plus ancienne : 2020 ; 2 numéros sans date."),
        ([row("x", zone_eligibilite="86")], "à refaire après novembre 2027."),
    ],
)  # fmt: skip
def test_the_foot_has_the_dates_and_the_sources(rows, foot):
    start = "Appeler avant de se déplacer. Fait le 22 novembre 2026, "
    assert flat(said(services_of(*rows)).foot) == start + foot


# --- the paper ----------------------------------------------------------------------------


@cache
def measure():
    pdf = FPDF(unit="pt")
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font("pt", style, fontpkg_pt_sans.ROOT / "files" / f"PT_Sans-Web-{name}.ttf")
    return pdf


def spans(page):
    """Return each upright text of a page: left, right, baseline (mm from the upper left), font."""
    found, tall = [], float(page.mediabox.height) / MM

    def visit(text, turned, at, font, points):
        if not text.strip() or turned[1]:
            return
        measure().set_font("pt", "B" if "Bold" in font["/BaseFont"] else "", points)
        wide = measure().get_string_width(text.rstrip("\n"))
        left, base = at[4] / MM, tall - at[5] / MM
        found.append((left, left + wide / MM, base, points, flat(text)))

    page.extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_every_paper_is_a4_with_correct_metadata(form):
    document = shipped(*form)
    _, product, discreet, extra = form
    both = product is Product.LEAFLET or (product is Product.CARDS and extra)
    assert len(document.pages) == 1 + both
    size = (297, 210) if product is Product.LEAFLET else (210, 297)
    for page in document.pages:
        assert (round(page.mediabox.width / MM), round(page.mediabox.height / MM)) == size
    assert document.trailer["/Root"]["/Lang"] == "fr-FR"
    title = document.metadata["/Title"]
    assert title == "Numéros utiles" if discreet else title.startswith("Violences")
    assert not any(page.annotations for page in document.pages)


def test_the_same_choice_gives_the_same_bytes():
    assert make(SHIPPED, HERE, [], TODAY) == make(SHIPPED, HERE, [], TODAY)


def test_ten_cards_are_identical_and_both_sides_match():
    front, back = shipped(NETWORK, Product.CARDS, discreet=True, extra=True).pages
    titles = [(x, y) for x, _, y, _, text in spans(front) if text == "Numéros utiles"]
    numbers = [(x, y) for x, _, y, _, text in spans(back) if text == "0 800 80 00 71"]
    for spots in (titles, numbers):
        assert len(spots) == 10
        columns, lines = ({round(spot[axis], 1) for spot in spots} for axis in (0, 1))
        assert max(columns) - min(columns) == pytest.approx(CARD_MM[0], abs=0.1)
        assert sorted(lines)[1] - min(lines) == pytest.approx(CARD_MM[1], abs=0.1)
        # Flipped on its long edge, the sheet shows the card of the other column.
        lefts = {x - 4 for x, _ in spots}
        assert {round(210 - CARD_MM[0] - x, 1) for x in lefts} == {round(x, 1) for x in lefts}
    assert {round(x, 1) for x, _ in titles} == {round(x, 1) for x, _ in numbers}


LONG = (
    "W" * 5000,
    "mot " * 500,
    "Permanence de l’intervenante sociale en gendarmerie, secteur de Saint-Germain-du-Bois",
    "بيت النساء 👩‍👧 \u202eenvers\u202c \u200b",
    *HOSTILE,
)


def check_inside(document, product):
    for number, page in enumerate(document.pages):
        folds = ((0, 97, 197, 297), (0, 100, 200, 297))[number]
        for left, right, base, points, _ in spans(page):
            if product is Product.POSTER:
                assert 12 - 0.1 <= left < right <= 198 + 0.3
                assert 9 < base < 297 - 5
            elif product is Product.LEAFLET:
                low, high = next(ends for ends in pairwise(folds) if left < ends[1])
                assert low + 8 - 0.1 <= left < right <= high - 8 + 0.3
                assert 8 + points / MM / 2 < base < 210 - 8
                assert points >= 10
            else:
                column = 20 + CARD_MM[0] * (left > 105)
                assert column + 4 - 0.1 <= left < right <= column + CARD_MM[0] - 4 + 0.3
                assert (base - 11) % CARD_MM[1] < CARD_MM[1] - 4
                assert 11 < base < 286


@pytest.mark.parametrize("product", Product)
@pytest.mark.parametrize("extra", [True, False])
@pytest.mark.parametrize("start", range(0, len(LONG), 4))
def test_long_and_hostile_names_stay_on_the_paper(product, extra, start):
    number = "05 49 00 00 01 / 05 49 00 00 02"
    rows = [
        place(f"a{n}", nom=name, telephone=number, acces="sans-rdv|sur-rdv", type="association",
              horaires_accueil="Mo-Fr 09:00-12:00,13:30-17:00; PH off")
        for n, name in enumerate((LONG * 2)[start : start + MOST[product]])
    ]  # fmt: skip
    longest = "Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson"
    services = services_of(*rows).assign(commune=longest)
    document = made(services, discreet=False, product=product, extra=extra)
    check_inside(document, product)
    cards = 10 if product is Product.CARDS else 1
    text = words_of(document)
    assert text.count("05 49 00 00 01") == text.count("05 49 00 00 02") == MOST[product] * cards


@given(st.lists(st.text(max_size=90), min_size=1, max_size=4), st.sampled_from(Product))
@settings(max_examples=8)
def test_any_name_stays_on_the_paper(names, product):
    services = services_of(*(place(f"a{n}") for n, _ in enumerate(names))).assign(nom=names)
    check_inside(made(services, discreet=False, product=product), product)


@pytest.mark.parametrize("territory", [HERE, VIENNE, NETWORK, FAR])
def test_text_on_a_poster_has_at_least_18_points(territory):
    for extra in (True, False):
        (page,) = shipped(territory, Product.POSTER, discreet=False, extra=extra).pages
        small = [text for *_, points, text in spans(page) if points < 18]
        foot = flat(" ".join(small))
        assert foot.startswith("Appeler avant de se déplacer. Fait le 22 novembre 2026")
        assert len(small) <= 2


def test_slips_are_left_out_before_anything_is_cut():
    ids = offered(SHIPPED, NETWORK)
    assert len(ids) >= 8
    with_five, with_eight = (
        words_of(made(SHIPPED, NETWORK, ids[:count], discreet=False)) for count in (5, 8)
    )
    assert with_five.count("0 800 80 00 71") > 10
    assert with_eight.count("0 800 80 00 71") == 2
    for text in (with_five, with_eight):
        assert "…" not in text


def test_a_paper_without_any_local_number_has_the_national_ones():
    services = services_of(row("x", zone_eligibilite="86"))
    for product in Product:
        document = made(services, product=product)
        assert len(document.pages) == 1 + (product is Product.LEAFLET)
        assert "3919" in words_of(document)


@pytest.mark.parametrize(
    ("territory", "discreet", "name"),
    [
        (HERE, False, "affiche-civray-2026-11-22.pdf"),
        (VIENNE, False, "affiche-vienne-2026-11-22.pdf"),
        (Territory(Kind.NETWORK, "../É" * 50), False, None),
        (NETWORK, True, "numeros-utiles.pdf"),
    ],
)
def test_file_names(territory, discreet, name):
    found = poster.file_name(territory, Product.POSTER, TODAY, discreet=discreet)
    assert found == name if name else re.fullmatch(r"affiche-[a-z0-9-]{1,60}-[\d-]{10}\.pdf", found)


# --- the panel ----------------------------------------------------------------------------


def drawn(asked=""):
    def page():
        from datetime import date  # noqa: PLC0415 the page is a script of its own

        from pages.annuaire import posters  # noqa: PLC0415
        from pages.shared import service_list  # noqa: PLC0415

        posters.panel(service_list.load(), date(2026, 11, 22))

    app = AppTest.from_function(page, default_timeout=60)
    if asked:
        app.query_params["affiche"] = asked
    app.run()
    assert not app.exception
    return app


def ticks(app):
    return [box for box in app.checkbox if "_a-" in box.key]


def shown(app):
    found = [element for kind in ("markdown", "caption", "warning") for element in app.get(kind)]
    markup = [element.proto.body for element in app.get("html")]
    return flat("\n".join([*(element.value for element in found), *markup]))


def test_the_panel_proposes_numbers_and_lists_what_to_verify(on_list):
    on_list(
        place("a-1", nom="MDS <b>Une</b>", date_source="2014"),
        place("a-2", type="association", nom="Asso", telephone="05 49 00 00 02"),
        place("a-3", telephone=""),
        place("a-4", nom="CANARI", confidentialite="non_publie", telephone="05 49 99 99 99"),
        row("a-5", type="hebergement", nom="CANARI", telephone=PHONE, zone_eligibilite="86"),
    )
    app = drawn("commune-86078")
    assert [box.value for box in ticks(app)] == [True, True]
    text = shown(app)
    assert "Numéros d’ici : 2 sur 8 au plus" in text
    assert "2 numéros sont trop anciens ou sans date : les vérifier d’abord" in text
    assert "information de 2014" in text
    assert "1 service sans numéro n’est pas sur le papier." in text
    assert "L’hébergement n’y est jamais : le 115 y mène." in text
    assert "MDS &lt;b&gt;Une&lt;/b&gt;" in text
    assert "CANARI" not in text + " ".join(box.label for box in app.checkbox)
    assert "<p><b>3919</b> Écoute et conseil</p>" in text
    ticks(app)[0].uncheck().run()
    assert "Numéros d’ici : 1 sur 8 au plus" in shown(app)
    app.checkbox(key="affiche_discret_affiche").check().run()
    assert "Numéros utiles" in shown(app)
    assert "Numéros que tout le monde connaît" in shown(app)
    assert app.get("download_button")[0].proto.label == "Enregistrer en PDF"


def test_when_the_cards_are_full_only_what_is_ticked_can_change(on_list):
    on_list(*(place(f"a-{n}", telephone=f"05 49 00 00 0{n}") for n in range(6)))
    app = drawn("departement-86")
    app.segmented_control(key="affiche_quoi").set_value(Product.CARDS).run()
    assert [box.value for box in ticks(app)] == [True] * 4 + [False] * 2
    assert [box.disabled for box in ticks(app)] == [False] * 4 + [True] * 2
    assert app.checkbox(key="affiche_discret_cartes").value
    ticks(app)[0].uncheck().run()
    assert not any(box.disabled for box in ticks(app))


def test_the_leaflet_is_discreet_by_default_with_a_preview(on_list):
    on_list(place("a-1", type="association", nom="Asso <b>Une</b>"))
    app = drawn("commune-86078")
    app.segmented_control(key="affiche_quoi").set_value(Product.LEAFLET).run()
    assert not app.exception
    assert app.checkbox(key="affiche_discret_depliant").value
    text = shown(app)
    assert "retournant sur le bord court" in text
    assert f"<b>{PHONE}</b> Association · Civray · Horaires : voir par téléphone" in text
    assert "<b>Association</b> Écoute, informe sur les droits" in text
    app.checkbox(key="affiche_plus_depliant").uncheck()
    app.checkbox(key="affiche_discret_depliant").uncheck().run()
    text = shown(app)
    assert "Asso &lt;b&gt;Une&lt;/b&gt;" in text
    assert "informe sur les droits" not in text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", "departement-86"),
        ("reseau-clav-86", "reseau-clav-86"),
        ("commune-86078", "commune-86078"),
        ("commune-99999", "departement-86"),
        ("reseau-<script>", "departement-86"),
        ("{{1/0}}", "departement-86"),
    ],
)
def test_the_territory_is_kept_in_the_address(on_list, asked, found):
    on_list(place("a-1", reseaux="clav-86"))
    assert drawn(asked).query_params["affiche"] == found


def test_a_commune_is_found_by_its_name(on_list):
    on_list(place("a-1"))
    app = drawn()
    app.segmented_control(key="affiche_pour").set_value(Kind.COMMUNE).run()
    assert not app.get("download_button")
    app.text_input(key="affiche_mots").set_value("civray 86").run()
    app.button(key="affiche_commune_86078").click().run()
    assert not app.exception
    assert app.query_params["affiche"] == "commune-86078"
    assert len(ticks(app)) == 1


def test_a_list_with_nothing_to_offer_still_has_the_national_numbers(on_list):
    on_list(row("a-1"))
    app = drawn("commune-86078")
    assert "seuls les numéros nationaux seront imprimés" in shown(app)
    assert "<b>17</b>" in shown(app)


def test_hostile_words_stay_text(on_list):
    on_list(*(place(f"a-{n}", nom=text, reseaux=text) for n, text in enumerate(HOSTILE)))
    for asked in ("commune-86078", f"reseau-{HOSTILE[0]}"):
        app = drawn(asked)
        assert "<img src=x" not in shown(app)
        assert "\\{\\{ 1/0 \\}\\}" in " ".join(box.label for box in app.checkbox)
