"""The measures of a situation by territory: commune, EPCI, arrondissement, département, one's own.

A territory is the part of it that was asked about: an EPCI that goes over the border of the
départements of the question has only its communes on this side, and says so.
"""

from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from geodata import communes, coverage
from geodata.coverage import Verdict
from geodata.labelled import Labelled
from geodata.situation import Situation

IN_NONE: Final = MappingProxyType(
    {"epci": "Hors intercommunalité", "arrondissement": "Sans arrondissement"}
)
"""How the communes in no territory of a level are called together."""
_MEANS: Final = ("certain_h", "possible_h", "services", "supply")


class Level(Labelled):
    """How large a territory is. `label` is what people read."""

    COMMUNE = "commune", "commune"
    OWN = "territoire", "territoire"
    EPCI = "epci", "intercommunalité"
    ARRONDISSEMENT = "arrondissement", "arrondissement"
    DEPARTEMENT = "departement", "département"


def codes(rows: pd.DataFrame, level: Level) -> pd.Series:
    """Return the territory of each commune, by its code; "" where it is in none.

    Args:
        rows: `departement`, `epci` and `arrondissement`, indexed by `code_insee`.
        level: the size of the territory; `territoire` is read where it is one's own.
    """
    found = rows.index if level is Level.COMMUNE else rows[str(level)]
    return pd.Series(np.asarray(found, dtype=object), index=rows.index, name=str(level))


def names(rows: pd.DataFrame, level: Level) -> pd.Series:
    """Return the name of each territory, by its code, in the order of `rows`.

    An EPCI, an arrondissement or a département of which some communes are not in `rows` has
    ` (partie)` behind it.
    """
    match level:
        case Level.COMMUNE:
            return pd.Series(rows["nom"])
        case Level.OWN:
            here = rows["territoire"].unique()
            return pd.Series(here, index=here, dtype="str")
    code = codes(rows, level)
    if level is Level.DEPARTEMENT:
        found = communes.read_departements()["nom"].loc[code.unique()]
    else:
        found = rows[f"{level}_nom"].groupby(code, sort=False).first()
    whole = communes.sizes(str(level)).reindex(found.index).fillna(0)
    cut = code.value_counts().reindex(found.index) < whole
    found = found.where(~cut, found + " (partie)")
    return found.where(found.index != "", IN_NONE.get(str(level), ""))


def summary(situation: Situation, level: Level) -> pd.DataFrame:
    """Return one row a territory: the figures of its people, and the measures they have.

    Every figure counts `situation.weight`: w_c people in commune c.

    - `near`, `certain`, `possible`: Σ w_c of the communes with a service in reach, one surely open,
      one that is or may be open ÷ Σ w_c of the communes that are measured;
    - `p50_m`, `p90_m`: distance (m) that half, nine tenths of the people do not exceed;
    - `certain_h`, `possible_h` (hours of the week asked for), `services` (how many in reach) and
      `supply` (hours a year for 1,000 of these people): means Σ w_c x_c ÷ Σ w_c;
    - `nearest_m`: `p50_m`, and `verdict`: that of the best served commune with people, so that a
      territory is drawn as a commune is.

    Index: the code. Further columns: `nom`, `departement` (the codes, joined by a blank),
    `communes` (how many), `people`, `population`, `complete` (all of its communes are). NaN where
    nobody is counted.
    """
    rows = situation.communes
    code = codes(rows, level)
    weight = situation.weight.reindex(rows.index).fillna(0).astype(float)
    groups = code.groupby(code, sort=False)
    people = weight.groupby(code, sort=False).sum()

    def share(covered: pd.Series) -> pd.Series:
        found: pd.Series = (weight * covered).groupby(code, sort=False).sum()
        return found / people.where(people > 0)

    def mean(column: str) -> pd.Series:
        values = rows[column].astype("Float64").astype(float)
        counted = weight.where(values.notna(), 0)
        sums = (values.fillna(0) * counted).groupby(code, sort=False).sum()
        under = counted.groupby(code, sort=False).sum()
        found: pd.Series = sums / under.where(under > 0)
        return found

    def within(q: float) -> pd.Series:
        return pd.Series(
            {
                each: coverage.weighted_quantile(away_m, weight.loc[away_m.index], q=q)
                for each, away_m in rows["nearest_m"].groupby(code, sort=False)
            },
            dtype=float,
        )

    verdict = rows["verdict"]
    p50_m = within(0.5)
    found = pd.DataFrame(
        {
            "nom": names(rows, level),
            "departement": rows["departement"]
            .groupby(code, sort=False)
            .agg(lambda homes: " ".join(dict.fromkeys(homes))),
            "communes": groups.size(),
            "population": rows["population"].groupby(code, sort=False).sum(min_count=1),
            "people": people,
            "near": share(rows["services"].fillna(0) > 0),
            "certain": share(verdict == Verdict.COUVERT),
            "possible": share(verdict.isin((Verdict.COUVERT, Verdict.SANS_INFORMATION))),
            "p50_m": p50_m,
            "p90_m": within(0.9),
            **{name: mean(name) for name in _MEANS},
            "nearest_m": p50_m,
            "verdict": _best(verdict, code),
            "complete": rows["complete"].groupby(code, sort=False).all(),
        }
    )
    return found.loc[list(people.index)]


