"""The keeper's manual and the workbook to fill, on the page."""

from functools import cache
from pathlib import Path
from typing import Final

import streamlit as st

from geodata.upkeep import template
from pages.shared.downloads import XLSX

_MANUAL: Final = Path(__file__).parents[2] / "docs" / "tenir-la-liste.md"


def offer() -> None:
    """Draw the manual, closed, and the button that saves the workbook to fill."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Modèle à remplir (XLSX)",
            template.workbook,
            file_name="maillage-modele.xlsx",
            mime=XLSX,
            on_click="ignore",
            key="modele",
        )
        with st.popover("Mode d’emploi", width="content"):
            st.markdown(_text())


@cache
def _text() -> str:
    """Return the manual as it stands in `docs/`, under smaller headings."""
    lines = _MANUAL.read_text("utf-8").splitlines()[2:]
    return "\n".join(f"#{line}" if line.startswith("## ") else line for line in lines)
