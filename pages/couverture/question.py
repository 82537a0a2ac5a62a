"""The sentence to fill: *Dans … combien de personnes ont … à moins de …, ouvert …*."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TypeVar

import geopandas as gpd
import streamlit as st

from geodata import coverage, french
from geodata.aids import INTERPRETER
from geodata.coverage import DaysAndHours, SlotClass
from geodata.own_territory import OwnTerritory
from geodata.population import People
from geodata.service_types import Aid, ServiceType
from geodata.services import vocabulary
from geodata.situation import MEASURED_AIDS, MEASURED_TYPES, Question, words
from pages.couverture import own_territory, shades
from pages.shared import address_bar, coverage_address, filters, people
from pages.shared.clock import half_hours, typed
from pages.shared.coverage_address import (
    MOST_DEPARTEMENTS,
    USUAL_AIDS,
    USUAL_DISTANCE,
    NothingMeasured,
    distance,
    limit,
    monday,
)
from pages.shared.page_frame import plain

_DISTANCES = (
    *("5km", "10km", "20km", "30km", "50km"),
    *("15min", "30min", "45min", "60min"),
    *("2kmpied", "60minbus", "90minbus"),
)
_UNITS = {"km": "km", "min": "min en voiture", "kmpied": "km à pied", "minbus": "min sans voiture"}
_WRONG = {
    "distance": "L’adresse de cette page demande une distance qui n’est pas entre 0 et 200 km, ni "
    "entre 0 et 180 min : 20 km à la place.",
    "ouverture": "L’adresse de cette page demande un moment que nous ne comprenons pas : toute la "
    "semaine à la place.",
    "semaine": "L’adresse de cette page demande une semaine que nous ne comprenons pas, ou trop "
    "lointaine : une semaine ordinaire à la place.",
    "qui": "L’adresse de cette page demande de compter d’autres personnes, et aucune table ne dit "
    "combien elles sont : toute la population à la place.",
}
_WEEKS_AHEAD = 8
_PLACES, _TYPES, _AIDS = "filtre_departements", "filtre_types", "filtre_aides"
_LANGUAGES = "filtre_langues"
_OWN = coverage_address.PARTS
_DAYS_AND_HOURS = "jours-et-heures"
_DAYS = (*((day,) for day in range(7)), tuple(range(5)), tuple(range(7)))
_HOURS_ASKED = {"jours": (1,), "de": time(18), "a": time(22)}
"""The days and hours that are offered first: *mardi soir*."""
_T = TypeVar("_T")
_MESSAGE = "couverture_message"


def choose(services: gpd.GeoDataFrame, now: datetime) -> Question | None:
    """Draw the sentence and return its question; None, with a message, if it is none.

    Départements, aids and types are those of the other pages' filters. By default: the first
    département of the list, and whom she can talk to.
    """
    filters.restore(now)
    today = now.date()
    _restore(today)
    own = own_territory.current()
    listed = sorted(set(services["departement"]) - {""})
    departements = st.session_state[_PLACES] or listed[:1]
    asked, wanted = st.session_state[_TYPES], st.session_state[_AIDS]
    nothing_measured = ""
    try:
        types, aids = coverage_address.measured(asked, wanted)
    except NothingMeasured as error:
        nothing_measured = str(error)
        types, aids = coverage_address.measured((), ())
    langues = tuple(st.session_state[_LANGUAGES])
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="phrase"):
        _choose_departements(listed, departements, own)
        _choose_services(types, aids, sorted(langues))
        _choose_one("à moins de", "distance", _DISTANCES, _distance_words, 215)
        _choose_opening()
        _choose_one(
            "", "semaine", ("", *_mondays(today)), lambda text: _week_words(text, today), 230
        )
        st.markdown("?", width="content")
    _write_address()
    if message := st.session_state.pop(_MESSAGE, ""):
        st.warning(message, icon="⚠️")
    own_territory.warn()
    if nothing_measured:
        st.info(nothing_measured)
        return None
    return _question(departements, own, types, aids, langues, today)


def _key(name: str) -> str:
    return f"couverture_{name}"


def _choose_departements(
    listed: Sequence[str], chosen: Sequence[str], own: tuple[OwnTerritory, ...]
) -> None:
    """Draw the choice of the territory: départements, or in their place some of one's own."""
    st.markdown("Dans", width="content")
    places = words.places(chosen) if chosen else "quel département ?"
    with st.popover(f"**{plain(words.own_names(own)) if own else places}**"):
        st.multiselect(
            "Départements",
            sorted({*listed, *chosen}),
            format_func=_departement_words,
            placeholder="Choisir",
            key=_PLACES,
            select_all=False,
            on_change=own_territory.forget,
            persist_state="session",
        )
        st.caption(
            f"{MOST_DEPARTEMENTS} départements au plus. Si aucun n’est choisi : le premier de la "
            "liste."
        )
        own_territory.choose(own, listed)


