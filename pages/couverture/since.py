"""*Depuis*: the list of today beside an earlier one, and what the territory gained or lost."""

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import exports, french
from geodata.situation import Question, Situation, change, counted_services, words
from geodata.upkeep import editions
from geodata.upkeep.editions import Edition
from pages.couverture import past, shades
from pages.couverture.panel import Panel
from pages.couverture.panel import chosen as open_panel
from pages.couverture.past import Earlier
from pages.couverture.situations import Answer, by_list
from pages.couverture.travel_minutes import TravelMinutes
from pages.shared import address_bar, downloads
from pages.shared.page_frame import plain
from pages.shared.people import Counted
from pages.shared.service_list import ServiceList, cached

_SHOWN = "couverture_depuis"
_EDITION, _FILE = "couverture_edition", "couverture_liste_passee"
_ONE_OF_MINE = "fichier"
_MOST_ROWS = 500
_WIDTHS = {"nom": 40, "avant": 40, "apres": 40}


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


def shown() -> tuple[str | None, str | None]:
    """Return the content and the name of the list that this run compares with, None for none."""
    return st.session_state.get(_SHOWN), st.session_state.get(_EDITION)


def to_compare() -> Earlier | None:
    """Return the list that is compared with, or the newest edition where the panel is closed."""
    if open_panel() == Panel.SINCE:
        return _chosen(tell=False)
    found = past.newest_first()
    return past.read_edition(next(iter(found.values())), tell=False) if found else None


def can_compare() -> bool:
    """Return whether there may be a list to compare with."""
    return bool(past.newest_first()) or bool(st.session_state.get(_FILE))


def _chosen(*, tell: bool = True) -> Earlier | None:
    if open_panel() != Panel.SINCE:
        return None
    found = past.newest_first()
    name = _kept(found)
    if name == _ONE_OF_MINE:
        given = st.session_state.get(_FILE)
        label = "la liste que vous avez donnée"
        return given and past.read(given.getvalue(), given.name, label, tell=tell)
    return past.read_edition(found[name], tell=tell)


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
    found = past.newest_first()
    _choose(found)
    if earlier is None or after is None:
        return
    changed = changes(earlier.listed, listed, question)
    st.markdown(f"Depuis {plain(earlier.label)} : **{plain(editions.summary(changed))}**")
    moved = change(before.situation, after.situation)
    if moved["gain_h"].abs().gt(0).any():
        st.markdown(words.gains(moved, question.who, mark="**"))
    else:
        st.markdown(editions.NO_GAIN)
    _draw_changes(changed)
    if len(found) > 1:
        _draw_series(found, after, question, minutes, counted)
    st.caption(editions.NOT_TOLD)


def _kept(found: dict[str, Edition]) -> str:
    options = (*found, _ONE_OF_MINE)
    return address_bar.kept_choice(options, key=_EDITION, parameter="edition", default=options[0])


def _choose(found: dict[str, Edition]) -> None:
    """Draw the choice of an edition, and where to give a list."""
    labels = {key: edition.label.capitalize() for key, edition in found.items()}
    name = _ONE_OF_MINE
    if found:
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


@cached(max_entries=8)
def changes(earlier: ServiceList, listed: ServiceList, question: Question) -> pd.DataFrame:
    """Return what changed among the services that count, in the territory."""
    column, here = "departement", question.departements
    if question.own:
        column, here = "code_insee", question.communes

    def counted_here(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        counted = counted_services(services, question)
        return counted[counted[column].isin(here)]

    return editions.changes(earlier.services, listed.services, of=counted_here)


def _draw_changes(changed: pd.DataFrame) -> None:
    if changed.empty:
        return
    with st.expander(french.count(len(changed), "changement")):
        st.dataframe(
            changed.head(_MOST_ROWS).rename(columns=editions.NAMES)[list(editions.NAMES.values())],
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
    found: dict[str, Edition],
    after: Answer,
    question: Question,
    minutes: TravelMinutes | None,
    counted: Counted,
) -> None:
    """Draw the figures of every edition, the oldest first, then those of today."""
    rows = []
    for edition in reversed(found.values()):
        if earlier := past.read_edition(edition, tell=False):
            label = edition.label.capitalize()
            was = by_list(earlier.listed, question, minutes, counted)
            rows.append(_figures(label, was.situation))
    rows.append(_figures("Aujourd’hui", after.situation))
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _figures(label: str, now: Situation) -> dict[str, str]:
    return {
        "Édition": label,
        "Services à portée": french.number(len(now.services)),
        "Sûr": words.percent(now.certain),
        "Possible": words.percent(now.possible),
    }
