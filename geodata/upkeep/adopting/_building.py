"""Make rows of services.csv of the rows of somebody's table, and say of each what became of it."""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

import pandas as pd

from geodata import communes, hours, phones, place_words, sources
from geodata.commune_codes import padded
from geodata.french import MONTHS
from geodata.partial_date import PartialDate, parse
from geodata.readable import FRANCE
from geodata.secrecy import level_of
from geodata.service_types import ServiceType
from geodata.services import (
    COLUMNS,
    PERPETRATORS,
    Confidentiality,
    read_rows,
    vocabulary,
    with_known_columns,
)
from geodata.sources import Draft
from geodata.tables import BLANK, Table
from geodata.text import fold
from geodata.upkeep import repairs
from geodata.upkeep.adopting import _columns, _kinds, _words
from geodata.upkeep.adopting._files import Sheet

_PREFIX: Final = "adopte"
_LONGEST_ID: Final = 70
_POSTAL: Final = re.compile(r"(?<!\d)(\d{5}|2[AB]\d{3})(?!\d)")
_CLOSED: Final = ("ferme", "fermee", "fermeture", "neant", "non")
_DAYS: Final = tuple(day for day in _columns.DAYS if " " not in day)
_OSM_DAYS: Final = dict(zip(_DAYS, ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), strict=True))
_OWN_ID: Final = re.compile(r"(?=[^a-z]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)+")
_PLACE_IN_FILE: Final = re.compile(r"^Ligne \d+(?:, colonne « [^»]* »)? : ")
_NUMBERED: Final = ("code_postal", "code_insee", "telephone", "departement")
_EXAMPLE: Final = "exemple"
_MONTHS: Final = tuple(map(fold, MONTHS))
_MONTH: Final = re.compile(rf"(?:en )?({'|'.join(_MONTHS)}) (\d{{4}})")
_UNTOLD: Final = "source à dire"
"""Stands for a source until somebody says it: a row without one would not be read."""


@dataclass(frozen=True)
class Choices:
    """What a person chose for a table.

    Attributes:
        columns: the role of each column, by its name (`Column.role`).
        kind: the type of every row; "" where each has its own.
        kinds: types by the word of the type's column, folded.
        rows: types by line, before all other choices; "" leaves the row out.
        not_shelters: lines whose name speaks of a shelter and that are none.
        words: what a word of a cell stands for, "" where it says nothing (`Word`: its column, and
            the word folded).
        named: whether to take what names tell, by column and word; those not here if they are sure.
        source: where the facts come from, for rows that do not say it themselves.
        dated: date of the facts, likewise.
        departement: code of the one where all communes are that have no code of their own.
        empty_days_closed: an empty cell among the columns of days means closed; else not known.
    """

    columns: Mapping[str, str]
    kind: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[int, str] = field(default_factory=dict)
    not_shelters: Collection[int] = ()
    words: Mapping[_words.Word, str] = field(default_factory=dict)
    named: Mapping[_words.Word, bool] = field(default_factory=dict)
    source: str = ""
    dated: str = ""
    departement: str = ""
    empty_days_closed: bool = False


@dataclass(frozen=True)
class Adopted:
    """What became of a table.

    Attributes:
        rows: rows of services.csv as text, indexed by line, in the order of the file.
        outcomes: one row for each line of the table, indexed by line: `name`, `id` ("" if the row
            is left out), `type`, `commune`, `hidden`, `sure` (of its type), `why` (of its type),
            `remarks` (what was changed or left, and why; French sentences).
        unknown_types: how many rows have a type that is not known, by the word of its column.
        unknown_words: the words of closed lists that are not understood, each as it is written and
            how many rows hold it. None of a hidden row.
        told: what names tell, and the lines of the rows. None of a hidden row.
        shelters: lines whose name speaks of a shelter; they are hidden.
        needs_source: whether rows have no source.
    """

    rows: pd.DataFrame
    outcomes: pd.DataFrame
    unknown_types: Mapping[str, int]
    unknown_words: Mapping[_words.Word, tuple[str, int]]
    told: Mapping[_words.Told, tuple[int, ...]]
    shelters: tuple[int, ...]
    needs_source: bool

    def content(self) -> bytes:
        """Return the rows as the file services.csv."""
        return self.rows.to_csv(index=False, lineterminator="\n").encode()


