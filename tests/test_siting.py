"""Best sites: compared with all possible choices, hand-made cases, and laws of covering."""

from datetime import date
from functools import partial
from itertools import combinations, product
from math import e

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geodata import coverage, hours
from geodata.communes import chord_m, read_communes
from geodata.points import positions
from geodata.siting import (
    HALF_DAYS,
    Goal,
    HalfDay,
    Siting,
    _cover,
    _programme,
    best_sites,
    best_sites_by_number,
    flat,
)
from geodata.siting._apart import best_cover_apart
from geodata.siting._centre import Distances, best_centre

MONDAY = date(2026, 11, 16)
MORNING, AFTERNOON = HALF_DAYS[:2]
KM_LNG, KM_LAT = 1 / 76.7, 1 / 111.15  # degrees in a kilometre, near 46.5 N
NOBODY = pd.NA
hours_sites = partial(best_sites, goal=Goal.HOURS)


# --- solver, compared with all choices ----------------------------------------------------


def value_of(near: np.ndarray, weights: np.ndarray, sites) -> float:
    total = 0.0
    for layer in range(weights.shape[1]):
        rows = [site for site, where in sites if where == layer]
        total += weights[near[rows].any(axis=0), layer].sum()
    return total


def best_of_all(near: np.ndarray, weights: np.ndarray, k: int, most_per_layer: int) -> float:
    """Return the value of the best choice of at most k pairs, by trying them all."""
    candidates, layers = range(len(near)), range(weights.shape[1])
    best = [
        [
            max(value_of(near, weights, [(s, layer) for s in sites]) for sites in choices)
            for choices in (
                list(combinations(candidates, n)) for n in range(min(most_per_layer, len(near)) + 1)
            )
        ]
        for layer in layers
    ]
    return max(
        sum(best[layer][n] for layer, n in enumerate(shares))
        for shares in product(*(range(len(curve)) for curve in best))
        if sum(shares) <= k
    )


def solve(near: np.ndarray, weights: np.ndarray, k: int, **options) -> _cover.Cover:
    return _cover.best_cover(
        sparse.csr_array(near.astype(float)),
        weights.astype(float),
        **{"k": k, "most_per_layer": k, "close_enough": 0, "time_limit_s": 60} | options,
    )


@st.composite
def instances(draw):
    """Draw candidates, places, layers (some equal), and weights with ties and zeros."""
    candidates, places, layers = (draw(st.integers(1, most)) for most in (6, 7, 3))
    bits = st.lists(st.booleans(), min_size=places, max_size=places)
    near = draw(st.lists(bits, min_size=candidates, max_size=candidates))
    some = st.lists(st.integers(0, 4), min_size=places, max_size=places)
    weights = draw(st.lists(some, min_size=layers, max_size=layers))
    return (
        np.array(near),
        np.array(weights).T * draw(st.sampled_from([1, 3000])),
        draw(st.integers(1, 5)),
    )


@given(instances(), st.sampled_from([1, 2, 5]))
@settings(max_examples=150)
def test_the_answer_is_the_best_of_all_choices(instance, most_per_layer):
    near, weights, k = instance
    cover = solve(near, weights, k, most_per_layer=most_per_layer)
    assert cover.taken == cover.upper == best_of_all(near, weights, k, most_per_layer)
    assert cover.taken == value_of(near, weights, cover.sites)
    assert len(set(cover.sites)) == len(cover.sites) <= k
    layers = [layer for _, layer in cover.sites]
    assert max(map(layers.count, layers), default=0) <= most_per_layer


@given(instances())
@settings(max_examples=100)
def test_without_time_the_bound_and_the_greedy_promise_still_hold(instance):
    near, weights, k = instance
    cover, best = solve(near, weights, k, time_limit_s=-1), best_of_all(near, weights, k, k)
    assert cover.taken == value_of(near, weights, cover.sites)
    assert (1 - 1 / e) * best <= cover.taken <= best <= cover.upper


def petersen() -> np.ndarray:
    """Return the Petersen graph, (vertex, edge): fractional vertices cover more edges."""
    outer = [(i, (i + 1) % 5) for i in range(5)]
    inner = [(5 + i, 5 + (i + 2) % 5) for i in range(5)]
    edges = outer + inner + [(i, i + 5) for i in range(5)]
    return np.array([[vertex in edge for edge in edges] for vertex in range(10)])


