"""The frame around every page, then the page."""

import streamlit as st

from geodata.upkeep.stores import NoList
from pages.shared import address_bar, clock, filters, page_frame, service_list
from pages.web import run_queue, visits

visits.forget_widgets_gone()
pages = [
    st.Page("carte.py", title="Carte", default=True),
    st.Page("trouver.py", title="Trouver"),
    st.Page("permanences.py", title="Permanences"),
    st.Page("couverture.py", title="Couverture"),
    st.Page("annuaire.py", title="Annuaire"),
]
page = st.navigation(pages, position="hidden")  # Streamlit's own menu hides the pages on a phone

filters.begin_run()
st.set_page_config(page_title=f"{page.title} – Maillage", page_icon="🧭", layout="wide")
page_frame.page_links(pages)
page_frame.purpose(page.title)
page_frame.keep_up_to_date()
today = clock.now().date()
try:
    listed = service_list.begin_run(today)
except NoList:
    if page.title != "Annuaire":
        st.switch_page("annuaire.py")  # where a list begins
    page.run()
    st.stop()
page_frame.list_state(listed)
notices = st.container(gap=None)
with run_queue.RUNS.one():
    page.run()
with notices:
    address_bar.draw_notices()
page_frame.sources(listed, today)
filters.end_run()
