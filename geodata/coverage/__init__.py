"""Where and when the net has holes: one measure is one function.

Every measure takes the frame of `communes.read_communes` and that of `services.read_services`, or
any part of them. Distances go from the town hall of a commune to `points.measured_points` of the
services: shelters, phone lines and hidden places never count. Distances are those
of `communes.chord_m`. Population is that of 2023, 0 where nobody is counted.

A commune without a town hall has no measure (missing in every Series) and is left out of every
share. Communes and services outside the frames do not exist: give the services of the neighbouring
départements too, or the border makes holes.

**Certain and possible.** What depends on time has two versions: `unknown=False` counts what is
surely open, `unknown=True` what is or may be open. Show both: unknown hours mean neither open nor
closed.

**How far.** Give `radius_m`, metres, or a Series of them by commune; or a `reach` found once for
the whole list, which serves any part of it: a changed filter needs no new search for neighbours.

    whole = reach(communes, services, radius_m=20_000)
    certain = open_share(communes, select(services, selection), reach=whole, monday=monday)

For several measures of the same communes and services, `narrowed` computes once what they share:

    near = narrowed(whole, communes, chosen)
    certain = open_share(communes, chosen, reach=near, monday=monday)
    gap_h = longest_gap_h(communes, chosen, reach=near, monday=monday)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import points, travel
from geodata.coverage._reach import Reach, reach_by_distance, reach_by_pairs
from geodata.coverage._week import (
    SLOT_CLASSES,
    UNSURE,
    WHOLE_WEEK,
    DaysAndHours,
    SlotClass,
    bit_count,
    service_slots,
    slots_between,
    slots_of,
    stays,
    to_bits,
    to_words,
    typical_monday,
    unsure,
    yearly_hours,
)
from geodata.labelled import Labelled
from geodata.nearest import nearest_each

__all__ = [
    "RING_WEIGHTS",
    "SLOT_CLASSES",
    "UNSURE",
    "WHOLE_WEEK",
    "DaysAndHours",
    "Near",
    "Reach",
    "SlotClass",
    "Verdict",
    "changes_in_band",
    "covered_by_hour",
    "covered_share",
    "distance_quantile",
    "gini",
    "longest_gap_h",
    "lorenz",
    "narrowed",
    "nearest_m",
    "open_hours",
    "open_share",
    "reach",
    "reach_of_pairs",
    "reach_of_points",
    "rings",
    "service_count",
    "service_slots",
    "slots_between",
    "slots_of",
    "stays",
    "supply_per_inhabitant",
    "to_bits",
    "to_words",
    "typical_monday",
    "unsure",
    "verdict",
    "weighted_quantile",
    "worst",
    "yearly_hours",
]

Words = NDArray[np.uint64]

RING_WEIGHTS: Final = (1.0, 0.68, 0.22)
"""Luo & Qi 2009 (doi:10.1016/j.healthplace.2009.06.002): a Gaussian over three rings."""

_ONE_OF_BOTH: Final = "Donner radius_m ou reach, l’un des deux."


class Verdict(Labelled):
    """What a commune has within reach. `label` is what people read."""

    COUVERT = "couvert", "Quelqu’un est ouvert"
    SANS_INFORMATION = "sans-information", "Horaires inconnus"
    FERME = "ferme", "Tout est fermé à ces heures"
    SANS_SERVICE = "sans-service", "Aucun service"


# --- who reaches whom ---------------------------------------------------------------------


def reach(
    communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, *, radius_m: float | pd.Series
) -> Reach:
    """Find the services within a radius of each commune, the border included.

    Args:
        communes: the whole list; measures take any part of it afterwards.
        services: likewise.
        radius_m: metres, or a Series of them on the index of `communes`: those that are done in
            so many minutes there, for instance.

    Raises:
        ValueError: a radius is negative or missing, or an index has duplicates.
    """
    (found,) = rings(communes, services, radius_m=radius_m, count=1)
    return found


def reach_of_points(
    origins: gpd.GeoSeries, targets: gpd.GeoSeries, *, radius_m: float | pd.Series
) -> Reach:
    """Find the points within a radius of each origin, such as the town halls near a town hall.

    Args:
        origins: points, EPSG:4326, None where there is none. They are the `communes` of the reach.
        targets: likewise. They are the `services` of the reach.
        radius_m: metres, or a Series of them on the index of `origins`.
    """
    start, end = points.positions(origins), points.positions(targets)
    radii = _radii(origins.index, radius_m)
    return reach_by_distance(origins.index, targets.index, start, end, radii)


def reach_of_pairs(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    pairs: pd.MultiIndex,
    *,
    presence: Words | None = None,
) -> Reach:
    """Make a reach of pairs found otherwise, in a matrix of real times for instance.

        reach_of_pairs(communes, services, matrix.minutes.index[matrix.minutes <= 30])

    Args:
        communes: the whole list.
        services: the whole list.
        pairs: codes of communes, then ids of services, in any order. Pairs that name another
            commune, or a service that is not measured, are left out. A commune of these pairs is
            measured even without a town hall.
        presence: when each pair can meet (`Reach.presence`), in the order of `pairs`.
    """
    _check_index(communes, services)
    measured = points.measured_points(services).notna().to_numpy()
    origin = communes.index.get_indexer(pairs.get_level_values(0))
    target = services.index.get_indexer(pairs.get_level_values(1))
    known = (origin >= 0) & (target >= 0)
    known[known] = measured[target[known]]
    found, place = np.unique(
        np.stack([origin[known], target[known]], axis=1), axis=0, return_index=True
    )
    has_place = communes["mairie"].notna().to_numpy(copy=True)
    has_place[found[:, 0]] = True
    when = None if presence is None else presence[known][place]
    return reach_by_pairs(communes.index, services.index, has_place, found[:, 0], found[:, 1], when)


@dataclass(frozen=True, eq=False)
class Near:
    """A reach as some of its communes and services see it: `narrowed` makes it.

    What measures take from it is worked out once: give it to several of them as their `reach`.

    Attributes:
        reach: the whole.
        communes, services: the frames it was made for; for others, `reach` counts.
        rows, columns: places of these communes and services in the reach.
    """

    reach: Reach
    communes: gpd.GeoDataFrame
    services: gpd.GeoDataFrame
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    _words: dict[tuple[date, bool], Words] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def measured(self) -> NDArray[np.bool_]:
        """Whether each commune has a place to measure from."""
        return self.reach.measured[self.rows]

    def people(self, weight: pd.Series | None = None) -> NDArray[np.float64]:
        """Return the people of each commune: `weight`, or else its population; 0 if unmeasured."""
        counted = self.communes["population"] if weight is None else weight
        people = counted.reindex(self.communes.index).fillna(0).to_numpy(np.float64)
        return np.where(self.measured, people, 0)

    @cached_property
    def counts(self) -> NDArray[np.float64]:
        """How many services are within reach of each commune."""
        return np.rint(self.total(np.ones(len(self.services))))

    def words(self, monday: date, *, unknown: bool) -> Words:
        """When somebody is open within reach of each commune: shape (n, 11)."""
        if (monday, unknown) not in self._words:
            own = service_slots(self.services, monday, unknown=unknown)
            words = np.zeros((len(self.reach.services), own.shape[1]), dtype=np.uint64)
            words[self.columns] = own
            self._words[monday, unknown] = self.reach.union(words)[self.rows]
        return self._words[monday, unknown]

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum a value of the services within reach of each commune."""
        spread = np.zeros(len(self.reach.services))
        spread[self.columns] = values
        return self.reach.total(spread)[self.rows]

    def total_back(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum a value of the communes that reach each service."""
        spread = np.zeros(len(self.reach.communes))
        spread[self.rows] = values
        return self.reach.total_back(spread)[self.columns]


def narrowed(reach: Reach, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame) -> Near:
    """Return a reach as some of its communes and services see it.

    Raises:
        ValueError: a commune or a service is not in the reach, or an index has duplicates.
    """
    _check_index(communes, services)
    rows = reach.communes.get_indexer(communes.index)
    columns = reach.services.get_indexer(services.index)
    if (rows < 0).any() or (columns < 0).any():
        raise ValueError("Des communes ou des services ne sont pas de ceux du voisinage donné.")
    return Near(reach, communes, services, rows, columns)


def rings(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    radius_m: float | pd.Series,
    count: int = len(RING_WEIGHTS),
) -> tuple[Reach, ...]:
    """Find the services within 1, 2, … `count` equal parts of a radius, nearest part first."""
    _check_index(communes, services)
    radii = pd.Series(_radii(communes.index, radius_m), index=communes.index)
    targets = points.measured_points(services)
    return tuple(
        reach_of_points(communes["mairie"], targets, radius_m=radii * part / count)
        for part in range(1, count + 1)
    )


# --- distance -----------------------------------------------------------------------------


def nearest_m(communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame) -> pd.Series:
    """Return the distance to the nearest service, in metres; NaN where there is none.

    Index of `communes`. Raises ValueError where an index has duplicates.
    """
    _check_index(communes, services)
    found = nearest_each(communes["mairie"], points.measured_points(services))
    return found["distance_m"].rename("nearest_m")


def distance_quantile(communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, *, q: float) -> float:
    """Return the distance within which a share `q` of the population has its nearest service.

    The smallest such distance, in metres: the median (P50) with `q=0.5`, the distance that a tenth
    of the population exceeds (P90) with `q=0.9`. NaN where nobody has a nearest service.
    """
    return weighted_quantile(nearest_m(communes, services), communes["population"], q=q)


def weighted_quantile(measure: pd.Series, population: pd.Series, *, q: float) -> float:
    """Return the smallest value that a share `q` of the population does not exceed.

    Args:
        measure: `nearest_m`, for instance. A commune without a value is left out.
        population: inhabitants, on the same index.
        q: from 0 to 1.

    Returns:
        NaN where nobody is counted.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"La part de la population va de 0 à 1 : {q}.")
    people = population.fillna(0).to_numpy(np.float64)
    values = measure.to_numpy(np.float64)
    counted = ~np.isnan(values) & (people > 0)
    if not counted.any():
        return float("nan")
    order = np.argsort(values[counted])
    within = people[counted][order].cumsum()
    return float(values[counted][order][np.searchsorted(within, q * within[-1])])


