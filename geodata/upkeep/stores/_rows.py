"""Rows of a base as the reader takes them, read whole or only where they have changed."""

import csv
import io
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import fact_sources, secrecy
from geodata.decoding import mended
from geodata.services import COLUMNS, UNTOLD, Reading, read_rows
from geodata.tables import Problem, Table

_SOURCES: Final = "sources"
"""What messages call the facts of a base."""
_UNPUBLISHED: Final = "non-publiee"

Fact = tuple[str, str, str, str, str]
"""Id, column, source, link and date."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that were read, what is needed to read some of them again.

    `lines`: the line of each id, as if in a file; `fact_problems`: problems of facts, by id.
    """

    reading: Reading
    columns: tuple[str, ...]
    lines: Mapping[str, int]
    row_problems: tuple[Problem, ...]
    fact_problems: tuple[tuple[str, Problem], ...]


def frame_of(content: bytes, columns: Iterable[str]) -> pd.DataFrame:
    """Give the cells of a table that the base sent as CSV: `COLUMNS`, `autres` and what follows.

    `autres` holds further columns as JSON. Indexed from 0, in the base's order. Letters that were
    decoded twice are mended, as in a file.
    """
    frame = pd.read_csv(
        io.BytesIO(content), dtype="str", keep_default_na=False, na_filter=False, engine="c"
    )
    others = [json.loads(text) for text in frame.pop("autres")]
    named = [name for name in columns if name not in COLUMNS]
    known = set(named)
    named += [n for n in dict.fromkeys(n for other in others for n in other) if n not in known]
    more = {name: [other.get(name, "") for other in others] for name in named}
    cells = {name: frame[name] for name in COLUMNS} | more
    whole = {name: _mended(texts) for name, texts in cells.items()}
    return pd.DataFrame(whole, index=frame.index, dtype="str")


def _mended(texts: Iterable[str]) -> list[str]:
    cells = list(texts)
    known = {text: mended(text) for text in set(cells)}
    return [known[text] for text in cells]


