"""Search services by words: what people type, and which services it finds, best first.

A word finds a service whose texts hold it in any form (plural, feminine, with or without accents),
or that does what the word stands for (`_everyday_words`). A word that the list does not hold finds
the words that begin like it or are spelled nearly like it. All words must be found, in any order,
in any field. A telephone number is found with or without spaces.

Texts are stemmed by Snowball and kept in a table of SQLite's FTS5, in memory, which ranks them
(BM25). It holds only what may be shown: rows that are never shown are left out, and what tells a
hidden place was emptied when the list was read.
"""

import re
import sqlite3
import sys
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from threading import Lock
from typing import Final

import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA
from snowballstemmer import stemmer

from geodata import _everyday_words, communes, french, hours, phones, secrecy
from geodata.aids import aids_of
from geodata.secrecy import Confidentiality
from geodata.services import LISTS, ServiceType, vocabulary
from geodata.text import fold, spelled_out

__all__ = ["Answer", "Index", "split"]

_WEIGHTS: Final = {
    "name": 3,
    "commune": 2.5,
    "number": 2,
    "kind": 1.5,
    "structure": 1.5,
    "place": 1.2,
    "said": 0.6,
    "text": 0.4,
    "key": 0.1,
    "code": 0.05,
}
"""The columns of the table, and how much a word in each counts. Beyond 1, BM25 levels them."""

_MISSPELLED, _LONG = 5, 9
"""Letters from which one letter, or two, of a word may be wrong."""
_TELLING = 4
"""Letters from which the beginning of an everyday word stands for what the word stands for."""
_ENDINGS = re.compile("(?:ere|ee)$")
_INITIALS = re.compile(r"\b(?:[a-z] ){2,}[a-z]\b")


@dataclass(frozen=True)
class Answer:
    """What a search finds.

    `scores`: how well each service found answers, best first, by id; None where the words say
    nothing to search by (*de la*). `unknown`: the words that find nothing. `read_as`: the words
    that the list does not hold, each with those it was taken for.
    """

    scores: pd.Series | None
    unknown: tuple[str, ...] = ()
    read_as: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Index:
    """The words of the services that may be shown. Any number of threads may search it."""

    def __init__(self, services: pd.DataFrame) -> None:
        shown = secrecy.shown(services)
        self._ids = shown.index
        stems: dict[str, str] = {}
        columns = {name: _stemmed(texts, stems) for name, texts in _texts(shown).items()}
        columns["code"] = _codes(shown)
        self._table = _table(columns)
        self._lock = Lock()
        self._tokens = {*stems.values()}.union(*map(str.split, set(columns["code"])))
        everyday = {
            form: root
            for form, root in _everyday_forms().items()
            if not self._tokens.isdisjoint(_meanings()[root])
        }
        self._stems = everyday | stems
        self._forms = sorted(self._stems)

    def __sizeof__(self) -> int:
        """Estimate the memory that the index holds (bytes)."""
        with self._lock:
            (pages,) = self._table.execute("PRAGMA page_count").fetchone()
            (size,) = self._table.execute("PRAGMA page_size").fetchone()
        return int(pages * size) + sum(map(sys.getsizeof, [*self._forms, *self._tokens]))

    def search(self, words: str) -> Answer:
        """Return what all of these words find together."""
        found, unknown, read_as = [], [], []
        for word in split(words):
            tokens, taken_for = self._read(word)
            found.append(tokens)
            if not tokens:
                unknown.append(word)
            elif taken_for:
                read_as.append((word, taken_for))
        if not found:
            return Answer(None)
        scores = pd.Series(dtype=float) if unknown else self._scores(" AND ".join(found))
        return Answer(scores, tuple(unknown), tuple(read_as))

    def _scores(self, expression: str) -> pd.Series:
        weights = ", ".join(map(str, _WEIGHTS.values()))
        with self._lock:
            rows = self._table.execute(
                f"SELECT rowid, -bm25(words, {weights}) FROM words WHERE words MATCH ?",  # noqa: S608
                (expression,),
            ).fetchall()
        places, scores = zip(*rows, strict=True) if rows else ((), ())
        found = pd.Series(scores, self._ids.take(list(places)), dtype=float)
        return found.sort_values(ascending=False, kind="stable")

    def _read(self, word: str) -> tuple[str, tuple[str, ...]]:
        """Return what finds a word, "" for nothing, and what else than itself it was taken for."""
        if word[0].isdigit():
            return self._number(word), ()
        root = _stem(word)
        means = _meanings().get(root, frozenset())
        tokens = self._tokens.intersection({root, *means})
        if means or tokens:
            return _any(tokens), ()
        begun, alike = self._begun(word), self._alike(word)
        roots = {self._stems[form] for form in (*begun, *alike)}
        enough = roots if len(word) >= _TELLING else ()
        means = frozenset().union(*(_meanings().get(root, ()) for root in enough))
        # A stem that begins like the word is found by its beginning.
        tokens = self._tokens & {*means, *(root for root in roots if not root.startswith(word))}
        found = [f'(-code : "{word}"*)' if begun else "", _any(tokens)]
        return f"({' OR '.join(filter(None, found))})" if any(found) else "", (
            () if begun else tuple(alike)
        )

    def _number(self, word: str) -> str:
        """Return what finds numbers typed side by side: as one number, or each of them."""
        parts = word.split()
        together, *apart = (self._digits(digits) for digits in ("".join(parts), *parts))
        if len(parts) == 1 or not all(apart):
            return together
        each = " AND ".join(apart)
        return f"({together} OR ({each}))" if together else f"({each})"

    def _digits(self, digits: str) -> str:
        """Return what finds the numbers that begin so; a single digit is a number of its own."""
        if len(digits) == 1:
            return _any(self._tokens & {digits})
        return f'"{digits}"*' if self._begun(digits) else ""

    def _begun(self, beginning: str) -> list[str]:
        """Return the forms of the list that begin so."""
        first = bisect_left(self._forms, beginning)
        return self._forms[first : bisect_left(self._forms, f"{beginning}~", lo=first)]

    def _alike(self, word: str) -> list[str]:
        """Return the forms of the list spelled most nearly like a word that is no commune's."""
        if len(word) < _MISSPELLED or word in _commune_words():
            return []
        most = 2 if len(word) >= _LONG else 1
        near = process.extract(
            word, self._forms, scorer=OSA.distance, score_cutoff=most, limit=None
        )
        least = min((distance for _, distance, _ in near), default=0)
        return [form for form, distance, _ in near if distance == least]