def worst(communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, *, limit: int = 10) -> pd.Series:
    """Return the distances of the communes farthest from a service, in metres, farthest first.

    Ties: the most populous first, then by code. Communes without a measure are left out.
    """
    distance_m = nearest_m(communes, services)
    ranked = pd.DataFrame({"distance_m": distance_m, "people": _population(communes)}).dropna()
    order = ranked.sort_index().sort_values(
        ["distance_m", "people"], ascending=False, kind="stable"
    )
    return distance_m[order.index[:limit]]


def changes_in_band(distance_m: pd.Series, density: pd.Series, *, minutes: float) -> pd.Series:
    """Return whether the detour decides if a commune is within `minutes` of its nearest service.

    Estimated minutes rest on an assumption, the detour: `travel.DETOUR_BAND` bounds it, and such a
    commune is neither covered nor uncovered.

    Args:
        distance_m: that of `nearest_m`; a commune without one changes nothing.
        density: that of `travel.density`, on the same index.
        minutes: the time allowed.

    Returns:
        Booleans, on the index of `distance_m`.
    """
    within = [
        travel.estimated_minutes(distance_m, density, detour=detour) <= minutes
        for detour in travel.DETOUR_BAND
    ]
    return (within[0] != within[-1]).rename("changes_in_band")


