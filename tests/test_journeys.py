"""What people come for, from the first page to the answer, as they click, in a real browser."""

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.conftest import DESKTOP, PHONE, map_of, settled, wait_for


def choose(page: Page, box: str, option: str) -> None:
    """Choose in a menu, by typing: what is offered is long."""
    field = page.get_by_label(box, exact=True)
    field.wait_for()
    settled(page)  # a run that ends would empty the box
    field.focus()
    field.fill(option)
    page.get_by_role("option", name=option, exact=True).click()


def is_seen(page: Page, selector: str) -> bool:
    """Say whether all of an element is on the screen, below the strip and the links to pages."""
    box = page.locator(selector).first.bounding_box()
    below = page.locator(".st-key-pages").bounding_box()
    bottom = page.viewport_size["height"]
    return below["y"] + below["height"] - 1 <= box["y"] and box["y"] + box["height"] <= bottom


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_civray_on_thursday_between_14_and_17(app, visit, size):
    page = visit(f"{app}/trouver", size=size)
    page.get_by_label("Elle est à").fill("civray")
    page.get_by_role("button", name="Civray (86)").click()
    expect(page).to_have_url(re.compile("depuis=86078"))
    settled(page)
    page.get_by_label("Elle peut venir").click()
    page.get_by_role("option", name="Un créneau de la semaine").click()
    expect(page).to_have_url(re.compile("quand=jeudi-14%3A00-17%3A00"))
    short = page.locator(".en-bref")
    expect(short).to_contain_text(re.compile(r"\d\sdans sa commune"))
    expect(short).to_contain_text("À appeler d’abord, horaires à demander")
    settled(page)
    page.locator(".stMain").evaluate("main => main.scrollTo(0, 0)")
    assert is_seen(page, ".en-bref a[href^='tel:']")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    short.get_by_role("button", name="à appeler d’abord").click()
    heading = page.get_by_role("heading", name="à appeler d’abord")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    assert page.url.endswith("inconnus=non") or "#" not in page.url
    assert (page.errors, page.strangers) == ([], [])


def test_chalon_at_night_on_a_phone(app, visit):
    page = visit(f"{app}/trouver", size=PHONE)
    page.get_by_label("Elle est à").fill("chalon-sur-saone")
    page.get_by_role("button", name="Chalon-sur-Saône (71)").click()
    expect(page).to_have_url(re.compile("depuis=71076"))
    settled(page)
    page.get_by_label("Elle peut venir").click()
    page.get_by_role("option", name="Tel jour, telle heure").click()
    choose(page, "Heure", "23 h 30")
    expect(page).to_have_url(re.compile("T23%3A30"))
    page.locator(".en-bref").get_by_role("button", name="par téléphone").click()
    lines = page.locator(".st-key-bloc_par_telephone")
    expect(lines.get_by_role("heading")).to_be_in_viewport()
    expect(lines).to_contain_text("ouvert · 3919")
    expect(lines.locator("a[href='tel:3919']").first).to_be_visible()
    page.get_by_text("se mettre à l’abri").click()
    expect(page.get_by_role("heading", name="Qui appeler, dans cet ordre")).to_be_visible()
    expect(page.locator(".carte-service a[href^='tel:']").first).to_have_text("115")
    assert (page.errors, page.strangers) == ([], [])


def test_a_commissariat_near_mantes_open_now(app, visit):
    page = visit(app)
    page.get_by_label("Commune", exact=True).fill("mantes-la-jolie")
    page.get_by_role("button", name="Mantes-la-Jolie (78)").click()
    page.get_by_label("Jusqu’où").click()
    page.get_by_role("option", name="à moins de 20 km").click()
    page.get_by_role("button", name="Commissariat", exact=True).click()
    page.get_by_label("Quand").click()
    page.get_by_role("option", name="Maintenant").click()
    expect(page).to_have_url(re.compile("quand=maintenant"))
    for part in ("communes=78361", "autour=20", "types=commissariat"):
        assert part in page.url
    expect(page.get_by_text("à moins de 20 km de Mantes-la-Jolie (78)")).to_be_visible()
    settled(page)
    cards = page.locator(".st-key-liste .carte-service").all_inner_texts()
    away = [re.search(r"À ([\d,]+)\s(km|m)", card.replace("\u00a0", " ")) for card in cards]
    metres = [
        float(found[1].replace(",", ".")) * (1000 if found[2] == "km" else 1)
        for found in away
        if found
    ]
    assert metres == sorted(metres)
    assert len(metres) == len(cards) > 1
    assert max(metres) <= 20_000
    before = map_of(page).locator("body").evaluate("map.getZoom()")
    page.locator(".st-key-liste button").first.click()
    expect(page.locator(".fiche h2")).to_contain_text("Mantes-la-Jolie")
    frame = map_of(page)
    expect(frame.locator(".leaflet-popup")).to_contain_text("Commissariat")
    assert frame.locator("body").evaluate("map.getZoom()") >= 12
    page.get_by_text("Itinéraire", exact=True).click()
    expect(page.get_by_text("Cela quitte ce site")).to_be_visible()
    link = page.get_by_role("link", name="Ouvrir openstreetmap.org")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    point = page.locator(".itineraire .application")
    expect(point).to_have_attribute("href", re.compile(r"^geo:48\.9\d+,1\.\d+\?q="))
    page.get_by_role("button", name="Retour à la liste").click()
    expect(frame.locator(".leaflet-popup")).to_have_count(0)
    assert frame.locator("body").evaluate("map.getZoom()") == before
    assert (page.errors, page.strangers) == ([], [])


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_vienne_on_tuesday_evening_and_what_a_drop_in_changes(app, visit, size):
    page = visit(f"{app}/couverture?departements=86&types=accueil-de-jour", size=size)
    map_of(page)
    page.get_by_label("ouvert", exact=True).click()
    page.get_by_role("option", name="tels jours, à telles heures").click()
    expect(page).to_have_url(re.compile("ouverture=mardi-18%3A00-22%3A00"))
    expect(page.get_by_text("Heures de la semaine où quelqu’un")).to_be_visible()
    answer = page.locator(".reponse")
    expect(answer).to_contain_text("Nous ne connaissons pas les horaires du seul service à portée")
    page.get_by_text("Et si…", exact=True).click()
    page.locator(".st-key-et_si_recherche input").fill("loudun")
    page.get_by_role("button", name="Loudun (86)", exact=True).click()
    page.locator(".st-key-et_si_ajouter button").scroll_into_view_if_needed()
    settled(page)
    page.locator(".st-key-et_si_ajouter button").click()
    expect(answer).to_contain_text(re.compile(r"0\s%\s→\s5\s%"))
    expect(answer).to_be_in_viewport()
    wait_for(lambda: is_seen(page, ".reponse p:has(strong)"))
    assert (page.errors, page.strangers) == ([], [])


def test_the_meeting_s_report(app, visit):
    page = visit(f"{app}/couverture")
    page.get_by_role("button", name=re.compile(r"Saône-et-Loire \(71\)")).click()
    page.get_by_label("Départements").fill("vienne")
    page.get_by_role("option", name="Vienne (86)", exact=True).click()
    expect(page).to_have_url(re.compile("departements=86"))
    page.keyboard.press("Escape")
    settled(page)
    page.get_by_role("button", name="Préparer le dossier de réunion").click()
    with page.expect_download(timeout=120_000) as download:
        page.get_by_role("button", name="Dossier (PDF)").click(timeout=120_000)
    pdf = PdfReader(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert "Vienne" in pdf.pages[0].extract_text()
    assert (page.errors, page.strangers) == ([], [])
