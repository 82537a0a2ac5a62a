"""How the list is: what it holds, what is missing by type, commune or source, what is wrong."""

from collections.abc import Sequence
from datetime import date
from html import escape

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, hours, quality
from geodata.services import Problem, ServiceType
from geodata.situation import words
from geodata.tables import Severity
from pages.shared import address_bar, declared, results, signs
from pages.shared.page_frame import plain
from pages.shared.service_list import ServiceList, cached

_SEVERITIES = {"error": "ligne laissée de côté", "warning": "à corriger"}
_MOST_PROBLEMS = 500
_MOST_GROUPS = 15
_GROUPS = {"type": "par type", "commune": "par commune", "source": "par source"}
_NAMELESS = {"commune": "sans commune", "source": "sans source"}
_CRITERIA = {
    "telephone": "Télé\u00adphone",
    "horaires": "Horaires",
    "emplacement": "Lieu exact",
    "age": "Date récente",
    "source": "Source liée",
}
"""The criteria of the table, with the headings of their columns."""


@cached(max_entries=4, show_spinner="Relecture de la liste…")
def judge(listed: ServiceList, today: date) -> pd.DataFrame:
    """Return `quality.measures` of the whole list, cached until the list or the day changes."""
    return quality.measures(listed.services, today)


@cached(max_entries=16)
def _summary(listed: ServiceList, departements: tuple[str, ...]) -> str:
    found = results.in_departements(listed, departements)
    computable = int(_computable(found).sum())
    unreachable = int(((found["telephone"] == "") & (found["adresse"] == "")).sum())
    return (
        f"**{french.count(len(found), 'fiche')}**, dont {french.number(computable)} avec des "
        f"horaires connus et {french.number(unreachable)} sans téléphone ni adresse."
    )


def summary(listed: ServiceList, departements: tuple[str, ...]) -> None:
    """Say in one sentence how complete these départements' services are."""
    st.markdown(_summary(listed, departements), width="content")
    if whole := declared.complete().words():
        st.caption(plain(f"Déclarée complète : {whole}."), width="content")
    declared.problems()


def _computable(services: gpd.GeoDataFrame) -> pd.Series:
    texts = services["horaires_accueil"]
    understood = {text: _is_understood(text) for text in texts.unique()}
    return pd.Series([understood[text] for text in texts], index=texts.index, dtype=bool)


def _is_understood(text: str) -> bool:
    try:
        return bool(hours.understand(text))
    except hours.InvalidHours:
        return False


def choose_groups() -> str:
    """Draw the switch between type, commune and source; return the column."""
    return address_bar.choose("Compter", _GROUPS, key="annuaire_par", parameter="par")


def shares(listed: ServiceList, departements: tuple[str, ...], today: date, column: str) -> None:
    """Draw the share of the services that meet each criterion, by type, commune or source."""
    groups, drawn = _drawn_table(listed, departements, today, column, few=True)
    with st.container(gap="small"):
        drawing = st.empty()
        if groups > _MOST_GROUPS and st.checkbox(
            f"Voir tout : {french.number(groups)} lignes", key=f"annuaire_tout_{column}"
        ):
            _, drawn = _drawn_table(listed, departements, today, column, few=False)
        drawing.html(drawn)


@cached(max_entries=32)
def _drawn_table(
    listed: ServiceList, departements: tuple[str, ...], today: date, column: str, *, few: bool
) -> tuple[int, str]:
    """Return how many groups there are, and the table of the `few` worst or of all, as HTML."""
    found = results.in_departements(listed, departements)
    table = quality.by_group(found, today, column, judged=judge(listed, today))
    if column == "type":
        order = [str(kind) for kind in ServiceType if kind in table.index]
    else:
        worst = table.assign(few=-table["services"]).sort_values(["score", "few"], kind="stable")
        order = list(worst.index)
    drawn = order[:_MOST_GROUPS] if few else order
    return len(order), _table_html(table.loc[drawn], column)


def _table_html(table: pd.DataFrame, column: str) -> str:
    head = "".join(f'<th scope="col" class="part">{label}</th>' for label in _CRITERIA.values())
    rows = "".join(
        f'<tr><th scope="row">{_group_html(str(name), column)}</th>'
        f'<td class="fiches">{french.number(int(shares["services"]))}</td>'
        f"{''.join(_share_cell(shares[criterion]) for criterion in _CRITERIA)}</tr>"
        for name, shares in table.iterrows()
    )
    first = "" if column == "type" else ", les moins complètes d’abord"
    return (
        f'<table class="sante"><caption>Part des fiches où c’est en ordre, {_GROUPS[column]}'
        f"{first} (– : sans objet)</caption><thead><tr>"
        f'<th scope="col">{column.capitalize()}</th><th scope="col" class="fiches">Fiches</th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _group_html(name: str, column: str) -> str:
    if column != "type":
        return escape(name or _NAMELESS[column])
    kind = ServiceType(name)
    return f"<span>{signs.image(signs.SIGNS[kind])}{escape(kind.label)}</span>"


def _share_cell(share: float) -> str:
    """Return one cell: the share in words, and as a bar."""
    text = words.percent(share).replace("moins de ", "&lt;\u00a0")
    bar = "" if pd.isna(share) else f'<span class="jauge"><i style="width:{share:.1%}"></i></span>'
    return f'<td class="part"><span><b>{text}</b>{bar}</span></td>'


def problems(found: Sequence[Problem], today: date, *, editor: bool) -> None:
    """List every problem of the file, those that leave a row out first.

    Only who may change the list is told lines, others the ids of public rows: in a sorted file, the
    lines of the rows around a hidden one would tell its commune.
    """
    st.header("Ce qu’il faut corriger dans le fichier")
    if notice := hours.school_holidays_notice(today):
        st.warning(notice)
    if not found:
        st.markdown("Aucun problème : chaque ligne du fichier est lue.")
        return
    by_line = sorted(found, key=lambda problem: (problem.severity, problem.line))
    ordered = [_told(problem, editor=editor) for problem in by_line]
    if not editor:
        ordered.sort(key=lambda told: (told[1], told[0] == "", told[0], told[2]))
    first = f", dont voici les {_MOST_PROBLEMS} premiers" if len(found) > _MOST_PROBLEMS else ""
    st.markdown(f"{french.count(len(found), 'problème')}{first}.")
    if not editor:
        st.caption(
            "Les numéros de ligne ne sont pas dits ici : la vue « Vérifier un fichier » les donne "
            "à qui a le fichier."
        )
    st.table(
        pd.DataFrame(
            {
                "Ligne" if editor else "Fiche": [plain(where) for where, _, _ in ordered],
                "Gravité": [_SEVERITIES[severity] for _, severity, _ in ordered],
                "Que faire": [plain(message) for _, _, message in ordered],
            }
        ).head(_MOST_PROBLEMS),
        hide_index=True,
    )


def _told(problem: Problem, *, editor: bool) -> tuple[str, Severity, str]:
    """Give the line or the id of a row, how severe its problem is, and the message."""
    if editor:
        return str(problem.line), problem.severity, str(problem)
    return problem.row, problem.severity, problem.without_line
