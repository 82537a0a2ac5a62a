"""The indicators of a year for an observatory's own report, by département.

Each has a definition, a source and a date. They follow the guide of MIPROF for departmental
observatories and the table of indicators of the Haut Conseil à l'Égalité in what they look at
(places, time, freshness); their formulas are ours, and are said in full beside each figure.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import aids, exports, french, freshness, secrecy
from geodata.coverage import SlotClass
from geodata.points import measured_points
from geodata.situation import MEASURED_AIDS, MEASURED_TYPES, Question, Situation, gaps, territories
from geodata.situation.territories import Level
from geodata.situation.words import decimal, percent, plain, services
from geodata.situation.words import departement as named

MINUTES: Final = 30
_PER: Final = 10_000
_SHARES: Final = ["certain", "possible", "certain_h", "possible_h"]
_POPULATION: Final = "INSEE, population municipale 2023"


@dataclass(frozen=True)
class Indicator:
    """One figure of a département: what is `sure`, and what is `possible` (equal where known).

    `unit` is behind both; NaN where nothing is known. `theme` groups them. `detail`: what was
    counted, where the figure is a rate.
    """

    departement: str
    theme: str
    name: str
    sure: float
    possible: float
    unit: str
    definition: str
    source: str
    dated: str
    detail: str = ""


def questions(question: Question) -> tuple[Question, Question, Question]:
    """Return the three questions that the indicators need: any time, evenings, week-ends.

    They keep départements, services and people; the time allowed is 30 minutes by car, estimated.
    """
    anytime = replace(question, km=None, minutes=MINUTES, opening=None)
    return (
        anytime,
        replace(anytime, opening=SlotClass.SOIR),
        replace(anytime, opening=SlotClass.WEEK_END),
    )


def indicators(
    listed: gpd.GeoDataFrame,
    situations: tuple[Situation, Situation, Situation],
    *,
    written: date,
    today: date,
    people_source: str = "",
) -> list[Indicator]:
    """Return the indicators of each département of the question.

    - places of an aid for 10,000 people: 10,000 × n ÷ Σ w_c, with n the places of the département
      that give it (`sure`: told by the row, or the only thing that its type does; `possible`: also
      what its type usually does);
    - people within 30 minutes: Σ w_c of the communes with a service in reach that is open at some
      moment of the week ÷ Σ w_c;
    - hours in the evening and at the week-end: Σ w_c h_c ÷ Σ w_c, with h_c the hours of the week
      with somebody open in reach;
    - age of the information: median age in months of the rows of the département that are shown,
      from the check or else the source; and the share that is recent enough for its type.

    Args:
        listed: the list.
        situations: the answers to `questions`.
        written: the day of the list.
        today: what ages are counted to.
        people_source: where the number of people is from; "" for the population.
    """
    anytime = situations[0]
    people = people_source or _POPULATION
    source = f"liste du {french.day(written, today=date.min)} ; {people}"
    tables = [territories.summary(one, Level.DEPARTEMENT) for one in situations]
    found: list[Indicator] = []
    for code in anytime.question.departements:
        here = secrecy.shown(listed[listed["departement"] == code])
        found += _places(
            here, code, float(tables[0]["people"][code]), anytime.question, source, today
        )
        found += _within(code, tables, anytime.question, source)
        found += _ages(here, code, written, today)
    return found


def _places(
    here: gpd.GeoDataFrame,
    code: str,
    people: float,
    question: Question,
    source: str,
    today: date,
) -> Iterator[Indicator]:
    places = here[measured_points(here).notna() & here["type"].isin(MEASURED_TYPES)]
    given, told = aids.aids_of(places), gaps.told(places)
    for aid in MEASURED_AIDS:
        gives = given.map(lambda one, aid=aid: aid in one).astype(bool)
        counts = (int((gives & told).sum()), int(gives.sum()))
        sure, possible = (_PER * n / people if people else float("nan") for n in counts)
        yield Indicator(
            code,
            "Lieux",
            f"Lieux de la liste : {aid.label}",
            sure,
            possible,
            f"pour 10 000 {question.who.living}",
            "Lieux de la liste dont la fiche dit cette aide, ou qui ne font qu’elle (possible : "
            "aussi ceux qui la font d’ordinaire) ; 10 000 × nombre ÷ "
            f"{question.who.counted(int(people))} du département. Sans l’hébergement.",
            source,
            f"{today:%Y-%m-%d}",
            _count(*counts),
        )


def _count(sure: int, possible: int) -> str:
    """Return `13 à 16 lieux`, `1 lieu`."""
    most = french.count(possible, "lieu", "lieux")
    return most if sure == possible else f"{sure} à {most}"


def _within(
    code: str, tables: list[pd.DataFrame], question: Question, source: str
) -> Iterator[Indicator]:
    who, where = question.who.living, services(question.types, question.aids)
    anytime, *parts = (table[_SHARES].loc[code].astype(float).to_dict() for table in tables)
    week = f"semaine du {question.monday:%Y-%m-%d}"
    yield Indicator(
        code,
        "Accès",
        f"Part des {who} à moins de {MINUTES} min",
        100 * anytime["certain"],
        100 * anytime["possible"],
        "%",
        f"{who.capitalize()} dont la mairie est à moins de {MINUTES} min en voiture (estimées) d’"
        f"{where}, ouvert à un moment de la semaine ÷ {who} du département. "
        "Possible : horaires inconnus comptés comme ouverts.",
        source,
        week,
    )
    for row, name, hours in zip(
        parts,
        ("le soir en semaine", "le week-end"),
        ("18 h – 22 h, du lundi au vendredi", "6 h – 22 h, samedi et dimanche"),
        strict=True,
    ):
        yield Indicator(
            code,
            "Heures",
            f"Heures ouvertes {name}, à moins de {MINUTES} min",
            row["certain_h"],
            row["possible_h"],
            "h par semaine",
            f"Heures ({hours}) où {where} est ouvert à portée, en moyenne des {who}.",
            source,
            week,
        )


def _ages(here: gpd.GeoDataFrame, code: str, written: date, today: date) -> Iterator[Indicator]:
    rows = freshness.rows(here)
    dates = [freshness.dated(row) for row in rows]
    months = [age for when in dates if when and (age := when.age_months(today)) is not None]
    median = float(pd.Series(months, dtype=float).median())
    recent = sum(freshness.is_recent(row, today) for row in rows)
    share = 100 * recent / len(rows) if rows else float("nan")
    source = f"liste du {french.day(written, today=date.min)}"
    undated = len(rows) - len(months)
    yield Indicator(
        code,
        "Fraîcheur",
        "Âge médian de l’information",
        median,
        median,
        "mois",
        "Depuis la vérification, ou sinon depuis la source, de "
        f"{french.count(len(months), 'fiche')} ; {undated} sans date, pas comptées.",
        source,
        f"{today:%Y-%m-%d}",
    )
    yield Indicator(
        code,
        "Fraîcheur",
        "Fiches assez récentes",
        share,
        share,
        "%",
        "Fiches dont la date, et celle de chacun de leurs faits, est plus récente que ce qui est "
        f"admis pour leur type ({recent}) ÷ fiches montrées ({len(rows)}).",
        source,
        f"{today:%Y-%m-%d}",
    )


# --- words and files ----------------------------------------------------------------------


def figure(one: Indicator) -> str:
    """Return `0,46 pour 10 000 habitants`, `41 % à 100 %`, `0 à 3,5 h par semaine`."""
    if pd.isna(one.sure) or pd.isna(one.possible):
        return "–"
    if one.unit == "%":
        low, high = (percent(value / 100) for value in (one.sure, one.possible))
        return low if low == high else f"{low} à {high}"
    low, high = (_number(value) for value in (one.sure, one.possible))
    detail = f" ({one.detail})" if one.detail else ""
    return f"{low if low == high else f'{low} à {high}'} {one.unit}{detail}"


def _number(value: float) -> str:
    return plain(value) if value == int(value) else decimal(value, 2 if value < 1 else 1)


def table(found: list[Indicator]) -> pd.DataFrame:
    """Return one row an indicator, as files have them."""
    return pd.DataFrame(
        {
            "departement": [one.departement for one in found],
            "nom": [named(one.departement) for one in found],
            "theme": [one.theme for one in found],
            "indicateur": [one.name for one in found],
            "sur": [round(one.sure, 3) for one in found],
            "possible": [round(one.possible, 3) for one in found],
            "unite": [one.unit for one in found],
            "detail": [one.detail for one in found],
            "definition": [one.definition for one in found],
            "source": [one.source for one in found],
            "date": [one.dated for one in found],
        }
    )


_WIDTHS: Final = {"indicateur": 44, "definition": 90, "source": 50, "unite": 26}


def to_xlsx(found: list[Indicator]) -> bytes:
    """Return the indicators as a workbook."""
    return exports.workbook_of(table(found), "Indicateurs", _WIDTHS)


def to_csv(found: list[Indicator], *, excel: bool = False) -> bytes:
    """Return the indicators as CSV; `excel=True` is `exports.for_excel`."""
    rows = table(found)
    return (
        exports.for_excel(rows) if excel else rows.to_csv(index=False, lineterminator="\n").encode()
    )


def definitions(found: list[Indicator]) -> list[str]:
    """Return how the figures are made, each definition once, with what it defines."""
    names: dict[str, list[str]] = {}
    for one in found:
        names.setdefault(one.definition, []).append(one.name)
    return [
        f"{of[0] if len(of) == 1 else f'{of[0]}, et les suivants'} : {text}"
        for text, of in names.items()
    ]
