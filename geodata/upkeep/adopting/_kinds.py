"""Propose the type of a service from the words of its row."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from geodata.service_types import ServiceType
from geodata.sources import sounds_like_shelter
from geodata.text import fold

_NAME: Final = "Le nom"
_BELONGS: Final = re.compile(r"\b(?:du|de la|de l|des|au|aux|a la|a l|chez) $")
_STRUCTURE: Final = "La structure"


@dataclass(frozen=True)
class Kind:
    """A type proposed for a row: "" where nothing tells it; `why`: a French sentence."""

    type: str
    why: str
    sure: bool = True


def of_row(written: str, name: str, structure: str) -> Kind:
    """Propose a type from what its column says, else from the words of the name.

    >>> of_row("", "Permanence du CIDFF", "").type, of_row("CHRS", "Les Lilas", "").type
    ('permanence', 'hebergement')
    """
    if known := of_word(written):
        return Kind(known, f"La colonne du type dit « {written} ».")
    for said, where in (
        (name, _NAME),
        (written, "Le type"),
        (structure, _STRUCTURE),
    ):
        found = _named_in(fold(said))
        if found:
            several = f" ou « {found[1].label} »" if len(found) > 1 else ""
            why = f"{where} parle de « {found[0].label} »{several}."
            sure = len(found) == 1 and where != _STRUCTURE and _leads(found[0], fold(said))
            return Kind(found[0].value, why, sure=sure)
    return Kind("", "Rien ne dit son type.", sure=False)


@lru_cache(maxsize=1024)
def of_word(written: str) -> str:
    """Return the type that a word of a type's column is, "" if none."""
    return _words().get(fold(written), "")


def may_be_shelter(written: str, name: str) -> bool:
    """Say whether a row may be a shelter's, by its name or the word of its type."""
    return (
        sounds_like_shelter(name)
        or sounds_like_shelter(written)
        or of_word(written) == ServiceType.HEBERGEMENT
    )


@cache
def _words() -> dict[str, str]:
    return {
        fold(word): kind.value
        for kind in ServiceType
        for word in (kind.value, kind.label, *kind.facts.also_written)
    }


def _named_in(folded: str) -> list[ServiceType]:
    """Return the types that words tell, the one that is named first before the others."""
    found: dict[ServiceType, int] = {}
    for kind in ServiceType:
        for words in kind.facts.named:
            if place := re.search(rf"\b{words}\b", folded):
                found[kind] = min(found.get(kind, len(folded)), place.start())
    return sorted(found, key=lambda kind: found[kind])


def _leads(kind: ServiceType, folded: str) -> bool:
    """Say whether a type is what a name is about: not in *Ferme de l’Hôpital*, *près du CCAS*."""
    return any(
        not _BELONGS.search(folded[: place.start()])
        for words in kind.facts.named
        for place in re.finditer(rf"\b{words}\b", folded)
    )
