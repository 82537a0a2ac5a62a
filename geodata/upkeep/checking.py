"""A list somebody wants to put in the place of the current one, checked before it does.

    checked = check(Path("liste.xlsx").read_bytes(), "liste.xlsx")
    mended = checked.mended(checked.chosen)

What is wrong, what would mend it, what would change, and the same file with the repairs that a
person has chosen. Nothing is written here, and the current list is never touched.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Final

import pandas as pd

from geodata import french, tables
from geodata.exports import shielded
from geodata.secrecy import strictness
from geodata.services import (
    REQUIRED,
    Confidentiality,
    Reading,
    known_name,
    public_networks,
    read_rows,
    with_known_columns,
)
from geodata.tables import Document, Record, Table, UnreadableFile
from geodata.upkeep import repairs, workbooks
from geodata.upkeep.keeping import edits_between
from geodata.upkeep.repairs import Repair

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_ROWS: Final = workbooks.MOST_ROWS
_MOST_TITLES: Final = 20
_MOST_LINES_A_ROW: Final = 4
_POINT: Final = ("latitude", "longitude")

Texts = Mapping[int, Mapping[str, str]]
"""The cells to write: by line, by column."""


@dataclass(frozen=True)
class Checked:
    """A file, as it is read and as it may be mended.

    `reading`: what `read_services` would give of it. `notes`: French sentences on how it was read
    (the sheet, a title above the names of the columns). `repairs`: what is proposed, by line.
    """

    reading: Reading
    notes: tuple[str, ...]
    repairs: tuple[Repair, ...]
    _file: "_File" = field(repr=False)

    @cached_property
    def chosen(self) -> tuple[Repair, ...]:
        """The repairs that are made unless a person says otherwise."""
        return tuple(repair for repair in self.repairs if repair.safe)

    @cached_property
    def lines(self) -> Mapping[str, int]:
        """The line of each id, as it is written; of its first row where several have it."""
        ids = self._file.rows["id"]
        return {str(key): int(line) for line, key in reversed(list(ids.items()))}

    def emptied(self, chosen: Collection[Repair]) -> tuple[Repair, ...]:
        """Give the cells that are emptied besides, since they tell a hidden place."""
        return _emptied(self._file, _by_line(chosen))

    def mended(self, chosen: Collection[Repair]) -> bytes:
        """Give the same file with the repairs chosen, and without what tells a hidden place.

        Other cells and lines are those of the file: a CSV keeps its separator, its line ends and
        its order; one that was not in UTF-8 becomes UTF-8 with a mark, as Excel needs it. A
        workbook becomes a CSV for Excel. A title above the names of the columns is left out.
        """
        return self._file.encoded(_by_line((*chosen, *self.emptied(chosen))))


@dataclass(frozen=True)
class Changes:
    """What a file would change in a list.

    `added` and `removed`: ids; `left_out`: those of `removed` that the file has, in a line that
    cannot be read; `more_visible`: ids whose place would be told more than now. `cells`: one line
    a cell of the rows that both have: `id`, `column`, `before`, `after`.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    left_out: tuple[str, ...]
    more_visible: tuple[str, ...]
    cells: pd.DataFrame

    def __str__(self) -> str:
        rows = self.cells["id"].nunique()
        where = f" dans {french.count(rows, 'fiche')}" if rows else ""
        return (
            f"{french.count(len(self.added), 'fiche ajoutée', 'fiches ajoutées')}, "
            f"{french.count(len(self.removed), 'retirée')}, "
            f"{french.count(len(self.cells), 'cellule changée', 'cellules changées')}{where}."
        )


def check(
    content: bytes, name: str = "", *, known_ids: Collection[str] = (), today: date | None = None
) -> Checked:
    """Read a list as a person gives it, a CSV or an XLSX, and propose repairs.

    Args:
        content: the file.
        name: its name, to say so where the file is not what its name says.
        known_ids: ids of the current list, that a new id must not repeat.
        today: the day after which dates are to come.

    Raises:
        UnreadableFile: it is no list, or too large. The message is French and repeats no cell.
    """
    file = _opened(content, name)
    reading = file.reading({}, today=today)
    found = repairs.suggest(file.rows, taken=known_ids)
    telling = {problem.line for problem in reading.problems if problem.tells_place}
    proposed = tuple(
        replace(repair, hidden=repair.hidden or repair.line in telling)
        for repair in found
        if set(repair.cells) <= set(file.names)
    )
    return Checked(reading, file.notes, proposed, file)


