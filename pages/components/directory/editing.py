"""Changing the list on the page, for those whom `access` lets: a row's form, a new row, a removal.

A form keeps in the visit the cells as they were seen when it was opened, so that
`geodata.upkeep.keeping` can tell what somebody else has changed since, and what was typed, so that
nothing of it is lost when a save is refused. Without a role every function here draws nothing.
"""

import csv
import errno
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import communes, french, hours
from geodata.services import Confidentiality, Problem, UnreadableFile, read_services
from geodata.text import fold
from geodata.upkeep import keeping
from geodata.upkeep.keeping import Conflict, Edit, Refused
from pages.components import clock, data
from pages.components.data import PARIS
from pages.components.directory import access
from pages.components.directory.editing_fields import (
    FIELDS,
    Cells,
    Rows,
    closed_columns,
    draw,
    field_of,
    groups,
    is_shelter,
    level_of,
)
from pages.components.directory.editing_history import history
from pages.components.frame import plain

__all__ = ["history", "new_row", "panel"]

_NEW: Final = ""
_COUNT: Final = "_formulaires"
_LONGEST_ID: Final = 60
_LEFT_OUT: Final = "La ligne est laissée de côté."
_CANNOT: Final = "La fiche ne peut pas être enregistrée ainsi."
_REFUSED: Final = "Rien n’a été enregistré : voir les cases signalées. Votre saisie reste ici."
_WHY: Final = {
    errno.ENOSPC: "le disque est plein",
    errno.EDQUOT: "le disque est plein",
    errno.EFBIG: "le disque est plein",
    errno.EACCES: "le fichier est protégé contre l’écriture",
    errno.EPERM: "le fichier est protégé contre l’écriture",
    errno.EROFS: "le fichier est protégé contre l’écriture",
}


@dataclass(frozen=True)
class Draft:
    """A form that is open: the row `id` ("" for a new one), as it was seen and as it is typed.

    `moved`: columns that somebody else has changed since; `trouble`: why the last save failed;
    `version` changes where the widgets must forget what they hold; `tried`: a save was asked for.
    """

    id: str
    seen: Cells
    typed: Cells
    moved: tuple[str, ...] = ()
    trouble: str = ""
    version: int = 0
    tried: bool = False


# --- what the page calls ------------------------------------------------------------------


def panel(services: gpd.GeoDataFrame, key: str) -> None:
    """Draw, under a row's sheet, how to change or remove the row, for those who may."""
    if not (access.editor() or _draft(key)):
        return
    said = _last_word(key)
    try:
        seen = _read_now(key)
    except (UnreadableFile, OSError) as error:
        seen, said = None, words_of(error)
    _panel(services, key, seen, said)


def new_row(services: gpd.GeoDataFrame) -> None:
    """Draw how to add a row, for those who may."""
    if access.editor() or _draft(_NEW):
        _new_row(services, _last_word(_NEW))
    _of_rows_gone()


@st.fragment
def _panel(services: gpd.GeoDataFrame, key: str, seen: Cells | None, said: str) -> None:
    role, draft = access.editor(), _draft(key)
    if said and not draft:
        st.info(plain(said))
    if role is None:
        _kept_aside(draft)
    elif draft:
        _form(services, draft, role, title="Modifier la fiche")
    elif seen is not None:
        with st.container(horizontal=True):
            st.button(
                "Modifier cette fiche",
                on_click=_open,
                args=(key, seen),
                key=f"edition_ouvrir_{key}",
            )
            _removal(key, seen, role)


@st.fragment
def _new_row(services: gpd.GeoDataFrame, said: str) -> None:
    role, draft = access.editor(), _draft(_NEW)
    if said and not draft:
        st.info(plain(said))
    if role is None:
        _kept_aside(draft)
    elif draft:
        _form(services, draft, role, title="Ajouter une fiche")
    else:
        st.button("Ajouter une fiche", on_click=_open, args=(_NEW, {}), key="edition_ouvrir")


# --- the form -----------------------------------------------------------------------------


