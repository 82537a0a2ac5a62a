"""Where and when the net has holes: one question, and all that its answer shows.

A page, a report and a notebook say the same because they read the same `Situation`. The measures
are those of `geodata.coverage`; here they are only put together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geodata import communes, coverage, travel
from geodata.coverage import Reach, SlotClass, Verdict
from geodata.nearest import nearest_each
from geodata.points import measured_points
from geodata.selection import Selection, select
from geodata.services import ServiceType

MEASURED_TYPES: Final = tuple(
    kind for kind in ServiceType if kind not in (ServiceType.HEBERGEMENT, ServiceType.ECOUTE)
)
"""The types with a distance: nobody is sent to *the nearest* shelter, a phone line is nowhere."""

_PER_INHABITANTS: Final = 1000
_RINGS: Final = 3


@dataclass(frozen=True)
class Question:
    """Who has one of these services near, and open then.

    Attributes:
        departements: codes whose communes are looked at.
        types: kinds of services that count, wherever they are; none stands for all.
        km: how far as the crow flies, or
        minutes: how long by car, estimated (`geodata.travel`). Exactly one of the two, above 0.
        opening: the hours of the week that count; None for any.
        monday: the week that is looked at.

    Raises ValueError where it asks for nothing. The message is in French.
    """

    departements: Collection[str]
    types: Collection[ServiceType]
    monday: date
    km: float | None = None
    minutes: float | None = None
    opening: SlotClass | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "departements", tuple(sorted(set(self.departements))))
        object.__setattr__(self, "types", tuple(sorted(set(self.types))))
        if not self.departements:
            raise ValueError("Choisir au moins un département.")
        if (self.km is None) == (self.minutes is None):
            raise ValueError("Choisir une distance, ou une durée.")
        if not (self.km or self.minutes or 0) > 0:
            raise ValueError("La distance doit être plus grande que zéro.")

    @property
    def slots(self) -> NDArray[np.uint64] | None:
        """The quarter-hours that count, as `coverage` takes them; None for the whole week."""
        return coverage.SLOT_CLASSES[self.opening] if self.opening else None


@dataclass(frozen=True)
class Neighbours:
    """Which services each commune has in reach: found once, kept, whatever is asked of hours.

    `silent` and `without_data`: as in a Situation, of the whole list.
    `rings`: for the supply per inhabitant, reaches of growing radius; the widest is `reach`.
    `estimated`: minutes, if asked for, are an estimate.
    """

    communes: gpd.GeoDataFrame
    reach: Reach
    rings: tuple[Reach, ...]
    silent: tuple[str, ...]
    without_data: tuple[str, ...]
    estimated: bool = True


@dataclass(frozen=True)
class Situation:
    """The answer to a question: figures, and one row a commune.

    Attributes:
        question: what was asked.
        services: those that count and are in reach of some commune looked at.
        known: how many of these have hours that are known for the whole week.
        communes: those looked at, with `nom`, `departement`, `population`, `geometry`, and
            `nearest` (id, missing without any), `nearest_nom`, `nearest_m` (m), `services` (how
            many in reach), `certain_h` and `possible_h` (hours of the week asked for with somebody
            open: surely, or counting unknown hours as open), `gap_h` (longest stretch of the week
            with surely nobody, h), `supply` (hours a year for 1,000 inhabitants, E2SFCA),
            `verdict` (`coverage.Verdict`, None without a town hall), `doubtful` (the verdict in
            minutes changes with the assumption on detours).
        people: inhabitants counted (2023).
        near, certain, possible: share of them with a service in reach, one surely open, one that
            is or may be open.
        p50_m, p90_m: distance to the nearest that half, nine tenths of the people are within.
        gini: of the supply among inhabitants, 0 (all alike) to 1; NaN without any supply.
        by_hour, by_hour_possible: 7 × 24, share of the people with somebody open.
        silent: those of the départements asked for of which the list holds nothing at all: what
            has no service in reach there is *sans information*, not *sans service*.
        without_data: other départements with communes in reach of those looked at, of which the
            list holds nothing at all.
    """

    question: Question
    services: gpd.GeoDataFrame
    known: int
    communes: gpd.GeoDataFrame
    people: int
    near: float
    certain: float
    possible: float
    p50_m: float
    p90_m: float
    gini: float
    by_hour: pd.DataFrame
    by_hour_possible: pd.DataFrame
    silent: tuple[str, ...]
    without_data: tuple[str, ...]


def neighbours(
    services: gpd.GeoDataFrame, question: Question, told: pd.Series | None = None
) -> Neighbours:
    """Find what each commune asked for has in reach, of these services.

    `told`: minutes by (`code_insee`, `id`), as `travel.Matrix` holds them; they replace the
    estimate for every commune and service that they know. Only a question in minutes takes them.
    """
    looked_at = communes.read_communes(question.departements)
    radius_m = reach_m(looked_at, question)
    if told is None or question.minutes is None:
        rings = coverage.rings(looked_at, services, radius_m=radius_m, count=_RINGS)
    else:
        rings = _told_rings(looked_at, services, radius_m, told / question.minutes)
    return Neighbours(
        communes=looked_at,
        reach=rings[-1],
        rings=rings,
        silent=tuple(sorted(set(question.departements) - set(services["departement"]))),
        without_data=_without_data(services, looked_at, radius_m),
        estimated=told is None,
    )


def reach_m(looked_at: gpd.GeoDataFrame, question: Question) -> float | pd.Series:
    """Give how far the question goes, in metres: one for all, or each commune's own in minutes."""
    if question.minutes is None:
        return 1000 * (question.km or 0)
    return travel.reach_m(question.minutes, travel.density(looked_at))


