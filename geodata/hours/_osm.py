"""OSM `opening_hours` texts: an allow-list grammar, read into rules and written back.

Only what has one certain meaning is read; everything else raises `InvalidHours`, which names it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from geodata.hours._model import (
    DAY_MINUTES,
    EVERY_DAY,
    Dates,
    Day,
    Holiday,
    InvalidHours,
    Join,
    Rule,
    Span,
    State,
    Steps,
    Weekdays,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LAST_YEAR = 9999
MAX_LENGTH = 3000
MAX_RULES = 150

_WORDS = {word.lower(): word for word in (*WEEKDAYS, *MONTHS, "PH", "SH")} | {
    word: word
    for word in ("week", "easter", "day", "days", "off", "closed", "open", "unknown", "24/7")
}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>"[^"]*")
    |(?P<always>24/7)
    |(?P<time>\d{1,2}:\d\d(?!\d))
    |(?P<number>\d+)
    |(?P<word>[A-Za-z]+)
    |(?P<mark>\|\||[-,;:\[\]+/])""",
    re.VERBOSE | re.ASCII,
)
_WEEKDAY = "|".join(WEEKDAYS)
_SIMPLE = re.compile(
    rf"((?:{_WEEKDAY})(?:[-,](?:{_WEEKDAY}))*) (\d\d:\d\d-\d\d:\d\d(?:,\d\d:\d\d-\d\d:\d\d)*)",
    re.ASCII,
)
_DASHES = re.compile("[\u2010-\u2015\u2212]")

WEEKEND_OR_WEDNESDAY = (
    "« WE » : le week-end ou le mercredi ? Écrire « samedi et dimanche », ou « mercredi »."
)
_OPEN_END = "fin non précisée"

_MODIFIERS = {
    "open": State.OPEN,
    "off": State.CLOSED,
    "closed": State.CLOSED,
    "unknown": State.UNKNOWN,
}


def clean(text: str) -> str:
    """Dashes and spaces of word processors as plain ones, outside comments too."""
    return " ".join(_DASHES.sub("-", text).split()).strip()


@lru_cache(maxsize=64)
def read(text: str) -> tuple[Rule, ...]:
    """The rules of an OSM text; a canonical one is read again to be compared."""
    if len(text) > MAX_LENGTH:
        raise InvalidHours(f"Texte trop long ({len(text)} caractères) pour des horaires.")
    text = clean(text)
    if '"' not in text and "||" not in text and "mar" not in text.lower():
        pieces = text.split(";")
        if len(pieces) > 1 and not pieces[-1].strip():
            pieces.pop()
        found = [rule for piece in pieces for rule in _piece(piece.strip())]
        check(found)
        check_opens(found)
        if _maybe_weekend(text):
            raise AmbiguousHours(WEEKEND_OR_WEDNESDAY)
        return tuple(found)
    reader = _Reader(text)
    rules = reader.rules()
    check_opens(rules)
    if _maybe_weekend(text):
        raise AmbiguousHours(WEEKEND_OR_WEDNESDAY)
    if reader.only_march:
        raise AmbiguousHours(
            "« Mar » : mars ou mardi ? Écrire « mars » ou « mardi » en toutes lettres."
        )
    return rules


def _maybe_weekend(text: str) -> bool:
    """Whether `WE` or `we`, a weekend in French, stands in a text without an English day name."""
    if not re.search(r"\b(?:WE|we)\b", text):
        return False
    return not re.search(r"\b(?:mo|tu|th|fr|su)\b", text, re.IGNORECASE)


@lru_cache(maxsize=65536)
def _piece(text: str) -> tuple[Rule, ...]:
    """The rules between two `;`: lists share most of them, so each is read once."""
    simple = _SIMPLE.fullmatch(text)
    if simple is None:
        return _Reader(text).rules()
    days, times = simple.groups()
    spans = joined_spans([_span(span) for span in times.split(",")])
    return (Rule(weekdays=_weekdays(days), times=spans),)


@lru_cache(maxsize=1024)
def _weekdays(days: str) -> tuple[Weekdays, ...]:
    return _Reader(f"{days} 09:00-10:00").rules()[0].weekdays


@lru_cache(maxsize=16384)
def _span(span: str) -> Span:
    return _Reader(span).rules()[0].times[0]


