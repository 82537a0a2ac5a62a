"""*Où le mieux ?*: where and when drop-ins would help most, computed when asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape
from operator import attrgetter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geodata import communes, coverage, french, hours, situation, travel
from geodata.population import People
from geodata.siting import (
    HALF_DAYS,
    VEHICLE_KMH,
    Goal,
    HalfDay,
    Options,
    Round,
    Siting,
    Vehicle,
    best_sites,
    best_sites_by_number,
    flat,
)
from geodata.situation import Question, words
from geodata.situation.scenario import DropIn, Scenario
from pages.couverture import candidates, scenario
from pages.shared import address_bar, commune_search
from pages.shared.page_frame import plain
from pages.shared.people import Counted
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList, cached

_GOAL, _NUMBER, _HALF_DAY, _APART = "ou_but", "ou_nombre", "ou_demi_journee", "ou_distance"
_BUS, _UNKNOWN, _ASKED = "ou_bus", "ou_inconnus", "ou_demande"
_DEPOT, _DAY_KM, _WEEK_KM = "ou_depart", "ou_jour_km", "ou_semaine_km"
_SEARCHED = "ou_cherche"
_HOURS = {half_day.name: half_day.hours for half_day in HALF_DAYS}
_MOST = 10
_APART_KM = (0, 5, 10, 15, 20, 30, 40)
_DAYS_KM, _WEEKS_KM = (60, 80, 100, 150, 200), (0, 200, 300, 400, 500, 700)
_CURVE_S = 6.0
_CLOSE_ENOUGH = {Goal.FARTHEST: 0.001}
"""Some metres more or less are nothing that anybody sees."""
_TOUR = "tournee"
_GOALS = {**{str(goal): goal.label for goal in Goal}, _TOUR: "faire tourner un bus"}
_YES = "oui"


@dataclass(frozen=True)
class _SitingQuestion:
    """What was asked for: k drop-ins, or the stops of a bus, around one question.

    `half_day`: the only one that may be chosen; "" for any. `places`: codes of the communes that
    may be chosen; None for all. `vehicle`: what tours, if that is asked for.
    """

    question: Question
    goal: Goal
    number: int
    half_day: str
    apart_km: int
    places: tuple[str, ...] | None
    bus: bool
    unknown: bool
    vehicle: Vehicle | None

    @property
    def one(self) -> str:
        """What is opened: the word for one."""
        return "arrêt" if self.vehicle else "permanence"


def show(listed: ServiceList, question: Question, what_if: Scenario, counted: Counted) -> None:
    """Draw the choices, the button, and the last answer if it is to this question."""
    if question.transit_minutes is not None:
        st.info(
            "« Où le mieux ? » se calcule en kilomètres, à pied ou en voiture : choisir une autre "
            "distance."
        )
        return
    half_days = _half_days(question)
    if not half_days:
        st.info("Aucune demi-journée ne tombe à ce moment-là : choisir un autre moment.")
        return
    _restore(question, half_days)
    asked = _choose(question, half_days)
    if asked is None:
        return
    if st.button("Chercher", type="primary", key="ou_chercher") or _arrives_asked():
        st.session_state[_ASKED] = asked
    searched = st.session_state.get(_ASKED) == asked
    address_bar.write({_SEARCHED: _YES if searched else ""})
    if not searched:
        return
    try:
        with st.spinner("Recherche du meilleur choix…"):
            siting = _sites(listed, asked, counted)
        _draw_sites(siting, asked, what_if)
        with st.spinner("Une de plus, une de moins…"):
            curve = _curve(_sites_by_number(listed, asked, counted), asked)
        if curve:
            st.html(curve)
    except ValueError as error:
        st.info(plain(str(error)))


# --- what is asked ------------------------------------------------------------------------


def _arrives_asked() -> bool:
    """Return whether the address asks for the answer, on a visit's first run."""
    return _ASKED not in st.session_state and st.query_params.get(_SEARCHED) == _YES


