"""The files that programs are given: what a request asks for, then the bytes and what follows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final

import pandas as pd

from geodata import agenda, exports, french, situation
from geodata.selection import Selection
from geodata.situation import files as situation_files
from pages.donnees import parameters
from pages.donnees.parameters import (
    CALENDAR,
    COVERAGE,
    PAGE,
    SPREADSHEET,
    WHEN,
    WHERE_AND_WHAT,
    BadParameter,
    Given,
    Parameter,
)
from pages.shared import (
    coverage_address,
    filter_address,
    own_territories,
    people,
    results,
)
from pages.shared.coverage_address import WrongPart
from pages.shared.filter_address import Time, When
from pages.shared.public_rows import public_rows
from pages.shared.service_list import ServiceList, cached

MOST_ENTRIES: Final = 3_000
"""How many entries a calendar holds at most: the first ones, in whole days."""
_REFRESH: Final = timedelta(hours=6)


@dataclass(frozen=True)
class Made:
    """A file: its bytes, how many rows were found, and the last id where it does not hold all."""

    content: bytes
    found: int
    last: str = ""


@dataclass(frozen=True)
class Request:
    """What is asked for, understood: `make` computes it, and it is true as long as `lasts`.

    `key` names what is asked for, "" where it may be kept nowhere: it holds words that were typed.
    """

    make: Callable[[], Made]
    key: str
    lasts: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class File:
    """An address: what it gives, as what, what may be asked of it, and who understands that."""

    title: str
    media: str
    parameters: Mapping[str, Parameter]
    read: Callable[[ServiceList, Given, datetime], Request]


def answer(listed: ServiceList, request: Request) -> Made:
    """Compute what is asked for, once for all who ask the same of this state of the list."""
    return _kept(listed, request.key, request.make) if request.key else request.make()


@cached(max_entries=32, ttl=300)
def _kept(listed: ServiceList, key: str, _make: Callable[[], Made]) -> Made:  # noqa: ARG001
    return _make()


def _services(
    write: Callable[..., bytes], listed: ServiceList, given: Given, now: datetime
) -> Request:
    """Understand a request for services: the rows after one id, so many of them."""
    asked = _selection(given, now)
    timed = bool(asked.open_at or asked.open_during)
    after, limit = given.one("apres"), given.number("limite", parameters.MOST_ROWS)
    options = _for_spreadsheets(given)

    def make() -> Made:
        public = public_rows(listed)
        every = results.select_any_time
        found = results.find(public, asked, now)[0] if timed else every(public, asked)
        rest = found[found.index > after]
        part = rest.head(limit)
        last = str(part.index[-1]) if len(part) < len(rest) else ""
        return Made(write(part, **options), len(found), last)

    key = repr((write.__name__, options, asked, after, limit, now if timed else ""))
    lasts = {"lasts": timedelta(minutes=1)} if timed else {}
    return Request(make, "" if asked.words else key, **lasts)


def _for_spreadsheets(given: Given) -> dict[str, bool]:
    return {"excel": True} if given.one("tableur") == "oui" else {}


def _selection(given: Given, now: datetime) -> Selection:
    values = given.filters()
    if values["quand"] == When.MOMENT and Time.of(values).moment(now) < now:
        raise BadParameter("Le paramètre « quand » demande un moment passé : en donner un à venir.")
    return filter_address.selection(values, now)


def _drop_ins(listed: ServiceList, given: Given, now: datetime) -> Request:
    """Understand a request for the agenda: as *Permanences* shows it, from today on."""
    asked = _selection(given, now)
    start = now.date()
    days = filter_address.SPAN_DAYS[given.one("duree") or next(iter(filter_address.SPAN_DAYS))]
    discreet = given.one("discret") != "non"

    def make() -> Made:
        found = results.offered(results.select_any_time(public_rows(listed), asked))
        dates = agenda.occasions(found, start, start + timedelta(days=days))
        shown = _first_days(dates)
        written = min(now, max(listed.written, datetime.combine(start, time(), now.tzinfo)))
        about = "" if discreet else "Liste publique : appeler avant de se déplacer. "
        if len(shown) < len(dates):
            last = french.day(shown["start"].iloc[-1], today=date.min)
            about += f"Trop de dates pour un agenda : celles d’après le {last} n’y sont pas."
        content = exports.to_ics(
            shown, found, now=written, discreet=discreet, about=about.strip(), refresh=_REFRESH
        )
        return Made(content, len(dates))

    return Request(make, "" if asked.words else repr(("agenda", asked, start, days, discreet)))


def _first_days(dates: pd.DataFrame) -> pd.DataFrame:
    """Return the first openings, no more than a calendar holds, of whole days."""
    if len(dates) <= MOST_ENTRIES:
        return dates
    days = dates["start"].dt.date
    whole: pd.DataFrame = dates[days < days.iloc[MOST_ENTRIES]]
    return whole


def _coverage(
    write: Callable[..., bytes], listed: ServiceList, given: Given, now: datetime
) -> Request:
    """Understand a question of *Couverture*.

    Nothing is complete here, whatever is declared of the list: its hidden rows do not count, so
    that *none* may be said of no commune.
    """
    public = public_rows(listed)
    homes = sorted(set(public.services["departement"]) - {""})
    own = {name: given.one(name) for name in coverage_address.PARTS}
    try:
        territories = given.all(own_territories.PARAMETER)
        asked = coverage_address.question(given.filters(), own, homes, now.date(), territories)
    except WrongPart as error:
        given.refuse(error.parameter, error.value)
    except ValueError as error:
        raise BadParameter(str(error)) from None
    if asked.transit_minutes is not None:
        given.refuse("distance", own["distance"])
    counted = people.counted(asked)
    options = _for_spreadsheets(given)

    def make() -> Made:
        services = situation.counted_services(public.services, asked)
        around = situation.neighbours(services, asked)
        found = situation.measure(services, asked, around, weight=counted.weight)
        return Made(write(found, **options), len(found.communes))

    typed = bool(territories)  # a territory has a name
    key = repr(("couverture", write.__name__, options, asked, counted.key))
    return Request(make, "" if typed else key)


_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES: Final[Mapping[str, File]] = {
    "services.geojson": File(
        "Les services sur une carte",
        "application/geo+json",
        WHERE_AND_WHAT | WHEN | PAGE,
        partial(_services, exports.to_geojson),
    ),
    "services.csv": File(
        "Les services en table",
        "text/csv; charset=utf-8",
        WHERE_AND_WHAT | WHEN | PAGE | SPREADSHEET,
        partial(_services, exports.to_csv),
    ),
    "services.xlsx": File(
        "Les services pour Excel et LibreOffice",
        _WORKBOOK,
        WHERE_AND_WHAT | WHEN | PAGE,
        partial(_services, exports.to_xlsx),
    ),
    "permanences.ics": File(
        "Les permanences dans un agenda",
        "text/calendar; charset=utf-8",
        WHERE_AND_WHAT | CALENDAR,
        _drop_ins,
    ),
    "couverture.csv": File(
        "Les communes, avec ce qu’elles ont à portée",
        "text/csv; charset=utf-8",
        COVERAGE | SPREADSHEET,
        partial(_coverage, situation_files.to_csv),
    ),
    "couverture.xlsx": File(
        "Les communes pour Excel et LibreOffice",
        _WORKBOOK,
        COVERAGE,
        partial(_coverage, situation_files.to_xlsx),
    ),
}