def split(words: str) -> list[str]:
    """Return the words to search by; numbers typed side by side are one.

    >>> split("L’avocate de Saint-Maur, 05 49 43")
    ['avocate', 'saint', 'maur', '05 49 43']
    """
    found: list[str] = []
    for chunk in words.split():
        folded = list(_words(chunk))
        if not folded and any(map(str.isalnum, chunk)):
            found.append(chunk)  # of another alphabet: nothing here is written so
        found += folded
    told = (word for word in found if word not in _ignored() and (len(word) > 1 or word.isdigit()))
    runs = groupby(told, key=lambda word: "" if word.isdigit() else word)
    return [word or " ".join(run) for word, run in runs]


def _words(text: str) -> Iterator[str]:
    """Fold a text to words; initials are one word: *C.I.D.F.F.*."""
    plain = _INITIALS.sub(lambda initials: initials[0].replace(" ", ""), fold(text))
    return iter(spelled_out(plain).split())


def _stem(word: str) -> str:
    """Return what the forms of a French word have in common; numbers stay.

    >>> {_stem(word) for word in ("infirmier", "infirmiers", "infirmiere", "infirmieres")}
    {'infirmi'}
    """
    if not word.isalpha():
        return word
    # Snowball takes *dangers* for another word than *danger*, and knows these endings by accents.
    word = word[:-1] if len(word) > 3 and word.endswith("s") else word
    if len(word) > 5:
        word = _ENDINGS.sub("er", word)
    return str(stemmer("french").stemWord(word))  # a stemmer is not to be shared by threads


def _stemmed(texts: pd.Series, stems: dict[str, str]) -> list[str]:
    """Replace each word of the texts by its stem, which `stems` keeps by word."""
    cells: list[str] = texts.tolist()
    known = dict.fromkeys(cells, "")
    for text in known:
        words = list(_words(text))
        for word in words:
            if word not in stems:
                stems[word] = _stem(word)
        known[text] = " ".join([stems[word] for word in words])
    return [known[text] for text in cells]


