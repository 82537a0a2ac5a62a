"""The answer to one question about coverage: all measures of a territory, put together.

A page, a report and a notebook say the same because they read the same `Situation`. The measures
themselves are in `geodata.coverage`. To add one, add a row to `_COLUMNS` (one value per commune) or
to `_FIGURES` (one value for all the people), and a field of the same name to `Situation`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geodata import communes, coverage, travel
from geodata.coverage import DaysAndHours, Near, Reach, SlotClass, Verdict
from geodata.nearest import nearest_each
from geodata.points import measured_points
from geodata.population import People
from geodata.selection import Selection, select
from geodata.service_types import Aid, ServiceType

MEASURED_AIDS: Final = tuple(aid for aid in Aid if aid is not Aid.ABRI)
"""The aids with a distance: a place of safety may be far away, or secret."""
MEASURED_TYPES: Final = tuple(kind for kind in ServiceType if kind.facts.measured)
"""The types with a distance: nobody is sent to *the nearest* shelter, a phone line is nowhere."""

Result = TypeVar("Result", float, pd.Series, pd.DataFrame)

_GIVEN: Final = (
    *("nom", "departement", "population"),
    *("epci", "epci_nom", "arrondissement", "arrondissement_nom"),
)
_PER_INHABITANTS: Final = 1000
_RINGS: Final = 3


@dataclass(frozen=True)
class Question:
    """A question: which people have one of these services within reach, and open at these hours.

    Attributes:
        departements: codes of the territory.
        types: kinds of services that count, wherever they are; none stands for all.
        km: how far as the crow flies, or
        minutes: how long by car, estimated (`geodata.travel`). Exactly one of the two, above 0.
        opening: the hours of the week that count; None for any.
        aids: only services that give one of these count (`aids.aids_of`); none stands for all.
        monday: the first day of the week.
        who: whom the figures count; `measure` is given how many live where.

    Raises ValueError where a part is missing. The message is in French.
    """

    departements: Collection[str]
    types: Collection[ServiceType]
    monday: date
    km: float | None = None
    minutes: float | None = None
    opening: SlotClass | DaysAndHours | None = None
    aids: Collection[Aid] = ()
    who: People = People.ALL

    def __post_init__(self) -> None:
        object.__setattr__(self, "aids", tuple(aid for aid in Aid if aid in self.aids))
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
        return coverage.slots_of(self.opening) if self.opening else None

    @property
    def hours(self) -> float:
        """How many hours of the week count."""
        return 168.0 if self.slots is None else int(np.bitwise_count(self.slots).sum()) / 4


@dataclass(frozen=True)
class Neighbours:
    """Which services each commune has in reach. It does not depend on opening hours.

    Attributes:
        communes: those of the territory.
        sharing: these and all others whose people may share a service with theirs: `population`
            and `mairie` alone.
        rings: reaches of growing radius, of all that share; the widest is the reach asked for.
        ends: for minutes, the reach with the shortest and with the longest detours of the
            assumption, of the territory; empty for kilometres.
    """

    communes: gpd.GeoDataFrame
    sharing: gpd.GeoDataFrame
    rings: tuple[Reach, ...]
    ends: tuple[Reach, ...]

    @property
    def reach(self) -> Reach:
        """The reach asked for."""
        return self.rings[-1]


@dataclass(frozen=True)
class Situation:
    """The answer to a question: figures, and one row a commune.

    Attributes:
        question: what was asked.
        services: those that count and are in reach of a commune of the territory.
        known: how many of these have hours that are known for the whole week.
        communes: the territory, with `nom`, `departement`, `population`, `epci`, `epci_nom`,
            `arrondissement`, `arrondissement_nom`, `geometry`, and
            `nearest` (id, missing without any), `nearest_nom`, `nearest_m` (m), `services` (how
            many in reach), `certain_h` and `possible_h` (hours of the week asked for with somebody
            open: surely, or counting unknown hours as open), `gap_h` and `gap_possible_h` (longest
            stretch of the week with nobody, h, in the same two ways), `supply` (hours a year for
            1,000 inhabitants, E2SFCA), `verdict` (`coverage.Verdict`, None without a town hall),
            `doubtful` (the verdict in minutes changes with the assumption on detours), `complete`
            (the list is declared to hold every service in reach: elsewhere, *none* means none in
            the list).
        weight: the people who are counted in each commune; missing without a town hall.
        people: how many in all: inhabitants of 2023, or those that `question.who` names.
        near, certain, possible: share of them with a service in reach, one surely open, one that
            is or may be open.
        p50_m, p90_m: distance to the nearest that half, nine tenths of the people are within.
        gini: of the supply among inhabitants, 0 (all alike) to 1; NaN without any supply.
        by_hour, by_hour_possible: 7 × 24, share of the people with somebody open.
        unlisted: those of the départements asked for where the list has no place that counts.
            Who has none in reach there is *sans information*, not *sans service*, has no
            nearest, and counts in what is possible: nobody knows.
        unlisted_neighbours: other départements with communes in reach, where the list has no place
            of these types either.
        complete: those of the départements asked for where the list is declared to hold all such
            services. They are never `unlisted`.
        scenario: what it supposes (`str` of a `scenario.Scenario`); "" for things as they are.
    """

    question: Question
    services: gpd.GeoDataFrame
    known: int
    communes: gpd.GeoDataFrame
    weight: pd.Series
    people: int
    near: float
    certain: float
    possible: float
    p50_m: float
    p90_m: float
    gini: float
    by_hour: pd.DataFrame
    by_hour_possible: pd.DataFrame
    unlisted: tuple[str, ...]
    unlisted_neighbours: tuple[str, ...]
    complete: tuple[str, ...] = ()
    scenario: str = ""

    @property
    def inhabitants(self) -> int:
        """The population of the communes that are measured, whoever is counted."""
        return int(self.communes["population"][self.communes["verdict"].notna()].sum())


def neighbours(
    services: gpd.GeoDataFrame, question: Question, minutes: pd.Series | None = None
) -> Neighbours:
    """Find which of these services each commune of the territory has in reach.

    `minutes`: real minutes by (`code_insee`, `id`), as `travel.Matrix` holds them; they replace the
    estimate for every commune and service that they know. Only a question in minutes takes them.
    """
    territory = _communes_of(tuple(question.departements))
    sharing = _sharing(territory, reach_m(territory, question))
    real_share = None if minutes is None or question.minutes is None else minutes / question.minutes
    rings = coverage.rings(sharing, services, radius_m=reach_m(sharing, question), count=_RINGS)
    ends = () if question.minutes is None else _ends(territory, services, question)
    if real_share is not None:
        rings = tuple(
            _with_real_minutes(sharing, services, ring, real_share, within=number / _RINGS)
            for number, ring in enumerate(rings, start=1)
        )
        ends = tuple(
            _with_real_minutes(territory, services, end, real_share, within=1) for end in ends
        )
    return Neighbours(territory, sharing, rings, ends)


@lru_cache(maxsize=16)
def _communes_of(departements: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Read communes once for all the questions about them: never to be changed in place."""
    return communes.read_communes(departements)


