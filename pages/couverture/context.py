"""A layer of context on the map, beside the measure: the reader's own file, or the list's."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
import streamlit as st

from geodata import communes, french
from geodata.situation import Situation
from geodata.tables import UnreadableFile
from geodata.text import fold
from geodata.upkeep import context_layers
from geodata.upkeep.context_layers import Layer, LayerFile, Shapes
from pages.map.leaflet_map import RING_SIZES, Context, Shades
from pages.shared import address_bar, service_list
from pages.shared.page_frame import plain

_KEY, _FILE, _COLUMN = "couverture_couche", "couverture_couche_fichier", "couverture_couche_colonne"
_PARAMETER = "couche"
_NONE, _MINE = "", "fichier"
_MOST_PROBLEMS = 5
_MOST_CORNERS = 20_000
_DEGREES = (0.0005, 0.002, 0.01)  # about 50 m, 200 m, 1 km


@dataclass(frozen=True, eq=False)
class Shown:
    """What is shown beside the measure: a figure by commune, or outlines.

    `words`: what is said of each commune of the territory, by code. `context`: what the map draws.
    """

    title: str
    words: pd.Series
    context: Context
    legend: str

    def told(self, shades: Shades) -> Shades:
        """Return the shades with the layer's words behind those of each commune."""
        said = self.words[self.words != ""]
        return replace(
            shades,
            communes={
                code: (fill, f"{text}\n{self.title} : {said[code]}" if code in said else text)
                for code, (fill, text) in shades.communes.items()
            },
        )


def choose(situation: Situation) -> Shown | None:
    """Draw the choice of a layer, and where to give a file; None where none is shown."""
    kept, failures = _kept()
    options = {_NONE: "Sans couche de contexte", **{key: one.title for key, one in kept.items()}}
    options[_MINE] = "Une couche à vous : un fichier…"
    name = address_bar.choose("Contexte", options, key=_KEY, parameter=_PARAMETER, menu=True)
    for failure in failures:
        st.warning(plain(failure), icon="⚠️")
    if name == _NONE:
        return None
    if name != _MINE:
        return _of_layer(kept[name], situation)
    address_bar.write({_PARAMETER: ""})  # a file is of this visit
    found = _given()
    if isinstance(found, Shapes):
        return _of_shapes(found, situation)
    return _of_layer(found, situation) if found else None


def legend(shown: Shown) -> None:
    """Draw what the layer is, its classes, and what is not told."""
    st.html(shown.legend)


def _given() -> Layer | Shapes | None:
    """Draw where to give a file and which column; return what is to be shown of it."""
    given = st.file_uploader(
        "Tableau par commune (CSV, Excel, LibreOffice) ou carte (GeoJSON)",
        type=["csv", "txt", "xlsx", "ods", "json", "geojson"],
        key=_FILE,
        help="Un tableau a une colonne de codes INSEE et une colonne de nombres. Le fichier reste "
        "dans cette visite : il n’est ni enregistré, ni envoyé ailleurs.",
    )
    if given is None:
        return None
    found = _read(given.getvalue(), given.name[:60])
    if isinstance(found, str):
        st.error(plain(found), icon="⚠️")
        return None
    if found.problems:
        lines = [f"- {plain(problem)}" for problem in found.problems[:_MOST_PROBLEMS]]
        more = len(found.problems) - _MOST_PROBLEMS
        lines += [f"- … et {french.count(more, 'autre')}."] if more > 0 else []
        st.warning("\n".join(lines), icon="⚠️")
    if found.shapes:
        return found.shapes
    column = st.selectbox("Colonne à montrer", list(found.layers), key=_COLUMN)
    return found.layers[str(column)]


@st.cache_resource(max_entries=2, ttl="15m", scope="session", show_spinner="Lecture…")
def _read(content: bytes, name: str) -> LayerFile | str:
    try:
        return context_layers.read(content, name)
    except UnreadableFile as error:
        return str(error)


# --- layers beside the list ---------------------------------------------------------------


