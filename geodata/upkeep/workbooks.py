"""Read the sheets of XLSX and ODS workbooks as rows of text, within size limits.

A workbook is untrusted. Before anything reads it, every part is unpacked within a size limit,
whatever sizes the archive declares; document type declarations, which no spreadsheet program
writes, are refused; formatted cells and rows without content are removed; and the tags that remain
are counted, since each costs time and memory. openpyxl then reads that copy of an XLSX row by row,
`_opendocument` that of an ODS; formulas give their saved value. A value merged over several rows
is given in each of them.
"""

import bisect
import functools
import io
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import openpyxl

from geodata import french
from geodata.tables import BLANK, UnreadableFile
from geodata.upkeep import _opendocument

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
_MERGED: Final = re.compile(
    rb"""<(?:\w+:)?mergeCell\b[^<>]*\sref=["']([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})["']"""
)
_UNSAVED_FORMULA: Final = re.compile(
    rb"<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<v></v>|</(?:\w+:)?c>)"
)
_UNSAVED_OPEN_FORMULA: Final = re.compile(
    rb"<table:table-cell\b(?![^<>]*\soffice:value-type=)[^<>]*\stable:formula="
)
_EMPTY_CELL: Final = re.compile(rb"<(?:\w+:)?c\b[^<>]*(?:/>|>\s*</(?:\w+:)?c>)")
_EMPTY_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^<>]*(?:/>|>\s*</(?:\w+:)?row>)")
_WITHOUT_PLACE: Final = re.compile(rb"<(?:\w+:)?(?:c|row)\b(?![^<>]*\sr=)")
_ERRORS: Final = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")

_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_OTHER_DOCUMENTS: Final = (
    (b"%PDF", "un PDF"),
    (b"\x89PNG", "une image"),
    (b"\xff\xd8\xff", "une image"),
    (b"GIF8", "une image"),
    (b"II*\0", "une image"),
    (b"MM\0*", "une image"),
    (b"BM", "une image"),
    (b"{\\rtf", "un document de traitement de texte"),
    (b"SQLite format 3", "une base de données"),
    (b"PAR1", "une base de données"),
)
_OTHER_TABLES: Final = re.compile(
    rb"\s*<\?xml(?![^>]*>\s*<(?:!doctype html|html)\b)|ID;P", re.IGNORECASE
)
_HTML: Final = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|table)\b", re.IGNORECASE)

Rows = list[tuple[int, tuple[str, ...]]]
Merged = list[tuple[int, int, int]]
"""Cells merged over several rows: column (from 0), first and last line."""


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


def refuse_documents(content: bytes) -> None:
    """Raise UnreadableFile, in French, for a file that is no table: PDF, picture, page."""
    kind = next((kind for begins, kind in _OTHER_DOCUMENTS if content.startswith(begins)), "")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        kind = "une image"
    if content[4:8] == b"ftyp":
        kind = "une image ou une vidéo"
    if kind == "une image" and content.startswith(b"BM") and content[:200].isascii():
        kind = ""  # a text that begins so
    if kind:
        raise UnreadableFile(
            f"Ce fichier est {kind}, pas un tableau. Demander le tableau d’origine (Excel ou "
            "LibreOffice) à qui l’a fait, ou en recopier les lignes dans le modèle."
        )
    if _OTHER_TABLES.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise UnreadableFile(
            "Ce fichier est du XML (FODS, KML, tableur XML) ou un SYLK : l’ouvrir dans "
            "LibreOffice, « Enregistrer sous », format ODS ou XLSX, puis recommencer. Une carte "
            "s’exporte en GeoJSON."
        )
    if _HTML.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise UnreadableFile(
            "Ce fichier est une page web, pas un tableau : l’ouvrir dans Excel ou LibreOffice, "
            "« Enregistrer sous », format XLSX ou « CSV UTF-8 », puis recommencer."
        )


def read_sheets(content: bytes) -> Iterator[Sheet]:
    """Yield the sheets of a workbook; each is read when it is requested.

    Dates become ISO text, whole numbers have no decimals, booleans are *vrai* and *faux*, error
    cells are empty.

    Raises:
        UnreadableFile: neither an XLSX nor an ODS workbook, or larger than the limits. The message
            is French.
    """
    if content.startswith(_OLD_FORMAT):
        raise UnreadableFile(_about_old_format(content))
    try:
        copy, merged, notes = _unpacked(content)
        if document := _open_document(copy):
            yield from _sheets_of(document, notes)
            return
        # What openpyxl warns of may repeat a cell; nothing of a file goes into a log.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(
                copy, read_only=True, data_only=True, keep_links=False
            )
            for sheet in workbook.worksheets[:_MOST_SHEETS]:
                sheet.reset_dimensions()
                cells = sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
                rows = list(_rows(enumerate(cells, start=1)))
                part = sheet._worksheet_path.lstrip("/")  # noqa: SLF001 no public name for it
                rows = _with_merged(rows, merged.get(part, []))
                yield Sheet(sheet.title, rows, len(workbook.worksheets), notes)
    except UnreadableFile:
        raise
    except Exception:  # noqa: BLE001 a damaged file breaks the library anywhere
        raise UnreadableFile(
            "Ce classeur est abîmé ou n’est pas un vrai XLSX : l’ouvrir dans Excel ou LibreOffice, "
            "« Enregistrer sous », format « CSV UTF-8 », puis recommencer."
        ) from None


