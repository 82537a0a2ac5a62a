"""How large the territories of map and table are, and the EPCI that is looked at from near."""

from html import escape

import pandas as pd
import streamlit as st

from geodata import communes
from geodata.situation import Situation, territories, words
from geodata.situation.territories import Level
from pages.couverture.situations import Answer, cached_by_answer
from pages.shared import address_bar

_LEVEL, _EPCI = "couverture_niveau", "couverture_epci"
_LABELS = {
    Level.COMMUNE: "par commune",
    Level.OWN: "par territoire choisi",
    Level.EPCI: "par intercommunalité",
    Level.ARRONDISSEMENT: "par arrondissement",
    Level.DEPARTEMENT: "par département",
}


def choose(situation: Situation) -> tuple[Level, tuple[str, ...]]:
    """Draw both choices; return the level, and the communes to look at, none for all."""
    with st.container(horizontal=True, gap="small", key="territoires"):
        own = situation.question.own
        labels = {k: label for k, label in _LABELS.items() if k is not Level.OWN or len(own) > 1}
        level = address_bar.choose(
            "Sur la carte et dans la table", labels, key=_LEVEL, parameter="niveau", menu=True
        )
        epcis = _epcis(situation)
        # An EPCI of other départements than those asked for is not looked at.
        if st.session_state.get(_EPCI, "") not in epcis:
            st.session_state[_EPCI] = ""
        epci = address_bar.choose(
            "De plus près", epcis, key=_EPCI, parameter="epci", menu=True, default=""
        )
    if epci:
        here = communes.of_epci(epci, situation.question.departements)
        return level, tuple(code for code in here if code in situation.communes.index)
    return level, situation.question.communes if own else ()


def _epcis(situation: Situation) -> dict[str, str]:
    names = territories.names(situation.communes, Level.EPCI).drop("", errors="ignore")
    return {
        "": "tout le territoire",
        **{str(code): str(nom) for code, nom in names.sort_values().items()},
    }


def look_at(epci: str) -> None:
    """Look at an EPCI from near, from the next run on."""
    st.session_state[_EPCI] = epci


def say(answer: Answer) -> None:
    """Say the answer for the EPCI that is looked at, if one is."""
    if epci := st.session_state.get(_EPCI):
        table = by_level(answer, Level.EPCI)
        said = words.territory(table.loc[epci], answer.situation)
        st.html(f'<p class="de-pres">{escape(said)}</p>')


@cached_by_answer()
def by_level(answer: Answer, level: Level) -> pd.DataFrame:
    """Return the territories, the least covered first."""
    return territories.worst_first(territories.summary(answer.situation, level))
