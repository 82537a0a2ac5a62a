"""Sentences that a person could write, with the calendar that their author has in mind.

Nothing here comes from `geodata.hours`: each writer knows the meaning before the words, and says of
every half-hour what an answer may be. Unknown is never wrong; where the sentence says *sur
rendez-vous*, it is the only answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = ("juin", "juillet", "août", "septembre", "octobre")
MONTH_NUMBERS = {"juin": 6, "juillet": 7, "août": 8, "septembre": 9, "octobre": 10}
PUBLIC_HOLIDAYS = {date(2026, 4, 6), date(2026, 5, 1), date(2026, 7, 14), date(2026, 12, 25)}
WEEKS = (date(2026, 1, 12), date(2026, 6, 15), date(2026, 7, 20), date(2026, 8, 17))
"""Mondays of weeks without a public holiday."""
DATES = sorted(
    PUBLIC_HOLIDAYS | {monday + timedelta(days=day) for monday in WEEKS for day in range(7)}
)
OPEN, CLOSED, ASK, ANY = "open", "closed", "unknown", "any"


@dataclass
class Opening:
    """Half-hours of some weekdays, maybe in one month only, maybe by appointment."""

    days: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    month: str = ""
    state: str = OPEN


@dataclass
class Meaning:
    """What the author means. `holidays` are the hours of public holidays, where they are said."""

    openings: list[Opening] = field(default_factory=list)
    closed_days: frozenset[int] = frozenset()
    closed_months: tuple[str, ...] = ()
    closed_holidays: bool = False
    holidays: tuple[tuple[int, int], ...] | None = None
    refused: bool = False
    """Whether the sentence does not say enough: it must not be read."""

    def allowed(self, day: date, half_hour: int) -> str:
        """What may be answered, beside *unknown*."""
        if day in PUBLIC_HOLIDAYS and self.closed_holidays:
            return CLOSED
        if any(MONTH_NUMBERS[month] == day.month for month in self.closed_months):
            return CLOSED
        if day in PUBLIC_HOLIDAYS and self.holidays is not None:
            return OPEN if _within(self.holidays, half_hour) else CLOSED
        if day.weekday() in self.closed_days:
            return CLOSED
        for opening in self.openings:
            if opening.month and MONTH_NUMBERS[opening.month] != day.month:
                continue
            if day.weekday() in opening.days and _within(opening.spans, half_hour):
                return opening.state
        return CLOSED


def _within(spans: tuple[tuple[int, int], ...], half_hour: int) -> bool:
    return any(first <= half_hour < last for first, last in spans)


# Words


def clock(half: int, random: Random) -> str:
    hour, minutes = divmod(half, 2)
    if minutes:
        return random.choice((f"{hour}h30", f"{hour} h 30", f"{hour}:30", f"{hour}H30"))
    return random.choice((f"{hour}h", f"{hour} h", f"{hour}h00", f"{hour:02}:00", f"{hour}H"))


def span(first: int, last: int, random: Random) -> str:
    start, end = clock(first, random), clock(last, random)
    return random.choice(
        (
            f"{start}-{end}",
            f"de {start} à {end}",
            f"{start} - {end}",
            f"{start} à {end}",
            f"{start}\u202f–\u202f{end}",
            f"entre {start} et {end}",
        )
    )


def hours(spans: tuple[tuple[int, int], ...], random: Random) -> str:
    if len(spans) == 2 and random.random() < 0.15:  # 9h/12h 14h/17h
        slashed = [f"{clock(a, random)}/{clock(b, random)}" for a, b in spans]
        return random.choice((" ", " - ", " et ")).join(slashed)
    between = random.choice((" et ", " / ", ", ", " ", " puis "))
    return between.join(span(first, last, random) for first, last in spans)


def days_words(days: tuple[int, ...], random: Random) -> str:
    names = [DAYS[day] for day in days]
    if random.random() < 0.2:
        names = [name[: random.choice((3, 3, 4))] + random.choice(("", ".")) for name in names]
    run = len(days) > 2 and days[-1] - days[0] == len(days) - 1
    if run and random.random() < 0.8:
        first, last = names[0], names[-1]
        return random.choice((f"du {first} au {last}", f"{first} au {last}", f"{first} à {last}"))
    if len(days) > 2 and random.random() < 0.3:
        return random.choice((" ", "/", "-", ", ")).join(names)
    article = random.choice(("le ", "", "les "))
    names = [article + name for name in names]
    return ", ".join(names[:-1]) + (" et " if len(names) > 1 else "") + names[-1]


def accented(text: str, random: Random) -> str:
    """Capitals, missing accents, typographic apostrophes and spaces, as people type."""
    kind = random.random()
    if kind < 0.15:
        text = text.upper()
    elif kind < 0.3:
        text = text[:1].upper() + text[1:]
    elif kind < 0.4:
        text = text.translate(str.maketrans("éèûà", "eeua"))
    if random.random() < 0.2:
        text = text.replace(" :", "\u00a0:").replace("'", "’")
    return text + random.choice(("", "", ".", " ", ";"))


# Meanings


def spans(random: Random) -> tuple[tuple[int, int], ...]:
    morning = (random.choice((16, 17, 18, 19)), random.choice((23, 24, 25)))
    afternoon = (random.choice((26, 27, 28, 29)), random.choice((32, 34, 35, 38)))
    return random.choice(((morning,), (afternoon,), (morning, afternoon), (morning, afternoon)))


def openings(random: Random, most: int = 3) -> list[Opening]:
    """Clauses about different days, in the order of the week."""
    count = random.choice(range(1, most + 1))
    cuts = sorted(random.sample(range(1, 5), count - 1))
    found = []
    for first, last in zip((0, *cuts), (*cuts, random.choice((5, 6))), strict=True):
        days = tuple(range(first, last))
        if len(days) > 3 and random.random() < 0.4:
            days = tuple(sorted(random.sample(days, 3)))
        found.append(Opening(days, spans(random)))
    return found


def clause(opening: Opening, random: Random) -> str:
    between = random.choice((" ", " : ", ", ", " ", ": "))
    return days_words(opening.days, random) + between + hours(opening.spans, random)


SEPARATORS = (" ; ", ", ", ". ", "\n", " | ", " et ", "; ", " / ")


def joined(texts: list[str], random: Random, separators: tuple[str, ...] = SEPARATORS) -> str:
    return random.choice(separators).join(texts)


Sentence = tuple[str, Meaning]


def plain(random: Random) -> Sentence:
    found = openings(random)
    return joined([clause(one, random) for one in found], random), Meaning(found)


def bullets(random: Random) -> Sentence:
    found = openings(random)
    lines = [clause(one, random) for one in found]
    form = random.choice(("• {}", "- {}", "<li>{}</li>", "<p>{}</p>", "{}<br>"))
    return "\n".join(form.format(line) for line in lines), Meaning(found)


def closure_inside(random: Random) -> Sentence:
    [one] = openings(random, 1)
    out = tuple(day for day in range(5, 7) if day not in one.days) or (6,)
    one.days = tuple(day for day in one.days if day not in out)
    days, when = days_words(one.days, random), hours(one.spans, random)
    kind = random.randrange(3)
    if kind == 0:
        inside = (
            random.choice(("fermé", "sauf", "hors"))
            + " "
            + random.choice(("les jours fériés", "jours fériés"))
        )
        return f"{days} ({inside}) {when}", Meaning([one], closed_holidays=True)
    if kind == 1:
        closed = days_words(out, random)
        return f"Ouvert {days}, fermé {closed}, {when}", Meaning([one], frozenset(out))
    return f"{days}, fermé en août, {when}", Meaning([one], closed_months=("août",))


def leading_exception(random: Random) -> Sentence:
    word = random.choice(("Hors", "Sauf", "sauf", "Excepté"))
    found = openings(random, 2)
    text = joined([clause(one, random) for one in found], random)
    mark = random.choice((" : ", " :", ", ") if len(found) == 1 else (" : ", ": "))
    if random.random() < 0.6:
        return f"{word} jours fériés{mark} {text}", Meaning(found, closed_holidays=True)
    day = random.choice(found[0].days)
    if any(one.days == (day,) for one in found):
        return f"{word} jours fériés{mark} {text}", Meaning(found, closed_holidays=True)
    return f"{word} le {DAYS[day]}{mark} {text}", Meaning(found, frozenset({day}))


def trailing_closure(random: Random) -> Sentence:
    found = openings(random, 2)
    text = joined([clause(one, random) for one in found], random)
    closed = random.choice(
        (
            ("les jours fériés", Meaning(found, closed_holidays=True)),
            ("en août", Meaning(found, closed_months=("août",))),
            ("juillet et août", Meaning(found, closed_months=("juillet", "août"))),
            (
                "août et jours fériés",
                Meaning(found, closed_months=("août",), closed_holidays=True),
            ),
            ("le dimanche", Meaning(found, frozenset({6}))),
        )
    )
    return f"{text}{random.choice((', ', ' ; ', '. '))}fermé {closed[0]}", closed[1]


def leading_closure(random: Random) -> Sentence:
    found = openings(random, 2)
    text = joined([clause(one, random) for one in found], random)
    if random.random() < 0.5:
        return f"Fermé en août. {text}", Meaning(found, closed_months=("août",))
    return f"Fermé les jours fériés. {text}", Meaning(found, closed_holidays=True)


def without_days(random: Random) -> Sentence:
    word = random.choice(("", "Permanence ", "ouvert ", "le matin ", "Horaires : ", "accueil : "))
    return f"{word}{hours(spans(random), random)}", Meaning(refused=True)


RDV = ("sur rendez-vous", "sur RDV", "uniquement sur rendez-vous", "sur rdv", "à confirmer")


def leading_certainty(random: Random) -> Sentence:
    found = openings(random)
    text = joined([clause(one, random) for one in found], random)
    for one in found:
        one.state = ASK
    return f"{random.choice(RDV)}{random.choice((' : ', ' '))}{text}", Meaning(found)


def trailing_certainty(random: Random) -> Sentence:
    """Said once behind several clauses: it may cover all of them."""
    found = openings(random)
    text = joined([clause(one, random) for one in found], random)
    for one in found:
        one.state = ASK
    return f"{text}{random.choice((', ', ' '))}{random.choice(RDV)}", Meaning(found)


def own_certainty(random: Random) -> Sentence:
    found = openings(random)
    chosen = random.randrange(len(found))
    texts = [clause(one, random) for one in found]
    form = "({})" if chosen == len(found) - 1 else random.choice(("({})", "{}"))
    texts[chosen] += " " + form.format(random.choice(RDV))
    found[chosen].state = ASK
    return joined(texts, random), Meaning(found)


def also_by_appointment(random: Random) -> Sentence:
    """Outside the hours: an appointment, so unknown; nothing may be said to be closed."""
    found = openings(random)
    word = random.choice((" ou ", " sinon ", ", également ", " et aussi ", " ; sinon "))
    return joined([clause(one, random) for one in found], random) + word + RDV[0], Meaning(found)


def quoted_note(random: Random) -> Sentence:
    [one] = openings(random, 1)
    note = random.choice(('"{}"', "« {} »", "“{}”")).format("uniquement sur convocation")
    text = clause(one, random)
    one.state = ASK
    return f"{text} {note}", Meaning([one])


def period_behind(random: Random) -> Sentence:
    found = openings(random, 2)
    month = random.choice(MONTHS)
    texts = [clause(one, random) for one in found]
    texts[0] += random.choice((f" en {month}", f" (en {month})"))
    found[0].month = month
    return joined(texts, random), Meaning(found)


def period_last(random: Random) -> Sentence:
    """`…, … en juillet`: of one clause or of all; read only where each has its own period."""
    found = openings(random, 3)
    month = random.choice(MONTHS)
    text = joined([clause(one, random) for one in found], random) + f" en {month}"
    if len(found) > 1:
        return text, Meaning(refused=True)
    found[0].month = month
    return text, Meaning(found)


def holidays_too(random: Random) -> Sentence:
    """The usual sentence of the gendarmerie."""
    week, sunday = spans(random), spans(random)
    text = f"Du lundi au samedi {hours(week, random)}"
    also = random.choice((" et les ", ", les ", ". Les ", " ; "))
    text += f"{also}dimanches et jours fériés {hours(sunday, random)}"
    found = [Opening((0, 1, 2, 3, 4, 5), week), Opening((6,), sunday)]
    return text, Meaning(found, holidays=sunday)


def half_day(random: Random) -> Sentence:
    whole = ((random.choice((16, 17, 18)), 24), (28, random.choice((33, 34, 35))))
    day = random.randrange(5)
    part = random.randrange(2)
    words = random.choice(("sauf le ", "sauf ", ", fermé le ", " (fermé le ", " ; fermé ")).rstrip()
    name = ("matin", random.choice(("après-midi", "après midi")))[part]
    text = f"du lundi au vendredi {hours(whole, random)} {words} {DAYS[day]} {name}"
    text += ")" if "(" in words else ""
    others = tuple(other for other in range(5) if other != day)
    return text, Meaning([Opening(others, whole), Opening((day,), (whole[1 - part],))])


def replaced(random: Random) -> Sentence:
    one, other = spans(random), spans(random)
    day = random.randrange(5)
    text = f"du lundi au vendredi {hours(one, random)}{random.choice((' ; ', ', ', ' '))}mais le"
    text += f" {DAYS[day]} {hours(other, random)}"
    others = tuple(other for other in range(5) if other != day)
    return text, Meaning([Opening(others, one), Opening((day,), other)])


def also(random: Random) -> Sentence:
    morning, evening = (18, 24), (36, 40)
    day = random.randrange(5)
    if random.random() < 0.5:
        text = f"le {DAYS[day]} {span(*morning, random)} et aussi {span(*evening, random)}"
        return text, Meaning([Opening((day,), (morning, evening))])
    text = f"du lundi au vendredi {span(*morning, random)} et aussi le {DAYS[day]}"
    text += f" {span(*evening, random)}"
    return text, Meaning([Opening((day,), (evening,)), Opening((0, 1, 2, 3, 4), (morning,))])


def weekend(random: Random) -> Sentence:
    week, end = spans(random), spans(random)
    word = random.choice(("le WE", "le week-end", "les week-ends", "le we"))
    text = f"du lundi au vendredi {hours(week, random)} ; {word} {hours(end, random)}"
    return text, Meaning([Opening((0, 1, 2, 3, 4), week), Opening((5, 6), end)])


def closed_then_link(random: Random) -> Sentence:
    """*sinon* and *mais* behind a closure, without days: nothing says which days are open."""
    link = random.choice(("sinon", "mais", ", sinon", ", mais"))
    text = f"Fermé le {random.choice(DAYS)} {link} {hours(spans(random), random)}"
    return text, Meaning(refused=True)


def reversed_hours(random: Random) -> Sentence:
    first, last = random.choice((16, 18, 28)), random.choice((2, 10, 11, 14))
    days = days_words((0, 1, 2, 3, 4), random)
    return f"{days} {clock(first, random)}-{clock(last, random)}", Meaning(refused=True)


def hours_goes_on(random: Random) -> Sentence:
    """`lundi 9h-12h ; 14h-17h`."""
    one, two = (18, 24), (28, 34)
    day = random.randrange(6)
    mark = random.choice((" ; ", " | ", "\n", ";"))
    text = f"{DAYS[day]} {span(*one, random)}{mark}{span(*two, random)}"
    text += f"{mark}{DAYS[day + 1]} {span(*one, random)}"
    return text, Meaning([Opening((day,), (one, two)), Opening((day + 1,), (one,))])


def hours_first(random: Random) -> Sentence:
    found = openings(random, 2)
    texts = [f"{hours(one.spans, random)} {days_words(one.days, random)}" for one in found]
    return joined(texts, random, (" ; ", "\n")), Meaning(found)


WRITERS = (
    plain,
    plain,
    bullets,
    closure_inside,
    leading_exception,
    trailing_closure,
    leading_closure,
    without_days,
    leading_certainty,
    trailing_certainty,
    own_certainty,
    also_by_appointment,
    quoted_note,
    period_behind,
    period_last,
    holidays_too,
    half_day,
    replaced,
    also,
    weekend,
    closed_then_link,
    reversed_hours,
    hours_goes_on,
    hours_first,
)


def sentence(random: Random) -> tuple[str, str, Meaning]:
    """A writer's name, what it wrote, and what it meant."""
    writer = random.choice(WRITERS)
    text, meaning = writer(random)
    return writer.__name__, accented(text, random), meaning
