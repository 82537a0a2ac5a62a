"""The sheet of one service, in the place of the list: opened, shown, kept in the address."""

import geopandas as gpd
import pandas as pd
import streamlit as st

from pages.shared import address_bar, cards
from pages.shared.clock import Moment
from pages.shared.rows import row_of

_OPENED = "fiche"


def open_sheet(service_id: str) -> None:
    """Show this service's sheet from the next run on; "" goes back to the list."""
    st.session_state[_OPENED] = service_id


def opened(found: gpd.GeoDataFrame) -> str:
    """Return the id of the service whose sheet is open, if it is among those found; else ""."""
    if _OPENED not in st.session_state:
        asked = st.query_params.get(_OPENED, "")
        open_sheet(asked)
        if asked and asked not in found.index:
            address_bar.notice(
                "La fiche demandée n’est plus dans la liste, ou les filtres la cachent. Essayer "
                "« Tout effacer », puis la chercher par son nom."
            )
    here = str(st.session_state[_OPENED])
    here = here if here in found.index else ""
    if here:
        st.query_params[_OPENED] = here
    else:
        st.query_params.pop(_OPENED, None)
    return here


def show(services: gpd.GeoDataFrame, times: pd.DataFrame, chosen: str, *, moment: Moment) -> None:
    """Draw the sheet of the service with the id `chosen`, and the way back to the list."""
    st.button("← Retour à la liste", on_click=open_sheet, args=("",), key="retour")
    cards.sheet(row_of(services, chosen), row_of(times, chosen), moment=moment)