def _open_document(archive: io.BytesIO) -> bytes:
    """Return the content of an ODS workbook, empty for another."""
    with zipfile.ZipFile(archive) as parts:
        names = set(parts.namelist())
        is_open = "content.xml" in names and not any(name.startswith("xl/") for name in names)
        return parts.read("content.xml") if is_open else b""


def _sheets_of(document: bytes, notes: tuple[str, ...]) -> Iterator[Sheet]:
    if _UNSAVED_OPEN_FORMULA.search(document):
        notes = (*notes, _UNSAVED)
    sheets = _opendocument.sheets(document, most_columns=MOST_COLUMNS + 1)
    for name, rows in sheets[:_MOST_SHEETS]:
        yield Sheet(name, list(_rows(rows)), len(sheets), notes)


def _with_merged(rows: Rows, merged: Merged) -> Rows:
    """Write the value of cells that are merged over several rows in each of them."""
    if not merged:
        return rows
    by_line = dict(rows)
    lines = sorted(by_line)
    for column, first, last in merged:
        above = by_line.get(first, ())
        if column >= len(above) or not above[column]:
            continue
        for line in lines[bisect.bisect_right(lines, first) : bisect.bisect_right(lines, last)]:
            cells = [*by_line[line], *[""] * (column + 1 - len(by_line[line]))]
            cells[column] = cells[column] or above[column]
            by_line[line] = tuple(cells)
    return [(line, by_line[line]) for line in lines]


def _rows(values: Iterable[tuple[int, Sequence[object]]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    kept, blank = 0, None
    for line, row in values:
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
    endless = isinstance(value, float) and not math.isfinite(value)
    if value is None or value in _ERRORS or endless:
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


def _unpacked(content: bytes) -> tuple[io.BytesIO, dict[str, Merged], tuple[str, ...]]:
    """Return the archive without compression, its merged cells by part, and French notes."""
    notes: dict[str, None] = {}
    merged: dict[str, Merged] = {}
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
                    merged[part.filename] = _merged(data)
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
    return copy, merged, tuple(notes)


def _merged(data: bytes) -> Merged:
    found = []
    for letters, first, last in _MERGED.findall(data):
        column = functools.reduce(lambda number, letter: number * 26 + letter - 64, letters, 0) - 1
        if first != last and column < MOST_COLUMNS:
            found.append((column, int(first), int(last)))
    return found


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
        _refuse_other_open_documents(archive, names)
        return
    if "xl/workbook.bin" in names:
        raise UnreadableFile(
            "Ce fichier est un classeur Excel binaire (XLSB) : « Enregistrer sous », format XLSX, "
            "puis recommencer."
        )
    if not any(name.startswith("xl/") for name in names):
        raise UnreadableFile(
            "Ce fichier est une archive, pas un classeur : donner un CSV, un XLSX ou un ODS."
        )


def _refuse_other_open_documents(archive: zipfile.ZipFile, names: Collection[str]) -> None:
    kind = b""
    if "mimetype" in names:
        with archive.open("mimetype") as stream:
            kind = stream.read(len(_OPEN_DOCUMENT) + 1).strip()
    if kind != _OPEN_DOCUMENT or any(name.startswith("xl/") for name in names):
        raise UnreadableFile(
            "Ce fichier n’est pas un classeur LibreOffice (ODS) : l’ouvrir, « Enregistrer sous », "
            "format ODS, XLSX ou « Texte CSV », puis recommencer."
        )
    manifest = _part(archive, archive.getinfo(_MANIFEST), _CHUNK) if _MANIFEST in names else b""
    if b"encryption-data" in manifest:
        raise UnreadableFile(_LOCKED)


_MANIFEST: Final = "META-INF/manifest.xml"


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
            "Des cellules sont fusionnées : une valeur qui va sur plusieurs lignes est lue dans "
            "chacune ; sur plusieurs colonnes, dans la première."
        )
    if _UNSAVED_FORMULA.search(data):
        yield _UNSAVED


_UNSAVED: Final = (
    "Une formule n’a pas de valeur enregistrée et est lue comme vide : ouvrir le classeur dans "
    "Excel ou LibreOffice, l’enregistrer, puis recommencer."
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
