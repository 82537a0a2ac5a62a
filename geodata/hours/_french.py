"""Opening hours as French people write them, read into rules; nothing is guessed.

A text is cut into known words first (`_french_words`), and one unknown word refuses the whole
text. Then it is read clause by clause:

    clause   = [link] [certainty] days [inside] [:] hours behind   `le lundi, 9h-12h`
             | hours days behind                                   `9h-12h le lundi`
             | "fermé" [hours] days  |  days "fermé"               `fermé le lundi`
             | "sauf" days                                         at the start, or behind a `;`
             | hours                                               goes on with the clause before
    inside   = a closure, an exception or a certainty between the days and their hours
    behind   = certainty, period, exception or closure of this clause

Whatever can belong to one clause or to several is either read so that both readings agree (hours
that may be by appointment are unknown), or refused with the words to write instead.
`_french_meaning` puts the clauses together.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from geodata.hours._french_days import PERIODS, DaysReader, Selection, selectors
from geodata.hours._french_meaning import (
    BOTH_SCOPES,
    WHICH_DAYS,
    WHICH_YEAR,
    Certainty,
    Clause,
    Closing,
    check_part,
    half_by_appointment,
    rules_of,
)
from geodata.hours._french_words import Token, one_line, tokens_of
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
from geodata.hours._osm import (
    MAX_LENGTH,
    MAX_RULES,
    check,
    check_opens,
    checked_span,
    clean,
    joined_spans,
)
from geodata.hours._words import BY_APPOINTMENT, WALK_IN, clock

_FIRST_HOUR = 5 * 60
"""What begins after midnight and before 5:00 is more likely `14h` written `2h`. Minutes."""
_AFTERNOON, _LATEST = 16 * 60, 21 * 60
"""An afternoon goes on to another end, a morning may have a break first. Minutes."""
_FIRST_END = 15 * 60 + 30
"""An hour alone before this may be when a day begins. Minutes."""
_STOPS = {"stop", "line"}
_UNTIL = (
    "« jusqu’à » ou une heure seule : écrire les heures de ces jours, par exemple « le vendredi"
    " 9h-12h et 14h-16h30 »."
)
_CERTAINTIES = ("by_appointment", "to_confirm", "walk_in")


def read(text: str) -> tuple[Rule, ...]:
    """The rules of a French text; raises `InvalidHours` where one word is not sure."""
    if len(text) > MAX_LENGTH:
        raise InvalidHours(f"Texte trop long ({len(text)} caractères) pour des horaires.")
    return _Reader(tokens_of(clean(one_line(text)))).rules()


class _Reader(DaysReader):
    """Reads clauses; each method reads one part of a clause."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.clauses: list[Clause] = []

    def rules(self) -> tuple[Rule, ...]:
        """All the rules of the text."""
        self.separators()
        while not self.sees("end"):
            if len(self.clauses) >= MAX_RULES:
                raise self.refusal("Trop de règles pour des horaires : raccourcir la liste.")
            self.clause()
            start = self.at
            if self.separators() and self.sees("end"):
                break
            self.at = start
        rules = rules_of(self.clauses)
        check(rules)
        check_opens(rules)
        return rules

    def separators(self) -> set[str]:
        """The kinds of the marks between two clauses, which are read over."""
        kinds = set()
        while self.sees("stop", "line", "comma", "slash", "and") or self.sees_dash():
            kinds.add(self.kind())
            self.at += 1
        return kinds

    def sees_dash(self) -> bool:
        return self.sees("to") and self.tokens[self.at].plain.startswith("-")

    # Clauses

    def clause(self) -> None:
        marks = self.separators()
        stopped = not self.clauses or bool(marks & _STOPS)
        ended = self.at > 0 and self.tokens[self.at - 1].plain in (".", "|")
        clause = Clause(stopped=stopped, marked=bool(marks), new_sentence=ended)
        if self.takes_link(clause):
            return
        if self.clauses and self.half_by_appointment():
            return
        headed = bool(self.takes_heading())
        if self.sees("except", "term_time") and stopped and not clause.linked:
            self.leading_exception()
        elif self.takes("closed"):
            self.closure(clause)
        elif self.starts_times():
            self.hours_first(clause)
        else:
            self.days_first(clause, headed=headed)

    def half_by_appointment(self) -> bool:
        """`lundi 9h-12h, sur rendez-vous l’après-midi`: the other half day of the same days."""
        kinds = {self.kind(), self.kind(1)}
        start = self.at
        if kinds != {"by_appointment", "part"}:
            return False
        before = self.clauses[-1]
        words = next(one.words for one in self.tokens[start : start + 2] if one.kind == "part")
        self.at += 2
        alone = self.at_stop() or self.sees("comma") or self.sees_dash() or self.sees("slash")
        several = sum(not clause.kind for clause in self.clauses) > 1
        if not alone or several or not before.may_go_on:
            self.at = start
            return False
        half = half_by_appointment(words, before.rule.times)
        rule = replace(before.rule, times=(half,), join=Join.ADDITIONAL)
        certainty = Certainty(State.UNKNOWN, BY_APPOINTMENT)
        self.clauses.append(
            Clause(marked=True, join=Join.ADDITIONAL, rule=rule, certainty=certainty)
        )
        return True

    def takes_heading(self) -> list[Token]:
        """`Horaires d’ouverture :`, `Accueil du public :`, `ouvert`."""
        found = []
        while token := self.takes("opened"):
            found.append(token)
            self.takes("colon")
        return found

    def takes_link(self, clause: Clause) -> bool:
        """How the clause meets those before it; true when that is the whole clause."""
        if not self.clauses:
            return False
        if self.sees("also") or (self.sees("otherwise") and self.kind(1) in _CERTAINTIES):
            also = self.takes("also")
            self.takes("otherwise")
            certainty = Certainty(State.UNKNOWN, BY_APPOINTMENT) if also else self.certainty()
            if certainty.state is not State.UNKNOWN or not self.at_stop():
                raise self.refusal()
            rule = Rule(state=State.UNKNOWN, comment=certainty.comment, join=Join.FALLBACK)
            self.clauses.append(replace(clause, rule=rule, kind="otherwise"))
            return True
        if self.takes("otherwise"):
            clause.join = Join.FALLBACK
        elif self.takes("adding"):
            clause.join = Join.ADDITIONAL
        elif self.takes("replacing"):
            clause.replacing = True
        start = self.at
        self.takes("comma")
        if self.takes("exceptionally"):
            clause.exceptional = True
            self.takes("comma")
        else:
            self.at = start
        return False

    def at_stop(self) -> bool:
        return self.sees("end", "stop", "line")

    def leading_exception(self) -> None:
        """`Hors jours fériés : …`, `…; sauf en août`: it holds for every clause."""
        first = not self.clauses
        term_time = self.sees("term_time")
        closings = self.exceptions()
        comma = bool(self.takes("comma")) or (term_time and self.sees("article", "from", "day"))
        if first and not comma and not self.takes("colon"):
            raise self.refusal("« sauf » au début : écrire « : » après, ou « ; fermé … » à la fin.")
        if not first and not (comma or self.at_stop()):
            raise self.refusal()
        self.clauses.append(
            Clause(kind="exception", stopped=True, marked=True, closings=closings, comma=comma)
        )

    def hours_first(self, clause: Clause) -> None:
        """`de 9h à 12h, du lundi au vendredi`, or more hours for the clause before."""
        first = self.tokens[self.at]
        times = self.times()
        start = self.at
        self.takes("comma")
        if first.kind in ("always", "whole_day"):
            self.takes("and")
        days_follow = self.group_ahead() != ""
        by_days = not self.clauses or self.clauses[-1].by_days
        if not days_follow or (not by_days and self.leads_to_hours()):
            self.at = start
            if first.kind in ("always", "whole_day") and not self.clauses:
                return self.always(clause, times, days_follow=days_follow)
            return self.more_hours(clause, times)
        if not by_days and not clause.stopped:
            raise self.refusal(
                "Des heures entre deux jours : à quel jour vont-elles ? Écrire chaque jour avant"
                " ses heures, avec « ; » entre les passages."
            )
        selection = self.selection()
        if self.starts_times() or self.sees("part") or clause.join is Join.FALLBACK:
            raise self.refusal()
        self.add(clause, selection, times, by_days=True)
        return None

    def always(self, clause: Clause, times: list[Span], *, days_follow: bool) -> None:
        """`24h/24`, without days."""
        if days_follow or clause.linked or times != [Span(0, DAY_MINUTES)]:
            raise self.refusal()
        self.add(clause, Selection(), times)

    def more_hours(self, clause: Clause, times: list[Span]) -> None:
        """`lundi 9h-12h ; 14h-17h`, `lundi 9h-12h et aussi 14h-17h`: the same days."""
        before = self.clauses[-1] if self.clauses else None
        goes_on = clause.marked or clause.join is Join.ADDITIONAL
        if before is None or not before.may_go_on or not goes_on or clause.replacing:
            raise self.refusal(WHICH_DAYS)
        spans = [*before.rule.times, *times]
        if clause.join is not Join.ADDITIONAL and times[0].start < before.rule.times[-1].end:
            raise self.refusal(WHICH_DAYS)
        check_no_overlap(spans)
        before.rule = replace(before.rule, times=joined_spans(spans))
        self.behind(before)

    def days_first(self, clause: Clause, *, headed: bool) -> None:
        prefix = self.prefix()
        if not self.clauses and not prefix:
            headed = headed or bool(self.takes_heading())
        selection = self.selection()
        if not selection and not selection.all_year:
            if prefix and not clause.linked:
                return self.certainty_alone(clause, prefix)
            if self.starts_times():
                raise self.refusal(WHICH_DAYS)
            raise self.refusal()
        if not (clause.marked or clause.linked or not self.clauses):
            self.check_unmarked()
        self.inside(clause)
        while self.takes("colon", "line", "comma"):
            pass
        self.takes_heading()
        if self.takes("closed"):
            return self.closed_days(clause, selection)
        if self.sees_until():
            return self.days_until(clause, selection)
        times = self.times() if self.starts_times() else []
        certain = prefix is None and clause.certainty is None
        if not times and certain and not self.sees(*_CERTAINTIES, "comment"):
            raise self.no_times(selection)
        self.add(clause, selection, times, prefix=prefix)
        return None

    def check_unmarked(self) -> None:
        """Nothing stands between two clauses: only days may begin the second one."""
        before = self.clauses[-1]
        if before.by_days or before.kind not in ("", "closure", "exception"):
            raise self.refusal()

    def add(
        self,
        clause: Clause,
        selection: Selection,
        times: list[Span],
        *,
        prefix: Certainty | None = None,
        by_days: bool = False,
    ) -> None:
        """Add a clause of days and hours, and read what stands behind them."""
        check_part(selection.part, times)
        rule = replace(selectors(selection), times=tuple(times), join=clause.join)
        if not rule.has_days and not selection.all_year and times != [Span(0, DAY_MINUTES)]:
            raise self.refusal(WHICH_DAYS)
        if selection.all_year and not rule.has_days:
            raise self.refusal(WHICH_DAYS)
        clause.rule, clause.selection = rule, selection
        clause.by_days = by_days
        if prefix:
            clause.prefixed = True
            clause.certainty = prefix
        self.clauses.append(clause)
        self.behind(clause)
        if not times and clause.certainty is None:
            raise self.no_times(selection)

    def no_times(self, selection: Selection) -> InvalidHours:
        if not self.sees("end") or not selection:
            return self.refusal()
        words = " ".join(token.words for token in self.tokens[-4:])
        return InvalidHours(f"« {words} » : il manque des heures, par exemple « 9h-12h ».")

    # Certainty

    def prefix(self) -> Certainty | None:
        """`sur rendez-vous : …`: said before the days."""
        if not self.sees(*_CERTAINTIES):
            return None
        certainty = self.certainty()
        if not self.takes("colon") and not self.clauses and self.sees("comma"):
            self.at += 1
            if not self.group_ahead():
                self.at -= 1
        return certainty

    def certainty(self) -> Certainty:
        """`sur rendez-vous`, `à confirmer : « … »`, `sans rendez-vous`, a note between quotes."""
        if self.takes("by_appointment"):
            return Certainty(State.UNKNOWN, BY_APPOINTMENT)
        if self.takes("walk_in"):
            return Certainty(State.OPEN, WALK_IN)
        if self.takes("to_confirm"):
            colon = self.takes("colon")
            note = self.takes("comment")
            if colon and not note:
                self.at -= 1
            return Certainty(State.UNKNOWN, _comment(note) if note else "")
        if self.sees("opened") and self.kind(1) == "colon" and self.kind(2) == "comment":
            self.at += 2
            return Certainty(State.OPEN, _comment(self.expects("comment")))
        return Certainty(State.UNKNOWN, _comment(self.expects("comment")))

    def sees_certainty(self, ahead: int = 0) -> bool:
        note = [self.kind(ahead + n) for n in range(3)] == ["opened", "colon", "comment"]
        return note or self.kind(ahead) in (*_CERTAINTIES, "comment")

    def certainty_alone(self, clause: Clause, certainty: Certainty) -> None:
        """`sur rendez-vous` as a sentence of its own."""
        only = re.search("uniq|seul|exclu", self.tokens[self.at - 1].plain)
        if not self.clauses and self.sees("end", "stop", "comma", "line"):
            start = self.at
            self.separators()
            alone = self.sees("end")
            self.at = start
        else:
            alone = False
        if not (alone or (only and clause.stopped and self.at_stop())):
            raise InvalidHours(BOTH_SCOPES)
        if certainty.state is not State.UNKNOWN:
            raise self.refusal()
        rule = Rule(state=State.UNKNOWN, comment=certainty.comment)
        self.clauses.append(
            replace(clause, kind="alone" if alone else "for_all", rule=rule, certainty=certainty)
        )

    # Behind the hours

    def behind(self, clause: Clause) -> None:
        """What belongs to a clause behind its days and hours, each thing once."""
        if self.takes("non_stop") and len(clause.rule.times) != 1:
            raise self.refusal()
        self.holidays_included(clause)
        while self.certainty_behind(clause) or self.period_behind(clause):
            pass
        while self.parenthesis(clause):
            pass
        start = self.at
        self.takes("comma")
        if self.sees("except", "term_time"):
            clause.closings += self.exceptions()
            if self.starts_times():
                raise self.refusal("Après « sauf », des heures : faut-il fermer, ou changer ?")
        else:
            self.at = start
        clause.may_go_on = (
            bool(clause.rule.times)
            and not clause.by_days
            and clause.rule.join is Join.NORMAL
            and not (clause.certainty or clause.closings or clause.period_behind)
        )

    def holidays_included(self, clause: Clause) -> None:
        """`tous les jours 9h-17h, jours fériés compris`."""
        start = self.at
        self.takes("comma")
        self.takes("and")
        included = self.takes("included")
        self.skips("article")
        public = self.takes("public_holidays")
        if not public or not (included or self.takes("included")):
            self.at = start
            return
        rule = clause.rule
        if rule.weekdays == (Weekdays(EVERY_DAY),) and not rule.holidays:
            clause.rule = replace(rule, holidays=(Holiday("PH"),))
        elif rule.has_days:
            raise self.refusal("« jours fériés compris » : écrire leurs heures à part.")

    def certainty_behind(self, clause: Clause) -> bool:
        comma = self.sees("comma") and self.sees_certainty(1)
        if not (comma or self.sees_certainty()) or clause.certainty_is_behind:
            return False
        start = self.at
        if comma:
            self.at += 1
        certainty = self.certainty()
        days_next = self.sees("colon", "from") or self.group_ahead() != ""
        if comma and (days_next or self.sees("part")):
            self.at = start  # it heads the next clause
            return False
        if days_next or self.starts_times() or clause.certainty is not None:
            raise self.refusal()
        if comma and self.sees("comma", "and", "slash") and self.kind(1) != "except":
            ahead = self.at
            self.separators()
            more = not self.sees("end", "closed")
            self.at = ahead
            if more:
                raise self.refusal(
                    "« sur rendez-vous » entre deux virgules : pour l’avant ou pour l’après ?"
                    " Séparer les passages par « ; »."
                )
        clause.certainty = certainty
        clause.certainty_is_behind = True
        return True

    def period_behind(self, clause: Clause) -> bool:
        """`lundi 9h-12h en juillet, mardi 14h-17h`: the period of the clause it follows."""
        start = self.at
        comma = bool(self.takes("comma"))
        ahead = self.group_ahead()
        year_round = self.sees("all_year")
        if (ahead not in PERIODS or not ahead) and not year_round:
            self.at = start
            return False
        period = self.selection(PERIODS)
        public = any(item.kind == "PH" for item in period.holidays)
        marked = self.sees("comma", "and", "slash") or self.sees_dash()
        heads = self.starts_times() or self.sees("colon", "closed", "opened", "part")
        days_next = self.sees("day", "article", "from")
        if heads or (comma and public):
            self.at = start  # the days of the next clause
            return False
        if days_next or public:
            raise self.refusal(
                "Une période ou des jours fériés entre deux passages : pour l’avant ou pour"
                " l’après ? Séparer les passages par « ; »."
            )
        if comma:
            start += 1
        if comma and marked:
            ahead_at = self.at
            self.separators()
            more = not self.sees("end", "closed", "except")
            self.at = ahead_at
            if more:
                raise self.refusal(
                    "Une période entre deux virgules : pour l’avant ou pour l’après ? Séparer les"
                    " passages par « ; »."
                )
        if year_round and not period:
            return True
        rule = clause.rule
        if rule.holidays or rule.dates or rule.weeks or rule.years or clause.period_behind:
            raise self.refusal("Deux périodes pour un passage : en faire deux passages.")
        narrow = selectors(period)
        if rule.weekdays and any(one.first == one.last for one in narrow.dates):
            raise self.refusal(
                "Un jour de la semaine à côté d’une date : écrire les dates seules, ou une règle"
                " pour chacun."
            )
        clause.rule = replace(
            rule,
            holidays=narrow.holidays,
            holidays_and_weekdays=bool(narrow.holidays and rule.weekdays),
            dates=narrow.dates,
            weeks=narrow.weeks,
            years=narrow.years,
        )
        clause.period_behind = " ".join(token.words for token in self.tokens[start : self.at])
        return True

    def parenthesis(self, clause: Clause) -> bool:
        """`(sur rendez-vous)`, `(fermé les jours fériés)`, `(en juillet)`: of this clause."""
        if not self.takes("open"):
            return False
        if not (self.nth_of_its_day(clause) or self.other_end(clause)):
            self.in_parenthesis(clause)
        self.expects("close")
        return True

    def in_parenthesis(self, clause: Clause) -> None:
        if self.starts_times():
            self.times()
            raise self.refusal("Des heures entre parenthèses : écrire les jours qui les ont.")
        if self.takes("closed"):
            clause.closings += self.closings(clause)
        elif self.sees("except"):
            clause.closings += self.exceptions()
        elif self.takes("non_stop"):
            if len(clause.rule.times) > 1:
                raise self.refusal()
        elif self.sees("also"):
            raise self.refusal(BOTH_SCOPES)
        elif self.sees_certainty() and clause.certainty is None:
            clause.certainty = self.certainty()
            clause.certainty_is_behind = not clause.stopped
        elif not self.period_behind(clause):
            raise self.refusal()

    def nth_of_its_day(self, clause: Clause) -> bool:
        """`lundi 9h-12h (1er lundi du mois)`, `samedi 10h-12h (les 2e et 4e du mois)`."""
        start = self.at
        self.skips("article")
        if not self.sees("ordinal"):
            self.at = start
            return False
        numbers = self.ordinals()
        day = self.weekday() if self.sees("day") else None
        rule = clause.rule
        days = rule.weekdays[0].days if len(rule.weekdays) == 1 else 0
        own = (
            days.bit_count() == 1
            and not rule.weekdays[0].nth
            and day in (None, days.bit_length() - 1)
        )
        narrowed = rule.holidays or rule.dates or rule.weeks or rule.years
        if not self.takes("monthly") or not own or narrowed or len(rule.times) != 1:
            raise self.refusal(
                "Un jour du mois entre parenthèses : l’écrire avant ses heures, par exemple"
                " « le 1er lundi du mois, 9h-12h »."
            )
        clause.rule = replace(rule, weekdays=(Weekdays(days, numbers),))
        return True

    # Another end on some days

    def other_end(self, clause: Clause) -> bool:
        """`… (16h30 le vendredi)`, `… (jusqu’à 16h30 le vendredi)`, `… (vendredi : 16h30)`."""
        start = self.at
        until = self.takes_until()
        if self.sees("clock") and self.kind(1) in ("article", "day"):
            end, _ = self.minutes()
            if not until and end < _FIRST_END:
                raise self.refusal(_UNTIL)  # `(10h le jeudi)`: when it opens, rather
            selection = self.selection()
        elif not until and self.group_ahead() == "weekdays":
            selection = self.selection()
            self.takes("colon")
            until = self.takes_until()
            end = self.minutes()[0] if self.sees("clock") else -1
            if not until and 0 <= end < _FIRST_END:
                raise self.refusal(_UNTIL)
        else:
            self.at = start
            return False
        followed = self.kind(1) not in ("end", *_STOPS, "comma")
        if end < 0 or not self.sees("close") or followed or self.clauses[-1] is not clause:
            self.at = start
            return False
        self.ends_otherwise(clause, selection, end)
        return True

    def takes_until(self) -> bool:
        return bool(self.sees_until() and self.takes("to"))

    def sees_until(self) -> bool:
        return self.sees("to") and self.tokens[self.at].plain.startswith("jusqu")

    def days_until(self, clause: Clause, selection: Selection) -> None:
        """`…, le vendredi jusqu’à 16h30`."""
        before = self.clauses[-1] if self.clauses else None
        self.expects("to")
        end, sure = self.minutes()
        more = not (self.at_stop() or self.sees("comma"))
        if before is None or clause.linked or more or not sure:
            raise self.refusal(_UNTIL)
        self.ends_otherwise(before, selection, end)

    def ends_otherwise(self, before: Clause, selection: Selection, end: int) -> None:
        """Add the days of `selection`, with the hours of the one clause before, up to `end`."""
        rule = before.rule
        alone = sum(not clause.kind for clause in self.clauses) == 1
        plain = replace(rule, weekdays=(), times=()) == Rule() and len(rule.weekdays) == 1
        weekly = selectors(selection)
        only_days = replace(weekly, weekdays=()) == Rule() and not selection.part
        certain = bool(rule.times) and not (
            before.certainty or before.closings or before.period_behind
        )
        if not (alone and plain and certain and only_days) or selection.all_year:
            raise self.refusal(_UNTIL)
        if any(item.nth for item in (*rule.weekdays, *weekly.weekdays)):
            raise self.refusal(_UNTIL)
        times = _until(rule.times, end)
        days = sum({item.days for item in weekly.weekdays})
        said = rule.weekdays[0].days
        if days & said not in (0, days) or days == said:
            raise self.refusal(_UNTIL)
        before.rule = replace(rule, weekdays=(Weekdays(said & ~days),))
        before.may_go_on = False
        other = replace(weekly, times=times)
        self.clauses.append(Clause(marked=True, rule=other, selection=selection))

    # Between the days and their hours

    def inside(self, clause: Clause) -> None:
        """`du lundi au vendredi (fermé les jours fériés) de 9h à 17h`."""
        while True:
            start = self.at
            comma = bool(self.takes("comma"))
            if (
                not comma
                and self.sees("open")
                and self.kind(1) in ("closed", "except", *_CERTAINTIES)
            ):
                self.parenthesis(clause)
                continue
            if not comma and self.sees("by_appointment", "walk_in") and not clause.certainty:
                certainty = self.certainty()
                if self.starts_times():
                    clause.certainty = certainty
                    return
                self.at = start
                return
            if self.sees("except"):
                clause.closings += self.exceptions(heading=False)
                if comma and not self.sees("comma", "colon"):
                    raise self.refusal(
                        "« sauf » : écrire « ; fermé … » à la fin, avec les jours où c’est fermé."
                    )
                continue
            if comma and self.takes("closed"):
                clause.closings += self.closings(clause)
                if not self.takes("comma") or not self.starts_times():
                    raise self.refusal()
                return
            self.at = start
            return

    # Closures

    def closure(self, clause: Clause) -> None:
        """`fermé le mercredi`, `fermé de 12h à 14h, le lundi`, `fermé le mercredi matin`."""
        if clause.join is Join.ADDITIONAL:
            raise self.refusal()
        self.takes("all_day")
        times = []
        if self.sees("from") and self.kind(1) in ("clock", "noon", "midnight"):
            times = self.times()
        before = self.clauses[-1] if self.clauses else None
        self.skips("comma", "colon")
        if self.sees("part") or (times and not self.group_ahead()):
            if before is None or clause.stopped or before.kind:
                raise self.refusal("« fermé » : quels jours ?")
            if times and sum(not other.kind for other in self.clauses) > 1:
                raise self.refusal(
                    "« fermé » : quels jours ? Écrire « fermé de 12h à 14h, le lundi »."
                )
            before.closings.append(self.part_closing(before, times))
            return
        clause.closings = self.closings(clause, times)
        if self.starts_times() or self.sees("part"):
            raise self.refusal(
                "Écrire « fermé de 12h à 14h, le lundi », les heures avant les jours."
            )
        clause.kind = "closure"
        self.closure_note(clause)
        self.clauses.append(clause)

    def part_closing(self, before: Clause, times: list[Span]) -> Closing:
        """`lundi 9h-12h, fermé l’après-midi`, `lundi 9h-17h (fermé de 12h à 14h)`."""
        part = self.takes("part")
        rule = replace(before.rule, times=tuple(times), state=State.CLOSED, join=Join.NORMAL)
        if not (part or times) or (part and times):
            raise self.refusal()
        return Closing(rule, part=part.words if part else "", of_its_clause=True)

    def closed_days(self, clause: Clause, selection: Selection) -> None:
        """`mardi : fermé`, `le lundi matin : fermé`."""
        if clause.closings or clause.join is Join.ADDITIONAL:
            raise self.refusal()
        self.takes("all_day")
        part = self.takes("part")
        start = self.at
        self.separators()
        if part and not selection.part and self.starts_times():
            self.closed_half(clause, selection, part)
            return
        self.at = start
        if (part and selection.part) or self.starts_times():
            raise self.refusal()
        words = part.words if part else selection.part
        closed = self.closed(selection)
        clause.closings = [Closing(closed, words, narrowed_first=selection.narrowed_first)]
        clause.selection = selection
        clause.kind = "closure"
        self.closure_note(clause)
        self.clauses.append(clause)

    def closed_half(self, clause: Clause, selection: Selection, part: Token) -> None:
        """`mardi : fermé le matin, 14h-17h`."""
        times = self.times()
        self.add(clause, selection, times)
        closed = replace(selectors(selection), state=State.CLOSED)
        clause.closings.append(Closing(closed, part=part.words, of_its_clause=True))

    def closure_note(self, clause: Clause) -> None:
        self.skips_comma_before("comment")
        note = self.takes("comment")
        if note:
            comment = _comment(note)
            clause.closings = [
                replace(one, rule=replace(one.rule, comment=comment)) for one in clause.closings
            ]

    def skips_comma_before(self, kind: str) -> None:
        if self.sees("comma") and self.kind(1) == kind:
            self.at += 1

    def closings(self, clause: Clause, times: list[Span] | None = None) -> list[Closing]:
        """The days behind *fermé*; each is closed."""
        if self.sees("from") and self.kind(1) in ("clock", "noon", "midnight") and clause.rule:
            return [self.part_closing(clause, self.times())]
        selections = self.union()
        if not selections:
            raise self.refusal("« fermé » : quels jours ?")
        return [
            Closing(
                replace(self.closed(one), times=tuple(times or ())),
                one.part,
                narrowed_first=one.narrowed_first,
            )
            for one in selections
        ]

    def closed(self, selection: Selection) -> Rule:
        """A closure; unknown on dates without a year, for nobody knows which year is meant."""
        if not selection.lacks_year:
            return replace(selectors(selection), state=State.CLOSED)
        yearly = replace(selection, yearly=True)
        if selection.is_fixed_holiday:
            return replace(selectors(yearly), state=State.CLOSED)
        return replace(selectors(yearly), state=State.UNKNOWN, comment=WHICH_YEAR)

    def exceptions(self, *, heading: bool = True) -> list[Closing]:
        """The days behind *sauf*; `en période scolaire` is *sauf pendant les vacances*."""
        if self.takes("term_time"):
            rule = Rule(holidays=(Holiday("SH"),), state=State.CLOSED)
            return [Closing(rule, exception=True)]
        self.expects("except")
        self.skips("from")
        start = self.at
        selections = self.union(heading=heading)
        if not selections:
            raise self.refusal()
        for one in selections:
            narrowing = one.dates or one.weeks or one.years or one.both
            some = [item.nth for item in one.weekdays if item.nth]
            mixed = some and (one.holidays or one.part or len(some) < len(one.weekdays))
            if one.weekdays and (narrowing or mixed):
                words = " ".join(token.words for token in self.tokens[start : self.at])
                raise self.refusal(f"« sauf {words} » n’est pas sûr : l’écrire à part, avec « ; ».")
        return [Closing(self.closed(one), one.part, exception=True) for one in selections]

    # Times

    def starts_times(self) -> bool:
        ahead = 0
        while self.kind(ahead) in ("from", "part") or (
            self.kind(ahead) == "colon" and self.kind(ahead - 1) == "part" and ahead
        ):
            ahead += 1
        if self.kind(ahead) in ("clock", "noon", "midnight", "whole_day", "always"):
            return True
        if self.kind(ahead) != "number" or self.starts_date(ahead):
            return False
        after = self.kind(ahead + 2)
        if self.kind(ahead + 1) == "slash":
            return after == "clock"
        return self.kind(ahead + 1) == "to" and after in ("number", "clock", "noon", "midnight")

    def times(self) -> list[Span]:
        """Spans of hours; between them `,`, `et`, `/`, a dash or nothing."""
        spans = [self.span()]
        ambiguous = False
        while True:
            start = self.at
            marks = set()
            while self.sees("comma", "and", "slash") or self.sees_dash():
                marks.add(self.kind())
                self.at += 1
            if not self.starts_times():
                self.at = start
                break
            ambiguous = ambiguous or not marks & {"comma", "and"}
            spans.append(self.span(spaced=True))
        check_no_overlap(spans)
        if ambiguous and any(one.end > other.start for one, other in pairwise(spans)):
            raise self.refusal("Ces heures ne se suivent pas : les vérifier.")
        return list(joined_spans(spans))

    def span(self, *, spaced: bool = False) -> Span:
        """`de 9h à 12h`, `9h-12h`, `9h/12h`, `9-12h`, `le matin de 9h à 12h`.

        `spaced`: behind such a span, `14h 17h` is one too.
        """
        part = self.takes("part")
        if part:
            self.takes("colon")
        between = self.takes("from")
        if self.takes("always", "whole_day"):
            if part:
                raise self.refusal()
            return Span(0, DAY_MINUTES)
        spaced = spaced and not between and (self.kind(), self.kind(1)) == ("clock", "clock")
        start, end = self.ends("and" if between and between.plain == "entre" else "", spaced=spaced)
        span = checked_span(start, end)
        if 0 < span.start < _FIRST_HOUR:
            raise self.refusal(
                f"« {clock(start)} » en pleine nuit ? Écrire les heures sur 24 (« 14h » pour deux"
                " heures de l’après-midi)."
            )
        check_part(part.words if part else "", [span])
        return span

    def ends(self, between: str, *, spaced: bool = False) -> tuple[int, int]:
        """The two ends of a span in minutes; *le lendemain* puts the second beyond 1440."""
        start, sure_start = self.minutes()
        ranged = self.takes(between, "to") if between else self.takes("to", "slash")
        if not ((ranged or spaced) and self.sees("clock", "noon", "midnight", "number")):
            raise self.refusal(
                f"« {clock(start)} » : une heure seule ne dit pas jusqu’à quand c’est ouvert."
            )
        end, sure_end = self.minutes()
        if not (sure_start or sure_end) and end <= start:
            raise self.refusal(f"« {start // 60}-{end // 60} » : sont-ce des heures ?")
        if sure_start and not sure_end and self.sees("end"):
            raise self.refusal(
                f"« {end // 60} » à la fin : la suite manque-t-elle ? Écrire « {end // 60}h »."
            )
        if self.takes("next_day"):
            if end >= start:
                raise self.refusal()
            end += DAY_MINUTES
        return start, end

    def minutes(self) -> tuple[int, bool]:
        """Minutes of the day, and whether they were written as a time (`9 h`, not `9`)."""
        token = self.expects("clock", "noon", "midnight", "number")
        if token.kind == "noon":
            return 12 * 60, True
        if token.kind == "midnight":
            return DAY_MINUTES if self.tokens[self.at - 2].kind in ("to", "slash") else 0, True
        digits = re.findall(r"\d+", token.plain)
        hour, minute = int(digits[0]), int(digits[1]) if len(digits) > 1 else 0
        if hour > 24 or minute > 59 or (hour == 24 and minute) or len(digits[0]) > 2:
            raise self.refusal(f"« {token.words} » n’est pas une heure.")
        return hour * 60 + minute, token.kind == "clock"


def _until(times: tuple[Span, ...], end: int) -> tuple[Span, ...]:
    """The spans of a day that ends earlier or later: within a span, or after the last one."""
    first, last = times[0], times[-1]
    kept = [span for span in times if span.start < end]
    within = [span for span in times if span.start < end <= span.end]
    late = _AFTERNOON <= last.end < end <= _LATEST
    if end <= first.start or not (within or late) or last.end > DAY_MINUTES:
        raise InvalidHours(_UNTIL)
    return (*kept[:-1], replace(kept[-1], end=end))


def check_no_overlap(spans: list[Span]) -> None:
    """Refuse spans of one day that overlap."""
    ordered = sorted(spans, key=lambda span: span.start)
    if any(one.end > other.start for one, other in pairwise(ordered)):
        raise InvalidHours("Ces heures se chevauchent : les vérifier.")


def _comment(token: Token) -> str:
    return token.words[1:-1].strip().replace('"', "'").replace(" | ", " ")
