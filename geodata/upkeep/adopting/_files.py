"""Read any table that a person may have as sheets of text: CSV, XLSX, ODS, GeoJSON, uMap, JSON."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from geodata import column_names, french, phones, tables
from geodata.partial_date import parse
from geodata.tables import BLANK, UnreadableFile
from geodata.text import fold
from geodata.upkeep import workbooks

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_ROWS: Final = 10_000
"""Rows of a sheet: each is looked at one by one, some milliseconds each."""
POINT_NAMES: Final = ("Point : latitude", "Point : longitude")
AXES: Final = ("latitude", "longitude")
LAYER: Final = "Calque"
_MOST_TITLES: Final = 30
_MOST_OPENINGS: Final = 1_000_000
_UMAP: Final = "_umap_options"
_ESCAPES: Final = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')

Records = list[tuple[int, tuple[str, ...]]]


@dataclass(frozen=True)
class Sheet:
    """A table as it is written.

    `rows`: text indexed by line (the number of the record in a JSON file), a column for each name
    of the header; two columns of one name are told apart by a number. `notes`: French sentences on
    how it was read.
    """

    name: str
    rows: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(map(str, self.rows.columns))


def read_sheets(content: bytes) -> tuple[Sheet, ...]:
    """Return the sheets of a file that have a header and a row, the likeliest first.

    Raises UnreadableFile, in French: what the file is, and what to give instead.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            f"Le fichier fait {len(content) // 1_000_000} Mo : {MOST_BYTES // 1024**2} Mo au plus. "
            "N’y garder que la feuille de la liste, sans images."
        )
    if not content.strip():
        raise UnreadableFile("Le fichier est vide.")
    workbooks.refuse_documents(content)
    if workbooks.is_workbook(content):
        found = [
            _sheet(sheet.name, sheet.rows, sheet.notes)
            for sheet in workbooks.read_sheets(content)
            if sheet.rows
        ]
    elif content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        found = [_from_json(content)]
    else:
        found = [_from_text(content)]
    sheets = [sheet for sheet in found if sheet is not None and len(sheet.rows)]
    if not sheets:
        raise UnreadableFile(_NO_HEADER if any(found) or found else _EMPTY)
    return tuple(sorted(sheets, key=_likeliness, reverse=True))


def _likeliness(sheet: Sheet) -> tuple[int, int]:
    """Return how many names of a sheet's columns are known, three at most, and its size."""
    return min(3, sum(map(_is_known, sheet.header))), len(sheet.rows)


_TOO_LONG: Final = (
    f"Ce tableau a plus de {french.number(MOST_ROWS)} lignes : n’y garder que les services de "
    "votre territoire, puis recommencer."
)
_EMPTY: Final = "Le fichier est vide : aucune feuille n’a de ligne remplie."
_NO_HEADER: Final = (
    "Aucune ligne ne nomme les colonnes : écrire au-dessus de la première fiche ce que chaque "
    "colonne contient (Nom, Adresse, Code postal, Ville, Téléphone…), puis recommencer."
)


def _from_text(content: bytes) -> Sheet | None:
    if max(content.count(b"\n"), content.count(b"\r")) > 4 * MOST_ROWS:
        raise UnreadableFile(_TOO_LONG)
    document = tables.read_document(content)
    notes = tuple(str(problem) for problem in document.problems[:10])
    records = [(record.line, record.cells) for record in document.records]
    if max((len(cells) for _, cells in records), default=0) > workbooks.MOST_COLUMNS:
        raise UnreadableFile(
            f"Une ligne a plus de {workbooks.MOST_COLUMNS} cellules : ce n’est pas une liste, ou "
            "le séparateur n’est pas le bon."
        )
    filled = [(line, cells) for line, cells in records if any(cell.strip(BLANK) for cell in cells)]
    return _sheet("", filled, notes)


# --- the header ---------------------------------------------------------------------------