def build(sheet: Sheet, choices: Choices, left_out: Mapping[int, str]) -> Adopted:
    """Make the rows of a table; `left_out`: why lines that are no record were taken out."""
    table = _Table(sheet, choices)
    drafts, kinds = [], {}
    for line, cells in table.records():
        kind = table.kind(line, cells)
        kinds[line] = kind
        if kind.type:
            drafts.append(table.draft(line, cells, kind))
        else:
            table.remark(line, kind.why + " La ligne est laissée de côté.")
    made = sources.assemble(
        drafts, prefix=_PREFIX, publisher=choices.source or _UNTOLD, homepage=""
    )
    for problem in made.problems:
        table.remark(problem.line, _sentence(problem.message))
    rows = table.finished(made.rows, made.lines)
    return _adopted(table, rows, kinds, left_out)


# --- a table and its choices --------------------------------------------------------------


class _Table:
    """A table as it is read with somebody's choices, and what is remarked of its lines."""

    def __init__(self, sheet: Sheet, choices: Choices) -> None:
        self.sheet = sheet
        self.choices = choices
        self.remarks: dict[int, list[str]] = defaultdict(list)
        self.extra: dict[int, dict[str, str]] = {}
        self.odd_words: dict[int, dict[_words.Word, str]] = defaultdict(dict)
        self.told: dict[int, list[_words.Told]] = defaultdict(list)
        self._names: dict[str, list[str]] = defaultdict(list)
        for name, role in choices.columns.items():
            self._names[role].append(name)
        self._own_ids = self._ids_of_its_own()
        self._written_levels: dict[int, str] = {}

    def remark(self, line: int, sentence: str) -> None:
        """Say something of a line, once."""
        if sentence not in self.remarks[line]:
            self.remarks[line].append(sentence)

    def records(self) -> list[tuple[int, dict[str, str]]]:
        """Return the cells of each line by role, those of joined columns joined."""
        names = list(self.sheet.header)
        roles = [self.choices.columns.get(name, _columns.LEFT) for name in names]
        found = []
        for line, texts in zip(self.sheet.rows.index, self.sheet.rows.to_numpy(), strict=True):
            cells: dict[str, str] = {}
            extra: dict[str, str] = {}
            for name, role, text in zip(names, roles, texts, strict=True):
                plain = str(text).strip(BLANK)
                if role in _NUMBERED:
                    plain = plain.removesuffix(".0")
                if role == _columns.KEPT:
                    extra[name] = plain
                elif role and plain and plain not in cells.get(role, "").split(" ; "):
                    between = ", " if role == "adresse" else " ; "
                    cells[role] = between.join(filter(None, (cells.get(role, ""), plain)))
            self.extra[int(line)] = extra
            found.append((int(line), cells))
        return found

    def kind(self, line: int, cells: Mapping[str, str]) -> _kinds.Kind:
        """Return the type of a row: as chosen, else as its words say."""
        written, name = cells.get("type", ""), cells.get("nom", "")
        if fold(name).startswith(_EXAMPLE) or fold(cells.get("id", "")).startswith(_EXAMPLE):
            return _kinds.Kind("", "C’est la ligne d’exemple du modèle.")
        chosen = self.choices.rows.get(line)
        if chosen == "":
            return _kinds.Kind("", "Vous avez choisi de ne pas la prendre.")
        asked = line not in self.choices.not_shelters and chosen != ServiceType.HEBERGEMENT
        if asked and _kinds.may_be_shelter(written, name):
            why = "Son nom peut être celui d’un hébergement."
            return _kinds.Kind(ServiceType.HEBERGEMENT, why, sure=False)
        for kind, why in (
            (chosen, "Choisi pour cette ligne."),
            (self.choices.kind, "Choisi pour toutes les lignes."),
            (self.choices.kinds.get(fold(written)), f"Choisi pour « {written} »."),
        ):
            if kind:
                return _kinds.Kind(kind, why)
        return _kinds.of_row(written, name, cells.get("structure", ""))

    def draft(self, line: int, cells: Mapping[str, str], kind: _kinds.Kind) -> Draft:
        """Return a row on its way into the list."""
        kept = {role: text for role, text in cells.items() if role in COLUMNS and role != "id"}
        kept |= {"type": kind.type, "source": cells.get("source", "") or self.choices.source}
        kept |= self._address(line, cells) | self._hours(line, cells) | self._date(line, cells)
        kept |= self._words(line, cells, kind.type) | _codes(cells) | self._contacts(line, cells)
        self._written_levels[line] = kept.pop("confidentialite", "")
        lat, lng = self._point(line, cells)
        home = (
            _departement(kept.pop("departement", ""))
            or self.choices.departement
            or _of_postal_code(kept.get("code_postal", ""))
        )
        if home and kept.get("commune") and not (kept.get("code_postal") or kept.get("code_insee")):
            codes = communes.named(f"{kept['commune']} ({home})")
            kept["code_insee"] = codes[0] if len(codes) == 1 else ""
        return Draft(
            line,
            str(line),
            {name: " ".join(text.split()) for name, text in kept.items()},
            lng=lng,
            lat=lat,
            place=("longitude", "latitude"),
            departement=home,
        )

    # --- cells ---

    def _address(self, line: int, cells: Mapping[str, str]) -> dict[str, str]:
        """Cut an address in one cell into street, postal code and commune."""
        written = " ".join(cells.get("adresse", "").replace("\n", ", ").split())
        codes = list(_POSTAL.finditer(written))
        if not codes:
            return {"adresse": written}
        last = codes[-1]
        street = written[: last.start()].strip(" ,;-–")
        after = re.split(r"[,;(\n]| - ", written[last.end() :].strip(" ,;-–"))[0].strip()
        postal, commune = cells.get("code_postal", ""), cells.get("commune", "")
        if (postal and postal.zfill(5) != last[1]) or not communes.named(after, last[1]):
            return {"adresse": written}
        if commune and fold(after) not in fold(commune) and fold(commune) not in fold(after):
            return {"adresse": written}
        self.remark(line, "L’adresse est séparée en rue, code postal et commune.")
        return {"adresse": street, "code_postal": last[1], "commune": commune or after}

    def _contacts(self, line: int, cells: Mapping[str, str]) -> dict[str, str]:
        found = {}
        if written := cells.get("telephone", ""):
            numbers = sources.phone_numbers(written)
            found["telephone"] = numbers or written
            words = re.sub(r"[\d\W]+|\bt[ée]l\w*", "", written, flags=re.IGNORECASE)
            if numbers and len(words) > 3:
                self.remark(line, f"Téléphone : « {written[:80]} » devient {numbers}.")
            elif phones.mended(written) and not phones.parse(written):
                self.remark(line, f"Téléphone : le zéro du début est remis ({numbers}).")
        if written := cells.get("courriel", ""):
            mails = re.findall(r"[^\s@<>;,/]+@[^\s@<>;,/]+\.\w+", written)
            found["courriel"] = mails[0] if mails else ""
            if len(mails) != 1:
                said = "n’est pas une adresse : laissé" if not mails else "en a plusieurs"
                self.remark(line, f"Courriel : « {written[:80]} » {said}.")
        for column in ("site_web", "lien_source"):
            if written := cells.get(column, ""):
                link = re.search(r"(?:https?://|www\.)[^\s<>\"']+", written, re.IGNORECASE)
                bare = re.fullmatch(r"[\w.-]+\.[a-z]{2,10}(?:/\S*)?", written, re.IGNORECASE)
                found[column] = link[0] if link else written if bare else ""
                if found[column] and not found[column].lower().startswith("http"):
                    found[column] = f"https://{found[column]}"
                if not found[column]:
                    self.remark(line, f"Site : « {written[:80]} » n’est pas un lien : laissé.")
        return found

    def _hours(self, line: int, cells: Mapping[str, str]) -> dict[str, str]:
        """Keep hours that are understood, put the others into the precisions, word for word."""
        days = {day: cells[day] for day in _columns.DAYS if cells.get(day)}
        written = re.sub(r"\s*\n\s*", " ; ", cells.get("horaires_accueil", ""))
        precisions = cells.get("horaires_precisions", "")
        known = ""
        if days:
            known, unread = self._week(days)
            precisions = " ; ".join(filter(None, (precisions, unread, written)))
            if unread:
                self.remark(line, f"Horaires laissés en toutes lettres : « {unread[:120]} ».")
        elif written:
            if _understood(written):
                known = written
            else:
                precisions = " ; ".join(filter(None, (written, precisions)))
                self.remark(line, "Horaires non compris : gardés en toutes lettres, à préciser.")
        return {"horaires_accueil": known, "horaires_precisions": precisions}

    def _week(self, days: Mapping[str, str]) -> tuple[str, str]:
        """Return the hours of columns of days as OSM text, and what is not understood of them.

        A day that is not understood is unknown, as is an empty one, unless it means closed. Where
        no day is understood nothing is.
        """
        rules, unread = [], []
        known = False
        for day in _DAYS:
            halves = {name: text for name, text in days.items() if name.split()[0] == day}
            said = " ; ".join(f"{name} : {_plain_day(text)}" for name, text in halves.items())
            closed = bool(halves) and all(_is_closed(text) for text in halves.values())
            if closed or not (halves or self._has_column(day)):
                rules += [f"{_OSM_DAYS[day]} off"] if closed else []
                continue
            if not halves:
                closed_if_empty = "off" if self.choices.empty_days_closed else "unknown"
                rules.append(f"{_OSM_DAYS[day]} {closed_if_empty}")
                continue
            one = _understood(said) or _understood(f"{day} {' '.join(halves.values())}")
            if one:
                known = True
                rules.append(one)
            else:
                rules.append(f"{_OSM_DAYS[day]} unknown")
                unread.append(" ; ".join(f"{name} : {text}" for name, text in halves.items()))
        whole = _understood("; ".join(rules)) if known else ""
        if known and not whole:
            unread = [f"{name} : {text}" for name, text in days.items()]
        return whole, " ; ".join(unread)

    def _has_column(self, day: str) -> bool:
        return any(self._names.get(f"{day}{half}") for half in ("", " matin", " après-midi"))

    def _date(self, line: int, cells: Mapping[str, str]) -> dict[str, str]:
        found = {"date_source": self.choices.dated}
        for column in ("date_source", "date_verification"):
            written = cells.get(column, "")
            if not written:
                continue
            read = _day_of(written)
            if read:
                found[column] = read
                if _columns.is_serial(written):
                    self.remark(line, f"La date {written} du tableur est le {read}.")
            else:
                found.setdefault(column, "")
                self.remark(line, f"« {written[:40]} » n’est pas une date : laissée.")
        return found

    def _words(self, line: int, cells: Mapping[str, str], kind: str) -> dict[str, str]:
        """Read the words of closed lists: in their cells; where these are empty, in the name."""
        found = {}
        for column in _words.COLUMNS:
            written = cells.get(column, "")
            cell, odd = _words.read(column, written, self.choices.words)
            if odd:
                short = {part for part in odd if len(part) <= _words.LONGEST}
                self.odd_words[line] |= {_words.Word(column, fold(part)): part for part in short}
                what = f"{_LABELS.get(column, column.capitalize())} : « {written[:80]} »"
                self.remark(line, f"{what} n’est pas compris : laissé.")
            usual = column == "aides" and _words.are_usual(cell, kind)
            found[column] = "" if usual else cell
        return found | self._told(line, cells, kind)

    def _told(self, line: int, cells: Mapping[str, str], kind: str) -> dict[str, str]:
        """Return what the name tells in columns that the row leaves empty, unless it is refused."""
        taken: dict[str, list[str]] = defaultdict(list)
        for one in _words.told(cells.get("nom", "")):
            usual = one.column == "aides" and one.word in ServiceType(kind).facts.aids
            if cells.get(one.column) or usual:
                continue
            self.told[line].append(one)
            if self.choices.named.get(_words.Word(one.column, one.word), one.sure):
                taken[one.column].append(one.word)
        if PERPETRATORS in taken.get("publics", ()):
            taken = {"publics": [PERPETRATORS]}
        for column, words in taken.items():
            labels = [vocabulary(column)[word] for word in words]
            what = f"{_LABELS.get(column, column.capitalize())}, d’après son nom"
            self.remark(line, f"{what} : {', '.join(labels)}.")
        return {
            column: _words.with_usual_aids(words, kind) if column == "aides" else "|".join(words)
            for column, words in taken.items()
        }

    def _point(self, line: int, cells: Mapping[str, str]) -> tuple[float | None, float | None]:
        texts = [cells.get("latitude", ""), cells.get("longitude", "")]
        if not all(texts) and cells.get(_columns.POINT):
            texts = re.split(r"\s*[,;]\s*|\s+", cells[_columns.POINT].strip("[]() "))[:2]
        both = [_number(text) for text in texts]
        if len(both) == 2 and None not in both:
            return both[0], both[1]
        if any(texts):
            self.remark(line, "Latitude ou longitude illisible : le lieu est placé à la mairie.")
        return None, None

    # --- rows ---

    def _ids_of_its_own(self) -> dict[int, str]:
        """Return the ids of a table that has some like ours, all different."""
        names = self._names.get("id", ())
        if len(names) != 1:
            return {}
        cells = self.sheet.rows[names[0]]
        filled = cells[cells != ""]
        if not len(filled) or filled.duplicated().any() or not filled.map(_is_own_id).all():
            return {}
        return {int(str(line)): text for line, text in filled.items()}

    def finished(self, made: pd.DataFrame, lines: Sequence[int]) -> pd.DataFrame:
        """Give the rows their levels, ids and further columns, and hide whole what is hidden."""
        rows: dict[int, dict[str, str]] = {
            line: {str(name): str(cell) for name, cell in row.items()}
            for line, row in zip(lines, made.to_dict("records"), strict=True)
        }
        extra = self._names.get(_columns.KEPT, ())
        for line, row in rows.items():
            row["confidentialite"] = self._level(line, row["type"])
            row["source"] = row["source"] or _UNTOLD
            hidden = bool(row["confidentialite"])
            row |= {name: "" if hidden else self.extra[line].get(name, "") for name in extra}
        frame = pd.DataFrame(
            list(rows.values()),
            columns=[*made.columns, *extra],
            index=pd.Index(list(rows), dtype="int64"),
            dtype="str",
        )
        frame["id"] = [f"x{line}" for line in rows]
        if any(row["confidentialite"] for row in rows.values()):
            columns = tuple(map(str, frame.columns))
            for hide in repairs.hide_whole(with_known_columns(frame), columns=columns):
                rows[hide.line][hide.column] = hide.after
                frame.loc[hide.line, hide.column] = hide.after
        for line, row in rows.items():
            if row["confidentialite"]:
                self.remark(line, _HIDDEN)
        frame["id"] = self._ids(rows)
        return frame

    def _level(self, line: int, kind: str) -> str:
        """Return the level of a row: never less strict than its type, or than what is written."""
        written = self._written_levels.get(line, "")
        known = level_of(written, kind)
        shelter = kind == ServiceType.HEBERGEMENT
        if known == Confidentiality.NON_PUBLIE:
            return str(known)
        if shelter or (written and known is None and fold(written) not in _OPEN):
            return str(Confidentiality.DEPARTEMENT)
        return "" if known in (None, Confidentiality.PUBLIC) else str(known)

    def _ids(self, rows: Mapping[int, Mapping[str, str]]) -> list[str]:
        """Make ids that are the same when the file comes again, and all different.

        Of a row that hides its place: from what anybody may know of it, so that no guess of a
        commune can be tried against it.
        """
        bases = {}
        for line, row in rows.items():
            if row["confidentialite"]:
                zone = row["zone_eligibilite"].lower()
                known = f"{fold(row['nom'])}|{zone}".encode()
                digest = hashlib.blake2b(known, digest_size=4).hexdigest()
                bases[line] = f"{zone.replace('|', '-') or 'x'}-{row['type']}-{digest}"
            else:
                bases[line] = self._own_ids.get(line, "") or _base_id(row)
        taken: set[str] = set()
        found = {}
        for line in sorted(bases, key=lambda one: (bases[one], fold(rows[one]["adresse"]))):
            free, count = bases[line], 1
            while free in taken:
                count += 1
                free = f"{bases[line]}-{count}"
            taken.add(free)
            found[line] = free
            if count > 1 and not rows[line]["confidentialite"]:
                self.remark(line, f"Même nom et même commune qu’une autre ligne : {free}.")
        return [found[line] for line in rows]


