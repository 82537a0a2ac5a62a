"""The choice of the départements and of one of the views of Annuaire."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import streamlit as st

from pages.annuaire import access
from pages.shared import address_bar, filters, sheet
from pages.shared.service_list import ServiceList

_VIEW = "annuaire_vue"


class View(StrEnum):
    """The views of the list, one at a time."""

    CALLS = "a-rappeler"
    RECORDS = "fiches"
    NETWORKS = "reseaux"
    POSTERS = "affiches"
    CHECKING = "verifier"
    OFFICIAL = "donnees-officielles"
    SUGGESTIONS = "signalements"
    PROBLEMS = "a-corriger"
    HISTORY = "historique"


_LABELS = {
    View.CALLS: "À rappeler cette semaine",
    View.RECORDS: "Fiches",
    View.NETWORKS: "Réseaux",
    View.POSTERS: "Affiches",
    View.CHECKING: "Vérifier un fichier",
    View.OFFICIAL: "Données officielles",
    View.SUGGESTIONS: "Signalements",
    View.PROBLEMS: "À corriger",
    View.HISTORY: "Historique",
}

_FOR_EDITORS = (View.OFFICIAL, View.SUGGESTIONS, View.HISTORY)


def choose_places(listed: ServiceList, now: datetime) -> tuple[str, ...]:
    """Draw the départements asked for, those of the other pages too, and return their codes."""
    filters.restore(now)
    chosen = filters.choose_departements(
        filters.offered(listed),
        placeholder="Tous les départements de la liste",
        width=300,
        label_visibility="collapsed",
    )
    address_bar.write({"departements": chosen})
    return tuple(chosen)


def choose_view(counts: Mapping[View, int]) -> View:
    """Draw the switch and return the view; `counts` follow their labels.

    Official data, what others say of the list and its history are for those who may change it.
    """
    may_edit = bool(access.editor())
    labels = {
        view: _label(view, counts.get(view, 0))
        for view in View
        if view not in _FOR_EDITORS or may_edit
    }
    withheld = {
        view: f"« {_LABELS[view]} » est pour les personnes qui peuvent modifier la liste."
        for view in _FOR_EDITORS
        if not may_edit
    }
    return address_bar.choose(
        "Que voir", labels, key=_VIEW, parameter="vue", wrap=True, withheld=withheld
    )


def open_view(view: View) -> None:
    """Show this view from the next run on."""
    st.session_state[_VIEW] = view


def open_record(service_id: str) -> None:
    """Show this service's record from the next run on."""
    sheet.open_sheet(service_id)
    open_view(View.RECORDS)


def _label(view: View, count: int) -> str:
    return f"{_LABELS[view]} ({count})" if count else _LABELS[view]
