"""Fiches: find one row of the list, see its sheet, its source and what to correct."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from html import escape

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, quality
from geodata.partial_date import parse
from geodata.search import Answer
from geodata.selection import Selection, timetable
from geodata.services import PERPETRATORS, ServiceType, is_for_perpetrators
from pages.annuaire import editing, health
from pages.shared import cards, clock, no_result, results, service_list, sheet, signs
from pages.shared.paging import Pages
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList, cached

_LONGEST_WORDS = 100
_WORDS = "annuaire_mots"
_PERPETRATORS = "annuaire_auteurs"
_PAGES = Pages("annuaire_page", per_page=12)


def panel(listed: ServiceList, departements: tuple[str, ...], now: datetime) -> None:
    """Draw the record that is open, or a search among these départements' records.

    Those who may edit can change a record or add one.
    """
    found = results.in_departements(listed, departements, publics=_publics())
    chosen = sheet.opened(found)
    if chosen:
        _draw_record(found.loc[[chosen]], health.judge(listed, now.date()), now)
        editing.panel(listed.services, chosen)
    else:
        editing.new_row(listed.services)
        _search(listed, departements, now.date())


def _search(listed: ServiceList, departements: tuple[str, ...], today: date) -> None:
    wanted = st.text_input(
        "Chercher une fiche",
        placeholder="Nom, commune, code postal, téléphone ou identifiant",
        type="search",
        live=True,
        max_chars=_LONGEST_WORDS,
        key=_WORDS,
        persist_state="session",
        width=480,
    )
    if is_for_perpetrators(listed.services).any():
        st.checkbox(
            "Avec les services pour les auteurs de violences",
            key=_PERPETRATORS,
            persist_state="session",
        )
    found = results.in_departements(listed, departements, publics=_publics())
    missing = _missing(listed, departements, _publics(), today)
    answer = results.answer_to(listed, str(wanted or ""))
    ordered = _ordered(missing, answer, str(wanted or ""))
    no_result.read_as(answer)
    if len(ordered):
        first = "les plus incomplètes" if answer.scores is None else "les plus proches"
        st.markdown(f"**{french.count(len(ordered), 'fiche')}**, {first} d’abord.")
    else:
        unknown = no_result.unknown_words(answer)
        st.markdown(" ".join(filter(None, ["Aucune fiche ne contient tous ces mots.", unknown])))
        no_result.offer_fewer_words(
            str(wanted), answer, lambda words: _count(listed, missing, words), _search_words
        )
    part = ordered[_PAGES.open_slice(len(ordered))]
    some = list(zip(rows_of(found.loc[part]), missing[part], strict=True))
    half = -(-len(some) // 2)
    for side, lines in zip(st.columns(2, gap="medium"), (some[:half], some[half:]), strict=True):
        with side:
            for service, points in lines:
                _draw_line(service, points, today)
    _PAGES.draw_links(len(ordered))


def _publics() -> tuple[str, ...]:
    """Return whom the services shown are for, where that is asked."""
    return (PERPETRATORS,) if st.session_state.get(_PERPETRATORS) else ()


def _search_words(words: str) -> None:
    st.session_state[_WORDS] = words


@cached(max_entries=16)
def _missing(
    listed: ServiceList, departements: tuple[str, ...], publics: tuple[str, ...], today: date
) -> pd.Series:
    """Return how many points of each service are missing, the most first, by id."""
    found = results.in_departements(listed, departements, publics=publics)
    judged = health.judge(listed, today)
    missing: pd.Series = (~judged.loc[found.index].fillna(value=True).astype(bool)).sum(axis=1)
    return missing.sort_values(ascending=False, kind="stable")


def _ordered(missing: pd.Series, answer: Answer, wanted: str) -> pd.Index:
    """Return the ids found, the best first; the whole id of a record finds it alone."""
    if wanted.strip() in missing.index:
        return pd.Index([wanted.strip()])
    if answer.scores is None:
        return missing.index
    return answer.scores.index[answer.scores.index.isin(missing.index)]


def _count(listed: ServiceList, missing: pd.Series, words: str) -> int:
    return len(_ordered(missing, results.answer_to(listed, words), words))


def _draw_line(service: Row, missing: int, today: date) -> None:
    kind = ServiceType(service["type"])
    mark = f" · {cards.FOR_PERPETRATORS}" if cards.is_for_perpetrators(service) else ""
    todo = f"{french.count(missing, 'point')} à revoir" if missing else "en ordre"
    with st.container(gap=None):
        cards.name_button(service, sheet.open_sheet)
        st.html(
            f'<div class="carte-service">{signs.image(signs.SIGNS[kind])}<div>'
            f'<p><span class="etat">{todo}</span>{mark} · {escape(cards.place_words(service))}</p>'
            f'<p class="secondaire">{escape(service["id"])} · '
            f"{escape(cards.age_words(service, today=today))}</p></div></div>"
        )


def _draw_record(row: gpd.GeoDataFrame, judged: pd.DataFrame, now: datetime) -> None:
    """Draw one service: its sheet, and beside it what to correct and where it comes from."""
    service = rows_of(row)[0]
    st.button("← Retour aux fiches", on_click=sheet.open_sheet, args=("",), key="retour")
    sheet_side, proof_side = st.columns(2, gap="medium")
    with sheet_side:
        times = rows_of(timetable(row, Selection(), now))[0]
        cards.sheet(service, times, moment=clock.Moment(now, at=now))
    with proof_side:
        _draw_failed_criteria(judged.loc[[service["id"]]].iloc[0])
        _draw_provenance(service)


def _draw_failed_criteria(verdicts: pd.Series) -> None:
    """List the criteria that fail, the most urgent first, and what to do."""
    judged = verdicts.dropna().astype(bool)
    failed = [
        criterion for name, criterion in quality.CRITERIA.items() if not judged.get(name, True)
    ]
    st.header("À revoir")
    if not failed:
        st.markdown(f"Rien : cette fiche est complète (les {len(judged)} points sont en ordre).")
        return
    held = int(judged.sum())
    words = "points en ordre" if held > 1 else "point en ordre"
    st.markdown(f"{held} {words} sur {len(judged)}.")
    items = "".join(
        f"<li>{escape(criterion.words)}<span>{escape(criterion.todo)}</span></li>"
        for criterion in failed
    )
    st.html(f'<ul class="manques">{items}</ul>')


def _draw_provenance(service: Row) -> None:
    """Draw where the row comes from, and how old it is."""
    changed = _last_changes(service_list.current().signature).get(service["id"], "")
    facts = {
        "Source": escape(service["source"]),
        "Lien": cards.web_link(service["lien_source"]),
        "Autres liens": _links_html(service.get("autres_liens", "")),
        "Date de la source": _day_words(service["date_source"]) or "inconnue",
        "Vérifiée": _day_words(service["date_verification"]) or "jamais",
        "Modifiée ici": _day_words(changed[:10]),
        "Identifiant": escape(service["id"]),
    }
    rows = "".join(f"<dt>{name}</dt><dd>{fact}</dd>" for name, fact in facts.items() if fact)
    st.header("D’où cela vient")
    st.html(f'<div class="fiche"><dl>{rows}</dl></div>')


def _day_words(text: str) -> str:
    return escape(french.partial_date(parse(text)) or text)


def _links_html(text: str) -> str:
    return "<br>".join(map(cards.web_link, re.split(r"[\s|]+", text))) if text else ""


@st.cache_data(max_entries=4, show_spinner=False)
def _last_changes(signature: str) -> Mapping[str, str]:  # noqa: ARG001 what the answer is kept by
    """Return when each row was last changed here (ISO 8601); nothing where there is no history."""
    return service_list.store().last_changes()
