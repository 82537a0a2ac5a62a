"""Nearest services: accurate against the geodesic, stable for ties, without hidden places."""

from datetime import datetime
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal
from pyproj import Geod

from geodata import communes
from geodata.hours import State
from geodata.nearest import LngLat, distance_m, nearest, nearest_each
from geodata.points import measured_points
from geodata.selection import Selection, timetable
from tests.lists import CIVRAY, read, row

GEOD = Geod(ellps="WGS84")
WITHIN = 0.003
MILLIMETRE = 0.001
OVERSEAS = ("971", "972", "973", "974", "976")
TUESDAY_10 = datetime(2026, 11, 24, 10)
CHRISTMAS_10 = datetime(2026, 12, 25, 10)
law = settings(max_examples=50)


def hall(code: str) -> LngLat:
    lng, lat = communes.read_town_halls().loc[code, ["lng", "lat"]]
    return LngLat(lng, lat)


def points(places, index=None) -> gpd.GeoSeries:
    geometry = [None if place is None else shapely.Point(place) for place in places]
    return gpd.GeoSeries(geometry, index=index, crs="EPSG:4326")


def geodesic_m(a: LngLat, b: LngLat) -> float:
    return GEOD.inv(*a, *b)[2]


def at(place: LngLat) -> dict[str, str]:
    return {"longitude": f"{place[0]:.6f}", "latitude": f"{place[1]:.6f}"}


@cache
def halls_of(territory: str) -> list[LngLat]:
    """Return one in forty town halls of metropolitan France, or all of an overseas territory."""
    halls = communes.read_town_halls().dropna(subset=["lng"])
    overseas = halls["departement"].str.len() == 3
    here = halls[~overseas][::40] if territory == "" else halls[halls["departement"] == territory]
    return [LngLat(*place) for place in zip(here["lng"], here["lat"], strict=True)]


@st.composite
def places(draw, territory: str) -> LngLat:
    """Draw a place in a territory: near a town hall, or at one."""
    lng, lat = draw(st.sampled_from(halls_of(territory)))
    away = st.just(0.0) | st.floats(-0.3, 0.3)
    return LngLat(lng + draw(away), lat + draw(away))


LOUDUN, POITIERS, CHATELLERAULT = hall("86137"), hall("86194"), hall("86066")
SERVICES = read(
    row("poitiers", code_insee="86194", **at(POITIERS), horaires_accueil="Mo-Fr 09:00-12:00"),
    row("civray", **CIVRAY, horaires_accueil="Tu 18:00-20:00"),
    row("loudun", code_insee="86137", **at(LOUDUN), horaires_accueil="Mo-Fr 09:00-12:00; PH off"),
    row("commune", **CIVRAY, type="association", confidentialite="commune"),
    row("loudun-bis", code_insee="86137", **at(LOUDUN), type="ccas"),
    row("cayenne", code_insee="97302", horaires_accueil="24/7"),
    row("mamoudzou", code_insee="97611"),
    row("saint-denis", code_insee="97411"),
).services


# --- accuracy -------------------------------------------------------------------------------


@law
@given(st.data(), st.sampled_from(["", "", "", *OVERSEAS]))
def test_the_nearest_is_the_one_a_geodesic_loop_finds(data, territory) -> None:
    starts = data.draw(st.lists(places(territory), min_size=1, max_size=5))
    ends = data.draw(st.lists(places(territory), min_size=1, max_size=15))
    found = nearest_each(points(starts), points(ends))
    for start, row_, told_m in zip(starts, found["service"], found["distance_m"], strict=True):
        expected_m = min(geodesic_m(start, end) for end in ends)
        assert told_m == pytest.approx(expected_m, rel=WITHIN, abs=2 * MILLIMETRE)
        assert told_m == pytest.approx(
            geodesic_m(start, ends[row_]), rel=WITHIN, abs=2 * MILLIMETRE
        )


@pytest.mark.parametrize(
    ("origin", "service", "metres"),
    [
        ("86194", "poitiers", 0),
        ("86066", "poitiers", 31_000),  # Châtellerault
        ("97416", "saint-denis", 52_000),  # Saint-Pierre de la Réunion
        ("97304", "cayenne", 42_000),  # Kourou
        ("97608", "mamoudzou", 4_000),  # Dzaoudzi
    ],
)
def test_a_place_of_france_has_its_own_nearest_service(origin, service, metres) -> None:
    found = nearest(SERVICES, hall(origin), limit=1)
    assert found.index.tolist() == [service]
    there = measured_points(SERVICES)[service]
    expected_m = geodesic_m(hall(origin), (there.x, there.y))
    assert found["distance_m"].iloc[0] == pytest.approx(expected_m, rel=WITHIN, abs=0.2)
    assert expected_m == pytest.approx(metres, rel=0.05, abs=1)


