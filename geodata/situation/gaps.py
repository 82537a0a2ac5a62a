"""Which aid is missing where: the people who have each aid in reach, surely, perhaps, or unknown.

A row of the list that says what it does in `aides` is believed. One that does not is believed where
its type does one thing alone (a gendarmerie takes complaints); where its type usually does several,
each of them is only possible. Interpreters are in `langues`, where an empty cell says nothing.
"""

from collections.abc import Collection
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import aids, coverage, exports
from geodata.coverage import Near
from geodata.labelled import Labelled
from geodata.points import measured_points
from geodata.selection import Selection, select
from geodata.situation import (
    MEASURED_AIDS,
    MEASURED_TYPES,
    Neighbours,
    Question,
    territories,
    within_hours,
)
from geodata.situation.territories import Level
from geodata.situation.words import opening, percent, week, within
from geodata.text import fold

ASKED: Final = (*map(str, MEASURED_AIDS), aids.INTERPRETER)
"""What is asked for: the aids that have a distance, and an interpreter."""

_MANY: Final = 2


class Found(Labelled):
    """Whether an aid is in reach of a commune. `label` is what people read."""

    SURE = "sur", "oui, une fiche le dit"
    POSSIBLE = "possible", "peut-être : la fiche ne le dit pas"
    UNKNOWN = "inconnu", "nous ne le savons pas"
    NONE = "aucun", "non, aucun lieu à portée dans la liste"


def label(aid: str) -> str:
    """Return what people read of one of `ASKED`."""
    return "interprète" if aid == aids.INTERPRETER else aids.Aid(aid).label


def in_reach(
    services: gpd.GeoDataFrame,
    question: Question,
    around: Neighbours,
    aid: str,
    *,
    complete: Collection[str] = (),
) -> pd.Series:
    """Return whether each commune has an aid in reach.

    Where the question asks for hours, it must be open at some moment of them: `SURE` where a
    service that surely gives the aid is surely open, `POSSIBLE` where one that may give it may be.
    Without hours, a place counts whatever they are.

    Args:
        services: the list.
        question: its `aids` do not count.
        around: what `situation.neighbours` found for these services, or for more of them.
        aid: one of `ASKED`.
        complete: départements where the list is declared to hold all services of the types asked
            for.

    Returns:
        `Found`, on the index of `around.communes`; None without a town hall. In a département where
        the list has no place that may give the aid, and is not declared complete, *none in reach*
        is `UNKNOWN`.
    """
    (found,) = all_in_reach(services, question, around, complete=complete, wanted=(aid,)).values()
    return found


def all_in_reach(
    services: gpd.GeoDataFrame,
    question: Question,
    around: Neighbours,
    *,
    complete: Collection[str] = (),
    wanted: Collection[str] = ASKED,
    listed: gpd.GeoDataFrame | None = None,
) -> dict[str, pd.Series]:
    """Return `in_reach` of several aids, by aid.

    `listed`: the list, where `services` is what would be: a drop-in that does not exist gives what
    its type usually does, whatever types are asked for, and tells nothing of its département.
    """
    types = Selection(types=question.types or MEASURED_TYPES)
    real = select(services if listed is None else listed, types)
    counted = real
    if listed is not None:
        wanted_rows = services.index.isin(real.index) | ~services.index.isin(listed.index)
        counted = services[wanted_rows]
    given = aids.aids_of(counted)
    said = told(counted)
    whole = coverage.narrowed(around.reach, around.communes, counted)
    placed = real["departement"].where(measured_points(real).notna(), "")
    by_type = aids.aids_of(real)
    found = {}
    for aid in wanted:
        if aid == aids.INTERPRETER:
            sure = aids.says(counted, "langues", [aid])
            telling = aids.says(real, "langues", [aid])
            perhaps, silent = sure, ~aids.said(counted, "langues")
        else:
            perhaps = given.map(lambda one, aid=aid: aid in one).astype(bool)
            telling = by_type.map(lambda one, aid=aid: aid in one).astype(bool)
            sure, silent = perhaps & said, pd.Series(data=False, index=counted.index)
        near = {
            Found.UNKNOWN: _open(whole, silent, question, unknown=True),
            Found.POSSIBLE: _open(whole, perhaps, question, unknown=True),
            Found.SURE: _open(whole, sure, question, unknown=False),
        }
        known = {*placed[telling], *complete}
        found[aid] = _verdict(around, near, known)
    return found


