"""Timetables of public transport: a GTFS feed, checked once.

Format: https://gtfs.org/documentation/schedule/reference/. Read are `stops`, `routes`, `trips`,
`stop_times`, `calendar`, `calendar_dates`, `frequencies`, `transfers` and `feed_info`; nothing else
of a feed changes when a bus passes. What is wrong is left out and told by file and line, the rest
is answered.

Not counted, because nobody may rely on it: a stop that is served only on request
(`pickup_type` or `drop_off_type` 2 or 3), staying seated from one trip of a `block_id` to the next,
and what `transfers` says of some trips or lines alone. Trips of `frequencies` are taken to leave at
the first minute and then at each headway.
"""

import codecs
import csv
import lzma
import re
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.french import count, number
from geodata.tables import Problem, Severity, UnreadableFile

Ints = NDArray[np.int64]

MOST_SECONDS: Final = 35 * 3600
"""A trip may end on the day after it began, before 11 h."""
_MOST_BYTES: Final = 200_000_000
_MOST_LINES: Final = 500_000
_LONGEST_LINE: Final = 100_000
_MOST_BROKEN: Final = 100
_MOST_HEADWAYS: Final = 500
_MOST_EXAMPLES: Final = 3
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OF_SOME: Final = ("from_trip_id", "to_trip_id", "from_route_id", "to_route_id")
"""The columns of `transfers` that bind a rule to some trips or lines."""
_COLUMNS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "stops": (
        ("stop_id",),
        ("stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"),
    ),
    "routes": (("route_id",), ("route_short_name", "route_long_name")),
    "trips": (("trip_id", "route_id", "service_id"), ()),
    "stop_times": (
        ("trip_id", "stop_id", "stop_sequence"),
        ("arrival_time", "departure_time", "pickup_type", "drop_off_type"),
    ),
    "calendar": (("service_id", "start_date", "end_date", *_WEEKDAYS), ()),
    "calendar_dates": (("service_id", "date", "exception_type"), ()),
    "frequencies": (("trip_id", "start_time", "end_time", "headway_secs"), ()),
    "transfers": (
        (),
        ("from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time", *_OF_SOME),
    ),
    "feed_info": ((), ("feed_publisher_name", "feed_start_date", "feed_end_date")),
}
"""The files that are read: columns each must have, then those it may have."""
_BROKEN_ARCHIVE: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OSError),
)
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_REQUIRED: Final = ("stops", "routes", "trips", "stop_times")
_ON_REQUEST: Final = ("2", "3")
_NEAR_ZERO: Final = 0.01  # degrees: no stop of France is there
_WRONG_TIME: Final = -1.0
_NO_NUMBER: Final = "ce n’est pas un nombre."
_NO_TIME: Final = "ce n’est pas une heure comme 08:05:00."
_NO_DATE: Final = "ce n’est pas une date comme 20261130 : la ligne est ignorée."


@dataclass(frozen=True, eq=False)
class Feed:
    """A feed that was checked. All arrays of passages have the same length.

    Attributes:
        stops: `name`, `lng` and `lat` (degrees), `station` (its id, "" without one).
        lines: the name of the line of each trip.
        services: the `service_id` of each trip.
        trip: the trip of each passage, by its place; the passages of a trip follow each other.
        stop: the stop, by its place in `stops`.
        arrival, departure: seconds from midnight of the day of service, beyond 24 h after it.
        boards, alights: whether one may get on, and off, without having asked for it.
        first_day, last_day: what the calendar covers.
        publisher: who made it, "" where it does not say.
        transfers: seconds that a change between two stops takes by `transfers.txt`, -1 where none
            is possible.
        problems: what was left out, and why.
    """

    stops: pd.DataFrame
    lines: tuple[str, ...]
    services: NDArray[np.object_]
    trip: Ints
    stop: Ints
    arrival: Ints
    departure: Ints
    boards: NDArray[np.bool_]
    alights: NDArray[np.bool_]
    first_day: date
    last_day: date
    publisher: str
    transfers: Mapping[tuple[int, int], int]
    problems: tuple[Problem, ...]
    _calendar: pd.DataFrame
    _exceptions: pd.DataFrame

    def covers(self, day: date) -> bool:
        """Return whether the calendar says anything of a day: nobody knows what runs on others."""
        return self.first_day <= day <= self.last_day

    def running(self, day: date) -> NDArray[np.bool_]:
        """Return which trips begin on a day of service."""
        rows = self._calendar
        when = pd.Timestamp(day)
        here = rows[
            (rows["start"] <= when) & (rows["end"] >= when) & rows[_WEEKDAYS[day.weekday()]]
        ]
        of_day = self._exceptions[self._exceptions["day"] == when]
        added, removed = (set(of_day["service_id"][of_day["kind"] == kind]) for kind in "12")
        active = (set(here["service_id"]) | added) - removed
        return np.isin(self.services, list(active))


