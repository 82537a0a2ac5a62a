"""Rules laid on the calendar: which state holds at each minute of a local day.

A timeline is one byte a minute: 0 closed, 1 open, 2 unknown. Days are proleptic ordinals.
"""

from __future__ import annotations

import re
from calendar import monthrange
from copy import copy
from datetime import date
from functools import lru_cache
from itertools import pairwise, product
from typing import TYPE_CHECKING

from geodata.hours._calendar import Calendar, Date, clock_pieces, date_of, easter_sunday
from geodata.hours._model import (
    DAY_MINUTES,
    EVERY_DAY,
    Dates,
    Day,
    Holiday,
    Join,
    Rule,
    Span,
    State,
    Steps,
    Weekdays,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CODES = {State.CLOSED: 0, State.OPEN: 1, State.UNKNOWN: 2}
STATES = (State.CLOSED, State.OPEN, State.UNKNOWN)

_RUNS = re.compile(rb"\x01+|\x02+")
_FIRST_DAY, _LAST_DAY = date(1901, 1, 1).toordinal(), date(2998, 12, 31).toordinal()
_UNKNOWN_STRETCHES = ((0, DAY_MINUTES, 2),)
_UNKNOWN_DAY = b"\x02" * DAY_MINUTES
_MAX_OPEN_QUESTIONS = 4
_RARE_YEARS = 9
"""From one 29 February to the next, over a year like 2100."""
_MANY_RULES = 12
_BLOCK_DAYS = 512

Matches = tuple[bool | None, ...]
Selectors = tuple[
    tuple[Steps, ...],
    tuple[Dates, ...],
    tuple[Steps, ...],
    tuple[Holiday, ...],
    tuple[Weekdays, ...],
    bool,
]
"""What a rule says of its days, in the order of the fields of `Rule`."""
Stretch = tuple[int, int, int]
"""First minute, end minute, code; minutes of a day or of UTC."""


class Schedule:
    """The rules of one text, in one calendar."""

    __slots__ = (
        "_alone",
        "_blocks",
        "_bounds",
        "_dated_closures",
        "_days",
        "_masks",
        "_nightly",
        "_only_closures",
        "_selectors",
        "_week",
        "calendar",
        "last_date",
        "rules",
        "zone",
    )

    def __init__(self, rules: tuple[Rule, ...], calendar: Calendar) -> None:
        self.rules = rules
        self.calendar = calendar
        self.zone = calendar.zone
        self.last_date = _last_date(rules)
        self._nightly = any(span.end > DAY_MINUTES for rule in rules for span in rule.times)
        self._only_closures = all(
            rule.state is State.CLOSED and (rule.has_days or rule.times) for rule in rules
        )
        self._masks = tuple(weekday_mask(rule) for rule in rules)
        self._bounds = tuple(_bounds(rule) for rule in rules)
        self._selectors = tuple(_selectors(rule) for rule in rules)
        self._alone = tuple(_stretches_alone(rule) for rule in rules)
        self._dated_closures = tuple(
            rule.state is State.CLOSED and not rule.times and bool(rule.years or rule.dates)
            for rule in rules
        )
        self._blocks: dict[int, tuple[Matches, ...]] = {}
        self._days: dict[Matches, tuple[Stretch, ...]] = {}
        self._week: dict[int, tuple[Stretch, ...]] | None = None if None in self._masks else {}

    def in_calendar(self, calendar: Calendar) -> Schedule:
        """The same rules in another calendar: what no calendar changes is shared."""
        other = copy(self)
        other.calendar, other.zone = calendar, calendar.zone
        other._blocks = {}  # noqa: SLF001 - of a copy of itself
        return other

    def day(self, ordinal: int) -> tuple[Stretch, ...]:
        """The open and unknown stretches of a local day, in order."""
        if not _FIRST_DAY <= ordinal <= _LAST_DAY:
            return _UNKNOWN_STRETCHES
        if self._week is None:
            return self._stretches(ordinal)
        weekday = (ordinal - 1) % 7
        if weekday not in self._week:
            self._week[weekday] = self._stretches(ordinal)
        return self._week[weekday]

    def _stretches(self, ordinal: int) -> tuple[Stretch, ...]:
        if self._only_closures:
            return self._outside_closures(ordinal)
        if self.needs_renewal(ordinal):
            return self._last_night(ordinal)
        yesterday = self._matches(ordinal - 1) if self._nightly else ()
        return self._of_matches(self._matches(ordinal) + yesterday)

    def _of_matches(self, key: Matches) -> tuple[Stretch, ...]:
        """The stretches of a day, from the rules that are about it, and about the day before."""
        if key not in self._days:
            simple = None if self._nightly else self._simple_stretches(key)
            if simple is None:
                simple = _runs(self._certain_timeline(key))
            self._days[key] = simple
        return self._days[key]

    def _outside_closures(self, ordinal: int) -> tuple[Stretch, ...]:
        """The day of a text that says only when it is closed: otherwise, nobody knows."""
        timeline = bytearray(_UNKNOWN_DAY)
        for rule, match in zip(self.rules, self._matches(ordinal), strict=True):
            if match:
                for span in rule.times or (Span(0, DAY_MINUTES),):
                    end = min(span.end, DAY_MINUTES)
                    timeline[span.start : end] = bytes(end - span.start)
        return _runs(bytes(timeline))

    def _last_night(self, ordinal: int) -> tuple[Stretch, ...]:
        """A day after a dated list: unknown, but for the night that its last date began."""
        if not self._nightly or ordinal - 1 != self.last_date:
            return _UNKNOWN_STRETCHES
        timeline = self._certain_timeline(self._matches(ordinal) + self._matches(ordinal - 1))
        return _runs(timeline.replace(b"\0", b"\2"))

    def _simple_stretches(self, matches: Matches) -> tuple[Stretch, ...] | None:
        """The stretches of a day on which one rule speaks at a time; None on other days."""
        stretches: tuple[Stretch, ...] = ()
        for rule, match, alone in zip(self.rules, matches, self._alone, strict=True):
            if match is False:
                continue
            if match is None or alone is None:
                return None
            if _overrides(rule) or not stretches:
                stretches = alone
            elif rule.state is State.CLOSED and not rule.times:
                stretches = ()
            else:
                return None
        return stretches

    def alike(self, first: int, end: int) -> tuple[list[tuple[Stretch, ...]], tuple[int, ...]]:
        """The days from `first`, `end` excluded, by what the rules say: one `day` of each kind.

        With them, the place among these of each day.
        """
        if first < _FIRST_DAY or end - 1 > (self.last_date or _LAST_DAY):
            return [self.day(ordinal) for ordinal in range(first, end)], tuple(range(end - first))
        dated = zip(self._selectors, self._masks, strict=True)
        others = tuple([one for one, mask in dated if mask is None])
        ordinals, places = _alike(others, self.calendar, first, end, nightly=self._nightly)
        return [self.day(ordinal) for ordinal in ordinals], places

    def _matches(self, ordinal: int) -> Matches:
        weekday = (ordinal - 1) % 7
        if self._week is not None:
            return tuple([mask is not None and mask >> weekday & 1 == 1 for mask in self._masks])
        block, place = divmod(ordinal, _BLOCK_DAYS)
        if block not in self._blocks:
            self._blocks[block] = tuple(
                [_matching_days(one, self.calendar, block) for one in self._selectors]
            )
        return tuple([days[place] for days in self._blocks[block]])

    def needs_renewal(self, ordinal: int) -> bool:
        """Whether it is a dated list whose last date has passed on that day.

        A closure that says its own dates (`2026+ off`) stays a closure.
        """
        if self.last_date is None or ordinal <= self.last_date:
            return False
        closing = zip(self._dated_closures, self._matches(ordinal), strict=True)
        return not any(dated and match for dated, match in closing)

    def _certain_timeline(self, answers: Matches) -> bytes:
        """The timeline of a day; unknown where unknown holidays would make a difference."""
        questions = [n for n, answer in enumerate(answers) if answer is None]
        if len(questions) > _MAX_OPEN_QUESTIONS:
            return _UNKNOWN_DAY
        timelines = []
        for guesses in product((False, True), repeat=len(questions)):
            known = [bool(answer) for answer in answers]
            for question, guess in zip(questions, guesses, strict=True):
                known[question] = guess
            count = len(self.rules)
            timelines.append(self._timeline(known[:count], known[count:]))
        return _agreed(timelines)

    def _timeline(self, today: list[bool], yesterday: list[bool]) -> bytes:
        """The timeline of a day; where two readings of nights differ, unknown."""
        if not yesterday:
            return bytes(self._painted(today)[:DAY_MINUTES])
        by_rule = self._painted_by_rule(today, yesterday)
        by_night = self._painted_by_night(today, yesterday)
        return _agreed([by_rule, by_night])

    def _painted(self, matches: list[bool]) -> bytearray:
        """A day and its following night, from that day's own rules."""
        line = bytearray(2 * DAY_MINUTES)
        for rule, match in zip(self.rules, matches, strict=True):
            if match:
                if _overrides(rule):
                    line = bytearray(2 * DAY_MINUTES)
                end = 2 * DAY_MINUTES if rule.state is State.CLOSED else DAY_MINUTES
                for span in rule.times or (Span(0, end),):
                    _paint(line, span.start, span.end, rule)
        return line

    def _painted_by_rule(self, today: list[bool], yesterday: list[bool]) -> bytes:
        """The reading of the reference library: each rule brings its own early morning."""
        line = bytearray(DAY_MINUTES)
        for rule, match, before in zip(self.rules, today, yesterday, strict=True):
            if match:
                if _overrides(rule):
                    line = bytearray(DAY_MINUTES)
                for span in rule.times or (Span(0, DAY_MINUTES),):
                    _paint(line, span.start, min(span.end, DAY_MINUTES), rule)
            if before:
                for span in rule.times:
                    if span.end > DAY_MINUTES:
                        _paint(line, 0, span.end - DAY_MINUTES, rule)
        return bytes(line)

    def _painted_by_night(self, today: list[bool], yesterday: list[bool]) -> bytes:
        """The reading of a person: a night belongs to the day on which it begins."""
        line = self._painted(today)[:DAY_MINUTES]
        night = self._painted(yesterday)[DAY_MINUTES:]
        for run in _RUNS.finditer(night):
            first, end = run.span()
            code = night[first : first + 1]
            if code == b"\x01":
                line[first:end] = code * (end - first)
            else:
                line[first:end] = line[first:end].replace(b"\0", code)
        return bytes(line)

    def instants(self, first: int, last: int) -> Iterator[Stretch]:
        """Open and unknown stretches from the local day `first` to `last`, in minutes of UTC.

        Stretches of one state that touch are one.
        """
        pending: Stretch | None = None
        for ordinal in range(first, last + 1):
            for stretch in self._instants_of_day(ordinal):
                if pending and pending[1] == stretch[0] and pending[2] == stretch[2]:
                    pending = (pending[0], stretch[1], stretch[2])
                    continue
                if pending:
                    yield pending
                pending = stretch
        if pending:
            yield pending

    def _instants_of_day(self, ordinal: int) -> Iterator[Stretch]:
        stretches = self.day(ordinal)
        if not stretches:
            return
        for start, end, offset in clock_pieces(self.zone, ordinal):
            base = ordinal * DAY_MINUTES - offset
            for first, last, code in stretches:
                low, high = max(first, start), min(last, end)
                if low < high:
                    yield base + low, base + high, code

    def code_at(self, ordinal: int, minute: int) -> int:
        """The code of one local minute."""
        for first, end, code in self.day(ordinal):
            if first <= minute < end:
                return code
        return 0

    def horizon(self, after: int) -> int:
        """The last day worth searching for an opening after a day."""
        school = any(day.kind == "SH" for rule in self.rules for day in rule.holidays)
        rare = not school and any(mask is None for mask in self._masks)
        years = _RARE_YEARS if rare and len(self.rules) <= _MANY_RULES else 2
        last = after + 366 * years
        openings = [
            until
            for rule, (_, until) in zip(self.rules, self._bounds, strict=True)
            if rule.state is State.OPEN
        ]
        return min(last, max(openings, default=after) + 1, _LAST_DAY)


def _runs(timeline: bytes) -> tuple[Stretch, ...]:
    return tuple(
        (run.start(), run.end(), timeline[run.start()]) for run in _RUNS.finditer(timeline)
    )


def _overrides(rule: Rule) -> bool:
    """A rule behind `;` replaces what earlier rules say of its days; *off* cuts into them."""
    return rule.join is Join.NORMAL and rule.state is not State.CLOSED


def _paint(line: bytearray, first: int, end: int, rule: Rule) -> None:
    code = bytes((CODES[rule.state],))
    if rule.join is Join.FALLBACK:
        line[first:end] = line[first:end].replace(b"\0", code)
    else:
        line[first:end] = code * (end - first)


def _agreed(timelines: list[bytes]) -> bytes:
    """Unknown wherever the timelines differ."""
    first, *others = timelines
    for other in others:
        if other != first:
            first = bytes(a if a == b else 2 for a, b in zip(first, other, strict=True))
    return first


def weekday_mask(rule: Rule) -> int | None:
    """The days of a rule that hangs on nothing but the day of the week."""
    if rule.years or rule.dates or rule.weeks or rule.holidays:
        return None
    if any(item.nth for item in rule.weekdays):
        return None
    return rule.weekdays[0].days if rule.weekdays else EVERY_DAY


def _stretches_alone(rule: Rule) -> tuple[Stretch, ...] | None:
    """What a rule says of a day on which it speaks alone; None where it is not that simple."""
    if rule.state is State.CLOSED:
        return ()
    if rule.join is Join.FALLBACK or any(span.end > DAY_MINUTES for span in rule.times):
        return None
    spans = rule.times or (Span(0, DAY_MINUTES),)
    if any(one.end >= other.start for one, other in pairwise(spans)):
        return None
    code = CODES[rule.state]
    return tuple((span.start, span.end, code) for span in spans)


def _selectors(rule: Rule) -> Selectors:
    return (
        rule.years,
        rule.dates,
        rule.weeks,
        rule.holidays,
        rule.weekdays,
        rule.holidays_and_weekdays,
    )


@lru_cache(maxsize=2048)
def _matching_days(selectors: Selectors, calendar: Calendar, block: int) -> Matches:
    """Whether rules of these selectors are about each day of a block.

    Most texts share their days with many others, whatever the hours.
    """
    rule = Rule(*selectors)
    first, last = _bounds(rule)
    start = block * _BLOCK_DAYS
    return tuple(
        [
            first <= ordinal <= last and _rule_matches(rule, date_of(ordinal), calendar)
            for ordinal in range(start, start + _BLOCK_DAYS)
        ]
    )


@lru_cache(maxsize=512)
def _alike(
    dated: tuple[Selectors, ...], calendar: Calendar, first: int, end: int, *, nightly: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The first days that are of another weekday, or that these selectors tell from those before.

    With them, the place among these of the day that each day of the period is like.
    """
    columns: list[Iterable[object]] = [[day % 7 for day in range(first, end)]]
    for start in (first, first - 1) if nightly else (first,):
        blocks = range(start // _BLOCK_DAYS, (start + end - first - 1) // _BLOCK_DAYS + 1)
        skipped = start - blocks.start * _BLOCK_DAYS
        for one in dated:
            days = [day for block in blocks for day in _matching_days(one, calendar, block)]
            columns.append(days[skipped : skipped + end - first])
    found: dict[tuple[object, ...], int] = {}
    kinds = list(zip(*columns, strict=True))
    ordinals = [day for day, kind in enumerate(kinds, first) if found.setdefault(kind, day) == day]
    place = {day: number for number, day in enumerate(ordinals)}
    return tuple(ordinals), tuple([place[found[kind]] for kind in kinds])


def _rule_matches(rule: Rule, day: Date, calendar: Calendar) -> bool | None:
    """Whether a rule is about a day; None if that hangs on an unknown holiday."""
    in_period = (
        (not rule.years or any(day.year in years for years in rule.years))
        and (not rule.weeks or any(day.iso_week in weeks for weeks in rule.weeks))
        and (not rule.dates or any(_within(dates, day) for dates in rule.dates))
    )
    if not in_period:
        return False
    on_weekday = any(_is_weekday(item, day) for item in rule.weekdays)
    if not rule.holidays:
        return on_weekday or not rule.weekdays
    if on_weekday != rule.holidays_and_weekdays:
        return on_weekday
    return _is_one_of(rule.holidays, day, calendar)


def _is_one_of(holidays: tuple[Holiday, ...], day: Date, calendar: Calendar) -> bool | None:
    if len(holidays) == 1:
        return calendar.is_holiday(holidays[0].kind, day.ordinal - holidays[0].offset)
    answers = {calendar.is_holiday(item.kind, day.ordinal - item.offset) for item in holidays}
    return True if True in answers else None if None in answers else False


def _within(dates: Dates, day: Date) -> bool:
    first, last = dates.first, dates.last
    if first.month == 0:
        in_year = first.year is None or first.year == day.year
        return in_year and first.day <= day.easter <= last.day
    if first.year is not None:
        return _key(first) <= (day.year, day.month, day.day) <= _key(last)
    here, start, end = (day.month, day.day), (first.month, first.day), (last.month, last.day)
    return start <= here <= end if start <= end else here >= start or here <= end


def _key(day: Day) -> tuple[int, int, int]:
    return day.year or 0, day.month, day.day


def _is_weekday(item: Weekdays, day: Date) -> bool:
    if item.offset:
        day = date_of(day.ordinal - item.offset)
    if not item.days >> day.weekday & 1:
        return False
    if not item.nth:
        return True
    from_start = (day.day - 1) // 7 + 1
    from_end = -((day.days_in_month - day.day) // 7 + 1)
    return from_start in item.nth or from_end in item.nth


def _last_date(rules: tuple[Rule, ...]) -> int | None:
    """The last day a dated list is about, if every opening in it says its year."""
    lasts = [
        _bounds(rule)[1]
        for rule in rules
        if rule.state is not State.CLOSED and rule.join is not Join.FALLBACK
    ]
    last = max(lasts, default=_LAST_DAY)
    return last if last < _LAST_DAY else None


def _bounds(rule: Rule) -> tuple[int, int]:
    """The first and last day a rule can be about, as far as its years say."""
    first, last = _FIRST_DAY, _LAST_DAY
    if rule.years:
        first = max(first, date(min(steps.first for steps in rule.years), 1, 1).toordinal())
        end = max(steps.last for steps in rule.years)
        last = min(last, date(min(end, 2998), 12, 31).toordinal())
    if rule.dates and all(dates.first.year is not None for dates in rule.dates):
        first = max(first, min(_ordinal(dates.first) for dates in rule.dates))
        last = min(last, max(_ordinal(dates.last) for dates in rule.dates))
    return first, last


def _ordinal(day: Day) -> int:
    year = day.year or 1901
    if day.month == 0:
        return easter_sunday(year).toordinal() + day.day
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1])).toordinal()
