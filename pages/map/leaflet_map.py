"""The map: folium holds the frame, `pages/map/static/` draws. The only place with folium.

No text of the list ever goes into a folium element: folium compiles what an element renders as a
template, on the server. Data reach the browser as one encoded argument of a call.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import folium
import geopandas as gpd
import pandas as pd
import streamlit as st
from branca.element import Element, MacroElement
from folium.template import Template
from streamlit_folium import st_folium

from geodata.hours import State
from pages.map import marker_file
from pages.map.assets import SCRIPTS, STYLES, version
from pages.shared import signs
from pages.shared.service_list import ServiceList

KEY = "carte"
HEIGHT = 520
_ASSETS = "../../assets/"
_STATES = tuple(State)
# What a template, a script, an HTML page or the component's own text replacements could react to.
_REACTIVE = "{}<>&'`$_\u2028\u2029"
_ESCAPES = {character: f"\\u{ord(character):04x}" for character in _REACTIVE}


@dataclass(frozen=True)
class Shades:
    """How to fill communes: the fills, and by code which one and why.

    A fill is a colour, or `geodata.situation.shades.HATCHED`. `inside`: the communes that are
    looked at, where these are not all of the territory; the others are as the ground.
    """

    fills: tuple[str, ...]
    communes: Mapping[str, tuple[int, str]]
    inside: tuple[str, ...] = ()


RING_SIZES = (3, 5, 8, 11)
"""The radius of the rings of each class, in pixels."""


@dataclass(frozen=True)
class Context:
    """What is drawn over the communes: rings (degrees, and an index into `RING_SIZES`), or shapes.

    `shapes`: GeoJSON, of which `nom` is the only property; "" for none.
    """

    rings: tuple[tuple[float, float, int], ...] = ()
    shapes: str = ""


@dataclass(frozen=True)
class Pick:
    """A point of the map in degrees, to about 100 m; `located`: it is the reader's own position."""

    lng: float
    lat: float
    located: bool


@dataclass(frozen=True)
class Focus:
    """What the popup of the chosen service says."""

    id: str
    title: str
    lines: tuple[str, ...]
    phone: str


def show_map(  # noqa: PLR0913
    places: gpd.GeoDataFrame,
    states: pd.Series,
    *,
    territory: Sequence[str],
    bounds: tuple[float, float, float, float],
    focus: Focus | None,
    plan_ign: bool,
    on_choose: Callable[[str], None],
    listed: ServiceList | None = None,
    town_halls: bool = False,
    routes: Sequence[Sequence[str]] = (),
    origin: tuple[float, float, str] | None = None,
    shades: Shades | None = None,
    context: Context | None = None,
    on_pick: Callable[[Pick], None] | None = None,
    offer_position: bool = False,
    key: str = KEY,
    height: int = HEIGHT,
) -> None:
    """Draw `places` (with a point each) and their `states` over the outlines of a territory.

    `territory`: codes of départements; `bounds`: west, south, east, north in degrees, followed only
    when they change, and not where the reader has moved the map and still sees them. `on_choose` is
    called with a service's id when its sign is clicked. With `listed`, the list that `places` are
    of, many places are grouped by commune. `routes` link the signs of these ids, in this order.
    `origin`: longitude, latitude and name of the place that distances are counted from. `shades`
    fill the communes, `context` is drawn over them. With `on_pick` a click on the map calls it, and
    with `offer_position` a button sends the reader's own position. `height` in pixels.
    """
    west, south, east, north = bounds
    many = len(places) > marker_file.MANY
    grouped = marker_file.view(listed, states) if listed and many else None
    view = {
        "territory": list(territory),
        "bounds": [[south, west], [north, east]],
        "places": [] if grouped else _place_rows(places, states),
        "crowd": grouped,
        "focus": focus and {**focus.__dict__, "lines": list(focus.lines)},
        "tiles": plan_ign,
        "townHalls": town_halls,
        "routes": [list(route) for route in routes],
        "origin": origin,
        "pick": on_pick is not None and ("position" if offer_position else "carte"),
        "shades": shades
        and {
            "fills": shades.fills,
            "communes": dict(shades.communes),
            "inside": shades.inside,
        },
        "context": context
        and {
            "rings": [[lat, lng, RING_SIZES[turn]] for lng, lat, turn in context.rings],
            "shapes": json.loads(context.shapes) if context.shapes else None,
        },
    }

    def chosen() -> None:
        value = st.session_state.get(key) or {}
        if value.get("selected"):
            on_choose(value["selected"])
        elif on_pick and (place := _read_pick(value)):
            on_pick(place)

    st_folium(
        _base_map(),
        render=False,
        key=key,
        height=height,
        use_container_width=True,
        returned_objects=[],
        feature_group_to_add=_Call(view),
        on_change=chosen,
    )


