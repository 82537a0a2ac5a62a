"""There and back without a car: timetables checked by hand, and laws that any timetable keeps."""

import io
from collections.abc import Sequence
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import coverage, gtfs, transit
from geodata.gtfs import Feed
from geodata.transit import Stretch
from tests import feeds

MONDAY, THURSDAY = date(2026, 11, 30), 3
NEVER = transit._NEVER_S

Ride = tuple[int, int, int, int]
"""A stop, when it is left, the next stop, when it is reached (minutes)."""


def feed_of(trips: Sequence[Sequence[tuple[int, int]]], changes: Sequence[int]) -> Feed:
    """Return a feed of stops 20 km from each other; trips are (stop, minute), as lines "0", "1".

    A change at a stop takes the minutes of `changes`.
    """
    passages = [(trip, stop, 60 * at) for trip, stops in enumerate(trips) for stop, at in stops]
    trip, stop, at = np.array(passages, dtype=np.int64).T
    count = len(changes)
    stops = pd.DataFrame(
        {
            "name": [f"S{number}" for number in range(count)],
            "lng": [0.2 * number for number in range(count)],
            "lat": 46.5,
        }
    )
    calendar = pd.DataFrame(
        {
            "service_id": ["x"],
            "start": pd.Timestamp("2026-11-01"),
            "end": pd.Timestamp("2026-12-31"),
        }
        | {day: [True] for day in gtfs._WEEKDAYS}
    )
    return Feed(
        stops, tuple(map(str, range(len(trips)))), np.array(["x"] * len(trips), dtype=object),
        trip, stop, at, at, np.ones(len(trip), bool), np.ones(len(trip), bool),
        date(2026, 11, 1), date(2026, 12, 31), "",
        {(number, number): 60 * minutes for number, minutes in enumerate(changes)}, (),
        calendar, pd.DataFrame({"service_id": [], "day": [], "kind": []}),
    )  # fmt: skip


def stops_of(feed: Feed) -> gpd.GeoSeries:
    return gpd.GeoSeries.from_xy(feed.stops["lng"], feed.stops["lat"], crs="EPSG:4326")


def earliest(
    trips: Sequence[Sequence[tuple[int, int]]], changes: Sequence[int], start: int, leaves: int
) -> list[int]:
    """Return when each stop is reached at the earliest, by trying every trip until none helps."""
    best = {start: leaves}
    ready = {start: leaves}
    better = True
    while better:
        better = False
        for trip in trips:
            aboard = False
            for stop, at in trip:
                if aboard and at < best.get(stop, NEVER):
                    best[stop], better = at, True
                    ready[stop] = min(ready.get(stop, NEVER), at + changes[stop])
                aboard = aboard or ready.get(stop, NEVER) <= at
    return [best.get(stop, NEVER) for stop in range(len(changes))]


@st.composite
def timetables(draw: st.DrawFn, *, least: int = 1) -> tuple[list[list[tuple[int, int]]], list[int]]:
    count = draw(st.integers(2, 5))
    changes = draw(st.lists(st.integers(least, 9), min_size=count, max_size=count))
    trips = []
    for _ in range(draw(st.integers(1, 8))):
        route = draw(st.permutations(range(count)))[: draw(st.integers(2, count))]
        steps = draw(st.lists(st.sampled_from([0, 5, 20, 45]), min_size=len(route),
                              max_size=len(route)))  # fmt: skip
        times = draw(st.integers(300, 1100)) + np.cumsum(steps)
        trips.append(list(zip(route, times.tolist(), strict=True)))
    return trips, changes


@settings(max_examples=25)
@given(timetables())
def test_the_way_there_arrives_when_trying_every_trip_does(timetable):
    trips, changes = timetable
    feed = feed_of(trips, changes)
    points = stops_of(feed)
    week = transit.week(feed, points, points, MONDAY)
    out = week.searches[0].out
    for start in range(len(changes)):
        for leaves in (0, 400, 555, 700, 1001):
            expected = earliest(trips, changes, start, leaves)
            entry = transit._latest(out.times[start], 60 * leaves)
            for end in range(len(changes)):
                if end != start:
                    place = week.place_of[end]
                    value = int(out.reached[start][entry, place]) if entry >= 0 else NEVER << 44
                    found = value >> transit._TIME
                    assert min(found, NEVER) == (
                        60 * expected[end] if expected[end] < NEVER else NEVER
                    )


