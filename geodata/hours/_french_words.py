"""The words of French opening hours: a text cut into tokens, and a cursor over them.

One unknown word refuses the whole text, and the refusal shows it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from geodata.hours._model import InvalidHours

_RDV = r"(?:rendez[- ]?vous|r\.?d\.?v\b\.?)"
_ONLY = r"(?:uniquement|seulement|exclusivement)"
_NO_REFERENCE = (
    "« {} » ne dit pas à partir de quelle date : écrire les dates, ou « semaines paires » /"
    " « semaines impaires »."
)

_PHRASES = (
    ("comment", r'«[^«»]*»|"[^"]*"|“[^“”]*”'),
    ("no_reference", r"(?:tou(?:te)?s les |chaque )?(?:15|quinze) jours?\b(?! (?:avant|apres))"),
    ("no_reference", r"(?:tou(?:te)?s )?les (?:deux|2) (?:semaines|[a-z]+dis?|dimanches?)\b"),
    ("no_reference", r"(?:chaque |par )?quinzaine\b|bimensuel\w*|(?:bi)?mensuel\w*"),
    ("no_reference", r"(?:un|une|1) (?:semaine|[a-z]+di|dimanche) (?:sur|par) (?:deux|mois|\d+)\b"),
    ("no_reference", r"(?:une|deux|trois|\d+) (?:fois|[a-z]+dis?|dimanches?) par \w+"),
    ("whole_week", r"7 ?j(?:ours?|rs?)? ?(?:/|sur) ?7(?: ?j(?:ours?|rs?)?)?(?![a-z\d])"),
    ("whole_day", r"24 ?h?(?:eures?)? ?(?:/|sur) ?24(?: ?h(?:eures?)?)?(?![a-z\d])"),
    ("always", r"24 ?h?/7 ?j?(?![a-z\d])"),
    ("whole_day", r"h ?24\b|jour et nuit|nuit et jour"),
    ("date", r"\d{4}-\d\d-\d\d(?!\d)"),
    ("date", r"\d{1,2}[/.]\d{1,2}[/.]\d{4}(?!\d)"),
    ("clock", r"\d{1,2} ?h(?:eures?|rs?)?(?![a-z])(?: ?[0-5]\d(?!\d|:| ?h))?"),
    ("clock", r"\d{1,2}:\d\d(?!\d)"),
    ("noon", r"midi\b"),
    ("midnight", r"minuit\b"),
    ("offset", r"\d{1,2} jours? (?:avant|apres)\b"),
    ("offset", r"(?:la )?veille\b|(?:le )?lendemain\b"),
    ("ordinal", r"\d{1,2} ?(?:ers?|eres?|res?|nde?s?|i?emes?|es?)(?![a-z])(?: derniers?\b)?"),
    (
        "ordinal",
        r"(?:avant-)?derniers?\b|premiers?\b|seconds?\b|(?:deux|trois|quatr|cinqu)iemes?\b",
    ),
    ("number", r"\d+"),
    ("by_appointment", rf"{_ONLY} (?:sur|avec) {_RDV}|(?:sur|avec) {_RDV}(?: {_ONLY})?"),
    ("walk_in", rf"(?:avec (?:ou|et) )?sans {_RDV}"),
    ("to_confirm", r"a confirmer\b|horaires inconnus\b"),
    ("easter", r"vendredi saint\b|(?:dimanche|lundi) de (?:paques|(?:la )?pentecote)\b"),
    ("easter", r"jeudi de l'ascension\b|jour place (?=\d)"),
    ("paques", r"paques\b"),
    ("public_holidays", r"(?:les )?(?:jours )?feriee?s?\b|ph\b"),
    ("public_holidays", r"jour ferie\b"),
    ("in_school_holidays", r"(?:pendant|durant|en) (?:les |des )?vacances scolaires\b"),
    ("school_holidays", r"(?:les )?vacances scolaires\b|sh\b"),
    ("every_day", r"(?:tous les jours|chaque jour)\b(?! feries?)|tlj\b"),
    ("weekend", r"week[- ]?ends?\b"),
    ("yearly", r"(?:de )?chaque annee\b|tous les ans\b"),
    ("monthly", r"(?:du|de chaque|par) mois\b"),
    ("week_parity", r"semaines? (?:im)?paires?\b"),
    ("weeks", r"semaines?(?= \d)"),
    ("one_in", r"une (?:annee )?sur \d+\b"),
    ("falling", r"(?:qui tombe(?:nt)?|s'ils? tombe(?:nt)?|quand ils? tombe(?:nt)?)\b"),
    ("since", r"a partir de\b"),
    ("replacing", r"mais\b"),
    ("adding", r"(?:et )?aussi\b"),
    ("otherwise", r"(?:ou )?sinon\b|ou(?= (?:sur|avec) r)"),
    ("except", r"sauf\b|hors\b|except(?:e|es)\b|a l'exception\b"),
    ("closed", r"ferm(?:e|ee|es|ees|eture)\b|off\b|closed\b"),
    ("opened", r"ouvert(?:e|s|es|ure)?\b|horaires?(?: d'ouverture)?\b|permanences?\b"),
    ("part", r"(?:le |l')?(?:matins?|matinees?|apres-?midis?|soirs?|soirees?)\b"),
    ("day", r"(?:lun(?:dis?)?|mar(?:dis?)?|mer(?:credis?)?|jeu(?:dis?)?|ven(?:d|dredis?)?)\b\.?"),
    ("day", r"(?:sam(?:edis?)?|dim(?:anches?)?|lu|ma|me|je|ve|sa|di|mo|tu|we|th|fr|su)\b\.?"),
    ("month", r"(?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre)\b"),
    ("month", r"(?:novembre|decembre)\b|(?:janv|fevr?|avr|juil|sept|oct|nov|dec)\b\.?"),
    ("and", r"et\b|&"),
    ("or", r"ou\b"),
    ("to", r"(?:jusqu'|jusque )?(?:au|a)\b|-"),
    ("from", r"du\b|de(?!s)\b|d'|entre\b"),
    ("article", r"les?\b|la\b|l'|des\b|un\b|une\b|tous\b|toutes\b|chaque\b"),
    ("in", r"en\b"),
    ("stop", r"[;$.]"),
    ("comma", r"[,/()]"),
    ("colon", r":"),
    ("space", r"\s+"),
)
_TOKEN = re.compile(
    "|".join(f"(?P<p{number}>{pattern})" for number, (_, pattern) in enumerate(_PHRASES)),
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    words: str
    """As written."""
    plain: str
    """In lower case without accents."""


def plain_text(text: str) -> str:
    """Lower case without accents, character for character."""
    plain = []
    for character in text.replace("’", "'"):
        base = unicodedata.normalize("NFD", character)[0].lower()
        plain.append(base if len(base) == 1 else character)
    return "".join(plain)


def tokens_of(text: str) -> list[Token]:
    text = unicodedata.normalize("NFC", text)
    plain = plain_text(text)
    tokens: list[Token] = []
    position = 0
    while position < len(plain):
        match = _TOKEN.match(plain, position)
        if match is None or match.lastgroup is None:
            raise not_understood(_word_at(text, position))
        kind = _PHRASES[int(match.lastgroup[1:])][0]
        words = text[position : match.end()]
        if kind == "no_reference":
            raise InvalidHours(_NO_REFERENCE.format(words.strip()))
        if match.end() == position:
            raise not_understood(_word_at(text, position))
        if kind != "space":
            tokens.append(Token(kind, words, match.group()))
        position = match.end()
    return tokens


def _word_at(text: str, position: int) -> str:
    start = position
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    match = re.match(r"\w+|\W", text[start:])
    return match.group() if match else text[start : start + 20]


def not_understood(words: str) -> InvalidHours:
    return InvalidHours(
        f"« {words} » n’est pas compris. Écrire par exemple"
        " « lundi au vendredi 9h-12h et 14h-17h »."
    )


class Cursor:
    """Where a reader stands in the tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    # Moving

    def kind(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place].kind if place < len(self.tokens) else "end"

    def sees(self, *kinds: str) -> bool:
        return self.kind() in kinds

    def takes(self, *kinds: str) -> Token | None:
        if not self.sees(*kinds):
            return None
        self.at += 1
        return self.tokens[self.at - 1]

    def expects(self, *kinds: str) -> Token:
        token = self.takes(*kinds)
        if token is None:
            raise self.refusal()
        return token

    def skips(self, *kinds: str) -> None:
        while self.takes(*kinds):
            pass

    def refusal(self, reason: str = "") -> InvalidHours:
        if reason:
            return InvalidHours(reason)
        here = self.tokens[self.at : self.at + 3] or self.tokens[-2:]
        return not_understood(" ".join(token.words for token in here))
