"""data·inclusion v1: the structures and services of social inclusion (published on Mondays).

Two files, `structures` and `services`, each as Parquet or JSON; a service may be read with the
file of structures beside it, which gives its structure's name, networks and hours. Licence Ouverte
2.0, GIP Plateforme de l'inclusion. Models and words: PyPI `data-inclusion-schema`.

A record of a network or a theme of sheltering comes in hidden, whatever the base publishes, unless
it is a counter (`COUNTERS`) that helps to find a shelter. So does an association whose name sounds
like a shelter's.
"""

import io
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from geodata.aids import Aid, Fee
from geodata.services import AUDIENCES, FRANCE, ServiceType
from geodata.sources import _rows
from geodata.sources._rows import Draft, Import
from geodata.tables import UnreadableFile

HOMEPAGE: Final = (
    "https://www.data.gouv.fr/fr/datasets/"
    "referentiel-de-loffre-dinsertion-sociale-et-professionnelle-data-inclusion/"
)
STRUCTURES_DOWNLOAD: Final = (
    "https://www.data.gouv.fr/fr/datasets/r/915c05e8-77ea-44f6-9837-0f1eff897a54"
)
NETWORKS: Final[Mapping[str, ServiceType]] = MappingProxyType(
    {
        "chrs": ServiceType.HEBERGEMENT,
        "chu": ServiceType.HEBERGEMENT,
        "cada": ServiceType.HEBERGEMENT,
        "cph": ServiceType.HEBERGEMENT,
        "huda": ServiceType.HEBERGEMENT,
        "maisons-des-solidarites": ServiceType.MDS,
        "ccas-cias": ServiceType.CCAS,
        "points-justice": ServiceType.JUSTICE,
        "cidff": ServiceType.ASSOCIATION,
        "siao": ServiceType.ASSOCIATION,
    }
)
"""Which networks (`reseaux_porteurs`) come in, and as what; the first that a structure has."""

PUBLISHER: Final = "data·inclusion"
"""How `source` begins in every row of this adapter."""

VIOLENCE: Final = "famille--surmonter-conflits-separation-violence"
SHELTER: Final = "logement-hebergement--rechercher-une-solution-dhebergement-temporaire"
COUNTERS: Final = frozenset(("maisons-des-solidarites", "ccas-cias", "points-justice", "siao"))

AIDS: Final[Mapping[str, Aid]] = MappingProxyType(
    {
        SHELTER: Aid.ABRI,
        "logement-hebergement--sinformer-sur-les-demarches-liees-a-lacces-au-logement": (
            Aid.LOGEMENT
        ),
        "logement-hebergement--louer-un-logement": Aid.LOGEMENT,
        "logement-hebergement--changer-de-logement": Aid.LOGEMENT,
        "sante--sante-mentale": Aid.PSYCHOLOGIQUE,
        "sante--acces-aux-soins": Aid.SOINS,
        "famille--garde-denfants": Aid.GARDE,
    }
)
"""Which themes say what a service does. The theme of violence is too wide to say which."""

COMMON: Final = (
    "source",
    "id",
    "nom",
    "date_maj",
    "description",
    "lien_source",
    "commune",
    "code_postal",
    "code_insee",
    "adresse",
    "complement_adresse",
    "longitude",
    "latitude",
    "telephone",
    "courriel",
    "horaires_accueil",
)
STRUCTURE: Final = (*COMMON, "site_web", "reseaux_porteurs")
SERVICE: Final = (
    *COMMON,
    "structure_id",
    "thematiques",
    "frais",
    "publics",
    "modes_accueil",
    "zone_eligibilite",
    "modes_mobilisation",
)

_OPTIONAL: Final = ("frais_precisions", "horaires_precisions", "accessibilite_lieu")
_AUDIENCES: Final = {"tous-publics": "tous", **{word: word for word in AUDIENCES}}
_ACCESS: Final = {"se-presenter": "sans-rdv", "telephoner": "telephone"}
_FEES: Final = {str(fee): str(fee) for fee in Fee}
_FRANCE: Final = frozenset(("99100", FRANCE))
_CODE: Final = re.compile(r"france|\w{2,3}|\w{5}|\d{9}")
_AXES: Final = ("longitude", "latitude")
_BATCH: Final = 5_000

Record = Mapping[str, Any]


