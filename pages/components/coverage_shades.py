"""What the map's colours mean: five classes of one hue with round limits; darker is a larger hole.

*Sans service* is the darkest, *horaires inconnus* is hatched and never a colour of the scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import pandas as pd
import streamlit as st

from geodata.coverage import SlotClass, Verdict
from geodata.situation import Situation, change
from pages.components import coverage_words as words
from pages.components import filters
from pages.components.maps import HATCHED, Shades

# From near white to deep violet, each about 15 points of lightness (CIE L*) below the one before.
SCALE = ("#f4f0f8", "#d7c7e6", "#b497d0", "#8f65b5", "#693a93")
NOBODY = "#2a1140"
GAINS, BETTER, WORSE, LOSES = "#00664d", "#8fd0bd", "#f2b48a", "#a63f00"
_FILLS = (*SCALE, NOBODY, HATCHED)
_NOBODY, _HATCHED = len(SCALE), len(SCALE) + 1
_CHANGES = (GAINS, BETTER, WORSE, LOSES)
_KEY = "couverture_carte"
_DISTANCE, _HOURS, _NUMBER, _SUPPLY, _CHANGE = "distance", "heures", "nombre", "offre", "difference"


@dataclass(frozen=True)
class _Scale:
    """A measure on the map: its column, its unit, and the limits of its classes in that unit.

    `rising`: more is worse (a distance); else less is.
    """

    label: str
    title: str
    column: str
    unit: str
    limits: tuple[float, ...]
    per_unit: float = 1
    rising: bool = False
    help: str = ""


_HOUR_LIMITS = {
    None: (8, 20, 35, 50),
    SlotClass.JOUR: (8, 16, 24, 40),
    SlotClass.SOIR: (2, 4, 8, 12),
    SlotClass.NUIT: (7, 14, 28, 42),
    SlotClass.WEEK_END: (4, 8, 16, 24),
}
_SCALES = {
    _DISTANCE: _Scale(
        "Distance",
        "Distance au service le plus proche, ouvert ou non, à vol d’oiseau",
        "nearest_m",
        "km",
        (5, 10, 20, 30),
        per_unit=1000,
        rising=True,
    ),
    _HOURS: _Scale(
        "Heures",
        "Heures de la semaine où quelqu’un est sûrement ouvert à portée",
        "certain_h",
        "h",
        (),
    ),
    _NUMBER: _Scale(
        "Nombre", "Nombre de services à portée, ouverts ou non", "services", "", (2, 4, 7, 11)
    ),
    _SUPPLY: _Scale(
        "Offre",
        "Heures d’ouverture connues par an pour 1 000 habitants",
        "supply",
        "h",
        (0.5, 1, 2, 5),
        help="Méthode E2SFCA (Luo et Qi, 2009) : les heures de chaque service sont partagées entre "
        "les habitants qui l’ont à portée, les proches comptant plus. Les horaires inconnus "
        "comptent pour zéro.",
    ),
}


def choose(*, changed: bool) -> str:
    """Draw the switch of what is mapped; with a scenario, what it changes comes first."""
    labels = {_CHANGE: "Ce qui change"} if changed else {}
    labels |= {name: scale.label for name, scale in _SCALES.items()}
    if _KEY not in st.session_state:
        asked = st.query_params.get("carte", "")
        st.session_state[_KEY] = asked if asked in labels else next(iter(labels))
    elif st.session_state[_KEY] not in labels:
        st.session_state[_KEY] = next(iter(labels))
    else:
        st.session_state[_KEY] = st.session_state[_KEY]
    name = str(
        st.segmented_control(
            "Sur la carte",
            list(labels),
            format_func=labels.__getitem__,
            key=_KEY,
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
    )
    filters.write_address({"carte": "" if name == next(iter(labels)) else name})
    return name


def show_changes() -> None:
    """Put on the map what a scenario changes, from the next run on."""
    st.session_state[_KEY] = _CHANGE


def shades(name: str, before: Situation, after: Situation | None) -> Shades:
    """Give the fill of every commune, and its words."""
    if name == _CHANGE and after:
        return Shades(_CHANGES, _changes(before, after))
    situation = after or before
    rows = situation.communes
    classes = _classes(_scale(name, situation), rows)
    return Shades(
        _FILLS,
        {
            str(code): (int(number), words.tooltip(row, situation))
            for (code, row), number in zip(rows.iterrows(), classes, strict=True)
            if number is not None
        },
    )


def legend(name: str, situation: Situation) -> None:
    """Say what the colours mean, with unit and dates."""
    if name == _CHANGE:
        title = "Ce que le scénario change, en heures sûres par semaine"
        entries = [
            (GAINS, "devient couverte"),
            (BETTER, "plus d’heures"),
            (WORSE, "moins d’heures"),
            (LOSES, "n’est plus couverte"),
        ]
    else:
        scale = _scale(name, situation)
        title = scale.title
        entries = list(zip(SCALE, _class_words(scale), strict=True))
        if name != _DISTANCE:
            entries.append((NOBODY, "aucun service à portée"))
        if name in (_HOURS, _SUPPLY):
            entries.append((HATCHED, "horaires inconnus"))
        elif situation.silent and name == _NUMBER:
            entries.append((HATCHED, "département sans données"))
    swatches = "".join(_swatch(fill, text) for fill, text in entries)
    st.html(
        f'<div class="legende nuances" role="group" aria-label="Légende de la carte">'
        f"<strong>{escape(title)}</strong>{swatches}"
        '<span class="secondaire">Liste de services de '
        f"{situation.question.monday.year}, population 2023</span></div>"
    )
    if name in _SCALES and _SCALES[name].help:
        st.caption(_SCALES[name].help)


def _scale(name: str, situation: Situation) -> _Scale:
    scale = _SCALES[name]
    if name != _HOURS:
        return scale
    limits = _HOUR_LIMITS[situation.question.opening]
    return _Scale(scale.label, scale.title, scale.column, scale.unit, limits)


def _classes(scale: _Scale, rows: pd.DataFrame) -> list[int | None]:
    """Number each commune's class in the fills; None where it is not measured."""
    values = rows[scale.column].astype("Float64").astype(float) / scale.per_unit
    found: list[int | None] = []
    for value, verdict in zip(values, rows["verdict"], strict=True):
        if verdict is None:
            found.append(None)
        elif scale.rising:
            found.append(_NOBODY if pd.isna(value) else _class(value, scale))
        elif verdict == Verdict.SANS_INFORMATION and not value:
            found.append(_HATCHED)
        elif verdict == Verdict.SANS_SERVICE:
            found.append(_NOBODY)
        else:
            found.append(_class(value, scale))
    return found


