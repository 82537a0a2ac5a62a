"""What the reader takes away: the communes as files, and the address of this view."""

from datetime import datetime

import streamlit as st

from geodata.situation import Situation, files, words
from pages.shared import downloads


def show(situation: Situation, now: datetime) -> None:
    """Offer the communes with their measures, with the scenario if there is one, and the link."""
    supposed = "-scenario" if situation.scenario else ""
    places = words.file_places(situation)
    name = f"maillage-couverture-{places}{supposed}-{now:%Y-%m-%d}"
    kinds = downloads.table_kinds(
        files.to_xlsx, files.to_csv, files.to_geojson, situation, "Carte pour QGIS (GeoJSON)"
    )
    with st.container(horizontal=True):
        caption = (
            "Ce que montrent la carte et la table, avec le scénario s’il y en a un. "
            f"{downloads.PREFER}"
        )
        downloads.files("Exporter les communes", caption, name, kinds)
        downloads.share("Adresse à copier : elle garde la question et le scénario, rien d’autre.")
