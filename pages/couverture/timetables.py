"""The timetables of public transport: a file beside the list, or the reader's for this visit."""

import hashlib
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from geodata import coverage, french, gtfs
from geodata.gtfs import Feed
from geodata.situation import Question
from geodata.situation.words import week
from geodata.tables import Problem, UnreadableFile
from pages.shared import service_list
from pages.shared.page_frame import plain

_FILE = "couverture_horaires"
_MOST_PROBLEMS = 5
_NO_FEED = (
    "Sans les horaires des transports, nous ne savons pas où mène un bus. Donner le fichier GTFS "
    "du territoire avec le bouton « Horaires des transports »."
)
_ON_FOOT = "En attendant, voici qui a un tel lieu à 2\u00a0km à pied."


@dataclass(frozen=True, eq=False)
class Timetables:
    """A feed, the `key` of its content, and what the page says of it."""

    feed: Feed
    key: str
    source: str


def choose(question: Question, top: DeltaGenerator) -> Timetables | None:
    """Draw where to give a feed; return the one to use, None where none answers the question.

    The reader's counts before the one beside the list. A feed that says nothing of a day that is
    asked for is not used: nobody knows what runs then. `top` is where that is said.
    """
    with st.popover("Horaires des transports"):
        st.markdown(
            "Le fichier GTFS (.zip) des cars, bus et trains du territoire. La région et les "
            "agglomérations les publient en données ouvertes. Le fichier n’est pas gardé."
        )
        given = st.file_uploader("Fichier GTFS", type=["zip"], key=_FILE)
    found = _given(given.getvalue()) if given else _beside()
    if isinstance(found, Timetables):
        warn(found.feed.problems)
        outside = [day for day in _days(question) if not found.feed.covers(day)]
        if not outside:
            return found
        found = _outside(found.feed, question, outside)
    top.warning(plain(f"{found or _NO_FEED} {_ON_FOOT}"), icon="⚠️")
    return None


def _given(content: bytes) -> Timetables | str:
    return _kept(hashlib.sha256(content).hexdigest(), content)


@st.cache_resource(show_spinner="Lecture des horaires…", max_entries=4)
def _kept(key: str, _content: bytes) -> Timetables | str:
    try:
        return _timetables(gtfs.read_feed(io.BytesIO(_content)), key, "fichier fourni")
    except UnreadableFile as error:
        return str(error)


def _beside() -> Timetables | str | None:
    path = gtfs.beside(service_list.path())
    try:
        status = path.stat()
    except OSError:
        return None
    return _read(str(path), status.st_mtime_ns, status.st_size)


@st.cache_resource(show_spinner="Lecture des horaires…", max_entries=4)
def _read(path: str, changed_ns: int, size: int) -> Timetables | str:
    try:
        feed = gtfs.read_feed(Path(path))
    except (UnreadableFile, OSError) as error:
        return f"Le fichier {Path(path).name} ne peut pas être lu. {error}"
    return _timetables(feed, f"{path} {changed_ns} {size}", "fichier joint à la liste")


def _timetables(feed: Feed, key: str, where: str) -> Timetables:
    publisher = f" publiés par {feed.publisher[:80]}" if feed.publisher else ""
    source = (
        f"horaires{publisher} ({where}), {french.count(len(feed.stops), 'arrêt')}, du "
        f"{_day(feed.first_day)} au {_day(feed.last_day)}"
    )
    return Timetables(feed, key, source)


def _days(question: Question) -> Collection[date]:
    """Return the days of the week that are asked for."""
    slots = coverage.WHOLE_WEEK if question.slots is None else question.slots
    asked = coverage.to_bits(slots[np.newaxis]).reshape(7, -1).any(axis=1)
    return [question.monday + timedelta(days=int(day)) for day in np.flatnonzero(asked)]


def _outside(feed: Feed, question: Question, outside: Sequence[date]) -> str:
    """Say that the calendar does not cover days that are asked for, and what to do."""
    if outside[0] > feed.last_day:
        return (
            f"Ces horaires s’arrêtent le {_day(feed.last_day)}. Demander un fichier plus récent, "
            "ou choisir une autre semaine."
        )
    return (
        f"Ces horaires vont du {_day(feed.first_day)} au {_day(feed.last_day)} : ils ne disent "
        f"pas tous les jours de la {week(question)}. Choisir une autre semaine, d’autres "
        "jours, ou un autre fichier."
    )


def _day(day: date) -> str:
    return french.day(day, today=date.min)


def warn(problems: Sequence[Problem]) -> None:
    """Show the problems of a file as one message."""
    if not problems:
        return
    lines = [f"- {plain(str(problem))}" for problem in problems[:_MOST_PROBLEMS]]
    more = len(problems) - _MOST_PROBLEMS
    if more > 0:
        lines.append(f"- … et {french.count(more, 'autre remarque')}.")
    st.warning("\n".join(lines), icon="⚠️")