# --- inequality ---------------------------------------------------------------------------


def lorenz(measure: pd.Series, population: pd.Series) -> pd.DataFrame:
    """Return the Lorenz curve of a measure over inhabitants, each having that of her commune.

    Args:
        measure: distances, or supply, not negative; a missing one leaves its commune out.
        population: inhabitants, on the same index.

    Returns:
        `population_share` and `measure_share`, both from 0 to 1, communes with the least of the
        measure first: *the first x of the population have y of the whole*. Two points on the
        diagonal where nothing is to be shared.
    """
    people = population.astype("Float64").fillna(0).to_numpy(dtype=np.float64)
    values = measure.to_numpy(dtype=np.float64)
    if (values < 0).any():
        raise ValueError("Une mesure à partager ne peut pas être négative.")
    counted = ~np.isnan(values) & (people > 0)
    order = np.argsort(values[counted], kind="stable")
    people, amount = people[counted][order], (values * people)[counted][order]
    if amount.sum() == 0:
        return pd.DataFrame({"population_share": [0.0, 1.0], "measure_share": [0.0, 1.0]})
    return pd.DataFrame(
        {
            "population_share": np.append(0, people.cumsum() / people.sum()),
            "measure_share": np.append(0, amount.cumsum() / amount.sum()),
        }
    )


