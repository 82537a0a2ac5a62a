"""What the colours of a situation mean: the same on the page and in the report.

Five classes of one hue with round limits, darker is a larger hole; *no service* is the darkest,
*hours unknown* is hatched and never a colour of the scale. In grey they keep their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from geodata.coverage import DaysAndHours, SlotClass, Verdict
from geodata.situation import Question, Situation, change, words

# From near white to deep violet, each about 15 points of lightness (CIE L*) below the one before.
SCALE: Final = ("#f4f0f8", "#d7c7e6", "#b497d0", "#8f65b5", "#693a93")
NOBODY: Final = "#2a1140"
HATCHED: Final = "hachures"
BLANK: Final = "#ffffff"
"""What is not measured, or does not change."""
DARK: Final = (NOBODY, *SCALE[3:])
"""On which words are white."""
GAINS, BETTER, WORSE, LOSES = "#00664d", "#8fd0bd", "#f2b48a", "#a63f00"


class Measure(StrEnum):
    """What a map shows."""

    DISTANCE = "distance"
    HOURS = "heures"
    NUMBER = "nombre"
    SUPPLY = "offre"


@dataclass(frozen=True)
class Scale:
    """A measure on a map: its column, its unit, and the limits of its classes in that unit.

    `rising`: more is worse (a distance); else less is.
    """

    title: str
    column: str
    unit: str
    limits: tuple[float, ...]
    per_unit: float = 1
    rising: bool = False


_HOUR_LIMITS: Final = {
    None: (8, 20, 35, 50),
    SlotClass.JOUR: (8, 16, 24, 40),
    SlotClass.SOIR: (2, 4, 8, 12),
    SlotClass.NUIT: (7, 14, 28, 42),
    SlotClass.WEEK_END: (4, 8, 16, 24),
}
_SCALES: Final = {
    Measure.DISTANCE: Scale(
        "Distance au service le plus proche, ouvert ou non, à vol d’oiseau",
        "nearest_m",
        "km",
        (5, 10, 20, 30),
        per_unit=1000,
        rising=True,
    ),
    Measure.HOURS: Scale(
        "Heures de la semaine où quelqu’un est sûrement ouvert à portée", "certain_h", "h", ()
    ),
    Measure.NUMBER: Scale(
        "Nombre de services à portée, ouverts ou non", "services", "", (2, 4, 7, 11)
    ),
    Measure.SUPPLY: Scale(
        "Heures d’ouverture connues par an pour 1 000", "supply", "h", (0.5, 1, 2, 5)
    ),
}


# --- the map ------------------------------------------------------------------------------


def scale(measure: Measure, situation: Situation) -> Scale:
    """Return a measure's scale: for the hours that were asked for, and the people counted."""
    found = _SCALES[measure]
    if measure is Measure.SUPPLY:
        return replace(found, title=f"{found.title} {situation.question.who.living}")
    if measure is Measure.HOURS:
        return replace(found, limits=_hour_limits(situation.question))
    return found


def _hour_limits(question: Question) -> tuple[float, ...]:
    """Return the limits of the classes, in hours; quarters of the hours asked for, if they are."""
    if isinstance(question.opening, DaysAndHours):
        return tuple(question.hours * quarter / 4 for quarter in (1, 2, 3, 4))
    return _HOUR_LIMITS[question.opening]


def fills(measure: Measure, situation: Situation, table: pd.DataFrame | None = None) -> pd.Series:
    """Return each commune's colour, `HATCHED` or `BLANK`. Index of the communes.

    `table`: the territories of `territories.summary` instead, and its index.
    """
    shown, rows = scale(measure, situation), situation.communes if table is None else table
    values = rows[shown.column].astype("Float64").astype(float) / shown.per_unit
    pairs = zip(values, rows["verdict"], strict=True)
    return pd.Series([_fill(value, verdict, shown) for value, verdict in pairs], index=rows.index)


def legend(
    measure: Measure, situation: Situation, table: pd.DataFrame | None = None
) -> list[tuple[str, str]]:
    """Return the colours of a map with their words, those that are on it or could be.

    `table`: as in `fills`.
    """
    shown, rows = scale(measure, situation), situation.communes if table is None else table
    entries = list(zip(SCALE, _class_words(shown, whole=table is None), strict=True))
    if not shown.rising:
        entries.append((NOBODY, f"aucun service à portée{words.in_the_list(rows)}"))
    elif NOBODY in fills(measure, situation, table).to_numpy():
        entries.append((NOBODY, f"aucun service{words.in_the_list(rows)}"))
    if measure in (Measure.HOURS, Measure.SUPPLY):
        entries.append((HATCHED, words.unknown_hours(situation.question)))
    elif situation.unlisted:
        entries.append((HATCHED, "département sans données"))
    if rows["verdict"].isna().any():
        entries.append((BLANK, "non mesurée (mairie inconnue)"))
    return entries