def _sheet(name: str, records: Records, notes: tuple[str, ...]) -> Sheet | None:
    """Return the table below the header, None where there is no header."""
    plain = [(line, tuple(cell.strip(BLANK) for cell in cells)) for line, cells in records]
    place = _header_place([cells for _, cells in plain])
    if place is None:
        return None
    line, names = plain[place]
    below = plain[place + 1 :]
    if len(below) > MOST_ROWS:
        raise UnreadableFile(_TOO_LONG)
    width = max([len(names), *(len(cells) for _, cells in below)])
    header, twice = _distinct([*names, *[""] * (width - len(names))])
    rows = pd.DataFrame(
        [[*cells, *[""] * (width - len(cells))] for _, cells in below],
        columns=header,
        index=pd.Index([number for number, _ in below], dtype="int64"),
        dtype="str",
    )
    nameless = [column for column, given in zip(header, names, strict=False) if not given]
    nameless += header[len(names) :]
    rows = rows.drop(columns=[column for column in nameless if not rows[column].any()])
    if place:
        notes = (f"Les noms des colonnes sont à la ligne {line}.", *notes)
    return Sheet(name, rows, (*_about_twice(twice), *notes))


def _about_twice(twice: Sequence[str]) -> tuple[str, ...]:
    if not twice:
        return ()
    names = ", ".join(f"« {name} »" for name in twice)
    return (f"Plusieurs colonnes ont le même nom : {names}. Vérifier ce que chacune contient.",)


