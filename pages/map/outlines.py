"""The outlines of a territory: as JSON for the map's script, and as bounds to look at.

Rings are written as steps from corner to corner, in units of `scale` to the degree: half the size
of GeoJSON, once compressed.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import geopandas as gpd
import numpy as np
import shapely

from geodata import communes

FRANCE = "france"
_OVERSEAS = ("97", "98")
_METROPOLE = (-5.2, 41.3, 9.6, 51.1)
_DECIMALS = 4  # about 10 m
_FEWER_DECIMALS = 3  # about 100 m
_MARGIN_DEGREES = 0.06
_SIMPLER_DEGREES = 0.01  # about 1 km


@lru_cache(maxsize=128)
def as_json(territory: str) -> bytes | None:
    """Return a département's communes and contour, or `france`'s départements; None if unknown.

    `{scale, communes: {features: [{properties, rings}, …]}, contour: rings}`, for France
    `{scale, features}`; rings: `[[[lng, lat, step east, step north, …], …holes], …polygons]`.
    """
    if territory == FRANCE:
        whole = _departements()
        codes = [{"code": code} for code in whole.index]
        return _json(
            {
                "scale": 10**_FEWER_DECIMALS,
                "features": _features(whole, codes, decimals=_FEWER_DECIMALS),
            }
        )
    if territory not in communes.read_departements().index:
        return None
    here = communes.read_communes([territory])
    drawn = here[here.geometry.notna()]
    properties = [
        {"code": code, "nom": name, "population": int(people), "mairie": _lng_lat(hall)}
        for code, name, people, hall in zip(
            drawn.index, drawn["nom"], drawn["population"].fillna(0), drawn["mairie"], strict=True
        )
    ]
    contour = shapely.coverage_union_all(drawn.geometry.to_numpy())
    return _json(
        {
            "scale": 10**_DECIMALS,
            "communes": {"features": _features(drawn.geometry, properties, decimals=_DECIMALS)},
            "contour": _rings(contour, decimals=_DECIMALS),
        }
    )


@lru_cache(maxsize=256)
def bounds(
    departements: tuple[str, ...], codes: tuple[str, ...] = ()
) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of these communes, else of these départements."""
    if codes:
        homes = {str(communes.read_town_halls().at[code, "departement"]) for code in codes}
        drawn = communes.read_communes(sorted(homes)).loc[list(codes)].geometry
    else:
        # Both sides of an ocean fit on no map.
        here = [code for code in departements if not code.startswith(_OVERSEAS)] or departements
        drawn = _departements()[_departements().index.isin(here)]
    drawn = drawn[drawn.notna()]
    if drawn.empty:
        return _METROPOLE
    west, south, east, north = (float(side) for side in drawn.total_bounds)
    margin = _MARGIN_DEGREES if codes else 0
    return west - margin, south - margin, east + margin, north + margin


def bounds_shown(
    places: gpd.GeoDataFrame, territory: Sequence[str], codes: Collection[str]
) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of these places and communes, with a margin.

    Without any place, those of the communes or of the territory.
    """
    # Both sides of an ocean fit on no map.
    inland = places[~places["departement"].str.startswith(_OVERSEAS)]
    shown = inland if len(inland) else places
    if shown.empty:
        return bounds(tuple(territory), tuple(codes))
    sides = [tuple(shown.total_bounds + np.multiply(_MARGIN_DEGREES, [-1, -1, 1, 1]))]
    if codes:
        sides.append(bounds(tuple(territory), tuple(codes)))
    wests, souths, easts, norths = np.transpose(sides).tolist()
    return min(wests), min(souths), max(easts), max(norths)


@lru_cache(maxsize=1)
def _departements() -> gpd.GeoSeries:
    """Return the simplified outlines of all départements."""
    everywhere = communes.read_communes()
    drawn = everywhere[everywhere.geometry.notna()]
    merged = drawn.geometry.groupby(drawn["departement"]).apply(
        lambda parts: shapely.coverage_union_all(parts.to_numpy())
    )
    simple = shapely.coverage_simplify(merged.to_numpy(), _SIMPLER_DEGREES)
    return gpd.GeoSeries(simple, index=merged.index, crs=everywhere.crs)


def _features(
    geometries: gpd.GeoSeries, properties: Sequence[Mapping[str, object]], *, decimals: int
) -> list[dict[str, object]]:
    return [
        {"properties": known, "rings": _rings(geometry, decimals=decimals)}
        for geometry, known in zip(geometries, properties, strict=True)
    ]


def _rings(geometry: shapely.Geometry, *, decimals: int) -> list[list[list[int]]]:
    return [
        [_steps(ring, decimals=decimals) for ring in (polygon.exterior, *polygon.interiors)]
        for polygon in shapely.get_parts(geometry)
    ]


def _steps(ring: shapely.LinearRing, *, decimals: int) -> list[int]:
    """Return the steps from corner to corner; corners shared by neighbours round to the same."""
    corners = np.rint(shapely.get_coordinates(ring)[:-1] * 10**decimals).astype(int)
    steps: list[int] = np.diff(corners, axis=0, prepend=[[0, 0]]).ravel().tolist()
    return steps


def _lng_lat(point: shapely.Point | None) -> list[float] | None:
    return None if point is None else [round(point.x, _DECIMALS), round(point.y, _DECIMALS)]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
