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
    from collections.abc import Callable, Iterator

    from geodata.hours._schedule import Stretch

    Day = tuple[Stretch, ...]

FIRST_YEAR = 2026
"""The first of the two years compared, for texts that name none."""
_YEAR = re.compile(r"\b(?:19|20|21)\d\d\b")
_DATE = re.compile(r"(\d{4} [A-Z][a-z]{2} \d{1,2})(?:-(\d{4} [A-Z][a-z]{2} \d{1,2}))?")
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


def check(rules: tuple[Rule, ...]) -> None:
    """Raise `InvalidHours` where the canonical text of rules is not read as they are.

    `_osm` must read it back to the same rules, and the library must answer alike. Fallbacks are
    left out of that (the library skips openings behind them), and so are the minutes that ours
    calls unknown. Holidays are those of the whole country.
    """
    canonical = write(rules)
    if read(canonical) != rules or not opening_hours.validate(canonical):
        raise InvalidHours(f"« {canonical} » : d’autres logiciels ne le comprendraient pas.")
    certain = tuple(rule for rule in rules if rule.join is not Join.FALLBACK)
    if not certain or any(fault(certain) for fault in FAULTS.values()):
        return
    if all(rule.state is State.CLOSED for rule in certain):
        return  # a text of closures says nothing of the other days
    text = write(certain)
    first = _first_year(text)
    start, end = date(first, 1, 1).toordinal(), date(first + 2, 1, 1).toordinal()
    schedule = Schedule(certain, Calendar())
    if schedule.last_date is not None:
        end = min(end, schedule.last_date + 1)
    ours = [schedule.day(ordinal) for ordinal in range(start, end)]
    theirs = _theirs(text, start, end)
    if ours == theirs:
        return
    for ordinal, one, other in zip(range(start, end), ours, theirs, strict=True):
        if one != other and _differ(one, other):
            raise InvalidHours(
                f"« {text} » : deux logiciels le lisent autrement pour le"
                f" {date.fromordinal(ordinal):%d/%m/%Y}. L’écrire plus simplement, un passage par"
                " jour."
            )


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


def _theirs(text: str, start: int, end: int) -> list[Day]:
    """The library's stretches of each day.

    Where the text holds nothing but weekdays, `PH` and full dates, a day that is none of the
    holidays and dates is like any other day of its weekday: the library is asked for one of each,
    and for all the days named.
    """
    hours = opening_hours.OpeningHours(text, country="FR")
    named = _named_days(text, start, end)
    if named is None:
        return list(_asked(hours, start, end).values())
    plain: dict[int, int] = {}
    for ordinal in range(start, end):
        if ordinal not in named:
            plain.setdefault(ordinal % 7, ordinal)
            if len(plain) == 7:
                break
    asked: dict[int, Day] = {}
    for first, last in _runs({*named, *plain.values()}):
        asked |= _asked(hours, first, last)
    week = [asked.get(plain.get(day % 7, -1), ()) for day in range(start, start + 7)]
    days = (week * ((end - start) // 7 + 1))[: end - start]
    for ordinal in named:
        days[ordinal - start] = asked[ordinal]
    return days


def _named_days(text: str, start: int, end: int) -> set[int] | None:
    """The holidays and dates of a text, each with its next day; None if it names others."""
    without_notes = re.sub(r'"[^"]*"', "", text)
    if not _SIMPLE.fullmatch(without_notes):
        return None
    named = set(_holidays(start, end)) if "PH" in without_notes else set()
    for found in _DATE.finditer(without_notes):
        first, last = (_ordinal(day) for day in (found[1], found[2] or found[1]))
        named |= set(range(first, last + 1))
    nights = {day + 1 for day in named}
    return {day for day in named | nights if start <= day < end}


def _ordinal(words: str) -> int:
    """The day of `2026 Feb 17`."""
    year, month, day = words.split()
    return date(int(year), MONTHS.index(month) + 1, int(day)).toordinal()


@lru_cache(maxsize=64)
def _holidays(start: int, end: int) -> frozenset[int]:
    """The days that are public holidays to the library or to us, in doubt more than fewer."""
    theirs = _asked(opening_hours.OpeningHours("PH 00:00-24:00", country="FR"), start, end)
    ours = {day for day in range(start, end) if Calendar().is_holiday("PH", day)}
    return frozenset(ours | {day for day, stretches in theirs.items() if stretches})


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


def _asked(hours: opening_hours.OpeningHours, start: int, end: int) -> dict[int, Day]:
    """What the library answers for each day, cut at midnight."""
    days: dict[int, list[Stretch]] = {ordinal: [] for ordinal in range(start, end)}
    begin, stop = datetime.fromordinal(start), datetime.fromordinal(end)
    for first, last, state, _ in hours.intervals(begin, stop):
        if state == opening_hours.State.CLOSED:
            continue
        code = 1 if state == opening_hours.State.OPEN else 2
        low = first.toordinal(), first.hour * 60 + first.minute
        high = last.toordinal(), last.hour * 60 + last.minute
        for ordinal in range(low[0], min(high[0] + 1, end)):
            minute = low[1] if ordinal == low[0] else 0
            until = high[1] if ordinal == high[0] else DAY_MINUTES
            if minute < until:
                days[ordinal].append((minute, until, code))
    return {ordinal: tuple(stretches) for ordinal, stretches in days.items()}
