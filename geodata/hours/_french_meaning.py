"""The clauses of a French text put together as rules: what each word covers, and in which order.

Openings come first, hours of public holidays behind them, then closures: that is what a person
means, whatever the order of the sentence. *Par exception* keeps the order of the text instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from geodata.hours._french_days import SIDE_BY_SIDE, Selection
from geodata.hours._french_words import plain_text
from geodata.hours._model import (
    DAY_MINUTES,
    EVERY_DAY,
    Holiday,
    InvalidHours,
    Join,
    Rule,
    Span,
    State,
    Weekdays,
)
from geodata.hours._overlap import (
    contradicts,
    disjoint,
    is_narrower,
    is_public,
    replaces_earlier,
    swallows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


WHICH_DAYS = "Quels jours ? Écrire les jours avant les heures, ou « tous les jours »."
BOTH_SCOPES = (
    "« sur rendez-vous » ou « à confirmer » : pour tout, ou en dehors des heures ? Écrire"
    " « sinon sur rendez-vous », ou « sur rendez-vous : » avant les jours."
)
_SAME_DAYS = (
    "Deux passages parlent des mêmes jours : écrire « et aussi » si les heures s’ajoutent,"
    " « mais » si elles remplacent."
)
_EXCEPTIONALLY = (
    "« mais » ou « et aussi » à côté d’une fermeture ou d’une période : écrire « par exception »"
    " avant les jours qui l’emportent."
)
_CONTRADICTION = "Ouvert et fermé les mêmes jours : corriger l’un des deux passages."
WHICH_YEAR = "fermé, année à préciser"
_CLOSED_OR_HOLIDAY = "jour de fermeture et jour férié"
_NOON, _MORNING_END, _EVENING = 12 * 60, 13 * 60 + 30, 17 * 60
AFTERNOON_END = 20 * 60
_PARTS = {"m": (5 * 60, 14 * 60), "a": (12 * 60, AFTERNOON_END), "s": (16 * 60, DAY_MINUTES)}
"""Between which minutes of the day the hours of a morning, afternoon or evening lie."""


class Certainty(NamedTuple):
    """How sure an opening is, and the note that says why."""

    state: State
    comment: str


@dataclass(frozen=True, slots=True)
class Closing:
    """Days that are closed, maybe only in the morning or afternoon (`part`, as written)."""

    rule: Rule
    part: str = ""
    narrowed_first: bool = False
    exception: bool = False
    """Whether it was said with *sauf*, which takes days out of those just said."""
    of_its_clause: bool = False
    """Whether it repeats the days of its own clause (`lundi 9h-12h, fermé l’après-midi`)."""


@dataclass(slots=True)
class Clause:
    """What one clause says, before its neighbours are known."""

    kind: str = ""
    """Nothing for an opening; else closure, exception, otherwise, alone, for_all."""
    stopped: bool = False
    """Whether `;`, a full stop or a line break stands before it."""
    marked: bool = False
    """Whether any mark stands before it."""
    new_sentence: bool = False
    """Whether a full stop or a line break stands before it."""
    rule: Rule = field(default_factory=Rule)
    selection: Selection = field(default_factory=Selection)
    join: Join = Join.NORMAL
    replacing: bool = False
    exceptional: bool = False
    certainty: Certainty | None = None
    certainty_is_behind: bool = False
    prefixed: bool = False
    period_behind: str = ""
    nth_behind: bool = False
    """Whether `(1er lundi du mois)` stands behind the hours."""
    closings: list[Closing] = field(default_factory=list)
    comma: bool = False
    by_days: bool = False
    """Whether its hours come first and its days last."""
    may_go_on: bool = False
    """Whether hours that follow without days are hours of the same days."""

    @property
    def linked(self) -> bool:
        """Whether a word says how it meets the clauses before."""
        return self.join is not Join.NORMAL or self.replacing or self.exceptional


def check_part(part: str, times: Iterable[Span]) -> None:
    """Refuse hours that do not lie in the part of the day that is named."""
    if not part:
        return
    earliest, latest = _PARTS[_part(part)]
    if any(not (earliest <= span.start and span.end <= latest) for span in times):
        raise InvalidHours(f"« {part} » ne va pas avec ces heures.")


def _part(words: str) -> str:
    plain = plain_text(words)
    for article in ("les ", "le ", "la ", "l'"):
        plain = plain.removeprefix(article)
    return plain[0]


def half_by_appointment(words: str, times: tuple[Span, ...]) -> Span:
    """The half day by appointment, beside hours that must all lie in the other half."""
    if _part(words) == "s" or _without_part(times, words) != times:
        raise InvalidHours(BOTH_SCOPES)
    if _part(words) == "m":
        return Span(_PARTS["m"][0], min(_NOON, times[0].start))
    return Span(max(_NOON, times[-1].end), AFTERNOON_END)


def rules_of(clauses: list[Clause]) -> tuple[Rule, ...]:
    """The rules of all the clauses of a text."""
    openings = [clause for clause in clauses if not clause.kind]
    if not clauses:
        raise InvalidHours("Pas d’horaires.")
    if clauses[0].kind == "alone":
        return (clauses[0].rule,)
    if not openings and not any(clause.kind == "closure" for clause in clauses):
        raise InvalidHours(BOTH_SCOPES)
    _check_side_by_side(clauses)
    _check_periods(clauses, openings)
    _add_other_parts(openings)
    _spread_certainty(clauses, openings)
    halves = _without_exceptions(clauses, openings)
    rules = _ordered(clauses)
    for half in halves:
        rules = _without_half(rules, half)
    return tuple(rules)


# What a word covers


def _add_other_parts(openings: list[Clause]) -> None:
    """`lundi matin : 9h-12h, lundi après-midi : 14h-17h`: the hours of one day add up."""
    for one, other in pairwise(openings):
        parts = [_part(clause.selection.part or " ") for clause in (one, other)]
        same_days = one.selection.weekdays == other.selection.weekdays
        if " " not in parts and parts[0] != parts[1] and same_days and not other.linked:
            other.join = Join.ADDITIONAL
            other.rule = replace(other.rule, join=Join.ADDITIONAL)


def _spread_certainty(clauses: list[Clause], openings: list[Clause]) -> None:
    """`sur rendez-vous` before or behind several clauses covers all that it may cover."""
    spread: Certainty | None = next((c.certainty for c in clauses if c.kind == "for_all"), None)
    last = openings[-1] if openings else None
    if last and last.certainty_is_behind and _hides(last.certainty):
        own = [clause for clause in openings[:-1] if clause.certainty]
        if last.rule.times and not own:
            spread = spread or last.certainty
    for clause in openings:
        if clause.prefixed and _hides(clause.certainty):
            spread = spread or clause.certainty
        given = clause.certainty or spread
        if given:
            clause.rule = replace(clause.rule, state=given.state, comment=given.comment)
        if clause.rule.join is Join.FALLBACK and clause.rule.state is not State.UNKNOWN:
            raise InvalidHours("« sinon » : écrire seulement « sinon sur rendez-vous ».")


def _hides(certainty: Certainty | None) -> bool:
    return certainty is not None and certainty.state is State.UNKNOWN


def _check_side_by_side(clauses: list[Clause]) -> None:
    """Refuse `lundi vendredi 9h-12h`, which may be two days or five.

    Three names are a list, so are neighbours; and so are two where another clause is a list, or
    is about a day between them.
    """
    for clause in clauses:
        if not clause.selection.side_by_side:
            continue
        names = list(
            dict.fromkeys(item.days.bit_length() - 1 for item in clause.selection.weekdays)
        )
        if any(item.nth or item.days.bit_count() > 1 for item in clause.selection.weekdays):
            raise InvalidHours(SIDE_BY_SIDE)
        first, last = names[0], names[-1]
        between = sum(1 << day for day in range(first + 1, last))
        others = [*clauses]
        others.remove(clause)
        named = any(
            item.days & between
            for other in others
            for rule in (other.rule, *(closing.rule for closing in other.closings))
            for item in rule.weekdays
        )
        sure = len(names) != 2 or last - first == 1 or (last > first and named)
        if not sure and not any(_is_list(other) for other in clauses):
            raise InvalidHours(SIDE_BY_SIDE)


def _is_list(clause: Clause) -> bool:
    """Whether it has three names of days or more, side by side."""
    return clause.selection.side_by_side and len(set(clause.selection.weekdays)) > 2


def _check_periods(clauses: list[Clause], openings: list[Clause]) -> None:
    """Refuse a period that may belong to one clause or to several."""
    for number, clause in enumerate(clauses):
        first = clause.selection.narrowed_first or any(
            closing.narrowed_first for closing in clause.closings
        )
        later = [other for other in clauses[number + 1 :] if not other.kind]
        if first and any(not other.selection.narrowed_first for other in later):
            raise InvalidHours(
                "On ne sait pas jusqu’où va la période : la répéter dans chaque passage."
            )
    last = openings[-1] if openings else None
    if last and last.period_behind and any(not _has_period(clause) for clause in openings):
        raise InvalidHours(
            f"« {last.period_behind} » à la fin : pour tout, ou pour le dernier passage ? Répéter"
            " la période dans chaque passage."
        )


def _has_period(clause: Clause) -> bool:
    rule = clause.rule
    return bool(rule.dates or rule.weeks or rule.years or rule.holidays)


# Days taken out


def _without_exceptions(clauses: list[Clause], openings: list[Clause]) -> list[Closing]:
    """Take excepted days out of the rules; return the half days that are closed.

    What is closed on holidays or in a period becomes a closure clause.
    """
    halves: list[Closing] = []
    for clause in clauses:
        if clause.kind == "exception" and clause.comma and len(openings) > 1:
            raise InvalidHours("« sauf » : pour tout ? Écrire à la fin « ; fermé … ».")
        kept = []
        for closing in clause.closings:
            if closing.of_its_clause and closing.part:
                _check_half(clause.rule, closing)
            elif closing.part:
                halves.append(closing)
            elif closing.exception:
                kept += _excepted(closing, clause, openings)
            else:
                kept.append(closing)
        clause.closings = kept
    return halves


def _excepted(closing: Closing, clause: Clause, openings: list[Clause]) -> list[Closing]:
    """Take the days of the week out of their clause; return what is left, as closures."""
    rule = closing.rule
    everywhere = clause.kind == "exception"
    about = openings if everywhere else [clause]
    if rule.weekdays and all(item.nth for item in rule.weekdays):
        _check_nth(rule, about, openings)
        return [replace(closing, exception=False)]
    days = 0 if rule.holidays_and_weekdays else sum(item.days for item in rule.weekdays)
    if days:
        others = [other for other in openings if not everywhere and other is not clause]
        if any(item.days & days for other in others for item in other.rule.weekdays):
            raise InvalidHours("« sauf » : pour tout ? Écrire à la fin « ; fermé … ».")
        _take_out(days, about)
        rule = replace(rule, weekdays=())
    if not rule.has_days:
        return []
    if not everywhere and len(openings) > 1:
        raise InvalidHours("« sauf » : pour tout ? Écrire à la fin « ; fermé … ».")
    return [replace(closing, rule=rule, exception=False)]


def _check_nth(closed: Rule, about: list[Clause], openings: list[Clause]) -> None:
    """Refuse `sauf le 1er lundi du mois` where Mondays have no hours, or have some elsewhere."""
    days = [item.days for item in closed.weekdays]
    said = [item for clause in about for item in clause.rule.weekdays]
    elsewhere = [
        item for clause in openings if clause not in about for item in clause.rule.weekdays
    ]
    for day in days:
        here = [item for item in said if item.days & day]
        if not here or any(item.nth for item in here) or any(item.days & day for item in elsewhere):
            raise InvalidHours(
                "« sauf » un jour du mois : l’écrire à la fin, par exemple « ; fermé le 1er lundi"
                " du mois »."
            )


def _take_out(days: int, clauses: list[Clause]) -> None:
    found = 0
    for clause in clauses:
        rule = clause.rule
        weekdays = rule.weekdays or (() if rule.has_days and not _narrowed(rule) else _ALL_WEEK)
        if len(weekdays) != 1 or weekdays[0].nth or rule.holidays:
            raise InvalidHours("« sauf » enlève des jours qui n’étaient pas dits.")
        left = weekdays[0].days & ~days
        if not left:
            raise InvalidHours("« sauf » enlève tous les jours qui étaient dits.")
        found |= weekdays[0].days & days
        clause.rule = replace(rule, weekdays=(Weekdays(left),))
    if found != days:
        raise InvalidHours("« sauf » enlève des jours qui n’étaient pas dits.")


def _narrowed(rule: Rule) -> bool:
    return bool(rule.dates or rule.weeks or rule.years)


_ALL_WEEK = (Weekdays(EVERY_DAY),)


def _check_half(rule: Rule, closing: Closing) -> None:
    """Refuse a closed half day that has hours; `lundi 9h-12h, fermé l’après-midi` has none."""
    if _without_part(rule.times, closing.part) != rule.times:
        raise InvalidHours(_CONTRADICTION)


def _without_part(times: tuple[Span, ...], words: str) -> tuple[Span, ...]:
    """The spans without those of the morning or afternoon."""
    part = _part(words)
    mornings = [span.start < _NOON and span.end <= _MORNING_END for span in times]
    afternoons = [span.start >= _NOON and span.end <= DAY_MINUTES for span in times]
    late = any(span.end > _EVENING + 120 for span in times)
    if (
        part == "s"
        or (part == "a" and late)
        or not all(map(any, zip(mornings, afternoons, strict=True)))
    ):
        raise InvalidHours(
            f"« {words} » fermé : on ne sait pas à quelle heure cela commence ou finit. Écrire les"
            " heures de ce jour."
        )
    out = mornings if part == "m" else afternoons
    return tuple(span for span, closed in zip(times, out, strict=True) if not closed)


def _without_half(rules: list[Rule], closing: Closing) -> list[Rule]:
    """The rules without the mornings or afternoons of some days of the week."""
    days = sum(item.days for item in closing.rule.weekdays)
    if days.bit_count() > 1:
        raise InvalidHours(
            f"« {closing.part} » fermé : d’un seul de ces jours, ou de tous ? Écrire « fermé le"
            " lundi matin et le mardi matin »."
        )
    if closing.rule != Rule(weekdays=(Weekdays(days),), state=State.CLOSED) or not days:
        raise InvalidHours(
            f"« {closing.part} » fermé : écrire les jours de la semaine, sans période."
        )
    found, covered = [], 0
    for rule in rules:
        here = sum(item.days for item in rule.weekdays if not item.nth) & days
        if rule.state is State.CLOSED or not here:
            found.append(rule)
            continue
        if _narrowed(rule) or rule.holidays or len(rule.weekdays) > 1 or covered & here:
            raise InvalidHours("Une demi-journée fermée parmi des périodes : l’écrire à part.")
        covered |= here
        left = rule.weekdays[0].days & ~here
        if left:
            found.append(replace(rule, weekdays=(Weekdays(left),)))
        times = _without_part(rule.times, closing.part)
        if times:
            found.append(replace(rule, weekdays=(Weekdays(here),), times=times))
    if covered != days:
        raise InvalidHours(f"« {closing.part} » fermé : ce jour n’a pas d’heures.")
    return found


# The order of the rules


def _ordered(clauses: list[Clause]) -> list[Rule]:
    in_order = any(clause.exceptional for clause in clauses)
    linked = any(clause.linked for clause in clauses)
    rules: list[Rule] = []
    openings: list[Rule] = []
    closures: list[Rule] = []
    fallbacks: list[Rule] = []
    away: list[Rule] = []
    for clause in clauses:
        fallback = clause.kind == "otherwise" or clause.rule.join is Join.FALLBACK
        if fallback:
            fallbacks.append(clause.rule)
        elif not clause.kind:
            rule = clause.rule if openings else _always(clause.rule)
            _check_link(clause, openings, closures, away)
            openings.append(rule)
            rules.append(rule)
        closings = [closing.rule for closing in clause.closings]
        closures += closings
        rules += closings
        away += closings if clause.kind == "exception" else []
    if in_order:
        return [*rules, *fallbacks]
    apart = [rule for rule in openings if any(swallows(closed, rule) for closed in away)]
    if apart and len(closures) > len(away):
        raise InvalidHours(_CONTRADICTION)
    _check_contradictions([rule for rule in openings if rule not in apart], closures)
    if not linked:
        rules = _moved_last(rules, is_public)
    rules = _moved_last(rules, _is_closure)
    # `sauf vacances scolaires : …; vacances scolaires : …`: hours of their own.
    rules = _moved_last(rules, apart.__contains__)
    return [*rules, *_holidays_on_closed_days(openings, closures), *fallbacks]


def _moved_last(rules: list[Rule], moves: Callable[[Rule], bool]) -> list[Rule]:
    """The rules, those that win behind the later rules that they meet."""
    stay: list[Rule] = []
    last: list[Rule] = []
    for number, rule in enumerate(rules):
        meets = any(not moves(other) and not disjoint(rule, other) for other in rules[number + 1 :])
        (last if moves(rule) and meets else stay).append(rule)
    return [*stay, *last]


def _is_closure(rule: Rule) -> bool:
    """A closure, or dates of which nobody knows whether they are closed."""
    return rule.state is State.CLOSED or rule.comment == WHICH_YEAR


def _always(rule: Rule) -> Rule:
    """Every day, day and night, is `24/7`."""
    day_and_night = rule.times == (Span(0, DAY_MINUTES),)
    every_day = replace(rule, weekdays=()) if rule.weekdays == _ALL_WEEK else rule
    return every_day if day_and_night and not every_day.has_days else rule


def _check_link(
    clause: Clause, openings: list[Rule], closures: list[Rule], away: list[Rule]
) -> None:
    """Refuse an opening that meets an earlier one, or a closure, without saying how.

    Hours of a period that is taken out of the earlier ones (`away`) meet none of these.
    """
    rule = clause.rule
    if clause.exceptional:
        return
    on_closed = [other for other in closures if not disjoint(rule, other)]
    if on_closed and clause.linked:
        raise InvalidHours(_EXCEPTIONALLY)
    if any(not _narrowed(other) and not other.holidays for other in on_closed) and not (
        is_public(rule) or (clause.new_sentence and _is_range(rule, on_closed))
    ):
        raise InvalidHours(_SAME_DAYS)
    apart = [any(swallows(closed, one) for closed in away) for one in (rule, *openings)]
    if apart[0]:
        openings = [other for other, own in zip(openings, apart[1:], strict=True) if own]
    if not replaces_earlier(replace(rule, join=clause.join), openings):
        return
    if not clause.replacing:
        if not (_only_public_meet(rule, openings)):
            raise InvalidHours(_SAME_DAYS)
        return
    if not all(disjoint(rule, other) or is_narrower(rule, other) for other in openings):
        raise InvalidHours(_EXCEPTIONALLY)


def _is_range(rule: Rule, closures: list[Rule]) -> bool:
    """`Fermé le mercredi. Du lundi au vendredi …`: a range, of which one day is closed."""
    days = [item.days for item in rule.weekdays if not item.nth]
    closed = sum(item.days for other in closures for item in other.weekdays)
    alone = len(days) == len(rule.weekdays) == 1 and closed.bit_count() == 1
    return alone and days[0].bit_count() > 3


def _only_public_meet(rule: Rule, openings: list[Rule]) -> bool:
    """`dimanches et jours fériés 9h-12h ; du lundi au samedi 8h-12h`: they do not compete."""
    return all(
        disjoint(rule, other)
        or (is_public(other) and disjoint(rule, replace(other, holidays=(), join=Join.NORMAL)))
        or (is_public(other) and not other.weekdays)
        for other in openings
    ) and not is_public(rule)


def _check_contradictions(openings: list[Rule], closures: list[Rule]) -> None:
    """Refuse a closure that leaves nothing of an opening."""
    pairs = [(closed, rule) for closed in closures for rule in openings]
    if any(contradicts(*pair) or swallows(*pair) for pair in pairs):
        raise InvalidHours(_CONTRADICTION)


def _holidays_on_closed_days(openings: list[Rule], closures: list[Rule]) -> list[Rule]:
    """`lundi fermé … jours fériés 9h-12h`: on a holiday that is a Monday, nobody knows."""
    days = 0
    for closed in closures:
        if not (closed.times or _narrowed(closed) or closed.holidays):
            days |= sum(item.days for item in closed.weekdays if not item.nth)
    if not days or not any(is_public(rule) for rule in openings):
        return []
    return [
        Rule(
            holidays=(Holiday("PH"),),
            weekdays=(Weekdays(days),),
            holidays_and_weekdays=True,
            state=State.UNKNOWN,
            comment=_CLOSED_OR_HOLIDAY,
        )
    ]