@law
@given(places(""), st.integers(0, 10))
def test_the_answer_is_in_order_and_a_limit_cuts_it(origin, limit) -> None:
    everybody = nearest(SERVICES, origin, limit=None)
    assert everybody["distance_m"].is_monotonic_increasing
    assert sorted(everybody.index) == sorted(SERVICES.index)
    away_m = distance_m(SERVICES, origin)
    assert_series_equal(away_m[everybody.index], everybody["distance_m"])
    assert_frame_equal(nearest(SERVICES, origin, limit=limit), everybody[:limit])


@law
@given(st.lists(places(""), min_size=1, max_size=5))
def test_one_by_one_or_all_at_once_is_the_same(origins) -> None:
    at_once = nearest_each(points(origins), measured_points(SERVICES))
    for origin, found in zip(origins, at_once.itertuples(), strict=True):
        first = nearest(SERVICES, origin).iloc[0]
        assert (found.service, found.distance_m) == (first.name, first["distance_m"])


@law
@given(st.data())
def test_a_further_service_never_makes_the_nearest_farther(data) -> None:
    origins = points(data.draw(st.lists(places(""), min_size=1, max_size=5)))
    ends = data.draw(st.lists(places(""), min_size=2, max_size=15))
    fewer, more = nearest_each(origins, points(ends[:-1])), nearest_each(origins, points(ends))
    assert (more["distance_m"] <= fewer["distance_m"]).all()


# --- ties -----------------------------------------------------------------------------------

# A coarse grid across the meridian: most places are at equal distances, at the same point, or
# differ by 0.1 mm.
LATTICE = st.builds(
    lambda east, north, noise: LngLat(east / 100 + noise, 46 + north / 100),
    st.integers(-2, 2),
    st.integers(0, 2),
    st.sampled_from([0, 0, 0, 1e-9, -1e-9]),
)


