"""Permanences: what is held on some dates only, by day and by place; and whom to ask for dates."""

import streamlit as st

from pages.permanences import agenda, calendar_file, month_calendar, tours
from pages.shared import clock, filters, no_result, results, service_list, sheet

now = clock.now()
listed = service_list.current()
selection = filters.choose(listed, now, with_time=False)
found = results.among(listed, selection)
known = agenda.known(listed, found, selection, now)
chosen = sheet.opened(found)
moment = clock.Moment(now, at=now)

with st.container(horizontal=True, vertical_alignment="center"):
    span = agenda.choose_span(now)
    held = agenda.held(listed, found, selection, span, now)
    agenda.sentence(held, found, span)
agenda.waiting(to_ask=len(known.to_ask), to_renew=len(known.to_renew))

month_side, list_side = st.columns([5, 5], gap="medium")
with month_side, st.container(key="mois"):
    month_calendar.show(held, found, span.start, span.end)
    calendar_file.show(held, found, selection, now)
with list_side:
    if chosen:
        times = results.timetable_of(listed, found, selection, now)
        sheet.show(found, times, chosen, moment=moment)
    elif found.empty:
        no_result.nothing_found(selection)
    elif held.empty:
        agenda.nothing_held(known.later, selection, now)
    else:
        agenda.show(held, found, now)

tours.show(listed, known.tours, selection, chosen, moment)
agenda.renewals(known.to_renew, listed, now)
agenda.questions(known.to_ask, listed, now)
agenda.afterwards(known.later, held, now)
