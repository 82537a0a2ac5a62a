"""Write services.csv so that nothing is lost: atomically, one writer at a time, with a history.

Beside `services.csv` stand `services.csv.bak`, the version before the last one saved here;
`services.historique.jsonl`, one changed cell a line; `services.sources.csv`, the cells whose source
is not that of their row (`fact_sources`); `services.csv.lock`, empty, since its first save; and for
the time of a save `services.csv.tmp` and `services.csv.pending`. A reading writes nothing, unless
it has a save to finish.

A save holds the lock (the system frees it when its holder dies) and writes in this order, each
file whole, flushed to the disk and put in place by one renaming: the previous version; the history
lines to come (`pending`, with the fingerprint of the list they belong to, and the sources of the
changed cells); the list; the sources; the history; then `pending` is removed. Killed anywhere, the
list is the old one or the new one. The next save or reading of the history finishes the job: where
the list has the fingerprint of `pending`, its lines join the history and its sources their file;
where it has not, the change never happened and they are dropped. So the history never claims what
the list has not. A list that is changed by hand between a crash and the next save loses those
lines, never a cell.

Hidden places: what a save finds in a row that is, or becomes, hidden and that its reader does not
give out (an address, a commune) goes into no history; when a row becomes hidden, older lines of the
history lose their values of it, and the previous version is not kept. A row that was hidden by
hand, or came back hidden, is forgotten so at the next save or reading of the history. A save hides
whole the rows that it touches (`repairs.hide_whole`). Of a row that is never shown
(`non_publie`) the history tells the id and the level, nothing else.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import filelock
import pandas as pd

from geodata import fact_sources, place_words
from geodata.decoding import mended
from geodata.fact_sources import FactSource
from geodata.secrecy import is_shown, level_of, strictness
from geodata.services import (
    FRANCE,
    LISTS,
    Confidentiality,
    Reading,
    UnreadableFile,
    known_name,
    read_rows,
    with_known_columns,
)
from geodata.tables import BLANK, CUT_OFF, Document, Record, csv_line, padded, read_document
from geodata.upkeep import repairs

_WAIT_S: Final = 10.0
_BY_HAND: Final = "Saisi dans l’Annuaire, sans source indiquée"
_OWN_SOURCE: Final = ("source", "lien_source", "date_source", "date_verification")


class Refused(ValueError):
    """A save that would lose or spoil something. The message is French; nothing was written."""


class Conflict(Refused):
    """A cell to be changed is no longer what the person saw."""

    def __init__(self, message: str, cells: tuple[tuple[str, str], ...]) -> None:
        """Keep the message and the (id, column) of the cells that somebody else changed."""
        super().__init__(message)
        self.cells = cells


@dataclass(frozen=True)
class Edit:
    """One cell to change: of the row `id`, from the text seen to the text wanted.

    A row is added by an edit of its column `id` from "" to its id, and removed by the reverse,
    with the edits of its other cells beside it.
    """

    id: str
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One line of the history: a cell that was changed.

    `change` numbers the save, from 1; `when` is ISO 8601; `who` a role, not a name. `before` and
    `after` are None where the history may not tell them. The sources are those of the cell: None
    where it has that of its row, or where the history may not tell them.
    """

    change: int
    when: str
    who: str
    id: str
    column: str
    before: str | None
    after: str | None
    source_before: FactSource | None = None
    source_after: FactSource | None = None

    @classmethod
    def of(cls, read: Mapping[str, Any]) -> Self:
        """Make an entry of what a file holds. Raises ValueError, TypeError where it is not one."""
        sources = {name: fact_sources.of_json(read.get(name)) for name in _SOURCES}
        entry = cls(**{**read, **sources})
        texts = (entry.when, entry.who, entry.id, entry.column)
        cells = (entry.before, entry.after)
        if not (
            isinstance(entry.change, int)
            and all(isinstance(text, str) for text in texts)
            and all(isinstance(cell, str | None) for cell in cells)
        ):
            raise TypeError("not an entry of the history")
        datetime.fromisoformat(entry.when)
        return entry

    def as_json(self) -> dict[str, Any]:
        """Return what a file holds of it; a source that it has not is left out."""
        cells = asdict(self)
        return {name: cell for name, cell in cells.items() if name not in _SOURCES or cell}

    def untold(self) -> Self:
        """Return the line without what its cell held."""
        return replace(self, before=None, after=None, source_before=None, source_after=None)


_SOURCES: Final = ("source_before", "source_after")