def compare(current: bytes, new: bytes) -> Changes:
    """Say what a list would change in the current one.

    Rows of `current` that are never shown or cannot be read are as if they were not there, so
    that nobody learns of them by trying files. Cells are compared as they are written; those of a
    row that hides its place on either side, as they are read, and told as `repairs.UNSHOWN`.

    Raises UnreadableFile when one of the two is no list.
    """
    ours, theirs = _Side.of(current), _Side.of(new)
    before = ours.cells(ours.shown)
    # What the current list shows and the file hides for good is a change too.
    after = theirs.cells(key for key in theirs.levels if key in theirs.shown or key in before.index)
    added = [key for key in after.index if key not in before.index]
    removed = [key for key in before.index if key not in after.index]
    both = before.index.intersection(after.index, sort=False)
    edits = edits_between(before.loc[both], after.loc[both])
    public = ours.public & theirs.public
    cells = [
        (
            edit.id,
            edit.column,
            *((edit.before, edit.after) if edit.id in public else (repairs.UNSHOWN,) * 2),
        )
        for edit in edits
    ]
    return Changes(
        added=tuple(added),
        removed=tuple(removed),
        left_out=tuple(key for key in removed if key in theirs.written),
        more_visible=tuple(key for key in both if theirs.levels[key] < ours.levels[key]),
        cells=pd.DataFrame(cells, columns=["id", "column", "before", "after"]),
    )


# --- what would change --------------------------------------------------------------------


@dataclass(frozen=True)
class _Side:
    """A list that is compared: as it is written, and as it is read."""

    reading: Reading
    rows: pd.DataFrame

    @classmethod
    def of(cls, content: bytes) -> "_Side":
        file = _opened(content, "")
        rows = file.rows.drop_duplicates("id").set_index("id").map(repairs.unshielded)
        # A decimal comma is the spreadsheet's, not a change.
        points = rows[list(_POINT)].apply(lambda degrees: degrees.str.replace(",", "."))
        return cls(file.reading({}), rows.assign(**points))

    @cached_property
    def levels(self) -> dict[str, int]:
        """How hidden each row that is read is: 0 is public."""
        levels = self.reading.services["confidentialite"]
        return {str(key): strictness(level) for key, level in levels.items()}

    @cached_property
    def shown(self) -> dict[str, int]:
        never = strictness(Confidentiality.NON_PUBLIE)
        return {key: level for key, level in self.levels.items() if level != never}

    @cached_property
    def public(self) -> frozenset[str]:
        return frozenset(key for key, level in self.levels.items() if level == 0)

    @cached_property
    def written(self) -> frozenset[str]:
        return frozenset(map(str, self.rows.index))

    def cells(self, keys: Iterable[str]) -> pd.DataFrame:
        """Give the cells of some rows: as written where they are public, else as read."""
        wanted = list(keys)
        written = self.rows.loc[[key for key in wanted if key in self.public]]
        hidden = [key for key in wanted if key not in self.public]
        read = self.reading.services.loc[hidden].drop(columns=["geometry", "approximatif", *_POINT])
        both = pd.concat([written, pd.DataFrame(read).drop(columns="departement")])
        return both.loc[wanted].fillna("").astype("str").rename_axis(index="id")


# --- what is mended -----------------------------------------------------------------------


def _by_line(chosen: Iterable[Repair]) -> Texts:
    texts: dict[int, dict[str, str]] = {}
    for repair in chosen:
        texts.setdefault(repair.line, {}).update(repair.cells)
    return texts


def _emptied(file: "_File", changes: Texts) -> tuple[Repair, ...]:
    rows = file.changed(changes)
    networks = public_networks(file.reading(changes).services)
    return repairs.hide_whole(rows, columns=file.names, networks=networks)


# --- the file -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    """A list: `document`, whose first record names the columns, and `notes` on how it was read."""

    document: Document
    notes: tuple[str, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        return self.document.records[1:]

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The cells as they are written, by line, under the names of `COLUMNS`."""
        return self.changed({})

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, known ones as `COLUMNS` has them."""
        return tuple(map(known_name, self.document.records[0].cells))

    def changed(self, changes: Texts) -> pd.DataFrame:
        """Give the rows with some cells changed."""
        return with_known_columns(self._table(changes).frame)

    def reading(self, changes: Texts, *, today: date | None = None) -> Reading:
        """Read the rows with some cells changed, as the application does."""
        return read_rows(self._table(changes), today=today)

    def encoded(self, changes: Texts) -> bytes:
        """Give the file with some cells changed; lines without a change keep their text."""
        records = [
            self.document.rewritten(record, self._places(change))
            if (change := changes.get(record.line))
            else record
            for record in self.document.records
        ]
        return replace(self.document, records=tuple(records)).encoded()

    def _table(self, changes: Texts) -> Table:
        cells = (
            (record.line, tables.changed(record.cells, self._places(change), self.names))
            if (change := changes.get(record.line))
            else (record.line, record.cells)
            for record in self.document.records
            if record.cells
        )
        table = tables.table_of(cells)
        return replace(table, problems=(*self.document.problems, *table.problems))

    def _places(self, change: Mapping[str, str]) -> dict[int, str]:
        return {self.names.index(column): text for column, text in change.items()}


def _opened(content: bytes, name: str) -> _File:
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            f"Le fichier dépasse {MOST_BYTES // 1024**2} Mo : n’y garder que la liste des services."
        )
    workbook = workbooks.is_workbook(content)
    ending = name.lower().rpartition(".")[2] if "." in name else ""
    if ending in ("xlsx", "xlsm") and not workbook:
        raise UnreadableFile(
            "Ce fichier a le nom d’un classeur XLSX mais n’en est pas un. Si c’est un CSV, le "
            "renommer en .csv ; sinon l’ouvrir et l’enregistrer de nouveau, puis recommencer."
        )
    file = _from_workbook(content) if workbook else _from_text(content)
    if len(file.records) > MOST_ROWS * _MOST_LINES_A_ROW or len(file.rows) > MOST_ROWS:
        raise UnreadableFile(_TOO_LONG)
    if workbook and ending == "csv":
        note = "Le fichier a le nom d’un CSV mais c’est un classeur : il est lu comme tel."
        return replace(file, notes=(note, *file.notes))
    return file


