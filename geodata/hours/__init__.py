"""Opening hours: what OSM and French texts mean, and the answers they allow.

The text stays in the frame; each distinct text is read once. A text that is not understood, or an
empty one, is *unknown*: never closed, never open.

Rules are laid on the calendar here, minute by minute, after the OSM specification. A second
engine, `opening-hours-py`, reads the canonical text too; where it answers otherwise, and is not
known to be wrong, the text is unknown. Private parts: `_osm` and `_french` read, `_second_lock`
compares, `_words` writes French and `_translation` other languages, `_schedule` and `_calendar`
answer.

Instants are aware datetimes; a naive one is Paris time. `departement` gives a row its local public
holidays, its school zone and, overseas, its local time.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata import french
from geodata.hours import _french, _osm, _second_lock, _translation, _words
from geodata.hours._calendar import (
    PARIS,
    Calendar,
    instant_of,
    local_minutes,
    same_calendar,
    school_holidays_end,
    to_datetime,
)
from geodata.hours._model import DAY_MINUTES, EVERY_DAY, InvalidHours, Rule, State
from geodata.hours._schedule import STATES, Schedule, weekday_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from geodata.languages import Language

__all__ = [
    "InvalidHours",
    "State",
    "closing",
    "describe",
    "from_day_columns",
    "is_public_holiday",
    "local_date",
    "local_zone",
    "next_opening",
    "open_during",
    "openings",
    "over_midnight",
    "same_calendar",
    "school_holidays_notice",
    "silent_on_holidays",
    "states",
    "to_renew",
    "translate",
    "understand",
    "week_slots",
    "weekdays",
]

Answer = TypeVar("Answer")

SLOT_MINUTES = 15
WEEK_SLOTS = 7 * DAY_MINUTES // SLOT_MINUTES
WEEK_WORDS = -(-WEEK_SLOTS // 64)
DAY_SLOTS = DAY_MINUTES // SLOT_MINUTES
DAY_COLUMNS = (
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "jours_feries",
)
_REVERSED = "ferme avant d’ouvrir, à vérifier"
MAX_OPENINGS_DAYS = 3660
MAX_CLOSING_DAYS = 14
"""An opening that lasts longer has no closing worth announcing."""


def states(hours: pd.Series, at: datetime, *, departements: pd.Series | None = None) -> pd.Series:
    """Whether each place is open, closed or unknown at an instant."""

    def state(schedule: Schedule) -> State:
        return STATES[schedule.code_at(*local_minutes(at, schedule.zone))]

    return _series(hours, _answers(hours, departements, state, otherwise=State.UNKNOWN))


def open_during(
    hours: pd.Series, start: datetime, end: datetime, *, departements: pd.Series | None = None
) -> pd.Series:
    """Open if open at any moment of `[start, end)`; else unknown if it may be; else closed."""
    first, last = instant_of(start), max(instant_of(end), instant_of(start) + 1)

    def state(schedule: Schedule) -> State:
        begin, stop = (local_minutes(moment, schedule.zone)[0] for moment in (start, end))
        codes = {
            code
            for low, high, code in schedule.instants(begin, max(begin, stop))
            if low < last and high > first
        }
        return State.OPEN if 1 in codes else State.UNKNOWN if 2 in codes else State.CLOSED

    return _series(hours, _answers(hours, departements, state, otherwise=State.UNKNOWN))


def next_opening(
    hours: pd.Series, after: datetime, *, departements: pd.Series | None = None
) -> pd.Series:
    """The first known opening that begins after an instant, in Paris time; NaT if none."""
    threshold = instant_of(after)

    def opening(schedule: Schedule) -> int | None:
        today = local_minutes(after, schedule.zone)[0]
        for low, _, code in schedule.instants(today - 1, schedule.horizon(today)):
            if code == 1 and low > threshold:
                return low
        return None

    return _moments(hours, _answers(hours, departements, opening, otherwise=None))


def closing(hours: pd.Series, at: datetime, *, departements: pd.Series | None = None) -> pd.Series:
    """Until when each place open at an instant stays open, in Paris time; NaT otherwise."""
    moment = instant_of(at)

    def end(schedule: Schedule) -> int | None:
        today = local_minutes(at, schedule.zone)[0]
        for low, high, code in schedule.instants(today, today + MAX_CLOSING_DAYS):
            if low > moment:
                return None
            if code == 1 and high > moment:
                return high if high - moment < (MAX_CLOSING_DAYS - 1) * DAY_MINUTES else None
        return None

    return _moments(hours, _answers(hours, departements, end, otherwise=None))


def to_renew(hours: pd.Series, at: datetime, *, departements: pd.Series | None = None) -> pd.Series:
    """Whether each text is a dated list whose last date has passed (*dates à renouveler*)."""

    def passed(schedule: Schedule) -> bool:
        ordinal, minute = local_minutes(at, schedule.zone)
        return schedule.needs_renewal(ordinal) and schedule.code_at(ordinal, minute) != 1

    return _series(hours, _answers(hours, departements, passed, otherwise=False), dtype="bool")


def openings(
    text: str, start: date, end: date, *, departement: str | None = None
) -> list[tuple[datetime, datetime]]:
    """The openings between the first minute of `start` and that of `end`, cut at both.

    Times are local: Paris, or those of the overseas département.
    """
    schedule = _schedule_of(text, departement)
    first, last = start.toordinal(), end.toordinal() - 1
    if last - first > MAX_OPENINGS_DAYS:
        raise ValueError("openings are listed for ten years at most")
    return [
        (to_datetime(low, schedule.zone), to_datetime(high, schedule.zone))
        for low, high, code in schedule.instants(first, last)
        if code == 1
    ]


def week_slots(
    hours: pd.Series,
    monday: date,
    *,
    unknown: bool = False,
    departements: pd.Series | None = None,
) -> npt.NDArray[np.uint64]:
    """The week's 672 quarter-hours of local time as bits: shape `(n, 11)`, bit 0 = Monday 00:00.

    A bit is 1 where the quarter-hour begins open, or, with `unknown=True`, unknown.
    """
    code, first = (2 if unknown else 1), monday.toordinal()

    def words(schedule: Schedule) -> bytes:
        bits = 0
        for day in range(7):
            bits |= _day_bits(schedule.day(first + day), code) << day * DAY_SLOTS
        return bits.to_bytes(WEEK_WORDS * 8, "little")

    nothing = ((1 << WEEK_SLOTS) - 1 if unknown else 0).to_bytes(WEEK_WORDS * 8, "little")
    codes, answers = _distinct_answers(hours, departements, words, nothing)
    table = np.frombuffer(b"".join(answers), dtype="<u8").reshape(-1, WEEK_WORDS)
    return table.astype(np.uint64)[codes]


@lru_cache(maxsize=65536)
def _day_bits(stretches: tuple[tuple[int, int, int], ...], code: int) -> int:
    bits = 0
    for start, end, state in stretches:
        if state == code:
            first, last = -(-start // SLOT_MINUTES), -(-end // SLOT_MINUTES)
            bits |= ((1 << last - first) - 1) << first
    return bits


def understand(text: str) -> str:
    """The canonical OSM text of hours written in OSM or in French."""
    return _osm.write(_schedule_of(text, None).rules)


def over_midnight(text: str, *, expected: bool) -> str:
    """The text to keep for a place of which one knows whether it opens at night.

    Where a night is expected, `14:00-07:30` becomes `14:00-31:30`, which is sure. Where it is not,
    a rule that closes before it opens becomes unknown, but for an evening of a date with its year.
    Any other text comes back as it is.
    """
    try:
        rules = _rules(text)
    except InvalidHours:
        return text
    spans = [span for rule in rules for span in rule.times]
    if expected and any(_osm.is_doubtful(span) for span in spans):
        return _osm.write(rules)
    if expected or all(span.end <= DAY_MINUTES for span in spans):
        return text
    settled = tuple(map(_without_nights, rules))
    return text if settled == rules else _osm.write(settled)


def _without_nights(rule: Rule) -> Rule:
    dated = rule.dates and all(dates.first.year is not None for dates in rule.dates)
    nights = [span for span in rule.times if span.end > DAY_MINUTES]
    if rule.state is not State.OPEN or not nights:
        return rule
    if dated and not any(_osm.is_doubtful(span) for span in nights):
        return rule
    return replace(rule, state=State.UNKNOWN, comment=_REVERSED)


def local_date(moment: datetime, departement: str | None = None) -> date:
    """The date of an instant in a département's local time (a naive instant is Paris time)."""
    return date.fromordinal(local_minutes(moment, Calendar(departement).zone)[0])


