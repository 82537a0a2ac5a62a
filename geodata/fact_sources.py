"""NAME.sources.csv, beside NAME.csv: the source of a fact that is not that of its whole row.

A phone number may come from 2014 where its row was read in 2025. One line of this file says it of
one cell: `id`, `colonne`, `source`, `lien_source`, `date_source`. Every other cell has the source
of its row. The file is optional; whatever is wrong in it is told, and never hides the list.

A hidden row's facts keep its secret: what the reader would refuse in the row's own `source` and
`lien_source` is not shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Self

import geopandas as gpd
import pandas as pd

from geodata import french, partial_date, secrecy
from geodata.secrecy import Confidentiality
from geodata.services import (
    COLUMNS,
    LINK,
    MOST_NAMED,
    Reading,
    UnreadableFile,
    read_rows,
)
from geodata.tables import (
    BLANK,
    Document,
    Problem,
    Record,
    Table,
    csv_line,
    read_document,
    read_table,
)
from geodata.text import fold

FIELDS: Final = ("id", "colonne", "source", "lien_source", "date_source")
"""The columns of the file."""

ATTACHED: Final = "faits"
"""The column of a frame of services that holds each row's facts (`of`)."""

_LABELS: Final[Mapping[str, str]] = {
    "telephone": "téléphone",
    "courriel": "courriel",
    "site_web": "site",
    "adresse": "adresse",
    "latitude": "position",
    "longitude": "position",
    "horaires_accueil": "horaires",
    "horaires_precisions": "horaires",
    "acces": "accueil",
    "description": "présentation",
}
_WITHOUT_SOURCE: Final = frozenset(
    (
        *("id", "type", "departement", "confidentialite"),
        *("source", "lien_source", "date_source", "date_verification"),
        *("approximatif", "geometry", ATTACHED),
    )
)


@dataclass(frozen=True, slots=True)
class FactSource:
    """Where a fact comes from, its link and its date (`2016`, `2016-11`…); "" where unknown."""

    source: str
    lien_source: str = ""
    date_source: str = ""

    @classmethod
    def of_row(cls, row: Mapping[str, Any] | pd.Series) -> Self:
        """Return the source of a whole row."""
        return cls(row["source"], row["lien_source"], row["date_source"])


Key = tuple[str, str]
"""The id of a row, and a column."""


def beside(path: Path) -> Path:
    """Return the file of a list's fact sources: `services.sources.csv` for `services.csv`."""
    return path.with_suffix(".sources.csv")


def may_have_source(column: str) -> bool:
    """Return whether the cells of a column may have a source of their own."""
    return column not in _WITHOUT_SOURCE


def label(column: str) -> str:
    """Return what people call a column, inside a sentence: `téléphone`, `position`."""
    return _LABELS.get(column, column.replace("_", " "))


def of(service: Mapping[str, Any] | pd.Series) -> Mapping[str, FactSource]:
    """Return the facts of a row that have a source of their own, by column."""
    facts = service.get(ATTACHED)
    return facts if isinstance(facts, dict) else {}


def without(services: pd.DataFrame) -> pd.DataFrame:
    """Return the services without the column of facts."""
    return services.drop(columns=ATTACHED, errors="ignore")


def table(services: pd.DataFrame) -> pd.DataFrame:
    """Return the facts of these services as text, one a row, with the columns `FIELDS`."""
    rows = [
        (key, column, *astuple(fact))
        for key, facts in zip(services.index, services.get(ATTACHED, ()), strict=False)
        for column, fact in facts.items()
    ]
    return pd.DataFrame(rows, columns=list(FIELDS), dtype="str")


# --- reading ------------------------------------------------------------------------------


def read_beside(path: Path, reading: Reading, *, today: date | None = None) -> Reading:
    """Add to what a list holds the fact sources of the file beside it, if there is one."""
    file = beside(path)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return reading
    except OSError:
        problem = _of_file(file.name, "le fichier ne peut pas être ouvert.")
        return replace(reading, problems=(*reading.problems, problem))
    return read(content, reading, name=file.name, today=today)


