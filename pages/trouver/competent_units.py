"""The police or gendarmerie unit of a commune, from the official table where there is one."""

import os
from pathlib import Path

import pandas as pd
import streamlit as st

from geodata.services import UnreadableFile
from geodata.sources import competent_units
from geodata.tables import read_table
from pages.shared import service_list

VARIABLE = "MAILLAGE_UNITES"


def units_of(code_insee: str) -> pd.DataFrame | None:
    """Return the units that are competent for a commune: several where its parts differ.

    The columns are those of `competent_units.read`; None where no table that can be read is there.
    """
    path = Path(os.environ.get(VARIABLE) or service_list.path().with_suffix(".unites.csv"))
    if not path.is_file():
        return None
    table = _table(str(path), path.stat().st_mtime_ns)
    return None if table is None else table[table.index == code_insee]


@st.cache_resource(show_spinner=False, max_entries=2)
def _table(name: str, modified_ns: int) -> pd.DataFrame | None:  # noqa: ARG001
    """Read the official file, or what `python -m geodata import unites-competentes` made of it."""
    try:
        imported = read_table(Path(name).read_bytes()).frame
        if {"code_insee", "institution", "unite", "id", "partie"} <= set(imported.columns):
            return imported.set_index("code_insee")
        return competent_units.read(Path(name)).rows
    except (UnreadableFile, OSError):
        return None