def _texts(services: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the texts to search in, by column of the table."""
    labels = {str(kind): kind.label for kind in ServiceType}
    names = communes.read_departements()["nom"].to_dict()
    open_ones = services["confidentialite"].isin([Confidentiality.PUBLIC, Confidentiality.COMMUNE])
    ids = services.index.to_series()
    return {
        "name": services["nom"],
        "commune": services["commune"],
        "number": services["telephone"].map(_spellings(services["telephone"])),
        "kind": services["type"].map(labels),
        "structure": services["structure"],
        "place": _joined(
            services["adresse"],
            services["code_postal"],
            services["departement"],
            services["departement"].map(lambda code: names.get(code, "")),
        ),
        "said": _joined(
            *(
                cells.map(_labels(cells, vocabulary(column)))
                for column, cells in _coded(services).items()
                if column != "type"
            ),
            services["reseaux"],
            hours.weekdays(services["horaires_accueil"]).map(_day_names()),
        ),
        "text": _joined(services["horaires_precisions"], services["description"]),
        "key": ids.where(open_ones, ""),
    }


def _joined(*texts: pd.Series) -> pd.Series:
    cells = zip(*(column.tolist() for column in texts), strict=True)
    return pd.Series([" ".join(several) for several in cells], texts[0].index, dtype=object)


def _labels(cells: pd.Series, labels: Mapping[str, str]) -> dict[str, str]:
    return {
        text: " ".join(labels.get(value, value) for value in text.split("|"))
        for text in cells.unique()
    }


def _spellings(cells: pd.Series) -> dict[str, str]:
    """Return the digits of each cell's numbers, as dialled in France and from abroad."""
    return {
        cell: " ".join(
            {
                digits.lstrip("+")
                for one in phones.within(cell)
                for digits in (one.key, one.international)
            }
        )
        for cell in cells.unique()
    }


def _day_names() -> dict[int, str]:
    return {
        days: " ".join(name for day, name in enumerate(french.WEEKDAYS) if days >> day & 1)
        for days in range(128)
    }


def _coded(services: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the cells of the type and of the lists; where `aides` is empty, the type's aids."""
    given = aids_of(services).map(lambda found: "|".join(sorted(found)))
    lists = {column: services[column] for column in LISTS}
    return {"type": services["type"], **lists, "aides": given}


def _codes(services: pd.DataFrame) -> list[str]:
    """Return the coded values of each service as tokens: `type:justice acces:sur-rdv`."""
    columns = _coded(services)
    tokens = [
        cells.map(
            {
                text: " ".join(f"{column}:{value}" for value in text.split("|") if value)
                for text in cells.unique()
            }
        )
        for column, cells in columns.items()
    ]
    return list(map(" ".join, zip(*(column.tolist() for column in tokens), strict=True)))


def _table(columns: Mapping[str, Iterable[str]]) -> sqlite3.Connection:
    """Make the table of these columns: `words`, with the rows numbered from 0."""
    names = ", ".join(_WEIGHTS)
    base = sqlite3.connect(":memory:", check_same_thread=False)
    base.execute(
        f"CREATE VIRTUAL TABLE words USING fts5({names}, content='', "
        "tokenize=\"ascii tokenchars ':-'\")"
    )
    rows = enumerate(zip(*(columns[name] for name in _WEIGHTS), strict=True))
    base.executemany(
        f"INSERT INTO words(rowid, {names}) VALUES (?{', ?' * len(_WEIGHTS)})",  # noqa: S608
        ((number, *cells) for number, cells in rows),
    )
    base.execute("INSERT INTO words(words) VALUES ('optimize')")
    return base


def _any(tokens: Collection[str]) -> str:
    """Return an expression that finds one of these tokens, "" for none."""
    quoted = " OR ".join(f'"{token}"' for token in sorted(tokens))
    return quoted and f"({quoted})"


@cache
def _meanings() -> dict[str, frozenset[str]]:
    """Return what finds an everyday word, by its stem: coded values, and stems."""
    means: dict[str, frozenset[str]] = {}
    for words, finds in _everyday_words.MEANINGS:
        tokens = frozenset(
            token
            for meaning in finds.split()
            for token in ([meaning] if ":" in meaning else map(_stem, _words(meaning)))
        )
        for word in _words(words):
            means[_stem(word)] = means.get(_stem(word), frozenset()) | tokens
    return means


@cache
def _everyday_forms() -> dict[str, str]:
    """Return the stems of the everyday words by word."""
    return {word: _stem(word) for words, _ in _everyday_words.MEANINGS for word in _words(words)}


@cache
def _ignored() -> frozenset[str]:
    return frozenset(fold(_everyday_words.IGNORED).split())


@cache
def _commune_words() -> frozenset[str]:
    """Return the words of the names of communes: *Nantes* is no misspelling of *Mantes*."""
    names = communes.read_town_halls()["nom"]
    return frozenset(word for name in names for word in spelled_out(name).split())
