"""Saving a row: what the reader says of it, what differs from what was seen, and why it failed."""

import csv
import errno
import io
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import streamlit as st

from geodata import french
from geodata.services import Problem, UnreadableFile, read_services
from geodata.upkeep.keeping import Conflict, Edit, Refused
from pages.annuaire.editing import drafts
from pages.annuaire.editing.drafts import NEW, Draft
from pages.annuaire.editing.fields import Cells
from pages.shared import clock, service_list
from pages.shared.service_list import PARIS

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


def problems(draft: Draft, wanted: Cells) -> dict[str, list[str]]:
    """Return the problems of the row as typed, by column."""
    found: dict[str, list[str]] = {}
    for problem in _read(tuple(wanted.items()), clock.now().date()):
        untouched = draft.id == NEW and not draft.tried and not wanted.get(problem.column)
        understood_apart = problem.column == "horaires_accueil" and not _is_fatal(problem)
        if not (untouched or understood_apart):
            message = problem.message.split(" : ", 1)[-1].replace(_LEFT_OUT, _CANNOT)
            found.setdefault(problem.column, []).append(message[:1].upper() + message[1:])
    return found


def save(draft: Draft, wanted: Cells, role: str) -> None:
    """Save what differs from what was seen, then show the page anew; on refusal, say why."""
    draft = replace(draft, trouble="", moved=(), tried=True)
    found = _read(tuple(wanted.items()), clock.now().date())
    if any(_is_fatal(one) and not _is_hidden_by_the_save(one, draft, wanted) for one in found):
        draft = replace(draft, trouble=_REFUSED)
    else:
        edits = _edits(draft, wanted)
        try:
            saved = service_list.store().save(edits, who=role, now=datetime.now(PARIS))
        except Conflict as conflict:
            draft = _with_conflict(draft, conflict)
        except (ValueError, TypeError, OSError) as error:
            draft = replace(draft, trouble=failure_words(error))
        else:
            drafts.close(draft.id)
            cells = french.count(len(saved), "case")
            added = draft.id == NEW
            done = f"Fiche ajoutée : {wanted['id']}." if added else f"Enregistré : {cells}."
            drafts.keep_outcome(draft.id, done if saved else "Rien n’avait changé.")
            st.rerun()
    drafts.keep(draft)
    st.rerun()


def remove(key: str, seen: Cells, role: str) -> str:
    """Remove a row that is still as it was seen, and return the outcome in words."""
    removed = (Edit(key, "id", key, ""), *(Edit(key, c, t, "") for c, t in seen.items() if t))
    try:
        service_list.store().save(removed, who=role, now=datetime.now(PARIS))
    except Conflict:
        return "Quelqu’un d’autre a modifié cette fiche entre-temps : la relire d’abord."
    except (ValueError, TypeError, OSError) as error:
        return failure_words(error)
    return "Fiche retirée."


def failure_words(error: Exception) -> str:
    """Return in words why a save failed, without any path."""
    if isinstance(error, Refused | UnreadableFile):
        return str(error)
    if isinstance(error, OSError):
        why = _WHY.get(error.errno or 0, "le fichier ne peut pas être écrit")
        return f"L’enregistrement n’a pas abouti : {why}. Votre saisie reste ici."
    return (
        "Rien n’a été enregistré : le fichier de l’historique est abîmé. Prévenir la personne qui "
        "tient le site. Votre saisie reste ici."
    )


def _edits(draft: Draft, wanted: Cells) -> tuple[Edit, ...]:
    seen = draft.seen if draft.id else {}
    return tuple(
        Edit(wanted["id"], column, seen.get(column, ""), text)
        for column, text in wanted.items()
        if text != seen.get(column, "") and not (draft.id and column == "id")
    )


def _with_conflict(draft: Draft, conflict: Conflict) -> Draft:
    """Return the draft with the columns to decide about, or the news that a new id is taken."""
    if draft.id == NEW:
        taken = "Cet identifiant existe déjà : en choisir un autre. Rien n’a été enregistré."
        return replace(draft, trouble=taken)
    return replace(draft, moved=tuple(column for _, column in conflict.cells))


@lru_cache(maxsize=64)
def _read(cells: tuple[tuple[str, str], ...], today: date) -> tuple[Problem, ...]:
    """Read a list of this one row, with every column that a list must have."""
    row = dict.fromkeys(("id", "nom", "type", "source"), "") | dict(cells)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    try:
        content = io.BytesIO(text.getvalue().encode("utf-8", "ignore"))
        return read_services(content, today=today).problems
    except UnreadableFile:
        return ()  # a column of the file itself is wrong: the save says which


def _is_fatal(problem: Problem) -> bool:
    return problem.severity == "error"


def _is_hidden_by_the_save(problem: Problem, draft: Draft, wanted: Cells) -> bool:
    """Say whether a cell that tells a place stood there before: the save empties it."""
    before = draft.seen.get(problem.column)
    untouched = problem.column != "id" and before == wanted.get(problem.column)
    return problem.tells_place and untouched
