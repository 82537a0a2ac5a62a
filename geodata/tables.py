"""Read and rewrite CSV files as Excel, LibreOffice and other programs write them."""

import csv
import io
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from geodata.decoding import MARK, decoded, mended
from geodata.text import fold

Severity = Literal["error", "warning"]

SEPARATORS = ";,\t|"
"""Of two that are as likely the first: commas stand in texts and numbers too."""
_MOST_BROKEN_RECORDS = 100
_MOST_TITLES = 20
_AT_ONCE = 10_000
"""How many records are held as Python's own objects, which take several times their text."""
BLANK = " \t\r\n\u00a0\u202f\ufeff"
CUT_OFF = "(ligne coupée)"
"""The value of `confidentialite` for a record that ends before that column."""

_LEVEL = "confidentialite"


@dataclass(frozen=True)
class Problem:
    """A problem in a file.

    `line`: row number as in a spreadsheet (the header is 1); `column`: a name or ""; `value`: the
    cell, "" if it could reveal a hidden place; `message`: a French sentence on how to correct it.
    An "error" leaves the row out, a "warning" keeps it. `tells_place`: the cell reveals a hidden
    place and must be emptied. `rows`: how many rows it stands for: more than one where the rows
    before it have the same problem and are named one by one. `hidden`: the row hides its place, may
    hide it, or is left out. `row`: the id of its row, "" if hidden or not known.

    Lines are for those who hold the file: gaps between them could reveal where hidden rows are.
    """

    line: int
    column: str
    value: str
    message: str
    severity: Severity
    tells_place: bool = False
    rows: int = 1
    hidden: bool = False
    row: str = ""

    @property
    def without_line(self) -> str:
        """The message without the line, for those who do not hold the file."""
        message = re.sub(r"^Ligne \d+(?:, | : )", "", self.message)
        return message[:1].upper() + message[1:]

    def __str__(self) -> str:
        return self.message


class UnreadableFile(ValueError):
    """The file is not a CSV, or a required column is missing. The message is French."""


@dataclass(frozen=True)
class Table:
    """`frame`: cells as stripped text, indexed by line; `problems`: the records left out.

    `header`: the line that names the columns.
    """

    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    header: int = 1


@dataclass(frozen=True)
class Record:
    """One record: `line` as in a spreadsheet, `cells` as written, `text` with its line ending.

    A record that cannot be parsed has no cells.
    """

    line: int
    cells: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Document:
    """A file split into records; `encoded` restores the same text.

    `head`: the text before the first record (`sep=;`); `records`: the first is the header;
    `marked`: has a byte order mark; `problems`: the records that cannot be parsed.
    """

    head: str
    records: tuple[Record, ...]
    separator: str
    marked: bool
    problems: tuple[Problem, ...] = ()

    def encoded(self) -> bytes:
        """Return the content of the file in UTF-8."""
        text = self.head + "".join(record.text for record in self.records)
        return (MARK if self.marked else b"") + text.encode("utf-8", "ignore")

    def table(self) -> Table:
        """Return what `read_table` makes of the records, by the same separator.

        Raises UnreadableFile for the same reasons.
        """
        text = "".join([record.text for record in self.records])
        lines = list(map(_plain, _lines(text)))
        first = self.records[0].line if self.records else 1
        return _table(lines, self.separator, first, list(self.problems))

    def rewritten(self, record: Record, changes: Mapping[int, str]) -> Record:
        """Return a record with the cells at some positions changed.

        Quoting and line ending are kept. A record that is too short gains only the cells needed.
        """
        cells = next(csv.reader(io.StringIO(record.text, newline=""), delimiter=self.separator), [])
        end = record.text[len(record.text.rstrip("\r\n")) :]
        quoted = record.text == csv_line(cells, self.separator, end=end, all_quoted=True)
        texts = changed(cells, changes, self.records[0].cells)
        text = csv_line(texts, self.separator, end=end, all_quoted=quoted and bool(cells))
        return Record(record.line, tuple(texts), text)


def changed(cells: Sequence[str], changes: Mapping[int, str], names: Sequence[str]) -> list[str]:
    """Return the cells of a record with those at some positions changed; add only cells needed."""
    width = max([len(cells), *(place + 1 for place in changes)])
    return [changes.get(place, cell) for place, cell in enumerate(padded(cells, names)[:width])]


def padded(cells: Sequence[str], names: Sequence[str]) -> list[str]:
    """Extend a record to one cell per column with "", or `CUT_OFF` for `confidentialite`.

    A missing level is unknown, not empty.
    """
    missing = ("" if fold(name) != _LEVEL else CUT_OFF for name in names[len(cells) :])
    return [*cells, *missing]


def csv_line(
    cells: Iterable[str], separator: str, *, end: str = "\r\n", all_quoted: bool = False
) -> str:
    """Format one record as CSV."""
    text = io.StringIO()
    quoting: Literal[0, 1] = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerow(cells)
    return text.getvalue()