def gini(measure: pd.Series, population: pd.Series) -> float:
    """Return the Gini coefficient of a measure over inhabitants: 0 where all have the same.

    One minus twice the area under the Lorenz curve, drawn with straight lines.
    """
    curve = lorenz(measure, population)
    return float(1 - 2 * np.trapezoid(curve["measure_share"], curve["population_share"]))


# --- who is covered -----------------------------------------------------------------------


def service_count(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    radius_m: float | pd.Series | None = None,
    reach: Reach | Near | None = None,
) -> pd.Series:
    """Count the services within reach, whatever their hours. Int64, index of `communes`."""
    near = _near(communes, services, radius_m, reach)
    return _series(near, near.counts, "service_count", "Int64")


def covered_share(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    radius_m: float | pd.Series | None = None,
    reach: Reach | Near | None = None,
    monday: date | None = None,
    slots: Words | None = None,
    unknown: bool = False,
    weight: pd.Series | None = None,
) -> float:
    """Return the share of the population with a service within reach.

    Without `monday`, a service counts whatever its hours. With it, one must be open at some moment
    of `slots` in that week: with `SLOT_CLASSES[SlotClass.SOIR]` and 20 km, the share who *have a
    place within 20 km that is open on some weekday evening*.

    `weight`: the people to count, by commune, instead of the population: women, for instance.

    Returns:
        From 0 to 1; NaN where nobody is counted.
    """
    near = _near(communes, services, radius_m, reach)
    if monday is not None:
        covered = bit_count(near.words(monday, unknown=unknown) & _slots(slots)) > 0
    elif slots is None:
        covered = near.counts > 0
    else:
        raise ValueError("Un créneau se compte dans une semaine : donner aussi son lundi.")
    people = near.people(weight)
    return float(people[covered].sum() / people.sum()) if people.any() else float("nan")


def verdict(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    radius_m: float | pd.Series | None = None,
    reach: Reach | Near | None = None,
    monday: date | None = None,
    slots: Words | None = None,
) -> pd.Series:
    """Return what each commune has within reach: certain, unknown, closed or none.

    - `couvert`: somebody is surely open at some moment of `slots` in that week;
    - `sans-information`: nobody surely, but somebody whose hours are then unknown;
    - `ferme`: services, all known to be closed then;
    - `sans-service`: none at all.

    Without `monday`, only the first (a service, whatever its hours) and the last.

    Returns:
        `Verdict`, on the index of `communes`; None without a town hall.
    """
    near = _near(communes, services, radius_m, reach)
    answers = np.empty(len(communes), dtype=object)
    answers.fill(Verdict.SANS_SERVICE)  # np.full would make it plain text
    answers[near.counts > 0] = Verdict.COUVERT if monday is None else Verdict.FERME
    if monday is not None:
        for unknown, answer in ((True, Verdict.SANS_INFORMATION), (False, Verdict.COUVERT)):
            words = near.words(monday, unknown=unknown)
            answers[bit_count(words & _slots(slots)) > 0] = answer
    answers[~near.measured] = None
    return pd.Series(answers, index=communes.index, name="verdict", dtype=object)