def unpublished(counts: Iterable[tuple[str, str, int]]) -> pd.DataFrame:
    """Give the rows that stand for those never shown: of each, its département and its type."""
    rows = [
        dict.fromkeys(COLUMNS, "")
        | UNTOLD
        | {
            "id": f"{_UNPUBLISHED}-{home}-{kind}-{number}",
            "type": kind,
            "confidentialite": secrecy.Confidentiality.NON_PUBLIE.value,
            "zone_eligibilite": home,
        }
        for home, kind, count in counts
        for number in range(1, count + 1)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def read_all(
    frame: pd.DataFrame, counted: pd.DataFrame, facts: Sequence[Fact], today: date
) -> Rows:
    """Read all rows of a base."""
    cells = _with_counted(frame, counted)
    cells.index = pd.RangeIndex(2, len(cells) + 2)
    reading = read_rows(Table(cells, ()), today=today)
    read, fact_problems = _with_facts(reading, facts, today)
    lines = dict(zip(cells["id"], map(int, cells.index), strict=True))
    return Rows(read, tuple(cells.columns), lines, reading.problems, fact_problems)


def read_changed(
    rows: Rows,
    changed: pd.DataFrame,
    gone: Collection[str],
    counted: pd.DataFrame,
    facts: Sequence[Fact],
    today: date,
) -> Rows | None:
    """Read again rows that have changed, to what `read_all` would give; None if it must be all.

    Args:
        rows: as they were.
        changed: cells of the rows that are new or changed.
        gone: ids that are no more.
        counted: as `unpublished` gives them, all.
        facts: those of the changed rows.
        today: the current day.
    """
    if set(changed.columns) - set(rows.columns) or any(p.rows != 1 for p in rows.row_problems):
        return None
    cells = _with_counted(changed, counted).reindex(columns=list(rows.columns), fill_value="")
    again = set(cells["id"])
    lost = {key for key in (*gone, *filter(_is_counted, rows.lines)) if key in rows.lines} - again
    dropped = {rows.lines[key] for key in (*again, *lost) if key in rows.lines}
    lines = rows.lines
    if lost or not again <= lines.keys():
        lines = {key: line for key, line in lines.items() if key not in lost}
        last = max(lines.values(), default=1)
        added = [key for key in cells["id"] if key not in lines]
        lines |= {key: last + place for place, key in enumerate(added, 1)}
    cells.index = pd.Index([lines[key] for key in cells["id"]])
    part = read_rows(Table(cells, ()), today=today)
    with_facts, fact_problems = _with_facts(part, facts, today)
    row_problems = [p for p in rows.row_problems if p.line not in dropped] + list(part.problems)
    if any(problem.rows != 1 or problem.line < 2 for problem in row_problems):
        return None
    old = rows.reading.services
    new = with_facts.services.reindex(columns=old.columns)
    left_out = {key for key in again.difference(new.index) if key in old.index}
    services = replaced(old, new, lost | left_out, lines)
    kept_facts = [(k, p) for k, p in rows.fact_problems if k not in again and k in lines]
    all_facts = (*kept_facts, *fact_problems)
    coming = [day for day in (rows.reading.next_date, part.next_date) if day]
    problems = sorted((*row_problems, *(p for _, p in all_facts)), key=lambda one: one.line)
    reading = Reading(services, tuple(problems), min(coming, default=None))
    ordered = tuple(sorted(row_problems, key=lambda one: one.line))
    return Rows(reading, rows.columns, lines, ordered, all_facts)


def replaced(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    lost: Collection[str],
    lines: Mapping[str, int],
) -> gpd.GeoDataFrame:
    """Give the services with some rows replaced, added or lost, in the order of their lines."""
    places = old.index.get_indexer(new.index)
    level = "confidentialite"
    if not lost and (places >= 0).all() and (old[level].iloc[places] == new[level]).all():
        # Nothing moves: columns in which nothing changes are shared with the frame before.
        return old.assign(
            **{
                str(name): _with_cells(cells, places, new[name])
                for name, cells in old.items()
                if not cells.iloc[places].array.equals(new[name].array)
            }
        )
    both = pd.concat([old, new])
    kept = both[~both.index.duplicated(keep="last") & ~both.index.isin(list(lost))]
    return secrecy.hidden_last(kept.iloc[kept.index.map(lines).argsort(kind="stable")])


def _with_cells(column: pd.Series, places: NDArray[np.intp], cells: pd.Series) -> pd.Series:
    changed = column.array.copy()
    changed[places] = cells.array
    return pd.Series(changed, column.index)


def _with_counted(frame: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, counted], ignore_index=True).fillna("").astype("str")


def _is_counted(key: str) -> bool:
    return key.startswith(f"{_UNPUBLISHED}-")


def _with_facts(
    reading: Reading, facts: Sequence[Fact], today: date
) -> tuple[Reading, tuple[tuple[str, Problem], ...]]:
    """Give a reading with the facts of its rows, and the problems of these facts by id."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fact_sources.FIELDS)
    writer.writerows(facts)
    bare = replace(reading, problems=())
    read = fact_sources.read(text.getvalue().encode(), bare, name=_SOURCES, today=today)
    found = []
    for problem in read.problems:
        # A cell may hold several lines, a problem names the line of a record.
        key = facts[problem.line - 2][0] if 2 <= problem.line <= len(facts) + 1 else ""
        found.append((key, replace(problem, line=0)))
    problems = (*(problem for _, problem in found), *reading.problems)
    in_order = tuple(sorted(problems, key=lambda one: one.line))
    return Reading(read.services, in_order, reading.next_date), tuple(found)


def list_content(frame: pd.DataFrame) -> bytes:
    """Write cells as a list: UTF-8, commas, quotes where needed, one line a row."""
    written: str = frame.to_csv(index=False, lineterminator="\n")
    return written.encode()
