"""Many services on one map: a cached file, and clusters until the reader zooms in."""

import json
import re

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect
from shapely.geometry import MultiPolygon, Point, Polygon

from geodata import communes
from geodata.hours import State
from pages.map import marker_file, outlines
from tests.conftest import map_of, wait_for
from tests.lists import CIVRAY, content, listed, row
from tests.test_pages import open_page, texts, view

AT = {"latitude": "46.15", "longitude": "0.29"}
SECRET = "Le nom qui ne doit pas sortir"


def many_rows(size: int, departements: int) -> list[dict[str, str]]:
    """Return rows of services at the town halls of several départements."""
    halls = communes.read_town_halls().dropna(subset=["lat"])
    halls = halls[halls["departement"].isin(sorted(halls["departement"].unique())[:departements])]
    step = len(halls) // size + 1
    places = [places for _, places in halls.iloc[::step].iterrows()]
    return [
        row(
            f"s-{number}",
            nom=f"Accueil {number} de {hall['nom']}",
            code_insee=str(hall.name),
            commune=hall["nom"],
            latitude=f"{hall['lat'] + 0.002 * (number // len(places)):.5f}",
            longitude=f"{hall['lng']:.5f}",
        )
        for number in range(size)
        for hall in [places[number % len(places)]]
    ]


MIXED = listed(
    row("ici", nom="MDS d’ici", **CIVRAY, **AT),
    row("mairie", **CIVRAY),
    row("abri", nom=SECRET, type="hebergement", **CIVRAY),
    row("cache", nom=SECRET, confidentialite="departement", code_insee="86078"),
    row("jamais", nom=SECRET, confidentialite="non_publie", code_insee="86078"),
    row("ligne", nom=SECRET, type="ecoute", zone_eligibilite="france"),
    row("ailleurs", **AT | {"latitude": "46.61"}),
)


def file_of(many) -> dict:
    services = many.services
    wanted = services.loc[services.index[:0]].assign(state=None)["state"]
    return json.loads(marker_file.as_json(marker_file.view(many, wanted)["file"]))


def test_the_file_has_what_the_map_shows_and_nothing_of_the_rest():
    whole = file_of(MIXED)
    assert whole["ids"] == ["ici", "mairie", "ailleurs"]
    assert whole["approximate"] == [0, 1, 0]
    assert len({len(column) for name, column in whole.items() if name != "communes"}) == 1
    assert SECRET not in json.dumps(whole, ensure_ascii=False)


def test_services_are_grouped_by_commune_or_by_what_is_around():
    whole = file_of(MIXED)
    assert whole["homes"][0] == whole["homes"][1] != whole["homes"][2]
    name, lat, lng = whole["communes"][whole["homes"][0]]
    hall = communes.read_town_halls().loc["86078"]
    assert name == "Civray"
    assert (lat, lng) == pytest.approx(
        ((46.15 + hall["lat"]) / 2, (0.29 + hall["lng"]) / 2), abs=1e-4
    )


@given(st.dictionaries(st.sampled_from(["ici", "mairie", "ailleurs"]), st.sampled_from(State)))
def test_one_character_per_service_encodes_what_is_drawn(states):
    wanted = MIXED.services.loc[list(states)].assign(state=list(states.values()))["state"]
    said = marker_file.view(MIXED, wanted)
    ids = json.loads(marker_file.as_json(said["file"]))["ids"]
    read_back = {
        key: list(State)[int(digit)]
        for key, digit in zip(ids, said["states"], strict=True)
        if digit != "-"
    }
    assert read_back == states


def test_a_service_without_a_sign_is_refused():
    wanted = MIXED.services.loc[["cache"]].assign(state=State.OPEN)["state"]
    with pytest.raises(KeyError):
        marker_file.view(MIXED, wanted)


