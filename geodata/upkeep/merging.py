"""Another list beside ours: what is new, what differs, and only what was chosen put together.

Nothing is merged silently. `compare` shows; a person chooses; `apply` does what was chosen and
nothing else. A cell of ours is never emptied, and a place that ours or theirs hides never becomes
more visible: such a choice is refused.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import communes, freshness, hours, matching, phones, secrecy
from geodata.partial_date import PartialDate
from geodata.secrecy import strictness
from geodata.services import COLUMNS, Confidentiality, with_known_columns
from geodata.text import fold
from geodata.upkeep import repairs

# A row's own name, what the reader derives, and what `apply` keeps true by itself.
_NOT_COMPARED: Final = ("id", "departement", "source", "approximatif", "geometry")
_POINT: Final = ("latitude", "longitude")
_EXACT_PLACE: Final = ("adresse", *_POINT)
_PLACE: Final = (*_EXACT_PLACE, "code_postal", "commune", "code_insee")
# What may be taken into a row of ours that hides its place: nothing that could tell it.
_SAFE: Final = ("telephone", "courriel", "horaires_accueil", "acces", "publics", "date_source")
_SAME_POINT_M: Final = 50
_DECIMALS: Final = 6
POINT: Final = "latitude, longitude"
"""The name under which a point is shown and chosen: its two cells go together."""


class MergeRefused(ValueError):
    """A choice that cannot be made. The message is French; nothing was changed."""


@dataclass(frozen=True)
class Choices:
    """What a person takes from the other list: rows to add, and cells (our id, column)."""

    add: Collection[str] = ()
    take: Collection[tuple[str, str]] = ()


@dataclass(frozen=True)
class Comparison:
    """Two lists side by side.

    `pairs`: rows held to be one service: `ours`, `theirs` (ids), `score`, `reasons` (French),
    each row in one pair at most; an equal id makes a pair, whatever the rest.
    `differences`: one line a cell of those pairs: `ours` (id), `theirs` (id), `column`,
    `our_value`, `their_value`, `newer` (`ours`, `theirs` or `unknown`), `by_hand` (the cell was
    edited here by a person). Empty cells of theirs, and what is only written otherwise, are not.
    `new`: rows of theirs in no pair, as text cells indexed by id.
    `same`: ids of ours that a pair confirms without a difference.
    `only_ours`: ids of ours in no pair, those that are never shown left out.
    `refused`: ids of theirs that may not be taken: they would tell a place that ours hides.
    """

    pairs: pd.DataFrame
    differences: pd.DataFrame
    new: pd.DataFrame
    same: tuple[str, ...]
    only_ours: tuple[str, ...]
    refused: tuple[str, ...]
    theirs: pd.DataFrame = field(repr=False)


def compare(
    ours: gpd.GeoDataFrame,
    theirs: gpd.GeoDataFrame,
    *,
    by_hand: Collection[tuple[str, str]] = (),
) -> Comparison:
    """Set another list beside ours.

    Args:
        ours: services of `read_services`.
        theirs: services of `read_services`.
        by_hand: the (id, column) of ours that a person edited, from `keeping.read_history`.
    """
    likely = matching.candidates(ours, theirs)
    pairs = _paired(ours, theirs, likely)
    refused = _telling(ours, theirs, likely)
    never = set(ours.index[~secrecy.is_shown(ours)])
    shown = pairs[~pairs["ours"].isin(never)].reset_index(drop=True)
    cells = _as_cells(theirs)
    differences = _differences(ours, theirs, shown, set(by_hand))
    unpaired = theirs.index[~theirs.index.isin([*pairs["theirs"], *refused])]
    alone = ours.index[~ours.index.isin([*pairs["ours"], *never])]
    alike = shown["ours"][~shown["ours"].isin(differences["ours"])]
    return Comparison(
        pairs=shown,
        differences=differences,
        new=cells.loc[unpaired],
        same=tuple(alike),
        only_ours=tuple(alone),
        refused=refused,
        theirs=cells,
    )


def apply(ours: pd.DataFrame, comparison: Comparison, choices: Choices) -> pd.DataFrame:
    """Give our list with what was chosen.

    The order of ours stays, added rows follow in the order of theirs; columns that only theirs
    has are added, empty in our rows. A row that takes a cell names their source after its own. A
    row that takes a stricter `confidentialite` loses the cells that tell its place.

    Args:
        ours: the cells of our file, text indexed by id (`keeping.read_cells`).
        comparison: of that list.
        choices: of that comparison.

    Raises:
        MergeRefused: a choice that `comparison` does not offer, or an id that is taken.
    """
    _refuse_unknown(ours, comparison, choices)
    added = comparison.theirs.index[comparison.theirs.index.isin(list(choices.add))]
    merged = _with_columns_of(ours, comparison.theirs if len(added) else ours)
    lines = comparison.differences
    offered = dict(
        zip(zip(lines["ours"], lines["column"], strict=True), lines["theirs"], strict=True)
    )
    for key, column in dict.fromkeys(choices.take):
        row = comparison.theirs.loc[offered[key, column]]
        merged = _with_columns_of(merged, pd.DataFrame(columns=list(_cells_of(column))))
        for name in _cells_of(column):
            merged.loc[key, name] = row[name]
        merged.loc[key, "source"] = _joined(str(merged.loc[key, "source"]), str(row["source"]))
        if column == _LEVEL:
            in_commune = row[_LEVEL] == Confidentiality.COMMUNE
            gone = _EXACT_PLACE if in_commune else _PLACE
            merged = _hidden_whole(merged, key)
            merged.loc[key, [name for name in gone if name in merged.columns]] = ""
    new = _with_columns_of(comparison.theirs.loc[added], merged)[list(merged.columns)]
    result: pd.DataFrame = pd.concat([merged, new]).astype("str").rename_axis(index="id")
    return result


def _hidden_whole(cells: pd.DataFrame, key: str) -> pd.DataFrame:
    """Give our cells with one row hidden whole, but its id; its département is kept."""
    row = cells.loc[[key]].reset_index(names="id")
    found = repairs.hide_whole(
        with_known_columns(row), columns=(*cells.columns, "zone_eligibilite")
    )
    changes = {repair.column: repair.after for repair in found if repair.column != "id"}
    hidden = _with_columns_of(cells, pd.DataFrame(columns=list(changes)))
    for column, text in changes.items():
        hidden.loc[key, column] = text
    return hidden


# --- which rows ---------------------------------------------------------------------------


def _paired(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, likely: pd.DataFrame) -> pd.DataFrame:
    """Give each row to one row at most: first by id, then the likeliest pairs."""
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


def _telling(
    ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, likely: pd.DataFrame
) -> tuple[str, ...]:
    """Give the rows of theirs that show more of a place than a row of ours allows.

    Whatever its type: another list may call a shelter an association.
    """
    pairs = pd.concat([likely[["ours", "theirs"]], matching.namesakes(ours, theirs)])
    by_id = [key for key in theirs.index if key in ours.index]
    pairs = pd.concat([pairs, pd.DataFrame({"ours": by_id, "theirs": by_id})])
    allowed = ours["confidentialite"].map(strictness).to_dict()
    told = theirs["confidentialite"].map(strictness).to_dict()
    never = strictness(Confidentiality.NON_PUBLIE)
    telling = {
        their
        for our, their in zip(pairs["ours"], pairs["theirs"], strict=True)
        if allowed[our] == never or told[their] < allowed[our]
    }
    return tuple(key for key in theirs.index if key in telling)


# --- which cells --------------------------------------------------------------------------


def _differences(
    ours: gpd.GeoDataFrame,
    theirs: gpd.GeoDataFrame,
    pairs: pd.DataFrame,
    by_hand: set[tuple[str, str]],
) -> pd.DataFrame:
    a, b = _as_cells(ours.loc[pairs["ours"]]), _as_cells(theirs.loc[pairs["theirs"]])
    mine_by_id: dict[str, dict[str, str]] = a.to_dict("index")  # type: ignore[assignment]
    other_by_id: dict[str, dict[str, str]] = b.to_dict("index")  # type: ignore[assignment]
    newer = _newer(ours, theirs, pairs)
    columns = [
        *(name for name in b.columns if name not in (*_NOT_COMPARED, *_POINT)),
        POINT,
    ]
    found = []
    for our, their, who in zip(pairs["ours"], pairs["theirs"], newer, strict=True):
        mine, other = mine_by_id[our], other_by_id[their]
        for column in _offered(columns, mine, other):
            was, becomes = _shown_value(mine, column), _shown_value(other, column)
            if becomes and not _means_the_same(column, was, becomes):
                touched = any((our, name) in by_hand for name in _cells_of(column))
                found.append((our, their, column, was, becomes, who, touched))
    names = ["ours", "theirs", "column", "our_value", "their_value", "newer", "by_hand"]
    return pd.DataFrame(found, columns=names)


def _offered(
    columns: Collection[str], mine: Mapping[str, str], other: Mapping[str, str]
) -> list[str]:
    """The columns that may be taken: few into a hidden row, no place from one, no lower level."""
    level = strictness(mine["confidentialite"])
    stricter = strictness(other["confidentialite"]) > level
    if level:
        return [name for name in columns if name in _SAFE or (name == _LEVEL and stricter)]
    return [name for name in columns if name != _LEVEL or stricter]


_LEVEL: Final = "confidentialite"


def _means_the_same(column: str, was: str, becomes: str) -> bool:
    """Say whether two texts of a column are one fact written in two ways."""
    if column == POINT and was:
        return _apart_m(was, becomes) <= _SAME_POINT_M
    meaning = _MEANINGS.get(column, str)
    return meaning(was) == meaning(becomes)


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
    **dict.fromkeys(("acces", "publics", "reseaux", "zone_eligibilite"), _words),
    **dict.fromkeys(("nom", "structure", "adresse", "commune"), fold),
}


def _apart_m(was: str, becomes: str) -> float:
    (lat_a, lng_a), (lat_b, lng_b) = (map(float, text.split(", ")) for text in (was, becomes))
    return float(communes.chord_m(communes.to_xyz(lng_a, lat_a), communes.to_xyz(lng_b, lat_b)))


def _newer(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, pairs: pd.DataFrame) -> list[str]:
    """Say which row of each pair was checked last, or else has the younger source."""
    mine, other = _dated(ours), _dated(theirs)
    return [
        _later(mine[our], other[their])
        for our, their in zip(pairs["ours"], pairs["theirs"], strict=True)
    ]


def _dated(services: gpd.GeoDataFrame) -> dict[str, PartialDate | None]:
    dates = map(freshness.dated, freshness.rows(services))
    return dict(zip(map(str, services.index), dates, strict=True))


def _later(was: PartialDate | None, becomes: PartialDate | None) -> str:
    if was is None or becomes is None:
        return "unknown"
    return "theirs" if was.is_before(becomes) else "ours" if becomes.is_before(was) else "unknown"


# --- cells --------------------------------------------------------------------------------


def _as_cells(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give services as a file holds them: text, without what the reader derives."""
    table = pd.DataFrame(services.drop(columns=["geometry", "approximatif", "departement"]))
    for column in _POINT:
        table[column] = [
            "" if pd.isna(degrees) else f"{round(degrees, _DECIMALS)}" for degrees in table[column]
        ]
    known = [name for name in COLUMNS if name in table.columns]
    return table[[*known, *table.columns.difference(known, sort=False)]].astype("str")


def _shown_value(row: Mapping[str, str], column: str) -> str:
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