# --- opening ------------------------------------------------------------------------------


def open_hours(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    radius_m: float | pd.Series | None = None,
    reach: Reach | Near | None = None,
    monday: date,
    slots: Words | None = None,
    unknown: bool = False,
) -> pd.Series:
    """Return the hours of a week in which at least one service within reach is open.

    Args:
        communes: see the module.
        services: see the module.
        radius_m: see the module, as for `reach`.
        reach: instead of `radius_m`.
        monday: the first day of a real week.
        slots: only these quarter-hours; None for the whole week.
        unknown: False for the certain version, True for the possible one.

    Returns:
        From 0 to 168 hours, by quarter-hours, on the index of `communes`.
    """
    near = _near(communes, services, radius_m, reach)
    quarters = bit_count(near.words(monday, unknown=unknown) & _slots(slots))
    return _series(near, quarters / 4, "open_hours")


def open_share(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    radius_m: float | pd.Series | None = None,
    reach: Reach | Near | None = None,
    monday: date,
    slots: Words | None = None,
    unknown: bool = False,
) -> pd.Series:
    """Return the share of a week's 672 quarter-hours with at least one service open within reach.

    The arguments are those of `open_hours`; with `slots`, it is the share of these quarter-hours.

    Returns:
        From 0 to 1, on the index of `communes`.
    """
    near = _near(communes, services, radius_m, reach)
    asked = _slots(slots)
    quarters = bit_count(near.words(monday, unknown=unknown) & asked)
    return _series(near, quarters / bit_count(asked), "open_share")


def longest_gap_h(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    radius_m: float | pd.Series | None = None,
    reach: Reach | Near | None = None,
    monday: date,
    unknown: bool = False,
) -> pd.Series:
    """Return the longest stretch of a week with nobody open within reach, in hours.

    The week is a circle: what closes on Friday at 17 h and opens on Monday at 9 h makes 64 h, and
    168 h is *never anybody*. The certain version is the longer one.

    Returns:
        From 0 to 168 hours, on the index of `communes`.
    """
    near = _near(communes, services, radius_m, reach)
    bits = to_bits(near.words(monday, unknown=unknown))
    return _series(near, _longest_gaps(bits) / 4, "longest_gap_h")