def reach_m(territory: gpd.GeoDataFrame, question: Question) -> float | pd.Series:
    """Return the radius of a question in metres: one, or for minutes one for each commune."""
    if question.minutes is None:
        return 1000 * (question.km or 0)
    return travel.reach_m(question.minutes, travel.densities().reindex(territory.index))


def counted_services(services: gpd.GeoDataFrame, question: Question) -> gpd.GeoDataFrame:
    """Return the services that count: of the types and aids asked for, wherever they are."""
    return select(services, Selection(types=question.types or MEASURED_TYPES, aides=question.aids))


def measure(
    counted: gpd.GeoDataFrame,
    question: Question,
    reached: Neighbours,
    *,
    listed: gpd.GeoDataFrame | None = None,
    complete: Collection[str] = (),
    scenario: str = "",
    weight: pd.Series | None = None,
) -> Situation:
    """Answer a question: the measures of each commune, and the figures of all the people.

    Args:
        counted: what `counted_services` gives, or what it would be (`geodata.situation.scenario`).
        question: what is asked.
        reached: what `neighbours` found for these services, or for more of them.
        listed: what `counted_services` gives, where `counted` is what would be.
        complete: départements where the list is declared to hold all services asked for.
        scenario: what that supposes.
        weight: how many of `question.who` live in each commune; None for the population. The
            supply is shared among all inhabitants all the same.
    """
    places = counted if listed is None else listed
    known = set(places["departement"][measured_points(places).notna()]) | set(complete)
    unlisted = tuple(sorted(set(question.departements) - known))
    basis = _Basis(question, reached, counted, unlisted, frozenset(complete))
    rows, reach = reached.communes, basis.reach
    weight = (rows["population"] if weight is None else weight.reindex(rows.index)).where(
        reach.measured
    )
    services = counted[reach.total_back(np.ones(len(rows))) > 0]
    return Situation(
        question=question,
        services=services,
        known=_known(services, question.monday),
        communes=rows[[*_GIVEN, "geometry"]].assign(
            **{name: column(basis) for name, column in _COLUMNS.items()}
        ),
        weight=weight,
        unlisted=unlisted,
        unlisted_neighbours=_unlisted_neighbours(known, rows, reach_m(rows, question)),
        complete=tuple(code for code in question.departements if code in complete),
        scenario=scenario,
        **{name: figure(basis, weight) for name, figure in _FIGURES.items()},
    )


