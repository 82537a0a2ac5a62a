"""What to say when no service answers the filters."""

import pandas as pd
import streamlit as st

from geodata import french
from geodata.selection import Selection
from pages.shared import filters


def nothing_found(selection: Selection) -> None:
    """Say which filters to loosen when no service answers."""
    timed = bool(selection.open_at or selection.open_during)
    kept = (
        ""
        if selection.keep_unknown_hours
        else "\n- les horaires inconnus, écartés : les garder montrerait qui appeler"
    )
    if selection.acces and not selection.keep_unknown_access:
        kept += "\n- les accès non précisés, écartés : les garder montrerait qui appeler"
    loosen = filters_to_loosen("le moment demandé", selection, asked=timed)
    st.info(f"Aucun service ne répond à tout cela. Élargir :{loosen}{kept}")
    clear_button()


def unknown_access(found: pd.DataFrame, selection: Selection) -> str:
    """Return how many services are kept although they do not say their access, else ""."""
    unknown = int((found["acces"] == "").sum()) if selection.acces else 0
    return f" · {french.number(unknown)} à l’accès non précisé" if unknown else ""


def filters_to_loosen(first: str, selection: Selection, *, asked: bool) -> str:
    """Return the filters that are set as a Markdown list, after `first` if it is `asked`."""
    filled = {
        first: asked,
        "les mots": selection.words,
        "la commune (le département en compte d’autres)": selection.communes,
        "le type": selection.types,
        "pour qui": selection.publics,
        "comment": selection.acces,
        "le réseau": selection.reseaux,
        "le département": selection.departements,
    }
    return "".join(f"\n- {what}" for what, given in filled.items() if given)


def clear_button() -> None:
    """Draw the button that resets every filter."""
    st.button("Tout effacer", on_click=filters.clear, key="effacer_ici")
