"""Feeds of public transport: what other programs write, what is wrong in them, which days run."""

import io
import zipfile
from contextlib import suppress
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.gtfs import MOST_SECONDS, Feed, read_feed
from geodata.tables import UnreadableFile
from tests import feeds


def read(files: dict[str, str], **options: str) -> Feed:
    return read_feed(io.BytesIO(feeds.zipped(files, **options)))


def passages(feed: Feed) -> list[tuple[str, str, int, int]]:
    """Return what each bus does, however the feed is written."""
    names = feed.stops["name"].to_numpy()
    columns = zip(feed.trip, feed.stop, feed.arrival, feed.departure, strict=True)
    return [(feed.lines[t], names[s], int(a), int(d)) for t, s, a, d in columns]


def quoted(text: str) -> str:
    return "\n".join(
        ",".join(cell if cell.startswith('"') else f'"{cell}"' for cell in line.split(","))
        for line in text.splitlines()
    )


def with_column(text: str) -> str:
    header, *lines = text.splitlines()
    return "\n".join([f"inconnu,{header}", *(f"x,{line}" for line in lines)])


def backwards(text: str) -> str:
    header, *lines = text.splitlines()
    return "\n".join([header, *reversed(lines)])


def spaced(text: str) -> str:
    return quoted(text).replace('","', '" , "')


def with_commas(text: str) -> str:
    """End each line but the first with a comma, as some spreadsheets do."""
    return text.replace("\n", ",\n").replace(",\n", "\n", 1)


def by_dates(files: dict[str, str]) -> dict[str, str]:
    """Write the calendar as a list of dates."""
    days = [f"202611{day:02}" for day in range(2, 31) if date(2026, 11, day).weekday() < 5]
    rows = "".join(f"LMMJV,{day},1\n" for day in days) + "ME-SA,20261104,1\n"
    dates = {"calendar_dates": f"service_id,date,exception_type\n{rows}"}
    return {name: text for name, text in files.items() if name != "calendar"} | dates


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({name: f"\ufeff{text}" for name, text in feeds.VIENNE.items()}, {}),
        ({name: text.replace("\n", "\r\n") for name, text in feeds.VIENNE.items()}, {}),
        ({name: with_column(text) for name, text in feeds.VIENNE.items()}, {}),
        (
            feeds.VIENNE | {name: quoted(feeds.VIENNE[name]) for name in ("stop_times", "trips")},
            {},
        ),
        (feeds.VIENNE | {"stop_times": backwards(feeds.VIENNE["stop_times"])}, {}),
        (feeds.VIENNE | {"stop_times": feeds.VIENNE["stop_times"].replace(",6:", ", 06:")}, {}),
        ({name: f"{text}\n\n" for name, text in feeds.VIENNE.items()}, {}),
        (feeds.VIENNE, {"folder": "horaires 2026/"}),
        (feeds.VIENNE, {"encoding": "cp1252"}),
        ({name: text for name, text in feeds.VIENNE.items() if name != "feed_info"}, {}),
        (by_dates(feeds.VIENNE), {}),
        ({name: with_commas(text) for name, text in feeds.VIENNE.items()}, {}),
        (feeds.VIENNE | {name: spaced(feeds.VIENNE[name]) for name in ("stop_times", "trips")}, {}),
        (feeds.VIENNE | {"trips": feeds.VIENNE["trips"].replace(",", ";")}, {}),
        ({name: text.replace("\n", "\r") for name, text in feeds.VIENNE.items()}, {}),
        ({name: f"\n{text}" for name, text in feeds.VIENNE.items()}, {}),
        (feeds.VIENNE, {"folder": "horaires 2026\\"}),
        (feeds.VIENNE, {"encoding": "utf-16"}),
        (feeds.VIENNE | {"transfers": "", "frequencies": "\n"}, {}),
    ],
    ids=[
        *("byte order mark", "Windows lines", "unknown column", "quotes", "any order", "spaces"),
        *("blank lines", "folder", "cp1252", "no feed_info", "calendar_dates alone"),
        *("trailing commas", "spaces around quotes", "semicolons", "old Mac lines"),
        *("blank first line", "folder of Windows", "utf-16", "empty files"),
    ],
)
def test_the_habits_of_other_programs_change_nothing(files, options):
    feed = read(files, **options)
    assert feed.problems == ()
    assert sorted(passages(feed)) == sorted(passages(read(feeds.VIENNE)))
    assert (
        feed.running(date(2026, 11, 5)).sum() == read(feeds.VIENNE).running(date(2026, 11, 5)).sum()
    )


