"""Rules in another language than French: the same clauses in the same order, each `days: times`.

What has no word in `languages` is not said at all; the caller keeps the French.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from geodata import languages
from geodata.hours._model import EVERY_DAY, Dates, Day, Rule, State, Steps, Weekdays
from geodata.hours._osm import day_runs
from geodata.hours._words import BY_APPOINTMENT, WALK_IN, clauses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.languages import Language


class _Unsaid(Exception):
    """Something of a rule has no words."""


def translation(rules: tuple[Rule, ...], language: Language) -> str:
    """Return all the rules as one sentence without a full stop, "" if one cannot be said."""
    try:
        texts = [_clause(link, rule, language) for link, rule in clauses(rules)]
    except (_Unsaid, KeyError):
        return ""
    text = language.semicolon.join(texts)
    return text[:1].upper() + text[1:]


def _clause(link: str, rule: Rule, language: Language) -> str:
    text = _rule(rule, language)
    return languages.said(f"{link}{{}}", language, text) if link else text


def _rule(rule: Rule, language: Language) -> str:
    if rule.years or rule.holidays_and_weekdays:
        raise _Unsaid
    days = _days(rule, language)
    if rule.state is State.CLOSED:
        if rule.times or rule.comment:
            raise _Unsaid
        return languages.said("fermé : {}", language, days)
    spans = (languages.span(time.start, time.end, language) for time in rule.times)
    certainty = _certainty(rule)
    times = languages.listed(spans, language) if rule.times else ""
    if certainty:
        sure = languages.said(certainty, language)
        times = f"{times} ({sure})" if times else sure
    return f"{days}: {times}" if times else days


def _certainty(rule: Rule) -> str:
    """Return a phrase, in French."""
    if rule.comment in (BY_APPOINTMENT, WALK_IN):
        return rule.comment
    if rule.comment:
        raise _Unsaid
    return "à confirmer" if rule.state is State.UNKNOWN else ""


def _days(rule: Rule, language: Language) -> str:
    phrase = partial(languages.said, language=language)
    weekdays = [text for item in rule.weekdays for text in _weekdays(item, language)]
    holidays = [
        phrase("jours fériés" if item.kind == "PH" else "vacances scolaires")
        for item in rule.holidays
    ]
    if any(item.offset for item in rule.holidays):
        raise _Unsaid
    if rule.weekdays and any(dates.first == dates.last for dates in rule.dates):
        raise _Unsaid
    if rule.weeks and rule.dates:
        raise _Unsaid
    narrowing = [_dates(dates, language) for dates in rule.dates]
    if rule.dates and all(d.first.year is None and not d.whole_months for d in rule.dates):
        narrowing = [f"{languages.listed(narrowing, language)} ({phrase('chaque année')})"]
    main = languages.listed(weekdays + holidays, language) or phrase("tous les jours")
    if not (narrowing or rule.weeks):
        return main
    # In brackets: behind a comma it would be one more day, not a narrower one.
    weeks = [phrase(_parity(steps)) for steps in rule.weeks]
    narrow = languages.listed([*narrowing, *weeks], language)
    return f"{main} ({narrow})" if weekdays or holidays else narrow


def _weekdays(item: Weekdays, language: Language) -> Iterator[str]:
    if item.offset:
        raise _Unsaid
    if item.nth:
        position = item.days.bit_length() - 1
        yield from (languages.nth_weekday(number, position, language) for number in item.nth)
    elif item.days == EVERY_DAY:
        yield languages.said("tous les jours", language)
    else:
        for first, last in day_runs(item.days):
            if last - first < 2:
                yield from (languages.weekday(day, language) for day in range(first, last + 1))
            else:
                ends = (languages.weekday(day, language) for day in (first, last))
                yield languages.said("{} – {}", language, *ends)


def _dates(dates: Dates, language: Language) -> str:
    first, last = dates.first, dates.last
    if not (first.month and last.month):
        raise _Unsaid
    if dates.whole_months:
        ends = [languages.month(end.month, language, end.year) for end in (first, last)]
    else:
        ends = [_day(end, language) for end in (first, last)]
    first_said, last_said = ends
    if first_said == last_said:
        return first_said
    return languages.said("{} – {}", language, first_said, last_said)


def _day(day: Day, language: Language) -> str:
    if day.year is None:
        return languages.day_of_year(day.month, day.day, language)
    return languages.day(date(day.year, day.month, day.day), language)


def _parity(steps: Steps) -> str:
    if steps == Steps(1, 53, 2):
        return "semaines impaires"
    if steps.step == 2 and steps.first == 2 and steps.last >= 52:
        return "semaines paires"
    raise _Unsaid
