"""Who is counted: the women of the table of the population beside the list, where there is one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from geodata import communes, french, population
from geodata.population import People, Population
from geodata.situation import Question, reach_m
from geodata.tables import UnreadableFile
from pages.shared import service_list
from pages.shared.page_frame import plain

_MOST_PROBLEMS = 5


@dataclass(frozen=True, eq=False)
class Counted:
    """How many of those who are counted live in each commune, and the `key` of all that says so.

    `weight`: None for the population; `source`: what the page says of it, "" for the population.
    """

    weight: pd.Series | None
    key: str
    source: str = ""


EVERYBODY = Counted(None, "")


def table() -> Population | str | None:
    """Return the table beside the list, why it cannot be read, or None where there is none."""
    path = population.beside(service_list.path())
    try:
        status = path.stat()
    except OSError:
        return None
    return _read(str(path), status.st_mtime_ns, status.st_size)


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(path: str, changed_ns: int, size: int) -> Population | str:  # noqa: ARG001
    file = population.beside(service_list.path())
    try:
        return population.read(file.read_bytes())
    except (UnreadableFile, OSError) as error:
        return f"Le fichier {file.name} ne peut pas être lu : nous comptons des personnes. {error}"


def offered() -> tuple[People, ...]:
    """Return who can be counted."""
    found = table()
    return found.offered if isinstance(found, Population) else (People.ALL,)


def counted(question: Question) -> Counted:
    """Return how many of `question.who` live in each commune."""
    found = table()
    if question.who is People.ALL or not isinstance(found, Population):
        return EVERYBODY
    weight = found.women[question.who]
    return Counted(weight, f"{question.who}{weight.sum()}{len(weight)}{found.year}", found.source)


def explain(question: Question, counted: Counted) -> None:
    """Say whom the figures count, and what of the table beside the list does not count."""
    found = table()
    if isinstance(found, str):
        st.warning(plain(found), icon="⚠️")
    if not isinstance(found, Population):
        return
    if counted.weight is not None:
        halls = communes.read_town_halls().loc[list(question.communes)]
        here = halls.index
        _, around = communes.town_halls_around(here, 2 * np.max(reach_m(halls, question)))
        untold, beside = (
            int(counted.weight.reindex(codes).isna().sum()) for codes in (here, around.index)
        )
        left_out = f" Sans chiffre, et pas comptées : {french.count(untold, 'commune')}."
        alone = " Des communes voisines sont sans chiffre : elles ne partagent pas l’offre."
        st.caption(
            f"Tout compte des {question.who.label} ({counted.source}) : parts, distances, offre, "
            f"scénarios, rangs.{left_out if untold else ''}{alone if beside else ''}"
        )
    if found.problems:
        lines = [f"- {plain(str(problem))}" for problem in found.problems[:_MOST_PROBLEMS]]
        more = len(found.problems) - _MOST_PROBLEMS
        lines += [f"- … et {more} autres remarques."] if more > 0 else []
        with st.expander("Table de la population : des lignes ne comptent pas"):
            st.markdown("\n".join(lines))
