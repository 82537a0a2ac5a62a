"""The frame around every page, then the page."""

import streamlit as st

from pages.components import clock, data, frame, turns

st.set_page_config(page_title="Maillage", page_icon="🧭", layout="wide")

page = st.navigation(
    [
        st.Page("carte.py", title="Carte", default=True),
        st.Page("trouver.py", title="Trouver"),
        st.Page("permanences.py", title="Permanences"),
        st.Page("couverture.py", title="Couverture"),
        st.Page("annuaire.py", title="Annuaire"),
    ],
    position="top",
)

st.set_page_config(page_title=f"{page.title} – Maillage")
frame.emergency_strip()
frame.purpose(page.title)
frame.keep_true()
try:
    services = data.load()
except data.NoList as error:
    st.error(f"Aucune liste à montrer. {frame.plain(str(error))}", icon="⚠️")
    st.stop()
frame.list_state(services)
with turns.RUNS.one():
    page.run()
frame.sources(services, clock.now().date())
