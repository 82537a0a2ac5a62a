"""The paper of posters and cards: black on white, little ink, lengths in mm and type in points.

Nothing is filled, nothing is grey that must be read. A number is never cut; a name may be, with an
ellipsis; hours are whole or absent.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple, cast

from fpdf import FPDF

from geodata.paper import _layout
from geodata.paper._poster_words import Line, Wording

CARD_MM: Final = (85.0, 55.0)
"""A card of the usual size: width, height."""
CARDS_ON_A_SHEET: Final = 10

_FONT: Final = "pt-sans"
_MM_PER_POINT: Final = 25.4 / 72
_LEADING: Final = 1.16
_WIDTH, _HEIGHT = 210.0, 297.0
_MARGIN: Final = 12.0
_INNER: Final = _WIDTH - 2 * _MARGIN
_INK, _GREY, _RULE = 0, 70, 120


class _Most(NamedTuple):
    """How local lines are set: the type, how many lines a name may take, how much more is said.

    `more`: 2, place and hours; 1, the place; 0, nothing.
    """

    points: float
    name: int
    more: int


class _Head(NamedTuple):
    """How the national numbers are set: mm of a row and of its number, the types of both."""

    row: float
    column: float
    number: float
    words: float


# --- the poster ---------------------------------------------------------------------------

_USUAL: Final = _Head(18, 35, 40, 18)
_LARGE: Final = _Head(24, 38, 44, 18)

_WHOLE: Final = tuple(_Most(points, 3, 2) for points in (24, 22, 20, 18))
_SHORTER: Final = tuple(_Most(18, *most) for most in ((2, 2), (2, 1), (1, 1), (2, 0), (1, 0)))
_TITLE: Final = 44
_HEADING: Final = 24
_SLIPS: Final = 10
_SLIP_HEIGHT: Final = 50.0
_EDGE: Final = 6.0
_FOOT: Final = 10
_COLUMN: Final = 60.0


def poster(said: Wording, title: str, now: datetime, *, extra: bool) -> bytes:
    """Give an A4 page, with slips to tear off at its foot if `extra` and they leave room.

    The local texts shrink from 24 to 18 points; then the slips go, then names are cut, then what
    is more than a name is left out. The national numbers are larger where there is room.
    """
    pdf = _document(title, now)
    pdf.add_page()
    foot = _lines(pdf, said.foot, _INNER, _FOOT)
    slips, head, most = _form(pdf, said, len(foot), slips=extra and bool(said.strip))
    y = _draw_head(pdf, said, head)
    for place, line in enumerate(said.local):
        if place or said.heading:
            _rule(pdf, _MARGIN, y, _INNER)
        y = _entry(pdf, line, y, most)
    _put(pdf, foot, _MARGIN, _bottom(len(foot), slips=slips) + 2, _FOOT)
    if slips:
        _draw_slips(pdf, said.strip)
    return bytes(pdf.output())


def _form(pdf: FPDF, said: Wording, foot: int, *, slips: bool) -> tuple[bool, _Head, _Most]:
    """Choose the first form in which all comes onto the page; the last one always does."""
    large = [(slips, _LARGE, most) for most in _WHOLE if most.points > 20]
    usual = [(slips, _USUAL, most) for most in _WHOLE]
    shorter = [(False, _USUAL, most) for most in (*_WHOLE, *_SHORTER)]
    forms = (*large, *usual, *shorter)
    for with_slips, head, most in forms:
        room = _bottom(foot, slips=with_slips) - _head_height(said, head)
        if sum(_entry_height(pdf, line, most) for line in said.local) <= room:
            return with_slips, head, most
    return forms[-1]


def _bottom(foot: int, *, slips: bool) -> float:
    """Where the local numbers end, above the foot's lines."""
    return _HEIGHT - (_SLIP_HEIGHT + 3 if slips else 9) - foot * _leading(_FOOT) - 2