def read(
    source: Path | BinaryIO,
    *,
    departements: Collection[str] | None = None,
    dated: str = "",
    structures: Path | BinaryIO | None = None,
) -> Import:
    """Read a Parquet or JSON file of structures or of services; it tells itself which.

    `structures` is the file of structures, when `source` is that of services; for the rest see
    `sources.Reader`.
    """
    file, left_out, drafts = _rows.name(source), Counter[str](), []
    found, records = _opened(source, file)
    services = "structure_id" in found
    _rows.check_columns(file, sorted(found), SERVICE if services else STRUCTURE)
    owners = _structures(structures) if structures is not None else {}
    for line, record in records:
        owner = owners.get(_rows.text(record.get("structure_id")), {}) if services else record
        kind = _type_of_service(record, owner) if services else _type_of_structure(record)
        if kind is None:
            left_out["autres thématiques" if services else "autres réseaux"] += 1
        else:
            drafts.append(_draft(line, record, owner if services else {}, kind, dated))
    return _rows.assemble(
        drafts,
        prefix="di",
        publisher=PUBLISHER,
        homepage=HOMEPAGE,
        departements=departements,
        left_out=left_out,
    )


def _structures(source: Path | BinaryIO) -> dict[str, Record]:
    file = _rows.name(source)
    found, records = _opened(source, file)
    _rows.check_columns(file, sorted(found), STRUCTURE)
    return {_rows.text(record["id"]): record for _, record in records}


# --- files --------------------------------------------------------------------------------


def _opened(source: Path | BinaryIO, file: str) -> tuple[set[str], Iterator[tuple[int, Record]]]:
    """Give the fields that a file has, and its records, numbered from 1."""
    content = _rows.content(source)
    if content.startswith(b"PAR1"):
        try:
            parquet = pq.ParquetFile(io.BytesIO(content))
        except pa.ArrowException:
            raise UnreadableFile(f"« {file} » : le fichier Parquet est abîmé.") from None
        return set(parquet.schema_arrow.names), enumerate(_rows_of(parquet, file), start=1)
    records = _json(content, file)
    return {name for record in records for name in record}, enumerate(records, start=1)


def _rows_of(parquet: pq.ParquetFile, file: str) -> Iterator[Record]:
    known = {*STRUCTURE, *SERVICE, *_OPTIONAL}
    columns = [name for name in parquet.schema_arrow.names if name in known]
    try:
        for batch in parquet.iter_batches(batch_size=_BATCH, columns=columns):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError):
        raise UnreadableFile(f"« {file} » : le fichier Parquet est abîmé.") from None


