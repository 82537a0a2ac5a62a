"""A map as a picture to put into a document: with its title, legend, sources and date.

SVG, A4 landscape in mm, whose texts stay texts; `to_png` draws the same in pixels. Only public
places are drawn.
"""

import math
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import fontpkg_pt_sans
import geopandas as gpd
import pandas as pd
import resvg_py

from geodata import communes
from geodata.paper import _report_map
from geodata.situation.shades import HATCHED

WIDTH_MM, HEIGHT_MM = 297, 210
PNG_WIDTH: Final = 2000

_MARGIN: Final = 10
_MAP: Final = (195.0, 158.0)
_TOP: Final = 30
_SIDE: Final = 214
_SIDE_CHARACTERS: Final = 42
_FOOT_CHARACTERS: Final = 165
_TITLE_CHARACTERS: Final = 88
_SIGNS_MM: Final = ((150, 4.6), (600, 3.0), (3_000, 2.0))
"""How large signs are where there are at most so many."""
_SMALLEST_MM: Final = 1.2
_MOST_TURNS: Final = 12
_TOWNS: Final = 14
_MOST_OUTLINED: Final = 3_000
_LAND, _EDGE, _INK, _QUIET = "#f6f3ee", "#cfc8bf", "#1f1a24", "#55505a"
_SPACES: Final = "\u00a0\u202f"
_SIZE: Final = re.compile(r' width="[^"]*" height="[^"]*"')
_FONTS: Final = fontpkg_pt_sans.ROOT / "files"


@dataclass(frozen=True)
class Words:
    """What stands around a map: `side`, between title and legend; `foot`, sources and date."""

    title: str
    side: Sequence[str]
    foot: Sequence[str]


def of_places(
    places: gpd.GeoSeries, signs: Mapping[str, str], key: Sequence[tuple[str, str]],
    territory: Sequence[str], words: Words,
) -> bytes:  # fmt: skip
    """Draw places by their signs on the communes of a territory, as SVG.

    Args:
        places: points, EPSG:4326, that may be public.
        signs: the sign of each as an SVG of its own, with width, height and `viewBox`.
        key: signs and what they mean.
        territory: codes of départements.
        words: what stands around the map.
    """
    planned = _plan(communes.read_communes(territory))
    land = pd.Series(_LAND, index=planned.outlines.index)
    edged = len(land) <= _MOST_OUTLINED
    found = _report_map.positions(planned, places.dropna())
    size = next((size for most, size in _SIGNS_MM if len(found) <= most), _SMALLEST_MM)
    marks = "".join(_placed(signs[name], x, y, size) for name, x, y in _apart(found, size / 2))
    legend = [(_placed(sign, 2.5, 0, 5), text) for sign, text in key]
    return _picture(planned, land, marks, None, legend, words, edge=_EDGE if edged else "none")


def of_fills(
    rows: gpd.GeoDataFrame,
    fills: pd.Series,
    services: gpd.GeoDataFrame,
    key: Sequence[tuple[str, str]],
    words: Words,
) -> bytes:
    """Draw communes by colour (a colour, or `HATCHED`) and the services that count, as SVG.

    Args:
        rows: communes, as `communes.read_communes` gives them.
        fills: the colour of each; white where it is missing.
        services: those that count.
        key: colours and what they mean.
        words: what stands around the map.
    """
    planned = _plan(rows)
    legend = [(svg_swatch(fill), text) for fill, text in key]
    return _picture(planned, fills.reindex(planned.outlines.index, fill_value="#ffffff"), "",
                    services, legend, words, edge="#8a8290")  # fmt: skip


def to_png(svg: bytes, width: int = PNG_WIDTH) -> bytes:
    """Draw an SVG in pixels, `width` of them wide."""
    return resvg_py.svg_to_bytes(
        svg_string=svg.decode(),
        dpi=96,  # without it a millimetre is nothing
        width=width,
        background="#ffffff",
        skip_system_fonts=True,
        font_files=[str(_FONTS / f"PT_Sans-Web-{style}.ttf") for style in ("Regular", "Bold")],
        sans_serif_family="PT Sans",
    )


# --- the map ------------------------------------------------------------------------------


def _plan(rows: gpd.GeoDataFrame) -> _report_map.Plan:
    return _report_map.plan(rows, width=_MAP[0], height=_MAP[1])