def read_table(content: bytes) -> Table:
    """Parse a CSV file (RFC 4180); records that cannot be parsed are left out and reported.

    Raises UnreadableFile if the file is not text, the header is missing or names a column twice,
    or 100 records cannot be parsed.
    """
    text, problems = text_of(content)
    lines = list(map(_plain, _lines(text)))
    del text
    first, separator = _beginning(lines)
    return _table(lines[first:], separator, first + 1, problems)


def _table(lines: list[str], separator: str, first_line: int, problems: list[Problem]) -> Table:
    records = _records(lines, separator, first_line, problems)
    table = table_of((line, cells) for line, cells, _ in records if cells is not None)
    return replace(table, problems=(*problems, *table.problems))


def read_document(content: bytes) -> Document:
    """Split a file into the records of `read_table`. Raises UnreadableFile for the same reasons."""
    text, problems = text_of(content)
    written = _lines(text)
    lines = list(map(_plain, written))
    first, separator = _beginning(lines)
    records: list[Record] = []
    start = first
    for line, cells, read in _records(lines[first:], separator, first + 1, problems):
        end = first + read
        records.append(Record(line, tuple(cells or ()), "".join(written[start:end])))
        start = end
    # A file in another encoding becomes UTF-8 with a mark, which Excel needs to recognise it.
    marked = content.startswith(MARK) or not _is_utf8(content)
    document = Document("".join(written[:first]), tuple(records), separator, marked)
    kept = tuple(_mended_record(document, record, problems) for record in records)
    return replace(document, records=kept, problems=tuple(problems))


def _mended_record(document: Document, record: Record, problems: list[Problem]) -> Record:
    """Mend the cells that were decoded twice, and report each."""
    together = "\n".join(record.cells)
    if mended(together) == together:
        return record
    changes = {
        place: text for place, cell in enumerate(record.cells) if (text := mended(cell)) != cell
    }
    names = [cell.strip(BLANK) for cell in document.records[0].cells]
    problems += [
        _decoded_twice(record.line, mended(names[place]) if place < len(names) else "")
        for place in changes
    ]
    return document.rewritten(record, changes) if changes else record


def table_of(records: Iterable[tuple[int, Sequence[str]]]) -> Table:
    """Build a table from records (line, cells), of which the first is the header.

    Raises UnreadableFile if the header is empty or names a column twice.
    """
    records = iter(records)
    problems: list[Problem] = []
    first, header = next(records, (1, []))
    names = [mended(cell).strip(BLANK) for cell in header]
    if not any(names):
        raise UnreadableFile(
            "Le fichier est vide : la première ligne doit nommer les colonnes (id, nom, type…)."
        )
    _check_names(names)
    cells, index, parts = [], [], []
    for line, record in records:
        surplus = any(cell.strip(BLANK) for cell in record[len(names) :])
        if surplus:
            problems.append(_too_long(line, len(record), len(names)))
        elif any(cell.strip(BLANK) for cell in record):
            index.append(line)
            cells.append(padded(record, names)[: len(names)])
        if len(cells) == _AT_ONCE:
            parts.append(_frame_of(cells, names, index, problems))
            cells, index = [], []
    parts.append(_frame_of(cells, names, index, problems))
    problems.sort(key=lambda problem: problem.line)  # whatever the parts
    return Table(pd.concat(parts) if len(parts) > 1 else parts[0], tuple(problems), first)


def _lines(text: str) -> list[str]:
    """Split a text at line feeds and carriage returns, which it keeps, and nowhere else."""
    return _LINE.findall(text)


_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


def _frame_of(
    cells: list[list[str]], names: list[str], index: list[int], problems: list[Problem]
) -> pd.DataFrame:
    columns: dict[str, list[str]] = {}
    lost: set[int] = set()
    for place, name in enumerate(names):
        texts = [record[place] for record in cells]
        if not name:
            lost.update(n for n, text in zip(index, texts, strict=True) if text.strip(BLANK))
            continue
        plain = {text: mended(text) for text in set(texts)}
        twice = [n for n, text in zip(index, texts, strict=True) if plain[text] != text]
        problems += [_decoded_twice(line, name) for line in twice]
        columns[name] = [plain[text].strip(BLANK) for text in texts]
    problems += map(_without_column, sorted(lost))
    return pd.DataFrame(columns, index=pd.Index(index, dtype="int64"), dtype="str")


def _plain(line: str) -> str:
    text = line.rstrip("\r\n")
    return (text if text == line else f"{text}\n").replace("\x00", "")


def _beginning(lines: list[str]) -> tuple[int, str]:
    """Return the number of lines before the header (`sep=;`), and the separator."""
    first = 1 if lines and lines[0].lower().startswith("sep=") else 0
    separator = lines[0].strip("\r\n")[4:5] if first else separator_of(lines)
    return first, separator or ";"


