"""The pages of a report: A4, one typeface, headings in the outline, text in reading order.

The file has no tags: the library can tag headings and pictures but not paragraphs, and what reads
a tagged file aloud leaves out whatever has none. So each picture is told in words beside it.
Everything that is written goes through `written`: no character that the typeface lacks, none that
is invisible, and no end of line where French has none.
"""

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple, cast
from zoneinfo import ZoneInfo

import fontpkg_pt_sans
from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace

if TYPE_CHECKING:
    from fpdf.fonts import TTFFont

MARGIN: Final = 18
WIDTH: Final = 210 - 2 * MARGIN
BODY: Final = 11.5
SMALL: Final = 9.5
PALE: Final = "#cfc8d6"

_FONT: Final = "pt-sans"
_BOTTOM: Final = 20
_LEADING: Final = 1.35
_MM_PER_POINT: Final = 25.4 / 72
_INK: Final = 31
_GREY: Final = 80
_LONGEST: Final = 600
_CELL_MM: Final = 1.6
_LIKE: Final = {"\u202f": "\u00a0", "\u2011": "-", "→": "–"}
# The spaces at which no line ends.
_SOLID = re.compile(
    r" (?=[:;?!»%])|(?<=«) |(?<=\d) (?=\d|h\b|km\b|min\b)|(?<=h) (?=–)|(?<=–) (?=\d)"
)
_PARIS: Final = ZoneInfo("Europe/Paris")


class Text(NamedTuple):
    """Words in one type; `quiet` is in grey."""

    said: str
    points: float = BODY
    style: str = ""
    quiet: bool = False


def blank(title: str, subject: str, now: datetime) -> FPDF:
    """Give a document without pages, that says of itself its title, language and date only."""
    pdf = FPDF(unit="mm", format="A4")
    pdf.set_lang("fr-FR")
    pdf.set_creation_date(now if now.tzinfo else now.replace(tzinfo=_PARIS))
    pdf.set_margins(MARGIN, MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_BOTTOM)
    pdf.alias_nb_pages("")
    pdf.c_margin = 0
    files = fontpkg_pt_sans.ROOT / "files"
    pdf.add_font(_FONT, "", files / "PT_Sans-Web-Regular.ttf")
    pdf.add_font(_FONT, "B", files / "PT_Sans-Web-Bold.ttf")
    pdf.set_font(_FONT, size=BODY)
    pdf.set_title(written(pdf, title))
    pdf.set_subject(written(pdf, subject))
    return pdf


def written(pdf: FPDF, text: str, *, longest: int = _LONGEST) -> str:
    """Give a text as it can be drawn: a letter that the typeface lacks becomes a question mark.

    Longer than `longest`, it is cut, with an ellipsis.
    """
    glyphs = cast("TTFFont", pdf.fonts[_FONT]).cmap
    drawn = []
    for character in unicodedata.normalize("NFC", text[: 2 * longest]):
        kind = unicodedata.category(character)[0]
        like = _LIKE.get(character) or unicodedata.normalize("NFKC", character)
        last = "?" if kind in "LN" else " " if character.isspace() else ""
        options = ("",) if kind == "C" and last != " " else (character, like, last)
        drawn.append(next((o for o in options if all(ord(part) in glyphs for part in o)), ""))
    line = re.sub(" +", " ", "".join(drawn)).strip(" ")
    line = line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
    return _SOLID.sub("\u00a0", line)


def chapter(pdf: FPDF, title: str) -> None:
    """Begin a page with a title of the outline."""
    pdf.add_page()
    pdf.start_section(written(pdf, title))
    paragraph(pdf, title, points=20, style="B")


def section(pdf: FPDF, title: str, *, room: float = 30) -> None:
    """Write a smaller title, on the next page if there is less than `room` mm below."""
    need(pdf, room)
    if pdf.get_y() > MARGIN:
        pdf.ln(3)
    pdf.start_section(written(pdf, title), level=1)
    paragraph(pdf, title, points=13, style="B")


def need(pdf: FPDF, room: float) -> None:
    """Go to the next page if there is less than `room` mm left."""
    if pdf.will_page_break(room):
        pdf.add_page()


def paragraph(
    pdf: FPDF, text: str, *, points: float = BODY, style: str = "", quiet: bool = False
) -> None:
    """Write a paragraph over the whole width; `quiet` is in grey."""
    _set_type(pdf, points, style, quiet=quiet)
    _flow(pdf, WIDTH, text, points)
    pdf.ln(0.35 * points * _MM_PER_POINT)


def bullets(pdf: FPDF, texts: Iterable[str], *, points: float = BODY) -> None:
    """Write a list."""
    _set_type(pdf, points, "")
    for text in texts:
        need(pdf, 2 * _leading(points))
        pdf.cell(5, _leading(points), "–")
        _flow(pdf, WIDTH - 5, text, points)
        pdf.ln(0.25 * points * _MM_PER_POINT)


def beside(pdf: FPDF, lead: Text, texts: Iterable[Text], *, column: float) -> None:
    """Write texts one below the other, and `lead` in a column of so many mm on their left.

    All of it is on one page, under a thin rule.
    """
    below, gap = [text for text in texts if text.said], 1.2
    height = max(
        _height(pdf, column - gap, lead), sum(_height(pdf, WIDTH - column, text) for text in below)
    )
    need(pdf, height + 2 * gap)
    top = pdf.get_y() + gap
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.2)
    pdf.line(MARGIN, pdf.get_y(), MARGIN + WIDTH, pdf.get_y())
    pdf.set_xy(MARGIN, top)
    _set_type(pdf, lead.points, lead.style, quiet=lead.quiet)
    _flow(pdf, column - gap, lead.said, lead.points)
    pdf.set_y(top)
    for text in below:
        pdf.set_x(MARGIN + column)
        _set_type(pdf, text.points, text.style, quiet=text.quiet)
        _flow(pdf, WIDTH - column, text.said, text.points)
    pdf.set_y(top + height + gap)


