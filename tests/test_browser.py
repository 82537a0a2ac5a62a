"""The workflows of a social worker, in a real browser without internet access."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import DESKTOP, PHONE, map_of, settled, wait_for

PAGES = ["/", "/trouver", "/permanences", "/couverture", "/annuaire"]


def counts(page: Page) -> str:
    return page.get_by_text(re.compile(r"sans point\s+sur la carte$")).inner_text()


@pytest.mark.parametrize("path", ["/annuaire", "/couverture", "/trouver", "/?types=ccas"])
def test_a_cold_server_gives_every_page_its_frame_on_its_own_url(serve, visit, path):
    page = visit(serve() + path)
    expect(page.locator(".bandeau")).to_be_visible()
    expect(page.locator(".pied")).to_contain_text("Licence Ouverte")
    expect(page.get_by_role("link", name="Annuaire")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.errors == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_requests_another_host(app, visit, path):
    page = visit(app + path)
    expect(page.locator(".pied")).to_be_visible()
    if path in ("/", "/trouver"):
        expect(map_of(page).locator(".signe-carte, .groupe-carte").first).to_be_visible()
    settled(page)
    page.wait_for_timeout(500)  # what the last elements would still ask for
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
    frame.locator(".leaflet-container").dispatch_event("pointerdown")  # the reader moves the map
    frame.locator("body").evaluate("() => { window.born = 'here'; map.setView([46.3, 0.6], 11) }")
    page.get_by_role("button", name="Permanence", exact=True).click()
    expect(page).to_have_url(re.compile("types=permanence"))
    settled(page)
    assert frame.locator("body").evaluate(
        "[window.born, map.getZoom(), map.getCenter().lat.toFixed(2)]"
    ) == ["here", 11, "46.30"]


def test_the_map_follows_what_is_shown_and_goes_to_the_open_sheet_and_back(app, visit):
    page = visit(f"{app}/?departements=86")
    frame = map_of(page)
    expect(frame.locator(".nom-carte span", has_text="Poitiers")).to_be_attached()
    look = "[map.getZoom(), ...map.getBounds().toBBoxString().split(',').map(Number)]"
    whole = frame.locator("body").evaluate(look)
    page.get_by_label("Mots", exact=True).fill("solidarités de Civray")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("mots=solidarit"))
    settled(page)
    expect(frame.locator(".groupe-carte")).to_have_count(1)
    near = frame.locator("body").evaluate(look)
    assert near[0] > whole[0]
    page.get_by_role("button", name="« solidarités de Civray » ✕").click()
    expect(page).not_to_have_url(re.compile("mots="))
    wait_for(lambda: frame.locator("body").evaluate(look) == whole)
    page.goto(f"{app}/?departements=86&fiche=86-mds-civray")
    expect(map_of(page).locator(".leaflet-popup")).to_contain_text("solidarités de Civray")
    assert map_of(page).locator("body").evaluate("map.getZoom()") == 12
    page.get_by_role("button", name="Retour à la liste").click()
    wait_for(lambda: map_of(page).locator("body").evaluate(look) == whole)


def test_the_open_sheet_is_on_the_map_though_its_frame_had_no_width_at_first(app, visit):
    page = visit("about:blank")
    page.goto(f"{app}/?departements=86&fiche=86-mds-civray", wait_until="commit")
    narrow = page.add_style_tag(content=".st-key-cadre_carte iframe { width: 0 !important; }")
    frame = page.frame_locator(".st-key-cadre_carte iframe")
    frame.locator(".leaflet-container").wait_for(state="attached")
    settled(page)
    narrow.evaluate("style => style.remove()")
    expect(frame.locator(".leaflet-popup")).to_contain_text("solidarités de Civray")
    assert map_of(page).locator("body").evaluate("map.getZoom()") == 12


def test_filters_live_in_the_address_and_survive_a_change_of_page(app, visit):
    page = visit(f"{app}/?departements=86&types=mds&mots=civray&quand=jeudi-14:00-17:00")
    expect(page.get_by_text("1 service", exact=True)).to_be_visible()
    for box in ("Mots", "Commune"):  # what is typed goes to no spelling service
        expect(page.get_by_label(box, exact=True)).to_have_attribute("spellcheck", "false")
    page.get_by_role("link", name="Annuaire").click()
    expect(page.get_by_role("heading", name="L’état de la liste")).to_be_visible()
    page.get_by_role("link", name="Carte").click()
    expect(page.get_by_text("1 service", exact=True)).to_be_visible()
    for part in ("departements=86", "types=mds", "mots=civray", "quand=jeudi-14"):
        assert part in page.url
    page.get_by_role("button", name="Tout effacer").click()
    expect(page.get_by_text("469 services", exact=True)).to_be_visible()
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
    page = visit(f"{app}/?communes=71076&types=permanence")
    frame = map_of(page)
    while frame.locator(".signe-carte").count() < 5:
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


def test_the_quick_exit_opens_another_site_by_default(app, visit):
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
    pages = page.get_by_role("navigation", name="Pages").get_by_role("link")
    edges = [link.bounding_box() for link in pages.all()]
    assert all(edge["x"] >= 0 and edge["x"] + edge["width"] <= PHONE["width"] for edge in edges)
    assert len({edge["y"] for edge in edges}) == 1
    assert pages.all_inner_texts() == ["Carte", "Trouver", "Permanences", "Couverture", "Annuaire"]
    expect(pages.first).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name="Filtres (1)").click()
    expect(page.get_by_role("button", name="Tout effacer")).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_way_out_stays_on_screen_above_everything(app, visit, size):
    page = visit(f"{app}/annuaire?departements=86", size=size)
    expect(page.locator(".pied")).to_be_attached()
    page.locator(".stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    expect(page.locator(".pied")).to_be_in_viewport()
    top = """element => {
        const { left, top, width, height } = element.getBoundingClientRect();
        return element.contains(document.elementFromPoint(left + width / 2, top + height / 2)); }"""
    for link in ("a.quitter", "a[href='tel:17']", "a[href='tel:3919']", "a[href='tel:115']"):
        assert page.locator(f".bandeau {link}").evaluate(top), link
    assert page.locator(".bandeau").bounding_box()["height"] <= 64
    assert page.locator(".stMain").bounding_box()["y"] >= 30
    page.goto(f"{app}/?departements=86")
    map_of(page)
    if size is PHONE:
        page.get_by_role("button", name="Filtres (1)").click()
        expect(page.get_by_role("button", name="Tout effacer")).to_be_visible()
        assert page.locator("a.quitter").evaluate(top)


def test_the_emergency_numbers_come_before_any_script(app, browser):
    page = browser.new_page()
    page.route("**/*.*js", lambda route: route.abort())
    page.goto(app, wait_until="commit")
    expect(page.locator(".bandeau a[href='tel:17']")).to_be_visible()
    expect(page.locator("a.quitter")).to_be_visible()
    expect(page.get_by_text("qui peut aider une femme")).to_be_visible()
    page.close()


@pytest.mark.parametrize("inside", [False, True], ids=["page", "map"])
def test_escape_three_times_leaves_and_twice_does_not(app, visit, inside):
    leave = f"{app}/_stcore/health"
    page = visit("about:blank")
    page.goto(f"{app}/?departements=86&types=mds&mots=civray")
    frame = map_of(page)
    page.locator("a.quitter").evaluate(f"link => link.href = '{leave}'")
    (frame.locator(".leaflet-container") if inside else page.locator(".stMain")).focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_timeout(1700)
    page.keyboard.press("Escape")
    assert "types=mds" in page.url
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url(leave)
    page.go_back()
    assert page.url == "about:blank"


def test_back_closes_a_sheet_and_leaving_from_one_leaves_nothing_behind(app, visit):
    leave = f"{app}/_stcore/health"
    page = visit("about:blank")
    page.goto(f"{app}/?departements=86&types=mds&mots=civray")
    sheet = page.get_by_role("button", name=re.compile("solidarités de Civray"))
    sheet.click()
    expect(page).to_have_url(re.compile("fiche=86-mds-civray"))
    settled(page)
    page.go_back()
    expect(page.locator(".fiche")).to_have_count(0)
    expect(page).to_have_url(re.compile("types=mds&mots=civray$"))
    sheet.click()
    expect(page).to_have_url(re.compile("fiche=86-mds-civray"))
    page.locator("a.quitter").evaluate(f"link => link.href = '{leave}'")
    page.locator("a.quitter").click()
    page.wait_for_url(leave)
    page.go_back()
    assert page.url == "about:blank"


def test_back_takes_an_answer_away_before_it_leaves(app, visit):
    page = visit("about:blank")
    page.goto(f"{app}/trouver")
    page.get_by_label("Elle est à").fill("civray")
    page.get_by_role("button", name="Civray (86)").click()
    expect(page).to_have_url(re.compile("depuis=86078"))
    page.go_back()
    expect(page.get_by_label("Elle est à")).to_be_visible()
    expect(page).not_to_have_url(re.compile("depuis"))
    page.go_back()
    assert page.url == "about:blank"
