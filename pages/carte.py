"""Carte: what exists, where, open when. The first page."""

import streamlit as st

from pages.carte import picture, result_list
from pages.map import leaflet_map, outlines, popup
from pages.shared import (
    cards,
    clock,
    downloads,
    filters,
    no_result,
    results,
    service_list,
    sheet,
    signs,
)

now = clock.now()
listed = service_list.current()
selection = filters.asked(now)
found, times = results.find(listed, selection, now)
words = results.answer_to(listed, selection.words)
moment = clock.moment(selection, now)
chosen = sheet.opened(found)
territory = filters.territory(listed, selection, found)

filters_above = st.container()
map_side, list_side = st.columns([6, 4], gap="medium")
with map_side, st.container(key="cadre_carte"):  # first, so that the browser draws it meanwhile
    placed = signs.on_the_map(found)
    leaflet_map.show_map(
        found[placed],
        times.loc[placed, "state"],
        territory=territory,
        bounds=outlines.bounds_shown(
            found[placed & filters.is_narrowed(selection)], territory, selection.communes
        ),
        focus=popup.focus(found, times, chosen, moment=moment),
        plan_ign=filters.wants_tiles(),
        on_choose=sheet.open_sheet,
        listed=listed,
        town_halls=filters.wants_town_halls(),
    )
with filters_above:
    filters.draw(listed, now)
with map_side:
    cards.legend(territory)
    filters.offer_tiles()
    filters.offer_town_halls()
with list_side:
    if chosen:
        sheet.show(found, times, chosen, moment=moment)
    elif found.empty:
        no_result.nothing_found(listed, selection, now)
    else:
        no_result.read_as(words)
        result_list.counts(found, times, selection, now)
        result_list.show(
            found, times, selection, words, moment=moment, height=leaflet_map.HEIGHT - 60
        )
        result_list.without_point(found)
        downloads.show(
            found,
            times,
            selection,
            moment,
            picture.kinds(found, times, selection, moment, listed),
        )
