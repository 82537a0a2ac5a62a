"""Merge another list into ours: find new rows and differences, apply only what a person chose.

`compare` finds the differences, a person chooses, `apply` makes the chosen changes and no other. A
cell of ours is never emptied, except to hide a place. A hidden place never becomes more visible:
such a choice is refused.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import communes, fact_sources, freshness, hours, matching, phones, secrecy
from geodata.fact_sources import FactSource
from geodata.secrecy import strictness
from geodata.services import COLUMNS, LISTS, Confidentiality, may_hide, with_known_columns
from geodata.text import fold, is_mail
from geodata.upkeep import repairs

# The id, derived columns, and `source`, which `apply` updates itself.
_NOT_COMPARED: Final = ("id", "departement", "source", "approximatif", "geometry")
_POINT: Final = ("latitude", "longitude")
_EXACT_PLACE: Final = ("adresse", *_POINT)
_PLACE: Final = (*_EXACT_PLACE, "code_postal", "commune", "code_insee")
# Columns that may change in a row of ours with a hidden place: none can reveal it.
_SAFE: Final = ("telephone", "courriel", "horaires_accueil", *LISTS, "date_source")
_SAME_POINT_M: Final = 50
_DECIMALS: Final = 6
POINT: Final = "latitude, longitude"
"""The name of a point in `differences`: latitude and longitude are chosen together."""


class MergeRefused(ValueError):
    """A choice is not allowed. The message is French; nothing was changed."""


@dataclass(frozen=True)
class Choices:
    """What to take from the other list: ids of rows to add, and cells (our id, column)."""

    add: Collection[str] = ()
    take: Collection[tuple[str, str]] = ()


@dataclass(frozen=True)
class Comparison:
    """The comparison of two lists.

    Attributes:
        pairs: rows taken as the same service: `ours`, `theirs` (ids), `score`, `reasons` (French).
            A row is in one pair at most; equal ids always make a pair.
        differences: one row per differing cell of the pairs: `ours`, `theirs` (ids), `column`,
            `our_value`, `their_value`, `newer` (`ours`, `theirs` or `unknown`), `by_hand` (a
            person edited our cell). Without empty cells of theirs and mere spelling variants.
        new: rows of theirs in no pair, as text indexed by id.
        same: ids of ours in a pair without a difference.
        only_ours: ids of ours in no pair, without rows that are never shown.
        refused: ids of theirs that may not be taken: they would reveal a place that ours hides.
        theirs: all rows of theirs, as text indexed by id.
        facts: the sources of their cells that have one of their own.
    """

    pairs: pd.DataFrame
    differences: pd.DataFrame
    new: pd.DataFrame
    same: tuple[str, ...]
    only_ours: tuple[str, ...]
    refused: tuple[str, ...]
    theirs: pd.DataFrame = field(repr=False)
    facts: Mapping[fact_sources.Key, FactSource] = field(default_factory=dict, repr=False)


def compare(
    ours: gpd.GeoDataFrame,
    theirs: gpd.GeoDataFrame,
    *,
    by_hand: Collection[tuple[str, str]] = (),
) -> Comparison:
    """Compare another list with ours.

    Args:
        ours: services from `read_services`.
        theirs: services from `read_services`.
        by_hand: (id, column) of the cells of ours that a person edited (`keeping.read_history`).
    """
    likely = matching.candidates(ours, theirs)
    pairs = _paired(ours, theirs, likely)
    refused = _reveals(ours, theirs, likely)
    never_shown = set(ours.index[~secrecy.is_shown(ours)])
    shown_pairs = pairs[~pairs["ours"].isin(never_shown)].reset_index(drop=True)
    cells = _as_cells(theirs)
    differences = _differences(ours, theirs, shown_pairs, set(by_hand))
    unpaired = theirs.index[~theirs.index.isin([*pairs["theirs"], *refused])]
    only_ours = ours.index[~ours.index.isin([*pairs["ours"], *never_shown])]
    same = shown_pairs["ours"][~shown_pairs["ours"].isin(differences["ours"])]
    return Comparison(
        pairs=shown_pairs,
        differences=differences,
        new=cells.loc[unpaired],
        same=tuple(same),
        only_ours=tuple(only_ours),
        refused=refused,
        theirs=cells,
        facts={
            (str(key), column): fact
            for key, row in zip(theirs.index, freshness.rows(theirs), strict=True)
            for column, fact in fact_sources.of(row).items()
        },
    )


def apply(ours: pd.DataFrame, comparison: Comparison, choices: Choices) -> pd.DataFrame:
    """Return our list with the chosen changes.

    Our rows keep their order; added rows follow in the order of theirs. Columns that only theirs
    has are added, empty in our rows. A cell that is taken has a source of its own (`sources_of`); a
    hidden row, or one that takes the link or the date of their source, adds their source to its
    own. A row that takes a stricter `confidentialite` loses the cells that reveal its place.

    Args:
        ours: the cells of our file, text indexed by id (`keeping.read_cells`).
        comparison: the comparison of this list with the other.
        choices: what to take.

    Raises:
        MergeRefused: `comparison` does not offer a choice, or an id already exists.
    """
    _refuse_unknown(ours, comparison, choices)
    added = comparison.theirs.index[comparison.theirs.index.isin(list(choices.add))]
    merged = _with_columns_of(ours, comparison.theirs if len(added) else ours)
    lines = comparison.differences
    offered = dict(
        zip(zip(lines["ours"], lines["column"], strict=True), lines["theirs"], strict=True)
    )
    hidden = set(ours.index[may_hide(with_known_columns(ours.reset_index(names="id"))).to_numpy()])
    for key, column in dict.fromkeys(choices.take):
        row = comparison.theirs.loc[offered[key, column]]
        merged = _with_columns_of(merged, pd.DataFrame(columns=list(_cells_of(column))))
        for name in _cells_of(column):
            merged.loc[key, name] = row[name]
        if key in hidden or not fact_sources.may_have_source(column):
            merged.loc[key, "source"] = _joined(str(merged.loc[key, "source"]), str(row["source"]))
        if column == _LEVEL:
            in_commune = row[_LEVEL] == Confidentiality.COMMUNE
            gone = _EXACT_PLACE if in_commune else _PLACE
            merged = _hidden_whole(merged, key)
            merged.loc[key, [name for name in gone if name in merged.columns]] = ""
    new = _with_columns_of(comparison.theirs.loc[added], merged)[list(merged.columns)]
    result: pd.DataFrame = pd.concat([merged, new]).astype("str").rename_axis(index="id")
    return result


def sources_of(comparison: Comparison, choices: Choices) -> dict[fact_sources.Key, FactSource]:
    """Return where the chosen cells come from, by our id and column, for `keeping.save`."""
    lines = comparison.differences
    theirs = dict(
        zip(zip(lines["ours"], lines["column"], strict=True), lines["theirs"], strict=True)
    )
    found = {
        (key, name): comparison.facts.get(
            (theirs[key, column], name),
            FactSource.of_row(comparison.theirs.loc[theirs[key, column]]),
        )
        for key, column in choices.take
        for name in _cells_of(column)
    }
    added = set(choices.add)
    return found | {place: fact for place, fact in comparison.facts.items() if place[0] in added}


def _hidden_whole(cells: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return our cells with one row hidden whole, but its id; its département is kept."""
    row = cells.loc[[key]].reset_index(names="id")
    found = repairs.hide_whole(
        with_known_columns(row), columns=(*cells.columns, "zone_eligibilite")
    )
    changes = {repair.column: repair.after for repair in found if repair.column != "id"}
    hidden = _with_columns_of(cells, pd.DataFrame(columns=list(changes)))
    for column, text in changes.items():
        hidden.loc[key, column] = text
    return hidden


