"""What the report of a meeting is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import french, hours
from geodata.paper import _layout, _report_map
from geodata.situation import Situation, words
from geodata.situation.comparison import Comparison
from geodata.situation.indicators import Year
from geodata.situation.scenario import Scenario

MAP_MM: Final = (_layout.WIDTH, 196)
_LONGEST_FOOT: Final = 45
"""How wide and tall a map is on paper."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Past:
    """An earlier list beside today's.

    Attributes:
        label: what it is called: `l’édition de novembre 2025`.
        situation: the answer by that list.
        changes: `upkeep.editions.changes` between the two, of the services that count.
    """

    label: str
    situation: Situation
    changes: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Material:
    """What a report is made of. A chapter whose part is None is left out.

    Attributes:
        situation: what it is about; with a scenario, what would be.
        listed: the whole list: what it says of shelters is set beside the yardsticks.
        services_written: the day of the list.
        now: the instant of the document; naive is Europe/Paris.
        before: as things are, where `situation` is what would be.
        scenario: what makes the difference between the two.
        minutes_source: the source of the real minutes, if they are not the estimate.
        people_source: where the number of people is from; "" for the population.
        matrix: `gaps.matrix` of the EPCIs.
        everywhere: the answer for all the départements of the list.
        past: an earlier list.
        indicators: those of the year, by each edition of the list, today's last.
        called: what the scenario is called: aids and indicators follow it; "" without one.
        compared: two scenarios beside today.
    """

    situation: Situation
    listed: gpd.GeoDataFrame
    services_written: date
    now: datetime
    before: Situation | None = None
    scenario: Scenario | None = None
    minutes_source: str = ""
    people_source: str = ""
    matrix: pd.DataFrame | None = None
    everywhere: Situation | None = None
    past: Past | None = None
    indicators: Sequence[Year] | None = None
    called: str = ""
    compared: Comparison | None = None

    @cached_property
    def plan(self) -> _report_map.Plan:
        """The territory laid out on paper, once for all maps."""
        return _report_map.plan(self.situation.communes, width=MAP_MM[0], height=MAP_MM[1])

    @property
    def where(self) -> str:
        """`Vienne (86)`, `« Autour de Civray » (12 communes)`."""
        return words.where(self.situation.question)

    @property
    def title(self) -> str:
        """The title of the document."""
        return f"Maillage : {self.where}"

    @property
    def foot(self) -> str:
        """What stands at the foot of every page."""
        of = f", {self.where}" if len(self.where) <= _LONGEST_FOOT else ""
        return f"Maillage{of}. Édité le {moment(self.now)}."

    @property
    def sources(self) -> str:
        """What stands below every map."""
        counted = self.people_source.capitalize() or "Population 2023 (INSEE)"
        return f"Services : liste du {day(self.services_written)}. {counted}."


def day(value: date) -> str:
    """`vendredi 20 novembre 2026`."""
    return french.day(value, today=date.min)


def moment(now: datetime) -> str:
    """`dimanche 22 novembre 2026 à 10 h 30`."""
    return f"{day(hours.local_date(now))} à {french.clock(now)}"