def test_a_file_is_named_by_its_content_and_outlives_its_list_a_little():
    before = listed(row("un", **CIVRAY))
    after = listed(row("un", nom="Un autre nom", **CIVRAY))
    none = before.services.iloc[:0].assign(state=None)["state"]
    old, new = (marker_file.view(one, none)["file"] for one in (before, after))
    assert old != new
    assert marker_file.as_json(old) != marker_file.as_json(new)
    assert marker_file.as_json("0" * 16) is None


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(-60, 60), st.floats(-60, 60)), min_size=3, max_size=12, unique=True
    )
)
def test_steps_lead_back_to_the_corners(corners):
    ring = shapely.LinearRing(corners)
    steps = outlines._steps(ring, decimals=4)
    back = np.cumsum(np.reshape(steps, (-1, 2)), axis=0) / 10_000
    assert back == pytest.approx(np.array(ring.coords)[:-1], abs=5.1e-5)


def test_an_outline_keeps_its_holes_and_its_parts():
    square = Point(2, 46).buffer(1, quad_segs=1)
    holed = Polygon(square.exterior, [Point(2, 46).buffer(0.5, quad_segs=1).exterior])
    parts = MultiPolygon([holed, Point(6, 46).buffer(1, quad_segs=1)])
    assert [len(rings) for rings in outlines._rings(parts, decimals=4)] == [2, 1]


def test_every_commune_of_a_departement_comes_with_its_ring():
    whole = json.loads(outlines.as_json("86"))
    assert len(whole["communes"]["features"]) == 265
    civray = next(
        feature
        for feature in whole["communes"]["features"]
        if feature["properties"]["code"] == "86078"
    )
    (((*steps,),),) = civray["rings"]
    corners = np.cumsum(np.reshape(steps, (-1, 2)), axis=0) / whole["scale"]
    drawn = communes.read_communes(["86"]).geometry["86078"]
    assert Polygon(corners).symmetric_difference(drawn).area < 0.02 * drawn.area


@pytest.mark.parametrize(
    ("size", "grouped"), [(marker_file.MANY, False), (marker_file.MANY + 1, True)]
)
def test_only_many_services_are_sent_as_digits(on_list, size, grouped):
    on_list(*many_rows(size, departements=2))
    page = open_page()
    sent = view(page)
    assert len(sent["places"]) == (0 if grouped else size)
    assert (len(sent["crowd"]["states"]) if grouped else sent["crowd"]) == (
        size if grouped else None
    )
    assert f"**{size:,} services**".replace(",", " ") in texts(page)


@pytest.fixture(scope="module")
def vast(serve, tmp_path_factory) -> str:
    """The application with 1,500 services in twenty départements."""
    path = tmp_path_factory.mktemp("vast") / "services.csv"
    path.write_bytes(content(many_rows(1500, departements=20)))
    return serve(path)


def test_groups_lead_to_the_signs_by_keyboard_and_a_line_of_the_list_leads_there_too(vast, visit):
    page = visit(vast)
    asked = []
    page.on("request", lambda request: asked.append(request.url.split("?")[0].split("/")[-1]))
    frame = map_of(page)
    groups = frame.locator(".groupe-carte")
    groups.first.wait_for()
    numbers = [int(re.sub(r"\D", "", text)) for text in groups.all_inner_texts()]
    assert sum(numbers) == 1500
    assert not re.search(r"^\d\d\.json$", "\n".join(asked), re.MULTILINE)  # no commune from afar
    while not frame.locator(".signe-carte").count():
        before = frame.locator("body").evaluate("map.getZoom()")
        groups.first.focus()
        groups.first.press("Enter")
        wait_for(lambda b=before: frame.locator("body").evaluate("map.getZoom()") > b)
    page.locator(".st-key-liste button").first.click()
    expect(frame.locator(".leaflet-popup")).to_contain_text("Accueil")
    page.get_by_role("button", name="Retour à la liste").click()
    expect(frame.locator(".leaflet-popup")).to_have_count(0)
    sign = frame.locator(".signe-carte").first
    sign.focus()
    sign.press("Enter")
    expect(page.locator(".fiche h2")).to_contain_text("Accueil")
    assert any(re.fullmatch(r"\d\w\.json", name) for name in asked)  # the communes, once near
    assert page.errors == []


def test_the_map_reports_a_missing_file(vast, visit):
    page = visit(f"{vast}/trouver")
    page.route("**/assets/signs/*", lambda route: route.abort())
    page.get_by_role("link", name="Carte").click()
    expect(map_of(page).get_by_role("status")).to_have_text(re.compile("n’ont pas pu être placés"))
