"""What the page Couverture computes, cached: the neighbours once, then each answer."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

from geodata import situation
from geodata.situation import MEASURED_TYPES, Neighbours, Question, Situation
from geodata.situation import scenario as what_if
from geodata.situation.scenario import Scenario
from pages.couverture.travel_minutes import TravelMinutes
from pages.shared import declared
from pages.shared.service_list import ServiceList, cached

MOST_ANSWERS = 32
"""How many answers are cached."""
_NO_WEEK = date.min
_BY_KEY: Mapping[str | type, Callable[[Any], Any]] = {
    TravelMinutes: attrgetter("key"),
    Scenario: str,
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


def answers(
    listed: ServiceList,
    question: Question,
    scenario: Scenario,
    minutes: TravelMinutes | None,
    *,
    earlier: ServiceList | None = None,
) -> tuple[Answer, Answer | None]:
    """Return the answer as things are, and with the scenario; None where it changes nothing.

    `minutes`: real travel times in the place of the estimate. `earlier`: a list of the past; then
    return the answer by it, and as things are.
    """
    today = _answer(listed, question, Scenario(), minutes)
    if earlier:
        return by_list(earlier, question, minutes), today
    return today, _answer(listed, question, scenario, minutes) if scenario else None


def by_list(listed: ServiceList, question: Question, minutes: TravelMinutes | None) -> Answer:
    """Return the answer by another list than ours: none was declared complete."""
    return _answer(listed, question, Scenario(), minutes, complete=())


def _answer(
    listed: ServiceList,
    question: Question,
    scenario: Scenario,
    minutes: TravelMinutes | None,
    *,
    complete: tuple[str, ...] | None = None,
) -> Answer:
    kinds = question.types or MEASURED_TYPES
    whole = declared.complete().departements(kinds) if complete is None else complete
    key = (listed.signature, question, str(scenario), minutes.key if minutes else "", whole)
    return Answer(_situation(listed, question, scenario, minutes, whole), key)


@cached(max_entries=MOST_ANSWERS, hash_funcs=_BY_KEY)
def _situation(
    listed: ServiceList,
    question: Question,
    scenario: Scenario,
    minutes: TravelMinutes | None,
    complete: tuple[str, ...],
) -> Situation:
    listed_services = counted = situation.counted_services(listed.services, question)
    if scenario:
        counted = what_if.apply(listed_services, scenario)
        around = situation.neighbours(counted, question, minutes.minutes if minutes else None)
    else:
        around = _neighbours(
            listed, replace(question, types=(), aids=(), monday=_NO_WEEK, opening=None), minutes
        )
    return situation.measure(
        counted,
        question,
        around,
        listed=listed_services,
        complete=complete,
        scenario=str(scenario),
    )


@cached(max_entries=16, hash_funcs=_BY_KEY)
def _neighbours(
    listed: ServiceList, question: Question, minutes: TravelMinutes | None
) -> Neighbours:
    return situation.neighbours(listed.services, question, minutes.minutes if minutes else None)