# --- the measures -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Basis:
    """What the measures of a question are computed from.

    Attributes:
        question: what is asked.
        neighbours: which services each commune has in reach.
        services: those that count.
        unlisted: those of the départements asked for where the list has no place of these types.
        declared: départements where the list is declared to hold all services asked for.
    """

    question: Question
    neighbours: Neighbours
    services: gpd.GeoDataFrame
    unlisted: tuple[str, ...]
    declared: frozenset[str]

    @property
    def communes(self) -> gpd.GeoDataFrame:
        return self.neighbours.communes

    @cached_property
    def reach(self) -> Near:
        return coverage.narrowed(self.neighbours.reach, self.communes, self.services)

    @cached_property
    def services_in_reach(self) -> pd.Series:
        return coverage.service_count(self.communes, self.services, reach=self.reach)

    @cached_property
    def unknown(self) -> pd.Series:
        """Communes with no service in reach, in a département where the list has no place."""
        unlisted = self.communes["departement"].isin(self.unlisted)
        unknown: pd.Series = self.reach.measured & unlisted & (self.services_in_reach == 0)
        return unknown

    @cached_property
    def nearest(self) -> pd.DataFrame:
        found = nearest_each(self.communes["mairie"], measured_points(self.services))
        return found.where(~self.unknown)

    @cached_property
    def supply(self) -> pd.Series:
        """Hours a year per inhabitant (E2SFCA)."""
        return coverage.supply_per_inhabitant(
            self.neighbours.sharing,
            self.services,
            supply=coverage.yearly_hours(self.services, self.question.monday.year),
            reach=self.neighbours.rings,
        ).reindex(self.communes.index)

    def in_week(self, measure: Callable[..., Result], **options: Any) -> Result:
        """Return a measure of `coverage` in the week asked for."""
        options = {"reach": self.reach, "monday": self.question.monday} | options
        return measure(self.communes, self.services, **options)

    def possibly(self, measure: Callable[..., Result], weight: pd.Series, **options: Any) -> Result:
        """Return a share of the people that counts those of the `unknown` communes as covered."""
        part = float(weight[self.unknown].sum() / weight.sum()) if weight.sum() else 0.0
        known = weight.mask(self.unknown, 0) if part < 1 else weight
        share = self.in_week(measure, weight=known, unknown=True, **options)
        possible: Result = share * (1 - part) + part
        return possible if part else share

    def verdict(self, reach: Reach | Near) -> pd.Series:
        return self.in_week(coverage.verdict, reach=reach, slots=self.question.slots)