def _choices(question: Question, half_days: list[HalfDay]) -> dict[str, tuple[Any, list[Any]]]:
    """Return by key, which is the address's parameter too, the usual choice and all of them."""
    depots = _depots(tuple(question.departements))
    return {
        _GOAL: (str(Goal.PEOPLE), list(_GOALS)),
        _NUMBER: (3, list(range(1, _MOST + 1))),
        _HALF_DAY: ("", ["", *(one.name for one in half_days)]),
        _APART: (0, list(_APART_KM)),
        _BUS: (False, [False, True]),
        _UNKNOWN: (False, [False, True]),
        _DEPOT: (next(iter(depots), ""), depots),
        _DAY_KM: (150, list(_DAYS_KM)),
        _WEEK_KM: (0, list(_WEEKS_KM)),
    }


@cached(max_entries=16)
def _depots(departements: tuple[str, ...]) -> list[str]:
    """Return the communes where a bus may start, the most populous first."""
    halls = communes.read_town_halls()
    here = halls[halls["departement"].isin(departements) & halls["lng"].notna()]
    return list(here["population"].fillna(0).sort_values(ascending=False, kind="stable").index)


def _restore(question: Question, half_days: list[HalfDay]) -> None:
    """Give every choice a value that is offered: the session's, the address's, or the usual."""
    for key, (usual, offered) in _choices(question, half_days).items():
        written = {_written(one): one for one in offered}
        kept = st.session_state.get(key)
        if kept in offered:
            continue
        asked = st.query_params.get(key, "") if kept is None else ""
        if asked and asked not in written:
            address_bar.not_understood(key, asked)
        st.session_state[key] = written.get(asked, usual) if asked else usual


def _written(value: Any) -> str:
    """Return a choice as the address has it."""
    return (_YES if value else "") if isinstance(value, bool) else str(value)


