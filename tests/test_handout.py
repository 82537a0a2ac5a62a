"""The handout: its words, what it never reveals, and that it fits one page."""

import io
import logging
import re
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import pandas as pd
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.paper import handout
from geodata.paper.handout import Size, entries
from geodata.services import Confidentiality, ServiceType, is_for_perpetrators, read_services
from tests.conftest import ROOT
from tests.lists import CIVRAY, read, row

# A Sunday.
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
SHIPPED = read_services(ROOT / "services.csv").services
TELLING = re.compile(r"violen|victim|femme|conjug|sexuel|agress", re.IGNORECASE)
MM = 72 / 25.4


def services_of(*rows):
    return read(*rows).services


def one(**cells):
    return services_of(row("a", **(CIVRAY | {"adresse": "12 rue du Commerce"} | cells)))


BARE = one()
BASE = BARE.assign(telephone="17")


def entry(*, discreet=True, now=NOW, **cells):
    return entries(BARE.assign(**cells), now, discreet=discreet)[0]


def reader(services, **options):
    return pypdf.PdfReader(io.BytesIO(handout.handout(services, NOW, **options)))


def text_of(services, **options):
    pages = reader(services, **options).pages
    return "\n".join(page.extract_text() for page in pages).replace("\u00a0", " ")


def flat(text):
    return " ".join(text.split())


# --- words --------------------------------------------------------------------------------


def test_the_phone_comes_first_then_name_place_access_hours_and_age():
    services = one(
        telephone="05 49 00 00 01",
        acces="sans-rdv|telephone",
        horaires_accueil="Mo-Fr 09:00-12:30",
        horaires_precisions="Sonner à la porte bleue.",
        date_verification="2026-10",
    )
    for size in Size:
        assert flat(text_of(services, size=size, discreet=False)) == (
            "Adresses utiles 05 49 00 00 01 MDS de Civray 12 rue du Commerce, 86400 Civray "
            "Sans rendez-vous, par téléphone "
            "Du lundi au vendredi, 9 h – 12 h 30. Sonner à la porte bleue. "
            "Vérifié en octobre 2026 "
            "Édité le 22 novembre 2026. Appeler avant de se déplacer. "
            "En cas d’urgence : 17 · 114 (SMS) · 15 · 112"
        )


def test_a_discreet_handout_has_neutral_names_and_explains_no_number():
    text = flat(text_of(one(telephone="05 49 00 00 01")))
    assert "05 49 00 00 01 Service social 12 rue du Commerce, 86400 Civray" in text
    assert "MDS" not in text
    assert text.endswith("Appeler avant de se déplacer. 17 · 114 (SMS) · 15 · 112")


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ({}, "12 rue du Commerce, 86400 Civray"),
        # With neither phone nor address, a sentence says so.
        ({"adresse": ""}, "86400 Civray, ni téléphone ni adresse"),
        ({"adresse": "", "telephone": "17"}, "86400 Civray, emplacement à demander"),
        (
            {"adresse": "", "commune": "", "code_postal": "", "code_insee": ""},
            "Ni téléphone ni adresse",
        ),
        (
            {"adresse": "", "confidentialite": "commune", "telephone": "05 49 00 00 01"},
            "86400 Civray, adresse communiquée par téléphone",
        ),
        ({"adresse": "", "confidentialite": "commune"}, "86400 Civray, ni téléphone ni adresse"),
        ({"type": "ecoute", "telephone": "3919"}, ""),
        ({"type": "ecoute"}, "En ligne, ni téléphone ni adresse"),
        # In a discreet handout, an address loses the parts that reveal the purpose or the name.
        ({"adresse": "Maison des femmes, 3 rue Haute"}, "3 rue Haute, 86400 Civray"),
        ({"adresse": "3 rue Haute (MDS de Civray)"}, "3 rue Haute, 86400 Civray"),
        ({"adresse": "Maison des femmes"}, "86400 Civray, emplacement à demander"),
        ({"adresse": "Hôtel de Ville (1er étage)"}, "Hôtel de Ville (1er étage), 86400 Civray"),
        ({"adresse": "4 rue des Violettes"}, "4 rue des Violettes, 86400 Civray"),
    ],
)
def test_the_place_in_words(cells, place):
    assert entry(**cells).place == place


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        ({"courriel": "c@civray.fr", "site_web": "https://www.civray.fr/"}, "c@civray.fr"),
        ({"site_web": "https://www.civray.fr/"}, "civray.fr"),
        ({"site_web": "https://civray.fr/" + "x" * 80}, ""),
        ({}, ""),
        # A phone number or an address is enough.
        ({"courriel": "c@civray.fr", "telephone": "17"}, ""),
        ({"courriel": "c@civray.fr", "adresse": "12 rue du Commerce"}, ""),
    ],
)
def test_without_phone_or_address_the_mail_or_the_site_is_given_unless_discreet(cells, written):
    services = BARE.assign(**{"adresse": "", **cells})
    assert entries(services, NOW, discreet=False)[0].contact == written
    assert entries(services, NOW)[0].contact == ""
    assert written in flat(text_of(services, discreet=False))


