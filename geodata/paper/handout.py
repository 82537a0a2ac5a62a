"""The sheet to hand over: at most eight services, and nothing about the person who asked.

She takes the sheet home, and the person she fears may read it. So its title is neutral, neither the
paper nor the metadata say who asked for what, and by default it follows the rules of `discretion`.
"""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Final, NamedTuple

import geopandas as gpd

from geodata import hours
from geodata.languages import Language
from geodata.paper._handout_words import (
    BETWEEN_DATES,
    NO_PHONE,
    TITLE,
    Entry,
    Said,
    appointment,
    entries,
    footer,
    hours_elsewhere,
    title,
)
from geodata.paper._scripts import Paper
from geodata.paper._typesetting import (
    GREY,
    Text,
    document,
    height,
    leading,
    one_line,
    phone,
    put,
    rule,
    wrap,
)

__all__ = [
    "FILE_NAME",
    "MOST",
    "NO_PHONE",
    "TITLE",
    "Entry",
    "Said",
    "Size",
    "appointment",
    "entries",
    "footer",
    "handout",
    "title",
]

FILE_NAME: Final = "adresses-utiles.pdf"
MOST: Final = 8


class Size(StrEnum):
    """The paper: A4, A4 in bigger type, or A6 for a pocket."""

    A4 = "a4"
    GRAND = "grand"
    POCHE = "poche"


def handout(
    services: gpd.GeoDataFrame,
    now: datetime,
    *,
    size: Size = Size.A4,
    discreet: bool = True,
    language: Language | None = None,
    with_appointment: bool = False,
) -> bytes:
    """Return the sheet as a PDF file, dated of the day of `now` and no finer.

    `Size.A4` is always one page in French: the type shrinks from 14 to 8 points, then texts are cut
    with an ellipsis; a phone number never is, and hours that would be are left to the phone.
    `Size.GRAND` stays at 14 points or more and `Size.POCHE` has up to four services on its page:
    they go on to further pages rather than become hard to read. So does every sheet in two
    languages, whose texts are never cut.

    Args:
        services: rows of `read_services`, in the order of the sheet; those that are never shown
            (`non_publie`) are left out.
        now: the instant of the sheet; naive is Europe/Paris.
        size: the paper.
        discreet: call each service by a neutral word, and leave out texts that tell.
        language: a language to stand beside the French.
        with_appointment: a line for a day and a time, to be filled in by hand.

    Raises:
        ValueError: no service, or more than eight.
    """
    said = entries(services, now, discreet=discreet, language=language)
    if not said:
        raise ValueError("Choisir au moins un service pour éditer la feuille.")
    if len(said) > MOST:
        raise ValueError(f"La feuille porte huit services au plus : il y en a {len(said)}.")
    form = _form(size, language, with_appointment=with_appointment)
    midnight = datetime.combine(hours.local_date(now), time(), UTC)
    pdf = document(TITLE, midnight, paper=(form.width, form.height))
    pdf.add_page()
    foot = _foot(pdf, form, now, " Page 8 sur 8.", discreet=discreet)
    below = foot.height + _appointment(form) + 1.5
    pages = _pages(pdf, said, form, form.height - form.margin - below - form.top)
    for number, blocks in enumerate(pages, start=1):
        if number > 1:
            pdf.add_page()
        page = f" Page {number} sur {len(pages)}." if len(pages) > 1 else ""
        _draw(pdf, blocks, form, _foot(pdf, form, now, page, discreet=discreet))
    return bytes(pdf.output())


# --- the page -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Form:
    """A paper and its type: lengths in mm, type in points.

    `column` is the width of the column of the phone numbers, 0 where each stands above its text;
    with it, another language stands beside the French, without it below. The sizes of `type` are
    tried from the largest. As many services as `fitting` always come onto one page, in the sizes
    of `small` if need be.
    """

    width: float
    height: float
    margin: float
    column: float
    type: tuple[float, ...]
    small: tuple[float, ...]
    fitting: int
    language: Language | None = None
    with_appointment: bool = False

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
    def inner(self) -> float:
        """The width between the margins."""
        return self.width - 2 * self.margin

    @property
    def half(self) -> float:
        """The width of each of two columns."""
        return (self.inner - _BETWEEN_COLUMNS) / 2

    @property
    def side_by_side(self) -> bool:
        """Whether another language stands beside the French."""
        return bool(self.language and self.column)

    @property
    def text_width(self) -> float:
        return self.half if self.side_by_side else self.inner - self.column

    @property
    def phone_width(self) -> float:
        return self.column - 4 if self.column else self.inner

    @property
    def beside_x(self) -> float:
        """Where the other language begins."""
        return self.margin + (self.half + _BETWEEN_COLUMNS if self.side_by_side else 0)


