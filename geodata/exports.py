"""Export services as files: each function returns the whole file as bytes.

Services that are never shown are never exported. `latitude` and `longitude` hold only points given
by the source, never the town hall.
"""

import csv
import io
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import icalendar
import pandas as pd
import xlsxwriter

from geodata import agenda, fact_sources, french, freshness, phones, readable, secrecy
from geodata.aids import Aid, aids_of
from geodata.discretion import phone_number, tells
from geodata.services import COLUMNS, Confidentiality

_DERIVED = ("approximatif", "geometry")
_FACTS: Final = "Sources des faits"
# Text that a spreadsheet would read as a formula, or as a day (`24/7`, `2016-11`).
_TEN_DIGITS = r"0\d{9}"
_COMPUTED = re.compile(r"^\s*(?:[=+\-@\t\r]|(?:\d{1,2}/\d{1,2}|\d{4}-\d{1,2})\s*$)")


def to_csv(services: gpd.GeoDataFrame, *, excel: bool = False) -> bytes:
    """Export CSV for programs (UTF-8, comma), or `for_excel` if `excel`.

    `read_services` reads the same rows back from both; for Excel, ten digits are written as
    `05 49 00 00 01`. Excel takes the first zero from codes (`01004`), and the reader puts it back.
    """
    table = _table(services)
    if excel:
        # Ten digits without a blank would lose the zero that they begin with.
        spaced = table["telephone"].where(
            ~table["telephone"].str.fullmatch(_TEN_DIGITS), table["telephone"].map(phones.shown)
        )
        return for_excel(table.assign(telephone=spaced))
    return table.to_csv(index=False, lineterminator="\n").encode()


def to_readable_csv(
    services: gpd.GeoDataFrame, further: Mapping[str, pd.Series] | None = None
) -> bytes:
    """Export CSV for a person, as `for_excel` writes it: `readable.table`.

    `further`: columns that depend on who asks, and when, by header.
    """
    return for_excel(readable.table(services, further))


def for_excel(table: pd.DataFrame) -> bytes:
    r"""Write CSV for French Excel and LibreOffice: `;`, byte order mark, decimal comma, `\r\n`.

    An apostrophe precedes text that a spreadsheet would read as a formula or a date (`shielded`).
    Every cell is quoted: by default, LibreOffice splits at an unquoted comma.
    """
    safe = table.map(lambda cell: shielded(cell) if isinstance(cell, str) else cell)
    content = safe.rename(columns=shielded).to_csv(
        index=False, sep=";", decimal=",", lineterminator="\r\n", quoting=csv.QUOTE_ALL
    )
    return content.encode("utf-8-sig")


