"""The form of a row: its fields, their problems, and what somebody else has changed meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, hours
from geodata.services import Confidentiality
from pages.annuaire.editing import drafts, saving
from pages.annuaire.editing.drafts import NEW, Draft
from pages.annuaire.editing.fields import (
    Cells,
    Rows,
    closed_columns,
    draw,
    field_of,
    groups,
    is_shelter,
    level_of,
)
from pages.shared import clock
from pages.shared.page_frame import plain


def form(services: gpd.GeoDataFrame, draft: Draft, role: str) -> None:
    """Draw a row's form, keep what is typed in it, and save it when asked to."""
    draft = replace(draft, typed=drafts.typed_cells(draft))
    drafts.keep(draft)
    now = clock.now().date()
    today = now.isoformat()
    wanted = drafts.wanted_cells(draft, services, today=today)
    problems = saving.problems(draft, wanted)
    with st.container(border=True, key=f"edition_{drafts.slug(draft.id)}"):
        title = "Ajouter une fiche" if draft.id == NEW else "Modifier la fiche"
        st.subheader(title, anchor=False)
        _explain_confidentiality(draft, wanted)
        if draft.id == NEW:
            _row(("id",), draft, problems)
        for name, rows in groups(draft.typed).items():
            st.markdown(f"**{name}**")
            for row in filter(None, _without_departement(rows, draft.typed)):
                _row(row, draft, problems)
        st.checkbox(
            f"Vérifié aujourd’hui par téléphone ({french.partial_date(now)})",
            key=drafts.widget(draft, "_verifie"),
        )
        _further_problems(draft, problems)
        mine = _choose_versions(draft, wanted)
        if draft.trouble:
            st.error(plain(draft.trouble), icon="⚠️")
        with st.container(horizontal=True):
            label = "Enregistrer avec ces choix" if mine else "Enregistrer"
            undecided = None in mine.values()
            save = drafts.widget(draft, "_enregistrer")
            if st.button(label, type="primary", disabled=undecided, key=save):
                chosen = drafts.with_choices(draft, wanted, mine) if mine else draft
                saving.save(chosen, drafts.wanted_cells(chosen, services, today=today), role)
            st.button(
                "Fermer sans enregistrer",
                on_click=drafts.close,
                args=(draft.id,),
                key=drafts.widget(draft, "_fermer"),
            )


def _row(columns: tuple[str, ...], draft: Draft, problems: Mapping[str, Sequence[str]]) -> None:
    closed = closed_columns(draft.typed)
    for place, column in zip(st.columns(len(columns)), columns, strict=True):
        with place:
            draw(
                column,
                draft.typed.get(column, ""),
                seen=draft.seen.get(column, ""),
                key=drafts.widget(draft, column),
                closed=column in closed,
            )
            if column == "horaires_accueil":
                _show_reading_of_hours(draft.typed.get(column, ""))
            for message in problems.get(column, ()):
                st.warning(plain(message))


def _further_problems(draft: Draft, problems: Mapping[str, Sequence[str]]) -> None:
    """Show the problems of cells that have no field here."""
    drawn = {"id"} if draft.id == NEW else set()
    for rows in groups(draft.typed).values():
        drawn.update(column for row in _without_departement(rows, draft.typed) for column in row)
    for column in problems.keys() - drawn:
        for message in problems[column]:
            st.warning(plain(f"{field_of(column).label} : {message}"))


def _without_departement(rows: Rows, cells: Cells) -> Rows:
    """Return the rows without the département, if it follows from the commune."""
    if cells.get("departement") or level_of(cells) != Confidentiality.PUBLIC:
        return rows
    return tuple(tuple(column for column in row if column != "departement") for row in rows)


def _show_reading_of_hours(text: str) -> None:
    """Show how the hours were understood, or why they were not."""
    if not text.strip():
        return
    try:
        hours.understand(text)
        st.caption(f"Compris : {plain(hours.describe(text))}")
    except hours.InvalidHours as error:
        st.warning(plain(f"{error} Les horaires seraient montrés comme inconnus."))


def _explain_confidentiality(draft: Draft, wanted: Cells) -> None:
    """Say which cells this level of confidentiality empties, and what is forgotten."""
    closed = closed_columns(draft.typed)
    emptied = [field_of(c).label for c in draft.seen if c in closed and draft.seen[c]]
    becomes = draft.seen and closed and level_of(draft.seen) == Confidentiality.PUBLIC
    if not (becomes or emptied):
        return
    names = ", ".join(emptied)
    sentences = [f"En enregistrant, seront vidés : {names}."] if emptied else []
    if becomes:
        sentences.append(
            "Ce lieu devient confidentiel : l’historique oublie les valeurs passées de la fiche, "
            "et la version précédente du fichier n’est pas gardée. Ce changement ne s’annule pas "
            "ici. Les copies déjà faites ailleurs restent."
        )
    if is_shelter(wanted):
        sentences.append("Vérifier aussi que le nom et les textes ne disent pas où il se trouve.")
    st.info(" ".join(sentences), icon="🔒")


def _choose_versions(draft: Draft, wanted: Cells) -> dict[str, bool | None]:
    """Ask which text to keep of each cell that somebody else changed; True: the one typed here."""
    now = drafts.cells_in_file(draft.id) if draft.moved else None
    if now is None:
        return {}
    st.warning(
        "Quelqu’un d’autre a modifié entre-temps ce qui suit. Rien n’a été enregistré : choisir "
        "ce qui reste.",
        icon="⚠️",
    )
    mine = {}
    for column in draft.moved:
        field = field_of(column)
        versions = {
            "Vu à l’ouverture": draft.seen.get(column, ""),
            "Maintenant dans le fichier": now.get(column, ""),
            "Le vôtre": wanted.get(column, ""),
        }
        shown = {name: [plain(field.words(text)) or "(vide)"] for name, text in versions.items()}
        st.markdown(f"**{plain(field.label)}**")
        st.table(pd.DataFrame(shown), hide_index=True)
        answer = st.radio(
            f"{field.label} : garder",
            ["le vôtre", "celui du fichier"],
            index=None,
            horizontal=True,
            key=drafts.widget(draft, f"_choix_{column}"),
        )
        mine[column] = None if answer is None else answer == "le vôtre"
    return mine