# --- rows ---------------------------------------------------------------------------------


def _paired(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, likely: pd.DataFrame) -> pd.DataFrame:
    """Pair each row with at most one other: first by id, then by score."""
    common = ours.index[ours.index.isin(theirs.index)].tolist()
    by_id = pd.DataFrame(
        {"ours": common, "theirs": common, "score": 1.0, "reasons": "même identifiant"}
    )
    taken_ours, taken_theirs = set(common), set(common)
    kept = []
    for position, (our, their) in enumerate(zip(likely["ours"], likely["theirs"], strict=True)):
        if our not in taken_ours and their not in taken_theirs:
            taken_ours.add(our)
            taken_theirs.add(their)
            kept.append(position)
    best = likely.iloc[kept]
    pairs = pd.concat([by_id, best]) if common else best
    order = pairs["ours"].map({key: place for place, key in enumerate(ours.index)}).argsort()
    result: pd.DataFrame = pairs.iloc[order].reset_index(drop=True)
    return result


def reveals(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the ids of theirs that reveal more of a place than a matching row of ours.

    Types are ignored: another list may record a shelter as an association.
    """
    return _reveals(ours, theirs, matching.candidates(ours, theirs))


def _reveals(
    ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, likely: pd.DataFrame
) -> tuple[str, ...]:
    pairs = pd.concat([likely[["ours", "theirs"]], matching.namesakes(ours, theirs)])
    by_id = [key for key in theirs.index if key in ours.index]
    pairs = pd.concat([pairs, pd.DataFrame({"ours": by_id, "theirs": by_id})])
    allowed = ours["confidentialite"].map(strictness).to_dict()
    revealed = theirs["confidentialite"].map(strictness).to_dict()
    never = strictness(Confidentiality.NON_PUBLIE)
    refused = {
        their
        for our, their in zip(pairs["ours"], pairs["theirs"], strict=True)
        if allowed[our] == never or revealed[their] < allowed[our]
    }
    return tuple(key for key in theirs.index if key in refused)


# --- cells --------------------------------------------------------------------------------


def _differences(
    ours: gpd.GeoDataFrame,
    theirs: gpd.GeoDataFrame,
    pairs: pd.DataFrame,
    by_hand: set[tuple[str, str]],
) -> pd.DataFrame:
    a, b = _as_cells(ours.loc[pairs["ours"]]), _as_cells(theirs.loc[pairs["theirs"]])
    mine_by_id: dict[str, dict[str, str]] = a.to_dict("index")  # type: ignore[assignment]
    other_by_id: dict[str, dict[str, str]] = b.to_dict("index")  # type: ignore[assignment]
    columns = [
        *(name for name in b.columns if name not in (*_NOT_COMPARED, *_POINT)),
        POINT,
    ]
    differences = []
    our_ages, their_ages = (
        dict(zip(rows.index, freshness.rows(rows), strict=True)) for rows in (ours, theirs)
    )
    for our, their in zip(pairs["ours"], pairs["theirs"], strict=True):
        mine, other = mine_by_id[our], other_by_id[their]
        for column in _offered(columns, mine, other):
            was, becomes = _value(mine, column), _value(other, column)
            if not becomes or _means_the_same(column, was, becomes):
                continue
            if not _is_worse(column, was, becomes):
                edited = any((our, name) in by_hand for name in _cells_of(column))
                newer = _newer(our_ages[our], their_ages[their], _cells_of(column)[0])
                differences.append((our, their, column, was, becomes, newer, edited))
    names = ["ours", "theirs", "column", "our_value", "their_value", "newer", "by_hand"]
    return pd.DataFrame(differences, columns=names)


def _offered(
    columns: Collection[str], mine: Mapping[str, str], other: Mapping[str, str]
) -> list[str]:
    """Return the columns that may be taken: the `_SAFE` ones for a hidden row, no lower level."""
    level = strictness(mine["confidentialite"])
    stricter = strictness(other["confidentialite"]) > level
    if level:
        return [name for name in columns if name in _SAFE or (name == _LEVEL and stricter)]
    return [name for name in columns if name != _LEVEL or stricter]


_LEVEL: Final = "confidentialite"


def _means_the_same(column: str, was: str, becomes: str) -> bool:
    """Return whether two texts of a column have the same meaning."""
    if column == POINT and was:
        return _apart_m(was, becomes) <= _SAME_POINT_M
    meaning = _MEANINGS.get(column, str)
    return meaning(was) == meaning(becomes)


def _is_worse(column: str, was: str, becomes: str) -> bool:
    """Return whether a text that is no number, or no address, would replace one."""
    if column == "telephone":
        return bool(phones.parse(was) and phones.wrong(becomes))
    return column == "courriel" and is_mail(was) and not is_mail(becomes)


def _numbers(text: str) -> object:
    return frozenset(phones.parse(text)) or text


def _words(text: str) -> object:
    return frozenset(text.split("|"))


def _canonical(text: str) -> str:
    try:
        return hours.understand(text)
    except hours.InvalidHours:
        return text


_MEANINGS: Final[Mapping[str, Callable[[str], object]]] = {
    "telephone": _numbers,
    "horaires_accueil": _canonical,
    **dict.fromkeys((*LISTS, "reseaux", "zone_eligibilite"), _words),
    **dict.fromkeys(("nom", "structure", "adresse", "commune"), fold),
}


def _apart_m(was: str, becomes: str) -> float:
    (lat_a, lng_a), (lat_b, lng_b) = (map(float, text.split(", ")) for text in (was, becomes))
    return float(communes.chord_m(communes.to_xyz(lng_a, lat_a), communes.to_xyz(lng_b, lat_b)))


def _newer(ours: freshness.Service, theirs: freshness.Service, column: str) -> str:
    """Return which of two cells is newer: `ours`, `theirs` or `unknown`."""
    was, becomes = freshness.dated(ours, column), freshness.dated(theirs, column)
    if was is None or becomes is None:
        return "unknown"
    return "theirs" if was.is_before(becomes) else "ours" if becomes.is_before(was) else "unknown"


def _as_cells(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return services as text cells, without derived columns."""
    table = fact_sources.without(services)
    table = pd.DataFrame(table.drop(columns=["geometry", "approximatif", "departement"]))
    for column in _POINT:
        table[column] = [
            "" if pd.isna(degrees) else f"{round(degrees, _DECIMALS)}" for degrees in table[column]
        ]
    known = [name for name in COLUMNS if name in table.columns]
    return table[[*known, *table.columns.difference(known, sort=False)]].astype("str")


def _value(row: Mapping[str, str], column: str) -> str:
    if column != POINT:
        return row.get(column, "")
    both = [row.get(name, "") for name in _POINT]
    return ", ".join(both) if all(both) else ""


def _cells_of(column: str) -> tuple[str, ...]:
    return _POINT if column == POINT else (column,)


def _with_columns_of(frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in other.columns if name not in frame.columns]
    return frame.assign(**dict.fromkeys(absent, ""))


def _joined(ours: str, theirs: str) -> str:
    known = [fold(part) for part in ours.split(" ; ")]
    return ours if not theirs or fold(theirs) in known else f"{ours} ; {theirs}"


def _refuse_unknown(ours: pd.DataFrame, comparison: Comparison, choices: Choices) -> None:
    added, taken = set(choices.add), set(choices.take)
    for key in sorted(added & set(comparison.refused)):
        raise MergeRefused(
            f"« {key} » ne peut pas être ajouté : cette fiche dirait où se trouve un lieu que "
            "notre liste garde confidentiel."
        )
    if unknown := sorted(added - set(comparison.theirs.index)):
        raise MergeRefused(f"« {unknown[0]} » n’est pas dans l’autre liste.")
    if known := sorted(added & set(ours.index)):
        raise MergeRefused(f"« {known[0]} » est déjà un identifiant de notre liste.")
    offered = set(
        zip(comparison.differences["ours"], comparison.differences["column"], strict=True)
    )
    if strange := sorted(taken - offered):
        key, column = strange[0]
        raise MergeRefused(f"« {key} », colonne « {column} » : aucune différence à reprendre.")
    if gone := sorted({key for key, _ in taken} - set(ours.index)):
        raise MergeRefused(f"« {gone[0]} » n’est plus dans notre liste.")