def _read_pick(value: Mapping[str, object]) -> Pick | None:
    """Return the point that the browser sends; None if it sends anything else."""
    match value.get("point"):
        case [(int() | float()) as lng, (int() | float()) as lat]:
            believable = abs(lng) <= 180 and abs(lat) <= 90
            return Pick(lng, lat, located=value.get("located") is True) if believable else None
    return None


def encoded(value: object) -> str:
    """Return `value` as a JavaScript string of JSON; nothing in it is read as code or template."""
    literal = json.dumps(json.dumps(value))
    for character, escape in _ESCAPES.items():
        literal = literal.replace(character, escape)
    return literal


def _place_rows(places: gpd.GeoDataFrame, states: pd.Series) -> list[list[object]]:
    points = places.geometry
    return [
        [key, round(lat, 6), round(lng, 6), family, _STATES.index(state), int(approximate), name]
        for key, lat, lng, family, state, approximate, name in zip(
            places.index,
            points.y,
            points.x,
            places["type"].map(marker_file.FAMILY_OF),
            states,
            places["approximatif"],
            places["nom"],
            strict=True,
        )
    ]


@cache
def _base_map() -> folium.Map:
    """Return the same map at every run, so that the component keeps its frame and its view.

    All runs share it, and nothing is ever added to it: folium compiles each text that it renders
    as a template, which is dear, and is done here once.
    """
    shell = _Map(
        location=[46.6, 2.5],
        zoom_start=6,
        minZoom=5,
        maxZoom=19,
        zoomSnap=0.25,  # so that a territory fills the frame; whole levels over Plan IGN
        tiles=None,
        prefer_canvas=True,
    )
    shell.add_child(_Mount({"version": version(), "icons": signs.icons()}))
    shell.render()
    return shell


class _Map(folium.Map):
    rendered = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.default_js = [(name, _ASSETS + path) for name, path in SCRIPTS.items()]
        self.default_css = [(name, _ASSETS + path) for name, path in STYLES.items()]
        self._id = "div"  # as `st_folium` will name it, in the midst of other runs

    def render(self, **settings: Any) -> str:
        """Render the first time only."""
        if not self.rendered:
            folium.Map.render(self, **settings)
            self.rendered = True
        return ""


class _Mount(MacroElement):
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "window.maillage.mount({{ this._parent.get_name() }}, JSON.parse({{ this.settings }}));"
        "{% endmacro %}"
    )

    def __init__(self, settings: object) -> None:
        MacroElement.__init__(self)
        self._name = "Mount"
        self.settings = encoded(settings)


class _Call(folium.FeatureGroup):
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = window.maillage.show(JSON.parse({{ this.view }}));"
        "{% endmacro %}"
    )

    def __init__(self, view: object) -> None:
        super().__init__()
        self.view = encoded(view)

    def add_to(self, parent: Element, *_place: Any, **_named: Any) -> Self:
        """Remember the map without changing it: other visitors' runs use it too."""
        self._parent = parent
        return self

    def render(self, **_settings: Any) -> str:
        """Add nothing to the map's page: `st_folium` reads the template itself."""
        return ""
