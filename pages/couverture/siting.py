"""*Où le mieux ?*: where and when drop-ins would help most, computed when asked."""

from dataclasses import dataclass
from datetime import date
from html import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geodata import communes, coverage, french, hours, situation
from geodata.siting import (
    HALF_DAYS,
    Goal,
    HalfDay,
    Options,
    Siting,
    best_sites,
    best_sites_by_number,
    flat,
)
from geodata.situation import Question, words
from geodata.situation.scenario import DropIn, Scenario
from pages.couverture import candidates, scenario
from pages.shared import commune_search
from pages.shared.page_frame import plain
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList, cached

_GOAL, _NUMBER, _HALF_DAY, _APART = "ou_but", "ou_nombre", "ou_demi_journee", "ou_distance"
_BUS, _UNKNOWN, _ASKED = "ou_bus", "ou_inconnus", "ou_demande"
_HOURS = {half_day.name: half_day.hours for half_day in HALF_DAYS}
_MOST = 10
_APART_KM = (0, 5, 10, 15, 20, 30, 40)
_CURVE_S = 6.0
_CLOSE_ENOUGH = {Goal.FARTHEST: 0.001}
"""Some metres more or less are nothing that anybody sees."""


@dataclass(frozen=True)
class _SitingQuestion:
    """What was asked for: k drop-ins, or the stops of a bus, around one question.

    `half_day`: the only one that may be chosen; "" for any. `places`: codes of the communes that
    may be chosen; None for all.
    """

    question: Question
    goal: Goal
    number: int
    half_day: str
    apart_km: int
    places: tuple[str, ...] | None
    bus: bool
    unknown: bool


def show(listed: ServiceList, question: Question, what_if: Scenario) -> None:
    """Draw the choices, the button, and the last answer if it is to this question."""
    half_days = _half_days(question)
    if not half_days:
        st.info("Aucune demi-journée ne tombe à ce moment-là : choisir un autre moment.")
        return
    asked = _choose(question, half_days)
    if st.button("Chercher", type="primary", key="ou_chercher"):
        st.session_state[_ASKED] = asked
    if st.session_state.get(_ASKED) != asked:
        return
    try:
        with st.spinner("Recherche du meilleur choix…"):
            siting = _sites(listed, asked)
        _draw_sites(siting, asked, what_if)
        with st.spinner("Une de plus, une de moins…"):
            curve = _curve(_sites_by_number(listed, asked), asked)
        if curve:
            st.html(curve)
    except ValueError as error:
        st.info(plain(str(error)))


# --- what is asked ------------------------------------------------------------------------


def _choose(question: Question, half_days: list[HalfDay]) -> _SitingQuestion:
    goal = st.selectbox(
        "Ouvrir des permanences, une demi-journée par semaine, pour",
        list(Goal),
        format_func=lambda goal: goal.label,
        key=_GOAL,
        persist_state="session",
    )
    number = st.slider("Combien de permanences", 1, _MOST, 3, key=_NUMBER, persist_state="session")
    half_day = st.selectbox(
        "Quelle demi-journée",
        ("", *(one.name for one in half_days)),
        format_func=lambda name: name or "n’importe laquelle, du lundi au samedi",
        key=_HALF_DAY,
        help="Sans choix, c’est la demi-journée qui ajoute le plus d’heures. Pour « ajouter le "
        "plus d’heures », un même lieu peut être proposé plusieurs fois.",
        persist_state="session",
    )
    with st.expander("Où, à quelle distance l’une de l’autre, avec un bus…"):
        places = candidates.choose(question)
        apart_km = st.selectbox(
            "Distance entre deux permanences",
            _APART_KM,
            format_func=lambda km: f"au moins {km}\u00a0km" if km else "sans minimum",
            key=_APART,
            persist_state="session",
        )
        bus = st.checkbox(
            "C’est un bus, ou une même personne : un seul lieu à la fois",
            key=_BUS,
            persist_state="session",
        )
    unknown = st.checkbox(
        "Compter les horaires inconnus comme ouverts",
        key=_UNKNOWN,
        help="Sans cela, un lieu dont nous ne connaissons pas les horaires compte comme fermé.",
        persist_state="session",
    )
    return _SitingQuestion(
        question, Goal(str(goal)), number, str(half_day), int(apart_km), places, bus, unknown
    )