def covered_by_hour(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    radius_m: float | pd.Series | None = None,
    reach: Reach | Near | None = None,
    monday: date,
    unknown: bool = False,
    weight: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the share of the population with an open service within reach, for each hour.

    An hour's share is the mean of those of its four quarters. `weight` as in `covered_share`.

    Returns:
        Seven rows (0 is Monday), twenty-four columns (the hour from 0 to 1 is 0), from 0 to 1; NaN
        where nobody is counted.
    """
    near = _near(communes, services, radius_m, reach)
    bits = to_bits(near.words(monday, unknown=unknown))
    people = near.people(weight)
    covered = people @ bits.astype(np.float64)
    shares = covered / people.sum() if people.any() else np.full(covered.shape, np.nan)
    return pd.DataFrame(shares.reshape(7, 24, 4).mean(axis=2))


# --- supply -------------------------------------------------------------------------------


def supply_per_inhabitant(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    supply: pd.Series,
    radius_m: float | pd.Series | None = None,
    reach: Sequence[Reach] | None = None,
    weights: Sequence[float] = RING_WEIGHTS,
    people: pd.Series | None = None,
) -> pd.Series:
    """Return the supply per inhabitant within reach, shared among all who reach it (E2SFCA).

    With W(d) the weight of the ring that d is in, P_k the population of commune k, S_j the supply
    of service j, the accessibility of commune i is

        A_i = Σ_j W(d_ij) S_j / Σ_k W(d_kj) P_k

    Enhanced two-step floating catchment area, Luo & Qi 2009
    (doi:10.1016/j.healthplace.2009.06.002).

    Args:
        communes: see the module. Those around the territory share its services: give them too.
        services: see the module.
        supply: of each service; `yearly_hours` for hours open in a year.
        radius_m: where the last ring ends; the rings are equally wide.
        reach: what `rings` found for as many rings, instead of `radius_m`.
        weights: one for each ring, from the nearest, none greater than the one before.
        people: P_k, those who share, by commune; None for the population. A commune that it does
            not tell of shares nothing.

    Returns:
        Supply per inhabitant (hours a year per inhabitant), on the index of `communes`. A service
        that nobody of these people reaches gives nothing.

    Raises:
        ValueError: the weights grow or are negative, or there are not as many as rings.
    """
    steps = -np.diff([*weights, 0.0])
    if (steps < 0).any():
        raise ValueError("Les poids des couronnes ne doivent ni croître ni être négatifs.")
    if reach is None and radius_m is not None:
        reach = rings(communes, services, radius_m=radius_m, count=len(steps))
    elif reach is None or radius_m is not None:
        raise ValueError(_ONE_OF_BOTH)
    if len(reach) != len(steps):
        raise ValueError(f"{len(steps)} poids pour {len(reach)} couronnes.")
    nears = [_near(communes, services, None, ring) for ring in reach]
    sharing = nears[0].people(people)
    demand = sum(step * near.total_back(sharing) for step, near in zip(steps, nears, strict=True))
    offered = supply.reindex(services.index).fillna(0).to_numpy(dtype=np.float64)
    each = np.divide(offered, demand, out=np.zeros(len(services)), where=demand > 0)
    found = sum(step * near.total(each) for step, near in zip(steps, nears, strict=True))
    return _series(nears[0], found, "supply_per_inhabitant")


# --- shared -------------------------------------------------------------------------------


def _near(
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    radius_m: float | pd.Series | None,
    found: Reach | Near | None,
) -> Near:
    if found is None and radius_m is not None:
        found = reach(communes, services, radius_m=radius_m)
    elif found is None or radius_m is not None:
        raise ValueError(_ONE_OF_BOTH)
    if not isinstance(found, Near):
        return narrowed(found, communes, services)
    if found.communes is communes and found.services is services:
        return found
    return narrowed(found.reach, communes, services)


def _series(near: Near, values: NDArray[Any], name: str, dtype: str = "float64") -> pd.Series:
    every = pd.Series(values, index=near.communes.index, name=name, dtype=dtype)
    measured: pd.Series = every.where(near.measured)
    return measured


def _slots(slots: Words | None) -> Words:
    asked = WHOLE_WEEK if slots is None else slots
    if not asked.any():
        raise ValueError("Le créneau ne contient aucun quart d’heure.")
    return asked


def _population(communes: gpd.GeoDataFrame) -> pd.Series:
    people: pd.Series = communes["population"].fillna(0).astype("float64")
    return people


def _radii(index: pd.Index, radius_m: float | pd.Series) -> NDArray[np.float64]:
    if isinstance(radius_m, pd.Series):
        radii = radius_m.reindex(index).to_numpy(dtype=np.float64)
    else:
        radii = np.full(len(index), float(radius_m))
    if not (radii >= 0).all():
        raise ValueError("Un rayon est une distance en mètres, positive ou nulle.")
    return radii


def _check_index(communes: pd.DataFrame, services: pd.DataFrame) -> None:
    for frame, what in ((communes, "La commune"), (services, "Le service")):
        if not frame.index.is_unique:
            twice = frame.index[frame.index.duplicated()][0]
            raise ValueError(f"{what} « {twice} » figure deux fois.")


def _longest_gaps(bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the longest run of zeros of each row, taken as a circle."""
    row, at = np.nonzero(bits)
    longest = np.full(len(bits), bits.shape[1])
    if len(row) == 0:
        return longest
    first = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    last = np.append(first[1:], len(row)) - 1
    gap = np.diff(at, prepend=0) - 1
    gap[first] = at[first] - at[last] + bits.shape[1] - 1
    longest[row[first]] = np.maximum.reduceat(gap, first)
    return longest
