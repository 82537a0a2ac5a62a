"""Maximal covering in layers that share one geography and one number of sites, with a proof.

A *layer* gives every place a weight. A site in a layer takes the weight of the places near it, and
each place's weight is taken once in a layer. Where to put k sites, in which layers, so that they
take the most? In one layer this is the maximal covering location problem (Church & ReVelle, *The
maximal covering location problem*, Papers of the Regional Science Association 32, 1974).

Layers have nothing in common but k, so each one is known by two curves over its number of sites n:
`lower`, what the best n sites found so far take, and `upper`, what no n sites can exceed. Sharing k
along a curve is a small dynamic programme. Shared along `upper` it gives the bound, along `lower`
the answer; as long as they differ, a layer where they do is searched further, in this order:

1. greedy: f(any n sites) ≤ f(S) + the n largest gains beside S, for every S on its way (Nemhauser,
   Wolsey & Fisher, *An analysis of approximations for maximizing submodular set functions*, 1978);
2. swaps of one site, and the Lagrangian bound where places may sell their weight to the sites, by
   subgradients (Galvão & ReVelle, *A Lagrangean heuristic for the maximal covering location
   problem*, 1996); a candidate with which the bound falls to `lower` is dropped for good;
3. HiGHS on the candidates that are left, if they are few; else swaps and subgradients again, from
   the best prices so far.

Layers with the same weights are one layer. Weights are whole numbers held in floats, so that sums
are exact, and the same input gives the same answer unless time runs out.
"""

import time
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

Floats = NDArray[np.float64]

SUBGRADIENTS: Final = 300
PATIENCE: Final = 10
"""Subgradients in a row that may leave the bound as it is before the step is shortened."""
MOST_SEARCHES: Final = 4
"""How often one number of sites in a layer is searched, each time with more patience."""
LARGEST_PROGRAMME: Final = 150_000
"""Pairs of a candidate and a place that HiGHS is given at most: some seconds at worst."""
_ROUNDING: Final = 1e-3
"""Added to a bound in floats before it is rounded down to the whole number it must be."""


class Cover(NamedTuple):
    """The sites found, as (candidate, layer), what they take, and what no others can exceed."""

    sites: list[tuple[int, int]]
    taken: int
    upper: int


class _Geography(NamedTuple):
    """Which places each candidate is near, and the other way round."""

    near: sparse.csr_array  # (candidates, places), of ones
    back: sparse.csr_array  # (places, candidates)


class _Left(NamedTuple):
    """The candidates that a better choice may still hold, and which of them it must hold."""

    candidates: NDArray[np.intp]
    certain: NDArray[np.bool_]


@dataclass
class _Layer:
    """What is known of one layer for n = 0, 1, … sites; `effort` counts the searches at each n."""

    weight: Floats
    sites: list[list[int]]
    lower: Floats
    upper: Floats
    effort: NDArray[np.int8]
    left: dict[int, _Left] = field(default_factory=dict)
    prices: dict[int, Floats] = field(default_factory=dict)

    @classmethod
    def unknown(cls, nothing: "_Chosen", most: int) -> Self:
        """A layer without sites, of which the gains of each candidate are known."""
        return cls(
            weight=nothing.weight,
            sites=[[] for _ in range(most + 1)],
            lower=np.zeros(most + 1),
            upper=_sums_of_largest(nothing.gains, most),
            effort=np.zeros(most + 1, np.int8),
        )

    def found(self, sites: list[int], taken: float, n: int) -> None:
        """Keep a choice of n sites, for as many sites or more, where it is better."""
        for more in range(n, len(self.lower)):
            if taken > self.lower[more]:
                self.lower[more], self.sites[more] = taken, sites

    def bounded(self, bound: float, n: int) -> None:
        """Keep a bound on n sites: fewer do not exceed it, nor does the mean site of more."""
        whole = np.floor(bound + _ROUNDING)
        numbers = np.arange(len(self.upper))
        bounds = whole * np.maximum(numbers, n) // n
        self.upper = np.minimum(self.upper, np.where(numbers, bounds, 0))


class _Chosen:
    """Some sites in a layer, how many of them each place is near, and what others would add."""

    def __init__(self, geography: _Geography, weight: Floats) -> None:
        self.geography, self.weight = geography, weight
        self.sites: list[int] = []
        self.times = np.zeros(len(weight), dtype=np.int32)
        self.gains: Floats = geography.near @ weight

    def add(self, site: int) -> None:
        places = _places(self.geography, site)
        self._gain(places[self.times[places] == 0], -1)
        self.times[places] += 1
        self.sites.append(site)

    def remove_first(self) -> int:
        site = self.sites.pop(0)
        places = _places(self.geography, site)
        self.times[places] -= 1
        self._gain(places[self.times[places] == 0], 1)
        return site

    def _gain(self, places: NDArray[np.int32], sign: int) -> None:
        places = places[self.weight[places] > 0]
        if len(places):
            self.gains += sign * _sums(self.geography.back, places, self.weight[places])


