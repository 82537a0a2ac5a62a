"""What stands beside the map, as the reader chooses: hours, figures, what if, where best."""

from enum import StrEnum

import streamlit as st

from pages.shared import filters

_KEY = "couverture_panneau"


class Panel(StrEnum):
    """The four things that are looked at beside the map."""

    HOURS = "heures"
    FIGURES = "chiffres"
    WHAT_IF = "et-si"
    WHERE_BEST = "ou"


_LABELS = {
    Panel.HOURS: "Quand",
    Panel.FIGURES: "Chiffres",
    Panel.WHAT_IF: "Et si…",
    Panel.WHERE_BEST: "Où le mieux ?",
}


def chosen() -> Panel:
    """Give the panel that is open, before it is drawn."""
    if _KEY not in st.session_state:
        asked = st.query_params.get("panneau", "")
        st.session_state[_KEY] = Panel(asked) if asked in list(Panel) else Panel.HOURS
    return Panel(st.session_state[_KEY])


def choose() -> Panel:
    """Draw the switch, kept in the address, and give the panel that is open."""
    st.session_state[_KEY] = chosen()
    panel = st.segmented_control(
        "À côté de la carte",
        list(Panel),
        format_func=_LABELS.__getitem__,
        key=_KEY,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    filters.write_address({"panneau": "" if panel == Panel.HOURS else str(panel)})
    return Panel(panel)
