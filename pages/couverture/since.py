"""*Depuis*: the list of today beside an earlier one, and what the territory gained or lost."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import streamlit as st

from geodata import exports, french
from geodata.services import UnreadableFile
from geodata.situation import Question, change, counted_services, words
from geodata.upkeep import checking, editions
from pages.couverture import shades
from pages.couverture.panel import Panel
from pages.couverture.panel import chosen as open_panel
from pages.couverture.people import Counted
from pages.couverture.situations import Answer, by_list
from pages.couverture.travel_minutes import TravelMinutes
from pages.shared import address_bar, downloads, service_list
from pages.shared.page_frame import plain
from pages.shared.service_list import PARIS, ServiceList, cached

_SHOWN = "couverture_depuis"
_EDITION, _FILE = "couverture_edition", "couverture_liste_passee"
_ONE_OF_MINE = "fichier"
_MOST_EDITIONS = 6
_MOST_ROWS = 500
_WIDTHS = {"nom": 40, "avant": 40, "apres": 40}
_NAMES = {
    "changement": "Ce qui change",
    "nom": "Service",
    "commune": "Commune",
    "avant": "Avant",
    "apres": "Maintenant",
}


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier list, and what the page calls it."""

    listed: ServiceList
    label: str


def chosen() -> Earlier | None:
    """Return the list that is compared with; None where the panel is closed or there is none.

    When it is another one than before, the map shows what changed.
    """
    found = _chosen()
    signature = found and found.listed.signature
    if signature and st.session_state.get(_SHOWN) != signature:
        shades.show_changes()
    st.session_state[_SHOWN] = signature
    return found


def _chosen() -> Earlier | None:
    if open_panel() != Panel.SINCE:
        return None
    past = _editions()
    name = _kept(past)
    if name == _ONE_OF_MINE:
        given = st.session_state.get(_FILE)
        return given and _read(given.getvalue(), given.name, "la liste que vous avez donnée")
    edition = past[name]
    return _read(edition.path.read_bytes(), edition.path.name, f"l’édition de {edition.label}")


def show(
    listed: ServiceList,
    earlier: Earlier | None,
    question: Question,
    before: Answer,
    after: Answer | None,
    minutes: TravelMinutes | None,
    counted: Counted,
) -> None:
    """Draw the choice of the earlier list, what changed in the list, and who gained by it.

    Args:
        listed: the list of today.
        earlier: what `chosen` returned.
        question: what is asked.
        before: the answer by the earlier list.
        after: the answer by the list of today; None where there is no earlier list.
        minutes: the real travel times that were given, if any.
        counted: who is counted.
    """
    past = _editions()
    _choose(past)
    if earlier is None or after is None:
        return
    changed = _changes(earlier.listed, listed, question)
    st.markdown(f"Depuis {plain(earlier.label)} : **{plain(editions.summary(changed))}**")
    moved = change(before.situation, after.situation)
    if moved["gain_h"].abs().gt(0).any():
        st.markdown(words.gains(moved, mark="**"))
    else:
        st.markdown("Aucune commune n’y gagne ni n’y perd d’heures d’ouverture connues.")
    _draw_changes(changed)
    if len(past) > 1:
        _draw_series(past, listed, question, minutes, counted)
    st.caption(
        "Un service de plus a ouvert, ou seulement été ajouté à la liste : les listes ne le disent "
        "pas. De même pour un service de moins. Les lieux tenus secrets ne sont pas comparés."
    )


def _editions() -> dict[str, editions.Edition]:
    """Return the editions beside the list, the newest first, by date."""
    found = editions.beside(service_list.path())[::-1][:_MOST_EDITIONS]
    return {str(edition.date): edition for edition in found}


def _kept(past: dict[str, editions.Edition]) -> str:
    options = (*past, _ONE_OF_MINE)
    return address_bar.kept_choice(options, key=_EDITION, parameter="edition", default=options[0])


def _choose(past: dict[str, editions.Edition]) -> None:
    """Draw the choice of an edition, and where to give a list."""
    labels = {key: edition.label.capitalize() for key, edition in past.items()}
    name = _ONE_OF_MINE
    if past:
        options = labels | {_ONE_OF_MINE: "Une liste à moi"}
        name = address_bar.choose(
            "Comparer avec", options, key=_EDITION, parameter="edition", wrap=True
        )
    if name == _ONE_OF_MINE:
        st.markdown(
            "Donner la liste d’avant (celle de l’an dernier, par exemple) : la page dit ce qui a "
            "changé depuis, et ce que chaque commune y gagne ou y perd. Le fichier n’est pas "
            "enregistré."
        )
        st.file_uploader("Liste d’avant (CSV, Excel, LibreOffice)", key=_FILE)


def _read(content: bytes, name: str, label: str) -> Earlier | None:
    """Read an earlier list, or say why it cannot be."""
    found = _reading(content, name)
    if isinstance(found, str):
        st.error(plain(f"« {name} » ne peut pas être lu. {found}"), icon="⚠️")
        return None
    return Earlier(found, label)


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


@cached(max_entries=8)
def _changes(earlier: ServiceList, listed: ServiceList, question: Question) -> pd.DataFrame:
    """Return what changed among the services that count, in the territory."""
    was, now = (
        counted[counted["departement"].isin(question.departements)]
        for counted in (counted_services(one.services, question) for one in (earlier, listed))
    )
    return editions.changes(was, now)


def _draw_changes(changed: pd.DataFrame) -> None:
    if changed.empty:
        return
    with st.expander(f"Les {french.count(len(changed), 'changement')}"):
        st.dataframe(
            changed.head(_MOST_ROWS).rename(columns=_NAMES)[list(_NAMES.values())],
            hide_index=True,
            width="stretch",
        )
        st.download_button(
            "Enregistrer (XLSX)",
            lambda: exports.workbook_of(changed, "Changements", _WIDTHS),
            file_name="maillage-changements.xlsx",
            mime=downloads.XLSX,
            on_click="ignore",
            key="couverture_changements",
        )


def _draw_series(
    past: dict[str, editions.Edition],
    listed: ServiceList,
    question: Question,
    minutes: TravelMinutes | None,
    counted: Counted,
) -> None:
    """Draw the figures of every edition, the oldest first, then those of today."""
    rows = []
    for edition in reversed(past.values()):
        found = _reading(edition.path.read_bytes(), edition.path.name)
        if isinstance(found, ServiceList):
            rows.append(_figures(edition.label.capitalize(), found, question, minutes, counted))
    rows.append(_figures("Aujourd’hui", listed, question, minutes, counted))
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _figures(
    label: str,
    listed: ServiceList,
    question: Question,
    minutes: TravelMinutes | None,
    counted: Counted,
) -> dict[str, str]:
    now = by_list(listed, question, minutes, counted).situation
    return {
        "Édition": label,
        "Services à portée": french.number(len(now.services)),
        "Sûr": words.percent(now.certain),
        "Possible": words.percent(now.possible),
    }
