"""A second reading of each text, by `opening-hours-py`, over two years.

Its evaluation shares no code with `_schedule`. Where the two say open and closed of one minute, one
of them is wrong, and the text is unknown. What the library is known to get wrong is in `FAULTS`,
by kind; a text that meets one of them is not compared, or only in part.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import opening_hours

from geodata.hours._calendar import Calendar
from geodata.hours._model import DAY_MINUTES, InvalidHours, Join, Rule, State
from geodata.hours._osm import MONTHS, read, write
from geodata.hours._schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from geodata.hours._schedule import Stretch

    Day = tuple[Stretch, ...]

FIRST_YEAR = 2026
"""The first of the two years compared, for texts that name none."""
_YEAR = re.compile(r"\b(?:19|20|21)\d\d\b")
_DATE = re.compile(r"(\d{4} [A-Z][a-z]{2} \d{1,2})(?:-(\d{4} [A-Z][a-z]{2} \d{1,2}))?")
_NOTE = re.compile(r'"[^"]*"')
_SIMPLE = re.compile(
    rf"(?:{_DATE.pattern}|Mo|Tu|We|Th|Fr|Sa|Su|PH|\d\d:\d\d|24/7|off|open|unknown|[-,; ])*"
)


def _nights(rules: tuple[Rule, ...]) -> bool:
    return len(rules) > 1 and any(span.end > DAY_MINUTES for rule in rules for span in rule.times)


FAULTS: dict[str, Callable[[tuple[Rule, ...]], bool]] = {
    # `SH` never matches: the library has no school holidays.
    "school holidays": lambda rules: any(
        day.kind == "SH" for rule in rules for day in rule.holidays
    ),
    # `PH Mo` is read as a public holiday *or* a Monday.
    "public holidays that are a weekday": lambda rules: any(
        rule.holidays_and_weekdays for rule in rules
    ),
    # A night is cut at 00:00 by a rule behind it that is about the next day.
    "nights beside other rules": _nights,
}
"""Kinds of text that `opening-hours-py` 2.1 reads wrong, each with its reason."""


def check(schedule: Schedule) -> None:
    """Raise `InvalidHours` where the canonical text of rules is not read as they are.

    `_osm` must read it back to the same rules, and the library must answer alike. Fallbacks are
    left out of that (the library skips openings behind them), and so are the minutes that ours
    calls unknown. Holidays are those of the whole country.
    """
    rules = schedule.rules
    canonical = write(rules)
    if read(canonical) != rules or (library := _library(canonical)) is None:
        raise InvalidHours(f"« {canonical} » : d’autres logiciels ne le comprendraient pas.")
    certain = tuple(rule for rule in rules if rule.join is not Join.FALLBACK)
    if not certain or any(fault(certain) for fault in FAULTS.values()):
        return
    if all(rule.state is State.CLOSED for rule in certain):
        return  # a text of closures says nothing of the other days
    text = canonical
    if len(certain) != len(rules):
        text, schedule = write(certain), Schedule(certain, schedule.calendar)
        library = opening_hours.OpeningHours(text, country="FR")
    first = _first_year(text)
    start, end = date(first, 1, 1).toordinal(), date(first + 2, 1, 1).toordinal()
    if schedule.last_date is not None:
        end = min(end, schedule.last_date + 1)
    ours, our_places = schedule.alike(start, end)
    theirs, their_places = _theirs(library, text, start, end)
    for day in _first_of_each_pair(our_places, their_places):
        one, other = ours[our_places[day]], theirs[their_places[day]]
        if one != other and _differ(one, other):
            raise InvalidHours(
                f"« {text} » : deux logiciels le lisent autrement pour le"
                f" {date.fromordinal(start + day):%d/%m/%Y}. L’écrire plus simplement, un passage"
                " par jour."
            )


def _library(text: str) -> opening_hours.OpeningHours | None:
    try:
        return opening_hours.OpeningHours(text, country="FR")
    except opening_hours.ParserError:  # type: ignore[attr-defined]  # not in its types
        return None


@lru_cache(maxsize=256)
def _first_of_each_pair(ours: tuple[int, ...], theirs: tuple[int, ...]) -> tuple[int, ...]:
    """The first day of each pair of answers: the other days repeat one of these."""
    first: dict[tuple[int, int], int] = {}
    for day, pair in enumerate(zip(ours, theirs, strict=True)):
        first.setdefault(pair, day)
    return tuple(first.values())


def _first_year(text: str) -> int:
    years = [int(year) for year in _YEAR.findall(text)]
    return max(years) - 1 if years else FIRST_YEAR


def _differ(ours: Day, theirs: Day) -> bool:
    """Whether a minute is open or closed to us and something else to the library."""
    lines = []
    for stretches in (ours, theirs):
        line = bytearray(DAY_MINUTES)
        for first, last, code in stretches:
            line[first:last] = bytes((code,)) * (last - first)
        lines.append(line)
    return any(one not in (other, 2) for one, other in zip(*lines, strict=True))


def _theirs(
    library: opening_hours.OpeningHours, text: str, start: int, end: int
) -> tuple[dict[int, Day], tuple[int, ...]]:
    """The library's stretches of days by ordinal, and for each day the one it is like.

    Where the text holds nothing but weekdays, `PH` and full dates, a day that is none of the dates
    is like any other day of its weekday that is as much of a holiday, as is the day before: the
    library is asked for one of each, and for all the dates.
    """
    dates, holidays = _named_days(text, start, end)
    periods, places = _plan(dates, start, end, holidays=holidays)
    return _asked(library, periods), places


@lru_cache(maxsize=64)
def _plan(
    dates: frozenset[int], start: int, end: int, *, holidays: bool
) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """The periods to ask for, end excluded, and for each day the day of them that is like it.

    `dates` are each like no other day; `holidays`: whether holidays are unlike other days.
    """
    kinds = _holidays(start, end) if holidays else {}
    alike: dict[tuple[int, str], int] = {}
    places = tuple(
        [
            day if day in dates else alike.setdefault((day % 7, kinds.get(day, "")), day)
            for day in range(start, end)
        ]
    )
    return tuple(_runs(set(places))), places


def _named_days(text: str, start: int, end: int) -> tuple[frozenset[int], bool]:
    """The dates of a text, each with its next day, and whether it names holidays.

    All days, where it names others.
    """
    without_notes = _NOTE.sub("", text)
    if not _SIMPLE.fullmatch(without_notes):
        return frozenset(range(start, end)), False
    named: frozenset[int] = frozenset()
    for found in _DATE.finditer(without_notes):
        first, last = (_ordinal(day) for day in (found[1], found[2] or found[1]))
        days = range(max(first, start), min(last + 2, end))
        named = named.union(days)
    return named, "PH" in without_notes


def _ordinal(words: str) -> int:
    """The day of `2026 Feb 17`."""
    year, month, day = words.split()
    return date(int(year), MONTHS.index(month) + 1, int(day)).toordinal()


@lru_cache(maxsize=64)
def _holidays(start: int, end: int) -> dict[int, str]:
    """The days that are public holidays to the library or to us, or follow one, each with its kind.

    A kind says, of the day and of the day before, to whom it is a holiday.
    """
    library = opening_hours.OpeningHours("PH 00:00-24:00", country="FR")
    theirs = {day for day, spans in _asked(library, [(start - 1, end)]).items() if spans}
    ours = {day for day in range(start - 1, end) if Calendar().is_holiday("PH", day)}
    kinds = {
        day: "".join("01"[one in days] for days in (theirs, ours) for one in (day, day - 1))
        for day in range(start, end)
    }
    return {day: kind for day, kind in kinds.items() if "1" in kind}


def _runs(days: set[int]) -> Iterator[tuple[int, int]]:
    """Stretches of days that follow each other, end excluded."""
    first = last = -1
    for day in sorted(days):
        if day != last:
            if last > 0:
                yield first, last
            first = day
        last = day + 1
    if last > 0:
        yield first, last


def _asked(hours: opening_hours.OpeningHours, periods: Iterable[tuple[int, int]]) -> dict[int, Day]:
    """What the library answers for each day of some periods, cut at midnight."""
    days: dict[int, Day] = {}
    for start, end in periods:
        days.update(dict.fromkeys(range(start, end), ()))
        begin, stop = datetime.fromordinal(start), datetime.fromordinal(end)
        for first, last, state, _ in hours.intervals(begin, stop):
            if state == opening_hours.State.CLOSED:
                continue
            code = 1 if state == opening_hours.State.OPEN else 2
            day, minute = first.toordinal(), first.hour * 60 + first.minute
            last_day, until = last.toordinal(), last.hour * 60 + last.minute
            if last_day >= end:
                last_day, until = end, 0
            while day < last_day:
                days[day] += ((minute, DAY_MINUTES, code),)
                day, minute = day + 1, 0
            if minute < until:
                days[day] += ((minute, until, code),)
    return days
