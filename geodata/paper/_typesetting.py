"""The type of all papers: one typeface, how texts are broken into lines, and how lines are drawn.

Lengths are in mm, type in points. Every text goes through `drawable`: no character that the
typeface lacks, none that is invisible, and no end of line where French has none.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple, cast
from zoneinfo import ZoneInfo

import fontpkg_pt_sans
from fpdf import FPDF

if TYPE_CHECKING:
    from fpdf.fonts import TTFFont

MM_PER_POINT: Final = 25.4 / 72
INK, GREY, PALE = 0, 70, 140
"""Grey levels, 0 is black: text, text that need not be read from afar, thin rules."""
RUNNING: Final = 1.35
"""The leading of paragraphs, as a multiple of the type size."""

_FONT: Final = "pt-sans"
_TIGHT: Final = 1.16
_LONGEST: Final = 600
_PARIS: Final = ZoneInfo("Europe/Paris")
_LIKE: Final = {"\u202f": "\u00a0", "\u2011": "-", "→": "–"}
# The spaces at which no line ends: `9 h 30 –`, `mardi :`, `0 800 05`.
_SOLID = re.compile(
    r" (?=[–:;?!»%])|(?<=–) (?=\d)|(?<=«) |(?<=\d) (?=\d|h\b|km\b|min\b)"
    r"|(?<=[\d \u00a0]h) (?=\d)"
)


class Text(NamedTuple):
    """A text and its type: before `wrap`, of any length; after it, one line."""

    words: str
    points: float
    style: str = ""
    grey: int = INK


def document(
    title: str, now: datetime, *, subject: str = "", paper: str | tuple[float, float] = "A4"
) -> FPDF:
    """Return a document without pages. Its only metadata are title, subject, language and date.

    Args:
        title: the title in the metadata.
        now: the date in the metadata; naive is Europe/Paris.
        subject: the subject in the metadata.
        paper: a format of the library, or (width, height) in mm.
    """
    pdf = FPDF(unit="mm", format=paper)
    pdf.set_lang("fr-FR")
    pdf.set_creation_date(now if now.tzinfo else now.replace(tzinfo=_PARIS))
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    pdf.alias_nb_pages("")
    pdf.c_margin = 0
    files = fontpkg_pt_sans.ROOT / "files"
    pdf.add_font(_FONT, "", files / "PT_Sans-Web-Regular.ttf")
    pdf.add_font(_FONT, "B", files / "PT_Sans-Web-Bold.ttf")
    pdf.set_font(_FONT)
    pdf.set_title(drawable(pdf, title))
    pdf.set_subject(drawable(pdf, subject))
    return pdf


def drawable(pdf: FPDF, text: str, *, longest: int = _LONGEST) -> str:
    """Return a text as it can be drawn. A letter that the typeface lacks becomes a question mark.

    A text of more than `longest` characters is cut, with an ellipsis.
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


def leading(points: float, ratio: float = _TIGHT) -> float:
    """Return the height of a line in mm."""
    return points * ratio * MM_PER_POINT


def height(lines: Iterable[Text]) -> float:
    """Return the height in mm of lines drawn by `put`."""
    return sum(leading(line.points) for line in lines)


def set_type(pdf: FPDF, points: float, style: str = "", grey: int = INK) -> None:
    pdf.set_font(_FONT, style, points)
    pdf.set_text_color(grey)


def wrap(pdf: FPDF, text: Text, width: float, most: int | None = None) -> list[Text]:
    """Break a text into lines of a width in mm.

    With more than `most` lines, the text is cut and ends with an ellipsis.
    """
    lines = _lines(pdf, text, width)
    kept = " ".join(lines[:most])
    while most is not None and len(lines) > most:
        kept = kept[:-1]
        lines = _lines(pdf, text._replace(words=f"{kept.rstrip(' ,–-')}…"), width)
    return [text._replace(words=line) for line in lines]


def _lines(pdf: FPDF, text: Text, width: float) -> list[str]:
    words = drawable(pdf, text.words)
    if not words:
        return []
    set_type(pdf, *text[1:])
    lines = pdf.multi_cell(width, text=words, align="L", dry_run=True, output="LINES")
    return cast("list[str]", lines)


def one_line(pdf: FPDF, text: Text, width: float, sizes: Sequence[float] = ()) -> Text:
    """Set a text in the first of `sizes` in which it fits on a line, or else as large as it can be.

    Without `sizes`, its own size is the largest.
    """
    words, size, wide = drawable(pdf, text.words), 0.0, 0.0
    for size in sizes or (text.points,):
        set_type(pdf, size, text.style)
        wide = pdf.get_string_width(words)
        if wide <= width:
            return text._replace(words=words, points=size)
    return text._replace(words=words, points=size * width / wide)


def headline(
    pdf: FPDF, text: Text, width: float, sizes: Sequence[float], most: int = 1
) -> list[Text]:
    """Set a text on one line in the first of `sizes` that allows it.

    In the last of `sizes` it may take `most` lines, and is cut beyond them.
    """
    size = max(one_line(pdf, text, width, sizes).points, sizes[-1])
    return wrap(pdf, text._replace(points=size), width, most)


def phone(
    pdf: FPDF, number: str, width: float, points: float, *, slash: bool = False
) -> list[Text]:
    """Set a phone number in bold on one line, or on two lines if it is too long for `points`.

    It is made smaller rather than cut or broken inside a number. `slash`: keep the slash between
    two numbers at the end of the first line.
    """
    whole = Text(drawable(pdf, number), points, "B")
    words = whole.words.split(" ")
    pairs = [
        (" ".join(words[:n]).removesuffix("" if slash else " /"), " ".join(words[n:]))
        for n in range(1, len(words))
        if words[n] != "/"
    ]
    parts: Sequence[str] = (whole.words,)
    if pairs and one_line(pdf, whole, width).points < points:
        parts = min(pairs, key=lambda pair: max(map(pdf.get_string_width, pair)))
    lines = [one_line(pdf, whole._replace(words=part), width) for part in parts]
    size = min(line.points for line in lines)
    return [line._replace(points=size) for line in lines]


def put(pdf: FPDF, lines: Iterable[Text], x: float, y: float) -> float:
    """Draw lines one below the other from (x, y), and return where the last one ends."""
    for line in lines:
        if words := drawable(pdf, line.words):  # the library refuses an empty text
            set_type(pdf, *line[1:])
            pdf.set_xy(x, y)
            pdf.cell(h=leading(line.points), text=words)
        y += leading(line.points)
    return y


def rule(pdf: FPDF, x: float, y: float, width: float) -> None:
    """Draw a thin horizontal line."""
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.15)
    pdf.line(x, y, x + width, y)
