"""Words that may be printed on *discreet* documents, which the violent person may read.

Rules of a discreet document:

- no word of it reveals what it is for (`TELLING`), whichever column the word comes from;
- no service and no organisation is named: a neutral word is used (`called`). A missing name can
  be added by hand, a printed one cannot be removed;
- a text that reveals the purpose is left out whole. Exceptions: a phone number keeps its digits,
  and an address keeps its other parts;
- no invisible characters (`clean`), in which a word could hide.

Phone numbers are printed as they are, even well-known ones such as 3919.
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
"""Matches a folded text that reveals the purpose of the document."""

_LONGEST_PHONE: Final = 40
_LONGEST_NAME: Final = 120
_LONGEST_ADDRESS: Final = 120


def tells(text: str, service: pd.Series | None = None) -> bool:
    """Return whether a text reveals the purpose, or names `service` or who runs it.

    A text in letters that are not Latin may: no word of it is known here.

    >>> tells("Maison des femmes"), tells("4 rue des Violettes"), tells("بيت")
    (True, False, True)
    """
    folded = fold(clean(text))
    if TELLING.search(folded) or not _is_latin(text):
        return True
    return service is not None and any(f" {name} " in f" {folded} " for name in names(service))


def _is_latin(text: str) -> bool:
    return all(
        unicodedata.name(letter, "").startswith(
            ("LATIN", "FULLWIDTH LATIN", "FEMININE", "MASCULINE", "MODIFIER")
        )
        for letter in unicodedata.normalize("NFKD", text)
        if letter.isalpha()
    )


def names(service: pd.Series) -> set[str]:
    """Return the folded names of a service and of who runs it."""
    return {fold(clean(service[column])) for column in ("nom", "structure")} - {""}


def called(service: pd.Series, *, discreet: bool) -> str:
    """Return the name of a service, or a neutral word if `discreet`."""
    if not discreet:
        return clean(service["nom"], longest=_LONGEST_NAME)
    kind = service["type"]
    if kind == ServiceType.ECOUTE and "urgence" in service["acces"].split("|"):
        return "Numéro d’urgence"
    return ServiceType(kind).facts.neutral


def phone_number(service: pd.Series, *, discreet: bool) -> str:
    """Return the phone number, "" if the cell is too long to be one: it is never cut."""
    phone = phones.shown(clean(service["telephone"]))
    if discreet and tells(phone, service):
        phone = " / ".join(map(str, phones.within(phone)))
    return phone if len(phone) <= _LONGEST_PHONE else ""


def address(service: pd.Series, *, discreet: bool) -> str:
    """Return the address; if `discreet`, without the parts that reveal the purpose or the name."""
    text = clean(service["adresse"])
    if discreet:
        named = names(service)
        parts = [part.strip() for part in re.split(r"[,;()]| [–—-] ", text)]
        kept = [part for part in parts if not (tells(part) or fold(part) in named)]
        text = text if len(kept) == len(parts) else ", ".join(filter(None, kept))
    return clean(text, longest=_LONGEST_ADDRESS)


def described(service: pd.Series) -> str:
    """Describe the opening hours in French, "" if they cannot be parsed."""
    try:
        return clean(hours.describe(service["horaires_accueil"]))
    except hours.InvalidHours:
        return ""


def clean(text: str, *, longest: int | None = None) -> str:
    """Remove control and invisible characters; put one space between words.

    A result longer than `longest` characters is cut, with an ellipsis.

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
    plain = re.sub(" +", " ", "".join(kept)).strip()
    if longest is None or len(plain) <= longest:
        return plain
    return f"{plain[: longest - 1].rstrip()}…"
