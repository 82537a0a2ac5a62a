"""The quarter-hours of a week, as bits: classes of them, and those that services are open."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final, Self, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import french, hours
from geodata.hours import same_calendar
from geodata.labelled import Labelled

Words = NDArray[np.uint64]
Pair = tuple[str, str | None]

When = TypeVar("When", date, int)
Answer = TypeVar("Answer")

UNSURE: Final = "a_demander"
"""An optional column of services, of bool: the row does not say whether it is what is asked for.
Then nothing of it is sure, as with hours that are unknown."""

_MOST_KEPT: Final = 65_536

_HOUR_SLOTS: Final = hours.DAY_SLOTS // 24
_SLOT_MIN: Final = 60 // _HOUR_SLOTS
_WEEK: Final = range(7)
_WEEKDAYS: Final = range(5)


class SlotClass(Labelled):
    """A part of the week that people ask about. `label` is what they read."""

    JOUR = "jour", "En journée, en semaine (8 h – 18 h)"
    SOIR = "soir", "Un soir de semaine (18 h – 22 h)"
    NUIT = "nuit", "La nuit (22 h – 6 h)"
    WEEK_END = "week-end", "Le week-end (6 h – 22 h)"


@dataclass(frozen=True)
class DaysAndHours:
    """The same hours of some days of the week: *le mardi de 18 h à 22 h*.

    `weekdays`: 0 is Monday. `start`, `end`: to the quarter of an hour; an end before the start is
    on the next day. Raises ValueError, in French, where no day or no time is left.
    """

    weekdays: tuple[int, ...]
    start: time
    end: time

    def __post_init__(self) -> None:
        object.__setattr__(self, "weekdays", tuple(sorted(set(self.weekdays))))
        if not self.weekdays:
            raise ValueError("Choisir au moins un jour.")
        if self.start == self.end:
            raise ValueError("Choisir deux heures différentes.")
        if self.start.minute % _SLOT_MIN or self.end.minute % _SLOT_MIN:
            raise ValueError("Choisir des heures au quart d’heure près.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `mardi-18:00-22:00` or `lundi,mardi-18:00-22:00`. Raises ValueError."""
        days, start, end = text.split("-")
        weekdays = tuple(french.WEEKDAYS.index(day) for day in days.split(","))
        first, last = (datetime.strptime(each, "%H:%M").time() for each in (start, end))  # noqa: DTZ007
        return cls(weekdays, first, last)

    def __str__(self) -> str:
        """Return what `parse` reads."""
        days = ",".join(map(french.weekday, self.weekdays))
        return f"{days}-{self.start:%H:%M}-{self.end:%H:%M}"


def slots_of(opening: SlotClass | DaysAndHours) -> Words:
    """Return the quarter-hours of a part of the week, as `slots_between` does."""
    if isinstance(opening, SlotClass):
        return SLOT_CLASSES[opening]
    start, end = (each.hour + each.minute / 60 for each in (opening.start, opening.end))
    return slots_between(opening.weekdays, start, end)


def slots_between(weekdays: Collection[int], start_hour: float, end_hour: float) -> Words:
    """Return the quarter-hours of some days (0 is Monday) from one hour to another: shape (11,).

    An end before the start is on the next day. The array cannot be written to.

    >>> bin(slots_between([0], 0.25, 1)[0])
    '0b1110'
    """
    if not (0 <= start_hour <= 24 and 0 <= end_hour <= 24):
        raise ValueError("Les heures vont de 0 à 24.")
    first, last = round(start_hour * _HOUR_SLOTS), round(end_hour * _HOUR_SLOTS)
    length = last - first if last >= first else last - first + hours.DAY_SLOTS
    bits = np.zeros(hours.WEEK_SLOTS, dtype=bool)
    for weekday in weekdays:
        at = weekday * hours.DAY_SLOTS + first
        bits[np.arange(at, at + length) % hours.WEEK_SLOTS] = True
    words = to_words(bits)
    words.flags.writeable = False
    return words


