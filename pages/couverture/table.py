"""The communes, the worst served first."""

import pandas as pd
import streamlit as st

from geodata import french
from geodata.situation import words, worst_first
from pages.couverture.situations import Answer, cached_by_answer
from pages.shared.rows import rows_of

_HEIGHT = 360


def show(answer: Answer) -> None:
    """Draw the table of communes; the same content as the map's."""
    table = _table(answer)
    st.header(f"{french.count(len(table), 'commune')}, les moins bien servies d’abord")
    with st.container(key="communes_couverture"):
        st.dataframe(
            table,
            hide_index=True,
            height=_HEIGHT,
            width="stretch",
            column_config={
                name: st.column_config.NumberColumn(format="localized")
                for name in ("Habitants", "Heures sûres", "Heures possibles", "Distance (km)")
            },
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