_LABELS: Final = {"acces": "Accès", "accessibilite": "Accessibilité"}
_HIDDEN: Final = (
    "Lieu confidentiel : seuls son nom et son département sont pris. Adresse, commune, téléphone "
    "et le reste restent dans votre fichier."
)
_OPEN: Final = ("non", "n", "0", "faux", "public", "publique", "oui public")


def _base_id(row: Mapping[str, str]) -> str:
    code = row["code_insee"]
    home = communes.departement_of(code).lower() if code else ""
    name, town = sources.slug(row["nom"]), sources.slug(row["commune"])
    whole = "-".join(filter(None, (home, name, "" if town and town in name else town)))
    return whole[:_LONGEST_ID].strip("-") or "lieu"


def _is_own_id(text: str) -> bool:
    return bool(_OWN_ID.fullmatch(text)) and not place_words.tells_a_place(text)


@lru_cache(maxsize=512)
def _departement(written: str) -> str:
    """Return the code of a département that is written as a code or a name, "" if it is none."""
    code = re.sub(r".*\((\w+)\)", r"\1", written.strip()).upper().zfill(2)
    known = communes.read_departements()["nom"]
    named = {fold(str(name)): str(one) for one, name in known.items()}
    return code if code in known.index else named.get(fold(written), "")


