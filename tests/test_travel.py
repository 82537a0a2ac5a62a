"""Travel times: estimates checked by laws and by hand; valid and invalid files."""

import io
import itertools
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geodata import communes, travel
from geodata.tables import Problem, UnreadableFile
from tests.lists import CIVRAY, read, row

LOUDUN = {"code_postal": "86200", "commune": "Loudun", "code_insee": "86137"}
POITIERS, CIVRAY_CODE, LOUDUN_CODE = "86194", "86078", "86137"
CODES = [POITIERS, CIVRAY_CODE, LOUDUN_CODE]

densities = st.floats(0, 30_000) | st.just(float("nan"))
distances = st.floats(0, 1e7)
detours = st.floats(1, 3)


def series(*values: float) -> pd.Series:
    return pd.Series(values, index=[f"c{place}" for place in range(len(values))], dtype=float)


# --- density ------------------------------------------------------------------------------


def test_density_of_a_square_kilometre_anywhere():
    """Squares of about 1 km², whose area on the ellipsoid is computed in another way."""
    corners = [(0.3, 46.5), (-61.5, 16.2), (55.5, -21.1), (-52.3, 4.9), (2.35, 48.85)]
    squares = [shapely.box(lng, lat, lng + 0.01, lat + 0.01) for lng, lat in corners]
    frame = gpd.GeoDataFrame({"population": [500] * 5}, geometry=squares, crs="EPSG:4326")
    area_km2 = [abs(Geod(ellps="WGS84").geometry_area_perimeter(s)[0]) / 1e6 for s in squares]
    measured = travel.density(frame.astype({"population": "Int64"}))
    assert measured.to_numpy() == pytest.approx(500 / np.array(area_km2), rel=1e-4)


def test_density_is_not_known_without_outline_or_population():
    square = shapely.box(0, 46, 0.1, 46.1)
    frame = gpd.GeoDataFrame(
        {"population": pd.array([10, 10, None, 0], "Int64")},
        geometry=[None, shapely.Polygon(), square, square],
        index=["no outline", "empty", "uncounted", "nobody"],
        crs="EPSG:4326",
    )
    measured = travel.density(frame)
    assert measured.isna().to_list() == [True, True, True, False]
    assert measured["nobody"] == 0
    assert measured.index.equals(frame.index)


def test_densities_of_real_communes():
    measured = travel.density(communes.read_communes(["75", "86", "973"]))
    assert measured["75056"] == pytest.approx(20_000, rel=0.05)
    assert 2_000 < measured[POITIERS] < 2_300  # INSEE: 2,133 per km² in 2021
    assert measured["97353"] < 1  # Maripasoula, the widest
    assert travel.density(communes.read_communes(["988"])).isna().all()


def test_every_commune_has_its_density_once():
    every = travel.densities()
    assert len(every) == 34_969
    of_vienne = communes.read_communes(["86"])
    assert every[of_vienne.index].equals(travel.density(of_vienne))
    assert travel.densities() is every


# --- estimates ----------------------------------------------------------------------------


def test_estimates_checked_by_hand():
    ten_km = series(10_000, 10_000, 10_000, 10_000, float("nan"))
    density = series(50, 1_000, 5_000, float("nan"), 50)
    minutes = travel.estimated_minutes(ten_km, density)
    # 13 km of road at 55, 40, 25 and, not known, 40 km/h.
    assert minutes.to_list() == pytest.approx([13 / 55 * 60, 19.5, 31.2, 19.5, np.nan], nan_ok=True)
    band = travel.minutes_band(ten_km, density)
    assert band.loc["c1"].to_dict() == pytest.approx({"low": 18, "high": 22.5})
    assert travel.reach_m(30, series(1_000)).item() == pytest.approx(20_000 / 1.3)
    assert travel.estimated_minutes(series(10_000), 1_000.0, detour=1).item() == pytest.approx(15)


def test_the_steps_belong_to_the_denser_class():
    density = series(0, 299.99, 300, 1_499.99, 1_500, 1e9, float("nan"))
    assert travel.speed_kmh(density).to_list() == [55, 55, 40, 40, 25, 25, 40]


def test_estimates_of_another_index_are_refused():
    with pytest.raises(ValueError, match="same index"):
        travel.estimated_minutes(series(1, 2), series(1, 2).iloc[::-1])


@given(distances, distances, densities, detours)
def test_farther_never_takes_less(a, b, density, detour):
    near, far = sorted([a, b])
    minutes = travel.estimated_minutes(series(near, far), density, detour=detour)
    assert minutes["c0"] <= minutes["c1"]


