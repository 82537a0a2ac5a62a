"""INSEE's population by sex and age in each commune, where the user brings the file.

Two shapes are read, as CSV or zipped: that of Melodi (`DS_RP_POPULATION_PRINC`), one line for each
commune, sex, age and year; and the older one (`base-cc-evol-struct-pop-…`), one line for each
commune and a column for each figure: `P21_POPF`, `P21_F0014`, `P21_F75P`. Licence Ouverte, INSEE.
"""

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from geodata import communes
from geodata.sources import _rows
from geodata.sources._rows import Import
from geodata.tables import UnreadableFile

HOMEPAGE: Final = "https://catalogue-donnees.insee.fr/fr/catalogue/recherche/DS_RP_POPULATION_PRINC"
MELODI: Final = ("GEO", "GEO_OBJECT", "SEX", "AGE", "RP_MEASURE", "TIME_PERIOD", "OBS_VALUE")
CODE: Final = "CODGEO"

_SEXES: Final = {"F": "femmes", "M": "hommes", "H": "hommes"}
_OLDER: Final = re.compile(r"P(\d\d)_(?:POP([FH])|([FH])(\d\d)(\d\d|P))")
_AGE: Final = re.compile(r"Y_?(?:(?P<low>\d+)T(?P<high>\d+)|LT(?P<below>\d+)|GE(?P<above>\d+))")
# Arrondissements of Paris, Lyon and Marseille: their city has its own line.
_PART_OF_A_CITY: Final = r"751\d\d|6938\d|132\d\d"
_HEAD_BYTES: Final = 65_536
_BLOCK_BYTES: Final = 16_000_000


def read(
    source: Path | BinaryIO, *, departements: Collection[str] | None = None, dated: str = ""
) -> Import:
    """Read a file of the census: the CSV, or its zip, which states its year. See `sources.Reader`.

    Returns:
        `rows`, indexed by `code_insee` (a commune of 2026, merged communes added up): `annee`
        (int, the latest of the file), `femmes` and `hommes`, then each age of the file as
        `femmes_0_14`, `femmes_75_plus`…: numbers of inhabitants (float, as published; NaN where
        not told). Ages may overlap: the file gives totals of ages too.
    """
    del dated
    wanted = _rows.known_departements(departements)
    file = _rows.name(source)
    stream = _csv_of(source, file)
    head = stream.read(_HEAD_BYTES)
    first = head.decode("utf-8-sig", errors="replace").splitlines()[:1] or [""]
    separator = ";" if first[0].count(";") >= first[0].count(",") else ","
    names = next(csv.reader(first, delimiter=separator), [])
    stream.seek(0)
    long = CODE not in names
    columns = MELODI if long else (CODE, *filter(_OLDER.fullmatch, names))
    _rows.check_columns(file, names, columns)
    if len(columns) == 1:
        raise UnreadableFile(f"« {file} » : aucune colonne de population (« P21_POPF »…).")
    shape = _from_long if long else _from_wide
    frames = [shape(lines) for lines in _frames(stream, separator, columns, file)]
    if not frames:
        raise UnreadableFile(f"« {file} » : aucune ligne sous les noms de colonnes.")
    return _by_commune(pd.concat(frames, ignore_index=True), wanted, file)


def _csv_of(source: Path | BinaryIO, file: str) -> IO[bytes]:
    """Give the file that holds the figures, out of its zip if it is in one."""
    content = _rows.content(source)
    if not content.startswith(b"PK\x03\x04"):
        return io.BytesIO(content)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        found = [
            entry
            for entry in archive.infolist()
            if entry.filename.lower().endswith(".csv") and "meta" not in entry.filename.lower()
        ]
        if not found:
            raise UnreadableFile(f"« {file} » : aucun fichier CSV de données dans l’archive.")
        biggest = max(found, key=lambda entry: entry.file_size)
        return archive.open(biggest)
    except zipfile.BadZipFile:
        raise UnreadableFile(f"« {file} » : l’archive est abîmée.") from None


def _frames(
    stream: IO[bytes], separator: str, columns: Collection[str], file: str
) -> Iterator[pd.DataFrame]:
    """Give the columns as text, some lines at a time: the file of France has millions."""
    try:
        reader = pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(block_size=_BLOCK_BYTES),
            parse_options=pacsv.ParseOptions(delimiter=separator),
            convert_options=pacsv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(columns, pa.string()),
            ),
        )
        for batch in reader:
            yield batch.to_pandas()
    except (pa.ArrowInvalid, UnicodeDecodeError, zipfile.BadZipFile) as error:
        raise UnreadableFile(f"« {file} » : ce n’est pas une table lisible ({error}).") from None


