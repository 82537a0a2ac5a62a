"""Who is counted: all inhabitants, or the women of a table of the population beside the list.

The table is `NAME.population.csv` beside `NAME.csv`: what `python -m geodata import insee` writes,
or any CSV with a line for each commune and the columns `code_insee` and `femmes`. Women of 15 and
more are `femmes_15_plus`, or else `femmes` less `femmes_0_14`. `annee` is the year of the figures.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from geodata import communes, french
from geodata.labelled import Labelled
from geodata.tables import Problem, UnreadableFile, read_table

_CODE, _YEAR, _WOMEN = "code_insee", "annee", "femmes"
_YOUNG, _OLDER = "femmes_0_14", "femmes_15_plus"
_CITIES = ("13055", "69123", "75056")  # a table may have their arrondissements too


class People(Labelled):
    """Who is counted. `one` is one of them, `living` who they are among those who live there."""

    one: str
    living: str

    ALL = "personnes", "personnes", "personne", "habitants"
    WOMEN = "femmes", "femmes", "femme", "femmes"
    WOMEN_15 = (
        "femmes-15",
        "femmes de 15 ans et plus",
        "femme de 15 ans et plus",
        "femmes de 15 ans et plus",
    )

    def __new__(cls, value: str, label: str = "", one: str = "", living: str = "") -> Self:
        """Make a member of its value and its words."""
        member = str.__new__(cls, value)
        member._value_, member.label, member.one, member.living = value, label, one, living
        return member

    def counted(self, number: int) -> str:
        """Return `3 000 femmes de 15 ans et plus`, `1 femme`."""
        return french.count(number, self.one, self.label)


@dataclass(frozen=True, eq=False)
class Population:
    """A table of the population: `women` by `code_insee` and `People`, NaN where not told.

    `year`: of the figures, None where the table does not say; `problems`: what was not read.
    """

    women: pd.DataFrame
    year: int | None
    problems: tuple[Problem, ...] = ()

    @property
    def offered(self) -> tuple[People, ...]:
        """Who can be counted: everybody, and those of whom a commune at least has a figure."""
        told = (who for who in (People.WOMEN, People.WOMEN_15) if self.women[who].notna().any())
        return (People.ALL, *told)

    @property
    def source(self) -> str:
        """What the page says of the figures."""
        year = f" {self.year}" if self.year else ""
        return f"table de la population jointe à la liste{year}"


def beside(path: Path) -> Path:
    """Return the table beside a list: `services.population.csv` for `services.csv`."""
    return path.with_suffix(".population.csv")


def read(content: bytes) -> Population:
    """Read a table of the population. Merged communes are added up, and arrondissements of a city.

    A line whose code is no commune's, or that comes twice, or whose city has a line, and a cell
    that is no number from 0 on, are left out and told.

    Raises:
        UnreadableFile: not a CSV, no `code_insee` or `femmes`, or no line that can be read.
    """
    table = read_table(content)
    frame = table.frame
    for column in (_CODE, _WOMEN):
        if column not in frame:
            raise UnreadableFile(
                f"La table de la population n’a pas de colonne « {column} ». Il faut au moins "
                "« code_insee » et « femmes » : « python -m geodata import insee » l’écrit."
            )
    problems = list(table.problems)
    codes = frame[_CODE].map(communes.current_code)
    twice = frame[_CODE].duplicated() & codes.notna()
    whole = set(_CITIES).intersection(frame[_CODE])
    part = codes.isin(whole) & (codes != frame[_CODE])
    for wrong, why in (
        (codes.isna(), "ce n’est le code d’aucune commune de 2026"),
        (twice & ~part, "cette commune a déjà une ligne"),
        (part, "la ligne de sa ville le compte déjà"),
    ):
        written = frame[_CODE][wrong]
        problems += [_problem(line, _CODE, code, why) for line, code in written.items()]
    kept = frame[codes.notna() & ~twice & ~part]
    if kept.empty:
        raise UnreadableFile("La table de la population n’a aucune ligne de commune lisible.")
    numbers = {}
    for column in (_WOMEN, _YOUNG, _OLDER):
        values = _numbers(kept[column]) if column in kept else pd.Series(np.nan, kept.index)
        numbers[column] = values
        if column in kept:
            problems += _not_numbers(kept[column], values)
    women, young = numbers[_WOMEN], numbers[_YOUNG]
    older = numbers[_OLDER].fillna(women - young)
    for line in older.index[older > women]:
        problems.append(_problem(line, _OLDER, str(older[line]), "il y en a plus que de femmes"))
    by_line = pd.DataFrame({People.WOMEN: women, People.WOMEN_15: older.where(~(older > women))})
    # A sum of which one part is not told is not told either.
    sums = by_line.groupby(codes[kept.index].to_numpy()).sum(min_count=1, skipna=False)
    years = set(_numbers(kept[_YEAR]).dropna()) if _YEAR in kept else set()
    year = int(years.pop()) if len(years) == 1 else None
    return Population(sums.rename_axis(_CODE), year, tuple(problems))


def _numbers(cells: pd.Series) -> pd.Series:
    values = pd.to_numeric(cells.str.replace(",", ".").str.replace(r"\s", "", regex=True), "coerce")
    return values.where((values >= 0) & np.isfinite(values)).astype(float)


def _not_numbers(cells: pd.Series, values: pd.Series) -> Iterator[Problem]:
    for line in cells.index[(cells != "") & values.isna()]:
        yield _problem(line, str(cells.name), cells[line], "écrire un nombre, comme 1250")


def _problem(line: Hashable, column: str, value: str, why: str) -> Problem:
    message = f"Ligne {line}, « {column} » : « {value[:20]} », {why}. Elle ne compte pas."
    return Problem(int(str(line)), column, value, message, "warning")
