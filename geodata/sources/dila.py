"""DILA's directory of local public services (service-public.fr).

Read are the dump (`.tar.bz2` of `*.gouv_local.json`, or one of these files: a `service` list) and
what the API answers (`results`, or the bare list of `/exports/json`). In the API nested fields are
JSON written as text. Licence Ouverte, Premier ministre (DILA).

The dump of France is some 200 MB of JSON: it is read a record at a time, and what is out of scope
is not kept.
"""

import codecs
import io
import re
import tarfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final

import ijson

from geodata import hours
from geodata.services import ServiceType
from geodata.sources import _rows
from geodata.sources._rows import Draft, Import
from geodata.tables import Problem, UnreadableFile
from geodata.text import fold

HOMEPAGE: Final = (
    "https://www.data.gouv.fr/fr/datasets/"
    "service-public-fr-annuaire-de-l-administration-base-de-donnees-locales/"
)
TYPES: Final[Mapping[str, ServiceType]] = MappingProxyType(
    {
        "commissariat_police": ServiceType.COMMISSARIAT,
        "gendarmerie": ServiceType.GENDARMERIE,
        "gendarmerie_departementale": ServiceType.GENDARMERIE,
        "cidf": ServiceType.ASSOCIATION,
        "aav": ServiceType.ASSOCIATION,
        "bav": ServiceType.JUSTICE,
        "mjd": ServiceType.JUSTICE,
        "point_justice": ServiceType.JUSTICE,
        "antenne_justice": ServiceType.JUSTICE,
        "permanence_juridique": ServiceType.JUSTICE,
        "cdad": ServiceType.JUSTICE,
        "tgi": ServiceType.JUSTICE,  # tribunaux judiciaires have kept this code
        "ti": ServiceType.JUSTICE,  # tribunaux de proximité likewise
        "dd_femmes": ServiceType.PERMANENCE,
        "pmi": ServiceType.SANTE,
        "ccas": ServiceType.CCAS,
    }
)
"""Which services (`pivot`) come in, and as what. Town halls and all others are left out."""

FIELDS: Final = (
    "id",
    "nom",
    "pivot",
    "code_insee_commune",
    "adresse",
    "telephone",
    "adresse_courriel",
    "site_internet",
    "plage_ouverture",
    "commentaire_plage_ouverture",
    "date_modification",
    "url_service_public",
)
NESTED: Final = {
    "pivot": ("type_service_local",),
    "adresse": (
        "type_adresse",
        "numero_voie",
        "code_postal",
        "nom_commune",
        *("longitude",),
        "latitude",
    ),
    "telephone": ("valeur",),
    "site_internet": ("valeur",),
    "plage_ouverture": (
        "nom_jour_debut",
        "nom_jour_fin",
        "valeur_heure_debut_1",
        "valeur_heure_fin_1",
        "valeur_heure_debut_2",
        "valeur_heure_fin_2",
        "commentaire",
    ),
}

_SOURCE: Final = "Annuaire de l'administration (DILA, service-public.fr)"
_DAYS: Final = {
    "lundi": "Mo",
    "mardi": "Tu",
    "mercredi": "We",
    "jeudi": "Th",
    "vendredi": "Fr",
    "samedi": "Sa",
    "dimanche": "Su",
}
_HEAD_BYTES: Final = 65_536
_LIST: Final = re.compile(rb'"(service|results)"\s*:\s*\[')
_NO_LIST: Final = "« {file} » : ni liste « service » (base complète), ni « results » (API)."
_BY_APPOINTMENT: Final = ("rendez vous", "rdv")

Record = Mapping[str, Any]


def read(
    source: Path | BinaryIO, *, departements: Collection[str] | None = None, dated: str = ""
) -> Import:
    """Read the directory: its dump, one of its JSON files, or an answer of the API.

    See `sources.Reader`.
    """
    file = _rows.name(source)
    problems: list[Problem] = []
    left_out: Counter[str] = Counter()
    drafts: list[Draft] = []
    fields: set[str] = set()
    for line, raw in enumerate(_services(source, file), start=1):
        record = _unfolded(raw, line, problems)
        fields.update(raw, _nested_fields(record))
        kind = _type(record)
        if kind:
            drafts.append(_draft(line, record, kind, dated))
        else:
            left_out["autres services de l’annuaire"] += 1
    # Nothing tells the parts of a field that is empty in the whole file.
    parts = {name: [f"{name}.{part}" for part in parts] for name, parts in NESTED.items()}
    told = [name for name in NESTED if any(field.startswith(f"{name}.") for field in fields)]
    required = [*FIELDS, *(field for name in told for field in parts[name])]
    _rows.check_columns(file, sorted(fields), required)
    return _rows.assemble(
        drafts,
        prefix="dila",
        publisher=_SOURCE,
        homepage=HOMEPAGE,
        departements=departements,
        problems=problems,
        left_out=left_out,
    )


