"""Read the sheets of XLSX workbooks as rows of text, within size limits.

A workbook is untrusted. Before openpyxl reads it, every part is unpacked within a size limit,
whatever sizes the archive declares; document type declarations, which no spreadsheet program
writes, are refused; formatted cells and rows without content are removed; and the tags that remain
are counted, since openpyxl spends time and memory on each. openpyxl then reads that copy row by
row; formulas give their saved value.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import openpyxl

from geodata import french
from geodata.tables import BLANK, UnreadableFile

MOST_COLUMNS: Final = 300
MOST_ROWS: Final = 50_000
_MOST_BYTES: Final = 150_000_000
_MOST_TAGS: Final = 2_500_000
"""Tags left once empty cells are removed: a filled cell with its text has six to eight."""
_MOST_TAGS_GIVEN: Final = 12_000_000
_MOST_PARTS: Final = 2_000
_MOST_SHEETS: Final = 30
_SHEET_ROWS: Final = 1_048_576
_LONGEST_CELL: Final = 32_767
_CHUNK: Final = 1 << 20
_OLD_FORMAT: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DOCUMENT_TYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\b")
_UNSAVED_FORMULA: Final = re.compile(
    rb"<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<v></v>|</(?:\w+:)?c>)"
)
_EMPTY_CELL: Final = re.compile(rb"<(?:\w+:)?c\b[^<>]*(?:/>|>\s*</(?:\w+:)?c>)")
_EMPTY_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^<>]*(?:/>|>\s*</(?:\w+:)?row>)")
_WITHOUT_PLACE: Final = re.compile(rb"<(?:\w+:)?(?:c|row)\b(?![^<>]*\sr=)")
_ERRORS: Final = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")

Rows = list[tuple[int, tuple[str, ...]]]


@dataclass(frozen=True)
class Sheet:
    """`rows`: (line as in the spreadsheet, cells as text), without blank rows.

    `sheets`: number of sheets in the workbook; `notes`: French sentences about the workbook.
    """

    name: str
    rows: Rows
    sheets: int
    notes: tuple[str, ...]


def is_workbook(content: bytes) -> bool:
    """Return whether a file is a ZIP archive or an old Office file."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06", _OLD_FORMAT))


def read_sheets(content: bytes) -> Iterator[Sheet]:
    """Yield the sheets of a workbook; each is read when it is requested.

    Dates become ISO text, whole numbers have no decimals, booleans are *vrai* and *faux*, error
    cells are empty.

    Raises:
        UnreadableFile: not an XLSX workbook, or larger than the limits. The message is French.
    """
    if content.startswith(_OLD_FORMAT):
        raise UnreadableFile(_about_old_format(content))
    copy, notes = _unpacked(content)
    try:
        # What openpyxl warns of may repeat a cell; nothing of a file goes into a log.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(
                copy, read_only=True, data_only=True, keep_links=False
            )
            for sheet in workbook.worksheets[:_MOST_SHEETS]:
                sheet.reset_dimensions()
                rows = list(_rows(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)))
                yield Sheet(sheet.title, rows, len(workbook.worksheets), notes)
    except UnreadableFile:
        raise
    except Exception:  # noqa: BLE001 a damaged file breaks the library anywhere
        raise UnreadableFile(
            "Ce classeur est abîmé ou n’est pas un vrai XLSX : l’ouvrir dans Excel ou LibreOffice, "
            "« Enregistrer sous », format « CSV UTF-8 », puis recommencer."
        ) from None


