"""Read the sheets of an OpenDocument workbook (ODS) from its `content.xml`.

The part was unpacked within the limits of `workbooks`. Cells and rows that repeat are counted
before they are written out: a few bytes can ask for billions.
"""

import io
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CELLS: Final = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_NUMBERS: Final = ("float", "currency", "percentage")

Value = str | float | bool | None
Row = tuple[int, list[Value]]
_Merged = dict[int, tuple[int, Value]]
"""By column: the last line and the value of a cell that is merged over several rows."""


def sheets(content: bytes, *, most_columns: int) -> list[tuple[str, Iterator[Row]]]:
    """Return the name of each sheet and its rows (line as in the spreadsheet, values).

    Rows without a value are skipped, cells after `most_columns` too. A value merged over several
    rows is given in each of them. Raises whatever the parser raises on damaged XML.
    """
    found: list[tuple[str, list[tuple[int, int, list[Value]]]]] = []
    line, merged = 1, _Merged()
    events = ElementTree.iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True)
    for event, element in events:
        if event == "start":
            if element.tag == f"{_TABLE}table":
                found.append((element.get(f"{_TABLE}name", ""), []))
                line, merged = 1, _Merged()
        elif element.tag == f"{_TABLE}table-row" and found:
            repeated = _count(element, "rows")
            values = _values(element, line, most_columns, merged)
            if any(value is not None for value in values):
                found[-1][1].append((line, repeated, values))
            line += repeated
            element.clear()
    return [(name, _each(rows)) for name, rows in found]


def _each(rows: list[tuple[int, int, list[Value]]]) -> Iterator[Row]:
    for line, repeated, values in rows:
        for offset in range(repeated):
            yield line + offset, values


def _values(row: Element, line: int, most_columns: int, merged: _Merged) -> list[Value]:
    values: list[Value] = []
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        value = _value(cell)
        room = most_columns - len(values)
        for _ in range(min(_count(cell, "columns"), room)):
            last, above = merged.get(len(values), (0, None))
            values.append(above if value is None and line <= last else value)
        spanned = cell.get(f"{_TABLE}number-rows-spanned", "1")
        if value is not None and spanned.isdecimal() and int(spanned[:7]) > 1:
            merged[len(values) - 1] = line + int(spanned[:7]) - 1, value
    return values


def _count(element: Element, what: str) -> int:
    written = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return max(1, int(written)) if written.isdecimal() and len(written) < 8 else 1


def _value(cell: Element) -> Value:
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind in _NUMBERS:
        return float(cell.get(f"{_OFFICE}value", "nan"))
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    if kind == "date":
        day, _, hour = cell.get(f"{_OFFICE}date-value", "").partition("T")
        return day if not hour.strip("0:.") else f"{day}T{hour}"
    # Comments are in a cell too: only its own paragraphs are its text.
    paragraphs = [_words(part) for part in cell if part.tag == f"{_TEXT}p"]
    return "\n".join(paragraphs) or None


def _words(part: Element) -> str:
    """Return the text of a paragraph, with its spaces and line breaks."""
    said = part.text or ""
    for inner in part:
        if inner.tag == f"{_TEXT}s":
            said += " " * min(_spaces(inner), 1_000)
        elif inner.tag == f"{_TEXT}line-break":
            said += "\n"
        elif inner.tag == f"{_TEXT}tab":
            said += "\t"
        else:
            said += _words(inner)
        said += inner.tail or ""
    return said


def _spaces(inner: Element) -> int:
    written = inner.get(f"{_TEXT}c", "1")
    return int(written) if written.isdecimal() and len(written) < 6 else 1