@pytest.mark.parametrize("k", [3, 5, 6, 9])
def test_where_fractions_cover_more_highs_proves_the_best(k):
    near, weights = petersen(), np.full((15, 1), 1000)
    cover = solve(near, weights, k)
    assert cover.taken == cover.upper == best_of_all(near, weights, k, k)


def programme(near: np.ndarray, weights: np.ndarray, k: int) -> int:
    """Return the value of the best choice, from one integer programme over all layers."""
    (candidates, places), layers = near.shape, weights.shape[1]
    cover = sparse.kron(sparse.eye_array(layers), near.T)
    taken = sparse.eye_array(places * layers)
    sites, elements = candidates * layers, places * layers
    answer = milp(
        -np.r_[np.zeros(sites), weights.T.ravel()],
        integrality=np.r_[np.ones(sites), np.zeros(elements)],
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(sparse.hstack([-cover, taken]), -np.inf, 0),
            LinearConstraint(np.r_[np.ones(sites), np.zeros(elements)], -np.inf, k),
        ],
        options={"mip_rel_gap": 0},
    )
    return round(-answer.fun)


@pytest.mark.parametrize("seed", range(6))
def test_the_answer_is_that_of_one_plain_programme(seed):
    random = np.random.default_rng(seed)
    spots = random.random((45, 2))
    near = np.hypot(*(spots[:, None] - spots).transpose(2, 0, 1)) < random.choice([0.12, 0.2, 0.3])
    weights = (random.pareto(1.2, (45, 1)) * 500).astype(int) * random.integers(0, 13, (45, 3))
    for k in (5, 12):
        cover = solve(near, weights, k)
        assert cover.taken == cover.upper == programme(near, weights, k)


def test_a_programme_too_large_for_highs_leaves_a_gap_that_holds(monkeypatch):
    monkeypatch.setattr(_cover, "LARGEST_PROGRAMME", 0)
    near, weights = petersen(), np.full((15, 1), 1000)
    cover = solve(near, weights, 5)
    assert cover.taken <= best_of_all(near, weights, 5, 5) == 13_000 < cover.upper <= 15_000


def test_what_highs_is_not_given_is_searched_again(monkeypatch):
    random = np.random.default_rng(1)
    spots = random.random((300, 2))
    near = np.hypot(*(spots[:, None] - spots).transpose(2, 0, 1)) < 0.12
    weights = (random.pareto(1.2, (300, 1)) * 500).astype(int)
    best = programme(near, weights, 12)
    monkeypatch.setattr(_cover, "LARGEST_PROGRAMME", 0)
    again = solve(near, weights, 12)
    monkeypatch.setattr(_cover, "MOST_SEARCHES", 1)
    once = solve(near, weights, 12)
    assert once.taken <= again.taken <= best <= again.upper
    assert again.upper - again.taken < once.upper - once.taken


