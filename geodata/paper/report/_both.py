"""The chapter of two scenarios side by side."""

from collections.abc import Iterator

from geodata.discretion import clean
from geodata.paper.report import _pictures
from geodata.paper.report._blocks import (
    Block,
    Bullets,
    Heading,
    NewPage,
    Paragraph,
    Size,
    Table,
    Title,
)
from geodata.paper.report._material import MAP_MM, Material
from geodata.situation import comparison, shades, words


def both(material: Material) -> Iterator[Block]:
    """Say what each scenario does, in columns, and where the second does more than the first."""
    compared = material.compared
    if compared is None:
        return
    title, names = "Deux scénarios côte à côte", [clean(name) for name in compared.labels]
    yield Title(title)
    for name, (proposal, _) in zip(names, compared.sides, strict=True):
        yield Paragraph(name, bold=True)
        yield Bullets(words.parts(proposal.scenario, compared.today) or ("Rien ne change.",))
    head = ("Mesure", "Aujourd’hui", *names)
    yield Table(title, head, list(comparison.lines(compared)), widths=(54, 40, 40, 40), points=9.5)
    if any(proposal.cost for proposal, _ in compared.sides):
        yield Paragraph(comparison.cost_note(compared.today.question.who), Size.NOTE)
    (_, first), (_, second) = compared.sides
    if not (shades.changes(first, second) == shades.BLANK).all():
        yield NewPage()
        yield Heading(shades.BETWEEN_TITLE)
        yield _pictures.between(material, first, second, MAP_MM[1])
