"""Where a drop-in may open: any town hall, some communes, or those that a file names."""

import hashlib

import streamlit as st

from geodata import communes, french
from geodata.situation import Question, words
from geodata.tables import UnreadableFile
from geodata.upkeep.adopting import NamedCommunes, communes_named
from pages.shared import commune_search
from pages.shared.page_frame import plain
from pages.shared.service_list import cached

_KIND, _CHOSEN, _FILE = "ou_lieux", "ou_communes", "ou_fichier"
_ALL, _SOME, _OF_FILE = "toutes", "choisies", "fichier"
_KINDS = {
    _ALL: "toutes les mairies",
    _SOME: "des communes à choisir",
    _OF_FILE: "les communes d’un fichier (France services, liste)",
}
_MOST_PROBLEMS = 5


def choose(question: Question) -> tuple[str, ...] | None:
    """Draw the choice and return the codes that may be chosen; None for all."""
    kind = st.selectbox(
        "Lieux possibles", list(_KINDS), format_func=_KINDS.__getitem__, key=_KIND,
        persist_state="session",
    )  # fmt: skip
    departements = tuple(question.departements)
    if kind == _SOME:
        return _some(departements)
    return _of_file(departements) if kind == _OF_FILE else None


def _some(departements: tuple[str, ...]) -> tuple[str, ...]:
    halls = communes.read_town_halls()
    here = halls.index[halls["departement"].isin(departements)]
    kept = [code for code in st.session_state.get(_CHOSEN, []) if code in here]
    st.session_state[_CHOSEN] = kept
    chosen = st.multiselect(
        "Communes",
        sorted(here, key=lambda code: halls.loc[code, "nom"]),
        format_func=commune_search.label,
        placeholder="Choisir",
        key=_CHOSEN,
        select_all=False,
        persist_state="session",
    )
    return tuple(sorted(map(str, chosen)))


def _of_file(departements: tuple[str, ...]) -> tuple[str, ...]:
    """Draw where to give a file and what was understood of it; return its communes here."""
    given = st.file_uploader(
        "Tableau ou liste de communes",
        type=["csv", "txt", "xlsx", "ods", "json", "geojson"],
        key=_FILE,
        help="Par exemple la liste des France services de data.gouv.fr. Il faut une colonne "
        "« code_insee » ou « commune », ou un nom par ligne. Le fichier n’est pas gardé.",
    )
    if given is None:
        return ()
    content = given.getvalue()
    named = _read(hashlib.sha256(content).hexdigest(), departements, content)
    if isinstance(named, str):
        st.error(plain(named), icon="⚠️")
        return ()
    here = tuple(code for code in named.codes if communes.departement_of(code) in departements)
    elsewhere = len(named.codes) - len(here)
    said = f"Compris : {french.count(len(here), 'commune')} de {words.places(departements)}"
    st.caption(f"{said}, {french.number(elsewhere)} ailleurs. Chacune compte à sa mairie.")
    if named.problems:
        lines = [f"- {plain(problem)}" for problem in named.problems[:_MOST_PROBLEMS]]
        more = len(named.problems) - _MOST_PROBLEMS
        if more > 0:
            lines.append(f"- … et {french.count(more, 'autre ligne')}.")
        st.warning("\n".join(lines), icon="⚠️")
    return here


@cached(max_entries=4)
def _read(key: str, departements: tuple[str, ...], _content: bytes) -> NamedCommunes | str:  # noqa: ARG001
    """Read the file, or say why it cannot be."""
    try:
        return communes_named(_content, departements)
    except UnreadableFile as error:
        return str(error)
