"""The rounds of a vehicle: against all choices, by hand, and the laws that its answers keep."""

from datetime import date
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geodata.communes import read_town_halls
from geodata.hours import week_slots
from geodata.siting import HALF_DAYS, Goal, HalfDay, Vehicle, _tour, best_sites
from tests.test_siting import KM_LAT, KM_LNG, offices, territory

MONDAY = date(2026, 11, 30)


def partitions(sites: tuple[int, ...]):
    """Yield every way to share sites out among rounds of one stop or two."""
    if not sites:
        yield ()
        return
    first, *others = sites
    for rest in partitions(tuple(others)):
        yield ((first,), *rest)
    for other in others:
        left = tuple(site for site in others if site != other)
        for rest in partitions(left):
            yield ((first, other), *rest)


def length_m(stops: tuple[int, ...], roads: _tour.Roads) -> float:
    way = [roads.depot_m[stops[0]], *(roads.between_m[a, b] for a, b in pairwise(stops))]
    return sum(way) + roads.depot_m[stops[-1]]


def is_possible(rounds, roads: _tour.Roads) -> bool:
    lengths = [length_m(stops, roads) for stops in rounds]
    double = [stops for stops in rounds if len(stops) == 2]
    near = roads.too_near is not None and any(
        roads.too_near[a, b] for a, b in combinations([x for stops in rounds for x in stops], 2)
    )
    return (
        len(rounds) <= roads.days
        and len(double) <= roads.double
        and all(one <= roads.day_m + 1 for one in lengths)
        and sum(lengths) <= roads.week_m + 1
        and all(roads.between_m[a, b] <= roads.leg_m + 1 for a, b in double)
        and not near
    )


def best_of_all(near: np.ndarray, weight: np.ndarray, roads: _tour.Roads, k: int) -> float:
    """Try every choice of stops and every way to share them out among rounds."""
    best = 0.0
    for number in range(1, k + 1):
        for sites in combinations(range(len(near)), number):
            taken = weight[near[list(sites)].any(axis=0)].sum()
            if taken > best and any(is_possible(way, roads) for way in partitions(sites)):
                best = taken
    return best