def test_swaps_improve_the_greedy_choice(monkeypatch):
    """A greedy choice takes the middle four first; two other sites cover all six places."""
    monkeypatch.setattr(_cover, "LARGEST_PROGRAMME", 0)
    near = np.array([[0, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], dtype=bool)
    weights = np.ones((6, 1))
    assert solve(near, weights, 2, time_limit_s=-1).taken == 5
    assert solve(near, weights, 2) == ([(1, 0), (2, 0)], 6, 6)


def test_it_stops_where_it_is_close_enough():
    near = np.array([[0, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], dtype=bool)
    cover = solve(near, np.ones((6, 1)), 2, close_enough=0.2)
    assert (cover.taken, cover.upper) == (5, 6)


# --- communes and services ----------------------------------------------------------------


def territory(*communes: tuple[float, float, object], first: int = 1) -> gpd.GeoDataFrame:
    """Return communes `86001`, `86002`, … with town halls at (km east, km north), or None."""
    codes = [f"86{number:03}" for number in range(first, first + len(communes))]
    halls = [
        None if east is None else shapely.Point(0.3 + east * KM_LNG, 46.5 + north * KM_LAT)
        for east, north, _ in communes
    ]
    population = pd.array([people for *_, people in communes], dtype="Int64")
    index = pd.Index(codes, name="code_insee", dtype="str")
    mairie = gpd.GeoSeries(halls, index=index, crs="EPSG:4326")
    columns = {"nom": codes, "departement": "86", "population": population, "mairie": mairie}
    return gpd.GeoDataFrame(columns, index=index, geometry=mairie, crs="EPSG:4326")


def offices(*services: tuple[float, float, str], **columns: str) -> gpd.GeoDataFrame:
    """Return services at (km east, km north) with their hours."""
    points = [shapely.Point(0.3 + x * KM_LNG, 46.5 + y * KM_LAT) for x, y, _ in services]
    cells = {
        "type": "permanence",
        "confidentialite": "public",
        "code_insee": "",
        "departement": "86",
        "approximatif": False,
        "horaires_accueil": [text for *_, text in services],
    } | columns
    index = pd.Index([f"s{at}" for at in range(len(services))], dtype="str")
    return gpd.GeoDataFrame(cells, index=index, geometry=points, crs="EPSG:4326")


THREE = territory((0, 0, 1000), (10, 0, 2000), (20, 0, 4000))
NONE = offices()


def rows(siting) -> list[tuple]:
    return list(siting.sites.drop(columns="order").itertuples(index=False, name=None))


def test_the_half_days_are_eighteen_of_three_hours_that_do_not_overlap():
    slots = hours.week_slots(pd.Series([half_day.hours for half_day in HALF_DAYS]), MONDAY)
    assert (np.bitwise_count(slots).sum(axis=1) == 12).all()
    assert np.bitwise_count(np.bitwise_or.reduce(slots)).sum() == 18 * 12
    assert HALF_DAYS[5] == HalfDay("mardi soir", "Tu 17:00-20:00")
    assert len({half_day.name for half_day in HALF_DAYS}) == 18


@pytest.mark.parametrize(
    ("services", "radius_km", "k", "half_days", "expected"),
    [
        # The middle one serves all three; once per half-day is enough.
        (NONE, 12, 1, (MORNING,), [("86002", MORNING.name, 21_000, 7000)]),
        (NONE, 12, 3, (MORNING,), [("86002", MORNING.name, 21_000, 7000)]),
        # A second half-day is worth as much as the first: the earliest ones are taken.
        (
            NONE,
            12,
            2,
            HALF_DAYS,
            [("86002", MORNING.name, 21_000, 7000), ("86002", AFTERNOON.name, 21_000, 7000)],
        ),
        # Within 5 km only: the most populous first.
        (
            NONE,
            5,
            2,
            (MORNING,),
            [("86003", MORNING.name, 12_000, 4000), ("86002", MORNING.name, 6000, 2000)],
        ),
        # The third commune's office serves the second too: the first is left, from either.
        (
            offices((20, 0, "Mo 09:00-12:00")),
            12,
            2,
            (MORNING,),
            [("86001", MORNING.name, 3000, 1000)],
        ),
        # It opens for half of the half-day: the other half is left.
        (
            offices((20, 0, "Mo 09:00-10:30")),
            12,
            2,
            (MORNING,),
            [("86002", MORNING.name, 3000 + 1.5 * 6000, 7000)],
        ),
        # Nothing is left.
        (offices((10, 0, "24/7")), 12, 2, HALF_DAYS, []),
    ],
)
def test_three_communes_by_hand(services, radius_km, k, half_days, expected):
    siting = hours_sites(
        THREE, services, k=k, radius_m=radius_km * 1000, monday=MONDAY, half_days=half_days
    )
    assert rows(siting) == expected
    assert siting.sites["order"].tolist() == list(range(1, len(expected) + 1))
    assert siting.value == siting.bound == sum(gain for *_, gain, _ in expected)
    assert (siting.gap, siting.method) == (0, "exact")


def test_unknown_hours_count_as_closed_or_open():
    services = offices((20, 0, ""))
    where = {"k": 1, "radius_m": 12_000, "monday": MONDAY, "half_days": (MORNING,)}
    certain = hours_sites(THREE, services, **where)
    possible = hours_sites(THREE, services, unknown=True, **where)
    assert (certain.value, possible.value) == (21_000, 3000)


def test_a_shelter_covers_no_one():
    services = offices((10, 0, "24/7"), type="hebergement")
    siting = hours_sites(THREE, services, k=1, radius_m=12_000, monday=MONDAY)
    assert siting.value == 21_000


@pytest.mark.parametrize("goal", list(Goal))
def test_the_people_who_are_counted_decide_and_are_whole(goal):
    """Women live in the second commune, most inhabitants in the third; none are told of there."""
    women = pd.Series({"86001": 100.4, "86002": 899.6})
    found = best_sites(
        THREE, NONE, k=1, radius_m=5000, monday=MONDAY, half_days=(MORNING,), goal=goal,
        people=women,
    )  # fmt: skip
    assert found.sites["code_insee"].tolist() == ["86002"]
    assert found.sites["people"].tolist() == [1000 if goal == Goal.FARTHEST else 900]
    if goal == Goal.PEOPLE:
        assert (found.value, found.lacking) == (900, 1000)
    if goal == Goal.HOURS:
        assert (found.value, found.lacking) == (3 * 900, 3 * 1000)


def test_candidates_are_the_only_sites():
    where = {"k": 2, "radius_m": 12_000, "monday": MONDAY, "half_days": (MORNING,)}
    siting = hours_sites(THREE, NONE, candidates=["86003", "86001"], **where)
    assert rows(siting) == [
        ("86003", MORNING.name, 18_000, 6000),
        ("86001", MORNING.name, 3000, 1000),
    ]
    assert hours_sites(THREE, NONE, candidates=[], **where).sites.empty


def test_each_commune_uses_its_own_radius():
    radius_m = pd.Series({"86003": 12_000.0, "86002": 1000.0, "86001": 1000.0})
    siting = hours_sites(THREE, NONE, k=1, radius_m=radius_m, monday=MONDAY, half_days=(MORNING,))
    # People of the third commune can reach the second; the others cannot reach the third.
    assert rows(siting) == [("86002", MORNING.name, 18_000, 6000)]


def test_communes_without_people_or_town_hall_are_left_out():
    odd = territory((0, 0, 1000), (None, None, 9000), (10, 0, NOBODY), (10, 1, 0))
    siting = hours_sites(odd, NONE, k=4, radius_m=5000, monday=MONDAY, half_days=(MORNING,))
    assert rows(siting) == [("86001", MORNING.name, 3000, 1000)]


@pytest.mark.parametrize(
    ("communes", "options"),
    [
        (THREE, {"k": 0}),
        (THREE, {"half_days": ()}),
        (THREE.iloc[:0], {}),
        (territory((None, None, 10)), {}),
    ],
    ids=["no site", "no half-day", "no commune", "no town hall"],
)
def test_nothing_to_choose(communes, options):
    siting = hours_sites(communes, NONE, **{"k": 3, "radius_m": 1000, "monday": MONDAY} | options)
    assert siting.sites.empty
    assert list(siting.sites) == ["order", "code_insee", "half_day", "gain", "people"]
    assert (siting.value, siting.bound, siting.gap) == (0, 0, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": -1}, "négatif : -1"),
        ({"radius_m": 0}, "positive"),
        ({"radius_m": -5}, "positive"),
        ({"radius_m": float("nan")}, "positive"),
        ({"radius_m": float("inf")}, "positive"),
        ({"candidates": ["86001", "99999"]}, "« 99999 »"),
        ({"monday": date(2026, 11, 17)}, "lundi"),
        ({"half_days": [MORNING, HalfDay("matinée", "Mo 11:00-13:00")]}, "« matinée »"),
        ({"half_days": [HalfDay("jamais", "lundi peut-être")]}, "« jamais »"),
        ({"communes": pd.concat([THREE, THREE.iloc[1:]])}, "« 86002 », « 86003 »"),
    ],
)
def test_bad_input_is_refused_in_french(options, message):
    given = {"communes": THREE, "services": NONE, "k": 1, "radius_m": 1000, "monday": MONDAY}
    with pytest.raises(ValueError, match=message):
        hours_sites(**given | options)


def test_a_radius_beyond_memory_is_refused(monkeypatch):
    monkeypatch.setattr("geodata.siting._MOST_NEIGHBOURS", 8)
    with pytest.raises(ValueError, match="1000 km est trop grand pour 3 communes"):
        hours_sites(THREE, NONE, k=1, radius_m=1e6, monday=MONDAY)


# --- laws ---------------------------------------------------------------------------------

SPOT = st.integers(0, 30)
TEXTS = ["", "Mo-Fr 09:00-12:00", "Mo 14:00-18:00; We 17:30-19:00", "Sa 10:00-11:15", "24/7"]


@st.composite
def countries(draw):
    """Draw communes and services on a square of 30 km."""
    halls = st.tuples(SPOT, SPOT, st.sampled_from([0, 50, 800, 9000]))
    services = st.tuples(SPOT, SPOT, st.sampled_from(TEXTS))
    return (
        territory(*draw(st.lists(halls, min_size=1, max_size=7))),
        offices(*draw(st.lists(services, max_size=4))),
    )


ASKED = st.fixed_dictionaries(
    {
        "k": st.integers(1, 25),
        "radius_m": st.sampled_from([4000, 9000, 15_000]),
        "unknown": st.booleans(),
        "one_per_half_day": st.booleans(),
    }
)
QUIET = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])


