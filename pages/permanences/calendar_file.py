"""The agenda as a file for a calendar, or as an address to subscribe to, with its warning."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urljoin

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import exports
from geodata.selection import Selection
from pages.shared import filters

_OF_MOMENTS: Final = ("quand", "inconnus")
"""The filters that an agenda has no use for."""


def show(
    openings: pd.DataFrame, services: gpd.GeoDataFrame, selection: Selection, now: datetime
) -> None:
    """Offer what is shown as an iCalendar file, or to subscribe to; discreet unless unticked."""
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
        st.markdown(
            "Ou **s’abonner** : l’agenda suit alors la liste. Copier cette adresse dans l’agenda "
            "(*S’abonner à un agenda*, *Ajouter à partir d’une URL*). Seuls les lieux publics y "
            "sont. **Pour un poste de travail :** l’adresse de ce site, avec les choix faits ici, "
            "reste dans les réglages de l’agenda."
        )
        st.code(_address(discreet=discreet), None, wrap_lines=True)


def _address(*, discreet: bool) -> str:
    """Return where the public rows of this agenda are kept up to date."""
    asked = filters.in_address() | {
        "duree": st.query_params.get("duree", ""),
        "discret": "" if discreet else "non",
    }
    kept = {name: value for name, value in asked.items() if value and name not in _OF_MOMENTS}
    address = urljoin((st.context.url or "").rstrip("/"), "donnees/permanences.ics")
    return "?".join(filter(None, (address, urlencode(kept, doseq=True))))
