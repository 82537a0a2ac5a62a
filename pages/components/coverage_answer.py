"""The answer as a sentence: two numbers, and at once what they do not say."""

from html import escape

import streamlit as st

from geodata import french
from geodata.situation import Situation
from pages.components import coverage_minutes
from pages.components import coverage_question as asked
from pages.components import coverage_words as words
from pages.components.coverage_minutes import Told

_MOST_NAMES = 8


def sentence(before: Situation, after: Situation | None, told: Told | None) -> None:
    """*Sûr : 38 % (166 000 personnes) · possible : 61 %*, with a scenario before → after."""
    now = after or before
    if not now.people:
        st.info("Ces communes n’ont pas de population connue : aucune part n’est calculée.")
        return
    sure = _figure("Sûr", before.certain, after.certain if after else None)
    perhaps = _figure("possible", before.possible, after.possible if after else None)
    st.html(
        '<div class="reponse" role="status">'
        f"<p><span>{sure} ({words.people(now.certain * now.people)})</span> · "
        f"<span>{perhaps} ({words.people(now.possible * now.people)})</span></p>"
        f"<p>{escape(_unbroken(_limits(now) + _minutes(now, told)))}</p></div>"
    )
    if now.silent:
        st.warning(_silent(now.silent), icon="⚠️")


def _unbroken(text: str) -> str:
    """Keep a colon on the line of the word before it."""
    return text.replace(" :", "\u00a0:")


def _minutes(situation: Situation, told: Told | None) -> str:
    if situation.question.minutes is None:
        return ""
    return f" {coverage_minutes.words(told, int(situation.communes['doubtful'].sum()))}"


def _silent(departements: tuple[str, ...]) -> str:
    names = ", ".join(asked.departement_name(code) for code in departements)
    return (
        f"La liste ne contient aucun service pour : {names}. Ce n’est pas une absence de services, "
        "c’est une absence d’information : là, ces chiffres ne comptent que les services des "
        "départements voisins."
    )


def _figure(label: str, before: float, after: float | None) -> str:
    if after is None or words.percent(before) == words.percent(after):
        return f"{label} : <strong>{words.percent(before)}</strong>"
    return f"{label} : {words.percent(before)} → <strong>{words.percent(after)}</strong>"


def _limits(situation: Situation) -> str:
    """What the figures say, and what they do not."""
    question, number = situation.question, len(situation.services)
    known = f"{french.number(situation.known)} des {french.count(number, 'service')} à portée"
    return (
        f"Sur {words.people(situation.people)}, {words.percent(situation.near)} ont ce service à "
        f"moins de {asked.within_words(question)} de leur mairie, ouvert ou non. Sûr : d’après les "
        f"horaires connus ({known if number else 'aucun service à portée'}). Possible : si les "
        "horaires inconnus convenaient. "
        f"{asked.week_words(question).capitalize()}. {_without_data(situation)}"
    )


def _without_data(situation: Situation) -> str:
    """Name the neighbouring départements that the list says nothing of."""
    if not situation.without_data:
        return "Les départements voisins comptent."
    told = ", ".join(asked.departement_name(code) for code in situation.without_data[:_MOST_NAMES])
    more = len(situation.without_data) - _MOST_NAMES
    others = f" et {french.count(more, 'autre')}" if more > 0 else ""
    return (
        f"La liste ne dit rien des départements voisins ({told}{others}) : près d’eux, la "
        "couverture peut être meilleure."
    )