def best_cover(
    near: sparse.csr_array,
    weights: Floats,
    *,
    k: int,
    most_per_layer: int,
    close_enough: float,
    time_limit_s: float,
) -> Cover:
    """Choose at most k pairs (candidate, layer) that take the most weight.

    Args:
        near: (candidates, places), 1 where a candidate is near a place.
        weights: (places, layers), whole numbers.
        k: sites in all at most; not 0.
        most_per_layer: sites in one layer at most; not 0.
        close_enough: the share of the bound that may be missing.
        time_limit_s: no new search of a layer begins after so many seconds.
    """
    stop_at = time.monotonic() + time_limit_s
    near = sparse.csr_array(
        (near.data, near.indices.astype(np.int32), near.indptr.astype(np.int32)), near.shape
    )
    geography = _Geography(near, near.T.tocsr())
    reachable = np.diff(geography.back.indptr)[:, None] > 0
    # Layer h has the weights of column `kind[h]` of `distinct`.
    distinct, kind, copies = np.unique(
        weights * reachable, axis=1, return_inverse=True, return_counts=True
    )
    most = min(k, most_per_layer, near.shape[0])
    k = min(k, most * len(kind))
    layers = _greedy(geography, distinct, copies, k, most)
    while True:
        upper, wanted = _share(np.array([layers[at].upper for at in kind]), k)
        taken, given = _share(np.array([layers[at].lower for at in kind]), k)
        doubts = _doubts(layers, {*zip(kind.tolist(), wanted, given, strict=True)})
        near_enough = upper - taken <= close_enough * upper
        if near_enough or not doubts or time.monotonic() > stop_at:
            break
        _search(geography, layers[doubts[0].layer], doubts[0].n, stop_at)
    sites = [
        (site, layer)
        for layer, (at, n) in enumerate(zip(kind, given, strict=True))
        for site in layers[at].sites[n]
    ]
    return Cover(sites, int(taken), int(max(taken, upper)))


class _Doubt(NamedTuple):
    """Where a layer may hold more than was found: those searched least, then the widest, first."""

    effort: int
    closeness: float
    layer: int
    n: int


def _doubts(layers: list[_Layer], shares: set[tuple[int, int, int]]) -> list[_Doubt]:
    """List where to search, given what each layer has along the upper and the lower curves.

    The number a layer has now is searched before the one it may have: it is nearer to the truth,
    and its bound lowers the curve around it.
    """
    found = []
    for at, wanted, given in shares:
        layer = layers[at]
        if layer.lower[wanted] < layer.upper[wanted]:
            fresh = given and layer.effort[given] == 0 and layer.lower[given] < layer.upper[given]
            n = given if fresh else wanted
            if layer.effort[n] < MOST_SEARCHES:
                closeness = float(layer.lower[n] - layer.upper[n])
                found.append(_Doubt(int(layer.effort[n]), closeness, at, n))
    return sorted(found)


def _search(geography: _Geography, layer: _Layer, n: int, stop_at: float) -> None:
    if n in layer.left and _programme_size(geography, layer, n) <= LARGEST_PROGRAMME:
        _solve(geography, layer, n, stop_at)
        layer.effort[n] = MOST_SEARCHES
    else:
        _swap_and_bound(geography, layer, n)
        layer.effort[n] += 1


def _share(curves: Floats, k: int) -> tuple[float, list[int]]:
    """Share k sites between layers: the largest sum of their curves, and how many go to each.

    Curves never fall. Among equal shares, the first layers have the most sites.
    """
    layers, size = curves.shape
    best = np.zeros(k + 1)
    choices = np.zeros((layers, k + 1), dtype=np.intp)
    for layer, curve in enumerate(curves):
        # Row j, column n: n sites in this layer, and the best of the layers before with j - n.
        before = np.concatenate([np.full(size - 1, -np.inf), best])
        sums = np.lib.stride_tricks.sliding_window_view(before, size)[:, ::-1] + curve
        choices[layer], best = sums.argmax(axis=1), sums.max(axis=1)
    left, shares = k, []
    for choice in choices[::-1]:
        shares.append(int(choice[left]))
        left -= shares[-1]
    return float(best[k]), shares[::-1]


# --- greedy and swaps ---------------------------------------------------------------------


