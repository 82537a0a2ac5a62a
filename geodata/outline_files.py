"""Read the outlines, lines and points of a GeoJSON file that another program made (RFC 7946).

A feature that cannot be used is left out and told, the others are read. Coordinates are WGS 84
degrees, longitude first; where the file itself names another projection (QGIS and ogr2ogr write a
member `crs`), they are converted. Heights are dropped.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geodata.tables import UnreadableFile
from geodata.text import fold

MOST_BYTES: Final = 20 * 1024**2
MOST_FEATURES: Final = 5_000
_MOST_CORNERS: Final = 1_500_000
_WGS84: Final = "EPSG:4326"
# In the order of their worth: the first that has a text names the feature.
_NAMES: Final = (
    *("nom", "name", "libelle", "label", "territoire", "quartier", "canton", "bassin"),
    *("nom officiel", "libgeo", "nom quartier", "nom qp", "lib qp", "lib canton", "nom canton"),
    *("nom bv", "lib bv", "libbv2022", "bv2022 libelle", "title", "titre"),
)
# Where the départements are, with the sea around them: west, south, east, north.
_FRANCE: Final = (
    *((-6.0, 41.0, 10.0, 51.5), (-63.5, 14.0, -60.5, 18.5), (-55.0, 2.0, -51.0, 6.5)),
    *((55.0, -21.6, 56.1, -20.6), (44.8, -13.2, 45.5, -12.4), (-56.7, 46.5, -55.9, 47.4)),
    *((-180.0, -30.0, -134.0, -7.0), (158.0, -23.0, 172.5, -17.0)),
)


@dataclass(frozen=True, eq=False)
class Outlines:
    """What a file holds.

    `features`: `nom`, `properties` (a mapping, as the file has it) and `geometry` (EPSG:4326).
    `problems`: a French sentence for each feature that is left out, and on how the file was read.
    """

    features: gpd.GeoDataFrame
    problems: tuple[str, ...]


def is_json(content: bytes) -> bool:
    """Say whether a file may be GeoJSON rather than a table."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def read(content: bytes) -> Outlines:
    """Read a GeoJSON file: a collection of features, one feature, or a bare geometry.

    Raises UnreadableFile, in French: too large, no GeoJSON, or nothing in it that can be used.
    """
    whole = _parsed(content)
    problems: list[str] = []
    convert = _conversion(whole, problems)
    names, shapes, properties = [], [], []
    seen: dict[str, int] = {}
    corners = 0
    for number, feature in enumerate(_features(whole), start=1):
        known = feature.get("properties")
        known = known if isinstance(known, dict) else {}
        name = _name(known, number, seen)
        try:
            shape = _shape(feature.get("geometry"), convert)
            corners += int(shapely.get_num_coordinates(shape))
            if corners > _MOST_CORNERS:
                raise UnreadableFile(
                    "Ces contours ont trop de points : les simplifier (dans QGIS : Vecteur > "
                    "Outils de géométrie > Simplifier), ou n’en garder que votre territoire."
                )
        except _Refused as refused:
            problems.append(f"Élément {number}, « {name} » : {refused}")
            continue
        names.append(name)
        shapes.append(shape)
        properties.append(known)
    if not shapes:
        why = f" {problems[0]}" if problems else " Il ne contient aucun élément."
        raise UnreadableFile(f"Aucun contour de ce fichier ne peut être lu.{why}")
    frame = gpd.GeoDataFrame({"nom": names, "properties": properties}, geometry=shapes, crs=_WGS84)
    return Outlines(frame, tuple(problems))


class _Refused(ValueError):
    """A feature that cannot be used; the message is French."""


def _parsed(content: bytes) -> Mapping[str, Any]:
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            f"Le fichier fait {len(content) // 1_000_000} Mo : {MOST_BYTES // 1024**2} Mo au plus. "
            "N’y garder que votre territoire, ou simplifier les contours (dans QGIS : Vecteur > "
            "Outils de géométrie > Simplifier)."
        )
    if not content.strip():
        raise UnreadableFile("Le fichier est vide.")
    try:
        whole = json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError:
        raise UnreadableFile(
            "Ce fichier n’est pas en UTF-8 : l’enregistrer en UTF-8 depuis le programme de cartes."
        ) from None
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            f"Ce n’est pas un GeoJSON lisible (ligne {error.lineno}, colonne {error.colno}) : "
            "le fichier est peut-être coupé. L’enregistrer à nouveau."
        ) from None
    except (RecursionError, ValueError):
        raise UnreadableFile("Ce n’est pas un GeoJSON lisible.") from None
    if not isinstance(whole, dict) or "type" not in whole:
        raise UnreadableFile(
            "Ce fichier JSON n’est pas du GeoJSON : l’exporter au format GeoJSON (dans QGIS : "
            "Exporter > Sauvegarder les entités sous)."
        )
    if whole["type"] == "Topology":
        raise UnreadableFile("Ce fichier est du TopoJSON : l’exporter en GeoJSON.")
    return whole