@st.composite
def tours(draw):
    """Places on a plane, what each is near, and limits that often bind."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    count = draw(st.integers(1, 7))
    at = rng.integers(0, 60, (count, 2)) * 1000.0
    depot = rng.integers(0, 60, 2) * 1000.0
    between_m = np.linalg.norm(at[:, None] - at, axis=2)
    apart_m = draw(st.sampled_from([0, 15_000]))
    roads = _tour.Roads(
        np.linalg.norm(at - depot, axis=1),
        between_m,
        between_m < apart_m if apart_m else None,
        day_m=draw(st.sampled_from([60_000, 90_000, 150_000])),
        week_m=draw(st.sampled_from([np.inf, 100_000, 180_000])),
        leg_m=draw(st.sampled_from([20_000, 100_000])),
        days=draw(st.integers(1, 3)),
        double=draw(st.integers(0, 1)),
    )
    near = rng.random((count, 8)) < 0.35
    weight = rng.integers(0, 50, 8).astype(float)
    return near, weight, roads, draw(st.integers(1, 4))


def solve(near, weight, roads, k, *, time_limit_s=10.0) -> _tour.Tour:
    return _tour.best_tour(
        sparse.csr_array(near.astype(float)),
        weight,
        roads,
        k=k,
        close_enough=0.0,
        time_limit_s=time_limit_s,
    )


@settings(max_examples=120, deadline=None)
@given(tours())
def test_the_tour_is_the_best_of_all(instance):
    near, weight, roads, k = instance
    found = solve(near, weight, roads, k)
    assert found.taken == found.upper == best_of_all(near, weight, roads, k)
    sites = [site for stops in found.rounds for site in stops]
    assert len(set(sites)) == len(sites) <= k
    assert is_possible(found.rounds, roads)
    assert weight[near[sites].any(axis=0)].sum() == found.taken


@settings(max_examples=25, deadline=None)
@given(tours())
def test_without_time_the_bound_still_holds(instance):
    near, weight, roads, k = instance
    found = solve(near, weight, roads, k, time_limit_s=0.0)
    assert found.taken <= best_of_all(near, weight, roads, k) <= found.upper
    assert is_possible(found.rounds, roads)


# --- by hand ------------------------------------------------------------------------------

DEPOT = "86194"
HALL = read_town_halls().loc[DEPOT]
EAST, NORTH = (HALL["lng"] - 0.3) / KM_LNG, (HALL["lat"] - 46.5) / KM_LAT
AROUND = territory(
    (EAST + 10, NORTH, 3000), (EAST + 14, NORTH, 2000), (EAST - 10, NORTH, 4000), (EAST, 90, 9000)
)
"""Two communes 10 and 14 km to the east of the depot, one 10 km to the west, one far north."""
MONDAYS = HALF_DAYS[:3]


def tour(*, k, services=None, half_days=HALF_DAYS, day_km=50.0, week_km=np.inf, **options):
    vehicle = Vehicle(DEPOT, 1000 * day_km, 1000 * week_km)
    return best_sites(
        AROUND, offices() if services is None else services, k=k, radius_m=3000, monday=MONDAY,
        half_days=half_days, **{"vehicle": vehicle, **options},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "people", "rounds_km"),
    [
        # The far commune is beyond a day of 50 km: 2 × 1.3 × 78 km.
        ({"k": 4}, 9000, [[13, 5.2, 18.2], [13, 13]]),
        # With one day, either both in the east (36.4 km) or one with the west (52 km).
        ({"k": 4, "half_days": MONDAYS}, 5000, [[13, 5.2, 18.2]]),
        ({"k": 4, "half_days": MONDAYS, "day_km": 53}, 7000, [[13, 26, 13]]),
        # An afternoon and the evening after it leave no time to drive.
        ({"k": 4, "half_days": MONDAYS[1:]}, 4000, [[13, 13]]),
        # A week of 60 km does not hold both rounds (62.4 km): the west, or the east.
        ({"k": 4, "week_km": 60}, 7000, [[13, 13], [13, 13]]),
        ({"k": 1}, 4000, [[13, 13]]),
        ({"k": 4, "day_km": 20}, 0, []),
        ({"k": 4, "apart_m": 5000}, 7000, [[13, 13], [13, 13]]),
        ({"k": 4, "candidates": ["86002"]}, 2000, [[18.2, 18.2]]),
    ],
)
def test_three_communes_around_a_depot(options, people, rounds_km):
    found = tour(**options)
    assert (found.value, found.method) == (people, "exact")
    lengths = sorted(sorted(round(leg / 1000, 1) for leg in one.legs_m) for one in found.rounds)
    assert lengths == sorted(sorted(one) for one in rounds_km)
    assert found.sites["gain"].sum() == people
    stops = [stop for one in found.rounds for stop in zip(one.stops, one.half_days, strict=True)]
    assert sorted(stops) == sorted(
        found.sites[["code_insee", "half_day"]].itertuples(index=False, name=None)
    )
    assert all(one.day == half_day.split()[0] for one in found.rounds for half_day in one.half_days)


@pytest.mark.parametrize(("monday_km", "tuesday_km"), [(-10, 14), (14, -10)])
def test_stops_are_on_the_half_days_that_add_most_hours(monday_km, tuesday_km):
    """Somebody is at one side after 15 h on Monday, at the other after 18 h on Tuesday."""
    services = offices(
        (EAST + monday_km, NORTH, "Mo 15:00-20:00"), (EAST + tuesday_km, NORTH, "Tu 18:00-20:00")
    )
    asked = week_slots(pd.Series(["Mo 14:00-15:00, Tu 17:00-18:00"]), MONDAY)[0]
    half_days = (HALF_DAYS[1], HALF_DAYS[5])
    found = tour(k=2, services=services, half_days=half_days, slots=asked)
    days = {one.stops: one.day for one in found.rounds}
    assert days[("86003",)] == ("mardi" if monday_km < 0 else "lundi")
    assert days[("86001",)] == ("lundi" if monday_km < 0 else "mardi")


@pytest.mark.parametrize(
    ("days", "double", "lengths_km"),
    [(4, 0, [20, 24, 28, 32]), (3, 1, [20, 24, 32]), (3, 2, [24, 32]), (2, 1, None), (1, 1, None)],
)
def test_the_shortest_rounds_of_four_stops_on_a_line(days, double, lengths_km):
    """At 10, 12, 14 and 16 km: with the farther of two on the way, the nearer costs nothing."""
    at_m = np.array([10.0, 12.0, 14.0, 16.0]) * 1000
    roads = _tour.Roads(at_m, abs(at_m[:, None] - at_m), None, 50e3, np.inf, 2500, days, double)
    rounds = roads.rounds([0, 1, 2, 3])
    if lengths_km is None:
        assert rounds is None
        return
    lengths = sorted(length_m(stops, roads) / 1000 for stops in rounds)
    assert sum(len(stops) == 2 for stops in rounds) == 4 - len(lengths_km)
    assert sum(lengths) == sum(lengths_km)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"goal": Goal.HOURS}, "Une tournée ne se calcule que pour"),
        ({"vehicle": Vehicle("00000", 1000)}, "« 00000 » n’est pas une commune dont la mairie"),
        ({"day_km": 0}, "plus grands que zéro"),
        ({"week_km": -1}, "plus grands que zéro"),
        ({"half_days": (HalfDay("tous les matins", "Mo-Fr 09:00-12:00"),)}, "d’un seul jour"),
    ],
)
def test_a_tour_that_cannot_be_is_refused_in_french(options, said):
    with pytest.raises(ValueError, match=said):
        tour(k=2, **options)
