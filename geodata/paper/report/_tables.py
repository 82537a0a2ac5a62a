"""The chapters that are tables: territories, aids by territory, a year's figures."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from geodata import french
from geodata.paper import _layout
from geodata.paper.report._blocks import Block, Bullets, Heading, Paragraph, Size, Table, Title
from geodata.paper.report._material import Material
from geodata.situation import gaps, territories, words
from geodata.situation.indicators import (
    ANY_LANGUAGE,
    Indicator,
    Year,
    beside,
    beside_explained,
    definitions,
    figure,
)
from geodata.situation.territories import Level

_MOST_ACROSS: Final = 5
"""How many territories stand side by side in a table of aids."""
_AID_MM: Final = 42
_MOST_YEARS: Final = 3
"""How many editions stand side by side: the last ones. The data file has all."""


def by_territory(material: Material) -> Iterator[Block]:
    """Write the measures by EPCI, arrondissement and, where there are several, département."""
    yield Title("Par territoire")
    situation = material.situation
    who = situation.question.who
    yield Paragraph(
        f"Part des {who.living} qui ont un tel lieu à portée, ouvert ou non ; sûrement ouvert ; "
        "peut-être ouvert. Heures de la semaine, en moyenne. Les moins couverts d’abord.",
        Size.SMALL,
    )
    for level in (Level.OWN, Level.DEPARTEMENT, Level.ARRONDISSEMENT, Level.EPCI):
        table = territories.worst_first(territories.summary(situation, level))
        if level in (Level.OWN, Level.DEPARTEMENT) and len(table) == 1:
            continue
        yield Heading(f"Par {level.label}")
        yield Table(
            f"Par {level.label}",
            (level.label.capitalize(), who.label.capitalize(), "À portée", "Sûr", "Possible",
             "Heures sûres", "La moitié à moins de"),
            [
                (
                    str(row["nom"]),
                    french.number(int(row["people"])),
                    words.percent(row["near"]),
                    words.percent(row["certain"]),
                    words.percent(row["possible"]),
                    words.duration(row["certain_h"]),
                    words.kilometres(row["p50_m"]).split(" (")[0],
                )
                for _, row in table.iterrows()
            ],
            widths=(56, 22, 18, 18, 18, 20, 22),
            numbers=(1, 2, 3, 4, 5, 6),
            points=9,
        )  # fmt: skip


def by_aid(material: Material) -> Iterator[Block]:
    """Write which aid is missing where: aids down, EPCIs across, some at a time."""
    matrix = material.matrix
    if matrix is None:
        return
    title = "Quelle aide manque, et où"
    yield Title(title)
    yield Paragraph(gaps.explained(material.situation.question, material.called), Size.SMALL)
    names = matrix["nom"].groupby(level="territory", sort=False).first()
    asked = list(dict.fromkeys(matrix.index.get_level_values("aid")))
    figures = matrix[["sure", "possible", "unknown"]]
    for codes in _parts(list(names.index)):
        yield Table(
            title,
            ("Aide", *(str(names[code])[:90] for code in codes)),
            [
                (
                    gaps.label(aid),
                    *(gaps.cell(*map(float, figures.loc[(code, aid)])) for code in codes),
                )
                for aid in asked
            ],
            widths=(_AID_MM, *([(_layout.WIDTH - _AID_MM) / _MOST_ACROSS] * len(codes))),
            numbers=range(1, len(codes) + 1),
            points=9,
            room=110,
        )


def _parts(codes: list[str]) -> Iterable[list[str]]:
    """Share the codes out among as few tables as they need, all about as wide."""
    tables = -(-len(codes) // _MOST_ACROSS)
    size = -(-len(codes) // tables)
    return (codes[start : start + size] for start in range(0, len(codes), size))


def ranks(material: Material) -> Iterator[Block]:
    """Write the départements of the list with their ranks, and how unequal each is inside."""
    everywhere = material.everywhere
    if everywhere is None:
        return
    yield Title("Les départements de la liste")
    if material.called:
        yield Paragraph(words.ranks_supposed(material.called))
    yield Paragraph(words.ranks(everywhere.question), Size.SMALL)
    table = territories.ranked(everywhere)
    who = everywhere.question.who
    yield Table(
        "Rang des départements de la liste",
        ("Rang", "Département", who.label.capitalize(), "Services comptés", "Sûr", "Possible",
         "À portée", "Écart à portée", "La moitié à moins de"),
        [
            (
                words.rank(row["best"], row["worst"]),
                f"{row['nom']} ({code})",
                french.number(int(row["people"])),
                french.number(int(row["listed"])),
                words.percent(row["certain"]),
                words.percent(row["possible"]),
                words.percent(row["near"]),
                f"{words.percent(row['low_near'])} à {words.percent(row['high_near'])}",
                words.kilometres(row["p50_m"]).split(" (")[0],
            )
            for code, row in table[table["people"] > 0].iterrows()
        ],
        widths=(15, 40, 20, 18, 14, 16, 16, 20, 15),
        numbers=(2, 3, 4, 5, 6, 8),
        points=9,
    )  # fmt: skip
    if without := list(table["nom"][table["people"] == 0]):
        said = f"Sans chiffre dans la table de la population : {', '.join(without)}."
        yield Paragraph(said, Size.NOTE)


def of_the_year(material: Material) -> Iterator[Block]:
    """Write the indicators of each département, by every edition, then how each is made."""
    years = material.indicators or ()
    if not years:
        return
    yield Title("Indicateurs de l’année")
    if len(years) > 1:
        yield Paragraph(beside_explained(years), Size.SMALL)
    if material.situation.question.langues:
        yield Paragraph(ANY_LANGUAGE, Size.SMALL)
    found = years[-1].found
    for code in dict.fromkeys(one.departement for one in found):
        here = [one for one in found if one.departement == code]
        yield Heading(words.places([code]), room=60)
        yield _indicators(words.places([code]), here, years)
        yield Bullets(definitions(here), Size.NOTE)
        sources = dict.fromkeys(one.source for one in here)
        yield Paragraph(f"Sources : {' ; '.join(sources)}.", Size.NOTE)


def _indicators(where: str, here: Sequence[Indicator], years: Sequence[Year]) -> Table:
    """Return the figures of a département; of several editions, side by side with the change."""
    name = f"Indicateurs de l’année, {where}"
    if len(years) == 1:
        rows = [(one.name, figure(one), one.dated.removeprefix("semaine du ")) for one in here]
        head = ("Indicateur", "Valeur (sûr à possible)", "Date")
        return Table(name, head, rows, widths=(86, 66, 22), points=9)
    only = [
        Year(year.label, [one for one in year.found if one.departement == here[0].departement])
        for year in years[-_MOST_YEARS:]
    ]
    table = beside(only).drop(columns="Département")
    wide = (_layout.WIDTH - 54) / (len(table.columns) - 1)
    return Table(
        name,
        [str(column) for column in table.columns],
        [[str(cell) for cell in row] for row in table.itertuples(index=False)],
        widths=(54, *([wide] * (len(table.columns) - 1))),
        points=8.5,
    )
