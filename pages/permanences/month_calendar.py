"""A month at a glance: a table of weeks, with the signs of what is held on each day."""

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


def show(held: pd.DataFrame, services: gpd.GeoDataFrame, start: date, end: date) -> None:
    """Draw the months from `start` (today) to the day before `end`, only their weeks in the span.

    `held`: openings as `geodata.agenda.occasions` gives them, of `services`.
    """
    kinds, names = services["type"], services["nom"]
    on_day: dict[date, dict[signs.Sign, list[str]]] = {}
    for day, key in zip(held["start"].dt.date, held["id"], strict=True):
        sign = signs.SIGNS[ServiceType(kinds[key])]
        on_day.setdefault(day, {}).setdefault(sign, []).append(names[key])
    by_day = {day: _signs(found) for day, found in on_day.items()}
    st.html(
        "".join(
            _month(first, by_day, max(first, start), min(_next_month(first), end), today=start)
            for first in _months(start, end)
        )
    )


def _months(start: date, end: date) -> list[date]:
    """The first days of the months of a span."""
    first, found = start.replace(day=1), []
    while first < end:
        found.append(first)
        first = _next_month(first)
    return found


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _signs(found: dict[signs.Sign, list[str]]) -> str:
    """How many of each family are held on a day, and their names for who points at it."""
    counted = []
    for sign in filter(found.__contains__, signs.FAMILIES):
        names = escape(" · ".join(list(dict.fromkeys(found[sign]))[:12]))
        image = signs.image(sign).replace(", ouvert", "")
        counted.append(f'<span class="tenue" title="{names}">{image}{len(found[sign])}</span>')
    return "".join(counted)


def _month(first: date, by_day: dict[date, str], start: date, end: date, *, today: date) -> str:
    rows = []
    for week in Calendar().monthdatescalendar(first.year, first.month):
        if not any(start <= day < end for day in week if day.month == first.month):
            continue
        cells = (
            _cell(day, by_day, within=start <= day < end, today=today)
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


def _cell(day: date, by_day: dict[date, str], *, within: bool, today: date) -> str:
    kinds = ("aujourdhui" if day == today else "", "" if within else "hors")
    current = ' aria-current="date"' if day == today else ""
    return (
        f'<td class="{" ".join(filter(None, kinds))}"{current}><span class="numero">{day.day}'
        f"</span>{by_day.get(day, '') if within else ''}</td>"
    )
