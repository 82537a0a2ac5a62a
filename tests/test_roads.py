"""Road travel times on a hand-made network, written as a real .osm.pbf, checked by hand.

Nodes are on one meridian, 1 km apart: the length of a road in km is the difference between the
numbers of its ends.
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata import communes, roads, travel
from geodata.tables import UnreadableFile
from tests.lists import read, row

osmium = pytest.importorskip("osmium", reason="the extra `roads` is not installed")

LNG, LAT = 0.3, 46.0
KM = 1000 / 111_148.4  # degrees of latitude in a kilometre, here
LONG = list(range(12))  # twelve nodes, a kilometre apart: 0, 1, 2 … 11
Way = tuple[list[int], dict[str, str]]
Draw = Callable[..., Path]


def at(node: float) -> tuple[float, float]:
    """Return the position of a node; nodes from 100 on are on a meridian 20 km further east."""
    return LNG + 0.26 * (node // 100), LAT + KM * (node % 100)


@pytest.fixture
def draw(tmp_path) -> Draw:
    def drawn(*ways: Way, without: Iterable[int] = (), name: str = "roads.osm.pbf") -> Path:
        path = tmp_path / name
        with osmium.SimpleWriter(path) as writer:
            for node in sorted({node for nodes, _ in ways for node in nodes} - set(without)):
                writer.add_node(osmium.osm.mutable.Node(id=node + 1, location=at(node)))
            for number, (nodes, tags) in enumerate(ways, start=1):
                refs = [node + 1 for node in nodes]
                writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
        return path

    return drawn


def towns(**nodes: float) -> gpd.GeoDataFrame:
    """Communes with their town halls on nodes."""
    halls = [shapely.Point(at(node)) for node in nodes.values()]
    index = pd.Index([code.removeprefix("c") for code in nodes], name="code_insee")
    frame = gpd.GeoDataFrame({"nom": list(nodes)}, geometry=halls, index=index, crs="EPSG:4326")
    return frame.assign(mairie=frame.geometry)


@cache
def listed(*keys: str) -> gpd.GeoDataFrame:
    return read(*(row(key) for key in keys)).services


def sites(**nodes: float) -> gpd.GeoDataFrame:
    """Public services on nodes."""
    services = listed(*nodes)
    points = [shapely.Point(at(node)) for node in nodes.values()]
    return services.set_geometry(gpd.GeoSeries(points, services.index, crs="EPSG:4326"))


def minutes(pbf: Path, halls: gpd.GeoDataFrame, places: gpd.GeoDataFrame, limit=600) -> dict:
    frame = roads.matrix_from_pbf(pbf, halls, places, limit_minutes=limit)
    return {(code, key): lasting for code, key, lasting in frame.itertuples(index=False)}


def lasting(km: float, kmh: float) -> object:
    return pytest.approx(km * 60 / (kmh * roads.SHARE_OF_LIMIT), rel=1e-3)


@pytest.mark.parametrize(("kind", "limit"), roads.LIMITS_KMH.items())
def test_each_kind_of_road_has_its_limit(draw, kind, limit):
    pbf = draw((LONG, {"highway": kind, "oneway": "no"}))
    found = minutes(pbf, towns(c86001=0), sites(near=1, far=11))
    assert found == {("86001", "near"): lasting(1, limit), ("86001", "far"): lasting(11, limit)}


@pytest.mark.parametrize(
    ("tags", "limit"),
    [
        ({"maxspeed": "50"}, 50),
        ({"maxspeed": "30 mph"}, 30 * 1.609344),
        ({"maxspeed": "50;30"}, 50),
        ({"maxspeed": "FR:urban"}, 50),
        ({"maxspeed": "fr:rural"}, 80),
        ({"maxspeed": "FR:zone30"}, 30),
        ({"maxspeed:type": "FR:30"}, 30),
        ({"source:maxspeed": "FR:zone:20"}, 20),
        ({"zone:maxspeed": "FR:urban", "maxspeed": "70"}, 70),
        ({"maxspeed": "none"}, 60),
        ({"maxspeed": "signals"}, 60),
        ({"source:maxspeed": "survey 2019"}, 60),
        ({"source:maxspeed": "FR:unheard_of"}, 60),
        ({"maxspeed": "0"}, 5),
        ({"maxspeed": "1000"}, 130),
    ],
)
def test_a_tagged_limit_counts(draw, tags, limit):
    pbf = draw((LONG, {"highway": "unclassified"} | tags))
    assert minutes(pbf, towns(c86001=0), sites(a=10)) == {("86001", "a"): lasting(10, limit)}


RING = [*LONG, *range(111, 99, -1)]  # up one meridian, down the other
BOTH = {("86001", "a"), ("86002", "b")}


@pytest.mark.parametrize(
    ("tags", "reached"),
    [
        ({}, BOTH),
        ({"oneway": "no"}, BOTH),
        ({"oneway": "yes"}, {("86001", "a")}),
        ({"oneway": "-1"}, {("86002", "b")}),
        ({"junction": "roundabout"}, {("86001", "a")}),
        ({"highway": "motorway"}, {("86001", "a")}),
        ({"highway": "motorway", "oneway": "no"}, BOTH),
    ],
)
def test_one_way_is_open_one_way(draw, tags, reached):
    """Two-way roads continue the one-way road at both ends, to give starting points."""
    low, high = [100, *range(20, 30), 0], [11, *range(40, 50), 111]
    two_way = {"highway": "residential", "maxspeed": "130"}
    pbf = draw((LONG, {"highway": "primary"} | tags), (low, two_way), (high, two_way))
    found = minutes(pbf, towns(c86001=0, c86002=11), sites(a=11, b=0))
    assert {pair for pair in found if pair in BOTH} == reached


def test_a_one_way_ring_is_driven_all_round(draw):
    pbf = draw(([*RING, 0], {"highway": "primary", "oneway": "yes"}))
    found = minutes(pbf, towns(c86001=0, c86002=1), sites(a=0, b=1))
    assert found["86001", "b"] == lasting(1, 80)
    around_km = 22 + 2 * 20.15 - 1
    assert found["86002", "a"] == pytest.approx(around_km * 60 / 64, rel=0.01)
    assert found["86001", "a"] == found["86002", "b"] == 0


def test_the_quicker_of_two_roads_is_taken(draw):
    slow, quick = {"highway": "residential"}, {"highway": "residential", "maxspeed": "80"}
    for ways in ([(LONG, slow), (LONG, quick)], [(LONG, quick), (LONG, slow)]):
        pbf = draw(*ways, name=f"{ways[0][1].get('maxspeed')}.osm.pbf")
        assert minutes(pbf, towns(c86001=0), sites(a=11)) == {("86001", "a"): lasting(11, 80)}


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "cycleway"},
        {"highway": "track"},
        {"highway": "construction", "construction": "primary"},
        {"highway": "service", "access": "private"},
        {"highway": "residential", "motor_vehicle": "no", "access": "yes"},
        {"highway": "primary", "vehicle": "agricultural"},
        {"highway": "service", "area": "yes"},
        {"waterway": "river"},
    ],
)
def test_a_road_closed_to_cars_is_ignored(draw, tags):
    with pytest.raises(UnreadableFile, match="aucune route"):
        minutes(draw((LONG, tags)), towns(c86001=0), sites(a=11))


def test_a_car_passes_where_only_others_may_not(draw):
    pbf = draw((LONG, {"highway": "primary", "access": "no", "motorcar": "yes"}))
    assert minutes(pbf, towns(c86001=0), sites(a=11)) == {("86001", "a"): lasting(11, 80)}


def test_parts_without_a_road_between_them_are_apart(draw):
    other = list(range(100, 112))
    pbf = draw((LONG, {"highway": "primary"}), (other, {"highway": "primary"}))
    found = minutes(pbf, towns(c86001=0, c86002=100), sites(a=11, b=111))
    assert set(found) == {("86001", "a"), ("86002", "b")}


def test_a_piece_that_leads_nowhere_is_no_place_to_start(draw):
    """An isolated car park at the town hall is ignored: the road 200 m away is used."""
    pbf = draw((LONG, {"highway": "primary"}), ([100, 101], {"highway": "service"}))
    hall, site = towns(c86001=0), sites(a=11)
    assert set(minutes(pbf, hall, site)) == {("86001", "a")}
    assert minutes(pbf, towns(c86001=100), site) == {}


def test_a_one_way_road_out_of_the_extract_is_no_place_to_start(draw):
    """The town hall is beside a one-way road, 700 m from a two-way road."""
    out = [11, *range(20, 40)]
    pbf = draw((LONG, {"highway": "primary"}), (out, {"highway": "primary", "oneway": "yes"}))
    assert set(minutes(pbf, towns(c86001=11.7), sites(a=0, b=30))) == {("86001", "a")}


def test_a_place_far_from_any_road_is_not_reached(draw):
    pbf = draw((LONG, {"highway": "primary"}))
    found = minutes(pbf, towns(c86001=0, c86002=11.9, c86003=12.1), sites(a=5, b=60))
    assert set(found) == {("86001", "a"), ("86002", "a")}


def test_the_edge_of_the_extract_cuts_a_road(draw):
    """Node 5 is missing from the file: no route skips it."""
    whole = list(range(30))
    pbf = draw((whole, {"highway": "primary"}), without=[15])
    found = minutes(pbf, towns(c86001=0, c86002=29), sites(a=14, b=16))
    assert set(found) == {("86001", "a"), ("86002", "b")}


@pytest.mark.parametrize("limit", [0, 5.01, 9.99, 10.01])
def test_trips_longer_than_the_limit_are_left_out(draw, limit):
    pbf = draw((LONG, {"highway": "primary", "maxspeed": "75"}))  # a kilometre a minute
    found = minutes(pbf, towns(c86001=0), sites(**{f"s{km}": km for km in LONG}), limit)
    assert [key for _, key in found] == [f"s{km}" for km in LONG if km <= limit]


def test_all_search_methods_agree(draw, monkeypatch):
    """Searching from communes, from services or one by one gives the same pairs in order."""
    pbf = draw((RING, {"highway": "primary", "oneway": "yes"}), ([0, 100], {"highway": "primary"}))
    many = {f"c86{node:03}": node for node in LONG}
    few = {"c86001": 1, "c86000": 0}
    some = {f"s{node}": node for node in (3, 7, 0)}
    whole = minutes(pbf, towns(**many), sites(**some))
    part = minutes(pbf, towns(**few), sites(**some))
    assert list(part) == [(code, key) for code in ("86001", "86000") for key in some]
    assert part == pytest.approx({pair: whole[pair] for pair in part})
    monkeypatch.setattr(roads, "_MOST_CELLS", 1)
    assert minutes(pbf, towns(**many), sites(**some)) == whole


def test_hidden_places_are_never_reached(draw):
    services = read(
        row("open", code_insee="86078"),
        row("foyer", type="hebergement", departement="86"),
        row("ligne", type="ecoute", zone_eligibilite="france"),
    ).services
    everywhere = gpd.GeoSeries([shapely.Point(at(5))] * 3, services.index, crs="EPSG:4326")
    pbf = draw((LONG, {"highway": "primary"}))
    found = minutes(pbf, towns(c86001=0), services.set_geometry(everywhere))
    assert set(found) == {("86001", "open")}


def test_communes_without_a_town_hall_are_not_there(draw):
    halls = communes.read_communes(["988"]).head(3)
    assert halls["mairie"].isna().all()
    pbf = draw((LONG, {"highway": "primary"}))
    assert minutes(pbf, halls, sites(a=1)) == {}


def test_the_matrix_goes_through_its_file(draw, tmp_path):
    halls, places = towns(c86078=0, c86137=5), sites(a=0, b=11)
    pbf = draw((LONG, {"highway": "primary"}))
    frame = roads.matrix_from_pbf(pbf, halls, places, limit_minutes=60)
    assert list(frame.columns) == ["code_insee", "id", "minutes"]
    frame.to_csv(tmp_path / "temps.csv", index=False)
    matrix = travel.read_matrix(tmp_path / "temps.csv", halls.index, places)
    assert matrix.problems == ()
    expected = frame.set_index(["code_insee", "id"])["minutes"]
    pd.testing.assert_series_equal(matrix.minutes, expected)


@pytest.mark.parametrize("content", [b"", b"not an extract", b"PK\x03\x04" * 20])
def test_an_invalid_extract_is_refused(tmp_path, content):
    path = tmp_path / "roads.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile):
        minutes(path, towns(c86001=0), sites(a=11))


def test_a_cut_extract_is_refused(draw):
    pbf = draw((LONG, {"highway": "primary"}))
    pbf.write_bytes(pbf.read_bytes()[:-20])
    with pytest.raises(UnreadableFile, match="extrait"):
        minutes(pbf, towns(c86001=0), sites(a=11))


def test_no_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        minutes(tmp_path / "none.osm.pbf", towns(c86001=0), sites(a=11))


def test_without_the_extra_the_reader_learns_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "osmium", None)
    with pytest.raises(roads.RoadsUnavailable, match="uv sync --extra roads"):
        minutes(tmp_path / "any.osm.pbf", towns(c86001=0), sites(a=11))
