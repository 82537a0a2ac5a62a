"""Make a list of somebody's own table, whatever its columns are called.

    sheet, *others = adopting.read_sheets(Path("liste.xlsx").read_bytes())
    choices = adopting.choices_of(adopting.recognised(sheet))
    adopted = adopting.adopt(sheet, replace(choices, source="Département"))

Columns are recognised by their names and by what is in them; a person corrects what is proposed.
Nothing is guessed in silence: `Adopted.outcomes` says of each line what it became, what was left
and why. A shelter's row, or one whose name may be that of a shelter, brings its name and its
département only. This module writes no file but that of `remember`, which holds no cell of a table.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from geodata.services import COLUMNS, ServiceType
from geodata.text import fold
from geodata.upkeep.adopting._building import Adopted, Choices, build
from geodata.upkeep.adopting._columns import (
    DAYS,
    JOINED,
    KEPT,
    LEFT,
    POINT,
    Column,
    recognised,
)
from geodata.upkeep.adopting._files import MOST_BYTES, Sheet, read_sheets, without_blank_lines
from geodata.upkeep.adopting._places import NamedCommunes, communes_named, territories_named
from geodata.upkeep.adopting._words import COLUMNS as WORD_COLUMNS
from geodata.upkeep.adopting._words import Told, Word

__all__ = [
    "DAYS",
    "JOINED",
    "KEPT",
    "LEFT",
    "MOST_BYTES",
    "POINT",
    "ROLES",
    "WORD_COLUMNS",
    "Adopted",
    "Choices",
    "Column",
    "NamedCommunes",
    "Sheet",
    "Told",
    "Unclear",
    "Word",
    "adopt",
    "choices_of",
    "communes_named",
    "read_sheets",
    "recognised",
    "remember",
    "remembered",
    "territories_named",
    "used_twice",
]

ROLES: Final = (LEFT, KEPT, *COLUMNS, POINT, *DAYS)
"""All that a column may be given."""
_MOST_SHAPES: Final = 200


class Unclear(ValueError):
    """The choices contradict one another, or lack what no list can do without. French."""


def choices_of(columns: tuple[Column, ...]) -> Choices:
    """Return the choices as the recognised columns propose them."""
    return Choices({column.name: column.role for column in columns})


def used_twice(columns: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the roles that only one column may have and that several were given, with these."""
    names: dict[str, list[str]] = {}
    for name, role in columns.items():
        names.setdefault(role, []).append(name)
    return {role: given for role, given in names.items() if len(given) > 1 and role not in JOINED}


def adopt(sheet: Sheet, choices: Choices) -> Adopted:
    """Make rows of services.csv of a table.

    Raises Unclear where two columns are given one role, or none holds the names.
    """
    if "nom" not in choices.columns.values():
        raise Unclear("Aucune colonne ne donne le nom des lieux : dire laquelle.")
    for role, names in used_twice(choices.columns).items():
        told = " et ".join(f"« {name} »" for name in names)
        raise Unclear(f"Deux colonnes sont données pour « {role} » : {told}. N’en garder qu’une.")
    records, left_out = without_blank_lines(sheet)
    return build(records, choices, left_out)


# --- what is remembered -------------------------------------------------------------------


def _memory(listed: Path) -> Path:
    return listed.with_suffix(".adoption.json")


def _shape(sheet: Sheet) -> str:
    """Return what tables of the same columns have in common."""
    return hashlib.sha256("\x1f".join(map(fold, sheet.header)).encode()).hexdigest()[:32]


def remember(listed: Path, sheet: Sheet, choices: Choices) -> None:
    """Keep beside a list how a table of these columns was read, for its next edition.

    Kept: roles in the order of the columns, the type of all rows, the source, the département. No
    cell of the table.
    Raises OSError where the file cannot be written.
    """
    shapes = _read_memory(listed)
    shapes.pop(_shape(sheet), None)
    shapes[_shape(sheet)] = {
        "colonnes": [choices.columns.get(name, LEFT) for name in sheet.header],
        "type": choices.kind,
        "source": choices.source,
        "departement": choices.departement,
        "case_vide_fermee": choices.empty_days_closed,
    }
    latest = dict(list(shapes.items())[-_MOST_SHAPES:])
    written = json.dumps(latest, ensure_ascii=False, indent=1)
    temporary = _memory(listed).with_suffix(".tmp")
    temporary.write_text(written, "utf-8")
    temporary.replace(_memory(listed))


def remembered(listed: Path, sheet: Sheet) -> Choices | None:
    """Return the choices that were made for a table of these columns, None if there are none."""
    kept = _read_memory(listed).get(_shape(sheet))
    if not isinstance(kept, dict):
        return None
    roles, kind = kept.get("colonnes"), kept.get("type")
    if not isinstance(roles, list) or len(roles) != len(sheet.header):
        return None
    return replace(
        Choices(dict(zip(sheet.header, map(str, roles), strict=True))),
        kind=kind if kind in list(ServiceType) else "",
        source=str(kept.get("source") or ""),
        departement=str(kept.get("departement") or ""),
        empty_days_closed=kept.get("case_vide_fermee") is True,
    )


def _read_memory(listed: Path) -> dict[str, object]:
    try:
        read = json.loads(_memory(listed).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
