"""On which days and half-days the rounds of a vehicle are."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, permutations
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from geodata.coverage import Words, to_bits
from geodata.siting._programme import Floats
from geodata.siting._tour import Roads, Stops

_QUARTERS_A_DAY = 96
_QUARTERS_AN_HOUR = 4
_NEVER = -1.0
VEHICLE_KMH = 50
"""How fast a vehicle is assumed to drive from one stop to the next of a day."""


@dataclass(frozen=True, eq=False)
class Week:
    """The half-days of a week.

    Attributes:
        by_day: the places of the half-days of each day (0 is Monday), the earliest first.
        first, last: quarter-hours of the week in which each half-day begins and ends.
    """

    by_day: dict[int, list[int]]
    first: list[int]
    last: list[int]

    @property
    def days(self) -> list[int]:
        """The days with a half-day."""
        return list(self.by_day)

    def pause_h(self, one: int, other: int) -> float:
        """Return the hours between the end of a half-day and the beginning of a later one."""
        return (self.first[other] - self.last[one] - 1) / _QUARTERS_AN_HOUR

    @cached_property
    def _longest_pauses_h(self) -> list[float]:
        return [self.pause_h(those[0], those[-1]) for those in self.by_day.values()]

    @property
    def double(self) -> int:
        """How many days have two half-days with a pause between them."""
        return sum(pause_h > 0 for pause_h in self._longest_pauses_h)

    @property
    def shortest_pause_h(self) -> float:
        """The shortest of the longest pauses of these days; 0 where there are none."""
        return min((pause_h for pause_h in self._longest_pauses_h if pause_h > 0), default=0.0)


def week_of(spans: Words) -> Week:
    """Return the days of half-days, given their quarter-hours. Raises ValueError, in French."""
    quarters = [np.flatnonzero(bits) for bits in to_bits(spans)]
    first = [int(found[0]) for found in quarters]
    last = [int(found[-1]) for found in quarters]
    by_day: dict[int, list[int]] = {}
    for turn in sorted(range(len(first)), key=first.__getitem__):
        day = first[turn] // _QUARTERS_A_DAY
        if last[turn] // _QUARTERS_A_DAY != day:
            raise ValueError("Pour une tournée, chaque demi-journée est d’un seul jour.")
        by_day.setdefault(day, []).append(turn)
    return Week(by_day, first, last)


class DayOut(NamedTuple):
    """A round on its day: its stops in order, on which half-days, and the metres of each leg."""

    day: int
    stops: Stops
    half_days: tuple[int, ...]
    legs_m: tuple[float, ...]


def in_the_week(rounds: list[Stops], values: Floats, week: Week, roads: Roads) -> list[DayOut]:
    """Put rounds on days, stops on half-days, so that most value is had; in the week's order.

    `values`: (candidates, half-days). What a stop has does not depend on the others: they are at
    other times. So this is an assignment, and its answer the best.
    """
    days = week.days
    ways = [[_best_way(stops, day, values, week, roads) for day in days] for stops in rounds]
    gains = np.array([[gain for gain, *_ in row] for row in ways])
    # A day on which a round cannot be costs more than all that can be had.
    gains[gains < 0] = -1 - np.abs(gains).sum()
    turns, columns = linear_sum_assignment(gains, maximize=True)
    found = []
    for turn, column in sorted(zip(turns, columns, strict=True), key=lambda pair: pair[1]):
        _, stops, half_days = ways[turn][column]
        inside = (roads.between_m[pair] for pair in pairwise(stops))
        legs = (roads.depot_m[stops[0]], *inside, roads.depot_m[stops[-1]])
        found.append(DayOut(days[column], stops, half_days, tuple(map(float, legs))))
    return found


def _best_way(
    stops: Stops, day: int, values: Floats, week: Week, roads: Roads
) -> tuple[float, Stops, tuple[int, ...]]:
    """Return the most that a round has on a day, the order of its stops, and their half-days."""
    best: tuple[float, Stops, tuple[int, ...]] = (_NEVER, stops, ())
    half_days = week.by_day[day]
    if len(stops) == 1:
        gains = values[stops[0], half_days]
        at = int(gains.argmax())
        return float(gains[at]), stops, (half_days[at],)
    drive_h = roads.between_m[stops] / 1000 / VEHICLE_KMH
    for turn, one in enumerate(half_days):
        for other in half_days[turn + 1 :]:
            if week.pause_h(one, other) <= 0 or week.pause_h(one, other) < drive_h - 1e-3:
                continue
            for order in permutations(stops):
                gain = float(values[order[0], one] + values[order[1], other])
                if gain > best[0]:
                    best = (gain, order, (one, other))
    return best
