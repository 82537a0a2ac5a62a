"""The week as a picture: seven days of 24 hours, and the share of people with somebody open."""

from html import escape

import pandas as pd
import streamlit as st

from geodata import french
from geodata.situation import Situation
from pages.components import coverage_words as words

_STEPS = (0.0, 0.2, 0.4, 0.6, 0.8)
_HATCHED_FROM = 0.05
_VERSIONS = {"sur": "Sûr", "possible": "Possible"}


def show(situation: Situation) -> None:
    """Draw the day × hour table, as surely known or as possible, if anybody is counted."""
    if not situation.people:
        return
    version = st.segmented_control(
        "Heures",
        list(_VERSIONS),
        format_func=_VERSIONS.__getitem__,
        default="sur",
        key="couverture_version",
        required=True,
        label_visibility="collapsed",
    )
    st.html(_table(situation, version=str(version)))
    st.html(_legend(situation, version=str(version)))


def _table(situation: Situation, *, version: str) -> str:
    shown = situation.by_hour_possible if version == "possible" else situation.by_hour
    head = "".join(
        f'<th scope="col"{" class=entre" if hour % 3 else ""}>{hour}</th>' for hour in range(24)
    )
    rows = "".join(
        f'<tr><th scope="row"><abbr title="{name}">{name[:3]}.</abbr></th>'
        + "".join(
            _cell(shown.iloc[day, hour], _title(situation, day, hour), doubtful=doubtful)
            for hour, doubtful in enumerate(_doubtful(shown, situation).iloc[day])
        )
        + "</tr>"
        for day, name in enumerate(french.WEEKDAYS)
    )
    return (
        '<table class="heures"><caption>Part des habitants qui ont quelqu’un d’ouvert à portée, '
        f'heure par heure (%)</caption><thead><tr><th scope="col">h</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _doubtful(shown: pd.DataFrame, situation: Situation) -> pd.DataFrame:
    """Where next to nobody is known to be covered, and nobody knows."""
    silent = set(situation.question.departements) <= set(situation.silent)
    return (shown < _HATCHED_FROM) & (silent | (situation.by_hour_possible >= _HATCHED_FROM))


def _title(situation: Situation, day: int, hour: int) -> str:
    sure = words.percent(situation.by_hour.iloc[day, hour])
    perhaps = words.percent(situation.by_hour_possible.iloc[day, hour])
    name = french.weekday(day)
    return escape(f"{name} {hour} h – {hour + 1} h : sûr {sure}, possible {perhaps}")


def _cell(share: float, title: str, *, doubtful: bool) -> str:
    kind = "inconnue" if doubtful else f"part{sum(share > step for step in _STEPS)}"
    return f'<td class="{kind}" title="{title}">{"?" if doubtful else round(100 * share)}</td>'


def _legend(situation: Situation, *, version: str) -> str:
    texts = ("personne", "moins de 20 %", "20 à 40 %", "40 à 60 %", "60 à 80 %", "80 % et plus")
    marks = [(f"part{number}", text) for number, text in enumerate(texts)]
    if version == "sur" or situation.silent:
        marks.append(("inconnue", "horaires inconnus"))
    spans = "".join(f'<span><i class="nuance {kind}"></i>{text}</span>' for kind, text in marks)
    return f'<div class="legende nuances">{spans}</div>'
