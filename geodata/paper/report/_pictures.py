"""The chapters that are pictures: the maps, and the week hour by hour."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pandas as pd

from geodata import french
from geodata.paper.report._blocks import (
    Block,
    Heading,
    Map,
    Paragraph,
    Size,
    Title,
    Week,
    Weeks,
)
from geodata.paper.report._material import MAP_MM, Material
from geodata.situation import Situation, shades, words
from geodata.situation.shades import Measure

_HALF_MM: Final = 84
_MEASURES: Final = (
    (Measure.HOURS, MAP_MM[1]),
    (Measure.DISTANCE, MAP_MM[1]),
    (Measure.NUMBER, _HALF_MM),
    (Measure.SUPPLY, _HALF_MM),
)


def maps(material: Material) -> Iterator[Block]:
    """Draw every measure, each with its legend."""
    situation = material.situation
    yield Title("Les cartes")
    if material.plan.outlines.empty:
        yield Paragraph("Aucune de ces communes n’a de contour connu : il n’y a pas de carte.")
        return
    for measure, height in _MEASURES:
        name = shades.scale(measure, situation).title
        yield Heading(name, room=height + 30)
        fills = shades.fills(measure, situation)
        yield _map(material, name, fills, shades.legend(measure, situation), height)


def of_changes(material: Material, before: Situation, after: Situation, height: float) -> Map:
    """Draw who gains and who loses hours from one answer to another."""
    fills = shades.changes(before, after)
    return _map(material, shades.CHANGE_TITLE, fills, shades.CHANGE_LEGEND, height)


def between(material: Material, first: Situation, second: Situation, height: float) -> Map:
    """Draw who has more hours with the second of two scenarios, and who with the first."""
    fills = shades.changes(first, second)
    return _map(material, shades.BETWEEN_TITLE, fills, shades.BETWEEN_LEGEND, height)


def _map(
    material: Material,
    name: str,
    fills: pd.Series,
    legend: Iterable[tuple[str, str]],
    height: float,
) -> Map:
    signs = "Entre parenthèses, le nombre de communes. Ronds : services dont le lieu est public."
    note = f"{signs} {material.sources}"
    missing = len(material.situation.communes) - len(material.plan.outlines)
    if missing:
        note += f" Sans contour connu, donc absentes : {french.count(missing, 'commune')}."
    counted = [
        (fill, f"{text} ({french.number(int((fills == fill).sum()))})") for fill, text in legend
    ]
    return Map(name, material.plan, fills, material.situation.services, counted, note, height)


def week(material: Material) -> Iterator[Block]:
    """Draw who has somebody open in reach, hour by hour."""
    situation = material.situation
    if not situation.people:
        return
    yield Title("Quand quelqu’un est ouvert à portée")
    yield Paragraph(
        f"Part des {situation.question.who.living} (en %) qui ont quelqu’un d’ouvert à portée, "
        f"heure par heure : {words.week(situation.question)}."
    )
    said = _week_in_words(situation)
    sure, possible = (
        Week(name, situation, perhaps, f"{name}, heure par heure. {said}")
        for name, perhaps in (("Sûr", False), ("Possible", True))
    )
    unknown = words.unknown_hours(situation.question)
    legend = [
        (fill, unknown if fill == shades.HATCHED else text) for fill, text in shades.WEEK_LEGEND
    ]
    yield Weeks((sure, possible), legend)
    yield Paragraph(
        f"{said} « ? » : moins de 5 % des {situation.question.who.living} ont sûrement quelqu’un, "
        f"mais les {unknown} pourraient changer cela.",
        Size.NOTE,
    )


def _week_in_words(situation: Situation) -> str:
    """Describe the pictures of the week in words."""
    sure = situation.by_hour.to_numpy(np.float64)
    never = int((situation.by_hour_possible.to_numpy(np.float64) == 0).sum())
    hours_of_nobody = f"Pendant {french.count(never, 'heure')} sur 168, personne n’est ouvert."
    if not sure.any():
        return f"Aucune ouverture n’est sûre. {hours_of_nobody if never else ''}".strip()
    day, hour = divmod(int(sure.argmax()), 24)
    best = f"Au mieux, {words.percent(sure.max())} sont sûrs de trouver quelqu’un"
    when = f"(le {french.weekday(day)} à {hour} h)"
    return f"{best} {when}. {hours_of_nobody if never else ''}".strip()