_BETWEEN_COLUMNS: Final = 7.0
_FORMS: Final = {
    Size.A4: _Form(210, 297, 12, 58, (14, 13, 12, 11.5, 11, 10.5, 10, 9.5, 9), (8.5, 8), MOST),
    Size.GRAND: _Form(210, 297, 12, 0, (17, 16, 15, 14), (), 0),
    Size.POCHE: _Form(105, 148, 6, 0, (9.5, 9, 8.5, 8), (7.5, 7), 4),
}


def _form(size: Size, language: Language | None, *, with_appointment: bool) -> _Form:
    form = replace(_FORMS[size], language=language, with_appointment=with_appointment)
    if language is None:
        return form
    types = tuple(points for points in form.type if points <= 12 or size is Size.GRAND)
    return replace(form, type=types, small=(), fitting=0)


class _Most(NamedTuple):
    """How many lines each text may take."""

    name: int
    place: int
    contact: int
    access: int
    hours: int
    dates: int
    age: int


_UNCUT: Final = _Most(99, 99, 99, 99, 99, 99, 99)
_WHOLE: Final = _UNCUT._replace(contact=2, access=1, age=1)
_SHORTER: Final = (
    _WHOLE._replace(name=2, place=2, hours=4, dates=2),
    _WHOLE._replace(name=1, place=2, hours=2, dates=1),
)


class _Block(NamedTuple):
    """The lines of one service, and its height in mm with `gap`, the blank around it."""

    phone: list[Text]
    name: list[Text]
    texts: list[Text]
    beside: list[Text]
    gap: float
    height: float


def _pages(pdf: Paper, said: tuple[Entry, ...], form: _Form, room: float) -> list[list[_Block]]:
    """Lay the services out on as few pages as can be, in the largest type that does it."""
    tries = [(points, _UNCUT if form.language else _WHOLE) for points in form.type]
    if len(said) <= form.fitting:
        tries += [(points, _WHOLE) for points in form.small]
        tries += [(form.small[-1], most) for most in _SHORTER]
    best: list[list[_Block]] = []
    for points, most in tries:
        blocks = [_block(pdf, entry, form, points, most) for entry in said]
        pages = _flowed(blocks, room)
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
    heading = bold._replace(kind="H2")
    name = _first_that_fits(pdf, (entry.name,), heading, form.text_width, most.name)
    texts = [
        line
        for words, text, lines in (
            ((entry.place,), plain, most.place),
            ((entry.contact,), plain, most.contact),
            ((entry.access,), plain, most.access),
            ((entry.hours, hours_elsewhere(entry.phone)), plain, most.hours),
            (_fewer_dates(entry.dates), bold, most.dates),
            ((entry.age,), small, most.age),
        )
        for line in _first_that_fits(pdf, words, text, form.text_width, lines)
    ]
    beside = _beside(pdf, entry.beside, form, points)
    number = [Text(NO_PHONE, points, grey=GREY)]
    if entry.phone:
        number = phone(pdf, entry.phone, form.phone_width, 1.6 * points, slash=True)
    gap = 0.75 * leading(points)
    side = height(name) + height(texts)
    if form.side_by_side:
        tall = height(number) + max(side, height(beside))
    elif form.column:
        tall = max(height(number), side)
    else:
        tall = height(number) + side + (height(beside) + gap / 2 if beside else 0)
    return _Block(number, name, texts, beside, gap, tall + gap)


def _beside(pdf: Paper, said: tuple[Said, ...], form: _Form, points: float) -> list[Text]:
    """Return the lines in the other language; in French, those that are under their mark."""
    lines = []
    for text in said:
        set_in = Text(text.words, points, "B" * text.strong, lang=str(form.language))
        if text.french:
            set_in = set_in._replace(lang="")
        if text.quiet:
            set_in = set_in._replace(points=0.85 * points, grey=GREY)
        lines += wrap(pdf, set_in, form.text_width)
    return lines


def _fewer_dates(dates: str) -> tuple[str, ...]:
    """All the dates, all but the last, and so on."""
    known = dates.split(BETWEEN_DATES)
    return tuple(BETWEEN_DATES.join(known[:count]) for count in range(len(known), 0, -1))


