"""The pictures of a report: a territory by colour, and a week hour by hour.

A picture is filled shapes, to be painted in order, and lines over them as SVG. Millimetres
from the top left corner. Each territory has its own equal-area projection
(Lambert's azimuthal, around its middle): true to about 1 in 1,000 over 400 km, overseas included.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.points import measured_points
from geodata.situation.shades import HATCHED

_FINEST_MM: Final = 0.35
_HATCH_MM: Final = 1.5
_SCALE_BAR_MM: Final = 9
_LONGEST_BAR_MM: Final = 40
_BAR_KM: Final = (100, 50, 20, 10, 5, 2, 1, 0.5, 0.2)
_MOST_TOWNS: Final = 60
_NAME_MM: Final = (30, 7)
_PAPER, _INK, _GRID = "#ffffff", "#1f1a24", "#cfc8d6"
_HATCH, _PALE_HATCH = "#6b6374", "#a29ba8"
_DOT_MM: Final = 0.95
_MARGIN_MM: Final = 2
_OVERSEAS: Final = ("97", "98")


@dataclass(frozen=True)
class Frame:
    """One stretch of land on paper: the mainland's départements together, each overseas one alone.

    `crs` is its projection; a point of it (x, y) in metres is drawn at
    (`left` + x × `mm_per_m`, `top` - y × `mm_per_m`). `box` is the room it has: left, top, right,
    bottom.
    """

    crs: str
    mm_per_m: float
    left: float
    top: float
    box: tuple[float, float, float, float]

    def placed(self, shapes: gpd.GeoSeries) -> NDArray[Any]:
        """Return shapes (EPSG:4326, none missing) as they lie on the paper."""
        metres = shapes.to_crs(self.crs).to_numpy()
        factor, corner = [self.mm_per_m, -self.mm_per_m], [self.left, self.top]
        return np.asarray(shapely.transform(metres, lambda xy: xy * factor + corner))

    def bar(self) -> tuple[float, str]:
        """Return the scale bar: its length in mm, and what it stands for."""
        lengths = ((1000 * km * self.mm_per_m, km) for km in _BAR_KM)
        length, km = next((pair for pair in lengths if pair[0] <= _LONGEST_BAR_MM), (0.0, 0.0))
        return length, f"{km:g} km".replace(".", ",")


@dataclass(frozen=True)
class Plan:
    """A territory laid out on paper.

    Attributes:
        width, height: mm.
        frames: at least one, unless no commune has an outline.
        outlines: those of the communes that have one, simplified together: a valid coverage.
        borders: those of the départements.
        towns: name, x, y of the most populous, in that order.
    """

    width: float
    height: float
    frames: tuple[Frame, ...]
    outlines: gpd.GeoSeries
    borders: NDArray[Any]
    towns: tuple[tuple[str, float, float], ...]


def plan(rows: gpd.GeoDataFrame, *, width: float, height: float) -> Plan:
    """Lay out communes (`nom`, `departement`, `population`, `geometry`) as large as there is room.

    Communes without an outline are left out.
    """
    drawn = rows[rows.geometry.notna() & ~rows.geometry.is_empty]
    lands = drawn["departement"].map(lambda code: code if code.startswith(_OVERSEAS) else "")
    frames, outlines = [], []
    groups = list(drawn.groupby(lands))
    for (_, land), box in zip(groups, _boxes(len(groups), width, height), strict=True):
        frame = _frame(land.geometry, box)
        shapes = shapely.coverage_simplify(frame.placed(land.geometry), _FINEST_MM)
        frames.append(frame)
        outlines.append(pd.Series(shapes, index=land.index))
    placed = pd.concat(outlines) if outlines else pd.Series(dtype=object)
    shapes = gpd.GeoSeries(placed.reindex(drawn.index), index=drawn.index)
    borders = [
        shapely.boundary(shapely.coverage_union_all(shapes[own.index].to_numpy()))
        for _, own in drawn.groupby("departement")
    ]
    towns = tuple(_towns(drawn, shapes))
    return Plan(width, height, tuple(frames), shapes, np.asarray(borders), towns)


def named(planned: Plan, *, factor: float, most: int) -> list[tuple[str, float, float]]:
    """Return the largest towns whose names do not touch when the plan is drawn at `factor`."""
    wide, tall = (size / factor for size in _NAME_MM)
    kept: list[tuple[str, float, float]] = []
    for town in planned.towns:
        _, x, y = town
        if all(abs(x - other[1]) > wide or abs(y - other[2]) > tall for other in kept):
            kept.append(town)
    return kept[:most]


def dots(planned: Plan, services: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    """Return where the services are drawn: places that are public, in a frame, and no others."""
    shown = services[services.geometry.notna()]
    points = measured_points(shown).dropna()
    return [(x, y) for _, x, y in positions(planned, points)]


def positions(planned: Plan, points: gpd.GeoSeries) -> list[tuple[str, float, float]]:
    """Return where points (EPSG:4326, none missing) are drawn that lie in a frame, by their id."""
    found: list[tuple[str, float, float]] = []
    for frame in planned.frames:
        left, top, right, bottom = frame.box
        xy = shapely.get_coordinates(frame.placed(points)) if len(points) else np.empty((0, 2))
        inside = (xy > [left, top]).all(axis=1) & (xy < [right, bottom]).all(axis=1)
        ids = points.index[inside]
        found += [(str(key), x, y) for key, (x, y) in zip(ids, xy[inside].tolist(), strict=True)]
    return found


Ring = list[tuple[float, float]]


def painted(planned: Plan, fills: pd.Series) -> Iterator[tuple[str, str, Ring]]:
    """Return what to fill, in order: a commune's code, a colour, a ring without its closing point.

    Larger parts come before smaller ones, and a part before its holes, which are filled in white:
    what lies in a hole is painted over it.
    """
    parts, owners = shapely.get_parts(planned.outlines.to_numpy(), return_index=True)
    codes = planned.outlines.index[owners]
    colours = fills.reindex(codes).replace(HATCHED, _PAPER).to_numpy()
    for place in np.argsort(-shapely.area(parts), kind="stable"):
        code, part = str(codes[place]), parts[place]
        yield code, str(colours[place]), part.exterior.coords[:-1]
        for hole in part.interiors:
            yield code, _PAPER, hole.coords[:-1]


def lines_svg(
    planned: Plan, fills: pd.Series, services: gpd.GeoDataFrame | None, *, factor: float = 1
) -> str:
    """Draw what lies over the communes as a picture of its own: `lines`."""
    return _svg(planned.width, planned.height, [lines(planned, fills, services, factor=factor)])


def lines(
    planned: Plan, fills: pd.Series, services: gpd.GeoDataFrame | None, *, factor: float = 1
) -> str:
    """Draw what lies over the communes: hatching, borders of départements, services, scale bars.

    Lines and dots are as large on paper whatever `factor` the picture is then drawn at.
    """
    hatched = planned.outlines[fills.reindex(planned.outlines.index) == HATCHED].to_numpy()
    parts = []
    if len(hatched):
        hatching = _hatching(shapely.coverage_union_all(hatched), _HATCH_MM / factor)
        parts.append(_stroked("hachures", _lines_d(hatching), _HATCH, 0.3 / factor))
    parts.append(_stroked("departements", _lines_d(planned.borders), _INK, 0.4 / factor))
    parts += [
        f'<circle class="service" cx="{x:.2f}" cy="{y:.2f}" r="{_DOT_MM / factor:.2f}" '
        f'fill="{_PAPER}" stroke="{_INK}" stroke-width="{0.5 / factor:.2f}"/>'
        for x, y in (() if services is None else dots(planned, services))
    ]
    for frame in planned.frames:
        x, y, length = frame.box[0], frame.box[3] - 2, frame.bar()[0]
        bar = f"M{x:.2f},{y - 1.2:.2f}V{y:.2f}H{x + length:.2f}V{y - 1.2:.2f}"
        parts.append(_stroked("echelle", bar, _INK, 0.4 / factor))
    return "".join(parts)


def week_cells(
    fills: Mapping[tuple[int, int], str], *, column: float, row: float
) -> Iterator[tuple[str, Ring]]:
    """Return the hours of a week to fill: a colour and a ring, of `column` × `row` mm each."""
    for (day, hour), fill in fills.items():
        left, top = day * column, hour * row
        right, bottom = left + column, top + row
        ring = [(left, top), (right, top), (right, bottom), (left, bottom)]
        yield _PAPER if fill == HATCHED else fill, ring


def week_svg(fills: Mapping[tuple[int, int], str], *, column: float, row: float) -> str:
    """Draw what lies over the hours of a week as a picture of its own: `week_lines`."""
    return _svg(7 * column, 24 * row, [week_lines(fills, column=column, row=row)])


def week_lines(fills: Mapping[tuple[int, int], str], *, column: float, row: float) -> str:
    """Draw what lies over the hours of a week: hatching, and lines between them."""
    hatched = [
        shapely.box(day * column, hour * row, (day + 1) * column, (hour + 1) * row)
        for (day, hour), fill in fills.items()
        if fill == HATCHED
    ]
    width, height = 7 * column, 24 * row
    parts = []
    if hatched:
        hatching = _hatching(shapely.union_all(hatched), _HATCH_MM)
        parts.append(_stroked("hachures", _lines_d(hatching), _PALE_HATCH, 0.25))
    across = "".join(f"M0,{hour * row:.2f}H{width:.2f}" for hour in range(25))
    down = "".join(f"M{day * column:.2f},0V{height:.2f}" for day in range(8))
    parts.append(_stroked("grille", across + down, _GRID, 0.3))
    return "".join(parts)


# --- laying out ---------------------------------------------------------------------------


def _boxes(number: int, width: float, height: float) -> Iterator[tuple[float, float, float, float]]:
    """Share the paper out: as many columns as rows, or one more."""
    columns = int(np.ceil(np.sqrt(number))) or 1
    rows = -(-number // columns) or 1
    wide, tall = width / columns, height / rows
    for place in range(number):
        row, column = divmod(place, columns)
        yield column * wide, row * tall, (column + 1) * wide, (row + 1) * tall


def _frame(outlines: gpd.GeoSeries, box: tuple[float, float, float, float]) -> Frame:
    west, south, east, north = outlines.total_bounds
    crs = f"+proj=laea +lat_0={(south + north) / 2:.4f} +lon_0={(west + east) / 2:.4f}"
    left, bottom, right, top = outlines.to_crs(crs).total_bounds
    x, y, x_end, y_end = box
    wide, tall = x_end - x - 2 * _MARGIN_MM, y_end - y - _SCALE_BAR_MM - _MARGIN_MM
    factor = min(wide / max(right - left, 1), tall / max(top - bottom, 1))
    middle_x, middle_y = (x + x_end) / 2, y + _MARGIN_MM + tall / 2
    return Frame(
        crs,
        factor,
        middle_x - factor * (left + right) / 2,
        middle_y + factor * (top + bottom) / 2,
        box,
    )


def _towns(rows: gpd.GeoDataFrame, shapes: gpd.GeoSeries) -> Iterator[tuple[str, float, float]]:
    peopled = rows.dropna(subset=["population"])
    largest = peopled.sort_values("population", ascending=False, kind="stable").head(_MOST_TOWNS)
    for code, name in largest["nom"].items():
        (x, y) = shapely.get_coordinates(shapely.point_on_surface(shapes[code]))[0].tolist()
        yield str(name), x, y


# --- writing SVG --------------------------------------------------------------------------


def _svg(width: float, height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}">{"".join(parts)}</svg>'
    )


def _stroked(kind: str, d: str, colour: str, width: float) -> str:
    return f'<path class="{kind}" d="{d}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _lines_d(lines: Any) -> str:
    """Write a line, or several."""
    return "".join(f"M{_pairs(line.coords)}" for line in shapely.get_parts(lines))


def _pairs(coordinates: Iterable[tuple[float, float]]) -> str:
    return "L".join(f"{x:.2f},{y:.2f}" for x, y in coordinates)


def _hatching(shape: Any, apart: float) -> Any:
    """Return parallel lines over a shape, `apart` mm sideways, at 45 degrees."""
    left, top, right, bottom = shapely.bounds(shape)
    first, last = np.floor((left + top) / apart), np.ceil((right + bottom) / apart)
    sums = np.arange(first, last + 1) * apart
    ends = [[(total - bottom, bottom), (total - top, top)] for total in sums]
    crossed = shapely.get_parts(
        shapely.intersection(shapely.multilinestrings(shapely.linestrings(ends)), shape)
    )
    lines = shapely.get_type_id(crossed) == shapely.GeometryType.LINESTRING
    return shapely.multilinestrings(crossed[lines])