def counted_services(services: gpd.GeoDataFrame, question: Question) -> gpd.GeoDataFrame:
    """Give the services that count: of the types asked for, wherever they are."""
    return select(services, Selection(types=question.types or MEASURED_TYPES))


def look(counted: gpd.GeoDataFrame, question: Question, around: Neighbours) -> Situation:
    """Answer a question.

    Args:
        counted: what `counted_services` gives, or what it would be (`geodata.scenario`).
        question: what is asked.
        around: what `neighbours` found for these services, or for more of them.
    """
    looked_at, reach = around.communes, around.reach
    monday, slots = question.monday, question.slots
    supply = coverage.supply_per_inhabitant(
        looked_at,
        counted,
        supply=coverage.yearly_hours(counted, monday.year),
        reach=around.rings,
    )
    nearest = nearest_each(looked_at["mairie"], measured_points(counted))

    def hours(*, unknown: bool) -> pd.Series:
        return coverage.open_hours(
            looked_at, counted, reach=reach, monday=monday, slots=slots, unknown=unknown
        )

    def share(*, unknown: bool) -> float:
        return coverage.covered_share(
            looked_at, counted, reach=reach, monday=monday, slots=slots, unknown=unknown
        )

    def by_hour(*, unknown: bool) -> pd.DataFrame:
        return coverage.covered_by_hour(
            looked_at, counted, reach=reach, monday=monday, unknown=unknown
        )

    verdict = coverage.verdict(looked_at, counted, reach=reach, monday=monday, slots=slots)
    untold = looked_at["departement"].isin(around.silent)
    nobody_knows = untold & (verdict == Verdict.SANS_SERVICE)
    rows = looked_at[["nom", "departement", "population", "geometry"]].assign(
        nearest=nearest["service"],
        nearest_nom=nearest["service"].map(counted["nom"]).astype("str"),
        nearest_m=nearest["distance_m"],
        services=coverage.service_count(looked_at, counted, reach=reach),
        certain_h=hours(unknown=False),
        possible_h=hours(unknown=True),
        gap_h=coverage.longest_gap_h(looked_at, counted, reach=reach, monday=monday),
        supply=_PER_INHABITANTS * supply,
        verdict=verdict.mask(nobody_knows, Verdict.SANS_INFORMATION),
        doubtful=_doubtful(looked_at, nearest["distance_m"], question, around),
    )
    in_reach = _in_reach(counted, reach)
    placed = looked_at["mairie"].notna()
    return Situation(
        question=question,
        services=in_reach,
        known=_known(in_reach, monday),
        communes=rows,
        people=int(looked_at.loc[placed, "population"].sum()),
        near=coverage.covered_share(looked_at, counted, reach=reach),
        certain=share(unknown=False),
        possible=share(unknown=True),
        p50_m=coverage.distance_quantile(looked_at, counted, q=0.5),
        p90_m=coverage.distance_quantile(looked_at, counted, q=0.9),
        gini=coverage.gini(supply[placed], looked_at.loc[placed, "population"])
        if supply.sum() > 0
        else np.nan,
        by_hour=by_hour(unknown=False),
        by_hour_possible=by_hour(unknown=True),
        silent=around.silent,
        without_data=around.without_data,
    )


