"""The outings of a day without a car: when she leaves, how long she is there, when she is back."""

import pandas as pd
import streamlit as st

from geodata import french
from geodata.situation import Situation

_HEIGHT = 360


def say_missing() -> None:
    """Say what the table needs."""
    st.info(
        "« Aller et revenir » demande les horaires des transports : les donner avec le bouton "
        "« Horaires des transports », en haut de la page."
    )


def show(read: pd.DataFrame, situation: Situation, *, supposed: bool) -> None:
    """Draw the table of `outings.to_read`; `supposed`: there is a scenario, which is not in it."""
    every = french.number(len(situation.communes))
    st.header(f"Aller et revenir : {french.count(len(read), 'commune')} sur {every}")
    st.caption(
        "Pour chaque commune, la sortie qui éloigne le moins longtemps de chez elle, avec une "
        "demi-heure au moins sur place pendant l’ouverture. « Sur place » : tant que "
        "c’est ouvert ; « Attente » : avant, entre ou après. D’autres lieux et d’autres heures "
        "peuvent convenir. Vérifier l’horaire auprès du transporteur avant de partir."
        f"{' Le scénario ne compte pas ici.' if supposed else ''}"
    )
    with st.container(key="sorties_couverture"):
        st.dataframe(read, hide_index=True, height=_HEIGHT, width="stretch")