def is_osm(text: str) -> bool:
    """Whether a text is made of OSM's words only, whatever they mean together."""
    try:
        _Reader(clean(text))
    except InvalidHours:
        return False
    return True


class AmbiguousHours(InvalidHours):
    """Raised when a text has two certain readings, one OSM and one French."""


class _Times(NamedTuple):
    """A span as read, in minutes; without an end for `14:00+`."""

    start: int
    end: int | None


class _Reader:
    """A cursor over the tokens; each method reads one symbol of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise InvalidHours(_not_understood(text[position : position + 20]))
            kind, value = match.lastgroup, match.group()
            if kind in ("word", "always"):
                if value.lower() not in _WORDS:
                    raise InvalidHours(_not_understood(value))
                value = _WORDS[value.lower()]
            if kind != "space":
                self.tokens.append((kind, value))
            position = match.end()
        self.tokens.append(("end", ""))

    @property
    def only_march(self) -> bool:
        """Whether `Mar`, maybe a French Tuesday, stands among words that French has too."""
        words = {value for kind, value in self.tokens if kind == "word"}
        return "Mar" in words and words <= {"Mar", "Sa"} and not re.search(r"Mar \d+ ", self.text)

    # Moving

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def sees(self, *values: str, ahead: int = 0) -> bool:
        kind, value = self.peek(ahead)
        return kind != "comment" and value in values and value != ""

    def takes(self, *values: str) -> str:
        if not self.sees(*values):
            return ""
        self.at += 1
        return self.tokens[self.at - 1][1]

    def expects(self, kind: str) -> str:
        found, value = self.peek()
        if found != kind:
            raise self.refusal()
        self.at += 1
        return value

    def refusal(self, reason: str = "") -> InvalidHours:
        rest = " ".join(value for _, value in self.tokens[self.at : self.at + 4]).strip()
        return InvalidHours(reason or _not_understood(rest or "fin du texte"))

    # Rules

    def rules(self) -> tuple[Rule, ...]:
        rules = self.rule(Join.NORMAL)
        while self.peek()[0] != "end":
            if len(rules) >= MAX_RULES:
                raise InvalidHours("Trop de règles pour des horaires : raccourcir la liste.")
            join = Join(self.takes(";", ",", "||") or self.unexpected())
            if self.peek()[0] == "end" and join is Join.NORMAL:
                break
            rules += self.rule(join)
            if rules[-1].join is Join.FALLBACK and rules[-1].state is State.CLOSED:
                rules.pop()  # `|| off` is closed where nothing is said, as everything is
        check(rules)
        return tuple(rules)

    def unexpected(self) -> str:
        raise self.refusal()

    def rule(self, join: Join) -> list[Rule]:
        """One rule, and behind it an unknown one for its times without an end (`14:00+`)."""
        if self.peek()[0] == "always":
            self.at += 1
            rule = Rule(times=(Span(0, DAY_MINUTES),), join=join)
            return [self.modified(rule, timed=True)]
        start = self.at
        years = self.listed(self.years) if self.starts_years() else ()
        listed = self.listed(self.dates, self.another_date) if self.starts_dates() else []
        dates = [date for dates in listed for date in dates]
        if len({date.first.year is None for date in dates}) > 1:
            raise self.refusal("L’année manque pour certaines dates : l’écrire pour chacune.")
        weeks = self.listed(self.weeks, self.another_number) if self.takes("week") else []
        self.takes(":") if self.at > start else ""
        rule = self.days(
            Rule(
                years=tuple(years),
                dates=tuple(dates),
                weeks=tuple(weeks),
                join=join,
            )
        )
        times = self.listed(self.span, self.another_time) if self.peek()[0] == "time" else []
        certain = [span for span in times if span.end is not None]
        rules = [self.modified(replace(rule, times=joined_spans(certain)), timed=bool(times))]
        return rules + self.open_ended(rules[0], times)

    def open_ended(self, rule: Rule, times: list[_Times]) -> list[Rule]:
        """`09:00-12:00,14:00+`: the morning is known; from 14:00 on nobody knows until when."""
        starts = [span.start for span in times if span.end is None]
        if not starts:
            return []
        last = max((span.end for span in times if span.end is not None), default=0)
        if not rule.times or starts[0] < last or rule.state is not State.OPEN:
            raise self.refusal(
                f"« {clock(starts[0])}+ » : l’heure de fermeture manque ; écrire le début et la"
                " fin."
            )
        until_midnight = (Span(starts[0], DAY_MINUTES),)
        return [
            replace(
                rule,
                times=until_midnight,
                state=State.UNKNOWN,
                comment=_OPEN_END,
                join=Join.ADDITIONAL,
            )
        ]

    def modified(self, rule: Rule, *, timed: bool) -> Rule:
        """The state after the times, and the comment: a bare comment makes it unknown."""
        word = self.takes(*_MODIFIERS)
        comment = ""
        if self.peek()[0] == "comment":
            comment = self.expects("comment")[1:-1].strip()
        state = _MODIFIERS[word] if word else State.UNKNOWN if comment else State.OPEN
        if not timed and not word and not comment:
            if self.peek()[0] == "end" or self.sees(";", ",", "||"):
                raise self.refusal("Il manque des heures, par exemple « 09:00-12:00 ».")
            raise self.refusal()
        if state is State.OPEN and not timed:
            raise self.refusal(
                "« open » sans heures : des horaires qui manquent, ou jour et nuit ? Écrire les"
                " heures, ou « 00:00-24:00 »."
            )
        if state is State.CLOSED and rule.join is Join.ADDITIONAL:
            rule = replace(rule, join=Join.NORMAL)  # a closure never replaces, it only cuts
        return replace(rule, state=state, comment=comment)

    def listed(
        self, item: Callable[[], Item], another: Callable[[], bool] | None = None
    ) -> list[Item]:
        items = [item()]
        while self.sees(",") and (another is None or another()):
            self.at += 1
            items.append(item())
        return items

    # Years, dates, weeks

    def starts_years(self) -> bool:
        """A year that does not belong to the date behind it."""
        kind, value = self.peek()
        return (
            kind == "number"
            and len(value) == 4
            and not (self.peek(1)[1] in MONTHS or self.sees("easter", ahead=1))
        )

    def years(self) -> Steps:
        first = self.year()
        if self.takes("+"):
            return Steps(first, LAST_YEAR)
        last = self.year() if self.takes("-") else first
        return self.stepped(first, last)

    def stepped(self, first: int, last: int) -> Steps:
        step = int(self.expects("number")) if self.takes("/") else 1
        if not (first <= last and 1 <= step <= max(1, last - first)):
            raise self.refusal(f"« {first}-{last} » : l’ordre ou le pas n’est pas compris.")
        return Steps(first, last, step)

    def year(self) -> int:
        value = self.expects("number")
        if len(value) != 4 or not 1900 <= int(value) <= 2999:
            raise self.refusal(_not_understood(value))
        return int(value)

    def starts_dates(self) -> bool:
        ahead = 1 if self.peek()[0] == "number" else 0
        return self.sees(*MONTHS, "easter", ahead=ahead)

    def another_date(self) -> bool:
        kind, value = self.peek(1)
        if kind == "number" and len(value) == 4:
            return self.sees(*MONTHS, "easter", ahead=2)
        return kind == "number" or self.sees(*MONTHS, "easter", ahead=1)

    def dates(self) -> list[Dates]:
        """`Feb`, `Jan-Mar`, `Feb 17`, `Feb 17-20`, `Feb 17,20`, `2026 Dec 20-2027 Jan 5`."""
        year = self.year() if self.peek()[0] == "number" else None
        first = self.day(year)
        if first.month and first.day == 0:
            if self.takes("-"):
                month = MONTHS.index(self.takes(*MONTHS) or self.unexpected()) + 1
                last = Day(month, 31, year)
            else:
                last = Day(first.month, 31, year)
            first = replace(first, day=1)
            if year is not None and last.month < first.month:
                raise self.refusal("Une suite de mois qui passe l’année doit être coupée en deux.")
            return [Dates(first, last)]
        found = [whole(Dates(first, self.range_end(first)))]
        while first.month and self.sees(",") and self.is_day_number(1):
            self.at += 1
            first = Day(first.month, int(self.expects("number")), year)
            _check_day(first)
            found.append(whole(Dates(first, self.range_end(first))))
        return found

    def is_day_number(self, ahead: int) -> bool:
        kind, value = self.peek(ahead)
        return kind == "number" and len(value) <= 2

    def range_end(self, first: Day) -> Day:
        if not self.sees("-"):
            return first
        self.at += 1
        if self.is_day_number(0) and first.month:
            last = Day(first.month, int(self.expects("number")), first.year)
            if last.day < first.day:
                raise self.refusal("Les jours d’une suite de dates doivent se suivre.")
        else:
            year = self.year() if self.peek()[0] == "number" else first.year
            if (year is None) != (first.year is None):
                raise self.refusal("L’année manque au début de la suite de dates.")
            last = self.day(year)
            if last.month and last.day == 0:
                raise self.refusal("Il manque le jour du mois à la fin de la suite de dates.")
        _check_day(last)
        if first.year is not None and _order(last) < _order(first):
            raise self.refusal("La suite de dates finit avant de commencer : écrire les années.")
        if bool(first.month) != bool(last.month):
            raise self.refusal("Une suite de dates ne peut pas mêler Pâques et une date fixe.")
        if first.month == 0 and last.day < first.day:
            raise self.refusal("La suite de dates autour de Pâques finit avant de commencer.")
        return last

    def day(self, year: int | None) -> Day:
        """A date; `day == 0` stands for a month alone, until `dates` makes it whole."""
        if self.takes("easter"):
            return Day(0, self.offset(), year)
        month = MONTHS.index(self.takes(*MONTHS) or self.unexpected()) + 1
        if not self.is_day_number(0):
            return Day(month, 0, year)
        day = Day(month, int(self.expects("number")), year)
        _check_day(day)
        return day

    def offset(self) -> int:
        """` +1 day`, ` -2 days`."""
        if not (self.sees("+", "-") and self.peek(1)[0] == "number"):
            return 0
        if not self.sees("day", "days", ahead=2):
            return 0
        sign = -1 if self.takes("-", "+") == "-" else 1
        number = int(self.expects("number"))
        self.takes("day", "days")
        if not 1 <= number <= 60:
            raise self.refusal(_not_understood(f"{number} days"))
        return sign * number

    def another_number(self) -> bool:
        return self.peek(1)[0] == "number"

    def weeks(self) -> Steps:
        first = self.week()
        last = self.week() if self.takes("-") else first
        return self.stepped(first, last)

    def week(self) -> int:
        value = int(self.expects("number"))
        if not 1 <= value <= 53:
            raise self.refusal(_not_understood(f"week {value}"))
        return value

    # Days of the week and holidays

    def days(self, rule: Rule) -> Rule:
        """`Mo-Fr`, `Tu[1,3]`, `PH`, `PH,Mo` (or), `PH Mo` (and)."""
        holidays: list[Holiday] = []
        weekdays: list[Weekdays] = []
        while self.sees(*WEEKDAYS, "PH", "SH"):
            if self.sees("PH", "SH"):
                holidays.append(self.holiday())
            else:
                weekdays.append(self.weekdays())
            if not (self.sees(",") and self.sees(*WEEKDAYS, "PH", "SH", ahead=1)):
                break
            self.at += 1
        both = bool(holidays) and not weekdays and self.sees(*WEEKDAYS)
        if both:
            if len(holidays) > 1:
                raise self.refusal("Jours fériés et vacances : en faire deux règles.")
            weekdays = self.listed(self.weekdays, self.another_weekday)
        return replace(
            rule,
            holidays=tuple(holidays),
            weekdays=_merged(weekdays),
            holidays_and_weekdays=both,
        )

    def another_weekday(self) -> bool:
        if self.sees("PH", "SH", ahead=1):
            raise self.refusal("On ne sait pas à quoi se rapportent les jours fériés.")
        return self.sees(*WEEKDAYS, ahead=1)

    def holiday(self) -> Holiday:
        kind = self.takes("PH", "SH")
        return Holiday(kind, self.offset() if kind == "PH" else 0)

    def weekdays(self) -> Weekdays:
        first = WEEKDAYS.index(self.takes(*WEEKDAYS))
        if self.takes("-"):
            last = WEEKDAYS.index(self.takes(*WEEKDAYS) or self.unexpected())
            if last == first:
                raise self.refusal(f"« {WEEKDAYS[first]}-{WEEKDAYS[last]} » : un jour ou sept ?")
            count = (last - first) % 7 + 1
            return Weekdays(sum(1 << (first + n) % 7 for n in range(count)))
        if not self.takes("["):
            return Weekdays(1 << first)
        nth = sorted({n for part in self.listed(self.nth) for n in part}, key=_nth_order)
        if not self.takes("]"):
            raise self.refusal()
        return Weekdays(1 << first, tuple(nth), self.offset())

    def nth(self) -> range:
        sign = -1 if self.takes("-") else 1
        first = int(self.expects("number"))
        last = first
        if sign == 1 and self.takes("-"):
            last = int(self.expects("number"))
        if not 1 <= first <= last <= 5:
            raise self.refusal(_not_understood(f"[{first}]"))
        return range(sign * first, sign * first + last - first + 1)

    # Times

    def another_time(self) -> bool:
        return self.peek(1)[0] == "time"

    def span(self) -> _Times:
        start = self.minutes()
        if self.takes("+"):
            return _Times(start, None)
        if self.sees("-") and self.peek(1)[0] != "time":
            raise self.refusal(
                f"« {clock(start)}+ » : l’heure de fermeture manque ; écrire le début et la fin."
            )
        if not self.takes("-"):
            raise self.refusal(
                f"« {clock(start)} » : une heure seule ne dit pas jusqu’à quand c’est ouvert."
            )
        end = self.minutes()
        if self.sees("+", "/"):
            raise self.refusal(
                f"« {clock(end)}{self.peek()[1]} » : la fin n’est pas certaine ;"
                " écrire le début et la fin."
            )
        span = checked_span(start, end)
        return _Times(span.start, span.end)

    def minutes(self) -> int:
        hour, minute = (int(part) for part in self.expects("time").split(":"))
        if hour > 48 or minute > 59 or hour * 60 + minute > 2 * DAY_MINUTES:
            raise InvalidHours(f"« {hour:02}:{minute:02} » n’est pas une heure.")
        return hour * 60 + minute


def checked_span(start: int, end: int) -> Span:
    """A span of time in minutes; an end before the start is in the next morning.

    An end beyond 1440 says the next morning outright.
    """
    if start >= DAY_MINUTES:
        raise InvalidHours(f"« {clock(start)} » n’est pas une heure de début.")
    if start == end:
        raise InvalidHours(
            f"« {clock(start)}-{clock(end)} » : ouvert tout le temps ou jamais ? Écrire « 24/7 »,"
            " « 00:00-24:00 » ou « off »."
        )
    if end < start:
        end += DAY_MINUTES
    if end - start > DAY_MINUTES or (end - start == DAY_MINUTES and start):
        raise InvalidHours(f"« {clock(start)}-{clock(end)} » dure un jour ou plus.")
    return Span(start, end)


def check_nights(rules: Sequence[Rule], text: str) -> None:
    """Refuse a closing time before its opening time, where it is more likely a slip than a night.

    `14:00-31:30` and `14h-7h30 le lendemain` say the next morning outright, and are kept.
    """
    doubtful = [span for rule in rules for span in rule.times if is_doubtful(span)]
    if len(doubtful) > len(_NEXT_DAY.findall(text)):
        start, end = clock(doubtful[0].start), clock(doubtful[0].end - DAY_MINUTES)
        raise InvalidHours(
            f"« {start}-{end} » : la fermeture est avant l’ouverture. Corriger l’heure, ou, si"
            f" c’est ouvert la nuit, écrire « {start}-{clock(doubtful[0].end)} », ou"
            f" « {end.replace(':', 'h')} le lendemain »."
        )


def check_midnight(rules: Sequence[Rule], text: str) -> None:
    """Refuse `09:00-00:00`: programs write 00:00 where nothing was given."""
    days = [
        span
        for rule in rules
        for span in rule.times
        if span.end == DAY_MINUTES and span.start < _EVENING
    ]
    if days and _ZERO_END.search(text):
        raise InvalidHours(
            f"« {clock(days[0].start)}-00:00 » : fermé à minuit, ou une heure qui manque ? Écrire"
            " « 24:00 » ou « minuit », ou l’heure de fermeture."
        )


_ZERO_END = re.compile(r"[-àÀa/]\s*0?0(?::00| ?[hH](?:00)?)(?!\d)")
_NEXT_DAY = re.compile(r"-(?:2[4-9]|3\d|4[0-8]):[0-5]\d\b|\blendemain\b", re.IGNORECASE)


def is_doubtful(span: Span) -> bool:
    """Whether a span over midnight is too long to be a night; see `_EVENING`."""
    length = span.end - span.start
    longest = _LONGEST_NIGHT if span.start >= _EVENING else _LONGEST_LATE_DAY
    return span.end > DAY_MINUTES and length > longest


_EVENING, _LONGEST_NIGHT, _LONGEST_LATE_DAY = 17 * 60, 15 * 60, 10 * 60
"""A night begins at 17:00 or later and lasts 15 hours at most (a shelter: 18:00-09:00); what begins
before may last 10 hours (16:00-02:00). Minutes."""


def joined_spans(spans: Sequence[Span | _Times]) -> tuple[Span, ...]:
    """Spans in order; those that meet are one."""
    joined: list[Span] = []
    whole_spans = [Span(span.start, span.end) for span in spans if span.end is not None]
    for span in sorted(whole_spans, key=lambda span: span.start):
        if joined and span.start <= joined[-1].end:
            start, end = joined[-1].start, max(joined[-1].end, span.end)
            joined[-1] = checked_span(start, end)
        else:
            joined.append(span)
    return tuple(joined)


def whole(dates: Dates) -> Dates:
    """`Nov 1-30` is `Nov`: a range that holds whole months is written as months."""
    first, last = dates.first, dates.last
    if first.month == 0 or first.day != 1 or first.year != last.year or last.month < first.month:
        return dates
    days = MONTH_DAYS[last.month - 1] if last.year is None else monthrange(last.year, last.month)[1]
    return Dates(first, replace(last, day=31)) if last.day == days else dates


def check(rules: Sequence[Rule]) -> None:
    """Refuse combinations that two readers understand differently."""
    if len(rules) > MAX_RULES:
        raise InvalidHours("Trop de règles pour des horaires : raccourcir la liste.")
    fallback = False
    for number, rule in enumerate(rules):
        if rule.join is Join.FALLBACK:
            fallback = True
        elif fallback:
            raise InvalidHours(
                "Après « || », il ne peut y avoir qu’un autre « || » : mettre cette règle avant."
            )
        if len({_date_kind(dates) for dates in rule.dates}) > 1:
            raise InvalidHours("Mois, dates et jours de Pâques mêlés : en faire plusieurs règles.")
        without_days = rule.join is Join.NORMAL and number and not rule.has_days
        if without_days and (rule.times or rule.state is not State.UNKNOWN):
            raise AmbiguousHours(
                "Une règle sans jour après un « ; » : on ne sait pas à quels jours elle s’applique."
            )


def check_opens(rules: Sequence[Rule]) -> None:
    """Refuse a week closed every day, as converters write missing hours, and a noted closure.

    `off` alone is a statement, and stays closed.
    """
    closed = 0
    for rule in rules:
        if rule.state is not State.CLOSED:
            closed = 0
        elif not (
            rule.times or rule.years or rule.dates or rule.weeks or rule.holidays_and_weekdays
        ):
            closed |= next((item.days for item in rule.weekdays if not item.nth), 0)
            if rule.comment and not rule.has_days and rule.join is not Join.FALLBACK:
                closed = EVERY_DAY
    if closed == EVERY_DAY:
        raise InvalidHours(
            "Fermé tous les jours : sans doute des horaires qui manquent. Écrire les jours et les"
            " heures d’ouverture, ou laisser la case vide."
        )


def _date_kind(dates: Dates) -> str:
    return "easter" if dates.first.month == 0 else "months" if dates.whole_months else "dates"


def _merged(items: list[Weekdays]) -> tuple[Weekdays, ...]:
    """Plain days of the week together, n-th ones behind them."""
    plain = 0
    for item in items:
        if not item.nth:
            plain |= item.days
    merged = [Weekdays(plain)] if plain else []
    return (*merged, *(item for item in items if item.nth))


def _nth_order(number: int) -> tuple[bool, int]:
    return number < 0, -number if number < 0 else number


def _check_day(day: Day) -> None:
    if day.month == 0:
        return
    month, last = MONTHS[day.month - 1], MONTH_DAYS[day.month - 1]
    if day.year is not None:
        last = monthrange(day.year, day.month)[1]
    if not 1 <= day.day <= last:
        raise InvalidHours(f"« {month} {day.day} » n’est pas une date.")


def _order(day: Day) -> tuple[int, int, int]:
    return day.year or 0, day.month, day.day


def _not_understood(words: str) -> str:
    return (
        f"« {words} » n’est pas compris. Écrire par exemple"
        " « lundi au vendredi 9h-12h et 14h-17h »."
    )


# Writing


def write(rules: tuple[Rule, ...]) -> str:
    """The canonical text of rules, which reads back to the same rules."""
    text = ""
    for rule in rules:
        separator = {Join.NORMAL: "; ", Join.ADDITIONAL: ", ", Join.FALLBACK: " || "}[rule.join]
        text += (separator if text else "") + _written_rule(rule)
    return text


@lru_cache(maxsize=16384)
def _written_rule(rule: Rule) -> str:
    wide = [
        ",".join(_written_years(steps) for steps in rule.years),
        ",".join(_written_dates(dates) for dates in rule.dates),
        ("week " if rule.weeks else "") + ",".join(_written_steps(week) for week in rule.weeks),
    ]
    holidays = ",".join(day.kind + _written_offset(day.offset) for day in rule.holidays)
    weekdays = ",".join(_written_weekdays(item) for item in rule.weekdays)
    days = (" " if rule.holidays_and_weekdays else ",").join(filter(None, (holidays, weekdays)))
    selectors = " ".join(filter(None, wide))
    if len(rule.dates) > 1 and days:
        selectors += ":"
    always = rule.times == (Span(0, DAY_MINUTES),) and not rule.has_days
    times = "24/7" if always else ",".join(_written_span(span) for span in rule.times)
    return " ".join(filter(None, (selectors, days, times, _written_state(rule))))


def _written_span(span: Span) -> str:
    plain = span.end <= DAY_MINUTES or is_doubtful(span)
    end = span.end if plain else span.end - DAY_MINUTES
    return f"{clock(span.start)}-{clock(end)}"


def _written_state(rule: Rule) -> str:
    comment = f'"{rule.comment}"' if rule.comment else ""
    word = {State.OPEN: "open", State.CLOSED: "off", State.UNKNOWN: "unknown"}[rule.state]
    if rule.state is State.OPEN and rule.times and not comment:
        return ""
    return f"{word} {comment}".strip()


def _written_years(steps: Steps) -> str:
    return f"{steps.first}+" if steps.last == LAST_YEAR else _written_steps(steps)


def _written_steps(steps: Steps) -> str:
    text = str(steps.first) if steps.first == steps.last else f"{steps.first}-{steps.last}"
    return text + (f"/{steps.step}" if steps.step > 1 else "")


def _written_dates(dates: Dates) -> str:
    """A date or a range, at full length: other parsers stumble over `2026 May` and `Feb 2-28`."""
    first, last = dates.first, dates.last
    if dates.whole_months and first.year is None:
        to = "" if first.month == last.month else f"-{MONTHS[last.month - 1]}"
        return f"{MONTHS[first.month - 1]}{to}"
    if dates.whole_months:
        last = replace(last, day=monthrange(last.year or 0, last.month)[1])
    year = f"{first.year} " if first.year is not None else ""
    text = year + _written_day(first)
    if last == first:
        return text
    return f"{text}-{year and f'{last.year} '}{_written_day(last)}"


def _written_day(day: Day) -> str:
    if day.month == 0:
        return "easter" + _written_offset(day.day)
    return f"{MONTHS[day.month - 1]} {day.day}"


def _written_offset(offset: int) -> str:
    return f" {offset:+} day{'s' if abs(offset) > 1 else ''}" if offset else ""


def _written_weekdays(item: Weekdays) -> str:
    if item.nth:
        numbers = ",".join(str(number) for number in item.nth)
        return f"{WEEKDAYS[item.days.bit_length() - 1]}[{numbers}]{_written_offset(item.offset)}"
    parts = []
    for first, last in day_runs(item.days):
        name = WEEKDAYS[first]
        parts.append(
            name if first == last else f"{name}{',' if last == first + 1 else '-'}{WEEKDAYS[last]}"
        )
    return ",".join(parts)


def day_runs(days: int) -> list[tuple[int, int]]:
    """Runs of following days of a week, `(first, last)`, from Monday."""
    runs: list[tuple[int, int]] = []
    for day in range(7):
        if not days >> day & 1:
            continue
        if runs and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def clock(minutes: int) -> str:
    """Minutes of the day as `09:30`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
