"""The services beside the map: how many, the list in an order, and those without a point."""

from collections.abc import Callable
from datetime import date

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, freshness
from geodata.hours import State
from geodata.search import Answer
from geodata.selection import Selection
from geodata.services import ServiceType
from geodata.text import french_ranks
from pages.shared import cards, sheet, signs, unsaid
from pages.shared.clock import Moment
from pages.shared.page_frame import plain
from pages.shared.paging import Pages
from pages.shared.rows import Row, rows_of

_FEW = 10
_PAGES = Pages("page", per_page=10)
_LABELS = {str(kind): kind.label for kind in ServiceType}
_STATE_ORDER = {State.OPEN: 0, State.CLOSED: 1, State.UNKNOWN: 2}
_BY_WORDS = "le plus proche des mots"
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


def counts(found: gpd.GeoDataFrame, times: pd.DataFrame, selection: Selection, when: str) -> None:
    """*43 services · 9 ouverts maintenant · 21 aux horaires inconnus · 12 sans point*.

    And how many do not say what was asked.
    """
    states = times["state"].value_counts()
    opened, unknown = int(states.get(State.OPEN, 0)), int(states.get(State.UNKNOWN, 0))
    silent = unsaid.counts(found, selection)
    nowhere = int((~signs.on_the_map(found)).sum())
    st.markdown(
        f"**{french.count(len(found), 'service')}** · {french.count(opened, 'ouvert')} {when} · "
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
    by_words = words.scores is not None
    order = st.selectbox(
        "Trier par",
        [*([_BY_WORDS] if by_words else []), *_ORDERS],
        format_func=lambda name: f"Trier : {name}",
        key="tri_mots" if by_words else "tri",
        label_visibility="collapsed",
        persist_state="session",
    )
    if words.scores is not None and order == _BY_WORDS:
        ordered = words.scores.index[words.scores.index.isin(found.index)]
    else:
        keys = _ORDERS[order](found, times, moment.now.date())
        ordered = keys.sort_values(list(keys.columns), kind="stable", na_position="last").index
    part = ordered[_PAGES.open_slice(len(ordered))]
    with st.container(height=height, key="liste"):
        some = found.loc[part]
        lines = zip(
            rows_of(some), rows_of(times.loc[part]), unsaid.notes(some, selection), strict=True
        )
        for service, state, notes in lines:
            cards.card(service, state, moment=moment, on_open=sheet.open_sheet, notes=notes)
    _PAGES.draw_links(len(ordered))


def without_point(found: gpd.GeoDataFrame) -> None:
    """List what is not on the map, and why."""
    hidden = found[~signs.on_the_map(found)]
    if hidden.empty:
        return
    title = f"Sans point sur la carte : {french.number(len(hidden))}"
    with st.expander(title, key="sans_point", on_change="rerun") as drawn:
        if not drawn.open:
            return
        groups: dict[str, list[Row]] = {}
        for service in rows_of(hidden[["nom", "type", "confidentialite", "acces"]]):
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
