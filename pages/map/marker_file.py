"""Many signs at once: a file with every sign of the list, and a digit for each one drawn.

The browser keeps the file, which is named by its content: a filter then sends a digit a service.
The file holds what the page draws when nothing is filtered, and nothing else.
Nothing here may import streamlit_folium: `server` serves the file.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from geodata.hours import State
from geodata.upkeep.stores import NoList
from pages.shared import results, service_list, signs
from pages.shared.service_list import ServiceList, cached

MANY = 1000
FAMILY_OF = {str(kind): signs.FAMILIES.index(sign) for kind, sign in signs.SIGNS.items()}
_DECIMALS = 5  # about 1 m
_AROUND_DECIMALS = 1  # what names no commune is grouped with its neighbours, within some 10 km
_KEPT_FILES = 4
_DIGITS = {state: ord(str(digit)) for digit, state in enumerate(State)}
_NOT_DRAWN = ord("-")


@dataclass(frozen=True)
class MarkerFile:
    """The file of all signs of a list: its `name`, and the `ids` of the services in its order."""

    ids: pd.Index
    name: str


def view(listed: ServiceList, states: pd.Series) -> dict[str, str]:
    """Return what tells the map's script which services to draw, and in which state.

    `states`: of `hours.State`, by id. `file` is the name of the list's file, `states` has one
    character for each service in it: the place of its state in `State`, or `-`. Raises KeyError
    for a service that has no sign in the list.
    """
    markers = _marker_file(listed)
    places = markers.ids.get_indexer(states.index)
    if (places < 0).any():
        raise KeyError("a service that has no sign in the list")
    digits = np.full(len(markers.ids), _NOT_DRAWN, dtype=np.uint8)
    digits[places] = states.map(_DIGITS)
    return {"file": markers.name, "states": digits.tobytes().decode("ascii")}


def as_json(name: str) -> bytes | None:
    """Return the file of this name, of the list as it is or was lately; None if unknown."""
    if name not in _files():
        with suppress(NoList):
            _marker_file(service_list.load())
    return _files().get(name)


def warm_up() -> None:
    """Write the file of a long list before the first visitor comes."""
    with suppress(NoList):
        listed = service_list.load()
        if len(listed.services) > MANY:
            _marker_file(listed)


@cached(max_entries=_KEPT_FILES)
def _marker_file(listed: ServiceList) -> MarkerFile:
    shown = results.services(listed)
    shown = shown[signs.on_the_map(shown)]
    content = _content(shown)
    name = hashlib.sha256(content).hexdigest()[:16]
    files = _files()
    files[name] = content
    for old in list(files)[:-_KEPT_FILES]:
        del files[old]
    return MarkerFile(shown.index, name)


@st.cache_resource(show_spinner=False)
def _files() -> dict[str, bytes]:
    return {}


def _content(shown: gpd.GeoDataFrame) -> bytes:
    """Return the file: a list for each column. `homes` are positions in `communes`.

    A commune is placed at the mean of its services, so that its group covers them.
    """
    lats, lngs = shown.geometry.y, shown.geometry.x
    around = (
        lats.round(_AROUND_DECIMALS).astype(str) + " " + lngs.round(_AROUND_DECIMALS).astype(str)
    )
    groups = shown["code_insee"].where(shown["code_insee"] != "", around)
    located = pd.DataFrame({"nom": shown["commune"], "lat": lats, "lng": lngs})
    grouped = located.groupby(groups, sort=False)
    communes = grouped.agg({"nom": "first", "lat": "mean", "lng": "mean"})
    columns = {
        "ids": shown.index,
        "names": shown["nom"],
        "lats": lats.round(_DECIMALS),
        "lngs": lngs.round(_DECIMALS),
        "families": shown["type"].map(FAMILY_OF),
        "approximate": shown["approximatif"].astype(int),
        "homes": grouped.ngroup(),
    }
    places = zip(
        communes["nom"],
        communes["lat"].round(_DECIMALS),
        communes["lng"].round(_DECIMALS),
        strict=True,
    )
    whole = {name: column.tolist() for name, column in columns.items()}
    whole["communes"] = list(places)
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
