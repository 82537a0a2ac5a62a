"""The chapters of the answer: the cover, and what a scenario changes."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from geodata import french
from geodata.paper.report import _pictures
from geodata.paper.report._blocks import (
    Block,
    Bullets,
    Figures,
    Heading,
    NewPage,
    Paragraph,
    Size,
    Table,
    Title,
)
from geodata.paper.report._material import MAP_MM, Material
from geodata.population import People
from geodata.situation import Situation, change, shades, words
from geodata.situation.scenario import Scenario

_MOST_NAMES: Final = 8
_GAINING: Final = 15


def cover(material: Material) -> Iterator[Block]:
    """Say the question, the answer set large, its figures and its limits."""
    situation, before = material.situation, material.before
    yield Title(material.title)
    yield Paragraph(words.asked(situation.question), Size.LEAD)
    yield from _answer(situation, before)
    if before is not None:
        called = material.called or "le scénario"
        yield Paragraph(f"{called[0].upper()}{called[1:]} :", bold=True)
        yield Bullets(words.parts(material.scenario or Scenario(), before), Size.BODY)
    for text in (words.minutes(situation, material.minutes_source), words.unlisted(situation)):
        if text:
            yield Paragraph(text)
    if before is None:
        yield Heading("Les chiffres")
        yield Table(
            "Les chiffres",
            ("Mesure", "Valeur"),
            words.figures(situation),
            widths=(96, 78),
            points=10.5,
        )
    today = before or situation
    yield Paragraph(f"Les communes les plus éloignées : {words.farthest(today)}.")
    if largest := words.largest_uncovered(today):
        yield Paragraph(f"Les plus peuplées où personne n’est sûrement ouvert : {largest}.")
    yield from _cautions(situation)
    yield from _yardsticks(material)


def _answer(situation: Situation, before: Situation | None) -> Iterator[Block]:
    if not situation.people:
        none = (
            "Aucune de ces communes n’a une population et une mairie connues : aucune part n’est "
            "calculée."
        )
        yield Paragraph(none, bold=True)
        return
    if before is None:
        yield Figures([("", [figure]) for figure in _figures(situation)])
    else:
        sides = (("Aujourd’hui", before), ("Avec le scénario", situation))
        yield Figures([(name, _figures(one)) for name, one in sides])
    neighbours = words.unlisted_neighbours(situation, most=_MOST_NAMES)
    yield Paragraph(f"{words.limits(situation)} {neighbours}")


def _figures(situation: Situation) -> list[tuple[str, str]]:
    """Return `Sûr : 38 %` and `(166 000 personnes)`, then what is possible."""
    parts = (("Sûr", situation.certain), ("Possible", situation.possible))
    said = [(name, words.share(part, situation).split(" (", 1)) for name, part in parts]
    return [(f"{name} : {percent}", f"({people}") for name, (percent, people) in said]


def _cautions(situation: Situation) -> Iterator[Block]:
    question = situation.question
    by_car = question.walk_km is None and question.transit_minutes is None
    unmeasured = (
        *("les délais", "les places"),
        *(("la langue",) if not question.langues else ()),
        "le handicap",
        *(("l’absence de voiture",) if by_car else ()),
    )
    yield Heading("Ce que ces chiffres ne disent pas")
    yield Bullets(
        (
            (
                "Un service à portée n’est pas toujours un service accessible : "
                f"{', '.join(unmeasured)} ne sont pas mesurés."
            ),
            (
                f"{words.completeness(situation)} Elle peut être ancienne ; des horaires inconnus "
                "ne sont ni une fermeture ni une ouverture."
            ),
            "Ils ne disent rien du nombre de victimes, ni du travail des équipes.",
        )
    )


def _yardsticks(material: Material) -> Iterator[Block]:
    situation = material.situation
    if not situation.people:
        return
    yield Heading("Repères du Conseil de l’Europe", room=42)
    number = french.number(situation.inhabitants)
    yield Paragraph(f"Pour {number} habitants, dont environ la moitié de femmes, au moins :")
    minima = words.yardsticks(situation, material.listed)
    texts = [f"{what.capitalize()} : {least} {of_whom}." for what, least, of_whom in minima]
    yield Bullets((*texts, words.YARDSTICKS_NOTE))


def scenario(material: Material) -> Iterator[Block]:
    """Say what a scenario changes, and for whom."""
    before, after = material.before, material.situation
    if before is None:
        return
    changes = change(before, after)
    yield Title(f"Ce que change {material.called or 'le scénario'}")
    yield Paragraph(words.gains(changes, after.question.who), Size.LEAD)
    if material.scenario and material.scenario.added:
        yield Paragraph(words.added(after.question), Size.SMALL)
    lines = [
        ("Sûr", words.share(before.certain, before), words.share(after.certain, after)),
        ("Possible", words.share(before.possible, before), words.share(after.possible, after)),
    ]
    figures = zip(words.figures(before), words.figures(after), strict=True)
    lines += [(label, was, becomes) for (label, was), (_, becomes) in figures]
    head = ("Mesure", "Aujourd’hui", "Avec le scénario")
    name = "Aujourd’hui et avec le scénario"
    yield Table(name, head, lines, widths=(62, 56, 56), points=10)
    moved = changes[changes["gain_h"].abs() > 0]
    if moved.empty:
        return
    yield from gaining(moved, after.question.who, "Aujourd’hui", "Scénario")
    yield NewPage()
    yield Heading(shades.CHANGE_TITLE)
    yield _pictures.of_changes(material, before, after, MAP_MM[1])


def gaining(moved: pd.DataFrame, who: People, was: str, becomes: str) -> Iterator[Block]:
    """List the communes whose hours change, those of most people first; `moved`: of `change`."""
    title = "Les communes où les heures sûres changent"
    yield Heading(title, room=45)
    rows = moved.sort_values("people", ascending=False, kind="stable")
    shown = rows.head(_GAINING)
    yield Table(
        title,
        ("Commune", who.living.capitalize(), was, becomes),
        [
            (
                str(row["nom"]),
                people(words.living(row, who)),
                words.duration(row["before_h"]),
                words.duration(row["after_h"]),
            )
            for _, row in shown.iterrows()
        ],
        widths=(84, 30, 30, 30),
        numbers=(1, 2, 3),
        points=10,
    )
    if len(rows) > len(shown):
        rest = french.count(len(rows) - len(shown), "autre")
        yield Paragraph(f"… et {rest}, moins peuplées.", Size.NOTE)


def people(population: float) -> str:
    """Return how many live somewhere, `–` where it is not known."""
    return "–" if pd.isna(population) else french.number(int(population))
