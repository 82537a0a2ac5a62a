"""The folded leaflet: its panels, its words, and what it never reveals."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import discretion
from geodata.paper._leaflet_drawing import MARGIN_MM, PANELS_MM
from geodata.paper.poster import MOST, Product, offer, usual, wording
from geodata.services import ServiceType
from tests.lists import row
from tests.test_poster import (
    FAR,
    HERE,
    LINE,
    MM,
    NETWORK,
    PHONE,
    POITIERS,
    SHIPPED,
    TODAY,
    VIENNE,
    flat,
    made,
    place,
    said,
    services_of,
    shipped,
    spans,
    words_of,
)

OUTER, INNER = ((97, 100, 100), (100, 100, 97))


def leaflet(services, territory=HERE, **options):
    return made(services, territory, product=Product.LEAFLET, **options)


def panels(document):
    """Return the words of the six panels: flap, back, front, then the inner ones from the left."""
    found = []
    for page, widths in zip(document.pages, (OUTER, INNER), strict=True):
        edges = [sum(widths[:place]) for place in range(4)]
        texts = spans(page)
        for low, high in pairwise(edges):
            found.append(" ".join(text for left, *_, text in texts if low <= left < high))
    return found


# --- layout -------------------------------------------------------------------------------


def test_the_flap_is_narrower_and_folds_meet_on_both_sides():
    """The folds of the inner side are mirror images of those of the outer side."""
    assert PANELS_MM == INNER
    assert INNER[::-1] == OUTER
    assert sum(INNER) == 297
    assert INNER[2] < INNER[0] == INNER[1]


def test_each_panel_has_its_own():
    cells = {"acces": "sur-rdv", "horaires_accueil": "Mo-Fr 09:00-12:00", "adresse": "3 rue Haute"}
    services = services_of(place(**cells, **POITIERS, source="Le Journal", date_source="2014"))
    flap, back, front, numbers, first, second = panels(leaflet(services, discreet=False))
    assert flap.startswith("Qui fait quoi Maison des solidarités Le service social du département")
    assert back.startswith("Appeler avant de se déplacer. Fait le 22 novembre 2026, à refaire")
    assert "Source la plus ancienne : 2014. Sources : Le Journal. Donné par :" in back
    assert front == (
        "Violences : vous pouvez en parler Qui appeler, où aller Pour Civray et autour "
        "En danger : 17 Par SMS : 114"
    )
    assert numbers.startswith("Appeler maintenant 17 Danger immédiat : police 114")
    assert first == (
        f"Pour Civray et autour {PHONE} MDS de Civray Maison des solidarités. 3 rue Haute, "
        "Poitiers. Sur rendez-vous Du lundi au vendredi, 9 h – 12 h Information de 2014, à vérifier"
    )
    assert second == "Notes"


def test_a_discreet_front_has_only_the_territory_an_open_one_the_subject():
    assert panels(leaflet(services_of(place())))[2] == "Numéros utiles Pour Civray et autour"
    assert panels(shipped(NETWORK, Product.LEAFLET, discreet=True, extra=True))[2] == (
        "Numéros utiles"
    )


def test_without_the_flap_there_are_lines_to_write_on():
    assert panels(leaflet(services_of(place()), extra=False))[0] == "Notes"


def test_telephone_lines_come_first():
    services = services_of(
        place("a", type="association"),
        row("line", type="ecoute", telephone="05 49 00 00 09", zone_eligibilite="86"),
        row("line-2", type="ecoute", telephone="05 49 00 00 08", zone_eligibilite="86"),
    )
    numbers = [line.number for line in said(services).local]
    assert numbers == ["05 49 00 00 09", "05 49 00 00 08", PHONE]


# --- words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "details"),
    [
        ({"date_source": "2026-11"}, ("Horaires : voir par téléphone",)),
        ({}, ("Horaires : voir par téléphone", "Information sans date, à vérifier")),
        ({"acces": "sans-rdv", "date_source": "2026-11"},
         ("Sans rendez-vous", "Horaires : voir par téléphone")),
        ({"horaires_accueil": "2026 Feb 17 10:00-12:00", "date_source": "2026-11"},
         ("Horaires : voir par téléphone",)),
        ({"horaires_accueil": "24/7", "date_source": "2026-11", "adresse": "3 rue Haute"},
         ("3 rue Haute, Civray", "Tous les jours, jour et nuit")),
    ],
)  # fmt: skip
def test_unknown_hours_refer_to_the_phone_and_age_is_printed(cells, details):
    services = services_of(place(nom="Maison des solidarités de Civray", **cells))
    assert said(services, discreet=False).local[0].details == details


def test_a_discreet_address_loses_its_revealing_parts():
    services = services_of(place(adresse="Maison des femmes, 3 rue Haute"))
    assert said(services).local[0].details[0] == "3 rue Haute, Civray"


@pytest.mark.parametrize("discreet", [True, False])
def test_a_place_that_is_not_public_has_no_source_age_or_hours(discreet):
    services = services_of(
        place(type="accueil-de-jour", confidentialite="commune", nom="CANARI", source="CANARI",
              horaires_accueil="24/7", date_source="2014")
    )  # fmt: skip
    told = said(services, discreet=discreet)
    assert told.local[0].details == ()
    assert told.sources == ""
    assert "CANARI" not in words_of(leaflet(services, discreet=discreet))


def test_every_printable_type_has_a_neutral_explanation():
    types = [kind for kind in ServiceType if kind != ServiceType.HEBERGEMENT]
    services = services_of(
        *(place(str(kind), type=str(kind), telephone=f"05 49 00 00 {n:02}")
          for n, kind in enumerate(types))
    )  # fmt: skip
    for discreet in (True, False):
        kinds = said(services, discreet=discreet).kinds
        assert len(kinds) == len(types)
        assert not any(discretion.tells(" ".join(kind)) for kind in kinds)
        flap = panels(leaflet(services, discreet=discreet))[0]
        assert all(flat(f"{kind} {does}") in flap for kind, does in kinds)


def test_numbers_not_printed_are_counted_once():
    services = services_of(
        *(place(f"a{n}", telephone=f"05 49 00 00 0{n}") for n in range(4)),
        place("twice", telephone="0549000003"),
        row("nat", **LINE, telephone="0 800 05 95 95"),
    )
    for count, words in (
        (1, "Et 3 autres numéros dans la liste : les demander là où ce dépliant est donné."),
        (3, "Et 1 autre numéro dans la liste : le demander là où ce dépliant est donné."),
        (4, ""),
    ):
        ids = [f"a{n}" for n in range(count)]
        text = words_of(leaflet(services, ids=ids))
        assert words in text
        assert ("dans la liste" in text) is bool(words)


def test_sources_are_named_once_the_first_five():
    services = services_of(*(place(f"a{n}", source=f"Source {n // 2}") for n in range(12)))
    assert said(services).sources == (
        "Sources : Source 0 ; Source 1 ; Source 2 ; Source 3 ; Source 4 ; et 1\u00a0autre."
    )
    assert said(services_of(place(source="Réseau violences 86"))).sources == ""


# --- the paper ----------------------------------------------------------------------------


@pytest.mark.parametrize("territory", [HERE, VIENNE, NETWORK, FAR])
@pytest.mark.parametrize("discreet", [True, False])
def test_the_default_places_of_the_shipped_list_are_printed_whole(territory, discreet):
    document = shipped(territory, Product.LEAFLET, discreet=discreet, extra=True)
    ids = usual(offer(SHIPPED, territory).rows, MOST[Product.LEAFLET])
    text = words_of(document)
    assert "…" not in text
    for line in wording(SHIPPED, territory, ids, TODAY, discreet=discreet).local:
        for words in (line.number, line.name, *line.details):
            assert flat(words) in text


def test_details_that_do_not_fit_are_replaced_by_a_sentence():
    longest = {
        "nom": "Association " * 10,
        "adresse": "12 rue du Commerce, " * 6,
        "horaires_accueil": "Mo-Fr 09:00-12:00,13:30-17:00; Sa 09:00-12:00; PH off",
        "acces": "sans-rdv|sur-rdv",
    }
    services = services_of(
        *(place(f"a{n}", **longest, telephone=f"05 49 00 00 {n:02}") for n in range(12))
    )
    text = words_of(leaflet(services, discreet=False))
    assert all(text.count(f"05 49 00 00 {n:02}") == 1 for n in range(12))
    assert "Adresses et horaires : les demander par téléphone." in text
    assert "rue du Commerce" not in text


@given(st.lists(st.sampled_from(["", "W" * 300, "mot " * 40, "Rue " * 9]), min_size=4, max_size=4))
@settings(max_examples=4)
def test_whatever_the_length_of_a_text_no_line_crosses_another(texts):
    name, street, town, source = texts
    services = services_of(
        *(place(f"a{n}", telephone=f"05 49 00 00 {n:02} / 05 49 00 01 {n:02}") for n in range(12))
    ).assign(nom=name or "Un nom", adresse=street, commune=town, source=source)
    outer, inner = leaflet(services, discreet=False).pages
    # On the first inner panel, words are beside their number.
    for page, edges in ((outer, (0, 97, 197, 297)), (inner, (100, 200, 297))):
        for low, high in pairwise(edges):
            column = [
                (base, points) for left, _, base, points, _ in spans(page) if low < left < high
            ]
            for (above, _), (below, points) in pairwise(sorted(column)):
                assert below - above > 0.8 * points / MM


def test_every_rule_box_and_mark_keeps_the_margin_of_office_printers():
    for page in shipped(VIENNE, Product.LEAFLET, discreet=False, extra=True).pages:
        drawn = page.get_contents().get_data().decode("latin-1")
        points = re.findall(r"(-?[\d.]+) (-?[\d.]+) [ml]\b", drawn)
        assert points
        for x, y in points:
            assert MARGIN_MM - 0.1 <= float(x) / MM <= 297 - MARGIN_MM + 0.1
            assert MARGIN_MM - 0.1 <= float(y) / MM <= 210 - MARGIN_MM + 0.1
