"""Best sites: the communes and half-days where k more drop-ins would add most coverage.

What counts is people-hours: an inhabitant gains an hour where, for one more hour of the week, at
least one service is open within the radius of the town hall of her commune. A drop-in at the town
hall of a commune, one half-day a week, gives each inhabitant within the radius those
quarter-hours of the half-day in which nothing was open yet. Half-days do not overlap, so that this
is maximal covering with one layer a half-day (`_cover`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geodata import coverage, hours
from geodata.siting._cover import Cover, best_cover

__all__ = ["HALF_DAYS", "HalfDay", "Siting", "best_sites"]

_MOST_NEIGHBOURS: Final = 60_000_000
_QUARTERS: Final = 4


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


@dataclass(frozen=True, eq=False)
class Siting:
    """The sites chosen, and how far from the best choice they can be.

    Attributes:
        sites: one row a site, the largest gain first: `order` (1, 2, …), `code_insee`, `half_day`
            (the name of a `HalfDay`), `gain` (people-hours a week that it adds to what exists and
            to the sites above it), `people` (how many gain a quarter-hour or more by it).
        people_hours: the sum of the gains.
        upper_bound: people-hours that no choice of as many sites exceeds.
        gap: (upper_bound - people_hours) / upper_bound; 0 is the best choice, proven.
        method: `exact` where the gap is 0, else `greedy + swaps`.
    """

    sites: pd.DataFrame
    people_hours: float
    upper_bound: float
    gap: float
    method: str


def best_sites(  # noqa: PLR0913 (all but two are options)
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    k: int,
    radius_m: float | pd.Series,
    monday: date,
    half_days: Sequence[HalfDay] = HALF_DAYS,
    candidates: Collection[str] | None = None,
    unknown: bool = False,
    one_per_half_day: bool = False,
    close_enough: float = 0.0,
    time_limit_s: float = 10.0,
) -> Siting:
    """Choose at most k pairs (commune, half-day) that add the most people-hours.

    Args:
        communes: of `read_communes`; it is their inhabitants who count. Those without inhabitants
            or without a town hall neither count nor are chosen.
        services: of `read_services`; what exists, on both sides of the border.
        k: sites at most; fewer come back where no more would add anything.
        radius_m: how far people go from their town hall, in metres in a straight line; or a Series
            of it by commune, as in `coverage`.
        monday: first day of the week in which the existing services are counted. Choose one
            without a public holiday.
        half_days: what may be chosen; they must not overlap.
        candidates: codes of the communes that may be chosen; all of them by default.
        unknown: whether unknown hours count as open, so that nothing is added where they may be.
        one_per_half_day: for a bus, which is at one place at a time.
        close_enough: a gap with which the search for a proof may stop; 0 asks for the best choice.
        time_limit_s: seconds after which the search for a proof stops. Unless they run out, the
            same input gives the same answer, in whatever order its rows are.

    Raises:
        ValueError: `k` is negative, a radius is not positive or makes too many neighbours, `monday`
            is another day, a half-day has no hours or overlaps another, a candidate is not in
            `communes`, or a commune is there twice. The message is in French.
    """
    _check(communes, k, candidates)
    places = _peopled(communes)
    near = _near(places, radius_m)
    spans = _spans(half_days, monday)
    open_slots = coverage.reach(places, services, radius_m=radius_m).union(
        coverage.service_slots(services, monday, unknown=unknown)
    )
    free = np.bitwise_count(spans & ~open_slots[:, None]).sum(axis=-1)
    people = places["population"].to_numpy(np.float64)
    weights = free * people[:, None]
    allowed = np.arange(len(places))
    if candidates is not None:
        allowed = np.flatnonzero(places.index.isin(list(candidates)))
    near = near[allowed]
    cover = Cover([], 0, 0)
    if k and len(allowed) and weights.any():
        most = 1 if one_per_half_day else k
        cover = best_cover(
            near,
            weights,
            k=k,
            most_per_layer=most,
            close_enough=close_enough,
            time_limit_s=time_limit_s,
        )
    sites = _in_order(cover.sites, near, weights, people)
    sites.insert(1, "code_insee", places.index[allowed[sites["site"]]])
    sites.insert(2, "half_day", [half_days[layer].name for layer in sites["layer"]])
    gap = (cover.upper - cover.taken) / cover.upper if cover.upper else 0.0
    return Siting(
        sites=sites.drop(columns=["site", "layer"]),
        people_hours=cover.taken / _QUARTERS,
        upper_bound=cover.upper / _QUARTERS,
        gap=gap,
        method="greedy + swaps" if gap else "exact",
    )


def _check(communes: pd.DataFrame, k: int, candidates: Collection[str] | None) -> None:
    if k < 0:
        raise ValueError(f"Le nombre de permanences ne peut pas être négatif : {k}.")
    twice = communes.index[communes.index.duplicated()]
    if len(twice):
        raise ValueError(f"Commune en double : {_quoted(twice)}.")
    strangers = sorted(set(candidates or ()) - set(communes.index))
    if strangers:
        raise ValueError(f"Commune candidate hors du territoire : {_quoted(strangers)}.")


def _quoted(codes: Collection[str]) -> str:
    return ", ".join(f"« {code} »" for code in codes)


def _peopled(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the communes that have inhabitants and a town hall, sorted by code."""
    inhabited = communes["population"].fillna(0).gt(0) & communes["mairie"].notna()
    return communes.loc[inhabited, ["population", "mairie"]].sort_index()


def _spans(half_days: Sequence[HalfDay], monday: date) -> NDArray[np.uint64]:
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


def _in_order(
    sites: list[tuple[int, int]],
    near: sparse.csr_array,
    weights: NDArray[np.float64],
    people: NDArray[np.float64],
) -> pd.DataFrame:
    """Return each site its gain beside those above it, the largest first, none without a gain."""
    left, rows = weights.copy(), []
    waiting: dict[int, set[int]] = {}
    for site, layer in sites:
        waiting.setdefault(layer, set()).add(site)
    for layer, those in waiting.items():
        while those:
            gains = {site: left[_row(near, site), layer].sum() for site in sorted(those)}
            best = max(gains, key=gains.__getitem__)
            those.remove(best)
            places = _row(near, best)
            gainers = places[left[places, layer] > 0]
            rows.append((best, layer, gains[best] / _QUARTERS, int(people[gainers].sum())))
            left[gainers, layer] = 0
    found = pd.DataFrame(rows, columns=["site", "layer", "gain", "people"])
    found = found[found["gain"] > 0].sort_values(
        ["gain", "site", "layer"], ascending=[False, True, True], ignore_index=True
    )
    found.insert(0, "order", np.arange(1, len(found) + 1))
    return found


def _row(near: sparse.csr_array, site: int) -> NDArray[np.int32]:
    places: NDArray[np.int32] = near.indices[near.indptr[site] : near.indptr[site + 1]]
    return places
