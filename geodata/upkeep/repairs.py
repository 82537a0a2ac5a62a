"""Repairs proposed for a list that somebody edits by hand: one cell, what it says, what it should.

A repair is proposed only where the right text is sure enough to be read at a glance; a person
chooses. None makes a place more visible: a level of confidentiality is never mended towards
`public`, and a row whose type is not understood is not mended into a public one when its words
speak of a shelter. What tells the place of a hidden row is emptied whatever is chosen.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from geodata import aids, communes, french, phones
from geodata.commune_codes import padded, reconcile
from geodata.partial_date import PartialDate, parse
from geodata.secrecy import level_of
from geodata.services import (
    LISTS,
    PERPETRATORS,
    UNTOLD,
    Confidentiality,
    Problem,
    ServiceType,
    departement_of_cells,
    may_hide,
    read_rows,
    vocabulary,
    zone_departements,
)
from geodata.tables import Table
from geodata.text import fold

POINT: Final = "latitude, longitude"
"""The name of the two cells of a point, mended together."""

UNSHOWN: Final = "(non montré)"
"""What stands for a cell of a row that is, or may be, hidden."""

_BETWEEN: Final = " ; "
_NEAR: Final = 85
_NEAR_LEVEL: Final = 80
_NEAR_PUBLIC: Final = 70
_NEAR_M: Final = 50_000
_LINK: Final = re.compile(
    r"https://(?:[\w-]+\.)+[a-z]{2,24}(?::\d+)?(?:[/?#][^\s<>\"'@]*)?", re.IGNORECASE
)
_CEDEX: Final = re.compile(r"\bcedex\b", re.IGNORECASE)

_TYPES: Final[Mapping[str, ServiceType]] = {
    **{fold(kind.value): kind for kind in ServiceType},
    **{fold(kind.label): kind for kind in ServiceType},
    **{written: kind for kind in ServiceType for written in kind.facts.also_written},
}
_SHELTER: Final = re.compile(
    r"\b(?:heberg|refuge|foyer|chrs|abri|logement|loge|nuit|hotel|secret|cache|protege|confident)"
)
_HIDDEN: Final = frozenset(
    {"secret", "secrete", "prive", "privee", "cache", "cachee", "masque", "masquee",
     "confidentiel", "confidentielle", "non public", "non publique", "pas public",
     "pas publique", "non publiee", "ne pas publier", "a ne pas publier", "ne pas diffuser",
     "non diffuse", "non communique", "non communiquee"}
)  # fmt: skip
_ALSO_WRITTEN: Final[Mapping[str, Mapping[str, str]]] = {
    "acces": {
        "libre": "sans-rdv",
        "rdv": "sur-rdv",
        "rendez vous": "sur-rdv",
        "tel": "telephone",
        "urgences": "urgence",
    },
    "publics": {
        **{word.removesuffix("s"): word for word in ("femmes", "familles", "enfants", "jeunes")},
        "tout public": "tous",
        "tous publics": "tous",
        "toutes": "tous",
        "auteurs de violence": PERPETRATORS,
    },
}


@dataclass(frozen=True)
class Repair:
    """One cell to mend, or the two of a point.

    `line` as a spreadsheet numbers it; `id` as it is written; `column` a name of `COLUMNS`, or
    `POINT`, whose two texts are joined by ` ; `; `why` a French sentence. `safe`: surely right,
    chosen unless a person says otherwise. `hidden`: nothing of the row may be shown.
    """

    line: int
    id: str
    column: str
    before: str
    after: str
    why: str
    safe: bool = True
    hidden: bool = False

    @property
    def shown(self) -> tuple[str, str, str, str]:
        """The id, before, after and why, as they may be shown."""
        if not self.hidden:
            return self.id, self.before, self.after, self.why
        # Words of a closed list tell of no place.
        closed = self.column in ("type", "confidentialite")
        after, why = (self.after, self.why) if closed else (UNSHOWN, "")
        return UNSHOWN, UNSHOWN if self.before else "", after if self.after else "", why

    @property
    def cells(self) -> dict[str, str]:
        """The texts to write, by column."""
        if self.column != POINT:
            return {self.column: self.after}
        return dict(zip(("latitude", "longitude"), self.after.split(_BETWEEN), strict=True))


Found = tuple[str, str, str, bool]
"""A column, what to write there, why, and whether that is safe."""


MOST_PROPOSED: Final = 5_000
"""How many repairs are proposed; the others are found once these are made."""
_MOST_READ: Final = 20_000


def suggest(rows: pd.DataFrame, *, taken: Collection[str] = ()) -> tuple[Repair, ...]:
    """Propose repairs for the rows of a list, in the order of its lines.

    At most `MOST_PROPOSED` repairs are given, of the first 20,000 rows. What the reader understands
    as it is written, French hours for instance, is left as it is.

    Args:
        rows: text cells under the names of `COLUMNS` (`services.with_known_columns`), as they are
            written, indexed by line.
        taken: ids of other lists that a new id must not repeat.
    """
    hiding = may_hide(rows)
    hidden = set(hiding.index[hiding])
    ids = _Ids(rows, taken)
    found: list[Repair] = []
    for line, row in _texts(rows.head(_MOST_READ)):
        if len(found) >= MOST_PROPOSED:
            break
        plain = {name: unshielded(text) for name, text in row.items()}
        mended = list(_of_row(plain, line, ids))
        left = {name: text for name, text in row.items() if name not in {one[0] for one in mended}}
        for column, after, why, safe in (*mended, *formulas(left)):
            before = _written(row, column)
            if before != after:
                found.append(
                    Repair(line, row["id"], column, before, after, why, safe, line in hidden)
                )
    return tuple(found)


def _texts(rows: pd.DataFrame) -> Iterator[tuple[int, dict[str, str]]]:
    names = [str(name) for name in rows.columns]
    for line, cells in zip(rows.index, rows.itertuples(index=False, name=None), strict=True):
        yield int(line), dict(zip(names, map(str, cells), strict=True))


def hide_whole(rows: pd.DataFrame, *, columns: Collection[str]) -> tuple[Repair, ...]:
    """Give all that must be written in the rows that hide their place, so that nothing tells it.

    The one way to hide a row: what the reader finds is emptied until it finds nothing more, and
    the département is kept.

    Args:
        rows: as in `suggest`.
        columns: those of the file.
    """
    hiding = may_hide(rows)
    part = rows[hiding].copy()
    found: dict[tuple[int, str], Repair] = {}
    while len(part):
        problems = read_rows(Table(part, ())).problems
        more = [
            repair
            for repair in emptied(part, problems, columns=columns)
            if (repair.line, repair.column) not in found
        ]
        if not more:
            break
        for repair in more:
            found[repair.line, repair.column] = repair
            part.loc[repair.line, repair.column] = repair.after
    return tuple(found[key] for key in sorted(found))


def emptied(
    rows: pd.DataFrame, problems: Collection[Problem], *, columns: Collection[str]
) -> tuple[Repair, ...]:
    """Give what must be written in the cells that tell the place of a hidden row.

    The département that only the commune told is kept, where the file has a cell for it. A row
    whose level is not understood and may mean `public` is left as it is: it is not read until a
    person has said what it means.

    Args:
        rows: as in `suggest`.
        problems: what `services.read_rows` says of these rows.
        columns: those of the file.
    """
    ids = _Ids(rows, ())
    told: dict[int, dict[str, None]] = {}
    for problem in problems:
        if problem.tells_place:
            told.setdefault(problem.line, {})[problem.column] = None
    part = rows.loc[list(told)]
    found = []
    for line, row in _texts(part):
        if _maybe_public(row):
            continue
        texts = {column: _instead(column, row, line, ids) for column in told[line]}
        texts |= _departement_kept(row, texts, columns)
        found += [
            Repair(line, row["id"], column, row[column], after, _TELLS, hidden=True)
            for column, after in texts.items()
            if row[column] != after
        ]
    return tuple(found)


_TELLS: Final = "Ce lieu est confidentiel : la case dit où il se trouve, ou dans quelle commune."


def _departement_kept(
    row: Mapping[str, str], texts: Mapping[str, str], columns: Collection[str]
) -> dict[str, str]:
    if not {"code_insee", "code_postal", "commune"} & set(texts):
        return {}
    home = departement_of_cells(row)
    if not home:
        return {}
    kept = {}
    if "zone_eligibilite" in columns:
        served = texts.get("zone_eligibilite", row["zone_eligibilite"])
        zone = zone_departements(pd.Series([served]))[0]
        if home not in zone:
            kept["zone_eligibilite"] = "|".join((home, *zone))
    if "departement" in columns and not row["departement"]:
        kept["departement"] = home
    return kept


def _instead(column: str, row: Mapping[str, str], line: int, ids: "_Ids") -> str:
    if column == "id":
        return ids.new(_mended_row(row), line)
    if column == "zone_eligibilite":
        zone = row[column]
        return "|".join(zone_departements(pd.Series([zone]))[0])
    return UNTOLD.get(column, "")


def _maybe_public(row: Mapping[str, str]) -> bool:
    """Say whether a level that is not understood could have meant `public`."""
    word = fold(row["confidentialite"])
    known = level_of(row["confidentialite"], row["type"])
    shelter = _kind_of(row["type"]) == ServiceType.HEBERGEMENT
    return not (known or shelter or _nearest_level(word)) and _says_public(word)


def _written(row: Mapping[str, str], column: str) -> str:
    names = ("latitude", "longitude") if column == POINT else (column,)
    return _BETWEEN.join(row[name] for name in names)


def unshielded(text: str) -> str:
    """Take off the apostrophe that an export for Excel puts before what could be a formula."""
    return text[1:] if re.match(r"'(?=[=+\-@]|\d{1,2}/\d{1,2}$|\d{4}-\d{1,2}$)", text) else text


def formulas(cells: Mapping[str, str]) -> Iterator[Found]:
    """Shield the texts that a spreadsheet would compute; numbers and telephones are left."""
    for column, text in cells.items():
        if _FORMULA.match(text):
            yield (
                column,
                f"'{text}",
                "Un tableur calculerait cette case : l’apostrophe l’évite.",
                True,
            )


_FORMULA: Final = re.compile(r"[=+\-@](?![\d\s.,()/-]*$)")


def _of_row(row: dict[str, str], line: int, ids: "_Ids") -> Iterator[Found]:
    """Give the repairs of a row, those of words first: the others go by what is then known."""
    for column, mend in (("type", _type), ("confidentialite", _level)):
        for found in mend(row):
            yield found
            row = row | {column: found[1]}
    level = _effective_level(row)
    if level in (Confidentiality.PUBLIC, Confidentiality.COMMUNE):
        for found in _codes(row):
            yield found
            row = row | {found[0]: found[1]}
    if level == Confidentiality.PUBLIC:
        yield from _point(row)
    for mend_cell in (_phone, _lists, _dates, _links):
        yield from mend_cell(row)
    yield from ids.mend(row, line)


def _mended_row(row: Mapping[str, str]) -> dict[str, str]:
    mended = dict(row)
    for found in (*_type(mended), *_level(mended)):
        mended[found[0]] = found[1]
    return mended


# --- words --------------------------------------------------------------------------------


def _type(row: Mapping[str, str]) -> Iterator[Found]:
    written = row["type"]
    if not written or fold(written).replace(" ", "-") in set(ServiceType):
        return
    kind = _kind_of(written)
    words = fold(" ".join((written, row["nom"], row["structure"])))
    if kind is None or (kind != ServiceType.HEBERGEMENT and _SHELTER.search(words)):
        return
    yield "type", kind.value, f"Le type « {kind.label} » s’écrit « {kind.value} ».", True


@lru_cache(maxsize=4096)
def _kind_of(written: str) -> ServiceType | None:
    near = _nearest(fold(written), _TYPES, _NEAR)
    return _TYPES[near] if near else None


def _nearest(word: str, known: Mapping[str, str], least: float) -> str:
    """Give the one known word that is nearest; "" where none is near, or two mean differently."""
    if word in known:
        return word
    near = process.extract(word, list(known), scorer=fuzz.ratio, score_cutoff=least - 1, limit=None)
    if not near or near[0][1] < least:
        return ""
    best, highest, _ = near[0]
    rivals = {known[name] for name, score, _ in near if score >= highest - 1}
    return best if len(rivals) == 1 else ""


def _level(row: Mapping[str, str]) -> Iterator[Found]:
    if level_of(row["confidentialite"], row["type"]):
        return
    level = _nearest_level(fold(row["confidentialite"]))
    if level:
        # A commune is told of: a person must want it.
        safe = level != Confidentiality.COMMUNE
        why = "Ce mot n’est pas connu : le plus strict de ceux qui lui ressemblent est proposé."
        yield "confidentialite", level.value, why, safe


def _nearest_level(word: str) -> Confidentiality | None:
    """Give the strictest level a folded word is near to, never `public`."""
    if word in _HIDDEN:
        return Confidentiality.NON_PUBLIE
    if _says_public(word):
        return None
    near = [
        level
        for level in Confidentiality
        if level != Confidentiality.PUBLIC and fuzz.ratio(word, fold(level.value)) >= _NEAR_LEVEL
    ]
    return near[-1] if near else None


def _says_public(word: str) -> bool:
    return word not in _HIDDEN and fuzz.ratio(word, "public") >= _NEAR_PUBLIC


def _effective_level(row: Mapping[str, str]) -> Confidentiality | None:
    """Give the level of a row; None where it, or the type it depends on, is not understood."""
    known = fold(row["type"]).replace(" ", "-") in set(ServiceType)
    return level_of(row["confidentialite"], row["type"]) if known else None


@cache
def _known_words(column: str) -> Mapping[str, str]:
    """Give the words of a column of `LISTS` by how people write them, folded."""
    if column not in _ALSO_WRITTEN:
        return aids.also_written(column)
    words = vocabulary(column)
    labels = {fold(label): word for word, label in words.items()}
    return {**labels, **{fold(word): word for word in words}, **_ALSO_WRITTEN[column]}


def _lists(row: Mapping[str, str]) -> Iterator[Found]:
    for column in LISTS:
        yield from _list_of_words(column, row[column])


def _list_of_words(column: str, text: str) -> Iterator[Found]:
    known = _known_words(column)
    tokens = [fold(token) for token in text.split("|") if fold(token)]
    if all(token.replace(" ", "-") in known.values() for token in tokens):
        return
    # Six hundred languages have names too near each other to guess.
    words = _meant(text, known, 100 if column == "langues" else _NEAR)
    if all(words):
        why = "Les mots connus, séparés par une barre verticale, sont trouvés par les filtres."
        yield column, "|".join(dict.fromkeys(words)), why, True


def _meant(
    text: str,
    known: Mapping[str, str],
    least: float,
    joints: tuple[str, ...] = (r"\|", "[,;/+]", " et "),
) -> list[str]:
    """Give the words of a closed list that a text stands for, "" for each part not understood."""
    if joints and fold(text) not in known:
        parts = [part for part in re.split(joints[0], text) if fold(part)]
        words = [word for part in parts for word in _meant(part, known, least, joints[1:])]
        # Two words that are known are not one that resembles them: *sans rendez-vous, tel*.
        if len(words) > 1 and all(words):
            return words
    whole = _nearest(fold(text), known, least)
    return [known.get(whole, "")] if whole or not joints else words


# --- phone, dates, links ------------------------------------------------------------


def _phone(row: Mapping[str, str]) -> Iterator[Found]:
    written = row["telephone"]
    number = None if phones.parse(written) else phones.mended(written)
    if number:
        lost = re.fullmatch("[1-9][0-9]{8}", written)
        why = "Un tableur a ôté le zéro du début." if lost else _UNREAD
        yield "telephone", str(number), why, True


_UNREAD: Final = "Le numéro ne se lisait pas : vérifier chaque chiffre."


def _dates(row: Mapping[str, str]) -> Iterator[Found]:
    for column in ("date_source", "date_verification"):
        written = row[column]
        iso, safe = ("", False) if parse(written) else _iso(written)
        if iso:
            yield column, iso, f"Cette date s’écrit {iso}.", safe


def _iso(text: str) -> tuple[str, bool]:
    """Give a French or a spreadsheet's date as ISO, and whether its century is sure.

    >>> _iso("22/11/2026"), _iso("1er novembre 2026"), _iso("11/2026"), _iso("1/2/26")
    (('2026-11-22', True), ('2026-11-01', True), ('2026-11', True), ('2026-02-01', False))
    """
    plain = text.strip().lower()
    if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ t]\d\d:\d\d.*)?", plain):
        return _checked(*found.groups()), True
    if found := re.fullmatch(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})", plain):
        day, month, year = found.groups()
        whole = len(year) == 4
        return _checked(year if whole else f"20{year}", month, day), whole
    if found := re.fullmatch(r"(\d{1,2})[-/.](\d{4})", plain):
        return _checked(found[2], found[1], ""), True
    if found := re.fullmatch(r"(?:(\d{1,2})(?:er)? )?([a-zéû]+) (\d{4})", plain):
        names = {fold(name): number for number, name in enumerate(french.MONTHS, start=1)}
        month = str(names.get(fold(found[2]), ""))
        return (_checked(found[3], month, found[1] or "") if month else ""), True
    return "", False


def _checked(year: str, month: str, day: str) -> str:
    return str(PartialDate.of(year, month, day) or "")


def _links(row: Mapping[str, str]) -> Iterator[Found]:
    for column in ("lien_source", "site_web"):
        written = row[column]
        if re.match(r"https?://[^/]", written, re.IGNORECASE):
            continue
        host = re.sub(r"^h?t{1,3}ps?\s*[:;]?\s*/{1,3}\s*", "", written, flags=re.IGNORECASE)
        whole = f"https://{host}"
        if _LINK.fullmatch(whole):
            yield column, whole, "Un lien commence par https://.", True


# --- where --------------------------------------------------------------------------------


def _codes(row: Mapping[str, str]) -> Iterator[Found]:
    """Mend the code of the commune and its postal code, by each other, its name and its point."""
    insee, postal = row["code_insee"], padded(row["code_postal"])
    lost_zero = "Un tableur a ôté le zéro du début."
    if postal != row["code_postal"]:
        yield "code_postal", postal, lost_zero, True
    lat, lng = map(float, _degrees(row["latitude"], row["longitude"]) or (np.nan, np.nan))
    found = reconcile(row["commune"], postal, insee, lng, lat)
    if found.how:
        why = f"C’est le code INSEE que donnent {found.how}."
        if found.disagreement:
            why = f"{found.disagreement}. {why}"
    elif found.code == padded(insee):
        why = lost_zero
    else:
        why = "La commune a fusionné, ou est un arrondissement : c’est le code d’aujourd’hui."
    if found.code and found.code != insee:
        yield "code_insee", found.code, why, True
    if found.code:
        yield from _postal_code(row, found.code, postal)


def _postal_code(row: Mapping[str, str], current: str, postal: str) -> Iterator[Found]:
    known = communes.postal_codes_of(current)
    cedex = _CEDEX.search(f"{row['adresse']} {row['commune']}")
    if len(known) != 1 or postal in known or cedex:
        return
    why = "La commune n’a que ce code postal."
    yield "code_postal", known[0], why, not postal


@cache
def _halls() -> dict[str, tuple[float, float]]:
    halls = communes.read_town_halls()[["lng", "lat"]]
    return dict(zip(halls.index, halls.itertuples(index=False, name=None), strict=True))


def _point(row: Mapping[str, str]) -> Iterator[Found]:
    """Mend a point written in one cell, with signs, or the wrong way round."""
    written = (row["latitude"], row["longitude"])
    degrees = _degrees(*written)
    if degrees is None:
        return
    why = "Latitude et longitude sont deux nombres de degrés, chacun dans sa case."
    code = communes.current_code(row["code_insee"]) or ""
    lat, lng = degrees
    if code and not _is_near(code, float(lat), float(lng)):
        if not _is_near(code, float(lng), float(lat)):
            return
        lat, lng = lng, lat
        why = "Latitude et longitude étaient échangées : ainsi, le point est dans sa commune."
    plain = all(re.fullmatch(r"[+-]?\d{1,3}([.,]\d+)?", text) for text in written)
    if not plain or degrees != (lat, lng):
        yield POINT, f"{lat}{_BETWEEN}{lng}", why, True


def _degrees(lat: str, lng: str) -> tuple[str, str] | None:
    """Read two numbers of degrees from two cells, or both from one."""
    cells = [text for text in (lat, lng) if text]
    if len(cells) == 1:
        cells = re.split(r"\s*[;/|]\s*|,\s+|\s+", cells[0].strip())
        if len(cells) == 1 and cells[0].count(",") == 1 and cells[0].count(".") == 2:
            cells = cells[0].split(",")
    numbers = [
        re.sub(r"[\s\u00a0\u202f°NE]", "", text).replace(",", ".").replace("−", "-")
        for text in cells
    ]
    whole = all(re.fullmatch(r"[+-]?\d{1,3}(\.\d+)?", number) for number in numbers)
    return (numbers[0], numbers[1]) if len(numbers) == 2 and whole else None


def _is_near(code_insee: str, lat: float, lng: float) -> bool:
    hall = _halls().get(code_insee)
    if hall is None or np.isnan(hall[0]) or abs(lat) > 90:
        return False
    apart_m = communes.chord_m(communes.to_xyz(lng, lat), communes.to_xyz(*hall))
    return bool(apart_m <= _NEAR_M)


# --- identifiers --------------------------------------------------------------------------


class _Ids:
    """The ids of a list, and the new ones given so far."""

    def __init__(self, rows: pd.DataFrame, taken: Collection[str]) -> None:
        self._rows = rows
        self._taken = {*rows["id"], *taken}
        self._first = {key: line for line, key in reversed(list(rows["id"].items()))}

    def mend(self, row: Mapping[str, str], line: int) -> Iterator[Found]:
        """Give an id to a row that has none, or one that stands above."""
        key = row["id"]
        if not key:
            yield "id", self.new(row, line), "Chaque fiche a besoin d’un identifiant à elle.", True
            return
        first = self._first.get(key, line)
        if first == line:
            return
        same = self._rows.loc[first].equals(self._rows.loc[line])
        why = (
            f"La ligne répète la ligne {first} mot pour mot : la supprimer plutôt."
            if same
            else f"L’identifiant est déjà celui de la ligne {first}."
        )
        after = self.new(row, line) if _effective_level(row) in _HIDES else self._free(key)
        yield "id", after, why, not same

    def new(self, row: Mapping[str, str], line: int) -> str:
        """Make an id of the département, the type and the commune; no commune if it is hidden."""
        level = _effective_level(row)
        shown = level in (Confidentiality.PUBLIC, Confidentiality.COMMUNE)
        code = communes.current_code(row["code_insee"]) or ""
        zones = zone_departements(pd.Series([row["zone_eligibilite"]]))[0]
        zone = zones[0] if len(zones) == 1 else row["departement"]
        where = communes.departement_of(code) if code else zone
        parts = (where, row["type"], row["commune"] if shown else "")
        slug = "-".join(fold(part).replace(" ", "-") for part in parts if fold(part))
        return self._free(slug or f"ligne-{line}")

    def _free(self, slug: str) -> str:
        number, free = 1, slug
        while free in self._taken:
            number += 1
            free = f"{slug}-{number}"
        self._taken.add(free)
        return free


_HIDES: Final = (None, Confidentiality.DEPARTEMENT, Confidentiality.NON_PUBLIE)
