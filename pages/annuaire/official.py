"""Bring official data into the list, or bring it up to date: chosen, followed, decided.

The work goes on in a thread of the server, one at a time: the page only follows it, and may be
left. Only who may change the list sees this, and may start it.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock, Thread
from typing import Final

import streamlit as st

from geodata import communes, exports, french
from geodata.upkeep import collecting
from geodata.upkeep.collecting import Outcome, Proposal
from geodata.upkeep.keeping import Refused
from geodata.upkeep.stores import Store
from pages.annuaire import access
from pages.annuaire.editing import saving
from pages.annuaire.editing.fields import field_of
from pages.shared import clock, service_list
from pages.shared.page_frame import plain
from pages.shared.service_list import PARIS

FOLDER: Final = "MAILLAGE_OFFICIEL"
"""Names a folder with the official files, for a server that cannot fetch them."""

_LOG: Final = logging.getLogger("maillage")
_SEEN_EVERY_S: Final = 1
_MOST_SHOWN: Final = 20
_FRANCE: Final = "Toute la France"
_ANSWERS: Final = {"oui": True, "non": False}
_GESTURES: Final = {
    collecting.ADD: "l’ajouter comme une autre fiche ?",
    collecting.TAKE: "reprendre ce que dit la source ?",
    collecting.CLOSE: "elle n’est plus dans sa source, la retirer ?",
}


@dataclass
class _Work:
    """What is going on, or what was done last: `said` and `share` (0 to 1), then how it ended."""

    said: str = "Préparation"
    share: float = 0.0
    outcome: Outcome | None = None
    failure: str = ""

    @property
    def is_over(self) -> bool:
        return self.outcome is not None or bool(self.failure)


_Key = tuple[Path, str]


def _key(store: Store, who: str) -> _Key:
    """Return what a work belongs to: a list; in a base, the rows that one role may change."""
    return store.path, who if store.is_base else ""


class _Desk:
    """The one place where work is begun, for the whole server."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.works: dict[_Key, _Work] = {}

    def begin(
        self, store: Store, who: str, departements: tuple[str, ...], answers: Mapping[str, bool]
    ) -> None:
        """Begin, unless the same list is being worked on."""
        key = _key(store, who)
        with self._lock:
            if key in self.works and not self.works[key].is_over:
                return
            work = self.works[key] = _Work()
        Thread(
            target=_bring,
            args=(work, store, who, departements, answers),
            name="official",
            daemon=True,
        ).start()


@st.cache_resource(show_spinner=False)
def _desk() -> _Desk:
    return _Desk()


def _bring(
    work: _Work,
    store: Store,
    who: str,
    departements: tuple[str, ...],
    answers: Mapping[str, bool],
) -> None:
    def tell(said: str, share: float) -> None:
        work.said, work.share = said, share

    now = datetime.now(PARIS)
    folder = os.environ.get(FOLDER)
    files: collecting.Files = (
        collecting.Folder(Path(folder))
        if folder
        else collecting.Cache(collecting.default_cache(), now.date())
    )
    try:
        work.outcome = collecting.bring(
            store,
            departements,
            files,
            now=now,
            tell=tell,
            who=who,
            answers=answers,
        )
    except (ValueError, OSError) as error:
        work.failure = saving.failure_words(error)
    except Exception as error:  # noqa: BLE001 - nobody else would tell that the thread is gone
        # Its kind alone: a message may quote a cell.
        _LOG.error("official data: %s", type(error).__name__)
        work.failure = "Le travail s’est arrêté avant la fin. Recommencer."


def is_working() -> bool:
    """Return whether data are being brought into the list, as far as this visitor may change it."""
    work = _work()
    return work is not None and not work.is_over


def _work() -> _Work | None:
    """Return what is going on, or was done last, on what this visitor may change."""
    role = access.editor()
    return None if role is None else _desk().works.get(_key(service_list.store(), role))


def panel() -> None:
    """Draw the choice of départements, the work that goes on, or what was done."""
    role = access.editor()
    if role is None:
        return
    work = _work()
    if work is not None and not work.is_over:
        _follow()
        return
    if work is not None:
        _show(work)
    try:
        _choose(role, again=work is not None)
    except Refused as error:
        st.warning(plain(str(error)), icon="⚠️")
        return
    if work is not None and work.outcome is not None and work.outcome.proposals:
        _decide(work.outcome)


@st.fragment(run_every=_SEEN_EVERY_S)
def _follow() -> None:
    work = _work()
    if work is None or work.is_over:
        st.rerun(scope="app")
    st.progress(work.share, plain(f"{work.said} ({work.share:.0%})".replace("%", "\u00a0%")))
    st.caption("Quelques minutes la première fois. Vous pouvez quitter cette page et y revenir.")


