"""Who is within reach of whom, kept as runs: found once, then counted, summed and joined fast.

Targets are sorted into strips of latitude, from west to east in each. Seen from an origin, the
targets of a strip that are within its radius nearly all follow one another: a few runs a strip say
what millions of pairs would. What the runs hold is exact, pair by pair: bounds on a strip decide
those that are inside or outside without doubt, and the distance itself decides the others.

A run is `start:stop`, places in the sorted order. A sum over a run is a difference of two running
totals; the union of sets of bits over a run is that of two overlapping runs whose length is a power
of two (a sparse table), since joining twice changes nothing.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.communes import chord_m
from geodata.coverage._week import stays

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Words = NDArray[np.uint64]

_STRIPS_A_RADIUS: Final = 8
_STRIP_M: Final = (1.0, 3_000.0)
_ORIGINS_AT_ONCE: Final = 4_096
# Bounds this near to the radius decide nothing: more than any rounding, and hardly any pair.
_DOUBT_M: Final = 0.01
_DOUBT_RADIANS: Final = 1e-9
# Longitudes take 2π of the 8 between the keys of two strips.
_KEY_STEP: Final = 8.0


@dataclass(frozen=True, eq=False)
class Reach:
    """Which services each commune reaches, found once: `coverage.reach` makes it.

    Attributes:
        communes, services: the indexes of the frames it was found for.
        measured: whether each commune has a place to measure from.
        order: places of the services that can be measured, as the runs count them.
        first: the runs of commune i are those from `first[i]` to `first[i + 1]`.
        start, stop: the runs.
        presence: the quarter-hours of a week in which a pair can meet, in the order of `pairs`:
            shape (pairs, 11). None where any pair can at any time. Half an hour at least counts.
    """

    communes: pd.Index
    services: pd.Index
    measured: NDArray[np.bool_]
    order: Places
    first: Places
    start: Places
    stop: Places
    presence: Words | None = None

    @property
    def owner(self) -> Places:
        """The commune of each run, by its place."""
        return np.repeat(np.arange(len(self.communes)), np.diff(self.first))

    @property
    def pair_count(self) -> int:
        """How many pairs of a commune and a service it reaches there are."""
        return int((self.stop - self.start).sum())

    def union(self, words: Words) -> Words:
        """Join the bits of the services that each commune reaches: (services, w) → (communes, w).

        Each run reads two rows of the sparse table.
        """
        joined = np.zeros((len(self.communes), words.shape[1]), dtype=np.uint64)
        if self.presence is not None:
            origin, target = self.pairs()
            np.bitwise_or.at(joined, origin, stays(words[target] & self.presence))
            return joined
        reaching = np.flatnonzero(np.diff(self.first))
        if len(reaching) == 0:
            return joined
        level = np.frexp(self.stop - self.start)[1].astype(np.int64) - 1
        table = np.empty((level.max() + 1, len(self.order)), dtype=np.uint64)
        left = level * len(self.order) + self.start
        right = level * len(self.order) + self.stop - (1 << level)
        found, other = np.empty((2, len(level)), dtype=np.uint64)
        for column in range(words.shape[1]):
            _fill_sparse_table(table, words[self.order, column])
            np.take(table, left, out=found, mode="clip")
            np.take(table, right, out=other, mode="clip")
            np.bitwise_or(found, other, out=found)
            joined[reaching, column] = np.bitwise_or.reduceat(found, self.first[reaching])
        return joined

    def total(self, values: Floats) -> Floats:
        """Sum a value of the services that each commune reaches: (services,) → (communes,)."""
        running = np.concatenate([[0.0], np.cumsum(values[self.order])])
        sums = running[self.stop] - running[self.start]
        return np.bincount(self.owner, sums, len(self.communes)).astype(np.float64)

    def total_back(self, values: Floats) -> Floats:
        """Sum a value of the communes that reach each service: (communes,) → (services,)."""
        count, given = len(self.order), values[self.owner]
        begun = np.bincount(self.start, given, count + 1)
        ended = np.bincount(self.stop, given, count + 1)
        received = np.zeros(len(self.services))
        received[self.order] = np.cumsum(begun - ended)[:count]
        return received

    def pairs(self) -> tuple[Places, Places]:
        """Return every pair as two arrays of places: a commune, and a service that it reaches."""
        origins = np.repeat(self.owner, self.stop - self.start)
        return origins, self.order[_spelled_out(self.start, self.stop)]


def reach_by_distance(
    communes: pd.Index, services: pd.Index, origins: Floats, targets: Floats, radius_m: Floats
) -> Reach:
    """Find the services within a radius of each commune, to the millimetre, the border included.

    Args:
        communes: the index.
        services: the index.
        origins: the communes' positions, of `to_xyz`: shape (n, 3), NaN where there is none.
        targets: the services'.
        radius_m: one radius for each commune.
    """
    measured = ~np.isnan(origins[:, 0])
    located = np.flatnonzero(~np.isnan(targets[:, 0]))
    strips = _strips(targets[located], float(np.median(radius_m)) if len(radius_m) else 0.0)

    def runs_of(block: Places) -> tuple[Places, Places, Places]:
        return _runs(block, origins[block], radius_m[block], strips)

    blocks = _blocks(np.flatnonzero(measured))
    if len(blocks) > 1:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = list(pool.map(runs_of, blocks))
    else:
        runs = [runs_of(block) for block in blocks]
    owner, start, stop = (np.concatenate(parts) for parts in zip(_NO_RUNS, *runs, strict=True))
    first = np.searchsorted(owner, np.arange(len(communes) + 1))
    return Reach(communes, services, measured, located[strips.order], first, start, stop)


def reach_by_pairs(
    communes: pd.Index,
    services: pd.Index,
    measured: NDArray[np.bool_],
    origin: Places,
    target: Places,
    presence: Words | None = None,
) -> Reach:
    """Make the reach of pairs found otherwise (places of communes and services, none twice).

    With `presence`, the pairs are in order of the commune, then of the service.
    """
    runs = _fused(origin, target, target + 1, len(services))
    first = np.searchsorted(runs[0], np.arange(len(communes) + 1))
    every = np.arange(len(services))
    return Reach(communes, services, measured, every, first, *runs[1:], presence)


# --- runs ---------------------------------------------------------------------------------

_NO_RUNS: Final = (np.zeros(0, np.int64),) * 3


class _Strips(NamedTuple):
    """Targets by strip of latitude, then longitude; and the box of each strip that has any."""

    order: Places
    xyz: Floats
    key: Floats  # number of the strip × 8 + longitude in radians: sorted
    z_low: Floats
    z_high: Floats
    axis_low: Floats  # distance from the Earth's axis
    axis_high: Floats


def _strips(xyz: Floats, radius_m: float) -> _Strips:
    height_m = float(np.clip(radius_m / _STRIPS_A_RADIUS, *_STRIP_M))
    strip, longitude = np.floor(xyz[:, 2] / height_m), np.arctan2(xyz[:, 1], xyz[:, 0])
    order = np.lexsort((longitude, strip))
    xyz, axis = xyz[order], np.hypot(xyz[order, 0], xyz[order, 1])
    _, first, number = np.unique(strip[order], return_index=True, return_inverse=True)
    bounds = [
        np.asarray(extreme.reduceat(values, first) if len(first) else values, dtype=np.float64)
        for values in (xyz[:, 2], axis)
        for extreme in (np.minimum, np.maximum)
    ]
    key = np.asarray(number * _KEY_STEP + longitude[order], dtype=np.float64)
    return _Strips(order, xyz, key, *bounds)


def _runs(
    numbers: Places, origins: Floats, radius_m: Floats, strips: _Strips
) -> tuple[Places, Places, Places]:
    """Return the runs within the radius of each origin: its number, start, stop; in order."""
    reach_m = radius_m + _DOUBT_M
    low = np.searchsorted(strips.z_high, origins[:, 2] - reach_m)
    high = np.searchsorted(strips.z_low, origins[:, 2] + reach_m, side="right")
    origin, strip = np.repeat(np.arange(len(origins)), high - low), _spelled_out(low, high)
    widest, surest = _half_widths(origins.take(origin, axis=0), radius_m[origin], strips, strip)
    longitude = np.arctan2(origins[:, 1], origins[:, 0])[origin]
    # An arc over the meridian of 180° takes its whole strip, target by target.
    over = np.abs(longitude) + widest > np.pi
    at = strip * _KEY_STEP + np.where(over, 0.0, longitude)
    widest, surest = np.where(over, np.pi, widest), np.where(over, -1.0, surest)

    start, stop = (np.searchsorted(strips.key, at + side * widest) for side in (-1, 1))
    sure_start, sure_stop = (np.searchsorted(strips.key, at + side * surest) for side in (-1, 1))
    unsure = sure_stop <= sure_start
    sure_start[unsure] = sure_stop[unsure] = stop[unsure]

    tried = _spelled_out(*_interleaved(start, sure_start, sure_stop, stop))
    trying = np.repeat(origin, (stop - start) - (sure_stop - sure_start))
    apart_m = chord_m(origins.take(trying, axis=0), strips.xyz.take(tried, axis=0))
    inside = np.round(apart_m, 3) <= radius_m[trying]  # to the millimetre, like `nearest`
    tried, trying = tried[inside], trying[inside]
    sure = ~unsure
    return _fused(
        numbers[np.concatenate([origin[sure], trying])],
        np.concatenate([sure_start[sure], tried]),
        np.concatenate([sure_stop[sure], tried + 1]),
        len(strips.key),
    )


def _half_widths(
    origins: Floats, radius_m: Floats, strips: _Strips, strip: Places
) -> tuple[Floats, Floats]:
    """Bound the targets of a strip within reach by their difference of longitude, in radians.

    Between points at a and b from the Earth's axis, chord² = Δz² + (a - b)² + 4ab sin²(Δλ / 2).

    Returns:
        Beyond the first, no target of the strip is within reach; up to the second (negative where
        there is none), all are.
    """
    z, axis = origins[:, 2], np.hypot(origins[:, 0], origins[:, 1])
    z_near, z_far = _to_interval(z, strips.z_low[strip], strips.z_high[strip])
    axis_low, axis_high = strips.axis_low[strip], strips.axis_high[strip]
    axis_near, axis_far = _to_interval(axis, axis_low, axis_high)

    def half_width(left: Floats, other_axis: Floats) -> Floats:
        sine = np.sqrt(np.maximum(left, 0) / (4 * axis * other_axis))
        return np.asarray(2 * np.arcsin(np.minimum(sine, 1)), dtype=np.float64)

    most = np.square(radius_m + _DOUBT_M) - z_near**2 - axis_near**2
    least = np.square(np.maximum(radius_m - _DOUBT_M, 0)) - z_far**2 - axis_far**2
    widest, surest = half_width(most, axis_low), half_width(least, axis_high)
    return widest + _DOUBT_RADIANS, surest - _DOUBT_RADIANS


def _to_interval(value: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return how far an interval's nearest and farthest points are."""
    below, above = low - value, value - high
    return np.maximum(np.maximum(below, above), 0), -np.minimum(below, above)