def changed(name: str, *pairs: tuple[str, str]) -> dict[str, str]:
    text = feeds.VIENNE[name]
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    return feeds.VIENNE | {name: text}


@pytest.mark.parametrize(
    ("files", "said", "lost"),
    [
        (
            changed("stop_times", ("102-0,9:25:00,9:25:00", "102-0,8:25:00,8:25:00")),
            "stop_times.txt, ligne 19, colonne « arrival_time » : le bus arriverait avant",
            3,
        ),
        (
            changed("stop_times", ("102-0,9:25:00,9:25:00", "102-0,neuf,9:25:00")),
            "stop_times.txt, ligne 19, colonne « arrival_time » : ce n’est pas une heure",
            3,
        ),
        (
            changed("stop_times", ("102-0,9:50:00,9:50:00", "102-0,,")),
            "stop_times.txt, ligne 20, colonne « arrival_time » : le premier ou le dernier arrêt",
            3,
        ),
        (
            changed("stop_times", (",SAV1,1", ",SAV1,un")),
            "stop_times.txt, ligne 19, colonne « stop_sequence » : ce n’est pas un nombre",
            3,
        ),
        (
            changed("stops", ("46.568,0.865", "0,0")),
            "stops.txt, ligne 8, colonne « stop_id » : l’arrêt n’a pas de coordonnées, ou 0 et 0",
            2,
        ),
        (
            changed("stops", ("POI1,", 'MTM1,"Ailleurs",45,1\nPOI1,')),
            "stops.txt, ligne 6, colonne « stop_id » : cet identifiant figure déjà plus haut",
            0,
        ),
        (
            changed("trips", ("102-0,", "103-0,103,LMMJV\n102-0,")),
            "colonne « trip_id » : cet identifiant figure déjà plus haut",
            0,
        ),
        (
            changed("trips", ("102-0,102,ME-SA", "102-0,102,JAMAIS")),
            "colonne « service_id » : le calendrier ne connaît pas ces jours",
            3,
        ),
        (
            changed("stop_times", ("102-0,9:25:00,9:25:00,SAV1", "102-0,9:25:00,9:25:00,NULLE")),
            "stop_times.txt, ligne 19, colonne « stop_id » : cet arrêt n’est pas dans stops.txt",
            1,
        ),
        (
            changed("stop_times", ("102-0,9:25:00,9:25:00,SAV1,1", "102-0,9:25:00,9:25:00,SAV1,0")),
            "stop_times.txt, ligne 19, colonne « stop_sequence » : ce rang figure deux fois",
            1,
        ),
        (
            changed("calendar", ("20261102", "2026-11-02")),
            "calendar.txt, ligne 2, colonne « start_date » : ce n’est pas une date comme 20261130",
            80,
        ),
        (
            changed("calendar", ("20261231", "20251231")),
            "calendar.txt, ligne 2, colonne « end_date » : la fin est avant le début",
            80,
        ),
        (
            changed(
                "stop_times", ("102-0,9:25:00,9:25:00,SAV1,1", "102-0,9:25:00,9:25:00,SAV1,1,x")
            ),
            "stop_times.txt, ligne 19 : cette ligne n’a pas autant de cases",
            1,
        ),
        (
            changed("stop_times", ("102-0,9:25:00,9:25:00,", '102-0,9:25:00,9:25:00,"')),
            "stop_times.txt, ligne 19 : un guillemet est mal fermé",
            1,
        ),
        (
            # Up to the next quote, the rest of this line and the beginning of that one.
            changed(
                "stop_times",
                ("102-0,9:00:00,9:00:00,", '102-0,9:00:00,9:00:00,"'),
                (",9:25:00,SAV1,", ',9:25:00,SAV1",'),
            ),
            "stop_times.txt, ligne 18 : un guillemet est mal fermé",
            2,
        ),
        (
            changed("stops", ('SAV1,"Saint-Savin, place"', ',"Saint-Savin, place"')),
            "stops.txt, ligne 8, colonne « stop_id » : il manque l’identifiant",
            2,
        ),
        (
            changed("calendar", ("20261102", "2026112")),
            "calendar.txt, ligne 2, colonne « start_date » : ce n’est pas une date",
            80,
        ),
        (
            changed("calendar", ("20261231", "today")),
            "calendar.txt, ligne 2, colonne « end_date » : ce n’est pas une date",
            80,
        ),
    ],
)
def test_what_is_wrong_is_told_by_file_and_line_and_the_rest_is_read(files, said, lost):
    feed = read(files)
    assert [said in str(problem) for problem in feed.problems].count(True) == 1
    whole = len(feeds.VIENNE["stop_times"].splitlines()) - 1
    # The calendar's lines take whole lines of buses with them: at least as many passages.
    gone = whole - len(feed.trip)
    assert gone >= lost > 40 if lost > 40 else gone == lost


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"stop_id,stop_name\n1,A\n", "il faut un fichier GTFS, en .zip"),
        (feeds.zipped({"stops": feeds.VIENNE["stops"]}), "Il manque"),
        (feeds.zipped(feeds.VIENNE | {"stops": " "}), "stops.txt : colonne obligatoire"),
        (feeds.zipped(feeds.VIENNE | {"stops": ""}), "stops.txt : colonne obligatoire"),
        (feeds.zipped(feeds.VIENNE | {"calendar": "x\n"}), "calendar.txt : colonne obligatoire"),
        (feeds.zipped(feeds.VIENNE | {"calendar": ""}), "calendar.txt ou calendar_dates.txt"),
        (
            feeds.zipped(feeds.VIENNE | {"stops": "stop_id,stop_name\n" + 'A,"Gare\n' * 6000}),
            "stops.txt : trop de guillemets mal fermés, à partir de la ligne 2",
        ),
        (feeds.zipped(feeds.VIENNE | {"stops": "," * 200_000}), "stops.txt : une ligne est trop"),
        (feeds.zipped(feeds.VIENNE | {"stops": "\n" * 500_001}), "stops.txt a plus de 500"),
        (
            feeds.zipped(feeds.VIENNE | {
                "frequencies": "trip_id,start_time,end_time,headway_secs\n"
                               + "102-0,8:00:00,9:00:00,8\n" * 400}),
            "frequencies.txt donne plus de 500",
        ),
        (
            feeds.zipped({n: t for n, t in feeds.VIENNE.items() if n != "calendar"}),
            "personne ne sait quels jours les bus roulent",
        ),
        (
            feeds.zipped(changed("stop_times", ("stop_sequence", "rang"))),
            "stop_times.txt : colonne obligatoire absente : « stop_sequence »",
        ),
        (
            feeds.zipped(changed("calendar", ("1,1,1,1,1,0,0", "0,0,0,0,0,0,0"),
                                 ("0,0,1,0,0,1,0", "0,0,0,0,0,0,0"))),
            "n’a aucun jour de service",
        ),
        (
            feeds.zipped(feeds.VIENNE | {"trips": "trip_id,route_id,service_id\n"}),
            "Aucun trajet",
        ),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused(content, said):
    with pytest.raises(UnreadableFile, match=said):
        read_feed(io.BytesIO(content))


