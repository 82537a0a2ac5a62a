"""Where a drop-in may open: any town hall, some communes, or those that a file names."""

import hashlib

import streamlit as st

from geodata import communes, french
from geodata.situation import Question
from geodata.tables import UnreadableFile
from geodata.upkeep.adopting import NamedCommunes, communes_named
from pages.shared import address_bar, commune_search
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
_MOST_KEPT = 60
"""So many communes, at most, are kept in the address."""


def choose(question: Question) -> tuple[str, ...] | None:
    """Draw the choice and return the codes that may be chosen; None for all.

    The address keeps them, those of a file too where they are not too many.
    """
    _restore()
    kind = st.selectbox(
        "Lieux possibles", list(_KINDS), format_func=_KINDS.__getitem__, key=_KIND,
        persist_state="session",
    )  # fmt: skip
    if kind == _ALL:
        address_bar.write({_KIND: "", _CHOSEN: ""})
        return None
    places = _some(question) if kind == _SOME else _of_file(question)
    kept = places if len(places) <= _MOST_KEPT else ()
    if places and not kept:
        st.caption(f"Plus de {_MOST_KEPT} communes : l’adresse de cette page ne les garde pas.")
    address_bar.write({_KIND: _SOME if kept else "", _CHOSEN: ",".join(kept)})
    return places


def _restore() -> None:
    """On a visit's first run, take the communes of the address."""
    if _KIND in st.session_state:
        return
    asked = [code for code in st.query_params.get(_CHOSEN, "").split(",") if code]
    known = communes.read_town_halls().index
    for code in asked[:_MOST_KEPT]:
        if code not in known:
            address_bar.not_understood(_CHOSEN, code)
    st.session_state[_CHOSEN] = [code for code in asked[:_MOST_KEPT] if code in known]
    st.session_state[_KIND] = _SOME if asked else _ALL


def _some(question: Question) -> tuple[str, ...]:
    halls = communes.read_town_halls()
    here = set(question.communes)
    kept = [code for code in st.session_state.get(_CHOSEN, []) if code in here]
    st.session_state[_CHOSEN] = kept
    chosen = st.multiselect(
        "Communes",
        sorted(here, key=lambda code: str(halls.loc[code, "nom"])),
        format_func=commune_search.label,
        placeholder="Choisir",
        key=_CHOSEN,
        select_all=False,
        persist_state="session",
    )
    return tuple(sorted(map(str, chosen)))


def _of_file(question: Question) -> tuple[str, ...]:
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
    departements = tuple(question.departements)
    named = _read(hashlib.sha256(content).hexdigest(), departements, content)
    if isinstance(named, str):
        st.error(plain(named), icon="⚠️")
        return ()
    inside = set(question.communes)
    here = tuple(code for code in named.codes if code in inside)
    elsewhere = len(named.codes) - len(here)
    said = f"Compris : {french.count(len(here), 'commune')} du territoire"
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
