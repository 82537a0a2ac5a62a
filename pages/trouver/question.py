"""The sentence a social worker fills: *Elle est à … · elle peut venir … · elle a besoin de …*."""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import streamlit as st

from geodata import addresses, aids, communes, hours
from geodata.answers import Need
from geodata.nearest import LngLat
from geodata.selection import Selection
from geodata.services import vocabulary
from geodata.text import fold
from pages.map.leaflet_map import Pick
from pages.shared import address_bar, commune_search, filters, sheet
from pages.shared.page_frame import plain
from pages.shared.rows import row_of
from pages.trouver import handout

_WITHIN_KM = (10, 20, 30, 50, 100)
_USUALLY_KM = 50
_ORIGIN, _TYPED, _FOUND, _MESSAGE = "depart", "depart_mots", "depart_adresses", "depart_message"
_NEED, _WITHIN = "besoin", "rayon"
_VIOLENCE, _LANGUAGE = "violence", "langue"
_ASKED = "question_posee"
_OFFERED = 8
_MOST_TYPED = 120


@dataclass(frozen=True)
class Origin:
    """The place that distances are counted from: a commune's town hall, or a precise place.

    `point` is None where no source says where the town hall is.
    """

    point: LngLat | None
    code_insee: str
    label: str
    is_commune: bool


@dataclass(frozen=True)
class Question:
    """What is asked: for what need, within how many metres, when.

    `now` is the present in the time zone of the place, once one is given.
    """

    need: Need
    within_m: float
    when: Selection
    now: datetime


@dataclass(frozen=True)
class PlacedQuestion(Question):
    """A question with the place that distances are counted from."""

    origin: Origin


def ask(now: datetime) -> Question:
    """Draw the sentence and return its question. The address keeps it, except a precise place."""
    filters.restore(now)
    _restore()
    here = _local_time(now)
    with st.container(horizontal=True, gap="medium", key="question"):
        with st.container(width=330):
            _choose_place()
        within_km = st.selectbox(
            "Jusqu’à",
            _WITHIN_KM,
            format_func=lambda km: f"{km} km",
            key=_WITHIN,
            persist_state="session",
            width=110,
        )
        when = filters.choose_time(here, label="Elle peut venir")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pill = st.pills(
            "Elle a besoin de",
            list(Need),
            format_func=lambda need: need.label,
            required=True,
            key=_NEED,
            persist_state="session",
            help=_needs_table(),
            wrap=True,
        )
        when = replace(when, **_choose_details())
        st.button("Nouvelle recherche", key="nouvelle_recherche", on_click=_start_over)
    need, origin = Need(pill or Need.PARLER), _origin()
    within_m = within_km * 1000.0
    _write_address(origin, need, within_km)
    details = (when.violences, when.langues)
    _close_the_sheet_of_another((origin, need, within_m, details, filters.time_in_address()))
    if origin:
        return PlacedQuestion(need, within_m, when, here, origin)
    return Question(need, within_m, when, here)


def _choose_details() -> dict[str, Any]:
    """Draw *Préciser*, which may stay closed, and return what it asks of the services."""
    asked = [st.session_state[name] for name in (_VIOLENCE, _LANGUAGE)]
    given = sum(map(bool, asked))
    with st.popover(f"Préciser ({given})" if given else "Préciser"):
        _choose_word(_VIOLENCE, "Violence subie", vocabulary("violences"))
        _choose_word(_LANGUAGE, "Langue qu’elle parle", _languages())
        st.caption("Les services qui ne le précisent pas restent affichés, avec une mention.")
    violence, language = asked
    return {
        "violences": (violence,) if violence else (),
        "langues": (language,) if language else (),
    }


def _choose_word(name: str, label: str, words: Mapping[str, str]) -> None:
    st.selectbox(
        label,
        ["", *words],
        format_func=lambda word: words.get(word, "peu importe"),
        key=name,
        persist_state="session",
    )


def _languages() -> dict[str, str]:
    """Return the languages other than French by code, in alphabetical order."""
    named = {code: name for code, name in aids.languages().items() if code != "fr"}
    return dict(sorted(named.items(), key=lambda pair: fold(pair[1])))


def _origin() -> Origin | None:
    origin: Origin | None = st.session_state[_ORIGIN]
    return origin


def _local_time(now: datetime) -> datetime:
    """Return the present in the time zone of the place she is in."""
    origin = _origin()
    if not origin:
        return now
    return now.astimezone(hours.local_zone(communes.departement_of(origin.code_insee)))


def _close_the_sheet_of_another(asked: Hashable) -> None:
    """Close the sheet that is open when the question changes, to show its answer."""
    if st.session_state.setdefault(_ASKED, asked) != asked:
        st.session_state[_ASKED] = asked
        sheet.open_sheet("")


def _start_over() -> None:
    """Clear the question, the place and the handout, for the next person."""
    _start(None)
    filters.forget_time()
    handout.clear()
    sheet.open_sheet("")
    st.session_state[_NEED], st.session_state[_WITHIN] = Need.PARLER, _USUALLY_KM
    st.session_state[_VIOLENCE] = st.session_state[_LANGUAGE] = ""


