"""The words of French opening hours: a text cut into tokens, and a cursor over them.

One unknown word refuses the whole text; the message quotes it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from geodata.hours._model import InvalidHours

_RDV = r"(?:rendez ?-? ?vous|r\.d\.v\b\.?|rdv\b)"
_ONLY = r"(?:uniquement|seulement|exclusivement)"
_ALSO = r"(?:(?:et|ou) )?(?:(?:aussi|egalement)(?: possible)?|possible(?: aussi| egalement)?)"


def _beginnings(word: str, shortest: int = 3) -> str:
    """A pattern of the beginnings of a word, longest first: `mercredi`, `mercred`, …, `mer`."""
    return "|".join(word[:length] for length in range(len(word), shortest - 1, -1))


_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_SHORT_DAY = "|".join((*(_beginnings(name[:-1]) for name in _DAYS), "lu|ma|me|je|ve|sa|di"))
_NO_REFERENCE = (
    "« {} » ne dit pas à partir de quelle date : écrire les dates, ou « semaines paires » /"
    " « semaines impaires »."
)

_PHRASES = (
    ("comment", r'«[^«»]*»|"[^"]*"|“[^“”]*”'),
    ("no_reference", r"(?:tou(?:te)?s les |chaque )?(?:15|quinze) jours?\b(?! (?:avant|apres))"),
    ("no_reference", r"(?:tou(?:te)?s )?les (?:deux|2) (?:semaines|[a-z]+dis?|dimanches?)\b"),
    ("no_reference", r"(?:chaque |par )?quinzaine\b|bimensuel\w*|(?:bi)?mensuel\w*"),
    (
        "week_parity",
        r"(?:une|1) semaine sur (?:deux|2)[ ,:(]+(?:les |en )?semaines? (?:im)?paires?\b\)?",
    ),
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
    ("next_day", r"(?:le |du )?lendemain(?: matin)?\b(?! d[eu']| des)"),
    ("offset", r"(?:la )?veille\b|(?:le )?lendemain\b"),
    ("ordinal", r"\d{1,2} ?(?:ers?|eres?|res?|nde?s?|i?emes?|es?)(?![a-z])(?: derniers?\b)?"),
    (
        "ordinal",
        r"(?:avant-)?derniers?\b|premiers?\b|seconds?\b|(?:deux|trois|quatr|cinqu)iemes?\b",
    ),
    ("number", r"\d+"),
    ("also", rf"{_ALSO} (?:sur|avec) {_RDV}"),
    ("by_appointment", rf"{_ONLY} (?:sur|avec) {_RDV}|(?:sur|avec) {_RDV}(?: {_ONLY})?"),
    ("walk_in", rf"(?:avec (?:ou|et) )?sans {_RDV}|(?:accueil|acces) libre\b|libre acces\b"),
    ("to_confirm", r"a confirmer\b|horaires inconnus\b"),
    ("easter", r"vendredi saint\b|(?:dimanche|lundi) de (?:paques|(?:la )?pentecote)\b"),
    ("easter", r"jeudi de l'ascension\b|jour place (?=\d)"),
    ("paques", r"paques\b"),
    ("public_holidays", r"(?:les )?(?:jours )?feriee?s?\b|ph\b"),
    ("public_holidays", r"jour ferie\b"),
    ("in_school_holidays", r"(?:pendant|durant|en) (?:les |des )?vacances scolaires\b"),
    ("school_holidays", r"(?:les )?vacances scolaires\b|sh\b"),
    ("every_day", r"(?:tous les jours|chaque jour)\b(?! feries?)|tlj\b"),
    ("weekend", r"week[- ]?ends?\b|(?:le|les|ce) w\.?e\b\.?"),
    ("weekend_or_wednesday", r"we\b\.?"),
    ("all_year", r"toute l'annee\b"),
    (
        "non_stop",
        r"(?:en )?(?:non[- ]?stop|journees? continues?)\b|sans interruption\b|en continu\b",
    ),
    ("all_day", r"toute la journee\b"),
    ("term_time", r"(?:(?:en|pendant la|durant la) )?periode scolaire\b"),
    ("included", r"(?:y )?compris(?:es?)?\b|inclus(?:es?)?\b"),
    ("exceptionally", r"par exception\b"),
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
    ("except", r"sauf\b|sf\b|hors\b|except(?:e|es)\b|a l'exception\b"),
    ("closed", r"ferm(?:e|ee|es|ees|etures?)(?: au public)?\b|off\b|closed\b"),
    ("opened", r"(?:jours et )?(?:heures|horaires?)(?: d'(?:ouvertures?|accueil))?\b"),
    ("opened", r"ouvert(?:e|s|es|ures?)?(?: au public)?\b|permanences?\b"),
    ("opened", r"accueil (?:du |de |au )?public\b|accueil physique\b|accueil(?= ?:)"),
    ("part", r"(?:les? |l'|la )?(?:matins?|matinees?|apres[- ]?midis?|soirs?|soirees?)\b"),
    ("day", rf"(?:{'|'.join(_DAYS)})s?\b"),
    ("day", rf"(?:{_SHORT_DAY}|mo|tu|th|fr|su)\b\.?"),
    ("month", r"(?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre)\b"),
    ("month", r"(?:novembre|decembre)\b|(?:janv|fevr?|avr|juil|sept|oct|nov|dec)\b\.?"),
    ("and", r"et\b|&|puis\b|ainsi qu(?:e\b|')"),
    ("or", r"ou\b"),
    ("to", r"(?:jusqu'|jusque )?(?:au\b|a(?![a-z]))|-{1,3}"),
    ("from", r"de ?:(?= ?\d)|du\b|de(?![a-z])|d'|entre\b"),
    ("article", r"les?\b|la\b|l'|des\b|un\b|une\b|tous\b|toutes\b|chaque\b"),
    ("in", r"en\b"),
    ("stop", r"[;$.]"),
    ("line", r"\|"),
    ("comma", r","),
    ("slash", r"/"),
    ("open", r"\("),
    ("close", r"\)"),
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


_BLOCKS = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|td|th|table|h\d)\b[^<>]*>", re.IGNORECASE)
_TAGS = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_BULLETS = re.compile(r"[•●▪◦‣·►]|(?:^|(?<=\n))[ \t\xa0]*[-–—*]+(?=\s)")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")


def one_line(text: str) -> str:
    """The text without tags and bullets; `|` stands for each line break."""
    for _ in range(2):  # tags may be written as entities
        text = _TAGS.sub("", _BLOCKS.sub("\n", html.unescape(text)))
    text = _BULLETS.sub("\n", _INVISIBLE.sub("", text).strip())
    return re.sub(r"[\r\n]+", " | ", text)


def tokens_of(text: str) -> list[Token]:
    """The known words of a text, in order; raises `InvalidHours` at the first unknown one."""
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
