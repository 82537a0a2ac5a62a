"""Tables of text as Excel, LibreOffice and programs write them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geodata.text import fold

Severity = Literal["error", "warning"]

SEPARATORS = ",;\t|"
_MOST_BROKEN_RECORDS = 100
BLANK = " \t\r\n\u00a0\u202f\ufeff"


@dataclass(frozen=True)
class Problem:
    """Something wrong in a file, said so that the person who keeps it can mend it.

    `line` is the row as a spreadsheet numbers it (the header is 1), `column` a name or "",
    `value` what was read (never where it could tell a hidden place), `message` a whole French
    sentence. An "error" leaves the row out, a "warning" keeps it. `tells_place`: the cell tells
    where a hidden place is, and must be emptied.
    """

    line: int
    column: str
    value: str
    message: str
    severity: Severity
    tells_place: bool = False

    def __str__(self) -> str:
        return self.message


class UnreadableFile(ValueError):
    """The file is not a table of text, or a column it cannot do without is missing."""


@dataclass(frozen=True)
class Table:
    """`frame`: every cell as stripped text, indexed by line; `problems`: records left out."""

    frame: pd.DataFrame
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Record:
    """`line` as a spreadsheet numbers it, `cells` as written, `text` with its line end.

    A record that cannot be read has no cells.
    """

    line: int
    cells: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Records:
    """A file cut into records: the texts of `head` (`sep=;`) and `records` are the file again.

    `problems`: the records that cannot be read.
    """

    head: str
    records: tuple[Record, ...]
    separator: str
    problems: tuple[Problem, ...]


def read_table(content: bytes) -> Table:
    """Read a table of text; a record that cannot be read is left out and reported.

    Raises UnreadableFile when there is no header to go by. Record separators, quotes and
    escapes follow RFC 4180.
    """
    lines = _lines(decoded(content))
    first, separator = _beginning(lines)
    problems: list[Problem] = []
    records = _records(lines[first:], separator, first + 1, problems)
    table = table_of((line, cells) for line, cells, _ in records if cells is not None)
    return Table(table.frame, (*problems, *table.problems))


def read_records(content: bytes) -> Records:
    """Cut a file into the records that `read_table` reads. Raises UnreadableFile as it does."""
    text = decoded(content)
    lines, written = _lines(text), list(io.StringIO(text, newline=""))
    first, separator = _beginning(lines)
    problems: list[Problem] = []
    found, start = [], first
    for line, cells, read in _records(lines[first:], separator, first + 1, problems):
        end = first + read
        found.append(Record(line, tuple(cells or ()), "".join(written[start:end])))
        start = end
    return Records("".join(written[:first]), tuple(found), separator, tuple(problems))


def table_of(records: Iterable[tuple[int, Sequence[str]]]) -> Table:
    """Give the table whose records these are, each with its line; the first names the columns.

    Raises UnreadableFile when it names none, or one twice.
    """
    records = iter(records)
    problems: list[Problem] = []
    _, header = next(records, (0, []))
    names = [_column_name(cell) for cell in header]
    if not any(names):
        raise UnreadableFile(
            "Le fichier est vide : la première ligne doit nommer les colonnes (id, nom, type…)."
        )
    _check_names(names)
    cells, index = [], []
    for line, record in records:
        surplus = any(cell.strip(BLANK) for cell in record[len(names) :])
        if surplus:
            problems.append(_too_long(line, len(record), len(names)))
        elif any(cell.strip(BLANK) for cell in record):
            index.append(line)
            cells.append([*record, *[""] * (len(names) - len(record))][: len(names)])
    frame = pd.DataFrame(cells, columns=names, index=pd.Index(index, dtype="int64"), dtype="str")
    frame = frame.apply(lambda column: column.str.strip(BLANK))
    named = [bool(name) for name in names]
    lost = (frame.loc[:, [not name for name in named]] != "").any(axis=1)
    problems += [_without_column(line) for line in frame.index[lost]]
    return Table(frame.loc[:, named], tuple(problems))


def _lines(text: str) -> list[str]:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return io.StringIO(plain, newline="\n").readlines()


def _beginning(lines: list[str]) -> tuple[int, str]:
    """Give how many lines stand before the header (`sep=;`), and the separator."""
    first = 1 if lines and lines[0].lower().startswith("sep=") else 0
    separator = lines[0].strip("\r\n")[4:5] if first else _separator(lines)
    return first, separator or ";"


def decoded(content: bytes) -> str:
    """Give a file's text, its line ends as they are, without a byte order mark.

    UTF-8, UTF-16 with its mark, else line by line what French Excel writes (cp1252). Raises
    UnreadableFile when it is a workbook or no text.
    """
    if content.startswith(b"PK\x03\x04"):
        raise UnreadableFile(
            "Ce fichier est un classeur (Excel ou LibreOffice), pas un CSV : l’ouvrir, puis "
            "« Enregistrer sous », format « CSV UTF-8 »."
        )
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = content.decode("utf-16")
        else:
            lines = content.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
            text = "".join(map(_decoded_line, lines))
    except UnicodeDecodeError:
        raise UnreadableFile(
            "Ce fichier n’est pas du texte : l’enregistrer au format « CSV UTF-8 » puis "
            "recommencer."
        ) from None
    return text.replace("\x00", "")


def _decoded_line(line: bytes) -> str:
    """UTF-8, else what French Excel writes: one line pasted from elsewhere spoils no other."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        # A program's own data, not a text in another encoding.
        return line.decode("ascii" if b"\x00" in line else "cp1252")


def _separator(lines: list[str]) -> str:
    header = next((line for line in lines if line.strip(BLANK)), "")
    return max(SEPARATORS, key=header.count)


def _records(
    lines: list[str], separator: str, first_line: int, problems: list[Problem]
) -> Iterator[tuple[int, list[str] | None, int]]:
    """Give (spreadsheet row, cells, lines read so far).

    A broken record has no cells; what follows is read from the line behind it.
    """
    start, row, width = 0, first_line, 0
    while start < len(lines):
        reader = csv.reader(iter(lines[start:]), delimiter=separator, strict=True)
        consumed = 0
        try:
            for record in reader:
                width = width or len(record)
                _refuse_swallowed_rows(record, separator, width)
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


def _refuse_swallowed_rows(record: list[str], separator: str, width: int) -> None:
    """Raise csv.Error if a cell has swallowed a whole row, as it does behind a lost quote."""
    inner = (line for cell in record if "\n" in cell for line in cell.split("\n"))
    if any(line.count(separator) >= max(width - 1, 2) for line in inner):
        raise csv.Error


def _column_name(cell: str) -> str:
    """`Code postal` and `code_postal` are one column; other names stay as they are written."""
    return cell.strip(BLANK)


def _check_names(names: list[str]) -> None:
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        if name and fold(name) in seen:
            raise UnreadableFile(
                f"La première ligne nomme deux fois la même colonne (la {position}e figure deux "
                "fois) : en retirer une."
            )
        seen.add(fold(name))


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
