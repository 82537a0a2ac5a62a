"""Put a checked file in the place of the list, for those who may change it."""

from datetime import datetime
from typing import Final

import streamlit as st

from geodata import french
from geodata.services import Reading
from geodata.upkeep import checking
from pages.annuaire import access
from pages.annuaire.editing import saving
from pages.shared import service_list
from pages.shared.page_frame import plain
from pages.shared.service_list import PARIS

_DONE: Final = "remplacer_dit"


def offer(content: bytes, reading: Reading, key: str) -> None:
    """Draw the button that puts this file in the place of the list, behind a confirmation."""
    if outcome := st.session_state.pop(_DONE, ""):
        st.success(plain(outcome), icon="✅")
    if access.editor() is None or reading.services.empty:
        return
    with st.popover("Mettre à la place de la liste"):
        count = french.count(len(reading.services), "fiche")
        left = sum(problem.severity == "error" for problem in reading.problems)
        st.markdown(
            f"La liste aurait {count}. Les fiches que le fichier n’a plus sortent de la liste, "
            "sauf celles qui ne sont jamais montrées. L’historique permet d’annuler."
        )
        if left:
            st.warning(
                "Des lignes du fichier seraient laissées de côté : les corriger d’abord.", icon="⚠️"
            )
        sure = st.checkbox("Oui, remplacer la liste", key=f"remplacer_sur_{key}")
        if st.button("Remplacer", disabled=not sure or bool(left), key=f"remplacer_{key}"):
            _replace(content)


def _replace(content: bytes) -> None:
    role = access.editor()
    if role is None:
        st.error("Vous ne pouvez plus modifier la liste : se reconnecter.", icon="⚠️")
        return
    store = service_list.store()
    try:
        if store.is_blank():
            store.begin(content, who=role, now=datetime.now(PARIS))
            done = "La liste est commencée."
        else:
            edits = checking.replacement(store.content(role), content)
            saved = store.save(edits, who=role, now=datetime.now(PARIS))
            cells = french.count(len(saved), "case changée", "cases changées")
            done = f"La liste est remplacée : {cells}."
    except (ValueError, TypeError, OSError) as error:
        st.error(plain(saving.failure_words(error)), icon="⚠️")
        return
    st.session_state[_DONE] = done
    st.rerun(scope="app")
