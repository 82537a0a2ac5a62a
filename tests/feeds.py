"""Small GTFS feeds for tests, as the bytes of a zip. Lines, places of stops and times are invented.

`VIENNE` looks like the country around Montmorillon; no such bus runs.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence

Rows = Sequence[Sequence[object]]
ALL_WEEK = ("2026-11-02", "2026-12-31", "1111111")

STOPS = {
    "MTM1": ("Montmorillon, centre", 46.4258, 0.8700),
    "MTM2": ("Montmorillon, gare", 46.4200, 0.8650),
    "LUS1": ("Lussac-les-Châteaux, mairie", 46.4030, 0.7240),
    "CIV1": ("Civaux, mairie", 46.4447, 0.6660),
    "POI1": ("Poitiers, gare", 46.5826, 0.3330),
    "POI2": ("Poitiers, hôtel de ville", 46.5802, 0.3404),
    "SAV1": ("Saint-Savin, place", 46.5680, 0.8650),
    "CHV1": ("Chauvigny, mairie", 46.5690, 0.6470),
    "TRI1": ("La Trimouille, place", 46.4630, 1.0400),
}


def text(header: str, rows: Rows) -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def tables(
    lines: Mapping[str, tuple[str, Sequence[Sequence[tuple[str, str]]]]],
    *,
    stops: Mapping[str, tuple[str, float, float]] = STOPS,
    calendar: Mapping[str, tuple[str, str, str]] | None = None,
    **others: str,
) -> dict[str, str]:
    """Return the files of a feed.

    Args:
        lines: for each line its days of service, and its trips as stops and times `6:45`.
        stops: name, latitude and longitude of each stop.
        calendar: first day, last day and weekdays of each service.
        others: texts of further files, or in the place of those made here.
    """
    calendar = calendar or {"LMMJV": ("2026-11-02", "2026-12-31", "1111100")}
    trips, times = [], []
    for line, (service, runs) in lines.items():
        for run, passages in enumerate(runs):
            trips.append((f"{line}-{run}", line, service))
            times += [
                (f"{line}-{run}", *(2 * [f"{at}:00"]), stop, rank)
                for rank, (stop, at) in enumerate(passages)
            ]
    days = [
        (name, first.replace("-", ""), last.replace("-", ""), *week)
        for name, (first, last, week) in calendar.items()
    ]
    made = {
        "agency": "agency_name,agency_url,agency_timezone\nCars inventés,,Europe/Paris\n",
        "stops": text("stop_id,stop_name,stop_lat,stop_lon",
                      [(key, f'"{name}"', lat, lng) for key, (name, lat, lng) in stops.items()]),
        "routes": text("route_id,route_short_name,route_long_name,route_type",
                       [(line, line, "", 3) for line in lines]),
        "trips": text("trip_id,route_id,service_id", trips),
        "stop_times": text("trip_id,arrival_time,departure_time,stop_id,stop_sequence", times),
        "calendar": text(
            "service_id,start_date,end_date,monday,tuesday,wednesday,thursday,friday,saturday,sunday",
            days,
        ),
        "feed_info": "feed_publisher_name,feed_publisher_url,feed_lang\nHoraires inventés,,fr\n",
    }  # fmt: skip
    return {name: content for name, content in (made | others).items() if content}


def zipped(files: Mapping[str, str], *, folder: str = "", encoding: str = "utf-8") -> bytes:
    """Return the files as a zip."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{folder}{name}.txt", content.encode(encoding))
    return written.getvalue()


def along(stops: str, *runs: str) -> list[list[tuple[str, str]]]:
    """`along("MTM1 POI1", "6:45 7:50", "13:05 14:10")` → the passages of two trips."""
    return [list(zip(stops.split(), times.split(), strict=True)) for times in runs]


VIENNE = tables(
    {
        "101": (
            "LMMJV",
            [
                *along("MTM1 MTM2 LUS1 POI1", "6:45 6:50 7:08 7:50", "13:05 13:10 13:28 14:10"),
                *along("POI1 LUS1 MTM2 MTM1", "12:20 13:02 13:20 13:25", "18:15 18:57 19:15 19:20"),
            ],
        ),
        "102": ("ME-SA", [*along("MTM1 SAV1 CHV1", "9:00 9:25 9:50"),
                          *along("CHV1 SAV1 MTM1", "17:00 17:25 17:50")]),
        "103": ("LMMJV", along("TRI1 MTM1", "6:10 6:30") + along("MTM1 TRI1", "19:30 19:50")),
        "1": ("LMMJV", along("POI1 POI2", *(f"{hour}:{minute:02} {hour}:{minute + 6:02}"
                                            for hour in range(7, 20) for minute in (0, 20, 40)))
              + along("POI2 POI1", *(f"{hour}:{minute:02} {hour}:{minute + 6:02}"
                                     for hour in range(7, 20) for minute in (10, 30, 50)))),
    },
    calendar={
        "LMMJV": ("2026-11-02", "2026-12-31", "1111100"),
        "ME-SA": ("2026-11-02", "2026-12-31", "0010010"),
    },
)  # fmt: skip