def test_a_broken_archive_is_refused():
    content = bytearray(feeds.zipped(feeds.VIENNE))
    quarter = len(content) // 4
    content[quarter : quarter + 200] = bytes(200)
    with pytest.raises(UnreadableFile, match="GTFS"):
        read_feed(io.BytesIO(bytes(content)))


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_archive_is_read_or_refused(compression, tmp_path):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, text in _SMALL.items():
            archive.writestr(f"{name}.txt", text)
    content = written.getvalue()
    path = tmp_path / "services.gtfs.zip"
    for at in range(0, len(content), 41):
        for broken in (content[:at], content[:at] + b"\xff" * 9 + content[at + 9 :]):
            path.write_bytes(broken)
            with suppress(UnreadableFile):
                read_feed(path)


def test_an_archive_with_a_password_is_refused():
    content = bytearray(feeds.zipped(feeds.VIENNE))
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        content[at + 8] |= 1
    with pytest.raises(UnreadableFile, match="sans mot de passe"):
        read_feed(io.BytesIO(bytes(content)))


_SMALL = {
    name: "".join(text.splitlines(keepends=True)[:24]) for name, text in feeds.VIENNE.items()
} | {
    "calendar_dates": "service_id,date,exception_type\nLMMJV,20261112,2\nLMMJV,20261115,1\n",
    "frequencies": "trip_id,start_time,end_time,headway_secs\n102-0,8:00:00,9:00:00,1200\n",
    "transfers": "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nMTM1,MTM2,2,300\n",
}
_ODD = [
    *('"', ",", "\n", "\r", "\x00", ";", " ", "-", '"\n"', ",,,", "\ufeff", "é", "x" * 140_000),
    *("", "0", "-1:00:00", "24:10:00", "7:05", "midi", "nan", "inf", "1e400", "9" * 40, "46,5"),
    *("today", "20260931", "99991231", "MTM1", "stop_id", "102-0", "\u0663"),
]


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, str]:
    """Draw a feed with texts put in, in the place of others or of a whole column."""
    files = dict(_SMALL)
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(files)))
        text, odd = files[name], draw(st.sampled_from(_ODD))
        if draw(st.booleans()):
            start = draw(st.integers(0, len(text)))
            files[name] = text[:start] + odd + text[start + draw(st.sampled_from([0, 1, 5, 500])) :]
        else:
            rows = [line.split(",") for line in text.splitlines()]
            place = draw(st.integers(0, len(rows[0]) if rows else 0))
            some = draw(st.integers(1, len(rows) + 1))
            rows = [[*row[:place], odd, *row[place + 1 :]] if n % some else row
                    for n, row in enumerate(rows)]  # fmt: skip
            files[name] = "\n".join(map(",".join, rows))
    return files


