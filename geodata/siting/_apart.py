"""Maximal covering with sites that keep a distance from one another.

The bound is the least of three: that of the choice without distances (`_cover`), the best sum of
what sites take alone when they keep their distance, and where the programme is small, HiGHS's own.
"""

import time

import numpy as np
from scipy import sparse

from geodata.siting import _programme
from geodata.siting._cover import Cover, best_cover
from geodata.siting._programme import Flags, Floats


def best_cover_apart(
    near: sparse.csr_array,
    weights: Floats,
    too_near: Flags,
    *,
    k: int,
    most_per_layer: int,
    close_enough: float,
    time_limit_s: float,
) -> Cover:
    """Choose at most k pairs (candidate, layer), no two of them too near, that take the most.

    `too_near`: (candidates, candidates), symmetric, True on the diagonal: a candidate is chosen in
    one layer at most. All else is as in `best_cover`.
    """
    stop_at = time.monotonic() + time_limit_s
    free = best_cover(
        near,
        weights,
        k=k,
        most_per_layer=most_per_layer,
        close_enough=close_enough,
        time_limit_s=time_limit_s / 3,
    )
    if _are_apart(free.sites, too_near):
        return free
    sites = _swapped(near, weights, too_near, k, most_per_layer, stop_at)
    best = Cover(sites, _programme.taken_by(near, weights, sites), free.upper)
    if best.upper - best.taken <= close_enough * best.upper:
        return best
    apart = _programme.cliques(too_near)
    best = _better(
        best, _alone(near, weights, apart, k, most_per_layer, stop_at - time.monotonic())
    )
    small = near.nnz * weights.shape[1] <= _programme.LARGEST
    if best.upper - best.taken > close_enough * best.upper and small:
        found = _programme.solve(
            near,
            weights,
            k=k,
            most_per_layer=most_per_layer,
            apart=apart,
            time_limit_s=stop_at - time.monotonic(),
        )
        best = _better(best, found)
    return best


def _better(one: Cover, other: Cover | None) -> Cover:
    """Return the better sites of two, with the lower bound."""
    if other is None:
        return one
    sites, taken = max((one, other), key=lambda cover: cover.taken)[:2]
    return Cover(sites, taken, max(min(one.upper, other.upper), taken))


def _are_apart(sites: list[tuple[int, int]], too_near: Flags) -> bool:
    places = [site for site, _ in sites]
    return not np.triu(too_near[np.ix_(places, places)], 1).any()


def _alone(
    near: sparse.csr_array,
    weights: Floats,
    apart: sparse.csr_array,
    k: int,
    most_per_layer: int,
    time_limit_s: float,
) -> Cover | None:
    """Choose as if no site took from another, each in its best layer: that bounds what they take.

    Where there are layers enough of about the same weights, it is the best choice.
    """
    each = (near @ weights).max(axis=1)
    itself = sparse.eye_array(len(each), format="csr")
    found = _programme.solve(
        itself, each[:, None], k=k, most_per_layer=k, apart=apart, time_limit_s=time_limit_s
    )
    if found is None:
        return None
    sites: list[tuple[int, int]] = []
    for site, _ in sorted(found.sites, key=lambda pair: -each[pair[0]]):
        gains = _left(sites, near, weights)[near[[site]].indices].sum(axis=0)
        layers = [layer for _, layer in sites]
        gains[[layer for layer in layers if layers.count(layer) >= most_per_layer]] = -1
        if gains.max() > 0:
            sites.append((site, int(gains.argmax())))
    return Cover(sites, _programme.taken_by(near, weights, sites), found.upper)


def _swapped(
    near: sparse.csr_array,
    weights: Floats,
    too_near: Flags,
    k: int,
    most_per_layer: int,
    stop_at: float,
) -> list[tuple[int, int]]:
    """Choose greedily, then exchange one site for the best other until that adds nothing."""
    sites: list[tuple[int, int]] = []
    while len(sites) < k:
        best, gain = _best_beside(sites, near, weights, too_near, most_per_layer)
        if gain <= 0:
            break
        sites.append(best)
    settled = 0
    while settled < len(sites) and time.monotonic() < stop_at:
        old, *others = sites
        left = _left(others, near, weights)
        best, gain = _best_beside(others, near, weights, too_near, most_per_layer)
        own = left[near[[old[0]]].indices, old[1]].sum()
        sites = [*others, best if gain > own else old]
        settled = 0 if gain > own else settled + 1
    return sites


def _best_beside(
    sites: list[tuple[int, int]],
    near: sparse.csr_array,
    weights: Floats,
    too_near: Flags,
    most_per_layer: int,
) -> tuple[tuple[int, int], float]:
    """Return the pair that adds most to these sites, and what it adds; less than 0 if none may."""
    gains = near @ _left(sites, near, weights)
    gains[too_near[[site for site, _ in sites]].any(axis=0)] = -1
    layers = [layer for _, layer in sites]
    gains[:, [layer for layer in set(layers) if layers.count(layer) >= most_per_layer]] = -1
    site, layer = np.unravel_index(int(gains.argmax()), gains.shape)
    return (int(site), int(layer)), float(gains[site, layer])


def _left(sites: list[tuple[int, int]], near: sparse.csr_array, weights: Floats) -> Floats:
    """Return the weights that these sites leave."""
    left = weights.copy()
    for site, layer in sites:
        left[near[[site]].indices, layer] = 0
    return left