def to_words(bits: NDArray[np.bool_]) -> Words:
    """Pack the 672 booleans of a week into 11 words, bit 0 first: (…, 672) → (…, 11)."""
    packed = np.zeros((*bits.shape[:-1], hours.WEEK_WORDS * 8), dtype=np.uint8)
    packed[..., : hours.WEEK_SLOTS // 8] = np.packbits(bits, axis=-1, bitorder="little")
    return packed.view("<u8").astype(np.uint64)


def stays(words: Words) -> Words:
    """Leave out the quarter-hours that stand alone: half an hour at least, or nothing.

    >>> bin(stays(np.array([[0b1011]], dtype=np.uint64))[0, 0])
    '0b11'
    """
    after, before = words >> np.uint64(1), words << np.uint64(1)
    after[:, :-1] |= words[:, 1:] << np.uint64(63)
    before[:, 1:] |= words[:, :-1] >> np.uint64(63)
    return np.asarray(words & (after | before))


def to_bits(words: Words) -> NDArray[np.uint8]:
    """Unpack words into the 672 quarter-hours of a week, 0 or 1: (n, 11) → (n, 672)."""
    octets = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, count=hours.WEEK_SLOTS, bitorder="little")


def bit_count(words: Words) -> NDArray[np.int64]:
    """Count the bits of the last axis."""
    return np.asarray(np.bitwise_count(words).sum(axis=-1, dtype=np.int64))


SLOT_CLASSES: Final[Mapping[SlotClass, Words]] = MappingProxyType(
    {
        SlotClass.JOUR: slots_between(_WEEKDAYS, 8, 18),
        SlotClass.SOIR: slots_between(_WEEKDAYS, 18, 22),
        SlotClass.NUIT: slots_between(_WEEK, 22, 6),
        SlotClass.WEEK_END: slots_between([5, 6], 6, 22),
    }
)
"""The quarter-hours of each class; none is in two, and weekdays from 6 h to 8 h are in none."""

WHOLE_WEEK: Final = slots_between(_WEEK, 0, 24)


def typical_monday(after: date, departements: Collection[str] = ()) -> date:
    """Return the first Monday, from `after` on, of a week without a public holiday.

    National holidays, and those of these départements.

    >>> typical_monday(date(2026, 11, 5))  # the 11th is a Wednesday
    datetime.date(2026, 11, 16)
    """
    monday = after + timedelta(days=-after.weekday() % 7)
    places = [None, *departements]
    while any(
        hours.is_public_holiday(monday + timedelta(days=day), place)
        for day in _WEEK
        for place in places
    ):
        monday += timedelta(days=7)
    return monday


def service_slots(services: pd.DataFrame, monday: date, *, unknown: bool = False) -> Words:
    """Return the quarter-hours in which each service is open, in the week of a Monday.

    Weekly hours that say nothing of public holidays are unknown on one of the service's
    département, here as in a selection by time.

    Args:
        services: `horaires_accueil` and `departement` are read, and `UNSURE` if it is there.
        monday: the first day of the week, a real one.
        unknown: False for what is surely open, True for what is or may be.

    Returns:
        The 672 quarter-hours of local time as bits, of shape (n, 11); bit 0 is Monday 00:00.

    Raises:
        ValueError: `monday` is another day.
    """
    if monday.weekday() != 0:
        raise ValueError(f"La semaine doit commencer un lundi : {monday:%d/%m/%Y} n’en est pas un.")
    found = _known_slots(_pairs(services), monday, unknown)
    words = np.array(found, dtype=np.uint64).reshape(-1, hours.WEEK_WORDS)
    return words if unknown else np.where(unsure(services)[:, None], np.uint64(0), words)


