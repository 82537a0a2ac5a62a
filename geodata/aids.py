"""What a service does, for which violences, in which languages: words, labels and defaults.

The columns `aides`, `violences`, `langues`, `accessibilite` and `frais` hold words of closed lists,
joined by a vertical bar. An empty cell of `aides` means the usual aids of the type
(`ServiceType.facts.aids`); an empty cell of the other columns means *not said*, which is neither
yes nor no.
"""

from collections.abc import Collection, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, TypeVar

import pandas as pd
from babel import Locale

from geodata.labelled import Labelled
from geodata.service_types import Aid, ServiceType
from geodata.text import fold

__all__ = [
    "ACCESS",
    "INTERPRETER",
    "UNSAID_COLUMNS",
    "Accessibility",
    "Aid",
    "Fee",
    "Violence",
    "aids_of",
    "also_written",
    "gives",
    "languages",
    "said",
    "says",
    "violences_said",
    "vocabulary",
]

_Word = TypeVar("_Word", bound=Labelled)


class Violence(Labelled):
    """A violence that a service knows."""

    CONJUGALES = "conjugales", "violences conjugales"
    INTRAFAMILIALES = "intrafamiliales", "violences intrafamiliales"
    SEXUELLES = "sexuelles", "violences sexuelles"
    INCESTE = "inceste", "inceste et violences dans l’enfance"
    MARIAGE_FORCE = "mariage-force", "mariage forcé"
    MUTILATIONS = "mutilations-sexuelles", "mutilations sexuelles"
    PROSTITUTION = "prostitution", "prostitution et traite"
    TRAVAIL = "harcelement-travail", "harcèlement au travail"
    RUE = "harcelement-rue", "harcèlement dans la rue"
    EN_LIGNE = "en-ligne", "violences en ligne"


class Accessibility(Labelled):
    """What is known of access with a disability: the words of Acceslibre that concern a visit."""

    FAUTEUIL = "fauteuil", "accessible en fauteuil roulant"
    SANS_FAUTEUIL = "fauteuil-impossible", "non accessible en fauteuil roulant"
    LSF = "lsf", "langue des signes (LSF)"
    LPC = "lpc", "langue parlée complétée (LPC)"
    BOUCLE = "boucle-magnetique", "boucle magnétique"
    SOUS_TITRAGE = "sous-titrage", "sous-titrage ou transcription"


class Fee(Labelled):
    """What it costs, in the words of data·inclusion v1."""

    GRATUIT = "gratuit", "gratuit"
    PAYANT = "payant", "payant"


ACCESS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sans-rdv": "sans rendez-vous",
        "sur-rdv": "sur rendez-vous",
        "telephone": "par téléphone",
        "urgence": "en urgence",
    }
)
"""The words of `acces`: how one comes or calls."""

INTERPRETER: Final = "interprete"
"""The word of `langues` for a service that works with interpreters."""

UNSAID_COLUMNS: Final = ("acces", "violences", "langues", "accessibilite", "frais")
"""The columns where an empty cell means *not said*."""

_NO_LANGUAGE: Final = frozenset(("mis", "mul", "und", "zxx"))

_ALSO_WRITTEN: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "aides": {
            "accueil sans rendez vous": "accueil",
            "accueil de jour": "accueil",
            "aide juridique": "juridique",
            "information juridique": "juridique",
            "aide psychologique": "psychologique",
            "psychologue": "psychologique",
            "certificat": "constat",
            "depot de plainte": "plainte",
            "tgd": "telephone-grave-danger",
        },
        "violences": {
            "conjugale": "conjugales",
            "sexuelle": "sexuelles",
            "excision": "mutilations-sexuelles",
            "traite": "prostitution",
            "cyberviolences": "en-ligne",
        },
        "langues": {
            "interpretariat": INTERPRETER,
            "interpretes": INTERPRETER,
            "dari": "fa",
            "farsi": "fa",
            "berbere": "ber",
            "mandarin": "zh",
        },
        "accessibilite": {
            "pmr": "fauteuil",
            "accessible pmr": "fauteuil",
            "fauteuil roulant": "fauteuil",
            "langue des signes": "lsf",
        },
        "frais": {"gratuite": "gratuit", "payante": "payant"},
    }
)


@cache
def languages() -> Mapping[str, str]:
    """Return the French names of languages by code: ISO 639-1, else 639-3 (Unicode CLDR)."""
    names = {str(code): name for code, name in Locale("fr").languages.items()}
    known = {code: names[code] for code in names if code.isalpha() and code not in _NO_LANGUAGE}
    # CLDR names the standards of this family only.
    return MappingProxyType({"ber": "berbère", **known})


@cache
def vocabulary(column: str) -> Mapping[str, str]:
    """Return the words of a column, with what people read. Raises KeyError for another column."""
    if column == "langues":
        return MappingProxyType({INTERPRETER: "interprète", **languages()})
    if column == "acces":
        return ACCESS
    words: dict[str, type[Labelled]] = {
        "aides": Aid,
        "violences": Violence,
        "accessibilite": Accessibility,
        "frais": Fee,
    }
    return MappingProxyType({str(word): word.label for word in words[column]})


@cache
def also_written(column: str) -> Mapping[str, str]:
    """Return the words of a column by how people write them, folded: values, labels, others."""
    words = vocabulary(column)
    labels = {fold(label): word for word, label in words.items()}
    return MappingProxyType(
        {**labels, **{fold(word): word for word in words}, **_ALSO_WRITTEN[column]}
    )


def aids_of(services: pd.DataFrame) -> pd.Series:
    """Return what each service does, as a frozenset of `Aid`. Same index out.

    The words of `aides` that are understood; where there is none, the usual aids of the type.
    """
    usual = {str(kind): frozenset(kind.facts.aids) for kind in ServiceType}
    written = {text: _understood(text, Aid) for text in services["aides"].unique()}
    cells = zip(services["aides"], services["type"], strict=True)
    return pd.Series(
        [written[text] or usual[kind] for text, kind in cells], index=services.index, dtype=object
    )


def gives(services: pd.DataFrame, aids: Collection[Aid | str]) -> pd.Series:
    """Return a mask of the services that give one of these aids."""
    wanted = frozenset(map(str, aids))
    return aids_of(services).map(lambda found: not wanted.isdisjoint(found)).astype(bool)


def violences_said(services: pd.DataFrame) -> pd.Series:
    """Return the violences that each service names, as a frozenset; empty where it names none."""
    known = {text: _understood(text, Violence) for text in services["violences"].unique()}
    return services["violences"].map(known)


def said(services: pd.DataFrame, column: str) -> pd.Series:
    """Return a mask of the services that say something in a column of `UNSAID_COLUMNS`."""
    words = vocabulary(column).keys()
    known = {text: not words.isdisjoint(text.split("|")) for text in services[column].unique()}
    return services[column].map(known).astype(bool)


def says(services: pd.DataFrame, column: str, wanted: Collection[str]) -> pd.Series:
    """Return a mask of the services that say one of these words in a column of `UNSAID_COLUMNS`.

    A service that works with interpreters matches every language.
    """
    words = {*map(str, wanted)}
    if column == "langues" and words:
        words.add(INTERPRETER)
    known = {text: not words.isdisjoint(text.split("|")) for text in services[column].unique()}
    return services[column].map(known).astype(bool)


def _understood(text: str, words: type[_Word]) -> frozenset[_Word]:
    known = set(words)
    return frozenset(words(word) for word in text.split("|") if word in known)