def _rows(values: Iterator[Sequence[object]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    kept, blank = 0, None
    for line, row in enumerate(values, start=1):
        if line > _SHEET_ROWS:
            raise UnreadableFile(_TOO_LONG)
        # One and the same row stands for all those that are not in the file.
        if row is blank or row.count(None) == len(row):
            blank = row
            continue
        cells = [_text(value) for value in row]
        if max(map(len, cells)) > _LONGEST_CELL:
            raise UnreadableFile(
                f"Ligne {line} : une case a plus de {french.number(_LONGEST_CELL)} caractères, "
                "plus que ce qu’un tableur écrit. La raccourcir, puis recommencer."
            )
        while cells and not cells[-1].strip(BLANK):
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            raise UnreadableFile(_TOO_WIDE)
        if cells:
            kept += 1
            if kept > MOST_ROWS:
                raise UnreadableFile(_TOO_LONG)
            yield line, tuple(cells)


_TOO_LONG: Final = (
    f"La feuille a plus de {french.number(MOST_ROWS)} lignes : n’y garder que la liste des "
    "services."
)
_TOO_WIDE: Final = (
    f"La feuille a plus de {MOST_COLUMNS} colonnes : n’y garder que celles de la liste."
)


def _text(value: object) -> str:
    """Return the text of a cell, as in a CSV file.

    >>> _text(145000000.0), _text(48.85), _text(datetime(2026, 11, 22)), _text(True)
    ('145000000', '48.85', '2026-11-22', 'vrai')
    """
    if value is None or value in _ERRORS:
        return ""
    if isinstance(value, bool):
        return "vrai" if value else "faux"
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


# --- the archive --------------------------------------------------------------------------


def _unpacked(content: bytes) -> tuple[io.BytesIO, tuple[str, ...]]:
    """Return the archive without compression, and French notes about its content."""
    notes: dict[str, None] = {}
    copy, size, given_tags, tags = io.BytesIO(), 0, 0, 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(copy, "w") as plain:
            _refuse_other_kinds(given)
            for part in given.infolist():
                if not part.filename.endswith((".xml", ".rels")):
                    continue
                data = _part(given, part, _MOST_BYTES - size)
                size += len(data)
                _refuse_document_types(data)
                # Every encoding of XML writes this sign with this byte: no tag escapes the count.
                given_tags += data.count(b"<")
                if given_tags > _MOST_TAGS_GIVEN:
                    raise UnreadableFile(_TOO_FULL)
                if "worksheets/" in part.filename:
                    notes |= dict.fromkeys(_about(data))
                    data = _without_empty_cells(data)
                tags += data.count(b"<")
                if tags > _MOST_TAGS:
                    raise UnreadableFile(_TOO_FULL)
                plain.writestr(part.filename, data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise UnreadableFile(
            "Ce classeur est abîmé : il ne peut pas être ouvert. L’enregistrer de nouveau, puis "
            "recommencer."
        ) from None
    copy.seek(0)
    return copy, tuple(notes)


def _without_empty_cells(data: bytes) -> bytes:
    """Remove the cells and rows of a sheet that hold nothing, such as a million formatted rows.

    A sheet whose cells or rows do not all say their place (`r`) is returned unchanged: theirs is
    counted from those before them.
    """
    if _WITHOUT_PLACE.search(data):
        return data
    return _EMPTY_ROW.sub(b"", _EMPTY_CELL.sub(b"", data))


def _part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, room: int) -> bytes:
    """Unpack a part of at most `room` bytes. Raises UnreadableFile if it is larger."""
    if part.file_size > room:
        raise UnreadableFile(_TOO_BIG)
    pieces, size = [], 0
    with archive.open(part) as stream:
        while piece := stream.read(_CHUNK):
            size += len(piece)
            if size > room:
                raise UnreadableFile(_TOO_BIG)
            pieces.append(piece)
    return b"".join(pieces)


_TOO_BIG: Final = (
    f"Une fois décompressé, ce classeur dépasse {_MOST_BYTES // 1_000_000} Mo : n’y garder que la "
    "feuille de la liste, ou l’enregistrer en CSV."
)


_TOO_FULL: Final = (
    "Ce classeur a trop de cases pour être lu ici : n’y garder que la feuille de la liste, "
    "supprimer les lignes et les colonnes qui n’en sont pas, ou l’enregistrer en CSV."
)


def _refuse_other_kinds(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if len(archive.infolist()) > _MOST_PARTS or len(names) < len(archive.infolist()):
        raise UnreadableFile("Cette archive n’est pas un classeur Excel.")
    if any(part.flag_bits & 1 for part in archive.infolist()):
        raise UnreadableFile(_LOCKED)
    if "mimetype" in names or "content.xml" in names:
        raise UnreadableFile(
            "Ce fichier est un classeur LibreOffice (ODS) : « Enregistrer sous », format XLSX ou "
            "« Texte CSV », puis recommencer."
        )
    if "xl/workbook.bin" in names:
        raise UnreadableFile(
            "Ce fichier est un classeur Excel binaire (XLSB) : « Enregistrer sous », format XLSX, "
            "puis recommencer."
        )
    if not any(name.startswith("xl/") for name in names):
        raise UnreadableFile(
            "Ce fichier est une archive, pas un classeur Excel : donner un CSV ou un XLSX."
        )


def _refuse_document_types(data: bytes) -> None:
    plain = data.replace(b"\0", b"") if b"\0" in data[:64] else data
    if _DOCUMENT_TYPE.search(plain):
        raise UnreadableFile(
            "Ce classeur contient ce qu’aucun tableur n’écrit (une déclaration de document) : il "
            "n’est pas lu."
        )


def _about(data: bytes) -> Iterator[str]:
    if _MERGED.search(data):
        yield (
            "Des cellules sont fusionnées : seule la première porte la valeur, les autres sont "
            "lues comme vides."
        )
    if _UNSAVED_FORMULA.search(data):
        yield (
            "Une formule n’a pas de valeur enregistrée et est lue comme vide : ouvrir le classeur "
            "dans Excel ou LibreOffice, l’enregistrer, puis recommencer."
        )


def _about_old_format(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return _LOCKED
    return (
        "Ce fichier est un ancien format de Microsoft Office (XLS) : l’ouvrir, « Enregistrer "
        "sous », format XLSX ou « CSV UTF-8 », puis recommencer."
    )


_LOCKED: Final = (
    "Ce classeur est protégé par un mot de passe : l’enregistrer sans mot de passe, puis "
    "recommencer."
)
