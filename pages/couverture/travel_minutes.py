"""Real travel times instead of the estimate: a file of the reader's, kept for this visit."""

import hashlib
import io
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from geodata import communes, french
from geodata.roads import CREDIT
from geodata.situation import Question
from geodata.tables import UnreadableFile
from geodata.travel import Matrix, read_matrix
from pages.shared.page_frame import plain
from pages.shared.service_list import ServiceList, cached

_FILE, _ROADS = "couverture_temps", "couverture_temps_osm"
_MOST_PROBLEMS = 5


@dataclass(frozen=True)
class TravelMinutes:
    """Minutes that a file gives, by (`code_insee`, `id`), and the `key` of its content.

    `source`: what the page says of them.
    """

    minutes: pd.Series
    key: str
    source: str


def choose(listed: ServiceList, question: Question) -> TravelMinutes | None:
    """Draw where to give a file, for a question in minutes; None where there is none to use."""
    if question.minutes is None:
        return None
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
    matrix = _read(listed, tuple(question.departements), content)
    if isinstance(matrix, str):
        st.error(plain(matrix), icon="⚠️")
        return None
    _warn_of_problems(matrix)
    if matrix.minutes.empty:
        return None
    pairs = french.count(len(matrix.minutes), "trajet")
    source = f"réseau routier, {pairs}. {CREDIT}" if from_roads else f"fichier fourni, {pairs}"
    return TravelMinutes(matrix.minutes, hashlib.sha256(content).hexdigest(), source)


@cached(max_entries=4)
def _read(listed: ServiceList, departements: tuple[str, ...], content: bytes) -> Matrix | str:
    """Read the file, or say why it cannot be."""
    halls = communes.read_town_halls()
    codes = halls.index[halls["departement"].isin(departements)]
    try:
        return read_matrix(io.BytesIO(content), codes, listed.services)
    except UnreadableFile as error:
        return str(error)


def _warn_of_problems(matrix: Matrix) -> None:
    """Show the problems of the file as one message."""
    if not matrix.problems:
        return
    lines = [f"- {plain(str(problem))}" for problem in matrix.problems[:_MOST_PROBLEMS]]
    more = len(matrix.problems) - _MOST_PROBLEMS
    if more > 0:
        lines.append(f"- … et {french.count(more, 'autre remarque')}.")
    st.warning("\n".join(lines), icon="⚠️")
