"""A report as a PDF: A4, readable in grey, every picture told in words."""

from collections.abc import Iterable, Sequence
from typing import Final

from geodata import french
from geodata.paper import _layout, _report_map
from geodata.paper._scripts import Paper
from geodata.paper._typesetting import GREY, INK, Text
from geodata.paper.report._blocks import (
    Block,
    Bullets,
    Figures,
    Heading,
    Map,
    NewPage,
    Paragraph,
    Size,
    Table,
    Title,
    Week,
    Weeks,
)
from geodata.paper.report._material import Material
from geodata.paper.report._places import towns
from geodata.situation import shades, words

_FIGURE: Final = 28
_COLUMN, _ROW, _HOURS_MM = 10.6, 7.4, 9


def begin(material: Material) -> Paper:
    """Return a document without pages."""
    subject = words.asked(material.situation.question)
    return _layout.pages(material.title, subject, material.now)


def end(pdf: Paper, material: Material) -> bytes:
    """Number the pages and return the file."""
    _layout.number_pages(pdf, material.foot)
    return bytes(pdf.output())


def write(pdf: Paper, blocks: Iterable[Block]) -> None:  # noqa: C901, one case a block
    """Write a chapter."""
    for block in blocks:
        match block:
            case Title():
                _layout.chapter(pdf, block.text)
            case Heading():
                _layout.section(pdf, block.text, room=block.room)
            case NewPage():
                pdf.add_page()
            case Paragraph():
                _layout.paragraph(
                    pdf,
                    block.text,
                    points=block.size.value,
                    style="B" if block.bold else "",
                    quiet=block.size is Size.NOTE,
                )
            case Bullets():
                _layout.bullets(pdf, block.texts, points=block.size.value)
            case Figures():
                pdf.ln(2)
                _layout.columns(pdf, [_figures(*column) for column in block.columns])
            case Table():
                _layout.need(pdf, block.room)
                _layout.table(
                    pdf,
                    block.head,
                    block.rows,
                    widths=block.widths,
                    numbers=block.numbers,
                    points=block.points,
                )
            case Map():
                _map(pdf, block)
            case Weeks():
                _weeks(pdf, block)


def _figures(name: str, figures: Sequence[tuple[str, str]]) -> list[Text]:
    head = [Text(name, 13, "B", grey=GREY)] if name else []
    return head + [
        text
        for figure, people in figures
        for text in (Text(figure, _FIGURE, "B"), Text(people, 13))
    ]


def _map(pdf: Paper, block: Map) -> None:
    with _layout.told(pdf, block.words):
        _drawn(pdf, block)
    _layout.swatches(pdf, block.legend, hatched=shades.HATCHED)
    _layout.paragraph(pdf, block.note, points=_layout.SMALL, quiet=True)


def _drawn(pdf: Paper, block: Map) -> None:
    """Draw a map centred, with the names of towns."""
    planned, height = block.plan, block.height
    factor = height / planned.height
    left, top = _layout.MARGIN + (_layout.WIDTH - factor * planned.width) / 2, pdf.get_y()
    rings = ((colour, ring) for _, colour, ring in _report_map.painted(planned, block.fills))
    _layout.fill(pdf, rings, left=left, top=top, factor=factor)
    svg = _report_map.lines_svg(planned, block.fills, block.services, factor=factor)
    width = factor * planned.width
    _layout.picture(pdf, svg, x=left, width=width, height=height)
    points = 9.5 if factor == 1 else 8
    for name, x, y in towns(block):
        x_mm, y_mm = left + factor * x, top + factor * y
        _layout.label(pdf, name, x=x_mm, y=y_mm, points=points, style="B", plate=True)
    for frame in planned.frames:
        length, text = frame.bar()
        x_mm = left + factor * (frame.box[0] + length) + 7
        _layout.label(pdf, text, x=x_mm, y=top + factor * (frame.box[3] - 2) - 0.6)
    pdf.set_xy(_layout.MARGIN, top + height + 2)


def _weeks(pdf: Paper, block: Weeks) -> None:
    top = pdf.get_y() + 12
    for place, week in enumerate(block.weeks):
        left = _layout.MARGIN + place * (_layout.WIDTH - 7 * _COLUMN) + _HOURS_MM * (1 - place)
        with _layout.told(pdf, week.words):
            pdf.set_y(top)
            _week(pdf, week, left, top)
    pdf.set_xy(_layout.MARGIN, top + 24 * _ROW + 4)
    _layout.swatches(pdf, block.legend, hatched=shades.HATCHED)


def _week(pdf: Paper, week: Week, left: float, top: float) -> None:
    fills = week.fills
    _layout.fill(pdf, _report_map.week_cells(fills, column=_COLUMN, row=_ROW), left=left, top=top)
    svg = _report_map.week_svg(fills, column=_COLUMN, row=_ROW)
    _layout.picture(pdf, svg, x=left, width=7 * _COLUMN, height=24 * _ROW)
    _layout.label(pdf, week.name, x=left + 3.5 * _COLUMN, y=top - 9, points=13, style="B")
    for day, name in enumerate(french.WEEKDAYS):
        _layout.label(pdf, f"{name[:3]}.", x=left + (day + 0.5) * _COLUMN, y=top - 3)
    for hour in range(24):
        _layout.label(pdf, f"{hour} h", x=left - 5, y=top + (hour + 0.5) * _ROW, points=8)
    for (day, hour), text in week.cells.items():
        fill = fills[day, hour]
        _layout.label(
            pdf,
            text,
            x=left + (day + 0.5) * _COLUMN,
            y=top + (hour + 0.5) * _ROW,
            grey=255 if fill in shades.DARK else INK,
            plate=fill == shades.HATCHED,
        )