def test_a_discreet_handout_has_no_hours_of_a_shelter():
    cells = {"type": "hebergement", "telephone": "115", "horaires_precisions": "De 16 h à 10 h."}
    assert entry(**cells).hours == "Horaires inconnus : appeler avant"
    assert entry(**cells, discreet=False).hours.endswith("De 16 h à 10 h.")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"horaires_accueil": "Mo 09:00-12:00"}, "Le lundi, 9 h – 12 h"),
        # Details that repeat the hours are left out.
        (
            {"horaires_accueil": "Mo 09:00-12:00", "horaires_precisions": "Lundi de 9 h à 12 h."},
            "Le lundi, 9 h – 12 h",
        ),
        (
            {"horaires_accueil": "Mo 09:00-12:00", "horaires_precisions": "Sauf le 1er lundi."},
            "Le lundi, 9 h – 12 h. Sauf le 1er lundi.",
        ),
        (
            {"horaires_accueil": "24/7", "horaires_precisions": "Gratuit, jour et nuit."},
            "Tous les jours, jour et nuit. Gratuit, jour et nuit.",
        ),
        (
            {
                "horaires_accueil": "24/7",
                "horaires_precisions": "Gratuit, jour et nuit, tous les jours.",
            },
            "Gratuit, jour et nuit, tous les jours.",
        ),
        ({}, "Horaires inconnus"),
        ({"telephone": "17"}, "Horaires inconnus : appeler avant"),
        (
            {"telephone": "17", "horaires_precisions": "Le mardi."},
            "Horaires à confirmer : appeler avant. Le mardi.",
        ),
        (
            {"telephone": "17", "horaires_precisions": "Horaires à confirmer."},
            "Horaires à confirmer : appeler avant",
        ),
        (
            {"horaires_accueil": "quand on peut", "telephone": "17"},
            "Horaires inconnus : appeler avant",
        ),
        # Past dates are left out; the service is not called closed.
        (
            {
                "horaires_accueil": "2026 Feb 17 10:00-12:00",
                "horaires_precisions": "Mardi 17 février.",
                "telephone": "17",
            },
            "Prochaines dates inconnues : appeler avant",
        ),
        # Too long or revealing: left out whole, with a reference to the phone.
        (
            {"horaires_precisions": "Le mardi, sauf. " * 40, "telephone": "17"},
            "Horaires : voir par téléphone",
        ),
        ({"horaires_precisions": "Le mardi, sauf. " * 40}, "Horaires à demander"),
        ({"horaires_precisions": "Groupe de femmes le mardi."}, "Horaires inconnus"),
        (
            {"horaires_accueil": 'Mo 09:00-12:00 "groupe de femmes"', "telephone": "17"},
            "Horaires : voir par téléphone",
        ),
    ],
)
def test_the_hours_in_words(cells, words):
    assert entry(**cells).hours.replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"date_verification": "2026-10-01"}, "Vérifié le 1er octobre 2026"),
        ({"date_verification": "2020-10"}, "Vérifié en octobre 2020, à vérifier"),
        ({"date_source": "2016-11"}, "Information de novembre 2016, à vérifier"),
        ({"date_source": "2026-04"}, "Information d’avril 2026"),
        ({"date_source": "2026-11-02"}, "Information du 2 novembre 2026"),
        ({"date_source": "2026"}, "Information de 2026"),
        ({}, "Information sans date, à vérifier"),
    ],
)
def test_how_old_it_is(cells, words):
    assert entry(**cells).age.replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        (
            "Tu[4] 14:00-17:00",
            (
                "s dates : mardi 24 novembre 14 h – 17 h ; mardi 22 décembre 14 h – 17 h"
                " ; mardi 26 janvier 2027 14 h – 17 h"
            ),
        ),
        ("2026 Dec 01 09:30-12:00", " date : mardi 1er décembre 9 h 30 – 12 h"),
        # In progress at 10 h 30 today.
        ("2026 Nov 22 09:00-11:00", " date : dimanche 22 novembre 9 h – 11 h"),
        ("2026 Nov 22 09:00-10:00", ""),
        ("2026 Dec 05 20:00-24:00", " date : samedi 5 décembre 20 h – minuit"),
        (
            "2026 Dec 05 20:00-26:00",
            " date : samedi 5 décembre 20 h – dimanche 6 décembre 2 h",
        ),
        # Weekly openings: the hours are enough.
        ("Tu 14:00-17:00", ""),
        ("24/7", ""),
        # 25 December is the fourth Friday, 1 January the first: public holidays that the hours do
        # not mention.
        (
            "Fr[1] 14:00-17:00; Fr[4] 14:00-17:00",
            (
                "s dates : vendredi 27 novembre 14 h – 17 h ; vendredi 4 décembre 14 h – 17 h"
                " ; vendredi 22 janvier 2027 14 h – 17 h"
            ),
        ),
        (
            "Fr[4] 14:00-17:00; PH 10:00-12:00",
            (
                "s dates : vendredi 27 novembre 14 h – 17 h ; vendredi 25 décembre 10 h – 12 h"
                " ; vendredi 1er janvier 2027 10 h – 12 h"
            ),
        ),
        ("on verra", ""),
    ],
)
def test_the_next_dates(text, dates):
    words = f"Prochaine{dates}" if dates else ""
    assert entry(horaires_accueil=text).dates.replace("\u00a0", " ") == words