def local_zone(departement: str | None = None) -> ZoneInfo:
    """The time zone of a département, overseas ones included; that of Paris without it."""
    return Calendar(departement).zone


def is_public_holiday(day: date, departement: str | None = None) -> bool:
    """Whether a day is a public holiday of a département, or a national one without it."""
    return bool(Calendar(departement).is_holiday("PH", day.toordinal()))


def school_holidays_notice(today: date) -> str:
    """Return what to say from a year before the known school holidays end, "" until then."""
    end = school_holidays_end()
    if today < end - timedelta(days=365):
        return ""
    ended = "s’est arrêté" if today > end else "s’arrête"
    return (
        f"Le calendrier des vacances scolaires {ended} au {french.day(end, today=date.min)}. "
        "Ensuite, les horaires qui en dépendent sont « inconnus » : demander à la personne qui a "
        "installé le site de le mettre à jour (paquet « vacances-scolaires-france »)."
    )


def silent_on_holidays(hours: pd.Series) -> pd.Series:
    """Whether each text opens some weekdays and says nothing of public holidays.

    After the specification such a place is open on 25 December; in truth nobody knows. A text
    that names holidays or dates, or opens every day of the week, is not silent.
    """

    def silent(schedule: Schedule) -> bool:
        opens = [rule for rule in schedule.rules if rule.state == State.OPEN]
        named = any(
            holiday.kind == "PH" and not holiday.offset
            for rule in schedule.rules
            for holiday in rule.holidays
        )
        weekly = [rule for rule in opens if 0 < _weekdays(rule) < EVERY_DAY]
        return bool(weekly) and not named

    return _series(hours, _answers(hours, None, silent, otherwise=False), "bool")