@settings(max_examples=25)
@given(timetables())
def test_the_way_back_leaves_as_late_as_trying_every_moment_does(timetable):
    trips, changes = timetable
    feed = feed_of(trips, changes)
    points = stops_of(feed)
    week = transit.week(feed, points, points, MONDAY)
    moments = sorted({at for trip in trips for _, at in trip})
    for start in range(len(changes)):
        reached = {leaves: earliest(trips, changes, start, leaves) for leaves in moments}
        for home in range(len(changes)):
            if home == start:
                continue
            latest = max((at for at in moments if reached[at][home] < NEVER), default=None)
            profiles, place = week.searches[0].back, week.place_of[start]
            moment = profiles.reached[home][:, place] >> transit._TIME
            found = [int(at) for at in moment if at < NEVER]
            assert (gtfs.MOST_SECONDS - min(found) if found else None) == (
                None if latest is None else 60 * latest
            )


def test_buses_and_changes_that_take_no_time_lead_somewhere():
    """All within the minute 600: 0 → 1, 1 → 3, and on to 2 from 1 (at 640) and from 3 (at 620).

    The bus to 3 is looked at last: the way by 1 is found, and is not mixed up with that by 3.
    """
    trips = [
        *([(1, 600), (3, 600)], [(0, 600), (1, 600)]),
        *([(1, 600), (2, 640)], [(3, 600), (2, 620)], [(2, 800), (0, 850)]),
    ]
    feed = feed_of(trips, [0, 0, 0, 0])
    points = stops_of(feed)
    found = transit.week(feed, points, points, MONDAY).outing(
        0, [Stretch(THURSDAY, 2, 0, 24 * 3600)], 600
    )
    assert found
    assert [leg.end for leg in found.out.legs] == ["S1", "S2"]
    assert found.out.arrives == 640 * 60


@settings(max_examples=20)
@given(timetables(), st.data())
def test_more_trips_are_never_worse(timetable, data):
    trips, changes = timetable
    fewer = data.draw(st.lists(st.sampled_from(trips), min_size=1, unique_by=id))
    some, all_of_them = (
        transit.week(feed, stops_of(feed), stops_of(feed), MONDAY).access(600)
        for feed in (feed_of(fewer, changes), feed_of(trips, changes))
    )
    pairs = dict(zip(zip(all_of_them.origins, all_of_them.targets, strict=True),
                     all_of_them.presence, strict=True))  # fmt: skip
    for origin, target, presence in zip(some.origins, some.targets, some.presence, strict=True):
        assert not (presence & ~pairs[origin, target]).any()


@given(timetables(least=0), st.integers(0, 4), st.integers(0, 4), st.sampled_from([60, 200, 600]))
def test_an_outing_is_where_she_can_be_and_its_rides_are_of_the_timetable(
    timetable, home, site, minutes
):
    trips, changes = timetable
    home, site = home % len(changes), site % len(changes)
    if home == site:
        return
    feed = feed_of(trips, changes)
    points = stops_of(feed)
    week = transit.week(feed, points, points, MONDAY)
    access = week.access(minutes)
    pair = (access.origins == home) & (access.targets == site)
    outing = week.outing(home, [Stretch(THURSDAY, site, 0, 24 * 3600)], minutes)
    assert (outing is not None) >= pair.any()
    if outing is None:
        return
    assert outing.back.leaves - outing.out.arrives >= transit.STAY_S
    assert outing.out.leaves >= 0
    assert outing.back.arrives <= 24 * 3600
    for way, start, end in ((outing.out, home, site), (outing.back, site, home)):
        assert way.arrives - way.leaves <= 60 * minutes
        here, ready = start, way.leaves
        for leg in way.legs:
            passages = [(f"S{stop}", 60 * at) for stop, at in trips[int(leg.line)]]
            on, off = (
                passages.index((leg.start, leg.leaves)),
                passages.index((leg.end, leg.arrives)),
            )
            assert leg.start == f"S{here}"
            assert on < off
            assert leg.leaves >= ready
            here = int(leg.end[1:])
            ready = leg.arrives + 60 * changes[here]
        assert (here, way.legs[-1].arrives) == (end, way.arrives)