def test_a_naive_now_is_paris():
    services = one(horaires_accueil="2026 Nov 22 09:00-11:00")
    aware, naive = (entries(services, now) for now in (NOW, NOW.replace(tzinfo=None)))
    assert aware == naive


# --- what it must not reveal --------------------------------------------------------------

HIDDEN = {"type": "hebergement", "nom": "CANARI", "structure": "CANARI", "telephone": "115"}


@pytest.mark.parametrize("level", ["", *Confidentiality])
@pytest.mark.parametrize("discreet", [True, False])
def test_a_shelter_never_has_a_place(level, discreet):
    place = CIVRAY | {"adresse": "1 rue Cachée", "latitude": "46.14", "longitude": "0.29"}
    services = one(**HIDDEN, **place, confidentialite="public")
    services["confidentialite"] = level or Confidentiality.DEPARTEMENT
    said = entries(services, NOW, discreet=discreet)
    if level == Confidentiality.NON_PUBLIE:
        assert said == ()
        return
    assert said[0].place == "Adresse communiquée par téléphone"
    text = text_of(services, discreet=discreet)
    assert not re.search(r"Civray|86400|Cachée|46[.,]14|0[.,]29", text)
    assert ("CANARI" in text) is not discreet


@pytest.mark.parametrize("level", [Confidentiality.DEPARTEMENT, Confidentiality.COMMUNE])
def test_no_hidden_address_comes_through_even_where_a_frame_carries_one(level):
    services = BASE.assign(nom="Accueil", confidentialite=level, adresse="CANARI")
    text = text_of(services, discreet=False)
    assert "CANARI" not in text
    assert ("Civray" in text) is (level == Confidentiality.COMMUNE)


def test_rows_never_shown_do_not_count():
    services = services_of(
        *(row(f"n{n}", confidentialite="non_publie") for n in range(9)), row("a")
    )
    assert len(entries(services, NOW)) == 1
    assert len(reader(services).pages) == 1
    with pytest.raises(ValueError, match="au moins un"):
        handout.handout(services[services["confidentialite"] == "non_publie"], NOW)


@pytest.mark.parametrize("size", Size)
def test_the_file_has_no_other_metadata(size):
    services = one(
        nom="CANARI nom", structure="CANARI structure", description="CANARI",
        courriel="c@canari.fr", site_web="https://canari.fr", source="CANARI", lien_source="https://canari.fr/x",
        reseaux="canari", publics="femmes", zone_eligibilite="86",
    )  # fmt: skip
    content = handout.handout(services, NOW, size=size)
    document = pypdf.PdfReader(io.BytesIO(content))
    assert dict(document.metadata) == {
        "/Title": "Adresses utiles",
        "/CreationDate": "D:20261122000000Z",
    }
    xmp = document.xmp_metadata.rdf_root.toxml()
    assert re.sub(r"<[^>]*>", " ", xmp).split() == ["Adresses", "utiles"]
    assert not any(page.annotations for page in document.pages)
    objects = b"".join(
        item.get_data() for item in map(document.get_object, range(1, len(document.xref[0]) + 1))
        if isinstance(item, pypdf.generic.StreamObject) and item.get("/Type") != "/Metadata"
    )  # fmt: skip
    content = re.sub(b"<x:xmpmeta.*</x:xmpmeta>", b"", content, flags=re.DOTALL)
    for told in (b"canari", b"http", b"femmes"):
        assert told not in content.lower() + objects.lower()
    assert "CANARI" not in text_of(services, size=size)
    assert not re.search(r"https?:|www|@", text_of(services, size=size, discreet=False))


