"""SSMSI's communal base of recorded crime: the violences that concern us, by commune and year.

CSV (also gzipped) or Parquet, one line for each commune, year and indicator: `CODGEO_2026` (the
year of the codes changes), `annee`, `indicateur`, `nombre`, `taux_pour_mille`, `est_diffuse` and
others. `ndiff` is statistical secrecy: such a line has no figure here, and `complement_info_*`,
the mean of its département's secret communes, is never read. Licence Ouverte, SSMSI.
"""

import gzip
import io
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from geodata import communes
from geodata.sources import _rows
from geodata.sources._rows import Import
from geodata.tables import UnreadableFile, read_table
from geodata.text import fold

HOMEPAGE: Final = (
    "https://www.data.gouv.fr/fr/datasets/bases-statistiques-communale-departementale-et-regionale-"
    "de-la-delinquance-enregistree-par-la-police-et-la-gendarmerie-nationales/"
)
LABEL: Final = "Violences enregistrées par la police et la gendarmerie (SSMSI)"
CAUTION: Final = (
    "Ce sont des violences enregistrées, pas toutes celles qui sont subies : environ une victime "
    "sur quatre porte plainte, et plus il est facile de le faire, plus on enregistre. Un chiffre "
    "élevé peut dire un bon accueil. À lire comme un contexte, jamais comme un classement."
)
TOLD, SECRET = "diff", "ndiff"
INDICATORS: Final = ("Violences physiques intrafamiliales", "Violences sexuelles")
COLUMNS: Final = ("annee", "indicateur", "nombre", "taux_pour_mille", "est_diffuse")
KEPT: Final = ("code_insee", *COLUMNS)
_CODE: Final = re.compile(r"CODGEO_20\d\d")
_BLOCK_BYTES: Final = 16_000_000
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"


def read(
    source: Path | BinaryIO, *, departements: Collection[str] | None = None, dated: str = ""
) -> Import:
    """Read the base: the lines of `INDICATORS` in its latest year. See `sources.Reader`.

    Returns:
        `rows`, indexed by `code_insee`, in the order of `INDICATORS`: `annee` (int), `indicateur`,
        `nombre` and `taux_pour_mille` (for 1,000 inhabitants; float, NaN where it is secret), and
        `est_diffuse` (`diff`, `ndiff`).
    """
    del dated
    wanted = _rows.known_departements(departements)
    file = _rows.name(source)
    parts = [_kept(part) for part in _frames(_rows.content(source), file)]
    lines = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if lines.empty:
        raise UnreadableFile(
            f"« {file} » : aucune ligne des indicateurs « {' », « '.join(INDICATORS)} »."
        )
    lines = lines[lines["annee"] == lines["annee"].max()]
    if wrong := sorted(set(lines["est_diffuse"]) - {TOLD, SECRET}):
        raise UnreadableFile(
            f"« {file} » : colonne « est_diffuse », valeur « {wrong[0][:20]} » inconnue. Rien "
            "n’est importé : on ne sait pas quels chiffres sont secrets."
        )
    known = lines["code"].map(communes.current_code) == lines["code"]
    homes = lines["code"][known].map(communes.departement_of)
    inside = known.copy()
    inside[known] = homes.isin(list(wanted)) if wanted is not None else True
    kept = lines[inside]
    twice = kept.duplicated(["code", "indicateur"], keep=False)
    left_out = {
        "codes qui ne sont pas d’une commune de 2026": int((~known).sum()),
        _rows.ELSEWHERE: int((known & ~inside).sum()),
        "plusieurs lignes pour une commune et un indicateur": int(twice.sum()),
    }
    kept = kept[~twice]
    told = kept["est_diffuse"] == TOLD
    rows = pd.DataFrame(
        {
            "annee": kept["annee"].astype(int),
            "indicateur": kept["indicateur"],
            "nombre": kept["nombre"].where(told),
            "taux_pour_mille": kept["taux_pour_mille"].where(told),
            "est_diffuse": kept["est_diffuse"],
        }
    ).set_axis(pd.Index(kept["code"], name="code_insee"))
    order = rows["indicateur"].map(INDICATORS.index).to_numpy()
    rows = rows.iloc[order.argsort(kind="stable")]
    return Import(rows, (), {reason: count for reason, count in left_out.items() if count})


def read_kept(content: bytes) -> pd.DataFrame:
    """Read the table that `python -m geodata import ssmsi` writes: columns `KEPT`.

    A figure of a line that is not `diff` is not read, whatever stands there.
    Raises UnreadableFile, in French.
    """
    frame = read_table(content).frame
    _rows.check_columns("table des violences", frame.columns, KEPT)
    frame = frame[frame["code_insee"].map(communes.current_code) == frame["code_insee"]]
    frame = frame.drop_duplicates(["code_insee", "indicateur"], keep=False)
    if frame.empty:
        raise UnreadableFile("La table des violences n’a aucune ligne de commune lisible.")
    told = frame["est_diffuse"] == TOLD
    numbers = {name: _numbers(frame[name]).where(told) for name in ("nombre", "taux_pour_mille")}
    return frame[list(KEPT)].assign(**numbers)


def _frames(content: bytes, file: str) -> Iterator[pd.DataFrame]:
    """Give the columns that are read, as text, some lines at a time; `code` for that of codes."""
    try:
        if content.startswith(_PARQUET):
            table = pq.ParquetFile(io.BytesIO(content))
            columns = _columns(table.schema_arrow.names, file)
            for batch in table.iter_batches(columns=columns):
                yield _named(batch.to_pandas().astype("str"), columns)
            return
        stream = io.BytesIO(content)
        if content.startswith(_GZIP):
            stream = gzip.GzipFile(fileobj=stream)  # type: ignore[assignment]
        first = stream.readline(65_536).decode("utf-8-sig", errors="replace")
        separator = ";" if first.count(";") >= first.count(",") else ","
        names = [name.strip().strip('"') for name in first.strip().split(separator)]
        columns = _columns(names, file)
        reader = pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(block_size=_BLOCK_BYTES, column_names=names),
            parse_options=pacsv.ParseOptions(delimiter=separator),
            convert_options=pacsv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
            ),
        )
        for batch in reader:
            yield _named(batch.to_pandas(), columns)
    except (pa.ArrowInvalid, UnicodeDecodeError, OSError, EOFError) as error:
        raise UnreadableFile(f"« {file} » : ce n’est pas une table lisible ({error}).") from None


def _columns(names: Collection[str], file: str) -> list[str]:
    code = next((name for name in names if _CODE.fullmatch(name)), "CODGEO_2026")
    _rows.check_columns(file, names, (code, *COLUMNS))
    return [code, *COLUMNS]


def _named(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return frame.rename(columns={columns[0]: "code"})


def _kept(lines: pd.DataFrame) -> pd.DataFrame:
    """Keep the indicators that concern us, under their own names, with their numbers."""
    named = {fold(one): one for one in INDICATORS}
    indicator = lines["indicateur"].map(
        {text: named.get(fold(text)) for text in lines["indicateur"].unique()}
    )
    kept = lines[indicator.notna()]
    return kept.assign(
        indicateur=indicator[indicator.notna()],
        annee=pd.to_numeric("20" + kept["annee"].str[-2:], errors="coerce"),
        nombre=_numbers(kept["nombre"]),
        taux_pour_mille=_numbers(kept["taux_pour_mille"]),
    ).dropna(subset=["annee"])


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells.str.replace(",", "."), errors="coerce").astype(float)
