"""France's communes of 2026: outlines, town halls, population; and the one metric.

Everything is read from `data/communes.parquet` and `data/departements.csv`, which the repository
ships (`data/README.md` says from what, of which year, under which licence). Codes are text
(`01004`, `2A004`, `97105`), coordinates are WGS 84 degrees, population is that of 2023.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from numpy.typing import ArrayLike, NDArray
from rapidfuzz import fuzz, process

from geodata import _place_names as writings
from geodata.text import fold, spelled_out

COMMUNES_FILE: Final = Path(__file__).parent / "data" / "communes.parquet"
EVERYDAY_NAMES_FILE: Final = Path(__file__).parent / "data" / "noms_usuels.csv"
DEPARTEMENTS_FILE: Final = Path(__file__).parent / "data" / "departements.csv"

_WGS84: Final = "EPSG:4326"
_LISTS: Final = ("codes_postaux", "anciens_codes", "anciens_noms")
_COLUMNS: Final = (
    "nom",
    "departement",
    "population",
    "codes_postaux",
    "epci",
    "epci_nom",
    "arrondissement",
    "arrondissement_nom",
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
# Saint-Barthélemy and Saint-Martin were communes of Guadeloupe until 2007.
_LEFT_GUADELOUPE: Final = {"97123": "97701", "97127": "97801"}
# No point of a commune is farther from all town halls of its département (Maripasoula, Guyane).
_WIDEST_M: Final = 200_000
_NEAR_DEPARTEMENTS: Final = 6
_SEMI_MAJOR_AXIS_M: Final = 6_378_137.0
_CORSICA: Final = {"20": ("2a", "2b")}  # postal codes of both départements
_NO_BRACKETS: Final = str.maketrans("()", "  ")
_FLATTENING: Final = 1 / 298.257223563
_ECCENTRICITY_SQUARED: Final = _FLATTENING * (2 - _FLATTENING)


# --- reading ------------------------------------------------------------------------------


def read_communes(departements: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """Read the communes of some départements, or of all France, with their outlines.

    Args:
        departements: codes such as `86`, `2A`, `971`, `988`; None for all of them.

    Returns:
        One row a commune (34,969 in all), sorted by département and code, indexed by `code_insee`:

        - `nom`, `departement`, `epci` and `epci_nom` (empty for the few communes in none),
          `arrondissement` and `arrondissement_nom` (empty for the overseas collectivités): text;
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
    communes = _read(departements)
    for column in _LISTS:
        communes[column] = [tuple(values) for values in communes[column]]
    points = np.asarray(shapely.points(communes["lng"], communes["lat"]), dtype=object)
    points[communes["lng"].isna()] = None
    communes["mairie"] = gpd.GeoSeries(points, index=communes.index, crs=_WGS84)
    return gpd.GeoDataFrame(communes[list(_COLUMNS)])