def read(content: bytes, reading: Reading, *, name: str, today: date | None = None) -> Reading:
    """Add the facts of a file to the services (column `ATTACHED`), and its problems to theirs.

    A file that cannot be read is one problem, and a wrong line is one: neither takes a service
    away. Facts of rows that are never shown are not read. With `today`, dates to come are told.

    Args:
        content: the file, as Excel, LibreOffice or a program writes it.
        reading: the list.
        name: the name of the file, for the messages.
        today: the current day.
    """
    try:
        rows = _rows(read_table(content))
    except UnreadableFile as error:
        problem = _of_file(name, f"le fichier n’est pas lu. {error}")
        return replace(reading, problems=(*reading.problems, problem))
    check = _Check(name)
    facts = _checked(rows.frame, reading.services, check, today)
    for broken in rows.problems:
        check.add(broken.line, broken.column, broken.message.partition(" : ")[2], hidden=True)
    return Reading(_attached(reading.services, facts), (*reading.problems, *check.problems()))


def _rows(table: Table) -> Table:
    """Give the table with the names of `FIELDS`. Raises UnreadableFile where one is missing."""
    frame = table.frame.rename(columns=_known_name)
    if missing := [f"« {column} »" for column in FIELDS[:3] if column not in frame.columns]:
        raise UnreadableFile(
            f"Colonne absente : {', '.join(missing)}. La première ligne doit nommer "
            f"{', '.join(FIELDS)}."
        )
    return replace(table, frame=frame.reindex(columns=list(FIELDS), fill_value=""))


def _known_name(cell: str) -> str:
    name = fold(cell.strip(BLANK)).replace(" ", "_")
    return name if name in FIELDS else cell