def _class(value: float, scale: _Scale) -> int:
    """0 is the best class, 4 the worst."""
    passed = sum(value >= limit for limit in scale.limits)
    return passed if scale.rising else len(scale.limits) - passed


def _class_words(scale: _Scale) -> list[str]:
    unit = f"\u00a0{scale.unit}" if scale.unit else ""
    limits = [f"{limit:g}".replace(".", ",") for limit in scale.limits]
    between = [f"{low} à {high}{unit}" for low, high in pairwise(limits)]
    texts = [f"moins de {limits[0]}{unit}", *between, f"{limits[-1]}{unit} et plus"]
    if scale.column == "services":
        texts = _whole_numbers([int(limit) for limit in scale.limits])
    return texts if scale.rising else texts[::-1]


def _whole_numbers(limits: Sequence[int]) -> list[str]:
    """`1`, `2 à 3`, `4 à 6`, and so on."""
    between = [f"{low} à {high - 1}" for low, high in pairwise(limits)]
    return ["1", *between, f"{limits[-1]} et plus"]


def _changes(before: Situation, after: Situation) -> dict[str, tuple[int, str]]:
    rows = change(before, after)
    found = {}
    for code, row in rows[rows["gain_h"] != 0].dropna(subset=["gain_h"]).iterrows():
        kind = 0 if row["newly"] else 3 if row["no_more"] else 1 if row["gain_h"] > 0 else 2
        hours = f"{words.hours(row['before_h'])} → {words.hours(row['after_h'])} par semaine"
        found[str(code)] = (kind, f"{words.inhabitants(row)}\n{hours}")
    return found


def _swatch(fill: str, text: str) -> str:
    style = "" if fill == HATCHED else f' style="background:{fill}"'
    kind = "nuance hachuree" if fill == HATCHED else "nuance"
    return f'<span><i class="{kind}"{style}></i>{escape(text)}</span>'