def people_hours(communes, services, half_days, **asked) -> float:
    slots = hours.week_slots(pd.Series([half_day.hours for half_day in half_days]), MONDAY)
    covered = coverage.open_hours(
        communes, services, monday=MONDAY, slots=np.bitwise_or.reduce(slots), **asked
    )
    return float((covered * communes["population"]).sum())


def test_the_goal_of_hours_counts_those_asked_for_alone():
    late = {"slots": coverage.slots_between([0], 16, 20), "half_days": HALF_DAYS[1:3]}
    siting = best_sites(ROW, NONE, k=1, goal=Goal.HOURS, **LOOK | late)
    (name,), people = siting.sites["half_day"], siting.sites["people"].sum()
    assert (name, siting.value) == (HALF_DAYS[2].name, 3 * people)
    with pytest.raises(ValueError, match="n’est pas à ce moment-là"):
        best_sites(ROW, NONE, k=1, goal=Goal.HOURS, **LOOK | late | {"half_days": HALF_DAYS[:2]})


@given(countries(), ASKED)
@QUIET
def test_the_gain_is_the_difference_that_the_sites_make(country, asked):
    communes, services = country
    siting = hours_sites(communes, services, monday=MONDAY, **asked)
    where = {key: asked[key] for key in ("radius_m", "unknown")}
    texts = {half_day.name: half_day.hours for half_day in HALF_DAYS}
    reached = people_hours(communes, services, HALF_DAYS, **where)
    for site in siting.sites.itertuples():
        hall = communes.loc[[site.code_insee], "mairie"]
        new = offices((0, 0, texts[site.half_day])).set_geometry(hall.to_numpy(), crs="EPSG:4326")
        services = pd.concat([services, new.set_index(pd.Index([f"n{site.order}"]))])
        before, reached = reached, people_hours(communes, services, HALF_DAYS, **where)
        assert site.gain == pytest.approx(reached - before)
        assert 0 < site.gain <= 3 * site.people
    assert siting.value == siting.sites["gain"].sum() == siting.bound
    assert siting.sites["gain"].is_monotonic_decreasing
    assert not siting.sites.duplicated(["code_insee", "half_day"]).any()


