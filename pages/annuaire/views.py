"""What the page Annuaire is asked: in which départements, and which of its views."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import streamlit as st

from geodata import communes
from pages.annuaire import access
from pages.shared import filters, sheet
from pages.shared.service_list import ServiceList

_PLACES = "filtre_departements"
_VIEW = "annuaire_vue"


class View(StrEnum):
    """The views of the list, one at a time."""

    CALLS = "a-rappeler"
    RECORDS = "fiches"
    NETWORKS = "reseaux"
    POSTERS = "affiches"
    CHECKING = "verifier"
    PROBLEMS = "a-corriger"
    HISTORY = "historique"


_LABELS = {
    View.CALLS: "À rappeler cette semaine",
    View.RECORDS: "Fiches",
    View.NETWORKS: "Réseaux",
    View.POSTERS: "Affiches",
    View.CHECKING: "Vérifier un fichier",
    View.PROBLEMS: "À corriger",
    View.HISTORY: "Historique",
}


def choose_places(listed: ServiceList, now: datetime) -> tuple[str, ...]:
    """Draw the départements asked for, those of the other pages too, and return their codes."""
    filters.restore(now)
    names = communes.read_departements()["nom"]
    offered = sorted({*filters.offered(listed).departements, *st.session_state[_PLACES]})
    chosen = st.multiselect(
        "Département",
        offered,
        format_func=lambda code: f"{names[code]} ({code})",
        placeholder="Tous les départements de la liste",
        key=_PLACES,
        label_visibility="collapsed",
        select_all=False,
        persist_state="session",
        width=300,
    )
    filters.write_address({"departements": chosen})
    return tuple(chosen)


def choose_view(counts: Mapping[View, int]) -> View:
    """Draw the switch, kept in the address, and give the view; `counts` follow their labels.

    The history is for those who may change the list.
    """
    views = [view for view in View if view != View.HISTORY or access.editor()]
    asked = st.session_state.get(_VIEW, st.query_params.get("vue", ""))
    st.session_state[_VIEW] = View(asked) if asked in views else View.CALLS
    view = st.segmented_control(
        "Que voir",
        views,
        format_func=lambda view: _label(view, counts.get(view, 0)),
        key=_VIEW,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
        wrap=True,
    )
    filters.write_address({"vue": "" if view == View.CALLS else str(view)})
    return View(view)


def open_record(service_id: str) -> None:
    """Show this service's record from the next run on."""
    sheet.open_sheet(service_id)
    st.session_state[_VIEW] = View.RECORDS


def _label(view: View, count: int) -> str:
    return f"{_LABELS[view]} ({count})" if count else _LABELS[view]
