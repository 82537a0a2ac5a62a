"""Check a file that is to replace the current list.

    checked = check(Path("liste.xlsx").read_bytes(), "liste.xlsx")
    mended = checked.mended(checked.chosen)

It returns the problems, possible repairs, the changes to the current list, and the file with the
repairs that a person chose. This module writes no file.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    read_rows,
    with_known_columns,
)
from geodata.tables import Document, Record, Table, UnreadableFile
from geodata.upkeep import repairs, template, workbooks
from geodata.upkeep.keeping import Edit, edits_between, read_cells
from geodata.upkeep.repairs import Repair

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_ROWS: Final = workbooks.MOST_ROWS
_MOST_TITLES: Final = 20
_MOST_LINES_A_ROW: Final = 4
_POINT: Final = ("latitude", "longitude")

Texts = Mapping[int, Mapping[str, str]]
"""New cell texts, by line, then by column."""


@dataclass(frozen=True)
class Checked:
    """A file that was read, and its possible repairs.

    `reading`: the result of `read_services`. `notes`: French sentences on how the file was read
    (which sheet, a title above the header). `repairs`: the proposed repairs, by line.
    """

    reading: Reading
    notes: tuple[str, ...]
    repairs: tuple[Repair, ...]
    _file: "_File" = field(repr=False)

    @cached_property
    def chosen(self) -> tuple[Repair, ...]:
        """The repairs to make by default: the safe ones."""
        return tuple(repair for repair in self.repairs if repair.safe)

    @cached_property
    def lines(self) -> Mapping[str, int]:
        """The line of each id, as written; the first line if several rows have the same id."""
        ids = self._file.rows["id"]
        return {str(key): int(line) for line, key in reversed(list(ids.items()))}

    def emptied(self, chosen: Collection[Repair]) -> tuple[Repair, ...]:
        """Return the cells that must also be emptied because they reveal a hidden place."""
        return _emptied(self._file, _by_line(chosen))

    def mended(self, chosen: Collection[Repair]) -> bytes:
        """Return the file with the chosen repairs, and without cells that reveal a hidden place.

        The rest is unchanged: a CSV keeps its separator, line endings and order. Another encoding
        becomes UTF-8 with a byte order mark, a workbook becomes a CSV for Excel. A title above the
        header is removed.
        """
        return self._file.encoded(_by_line((*chosen, *self.emptied(chosen))))


@dataclass(frozen=True)
class Changes:
    """The changes that a file would make to a list.

    `added`, `removed`: ids; `left_out`: the removed ids that the file has in a line with an error;
    `more_visible`: ids whose place would be less hidden. `cells`: one row per changed cell of the
    common rows: `id`, `column`, `before`, `after`.
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
    """Read a list from a CSV, XLSX or ODS file, and propose repairs.

    Args:
        content: the content of the file.
        name: the name of the file, to report a wrong extension.
        known_ids: ids of the current list, which a proposed id must not repeat.
        today: later dates are reported as future.

    Raises:
        UnreadableFile: not a list, or too large. The message is French and contains no cell.
    """
    file = _opened(content, name)
    reading = file.reading({}, today=today)
    found = (*file.shielded_names(), *repairs.suggest(file.rows, taken=known_ids))
    telling = {problem.line for problem in reading.problems if problem.tells_place}
    proposed = tuple(
        replace(repair, hidden=repair.hidden or repair.line in telling)
        for repair in found
        if set(repair.cells) <= set(file.names)
    )
    return Checked(reading, file.notes, proposed, file)


def compare(current: bytes, new: bytes) -> Changes:
    """Return the changes that a new list would make to the current one.

    Rows of `current` that are never shown or have errors are ignored, so that nobody can detect
    them by trying files. Cells of public rows are compared as written. Those of rows hidden on
    either side are compared as read, with `repairs.UNSHOWN` as their value.

    Raises UnreadableFile if one of the two is not a list.
    """
    ours, theirs = _Side.of(current), _Side.of(new)
    before = ours.cells(ours.shown)
    # What the current list shows and the file hides for good is a change too.
    kept = [key for key in theirs.levels if key in theirs.shown or key in before.index]
    after = _as_listed(theirs.cells(kept), before, ours.names)
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


def replacement(current: bytes, new: bytes) -> tuple[Edit, ...]:
    """Return the edits that put a new list in the place of the current one.

    Rows that no page gives out (never shown, or left out by the reader) stay where the new list
    does not have them. Raises UnreadableFile, Refused where two rows of one have the same id.
    """
    before, written = read_cells(current), read_cells(new).map(repairs.unshielded)
    after = _as_listed(written, before, before.columns)
    shown = {str(key) for key, level in _Side.of(current).shown.items()}
    kept = before.loc[[key for key in before.index if key not in shown and key not in after.index]]
    return edits_between(before, pd.concat([after, kept]).fillna("").astype("str"))


# --- what would change --------------------------------------------------------------------


