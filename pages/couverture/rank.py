"""*Départements de la liste*: each with its rank among them, and how unequal it is inside."""

import pandas as pd
import streamlit as st

from geodata import french
from geodata.situation import territories, words
from pages.couverture import table
from pages.couverture.situations import Answer, cached_by_answer
from pages.shared.page_frame import plain

_SHARES = ("Sûr (%)", "Possible (%)", "À portée (%)")


def show(answer: Answer, called: str) -> None:
    """Draw the table, first in rank first; `called`: what its scenario is called, if any."""
    whole = ranked(answer)
    rows = whole[whole["people"] > 0]
    who = answer.situation.question.who
    st.header(f"{french.count(len(rows), 'département')} de la liste")
    if called:
        st.markdown(plain(words.ranks_supposed(called)))
    st.caption(words.ranks(answer.situation.question))
    st.dataframe(
        pd.DataFrame(
            {
                "Rang": [
                    words.rank(*pair) for pair in zip(rows["best"], rows["worst"], strict=True)
                ],
                "Département": rows["nom"] + " (" + rows.index + ")",
                who.label.capitalize(): rows["people"].astype(int),
                "Services comptés": rows["listed"],
                **{
                    name: words.percents(rows[column])
                    for name, column in zip(_SHARES, ("certain", "possible", "near"), strict=True)
                },
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
