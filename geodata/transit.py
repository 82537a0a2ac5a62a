"""There and back the same day without a car: on foot, and by the timetables of a GTFS feed.

What is assumed, to be said wherever it is shown: she walks at 4 km/h, `WALK_KM` at most at each end
of a trip, over 1.3 times the straight line (`travel.DETOUR`); to change, she needs 3 minutes and
the time to walk to the other stop, 500 m at most, unless `transfers.txt` says otherwise; at the
place, she needs half an hour while it is open; she is back before midnight. She leaves from her
town hall: where in the commune people live is not known.

Journeys are found by a scan of connections in the order of time (Dibbelt, Pajor, Strasser, Wagner:
*Connection Scan Algorithm*, ACM Journal of Experimental Algorithmics 23, 2018,
doi:10.1145/3274661), as profiles: for every moment of the day at a stop, when each place is reached
at the earliest. All places are scanned for at once. The way back is the same search with the day
turned round.

No engine of the registries does this: `r5py` fetches R5 from elsewhere, `ferrobus` and Valhalla
need an OpenStreetMap extract (and `pyvalhalla` 3.9 Python 3.12), `cafein` 0.29 gives no profiles
and, without an extract, changes faster than `transfers.txt` allows, `pynigiri` 0.1.5 has wheels for
Python 3.11 alone. nigiri agrees with this module: 16,056 arrivals in 40 random feeds.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from geodata import coverage
from geodata.communes import to_xyz
from geodata.gtfs import MOST_SECONDS, Feed
from geodata.points import positions
from geodata.travel import DETOUR

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

WALK_KMH: Final = 4.0
WALK_KM: Final = 2.0
CHANGE_MINUTES: Final = 3
CHANGE_M: Final = 500
STAY_SLOTS: Final = 2
_DAY: Final = 24 * 3600
_SLOT_S: Final = 15 * 60
STAY_S: Final = STAY_SLOTS * _SLOT_S
_DAY_SLOTS: Final = _DAY // _SLOT_S
_WEEK: Final = range(7)

# One number holds a moment of arrival (s), the connection that is boarded, and the one that is left
# there: the earliest arrival, and among these the latest boarding, is the least number.
_BITS: Final = 22
_TIME: Final = 2 * _BITS
_PLACE: Final = (1 << _BITS) - 1
_MOMENT: Final = np.array(-1 << _TIME)
_NEVER_S: Final = 1 << 18  # twice as much fits into the number
_NEVER: Final = np.array(_NEVER_S << _TIME)


class Leg(NamedTuple):
    """A ride: line, stops, and seconds from midnight."""

    line: str
    start: str
    leaves: int
    end: str
    arrives: int

    def turned_round(self) -> "Leg":
        """Return the ride of the real day that was found in the day turned round."""
        leaves, arrives = MOST_SECONDS - self.arrives, MOST_SECONDS - self.leaves
        return Leg(self.line, self.end, leaves, self.start, arrives)


@dataclass(frozen=True)
class Trip:
    """A way to a place or back, in seconds from midnight; without `legs` she walks all the way."""

    leaves: int
    arrives: int
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Outing:
    """A day's way to a target (its place in the index), the time there, and the way back."""

    target: int
    day: date
    out: Trip
    back: Trip


class Stretch(NamedTuple):
    """Somebody is at a target from one second of a day (0 is Monday) to another."""

    day: int
    target: int
    opens: int
    closes: int


@dataclass(frozen=True, eq=False)
class Access:
    """Where she can be, and when.

    Attributes:
        origins, targets: the pair's places in the indexes of the origins and the targets.
        minutes: the quickest way there.
        presence: the quarter-hours of the week that she can spend there between the way out and the
            way back, as `coverage` writes them: (pairs, 11).
    """

    origins: Ints
    targets: Ints
    minutes: NDArray[np.float64]
    presence: Words


# --- on foot ------------------------------------------------------------------------------


