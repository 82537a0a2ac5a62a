"""Rules as French sentences, which `_french` reads back to the same meaning."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from geodata.french import MONTHS, WEEKDAYS, listed
from geodata.hours._model import (
    DAY_MINUTES,
    EVERY_DAY,
    Dates,
    Day,
    Holiday,
    Join,
    Rule,
    Span,
    State,
    Steps,
    Weekdays,
)
from geodata.hours._osm import LAST_YEAR, day_runs, is_doubtful
from geodata.hours._overlap import (
    contradicts,
    disjoint,
    is_narrower,
    replaces_earlier,
    swallows,
)

EASTER_DAYS = {
    -2: "vendredi saint",
    0: "dimanche de Pâques",
    1: "lundi de Pâques",
    39: "jeudi de l’Ascension",
    49: "dimanche de Pentecôte",
    50: "lundi de Pentecôte",
}
BY_APPOINTMENT = "sur rendez-vous"
WALK_IN = "sans rendez-vous"
DAY_AND_NIGHT = Span(0, DAY_MINUTES)


def sentence(rules: tuple[Rule, ...]) -> str:
    """All the rules, as one sentence without a full stop."""
    said = clauses(rules)
    several = sum(rule.state is not State.CLOSED for _, rule in said) > 1
    parts = []
    for number, (link, rule) in enumerate(said):
        every_day = number == 0 or rule.join is not Join.FALLBACK
        parts.append(link + _rule(rule, with_every_day=every_day, several=several))
    text = " ; ".join(parts)
    return text[:1].upper() + text[1:]


def clauses(rules: tuple[Rule, ...]) -> list[tuple[str, Rule]]:
    """The rules as they are said, each with the French words that join it to those before."""
    rules = _with_closures_together(_with_days_together(rules))
    return [
        (_link(rule, rules[:number]) if number else "", rule) for number, rule in enumerate(rules)
    ]


def _with_days_together(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The same rules, the days that have the same hours said once."""
    count = 0
    days: dict[tuple[Span, ...], int] = {}
    for rule in rules:
        if not _is_plain(rule) or rule.weekdays[0].days & sum(days.values()):
            break
        days[rule.times] = days.get(rule.times, 0) | rule.weekdays[0].days
        count += 1
    together = (Rule(weekdays=(Weekdays(bits),), times=times) for times, bits in days.items())
    return (*together, *rules[count:])


