"""Put a checked file in the place of the list, for those who may change it."""

import hashlib
from datetime import datetime
from typing import Final

import streamlit as st

from geodata import french
from geodata.services import Reading
from geodata.upkeep import checking
from geodata.upkeep.keeping import Conflict, Refused
from pages.annuaire import access
from pages.annuaire.editing import saving
from pages.shared import service_list
from pages.shared.page_frame import plain
from pages.shared.service_list import PARIS

_DONE: Final = "remplacer_dit"
_MOVED: Final = "remplacer_autre"
_SEEN: Final = "remplacer_liste"
_MOST_NAMED: Final = 5


def seen(upload: str) -> bytes:
    """Return the list that an uploaded file is compared with, empty where it cannot be read.

    It is the list as it was when the file came: what others save since is no change of the file's.
    """
    role = access.editor() or ""
    compared, content = st.session_state.get(_SEEN, (None, b""))
    listed: bytes = content if compared == (upload, role) else b""
    if not listed:
        listed = _listed_file(role)
        st.session_state[_SEEN] = (upload, role), listed
    return listed


def _listed_file(role: str) -> bytes:
    try:
        return service_list.store().content(role)
    except (Refused, OSError):
        return b""


def offer(content: bytes, reading: Reading, listed: bytes, key: str) -> None:
    """Draw the button that puts this file in the place of the list, behind a confirmation.

    `listed`: the list that it was compared with.
    """
    if outcome := st.session_state.pop(_DONE, ""):
        st.success(plain(outcome), icon="✅")
    if moved := st.session_state.pop(_MOVED, ""):
        st.error(plain(moved), icon="⚠️")
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
        compared = hashlib.sha256(listed).hexdigest()[:16]
        sure = st.checkbox("Oui, remplacer la liste", key=f"remplacer_sur_{key}_{compared}")
        if st.button("Remplacer", disabled=not sure or bool(left), key=f"remplacer_{key}"):
            _replace(content, listed)


def _replace(content: bytes, listed: bytes) -> None:
    role = access.editor()
    if role is None:
        st.error("Vous ne pouvez plus modifier la liste : se reconnecter.", icon="⚠️")
        return
    store = service_list.store()
    try:
        if store.is_blank():
            store.begin(content, who=role, now=datetime.now(PARIS))
            done = "La liste est commencée."
        elif not listed:
            raise Refused("La liste actuelle ne peut pas être lue : rien n’a été enregistré.")
        else:
            edits = checking.replacement(listed, content)
            saved = store.save(edits, who=role, now=datetime.now(PARIS))
            cells = french.count(len(saved), "case changée", "cases changées")
            done = f"La liste est remplacée : {cells}."
    except Conflict as conflict:
        st.session_state[_MOVED] = _conflict_words(conflict)
    except (ValueError, TypeError, OSError) as error:
        st.error(plain(saving.failure_words(error)), icon="⚠️")
        return
    else:
        st.session_state[_DONE] = done
    st.session_state.pop(_SEEN, None)
    st.rerun(scope="app")


def _conflict_words(conflict: Conflict) -> str:
    named = [f"« {column} » de « {key} »" for key, column in conflict.cells[:_MOST_NAMED]]
    if rest := len(conflict.cells) - len(named):
        named.append(french.count(rest, "autre case", "autres cases"))
    return (
        f"Quelqu’un d’autre a modifié entre-temps {french.listed(named)}. Rien n’a été enregistré. "
        "« Ce qui changerait » est refait avec la liste actuelle : le relire, puis recommencer."
    )
