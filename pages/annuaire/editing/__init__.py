"""Changing the list on the page, for those whom `access` lets: a row's form, a new row, a removal.

Without a role every function here draws nothing. `drafts` is what the visit keeps, `form` what it
fills, `saving` what becomes of it, `history` what was done before.
"""

from collections.abc import Callable
from functools import partial

import geopandas as gpd
import streamlit as st

from geodata.services import UnreadableFile
from geodata.upkeep.keeping import Refused
from pages.annuaire import access
from pages.annuaire.editing import drafts, saving
from pages.annuaire.editing.drafts import NEW, Draft
from pages.annuaire.editing.fields import Cells, field_of
from pages.annuaire.editing.form import form
from pages.annuaire.editing.history import history
from pages.shared.page_frame import plain

__all__ = ["history", "new_row", "panel"]


def panel(services: gpd.GeoDataFrame, key: str) -> None:
    """Draw, under a row's sheet, how to change or remove the row, for those who may."""
    if not (access.editor() or drafts.find(key)):
        return
    outcome = drafts.pop_outcome(key)
    try:
        seen = drafts.read_in_file(key)
    except (UnreadableFile, Refused, OSError) as error:
        seen, outcome = None, saving.failure_words(error)
    _editor(services, key, outcome, partial(_offer_changes, key, seen))


def new_row(services: gpd.GeoDataFrame) -> None:
    """Draw how to add a row, for those who may."""
    if access.editor() or drafts.find(NEW):
        _editor(services, NEW, drafts.pop_outcome(NEW), _offer_a_new_row)
    _show_drafts_of_removed_rows()


@st.fragment
def _editor(
    services: gpd.GeoDataFrame, key: str, outcome: str, offer: Callable[[str], None]
) -> None:
    """Draw the form of a row if it is open, else the buttons that this role may use."""
    role, draft = access.editor(), drafts.find(key)
    if outcome and not draft:
        st.info(plain(outcome))
    if role is None:
        _show_unsaved(draft)
    elif draft:
        form(services, draft, role)
    else:
        offer(role)


def _offer_changes(key: str, seen: Cells | None, role: str) -> None:
    if seen is None:
        return
    with st.container(horizontal=True):
        st.button(
            "Modifier cette fiche",
            on_click=drafts.begin,
            args=(key, seen),
            key=f"edition_ouvrir_{key}",
        )
        _removal(key, seen, role)


def _offer_a_new_row(_role: str) -> None:
    st.button("Ajouter une fiche", on_click=drafts.begin, args=(NEW, {}), key="edition_ouvrir")


def _removal(key: str, seen: Cells, role: str) -> None:
    """Draw the button that removes a row, behind a confirmation."""
    with st.popover("Retirer cette fiche"):
        st.markdown("La fiche sort de la liste. L’historique garde ce qu’il peut en dire.")
        sure = st.checkbox("Oui, retirer cette fiche", key=f"edition_sure_{key}")
        if st.button("Retirer", disabled=not sure, key=f"edition_retirer_{key}"):
            drafts.keep_outcome(key, saving.remove(key, seen, role))
            st.rerun()


def _show_unsaved(draft: Draft | None) -> None:
    """Show what was typed to somebody who may not save it any more."""
    if draft:
        st.warning(
            "Vous ne pouvez plus modifier la liste : se reconnecter. Rien n’a été enregistré ; "
            "voici ce que vous aviez saisi, à copier."
        )
        _show_typed(draft)


def _show_drafts_of_removed_rows() -> None:
    """Show what was typed in rows that somebody else has removed meanwhile."""
    opened = [value for value in st.session_state.values() if isinstance(value, Draft)]
    for draft in opened:
        if draft.id != NEW and drafts.cells_in_file(draft.id) is None:
            st.warning(
                plain(
                    f"La fiche « {draft.id} » a été retirée de la liste entre-temps, ou la liste "
                    "ne peut plus être lue. Rien n’a été enregistré ; voici ce que vous aviez "
                    "saisi, à copier."
                )
            )
            _show_typed(draft)
            close = f"edition_copie_{draft.id}"
            st.button("J’ai copié, fermer", on_click=drafts.close, args=(draft.id,), key=close)


def _show_typed(draft: Draft) -> None:
    typed = drafts.changes(draft).items()
    st.code("\n".join(f"{field_of(column).label} : {text}" for column, text in typed), None)