def shielded(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would read as a formula or a date.

    >>> shielded("=1+1"), shielded("24/7"), shielded("2016-11"), shielded("Civray")
    ("'=1+1", "'24/7", "'2016-11", 'Civray')
    """
    return f"'{text}" if _COMPUTED.match(text) else text


def to_geojson(services: gpd.GeoDataFrame) -> bytes:
    """Export a GeoJSON FeatureCollection (RFC 7946: WGS 84, longitude first).

    Services without a point have a null geometry; `approximatif` is true if the point is the town
    hall. `aides_en_clair` says what one finds there, also where that is what the type usually does;
    `sources_des_faits` the sources, by column, of the facts that have one of their own.
    """
    shown = secrecy.shown(services)
    labels = aids_of(shown).map(lambda found: ", ".join(a.label for a in Aid if a in found))
    table = _table(services).drop(columns=["latitude", "longitude"])
    facts = [
        {column: asdict(fact) for column, fact in fact_sources.of(row).items()}
        for row in freshness.rows(shown)
    ]
    features = [
        {
            "type": "Feature",
            "id": record["id"],
            "properties": record
            | {"approximatif": bool(approximate), "aides_en_clair": given}
            | ({"sources_des_faits": sources} if sources else {}),
            "geometry": None if point is None else {"type": "Point", "coordinates": list(point)},
        }
        for record, point, approximate, given, sources in zip(
            table.to_dict("records"),
            _lng_lat(shown),
            shown["approximatif"],
            labels,
            facts,
            strict=True,
        )
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def to_xlsx(services: gpd.GeoDataFrame) -> bytes:
    """Export an Excel workbook; codes and phone numbers are text, no cell is a formula.

    Facts that have a source of their own are on a second sheet.
    """
    facts = sources_table(services)
    further = {} if facts.empty else {_FACTS: facts}
    return workbook_of(_table(services), "Services", _WIDTHS, further=further)


def sources_table(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the facts that have a source of their own, with the columns of their file."""
    return fact_sources.table(secrecy.shown(services))


def sources_to_csv(services: gpd.GeoDataFrame) -> bytes:
    """Export the file of fact sources that stands beside the list (`fact_sources`)."""
    return sources_table(services).to_csv(index=False, lineterminator="\n").encode()


def workbook_of(
    table: pd.DataFrame,
    name: str,
    widths: Mapping[str, int],
    *,
    further: Mapping[str, pd.DataFrame] | None = None,
) -> bytes:
    """Write a table as a workbook of one sheet; strings are always text cells.

    `widths`: column widths in characters, 16 by default. Missing values are empty cells.
    `further`: tables for more sheets, by name. The same tables give the same bytes.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": _NO_MOMENT})
        for title, rows in {name: table, **(further or {})}.items():
            _write_sheet(workbook, title, rows, widths)
    return buffer.getvalue()


_NO_MOMENT: Final = datetime(1980, 1, 1, tzinfo=UTC)  # that of an archive without one


def _write_sheet(
    workbook: xlsxwriter.Workbook, name: str, table: pd.DataFrame, widths: Mapping[str, int]
) -> None:
    sheet = workbook.add_worksheet(name)
    text = workbook.add_format({"num_format": "@"})
    header = workbook.add_format({"bold": True, "num_format": "@"})
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
    for position, column in enumerate(table.columns):
        numeric = pd.api.types.is_numeric_dtype(table[column])
        sheet.set_column(position, position, widths.get(column, 16), None if numeric else text)
        sheet.write_string(0, position, column, header)
        for row, value in enumerate(table[column], start=1):
            if isinstance(value, str):
                if value:
                    sheet.write_string(row, position, value, text)
            elif pd.notna(value):
                sheet.write_number(row, position, value)


_WIDTHS = {"nom": 45, "structure": 30, "adresse": 35, "description": 60, "telephone": 18}


def to_ics(
    occasions: pd.DataFrame,
    services: gpd.GeoDataFrame,
    *,
    now: datetime,
    discreet: bool = False,
    about: str = "",
    refresh: timedelta | None = None,
) -> bytes:
    """Export `agenda.occasions` as iCalendar (RFC 5545), in Europe/Paris time, without alarms.

    Entries keep their UID from one export to the next, so that calendars update them. Only public
    places have a LOCATION. One on a public holiday that the hours do not speak of says so, as the
    page does. `services` has a row for each id of `occasions`; services that are
    never shown are left out.

    `discreet=True` is for a phone that other people see: every entry is named *Rendez-vous* and
    has only a place and a number, without words that reveal the purpose (see `discretion`).
    `about`: what the calendar says of itself. `refresh`: how often a calendar that is subscribed to
    is asked for again (RFC 7986, and what older programs read).
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Maillage//FR")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", "Agenda" if discreet else "Permanences")
    if about:
        calendar.add("x-wr-caldesc", about)
    if refresh:
        calendar.add("refresh-interval", refresh, parameters={"value": "DURATION"})
        calendar.add("x-published-ttl", icalendar.vDuration(refresh))
    calendar.add_component(_paris())
    shown = secrecy.shown(services)
    listed = occasions[occasions["id"].isin(shown.index)]
    for key, start, end in zip(listed["id"], listed["start"], listed["end"], strict=True):
        calendar.add_component(_entry(shown.loc[key], start, end, now, discreet=discreet))
    content: bytes = calendar.to_ical()
    return content


def _entry(
    service: pd.Series, start: pd.Timestamp, end: pd.Timestamp, now: datetime, *, discreet: bool
) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", str(uuid.uuid5(_ENTRIES, f"{service.name}\n{start.timestamp():.0f}")))
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", start.to_pydatetime().astimezone(_PARIS))
    event.add("dtend", end.to_pydatetime().astimezone(_PARIS))
    name = "Rendez-vous" if discreet else _one_line(service["nom"])
    event.add("summary", f"{name}{agenda.holiday_doubt(start.date(), service)}")
    event.add("description", "\n".join(_details(service, now, discreet=discreet)))
    if place := _place(service, discreet=discreet):
        event.add("location", place)
    event.add("class", "PRIVATE")
    return event


_PARIS: Final = ZoneInfo("Europe/Paris")
_ENTRIES: Final = uuid.UUID("9d1f2c3e-6f0b-5b59-8a55-2d2a6b9d3a10")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\s]+")


