"""Vérifier un fichier: what is wrong in a list, what would mend it, what it would change."""

import hashlib
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st
from geopandas import GeoDataFrame

from geodata import french, quality, secrecy
from geodata.services import Confidentiality, Problem, Reading, read_services
from geodata.tables import UnreadableFile
from geodata.upkeep import checking
from geodata.upkeep.checking import Changes, Checked
from geodata.upkeep.repairs import MOST_PROPOSED, UNSHOWN, Repair
from pages.annuaire import adopting, manual, replacing
from pages.shared.page_frame import plain

_FILE = "verifier_fichier"
_MOST_LINES = 200
_MOST_JUDGED = 2_000
_MOST_PAIRS = 300_000
_KEPT_FOR = "15m"
_SEVERITIES = {"error": "erreur", "warning": "à corriger"}
_REPAIR = "Réparer"


@dataclass(frozen=True)
class _Outcome:
    """The file with the chosen repairs, how it is read, and what it would change."""

    content: bytes
    reading: Reading
    emptied: tuple[Repair, ...]
    changes: Changes | None


@st.fragment
def panel(services: GeoDataFrame | None, today: date) -> None:
    """Draw where to drop a file, and what is wrong in it.

    `services`: the current list, None where there is none. A file with other columns than the
    list's goes through `adopting`.
    """
    about = st.container()
    # Any kind is taken: the widget refuses one without a word, the check says what to do.
    given = st.file_uploader("Liste ou tableau (20 Mo au plus)", key=_FILE)
    if given is None:
        with about:
            what = (
                "votre tableau" if services is None else "la liste modifiée, ou un tableau à vous"
            )
            st.markdown(
                f"Déposer ici {what} : Excel, LibreOffice, CSV, GeoJSON, uMap. Chaque problème est "
                "montré, avec une réparation quand elle est sûre. Le fichier n’est ni gardé ni "
                "publié, et la liste du site ne change pas sans votre accord."
            )
            manual.offer()
        return
    content = given.getvalue()
    known = () if services is None else tuple(secrecy.shown(services).index)
    checked = _check(content, given.name, known, today)
    if isinstance(checked, str):
        adopting.panel(content, services)
        return
    for note in checked.notes:
        st.info(plain(note), icon="ℹ️")
    key = hashlib.sha256(content).hexdigest()
    summary = st.container()
    problems, mending, change, missing = st.tabs(_tabs(checked))
    with mending:
        taken = _choose_repairs(checked.repairs, key)
        listed = replacing.seen(given.file_id)
        outcome = _apply_repairs(key, listed, taken, checked)
        _draw_emptied(outcome.emptied)
    with problems:
        _draw_problems(checked, outcome.emptied)
    with change:
        _draw_changes(outcome.changes)
    with missing:
        _draw_missing(checked, key, today)
    with summary:
        _draw_summary(checked, sum(taken), outcome, given.name)
        replacing.offer(outcome.content, outcome.reading, listed, key)


def _tabs(checked: Checked) -> list[str]:
    return [
        f"Problèmes ({french.number(sum(one.rows for one in checked.reading.problems))})",
        f"Réparations ({french.number(len(checked.repairs))})",
        "Ce qui changerait",
        "Ce qui manque",
    ]


@st.cache_resource(max_entries=2, ttl=_KEPT_FOR, scope="session", show_spinner="Lecture…")
def _check(content: bytes, name: str, known_ids: Collection[str], today: date) -> Checked | str:
    """Check the file, or say why it cannot be."""
    try:
        return checking.check(content, name, known_ids=known_ids, today=today)
    except UnreadableFile as error:
        return str(error)


@st.cache_resource(max_entries=2, ttl=_KEPT_FOR, scope="session", show_spinner="Comparaison…")
def _apply_repairs(
    key: str,  # noqa: ARG001 what the answer is kept by
    listed_file: bytes,
    taken: bytes,
    _checked: Checked,
) -> _Outcome:
    chosen = [repair for repair, chosen in zip(_checked.repairs, taken, strict=True) if chosen]
    content = _checked.mended(chosen)
    try:
        changes = checking.compare(listed_file, content) if listed_file else None
    except UnreadableFile:
        changes = None
    reading = read_services(io.BytesIO(content))
    return _Outcome(content, reading, _checked.emptied(chosen), changes)


# --- at the top ---------------------------------------------------------------------------


