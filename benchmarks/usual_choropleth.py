"""The page with which `browser.py` compares shaded communes: a rebuilt `folium.Choropleth`.

It has our outlines (Saône-et-Loire, about 10 m) with random shares from a fixed seed. Two changes
for offline use are to its advantage: no legend, which would load d3js.org, and
`returned_objects=[]`.
"""

import json

import folium
import numpy as np
import pandas as pd
import shapely
import streamlit as st
from streamlit_folium import st_folium

from geodata.communes import read_communes

ASSETS = "../../assets/"
MEASURES = ("Distance", "Heures")


class Map(folium.Map):
    """A folium map without external files."""

    default_js = (("leaflet", f"{ASSETS}leaflet/leaflet.js"),)
    default_css = (("leaflet", f"{ASSETS}leaflet/leaflet.css"),)


@st.cache_data
def load() -> tuple[dict, pd.DataFrame, list[list[float]]]:
    communes = read_communes(["71"])
    communes = communes[communes.geometry.notna()]
    rounded = shapely.transform(communes.geometry.to_numpy(), lambda corners: corners.round(4))
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "nom": name},
            "geometry": json.loads(shapely.to_geojson(geometry)),
        }
        for code, name, geometry in zip(communes.index, communes["nom"], rounded, strict=True)
    ]
    draw = np.random.default_rng(71)
    shares = pd.DataFrame({name: draw.random(len(communes)) for name in MEASURES})
    west, south, east, north = communes.total_bounds
    outlines = {"type": "FeatureCollection", "features": features}
    return outlines, shares.assign(code=communes.index), [[south, west], [north, east]]


def page() -> None:
    st.set_page_config(layout="wide")
    outlines, shares, bounds = load()
    name = st.segmented_control("Sur la carte", MEASURES, default=MEASURES[0])
    shown = Map(tiles=None, maxZoom=19)
    shown.fit_bounds(bounds)
    shaded = folium.Choropleth(
        geo_data=outlines,
        data=shares,
        columns=["code", name or MEASURES[0]],
        key_on="feature.properties.code",
        fill_color="Purples",
    )
    legend = next(key for key in shaded._children if key.startswith("color_map"))  # noqa: SLF001
    del shaded._children[legend]  # noqa: SLF001
    shaded.add_to(shown)
    st_folium(shown, height=520, use_container_width=True, returned_objects=[])


page()