def unsure(services: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which services are marked in the column `UNSURE`; none where there is no such one."""
    if UNSURE not in services:
        return np.zeros(len(services), dtype=bool)
    return services[UNSURE].to_numpy(dtype=bool)


def _pairs(services: pd.DataFrame) -> list[Pair]:
    """Return each service's text of hours, and its calendar.

    One département stands for all those of its public holidays, school zone and local time.
    """
    texts, codes = services["horaires_accueil"].tolist(), services["departement"].tolist()
    calendars = {code: same_calendar(code) for code in set(codes)}
    return [(text, calendars[code]) for text, code in zip(texts, codes, strict=True)]


def _once_each(
    work_out: Callable[[list[Pair], When, bool], Iterable[Answer]],
) -> Callable[[list[Pair], When, bool], list[Answer]]:
    """Keep what is worked out for each pair, up to `_MOST_KEPT` answers: many rows have the same.

    What is kept depends on nothing but its key.
    """
    kept: dict[tuple[Pair, When, bool], Answer] = {}

    def answers(pairs: list[Pair], when: When, unknown: bool) -> list[Answer]:  # noqa: FBT001
        keys = {pair: (pair, when, unknown) for pair in pairs}
        # One look at each: another thread may empty what is kept.
        looked = ((pair, kept.get(key)) for pair, key in keys.items())
        found = {pair: answer for pair, answer in looked if answer is not None}
        missing = [pair for pair in keys if pair not in found]
        if missing:
            found.update(zip(missing, work_out(missing, when, unknown), strict=True))
            if len(kept) + len(missing) > _MOST_KEPT:
                kept.clear()
            kept.update((keys[pair], found[pair]) for pair in missing)
        return [found[pair] for pair in pairs]

    return answers


def _slots(pairs: list[Pair], monday: date, unknown: bool) -> Words:  # noqa: FBT001
    texts = pd.Series([text for text, _ in pairs], dtype="str")
    departements = pd.Series([departement for _, departement in pairs], dtype="str")
    words = hours.week_slots(texts, monday, departements=departements)
    if unknown:
        return words | hours.week_slots(texts, monday, unknown=True, departements=departements)
    holidays = _holidays(departements, monday)
    if holidays.any():
        silent = hours.silent_on_holidays(texts).to_numpy(dtype=bool)
        words[silent] &= ~holidays[silent]
    return words


def _holidays(departements: pd.Series, monday: date) -> Words:
    """Return the quarter-hours of the week that are on a public holiday of each département."""
    codes, known = pd.factorize(departements)
    days = [monday + timedelta(days=day) for day in _WEEK]
    table = [
        slots_between([d for d in _WEEK if hours.is_public_holiday(days[d], code)], 0, 24)
        for code in known
    ]
    return np.array([*table, np.zeros(hours.WEEK_WORDS, np.uint64)])[codes]


def yearly_hours(services: pd.DataFrame, year: int, *, unknown: bool = False) -> pd.Series:
    """Count the hours that each service is open in a year, by quarter-hours.

    An office open on weekdays from 9 h to 17 h makes 2,016 h of 2026; two Wednesdays a month, 69 h
    at most: a map of radiuses counts them alike, this does not.

    Args:
        services: `horaires_accueil` and `departement` are read, each distinct pair once, and
            `UNSURE` if it is there.
        year: the civil year.
        unknown: False for what is surely open, True for what is or may be (8,760 h where nothing
            is known).

    Returns:
        Hours, on the index of `services`.
    """
    quarters = np.array(_known_quarters(_pairs(services), year, unknown), dtype=np.int64)
    if not unknown:
        quarters[unsure(services)] = 0
    return pd.Series(quarters / _HOUR_SLOTS, index=services.index, name="yearly_hours")


def _yearly_quarters(pairs: list[Pair], year: int, unknown: bool) -> NDArray[np.int64]:  # noqa: FBT001
    quarters = np.zeros(len(pairs), dtype=np.int64)
    monday = date(year, 1, 1) - timedelta(days=date(year, 1, 1).weekday())
    while monday.year <= year:
        inside = [day for day in _WEEK if (monday + timedelta(days=day)).year == year]
        slots = _slots(pairs, monday, unknown)
        quarters += bit_count(slots & slots_between(inside, 0, 24))
        monday += timedelta(days=7)
    return quarters


_known_slots = _once_each(_slots)
_known_quarters = _once_each(_yearly_quarters)
