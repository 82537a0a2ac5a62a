"""What to say when no service answers the filters, and when words were read as others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import streamlit as st

from geodata import french, search
from geodata.aids import UNSAID_COLUMNS
from geodata.search import Answer
from geodata.selection import Selection
from pages.shared import filters, results
from pages.shared.page_frame import plain
from pages.shared.service_list import ServiceList

_MOST_WORDS = 8
_MOST_OFFERED = 3


def nothing_found(listed: ServiceList, selection: Selection, now: datetime) -> None:
    """Say which filters to loosen when no service answers, and offer to search by fewer words."""
    timed = bool(selection.open_at or selection.open_during)
    kept = (
        ""
        if selection.keep_unknown_hours
        else "\n\nOu cocher « Garder les horaires inconnus », pour voir qui appeler"
    )
    if any(getattr(selection, column) for column in UNSAID_COLUMNS) and not selection.keep_unsaid:
        kept += "\n\nOu cocher « Garder ce qui n’est pas précisé », pour voir qui appeler"
    answer = results.answer_to(listed, selection.words)
    loosen = filters_to_loosen("le moment demandé", selection, asked=timed)
    unknown = unknown_words(answer) and f"\n\n{unknown_words(answer)}"
    st.info(
        "Aucun service de la liste ne répond à toute cette demande. Pour en trouver, enlever un de "
        f"ces choix\u00a0:{loosen}{kept}{unknown}"
    )
    offer_fewer_words(
        selection.words,
        answer,
        lambda words: len(results.find(listed, replace(selection, words=words), now)[0]),
        filters.search_words,
    )
    clear_button()


def unknown_words(answer: Answer) -> str:
    """Return *« xyz » ne correspond à rien dans la liste*, and what to try; "" for no such word."""
    words = " et ".join(f"«\u00a0{plain(word)}\u00a0»" for word in answer.unknown)
    verb = "correspondent" if len(answer.unknown) > 1 else "correspond"
    return words and (
        f"{words} ne {verb} à rien dans la liste : essayer sans, ou avec un autre mot."
    )


def read_as(answer: Answer) -> None:
    """Say which words were taken for others, as misspelled ones are."""
    for word, others in answer.read_as:
        near = ", ".join(f"«\u00a0{plain(other)}\u00a0»" for other in others[:_MOST_OFFERED])
        st.caption(f"«\u00a0{plain(word)}\u00a0» n’est pas dans la liste : cherché comme {near}.")


def offer_fewer_words(
    words: str, answer: Answer, count: Callable[[str], int], on_choose: Callable[[str], None]
) -> None:
    """Draw a button for each word without which something is found, with how much.

    `count` gives how many services some words find. `on_choose` is called with the words to keep.
    """
    typed = words.split()
    telling = [at for at, word in enumerate(typed) if search.split(word)]
    unknown = [at for at in telling if {*search.split(typed[at])} & {*answer.unknown}]
    offers = []
    for left_out in [unknown] if unknown else [[at] for at in telling[:_MOST_WORDS]]:
        rest = " ".join(word for at, word in enumerate(typed) if at not in left_out)
        if search.split(rest) and (found := count(rest)):
            offers.append((found, " ".join(typed[at] for at in left_out), rest))
    offers.sort(reverse=True)
    for number, (found, without, rest) in enumerate(offers[:_MOST_OFFERED]):
        st.button(
            f"Sans « {plain(without)} » : {french.number(found)}",
            key=f"sans_mot_{number}",
            on_click=on_choose,
            args=(rest,),
        )


def filters_to_loosen(first: str, selection: Selection, *, asked: bool) -> str:
    """Return the filters that are set as a Markdown list, after `first` if it is `asked`."""
    filled = {
        first: asked,
        "les mots": selection.words,
        "la commune, ou chercher aussi plus loin": selection.communes,
        "l’aide cherchée": selection.aides,
        "le type": selection.types,
        "les violences subies": selection.violences,
        "la langue": selection.langues,
        "l’accessibilité": selection.accessibilite,
        "les frais": selection.frais,
        "pour qui": selection.publics,
        "comment": selection.acces,
        "le réseau": selection.reseaux,
        "le département": selection.departements,
    }
    return "".join(f"\n- {what}" for what, given in filled.items() if given)


def clear_button() -> None:
    """Draw the button that resets every filter."""
    st.button("Tout effacer", on_click=filters.clear, key="effacer_ici")
