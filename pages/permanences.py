"""Permanences: what is held on some dates only, by day and by place; and whom to ask for dates."""

import streamlit as st

from pages.components import (
    agenda,
    clock,
    filters,
    listing,
    months,
    standing,
    takeaway_ics,
    touring,
)

now = clock.now()
services = standing.services()
selection = filters.choose(now, with_time=False)
found = standing.among(selection)
known = agenda.known(found, selection, now)
chosen = listing.chosen(found)
moment = clock.Moment(now, at=now)

with st.container(horizontal=True, vertical_alignment="center"):
    span = agenda.choose_span(now)
    held = agenda.held(found, selection, span, now)
    agenda.sentence(held, found, span)
agenda.waiting(to_ask=len(known.to_ask), to_renew=len(known.to_renew))

month_side, list_side = st.columns([5, 5], gap="medium")
with month_side, st.container(key="mois"):
    months.show(held, found, span.start, span.end)
    takeaway_ics.show(held, found, selection, now)
with list_side:
    if chosen:
        times = standing.timetable_of(found, selection, now)
        listing.sheet(found.loc[chosen], times.loc[chosen], moment=moment)
    elif found.empty:
        listing.nothing_found(selection)
    elif held.empty:
        agenda.nothing_held(known.later, selection, now)
    else:
        agenda.show(held, found, now)

touring.show(known.tours, selection, chosen, moment)
agenda.renewals(known.to_renew, services, now)
agenda.questions(known.to_ask, services, now)
agenda.afterwards(known.later, held, now)
