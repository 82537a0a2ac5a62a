"""*Indicateurs de l’année*: the figures of an observatory's report, each with its definition."""

import pandas as pd
import streamlit as st

from geodata.situation import words
from geodata.situation.indicators import Indicator, definitions, figure


def show(found: list[Indicator]) -> None:
    """Draw the figures, a column for each département, and how each is made."""
    st.header("Indicateurs de l’année")
    st.caption(
        "« 0 à 3,5 » : 0 sûr, 3,5 possible, en comptant ce que les fiches ne disent pas. Le temps "
        "de trajet est une estimation. L’hébergement n’est pas compté : ses lieux sont secrets."
    )
    homes = list(dict.fromkeys(one.departement for one in found))
    rows: dict[str, dict[str, str]] = {}
    for one in found:
        rows.setdefault(one.name, {})[one.departement] = figure(one)
    table = pd.DataFrame.from_dict(rows, orient="index")[homes]
    table = table.rename(columns={code: words.places([code]) for code in homes})
    st.dataframe(
        table.rename_axis("Indicateur").reset_index(),
        hide_index=True,
        width="stretch",
        height=36 * (len(table) + 1),
    )
    with st.expander("Définitions, sources et dates"):
        for home in homes:
            here = [one for one in found if one.departement == home]
            sources = dict.fromkeys(f"{one.source} ({one.dated})" for one in here)
            lines = [*definitions(here), f"Sources et dates : {' ; '.join(sources)}."]
            st.markdown(f"**{words.places([home])}**\n\n" + "\n".join(f"- {x}" for x in lines))
