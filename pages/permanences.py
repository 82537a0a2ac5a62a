"""Permanences: what is held on some dates only, by day and by place; and whom to ask for dates."""

import streamlit as st

from geodata.agenda import later, to_ask, to_renew, tours
from geodata.selection import select, timetable
from pages.components import agenda, clock, data, filters, listing, months, takeaway_ics, touring

now = clock.now()
services = data.load().reading.services
selection = filters.choose(services, now, with_time=False)
found = select(services, selection)
renewing, asking = to_renew(found, now), to_ask(found, now)
chosen = listing.chosen(found)
moment = clock.Moment(now, at=now)

with st.container(horizontal=True, vertical_alignment="center"):
    span = agenda.choose_span(now)
    held = agenda.held(found, selection, span, now)
    agenda.sentence(held, found, span)
agenda.waiting(to_ask=len(asking), to_renew=len(renewing))

month_side, list_side = st.columns([5, 5], gap="medium")
with month_side, st.container(key="mois"):
    months.show(held, found, span.start, span.end)
    takeaway_ics.show(held, found, selection, now)
with list_side:
    if chosen:
        times = timetable(found.loc[[chosen]], selection, now)
        listing.sheet(found.loc[chosen], times.loc[chosen], moment=moment)
    elif found.empty:
        listing.nothing_found(selection)
    elif held.empty:
        agenda.nothing_held(later(found, (), now), selection, now)
    else:
        agenda.show(held, found, now)

touring.show(tours(found, now), chosen, moment)
agenda.renewals(renewing, services, now)
agenda.questions(asking, services, now)
agenda.afterwards(later(found, held["id"], now), now)