def _form(services: gpd.GeoDataFrame, draft: Draft, role: str, *, title: str) -> None:
    draft = replace(draft, typed=_typed(draft))
    _keep(draft)
    today = clock.now().date().isoformat()
    wanted = _wanted(draft, services, today=today)
    problems = _problems_of(draft, wanted)
    with st.container(border=True, key=f"edition_{_slug(draft.id)}"):
        st.subheader(title, anchor=False)
        _about_the_level(draft, wanted)
        if draft.id == _NEW:
            _row(("id",), draft, problems)
        for name, rows in groups(draft.typed).items():
            st.markdown(f"**{name}**")
            for row in filter(None, _worth_showing(rows, draft.typed)):
                _row(row, draft, problems)
        st.checkbox(
            f"Vérifié aujourd’hui par téléphone ({french.partial_date(today)})",
            key=_widget(draft, "_verifie"),
        )
        _further_problems(draft, problems)
        mine = _choices_between(draft, wanted)
        if draft.trouble:
            st.error(plain(draft.trouble), icon="⚠️")
        with st.container(horizontal=True):
            label = "Enregistrer avec ces choix" if mine else "Enregistrer"
            undecided = None in mine.values()
            save = _widget(draft, "_enregistrer")
            if st.button(label, type="primary", disabled=undecided, key=save):
                chosen = _decided(draft, wanted, mine) if mine else draft
                _save(chosen, _wanted(chosen, services, today=today), role)
            st.button(
                "Fermer sans enregistrer",
                on_click=_close,
                args=(draft.id,),
                key=_widget(draft, "_fermer"),
            )


def _row(columns: tuple[str, ...], draft: Draft, problems: Mapping[str, Sequence[str]]) -> None:
    closed = closed_columns(draft.typed)
    for place, column in zip(st.columns(len(columns)), columns, strict=True):
        with place:
            draw(
                column,
                draft.typed.get(column, ""),
                seen=draft.seen.get(column, ""),
                key=_widget(draft, column),
                closed=column in closed,
            )
            if column == "horaires_accueil":
                _hours_understood(draft.typed.get(column, ""))
            for message in problems.get(column, ()):
                st.warning(plain(message))


def _further_problems(draft: Draft, problems: Mapping[str, Sequence[str]]) -> None:
    """Say what is wrong with a cell that has no field here."""
    drawn = {"id"} if draft.id == _NEW else set()
    for rows in groups(draft.typed).values():
        drawn.update(column for row in _worth_showing(rows, draft.typed) for column in row)
    for column in problems.keys() - drawn:
        for message in problems[column]:
            st.warning(plain(f"{field_of(column).label} : {message}"))


def _worth_showing(rows: Rows, cells: Cells) -> Rows:
    """Leave out the département where the reader takes it from the commune."""
    if cells.get("departement") or level_of(cells) != Confidentiality.PUBLIC:
        return rows
    return tuple(tuple(column for column in row if column != "departement") for row in rows)


def _hours_understood(text: str) -> None:
    """Show back what was understood of the hours, or why they were not."""
    if not text.strip():
        return
    try:
        hours.understand(text)
        st.caption(f"Compris : {plain(hours.describe(text))}")
    except hours.InvalidHours as error:
        st.warning(plain(f"{error} Les horaires seraient montrés comme inconnus."))


def _about_the_level(draft: Draft, wanted: Cells) -> None:
    """Say what making a place hidden empties and forgets."""
    closed = closed_columns(draft.typed)
    emptied = [field_of(c).label for c in draft.seen if c in closed and draft.seen[c]]
    becomes = draft.seen and closed and level_of(draft.seen) == Confidentiality.PUBLIC
    if not (becomes or emptied):
        return
    names = ", ".join(emptied)
    said = [f"En enregistrant, seront vidés : {names}."] if emptied else []
    if becomes:
        said.append(
            "Ce lieu devient confidentiel : l’historique oublie les valeurs passées de la fiche, "
            "et la version précédente du fichier n’est pas gardée. Ce changement ne s’annule pas "
            "ici. Les copies déjà faites ailleurs restent."
        )
    if is_shelter(wanted):
        said.append("Vérifier aussi que le nom et les textes ne disent pas où il se trouve.")
    st.info(" ".join(said), icon="🔒")


def _typed(draft: Draft) -> Cells:
    """Give what the widgets hold now; what was typed before, where one is not drawn."""
    typed = dict(draft.typed)
    for column in dict.fromkeys([*draft.typed, *FIELDS]):
        if (value := st.session_state.get(_widget(draft, column))) is not None:
            typed[column] = field_of(column).text(value, draft.seen.get(column, ""))
    return typed


def _wanted(draft: Draft, services: gpd.GeoDataFrame, *, today: str) -> Cells:
    """Give the row as it shall be written: what a level closes is empty, the tick is a date."""
    closed = closed_columns(draft.typed)
    wanted = {column: "" if column in closed else text for column, text in draft.typed.items()}
    if st.session_state.get(_widget(draft, "_verifie")):
        wanted["date_verification"] = today
    if draft.id:
        return wanted | {"id": draft.id}
    return wanted | {"id": _slug(wanted.get("id", "")) or _proposed_id(wanted, services)}