def told(services: gpd.GeoDataFrame) -> pd.Series:
    """Return a mask of the services whose row says what they do, or that do one thing alone."""
    alone = {str(kind) for kind in MEASURED_TYPES if len(kind.facts.aids) < _MANY}
    found: pd.Series = (services["aides"] != "") | services["type"].isin(alone)
    return found


def _open(whole: Near, which: pd.Series, question: Question, *, unknown: bool) -> NDArray[np.bool_]:
    """Return the communes with one of these in reach, open at the hours asked for if there are."""
    if question.slots is None or not which.any():
        return whole.total(which.to_numpy(float)) > 0.5
    services = whole.services[which]
    hours = coverage.open_hours(
        whole.communes,
        services,
        reach=within_hours(whole.reach, question),
        monday=question.monday,
        slots=question.slots,
        unknown=unknown,
    )
    return hours.to_numpy() > 0


def _verdict(
    around: Neighbours, near: dict[Found, NDArray[np.bool_]], known: Collection[str]
) -> pd.Series:
    rows = around.communes
    listed = rows["departement"].isin(known).to_numpy()
    found = np.empty(len(rows), dtype=object)
    found[:] = [Found.NONE if here else Found.UNKNOWN for here in listed]
    for answer, covered in near.items():
        found[covered] = answer
    found[rows["mairie"].isna().to_numpy()] = None
    return pd.Series(found, index=rows.index, dtype=object)