def weekdays(hours: pd.Series) -> pd.Series:
    """The days of the week on which each text opens, or may open, week after week. Same index out.

    Bits: bit 0 = Monday; 0 where hours are unknown or only name dates or holidays.
    """

    def days(schedule: Schedule) -> int:
        bits = 0
        for rule in schedule.rules:
            if rule.state is not State.CLOSED:
                single = rule.holidays or any(not dates.whole_months for dates in rule.dates)
                bits |= _weekdays(rule) if rule.weekdays or single else EVERY_DAY
            elif not rule.times:
                bits &= ~(weekday_mask(rule) or 0)
        return bits

    return _series(hours, _answers(hours, None, days, otherwise=0), "int64")


def _weekdays(rule: Rule) -> int:
    """The weekdays a rule names, as bits; none where it names single dates."""
    if rule.dates and all(dates.first == dates.last for dates in rule.dates):
        return 0
    return functools.reduce(operator.or_, (days.days for days in rule.weekdays), 0)


def from_day_columns(row: Mapping[str, object]) -> str:
    """The OSM text of columns like `lundi_plage1_debut`, `jours_feries_plage1_fin`; "" if empty."""
    passages = []
    for day in DAY_COLUMNS:
        spans = []
        for number in (1, 2, 3):
            ends = [_cell(row.get(f"{day}_plage{number}_{end}")) for end in ("debut", "fin")]
            if all(ends):
                spans.append("-".join(ends))
            elif any(ends):
                raise InvalidHours(f"« {day} » : il manque le début ou la fin d’une plage.")
        if spans:
            passages.append(f"{day.replace('_', ' ')} : {', '.join(spans)}")
    return understand(" ; ".join(passages)) if passages else ""