def _proposed_id(cells: Cells, services: gpd.GeoDataFrame) -> str:
    """Give an id that is free; one of a hidden place says its département and its type alone."""
    code = communes.current_code(cells.get("code_insee", ""))
    departement = communes.departement_of(code) if code else cells.get("departement", "")
    hidden = level_of(cells) != Confidentiality.PUBLIC
    name = cells.get("type" if hidden else "nom", "")
    stem = _slug(f"{departement} {name}")[:_LONGEST_ID].strip("-") or "fiche"
    taken = set(services.index)
    numbers = range(2, len(taken) + 3)
    return next(key for key in (stem, *(f"{stem}-{n}" for n in numbers)) if key not in taken)


def _slug(text: str) -> str:
    return fold(text).replace(" ", "-")


# --- what the reader says of it -----------------------------------------------------------


def _problems_of(draft: Draft, wanted: Cells) -> dict[str, list[str]]:
    """Give what the reader of the list says of the row as typed, by column."""
    found: dict[str, list[str]] = {}
    for problem in _read(tuple(wanted.items())):
        untouched = draft.id == _NEW and not draft.tried and not wanted.get(problem.column)
        understood_apart = problem.column == "horaires_accueil" and not _is_fatal(problem)
        if not (untouched or understood_apart):
            told = problem.message.split(" : ", 1)[-1].replace(_LEFT_OUT, _CANNOT)
            found.setdefault(problem.column, []).append(told[:1].upper() + told[1:])
    return found


@lru_cache(maxsize=64)
def _read(cells: tuple[tuple[str, str], ...]) -> tuple[Problem, ...]:
    """Read a list of this one row, with every column that a list must have."""
    row = dict.fromkeys(("id", "nom", "type", "source"), "") | dict(cells)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    try:
        return read_services(io.BytesIO(text.getvalue().encode("utf-8", "ignore"))).problems
    except UnreadableFile:
        return ()  # a column of the file itself is wrong: the save says which


def _is_fatal(problem: Problem) -> bool:
    return problem.severity == "error"


# --- saving -------------------------------------------------------------------------------


def _save(draft: Draft, wanted: Cells, role: str) -> None:
    """Save what differs from what was seen, then show the page anew; on refusal, say why."""
    draft = replace(draft, trouble="", moved=(), tried=True)
    if any(map(_is_fatal, _read(tuple(wanted.items())))):
        draft = replace(draft, trouble=_REFUSED)
    else:
        edits = _edits(draft, wanted)
        try:
            saved = keeping.save(data.path(), edits, who=role, now=datetime.now(PARIS))
        except Conflict as conflict:
            draft = _disputed(draft, conflict)
        except (ValueError, TypeError, OSError) as error:
            draft = replace(draft, trouble=words_of(error))
        else:
            _close(draft.id)
            cells = french.count(len(saved), "case")
            added = draft.id == _NEW
            done = f"Fiche ajoutée : {wanted['id']}." if added else f"Enregistré : {cells}."
            st.session_state[_said(draft.id)] = done if saved else "Rien n’avait changé."
            st.rerun()
    _keep(draft)
    st.rerun()


def _edits(draft: Draft, wanted: Cells) -> tuple[Edit, ...]:
    seen = draft.seen if draft.id else {}
    return tuple(
        Edit(wanted["id"], column, seen.get(column, ""), text)
        for column, text in wanted.items()
        if text != seen.get(column, "") and not (draft.id and column == "id")
    )


def _disputed(draft: Draft, conflict: Conflict) -> Draft:
    """Keep the columns to decide about; say that a new id is taken."""
    if draft.id == _NEW:
        taken = "Cet identifiant existe déjà : en choisir un autre. Rien n’a été enregistré."
        return replace(draft, trouble=taken)
    return replace(draft, moved=tuple(column for _, column in conflict.cells))


def _choices_between(draft: Draft, wanted: Cells) -> dict[str, bool | None]:
    """Ask, for each cell that somebody else changed, which text stays: True for hers."""
    now = _now(draft.id) if draft.moved else None
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
        told = {name: [plain(field.words(text)) or "(vide)"] for name, text in versions.items()}
        st.markdown(f"**{plain(field.label)}**")
        st.table(pd.DataFrame(told), hide_index=True)
        answer = st.radio(
            f"{field.label} : garder",
            ["le vôtre", "celui du fichier"],
            index=None,
            horizontal=True,
            key=_widget(draft, f"_choix_{column}"),
        )
        mine[column] = None if answer is None else answer == "le vôtre"
    return mine


def _decided(draft: Draft, wanted: Cells, mine: Mapping[str, bool | None]) -> Draft:
    """Take what is in the file now as seen, and as typed where it shall stay."""
    ticked = {"date_verification": wanted.get("date_verification", "")}
    now = _now(draft.id) or {}
    told = {column: now.get(column, "") for column in mine}
    theirs = {column: text for column, text in told.items() if not mine[column]}
    return replace(
        draft,
        seen=draft.seen | told,
        typed=draft.typed | ticked | theirs,
        moved=(),
        version=_fresh(),
    )