@given(distances, st.floats(0, 30_000), st.floats(0, 30_000), detours)
def test_denser_never_goes_faster(distance_m, a, b, detour):
    density = series(*sorted([a, b]))
    there = series(distance_m, distance_m)
    minutes = travel.estimated_minutes(there, density, detour=detour)
    assert minutes["c0"] <= minutes["c1"]


@given(distances, densities, detours, detours)
def test_a_longer_detour_never_takes_less(distance_m, density, a, b):
    short, long = sorted([a, b])
    first, second = (
        travel.estimated_minutes(series(distance_m), density, detour=detour).item()
        for detour in (short, long)
    )
    assert first <= second


@given(st.floats(0, 1e5), densities, detours)
def test_reach_is_the_inverse_of_the_estimate(minutes, density, detour):
    reached = travel.reach_m(minutes, series(density), detour=detour)
    back = travel.estimated_minutes(reached, series(density), detour=detour)
    assert back.item() == pytest.approx(minutes)


@given(distances, densities)
def test_the_band_contains_the_estimate(distance_m, density):
    band = travel.minutes_band(series(distance_m), density).loc["c0"]
    middle = travel.estimated_minutes(series(distance_m), density).item()
    assert band["low"] <= middle <= band["high"]


# --- a matrix -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def services() -> gpd.GeoDataFrame:
    """Two places, one with its commune only, and three without a distance."""
    hidden = {"nom": "Foyer", "departement": "86"}
    return read(
        row("a", **CIVRAY),
        row("b", **LOUDUN),
        row("c", confidentialite="commune", type="association", **LOUDUN),
        row("foyer", type="hebergement", **hidden),
        row("refuge", type="association", confidentialite="non_publie", **hidden),
        row("3919", type="ecoute", zone_eligibilite="france"),
    ).services


def table(*lines: str, header: str = "code_insee,id,minutes") -> bytes:
    return "\n".join([header, *lines]).encode()


FULL = tuple(f"{code},{key},{10}" for code, key in itertools.product(CODES, "abc"))


def matrix(content: bytes | Iterable[str], services: gpd.GeoDataFrame) -> travel.Matrix:
    written = content if isinstance(content, bytes) else table(*content)
    return travel.read_matrix(io.BytesIO(written), CODES, services)


def told(problems: Iterable[Problem]) -> list[tuple[int, str, str, str]]:
    return [(p.line, p.column, p.value, p.severity) for p in problems]


def test_a_whole_matrix_has_no_problem_and_its_order_is_ours(services):
    read_back = matrix(reversed(FULL), services)
    assert read_back.problems == ()
    assert read_back.minutes.index.to_list() == list(itertools.product(CODES, "abc"))
    assert read_back.minutes.index.names == ["code_insee", "id"]
    assert read_back.minutes.dtype == float


@pytest.mark.parametrize(
    "content",
    [
        table("86194;a;12,5", header="Code INSEE;ID;Minutes"),
        table("86194,a,12.5,une remarque", header="code_insee,id,minutes,remarque"),
        b"\xef\xbb\xbf" + table("86194\ta\t12,5\r", header="code_insee\tid\tminutes\r"),
        table('"86194";" a ";"12.50"', header="id;minutes;code_insee;é").replace(
            b"id;minutes;code_insee", b"code_insee;id;minutes"
        ),
        table("86194;a;12,5", header="code_insee;id;minutes;durée").decode().encode("cp1252"),
        table("a,12.5,86194", header="id,minutes,code_insee").decode().encode("utf-16"),
    ],
)
def test_a_table_is_read_as_spreadsheets_write_it(services, content):
    minutes = matrix(content, services).minutes
    assert minutes.to_dict() == {(POITIERS, "a"): 12.5}


def test_a_path_is_read(services, tmp_path):
    (tmp_path / "temps.csv").write_bytes(table(*FULL))
    assert travel.read_matrix(tmp_path / "temps.csv", CODES, services).problems == ()
    with pytest.raises(FileNotFoundError):
        travel.read_matrix(tmp_path / "autre.csv", CODES, services)