def _head_height(said: Wording, head: _Head) -> float:
    """Where the local numbers begin."""
    rows = -(-len(said.national) // 2)
    heading = _leading(_HEADING) if said.heading and said.local else 0
    return 9 + _leading(_TITLE) + 3 + rows * head.row + 1.5 + heading + 1


def _draw_head(pdf: FPDF, said: Wording, head: _Head) -> float:
    """Draw the title, the national numbers and the heading, and give where the rest begins."""
    points = _fitting(pdf, said.title, _INNER, (_TITLE,), "B")
    _put(pdf, [_layout.written(pdf, said.title)], _MARGIN, 9, points, "B")
    y, half = 9 + _leading(_TITLE) + 3, _INNER / 2
    for place, line in enumerate(said.national):
        row, column = divmod(place, 2)
        _national(pdf, line, _MARGIN + column * half, y + row * head.row, head)
    rows = -(-len(said.national) // 2)
    pdf.set_draw_color(_INK)
    pdf.set_line_width(0.6)
    for row in {0, rows}:
        at = y + row * head.row - 1
        pdf.line(_MARGIN, at, _WIDTH - _MARGIN, at)
    if said.heading and said.local:
        points = _fitting(pdf, said.heading, _INNER, (_HEADING, 22, 20, 18), "B")
        heading = _cut(pdf, said.heading, _INNER, max(points, 18), 1, "B")
        _put(pdf, heading, _MARGIN, y + rows * head.row + 1.5, max(points, 18), "B")
    return _head_height(said, head)


def _national(pdf: FPDF, line: Line, x: float, y: float, head: _Head) -> None:
    """Draw one large number, and its words beside it."""
    width = _INNER / 2 - 3 - head.column
    sizes = (head.number, 0.9 * head.number, 0.8 * head.number)
    points = _fitting(pdf, line.number, head.column - 3, sizes, "B")
    middle = y + head.row / 2 - 1
    _put(pdf, [_layout.written(pdf, line.number)], x, middle - _leading(points) / 2, points, "B")
    most = int((head.row - 1) / _leading(head.words))
    name = _cut(pdf, line.name, width, head.words, most)
    when = _lines(pdf, line.when, width, head.words)
    lines = name + when if len(name + when) <= most else name
    below = middle - len(lines) * _leading(head.words) / 2
    _put(pdf, lines, x + head.column, below, head.words)


def _entry_height(pdf: FPDF, line: Line, most: _Most) -> float:
    number, points, texts = _parts(pdf, line, most)
    height = max(len(number) * _leading(points), len(texts) * _leading(most.points))
    return height + 2.4


def _entry(pdf: FPDF, line: Line, y: float, most: _Most) -> float:
    """Draw a local number with its texts, and give where it ends."""
    number, points, texts = _parts(pdf, line, most)
    _put(pdf, number, _MARGIN, y + 1.2, points, "B")
    for place, (text, style) in enumerate(texts):
        at = y + 1.2 + place * _leading(most.points)
        _put(pdf, [text], _MARGIN + _COLUMN, at, most.points, style)
    return y + _entry_height(pdf, line, most)


def _parts(pdf: FPDF, line: Line, most: _Most) -> tuple[list[str], float, list[tuple[str, str]]]:
    """Give the number's lines and type, and the texts beside it with their style."""
    number, points = _number(pdf, line.number, _COLUMN - 3, 1.15 * most.points)
    width = _INNER - _COLUMN
    name = _cut(pdf, line.name, width, most.points, most.name, "B")
    said = (line.place, line.when)[: most.more]
    more = [text for words in said for text in _lines(pdf, words, width, most.points)]
    return number, points, [*((text, "B") for text in name), *((text, "") for text in more)]


def _draw_slips(pdf: FPDF, lines: Sequence[Line]) -> None:
    """Draw slips to cut and tear off along the lower edge, each read from its side."""
    top, width, reach = _HEIGHT - _SLIP_HEIGHT, (_WIDTH - 2 * _EDGE) / _SLIPS, _SLIP_HEIGHT - 11
    pdf.set_draw_color(_RULE)
    pdf.set_line_width(0.25)
    with pdf.local_context():
        pdf.set_dash_pattern(dash=1.5, gap=1.5)
        for place in range(_SLIPS + 1):
            x = _EDGE + place * width
            pdf.line(x, top, x, _HEIGHT)
        pdf.line(_EDGE, top, _WIDTH - _EDGE, top)
    texts = [
        (
            _layout.written(pdf, line.number),
            _fitting(pdf, line.number, reach, (16, 14, 12), "B"),
            "B",
        )
        if of_number
        else ("".join(_cut(pdf, line.name, reach, 8, 1)), 8.0, "")
        for line in lines
        for of_number in (True, False)
    ]
    tall = sum(_leading(points) for _, points, _ in texts)
    for place in range(_SLIPS):
        left = _EDGE + place * width
        with pdf.rotation(90, left, _HEIGHT):
            # Turned: x runs up the paper from its lower edge, y across the slip.
            y = _HEIGHT + (width - tall) / 2
            for text, points, style in texts:
                y = _put(pdf, [text], left + 7, y, points, style)


# --- the cards ----------------------------------------------------------------------------

_PAD: Final = 4.0
_SMALL: Final = 7.5
_COLUMNS, _ROWS = 2, 5
_LEFT: Final = (_WIDTH - _COLUMNS * CARD_MM[0]) / 2
_TOP: Final = (_HEIGHT - _ROWS * CARD_MM[1]) / 2
_MARK: Final = 4.0


def cards(said: Wording, title: str, now: datetime, *, extra: bool) -> bytes:
    """Give a sheet of ten cards with cut marks; with `extra`, their other side on a second page.

    The grid is in the middle of the paper and all cards are alike, so that both sides meet
    whichever edge the printer turns the sheet by.
    """
    pdf = _document(title, now)
    both = extra and bool(said.local)
    pdf.add_page()
    _cut_marks(pdf)
    for x, y in _places():
        (_front if both else _only_side)(pdf, said, x + _PAD, y + _PAD)
    if both:
        pdf.add_page()
        for x, y in _places():
            _back(pdf, said, x + _PAD, y + _PAD)
    return bytes(pdf.output())


def _places() -> Iterator[tuple[float, float]]:
    """Give the upper left corner of each card."""
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            yield _LEFT + column * CARD_MM[0], _TOP + row * CARD_MM[1]


def _cut_marks(pdf: FPDF) -> None:
    """Draw short lines outside the cards, where to cut."""
    pdf.set_draw_color(_INK)
    pdf.set_line_width(0.15)
    right, bottom = _LEFT + _COLUMNS * CARD_MM[0], _TOP + _ROWS * CARD_MM[1]
    for column in range(_COLUMNS + 1):
        x = _LEFT + column * CARD_MM[0]
        for y in (_TOP - 1 - _MARK, bottom + 1):
            pdf.line(x, y, x, y + _MARK)
    for row in range(_ROWS + 1):
        y = _TOP + row * CARD_MM[1]
        for x in (_LEFT - 1 - _MARK, right + 1):
            pdf.line(x, y, x + _MARK, y)


_CARD_WIDTH: Final = CARD_MM[0] - 2 * _PAD
_CARD_HEIGHT: Final = CARD_MM[1] - 2 * _PAD


def _only_side(pdf: FPDF, said: Wording, x: float, y: float) -> None:
    """Draw all on one side."""
    below = _card_title(pdf, said.title, x, y, 11)
    below = _grid(pdf, said.national, x, below, tall=4.9, points=(10.5, 7.5), column=16)
    below += 1
    for line in said.local:
        column = 31.0
        points = _fitting(pdf, line.number, column - 2, (11, 10, 9, 8, 7, 6), "B")
        _put(pdf, [_layout.written(pdf, line.number)], x, below, points, "B")
        width = _CARD_WIDTH - column
        words = ", ".join(filter(None, (line.name, line.place)))
        words = words if len(_lines(pdf, words, width, 8)) < 2 else line.name
        size = _fitting(pdf, words, width, (8, 7.5, 7))
        size, most = (size, 1) if size >= 7 else (6.5, 2)
        top = below + (0.9 if most == 1 else 0)
        _put(pdf, _cut(pdf, words, width, size, most), x + column, top, size)
        below += 5.4
    _card_foot(pdf, said, x, y)


def _front(pdf: FPDF, said: Wording, x: float, y: float) -> None:
    """Draw the national numbers."""
    below = _card_title(pdf, said.title, x, y, 14) + 2
    tall = 31 / max(3, -(-len(said.national) // 2))
    _grid(pdf, said.national, x, below, tall=tall, points=(16, 8), column=None)


def _back(pdf: FPDF, said: Wording, x: float, y: float) -> None:
    """Draw the local numbers, with as much of their texts as there is room for."""
    room = (_CARD_HEIGHT - 4) / max(1, len(said.local))
    for place, line in enumerate(said.local):
        at, column = y + place * room, 33.0
        number, points = _number(pdf, line.number, column - 2, 12)
        _put(pdf, number, x, at + 0.3, points, "B")
        if place:
            _rule(pdf, x, at, _CARD_WIDTH)
        width, tall = _CARD_WIDTH - column, int(room / _leading(_SMALL))
        name = _cut(pdf, line.name, width, _SMALL, max(1, tall - 1), "B")
        end = _put(pdf, name, x + column, at + 0.8, _SMALL, "B")
        left = tall - len(name)
        for words in (line.place, line.when):
            whole = _lines(pdf, words, width, _SMALL)
            if len(whole) <= left:
                end = _put(pdf, whole, x + column, end, _SMALL)
                left -= len(whole)
    _card_foot(pdf, said, x, y)


def _card_title(pdf: FPDF, title: str, x: float, y: float, points: float) -> float:
    size = _fitting(pdf, title, _CARD_WIDTH, (points, 0.9 * points), "B")
    return _put(pdf, [_layout.written(pdf, title)], x, y, size, "B") + 0.8


def _card_foot(pdf: FPDF, said: Wording, x: float, y: float) -> None:
    """Say for whom it is, where there is room for it, and when it was made."""
    words = ". ".join(filter(None, (said.heading, said.dated)))
    fits = len(_lines(pdf, words, _CARD_WIDTH, 6.5)) < 2
    text = _cut(pdf, words if fits else said.dated, _CARD_WIDTH, 6.5, 1)
    _put(pdf, text, x, y + _CARD_HEIGHT - _leading(6.5), 6.5, grey=_GREY)


def _grid(
    pdf: FPDF,
    lines: Sequence[Line],
    x: float,
    y: float,
    *,
    tall: float,
    points: tuple[float, float],
    column: float | None,
) -> float:
    """Draw numbers in two columns, their words beside them or, with no `column`, below."""
    width = _CARD_WIDTH / 2
    for place, line in enumerate(lines):
        row, side = divmod(place, 2)
        left, top = x + side * width, y + row * tall
        below = _put(pdf, [_layout.written(pdf, line.number)], left, top, points[0], "B")
        room = width - 1.5 - (column or 0)
        words = line.short if column else line.name
        size = _fitting(pdf, words, room, (points[1], 7.5, 7), "")
        base = (points[0] - size) * _MM_PER_POINT * 0.85
        spot = (left + column, top + base) if column else (left, below - 0.8)
        _put(pdf, [_layout.written(pdf, words)], *spot, size)
    return y + -(-len(lines) // 2) * tall


# --- writing ------------------------------------------------------------------------------


def _document(title: str, now: datetime) -> FPDF:
    """Give a document without pages, that says of itself its title, language and day."""
    pdf = _layout.blank(title, "", now)
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    return pdf


def _leading(points: float) -> float:
    """The height of a line of this type, in mm."""
    return points * _LEADING * _MM_PER_POINT


def _lines(pdf: FPDF, text: str, width: float, points: float, style: str = "") -> list[str]:
    """Break a text into lines."""
    written = _layout.written(pdf, text)
    if not written:
        return []
    pdf.set_font(_FONT, style, points)
    lines = pdf.multi_cell(width, text=written, align="L", dry_run=True, output="LINES")
    return cast("list[str]", lines)


def _cut(
    pdf: FPDF, text: str, width: float, points: float, most: int, style: str = ""
) -> list[str]:
    """Break a text into `most` lines at most; the last one ends with an ellipsis if it is cut."""
    lines = _lines(pdf, text, width, points, style)
    kept = " ".join(lines[:most])
    while len(lines) > most:
        kept = kept[:-1]
        lines = _lines(pdf, f"{kept.rstrip(' ,–-')}…", width, points, style)
    return lines


def _fitting(pdf: FPDF, text: str, width: float, sizes: Iterable[float], style: str = "") -> float:
    """Give the first of `sizes` in which a text is one line, or else the largest that makes it."""
    written = _layout.written(pdf, text)
    size = wide = 0.0
    for size in sizes:
        pdf.set_font(_FONT, style, size)
        wide = pdf.get_string_width(written)
        if wide <= width:
            return size
    return size * width / wide


def _number(pdf: FPDF, text: str, width: float, points: float) -> tuple[list[str], float]:
    """Give a number on one line, or on two where there are two of them, and the type that fits."""
    parts = text.split(" / ", 1) if _fitting(pdf, text, width, (points,), "B") < points else [text]
    size = min(_fitting(pdf, part, width, (points,), "B") for part in parts)
    return [_layout.written(pdf, part) for part in parts], size


def _rule(pdf: FPDF, x: float, y: float, width: float) -> None:
    pdf.set_draw_color(_RULE)
    pdf.set_line_width(0.15)
    pdf.line(x, y, x + width, y)


def _put(
    pdf: FPDF,
    lines: Iterable[str],
    x: float,
    y: float,
    points: float,
    style: str = "",
    *,
    grey: int = _INK,
) -> float:
    """Draw lines one below the other, and give where the last one ends."""
    pdf.set_font(_FONT, style, points)
    pdf.set_text_color(grey)
    for line in lines:
        pdf.set_xy(x, y)
        pdf.cell(h=_leading(points), text=line)
        y += _leading(points)
    return y
