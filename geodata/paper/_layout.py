"""A4 pages that are read from top to bottom: headings, paragraphs, lists, tables, pictures.

Each has the tag of what it is (`_tagging`), in reading order; headings are in the file's outline
too. A picture is told in words, and what is drawn in it is read as these words.
"""

import io
import re
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final

from fpdf.enums import Align, TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from geodata.paper._scripts import Paper
from geodata.paper._typesetting import (
    GREY,
    INK,
    MM_PER_POINT,
    PALE,
    RUNNING,
    Text,
    document,
    drawable,
    height,
    leading,
    put,
    rule,
    set_type,
    wrap,
)

MARGIN: Final = 18
WIDTH: Final = 210 - 2 * MARGIN
BODY: Final = 11.5
SMALL: Final = 9.5

_BOTTOM: Final = 20
_LONGEST: Final = 2400
_CELL_MM: Final = 1.6
_GAP: Final = 2.0
_TABLE_LINES: Final = 205


def pages(title: str, subject: str, now: datetime) -> Paper:
    """Return a document without pages, whose text goes on to a next page by itself."""
    pdf = document(title, now, subject=subject)
    pdf.set_margins(MARGIN, MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_BOTTOM)
    return pdf


def chapter(pdf: Paper, title: str) -> None:
    """Begin a page with a title of the outline."""
    pdf.add_page()
    pdf.start_section(drawable(pdf, title))
    paragraph(pdf, title, points=20, style="B", kind="H1")


def section(pdf: Paper, title: str, *, room: float = 30) -> None:
    """Write a smaller title, on the next page if there is less than `room` mm below."""
    need(pdf, room)
    if pdf.get_y() > MARGIN:
        pdf.ln(3)
    pdf.start_section(drawable(pdf, title), level=1)
    paragraph(pdf, title, points=13, style="B", kind="H2")


def need(pdf: Paper, room: float) -> None:
    """Go to the next page if there is less than `room` mm left."""
    if pdf.will_page_break(room):
        pdf.add_page()


def paragraph(
    pdf: Paper,
    text: str,
    *,
    points: float = BODY,
    style: str = "",
    quiet: bool = False,
    kind: str = "P",
) -> None:
    """Write a paragraph over the whole width; `quiet` is in grey, `kind` is its tag."""
    set_type(pdf, points, style, GREY if quiet else INK)
    with pdf.tag(kind):
        _flow(pdf, WIDTH, text, points)
    pdf.ln(0.35 * points * MM_PER_POINT)


def bullets(pdf: Paper, texts: Iterable[str], *, points: float = BODY) -> None:
    """Write a list."""
    set_type(pdf, points)
    with pdf.tag("L"):
        for text in texts:
            need(pdf, 2 * leading(points, RUNNING))
            with pdf.tag("LI"):
                with pdf.tag("Lbl"):
                    pdf.cell(5, leading(points, RUNNING), text="–")
                with pdf.tag("LBody"):
                    _flow(pdf, WIDTH - 5, text, points)
            pdf.ln(0.25 * points * MM_PER_POINT)


def beside(pdf: Paper, lead: Text, texts: Iterable[Text], *, column: float) -> None:
    """Write texts one below the other, and `lead` in a column of so many mm on their left.

    All of it is on one page, under a thin rule; `lead` is read after the first text.
    """
    left = wrap(pdf, lead, column - 1.2)
    first, *others = (wrap(pdf, text, WIDTH - column) for text in texts)
    right = [line for lines in others for line in lines]
    need(pdf, max(height(left), height([*first, *right])) + 2 * _GAP)
    rule(pdf, MARGIN, pdf.get_y(), WIDTH)
    top = pdf.get_y() + _GAP
    below = put(pdf, first, MARGIN + column, top)
    ends = put(pdf, left, MARGIN, top), put(pdf, right, MARGIN + column, below)
    pdf.set_y(_GAP + max(ends))


def columns(pdf: Paper, texts: Sequence[Sequence[Text]], *, gap: float = 8) -> None:
    """Write texts in columns of the same width, each read to its end before the next one."""
    width = (WIDTH - gap * (len(texts) - 1)) / len(texts)
    top, ends = pdf.get_y(), []
    for place, column in enumerate(texts):
        lines = [line for text in column for line in wrap(pdf, text, width)]
        ends.append(put(pdf, lines, MARGIN + place * (width + gap), top))
    pdf.set_xy(MARGIN, max(ends) + _GAP)


def table(
    pdf: Paper,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    widths: Sequence[float],
    numbers: Sequence[int] = (),
    points: float = SMALL,
) -> None:
    """Draw a table with its head on every page; the columns of `numbers` are right-aligned."""
    set_type(pdf, points)
    pdf.set_draw_color(_TABLE_LINES)
    aligns = [Align.R if place in numbers else Align.L for place in range(len(head))]
    texts = (
        [
            _hyphenated(pdf, drawable(pdf, text, longest=120), width - 2 * _CELL_MM)
            for text, width in zip(row, widths, strict=True)
        ]
        for row in (head, *rows)
    )
    pdf.draw_table(
        texts,
        width=int(sum(widths)),
        col_widths=tuple(widths),
        text_align=aligns,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD"),
        line_height=leading(points, 1.2),
        padding=(0.6, _CELL_MM),
        v_align=VAlign.T,
        align=Align.L,
    )
    pdf.ln(3)


