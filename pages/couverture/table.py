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
from pages.couverture.situations import Answer, cached_by_answer
from pages.shared import address_bar
from pages.shared.rows import rows_of

_HEIGHT = 360
_NUMBERS = ("Habitants", "Heures sûres", "Heures possibles", "Distance (km)")
_IN_TERRITORIES = {
    "La moitié à moins de (km)": ("p50_m", 1000),
    "9 sur 10 à moins de (km)": ("p90_m", 1000),
    "Heures sûres (moyenne)": ("certain_h", 1),
    "Heures possibles (moyenne)": ("possible_h", 1),
}
_SHARES = ("À portée", "Sûr", "Possible")


class View(StrEnum):
    """What can be shown below the map."""

    TERRITORIES = "territoires"
    AIDS = "aides"
    DEPARTEMENTS = "departements"
    INDICATORS = "indicateurs"


_VIEWS = {
    View.TERRITORIES: "Territoires",
    View.AIDS: "Quelle aide manque, et où",
    View.DEPARTEMENTS: "Départements de la liste",
    View.INDICATORS: "Indicateurs de l’année",
}


def choose() -> View:
    """Draw the switch and return the table that is open."""
    return address_bar.choose(
        "Sous la carte", _VIEWS, key="couverture_vue", parameter="vue", wrap=True
    )


def show(answer: Answer, level: Level) -> None:
    """Draw the table of communes or territories; the same content as the map's."""
    if level is not Level.COMMUNE:
        _show_territories(answer, level)
        return
    table = _table(answer)
    st.header(f"{french.count(len(table), 'commune')}, les moins bien servies d’abord")
    with st.container(key="communes_couverture"):
        st.dataframe(
            table,
            hide_index=True,
            height=_HEIGHT,
            width="stretch",
            column_config={
                name: st.column_config.NumberColumn(format="localized") for name in _NUMBERS
            },
        )


def _show_territories(answer: Answer, level: Level) -> None:
    table = _territories(answer, level)
    st.header(f"{french.count(len(table), level.label)}, le moins bien couvert d’abord")
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
    numbers = (who.label.capitalize(), *_IN_TERRITORIES)
    return {
        **{name: st.column_config.NumberColumn(format="localized") for name in numbers},
        **{name: st.column_config.NumberColumn(format="%d %%") for name in shares},
    }


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
                name: (100 * rows[column]).round()
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
    several = len(situation.question.departements) > 1
    return pd.DataFrame(
        {
            "Commune": rows["nom"],
            **({"Dép.": rows["departement"]} if several else {}),
            "Habitants": rows["population"],
            "Heures sûres": rows["certain_h"].round(1),
            "Heures possibles": rows["possible_h"].round(1),
            "Distance (km)": (rows["nearest_m"] / 1000).round(1),
            "Service le plus proche": rows["nearest_nom"].fillna("–"),
            "Verdict": [words.reason(row, situation) for row in rows_of(rows)],
        }
    )
