"""There and back without a car: the shortest absence from home, by commune."""

from collections import defaultdict
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import coverage, exports, french
from geodata.situation import Neighbours, Question, Situation, words
from geodata.transit import Outing, Stretch, Trip

_SLOT_S = 15 * 60
_WIDTHS = {"Commune": 28, "Jour": 28, "Lieu": 50, "Pour y aller": 80, "Pour revenir": 80}
_COLUMNS = (
    *("service", "nom", "day", "leaves", "arrives", "departs", "home"),
    *("served", "way_out", "way_back", "sure"),
)


def outings(services: gpd.GeoDataFrame, question: Question, reached: Neighbours) -> pd.DataFrame:
    """Return the outing of each commune that takes the shortest absence from home.

    Only services that are surely open count; where there is none, those that may be open.

    Args:
        services: those that count (`situation.counted_services`).
        question: what is asked, in `transit_minutes`.
        reached: what `situation.neighbours` found for these services, or for more of them.

    Returns:
        A row for each commune of the territory that has one, by code: `service` (id), `nom`, `day`,
        `leaves`, `arrives`, `departs` and `home` (seconds of that day), `served` (seconds that she
        is there while it is open), `way_out` and `way_back` (what she takes, in French), and `sure`
        (open for sure).
    """
    if reached.week is None or question.transit_minutes is None:
        raise ValueError("Ces trajets demandent les horaires des transports.")
    found: dict[str, tuple[object, ...]] = {}
    for unknown in (False, True):
        opening = coverage.service_slots(services, question.monday, unknown=unknown)
        for origin, stretches in _stretches(services, question, reached, opening).items():
            code = reached.sharing.index[origin]
            if code in found or code not in reached.communes.index:
                continue
            best = reached.week.outing(origin, stretches, question.transit_minutes)
            if best:
                key = str(reached.reach.services[best.target])
                served = _served(opening[[services.index.get_loc(key)]], best)
                found[code] = (key, services["nom"][key], *_cells(best, served), not unknown)
    table = pd.DataFrame.from_dict(found, orient="index", columns=list(_COLUMNS))
    return table.reindex([code for code in reached.communes.index if code in found])


def to_read(outings: pd.DataFrame, situation: Situation) -> pd.DataFrame:
    """Return the outings as people read them, the largest communes first.

    Minutes are rounded up, those while it is open down: a way is never said shorter than it is.
    """
    unknown = words.unknown_hours(situation.question)
    people = situation.communes["population"].reindex(outings.index)
    rows = outings.loc[people.sort_values(ascending=False, kind="stable").index]
    lasting = rows[["leaves", "arrives", "departs", "home"]].astype(int)
    minutes = -(-lasting.diff(axis="columns").iloc[:, 1:].astype(int) // 60)
    served = rows["served"].astype(int) // 60
    return pd.DataFrame(
        {
            "Commune": situation.communes["nom"].reindex(rows.index),
            "Ouvert": rows["sure"].map({True: "sûr", False: f"à appeler : {unknown}"}),
            "Jour": [french.day(day) for day in rows["day"]],
            "Part à": lasting["leaves"].map(clock),
            "Rentre à": lasting["home"].map(clock),
            "Aller (min)": minutes["arrives"],
            "Sur place (min)": served,
            "Attente (min)": minutes["departs"] - served,
            "Retour (min)": minutes["home"],
            "Lieu": rows["nom"],
            "Pour y aller": rows["way_out"],
            "Pour revenir": rows["way_back"],
        }
    )


def to_csv(read: pd.DataFrame, situation: Situation, source: str, *, excel: bool = False) -> bytes:
    """Return what `to_read` gives, with what was asked and by which timetables.

    By default for programs; `excel=True` is `exports.for_excel`.
    """
    rows = _asked(read, situation, source)
    return (
        exports.for_excel(rows) if excel else rows.to_csv(index=False, lineterminator="\n").encode()
    )


def to_xlsx(read: pd.DataFrame, situation: Situation, source: str) -> bytes:
    """Return the rows of `to_csv` as a workbook."""
    return exports.workbook_of(_asked(read, situation, source), "Allers et retours", _WIDTHS)


def _asked(read: pd.DataFrame, situation: Situation, source: str) -> pd.DataFrame:
    question = situation.question
    asked = {"Question": words.asked(question), "Horaires": source}
    return read.rename_axis("Code INSEE").reset_index().assign(**asked)


def _stretches(
    services: gpd.GeoDataFrame,
    question: Question,
    reached: Neighbours,
    opening: NDArray[np.uint64],
) -> Mapping[int, list[Stretch]]:
    """Return, for each origin, when she can be at a service that is open (`opening`, by row)."""
    reach = reached.reach
    origin, target = reach.pairs()
    place = services.index.get_indexer(reach.services)[target]
    counted = place >= 0
    words = opening[place[counted]]
    if reach.presence is not None:
        words &= reach.presence[counted]
    if question.slots is not None:
        words &= question.slots
    bits = coverage.to_bits(coverage.stays(words)).reshape(-1, 7, 96).astype(np.int8)
    edges = np.diff(bits, axis=2, prepend=0, append=0)
    pair, day, start = np.nonzero(edges == 1)
    _, _, end = np.nonzero(edges == -1)
    found: dict[int, list[Stretch]] = defaultdict(list)
    columns = (origin[counted][pair], day, target[counted][pair], start * _SLOT_S, end * _SLOT_S)
    for home, *stretch in zip(*map(np.ndarray.tolist, columns), strict=True):
        found[home].append(Stretch(*stretch))
    return found


def _served(opening: NDArray[np.uint64], outing: Outing) -> int:
    """Return for how many seconds she is there while the service is open."""
    midnight = outing.day.weekday() * 24 * 3600
    starts = np.flatnonzero(coverage.to_bits(opening)) * _SLOT_S - midnight  # she may be late home
    since, until = outing.out.arrives, outing.back.leaves
    there = np.minimum(starts + _SLOT_S, until) - np.maximum(starts, since)
    return int(there[there > 0].sum())


def _cells(outing: Outing, served: int) -> tuple[object, ...]:
    out, back = outing.out, outing.back
    times = (out.leaves, out.arrives, back.leaves, back.arrives)
    return (outing.day, *times, served, way(out), way(back))


def way(trip: Trip) -> str:
    """Return what she takes: `ligne 101, Montmorillon, gare 6 h 50 → Poitiers, gare 7 h 50`."""
    if not trip.legs:
        return "à pied"
    return " ; puis ".join(
        f"{f'ligne {leg.line}, ' if leg.line else ''}{leg.start} {clock(leg.leaves)} → "
        f"{leg.end} {clock(leg.arrives)}"
        for leg in trip.legs
    )


def clock(seconds: int) -> str:
    """Return a moment of the day, to the minute: `7 h 05`."""
    hours, minutes = divmod(seconds // 60, 60)
    return french.clock(pd.Timestamp(year=2000, month=1, day=1, hour=hours % 24, minute=minutes))
