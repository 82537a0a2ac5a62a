"""The words of whatever is taken home, hung on a wall, or read over a shoulder.

The person she fears may read it. So what is *discreet* keeps this law:

- no word in it tells what it is for (`TELLING`), in whatever cell of a row the word stands;
- no service is named in it, nor who runs one: each is called by a neutral word (`called`), because
  a name that was left out can be written by hand, and one that was printed cannot be taken back;
- a text that tells is left out whole, and never cut to what does not tell; only of a phone number
  the digits stay, and of an address the parts that do not tell;
- nothing invisible is in it (`clean`), where a word could hide.

A phone number is printed as it is, even one that many people know, such as 3919.
"""

import re
import unicodedata
from typing import Final

import pandas as pd

from geodata import hours, phones
from geodata.services import ServiceType
from geodata.text import fold

__all__ = ["TELLING", "address", "called", "clean", "described", "names", "phone_number", "tells"]

TELLING: Final = re.compile(
    r"violen|victim|femm|femin|conjug|conjoint|couple|agress|maltrait|harcel|emprise|incest|"
    r"sexuel|sexis|prostitu|plainte|\bviol(?:s|ee?s?|eurs?)?\b|\bmise? a l abri\b|\brefuge|"
    r"\bvif\b|\bfvv|\bclav\b"
)
"""What a folded text says when it tells what the paper is for."""

_LONGEST_PHONE: Final = 40
_LONGEST_NAME: Final = 120
_LONGEST_ADDRESS: Final = 120


def tells(text: str, service: pd.Series | None = None) -> bool:
    """Say whether a text tells what the paper is for, or names the service or who runs it.

    >>> tells("Maison des femmes"), tells("4 rue des Violettes")
    (True, False)
    """
    folded = fold(clean(text))
    if TELLING.search(folded):
        return True
    return service is not None and any(f" {name} " in f" {folded} " for name in names(service))


def names(service: pd.Series) -> set[str]:
    """Give the folded names of a service and of who runs it."""
    return {fold(clean(service[column])) for column in ("nom", "structure")} - {""}


def called(service: pd.Series, *, discreet: bool) -> str:
    """Give what a service is called: its name, or a neutral word if `discreet`."""
    if not discreet:
        return clean(service["nom"], longest=_LONGEST_NAME)
    kind = service["type"]
    if kind == ServiceType.ECOUTE and "urgence" in service["acces"].split("|"):
        return "Numéro d’urgence"
    return ServiceType(kind).facts.neutral


def phone_number(service: pd.Series, *, discreet: bool) -> str:
    """Give the number, whole or not at all: a cell too long to be one is no number."""
    phone = phones.shown(clean(service["telephone"]))
    if discreet and tells(phone, service):
        phone = " / ".join(map(str, phones.within(phone)))
    return phone if len(phone) <= _LONGEST_PHONE else ""


def address(service: pd.Series, *, discreet: bool) -> str:
    """Give the address; if discreet, without the parts that tell, or are the service's name."""
    said = clean(service["adresse"])
    if discreet:
        named = names(service)
        parts = [part.strip() for part in re.split(r"[,;()]| [–—-] ", said)]
        kept = [part for part in parts if not (tells(part) or fold(part) in named)]
        said = said if len(kept) == len(parts) else ", ".join(filter(None, kept))
    return clean(said, longest=_LONGEST_ADDRESS)


def described(service: pd.Series) -> str:
    """Say the hours that can be computed in words, "" where there are none."""
    try:
        return clean(hours.describe(service["horaires_accueil"]))
    except hours.InvalidHours:
        return ""


def clean(text: str, *, longest: int | None = None) -> str:
    """Keep what can be read: no control or invisible characters, one space between words.

    Longer than `longest`, it is cut, with an ellipsis.

    >>> clean(" Maison  de l’E\u200bst ", longest=9)
    'Maison d…'
    """
    kept = (
        character
        if character in "\u00a0\u202f"
        else " "
        if character.isspace()
        else ""
        if unicodedata.category(character).startswith("C")
        else character
        for character in text
    )
    said = re.sub(" +", " ", "".join(kept)).strip()
    return said if longest is None or len(said) <= longest else f"{said[: longest - 1].rstrip()}…"
