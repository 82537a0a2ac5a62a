"""Carte: what exists, where, open when. The first page."""

import streamlit as st

from pages.components import cards, clock, filters, listing, maps, outlines, standing, takeaway

now = clock.now()
selection = filters.choose(now)
found, times = standing.found(selection, now)
moment = clock.moment(selection, now)
chosen = listing.chosen(found)
territory = filters.territory(selection)

map_side, list_side = st.columns([6, 4], gap="medium")
with map_side, st.container(key="cadre_carte"):
    placed = listing.on_the_map(found)
    maps.show_map(
        found[placed],
        times.loc[placed, "state"],
        territory=territory,
        bounds=outlines.bounds(territory, tuple(selection.communes)),
        focus=cards.focus(found.loc[chosen], times.loc[chosen], moment=moment) if chosen else None,
        plan_ign=filters.wants_tiles(),
        on_choose=listing.choose,
        services=standing.services(),
        town_halls=filters.wants_town_halls(),
    )
    cards.legend()
    filters.offer_tiles()
    filters.offer_town_halls()
with list_side:
    if chosen:
        listing.sheet(found.loc[chosen], times.loc[chosen], moment=moment)
    elif found.empty:
        listing.nothing_found(selection)
    else:
        listing.counts(found, times, filters.when_words(selection, now))
        listing.show(found, times, moment=moment, height=maps.HEIGHT - 60)
        listing.without_point(found)
        takeaway.show(found, selection, now)
