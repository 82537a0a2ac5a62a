"""What a chapter is made of, as a PDF and as a DOCX: `_pdf` and `_word` know only these blocks.

Sizes in points, lengths in mm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import geopandas as gpd
import pandas as pd

from geodata.paper import _layout
from geodata.paper._report_map import Plan
from geodata.situation import Situation, shades


class Size(Enum):
    """How large a paragraph or a list is: the value is its size on paper."""

    LEAD = 13
    BODY = _layout.BODY
    SMALL = 10
    NOTE = _layout.SMALL


@dataclass(frozen=True)
class Title:
    """The title of a chapter, its first block."""

    text: str


@dataclass(frozen=True)
class Heading:
    """A title inside a chapter. `room`: how much of what follows is to be on the same page."""

    text: str
    room: float = 30


@dataclass(frozen=True)
class NewPage:
    """What follows begins a page."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a `NOTE` is in grey."""

    text: str
    size: Size = Size.BODY
    bold: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list."""

    texts: Sequence[str]
    size: Size = Size.SMALL


@dataclass(frozen=True)
class Figures:
    """The figures of an answer, set large: columns of a title ("" for none), figures and people."""

    columns: Sequence[tuple[str, Sequence[tuple[str, str]]]]


@dataclass(frozen=True)
class Table:
    """A table whose head stands on every page.

    Attributes:
        name: its caption, where it has one.
        head, rows: the words of the cells.
        widths: of the columns; in all `_layout.WIDTH` at most.
        numbers: the places of the columns that are right-aligned.
        points: the size of its type.
        room: how much of it is to be on the page where it begins.
    """

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numbers: Sequence[int] = ()
    points: float = _layout.SMALL
    room: float = 0


@dataclass(frozen=True, eq=False)
class Map:
    """A map of communes by colour, with its legend and a note below.

    Attributes:
        name: its caption.
        plan: the communes, laid out.
        fills: the colour of each, `shades.HATCHED` or `shades.BLANK`.
        services: those that are drawn, where their place is public.
        legend: colours and their words.
        note: what stands below.
        height: on paper.
    """

    name: str
    plan: Plan
    fills: pd.Series
    services: gpd.GeoDataFrame
    legend: Sequence[tuple[str, str]]
    note: str
    height: float

    @property
    def words(self) -> str:
        """What the map shows, for who does not see it."""
        entries = " ; ".join(text for _, text in self.legend)
        return f"Carte des communes. {self.name} : {entries}."


@dataclass(frozen=True, eq=False)
class Week:
    """The hours of a week by colour, as surely known or as possible.

    Attributes:
        name: its caption.
        situation: whose hours they are.
        possible: which of the two.
        words: what it shows, for who does not see it.
    """

    name: str
    situation: Situation
    possible: bool
    words: str

    @cached_property
    def fills(self) -> dict[tuple[int, int], str]:
        """The colour of each hour, by day and hour."""
        return shades.week_fills(self.situation, possible=self.possible)

    @property
    def cells(self) -> dict[tuple[int, int], str]:
        """What is written in each hour: a percentage, or `?` where it is not known."""
        situation = self.situation
        shares = situation.by_hour_possible if self.possible else situation.by_hour
        percents = (100 * shares).round().to_numpy(int)
        return {
            hour: "?" if fill == shades.HATCHED else str(percents[hour])
            for hour, fill in self.fills.items()
        }


@dataclass(frozen=True)
class Weeks:
    """Two weeks side by side, with their legend."""

    weeks: tuple[Week, Week]
    legend: Sequence[tuple[str, str]]


Block = Title | Heading | NewPage | Paragraph | Bullets | Figures | Table | Map | Weeks
