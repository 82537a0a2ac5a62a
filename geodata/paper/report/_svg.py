"""The pictures of a report as SVG, each with its legend, for a document that draws nothing itself.

Millimetres of paper, as wide as the text of a page.
"""

from collections.abc import Iterable
from typing import Final

from geodata import french
from geodata.paper import _layout, _report_map
from geodata.paper.map_picture import svg_swatch, svg_text
from geodata.paper.report._blocks import Map, Weeks
from geodata.paper.report._places import towns
from geodata.situation import shades

_LETTER_MM: Final = 1.75
_WORDS_MM: Final = 3.5
_LINE_MM: Final = 6
_GAP_MM: Final = 5
_COLUMN, _ROW, _HOURS_MM, _HEAD_MM = 10.6, 7.4, 9, 13
_BOLD_ON_WHITE: Final = (
    'font-weight="700" text-anchor="middle" stroke="#ffffff" stroke-width="0.8" '
    'stroke-linejoin="round" paint-order="stroke"'
)
_MIDDLE: Final = 'text-anchor="middle"'
_WHITE: Final = f'{_MIDDLE} style="fill:#ffffff"'


def of_map(block: Map) -> tuple[str, float]:
    """Return a map with its legend below, and how tall it is."""
    planned, factor = block.plan, block.height / block.plan.height
    left = (_layout.WIDTH - factor * planned.width) / 2
    ground = "".join(
        f'<path d="M{_pairs(ring)}Z" fill="{fill}"/>'
        for _, fill, ring in _report_map.painted(planned, block.fills)
    )
    over = _report_map.lines(planned, block.fills, block.services, factor=factor)
    names = [
        svg_text(name, left + factor * x, factor * y + 1.2, 3.3, _BOLD_ON_WHITE)
        for name, x, y in towns(block)
    ]
    bars = [
        svg_text(text, left + factor * (frame.box[0] + length) + 1.5, factor * frame.box[3] - 2, 3)
        for frame in planned.frames
        for length, text in [frame.bar()]
    ]
    legend, height = _legend(block.legend, block.height + 4)
    land = (
        f'<g transform="translate({left:.2f},0) scale({factor:.4f})"><g stroke="#8a8290" '
        f'stroke-width="{0.07 / factor:.3f}">{ground}</g>{over}</g>'
    )
    parts = (
        land,
        *names,
        *bars,
        *legend,
    )
    return _picture(parts, height), height


def of_weeks(block: Weeks) -> tuple[str, float]:
    """Return two weeks side by side with their legend below, and how tall they are."""
    parts: list[str] = []
    for place, week in enumerate(block.weeks):
        left = place * (_layout.WIDTH - 7 * _COLUMN) + _HOURS_MM * (1 - place)
        parts.append(
            svg_text(week.name, left + 3.5 * _COLUMN, 4, 4.6, f'font-weight="700" {_MIDDLE}')
        )
        parts += [
            svg_text(f"{name[:3]}.", left + (day + 0.5) * _COLUMN, _HEAD_MM - 2, 3.3, _MIDDLE)
            for day, name in enumerate(french.WEEKDAYS)
        ]
        parts += [
            svg_text(f"{hour} h", left - 5, _HEAD_MM + (hour + 0.5) * _ROW + 1, 2.8, _MIDDLE)
            for hour in range(24)
        ]
        cells = "".join(
            f'<path d="M{_pairs(ring)}Z" fill="{fill}"/>'
            for fill, ring in _report_map.week_cells(week.fills, column=_COLUMN, row=_ROW)
        )
        lines = _report_map.week_lines(week.fills, column=_COLUMN, row=_ROW)
        parts.append(f'<g transform="translate({left},{_HEAD_MM})">{cells}{lines}</g>')
        for (day, hour), text in week.cells.items():
            fill = week.fills[day, hour]
            look = _WHITE if fill in shades.DARK else _MIDDLE
            look = _BOLD_ON_WHITE if fill == shades.HATCHED else look
            x, y = left + (day + 0.5) * _COLUMN, _HEAD_MM + (hour + 0.5) * _ROW + 1.1
            parts.append(svg_text(text, x, y, 3.3, look))
    legend, height = _legend(block.legend, _HEAD_MM + 24 * _ROW + 5)
    return _picture((*parts, *legend), height), height


def _legend(entries: Iterable[tuple[str, str]], top: float) -> tuple[list[str], float]:
    """Return colours and their words in as many lines as they need, and where the last ends."""
    parts, x, y = [], 0.0, top + 2
    for fill, text in entries:
        wide = 8 + _LETTER_MM * len(text)
        if x and x + wide > _layout.WIDTH:
            x, y = 0.0, y + _LINE_MM
        parts.append(f'<g transform="translate({x:.2f},{y - 1.2:.2f})">{svg_swatch(fill)}</g>')
        parts.append(svg_text(text, x + 7.5, y, _WORDS_MM))
        x += wide + _GAP_MM
    return parts, y + 2


def _picture(parts: Iterable[str], height: float) -> str:
    width = _layout.WIDTH
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height:.2f}mm" '
        f'viewBox="0 0 {width} {height:.2f}" font-family="\'PT Sans\', sans-serif">'
        f"{''.join(parts)}</svg>"
    )


def _pairs(ring: Iterable[tuple[float, float]]) -> str:
    return "L".join(f"{x:.2f},{y:.2f}" for x, y in ring)
