"""The chapters of a report that are tables: territories, aids by territory, a year's figures."""

from collections.abc import Iterable

import pandas as pd

from geodata import french
from geodata.paper import _layout
from geodata.paper._scripts import Paper
from geodata.situation import Situation, gaps, territories, words
from geodata.situation.indicators import Indicator, definitions, figure
from geodata.situation.territories import Level

_MOST_ACROSS = 5
"""How many territories stand side by side in a table of aids."""
_AID_MM = 42


def by_territory(pdf: Paper, situation: Situation) -> None:
    """Write the measures by EPCI, arrondissement and, where there are several, département."""
    _layout.chapter(pdf, "Par territoire")
    who = situation.question.who
    _layout.paragraph(
        pdf,
        f"Part des {who.living} qui ont un tel lieu à portée, ouvert ou non ; sûrement ouvert ; "
        "peut-être ouvert. Heures de la semaine, en moyenne. Les moins couverts d’abord.",
        points=10,
    )
    for level in (Level.DEPARTEMENT, Level.ARRONDISSEMENT, Level.EPCI):
        table = territories.worst_first(territories.summary(situation, level))
        if level is Level.DEPARTEMENT and len(table) == 1:
            continue
        _layout.section(pdf, f"Par {level.label}")
        _layout.table(
            pdf,
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


def by_aid(pdf: Paper, matrix: pd.DataFrame, situation: Situation) -> None:
    """Write which aid is missing where: aids down, EPCIs across, some at a time."""
    _layout.chapter(pdf, "Quelle aide manque, et où")
    _layout.paragraph(pdf, gaps.explained(situation.question), points=10)
    names = matrix["nom"].groupby(level="territory", sort=False).first()
    asked = list(dict.fromkeys(matrix.index.get_level_values("aid")))
    figures = matrix[["sure", "possible", "unknown"]]
    for codes in _parts(list(names.index)):
        _layout.need(pdf, 110)
        _layout.table(
            pdf,
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
        )


def _parts(codes: list[str]) -> Iterable[list[str]]:
    """Share the codes out among as few tables as they need, all about as wide."""
    tables = -(-len(codes) // _MOST_ACROSS)
    size = -(-len(codes) // tables)
    return (codes[start : start + size] for start in range(0, len(codes), size))


def of_the_year(pdf: Paper, found: list[Indicator]) -> None:
    """Write the indicators of each département, then how each is made."""
    _layout.chapter(pdf, "Indicateurs de l’année")
    for code in dict.fromkeys(one.departement for one in found):
        here = [one for one in found if one.departement == code]
        _layout.section(pdf, words.places([code]), room=60)
        _layout.table(
            pdf,
            ("Indicateur", "Valeur (sûr à possible)", "Date"),
            [(one.name, figure(one), one.dated.removeprefix("semaine du ")) for one in here],
            widths=(86, 66, 22),
            points=9,
        )
        _layout.bullets(pdf, definitions(here), points=9)
        sources = dict.fromkeys(one.source for one in here)
        _layout.paragraph(pdf, f"Sources : {' ; '.join(sources)}.", points=_layout.SMALL)
