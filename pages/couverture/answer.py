"""The answer as a sentence: two numbers, and at once what they do not say."""

from html import escape

import streamlit as st

from geodata.situation import words
from pages.couverture.situations import Answer
from pages.couverture.travel_minutes import TravelMinutes

_MOST_NAMES = 8


def sentence(was: Answer, will_be: Answer | None, told: TravelMinutes | None) -> None:
    """*Sûr : 38 % (166 000 personnes) · possible : 61 %*, with a scenario before → after."""
    before, after = was.situation, will_be.situation if will_be else None
    now = after or before
    if not now.people:
        st.info(
            "Aucune de ces communes n’a à la fois une mairie située et une population connue : "
            "aucune part n’est calculée."
        )
        return
    sure = _figure("Sûr", before.certain, after.certain if after else None)
    perhaps = _figure("possible", before.possible, after.possible if after else None)
    limits = (
        words.limits(now),
        words.unlisted_neighbours(now, most=_MOST_NAMES),
        words.minutes(now, told.source if told else ""),
    )
    st.html(
        '<div class="reponse" role="status">'
        f"<p><span>{sure} ({words.people(now.certain * now.people)})</span> · "
        f"<span>{perhaps} ({words.people(now.possible * now.people)})</span></p>"
        f"<p>{escape(_unbroken(' '.join(filter(None, limits))))}</p></div>"
    )
    if now.unlisted:
        st.warning(words.unlisted(now), icon="⚠️")


def _unbroken(text: str) -> str:
    """Keep a colon on the line of the word before it."""
    return text.replace(" :", "\u00a0:")


def _figure(label: str, before: float, after: float | None) -> str:
    if after is None or words.percent(before) == words.percent(after):
        return f"{label} : <strong>{words.percent(before)}</strong>"
    return f"{label} : {words.percent(before)} → <strong>{words.percent(after)}</strong>"
