"""Long lists, one page at a time."""

from dataclasses import dataclass

import streamlit as st

from geodata import french


@dataclass(frozen=True)
class Pages:
    """The pages of one list. `key`: where the session keeps which page is open (1, 2, …)."""

    key: str
    per_page: int

    def open_slice(self, count: int) -> slice:
        """Return which of `count` things are on the page that is open."""
        page = min(st.session_state.get(self.key, 1), max(1, self._number(count)))
        first = (page - 1) * self.per_page
        return slice(first, min(first + self.per_page, count))

    def draw_links(self, count: int, *, say_which: bool = False) -> None:
        """Draw the links to the other pages, if any; `say_which` adds *1 à 60 sur 130*."""
        if count <= self.per_page:
            return
        if say_which:
            shown = self.open_slice(count)
            st.caption(f"{shown.start + 1} à {shown.stop} sur {french.number(count)}")
        st.pagination(
            self._number(count), max_visible_pages=5, key=self.key, persist_state="session"
        )

    def _number(self, count: int) -> int:
        return -(-count // self.per_page)