def _cell(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def describe(text: str) -> str:
    """What a text says, in French, for a person to read; `understand` reads it back."""
    return _words.sentence(_schedule_of(text, None).rules)


def translate(text: str, language: Language) -> str:
    """What `describe` says, in another language; "" if that language lacks words for it."""
    return _translation.translation(_schedule_of(text, None).rules, language)


# Each distinct text once


def _series(hours: pd.Series, answers: npt.NDArray[np.object_], dtype: str = "object") -> pd.Series:
    return pd.Series(answers, index=hours.index, dtype=dtype, name=hours.name)


def _moments(hours: pd.Series, minutes: npt.NDArray[np.object_]) -> pd.Series:
    epoch = date(1970, 1, 1).toordinal() * DAY_MINUTES
    seconds = [(minute - epoch) * 60 if minute is not None else None for minute in minutes]
    values = pd.to_datetime(pd.Series(seconds, dtype="Int64"), unit="s", utc=True)
    return pd.Series(values.dt.tz_convert(PARIS).array, index=hours.index, name=hours.name)


def _answers(
    hours: pd.Series,
    departements: pd.Series | None,
    answer: Callable[[Schedule], Answer],
    *,
    otherwise: Answer,
) -> npt.NDArray[np.object_]:
    places, answers = _distinct_answers(hours, departements, answer, otherwise)
    table = np.empty(len(answers), dtype=object)
    table[:] = answers
    return table[places]


def _distinct_answers(
    hours: pd.Series,
    departements: pd.Series | None,
    answer: Callable[[Schedule], Answer],
    otherwise: Answer,
) -> tuple[npt.NDArray[np.intp], list[Answer]]:
    """The row of each text among the distinct ones, and the answers to those."""
    if departements is not None and not departements.index.equals(hours.index):
        raise ValueError("hours and departements must have the same index")
    places, distinct = pd.factorize(hours, use_na_sentinel=False)
    texts = distinct.tolist()
    keys: list[tuple[object, str | None]] = [(text, None) for text in texts]
    if departements is not None:
        rows, given = pd.factorize(departements, use_na_sentinel=False)
        theirs = [same_calendar(one) if isinstance(one, str) else None for one in given]
        calendars = list(dict.fromkeys(theirs))
        among = np.array([calendars.index(one) for one in theirs], dtype=np.intp)[rows]
        places, pairs = pd.factorize(places * len(calendars) + among)
        keys = [(texts[pair // len(calendars)], calendars[pair % len(calendars)]) for pair in pairs]
    answers = []
    for text, place in keys:
        try:
            answers.append(answer(_schedule_of(text, place)))
        except InvalidHours:
            answers.append(otherwise)
    return places, answers or [otherwise]


@lru_cache(maxsize=65536)
def _compiled(text: str, departement: str | None) -> Schedule | InvalidHours:
    schedule = _read(text)
    if isinstance(schedule, InvalidHours) or departement is None:
        return schedule
    return schedule.in_calendar(Calendar(departement))


@lru_cache(maxsize=65536)
def _read(text: str) -> Schedule | InvalidHours:
    """The rules of a text in all of France, once another engine has read them alike.

    Or why there are none.
    """
    try:
        rules = _rules(text)
        plain = _osm.clean(text)
        _osm.check_nights(rules, plain)
        _osm.check_midnight(rules, plain)
        schedule = Schedule(rules, Calendar())
        _second_lock.check(schedule)
    except InvalidHours as error:
        return error
    return schedule


def _schedule_of(text: object, departement: str | None) -> Schedule:
    if not isinstance(text, str):
        raise InvalidHours("Pas d’horaires.")
    compiled = _compiled(text, same_calendar(departement))
    if isinstance(compiled, InvalidHours):
        raise InvalidHours(str(compiled))
    return compiled


def _rules(text: str) -> tuple[Rule, ...]:
    if not isinstance(text, str) or not text.strip():
        raise InvalidHours("Pas d’horaires.")
    try:
        return _osm.read(text)
    except _osm.AmbiguousHours:
        raise
    except InvalidHours as osm_error:
        try:
            return _french.read(text)
        except InvalidHours:
            if _osm.is_osm(text) and " / " not in text:
                raise osm_error from None
            raise
