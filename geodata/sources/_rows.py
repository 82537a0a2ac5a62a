"""What the adapters share: reading a table, checking its columns, and making rows of services.csv.

An adapter turns each record of its file into a `Draft`; `assemble` does the rest in one place for
all of them: the commune of 2026, the territory asked for, the point checked against the commune's
outline, unique ids, and above all the shelters, which no adapter can let through.
"""

import difflib
import hashlib
import io
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import pandas as pd
import pyproj
import shapely

from geodata import _unmapped, communes, hours, phones, place_words
from geodata.aids import ACCESS
from geodata.commune_codes import NEAR_M, Resolved, metres_outside, reconcile
from geodata.partial_date import parse
from geodata.services import COLUMNS, Confidentiality, ServiceType, read_services
from geodata.tables import Problem, Severity, Table, UnreadableFile, read_table
from geodata.text import fold

ROW_COLUMNS: Final = tuple(column for column in COLUMNS if column != "departement")
"""The columns of an import: those of services.csv, without the one that its reader derives."""

ELSEWHERE: Final = "hors des départements demandés"

_NO_OUTLINE_TOLERANCE_M: Final = 15_000  # from the town hall of the few communes without outline
_WGS84: Final = 4326
_NOTHING: Final = frozenset(
    ("null", "none", "nan", "nat", "na", "n/a", "\\n", "undefined", "<na>", "-")
)
_HEAD_BYTES: Final = 65_536
_POSTAL: Final = re.compile(r"\d{5}")
_NUMBER_OR_MAIL: Final = re.compile(r"(?:\d\W*){5}|@")
_NO_NUMBER: Final = re.compile(r"[:\[,]\s*(NaN|-?Infinity)\b|\boverflow$", re.MULTILINE)
_INVISIBLE: Final = dict.fromkeys(map(ord, "\x00\ufeff\u200b"))
_AROUND_PHONES: Final = re.compile(
    r"\([^)]*[a-z][^)]*\)|\bt[ée]l[a-zé]*\W*(?=[\d+])", re.IGNORECASE
)
_BETWEEN_PHONES: Final = re.compile(r"[/;,|]| - |\b(?:ou|et)\b")
_MANY_SENTENCES: Final = 500  # letters
_APPOINTMENT: Final = r"(?:rendez vous|rdv|r d v)\b"
_WALK_IN: Final = re.compile(rf"(avec ou )?\bsans (?:aucun |prise de |prendre )?{_APPOINTMENT}")
_NO_WALK_IN: Final = re.compile(rf"\b(?:pas|jamais|aucune?|ni|ne)\b.{{0,40}}{_WALK_IN.pattern}")
_NO_APPOINTMENT: Final = re.compile(
    rf"\b(?:pas|aucune?) (?:de |d |besoin de )?(?:prise de |prendre )?{_APPOINTMENT}"
)
_SHELTER: Final = re.compile(
    r"\b(?:hebergements?|mise a l abri|refuges?|chrs|chu|foyers?|residences?|lits? halte|"
    r"centres? maternels?|maisons? maternelles?|appartements?|logements?)\b"
)
# Words that stand in the names of half of all places: sharing one with an address tells nothing.
_COMMON_WORDS: Final = frozenset((
    "accueil", "appartement", "association", "avenue", "avec", "boulevard", "centre", "chemin",
    "cite", "dans", "departement", "departementale", "dite", "domaine", "enfant", "enfants",
    "espace", "etablissement", "famille", "familles", "femmes", "foyer", "grand", "grande",
    "hebergement", "immeuble", "impasse", "insertion", "lieu", "logement", "maison", "mere",
    "meres", "notre", "place", "pour", "quai", "quartier", "reinsertion", "residence", "route",
    "saint", "sainte", "service", "social", "sociale", "sociales", "sous", "square", "urgence",
    "villa", "ville",
))  # fmt: skip
UNTOLD: Final = "nom non montré"


