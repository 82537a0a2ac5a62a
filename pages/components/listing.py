"""The services beside the map: how many, the list in an order, one sheet, what has no point."""

from collections.abc import Callable
from datetime import date

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, quality
from geodata.hours import State
from geodata.selection import Selection
from pages.components import cards, filters
from pages.components.clock import Moment
from pages.components.crowd import on_the_map

_PER_PAGE = 10
_CHOSEN = "fiche"
_STATE_ORDER = {State.OPEN: 0, State.CLOSED: 1, State.UNKNOWN: 2}
_ORDERS: dict[str, Callable[[gpd.GeoDataFrame, pd.DataFrame, date], pd.DataFrame]] = {
    "lieux ouverts d’abord, numéros à la fin": lambda services, times, _: pd.DataFrame(
        {
            "nowhere": services["code_insee"] == "",
            "state": times["state"].map(_STATE_ORDER),
            "opening": times["opening"],
        }
    ),
    "nom": lambda services, *_: services[["nom"]],
    "type": lambda services, *_: services[["type", "nom"]],
    "commune": lambda services, *_: services[["commune", "nom"]].replace("", None),
    "information la plus récente": lambda services, _, today: quality.ages_months(
        services, today
    ).to_frame("age"),
}


def choose(service_id: str) -> None:
    """Show this service's sheet from the next run on; "" goes back to the list."""
    st.session_state[_CHOSEN] = service_id


def chosen(found: gpd.GeoDataFrame) -> str:
    """Give the id of the service whose sheet is open, if it is among those found; else ""."""
    if _CHOSEN not in st.session_state:
        choose(st.query_params.get(_CHOSEN, ""))
    here = str(st.session_state[_CHOSEN])
    here = here if here in found.index else ""
    if here:
        st.query_params[_CHOSEN] = here
    else:
        st.query_params.pop(_CHOSEN, None)
    return here


def counts(found: gpd.GeoDataFrame, times: pd.DataFrame, when: str) -> None:
    """*43 services · 9 ouverts maintenant · 21 aux horaires inconnus · 12 sans point*."""
    states = times["state"].value_counts()
    opened, unknown = int(states.get(State.OPEN, 0)), int(states.get(State.UNKNOWN, 0))
    nowhere = int((~on_the_map(found)).sum())
    st.markdown(
        f"**{french.count(len(found), 'service')}** · {french.count(opened, 'ouvert')} {when} · "
        f"{french.number(unknown)} aux horaires inconnus · {french.number(nowhere)} sans point "
        "sur la carte"
    )


def show(found: gpd.GeoDataFrame, times: pd.DataFrame, *, moment: Moment, height: int) -> None:
    """Draw the services as cards, in the order the reader chooses, some at a time."""
    order = st.selectbox(
        "Trier par",
        list(_ORDERS),
        format_func=lambda name: f"Trier : {name}",
        key="tri",
        label_visibility="collapsed",
        persist_state="session",
    )
    keys = _ORDERS[order](found, times, moment.now.date())
    ordered = keys.sort_values(list(keys.columns), kind="stable", na_position="last").index
    pages = -(-len(ordered) // _PER_PAGE)
    start = (min(st.session_state.get("page", 1), pages) - 1) * _PER_PAGE
    part = ordered[start : start + _PER_PAGE]
    with st.container(height=height, key="liste"):
        for service, stands in zip(
            cards.records(found.loc[part]), cards.records(times.loc[part]), strict=True
        ):
            cards.card(service, stands, moment=moment, on_open=choose)
    if pages > 1:
        st.pagination(pages, max_visible_pages=5, key="page", persist_state="session")


def sheet(service: pd.Series, times: pd.Series, *, moment: Moment) -> None:
    """Draw one service's sheet, with the way back to the list."""
    st.button("← Retour à la liste", on_click=choose, args=("",), key="retour")
    cards.sheet(service, times, moment=moment)


def without_point(found: gpd.GeoDataFrame) -> None:
    """List what is not on the map, and why."""
    hidden = found[~on_the_map(found)]
    if hidden.empty:
        return
    title = f"Sans point sur la carte : {french.number(len(hidden))}"
    with st.expander(title, key="sans_point", on_change="rerun") as drawn:
        if not drawn.open:
            return
        groups: dict[str, list[cards.Row]] = {}
        for service in cards.records(hidden[["nom", "type", "confidentialite", "acces"]]):
            groups.setdefault(cards.no_point_words(service), []).append(service)
        for reason, group in groups.items():
            st.caption(reason.capitalize())
            for service in group[:_PER_PAGE]:
                st.button(
                    cards.plain(service["nom"]),
                    key=f"sans_point_{service['id']}",
                    type="tertiary",
                    on_click=choose,
                    args=(service["id"],),
                )
            if len(group) > _PER_PAGE:
                st.caption(f"… et {french.count(len(group) - _PER_PAGE, 'autre')} dans la liste.")


def nothing_found(selection: Selection) -> None:
    """Say what to loosen when nothing answers."""
    asked = {
        "le moment demandé": selection.open_at or selection.open_during,
        "les mots": selection.words,
        "la commune (le département en compte d’autres)": selection.communes,
        "le type": selection.types,
        "pour qui": selection.publics,
        "comment": selection.acces,
        "le réseau": selection.reseaux,
        "le département": selection.departements,
    }
    loosen = "\n".join(f"- {what}" for what, given in asked.items() if given)
    kept = (
        ""
        if selection.keep_unknown_hours
        else "\n- les horaires inconnus, écartés : les garder montrerait qui appeler"
    )
    st.info(f"Aucun service ne répond à tout cela. Élargir :\n{loosen}{kept}")
    st.button("Tout effacer", on_click=filters.clear, key="effacer_ici")
