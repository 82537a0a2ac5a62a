"""Draw a leaflet: A4 landscape, two sides, folded in three; black on white with little ink.

The outer side has, from the left, the flap that folds in, the back and the front. The inner side
is read from left to right. The flap is narrower, so that it lies flat when folded. The sheet is
flipped on its short edge. Lengths in mm; type sizes in points, at least 10.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final, NamedTuple

from geodata.paper._poster_words import CALL_FIRST, Line, Wording
from geodata.paper._scripts import Paper
from geodata.paper._typesetting import (
    GREY,
    INK,
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

PANELS_MM: Final = (100.0, 100.0, 97.0)
"""Widths of the panels of the inner side, from the left; on the outer side, from the right."""
MARGIN_MM: Final = 8.0
"""White margin along every edge and fold, for office printers and for the thumb."""

_HEIGHT: Final = 210.0
_TOP, _BOTTOM = 11.0, _HEIGHT - 11.0
_MARK: Final = 4.0
_SMALL: Final = 10
_BODY: Final = 12
_HEADING: Final = 18
_GAP: Final = 1.5
_NOTES_MM: Final = 45.0
_WRITTEN_LINE: Final = 9.0
_MOST_NOTES: Final = 8
_STAMP_MM: Final = 45.0
_NO_LOCAL_NUMBER: Final = (
    "La liste n’a aucun autre numéro ici. Ceux de gauche répondent dans toute la France."
)
_MORE_BY_PHONE: Final = "Adresses et horaires : les demander par téléphone."


class _Panel(NamedTuple):
    """The printable part of a panel: left edge and width."""

    left: float
    width: float


class _Form(NamedTuple):
    """How places are set: type size, the most lines for a name, with or without details."""

    points: float
    name: int
    more: bool


_FORMS: Final = (
    *(_Form(points, 3, more=True) for points in (18, 16, 14, 13, 12, 11.5, 11, 10.5, 10)),
    _Form(10, 2, more=False),
    _Form(10, 1, more=False),
)


def leaflet(wording: Wording, title: str, now: datetime, *, extra: bool) -> bytes:
    """Return the two sides; with `extra`, the flap explains each kind of place.

    To make room, the texts of the places shrink from 18 to 10 points; then details are left out,
    with a sentence that says so; then names are cut.
    """
    pdf = document(title, now)
    pdf.add_page(orientation="L")
    flap, back, front = _panels(PANELS_MM[::-1])
    _front(pdf, wording, front)  # the cover first: so it is read
    _flap(pdf, wording if extra else None, flap)
    _back(pdf, wording, back)
    pdf.add_page(orientation="L")
    _fold_marks(pdf)
    first, *others = _panels(PANELS_MM)
    _national(pdf, wording, first)
    _places(pdf, wording, others)
    return bytes(pdf.output())


def _panels(widths: Sequence[float]) -> list[_Panel]:
    return [
        _Panel(sum(widths[:place]) + MARGIN_MM, width - 2 * MARGIN_MM)
        for place, width in enumerate(widths)
    ]


def _fold_marks(pdf: Paper) -> None:
    """Draw marks at both ends of the folds, on the inner side."""
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.15)
    for x in (PANELS_MM[0], PANELS_MM[0] + PANELS_MM[1]):
        for y in (MARGIN_MM, _HEIGHT - MARGIN_MM - _MARK):
            pdf.line(x, y, x, y + _MARK)


# --- the outer side -----------------------------------------------------------------------


def _front(pdf: Paper, wording: Wording, panel: _Panel) -> None:
    """Draw the title and the territory; if not discreet, also the subject and emergency numbers."""
    title = wrap(pdf, Text(wording.title, 30, "B", kind="H1"), panel.width)
    y = put(pdf, title, panel.left, 45) + 5
    pdf.set_draw_color(INK)
    pdf.set_line_width(0.8)
    pdf.line(panel.left, y, panel.left + panel.width, y)
    y += 5
    for text, style in ((wording.about, ""), (wording.heading, "B")):
        lines = headline(pdf, Text(text, 20, style), panel.width, (20, 18, 16), 3)
        y = put(pdf, lines, panel.left, y)
    if wording.about:
        urgent = [Text("En danger : 17", 20, "B"), Text("Par SMS : 114", 20, "B")]
        put(pdf, urgent, panel.left, _BOTTOM - height(urgent))


def _back(pdf: Paper, wording: Wording, panel: _Panel) -> None:
    """Draw the date and the sources, above a box for the stamp of the place that gives it."""
    y = _heading(pdf, CALL_FIRST, panel, _TOP)
    for text in (wording.foot.removeprefix(CALL_FIRST), wording.sources):
        y = put(pdf, wrap(pdf, Text(text, 11), panel.width, 14), panel.left, y) + 3
    top = _BOTTOM - _STAMP_MM
    put(pdf, [Text("Donné par :", _SMALL)], panel.left, top - leading(_SMALL) - 1)
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.2)
    pdf.rect(panel.left, top, panel.width, _STAMP_MM)


def _flap(pdf: Paper, wording: Wording | None, panel: _Panel) -> None:
    """Draw what each kind of place does, and lines for notes."""
    if wording is None or not wording.kinds:
        _notes(pdf, panel, _TOP)
        return
    y = _heading(pdf, "Qui fait quoi", panel, _TOP)
    room = (_BOTTOM - y) / len(wording.kinds) - 3
    longest = max((does for _, does in wording.kinds), key=len)
    points = next(
        (
            points
            for points in (14, 13, 12, 11, 10.5)
            if leading(points) + height(wrap(pdf, Text(longest, points), panel.width)) <= room
        ),
        _SMALL,
    )
    for kind, does in wording.kinds:
        y = _paragraph(pdf, kind, panel, y, points, "B")
        y = _paragraph(pdf, does, panel, y, points) + 3
    _notes(pdf, panel, y + 2)


# --- the inner side -----------------------------------------------------------------------


def _national(pdf: Paper, wording: Wording, panel: _Panel) -> None:
    """Draw the national numbers in one column, as large as possible."""
    y = _heading(pdf, "Appeler maintenant" if wording.about else "Appeler", panel, _TOP)
    row = min(30.0, (_BOTTOM - y) / max(1, len(wording.national)))
    column = 40.0
    for line in wording.national:
        number = one_line(pdf, Text(line.number, 36, "B"), column - 3, (36, 32, 28, 26))
        put(pdf, [number], panel.left, y)
        name, when = (
            wrap(pdf, Text(words, 14), panel.width - column) for words in (line.name, line.when)
        )
        lines = name + when if height(name + when) < row else name
        lower = (height([number]) - height(lines)) / 2
        put(pdf, lines, panel.left + column, y + lower)
        y += row


def _places(pdf: Paper, wording: Wording, panels: Sequence[_Panel]) -> None:
    """Draw the local numbers on two panels, then how many more there are."""
    y = _heading(pdf, wording.heading or "Autres numéros", panels[0], _TOP)
    if not wording.local:
        _paragraph(pdf, _NO_LOCAL_NUMBER, panels[0], y, _BODY)
        _notes(pdf, panels[1], _TOP)
        return
    form, split = _chosen(pdf, wording, panels, y)
    columns = (wording.local[:split], y), (wording.local[split:], _TOP)
    for panel, (lines, top) in zip(panels, columns, strict=True):
        y = top
        for place, line in enumerate(lines):
            if place:
                rule(pdf, panel.left, y, panel.width)
            y = _place(pdf, line, panel, y, form)
        if lines and lines[-1] is wording.local[-1]:
            y = put(pdf, _after(pdf, wording, panel, form), panel.left, y + 2)
    _notes(pdf, panels[1], y + 4 * (y > _TOP))


def _chosen(
    pdf: Paper, wording: Wording, panels: Sequence[_Panel], first: float
) -> tuple[_Form, int]:
    """Return the first form that fits both panels, and how many numbers go on the first."""
    narrow = min(panels, key=lambda panel: panel.width)
    split = 0
    for form in _FORMS:
        heights = [height(_texts(pdf, line, narrow, form)) + 2 * _GAP for line in wording.local]
        heights[-1] += 2 + height(_after(pdf, wording, narrow, form))
        sums = list(accumulate(heights))
        split = sum(end <= _BOTTOM - first for end in sums)
        rest = sums[-1] - (sums[split - 1] if split else 0)
        if rest <= _BOTTOM - _TOP:
            return form, split
    return _FORMS[-1], split


def _place(pdf: Paper, line: Line, panel: _Panel, y: float, form: _Form) -> float:
    """Draw a local number above its texts; return where it ends."""
    return put(pdf, _texts(pdf, line, panel, form), panel.left, y + _GAP) + _GAP


def _texts(pdf: Paper, line: Line, panel: _Panel, form: _Form) -> list[Text]:
    """Return the lines of text of a place: number, name and details."""
    lines = phone(pdf, line.number, panel.width, 1.25 * form.points)
    lines += wrap(pdf, Text(line.name, form.points, "B"), panel.width, form.name)
    for words in line.details if form.more else ():
        lines += wrap(pdf, Text(words, form.points), panel.width)
    return lines


def _after(pdf: Paper, wording: Wording, panel: _Panel, form: _Form) -> list[Text]:
    """Return the sentences about omitted details and about further numbers."""
    texts = ("" if form.more else _MORE_BY_PHONE, wording.others)
    return [line for text in texts for line in wrap(pdf, Text(text, _SMALL), panel.width)]


# --- both sides ---------------------------------------------------------------------------


def _heading(pdf: Paper, text: str, panel: _Panel, y: float) -> float:
    lines = headline(pdf, Text(text, _HEADING, "B", kind="H2"), panel.width, (_HEADING, 16, 14), 2)
    return put(pdf, lines, panel.left, y) + 2


def _paragraph(
    pdf: Paper, text: str, panel: _Panel, y: float, points: float, style: str = ""
) -> float:
    return put(pdf, wrap(pdf, Text(text, points, style), panel.width), panel.left, y)


def _notes(pdf: Paper, panel: _Panel, y: float) -> None:
    """Draw lines for handwritten notes down to the foot of a panel, if there is room."""
    if _BOTTOM - y < _NOTES_MM:
        return
    y = put(pdf, [Text("Notes", _SMALL, grey=GREY)], panel.left, y)
    for place in range(1, min(_MOST_NOTES, int((_BOTTOM - y) / _WRITTEN_LINE)) + 1):
        rule(pdf, panel.left, y + place * _WRITTEN_LINE, panel.width)
