"""What the sheet to hand over says of each service, in French and in a language beside it.

A text in another language is made of what is known, never of the French words: hours of their
rules, the rest of the fixed phrases of `languages`. What only French says is given as it is, under
a mark that says so.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata import agenda, french, freshness, hours, languages
from geodata.aids import ACCESS
from geodata.discretion import address, called, clean, described, phone_number, tells
from geodata.languages import Language
from geodata.partial_date import parse
from geodata.selection import Selection, select
from geodata.services import Confidentiality, ServiceType
from geodata.text import fold

TITLE: Final = "Adresses utiles"
PARIS: Final = ZoneInfo("Europe/Paris")
NO_PHONE: Final = "Numéro inconnu"

_NUMBERS: Final = "17 · 114 ({}) · 15 · 112"


class Said(NamedTuple):
    """A text beside the French: in the sheet's language, or French under its mark.

    Attributes:
        words: the text.
        french: whether it is French; then the text before it is the mark.
        strong: whether it is in bold.
        quiet: whether it is in smaller type.
    """

    words: str
    french: bool = False
    strong: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Entry:
    """The texts of one service, in the order of the sheet; "" where there is none.

    `beside`: what is said in the sheet's other language, nothing without one.
    """

    phone: str
    name: str
    place: str
    contact: str
    access: str
    hours: str
    dates: str
    age: str
    beside: tuple[Said, ...] = ()


def entries(
    services: gpd.GeoDataFrame,
    now: datetime,
    *,
    discreet: bool = True,
    language: Language | None = None,
) -> tuple[Entry, ...]:
    """Return what the sheet says of each service, in their order. See `handout.handout`."""
    shown = select(services, Selection())
    texts, homes = shown["horaires_accueil"], shown["departement"]
    passed = hours.to_renew(texts, now, departements=homes)
    dates = _dates(shown, now)
    today = hours.local_date(now)
    rows = (row for _, row in shown.iterrows())
    return tuple(
        _entry(row, gone, coming, today, discreet=discreet, language=language)
        for row, gone, coming in zip(rows, passed, dates, strict=True)
    )


def footer(
    now: datetime, *, discreet: bool = True, language: Language | None = None
) -> tuple[str, str]:
    """Return the sheet's two last lines: its date, and the emergency numbers.

    In another language than French, numbers without a word are not said again ("").
    """
    today = hours.local_date(now)
    if language is None:
        numbers = _NUMBERS.format("SMS")
        numbers = numbers if discreet else f"En cas d’urgence : {numbers}"
        return (
            f"Édité le {french.partial_date(today)}. Appeler avant de se déplacer.",
            numbers,
        )
    dated = languages.said("édité le {}", language, languages.partial_date(today, language))
    before = languages.said("appeler avant de se déplacer", language)
    numbers = _NUMBERS.format(languages.said("SMS", language))
    urgent = "" if discreet else languages.said("en cas d’urgence : {}", language, numbers)
    return f"{languages.sentence(dated)} {languages.sentence(before)}", _sentence(urgent)


def title(language: Language) -> str:
    """Return the sheet's title in a language."""
    return languages.said(TITLE, language)


def appointment(language: Language | None = None) -> str:
    """Return the line to be filled in by hand, with an ellipsis for each blank."""
    blanks = ("…", "…")
    if language is None:
        return "Rendez-vous le {} à {}".format(*blanks)
    return _sentence(languages.said("rendez-vous le {} à {}", language, *blanks))


# --- one service --------------------------------------------------------------------------

