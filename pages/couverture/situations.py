"""What the page Couverture computes, cached: the neighbours once, then each answer."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import geopandas as gpd
import pandas as pd

from geodata import coverage, situation
from geodata.population import People
from geodata.situation import (
    MEASURED_TYPES,
    Neighbours,
    Question,
    Situation,
    gaps,
    indicators,
    outings,
)
from geodata.situation import scenario as what_if
from geodata.situation.comparison import Proposal
from geodata.situation.indicators import Indicator, Year
from geodata.situation.scenario import Scenario
from geodata.situation.territories import Level
from pages.couverture.past import Earlier
from pages.couverture.travel_minutes import TravelMinutes
from pages.shared import declared
from pages.shared.people import Counted
from pages.shared.service_list import ServiceList, cached

MOST_ANSWERS = 32
"""How many answers are cached."""
_NO_WEEK = date.min
_BY_KEY: Mapping[str | type, Callable[[Any], Any]] = {
    TravelMinutes: attrgetter("key"),
    Scenario: str,
    Counted: attrgetter("key"),
}

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, eq=False)
class Answer:
    """A situation, and the `key` of all that it was computed from."""

    situation: Situation
    key: Hashable


def cached_by_answer(
    *, max_entries: int = MOST_ANSWERS, **options: Any
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Cache what is drawn of an answer, by that answer's key."""
    return cached(
        max_entries=max_entries, hash_funcs={Answer: lambda answer: answer.key}, **options
    )


@dataclass(frozen=True, eq=False)
class Matrix:
    """The table of `gaps.matrix`, and the `key` of all that it was computed from."""

    table: pd.DataFrame
    key: Hashable


def aid_matrix(
    listed: ServiceList,
    question: Question,
    counted: Counted,
    minutes: TravelMinutes | None,
    scenario: Scenario,
    level: Level = Level.EPCI,
) -> Matrix:
    """Return which aid is in reach of whom, whatever aids the question asks for."""
    asked, real = replace(question, aids=(), langues=()), minutes.key if minutes else ""
    key = (listed.signature, asked, str(scenario), counted.key, real, _whole(asked), level)
    table = _matrix(listed, asked, scenario, counted, minutes, _whole(asked), level)
    return Matrix(table, key)


@cached(max_entries=MOST_ANSWERS, hash_funcs=_BY_KEY)
def _matrix(
    listed: ServiceList,
    question: Question,
    scenario: Scenario,
    counted: Counted,
    minutes: TravelMinutes | None,
    complete: tuple[str, ...],
    level: Level,
) -> pd.DataFrame:
    services, around = _supposed(listed, listed.services, question, scenario, minutes)
    found = gaps.all_in_reach(services, question, around, complete=complete, listed=listed.services)
    return gaps.matrix(found, around.communes, level=level, weight=counted.weight)


def answers(
    listed: ServiceList,
    question: Question,
    scenario: Scenario,
    minutes: TravelMinutes | None,
    counted: Counted,
    *,
    earlier: ServiceList | None = None,
) -> tuple[Answer, Answer | None]:
    """Return the answer as things are, and with the scenario; None where it changes nothing.

    `minutes`: real travel times in the place of the estimate. `earlier`: a list of the past; then
    return the answer by it, and as things are.
    """
    today = _answer(listed, question, Scenario(), minutes, counted)
    if earlier:
        return by_list(earlier, question, minutes, counted), today
    return today, _answer(listed, question, scenario, minutes, counted) if scenario else None


def both_sides(
    listed: ServiceList,
    question: Question,
    proposals: Sequence[Proposal],
    minutes: TravelMinutes | None,
    counted: Counted,
) -> tuple[Answer, ...]:
    """Return the answer with each of two scenarios; none where there is one alone."""
    if len(proposals) < len("AB"):
        return ()
    return tuple(_answer(listed, question, one.scenario, minutes, counted) for one in proposals)


def by_list(
    listed: ServiceList, question: Question, minutes: TravelMinutes | None, counted: Counted
) -> Answer:
    """Return the answer by another list than ours: none was declared complete."""
    return _answer(listed, question, Scenario(), minutes, counted, complete=())