def _draw_summary(checked: Checked, chosen: int, outcome: _Outcome, name: str) -> None:
    reading = checked.reading
    st.markdown(
        f"**{french.count(len(reading.services), 'fiche lue', 'fiches lues')}**, "
        f"{_count_words(reading.problems)}."
    )
    if outcome.changes is not None and outcome.changes.more_visible:
        count = french.count(len(outcome.changes.more_visible), "fiche confidentielle")
        many = len(outcome.changes.more_visible) > 1
        names = plain(_first_names(outcome.changes.more_visible))
        st.error(
            f"{count} {'deviendraient plus visibles' if many else 'deviendrait plus visible'} "
            f"qu’aujourd’hui : {names}. À vérifier avant tout.",
            icon="⚠️",
        )
    if not chosen and not outcome.emptied:
        st.markdown("Aucune réparation choisie : le fichier resterait tel quel.")
        return
    made = french.count(chosen, "réparation choisie", "réparations choisies")
    besides = french.count(len(outcome.emptied), "case confidentielle corrigée d’office", _BESIDES)
    st.markdown(
        f"{made}{f' et {besides}' if outcome.emptied else ''}. Dans le fichier réparé, il "
        f"resterait {_count_words(outcome.reading.problems)}."
    )
    st.download_button(
        "Télécharger le fichier réparé",
        outcome.content,
        file_name=_mended_name(name),
        mime="text/csv",
        on_click="ignore",
        type="primary",
    )
    if name.lower().endswith((".xlsx", ".ods")):
        st.caption("Le classeur est rendu en CSV pour Excel : c’est ce format que le site lit.")


_BESIDES = "cases confidentielles corrigées d’office"


def _count_words(problems: Sequence[Problem]) -> str:
    errors, others = (
        sum(problem.rows for problem in problems if (problem.severity == "error") == error)
        for error in (True, False)
    )
    return f"{french.count(errors, 'erreur')} et {french.count(others, 'point')} à corriger"


def _mended_name(name: str) -> str:
    stem = re.sub(r"[^\w-]+", "-", name.rpartition(".")[0]).strip("-")[:60]
    return f"{stem or 'liste'}-repare.csv"


def _first_names(names: Sequence[str]) -> str:
    more = f" et {french.count(len(names) - 10, 'autre')}" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more


# --- problems and repairs -----------------------------------------------------------------


def _draw_problems(checked: Checked, emptied: Collection[Repair]) -> None:
    found = sorted(checked.reading.problems, key=lambda one: (one.severity, one.line))
    if not found:
        st.markdown("Aucun problème : chaque ligne du fichier est lue.")
        return
    mends = {
        (repair.line, column): repair
        for repair in (*checked.repairs, *emptied)
        for column in repair.cells
    }
    rows = [
        {
            "Ligne": problem.line,
            "Colonne": plain(problem.column) or "–",
            "Gravité": _SEVERITIES[problem.severity],
            "Que faire": plain(_message_words(problem)),
            "Réparation proposée": plain(_proposal(mends.get((problem.line, problem.column)))),
        }
        for problem in found[:_MOST_LINES]
    ]
    _say_how_many(sum(problem.rows for problem in found), "problèmes")
    st.table(pd.DataFrame(rows), hide_index=True)


def _message_words(problem: Problem) -> str:
    """Return the message without its line and column, which the table shows apart."""
    words = problem.message.partition(" : ")[2] if problem.line else problem.message
    return words[:1].upper() + words[1:]


def _proposal(repair: Repair | None) -> str:
    if repair is None:
        return "–"
    _, _, after, _ = repair.shown
    if not repair.after:
        return "vider la case"
    return "une réparation (non montrée)" if after == UNSHOWN else f"écrire « {after} »"


def _choose_repairs(found: Sequence[Repair], key: str) -> bytes:
    """Draw the repairs, and return a byte for each: 1 if it is chosen, else 0."""
    if not found:
        st.markdown("Aucune réparation à proposer.")
        return b""
    if len(found) >= MOST_PROPOSED:
        st.caption(
            f"Plus de {french.number(MOST_PROPOSED)} réparations : ce sont les premières. Faire "
            "celles-ci, puis déposer le fichier réparé."
        )
    st.markdown(
        "Décocher ce qui ne convient pas. Ce qui n’est pas coché d’avance demande à être vérifié."
    )
    table = pd.DataFrame(
        [(repair.safe, repair.line, repair.shown, repair.column) for repair in found],
        columns=[_REPAIR, "Ligne", "shown", "Colonne"],
    )
    for place, name in enumerate(("Fiche", "Écrit", "Proposé", "Pourquoi")):
        table[name] = [shown[place] for shown in table["shown"]]
    table = table[[_REPAIR, "Ligne", "Fiche", "Colonne", "Écrit", "Proposé", "Pourquoi"]]
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=[name for name in table.columns if name != _REPAIR],
        column_config={
            _REPAIR: st.column_config.CheckboxColumn(width=95),
            "Ligne": st.column_config.NumberColumn(width="small"),
            "Pourquoi": st.column_config.TextColumn(width="large"),
        },
        height=min(560, 38 + 35 * len(table)),
        key=f"verifier_choix_{key[:16]}",
    )
    return bytes(map(int, edited[_REPAIR]))