def _kept() -> tuple[Mapping[str, Layer], list[str]]:
    """Return the layers beside the list, by the word of the address, and what cannot be read."""
    layers: dict[str, Layer] = {}
    failures = []
    for file in context_layers.beside(service_list.path()):
        try:
            status = file.stat()
        except OSError:
            continue
        found = _read_beside(str(file), status.st_mtime_ns, status.st_size)
        if isinstance(found, str):
            failures.append(found)
        else:
            layers |= {fold(key).replace(" ", "-"): one for key, one in found.layers.items()}
    return layers, failures


@st.cache_resource(show_spinner=False, max_entries=4)
def _read_beside(path: str, changed_ns: int, size: int) -> LayerFile | str:  # noqa: ARG001
    try:
        return context_layers.read_beside(Path(path))
    except (UnreadableFile, OSError) as error:
        return f"Le fichier {Path(path).name} ne peut pas être lu. {error}"


# --- what is drawn ------------------------------------------------------------------------


def _of_layer(layer: Layer, situation: Situation) -> Shown:
    codes = situation.communes.index
    values = layer.figures.reindex(codes)
    steps = context_layers.limits(values)
    halls = communes.read_town_halls().loc[codes, ["lng", "lat"]]
    drawn = halls.assign(turn=context_layers.classes(values, steps)).dropna()
    drawn = drawn[drawn["turn"] >= 0].sort_values("turn", ascending=False, kind="stable")
    rings = tuple(
        (round(lng, 4), round(lat, 4), int(turn))
        for lng, lat, turn in drawn[["lng", "lat", "turn"]].itertuples(index=False)
    )
    words = pd.Series([layer.words(str(code)) for code in codes], index=codes)
    secret = int(codes.isin(list(layer.secret)).sum())
    untold = int(values.isna().sum()) - secret
    without = [
        *([f"{french.count(secret, 'commune')} : secret statistique"] if secret else []),
        *([f"{french.count(untold, 'commune')} : pas de chiffre"] if untold else []),
    ]
    entries = "".join(
        f'<span><i class="rond" style="width:{2 * size}px;height:{2 * size}px"></i>'
        f"{escape(text)}</span>"
        for size, text in zip(RING_SIZES, context_layers.class_words(steps), strict=False)
    )
    none = f"<span>Sans rond : {escape(' ; '.join(without))}</span>" if without else ""
    html = _legend_html(f"Contexte : {layer.title}", entries + none, layer.source, layer.note)
    return Shown(layer.title, words, Context(rings=rings), html)


def _of_shapes(given: Shapes, situation: Situation) -> Shown:
    codes = list(situation.communes.index)
    box = shapely.box(*situation.communes.total_bounds)
    near = given.shapes[given.shapes.intersects(box)]
    title = "Dans la couche"
    count = french.count(len(near), "élément", "éléments")
    entries = f'<span><i class="trait"></i>{count} dans ce territoire</span>'
    html = _legend_html(f"Contexte : {given.source}", entries, given.source, "")
    return Shown(title, given.words(codes), Context(shapes=_lean(near)), html)


def _lean(shapes: gpd.GeoDataFrame) -> str:
    """Return shapes as GeoJSON with `nom` alone, simplified as much as it takes to be light."""
    simple = shapes.geometry
    for degrees in _DEGREES:
        if shapely.get_num_coordinates(simple.to_numpy()).sum() <= _MOST_CORNERS:
            break
        simple = shapes.geometry.simplify(degrees)
    light = gpd.GeoDataFrame({"nom": shapes["nom"]}, geometry=simple)
    return str(light.to_json(drop_id=True))


def _legend_html(title: str, entries: str, source: str, note: str) -> str:
    words = f"Source : {source}." + (f" {note}" if note else "")
    return (
        '<div class="legende nuances" role="group" aria-label="Légende de la couche de contexte">'
        f"<strong>{escape(title)}</strong>{entries}"
        f'<span class="secondaire">{escape(words)}</span></div>'
    )
