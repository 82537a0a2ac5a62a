"""The frame around every page, then the page."""

import streamlit as st

from pages.shared import clock, page_frame, service_list
from pages.web import run_queue

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
page_frame.emergency_strip()
page_frame.purpose(page.title)
page_frame.keep_up_to_date()
try:
    listed = service_list.begin_run()
except service_list.NoList:
    if page.title != "Annuaire":
        st.switch_page("annuaire.py")  # where a list begins
    page.run()
    st.stop()
page_frame.list_state(listed)
with run_queue.RUNS.one():
    page.run()
page_frame.sources(listed, clock.now().date())
