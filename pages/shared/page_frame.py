"""The frame around every page: emergency numbers, *Quitter*, the list's state and sources."""

import os
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from geodata import french, freshness, secrecy
from pages.shared import clock, glossary, service_list
from pages.shared.service_list import ServiceList, cached

_WORD_JOINER = "\u2060"
_FOUND_LATER = re.compile(
    r"(:(?=[\w+/-]*[^\W\d][\w+/-]*:|[+-]1:|100:|1234:)"
    r"|(?:https?|ftp|mailto|xmpp):|www(?=\.)|[-.\w+](?=@))",
    re.IGNORECASE,
)
_CHECK_EVERY = "15s"
_NOW_LASTS = timedelta(minutes=5)
_DRAWN_FROM = "_dessine"
_PURPOSES = {
    "Carte": "Qui peut aider une femme victime de violences, où, et quand c’est ouvert.",
    "Trouver": "Qui peut la recevoir, près de chez elle, quand elle peut venir.",
    "Permanences": "Les accueils qui ne se tiennent qu’à certaines dates, jour par jour.",
    "Couverture": "Où et quand il n’y a personne, et ce qu’une permanence de plus changerait.",
    "Annuaire": "Tenir la liste à jour : ce qui manque, qui rappeler, toutes les fiches.",
}


def page_links(pages: Sequence[StreamlitPage]) -> None:
    """Draw the links to all pages, in sight on every screen."""
    with st.container(horizontal=True, key="pages"):
        for page in pages:
            st.page_link(page)


def purpose(page: str) -> None:
    """Draw the heading of a page."""
    st.html(heading(page))


def heading(page: str) -> str:
    """Return the heading of a page: what it is for, and who runs the site if that is said."""
    runner = os.environ.get("MAILLAGE_NOM", "")
    by = f" ({escape(runner)})" if runner else ""
    return f'<h1 class="but"><strong>Maillage</strong>{by}. {_PURPOSES[page]}</h1>'


def page_at(path: str) -> str:
    """Return the page at an address; the first page where there is none."""
    name = path.rpartition("/")[2]
    return next((page for page in _PURPOSES if page.lower() == name), "Carte")


def list_state(listed: ServiceList) -> None:
    """Warn if the list shown is not the one that is kept, or not all of it."""
    if listed.failure:
        st.error(
            f"{plain(listed.failure)} La dernière liste lisible reste affichée "
            f"({_kept_in()} du {french.day(listed.written, today=date.min)}).",
            icon="⚠️",
        )
        return
    errors = [problem for problem in listed.reading.problems if problem.severity == "error"]
    if errors:
        count = sum(problem.rows for problem in errors)
        more = f" (et {french.count(count - 1, 'autre')})" if count > 1 else ""
        st.warning(
            f"{french.count(count, 'ligne')} de la liste "
            f"{'est laissée' if count == 1 else 'sont laissées'} de côté. "
            f"{plain(errors[0].without_line)}{more} Tout voir : page Annuaire.",
            icon="⚠️",
        )


def _kept_in() -> str:
    """Return what holds the list, in French."""
    return "base" if service_list.store().is_base else "fichier"


def keep_up_to_date() -> None:
    """Run the page again when the list has changed, and when *now* is long past."""
    st.session_state[_DRAWN_FROM] = service_list.state(), clock.now()
    _rerun_if_stale()


@st.fragment(run_every=_CHECK_EVERY)
def _rerun_if_stale() -> None:
    state, drawn = st.session_state[_DRAWN_FROM]
    if service_list.state() != state or clock.now() - drawn >= _NOW_LASTS:
        st.rerun(scope="app")


def sources(listed: ServiceList, today: date) -> None:
    """Draw how many services the list has, how old it is, its sources and licences."""
    said = _sources_html(listed, listed.written, today) + _keeper()
    st.html(f'<div class="pied" role="region" aria-label="Sources et licences">{said}</div>')


@cached(max_entries=4)
def _sources_html(listed: ServiceList, written: datetime, today: date) -> str:
    shown = secrecy.shown(listed.services)
    exact = int((shown.geometry.notna() & ~shown["approximatif"]).sum())
    without_hours = int((shown["horaires_accueil"] == "").sum())
    return (
        f"{glossary.html()}<p>"
        f"<strong>La liste</strong> ({_kept_in()} du {french.day(written, today=date.min)}) : "
        f"{french.count(len(shown), 'fiche')}, dont {french.number(len(shown) - exact)} sans "
        f"emplacement exact et {french.number(without_hours)} sans horaires. "
        f"{freshness.summary(shown, today)}Chaque fiche donne sa source et sa date : appeler "
        "avant de se déplacer.</p>"
        "<p><strong>Sources et licences.</strong> Services : pages publiques citées sur chaque "
        "fiche, liste sous Licence Ouverte 2.0. Communes et mairies : IGN Admin Express COG, "
        "INSEE (population 2023), DILA, La Poste, Licence Ouverte 2.0. Code : licence MIT. "
        'La partie publique de la liste, pour d’autres sites et logiciels : <a href="donnees/">'
        "données publiques</a>.</p>"
        "<p>Cette page n’enregistre rien sur vous et n’interroge aucun autre site, sauf le fond "
        "Plan IGN si vous le cochez et le service d’adresses si vous cherchez une adresse.</p>"
    )


def _keeper() -> str:
    """Return who runs the site and how to write to them, if that is said."""
    name, mail = (escape(os.environ.get(f"MAILLAGE_{what}", "")) for what in ("NOM", "CONTACT"))
    by = f"Ce site est tenu par {name}. " if name else ""
    write = f'Écrire à qui tient la liste : <a href="mailto:{mail}">{mail}</a>.' if mail else ""
    return f"<p>{by}{write}</p>" if by or write else ""


def show_failure(_error: Exception) -> bool:
    """Say in French that a page failed; Streamlit logs why."""
    st.error(
        "Cette page n’a pas pu s’afficher. Recharger la page ; si cela continue, prévenir la "
        "personne qui tient le site. En danger : 17 ou 114 (SMS). Écoute : 3919.",
        icon="⚠️",
    )
    return True


def plain(text: str) -> str:
    """Return a text escaped for Markdown: no format, icon, emoji or link is read into it.

    A backslash stops Markdown's own signs. Icons (`:material/home:`), emoji (`:+1:`) and automatic
    links (`http://`, `www.`, mail addresses) are looked for once Markdown has taken the backslashes
    away: a word joiner, which nobody sees, stands inside them.
    """
    apart = _FOUND_LATER.sub(f"\\1{_WORD_JOINER}", text)
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()<>#+-.!|~$:&^=" else sign for sign in apart)
