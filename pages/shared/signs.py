"""The signs of the families of services: one shape and one colour each, everywhere the same.

Colours are Okabe and Ito's (2008) or darkened from them, so that white shows against each at 4.5:1
and the shape alone is enough in grey.
"""

from dataclasses import dataclass
from functools import cache
from html import escape
from types import MappingProxyType
from urllib.parse import quote

import geopandas as gpd
import pandas as pd

from geodata.hours import State
from geodata.service_types import Family, ServiceType


@dataclass(frozen=True)
class Sign:
    """A family's `label`, `colour`, and its shape as an SVG path in a box of 24 by 24."""

    label: str
    colour: str
    path: str


_CROSS = "M8.5 2.5H15.5V8.5H21.5V15.5H15.5V21.5H8.5V15.5H2.5V8.5H8.5Z"
_DRAWN = {
    Family.SECURITE: ("#0072B2", "M4 4H20V20H4Z"),
    Family.SOCIAL: ("#00785A", "M12 3A9 9 0 1 1 11.99 3Z"),
    Family.ACCUEIL: ("#8E4585", "M12 2L22 12L12 22L2 12Z"),
    Family.PERMANENCES: ("#C04F00", "M12 3L22 20.5H2Z"),
    Family.JUSTICE: ("#8A6D00", "M12 2.5L21.8 9.7L18 21H6L2.2 9.7Z"),
    Family.SANTE: ("#2A74B0", _CROSS),
    Family.HEBERGEMENT: ("#5A5A5A", "M3 11L12 3L21 11V21H3Z"),
}
_SIGN_OF = {family: Sign(family.label, *_DRAWN[family]) for family in Family}

SOCIAL, SHELTER = _SIGN_OF[Family.SOCIAL], _SIGN_OF[Family.HEBERGEMENT]
FAMILIES = tuple(_SIGN_OF.values())
SIGNS = MappingProxyType({kind: _SIGN_OF[kind.facts.family] for kind in ServiceType})
STATE_LABELS = MappingProxyType(
    {State.OPEN: "ouvert", State.CLOSED: "fermé", State.UNKNOWN: "horaires inconnus"}
)


def svg(sign: Sign, state: State = State.OPEN, *, approximate: bool = False) -> str:
    """Draw a sign as SVG: full = open, white = closed, white and dashed with a `?` = unknown hours.

    A thin ring around it says that the place is only the town hall's. A white edge around all of it
    keeps it readable on a dark page and on a map's colours.
    """
    fill = sign.colour if state == State.OPEN else "#fff"
    dashes = ' stroke-dasharray="3.2 2"' if state == State.UNKNOWN else ""
    mark = (
        f'<text x="12" y="17" text-anchor="middle" font-size="13" font-weight="700" '
        f'fill="{sign.colour}" stroke="none">?</text>'
        if state == State.UNKNOWN
        else ""
    )
    centre = 'cx="12" cy="12" fill="none"'
    below = f'<circle {centre} r="14.4" stroke="#fff" stroke-width="3.2"/>'
    ring = f'<circle {centre} r="15" stroke="#555" stroke-width="1"/>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="30" viewBox="-4 -4 32 32" '
        f'stroke="{sign.colour}" stroke-width="2.4" stroke-linejoin="round" fill="{fill}">'
        f'{below if approximate else ""}<path d="{sign.path}" stroke="#fff" stroke-width="4.6"/>'
        f'<path d="{sign.path}"{dashes}/>{mark}{ring if approximate else ""}</svg>'
    )


def icons() -> list[list[list[str]]]:
    """Return each sign as SVG, by family, by state, then without and with the town hall's ring."""
    return [
        [[svg(sign, state, approximate=ring) for ring in (False, True)] for state in State]
        for sign in FAMILIES
    ]


@cache
def image(sign: Sign, state: State = State.OPEN, *, approximate: bool = False) -> str:
    """Return the same sign as an HTML image whose text says what it means."""
    drawing = quote(svg(sign, state, approximate=approximate))
    label = escape(f"{sign.label}, {STATE_LABELS[state]}")
    return f'<img class="signe" src="data:image/svg+xml,{drawing}" alt="{label}">'


def on_the_map(services: gpd.GeoDataFrame) -> pd.Series:
    """Return which services have a sign: those with a point, never a shelter."""
    shown: pd.Series = services.geometry.notna() & (services["type"] != ServiceType.HEBERGEMENT)
    return shown
