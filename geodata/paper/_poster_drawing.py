"""Draw posters and cards: black on white with little ink; lengths in mm, type sizes in points.

No areas are filled, and important text is never grey. A number is never cut; a name may be, with
an ellipsis; hours are complete or left out.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from geodata.paper._poster_words import Line, Wording
from geodata.paper._scripts import Paper
from geodata.paper._typesetting import (
    GREY,
    INK,
    MM_PER_POINT,
    PALE,
    Text,
    document,
    headline,
    height,
    leading,
    one_line,
    phone,
    put,
    rule,
    wrap,
)

CARD_MM: Final = (85.0, 55.0)
"""Width and height of a card, the usual size of a business card."""
_WIDTH, _HEIGHT = 210.0, 297.0
_MARGIN: Final = 12.0
_INNER: Final = _WIDTH - 2 * _MARGIN


class _Fit(NamedTuple):
    """How local numbers are set: type size, the most lines for a name, and what follows it.

    `more`: 2 for place and hours, 1 for the place, 0 for neither.
    """

    points: float
    name: int
    more: int


class _Head(NamedTuple):
    """How national numbers are set: row height and number width (mm), type sizes (points)."""

    row: float
    column: float
    number: float
    words: float


# --- the poster ---------------------------------------------------------------------------

_USUAL: Final = _Head(18, 35, 40, 18)
_LARGE: Final = _Head(24, 38, 44, 18)

_WHOLE: Final = tuple(_Fit(points, 3, 2) for points in (24, 22, 20, 18))
_SHORTER: Final = tuple(_Fit(18, *lines) for lines in ((2, 2), (2, 1), (1, 1), (2, 0), (1, 0)))
_TITLE: Final = 44
_HEADING: Final = 24
_SLIPS: Final = 10
_SLIP_HEIGHT: Final = 50.0
_EDGE: Final = 6.0
_FOOT: Final = 10
_COLUMN: Final = 60.0


def poster(wording: Wording, title: str, now: datetime, *, extra: bool) -> bytes:
    """Return an A4 page, with tear-off slips at its foot if `extra` and there is room.

    To make room, local texts shrink from 24 to 18 points; then the slips are left out, then names
    are cut, then details are left out. National numbers are larger if there is room.
    """
    pdf = document(title, now)
    pdf.add_page()
    foot = wrap(pdf, Text(wording.foot, _FOOT), _INNER)
    slips, head, fit = _form(pdf, wording, len(foot), slips=extra and bool(wording.strip))
    y = _draw_head(pdf, wording, head)
    for place, line in enumerate(wording.local):
        if place or wording.heading:
            rule(pdf, _MARGIN, y, _INNER)
        y = _entry(pdf, line, y, fit)
    put(pdf, foot, _MARGIN, _bottom(len(foot), slips=slips) + 2)
    if slips:
        with pdf.repeated():
            _draw_slips(pdf, wording.strip)
    return bytes(pdf.output())


def _form(pdf: Paper, wording: Wording, foot: int, *, slips: bool) -> tuple[bool, _Head, _Fit]:
    """Choose the first layout that fits the page; the last one always does."""
    large = [(slips, _LARGE, fit) for fit in _WHOLE if fit.points > 20]
    usual = [(slips, _USUAL, fit) for fit in _WHOLE]
    shorter = [(False, _USUAL, fit) for fit in (*_WHOLE, *_SHORTER)]
    forms = (*large, *usual, *shorter)
    for with_slips, head, fit in forms:
        room = _bottom(foot, slips=with_slips) - _head_height(wording, head)
        if sum(_entry_height(pdf, line, fit) for line in wording.local) <= room:
            return with_slips, head, fit
    return forms[-1]


def _bottom(foot: int, *, slips: bool) -> float:
    """Return where the local numbers end, above the lines of the foot."""
    return _HEIGHT - (_SLIP_HEIGHT + 3 if slips else 9) - foot * leading(_FOOT) - 2


def _head_height(wording: Wording, head: _Head) -> float:
    """Return where the local numbers begin."""
    rows = -(-len(wording.national) // 2)
    heading = leading(_HEADING) if wording.heading and wording.local else 0
    return 9 + leading(_TITLE) + 3 + rows * head.row + 1.5 + heading + 1


def _draw_head(pdf: Paper, wording: Wording, head: _Head) -> float:
    """Draw the title, the national numbers and the heading; return where the rest begins."""
    put(pdf, [one_line(pdf, Text(wording.title, _TITLE, "B", kind="H1"), _INNER)], _MARGIN, 9)
    y, half = 9 + leading(_TITLE) + 3, _INNER / 2
    for place, line in enumerate(wording.national):
        row, column = divmod(place, 2)
        _national(pdf, line, _MARGIN + column * half, y + row * head.row, head)
    rows = -(-len(wording.national) // 2)
    pdf.set_draw_color(INK)
    pdf.set_line_width(0.6)
    for row in {0, rows}:
        at = y + row * head.row - 1
        pdf.line(_MARGIN, at, _WIDTH - _MARGIN, at)
    if wording.heading and wording.local:
        text = Text(wording.heading, _HEADING, "B", kind="H2")
        heading = headline(pdf, text, _INNER, (_HEADING, 22, 20, 18))
        put(pdf, heading, _MARGIN, y + rows * head.row + 1.5)
    return _head_height(wording, head)


def _national(pdf: Paper, line: Line, x: float, y: float, head: _Head) -> None:
    """Draw a national number, with its words beside it."""
    width = _INNER / 2 - 3 - head.column
    sizes = (head.number, 0.9 * head.number, 0.8 * head.number)
    number = one_line(pdf, Text(line.number, head.number, "B"), head.column - 3, sizes)
    middle = y + head.row / 2 - 1
    put(pdf, [number], x, middle - height([number]) / 2)
    most = int((head.row - 1) / leading(head.words))
    name = wrap(pdf, Text(line.name, head.words), width, most)
    when = wrap(pdf, Text(line.when, head.words), width)
    lines = name + when if len(name + when) <= most else name
    put(pdf, lines, x + head.column, middle - height(lines) / 2)


def _entry_height(pdf: Paper, line: Line, fit: _Fit) -> float:
    return max(map(height, _columns(pdf, line, fit))) + 2.4


def _entry(pdf: Paper, line: Line, y: float, fit: _Fit) -> float:
    """Draw a local number with its texts; return where it ends."""
    number, texts = _columns(pdf, line, fit)
    ends = put(pdf, number, _MARGIN, y + 1.2), put(pdf, texts, _MARGIN + _COLUMN, y + 1.2)
    return max(ends) + 1.2


def _columns(pdf: Paper, line: Line, fit: _Fit) -> tuple[list[Text], list[Text]]:
    """Return the lines of a local number, and those of the texts beside it."""
    width = _INNER - _COLUMN
    texts = wrap(pdf, Text(line.name, fit.points, "B"), width, fit.name)
    for words in (line.place, line.when)[: fit.more]:
        texts += wrap(pdf, Text(words, fit.points), width)
    return phone(pdf, line.number, _COLUMN - 3, 1.15 * fit.points), texts


def _draw_slips(pdf: Paper, lines: Sequence[Line]) -> None:
    """Draw the tear-off slips along the lower edge, turned by 90°."""
    top, width, reach = _HEIGHT - _SLIP_HEIGHT, (_WIDTH - 2 * _EDGE) / _SLIPS, _SLIP_HEIGHT - 11
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.25)
    with pdf.local_context():
        pdf.set_dash_pattern(dash=1.5, gap=1.5)
        for place in range(_SLIPS + 1):
            x = _EDGE + place * width
            pdf.line(x, top, x, _HEIGHT)
        pdf.line(_EDGE, top, _WIDTH - _EDGE, top)
    texts = []
    for line in lines:
        number = one_line(pdf, Text(line.number, 14, "B"), reach, (14, 12))
        texts += [number, *wrap(pdf, Text(line.name, 8), reach, 1)]
    for place in range(_SLIPS):
        left = _EDGE + place * width
        with pdf.rotation(90, left, _HEIGHT):
            # Rotated: x runs up from the lower edge of the paper, y across the slip.
            put(pdf, texts, left + 7, _HEIGHT + (width - height(texts)) / 2)


# --- the cards ----------------------------------------------------------------------------

_PAD: Final = 4.0
_SMALL: Final = 7.5
_COLUMNS, _ROWS = 2, 5
_LEFT: Final = (_WIDTH - _COLUMNS * CARD_MM[0]) / 2
_TOP: Final = (_HEIGHT - _ROWS * CARD_MM[1]) / 2
_MARK: Final = 4.0


def cards(wording: Wording, title: str, now: datetime, *, extra: bool) -> bytes:
    """Return a sheet of ten cards with cut marks; with `extra`, their back on a second page.

    The grid is centred and all cards are identical, so that both sides match, whichever edge the
    printer flips the sheet on.
    """
    pdf = document(title, now)
    both = extra and bool(wording.local)
    pdf.add_page()
    _cut_marks(pdf)
    _ten(pdf, wording, _front if both else _only_side)
    if both:
        pdf.add_page()
        _ten(pdf, wording, _back)
    return bytes(pdf.output())


def _ten(
    pdf: Paper, wording: Wording, draw: Callable[[Paper, Wording, float, float], None]
) -> None:
    """Draw one side of the ten cards, which are read once."""
    first, *others = _places()
    draw(pdf, wording, first[0] + _PAD, first[1] + _PAD)
    with pdf.repeated():
        for x, y in others:
            draw(pdf, wording, x + _PAD, y + _PAD)


def _places() -> Iterator[tuple[float, float]]:
    """Return the upper left corner of each card."""
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            yield _LEFT + column * CARD_MM[0], _TOP + row * CARD_MM[1]


def _cut_marks(pdf: Paper) -> None:
    """Draw cut marks outside the cards."""
    pdf.set_draw_color(INK)
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


def _only_side(pdf: Paper, wording: Wording, x: float, y: float) -> None:
    """Draw a card with everything on one side."""
    below = _card_title(pdf, wording.title, x, y, 11)
    below = _grid(pdf, wording.national, x, below, tall=4.9, points=(10.5, 7.5), column=16)
    below += 1
    for line in wording.local:
        column = 31.0
        width = _CARD_WIDTH - column
        put(
            pdf, [one_line(pdf, Text(line.number, 11, "B"), column - 2, range(11, 5, -1))], x, below
        )
        words = Text(", ".join(filter(None, (line.name, line.place))), 8)
        words = words if len(wrap(pdf, words, width)) < 2 else words._replace(words=line.name)
        texts = [one_line(pdf, words, width, (8, 7.5, 7))]
        if texts[0].points < 7:
            texts = wrap(pdf, words._replace(points=6.5), width, 2)
        put(pdf, texts, x + column, below + (0.9 if texts[0].points >= 7 else 0))
        below += 5.4
    _card_foot(pdf, wording, x, y)


def _front(pdf: Paper, wording: Wording, x: float, y: float) -> None:
    """Draw the national numbers."""
    below = _card_title(pdf, wording.title, x, y, 14) + 1.5
    tall = 37 / max(3, -(-len(wording.national) // 2))
    _grid(pdf, wording.national, x, below, tall=tall, points=(20, 9), column=None)


def _back(pdf: Paper, wording: Wording, x: float, y: float) -> None:
    """Draw the local numbers, with those texts that fit whole."""
    room, column = (_CARD_HEIGHT - 4) / max(1, len(wording.local)), 33.0
    width = _CARD_WIDTH - column
    points = _card_type(pdf, wording.local, width, room)
    for place, line in enumerate(wording.local):
        at = y + place * room
        put(pdf, phone(pdf, line.number, column - 2, 12), x, at + 0.3)
        if place:
            rule(pdf, x, at, _CARD_WIDTH)
        tall = int((room - 0.5) / leading(points))
        texts = wrap(pdf, Text(line.name, points, "B"), width, max(1, tall))
        for words in (line.place, line.when):
            whole = wrap(pdf, Text(words, points), width)
            texts += whole if len(texts + whole) <= tall else []
        put(pdf, texts, x + column, at + 0.8)
    _card_foot(pdf, wording, x, y)


def _card_type(pdf: Paper, lines: Sequence[Line], width: float, room: float) -> float:
    """Return the largest type size (points) at which every line fits in `room` mm of height."""
    for points in (10, 9.5, 9, 8.5, 8):
        texts = [
            (Text(line.name, points, "B"), Text(line.place, points), Text(line.when, points))
            for line in lines
        ]
        tall = max(sum(height(wrap(pdf, text, width)) for text in each) for each in texts)
        if tall <= room - 0.8:
            return points
    return _SMALL


def _card_title(pdf: Paper, title: str, x: float, y: float, points: float) -> float:
    text = one_line(pdf, Text(title, points, "B", kind="H1"), _CARD_WIDTH, (points, 0.9 * points))
    return put(pdf, [text], x, y) + 0.8


def _card_foot(pdf: Paper, wording: Wording, x: float, y: float) -> None:
    """Draw the date and, if there is room, the territory."""
    dated = Text(wording.dated, 6.5, grey=GREY)
    lines = wrap(
        pdf,
        dated._replace(words=". ".join(filter(None, (wording.heading, wording.dated)))),
        _CARD_WIDTH,
    )
    if len(lines) > 1:
        lines = wrap(pdf, dated, _CARD_WIDTH, 1)
    put(pdf, lines, x, y + _CARD_HEIGHT - height(lines))


def _grid(
    pdf: Paper,
    lines: Sequence[Line],
    x: float,
    y: float,
    *,
    tall: float,
    points: tuple[float, float],
    column: float | None,
) -> float:
    """Draw numbers in two columns, with words beside them or, if `column` is None, below.

    Lengths in mm; `points`: type sizes of number and words. Return where the grid ends.
    """
    width = _CARD_WIDTH / 2
    for place, line in enumerate(lines):
        row, side = divmod(place, 2)
        left, top = x + side * width, y + row * tall
        below = put(pdf, [Text(line.number, points[0], "B")], left, top)
        words = Text(line.short if column else line.name, points[1])
        words = one_line(pdf, words, width - 1.5 - (column or 0), (points[1], 8, 7.5, 7))
        base = (points[0] - words.points) * MM_PER_POINT * 0.85
        spot = (left + column, top + base) if column else (left, below - 0.8)
        put(pdf, [words], *spot)
    return y + -(-len(lines) // 2) * tall
