"""Couverture: where and when the net has holes, and what would fill them."""

import streamlit as st

from pages.components import (
    clock,
    coverage_answer,
    coverage_data,
    coverage_figures,
    coverage_hours,
    coverage_map,
    coverage_minutes,
    coverage_panel,
    coverage_question,
    coverage_report,
    coverage_scenario,
    coverage_siting,
    coverage_table,
    coverage_takeaway,
    data,
)
from pages.components.coverage_panel import Panel

now = clock.now()
services = data.load().reading.services
question = coverage_question.choose(services, now)
if question:
    scenario = coverage_scenario.current()
    answer = st.container()
    told = coverage_minutes.choose(services, question)
    before, after = coverage_data.situations(services, question, scenario, told)
    with answer:
        coverage_answer.sentence(before, after, told)
    map_side, panel_side = st.columns([6, 5], gap="medium")
    with map_side, st.container(key="cadre_carte"):
        picking = coverage_panel.chosen() == Panel.WHAT_IF
        coverage_map.show(before, after, now, picking=picking)
    with panel_side, st.container(key="panneau"):
        match coverage_panel.choose():
            case Panel.HOURS:
                coverage_hours.show(after or before)
            case Panel.FIGURES:
                coverage_figures.show(before, after, services)
            case Panel.WHAT_IF:
                coverage_scenario.show(before, after)
            case Panel.WHERE_BEST:
                coverage_siting.show(services, question, scenario)
    coverage_table.show(after or before)
    coverage_takeaway.show(after or before, now)
    coverage_report.show(before, after, scenario, services, now, told=told)
