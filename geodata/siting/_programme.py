"""Covering as an integer programme for HiGHS: sites kept apart, and places that must be near one.

`_cover` is faster where it applies; it knows neither of these conditions.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geodata.siting._cover import Cover

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LARGEST: Final = 150_000
"""Pairs of a candidate and a place, in all layers, that HiGHS is given at most."""
_ROUNDING: Final = 1e-3
_INFEASIBLE: Final = 2
"""The status of `milp` for a programme without a solution."""


def cliques(too_near: Flags) -> sparse.csr_array:
    """Return sets of candidates of which one may be chosen: every pair, every candidate is in one.

    Args:
        too_near: (candidates, candidates), symmetric: which pairs may not be chosen together.

    Returns:
        (sets, candidates), of ones. Larger sets make a tighter programme than pairs do.
    """
    pairs = too_near.copy()
    np.fill_diagonal(pairs, val=False)
    left = pairs.copy()
    sets = [[alone] for alone in np.flatnonzero(~pairs.any(axis=0)).tolist()]
    for first in range(len(pairs)):
        while left[first].any():
            members = [first, int(left[first].argmax())]
            common = pairs[members[0]] & pairs[members[1]]
            while common.any():
                members.append(int(common.argmax()))
                common &= pairs[members[-1]]
            left[np.ix_(members, members)] = False
            sets.append(members)
    rows = np.repeat(np.arange(len(sets)), [len(members) for members in sets])
    columns = np.concatenate([np.zeros(0, np.intp), *map(np.asarray, sets)]).astype(np.intp)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(sets), len(pairs)))


def solve(
    near: sparse.csr_array,
    weights: Floats,
    *,
    k: int,
    most_per_layer: int,
    apart: sparse.csr_array,
    within: sparse.csr_array | None = None,
    time_limit_s: float,
) -> Cover | None:
    """Choose at most k pairs (candidate, layer) that take the most weight; None if none was found.

    Args:
        near: (candidates, places), 1 where a candidate is near a place.
        weights: (places, layers), whole numbers; a place gives each of its weights once.
        k: sites in all at most.
        most_per_layer: sites in one layer at most.
        apart: of `cliques`.
        within: (candidates, other places), 1 where a candidate serves one of those that must be
            served by a site at least.
        time_limit_s: seconds for HiGHS. The bound holds wherever it stops.
    """
    candidates, layers = near.shape[0], weights.shape[1]
    taken = np.argwhere(weights * (near.sum(axis=0) > 0)[:, None] > 0)
    place, layer = taken[:, 0], taken[:, 1]
    sites, count = candidates * layers, len(taken)
    back = near.T.tocsr()[place].tocoo()
    covering = sparse.csr_array(
        (-np.ones(back.nnz), (back.row, back.col + candidates * layer[back.row])),
        shape=(count, sites),
    )
    every_layer = sparse.csr_array(sparse.kron(np.ones((1, layers)), sparse.eye_array(candidates)))
    rows: list[tuple[sparse.csr_array, float, float]] = [
        (_beside(covering, sparse.eye_array(count, format="csr")), -np.inf, 0),
        (_padded(sparse.csr_array(np.ones((1, sites))), count), -np.inf, k),
        (_padded(apart @ every_layer, count), -np.inf, 1),
    ]
    if most_per_layer < k:
        of_layer = sparse.kron(sparse.eye_array(layers), np.ones((1, candidates)))
        rows.append((_padded(sparse.csr_array(of_layer), count), -np.inf, most_per_layer))
    if within is not None:
        rows.append((_padded(within.T.tocsr() @ every_layer, count), 1, np.inf))
    answer = milp(
        -np.r_[np.zeros(sites), weights[place, layer]],
        integrality=np.repeat([1, 0], [sites, count]),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(*row) for row in rows if row[0].shape[0]],
        options={"mip_rel_gap": 0, "time_limit": max(time_limit_s, 0.1)},
    )
    if answer.x is None:
        return None
    chosen = np.flatnonzero(answer.x[:sites] > 0.5)
    pairs = [(int(site % candidates), int(site // candidates)) for site in chosen]
    value = taken_by(near, weights, pairs)
    bound = weights.sum() if answer.mip_dual_bound is None else -answer.mip_dual_bound
    upper = min(bound, weights.sum()) + _ROUNDING
    return Cover(pairs, value, max(int(np.floor(upper)), value))


def serving_all(
    within: sparse.csr_array, *, apart: sparse.csr_array, k: int, time_limit_s: float
) -> list[int] | None:
    """Choose at most k candidates that serve all places; None where no k of them do.

    Args:
        within: (candidates, places), 1 where a candidate serves a place; at least one place.
        apart: of `cliques`.
        k: candidates at most.
        time_limit_s: seconds for HiGHS.

    Raises:
        TimeoutError: they ran out before an answer.
    """
    count = within.shape[0]
    rows = [
        (within.T, 1, np.inf),
        (sparse.csr_array(np.ones((1, count))), -np.inf, k),
        (apart, -np.inf, 1),
    ]
    answer = milp(
        np.ones(count),
        integrality=np.ones(count, np.int64),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(*row) for row in rows if row[0].shape[0]],
        options={"time_limit": max(time_limit_s, 0.1)},
    )
    if answer.x is not None:
        return [int(site) for site in np.flatnonzero(answer.x > 0.5)]
    if answer.status == _INFEASIBLE:
        return None
    raise TimeoutError


def taken_by(near: sparse.csr_array, weights: Floats, pairs: list[tuple[int, int]]) -> int:
    """Return the weight that these pairs (candidate, layer) take together."""
    total = 0.0
    for layer in {layer for _, layer in pairs}:
        sites = [site for site, where in pairs if where == layer]
        total += weights[near[sites].sum(axis=0) > 0, layer].sum()
    return int(total)


def _padded(rows: sparse.csr_array, count: int) -> sparse.csr_array:
    """Return the rows with `count` columns of zeros after them."""
    shape = rows.shape[0], rows.shape[1] + count
    return sparse.csr_array((rows.data, rows.indices, rows.indptr), shape=shape)


def _beside(left: sparse.csr_array, right: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(sparse.hstack([left, right]))
