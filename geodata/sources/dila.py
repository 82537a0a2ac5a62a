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
from dataclasses import dataclass, field
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
_LIST: Final = re.compile(rb'"(service|results)"\s*:\s*\[')
_NO_LIST: Final = "« {file} » : ni liste « service » (base complète), ni « results » (API)."
_TIME: Final = re.compile(r"'?(\d{1,2}):(\d{2})(?::\d{2})?")
_NO_TIME: Final = ("00:00", "00:00")  # what the directory writes where nobody gave the hours
_OPEN_AT_NIGHT: Final = (ServiceType.COMMISSARIAT, ServiceType.GENDARMERIE)
_ONE_RULE: Final = re.compile(
    r"[^ ]+ (?P<times>\d\d:\d\d-\d\d:\d\d(?:,\d\d:\d\d-\d\d:\d\d)*)(?P<comment> \w+ \"[^\"]*\")?"
)
_NO_DOUBT: Final = re.compile(
    r"(?:(?:accueil|ouvert|ouverture|consultations?|permanences?|reception|du|public|possible|"
    r"possibilite|d) )*(?:(?:egalement|aussi|et|ou) (?:possible )?sur (?:rendez vous|rdv)|"
    r"(?:avec ou )?sans (?:rendez vous|rdv)|physique|sur place)(?: possible)?"
)
"""A comment that offers more than the hours beside it, or says nothing against them."""

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
            drafts.append(_draft(line, record, kind, dated, problems))
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
            whole = _rows.peekable(opened.enter_context(Path(source).open("rb")))
        else:
            whole = _rows.peekable(source)
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


def _members(archive: BinaryIO) -> Iterator[io.BufferedReader]:
    with tarfile.open(fileobj=archive, mode="r|bz2") as members:
        for member in members:
            if member.isfile() and member.name.endswith("gouv_local.json"):
                extracted = members.extractfile(member)
                if extracted is not None:
                    yield _rows.peekable(extracted)


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
                called = _rows.named(line, _rows.text(record.get("nom")), "")
                problems.append(_rows.problem(line, name, said, record=called))
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


def _draft(
    line: int, record: Record, kind: ServiceType, dated: str, problems: list[Problem]
) -> Draft:
    named = _rows.text(record.get("nom"))
    if kind == ServiceType.ASSOCIATION and _rows.sounds_like_shelter(named):
        kind = ServiceType.HEBERGEMENT
    place = _address(record)
    called = _rows.named(line, named, place.get("nom_commune", ""))
    known, precisions, refused = _hours(record, kind)
    if refused and kind != ServiceType.HEBERGEMENT:
        said = f"{refused} Les horaires sont inconnus."
        problems.append(_rows.problem(line, "plage_ouverture", said, record=called))
    cells = {
        "nom": named,
        "type": str(kind),
        "adresse": ", ".join(
            filter(None, (place.get(p, "") for p in ("complement1", "complement2", "numero_voie")))
        ),
        "code_postal": place.get("code_postal", ""),
        "commune": place.get("nom_commune", ""),
        "code_insee": _rows.text(record.get("code_insee_commune")),
        "telephone": _telephone(record["telephone"]),
        "courriel": _rows.mail(next(iter(record["adresse_courriel"]), "")),
        "site_web": _rows.link(_first(record["site_internet"], "valeur")),
        "horaires_accueil": known,
        "horaires_precisions": precisions,
        "acces": _rows.access("\n".join(_comments(record))),
        "lien_source": _rows.link(record.get("url_service_public")),
        "date_source": _rows.day(record.get("date_modification")) or dated,
    }
    return Draft(
        line,
        _rows.text(record.get("id")) or f"{cells['code_insee']}-{named}",
        cells,
        _rows.number(place.get("longitude")),
        _rows.number(place.get("latitude")),
        record=called,
    )


def _address(record: Record) -> dict[str, str]:
    """Give the place that one goes to; another address may be a mail box."""
    places = sorted(record["adresse"], key=lambda place: place.get("type_adresse") != "Adresse")
    return {name: _rows.text(value) for name, value in places[0].items()} if places else {}


def _first(values: list[Record], name: str) -> str:
    return next(filter(None, (_rows.text(value.get(name)) for value in values)), "")


def _telephone(values: list[Record]) -> str:
    """Give the first that is a number, else the first."""
    said = [_rows.text(value.get("valeur")) for value in values]
    return next(filter(_rows.phone_numbers, said), _first(values, "valeur"))


# --- hours --------------------------------------------------------------------------------


@dataclass
class _Day:
    """What the directory says of a day.

    `times` are its openings, `doubts` what may change them; `untold` where no time is given for the
    day, `closed` where it is said to be.
    """

    times: set[str] = field(default_factory=set)
    doubts: dict[str, None] = field(default_factory=dict)
    untold: bool = False
    closed: bool = False

    def rule(self, general: str) -> str:
        """Give what an OSM rule says after the day, "" where nothing is known to open."""
        said = " ; ".join(filter(None, (*self.doubts, general))).replace('"', "’")
        if self.untold:
            return f'unknown "{said or "horaires non précisés"}"'
        if self.times:
            return ",".join(sorted(self.times)) + (f' "{said}"' if said else "")
        return "off" if self.closed else ""