def _verdict(basis: _Basis) -> pd.Series:
    # Not `mask`, which makes plain text of a column that it fills.
    verdict = basis.verdict(basis.reach)
    verdict[basis.unknown] = Verdict.SANS_INFORMATION
    return verdict


def _doubtful(basis: _Basis) -> pd.Series:
    """Return where the verdicts at the two ends of the assumption on detours differ."""
    if not basis.neighbours.ends:
        return pd.Series(data=False, index=basis.communes.index)
    shortest, longest = map(basis.verdict, basis.neighbours.ends)
    return (shortest != longest) & shortest.notna()


def _complete(basis: _Basis) -> pd.Series:
    """Return where every département with a town hall in reach is declared complete."""
    rows = basis.communes
    complete: pd.Series = rows["departement"].isin(basis.declared)
    if not complete.any():
        return complete
    radius_m = reach_m(rows, basis.question)
    widest_m = float(radius_m.max()) if isinstance(radius_m, pd.Series) else radius_m
    here, others = communes.town_halls_around(rows.index, widest_m)
    around = pd.concat([here, others])
    around = around[~around["departement"].isin(basis.declared)]
    away_m, _ = KDTree(communes.to_xyz(around["lng"], around["lat"])).query(
        communes.to_xyz(here["lng"], here["lat"])
    )
    reached_m = radius_m.loc[here.index] if isinstance(radius_m, pd.Series) else radius_m
    elsewhere = here.index[away_m <= reached_m]
    return complete.mask(rows.index.isin(elsewhere), other=False)


_COLUMNS: Final[Mapping[str, Callable[[_Basis], pd.Series]]] = MappingProxyType(
    {
        "nearest": lambda it: it.nearest["service"],
        "nearest_nom": lambda it: it.nearest["service"].map(it.services["nom"]).astype("str"),
        "nearest_m": lambda it: it.nearest["distance_m"],
        "services": lambda it: it.services_in_reach,
        "certain_h": lambda it: it.in_week(coverage.open_hours, slots=it.question.slots),
        "possible_h": lambda it: it.in_week(
            coverage.open_hours, slots=it.question.slots, unknown=True
        ).mask(it.unknown, it.question.hours),
        "gap_h": lambda it: it.in_week(coverage.longest_gap_h),
        "gap_possible_h": lambda it: it.in_week(coverage.longest_gap_h, unknown=True).mask(
            it.unknown, 0.0
        ),
        "supply": lambda it: _PER_INHABITANTS * it.supply,
        "verdict": _verdict,
        "doubtful": _doubtful,
        "complete": _complete,
    }
)
"""The measures of a commune: the columns of `Situation.communes`."""

_FIGURES: Final[Mapping[str, Callable[[_Basis, pd.Series], Any]]] = MappingProxyType(
    {
        "people": lambda _, weight: int(weight.sum()),
        "near": lambda it, weight: coverage.covered_share(
            it.communes, it.services, reach=it.reach, weight=weight
        ),
        "certain": lambda it, weight: it.in_week(
            coverage.covered_share, weight=weight, slots=it.question.slots
        ),
        "possible": lambda it, weight: it.possibly(
            coverage.covered_share, weight, slots=it.question.slots
        ),
        "p50_m": lambda it, weight: _within_m(it, weight, 0.5),
        "p90_m": lambda it, weight: _within_m(it, weight, 0.9),
        "gini": lambda it, weight: (
            coverage.gini(it.supply, weight) if it.supply.sum() > 0 else np.nan
        ),
        "by_hour": lambda it, weight: it.in_week(coverage.covered_by_hour, weight=weight),
        "by_hour_possible": lambda it, weight: it.possibly(coverage.covered_by_hour, weight),
    }
)
"""The figures of all the people: fields of `Situation`. `weight` says how many live where."""


def _within_m(basis: _Basis, weight: pd.Series, q: float) -> float:
    return coverage.weighted_quantile(basis.nearest["distance_m"], weight, q=q)


# --- comparing and ranking ----------------------------------------------------------------