def table(
    pdf: FPDF,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    widths: Sequence[float],
    numbers: Sequence[int] = (),
    points: float = SMALL,
) -> None:
    """Draw a table with its head on every page; the columns of `numbers` are right-aligned."""
    _set_type(pdf, points, "")
    pdf.set_draw_color(PALE)
    aligns = [Align.R if place in numbers else Align.L for place in range(len(head))]
    with pdf.table(
        width=int(sum(widths)),
        col_widths=tuple(widths),
        text_align=aligns,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="BOLD"),
        line_height=1.2 * points * _MM_PER_POINT,
        padding=(0.6, _CELL_MM),
        v_align=VAlign.T,
        align=Align.L,
    ) as drawn:
        for row in (head, *rows):
            drawn.row(
                [
                    _hyphenated(pdf, written(pdf, text, longest=120), width - 2 * _CELL_MM)
                    for text, width in zip(row, widths, strict=True)
                ]
            )
    pdf.ln(3)


def picture(pdf: FPDF, svg: str, *, x: float, width: float, height: float) -> None:
    """Draw an SVG at the current height."""
    pdf.image(io.BytesIO(svg.encode()), x=x, y=pdf.get_y(), w=width, h=height)


def fill(
    pdf: FPDF,
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
    pdf: FPDF,
    text: str,
    *,
    x: float,
    y: float,
    points: float = SMALL,
    style: str = "",
    colour: str = "#1f1a24",
    plate: bool = False,
) -> None:
    """Write a few words centred on a point, kept inside the margins; `plate`: on a pale ground."""
    said = written(pdf, text, longest=32)
    pdf.set_font(_FONT, style, points)
    width = pdf.get_string_width(said)
    left = min(max(x - width / 2, MARGIN), 210 - MARGIN - width)
    base = y + 0.35 * points * _MM_PER_POINT
    if plate:
        height = 1.25 * points * _MM_PER_POINT
        with pdf.local_context(fill_opacity=0.82, fill_color="#ffffff"):
            pdf.rect(left - 0.8, y - height / 2, width + 1.6, height, style="F", round_corners=True)
    pdf.set_text_color(colour)
    pdf.text(left, base, said)


def swatches(
    pdf: FPDF, entries: Iterable[tuple[str, str]], *, hatched: str, points: float = 10
) -> None:
    """Write the legend of a picture: coloured boxes and their words, in as many lines as needed."""
    _set_type(pdf, points, "")
    box, gap = 5.5, 5
    for fill, text in entries:
        said = written(pdf, text)
        width = box + 1.5 + pdf.get_string_width(said) + gap
        if pdf.get_x() + width - gap > 210 - MARGIN:
            pdf.ln(_leading(points) + 0.8)
        x, y = pdf.get_x(), pdf.get_y()
        pdf.set_draw_color(120)
        pdf.set_line_width(0.15)
        pdf.set_fill_color("#ffffff" if fill == hatched else fill)
        pdf.rect(x, y + 0.4, box, 4, style="DF")
        if fill == hatched:
            for start in (0, 1.5):
                pdf.line(x + start, y + 4.4, x + start + 4, y + 0.4)
        pdf.set_xy(x + box + 1.5, y)
        pdf.cell(width - box - 1.5, _leading(points), said)
    pdf.ln(_leading(points) + 1)


def number_pages(pdf: FPDF, foot: str) -> None:
    """Write at the foot of every page what it belongs to, and its number of how many."""
    pdf.set_auto_page_break(auto=False)
    last = pdf.pages_count
    for number in range(1, last + 1):
        pdf.page = number
        # A type that is already set is not written again, whatever the page.
        _set_type(pdf, SMALL, "B")
        _set_type(pdf, SMALL, "", quiet=True)
        pdf.set_xy(MARGIN, 297 - 13)
        pdf.cell(WIDTH - 30, 5, written(pdf, foot, longest=110))
        pdf.cell(30, 5, f"Page {number} sur {last}", align=Align.R)


def _hyphenated(pdf: FPDF, text: str, width: float) -> str:
    """Let a word that is wider than its column end a line at the last of its hyphens that fits."""
    words = text.split(" ")
    for place, word in enumerate(words):
        starts = [word[: match.end()] for match in re.finditer("-", word)]
        fitting = [start for start in starts if pdf.get_string_width(start) < width]
        if fitting and pdf.get_string_width(word) >= width:
            words[place] = f"{fitting[-1]} {word[len(fitting[-1]) :]}"
    return " ".join(words)


def _flow(pdf: FPDF, width: float, text: str, points: float) -> None:
    pdf.multi_cell(
        width,
        _leading(points),
        written(pdf, text, longest=4 * _LONGEST),
        align=Align.L,
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
    )


def _height(pdf: FPDF, width: float, text: Text) -> float:
    """The height in mm of a text in a column of this width."""
    _set_type(pdf, text.points, text.style)
    height = pdf.multi_cell(
        width,
        _leading(text.points),
        written(pdf, text.said, longest=4 * _LONGEST),
        align=Align.L,
        dry_run=True,
        output=MethodReturnValue.HEIGHT,
    )
    return cast("float", height)


def _set_type(pdf: FPDF, points: float, style: str, *, quiet: bool = False) -> None:
    pdf.set_font(_FONT, style, points)
    pdf.set_text_color(_GREY if quiet else _INK)


def _leading(points: float) -> float:
    return _LEADING * points * _MM_PER_POINT
