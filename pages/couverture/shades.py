"""The colours of the map as the page draws them: which measure, and the legend."""

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from geodata.population import People
from geodata.situation import Situation, change, shades, territories, words
from geodata.situation.shades import Measure
from geodata.situation.territories import Level
from pages.couverture import territory
from pages.couverture.situations import MOST_ANSWERS, Answer, cached_by_answer
from pages.map.leaflet_map import Shades
from pages.shared import address_bar
from pages.shared.rows import rows_of

_KEY, CHANGE, BETWEEN = "couverture_carte", "difference", "entre"
_SUPPLY_HELP = (
    "Méthode E2SFCA (Luo et Qi, 2009) : les heures de chaque service sont partagées entre les {} "
    "qui l’ont à portée, qui vit plus près comptant plus. Les horaires inconnus comptent pour zéro."
)


_COMPARING = {
    CHANGE: (shades.CHANGE_TITLE, shades.CHANGE_LEGEND),
    BETWEEN: (shades.BETWEEN_TITLE, shades.BETWEEN_LEGEND),
}
"""Maps of two answers: title and legend."""


def choose(*, changed: bool, timed: bool, two: bool) -> str:
    """Draw the switch of what is mapped.

    First comes what changes, by a scenario or since an earlier list, then the hours, if some are
    asked for. `two`: two scenarios may be compared.
    """
    labels = {CHANGE: "Ce qui change"} if changed else {}
    labels |= {BETWEEN: "A et B"} if two else {}
    labels |= {str(measure): measure.capitalize() for measure in Measure}
    first = str(Measure.HOURS) if timed and not changed else None
    return address_bar.choose("Sur la carte", labels, key=_KEY, parameter="carte", default=first)


def chosen() -> str:
    """Return what is mapped in this run."""
    name: str = st.session_state[_KEY]
    return name


def sides(
    name: str, before: Answer, after: Answer | None, both: Sequence[Answer]
) -> tuple[Answer, Answer | None]:
    """Return the two answers that the map shows: with A and with B, where it compares these."""
    return (both[0], both[1]) if name == BETWEEN else (before, after)


def for_picture(
    name: str, before: Answer, after: Answer | None, level: Level
) -> tuple[pd.Series, str, list[tuple[str, str]]]:
    """Return each commune's colour, the title of the map, and its legend."""
    answer = after or before
    situation = answer.situation
    return (
        _colours(name, before, after, level),
        _title(name, situation, level),
        _legend(name, situation, _table(name, answer, level)),
    )


def _title(name: str, situation: Situation, level: Level) -> str:
    if name in _COMPARING:
        return _COMPARING[name][0]
    title = shades.scale(Measure(name), situation).title
    if level is Level.COMMUNE:
        return title
    return f"{title}, {shades.typical(Measure(name))} par {level.label}"


def _table(name: str, answer: Answer, level: Level) -> pd.DataFrame | None:
    """Return the measures of the territories that are mapped; None where communes are."""
    if level is Level.COMMUNE or name in _COMPARING:
        return None
    return territory.by_level(answer, level)


def _colours(name: str, before: Answer, after: Answer | None, level: Level) -> pd.Series:
    """Return the colour of every commune: its own, or its territory's."""
    answer = after or before
    if name in _COMPARING and after:
        return shades.changes(before.situation, after.situation)
    table = _table(name, answer, level)
    if table is None:
        return shades.fills(Measure(name), answer.situation)
    code = territories.codes(answer.situation.communes, level)
    return code.map(shades.fills(Measure(name), answer.situation, table))


def show_changes() -> None:
    """Show on the map what changes, from the next run on."""
    st.session_state[_KEY] = CHANGE


def show_hours() -> None:
    """Show hours on the map from the next run on, unless it shows what a scenario changes."""
    if st.session_state.get(_KEY) not in _COMPARING:
        st.session_state[_KEY] = str(Measure.HOURS)


@cached_by_answer(max_entries=2 * MOST_ANSWERS)
def fills(name: str, before: Answer, after: Answer | None, level: Level) -> Shades:
    """Return the fill of every commune, and its words; a commune that is blank is not filled.

    With another level, a commune has those of its territory.
    """
    answer = after or before
    colours = _colours(name, before, after, level)
    table = _table(name, answer, level)
    if name in _COMPARING and after:
        texts = _change_words(before.situation, after.situation)
    elif table is not None:
        code = territories.codes(answer.situation.communes, level)
        said = {row["id"]: words.territory(row, answer.situation) for row in rows_of(table)}
        texts = dict(zip(code.index, code.map(said), strict=True))
    else:
        texts = _commune_words(answer)
    filled = colours[colours != shades.BLANK]
    palette = tuple(filled.unique())
    communes = {str(code): (palette.index(fill), texts[str(code)]) for code, fill in filled.items()}
    question = answer.situation.question
    return Shades(palette, communes, question.communes if question.own else ())


@cached_by_answer()
def _commune_words(answer: Answer) -> dict[str, str]:
    """Return the words of every commune."""
    rows = rows_of(answer.situation.communes)
    return {row["id"]: words.commune(row, answer.situation) for row in rows}


def legend(name: str, answer: Answer, level: Level) -> None:
    """Draw the legend: what the colours mean, with unit and dates."""
    situation = answer.situation
    table = _table(name, answer, level)
    title = _title(name, situation, level)
    who = situation.question.who
    counted = "population 2023" if who is People.ALL else f"seules comptées : {who.label}"
    swatches = "".join(_swatch_html(fill, text) for fill, text in _legend(name, situation, table))
    st.html(
        f'<div class="legende nuances" role="group" aria-label="Légende de la carte">'
        f"<strong>{escape(title)}</strong>{swatches}"
        f'<span class="secondaire">{escape(words.week(situation.question).capitalize())}, '
        f"{counted}</span></div>"
    )
    if name == Measure.SUPPLY:
        st.caption(_SUPPLY_HELP.format(who.living))


def _legend(name: str, situation: Situation, table: pd.DataFrame | None) -> list[tuple[str, str]]:
    """Return the colours that are drawn, with their words."""
    if name in _COMPARING:
        entries = list(_COMPARING[name][1])
    else:
        entries = shades.legend(Measure(name), situation, table)
    return [(fill, text) for fill, text in entries if fill != shades.BLANK]


def _change_words(before: Situation, after: Situation) -> dict[str, str]:
    who = after.question.who
    return {
        row["id"]: f"{words.inhabitants(row, who)}\n{words.duration(row['before_h'])} → "
        f"{words.duration(row['after_h'])} par semaine"
        for row in rows_of(change(before, after))
    }


def _swatch_html(fill: str, text: str) -> str:
    style = "" if fill == shades.HATCHED else f' style="background:{fill}"'
    kind = "nuance hachuree" if fill == shades.HATCHED else "nuance"
    return f'<span><i class="{kind}"{style}></i>{escape(text)}</span>'
