"""*Départements de la liste*: each with its rank among them, and how unequal it is inside."""

import pandas as pd
import streamlit as st

from geodata import french
from geodata.situation import territories, words
from pages.couverture import table
from pages.couverture.situations import Answer, cached_by_answer

_SHARES = ("Sûr", "Possible", "À portée")


def show(answer: Answer) -> None:
    """Draw the table, first in rank first."""
    whole = ranked(answer)
    rows = whole[whole["people"] > 0]
    who = answer.situation.question.who
    st.header(f"{french.count(len(rows), 'département')} de la liste")
    st.caption(
        f"{words.asked(answer.situation.question)} Rang : du plus couvert au moins couvert. "
        "« 1 à 4 » : les horaires inconnus ne permettent pas de trancher. Écart : la part à "
        "portée, ouvert ou non, dans l’intercommunalité la moins couverte et dans la plus "
        "couverte. Un rang compare aussi le soin mis à remplir la liste."
    )
    st.dataframe(
        pd.DataFrame(
            {
                "Rang": [_band(*pair) for pair in zip(rows["best"], rows["worst"], strict=True)],
                "Département": rows["nom"] + " (" + rows.index + ")",
                who.label.capitalize(): rows["people"].astype(int),
                "Services comptés": rows["listed"],
                "Sûr": (100 * rows["certain"]).round(),
                "Possible": (100 * rows["possible"]).round(),
                "À portée": (100 * rows["near"]).round(),
                "Écart à portée": [
                    f"{words.percent(low)} à {words.percent(high)}"
                    for low, high in zip(rows["low_near"], rows["high_near"], strict=True)
                ],
                "La moitié à moins de (km)": (rows["p50_m"] / 1000).round(1),
                "9 sur 10 à moins de (km)": (rows["p90_m"] / 1000).round(1),
            }
        ),
        hide_index=True,
        width="stretch",
        column_config=table.formats(who, _SHARES),
    )
    if without := list(whole["nom"][whole["people"] == 0]):
        st.caption(f"Sans chiffre dans la table de la population : {', '.join(without)}.")
    spread = rows["possible"].dropna()
    if len(spread) > 1:
        st.markdown(
            f"Possible : de {words.percent(spread.min())} à {words.percent(spread.max())}, la "
            f"moitié des départements au-dessus de {words.percent(spread.median())}. Sûr : de "
            f"{words.percent(rows['certain'].min())} à {words.percent(rows['certain'].max())}."
        )


@cached_by_answer()
def ranked(answer: Answer) -> pd.DataFrame:
    """Return `territories.ranked` of an answer."""
    return territories.ranked(answer.situation)


def _band(best: int, worst: int) -> str:
    if pd.isna(best):
        return "–"
    return str(best) if best == worst else f"{best} à {worst}"