def test_the_same_choice_on_the_same_day_is_the_same_file():
    assert handout.handout(BASE, NOW) == handout.handout(BASE, NOW.replace(hour=18))


def said_by(services) -> str:
    return "\n".join("\n".join(texts(said)) for said in entries(services, NOW))


def texts(said):
    """Return the French texts of an entry."""
    return [text for text in vars(said).values() if isinstance(text, str)]


def test_no_discreet_line_of_the_shipped_list_reveals_the_purpose():
    for_perpetrators = is_for_perpetrators(SHIPPED).sum()
    assert for_perpetrators
    assert len(entries(SHIPPED, NOW)) == len(SHIPPED) - for_perpetrators
    assert TELLING.search(" ".join(SHIPPED["nom"]))
    assert not TELLING.search(said_by(SHIPPED))


@given(
    st.data(),
    st.sampled_from(
        ["Violences", "VICTIMES", "fem\u00admes", "fe\u200bmme", "conjugal", "ＦＥＭＭＥ"]
    ),
)
@settings(max_examples=40)
def test_a_discreet_line_reveals_nothing_wherever_the_word_is(data, word):
    columns = [
        "nom", "structure", "adresse", "commune", "code_postal", "telephone", "courriel",
        "site_web", "horaires_accueil", "horaires_precisions", "acces", "publics", "reseaux",
        "description", "source", "date_source", "date_verification",
    ]  # fmt: skip
    around = st.sampled_from(["", "01 02 03 04 05 ", "Maison des ", "(", ", ", "12 rue "])
    told = data.draw(st.lists(st.sampled_from(columns), min_size=1, unique=True))
    services = BASE.assign(horaires_accueil="Mo 09:00-12:00")
    services = services.assign(**{name: data.draw(around) + word for name in told})
    services["type"] = data.draw(st.sampled_from(list(ServiceType)))
    text = said_by(services)
    assert not TELLING.search(text)
    assert "ＦＥＭ" not in text


# --- one page -----------------------------------------------------------------------------