@settings(max_examples=100, deadline=None)
@given(damaged(), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_a_damaged_feed_is_read_or_refused(files, encoding):
    texts = {name: text.encode(encoding, "replace").decode("latin-1")
             for name, text in files.items()}  # fmt: skip
    try:
        feed = read(texts, encoding="latin-1")
    except UnreadableFile:
        return
    assert feed.stops[["lat", "lng"]].notna().all(axis=None)
    assert 0 <= feed.arrival.min() <= feed.departure.max() < MOST_SECONDS
    assert (feed.arrival <= feed.departure).all()


def test_files_beside_those_of_the_feed_are_not_read():
    written = io.BytesIO(feeds.zipped(feeds.VIENNE, folder="x/"))
    with zipfile.ZipFile(written, "a") as archive:
        archive.writestr("__MACOSX/stops.txt", b"\x00\x05")
        archive.writestr("stops.txt.bak", "rien")
    assert read_feed(written).problems == ()


def test_exceptions_count_before_the_week():
    """Thursday the 12th does not run, Sunday the 15th does."""
    dates = "service_id,date,exception_type\nLMMJV,20261112,2\nLMMJV,20261115,1\n"
    feed = read(feeds.VIENNE | {"calendar_dates": dates})
    thursdays = [feed.running(date(2026, 11, day)).any() for day in (5, 12, 19)]
    sundays = [feed.running(date(2026, 11, day)).any() for day in (8, 15)]
    assert thursdays == [True, False, True]
    assert sundays == [False, True]


def test_the_calendar_ends_where_the_feed_says_that_it_does():
    info = "feed_publisher_name,feed_publisher_url,feed_lang,feed_end_date\nA,,fr,20261130\n"
    feed = read(feeds.VIENNE | {"feed_info": info})
    assert (feed.first_day, feed.last_day) == (date(2026, 11, 2), date(2026, 11, 30))
    assert not feed.covers(date(2026, 12, 1))


def test_times_that_are_not_told_are_in_equal_parts_between_those_that_are():
    files = changed("stop_times", ("101-0,6:50:00,6:50:00", "101-0,,"),
                    ("101-0,7:08:00,7:08:00", "101-0,,"))  # fmt: skip
    feed = read(files)
    times = [at / 60 for line, _, at, _ in passages(feed)[:4] if line == "101"]
    assert feed.problems == ()
    assert times == pytest.approx([6 * 60 + 45, 6 * 60 + 45 + 65 / 3, 6 * 60 + 45 + 130 / 3, 470],
                                  abs=0.02)  # fmt: skip


def test_a_line_at_intervals_is_written_out():
    times = "trip_id,start_time,end_time,headway_secs\n102-0,8:00:00,9:00:00,1200\n"
    feed = read(feeds.VIENNE | {"frequencies": times})
    leaves = [
        d // 60 for line, stop, _, d in passages(feed) if line == "102" and "gare" not in stop
    ]
    assert [at for at in leaves if at < 10 * 60] == [
        *(480, 505, 530), *(500, 525, 550), *(520, 545, 570)
    ]  # fmt: skip
    assert any("frequencies.txt" in str(problem) for problem in feed.problems)


def test_a_line_at_intervals_begins_at_its_first_stop_even_where_that_has_no_place():
    times = "trip_id,start_time,end_time,headway_secs\n102-0,8:00:00,8:20:00,1800\n"
    whole = read(feeds.VIENNE | {"frequencies": times})
    feed = read(changed("stops", ("46.4258,0.87", "0,0")) | {"frequencies": times})
    ran = [row for row in passages(whole) if row[1] != "Montmorillon, centre"]
    assert ("102", "Saint-Savin, place", 30300, 30300) in ran  # 8 h 25
    assert passages(feed) == ran


def test_a_line_at_intervals_leaves_no_later_than_can_be_counted():
    times = "trip_id,start_time,end_time,headway_secs\n102-0,33:30:00,34:59:00,1800\n"
    feed = read(feeds.VIENNE | {"frequencies": times})
    assert feed.departure.max() == (34 * 60 + 50) * 60


def test_a_stop_on_request_counts_for_nobody():
    header, *lines = feeds.VIENNE["stop_times"].splitlines()
    asked = [f"{line},{2 if 'SAV1' in line else 0},0" for line in lines]
    feed = read(feeds.VIENNE | {"stop_times": "\n".join([f"{header},pickup_type,drop_off_type",
                                                         *asked])})  # fmt: skip
    at = feed.stops.index.get_loc("SAV1")
    assert not feed.boards[feed.stop == at].any()
    assert feed.boards[feed.stop != at].all()
    assert "sur réservation" in str(feed.problems[0])


def test_a_stop_without_a_place_has_that_of_its_station():
    text = feeds.VIENNE["stops"].splitlines()
    stops = "\n".join(
        [
            f"{text[0]},parent_station,location_type",
            *(f"{line},,0" for line in text[1:]),
            'GARE,"Gare",46.5,0.3,,1',
            'QUAI,"Quai",,,GARE,0',
        ]
    )
    feed = read(feeds.VIENNE | {"stops": stops})
    assert tuple(feed.stops.loc["QUAI", ["lat", "lng"]]) == (46.5, 0.3)


def test_a_change_of_a_station_counts_for_its_stops_unless_they_say_otherwise():
    text = feeds.VIENNE["stops"].splitlines()
    children = [f"{line},{'GARE' if 'Poitiers' in line else ''}" for line in text[1:]]
    stops = [f"{text[0]},parent_station", *children, 'GARE,"Gare",46.58,0.33,']
    told = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
    rows = "POI1,POI2,2,60\nGARE,GARE,2,480\nMTM1,MTM1,0,\nMTM1,MTM2,3,\nTRI1,TRI1,2,\n"
    feed = read(feeds.VIENNE | {"stops": "\n".join(stops), "transfers": told + rows})
    names = feed.stops.index.to_numpy()
    found = {(names[a], names[b]): seconds for (a, b), seconds in feed.transfers.items()}
    assert found == {
        ("GARE", "GARE"): 480,
        ("POI1", "POI1"): 480,
        ("POI1", "POI2"): 60,
        ("POI2", "POI1"): 480,
        ("POI2", "POI2"): 480,
        ("MTM1", "MTM2"): -1,
    }


@pytest.mark.parametrize("column", ["from_trip_id", "to_trip_id", "from_route_id", "to_route_id"])
def test_a_change_of_some_trips_or_lines_is_not_that_of_all(column):
    told = f"from_stop_id,to_stop_id,transfer_type,min_transfer_time,{column}\n"
    rows = "MTM1,MTM1,2,240,\nMTM1,MTM1,3,,101\nPOI1,POI1,3,,101\nPOI2,POI2,4,,101\n"
    feed = read(feeds.VIENNE | {"transfers": told + rows})
    at = feed.stops.index.get_loc("MTM1")
    assert feed.transfers == {(at, at): 240}
    (problem,) = feed.problems
    assert str(problem).startswith("transfers.txt, ligne 3 (et 1\u00a0autre ligne)")
    assert "nous n’en tenons pas compte" in str(problem)


def test_changes_that_name_no_stop_or_no_time_say_nothing():
    seated = "from_trip_id,to_trip_id,transfer_type\n101-0,101-1,4\n"
    endless = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nMTM1,MTM2,2,inf\n"
    for rows in (seated, endless):
        assert read(feeds.VIENNE | {"transfers": rows}).transfers == {}


def test_no_time_goes_beyond_what_can_be_counted():
    feed = read(changed("stop_times", ("102-0,9:50:00,9:50:00", "102-0,99:50:00,99:50:00")))
    assert "ce n’est pas une heure" in str(feed.problems[0])
    assert np.max(feed.arrival) < MOST_SECONDS
