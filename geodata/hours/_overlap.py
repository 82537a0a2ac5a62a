"""Whether two rules can be about one same day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geodata.hours._model import EVERY_DAY, Dates, Holiday, Join, Rule, State, Steps, Weekdays

if TYPE_CHECKING:
    from collections.abc import Iterable


def replaces_earlier(rule: Rule, earlier: Iterable[Rule]) -> bool:
    """Whether an opening may take the place of what earlier rules say, and should say so.

    Hours of public holidays do so by themselves.
    """
    if rule.join is not Join.NORMAL or rule.state is State.CLOSED:
        return False
    public = rule.holidays and all(day.kind == "PH" for day in rule.holidays)
    if public and not rule.holidays_and_weekdays:
        if not rule.weekdays:
            return False
        rule = replace(rule, holidays=())
    return not all(disjoint(rule, other) for other in earlier)


def is_public(rule: Rule) -> bool:
    """Whether a rule is about public holidays, maybe with days of the week beside them."""
    return (
        bool(rule.holidays)
        and not rule.holidays_and_weekdays
        and all(day == Holiday("PH") for day in rule.holidays)
    )


def contradicts(closed: Rule, rule: Rule) -> bool:
    """Whether a closure leaves nothing of an opening, as far as their days say."""
    if closed.state is not State.CLOSED or rule.state is State.CLOSED or closed.times:
        return False
    if is_public(rule) and set(rule.holidays) & set(closed.holidays):
        return not (closed.holidays_and_weekdays or closed.dates or closed.weeks or closed.years)
    same = (
        rule.dates == closed.dates
        and rule.weeks == closed.weeks
        and rule.years == closed.years
        and set(rule.holidays) <= set(closed.holidays)
        and not (closed.holidays_and_weekdays or rule.holidays_and_weekdays)
    )
    counted = any(item.nth for one in (rule, closed) for item in one.weekdays)
    days, out = (sum(item.days for item in one.weekdays) for one in (rule, closed))
    return same and rule.has_days and closed.has_days and not counted and not days & ~out


def swallows(closed: Rule, rule: Rule) -> bool:
    """Whether a closure is about a whole period, and an opening about days of that period."""
    if closed.state is not State.CLOSED or rule.state is State.CLOSED:
        return False
    if closed.weekdays or closed.times:
        return False
    if (rule.weeks, rule.years) != (closed.weeks, closed.years):
        return False
    if not _within(rule.dates, closed.dates):
        return False
    beside = rule.weekdays and not rule.holidays_and_weekdays
    within = set(rule.holidays) <= set(closed.holidays) and not (rule.holidays and beside)
    return within and bool(rule.holidays) == bool(closed.holidays) and closed.has_days


def _within(ones: tuple[Dates, ...], others: tuple[Dates, ...]) -> bool:
    """Whether dates are all among others, as far as is sure: both without years, or the same."""
    if ones == others or not (ones and others):
        return ones == others
    if any(date.first.year or not date.first.month for date in (*ones, *others)):
        return set(ones) <= set(others)
    days, among = (set().union(*map(_days_of_year, dates)) for dates in (ones, others))
    return days <= among


def is_narrower(rule: Rule, other: Rule) -> bool:
    """Whether a rule is about some of the days of another, which is about plain weekdays."""
    plain = not (other.holidays or other.dates or other.weeks or other.years)
    if not plain or any(item.nth for item in other.weekdays) or other.state is State.CLOSED:
        return False
    if rule.dates or rule.weeks or rule.years or rule.holidays:
        return True
    days, others = (
        sum(item.days for item in one.weekdays if not item.nth) for one in (rule, other)
    )
    return not days & ~(others or EVERY_DAY) and bool(rule.weekdays)


def disjoint(one: Rule, other: Rule) -> bool:
    """Whether two rules certainly share no day."""
    if one.years and other.years and not _years(one.years) & _years(other.years):
        return True
    if one.weeks and other.weeks and not _numbers(one.weeks) & _numbers(other.weeks):
        return True
    if one.dates and other.dates and _dates_disjoint(one.dates, other.dates):
        return True
    if not (_by_weekday(one) and _by_weekday(other)):
        return False
    return all(_weekdays_disjoint(a, b) for a in one.weekdays for b in other.weekdays)


def _by_weekday(rule: Rule) -> bool:
    return bool(rule.weekdays) and (not rule.holidays or rule.holidays_and_weekdays)


def _weekdays_disjoint(one: Weekdays, other: Weekdays) -> bool:
    days = [EVERY_DAY if item.offset else item.days for item in (one, other)]
    if not days[0] & days[1]:
        return True
    counted = [item.nth and not item.offset and min(item.nth) > 0 for item in (one, other)]
    return all(counted) and not set(one.nth) & set(other.nth)


def _years(steps: tuple[Steps, ...]) -> set[int]:
    return {
        year
        for item in steps
        for year in range(item.first, min(item.last, 3000) + 1)
        if year in item
    }


def _numbers(steps: tuple[Steps, ...]) -> set[int]:
    return {week for item in steps for week in range(item.first, item.last + 1) if week in item}


def _dates_disjoint(ones: tuple[Dates, ...], others: tuple[Dates, ...]) -> bool:
    return all(_ranges_disjoint(one, other) for one in ones for other in others)


def _ranges_disjoint(one: Dates, other: Dates) -> bool:
    if one.first.month == 0 or other.first.month == 0:
        return False
    if one.first.year is not None and other.first.year is not None:
        return _end(one) < _start(other) or _end(other) < _start(one)
    return not _days_of_year(one) & _days_of_year(other)


def _start(dates: Dates) -> tuple[int, int, int]:
    return dates.first.year or 0, dates.first.month, dates.first.day


def _end(dates: Dates) -> tuple[int, int, int]:
    return dates.last.year or 0, dates.last.month, dates.last.day


def _days_of_year(dates: Dates) -> set[tuple[int, int]]:
    first, last = (dates.first.month, dates.first.day), (dates.last.month, dates.last.day)
    days = {(month, day) for month in range(1, 13) for day in range(1, 32)}
    if (dates.last.year or 0) > (dates.first.year or 0):
        return days
    if first <= last:
        return {day for day in days if first <= day <= last}
    return {day for day in days if day >= first or day <= last}