# --- checked by hand ----------------------------------------------------------------------


def vienne(**changed: str) -> Feed:
    return gtfs.read_feed(io.BytesIO(feeds.zipped(feeds.VIENNE | changed)))


def outing(
    feed: Feed, home: str, site: str, opens: str, closes: str, *, day: int = THURSDAY,
    minutes: float = 120,
) -> str:  # fmt: skip
    """Return an outing between two stops, as `leaves arrives | departs home`, "" if none."""
    points = stops_of(feed)
    week = transit.week(feed, points, points, MONDAY)
    start, end = (feed.stops.index.get_loc(stop) for stop in (home, site))
    hours = (60 * int(text[:-3]) + int(text[-2:]) for text in (opens, closes))
    found = week.outing(start, [Stretch(day, end, *(60 * at for at in hours))], minutes)
    if found is None:
        return ""
    times = (found.out.leaves, found.out.arrives, found.back.leaves, found.back.arrives)
    clock = [f"{at // 3600}:{at // 60 % 60:02}" for at in times]
    return f"{clock[0]} {clock[1]} | {clock[2]} {clock[3]}"


@pytest.mark.parametrize(
    ("home", "site", "opens", "closes", "options", "expected"),
    [
        # 101 leaves at 6:45 and 13:05, and comes back at 12:20 and 18:15.
        ("MTM1", "POI1", "9:00", "12:00", {}, "6:45 7:50 | 12:20 13:25"),
        ("MTM1", "POI1", "9:00", "17:00", {}, "13:05 14:10 | 18:15 19:20"),
        ("MTM1", "POI1", "14:00", "17:00", {}, "13:05 14:10 | 18:15 19:20"),
        # Half an hour fits before 14:40, not before 14:39; the morning's bus waits until 14:00.
        ("MTM1", "POI1", "14:00", "14:40", {}, "13:05 14:10 | 18:15 19:20"),
        ("MTM1", "POI1", "14:00", "14:39", {}, "6:45 7:50 | 18:15 19:20"),
        # There is no way back: nothing after 18:15.
        ("MTM1", "POI1", "18:00", "21:00", {}, ""),
        ("MTM1", "POI1", "17:45", "21:00", {}, "13:05 14:10 | 18:15 19:20"),
        # 64 minutes are not enough for a way of 65.
        ("MTM1", "POI1", "9:00", "12:00", {"minutes": 64}, ""),
        ("MTM1", "POI1", "9:00", "12:00", {"minutes": 65}, "6:45 7:50 | 12:20 13:25"),
        # 102 runs on Wednesdays and Saturdays alone.
        ("MTM1", "CHV1", "9:00", "18:00", {}, ""),
        ("MTM1", "CHV1", "9:00", "18:00", {"day": 2}, "9:00 9:50 | 17:00 17:50"),
        ("MTM1", "POI1", "9:00", "12:00", {"day": 5}, ""),
        # From La Trimouille she changes at Montmorillon: 6:30 and 6:45.
        ("TRI1", "POI1", "9:00", "12:00", {}, "6:10 7:50 | 18:15 19:50"),
    ],
)
def test_outings_in_a_timetable_that_is_invented(home, site, opens, closes, options, expected):
    assert outing(vienne(), home, site, opens, closes, **options) == expected


@pytest.mark.parametrize(
    ("transfer", "expected"),
    [
        ("2,600", "6:10 7:50 | 18:15 19:50"),
        ("2,601", ""),  # 10 min and 1 s: in the evening, the bus of 19:30 is gone
        ("3,", ""),
        ("1,", "6:10 7:50 | 18:15 19:50"),
    ],
)
def test_a_change_takes_as_long_as_the_feed_says(transfer, expected):
    told = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
    feed = vienne(transfers=f"{told}MTM1,MTM1,{transfer}\n")
    assert outing(feed, "TRI1", "POI1", "9:00", "12:00") == expected