def _draw_emptied(found: Sequence[Repair]) -> None:
    if not found:
        return
    where: dict[int, list[str]] = {}
    for repair in found:
        where.setdefault(repair.line, []).append(repair.column)
    lines = [
        f"- ligne {line} : {plain(', '.join(columns))}"
        for line, columns in list(where.items())[:_MOST_LINES]
    ]
    st.markdown(
        "**Mis en ordre d’office, sur des lieux confidentiels.** Ces cases disent où est le lieu, "
        "ou dans quelle commune : dans le fichier réparé elles ne le disent plus. Le fichier "
        "d’origine, lui, le dit encore : ne pas le transmettre.\n\n" + "\n".join(lines)
    )


def _say_how_many(count: int, plural: str) -> None:
    if count > _MOST_LINES:
        st.caption(f"Les {_MOST_LINES} premiers {plural}, sur {french.number(count)}.")


# --- what would change, and what is missing -----------------------------------------------


def _draw_changes(changes: Changes | None) -> None:
    if changes is None:
        st.markdown("La liste actuelle ne peut pas être lue : rien à comparer.")
        return
    st.markdown(f"**{changes}** Avec les réparations choisies, par rapport à la liste du site.")
    if changes.left_out:
        st.warning(
            "Dans le fichier mais sur une ligne laissée de côté, donc absentes du site : "
            f"{plain(_first_names(changes.left_out))}.",
            icon="⚠️",
        )
    st.caption(
        "Les fiches qui ne sont jamais montrées ne sont pas comparées ; des autres fiches "
        "confidentielles, seules les colonnes changées sont dites."
    )
    rows = [
        *((key, "", "", "fiche ajoutée") for key in changes.added),
        *((key, "", "fiche retirée", "") for key in changes.removed),
        *changes.cells.itertuples(index=False, name=None),
    ]
    if not rows:
        return
    _say_how_many(len(rows), "changements")
    names = ["Fiche", "Colonne", "Aujourd’hui", "Dans le fichier"]
    table = pd.DataFrame(rows[:_MOST_LINES], columns=names).map(plain)
    st.table(table, hide_index=True)


def _draw_missing(checked: Checked, key: str, today: date) -> None:
    services = checked.reading.services
    if len(services) > _MOST_JUDGED or _pairs(services) > _MOST_PAIRS:
        st.markdown(
            "Ce fichier a trop de fiches, ou trop de fiches qui se ressemblent : ce qui manque à "
            "chacune n’est pas cherché ici."
        )
        return
    found = _missing_facts(key, today, services)
    if found.empty:
        st.markdown("Rien ne manque aux fiches de ce fichier.")
        return
    hidden = services["confidentialite"] != Confidentiality.PUBLIC
    shown = found.head(_MOST_LINES)
    table = pd.DataFrame(
        {
            "Ligne": [checked.lines[key] for key in shown["id"]],
            "Fiche": [UNSHOWN if hidden[key] else plain(key) for key in shown["id"]],
            "Ce qui manque": shown["words"].map(plain),
            "Que faire": shown["todo"].map(plain),
        }
    )
    _say_how_many(len(found), "manques, les plus urgents d’abord")
    st.table(table, hide_index=True)


def _pairs(services: GeoDataFrame) -> int:
    """Estimate how many pairs of rows a search for duplicates would look at."""
    placed = services["code_insee"].where(services["code_insee"] != "", services["departement"])
    called = services["telephone"][services["telephone"] != ""]
    named = services["departement"] + services["type"]
    return sum(int((group.value_counts() ** 2).sum()) for group in (placed, called, named))


@st.cache_data(max_entries=2, ttl=_KEPT_FOR, scope="session", show_spinner="Lecture…")
def _missing_facts(
    key: str,  # noqa: ARG001 what the answer is kept by
    today: date,
    _services: GeoDataFrame,
) -> pd.DataFrame:
    return quality.problems(_services, today)
