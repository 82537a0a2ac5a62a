"""The sentence a social worker fills: *Elle est à … · elle peut venir … · elle a besoin de …*."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from geodata import addresses, communes
from geodata.answers import TYPES_FOR, Need
from geodata.nearest import LngLat
from geodata.selection import Selection
from pages.components import filters
from pages.components.frame import plain
from pages.components.maps import Pick

_WITHIN_KM = (10, 20, 30, 50, 100)
_USUALLY_KM = 50
_ORIGIN, _TYPED, _FOUND, _TROUBLE = "depart", "depart_mots", "depart_adresses", "depart_message"
_NEED, _WITHIN = "besoin", "rayon"
_MOST_TYPED = 120


@dataclass(frozen=True)
class Origin:
    """From where distances are counted: a commune's town hall, or a place known more closely."""

    point: LngLat
    code_insee: str
    label: str
    is_commune: bool


@dataclass(frozen=True)
class Question:
    """What is asked: from where (None: not said yet), for what, within how far, when."""

    origin: Origin | None
    need: Need
    within_m: float
    when: Selection


def ask(now: datetime) -> Question:
    """Draw the sentence and give what it asks. The address keeps it, but for a precise place."""
    place, time, distance = st.columns([4, 7, 1.6], gap="medium")
    with time:
        when = filters.choose_time(now, label="Elle peut venir")
    _restore()
    with place:
        _place()
    with distance:
        within_km = st.selectbox(
            "Jusqu’à",
            _WITHIN_KM,
            format_func=lambda km: f"{km} km",
            key=_WITHIN,
            persist_state="session",
        )
    need = st.pills(
        "Elle a besoin de",
        list(Need),
        format_func=lambda need: need.label,
        required=True,
        key=_NEED,
        persist_state="session",
        help=_table(),
    )
    question = Question(st.session_state[_ORIGIN], Need(need), within_km * 1000.0, when)
    _write_address(question, within_km)
    return question


def pick(place: Pick) -> None:
    """Start from a point of the map, or from where the reader is."""
    code = communes.commune_at(place.lng, place.lat)
    if code is None:
        st.session_state[_TROUBLE] = "Ce point n’est dans aucune commune : choisir la sienne."
        return
    label = f"{'votre position' if place.located else 'le point choisi'}, à {_label(code)}"
    _start(Origin(LngLat(place.lng, place.lat), code, label, is_commune=False))


def commune(code: str) -> Origin | None:
    """Give a commune as a place to start from: its town hall; None where none is known."""
    hall = communes.read_town_halls().loc[code]
    if hall[["lng", "lat"]].isna().any():
        return None
    return Origin(LngLat(hall["lng"], hall["lat"]), code, _label(code), is_commune=True)


def _place() -> None:
    if origin := st.session_state[_ORIGIN]:
        st.html('<p class="etiquette">Elle est à</p>')
        with st.container(horizontal=True, vertical_alignment="center"):
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
        _offer(str(typed))
    if trouble := st.session_state.get(_TROUBLE):
        st.caption(f"⚠️ {trouble}")


def _offer(typed: str) -> None:
    """Offer the communes that the words begin, and to look for an address."""
    found = communes.search(typed, limit=6)
    for code in found.index:
        _choice(_label(code), commune(code), key=f"depart_{code}")
    for number, address in enumerate(st.session_state.get(_FOUND, ())):
        point = LngLat(address.lng, address.lat)
        origin = Origin(point, address.code_insee, address.label, is_commune=False)
        _choice(address.label, origin, key=f"depart_adresse_{number}")
    if addresses.configured_host() and " " in typed.strip():
        st.button(
            "Chercher cette adresse",
            key="depart_chercher",
            on_click=_look_up,
            args=(typed,),
        )
        st.caption("Notre serveur envoie alors ces mots au service d’adresses, rien d’autre.")
    elif found.empty:
        st.caption("Aucune commune de ce nom.")


def _choice(label: str, origin: Origin | None, *, key: str) -> None:
    unknown = origin is None
    st.button(
        plain(label) + (" : mairie inconnue" if unknown else ""),
        key=key,
        type="tertiary",
        on_click=_start,
        args=(origin,),
        disabled=unknown,
    )


def _look_up(typed: str) -> None:
    st.session_state[_FOUND], st.session_state[_TROUBLE] = (), ""
    try:
        st.session_state[_FOUND] = addresses.find(typed)
    except addresses.GeocoderUnavailable as error:
        st.session_state[_TROUBLE] = str(error)
        return
    if not st.session_state[_FOUND]:
        st.session_state[_TROUBLE] = "Aucune adresse trouvée : choisir la commune."


def _start(origin: Origin | None) -> None:
    st.session_state[_ORIGIN] = origin
    st.session_state[_TYPED] = st.session_state[_TROUBLE] = ""
    st.session_state[_FOUND] = ()


def _label(code: str) -> str:
    return filters.commune_label(code, communes.read_town_halls().at[code, "nom"])


def _table() -> str:
    """The visible table of what a need leads to."""
    rows = (
        f"| {need.label} | {', '.join(kind.label for kind in kinds)} |"
        for need, kinds in TYPES_FOR.items()
    )
    return "\n".join(["| Besoin | Services cherchés |", "| --- | --- |", *rows])


def _restore() -> None:
    """On a visit's first run, take the question from the address; keep it afterwards."""
    if _ORIGIN in st.session_state:
        for name in (_NEED, _WITHIN):
            st.session_state[name] = st.session_state[name]
        return
    asked = st.query_params.get("depuis", "")
    filtered = filters.communes_asked()
    code = communes.current_code(asked) or (filtered[0] if len(filtered) == 1 else None)
    st.session_state[_ORIGIN] = commune(code) if code else None
    need = st.query_params.get(_NEED, "")
    st.session_state[_NEED] = Need(need) if need in list(Need) else Need.PARLER
    within = st.query_params.get(_WITHIN, "")
    known = within in map(str, _WITHIN_KM)
    st.session_state[_WITHIN] = int(within) if known else _USUALLY_KM


def _write_address(question: Question, within_km: int) -> None:
    origin = question.origin
    filters.write_address(
        {
            "depuis": origin.code_insee if origin and origin.is_commune else "",
            _NEED: str(question.need),
            _WITHIN: "" if within_km == _USUALLY_KM else str(within_km),
            "quand": filters.time_in_address(),
        }
    )
