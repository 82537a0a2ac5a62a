"""Which services answer the filters, and whether each is open: computed once a minute.

Results are cached by the list, the départements, the time asked for and the minute, never by who
asks. All visitors share the frames that are returned: nobody may change one.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import geopandas as gpd
import pandas as pd

from geodata import search
from geodata.selection import Selection, matches_time, select, timetable
from geodata.services import PERPETRATORS, is_for_perpetrators
from pages.shared.service_list import ServiceList, cached

A_MINUTE_IS_OVER = 120  # seconds: no run asks any more for the state of that minute
_TERRITORIES, _TIMES, _SELECTIONS = 16, 32, 64


def services(listed: ServiceList) -> gpd.GeoDataFrame:
    """Return the rows of the list that may be shown, but those for people who commit violence."""
    return in_departements(listed, ())


def in_departements(
    listed: ServiceList, departements: Collection[str], *, publics: Collection[str] = ()
) -> gpd.GeoDataFrame:
    """Return the services of these départements that may be shown; of all where none is named.

    Those for people who commit violence are among them only where `publics` holds `auteurs`.
    """
    return _in_departements(listed, tuple(sorted(departements)), _perpetrators(publics))


def _perpetrators(publics: Collection[str]) -> tuple[str, ...]:
    return (PERPETRATORS,) if PERPETRATORS in publics else ()


def select_any_time(listed: ServiceList, selection: Selection) -> gpd.GeoDataFrame:
    """Return the services that answer a selection, whatever the time it asks for."""
    here = in_departements(listed, selection.departements, publics=selection.publics)
    rest = replace(
        selection, departements=(), open_at=None, open_during=None, keep_unknown_hours=True
    )
    if rest == Selection():
        return here
    return select(here, rest, index=words_of(listed) if rest.words else None)


def offered(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return those found but the services for people who commit violence, even if asked for."""
    return found[~is_for_perpetrators(found)]


def answer_to(listed: ServiceList, words: str) -> search.Answer:
    """Return what these words find in the list, whatever else is asked."""
    return words_of(listed).search(words) if words.strip() else search.Answer(None)


@cached(max_entries=2)
def words_of(listed: ServiceList) -> search.Index:
    """Return the words of the list, to search in."""
    return search.Index(listed.services)


def find(
    listed: ServiceList, selection: Selection, now: datetime
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the services that answer a selection, and their timetable (`geodata.selection`).

    The selection asks for an instant or for a span, not for both.
    """
    if selection.words:
        return _find(listed, selection, now)  # the words typed are kept nowhere
    return _find_cached(listed, selection, now)


@cached(max_entries=_SELECTIONS, ttl=A_MINUTE_IS_OVER)
def _find_cached(
    listed: ServiceList, selection: Selection, now: datetime
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    return _find(listed, selection, now)


def _find(
    listed: ServiceList, selection: Selection, now: datetime
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    services = select_any_time(listed, selection)
    times = timetable_of(listed, services, selection, now)
    if not (selection.open_at or selection.open_during):
        return services, times
    kept = matches_time(times["state"], selection)
    return services[kept], times[kept]


def timetable_of(
    listed: ServiceList, services: gpd.GeoDataFrame, selection: Selection, now: datetime
) -> pd.DataFrame:
    """Return the timetable of these services, all of the selection's départements."""
    times = _timetable(
        listed,
        tuple(sorted(selection.departements)),
        _perpetrators(selection.publics),
        selection.open_at,
        selection.open_during,
        now,
    )
    return times.loc[services.index] if len(services) < len(times) else times


@cached(max_entries=_TERRITORIES)
def _in_departements(
    listed: ServiceList,
    departements: tuple[str, ...],
    perpetrators: tuple[str, ...],
) -> gpd.GeoDataFrame:
    here = select(listed.services, Selection(departements=departements))
    if perpetrators:
        theirs = Selection(departements=departements, publics=perpetrators)
        both = here.index.union(select(listed.services, theirs).index)
        here = listed.services[both.get_indexer(listed.services.index) >= 0]
    # A run cuts the list several times: texts as Python's own objects halve the cost of each cut.
    texts = here.select_dtypes("str").columns
    return here.astype(dict.fromkeys(texts, "object"))


@cached(max_entries=_TIMES, ttl=A_MINUTE_IS_OVER)
def _timetable(
    listed: ServiceList,
    departements: tuple[str, ...],
    perpetrators: tuple[str, ...],
    open_at: datetime | None,
    open_during: tuple[datetime, datetime] | None,
    now: datetime,
) -> pd.DataFrame:
    here = _in_departements(listed, departements, perpetrators)
    return timetable(here, Selection(open_at=open_at, open_during=open_during), now)
