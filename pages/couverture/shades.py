"""The colours of the map as the page draws them: which measure, and the legend."""

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

_KEY, _CHANGE = "couverture_carte", "difference"
_SUPPLY_HELP = (
    "Méthode E2SFCA (Luo et Qi, 2009) : les heures de chaque service sont partagées entre les "
    "habitants qui l’ont à portée, les proches comptant plus. Les horaires inconnus comptent pour "
    "zéro."
)


def choose(*, changed: bool, timed: bool) -> str:
    """Draw the switch of what is mapped.

    First comes what a scenario changes, if there is one, then the hours, if some are asked for.
    """
    labels = {_CHANGE: "Ce qui change"} if changed else {}
    labels |= {str(measure): measure.capitalize() for measure in Measure}
    first = str(Measure.HOURS) if timed and not changed else None
    return address_bar.choose("Sur la carte", labels, key=_KEY, parameter="carte", default=first)


def show_changes() -> None:
    """Show what a scenario changes on the map, from the next run on."""
    st.session_state[_KEY] = _CHANGE


def show_hours() -> None:
    """Show hours on the map from the next run on, unless it shows what a scenario changes."""
    if st.session_state.get(_KEY) != _CHANGE:
        st.session_state[_KEY] = str(Measure.HOURS)


@cached_by_answer(max_entries=2 * MOST_ANSWERS)
def fills(name: str, before: Answer, after: Answer | None, level: Level) -> Shades:
    """Return the fill of every commune, and its words; a commune that is blank is not filled.

    With another level, a commune has those of its territory.
    """
    answer = after or before
    if name == _CHANGE and after:
        colours = shades.changes(before.situation, after.situation)
        texts = _change_words(before.situation, after.situation)
    elif level is not Level.COMMUNE:
        situation, table = answer.situation, territory.by_level(answer, level)
        code = territories.codes(situation.communes, level)
        colours = code.map(shades.fills(Measure(name), situation, table))
        said = {row["id"]: words.territory(row, situation) for row in rows_of(table)}
        texts = dict(zip(code.index, code.map(said), strict=True))
    else:
        colours, texts = (
            shades.fills(Measure(name), answer.situation),
            _commune_words(answer),
        )
    filled = colours[colours != shades.BLANK]
    palette = tuple(filled.unique())
    communes = {str(code): (palette.index(fill), texts[str(code)]) for code, fill in filled.items()}
    return Shades(palette, communes)


@cached_by_answer()
def _commune_words(answer: Answer) -> dict[str, str]:
    """Return the words of every commune."""
    rows = rows_of(answer.situation.communes)
    return {row["id"]: words.commune(row, answer.situation) for row in rows}


def legend(name: str, answer: Answer, level: Level) -> None:
    """Draw the legend: what the colours mean, with unit and dates."""
    situation, changed = answer.situation, name == _CHANGE
    title = shades.CHANGE_TITLE if changed else shades.scale(Measure(name), situation).title
    table = None
    if level is not Level.COMMUNE and not changed:
        table = territory.by_level(answer, level)
        title += f", {shades.typical(Measure(name))} par {level.label}"
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
        st.caption(_SUPPLY_HELP)


def _legend(name: str, situation: Situation, table: pd.DataFrame | None) -> list[tuple[str, str]]:
    """Return the colours that are drawn, with their words."""
    if name == _CHANGE:
        entries = list(shades.CHANGE_LEGEND)
    else:
        entries = shades.legend(Measure(name), situation, table)
    return [(fill, text) for fill, text in entries if fill != shades.BLANK]


def _change_words(before: Situation, after: Situation) -> dict[str, str]:
    return {
        row["id"]: f"{words.inhabitants(row)}\n{words.duration(row['before_h'])} → "
        f"{words.duration(row['after_h'])} par semaine"
        for row in rows_of(change(before, after))
    }


def _swatch_html(fill: str, text: str) -> str:
    style = "" if fill == shades.HATCHED else f' style="background:{fill}"'
    kind = "nuance hachuree" if fill == shades.HATCHED else "nuance"
    return f'<span><i class="{kind}"{style}></i>{escape(text)}</span>'