def _with_closures_together(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The same rules, weekdays and holidays that are closed side by side said once."""
    together: list[Rule] = []
    for rule in rules:
        before = together[-1] if together else None
        closures = (before, rule) if before else ()
        if (
            before
            and all(map(_is_plain_closure, closures))
            and not any(swallows(closed, one) for closed in closures for one in together)
        ):
            bits = 0
            for one in (*before.weekdays, *rule.weekdays):
                bits |= one.days
            holidays = tuple(dict.fromkeys((*before.holidays, *rule.holidays)))
            weekdays = (Weekdays(bits),) if bits else ()
            together[-1] = replace(before, weekdays=weekdays, holidays=holidays)
        else:
            together.append(rule)
    return tuple(together)


def _is_plain_closure(rule: Rule) -> bool:
    """Closed all day on days of the week or holidays."""
    plain = Rule(
        weekdays=rule.weekdays, holidays=rule.holidays, state=State.CLOSED, join=Join.NORMAL
    )
    counted = any(item.nth for item in rule.weekdays)
    return rule == plain and rule.has_days and not counted


def _is_plain(rule: Rule) -> bool:
    """Open on days of the week, without a night."""
    plain = Rule(weekdays=rule.weekdays, times=rule.times, join=rule.join)
    day_only = all(span.end <= DAY_MINUTES for span in rule.times)
    return (
        rule == plain
        and rule.join is not Join.FALLBACK
        and day_only
        and len(rule.weekdays) == 1
        and not rule.weekdays[0].nth
    )


def _link(rule: Rule, earlier: tuple[Rule, ...]) -> str:
    if rule.join is Join.FALLBACK:
        return "sinon "
    if any(contradicts(rule, other) or swallows(rule, other) for other in earlier):
        return "par exception, "
    if _is_exceptional(rule, earlier):
        return "et aussi, par exception, " if rule.join is Join.ADDITIONAL else "par exception, "
    if rule.join is Join.ADDITIONAL:
        nightly = any(span.end > DAY_MINUTES for one in (*earlier, rule) for span in one.times)
        alone = not nightly and all(disjoint(rule, other) for other in earlier)
        return "" if alone else "et aussi "
    return "mais " if replaces_earlier(rule, earlier) else ""


def _is_exceptional(rule: Rule, earlier: tuple[Rule, ...]) -> bool:
    """Whether a rule wins over one that a person would take for stronger."""
    if rule.state is State.CLOSED or rule.join is Join.FALLBACK:
        return False
    met = [other for other in earlier if not disjoint(rule, other)]
    if any(other.state is State.CLOSED for other in met):
        return True
    if rule.join is Join.ADDITIONAL or not replaces_earlier(rule, tuple(met)):
        return False
    return not all(is_narrower(rule, other) for other in met)


def _rule(rule: Rule, *, with_every_day: bool, several: bool) -> str:
    days, times = _days(rule), listed(_span(span) for span in rule.times)
    if rule.state is State.CLOSED:
        # Hours before days, so that the hours of a next day are never taken for a closure's.
        hours = f" de {listed(_span(span, ' à ') for span in rule.times)}" if rule.times else ""
        comma = "," if hours else ""
        return f"fermé{hours}{comma} {days or 'tous les jours'}{_note(rule)}"
    if not days and rule.times and with_every_day:
        days = "tous les jours"
    certainty = _certainty(rule)
    if several and times and certainty and rule.join is not Join.FALLBACK:
        # Brackets, for behind a comma it would cover the clauses before too.
        return f"{', '.join(filter(None, (days, times)))} ({certainty})"
    return ", ".join(filter(None, (days, times, certainty)))


def _certainty(rule: Rule) -> str:
    if rule.state is State.OPEN and rule.comment != WALK_IN:
        return f"ouvert : {_quoted(rule.comment)}" if rule.comment else ""
    if rule.state is State.OPEN:
        return WALK_IN
    if rule.comment == BY_APPOINTMENT:
        return BY_APPOINTMENT
    return f"à confirmer : {_quoted(rule.comment)}" if rule.comment else "à confirmer"


def _note(rule: Rule) -> str:
    return f", {_quoted(rule.comment)}" if rule.comment else ""


def _quoted(comment: str) -> str:
    return f"« {comment.replace('«', '“').replace('»', '”')} »" if comment else ""


def _span(span: Span, between: str = " – ") -> str:
    if span == DAY_AND_NIGHT:
        return "0 h à 24 h" if between == " à " else "jour et nuit"
    if span.end == DAY_MINUTES:
        return f"{clock(span.start)}{between}minuit"
    next_day = " le lendemain" if is_doubtful(span) else ""
    return f"{clock(span.start)}{between}{clock(span.end % DAY_MINUTES)}{next_day}"


def clock(minutes: int) -> str:
    """`9 h`, `13 h 30`."""
    hour, minute = divmod(minutes, 60)
    return f"{hour} h {minute:02}" if minute else f"{hour} h"


# Days


def _days(rule: Rule) -> str:
    """Days of the week or holidays, then dates, weeks and years, each narrowing the others."""
    weekdays = [text for item in rule.weekdays for text in _weekdays(item)]
    holidays = [_holiday(item) for item in rule.holidays]
    dates = _date_list(rule.dates)
    yearly = any(_is_yearly(item) for item in rule.dates)
    narrowing = [listed(dates) + (" de chaque année" if yearly else "")] if dates else []
    if rule.weeks:
        narrowing.append(listed(_weeks(steps) for steps in rule.weeks))
    if rule.years:
        narrowing.append(listed(_years(steps) for steps in rule.years))
    public = any(item.kind == "PH" for item in rule.holidays)
    # Of closures, what stands between commas would be one more day, not a narrower one.
    comma = " " if rule.state is State.CLOSED else ", "
    if rule.holidays_and_weekdays and public:
        main = f"{listed(holidays)} qui tombent {_falling(rule.weekdays)}"
    elif rule.holidays_and_weekdays:
        main = f"{listed(weekdays)}{comma}{listed(holidays)}"
    elif weekdays and rule.dates and any(_is_single(item) for item in rule.dates):
        if not holidays:
            falls = "s’il tombe" if len(rule.dates) == 1 else "s’ils tombent"
            falling = f"{falls} {_falling(rule.weekdays)}"
            return comma.join((*narrowing, falling))
        main = " et ".join(filter(None, (listed(weekdays), " et ".join(holidays))))
    else:
        main = " et ".join(filter(None, (listed(weekdays), " et ".join(holidays))))
    return comma.join(filter(None, (main, *narrowing)))


def _weekdays(item: Weekdays) -> list[str]:
    if item.nth:
        return [_nth(item)]
    if item.days == EVERY_DAY:
        return ["tous les jours"]
    texts = []
    for first, last in day_runs(item.days):
        if last - first < 2:
            texts += [f"le {WEEKDAYS[day]}" for day in range(first, last + 1)]
        else:
            texts.append(f"du {WEEKDAYS[first]} au {WEEKDAYS[last]}")
    return texts


def _nth(item: Weekdays) -> str:
    name = WEEKDAYS[item.days.bit_length() - 1]
    numbers = listed(_ordinal(number) for number in item.nth)
    many = len(item.nth) > 1
    return _shifted(f"{numbers} {name}{'s' if many else ''} du mois", item.offset, many=many)


def _shifted(day: str, offset: int, *, many: bool) -> str:
    """`le lendemain du 1er lundi`, `2 jours avant les jours fériés`."""
    article, of = ("les ", "des ") if many else ("le ", "du ")
    if day.startswith("avant") and not many:
        article, of = "l’", "de l’"
    if not offset:
        return article + day
    if abs(offset) > 1:
        return f"{_offset(offset)} {article}{day}"
    return f"{'le lendemain' if offset > 0 else 'la veille'} {of}{day}"


def _ordinal(number: int) -> str:
    if number == -1:
        return "dernier"
    if number == -2:
        return "avant-dernier"
    if number < 0:
        return f"{-number}e dernier"
    return "1er" if number == 1 else f"{number}e"


def _offset(days: int) -> str:
    count = f"{abs(days)} jour{'s' if abs(days) > 1 else ''}"
    return f"{count} {'après' if days > 0 else 'avant'}"


def _falling(items: tuple[Weekdays, ...]) -> str:
    texts = []
    for item in items:
        if item.nth or item.days == EVERY_DAY:
            texts += _weekdays(item)
        else:
            texts += [f"un {WEEKDAYS[day]}" for day in range(7) if item.days >> day & 1]
    return listed(texts, " ou ")


def _holiday(item: Holiday) -> str:
    if item.kind == "SH":
        return "pendant les vacances scolaires"
    return _shifted("jours fériés", item.offset, many=True)


# Dates


def _is_single(dates: Dates) -> bool:
    return dates.first == dates.last


def _is_yearly(dates: Dates) -> bool:
    return dates.first.year is None and not dates.whole_months


def _date_list(items: tuple[Dates, ...]) -> list[str]:
    """The dates; months side by side share one `en`."""
    texts = [_dates(item) for item in items]
    if all(text.startswith("en ") for text in texts):
        return texts[:1] + [text.removeprefix("en ") for text in texts[1:]]
    return texts


def _dates(dates: Dates) -> str:
    first, last = dates.first, dates.last
    if dates.whole_months:
        return _months(dates)
    if first == last:
        return f"le {_weekday_of(first)}{_day(first)}"
    if first.month and (first.year, first.month) == (last.year, last.month):
        return f"du {_day_number(first.day)} au {_day(last)}"
    start = _day(first, with_year=first.year != last.year)
    return f"du {start} au {_day(last)}"


def _months(dates: Dates) -> str:
    first, last = MONTHS[dates.first.month - 1], MONTHS[dates.last.month - 1]
    year = f" {dates.last.year}" if dates.last.year is not None else ""
    if first == last:
        return f"en {first}{year}"
    return f"{'d’' if first[0] in 'ao' else 'de '}{first} à {last}{year}"


def _day(day: Day, *, with_year: bool = True) -> str:
    year = f" {day.year}" if with_year and day.year is not None else ""
    if day.month == 0:
        if day.day in EASTER_DAYS:
            return EASTER_DAYS[day.day] + year
        return f"jour placé {_offset(day.day)} Pâques{year}"
    return f"{_day_number(day.day)} {MONTHS[day.month - 1]}{year}"


def _weekday_of(day: Day) -> str:
    if not day.month or day.year is None:
        return ""
    return WEEKDAYS[date(day.year, day.month, day.day).weekday()] + " "


def _day_number(number: int) -> str:
    return "1er" if number == 1 else str(number)


# Weeks and years


def _weeks(steps: Steps) -> str:
    if steps == Steps(1, 53, 2):
        return "les semaines impaires"
    if steps.step == 2 and steps.first == 2 and steps.last >= 52:
        return "les semaines paires"
    if steps.step == 2:
        parity = "impaires" if steps.first % 2 else "paires"
        return f"les semaines {parity} de la semaine {steps.first} à la semaine {steps.last}"
    if steps.first == steps.last:
        return f"la semaine {steps.first}"
    weeks = f"les semaines {steps.first} à {steps.last}"
    return weeks if steps.step == 1 else f"{weeks}, une sur {steps.step}"


def _years(steps: Steps) -> str:
    if steps.first == steps.last:
        return f"en {steps.first}"
    if steps.last == LAST_YEAR:
        return f"à partir de {steps.first}"
    years = f"de {steps.first} à {steps.last}"
    return years if steps.step == 1 else f"{years}, une année sur {steps.step}"
