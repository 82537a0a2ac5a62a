"""Signalements: what readers and services say of the list, for those who may change it."""

from contextlib import suppress
from datetime import date, datetime
from html import escape

import streamlit as st

from geodata import fact_sources, french
from geodata.fact_sources import FactSource
from geodata.upkeep.keeping import Edit, Refused
from geodata.upkeep.suggestions import Suggestion, one_line
from pages.annuaire import access, views
from pages.annuaire.editing import saving
from pages.annuaire.editing.fields import field_of
from pages.shared import cards, service_list
from pages.shared.page_frame import plain
from pages.shared.paging import Pages
from pages.shared.rows import row_of
from pages.shared.service_list import PARIS, ServiceList

_PAGES = Pages("page_signalements", per_page=10)
_OUTCOME = "_signalement_fait"
BY_THE_SERVICE = "Proposé par le service lui-même"


def waiting(listed: ServiceList) -> int:
    """Return how many wait; 0 for those who may not read them, or where nobody can."""
    role = access.editor()
    if role is None:
        return 0
    with suppress(OSError, Refused):
        return sum(not one.done for one in _read(listed, role))
    return 0


def panel(listed: ServiceList) -> None:
    """Draw those that wait, the oldest first, then those that are done."""
    role = access.editor()
    if role is None:
        return
    if outcome := st.session_state.pop(_OUTCOME, ""):
        st.info(plain(outcome))
    try:
        read = _read(listed, role)
        damaged = service_list.store().suggestions.damaged_lines()
    except (OSError, Refused) as error:
        why = str(error) if isinstance(error, Refused) else "leur fichier ne peut pas être ouvert."
        st.warning(f"Les signalements ne peuvent pas être lus : {plain(why)}", icon="⚠️")
        return
    if damaged:
        st.warning(_damaged(damaged), icon="⚠️")
    found = sorted(read, key=lambda one: (one.done, one.number))
    if not found:
        st.markdown("Aucun signalement. Ceux des lecteurs et des services arrivent ici.")
        return
    st.caption(
        "On ne sait pas qui a écrit : vérifier par un appel avant de corriger. Rien n’est changé "
        "dans la liste tant que vous ne l’acceptez pas."
    )
    for one in found[_PAGES.open_slice(len(found))]:
        with st.container(border=True, key=f"signalement_{one.number}"):
            _draw(one, listed)
    _PAGES.draw_links(len(found))


def _damaged(lines: int) -> str:
    counted = f"{french.count(lines, 'ligne')} du fichier des signalements"
    if lines == 1:
        return f"{counted} ne peut pas être lue : elle est abîmée. Elle reste dans le fichier."
    return (
        f"{counted} ne peuvent pas être lues : elles sont abîmées. Elles restent dans le fichier."
    )


def _read(listed: ServiceList, role: str) -> tuple[Suggestion, ...]:
    return service_list.store().suggestions.read(listed.services, role)


def _draw(one: Suggestion, listed: ServiceList) -> None:
    services = listed.services
    day = french.day(date.fromisoformat(one.day), today=date.min)
    who = "Le service répond" if one.link else "Un lecteur signale"
    done = ", traité" if one.done else ""
    st.markdown(f"{who}, le {day}{done} :")
    if one.id in services.index:
        service = row_of(services, one.id)
        cards.name_button(service, views.open_record, key=f"signalement_fiche_{one.number}")
    else:
        st.markdown(f"*La fiche « {plain(one.id)} » n’est plus dans la liste.*")
    if one.text:
        st.text(one.text)
    for column, text in one.cells:
        _draw_cell(one, column, text)
    st.button(
        "Remettre en attente" if one.done else "C’est traité",
        key=f"signalement_traite_{one.number}",
        on_click=_mark,
        args=(one.number,),
        kwargs={"done": not one.done},
    )


def _draw_cell(one: Suggestion, column: str, text: str) -> None:
    """Draw what the list says and what is proposed, side by side, and the button that takes it."""
    seen = _cell(one.id, column)
    label = field_of(column).label
    st.html(
        f'<div class="compare"><p><strong>{escape(label)}</strong></p>'
        f"<p>Dans la liste : {escape(seen) if seen else '(vide)'}</p>"
        f"<p>Proposé : {escape(text) or '(vide)'}</p></div>"
    )
    if seen is None or one_line(seen) == one_line(text):
        st.caption("Cette fiche n’est plus là." if seen is None else "La liste le dit déjà.")
        return
    st.button(
        "Accepter",
        key=f"signalement_accepter_{one.number}_{column}",
        on_click=_accept,
        args=(one, column, seen, text),
    )


def _cell(key: str, column: str) -> str | None:
    """Return a cell as the list holds it now, None where its row is gone or is not hers."""
    try:
        row = service_list.store().row(key, access.editor() or "")
    except (ValueError, OSError):
        return None
    return None if row is None else row.get(column, "")


def _accept(one: Suggestion, column: str, seen: str, text: str) -> None:
    """Write one proposed cell, if it still is what the keeper saw and she still may."""
    role = access.editor()
    if role is None:
        st.session_state[_OUTCOME] = "Vous ne pouvez plus modifier la liste : se reconnecter."
        return
    edit = Edit(one.id, column, seen, text)
    source = FactSource(BY_THE_SERVICE, date_source=one.day)
    own = {(one.id, column): source} if fact_sources.may_have_source(column) else {}
    try:
        service_list.store().save([edit], who=role, now=datetime.now(PARIS), sources=own)
    except (ValueError, TypeError, OSError) as error:
        st.session_state[_OUTCOME] = saving.failure_words(error)
    else:
        st.session_state[_OUTCOME] = f"Enregistré : {field_of(column).label} de « {one.id} »."


def _mark(number: int, *, done: bool) -> None:
    role = access.editor()
    if role is None:
        return
    try:
        service_list.store().suggestions.mark(number, done=done, who=role)
    except (ValueError, OSError) as error:
        st.session_state[_OUTCOME] = saving.failure_words(error)
