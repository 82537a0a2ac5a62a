"""What the reader takes away: the communes as files, the map, and the address of this view."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import pandas as pd
import streamlit as st

from geodata.paper import map_picture
from geodata.situation import Situation, files, gaps, words
from geodata.situation import outings as days
from geodata.situation.indicators import Year, to_csv, to_xlsx
from geodata.situation.territories import Level
from pages.couverture import rank, scenario, shades, territory
from pages.couverture.past import Earlier
from pages.couverture.situations import Answer, Matrix
from pages.shared import downloads
from pages.shared.service_list import ServiceList

_T = TypeVar("_T")
_FOR_QGIS = "Carte pour QGIS (GeoJSON)"
_SHARE = "Adresse à copier : elle garde la question et les scénarios, rien d’autre."


def show(
    before: Answer,
    after: Answer | None,
    listed: ServiceList,
    level: Level,
    now: datetime,
    both: Sequence[Answer] = (),
    earlier: Earlier | None = None,
) -> None:
    """Offer the communes or territories with their measures, with the scenario, and the link.

    `earlier`: the list that the page compares with, if it does.
    """
    answer = after or before
    situation = answer.situation
    supposed = "-scenario" if situation.scenario else ""
    places = words.file_places(situation)
    if level is Level.COMMUNE:
        name, title = f"maillage-couverture-{places}{supposed}-{now:%Y-%m-%d}", "les communes"
        kinds = downloads.table_kinds(
            files.to_xlsx, files.to_csv, files.to_geojson, situation, _FOR_QGIS
        )
    else:
        name = f"maillage-couverture-{level}-{places}{supposed}-{now:%Y-%m-%d}"
        title = f"la table par {level.label}"
        kinds = _territory_kinds(territory.by_level(answer, level), situation, level)
    with st.container(horizontal=True):
        caption = (
            "Ce que montrent la carte et la table, avec le scénario s’il y en a un. "
            f"{downloads.PREFER}"
        )
        pictures = _pictures(before, after, listed, level, now, both, earlier)
        downloads.files(f"Exporter {title}", caption, name, [*kinds, *pictures])
        downloads.share(_SHARE)


def _pictures(
    before: Answer,
    after: Answer | None,
    listed: ServiceList,
    level: Level,
    now: datetime,
    both: Sequence[Answer],
    earlier: Earlier | None,
) -> list[downloads.Kind]:
    situation, name = (after or before).situation, shades.chosen()
    foot = downloads.made(listed.written.date(), now)
    supposed = []
    if situation.scenario or both:
        supposed = scenario.told(before.situation, both=name == shades.BETWEEN)

    certain, possible = (words.share(n, situation) for n in (situation.certain, situation.possible))
    # Between two scenarios, the shares would be those of one of them.
    shares = [] if name == shades.BETWEEN else [f"Sûr : {certain}. Possible : {possible}."]

    def draw() -> bytes:
        mapped = shades.sides(name, before, after, both)
        fills, title, key = shades.for_picture(name, *mapped, level)
        side = [
            f"{title}.",
            *shares,
            words.completeness(situation),
            *(f"Avec {each}." for each in supposed),
            *([f"Depuis {earlier.label}."] if earlier and name == shades.CHANGE else []),
            f"{words.week(situation.question).capitalize()}.",
            "Ronds : services comptés dont le lieu est public.",
        ]
        around = map_picture.Words(words.asked(situation.question), side, foot)
        return map_picture.of_fills(situation.communes, fills, situation.services, key, around)

    return downloads.picture_kinds(draw)


def _territory_kinds(
    table: pd.DataFrame, situation: Situation, level: Level
) -> list[downloads.Kind]:
    return downloads.table_kinds(
        partial(files.territories_to_xlsx, situation=situation),
        partial(files.territories_to_csv, situation=situation),
        partial(files.territories_to_geojson, situation=situation, level=level),
        table,
        _FOR_QGIS,
    )


def _tables(
    to_xlsx: Callable[[_T], bytes], to_csv: Callable[..., bytes], table: _T
) -> list[downloads.Kind]:
    """Return the formats of a table without a place: all but the map."""
    return downloads.table_kinds(to_xlsx, to_csv, to_xlsx, table)[:-1]


def matrix(found: Matrix, situation: Situation, called: str, now: datetime) -> None:
    """Offer the matrix of aids, and the link; `called`: what its scenario is called, if any."""
    supposed = "-scenario" if called else ""
    name = f"maillage-aides-{words.file_places(situation)}{supposed}-{now:%Y-%m-%d}"
    question = situation.question
    kinds = _tables(
        partial(gaps.to_xlsx, question=question, called=called),
        partial(gaps.to_csv, question=question, called=called),
        found.table,
    )
    with st.container(horizontal=True):
        caption = f"Chaque aide dans chaque intercommunalité, avec les parts. {downloads.PREFER}"
        downloads.files("Exporter les aides", caption, name, kinds)
        downloads.share(_SHARE)


def indicators(found: list[Year], situation: Situation, now: datetime) -> None:
    """Offer the indicators of the year, and the link."""
    name = f"maillage-indicateurs-{words.file_places(situation)}-{now:%Y-%m-%d}"
    caption = f"Chaque indicateur avec sa définition, sa source et sa date. {downloads.PREFER}"
    with st.container(horizontal=True):
        downloads.files("Exporter les indicateurs", caption, name, _tables(to_xlsx, to_csv, found))
        downloads.share(_SHARE)


def outings(read: pd.DataFrame, situation: Situation, source: str, now: datetime) -> None:
    """Offer the outings without a car, by the timetables that `source` names, and the link."""
    name = f"maillage-sans-voiture-{words.file_places(situation)}-{now:%Y-%m-%d}"
    caption = f"Chaque commune d’où l’on peut aller et revenir. {downloads.PREFER}"
    kinds = _tables(
        partial(days.to_xlsx, situation=situation, source=source),
        partial(days.to_csv, situation=situation, source=source),
        read,
    )
    with st.container(horizontal=True):
        downloads.files("Exporter les allers et retours", caption, name, kinds)
        downloads.share(_SHARE)


def ranks(answer: Answer, now: datetime) -> None:
    """Offer the départements of the list with their ranks, and the link."""
    situation = answer.situation
    kinds = _territory_kinds(rank.ranked(answer), situation, Level.DEPARTEMENT)
    name = f"maillage-departements-de-la-liste-{now:%Y-%m-%d}"
    with st.container(horizontal=True):
        caption = f"Les départements de la liste, avec leurs rangs. {downloads.PREFER}"
        downloads.files("Exporter les départements", caption, name, kinds)
        downloads.share(_SHARE)
