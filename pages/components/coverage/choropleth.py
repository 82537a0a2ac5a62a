"""The map of a situation: communes by shade, the services that count where wanted."""

from datetime import datetime

import geopandas as gpd
import streamlit as st

from geodata import communes
from geodata.points import measured_points
from geodata.selection import Selection, timetable
from geodata.situation import Situation
from geodata.situation.scenario import PREFIX
from pages.components import filters, maps, outlines
from pages.components.coverage import scenario, shades

_SIGNS = "couverture_signes"
_HEIGHT = 380


def show(before: Situation, after: Situation | None, now: datetime, *, picking: bool) -> None:
    """Draw the map, its switch and its legend. `picking`: a click chooses a commune."""
    situation = after or before
    territory = situation.question.departements
    name = shades.choose(changed=after is not None)
    signs = _signs(situation.services)
    maps.show_map(
        signs,
        timetable(signs, Selection(), now)["state"],
        territory=territory,
        bounds=outlines.bounds(territory),
        focus=None,
        plan_ign=filters.wants_tiles(),
        on_choose=lambda _: None,
        shades=shades.fills(name, before, after),
        on_pick=_pick if picking else None,
        key="carte_couverture",
        height=_HEIGHT,
    )
    shades.legend(name, situation)
    st.checkbox("Montrer les services comptés", key=_SIGNS, persist_state="session")
    filters.offer_tiles()


def _signs(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The services to draw: those added always, the others if wanted; only public places."""
    wanted = bool(st.session_state.get(_SIGNS))
    added = services.index.str.startswith(PREFIX)
    drawn = services[services.geometry.notna() & (added | wanted)]
    return drawn[measured_points(drawn).notna()]


def _pick(place: maps.Pick) -> None:
    code = communes.commune_at(place.lng, place.lat)
    if code:
        scenario.choose_commune(code)