def _from_long(lines: pd.DataFrame) -> pd.DataFrame:
    """Give one line for each commune and figure: `code`, `annee`, `figure`, `value`."""
    commune = (lines["GEO_OBJECT"] == "COM") & (lines["RP_MEASURE"] == "POP")
    kept = lines[commune & lines["SEX"].isin(list(_SEXES))]
    return pd.DataFrame(
        {
            "code": kept["GEO"].str.split("-").str[-1],
            "annee": kept["TIME_PERIOD"].str[:4],
            "figure": kept["SEX"].map(_SEXES) + kept["AGE"].map(_age),
            "value": _numbers(kept["OBS_VALUE"]),
        }
    ).dropna(subset=["figure"])


def _from_wide(lines: pd.DataFrame) -> pd.DataFrame:
    """Give the same of an older file."""
    long = lines.melt(id_vars=CODE, var_name="column", value_name="value")
    named = {column: _figure(column) for column in lines.columns if column != CODE}
    return pd.DataFrame(
        {
            "code": long[CODE],
            "annee": long["column"].map({column: year for column, (year, _) in named.items()}),
            "figure": long["column"].map({column: name for column, (_, name) in named.items()}),
            "value": _numbers(long["value"]),
        }
    )


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells.str.replace(",", "."), errors="coerce")


def _age(code: str) -> str | None:
    """Give an age as the end of a column's name, "" for all ages, None if it is not understood.

    >>> _age("Y15T29"), _age("Y_LT15"), _age("Y_GE75"), _age("_T")
    ('_15_29', '_0_14', '_75_plus', '')
    """
    if code == "_T":
        return ""
    found = _AGE.fullmatch(code)
    if not found:
        return None
    if found["low"]:
        return f"_{int(found['low'])}_{int(found['high'])}"
    return f"_0_{int(found['below']) - 1}" if found["below"] else f"_{int(found['above'])}_plus"


def _figure(column: str) -> tuple[str, str]:
    """Give the year and the name of an older file's figure.

    >>> _figure("P21_POPF"), _figure("P21_F0014"), _figure("P21_H75P")
    (('2021', 'femmes'), ('2021', 'femmes_0_14'), ('2021', 'hommes_75_plus'))
    """
    found = _OLDER.fullmatch(column)
    if found is None:
        raise ValueError(column)
    year, whole, sex, low, high = found.groups()
    century = "19" if int(year) > 60 else "20"
    if whole:
        return century + year, _SEXES[whole]
    end = "plus" if high == "P" else str(int(high))
    return century + year, f"{_SEXES[sex]}_{int(low)}_{end}"


def _by_commune(figures: pd.DataFrame, wanted: Collection[str] | None, file: str) -> Import:
    """Keep the latest year, follow merged communes, and put figures side by side."""
    figures = figures[~figures["code"].str.fullmatch(_PART_OF_A_CITY)]
    figures = figures[figures["annee"] == figures["annee"].max()]
    current = {code: communes.current_code(code) for code in figures["code"].unique()}
    unknown = sorted(code for code, now in current.items() if now is None)
    homes = {code: communes.departement_of(now) for code, now in current.items() if now}
    inside = [code for code, home in homes.items() if wanted is None or home in wanted]
    kept = figures[figures["code"].isin(inside)]
    if figures.empty or "femmes" not in set(figures["figure"]):
        raise UnreadableFile(f"« {file} » : aucune population de femmes par commune.")
    kept = kept.drop_duplicates(["code", "figure"])
    kept = kept.assign(code_insee=kept["code"].map(current), untold=kept["value"].isna())
    parts = kept.groupby(["code_insee", "figure"])
    # A sum of which one part is not told is not told either.
    sums = parts["value"].sum().mask(parts["untold"].any())
    rows = sums.unstack()  # noqa: PD010 - a Series has no pivot_table
    rows = rows.reindex(columns=sorted(figures["figure"].unique(), key=_order))
    rows.columns.name = None
    rows.insert(0, "annee", int(figures["annee"].max()))
    left_out = {
        _rows.ELSEWHERE: len(homes) - len(inside),
        "codes qui ne sont pas d’une commune de 2026": len(unknown),
    }
    return Import(rows, (), {reason: count for reason, count in left_out.items() if count})


def _order(figure: str) -> tuple[bool, int, int, str]:
    """Both totals, then ages, women before men."""
    sex, *ages = figure.split("_")
    low = int(ages[0]) if ages else -1
    high = int(ages[1]) if len(ages) > 1 and ages[1].isdigit() else 999
    return bool(ages), low, high, sex
