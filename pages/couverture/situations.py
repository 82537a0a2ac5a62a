"""What the page Couverture computes, cached: the neighbours once, then each answer."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import pandas as pd

from geodata import situation
from geodata.population import People
from geodata.situation import (
    MEASURED_TYPES,
    Neighbours,
    Question,
    Situation,
    gaps,
    indicators,
)
from geodata.situation import scenario as what_if
from geodata.situation.indicators import Indicator
from geodata.situation.scenario import Scenario
from geodata.situation.territories import Level
from pages.couverture.people import Counted
from pages.couverture.travel_minutes import TravelMinutes
from pages.shared import declared
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
    level: Level = Level.EPCI,
) -> Matrix:
    """Return which aid is in reach of whom, whatever aids the question asks for."""
    asked = replace(question, aids=())
    key = (listed.signature, asked, counted.key, minutes.key if minutes else "", _whole(asked))
    return Matrix(_matrix(listed, asked, counted, minutes, _whole(asked), level), (*key, level))


@cached(max_entries=MOST_ANSWERS, hash_funcs=_BY_KEY)
def _matrix(
    listed: ServiceList,
    question: Question,
    counted: Counted,
    minutes: TravelMinutes | None,
    complete: tuple[str, ...],
    level: Level,
) -> pd.DataFrame:
    around = _around(listed, question, minutes)
    found = gaps.all_in_reach(listed.services, question, around, complete=complete)
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


def by_list(
    listed: ServiceList, question: Question, minutes: TravelMinutes | None, counted: Counted
) -> Answer:
    """Return the answer by another list than ours: none was declared complete."""
    return _answer(listed, question, Scenario(), minutes, counted, complete=())


def year_indicators(
    listed: ServiceList, question: Question, counted: Counted, today: date
) -> list[Indicator]:
    """Return the indicators of the year; its questions are those of `indicators.questions`."""
    anytime, evening, weekend = (
        _answer(listed, one, Scenario(), None, counted).situation
        for one in indicators.questions(question)
    )
    return indicators.indicators(
        listed.services,
        (anytime, evening, weekend),
        written=listed.written.date(),
        today=today,
        people_source=counted.source,
    )


def everywhere(listed: ServiceList, question: Question, counted: Counted) -> Answer:
    """Return the answer for all the départements of the list together."""
    homes = sorted(set(listed.services["departement"]) - {""})
    return _answer(listed, replace(question, departements=homes), Scenario(), None, counted)


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
    listed_services = counted = situation.counted_services(listed.services, question)
    if scenario:
        counted = what_if.apply(listed_services, scenario)
        around = situation.neighbours(counted, question, minutes.minutes if minutes else None)
    else:
        around = _around(listed, question, minutes)
    return situation.measure(
        counted,
        question,
        around,
        listed=listed_services,
        complete=complete,
        scenario=str(scenario),
        weight=people.weight,
    )


def _around(listed: ServiceList, question: Question, minutes: TravelMinutes | None) -> Neighbours:
    """Return who is near whom: the same whatever is asked of the services and of the people."""
    bare = replace(question, types=(), aids=(), monday=_NO_WEEK, opening=None, who=People.ALL)
    return _neighbours(listed, bare, minutes)


@cached(max_entries=16, hash_funcs=_BY_KEY)
def _neighbours(
    listed: ServiceList, question: Question, minutes: TravelMinutes | None
) -> Neighbours:
    return situation.neighbours(listed.services, question, minutes.minutes if minutes else None)
