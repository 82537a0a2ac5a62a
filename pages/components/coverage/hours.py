"""The week as a picture: seven days of 24 hours, and the share of people with somebody open."""

from html import escape

import streamlit as st

from geodata import french
from geodata.situation import Situation, shades, words

_KINDS = {
    fill: "inconnue" if fill == shades.HATCHED else f"part{number}"
    for number, (fill, _) in enumerate(shades.WEEK_LEGEND)
}
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
    st.html(_legend(str(version)))


def _table(situation: Situation, *, version: str) -> str:
    possible = version == "possible"
    shown = situation.by_hour_possible if possible else situation.by_hour
    fills = shades.week_fills(situation, possible=possible)
    head = "".join(
        f'<th scope="col"{" class=entre" if hour % 3 else ""}>{hour}</th>' for hour in range(24)
    )
    rows = "".join(
        f'<tr><th scope="row"><abbr title="{name}">{name[:3]}.</abbr></th>'
        + "".join(
            _cell(shown.iloc[day, hour], _title(situation, day, hour), fills[day, hour])
            for hour in range(24)
        )
        + "</tr>"
        for day, name in enumerate(french.WEEKDAYS)
    )
    return (
        '<table class="heures"><caption>Part des habitants qui ont quelqu’un d’ouvert à portée, '
        f'heure par heure (%)</caption><thead><tr><th scope="col">h</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _title(situation: Situation, day: int, hour: int) -> str:
    sure = words.percent(situation.by_hour.iloc[day, hour])
    perhaps = words.percent(situation.by_hour_possible.iloc[day, hour])
    name = french.weekday(day)
    return escape(f"{name} {hour} h – {hour + 1} h : sûr {sure}, possible {perhaps}")


def _cell(share: float, title: str, fill: str) -> str:
    number = "?" if fill == shades.HATCHED else round(100 * share)
    return f'<td class="{_KINDS[fill]}" title="{title}">{number}</td>'


def _legend(version: str) -> str:
    spans = "".join(
        f'<span><i class="nuance {_KINDS[fill]}"></i>{text}</span>'
        for fill, text in shades.WEEK_LEGEND
        if fill != shades.HATCHED or version == "sur"
    )
    return f'<div class="legende nuances">{spans}</div>'
