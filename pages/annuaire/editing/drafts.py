"""What a visit keeps of the forms it has open: the cells as they were seen, and as they are typed.

The first tell what somebody else has changed since; the second stay when a save is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import streamlit as st

from geodata import communes
from geodata.services import Confidentiality, UnreadableFile
from geodata.text import fold
from geodata.upkeep.keeping import Refused
from pages.annuaire import access
from pages.annuaire.editing.fields import FIELDS, Cells, closed_columns, field_of, level_of
from pages.shared import service_list

NEW: Final = ""
_COUNT: Final = "_formulaires"
_LONGEST_ID: Final = 60


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


def find(key: str) -> Draft | None:
    """Return the form that is open on this row (`NEW`: on a new one), if any."""
    return st.session_state.get(f"_brouillon_{key}")


def keep(draft: Draft) -> None:
    """Keep a form as it is now."""
    st.session_state[f"_brouillon_{draft.id}"] = draft


def begin(key: str, shown: Cells) -> None:
    """Open a form on the cells as they are now, or else as the sheet shows them."""
    seen = cells_in_file(key) or shown
    keep(Draft(key, seen, dict(seen), version=_next_version()))


def close(key: str) -> None:
    """Forget a form and what was typed in it."""
    st.session_state.pop(f"_brouillon_{key}", None)


def typed_cells(draft: Draft) -> Cells:
    """Return what the widgets hold now, else what was typed before."""
    typed = dict(draft.typed)
    for column in dict.fromkeys([*draft.typed, *FIELDS]):
        if (value := st.session_state.get(widget(draft, column))) is not None:
            typed[column] = field_of(column).text(value, draft.seen.get(column, ""))
    return typed


def changes(draft: Draft) -> Cells:
    """Return the cells that are not as they were seen."""
    return {c: text for c, text in typed_cells(draft).items() if text != draft.seen.get(c, "")}


def wanted_cells(draft: Draft, services: gpd.GeoDataFrame, *, today: str) -> Cells:
    """Return the row to write: closed columns are empty, the tick is a date."""
    closed = closed_columns(draft.typed)
    wanted = {column: "" if column in closed else text for column, text in draft.typed.items()}
    if st.session_state.get(widget(draft, "_verifie")):
        wanted["date_verification"] = today
    if draft.id:
        return wanted | {"id": draft.id}
    return wanted | {"id": slug(wanted.get("id", "")) or _proposed_id(wanted, services)}


def _proposed_id(cells: Cells, services: gpd.GeoDataFrame) -> str:
    """Return an id that is free; one of a hidden place says its département and its type alone."""
    code = communes.current_code(cells.get("code_insee", ""))
    departement = communes.departement_of(code) if code else cells.get("departement", "")
    hidden = level_of(cells) != Confidentiality.PUBLIC
    name = cells.get("type" if hidden else "nom", "")
    stem = slug(f"{departement} {name}")[:_LONGEST_ID].strip("-") or "fiche"
    taken = set(services.index)
    numbers = range(2, len(taken) + 3)
    return next(key for key in (stem, *(f"{stem}-{n}" for n in numbers)) if key not in taken)


def slug(text: str) -> str:
    """« CIDFF d’Épône » → `cidff-d-epone`."""
    return fold(text).replace(" ", "-")


def with_choices(draft: Draft, wanted: Cells, mine: Mapping[str, bool | None]) -> Draft:
    """Return the draft with the file's cells as seen, and as typed where the file's were chosen."""
    ticked = {"date_verification": wanted.get("date_verification", "")}
    now = cells_in_file(draft.id) or {}
    current = {column: now.get(column, "") for column in mine}
    theirs = {column: text for column, text in current.items() if not mine[column]}
    return replace(
        draft,
        seen=draft.seen | current,
        typed=draft.typed | ticked | theirs,
        moved=(),
        version=_next_version(),
    )


def widget(draft: Draft, name: str) -> str:
    """Return the session key of one of a form's widgets."""
    return f"edition_{draft.version}_{draft.id}_{name}"


def _next_version() -> int:
    """Return a new number, so that no widget shows what an earlier form held."""
    number: int = st.session_state.get(_COUNT, 0) + 1
    st.session_state[_COUNT] = number
    return number


# --- how the last save went ----------------------------------------------------------------


def keep_outcome(key: str, words: str) -> None:
    """Keep the outcome of a save, in words, for the next run of the page."""
    st.session_state[_outcome_key(key)] = words


def pop_outcome(key: str) -> str:
    """Return the outcome of the last save, and forget it."""
    return str(st.session_state.pop(_outcome_key(key), ""))


def _outcome_key(key: str) -> str:
    return f"_dit_{key}"


# --- the row in the file -------------------------------------------------------------------


def cells_in_file(key: str) -> Cells | None:
    """Return the cells of a row in the file; None if it has no such row, or cannot be read."""
    try:
        return read_in_file(key)
    except (UnreadableFile, Refused, OSError):
        return None


def read_in_file(key: str) -> Cells | None:
    """Return the cells of a row in the file; None if it has no such row.

    Raises:
        UnreadableFile: the file is no list any more.
        Refused: the base does not answer.
        OSError: the file cannot be opened.
    """
    return service_list.store().row(key, access.editor() or "")
