"""*Où le mieux ?*: where and when drop-ins would add most, computed when asked."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from geodata import communes, coverage, french, hours, situation
from geodata.siting import HALF_DAYS, HalfDay, Siting, best_sites
from geodata.situation import Question, words
from geodata.situation.scenario import DropIn, Scenario
from pages.couverture import scenario
from pages.shared import commune_search
from pages.shared.page_frame import plain
from pages.shared.rows import rows_of
from pages.shared.service_list import ServiceList, cached

_NUMBER, _BUS, _ASKED = "ou_nombre", "ou_bus", "ou_demande"
_HALF_DAY = "ou_demi_journee"
_HOURS = {half_day.name: half_day.hours for half_day in HALF_DAYS}
_MOST = 10


@dataclass(frozen=True)
class _SitingQuestion:
    """What was asked for: k drop-ins, or the stops of a bus, around one question.

    `half_day`: the only one that may be chosen; "" for any.
    """

    question: Question
    number: int
    half_day: str
    bus: bool
    unknown: bool


def show(listed: ServiceList, question: Question, what_if: Scenario) -> None:
    """Draw the choices, the button, and the last answer if it is to this question."""
    st.markdown(
        "Où ouvrir une permanence, une demi-journée par semaine, pour aider le plus de monde ?"
    )
    number = st.slider("Combien de permanences", 1, _MOST, 3, key=_NUMBER, persist_state="session")
    half_days = _half_days(question)
    if not half_days:
        st.info("Aucune demi-journée ne tombe à ce moment-là : choisir un autre moment.")
        return
    half_day = st.selectbox(
        "Quelle demi-journée",
        ("", *(one.name for one in half_days)),
        format_func=lambda name: name or "n’importe laquelle, du lundi au samedi",
        key=_HALF_DAY,
        help="Avec une seule demi-journée, tous les lieux proposés sont différents. Sinon, le même "
        "lieu peut être proposé plusieurs fois, à d’autres moments de la semaine.",
        persist_state="session",
    )
    bus = st.checkbox(
        "C’est un bus, ou une même personne : un seul lieu à la fois",
        key=_BUS,
        persist_state="session",
    )
    unknown = st.checkbox(
        "Compter les horaires inconnus comme ouverts",
        key="ou_inconnus",
        help="Sans cela, un lieu dont nous ne connaissons pas les horaires compte comme fermé.",
        persist_state="session",
    )
    asked = _SitingQuestion(question, number, str(half_day), bus=bus, unknown=unknown)
    if st.button("Chercher", type="primary", key="ou_chercher"):
        st.session_state[_ASKED] = asked
    if st.session_state.get(_ASKED) != asked:
        return
    with st.spinner("Recherche du meilleur choix…"):
        siting = _sites(listed, asked)
    _draw_sites(siting, question, what_if)


@cached(max_entries=16)
def _sites(listed: ServiceList, asked: _SitingQuestion) -> Siting:
    question = asked.question
    looked_at = communes.read_communes(question.departements)
    return best_sites(
        looked_at,
        situation.counted_services(listed.services, question),
        k=asked.number,
        radius_m=situation.reach_m(looked_at, question),
        monday=coverage.typical_monday(question.monday, question.departements),
        half_days=[one for one in _half_days(question) if asked.half_day in ("", one.name)],
        unknown=asked.unknown,
        one_per_half_day=asked.bus,
    )


def _draw_sites(siting: Siting, question: Question, what_if: Scenario) -> None:
    if siting.sites.empty:
        st.info("Une permanence de plus n’ajouterait d’heures à personne.")
        return
    sites = rows_of(siting.sites)
    lines = [
        f"{site['order']}. **{plain(commune_search.label(site['code_insee']))}**"
        f", {site['half_day']} : {words.people(site['people'])}"
        for site in sites
    ]
    st.markdown("\n".join(lines))
    st.caption(
        "À chaque ligne : combien de personnes gagnent des heures grâce à cette permanence, une "
        "fois les précédentes ouvertes. "
        f"{_gap_words(siting)} {_assumption_words(question)}"
    )
    drop_ins = tuple(DropIn(site["code_insee"], _HOURS[site["half_day"]]) for site in sites)
    st.button(
        "Mettre dans le scénario",
        key="ou_scenario",
        on_click=scenario.add,
        args=(drop_ins,),
        disabled=set(drop_ins) <= set(what_if.added),
    )


def _gap_words(siting: Siting) -> str:
    if siting.gap <= 0:
        return "Aucun autre choix ne ferait mieux."
    percent = f"{100 * siting.gap:.1f}".replace(".", ",")
    return f"Un autre choix ferait mieux de {percent} % au plus."


def _assumption_words(question: Question) -> str:
    monday = coverage.typical_monday(question.monday, question.departements)
    week = french.day(monday, today=date.min)
    return f"Calculé pour la semaine du {week}, à moins de {words.within(question)}."


def _half_days(question: Question) -> list[HalfDay]:
    """Return the half-days that are, in part at least, at the moment of the week asked for."""
    if question.slots is None:
        return list(HALF_DAYS)
    slots = hours.week_slots(pd.Series([one.hours for one in HALF_DAYS]), question.monday)
    return [one for one, held in zip(HALF_DAYS, slots & question.slots, strict=True) if held.any()]
