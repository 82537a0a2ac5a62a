"""A layer of context beside a measure: figures by commune, or outlines, that somebody brings.

    found = context_layers.read(Path("pauvrete.csv").read_bytes(), "pauvrete.csv")
    layer = found.layers["Taux de pauvreté 2021 (%)"]

A table has a line for each commune, a column of INSEE codes and columns of numbers: each is a
layer. A GeoJSON whose features have INSEE codes is read as a table; any other is `shapes`. Of
INSEE's files (their names as it publishes them) two figures are known: the poverty rate, `TP60yy`,
and households without a car, 100 × (1 − `Pyy_RP_VOIT1P` ÷ `Pyy_RP`).

`NAME.contexte.csv` and `NAME.violences.csv` (what `import ssmsi` writes) beside `NAME.csv` give
layers to every visitor. A layer is context: nothing is ranked by it.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import column_names, communes, french, outline_files
from geodata.commune_codes import padded
from geodata.sources import ssmsi
from geodata.tables import BLANK, SEPARATORS, UnreadableFile, separator_of, text_of
from geodata.upkeep import workbooks

MOST_BYTES: Final = 20 * 1024**2
MOST_LAYERS: Final = 100
_MOST_ROWS: Final = 50_000
_MOST_TITLES: Final = 20
_LONGEST_TITLE: Final = 80
_MOST_PARTS: Final = 0.5
_CLASSES: Final = (0.25, 0.5, 0.75)
_RATE, _YEAR = re.compile(r"(?:DISP_|DEC_)?TP60(\d\d)"), re.compile(r"P(\d\d)_RP_VOIT1P")
_NOT_A_FIGURE: Final = (
    *("latitude", "longitude", "code_postal", "code_insee", "departement", "telephone"),
)

Records = list[tuple[int, list[str]]]


@dataclass(frozen=True, eq=False)
class Layer:
    """A figure for each commune.

    `title`: the column, as legend and table call it. `source`: its file, or who publishes it.
    `figures`: by `code_insee`, NaN where not told. `secret`: communes whose figure is kept secret.
    `note`: what must be said beside it.
    """

    title: str
    source: str
    figures: pd.Series
    secret: frozenset[str] = frozenset()
    note: str = ""

    def words(self, code: str) -> str:
        """Return a commune's figure as people read it."""
        if code in self.secret:
            return "non diffusé (secret statistique)"
        value = self.figures.get(code, np.nan)
        return "non dit" if pd.isna(value) else number(value)


@dataclass(frozen=True, eq=False)
class Shapes:
    """Outlines, lines and points with a name each: `nom` and `geometry` (EPSG:4326)."""

    source: str
    shapes: gpd.GeoDataFrame

    def words(self, codes: Collection[str]) -> pd.Series:
        """Return the names of the outlines that hold each commune's town hall, joined; "" if none.

        Index: the codes.
        """
        halls = communes.read_town_halls().loc[list(codes)]
        areal = self.shapes[shapely.get_dimensions(self.shapes.geometry.to_numpy()) == 2]
        tree = shapely.STRtree(areal.geometry.to_numpy())
        rows, which = tree.query(
            np.asarray(shapely.points(halls["lng"], halls["lat"])), predicate="within"
        )
        names = pd.Series(areal["nom"].to_numpy()[which], index=halls.index[rows], dtype=object)
        joined = names.groupby(level=0).agg(", ".join) if len(names) else names
        return joined.reindex(halls.index).fillna("")


@dataclass(frozen=True, eq=False)
class LayerFile:
    """What a file gives: layers by title, in its order, or shapes; `problems` in French."""

    layers: Mapping[str, Layer] = field(default_factory=dict)
    shapes: Shapes | None = None
    problems: tuple[str, ...] = ()


def beside(path: Path) -> tuple[Path, ...]:
    """Return the files of layers beside a list."""
    files = (path.with_suffix(end) for end in (".violences.csv", ".contexte.csv"))
    return tuple(file for file in files if file.is_file())