def _removal(key: str, seen: Cells, role: str) -> None:
    """Draw how to take a row out of the list, once it is confirmed."""
    with st.popover("Retirer cette fiche"):
        st.markdown("La fiche sort de la liste. L’historique garde ce qu’il peut en dire.")
        sure = st.checkbox("Oui, retirer cette fiche", key=f"edition_sure_{key}")
        if not st.button("Retirer", disabled=not sure, key=f"edition_retirer_{key}"):
            return
        removed = (Edit(key, "id", key, ""), *(Edit(key, c, t, "") for c, t in seen.items() if t))
        try:
            keeping.save(data.path(), removed, who=role, now=datetime.now(PARIS))
        except Conflict:
            said = "Quelqu’un d’autre a modifié cette fiche entre-temps : la relire d’abord."
        except (ValueError, TypeError, OSError) as error:
            said = words_of(error)
        else:
            said = "Fiche retirée."
        st.session_state[_said(key)] = said
        st.rerun()


def words_of(error: Exception) -> str:
    """Say why a save failed, without any path."""
    if isinstance(error, Refused | UnreadableFile):
        return str(error)
    if isinstance(error, OSError):
        why = _WHY.get(error.errno or 0, "le fichier ne peut pas être écrit")
        return f"L’enregistrement n’a pas abouti : {why}. Votre saisie reste ici."
    return (
        "Rien n’a été enregistré : le fichier de l’historique est abîmé. Prévenir la personne qui "
        "tient le site. Votre saisie reste ici."
    )


# --- what the visit keeps -----------------------------------------------------------------


def _now(key: str) -> Cells | None:
    """Give the cells of a row in the file, None where they cannot be had."""
    try:
        return _read_now(key)
    except (UnreadableFile, OSError):
        return None


def _read_now(key: str) -> Cells | None:
    """Give the cells of a row in the file, None where it has no such row."""
    cells = _cells(data.signature())
    if key not in cells.index:
        return None
    return {str(column): str(text) for column, text in cells.loc[key].items()}


@st.cache_resource(show_spinner=False, max_entries=2)
def _cells(signature: data.Signature) -> pd.DataFrame:
    """Read the cells of one state of the file; of rows of one id, the first."""
    cells = keeping.read_cells(Path(signature[0]))
    return cells[~cells.index.duplicated()]


def _draft(key: str) -> Draft | None:
    return st.session_state.get(f"_brouillon_{key}")


def _keep(draft: Draft) -> None:
    st.session_state[f"_brouillon_{draft.id}"] = draft


def _open(key: str, shown: Cells) -> None:
    """Open a form on the cells as they are now, or else as the sheet shows them."""
    seen = _now(key) or shown
    _keep(Draft(key, seen, dict(seen), version=_fresh()))


def _close(key: str) -> None:
    st.session_state.pop(f"_brouillon_{key}", None)


def _fresh() -> int:
    """Number the forms of a visit, so that no widget shows what an earlier one held."""
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    return st.session_state[_COUNT]


def _said(key: str) -> str:
    return f"_dit_{key}"


def _last_word(key: str) -> str:
    """Give how the last save went, once."""
    return st.session_state.pop(_said(key), "")


def _widget(draft: Draft, name: str) -> str:
    return f"edition_{draft.version}_{draft.id}_{name}"


def _kept_aside(draft: Draft | None) -> None:
    """Show what was typed to somebody who may not save it any more."""
    if draft:
        st.warning(
            "Vous ne pouvez plus modifier la liste : se reconnecter. Rien n’a été enregistré ; "
            "voici ce que vous aviez saisi, à copier."
        )
        _typed_words(draft)


def _of_rows_gone() -> None:
    """Show what was typed in rows that somebody has taken out of the list since."""
    drafts = [value for value in st.session_state.values() if isinstance(value, Draft)]
    for draft in drafts:
        if draft.id != _NEW and _now(draft.id) is None:
            st.warning(
                plain(
                    f"La fiche « {draft.id} » a été retirée de la liste entre-temps, ou la liste "
                    "ne peut plus être lue. Rien n’a été enregistré ; voici ce que vous aviez "
                    "saisi, à copier."
                )
            )
            _typed_words(draft)
            close = f"edition_copie_{draft.id}"
            st.button("J’ai copié, fermer", on_click=_close, args=(draft.id,), key=close)


def _typed_words(draft: Draft) -> None:
    typed = _typed(draft)
    changed = {c: text for c, text in typed.items() if text != draft.seen.get(c, "")}
    st.code("\n".join(f"{field_of(c).label} : {text}" for c, text in changed.items()), None)