def _choose(question: Question, half_days: list[HalfDay]) -> _SitingQuestion | None:
    """Draw the choices and keep them in the address; None where a bus has nowhere to start."""
    choices = _choices(question, half_days)
    goal = _select("Ouvrir des permanences, une demi-journée par semaine, pour", _GOAL, choices,
                   _GOALS.__getitem__)  # fmt: skip
    tours = goal == _TOUR
    number = st.slider(
        "Combien d’arrêts par semaine" if tours else "Combien de permanences",
        1,
        _MOST,
        key=_NUMBER,
        persist_state="session",
    )
    vehicle = _vehicle(choices) if tours else None
    if tours and vehicle is None:
        st.info("Nous ne savons où est aucune mairie de ce territoire : un bus n’a pas de départ.")
        return None
    half_day = _select(
        "Quelle demi-journée",
        _HALF_DAY,
        choices,
        lambda name: name or "n’importe laquelle, du lundi au samedi",
        help="Sans choix, c’est la demi-journée qui ajoute le plus d’heures. Pour « ajouter le "
        "plus d’heures », un même lieu peut être proposé plusieurs fois.",
    )
    with st.expander("Où, à quelle distance l’un de l’autre" + ("" if tours else ", avec un bus…")):
        places = candidates.choose(question)
        apart_km = _select(
            "Distance entre deux lieux",
            _APART,
            choices,
            lambda km: f"au moins {km}\u00a0km" if km else "sans minimum",
        )
        bus = not tours and st.checkbox(
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
    _write_address(choices, tours=tours)
    return _SitingQuestion(
        question=question,
        goal=Goal.PEOPLE if tours else Goal(goal),
        number=number,
        half_day=half_day,
        apart_km=apart_km,
        places=places,
        bus=bus,
        unknown=unknown,
        vehicle=vehicle,
    )


def _select(
    label: str,
    key: str,
    choices: dict[str, tuple[Any, list[Any]]],
    words_of: Callable[[Any], str],
    **options: Any,
) -> Any:
    return st.selectbox(
        label, choices[key][1], format_func=words_of, key=key, persist_state="session", **options
    )


def _vehicle(choices: dict[str, tuple[Any, list[Any]]]) -> Vehicle | None:
    """Draw where the bus starts and how far it may drive."""
    if not choices[_DEPOT][1]:
        return None
    depot = _select("Le bus part le matin de, et y revient le soir", _DEPOT, choices,
                    commune_search.label)  # fmt: skip
    day, week = st.columns(2)
    with day:
        day_km = _select("Au plus, par jour", _DAY_KM, choices, lambda km: f"{km}\u00a0km")
    with week:
        week_km = _select(
            "Au plus, par semaine",
            _WEEK_KM,
            choices,
            lambda km: f"{km}\u00a0km" if km else "sans limite",
        )
    return Vehicle(depot, 1000.0 * day_km, 1000.0 * week_km if week_km else np.inf)


def _write_address(choices: dict[str, tuple[Any, list[Any]]], *, tours: bool) -> None:
    """Keep in the address what is not as usual, and of a bus only where one tours."""
    out = (_BUS,) if tours else (_DEPOT, _DAY_KM, _WEEK_KM)
    address_bar.write(
        {
            key: ""
            if key in out or st.session_state[key] == usual
            else _written(st.session_state[key])
            for key, (usual, _) in choices.items()
        }
    )


def _half_days(question: Question) -> list[HalfDay]:
    """Return the half-days that are, in part at least, at the moment of the week asked for."""
    if question.slots is None:
        return list(HALF_DAYS)
    slots = hours.week_slots(pd.Series([one.hours for one in HALF_DAYS]), question.monday)
    return [one for one, held in zip(HALF_DAYS, slots & question.slots, strict=True) if held.any()]


# --- the search ---------------------------------------------------------------------------


@cached(max_entries=16, hash_funcs={Counted: attrgetter("key")})
def _sites(listed: ServiceList, asked: _SitingQuestion, people: Counted) -> Siting:
    looked_at, counted = _territory(listed, asked)
    return best_sites(
        looked_at,
        counted,
        k=asked.number,
        close_enough=_CLOSE_ENOUGH.get(asked.goal, 0.0),
        **_options(asked, looked_at, people),
    )


@cached(max_entries=16, hash_funcs={Counted: attrgetter("key")})
def _sites_by_number(
    listed: ServiceList, asked: _SitingQuestion, people: Counted
) -> tuple[Siting, ...]:
    looked_at, counted = _territory(listed, asked)
    return best_sites_by_number(
        looked_at,
        counted,
        most=_MOST,
        known={asked.number: _sites(listed, asked, people)},
        close_enough=_CLOSE_ENOUGH.get(asked.goal, 0.0),
        time_limit_s=_CURVE_S,
        **_options(asked, looked_at, people),
    )


def _territory(
    listed: ServiceList, asked: _SitingQuestion
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the communes looked at, and the services that count."""
    counted = situation.counted_services(listed.services, asked.question)
    return situation.communes_of(asked.question), counted


def _options(asked: _SitingQuestion, looked_at: gpd.GeoDataFrame, people: Counted) -> Options:
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
        "people": people.weight,
        "vehicle": asked.vehicle,
    }


# --- the answer ---------------------------------------------------------------------------


def _draw_sites(siting: Siting, asked: _SitingQuestion, what_if: Scenario) -> None:
    if siting.sites.empty:
        st.info(_nothing_words(asked))
        return
    st.markdown(_answer_words(siting, asked))
    sites = rows_of(siting.sites)
    if siting.rounds:
        st.markdown("\n".join(_round_words(one, siting, asked) for one in siting.rounds))
    else:
        st.markdown("\n".join(_site_words(site, asked) for site in sites))
    st.caption(f"{_line_words(asked)} {_gap_words(siting)} {_assumption_words(asked)}")
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
    if asked.vehicle:
        return (
            "Aucun arrêt à la portée du bus n’ajouterait personne : le faire partir d’ailleurs ou "
            "rouler plus, ou choisir un moment."
        )
    return {
        Goal.PEOPLE: "Une permanence de plus n’ajouterait personne : tous ceux qu’elle pourrait "
        "toucher ont déjà quelqu’un. Choisir d’« ajouter le plus d’heures », ou un moment.",
        Goal.HOURS: "Une permanence de plus n’ajouterait d’heures à personne.",
        Goal.FARTHEST: "Une permanence de plus ne rapprocherait personne des plus éloignés.",
    }[asked.goal]


def _answer_words(siting: Siting, asked: _SitingQuestion) -> str:
    """Say what the sites do together, beside what is lacking today."""
    who = asked.question.who
    known = (
        "même en comptant les horaires inconnus" if asked.unknown else "d’après les horaires connus"
    )
    if asked.goal == Goal.PEOPLE:
        return (
            f"**{words.people(siting.value, who)}** de plus auraient quelqu’un à moins de "
            f"{words.within(asked.question)}, sur {words.people(siting.lacking, who)} qui n’ont "
            f"aujourd’hui personne, {known}.{_week_words(siting)}"
        )
    if asked.goal == Goal.HOURS:
        return (
            f"**{_people_hours(siting.value, who)}** de plus par semaine : une heure d’ouverture "
            f"de plus pour une {who.one} compte une fois."
        )
    today = "n’a aujourd’hui aucun lieu"
    if np.isfinite(siting.lacking):
        today = f"est aujourd’hui à {words.kilometres(siting.lacking)} d’un lieu"
    return (
        f"La commune la plus éloignée {today}, {known}. Elle serait à "
        f"**{words.kilometres(siting.value)}**."
    )


def _week_words(siting: Siting) -> str:
    """` Le bus roulerait 244 km par semaine.`; "" without a bus."""
    if not siting.rounds:
        return ""
    length_m = sum(one.length_m for one in siting.rounds)
    return f" Le bus roulerait **{_kilometres(length_m)}** par semaine."


def _site_words(site: Row, asked: _SitingQuestion) -> str:
    where = f"{site['order']}. **{plain(commune_search.label(site['code_insee']))}**"
    who = words.people(site["people"], asked.question.who)
    if asked.goal == Goal.FARTHEST:
        reached = (
            f", dont {words.people(site['gain'], asked.question.who)} désormais à portée"
            if site["gain"]
            else ""
        )
        who = f"plus près pour {who}{reached}"
    return f"{where}, {site['half_day']} : {who}"


def _round_words(one: Round, siting: Siting, asked: _SitingQuestion) -> str:
    """Say a day of the bus: its length, then its stops in order, each with its way and its gain."""
    gains = siting.sites.set_index("code_insee")["gain"]
    lines = [f"- **{one.day.capitalize()}**, {_kilometres(one.length_m)}"]
    for code, half_day, leg_m in zip(one.stops, one.half_days, one.legs_m[:-1], strict=True):
        where = f"**{plain(commune_search.label(code))}**, {half_day.removeprefix(one.day).strip()}"
        who = words.people(gains[code], asked.question.who)
        lines.append(f"    - {_kilometres(leg_m)} jusqu’à {where} : {who}")
    lines.append(f"    - {_kilometres(one.legs_m[-1])} pour rentrer")
    return "\n".join(lines)


def _kilometres(metres: float) -> str:
    """Return metres of road in words."""
    return f"{french.number(round(metres / 1000))}\u00a0km"


def _line_words(asked: _SitingQuestion) -> str:
    who = asked.question.who.label
    gained = {
        Goal.PEOPLE: f"combien de {who} auraient quelqu’un",
        Goal.HOURS: f"combien de {who} gagnent des heures",
        Goal.FARTHEST: f"combien de {who} ont un lieu plus près",
    }[asked.goal]
    if asked.vehicle:
        return f"À chaque arrêt : {gained} grâce à lui, une fois ceux qui apportent plus ouverts."
    return f"À chaque ligne : {gained} grâce à cette permanence, une fois les précédentes ouvertes."


def _gap_words(siting: Siting) -> str:
    if siting.gap <= 0:
        return "Aucun autre choix ne ferait mieux."
    percent = f"{np.ceil(1000 * siting.gap) / 10:.1f}".replace(".", ",")
    if siting.goal == Goal.FARTHEST:
        return f"Aucun choix ne ferait moins de {words.kilometres(siting.bound)}."
    return f"Un autre choix ferait mieux de {percent} % au plus."


def _assumption_words(asked: _SitingQuestion) -> str:
    question = asked.question
    monday = coverage.typical_monday(question.monday, question.departements)
    week = french.day(monday, today=date.min)
    roads = ""
    if asked.vehicle:
        roads = (
            f" Route du bus : distance × {words.decimal(travel.DETOUR)} pour les détours, une "
            "estimation. Deux arrêts par jour au plus, avec le temps de rouler entre les deux "
            f"(à {VEHICLE_KMH} km/h)."
        )
    estimated = " (une estimation)" if question.minutes else ""
    return (
        f"Calculé pour la semaine du {week}, à moins de {words.within(question)}{estimated}, de "
        "mairie à mairie, d’après la liste seule, sans scénario. "
        f"{words.added(question)}{roads}"
    )


def _people_hours(value: float, who: People) -> str:
    return f"{french.number(round(value))} heures × {who.living}"


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
        f"<td>{escape(_value_words(one, asked.question.who))}</td></tr>"
        for number, one in enumerate(shown, start=1)
    )
    who = asked.question.who
    what = {
        Goal.PEOPLE: f"{who.label.capitalize()} qui auraient quelqu’un",
        Goal.HOURS: f"Heures × {who.living} en plus par semaine",
        Goal.FARTHEST: "Distance de la commune la plus éloignée",
    }[asked.goal] + f", selon le nombre {'d’arrêts' if asked.vehicle else 'de permanences'}"
    return (
        f'<table class="courbe"><caption>{what}</caption><tbody>{rows}</tbody></table>'
        f"<p>{escape(_flat_words(sitings, enough, asked.one))}</p>"
    )


def _enough(sitings: tuple[Siting, ...]) -> int:
    """Return from how many sites on nothing is lacking; 0 if always something is."""
    if sitings[0].goal == Goal.FARTHEST:
        return 0
    numbers = [n for n, one in enumerate(sitings, start=1) if one.value >= one.lacking]
    return numbers[0] if numbers else 0


def _width(value: float, largest: float) -> int:
    return round(100 * value / largest) if np.isfinite(value) else 100


def _value_words(siting: Siting, who: People) -> str:
    """`50 000 personnes`, `au moins 535 000 personnes`, `25 km`."""
    if siting.goal == Goal.FARTHEST:
        if not np.isfinite(siting.value):
            return words.kilometres(np.nan)
        said, least = words.kilometres(siting.value), words.kilometres(siting.bound)
        return said if said == least else f"{said} au plus"
    said = words.people(siting.value, who)
    if siting.goal == Goal.HOURS:
        said = french.number(round(siting.value))
    return f"au moins {said}" if siting.gap else said


def _flat_words(sitings: tuple[Siting, ...], enough: int, one: str) -> str:
    said = []
    each, more, first = (
        ("chacun", "un de plus", "du premier")
        if one == "arrêt"
        else ("chacune", "une de plus", "de la première")
    )
    if last := flat(sitings):
        said.append(
            f"Au-delà de {french.count(last, one)}, {more} apporte moins d’un dixième {first}."
        )
    elif sitings[0].goal != Goal.FARTHEST:
        said.append(f"Jusqu’à {len(sitings)}, {each} apporte encore un dixième {first}.")
    if enough:
        said.append(f"Avec {enough}, il ne manque plus personne.")
    return " ".join(said)
