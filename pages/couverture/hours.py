"""The week as a table, 7 days × 24 hours: the share of people with a service open in reach."""

from html import escape

import streamlit as st

from geodata import french
from geodata.situation import Situation, shades, words
from pages.couverture.situations import Answer, cached_by_answer

_KINDS = {
    fill: "inconnue" if fill == shades.HATCHED else f"part{number}"
    for number, (fill, _) in enumerate(shades.WEEK_LEGEND)
}
_VERSIONS = {"sur": "Sûr", "possible": "Possible"}


def show(answer: Answer) -> None:
    """Draw the table, as certain or as possible; nothing if no inhabitant is counted."""
    if not answer.situation.people:
        return
    _explain_unknown(answer.situation)
    version = st.segmented_control(
        "Heures",
        list(_VERSIONS),
        format_func=_VERSIONS.__getitem__,
        default="sur",
        key="couverture_version",
        required=True,
        label_visibility="collapsed",
    )
    st.html(_table(answer, version=str(version)))
    st.html(_legend(str(version), words.unknown_hours(answer.situation.question)))


def _explain_unknown(situation: Situation) -> None:
    """Say, where no hours are known, why no hour of the week is sure, and what to do."""
    if situation.question.langues and not situation.by_hour.to_numpy().any():
        st.markdown("Aucune heure n’est sûre : aucune fiche ne dit la langue et ses horaires.")
    elif not situation.known and situation.by_hour_possible.to_numpy().any():
        st.markdown(
            "Aucune heure n’est sûre : nous ne connaissons pas les horaires de ces services. "
            "*Possible* montre la semaine comme s’ils étaient ouverts. La page Annuaire dit qui "
            "rappeler pour les connaître."
        )


@cached_by_answer()
def _table(answer: Answer, *, version: str) -> str:
    situation = answer.situation
    possible = version == "possible"
    sure = situation.by_hour.to_numpy().tolist()
    perhaps = situation.by_hour_possible.to_numpy().tolist()
    shown = perhaps if possible else sure
    fills = shades.week_fills(situation, possible=possible)
    head = "".join(
        f'<th scope="col"{" class=entre" if hour % 3 else ""}>{hour}</th>' for hour in range(24)
    )
    rows = "".join(
        f'<tr><th scope="row"><abbr title="{name}">{name[:3]}.</abbr></th>'
        + "".join(
            _cell(
                shown[day][hour],
                _cell_words(day, hour, sure[day][hour], perhaps[day][hour]),
                fills[day, hour],
            )
            for hour in range(24)
        )
        + "</tr>"
        for day, name in enumerate(french.WEEKDAYS)
    )
    living = situation.question.who.living
    return (
        f'<table class="heures"><caption>Part des {living} qui ont quelqu’un d’ouvert à portée, '
        f'heure par heure (%)</caption><thead><tr><th scope="col">h</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _cell_words(day: int, hour: int, sure: float, perhaps: float) -> str:
    shares = f"sûr {words.percent(sure)}, possible {words.percent(perhaps)}"
    return escape(f"{french.weekday(day)} {hour} h – {hour + 1} h : {shares}")


def _cell(share: float, title: str, fill: str) -> str:
    number = "?" if fill == shades.HATCHED else round(100 * share)
    return f'<td class="{_KINDS[fill]}" title="{title}">{number}</td>'


def _legend(version: str, unknown: str) -> str:
    spans = "".join(
        f'<span><i class="nuance {_KINDS[fill]}"></i>'
        f"{unknown if fill == shades.HATCHED else text}</span>"
        for fill, text in shades.WEEK_LEGEND
        if fill != shades.HATCHED or version == "sur"
    )
    return f'<div class="legende nuances">{spans}</div>'
