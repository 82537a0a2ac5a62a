"""The page with which `browser.py` compares ours: the same filter and map, written the usual way.

As in the examples of folium and streamlit-folium: one `folium.Marker` per row with a popup and a
tooltip, in a `MarkerCluster`, and the whole map rebuilt at each change. The differences, for
offline use or fairness, are all to its advantage:

- no background tiles and no default icon (`folium.Icon` loads Bootstrap, Font Awesome and Awesome
  Markers): a plain `DivIcon` instead;
- Leaflet and its plugin come from our server, with caching headers; jQuery, which `folium.Popup`
  loads, is one line with what the popup needs (`browser.py` serves both);
- `returned_objects=[]`, without which every drawn map runs the page again;
- the list is read once, and there is nothing besides the map: no list, no states, no exports;
- a service without a point of its own is left out.
"""

import os
from html import escape

import folium
import pandas as pd
import streamlit as st
from folium.plugins import MarkerCluster
from streamlit_folium import st_folium

from geodata.services import ServiceType

ASSETS = "../../assets/"


class Map(folium.Map):
    """A folium map without external files."""

    default_js = (("leaflet", f"{ASSETS}leaflet/leaflet.js"), ("jquery", f"{ASSETS}jquery.js"))
    default_css = (("leaflet", f"{ASSETS}leaflet/leaflet.css"),)


class Clusters(MarkerCluster):
    """folium's clusters, with files from our own server."""

    default_js = (("cluster", f"{ASSETS}markercluster/leaflet.markercluster.js"),)
    default_css = (
        ("cluster", f"{ASSETS}markercluster/MarkerCluster.css"),
        ("cluster-default", f"{ASSETS}markercluster/MarkerCluster.Default.css"),
    )


@st.cache_data
def load() -> pd.DataFrame:
    rows = pd.read_csv(os.environ["MAILLAGE_SERVICES"], dtype={"telephone": str})
    return rows.dropna(subset=["latitude", "longitude"]).fillna("")


def page() -> None:
    st.set_page_config(layout="wide")
    services = load()
    with st.sidebar:
        kinds = st.pills(
            "Quoi", list(ServiceType), selection_mode="multi", format_func=lambda kind: kind.label
        )
    found = services[services["type"].isin(kinds)] if kinds else services
    shown = Map(tiles=None, maxZoom=19)
    shown.fit_bounds(
        [
            [services["latitude"].min(), services["longitude"].min()],
            [services["latitude"].max(), services["longitude"].max()],
        ]
    )
    clusters = Clusters().add_to(shown)
    for row in found.itertuples():
        lines = (row.nom, row.adresse, row.telephone, row.horaires_accueil)
        folium.Marker(
            [row.latitude, row.longitude],
            popup=folium.Popup("<br>".join(map(escape, lines)), max_width=260),
            tooltip=folium.Tooltip(escape(row.nom)),
            icon=folium.DivIcon(icon_size=(14, 14), class_name="leaflet-div-icon"),
        ).add_to(clusters)
    st_folium(shown, height=520, use_container_width=True, returned_objects=[])


page()
