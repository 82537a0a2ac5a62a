"""The sheet to hand over: at most eight services, and nothing about the person who asked.

She takes the sheet home, and the person she fears may read it. So its title is neutral, neither the
paper nor the metadata say who asked for what, and by default it follows the rules of `discretion`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata import agenda, french, freshness, hours
from geodata.aids import ACCESS
from geodata.discretion import address, called, clean, described, phone_number, tells
from geodata.paper._scripts import Paper
from geodata.paper._typesetting import (
    GREY,
    Text,
    document,
    height,
    leading,
    phone,
    put,
    rule,
    wrap,
)
from geodata.selection import Selection, select
from geodata.services import Confidentiality, ServiceType
from geodata.text import fold

__all__ = [
    "FILE_NAME",
    "MOST",
    "TITLE",
    "Entry",
    "Size",
    "entries",
    "footer",
    "handout",
]

TITLE: Final = "Adresses utiles"
FILE_NAME: Final = "adresses-utiles.pdf"
MOST: Final = 8

PARIS: Final = ZoneInfo("Europe/Paris")


class Size(StrEnum):
    """The paper: A4, A4 in bigger type, or A6 for a pocket."""

    A4 = "a4"
    GRAND = "grand"
    POCHE = "poche"


@dataclass(frozen=True)
class Entry:
    """The texts of one service, in the order of the sheet; "" where there is none."""

    phone: str
    name: str
    place: str
    contact: str
    access: str
    hours: str
    dates: str
    age: str


def handout(
    services: gpd.GeoDataFrame, now: datetime, *, size: Size = Size.A4, discreet: bool = True
) -> bytes:
    """Return the sheet as a PDF file, dated of the day of `now` and no finer.

    `Size.A4` is always one page: the type shrinks from 14 to 8 points, then texts are cut with an
    ellipsis; a phone number never is, and hours that would be are left to the phone.
    `Size.GRAND` stays at 14 points or more and `Size.POCHE` has up to four services on its page:
    they go on to further pages rather than become hard to read.

    Args:
        services: rows of `read_services`, in the order of the sheet; those that are never shown
            (`non_publie`) are left out.
        now: the instant of the sheet; naive is Europe/Paris.
        size: the paper.
        discreet: call each service by a neutral word, and leave out texts that tell.

    Raises:
        ValueError: no service, or more than eight.
    """
    said = entries(services, now, discreet=discreet)
    if not said:
        raise ValueError("Choisir au moins un service pour éditer la feuille.")
    if len(said) > MOST:
        raise ValueError(f"La feuille porte huit services au plus : il y en a {len(said)}.")
    form = _FORMS[size]
    midnight = datetime.combine(hours.local_date(now), time(), UTC)
    pdf = document(TITLE, midnight, paper=(form.width, form.height))
    pdf.add_page()
    pages = _pages(pdf, said, form)
    dated, numbers = footer(now, discreet=discreet)
    for number, blocks in enumerate(pages, start=1):
        if number > 1:
            pdf.add_page()
        page = f" Page {number} sur {len(pages)}." if len(pages) > 1 else ""
        _draw(pdf, blocks, form, (dated + page, numbers))
    return bytes(pdf.output())


def entries(
    services: gpd.GeoDataFrame, now: datetime, *, discreet: bool = True
) -> tuple[Entry, ...]:
    """Return what the sheet says of each service, in their order. See `handout`."""
    shown = select(services, Selection())
    texts, homes = shown["horaires_accueil"], shown["departement"]
    passed = hours.to_renew(texts, now, departements=homes)
    dates = _dates(shown, now)
    today = hours.local_date(now)
    rows = (row for _, row in shown.iterrows())
    return tuple(
        _entry(row, passed=gone, dates=coming, today=today, discreet=discreet)
        for row, gone, coming in zip(rows, passed, dates, strict=True)
    )


def footer(now: datetime, *, discreet: bool = True) -> tuple[str, str]:
    """Return the sheet's two last lines: its date, and the emergency numbers."""
    today = french.partial_date(hours.local_date(now))
    numbers = "17 · 114 (SMS) · 15 · 112"
    return (
        f"Édité le {today}. Appeler avant de se déplacer.",
        numbers if discreet else f"En cas d’urgence : {numbers}",
    )


# --- what is said -------------------------------------------------------------------------