def _services(source: Path | BinaryIO, file: str) -> Iterator[Record]:
    """Give the records of a dump or of an answer, one file after the other."""
    empty = True
    with ExitStack() as opened:
        if isinstance(source, str | Path):
            whole = _peekable(opened.enter_context(Path(source).open("rb")))
        else:
            whole = _peekable(source)
        archive = whole.peek().startswith(b"BZh")
        try:
            for document in _members(whole) if archive else [whole]:
                for record in _records(document, file):
                    empty = False
                    yield record
        except (tarfile.TarError, EOFError, OSError):
            if not archive:
                raise
            raise UnreadableFile(f"« {file} » : l’archive est abîmée.") from None
    if empty:
        raise UnreadableFile(f"« {file} » : aucun service.")


def _peekable(stream: Any) -> io.BufferedReader:
    return io.BufferedReader(stream, _HEAD_BYTES)


def _members(archive: BinaryIO) -> Iterator[io.BufferedReader]:
    with tarfile.open(fileobj=archive, mode="r|bz2") as members:
        for member in members:
            if member.isfile() and member.name.endswith("gouv_local.json"):
                extracted = members.extractfile(member)
                if extracted is not None:
                    yield _peekable(extracted)


def _records(document: io.BufferedReader, file: str) -> Iterator[Record]:
    """Give the records of a list, under `service` or `results` or bare, as they are read."""
    if document.peek().startswith(codecs.BOM_UTF8):
        document.read(len(codecs.BOM_UTF8))
    head = document.peek().lstrip()
    listed = _LIST.search(head)
    if not head.startswith((b"[", b"{")):
        raise UnreadableFile(f"« {file} » : ce n’est pas du JSON en UTF-8.")
    if head.startswith(b"{") and listed is None:
        raise UnreadableFile(_NO_LIST.format(file=file))
    path = "item" if listed is None or head.startswith(b"[") else f"{listed[1].decode()}.item"
    try:
        # Without `use_float`, ijson 3.6 crashes on an integer of 5,000 digits.
        for record in ijson.items(document, path, use_float=True):
            if not isinstance(record, dict):
                raise UnreadableFile(_NO_LIST.format(file=file))
            yield record
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        raise _rows.not_json(file, "ce n’est pas du JSON en UTF-8", error) from None


def _unfolded(raw: Record, line: int, problems: list[Problem]) -> Record:
    """Give the record with its nested fields as lists, whichever shape it came in."""
    record = dict(raw)
    for name in (*NESTED, "adresse_courriel"):
        value = record.get(name)
        if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
            try:
                value = _rows.load_json(value)
            except (ValueError, RecursionError):
                said = "ce champ n’est pas lisible : il n’est pas retenu."
                problems.append(_rows.problem(line, name, said))
                value = None
        values = value if isinstance(value, list) else [value]
        wanted = dict if name in NESTED else str
        record[name] = [one for one in values if isinstance(one, wanted) and one]
    return record


def _nested_fields(record: Record) -> Iterator[str]:
    for name in NESTED:
        for one in record[name]:
            yield from (f"{name}.{part}" for part in one)


def _type(record: Record) -> ServiceType | None:
    pivots = (_rows.text(pivot.get("type_service_local")) for pivot in record["pivot"])
    return next((TYPES[pivot] for pivot in pivots if pivot in TYPES), None)


