"""France's communes of 2026: outlines, town halls, population; and the one metric.

Everything is read from `data/communes.parquet` and `data/departements.csv`, which the repository
ships (`data/README.md` says from what, of which year, under which licence). Codes are text
(`01004`, `2A004`, `97105`), coordinates are WGS 84 degrees, population is that of 2023.
"""

from bisect import bisect_left
from collections.abc import Collection
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from numpy.typing import ArrayLike, NDArray

from geodata.text import fold, spelled_out

COMMUNES_FILE: Final = Path(__file__).parent / "data" / "communes.parquet"
DEPARTEMENTS_FILE: Final = Path(__file__).parent / "data" / "departements.csv"

_LISTS: Final = ("codes_postaux", "anciens_codes", "anciens_noms")
_COLUMNS: Final = (
    "nom",
    "departement",
    "population",
    "codes_postaux",
    "epci",
    "epci_nom",
    "mairie",
    "mairie_origine",
    "mairie_telephone",
    "mairie_horaires",
    "anciens_codes",
    "anciens_noms",
    "geometry",
)
_TOWN_HALL_COLUMNS: Final = (
    "code_insee",
    "nom",
    "departement",
    "codes_postaux",
    "population",
    "lng",
    "lat",
    "anciens_codes",
    "anciens_noms",
)
# No point of a commune is farther from all town halls of its département (Maripasoula, Guyane).
_WIDEST_M: Final = 200_000
_NEAR_DEPARTEMENTS: Final = 6
_SEMI_MAJOR_AXIS_M: Final = 6_378_137.0
_FLATTENING: Final = 1 / 298.257223563
_ECCENTRICITY_SQUARED: Final = _FLATTENING * (2 - _FLATTENING)


# --- reading ------------------------------------------------------------------------------