_SMALL_WORDS: Final = {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les"}

# Said plainly, so that nobody looks for them.
_NEITHER: Final = "ni téléphone ni adresse"
_AT_ANY_TIME: Final = "Tous les jours, jour et nuit"
_LONGEST_CONTACT: Final = 80
_LONGEST_TOWN: Final = 60
_LONGEST_HOURS: Final = 400
_DAYS_AHEAD: Final = 92
_DATES: Final = 3
_BETWEEN_DATES: Final = " ; "


def _entry(
    service: pd.Series, *, passed: bool, dates: list[str], today: date, discreet: bool
) -> Entry:
    phone = phone_number(service, discreet=discreet)
    coming = f"Prochaine{'s' * (len(dates) > 1)} date{'s' * (len(dates) > 1)} : "
    return Entry(
        phone=phone,
        name=called(service, discreet=discreet),
        place=_sentence(_place(service, phone, discreet=discreet)),
        contact="" if discreet or phone or clean(service["adresse"]) else _contact(service),
        access=_sentence(_access(service)),
        hours=_sentence(_hours(service, phone, passed=passed, discreet=discreet)),
        dates=coming + _BETWEEN_DATES.join(dates) if dates else "",
        age=_sentence(freshness.words(service, today)),
    )


def _place(service: pd.Series, phone: str, *, discreet: bool) -> str:
    """Return where it is in words. A hidden place and a shelter have none."""
    level, kind = service["confidentialite"], service["type"]
    unsaid = "" if phone or clean(service["adresse"]) else _NEITHER
    by_phone = unsaid or f"adresse {'communiquée par téléphone' if phone else 'à demander'}"
    if kind == ServiceType.ECOUTE:
        return "" if phone else f"en ligne, {_NEITHER}"
    town = _town(service)
    if kind == ServiceType.HEBERGEMENT or (discreet and tells(town)):
        return by_phone
    if not town or level not in (Confidentiality.PUBLIC, Confidentiality.COMMUNE):
        return by_phone
    if level == Confidentiality.COMMUNE:
        return f"{town}, {by_phone}"
    if street := address(service, discreet=discreet):
        return f"{street}, {town}"
    return f"{town}, {unsaid or 'emplacement à demander'}"


def _contact(service: pd.Series) -> str:
    """Return the mail address, or else the site, whole or not at all."""
    site = re.sub(r"^https?://(www\.)?", "", clean(service["site_web"])).rstrip("/")
    written = (clean(service["courriel"]), site)
    return next((text for text in written if 0 < len(text) <= _LONGEST_CONTACT), "")


def _town(service: pd.Series) -> str:
    return clean(f"{service['code_postal']} {service['commune']}", longest=_LONGEST_TOWN)


def _access(service: pd.Series) -> str:
    words = [word for word in service["acces"].split("|") if word in ACCESS]
    line = service["type"] == ServiceType.ECOUTE
    return ", ".join(ACCESS[word] for word in words if not (line and word == "telephone"))


def _hours(service: pd.Series, phone: str, *, passed: bool, discreet: bool) -> str:
    """Say when it is open; words that would have to be cut are left to the phone."""
    before = " : appeler avant" if phone else ""
    if passed:
        return f"prochaines dates inconnues{before}"
    words, more = described(service), clean(service["horaires_precisions"])
    if discreet:
        if tells(words, service):
            return _hours_elsewhere(phone)
        shelter = service["type"] == ServiceType.HEBERGEMENT
        more = "" if shelter or tells(more, service) else more
    if not words:
        words = f"horaires {'à confirmer' if more else 'inconnus'}{before}"
    if set(fold(more).split()) <= {*fold(words).split(), *_SMALL_WORDS}:
        more = ""
    elif words == _AT_ANY_TIME and set(fold(words).split()) <= set(fold(more).split()):
        words, more = more, ""
    said = f"{words}. {more}" if more else words
    if len(said) > _LONGEST_HOURS:
        return _hours_elsewhere(phone)
    return said


def _hours_elsewhere(phone: str) -> str:
    return "Horaires : voir par téléphone" if phone else "Horaires à demander"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the next dates -----------------------------------------------------------------------


def _dates(services: gpd.GeoDataFrame, now: datetime) -> list[list[str]]:
    """Return for each service its next dates, in words; none where it is open each week."""
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


def _coming(text: str, departement: str, now: datetime, end: date, *, silent: bool) -> list[str]:
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
    today = hours.local_date(now)
    return [_span(low, high, today=today) for low, high in islice(sure, _DATES)]


def _span(low: datetime, high: datetime, *, today: date) -> str:
    """`mardi 24 novembre 14 h – 17 h`."""
    last_day = (high - timedelta(minutes=1)).date()
    until = french.clock(high) if high.time() != time() else "minuit"
    if last_day != low.date():
        until = f"{french.day(last_day, today=today)} {until}"
    return f"{french.day(low, today=today)} {french.clock(low)} – {until}"


# --- the page -----------------------------------------------------------------------------

_NO_PHONE: Final = "Numéro inconnu"


@dataclass(frozen=True)
class _Form:
    """A paper and its type: lengths in mm, type in points.

    `column` is the width of the column of the phone numbers, 0 where each stands above its text.
    The sizes of `type` are tried from the largest. As many services as `fitting` always come onto
    one page, in the sizes of `small` if need be.
    """

    width: float
    height: float
    margin: float
    column: float
    type: tuple[float, ...]
    small: tuple[float, ...]
    fitting: int

    @property
    def title(self) -> float:
        return 1.6 * self.type[0]

    @property
    def foot(self) -> float:
        return 0.8 * self.type[0]

    @property
    def top(self) -> float:
        """Where the first service begins."""
        return self.margin + leading(self.title) + 2

    @property
    def bottom(self) -> float:
        """Where the footer begins."""
        return self.height - self.margin - 2 * leading(self.foot) - 1.5

    @property
    def text_width(self) -> float:
        return self.width - 2 * self.margin - self.column

    @property
    def phone_width(self) -> float:
        return self.column - 4 if self.column else self.text_width


_FORMS: Final = {
    Size.A4: _Form(210, 297, 12, 58, (14, 13, 12, 11.5, 11, 10.5, 10, 9.5, 9), (8.5, 8), MOST),
    Size.GRAND: _Form(210, 297, 12, 0, (17, 16, 15, 14), (), 0),
    Size.POCHE: _Form(105, 148, 6, 0, (9.5, 9, 8.5, 8), (7.5, 7), 4),
}


class _Most(NamedTuple):
    """How many lines each text may take."""

    name: int
    place: int
    hours: int
    dates: int


_WHOLE: Final = _Most(99, 99, 99, 99)
_SHORTER: Final = (_Most(2, 2, 4, 2), _Most(1, 2, 2, 1))


class _Block(NamedTuple):
    """The lines of one service, and its height in mm with `gap`, the blank around it."""

    phone: list[Text]
    texts: list[Text]
    gap: float
    height: float


def _pages(pdf: Paper, said: tuple[Entry, ...], form: _Form) -> list[list[_Block]]:
    """Lay the services out on as few pages as can be, in the largest type that does it."""
    tries = [(points, _WHOLE) for points in form.type]
    if len(said) <= form.fitting:
        tries += [(points, _WHOLE) for points in form.small]
        tries += [(form.small[-1], most) for most in _SHORTER]
    best: list[list[_Block]] = []
    for points, most in tries:
        blocks = [_block(pdf, entry, form, points, most) for entry in said]
        pages = _flowed(blocks, form.bottom - form.top)
        if not best or len(pages) < len(best):
            best = pages
        if len(best) == 1:
            break
    return best


def _flowed(blocks: list[_Block], room: float) -> list[list[_Block]]:
    """Fill pages of this height, in mm, without breaking a block."""
    pages: list[list[_Block]] = [[]]
    for block in blocks:
        if pages[-1] and sum(other.height for other in (*pages[-1], block)) > room:
            pages.append([])
        pages[-1].append(block)
    return pages


def _block(pdf: Paper, entry: Entry, form: _Form, points: float, most: _Most) -> _Block:
    plain, bold, small = Text("", points), Text("", points, "B"), Text("", 0.85 * points, grey=GREY)
    texts = [
        line
        for words, text, lines in (
            ((entry.name,), bold, most.name),
            ((entry.place,), plain, most.place),
            ((entry.contact,), plain, 2),
            ((entry.access,), plain, 1),
            ((entry.hours, _hours_elsewhere(entry.phone)), plain, most.hours),
            (_fewer_dates(entry.dates), bold, most.dates),
            ((entry.age,), small, 1),
        )
        for line in _first_that_fits(pdf, words, text, form.text_width, lines)
    ]
    number = [Text(_NO_PHONE, points, grey=GREY)]
    if entry.phone:
        number = phone(pdf, entry.phone, form.phone_width, 1.6 * points, slash=True)
    gap = 0.75 * leading(points)
    tall = max if form.column else sum
    return _Block(number, texts, gap, tall((height(number), height(texts))) + gap)


def _fewer_dates(dates: str) -> tuple[str, ...]:
    """All the dates, all but the last, and so on."""
    known = dates.split(_BETWEEN_DATES)
    return tuple(_BETWEEN_DATES.join(known[:count]) for count in range(len(known), 0, -1))


def _first_that_fits(
    pdf: Paper, options: tuple[str, ...], text: Text, width: float, most: int
) -> list[Text]:
    """Return the lines of the first option that needs `most` at most, else of the last one, cut."""
    for words in options:
        lines = wrap(pdf, text._replace(words=words), width)
        if len(lines) <= most:
            return lines
    return wrap(pdf, text._replace(words=options[-1]), width, most)


def _draw(pdf: Paper, blocks: list[_Block], form: _Form, foot: tuple[str, str]) -> None:
    left, width, y = form.margin, form.width - 2 * form.margin, form.top
    put(pdf, [Text(TITLE, form.title, "B")], left, left)
    for block in blocks:
        rule(pdf, left, y, width)
        start = y + block.gap / 2
        below = put(pdf, block.phone, left, start)
        put(pdf, block.texts, left + form.column, start if form.column else below)
        y += block.height
    rule(pdf, left, y, width)
    dated, numbers = foot
    put(pdf, [Text(dated, form.foot), Text(numbers, form.foot, "B")], left, form.bottom + 1.5)
