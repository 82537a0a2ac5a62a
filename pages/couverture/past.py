"""Earlier lists: the editions beside the list, and one that the reader gives."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime

import streamlit as st

from geodata import french
from geodata.services import UnreadableFile
from geodata.upkeep import checking, editions
from geodata.upkeep.editions import Edition
from pages.shared import service_list
from pages.shared.page_frame import plain
from pages.shared.service_list import PARIS, ServiceList, cached

_MOST_EDITIONS = 6


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier list, what the page calls it, and its last day where that is known.

    What the list of today hides is not in it, wherever it was then.
    """

    listed: ServiceList
    label: str
    day: date | None = None


def editions_beside() -> tuple[Edition, ...]:
    """Return the editions beside the list, the oldest first."""
    return editions.beside(service_list.path())


def newest_first() -> dict[str, Edition]:
    """Return the last editions beside the list, the newest first, by date."""
    return {str(one.date): one for one in editions_beside()[::-1][:_MOST_EDITIONS]}


def of_each_year() -> list[Earlier]:
    """Return the last edition of each of the last years, the oldest first; unreadable ones not."""
    found = editions.of_each_year(editions_beside())[-_MOST_EDITIONS:]
    return [read for edition in found if (read := read_edition(edition, tell=False))]


def read_edition(edition: Edition, *, tell: bool = True) -> Earlier | None:
    """Read an edition, or say why it cannot be, unless `tell` is false."""
    label = f"l’édition {french.of_date(edition.date)}"
    try:
        content = edition.path.read_bytes()
    except OSError:
        return None
    return read(content, edition.path.name, label, day=edition.date.last_day, tell=tell)


def read(
    content: bytes, name: str, label: str, *, day: date | None = None, tell: bool = True
) -> Earlier | None:
    """Read an earlier list, or say why it cannot be, unless `tell` is false."""
    found = _reading(content, name)
    if isinstance(found, ServiceList):
        return Earlier(_without_hidden(found, service_list.current()), label, day)
    if tell:
        st.error(plain(f"« {name} » ne peut pas être lu. {found}"), icon="⚠️")
    return None


@st.cache_resource(
    max_entries=_MOST_EDITIONS + 2, ttl="15m", scope="session", show_spinner="Lecture…"
)
def _reading(content: bytes, name: str) -> ServiceList | str:
    try:
        reading = checking.check(content, name).reading
    except UnreadableFile as error:
        return str(error)
    if reading.services.empty:
        return "Il ne contient aucun service lisible."
    signature = hashlib.sha256(content).hexdigest()
    return ServiceList(
        reading, signature, datetime.min.replace(tzinfo=PARIS), (name, 0, 0, 0, 0, 0)
    )


@cached(max_entries=_MOST_EDITIONS + 2)
def _without_hidden(earlier: ServiceList, listed: ServiceList) -> ServiceList:
    services = editions.without_hidden(earlier.services, listed.services)
    return replace(
        earlier,
        reading=replace(earlier.reading, services=services),
        signature=f"{earlier.signature}-{listed.signature}",
    )
