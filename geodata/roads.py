"""Minutes by car over the roads of an OpenStreetMap extract, for whoever has one.

It needs the extra `roads` (osmium, BSD-2-Clause) and a file such as Geofabrik's
`poitou-charentes-latest.osm.pbf`, a little wider than the territory: roads that leave it count.

The minutes are those of an empty road, at 0.8 times the speed limit: that of the tag or, where
there is none, one assumed for the kind of road. Lights, turns, traffic, ferries and barriers are
not counted: real trips in towns take longer.

OpenStreetMap's data are under the ODbL 1.0. Wherever these minutes are shown, `CREDIT` is shown
too, with a link to https://www.openstreetmap.org/copyright. A matrix that is handed on is a
database derived from theirs: it goes on under the same licence, and says so.
"""

import importlib
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

from geodata.communes import to_xyz
from geodata.points import measured_points, positions
from geodata.tables import UnreadableFile

CREDIT: Final = "© les contributeurs d’OpenStreetMap, licence ODbL 1.0"
SHARE_OF_LIMIT: Final = 0.8
# km/h where no limit is tagged: the Code de la route's, less where such roads seldom allow them.
LIMITS_KMH: Final = {
    "motorway": 130, "motorway_link": 70, "trunk": 110, "trunk_link": 70,
    "primary": 80, "primary_link": 50, "secondary": 80, "secondary_link": 50,
    "tertiary": 70, "tertiary_link": 50, "unclassified": 60, "road": 50,
    "residential": 40, "living_street": 20, "service": 20,
}  # fmt: skip
FARTHEST_FROM_ROAD_M: Final = 1000

_ZONES_KMH = {"motorway": 130, "trunk": 110, "rural": 80, "urban": 50, "living_street": 20}
_LIMIT_TAGS = ("maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed")
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(mph)?")
_ZONE = re.compile(r"fr:(?:zone:?)?(?:(\d+)|(\w+))", re.IGNORECASE)
_KMH_A_MPH = 1.609344
_SLOWEST_KMH, _FASTEST_KMH = 5, 130
# The first of these tags that is there says whether a car may pass.
_ACCESS_TAGS = ("motorcar", "motor_vehicle", "vehicle", "access")
_CLOSED = {"no", "private", "agricultural", "forestry", "emergency", "military"}
_ONE_WAY = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1}
# A piece of road that leads nowhere (a car park, the edge of the extract) is no place to start.
_FEWEST_NODES = 10
_MOST_CELLS = 20_000_000


class RoadsUnavailable(ImportError):
    """The extra that reads road networks is not installed. The message is in French."""


def matrix_from_pbf(
    pbf: Path, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, *, limit_minutes: float
) -> pd.DataFrame:
    """Compute the minutes by car from town halls to services.

    Args:
        pbf: an OpenStreetMap extract (`.osm.pbf`, `.osm`).
        communes: as `communes.read_communes` gives them.
        services: as `services.read_services` gives them. Only those that may be measured from
            (`points.measured_points`) are reached.
        limit_minutes: trips that last longer are left out.

    Returns:
        Columns `code_insee`, `id` and `minutes`, a row for each pair within the limit: the file
        that `travel.read_matrix` reads. Not there: what no road leads to, and what is farther than
        a kilometre from any road. Each place starts from the nearest node of a road.

    Raises:
        RoadsUnavailable: the extra is not installed.
        UnreadableFile: the file is no extract, or has no road. OSError: it cannot be opened.
    """
    roads = _read_roads(pbf)
    origins = roads.nearest(positions(communes["mairie"]))
    targets = roads.nearest(positions(measured_points(services)))
    starts, ends = np.unique(origins[origins >= 0]), np.unique(targets[targets >= 0])
    trips = _trips(roads.minutes, starts, ends, limit_minutes)
    halls = pd.DataFrame({"code_insee": communes.index, "start": origins})
    sites = pd.DataFrame({"id": services.index, "end": targets})
    pairs = halls.reset_index().merge(trips, on="start").merge(sites.reset_index(), on="end")
    ordered = pairs.sort_values(["index_x", "index_y"], ignore_index=True)
    return ordered[["code_insee", "id", "minutes"]]


