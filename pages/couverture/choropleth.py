"""The map of a situation: communes by colour and, if wanted, the services that count."""

from collections.abc import Sequence
from datetime import datetime

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import communes
from geodata.points import measured_points
from geodata.selection import Selection, timetable
from geodata.situation.scenario import PREFIX
from geodata.situation.territories import Level
from pages.couverture import context, scenario, shades, territory
from pages.couverture.situations import Answer, cached_by_answer
from pages.map import leaflet_map, outlines
from pages.shared import filters, results

_SIGNS = "couverture_signes"
_HEIGHT = 380


def show(
    before: Answer,
    after: Answer | None,
    now: datetime,
    *,
    picking: bool,
    both: Sequence[Answer] = (),
) -> tuple[Level, context.Shown | None]:
    """Draw the map, its switches and its legend; return the level and the layer chosen.

    `picking`: a click chooses a commune. `both`: the answers with two scenarios.
    """
    answer = after or before
    departements = tuple(answer.situation.question.departements)
    timed = answer.situation.question.opening is not None
    name = shades.choose(changed=after is not None, timed=timed, two=bool(both))
    map_place = st.container()
    level, looked_at = territory.choose(answer.situation)
    beside = context.choose(answer.situation)
    fills = shades.fills(name, *shades.sides(name, before, after, both), level)
    signs, states = _signs(answer, now, wanted=bool(st.session_state.get(_SIGNS)))
    with map_place:
        leaflet_map.show_map(
            signs,
            states,
            territory=departements,
            bounds=outlines.bounds(departements, looked_at),
            focus=None,
            plan_ign=filters.wants_tiles(),
            on_choose=lambda _: None,
            shades=beside.told(fills) if beside else fills,
            context=beside.context if beside else None,
            on_pick=_pick if picking else None,
            key="carte_couverture",
            height=_HEIGHT,
        )
        shades.legend(name, answer, level)
        if beside:
            context.legend(beside)
    territory.say(answer)
    st.checkbox("Montrer les services comptés", key=_SIGNS, persist_state="session")
    filters.offer_tiles()
    return level, beside


@cached_by_answer(ttl=results.A_MINUTE_IS_OVER)
def _signs(answer: Answer, now: datetime, *, wanted: bool) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Return the services to draw and their states: the added ones, and if `wanted` the others.

    Only public places.
    """
    services = answer.situation.services
    added = services.index.str.startswith(PREFIX)
    drawn = services[services.geometry.notna() & (added | wanted)]
    if drawn.empty:
        return drawn, pd.Series(index=drawn.index, dtype=object)
    drawn = drawn[measured_points(drawn).notna()]
    return drawn, timetable(drawn, Selection(), now)["state"]


def _pick(place: leaflet_map.Pick) -> None:
    code = communes.commune_at(place.lng, place.lat)
    if code:
        scenario.choose_commune(code)