def year_indicators(
    listed: ServiceList,
    question: Question,
    counted: Counted,
    today: date,
    scenario: Scenario,
    called: str,
    earlier: Sequence[Earlier] = (),
) -> list[Year]:
    """Return the indicators by each earlier list, as of its last day, then those of today.

    Their questions are those of `indicators.questions`, each in an ordinary week of its time.
    `called`: what the page calls the scenario, which changes who has what within reach today.
    """
    whole = _whole(question)
    years = [
        _indicators(one.listed, _ordinary(question, day), counted, (), day, day)
        for one in earlier
        for day in [min(one.day or today, today)]
    ]
    here = _indicators(
        listed, question, counted, whole, listed.written.date(), today, scenario, called
    )
    labels = [one.label for one in earlier]
    return [*map(Year, labels, years), Year("aujourd’hui", here)]


def _ordinary(question: Question, day: date) -> Question:
    return replace(question, monday=coverage.typical_monday(day))


def _indicators(
    listed: ServiceList,
    question: Question,
    counted: Counted,
    complete: tuple[str, ...],
    written: date,
    today: date,
    scenario: Scenario | None = None,
    called: str = "",
) -> list[Indicator]:
    anytime, evening, weekend = (
        _answer(listed, one, scenario or Scenario(), None, counted, complete=complete).situation
        for one in indicators.questions(question)
    )
    return indicators.indicators(
        listed.services,
        (anytime, evening, weekend),
        written=written,
        today=today,
        people_source=counted.source,
        supposed=called,
    )


def everywhere(
    listed: ServiceList, question: Question, counted: Counted, scenario: Scenario
) -> Answer:
    """Return the answer for all the départements of the list together."""
    homes = sorted(set(listed.services["departement"]) - {""})
    whole = replace(question, departements=homes, own=())
    return _answer(listed, whole, scenario, None, counted)


def _answer(
    listed: ServiceList,
    question: Question,
    scenario: Scenario,
    minutes: TravelMinutes | None,
    counted: Counted,
    *,
    complete: tuple[str, ...] | None = None,
) -> Answer:
    whole = _whole(question) if complete is None else complete
    real = minutes.key if minutes else ""
    key = (listed.signature, question, str(scenario), real, whole, counted.key)
    return Answer(_situation(listed, question, scenario, minutes, whole, counted), key)


def _whole(question: Question) -> tuple[str, ...]:
    return declared.complete().departements(question.types or MEASURED_TYPES)


@cached(max_entries=MOST_ANSWERS, hash_funcs=_BY_KEY)
def _situation(
    listed: ServiceList,
    question: Question,
    scenario: Scenario,
    minutes: TravelMinutes | None,
    complete: tuple[str, ...],
    people: Counted,
) -> Situation:
    listed_services = situation.counted_services(listed.services, question)
    counted, around = _supposed(listed, listed_services, question, scenario, minutes)
    return situation.measure(
        counted,
        question,
        around,
        listed=listed_services,
        complete=complete,
        scenario=str(scenario),
        weight=people.weight,
    )


def _supposed(
    listed: ServiceList,
    services: gpd.GeoDataFrame,
    question: Question,
    scenario: Scenario,
    minutes: TravelMinutes | None,
) -> tuple[gpd.GeoDataFrame, Neighbours]:
    """Return some services of the list as a scenario makes them, and who is near whom."""
    if not scenario:
        return services, _around(listed, question, minutes)
    changed = what_if.apply(services, scenario)
    return changed, _near(changed, question, minutes)


def _around(listed: ServiceList, question: Question, minutes: TravelMinutes | None) -> Neighbours:
    """Return who is near whom: the same whatever is asked of the services and of the people."""
    monday = _NO_WEEK if question.transit_minutes is None else question.monday
    bare = replace(question, types=(), aids=(), langues=(), monday=monday, opening=None)
    bare = replace(bare, who=People.ALL)
    return _neighbours(listed, bare, minutes)


@cached(max_entries=16, hash_funcs=_BY_KEY)
def _neighbours(
    listed: ServiceList, question: Question, minutes: TravelMinutes | None
) -> Neighbours:
    return _near(listed.services, question, minutes)


def _near(
    services: gpd.GeoDataFrame, question: Question, minutes: TravelMinutes | None
) -> Neighbours:
    if minutes is None:
        return situation.neighbours(services, question)
    return situation.neighbours(services, question, minutes.minutes, minutes.feed)


@cached(max_entries=MOST_ANSWERS, hash_funcs={**_BY_KEY, Answer: lambda answer: answer.key})
def day_outings(
    listed: ServiceList, question: Question, minutes: TravelMinutes, answer: Answer
) -> pd.DataFrame:
    """Return the outings of the communes as they are read (`situation.outings`)."""
    counted = situation.counted_services(listed.services, question)
    found = outings.outings(counted, question, _around(listed, question, minutes))
    return outings.to_read(found, answer.situation)