# --- the network --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Roads:
    """`xyz`: the nodes, metres, (n, 3); `minutes`: from node to node, (n, n) and sparse."""

    xyz: NDArray[np.float64]
    minutes: csr_array

    def nearest(self, xyz: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the node each place starts from, -1 where it has none."""
        _, part = connected_components(self.minutes, connection="strong")
        usable = np.flatnonzero(np.bincount(part)[part] >= _FEWEST_NODES)
        found = np.full(len(xyz), -1, dtype=np.int64)
        placed = np.flatnonzero(np.isfinite(xyz).all(axis=1))
        if not len(usable) or not len(placed):
            return found
        away_m, node = map(np.asarray, KDTree(self.xyz[usable]).query(xyz[placed]))
        near = away_m <= FARTHEST_FROM_ROAD_M
        found[placed[near]] = usable[node[near]]
        return found


def _read_roads(pbf: Path) -> _Roads:
    """Read the roads that cars may take; two-way ones are two edges."""
    nodes, ways = _read_ways(pbf)
    _, first, node = np.unique(nodes["ref"], return_index=True, return_inverse=True)
    xyz = _positions(nodes["x"].to_numpy()[first], nodes["y"].to_numpy()[first])
    way = ways.loc[np.repeat(ways.index, ways["nodes"])]
    tail, head = node[:-1], node[1:]
    metres = np.sqrt(np.square(xyz[head] - xyz[tail]).sum(axis=1))
    minutes = metres * 60 / 1000 / way["kmh"].to_numpy()[1:]
    direction = way["direction"].to_numpy()[1:]
    known = (way.index[1:] == way.index[:-1]) & np.isfinite(minutes)
    forth, back = known & (direction >= 0), known & (direction <= 0)
    edges = pd.DataFrame(
        {
            "tail": np.concatenate([tail[forth], head[back]]),
            "head": np.concatenate([head[forth], tail[back]]),
            "minutes": np.concatenate([minutes[forth], minutes[back]]),
        }
    )
    # A sparse array would add up two roads between the same nodes: the quicker one counts.
    edges = edges.sort_values("minutes").drop_duplicates(["tail", "head"])
    cells = (edges["tail"].to_numpy(), edges["head"].to_numpy())
    return _Roads(xyz, csr_array((edges["minutes"].to_numpy(), cells), shape=(len(xyz), len(xyz))))


def _read_ways(pbf: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the nodes of all roads in a row (`ref`, `x`, `y`), and the roads they belong to.

    Columns of the roads: `nodes` (how many), `kmh`, `direction` (that of `_direction`).
    """
    refs, xs, ys = array("q"), array("q"), array("q")
    counts, speeds, directions = array("q"), array("d"), array("b")
    try:
        for way in _open_ways(pbf):
            counts.append(len(way.nodes))
            speeds.append(SHARE_OF_LIMIT * _limit_kmh(way.tags))
            directions.append(_direction(way.tags))
            for node in way.nodes:
                place = node.location
                refs.append(node.ref)
                xs.append(place.x)
                ys.append(place.y)
    except RuntimeError:
        raise UnreadableFile(
            "Ce fichier n’est pas un extrait d’OpenStreetMap (.osm.pbf) lisible."
        ) from None
    if not refs:
        raise UnreadableFile("Ce fichier ne contient aucune route ouverte aux voitures.")
    ways = pd.DataFrame({"nodes": counts, "kmh": speeds, "direction": directions})
    return pd.DataFrame({"ref": refs, "x": xs, "y": ys}), ways


def _positions(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return OSM's ten-millionths of a degree in metres, NaN for a node the extract lacks."""
    lng, lat = x / 1e7, y / 1e7
    lng[(np.abs(lng) > 180) | (np.abs(lat) > 90)] = np.nan
    return to_xyz(lng, lat)


def _open_ways(pbf: Path) -> Iterator[Any]:
    """Yield the roads of a file that cars may take. Read each before asking for the next."""
    osmium = _osmium()
    pbf.stat()  # osmium has one error for all files
    objects = osmium.FileProcessor(pbf, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for way in objects.with_filter(osmium.filter.KeyFilter("highway")):
        if way.is_way() and _is_open(way.tags):
            yield way


def _osmium() -> ModuleType:
    try:
        return importlib.import_module("osmium")
    except ImportError:
        raise RoadsUnavailable(
            "Le calcul des temps de trajet par la route demande un complément : l’installer avec "
            "« uv sync --extra roads »."
        ) from None


# --- the tags -----------------------------------------------------------------------------


def _is_open(tags: Mapping[str, str]) -> bool:
    """Return whether a car may take this road from end to end.

    >>> _is_open({"highway": "service", "access": "private"})
    False
    """
    access = next((tags[tag] for tag in _ACCESS_TAGS if tag in tags), "yes")
    known = tags.get("highway", "") in LIMITS_KMH
    return known and access not in _CLOSED and tags.get("area") != "yes"


def _limit_kmh(tags: Mapping[str, str]) -> float:
    """Return the speed limit of a road, assumed by its kind where no tag says one.

    >>> _limit_kmh({"highway": "primary", "maxspeed": "FR:urban"})
    50.0
    """
    number = _SPEED.match(tags.get("maxspeed", ""))
    if number:
        limit = float(number[1]) * (_KMH_A_MPH if number[2] else 1)
        return min(max(limit, _SLOWEST_KMH), _FASTEST_KMH)
    zones = (_ZONE.match(tags.get(tag, "")) for tag in _LIMIT_TAGS)
    for kmh, name in (zone.groups() for zone in zones if zone):
        if kmh or name.lower() in _ZONES_KMH:
            return float(kmh or _ZONES_KMH[name.lower()])
    return LIMITS_KMH[tags["highway"]]


def _direction(tags: Mapping[str, str]) -> int:
    """Return 1 for a road open along its nodes only, -1 against them only, 0 both ways.

    >>> _direction({"highway": "tertiary", "junction": "roundabout"})
    1
    """
    round_about = tags.get("junction") in ("roundabout", "circular")
    implied = "yes" if tags["highway"] == "motorway" or round_about else "no"
    return _ONE_WAY.get(tags.get("oneway", implied), 0)


# --- the trips ----------------------------------------------------------------------------


def _trips(
    minutes: csr_array, starts: NDArray[np.int64], ends: NDArray[np.int64], limit: float
) -> pd.DataFrame:
    """Return `start`, `end` and `minutes` of the quickest trips within the limit.

    They are searched from the side with fewer places, a few at once: each takes a row of nodes.
    """
    turned = len(ends) < len(starts)
    graph = minutes.T.tocsr() if turned else minutes
    from_nodes, to_nodes = (ends, starts) if turned else (starts, ends)
    batch = max(1, _MOST_CELLS // minutes.shape[0])
    found = [np.empty((0, 3))]
    for place in range(0, len(from_nodes), batch):
        some = from_nodes[place : place + batch]
        rows = dijkstra(graph, indices=some, limit=limit)[:, to_nodes]
        here, there = np.nonzero(np.isfinite(rows))  # beyond the limit: infinite
        found.append(np.column_stack([some[here], to_nodes[there], rows[here, there]]))
    one, other, lasting = np.concatenate(found).T
    start, end = (other, one) if turned else (one, other)
    return pd.DataFrame({"start": start.astype(int), "end": end.astype(int), "minutes": lasting})
