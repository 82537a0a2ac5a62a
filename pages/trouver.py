"""Trouver: she is there, she can come then, she needs this; who can receive her."""

import streamlit as st

from geodata.answers import Need
from pages.components import clock, handing, listing, question, receiving, standing, surroundings

now = clock.now()
services = standing.services()
asked = question.ask(now)
moment = clock.moment(asked.when, asked.now)
chosen = listing.chosen(services)
found = receiving.answered(services, asked)

answer_side, map_side = st.columns([6, 4], gap="medium")
with answer_side:
    if chosen:
        receiving.sheet(services.loc[[chosen]], asked, moment)
    elif found is None:
        receiving.nothing_asked(services, asked, moment)
    elif asked.need is Need.ABRI:
        receiving.shelter_path(found, moment)
    else:
        receiving.show(found, asked, moment, services)
        receiving.not_covered(asked, services)
with map_side:
    with st.container(key="cadre_carte"):
        surroundings.show(services, found, asked, moment, chosen=chosen)
    handing.show(services, now)
