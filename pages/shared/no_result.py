"""What to say when no service answers the filters."""

import streamlit as st

from geodata.selection import Selection
from pages.shared import filters


def nothing_found(selection: Selection) -> None:
    """Say which filters to loosen when no service answers."""
    asked = {
        "le moment demandé": selection.open_at or selection.open_during,
        "les mots": selection.words,
        "la commune (le département en compte d’autres)": selection.communes,
        "le type": selection.types,
        "pour qui": selection.publics,
        "comment": selection.acces,
        "le réseau": selection.reseaux,
        "le département": selection.departements,
    }
    loosen = "\n".join(f"- {what}" for what, given in asked.items() if given)
    kept = (
        ""
        if selection.keep_unknown_hours
        else "\n- les horaires inconnus, écartés : les garder montrerait qui appeler"
    )
    st.info(f"Aucun service ne répond à tout cela. Élargir :\n{loosen}{kept}")
    st.button("Tout effacer", on_click=filters.clear, key="effacer_ici")
