"""The headline figures, and what the list says of the Council of Europe's minima."""

from html import escape

import geopandas as gpd
import streamlit as st

from geodata import french
from geodata.situation import Situation, words

_YARDSTICK = (
    "Conseil de l’Europe, *Combating violence against women: minimum standards for support "
    "services*, 2008"
)


def show(before: Situation, after: Situation | None, services: gpd.GeoDataFrame) -> None:
    """Draw the figures as a list; `services` is the whole list, for the yardsticks."""
    old, new = _figures(before), _figures(after or before)
    who = before.question.who
    st.html(
        '<dl class="chiffres">'
        + "".join(
            f"<dt>{escape(what)}</dt><dd>"
            + (escape(value) if value == old[what] else f"{escape(old[what])} → {escape(value)}")
            + "</dd>"
            for what, value in new.items()
        )
        + "</dl>"
    )
    st.caption(
        f"Chiffres de {who.label}. Gini : 0 quand il y a partout autant d’heures d’ouverture "
        "connues pour chacune, 1 quand une seule a tout. Attente : le plus long moment de la "
        "semaine où personne n’est ouvert à portée ; la moitié attend moins. Le premier nombre "
        "compte aussi les lieux dont nous ne connaissons pas les horaires, le second seulement les "
        "horaires connus."
    )
    if before.people:
        _yardsticks(before, services)


def _figures(situation: Situation) -> dict[str, str]:
    figures = words.figures(situation)
    return dict([*figures[:3], ("Les plus éloignées", words.farthest(situation)), *figures[3:]])


def _yardsticks(situation: Situation, services: gpd.GeoDataFrame) -> None:
    minima = words.yardsticks(situation, services)
    lines = " ;\n".join(f"- {what} : **{least}** {of_whom}" for what, least, of_whom in minima)
    with st.expander("Repères du Conseil de l’Europe, et ce que la liste en dit"):
        st.markdown(
            f"Pour {french.number(situation.inhabitants)} habitants, dont environ la moitié de "
            f"femmes, les minima seraient ({_YARDSTICK}) :\n{lines}.\n\n{words.YARDSTICKS_NOTE}"
        )
