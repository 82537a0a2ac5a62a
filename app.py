"""What `streamlit run app.py` starts: the pages behind safe headers, and what has its own address.

Nothing here is about services: see `pages/router.py` for the pages and `geodata/` for the facts.
"""

import streamlit as st

from pages.donnees import routes as donnees
from pages.integrer import routes as integrer
from pages.map import assets
from pages.mise_a_jour import routes as mise_a_jour
from pages.shared.page_frame import show_failure
from pages.web import embedding, icons, logs, monitoring, uploads
from pages.web.base_path import Based
from pages.web.server import HARDENING, warmed_up

logs.quote_nothing()
uploads.bound()
embedding.sites()
monitoring.allowed()
mise_a_jour.check_secret()
app = st.App(
    "pages/router.py",
    lifespan=warmed_up,
    routes=[
        Based(route)
        for routes in (icons, assets, donnees, integrer, mise_a_jour, monitoring)
        for route in routes.ROUTES
    ],
    middleware=HARDENING,
    on_script_error=monitoring.counted(show_failure),
)
