"""Given lists in a real browser: reloading, export, hostile content, addresses."""

import csv
import io
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.conftest import PHONE, ROOT, map_of, settled
from tests.lists import CIVRAY, HOSTILE, content, row

LONG = f"Violences{'x' * 291}"
# Texts that go out of the window to the right, but in a table that is moved sideways.
TEXTS = "#root :is(p, h1, h2, dd, dt, li, td, th, a, button)"
TOO_WIDE = f"""() => [...document.querySelectorAll('{TEXTS}')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .filter((e) => !e.closest('.stDataFrame, .reseaux'))
  .map((e) => e.tagName + ' ' + e.textContent.slice(0, 40))"""


def test_exports_are_made_of_what_is_filtered(app, visit):
    page = visit(f"{app}/?departements=86&types=mds")
    page.get_by_role("button", name="Exporter").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV pour Excel").click()
    assert re.fullmatch(
        r"maillage-vienne-mds-\d{4}-\d\d-\d\d-excel\.csv", download.value.suggested_filename
    )
    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert rows
    assert {line["Type"] for line in rows} == {"Maison des solidarités"}
    assert sum(name.startswith("État, ") for name in rows[0]) == 1
    for name, begins in (
        ("Carte, image (PNG)", b"\x89PNG"),
        ("Carte, dessin (SVG)", b"<svg "),
        ("Liste à imprimer (PDF)", b"%PDF"),
    ):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert Path(download.value.path()).read_bytes().startswith(begins)


@pytest.fixture
def own_list(tmp_path) -> Path:
    path = tmp_path / "services.csv"
    path.write_bytes(content([row("a", **CIVRAY, nom="Avant"), row("b", **CIVRAY)]))
    return path


def test_the_running_page_follows_its_file_and_keeps_the_last_good_list(serve, visit, own_list):
    page = visit(serve(own_list))
    expect(page.get_by_text("2 services", exact=True)).to_be_visible()
    own_list.write_bytes(content([row("a", nom="Après")]))
    expect(page.get_by_role("button", name="Après")).to_be_visible()
    # The page has reloaded the list by itself; the next steps do not wait for another check.
    own_list.write_text("ceci n'est pas une liste")
    page.reload()
    expect(page.get_by_text("Colonne obligatoire absente")).to_be_visible()
    expect(page.get_by_role("button", name="Après")).to_be_visible()
    own_list.unlink()
    page.reload()
    expect(page.get_by_text("est introuvable")).to_be_visible()
    expect(page.get_by_role("button", name="Après")).to_be_visible()
    shutil.copy(ROOT / "services.csv", own_list)
    page.reload()
    expect(page.get_by_text("469 services", exact=True)).to_be_visible()
    expect(page.get_by_text("est introuvable")).to_have_count(0)


def test_hostile_text_in_every_column_neither_runs_nor_breaks_anything(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    free = ("nom", "structure", "adresse", "commune", "telephone", "courriel", "site_web")
    more = ("horaires_accueil", "horaires_precisions", "acces", "publics", "reseaux")
    last = ("zone_eligibilite", "description", "source", "lien_source", "date_source", "libre")
    columns = (*free, *more, *last)
    rows = [
        row(f"{i}{text}", code_insee="86078", **dict.fromkeys(columns, text))
        for i, text in enumerate(HOSTILE)
    ]
    shown = ("nom", "structure", "adresse", "horaires_precisions", "source", "description")
    rows.append(row("long", code_insee="86078", reseaux="y" * 80, **dict.fromkeys(shown, LONG)))
    path.write_bytes(content(rows))
    address = serve(path)
    page = visit(address)
    frame = map_of(page)
    expect(page.get_by_text(f"{len(rows)} services", exact=True)).to_be_visible()
    names = page.locator(".st-key-liste button")
    for number in range(0, len(HOSTILE), 2):
        names.nth(number).click()
        expect(page.locator(".fiche h2")).to_be_visible()
        expect(frame.locator(".leaflet-popup strong")).to_be_visible()
        page.get_by_role("button", name="Retour à la liste").click()
        expect(frame.locator(".leaflet-popup")).to_have_count(0)
    for text in HOSTILE[:6]:
        expect(page.get_by_text(text, exact=True).first).to_be_attached()
    page.get_by_role("link", name="Annuaire").click()
    page.get_by_role("radio", name=re.compile("^À corriger")).click()
    expect(page.get_by_role("heading", name="Ce qu’il faut corriger")).to_be_visible()
    assert (page.dialogs, page.errors, page.strangers) == ([], [], [])
    assert page.locator("img[src='x']").count() == 0
    on_a_phone = visit("about:blank", size=PHONE)
    for part in (
        f"?mots={LONG}",
        "?fiche=long",
        "trouver?depuis=86078",
        "trouver?depuis=86078&fiche=long",
        "permanences?fiche=long",
        "couverture?departements=86&panneau=et-si&scenario=86137:24/7|-long",
        "annuaire?vue=fiches",
        "annuaire?vue=reseaux",
    ):
        on_a_phone.goto(f"{address}/{part}")
        expect(on_a_phone.locator(".pied")).to_be_attached()
        settled(on_a_phone)
        assert on_a_phone.evaluate(TOO_WIDE) == [], part
        if part == "?fiche=long":
            popup = map_of(on_a_phone).locator(".leaflet-popup")
            expect(popup).to_contain_text("Violencesxxx")
            box = popup.bounding_box()
            assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE["width"]) == (True, True)
            assert popup.evaluate("e => e.scrollWidth <= e.clientWidth + 40")


@pytest.mark.parametrize(
    "query",
    [
        "departements=<script>alert(1)</script>&communes=../..&types={{1/0}}&quand=hier",
        "quand=lundi-25:00-99:99&heure=x&inconnus=%00&mots=" + "é" * 500,
        "fiche=<img src=x onerror=alert(1)>&page=-1&tri=zzz",
        "quand=2026-02-30T99:99&departements=86&departements=86&departements=ZZ",
        "quand=9999-12-31T23:30",
    ],
)
def test_hostile_addresses_are_put_right(app, visit, query):
    page = visit(f"{app}/?{query}")
    expect(page.locator(".pied")).to_be_visible()
    settled(page)
    assert (page.dialogs, page.errors, page.strangers) == ([], [], [])
    assert page.get_by_test_id("stException").count() == 0