def _features(whole: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    kind = whole["type"]
    if kind == "FeatureCollection":
        features = whole.get("features")
        if not isinstance(features, list) or not features:
            raise UnreadableFile("Ce GeoJSON ne contient aucun élément.")
        if len(features) > MOST_FEATURES:
            raise UnreadableFile(
                f"Ce fichier a {len(features)} éléments : {MOST_FEATURES} au plus. N’y garder que "
                "votre territoire."
            )
        yield from (one if isinstance(one, dict) else {} for one in features)
    elif kind == "Feature":
        yield whole
    else:
        yield {"geometry": whole}


def _conversion(whole: Mapping[str, Any], problems: list[str]) -> pyproj.Transformer | None:
    """Return what converts the file's own projection to degrees; None where they are degrees."""
    crs = whole.get("crs")
    if not isinstance(crs, dict):
        return None
    properties = crs.get("properties")
    named = properties.get("name") if isinstance(properties, dict) else None
    try:
        source = pyproj.CRS.from_user_input(str(named))
    except pyproj.exceptions.CRSError:
        raise UnreadableFile(
            f"Ce fichier dit une projection que nous ne connaissons pas (« {str(named)[:40]} ») : "
            "l’enregistrer en WGS 84 (EPSG:4326)."
        ) from None
    if source.is_geographic:
        return None  # GeoJSON writes longitude first, whatever the definition says
    problems.append(f"Coordonnées converties en WGS 84, depuis {source.name}.")
    return pyproj.Transformer.from_crs(source, _WGS84, always_xy=True)


def _name(known: Mapping[str, Any], number: int, seen: dict[str, int]) -> str:
    """Return the feature's name; two of one name are told apart by a number."""
    folded = {fold(str(key)): value for key, value in known.items()}
    texts = [str(folded[key]) for key in _NAMES if isinstance(folded.get(key), str | int)]
    texts += [text for text in known.values() if isinstance(text, str) and len(text) < 80]
    texts = [" ".join(text.split()) for text in texts if any(map(str.isalnum, text))]
    name = next(iter(texts), f"Contour {number}")
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name} ({seen[name]})"


def _shape(written: object, convert: pyproj.Transformer | None) -> shapely.Geometry:
    """Return a geometry in degrees. Raises _Refused, in French."""
    if not isinstance(written, dict) or not written.get("type"):
        raise _Refused("aucun contour. Il est laissé de côté.")
    try:
        shape = shapely.from_geojson(json.dumps(written), on_invalid="ignore")
    except (shapely.errors.GEOSException, RecursionError):
        shape = None
    if shape is None or shape.is_empty:
        raise _Refused("le contour est vide ou abîmé. Il est laissé de côté.")
    shape = shapely.force_2d(shape)
    if isinstance(shape, shapely.GeometryCollection) and _all_areal(shape):
        shape = shapely.MultiPolygon(list(shapely.get_parts(shapely.get_parts(shape))))
    xy = shapely.get_coordinates(shape)
    if convert is not None:
        shape = shapely.transform(shape, lambda xy: np.column_stack(convert.transform(*xy.T)))
        xy = shapely.get_coordinates(shape)
    if not np.isfinite(xy).all():
        raise _Refused("des coordonnées ne sont pas des nombres. Il est laissé de côté.")
    _check_place(xy)
    if not shape.is_valid:
        raise _Refused(
            f"{_crossing(shape)} Le corriger (dans QGIS : Vecteur > Outils de géométrie > Réparer "
            "les géométries) ; il est laissé de côté."
        )
    return shape


def _all_areal(shape: shapely.Geometry) -> bool:
    return bool((shapely.get_dimensions(shapely.get_parts(shape)) == 2).all())


def _check_place(xy: np.ndarray) -> None:
    """Raise _Refused where the coordinates are no degrees of France, saying what they may be."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    if _in_france(low, high):
        return
    if low[0] > 0 and high[0] < 1_400_000 and low[1] > 5_900_000 and high[1] < 7_300_000:
        raise _Refused(
            "les coordonnées sont en mètres (Lambert-93, sans doute), pas en degrés. Enregistrer "
            "le fichier en WGS 84 (EPSG:4326)."
        )
    if _in_france(low[::-1], high[::-1]):
        raise _Refused(
            "latitude et longitude sont inversées : un GeoJSON écrit la longitude d’abord. "
            "Enregistrer à nouveau le fichier en GeoJSON."
        )
    if np.abs(xy).max() > 180:
        raise _Refused(
            "les coordonnées ne sont pas des degrés. Enregistrer le fichier en WGS 84 (EPSG:4326)."
        )
    raise _Refused("ce contour n’est pas en France. Il est laissé de côté.")


def _in_france(low: np.ndarray, high: np.ndarray) -> bool:
    return any(
        west <= low[0] and high[0] <= east and south <= low[1] and high[1] <= north
        for west, south, east, north in _FRANCE
    )


def _crossing(shape: shapely.Geometry) -> str:
    """Say what is wrong with an outline, and where."""
    reason = shapely.is_valid_reason(shape)
    what = "le contour se croise" if "elf-intersection" in reason else "le contour est mal formé"
    _, bracket, place = reason.partition("[")
    where = place.rstrip("]").split() if bracket else []
    if len(where) != 2:
        return f"{what}."
    lng, lat = (f"{float(one):.4f}".replace(".", ",") for one in where)
    return f"{what} près de la longitude {lng} et de la latitude {lat}."