def _fused(owner: Places, start: Places, stop: Places, count: int) -> tuple[Places, Places, Places]:
    """Sort runs by owner, and make one of those that touch."""
    at = owner * (count + 1) + start
    # Two sorted halves: a stable sort merges them.
    order = np.argsort(at, kind="stable")
    at, end = at[order], (at + stop - start)[order]
    begins = np.flatnonzero(np.append(True, at[1:] != end[:-1])[: len(at)])
    ends = np.append(begins[1:] - 1, len(at) - 1)[: len(begins)]
    owner = at[begins] // (count + 1)
    return owner, at[begins] - owner * (count + 1), end[ends] - owner * (count + 1)


def _blocks(places: Places) -> list[Places]:
    return [places[at : at + _ORIGINS_AT_ONCE] for at in range(0, len(places), _ORIGINS_AT_ONCE)]


def _interleaved(
    start: Places, sure_start: Places, sure_stop: Places, stop: Places
) -> tuple[Places, Places]:
    """Return the runs before and after the sure ones, in order."""
    starts = np.stack([start, sure_stop], axis=1).ravel()
    return starts, np.stack([sure_start, stop], axis=1).ravel()


def _spelled_out(start: Places, stop: Places) -> Places:
    """Return every place of some runs.

    >>> _spelled_out(np.array([3, 8]), np.array([5, 9])).tolist()
    [3, 4, 8]
    """
    lengths: Places = stop - start
    begun = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(lengths.sum()) + np.repeat(start - begun, lengths))


def _fill_sparse_table(table: Words, bits: Words) -> None:
    """Write in row k the union of the 2^k items from each place on, where there are as many."""
    table[0] = bits
    for level in range(len(table) - 1):
        half = 1 << level
        np.bitwise_or(table[level, :-half], table[level, half:], out=table[level + 1, :-half])
