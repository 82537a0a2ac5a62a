"""The days of French opening hours: weekdays, holidays, dates, weeks and years."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from geodata.french import MONTHS, WEEKDAYS
from geodata.hours._french_words import Cursor, plain_text
from geodata.hours._model import (
    EVERY_DAY,
    Dates,
    Day,
    Holiday,
    InvalidHours,
    Rule,
    Steps,
    Weekdays,
)
from geodata.hours._osm import LAST_YEAR, MONTH_DAYS, WEEKEND_OR_WEDNESDAY, whole

if TYPE_CHECKING:
    from collections.abc import Container

_YEARLESS = "Préciser l’année (« 17 février 2026 ») ou écrire « de chaque année »."
GROUPS = ("", "weekdays", "holidays", "dates", "weeks", "years")
PERIODS = ("", "holidays", "dates", "weeks", "years")
SIDE_BY_SIDE = "Rien ou « / » entre des jours : écrire « et », ou « du … au … »."
_FIXED = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
_GROUP_OF = {
    kind: group
    for group, kinds in {
        "dates": "month date easter",
        "weekdays": "day every_day whole_week weekend weekend_or_wednesday ordinal",
        "holidays": "public_holidays school_holidays in_school_holidays",
        "weeks": "week_parity weeks",
    }.items()
    for kind in kinds.split()
}
_ENGLISH_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_ORDINAL_WORDS = {"pr": 1, "de": 2, "se": 2, "tr": 3, "qu": 4, "ci": 5}
_EASTER = {"v": -2, "dimanche de pa": 0, "lundi de pa": 1, "jeudi": 39, "dimanche": 49, "lundi": 50}


@dataclass(slots=True)
class _WrittenDate:
    """A date as written, its year and its weekday maybe missing."""

    day: Day
    weekday: int | None = None


@dataclass(slots=True)
class Selection:
    """The days of a clause while it is read."""

    weekdays: list[Weekdays] = field(default_factory=list)
    holidays: list[Holiday] = field(default_factory=list)
    both: bool = False
    dates: list[tuple[_WrittenDate, _WrittenDate]] = field(default_factory=list)
    weeks: list[Steps] = field(default_factory=list)
    years: list[Steps] = field(default_factory=list)
    yearly: bool = False
    narrowed_first: bool = False
    falling: bool = False
    part: str = ""
    all_year: bool = False
    side_by_side: bool = False
    """Days without a word between them, or with `/`: a list, or a range?"""

    @property
    def school(self) -> bool:
        """Whether school holidays are among these days."""
        return any(item.kind == "SH" for item in self.holidays)

    @property
    def lacks_year(self) -> bool:
        """Whether dates are named without their year, and not as dates of every year."""
        last = self.dates[-1][1].day.year if self.dates else None
        return bool(self.dates) and not self.yearly and last is None and not self.whole_months

    @property
    def whole_months(self) -> bool:
        """Whether all the dates are months."""
        return all(
            first.day.month > 0 and first.day.day == 1 and last.day.day == 31
            for first, last in self.dates
        )

    @property
    def is_fixed_holiday(self) -> bool:
        """Whether each date is a holiday of every year, like 1 May or 25 December."""
        return all(
            first == last and (first.day.month == 0 or (first.day.month, first.day.day) in _FIXED)
            for first, last in self.dates
        )

    def __bool__(self) -> bool:
        return bool(self.weekdays or self.holidays or self.dates or self.weeks or self.years)


class DaysReader(Cursor):
    """Reads the days of a clause, item by item."""

    def selection(self, only: Container[str] = GROUPS) -> Selection:
        """The days from here on, of the given groups; an empty selection if none begins here."""
        selection = Selection()
        previous = ""
        while True:
            start = self.at
            connector = self.connector(previous) if previous else "first"
            group = self.item(selection, previous, connector, only)
            if not group:
                self.at = start
                break
            previous = group
        return selection

    def union(self, *, heading: bool = False) -> list[Selection]:
        """Days closed or excepted: each one counts, whatever stands beside it.

        Without a word between them they narrow each other (`le lundi en août`); *et* adds
        (`le lundi et en août`), and so does a comma between periods or holidays. With `heading`,
        days that have hours of their own end the list: they are the next clause. A comma between
        a day of the week and a period could do either, and is refused.
        """
        found: list[Selection] = []
        while True:
            selection, previous = self.member(heading=heading)
            if not selection:
                break
            found.append(selection)
            start = self.at
            joined = self.connector("")
            ahead = self.group_ahead()
            again = ahead == previous and not selection.part
            if not joined or not ahead or again or self.leads_to_hours():
                self.at = start
                break
            if selection.part and ahead == "weekdays":
                continue
            if joined not in ("et", ",") or (joined == "," and "weekdays" in (previous, ahead)):
                raise self.refusal(
                    "Jours et périodes fermés : écrire « et » entre eux s’ils s’ajoutent"
                    " (« fermé le lundi et en août »), rien si l’un précise l’autre"
                    " (« fermé le lundi en août »)."
                )
        return found

    def member(self, *, heading: bool) -> tuple[Selection, str]:
        """One member of such a list, and the group of its last item."""
        selection, previous = Selection(), ""
        while True:
            start = self.at
            connector = self.connector("") if previous else "first"
            ended = previous and connector and self.ends_member(selection, previous)
            if ended or (previous and heading and connector == "," and self.leads_to_hours()):
                self.at = start
                break
            group = self.item(selection, previous, connector, GROUPS)
            if not group:
                self.at = start
                break
            previous = group
        return selection, previous

    def ends_member(self, selection: Selection, previous: str) -> bool:
        """Whether the days ahead, behind `,` or *et*, are another member of the list."""
        ahead = self.group_ahead()
        if selection.part or not ahead or ahead == previous:
            return bool(selection.part and ahead)
        weekly = {previous, ahead} == {"weekdays", "holidays"}
        return not weekly or self.sees_school_holidays() or selection.school

    def leads_to_hours(self) -> bool:
        """Whether the days that begin here have hours of their own: they are a next clause."""
        start = self.at
        self.selection()
        self.skips("colon", "comma", "opened", "part")
        hours = self.starts_times() or self.sees("closed")
        self.at = start
        return hours

    def starts_times(self) -> bool:
        """Whether a span of hours begins here."""
        raise NotImplementedError

    def sees_school_holidays(self) -> bool:
        ahead = 0
        while self.kind(ahead) in ("from", "article", "in"):
            ahead += 1
        return self.kind(ahead) in ("school_holidays", "in_school_holidays")

    def connector(self, previous: str) -> str:
        found = [token.kind for token in iter(lambda: self.takes("comma", "and", "slash"), None)]
        if "slash" in found:
            return "/"
        if "and" in found:
            return "et"
        if self.sees("colon") and previous not in ("weekdays", ""):
            self.at += 1
            return ","
        return "," if found else ""

    def item(
        self, selection: Selection, previous: str, connector: str, only: Container[str]
    ) -> str:
        """Read one item of the days; its group, or nothing if none begins here."""
        if self.sees("all_year", "yearly"):
            return self.every_year(selection, previous)
        if previous and self.takes("included"):
            return self.included(selection)
        if self.takes("falling"):
            return self.falling(selection, previous)
        if previous and self.sees("part"):
            if selection.part or connector == "et":
                raise self.refusal()
            selection.part = self.expects("part").words
            return previous
        group = self.group_ahead()
        if not group or group not in only:
            return ""
        if selection.part:
            raise self.refusal(
                f"« {selection.part} » d’un seul de ces jours, ou de tous ? Écrire un passage pour"
                " chacun, avec « ; »."
            )
        self.check_connector(selection, previous, connector, group)
        getattr(self, f"read_{group}")(selection)
        return group

    def every_year(self, selection: Selection, previous: str) -> str:
        """`de chaque année` behind dates; `toute l’année`, which narrows nothing."""
        if self.takes("all_year"):
            selection.all_year = True
            return previous or "all_year"
        self.expects("yearly")
        selection.yearly = True
        return previous or "dates"

    def group_ahead(self) -> str:
        ahead = 0
        while self.kind(ahead) in ("from", "article", "in"):
            ahead += 1
        kind = self.kind(ahead)
        if kind == "offset":
            return self.group_behind_offset(ahead)
        if self.starts_date(ahead):
            return "dates"
        if kind in _GROUP_OF:
            return _GROUP_OF[kind]
        year = kind == "number" and self.is_year(ahead)
        since = kind == "since" and self.is_year(ahead + 1)
        return "years" if since or (year and ahead > 0) else ""

    def group_behind_offset(self, ahead: int) -> str:
        ahead += 1
        while self.kind(ahead) in ("from", "article"):
            ahead += 1
        kind = self.kind(ahead)
        return {"public_holidays": "holidays", "ordinal": "weekdays"}.get(kind, "")

    def is_year(self, ahead: int = 0) -> bool:
        place = self.at + ahead
        token = self.tokens[place] if place < len(self.tokens) else None
        return bool(
            token
            and token.kind == "number"
            and len(token.plain) == 4
            and 1900 <= int(token.plain) <= 2999
        )

    def starts_date(self, ahead: int = 0) -> bool:
        """Days of a month, then the month: `17 février`, `17 et 20 mars`, `17 au 20 mars`."""
        if self.kind(ahead) == "day":
            ahead += 1
        if self.kind(ahead) not in ("number", "ordinal"):
            return False
        while self.kind(ahead) in ("number", "ordinal"):
            if self.kind(ahead + 1) == "month":
                return True
            if self.kind(ahead + 1) not in ("comma", "and", "to"):
                return False
            ahead += 2
            while self.kind(ahead) in ("article", "day", "from"):
                ahead += 1
        return False

    def check_connector(
        self, selection: Selection, previous: str, connector: str, group: str
    ) -> None:
        """Refuse days side by side of which nobody knows whether they add or narrow."""
        if not previous:
            return
        if previous == group == "weekdays" and connector in ("", "/") and self.sees("day"):
            selection.side_by_side = True
            return
        if connector == "/":
            raise self.refusal(SIDE_BY_SIDE)
        if selection.falling:
            if group in ("weekdays", "holidays") or connector == "et":
                raise self.refusal()
            return
        self.check_groups(selection, previous, connector, group)
        if group in ("weekdays", "holidays") and previous in ("dates", "weeks", "years"):
            selection.narrowed_first = True

    def check_groups(self, selection: Selection, previous: str, connector: str, group: str) -> None:
        """Refuse *et* between days and a period, and a group that comes back."""
        if previous == group:
            if not connector:
                raise self.refusal()
        elif {previous, group} == {"weekdays", "holidays"}:
            self.check_holidays(selection, connector)
        elif connector == "et" or getattr(selection, group):
            raise self.refusal()

    def check_holidays(self, selection: Selection, connector: str) -> None:
        in_school = self.sees("in_school_holidays") or (
            selection.holidays and not selection.weekdays and selection.holidays[-1].kind == "SH"
        )
        if selection.both:
            raise self.refusal()
        if in_school and connector != "et":
            if len(selection.holidays) > 1 or (selection.holidays and selection.weekdays):
                raise self.refusal()
            selection.narrowed_first = bool(selection.holidays)
            selection.both = True
        elif not connector or (self.sees("school_holidays") and connector != "et"):
            raise self.refusal()

    def falling(self, selection: Selection, previous: str) -> str:
        if selection.weekdays or previous not in ("holidays", "dates", "weeks", "years"):
            raise self.refusal()
        selection.falling = True
        selection.both = bool(selection.holidays)
        while True:
            self.skips("article")
            self.read_weekdays(selection)
            if not self.takes("comma", "or"):
                return "weekdays"
            if not (self.sees("article", "from", "day", "ordinal", "every_day")):
                self.at -= 1
                return "weekdays"

    # Each group of days

    def read_weekdays(self, selection: Selection) -> None:
        self.skips("article", "in")
        offset = self.offset()
        from_word = self.takes("from")
        self.skips("article")
        if self.takes("every_day", "whole_week"):
            selection.weekdays.append(Weekdays(EVERY_DAY))
        elif self.takes("weekend"):
            selection.weekdays.append(Weekdays(0b1100000))
        elif self.sees("weekend_or_wednesday"):
            selection.weekdays.append(self.wednesday())
        elif self.sees("ordinal"):
            selection.weekdays.append(self.nth(offset))
        else:
            first = self.weekday()
            if self.sees("to") and self.kind(1) in ("day", "article"):
                self.at += 1
                self.skips("article")
                last = self.weekday()
                if last == first:
                    raise self.refusal()
                if self.sees("to") and self.kind(1) == "day":
                    selection.weekdays.append(self.chain(first, last))
                    return
                count = (last - first) % 7 + 1
                days = sum(1 << (first + n) % 7 for n in range(count))
                selection.weekdays.append(Weekdays(days))
            elif from_word and from_word.plain == "du":
                raise self.refusal()
            else:
                selection.weekdays.append(Weekdays(1 << first))

    def chain(self, *days: int) -> Weekdays:
        """`mardi-mercredi-jeudi`: three names or more are a list, for a range has two."""
        chained = list(days)
        if self.tokens[self.at - 2].plain != "-":
            raise self.refusal()
        while self.sees("to") and self.kind(1) == "day":
            if self.expects("to").plain != "-":
                raise self.refusal()
            chained.append(self.weekday())
        if len(set(chained)) < len(chained):
            raise self.refusal()
        return Weekdays(sum(1 << day for day in chained))

    def wednesday(self) -> Weekdays:
        """`We` among English names; alone, `WE` may be the weekend."""
        self.expects("weekend_or_wednesday")
        english = {token.plain.rstrip(".") for token in self.tokens if token.kind == "day"}
        if not english & {"mo", "tu", "th", "fr", "su"}:
            raise self.refusal(WEEKEND_OR_WEDNESDAY)
        return Weekdays(0b100)

    def included(self, selection: Selection) -> str:
        """`tous les jours, jours fériés compris`, `7j/7 y compris les jours fériés`."""
        self.skips("article")
        if not any(item.kind == "PH" for item in selection.holidays):
            self.expects("public_holidays")
            selection.holidays.append(Holiday("PH"))
        if selection.weekdays != [Weekdays(EVERY_DAY)] or selection.both:
            raise self.refusal("« jours fériés compris » : écrire leurs heures à part.")
        return "weekdays"

    def weekday(self) -> int:
        plain = self.expects("day").plain.rstrip(".")
        if plain in _ENGLISH_DAYS:
            return _ENGLISH_DAYS.index(plain)
        return next(n for n, name in enumerate(WEEKDAYS) if name[:2] == plain[:2])

    def nth(self, offset: int) -> Weekdays:
        """`1er et 3e samedi du mois`, `avant-dernier jeudi du mois`."""
        numbers = self.ordinals()
        day = self.weekday()
        if not self.takes("monthly"):
            raise self.refusal(f"« {WEEKDAYS[day]} » : écrire « du mois » après le jour.")
        return Weekdays(1 << day, numbers, offset)

    def ordinals(self) -> tuple[int, ...]:
        numbers = {self.ordinal()}
        while self.sees("comma", "and", "article"):
            self.skips("comma", "and", "article")
            numbers.add(self.ordinal())
        return tuple(sorted(numbers, key=lambda n: (n < 0, abs(n))))

    def ordinal(self) -> int:
        token = self.expects("ordinal")
        digits = re.match(r"\d+", token.plain)
        last = "dernier" in token.plain
        if digits:
            number = int(digits.group()) * (-1 if last else 1)
        elif last:
            number = -2 if token.plain.startswith("avant") else -1
        else:
            number = _ORDINAL_WORDS[token.plain[:2]]
        if not 1 <= abs(number) <= 5:
            raise self.refusal(f"« {token.words} » : un mois n’a que cinq semaines.")
        return number

    def offset(self) -> int:
        token = self.takes("offset")
        if token is None:
            return 0
        self.skips("from", "article")
        digits = re.match(r"\d+", token.plain)
        number = int(digits.group()) if digits else 1
        before = "veille" in token.plain or "avant" in token.plain
        if not 1 <= number <= 60:
            raise self.refusal()
        return -number if before else number

    def read_holidays(self, selection: Selection) -> None:
        self.skips("article", "in")
        offset = self.offset()
        self.skips("from", "article", "in")
        token = self.expects("public_holidays", "school_holidays", "in_school_holidays")
        kind = "PH" if token.kind == "public_holidays" else "SH"
        selection.holidays.append(Holiday(kind, offset))

    def read_weeks(self, selection: Selection) -> None:
        self.skips("from", "article", "in")
        parity = self.takes("week_parity")
        if parity:
            first = 1 if "impaire" in parity.plain else 2
            last = 53 if first == 1 else 52
            if self.sees("from") and self.kind(1) == "article" and self.kind(2) == "weeks":
                first, last = self.week_ends(first)
            selection.weeks.append(Steps(first, last, 2))
            return
        self.expects("weeks")
        while True:
            first = self.week()
            last = self.week() if self.takes("to") else first
            selection.weeks.append(self.stepped(first, last))
            if not (self.sees("comma", "and") and self.kind(1) == "number"):
                return
            if self.kind(2) == "to" and self.kind(3) == "number" and self.kind(-1) != "number":
                return
            self.at += 1

    def week_ends(self, parity: int) -> tuple[int, int]:
        """`de la semaine 3 à la semaine 51`, behind *semaines impaires*."""
        ends = []
        for _ in range(2):
            for kind in ("from", "to"), ("article",), ("weeks",):
                self.expects(*kind)
            ends.append(self.week())
        if ends[0] % 2 != parity % 2 or ends[1] <= ends[0]:
            raise self.refusal()
        return ends[0], ends[1]

    def week(self) -> int:
        number = int(self.expects("number").plain[:5])
        if not 1 <= number <= 53:
            raise self.refusal(f"« semaine {number} » n’existe pas.")
        return number

    def stepped(self, first: int, last: int) -> Steps:
        if self.kind() == "comma" and self.kind(1) == "one_in":
            self.at += 1
        token = self.takes("one_in")
        step = int(token.plain.split()[-1]) if token else 1
        if not (first <= last and 1 <= step <= max(1, last - first)):
            raise self.refusal()
        return Steps(first, last, step)

    def read_years(self, selection: Selection) -> None:
        if self.takes("since"):
            selection.years.append(Steps(self.year(), LAST_YEAR))
            return
        self.skips("from", "in", "article")
        first = self.year()
        last = self.year() if self.takes("to") else first
        selection.years.append(self.stepped(first, last))

    def year(self) -> int:
        if not self.is_year():
            raise self.refusal()
        return int(self.expects("number").plain)

    def read_dates(self, selection: Selection) -> None:
        self.skips("article", "in")
        ranged = self.takes("from")
        self.skips("article", "in")
        if self.sees("month"):
            self.read_months(selection)
            return
        firsts = self.written_dates()
        if len(firsts) == 1 and self.sees("to"):
            self.at += 1
            self.skips("article")
            last = self.written_dates()
            if len(last) != 1:
                raise self.refusal()
            selection.dates.append((_with_month_of(firsts[0], last[0]), last[0]))
        elif ranged and ranged.plain == "du":
            raise self.refusal()
        else:
            selection.dates += [(first, first) for first in firsts]

    def written_dates(self) -> list[_WrittenDate]:
        """One date, or several days of one month (`les 17 et 20 février 2026`)."""
        if self.sees("easter") or (self.sees("offset") and self.kind(1) == "paques"):
            return [_WrittenDate(self.easter())]
        token = self.takes("date")
        if token:
            parts = [int(part) for part in re.split(r"[-/.]", token.plain)]
            if parts[0] < 1000:
                parts.reverse()
            return [_WrittenDate(_checked(Day(parts[1], parts[2], parts[0]), token.words))]
        found: list[tuple[int, int | None]] = []
        while True:
            weekday = self.weekday() if self.sees("day") else None
            found.append((self.day_number(), weekday))
            if not (self.sees("comma", "and") and self.kind(1) in ("number", "ordinal", "day")):
                break
            if not self.starts_date(1):
                break
            self.at += 1
        if self.sees("to") and len(found) == 1:
            return [_WrittenDate(Day(0, found[0][0]), found[0][1])]
        month = self.month()
        year = int(self.expects("number").plain) if self.is_year() else None
        return [_WrittenDate(_checked(Day(month, n, year)), weekday) for n, weekday in found]

    def day_number(self) -> int:
        token = self.expects("number", "ordinal")
        digits = re.match(r"\d+", token.plain)
        if not digits or "dernier" in token.plain or len(digits.group()) > 2:
            raise self.refusal()
        return int(digits.group())

    def month(self) -> int:
        plain = self.expects("month").plain.rstrip(".")
        names = [plain_text(name) for name in MONTHS]
        return next(n for n, name in enumerate(names, 1) if name.startswith(plain))

    def easter(self) -> Day:
        token = self.takes("easter")
        if token is None or token.plain.startswith("jour"):
            offset = self.offset()
            self.expects("paques")
        else:
            plain = token.plain
            offset = next(days for name, days in _EASTER.items() if plain.startswith(name))
        year = int(self.expects("number").plain) if self.is_year() else None
        return Day(0, offset, year)

    def read_months(self, selection: Selection) -> None:
        """`janvier`, `de janvier à mars 2026`, `en janvier, avril et juillet`."""
        found = []
        while True:
            first = last = self.month()
            if self.sees("to") and self.kind(1) == "month":
                self.at += 1
                last = self.month()
            year = int(self.expects("number").plain) if self.is_year() else None
            found.append((Day(first, 1, year), Day(last, 31, year)))
            if not (self.sees("comma", "and", "slash") and self.kind(1) == "month"):
                break
            self.at += 1
        for start, end in found:
            if start.year is not None and end.month < start.month:
                raise self.refusal()
            selection.dates.append((_WrittenDate(start), _WrittenDate(end)))


# From what is written to rules


def _checked(day: Day, words: str = "") -> Day:
    shown = words or f"{day.day} {MONTHS[day.month - 1] if 1 <= day.month <= 12 else day.month}"
    try:
        valid = 1 <= day.day <= MONTH_DAYS[day.month - 1] and day.month >= 1
        if day.year is not None:
            date(day.year, day.month, day.day)
    except (ValueError, IndexError):
        valid = False
    if not valid:
        raise InvalidHours(f"« {shown} » n’est pas une date.")
    return day


def _with_month_of(first: _WrittenDate, last: _WrittenDate) -> _WrittenDate:
    """`du 17 au 20 février 2026`: the first date takes the month of the last."""
    if first.day.month == 0 and last.day.month:
        day = _checked(replace(last.day, day=first.day.day))
        return _WrittenDate(day, first.weekday)
    return first


def selectors(selection: Selection) -> Rule:
    """The days of a selection as a rule that has nothing else yet."""
    if selection.all_year and (selection.dates or selection.weeks or selection.school):
        raise InvalidHours("« toute l’année » et une période : il faut choisir.")
    plain, counted = 0, []
    for item in selection.weekdays:
        if item.nth:
            counted.append(item)
        else:
            plain |= item.days
    weekdays = ((Weekdays(plain),) if plain else ()) + tuple(counted)
    dates = _dated(selection)
    if weekdays and any(one.first == one.last for one in dates) and not selection.falling:
        raise InvalidHours(
            "Un jour de la semaine à côté d’une date : écrire les dates seules, ou une règle pour"
            " chacun."
        )
    return Rule(
        years=tuple(selection.years),
        dates=dates,
        weeks=tuple(selection.weeks),
        holidays=tuple(selection.holidays),
        weekdays=weekdays,
        holidays_and_weekdays=selection.both and bool(weekdays),
    )


def _dated(selection: Selection) -> tuple[Dates, ...]:
    """The dates with their years: a year said once holds for the dates before it."""
    found: list[Dates] = []
    year: int | None = None
    for first, last in reversed(selection.dates):
        months = first.day.month > 0 and first.day.day == 1 and last.day.day == 31
        year = last.day.year if last.day.year is not None else year
        if last.day.year is None and not (selection.yearly or months) and year is None:
            raise InvalidHours(_YEARLESS)
        if selection.yearly and last.day.year is not None:
            raise InvalidHours("« chaque année » ou une année : il faut choisir.")
        if months and last.day.year is None and year is not None:
            raise InvalidHours("L’année manque pour certains mois.")
        end = last.day if selection.yearly else replace(last.day, year=year)
        start = first.day
        if start.year is None and end.year is not None:
            crosses = (start.month, start.day) > (end.month, end.day)
            start = replace(start, year=end.year - crosses)
        for written, day in ((first, start), (last, end)):
            _check_weekday(written, day)
        ordered = (start.year or 0, start.month, start.day) <= (end.year or 0, end.month, end.day)
        if bool(start.month) != bool(end.month) or not (ordered or (start.month and not end.year)):
            raise InvalidHours("La suite de dates finit avant de commencer, ou n’est pas claire.")
        found.append(whole(Dates(start, end)))
    return tuple(reversed(found))


def _check_weekday(written: _WrittenDate, day: Day) -> None:
    if written.weekday is None:
        return
    shown = f"{WEEKDAYS[written.weekday]} {day.day} {MONTHS[day.month - 1]}"
    if day.year is None:
        raise InvalidHours(f"« {shown} » : {_YEARLESS}")
    if _checked(day) and date(day.year, day.month, day.day).weekday() != written.weekday:
        real = WEEKDAYS[date(day.year, day.month, day.day).weekday()]
        raise InvalidHours(f"« {shown} {day.year} » est un {real} : la date ou le jour est faux.")