def _draft(line: int, record: Record, kind: ServiceType, dated: str) -> Draft:
    named = _rows.text(record.get("nom"))
    if kind == ServiceType.ASSOCIATION and _rows.sounds_like_shelter(named):
        kind = ServiceType.HEBERGEMENT
    place = _address(record)
    known, precisions, acces = _hours(record)
    cells = {
        "nom": named,
        "type": str(kind),
        "adresse": ", ".join(
            filter(None, (place.get(p, "") for p in ("complement1", "complement2", "numero_voie")))
        ),
        "code_postal": place.get("code_postal", ""),
        "commune": place.get("nom_commune", ""),
        "code_insee": _rows.text(record.get("code_insee_commune")),
        "telephone": _rows.phone(_first(record["telephone"], "valeur")),
        "courriel": _rows.mail(next(iter(record["adresse_courriel"]), "")),
        "site_web": _rows.link(_first(record["site_internet"], "valeur")),
        "horaires_accueil": known,
        "horaires_precisions": precisions,
        "acces": acces,
        "lien_source": _rows.link(record.get("url_service_public")),
        "date_source": _rows.day(record.get("date_modification")) or dated,
    }
    return Draft(
        line,
        _rows.text(record.get("id")) or f"{cells['code_insee']}-{named}",
        cells,
        _rows.number(place.get("longitude")),
        _rows.number(place.get("latitude")),
    )


def _address(record: Record) -> dict[str, str]:
    """Give the place that one goes to; another address may be a mail box."""
    places = sorted(record["adresse"], key=lambda place: place.get("type_adresse") != "Adresse")
    return {name: _rows.text(value) for name, value in places[0].items()} if places else {}


def _first(values: list[Record], name: str) -> str:
    return next(filter(None, (_rows.text(value.get(name)) for value in values)), "")


# --- hours --------------------------------------------------------------------------------


def _hours(record: Record) -> tuple[str, str, str]:
    """Give the hours as OSM text, what else is said of them word for word, and the access.

    A comment that is not understood may change anything: the times it bears upon are *unknown*.
    """
    spans = record["plage_ouverture"]
    general = _rows.text(record.get("commentaire_plage_ouverture"))
    own = [_rows.text(span.get("commentaire")) for span in spans]
    comments = list(dict.fromkeys(filter(None, (*own, general))))
    by_appointment = any(words in fold(said) for said in comments for words in _BY_APPOINTMENT)
    acces = "sur-rdv" if by_appointment else ""
    closed_on_holidays = _rows.opening(general)[0] == "PH off"
    doubt = "" if closed_on_holidays else general
    if closed_on_holidays:
        comments.remove(general)
    try:
        rules = _rules(spans, doubt)
        known = (
            hours.understand(rules + ("; PH off" if closed_on_holidays else "")) if rules else ""
        )
    except hours.InvalidHours:
        known, comments = "", [*(_verbatim(span) for span in spans), *comments]
    if not known and closed_on_holidays:
        comments.append(general)
    return known, " ; ".join(comments), acces


def _rules(spans: list[Record], doubt: str) -> str:
    """Give one rule for the days that open alike. Raises InvalidHours for an unknown day."""
    times: dict[str, list[str]] = {}
    doubts: dict[str, list[str]] = {}
    for span in spans:
        for day in _days_of(span):
            times.setdefault(day, []).extend(_times(span))
            doubts.setdefault(day, []).append(_rows.text(span.get("commentaire")))
    days_of: dict[str, list[str]] = {}
    for day in filter(times.get, _DAYS.values()):
        said = " ; ".join(dict.fromkeys(filter(None, (*doubts[day], doubt))))
        comment = f' "{_quoted(said)}"' if said else ""
        days_of.setdefault(",".join(sorted(set(times[day]))) + comment, []).append(day)
    return "; ".join(f"{','.join(days)} {when}" for when, days in days_of.items())


def _quoted(said: str) -> str:
    return said.replace('"', "’")


def _days_of(span: Record) -> list[str]:
    known = list(_DAYS)
    first = fold(_rows.text(span.get("nom_jour_debut")))
    last = fold(_rows.text(span.get("nom_jour_fin"))) or first
    if first not in known or last not in known:
        raise hours.InvalidHours(f"« {first} » n’est pas un jour.")
    start, end = known.index(first), known.index(last)
    following = range(start, end + 1 if end >= start else end + 8)
    return [_DAYS[known[day % 7]] for day in following]


def _times(span: Record) -> list[str]:
    found = []
    for number in ("1", "2"):
        start, end = (
            _rows.text(span.get(f"valeur_heure_{side}_{number}"))[:5] for side in ("debut", "fin")
        )
        if bool(start) != bool(end):
            raise hours.InvalidHours("Il manque le début ou la fin d’une plage.")
        if start:
            found.append(f"{start}-{'24:00' if end == '00:00' else end}")
    return found


def _verbatim(span: Record) -> str:
    return " ".join(
        filter(None, (_rows.text(span.get(part)) for part in NESTED["plage_ouverture"]))
    )