def _best(verdict: pd.Series, code: pd.Series) -> pd.Series:
    order = {each: turn for turn, each in enumerate(Verdict)}
    first = verdict.map(order).groupby(code, sort=False).min()
    known = list(Verdict)
    best = [None if pd.isna(turn) else known[int(turn)] for turn in first]
    return pd.Series(best, index=first.index, dtype=object)


def worst_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return the territories of `summary`, the least covered first."""
    keys = ["certain", "possible", "near", "p50_m"]
    order = table.assign(p50_m=-table["p50_m"]).sort_values(keys, kind="stable")
    return table.loc[order.index]


# --- ranks --------------------------------------------------------------------------------


def rank_band(least: pd.Series, most: pd.Series) -> pd.DataFrame:
    """Return the ranks that each may have, 1 for the greatest, where only bounds are known.

    With x_i anywhere in [least_i, most_i], `best` is 1 + how many others are surely greater
    (least_j > most_i), `worst` is 1 + how many others may be greater (most_j > least_i). Where
    least = most, both are the usual rank, equal for equals.

    Returns:
        `best` and `worst`, Int64, on the index of `least`; missing where a bound is.
    """
    low, high = (values.to_numpy(float) for values in (least, most))
    # Comparisons with NaN are false: who has no bound stands before nobody.
    best = 1 + (low[None, :] > high[:, None]).sum(axis=1)
    itself = (high > low).astype(int)
    worst = 1 + (high[None, :] > low[:, None]).sum(axis=1) - itself
    known = ~(np.isnan(low) | np.isnan(high))
    return pd.DataFrame(
        {
            name: pd.Series(rank, index=least.index, dtype="Int64").where(known)
            for name, rank in (("best", best), ("worst", worst))
        }
    )


def ranked(situation: Situation) -> pd.DataFrame:
    """Return the départements of a situation with their ranks, and how unequal each is inside.

    The rows of `summary`, first in rank first, with `best` and `worst` (`rank_band` of `certain`
    and `possible`), `listed` (services of the list in the département that count), and `low_near`,
    `high_near`: the share of people with a service in reach in its EPCI with the least and with
    the most.
    """
    table = summary(situation, Level.DEPARTEMENT)
    rows = situation.communes
    parts = rows["departement"] + "/" + rows["epci"]
    weight = situation.weight.reindex(rows.index).fillna(0).astype(float)
    people = weight.groupby(parts).sum()
    covered = (weight * (rows["services"].fillna(0) > 0)).groupby(parts).sum()
    near = (covered / people.where(people > 0)).rename("near").reset_index()
    inside = near.groupby(near["index"].str.split("/").str[0])["near"]
    counted = situation.services["departement"].value_counts()
    table = table.join(rank_band(table["certain"], table["possible"])).assign(
        listed=counted.reindex(table.index).fillna(0).astype(int),
        low_near=inside.min().reindex(table.index),
        high_near=inside.max().reindex(table.index),
    )
    return table.sort_values(
        ["best", "worst", "near"], ascending=[True, True, False], kind="stable"
    )
