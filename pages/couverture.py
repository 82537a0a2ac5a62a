"""Couverture: where and when the net has holes, and what would fill them."""

import streamlit as st

from geodata.situation.scenario import Scenario
from pages.couverture import (
    answer,
    beside,
    choropleth,
    downloads,
    figures,
    gaps,
    hours,
    indicators,
    outings,
    own_territory,
    panel,
    past,
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
from pages.couverture.situations import (
    aid_matrix,
    answers,
    both_sides,
    day_outings,
    everywhere,
    year_indicators,
)
from pages.couverture.table import View
from pages.shared import clock, people, service_list

now = clock.now()
listed = service_list.current()
services = listed.services
asked = question.choose(services, now)
if asked:
    proposals, without_car = scenario.proposals(), asked.transit_minutes is not None
    top = st.container()
    asked, minutes = travel_minutes.choose(listed, asked, top)
    counted = people.counted(asked)
    compared = since.chosen()
    earlier = compared.listed if compared else None
    what_if = Scenario() if compared else scenario.current()
    before, after = answers(listed, asked, what_if, minutes, counted, earlier=earlier)
    called = scenario.label() if what_if else ""
    both = () if compared else both_sides(listed, asked, proposals, minutes, counted)
    changed = after.situation if after else None
    sides = beside.compared(before, proposals, both)
    with top:
        answer.sentence(before, after, minutes, called if both else "")
        people.explain(asked, counted)
        own_territory.explain(asked.own)
    map_side, panel_side = st.columns([6, 5], gap="medium")
    with map_side, st.container(key="cadre_carte"):
        picking = panel.chosen() == Panel.WHAT_IF
        level, layer = choropleth.show(before, after, now, picking=picking, both=both)
    with panel_side, st.container(key="panneau"):
        match panel.choose():
            case Panel.HOURS:
                hours.show(after or before)
            case Panel.FIGURES:
                figures.show(before.situation, changed, services)
            case Panel.WHAT_IF:
                scenario.show(before.situation, changed, sides)
            case Panel.WHERE_BEST:
                siting.show(listed, asked, what_if, counted)
            case Panel.SINCE:
                if compared:
                    scenario.say_set_aside()
                since.show(listed, compared, asked, before, after, minutes, counted)
    match table.choose(without_car=without_car, timetables=minutes is not None):
        case View.TERRITORIES:
            table.show(after or before, level, layer)
            downloads.show(before, after, listed, level, now, both, compared)
        case View.AIDS:
            matrix = aid_matrix(listed, asked, counted, minutes, what_if)
            gaps.show(matrix, asked, called)
            downloads.matrix(matrix, before.situation, called, now)
        case View.DEPARTEMENTS:
            all_of_them = everywhere(listed, asked, counted, what_if)
            rank.show(all_of_them, called)
            downloads.ranks(all_of_them, now)
        case View.INDICATORS:
            years = past.of_each_year()
            found = year_indicators(listed, asked, counted, now.date(), what_if, called, years)
            indicators.show(found, called, spoken=bool(asked.langues))
            downloads.indicators(found, before.situation, now)
        case View.OUTINGS if minutes:
            read = day_outings(listed, asked, minutes, before)
            outings.show(read, before.situation, supposed=bool(what_if))
            downloads.outings(read, before.situation, minutes.source, now)
        case View.OUTINGS:
            outings.say_missing()
    if compared:
        before, after = after or before, None
    report.show(
        before, after, what_if, listed, now,
        minutes=minutes, counted=counted, sides=sides,
    )  # fmt: skip
