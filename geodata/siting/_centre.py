"""The p-centre beside what exists: k sites that bring the farthest place as near as can be.

Whether k sites can bring everybody within a distance is a set cover. Three answers, the cheapest
first: k sites chosen greedily do it; more than k places of which no candidate serves two cannot be
served; else HiGHS says. The distance is found by bisection (Minieka, *The m-center problem*, SIAM
Review 12, 1970; beside existing sites: Minieka, *Conditional centers and medians on a graph*,
Networks 10, 1980).
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geodata.siting import _programme
from geodata.siting._programme import Flags, Floats


class Centre(NamedTuple):
    """The sites, the distance that nobody exceeds with them, and one that no choice can beat."""

    sites: list[int]
    distance_m: float
    lower_m: float


@dataclass(frozen=True, eq=False)
class Distances:
    """What the search asks.

    Attributes:
        metres: (candidates, places).
        existing_m: from each place to what there is; infinite where there is nothing.
        too_near: (candidates, candidates): which may not be chosen together; None where all may.
    """

    metres: Floats
    existing_m: Floats
    too_near: Flags | None = None

    def served(self, distance_m: float) -> Flags:
        """Which candidate serves which place that what exists is too far from."""
        return self.metres[:, self.existing_m > distance_m] <= distance_m


def best_centre(
    distances: Distances, *, k: int, most_m: float, close_enough: float, time_limit_s: float
) -> Centre:
    """Choose at most k sites that make the greatest distance the least.

    Args:
        distances: at least one place.
        k: sites at most.
        most_m: a distance that can surely be kept: that of fewer sites, or infinity.
        close_enough: the share of the distance that may be between it and its bound.
        time_limit_s: seconds after which the search stops, with the bound that it has.
    """
    stop_at = time.monotonic() + time_limit_s
    today_m = float(distances.existing_m.max())
    steps = np.unique(np.r_[distances.metres.ravel(), distances.existing_m])
    steps = steps[steps <= min(today_m, most_m)]
    apart = None if distances.too_near is None else _programme.cliques(distances.too_near)
    # Nothing below steps[low] can be kept; steps[high] is kept by `sites`, beyond them today's.
    low, high, sites = 0, len(steps), list[int]()
    tried = 0
    while tried < high:
        middle = (tried + high) // 2
        found = _greedy(distances.served(steps[middle]), k, distances.too_near)
        if found is None:
            tried = middle + 1
        else:
            high, sites = middle, found
    tried = high
    while low < tried:
        middle = (low + tried) // 2
        if _packed(distances.served(steps[middle])) > k:
            low = middle + 1
        else:
            tried = middle
    with suppress(TimeoutError):
        while low < high and (high == len(steps) or steps[low] < (1 - close_enough) * steps[high]):
            middle = (low + high) // 2
            found = _solved(distances.served(steps[middle]), k, apart, stop_at)
            if found is None:
                low = middle + 1
            else:
                high, sites = middle, found
    kept_m, lower_m = (float(steps[at]) if at < len(steps) else today_m for at in (high, low))
    return Centre(sites, kept_m, lower_m)


def _greedy(served: Flags, k: int, too_near: Flags | None) -> list[int] | None:
    """Take the candidate that serves the most places left; None if k do not serve all."""
    left = np.ones(served.shape[1], dtype=bool)
    free = np.ones(len(served), dtype=bool)
    sites: list[int] = []
    while left.any():
        gains = served[:, left].sum(axis=1) * free
        if len(sites) == k or not gains.any():
            return None
        sites.append(int(gains.argmax()))
        left &= ~served[sites[-1]]
        if too_near is not None:
            free &= ~too_near[sites[-1]]
    return sites


def _solved(
    served: Flags, k: int, apart: sparse.csr_array | None, stop_at: float
) -> list[int] | None:
    """Have HiGHS choose k candidates that serve all; None where none do.

    Raises TimeoutError where it did not find out, or the programme is too large.
    """
    places = _needed(served)
    candidates = np.arange(len(served)) if apart is not None else _needed(~served[:, places].T)
    small = served[np.ix_(candidates, places)]
    if small.sum() > _programme.LARGEST or time.monotonic() > stop_at:
        raise TimeoutError
    found = _programme.serving_all(
        sparse.csr_array(small.astype(np.float64)),
        apart=sparse.csr_array((0, len(candidates))) if apart is None else apart,
        k=k,
        time_limit_s=stop_at - time.monotonic(),
    )
    return None if found is None else [int(candidates[site]) for site in found]


def _packed(served: Flags) -> int:
    """Count places of which no candidate serves two, those with the fewest candidates first."""
    free, count = np.ones(len(served), dtype=bool), 0
    for place in np.argsort(served.sum(axis=0), kind="stable"):
        own = served[:, place]
        if (own & ~free).any():
            continue
        free &= ~own
        count += 1
    return count


def _needed(served: Flags) -> NDArray[np.intp]:
    """Return the columns that no other column's ones lie within; of equal ones, the first."""
    table = served.astype(np.float32)
    shared, own = table.T @ table, table.sum(axis=0)
    inside = shared >= own[:, None]  # column i lies within column j
    equal = inside & inside.T
    before = np.arange(len(own))[:, None] < np.arange(len(own))
    return np.flatnonzero(~((inside & ~equal) | (equal & before)).any(axis=0))