def beside(path: Path) -> Path:
    """Return the feed beside a list: `services.gtfs.zip` for `services.csv`."""
    return path.with_suffix(".gtfs.zip")


def read_feed(source: Path | BinaryIO) -> Feed:
    """Read a feed (a zip, its files at its root or in one folder) and check it.

    Raises:
        UnreadableFile: it is no zip, lacks a file or a column that it needs, or no trip can be
            used. The message is French. OSError: it cannot be opened.
    """
    report = _Report()
    tables = _tables(source, report)
    calendar, exceptions = _calendar(tables, report)
    stops = _stops(tables["stops"], report)
    known = _known_trips(tables, {*calendar["service_id"], *exceptions["service_id"]}, report)
    passages = _passages(tables["stop_times"], known, stops, report)
    passages, known = _with_headways(passages, known, tables["frequencies"], report)
    if passages.empty:
        raise UnreadableFile("Aucun trajet de ce fichier de transport ne peut être lu.")
    first, last = _covered(calendar, exceptions, tables["feed_info"])
    places = pd.Series(np.arange(len(stops)), index=stops.index)
    publisher = tables["feed_info"]["feed_publisher_name"]
    return Feed(
        stops=stops,
        lines=tuple(known["line"]),
        services=known["service_id"].to_numpy(dtype=object),
        trip=passages["trip"].to_numpy(np.int64),
        stop=places[passages["stop_id"]].to_numpy(np.int64),
        arrival=passages["arrival"].to_numpy(np.int64),
        departure=passages["departure"].to_numpy(np.int64),
        boards=passages["boards"].to_numpy(bool),
        alights=passages["alights"].to_numpy(bool),
        first_day=first,
        last_day=last,
        publisher=publisher.iloc[0] if len(publisher) else "",
        transfers=_transfers(tables["transfers"], stops["station"], report),
        problems=tuple(report.problems),
        _calendar=calendar,
        _exceptions=exceptions,
    )


# --- the files ----------------------------------------------------------------------------


class _Report:
    """What is wrong, by file and line; the lines of an error are left out at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def sound(
        self,
        file: str,
        rows: pd.DataFrame,
        wrong: pd.Series,
        column: str,
        message: str,
        severity: Severity = "error",
    ) -> pd.DataFrame:
        """Report the rows that are `wrong` as one problem; return the others if it is an error.

        `rows` are indexed by line. The problem is that of the first line, and counts the others.
        """
        lines = rows.index[wrong.to_numpy(dtype=bool)]
        if lines.empty:
            return rows
        values = rows.loc[lines, column].astype(str).drop_duplicates().head(_MOST_EXAMPLES)
        shown = ", ".join(f"« {value[:40]} »" for value in values if value)
        text = f"{_where(file, lines)}, colonne « {column} » : {message}"
        text += f" Valeurs lues : {shown}." if shown else ""
        self.problems.append(Problem(int(lines[0]), column, values.iloc[0], text, severity))
        return rows.drop(index=lines) if severity == "error" else rows

    def left_out(self, file: str, lines: list[int], message: str) -> None:
        """Report lines that no table can hold."""
        if lines:
            text = f"{_where(file, lines)} : {message} Ce qui y est écrit est laissé de côté."
            self.problems.append(Problem(lines[0], "", "", text, "error"))

    def say(self, message: str) -> None:
        """Report what is no line's fault."""
        self.problems.append(Problem(1, "", "", message, "warning"))