def read_communes(departements: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """Read the communes of some départements, or of all France, with their outlines.

    Args:
        departements: codes such as `86`, `2A`, `971`, `988`; None for all of them.

    Returns:
        One row a commune (34,969 in all), sorted by département and code, indexed by `code_insee`:

        - `nom`, `departement`, `epci` and `epci_nom` (empty for the few communes in none): text;
        - `population`: inhabitants in 2023, Int64, missing where nobody is counted;
        - `codes_postaux`, `anciens_codes`, `anciens_noms`: tuples of text. The former codes and
          names are those of merged communes and of municipal arrondissements;
        - `mairie`: point of the town hall, EPSG:4326, None where no source gives one;
        - `mairie_origine`: `mairie` as the directory gives it; `mairie redressée`, a mirrored
          longitude put right; `mairie annexe`, that of a part of the commune; `contour`, the
          middle of the outline, because the source has no point or puts it in another commune;
          empty where there is no point;
        - `mairie_telephone`; `mairie_horaires`, in the OSM format: empty where unknown;
        - `geometry`: outline, EPSG:4326, None for four communes of Cantal and the overseas
          collectivités. Neighbours share their borders exactly.

    Raises:
        ValueError: a code is no département's. The message is in French and names it.
    """
    wanted = None
    if departements is not None:
        # pyarrow cannot tell the type of an empty list.
        wanted = [("departement", "in", _known(departements) or [""])]
    communes = gpd.read_parquet(COMMUNES_FILE, filters=wanted)
    for column in _LISTS:
        communes[column] = [tuple(values) for values in communes[column]]
    points = np.asarray(shapely.points(communes["lng"], communes["lat"]), dtype=object)
    points[communes["lng"].isna()] = None
    communes["mairie"] = gpd.GeoSeries(points, index=communes.index, crs=communes.crs)
    return communes[list(_COLUMNS)]


def read_town_halls() -> pd.DataFrame:
    """Read all of France's communes without their outlines; the frame is the caller's own.

    Returns:
        One row a commune, indexed by `code_insee`: `nom`, `departement`, `codes_postaux`,
        `population`, `anciens_codes`, `anciens_noms` as in `read_communes`, and `lng`, `lat`, the
        degrees of its town hall (NaN where none is known).
    """
    return _town_halls().copy(deep=False)


def read_departements() -> pd.DataFrame:
    """Read the 101 départements and the 8 overseas collectivités.

    Returns:
        One row each, indexed by `departement` (its code): `nom`, `region` (its name),
        `communes` (how many in 2026) and `population` (2023, Int64, missing where nobody is
        counted).
    """
    return _departements().copy(deep=False)


def current_code(code: str) -> str | None:
    """Give the commune of 2026 that a code of today or of the past leads to, None if unknown.

    Merged communes lead to the commune they are now a part of, the arrondissements of Paris,
    Lyon and Marseille to their city.

    >>> current_code("75112"), current_code("86078"), current_code("99999")
    ('75056', '86078', None)
    """
    return _owners().get(code)


def postal_codes_of(code_insee: str) -> tuple[str, ...]:
    """Give the postal codes of a commune of 2026, none for any other code.

    >>> postal_codes_of("86078"), postal_codes_of("99999")
    (('86400',), ())
    """
    return _postal_codes().get(code_insee, ())


def with_postal_code(code_postal: str) -> tuple[str, ...]:
    """Give the communes of 2026 that have a postal code, none where it is not La Poste's.

    >>> len(with_postal_code("86400")), with_postal_code("00001")
    (10, ())
    """
    return _communes_by_postal_code().get(code_postal, ())


def departement_of(code_insee: str) -> str:
    """Give the département of a commune of 2026. Raises KeyError for any other code."""
    return _homes()[code_insee]


def departements_of_epci(siren: str) -> tuple[str, ...]:
    """Give the départements that an EPCI (its SIREN, nine digits) has communes in."""
    return _epci_departements().get(siren, ())


@cache
def _postal_codes() -> dict[str, tuple[str, ...]]:
    codes = _town_halls()["codes_postaux"]
    return {str(code): tuple(postal) for code, postal in codes.items()}


@cache
def _communes_by_postal_code() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for code, postal_codes in _postal_codes().items():
        for postal_code in postal_codes:
            found.setdefault(postal_code, []).append(code)
    return {postal_code: tuple(codes) for postal_code, codes in found.items()}


@cache
def _homes() -> dict[str, str]:
    return {str(code): str(home) for code, home in _town_halls()["departement"].items()}


def commune_at(lng: float, lat: float) -> str | None:
    """Give the commune whose outline holds a point, in degrees; None at sea and abroad.

    Outlines are simplified: within some 100 m of a border the neighbour may answer.

    >>> commune_at(0.3404, 46.5802)
    '86194'
    """
    halls = _town_halls().dropna(subset=["lng"])
    away_m = pd.Series(chord_m(to_xyz(halls["lng"], halls["lat"]), to_xyz(lng, lat)), halls.index)
    nearest_m = away_m.groupby(halls["departement"]).min().nsmallest(_NEAR_DEPARTEMENTS)
    for departement in nearest_m.index[nearest_m < _WIDEST_M]:
        drawn = _outlines(str(departement))
        holding = drawn.index[shapely.contains_xy(drawn.to_numpy(), lng, lat)]
        if len(holding):
            return str(holding[0])
    return None


@lru_cache(maxsize=16)
def _outlines(departement: str) -> gpd.GeoSeries:
    outlines = read_communes([departement]).geometry
    outlines = outlines[outlines.notna()]
    shapely.prepare(outlines.to_numpy())
    return outlines


def epci_of(code_insee: str) -> str:
    """Give the EPCI (its SIREN) of a commune of 2026, "" if it is in none."""
    return _epcis().get(code_insee, "")


@cache
def _epcis() -> dict[str, str]:
    pairs = pq.read_table(COMMUNES_FILE, columns=["code_insee", "epci"]).to_pydict()
    return dict(zip(pairs["code_insee"], pairs["epci"], strict=True))


@cache
def _epci_departements() -> dict[str, tuple[str, ...]]:
    pairs = pq.read_table(COMMUNES_FILE, columns=["epci", "departement"]).to_pandas()
    groups = pairs.drop_duplicates().groupby("epci")["departement"]
    return {str(epci): tuple(sorted(codes)) for epci, codes in groups if epci}


@cache
def _town_halls() -> pd.DataFrame:
    table = pq.read_table(COMMUNES_FILE, columns=list(_TOWN_HALL_COLUMNS))
    halls: pd.DataFrame = table.drop_columns(list(_LISTS)).to_pandas()
    for column in _LISTS:
        halls[column] = [tuple(values or ()) for values in table[column].to_pylist()]
    return halls[list(_TOWN_HALL_COLUMNS[1:])]


@cache
def _departements() -> pd.DataFrame:
    frame = pd.read_csv(DEPARTEMENTS_FILE, dtype={"departement": "str", "population": "Int64"})
    return frame.set_index("departement")


@cache
def _owners() -> dict[str, str]:
    halls = _town_halls()
    owners = {
        str(former): str(code)
        for code, formers in halls["anciens_codes"].items()
        for former in formers
    }
    return owners | {str(code): str(code) for code in halls.index}


def _known(departements: Collection[str]) -> list[str]:
    """Give the codes sorted, or raise ValueError naming the unknown ones."""
    unknown = sorted(set(departements) - set(_departements().index))
    if unknown:
        raise ValueError(f"Département inconnu : {', '.join(f'« {code} »' for code in unknown)}.")
    return sorted(set(departements))


# --- searching ----------------------------------------------------------------------------


class _Names(NamedTuple):
    """What a search looks through: parallel lists, and the rows of `_town_halls` they stand for."""

    names: list[str]  # " le mans": a leading space, so that every word has one before it
    name_rows: list[int]
    former: list[bool]
    codes: list[tuple[str, int]]  # postal codes and codes of communes, with their row, sorted
    former_codes: dict[str, int]
    population: list[int]


_ARTICLES: Final = (" le", " la", " les", " l")


def search(
    query: str, *, departements: Collection[str] | None = None, limit: int = 8
) -> pd.DataFrame:
    """Find communes by name, former name, postal code or INSEE code.

    Accents, case, hyphens and apostrophes do not matter, nor *st* for *saint*. A number narrows a
    name: `civray 86`, `saint-denis 97400`. Homonyms all come back: tell them apart by
    `departement`.

    Args:
        query: what a person types, from its first letter on.
        departements: look only there.
        limit: rows at most.

    Returns:
        Rows of `read_town_halls`, best first: the exact name, then names that begin so, then names
        with a word that begins so; former names after current ones; the most populous first.

    Raises:
        ValueError: a code is no département's, or `limit` is negative.
    """
    if limit < 0:
        raise ValueError(f"limit must not be negative: {limit}")
    halls = _town_halls()
    ranks = _ranks(query)
    if departements is not None:
        allowed = set(_known(departements))
        departement = halls["departement"].to_numpy()
        ranks = {row: rank for row, rank in ranks.items() if departement[row] in allowed}
    population = _searchable().population
    best = sorted(ranks, key=lambda row: (ranks[row], -population[row], row))
    return halls.iloc[best[:limit]].copy()


@cache
def _searchable() -> _Names:
    halls = _town_halls()
    index = _Names([], [], [], [], {}, halls["population"].fillna(0).astype(int).tolist())
    columns = [halls[name] for name in ("nom", "anciens_noms", "codes_postaux", "anciens_codes")]
    communes = zip(halls.index, *columns, strict=True)
    for row, (code, nom, formers, postal, former_codes) in enumerate(communes):
        index.names.extend(f" {spelled_out(name)}" for name in (nom, *formers))
        index.name_rows.extend([row] * (1 + len(formers)))
        index.former.extend([False] + [True] * len(formers))
        index.codes.extend((known, row) for known in (code, *postal))
        index.former_codes.update(dict.fromkeys(former_codes, row))
    index.codes.sort()
    return index


def _ranks(query: str) -> dict[int, float]:
    """Give the rows that answer a query, each with its rank: 0 is best."""
    words = fold(query).split()
    codes = [word for word in words if word[0].isdigit() and len(word) > 1]
    others = " ".join(word for word in words if word not in codes)
    found = _by_name(" ".join(words))
    if codes:
        inside = _by_code(codes[0])
        named = _by_name(others) if others else inside
        for row in named.keys() & inside.keys():
            found[row] = min(named[row], found.get(row, np.inf))
    return found


def _by_name(words: str) -> dict[int, float]:
    """Give the rows whose name, or former name, has a word that begins like each of the words."""
    index = _searchable()
    found: dict[int, float] = {}
    # « ste » may be Sainte-… in short or the beginning of Steenvoorde.
    for spelling in {words, spelled_out(words)} - {""}:
        places = list(range(len(index.names)))
        for word in spelling.split():
            begun = f" {word}"
            places = [place for place in places if begun in index.names[place]]
        beginnings = tuple(f"{article} {spelling}" for article in ("", *_ARTICLES))
        for place in places:
            row, half = index.name_rows[place], index.former[place] / 2
            rank = _rank(index.names[place], beginnings) + half
            found[row] = min(rank, found.get(row, rank))
    return found


def _rank(name: str, beginnings: tuple[str, ...]) -> int:
    """Say how well a name answers the words, bare or after an article: 0 is best."""
    bare = beginnings[0]
    if name == bare:
        return 0
    if name.startswith(beginnings):
        return 1
    return 2 if bare in name else 3


def _by_code(code: str) -> dict[int, float]:
    """Give the rows with a code that begins so, or that a former code leads to."""
    index, wanted = _searchable(), code.upper()
    first = bisect_left(index.codes, (wanted, -1))
    beyond = bisect_left(index.codes, (f"{wanted}~", -1))
    found: dict[int, float] = {}
    for known, row in index.codes[first:beyond]:
        found[row] = min(float(known != wanted), found.get(row, 1.0))
    # The former codes of Seine-et-Oise look like postal codes of Yvelines: those come first.
    if wanted in index.former_codes:
        found.setdefault(index.former_codes[wanted], 1.0)
    return found


# --- the metric ---------------------------------------------------------------------------


def to_xyz(lng: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Give points of the WGS 84 ellipsoid in metres from the centre of the Earth (ECEF).

    This is the one metric of Maillage: the distance between two points is the straight line (the
    chord) between their positions. Below 100 km it is within 1e-4 of the geodesic on the
    ellipsoid everywhere, overseas included, where a projection such as Lambert-93 means nothing;
    it needs no choice of zone, and a 3-D tree finds neighbours with it.

    Args:
        lng: degrees east; NaN gives NaN.
        lat: degrees north, of a shape that broadcasts with that of `lng`.

    Returns:
        An array of the shape of the input with a last axis of 3: x, y, z in metres.
    """
    longitude, latitude = np.broadcast_arrays(np.radians(lng), np.radians(lat))
    sine = np.sin(latitude)
    normal_m = _SEMI_MAJOR_AXIS_M / np.sqrt(1 - _ECCENTRICITY_SQUARED * sine**2)
    from_axis_m = normal_m * np.cos(latitude)
    x, y = from_axis_m * np.cos(longitude), from_axis_m * np.sin(longitude)
    return np.stack([x, y, normal_m * (1 - _ECCENTRICITY_SQUARED) * sine], axis=-1)


def chord_m(a_xyz: ArrayLike, b_xyz: ArrayLike) -> NDArray[np.float64]:
    """Give the distance in metres between positions of `to_xyz`, which broadcast together.

    >>> km = chord_m(to_xyz(0.3404, 46.5802), to_xyz(0.2949, 46.1486)) / 1000
    >>> print(f"{km:.1f}")  # Poitiers - Civray
    48.1
    """
    apart = np.asarray(a_xyz, dtype=np.float64) - np.asarray(b_xyz, dtype=np.float64)
    distance: NDArray[np.float64] = np.sqrt(np.square(apart).sum(axis=-1))
    return distance
