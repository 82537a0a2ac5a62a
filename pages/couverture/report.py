"""The document for the meeting: made when asked, of the chapters chosen, kept until they change."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import streamlit as st

from geodata.paper.report import (
    CHAPTERS,
    USUAL,
    Material,
    NoChapter,
    Past,
    bundle,
    file_name,
    to_docx,
    to_pdf,
)
from geodata.situation.comparison import Comparison
from geodata.situation.scenario import Scenario
from pages.couverture import past, since
from pages.couverture import scenario as what_if
from pages.couverture.situations import (
    Answer,
    aid_matrix,
    by_list,
    everywhere,
    year_indicators,
)
from pages.couverture.travel_minutes import TravelMinutes
from pages.shared.people import Counted
from pages.shared.service_list import ServiceList

_KEPT = "couverture_dossier"
_CHAPTERS, _LEFT_OUT = "couverture_chapitres", "couverture_chapitres_sans"
_FORMATS = {
    "pdf": ("Dossier (PDF)", "application/pdf"),
    "docx": (
        "Dossier à modifier (Word)",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "zip": ("Dossier et données (zip)", "application/zip"),
}
_NOT_READ = "L’édition d’avant ne peut pas être lue : le dossier n’en parle pas."
_PARTS_SHARE, _PDF_SHARE = 0.2, 0.55
"""When the parts are computed, and the PDF is made, of the whole time."""


def show(
    before: Answer,
    after: Answer | None,
    scenario: Scenario,
    listed: ServiceList,
    now: datetime,
    *,
    minutes: TravelMinutes | None,
    counted: Counted,
    sides: Comparison | None,
) -> None:
    """Draw the choice of chapters and the button that makes the document, then those that save it.

    Args:
        before: as things are.
        after: as they would be; None without a scenario.
        scenario: what makes the difference.
        listed: the list.
        now: the instant of the document.
        minutes: the real travel times that were given, if any.
        counted: who is counted.
        sides: two scenarios beside today, if there are two.
    """
    source = minutes.source if minutes else ""
    with st.container(horizontal=True):
        places = [st.empty() for _ in _FORMATS]
        chapters = _choose(_offered(before, listed, after, sides))
    below = st.empty()
    called = what_if.label() if scenario else ""
    proposals = sides and tuple(proposal for proposal, _ in sides.sides)
    made_for = (
        *(before.key, after and after.key, called, proposals, source, chapters, now.date()),
        *since.shown(),
    )
    if st.session_state.get(_KEPT, (None,))[0] != made_for:
        st.session_state.pop(_KEPT, None)
    if _KEPT not in st.session_state:
        asked = places[0].button(
            "Préparer le dossier de réunion", key="couverture_preparer", disabled=not chapters
        )
        if not chapters:
            below.caption("Choisir au moins un chapitre.")
        if not asked:
            return
        bar = below.progress(0.0, "Le dossier se prépare…")
        today, would_be = before.situation, after.situation if after else None
        material = Material(
            would_be or today,
            listed.services,
            listed.written.date(),
            now,
            before=today if would_be else None,
            scenario=scenario,
            minutes_source=source,
            people_source=counted.source,
            called=called,
            compared=sides,
            **_parts(before, listed, scenario, called, now, minutes, counted, chapters),
        )
        try:
            files = _files(material, chapters, bar.progress)
        except NoChapter as error:
            below.info(str(error))
            return
        st.session_state[_KEPT] = (made_for, file_name(material.situation, now), files)
    _, name, files = st.session_state[_KEPT]
    below.empty()
    for place, (ending, (label, mime)) in zip(places, _FORMATS.items(), strict=True):
        place.download_button(
            label,
            files[ending],
            file_name=f"{name}.{ending}",
            mime=mime,
            on_click="ignore",
            key=f"couverture_dossier_{ending}",
        )


# --- chapters -----------------------------------------------------------------------------


def _offered(
    before: Answer, listed: ServiceList, after: Answer | None, sides: Comparison | None
) -> dict[str, str]:
    """Return the labels of the chapters that there is something to say in.

    The timetables of one feed rank no départements.
    """
    homes = set(listed.services["departement"]) - {""}
    left_out = {
        "before": after is None,
        "compared": sides is None,
        "past": not since.can_compare(),
        "everywhere": len(homes) < 2 or before.situation.question.transit_minutes is not None,
    }
    return {
        chapter.name: chapter.label
        for chapter in CHAPTERS
        if not any(left_out.get(need) for need in chapter.needs)
    }


def _choose(offered: dict[str, str]) -> tuple[str, ...]:
    """Draw the choice; return the chapters chosen. What is left out stays so during the visit."""
    usual = {chapter.name for chapter in CHAPTERS} - set(USUAL)
    left_out = st.session_state.setdefault(_LEFT_OUT, usual)
    chosen = [name for name in offered if name not in left_out]
    st.session_state[_CHAPTERS] = chosen
    with st.popover(f"Chapitres : {len(chosen)} sur {len(offered)}"):
        st.pills(
            "Dans le dossier",
            list(offered),
            selection_mode="multi",
            format_func=offered.__getitem__,
            key=_CHAPTERS,
            on_change=_leave_out,
            args=(tuple(offered),),
        )
    return tuple(chosen)


def _leave_out(offered: Collection[str]) -> None:
    chosen = set(st.session_state[_CHAPTERS])
    st.session_state[_LEFT_OUT] = (st.session_state[_LEFT_OUT] - set(offered)) | (
        set(offered) - chosen
    )


# --- what it is made of --------------------------------------------------------------------


def _parts(
    before: Answer,
    listed: ServiceList,
    scenario: Scenario,
    called: str,
    now: datetime,
    minutes: TravelMinutes | None,
    counted: Counted,
    chapters: Collection[str],
) -> dict[str, Any]:
    """Compute the parts that the chapters need, and no others."""
    question = before.situation.question

    def years() -> Any:
        years = past.of_each_year()
        return year_indicators(listed, question, counted, now.date(), scenario, called, years)

    def compared() -> Past | None:
        earlier = since.to_compare()
        if earlier is None:
            st.warning(_NOT_READ, icon="⚠️")
            return None
        was = by_list(earlier.listed, question, minutes, counted).situation
        changes = since.changes(earlier.listed, listed, question)
        return Past(label=earlier.label, situation=was, changes=changes)

    make: dict[str, Callable[[], Any]] = {
        "matrix": lambda: aid_matrix(listed, question, counted, minutes, scenario).table,
        "everywhere": lambda: everywhere(listed, question, counted, scenario).situation,
        "indicators": years,
        "past": compared,
    }
    needed = {need for chapter in CHAPTERS if chapter.name in chapters for need in chapter.needs}
    return {name: made() for name, made in make.items() if name in needed}


def _files(
    material: Material, chapters: Collection[str], progress: Callable[[float, str], object]
) -> dict[str, bytes]:
    """Make the document in both formats, and the archive."""

    def between(start: float, end: float) -> Callable[[float, str], object]:
        return lambda share, text: progress(start + share * (end - start), text)

    pdf = to_pdf(material, chapters, progress=between(_PARTS_SHARE, _PDF_SHARE))
    docx = to_docx(material, chapters, progress=between(_PDF_SHARE, 0.95))
    progress(0.95, "Le dossier se prépare : les données…")
    archive = bundle(material, {"pdf": pdf, "docx": docx})
    return {"pdf": pdf, "docx": docx, "zip": archive}
