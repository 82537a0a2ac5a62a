"""Who changed what in the list, the newest first, and how to put it back."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, secrecy
from geodata.services import UnreadableFile
from geodata.upkeep.keeping import Conflict, Entry, Refused
from pages.annuaire import access
from pages.annuaire.editing.fields import field_of
from pages.shared import clock, service_list
from pages.shared.page_frame import plain
from pages.shared.service_list import PARIS

_AT_ONCE: Final = 10
_OUTCOME, _MORE = "_historique_dit", "_historique_lignes"
_NEVER_SHOWN: Final = "Fiche non publiée"


def history(services: gpd.GeoDataFrame) -> None:
    """Draw the last changes of the list, for those who may change it."""
    if access.editor():
        _history(services)


@st.fragment
def _history(services: gpd.GeoDataFrame) -> None:
    role = access.editor()
    if role is None:
        return
    if outcome := st.session_state.get(_OUTCOME):
        st.info(plain(outcome))
    try:
        entries = service_list.store().history(role)
    except (ValueError, TypeError, OSError):
        st.error("L’historique ne peut pas être lu en ce moment.", icon="⚠️")
        return
    if damaged := service_list.store().damaged_lines():
        st.warning(
            f"{french.count(damaged, 'ligne')} de l’historique ne peut pas être lue : "
            "le fichier est abîmé. La liste, elle, s’enregistre toujours."
            if damaged == 1
            else f"{french.count(damaged, 'ligne')} de l’historique ne peuvent pas être lues : "
            "le fichier est abîmé. La liste, elle, s’enregistre toujours.",
            icon="⚠️",
        )
    if not entries:
        st.markdown("Aucune modification n’a encore été enregistrée ici.")
        return
    changes = [tuple(lines) for _, lines in groupby(entries, key=lambda entry: entry.change)]
    shown = st.session_state.get(_MORE, _AT_ONCE)
    for change in changes[: -shown - 1 : -1]:
        _change(services, change, role)
    if len(changes) > shown:
        st.button("Montrer les précédentes", on_click=_show_more, args=(shown,))


def _change(services: gpd.GeoDataFrame, entries: Sequence[Entry], role: str) -> None:
    first = entries[0]
    names = dict.fromkeys(_name(services, entry.id) for entry in entries)
    with st.container(border=True, key=f"edition_changement_{first.change}"):
        about = f" · {plain(*names)}" if len(names) == 1 else ""
        st.markdown(
            f"**{_when_words(first.when)}** · {plain(first.who)} · {_what_changed(entries)}{about}"
        )
        table = _cells(services, entries)
        st.table(table.drop(columns="Fiche") if about else table, hide_index=True)
        if any(None in (entry.before, entry.after) for entry in entries):
            st.caption("Touche un lieu confidentiel : ne peut pas être annulée ici.")
            return
        with st.popover("Annuler"):
            st.markdown("Remettre ces cases comme elles étaient avant ?")
            if st.button("Oui, annuler cette modification", key=f"edition_annuler_{first.change}"):
                st.session_state[_OUTCOME] = _undo(services, entries, role)
                st.rerun()


def _undo(services: gpd.GeoDataFrame, entries: Sequence[Entry], role: str) -> str:
    """Undo a change, and return the outcome in words."""
    try:
        undone = service_list.store().undo(entries, who=role, now=datetime.now(PARIS))
    except Conflict as conflict:
        cells = ", ".join(
            f"« {field_of(column).label} » de « {_name(services, key)} »"
            for key, column in conflict.cells
        )
        return f"Rien n’a été remis : {cells} a encore changé depuis."
    except (Refused, UnreadableFile) as error:
        return str(error)
    except (ValueError, TypeError, OSError):
        return "Rien n’a été remis : le fichier ne peut pas être écrit."
    return f"Remis comme avant : {french.count(len(undone), 'case')}."


def _cells(services: gpd.GeoDataFrame, entries: Sequence[Entry]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Fiche": [plain(_name(services, entry.id)) for entry in entries],
            "Case": [plain(field_of(entry.column).label) for entry in entries],
            "Avant": [_text(entry.column, entry.before) for entry in entries],
            "Après": [_text(entry.column, entry.after) for entry in entries],
        }
    )


def _text(column: str, text: str | None) -> str:
    if text is None:
        return "(non montré)"
    return plain(field_of(column).words(text)) or "(vide)"


def _name(services: gpd.GeoDataFrame, key: str) -> str:
    """Return the name of a row; its id if it is no longer in the list."""
    if key not in services.index:
        return key
    shown = key in secrecy.shown(services).index
    return str(services.loc[key, "nom"]) if shown else _NEVER_SHOWN


def _what_changed(entries: Sequence[Entry]) -> str:
    added = sum(entry.column == "id" and not entry.before for entry in entries)
    removed = sum(entry.column == "id" and not entry.after for entry in entries)
    if added:
        return f"{french.count(added, 'fiche')} ajoutée{'s' if added > 1 else ''}"
    if removed:
        return f"{french.count(removed, 'fiche')} retirée{'s' if removed > 1 else ''}"
    return french.count(len(entries), "case")


def _when_words(written: str) -> str:
    moment = datetime.fromisoformat(written)
    return f"{french.day(moment, today=clock.now().date())} à {french.clock(moment)}"


def _show_more(shown: int) -> None:
    st.session_state[_MORE] = shown + _AT_ONCE
