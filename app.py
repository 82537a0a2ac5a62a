"""What `streamlit run app.py` starts: the pages behind safe headers, and the map's own files.

Nothing here is about services: see `pages/router.py` for the pages and `geodata/` for the facts.
"""

import streamlit as st

from pages.map.assets import ROUTES
from pages.shared.page_frame import show_failure
from pages.web import logs, uploads
from pages.web.server import HARDENING, warmed_up

logs.quote_nothing()
uploads.bound()
app = st.App(
    "pages/router.py",
    lifespan=warmed_up,
    routes=ROUTES,
    middleware=HARDENING,
    on_script_error=show_failure,
)