def _choose(role: str, *, again: bool) -> None:
    store = service_list.store()
    names = communes.read_departements()["nom"]
    offered = _offered(store, role, list(map(str, names.index)))
    if not offered:
        st.markdown("Votre rôle ne modifie aucun département : il n’y a rien à y apporter.")
        return
    known = [code for code in _known(store, role) if code in offered]
    st.markdown(
        "Police, gendarmerie, annuaire de l’administration, FINESS et data·inclusion : leurs "
        "fiches entrent dans la liste, chacune avec sa source et sa date. **Rien de ce que vous "
        "avez écrit ne change** : ce qui n’est pas sûr vous est demandé, et rien n’est retiré."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Départements",
            offered,
            default=known,
            format_func=lambda code: (
                _FRANCE if code == collecting.FRANCE else f"{code} {names[code]}"
            ),
            placeholder="Choisir votre département",
            key="officiel_departements",
            select_all=False,
            width=420,
        )
        label = "Mettre à jour" if known and set(chosen) <= set(known) else "Apporter ces données"
        if st.button(label, type="secondary" if again else "primary", disabled=not chosen):
            _begin(tuple(chosen), {})


def _offered(store: Store, role: str, codes: list[str]) -> list[str]:
    """Return what a role can choose: of a base, the départements that it may change."""
    mine = store.departements(role)
    if collecting.FRANCE not in mine:
        return [code for code in codes if code in mine]
    return codes if store.is_base else [collecting.FRANCE, *codes]


def _known(store: Store, role: str) -> tuple[str, ...]:
    try:
        return collecting.departements_of(store, role)
    except collecting.NoMemory:
        return ()


def _begin(departements: tuple[str, ...], answers: Mapping[str, bool]) -> None:
    role = access.editor()
    if role is None:
        st.error("Vous ne pouvez plus modifier la liste : se reconnecter.", icon="⚠️")
        return
    wanted = (collecting.FRANCE,) if collecting.FRANCE in departements else departements
    _desk().begin(service_list.store(), role, wanted, answers)
    st.rerun(scope="app")


# --- what was done ------------------------------------------------------------------------


def _show(work: _Work) -> None:
    if work.outcome is None:
        st.error(plain(work.failure), icon="⚠️")
        return
    outcome = work.outcome
    report = collecting.report(outcome, clock.now().date())
    failed = [one for one in outcome.taken if one.failure]
    asked = french.count(len(outcome.proposals), "point") if outcome.proposals else "Rien"
    st.success(f"Fiches : {outcome.words()}. {asked} à décider.", icon="✅")
    for one in failed:
        st.warning(plain(f"{one.source.label} : pas prise. {one.failure}"), icon="⚠️")
    _show_sources(outcome)
    with st.container(horizontal=True):
        st.download_button(
            "Télécharger le rapport", report, "rapport.txt", "text/plain", on_click="ignore"
        )
        if outcome.proposals:
            st.download_button(
                "Télécharger ce qui est à décider",
                exports.for_excel(collecting.choices_table(outcome.proposals)),
                "choix.csv",
                "text/csv",
                on_click="ignore",
            )


def _show_sources(outcome: Outcome) -> None:
    lines = [
        f"- **{one.source.label}** : {outcome.words(one.key)} ({plain(one.file)})"
        for one in outcome.taken
        if one.source.gives == "services" and not one.failure
    ]
    st.markdown("\n".join(lines))


def _decide(outcome: Outcome) -> None:
    """Draw what is to be decided, the first ones; the answers are done together."""
    shown = outcome.proposals[:_MOST_SHOWN]
    st.markdown(
        "**À décider.** « oui » fait ce qui est demandé, « non » ne le demandera plus ; laissé "
        "vide, ce sera redemandé."
    )
    if len(shown) < len(outcome.proposals):
        total = french.number(len(outcome.proposals))
        st.caption(f"Les {_MOST_SHOWN} premiers, sur {total} : les autres viennent ensuite.")
    with st.form("officiel_choix", border=False):
        chosen = {one.key: _ask(one) for one in shown}
        answers = {key: _ANSWERS[answer] for key, answer in chosen.items() if answer}
        if st.form_submit_button("Faire ces choix", type="primary") and answers:
            _begin(outcome.departements, answers)


def _ask(proposal: Proposal) -> str | None:
    """Draw a proposal, the list and the source one under the other; return the answer."""
    said = [("Notre liste", proposal.ours), ("La source", proposal.theirs)]
    if proposal.gesture == collecting.CLOSE:
        said = [("Téléphone", proposal.ours)]
    with st.container(border=True):
        st.markdown(f"**{plain(proposal.nom)}** · {_what(proposal)}")
        st.markdown("  \n".join(f"{label} : {plain(text) or '–'}" for label, text in said))
        st.caption(f"{plain(proposal.why)}{' Écrit à la main.' if proposal.by_hand else ''}")
        return st.segmented_control(
            f"{_what(proposal)} {plain(proposal.nom)}",
            list(_ANSWERS),
            key=f"officiel_{proposal.key}",
            label_visibility="collapsed",
        )


def _what(proposal: Proposal) -> str:
    if proposal.column == collecting.WHERE:
        return "reprendre le lieu ?"
    column = f"{field_of(proposal.column).label} : " if proposal.column else ""
    return f"{column}{_GESTURES[proposal.gesture]}"
