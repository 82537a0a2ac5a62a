"""The answer to one question about coverage: all measures of a territory, put together.

A page, a report and a notebook say the same because they read the same `Situation`. The measures
themselves are in `geodata.coverage`. To add one, add a row to `_COLUMNS` (one value per commune) or
to `_FIGURES` (one value for all the people), and a field of the same name to `Situation`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geodata import aids, communes, coverage, own_territory, transit, travel
from geodata.coverage import DaysAndHours, Near, Reach, SlotClass, Verdict
from geodata.gtfs import Feed
from geodata.nearest import nearest_each
from geodata.own_territory import OwnTerritory
from geodata.points import measured_points
from geodata.population import People
from geodata.selection import Selection, select
from geodata.service_types import Aid, ServiceType
from geodata.transit import Week

MEASURED_AIDS: Final = tuple(aid for aid in Aid if aid is not Aid.ABRI)
"""The aids with a distance: a place of safety may be far away, or secret."""
MEASURED_TYPES: Final = tuple(kind for kind in ServiceType if kind.facts.measured)
"""The types with a distance: nobody is sent to *the nearest* shelter, a phone line is nowhere."""

Result = TypeVar("Result", float, pd.Series, pd.DataFrame)

_GIVEN: Final = (
    *("nom", "departement", "population"),
    *("epci", "epci_nom", "arrondissement", "arrondissement_nom", "territoire"),
)
_PER_PEOPLE: Final = 1000
_RINGS: Final = 3
# As the crow flies, no bus or local train of a whole trip is quicker: who might share a service.
_TRANSIT_M_A_MINUTE: Final = 1000


@dataclass(frozen=True)
class Question:
    """A question: which people have one of these services within reach, and open at these hours.

    Attributes:
        departements: codes of the territory.
        types: kinds of services that count, wherever they are; none stands for all.
        km: how far as the crow flies, or
        minutes: how long by car, estimated (`geodata.travel`), or
        walk_km: how far on foot, estimated (`geodata.transit`), or
        transit_minutes: how long on foot and by public transport, there and back on the same day.
            Exactly one of the four, above 0.
        opening: the hours of the week that count; None for any.
        aids: only services that give one of these count (`aids.aids_of`); none stands for all.
        monday: the first day of the week.
        langues: only services where one of these is spoken, or that have an interpreter; one that
            does not say its languages is possible, never sure. None for any.
        who: whom the figures count; `measure` is given how many live where.
        own: territories of one's own, whose communes alone are looked at; `departements` are then
            those of these communes, whatever is given.

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
    own: tuple[OwnTerritory, ...] = ()
    langues: Collection[str] = ()
    walk_km: float | None = None
    transit_minutes: float | None = None

    def __post_init__(self) -> None:
        if self.own:
            homes = {home for one in self.own for home in one.departements}
            object.__setattr__(self, "departements", homes)
        object.__setattr__(self, "aids", tuple(aid for aid in Aid if aid in self.aids))
        object.__setattr__(self, "departements", tuple(sorted(set(self.departements))))
        object.__setattr__(self, "types", tuple(sorted(set(self.types))))
        object.__setattr__(self, "langues", tuple(sorted(set(self.langues))))
        if not self.departements:
            raise ValueError("Choisir au moins un département.")
        limits = (self.km, self.minutes, self.walk_km, self.transit_minutes)
        if sum(limit is not None for limit in limits) != 1:
            raise ValueError("Choisir une distance, ou une durée.")
        if not max(limit or 0 for limit in limits) > 0:
            raise ValueError("La distance doit être plus grande que zéro.")

    @property
    def slots(self) -> NDArray[np.uint64] | None:
        """The quarter-hours that count, as `coverage` takes them; None for the whole week."""
        return coverage.slots_of(self.opening) if self.opening else None

    @property
    def communes(self) -> tuple[str, ...]:
        """The codes of the communes that are looked at."""
        if self.own:
            return tuple(sorted(own_territory.homes(self.own)))
        halls = communes.read_town_halls()
        return tuple(halls.index[halls["departement"].isin(self.departements)])

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
        ends: for minutes by car, the reach with the shortest and with the longest detours of the
            assumption, of the territory; empty otherwise.
        week: for public transport, the ways of the week from those that share.
    """

    communes: gpd.GeoDataFrame
    sharing: gpd.GeoDataFrame
    rings: tuple[Reach, ...]
    ends: tuple[Reach, ...]
    week: Week | None = None

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
            `arrondissement`, `arrondissement_nom`, `territoire`, `geometry`, `people` (`weight`),
            `nearest` (id, missing without any), `nearest_nom`, `nearest_m` (m), `services` (how
            many in reach), `certain_h` and `possible_h` (hours of the week asked for with somebody
            open: surely, or counting unknown hours as open), `gap_h` and `gap_possible_h` (longest
            stretch of the week with nobody, h, in the same two ways), `supply` (hours a year for
            1,000 of the people who are counted, E2SFCA), `verdict` (`coverage.Verdict`, None
            without a town hall), `doubtful` (the verdict in minutes changes with the assumption on
            detours), `complete` (the list is declared to hold every service in reach: elsewhere,
            *none* means none in the list).
        weight: the people who are counted in each commune; missing without a town hall.
        people: how many in all: inhabitants of 2023, or those that `question.who` names.
        near, certain, possible: share of them with a service in reach, one surely open, one that
            is or may be open.
        p50_m, p90_m: distance to the nearest that half, nine tenths of the people are within.
        gini: of the supply among these people, 0 (all alike) to 1; NaN without any supply.
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
    services: gpd.GeoDataFrame,
    question: Question,
    minutes: pd.Series | None = None,
    feed: Feed | None = None,
) -> Neighbours:
    """Find which of these services each commune of the territory has in reach.

    `minutes`: real minutes by (`code_insee`, `id`), as `travel.Matrix` holds them; they replace the
    estimate for every commune and service that they know. Only a question in minutes takes them.
    `feed`: the timetables, for a question in `transit_minutes`. Raises ValueError without them.
    """
    territory = communes_of(question)
    if question.transit_minutes is not None:
        return _without_car(territory, services, question, feed)
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


def communes_of(question: Question) -> gpd.GeoDataFrame:
    """Read the communes that are looked at, with `territoire`: their territory of one's own, or "".

    They are read once for all the questions about them: never to be changed in place.
    """
    return _communes_of(tuple(question.departements), question.own)


@lru_cache(maxsize=16)
def _communes_of(departements: tuple[str, ...], own: tuple[OwnTerritory, ...]) -> gpd.GeoDataFrame:
    found = communes.read_communes(departements)
    homes = own_territory.homes(own)
    if own:
        found = found[found.index.isin(list(homes))]
    return found.assign(territoire=[homes.get(str(code), "") for code in found.index])


def reach_m(territory: gpd.GeoDataFrame, question: Question) -> float | pd.Series:
    """Return the radius of a question in metres: one, or for minutes one for each commune."""
    if question.walk_km is not None:
        return 1000 * question.walk_km / travel.DETOUR
    if question.transit_minutes is not None:
        return _TRANSIT_M_A_MINUTE * question.transit_minutes
    if question.minutes is None:
        return 1000 * (question.km or 0)
    return travel.reach_m(question.minutes, travel.densities().reindex(territory.index))


def within_hours(reach: Reach, question: Question) -> Reach:
    """Return a reach in which who comes by public transport is there at the hours asked for."""
    if reach.presence is None or question.slots is None:
        return reach
    return replace(reach, presence=reach.presence & question.slots)


def counted_services(services: gpd.GeoDataFrame, question: Question) -> gpd.GeoDataFrame:
    """Return the services that count: of the types and aids asked for, wherever they are.

    With languages asked for, those that say another one alone do not count, and `coverage.UNSURE`
    marks those that say none.
    """
    wanted = Selection(
        types=question.types or MEASURED_TYPES, aides=question.aids, langues=question.langues
    )
    counted = select(services, wanted)
    if not question.langues:
        return counted
    spoken = aids.says(counted, "langues", question.langues)
    return counted.assign(**{coverage.UNSURE: ~spoken})


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
        weight: how many of `question.who` live in each commune, beyond the territory too: they
            share its services. None for the population.
    """
    places = counted if listed is None else listed
    known = set(places["departement"][measured_points(places).notna()]) | set(complete)
    unlisted = tuple(sorted(set(question.departements) - known))
    basis = _Basis(question, reached, counted, unlisted, frozenset(complete), weight)
    rows, reach = reached.communes, basis.reach
    weight = (rows["population"] if weight is None else weight.reindex(rows.index)).where(
        reach.measured
    )
    return Situation(
        question=question,
        services=basis.near,
        known=_known(basis.near, question.monday),
        communes=rows[[*_GIVEN, "geometry"]].assign(
            people=weight, **{name: column(basis) for name, column in _COLUMNS.items()}
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
        people: the people who are counted, by commune, beyond the territory too; None for the
            population.
    """

    question: Question
    neighbours: Neighbours
    services: gpd.GeoDataFrame
    unlisted: tuple[str, ...]
    declared: frozenset[str]
    people: pd.Series | None

    @property
    def communes(self) -> gpd.GeoDataFrame:
        return self.neighbours.communes

    @cached_property
    def reach(self) -> Near:
        return coverage.narrowed(self.neighbours.reach, self.communes, self.services)

    @cached_property
    def near(self) -> gpd.GeoDataFrame:
        """The services that some commune of the territory has in reach."""
        return self.services[self.reach.total_back(np.ones(len(self.communes))) > 0]

    @cached_property
    def asked(self) -> Near:
        """The reach, with the half hour on the spot within the hours asked for."""
        whole = self.neighbours.reach
        inside = within_hours(whole, self.question)
        if inside is whole:
            return self.reach
        return coverage.narrowed(inside, self.communes, self.services)

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
        """Hours a year for one of the people who are counted (E2SFCA)."""
        return coverage.supply_per_inhabitant(
            self.neighbours.sharing,
            self.services,
            supply=coverage.yearly_hours(self.near, self.question.monday.year),
            reach=self.neighbours.rings,
            people=self.people,
        ).reindex(self.communes.index)

    def in_week(self, measure: Callable[..., Result], **options: Any) -> Result:
        """Return a measure of `coverage` in the week asked for."""
        reach = self.asked if "slots" in options else self.reach
        options = {"reach": reach, "monday": self.question.monday} | options
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
    verdict = basis.verdict(basis.asked)
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


def _names(services: gpd.GeoDataFrame) -> pd.Series:
    """Return the names of the services, and of those that do not say their languages, that too."""
    names: pd.Series = services["nom"]
    if coverage.UNSURE in services:
        names = names.where(~services[coverage.UNSURE], names + " (langues non dites)")
    return names


_COLUMNS: Final[Mapping[str, Callable[[_Basis], pd.Series]]] = MappingProxyType(
    {
        "nearest": lambda it: it.nearest["service"],
        "nearest_nom": lambda it: it.nearest["service"].map(_names(it.services)).astype("str"),
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
        "supply": lambda it: _PER_PEOPLE * it.supply,
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

    Columns, on the communes' index: `nom`, `population`, `people` (those who are counted there),
    `before_h`, `after_h` and `gain_h` (hours of the week surely open), `newly` and `no_more`
    (becomes covered, is covered no more).
    """
    old, new = before.communes, after.communes
    was, is_now = (rows["verdict"] == Verdict.COUVERT for rows in (old, new))
    return pd.DataFrame(
        {
            "nom": old["nom"],
            "population": old["population"],
            "people": new["people"],
            "before_h": old["certain_h"],
            "after_h": new["certain_h"],
            "gain_h": new["certain_h"] - old["certain_h"],
            "newly": is_now & ~was,
            "no_more": was & ~is_now,
        }
    )


def worst_first(situation: Situation) -> gpd.GeoDataFrame:
    """Return the communes, the worst served first: by verdict, hours, distance, then people."""
    rank = {verdict: number for number, verdict in enumerate(_WORST_FIRST)}
    rows = situation.communes
    order = pd.DataFrame(
        {
            "verdict": rows["verdict"].map(rank),
            "hours": rows["certain_h"],
            "possible": rows["possible_h"],
            "away": -rows["nearest_m"],
            "people": -rows["people"].astype(float),
        }
    ).sort_values(["verdict", "hours", "possible", "away", "people"], kind="stable")
    return rows.loc[order.index]


def largest_uncovered(situation: Situation) -> gpd.GeoDataFrame:
    """Return the communes where nobody is surely open within reach, those of most people first."""
    rows = situation.communes
    uncovered = rows[rows["verdict"].notna() & (rows["verdict"] != Verdict.COUVERT)]
    return uncovered.sort_values("people", ascending=False, kind="stable")


_WORST_FIRST: Final = (
    Verdict.SANS_SERVICE,
    Verdict.FERME,
    Verdict.SANS_INFORMATION,
    Verdict.COUVERT,
)


def _known(services: gpd.GeoDataFrame, monday: date) -> int:
    """How many of the services surely are what is asked for, with no quarter-hour in doubt."""
    surely = coverage.service_slots(services, monday)
    perhaps = coverage.service_slots(services, monday, unknown=True)
    known = (surely == perhaps).all(axis=1)
    return int((known & ~coverage.unsure(services)).sum())


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


def _without_car(
    territory: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    question: Question,
    feed: Feed | None,
) -> Neighbours:
    """Find who can be at which service, and when, between a way there and a way back by timetable.

    Outside the territory, those share its services whose town hall is near a stop of the feed.
    """
    if feed is None or question.transit_minutes is None:
        raise ValueError("Il faut les horaires des transports (GTFS).")
    around = _sharing(territory, reach_m(territory, question))
    near = transit.near_a_stop(feed, around["mairie"])
    sharing = around[near | (territory.index.get_indexer(around.index) >= 0)]
    week = transit.week(feed, sharing["mairie"], measured_points(services), question.monday)
    access = week.access(question.transit_minutes)
    rings = []
    for part in range(1, _RINGS + 1):
        within = access.minutes <= question.transit_minutes * part / _RINGS
        pairs = pd.MultiIndex.from_arrays(
            [sharing.index[access.origins[within]], services.index[access.targets[within]]]
        )
        rings.append(
            coverage.reach_of_pairs(sharing, services, pairs, presence=access.presence[within])
        )
    return Neighbours(territory, sharing, tuple(rings), (), week)


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
