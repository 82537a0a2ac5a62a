"""Travel times from a file: minutes instead of the estimate, or timetables without a car.

A reader's file is kept for this visit.
"""

import hashlib
import io
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from geodata import french
from geodata.gtfs import Feed
from geodata.roads import CREDIT
from geodata.situation import Question
from geodata.tables import UnreadableFile
from geodata.transit import WALK_KM
from geodata.travel import Matrix, read_matrix
from pages.couverture import timetables
from pages.shared.page_frame import plain
from pages.shared.service_list import ServiceList, cached

_FILE, _ROADS = "couverture_temps", "couverture_temps_osm"


@dataclass(frozen=True)
class TravelMinutes:
    """What a file gives: `minutes` by (`code_insee`, `id`), or a `feed` of timetables.

    `key`: of its content; `source`: what the page says of it.
    """

    minutes: pd.Series | None
    key: str
    source: str
    feed: Feed | None = None


def choose(
    listed: ServiceList, question: Question, top: DeltaGenerator
) -> tuple[Question, TravelMinutes | None]:
    """Draw where to give a file, for a question in minutes; None where there is none to use.

    A question without a car that no timetable can answer is asked on foot, and the page says so
    in `top`, before the answer.
    """
    if question.transit_minutes is not None:
        feed = timetables.choose(question, top)
        if feed is None:
            return replace(question, transit_minutes=None, walk_km=WALK_KM), None
        return question, TravelMinutes(None, feed.key, feed.source, feed.feed)
    return question, _given_minutes(listed, question) if question.minutes else None


def _given_minutes(listed: ServiceList, question: Question) -> TravelMinutes | None:
    with st.popover("Temps de trajet réels"):
        st.markdown(
            "Un fichier CSV de trois colonnes (`code_insee`, `id`, `minutes`) remplace "
            "l’estimation. Une commune ou un service absent du fichier garde son estimation ; un "
            "trajet absent compte comme trop long. Le fichier n’est pas gardé."
        )
        given = st.file_uploader("Fichier CSV", type=["csv"], key=_FILE)
        from_roads = st.checkbox("Calculé sur le réseau routier d’OpenStreetMap", key=_ROADS)
    if given is None:
        return None
    content = given.getvalue()
    matrix = _read(listed, question, content)
    if isinstance(matrix, str):
        st.error(plain(matrix), icon="⚠️")
        return None
    timetables.warn(matrix.problems)
    if matrix.minutes.empty:
        return None
    pairs = french.count(len(matrix.minutes), "trajet")
    source = f"réseau routier, {pairs}. {CREDIT}" if from_roads else f"fichier fourni, {pairs}"
    return TravelMinutes(matrix.minutes, hashlib.sha256(content).hexdigest(), source)


@cached(max_entries=4)
def _read(listed: ServiceList, question: Question, content: bytes) -> Matrix | str:
    """Read the file, or say why it cannot be."""
    codes = pd.Index(question.communes)
    try:
        return read_matrix(io.BytesIO(content), codes, listed.services)
    except UnreadableFile as error:
        return str(error)
