"""FINESS, the national file of health and social establishments, with their coordinates.

Two formats are read, and the import says which:

- *finess-structures-1* (`finess-structures-journalier-YYYYMMDD.json.gz`, or unpacked): legal
  entities (`pmej`) and their places (`ege`), daily since spring 2026. It is read an entity at a
  time. Licence Ouverte, Agence du numérique en santé.
- the extraction that it replaces and that nobody refreshes any more
  (`etalab-cs1100507-stock-YYYYMMDD-*.csv`; `;`, no header; UTF-8, cp1252 in older editions): a line
  `finess;etalab;…;date`, then a section `structureet` and a section `geolocalisation`, joined by
  the FINESS number. Licence Ouverte, ministère de la Santé. The file of France (100,000
  establishments, some 30 MB) is read whole: 13 s and 600 MB of memory.

**Every category of `CATEGORIES` that shelters people comes in hidden**, although FINESS publishes
its address. Other categories are left out, and counted.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final, NamedTuple

import ijson

from geodata.services import ServiceType
from geodata.sources import _rows
from geodata.sources._rows import Draft, Import
from geodata.tables import Problem, UnreadableFile

HOMEPAGE: Final = "https://www.data.gouv.fr/fr/datasets/finess-structures-1/"
OLD_HOMEPAGE: Final = (
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

PLACE: Final = (
    "informationsGeneralesEGE.numFinessEge",
    "informationsGeneralesEGE.nomEgeLong",
    "categorieentiteGeographiqueExercice",
    "adresse.cogCommune",
    "adresse.codePostal",
    "adresse.libelleVoie",
    "adresse.coordonneesGeographique.directionLatitude",
    "adresse.coordonneesGeographique.directionLongitude",
    "contact.telecom.telephone",
    "etatObjet",
)
"""The fields of a place (`ege`) in *finess-structures-1* that are read and must be in the file."""

_SOURCE: Final = "FINESS (ministère de la Santé)"
_OVERSEAS: Final = {
    "9A": "971",
    "9B": "972",
    "9C": "973",
    "9D": "974",
    "9E": "975",
    "9F": "976",
    "9J": "986",
}
_CENTRE_OF_THE_COMMUNE: Final = "4"
_IN_USE: Final = "A"
_WHERE_IT_IS: Final = "03"  # `usageAdresse`: the others are for letters, annexes…
_OLD: Final = (
    "Format lu : l’ancienne extraction FINESS, du {edition}. Elle n’est plus mise à jour depuis le "
    f"printemps 2026 : prendre plutôt finess-structures-1 ({HOMEPAGE})."
)
_NOT_JSON: Final = "« {file} » : ce n’est pas du JSON en UTF-8."
_STREET: Final = ("numvoie", "typvoie", "voie", "compvoie")

Record = Mapping[str, str]


def read(
    source: Path | BinaryIO, *, departements: Collection[str] | None = None, dated: str = ""
) -> Import:
    """Read *finess-structures-1* or the older extraction; each states its date.

    See `sources.Reader`. `notes` of the import says which of the two it was.
    """
    file = _rows.name(source)
    with ExitStack() as opened:
        if isinstance(source, str | Path):
            source = opened.enter_context(Path(source).open("rb"))
        stream = _rows.peekable(source)
        try:
            if stream.peek().startswith(b"\x1f\x8b"):
                stream = _rows.peekable(gzip.GzipFile(fileobj=stream))
            if stream.peek().startswith(codecs.BOM_UTF8):
                stream.read(len(codecs.BOM_UTF8))
            if stream.peek().lstrip().startswith(b"{"):
                return _read_structures(stream, file, departements, dated)
            whole = stream.read()
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise UnreadableFile(f"« {file} » : l’archive est abîmée.") from None
    return _read_extraction(whole, file, departements, dated)


# --- finess-structures-1 ------------------------------------------------------------------


def _read_structures(
    stream: io.BufferedReader, file: str, departements: Collection[str] | None, dated: str
) -> Import:
    head = stream.peek().decode(errors="replace")
    version, generated = (
        found[1] if (found := re.search(rf'"{name}"\s*:\s*"([^"]*)"', head)) else ""
        for name in ("schemaVersion", "generatedAt")
    )
    if not re.match(r"v?1\b", version or "1"):
        raise UnreadableFile(
            f"« {file} » : version {version} du format, nous lisons la version 1. Rien n’est "
            "importé."
        )
    day = _rows.day(generated)
    left_out, drafts, fields, count = Counter[str](), [], set[str](), 0
    for count, place in enumerate(_places(stream, file), start=1):
        fields.update(_fields_of(place))
        category = CATEGORIES.get(_rows.text(place.get("categorieentiteGeographiqueExercice")))
        if not _is_open(place, day):
            left_out["établissements qui ne sont plus en service"] += 1
        elif category is None:
            left_out["autres catégories FINESS"] += 1
        else:
            drafts.append(_draft_of_place(count, place, category, day or dated))
    if not count:
        raise UnreadableFile(f"« {file} » : aucun établissement (« pmej », « ege »).")
    _rows.check_columns(file, sorted(fields), PLACE)
    return _rows.assemble(
        drafts,
        prefix="finess",
        publisher=_SOURCE,
        homepage=HOMEPAGE,
        departements=departements,
        left_out=left_out,
        notes=[f"Format lu : finess-structures-1, du {day or 'jour non précisé'}."],
    )


def _places(stream: io.BufferedReader, file: str) -> Iterator[dict[str, Any]]:
    """Give the places of all legal entities, as they are read."""
    try:
        for entity in ijson.items(stream, "pmej.item", use_float=True):
            places = entity.get("ege") if isinstance(entity, dict) else None
            for place in places or ():
                if isinstance(place, dict):
                    yield place
    except (ijson.JSONError, UnicodeDecodeError, RecursionError):
        raise UnreadableFile(_NOT_JSON.format(file=file)) from None


def _fields_of(value: object, above: str = "") -> Iterator[str]:
    """Give the paths of all fields of a record, through lists."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict):
            for name, inner in part.items():
                yield f"{above}{name}"
                yield from _fields_of(inner, f"{above}{name}.")


