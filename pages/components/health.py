"""How the list is: what it holds by type, what is missing, what its file says wrongly."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, hours
from geodata.services import Confidentiality, Problem, ServiceType
from pages.components.frame import plain

_SEVERITIES = {"error": "ligne laissée de côté", "warning": "à corriger"}
_MOST_PROBLEMS = 500


def summary(services: gpd.GeoDataFrame) -> None:
    """Say the list's health in one sentence."""
    public = services[services["confidentialite"] != Confidentiality.NON_PUBLIE]
    reachable = (public["telephone"] != "") | (public["adresse"] != "")
    st.header("L’état de la liste")
    st.markdown(
        f"{french.count(len(public), 'fiche')} ; "
        f"{french.number(int(_computable(public).sum()))} ont des horaires "
        f"calculables ; {french.number(int((~reachable).sum()))} n’ont ni téléphone ni adresse."
    )


def by_type(services: gpd.GeoDataFrame) -> None:
    """Count, by type, the services and what is known of them."""
    public = services[services["confidentialite"] != Confidentiality.NON_PUBLIE]
    known = pd.DataFrame(
        {
            "Fiches": 1,
            "Téléphone": public["telephone"] != "",
            "Horaires calculables": _computable(public),
            "Emplacement exact": public.geometry.notna() & ~public["approximatif"],
            "Date de l’information": public["date_source"] != "",
        },
        index=public.index,
    )
    table = known.groupby(public["type"]).sum().reindex([str(kind) for kind in ServiceType])
    table.index = pd.Index([kind.label for kind in ServiceType], name="Type")
    st.table(table.dropna().astype("int64"))


def _computable(services: gpd.GeoDataFrame) -> pd.Series:
    texts = services["horaires_accueil"]
    return texts.map({text: _is_understood(text) for text in texts.unique()}).astype(bool)


def _is_understood(text: str) -> bool:
    try:
        return bool(hours.understand(text))
    except hours.InvalidHours:
        return False


def problems(found: Sequence[Problem]) -> None:
    """List every problem of the file, those that leave a row out first."""
    st.header("Ce qu’il faut corriger dans le fichier")
    if not found:
        st.markdown("Aucun problème : chaque ligne du fichier est lue.")
        return
    ordered = sorted(found, key=lambda problem: (problem.severity, problem.line))
    first = f", dont voici les {_MOST_PROBLEMS} premiers" if len(found) > _MOST_PROBLEMS else ""
    st.markdown(f"{french.count(len(found), 'problème')}{first}.")
    st.table(
        pd.DataFrame(
            {
                "Ligne": [problem.line for problem in ordered],
                "Gravité": [_SEVERITIES[problem.severity] for problem in ordered],
                "Que faire": [plain(str(problem)) for problem in ordered],
            }
        ).head(_MOST_PROBLEMS),
        hide_index=True,
    )
