"""The paper of a leaflet: A4 on its side, both sides, folded in three; black on white, little ink.

The outer side has, from the left, the flap that is folded in, the back and the front; the inner
side is read from left to right. The flap is narrower, so that it lies flat once it is folded in.
The sheet is turned over its short edge. Lengths in mm, type in points, none of it under 10.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final, NamedTuple

from fpdf import FPDF

from geodata.paper._poster_words import CALL_FIRST, Line, Wording
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
"""The widths of the panels of the inner side; the outer side has them from the right."""
MARGIN_MM: Final = 8.0
"""What is kept white along every edge and every fold, for office printers and for the hand."""

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
_NOBODY: Final = (
    "La liste n’a aucun autre numéro ici. Ceux de gauche répondent dans toute la France."
)
_MORE_BY_PHONE: Final = "Adresses et horaires : les demander par téléphone."


class _Panel(NamedTuple):
    """Where a panel may be written on: its left edge and its width."""

    left: float
    width: float


class _Form(NamedTuple):
    """How places are set: the type, how many lines a name may take, and whether more is said."""

    points: float
    name: int
    more: bool


_FORMS: Final = (
    *(_Form(points, 3, more=True) for points in (18, 16, 14, 13, 12, 11.5, 11, 10.5, 10)),
    _Form(10, 2, more=False),
    _Form(10, 1, more=False),
)


def leaflet(said: Wording, title: str, now: datetime, *, extra: bool) -> bytes:
    """Return the two sides; with `extra` the flap says what each kind of place does.

    The texts of the places shrink from 18 to 10 points; then what is more than a name is left out,
    and it is said; then names are cut.
    """
    pdf = document(title, now)
    pdf.add_page(orientation="L")
    flap, back, front = _panels(PANELS_MM[::-1])
    _flap(pdf, said if extra else None, flap)
    _back(pdf, said, back)
    _front(pdf, said, front)
    pdf.add_page(orientation="L")
    _fold_marks(pdf)
    first, *others = _panels(PANELS_MM)
    _national(pdf, said, first)
    _places(pdf, said, others)
    return bytes(pdf.output())


def _panels(widths: Sequence[float]) -> list[_Panel]:
    return [
        _Panel(sum(widths[:place]) + MARGIN_MM, width - 2 * MARGIN_MM)
        for place, width in enumerate(widths)
    ]


def _fold_marks(pdf: FPDF) -> None:
    """Mark the folds at both ends, on the side that is hidden once it is folded."""
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.15)
    for x in (PANELS_MM[0], PANELS_MM[0] + PANELS_MM[1]):
        for y in (MARGIN_MM, _HEIGHT - MARGIN_MM - _MARK):
            pdf.line(x, y, x, y + _MARK)


# --- the outer side -----------------------------------------------------------------------


def _front(pdf: FPDF, said: Wording, panel: _Panel) -> None:
    """Draw what it is and for whom, and on an open one the numbers of an emergency."""
    y = _paragraph(pdf, said.title, panel, 45, 30, "B") + 5
    pdf.set_draw_color(INK)
    pdf.set_line_width(0.8)
    pdf.line(panel.left, y, panel.left + panel.width, y)
    y += 5
    for text, style in ((said.about, ""), (said.heading, "B")):
        lines = headline(pdf, Text(text, 20, style), panel.width, (20, 18, 16), 3)
        y = put(pdf, lines, panel.left, y)
    if said.about:
        urgent = [Text("En danger : 17", 20, "B"), Text("Par SMS : 114", 20, "B")]
        put(pdf, urgent, panel.left, _BOTTOM - height(urgent))


def _back(pdf: FPDF, said: Wording, panel: _Panel) -> None:
    """Draw how old it is and from what, above room for the stamp of who gives it."""
    y = _heading(pdf, CALL_FIRST, panel, _TOP)
    for text in (said.foot.removeprefix(CALL_FIRST), said.sources):
        y = put(pdf, wrap(pdf, Text(text, 11), panel.width, 14), panel.left, y) + 3
    top = _BOTTOM - _STAMP_MM
    put(pdf, [Text("Donné par :", _SMALL)], panel.left, top - leading(_SMALL) - 1)
    pdf.set_draw_color(PALE)
    pdf.set_line_width(0.2)
    pdf.rect(panel.left, top, panel.width, _STAMP_MM)


def _flap(pdf: FPDF, said: Wording | None, panel: _Panel) -> None:
    """Draw what each kind of place does, or else lines to write on."""
    if said is None or not said.kinds:
        _notes(pdf, panel, _TOP)
        return
    y = _heading(pdf, "Qui fait quoi", panel, _TOP)
    room = (_BOTTOM - y) / len(said.kinds) - 3
    longest = max((does for _, does in said.kinds), key=len)
    points = next(
        (
            points
            for points in (14, 13, 12, 11, 10.5)
            if leading(points) + height(wrap(pdf, Text(longest, points), panel.width)) <= room
        ),
        _SMALL,
    )
    for kind, does in said.kinds:
        y = _paragraph(pdf, kind, panel, y, points, "B")
        y = _paragraph(pdf, does, panel, y, points) + 3
    _notes(pdf, panel, y + 2)


# --- the inner side -----------------------------------------------------------------------


def _national(pdf: FPDF, said: Wording, panel: _Panel) -> None:
    """Draw the national numbers one below the other, as large as there is room for."""
    y = _heading(pdf, "Appeler maintenant" if said.about else "Appeler", panel, _TOP)
    row = min(30.0, (_BOTTOM - y) / max(1, len(said.national)))
    column = 40.0
    for line in said.national:
        number = one_line(pdf, Text(line.number, 36, "B"), column - 3, (36, 32, 28, 26))
        put(pdf, [number], panel.left, y)
        name, when = (
            wrap(pdf, Text(words, 14), panel.width - column) for words in (line.name, line.when)
        )
        lines = name + when if height(name + when) < row else name
        lower = (height([number]) - height(lines)) / 2
        put(pdf, lines, panel.left + column, y + lower)
        y += row


def _places(pdf: FPDF, said: Wording, panels: Sequence[_Panel]) -> None:
    """Draw the local numbers down two panels, then how many there are besides."""
    y = _heading(pdf, said.heading or "Autres numéros", panels[0], _TOP)
    if not said.local:
        _paragraph(pdf, _NOBODY, panels[0], y, _BODY)
        _notes(pdf, panels[1], _TOP)
        return
    form, split = _chosen(pdf, said, panels, y)
    columns = (said.local[:split], y), (said.local[split:], _TOP)
    for panel, (lines, top) in zip(panels, columns, strict=True):
        y = top
        for place, line in enumerate(lines):
            if place:
                rule(pdf, panel.left, y, panel.width)
            y = _place(pdf, line, panel, y, form)
        if lines and lines[-1] is said.local[-1]:
            y = put(pdf, _after(pdf, said, panel, form), panel.left, y + 2)
    _notes(pdf, panels[1], y + 4 * (y > _TOP))


def _chosen(pdf: FPDF, said: Wording, panels: Sequence[_Panel], first: float) -> tuple[_Form, int]:
    """Choose the first form in which all comes onto both panels, and how many onto the first."""
    narrow = min(panels, key=lambda panel: panel.width)
    split = 0
    for form in _FORMS:
        heights = [height(_texts(pdf, line, narrow, form)) + 2 * _GAP for line in said.local]
        heights[-1] += 2 + height(_after(pdf, said, narrow, form))
        sums = list(accumulate(heights))
        split = sum(end <= _BOTTOM - first for end in sums)
        rest = sums[-1] - (sums[split - 1] if split else 0)
        if rest <= _BOTTOM - _TOP:
            return form, split
    return _FORMS[-1], split


def _place(pdf: FPDF, line: Line, panel: _Panel, y: float, form: _Form) -> float:
    """Draw a local number above its texts, and return where it ends."""
    return put(pdf, _texts(pdf, line, panel, form), panel.left, y + _GAP) + _GAP


def _texts(pdf: FPDF, line: Line, panel: _Panel, form: _Form) -> list[Text]:
    """Return the lines of a place: its number, name and details."""
    lines = phone(pdf, line.number, panel.width, 1.25 * form.points)
    lines += wrap(pdf, Text(line.name, form.points, "B"), panel.width, form.name)
    for words in line.details if form.more else ():
        lines += wrap(pdf, Text(words, form.points), panel.width)
    return lines


def _after(pdf: FPDF, said: Wording, panel: _Panel, form: _Form) -> list[Text]:
    """Return the lines on what was left out, and on how many numbers there are besides."""
    texts = ("" if form.more else _MORE_BY_PHONE, said.others)
    return [line for text in texts for line in wrap(pdf, Text(text, _SMALL), panel.width)]


# --- both sides ---------------------------------------------------------------------------


def _heading(pdf: FPDF, text: str, panel: _Panel, y: float) -> float:
    lines = headline(pdf, Text(text, _HEADING, "B"), panel.width, (_HEADING, 16, 14), 2)
    return put(pdf, lines, panel.left, y) + 2


def _paragraph(
    pdf: FPDF, text: str, panel: _Panel, y: float, points: float, style: str = ""
) -> float:
    return put(pdf, wrap(pdf, Text(text, points, style), panel.width), panel.left, y)


def _notes(pdf: FPDF, panel: _Panel, y: float) -> None:
    """Draw lines to write on by hand down to the foot of a panel, where there is room for some."""
    if _BOTTOM - y < _NOTES_MM:
        return
    y = put(pdf, [Text("Notes", _SMALL, grey=GREY)], panel.left, y)
    for place in range(1, min(_MOST_NOTES, int((_BOTTOM - y) / _WRITTEN_LINE)) + 1):
        rule(pdf, panel.left, y + place * _WRITTEN_LINE, panel.width)
