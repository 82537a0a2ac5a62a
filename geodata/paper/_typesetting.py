"""The type of all papers: one typeface, how texts are broken into lines, and how lines are drawn.

Lengths are in mm, type in points. Every text goes through `drawable`: no character that the
typeface lacks, none that is invisible, and no end of line where French has none.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, cast
from zoneinfo import ZoneInfo

from geodata.paper._scripts import FONT, Paper

MM_PER_POINT: Final = 25.4 / 72
INK, GREY, PALE = 0, 70, 140
"""Grey levels, 0 is black: text, text that need not be read from afar, thin rules."""
RUNNING: Final = 1.35
"""The leading of paragraphs, as a multiple of the type size."""
RIGHT_TO_LEFT: Final = ("ar",)
"""The languages of papers that are written from right to left."""

_TIGHT: Final = 1.16
_LONGEST: Final = 600
_PARIS: Final = ZoneInfo("Europe/Paris")
_LIKE: Final = {"\u202f": "\u00a0", "\u2011": "-", "→": "–", "ʼ": "’"}
# The spaces at which no line ends: `9 h 30 –`, `mardi :`, `0 800 05`.
_SOLID = re.compile(
    r" (?=[–:;?!»%])|(?<=–) (?=\d)|(?<=«) |(?<=\d) (?=\d|h\b|km\b|min\b)"
    r"|(?<=[\d \u00a0]h) (?=\d)"
)


class Text(NamedTuple):
    """A text and its type: before `wrap`, of any length; after it, one line.

    Attributes:
        words: the text.
        points: its size.
        style: `B` for bold.
        grey: its grey level.
        kind: what it is to a screen reader (`TaggedPDF.tag`).
        lang: its language, where it is not French.
        follows: whether it is a further line of the text before it.
    """

    words: str
    points: float
    style: str = ""
    grey: int = INK
    kind: str = "P"
    lang: str = ""
    follows: bool = False


def document(
    title: str, now: datetime, *, subject: str = "", paper: str | tuple[float, float] = "A4"
) -> Paper:
    """Return a document without pages. Its only metadata are title, subject, language and date.

    Args:
        title: the title in the metadata.
        now: the date in the metadata; naive is Europe/Paris.
        subject: the subject in the metadata.
        paper: a format of the library, or (width, height) in mm.
    """
    pdf = Paper(unit="mm", format=paper)
    pdf.set_lang("fr-FR")
    pdf.set_creation_date(now if now.tzinfo else now.replace(tzinfo=_PARIS))
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    pdf.alias_nb_pages("")
    pdf.c_margin = 0
    pdf.set_font(FONT)
    pdf.set_title(drawable(pdf, title))
    pdf.set_subject(drawable(pdf, subject))
    return pdf


def drawable(pdf: Paper, text: str, *, longest: int = _LONGEST) -> str:
    """Return a text as it can be drawn. A letter that no typeface has becomes a question mark.

    A text of more than `longest` characters is cut, with an ellipsis.
    """
    drawn = []
    text = "".join(_LIKE.get(character, character) for character in text[: 2 * longest])
    for character in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(character)[0]
        like = unicodedata.normalize("NFKC", character)
        last = "?" if kind in "LN" else " " if character.isspace() else ""
        options = ("",) if kind == "C" and last != " " else (character, like, last)
        drawn.append(next(filter(pdf.draws, options), ""))
    line = re.sub(" +", " ", "".join(drawn)).strip(" ")
    line = line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
    return solid(line)


def solid(text: str) -> str:
    """Return a text with no end of line where French has none: `à 9 h 30 :`."""
    return _SOLID.sub("\u00a0", text)


def leading(points: float, ratio: float = _TIGHT) -> float:
    """Return the height of a line in mm."""
    return points * ratio * MM_PER_POINT


def height(lines: Iterable[Text]) -> float:
    """Return the height in mm of lines drawn by `put`."""
    return sum(leading(line.points) for line in lines)


def set_type(pdf: Paper, points: float, style: str = "", grey: int = INK) -> None:
    pdf.set_font(FONT, style, points)
    pdf.set_text_color(grey)


def _set(pdf: Paper, text: Text) -> None:
    set_type(pdf, text.points, text.style, text.grey)


def wrap(pdf: Paper, text: Text, width: float, most: int | None = None) -> list[Text]:
    """Break a text into lines of a width in mm.

    With more than `most` lines, the text is cut and ends with an ellipsis.
    """
    lines = _lines(pdf, text, width)
    kept = " ".join(lines[:most])
    while most is not None and len(lines) > most:
        kept = kept[:-1]
        lines = _lines(pdf, text._replace(words=f"{kept.rstrip(' ,–-')}…"), width)
    return [text._replace(words=line, follows=n > 0) for n, line in enumerate(lines)]


def _lines(pdf: Paper, text: Text, width: float) -> list[str]:
    words = drawable(pdf, text.words)
    if not words:
        return []
    _set(pdf, text)
    if text.lang in RIGHT_TO_LEFT or not pdf.is_plain(words):
        return _broken(pdf, words, width)
    lines = pdf.multi_cell(width, text=words, align="L", dry_run=True, output="LINES")
    return cast("list[str]", lines)


def _broken(pdf: Paper, words: str, width: float) -> list[str]:
    """Break a text between words, or within one that is wider than a line, as it is read."""
    lines: list[str] = []
    room, space = 0.0, pdf.word_width("\u00a0")
    for word in words.split(" "):
        wide = pdf.word_width(word)
        if lines and space + wide <= room:
            lines[-1] += f" {word}"
            room -= space + wide
            continue
        lines.append("")
        room = width
        for part in [word] if wide <= width else word:
            wide = pdf.word_width(part)
            if lines[-1] and wide > room:
                lines.append("")
                room = width
            lines[-1] += part
            room -= wide
    return lines


def one_line(pdf: Paper, text: Text, width: float, sizes: Sequence[float] = ()) -> Text:
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
    pdf: Paper, text: Text, width: float, sizes: Sequence[float], most: int = 1
) -> list[Text]:
    """Set a text on one line in the first of `sizes` that allows it.

    In the last of `sizes` it may take `most` lines, and is cut beyond them.
    """
    size = max(one_line(pdf, text, width, sizes).points, sizes[-1])
    return wrap(pdf, text._replace(points=size), width, most)


def phone(
    pdf: Paper, number: str, width: float, points: float, *, slash: bool = False
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
    return [line._replace(points=size, follows=n > 0) for n, line in enumerate(lines)]


def put(
    pdf: Paper, lines: Iterable[Text], x: float, y: float, *, width: float | None = None
) -> float:
    """Draw lines one below the other from (x, y), and return where the last one ends.

    Those of a language that is written from right to left end at `x + width`.
    """
    texts: list[list[Text]] = []
    for line in lines:
        if texts and line.follows:
            texts[-1].append(line)
        else:
            texts.append([line])
    for text in texts:
        with pdf.tag(text[0].kind, lang=text[0].lang):
            for line in text:
                _put(pdf, line, x, y, width)
                y += leading(line.points)
    return y


def _put(pdf: Paper, line: Text, x: float, y: float, width: float | None) -> None:
    words = drawable(pdf, line.words)
    if not words:  # the library refuses an empty text
        return
    _set(pdf, line)
    pdf.set_xy(x, y)
    if line.lang not in RIGHT_TO_LEFT:
        pdf.cell(h=leading(line.points), text=words)
        return
    pdf.right_to_left = True
    pdf.cell(w=width, h=leading(line.points), text=words, align="R")
    pdf.right_to_left = False


def rule(pdf: Paper, x: float, y: float, width: float) -> None:
    """Draw a thin horizontal line."""
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.15)
    pdf.line(x, y, x + width, y)
