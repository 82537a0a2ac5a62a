"""Tables of text as Excel, LibreOffice and programs write them."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geodata.text import fold

Severity = Literal["error", "warning"]

_SEPARATORS = ",;\t|"
_MOST_BROKEN_RECORDS = 100
_BLANK = " \t\r\n\u00a0\u202f\ufeff"


@dataclass(frozen=True)
class Problem:
    """Something wrong in a file, said so that the person who keeps it can mend it.

    `line` is the row as a spreadsheet numbers it (the header is 1), `column` a name or "",
    `value` what was read (never where it could tell a hidden place), `message` a whole French
    sentence. An "error" leaves the row out, a "warning" keeps it.
    """

    line: int
    column: str
    value: str
    message: str
    severity: Severity

    def __str__(self) -> str:
        return self.message


class UnreadableFile(ValueError):
    """The file is not a table of text, or a column it cannot do without is missing."""


@dataclass(frozen=True)
class Table:
    """`frame`: every cell as stripped text, indexed by line; `problems`: records left out."""

    frame: pd.DataFrame
    problems: tuple[Problem, ...]


def read_table(content: bytes) -> Table:
    """Read a table of text; a record that cannot be read is left out and reported.

    Raises UnreadableFile when there is no header to go by. Record separators, quotes and
    escapes follow RFC 4180.
    """
    text = _decoded(content)
    lines = io.StringIO(text, newline="\n").readlines()
    first = 1 if lines and lines[0].lower().startswith("sep=") else 0
    separator = lines[0].strip()[4:5] if first else _separator(lines)
    problems: list[Problem] = []
    records = _records(lines[first:], separator or ";", first + 1, problems)
    _, header = next(records, (0, []))
    names = [_column_name(cell) for cell in header]
    if not any(names):
        raise UnreadableFile(
            "Le fichier est vide : la première ligne doit nommer les colonnes (id, nom, type…)."
        )
    _check_names(names)
    cells, index = [], []
    for line, record in records:
        surplus = any(cell.strip(_BLANK) for cell in record[len(names) :])
        if surplus:
            problems.append(_too_long(line, len(record), len(names)))
        elif any(cell.strip(_BLANK) for cell in record):
            index.append(line)
            cells.append((record + [""] * (len(names) - len(record)))[: len(names)])
    frame = pd.DataFrame(cells, columns=names, index=pd.Index(index, dtype="int64"), dtype="str")
    frame = frame.apply(lambda column: column.str.strip(_BLANK))
    return Table(frame.loc[:, [bool(name) for name in names]], tuple(problems))


def _decoded(content: bytes) -> str:
    if content.startswith(b"PK\x03\x04"):
        raise UnreadableFile(
            "Ce fichier est un classeur (Excel ou LibreOffice), pas un CSV : l'ouvrir, puis "
            "« Enregistrer sous », format « CSV UTF-8 »."
        )
    encodings = ["utf-8-sig", "cp1252"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "cp1252" or "\x00" not in text:
            return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    raise UnreadableFile(
        "Ce fichier n'est pas du texte : l'enregistrer au format « CSV UTF-8 » puis recommencer."
    )


def _separator(lines: list[str]) -> str:
    header = next((line for line in lines if line.strip(_BLANK)), "")
    return max(_SEPARATORS, key=header.count)


def _records(
    lines: list[str], separator: str, first_line: int, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    """Give (spreadsheet row, cells). After a broken record, go on from the line behind it."""
    start, row = 0, first_line
    while start < len(lines):
        reader = csv.reader(iter(lines[start:]), delimiter=separator, strict=True)
        consumed = 0
        try:
            for record in reader:
                yield row, record
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


def _column_name(cell: str) -> str:
    """`Code postal` and `code_postal` are one column; other names stay as they are written."""
    return cell.strip(_BLANK)


def _check_names(names: list[str]) -> None:
    seen: set[str] = set()
    for name in filter(None, names):
        if fold(name) in seen:
            raise UnreadableFile(f"La colonne « {name} » figure deux fois : en retirer une.")
        seen.add(fold(name))


def _too_long(line: int, cells: int, columns: int) -> Problem:
    message = (
        f"Ligne {line} : {cells} cellules pour {columns} colonnes. Une cellule qui contient le "
        "séparateur doit être entre guillemets. La ligne est laissée de côté."
    )
    return Problem(line, "", "", message, "error")


def _broken_quotes(line: int) -> Problem:
    message = (
        f"Ligne {line} : un guillemet est mal fermé. Doubler les guillemets dans le texte, ou les "
        "retirer. La ligne est laissée de côté."
    )
    return Problem(line, "", "", message, "error")
