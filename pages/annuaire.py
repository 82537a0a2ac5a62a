"""Annuaire: how far the list can be believed, whom to call, and what its file holds wrongly."""

import streamlit as st

from pages.components import clock, data, directory
from pages.components.directory import (
    View,
    access,
    calls,
    checking,
    editing,
    health,
    networks,
    posters,
    records,
)

now = clock.now()
today = now.date()
reading = data.load().reading
services = reading.services

with st.container(horizontal=True, vertical_alignment="center"):
    st.header("L’état de la liste", width="content")
    found = directory.choose_places(now)
    view = directory.choose_view({View.PROBLEMS: len(reading.problems)})
access.sign_in()
sentence = st.container(horizontal=True, vertical_alignment="center")
with sentence:
    health.summary(found)
match view:
    case View.CALLS:
        with sentence:
            column = health.choose_groups()
        health.picture(found, health.judge(services, today), today, column)
        calls.panel(services, found, today)
    case View.RECORDS:
        records.panel(services, found, health.judge(services, today), now)
    case View.NETWORKS:
        networks.panel(services, today)
    case View.POSTERS:
        posters.panel(services, today)
    case View.CHECKING:
        checking.panel(services, today)
    case View.PROBLEMS:
        health.problems(reading.problems, today)
    case View.HISTORY:
        editing.history(services)
