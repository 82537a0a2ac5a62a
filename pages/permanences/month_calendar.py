"""A month at a glance: a table of weeks, with the signs of the services open on each day."""

from calendar import Calendar
from datetime import date, timedelta
from html import escape

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french
from geodata.partial_date import PartialDate
from geodata.services import ServiceType
from pages.shared import signs

_WEEK = tuple(
    f'<th scope="col"><abbr title="{name}">{name[:3]}.</abbr></th>' for name in french.WEEKDAYS
)


def show(openings: pd.DataFrame, services: gpd.GeoDataFrame, start: date, end: date) -> None:
    """Draw the months from `start` (today) to the day before `end`, only their weeks in the span.

    `openings`: openings as `geodata.agenda.occasions` gives them, of `services`.
    """
    kinds, names = services["type"], services["nom"]
    on_day: dict[date, dict[signs.Sign, list[str]]] = {}
    for day, key in zip(openings["start"].dt.date, openings["id"], strict=True):
        sign = signs.SIGNS[ServiceType(kinds[key])]
        on_day.setdefault(day, {}).setdefault(sign, []).append(names[key])
    by_day = {day: _signs_html(by_sign) for day, by_sign in on_day.items()}
    st.html(
        "".join(
            _month(first, by_day, max(first, start), min(_next_month(first), end), today=start)
            for first in _months(start, end)
        )
    )


def _months(start: date, end: date) -> list[date]:
    """Return the first days of the months of a span."""
    first, months = start.replace(day=1), []
    while first < end:
        months.append(first)
        first = _next_month(first)
    return months


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _signs_html(by_sign: dict[signs.Sign, list[str]]) -> str:
    """Return how many services of each family are open on a day; their names are the tooltip."""
    counted = []
    for sign in filter(by_sign.__contains__, signs.FAMILIES):
        names = escape(" · ".join(list(dict.fromkeys(by_sign[sign]))[:12]))
        image = signs.image(sign).replace(", ouvert", "")
        counted.append(f'<span class="tenue" title="{names}">{image}{len(by_sign[sign])}</span>')
    return "".join(counted)


def _month(first: date, by_day: dict[date, str], start: date, end: date, *, today: date) -> str:
    rows = []
    for week in Calendar().monthdatescalendar(first.year, first.month):
        if not any(start <= day < end for day in week if day.month == first.month):
            continue
        cells = (
            _cell_html(day, by_day, within=start <= day < end, today=today)
            if day.month == first.month
            else "<td></td>"
            for day in week
        )
        number = week[0].isocalendar().week
        rows.append(f'<tr><th scope="row">{number}</th>{"".join(cells)}</tr>')
    month = french.partial_date(PartialDate(first.year, first.month))
    return (
        f'<table class="mois"><caption>{month}</caption><thead><tr>'
        f'<th scope="col"><abbr title="semaine">sem.</abbr></th>{"".join(_WEEK)}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell_html(day: date, by_day: dict[date, str], *, within: bool, today: date) -> str:
    kinds = ("aujourdhui" if day == today else "", "" if within else "hors")
    current = ' aria-current="date"' if day == today else ""
    return (
        f'<td class="{" ".join(filter(None, kinds))}"{current}><span class="numero">{day.day}'
        f"</span>{by_day.get(day, '') if within else ''}</td>"
    )