def test_a_bus_after_midnight_is_of_the_day_before():
    """It leaves at 0:20, and she who is home after midnight is not home the same day."""
    lines = {"N": ("LMMJV", feeds.along("MTM1 POI1", "20:00 21:00")
                   + feeds.along("POI1 MTM1", "22:30 23:50", "24:20 25:20"))}  # fmt: skip
    feed = gtfs.read_feed(io.BytesIO(feeds.zipped(feeds.tables(lines))))
    assert outing(feed, "MTM1", "POI1", "21:00", "23:00") == "20:00 21:00 | 22:30 23:50"
    assert outing(feed, "MTM1", "POI1", "22:05", "23:59") == ""
    # On Thursday she can go to Montmorillon by the bus of Wednesday's service.
    assert outing(feed, "POI1", "MTM1", "6:00", "12:00") == "0:20 1:20 | 20:00 21:00"
    assert outing(feed, "POI1", "MTM1", "6:00", "12:00", day=0) == ""
    presence = presence_at(feed, "MTM1", "POI1")
    assert (presence == coverage.slots_between(range(5), 21, 22.5)).all()


def test_stops_are_a_walk_from_each_other():
    """Line 1 leaves from 60 m east of where 101 stops: 3 min to change and 1 min 11 s to walk."""
    stops = feeds.STOPS | {"POI9": ("Poitiers, gare, quai B", 46.5826, 0.3330 + 60 / 76_600)}
    lines = {
        "101": (
            "LMMJV",
            [*feeds.along("MTM1 POI1", "6:45 7:50"), *feeds.along("POI1 MTM1", "18:15 19:20")],
        ),
        "1": (
            "LMMJV",
            [
                *feeds.along("POI9 CHV1", "7:54 8:10", "7:55 8:30"),
                *feeds.along("CHV1 POI1", "17:00 17:20"),
            ],
        ),
    }
    feed = gtfs.read_feed(io.BytesIO(feeds.zipped(feeds.tables(lines, stops=stops))))
    assert outing(feed, "MTM1", "CHV1", "9:00", "12:00", minutes=150) == "6:45 8:30 | 17:00 19:20"


def test_on_foot_she_needs_no_bus_and_beyond_two_kilometres_one():
    feed = vienne()
    hall = gpd.GeoSeries.from_xy([0.0], [46.0], crs="EPSG:4326")
    north = [46.0 + metres / 111_150 for metres in (1500, 1560)]
    sites = gpd.GeoSeries.from_xy([0.0, 0.0], north, crs="EPSG:4326")
    week = transit.week(feed, hall, sites, MONDAY)
    access = week.access(30)
    assert access.targets.tolist() == [0]  # 1.5 km × 1.3 = 1.95 km, 1.56 km × 1.3 = 2.03 km
    assert 29 < access.minutes[0] < 30
    assert (access.presence[0] == coverage.WHOLE_WEEK).all()
    assert week.access(29).targets.tolist() == []
    found = week.outing(0, [Stretch(THURSDAY, 0, 9 * 3600, 12 * 3600)], 30)
    assert found
    assert found.back.leaves - found.out.arrives == transit.STAY_S
    assert not found.out.legs


def test_she_can_be_there_from_the_first_bus_to_the_last():
    """She arrives at 7:50, so from 8:00, and leaves at 18:15; on Saturday and Sunday not at all."""
    expected = coverage.slots_between(range(5), 8, 18.25)
    assert (presence_at(vienne(), "MTM1", "POI1") == expected).all()


def presence_at(feed: Feed, home: str, site: str) -> np.ndarray:
    points = stops_of(feed)
    access = transit.week(feed, points, points, MONDAY).access(80)
    start, end = (feed.stops.index.get_loc(stop) for stop in (home, site))
    (pair,) = np.flatnonzero((access.origins == start) & (access.targets == end))
    return access.presence[pair]


def test_a_target_without_a_place_is_never_reached():
    feed = vienne()
    points = stops_of(feed)
    hidden = gpd.GeoSeries([None, points.iloc[feed.stops.index.get_loc("POI1")]], crs="EPSG:4326")
    access = transit.week(feed, points, hidden, MONDAY).access(120)
    assert set(access.targets.tolist()) == {1}
    assert np.isfinite(access.minutes).all()
