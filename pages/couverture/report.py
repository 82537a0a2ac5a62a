"""The document for the meeting: made when asked, kept until the question changes."""

from collections.abc import Callable
from datetime import date, datetime

import geopandas as gpd
import streamlit as st

from geodata.paper.report import bundle, file_name, report
from geodata.situation import Situation
from geodata.situation.scenario import Scenario
from pages.couverture.travel_minutes import Told
from pages.shared import service_list

_KEPT = "couverture_dossier"


def show(
    before: Situation,
    after: Situation | None,
    scenario: Scenario,
    services: gpd.GeoDataFrame,
    now: datetime,
    *,
    told: Told | None,
) -> None:
    """Draw the button that makes the document, then those that save it.

    Args:
        before: as things are.
        after: as they would be; None without a scenario.
        scenario: what makes the difference.
        services: the whole list.
        now: the instant of the document.
        told: the real minutes that were given, if any.
    """
    minutes = (told.key, told.source) if told else ("", "")
    asked = (service_list.signature(), before.question, str(scenario), minutes, now.date())
    if st.session_state.get(_KEPT, (None,))[0] != asked:
        st.session_state.pop(_KEPT, None)
    place = st.empty()
    if _KEPT not in st.session_state:
        if not place.button("Préparer le dossier de réunion", key="couverture_preparer"):
            return
        bar = place.progress(0.0, "Le dossier se prépare…")
        written = service_list.load().written.date()
        files = _made(before, after, scenario, services, written, now, minutes[1], bar.progress)
        st.session_state[_KEPT] = (asked, *files)
    _, name, pdf, archive = st.session_state[_KEPT]
    with place.container(horizontal=True):
        _save("Dossier (PDF)", pdf, f"{name}.pdf", "application/pdf")
        _save("Dossier et données (zip)", archive, f"{name}.zip", "application/zip")


def _made(
    before: Situation,
    after: Situation | None,
    scenario: Scenario,
    services: gpd.GeoDataFrame,
    written: date,
    now: datetime,
    minutes_source: str,
    progress: Callable[[float, str], object],
) -> tuple[str, bytes, bytes]:
    situation, today = (after, before) if after else (before, None)
    pdf = report(
        situation,
        services,
        services_written=written,
        now=now,
        before=today,
        scenario=scenario,
        minutes_source=minutes_source,
        progress=progress,
    )
    archive = bundle(pdf, situation, services_written=written, now=now, before=today)
    return file_name(situation, now), pdf, archive


def _save(label: str, content: bytes, name: str, mime: str) -> None:
    st.download_button(
        label, content, file_name=name, mime=mime, on_click="ignore", key=f"couverture_{mime}"
    )