@cache
def _departement_words(code: str) -> str:
    return words.places([code])


def _choose_people() -> None:
    """Draw the choice of whom to count, where a table of the population offers one."""
    if len(people.offered()) == 1:
        st.markdown("combien de personnes", width="content")
    else:
        _choose_one("combien de", "qui", people.offered(), lambda who: People(who).label, 230)


def ask_for_aid(aid: str) -> None:
    """Ask for one aid, or for an interpreter in any service, from the next run on."""
    if aid == INTERPRETER:
        st.session_state[_LANGUAGES], st.session_state[_AIDS] = [aid], []
        st.session_state[_TYPES] = types_for_interpreter()
    else:
        st.session_state[_LANGUAGES], st.session_state[_AIDS] = [], [aid]


def types_for_interpreter() -> list[str]:
    """Return the types that are asked for, or all that are measured: an interpreter is in any."""
    asked = st.session_state[_TYPES]
    return [str(kind) for kind in MEASURED_TYPES if kind in (asked or MEASURED_TYPES)]


def _choose_services(
    types: Sequence[ServiceType], aids: Sequence[Aid], langues: Sequence[str]
) -> None:
    """Draw the choice of what is looked for: aids, types of service, a language."""
    _choose_people()
    st.markdown("ont", width="content")
    with st.popover(f"**{words.services(types, aids)}{words.spoken(langues)}**"):
        _pills("Quelle aide ?", _AIDS, map(str, MEASURED_AIDS), vocabulary("aides"))
        kinds = {str(kind): kind.label for kind in ServiceType}
        _pills("Dans quels services ?", _TYPES, MEASURED_TYPES, kinds)
        labels = vocabulary("langues")
        st.multiselect(
            "Dans quelle langue ?",
            list(labels),
            format_func=labels.__getitem__,
            placeholder="Toutes",
            help="Un service qui a un interprète compte pour toutes. Une fiche qui ne dit pas ses "
            "langues compte comme possible, jamais comme sûre.",
            key=_LANGUAGES,
            select_all=False,
            persist_state="session",
        )
        st.caption(
            f"Si rien n’est choisi : {words.services((), USUAL_AIDS)}. Quand une fiche ne dit pas "
            "ce qu’on y fait, nous comptons ce que fait d’ordinaire un service de ce type. "
            "L’hébergement n’est jamais compté, ses adresses sont secrètes ; ni les lignes "
            "d’écoute, qui n’ont pas de lieu."
        )


def _pills(label: str, key: str, measured: Iterable[str], labels: Mapping[str, str]) -> None:
    """Draw what is measured, and what is chosen on another page though it is not."""
    st.pills(
        label,
        list(dict.fromkeys([*measured, *st.session_state[key]])),
        selection_mode="multi",
        format_func=labels.__getitem__,
        key=key,
        persist_state="session",
    )


def _choose_one(
    before: str,
    name: str,
    usual: Iterable[_T],
    label: Callable[[_T], str],
    width: int,
    *,
    on_change: Callable[[], None] | None = None,
) -> None:
    if before:
        st.markdown(before, width="content")
    offered, asked = list(usual), st.session_state[_key(name)]
    st.selectbox(
        before or name,
        offered if asked in offered else [*offered, asked],
        format_func=label,
        key=_key(name),
        label_visibility="collapsed",
        on_change=on_change,
        persist_state="session",
        width=width,
    )


def _choose_opening() -> None:
    """Draw the choice of a part of the week, and where it is days and hours, of these.

    The map then shows hours.
    """
    of_hours = {"on_change": shades.show_hours}
    parts = ("", *SlotClass, _DAYS_AND_HOURS)
    _choose_one("ouvert", "ouverture", parts, _opening_words, 300, **of_hours)
    if st.session_state[_key("ouverture")] == _DAYS_AND_HOURS:
        _choose_one("", "jours", _DAYS, words.days, 190, **of_hours)
        _choose_one("de", "de", half_hours(), typed, 100, **of_hours)
        _choose_one("à", "a", half_hours(), typed, 100, **of_hours)