def change(before: Situation, after: Situation) -> pd.DataFrame:
    """Tell what each commune gains or loses between two answers to one question.

    Columns, on the communes' index: `nom`, `population`, `before_h`, `after_h` and `gain_h` (hours
    of the week surely open), `newly` and `no_more` (becomes covered, is covered no more).
    """
    old, new = before.communes, after.communes
    was, is_now = (rows["verdict"] == Verdict.COUVERT for rows in (old, new))
    return pd.DataFrame(
        {
            "nom": old["nom"],
            "population": old["population"],
            "before_h": old["certain_h"],
            "after_h": new["certain_h"],
            "gain_h": new["certain_h"] - old["certain_h"],
            "newly": is_now & ~was,
            "no_more": was & ~is_now,
        }
    )


def worst_first(situation: Situation) -> gpd.GeoDataFrame:
    """Give the communes, the worst served first: by verdict, hours, distance, then population."""
    rank = {verdict: number for number, verdict in enumerate(_WORST_FIRST)}
    rows = situation.communes
    order = pd.DataFrame(
        {
            "verdict": rows["verdict"].map(rank),
            "hours": rows["certain_h"],
            "possible": rows["possible_h"],
            "away": -rows["nearest_m"],
            "people": -rows["population"].astype(float),
        }
    ).sort_values(["verdict", "hours", "possible", "away", "people"], kind="stable")
    return rows.loc[order.index]


_WORST_FIRST: Final = (
    Verdict.SANS_SERVICE,
    Verdict.FERME,
    Verdict.SANS_INFORMATION,
    Verdict.COUVERT,
)


def _in_reach(counted: gpd.GeoDataFrame, reach: Reach) -> gpd.GeoDataFrame:
    _, positions = reach.pairs()
    return counted[counted.index.isin(reach.services[np.unique(positions)])]


def _known(services: gpd.GeoDataFrame, monday: date) -> int:
    """How many of the services have no quarter-hour of the week in doubt."""
    surely = coverage.service_slots(services, monday)
    perhaps = coverage.service_slots(services, monday, unknown=True)
    return int((surely == perhaps).all(axis=1).sum())


def _doubtful(
    looked_at: gpd.GeoDataFrame, distance_m: pd.Series, question: Question, around: Neighbours
) -> pd.Series:
    if question.minutes is None or not around.estimated:
        return pd.Series(data=False, index=looked_at.index)
    density = travel.density(looked_at)
    return coverage.changes_in_band(distance_m, density, minutes=question.minutes)


def _told_rings(
    looked_at: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    radius_m: float | pd.Series,
    told: pd.Series,
) -> tuple[Reach, ...]:
    """Give reaches of one, two and three thirds of the time; `told` is 1 at the whole of it.

    A commune or a service that no told pair knows (a drop-in that does not exist yet) keeps the
    estimate.
    """
    known_codes, known_ids = (told.index.get_level_values(level) for level in (0, 1))
    rings: list[Reach] = []
    for ring in coverage.rings(looked_at, services, radius_m=radius_m, count=_RINGS):
        rows, columns = ring.pairs()
        codes, ids = looked_at.index[rows], services.index[columns]
        unknown = ~(codes.isin(known_codes) & ids.isin(known_ids))
        guessed = pd.MultiIndex.from_arrays([codes[unknown], ids[unknown]])
        within = told.index[told <= (len(rings) + 1) / _RINGS]
        pairs = cast("pd.MultiIndex", guessed.append(within))
        rings.append(coverage.reach_of_pairs(looked_at, services, pairs))
    return tuple(rings)


def _without_data(
    services: gpd.GeoDataFrame, looked_at: gpd.GeoDataFrame, radius_m: float | pd.Series
) -> tuple[str, ...]:
    """Départements with a town hall in reach of one looked at, and not a single service listed."""
    halls = communes.read_town_halls().dropna(subset=["lng"])
    listed = {*services["departement"], *looked_at["departement"]}
    others = halls[~halls["departement"].isin(listed)]
    here = halls.loc[halls.index.intersection(looked_at.index)]
    reached_m = radius_m.loc[here.index].to_numpy() if isinstance(radius_m, pd.Series) else radius_m
    tree = KDTree(communes.to_xyz(others["lng"], others["lat"]))
    found = tree.query_ball_point(communes.to_xyz(here["lng"], here["lat"]), reached_m)
    rows = sorted({int(row) for near in np.atleast_1d(found) for row in near})
    return tuple(sorted(others["departement"].iloc[rows].unique()))
