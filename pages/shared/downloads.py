"""What the reader takes away: files of what is shown, and the address of this view."""

import os
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import exports, french
from geodata.paper import list_sheet, map_picture
from geodata.points import distance_to_communes_m
from geodata.selection import Selection
from geodata.situation import words
from pages.shared import cards, filters, service_list
from pages.shared.clock import Moment
from pages.shared.rows import rows_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PREFER = (
    "Pour Excel ou LibreOffice, choisir le classeur (XLSX) : ouvert dans un tableur, un CSV perd "
    "le 0 au début des numéros."
)

_T = TypeVar("_T")
Kind = tuple[str, str, str, Callable[[], bytes]]
"""What a file is called on its button, how its name ends, its media type, and what makes it."""


def show(
    found: gpd.GeoDataFrame,
    times: pd.DataFrame,
    selection: Selection,
    moment: Moment,
    pictures: Iterable[Kind] = (),
) -> None:
    """Offer the services shown in four formats, made when asked, and the view as a link.

    `pictures`: the map in further formats.
    """
    name = f"maillage-{filters.summary(selection)}-{moment.now:%Y-%m-%d}"
    near = selection.communes if selection.within_km else ()
    away_m = distance_to_communes_m(found, near) if near else None
    kinds = table_kinds(
        exports.to_xlsx,
        exports.to_csv,
        exports.to_geojson,
        found,
        to_excel=lambda services: to_read(services, times, moment, away_m),
    )
    with st.container(horizontal=True):
        caption = (
            f"Les services affichés, avec leurs sources. Aucun lieu tenu secret n’y est. {PREFER}"
        )
        territory = filters.territory(service_list.current(), selection, found)
        title = f"Services d’aide : {words.places(territory)}"
        asked = filters.in_force(moment.now)
        paper = partial(list_sheet.sheet, found, title, asked, moment.now)
        kinds.insert(0, ("Liste à imprimer (PDF)", ".pdf", "application/pdf", paper))
        files("Exporter", caption, name, [*kinds, *pictures])
        share("Adresse à copier : elle garde les filtres, rien d’autre.")


def to_read(
    services: gpd.GeoDataFrame,
    times: pd.DataFrame,
    moment: Moment,
    distance_m: pd.Series | None = None,
) -> bytes:
    """Return the CSV that people read: words, the state at the moment asked about, how far it is.

    `times`: the rows of `selection.timetable`; `distance_m`: metres, where a place was asked from.
    """
    shown = services[times.index.get_indexer(services.index) >= 0]
    rows = zip(rows_of(shown), rows_of(times.loc[shown.index]), strict=True)
    states = [cards.state_words(service, when, moment=moment) for service, when in rows]
    day = french.day(moment.at, today=date.min)
    further = {f"État, {day} à {french.clock(moment.at)}": pd.Series(states, index=shown.index)}
    if distance_m is not None:
        further["Distance (km)"] = (distance_m / 1000).round(1)
    return exports.to_readable_csv(services, further)


def table_kinds(
    to_xlsx: Callable[[_T], bytes],
    to_csv: Callable[..., bytes],
    to_geojson: Callable[[_T], bytes],
    table: _T,
    geojson: str = "Carte (GeoJSON)",
    to_excel: Callable[[_T], bytes] | None = None,
) -> list[Kind]:
    """Return the four formats in which `table` can be saved.

    `to_excel`: what makes the CSV for Excel; None for `to_csv` with `excel=True`.
    """
    for_people = to_excel or partial(to_csv, excel=True)
    return [
        ("Classeur Excel (XLSX)", ".xlsx", XLSX, partial(to_xlsx, table)),
        ("CSV pour Excel", "-excel.csv", "text/csv", partial(for_people, table)),
        ("CSV pour un programme", ".csv", "text/csv", partial(to_csv, table)),
        (geojson, ".geojson", "application/geo+json", partial(to_geojson, table)),
    ]


def picture_kinds(draw: Callable[[], bytes]) -> list[Kind]:
    """Return the two formats of a map that `draw` makes as SVG."""
    return [
        ("Carte, image (PNG)", ".png", "image/png", lambda: map_picture.to_png(draw())),
        ("Carte, dessin (SVG)", ".svg", "image/svg+xml", draw),
    ]


def made(written: date, now: datetime) -> list[str]:
    """Return the foot of a picture: sources, licences and date."""
    runner = os.environ.get("MAILLAGE_NOM", "")
    return [
        (
            "Services : pages publiques citées sur chaque fiche, liste du "
            f"{french.day(written, today=date.min)}, Licence Ouverte 2.0. Jamais un lieu tenu "
            "secret. Appeler avant de se déplacer."
        ),
        (
            "Contours des communes : IGN Admin Express COG ; population 2023 : INSEE ; Licence "
            f"Ouverte 2.0. Maillage{f' ({runner})' if runner else ''}, édité le "
            f"{french.day(now, today=date.min)} à {french.clock(now)}."
        ),
    ]


def pdf_button(make: Callable[[], bytes], name: str, *, key: str) -> None:
    """Draw the button that makes a PDF and saves it."""
    st.download_button(
        "Enregistrer en PDF",
        make,
        file_name=name,
        mime="application/pdf",
        on_click="ignore",
        key=key,
        type="primary",
        width="stretch",
    )


def files(
    title: str, caption: str, name: str, kinds: Iterable[Kind], *, key: str = "export"
) -> None:
    """Offer files of these kinds, each made when it is asked for; `name` is without ending.

    `key`: what tells them from other files on one page.
    """
    with st.popover(title):
        st.caption(caption)
        with st.container(horizontal=True, gap="small"):
            for label, ending, mime, content in kinds:
                st.download_button(
                    label,
                    content,
                    file_name=name + ending,
                    mime=mime,
                    on_click="ignore",
                    key=f"{key}{ending}",
                )


def share(words: str) -> None:
    """Offer the address of this view, with all that it keeps."""
    kept = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    address = "?".join(filter(None, (st.context.url, urlencode(kept))))
    with st.popover("Partager cette vue"):
        st.text_input(words, value=address, key=f"adresse_{address}")
