"""Couverture: where and when the net has holes, and what would fill them."""

import streamlit as st

from geodata.situation.scenario import Scenario
from pages.couverture import (
    answer,
    choropleth,
    downloads,
    figures,
    gaps,
    hours,
    indicators,
    panel,
    people,
    question,
    rank,
    report,
    scenario,
    since,
    siting,
    table,
    travel_minutes,
)
from pages.couverture.panel import Panel
from pages.couverture.situations import aid_matrix, answers, everywhere, year_indicators
from pages.couverture.table import View
from pages.shared import clock, service_list

now = clock.now()
listed = service_list.current()
services = listed.services
asked = question.choose(services, now)
if asked:
    what_if = scenario.current()
    top = st.container()
    minutes = travel_minutes.choose(listed, asked)
    counted = people.counted(asked)
    past = since.chosen()
    earlier = past.listed if past else None
    before, after = answers(listed, asked, what_if, minutes, counted, earlier=earlier)
    changed = after.situation if after else None
    with top:
        answer.sentence(before, after, minutes)
        people.explain(asked, counted)
    map_side, panel_side = st.columns([6, 5], gap="medium")
    with map_side, st.container(key="cadre_carte"):
        picking = panel.chosen() == Panel.WHAT_IF
        level = choropleth.show(before, after, now, picking=picking)
    with panel_side, st.container(key="panneau"):
        match panel.choose():
            case Panel.HOURS:
                hours.show(after or before)
            case Panel.FIGURES:
                figures.show(before.situation, changed, services)
            case Panel.WHAT_IF:
                scenario.show(before.situation, changed)
            case Panel.WHERE_BEST:
                siting.show(listed, asked, what_if)
            case Panel.SINCE:
                since.show(listed, past, asked, before, after, minutes, counted)
    match table.choose():
        case View.TERRITORIES:
            table.show(after or before, level)
            downloads.show(before, after, listed, level, now)
        case View.AIDS:
            matrix = aid_matrix(listed, asked, counted, minutes)
            gaps.show(matrix, asked)
            downloads.matrix(matrix, before.situation, now)
        case View.DEPARTEMENTS:
            all_of_them = everywhere(listed, asked, counted)
            rank.show(all_of_them)
            downloads.ranks(all_of_them, now)
        case View.INDICATORS:
            found = year_indicators(listed, asked, counted, now.date())
            indicators.show(found)
            downloads.indicators(found, before.situation, now)
    if past:
        before, after, what_if = after or before, None, Scenario()
    report.show(before, after, what_if, listed, now, minutes=minutes, counted=counted)
