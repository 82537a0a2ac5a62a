"""Lines of type on paper that hangs or is folded: lengths in mm, type in points.

What is drawn is black; `GREY` is for what need not be read from afar, `PALE` for thin rules.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, cast

from fpdf import FPDF

from geodata.paper import _layout

MM_PER_POINT: Final = 25.4 / 72
INK, GREY, PALE = 0, 70, 120

_FONT: Final = "pt-sans"
_LEADING: Final = 1.16


def document(title: str, now: datetime) -> FPDF:
    """Give a document without pages, that says of itself its title, language and day."""
    pdf = _layout.blank(title, "", now)
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    return pdf


def leading(points: float) -> float:
    """The height of a line of this type, in mm."""
    return points * _LEADING * MM_PER_POINT


def wrapped(pdf: FPDF, text: str, width: float, points: float, style: str = "") -> list[str]:
    """Break a text into lines."""
    drawable = _layout.written(pdf, text)
    if not drawable:
        return []
    pdf.set_font(_FONT, style, points)
    lines = pdf.multi_cell(width, text=drawable, align="L", dry_run=True, output="LINES")
    return cast("list[str]", lines)


def cut(pdf: FPDF, text: str, width: float, points: float, most: int, style: str = "") -> list[str]:
    """Break a text into `most` lines at most; the last one ends with an ellipsis if it is cut."""
    lines = wrapped(pdf, text, width, points, style)
    kept = " ".join(lines[:most])
    while len(lines) > most:
        kept = kept[:-1]
        lines = wrapped(pdf, f"{kept.rstrip(' ,–-')}…", width, points, style)
    return lines


def fitting(pdf: FPDF, text: str, width: float, sizes: Iterable[float], style: str = "") -> float:
    """Give the first of `sizes` in which a text is one line, or else the largest that makes it."""
    written = _layout.written(pdf, text)
    size = wide = 0.0
    for size in sizes:
        pdf.set_font(_FONT, style, size)
        wide = pdf.get_string_width(written)
        if wide <= width:
            return size
    return size * width / wide


def phone(pdf: FPDF, text: str, width: float, points: float) -> tuple[list[str], float]:
    """Give a number on one line, or on two where there are two of them, and the type that fits."""
    parts = text.split(" / ", 1) if fitting(pdf, text, width, (points,), "B") < points else [text]
    size = min(fitting(pdf, part, width, (points,), "B") for part in parts)
    return [_layout.written(pdf, part) for part in parts], size


def rule(pdf: FPDF, x: float, y: float, width: float) -> None:
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.15)
    pdf.line(x, y, x + width, y)


def put(
    pdf: FPDF,
    lines: Iterable[str],
    x: float,
    y: float,
    points: float,
    style: str = "",
    *,
    grey: int = INK,
) -> float:
    """Draw lines one below the other, and give where the last one ends."""
    pdf.set_font(_FONT, style, points)
    pdf.set_text_color(grey)
    for line in lines:
        pdf.set_xy(x, y)
        pdf.cell(h=leading(points), text=line)
        y += leading(points)
    return y