class _Check:
    """What is wrong in the file: the first lines of each kind are named, the others counted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._found: dict[tuple[str, str], list[tuple[int, bool, bool]]] = {}

    def add(
        self, line: int, column: str, message: str, *, hidden: bool, tells_place: bool = False
    ) -> None:
        """Add a problem. `hidden`: its row is hidden or unknown, its line is for editors alone."""
        self._found.setdefault((column, message), []).append((line, hidden, tells_place))

    def problems(self) -> tuple[Problem, ...]:
        """Return the problems by line. No message holds a cell."""
        found = []
        for (column, message), lines in self._found.items():
            where = f"colonne « {column} » : " if column else ""
            most = len(lines) if any(tells for _, _, tells in lines) else MOST_NAMED
            for line, hidden, tells in lines[:most]:
                text = f"Ligne {line}, fichier « {self.name} », {where}{message}"
                found.append(
                    Problem(line, column, "", text, "warning", tells_place=tells, hidden=hidden)
                )
            if rest := len(lines) - len(lines[:most]):
                line, hidden, _ = lines[most]
                same = french.count(rest, "autre ligne", "autres lignes")
                text = (
                    f"Ligne {line}, fichier « {self.name} », {where}même problème que plus haut, "
                    f"ici et plus bas : {same}."
                )
                found.append(Problem(line, column, "", text, "warning", rows=rest, hidden=hidden))
        return tuple(sorted(found, key=lambda problem: problem.line))


def _of_file(name: str, message: str) -> Problem:
    text = (
        f"Fichier « {name} » : {message} La liste est lue sans lui : chaque fait y a la source de "
        "sa fiche."
    )
    return Problem(0, "", "", text, "warning")


def _checked(
    frame: pd.DataFrame, services: gpd.GeoDataFrame, check: _Check, today: date | None
) -> dict[Key, FactSource]:
    """Return the facts that may be shown, and report the others."""
    levels: dict[str, str] = services["confidentialite"].to_dict()
    filled = {
        str(column): set(services.index[_is_filled(services[column])])
        for column in services.columns
        if may_have_source(str(column))
    }
    facts: dict[Key, FactSource] = {}
    lines: dict[Key, int] = {}
    for line, row in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        key, column, fact = row[0], row[1], FactSource(*row[2:])
        level = levels.get(key)
        if level == Confidentiality.NON_PUBLIE:
            continue
        hidden = level != Confidentiality.PUBLIC
        if wrong := _wrong(key, column, fact, levels, filled, lines):
            check.add(line, *wrong, hidden=hidden)
            continue
        lines[key, column] = line
        facts[key, column] = _with_good_cells(fact, line, check, today, hidden=hidden)
    for place in _telling(facts, services):
        message = (
            "ce lieu est confidentiel et cette source peut dire où il se trouve : elle n’est pas "
            "montrée. L’effacer, ou écrire « source non montrée », sans lien."
        )
        check.add(lines[place], "source", message, hidden=True, tells_place=True)
        del facts[place]
    return facts


def _is_filled(cells: pd.Series) -> pd.Series:
    return cells.notna() if pd.api.types.is_numeric_dtype(cells) else cells != ""


def _wrong(
    key: str,
    column: str,
    fact: FactSource,
    levels: Mapping[str, str],
    filled: Mapping[str, Collection[str]],
    lines: Mapping[Key, int],
) -> tuple[str, str] | None:
    """Return the column and the message of what makes a line useless, None if nothing does."""
    erase = "Corriger, ou effacer la ligne."
    if key not in levels:
        return "id", f"aucune fiche de la liste n’a cet identifiant. {erase}"
    if column not in filled:
        return "colonne", (
            "ce n’est pas le nom d’une colonne de la liste qui a une source (telephone, adresse, "
            f"horaires_accueil…). {erase}"
        )
    if key not in filled[column]:
        return "colonne", "cette case de la liste est vide. Effacer la ligne."
    if not fact.source:
        return "source", "la case est vide alors qu’elle est obligatoire. La remplir."
    if (key, column) in lines:
        return "colonne", "cette case de la liste a déjà une source plus haut. N’en garder qu’une."
    return None


def _with_good_cells(
    fact: FactSource, line: int, check: _Check, today: date | None, *, hidden: bool
) -> FactSource:
    """Return a fact with its date in one form and without a link that is none; report them."""
    when = partial_date.parse(fact.date_source)
    if fact.date_source and when is None:
        message = "ce n’est pas une date. Écrire 2026, 2026-11 ou 2026-11-22."
        check.add(line, "date_source", message, hidden=hidden)
    if when and today and when.first_day > today:
        message = "c’est une date à venir : vérifier l’année, le mois et le jour."
        check.add(line, "date_source", message, hidden=hidden)
    link = fact.lien_source
    if link and not LINK.fullmatch(link):
        message = "ce n’est pas un lien. Écrire une seule adresse, qui commence par https://."
        check.add(line, "lien_source", message, hidden=hidden)
        link = ""
    return FactSource(fact.source, link, str(when or ""))


def _telling(facts: Mapping[Key, FactSource], services: gpd.GeoDataFrame) -> tuple[Key, ...]:
    """Return the facts of hidden rows that may tell their place.

    Each is read as the `source` and `lien_source` of its own row, which knows what is secret.
    """
    hidden = set(services.index[services["confidentialite"] != Confidentiality.PUBLIC])
    asked = [(place, fact) for place, fact in facts.items() if place[0] in hidden]
    if not asked:
        return ()
    known = [column for column in services.columns if column in COLUMNS]
    rows = pd.DataFrame(services.loc[[key for (key, _), _ in asked], known]).astype("str")
    for column in ("latitude", "longitude"):
        rows[column] = ""
    for field in FIELDS[2:]:
        rows[field] = [getattr(fact, field) for _, fact in asked]
    rows.insert(0, "id", [f"f{place}" for place in range(len(asked))])
    rows.index = pd.RangeIndex(len(asked))
    kept = read_rows(Table(rows, ())).services
    told = {key: (row["source"], row["lien_source"]) for key, row in kept.iterrows()}
    return tuple(
        place
        for number, (place, fact) in enumerate(asked)
        if told.get(f"f{number}") != (fact.source, fact.lien_source)
    )


def telling(facts: Mapping[Key, FactSource], services: gpd.GeoDataFrame) -> frozenset[Key]:
    """Return the facts that may not be written: those of hidden rows that may tell their place."""
    known = {key: fact for key, fact in facts.items() if key[0] in services.index}
    never = set(services.index[~secrecy.is_shown(services)])
    return frozenset((*_telling(known, services), *(key for key in known if key[0] in never)))


def _attached(services: gpd.GeoDataFrame, facts: Mapping[Key, FactSource]) -> gpd.GeoDataFrame:
    by_row: dict[str, dict[str, FactSource]] = {}
    for (key, column), fact in facts.items():
        by_row.setdefault(key, {})[column] = fact
    none: dict[str, FactSource] = {}
    cells = [by_row.get(key, none) for key in services.index]
    return services.assign(**{ATTACHED: pd.Series(cells, services.index, dtype=object)})


# --- writing ------------------------------------------------------------------------------


def written(content: bytes) -> dict[Key, FactSource]:
    """Return the facts of a file as it is written, unchecked; the first line of a cell counts.

    Raises UnreadableFile if a save could not carry the file unharmed.
    """
    facts: dict[Key, FactSource] = {}
    if content.strip():
        document = _document(content)
        names = _places(document)
        for record in document.records[1:]:
            cells = _cells(record, names)
            facts.setdefault((cells[0], cells[1]), FactSource(*cells[2:]))
    return facts


def edited(content: bytes, changes: Mapping[Key, FactSource | None]) -> bytes:
    """Return a file with the source of some cells changed, or taken away (None).

    Other lines keep their bytes. An empty file gets a header. Raises UnreadableFile.
    """
    document = _document(content if content.strip() else csv_line(FIELDS, ",", end="\n").encode())
    header, *records = document.records
    names = _places(document)
    newline = "\r\n" if header.text.endswith("\r\n") else "\n"
    left = dict(changes)
    kept = [replace(header, text=header.text.rstrip("\r\n") + newline)]
    for record in records:
        cells = _cells(record, names)
        place = cells[0], cells[1]
        line = replace(record, text=record.text.rstrip("\r\n") + newline)
        if place not in changes:
            kept.append(line)
        elif fact := left.pop(place, None):
            texts = zip((names[field] for field in FIELDS[2:]), astuple(fact), strict=True)
            kept.append(document.rewritten(line, dict(texts)))
    for (key, column), fact in left.items():
        if fact:
            given = dict(zip(FIELDS, (key, column, *astuple(fact)), strict=True))
            ordered = [given.get(_known_name(name), "") for name in header.cells]
            text = csv_line(ordered, document.separator, end=newline)
            kept.append(Record(0, tuple(ordered), text))
    return replace(document, records=tuple(kept)).encoded()


def _document(content: bytes) -> Document:
    document = read_document(content)
    names = set(map(_known_name, document.records[0].cells)) if document.records else set()
    broken = any(problem.severity == "error" for problem in document.problems)
    if broken or not names.issuperset(FIELDS):
        raise UnreadableFile(
            "le fichier des sources est abîmé : un guillemet est mal fermé, ou il manque l’une des "
            f"colonnes {', '.join(FIELDS)}. Le corriger avant d’enregistrer."
        )
    return document


def _places(document: Document) -> Mapping[str, int]:
    return {_known_name(name): place for place, name in enumerate(document.records[0].cells)}


def _cells(record: Record, names: Mapping[str, int]) -> tuple[str, ...]:
    """Return the cells of `FIELDS`, stripped; "" where the record ends before them."""
    cells = dict(enumerate(record.cells))
    return tuple(cells.get(names[field], "").strip(BLANK) for field in FIELDS)


def as_json(fact: FactSource | None) -> dict[str, str] | None:
    """Return a fact as JSON holds it."""
    return None if fact is None else asdict(fact)


def of_json(read: Any) -> FactSource | None:
    """Return a fact from JSON. Raises TypeError where it is not one."""
    if read is None:
        return None
    fact = FactSource(**read)
    if not all(isinstance(cell, str) for cell in astuple(fact)):
        raise TypeError("not a fact source")
    return fact
