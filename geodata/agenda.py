"""The agenda: openings on dates that people must know, and services whose dates are unknown.

A service that opens on the same weekdays every week is not in the agenda. Dated stops, nth weekdays
of a month, fortnights and tours are.

The clock is an argument. Services that are never shown (`non_publie`) are in no answer.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata import hours
from geodata.hours import InvalidHours, State
from geodata.selection import Selection, select
from geodata.services import Confidentiality, ServiceType
from geodata.text import fold, french_ranks

__all__ = [
    "every_week",
    "holiday_doubt",
    "later",
    "occasions",
    "stops",
    "to_ask",
    "to_renew",
    "touring",
    "tours",
]

PARIS: Final = ZoneInfo("Europe/Paris")
LONGEST_DAYS: Final = 366

_SLOT_MINUTES: Final = 15
_WEEK_SLOTS: Final = 672
_DAY_SLOTS: Final = 96
_WEEK: Final = (1 << _WEEK_SLOTS) - 1
# A slot that is kept in seven of eight weeks in a row is kept every week: school holidays, public
# holidays and *except the third Friday* leave such weeks somewhere in a year; dates do not.
_IN_A_ROW: Final = 8
_WEEKS_AROUND: Final = 26
# A permanence that is held on so many days of every week is an office.
_OFFICE_DAYS: Final = 5
_ASK_WITHIN_WEEKS: Final = 4
# An opening that begins in the span is listed with its end, up to so long after it.
_LONGEST_OPENING_DAYS: Final = 7
# A list of dates is what will have to be renewed one day.
_DATES_ARE_PAST: Final = datetime(2900, 1, 1, tzinfo=PARIS)
_MOVES = re.compile(
    r"\b(mobile|itinerant\w*|ambulant\w*|bus|camion\w*|camping car|tournee|van|caravane)\b"
)

Slots = npt.NDArray[np.uint64]


def occasions(services: gpd.GeoDataFrame, start: date, end: date) -> pd.DataFrame:
    """List the openings of the agenda that begin from `start` to the day before `end`.

    An opening is listed unless it comes back every week (see `every_week`); those of a service of
    type `permanence` are listed even then, unless it is held on five days of the week or more. So
    an office that also opens on the first Saturday of the month has its Saturdays here, and
    nothing that is always open is.

    Args:
        services: rows of `read_services`.
        start: first day, in Paris.
        end: the day after the last one, 366 days later at most.

    Returns:
        One row an opening, sorted by start, end and place in the list: `id` of the service,
        `start` and `end` (Europe/Paris, whole minutes).

    Raises:
        ValueError: `end` is not after `start`, or is too far after it.
    """
    if not 0 < (end - start).days <= LONGEST_DAYS:
        raise ValueError(f"from 1 to {LONGEST_DAYS} days: {start} to {end}")
    known = select(services, Selection())
    known = known[known["horaires_accueil"] != ""]
    pairs, codes = _distinct(known)
    weeks = _weeks(pairs, start, end)
    always = _kept_every_week(weeks)
    office = _days_kept(always) >= _OFFICE_DAYS
    drop_in = (known["type"] == ServiceType.PERMANENCE).to_numpy()
    listed = drop_in & ~office[codes]
    sometimes = np.asarray((weeks & ~always).any(axis=(0, 2)))
    wanted = np.unique(codes[listed | sometimes[codes]])
    found = {}
    for code in wanted.tolist():
        text, home = pairs.iloc[code]
        found[code] = _openings(text, home, start, end, always=_as_bits(always[code]))
    rows = [
        (key, low, high)
        for key, code, every in zip(known.index, codes.tolist(), listed.tolist(), strict=True)
        for low, high, weekly in found.get(code, ())
        if every or not weekly
    ]
    return _frame(rows).sort_values(["start", "end"], kind="stable", ignore_index=True)


def every_week(
    texts: pd.Series, start: date, end: date, *, departements: pd.Series | None = None
) -> Slots:
    """Return the quarter-hours that each text keeps every week around some dates.

    A quarter-hour of the week is kept every week if it is open in at least seven of some eight
    weeks in a row, between half a year before `start` and half a year after it (or eight weeks
    after `end` if that is later). Public holidays, school holidays, a season of two months and
    *every Friday but the third* leave eight such weeks; a fortnight (4 of 8), nth weekdays (three
    a month: 6 of 8) and stops with their dates do not.

    Returns:
        Bits as `hours.week_slots` gives them: shape `(n, 11)`, bit 0 = Monday 00:00.
    """
    frame = pd.DataFrame({"horaires_accueil": texts})
    frame["departement"] = "" if departements is None else departements
    pairs, codes = _distinct(frame)
    kept: Slots = _kept_every_week(_weeks(pairs, start, end))[codes]
    return kept


def holiday_doubt(day: date, service: Mapping[str, Any] | pd.Series) -> str:
    """Return a doubt in French for a public holiday that the weekly hours say nothing of, else "".

    `service`: a row with `departement` and `horaires_accueil`.
    """
    if not hours.is_public_holiday(day, service["departement"]):
        return ""
    silent = hours.silent_on_holidays(pd.Series([service["horaires_accueil"]])).iloc[0]
    return " (jour férié, à vérifier)" if silent else ""


def to_renew(services: gpd.GeoDataFrame, at: datetime) -> gpd.GeoDataFrame:
    """Return the services whose dates have all passed (*dates à renouveler*), in their order."""
    shown = select(services, Selection())
    passed = hours.to_renew(shown["horaires_accueil"], at, departements=shown["departement"])
    return shown[passed.astype(bool)]


def to_ask(services: gpd.GeoDataFrame, at: datetime) -> gpd.GeoDataFrame:
    """Return the permanences whose hours have to be asked for, in their order.

    Nothing can be computed from the row: it says no hours, or says them in words only, or says
    only *on appointment*. Dates that have passed are in `to_renew`, not here.
    """
    drop_ins = _drop_ins(services)
    texts, homes = drop_ins["horaires_accueil"], drop_ins["departement"]
    unread = texts.map({text: not _is_read(text) for text in texts.unique()}).astype(bool)
    not_open = hours.next_opening(texts, at, departements=homes).isna()
    not_open &= hours.states(texts, at, departements=homes) != State.OPEN
    not_open &= ~hours.to_renew(texts, at, departements=homes).astype(bool)
    return drop_ins[unread | (not_open & _perhaps(texts, homes, at.date()))]


def later(services: gpd.GeoDataFrame, listed: Iterable[str], at: datetime) -> gpd.GeoDataFrame:
    """Return the permanences with known hours that are not among the ids `listed`.

    Their dates are after those listed, or they are held on most days of the week. A further column
    `next` is the next opening (Europe/Paris); rows are sorted by it.
    """
    drop_ins = _drop_ins(services)
    rest = drop_ins[~drop_ins.index.isin(list(listed))]
    following = hours.next_opening(rest["horaires_accueil"], at, departements=rest["departement"])
    return rest.assign(next=following).dropna(subset=["next"]).sort_values("next", kind="stable")


def tours(services: gpd.GeoDataFrame, at: datetime) -> gpd.GeoDataFrame:
    """Return the stops of the services that tour, such as a bus that goes from town to town.

    Stops of one tour are public permanences with a point and one `structure`, at two places or
    more, that move: a word of their name says so (*bus*, *mobile*, *itinérant*…), or their hours
    are single dates. Fixed desks of one structure are no tour.

    Returns:
        Rows of `services` with a further column `next`, the next opening (Europe/Paris, NaT where
        not known), sorted by structure, then next opening, then name.
    """
    return touring(stops(services, at))


def stops(services: gpd.GeoDataFrame, at: datetime) -> gpd.GeoDataFrame:
    """Return the public permanences with a point and a structure that move, in their order.

    A further column `next` is the next opening. Whether a row is here depends on this row alone.
    """
    drop_ins = _drop_ins(services)
    public = drop_ins[
        (drop_ins["confidentialite"] == Confidentiality.PUBLIC)
        & drop_ins.geometry.notna()
        & (drop_ins["structure"] != "")
    ]
    moving = public[_moving(public, at)]
    texts, homes = moving["horaires_accueil"], moving["departement"]
    return moving.assign(next=hours.next_opening(texts, at, departements=homes))


def touring(stops: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the stops whose structure has two places or more, in the order of `tours`."""
    if stops.empty:
        return stops
    structures = stops["structure"]
    places = pd.DataFrame({"structure": structures, "place": stops.geometry.to_wkb()})
    count = places.drop_duplicates()["structure"].value_counts()
    several = stops[structures.isin(count.index[count > 1])]
    keys = several[["structure", "next", "nom"]].copy()
    keys[["structure", "nom"]] = keys[["structure", "nom"]].apply(french_ranks)
    order = keys.sort_values(list(keys.columns), kind="stable", na_position="last").index
    return several.loc[order]