_SMALL_WORDS: Final = {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les"}

# Said plainly, so that nobody looks for them.
_NEITHER: Final = "ni téléphone ni adresse"
_AT_ANY_TIME: Final = "Tous les jours, jour et nuit"
_LONGEST_CONTACT: Final = 80
_LONGEST_TOWN: Final = 60
_LONGEST_HOURS: Final = 400
_DAYS_AHEAD: Final = 92
_DATES: Final = 3
BETWEEN_DATES: Final = " ; "


class _Place(NamedTuple):
    """Where a service is: `given` as it is, then fixed phrases."""

    given: str = ""
    phrases: tuple[str, ...] = ()

    @property
    def french(self) -> str:
        return _sentence(", ".join(filter(None, (self.given, *self.phrases))))


class _Hours(NamedTuple):
    """When a service is open: rules (`osm`) or fixed phrases, then what French alone says."""

    french: str
    osm: str = ""
    phrases: tuple[str, ...] = ()
    only_french: str = ""


def _entry(
    service: pd.Series,
    passed: bool,  # noqa: FBT001
    dates: list[tuple[datetime, datetime]],
    today: date,
    *,
    discreet: bool,
    language: Language | None,
) -> Entry:
    phone = phone_number(service, discreet=discreet)
    place = _place(service, phone, discreet=discreet)
    access = _access(service)
    when = _hours(service, phone, passed=passed, discreet=discreet)
    coming = BETWEEN_DATES.join(_span(low, high, today=today) for low, high in dates)
    plural = "s" if len(dates) > 1 else ""
    beside = (
        _beside(service, phone, place, access, when, dates, today, language) if language else ()
    )
    return Entry(
        phone=phone,
        name=called(service, discreet=discreet),
        place=place.french,
        contact="" if discreet or phone or clean(service["adresse"]) else _contact(service),
        access=_sentence(", ".join(access)),
        hours=_sentence(when.french),
        dates=f"Prochaine{plural} date{plural} : {coming}" if dates else "",
        age=_sentence(freshness.words(service, today)),
        beside=beside,
    )


def _place(service: pd.Series, phone: str, *, discreet: bool) -> _Place:
    """Return where it is in words. A hidden place and a shelter have none."""
    level, kind = service["confidentialite"], service["type"]
    unsaid = "" if phone or clean(service["adresse"]) else _NEITHER
    by_phone = unsaid or ("adresse communiquée par téléphone" if phone else "adresse à demander")
    if kind == ServiceType.ECOUTE:
        return _Place() if phone else _Place(phrases=("en ligne", _NEITHER))
    town = _town(service)
    if kind == ServiceType.HEBERGEMENT or (discreet and tells(town)):
        return _Place(phrases=(by_phone,))
    if not town or level not in (Confidentiality.PUBLIC, Confidentiality.COMMUNE):
        return _Place(phrases=(by_phone,))
    if level == Confidentiality.COMMUNE:
        return _Place(town, (by_phone,))
    if street := address(service, discreet=discreet):
        return _Place(f"{street}, {town}")
    return _Place(town, (unsaid or "emplacement à demander",))


def _contact(service: pd.Series) -> str:
    """Return the mail address, or else the site, whole or not at all."""
    site = re.sub(r"^https?://(www\.)?", "", clean(service["site_web"])).rstrip("/")
    written = (clean(service["courriel"]), site)
    return next((text for text in written if 0 < len(text) <= _LONGEST_CONTACT), "")


def _town(service: pd.Series) -> str:
    return clean(f"{service['code_postal']} {service['commune']}", longest=_LONGEST_TOWN)


def _access(service: pd.Series) -> list[str]:
    words = [word for word in service["acces"].split("|") if word in ACCESS]
    line = service["type"] == ServiceType.ECOUTE
    return [ACCESS[word] for word in words if not (line and word == "telephone")]


def _hours(service: pd.Series, phone: str, *, passed: bool, discreet: bool) -> _Hours:
    """Say when it is open; words that would have to be cut are left to the phone."""
    before = ("appeler avant",) if phone else ()
    if passed:
        return _phrased("prochaines dates inconnues", *before)
    words, more = described(service), clean(service["horaires_precisions"])
    if discreet:
        if tells(words, service):
            return _hours_elsewhere(phone)
        shelter = service["type"] == ServiceType.HEBERGEMENT
        more = "" if shelter or tells(more, service) else more
    known = _Hours(words, osm=service["horaires_accueil"])
    if not words:
        known = _phrased(f"horaires {'à confirmer' if more else 'inconnus'}", *before)
    if set(fold(more).split()) <= {*fold(known.french).split(), *_SMALL_WORDS}:
        more = ""
    elif words == _AT_ANY_TIME and set(fold(words).split()) <= set(fold(more).split()):
        return known._replace(french=more, only_french=more)
    if len(f"{known.french}. {more}") > _LONGEST_HOURS:
        return _hours_elsewhere(phone)
    return known._replace(french=f"{known.french}. {more}", only_french=more) if more else known


def _phrased(*phrases: str) -> _Hours:
    return _Hours(" : ".join(phrases), phrases=phrases)


def _hours_elsewhere(phone: str) -> _Hours:
    return _phrased("horaires : voir par téléphone" if phone else "horaires à demander")


def hours_elsewhere(phone: str) -> str:
    """Return what stands in the place of hours that would have to be cut."""
    return _sentence(_hours_elsewhere(phone).french)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- beside the French --------------------------------------------------------------------


def _beside(
    service: pd.Series,
    phone: str,
    place: _Place,
    access: list[str],
    when: _Hours,
    dates: list[tuple[datetime, datetime]],
    today: date,
    language: Language,
) -> tuple[Said, ...]:
    """Return what the entry says, in another language, in the same order."""
    texts = [
        *_phrases_beside([called(service, discreet=True)], language, strong=True),
        *_phrases_beside([] if phone else [NO_PHONE.lower()], language),
        *_phrases_beside(place.phrases, language),
        *_phrases_beside(access, language),
        *_phrases_beside(when.phrases, language, join=": "),
    ]
    french = [when.only_french]
    if when.osm:
        translated = hours.translate(when.osm, language)
        texts.append(Said(translated))
        french = [when.only_french if translated else when.french]
    for text in filter(None, french):
        texts += [_mark(language), Said(text, french=True)]
    if dates:
        spans = language.semicolon.join(_span_beside(low, high, language) for low, high in dates)
        phrase = "prochaines dates : {}" if len(dates) > 1 else "prochaine date : {}"
        texts.append(Said(_sentence(languages.said(phrase, language, spans)), strong=True))
    texts.append(Said(_age_beside(service, today, language), quiet=True))
    return tuple(text for text in texts if text.words)


def _phrases_beside(
    phrases: Iterable[str], language: Language, *, join: str = "", strong: bool = False
) -> list[Said]:
    """Return fixed phrases as one text; in French, under its mark, if one is not in the table."""
    phrases = list(phrases)
    if not set(phrases) <= languages.phrases().keys():
        return [_mark(language), Said(_sentence(", ".join(phrases)), french=True)]
    said = [languages.said(phrase, language) for phrase in phrases]
    return [Said(_sentence((join or language.comma).join(said)), strong=strong)]


def _mark(language: Language) -> Said:
    """Return the mark of a text that stays in French."""
    return Said(_sentence(languages.said("en français : {}", language, "").strip()), quiet=True)


def _age_beside(service: pd.Series, today: date, language: Language) -> str:
    when, checked = freshness.dated(service), parse(service["date_verification"])
    if when is None:
        texts = [languages.said("information sans date", language)]
    else:
        phrase = "vérifié : {}" if checked else "information : {}"
        texts = [languages.said(phrase, language, languages.partial_date(when, language))]
        if when.first_day > today:
            texts.append(languages.said("date à venir", language))
    if freshness.older_facts(service, today):
        texts.append(languages.said("certaines informations plus anciennes", language))
    if not freshness.is_recent(service, today):
        texts.append(languages.said("à vérifier", language))
    return _sentence(language.comma.join(texts))


def _span_beside(low: datetime, high: datetime, language: Language) -> str:
    """`Tuesday, 24 November 2026, 14:00 – 17:00`; an end on a later day is said with its day."""
    days = (high.date() - low.date()).days
    if days < 1 or (days == 1 and high.time() <= low.time()):
        start = 60 * low.hour + low.minute
        times = languages.span(start, 1440 * days + 60 * high.hour + high.minute, language)
        return f"{languages.day(low.date(), language)}: {times}"
    return languages.said("{} – {}", language, *(_moment(end, language) for end in (low, high)))


def _moment(at: datetime, language: Language) -> str:
    time_of_day = languages.clock(60 * at.hour + at.minute, language)
    return f"{languages.day(at.date(), language)} {time_of_day}"


# --- the next dates -----------------------------------------------------------------------


def _dates(services: gpd.GeoDataFrame, now: datetime) -> list[list[tuple[datetime, datetime]]]:
    """Return for each service its next openings; none where it is open each week."""
    texts, homes = services["horaires_accueil"], services["departement"]
    today = hours.local_date(now)
    end = today + timedelta(days=_DAYS_AHEAD)
    if services.empty:
        return []
    weekly = agenda.every_week(texts, today, end, departements=homes)
    silent = hours.silent_on_holidays(texts)
    return [
        [] if every.any() else _coming(text, home, now, end, silent=quiet)
        for text, home, every, quiet in zip(texts, homes, weekly, silent, strict=True)
    ]


def _coming(
    text: str, departement: str, now: datetime, end: date, *, silent: bool
) -> list[tuple[datetime, datetime]]:
    """Return the next openings in the place's own time.

    One on a public holiday is not announced where the hours are `silent` on holidays.
    """
    home = departement or None
    instant = now if now.tzinfo else now.replace(tzinfo=PARIS)
    try:
        openings = hours.openings(text, hours.local_date(now, home), end, departement=home)
    except hours.InvalidHours:
        return []
    sure = (
        (low, high)
        for low, high in openings
        if high > instant and not (silent and hours.is_public_holiday(low.date(), home))
    )
    return list(islice(sure, _DATES))


def _span(low: datetime, high: datetime, *, today: date) -> str:
    """`mardi 24 novembre 14 h – 17 h`."""
    last_day = (high - timedelta(minutes=1)).date()
    until = french.clock(high) if high.time() != time() else "minuit"
    if last_day != low.date():
        until = f"{french.day(last_day, today=today)} {until}"
    return f"{french.day(low, today=today)} {french.clock(low)} – {until}"
