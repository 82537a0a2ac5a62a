"""Minutes by car: estimated from a distance, or read from a table that somebody computed.

The estimate is distance × detour ÷ speed. All three figures of it are assumptions, to be said
wherever it is shown:

- the detour, 1.3: a route is 1.34 times the straight line on average over 300 European cities
  (*Environment and Planning B*, 2023, doi:10.1177/23998083231168870), 1.3 times on motorway
  networks (arXiv:2406.06490); the band from 1.2 to 1.5 covers flat country and mountains;
- the speeds, from door to door, by density of the commune one leaves. No source gives them so;
  they are set around the one that is measured: 36 km/h for trips by car of 10 to 20 km in all of
  France (SDES, enquête *Mobilité des personnes* 2019);
- the classes of density: the thresholds are INSEE's for the squares of 1 km² of its grille
  communale, used here on the commune's mean density, which is not that grille.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import communes
from geodata.french import count, number
from geodata.points import measured_points
from geodata.tables import Problem, Severity, UnreadableFile, read_table
from geodata.text import fold

DETOUR: Final = 1.3
DETOUR_BAND: Final = (1.2, 1.5)
DENSITY_STEPS: Final = (300, 1500)  # inhabitants per km²
SPEEDS_KMH: Final = (55, 40, 25)  # below the first step, between them, from the second on

# Lambert's cylindrical equal-area projection of the WGS 84 ellipsoid: areas are true everywhere.
_EQUAL_AREA = "EPSG:6933"
_COLUMNS = ("code_insee", "id", "minutes")
_MOST_LINES = 500_000
_MOST_MINUTES = 24 * 60
_MOST_EXAMPLES = 5


# --- estimated ----------------------------------------------------------------------------


def density(communes: gpd.GeoDataFrame) -> pd.Series:
    """Return inhabitants per km²: population ÷ area of the outline on the ellipsoid.

    Same index out, float; NaN where the outline or the population is missing.
    """
    area_km2 = communes.geometry.to_crs(_EQUAL_AREA).area / 1e6
    inhabitants = communes["population"].astype("Float64").to_numpy(float, na_value=np.nan)
    measured: pd.Series = inhabitants / area_km2.where(area_km2 > 0)
    return measured.rename("density")


@cache
def densities() -> pd.Series:
    """Return the density of every commune of France, by code. Never change it in place.

    The first call reads all outlines; looking one up afterwards costs next to nothing.
    """
    return density(communes.read_outlines())


def speed_kmh(density: pd.Series) -> pd.Series:
    """Return the assumed speed by car of communes of this density (inhabitants per km²).

    Same index out. Where the density is not known, the middle speed.

    >>> speed_kmh(pd.Series([20, 300, 8000, float("nan")])).tolist()
    [55.0, 40.0, 25.0, 40.0]
    """
    steps = np.searchsorted(DENSITY_STEPS, density.to_numpy(float, na_value=np.nan), side="right")
    speeds = np.asarray(SPEEDS_KMH, dtype=float)[np.where(density.isna(), 1, steps)]
    return pd.Series(speeds, index=density.index, name="speed_kmh")


def estimated_minutes(
    distance_m: pd.Series, density: pd.Series | float, *, detour: float = DETOUR
) -> pd.Series:
    """Estimate the minutes by car of a distance: distance × detour ÷ speed.

    Args:
        distance_m: metres in a straight line; NaN gives NaN.
        density: inhabitants per km² of the commune that is left, on the same index, or one for
            all; NaN gives the middle speed.
        detour: length of the route ÷ straight line.

    Returns:
        Minutes, on the same index.

    Raises:
        ValueError: the indexes differ.
    """
    minutes: pd.Series = distance_m * detour / _metres_a_minute(density, distance_m.index)
    return minutes.rename("minutes")


def minutes_band(distance_m: pd.Series, density: pd.Series | float) -> pd.DataFrame:
    """Estimate between which minutes a trip lies, if only the detour is in doubt.

    Arguments are those of `estimated_minutes`. Columns: `low` and `high`, for the two ends of
    `DETOUR_BAND`. The speeds' own error, traffic and relief are not in it.
    """
    low, high = (estimated_minutes(distance_m, density, detour=detour) for detour in DETOUR_BAND)
    return pd.DataFrame({"low": low, "high": high})


def reach_m(minutes: float, density: pd.Series, *, detour: float = DETOUR) -> pd.Series:
    """Return how far, in a straight line, some minutes lead: the inverse of `estimated_minutes`.

    Metres, on the index of `density` (inhabitants per km² of the commune that is left).
    """
    metres: pd.Series = minutes * _metres_a_minute(density, density.index) / detour
    return metres.rename("reach_m")


def _metres_a_minute(density: pd.Series | float, index: pd.Index) -> pd.Series:
    if not isinstance(density, pd.Series):
        density = pd.Series(float(density), index=index)
    if not density.index.equals(index):
        raise ValueError("density and distance_m must have the same index")
    return speed_kmh(density) * 1000 / 60


# --- computed elsewhere -------------------------------------------------------------------


@dataclass(frozen=True)
class Matrix:
    """Minutes from communes to services, computed by a tool that knows the roads.

    `minutes`: float, indexed by (`code_insee`, `id`), in the order of the communes and services it
    was read for; pairs that are not in the file are not there. `problems`: all that is wrong,
    by line; one stands for all the lines with the same fault.
    """

    minutes: pd.Series
    problems: tuple[Problem, ...]


def read_matrix(
    source: Path | BinaryIO, codes_insee: Collection[str], services: gpd.GeoDataFrame
) -> Matrix:
    """Read a table of minutes in long form: columns `code_insee`, `id` and `minutes`.

    Spreadsheets' separators, encodings and decimal commas are understood, and a code that lost its
    zero. A former code leads to the commune of 2026; where a commune then has several times for
    one service, that of its own code counts, else the shortest. Only services that may be measured
    from (`points.measured_points`) have minutes: a file cannot tell where a hidden place is.

    Args:
        source: the file.
        codes_insee: the communes wanted, by their codes of 2026.
        services: the services wanted, as `services.read_services` gives them.

    Raises:
        UnreadableFile: it is no table, or a column is missing. OSError: it cannot be opened.
    """
    content = source.read_bytes() if isinstance(source, Path) else source.read()
    if max(content.count(b"\n"), content.count(b"\r")) > _MOST_LINES:
        raise UnreadableFile(
            f"Le fichier a plus de {number(_MOST_LINES)} lignes : n’y garder que les communes et "
            "les services du territoire."
        )
    table = read_table(content)
    check = _Check(_with_known_columns(table.frame))
    _check_communes(check, codes_insee)
    _check_services(check, services)
    _check_minutes(check)
    minutes = _shortest(check, pd.Index(codes_insee), services.index)
    _count_gaps(check, minutes, codes_insee, measured=_measured(services))
    problems = (*table.problems, *check.problems)
    return Matrix(minutes, tuple(sorted(problems, key=lambda problem: problem.line)))


class _Check:
    """The lines while they are checked; those left out for an error are gone at once."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows
        self.problems: list[Problem] = []

    def report(
        self, where: pd.Series, column: str, message: str, severity: Severity = "error"
    ) -> None:
        """Report the lines where `where` is true as one problem, and leave them out if an error.

        The problem is that of the first line; it counts the others and shows some of the values.
        """
        lines = self.rows.index[where.to_numpy(dtype=bool)]
        if lines.empty:
            return
        values = self.rows.loc[lines, f"written_{column}"].drop_duplicates().head(_MOST_EXAMPLES)
        shown = ", ".join(f"« {_shortened(value)} »" for value in values if value)
        others = f" (et {count(len(lines) - 1, 'autre ligne', 'autres lignes')})"
        text = f"Ligne {lines[0]}{others if len(lines) > 1 else ''}, colonne « {column} » : "
        text += message + (f" Valeurs lues : {shown}." if shown else "")
        self.problems.append(Problem(int(lines[0]), column, values.iloc[0], text, severity))
        if severity == "error":
            self.rows = self.rows.drop(index=lines)