# --- what is in the file ------------------------------------------------------------------


def read_cells(source: Path | bytes) -> pd.DataFrame:
    """Read the cells of a list as they are written, without the repairs of `read_services`.

    This is for a person who may edit the list: rows that the reader refuses or never shows, and
    what they hold, are here too.

    Returns:
        Text, indexed by `id` in the file's order (rows without an id left out), known columns
        under their names of `COLUMNS`, further ones under their own.

    Raises:
        UnreadableFile: no table, or one with a broken record, which no save can carry unharmed.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    table = _parse(content)
    rows = [row[: len(table.names)] for row in table.rows()]
    frame = pd.DataFrame(rows, columns=list(table.names), dtype="str")
    frame = frame.loc[frame["id"] != "", [name for name in table.names if name]]
    return frame.set_index("id")


def read_row(content: bytes, key: str) -> dict[str, str] | None:
    """Read the cells of one row as `read_cells` does, of several of one id the first.

    None where there is none. Raises UnreadableFile.
    """
    cells = _current(_parse(content), {key} - {""}).get(key)
    return cells and {name: text for name, text in cells.items() if name and name != "id"}


def edits_between(before: pd.DataFrame, after: pd.DataFrame) -> tuple[Edit, ...]:
    """Give the edits that lead from some cells (`read_cells`) to others, row by row.

    Both are indexed by id. Columns that only `after` has are added; a row that only `before` has
    is removed.
    """
    columns = ["id", *dict.fromkeys([*before.columns, *after.columns])]
    old, new = _cells_by_id(before), _cells_by_id(after)
    return tuple(
        Edit(key, column, was, becomes)
        for key in dict.fromkeys([*old, *new])
        for column in columns
        if (was := old.get(key, {}).get(column, ""))
        != (becomes := new.get(key, {}).get(column, ""))
    )


def _cells_by_id(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    if not frame.index.is_unique:
        raise Refused("Deux lignes portent le même identifiant : en changer un dans le fichier.")
    rows = frame.reset_index(names="id").to_dict("records")
    return {str(row["id"]): {str(name): str(cell) for name, cell in row.items()} for row in rows}


@dataclass(frozen=True)
class _Table:
    """A file, the known names of its columns, and the id of each of its rows.

    A row that is blank, or ends before its id, has None; a filled one without an id has "".
    """

    document: Document
    names: tuple[str, ...]
    ids: tuple[str | None, ...]

    def rows(self, keys: Collection[str] | None = None) -> Iterator[list[str]]:
        """Give the stripped cells of the rows of these ids, of all that have one without `keys`."""
        for key, record in zip(self.ids, self.document.records[1:], strict=True):
            if key is not None and (keys is None or key in keys):
                yield padded([_written(cell) for cell in record.cells], self.names)

    def read(self, keys: Collection[str] | None = None) -> Reading:
        """Read the list; with `keys`, as if the other rows were blank."""
        document = self.document
        if keys is not None:
            header, *records = document.records
            rows = zip(self.ids, records, strict=True)
            blank = Record(0, (), "\n")
            kept = [record if key in keys else blank for key, record in rows]
            document = replace(document, records=(header, *kept))
        return read_rows(document.table())

    @property
    def newline(self) -> str:
        return "\r\n" if self.document.records[0].text.endswith("\r\n") else "\n"


def _parse(content: bytes) -> _Table:
    document = read_document(content)
    if broken := [problem for problem in document.problems if problem.severity == "error"]:
        raise UnreadableFile(
            f"Ligne {broken[0].line} : un guillemet est mal fermé. Corriger le fichier avant d’y "
            "enregistrer."
        )
    return _table_of(document)


def _table_of(document: Document) -> _Table:
    header, *records = document.records or (Record(1, (), ""),)
    names = tuple(known_name(_written(cell)) for cell in header.cells)
    if "id" not in names:
        raise UnreadableFile("La première ligne doit nommer les colonnes, dont « id ».")
    place = names.index("id")
    return _Table(document, names, tuple([_id_at(place, record.cells) for record in records]))


def _id_at(place: int, cells: Sequence[str]) -> str | None:
    if len(cells) <= place:
        return None
    key = _written(cells[place])
    return key if key or any(map(_written, cells)) else None


# --- saving -------------------------------------------------------------------------------


def write(path: Path, content: bytes) -> None:
    """Write a whole file, the previous one kept beside it (`.bak`); the history says nothing of it.

    Cells that it changes lose the source that they had of their own (`fact_sources`).

    Raises Refused while somebody else saves, OSError when the disk does not take it.
    """
    path = path.resolve()
    # Only a list that is edited has a lock, and nobody else writes the other files.
    with _locked(path) if _beside(path, "lock").exists() else nullcontext():
        _recover(path)
        if path.exists():
            old = path.read_bytes()
            _put(_beside(path, "bak"), old, like=path)
            _drop_sources_of_changed_cells(path, old, content)
            _forget_what_was_hidden(path, old)
        _put(path, content, like=path)
        with suppress(UnreadableFile):
            _forget_what_is_hidden(path, _parse(content))


@contextmanager
def undisturbed(path: Path) -> Iterator[None]:
    """Hold off every save of a list during the block, with none left unfinished. Raises Refused."""
    path = path.resolve()
    with _locked(path) if _beside(path, "lock").exists() else nullcontext():
        _recover(path)
        yield


def save(
    path: Path,
    edits: Collection[Edit],
    *,
    who: str,
    now: datetime,
    sources: Mapping[fact_sources.Key, FactSource | None] | None = None,
) -> tuple[Entry, ...]:
    """Change cells of the list, all or none, and give the lines that this adds to the history.

    Two people who change different cells both keep their change, whatever the order. Untouched
    rows keep their bytes (a list that was not in UTF-8 becomes UTF-8, letters that were decoded
    twice are mended, and all else is unchanged). An edit that the list already shows adds nothing.

    A changed cell loses the source that it had of its own. Unless `sources` says where the new text
    comes from, or the edits change the source or the check of its row too, it gets the source
    *Saisi dans l’Annuaire*, of today.

    Args:
        path: the list.
        edits: cells as `read_cells` gave them, and as they shall be.
        who: the role of the person, not their name.
        now: when.
        sources: where edited cells come from; None is the source of the row.

    Raises:
        Conflict: a cell is no longer what the person saw.
        Refused: the reader would leave a row out, a hidden place would be told, a row is not
            there, or somebody else has been saving for ten seconds.
        UnreadableFile, OSError: the list cannot be read or written.
    """
    path = path.resolve()
    with _locked(path):
        _recover(path)
        content = path.read_bytes()
        made = prepared(
            content,
            edits,
            who=who,
            now=now,
            past=_read_history(path),
            facts=_written_sources(path),
            sources=sources,
        )
        if made is None:
            return ()
        _commit(path, content, made.content, made.entries, forget=made.forget, moved=made.moved)
        _forget_what_is_hidden(path, made.version.table, made.version)
        return made.entries


@dataclass(frozen=True)
class Prepared:
    """What a save writes, wherever the list is kept.

    `entries`: the lines of the history; `forget`: rows whose older lines may tell nothing more;
    `moved`: the fact sources that change, None for that of the row; `version`: the rows of the
    edits and of the history as they are read now.
    """

    entries: tuple[Entry, ...]
    forget: tuple[str, ...]
    moved: "_Sources"
    version: "_Version"

    @property
    def content(self) -> bytes:
        """The new list."""
        return self.version.table.document.encoded()


def prepared(
    content: bytes,
    edits: Collection[Edit],
    *,
    who: str,
    now: datetime,
    past: Sequence[Entry],
    facts: Mapping[fact_sources.Key, FactSource],
    sources: Mapping[fact_sources.Key, FactSource | None] | None = None,
) -> Prepared | None:
    """Make the edits of `save` in a list, and write nothing. None where it already shows them all.

    A part of a list that has all rows of the edits is enough. `past` is the history, `facts` the
    sources that cells have of their own. Raises Conflict, Refused, UnreadableFile.
    """
    table = _parse(content)
    wanted = _still_wanted(table, edits)
    if not wanted:
        return None
    edited = _edited(table, wanted)
    keys = told = None  # a new column is read in every row
    if edited.names == table.names:
        keys = {edit.id for edit in wanted}
        told = keys | {entry.id for entry in past}
    old, new = _Version(table, keys), _Version(edited, told)
    whole = _hidden_whole(wanted, old, new, columns=table.names)
    if whole != wanted:
        wanted, edited = whole, _edited(table, whole)
        new = _Version(edited, told)
    _refuse_losses(old, new, wanted)
    moved = _moved_sources(wanted, old, new, facts, sources or {}, now)
    entries = _entries(wanted, old, new, who=who, now=now, past=past)
    entries = _with_sources(entries, facts, moved, old, new)
    forget = _to_forget(old, new, wanted, past)
    return Prepared(entries, forget, moved, new)


def undo(path: Path, entries: Collection[Entry], *, who: str, now: datetime) -> tuple[Entry, ...]:
    """Put back what the cells of these lines of the history held, as a new change.

    Raises Conflict where a cell has been changed again since, Refused where the history may not
    tell what it held, and what `save` raises.
    """
    edits, sources = undoing(entries)
    return save(path, edits, who=who, now=now, sources=sources)


def undoing(
    entries: Collection[Entry],
) -> tuple[tuple[Edit, ...], dict[fact_sources.Key, FactSource | None]]:
    """Give the edits that put back what these lines tell, and the sources of these cells.

    Raises Refused where the history may not tell what a cell held.
    """
    edits = []
    for entry in entries:
        if entry.before is None or entry.after is None:
            raise Refused(
                f"« {entry.id} », colonne « {entry.column} » : l’historique ne garde rien de ce "
                "qui touche un lieu confidentiel. Cette modification ne peut pas être annulée ici."
            )
        edits.append(Edit(entry.id, entry.column, entry.after, entry.before))
    return tuple(edits), {(entry.id, entry.column): entry.source_before for entry in entries}


def read_history(path: Path) -> tuple[Entry, ...]:
    """Give the history of a list, the oldest line first. Finishes a save that was cut short.

    What the list hides now is told no more, and leaves the files. Where the list cannot be read,
    no value is told.
    """
    path = path.resolve()
    if _beside(path, "pending").exists():
        with _locked(path):
            _recover(path)
    past = _read_history(path)
    if not past and not _beside(path, "bak").exists():
        return past
    try:
        table = _parse(path.read_bytes())
    except (UnreadableFile, OSError):
        return tuple(entry.untold() for entry in past)
    told, before_tells = _told_now(path, table, past)
    if told != past or before_tells:
        with _locked(path):
            _forget_what_is_hidden(path, table)
    return told


def _still_wanted(table: _Table, edits: Collection[Edit]) -> tuple[Edit, ...]:
    """Give the edits not made yet, as the file writes; raise Conflict on what has changed."""
    cells = _current(table, {edit.id for edit in edits})
    wanted, moved = [], []
    for edit in edits:
        if not edit.column.strip(BLANK):
            raise Refused("Une colonne sans nom ne peut pas être remplie.")
        here = cells.get(edit.id, {}).get(edit.column, "")
        before, after = (_written(mended(text)) for text in (edit.before, edit.after))
        if here == after:
            continue
        if here != before:
            moved.append((edit.id, edit.column))
        wanted.append(replace(edit, before=before, after=after))
    # What somebody has filled in a row that shall go was not seen.
    seen = {(edit.id, edit.column) for edit in edits}
    moved += [
        (key, column)
        for key in sorted(_removed(wanted))
        for column, text in cells.get(key, {}).items()
        if column and text and (key, column) not in seen
    ]
    if moved:
        names = ", ".join(f"« {column} » de « {key} »" for key, column in moved)
        raise Conflict(
            f"Quelqu’un d’autre a modifié entre-temps {names}. Rien n’a été enregistré : recharger "
            "la fiche, puis recommencer.",
            tuple(moved),
        )
    return tuple(wanted)


def _written(text: str) -> str:
    """Give a text as a cell of a file holds it."""
    plain = text.encode("utf-8", "ignore").decode().replace("\x00", "")
    return plain.replace("\r\n", "\n").replace("\r", "\n").strip(BLANK)


def _current(table: _Table, keys: Collection[str] | None = None) -> dict[str, dict[str, str]]:
    """Give the cells of the rows of these ids, of all without `keys`, as they are written."""
    found: dict[str, dict[str, str]] = {}
    for row in table.rows(keys):
        cells = dict(zip(table.names, row, strict=False))
        found.setdefault(cells["id"], cells)
    return found


def _edited(table: _Table, edits: Sequence[Edit]) -> _Table:
    """Give the table with its edits made; other rows keep their text."""
    header, *records = table.document.records
    added = [c for c in dict.fromkeys(edit.column for edit in edits) if c not in table.names]
    names = [*table.names, *added]
    if added:
        more = csv_line(added, table.document.separator, end=table.newline)
        text = header.text.rstrip("\r\n") + table.document.separator + more
        header = replace(header, cells=(*header.cells, *added), text=text)
    document = replace(table.document, records=(header, *records))
    changes: dict[str, dict[str, str]] = {}
    for edit in edits:
        changes.setdefault(edit.id, {})[edit.column] = edit.after
    kept = []
    new_levels = "confidentialite" in added
    for record, key in zip(records, table.ids, strict=True):
        # Beside a new column of levels, a row that stayed short would look cut off.
        filled = names[len(record.cells) :] if new_levels and key is not None else []
        change = dict.fromkeys(filled, "") | (changes.pop(key, {}) if key else {})
        kept += _rewritten(document, names, record, change) if change else [record]
    for key, change in changes.items():
        if change.get("id") != key:
            raise Refused(f"La fiche « {key} » n’est plus dans la liste.")
        blank = Record(0, (), table.newline)
        whole = dict.fromkeys(table.names, "") | change
        kept += _rewritten(document, names, blank, whole)
    lines = [header, *kept]
    ended = [_ended(document, record, table.newline) for record in lines[:-1]]
    return _table_of(replace(document, records=(*ended, lines[-1])))


def _rewritten(
    document: Document, names: Sequence[str], record: Record, change: Mapping[str, str]
) -> list[Record]:
    """Give a record with some cells changed; nothing where its id was taken away."""
    if not change.get("id", "-"):
        return []
    places = {names.index(column): text for column, text in change.items()}
    return [document.rewritten(record, places)]


def _ended(document: Document, record: Record, newline: str) -> Record:
    """Give a record its line end, where it was the file's last and had none."""
    if record.text.endswith(("\n", "\r")):
        return record
    cells = padded(record.cells, document.records[0].cells)
    if CUT_OFF in cells:
        record = document.rewritten(record, {cells.index(CUT_OFF): CUT_OFF})
    return replace(record, text=record.text + newline)


