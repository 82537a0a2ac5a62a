"""What a service does not say of what was asked: counted above a list, marked on each card."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french
from geodata.selection import Selection, unsaid

_WORDS = {
    "acces": "l’accès",
    "violences": "les violences accueillies",
    "langues": "les langues",
    "accessibilite": "l’accessibilité",
    "frais": "les frais",
}


def counts(found: gpd.GeoDataFrame, selection: Selection) -> str:
    """Return how many of the services found do not say what was asked; "" where all do.

    *12 sans précision sur les langues*.
    """
    silent = {column: int(mask.sum()) for column, mask in unsaid(found, selection).items()}
    return " · ".join(
        f"{french.number(count)} sans précision sur {_WORDS[column]}"
        for column, count in silent.items()
        if count
    )


def of_something(found: gpd.GeoDataFrame, selection: Selection) -> pd.Series:
    """Return a mask of the services found that do not say something of what was asked."""
    return pd.DataFrame(unsaid(found, selection), index=found.index).any(axis=1)


def caption(found: gpd.GeoDataFrame, selection: Selection) -> None:
    """Say how many of the services found do not say what was asked, if any."""
    if words := counts(found, selection):
        st.caption(f"Parmi ces services : {words}.")


def notes(some: gpd.GeoDataFrame, selection: Selection) -> Sequence[tuple[str, ...]]:
    """Return what the card of each service says: nothing, or *ne précise pas : les langues*."""
    columns = unsaid(some, selection)
    rows = zip(*(mask.tolist() for mask in columns.values()), strict=True) if columns else ()
    silent = [
        ", ".join(_WORDS[column] for column, mute in zip(columns, row, strict=True) if mute)
        for row in rows
    ]
    return [(f"Ne précise pas : {words}",) if words else () for words in silent or [""] * len(some)]