def read_beside(file: Path) -> LayerFile:
    """Read one of the files of `beside`. Raises UnreadableFile, in French, and OSError."""
    content = file.read_bytes()
    if file.name.endswith(".violences.csv"):
        return _of_violences(ssmsi.read_kept(content))
    return read(content, file.name)


def read(content: bytes, name: str) -> LayerFile:
    """Read the layers of a file that somebody gives.

    Args:
        content: GeoJSON, or CSV, XLSX or ODS with a header.
        name: of the file, as the page calls it.

    Raises UnreadableFile, in French: what the file is, and what to give instead.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            f"Le fichier fait {len(content) // 1_000_000} Mo : {MOST_BYTES // 1024**2} Mo au plus. "
            "N’y garder que les communes de votre territoire, et la colonne à montrer."
        )
    if not content.strip():
        raise UnreadableFile("Le fichier est vide.")
    if outline_files.is_json(content):
        return _of_features(outline_files.read(content), name)
    workbooks.refuse_documents(content)
    table, code = _best_table(content)
    return _of_table(table, code, name)


# --- a table ------------------------------------------------------------------------------


def _best_table(content: bytes) -> tuple[pd.DataFrame, str]:
    """Return the first sheet with a column of INSEE codes, and that column.

    Raises UnreadableFile, in French, where there is none.
    """
    why = ""
    for records in _sheets(content):
        table = _table(records)
        if table is None:
            continue
        try:
            return table, _code_column(table)
        except UnreadableFile as error:
            why = why or str(error)
    raise UnreadableFile(why or _NO_CODES)


def _sheets(content: bytes) -> Iterator[Records]:
    if workbooks.is_workbook(content):
        for sheet in workbooks.read_sheets(content):
            yield [(line, list(cells)) for line, cells in sheet.rows]
        return
    text = text_of(content)[0].lstrip("\ufeff")
    try:
        separator = _separator(text.splitlines()[:_MOST_TITLES])
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        yield [(line, cells) for line, cells in enumerate(rows, start=1) if any(cells)]
    except csv.Error:
        raise UnreadableFile(
            "Ce tableau ne se lit pas : vérifier les guillemets et le séparateur."
        ) from None


def _separator(lines: list[str]) -> str:
    """Return the sign that makes a line the header, with the most cells; else the usual one."""

    def width(sign: str) -> int:
        rows = csv.reader(lines, delimiter=sign)
        return max((len(cells) for cells in rows if _is_head(cells)), default=0)

    best = max(SEPARATORS, key=width)
    return best if width(best) > 1 else separator_of(lines)


def _table(records: Records) -> pd.DataFrame | None:
    """Return the rows below the header, indexed by line; None where nothing names the columns."""
    if len(records) > _MOST_ROWS + _MOST_TITLES:
        raise UnreadableFile(
            f"Ce tableau a plus de {french.number(_MOST_ROWS)} lignes : garder une ligne par "
            "commune."
        )
    heads = [place for place, (_, cells) in enumerate(records[:_MOST_TITLES]) if _is_head(cells)]
    place = heads[-1] if heads else 0
    if len(records) < place + 2:
        return None
    names = [" ".join(cell.split()) for cell in records[place][1]]
    width = len(names)
    rows = [
        [cell.strip(BLANK) for cell in cells[:width]] + [""] * (width - len(cells))
        for _, cells in records[place + 1 :]
    ]
    lines = pd.Index([line for line, _ in records[place + 1 :]])
    table = pd.DataFrame(rows, columns=names, index=lines, dtype="str")
    named = [bool(name) and names.index(name) == place for place, name in enumerate(names)]
    return table.loc[:, named]


def _is_head(cells: list[str]) -> bool:
    return any(column_names.stands_for(cell) == "code_insee" for cell in cells)


_NO_CODES: Final = (
    "Aucune colonne ne donne le code INSEE des communes (« code_insee », « CODGEO »…). Il faut une "
    "ligne par commune, son code INSEE et un nombre."
)


def _code_column(table: pd.DataFrame) -> str:
    """Return the column of INSEE codes. Raises UnreadableFile: what the codes are instead."""
    named = [name for name in table if column_names.stands_for(str(name)) == "code_insee"]
    for name in named or list(map(str, table.columns)):
        codes = table[name][table[name] != ""].map(padded)
        if not len(codes):
            continue
        part = _share(codes, _is_commune)
        if part > max(_MOST_PARTS, _share(codes, _is_postal)):
            return str(name)
    for name in named or list(map(str, table.columns)):
        codes = table[name][table[name] != ""].map(padded)
        for holds, said in _OTHER_CODES:
            if len(codes) and _share(codes, holds) > _MOST_PARTS:
                raise UnreadableFile(f"La colonne « {str(name)[:40]} » contient des {said}")
    raise UnreadableFile(_NO_CODES)


def _share(codes: pd.Series, holds: Callable[[str], bool]) -> float:
    return float(codes.map(holds).mean())


def _is_commune(code: str) -> bool:
    return communes.current_code(code.upper()) is not None


def _is_postal(code: str) -> bool:
    return bool(communes.with_postal_code(code))


_OTHER_CODES: Final[tuple[tuple[Callable[[str], bool], str], ...]] = (
    (
        lambda code: len(code) == 9 and bool(communes.departements_of_epci(code)),
        "codes d’intercommunalité (EPCI), pas de commune. Il faut une ligne par commune.",
    ),
    (
        lambda code: len(code) == 9 and _is_commune(code[:5]),
        "codes d’IRIS (des quartiers), pas de commune. Prendre la base communale du même jeu.",
    ),
    (
        _is_postal,
        "codes postaux : plusieurs communes en partagent un. Donner les codes INSEE.",
    ),
    (
        lambda code: code.upper() in communes.read_departements().index,
        "codes de département, pas de commune. Il faut une ligne par commune.",
    ),
)


def _of_table(table: pd.DataFrame, code: str, name: str) -> LayerFile:
    """Return a layer for each column of numbers."""
    given = table[code].map(padded).str.upper()
    now = given.map(communes.current_code)
    problems = []
    if wrong := [f"{line} (« {given[line][:9]} »)" for line in table.index[now.isna()]]:
        problems.append(_lines(wrong, "le code n’est celui d’aucune commune"))
    if formers := [f"{line} ({given[line]})" for line in table.index[now.notna() & (now != given)]]:
        problems.append(
            _lines(formers, "cette commune fait partie d’une autre, qui n’a pas ce chiffre")
        )
    kept = table[now == given].set_axis(given[now == given], axis="index")
    twice = kept.index.duplicated(keep=False)
    if twice.sum() > len(kept) / 10:
        raise UnreadableFile(
            "Plusieurs lignes portent la même commune (des années, des catégories ?) : garder une "
            "ligne par commune."
        )
    if twice.any():
        codes = list(kept.index[twice].unique())
        problems.append(_lines(codes, "plusieurs lignes pour cette commune", what="Commune"))
    kept = kept[~twice]
    layers = {layer.title: layer for layer in _layers(kept, code, name)}
    if not layers:
        raise UnreadableFile("Aucune colonne ne contient de nombres : en donner une.")
    return LayerFile(layers, problems=tuple(problems))


def _layers(kept: pd.DataFrame, code: str, file: str) -> Iterator[Layer]:
    """Give the figures of INSEE that are known, then each column of numbers."""
    columns, known = [str(name) for name in kept.columns if name != code], []
    for column in columns:
        if found := _RATE.fullmatch(column):
            title = f"Taux de pauvreté 20{found[1]} (%)"
            known.append(column)
            yield Layer(title, f"{file}, colonne {column}", _numbers(kept[column]), note=_POVERTY)
        if (found := _YEAR.fullmatch(column)) and (homes := f"P{found[1]}_RP") in columns:
            with_car, all_of_them = _numbers(kept[column]), _numbers(kept[homes])
            share = 100 * (1 - with_car / all_of_them.where(all_of_them > 0))
            title = f"Ménages sans voiture 20{found[1]} (%)"
            yield Layer(title, f"{file}, colonnes {column} et {homes}", share.round(1))
    for column in columns[:MOST_LAYERS]:
        values = _numbers(kept[column])
        told = (kept[column] != "").sum()
        a_figure = column not in known and not _is_place(column)
        if a_figure and told and values.notna().sum() > told * _MOST_PARTS:
            yield Layer(column[:_LONGEST_TITLE], f"{file}, colonne {column[:40]}", values)


_POVERTY: Final = (
    "Part des personnes sous 60 % du niveau de vie médian (INSEE, Filosofi) ; non diffusé dans les "
    "petites communes."
)


def _is_place(column: str) -> bool:
    return column_names.stands_for(column) in _NOT_A_FIGURE


def _numbers(cells: pd.Series) -> pd.Series:
    """Read numbers as people write them; NaN for all else (`s`, `nd`, `ndiff`, `NA`)."""
    plain = cells.str.replace(r"[\s%]", "", regex=True).str.replace(",", ".")
    values = pd.to_numeric(plain, errors="coerce").astype(float)
    return values.where(np.isfinite(values))


def _lines(found: list[str], why: str, *, what: str = "Ligne") -> str:
    shown = ", ".join(found[:5])
    more = f" et {french.count(len(found) - 5, 'autre')}" if len(found) > 5 else ""
    return f"{what}{'s' if len(found) > 1 else ''} {shown}{more} : {why}. Pas de chiffre repris."


# --- GeoJSON, and recorded violence -------------------------------------------------------


def _of_features(given: outline_files.Outlines, name: str) -> LayerFile:
    table = pd.DataFrame(list(given.features["properties"]))
    table = table.map(lambda cell: "" if cell is None or isinstance(cell, dict | list) else cell)
    table = table.fillna("").astype("str")
    table.index = pd.RangeIndex(1, len(table) + 1)
    try:
        found = _of_table(table, _code_column(table), name)
    except UnreadableFile:
        shapes = given.features[["nom", "geometry"]]
        return LayerFile(shapes=Shapes(name, shapes), problems=given.problems)
    return LayerFile(found.layers, problems=(*given.problems, *found.problems))


def _of_violences(rows: pd.DataFrame) -> LayerFile:
    """Return a layer for each indicator of `ssmsi.read_kept`."""
    layers = {}
    for indicator, part in rows.groupby("indicateur", sort=False):
        by_code = part.set_index("code_insee")
        hidden = by_code["est_diffuse"] != ssmsi.TOLD
        title = f"{indicator} enregistrées {part['annee'].iloc[0]}, pour 1 000 habitants"
        layers[title] = Layer(
            title,
            ssmsi.LABEL,
            by_code["taux_pour_mille"].mask(hidden),
            frozenset(by_code.index[hidden]),
            ssmsi.CAUTION,
        )
    return LayerFile(layers)


# --- classes ------------------------------------------------------------------------------


def number(value: float) -> str:
    """12.34 → `12,3`, 1250 → `1 250`."""
    if value == round(value) or abs(value) >= 100:
        return french.number(round(value))
    return f"{value:.3g}".replace(".", ",")


def limits(values: pd.Series) -> tuple[float, ...]:
    """Return the limits of at most four classes with about as many communes each, rounded."""
    told = values.dropna()
    if told.empty:
        return ()
    found = [float(f"{told.quantile(part):.2g}") for part in _CLASSES]
    return tuple(sorted({one for one in found if told.min() < one <= told.max()}))


def classes(values: pd.Series, steps: Collection[float]) -> pd.Series:
    """Return the class of each value, from 0; -1 where there is none."""
    passed = sum((values >= step for step in steps), pd.Series(0, index=values.index))
    return passed.where(values.notna(), -1).astype(int)


def class_words(steps: Collection[float]) -> list[str]:
    """Return the words of the classes: `moins de 5`, `5 à 12`, `12 et plus`."""
    told = [number(step) for step in steps]
    if not told:
        return ["un chiffre"]
    between = [f"{low} à {high}" for low, high in pairwise(told)]
    return [f"moins de {told[0]}", *between, f"{told[-1]} et plus"]
