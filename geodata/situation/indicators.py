"""The indicators of a year for an observatory's own report, by département.

Each has a definition, a source and a date. They follow the guide of MIPROF for departmental
observatories and the table of indicators of the Haut Conseil à l'Égalité in what they look at
(places, time, freshness); their formulas are ours, and are said in full beside each figure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geodata import aids, coverage, exports, french, freshness, secrecy
from geodata.coverage import SlotClass
from geodata.points import measured_points
from geodata.situation import MEASURED_AIDS, MEASURED_TYPES, Question, Situation, gaps, territories
from geodata.situation.territories import Level
from geodata.situation.words import decimal, opened, percent, plain, services
from geodata.situation.words import departement as named

MINUTES: Final = 30
ANY_LANGUAGE: Final = "La langue demandée ne compte pas dans les indicateurs."
"""What people are told where the question asks for one."""
_PER: Final = 10_000
_SHARES: Final = ["certain", "possible", "certain_h", "possible_h"]
_POPULATION: Final = "INSEE, population municipale 2023"


@dataclass(frozen=True)
class Indicator:
    """One figure of a département: what is `sure`, and what is `possible` (equal where known).

    `unit` is behind both; NaN where nothing is known: `unknown` then says why. `theme` groups them.
    `detail`: what was counted, where the figure is a rate.
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
    unknown: str = ""


@dataclass(frozen=True)
class Year:
    """The indicators by one edition of the list; `label`: `novembre 2025`, `aujourd’hui`."""

    label: str
    found: Sequence[Indicator]


def questions(question: Question) -> tuple[Question, Question, Question]:
    """Return the three questions that the indicators need: any time, evenings, week-ends.

    They keep types, aids, people and départements, whole ones: a territory of one's own has none,
    and they are of any language. The time allowed is 30 minutes by car, estimated.
    """
    by_car = replace(question, km=None, walk_km=None, transit_minutes=None, minutes=MINUTES)
    anytime = replace(by_car, opening=None, own=(), langues=())
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
    supposed: str = "",
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

    What a list cannot tell is not zero: where it has no row of the département, or none of its rows
    has hours, says what it does, or has a date, `sure` is NaN.

    Args:
        listed: the list.
        situations: the answers to `questions`.
        written: the day of the list.
        today: what ages are counted to.
        people_source: where the number of people is from; "" for the population.
        supposed: what the scenario of the situations is called; "" for things as they are. Places
            and ages are always those of the list.
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
        with_it = f"{source} ; avec {supposed}, qui n’existe pas" if supposed else source
        found += _within(here, code, tables, anytime.question, with_it)
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
    unknown = _NO_ROW if here.empty else _NO_AID if (places["aides"] == "").all() else ""
    for aid in MEASURED_AIDS:
        gives = given.map(lambda one, aid=aid: aid in one).astype(bool)
        counts = (int((gives & told).sum()), int(gives.sum()))
        sure, possible = (_PER * n / people if people else float("nan") for n in counts)
        if unknown and not counts[1]:
            sure = possible = float("nan")
        yield _told(
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
            _count(*counts) if pd.notna(possible) else "",
            unknown=unknown,
        )


_NO_ROW: Final = "cette liste n’a aucune fiche ici"
_NO_AID: Final = "aucune fiche ne dit ce qu’on y fait"
_NO_HOURS: Final = "aucune fiche n’a d’horaires lisibles"
_NO_DATE: Final = "aucune fiche n’a de date"


def _told(*parts: Any, unknown: str) -> Indicator:
    """Return an indicator; where `unknown` says what the list lacks, no sure nothing is known."""
    found = Indicator(*parts)
    if unknown and (pd.isna(found.possible) or found.sure == 0 < found.possible):
        return replace(found, sure=float("nan"), unknown=unknown)
    return found


def _count(sure: int, possible: int) -> str:
    """Return `13 à 16 lieux`, `1 lieu`."""
    most = french.count(possible, "lieu", "lieux")
    return most if sure == possible else f"{sure} à {most}"


def _within(
    here: gpd.GeoDataFrame,
    code: str,
    tables: list[pd.DataFrame],
    question: Question,
    source: str,
) -> Iterator[Indicator]:
    who, where = question.who.living, services(question.types, question.aids)
    anytime, *parts = (table[_SHARES].loc[code].astype(float).to_dict() for table in tables)
    week = f"semaine du {question.monday:%Y-%m-%d}"
    counted = here[here["type"].isin(MEASURED_TYPES)]
    surely = coverage.service_slots(counted, question.monday)
    perhaps = coverage.service_slots(counted, question.monday, unknown=True)
    timed = surely.any(axis=1) | (surely == perhaps).all(axis=1)
    unknown = _NO_ROW if here.empty else "" if timed.any() else _NO_HOURS
    yield _told(
        code,
        "Accès",
        f"Part des {who} à moins de {MINUTES} min en voiture",
        100 * anytime["certain"],
        100 * anytime["possible"],
        "%",
        f"{who.capitalize()} dont la mairie est à moins de {MINUTES} min en voiture (estimées) d’"
        f"{where}, {opened(question)} à un moment de la semaine ÷ {who} du département. "
        "Possible : horaires inconnus comptés comme ouverts.",
        source,
        week,
        unknown=unknown,
    )
    for row, name, hours in zip(
        parts,
        ("le soir en semaine", "le week-end"),
        ("18 h – 22 h, du lundi au vendredi", "6 h – 22 h, samedi et dimanche"),
        strict=True,
    ):
        yield _told(
            code,
            "Heures",
            f"Heures ouvertes {name}, à moins de {MINUTES} min en voiture",
            row["certain_h"],
            row["possible_h"],
            "h par semaine",
            f"Heures ({hours}) où {where} est ouvert à portée, en moyenne des {who}.",
            source,
            week,
            unknown=unknown,
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
    unknown = _NO_ROW if here.empty else "" if months else _NO_DATE
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
        unknown=unknown,
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
        unknown=unknown,
    )


