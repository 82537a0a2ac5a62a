"""The search for a commune by typing: its box, and a button for each commune found."""

from collections.abc import Callable, Collection

import streamlit as st

from geodata import communes
from pages.shared.page_frame import plain

_LONGEST_NAME = 60


def label(code: str) -> str:
    """`Civray (86)`: the département tells homonyms apart."""
    hall = communes.read_town_halls().loc[code]
    return f"{hall['nom']} ({hall['departement']})"


def choose_one(
    code: str,
    on_choose: Callable[[str], None],
    *,
    key: str,
    box_key: str,
    before: str = "",
    placeholder: str = "Nom ou code postal",
) -> None:
    """Draw the commune chosen, which can be changed; without one, the box to search for it.

    `on_choose` is called with the code of a commune, or "" to search again.
    """
    if code:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{before}**{plain(label(code))}**", width="content")
            st.button(
                "Changer", key=f"{key}_changer", type="tertiary", on_click=on_choose, args=("",)
            )
        return
    typed = st.text_input(
        "Commune",
        placeholder=placeholder,
        type="search",
        live=True,
        max_chars=_LONGEST_NAME,
        key=box_key,
    )
    if typed:
        offer(typed, on_choose, key=f"{key}_commune")


def offer(
    typed: str,
    on_choose: Callable[[str], None],
    *,
    key: str,
    departements: Collection[str] = (),
    chosen: Collection[str] = (),
    limit: int = 6,
    say_none: bool = True,
) -> bool:
    """Draw a button for each commune whose name or postal code begins like this.

    Only communes of these `departements`, if any, that are not `chosen` already. Returns whether
    there are more than `limit` of them.
    """
    found = communes.search(typed, departements=departements or None, limit=limit + 1)
    found = found.drop(index=list(chosen), errors="ignore")
    if found.empty and say_none:
        st.caption(f"Aucune commune de ce nom{' dans ce département' if departements else ''}.")
    for code in map(str, found.index[:limit]):
        st.button(
            plain(label(code)),
            key=f"{key}_{code}",
            type="tertiary",
            on_click=on_choose,
            args=(code,),
        )
    return len(found) > limit
