"""The handout on the page Trouver: choice of services, warnings, printing."""

import io
import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.conftest import settled
from tests.lists import CIVRAY, content, row
from tests.test_pages import on_list, press, texts, tuesday  # noqa: F401
from tests.test_trouver import asked, found, headings

ADD = "+ Ajouter à la feuille"
LONG = {
    **CIVRAY,
    "type": "association",
    "adresse": "Maison des associations, 12 rue du Commerce",
    "acces": "sans-rdv|telephone",
    "horaires_accueil": "Mo-Fr 09:00-12:30,13:30-17:00",
    "horaires_precisions": "Sonner à la porte bleue ; fermé entre Noël et le jour de l’an.",
    "date_source": "2026-11-02",
}


def many(count, **cells):
    return [
        row(f"lieu-{n}", **LONG, nom=f"Association {n} au nom bien long de Civray et d’ailleurs",
            telephone=f"05 49 00 00 0{n} / 05 49 00 01 0{n}", **cells)
        for n in range(count)
    ]  # fmt: skip


def fill(page, count):
    for _ in range(count):
        press(page, ADD)
    return page


@pytest.mark.parametrize("key", ["preparee", "format", "discrete", "pdf"])
def test_no_id_is_taken_for_a_part_of_the_page(on_list, key):  # noqa: F811
    on_list([row(key, **CIVRAY, type="association", nom="Un lieu", telephone="05 49 00 00 01")])
    page = fill(asked(depuis="86078"), 1)
    assert "05\u00a049\u00a000\u00a000\u00a001" in page.get("html")[-2].proto.body
    assert "La feuille à remettre (1 sur 8)" in headings(press(page, "Un lieu"))


def test_a_full_sheet_that_lost_services_takes_others(on_list):  # noqa: F811
    rows = many(8)
    on_list(rows)
    page = press(asked(depuis="86078"), "Voir 3")
    fill(page, 8)
    on_list(
        [
            *rows[:5],
            row("autre", **CIVRAY, type="association", nom="Une autre", telephone="05 49 00 00 09"),
        ]
    )
    page.run()
    assert "La feuille à remettre (5 sur 8)" in headings(page)
    fill(page, 1)
    assert "La feuille à remettre (6 sur 8)" in headings(page)


def test_a_discreet_sheet_warns_of_the_numbers_that_all_know(on_list):  # noqa: F811
    lines = [("116 006", "nuit"), ("05 49 39 19 00", "jour"), ("17", "tout")]
    on_list([
        row(name, type="ecoute", nom=name, telephone=phone, zone_eligibilite="france")
        for phone, name in lines
    ])  # fmt: skip
    page = fill(asked(depuis="86078"), 3)
    assert "tout le monde connaît, même sans nom : 116 006, 17." in texts(page)
    page.checkbox(key="feuille_discrete").uncheck().run()
    assert "tout le monde connaît" not in texts(page)


def test_a_service_without_phone_and_address_has_a_sentence_on_paper(on_list):  # noqa: F811
    on_list([row("a", **CIVRAY, type="association", nom="Un lieu", courriel="lieu@civray.fr")])
    page = fill(asked(depuis="86078"), 1)
    printed = texts(page).split("feuille-imprimee")[1]
    assert "Numéro inconnu" in printed
    assert "86400 Civray, ni téléphone ni adresse" in printed
    assert "lieu@civray.fr" not in printed
    page.checkbox(key="feuille_discrete").uncheck().run()
    assert "lieu@civray.fr" in texts(page).split("feuille-imprimee")[1]


def test_the_printed_sheet_in_another_language_says_which_text_is_in_which(on_list):  # noqa: F811
    hostile = "<img src=x onerror=alert(1)> Sonner deux fois."
    on_list([
        row("a", **CIVRAY, type="association", nom="Un lieu", telephone="05 49 00 00 01",
            horaires_accueil="Mo-Fr 09:00-12:00", horaires_precisions=hostile)
    ])  # fmt: skip
    page = fill(asked(depuis="86078"), 1)
    assert "dir=" not in texts(page)
    page.checkbox(key="feuille_rendez_vous").check()
    page.selectbox(key="feuille_langue").select("ar").run()
    printed = texts(page).split("feuille-imprimee")[1].replace("\u00a0", " ")
    assert '<span lang="ar" dir="rtl">عناوين مفيدة</span>' in printed
    assert '<div lang="ar" dir="rtl"><b>جمعية</b>' in printed
    assert "من الاثنين إلى الجمعة: من 09:00 إلى 12:00" in printed
    assert '<span lang="fr" dir="ltr">&lt;img src=x onerror=alert(1)&gt; Sonner' in printed
    assert "Rendez-vous le ……" in printed
    assert "<img" not in printed
    assert "n’ont pas encore été relues" in texts(page)
    page.selectbox(key="feuille_langue").select("fr").run()
    assert "dir=" not in texts(page)


def test_eight_services_fit_one_page_and_every_control_has_a_name(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(content(many(8)))
    page = found(visit(serve(path) + "/trouver"))
    page.get_by_label("Elle est à").press_sequentially("civ")
    page.get_by_role("button", name="Civray (86)").press("Enter")
    expect(page.locator(".st-key-depart_place p").first).to_be_focused()
    page.get_by_role("button", name="Changer").press("Enter")
    expect(page.get_by_label("Elle est à")).to_be_focused()
    page.get_by_label("Elle est à").press_sequentially("civ")
    page.get_by_role("button", name="Civray (86)").click()
    page.get_by_role("button", name=re.compile("Voir 3")).click()
    for number in range(8):
        button = f"{ADD} : Association {number} au nom bien long de Civray et d’ailleurs"
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", name=f"({number + 1} sur 8)")).to_be_visible()
    expect(page.get_by_role("button", name="Retirer : Association 7")).to_have_count(1)
    page.get_by_text("Discrète").click()
    expect(page.get_by_label("Discrète")).not_to_be_checked()
    settled(page)
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 1
    paper = " ".join(printed.pages[0].extract_text().split())
    assert all(f"05 49 00 00 0{n} / 05 49 00 01 0{n}" in paper for n in range(8))
    assert "http" not in paper
    assert page.errors == []
