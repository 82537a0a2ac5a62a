"""The services beside the map: how many, the list in an order, and those without a point."""

import math
from collections.abc import Callable, Iterator
from datetime import date, datetime

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, freshness
from geodata.hours import State
from geodata.points import distance_to_communes_m, is_approximate
from geodata.search import Answer
from geodata.selection import Selection
from geodata.services import Confidentiality, ServiceType
from geodata.text import french_ranks
from pages.shared import cards, filters, sheet, signs, unsaid
from pages.shared.clock import Moment
from pages.shared.page_frame import plain
from pages.shared.paging import Pages
from pages.shared.rows import Row, rows_of

_FEW = 10
_PAGES = Pages("page", per_page=10)
_LABELS = {str(kind): kind.label for kind in ServiceType}
_STATE_ORDER = {State.OPEN: 0, State.CLOSED: 1, State.UNKNOWN: 2}
_BY_WORDS = "le plus proche des mots"
_BY_DISTANCE = "le plus près d’abord"
_KEYS = {_BY_WORDS: "mots", _BY_DISTANCE: "distance"}
_ORDERS: dict[str, Callable[[gpd.GeoDataFrame, pd.DataFrame, date], pd.DataFrame]] = {
    "lieux ouverts d’abord, numéros à la fin": lambda services, times, _: pd.DataFrame(
        {
            "nowhere": services["code_insee"] == "",
            "state": times["state"].map(_STATE_ORDER),
            "opening": times["opening"],
        }
    ),
    "nom": lambda services, *_: services[["nom"]].apply(french_ranks),
    "type": lambda services, *_: (
        services[["type", "nom"]].assign(type=services["type"].map(_LABELS)).apply(french_ranks)
    ),
    "commune": lambda services, *_: services[["commune", "nom"]].apply(french_ranks),
    "information la plus récente": lambda services, _, today: freshness.newest_first(
        services, today
    ).to_frame("age"),
}


def counts(
    found: gpd.GeoDataFrame, times: pd.DataFrame, selection: Selection, now: datetime
) -> None:
    """*43 services · 9 ouverts maintenant · 21 aux horaires inconnus · 12 sans point*.

    And near what they are, and how many do not say what was asked.
    """
    near, when = filters.near_words(selection), filters.when_words(selection, now)
    states = times["state"].value_counts()
    opened, unknown = int(states.get(State.OPEN, 0)), int(states.get(State.UNKNOWN, 0))
    silent = unsaid.counts(found, selection)
    nowhere = int((~signs.on_the_map(found)).sum())
    st.markdown(
        f"**{french.count(len(found), 'service')}**{near and f' {plain(near)}'} · "
        f"{french.count(opened, 'ouvert')} {when} · "
        f"{french.number(unknown)} aux horaires inconnus · {french.number(nowhere)} sans point "
        f"sur la carte{silent and f' · {silent}'}"
    )


def show(
    found: gpd.GeoDataFrame,
    times: pd.DataFrame,
    selection: Selection,
    words: Answer,
    *,
    moment: Moment,
    height: int,
) -> None:
    """Draw the services as cards, in the order the reader chooses, some at a time.

    Where words are searched for, the first choice is how well each service answers them.
    """
    asked = [_BY_DISTANCE] if selection.within_km else []
    asked += [_BY_WORDS] if words.scores is not None else []
    away_m = pd.Series(math.nan, found.index)
    if selection.within_km:
        away_m = distance_to_communes_m(found, selection.communes)
    order = st.selectbox(
        "Trier par",
        [*asked, *_ORDERS],
        format_func=lambda name: f"Trier : {name}",
        key=f"tri_{_KEYS[asked[0]]}" if asked else "tri",
        label_visibility="collapsed",
        persist_state="session",
    )
    if order == _BY_DISTANCE:
        ordered = away_m.sort_values(kind="stable", na_position="last").index
    elif words.scores is not None and order == _BY_WORDS:
        best_first = words.scores.index
        ordered = best_first[found.index.get_indexer(best_first) >= 0]
    else:
        keys = _ORDERS[order](found, times, moment.now.date())
        if order == next(iter(_ORDERS)):
            keys.insert(0, "unsure", unsaid.of_something(found, selection))
        ordered = keys.sort_values(list(keys.columns), kind="stable", na_position="last").index
    part = ordered[_PAGES.open_slice(len(ordered))]
    with st.container(height=height, key="liste", gap=None):
        some = found.loc[part]
        lines = zip(
            rows_of(some),
            rows_of(times.loc[part]),
            away_m[part].mask(_in_these(some, selection)),
            unsaid.notes(some, selection),
            strict=True,
        )
        for service, state, metres, silent in lines:
            notes = [*_away_words(service, metres), *silent]
            cards.card(service, state, moment=moment, on_open=sheet.open_sheet, notes=notes)
    _PAGES.draw_links(len(ordered))


def _in_these(some: gpd.GeoDataFrame, selection: Selection) -> pd.Series:
    """Return a mask of the services somewhere in the communes asked for: how far is not known."""
    here: pd.Series = some["code_insee"].isin(selection.communes)
    return here & is_approximate(some)


def _away_words(service: Row, metres: float) -> Iterator[str]:
    """*À 1,3 km*; says so where it is the distance to the town hall; nothing without a distance."""
    if math.isnan(metres):
        return
    at_hall = service["confidentialite"] == Confidentiality.COMMUNE
    hall = ", jusqu’à la mairie" if at_hall else ""
    about = " environ" if service["approximatif"] and not at_hall else ""
    yield f"À {french.distance(metres)}{about}, à vol d’oiseau{hall}"


def without_point(found: gpd.GeoDataFrame) -> None:
    """List what is not on the map, and why."""
    hidden = ~signs.on_the_map(found)
    if not hidden.any():
        return
    title = f"Sans point sur la carte : {french.number(int(hidden.sum()))}"
    with st.expander(title, key="sans_point", on_change="rerun") as drawn:
        if not drawn.open:
            return
        groups: dict[str, list[Row]] = {}
        for service in rows_of(found.loc[hidden, ["nom", "type", "confidentialite", "acces"]]):
            groups.setdefault(cards.no_point_words(service), []).append(service)
        for reason, group in groups.items():
            st.caption(reason.capitalize())
            for service in group[:_FEW]:
                st.button(
                    plain(service["nom"]),
                    key=f"sans_point_{service['id']}",
                    type="tertiary",
                    on_click=sheet.open_sheet,
                    args=(service["id"],),
                )
            if len(group) > _FEW:
                st.caption(f"… et {french.count(len(group) - _FEW, 'autre')} dans la liste.")