def _greedy(
    geography: _Geography, weights: Floats, copies: NDArray[np.intp], k: int, most: int
) -> list[_Layer]:
    """Take the site that adds the most in any layer, again and again, and bound all numbers."""
    chosen = [_Chosen(geography, weight) for weight in weights.T]
    layers = [_Layer.unknown(one, most) for one in chosen]
    gains = np.array([one.gains.max() for one in chosen])
    left = k
    while left > 0 and gains.max() > 0:
        at = int(gains.argmax())
        one, layer = chosen[at], layers[at]
        one.add(int(one.gains.argmax()))
        n = len(one.sites)
        # So far n sites take what n - 1 do.
        layer.found(one.sites.copy(), layer.lower[n] + gains[at], n)
        layer.upper[1:] = np.minimum(
            layer.upper, layer.lower[n] + _sums_of_largest(one.gains, most)
        )[1:]
        gains[at] = one.gains.max() if n < most else 0
        left -= copies[at]
    return layers


def _sums_of_largest(values: Floats, most: int) -> Floats:
    """Return the sums of the 0, 1, …, `most` largest values, none of which is negative."""
    largest = np.zeros(most + 1)
    found = np.partition(values, -most)[-most:] if most < len(values) else values
    largest[1 : len(found) + 1] = np.sort(found)[::-1]
    return np.cumsum(largest)


def _swapped(geography: _Geography, weight: Floats, sites: list[int], n: int) -> _Chosen:
    """Exchange one site for the best other, until that adds nothing for any of the n."""
    chosen = _Chosen(geography, weight)
    for site in sites:
        chosen.add(site)
    while len(chosen.sites) < n and chosen.gains.max() > 0:
        chosen.add(int(chosen.gains.argmax()))
    settled = 0
    while settled < len(chosen.sites):
        old = chosen.remove_first()
        best = int(chosen.gains.argmax())
        better = chosen.gains[best] > chosen.gains[old]
        chosen.add(best if better else old)
        settled = 0 if better else settled + 1
    return chosen


def _sums(rows: sparse.csr_array, some: NDArray[np.int32], factors: Floats) -> Floats:
    """Return the sum of some rows of ones, each times its factor."""
    starts, counts = rows.indptr[some], np.diff(rows.indptr)[some]
    ends = np.cumsum(counts)
    entries = np.arange(ends[-1]) + np.repeat(starts + counts - ends, counts)
    sums = np.bincount(rows.indices[entries], np.repeat(factors, counts), rows.shape[1])
    return np.asarray(sums, np.float64)


def _places(geography: _Geography, site: int) -> NDArray[np.int32]:
    start, stop = geography.near.indptr[site : site + 2]
    places: NDArray[np.int32] = geography.near.indices[start:stop]
    return places


# --- the Lagrangian bound -----------------------------------------------------------------


def _swap_and_bound(geography: _Geography, layer: _Layer, n: int) -> None:
    """Look for better sites one swap away, for a bound on n sites, and for who is left."""
    chosen = _swapped(geography, layer.weight, layer.sites[n], n)
    layer.found(chosen.sites, layer.weight[chosen.times > 0].sum(), n)
    bound, prices, left = _lowest_bound(geography.near, layer, chosen.times, n)
    layer.left[n], layer.prices[n] = left, prices
    dearest, _, _ = _largest(geography.near @ prices, n)
    chosen = _swapped(geography, layer.weight, dearest.tolist(), n)
    layer.found(chosen.sites, layer.weight[chosen.times > 0].sum(), n)
    layer.bounded(max(bound, layer.lower[n]), n)
    # The same prices bound any number of sites, if all the candidates are asked.
    sums = _sums_of_largest(geography.near @ prices, len(layer.upper) - 1)
    bounds = np.floor((layer.weight - prices).sum() + sums + _ROUNDING)
    layer.upper[1:] = np.minimum(layer.upper, bounds)[1:]


