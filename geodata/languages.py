"""The languages of the sheet to hand over: fixed phrases, dates and times.

Phrases are in `data/phrases.csv`, a column a language beside the French. Names of days and months,
and how a date, a time or a list is written, are CLDR's (Babel). Digits stay as on French papers.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, time
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from babel.dates import format_date, format_skeleton, get_day_names, get_month_names
from babel.lists import format_list

from geodata.labelled import Labelled
from geodata.partial_date import PartialDate

_PHRASES: Final = Path(__file__).parent / "data" / "phrases.csv"
_LOCALES: Final = {"en": "en_GB", "pt": "pt_PT"}
_OWN_NAMES: Final = {
    "en": "English",
    "es": "Español",
    "pt": "Português",
    "ro": "Română",
    "tr": "Türkçe",
    "ru": "Русский",
    "uk": "Українська",
    "ar": "العربية",
}
# Days of the week whose name is not masculine, as bits (bit 0 = Monday).
_FEMININE: Final = {"pt": 0b0011111, "ru": 0b0110100, "uk": 0b1110100}
_NEUTER: Final = {"ru": 0b1000000}
_ORDINALS: Final = {1: "1er", 2: "2e", 3: "3e", 4: "4e", 5: "5e", -1: "dernier"}


class Language(Labelled):
    """A language beside French. The value is its ISO 639-1 code."""

    EN = "en", "anglais"
    ES = "es", "espagnol"
    PT = "pt", "portugais"
    RO = "ro", "roumain"
    TR = "tr", "turc"
    RU = "ru", "russe"
    UK = "uk", "ukrainien"
    AR = "ar", "arabe"

    @property
    def own_name(self) -> str:
        """The language as it calls itself."""
        return _OWN_NAMES[self.value]

    @property
    def right_to_left(self) -> bool:
        """Whether it is written from right to left."""
        return self is Language.AR

    @property
    def comma(self) -> str:
        """What stands between the parts of a list."""
        return "، " if self.right_to_left else ", "

    @property
    def semicolon(self) -> str:
        """What stands between clauses."""
        return "؛ " if self.right_to_left else "; "

    @property
    def locale(self) -> str:
        """The locale of CLDR."""
        return _LOCALES.get(self.value, self.value)


@cache
def phrases() -> Mapping[str, Mapping[Language, str]]:
    """Return the fixed phrases: of each French one, its words in every language.

    Raises:
        ValueError: a phrase stands twice, lacks a language, or has not the blanks of the French.
    """
    found: dict[str, Mapping[Language, str]] = {}
    with _PHRASES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            french = row["fr"]
            words = {language: row[language].strip() for language in Language}
            blanks = {text.count("{}") for text in (french, *words.values())}
            if french in found or not all(words.values()) or len(blanks) > 1:
                raise ValueError(f"{_PHRASES.name}: {french}")
            found[french] = MappingProxyType(words)
    return MappingProxyType(found)


def said(french: str, language: Language, *values: str) -> str:
    """Return a fixed phrase in a language, its blanks filled in.

    >>> said("prochaine date : {}", Language.ES, "1 de febrero")
    'próxima fecha: 1 de febrero'

    Raises:
        KeyError: the table has no such phrase.
    """
    return phrases()[french][language].format(*values)


def sentence(text: str) -> str:
    """Return a text as a sentence: a capital letter, one full stop."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}." if text else ""


def listed(parts: Iterable[str], language: Language) -> str:
    """`a, b and c`."""
    return format_list(list(parts), locale=language.locale)


def weekday(position: int, language: Language) -> str:
    """0 → `Monday`."""
    return str(get_day_names("wide", "stand-alone", language.locale)[position])


def nth_weekday(number: int, position: int, language: Language) -> str:
    """Return one weekday of a month: (3, 1) → `third Tuesday of the month`; -1 is the last.

    Raises:
        KeyError: no language has a word for such a number here.
    """
    bit = 1 << position
    feminine, neuter = _FEMININE.get(language, 0) & bit, _NEUTER.get(language, 0) & bit
    gender = " (féminin)" if feminine else " (neutre)" if neuter else ""
    return said(f"{_ORDINALS[number]} {{}} du mois{gender}", language, weekday(position, language))


def month(number: int, language: Language, year: int | None = None) -> str:
    """1 → `January`, with the year if there is one."""
    if year is not None:
        return format_skeleton("yMMMM", date(year, number, 1), locale=language.locale)
    return str(get_month_names("wide", "stand-alone", language.locale)[number])


def day(value: date, language: Language) -> str:
    """`Tuesday, 17 February 2026`."""
    return _solid(format_date(value, "full", language.locale))


def day_of_year(number_of_month: int, number: int, language: Language) -> str:
    """`17 February`."""
    any_leap_year = 2028
    value = date(any_leap_year, number_of_month, number)
    return format_skeleton("MMMMd", value, locale=language.locale)


def partial_date(when: PartialDate | date, language: Language) -> str:
    """`2016`, `November 2016` or `28 November 2016`."""
    if not when.month:
        return str(when.year)
    if not when.day:
        return month(when.month, language, when.year)
    return format_date(date(when.year, when.month, when.day), "long", language.locale)


def clock(minutes: int, language: Language) -> str:
    """Return a time of day, of 24 hours: 570 → `09:30`."""
    return format_skeleton("Hm", time(*divmod(minutes, 60)), locale=language.locale)


def span(start: int, end: int, language: Language) -> str:
    """Return two times of day, in minutes from midnight; beyond 1440 is the next morning.

    >>> span(0, 1440, Language.EN), span(570, 720, Language.AR).replace("\u00a0", " ")
    ('day and night', 'من 09:30 إلى 12:00')
    """
    if (start, end) == (0, 1440):
        return said("jour et nuit", language)
    until = clock(end % 1440, language) if end != 1440 else said("minuit", language)
    if end > 1440:
        until = said("{} le lendemain", language, until)
    return _solid(said("{} – {}", language, clock(start, language), until))


def _solid(text: str) -> str:
    """Keep a text on one line."""
    return text.replace(" ", "\u00a0")
