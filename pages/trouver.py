"""Trouver: she is there, she can come then, she needs this; who can receive her."""

import streamlit as st

from geodata.answers import Need
from pages.shared import clock, results, service_list, sheet
from pages.trouver import answer, handout, question, result_map

now = clock.now()
listed = service_list.current()
services = results.services(listed)
asked = question.ask(now)
moment = clock.moment(asked.when, asked.now)
chosen = sheet.opened(services)
result = answer.find(listed, asked)

answer_side, map_side = st.columns([6, 4], gap="medium")
with answer_side:
    if chosen:
        answer.show_sheet(services, chosen, asked, moment)
    elif result is None:
        answer.before_a_place(listed, asked, moment)
    elif asked.need is Need.ABRI:
        answer.ways_to_a_shelter(result, moment)
    else:
        answer.show(result, moment, services)
        answer.not_covered(result.question, services)
with map_side:
    with st.container(key="cadre_carte"):
        result_map.show(listed, result, asked, moment, chosen=chosen)
    handout.show(services, now)
