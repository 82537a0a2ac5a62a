"""The agenda as a file for a calendar, with its warning."""

from datetime import datetime

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import exports
from geodata.selection import Selection
from pages.shared import filters


def show(
    openings: pd.DataFrame, services: gpd.GeoDataFrame, selection: Selection, now: datetime
) -> None:
    """Offer all that is shown as an iCalendar file, made when asked; discreet unless unticked."""
    if openings.empty:
        return
    with st.popover("Mettre dans un agenda (ICS)"):
        st.markdown(
            "**Attention :** sur un téléphone ou un compte partagé, une entrée d’agenda peut être "
            "vue par une autre personne, et copiée sur d’autres appareils."
        )
        discreet = st.checkbox(
            "Entrées discrètes : « Rendez-vous », sans nom ni source",
            value=True,
            key="ics_discret",
        )
        name = "agenda" if discreet else f"permanences-{filters.summary(selection)}"
        st.download_button(
            "Télécharger l’agenda (ICS)",
            lambda: exports.to_ics(openings, services, now=now, discreet=discreet),
            file_name=f"{name}-{now:%Y-%m-%d}.ics",
            mime="text/calendar",
            on_click="ignore",
            key="export.ics",
        )