def told(pdf: Paper, text: str) -> AbstractContextManager[None]:
    """Open a picture, which a screen reader reads as `text`."""
    return pdf.tag("Figure", alt=drawable(pdf, text, longest=_LONGEST))


def picture(pdf: Paper, svg: str, *, x: float, width: float, height: float) -> None:
    """Draw an SVG at the current height."""
    pdf.image(io.BytesIO(svg.encode()), x=x, y=pdf.get_y(), w=width, h=height)


def fill(
    pdf: Paper,
    rings: Iterable[tuple[str, Sequence[tuple[float, float]]]],
    *,
    left: float,
    top: float,
    factor: float = 1,
) -> None:
    """Paint rings one over the other, each in its colour, with thin grey outlines."""
    pdf.set_draw_color("#8a8290")
    pdf.set_line_width(0.07)
    for colour, ring in rings:
        pdf.set_fill_color(colour)
        pdf.polygon([(left + factor * x, top + factor * y) for x, y in ring], style="DF")


def label(
    pdf: Paper,
    text: str,
    *,
    x: float,
    y: float,
    points: float = SMALL,
    style: str = "",
    grey: int = INK,
    plate: bool = False,
) -> None:
    """Write a few words centred on a point, inside the margins; `plate`: on a pale ground."""
    words = drawable(pdf, text, longest=32)
    set_type(pdf, points, style, grey)
    width = pdf.get_string_width(words)
    left = min(max(x - width / 2, MARGIN), 210 - MARGIN - width)
    if plate:
        tall = leading(points, 1.25)
        with pdf.local_context(fill_opacity=0.82, fill_color="#ffffff"):
            pdf.rect(left - 0.8, y - tall / 2, width + 1.6, tall, style="F", round_corners=True)
    pdf.text(left, y + 0.35 * points * MM_PER_POINT, words)


def swatches(
    pdf: Paper, entries: Iterable[tuple[str, str]], *, hatched: str, points: float = 10
) -> None:
    """Write the legend of a picture: coloured boxes and their words, in as many lines as needed."""
    set_type(pdf, points)
    box, gap = 5.5, 5
    with pdf.tag("L"):
        for fill, text in entries:
            said = drawable(pdf, text)
            width = box + 1.5 + pdf.get_string_width(said) + gap
            if pdf.get_x() + width - gap > 210 - MARGIN:
                pdf.ln(leading(points, RUNNING) + 0.8)
            x, y = pdf.get_x(), pdf.get_y()
            _swatch(pdf, "#ffffff" if fill == hatched else fill, x, y + 0.4, box)
            if fill == hatched:
                for start in (0, 1.5):
                    pdf.line(x + start, y + 4.4, x + start + 4, y + 0.4)
            pdf.set_xy(x + box + 1.5, y)
            with pdf.tag("LI"), pdf.tag("LBody"):
                pdf.cell(width - box - 1.5, leading(points, RUNNING), text=said)
    pdf.ln(leading(points, RUNNING) + 1)


def _swatch(pdf: Paper, fill: str, x: float, y: float, width: float) -> None:
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.15)
    pdf.set_fill_color(fill)
    pdf.rect(x, y, width, 4, style="DF")


def number_pages(pdf: Paper, foot: str) -> None:
    """Write at the foot of every page what it belongs to, and its number of how many."""
    pdf.set_auto_page_break(auto=False)
    last = pdf.pages_count
    for number in range(1, last + 1):
        pdf.page = number
        # A type that is already set is not written again, whatever the page.
        set_type(pdf, SMALL, "B")
        set_type(pdf, SMALL, grey=GREY)
        pdf.set_xy(MARGIN, 297 - 13)
        pdf.cell(WIDTH - 30, 5, text=drawable(pdf, foot, longest=110))
        pdf.cell(30, 5, text=f"Page {number} sur {last}", align=Align.R)


def _hyphenated(pdf: Paper, text: str, width: float) -> str:
    """Let a word that is wider than its column end a line at the last of its hyphens that fits."""
    words = text.split(" ")
    for place, word in enumerate(words):
        starts = [word[: match.end()] for match in re.finditer("-", word)]
        fitting = [start for start in starts if pdf.get_string_width(start) < width]
        if fitting and pdf.get_string_width(word) >= width:
            words[place] = f"{fitting[-1]} {word[len(fitting[-1]) :]}"
    return " ".join(words)


def _flow(pdf: Paper, width: float, text: str, points: float) -> None:
    pdf.multi_cell(
        width,
        leading(points, RUNNING),
        text=drawable(pdf, text, longest=_LONGEST),
        align=Align.L,
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
    )
