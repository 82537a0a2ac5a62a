"""Gendarmerie units that receive the public, with their hours: one row each.

The hours stand twice in the file: in one text (`horaires_accueil`) and in a column for each end of
each opening (`lundi_plage1_debut`…, which older files lack). Where the two tell the same week, the
one that also tells public holidays is kept; where they differ nobody knows which is right, so the
hours stay unknown and both are kept word for word. Licence Ouverte, ministère de l'Intérieur.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

from geodata import hours
from geodata.services import ServiceType
from geodata.sources import _rows, police
from geodata.sources._rows import Draft, Import
from geodata.tables import Problem
from geodata.text import fold

HOMEPAGE: Final = (
    "https://www.data.gouv.fr/fr/datasets/liste-des-unites-de-gendarmerie-accueillant-du-public-"
    "comprenant-leur-geolocalisation-et-leurs-horaires-douverture/"
)
COLUMNS: Final = ("identifiant_public_unite", *police.COLUMNS, "horaires_accueil", "url")
NOT_FOR_THE_PUBLIC: Final = ("centre d information et de recrutement", "motorise")
PREFIX: Final = "gendarmerie"

_SOURCE: Final = "Ministère de l'Intérieur – unités de gendarmerie accueillant du public"
_DAY_COLUMN: Final = re.compile(r"(\w+)_plage(\d)_(debut|fin)")
_SEASONAL: Final = "poste provisoire"
# A week without a public holiday anywhere in France, and one with a national one.
_PLAIN_WEEK: Final = (date(2026, 9, 14), date(2026, 9, 21))
_HOLIDAY_WEEK: Final = (date(2026, 7, 13), date(2026, 7, 20))


def read(
    source: Path | BinaryIO, *, departements: Collection[str] | None = None, dated: str = ""
) -> Import:
    """Read the list of gendarmerie units, a CSV. See `sources.Reader`."""
    table = _rows.table(source, COLUMNS)
    _rows.check_columns(_rows.name(source), table.frame.columns, _day_columns(table.frame.columns))
    problems, left_out, drafts = list(table.problems), Counter[str](), []
    for line, row in _rows.records(table):
        if any(words in fold(row["service"]) for words in NOT_FOR_THE_PUBLIC):
            left_out["unités qui ne reçoivent pas le public pour une plainte"] += 1
        else:
            drafts.append(_draft(line, row, dated, problems))
    return _rows.assemble(
        drafts,
        prefix=PREFIX,
        publisher=_SOURCE,
        homepage=HOMEPAGE,
        departements=departements,
        problems=problems,
        left_out=left_out,
    )


def _day_columns(found: Iterable[str]) -> list[str]:
    """Give the columns of hours that must be there: all days, both ends, if there is any."""
    spans = [match[2] for match in map(_DAY_COLUMN.fullmatch, found) if match]
    return [
        f"{day}_plage{span}_{end}"
        for day in hours.DAY_COLUMNS
        for span in sorted(set(spans))
        for end in ("debut", "fin")
    ]


def _draft(line: int, row: Mapping[str, str], dated: str, problems: list[Problem]) -> Draft:
    known, verbatim = _hours(line, row, problems)
    cells = police.station(row) | {
        "type": str(ServiceType.GENDARMERIE),
        "structure": "Gendarmerie nationale",
        "horaires_accueil": known,
        "horaires_precisions": verbatim,
        "lien_source": _rows.link(row["url"]),
        "date_source": dated,
    }
    number = row["identifiant_public_unite"].removesuffix(".0")
    unnumbered = not number.strip("0")
    commune = _rows.commune_code(row["code_commune_insee"])
    identity = f"{commune}-{row['service']}" if unnumbered else number
    return police.located(Draft(line, identity, cells, departement=row["departement"]), row)


def _hours(line: int, row: Mapping[str, str], problems: list[Problem]) -> tuple[str, str]:
    """Give the hours as OSM text, and word for word what is not understood or not sure."""
    said = row["horaires_accueil"]
    known, verbatim = _rows.opening(said)
    by_column, column_words = _from_columns(row)
    unread = {"horaires_accueil": verbatim, "lundi_plage1_debut": column_words}
    if by_column:
        unread.pop("lundi_plage1_debut")
    for column, words in unread.items():
        if words:
            message = f"ces horaires ne sont pas compris : {words}"
            problems.append(_rows.problem(line, column, message, value=words))
    if _SEASONAL in fold(row["service"]):
        both = " ; ".join(filter(None, (said, hours.describe(by_column) if by_column else "")))
        return "", f"Poste provisoire, ouvert une partie de l’année. {both}".strip()
    if not (known and by_column):
        return known or by_column, " ; ".join(filter(None, unread.values()))
    if not _agree(known, by_column):
        message = "le texte et les colonnes de jours ne disent pas les mêmes horaires : inconnus."
        problems.append(_rows.problem(line, "horaires_accueil", message, value=said))
        return "", f"{said} (ou : {hours.describe(by_column)})"
    return (known if "PH" in known else by_column), ""


def _agree(one: str, other: str) -> bool:
    """Say whether two texts open at the same times, holidays included where both tell them."""
    weeks = [_PLAIN_WEEK]
    if "PH" in one and "PH" in other:
        weeks.append(_HOLIDAY_WEEK)
    return all(hours.openings(one, *week) == hours.openings(other, *week) for week in weeks)


def _from_columns(row: Mapping[str, str]) -> tuple[str, str]:
    """Give the hours of the day columns as OSM text, and the columns that are filled."""
    filled = {name: row[name] for name in row if _DAY_COLUMN.fullmatch(name) and row[name]}
    words = ", ".join(f"{name} {value}" for name, value in filled.items())
    try:
        return hours.from_day_columns(row), words
    except hours.InvalidHours:
        return "", words