def _half_days(question: Question) -> list[HalfDay]:
    """Return the half-days that are, in part at least, at the moment of the week asked for."""
    if question.slots is None:
        return list(HALF_DAYS)
    slots = hours.week_slots(pd.Series([one.hours for one in HALF_DAYS]), question.monday)
    return [one for one, held in zip(HALF_DAYS, slots & question.slots, strict=True) if held.any()]


# --- the search ---------------------------------------------------------------------------


@cached(max_entries=16)
def _sites(listed: ServiceList, asked: _SitingQuestion) -> Siting:
    looked_at, counted = _territory(listed, asked)
    return best_sites(
        looked_at,
        counted,
        k=asked.number,
        close_enough=_CLOSE_ENOUGH.get(asked.goal, 0.0),
        **_options(asked, looked_at),
    )


@cached(max_entries=16)
def _sites_by_number(listed: ServiceList, asked: _SitingQuestion) -> tuple[Siting, ...]:
    looked_at, counted = _territory(listed, asked)
    return best_sites_by_number(
        looked_at,
        counted,
        most=_MOST,
        known={asked.number: _sites(listed, asked)},
        close_enough=_CLOSE_ENOUGH.get(asked.goal, 0.0),
        time_limit_s=_CURVE_S,
        **_options(asked, looked_at),
    )