def changes(before: Situation, after: Situation) -> pd.Series:
    """Return each commune's colour on the map of what a scenario changes. Index of the communes."""
    rows = change(before, after)
    colours = pd.Series(BLANK, index=rows.index)
    colours[rows["gain_h"] > 0] = BETTER
    colours[rows["gain_h"] < 0] = WORSE
    colours[rows["newly"]] = GAINS
    colours[rows["no_more"]] = LOSES
    return colours


CHANGE_TITLE: Final = "Ce qui change, en heures sûres par semaine"
CHANGE_LEGEND: Final = (
    (GAINS, "devient couverte"),
    (BETTER, "plus d’heures"),
    (WORSE, "moins d’heures"),
    (LOSES, "n’est plus couverte"),
    (BLANK, "rien ne change"),
)
BETWEEN_TITLE: Final = "Du scénario A au scénario B, en heures sûres par semaine"
BETWEEN_LEGEND: Final = (
    (GAINS, "couverte avec B seul"),
    (BETTER, "plus d’heures avec B"),
    (WORSE, "plus d’heures avec A"),
    (LOSES, "couverte avec A seul"),
    (BLANK, "pas de différence"),
)


def _fill(value: float, verdict: Verdict | None, shown: Scale) -> str:
    if pd.isna(verdict):
        return BLANK
    nothing = pd.isna(value) if shown.rising else not value
    if nothing and verdict == Verdict.SANS_INFORMATION:
        return HATCHED
    if pd.isna(value) or (not shown.rising and verdict == Verdict.SANS_SERVICE):
        return NOBODY
    passed = sum(value >= limit for limit in shown.limits)
    return SCALE[passed if shown.rising else len(shown.limits) - passed]


def typical(measure: Measure) -> str:
    """Say what stands for the people of a territory."""
    return "médiane" if measure is Measure.DISTANCE else "moyenne"


def _class_words(shown: Scale, *, whole: bool = True) -> list[str]:
    """Return the words of the classes; a `whole` number of services has no fractions."""
    unit = f"\u00a0{shown.unit}" if shown.unit else ""
    limits = [words.plain(limit) for limit in shown.limits]
    between = [f"{low} à {high}{unit}" for low, high in pairwise(limits)]
    texts = [f"moins de {limits[0]}{unit}", *between, f"{limits[-1]}{unit} et plus"]
    if shown.column == "services" and whole:
        texts = _whole_numbers([int(limit) for limit in shown.limits])
    return texts if shown.rising else texts[::-1]


def _whole_numbers(limits: Sequence[int]) -> list[str]:
    """`1`, `2 à 3`, `4 à 6`, and so on."""
    between = [f"{low} à {high - 1}" for low, high in pairwise(limits)]
    return ["1", *between, f"{limits[-1]} et plus"]


# --- the week -----------------------------------------------------------------------------

_STEPS: Final = (0.0, 0.2, 0.4, 0.6, 0.8)
_HATCHED_FROM: Final = 0.05
WEEK_LEGEND: Final = (
    (NOBODY, "personne"),
    *zip(
        SCALE[::-1],
        ("moins de 20 %", "20 à 40 %", "40 à 60 %", "60 à 80 %", "80 % et plus"),
        strict=True,
    ),
    (HATCHED, "horaires inconnus"),
)


def week_fills(situation: Situation, *, possible: bool) -> dict[tuple[int, int], str]:
    """Return the colour of each hour of a week, by day and hour: as surely known, or as `possible`.

    Where next to nobody is covered but somebody perhaps is, nobody knows: `HATCHED`.
    """
    perhaps = situation.by_hour_possible.to_numpy(np.float64)
    shares = perhaps if possible else situation.by_hour.to_numpy(np.float64)
    doubtful = (shares < _HATCHED_FROM) & (perhaps >= _HATCHED_FROM)
    colours = [colour for colour, _ in WEEK_LEGEND]
    return {
        hour: HATCHED if doubtful[hour] else colours[sum(part > step for step in _STEPS)]
        for hour, part in np.ndenumerate(shares)
    }