def _as_listed(after: pd.DataFrame, before: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """Return new cells without what an export or a spreadsheet makes of a list's own.

    An export adds the département to a list that has no such column (`names`: those it has), and
    degrees are written as numbers: the same ones keep the text that they have.
    """
    columns = [column for column in _POINT if column in after.columns]
    listed = {column: dict(before.get(column, pd.Series())) for column in columns}
    degrees = {
        column: [_degrees(cell, listed[column].get(key, "")) for key, cell in after[column].items()]
        for column in columns
    }
    derived = [] if "departement" in names else ["departement"]
    return after.assign(**degrees).drop(columns=derived, errors="ignore")


def _degrees(new: str, listed: str) -> str:
    """Return degrees with a decimal point, or as they are listed if they are the same."""
    plain = new.replace(",", ".")
    try:
        return listed if float(plain) == float(listed.replace(",", ".")) else plain
    except ValueError:
        return plain


@dataclass(frozen=True)
class _Side:
    """One of the two compared lists, as written (`rows`) and as read (`reading`).

    `names`: the columns that it has; the others of `COLUMNS` are empty in `rows`.
    """

    reading: Reading
    rows: pd.DataFrame
    names: tuple[str, ...]

    @classmethod
    def of(cls, content: bytes) -> "_Side":
        file = _opened(content, "")
        rows = file.rows.drop_duplicates("id").set_index("id").map(repairs.unshielded)
        return cls(file.reading({}), rows, file.names)

    @cached_property
    def levels(self) -> dict[str, int]:
        """The strictness of each row that was read; 0 is public."""
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
        """Return the cells of some rows: as written if public, else as read."""
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
    return repairs.hide_whole(file.changed(changes), columns=file.names)


# --- the file -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    """A list: `document`, whose first record is the header, and `notes` on how it was read."""

    document: Document
    notes: tuple[str, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        return self.document.records[1:]

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The cells as written, indexed by line, with the column names of `COLUMNS`."""
        return self.changed({})

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names, known ones as in `COLUMNS`."""
        return tuple(map(known_name, self.document.records[0].cells))

    def shielded_names(self) -> Iterator[Repair]:
        """Shield the names of columns that a spreadsheet would compute."""
        names = zip(self.names, self.document.records[0].cells, strict=True)
        for column, after, why, safe in repairs.formulas({n: n for n, cell in names if n == cell}):
            yield Repair(self.document.records[0].line, "", column, column, after, why, safe)

    def changed(self, changes: Texts) -> pd.DataFrame:
        """Return the rows with some cells changed."""
        return with_known_columns(self._table(changes).frame)

    def reading(self, changes: Texts, *, today: date | None = None) -> Reading:
        """Read the services with some cells changed, as the application does."""
        return read_rows(self._table(changes), today=today)

    def encoded(self, changes: Texts) -> bytes:
        """Return the file with some cells changed; other lines are unchanged."""
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
    workbooks.refuse_documents(content)
    workbook = workbooks.is_workbook(content)
    ending = name.lower().rpartition(".")[2] if "." in name else ""
    if ending in ("xlsx", "xlsm", "ods") and not workbook:
        raise UnreadableFile(
            f"Ce fichier a le nom d’un classeur {ending.upper()} mais n’en est pas un. Si c’est un "
            "CSV, le renommer en .csv ; sinon l’ouvrir et l’enregistrer de nouveau, puis "
            "recommencer."
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
        problems=tuple(one for one in document.problems if one.line == 1 or one.line >= line),
    )
    return _File(kept, _about_titles(line, first))


def _header_among(rows: Sequence[Sequence[str]]) -> int:
    """Return the position of the header among the first rows, 0 if none has all required names."""
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
    """Use the first sheet with the required columns, else the first that is not empty."""
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
    filled = [(number, cells) for number, cells in rows if template.EXAMPLE not in cells]
    if len(filled) < len(rows):
        rows, notes = filled, (*notes, "La ligne d’exemple du modèle n’est pas lue.")
    places = [place for place, name in enumerate(names) if known_name(name) in _POINT]
    records = [
        # Empty cells at the end of a row are in no workbook: nothing was cut off.
        _with_decimal_commas(number, [*cells, *[""] * (len(names) - len(cells))], places)
        for number, cells in rows
    ]
    document = Document("", (_as_record(line, names), *records), separator=";", marked=True)
    return _File(document, (*notes, *_about_titles(line, position), *sheet.notes))


def _as_record(line: int, cells: Sequence[str], *, numbers: Collection[int] = ()) -> Record:
    """Write a row of a workbook as Excel would in a CSV; no cell is a formula."""
    safe = [c if n in numbers else shielded(c) for n, c in enumerate(cells)]
    return Record(line, tuple(cells), tables.csv_line(safe, ";", all_quoted=True))


def _with_decimal_commas(line: int, cells: Sequence[str], places: Sequence[int]) -> Record:
    written = [c.replace(".", ",") if n in places else c for n, c in enumerate(cells)]
    return _as_record(line, written, numbers=places)