def _territory(
    listed: ServiceList, asked: _SitingQuestion
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the communes looked at, and the services that count."""
    counted = situation.counted_services(listed.services, asked.question)
    return communes.read_communes(asked.question.departements), counted


def _options(asked: _SitingQuestion, looked_at: gpd.GeoDataFrame) -> Options:
    question = asked.question
    return {
        "radius_m": situation.reach_m(looked_at, question),
        "monday": coverage.typical_monday(question.monday, question.departements),
        "goal": asked.goal,
        "slots": question.slots,
        "half_days": [one for one in _half_days(question) if asked.half_day in ("", one.name)],
        "candidates": asked.places,
        "apart_m": 1000.0 * asked.apart_km,
        "unknown": asked.unknown,
        "one_per_half_day": asked.bus,
    }


# --- the answer ---------------------------------------------------------------------------


def _draw_sites(siting: Siting, asked: _SitingQuestion, what_if: Scenario) -> None:
    if siting.sites.empty:
        st.info(_nothing_words(asked))
        return
    st.markdown(_answer_words(siting, asked))
    sites = rows_of(siting.sites)
    st.markdown("\n".join(_site_words(site, asked) for site in sites))
    st.caption(
        f"{_line_words(asked.goal)} {_gap_words(siting)} {_assumption_words(asked.question)}"
    )
    drop_ins = tuple(DropIn(site["code_insee"], _HOURS[site["half_day"]]) for site in sites)
    st.button(
        "Mettre dans le scénario",
        key="ou_scenario",
        on_click=scenario.add,
        args=(drop_ins,),
        disabled=set(drop_ins) <= set(what_if.added),
    )


def _nothing_words(asked: _SitingQuestion) -> str:
    if asked.places == ():
        return "Aucun lieu possible n’est choisi dans ce territoire."
    return {
        Goal.PEOPLE: "Une permanence de plus n’ajouterait personne : tous ceux qu’elle pourrait "
        "toucher ont déjà quelqu’un. Choisir d’« ajouter le plus d’heures », ou un moment.",
        Goal.HOURS: "Une permanence de plus n’ajouterait d’heures à personne.",
        Goal.FARTHEST: "Une permanence de plus ne rapprocherait personne des plus éloignés.",
    }[asked.goal]


def _answer_words(siting: Siting, asked: _SitingQuestion) -> str:
    """Say what the sites do together, beside what is lacking today."""
    known = (
        "même en comptant les horaires inconnus" if asked.unknown else "d’après les horaires connus"
    )
    if asked.goal == Goal.PEOPLE:
        return (
            f"**{words.people(siting.value)}** de plus auraient quelqu’un à moins de "
            f"{words.within(asked.question)}, sur {words.people(siting.lacking)} qui n’ont "
            f"aujourd’hui personne, {known}."
        )
    if asked.goal == Goal.HOURS:
        return (
            f"**{_people_hours(siting.value)}** de plus par semaine : une heure d’ouverture de "
            "plus pour un habitant compte une fois."
        )
    today = "n’a aujourd’hui aucun lieu"
    if np.isfinite(siting.lacking):
        today = f"est aujourd’hui à {words.kilometres(siting.lacking)} d’un lieu"
    return (
        f"La commune la plus éloignée {today}, {known}. Elle serait à "
        f"**{words.kilometres(siting.value)}**."
    )


def _site_words(site: Row, asked: _SitingQuestion) -> str:
    where = f"{site['order']}. **{plain(commune_search.label(site['code_insee']))}**"
    who = words.people(site["people"])
    if asked.goal == Goal.FARTHEST:
        reached = f", dont {words.people(site['gain'])} désormais à portée" if site["gain"] else ""
        who = f"plus près pour {who}{reached}"
    return f"{where}, {site['half_day']} : {who}"


def _line_words(goal: Goal) -> str:
    gained = {
        Goal.PEOPLE: "combien de personnes auraient quelqu’un",
        Goal.HOURS: "combien de personnes gagnent des heures",
        Goal.FARTHEST: "combien de personnes ont un lieu plus près",
    }[goal]
    return f"À chaque ligne : {gained} grâce à cette permanence, une fois les précédentes ouvertes."


def _gap_words(siting: Siting) -> str:
    if siting.gap <= 0:
        return "Aucun autre choix ne ferait mieux."
    percent = f"{np.ceil(1000 * siting.gap) / 10:.1f}".replace(".", ",")
    if siting.goal == Goal.FARTHEST:
        return f"Aucun choix ne ferait moins de {words.kilometres(siting.bound)}."
    return f"Un autre choix ferait mieux de {percent} % au plus."


def _assumption_words(question: Question) -> str:
    monday = coverage.typical_monday(question.monday, question.departements)
    week = french.day(monday, today=date.min)
    return (
        f"Calculé pour la semaine du {week}, à moins de {words.within(question)}, de mairie à "
        "mairie."
    )


def _people_hours(value: float) -> str:
    return f"{french.number(round(value))} heures × habitants"


# --- one more, one less -------------------------------------------------------------------


def _curve(sitings: tuple[Siting, ...], asked: _SitingQuestion) -> str:
    """Return the table of what 1, 2, … drop-ins do, with bars, and where it flattens."""
    enough = _enough(sitings)
    shown = sitings[:enough] if enough else sitings
    largest = max((one.value for one in shown if np.isfinite(one.value)), default=0)
    if not largest or not len(shown[0].sites):
        return ""
    rows = "".join(
        f'<tr{" class=choisi" if number == asked.number else ""}><th scope="row">{number}</th>'
        f'<td><i style="width:{_width(one.value, largest)}%"></i></td>'
        f"<td>{escape(_value_words(one))}</td></tr>"
        for number, one in enumerate(shown, start=1)
    )
    what = {
        Goal.PEOPLE: "Personnes qui auraient quelqu’un, selon le nombre de permanences",
        Goal.HOURS: "Heures × habitants en plus par semaine, selon le nombre de permanences",
        Goal.FARTHEST: "Distance de la commune la plus éloignée, selon le nombre de permanences",
    }[asked.goal]
    return (
        f'<table class="courbe"><caption>{what}</caption><tbody>{rows}</tbody></table>'
        f"<p>{escape(_flat_words(sitings, enough))}</p>"
    )


def _enough(sitings: tuple[Siting, ...]) -> int:
    """Return from how many sites on nothing is lacking; 0 if always something is."""
    if sitings[0].goal == Goal.FARTHEST:
        return 0
    numbers = [n for n, one in enumerate(sitings, start=1) if one.value >= one.lacking]
    return numbers[0] if numbers else 0


def _width(value: float, largest: float) -> int:
    return round(100 * value / largest) if np.isfinite(value) else 100


def _value_words(siting: Siting) -> str:
    """`50 000 personnes`, `au moins 535 000 personnes`, `25 km`."""
    if siting.goal == Goal.FARTHEST:
        if not np.isfinite(siting.value):
            return words.kilometres(np.nan)
        said, least = words.kilometres(siting.value), words.kilometres(siting.bound)
        return said if said == least else f"{said} au plus"
    said = words.people(siting.value)
    if siting.goal == Goal.HOURS:
        said = french.number(round(siting.value))
    return f"au moins {said}" if siting.gap else said


def _flat_words(sitings: tuple[Siting, ...], enough: int) -> str:
    said = []
    if last := flat(sitings):
        drop_ins = french.count(last, "permanence")
        said.append(
            f"Au-delà de {drop_ins}, une de plus apporte moins d’un dixième de la première."
        )
    elif sitings[0].goal != Goal.FARTHEST:
        said.append(f"Jusqu’à {len(sitings)}, chacune apporte encore un dixième de la première.")
    if enough:
        said.append(f"Avec {enough}, il ne manque plus personne.")
    return " ".join(said)