def read_outlines(departements: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """Read `population` and `geometry` alone, as `read_communes` gives them: several times faster.

    Raises:
        ValueError: a code is no département's. The message is in French and names it.
    """
    return gpd.GeoDataFrame(_read(departements, ["code_insee", "population", "geometry"]))


def _read(departements: Collection[str] | None, columns: list[str] | None = None) -> pd.DataFrame:
    """Read some columns of the file, all of them by default."""
    wanted = None
    if departements is not None:
        # pyarrow cannot tell the type of an empty list.
        wanted = [("departement", "in", _known(departements) or [""])]
    table = pq.read_table(COMMUNES_FILE, columns=columns, filters=wanted)
    rows: pd.DataFrame = table.to_pandas()
    # geopandas.read_parquet would make the projection anew from its JSON, which takes longest.
    outlines = shapely.from_wkb(rows["geometry"].to_numpy())
    rows["geometry"] = gpd.GeoSeries(outlines, index=rows.index, crs=_WGS84)
    return rows


def read_town_halls() -> pd.DataFrame:
    """Read all of France's communes without their outlines; the frame is the caller's own.

    Returns:
        One row a commune, indexed by `code_insee`: `nom`, `departement`, `codes_postaux`,
        `population`, `anciens_codes`, `anciens_noms` as in `read_communes`, and `lng`, `lat`, the
        degrees of its town hall (NaN where none is known).
    """
    return _town_halls().copy(deep=False)


def town_halls_around(codes_insee: pd.Index, away_m: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the town halls of some communes, and those that may be within `away_m` of one of them.

    A quick sieve, a box: no other town hall is so near, but some of the second are not either.

    Returns:
        Rows of `read_town_halls` with a town hall; those of `codes_insee` are in the first alone.
    """
    halls, xyz = _town_halls(), _town_halls_xyz()
    rows = np.sort(halls.index.get_indexer(codes_insee))
    rows = rows[~np.isnan(xyz[rows, 0])]
    margin_m = away_m + 1  # far more than any rounding
    low = xyz[rows].min(axis=0, initial=np.inf) - margin_m
    high = xyz[rows].max(axis=0, initial=-np.inf) + margin_m
    inside = ((xyz >= low) & (xyz <= high)).all(axis=1)
    inside[rows] = False
    return halls.iloc[rows], halls.iloc[np.flatnonzero(inside)]


@cache
def _town_halls_xyz() -> NDArray[np.float64]:
    halls = _town_halls()
    return to_xyz(halls["lng"], halls["lat"])


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
    away_m = np.nan_to_num(chord_m(_town_halls_xyz(), to_xyz(lng, lat)), nan=np.inf)
    departements, home = _departement_of_halls()
    nearest_m = np.full(len(departements), np.inf)
    np.minimum.at(nearest_m, home, away_m)
    for place in np.argsort(nearest_m, kind="stable")[:_NEAR_DEPARTEMENTS]:
        if nearest_m[place] >= _WIDEST_M:
            break
        drawn = _outlines(departements[place])
        holding = drawn.index[shapely.contains_xy(drawn.to_numpy(), lng, lat)]
        if len(holding):
            return str(holding[0])
    return None


@cache
def _departement_of_halls() -> tuple[list[str], NDArray[np.intp]]:
    """Give the départements in order, and the place among them of each town hall's."""
    places, names = pd.factorize(_town_halls()["departement"], sort=True)
    return list(map(str, names)), places


def outline_of(code_insee: str) -> shapely.Geometry | None:
    """Give the outline of a commune of 2026, None for the few that have none.

    Raises KeyError for any other code.
    """
    outline: shapely.Geometry | None = _outlines(departement_of(code_insee)).get(code_insee)
    return outline


@lru_cache(maxsize=16)
def _outlines(departement: str) -> gpd.GeoSeries:
    outlines = read_outlines([departement]).geometry
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
def sizes(column: str) -> pd.Series:
    """Count the communes of each `epci`, `arrondissement` or `departement` of France."""
    table = pq.read_table(COMMUNES_FILE, columns=[column]).to_pandas()
    counts: pd.Series = table[column].value_counts()
    return counts


def of_epci(siren: str, departements: Collection[str]) -> tuple[str, ...]:
    """Give the communes of an EPCI that are in some départements, none for an unknown code."""
    homes = _homes()
    return tuple(
        code for code, epci in _epcis().items() if epci == siren and homes[code] in departements
    )


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
    return owners | _LEFT_GUADELOUPE | {str(code): str(code) for code in halls.index}


def _known(departements: Collection[str]) -> list[str]:
    """Give the codes sorted, or raise ValueError naming the unknown ones."""
    unknown = sorted(set(departements) - set(_departements().index))
    if unknown:
        raise ValueError(f"Département inconnu : {', '.join(f'« {code} »' for code in unknown)}.")
    return sorted(set(departements))


# --- names --------------------------------------------------------------------------------


@cache
def names_in(departement: str) -> frozenset[str]:
    """Give every name by which a text may call a commune of a département.

    Those of today and of the past, each whole, without its article, and in short (*chalon* for
    Chalon-sur-Saône), as `text.spelled_out` writes them. A few are ordinary words too (*Sens*,
    *Y*, *Us*): only whole names, never short forms.

    Raises:
        ValueError: the code is no département's. The message is in French and names it.

    >>> {"chalon sur saone", "chalon", "le creusot", "creusot"} <= names_in("71")
    True
    """
    (code,) = _known([departement])
    halls = _town_halls()
    halls = halls[halls["departement"] == code]
    names = {*halls["nom"], *(name for names in halls["anciens_noms"] for name in names)}
    return frozenset(form for name in names for form in writings.forms(spelled_out(name)))


Codes = frozenset[str]


def named(text: str, code_postal: str = "") -> list[str]:
    """Give the communes of 2026 that a text, as people write it, may name; the likeliest first.

    *Poitiers Cedex 9*, *Paris 12e*, *St Germain en Laye*, *LIsle Jourdain*, *Chalon/Saône*,
    *86000 Poitiers* and *Civray (Vienne)* are read. A name of today comes before a former one, and
    that before a name with words left out. Several answers: the text does not say which, and a
    caller must not choose. That is so too where a commune of more people is, or was, called so in
    short: *Chalon* is in the Isère, and is Chalon-sur-Saône.

    Args:
        text: the name, with or without postal code and département.
        code_postal: keeps the communes that have it; of a CEDEX, those of its département.

    >>> named("Poitiers Cedex 9"), named("Civray (18)"), named("Chalon", "71100")
    (['86194'], ['18066'], ['71076'])
    """
    written = writings.read(text)
    inside = _with_code(code_postal.strip() or written.code_postal)
    home = _in_departement(written.departement)
    if home is not None:
        inside = home if inside is None else inside & home
    # Six names have brackets of their own: Bors (Canton de Charente-Sud).
    flat = text.translate(_NO_BRACKETS)
    found = _of_name(writings.read(flat).name, inside) if flat != text else []
    found = found or _of_name(written.name, inside)
    words = written.name.split()
    for end in range(1, 0 if found else len(words)):
        home = _in_departement(" ".join(words[end:]))
        if home is not None and not found:
            found = _of_name(" ".join(words[:end]), home if inside is None else inside & home)
    return found


def _with_code(code_postal: str) -> Codes | None:
    """Give the communes with a postal code, of a CEDEX all of its département; None for ""."""
    if not code_postal:
        return None
    with_it = frozenset(with_postal_code(code_postal))
    if with_it or not re.fullmatch(r"\d{5}", code_postal):
        return with_it
    home = code_postal[: 3 if code_postal >= "97" else 2]
    return frozenset().union(*(_in_departement(one) or () for one in _CORSICA.get(home, (home,))))


def _in_departement(words: str) -> Codes | None:
    """Give the communes of a département, by its code or folded name; None if it is none."""
    code = _departement_codes().get(words)
    return None if code is None else _codes_by_departement()[code]


@cache
def _departement_codes() -> dict[str, str]:
    names = {str(code): fold(nom) for code, nom in _departements()["nom"].items()}
    found = {writings.without_article(name): code for code, name in names.items()}
    return found | {name: code for code, name in names.items()} | {c.lower(): c for c in names}


@cache
def _codes_by_departement() -> dict[str, Codes]:
    halls = _town_halls()
    return {str(code): frozenset(rows.index) for code, rows in halls.groupby("departement")}


class _Named(NamedTuple):
    """Which communes each key of a name leads to, the surest kind of name first."""

    current: dict[str, Codes]
    bare: dict[str, Codes]  # without its article; everyday names
    former: dict[str, Codes]
    loose: dict[str, Codes]  # without its links
    short: dict[str, Codes]


@cache
def _by_key() -> _Named:
    found: list[dict[str, set[str]]] = [{} for _ in _Named._fields]
    current, bare, former, loose, short = found

    def add(kind: dict[str, set[str]], name: str, code: str) -> None:
        kind.setdefault(writings.key(name), set()).add(code)

    halls = _town_halls()
    for code, nom, formers in zip(halls.index, halls["nom"], halls["anciens_noms"], strict=True):
        for name in map(spelled_out, (nom, *formers)):
            is_current = name == spelled_out(nom)
            add(current if is_current else former, name, code)
            add(bare if is_current else former, writings.without_article(name), code)
            add(loose, writings.without_links(name), code)
            for form in writings.forms(name):
                add(short, form, code)
        if "(" in nom:
            add(bare, writings.read(nom).name, code)
    for name, codes in _everyday_names().items():
        for code in codes:
            add(bare, writings.without_article(name), code)
    return _Named(*({key: frozenset(codes) for key, codes in one.items()} for one in found))


@cache
def _everyday_names() -> dict[str, tuple[str, ...]]:
    """Give the communes of each name that people use and that is no commune's, spelled out."""
    rows = pd.read_csv(EVERYDAY_NAMES_FILE, dtype="str")
    return {
        spelled_out(nom): tuple(codes.split("|"))
        for nom, codes in zip(rows["nom"], rows["communes"], strict=True)
    }


def _of_name(name: str, inside: Codes | None) -> list[str]:
    """Give the communes of a spelled-out name, the most populous first."""
    kinds, whole = _by_key(), writings.key(name)
    bare = writings.key(writings.without_article(name))
    tried = (
        (kinds.current, whole),
        (kinds.bare, bare),
        (kinds.former, whole),
        (kinds.former, bare),
        (kinds.loose, writings.key(writings.without_links(name))),
        (kinds.short, whole),
    )
    for kind, key in tried:
        codes = kind.get(key, frozenset()) if key else frozenset()
        codes = codes if inside is None else codes & inside
        if codes:
            return _and_larger(_by_people(codes), kinds, whole, inside)
    return []


def _and_larger(codes: list[str], kinds: _Named, key: str, inside: Codes | None) -> list[str]:
    """Add the communes of more people that this is a former or a short name of."""
    others = kinds.former.get(key, frozenset()) | kinds.short.get(key, frozenset())
    others = (others if inside is None else others & inside).difference(codes)
    people = _people()
    return codes + [code for code in _by_people(others) if people[code] > people[codes[0]]]


def _by_people(codes: Codes) -> list[str]:
    if len(codes) < 2:
        return list(codes)
    people = _people()
    return sorted(codes, key=lambda code: (-people[code], code))


@cache
def _people() -> dict[str, int]:
    return {str(code): int(n) for code, n in _town_halls()["population"].fillna(0).items()}


# --- searching ----------------------------------------------------------------------------


_ENOUGH_LETTERS: Final = 5  # for a misspelt name
_ALIKE: Final = 85  # of 100
_MOST_ALIKE: Final = 20
Places = NDArray[np.intp]
Ranks = NDArray[np.float64]  # 0 is best, infinite where there is no answer

_ARTICLES: Final = ("", " le", " la", " les", " l")


class _Names(NamedTuple):
    """What a search looks through; rows are those of `_town_halls`.

    `names` are sorted, `places` count in them; `words` and `codes` are sorted too, so that what
    begins alike follows one another.
    """

    names: list[str]  # " le mans": a leading space, so that every word has one before it
    name_rows: Places
    behind: Ranks  # a half for a former or everyday name
    words: list[str]  # every word of every name
    places: Places  # the name of each of the words
    codes: list[str]  # postal codes and codes of communes
    code_rows: Places
    former_codes: dict[str, int]
    row_of: dict[str, int]
    homes: NDArray[np.str_]  # the département of each row
    order: Places  # of each row: the most populous first


def search(
    query: str, *, departements: Collection[str] | None = None, limit: int = 8
) -> pd.DataFrame:
    """Find communes by name, former name, postal code or INSEE code.

    Accents, case, hyphens and apostrophes do not matter, nor *st* for *saint*. A number narrows a
    name: `civray 86`, `saint-denis 97400`. Homonyms all come back: tell them apart by
    `departement`. An everyday name (*La Défense*) gives its communes. What `named` reads is found;
    where no name fits, the beginning that is one is (*Poitiers centre*), or names spelled alike.

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
    index = _searchable()
    inside = None if departements is None else np.isin(index.homes, _known(departements))
    found, ranks = np.array([], dtype=np.intp), np.array([])
    for ranks in _attempts(query):
        found = np.flatnonzero(
            np.isfinite(ranks) if inside is None else np.isfinite(ranks) & inside
        )
        if len(found):
            break
    best = np.lexsort((index.order[found], ranks[found]))
    return _town_halls().iloc[found[best[:limit]]]


def _attempts(query: str) -> Iterator[Ranks]:
    """Rank the rows by the words as typed; then as `named` reads them; then by what of them fits.

    The next attempt is for a query that the one before has no answer to.
    """
    if "(" not in query:  # what stands in brackets is no part of the name
        yield _ranks(query)
    yield _as_written(query)
    yield _ranks(writings.with_apostrophes(fold(query)))
    words = writings.read(query).name.split()
    for end in range(len(words) - 1, 0, -1):
        yield _as_written(" ".join(words[:end]))
    yield _alike(" ".join(words))


def _as_written(text: str) -> Ranks:
    index = _searchable()
    ranks = np.full(len(index.homes), np.inf)
    for rank, code in enumerate(named(text)):
        ranks[index.row_of[code]] = rank
    return ranks


def _alike(name: str) -> Ranks:
    """Rank the rows with a name of nearly the same letters, the first two of them the same."""
    index = _searchable()
    ranks = np.full(len(index.homes), np.inf)
    if len(name) < _ENOUGH_LETTERS:
        return ranks
    begun = _begun(index.names, f" {name[:2]}")
    near = process.extract(
        f" {name}", index.names[begun], scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=_MOST_ALIKE
    )
    for _, score, at in near:
        row = index.name_rows[begun.start + at]
        ranks[row] = min(ranks[row], 100 - score)
    return ranks


@cache
def _searchable() -> _Names:
    halls = _town_halls()
    columns = [halls[name] for name in ("nom", "anciens_noms", "codes_postaux", "anciens_codes")]
    names: list[tuple[str, int, bool]] = []
    codes: list[tuple[str, int]] = []
    former_codes: dict[str, int] = {}
    row_of: dict[str, int] = {}
    communes = zip(halls.index, *columns, strict=True)
    for row, (code, nom, formers, postal, codes_before) in enumerate(communes):
        names.append((f" {spelled_out(nom)}", row, False))
        names.extend((f" {spelled_out(name)}", row, True) for name in formers)
        row_of[code] = row
        codes.extend((known, row) for known in (code, *postal))
        former_codes.update(dict.fromkeys(codes_before, row))
    for name, members in _everyday_names().items():
        names.extend((f" {name}", row_of[code], True) for code in members)
    sorted_names, name_rows, former = zip(*sorted(names), strict=True)
    words = sorted((word, at) for at, name in enumerate(sorted_names) for word in name.split())
    sorted_words, places = zip(*words, strict=True)
    sorted_codes, code_rows = zip(*sorted(codes), strict=True)
    people = halls["population"].fillna(0).to_numpy(int)
    return _Names(
        names=list(sorted_names),
        name_rows=np.array(name_rows),
        behind=np.array(former) / 2,
        words=list(sorted_words),
        places=np.array(places),
        codes=list(sorted_codes),
        code_rows=np.array(code_rows),
        former_codes=former_codes,
        row_of=row_of,
        homes=halls["departement"].to_numpy(str),
        order=np.argsort(np.argsort(-people, kind="stable")),
    )


def _ranks(query: str) -> Ranks:
    """Say how well each row answers a query."""
    words = fold(query).split()
    codes = [word for word in words if word[0].isdigit() and len(word) > 1]
    others = " ".join(word for word in words if word not in codes)
    found = _by_name(" ".join(words))
    if codes:
        inside = _by_code(codes[0])
        named = _by_name(others) if others else inside
        found = np.minimum(found, np.where(np.isfinite(inside), named, np.inf))
    return found


def _by_name(words: str) -> Ranks:
    """Rank the rows whose name, or former name, has a word that begins like each of the words."""
    index = _searchable()
    ranks = np.full(len(index.homes), np.inf)
    # « ste » may be Sainte-… in short or the beginning of Steenvoorde.
    for spelling in {words, spelled_out(words)} - {""}:
        answers = _names_with(spelling.split())
        rank = _name_ranks(spelling, answers) + index.behind
        np.minimum.at(ranks, index.name_rows[answers], rank[answers])
    return ranks


def _names_with(words: list[str]) -> Places:
    """Give the names that have a word that begins like each of these words."""
    index = _searchable()
    by_word = sorted((index.places[_begun(index.words, word)] for word in words), key=len)
    answers = by_word[0]
    for places in by_word[1:]:
        has_word = np.zeros(len(index.names), dtype=bool)
        has_word[places] = True
        answers = answers[has_word[answers]]
    return answers


def _name_ranks(spelling: str, answers: Places) -> Ranks:
    """Say how well each of these names answers the words, bare or after an article: 0 is best."""
    names, bare = _searchable().names, f" {spelling}"
    ranks = np.full(len(names), 2.0)
    if " " in spelling:
        ranks[[at for at in answers.tolist() if bare not in names[at]]] = 3
    for article in _ARTICLES:
        ranks[_begun(names, article + bare)] = 1
    ranks[_same(names, bare)] = 0
    return ranks


def _by_code(code: str) -> Ranks:
    """Rank the rows with a code that begins so, or that a former code leads to."""
    index, wanted = _searchable(), code.upper()
    ranks = np.full(len(index.homes), np.inf)
    ranks[index.code_rows[_begun(index.codes, wanted)]] = 1
    ranks[index.code_rows[_same(index.codes, wanted)]] = 0
    # The former codes of Seine-et-Oise look like postal codes of Yvelines: those come first.
    if wanted in index.former_codes:
        former = index.former_codes[wanted]
        ranks[former] = min(ranks[former], 1)
    return ranks


def _begun(texts: list[str], beginning: str) -> slice:
    """Give where the sorted texts begin so; no letter or digit comes after a tilde."""
    return slice(bisect_left(texts, beginning), bisect_left(texts, f"{beginning}~"))


def _same(texts: list[str], text: str) -> slice:
    """Give where the sorted texts are this one."""
    return slice(bisect_left(texts, text), bisect_right(texts, text))


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