# --- words and files ----------------------------------------------------------------------


def figure(one: Indicator) -> str:
    """Return `0,46 pour 10 000 habitants`, `41 % à 100 %`, `0 à 3,5 h par semaine`.

    What cannot be told says why: `au plus 41 % (aucune fiche n’a d’horaires lisibles)`.
    """
    why = f" ({one.unknown})" if one.unknown else ""
    if pd.isna(one.possible):
        return f"–{why}"
    unit = "" if one.unit == "%" else f" {one.unit}"
    low, high = (_said(value, one.unit) for value in (one.sure, one.possible))
    if pd.isna(one.sure):
        return f"au plus {high}{unit}{why}"
    detail = f" ({one.detail})" if one.detail else ""
    return f"{low if low == high else f'{low} à {high}'}{unit}{detail}"


def _said(value: float, unit: str) -> str:
    if pd.isna(value):
        return "–"
    return percent(value / 100) if unit == "%" else _number(value)


def _number(value: float) -> str:
    return plain(value) if value == int(value) else decimal(value, _decimals(value))


def _decimals(value: float, unit: str = "") -> int:
    """Return how many decimals a figure has: none in percent, two below 1."""
    return 0 if unit == "%" else 2 if abs(value) < 1 else 1


def table(found: Sequence[Indicator]) -> pd.DataFrame:
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
            "inconnu": [one.unknown for one in found],
        }
    )


_WIDTHS: Final = {
    "indicateur": 44,
    "definition": 90,
    "source": 50,
    "unite": 26,
    "inconnu": 40,
    "Indicateur": 44,
    "Évolution": 40,
}
_SHEET: Final = "Indicateurs"


def to_xlsx(years: Sequence[Year]) -> bytes:
    """Return the indicators of the last edition as a workbook, and beside it those of the others.

    With several editions: a sheet side by side, and one with every figure of every edition.
    """
    further = {}
    if len(years) > 1:
        further = {"Côte à côte": beside(years), "Série": series(years)}
    return exports.workbook_of(table(years[-1].found), _SHEET, _WIDTHS, further=further)


def to_csv(years: Sequence[Year], *, excel: bool = False) -> bytes:
    """Return every figure of every edition as CSV; `excel=True` is `exports.for_excel`."""
    rows = series(years)
    return (
        exports.for_excel(rows) if excel else rows.to_csv(index=False, lineterminator="\n").encode()
    )


def series(years: Sequence[Year]) -> pd.DataFrame:
    """Return one row an indicator and edition, the oldest edition first."""
    tables = [table(year.found) for year in years]
    for year, rows in zip(years, tables, strict=True):
        rows.insert(0, "edition", year.label)
    return pd.concat(tables, ignore_index=True)


def beside(years: Sequence[Year]) -> pd.DataFrame:
    """Return the indicators side by side, in words: a column for each edition, then the change.

    Columns: `Département`, `Indicateur`, each label, and `Évolution` from the edition before the
    last one to the last one.
    """
    by_name = [{(one.departement, one.name): one for one in year.found} for year in years]
    rows = []
    for key, one in by_name[-1].items():
        figures = {
            year.label.capitalize(): figure(found[key]) if key in found else "–"
            for year, found in zip(years, by_name, strict=True)
        }
        was = by_name[-2].get(key) if len(years) > 1 else None
        change = {"Évolution": evolution(was, one) if was else "–"} if len(years) > 1 else {}
        rows.append({"Département": named(key[0]), "Indicateur": one.name, **figures, **change})
    return pd.DataFrame(rows)


def beside_explained(years: Sequence[Year]) -> str:
    """Say what stands side by side, and what a change is worth."""
    return (
        f"Les mêmes définitions sur chaque édition de la liste. Évolution : de "
        f"{years[-2].label} à {years[-1].label}. Les personnes comptées sont partout les mêmes ; "
        "chaque édition est mesurée dans une semaine ordinaire de sa date. Une liste mieux remplie "
        "fait monter un chiffre comme le ferait un lieu de plus. « au plus » : cette liste ne "
        "permet pas de dire ce qui est sûr."
    )


def evolution(was: Indicator, now: Indicator) -> str:
    """Return what changed: `sûr +3 points, possible −1 point`; `inchangé`, `–` where unknown."""
    sure = _change(was.sure, now.sure, now.unit)
    possible = _change(was.possible, now.possible, now.unit)
    if was.sure == was.possible and now.sure == now.possible:
        return sure
    if sure == possible:
        return sure
    named = (("sûr", sure), ("possible", possible))
    return ", ".join(f"{name} {change}" for name, change in named if change != "–")


def _change(was: float, now: float, unit: str) -> str:
    if pd.isna(was) or pd.isna(now):
        return "–"
    # As people read both: figures that look alike have not changed.
    before, after = (round(value, _decimals(value, unit)) for value in (was, now))
    places = min(_decimals(value, unit) for value in (was, now))
    difference = round(after - before, places)
    if not difference:
        return "inchangé"
    number = plain(abs(difference))
    points = f" point{'s' if abs(difference) > 1 else ''}" if unit == "%" else ""
    return f"{'+' if difference > 0 else '−'}{number}{points}"


def definitions(found: Sequence[Indicator]) -> list[str]:
    """Return how the figures are made, each definition once, with what it defines."""
    names: dict[str, list[str]] = {}
    for one in found:
        names.setdefault(one.definition, []).append(one.name)
    return [
        f"{of[0] if len(of) == 1 else f'{of[0]}, et les suivants'} : {text}"
        for text, of in names.items()
    ]
