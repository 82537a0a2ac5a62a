"""Read words of closed lists: in a cell, all of them or none; in a name, as a proposal."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from geodata import aids, sources
from geodata.aids import Aid, Violence
from geodata.service_types import ServiceType
from geodata.services import AUDIENCES, PERPETRATORS
from geodata.text import fold

COLUMNS: Final = ("publics", "aides", "violences", "langues", "accessibilite", "frais", "acces")
LONGEST: Final = 60
"""A longer text is a sentence: nobody is asked which word it stands for."""


class Word(NamedTuple):
    """A word of a column, as somebody wrote it, or as a name tells it. `said` is folded."""

    column: str
    said: str


class Told(NamedTuple):
    """What a name tells. `sure`: it is taken unless somebody says no; else only if asked."""

    column: str
    word: str
    sure: bool


def read(column: str, written: str, answers: Mapping[Word, str]) -> tuple[str, tuple[str, ...]]:
    """Return the words of a cell and the parts that are not understood.

    No word is given unless all of the cell is understood: half of it would shut somebody out
    (*Familles, adultes* is not for families alone), or say less than the row does. `answers`: what
    a person said of a part, "" where it says nothing.

    >>> read("publics", "Femmes et enfants", {}), read("publics", "Familles, adultes", {})
    (('femmes|enfants', ()), ('', ('adultes',)))
    >>> read("publics", "Familles, adultes", {Word("publics", "adultes"): "tous"})
    ('familles|tous', ())
    """
    known = _known(column)
    words, odd = [], []
    for part in filter(fold, re.split(r"[;|\n]", written)):
        finer = [part] if _answer(column, part, known, answers) is not None else _finer(part)
        for one in finer:
            word = _answer(column, one, known, answers)
            if word is None:
                odd.append(one.strip())
            elif word:
                words.append(word)
    if odd and column == "acces" and (said := sources.access(written)):
        return said, ()
    return "" if odd else "|".join(dict.fromkeys(words)), tuple(dict.fromkeys(odd))


def _finer(part: str) -> list[str]:
    return [one for one in re.split(r"[,/+]| et ", part) if fold(one)]


def _answer(
    column: str, part: str, known: Mapping[str, str], answers: Mapping[Word, str]
) -> str | None:
    folded = fold(part)
    return answers.get(Word(column, folded), known.get(folded))


@cache
def _known(column: str) -> Mapping[str, str]:
    if column not in ("publics", "acces"):
        return aids.also_written(column)
    labels = AUDIENCES if column == "publics" else aids.ACCESS
    known = {fold(said): word for word, label in labels.items() for said in (word, label)}
    if column == "publics":
        known |= {word.removesuffix("s"): word for word in AUDIENCES}
        known |= dict.fromkeys(_EVERYBODY, "tous")
        known["auteurs de violence"] = PERPETRATORS
    return known


_EVERYBODY: Final = ("tout public", "tous publics", "toutes", "tout type de public")


# --- what a name tells --------------------------------------------------------------------

_IN_NAMES: Final[tuple[tuple[str, str, str, bool], ...]] = (
    # column, word, words of a folded name, sure
    (
        "publics",
        PERPETRATORS,
        r"auteure?s? (?:de |des )?violences?|ne frappez pas|stage de responsabilisation|cpca",
        True,
    ),
    ("publics", "femmes", r"femmes?", False),
    ("publics", "jeunes", r"jeunes?|jeunesse|ado|ados|adolescente?s?", False),
    ("publics", "enfants", r"enfants?|mineure?s?", False),
    ("publics", "familles", r"familles?|parents", False),
    ("aides", Aid.AVOCAT, r"avocate?s?|barreau", True),
    ("aides", Aid.JURIDIQUE, r"juridiques?|acces aux droits?|acces au droit|point justice", True),
    ("aides", Aid.PSYCHOLOGIQUE, r"psychologue?s?|psychologiques?|psychotrauma\w*", True),
    ("aides", Aid.PLAINTE, r"plaintes?", True),
    ("aides", Aid.CONSTAT, r"medico judiciaires?|medecine legale|umj", True),
    ("aides", Aid.GROUPE, r"groupes? de paroles?", True),
    ("aides", Aid.GRAVE_DANGER, r"grave danger|tgd", True),
    ("aides", Aid.SEJOUR, r"titres? de sejour|droits? des etrangers", True),
    ("aides", Aid.GARDE, r"creches?|halte garderie|garde d enfants", True),
    ("aides", Aid.EMPLOI, r"emploi|insertion professionnelle|mission locale", False),
    ("aides", Aid.LOGEMENT, r"logement", False),
    ("violences", Violence.CONJUGALES, r"violences? conjugales?", True),
    ("violences", Violence.INTRAFAMILIALES, r"violences? intra ?familiales?", True),
    (
        "violences",
        Violence.SEXUELLES,
        r"(?:violences?|agressions?) sexuelles?|viols?",
        True,
    ),
    ("violences", Violence.INCESTE, r"incestes?", True),
    ("violences", Violence.MARIAGE_FORCE, r"mariages? forces?", True),
    ("violences", Violence.MUTILATIONS, r"mutilations? sexuelles?|excision", True),
    ("violences", Violence.PROSTITUTION, r"prostitution", True),
    ("violences", Violence.TRAVAIL, r"(?:harcelement|violences?) au travail", True),
    ("violences", Violence.EN_LIGNE, r"cyber ?violences?|cyber ?harcelement", True),
)


def told(name: str) -> list[Told]:
    """Return what the words of a name tell of a service.

    >>> [one.word for one in told("Permanence d’avocats, violences conjugales")]
    ['avocat', 'conjugales']
    """
    folded = fold(name)
    return [
        Told(column, str(word), sure)
        for column, word, pattern, sure in _IN_NAMES
        if re.search(rf"\b(?:{pattern})\b", folded)
    ]


def with_usual_aids(words: list[str], kind: str) -> str:
    """Add aids to those that the type usually gives; "" where these have them all."""
    usual = [str(aid) for aid in ServiceType(kind).facts.aids]
    return "|".join(dict.fromkeys([*usual, *words])) if set(words) - set(usual) else ""


def are_usual(written: str, kind: str) -> bool:
    """Say whether these are the aids that an empty cell of the type means."""
    return bool(written) and set(written.split("|")) == set(ServiceType(kind).facts.aids)
