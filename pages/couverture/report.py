"""The document for the meeting: made when asked, kept until the question changes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from geodata.paper.report import bundle, file_name, report
from geodata.situation import Situation
from geodata.situation.scenario import Scenario
from pages.couverture.people import Counted
from pages.couverture.situations import Answer, aid_matrix, year_indicators
from pages.couverture.travel_minutes import TravelMinutes
from pages.shared.service_list import ServiceList

_KEPT = "couverture_dossier"


def show(
    before: Answer,
    after: Answer | None,
    scenario: Scenario,
    listed: ServiceList,
    now: datetime,
    *,
    minutes: TravelMinutes | None,
    counted: Counted,
) -> None:
    """Draw the button that makes the document, then those that save it.

    Args:
        before: as things are.
        after: as they would be; None without a scenario.
        scenario: what makes the difference.
        listed: the list.
        now: the instant of the document.
        minutes: the real travel times that were given, if any.
        counted: who is counted.
    """
    source = minutes.source if minutes else ""
    made_for = (before.key, after and after.key, source, now.date())
    if st.session_state.get(_KEPT, (None,))[0] != made_for:
        st.session_state.pop(_KEPT, None)
    place = st.empty()
    if _KEPT not in st.session_state:
        if not place.button("Préparer le dossier de réunion", key="couverture_preparer"):
            return
        bar = place.progress(0.0, "Le dossier se prépare…")
        would_be = after.situation if after else None
        question = before.situation.question
        tables = {
            "matrix": aid_matrix(listed, question, counted, minutes).table,
            "indicators": year_indicators(listed, question, counted, now.date()),
            "people_source": counted.source,
        }
        files = _make_files(
            before.situation, would_be, scenario, listed, now, source, tables, bar.progress
        )
        st.session_state[_KEPT] = (made_for, *files)
    _, name, pdf, archive = st.session_state[_KEPT]
    with place.container(horizontal=True):
        _save_button("Dossier (PDF)", pdf, f"{name}.pdf", "application/pdf")
        _save_button("Dossier et données (zip)", archive, f"{name}.zip", "application/zip")


def _make_files(
    before: Situation,
    after: Situation | None,
    scenario: Scenario,
    listed: ServiceList,
    now: datetime,
    minutes_source: str,
    tables: Mapping[str, Any],
    progress: Callable[[float, str], object],
) -> tuple[str, bytes, bytes]:
    written = listed.written.date()
    situation, today = (after, before) if after else (before, None)
    pdf = report(
        situation,
        listed.services,
        services_written=written,
        now=now,
        before=today,
        scenario=scenario,
        minutes_source=minutes_source,
        **tables,
        progress=progress,
    )
    archive = bundle(pdf, situation, services_written=written, now=now, before=today)
    return file_name(situation, now), pdf, archive


def _save_button(label: str, content: bytes, name: str, mime: str) -> None:
    st.download_button(
        label, content, file_name=name, mime=mime, on_click="ignore", key=f"couverture_{mime}"
    )