def told_and_expected(origins, ends) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the results of `nearest_each` and of a plain loop with the same distances."""
    xyz = communes.to_xyz(*np.transpose(ends))
    loop = [communes.chord_m(communes.to_xyz(*origin), xyz).round(3) for origin in origins]
    expected = [(int(np.argmin(away_m)), away_m.min()) for away_m in loop]
    told = nearest_each(points(origins), points(ends))
    return told, pd.DataFrame(expected, columns=["service", "distance_m"])


@law
@given(st.lists(LATTICE, min_size=1, max_size=8), st.lists(LATTICE, min_size=1, max_size=30))
def test_the_first_of_the_input_wins_a_tie(origins, ends) -> None:
    assert_frame_equal(*told_and_expected(origins, ends), check_exact=True)


@pytest.mark.parametrize("seed", range(3))
def test_the_first_of_the_input_wins_a_tie_among_many(seed) -> None:
    random = np.random.default_rng(seed)
    ends = np.array([0, 46]) + random.integers(-9, 10, (600, 2)) / 100
    ends[:, 0] += random.integers(-1, 2, 600) * 1e-9
    origins = np.array([0, 46]) + random.integers(-19, 20, (200, 2)) / 200
    assert_frame_equal(*told_and_expected(origins, ends), check_exact=True)


@pytest.mark.parametrize("order", [["west", "east"], ["east", "west"]])
def test_two_services_on_either_side_keep_the_order_of_the_input(order) -> None:
    sides = {"west": LngLat(-0.1, 46.2), "east": LngLat(0.1, 46.2)}
    services = read(*(row(side, **at(sides[side])) for side in order)).services
    assert nearest(services, LngLat(0, 46.2)).index.tolist() == order
    found = nearest_each(points([(0, 46.2)]), measured_points(services))
    assert found["service"].tolist() == order[:1]


def test_services_of_one_building_all_come_in_the_order_of_the_input() -> None:
    keys = [f"{number * 7 % 101:03}" for number in range(100)]
    buildings = {"86137": LOUDUN, "86194": POITIERS}
    services = read(
        *(
            row(key, code_insee=code, **at(buildings[code]))
            for key, code in zip(keys, [*buildings] * 50, strict=True)
        )
    ).services
    found = nearest(services, POITIERS, limit=None)
    assert found.index.tolist() == keys[1::2] + keys[::2]
    assert len(set(found["distance_m"])) == 2
    assert nearest(services[::-1], POITIERS).index.tolist() == keys[:-40:-2]
    each = nearest_each(points([LOUDUN, POITIERS]), measured_points(services))
    assert each["service"].tolist() == keys[:2]


# --- hidden places --------------------------------------------------------------------------

CANARY = "CANARI"
HIDDEN = {
    "foyer-departement": {"type": "hebergement", "departement": "86"},
    "asso-departement": {
        "type": "association",
        "confidentialite": "departement",
        "departement": "86",
    },
    "jamais": {"type": "mds", "confidentialite": "non_publie", "departement": "86"},
    "foyer-jamais": {
        "type": "hebergement",
        "confidentialite": "non_publie",
        "departement": "86",
    },
    "foyer-commune": {"type": "hebergement", "confidentialite": "commune", **CIVRAY},
    "foyer-public": {
        "type": "hebergement",
        "confidentialite": "public",
        "code_insee": "86194",
        **at(POITIERS),
    },
    "ligne": {"type": "ecoute", "code_insee": "86194", **at(POITIERS)},
    "nulle-part": {"type": "association", "zone_eligibilite": "86"},
}
WITH_HIDDEN = read(
    row("poitiers", code_insee="86194", **at(POITIERS)),
    *(
        row(key, **cells, nom=f"{CANARY} {key}", description=CANARY, telephone="0199000000")
        for key, cells in HIDDEN.items()
    ),
    row("civray", **CIVRAY),
).services
VISIBLE = WITH_HIDDEN.loc[["poitiers", "civray"]]


def test_the_canaries_are_in_the_list() -> None:
    assert set(WITH_HIDDEN.index) == {"poitiers", "civray", *HIDDEN}


@law
@given(places(""), st.none() | st.integers(0, 4), st.none() | st.just(TUESDAY_10))
def test_hidden_places_change_nothing_in_any_answer(origin, limit, at) -> None:
    found = nearest(WITH_HIDDEN, origin, limit=limit, at=at)
    assert_frame_equal(found, nearest(VISIBLE, origin, limit=limit, at=at))
    assert CANARY not in found.to_csv()
    away_m = distance_m(WITH_HIDDEN, origin)
    assert away_m[list(HIDDEN)].isna().all()
    assert away_m.notna().sum() == len(VISIBLE)


@law
@given(st.lists(places(""), min_size=1, max_size=5))
def test_hidden_places_are_never_nearest(origins) -> None:
    starts = points(origins)
    found = nearest_each(starts, measured_points(WITH_HIDDEN))
    assert_frame_equal(found, nearest_each(starts, measured_points(VISIBLE)))


def test_a_hidden_row_that_was_given_a_point_has_no_distance_either() -> None:
    leaking = WITH_HIDDEN.set_geometry(points([POITIERS] * len(WITH_HIDDEN), WITH_HIDDEN.index))
    never = [key for key in HIDDEN if key != "nulle-part"]
    assert distance_m(leaking, POITIERS)[never].isna().all()
    assert not set(nearest(leaking, POITIERS, limit=None).index) & set(never)


def test_a_place_known_by_its_commune_ranks_from_its_town_hall() -> None:
    found = nearest(SERVICES, POITIERS, limit=5)
    assert found.index.tolist() == ["poitiers", "civray", "commune", "loudun", "loudun-bis"]
    expected_m = communes.chord_m(communes.to_xyz(*POITIERS), communes.to_xyz(*hall("86078")))
    assert found.loc["commune", "distance_m"] == pytest.approx(expected_m, abs=MILLIMETRE)
    assert found.loc["commune", "geometry"] is None
    assert found["emplacement_approximatif"].tolist() == [False, True, True, False, False]


# --- the frame ------------------------------------------------------------------------------


def test_the_columns_of_the_input_stay_and_the_input_too() -> None:
    before = SERVICES.copy()
    found = nearest(SERVICES, POITIERS, at=TUESDAY_10)
    added = found.columns.difference(SERVICES.columns)
    assert set(added) >= {"distance_m", "emplacement_approximatif", "state", "next_opening"}
    kept = found[list(SERVICES.columns)]
    assert_frame_equal(kept, SERVICES.loc[found.index])
    assert found.crs == SERVICES.crs
    assert_frame_equal(SERVICES, before)


def test_the_state_is_that_of_the_other_pages() -> None:
    found = nearest(SERVICES, POITIERS, at=TUESDAY_10)
    expected = timetable(SERVICES, Selection(), TUESDAY_10).loc[found.index]
    assert_series_equal(found["state"], expected["state"])
    assert_series_equal(found["next_opening"], expected["opening"], check_names=False)
    assert found.loc[["poitiers", "civray", "commune"], "state"].tolist() == [
        State.OPEN,
        State.CLOSED,
        State.UNKNOWN,
    ]
    evening = pd.Timestamp("2026-11-24 18:00", tz="Europe/Paris")
    assert found.loc["civray", "next_opening"] == evening


def test_weekly_hours_are_not_believed_on_a_holiday_they_do_not_name() -> None:
    found = nearest(SERVICES, POITIERS, at=CHRISTMAS_10)
    assert found.loc["poitiers", "state"] == State.UNKNOWN
    assert found.loc["loudun", "state"] == State.CLOSED


def test_a_column_of_the_list_does_not_pass_for_a_distance() -> None:
    services = read(row("a", **CIVRAY, distance_m="12", state="open")).services
    found = nearest(services, POITIERS, at=TUESDAY_10).loc["a"]
    assert found["distance_m"] > 40_000
    assert found["state"] == State.UNKNOWN


# --- empty and invalid input ----------------------------------------------------------------


@pytest.mark.parametrize("services", [SERVICES[:0], WITH_HIDDEN.loc[["ligne", "jamais"]]])
@pytest.mark.parametrize("at", [None, TUESDAY_10])
def test_no_place_to_measure_gives_an_empty_result(services, at) -> None:
    found = nearest(services, POITIERS, at=at)
    assert found.empty
    assert list(found.columns) == list(nearest(SERVICES, POITIERS, at=at).columns)


@pytest.mark.parametrize("ends", [[], [None], [None, None]])
def test_an_origin_without_any_service_has_no_nearest(ends) -> None:
    found = nearest_each(points([POITIERS, None], ["86194", "x"]), points(ends))
    assert found.index.tolist() == ["86194", "x"]
    assert found["service"].isna().all()
    assert found["distance_m"].isna().all()


def test_an_origin_without_a_point_has_no_nearest_and_the_others_do() -> None:
    starts = points([None, LOUDUN, POITIERS], ["x", "86137", "86194"])
    found = nearest_each(starts, measured_points(SERVICES))
    assert found["service"].isna().tolist() == [True, False, False]
    assert found["service"].tolist()[1:] == ["loudun", "poitiers"]
    assert found["distance_m"].isna().tolist() == [True, False, False]
    assert nearest_each(starts[:0], measured_points(SERVICES)).empty


@pytest.mark.parametrize(
    "origin",
    [
        LngLat(46.5802, 0.3404),  # Poitiers, swapped
        LngLat(-17.54, -149.57),  # Papeete, swapped
        LngLat(-21.3, 55.5),  # La Réunion, swapped
        LngLat(-12.78, 45.23),  # Mayotte, swapped
        LngLat(500_000, 6_600_000),  # Lambert-93
        LngLat(np.nan, 46.5),
        LngLat(0.34, np.nan),
        LngLat(np.inf, 46.5),
        LngLat(0.34, 91),
    ],
)
@pytest.mark.parametrize("services", [SERVICES, SERVICES[:0]])
def test_an_origin_that_is_no_place_is_refused_and_not_repeated(origin, services) -> None:
    with pytest.raises(ValueError, match="Le point de départ") as refused:
        nearest(services, origin)
    assert not any(str(degrees) in str(refused.value) for degrees in origin)


@law
@given(st.sampled_from(["", *OVERSEAS]).flatmap(places))
def test_no_place_of_france_is_taken_swapped_nor_refused_upright(origin) -> None:
    assert len(nearest(VISIBLE, origin)) == len(VISIBLE)
    with pytest.raises(ValueError, match="échangées"):
        nearest(VISIBLE, LngLat(lng=origin.lat, lat=origin.lng))


@pytest.mark.parametrize("origin", [LngLat(166.45, -22.27), LngLat(-149.57, -17.54)])
def test_a_place_far_from_every_town_hall_is_no_mistake(origin) -> None:
    assert nearest(SERVICES, origin)["distance_m"].min() > 1_000_000  # Nouméa, Papeete


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="négatif"):
        nearest(SERVICES, POITIERS, limit=-1)


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (shapely.Point(500_000, 6_600_000), "degrés"),
        (shapely.Point(46.58, 97.0), "degrés"),
        (shapely.box(0, 46, 1, 47), "points"),
    ],
)
def test_a_point_not_in_degrees_is_refused(geometry, message) -> None:
    strange, good = gpd.GeoSeries([None, geometry]), points([POITIERS])
    for origins, ends in ((strange, good), (good, strange)):
        with pytest.raises(ValueError, match=message):
            nearest_each(origins, ends)