def text_of(content: bytes) -> tuple[str, list[Problem]]:
    """Decode a file, and tell an encoding that is no longer in use.

    Raises UnreadableFile for a workbook or a binary file.
    """
    if content.startswith(b"PK\x03\x04"):
        raise UnreadableFile(
            "Ce fichier est un classeur (Excel ou LibreOffice), pas un CSV : l’ouvrir, puis "
            "« Enregistrer sous », format « CSV UTF-8 »."
        )
    try:
        text, told = decoded(content)
    except UnicodeDecodeError:
        raise UnreadableFile(
            "Ce fichier n’est pas du texte : l’enregistrer au format « CSV UTF-8 » puis "
            "recommencer."
        ) from None
    return text, [Problem(1, "", "", f"Ligne 1 : {told}", "warning")] if told else []


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def separator_of(lines: list[str]) -> str:
    """Return the separator of the first line, unless the next ones do not have as many: a title.

    Then it is the one of which lines have most, of two such the one of which most have as many.
    """
    first = [line for line in lines[:_MOST_TITLES] if line.strip(BLANK)] or [""]
    counts = {sign: [line.count(sign) for line in first] for sign in SEPARATORS}
    usual = {sign: statistics.median_low(counts[sign]) for sign in SEPARATORS}
    best = max(SEPARATORS, key=first[0].count)
    if first[0].count(best) and usual[best] >= first[0].count(best):
        return best
    return max(SEPARATORS, key=lambda sign: (usual[sign], counts[sign].count(usual[sign])))


def _records(
    lines: list[str], separator: str, first_line: int, problems: list[Problem]
) -> Iterator[tuple[int, list[str] | None, int]]:
    """Yield (spreadsheet row, cells, lines read so far).

    A broken record has cells None; parsing continues on the next line.
    """
    start, row, width = 0, first_line, 0
    while start < len(lines):
        reader = csv.reader(iter(lines[start:]), delimiter=separator, strict=True)
        consumed = 0
        try:
            for record in reader:
                width = width or len(record)
                _refuse_swallowed_rows(record, separator, width)
                if start + reader.line_num == len(lines) and not lines[-1].endswith("\n"):
                    _end_at_last_cell(record)
                yield row, record, start + reader.line_num
                consumed, row = reader.line_num, row + 1
            return
        except csv.Error:
            problems.append(_broken_quotes(row))
            if len(problems) >= _MOST_BROKEN_RECORDS:
                raise UnreadableFile(
                    f"Trop de lignes illisibles (à partir de la ligne {problems[0].line}) : "
                    "vérifier les guillemets et le séparateur."
                ) from None
            start, row = start + consumed + 1, row + 1
            yield row - 1, None, start


def _end_at_last_cell(record: list[str]) -> None:
    """Drop an empty last cell of a file without a final line ending: it may be cut off."""
    if record and not record[-1].strip(BLANK):
        record.pop()


def _refuse_swallowed_rows(record: list[str], separator: str, width: int) -> None:
    """Raise csv.Error if a cell contains a whole row, as happens after an unclosed quote."""
    inner = (line for cell in record if "\n" in cell for line in cell.split("\n"))
    if any(line.count(separator) >= max(width - 1, 2) for line in inner):
        raise csv.Error


def _check_names(names: list[str]) -> None:
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        if name and fold(name) in seen:
            raise UnreadableFile(
                f"La première ligne nomme deux fois la même colonne (la {position}e figure deux "
                "fois) : en retirer une."
            )
        seen.add(fold(name))


def _decoded_twice(line: int, column: str) -> Problem:
    message = (
        f"Ligne {line}, colonne « {column} » : les accents ont été abîmés par un enregistrement "
        "(« Ã© » pour « é »). Ils sont rétablis à la lecture : vérifier la case."
    )
    return Problem(line, column, "", message, "warning")


def _too_long(line: int, cells: int, columns: int) -> Problem:
    message = (
        f"Ligne {line} : {cells} cellules pour {columns} colonnes. Une cellule qui contient le "
        "séparateur doit être entre guillemets. La ligne est laissée de côté."
    )
    return Problem(line, "", "", message, "error")


def _without_column(line: int) -> Problem:
    message = (
        f"Ligne {line} : une case remplie est dans une colonne sans nom. Elle n’est pas lue : "
        "nommer la colonne en première ligne, ou effacer la case."
    )
    return Problem(line, "", "", message, "warning")


def _broken_quotes(line: int) -> Problem:
    message = (
        f"Ligne {line} : un guillemet est mal fermé. Doubler les guillemets dans le texte, ou les "
        "retirer. La ligne est laissée de côté."
    )
    return Problem(line, "", "", message, "error")