@pytest.mark.parametrize("start", range(3))
def test_eight_of_the_shipped_list_are_one_page_that_cuts_nothing(start):
    longest = SHIPPED["horaires_precisions"].str.len().sort_values(ascending=False).index
    for ids in (SHIPPED.index[start :: len(SHIPPED) // 8][:8], longest[8 * start : 8 * start + 8]):
        eight = SHIPPED.loc[ids]
        document = reader(eight, discreet=False)
        assert len(document.pages) == 1
        text = flat(document.pages[0].extract_text())
        for said in entries(eight, NOW, discreet=False):
            assert f"{said.phone or 'Numéro inconnu'} {said.name}" in text
            assert all(flat(words) in text for words in texts(said))


@given(st.lists(st.sampled_from(list(SHIPPED.index)), min_size=8, max_size=8))
@settings(max_examples=3)
def test_any_eight_of_the_shipped_list_are_one_page(ids):
    assert len(reader(SHIPPED.loc[ids]).pages) == 1


def widest():
    """Return a row whose texts are all longer and wider than any real one."""
    long = "W" * 5000
    dates = ", ".join(f"2026 {month} 10:00-12:00" for month in ("Nov 25", "Dec 23", "Dec 30"))
    return one(
        nom=long, adresse="M" * 5000, telephone="05 49 00 00 01 / 05 49 00 00 02",
        horaires_accueil=dates.replace(", ", "; "), horaires_precisions="WWWWWWWWW " * 13,
        acces="sans-rdv|sur-rdv|telephone|urgence", date_source="2016-11-30",
    ).assign(commune=long)  # fmt: skip


@cache
def widest_document(size, count):
    return reader(pd.concat([widest()] * count), size=size, discreet=size is Size.A4)


@pytest.mark.parametrize(("size", "count"), [(Size.A4, 8), (Size.POCHE, 4)])
def test_the_widest_texts_are_cut_to_one_page_but_no_number_date_or_hour_is(size, count):
    document = widest_document(size, count)
    assert len(document.pages) == 1
    text = flat(document.pages[0].extract_text())
    assert text.count("05 49 00 00 01 / 05 49 00 00 02") == count
    hours_whole = flat(entries(widest(), NOW)[0].hours)
    assert text.count(hours_whole) + text.count("Horaires : voir par téléphone") == count
    assert text.count("Prochaines dates : mercredi 25 novembre 10 h – 12 h") == count
    assert text.endswith("17 · 114 (SMS) · 15 · 112")


def spots(page):
    """Return the position (points from the lower left) and font of each text."""
    found = []

    def visit(text, _, at, __, points):
        if text.strip():
            found.append((at[4], at[5], points))

    page.extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize(("size", "count"), [(Size.A4, 8), (Size.GRAND, 2), (Size.POCHE, 4)])
def test_nothing_is_drawn_off_the_paper(size, count):
    for page in widest_document(size, count).pages:
        for x, y, _ in spots(page):
            assert 6 * MM <= x + 0.01 < page.mediabox.width
            assert 6 * MM < y < page.mediabox.height


@pytest.mark.parametrize(
    ("size", "width", "height"),
    [(Size.A4, 210, 297), (Size.GRAND, 210, 297), (Size.POCHE, 105, 148)],
)
def test_the_paper(size, width, height):
    box = reader(SHIPPED.iloc[:2], size=size).pages[0].mediabox
    assert (round(box.width / MM), round(box.height / MM)) == (width, height)


def test_big_type_stays_big_and_goes_on_to_further_pages():
    eight = SHIPPED[SHIPPED["horaires_precisions"] != ""].iloc[:8]
    document = reader(eight, size=Size.GRAND)
    assert len(document.pages) > 1
    last = f"Page {len(document.pages)} sur {len(document.pages)}."
    assert last in flat(document.pages[-1].extract_text())
    # The age of the information and the footer are in smaller type.
    for size, small in ((Size.GRAND, False), (Size.A4, True)):
        types = [points for page in reader(eight, size=size).pages for *_, points in spots(page)]
        assert (min(types) < 0.85 * 14) is small


@pytest.mark.parametrize("size", Size)
def test_at_least_one_and_at_most_eight(size):
    with pytest.raises(ValueError, match="au moins un"):
        handout.handout(SHIPPED.iloc[:0], NOW, size=size)
    with pytest.raises(ValueError, match="huit services au plus : il y en a 9"):
        handout.handout(SHIPPED.iloc[:9], NOW, size=size)
    assert entries(SHIPPED.iloc[:0], NOW) == ()


# --- hostile texts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{nb} {{ 7*7 }} #let $x$ \\n % & <b>gras</b> **gras** __i__ [lien](x)",
        "(parenthèse) \\) Tj ET /Name << >> stream",
        "Élève à l’œuvre – « ça » où… Noël, naïf, Ÿ Łódź",
    ],
)
def test_nothing_is_interpreted(text):
    assert text in flat(text_of(BASE.assign(nom=text), discreet=False))


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Maison 🏠 bleue", "Maison bleue"),
        ("\u202eelbane", "elbane"),
        ("a\x00b\x07c\u200bd\ue000e", "abcde"),
        ("l’e\u0301te\u0301", "l’été"),
        ("𐎀𐎁", "??"),
        ("９ １", "9 1"),
        ("10\u202fh", "10 h"),
    ],
)
def test_characters_missing_in_the_font_are_replaced_without_a_log_entry(text, drawn, caplog):
    with caplog.at_level(logging.WARNING):
        found = flat(text_of(BASE.assign(nom=text), discreet=False))
    assert f"17 {drawn} 12 rue" in found
    assert caplog.records == []


@pytest.mark.parametrize("cell", ["W" * 5000, "05 49 00 00 01 " * 300])
def test_a_number_too_long_to_be_one_is_not_cut_but_left_out(cell):
    services = BASE.assign(telephone=cell)
    assert entries(services, NOW)[0].phone == ""
    assert "Numéro inconnu" in text_of(services)


@given(st.data())
@settings(max_examples=12)
def test_any_text_makes_a_page(data):
    cells = st.text(max_size=60) | st.text(max_size=3).map(lambda text: text * 1700)
    columns = ["nom", "structure", "adresse", "commune", "code_postal", "telephone"]
    columns += ["horaires_accueil", "horaires_precisions", "acces", "date_source"]
    services = BASE.assign(**{name: data.draw(cells) for name in columns})
    discreet, size = data.draw(st.booleans()), data.draw(st.sampled_from(Size))
    document = reader(services, discreet=discreet, size=size)
    assert len(document.pages) == 1
    assert "Adresses utiles" in document.pages[0].extract_text()