def _first_that_fits(
    pdf: Paper, options: tuple[str, ...], text: Text, width: float, most: int
) -> list[Text]:
    """Return the lines of the first option that needs `most` at most, else of the last one, cut."""
    for words in options:
        lines = wrap(pdf, text._replace(words=words), width)
        if len(lines) <= most:
            return lines
    return wrap(pdf, text._replace(words=options[-1]), width, most)


class _Foot(NamedTuple):
    """The lines at the foot of a page, and their height in mm."""

    french: list[Text]
    beside: list[Text]
    height: float


def _foot(pdf: Paper, form: _Form, now: datetime, page: str, *, discreet: bool) -> _Foot:
    width = form.half if form.side_by_side else form.inner
    dated, numbers = footer(now, discreet=discreet)
    texts = [Text(f"{dated}{page}", form.foot), Text(numbers, form.foot, "B")]
    beside: list[Text] = []
    if form.language:
        dated, numbers = footer(now, discreet=discreet, language=form.language)
        lang = str(form.language)
        beside = [
            Text(dated, form.foot, lang=lang),
            Text(numbers, form.foot, "B", lang=lang),
        ]
    french, others = (
        [line for text in part for line in wrap(pdf, text, width)] for part in (texts, beside)
    )
    tall = max if form.side_by_side else sum
    return _Foot(french, others, tall((height(french), height(others))))


def _draw(pdf: Paper, blocks: list[_Block], form: _Form, foot: _Foot) -> None:
    """Draw a page. What each page has, its title and its foot, is read on the first one alone."""
    frame = pdf.repeated if pdf.page_no() > 1 else nullcontext
    with frame():
        _draw_title(pdf, form)
    y = form.top
    for block in blocks:
        rule(pdf, form.margin, y, form.inner)
        _draw_block(pdf, block, form, y + block.gap / 2)
        y += block.height
    rule(pdf, form.margin, y, form.inner)
    with frame():
        _draw_foot(pdf, form, foot)


def _draw_foot(pdf: Paper, form: _Form, foot: _Foot) -> None:
    y = form.height - form.margin - foot.height
    if form.with_appointment:
        _draw_appointment(pdf, form, y - _appointment(form))
    below = put(pdf, foot.french, form.margin, y)
    width = form.half if form.side_by_side else form.inner
    put(pdf, foot.beside, form.beside_x, y if form.side_by_side else below, width=width)


def _draw_title(pdf: Paper, form: _Form) -> None:
    put(pdf, [Text(TITLE, form.title, "B", kind="H1")], form.margin, form.margin)
    if form.language:
        text = Text(title(form.language), form.title, "B", lang=str(form.language))
        line = one_line(pdf, text, form.half)
        x = form.margin + form.half + _BETWEEN_COLUMNS
        put(pdf, [line], x, form.margin, width=form.half)


def _draw_block(pdf: Paper, block: _Block, form: _Form, y: float) -> None:
    """Draw a service: its number first, then its name and the rest."""
    above = bool(form.language or not form.column)
    top = y + height(block.phone) if above else y
    x = form.margin if above else form.margin + form.column
    put(pdf, block.phone, form.margin, y)
    below = put(pdf, block.name, x, top)
    end = put(pdf, block.texts, x, below)
    beside = top if form.side_by_side else end + block.gap / 2
    put(pdf, block.beside, form.beside_x, beside, width=form.text_width)


# --- the line to fill in ------------------------------------------------------------------


def _appointment(form: _Form) -> float:
    """Return the height in mm of the line to fill in, 0 without one."""
    if not form.with_appointment:
        return 0
    return leading(form.foot) * (3.4 if form.language else 2.4)


def _draw_appointment(pdf: Paper, form: _Form, y: float) -> None:
    """Draw the words of the line, and a rule for each blank of its French."""
    y += 0.9 * leading(form.foot)
    x = form.margin
    words = Text("", 1.1 * form.foot, "B")
    *starts, _ = appointment().split("…")
    for text, blank in zip(starts, (0.32 * form.inner, 0.16 * form.inner), strict=True):
        line = one_line(pdf, words._replace(words=text), form.inner)
        put(pdf, [line], x, y)
        x += pdf.get_string_width(line.words) + 1.5
        rule(pdf, x, y + 0.95 * leading(words.points), blank)
        x += blank + 1.5
    if form.language:
        caption = Text(appointment(form.language), 0.9 * form.foot, lang=str(form.language))
        put(pdf, [caption], form.margin, y + 1.2 * leading(words.points), width=form.inner)
