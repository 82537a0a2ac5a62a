"""The address of the page: it keeps what was chosen, so that a link shows the same to another."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

_Choice = TypeVar("_Choice", bound=str)


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
) -> _Choice:
    """Draw a choice that the address keeps, and return the option chosen.

    Args:
        label: what is chosen, for those who do not see it.
        options: each with the words that the reader sees.
        key: where the session keeps the choice.
        parameter: where the address keeps it, unless it is the default.
        default: the first option, where none is given.
        menu: draw a menu instead of a switch.
        wrap: let a switch take several lines.
    """
    usual = next(iter(options)) if default is None else default
    st.session_state[key] = kept_choice(options, key=key, parameter=parameter, default=usual)
    if menu:
        st.selectbox(
            label,
            list(options),
            format_func=options.__getitem__,
            key=key,
            label_visibility="collapsed",
            persist_state="session",
        )
    else:
        st.segmented_control(
            label,
            list(options),
            format_func=options.__getitem__,
            key=key,
            required=True,
            label_visibility="collapsed",
            persist_state="session",
            wrap=wrap or None,
        )
    chosen = kept_choice(options, key=key, parameter=parameter, default=usual)
    write({parameter: "" if chosen == usual else str(chosen)})
    return chosen