class _Version:
    """Rows of a list as they are written, and as its reader gives them.

    The reader takes each row for itself, but where an id stands twice: rows of the same id are
    read together, and no others are needed. `keys`: the ids whose rows are read, None for all.
    """

    def __init__(self, table: _Table, keys: Collection[str] | None) -> None:
        self.table = table
        self.keys = keys
        self.cells = _current(table, keys)
        self.reading = table.read(keys)
        rows = self.reading.services
        self.levels: dict[str, str] = rows["confidentialite"].to_dict()
        self._given = rows[rows["confidentialite"] != Confidentiality.PUBLIC].to_dict("index")
        self._never = set(rows.index[~is_shown(rows)])

    def hides(self, key: str) -> bool:
        """Say whether a row hides its place, or may: the reader left it out."""
        return key in self._given or self.leaves_out(key)

    def leaves_out(self, key: str) -> bool:
        return key in self.cells and key not in self.levels

    def level(self, key: str) -> int:
        """How hidden a row is: 0 is public. Of a row left out, what it writes counts."""
        row = self.cells.get(key, {})
        written = level_of(row.get("confidentialite", ""), row.get("type", ""))
        return strictness(self.levels.get(key, written))

    def told(self, edit: Edit, text: str) -> str | None:
        """Give a cell of a hidden row if the reader gives the very same out, else None.

        Of a row that is never shown, its id and its level alone.
        """
        if not text or edit.column == "id":
            return text
        given = self._given.get(edit.id, {}).get(edit.column)
        untold = edit.id in self._never and edit.column != "confidentialite"
        return text if given == text and not untold else None

    def told_now(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Give lines of the history without what a row, as it is now, may not tell."""
        return tuple(
            replace(
                entry,
                before=self._told_now(entry.id, entry.column, entry.before),
                after=self._told_now(entry.id, entry.column, entry.after),
                source_before=None,
                source_after=None,
            )
            if self.hides(entry.id)
            else entry
            for entry in entries
        )

    def _told_now(self, key: str, column: str, text: str | None) -> str | None:
        if not text or column == "id":
            return text
        if column == "confidentialite":
            return text if text in list(Confidentiality) else None
        if key in self._never or key not in self._given:
            return None
        row = self._given[key]
        if row.get(column) == text:
            return text
        homes = {row["departement"], *row["zone_eligibilite"].split("|")} - {"", FRANCE}
        harmless = not (
            place_words.may_tell_a_place(text) or place_words.names_a_commune_of(text, homes)
        )
        return text if column in _HARMLESS and harmless else None

    def is_told_by(self, before: Mapping[str, Mapping[str, str]]) -> bool:
        """Say whether former rows hold of one that is hidden now what the list does not."""
        return any(
            text and text != self.cells.get(key, {}).get(column) and column not in _HARMLESS
            for key, row in before.items()
            if self.hides(key)
            for column, text in row.items()
        )


_HARMLESS: Final = (
    "telephone",
    "horaires_accueil",
    *LISTS,
    "date_source",
    "date_verification",
)
"""Columns of a hidden row whose former texts may be kept."""

_PLACE: Final = ("adresse", "code_postal", "commune", "code_insee", "latitude", "longitude")


def _hidden_whole(
    edits: Sequence[Edit], old: _Version, new: _Version, *, columns: Collection[str]
) -> tuple[Edit, ...]:
    """Give the edits, and those that hide whole the rows that are hidden once they are made.

    A place that a save types into a hidden row is left as it is, to be refused.
    """
    keys = [k for k in dict.fromkeys(edit.id for edit in edits) if k in new.cells and new.level(k)]
    if not keys:
        return tuple(edits)
    rows = []
    for key in keys:
        # What was emptied still says which communes must be named nowhere.
        before = {name: old.cells.get(key, {}).get(name, "") for name in _PLACE}
        after = new.cells[key]
        rows.append(after | {name: text for name, text in before.items() if not after.get(name)})
    names = (*columns, "zone_eligibilite")
    found = repairs.hide_whole(with_known_columns(pd.DataFrame(rows).fillna("")), columns=names)
    wanted = {(edit.id, edit.column): edit for edit in edits}
    for repair in found:
        key, column = keys[repair.line], repair.column
        edit = wanted.get((key, column))
        now, before_text = new.cells[key].get(column, ""), old.cells.get(key, {}).get(column, "")
        typed = edit.after if edit else ""
        if repair.after == now or column == "id" or (typed and _is_a_place(column, typed)):
            continue
        wanted[key, column] = Edit(key, column, before_text, repair.after)
    return tuple(edit for edit in wanted.values() if edit.before != edit.after)


def _is_a_place(column: str, text: str) -> bool:
    spot = column in ("adresse", "latitude", "longitude") or place_words.names_a_place(column)
    return spot or place_words.tells_a_place(text)


def _refuse_losses(old: _Version, new: _Version, edits: Sequence[Edit]) -> None:
    """Refuse what the reader would leave out, and any place made more visible."""
    removed = _removed(edits)
    touched = dict.fromkeys(edit.id for edit in edits if edit.id not in removed)
    kept = {*removed, *new.levels}
    lost = [key for key in {**old.levels, **touched} if key not in kept]
    if lost:
        known = {problem.message for problem in old.table.read(new.keys).problems}
        said = [p.message for p in new.reading.problems if p.severity == "error"]
        reasons = " ".join(message for message in said if message not in known)
        raise Refused(f"Rien n’a été enregistré. {reasons or f'« {lost[0]} » ne serait plus lu.'}")
    shown = [key for key in touched if key in old.cells and new.level(key) < old.level(key)]
    if shown:
        raise Refused(
            "Rien n’a été enregistré : un lieu confidentiel deviendrait plus visible "
            f"({', '.join(f'« {key} »' for key in shown)}). Si c’est voulu, le faire dans le "
            "fichier lui-même."
        )


def _removed(edits: Sequence[Edit]) -> set[str]:
    return {edit.id for edit in edits if edit.column == "id" and not edit.after}


def _entries(
    edits: Sequence[Edit],
    old: _Version,
    new: _Version,
    *,
    who: str,
    now: datetime,
    past: Sequence[Entry],
) -> tuple[Entry, ...]:
    number = past[-1].change + 1 if past else 1
    when = now.isoformat(timespec="seconds")
    entries = []
    for edit in edits:
        before: str | None = edit.before
        after: str | None = edit.after
        if old.hides(edit.id) or new.hides(edit.id):
            before, after = old.told(edit, edit.before), new.told(edit, edit.after)
        entries.append(Entry(number, when, who, edit.id, edit.column, before, after))
    return tuple(entries)


def _to_forget(
    old: _Version, new: _Version, edits: Sequence[Edit], past: Sequence[Entry]
) -> tuple[str, ...]:
    """Give the rows whose place the past may tell.

    They are hidden from now on, were left out until now, or are hidden and go: nothing says then
    that they hide.
    """
    known = {*old.cells, *(entry.id for entry in past)}
    touched = dict.fromkeys(edit.id for edit in edits if edit.id in known)
    return tuple(key for key in touched if old.leaves_out(key) or old.hides(key) != new.hides(key))


# --- where the facts come from ------------------------------------------------------------

_Sources = Mapping[fact_sources.Key, FactSource | None]


def _written_sources(path: Path) -> dict[fact_sources.Key, FactSource]:
    """Read the fact sources beside a list, as they are written. Raises Refused."""
    file = fact_sources.beside(path)
    try:
        return fact_sources.written(file.read_bytes()) if file.exists() else {}
    except UnreadableFile as error:
        raise Refused(f"Rien n’a été enregistré. « {file.name} » : {error}") from None


def _moved_sources(
    edits: Sequence[Edit],
    old: _Version,
    new: _Version,
    facts: Mapping[fact_sources.Key, FactSource],
    given: _Sources,
    now: datetime,
) -> dict[fact_sources.Key, FactSource | None]:
    """Give the fact sources that these edits change; None for the source of the row.

    A row that is removed, or hidden from now on, loses all of its own.
    """
    said = {edit.id for edit in edits if edit.column in ("id", *_OWN_SOURCE)}
    typed = FactSource(_BY_HAND, date_source=now.date().isoformat())
    moved: dict[fact_sources.Key, FactSource | None] = {}
    for edit in edits:
        key = edit.id, edit.column
        if not fact_sources.may_have_source(edit.column):
            continue
        source = given.get(key) if key in given or edit.id in said else typed
        row = new.cells.get(edit.id, {})
        its_own = FactSource(*(row.get(name, "") for name in _OWN_SOURCE[:3]))
        moved[key] = source if edit.after and source != its_own else None
    touched = {edit.id for edit in edits}
    gone = _removed(edits) | {k for k in touched if new.hides(k) and not old.hides(k)}
    lost = [key for key in (*facts, *moved) if key[0] in gone]
    kept = {key: fact for key, fact in moved.items() if fact}
    moved |= dict.fromkeys((*lost, *fact_sources.telling(kept, new.reading.services)))
    return {key: fact for key, fact in moved.items() if facts.get(key) != fact}


def _with_sources(
    entries: Sequence[Entry],
    facts: Mapping[fact_sources.Key, FactSource],
    moved: _Sources,
    old: _Version,
    new: _Version,
) -> tuple[Entry, ...]:
    """Give the lines of the history with the sources of their cells, but those of hidden rows."""
    found = []
    for entry in entries:
        key = entry.id, entry.column
        before = facts.get(key)
        if not (old.hides(entry.id) or new.hides(entry.id)):
            entry = replace(entry, source_before=before, source_after=moved.get(key, before))  # noqa: PLW2901
        found.append(entry)
    return tuple(found)


def _move_sources(path: Path, moved: _Sources) -> None:
    """Change the fact sources beside a list."""
    file = fact_sources.beside(path)
    if moved:
        content = file.read_bytes() if file.exists() else b""
        _put(file, fact_sources.edited(content, moved), like=path)


def _drop_sources_of_changed_cells(path: Path, old: bytes, new: bytes) -> None:
    """Take away the fact sources of the cells that differ between two versions of a list."""
    if not fact_sources.beside(path).exists():
        return
    with suppress(UnreadableFile, Refused):
        facts = _written_sources(path)
        listed = {key for key, _ in facts}
        before, after = (_current(_parse(content), listed) for content in (old, new))
        changed = [
            (key, column)
            for key, column in facts
            if before.get(key, {}).get(column, "") != after.get(key, {}).get(column, "")
        ]
        _move_sources(path, dict.fromkeys(changed))


# --- the files ----------------------------------------------------------------------------


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # Two sessions of one server are threads: a lock of its own for each call.
    lock = filelock.FileLock(_beside(path, "lock"), timeout=_WAIT_S, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise Refused(
            "Quelqu’un d’autre enregistre en ce moment. Rien n’a été enregistré : recommencer "
            "dans un instant."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _commit(
    path: Path,
    old: bytes,
    new: bytes,
    entries: Sequence[Entry],
    *,
    forget: Sequence[str],
    moved: _Sources,
) -> None:
    """Put a new version in place, in the order that the module promises."""
    _put(_beside(path, "bak"), old, like=path)
    pending = {
        "list": hashlib.sha256(new).hexdigest(),
        "forget": list(forget),
        "entries": [entry.as_json() for entry in entries],
        "sources": [[*key, fact_sources.as_json(fact)] for key, fact in moved.items()],
    }
    _put(_beside(path, "pending"), json.dumps(pending, ensure_ascii=False).encode(), like=path)
    _put(path, new, like=path)
    _recover(path)


def _recover(path: Path) -> None:
    """Finish the save that `pending` tells of, or drop it if the list never changed."""
    note = _beside(path, "pending")
    if not note.exists():
        return
    try:
        pending = json.loads(note.read_bytes())
        list_to_come, to_forget = pending["list"], pending["forget"]
        entries = [Entry.of(entry) for entry in pending["entries"]]
        moved = {
            (str(key), str(column)): fact_sources.of_json(fact)
            for key, column, fact in pending.get("sources", ())
        }
        first = entries[0].change
    except _DAMAGED:
        # Nobody knows what it would forget: the version before may tell it, and goes too.
        _beside(path, "bak").unlink(missing_ok=True)
        note.unlink()
        return
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == list_to_come:
        # The save has read the file of sources: if it is broken now, somebody has been at it.
        with suppress(UnreadableFile):
            _move_sources(path, moved)
        past = [e for e in _read_history(path) if e.change < first]
        hidden = set(to_forget)
        told = [e.untold() if e.id in hidden else e for e in past]
        _write_history(path, [*told, *entries])
        if hidden:
            _beside(path, "bak").unlink(missing_ok=True)
    note.unlink()


def _forget_what_is_hidden(path: Path, table: _Table, read: _Version | None = None) -> None:
    """Take out of the history, and of the version before, what the list hides now.

    `read`: rows of the list that have been read.
    """
    past = _read_history(path)
    told, before_tells = _told_now(path, table, past, read)
    if told != past:
        _write_history(path, told)
    if before_tells:
        _beside(path, "bak").unlink(missing_ok=True)


def _forget_what_was_hidden(path: Path, old: bytes) -> None:
    """Take out of the history what a version hid that is about to be written over."""
    past = _read_history(path)
    with suppress(UnreadableFile):
        told = _Version(_parse(old), {entry.id for entry in past}).told_now(past) if past else ()
        if told != past:
            _write_history(path, told)


def _told_now(
    path: Path, table: _Table, past: Sequence[Entry], read: _Version | None = None
) -> tuple[tuple[Entry, ...], bool]:
    """Give the history without what the list hides now; say whether the version before tells it.

    Only rows that the history names, or that have changed since that version, are read.
    """
    before = _changed_since(_beside(path, "bak"), table)
    keys = {entry.id for entry in past} | (before or {}).keys()
    known = read and (read.keys is None or keys.issubset(read.keys))
    version = read if read and known else _Version(table, keys)
    return version.told_now(past), before is None or version.is_told_by(before)


def _changed_since(bak: Path, table: _Table) -> dict[str, dict[str, str]] | None:
    """Give the rows of the version before that are not in the list as they were, by id.

    None where that version cannot be read.
    """
    if not bak.exists():
        return {}
    try:
        before = _parse(bak.read_bytes())
    except UnreadableFile:
        return None
    header, *records = table.document.records
    same = before.document.records[0].cells == header.cells
    kept = {record.text for record in records} if same else set()
    was = zip(before.ids, before.document.records[1:], strict=True)
    return _current(before, {key for key, one in was if key is not None and one.text not in kept})


def _read_history(path: Path) -> tuple[Entry, ...]:
    return tuple(entry for entry in _history_lines(path) if entry)


def damaged_lines(path: Path) -> int:
    """Count the lines of a list's history that cannot be read; the next save drops them."""
    return sum(entry is None for entry in _history_lines(path.resolve()))


def _history_lines(path: Path) -> Iterator[Entry | None]:
    """Give the lines of the history, None for one that is damaged."""
    file = _history_file(path)
    for line in file.read_bytes().splitlines() if file.exists() else ():
        try:
            yield Entry.of(json.loads(line))
        except _DAMAGED:
            yield None


_DAMAGED: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


def _write_history(path: Path, entries: Sequence[Entry]) -> None:
    lines = [json.dumps(entry.as_json(), ensure_ascii=False) + "\n" for entry in entries]
    _put(_history_file(path), "".join(lines).encode(), like=path)


def _history_file(path: Path) -> Path:
    return path.with_suffix(".historique.jsonl")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


def _put(path: Path, content: bytes, *, like: Path) -> None:
    """Write a whole file on the disk, then rename it into place, with the rights of another."""
    temporary = _beside(path, "tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if like.exists():
        shutil.copymode(like, temporary)
    temporary.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