@given(countries(), ASKED, st.randoms(use_true_random=False))
@QUIET
def test_the_order_of_the_rows_changes_nothing(country, asked, random):
    communes, services = country
    mixed = [frame.iloc[random.sample(range(len(frame)), len(frame))] for frame in country]
    expected = hours_sites(communes, services, monday=MONDAY, **asked)
    found = hours_sites(*mixed, monday=MONDAY, **asked)
    pd.testing.assert_frame_equal(found.sites, expected.sites)
    assert found.bound == expected.bound


@given(countries(), ASKED)
@QUIET
def test_more_sites_never_serve_less_and_a_bus_never_more(country, asked):
    free = asked | {"one_per_half_day": False}
    bus = hours_sites(*country, monday=MONDAY, **asked | {"one_per_half_day": True})
    one, more = (
        hours_sites(*country, monday=MONDAY, **free | {"k": asked["k"] + n}) for n in (0, 1)
    )
    assert bus.value <= one.value <= more.value
    assert not bus.sites["half_day"].duplicated().any()


def test_a_bus_stops_once_in_each_half_day():
    far = territory((0, 0, 5000), (30, 0, 4000))
    where = {"radius_m": 5000, "monday": MONDAY, "half_days": (MORNING,), "k": 2}
    assert rows(hours_sites(far, NONE, one_per_half_day=True, **where)) == [
        ("86001", MORNING.name, 15_000, 5000)
    ]
    assert len(hours_sites(far, NONE, **where).sites) == 2


def test_a_departement_is_solved_to_the_end():
    communes = read_communes(["71"])
    texts = ["Mo-Fr 09:00-12:00", "Tu 14:00-17:00", "We,Th 17:00-20:00", "Sa 09:00-12:00"]
    halls = communes.nlargest(len(texts), "population")
    services = offices(*((0, 0, text) for text in texts)).set_geometry(
        halls["mairie"].to_numpy(), crs="EPSG:4326"
    )
    siting = hours_sites(communes, services, k=25, radius_m=15_000, monday=MONDAY, time_limit_s=60)
    assert siting.method == "exact"
    assert len(siting.sites) == 25
    assert siting.sites["gain"].sum() == siting.value == siting.bound