def walking_s(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how long one walks a straight line, in seconds.

    >>> float(walking_s(np.array([2000 / 1.3]))[0] / 60)
    30.0
    """
    return np.asarray(metres * DETOUR / (WALK_KMH / 3.6))


def _walks(
    from_xyz: NDArray[np.float64], to_xyz: NDArray[np.float64], most_m: float
) -> tuple[Ints, Ints, Ints]:
    """Return the pairs that are within a walk: two places, and the seconds, rounded up."""
    starts, ends = (np.flatnonzero(np.isfinite(xyz).all(axis=1)) for xyz in (from_xyz, to_xyz))
    if not len(starts) or not len(ends):
        return (np.zeros(0, dtype=np.int64),) * 3
    found = KDTree(from_xyz[starts]).sparse_distance_matrix(
        KDTree(to_xyz[ends]), most_m / DETOUR, output_type="ndarray"
    )
    seconds = np.ceil(walking_s(found["v"]).round(6)).astype(np.int64)
    return starts[found["i"]], ends[found["j"]], seconds


# --- the network of a day -----------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Connections:
    """Rides from one stop to the next, in the order of the scan: the latest departure first.

    `changes`: for each stop, the stops where one can board after it and the seconds between.
    """

    start: Ints
    end: Ints
    departure: Ints
    arrival: Ints
    trip: Ints
    boards: NDArray[np.bool_]
    alights: NDArray[np.bool_]
    changes: list[list[tuple[int, int]]]

    def rows(self) -> Iterator[tuple[int, int, int, int, int, bool, bool]]:
        """Yield the rides without their changes, as plain numbers: these are quick to compare."""
        columns = (self.start, self.end, self.departure, self.arrival, self.trip)
        flags = (self.boards, self.alights)
        return zip(*(column.tolist() for column in (*columns, *flags)), strict=True)


def _running(feed: Feed, day: date) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the trips of a day, and those of the day before that go on after midnight."""
    late = np.zeros(len(feed.lines), dtype=bool)
    late[feed.trip[feed.departure >= _DAY]] = True
    return feed.running(day), feed.running(day - timedelta(days=1)) & late


def _connections(feed: Feed, running: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> _Connections:
    """Return the rides of a day, by its trips and those of the day before."""
    whole = np.flatnonzero(feed.trip[1:] == feed.trip[:-1])
    today, before = (whole[trips[feed.trip[whole]]] for trips in running)
    before = before[feed.departure[before] >= _DAY]
    passage = np.concatenate([today, before])
    earlier = np.repeat([0, 1], [len(today), len(before)])
    departure = feed.departure[passage] - earlier * _DAY
    arrival = feed.arrival[passage + 1] - earlier * _DAY
    order = np.lexsort((-passage, -arrival, -departure))
    passage, earlier = passage[order], earlier[order]
    return _Connections(
        start=feed.stop[passage],
        end=feed.stop[passage + 1],
        departure=departure[order],
        arrival=arrival[order],
        trip=feed.trip[passage] + earlier * len(feed.lines),
        boards=feed.boards[passage],
        alights=feed.alights[passage + 1],
        changes=_changes(feed),
    )


@lru_cache(maxsize=4)
def _changes(feed: Feed) -> list[list[tuple[int, int]]]:
    xyz = to_xyz(feed.stops["lng"].to_numpy(), feed.stops["lat"].to_numpy())
    told = {(stop, stop): 0 for stop in range(len(xyz))}
    walks = zip(*map(np.ndarray.tolist, _walks(xyz, xyz, CHANGE_M)), strict=True)
    told |= {(start, end): seconds for start, end, seconds in walks}
    told = {pair: seconds + 60 * CHANGE_MINUTES for pair, seconds in told.items()}
    told |= feed.transfers
    changes: list[list[tuple[int, int]]] = [[] for _ in range(len(xyz))]
    for (start, end), seconds in told.items():
        if seconds >= 0:
            changes[start].append((end, seconds))
    return changes


def _turned_round(rides: _Connections) -> _Connections:
    """Return the rides of the day turned round: from its end to its beginning."""
    changes: list[list[tuple[int, int]]] = [[] for _ in rides.changes]
    for start, others in enumerate(rides.changes):
        for end, seconds in others:
            changes[end].append((start, seconds))
    departure, arrival = MOST_SECONDS - rides.arrival, MOST_SECONDS - rides.departure
    # Of a trip's rides without duration, the first of the day is now the last.
    order = np.lexsort((-np.arange(len(departure)), -arrival, -departure))
    return _Connections(
        start=rides.end[order],
        end=rides.start[order],
        departure=departure[order],
        arrival=arrival[order],
        trip=rides.trip[order],
        boards=rides.alights[order],
        alights=rides.boards[order],
        changes=changes,
    )


# --- the scan -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Profiles:
    """When each place is reached from each stop, whenever one leaves it.

    Attributes:
        rides: what was scanned.
        walk: (stops, places), seconds on foot from a stop to a place, `_NEVER_S` where too far.
        times: for each stop, the moments at which it is left, the latest first.
        reached: for each of them and each place, arrival, connection boarded, connection left.
    """

    rides: _Connections
    walk: Ints
    times: list[Ints]
    reached: list[Ints]

    def legs(self, stop: int, entry: int, place: int) -> list[tuple[int, int]]:
        """Return the rides of a way: of each, the connection boarded and the one left."""
        found = []
        while True:
            value = int(self.reached[stop][entry, place])
            boarded, left = value >> _BITS & _PLACE, value & _PLACE
            found.append((boarded, left))
            here, at = int(self.rides.end[left]), int(self.rides.arrival[left])
            arrives = value >> _TIME
            if at + self.walk[here, place] == arrives:
                return found
            stop, entry = next(
                (other, last)
                for other, seconds in self.rides.changes[here]
                if (last := self._known(other, at + seconds, place, left)) >= 0
                and self.reached[other][last, place] >> _TIME == arrives
            )

    def _known(self, stop: int, moment: int, place: int, number: int) -> int:
        """Return the entry by which one goes on from a stop; -1 if none.

        It is one that was known when the ride `number` was looked at: buses that pass within no
        time, and changes that take none, would otherwise lead round and round.
        """
        last = _latest(self.times[stop], moment)
        while last >= 0 and int(self.reached[stop][last, place]) >> _BITS & _PLACE > number:
            last -= 1
        return last


def _latest(times: Ints, moment: int) -> int:
    """Return the last place of `times`, which fall, that is not before a moment; -1 if none."""
    return int(np.searchsorted(-times, -moment, side="right")) - 1


class _Scan:
    """One look at each ride, the latest departure first: `profiles` says what was found.

    `falling` are minus the moments at which each stop is left (they rise, for `bisect`), `kept`
    what is then reached, `moments` the same without the rides, `on_board` what is reached from
    aboard each trip.
    """

    def __init__(self, rides: _Connections, walk: Ints) -> None:
        self.rides, self.walk = rides, walk
        self.on_foot = [row << _TIME if (row < _NEVER_S).any() else None for row in walk]
        self.falling: list[list[int]] = [[] for _ in walk]
        self.kept: list[list[Ints]] = [[] for _ in walk]
        self.moments: list[list[Ints]] = [[] for _ in walk]
        self.on_board: dict[int, Ints] = {}

    def profiles(self) -> _Profiles:
        """Look at each ride."""
        for number, ride in enumerate(self.rides.rows()):
            start, end, departure, arrival, trip, boards, alights = ride
            best = self.on_board.get(trip)
            if alights:
                off = self._off(end, arrival)
                if off is not None:
                    off = off | np.array(number)  # with an array, numpy is twice as fast
                    best = off if best is None else np.minimum(best, off)
                    self.on_board[trip] = best
            if best is not None and boards:
                self._keep(start, departure, best | np.array(number << _BITS))
        nothing = np.zeros((0, self.walk.shape[1]), dtype=np.int64)
        return _Profiles(
            self.rides,
            self.walk,
            [-np.array(times, dtype=np.int64) for times in self.falling],
            [np.stack(reached) if reached else nothing for reached in self.kept],
        )

    def _off(self, end: int, arrival: int) -> Ints | None:
        """Return when each place is reached by getting off: on foot, or by another ride."""
        found = None
        walk = self.on_foot[end]
        if walk is not None:
            found = np.minimum(walk + np.array(arrival << _TIME), _NEVER)
        for other, seconds in self.rides.changes[end]:
            falling = self.falling[other]
            if falling and falling[0] <= -(arrival + seconds):
                moments = self.moments[other][bisect_right(falling, -(arrival + seconds)) - 1]
                found = moments if found is None else np.minimum(found, moments)
        return found

    def _keep(self, stop: int, departure: int, reached: Ints) -> None:
        """Note what is reached from a stop by boarding then, where it is more than by waiting."""
        kept = self.kept[stop]
        if kept:
            reached = np.minimum(kept[-1], reached)
            if reached.tobytes() == kept[-1].tobytes():
                return
        self.falling[stop].append(-departure)
        kept.append(reached)
        self.moments[stop].append(reached & _MOMENT)


# --- a week -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Day:
    """The two searches of a day, and what they say of the origins."""

    out: _Profiles
    back: _Profiles


class _From(NamedTuple):
    """The ways of a day from an origin: when one leaves, and when each place is reached.

    `stop`, `entry`: where each way is in the profiles.
    """

    leaves: Ints
    arrives: Ints
    stop: Ints
    entry: Ints

    def to(self, place: int, most_s: int) -> "_Ways":
        """Return the ways to a place that last so long at most."""
        ends = self.arrives[:, place]
        number = np.flatnonzero(ends - self.leaves <= most_s)
        return _Ways(self.leaves[number], ends[number], number)


@dataclass(frozen=True, eq=False)
class Week:
    """A week's ways between origins and targets: `week` finds it.

    Attributes:
        feed: the timetables.
        monday: the first day.
        place_of: the place of each target among the distinct ones, -1 where nothing leads to it.
        near: for each origin, the stops within a walk and the seconds to them.
        on_foot: (origins, places), seconds on foot without any ride, `_NEVER_S` where too far.
        searches: those of the days whose timetables differ.
        search_of: for each day of the week, the place of its searches.
    """

    feed: Feed
    monday: date
    place_of: Ints
    near: tuple[tuple[Ints, Ints], ...]
    on_foot: Ints
    searches: tuple[_Day, ...]
    search_of: tuple[int, ...]

    def access(self, most_minutes: float) -> Access:
        """Return where she can be, and when, with a way there and a way back of so long each."""
        most_s = int(60 * most_minutes)
        quickest = np.where(self.on_foot <= most_s, self.on_foot, _NEVER_S)
        bounds = [self._bounds(day, most_s) for day in self.searches]
        for _, _, least in bounds:
            quickest = np.minimum(quickest, least)
        by_day = [bounds[search] for search in self.search_of]
        first = -(-np.stack([earliest for earliest, _, _ in by_day], axis=2) // _SLOT_S)
        last = np.stack([latest for _, latest, _ in by_day], axis=2) // _SLOT_S
        placed = np.flatnonzero(self.place_of >= 0)
        longest = np.asarray((last - first).max(axis=2))
        reached = longest[:, self.place_of[placed]] >= STAY_SLOTS
        origin, column = np.nonzero(reached)
        target = placed[column]
        pair = (origin, self.place_of[target])
        at = np.arange(_DAY_SLOTS)
        begins, ends = np.expand_dims(first[pair], 2), np.expand_dims(last[pair], 2)
        slots = (ends - begins >= STAY_SLOTS) & (at >= begins) & (at < ends)
        words = coverage.to_words(slots.reshape(len(origin), len(_WEEK) * _DAY_SLOTS))
        return Access(origin, target, quickest[pair] / 60, words)

    def _bounds(self, day: _Day, most_s: int) -> tuple[Ints, Ints, Ints]:
        """Return from when to when she can be at each place, and the quickest way there (s)."""
        first = np.where(self.on_foot <= most_s, 0, _NEVER_S)
        last = np.where(self.on_foot <= most_s, _DAY, 0)
        least = np.full(self.on_foot.shape, _NEVER_S)
        for origin in range(len(self.near)):
            leaves, arrives = self._from(day.out, origin)[:2]
            if len(leaves):
                lasting = arrives - leaves[:, None]
                good = (lasting <= most_s) & (leaves >= 0)[:, None] & (arrives < _DAY)
                first[origin] = np.minimum(
                    first[origin], np.where(good, arrives, _NEVER_S).min(axis=0)
                )
                least[origin] = np.where(good, lasting, _NEVER_S).min(axis=0)
            begins, ends = self._from(day.back, origin)[:2]
            if len(begins):
                home = MOST_SECONDS - begins
                good = (ends - begins[:, None] <= most_s) & (home <= _DAY)[:, None]
                good &= ends < _NEVER_S
                last[origin] = np.maximum(
                    last[origin], np.where(good, MOST_SECONDS - ends, 0).max(axis=0)
                )
        return first, last, least

    def _from(self, profiles: _Profiles, origin: int) -> _From:
        """Return the ways from an origin: those from each stop that is within a walk."""
        stops, walks = self.near[origin]
        counts = [len(profiles.times[stop]) for stop in stops]
        if not sum(counts):
            nothing = np.zeros(0, dtype=np.int64)
            return _From(nothing, np.zeros((0, self.on_foot.shape[1]), np.int64), nothing, nothing)
        return _From(
            np.concatenate([profiles.times[stop] for stop in stops]) - np.repeat(walks, counts),
            np.concatenate([profiles.reached[stop] for stop in stops]) >> _TIME,
            np.repeat(stops, counts),
            np.concatenate([np.arange(count) for count in counts]),
        )

    def outing(
        self, origin: int, stretches: Sequence[Stretch], most_minutes: float
    ) -> Outing | None:
        """Return the visit that takes the shortest absence from home, None where none is possible.

        Args:
            origin: its place.
            stretches: when somebody is where; the half hour must be spent in one of them.
            most_minutes: how long the way out may last, and the way back.
        """
        most_s = int(60 * most_minutes)
        sides: dict[int, tuple[_From, _From]] = {}
        ways: dict[tuple[int, int], tuple[_Ways, _Ways]] = {}
        best: tuple[_Visit, Stretch] | None = None
        for stretch in stretches:
            search, place = self.search_of[stretch.day], int(self.place_of[stretch.target])
            if search not in sides:
                day = self.searches[search]
                sides[search] = self._from(day.out, origin), self._from(day.back, origin)
            if (search, place) not in ways:
                out, back = (side.to(place, most_s) for side in sides[search])
                ways[search, place] = out, back.turned_round()
            on_foot_s = int(self.on_foot[origin, place])
            visit = _shortest(
                *ways[search, place],
                on_foot_s if on_foot_s <= most_s else _NEVER_S,
                stretch.opens,
                stretch.closes,
            )
            if visit and (best is None or visit.absence < best[0].absence):
                best = visit, stretch
        if best is None:
            return None
        visit, stretch = best
        search, place = self.search_of[stretch.day], int(self.place_of[stretch.target])
        day, (out_side, back_side) = self.searches[search], sides[search]
        way_out = self._rides(day.out, out_side, visit.out, place)
        way_back = self._rides(day.back, back_side, visit.back, place)
        return Outing(
            stretch.target,
            self.monday + timedelta(days=stretch.day),
            Trip(visit.leaves, visit.arrives, tuple(way_out)),
            Trip(visit.departs, visit.home, tuple(leg.turned_round() for leg in way_back[::-1])),
        )

    def _rides(self, profiles: _Profiles, side: _From, way: int, place: int) -> list[Leg]:
        """Return the rides of a way by its place among those of a side; none where it is -1."""
        if way < 0:
            return []
        rides, names = profiles.rides, self.feed.stops["name"]
        return [
            Leg(
                self.feed.lines[int(rides.trip[boarded]) % len(self.feed.lines)],
                str(names.iloc[rides.start[boarded]]),
                int(rides.departure[boarded]),
                str(names.iloc[rides.end[left]]),
                int(rides.arrival[left]),
            )
            for boarded, left in profiles.legs(int(side.stop[way]), int(side.entry[way]), place)
        ]


def near_a_stop(feed: Feed, origins: gpd.GeoSeries) -> NDArray[np.bool_]:
    """Return whether each point (EPSG:4326, None where there is none) is a walk from a stop."""
    stops = to_xyz(feed.stops["lng"].to_numpy(), feed.stops["lat"].to_numpy())
    found, _, _ = _walks(positions(origins), stops, 1000 * WALK_KM)
    return np.isin(np.arange(len(origins)), found)


def week(feed: Feed, origins: gpd.GeoSeries, targets: gpd.GeoSeries, monday: date) -> Week:
    """Search the ways of a week between points (EPSG:4326, None where there is none).

    Days that the calendar does not cover have no rides: ask `Feed.covers` first.
    """
    start, end = positions(origins), positions(targets)
    stops = to_xyz(feed.stops["lng"].to_numpy(), feed.stops["lat"].to_numpy())
    walked_to = _walks(np.concatenate([stops, start]), end, 1000 * WALK_KM)[1]
    end[~np.isin(np.arange(len(end)), walked_to)] = np.nan  # neither on foot nor by any ride
    places, place_of = _distinct(end)
    walk = _matrix(stops, places)
    searches: dict[bytes, _Day] = {}
    keys = []
    for number in _WEEK:
        running = _running(feed, monday + timedelta(days=number))
        keys.append(b"".join(trips.tobytes() for trips in running))
        if keys[-1] not in searches:
            rides = _connections(feed, running)
            searches[keys[-1]] = _Day(
                *(_Scan(each, walk).profiles() for each in (rides, _turned_round(rides)))
            )
    places_of_keys = {key: place for place, key in enumerate(searches)}
    origin, stop, seconds = _walks(start, stops, 1000 * WALK_KM)
    order = np.argsort(origin, kind="stable")
    cuts = np.searchsorted(origin[order], np.arange(1, len(start)))
    near = zip(np.split(stop[order], cuts), np.split(seconds[order], cuts), strict=True)
    return Week(
        feed,
        monday,
        place_of,
        tuple(near),
        _matrix(start, places),
        tuple(searches.values()),
        tuple(places_of_keys[key] for key in keys),
    )


def _distinct(xyz: NDArray[np.float64]) -> tuple[NDArray[np.float64], Ints]:
    """Return the distinct points, and of each point its place among them, -1 where it is none."""
    placed = np.isfinite(xyz).all(axis=1)
    places, inverse = np.unique(xyz[placed], axis=0, return_inverse=True)
    place_of = np.full(len(xyz), -1, dtype=np.int64)
    place_of[placed] = inverse
    return places, place_of


def _matrix(start: NDArray[np.float64], end: NDArray[np.float64]) -> Ints:
    """Return the seconds on foot from each point to each, `_NEVER_S` where too far."""
    walk = np.full((len(start), len(end)), _NEVER_S, dtype=np.int64)
    origin, target, seconds = _walks(start, end, 1000 * WALK_KM)
    walk[origin, target] = seconds
    return walk


# --- a visit ------------------------------------------------------------------------------


class _Visit(NamedTuple):
    """Moments of a visit, and the places of its ways: -1 is on foot."""

    leaves: int
    arrives: int
    departs: int
    home: int
    out: int
    back: int

    @property
    def absence(self) -> int:
        return self.home - self.leaves


class _Ways(NamedTuple):
    """Ways by when they begin and end; `number` is the place of each among all."""

    begins: Ints
    ends: Ints
    number: Ints

    def turned_round(self) -> "_Ways":
        return _Ways(MOST_SECONDS - self.ends, MOST_SECONDS - self.begins, self.number)


def _shortest(out: _Ways, back: _Ways, on_foot_s: int, opens: int, closes: int) -> _Visit | None:
    """Return the visit with the shortest absence: half an hour between `opens` and `closes`."""
    begun = np.maximum(out.ends, opens)
    good = (begun + STAY_S <= closes) & (out.begins >= 0)
    out, begun = _Ways(*(column[good] for column in out)), begun[good]
    visits = [_by_rides(out, back, begun)]
    if on_foot_s < _NEVER_S:
        stays = begun + STAY_S
        visits.append((out.begins, out.ends, stays, stays + on_foot_s, out.number, stays * 0 - 1))
        leaving = back.begins >= opens + STAY_S
        later = _Ways(*(column[leaving] for column in back))
        came = np.minimum(later.begins, closes) - STAY_S
        on_foot = came * 0 - 1
        visits.append((came - on_foot_s, came, later.begins, later.ends, on_foot, later.number))
        moments = (opens - on_foot_s, opens, opens + STAY_S, opens + STAY_S + on_foot_s, -1, -1)
        visits.append(tuple(np.array([moment], dtype=np.int64) for moment in moments))
    columns = [np.concatenate(column) for column in zip(*visits, strict=True)]
    possible = (columns[0] >= 0) & (columns[3] <= _DAY)
    if not possible.any():
        return None
    absence = np.where(possible, columns[3] - columns[0], _NEVER_S)
    best = int(np.lexsort((columns[1], -columns[0], absence))[0])
    return _Visit(*(int(column[best]) for column in columns))


def _by_rides(out: _Ways, back: _Ways, begun: Ints) -> tuple[Ints, ...]:
    """Return the columns of `_Visit`: for each way out, the way back that is home first."""
    order = np.lexsort((back.ends, back.begins))
    begins, ends, count = back.begins[order], back.ends[order], len(order)
    # The earliest return from each way on, and among these the one that leaves last.
    first = ends * count + np.arange(count)[::-1]
    first = np.minimum.accumulate(first[::-1])[::-1]
    at = np.searchsorted(begins, begun + STAY_S)
    found = at < count
    way = count - 1 - first[at[found]] % max(count, 1)
    return (
        out.begins[found],
        out.ends[found],
        begins[way],
        ends[way],
        out.number[found],
        back.number[order][way],
    )
