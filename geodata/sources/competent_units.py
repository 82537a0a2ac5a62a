"""Which police or gendarmerie unit is competent for each commune.

The file (`competence-territoriale-gendarmerie-et-police-nationales`) has a row for each commune,
some of them of former years. Licence Ouverte, ministère de l'Intérieur.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import BinaryIO, Final

import pandas as pd

from geodata import communes
from geodata.sources import _rows, gendarmerie
from geodata.sources._rows import Import
from geodata.tables import Problem

HOMEPAGE: Final = (
    "https://www.data.gouv.fr/fr/datasets/competence-territoriale-gendarmerie-et-police-nationales/"
)
COLUMNS: Final = (
    "code_commune",
    "libelle_commune",
    "institution",
    "id_service",
    "service",
    "code_postal",
    "codes_postaux",
)
INSTITUTIONS: Final = {"PN": "police", "GN": "gendarmerie"}

_UNIT: Final = ["institution", "unite", "code_unite", "id", "partie", "date_source"]


def read(
    source: Path | BinaryIO, *, departements: Collection[str] | None = None, dated: str = ""
) -> Import:
    """Read the table of competent units, a CSV. See `sources.Reader`.

    Returns:
        `rows`, indexed by `code_insee` (a commune of 2026), in the order of the file:

        - `institution`: `police` or `gendarmerie`;
        - `unite`: name of the unit; `code_unite`: its number, as in the file;
        - `id`: the id of that unit among the rows that `gendarmerie.read` gives, "" for the
          police, whose two files share no identifier;
        - `partie`: the former commune or the arrondissement that the row is about, "" for all of
          the commune. A commune has several rows where its parts have different units;
        - `date_source`.
    """
    wanted = _rows.known_departements(departements)
    table = _rows.table(source, COLUMNS)
    problems, left_out, units = list(table.problems), Counter[str](), []
    for line, row in _rows.records(table):
        unit = _unit(line, row, problems)
        if unit is None:
            continue
        if wanted is not None and communes.departement_of(unit["code_insee"]) not in wanted:
            left_out[_rows.ELSEWHERE] += 1
        else:
            units.append(unit | {"date_source": dated})
    rows = pd.DataFrame(units, columns=["code_insee", *_UNIT], dtype="str").set_index("code_insee")
    return Import(_whole_where_alike(rows), tuple(problems), dict(left_out))


def _unit(line: int, row: Mapping[str, str], problems: list[Problem]) -> dict[str, str] | None:
    """Give what a row says, None if it cannot be used."""
    given = _rows.commune_code(row["code_commune"])
    code = communes.current_code(given)
    institution = INSTITUTIONS.get(row["institution"].upper())
    understood = {"code_commune": code, "institution": institution, "service": row["service"]}
    for column in (column for column, value in understood.items() if not value):
        wrong = f"« {row[column]} » n’est pas compris" if row[column] else "la case est vide"
        said = f"{wrong} : la ligne est laissée de côté."
        problems.append(_rows.problem(line, column, said, value=row[column], severity="error"))
    if not (code and institution and row["service"]):
        return None
    number = row["id_service"] if row["id_service"].strip("0") else ""
    known = institution == "gendarmerie" and number
    return {
        "code_insee": code,
        "institution": institution,
        "unite": row["service"],
        "code_unite": number,
        "id": f"{gendarmerie.PREFIX}-{_rows.slug(number)}" if known else "",
        "partie": row["libelle_commune"] if given != code else "",
    }


def _whole_where_alike(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one row of a commune whose parts have all the same unit."""
    unit = rows["institution"] + "|" + rows["unite"] + "|" + rows["code_unite"]
    alike = unit.groupby(level=0).transform("nunique") == 1
    single = rows[alike].assign(partie="")
    single = single[~single.index.duplicated()]
    return pd.concat([single, rows[~alike].drop_duplicates()]).loc[list(rows.index.unique())]
