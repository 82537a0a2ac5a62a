"""Maximal covering with the stops of one vehicle, whose rounds have a length.

A round leaves the depot, stops at one place or at two, and comes back. Stops take the weight of the
places near them, once; rounds of a week are as many as there are days, no longer than a day and,
all together, than a week allow.

The bound is the least of three: that of the choice without rounds (`_cover`), among the candidates
that a round can reach; that of HiGHS where each stop makes the week longer by the least it can; and
where the programme is small, HiGHS's own, which has a variable for each possible round (set
partitioning: Balinski & Quandt, *On an integer program for a delivery problem*, Operations Research
12, 1964). With two stops a round, the shortest rounds of given stops are a matching, found exactly.
"""

import time
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geodata.siting import _programme
from geodata.siting._cover import Cover, best_cover
from geodata.siting._programme import Flags, Floats

Stops = tuple[int, ...]

_ROUNDING: Final = 1e-3
_METRE: Final = 1.0
"""How far a length may go beyond its limit by rounding."""


@dataclass(frozen=True, eq=False)
class Roads:
    """How far the vehicle drives, and what bounds it.

    Attributes:
        depot_m: from the depot to each candidate, in metres of road.
        between_m: (candidates, candidates), a metric: no way round is shorter.
        too_near: (candidates, candidates): which may not be chosen together; None where all may.
        day_m: the longest round.
        week_m: the longest sum of rounds.
        leg_m: the longest way between two stops of a round.
        days: rounds at most.
        double: of these, rounds with two stops at most.
    """

    depot_m: Floats
    between_m: Floats
    too_near: Flags | None
    day_m: float
    week_m: float
    leg_m: float
    days: int
    double: int

    def round_m(self, stops: Stops) -> float:
        """Return the length of a round."""
        ends = self.depot_m[stops[0]] + self.depot_m[stops[-1]]
        return float(ends + (self.between_m[stops] if len(stops) > 1 else 0))

    def may_be(self, stops: Stops) -> bool:
        """Return whether a round is short enough."""
        leg_m = self.between_m[stops] if len(stops) > 1 else 0
        limit_m = min(self.day_m, self.week_m) + _METRE
        return bool(leg_m <= self.leg_m + _METRE and self.round_m(stops) <= limit_m)

    @cached_property
    def pairs(self) -> Flags:
        """Which two candidates may be the stops of one round: (candidates, candidates)."""
        if not self.double:
            return np.zeros(self.between_m.shape, dtype=bool)
        pair_m = self.depot_m[:, None] + self.between_m + self.depot_m
        limit_m = min(self.day_m, self.week_m) + _METRE
        allowed: Flags = (pair_m <= limit_m) & (self.between_m <= self.leg_m + _METRE)
        np.fill_diagonal(allowed, val=False)
        return allowed

    @cached_property
    def least_m(self) -> Floats:
        """Metres that each candidate makes rounds longer, at least, whatever the others are.

        With m the way to the nearest stop that it may share a round with: a round alone is twice
        the way to the depot, and one of two has half its m for each.
        """
        nearest_m = np.where(self.pairs, self.between_m, np.inf).min(axis=1, initial=np.inf)
        found: Floats = self.depot_m + np.minimum(self.depot_m, nearest_m / 2)
        return found

    def rounds(self, sites: list[int]) -> list[Stops] | None:
        """Return the shortest rounds that stop at all of these sites; None if none are allowed."""
        if self.too_near is not None and np.triu(self.too_near[np.ix_(sites, sites)], 1).any():
            return None
        too_long = self.least_m[sites].sum() > self.week_m + _METRE
        if too_long or not all(self.may_be((site,)) for site in sites):
            return None

        @cache
        def shortest(left: Stops, double: int) -> tuple[float, tuple[Stops, ...]]:
            """The rounds of these sites of which exactly `double` have two stops."""
            if not left:
                return (0.0, ()) if double == 0 else (np.inf, ())
            first, *others = left
            found = []
            alone_m, alone = shortest(tuple(others), double)
            found.append((alone_m + self.round_m((first,)), ((first,), *alone)))
            for other in others if double else ():
                if self.pairs[first, other]:
                    rest = tuple(site for site in others if site != other)
                    rest_m, rounds = shortest(rest, double - 1)
                    found.append((rest_m + self.round_m((first, other)), ((first, other), *rounds)))
            return min(found)

        count = len(sites)
        numbers = range(max(0, count - self.days), min(self.double, count // 2) + 1)
        ways = [shortest(tuple(sorted(sites)), number) for number in numbers]
        length_m, rounds = min(ways, default=(np.inf, ()))
        return list(rounds) if length_m < np.inf and length_m <= self.week_m + _METRE else None


class Tour(NamedTuple):
    """The rounds found, what their stops take, and what no others can exceed."""

    rounds: list[Stops]
    taken: int
    upper: int


def best_tour(
    near: sparse.csr_array,
    weight: Floats,
    roads: Roads,
    *,
    k: int,
    close_enough: float,
    time_limit_s: float,
) -> Tour:
    """Choose rounds with at most k stops in all that take the most.

    Args:
        near: (candidates, places), 1 where a candidate is near a place.
        weight: of each place, whole numbers.
        roads: see `Roads`.
        k: stops at most; not 0.
        close_enough: the share of the bound that may be missing.
        time_limit_s: seconds after which the search for a proof stops.
    """
    stop_at = time.monotonic() + time_limit_s
    within = np.array([roads.may_be((site,)) for site in range(near.shape[0])], dtype=bool)
    reached = sparse.csr_array(sparse.diags_array(within.astype(np.float64)) @ near)
    reached.eliminate_zeros()
    if not within.any() or not (reached @ weight).any():
        return Tour([], 0, 0)
    k = min(k, roads.days + roads.double)
    free = best_cover(
        reached,
        weight[:, None],
        k=k,
        most_per_layer=k,
        close_enough=close_enough,
        time_limit_s=time_limit_s / 3,
    )
    sites = [site for site, _ in free.sites]
    if (rounds := roads.rounds(sites)) is not None:
        return Tour(rounds, free.taken, free.upper)
    found = _swapped(reached, weight, roads, k, stop_at - time_limit_s / 3)
    best = _tour(found, reached, weight, roads, free.upper)
    for relaxed in (True, False):
        if best.upper - best.taken > close_enough * best.upper:
            left_s = stop_at - time.monotonic()
            bound = _solved(reached, weight, roads, np.flatnonzero(within), k, left_s, relaxed)
            best = _better(best, bound, reached, weight, roads)
    return best


def _tour(
    sites: list[int], near: sparse.csr_array, weight: Floats, roads: Roads, upper: int
) -> Tour:
    taken = _programme.taken_by(near, weight[:, None], [(site, 0) for site in sites])
    return Tour(roads.rounds(sites) or [], taken, max(upper, taken))


def _better(
    best: Tour, found: Cover | None, near: sparse.csr_array, weight: Floats, roads: Roads
) -> Tour:
    if found is None:
        return best
    upper = min(best.upper, found.upper)
    if found.taken <= best.taken:
        return best._replace(upper=max(upper, best.taken))
    return _tour([site for site, _ in found.sites], near, weight, roads, upper)


def _swapped(
    near: sparse.csr_array, weight: Floats, roads: Roads, k: int, stop_at: float
) -> list[int]:
    """Add the stop that takes most among those that rounds allow; then exchange, one for one."""
    sites: list[int] = []
    while len(sites) < k and (best := _best_beside(sites, near, weight, roads, stop_at)):
        sites.append(best[0])
    settled = 0
    while settled < len(sites):
        old, *others = sites
        own = float(_left(others, near, weight)[_places(near, old)].sum())
        best = _best_beside(others, near, weight, roads, stop_at, own)
        sites = [*others, best[0] if best else old]
        settled = 0 if best else settled + 1
    return sites


def _best_beside(
    sites: list[int],
    near: sparse.csr_array,
    weight: Floats,
    roads: Roads,
    stop_at: float,
    least: float = 0.0,
) -> tuple[int, float] | None:
    """Return the stop that takes most beside these, and what it takes.

    None where none may, takes more than `least` or is found in time.
    """
    gains = near @ _left(sites, near, weight)
    for site in np.argsort(-gains, kind="stable").tolist():
        if gains[site] <= least or time.monotonic() > stop_at:
            return None
        if site not in sites and roads.rounds([*sites, site]) is not None:
            return site, float(gains[site])
    return None


def _left(sites: list[int], near: sparse.csr_array, weight: Floats) -> Floats:
    left = weight.copy()
    for site in sites:
        left[_places(near, site)] = 0
    return left


def _places(near: sparse.csr_array, site: int) -> NDArray[np.int32]:
    places: NDArray[np.int32] = near.indices[near.indptr[site] : near.indptr[site + 1]]
    return places


def _solved(
    near: sparse.csr_array,
    weight: Floats,
    roads: Roads,
    candidates: NDArray[np.intp],
    k: int,
    time_limit_s: float,
    relaxed: bool,  # noqa: FBT001
) -> Cover | None:
    """Have HiGHS choose the rounds; None where they are too many, or it knew nothing in time.

    `relaxed`: of each stop, only what it makes rounds longer at least is counted: a small programme
    whose bound holds, though its sites may be too far apart.
    """
    useful = candidates[(near[candidates] @ weight) > 0]
    depot_m, alone_m = roads.depot_m[useful], 2 * roads.depot_m[useful]
    pair_m = depot_m[:, None] + roads.between_m[np.ix_(useful, useful)] + depot_m
    first, second = np.nonzero(np.triu(roads.pairs[np.ix_(useful, useful)], 1))
    days = roads.days
    if relaxed:
        first, second, alone_m = first[:0], second[:0], roads.least_m[useful]
        days += roads.double
    count, pairs = len(useful), len(first)
    places = np.flatnonzero(weight * (near[useful].sum(axis=0) > 0))
    small = near[useful][:, places]
    if small.nnz + 3 * pairs > _programme.LARGEST or time_limit_s <= 0:
        return None
    # Columns: is it a stop, a round alone; then the pairs; then the places that are served.
    stop = sparse.eye_array(count, format="csr")
    of_pair = sparse.csr_array(
        (np.ones(2 * pairs), (np.r_[first, second], np.tile(np.arange(pairs), 2))),
        shape=(count, pairs),
    )
    served = sparse.eye_array(len(places), format="csr")
    apart = sparse.csr_array((0, count))
    if roads.too_near is not None:
        apart = _programme.cliques(roads.too_near[np.ix_(useful, useful)])
    one, two = _row(np.ones(count)), _row(np.ones(pairs))
    blocks: list[list[sparse.csr_array | None]] = [
        [sparse.csr_array(-small.T), None, None, served],
        [sparse.csr_array(-stop), stop, of_pair, None],
        [one, None, None, None],
        [None, one, two, None],
        [None, None, two, None],
        [None, _row(alone_m), _row(pair_m[first, second]), None],
        [apart, None, None, None],
    ]
    rows = sparse.csr_array(sparse.block_array(blocks))
    kinds = (len(places), count, 1, 1, 1, 1, apart.shape[0])
    week_m = min(roads.week_m, roads.days * roads.day_m) + _METRE
    most = np.repeat([0.0, 0.0, k, days, roads.double, week_m, 1.0], kinds)
    least = np.repeat([-np.inf, 0.0, *[-np.inf] * 5], kinds)
    answer = milp(
        -np.r_[np.zeros(2 * count + pairs), weight[places]],
        integrality=np.r_[np.ones(2 * count + pairs), np.zeros(len(places))],
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(rows, least, most),
        # HiGHS does not look at the clock while it presolves, which takes it minutes here.
        options={"mip_rel_gap": 0, "time_limit": max(time_limit_s, 0.1), "presolve": relaxed},
    )
    if answer.mip_dual_bound is None:
        return None
    chosen = np.zeros(count) if answer.x is None else answer.x[:count]
    sites = [int(useful[at]) for at in np.flatnonzero(chosen > 0.5)]
    if roads.rounds(sites) is None:
        sites = []
    taken = _programme.taken_by(near, weight[:, None], [(site, 0) for site in sites])
    upper = int(np.floor(min(-answer.mip_dual_bound, weight.sum()) + _ROUNDING))
    return Cover([(site, 0) for site in sites], taken, max(upper, taken))


def _row(values: Floats) -> sparse.csr_array:
    """Return one row of a programme."""
    return sparse.csr_array(values[None])
