"""The sheet to hand over: at most eight services, on a page that tells nothing of who asked.

The sheet goes home with her and may be read by the person she fears. So its title is neutral, it
holds no name and no search, its file says nothing more, and by default it keeps the law of
`discretion`.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, cast
from zoneinfo import ZoneInfo

import fontpkg_pt_sans
import geopandas as gpd
import pandas as pd
from fpdf import FPDF

from geodata import agenda, french, freshness, hours, secrecy
from geodata.discretion import address, called, clean, described, phone_number, tells
from geodata.services import ACCESS, Confidentiality, ServiceType
from geodata.text import fold

if TYPE_CHECKING:
    from fpdf.fonts import TTFFont

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
    """What the sheet says of one service, in the order it says it; "" where nothing is said."""

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
    """Give the sheet as a PDF file, dated of the day of `now` and no finer.

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
    pdf = _one_blank_page(form, hours.local_date(now))
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
    """Give what the sheet says of each service, in their order. See `handout`."""
    shown = secrecy.shown(services)
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
    """Give the sheet's two last lines: its date, and the emergency numbers."""
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
    """Say where it is in words. A hidden place and a shelter have none."""
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
    """Give the mail address, or else the site, whole or not at all."""
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
    """Give for each service its next dates, in words; none where it is open each week."""
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
    """Give the next openings in the place's own time.

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

_FONT: Final = "pt-sans"
_LEADING: Final = 1.2
_MM_PER_POINT: Final = 25.4 / 72
_BLACK: Final = 0
_GREY: Final = 90
_PALE: Final = 190
# The spaces at which no line ends: `9 h 30 –`, `mardi :`, `0 800 05`.
_SOLID = re.compile(
    r"(?<=\d) (?=h\b|\d)|(?<=[\d \u00a0]h) (?=\d)| (?=[–:;?!»])|(?<=–) (?=\d)|(?<=«) "
)
_NO_PHONE: Final = "Numéro inconnu"
# What stands for a character that the font may lack.
_LIKE: Final = {"\u202f": "\u00a0", "\u2011": "-"}


def _leading(points: float) -> float:
    """The height of a line of this type, in mm."""
    return points * _LEADING * _MM_PER_POINT


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
        return self.margin + _leading(self.title) + 2

    @property
    def bottom(self) -> float:
        """Where the footer begins."""
        return self.height - self.margin - 2 * _leading(self.foot) - 1.5

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


class _Line(NamedTuple):
    text: str
    points: float
    style: str = ""
    grey: int = _BLACK


class _Block(NamedTuple):
    """One service laid out: its type, its lines, and its height in mm with the gaps around."""

    points: float
    phone: tuple[_Line, ...]
    texts: tuple[_Line, ...]
    height: float


def _one_blank_page(form: _Form, today: date) -> FPDF:
    """Give a document that says of itself what it must and no more."""
    pdf = FPDF(unit="mm", format=(form.width, form.height))
    pdf.set_title(TITLE)
    pdf.set_lang("fr-FR")
    pdf.set_creation_date(datetime.combine(today, time(), UTC))
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    pdf.alias_nb_pages("")
    pdf.c_margin = 0
    files = fontpkg_pt_sans.ROOT / "files"
    pdf.add_font(_FONT, "", files / "PT_Sans-Web-Regular.ttf")
    pdf.add_font(_FONT, "B", files / "PT_Sans-Web-Bold.ttf")
    pdf.add_page()
    return pdf


def _pages(pdf: FPDF, said: tuple[Entry, ...], form: _Form) -> list[list[_Block]]:
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


def _block(pdf: FPDF, entry: Entry, form: _Form, points: float, most: _Most) -> _Block:
    phone = tuple(_phone_lines(pdf, entry.phone, form, points))
    texts = tuple(
        line._replace(text=text)
        for options, line, lines in (
            ((entry.name,), _Line("", points, "B"), most.name),
            ((entry.place,), _Line("", points), most.place),
            ((entry.contact,), _Line("", points), 2),
            ((entry.access,), _Line("", points), 1),
            ((entry.hours, _hours_elsewhere(entry.phone)), _Line("", points), most.hours),
            (_fewer_dates(entry.dates), _Line("", points, "B"), most.dates),
            ((entry.age,), _Line("", 0.85 * points, "", _GREY), 1),
        )
        for text in _wrapped(pdf, options, line, form.text_width, lines)
    )
    heights = [sum(_leading(line.points) for line in lines) for lines in (phone, texts)]
    tall = max(heights) if form.column else sum(heights)
    return _Block(points, phone, texts, tall + _gap(points))


def _gap(points: float) -> float:
    """The height between two services, with a rule in its middle."""
    return 0.6 * _leading(points)


def _phone_lines(pdf: FPDF, phone: str, form: _Form, points: float) -> list[_Line]:
    """Set the number as large as it can be without breaking; it is never cut."""
    if not phone:
        return [_Line(_NO_PHONE, points, "", _GREY)]
    words, most = _solid(phone).split(" "), 2 if form.column else 1
    for larger in (1.6, 1.4, 1.2, 1.0, 0.8):
        line = _Line("", larger * points, "B")
        lines = _lines(pdf, phone, line, form.phone_width)
        whole = all(len(_lines(pdf, word, line, form.phone_width)) < 2 for word in words)
        if whole and len(lines) <= most:
            break
    return [line._replace(text=text) for text in lines]


def _fewer_dates(dates: str) -> tuple[str, ...]:
    """All the dates, all but the last, and so on."""
    known = dates.split(_BETWEEN_DATES)
    return tuple(_BETWEEN_DATES.join(known[:count]) for count in range(len(known), 0, -1))


def _wrapped(
    pdf: FPDF, options: tuple[str, ...], line: _Line, width: float, most: int
) -> list[str]:
    """Break into lines the first text that needs `most` at most, else the last one, cut."""
    lines: list[str] = []
    for text in options:
        lines = _lines(pdf, text, line, width)
        if len(lines) <= most:
            return lines
    kept = " ".join(lines[:most])
    while len(lines) > most:
        kept = kept[:-1]
        lines = _lines(pdf, f"{kept.rstrip()}…", line, width)
    return lines


def _lines(pdf: FPDF, text: str, line: _Line, width: float) -> list[str]:
    drawable = _solid(_drawable(text, pdf))
    if not drawable:
        return []
    pdf.set_font(_FONT, line.style, line.points)
    lines = pdf.multi_cell(width, text=drawable, align="L", dry_run=True, output="LINES")
    return cast("list[str]", lines)


def _solid(text: str) -> str:
    return _SOLID.sub("\u00a0", text)


def _drawable(text: str, pdf: FPDF) -> str:
    """Replace what the font has no glyph for: the library would log it, and drawn boxes say less.

    A letter or digit becomes a question mark, anything else is left out.
    """
    glyphs = cast("TTFFont", pdf.fonts[_FONT]).cmap
    drawn = []
    for character in unicodedata.normalize("NFC", text):
        like = _LIKE.get(character) or unicodedata.normalize("NFKC", character)
        letter = unicodedata.category(character)[0] in "LN"
        options = (character, like, "?" if letter else "")
        drawn.append(next(o for o in options if all(ord(part) in glyphs for part in o)))
    return "".join(drawn).strip(" ")


def _draw(pdf: FPDF, blocks: list[_Block], form: _Form, foot: tuple[str, str]) -> None:
    _draw_lines(pdf, [_Line(TITLE, form.title, "B")], form.margin, form.margin)
    pdf.set_draw_color(_PALE)
    y = form.top
    for block in blocks:
        _draw_rule(pdf, form, y)
        start = y + _gap(block.points) / 2
        below = _draw_lines(pdf, block.phone, form.margin, start)
        beside = start if form.column else below
        _draw_lines(pdf, block.texts, form.margin + form.column, beside)
        y += block.height
    _draw_rule(pdf, form, y)
    lines = [_Line(text, form.foot, style) for text, style in zip(foot, ("", "B"), strict=True)]
    _draw_lines(pdf, lines, form.margin, form.bottom + 1.5)


def _draw_rule(pdf: FPDF, form: _Form, y: float) -> None:
    pdf.line(form.margin, y, form.width - form.margin, y)


def _draw_lines(pdf: FPDF, lines: Iterable[_Line], x: float, y: float) -> float:
    """Draw lines one below the other, and give where the last one ends."""
    for line in lines:
        pdf.set_font(_FONT, line.style, line.points)
        pdf.set_text_color(line.grey)
        pdf.set_xy(x, y)
        pdf.cell(h=_leading(line.points), text=line.text)
        y += _leading(line.points)
    return y
