"""Permanences: services open on some dates only, by day and by place; whom to ask for dates."""

import streamlit as st

from pages.permanences import agenda, calendar_file, month_calendar, tours
from pages.shared import clock, filters, no_result, results, service_list, sheet, unsaid

now = clock.now()
listed = service_list.current()
selection = filters.choose(listed, now, with_time=False)
found = results.select_any_time(listed, selection)
undated = agenda.undated(listed, found, selection, now)
chosen = sheet.opened(found)
moment = clock.Moment(now, at=now)

with st.container(horizontal=True, vertical_alignment="center"):
    span = agenda.choose_span(now)
    openings = agenda.openings(listed, found, selection, span, now)
    agenda.sentence(openings, found, span)
unsaid.caption(found, selection)
agenda.count_undated(to_ask=len(undated.to_ask), to_renew=len(undated.to_renew))

month_side, list_side = st.columns([5, 5], gap="medium")
with month_side, st.container(key="mois"):
    month_calendar.show(openings, found, span.start, span.end)
    calendar_file.show(openings, found, selection, now)
with list_side:
    if chosen:
        times = results.timetable_of(listed, found, selection, now)
        sheet.show(found, times, chosen, moment=moment)
    elif found.empty:
        no_result.nothing_found(listed, selection, now)
    elif openings.empty:
        agenda.no_opening(undated.later, selection, now)
    else:
        agenda.show(openings, found, now)

tours.show(listed, undated.tours, selection, chosen, moment)
agenda.show_to_renew(undated.to_renew, listed, now)
agenda.show_to_ask(undated.to_ask, listed, now)
agenda.show_later(undated.later, openings, now)
