"""Best sites: where, and on which half-days, k more drop-ins would change most.

*Most* has three meanings (`Goal`), and each answer says how far from the best it can be:

- people: inhabitants who have nobody open within the radius of their town hall, and would. A
  place serves whoever is within the radius of it, so that k drop-ins are k places: maximal covering
  (Church & ReVelle, *The maximal covering location problem*, Papers of the Regional Science
  Association 32, 1974). It is also the choice that leaves the fewest people beyond the radius.
- hours: people-hours. An inhabitant gains an hour where, for one more hour of the week, at least
  one service is open within the radius; the same place may serve on several half-days. Half-days
  do not overlap: maximal covering with one layer a half-day (`_cover`).
- farthest: the greatest distance from a town hall to the nearest place (`_centre`); among the
  choices that make it the least, one that gives somebody within the radius to most people.

The sites of a `Vehicle` are the stops of its rounds, of which the length is bounded (`_tour`).

A drop-in is at the town hall of a commune, one half-day a week. Where the goal is not hours, its
half-day is the one that adds most people-hours, among equals one that is not taken yet.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from types import MappingProxyType
from typing import Final, Required, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geodata import coverage, french, hours, points, travel
from geodata.communes import chord_m, read_town_halls, to_xyz
from geodata.coverage import Words
from geodata.labelled import Labelled
from geodata.nearest import nearest_each
from geodata.siting import _programme
from geodata.siting._apart import best_cover_apart
from geodata.siting._centre import Centre, Distances, best_centre
from geodata.siting._cover import Cover, best_cover
from geodata.siting._days import VEHICLE_KMH, Week, in_the_week, week_of
from geodata.siting._programme import Flags, Floats
from geodata.siting._tour import Roads, Tour, best_tour

__all__ = [
    "HALF_DAYS",
    "VEHICLE_KMH",
    "Goal",
    "HalfDay",
    "Options",
    "Round",
    "Siting",
    "Vehicle",
    "best_sites",
    "best_sites_by_number",
    "flat",
]

_MOST_NEIGHBOURS: Final = 60_000_000
_MOST_APART: Final = 2_500
_QUARTERS: Final = 4
_FLAT: Final = 0.1


class Goal(Labelled):
    """What the best choice does most of. `label` follows *où ouvrir une permanence pour*."""

    PEOPLE = "personnes", "que le plus de personnes aient quelqu’un"
    HOURS = "heures", "ajouter le plus d’heures"
    FARTHEST = "eloignement", "rapprocher d’abord les plus éloignés"


@dataclass(frozen=True)
class HalfDay:
    """A half-day of the week: its French name, and its hours as an OSM text."""

    name: str
    hours: str


HALF_DAYS: Final = tuple(
    HalfDay(f"{day} {part}", f"{code} {span}")
    for day, code in zip(
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"),
        ("Mo", "Tu", "We", "Th", "Fr", "Sa"),
        strict=True,
    )
    for part, span in (
        ("matin", "09:00-12:00"),
        ("après-midi", "14:00-17:00"),
        ("soir", "17:00-20:00"),
    )
)
"""Monday to Saturday, three half-days of three hours a day."""


@dataclass(frozen=True)
class Vehicle:
    """A vehicle that leaves a depot in the morning, stops at one place or two, and comes back.

    Attributes:
        depot: code of the commune where it starts and ends each day, with a known town hall; it
            need not be in the territory.
        day_m: metres of road that it drives in a day at most.
        week_m: in a week at most.
    """

    depot: str
    day_m: float
    week_m: float = np.inf


@dataclass(frozen=True)
class Round:
    """A day of a vehicle: `stops` (codes) in order, each on one of `half_days`.

    `legs_m`: metres of road to each stop from where it was before, then back to the depot.
    """

    day: str
    stops: tuple[str, ...]
    half_days: tuple[str, ...]
    legs_m: tuple[float, ...]

    @property
    def length_m(self) -> float:
        """Metres of road of the whole day."""
        return sum(self.legs_m)


@dataclass(frozen=True, eq=False)
class Siting:
    """The sites chosen, and how far from the best choice they can be.

    Attributes:
        goal: what was wanted.
        sites: one row a site, the largest gain first: `order` (1, 2, …), `code_insee`, `half_day`
            (the name of a `HalfDay`), `gain` (what it adds to what exists and to the sites above
            it: people who then have somebody, or for the hours people-hours a week), `people` (how
            many gain a quarter-hour or more by it, or for the farthest how many it is nearer to).
        value: the sum of the gains; for the farthest, the greatest distance that is left, in
            metres, infinite where there is no place at all.
        bound: what no choice of as many sites exceeds; for the farthest, goes below.
        lacking: the value that would leave nothing to do: all who have nobody, or their
            people-hours; for the farthest, the greatest distance without any new site.
        rounds: the days of a `Vehicle`, in the order of the week; none without one.
        method: `exact` where the gap is 0, else `approximate`.
    """

    goal: Goal
    sites: pd.DataFrame
    value: float
    bound: float
    lacking: float
    rounds: tuple[Round, ...] = ()

    @property
    def gap(self) -> float:
        """The share of the greater of value and bound between them; 0 is the best, proven."""
        largest = max(self.value, self.bound)
        same = self.value == self.bound or not largest
        return 0.0 if same else abs(self.bound - self.value) / largest

    @property
    def method(self) -> str:
        """`exact` where no other choice does better, else `approximate`."""
        return "approximate" if self.gap else "exact"


class Options(TypedDict, total=False):
    """How to look for sites; what is left out, but for the first two, has the default.

    Attributes:
        radius_m: how far people go from their town hall, in metres in a straight line; or a Series
            of it by commune, as in `coverage`.
        monday: first day of the week in which the existing services are counted. Choose one
            without a public holiday.
        goal: see the module; people.
        slots: the quarter-hours of the week in which somebody must be open, as in `coverage`; any.
            The goal of hours counts those of the half-days that are among them.
        half_days: what may be chosen; they must not overlap; HALF_DAYS.
        candidates: codes of the communes that may be chosen; all of them.
        apart_m: the least distance between the town halls of two sites, in metres; none. Above 0,
            two sites are never in one commune.
        unknown: whether unknown hours count as open, so that nothing is added where they may be;
            False.
        one_per_half_day: for a bus, which is at one place at a time; False.
        people: how many are counted in each commune, rounded to whole ones; the population. A
            commune that it does not tell of does not count.
        vehicle: one that tours; the sites are its stops. Lengths are distances × `travel.DETOUR`.
            Two stops of a day are on half-days with a pause between them, long enough to drive at
            `VEHICLE_KMH`. Only for the goal of people.
    """

    radius_m: Required[float | pd.Series]
    monday: Required[date]
    goal: Goal
    slots: Words | None
    half_days: Sequence[HalfDay]
    candidates: Collection[str] | None
    apart_m: float
    unknown: bool
    one_per_half_day: bool
    people: pd.Series | None
    vehicle: Vehicle | None


def best_sites(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    k: int,
    close_enough: float = 0.0,
    time_limit_s: float = 10.0,
    **options: Unpack[Options],
) -> Siting:
    """Choose at most k pairs (commune, half-day) that do most for a goal.

    Args:
        communes: of `read_communes`; it is their inhabitants who count, or `people`. Those where
            nobody is counted or without a town hall neither count nor are chosen.
        services: of `read_services`; what exists, on both sides of the border.
        k: sites at most; fewer come back where no more would add anything.
        close_enough: a gap with which the search for a proof may stop; 0 asks for the best choice.
        time_limit_s: seconds after which the search for a proof stops. Unless they run out, the
            same input gives the same answer, in whatever order its rows are.
        options: see `Options`.

    Raises:
        ValueError: `k` or a distance is negative, a radius is not positive or makes too many
            neighbours, there are too many communes for distances between all of them, `monday` is
            another day, a half-day has no hours, overlaps another or is never in `slots`, a
            candidate is not in `communes`, a commune is there twice, or a vehicle has another goal
            than people, no known depot or nothing to drive. The message is in French.
    """
    if k < 0:
        raise ValueError(f"Le nombre de permanences ne peut pas être négatif : {k}.")
    problem = _problem(communes, services, options)
    return _best(problem, k, close_enough, time_limit_s)


def best_sites_by_number(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    most: int,
    known: Mapping[int, Siting] = MappingProxyType({}),
    close_enough: float = 0.0,
    time_limit_s: float = 10.0,
    **options: Unpack[Options],
) -> tuple[Siting, ...]:
    """Return what `best_sites` gives for 1, 2, … `most` sites: one more never does less.

    The time is shared: each number has as much of what is left as the others after it.

    `known`: by number, what `best_sites` gave with the same options, which is not searched again.
    """
    problem = _problem(communes, services, options)
    stop_at, found = time.monotonic() + time_limit_s, list[Siting]()
    for k in range(1, most + 1):
        share_s = max(stop_at - time.monotonic(), 0) / (most + 1 - k)
        fewer = found[-1] if found else None
        found.append(known.get(k) or _best(problem, k, close_enough, share_s, fewer))
    return tuple(found)


def flat(sitings: Sequence[Siting]) -> int | None:
    """Return the number of sites after which each one more does less than a tenth of the first.

    `sitings`: of `best_sites_by_number`. None where the last one still does more, where the first
    does nothing, and for the farthest: how near they were before it says little.
    """
    steps = np.diff([0.0, *(one.value for one in sitings)])
    if not len(steps) or steps[0] <= 0 or sitings[0].goal == Goal.FARTHEST:
        return None
    large = np.flatnonzero(steps >= _FLAT * steps[0])
    return int(large[-1]) + 1 if large[-1] + 1 < len(steps) else None


# --- the problem --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Problem:
    """What is chosen from, and what that does.

    Attributes:
        goal: as in `Options`; `half_days` and `one_per_half_day` too.
        places: the communes where somebody is counted, by code.
        people: how many.
        allowed: rows of `places` that may be chosen: the candidates.
        near: (candidates, places), 1 where people of a place go to a candidate.
        free: (places, half-days): quarter-hours in which nothing is open yet; of those asked for
            where the goal is hours.
        lacking: whether a place has nobody open within its radius in the hours asked for.
        open_services: those that are open then.
        too_near: (candidates, candidates), which may not be chosen together; None where all may.
        spans: the quarter-hours of the half-days.
        vehicle: as in `Options`.
    """

    goal: Goal
    half_days: Sequence[HalfDay]
    one_per_half_day: bool
    places: gpd.GeoDataFrame
    people: Floats
    allowed: NDArray[np.intp]
    near: sparse.csr_array
    free: NDArray[np.int64]
    lacking: NDArray[np.bool_]
    open_services: gpd.GeoDataFrame
    too_near: Flags | None
    spans: Words
    vehicle: Vehicle | None

    @cached_property
    def week(self) -> Week:
        """When the half-days are."""
        return week_of(self.spans)

    @cached_property
    def roads(self) -> Roads:
        """How far a vehicle drives."""
        vehicle = self.vehicle
        if vehicle is None:
            raise TypeError("Without a vehicle, nothing is driven.")
        xyz = points.positions(self.places["mairie"])[self.allowed]
        hall = read_town_halls().loc[[vehicle.depot]]
        (depot_m,) = _apart_m(to_xyz(hall["lng"], hall["lat"]), xyz)
        return Roads(
            travel.DETOUR * depot_m,
            travel.DETOUR * _apart_m(xyz, xyz),
            self.too_near,
            day_m=vehicle.day_m,
            week_m=vehicle.week_m,
            leg_m=1000 * VEHICLE_KMH * self.week.shortest_pause_h,
            days=len(self.week.days),
            double=self.week.double,
        )

    @cached_property
    def weights(self) -> Floats:
        """(places, layers): what a place has to give; people in one layer, or quarter-hours."""
        if self.goal == Goal.HOURS:
            return np.asarray(self.free * self.people[:, None])
        return np.asarray((self.lacking * self.people)[:, None])

    @cached_property
    def distances(self) -> Distances:
        """The distances from each candidate to each place, and those that exist."""
        xyz = points.positions(self.places["mairie"])
        metres = _apart_m(xyz[self.allowed], xyz)
        nearest = nearest_each(self.places["mairie"], points.measured_points(self.open_services))[
            "distance_m"
        ].fillna(np.inf)
        return Distances(metres, nearest.to_numpy(np.float64), self.too_near)


def _problem(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    options: Options,
) -> _Problem:
    radius_m, monday = options["radius_m"], options["monday"]
    goal, unknown = options.get("goal", Goal.PEOPLE), options.get("unknown", False)
    candidates, apart_m = options.get("candidates"), options.get("apart_m", 0.0)
    _check(communes, candidates, apart_m)
    _check_vehicle(options.get("vehicle"), goal)
    places = _peopled(communes, options.get("people"))
    near = _near(places, radius_m)
    half_days = options.get("half_days", HALF_DAYS)
    spans = _spans(half_days, monday)
    slots = options.get("slots")
    slots = coverage.WHOLE_WEEK if slots is None else slots
    _check_slots(half_days, spans, slots)
    counted = spans & slots if goal == Goal.HOURS else spans
    own = coverage.service_slots(services, monday, unknown=unknown)
    open_slots = coverage.reach(places, services, radius_m=radius_m).union(own)
    allowed = np.arange(len(places))
    if candidates is not None:
        allowed = np.flatnonzero(places.index.isin(list(candidates)))
    return _Problem(
        goal=goal,
        half_days=half_days,
        one_per_half_day=options.get("one_per_half_day", False),
        places=places,
        people=places["people"].to_numpy(np.float64),
        allowed=allowed,
        near=near[allowed],
        free=np.bitwise_count(counted & ~open_slots[:, None]).sum(axis=-1, dtype=np.int64),
        lacking=np.logical_not((open_slots & slots).any(axis=1)),
        open_services=services[(own & slots).any(axis=1)],
        too_near=_too_near(places.iloc[allowed], apart_m),
        spans=spans,
        vehicle=options.get("vehicle"),
    )


def _check(communes: pd.DataFrame, candidates: Collection[str] | None, apart_m: float) -> None:
    twice = communes.index[communes.index.duplicated()]
    if len(twice):
        raise ValueError(f"Commune en double : {_quoted(twice)}.")
    strangers = sorted(set(candidates or ()) - set(communes.index))
    if strangers:
        raise ValueError(f"Commune candidate hors du territoire : {_quoted(strangers)}.")
    if not 0 <= apart_m < np.inf:
        raise ValueError("La distance entre deux permanences ne peut pas être négative.")


def _check_vehicle(vehicle: Vehicle | None, goal: Goal) -> None:
    if vehicle is None:
        return
    if goal != Goal.PEOPLE:
        raise ValueError(
            "Une tournée ne se calcule que pour que le plus de personnes aient quelqu’un."
        )
    halls = read_town_halls()
    if vehicle.depot not in halls.index or pd.isna(halls["lng"][vehicle.depot]):
        raise ValueError(
            f"« {vehicle.depot} » n’est pas une commune dont la mairie soit connue : choisir une "
            "autre commune de départ."
        )
    if not (vehicle.day_m > 0 and vehicle.week_m > 0):
        raise ValueError("Les kilomètres d’un jour et d’une semaine sont plus grands que zéro.")


def _quoted(codes: Collection[str]) -> str:
    return ", ".join(f"« {code} »" for code in codes)


def _peopled(communes: gpd.GeoDataFrame, people: pd.Series | None) -> gpd.GeoDataFrame:
    """Return the communes with somebody who counts and a town hall, sorted by code.

    Their `people` are whole numbers: sums of them are exact.
    """
    counted = communes["population"] if people is None else people.reindex(communes.index)
    whole = communes[["mairie"]].assign(people=counted.fillna(0).astype(float).round())
    return whole[whole["people"].gt(0) & whole["mairie"].notna()].sort_index()


def _spans(half_days: Sequence[HalfDay], monday: date) -> Words:
    """Return the quarter-hours of each half-day: shape (half-days, 11)."""
    spans = hours.week_slots(pd.Series([half_day.hours for half_day in half_days]), monday)
    for at, half_day in enumerate(half_days):
        if not spans[at].any():
            raise ValueError(
                f"La demi-journée « {half_day.name} » n’a pas d’heures cette semaine-là : "
                f"« {half_day.hours} »."
            )
        for other in range(at):
            if (spans[at] & spans[other]).any():
                raise ValueError(
                    f"Les demi-journées « {half_days[other].name} » et « {half_day.name} » se "
                    "chevauchent."
                )
    return spans


def _check_slots(half_days: Sequence[HalfDay], spans: Words, slots: Words) -> None:
    for half_day, span in zip(half_days, spans, strict=True):
        if not (span & slots).any():
            raise ValueError(f"La demi-journée « {half_day.name} » n’est pas à ce moment-là.")


def _near(places: gpd.GeoDataFrame, radius_m: float | pd.Series) -> sparse.csr_array:
    """Return which places (rows) people of which places (columns) go to: ones, (n, n)."""
    count, radii = len(places), pd.Series(radius_m, index=places.index, dtype="float64")
    if not ((radii > 0) & (radii < np.inf)).all():
        raise ValueError("Un rayon est une distance en mètres, positive.")
    reach = coverage.reach_of_points(places["mairie"], places["mairie"], radius_m=radii)
    if reach.pair_count > _MOST_NEIGHBOURS:
        raise ValueError(
            f"Un rayon de {radii.max() / 1000:.0f} km est trop grand pour {count} communes : le "
            "réduire, ou choisir moins de départements."
        )
    origins, targets = reach.pairs()
    return sparse.csr_array((np.ones(len(origins)), (targets, origins)), shape=(count, count))


def _too_near(candidates: gpd.GeoDataFrame, apart_m: float) -> Flags | None:
    if not apart_m:
        return None
    xyz = points.positions(candidates["mairie"])
    return _apart_m(xyz, xyz) < apart_m


def _apart_m(from_xyz: Floats, to_xyz: Floats) -> Floats:
    """Return the distances from each to each, to the millimetre."""
    if max(len(from_xyz), len(to_xyz)) > _MOST_APART:
        raise ValueError(
            f"{max(len(from_xyz), len(to_xyz))} communes, c’est trop pour des distances entre "
            f"toutes : {_MOST_APART} au plus. Choisir moins de départements."
        )
    # Row by row: all at once would hold three numbers more for each.
    rows = [np.round(chord_m(one, to_xyz), 3) for one in from_xyz]
    return np.reshape(np.asarray(rows, np.float64), (len(from_xyz), len(to_xyz)))


# --- the answer ---------------------------------------------------------------------------


def _best(
    problem: _Problem,
    k: int,
    close_enough: float,
    time_limit_s: float,
    fewer: Siting | None = None,
) -> Siting:
    """Choose k sites. `fewer`: the choice of k - 1, which is kept where no better is found."""
    if not problem.half_days or not len(problem.allowed):
        k = 0
    if problem.vehicle:
        return _touring(problem, k, close_enough, time_limit_s, fewer)
    if problem.one_per_half_day:
        k = min(k, len(problem.half_days))
    if problem.goal == Goal.FARTHEST:
        return _nearest_to_the_farthest(problem, k, close_enough, time_limit_s, fewer)
    return _covering(problem, k, close_enough, time_limit_s, fewer)


def _covering(
    problem: _Problem,
    k: int,
    close_enough: float,
    time_limit_s: float,
    fewer: Siting | None,
) -> Siting:
    unit = _QUARTERS if problem.goal == Goal.HOURS else 1
    cover = Cover([], 0, 0)
    if k and problem.weights.any():
        one_each = problem.one_per_half_day and problem.goal == Goal.HOURS
        search = (
            partial(best_cover, problem.near, problem.weights)
            if problem.too_near is None
            else partial(best_cover_apart, problem.near, problem.weights, problem.too_near)
        )
        cover = search(
            k=k,
            most_per_layer=1 if one_each else k,
            close_enough=close_enough,
            time_limit_s=time_limit_s,
        )
    if fewer and fewer.value * unit >= cover.taken:
        return replace(fewer, bound=max(cover.upper / unit, fewer.value))
    return Siting(
        goal=problem.goal,
        sites=_in_order(problem, cover.sites),
        value=cover.taken / unit,
        bound=cover.upper / unit,
        lacking=float(problem.weights.sum()) / unit,
    )


def _touring(
    problem: _Problem,
    k: int,
    close_enough: float,
    time_limit_s: float,
    fewer: Siting | None,
) -> Siting:
    tour = Tour([], 0, 0)
    if k and problem.weights.any():
        weight = problem.weights[:, 0]
        tour = best_tour(
            problem.near,
            weight,
            problem.roads,
            k=k,
            close_enough=close_enough,
            time_limit_s=time_limit_s,
        )
    if fewer and fewer.value >= tour.taken:
        return replace(fewer, bound=max(tour.upper, fewer.value))
    values = np.asarray(problem.near @ (problem.free * problem.people[:, None]))
    rounds = in_the_week(tour.rounds, values, problem.week, problem.roads) if tour.rounds else []
    pairs = [pair for one in rounds for pair in zip(one.stops, one.half_days, strict=True)]
    codes = problem.places.index[problem.allowed]
    named = tuple(
        Round(
            french.weekday(one.day),
            tuple(str(codes[site]) for site in one.stops),
            tuple(problem.half_days[layer].name for layer in one.half_days),
            one.legs_m,
        )
        for one in rounds
    )
    return Siting(
        goal=problem.goal,
        sites=_in_order(problem, [(site, 0) for site, _ in pairs], dict(pairs)),
        value=float(tour.taken),
        bound=float(tour.upper),
        lacking=float(problem.weights.sum()),
        rounds=named,
    )


def _nearest_to_the_farthest(
    problem: _Problem,
    k: int,
    close_enough: float,
    time_limit_s: float,
    fewer: Siting | None,
) -> Siting:
    stop_at, distances = time.monotonic() + time_limit_s, problem.distances
    today_m = float(distances.existing_m.max(initial=0))
    centre = Centre([], today_m, today_m)
    if k and len(problem.places):
        centre = best_centre(
            distances,
            k=k,
            most_m=fewer.value if fewer else np.inf,
            close_enough=close_enough,
            time_limit_s=time_limit_s,
        )
    if fewer and fewer.value < centre.distance_m:
        return replace(fewer, bound=min(centre.lower_m, fewer.value))
    sites = _most_people_within(problem, centre, k, stop_at - time.monotonic()) if k else []
    return Siting(
        goal=problem.goal,
        sites=_in_order(problem, [(site, 0) for site in sites]),
        value=centre.distance_m,
        bound=centre.lower_m,
        lacking=today_m,
    )


def _most_people_within(
    problem: _Problem, centre: Centre, k: int, time_limit_s: float
) -> list[int]:
    """Among the choices that keep the distance found, take one with most people in the radius."""
    served = problem.distances.served(centre.distance_m)
    within = sparse.csr_array(served.astype(np.float64))
    if problem.near.nnz + within.nnz > _programme.LARGEST:
        return centre.sites
    none = sparse.csr_array((0, len(problem.allowed)))
    apart = none if problem.too_near is None else _programme.cliques(problem.too_near)
    cover = _programme.solve(
        problem.near,
        problem.weights,
        k=k,
        most_per_layer=k,
        apart=apart,
        within=within if served.shape[1] else None,
        time_limit_s=time_limit_s,
    )
    return [site for site, _ in cover.sites] if cover else centre.sites


def _in_order(
    problem: _Problem, sites: list[tuple[int, int]], half_days: Mapping[int, int] | None = None
) -> pd.DataFrame:
    """Return each site with what it adds to those above it, the most first.

    `half_days`: of each site, where they are settled.
    """
    found = _with_gains(problem, sites)
    if half_days is not None:
        found["layer"] = found["site"].map(half_days)
    elif problem.goal != Goal.HOURS:
        found["layer"] = _half_days_of(problem, found["site"].tolist())
    found.insert(0, "order", np.arange(1, len(found) + 1))
    found.insert(1, "code_insee", problem.places.index[problem.allowed[found["site"]]])
    found.insert(2, "half_day", [problem.half_days[layer].name for layer in found["layer"]])
    return found.drop(columns=["site", "layer"])


def _with_gains(problem: _Problem, sites: list[tuple[int, int]]) -> pd.DataFrame:
    """Return `site`, `layer`, `gain` and `people` of those that do something, the most first."""
    if problem.goal == Goal.FARTHEST:
        rows = _nearer(problem, [site for site, _ in sites])
        return pd.DataFrame(rows, columns=["site", "layer", "gain", "people"])
    left, rows = problem.weights.copy(), []
    unit = _QUARTERS if problem.goal == Goal.HOURS else 1
    waiting: dict[int, set[int]] = {}
    for site, layer in sites:
        waiting.setdefault(layer, set()).add(site)
    for layer, those in waiting.items():
        while those:
            gains = {one: left[_row(problem.near, one), layer].sum() for one in sorted(those)}
            best = max(gains, key=gains.__getitem__)
            those.remove(best)
            places = _row(problem.near, best)
            gainers = places[left[places, layer] > 0]
            rows.append((best, layer, gains[best] / unit, int(problem.people[gainers].sum())))
            left[gainers, layer] = 0
    found = pd.DataFrame(rows, columns=["site", "layer", "gain", "people"])
    return found[found["gain"] > 0].sort_values(
        ["gain", "site", "layer"], ascending=[False, True, True], ignore_index=True
    )


def _nearer(problem: _Problem, sites: list[int]) -> list[tuple[int, int, float, int]]:
    """Return the sites that are nearer to somebody, each with whom it covers and is nearer to."""
    away_m, lacking = problem.distances.existing_m.copy(), problem.lacking.copy()
    waiting, rows = sorted(set(sites)), []
    while waiting:
        metres = problem.distances.metres[waiting]
        people = (metres < away_m) @ problem.people
        at = int(people.argmax())
        if not people[at]:
            break
        site = waiting.pop(at)
        covered = _row(problem.near, site)
        gain = problem.people[covered][lacking[covered]].sum()
        rows.append((site, 0, float(gain), int(people[at])))
        away_m, lacking[covered] = np.minimum(away_m, metres[at]), False
    return rows


def _half_days_of(problem: _Problem, sites: Sequence[int]) -> list[int]:
    """Return for each site in turn the half-day that adds most people-hours beside the others.

    Among equals, one that was taken least; for a bus, always another.
    """
    free, taken = problem.free * problem.people[:, None], np.zeros(len(problem.half_days))
    chosen = []
    for site in sites:
        places = _row(problem.near, site)
        gains = free[places].sum(axis=0)
        if problem.one_per_half_day:
            gains[taken > 0] = -1
        best = int(np.lexsort((taken, -gains))[0])
        chosen.append(best)
        taken[best] += 1
        free[places, best] = 0
    return chosen


def _row(near: sparse.csr_array, site: int) -> NDArray[np.int32]:
    places: NDArray[np.int32] = near.indices[near.indptr[site] : near.indptr[site + 1]]
    return places