# --- people, farthest, apart --------------------------------------------------------------

ROW = territory((0, 0, 1000), (10, 0, 2000), (20, 0, 4000), (30, 0, 500), (40, 0, 3000))
"""Five town halls in a row, 10 km apart: 1000, 2000, 4000, 500 and 3000 people."""
LOOK = {"radius_m": 12_000, "monday": MONDAY}


def places(siting) -> list[str]:
    return siting.sites["code_insee"].tolist()


@pytest.mark.parametrize(
    ("services", "k", "options", "expected"),
    [
        # The fourth serves the last three, then the first or the second serves both.
        (NONE, 1, {}, [7500]),
        (NONE, 2, {}, [7500, 3000]),
        # Everybody has somebody: no third.
        (NONE, 3, {}, [7500, 3000]),
        # Whoever has somebody open at any hour of the week gains nobody.
        (offices((10, 0, "We 09:00-10:00")), 2, {}, [3500]),
        # In the morning of Monday, nobody has.
        (
            offices((10, 0, "We 09:00-10:00")),
            1,
            {"slots": coverage.slots_between([0], 8, 12), "half_days": [MORNING]},
            [7500],
        ),
        # Unknown hours: nobody surely, somebody perhaps.
        (offices((10, 0, "")), 1, {}, [7500]),
        (offices((10, 0, "")), 1, {"unknown": True}, [3500]),
        (NONE, 2, {"candidates": ["86001", "86005"]}, [3500, 3000]),
        # The fourth and the first are 30 km apart; 40 km leave the two ends, or one alone.
        (NONE, 2, {"apart_m": 25_000}, [7500, 3000]),
        (NONE, 2, {"apart_m": 35_000}, [7500]),
        (NONE, 2, {"apart_m": 35_000, "candidates": ["86001", "86002", "86005"]}, [7000]),
        (NONE, 2, {"apart_m": 35_000, "candidates": ["86001", "86005"]}, [3500, 3000]),
        # A bus has one half-day for each place.
        (NONE, 2, {"one_per_half_day": True, "half_days": [MORNING]}, [7500]),
    ],
)
def test_five_communes_by_hand(services, k, options, expected):
    siting = best_sites(ROW, services, k=k, **LOOK | options)
    assert siting.sites["gain"].tolist() == siting.sites["people"].tolist() == expected
    assert siting.value == siting.bound == sum(expected)
    assert siting.method == "exact"


@pytest.mark.parametrize(
    ("services", "k", "options", "today_km", "left_km"),
    [
        (NONE, 0, {}, float("inf"), float("inf")),
        # The middle of 40 km.
        (NONE, 1, {}, float("inf"), 20),
        (NONE, 2, {}, float("inf"), 10),
        (NONE, 5, {}, float("inf"), 0),
        # Beside an office at one end, the site goes to the other side.
        (offices((0, 0, "24/7")), 1, {}, 40, 10),
        (offices((0, 0, "24/7")), 4, {}, 40, 0),
        (offices((0, 0, "")), 1, {"unknown": True}, 40, 10),
        (offices((0, 0, "")), 1, {}, float("inf"), 20),
        (NONE, 1, {"candidates": ["86005"]}, float("inf"), 40),
        (NONE, 2, {"apart_m": 35_000}, float("inf"), 20),
        (NONE, 2, {"candidates": []}, float("inf"), float("inf")),
    ],
)
def test_the_farthest_of_five_communes_by_hand(services, k, options, today_km, left_km):
    siting = best_sites(ROW, services, k=k, goal=Goal.FARTHEST, **LOOK | options)
    assert siting.lacking / 1000 == pytest.approx(today_km, rel=0.01)
    assert siting.value / 1000 == pytest.approx(left_km, rel=0.01, abs=0.01)
    assert siting.value == siting.bound


def test_among_the_choices_for_the_farthest_one_serves_most_people():
    """10 km are kept by 86002 with 86004 or 86005, and by 86001 with 86004."""
    siting = best_sites(ROW, NONE, k=2, goal=Goal.FARTHEST, radius_m=5000, monday=MONDAY)
    assert sorted(places(siting)) == ["86002", "86005"]
    assert siting.sites["gain"].sum() == 5000
    assert siting.sites["people"].iloc[0] == 10_500