def _distance_words(text: str) -> str:
    value, unit = distance(text)
    return f"{words.plain(value)}\u00a0{_UNITS[unit]}"


def _opening_words(text: str) -> str:
    if text == _DAYS_AND_HOURS:
        return "tels jours, à telles heures"
    return words.opening(SlotClass(text) if text else None)


def _opening() -> SlotClass | DaysAndHours | None:
    """Return the part of the week in the session. Raises ValueError, in French, if it is empty."""
    asked = st.session_state[_key("ouverture")]
    if asked == _DAYS_AND_HOURS:
        return DaysAndHours(*(st.session_state[_key(name)] for name in ("jours", "de", "a")))
    return SlotClass(asked) if asked else None


def _mondays(today: date) -> list[str]:
    monday = today - timedelta(days=today.weekday())
    return [(monday + timedelta(weeks=ahead)).isoformat() for ahead in range(_WEEKS_AHEAD)]


def _week_words(text: str, today: date) -> str:
    if not text:
        return "une semaine ordinaire"
    return f"la semaine du {french.day(date.fromisoformat(text), today=today)}"


def _question(
    departements: Sequence[str],
    own: tuple[OwnTerritory, ...],
    types: Sequence[ServiceType],
    aids: Sequence[Aid],
    langues: Sequence[str],
    today: date,
) -> Question | None:
    if own:
        departements = sorted({home for one in own for home in one.departements})
    if len(departements) > MOST_DEPARTEMENTS:
        st.info(
            f"{len(departements)} départements : c’est trop pour une carte. En garder au plus "
            f"{MOST_DEPARTEMENTS}."
        )
        return None
    week = st.session_state[_key("semaine")]
    try:
        return Question(
            departements,
            types,
            date.fromisoformat(week) if week else coverage.typical_monday(today),
            **limit(st.session_state[_key("distance")]),
            opening=_opening(),
            aids=aids,
            who=_who(),
            own=own,
            langues=langues,
        )
    except ValueError as error:
        st.info(str(error))
        return None


def _who() -> People:
    """Return whom to count: everybody where the table that told of others is gone."""
    asked = People(st.session_state[_key("qui")])
    return asked if asked in people.offered() else People.ALL


def _restore(today: date) -> None:
    """On a visit's first run, read the rest of the question from the address; keep it afterwards.

    A part that is not understood gets its default, and a message says so.
    """
    if _key("distance") in st.session_state:
        for name in (*_OWN, *_HOURS_ASKED):
            st.session_state[_key(name)] = st.session_state[_key(name)]
        return
    st.session_state.update({_key(name): value for name, value in _HOURS_ASKED.items()})
    wrong = []
    for name, read, usual in (
        ("distance", _known_distance, USUAL_DISTANCE),
        ("ouverture", _known_opening, ""),
        ("semaine", lambda text: monday(text, today).isoformat(), ""),
        ("qui", coverage_address.who, People.ALL),
    ):
        asked = st.query_params.get(name, "")
        try:
            st.session_state[_key(name)] = read(asked) if asked else usual
        except ValueError:
            st.session_state[_key(name)] = usual
            wrong.append(_WRONG[name])
    st.session_state[_MESSAGE] = " ".join(wrong)


def _known_distance(text: str) -> str:
    value, unit = distance(text)
    return f"{value:g}{unit}"


def _known_opening(text: str) -> str:
    """Return the part of the week that is asked for; its days and hours go into the session."""
    asked = coverage_address.opening(text)
    if isinstance(asked, SlotClass):
        return str(asked)
    values = (asked.weekdays, asked.start, asked.end)
    st.session_state.update({_key(n): v for n, v in zip(_HOURS_ASKED, values, strict=True)})
    return _DAYS_AND_HOURS


def _write_address() -> None:
    wanted = {name: str(st.session_state[_key(name)] or "") for name in _OWN}
    if wanted["ouverture"] == _DAYS_AND_HOURS:
        with suppress(ValueError):
            wanted["ouverture"] = str(_opening())
    wanted["qui"] = "" if wanted["qui"] == People.ALL else wanted["qui"]
    wanted["distance"] = "" if wanted["distance"] == USUAL_DISTANCE else wanted["distance"]
    shared = {
        "departements": [str(code) for code in st.session_state[_PLACES]],
        "types": [str(kind) for kind in st.session_state[_TYPES]],
        "aides": [str(aid) for aid in st.session_state[_AIDS]],
        "langues": [str(code) for code in st.session_state[_LANGUAGES]],
    }
    address_bar.write({**wanted, **shared})
