"""What the operator declares complete in MAILLAGE_COMPLET, and what is wrong with it."""

import os
from typing import Final

import streamlit as st

from geodata import completeness
from geodata.completeness import Declared
from pages.shared.page_frame import plain

VARIABLE: Final = "MAILLAGE_COMPLET"


def complete() -> Declared:
    """Return what the list is declared to hold entirely."""
    return completeness.parse(os.environ.get(VARIABLE, ""))


def problems() -> None:
    """Say what is not understood in the variable; nothing where all is."""
    if found := complete().problems:
        st.warning(
            plain(f"Réglage {VARIABLE}, à corriger par qui tient le site. {' '.join(found)}"),
            icon="⚠️",
        )
