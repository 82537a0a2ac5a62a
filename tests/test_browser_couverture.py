"""The workflows of the observatory on the page Couverture, in a real browser."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.conftest import PHONE, map_of, settled
from tests.lists import HOSTILE, content, row

LOUDUN = "86137"
COMMUNE = """(body, code) => {
  let found = null;
  window.map_div.eachLayer((layer) => {
    if (layer.feature && layer.feature.properties.code === code) found = layer;
  });
  const at = window.map_div.latLngToContainerPoint(found.getBounds().getCenter());
  const { fillColor, hatched, fillOpacity } = found.options;
  return { x: at.x, y: at.y, fillColor, hatched, fillOpacity };
}"""


def commune(frame: FrameLocator, code: str) -> dict:
    """Return the position of a commune on the map (pixels) and its fill."""
    return frame.locator("body").evaluate(COMMUNE, code)


def point_at(page: Page, code: str, *, click: bool = False) -> None:
    page.locator(".st-key-cadre_carte iframe").scroll_into_view_if_needed()
    at = commune(map_of(page), code)
    box = page.locator(".st-key-cadre_carte iframe").bounding_box()
    x, y = box["x"] + at["x"], box["y"] + at["y"]
    page.mouse.click(x, y) if click else page.mouse.move(x, y)


def test_the_map_is_shaded_with_a_legend_and_keeps_its_frame_and_view(app, visit):
    page = visit(f"{app}/couverture?departements=78")
    frame = map_of(page)
    expect(frame.locator(".leaflet-container[data-teintes='259']")).to_be_attached()
    settled(page)
    frame.locator("body").evaluate("() => { window.born = 'here'; map_div.setZoom(10) }")
    near, far = commune(frame, "78646"), commune(frame, "78310")
    assert near["fillColor"] != far["fillColor"]
    page.get_by_text("Heures", exact=True).first.click()
    expect(page.get_by_text("Heures de la semaine où quelqu’un")).to_be_visible()
    settled(page)
    page.wait_for_function(
        """() => document.querySelector('.st-key-cadre_carte iframe')
                 .contentWindow.map_div.getZoom() === 10"""
    )
    assert commune(frame, "78517")["hatched"]
    assert frame.locator("body").evaluate("window.born") == "here"
    point_at(page, "78517")
    expect(frame.locator(".leaflet-tooltip")).to_contain_text("Sans information")
    assert page.strangers == []
    assert page.errors == []


def test_a_press_on_the_map_does_not_scroll_the_page_under_the_pointer(app, visit):
    page = visit(f"{app}/couverture?departements=86", size={"width": 1366, "height": 420})
    frame = map_of(page)
    settled(page)
    place = page.locator(".st-key-cadre_carte iframe")
    place.evaluate(
        "frame => { document.querySelector('[data-testid=stMain]').scrollTop +="
        " frame.getBoundingClientRect().top - 200 }"
    )
    before = place.bounding_box()
    page.mouse.move(before["x"] + 60, before["y"] + 150)
    page.mouse.down()
    expect(frame.locator(".leaflet-container")).to_be_focused()
    assert place.bounding_box() == before


def test_a_click_adds_a_drop_in_and_the_link_shows_the_same_to_another(app, visit):
    page = visit(f"{app}/couverture?departements=86&types=accueil-de-jour&panneau=et-si")
    map_of(page)
    settled(page)
    point_at(page, LOUDUN, click=True)
    expect(page.get_by_text("Loudun (86)")).to_be_visible()
    page.get_by_role("button", name="Ajouter au scénario").click()
    expect(page.locator(".reponse")).to_contain_text("0 % → 5 %")
    expect(page).to_have_url(re.compile(r"scenario=86137%3ATu\+17%3A00-20%3A00"))
    settled(page)
    green = commune(map_of(page), LOUDUN)["fillColor"]
    other = visit(page.url)
    expect(other.locator(".reponse")).to_contain_text("0 % → 5 %")
    expect(map_of(other).locator(".leaflet-container[data-teintes='42']")).to_be_attached()
    assert commune(map_of(other), LOUDUN)["fillColor"] == green
    other.get_by_role("button", name="Tout enlever").click()
    expect(other.locator(".reponse")).not_to_contain_text("→")
    assert page.errors == other.errors == []


def test_a_territory_of_ones_own_and_a_layer_are_drawn(app, visit, tmp_path):
    page = visit(f"{app}/couverture?territoire=Autour de Civray~86.061.078&couche=fichier")
    frame = map_of(page)
    expect(page.get_by_role("button", name="« Autour de Civray » (2 communes)")).to_be_visible()
    settled(page)
    assert commune(frame, "86078")["fillColor"] != "#f3efe9"
    assert commune(frame, LOUDUN)["fillColor"] == "#f3efe9"  # as the ground: it is not looked at
    table = tmp_path / "pauvrete.csv"
    table.write_text("CODGEO;TP6021\n86078;18,2\n86061;s\n86137;15\n", "utf-8")
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(table)
    expect(frame.locator(".leaflet-container[data-contexte='1']")).to_be_attached()
    expect(page.get_by_text("Contexte : Taux de pauvreté 2021 (%)")).to_be_visible()
    point_at(page, "86078")
    expect(frame.locator(".leaflet-tooltip")).to_contain_text("Taux de pauvreté 2021 (%) : 18,2")
    assert page.errors == page.strangers == []


def test_best_sites_are_shown_on_the_map(app, visit):
    page = visit(f"{app}/couverture?departements=86&panneau=ou")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("button", name="Mettre dans le scénario").click()
    expect(page.locator(".reponse")).to_contain_text("→")
    expect(page).to_have_url(re.compile("scenario=86"))
    assert page.errors == []


def test_filters_survive_a_change_of_page_from_this_one_too(app, visit):
    page = visit(f"{app}/couverture?departements=86&types=mds&ouverture=soir")
    map_of(page)
    page.get_by_role("link", name="Annuaire").click()
    expect(page.get_by_role("heading", name="L’état de la liste")).to_be_visible()
    page.get_by_role("link", name="Couverture").click()
    expect(page).to_have_url(re.compile("ouverture=soir"))
    expect(page.get_by_role("button", name="Vienne (86)")).to_be_visible()
    page.get_by_role("link", name="Carte").click()
    expect(page).to_have_url(re.compile("departements=86"))
    assert "types=mds" in page.url


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_the_answer_is_on_the_first_screen_and_nothing_overflows(app, visit, dark):
    page = visit(f"{app}/couverture?departements=86", size=PHONE, dark=dark)
    map_of(page)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = page.locator(".reponse p").first.bounding_box()
    assert box["y"] + box["height"] < PHONE["height"]
    assert page.locator(".st-key-cadre_carte iframe").bounding_box()["height"] <= 380
    assert page.locator(".heures td").count() == 7 * 24


def test_the_displayed_rows_can_be_opened_in_qgis(app, visit):
    page = visit(f"{app}/couverture?departements=92&scenario=92050:24/7")
    page.get_by_role("button", name="Exporter les communes").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Carte pour QGIS").click()
    assert re.fullmatch(
        r"maillage-couverture-hauts-de-seine-scenario-\d{4}-\d\d-\d\d\.geojson",
        download.value.suggested_filename,
    )
    features = json.loads(Path(download.value.path()).read_text("utf-8"))["features"]
    nanterre = next(one for one in features if one["id"] == "92050")
    assert nanterre["properties"]["heures_sures_par_semaine"] == 168
    assert nanterre["geometry"]


def test_hostile_names_neither_run_nor_break_anything(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(
        content(
            row(f"{number}{text}", nom=text, structure=text, commune=text, code_insee=LOUDUN)
            for number, text in enumerate(HOSTILE)
        )
    )
    query = "types=mds&panneau=et-si&scenario=86137:24/7|-x{{1/0}}|-<img src=x onerror=alert(1)>"
    page = visit(f"{serve(path)}/couverture?{query}")
    frame = map_of(page)
    settled(page)
    page.get_by_text("Montrer les services comptés").click()
    expect(frame.locator(".groupe-carte, .signe-carte").first).to_be_visible()
    page.get_by_text("Distance", exact=True).first.click()
    settled(page)
    point_at(page, "86078")
    expect(frame.locator(".leaflet-tooltip")).to_contain_text("Le plus proche")
    page.get_by_text("Chiffres").click()
    settled(page)
    assert (page.dialogs, page.errors, page.strangers) == ([], [], [])
    assert page.locator("img[src='x']").count() == frame.locator("img[src='x']").count() == 0


def test_a_cell_of_the_aids_leads_to_its_map_without_a_new_page(app, visit):
    page = visit(f"{app}/couverture?departements=86&distance=30km&vue=aides")
    map_of(page)
    settled(page)
    page.evaluate("window.born = 'here'")
    before = page.evaluate("history.length")
    page.locator('a[data-case="emploi/200070043"]').click()
    expect(page.get_by_text("CC Vienne et Gartempe : 38")).to_be_visible()
    expect(page).to_have_url(re.compile("aides=emploi&epci=200070043"))
    expect(page.locator(".reponse")).to_be_in_viewport()
    assert page.evaluate("[window.born, history.length]") == ["here", before]
    page.locator('a[data-case="constat/200070035"]').press("Enter")
    expect(page).to_have_url(re.compile("aides=constat&epci=200070035"))
    assert page.errors == []
    assert page.strangers == []