def _where(file: str, lines: Sequence[int] | pd.Index) -> str:
    others = f" (et {count(len(lines) - 1, 'autre ligne', 'autres lignes')})"
    return f"{file}.txt, ligne {lines[0]}{others if len(lines) > 1 else ''}"


def _tables(source: Path | BinaryIO, report: _Report) -> dict[str, pd.DataFrame]:
    """Return the known columns of each file as text, by line; a file that is not there is empty."""
    contents = _contents(source)
    return {name: _table(name, contents.get(name, b""), report) for name in _COLUMNS}


def _contents(source: Path | BinaryIO) -> dict[str, bytes]:
    """Return the files of the archive that are read."""
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as opened:
        try:
            with zipfile.ZipFile(opened) as archive:
                return {name: archive.read(info) for name, info in _members(archive).items()}
        except UnreadableFile:
            raise
        except _BROKEN_ARCHIVE:
            raise UnreadableFile(
                "Ce n’est pas un fichier de transport lisible : il faut un fichier GTFS, en .zip, "
                "sans mot de passe."
            ) from None


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files that are read, wherever they are in the archive, the least deep first."""
    found: dict[str, zipfile.ZipInfo] = {}
    # Some programs write folders as Windows does.
    paths = [(PureWindowsPath(info.filename), info) for info in archive.infolist()]
    for path, info in sorted(paths, key=lambda pair: len(pair[0].parts)):
        if path.suffix.lower() == ".txt" and "__MACOSX" not in path.parts:
            found.setdefault(path.stem.lower(), info)
    missing = [f"{name}.txt" for name in _REQUIRED if name not in found]
    if missing:
        raise UnreadableFile(
            f"Il manque dans le fichier de transport (GTFS) : {', '.join(missing)}. "
            "Demander à l’exploitant le fichier GTFS complet."
        )
    members = {name: info for name, info in found.items() if name in _COLUMNS}
    if sum(info.file_size for info in members.values()) > _MOST_BYTES:
        raise UnreadableFile(
            "Le fichier de transport est trop gros une fois ouvert : en garder les lignes du "
            "territoire."
        )
    return members


def _table(name: str, content: bytes, report: _Report) -> pd.DataFrame:
    needed, optional = _COLUMNS[name]
    records = _records(name, _lines(name, content), report)
    names = [cell.strip().lower() for cell in next(records, (1, []))[1]]
    absent = [f"« {column} »" for column in needed if column not in names]
    if absent and (names or name in _REQUIRED):
        raise UnreadableFile(f"{name}.txt : colonne obligatoire absente : {', '.join(absent)}.")
    known = [column for column in (*needed, *optional) if column in names]
    cells: dict[str, list[str]] = {column: [] for column in known}
    places = [(names.index(column), texts) for column, texts in cells.items()]
    kept: list[int] = []
    longer: list[int] = []
    for line, record in records:
        width = len(record)
        if width > len(names) and any(cell.strip() for cell in record[len(names) :]):
            longer.append(line)
            continue
        kept.append(line)
        for place, texts in places:
            texts.append(record[place] if place < width else "")
    report.left_out(name, longer, "cette ligne n’a pas autant de cases que la première.")
    rows = pd.DataFrame(cells, index=pd.Index(kept, dtype="int64"), dtype="str")
    rows = rows.reindex(columns=[*needed, *optional], fill_value="").astype("str")
    rows = rows.apply(lambda column: column.str.strip())
    filled: pd.DataFrame = rows[(rows != "").any(axis=1)]
    return filled


def _lines(name: str, content: bytes) -> list[str]:
    if max(content.count(b"\n"), content.count(b"\r")) > _MOST_LINES:
        raise UnreadableFile(
            f"{name}.txt a plus de {number(_MOST_LINES)} lignes : garder celles du territoire."
        )
    lines: list[str] = _LINE.findall(_text(content).replace("\x00", ""))
    if max(map(len, lines), default=0) > _LONGEST_LINE:
        raise UnreadableFile(
            f"{name}.txt : une ligne est trop longue pour être celle d’un tableau."
        )
    return lines


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _records(name: str, lines: list[str], report: _Report) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each record by its first line; blank lines have none.

    A line whose quote is not closed is left out, and what comes after it is read.
    """
    broken: list[int] = []
    separator = max(",;\t", key=lines[0].count) if lines else ","
    start = width = 0
    while start < len(lines):
        rest = (lines[n] for n in range(start, len(lines)))
        reader = csv.reader(rest, delimiter=separator, skipinitialspace=True, strict=True)
        read = 0
        with suppress(csv.Error):
            for cells in reader:
                swallowed = reader.line_num > read + 1  # lines, up to a later quote
                if swallowed and any(cell.count(separator) >= width - 1 for cell in cells):
                    break
                width = width or len(cells)
                if cells:
                    yield start + read + 1, cells
                read = reader.line_num
        start += read + 1
        if start > len(lines):
            break
        # `"Gare" nord` is no CSV, but tells enough.
        loose = next(csv.reader([lines[start - 1]], delimiter=separator, skipinitialspace=True))
        if reader.line_num == read + 1 and len(loose) == (width or len(loose)):
            width = len(loose)
            yield start, loose
        else:
            broken.append(start)
        if len(broken) == _MOST_BROKEN:
            raise UnreadableFile(
                f"{name}.txt : trop de guillemets mal fermés, à partir de la ligne {broken[0]}."
            )
    report.left_out(name, broken, "un guillemet est mal fermé.")