def _shortened(value: str) -> str:
    return value if len(value) <= 40 else value[:39] + "…"


def _with_known_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the three columns, each with what was written beside what will be understood."""
    names = {column: fold(column).replace(" ", "_") for column in frame.columns}
    rows = frame.rename(columns=names)
    missing = [f"« {column} »" for column in _COLUMNS if column not in rows.columns]
    if missing:
        raise UnreadableFile(
            f"Colonne obligatoire absente : {', '.join(missing)}. La première ligne du fichier des "
            "temps de trajet doit nommer les colonnes code_insee, id et minutes."
        )
    rows = rows[list(_COLUMNS)].astype("str")
    return pd.concat([rows, rows.add_prefix("written_")], axis="columns")


def _check_communes(check: _Check, codes_insee: Collection[str]) -> None:
    codes = check.rows["code_insee"]
    padded = codes.where(~codes.str.fullmatch(r"\d{4}"), "0" + codes)
    check.report(
        padded != codes,
        "code_insee",
        "le code a perdu son zéro, qui est remis. Mettre la colonne au format texte.",
        "warning",
    )
    known = {code: communes.current_code(code) for code in padded.unique()}
    check.rows = check.rows.assign(code_insee=padded.map(known), former=padded.map(known) != padded)
    check.report(
        check.rows["code_insee"].isna(),
        "code_insee",
        "ce n’est pas le code d’une commune. Les temps sont laissés de côté.",
    )
    check.report(
        check.rows["former"],
        "code_insee",
        "ancien code (commune fusionnée ou arrondissement) : la commune d’aujourd’hui est retenue.",
        "warning",
    )
    check.report(
        ~check.rows["code_insee"].isin(list(codes_insee)),
        "code_insee",
        "la commune n’est pas dans le territoire choisi. Les temps sont laissés de côté.",
    )


def _check_services(check: _Check, services: gpd.GeoDataFrame) -> None:
    """Hidden and unknown services get one message: nobody learns here that a hidden one exists."""
    check.report(
        ~check.rows["id"].isin(_measured(services)),
        "id",
        "ce n’est pas l’identifiant d’un service de la liste, ou aucune distance ne peut être dite "
        "vers lui (lieu confidentiel, hébergement, ligne téléphonique). Les temps sont laissés de "
        "côté.",
    )


def _measured(services: gpd.GeoDataFrame) -> pd.Index:
    measured: pd.Index = services.index[measured_points(services).notna()]
    return measured


def _check_minutes(check: _Check) -> None:
    written = check.rows["minutes"]
    check.report(
        written == "", "minutes", "la case est vide : le temps de ce trajet reste inconnu."
    )
    check.report(
        check.rows["minutes"].str.fullmatch(r"[-−]\s?[0-9]{1,9}([.,][0-9]{1,30})?"),
        "minutes",
        "un temps de trajet ne peut être négatif. Il est laissé de côté.",
    )
    check.report(
        ~check.rows["minutes"].str.fullmatch(r"[0-9]{1,9}([.,][0-9]{1,30})?"),
        "minutes",
        "ce n’est pas un nombre de minutes. Écrire par exemple 12,5. Le temps est laissé de côté.",
    )
    minutes = pd.to_numeric(check.rows["minutes"].str.replace(",", "."))
    check.rows = check.rows.assign(minutes=minutes.astype("float64"))
    check.report(
        check.rows["minutes"] > _MOST_MINUTES,
        "minutes",
        "plus d’un jour de route : la colonne compte peut-être des secondes. Le temps est laissé "
        "de côté.",
    )


def _shortest(check: _Check, codes_insee: pd.Index, services: pd.Index) -> pd.Series:
    """Return one time a pair, in the order of the communes and services, and report the doubles."""
    pair = ["code_insee", "id"]
    written_pair = ["written_code_insee", "id"]
    check.report(
        check.rows.duplicated(written_pair),
        "id",
        "cette commune et ce service figurent déjà plus haut : le temps le plus court est retenu.",
        "warning",
    )
    rows = check.rows.sort_values(["former", "minutes"], kind="stable").drop_duplicates(pair)
    rank_of_service = services.get_indexer(pd.Index(rows["id"]))
    rank_of_commune = codes_insee.get_indexer(pd.Index(rows["code_insee"]))
    ordered = rows.iloc[np.lexsort((rank_of_service, rank_of_commune))]
    return ordered.set_index(pair)["minutes"]


def _count_gaps(
    check: _Check, minutes: pd.Series, codes_insee: Collection[str], *, measured: pd.Index
) -> None:
    """Report the communes, then the services, that have no time at all."""
    known = {name: set(minutes.index.get_level_values(name)) for name in ("code_insee", "id")}
    gaps = {
        "code_insee": (
            "commune",
            [code for code in codes_insee if code not in known["code_insee"]],
        ),
        "id": ("service", [key for key in measured if key not in known["id"]]),
    }
    for column, (noun, missing) in gaps.items():
        if missing:
            examples = ", ".join(map(str, missing[:_MOST_EXAMPLES]))
            more = "…" if len(missing) > _MOST_EXAMPLES else ""
            text = f"{count(len(missing), noun)} sans aucun temps : {examples}{more}"
            check.problems.append(Problem(1, column, "", text, "warning"))