BAD_LINES = {
    "unknown code": ("99999,a,5", ("code_insee", "99999", "error"), "code d’une commune"),
    "no code": (",a,5", ("code_insee", "", "error"), "code d’une commune"),
    "elsewhere": ("75056,a,5", ("code_insee", "75056", "error"), "territoire"),
    "unknown id": ("86194,zzz,5", ("id", "zzz", "error"), "identifiant"),
    "a shelter": ("86194,foyer,5", ("id", "foyer", "error"), "aucune distance"),
    "never shown": ("86194,refuge,5", ("id", "refuge", "error"), "aucune distance"),
    "a phone line": ("86194,3919,5", ("id", "3919", "error"), "aucune distance"),
    "empty": ("86194,a,", ("minutes", "", "error"), "vide"),
    "words": ("86194,a,un quart d’heure", ("minutes", "un quart d’heure", "error"), "nombre"),
    "a unit": ("86194,a,5 min", ("minutes", "5 min", "error"), "nombre"),
    "not a number": ("86194,a,nan", ("minutes", "nan", "error"), "nombre"),
    "infinite": ("86194,a,inf", ("minutes", "inf", "error"), "nombre"),
    "a power": ("86194,a,1e2", ("minutes", "1e2", "error"), "nombre"),
    "other digits": ("86194,a,١٢", ("minutes", "١٢", "error"), "nombre"),
    "negative": ("86194,a,-5", ("minutes", "-5", "error"), "négatif"),
    "seconds": ("86194,a,1441", ("minutes", "1441", "error"), "secondes"),
}


@pytest.mark.parametrize(("line", "problem", "words"), BAD_LINES.values(), ids=BAD_LINES)
def test_only_a_bad_line_is_left_out_and_it_is_reported(services, line, problem, words):
    read_back = matrix([*FULL, line], services)
    column, value, severity = problem
    assert told(read_back.problems) == [(11, column, value, severity)]
    [message] = map(str, read_back.problems)
    assert message.startswith(f"Ligne 11, colonne « {column} » : ")
    assert words in message
    assert read_back.minutes.equals(matrix(FULL, services).minutes)


def test_lines_with_one_fault_are_one_problem(services):
    read_back = matrix([*FULL, *(f"86194,z{number},5" for number in range(40))], services)
    [problem] = read_back.problems
    assert str(problem).startswith("Ligne 11 (et 39\u00a0autres lignes), colonne « id » : ")
    assert str(problem).endswith("Valeurs lues : « z0 », « z1 », « z2 », « z3 », « z4 ».")


def test_a_lost_zero_is_put_back(services):
    content = table("1004,a,5")
    read_back = travel.read_matrix(io.BytesIO(content), ["01004"], services.loc[["a"]])
    assert read_back.minutes.to_dict() == {("01004", "a"): 5.0}
    assert told(read_back.problems) == [(2, "code_insee", "1004", "warning")]


def test_a_repeated_pair_keeps_the_shorter(services):
    read_back = matrix([*FULL, "86194,a,30", "86194,a,7"], services)
    assert read_back.minutes[POITIERS, "a"] == 7
    assert told(read_back.problems) == [(11, "id", "a", "warning")]


def test_former_communes_keep_the_shorter_unless_the_current_code_has_a_time(services):
    """86043 Ceaux-en-Couhé and 86067 Châtillon are in 86082 Valence-en-Poitou."""
    lines, one = ["86043,a,30", "86067,a,20"], services.loc[["a"]]
    alone = travel.read_matrix(io.BytesIO(table(*lines)), ["86082"], one)
    assert alone.minutes.to_dict() == {("86082", "a"): 20.0}
    assert told(alone.problems) == [(2, "code_insee", "86043", "warning")]
    own = travel.read_matrix(io.BytesIO(table(*lines, "86082,a,25")), ["86082"], one)
    assert own.minutes.to_dict() == {("86082", "a"): 25.0}


def test_gaps_are_counted_and_the_rest_is_right(services):
    read_back = matrix(["86194,a,0", "86194,b,5"], services)
    assert read_back.minutes.to_dict() == {(POITIERS, "a"): 0.0, (POITIERS, "b"): 5.0}
    assert [str(problem) for problem in read_back.problems] == [
        "2\u00a0communes sans aucun temps : 86078, 86137",
        "1\u00a0service sans aucun temps : c",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"PK\x03\x04classeur", "classeur"),
        (table(header="code_insee,id,temps"), "« minutes »"),
        (table(header="commune"), "« code_insee », « id », « minutes »"),
    ],
)
def test_an_invalid_matrix_is_refused(services, content, words):
    with pytest.raises(UnreadableFile, match=words):
        matrix(content, services)


def test_a_matrix_without_lines_is_all_gaps(services):
    read_back = matrix(table(), services)
    assert read_back.minutes.empty
    assert [problem.severity for problem in read_back.problems] == ["warning", "warning"]


cells = st.text(st.sampled_from('0123456789,;."\n -eNaéab'), max_size=12)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([*CODES, "99999", ""]) | cells, cells, cells)))
def test_no_file_raises_another_error_or_gives_an_invalid_time(services, lines):
    content = table(*(",".join(line) for line in lines))
    try:
        read_back = matrix(content, services)
    except UnreadableFile:
        return
    assert read_back.minutes.between(0, 1440).all()
    assert read_back.minutes.index.is_unique
    assert set(read_back.minutes.index.get_level_values("id")) <= set("abc")