def _picture(
    planned: _report_map.Plan,
    fills: pd.Series,
    marks: str,
    services: gpd.GeoDataFrame | None,
    legend: Sequence[tuple[str, str]],
    words: Words,
    *,
    edge: str,
) -> bytes:
    ground = "".join(
        f'<path d="M{_pairs(ring)}Z" fill="{fill}"/>'
        for _, fill, ring in _report_map.painted(planned, fills)
    )
    # Not as a picture inside the picture: drawing that takes three times as long.
    over = _report_map.lines(planned, fills, services)
    towns = "".join(_town(*town) for town in _report_map.named(planned, factor=1, most=_TOWNS))
    bars = "".join(
        svg_text(text, frame.box[0] + length + 1.5, frame.box[3] - 1.2, 3)
        for frame in planned.frames
        for length, text in [frame.bar()]
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" '
        f'viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}" role="img" lang="fr" '
        "font-family=\"'PT Sans', 'Liberation Sans', Arial, sans-serif\">"
        f"<title>{escape(words.title)}</title><desc>{escape(' '.join(words.side))}</desc>"
        f'<rect width="{WIDTH_MM}" height="{HEIGHT_MM}" fill="#ffffff"/>'
        f'<g transform="translate({_MARGIN},{_TOP})"><g stroke="{edge}" stroke-width="0.09" '
        f'stroke-linejoin="round">{ground}</g>{over}{towns}{marks}{bars}</g>'
        f"{''.join(_around(legend, words))}</svg>"
    )
    return svg.encode()


def _apart(
    found: Iterable[tuple[str, float, float]], apart: float
) -> Iterator[tuple[str, float, float]]:
    """Spread signs that would hide one another, in turns around the place they share.

    Those of the last turn may hide one another: further away they would tell a wrong place.
    """
    taken: Counter[tuple[int, int]] = Counter()
    for name, x, y in found:
        place = round(x / apart), round(y / apart)
        turn = min(taken[place], _MOST_TURNS)
        taken[place] += 1
        away = 1.3 * apart * math.sqrt(turn)
        angle = turn * math.pi * (3 - math.sqrt(5))
        yield name, x + away * math.cos(angle), y + away * math.sin(angle)


def _town(name: str, x: float, y: float) -> str:
    halo = 'stroke="#ffffff" stroke-width="0.9" stroke-linejoin="round" paint-order="stroke"'
    return svg_text(name, x, y + 4.6, 3, f'text-anchor="middle" {halo}', quiet=True)


# --- what stands around it ----------------------------------------------------------------


def _around(legend: Sequence[tuple[str, str]], words: Words) -> Iterator[str]:
    y = 15.0
    for line in textwrap.wrap(words.title, _TITLE_CHARACTERS, max_lines=2, placeholder=" …"):
        yield svg_text(line, _MARGIN, y, 6, 'font-weight="700"')
        y += 7.5
    y = float(_TOP + 4)
    for text in words.side:
        for line in textwrap.wrap(text, _SIDE_CHARACTERS):
            yield svg_text(line, _SIDE, y, 3.7)
            y += 5
        y += 2
    y += 1
    for swatch, text in legend:
        lines = textwrap.wrap(text, _SIDE_CHARACTERS - 8)
        yield f'<g transform="translate({_SIDE},{y - 1.3})">{swatch}</g>'
        for line in lines:
            yield svg_text(line, _SIDE + 8, y, 3.5)
            y += 4.6
        y += 1.6
    foot = [line for text in words.foot for line in textwrap.wrap(text, _FOOT_CHARACTERS)]
    for number, line in enumerate(foot):
        yield svg_text(line, _MARGIN, HEIGHT_MM - 5 - 4 * (len(foot) - 1 - number), 3, quiet=True)


def svg_text(
    words: str, x: float, y: float, size: float, more: str = "", *, quiet: bool = False
) -> str:
    """Write words as SVG; `more`: further attributes."""
    colour = _QUIET if quiet else _INK
    plain = "".join(sign if sign.isprintable() or sign in _SPACES else " " for sign in words)
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size}" fill="{colour}" {more}>'
        f"{escape(plain)}</text>"
    )


def _placed(sign: str, x: float, y: float, size: float) -> str:
    """Return a sign, an SVG of its own, centred on a point."""
    corner = f'x="{x - size / 2:.2f}" y="{y - size / 2:.2f}" width="{size}" height="{size}"'
    return _SIZE.sub(f" {corner}", sign, count=1)


def svg_swatch(fill: str) -> str:
    """Draw the colour of a legend, 6 mm wide, in the middle of the line that begins at (0, 0)."""
    white = "#ffffff" if fill == HATCHED else fill
    lines = "M0,2.2L2.4,-2M2,2.2L4.4,-2" if fill == HATCHED else ""
    return (
        f'<rect y="-2" width="6" height="4.2" fill="{white}" stroke="#8a8290" stroke-width="0.2"/>'
        f'<path d="{lines}" stroke="#6b6374" stroke-width="0.3"/>'
    )


def _pairs(ring: Iterable[tuple[float, float]]) -> str:
    return "L".join(f"{x:.2f},{y:.2f}" for x, y in ring)
