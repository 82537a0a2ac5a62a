"""Rows of a frame as dictionaries: faster to read than pandas' own."""

from typing import Any

import pandas as pd

Row = dict[str, Any]
"""The cells of a row by column, with its `id`."""


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return each row as a dictionary of its cells; `id` is its place in the index."""
    names = ("id", *map(str, frame.columns))
    cells = (column.tolist() for _, column in frame.items())
    return [dict(zip(names, row, strict=True)) for row in zip(frame.index, *cells, strict=True)]


def row_of(frame: pd.DataFrame, key: str) -> Row:
    """Return the row of this id. Raises KeyError."""
    return rows_of(frame.loc[[key]])[0]
