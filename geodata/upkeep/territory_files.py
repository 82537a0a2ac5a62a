"""Read territories of one's own: a list of communes, a table, or outlines (GeoJSON).

    found = territory_files.read(Path("cantons.geojson").read_bytes(), "Mes cantons")

`NAME.territoires.geojson` or `NAME.territoires.csv` beside `NAME.csv` gives territories to every
visitor. A table has a line for each commune, with its code or its name; a column `territoire` names
the territory of each line, without it all lines are one territory.

An outline stands for the communes whose town hall is inside it (or on its edge): distances count
from town halls. `cut` tells which communes it divides.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import shapely

from geodata import communes, french, outline_files
from geodata.own_territory import LONGEST_NAME, OwnTerritory, plain_name
from geodata.tables import UnreadableFile
from geodata.upkeep.adopting import territories_named

_FILES: Final = (".territoires.geojson", ".territoires.csv")
_AREAL: Final = (3, 6)  # Polygon and MultiPolygon, as shapely numbers them
_CUT_FROM: Final = 0.02
"""Outlines are simplified: less than this share of a commune is no cut."""
_MOST_NAMED: Final = 3
_NAMELESS: Final = "Territoire"


@dataclass(frozen=True, eq=False)
class TerritoryFile:
    """The territories of a file, by name in its order.

    `outlines`: those of the territories that were given as outlines, by name (EPSG:4326).
    `problems`: French sentences on what was left out, or read otherwise than written.
    """

    territories: Mapping[str, OwnTerritory]
    outlines: Mapping[str, shapely.Geometry] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def beside(path: Path) -> Path | None:
    """Return the file of territories beside a list, None where there is none."""
    return next((file for end in _FILES if (file := path.with_suffix(end)).is_file()), None)


def read(content: bytes, name: str, departements: Collection[str] = ()) -> TerritoryFile:
    """Read the territories of a file, or of a pasted list of names or codes.

    Args:
        content: GeoJSON; CSV, XLSX or ODS with a header; or a commune a line.
        name: what a territory without a name is called.
        departements: where a name of several communes is looked for first.

    Raises UnreadableFile, in French, where nothing in it is a territory.
    """
    if outline_files.is_json(content):
        return _of_outlines(outline_files.read(content))
    found = territories_named(content, departements)
    problems = [problem for named in found.values() for problem in named.problems]
    territories: dict[str, OwnTerritory] = {}
    for given, named in found.items():
        if named.codes:
            _add(territories, given or plain_name(name) or _NAMELESS, named.codes)
    if not territories:
        why = f" {problems[0]}" if problems else ""
        raise UnreadableFile(f"Aucune commune n’a été trouvée.{why}")
    return TerritoryFile(territories, problems=tuple(problems))


def _of_outlines(given: outline_files.Outlines) -> TerritoryFile:
    problems = list(given.problems)
    features = given.features
    areal = np.isin(shapely.get_type_id(features.geometry.to_numpy()), _AREAL)
    problems += [
        f"« {name} » : ce n’est pas une surface. Il faut un contour fermé (polygone)."
        for name in features["nom"][~areal]
    ]
    outlines = dict(zip(features["nom"][areal], features.geometry[areal], strict=True))
    held = _held(list(outlines.values()))
    territories: dict[str, OwnTerritory] = {}
    kept = {}
    for (name, outline), codes in zip(outlines.items(), held, strict=True):
        if codes:
            kept[_add(territories, name, codes)] = outline
        else:
            problems.append(_no_town_hall(name, outline))
    if not territories:
        raise UnreadableFile(f"Aucun de ces contours n’est un territoire. {problems[-1]}")
    return TerritoryFile(territories, kept, tuple(problems))


def _add(territories: dict[str, OwnTerritory], name: str, codes: tuple[str, ...]) -> str:
    """Add a territory; return its name, with a number behind it where another has it."""
    number, one = 1, OwnTerritory(name, codes)
    while one.name in territories:
        number += 1
        end = f" ({number})"
        one = OwnTerritory(plain_name(name)[: LONGEST_NAME - len(end)] + end, codes)
    territories[one.name] = one
    return one.name


def _held(outlines: list[shapely.Geometry]) -> list[tuple[str, ...]]:
    """Return the communes whose town hall each outline holds."""
    if not outlines:
        return []
    halls = communes.read_town_halls().dropna(subset=["lng", "lat"])
    tree = shapely.STRtree(np.asarray(shapely.points(halls["lng"], halls["lat"])))
    which, rows = tree.query(outlines, predicate="intersects")
    codes = halls.index.to_numpy()
    return [tuple(codes[rows[which == number]]) for number in range(len(outlines))]


def _no_town_hall(name: str, outline: shapely.Geometry) -> str:
    inside = shapely.get_coordinates(shapely.point_on_surface(outline))[0]
    code = communes.commune_at(*inside)
    around = str(communes.read_town_halls()["nom"][code]) if code else "une commune"
    return (
        f"« {name} » : aucune mairie n’est dans ce contour, et une distance se compte depuis une "
        f"mairie. Une partie de {around} ne peut pas être mesurée à part."
    )


def cut(territory: OwnTerritory, outline: shapely.Geometry) -> pd.DataFrame:
    """Return the communes that an outline divides, the largest part outside first.

    Indexed by `code_insee`: `nom`, `part` (share of the commune's area inside the outline, from 0
    to 1) and `compte` (its town hall is inside, so that all of the commune counts). Communes of
    which less than 2 % is on one side are left out: outlines are simplified.
    """
    near = communes.town_halls_around(pd.Index(territory.communes), 40_000)
    homes = sorted({*near[0]["departement"], *near[1]["departement"]})
    drawn = communes.read_outlines(homes).geometry.dropna()
    drawn = drawn[drawn.intersects(outline)]
    # Degrees will do: both areas of a commune are stretched alike.
    whole = shapely.area(drawn.to_numpy())
    inside = shapely.area(shapely.intersection(drawn.to_numpy(), outline))
    part = pd.Series(inside / whole, index=drawn.index)
    divided = part[(part >= _CUT_FROM) & (part <= 1 - _CUT_FROM)]
    names = communes.read_town_halls()["nom"].reindex(divided.index)
    counted = divided.index.isin(territory.communes)
    found = pd.DataFrame({"nom": names, "part": divided, "compte": counted})
    return found.sort_values("part", kind="stable")


def cut_words(divided: pd.DataFrame) -> str:
    """Say what `cut` found, in French; "" where no commune is divided."""
    if divided.empty:
        return ""
    said = [
        f"{_named(rows)} {verb}"
        for rows, verb in (
            (divided[divided["compte"]], "mairie dedans, comptées entières"),
            (divided[~divided["compte"]], "mairie dehors, pas comptées"),
        )
        if len(rows)
    ]
    return f"Le contour coupe {french.count(len(divided), 'commune')} : {' ; '.join(said)}."


def _named(rows: pd.DataFrame) -> str:
    shown = [
        f"{nom} ({round(100 * part)} % dedans)"
        for nom, part in zip(rows["nom"][:_MOST_NAMED], rows["part"][:_MOST_NAMED], strict=True)
    ]
    more = len(rows) - len(shown)
    return ", ".join(shown) + (f" et {french.count(more, 'autre')}" if more else "") + ","


def to_csv(territories: Collection[OwnTerritory]) -> bytes:
    """Return territories as the table that `read` takes, and that may lie beside the list."""
    names = communes.read_town_halls()["nom"]
    rows = [
        {"territoire": one.name, "code_insee": code, "commune": names[code]}
        for one in territories
        for code in one.communes
    ]
    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