def _hours(record: Record, kind: ServiceType) -> tuple[str, str, str]:
    """Give the hours as OSM text, what else is said of them, and why they are refused.

    A comment that is not understood may change anything: the times it bears upon are *unknown*.
    """
    spans, comments = record["plage_ouverture"], _comments(record)
    general = _rows.text(record.get("commentaire_plage_ouverture"))
    closed_on_holidays = _rows.opening(general)[0] == "PH off"
    doubt = "" if closed_on_holidays or _NO_DOUBT.fullmatch(fold(general)) else general
    known, refused = "", ""
    try:
        rules = (not doubt and _only_in_words(spans)) or _rules(spans, doubt, kind)
        known = (
            hours.understand(f"{rules}; PH off" if closed_on_holidays else rules) if rules else ""
        )
    except hours.InvalidHours as error:
        refused = str(error)
        comments = [*filter(None, map(_in_words, spans)), *comments]
    if known and closed_on_holidays:
        comments.remove(general)
    return known, " ; ".join(comments), refused


def _comments(record: Record) -> list[str]:
    """Give what is said of the hours in words, each once."""
    own = (_rows.text(span.get("commentaire")) for span in record["plage_ouverture"])
    general = _rows.text(record.get("commentaire_plage_ouverture"))
    return list(dict.fromkeys(filter(None, (*own, general))))


def _only_in_words(spans: list[Record]) -> str:
    """Give the hours of a record whose one span has no times but a comment that names its days."""
    said = _rows.text(spans[0].get("commentaire")) if len(spans) == 1 else ""
    if not said or any(_written(spans[0])) or not set(_DAYS) & _singular(said):
        return ""
    return _rows.opening(said)[0]


def _singular(said: str) -> set[str]:
    return {word.removesuffix("s") for word in fold(said).split()}


def _rules(spans: list[Record], general: str, kind: ServiceType) -> str:
    """Give one rule for the days that open alike, "" where no time is known.

    Raises InvalidHours, in French, for an unknown day and times that cannot be.
    """
    days = {day: _Day() for day in _DAYS.values()}
    for span in spans:
        said = _rows.text(span.get("commentaire"))
        names, times = _days_of(span), _times(span, kind)
        doubt = "" if _NO_DOUBT.fullmatch(fold(said)) else said
        closed = not times and fold(said) in ("ferme", "fermeture")
        if not times and not closed:
            times, doubt = _times_in_words(names, said)
        for day in (days[name] for name in names):
            day.times.update(times)
            day.closed |= closed
            day.untold |= not times and not closed
            day.doubts |= dict.fromkeys(filter(None, (doubt,)))
    if all(day.untold or not day.times for day in days.values()):
        return ""
    alike: dict[str, list[str]] = {}
    for name, day in days.items():
        if rule := day.rule(general):
            alike.setdefault(rule, []).append(name)
    return "; ".join(f"{','.join(names)} {rule}" for rule, names in alike.items())


def _times_in_words(names: list[str], said: str) -> tuple[list[str], str]:
    """Give the times that a comment gives for these days, and what makes them unsure.

    *All days* is what the directory writes for want of days: the comment says nothing of each.
    """
    if not said or len(names) == len(_DAYS):
        return [], said
    french = {short: name for name, short in _DAYS.items()}
    days = french[names[0]] if len(names) == 1 else f"{french[names[0]]} au {french[names[-1]]}"
    rule = _ONE_RULE.fullmatch(_rows.opening(f"{days} {said}")[0])
    if rule is None:
        return [], said
    return rule["times"].split(","), "" if "open" in (rule["comment"] or "open") else said


def _days_of(span: Record) -> list[str]:
    known = list(_DAYS)
    first = fold(_rows.text(span.get("nom_jour_debut")))
    last = fold(_rows.text(span.get("nom_jour_fin"))) or first
    if first not in known or last not in known:
        raise hours.InvalidHours(f"« {first} » – « {last} » : ce ne sont pas des jours.")
    start, end = known.index(first), known.index(last)
    if end < start:
        raise hours.InvalidHours(f"Du {first} au {last} : les jours sont à l’envers.")
    return [_DAYS[day] for day in known[start : end + 1]]


def _times(span: Record, kind: ServiceType) -> list[str]:
    """Give the openings of a span, none where the directory gives no times."""
    found = []
    for start, end in _written(span):
        if not start or not end:
            raise hours.InvalidHours(f"« {start or end} » : l’autre bout de la plage manque.")
        if not all(_CLOCK.fullmatch(one) for one in (start, end)):
            raise hours.InvalidHours(f"« {start} – {end} » : ce ne sont pas des heures.")
        if end <= start and kind not in _OPEN_AT_NIGHT:
            raise hours.InvalidHours(f"« {start} – {end} » : la fin n’est pas après le début.")
        if end == start:
            raise hours.InvalidHours(f"« {start} – {end} » : la plage est vide.")
        found.append(f"{start}-{'24:00' if end == '00:00' else end}")
    return found


def _written(span: Record) -> list[tuple[str, str]]:
    """Give start and end of both openings as `09:00`, without those that are not given."""
    ends = [
        tuple(_clock(span.get(f"valeur_heure_{side}_{number}")) for side in ("debut", "fin"))
        for number in ("1", "2")
    ]
    return [(start, end) for start, end in ends if (start or end) and (start, end) != _NO_TIME]


_CLOCK: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")


def _clock(value: object) -> str:
    """Give a time as `09:00`, what is no time as it is written.

    >>> _clock("09:00:00"), _clock("'9:00:00"), _clock("2:00:00 PM")
    ('09:00', '09:00', '2:00:00 PM')
    """
    said = _rows.text(value)
    found = _TIME.fullmatch(said)
    return f"{int(found[1]):02}:{found[2]}" if found else said


def _in_words(span: Record) -> str:
    """Give the days and times of a span as a person reads them, "" where it has no times."""
    first, last = (_rows.text(span.get(f"nom_jour_{side}")).lower() for side in ("debut", "fin"))
    days = first if last in ("", first) else f"{first} – {last}"
    times = " et ".join(f"{start} – {end}" for start, end in _written(span))
    return f"{days} : {times}" if times else ""