def test_the_half_day_is_the_one_that_adds_most_hours_and_among_equals_another():
    busy = offices((10, 0, "Mo 14:00-16:00"))
    asked = LOOK | {"half_days": [AFTERNOON, MORNING]}
    with pytest.raises(ValueError, match="n’est pas à ce moment-là"):
        best_sites(ROW, busy, k=1, **asked | {"slots": coverage.slots_between([1], 8, 12)})
    # From 14 h to 16 h, 86003 has somebody already: the evening adds more.
    late = asked | {"half_days": HALF_DAYS[1:3], "slots": coverage.slots_between([0], 16, 20)}
    assert best_sites(ROW, busy, k=1, **late).sites["half_day"].tolist() == [HALF_DAYS[2].name]
    siting = best_sites(ROW, NONE, k=2, half_days=[AFTERNOON, MORNING], **LOOK)
    assert siting.sites["half_day"].tolist() == [AFTERNOON.name, MORNING.name]


def test_what_one_more_does_is_known_for_every_number():
    found = best_sites_by_number(ROW, NONE, most=4, **LOOK)
    assert [one.value for one in found] == [7500, 10_500, 10_500, 10_500]
    assert flat(found) == 2
    given = best_sites(ROW, NONE, k=2, candidates=["86001"], **LOOK)
    assert best_sites_by_number(ROW, NONE, most=2, known={2: given}, **LOOK)[1] is given
    far = best_sites_by_number(ROW, NONE, most=3, goal=Goal.FARTHEST, **LOOK)
    assert [round(one.value, -3) for one in far] == [20_000, 10_000, 10_000]
    assert flat(far) is None


@pytest.mark.parametrize(
    ("values", "number"),
    [([], None), ([0, 0], None), ([10], None), ([10, 11, 12], None), ([100, 150, 159, 160], 2),
     ([100, 105, 120, 120], 3)],
)  # fmt: skip
def test_it_flattens_where_all_that_follows_is_less_than_a_tenth(values, number):
    sites = best_sites(ROW, NONE, k=0, **LOOK).sites
    assert flat([Siting(Goal.PEOPLE, sites, value, value, 200) for value in values]) == number


@pytest.mark.parametrize(
    ("options", "message"),
    [({"apart_m": -1}, "négative"), ({"apart_m": float("nan")}, "négative")],
)
def test_a_distance_that_is_none_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        best_sites(ROW, NONE, k=1, **LOOK | options)


@pytest.mark.parametrize("options", [{"goal": Goal.FARTHEST}, {"apart_m": 5000}])
def test_distances_between_too_many_communes_are_refused(monkeypatch, options):
    monkeypatch.setattr("geodata.siting._MOST_APART", 4)
    with pytest.raises(ValueError, match="5 communes, c’est trop"):
        best_sites(ROW, NONE, k=1, **LOOK | options)


@st.composite
def kept_apart(draw):
    """Draw an instance whose candidates lie on a line, and which of them are too near."""
    near, weights, k = draw(instances())
    at = np.array(draw(st.lists(st.integers(0, 9), min_size=len(near), max_size=len(near))))
    too_near = np.abs(at[:, None] - at) < draw(st.integers(1, 6))
    return near, weights, k, too_near


def best_apart(near, weights, k, too_near) -> float:
    """Return the value of the best choice of candidates kept apart, by trying them all."""
    best = 0.0
    for n in range(1, min(k, len(near)) + 1):
        for sites in combinations(range(len(near)), n):
            if np.triu(too_near[np.ix_(sites, sites)], 1).any():
                continue
            for layers in product(range(weights.shape[1]), repeat=n):
                best = max(best, value_of(near, weights, list(zip(sites, layers, strict=True))))
    return best


def solve_apart(near, weights, k, too_near) -> _cover.Cover:
    return best_cover_apart(
        sparse.csr_array(near.astype(float)),
        weights.astype(float),
        too_near,
        k=k,
        most_per_layer=k,
        close_enough=0,
        time_limit_s=20,
    )


@given(kept_apart())
@settings(max_examples=25, deadline=None)
def test_the_best_choice_that_keeps_its_distance(instance):
    near, weights, k, too_near = instance
    k = min(k, 3)
    cover, best = solve_apart(near, weights, k, too_near), best_apart(near, weights, k, too_near)
    assert cover.taken == cover.upper == best == value_of(near, weights, cover.sites)
    sites = [site for site, _ in cover.sites]
    assert not np.triu(too_near[np.ix_(sites, sites)], 1).any()


