"""Annuaire: how far the list can be believed, whom to call, and what its file holds wrongly."""

import streamlit as st

from pages.annuaire import (
    access,
    calls,
    checking,
    editing,
    health,
    networks,
    official,
    posters,
    records,
    starting,
    suggestions,
    views,
)
from pages.annuaire.views import View
from pages.shared import clock, service_list

now = clock.now()
today = now.date()
if why := service_list.missing():
    access.sign_in()
    starting.panel(why, today)
    st.stop()
listed = service_list.current()
services, problems = listed.services, listed.reading.problems

with st.container(horizontal=True, vertical_alignment="center"):
    st.header("L’état de la liste", width="content")
    departements = views.choose_places(listed, now)
    view = views.choose_view(
        {View.PROBLEMS: len(problems), View.SUGGESTIONS: suggestions.waiting(listed)}
    )
access.sign_in()
sentence = st.container(horizontal=True, vertical_alignment="center")
with sentence:
    health.summary(listed, departements)
match view:
    case View.CALLS:
        with sentence:
            column = health.choose_groups()
        health.shares(listed, departements, today, column)
        calls.panel(listed, departements, today)
    case View.RECORDS:
        records.panel(listed, departements, now)
    case View.NETWORKS:
        networks.panel(listed, today)
    case View.POSTERS:
        posters.panel(listed, today)
    case View.CHECKING:
        checking.panel(services, today)
    case View.OFFICIAL:
        official.panel()
    case View.SUGGESTIONS:
        suggestions.panel(listed)
    case View.PROBLEMS:
        health.problems(problems, today, editor=access.editor() is not None)
    case View.HISTORY:
        editing.history(services)