_TOO_LONG: Final = (
    f"Le fichier a plus de {french.number(MOST_ROWS)} lignes : n’y garder que la liste des "
    "services."
)


def _from_text(content: bytes) -> _File:
    if max(content.count(b"\n"), content.count(b"\r")) > MOST_ROWS * _MOST_LINES_A_ROW:
        raise UnreadableFile(_TOO_LONG)
    document = tables.read_document(content)
    if not document.records:
        raise UnreadableFile("Le fichier est vide.")
    if max(len(record.cells) for record in document.records) > workbooks.MOST_COLUMNS:
        raise UnreadableFile(
            f"Une ligne a plus de {workbooks.MOST_COLUMNS} cellules : ce n’est pas une liste de "
            "services, ou le séparateur n’est pas le bon."
        )
    first = _header_among([record.cells for record in document.records])
    line = document.records[first].line
    kept = replace(
        document,
        records=document.records[first:],
        problems=tuple(problem for problem in document.problems if problem.line > line),
    )
    return _File(kept, _about_titles(line, first))


def _header_among(rows: Sequence[Sequence[str]]) -> int:
    """Give which of the first rows names the columns; the first where none names enough."""
    for position, cells in enumerate(rows[:_MOST_TITLES]):
        if set(REQUIRED) <= set(map(known_name, cells)):
            return position
    return 0


def _about_titles(line: int, above: int) -> tuple[str, ...]:
    if not above:
        return ()
    note = (
        f"Les noms des colonnes sont à la ligne {line} : ce qui est au-dessus n’est pas lu, et "
        "n’est pas dans le fichier réparé. La liste doit commencer par eux."
    )
    return (note,)


def _from_workbook(content: bytes) -> _File:
    """Take the first sheet that names the required columns, else the first that is not blank."""
    best = None
    for sheet in workbooks.read_sheets(content):
        if not sheet.rows:
            continue
        position = _header_among([cells for _, cells in sheet.rows])
        complete = set(REQUIRED) <= set(map(known_name, sheet.rows[position][1]))
        if complete or best is None:
            best = sheet, position
        if complete:
            break
    if best is None:
        raise UnreadableFile("Le classeur est vide : aucune feuille n’a de ligne remplie.")
    sheet, position = best
    others = sheet.sheets - 1
    notes = (f"Feuille lue : « {sheet.name} ». Les autres ne le sont pas.",) if others else ()
    (line, names), *rows = sheet.rows[position:]
    places = [place for place, name in enumerate(names) if known_name(name) in _POINT]
    records = [
        # Empty cells at the end of a row are in no workbook: nothing was cut off.
        _with_decimal_commas(number, [*cells, *[""] * (len(names) - len(cells))], places)
        for number, cells in rows
    ]
    document = Document("", (_as_record(line, names), *records), separator=";", marked=True)
    return _File(document, (*notes, *_about_titles(line, position), *sheet.notes))


def _as_record(line: int, cells: Sequence[str], *, numbers: Collection[int] = ()) -> Record:
    """Give a row of a workbook as Excel would write it in a CSV; nothing in it is a formula."""
    safe = [c if n in numbers else shielded(c) for n, c in enumerate(cells)]
    return Record(line, tuple(cells), tables.csv_line(safe, ";", all_quoted=True))


def _with_decimal_commas(line: int, cells: Sequence[str], places: Sequence[int]) -> Record:
    written = [c.replace(".", ",") if n in places else c for n, c in enumerate(cells)]
    return _as_record(line, written, numbers=places)