@given(kept_apart())
@settings(max_examples=15, deadline=None)
def test_a_programme_too_large_leaves_a_bound_that_holds(instance):
    near, weights, k, too_near = instance
    k = min(k, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_programme, "LARGEST", -1)
        cover = solve_apart(near, weights, k, too_near)
    best = best_apart(near, weights, k, too_near)
    assert value_of(near, weights, cover.sites) == cover.taken <= best <= cover.upper


@given(st.integers(0, 10_000), st.integers(1, 3), st.booleans(), st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_farthest_is_as_near_as_any_choice_makes_it(seed, k, exists, apart):
    random = np.random.default_rng(seed)
    spots = random.integers(0, 30, (7, 2)).astype(float)
    metres = np.hypot(*(spots[:, None] - spots).transpose(2, 0, 1)).round(3)
    existing = np.hypot(*(spots - spots[0]).T).round(3) if exists else np.full(7, np.inf)
    too_near = metres < 12 if apart else None
    centre = best_centre(
        Distances(metres, existing, too_near), k=k, most_m=np.inf, close_enough=0, time_limit_s=20
    )
    expected = min(
        np.minimum(metres[list(sites)].min(axis=0), existing).max()
        for n in range(1, k + 1)
        for sites in combinations(range(7), n)
        if not apart or not np.triu(too_near[np.ix_(sites, sites)], 1).any()
    )
    assert centre.distance_m == centre.lower_m == min(expected, existing.max())
    reached = np.minimum(metres[centre.sites].min(axis=0, initial=np.inf), existing).max()
    assert len(centre.sites) <= k
    assert reached <= centre.distance_m
    # Without time, what is known still holds.
    hurried = best_centre(
        Distances(metres, existing, too_near), k=k, most_m=np.inf, close_enough=0, time_limit_s=-1
    )
    assert hurried.lower_m <= centre.distance_m <= hurried.distance_m
    roughly = best_centre(
        Distances(metres, existing, too_near),
        k=k,
        most_m=np.inf,
        close_enough=0.2,
        time_limit_s=20,
    )
    assert roughly.lower_m <= centre.distance_m <= roughly.distance_m
    assert roughly.lower_m == roughly.distance_m or roughly.lower_m >= 0.8 * roughly.distance_m


def town_halls_m(communes, codes) -> np.ndarray:
    xyz = positions(communes.loc[codes, "mairie"])
    return np.round(chord_m(xyz[:, None], xyz), 3)


@given(
    countries(), st.sampled_from(Goal), st.integers(1, 4), st.sampled_from([0, 4000, 12_000]),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_laws_of_every_goal(country, goal, k, apart_m, unknown):
    communes, services = country
    asked = {"goal": goal, "apart_m": apart_m, "unknown": unknown, "radius_m": 9000} | {
        "monday": MONDAY
    }
    siting = best_sites(communes, services, k=k, **asked)
    better = np.less_equal if goal == Goal.FARTHEST else np.greater_equal
    one = best_sites(communes, services, k=1, **asked)
    fewer = best_sites(communes, services, k=k, candidates=list(communes.index)[::2], **asked)
    freely = best_sites(communes, services, k=k, **asked | {"apart_m": 0})
    assert better(siting.bound, siting.value)
    assert better(siting.value, one.value)
    assert better(siting.value, fewer.value)
    assert better(freely.value, siting.value)
    if apart_m:
        apart = town_halls_m(communes, places(siting))
        assert (apart[np.triu_indices(len(apart), 1)] >= apart_m).all()
    if goal == Goal.PEOPLE:
        assert not siting.sites["code_insee"].duplicated().any()
        assert siting.value == siting.sites["gain"].sum() == covered_more(country, siting, unknown)


def covered_more(country, siting, unknown) -> float:
    """Return how many more people `coverage` counts as covered once the sites are services."""
    communes, services = country
    texts = {half_day.name: half_day.hours for half_day in HALF_DAYS}
    halls = communes.loc[places(siting), "mairie"]
    new = offices(*((0, 0, texts[name]) for name in siting.sites["half_day"]))
    new = new.set_geometry(halls.to_numpy(), crs="EPSG:4326").set_index("n" + new.index)
    people = communes["population"].sum()
    before, after = (
        coverage.covered_share(communes, some, radius_m=9000, monday=MONDAY, unknown=unknown)
        for some in (services, pd.concat([services, new]) if len(new) else services)
    )
    return round(float((after - before) * people)) if people else 0