def _is_open(place: Mapping[str, Any], day: str) -> bool:
    closed = _rows.text(_part(place, "informationsGeneralesEGE").get("dateFermeture"))
    over = bool(closed) and (not day or (_rows.day(closed) or day) <= day)
    return _rows.text(place.get("etatObjet")) == _IN_USE and not over


def _part(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    inner = record.get(name)
    return inner if isinstance(inner, dict) else {}


def _parts(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    inner = record.get(name)
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def _draft_of_place(number: int, place: Mapping[str, Any], category: Category, dated: str) -> Draft:
    told = {name: _rows.text(one) for name, one in _part(place, "informationsGeneralesEGE").items()}
    address = _address_of(place)
    said = {name: _rows.text(one) for name, one in address.items()}
    street = (said.get(name, "") for name in ("numeroVoie", "typeVoie", "libelleVoie"))
    phones = [
        _rows.text(_part(one, "telecom").get("telephone")) for one in _parts(place, "contact")
    ]
    commune = re.sub(r"^\d{5} ", "", said.get("ligneAcheminement", ""))
    cells = {
        "nom": told.get("nomEgeLong", "") or told.get("nomEgeCourt", ""),
        "type": str(category.type),
        "adresse": " ".join(filter(None, street)),
        "code_postal": said.get("codePostal", ""),
        "commune": commune,
        "code_insee": said.get("cogCommune", ""),
        "telephone": next(filter(_rows.phone_numbers, phones), next(filter(None, phones), "")),
        "publics": category.publics,
        "description": category.label,
        "date_source": _rows.day(place.get("dateDerniereMaj")) or dated,
    }
    lng, lat = _degrees_of(_part(address, "coordonneesGeographique")) or (None, None)
    return Draft(
        number,
        told.get("numFinessEge", "") or f"{cells['code_insee']}-{cells['nom']}",
        cells,
        lng,
        lat,
        ("directionLongitude", "directionLatitude"),
        kind=category.label,
        record=_rows.named(number, cells["nom"], commune or said.get("codePostal", "")),
    )


def _address_of(place: Mapping[str, Any]) -> dict[str, Any]:
    """Give the address of the place itself, else the first."""
    addresses = _parts(place, "adresse")
    here = (one for one in addresses if _rows.text(one.get("usageAdresse")) == _WHERE_IT_IS)
    return next(here, addresses[0] if addresses else {})


def _degrees_of(place: Mapping[str, Any]) -> tuple[float, float] | None:
    """Give the longitude and latitude of a place, None where only its commune is known.

    One of two pairs of fields is in degrees, the other projected; which one is which varies.
    """
    if re.fullmatch(r"\w{5}", _rows.text(place.get("cleInInteropBAN"))):
        return None
    for names in (("directionLongitude", "directionLatitude"), ("coordonneeX", "coordonneeY")):
        lng, lat = (_rows.number(place.get(name)) for name in names)
        if lng is not None and lat is not None and abs(lng) <= 180 and abs(lat) <= 90:
            return lng, lat
    return None


# --- the older extraction -----------------------------------------------------------------


def _read_extraction(
    content: bytes, file: str, departements: Collection[str] | None, dated: str
) -> Import:
    lines = _decoded(content, file).splitlines()
    head = lines[0].split(";") if lines else []
    if [cell.strip().lower() for cell in head[:2]] != ["finess", "etalab"]:
        raise UnreadableFile(
            f"« {file} » : ni JSON de finess-structures-1, ni extraction FINESS géolocalisée, dont "
            "la première ligne commence par « finess;etalab »."
        )
    edition = _rows.day(head[3] if len(head) > 3 else "")
    problems: list[Problem] = []
    records = _records(lines[1:], ESTABLISHMENT, file, problems)
    places = {
        place["nofinesset"]: place for _, place in _records(lines[1:], LOCATION, file, problems)
    }
    kept = [(line, one) for line, one in records if one["categetab"] in CATEGORIES]
    left_out = Counter({"autres catégories FINESS": len(records) - len(kept)})
    drafts = [
        _draft(line, one, places.get(one["nofinesset"]), edition or dated) for line, one in kept
    ]
    return _rows.assemble(
        drafts,
        prefix="finess",
        publisher=_SOURCE,
        homepage=OLD_HOMEPAGE,
        departements=departements,
        problems=problems,
        left_out=+left_out,
        notes=[_OLD.format(edition=edition or "jour non précisé")],
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
        cells = _cells(written)
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


def _cells(written: str) -> list[str]:
    r"""Cut a line; quotes that do not close are a part of the text.

    >>> _cells('structureet;"LIEU ""X""; Y";1'), _cells('structureet;"LE NID;1')
    (['structureet', 'LIEU "X"; Y', '1'], ['structureet', '"LE NID', '1'])
    """
    try:
        return next(csv.reader([written], delimiter=";", strict=True)) or [""]
    except csv.Error:
        return written.split(";")


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