# --- stops, lines, calendar ---------------------------------------------------------------


def _stops(rows: pd.DataFrame, report: _Report) -> pd.DataFrame:
    """Return the stops that have a place, by id; one without coordinates has its station's."""
    rows = _once(rows, "stops", "stop_id", report)
    for column in ("stop_lat", "stop_lon"):
        rows[column] = pd.to_numeric(rows[column].str.replace(",", "."), errors="coerce")
    by_id = rows.set_index("stop_id")[["stop_lat", "stop_lon"]]
    station = by_id.reindex(rows["parent_station"]).set_axis(rows.index)
    rows = rows.fillna({column: station[column] for column in ("stop_lat", "stop_lon")})
    lat, lng = rows["stop_lat"], rows["stop_lon"]
    nowhere = ~(lat.between(-90, 90) & lng.between(-180, 180))
    nowhere |= (lat.abs() < _NEAR_ZERO) & (lng.abs() < _NEAR_ZERO)
    nowhere &= rows["location_type"].isin(["", "0", "1"])
    rows = report.sound(
        *("stops", rows, nowhere, "stop_id"),
        "l’arrêt n’a pas de coordonnées, ou 0 et 0. Les bus y passent sans qu’on puisse monter ni "
        "descendre.",
    )
    rows = rows[rows["location_type"].isin(["", "0", "1"])].set_index("stop_id")
    return pd.DataFrame(
        {
            "name": rows["stop_name"],
            "lng": rows["stop_lon"],
            "lat": rows["stop_lat"],
            "station": rows["parent_station"],
        }
    )


def _once(rows: pd.DataFrame, file: str, key: str, report: _Report) -> pd.DataFrame:
    without = "il manque l’identifiant : la ligne est ignorée."
    rows = report.sound(file, rows, rows[key] == "", key, without)
    twice = "cet identifiant figure déjà plus haut : la première ligne compte."
    return report.sound(file, rows, rows[key].duplicated(), key, twice)


