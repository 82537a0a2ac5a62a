"""Commencer: what the page shows while there is no list."""

from datetime import date, datetime

import streamlit as st

from geodata import fact_sources
from geodata.upkeep import keeping
from pages.annuaire import access, checking, official, views
from pages.annuaire.editing import saving
from pages.annuaire.views import View
from pages.shared import service_list
from pages.shared.page_frame import plain
from pages.shared.service_list import PARIS


def panel(why: str, today: date) -> None:
    """Draw how to begin a list; `why`: why there is none, in French."""
    st.header("Commencer")
    if not service_list.is_blank():
        st.error(f"Aucune liste à montrer. {plain(why)}", icon="⚠️")
        st.markdown(
            "Déposer ici le fichier de la liste : ce qui ne va pas est dit ligne par ligne."
        )
        checking.panel(None, today)
        return
    st.markdown(
        f"{plain(why)} Une liste commence avec les données officielles de votre département, avec "
        "un tableau à vous, peu importe le nom de ses colonnes, avec le modèle à remplir, ou avec "
        "l’exemple fourni : les services de quatre départements."
    )
    if access.editor():
        st.subheader("Choisir votre département")
        official.panel()
        if official.is_working():
            views.open_view(View.OFFICIAL)  # what it did is seen there, once there is a list
            return
        st.subheader("Ou avec un fichier")
        if st.button("Commencer avec l’exemple fourni"):
            _begin_with_the_example()
    else:
        st.caption(
            "Pour écrire la liste depuis cette page, la personne qui a installé le site doit "
            "ouvrir la modification (docs/editing.md). Sinon, préparer ici les fiches et les lui "
            "donner."
        )
    checking.panel(None, today)


def _begin_with_the_example() -> None:
    role = access.editor()
    if role is None:
        return
    try:
        sources = fact_sources.beside(service_list.SHIPPED)
        facts = sources.read_bytes() if sources.exists() else b""
        shipped = service_list.SHIPPED.read_bytes()
        service_list.store().begin(shipped, facts, who=role, now=datetime.now(PARIS))
    except (keeping.Refused, OSError) as error:
        st.error(plain(saving.failure_words(error)), icon="⚠️")
        return
    st.rerun(scope="app")
