"""The chapters of communes: the worst served, and all of them."""

from collections.abc import Iterator
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import french
from geodata.coverage import Verdict
from geodata.discretion import clean
from geodata.paper.report._answer import people
from geodata.paper.report._blocks import Block, Heading, Paragraph, Size, Table, Title
from geodata.paper.report._material import Material
from geodata.population import People
from geodata.situation import Situation, largest_uncovered, words, worst_first

MOST_IN_FULL: Final = 300
"""Up to so many communes, the report has them all; beyond, its data file has them."""

_WORST: Final = 20
_LARGEST: Final = 10
_LONGEST_NAME: Final = 56


def worst(material: Material) -> Iterator[Block]:
    """List the communes that are served worst, then the most populous of those without anybody."""
    situation = material.situation
    rows = worst_first(situation)
    shown = rows.head(_WORST)
    title = "La commune" if len(rows) == 1 else "Les communes les moins bien servies"
    yield Title(title)
    if len(rows) > len(shown):
        yield Paragraph(
            f"Les {len(shown)} premières sur {french.number(len(rows))} : d’abord celles qui n’ont "
            f"aucun service à portée{words.in_the_list(rows)}, puis aucun ouvert, puis des "
            f"{words.unknown_hours(situation.question)} ; les plus éloignées d’abord."
        )
    yield _served(title, shown, situation)
    largest = largest_uncovered(situation).head(_LARGEST)
    if len(rows) > 1 and len(largest):
        who = situation.question.who
        most = "d’habitants" if who is People.ALL else f"de {who.living}"
        title = f"Là où vivent le plus {most} sans personne de sûrement ouvert"
        yield Heading(title, room=60)
        yield _served(title, largest, situation)


def _served(title: str, rows: gpd.GeoDataFrame, situation: Situation) -> Table:
    who = situation.question.who
    return Table(
        title,
        ("Commune", who.living.capitalize(), "Le plus proche", "Distance", "Pourquoi"),
        [
            (
                _commune(row, situation),
                people(words.living(row, who)),
                _nearest(row),
                words.kilometres(row["nearest_m"]).split(" (")[0],
                words.reason(row, situation),
            )
            for _, row in rows.iterrows()
        ],
        widths=(44, 18, 50, 16, 46),
        numbers=(1, 3),
    )


def annex(material: Material) -> Iterator[Block]:
    """List all communes, where they are not too many."""
    situation, who = material.situation, material.situation.question.who
    rows = worst_first(situation)
    if len(rows) > MOST_IN_FULL:
        return
    yield Title("Annexe : toutes les communes")
    yield Paragraph(
        "Les moins bien servies d’abord. Heures de la semaine où quelqu’un est ouvert à portée : "
        "sûres (horaires connus), possibles (horaires inconnus comptés comme ouverts).",
        Size.SMALL,
    )
    yield Table(
        "Toutes les communes",
        ("Commune", who.living.capitalize(), "Sûres", "Possibles", "Distance (km)", "Verdict"),
        [
            (
                _commune(row, situation),
                people(words.living(row, who)),
                words.duration(row["certain_h"]),
                words.duration(row["possible_h"]),
                words.decimal(row["nearest_m"] / 1000),
                _label(row),
            )
            for _, row in rows.iterrows()
        ],
        widths=(48, 24, 18, 24, 22, 38),
        numbers=(1, 2, 3, 4),
    )


def _commune(row: pd.Series, situation: Situation) -> str:
    several = len(situation.question.departements) > 1
    return f"{str(row['nom'])[:80]} ({row['departement']})" if several else str(row["nom"])[:90]


def _nearest(row: pd.Series) -> str:
    return "–" if pd.isna(row["nearest_nom"]) else clean(row["nearest_nom"], longest=_LONGEST_NAME)


def _label(row: pd.Series) -> str:
    verdict: Verdict | None = row["verdict"]
    if verdict is None or pd.isna(verdict):
        return "Mairie inconnue"
    none = verdict is Verdict.SANS_SERVICE
    known = words.in_the_list(row) if none else ""
    return f"{verdict.label}{known}"
