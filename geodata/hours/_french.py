"""Opening hours as French people write them, read into rules; nothing is guessed.

A text is cut into known words and phrases first; one unknown word refuses the whole text. Then it
is read as clauses: days, hours, certainty. A clause that meets the days of an earlier one must say
whether it adds (*et aussi*) or replaces (*mais*).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from geodata.hours._french_days import DaysReader, Selection, selectors
from geodata.hours._french_words import Token, plain_text, tokens_of
from geodata.hours._model import (
    DAY_MINUTES,
    EVERY_DAY,
    InvalidHours,
    Join,
    Rule,
    Span,
    State,
    Weekdays,
)
from geodata.hours._osm import MAX_LENGTH, MAX_RULES, check, checked_span, clean, joined_spans
from geodata.hours._overlap import replaces_earlier
from geodata.hours._words import BY_APPOINTMENT, clock

_PARTS = {"m": (5 * 60, 14 * 60), "a": (12 * 60, 20 * 60), "s": (16 * 60, DAY_MINUTES)}
_DASH = [Token("to", "-", "-")]


@dataclass(slots=True)
class _Clause:
    rule: Rule
    replacing: bool = False
    narrowed_first: bool = False
    exceptions: list[Rule] = field(default_factory=list)


def read(text: str) -> tuple[Rule, ...]:
    """The rules of a French text."""
    if len(text) > MAX_LENGTH:
        raise InvalidHours(f"Texte trop long ({len(text)} caractères) pour des horaires.")
    return _Reader(tokens_of(clean(re.sub(r"[\r\n]+", " ; ", text)))).rules()


class _Reader(DaysReader):
    """Reads clauses; each method reads one part of a clause."""

    replacing = False
    dashed = False

    def rules(self) -> tuple[Rule, ...]:
        clauses: list[_Clause] = []
        self.skips("stop", "comma")
        while not self.sees("end"):
            if len(clauses) >= MAX_RULES:
                raise self.refusal("Trop de règles pour des horaires : raccourcir la liste.")
            clauses.append(self.clause(first=not clauses))
            end = self.at
            self.skips("stop", "comma")
            self.at = self.at if self.sees("end") else end
        if not clauses:
            raise self.refusal("Pas d’horaires.")
        rules = _joined(clauses)
        check(rules)
        return rules

    def clause(self, *, first: bool) -> _Clause:
        stopped, link = self.link(first=first)
        self.skips("opened", "colon")
        if self.sees("except") and stopped and not first:
            self.at += 1
            return self.closure(link, [])
        if self.takes("closed"):
            return self.closure(link, self.closure_times())
        prefix = self.prefix() if first or stopped else None
        leading = self.tokens[self.at] if self.starts_times() else None
        times = self.leading_times()
        selection = self.selection()
        if (prefix and not selection) or (times and not self.at_clause_end()):
            raise self.refusal()
        excluded = None
        if not times:
            excluded = self.excluded()
            self.skips("colon", "comma", "opened")
            if self.takes("closed"):
                return self.closed_clause(selection, link, [])
            times = self.times() if self.starts_times() else []
            if first and times:
                self.trailing_period(selection)
        rule = replace(selectors(selection), times=tuple(times))
        rule = _with_prefix(rule, prefix) if prefix else self.certainty(rule)
        if not times and rule.state is State.OPEN:
            raise self.no_times(selection)
        if leading and not selection and leading.kind == "from":
            raise self.refusal("Quels jours ? Écrire « tous les jours » si c’est le cas.")
        _check_part(selection.part, times)
        rule, exceptions = _excepting(rule, excluded or self.trailing_exception())
        return _Clause(
            replace(rule, join=link),
            replacing=self.replacing,
            narrowed_first=selection.narrowed_first,
            exceptions=exceptions,
        )

    def trailing_period(self, selection: Selection) -> None:
        """`le mardi 9h-12h, les semaines paires`: a period said last, when nothing follows it."""
        start = self.at
        self.takes("comma")
        period = self.selection() if self.group_ahead() not in ("", "weekdays") else Selection()
        public = any(holiday.kind == "PH" for holiday in period.holidays)
        narrowed = selection.holidays or selection.dates or selection.weeks or selection.years
        rest = {token.kind for token in self.tokens[self.at :]}
        if not period or period.weekdays or public or narrowed or rest - {"stop", "comma"}:
            self.at = start
            return
        selection.holidays = period.holidays
        selection.both = bool(period.holidays)
        selection.dates, selection.yearly = period.dates, period.yearly
        selection.weeks, selection.years = period.weeks, period.years

    def leading_times(self) -> list[Span]:
        """Hours before the days: `de 9h à 12h, du lundi au vendredi`."""
        times = self.times() if self.starts_times() else []
        if times:
            self.takes("comma")
        return times

    def trailing_exception(self) -> Selection | None:
        if self.sees("comma") and self.kind(1) == "except":
            self.at += 1
        excluded = self.excluded()
        if excluded and self.starts_times():
            raise self.refusal("Après « sauf », des heures : faut-il fermer, ou changer ?")
        return excluded

    def no_times(self, selection: Selection) -> InvalidHours:
        if not self.sees("end") or not selection:
            return self.refusal()
        words = " ".join(token.words for token in self.tokens[-4:])
        return InvalidHours(f"« {words} » : il manque des heures, par exemple « 9h-12h ».")

    def at_clause_end(self) -> bool:
        return self.sees(
            "end", "stop", "comma", "by_appointment", "to_confirm", "comment", "walk_in", "except"
        )

    def link(self, *, first: bool) -> tuple[bool, Join]:
        """Whether the clause before was ended by a full stop, and how this one meets it."""
        start = self.at
        while self.sees("stop", "comma", "and") or self.tokens[self.at : self.at + 1] == _DASH:
            self.at += 1
        stopped = any(token.kind == "stop" for token in self.tokens[start : self.at])
        self.replacing = False
        if first:
            return stopped, Join.NORMAL
        if self.takes("replacing"):
            self.replacing = True
        elif self.takes("adding"):
            return stopped, Join.ADDITIONAL
        elif self.takes("otherwise"):
            return stopped, Join.FALLBACK
        return stopped, Join.NORMAL

    def prefix(self) -> Token | None:
        """`sur rendez-vous le mardi`: said before the days, when days follow."""
        if not self.sees("by_appointment", "walk_in"):
            return None
        self.at += 1
        if self.sees("end", "stop", "comma"):
            self.at -= 1
            return None
        token = self.tokens[self.at - 1]
        self.skips("colon")
        return token

    def closure(self, link: Join, times: list[Span]) -> _Clause:
        self.skips("comma", "colon")
        selection = self.selection()
        if self.starts_times() or self.sees("part"):
            raise self.refusal(
                "Écrire « fermé de 12h à 14h, le lundi », les heures avant les jours."
            )
        return self.closed_clause(selection, link, times)

    def closed_clause(self, selection: Selection, link: Join, times: list[Span]) -> _Clause:
        if selection.part or self.starts_times():
            raise self.refusal()
        if not selection:
            raise self.refusal("« fermé » : quels jours ?")
        rule = replace(selectors(selection), state=State.CLOSED, times=tuple(times))
        self.skips("comma")
        comment = self.takes("comment")
        if comment:
            rule = replace(rule, comment=_comment(comment))
        join = link if link is Join.FALLBACK else Join.NORMAL
        return _Clause(replace(rule, join=join), narrowed_first=selection.narrowed_first)

    def closure_times(self) -> list[Span]:
        if self.sees("from") and self.kind(1) in ("clock", "noon", "midnight"):
            return self.times()
        return []

    def certainty(self, rule: Rule) -> Rule:
        """`sur rendez-vous`, `à confirmer : « … »`, a note between quotes."""
        start = self.at
        self.skips("comma")
        if self.takes("by_appointment"):
            rule = replace(rule, state=State.UNKNOWN, comment=BY_APPOINTMENT)
        elif self.takes("to_confirm"):
            self.skips("colon")
            comment = self.takes("comment")
            rule = replace(rule, state=State.UNKNOWN, comment=_comment(comment) if comment else "")
        elif self.sees("comment"):
            rule = replace(rule, comment=_comment(self.expects("comment")))
        elif self.takes("walk_in"):
            rule = replace(rule, comment="sans rendez-vous")
        else:
            self.at = start
            return rule
        if self.sees("day", "article", "from", "ordinal", "every_day"):
            raise self.refusal()
        return rule

    def excluded(self) -> Selection | None:
        if not self.takes("except"):
            return None
        self.skips("from")
        start = self.at
        selection = self.selection()
        if not selection:
            raise self.refusal()
        narrowing = selection.dates or selection.weeks or selection.years or selection.both
        if selection.part or (selection.weekdays and narrowing):
            words = " ".join(token.words for token in self.tokens[start : self.at])
            raise self.refusal(f"« sauf {words} » n’est pas sûr : l’écrire à part, avec « ; ».")
        return selection

    # Times

    def starts_times(self) -> bool:
        ahead = 0
        while self.kind(ahead) in ("from", "part"):
            ahead += 1
        if self.kind(ahead) in ("clock", "noon", "midnight", "whole_day", "always"):
            return True
        return (
            self.kind(ahead) == "number"
            and self.kind(ahead + 1) == "to"
            and self.kind(ahead + 2) in ("number", "clock", "noon", "midnight")
            and not self.starts_date(ahead)
        )

    def times(self) -> list[Span]:
        spans = [self.span()]
        while True:
            start = self.at
            if self.tokens[self.at : self.at + 1] == _DASH and not self.dashed:
                self.at += 1  # `8h30 à 12h30 - 13h30 à 17h30`
            self.skips("comma", "and", "part")
            if not self.starts_times():
                self.at = start
                break
            spans.append(self.span())
        ordered = sorted(spans, key=lambda span: span.start)
        if any(one.end > other.start for one, other in pairwise(ordered)):
            raise self.refusal("Ces heures se chevauchent : les vérifier.")
        return list(joined_spans(spans))

    def span(self) -> Span:
        self.skips("part")
        between = self.takes("from")
        if self.takes("always", "whole_day"):
            return Span(0, DAY_MINUTES)
        start, sure_start = self.minutes()
        if between and between.plain == "entre":
            self.expects("and", "to")
        elif not self.sees("to"):
            raise self.refusal(
                f"« {clock(start)} » : une heure seule ne dit pas jusqu’à quand c’est ouvert."
            )
        else:
            self.dashed = self.expects("to").plain == "-"
        end, sure_end = self.minutes()
        if not (sure_start or sure_end) and end <= start:
            raise self.refusal(f"« {start // 60}-{end // 60} » : sont-ce des heures ?")
        return checked_span(start, end)

    def minutes(self) -> tuple[int, bool]:
        """Minutes of the day, and whether they were written as a time (`9 h`, not `9`)."""
        token = self.expects("clock", "noon", "midnight", "number")
        if token.kind == "noon":
            return 12 * 60, True
        if token.kind == "midnight":
            return DAY_MINUTES if self.tokens[self.at - 2].kind == "to" else 0, True
        digits = re.findall(r"\d+", token.plain)
        hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
        if hour > 24 or minute > 59 or (hour == 24 and minute) or len(digits[0]) > 2:
            raise self.refusal(f"« {token.words} » n’est pas une heure.")
        return hour * 60 + minute, token.kind == "clock"


def _comment(token: Token) -> str:
    return token.words[1:-1].strip().replace('"', "'")


def _check_part(part: str, times: list[Span]) -> None:
    if not part:
        return
    word = plain_text(part).removeprefix("le ").removeprefix("l'")
    earliest, latest = _PARTS[word[0]]
    if any(not (earliest <= span.start and span.end <= latest) for span in times):
        raise InvalidHours(f"« {part} » ne va pas avec ces heures.")


def _with_prefix(rule: Rule, prefix: Token) -> Rule:
    if prefix.kind == "walk_in":
        return replace(rule, comment="sans rendez-vous")
    return replace(rule, state=State.UNKNOWN, comment=BY_APPOINTMENT)


def _excepting(rule: Rule, excluded: Selection | None) -> tuple[Rule, list[Rule]]:
    """A rule without the days of a *sauf*, or with a closure behind it."""
    if excluded is None:
        return rule, []
    if excluded.weekdays and not excluded.holidays:
        return _without_weekdays(rule, excluded), []
    return rule, [replace(selectors(excluded), state=State.CLOSED)]


def _without_weekdays(rule: Rule, excluded: Selection) -> Rule:
    """`du lundi au vendredi sauf le mercredi`: those days leave the rule."""
    out = 0
    for item in excluded.weekdays:
        if item.nth:
            raise InvalidHours("« sauf » avec un jour du mois : l’écrire à part, avec « fermé ».")
        out |= item.days
    plain = rule.weekdays or (() if rule.holidays else (Weekdays(EVERY_DAY),))
    if len(plain) != 1 or plain[0].nth or out & ~plain[0].days or out == plain[0].days:
        raise InvalidHours("« sauf » enlève des jours qui n’étaient pas dits.")
    return replace(rule, weekdays=(Weekdays(plain[0].days & ~out),))


def _joined(clauses: list[_Clause]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for number, clause in enumerate(clauses):
        rule = clause.rule
        if not rules and rule.times == (Span(0, DAY_MINUTES),) and _every_day(rule):
            rule = replace(rule, weekdays=())
        alone = rule.state is State.UNKNOWN and not (rule.times or rule.has_days)
        if alone and len(clauses) > 1 and rule.join is not Join.FALLBACK:
            raise InvalidHours(
                "« sur rendez-vous » ou « à confirmer » : pour tout, ou en dehors des heures ?"
                " Écrire « sinon sur rendez-vous », ou le mettre derrière les heures."
            )
        if rule.join is Join.NORMAL and not clause.replacing and replaces_earlier(rule, rules):
            raise InvalidHours(
                "Deux passages parlent des mêmes jours : écrire « et aussi » si les heures"
                " s’ajoutent, « mais » si elles remplacent."
            )
        if clause.narrowed_first and _loses_its_heading(clauses[number + 1 :]):
            raise InvalidHours(
                "On ne sait pas jusqu’où va la période : la répéter dans chaque passage."
            )
        if clause.exceptions and len(clauses) > 1:
            raise InvalidHours("« sauf » : pour tout ? Écrire à la fin « ; fermé … ».")
        rules += [rule, *clause.exceptions]
    return tuple(rules)


def _every_day(rule: Rule) -> bool:
    return rule == Rule(
        weekdays=(Weekdays(EVERY_DAY),), times=rule.times, state=rule.state, comment=rule.comment
    )


def _loses_its_heading(later: list[_Clause]) -> bool:
    """Whether a later opening might belong to a period named before."""
    return any(other.rule.state is not State.CLOSED and not other.narrowed_first for other in later)