def start_from_point(place: Pick) -> None:
    """Start from a point of the map, or from where the reader is."""
    code = communes.commune_at(place.lng, place.lat)
    if code is None:
        st.session_state[_MESSAGE] = (
            "Nous ne savons pas dans quelle commune est ce point : écrire le nom de la commune."
        )
        return
    where = "votre position" if place.located else "le point choisi"
    label = f"{where}, à {commune_search.label(code)}"
    _start(Origin(LngLat(place.lng, place.lat), code, label, is_commune=False))


def origin_in_commune(code: str) -> Origin:
    """Return the town hall of a commune as a place to start from."""
    hall = row_of(communes.read_town_halls(), code)
    point = None if math.isnan(hall["lng"]) else LngLat(hall["lng"], hall["lat"])
    return Origin(point, code, commune_search.label(code), is_commune=True)


def _choose_place() -> None:
    if message := st.session_state.get(_MESSAGE):
        st.caption(f"⚠️ {message}")
    if origin := _origin():
        st.html('<p class="etiquette">Elle est à</p>')
        with st.container(horizontal=True, vertical_alignment="center", key="depart_place"):
            st.markdown(f"**{plain(origin.label)}**", width="content")
            st.button(
                "Changer", key="depart_changer", type="tertiary", on_click=_start, args=(None,)
            )
        return
    typed = st.text_input(
        "Elle est à",
        placeholder="Commune, code postal ou adresse",
        type="search",
        live=True,
        max_chars=_MOST_TYPED,
        key=_TYPED,
    )
    if typed:
        _offer_places(str(typed))


def _offer_places(typed: str) -> None:
    """Draw the communes whose names begin like this, and the search for an address."""
    is_address = bool(addresses.configured_host()) and " " in typed.strip()
    if commune_search.offer(
        typed, _start_from, key="depart", limit=_OFFERED, say_none=not is_address
    ):
        st.caption("Ou taper la suite du nom, ou le département après lui : « sainte-colombe 46 ».")
    words, known = st.session_state.get(_FOUND) or ("", ())
    for number, address in enumerate(known if words == typed else ()):
        point = LngLat(address.lng, address.lat)
        origin = Origin(point, address.code_insee, address.label, is_commune=False)
        st.button(
            plain(address.label),
            key=f"depart_adresse_{number}",
            type="tertiary",
            on_click=_start,
            args=(origin,),
        )
    if is_address:
        st.button(
            "Chercher cette adresse",
            key="depart_chercher",
            on_click=_find_address,
            args=(typed,),
        )
        st.caption("Notre serveur envoie alors ces mots au service d’adresses, rien d’autre.")


def _find_address(typed: str) -> None:
    st.session_state[_FOUND], st.session_state[_MESSAGE] = None, ""
    try:
        found = addresses.find(typed)
    except addresses.GeocoderUnavailable as error:
        st.session_state[_MESSAGE] = str(error)
        return
    st.session_state[_FOUND] = (typed, found)
    if not found:
        st.session_state[_MESSAGE] = (
            "Adresse introuvable : vérifier comment elle est écrite, ou choisir la commune."
        )


def _start(origin: Origin | None) -> None:
    st.session_state[_ORIGIN] = origin
    st.session_state[_TYPED] = st.session_state[_MESSAGE] = ""
    st.session_state[_FOUND] = None


def _start_from(code: str) -> None:
    _start(origin_in_commune(code))


def _needs_table() -> str:
    """Return the table of the aids that answer each need, in Markdown."""
    rows = (f"| {need.label} | {', '.join(aid.label for aid in need.aids)} |" for need in Need)
    return "\n".join(["| Besoin | Ce qu’on y fait |", "| --- | --- |", *rows])


def _restore() -> None:
    """On a visit's first run, read the question from the address; keep it afterwards."""
    if _ORIGIN in st.session_state:
        for name in (_NEED, _WITHIN, _VIOLENCE, _LANGUAGE):
            st.session_state[name] = st.session_state[name]
        return
    asked = st.query_params.get("depuis", "")
    ours = _NEED in st.query_params  # what this page has written says all: no place was given
    filtered = [] if ours else filters.communes_asked()
    code = communes.current_code(asked) or (filtered[0] if len(filtered) == 1 else None)
    st.session_state[_ORIGIN] = origin_in_commune(code) if code else None
    if asked and not code:
        address_bar.not_understood("depuis", asked)
    need = st.query_params.get(_NEED, "")
    if need and need not in list(Need):
        address_bar.not_understood(_NEED, need)
    st.session_state[_NEED] = Need(need) if need in list(Need) else Need.PARLER
    for name, words in ((_VIOLENCE, vocabulary("violences")), (_LANGUAGE, _languages())):
        word = st.query_params.get(name, "")
        st.session_state[name] = word if word in words else ""
    within = st.query_params.get(_WITHIN, "")
    known = within in map(str, _WITHIN_KM)
    st.session_state[_WITHIN] = int(within) if known else _USUALLY_KM


def _write_address(origin: Origin | None, need: Need, within_km: int) -> None:
    address_bar.write(
        {
            **filters.in_address(),  # for the pages that draw them, should this visit be cut off
            "depuis": origin.code_insee if origin and origin.is_commune else "",
            _NEED: str(need),
            _WITHIN: "" if within_km == _USUALLY_KM else str(within_km),
            _VIOLENCE: str(st.session_state[_VIOLENCE]),
            _LANGUAGE: str(st.session_state[_LANGUAGE]),
        }
    )