def _distinct(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names that are all different, and those that were given more than once."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        base = free = " ".join(name.split()) or f"Colonne {number}"
        seen[base] += 1
        count = seen[base]
        while free in found:
            free, count = f"{base} ({max(count, 2)})", count + 1
        found.append(free)
    return found, [name for name, count in seen.items() if count > 1]


def _header_place(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the place of the header among the first rows, None where no row is one.

    It is the row with the most names that are known; where none has two, the first of several
    texts, all filled and unlike data, as wide as the rows below.
    """
    first = rows[:_MOST_TITLES]
    known = [sum(bool(_is_known(cell)) for cell in set(cells)) for cells in first]
    if max(known, default=0) >= 2:
        return known.index(max(known))
    for place, cells in enumerate(first[:-1]):
        filled = [cell for cell in cells if cell]
        width = len([cell for cell in rows[place + 1] if cell])
        if len(filled) >= max(2, width) and not any(map(_is_data, filled)):
            return place
    return None


def _is_known(cell: str) -> bool:
    """Say whether a text is the everyday name of a column."""
    return bool(column_names.nearest(cell) or column_names.day_named(cell)) and not _is_data(cell)


def _is_data(cell: str) -> bool:
    return bool(
        len(cell) > 80
        or re.search(r"\d{4}|@|://", cell)
        or re.fullmatch(r"[\d\W]+", cell)
        or phones.parse(cell)
        or parse(cell)
    )


# --- JSON ---------------------------------------------------------------------------------


def _from_json(content: bytes) -> Sheet | None:
    read, notes = _parsed(content)
    if isinstance(read, dict) and read.get("type") == "umap":
        layers = [layer for layer in read.get("layers", ()) if isinstance(layer, dict)]
    elif isinstance(read, dict) and read.get("type") == "FeatureCollection":
        layers = [read]
    else:
        return _from_records(_list_in(read), notes)
    records, odd = [], 0
    for layer in layers:
        features = layer.get("features")
        options = layer.get(_UMAP)
        name = str(options.get("name", "")) if isinstance(options, dict) else ""
        for feature in features if isinstance(features, list) else ():
            if not isinstance(feature, dict):
                continue
            record = dict(feature.get("properties") or {})
            record.pop(_UMAP, None)
            point = _point(feature.get("geometry"))
            odd += point is None and feature.get("geometry") is not None
            record |= dict(zip(POINT_NAMES, point, strict=True)) if point else {}
            records.append(record | ({LAYER: name} if len(layers) > 1 else {}))
    if odd:
        count = french.count(odd, "forme n’est pas un point", "formes ne sont pas des points")
        notes = (*notes, f"{count} : le lieu sera placé par son adresse ou sa commune.")
    return _from_records(records, notes)


def _parsed(content: bytes) -> tuple[Any, tuple[str, ...]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if text.count("{") + text.count("[") > _MOST_OPENINGS:
        raise UnreadableFile("Ce fichier JSON a trop d’éléments pour être lu ici : le couper.")
    try:
        return json.loads(text), ()
    except RecursionError:
        raise UnreadableFile("Ce fichier JSON est trop emboîté pour être une liste.") from None
    except ValueError:
        pass
    mended = _ESCAPES.sub(lambda found: found[0] if len(found[0]) > 1 else r"\\", text)
    try:
        return json.loads(mended), (_MENDED,)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise UnreadableFile(
            f"Ce fichier n’est pas du JSON correct (ligne {line}, caractère "
            f"{getattr(error, 'colno', 1)}) : le télécharger à nouveau, ou demander un CSV."
        ) from None


_MENDED: Final = (
    "Le fichier n’est pas du JSON correct : une barre oblique inverse y est de trop, elle est lue "
    "comme du texte."
)


def _list_in(read: object) -> list[Any]:
    """Return the list of records of a JSON file, whatever it is wrapped in."""
    if isinstance(read, dict):
        lists = [value for value in read.values() if isinstance(value, list) and value]
        read = max(lists, key=len) if lists else [read]
    if not isinstance(read, list) or not all(isinstance(record, dict) for record in read):
        raise UnreadableFile(
            "Ce fichier JSON n’est pas une liste de fiches : donner un tableau (CSV, XLSX, ODS), "
            "un GeoJSON, ou un JSON fait d’une liste d’objets."
        )
    return [record.get("fields", record) for record in read]


def _from_records(records: Sequence[Any], notes: tuple[str, ...]) -> Sheet | None:
    flat = [dict(_flat(record)) for record in records if isinstance(record, dict)]
    if len(flat) > MOST_ROWS:
        raise UnreadableFile(_TOO_LONG)
    names = list(dict.fromkeys(name for record in flat for name in record))
    if len(names) > workbooks.MOST_COLUMNS:
        raise UnreadableFile(f"Les fiches ont plus de {workbooks.MOST_COLUMNS} champs.")
    cells = [[record.get(name, "") for name in names] for record in flat]
    index = pd.RangeIndex(1, len(flat) + 1)
    rows = pd.DataFrame(cells, columns=_distinct(names)[0], index=index, dtype="str")
    return Sheet("", rows[(rows != "").any(axis=1)], notes) if names else None


def _flat(record: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        whole = f"{before}{name}".strip(BLANK)
        if isinstance(value, dict) and not before:
            yield from _flat(value, f"{whole} ")
        elif isinstance(value, list):
            yield whole, " ; ".join(_text(one) for one in value if not isinstance(one, dict | list))
        elif not isinstance(value, dict):
            yield whole, _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "vrai" if value else "faux"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).encode("utf-8", "ignore").decode().replace("\x00", "").strip(BLANK)


def _point(geometry: object) -> tuple[str, str] | None:
    """Return latitude and longitude of a GeoJSON point, None where it is none."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None
    both = geometry.get("coordinates")
    if not isinstance(both, list) or len(both) < 2:
        return None
    lng, lat = both[:2]
    return (str(lat), str(lng)) if isinstance(lat, int | float) else None


def without_blank_lines(sheet: Sheet) -> tuple[Sheet, dict[int, str]]:
    """Take out the rows that are no record, with why, by line: titles, totals, repeated headers."""
    filled = (sheet.rows != "").sum(axis=1)
    least = 1 if len(sheet.header) < 3 else 2
    why: dict[int, str] = {}
    names = tuple(map(fold, sheet.header))
    for line, cells in zip(sheet.rows.index, sheet.rows.to_numpy(), strict=True):
        first = fold(next(filter(None, cells), ""))
        if tuple(map(fold, cells)) == names:
            why[int(line)] = "la ligne répète les noms des colonnes"
        elif re.match(r"(?:sous )?tota(?:l|ux)\b|nombre (?:de|total)\b", first):
            why[int(line)] = "c’est un total"
        elif filled[line] < least:
            why[int(line)] = "une seule case est remplie : un titre ou une note"
    return replace(sheet, rows=sheet.rows.drop(index=list(why))), why
