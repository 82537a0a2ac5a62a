"""The chapter on what changed since an earlier list."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from geodata import french
from geodata.paper.report import _answer, _pictures
from geodata.paper.report._blocks import Block, Heading, Paragraph, Size, Table, Title
from geodata.paper.report._material import MAP_MM, Material
from geodata.situation import Situation, change, words
from geodata.upkeep import editions

_MOST: Final = 80
_HEAD: Final = ("Mesure", "Avant", "Aujourd’hui")


def since(material: Material) -> Iterator[Block]:
    """Say what came, went, moved or has other hours, and what the territory gained or lost."""
    past = material.past
    if past is None:
        return
    was, now = past.situation, material.before or material.situation
    yield Title("Ce qui a changé")
    summary = editions.summary(past.changes)
    yield Paragraph(f"Depuis {past.label} : {summary}", Size.LEAD)
    lines = _lines(was, now)
    yield Table("Avant et aujourd’hui", _HEAD, lines, widths=(62, 56, 56), points=10)
    moved = change(was, now)
    moved = moved[moved["gain_h"].abs() > 0]
    if moved.empty:
        yield Paragraph(editions.NO_GAIN)
    else:
        yield Paragraph(words.gains(change(was, now), was.question.who))
        yield from _answer.gaining(moved, was.question.who, "Avant", "Aujourd’hui")
    yield from _changes(past.changes)
    yield Paragraph(editions.NOT_TOLD, Size.NOTE)
    if len(moved) and not material.plan.outlines.empty:
        drawn = _pictures.of_changes(material, was, now, MAP_MM[1])
        yield Heading(drawn.name, room=drawn.height + 30)
        yield drawn


def _lines(was: Situation, now: Situation) -> list[tuple[str, str, str]]:
    before, after = (
        [
            ("Services à portée", french.number(len(one.services))),
            ("Sûr", words.share(one.certain, one)),
            ("Possible", words.share(one.possible, one)),
            *words.figures(one),
        ]
        for one in (was, now)
    )
    return [(name, old, new) for (name, old), (_, new) in zip(before, after, strict=True)]


def _changes(changed: pd.DataFrame) -> Iterator[Block]:
    if changed.empty:
        return
    title = french.count(len(changed), "changement")
    yield Heading(title, room=45)
    shown = changed[list(editions.NAMES)].head(_MOST)
    yield Table(
        title,
        tuple(editions.NAMES.values()),
        [tuple(map(str, row)) for row in shown.itertuples(index=False)],
        widths=(28, 48, 26, 36, 36),
        points=8.5,
    )
    if len(changed) > len(shown):
        rest = french.count(len(changed) - len(shown), "autre")
        yield Paragraph(f"… et {rest}, dans le fichier de données.", Size.NOTE)