def matrix(
    found: dict[str, pd.Series],
    rows: pd.DataFrame,
    *,
    level: Level = Level.EPCI,
    weight: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the share of the people of each territory who have each aid in reach.

    With w_c the people of commune c, a share is Σ w_c of the communes with such an answer ÷ Σ w_c
    of those with any.

    Args:
        found: what `all_in_reach` gives.
        rows: the communes it is about, with `population` and the columns of `territories.codes`.
        level: the size of the territories.
        weight: the people who count, by commune; None for the population.

    Returns:
        Indexed by `territory` (code, by name) and `aid`: `nom`, `people`, and `sure`, `possible`
        (`SURE`, `POSSIBLE` and `UNKNOWN` together) and `unknown` (`UNKNOWN` alone), from 0 to 1;
        NaN where nobody is counted.
    """
    place, here = pd.factorize(territories.codes(rows, level))
    counted = (rows["population"] if weight is None else weight).reindex(rows.index)
    people = counted.fillna(0).to_numpy(float)
    names = territories.names(rows, level).reindex(here)
    by_name = names.map(fold).argsort(kind="stable").to_numpy()

    def total(wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
        sums = np.bincount(place, np.where(wanted, people, 0), len(here))
        return np.asarray(sums, dtype=np.float64)

    tables = []
    for answers in found.values():
        measured = total(answers.notna().to_numpy())
        parts = {one: total((answers == one).to_numpy()) for one in Found}
        perhaps = parts[Found.SURE] + parts[Found.POSSIBLE] + parts[Found.UNKNOWN]
        table = pd.DataFrame(
            {"sure": parts[Found.SURE], "possible": perhaps, "unknown": parts[Found.UNKNOWN]},
            index=pd.Index(here, name="territory"),
        ).div(np.where(measured > 0, measured, np.nan), axis=0)
        table = table.assign(nom=names.to_numpy(), people=measured)
        tables.append(table.iloc[by_name])
    return pd.concat(tables, keys=list(found), names=["aid"]).swaplevel()


# --- words and files ----------------------------------------------------------------------


class Look(Labelled):
    """How a cell of the matrix looks. `label` is its legend."""

    SURE = "sur", "sûr"
    POSSIBLE = "possible", "entre le sûr et le possible"
    UNKNOWN = "inconnu", "nous ne le savons pas"


def look(sure: float, possible: float, unknown: float) -> Look | None:
    """Return how shares of `matrix` look; None where nobody is counted.

    `UNKNOWN` where nobody surely has the aid, and nothing tells that anybody may; `POSSIBLE` where
    the two figures that people read differ.
    """
    if np.isnan(possible):
        return None
    if unknown > 0 and percent(possible - unknown) == percent(0) and sure == 0:
        return Look.UNKNOWN
    return Look.SURE if percent(sure) == percent(possible) else Look.POSSIBLE


def cell(sure: float, possible: float, unknown: float) -> str:
    """Return what people read in a cell: `100`, `0 à 34`, `?`; percents without their sign."""
    match look(sure, possible, unknown):
        case None:
            return "–"
        case Look.UNKNOWN:
            return "?"
        case Look.SURE:
            return _whole(sure)
    return f"{_whole(sure)} à {_whole(possible)}"


def _whole(share: float) -> str:
    """Return `38`; what is not nothing is `<1`, what is not all never `100`."""
    return percent(share).removesuffix("\u00a0%").replace("moins de ", "<")


def supposed(called: str) -> str:
    """Say what a scenario adds to the matrix; "" where there is none."""
    if not called:
        return ""
    return (
        f"Avec {called} : une permanence ajoutée compte comme « possible » pour chaque aide que "
        "donne d’ordinaire une permanence."
    )


def explained(question: Question, called: str = "") -> str:
    """Say what the matrix counts; `called`: what its scenario is called."""
    who = f"à moins de {within(question)}"
    when = f", ouverte {opening(question.opening)}" if question.opening else ", ouverte ou non"
    return (
        f"Part des {question.who.living}, en %, qui ont cette aide {who}{when}. « 0 à 34 » : "
        "0 sûr, 34 possible. Sûr : la fiche dit cette aide, ou c’est la seule que fait d’ordinaire "
        "ce type de service. Possible : la fiche ne dit pas ce qu’on y fait, et un service de ce "
        "type le fait souvent. « ? » : nous ne le savons pas, aucune fiche n’en parle. « 0 » : "
        "aucun lieu à portée dans la liste, qui peut ne pas tout connaître."
        f"{' La langue demandée ne compte pas ici.' if question.langues else ''}"
        f"{' ' if called else ''}{supposed(called)}"
    )


def to_csv(
    table: pd.DataFrame, question: Question, called: str = "", *, excel: bool = False
) -> bytes:
    """Return one row for each territory and aid: shares from 0 to 1, and what was asked.

    `table`: what `matrix` gives. By default for programs; `excel=True` is `exports.for_excel`.
    """
    rows = _long(table, question, called)
    if excel:
        return exports.for_excel(rows)
    return rows.to_csv(index=False, lineterminator="\n").encode()


def to_xlsx(table: pd.DataFrame, question: Question, called: str = "") -> bytes:
    """Return the matrix as people read it, then its figures, as a workbook."""
    cells = pd.Series(
        [cell(*row) for row in table[["sure", "possible", "unknown"]].to_numpy()], table.index
    )
    wide = cells.unstack("aid", sort=False)  # noqa: PD010 - a Series has no pivot_table
    wide = wide.rename(columns=label)
    nom = table["nom"].groupby(level="territory", sort=False).first()
    people = table["people"].groupby(level="territory", sort=False).max()
    front = pd.DataFrame({"territoire": nom, "personnes": people}).join(wide)
    notes = pd.DataFrame({"question": [explained(question, called), week(question)]})
    return exports.workbook_of(
        front,
        "Aides par territoire",
        {"territoire": 44, "question": 120},
        further={"Chiffres": _long(table, question, called), "Ce qui est compté": notes},
    )


def _long(table: pd.DataFrame, question: Question, called: str) -> pd.DataFrame:
    rows = table.reset_index()
    return pd.DataFrame(
        {
            "code": rows["territory"],
            "territoire": rows["nom"],
            "aide": rows["aid"].map(label),
            "comptees": question.who.label,
            "personnes": rows["people"],
            "part_sure": rows["sure"].round(4),
            "part_possible": rows["possible"].round(4),
            "part_inconnue": rows["unknown"].round(4),
            "a_moins_de": within(question),
            "ouvert": opening(question.opening) if question.opening else "ou non",
            "semaine_du": question.monday.isoformat(),
            "avec": called,
        }
    )