def _calendar(
    tables: Mapping[str, pd.DataFrame], report: _Report
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the periods (`service_id`, `start`, `end`, weekdays) and the exceptions to them.

    The exceptions are `service_id`, `day` and `kind`: `1` runs, `2` does not.
    """
    rows, others = tables["calendar"], tables["calendar_dates"]
    if rows.empty and others.empty:
        raise UnreadableFile(
            "Il manque dans le fichier de transport (GTFS) : calendar.txt ou calendar_dates.txt. "
            "Sans calendrier, personne ne sait quels jours les bus roulent."
        )
    rows = rows.assign(start=_dates(rows["start_date"]), end=_dates(rows["end_date"]))
    for column, day in (("start_date", "start"), ("end_date", "end")):
        rows = report.sound("calendar", rows, rows[day].isna(), column, _NO_DATE)
    backwards = rows["end"] < rows["start"]
    rows = report.sound(
        "calendar", rows, backwards, "end_date", "la fin est avant le début : la ligne est ignorée."
    )
    others = others.assign(day=_dates(others["date"]), kind=others["exception_type"])
    others = report.sound("calendar_dates", others, others["day"].isna(), "date", _NO_DATE)
    others = report.sound(
        *("calendar_dates", others, ~others["kind"].isin(["1", "2"]), "exception_type"),
        "il faut 1 (circule) ou 2 (ne circule pas) : la ligne est ignorée.",
    )
    flags = rows[list(_WEEKDAYS)] == "1"
    periods = pd.concat([rows[["service_id", "start", "end"]], flags], axis=1)
    return periods, others[["service_id", "day", "kind"]]


def _dates(texts: pd.Series) -> pd.Series:
    written = texts.where(texts.str.fullmatch("[0-9]{8}"))  # pandas reads `today`, and 2026113
    return pd.to_datetime(written, format="%Y%m%d", errors="coerce")


def _covered(
    periods: pd.DataFrame, exceptions: pd.DataFrame, info: pd.DataFrame
) -> tuple[date, date]:
    """Return the first and the last day that the feed says anything of.

    The feed's own dates count where they are narrower.
    """
    runs = periods[periods[list(_WEEKDAYS)].any(axis=1)]
    added = exceptions["day"][exceptions["kind"] == "1"]
    first = min(pd.concat([runs["start"], added]), default=None)
    last = max(pd.concat([runs["end"], added]), default=None)
    if first is None or last is None:
        raise UnreadableFile("Le calendrier de ce fichier de transport n’a aucun jour de service.")
    told = info.iloc[:1]
    for start in _dates(told["feed_start_date"]).dropna():
        first = max(first, start)
    for end in _dates(told["feed_end_date"]).dropna():
        last = min(last, end)
    return first.date(), last.date()


# --- trips --------------------------------------------------------------------------------


def _known_trips(
    tables: Mapping[str, pd.DataFrame], services: set[str], report: _Report
) -> pd.DataFrame:
    """Return the trips that run on some day: `service_id` and `line`, by `trip_id`."""
    routes = _once(tables["routes"], "routes", "route_id", report).set_index("route_id")
    names = routes["route_short_name"].mask(
        routes["route_short_name"] == "", routes["route_long_name"]
    )
    rows = _once(tables["trips"], "trips", "trip_id", report)
    rows = report.sound(
        *("trips", rows, ~rows["service_id"].isin(services), "service_id"),
        "le calendrier ne connaît pas ces jours de service : ces trajets ne comptent pas.",
    )
    lines = names.reindex(rows["route_id"], fill_value="").to_numpy()
    return rows.assign(line=lines).set_index("trip_id")[["service_id", "line"]]


def _passages(
    rows: pd.DataFrame, known: pd.DataFrame, stops: pd.DataFrame, report: _Report
) -> pd.DataFrame:
    """Return the passages in the order of each trip, with `trip` its place in `known`.

    Columns: `trip`, `stop_id`, `arrival`, `departure` and `begun`, when the trip left its first
    stop, even one that is not known (s), `boards` and `alights`.
    """
    file = "stop_times"
    rows = rows.assign(trip=known.index.get_indexer(pd.Index(rows["trip_id"])))
    rows = report.sound(
        file, rows, rows["trip"] < 0, "trip_id", "aucun trajet ne porte cet identifiant."
    )
    rows = rows.assign(
        order=pd.to_numeric(rows["stop_sequence"], errors="coerce"),
        arrival=_seconds(rows["arrival_time"]),
        departure=_seconds(rows["departure_time"]),
    )
    rows = _whole_trips(report, rows, rows["order"].isna(), "stop_sequence", _NO_NUMBER)
    for time, column in (("arrival", "arrival_time"), ("departure", "departure_time")):
        rows = _whole_trips(report, rows, rows[time] == _WRONG_TIME, column, _NO_TIME)
    rows = rows.sort_values(["trip", "order"], kind="stable")
    twice = rows.duplicated(["trip", "order"])
    rows = report.sound(
        *(file, rows, twice, "stop_sequence"), "ce rang figure deux fois : le premier compte."
    )
    rows["arrival"] = rows["arrival"].fillna(rows["departure"])
    rows["departure"] = rows["departure"].fillna(rows["arrival"])
    ends = (rows["trip"] != rows["trip"].shift()) | (rows["trip"] != rows["trip"].shift(-1))
    untimed = ends & rows["arrival"].isna()
    rows = _whole_trips(
        report, rows, untimed, "arrival_time", "le premier ou le dernier arrêt n’a pas d’heure."
    )
    rows = _with_times_between(rows)
    same = rows["trip"] == rows["trip"].shift()
    backwards = (same & (rows["arrival"] < rows["departure"].shift())) | (
        rows["departure"] < rows["arrival"]
    )
    rows = _whole_trips(
        report, rows, backwards, "arrival_time", "le bus arriverait avant de partir."
    )
    rows["begun"] = rows.groupby("trip")["departure"].transform("first")
    known_stop = rows["stop_id"].isin(stops.index)
    rows = report.sound(
        *(file, rows, ~known_stop, "stop_id"),
        "cet arrêt n’est pas dans stops.txt, ou n’a pas de place : on ne peut ni y monter ni en "
        "descendre.",
    )
    asked = rows["pickup_type"].isin(_ON_REQUEST) | rows["drop_off_type"].isin(_ON_REQUEST)
    report.sound(
        *(file, rows, asked, "trip_id"),
        "arrêt desservi sur réservation : il ne compte pas.",
        "warning",
    )
    return rows.assign(
        boards=rows["pickup_type"].isin(["", "0"]), alights=rows["drop_off_type"].isin(["", "0"])
    )[["trip", "stop_id", "arrival", "departure", "begun", "boards", "alights"]]


def _whole_trips(
    report: _Report, rows: pd.DataFrame, wrong: pd.Series, column: str, message: str
) -> pd.DataFrame:
    """Report the passages that are wrong, and leave out all those of their trips."""
    report.sound("stop_times", rows, wrong, column, f"{message} Tout le trajet est laissé de côté.")
    return rows[~rows["trip"].isin(rows["trip"][wrong])]


def _seconds(texts: pd.Series) -> pd.Series:
    """Read `8:05:00`, `25:10:00`: seconds, NaN for nothing, `_WRONG_TIME` for another text."""
    known = {text: _time(text) for text in texts.unique()}
    return texts.map(known).astype("float64")


def _time(text: str) -> float:
    """Read a time of the day of service.

    >>> _time("25:10:00") / 3600
    25.166666666666668
    """
    if not text:
        return float("nan")
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", text)
    if not found:
        return _WRONG_TIME
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = 3600 * hours + 60 * minutes + seconds
    return float(total) if total < MOST_SECONDS else _WRONG_TIME


def _with_times_between(rows: pd.DataFrame) -> pd.DataFrame:
    """Fill the times that a feed leaves out between two that it tells, in equal parts."""
    if rows["arrival"].notna().all():
        return rows
    # First and last are told: what is between never takes from another trip.
    steps = pd.Series(np.arange(len(rows)), index=rows.index)
    told = rows["arrival"].notna()
    for column, given in (("arrival", "departure"), ("departure", "departure")):
        before = rows.loc[told, given].reindex(rows.index).ffill()
        after = rows.loc[told, "arrival"].reindex(rows.index).bfill()
        start, end = steps.where(told).ffill(), steps.where(told).bfill()
        part = ((steps - start) / (end - start)).fillna(0)
        rows[column] = rows[column].fillna((before + part * (after - before)).round())
    return rows


def _with_headways(
    passages: pd.DataFrame, known: pd.DataFrame, rows: pd.DataFrame, report: _Report
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write out the trips of `frequencies.txt`, one for each departure."""
    if rows.empty:
        return passages, known
    file = "frequencies"
    rows = rows.assign(
        trip=known.index.get_indexer(pd.Index(rows["trip_id"])),
        start=_seconds(rows["start_time"]),
        end=_seconds(rows["end_time"]),
        headway=pd.to_numeric(rows["headway_secs"], errors="coerce"),
    )
    rows = report.sound(
        file, rows, rows["trip"] < 0, "trip_id", "aucun trajet ne porte cet identifiant."
    )
    for column, times in (("start_time", "start"), ("end_time", "end")):
        wrong = rows[times].isna() | (rows[times] == _WRONG_TIME)
        rows = report.sound(file, rows, wrong, column, _NO_TIME)
    often = (rows["end"] - rows["start"]) / rows["headway"]
    rows = report.sound(
        *(file, rows, ~often.between(0, _MOST_HEADWAYS, inclusive="right"), "headway_secs"),
        "la fréquence n’est pas un nombre de secondes possible : la ligne est ignorée.",
    )
    report.say(
        "frequencies.txt : ces bus passent à intervalles, sans heure sûre. Nous comptons un "
        "passage à la première minute, puis à chaque intervalle."
    )
    by_trip = dict(tuple(passages[passages["trip"].isin(rows["trip"])].groupby("trip")))
    stops = rows["trip"].map({trip: len(pattern) for trip, pattern in by_trip.items()}).fillna(0)
    if (np.ceil(often[rows.index]) * stops).sum() > _MOST_LINES:
        raise UnreadableFile(
            f"frequencies.txt donne plus de {number(_MOST_LINES)} passages : garder ceux du "
            "territoire."
        )
    added: list[pd.DataFrame] = []
    names: list[str] = []
    for trip, start, end, headway in zip(
        rows["trip"], rows["start"], rows["end"], rows["headway"], strict=True
    ):
        if trip not in by_trip:
            continue
        pattern = by_trip[trip]
        begun = pattern["begun"].iloc[0]
        latest = MOST_SECONDS - (pattern["departure"].iloc[-1] - begun)
        for leaves in np.arange(start, min(end, latest), headway):
            times = pattern[["arrival", "departure"]] - begun + leaves
            added.append(pattern.assign(trip=len(known) + len(names), **times))
            names.append(known.index[trip])
    kept = passages[~passages["trip"].isin(rows["trip"])]
    return pd.concat([kept, *added]), pd.concat([known, known.loc[names]])


def _transfers(
    rows: pd.DataFrame, station: pd.Series, report: _Report
) -> dict[tuple[int, int], int]:
    """Return what `transfers.txt` says of changes between two stops, whatever the trips.

    What it says of a station counts for its stops, where it says nothing of them.
    """
    bound = (rows[list(_OF_SOME)] != "").any(axis=1)
    report.sound(
        *("transfers", rows, bound & rows["transfer_type"].isin(["2", "3"]), "transfer_type"),
        "ce temps, ou cette interdiction de changer, ne vaut que pour certains trajets ou "
        "certaines lignes : nous n’en tenons pas compte.",
        "warning",
    )
    stops_of: dict[str, list[int]] = defaultdict(list)
    for place, parent in enumerate(station):
        stops_of[parent].append(place)
    places = {stop: place for place, stop in enumerate(station.index)}
    general = rows[~bound]
    known = general[general["from_stop_id"].isin(places) & general["to_stop_id"].isin(places)]
    seconds = pd.to_numeric(known["min_transfer_time"], errors="coerce")
    seconds = seconds.where(seconds.between(0, MOST_SECONDS)).where(known["transfer_type"] == "2")
    seconds = seconds.mask(known["transfer_type"] == "1", 0).mask(known["transfer_type"] == "3", -1)
    of_stops, of_stations = {}, {}
    pairs = zip(known["from_stop_id"], known["to_stop_id"], seconds, strict=True)
    for start, end, least in (pair for pair in pairs if pd.notna(pair[2])):
        of_stops[places[start], places[end]] = int(least)
        for pair in product(stops_of.get(start, ()), stops_of.get(end, ())):
            of_stations[pair] = int(least)
    return of_stations | of_stops