# --- who is meant -------------------------------------------------------------------------


def _drop_ins(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return select(services, Selection(types=[ServiceType.PERMANENCE]))


def _is_read(text: str) -> bool:
    try:
        return bool(hours.understand(text))
    except InvalidHours:
        return False


def _perhaps(texts: pd.Series, homes: pd.Series, today: date) -> npt.NDArray[np.bool_]:
    """Return which texts leave something unknown in the coming weeks; the others are closed."""
    perhaps = np.zeros(len(texts), dtype=np.bool_)
    for monday in _mondays(today, today + timedelta(weeks=_ASK_WITHIN_WEEKS)):
        slots = hours.week_slots(texts, monday, unknown=True, departements=homes)
        perhaps |= slots.any(axis=1)
    return perhaps


def _moving(stops: gpd.GeoDataFrame, at: datetime) -> npt.NDArray[np.bool_]:
    """Return which stops move: a word of their name says so, or they are held on single dates."""
    names = stops["nom"]
    said = names.map({name: bool(_MOVES.search(fold(name))) for name in names.unique()})
    texts, homes = stops["horaires_accueil"], stops["departement"]
    dated = hours.to_renew(texts, _DATES_ARE_PAST, departements=homes)
    today = at.date()
    kept = every_week(texts, today, today + timedelta(days=LONGEST_DAYS), departements=homes)
    moving: npt.NDArray[np.bool_] = said.to_numpy(dtype=bool) | (
        dated.to_numpy(dtype=bool) & ~kept.any(axis=1)
    )
    return moving


# --- weeks --------------------------------------------------------------------------------


def _distinct(services: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[Any]]:
    """Return the distinct pairs of text and département, and the position of each row's pair."""
    pairs = pd.DataFrame(services[["horaires_accueil", "departement"]]).reset_index(drop=True)
    codes = pairs.groupby(list(pairs.columns), sort=False).ngroup()
    return pairs.drop_duplicates(ignore_index=True), codes.to_numpy()


def _mondays(first: date, last: date) -> list[date]:
    """The Mondays of the weeks from that of `first` to that of `last`."""
    monday = first - timedelta(days=first.weekday())
    return [monday + timedelta(weeks=n) for n in range((last - monday).days // 7 + 1)]


def _weeks(pairs: pd.DataFrame, start: date, end: date) -> Slots:
    """The slots of each week around some dates: shape (weeks, texts, 11)."""
    around = timedelta(weeks=_WEEKS_AROUND)
    last = max(start + around, end + timedelta(weeks=_IN_A_ROW))
    texts, homes = pairs["horaires_accueil"], pairs["departement"]
    return np.stack(
        [
            hours.week_slots(texts, monday, departements=homes)
            for monday in _mondays(start - around, last)
        ]
    )


def _kept_every_week(weeks: Slots) -> Slots:
    """The slots that are open in all but one of some eight weeks in a row: shape (texts, 11)."""
    kept: Slots = np.zeros_like(weeks[0])
    for first in range(len(weeks) - _IN_A_ROW + 1):
        window = weeks[first : first + _IN_A_ROW]
        always, but_one = window[0], np.full_like(window[0], np.iinfo(np.uint64).max)
        for week in window[1:]:
            always, but_one = always & week, (but_one & week) | always
        kept |= but_one
    return kept


def _days_kept(always: Slots) -> npt.NDArray[np.int64]:
    """On how many days of the week each text keeps something every week."""
    as_bytes = np.ascontiguousarray(always.astype("<u8")).view(np.uint8)
    bits = np.unpackbits(as_bytes, axis=1, bitorder="little")[:, :_WEEK_SLOTS]
    days = bits.reshape(-1, _WEEK_SLOTS // _DAY_SLOTS, _DAY_SLOTS).any(axis=2)
    count: npt.NDArray[np.int64] = days.sum(axis=1)
    return count


def _as_bits(slots: Slots) -> int:
    return int.from_bytes(slots.astype("<u8").tobytes(), "little")


def _openings(
    text: str, departement: str, start: date, end: date, *, always: int
) -> list[tuple[datetime, datetime, bool]]:
    """The openings that begin in the span, and whether each comes back every week.

    A text that is not understood has none.
    """
    first = datetime.combine(start, time(), PARIS)
    beyond = datetime.combine(end, time(), PARIS)
    # Overseas a day begins at another hour than in Paris: one day more on each side.
    try:
        openings = hours.openings(
            text,
            start - timedelta(days=1),
            end + timedelta(days=_LONGEST_OPENING_DAYS),
            departement=departement or None,
        )
    except InvalidHours:
        return []
    return [
        (low, high, not _slots_of(low, high) & ~always)
        for low, high in openings
        if first <= low < beyond
    ]


def _slots_of(low: datetime, high: datetime) -> int:
    """The quarter-hours of the week that begin during an opening, as bits of local time."""
    monday = datetime.combine(low.date() - timedelta(days=low.weekday()), time())
    begin, stop = (
        -(-int((moment.replace(tzinfo=None) - monday).total_seconds()) // (_SLOT_MINUTES * 60))
        for moment in (low, high)
    )
    bits = (1 << max(stop, begin)) - (1 << begin)
    folded = 0
    while bits:
        folded |= bits & _WEEK
        bits >>= _WEEK_SLOTS
    return folded


def _frame(rows: list[tuple[str, datetime, datetime]]) -> pd.DataFrame:
    ids, starts, ends = zip(*rows, strict=True) if rows else ((), (), ())
    return pd.DataFrame(
        {"id": pd.Series(ids, dtype="str"), "start": _in_paris(starts), "end": _in_paris(ends)}
    )


def _in_paris(moments: Iterable[datetime]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(list(moments), utc=True)).tz_convert(PARIS).as_unit("us")
