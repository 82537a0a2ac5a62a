"""The address of the page: it keeps what was chosen, so that a link shows the same to another."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import streamlit as st

from pages.shared.page_frame import plain

_Choice = TypeVar("_Choice", bound=str)
_NOTICES = "_avis_sur_l_adresse"
_LONGEST_VALUE = 60


def not_understood(parameter: str, value: str) -> None:
    """Note that the address asks for a value that we do not know, to say it on the page."""
    shown = value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"
    notice(f"L’adresse de cette page demande « {parameter} : {shown} », que nous ne connaissons "
           "pas : cette demande n’est pas appliquée.")  # fmt: skip


def notice(words: str) -> None:
    """Note a sentence about the address, which `draw_notices` shows."""
    said: list[str] = st.session_state.setdefault(_NOTICES, [])
    if words not in said:
        said.append(words)


def draw_notices() -> None:
    """Say what of the address was not understood, until the reader has seen it."""
    if said := st.session_state.get(_NOTICES):
        st.warning("  \n".join(map(plain, said)), icon="⚠️")
        st.button("J’ai compris", key="avis_lus", on_click=said.clear, type="tertiary")


def write(parameters: Mapping[str, str | Sequence[str]]) -> None:
    """Write these parameters of the address; an empty one is removed, the others stay."""
    kept = {name: st.query_params.get_all(name) for name in st.query_params}
    st.query_params.from_dict({k: v for k, v in {**kept, **parameters}.items() if v})


def kept_choice(
    options: Iterable[_Choice], *, key: str, parameter: str, default: _Choice
) -> _Choice:
    """Return the option that the session keeps under `key`, else the address's, else `default`."""
    known = {option: option for option in options}
    for kept in (st.session_state.get(key), st.query_params.get(parameter)):
        if kept in known:
            return known[kept]
    return default


def choose(
    label: str,
    options: Mapping[_Choice, str],
    *,
    key: str,
    parameter: str,
    default: _Choice | None = None,
    menu: bool = False,
    wrap: bool = False,
    withheld: Mapping[_Choice, str] | None = None,
) -> _Choice:
    """Draw a switch, or a `menu`, between options with their words; return the one chosen.

    The session keeps the choice under `key`, the address as `parameter` unless it is the default.
    The default is the first option, where none is given. `withheld`: why options are not offered
    now, as sentences, said where one of them is asked for.
    """
    usual = next(iter(options)) if default is None else default
    asked = st.session_state.get(key, st.query_params.get(parameter))
    reasons = {str(option): why for option, why in (withheld or {}).items()}
    if asked in reasons:
        notice(reasons[asked])
    elif asked and asked not in options and key not in st.session_state:
        not_understood(parameter, asked)
    st.session_state[key] = kept_choice(options, key=key, parameter=parameter, default=usual)
    widget = (
        st.selectbox if menu else partial(st.segmented_control, required=True, wrap=wrap or None)
    )
    widget(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )
    chosen = kept_choice(options, key=key, parameter=parameter, default=usual)
    write({parameter: "" if chosen == usual else str(chosen)})
    return chosen