def _paris() -> icalendar.Timezone:
    """Return the rules of Europe/Paris since 1996."""
    zone = icalendar.Timezone()
    zone.add("tzid", "Europe/Paris")
    winter, summer = timedelta(hours=1), timedelta(hours=2)
    to_summer, to_winter = datetime(1996, 3, 31, 2), datetime(1996, 10, 27, 3)  # noqa: DTZ001
    for rules, name, month, begins, before, after in (
        (icalendar.TimezoneDaylight(), "CEST", 3, to_summer, winter, summer),
        (icalendar.TimezoneStandard(), "CET", 10, to_winter, summer, winter),
    ):
        rules.add("tzname", name)
        rules.add("dtstart", begins)
        rules.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1SU"})
        rules.add("tzoffsetfrom", before)
        rules.add("tzoffsetto", after)
        zone.add_component(rules)
    return zone


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()


def _place(service: pd.Series, *, discreet: bool) -> str:
    if service["confidentialite"] != Confidentiality.PUBLIC:
        return ""
    town = " ".join(filter(None, (service["code_postal"], service["commune"])))
    parts = [service["adresse"], town]
    if discreet:
        parts = [part.strip() for part in re.split(r"[,;()]| [–—-] ", ",".join(parts))]
        parts = [part for part in parts if not tells(part, service)]
    return _one_line(", ".join(filter(None, parts)))


def _details(service: pd.Series, now: datetime, *, discreet: bool) -> list[str]:
    phone = phones.shown(service["telephone"])
    phone = _one_line(phone_number(service, discreet=True) if discreet else phone)
    lines = [f"Téléphone : {phone}" if phone else "", "Appeler avant de se déplacer."]
    if not discreet:
        age = french.partial_date(freshness.dated(service)) or "sans date"
        old = not freshness.is_recent(service, now.date())
        lines += [
            service["horaires_precisions"],
            "" if _place(service, discreet=False) else "Le lieu se demande par téléphone.",
            f"Source : {service['source']} ({age}{', à vérifier' if old else ''})",
            service["lien_source"],
        ]
    return list(filter(None, map(_one_line, lines)))


def _lng_lat(services: gpd.GeoDataFrame) -> list[tuple[float, float] | None]:
    points = services.geometry
    pairs = zip(points.x.round(6), points.y.round(6), strict=True)
    return [None if pd.isna(lng) else (lng, lat) for lng, lat in pairs]


def _table(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the columns of the file: those of `COLUMNS` first, then the others."""
    shown = fact_sources.without(secrecy.shown(services))
    table = pd.DataFrame(shown.reset_index()).drop(columns=list(_DERIVED))
    others = [column for column in table.columns if column not in COLUMNS]
    return table[[*COLUMNS, *others]]
