"""*Indicateurs de l’année*: the figures of an observatory's report, each with its definition."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from geodata.situation import words
from geodata.situation.indicators import (
    ANY_LANGUAGE,
    Indicator,
    Year,
    beside,
    beside_explained,
    definitions,
    figure,
)
from pages.shared.page_frame import plain

_WIDTHS = {"Département": 140, "Indicateur": 390, "Évolution": 230}
"""Pixels; those of the figures are wider."""


def show(years: list[Year], called: str, *, spoken: bool) -> None:
    """Draw the figures of today and of earlier editions, and how each is made.

    `called`: what the scenario of today's is called, if there is one; `spoken`: the question asks
    for a language.
    """
    st.header("Indicateurs de l’année")
    if called:
        st.markdown(
            plain(
                f"Avec {called} : l’accès et les heures sont ceux qu’il donnerait ; les lieux et "
                "la fraîcheur restent ceux de la liste d’aujourd’hui."
            )
        )
    st.caption(
        "« 0 à 3,5 » : 0 sûr, 3,5 possible, en comptant ce que les fiches ne disent pas. Le temps "
        "de trajet est une estimation. L’hébergement n’est pas compté : ses lieux sont secrets."
    )
    if spoken:
        st.caption(ANY_LANGUAGE)
    found = years[-1].found
    homes = list(dict.fromkeys(one.departement for one in found))
    if len(years) > 1:
        st.caption(plain(beside_explained(years)))
        table = beside(years)
        table = table if len(homes) > 1 else table.drop(columns="Département")
    else:
        table = _by_departement(found, homes)
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height=36 * (len(table) + 1),
        column_config={
            name: st.column_config.TextColumn(width=_WIDTHS.get(name, 340))
            for name in table.columns
        },
    )
    with st.expander("Définitions, sources et dates"):
        for home in homes:
            here = [one for one in found if one.departement == home]
            sources = dict.fromkeys(f"{one.source} ({one.dated})" for one in here)
            lines = [*definitions(here), f"Sources et dates : {' ; '.join(sources)}."]
            st.markdown(f"**{words.places([home])}**\n\n" + "\n".join(f"- {x}" for x in lines))


def _by_departement(found: Sequence[Indicator], homes: list[str]) -> pd.DataFrame:
    rows: dict[str, dict[str, str]] = {}
    for one in found:
        rows.setdefault(one.name, {})[one.departement] = figure(one)
    table = pd.DataFrame.from_dict(rows, orient="index")[homes]
    table = table.rename(columns={code: words.places([code]) for code in homes})
    return table.rename_axis("Indicateur").reset_index()
