"""The answer as a sentence: two shares, then their limits."""

from html import escape

import streamlit as st

from geodata.situation import words
from pages.couverture.situations import Answer
from pages.couverture.travel_minutes import TravelMinutes
from pages.shared import declared

_MOST_NAMES = 8


def sentence(
    before: Answer, after: Answer | None, minutes: TravelMinutes | None, supposed: str = ""
) -> None:
    """*Sûr : 38 % (166 000 personnes) · possible : 61 %*, with a scenario before → after.

    `supposed`: what the scenario is called, where it must be told from another.
    """
    was, now = before.situation, (after or before).situation
    who = now.question.who
    if not now.people:
        st.info(
            "Nous ne savons pas où sont les mairies de ces communes, ou combien d’habitants elles "
            "ont : aucun pourcentage ne peut être calculé."
        )
        return
    sure = _share_words("Sûr", was.certain, now.certain)
    perhaps = _share_words("possible", was.possible, now.possible)
    limits = (
        f"Avec {supposed}." if supposed else "",
        words.limits(now),
        words.completeness(now),
        words.unlisted_neighbours(now, most=_MOST_NAMES),
        words.minutes(now, minutes.source if minutes else ""),
    )
    first = words.nothing_sure(now)
    first = first and f'<p class="d-abord">{escape(_keep_colons(first))}</p>'
    st.html(
        f'<div class="reponse" role="status">{first}'
        f"<p><span>{sure} ({words.people(now.certain * now.people, who)})</span> · "
        f"<span>{perhaps} ({words.people(now.possible * now.people, who)})</span></p>"
        f"<p>{escape(_keep_colons(' '.join(filter(None, limits))))}</p></div>"
    )
    declared.problems()
    if now.unlisted:
        st.warning(words.unlisted(now), icon="⚠️")


def _keep_colons(text: str) -> str:
    """Return the text with no line break before a colon."""
    return text.replace(" :", "\u00a0:")


def _share_words(label: str, before: float, after: float) -> str:
    if words.percent(before) == words.percent(after):
        return f"{label} : <strong>{words.percent(before)}</strong>"
    return f"{label} : {words.percent(before)} → <strong>{words.percent(after)}</strong>"
