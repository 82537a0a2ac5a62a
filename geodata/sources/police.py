"""Police stations that receive the public: one row each, without hours, which the file lacks.

The file (`;`, UTF-8 with or without BOM) has no identifier: the id is made of the commune's code
and the name. `x` is the longitude. Licence Ouverte, ministère de l'Intérieur.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from geodata.services import ServiceType
from geodata.sources import _rows
from geodata.sources._rows import Draft, Import

HOMEPAGE: Final = (
    "https://www.data.gouv.fr/fr/datasets/"
    "liste-des-services-de-police-accueillant-du-public-avec-geolocalisation/"
)
COLUMNS: Final = (
    "service",
    "adresse_geographique",
    "telephone",
    "departement",
    "code_commune_insee",
    "voie",
    "code_postal",
    "commune",
    "geocodage_epsg",
    "geocodage_x",
    "geocodage_y",
    "geocodage_x_GPS",
    "geocodage_y_GPS",
)
_SOURCE: Final = "Ministère de l'Intérieur – services de police accueillant du public"


def read(
    source: Path | BinaryIO, *, departements: Collection[str] | None = None, dated: str = ""
) -> Import:
    """Read the list of police stations, a CSV. See `sources.Reader`."""
    table = _rows.table(source, COLUMNS)
    return _rows.assemble(
        (_draft(line, row, dated) for line, row in _rows.records(table)),
        prefix="police",
        publisher=_SOURCE,
        homepage=HOMEPAGE,
        departements=departements,
        problems=table.problems,
    )


def _draft(line: int, row: Mapping[str, str], dated: str) -> Draft:
    cells = station(row) | {
        "type": str(ServiceType.COMMISSARIAT),
        "structure": "Police nationale",
        "date_source": dated,
    }
    identity = f"{_rows.commune_code(row['code_commune_insee'])}-{row['service']}"
    return located(Draft(line, identity, cells, departement=row["departement"]), row)


def station(row: Mapping[str, str]) -> dict[str, str]:
    """Give the cells that both files of the ministry fill alike."""
    return {
        "nom": row["service"],
        "adresse": row["voie"] or row["adresse_geographique"],
        "code_postal": row["code_postal"].zfill(5) if row["code_postal"] else "",
        "commune": row["commune"],
        "code_insee": row["code_commune_insee"],
        "telephone": row["telephone"],
    }


def located(draft: Draft, row: Mapping[str, str]) -> Draft:
    """Give the draft with the point of its row: the degrees, else what is projected."""
    lng, lat = _rows.number(row["geocodage_x_GPS"]), _rows.number(row["geocodage_y_GPS"])
    place = ("geocodage_x_GPS", "geocodage_y_GPS")
    if lng is None or lat is None:
        x, y = _rows.number(row["geocodage_x"]), _rows.number(row["geocodage_y"])
        lng, lat = _rows.degrees(x, y, row["geocodage_epsg"]) or (None, None)
        place = ("geocodage_x", "geocodage_y")
    return replace(draft, lng=lng, lat=lat, place=place)