def _json(content: bytes, file: str) -> list[Record]:
    """Read a list of records, an answer of the API (`items`), or one record a line."""
    try:
        written = content.decode("utf-8-sig")
        try:
            read = _rows.load_json(written)
        except json.JSONDecodeError:
            read = [_rows.load_json(line) for line in written.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise _rows.not_json(file, "ni Parquet, ni JSON en UTF-8", error) from None
    if isinstance(read, dict):
        read = read.get("items", [read])
    if not isinstance(read, list) or not all(isinstance(record, dict) for record in read):
        raise UnreadableFile(f"« {file} » : ce n’est pas une liste de structures ou de services.")
    return read


# --- what a record is ---------------------------------------------------------------------


def _words(value: object) -> list[str]:
    """Give a list of words, that a file may hold as a list, as JSON text or in braces."""
    if isinstance(value, str):
        value = value.strip("[]{} ").replace('"', "").split(",")
    return [text for text in map(_rows.text, value) if text] if isinstance(value, list) else []


def _type_of_structure(record: Record) -> ServiceType | None:
    networks = _words(record.get("reseaux_porteurs"))
    kind = next((kind for network, kind in NETWORKS.items() if network in networks), None)
    return _suspected(kind, record)


def _type_of_service(record: Record, owner: Record) -> ServiceType | None:
    themes = _words(record.get("thematiques"))
    networks = _words(owner.get("reseaux_porteurs"))
    counter = not COUNTERS.isdisjoint(networks)
    home = _type_of_structure(owner)
    if home == ServiceType.HEBERGEMENT and {VIOLENCE, SHELTER} & set(themes):
        return home
    if SHELTER in themes:
        return home if counter else ServiceType.HEBERGEMENT
    if VIOLENCE not in themes:
        return None
    if _words(record.get("modes_accueil")) == ["a-distance"]:
        return _suspected(ServiceType.ECOUTE, record)
    return _suspected(home or ServiceType.ASSOCIATION, record)


def _suspected(kind: ServiceType | None, record: Record) -> ServiceType | None:
    """Take an association for a shelter where its name sounds like one."""
    unsure = kind is not None and kind.facts.may_be_shelter
    if unsure and _rows.sounds_like_shelter(_rows.text(record.get("nom"))):
        return ServiceType.HEBERGEMENT
    return kind


# --- what a record says -------------------------------------------------------------------


def _draft(line: int, record: Record, owner: Record, kind: ServiceType, dated: str) -> Draft:
    said = {name: _rows.text(record.get(name)) for name in (*COMMON, *_OPTIONAL, "site_web")}
    known, verbatim = _rows.opening(said["horaires_accueil"])
    if not (known or verbatim) and _same_place(record, owner):
        known, verbatim = _rows.opening(_rows.text(owner.get("horaires_accueil")))
    remote = kind == ServiceType.ECOUTE
    address = ", ".join(filter(None, (said["adresse"], said["complement_adresse"])))
    cells = {
        "nom": said["nom"].removesuffix("."),
        "type": str(kind),
        "structure": _rows.text(owner.get("nom")).removesuffix("."),
        "adresse": "" if remote else address,
        "code_postal": said["code_postal"],
        "commune": said["commune"],
        "code_insee": said["code_insee"],
        "telephone": said["telephone"],
        "courriel": _rows.mail(said["courriel"]),
        "site_web": _rows.link(said["site_web"]),
        "horaires_accueil": known,
        "horaires_precisions": " ; ".join(filter(None, (verbatim, said["horaires_precisions"]))),
        "acces": _mapped(record.get("modes_mobilisation"), _ACCESS),
        "publics": _mapped(record.get("publics"), _AUDIENCES),
        "zone_eligibilite": "|".join(_zone(record.get("zone_eligibilite"))),
        "aides": _aids(record, kind),
        "frais": _mapped(record.get("frais"), _FEES),
        "description": _description(record, owner, said, kind),
        "source": f"{PUBLISHER} ({said['source']})" if said["source"] else "",
        "lien_source": _rows.link(said["lien_source"]),
        "date_source": _rows.day(record.get("date_maj")) or dated,
    }
    lng, lat = (None if remote else _rows.number(record.get(axis)) for axis in _AXES)
    identity = said["id"] or f"{said['source']}-{said['code_insee']}-{said['nom']}"
    called = _rows.named(line, cells["nom"], said["commune"])
    return Draft(line, identity, cells, lng, lat, record=called)


def _same_place(record: Record, owner: Record) -> bool:
    """Say whether a service is where its structure is: only then are the hours its own."""
    return all(
        _rows.text(record.get(name)) == _rows.text(owner.get(name))
        for name in ("code_insee", "adresse")
    )


def _mapped(value: object, known: Mapping[str, str]) -> str:
    found = set(_words(value))
    return "|".join(dict.fromkeys(ours for theirs, ours in known.items() if theirs in found))


def _aids(record: Record, kind: ServiceType) -> str:
    """Give what the type usually does and what the themes add; "" where they add nothing."""
    named = {AIDS[theme] for theme in _words(record.get("thematiques")) if theme in AIDS}
    usual = set(kind.facts.aids)
    return "|".join(aid for aid in Aid if aid in named | usual) if named - usual else ""


def _zone(value: object) -> list[str]:
    codes = [code for code in _words(value) if _CODE.fullmatch(code)]
    return [FRANCE] if _FRANCE & set(codes) else codes


def _description(record: Record, owner: Record, said: Mapping[str, str], kind: ServiceType) -> str:
    """Give the description, what else is said of the fees, and where accessibility is described.

    The base holds a link to Acceslibre, whose words name the place: a shelter's is left out.
    """
    fees = f"Frais : {said['frais_precisions']}." if said["frais_precisions"] else ""
    distant = "Aussi à distance." if "a-distance" in _words(record.get("modes_accueil")) else ""
    of_place = said["accessibilite_lieu"]
    if not of_place and owner and _same_place(record, owner):
        of_place = _rows.text(owner.get("accessibilite_lieu"))
    link = "" if kind == ServiceType.HEBERGEMENT else _rows.link(of_place)
    access = f"Accessibilité du lieu : {link}" if link else ""
    return " ".join(filter(None, (said["description"], fees, distant, access)))
