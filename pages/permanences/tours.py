"""The stops of the services that tour, together: in words, and linked on a map."""

from html import escape

import geopandas as gpd
import streamlit as st

from geodata import french
from geodata.selection import Selection
from pages.map import leaflet_map, popup
from pages.shared import cards, filters, results, sheet
from pages.shared.clock import Moment
from pages.shared.page_frame import plain
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList

_HEIGHT = 340
_MARGIN_DEGREES = 0.03


def show(
    listed: ServiceList, stops: gpd.GeoDataFrame, selection: Selection, chosen: str, moment: Moment
) -> None:
    """Draw the tour that the reader chooses; nothing if there is none.

    `stops`: as `geodata.agenda.tours` gives them, of `selection`, which asks for no time.
    `chosen`: the id of the sheet that is open.
    """
    if stops.empty:
        return
    st.header("Tournées")
    structures = list(stops["structure"].unique())
    structure = structures[0]
    if len(structures) > 1:
        if st.session_state.get("tournee") not in structures:
            st.session_state["tournee"] = structure
        structure = st.selectbox("Tournée", structures, key="tournee", persist_state="session")
    stops = stops[stops["structure"] == structure]
    times = results.timetable_of(listed, stops, selection, moment.now)
    words_side, map_side = st.columns([5, 5], gap="medium")
    with words_side, st.container(key="tournees"):
        dated = int(stops["next"].notna().sum())
        dates = french.count(dated, "à une date connue", "à des dates connues")
        st.markdown(
            f"**{plain(structure)}** : {french.count(len(stops), 'arrêt')}, "
            f"{dates if dated else 'aucune date connue à venir'}."
        )
        for stop, stop_times in zip(rows_of(stops), rows_of(times), strict=True):
            with st.container(gap=None):
                cards.name_button(stop, sheet.open_sheet, key=f"arret_{stop['id']}")
                _stop(stop, stop_times, moment)
    west, south, east, north = stops.total_bounds
    with map_side, st.container(key="cadre_carte"):
        leaflet_map.show_map(
            stops,
            times["state"],
            territory=tuple(sorted(set(stops["departement"]) - {""})),
            bounds=(
                float(west) - _MARGIN_DEGREES,
                float(south) - _MARGIN_DEGREES,
                float(east) + _MARGIN_DEGREES,
                float(north) + _MARGIN_DEGREES,
            ),
            focus=popup.focus(stops, times, chosen, moment=moment),
            plan_ign=filters.wants_tiles(),
            on_choose=sheet.open_sheet,
            routes=[list(stops.index)],
            key="carte_tournees",
            height=_HEIGHT,
        )
        st.caption(_route_words(stops))


def _stop(stop: Row, times: Row, moment: Moment) -> None:
    words = cards.state_words(stop, times, moment=moment)
    st.html(
        f'<p class="arret"><span class="etat">{escape(words)}</span> · '
        f"{escape(cards.place_words(stop))}</p>"
    )


def _route_words(stops: gpd.GeoDataFrame) -> str:
    if stops["next"].isna().all():
        return (
            "Le trait relie les arrêts d’une même tournée. Nous n’en connaissons ni les dates ni "
            "l’ordre."
        )
    return (
        "Le trait relie les arrêts d’une même tournée, dans l’ordre des prochaines dates ; ceux "
        "dont nous ne connaissons pas la date viennent à la fin. Ce n’est pas la route suivie."
    )
