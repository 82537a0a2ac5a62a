"""The colours of the map as the page draws them: which measure, and the legend."""

from html import escape

import pandas as pd
import streamlit as st

from geodata.situation import Situation, change, shades, words
from geodata.situation.shades import Measure
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

    First comes what changes, by a scenario or since an earlier list, then the hours, if some are
    asked for.
    """
    labels = {_CHANGE: "Ce qui change"} if changed else {}
    labels |= {str(measure): measure.capitalize() for measure in Measure}
    first = str(Measure.HOURS) if timed and not changed else None
    return address_bar.choose("Sur la carte", labels, key=_KEY, parameter="carte", default=first)


def chosen() -> str:
    """Return what is mapped in this run."""
    name: str = st.session_state[_KEY]
    return name


def for_picture(
    name: str, before: Answer, after: Answer | None
) -> tuple[pd.Series, str, list[tuple[str, str]]]:
    """Return each commune's colour, the title of the map, and its legend."""
    situation = (after or before).situation
    changed = name == _CHANGE and after is not None
    return (
        shades.changes(before.situation, situation)
        if changed
        else shades.fills(Measure(name), situation),
        _title(name, situation),
        _legend(name, situation),
    )


def _title(name: str, situation: Situation) -> str:
    return shades.CHANGE_TITLE if name == _CHANGE else shades.scale(Measure(name), situation).title


def show_changes() -> None:
    """Show on the map what changes, from the next run on."""
    st.session_state[_KEY] = _CHANGE


def show_hours() -> None:
    """Show hours on the map from the next run on, unless it shows what a scenario changes."""
    if st.session_state.get(_KEY) != _CHANGE:
        st.session_state[_KEY] = str(Measure.HOURS)


@cached_by_answer(max_entries=2 * MOST_ANSWERS)
def fills(name: str, before: Answer, after: Answer | None) -> Shades:
    """Return the fill of every commune, and its words; a commune that is blank is not filled."""
    answer = after or before
    if name == _CHANGE and after:
        colours = shades.changes(before.situation, after.situation)
        texts = _change_words(before.situation, after.situation)
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


def legend(name: str, situation: Situation) -> None:
    """Draw the legend: what the colours mean, with unit and dates."""
    title = _title(name, situation)
    swatches = "".join(_swatch_html(fill, text) for fill, text in _legend(name, situation))
    st.html(
        f'<div class="legende nuances" role="group" aria-label="Légende de la carte">'
        f"<strong>{escape(title)}</strong>{swatches}"
        f'<span class="secondaire">{escape(words.week(situation.question).capitalize())}, '
        "population 2023</span></div>"
    )
    if name == Measure.SUPPLY:
        st.caption(_SUPPLY_HELP)


def _legend(name: str, situation: Situation) -> list[tuple[str, str]]:
    """Return the colours that are drawn, with their words."""
    entries = shades.CHANGE_LEGEND if name == _CHANGE else shades.legend(Measure(name), situation)
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