@dataclass(frozen=True)
class Import:
    """What a source gives.

    `rows`: for a source of services, one row each with `ROW_COLUMNS` as text, ready to be written
    as services.csv; for the two tables by commune, what their module says. `problems`: what is
    wrong, by line (record, in a file that has no lines). `left_out`: how many records are out of
    scope, by reason. `notes`: what must be known of the file itself, in French. `lines`: of a
    source of services, the line (record) of each row.
    """

    rows: pd.DataFrame
    problems: tuple[Problem, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Draft:
    """One record on its way to a row.

    `cells` are columns of services.csv as the source says them. `identity` is the official
    identifier, unique in its file, or what comes nearest. `lng`, `lat` are degrees, None where the
    source gives no point; `place` names their columns, longitude first, for the messages.
    `departement` is a code that the source states, for records whose commune is not known. `kind`
    says in our own words what a shelter is, for want of its description. `record` names a record of
    a file that has no lines (`named`).
    """

    line: int
    identity: str
    cells: Mapping[str, str]
    lng: float | None = None
    lat: float | None = None
    place: tuple[str, str] = ("longitude", "latitude")
    departement: str = ""
    kind: str = ""
    record: str = ""


# --- files --------------------------------------------------------------------------------


def content(source: Path | BinaryIO) -> bytes:
    """Give all the bytes of a file. Raises OSError when it cannot be opened."""
    return Path(source).read_bytes() if isinstance(source, str | Path) else source.read()


def peekable(stream: Any) -> io.BufferedReader:
    """Give a stream of bytes whose beginning can be looked at before it is read."""
    return io.BufferedReader(stream, _HEAD_BYTES)


def name(source: Path | BinaryIO) -> str:
    """Give the name of a file as a message says it."""
    path = source if isinstance(source, str | Path) else getattr(source, "name", "")
    return Path(path).name if isinstance(path, str | Path) and str(path) else "fichier reçu"


def records(table: Table) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows of a table, each with its line."""
    for line, row in zip(table.frame.index, table.frame.to_dict("records"), strict=True):
        yield int(line), {str(column): cell for column, cell in row.items()}


def table(source: Path | BinaryIO, required: Iterable[str]) -> Table:
    """Read a table of text that has these columns; `NULL` and the like become "".

    Raises UnreadableFile, naming the file and the columns, when one is missing or renamed.
    """
    try:
        read = read_table(content(source))
    except UnreadableFile as error:
        raise UnreadableFile(f"« {name(source)} » : {error}") from None
    check_columns(name(source), read.frame.columns, required)
    return Table(read.frame.map(text), read.problems)


def check_columns(file: str, found: Iterable[str], required: Iterable[str]) -> None:
    """Raise UnreadableFile if a required column is missing; the message names what is near it."""
    known = [str(column) for column in found]
    missing = [column for column in required if column not in known]
    if not missing:
        return
    spare = [column for column in known if column not in set(required)]
    said = []
    for column in missing:
        near = difflib.get_close_matches(column, spare, n=1, cutoff=0.7)
        said.append(f"« {column} »" + (f" (renommée « {near[0]} » ?)" if near else ""))
    noun = "colonne absente ou renommée" if len(said) == 1 else "colonnes absentes ou renommées"
    raise UnreadableFile(
        f"« {file} » : {noun} : {', '.join(said)}. Rien n’est importé : le format de la source a "
        "changé, ou ce n’est pas le bon fichier."
    )


def load_json(written: str) -> Any:
    """Read JSON text. Raises ValueError where it is none, `NaN` and `1e999` included."""
    return json.loads(written, parse_constant=_finite, parse_float=_finite)


def _finite(written: str) -> float:
    if not math.isfinite(read := float(written)):
        raise ValueError(f"[{written}] overflow")
    return read


def not_json(file: str, said: str, error: Exception) -> UnreadableFile:
    """Return the refusal of a file; it names what stands where JSON wants a number.

    `error` is what `load_json` or ijson raised.
    """
    wrong = _NO_NUMBER.search(str(error))
    if wrong is None:
        return UnreadableFile(f"« {file} » : {said}.")
    why = f"« {wrong[1]} » n’est pas un nombre" if wrong[1] else "un nombre y est trop grand"
    return UnreadableFile(
        f"« {file} » : {said} : {why}. Télécharger le fichier à nouveau, ou écrire null à cet "
        "endroit."
    )


def problem(
    line: int,
    column: str,
    message: str,
    *,
    value: str = "",
    severity: Severity = "warning",
    record: str = "",
) -> Problem:
    """Give a problem said like those of services.csv, or by the name of its record (`named`)."""
    noun = "champ" if record else "colonne"
    where = (record or f"Ligne {line}") + (f", {noun} « {column} »" if column else "")
    return Problem(line, column, value, f"{where} : {message}", severity)


def named(line: int, nom: str, commune: str) -> str:
    """Give how a message calls a record of a file without lines; a shelter's name is not told.

    >>> named(3, "Mairie annexe", "Poitiers"), named(4, "", "Civray")
    ('« Mairie annexe » (Poitiers)', 'Fiche n° 4 (Civray)')
    """
    if sounds_like_shelter(nom):
        return f"Fiche n° {line}"
    called = f"« {nom} »" if nom else f"Fiche n° {line}"
    return f"{called} ({commune})" if commune else called


# --- cells --------------------------------------------------------------------------------


def text(value: object) -> str:
    r"""Give a cell as text on one line, "" where nothing is known.

    >>> text(" NULL "), text(None), text(float("nan")), text("12  rue\nPasteur")
    ('', '', '', '12 rue Pasteur')
    """
    if value is None:
        return ""
    # A JSON file can hold half a character, which no file of ours could.
    whole = str(value).encode(errors="ignore").decode()
    plain = " ".join(whole.translate(_INVISIBLE).split())
    return "" if plain.lower() in _NOTHING else plain


def number(value: object) -> float | None:
    """Give a finite number written with a point or a comma, None if it is none.

    >>> number("46,58"), number("6.09523"), number(""), number("1e999"), number("n° 3")
    (46.58, 6.09523, None, None, None)
    """
    try:
        read = float(text(value).replace(",", "."))
    except ValueError:
        return None
    return read if math.isfinite(read) else None


def phone_numbers(value: object) -> str:
    """Give the numbers that a cell holds, "" where there is none; words around them are dropped.

    >>> phone_numbers("tél : 0549000001"), phone_numbers("04"), phone_numbers("17 ou 0549000001")
    ('05 49 00 00 01', '', '17 / 05 49 00 00 01')
    """
    said = _AROUND_PHONES.sub(" ", text(value))
    parts = [said] if phones.parse(said) else _BETWEEN_PHONES.split(said)
    numbers = [phones.parse(part) or (phones.mended(part),) for part in parts]
    return " / ".join(str(number) for group in numbers for number in group if number)


def link(value: object) -> str:
    """Give one web address, "" if there is none; `www.…` is completed.

    >>> link("www.x.fr"), link("https://x.fr/a"), link("javascript:alert(1)"), link("a b")
    ('https://www.x.fr', 'https://x.fr/a', '', '')
    """
    said = text(value)
    if re.fullmatch(r"www\.[^\s<>\"']+", said, re.IGNORECASE):
        said = f"https://{said}"
    return said if re.fullmatch(r"https?://[^\s<>\"']+", said, re.IGNORECASE) else ""


def mail(value: object) -> str:
    """Give one e-mail address, "" if there is none.

    >>> mail("mailto:contact@x.fr"), mail("voir le site")
    ('contact@x.fr', '')
    """
    said = re.sub(r"^mailto:\s*", "", text(value), flags=re.IGNORECASE)
    return said if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", said) else ""


def day(value: object) -> str:
    """Give a day or an instant, French or ISO, as an ISO day, "" if it is none.

    >>> day("09/08/2023 13:30:19"), day("2025-02-14T08:00:00"), day("hier"), day("2025-02-31")
    ('2023-08-09', '2025-02-14', '', '')
    """
    when = parse(text(value)[:10])
    return str(when) if when and when.day else ""


def slug(value: str) -> str:
    """Give a text as a part of an id.

    >>> slug("Brigade d'Ornex")
    'brigade-d-ornex'
    """
    return fold(value).replace(" ", "-")


def commune_code(value: object) -> str:
    """Give a commune's code with the zero that a spreadsheet dropped.

    >>> commune_code("1281"), commune_code("2a004")
    ('01281', '2A004')
    """
    code = text(value).upper()
    return f"0{code}" if re.fullmatch(r"\d{4}", code) else code


def opening(said: str) -> tuple[str, str]:
    """Give hours as OSM text, and what could not be understood of them, word for word."""
    if not said:
        return "", ""
    try:
        return hours.understand(said), ""
    except hours.InvalidHours:
        return "", said


def access(said: str) -> str:
    """Give the words of `acces` that a sentence tells about appointments; long texts tell of more.

    >>> access("Uniquement sur rendez-vous."), access("Sans RDV le lundi ; sur RDV le mardi")
    ('sur-rdv', 'sans-rdv|sur-rdv')
    >>> access("sans rendez-vous"), access("Pas d’accueil sans rendez-vous"), access("fermé l’été")
    ('sans-rdv', 'sur-rdv', '')
    """
    found: set[str] = set()
    short = " . ".join(line for line in said.split("\n") if len(line) <= _MANY_SENTENCES)
    for part in map(fold, re.split(r"[.;:,!()]", short)):
        if _NO_WALK_IN.search(part):
            found.add("sur-rdv")
            continue
        either = _WALK_IN.search(part)
        rest = _NO_APPOINTMENT.sub("", _WALK_IN.sub("", part))
        if either:
            found.add("sans-rdv")
        if re.search(_APPOINTMENT, rest) or (either and either[1]):
            found.add("sur-rdv")
    return "|".join(word for word in ACCESS if word in found)


def degrees(x: float | None, y: float | None, epsg: object) -> tuple[float, float] | None:
    """Give the longitude and latitude of projected coordinates, None where they have no sense."""
    code = re.search(r"\d{4,5}", text(epsg))
    if x is None or y is None or code is None:
        return None
    try:
        lng, lat = _projection(int(code[0])).transform(x, y)
    except pyproj.exceptions.ProjError:
        return None
    return (round(lng, 6), round(lat, 6)) if math.isfinite(lng) and math.isfinite(lat) else None


@lru_cache(maxsize=16)
def _projection(epsg: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(epsg, _WGS84, always_xy=True)


def sounds_like_shelter(named: str) -> bool:
    """Say whether a name may be that of a shelter, whatever its record says it is.

    >>> sounds_like_shelter("Lieu d’hébergement"), sounds_like_shelter("CIDFF de la Vienne")
    (True, False)
    """
    return bool(_SHELTER.search(fold(named)))


# --- rows ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sited:
    """A draft, its commune of 2026 and its département; "" where it is not known."""

    draft: Draft
    found: Resolved
    departement: str

    @property
    def code(self) -> str:
        return self.found.code

    def problem(self, column: str, message: str, **more: Any) -> Problem:
        """Give a problem of this record."""
        called = self.draft.record
        if called and self.hidden:
            called = f"Hébergement ({UNTOLD}), fiche n° {self.draft.line}"
        return problem(self.draft.line, column, message, record=called, **more)

    @property
    def hidden(self) -> bool:
        return self.draft.cells["type"] == ServiceType.HEBERGEMENT


def assemble(
    drafts: Iterable[Draft],
    *,
    prefix: str,
    publisher: str,
    homepage: str,
    departements: Collection[str] | None = None,
    problems: Iterable[Problem] = (),
    left_out: Mapping[str, int] | None = None,
    notes: Iterable[str] = (),
) -> Import:
    """Make the rows of a source.

    Args:
        drafts: its records that are in scope, in the order of the file.
        prefix: how the ids of this source begin.
        publisher: `source` of a row whose record says nothing else, and of every shelter.
        homepage: `lien_source`, likewise.
        departements: keep the services of these alone; None keeps all.
        problems: what has been found already.
        left_out: what has been left out already, by reason.
        notes: what must be known of the file.

    Raises:
        ValueError: a code is no département's. The message is in French and names it.
    """
    found, counted = list(problems), Counter(left_out or {})
    wanted, kept = known_departements(departements), []
    elsewhere: set[int] = set()
    for sited in map(_sited, drafts):
        lacking = _lacking(sited, wanted)
        if lacking:
            said = f"{lacking} : la fiche est laissée de côté."
            found.append(sited.problem("", said, severity="error"))
        elif wanted is not None and sited.departement not in wanted:
            elsewhere.add(sited.draft.line)
        else:
            kept.append(sited)
    if elsewhere:
        counted[ELSEWHERE] += len(elsewhere)
        found = [one for one in found if one.line not in elsewhere]
    rows = _rows(kept, prefix, (publisher, homepage), found)
    in_order = tuple(sorted(found, key=lambda one: one.line))
    lines = tuple(sited.draft.line for sited in kept)
    return Import(rows, in_order, dict(counted), tuple(notes), lines)


def known_departements(departements: Collection[str] | None) -> frozenset[str] | None:
    """Give the codes as a set. Raises ValueError, in French, if one is no département's."""
    if departements is None:
        return None
    unknown = sorted(set(departements) - set(communes.read_departements().index))
    if unknown:
        raise ValueError(f"Département inconnu : {', '.join(f'« {code} »' for code in unknown)}.")
    return frozenset(departements)


def _lacking(sited: _Sited, wanted: Collection[str] | None) -> str:
    """Say what a record cannot do without."""
    if not sited.draft.cells.get("nom"):
        return "le nom est vide"
    if not sited.departement and (sited.hidden or wanted is not None):
        return "le département n’est pas connu"
    return ""


def _sited(draft: Draft) -> _Sited:
    draft = replace(draft, cells=_in_their_columns(draft.cells))
    said = {name: draft.cells.get(name, "") for name in ("commune", "code_postal", "code_insee")}
    found = reconcile(**said, lng=draft.lng, lat=draft.lat)
    stated = draft.departement.upper().zfill(2)
    known = stated if stated in communes.read_departements().index else ""
    return _Sited(draft, found, found.departement or known)


def _in_their_columns(cells: Mapping[str, str]) -> dict[str, str]:
    """Put back a postal code and a commune that stand in each other's place."""
    commune, postal = cells.get("commune", ""), cells.get("code_postal", "")
    if _POSTAL.fullmatch(postal):
        return dict(cells)
    swapped = bool(_POSTAL.fullmatch(commune))
    return {**cells, "commune": postal, "code_postal": commune} if swapped else dict(cells)


def _rows(
    kept: list[_Sited], prefix: str, origin: tuple[str, str], problems: list[Problem]
) -> pd.DataFrame:
    outlines = _outlines(kept)
    rows = [
        _hidden_row(sited, prefix, origin)
        if sited.hidden
        else _public_row(sited, prefix, origin, outlines, problems)
        for sited in kept
    ]
    _tell_apart(rows)
    whole = [dict.fromkeys(ROW_COLUMNS, "") | row for row in rows]
    frame = pd.DataFrame(whole, columns=list(ROW_COLUMNS), dtype="str")
    return _without_telling_names(frame, kept)


def _public_row(
    sited: _Sited,
    prefix: str,
    origin: tuple[str, str],
    outlines: pd.Series,
    problems: list[Problem],
) -> dict[str, str]:
    draft, code = sited.draft, sited.code
    cells = dict(draft.cells)
    given = commune_code(cells.get("code_insee", ""))
    current = communes.current_code(given)
    if given and not current:
        mended = f" ; {code} est retenu d’après la commune." if code else "."
        said = f"« {given} » n’est pas le code d’une commune de 2026{mended}"
        problems.append(sited.problem("code_insee", said, value=given))
    elif sited.found.disagreement:
        problems.append(sited.problem("code_insee", sited.found.told, value=given))
    if code:
        cells["commune"] = _names()[code]
    postal = commune_code(cells.get("code_postal", ""))
    cells["code_postal"] = postal if _POSTAL.fullmatch(postal) else ""
    if telephone := cells.get("telephone", ""):
        cells["telephone"] = phone_numbers(telephone)
        if not cells["telephone"]:
            said = f"« {telephone} » n’est pas un numéro de téléphone : il n’est pas retenu."
            problems.append(sited.problem("telephone", said, value=telephone))
    cells["longitude"], cells["latitude"] = _point(sited, outlines, problems)
    return cells | {
        "id": f"{prefix}-{slug(draft.identity)}",
        # Where nothing decides, the reader of the list must see the contradiction too.
        "code_insee": code or (given if current else ""),
        "source": cells.get("source", "") or origin[0],
        "lien_source": cells.get("lien_source", "") or origin[1],
    }


@cache
def _names() -> dict[str, str]:
    return {str(code): str(nom) for code, nom in communes.read_town_halls()["nom"].items()}


def _tell_apart(rows: list[dict[str, str]]) -> None:
    """Make ids unique: the second of a name gets -2."""
    taken: set[str] = set()
    for row in rows:
        free, count = row["id"], 1
        while free in taken:
            count += 1
            free = f"{row['id']}-{count}"
        taken.add(free)
        row["id"] = free


# --- shelters -----------------------------------------------------------------------------


def _hidden_row(sited: _Sited, prefix: str, origin: tuple[str, str]) -> dict[str, str]:
    """Give all that may be known of a shelter: its name, its département, whom it takes in.

    The official number leads to the address that the source publishes: the id is a digest of it,
    so that the list does not carry it (whoever holds the source can compute it again). Telephone,
    mail, site, hours and description are left behind: any of them may tell the place, and a
    shelter is reached through 115, SIAO, 3919 or its association.
    """
    cells = sited.draft.cells
    digest = hashlib.blake2b(sited.draft.identity.encode(), digest_size=6).hexdigest()
    kept = ("nom", "type", "publics", "date_source")
    return {column: cells.get(column, "") for column in kept} | {
        "id": f"{prefix}-{sited.departement.lower()}-{digest}",
        "confidentialite": str(Confidentiality.DEPARTEMENT),
        "zone_eligibilite": sited.departement,
        "source": origin[0],
        "lien_source": origin[1],
        "description": sited.draft.kind,
    }


def _without_telling_names(rows: pd.DataFrame, kept: list[_Sited]) -> pd.DataFrame:
    """Replace the names of shelters that tell where they are, or that the reader would refuse."""
    hidden = [position for position, sited in enumerate(kept) if sited.hidden]
    if not hidden:
        return rows
    telling = [position for position in hidden if _tells_where(kept[position])]
    nom = rows["nom"].copy()
    for position in telling:
        nom.iloc[position] = _generic_name(kept[position])
    rows = rows.assign(nom=nom)
    written = rows.iloc[hidden].to_csv(index=False).encode()
    accepted = read_services(io.BytesIO(written)).services.index
    for position in hidden:
        if rows["id"].iloc[position] not in accepted:
            nom.iloc[position] = _generic_name(kept[position])
    return rows.assign(nom=nom)


def _generic_name(sited: _Sited) -> str:
    return f"{sited.draft.kind or 'Hébergement'} ({UNTOLD})"


def _tells_where(sited: _Sited) -> bool:
    """Say whether a shelter's name holds a commune of its département, its address or a number."""
    cells = sited.draft.cells
    said = f" {fold(cells['nom'])} "
    if _NUMBER_OR_MAIL.search(cells["nom"]):
        return True
    place = " ".join(cells.get(column, "") for column in ("adresse", "code_postal", "commune"))
    words = {word for word in fold(place).split() if len(word) > 3} - _COMMON_WORDS
    if any(f" {word} " in said for word in words):
        return True
    named = place_words.names_a_commune_of(cells["nom"], [sited.departement])
    return named or place_words.may_tell_a_place(cells["nom"])


# --- points -------------------------------------------------------------------------------


def _outlines(kept: list[_Sited]) -> pd.Series:
    """Give the outlines of the communes that points must be checked against, by code."""
    pointed = {one.code for one in kept if one.code and one.draft.lng is not None}
    if not pointed:
        return pd.Series(dtype=object)
    homes = {communes.departement_of(code) for code in pointed}
    outlines = communes.read_communes(homes).geometry
    return pd.Series(outlines.to_numpy(), index=outlines.index, dtype=object)


def _point(sited: _Sited, outlines: pd.Series, problems: list[Problem]) -> tuple[str, str]:
    """Give a point as the text of its longitude and latitude, ("", "") if it is not believed."""
    draft = sited.draft
    lng, lat = draft.lng, draft.lat
    if lng is None or lat is None:
        return "", ""
    if not sited.code:
        said = "la commune n’est pas connue : le point ne peut être vérifié, il n’est pas retenu."
        problems.append(sited.problem(draft.place[1], said))
        return "", ""
    outline = outlines.get(sited.code)
    if _near(lng, lat, sited.code, outline):
        return str(lng), str(lat)
    if _near(lat, lng, sited.code, outline):
        said = "latitude et longitude étaient échangées : elles sont remises à leur place."
        mended = str(lat), str(lng)
    else:
        nowhere = communes.read_town_halls()["lng"].isna()
        place = "n’est pas placé sur la carte" if nowhere[sited.code] else "est placé à la mairie"
        said = f"le point est hors de la commune : il n’est pas retenu, le lieu {place}."
        mended = "", ""
    problems.append(sited.problem(draft.place[1], said, value=f"{lat} {lng}"))
    return mended


def _near(lng: float, lat: float, code: str, outline: shapely.Geometry | None) -> bool:
    if not (-180 <= lng <= 180 and -90 <= lat <= 90):
        return False
    if outline is not None:
        return metres_outside(lng, lat, outline) <= NEAR_M
    hall = communes.read_town_halls().loc[code]
    if pd.isna(hall["lng"]):
        return bool(_unmapped.may_be_in(communes.departement_of(code), [lng], [lat])[0])
    away = communes.chord_m(communes.to_xyz(lng, lat), communes.to_xyz(hall["lng"], hall["lat"]))
    return bool(away <= _NO_OUTLINE_TOLERANCE_M)
