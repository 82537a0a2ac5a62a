"""The journeys of a social worker, in a real browser that can reach nobody else."""

import csv
import io
import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PHONE, ROOT, map_of, wait_for
from tests.lists import CIVRAY, content, row

HOSTILE = [
    "{{ 1/0 }}",
    "{% raw %}",
    "${alert(1)}",
    "`+alert(1)+`",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '"><svg onload=alert(1)>\u2028\\u007b\\',
    "=cmd|' /C calc'!A0",
    "javascript:alert(1)",
    "[x](javascript:alert(1)) ![y](https://ailleurs.example/z.png) :material/home: $x$",
]
PAGES = ["/", "/trouver", "/permanences", "/couverture", "/annuaire"]


def settled(page: Page) -> None:
    """Wait until the page's script has run and nothing is being redrawn."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def counts(page: Page) -> str:
    return page.get_by_text(re.compile(r"sans point\s+sur la carte$")).inner_text()


@pytest.mark.parametrize("path", [*reversed(PAGES), "/?types=ccas"])
def test_a_cold_server_gives_every_page_its_frame_on_its_own_url(serve, visit, path):
    page = visit(serve() + path)
    expect(page.locator(".bandeau")).to_be_visible()
    expect(page.locator(".pied")).to_contain_text("Licence Ouverte")
    expect(page.get_by_role("link", name="Annuaire")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.errors == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_asks_anybody_else(app, visit, path):
    page = visit(app + path)
    expect(page.locator(".pied")).to_be_visible()
    if path in ("/", "/trouver"):
        expect(map_of(page).locator(".signe-carte, .groupe-carte").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.strangers == []
    assert page.errors == []


def test_plan_ign_is_asked_for_only_once_it_is_wanted(app, visit):
    page = visit(app)
    map_of(page)
    assert page.strangers == []
    page.get_by_text("Fond Plan IGN (votre").click()
    wait_for(lambda: page.evaluate("1") and page.strangers)
    assert {url.split("/")[2] for url in page.strangers} == {"data.geopf.fr"}
    opaque = """() => Object.values(map._layers).filter(
        (layer) => layer.options.fill && layer.options.fillOpacity === 1).length"""
    wait_for(lambda: map_of(page).locator("body").evaluate(opaque) == 0)


def test_a_filter_keeps_the_frame_and_the_view(app, visit):
    page = visit(f"{app}/?departements=86")
    frame = map_of(page)
    frame.locator("body").evaluate("() => { window.born = 'here'; map.setView([46.3, 0.6], 11) }")
    page.get_by_role("button", name="Permanence", exact=True).click()
    expect(page).to_have_url(re.compile("types=permanence"))
    settled(page)
    assert frame.locator("body").evaluate(
        "[window.born, map.getZoom(), map.getCenter().lat.toFixed(2)]"
    ) == ["here", 11, "46.30"]


def test_filters_live_in_the_address_and_survive_a_change_of_page(app, visit):
    page = visit(f"{app}/?departements=86&types=mds&mots=civray&quand=jeudi-14:00-17:00")
    expect(page.get_by_text("1 service", exact=True)).to_be_visible()
    page.get_by_role("link", name="Annuaire").click()
    expect(page.get_by_role("heading", name="L’état de la liste")).to_be_visible()
    page.get_by_role("link", name="Carte").click()
    expect(page.get_by_text("1 service", exact=True)).to_be_visible()
    for part in ("departements=86", "types=mds", "mots=civray", "quand=jeudi-14"):
        assert part in page.url
    page.get_by_role("button", name="Tout effacer").click()
    expect(page.get_by_text("228 services", exact=True)).to_be_visible()
    settled(page)
    assert "?" not in page.url


def test_the_address_to_share_opens_the_same_view(app, visit):
    page = visit(f"{app}/?departements=86&departements=71&types=mds&quand=jeudi-14:00-17:00")
    page.get_by_role("button", name="Partager cette vue").click()
    box = page.get_by_label("Adresse à copier")
    expect(box).to_have_value(re.compile("types=mds"))
    address = box.input_value()
    kept = parse_qs(urlsplit(address).query)
    assert sorted(kept.pop("departements")) == ["71", "86"]
    assert kept == {"types": ["mds"], "quand": ["jeudi-14:00-17:00"]}
    counted = counts(page)
    again = visit(address)
    expect(again.get_by_text(counted, exact=True)).to_be_visible()


def test_a_commune_is_found_in_three_letters_without_accents(app, visit):
    page = visit(app)
    page.get_by_label("Commune").press_sequentially("epo")
    page.get_by_role("button", name="Épône (78)").click()
    expect(page).to_have_url(re.compile("communes=78217"))
    expect(page.get_by_role("button", name=re.compile("CIDFF.*Épône"))).to_be_visible()


def test_a_sign_opens_the_sheet_in_the_page_and_on_the_map_and_back(app, visit):
    page = visit(f"{app}/?departements=86&types=mds&mots=civray")
    frame = map_of(page)
    frame.get_by_title(re.compile("solidarités de Civray")).click()
    expect(page.locator(".fiche h2")).to_contain_text("Civray")
    expect(frame.locator(".leaflet-popup")).to_contain_text("Civray")
    expect(page).to_have_url(re.compile("fiche=86-mds-civray"))
    page.get_by_role("button", name="Retour à la liste").click()
    expect(frame.locator(".leaflet-popup")).to_have_count(0)
    page.get_by_role("button", name=re.compile("solidarités de Civray")).click()
    expect(frame.locator(".leaflet-popup")).to_contain_text("emplacement approximatif")


def test_several_services_at_one_town_hall_can_each_be_reached(app, visit):
    page = visit(f"{app}/?communes=86194")
    frame = map_of(page)
    while frame.locator(".signe-carte").count() < 8:
        frame.locator(".groupe-carte").first.click()
        page.wait_for_timeout(300)
    frame.locator(".signe-carte").nth(2).click()
    expect(page.locator(".fiche h2")).to_be_visible()


def test_leaving_replaces_the_whole_visit_in_the_history_by_keyboard_too(app, visit):
    leave = f"{app}/_stcore/health"
    page = visit("about:blank")
    page.goto(app)
    map_of(page)
    page.get_by_role("button", name="CCAS", exact=True).click()
    expect(page).to_have_url(re.compile("types=ccas"))
    page.get_by_role("link", name="Annuaire").click()
    expect(page.get_by_role("heading", name="L’état de la liste")).to_be_visible()
    exit_link = page.locator("a.quitter")
    exit_link.evaluate(f"link => link.href = '{leave}'")
    exit_link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(leave)
    assert len(page.context.pages) == 1
    page.go_back()
    assert page.url == "about:blank"


def test_the_way_out_goes_elsewhere_by_default(app, visit):
    page = visit(app)
    page.locator("a.quitter").click()
    wait_for(lambda: page.evaluate("1") and page.strangers)
    assert page.strangers[0].startswith("https://meteofrance.com")


def test_on_a_phone_nothing_overflows_and_the_filters_open(app, visit):
    page = visit(f"{app}/?departements=86", size=PHONE)
    frame = map_of(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = page.locator(".st-key-cadre_carte iframe").bounding_box()
    assert box["height"] <= 0.46 * PHONE["height"]
    assert frame.locator(".signe-carte, .groupe-carte").first.is_visible()
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_role("button", name="Tout effacer")).to_be_visible()


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
    assert {line["type"] for line in rows} == {"mds"}


@pytest.fixture
def own_list(tmp_path) -> Path:
    path = tmp_path / "services.csv"
    path.write_bytes(content([row("a", **CIVRAY, nom="Avant"), row("b", **CIVRAY)]))
    return path


def test_the_running_page_follows_its_file_and_keeps_the_last_good_list(serve, visit, own_list):
    page = visit(serve(own_list))
    expect(page.get_by_text("2 services", exact=True)).to_be_visible()
    own_list.write_bytes(content([row("a", nom="Après")]))
    expect(page.get_by_role("button", name="Après")).to_be_visible(timeout=40_000)
    own_list.write_text("ceci n'est pas une liste")
    expect(page.get_by_text("Colonne obligatoire absente")).to_be_visible(timeout=40_000)
    expect(page.get_by_role("button", name="Après")).to_be_visible()
    own_list.unlink()
    expect(page.get_by_text("est introuvable")).to_be_visible(timeout=40_000)
    expect(page.get_by_role("button", name="Après")).to_be_visible()
    shutil.copy(ROOT / "services.csv", own_list)
    expect(page.get_by_text("228 services", exact=True)).to_be_visible(timeout=40_000)
    expect(page.get_by_text("est introuvable")).to_have_count(0)


def test_hostile_text_in_every_column_neither_runs_nor_breaks_anything(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    free = ("nom", "structure", "adresse", "commune", "telephone", "courriel", "site_web")
    more = ("horaires_accueil", "horaires_precisions", "acces", "publics", "reseaux")
    last = ("zone_eligibilite", "description", "source", "lien_source", "date_source", "libre")
    columns = (*free, *more, *last)
    path.write_bytes(
        content(
            row(f"{i}{text}", code_insee="86078", **dict.fromkeys(columns, text))
            for i, text in enumerate(HOSTILE)
        )
    )
    address = serve(path)
    page = visit(address)
    frame = map_of(page)
    expect(page.get_by_text(f"{len(HOSTILE)} services", exact=True)).to_be_visible()
    names = page.locator(".st-key-liste button")
    for number in range(len(HOSTILE)):
        names.nth(number).click()
        expect(page.locator(".fiche h2")).to_be_visible()
        expect(frame.locator(".leaflet-popup strong")).to_be_visible()
        page.get_by_role("button", name="Retour à la liste").click()
        expect(frame.locator(".leaflet-popup")).to_have_count(0)
    for text in HOSTILE[:6]:
        expect(page.get_by_text(text, exact=True).first).to_be_attached()
    page.get_by_role("link", name="Annuaire").click()
    expect(page.get_by_role("heading", name="Ce qu’il faut corriger")).to_be_visible()
    assert (page.dialogs, page.errors, page.strangers) == ([], [], [])
    assert page.locator("img[src='x']").count() == 0


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
