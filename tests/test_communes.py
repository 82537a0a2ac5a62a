"""The communes: reading, search, distances, and the shipped file."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pyproj import Geod

from geodata import communes
from geodata.data.build_communes import opening_hours
from geodata.text import fold

WITHOUT_OUTLINE_IN_CANTAL = ["15031", "15035", "15047", "15171"]
COLLECTIVITES = {"975", "977", "978", "984", "986", "987", "988", "989"}
KM_PER_DEG = 111.2


@pytest.fixture(scope="module")
def france() -> gpd.GeoDataFrame:
    return communes.read_communes()


@pytest.fixture(scope="module")
def outlines(france) -> gpd.GeoSeries:
    return france.geometry.dropna()


# --- the shipped file ---------------------------------------------------------------------


def test_the_file_is_small() -> None:
    assert communes.COMMUNES_FILE.stat().st_size <= 12_000_000


def test_a_departement_is_in_few_row_groups() -> None:
    metadata = pq.read_metadata(communes.COMMUNES_FILE)
    column = metadata.schema.names.index("departement")
    groups = [
        metadata.row_group(g).column(column).statistics for g in range(metadata.num_row_groups)
    ]
    assert sum(group.min <= "86" <= group.max for group in groups) <= 2


def test_all_communes_are_there_once_and_sorted(france) -> None:
    assert len(france) == 34_969
    assert france.index.is_unique
    assert france.index.name == "code_insee"
    keys = list(zip(france["departement"], france.index, strict=True))
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("departement", "count", "population"),
    [
        ("78", 259, 1_485_086),
        ("92", 36, 1_654_712),
        ("86", 265, 438_897),
        ("71", 563, 550_310),
        ("75", 1, 2_103_778),
        ("2A", 124, None),
        ("974", 24, None),
    ],
)
def test_departements_are_complete(departement, count, population) -> None:
    read = communes.read_communes([departement])
    assert len(read) == count
    assert read.geometry.notna().all()
    assert read["mairie"].notna().all()
    if population is not None:
        assert read["population"].sum() == population


def test_france_has_its_population_of_2023(france) -> None:
    metropole = ~france["departement"].str.startswith(("97", "98"))
    assert 65_500_000 < france.loc[metropole, "population"].sum() < 66_500_000
    uninhabited = france.index[france["population"].isna()]
    assert set(france.loc[uninhabited, "departement"]) == {"984", "989"}


def test_codes_are_text(france) -> None:
    assert all(re.fullmatch(r"\d[\dAB]\d{3}", code) for code in france.index)
    assert france.loc["01004", "codes_postaux"] == ("01500",)
    postal = france["codes_postaux"].explode().dropna()
    assert postal.str.fullmatch(r"\d{5}").all()
    assert france["epci"].str.fullmatch(r"\d{9}|").all()


def test_outlines_are_a_coverage_without_overlaps(outlines) -> None:
    assert shapely.is_valid(outlines.array).all()
    assert not shapely.is_empty(outlines.array).any()
    assert shapely.coverage_is_valid(np.asarray(outlines.array))


@pytest.mark.parametrize("departement", ["78", "92", "86", "71", "2B", "974", "973"])
def test_the_parts_have_the_area_of_the_whole(departement) -> None:
    parts = communes.read_communes([departement]).geometry
    areas = shapely.area(parts.array).sum()
    assert shapely.area(shapely.union_all(parts.array)) == pytest.approx(areas, rel=1e-6)


def test_the_coverage_has_no_hole_but_llivia(outlines) -> None:
    whole = shapely.coverage_union_all(np.asarray(outlines.array))
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    large = [hole for hole in holes if hole.area * KM_PER_DEG**2 > 0.1]
    assert len(large) == 1
    assert large[0].contains(shapely.Point(1.981, 42.464))


def test_only_cantal_and_the_collectivites_have_no_outline(france) -> None:
    without = france[france.geometry.isna()]
    overseas = without["departement"].isin(COLLECTIVITES)
    assert without.index[~overseas].tolist() == WITHOUT_OUTLINE_IN_CANTAL
    assert overseas.sum() == france["departement"].isin(COLLECTIVITES).sum() == 94
    assert without["mairie"].isna().all()


@pytest.mark.parametrize(
    ("code", "inside", "what"),
    [
        ("49126", (-1.20, 47.31), "Orée d'Anjou, put together from its former communes"),
        ("12218", (2.39, 44.58), "Conques-en-Rouergue"),
        ("71566", (5.05, 46.87), "Verdun-Ciel has the land of Ciel"),
        ("93066", (2.363, 48.961), "Saint-Denis has that of Pierrefitte"),
        ("25390", (6.474, 47.001), "Montbenoît, whose missing land was a bite at the border"),
        ("42084", (3.908, 45.774), "Solore-en-Forez, claimed by two"),
        ("79307", (0.17, 46.103), "Sauzé-entre-Bois, with Montalembert"),
    ],
)
def test_merged_communes_have_their_land(france, code, inside, what) -> None:
    assert france.geometry[code].contains(shapely.Point(inside)), what


def test_town_halls_lie_in_their_commune(france) -> None:
    known = france[france.geometry.notna()]
    assert known["mairie"].notna().all()
    apart = shapely.distance(known["mairie"].array, known.geometry.array)
    assert apart.max() * KM_PER_DEG < 0.5
    assert (apart == 0).mean() > 0.99


def test_the_origin_of_a_town_hall_is_recorded(france) -> None:
    assert (france["mairie_origine"] == "").equals(france["mairie"].isna())
    counts = france["mairie_origine"].value_counts()
    assert counts.to_dict() == {
        "mairie": 33_023,
        "contour": 1_767,
        "": 98,
        "mairie redressée": 72,
        "mairie annexe": 9,
    }
    assert france.loc["29044", "mairie_origine"] == "mairie redressée"  # Dinéault, Finistère
    assert france.loc["60192", "mairie_origine"] == "contour"  # Cuy: latitude written twice


def test_hours_are_days_then_spans(france) -> None:
    days = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
    spans = r"\d\d:\d\d-\d\d:\d\d"
    rule = rf"{days}(?:[-,]{days})* {spans}(?:,{spans})*"
    known = france["mairie_horaires"][france["mairie_horaires"] != ""]
    assert len(known) == 34_460
    assert known.str.fullmatch(rf"{rule}(?:; {rule})*").all()
    assert known["86078"] == "Mo-We,Fr 08:30-12:30,13:30-17:30; Th 08:30-12:30"


def test_former_codes_lead_to_one_commune(france) -> None:
    formers = france["anciens_codes"].explode().dropna()
    assert formers.is_unique
    assert not formers.isin(france.index).any()


# --- opening hours of the source ------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ('[["lundi","vendredi",[["08:30:00","12:30:00"]]]]', "Mo-Fr 08:30-12:30"),
        (
            (
                '[["lundi","mardi",[["09:00:00","12:00:00"],["14:00:00","17:00:00"]]],'
                '["jeudi","jeudi",[["09:00:00","12:00:00"],["14:00:00","17:00:00"]]]]'
            ),
            "Mo-Tu,Th 09:00-12:00,14:00-17:00",
        ),
        (
            (
                '[["lundi","mercredi",[["09:00:00","12:00:00"]]],'
                '["mardi","mardi",[["16:00:00","18:00:00"]]]]'
            ),
            "Mo,We 09:00-12:00; Tu 09:00-12:00,16:00-18:00",
        ),
        (
            '[["lundi","lundi",[["09:00:00","12:00:00"]]],["lundi","lundi",[["11:00:00","13:00:00"]]]]',
            "Mo 09:00-13:00",
        ),
        ('[["vendredi","",[["09:00:00","12:00:00"]]]]', "Fr 09:00-12:00"),
        ('[["lundi","lundi",[["08:00:00","12:00:00"],["18:00:00","18:00:00"]]]]', "Mo 08:00-12:00"),
        ('[["lundi","lundi",[["13:30:30","17:30:00"]]]]', "Mo 13:30-17:30"),
        ("[]", ""),
        ("\\N", ""),
        ("", ""),
    ],
)
def test_hours_are_written_in_the_osm_format(source, written) -> None:
    assert opening_hours(source) == written


# --- reading --------------------------------------------------------------------------------


def test_a_territory_is_the_same_as_in_france(france) -> None:
    some = communes.read_communes(["86", "2A"])
    assert set(some["departement"]) == {"86", "2A"}
    same = france[france["departement"].isin(["86", "2A"])]
    assert some.drop(columns=["geometry", "mairie"]).equals(
        same.drop(columns=["geometry", "mairie"])
    )
    assert shapely.equals_exact(some.geometry.array, same.geometry.array).all()


def test_frames_know_their_projection() -> None:
    read = communes.read_communes(["92"])
    assert read.crs == read["mairie"].crs == "EPSG:4326"
    assert read.geometry.name == "geometry"


def test_no_departement_is_no_commune() -> None:
    assert communes.read_communes([]).empty


def test_an_unknown_departement_is_refused_in_french() -> None:
    with pytest.raises(ValueError, match="Département inconnu : « 20 », « 7 »"):
        communes.read_communes(["86", "7", "20"])


def test_town_halls_are_those_of_the_communes(france) -> None:
    halls = communes.read_town_halls()
    assert halls.index.equals(france.index)
    shared = ["nom", "departement", "codes_postaux", "population", "anciens_codes", "anciens_noms"]
    assert halls[shared].equals(france[shared])
    assert halls["lng"].isna().equals(france["mairie"].isna())
    assert france["mairie"]["86194"].equals(shapely.Point(halls.loc["86194", ["lng", "lat"]]))


@pytest.mark.parametrize("departements", [["92", "988"], [], None])
def test_outlines_alone_are_those_of_the_communes(departements, france) -> None:
    alone = communes.read_outlines(departements)
    whole = france if departements is None else communes.read_communes(departements)
    assert alone.equals(whole[["population", "geometry"]])
    assert alone.crs == whole.crs


@pytest.mark.parametrize("departements", [["92"], ["86", "971"], ["988"], []])
@pytest.mark.parametrize("away_m", [0, 30_000])
def test_no_town_hall_so_near_is_left_out(departements, away_m) -> None:
    halls = communes.read_town_halls()
    wanted = halls.index[halls["departement"].isin(departements)]
    here, around = communes.town_halls_around(wanted, away_m)
    assert here.index.equals(wanted[halls.loc[wanted, "lng"].notna()])
    assert not around.index.isin(wanted).any()
    placed = halls.dropna(subset="lng").drop(index=here.index)
    positions = communes.to_xyz(placed["lng"], placed["lat"])
    for lng, lat in here[["lng", "lat"]].iloc[::20].to_numpy():
        near = communes.chord_m(positions, communes.to_xyz(lng, lat)) <= away_m
        assert placed.index[near].isin(around.index).all()
    assert len(around) < len(halls) / 4


def test_a_caller_cannot_change_the_cached_value() -> None:
    spoilt = communes.read_town_halls()
    spoilt.loc["86194", "nom"] = "Poitou"
    spoilt.loc["86194", "population"] = 0
    departements = communes.read_departements()
    departements.loc["86", "nom"] = "Poitou"
    assert communes.read_town_halls().loc["86194", "nom"] == "Poitiers"
    assert communes.read_departements().loc["86", "nom"] == "Vienne"


def test_departements_have_name_region_and_totals(france) -> None:
    read = communes.read_departements()
    assert len(read) == 109
    assert set(read.index) == set(france["departement"])
    assert read.loc["21", "nom"] == "Côte-d'Or"
    assert read.loc["2A", "region"] == "Corse"
    assert read.loc["974", "nom"] == "La Réunion"
    assert read["communes"].to_dict() == france["departement"].value_counts().to_dict()
    assert read.loc["86", "population"] == 438_897
    assert pd.isna(read.loc["984", "population"])


@pytest.mark.parametrize(
    ("code", "current"),
    [
        ("86078", "86078"),
        ("75112", "75056"),
        ("69381", "69123"),
        ("13201", "13055"),
        ("71131", "71566"),  # Ciel, now in Verdun-Ciel
        ("78524", "78158"),  # Rocquencourt
        ("86231", "86247"),  # Saint-Macoux
        ("2A004", "2A004"),
        ("99999", None),
        ("", None),
        ("1004", None),
    ],
)
def test_old_codes_lead_to_the_commune_of_today(code, current) -> None:
    assert communes.current_code(code) == current


# --- searching ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("epone", "78217"),
        ("ÉPÔNE", "78217"),
        ("86078", "86078"),
        ("2a004", "2A004"),
        ("le chesnay", "78158"),
        ("chesnay", "78158"),
        ("rocquencourt 78", "78158"),  # and not its homonym of Oise
        ("port-villez", "78320"),  # a former name
        ("oeuilly", "51410"),
        ("l’haÿ les roses", "94038"),
        ("montigny bretonneux", "78423"),
        ("mans", "72181"),
        ("par", "75056"),
        ("poi", "86194"),
        ("y", "80829"),
        ("paris 12", "75056"),
        ("75112", "75056"),
        ("78180", "78423"),  # a postal code, and a former code of Seine-et-Oise
        ("civray 86", "86078"),
        ("86400 Civray", "86078"),
        ("ste genevieve des bois", "91549"),
        ("steenv", "59580"),
    ],
)
def test_search_finds_first(query, best) -> None:
    assert communes.search(query).index[0] == best


def test_search_by_postal_code_gives_the_most_populous_first() -> None:
    found = communes.search("86400", limit=100)
    assert found.index[0] == "86078"
    assert found["codes_postaux"].map(lambda codes: "86400" in codes).all()
    assert found["population"].is_monotonic_decreasing


def test_homonyms_all_come_before_longer_names() -> None:
    found = communes.search("st denis")
    assert found["departement"].tolist()[:4] == ["974", "93", "11", "30"]
    assert (found["nom"].iloc[:4] == "Saint-Denis").all()
    assert communes.search("saint-denis", departements=["30"]).index[0] == "30247"


@pytest.mark.parametrize("query", ["", " ", "-", "zzzz", "99999", "'"])
def test_search_may_find_nothing(query) -> None:
    found = communes.search(query)
    assert found.empty
    assert list(found.columns) == list(communes.read_town_halls().columns)


def test_search_refuses_impossible_arguments() -> None:
    with pytest.raises(ValueError, match="Département inconnu : « 99 »"):
        communes.search("Civray", departements=["99"])
    with pytest.raises(ValueError, match="limit"):
        communes.search("Civray", limit=-1)


@given(st.integers(0, 34_968))
@example(80829)
def test_every_commune_is_found_by_its_own_name(place) -> None:
    halls = communes.read_town_halls()
    row = halls.iloc[place % len(halls)]
    found = communes.search(row["nom"].upper(), departements=[row["departement"]], limit=50)
    assert row.name in found.index
    assert fold(found["nom"].iloc[0]) == fold(row["nom"])


@given(st.text(max_size=12), st.integers(0, 10))
def test_search_takes_any_text(query, limit) -> None:
    assert len(communes.search(query, limit=limit)) <= limit


# --- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("departement", "names"),
    [
        ("71", {"chalon sur saone", "chalon", "le creusot", "creusot"}),
        ("78", {"rocquencourt", "le chesnay", "chesnay", "saint germain", "mantes"}),
        ("84", {"l isle sur la sorgue", "lisle sur la sorgue", "isle"}),
        ("08", {"charleville", "charleville mezieres"}),
        ("62", {"pas en artois"}),
    ],
)
def test_every_name_of_a_departement_is_given(departement, names) -> None:
    assert names <= communes.names_in(departement)


def test_an_ordinary_word_is_no_short_form_of_a_name() -> None:
    assert not {"pas", "", "le"} & communes.names_in("62")
    assert not {"ville", "saint", "la ville"} & communes.names_in("92")


def test_names_are_those_of_a_known_departement() -> None:
    with pytest.raises(ValueError, match="Département inconnu : « 99 »"):
        communes.names_in("99")


# --- distances ------------------------------------------------------------------------------


def test_positions_are_metres_from_the_centre_of_the_earth() -> None:
    positions = communes.to_xyz([0, 90, 0], [0, 0, 90])
    expected = [[6_378_137, 0, 0], [0, 6_378_137, 0], [0, 0, 6_356_752.314]]
    assert np.allclose(positions, expected, atol=0.001)


def test_an_unknown_place_is_at_no_distance() -> None:
    assert np.isnan(communes.chord_m(communes.to_xyz(np.nan, 46.0), communes.to_xyz(0.3, 46.5)))


@given(
    lng=st.floats(-180, 180),
    lat=st.floats(-60, 60),
    azimuth=st.floats(0, 360),
    far_m=st.floats(1, 200_000),
)
def test_the_chord_is_the_geodesic_in_all_of_france(lng, lat, azimuth, far_m) -> None:
    there = Geod(ellps="WGS84").fwd(lng, lat, azimuth, far_m)
    chord = communes.chord_m(communes.to_xyz(lng, lat), communes.to_xyz(*there[:2]))
    assert chord == pytest.approx(far_m, rel=1e-4, abs=0.01)


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=3, max_size=3))
def test_the_metric_is_one(points) -> None:
    a, b, c = communes.to_xyz(*np.transpose(points))
    assert communes.chord_m(a, b) == communes.chord_m(b, a)
    assert communes.chord_m(a, a) == 0
    assume(np.isfinite(points).all())
    assert communes.chord_m(a, c) <= communes.chord_m(a, b) + communes.chord_m(b, c) + 0.001