def _of_postal_code(code_postal: str) -> str:
    """Return the département of all communes that have a postal code, "" if they have several."""
    found = communes.with_postal_code(padded(code_postal))
    homes = {communes.departement_of(code) for code in found}
    return homes.pop() if len(homes) == 1 else ""


def _codes(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the networks and the zone of a row, as the list writes them."""
    readers = {"reseaux": _slugs, "zone_eligibilite": _zone}
    return {name: read(cells[name]) for name, read in readers.items() if cells.get(name)}


def _slugs(written: str) -> str:
    """Return networks joined by a vertical bar."""
    return "|".join(filter(None, (part.strip() for part in re.split(r"[;,|]", written))))


def _zone(written: str) -> str:
    """Return the codes of a zone, or the zone as it is written unless all of it has one.

    >>> _zone("Vienne (86) ; Civray (86078)"), _zone("toute la France"), _zone("Le Poitou")
    ('86|86078', 'france', 'Le Poitou')
    """
    codes = []
    for part in filter(None, (part.strip() for part in re.split(r"[;|]", written))):
        code = re.fullmatch(r"(?:.*\()?((?:\d|2[AB])[\dAB]*)\)?", part)
        codes.append("france" if fold(part) == fold(FRANCE) else code[1] if code else "")
    return "|".join(codes) if all(codes) else written


def _plain_day(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\n", ", ")).strip()


def _is_closed(text: str) -> bool:
    folded = fold(text)
    return folded in _CLOSED or (not folded and bool(text.strip()))


def _understood(text: str) -> str:
    """Return hours as OSM text, "" where they are not understood."""
    try:
        return hours.understand(text)
    except hours.InvalidHours:
        return ""


def _day_of(written: str) -> str:
    """Return a date as ISO text: French, ISO, or the number of a spreadsheet; "" if it is none.

    >>> _day_of("15/03/2021"), _day_of("45000"), _day_of("2023-03-06T08:00"), _day_of("hier")
    ('2021-03-15', '2023-03-15', '2023-03-06', '')
    >>> _day_of("en novembre 2016"), _day_of("20260302"), _day_of("46023.5")
    ('2016-11', '2026-03-02', '2026-01-01')
    """
    if _columns.is_serial(written):
        return (date(1899, 12, 30) + timedelta(days=int(float(written)))).isoformat()
    read: PartialDate | None = (
        parse(written) or parse(written[:10]) or _columns.compact_day(written)
    )
    if month := _MONTH.fullmatch(fold(written)):
        read = PartialDate.of(month[2], f"{_MONTHS.index(month[1]) + 1:02}")
    return str(read) if read else ""


def _number(text: str) -> float | None:
    try:
        read = float(text.replace(",", "."))
    except ValueError:
        return None
    return read if math.isfinite(read) else None


def _sentence(message: str) -> str:
    """Return what a problem says, without the line and the column."""
    sentence = _PLACE_IN_FILE.sub("", message)
    return sentence[:1].upper() + sentence[1:]


# --- what became of each line -------------------------------------------------------------


def _adopted(
    table: _Table,
    rows: pd.DataFrame,
    kinds: Mapping[int, _kinds.Kind],
    left_out: Mapping[int, str],
) -> Adopted:
    reading = read_rows(Table(rows, ()))
    refused = set()
    for problem in reading.problems:
        table.remark(problem.line, _sentence(problem.message))
        if problem.severity == "error":
            refused.add(problem.line)
    kept = rows.loc[[line for line in rows.index if line not in refused]]
    kept = kept.assign(source=kept["source"].where(kept["source"] != _UNTOLD, ""))
    records = dict(table.records())
    every = sorted({*records, *left_out})
    rows_kept = {int(str(line)): row for line, row in kept.to_dict("index").items()}
    outcomes = pd.DataFrame(
        [_outcome(table, line, records, kinds, rows_kept, left_out) for line in every],
        columns=["name", "id", "type", "commune", "hidden", "sure", "why", "remarks"],
        index=pd.Index(every, dtype="int64"),
    )
    taken = ~outcomes["hidden"] & (outcomes["id"] != "")
    open_lines = [int(line) for line in outcomes.index[taken]]
    unknown: dict[str, int] = defaultdict(int)
    for line, kind in kinds.items():
        if not kind.type and not kind.sure:
            unknown[records[line].get("type", "")] += 1
    shelters = tuple(
        line
        for line, cells in records.items()
        if line not in table.choices.not_shelters
        and _kinds.may_be_shelter(cells.get("type", ""), cells.get("nom", ""))
    )
    return Adopted(
        kept,
        outcomes,
        dict(unknown),
        _unknown_words(table, open_lines),
        _all_told(table, open_lines),
        shelters,
        bool((kept["source"] == "").any()),
    )


def _unknown_words(table: _Table, lines: Sequence[int]) -> dict[_words.Word, tuple[str, int]]:
    found: dict[_words.Word, tuple[str, int]] = {}
    for line in lines:
        for word, written in table.odd_words.get(line, {}).items():
            first, count = found.get(word, (written, 0))
            found[word] = first, count + 1
    return found


def _all_told(table: _Table, lines: Sequence[int]) -> dict[_words.Told, tuple[int, ...]]:
    found: dict[_words.Told, list[int]] = defaultdict(list)
    for line in lines:
        for one in table.told.get(line, ()):
            found[one].append(line)
    return {one: tuple(where) for one, where in found.items()}


def _outcome(
    table: _Table,
    line: int,
    records: Mapping[int, Mapping[str, str]],
    kinds: Mapping[int, _kinds.Kind],
    kept: Mapping[int, Mapping[Hashable, Any]],
    left_out: Mapping[int, str],
) -> tuple[str, str, str, str, bool, bool, str, str]:
    row = kept.get(line, {})
    kind = kinds.get(line, _kinds.Kind("", "", sure=False))
    hidden = kind.type == ServiceType.HEBERGEMENT or bool(row.get("confidentialite"))
    remarks = table.remarks.get(line, [])
    if hidden:
        # Other remarks repeat cells.
        remarks = [_HIDDEN] if row else ["Lieu confidentiel sans département connu : non pris."]
    if line in left_out:
        remarks = [f"Non prise : {left_out[line]}."]
    name = records.get(line, {}).get("nom", "")
    found = [str(row.get(column, "")) for column in ("id", "type", "commune")]
    return name, found[0], found[1], found[2], hidden, kind.sure, kind.why, " ".join(remarks)
