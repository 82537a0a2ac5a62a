"""The communes or the territories, the worst served first; and the switch to other tables."""

from collections.abc import Iterable
from enum import StrEnum

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from geodata import french
from geodata.population import People
from geodata.situation import words, worst_first
from geodata.situation.territories import Level
from pages.couverture import territory
from pages.couverture.context import Shown
from pages.couverture.situations import Answer, cached_by_answer
from pages.shared import address_bar
from pages.shared.rows import rows_of

_HEIGHT = 360
_NUMBERS = ("Heures sûres", "Heures possibles", "Distance (km)")
_IN_TERRITORIES = {
    "La moitié à moins de (km)": ("p50_m", 1000),
    "9 sur 10 à moins de (km)": ("p90_m", 1000),
    "Heures sûres (moyenne)": ("certain_h", 1),
    "Heures possibles (moyenne)": ("possible_h", 1),
}
_SHARES = ("À portée (%)", "Sûr (%)", "Possible (%)")
_BEFORE = "Service le plus proche"
"""The column that a layer's stands before."""


class View(StrEnum):
    """What can be shown below the map."""

    TERRITORIES = "territoires"
    AIDS = "aides"
    DEPARTEMENTS = "departements"
    INDICATORS = "indicateurs"
    OUTINGS = "sorties"


_VIEWS = {
    View.TERRITORIES: "Territoires",
    View.AIDS: "Quelle aide manque, et où",
    View.DEPARTEMENTS: "Départements de la liste",
    View.INDICATORS: "Indicateurs de l’année",
}
_NO_RANK = (
    "Les horaires d’un réseau de transport ne comparent pas les départements de la liste : voici "
    "les territoires. Pour les départements, choisir une distance en kilomètres."
)
_NO_OUTINGS = (
    "« Aller et revenir » se demande sans voiture : voici les territoires. Pour le voir, choisir "
    "« 60 min sans voiture » ou « 90 min sans voiture »."
)


def choose(*, without_car: bool, timetables: bool) -> View:
    """Draw the switch and return the table that is open.

    Without a car: there and back, which stays open until there are `timetables`; with them, no rank
    of départements, which one feed does not all cover.
    """
    views, withheld = dict(_VIEWS), {}
    if without_car and timetables:
        withheld[View.DEPARTEMENTS] = _NO_RANK
        del views[View.DEPARTEMENTS]
    if without_car:
        views[View.OUTINGS] = "Aller et revenir"
    else:
        withheld[View.OUTINGS] = _NO_OUTINGS
    return address_bar.choose(
        "Sous la carte", views, key="couverture_vue", parameter="vue", wrap=True, withheld=withheld
    )


def show(answer: Answer, level: Level, beside: Shown | None) -> None:
    """Draw the table of communes or territories; the same content as the map's.

    `beside`: the layer whose words are a column more of the communes.
    """
    if level is not Level.COMMUNE:
        _show_territories(answer, level)
        return
    table, who = _table(answer), answer.situation.question.who
    if beside:
        table = table.copy()
        said = beside.words.reindex(table.index)
        table.insert(list(table.columns).index(_BEFORE), beside.title, said)
    st.header(f"{french.count(len(table), 'commune')}, les moins bien servies d’abord")
    with st.container(key="communes_couverture"):
        st.dataframe(
            table,
            hide_index=True,
            height=_HEIGHT,
            width="stretch",
            column_config={
                name: st.column_config.NumberColumn(format="localized")
                for name in (who.living.capitalize(), *_NUMBERS)
            },
        )


def _show_territories(answer: Answer, level: Level) -> None:
    table = _territories(answer, level)
    st.header(f"{french.count(len(table), level.label)}, la moins bonne couverture d’abord")
    with st.container(key="communes_couverture"):
        st.dataframe(
            table,
            hide_index=True,
            height=min(_HEIGHT, 36 * (len(table) + 1)),
            width="stretch",
            column_config=formats(answer.situation.question.who, _SHARES),
        )


def formats(who: People, shares: Iterable[str]) -> dict[str, ColumnConfig]:
    """Return how the numbers of a table of territories are written; `shares` are percents."""
    numbers = (who.label.capitalize(), *_IN_TERRITORIES, *shares)
    return {name: st.column_config.NumberColumn(format="localized") for name in numbers}


@cached_by_answer()
def _territories(answer: Answer, level: Level) -> pd.DataFrame:
    rows = territory.by_level(answer, level)
    who = answer.situation.question.who
    return pd.DataFrame(
        {
            level.label.capitalize(): rows["nom"],
            **({"Dép.": rows["departement"]} if level is not Level.DEPARTEMENT else {}),
            "Communes": rows["communes"],
            who.label.capitalize(): rows["people"].astype(int),
            **{
                name: words.percents(rows[column])
                for name, column in zip(_SHARES, ("near", "certain", "possible"), strict=True)
            },
            **{
                name: (rows[column] / per).round(1)
                for name, (column, per) in _IN_TERRITORIES.items()
            },
        }
    )


@cached_by_answer()
def _table(answer: Answer) -> pd.DataFrame:
    situation = answer.situation
    rows = worst_first(situation)
    several, who = len(situation.question.departements) > 1, situation.question.who
    return pd.DataFrame(
        {
            "Commune": rows["nom"],
            **({"Dép.": rows["departement"]} if several else {}),
            who.living.capitalize(): words.living(rows, who).round(),
            "Heures sûres": rows["certain_h"].round(1),
            "Heures possibles": rows["possible_h"].round(1),
            "Distance (km)": (rows["nearest_m"] / 1000).round(1),
            _BEFORE: rows["nearest_nom"].fillna("–"),
            "Verdict": [words.reason(row, situation) for row in rows_of(rows)],
        }
    )