def change(before: Situation, after: Situation) -> pd.DataFrame:
    """Return what each commune gains or loses between two answers to one question.

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
    """Return the communes, the worst served first: by verdict, hours, distance, then population."""
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


def largest_uncovered(situation: Situation) -> gpd.GeoDataFrame:
    """Return the communes where nobody is surely open within reach, the largest first."""
    rows = situation.communes
    uncovered = rows[rows["verdict"].notna() & (rows["verdict"] != Verdict.COUVERT)]
    return uncovered.sort_values("population", ascending=False, kind="stable")


_WORST_FIRST: Final = (
    Verdict.SANS_SERVICE,
    Verdict.FERME,
    Verdict.SANS_INFORMATION,
    Verdict.COUVERT,
)


def _known(services: gpd.GeoDataFrame, monday: date) -> int:
    """How many of the services have no quarter-hour of the week in doubt."""
    surely = coverage.service_slots(services, monday)
    perhaps = coverage.service_slots(services, monday, unknown=True)
    return int((surely == perhaps).all(axis=1).sum())


def _sharing(territory: gpd.GeoDataFrame, radius_m: float | pd.Series) -> gpd.GeoDataFrame:
    """Return the territory and the communes within twice the radius, which share its services."""
    widest_m = float(radius_m.max()) if isinstance(radius_m, pd.Series) else radius_m
    here, others = communes.town_halls_around(territory.index, 2 * widest_m)
    tree = KDTree(communes.to_xyz(here["lng"], here["lat"]))
    away_m, _ = tree.query(communes.to_xyz(others["lng"], others["lat"]))
    near = others[away_m <= 2 * widest_m]
    beside = gpd.GeoDataFrame(
        {
            "population": near["population"],
            "mairie": gpd.GeoSeries.from_xy(near["lng"], near["lat"], crs=territory.crs),
        },
        index=near.index,
    )
    return gpd.GeoDataFrame(pd.concat([territory[["population", "mairie"]], beside]))


def _ends(
    territory: gpd.GeoDataFrame, services: gpd.GeoDataFrame, question: Question
) -> tuple[Reach, ...]:
    """The reach with the shortest and with the longest detours that are assumed."""
    density, minutes = travel.densities().reindex(territory.index), question.minutes or 0
    radii = (travel.reach_m(minutes, density, detour=detour) for detour in travel.DETOUR_BAND)
    return tuple(coverage.reach(territory, services, radius_m=radius_m) for radius_m in radii)


def _with_real_minutes(
    origins: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    estimated: Reach,
    minutes: pd.Series,
    *,
    within: float,
) -> Reach:
    """Replace an estimated reach by the pairs that are told to be `within` a share of the time.

    A commune or a service that no told pair knows (a drop-in that does not exist yet) keeps the
    estimate.
    """
    known_codes, known_ids = (minutes.index.get_level_values(level).unique() for level in (0, 1))
    rows, columns = estimated.pairs()
    known = origins.index.isin(known_codes)[rows] & services.index.isin(known_ids)[columns]
    guessed = pd.MultiIndex.from_arrays(
        [origins.index[rows[~known]], services.index[columns[~known]]]
    )
    pairs = cast("pd.MultiIndex", guessed.append(minutes.index[minutes <= within]))
    return coverage.reach_of_pairs(origins, services, pairs)


def _unlisted_neighbours(
    known: set[str], territory: gpd.GeoDataFrame, radius_m: float | pd.Series
) -> tuple[str, ...]:
    """Other départements with a town hall in reach of one looked at, and no place listed."""
    widest_m = float(radius_m.max()) if isinstance(radius_m, pd.Series) else radius_m
    here, others = communes.town_halls_around(territory.index, widest_m)
    others = others[~others["departement"].isin({*known, *here["departement"]})]
    reached_m = radius_m.loc[here.index].to_numpy() if isinstance(radius_m, pd.Series) else radius_m
    tree = KDTree(communes.to_xyz(others["lng"], others["lat"]))
    found = tree.query_ball_point(communes.to_xyz(here["lng"], here["lat"]), reached_m)
    rows = sorted({int(row) for near in np.atleast_1d(found) for row in near})
    return tuple(sorted(others["departement"].iloc[rows].unique()))
