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
found = answer.answered(listed, asked)

answer_side, map_side = st.columns([6, 4], gap="medium")
with answer_side:
    if chosen:
        answer.show_sheet(services.loc[[chosen]], asked, moment)
    elif found is None:
        answer.nothing_asked(listed, asked, moment)
    elif asked.need is Need.ABRI:
        answer.shelter_path(found, moment)
    else:
        answer.show(found, asked, moment, services)
        answer.not_covered(asked, services)
with map_side:
    with st.container(key="cadre_carte"):
        result_map.show(listed, found, asked, moment, chosen=chosen)
    handout.show(services, now)
