"""FINESS, the national file of health and social establishments, with their coordinates.

The file (`etalab-cs1100507-stock-YYYYMMDD-*.csv`; `;`, no quotes, no header; UTF-8, cp1252 in
older editions) has one line `finess;etalab;…;date`, then a section `structureet` and a section
`geolocalisation`, joined by the FINESS number. Licence Ouverte, ministère de la Santé.

**Every category of `CATEGORIES` that shelters people comes in hidden**, although FINESS publishes
its address. Other categories are left out, and counted. The file of France (100,000 establishments,
some 30 MB) is read whole: 13 s and 600 MB of memory.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple

from geodata.services import ServiceType
from geodata.sources import _rows
from geodata.sources._rows import Draft, Import
from geodata.tables import Problem, UnreadableFile

HOMEPAGE: Final = (
    "https://www.data.gouv.fr/fr/datasets/finess-extraction-du-fichier-des-etablissements/"
)


class Category(NamedTuple):
    """What a FINESS category is for us: its type, its name in full, whom it takes in."""

    type: ServiceType
    label: str
    publics: str = ""


CATEGORIES: Final[Mapping[str, Category]] = MappingProxyType(
    {
        "166": Category(
            ServiceType.HEBERGEMENT, "Établissement d’accueil mère-enfant", "femmes|enfants"
        ),
        "214": Category(
            ServiceType.HEBERGEMENT, "Centre d’hébergement et de réinsertion sociale (CHRS)"
        ),
        "219": Category(ServiceType.HEBERGEMENT, "Autre centre d’accueil"),
        "258": Category(ServiceType.HEBERGEMENT, "Maison relais, pension de famille"),
        "259": Category(ServiceType.HEBERGEMENT, "Résidence sociale"),
        "442": Category(ServiceType.HEBERGEMENT, "Centre provisoire d’hébergement (CPH)"),
        "443": Category(ServiceType.HEBERGEMENT, "Centre d’accueil de demandeurs d’asile (CADA)"),
        "223": Category(ServiceType.SANTE, "Protection maternelle et infantile (PMI)"),
        "228": Category(ServiceType.SANTE, "Centre de planification ou de santé sexuelle"),
        "101": Category(ServiceType.SANTE, "Centre hospitalier régional"),
        "355": Category(ServiceType.SANTE, "Centre hospitalier"),
    }
)
"""Which categories (`categetab`) come in, and as what."""

ESTABLISHMENT: Final = (
    "structureet", "nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib",
    "numvoie", "typvoie", "voie", "compvoie", "lieuditbp", "commune", "departement",
    "libdepartement", "ligneacheminement", "telephone", "telecopie", "categetab", "libcategetab",
    "categagretab", "libcategagretab", "siret", "codeape", "codemft", "libmft", "codesph",
    "libsph", "dateouv", "dateautor", "datemaj", "numuai",
)  # fmt: skip
LOCATION: Final = (
    "geolocalisation", "nofinesset", "coordxet", "coordyet", "sourcecoordet", "datemaj",
)  # fmt: skip

_SOURCE: Final = "FINESS (ministère de la Santé)"
_OVERSEAS: Final = {"9A": "971", "9B": "972", "9C": "973", "9D": "974", "9E": "975", "9F": "976"}
_CENTRE_OF_THE_COMMUNE: Final = "4"
_STREET: Final = ("numvoie", "typvoie", "voie", "compvoie")

Record = Mapping[str, str]


def read(
    source: Path | BinaryIO, *, departements: Collection[str] | None = None, dated: str = ""
) -> Import:
    """Read the geolocated file of establishments, whose first line states its date.

    See `sources.Reader`.
    """
    file = _rows.name(source)
    lines = _decoded(_rows.content(source), file).splitlines()
    head = lines[0].split(";") if lines else []
    if [cell.strip().lower() for cell in head[:2]] != ["finess", "etalab"]:
        raise UnreadableFile(
            f"« {file} » : la première ligne devrait commencer par « finess;etalab » : ce n’est "
            "pas l’extraction FINESS géolocalisée."
        )
    dated = _rows.day(head[3] if len(head) > 3 else "") or dated
    problems: list[Problem] = []
    records = _records(lines[1:], ESTABLISHMENT, file, problems)
    places = {
        place["nofinesset"]: place for _, place in _records(lines[1:], LOCATION, file, problems)
    }
    kept = [(line, one) for line, one in records if one["categetab"] in CATEGORIES]
    left_out = Counter({"autres catégories FINESS": len(records) - len(kept)})
    drafts = [_draft(line, one, places.get(one["nofinesset"]), dated) for line, one in kept]
    return _rows.assemble(
        drafts,
        prefix="finess",
        publisher=_SOURCE,
        homepage=HOMEPAGE,
        departements=departements,
        problems=problems,
        left_out=+left_out,
    )


def _decoded(content: bytes, file: str) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(f"« {file} » : ce n’est pas un fichier de texte.")


def _records(
    lines: Sequence[str], columns: Sequence[str], file: str, problems: list[Problem]
) -> list[tuple[int, Record]]:
    """Give the records of a section, each with its line; report those that have lost a column."""
    section, wrong = columns[0], []
    found: list[tuple[int, Record]] = []
    for line, written in enumerate(lines, start=2):
        cells = written.split(";")
        if cells[0].strip().lower() != section:
            continue
        if len(cells) == len(columns):
            found.append((line, dict(zip(columns, map(_rows.text, cells), strict=True))))
        else:
            wrong.append((line, len(cells)))
    if not found:
        seen = f"{wrong[0][1]} trouvées à la ligne {wrong[0][0]}" if wrong else "aucune ligne"
        raise UnreadableFile(
            f"« {file} », section « {section} » : {len(columns)} colonnes attendues "
            f"({', '.join(columns[1:4])}…), {seen}. Rien n’est importé : le format a changé."
        )
    problems += [
        _rows.problem(
            line,
            section,
            f"{count} colonnes au lieu de {len(columns)} : la ligne est laissée de côté.",
            severity="error",
        )
        for line, count in wrong
    ]
    return found


def _draft(line: int, record: Record, place: Record | None, dated: str) -> Draft:
    category = CATEGORIES[record["categetab"]]
    departement = _OVERSEAS.get(record["departement"], record["departement"])
    lng, lat = _degrees(place) or (None, None)
    cells = {
        "nom": record["rslongue"] or record["rs"],
        "type": str(category.type),
        "adresse": _address(record),
        "code_postal": (re.findall(r"^\d{5}", record["ligneacheminement"]) or [""])[0],
        "commune": re.sub(r"^\d{5} ", "", record["ligneacheminement"]),
        "code_insee": f"{departement[:2]}{record['commune'].zfill(3)}",
        "telephone": record["telephone"],
        "publics": category.publics,
        "description": category.label,
        "date_source": _rows.day(record["datemaj"]) or dated,
    }
    return Draft(
        line,
        record["nofinesset"],
        cells,
        lng,
        lat,
        ("coordxet", "coordyet"),
        departement,
        kind=category.label,
    )


def _address(record: Record) -> str:
    street = " ".join(filter(None, (record[part] for part in _STREET)))
    return ", ".join(filter(None, (record["compldistrib"], street, record["lieuditbp"])))


def _degrees(place: Record | None) -> tuple[float, float] | None:
    """Give the point of a record, None where it is but the middle of the commune."""
    if place is None or place["sourcecoordet"].startswith(_CENTRE_OF_THE_COMMUNE):
        return None
    x, y = _rows.number(place["coordxet"]), _rows.number(place["coordyet"])
    epsg = re.search(r"EPSG:(\d+)", place["sourcecoordet"])
    return _rows.degrees(x, y, epsg[1]) if epsg else None