def _lowest_bound(
    near: sparse.csr_array, layer: _Layer, times: NDArray[np.int32], n: int
) -> tuple[float, Floats, _Left]:
    """Lower the bound on n sites by subgradients; give it, its prices, and who is left.

    A place asks each site near it for a price between nothing and its weight, and keeps the rest.
    Whatever the prices, n sites take no more than all the rests and the n largest sums of prices.
    A bound below `target` proves what is known; if it falls there once a candidate is forced in,
    that candidate is in nothing better.

    Candidates are tried from the largest weight near them on: their sum of prices is no larger,
    so that the others need no sum as long as that leaves them below the n largest.
    """
    weight, target = layer.weight, layer.lower[n] + 1 - _ROUNDING
    weight_near = near @ weight
    candidates = np.argsort(-weight_near, kind="stable")
    near, weight_near = near[candidates], weight_near[candidates]
    tried = near[: _count_from(weight_near, weight_near[min(n, len(weight_near)) - 1] / 2)]
    prices = layer.prices.get(n)
    if prices is None:
        prices = np.select([times == 0, times == 1], [weight, 0.7 * weight], 0.0)
    lowest, best, step, stalled = np.inf, prices, 1.0, 0
    patience = PATIENCE * (1 + int(layer.effort[n]))
    for _ in range(SUBGRADIENTS):
        values, count = tried @ prices, tried.shape[0]
        top, least, _ = _largest(values, n)
        if count < len(weight_near) and weight_near[count] > least:
            tried = near[: _count_from(weight_near, 0.8 * least)]
            continue
        bound = (weight - prices).sum() + values[top].sum()
        stalled += 1
        if bound < lowest:
            lowest, best, stalled = bound, prices, 0
        if lowest < target:
            break
        slope = _slope(tried[top], prices, weight)
        if not slope.any():
            break
        sums = np.concatenate([values, weight_near[count:]])
        hopeful = bound + np.minimum(sums - least, 0) >= target
        if hopeful.mean() < 0.7:
            tried = tried[hopeful[:count]]
            candidates, near, weight_near = candidates[hopeful], near[hopeful], weight_near[hopeful]
        if stalled == patience:
            prices, step, stalled = best, step * 0.6, 0
        else:
            move = step * (bound - layer.lower[n]) / (slope * slope * weight).sum()
            prices = np.clip(prices - move * slope * weight, 0, weight)
    values = near @ best
    _, least, following = _largest(values, n)
    hopeful = lowest + np.minimum(values - least, 0) >= target
    certain = hopeful & (lowest - (values - following) < target)
    return lowest, best, _Left(candidates[hopeful], certain[hopeful])


def _slope(sites: sparse.csr_array, prices: Floats, weight: Floats) -> Floats:
    """Return which way each price moves the bound: sites near the place but one; 0 at its ends."""
    slope = np.bincount(sites.indices, minlength=len(weight)).astype(np.float64) - 1
    slope[(prices <= 0) & (slope > 0) | (prices >= weight) & (slope < 0)] = 0
    return slope


def _count_from(falling: Floats, least: float) -> int:
    """Count the values that are at least so large, in an array where they fall."""
    return int(np.searchsorted(-falling, -least, side="right"))


def _largest(values: Floats, n: int) -> tuple[NDArray[np.intp], float, float]:
    """Return where the n largest values are, the least of them, and the largest of the others."""
    if n >= len(values):
        return np.arange(len(values)), 0.0, 0.0
    order = np.argpartition(values, [-n - 1, -n])
    return order[-n:], float(values[order[-n]]), float(values[order[-n - 1]])


# --- HiGHS --------------------------------------------------------------------------------


def _programme_size(geography: _Geography, layer: _Layer, n: int) -> int:
    """Count the pairs of a place and a candidate that is left."""
    return int(np.diff(geography.near.indptr)[layer.left[n].candidates].sum())


def _solve(geography: _Geography, layer: _Layer, n: int, stop_at: float) -> None:
    """Have HiGHS choose the best n among the candidates that are left."""
    left = layer.left[n]
    near = geography.near[left.candidates]
    within = np.flatnonzero(layer.weight * near.sum(axis=0))
    near = near[:, within]
    sites, places = near.shape
    rows = sparse.vstack(
        [
            sparse.hstack([-near.T, sparse.eye_array(places)]),
            sparse.csr_array(np.r_[np.ones(sites), np.zeros(places)][None]),
        ]
    )
    answer = milp(
        -np.r_[np.zeros(sites), layer.weight[within]],
        integrality=np.r_[np.ones(sites), np.zeros(places)],
        bounds=Bounds(np.r_[left.certain, np.zeros(places)], 1),
        constraints=LinearConstraint(rows, -np.inf, np.r_[np.zeros(places), n]),
        options={"mip_rel_gap": 0, "time_limit": max(stop_at - time.monotonic(), 0.1)},
    )
    if answer.x is not None:
        chosen = left.candidates[answer.x[:sites] > 0.5]
        taken = layer.weight[geography.near[chosen].sum(axis=0) > 0].sum()
        layer.found(chosen.tolist(), taken, n)
    if answer.mip_dual_bound is not None:
        # Infinite where time ran out before the first bound.
        layer.bounded(min(max(-answer.mip_dual_bound, layer.lower[n]), layer.upper[n]), n)
