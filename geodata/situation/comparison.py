"""Two scenarios beside things as they are: who gains under each, and what each is said to cost.

The cost is what somebody writes. It is shared among those who gain, and never judged.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Self

import numpy as np
import pandas as pd

from geodata import coverage, exports, french
from geodata.population import People
from geodata.situation import Situation, change, words
from geodata.situation.scenario import InvalidScenario, Scenario

LONGEST_NAME: Final = 40
MOST_HOURS: Final = 1_000_000
MOST_EUROS: Final = 1_000_000_000
_LETTERS: Final = "AB"
_PER_PEOPLE: Final = 1000


@dataclass(frozen=True)
class Proposal:
    """A scenario, the name somebody gives it, and the cost that they write: a year's, or None.

    Attributes:
        scenario: what changes.
        name: "" for none; at most LONGEST_NAME characters, on one line.
        hours: of work, a year.
        euros: a year.

    Raises InvalidScenario where a cost is negative or beyond MOST_HOURS, MOST_EUROS. The message is
    in French.
    """

    scenario: Scenario = field(default_factory=Scenario)
    name: str = ""
    hours: int | None = None
    euros: int | None = None

    def __post_init__(self) -> None:
        line = "".join(sign if sign.isprintable() else " " for sign in self.name)
        object.__setattr__(self, "name", " ".join(line.split())[:LONGEST_NAME].strip())
        for cost, most in ((self.hours, MOST_HOURS), (self.euros, MOST_EUROS)):
            if cost is not None and not 0 <= cost <= most:
                raise InvalidScenario(f"Un coût va de 0 à {french.number(most)} par an.")

    def __bool__(self) -> bool:
        return self != Proposal()

    @property
    def cost(self) -> str:
        """The cost as an address holds it: `120h`, `3500eur`, `120h-3500eur`; "" for none."""
        costs = ((self.hours, "h"), (self.euros, "eur"))
        return "-".join(f"{cost}{unit}" for cost, unit in costs if cost is not None)

    @classmethod
    def parse(cls, scenario: Scenario, name: str, cost: str) -> Self:
        """Return the proposal of what an address holds.

        Raises InvalidScenario where the cost is none that `cost` writes.
        """
        given: dict[str, int] = {}
        for part in cost.split("-") if cost else ():
            found = _COST.fullmatch(part)
            if found is None or _UNITS[found["unit"]] in given:
                raise InvalidScenario(
                    "Le coût de l’adresse n’est pas compris : écrire par exemple 120h ou 3500eur."
                )
            given[_UNITS[found["unit"]]] = int(found["number"])
        return cls(scenario, name, **given)


_COST: Final = re.compile(r"(?P<number>[0-9]{1,12})(?P<unit>h|eur)")
_UNITS: Final = {"h": "hours", "eur": "euros"}


def label(proposals: Sequence[Proposal], turn: int) -> str:
    """`A : Civray le mardi`; `Scénario A` where it has no name."""
    letter = _LETTERS[turn]
    name = proposals[turn].name
    return f"{letter} : {name}" if name else f"Scénario {letter}"


@dataclass(frozen=True, eq=False)
class Comparison:
    """The answer as things are, and with each of two scenarios, to one question.

    `sides`: each proposal with the answer that it makes, A then B.
    """

    today: Situation
    sides: tuple[tuple[Proposal, Situation], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """What each side is called."""
        proposals = [proposal for proposal, _ in self.sides]
        return tuple(label(proposals, turn) for turn in range(len(proposals)))


# --- the figures --------------------------------------------------------------------------


def figures(today: Situation, proposal: Proposal, after: Situation) -> dict[str, float]:
    """Return what a scenario does and costs, by name; with today's situation twice, nothing.

    With w_c the people who are counted in commune c, and h_c its hours of the week surely open:

    - `certain`, `possible`, `near`: as in `Situation`, from 0 to 1; `p50_m`, in metres;
    - `gaining`, `newly`, `losing`, `no_more`: Σ w_c of the communes where h_c grows, becomes more
      than 0, falls, becomes 0; `gaining_communes`, `newly_communes`, `losing_communes`: how many;
    - `people_hours`: Σ w_c (h_c after − h_c before), a week;
    - `open_hours`: hours a year of the services added less those of the services closed that were
      in reach; unknown hours are none;
    - `hours`, `euros`: the cost that was written; `hours_each`: hours for 1,000 people newly
      covered, `euros_each`: euros for one. NaN where no cost is written or nobody is newly covered.
    """
    rows, people = change(today, after), after.communes["people"].fillna(0).astype(float)

    def living(which: pd.Series) -> float:
        return float(people[which].sum())

    newly = living(rows["newly"])
    gaining, losing = rows["gain_h"] > 0, rows["gain_h"] < 0
    hours, euros = (np.nan if one is None else one for one in (proposal.hours, proposal.euros))
    return {
        "certain": after.certain,
        "possible": after.possible,
        "near": after.near,
        "p50_m": after.p50_m,
        "gaining": living(gaining),
        "gaining_communes": float(gaining.sum()),
        "newly": newly,
        "newly_communes": float(rows["newly"].sum()),
        "losing": living(losing),
        "losing_communes": float(losing.sum()),
        "no_more": living(rows["no_more"]),
        "people_hours": float((people * rows["gain_h"].fillna(0)).sum()),
        "open_hours": _open_hours(today, after),
        "hours": hours,
        "hours_each": _PER_PEOPLE * hours / newly if newly else np.nan,
        "euros": euros,
        "euros_each": euros / newly if newly else np.nan,
    }


def _open_hours(today: Situation, after: Situation) -> float:
    year = today.question.monday.year
    added = after.services[~after.services.index.isin(today.services.index)]
    gone = today.services[~today.services.index.isin(after.services.index)]
    opened, closed = (coverage.yearly_hours(those, year).sum() for those in (added, gone))
    return float(opened - closed)


def table(compared: Comparison) -> pd.DataFrame:
    """Return `figures` of today, A and B, one row a figure; index: its name.

    Today has no gain and no cost: those cells are NaN.
    """
    columns = {"today": figures(compared.today, Proposal(), compared.today)}
    for letter, (proposal, after) in zip(_LETTERS, compared.sides, strict=False):
        columns[letter] = figures(compared.today, proposal, after)
    found = pd.DataFrame(columns)
    found.loc[[name for name in found.index if name not in _OF_TODAY], "today"] = np.nan
    return found


_OF_TODAY: Final = ("certain", "possible", "near", "p50_m")


# --- words and files ----------------------------------------------------------------------


def _share(value: float, situation: Situation) -> str:
    return words.share(value, situation)


def _people(value: float, situation: Situation) -> str:
    return words.people(value, situation.question.who)


def _number(value: float, _: Situation) -> str:
    return french.number(round(value))


def _signed(value: float, _: Situation) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{french.number(abs(round(value)))}"


def _kilometres(value: float, _: Situation) -> str:
    return words.kilometres(value)


def _hours_each(value: float, _: Situation) -> str:
    return f"{words.decimal(value)}\u00a0h"


def _euros_each(value: float, _: Situation) -> str:
    return f"{words.decimal(value, 2)}\u00a0€"


_Say = Callable[[float, Situation], str]
_LINES: Final[Mapping[str, tuple[str, str, _Say]]] = MappingProxyType(
    {
        "certain": ("Sûr", "part", _share),
        "possible": ("Possible", "part", _share),
        "near": ("À portée, ouvert ou non", "part", _share),
        "p50_m": ("La moitié à moins de", "m", _kilometres),
        "newly": ("Nouvellement couvertes", "{label}", _people),
        "newly_communes": ("Communes nouvellement couvertes", "communes", _number),
        "gaining": ("Gagnent des heures", "{label}", _people),
        "gaining_communes": ("Communes qui gagnent des heures", "communes", _number),
        "losing": ("Perdent des heures", "{label}", _people),
        "losing_communes": ("Communes qui perdent des heures", "communes", _number),
        "no_more": ("N’ont plus personne de sûr", "{label}", _people),
        "people_hours": ("Heures × {label}, par semaine", "heures × {label}", _signed),
        "open_hours": ("Heures d’ouverture par an", "h", _signed),
        "hours": ("Coût écrit, h par an", "h", _number),
        "hours_each": ("soit, pour 1 000 {label} de plus", "h", _hours_each),
        "euros": ("Coût écrit, € par an", "€", _number),
        "euros_each": ("soit, par {one} de plus", "€", _euros_each),
    }
)
"""What people read of each figure, in this order: its name, its unit, and how it is written."""
_COSTS: Final = ("hours", "hours_each", "euros", "euros_each")
_LOSSES: Final = ("losing", "no_more")
_IN_COMMUNES: Final = ("newly", "gaining", "losing")
"""People who are told with how many communes they live in, rather than on two lines."""
_COST_NOTE: Final = (
    "Le coût est celui que quelqu’un a écrit, partagé entre les {label} qui n’avaient aucune heure "
    "sûre et en auraient. Ce n’est pas une note : aller vers les plus éloignées coûte plus pour "
    "chacune."
)


def cost_note(who: People) -> str:
    """Say what the cost is, and what it is not."""
    return _said(_COST_NOTE, who)


def _said(text: str, who: People) -> str:
    return text.format(label=who.label, one=who.one)


def lines(compared: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield each figure as people read it: its name, today, A, B.

    Costs that nobody wrote and losses that nobody has are left out.
    """
    found, who = table(compared), compared.today.question.who
    situations = (compared.today, *(after for _, after in compared.sides))
    for name, (said, _, say) in _LINES.items():
        values = found.loc[name]
        if name.removesuffix("_communes") != name:
            continue
        if name in _COSTS and values.isna().all():
            continue
        if name in _LOSSES and not values.fillna(0).any():
            continue
        cells = [
            "–" if pd.isna(v) else say(v, one) for v, one in zip(values, situations, strict=True)
        ]
        if name in _IN_COMMUNES:
            there = found.loc[f"{name}_communes"]
            cells = [
                f"{cell} ({french.count(int(number), 'commune')})" if number > 0 else cell
                for cell, number in zip(cells, there, strict=True)
            ]
        yield _said(said, who), *cells


def cost(proposal: Proposal, today: Situation, after: Situation) -> str:
    """`Coût écrit : 144 h par an, soit 12,0 h pour 1 000 femmes nouvellement couvertes.`.

    "" where no cost is written.
    """
    found, who = figures(today, proposal, after), today.question.who
    said, each = [], []
    for name, unit, say, per in (
        ("hours", "h", _hours_each, f"pour 1 000 {who.label} nouvellement couvertes"),
        ("euros", "€", _euros_each, f"par {who.one} nouvellement couverte"),
    ):
        if not np.isnan(found[name]):
            said.append(f"{french.number(int(found[name]))}\u00a0{unit}")
        if not np.isnan(found[f"{name}_each"]):
            each.append(f"{say(found[f'{name}_each'], today)} {per}")
    if not said:
        return ""
    shared = f", soit {' et '.join(each)}" if each else ""
    return f"Coût écrit : {' et '.join(said)} par an{shared}."


def to_csv(compared: Comparison, *, excel: bool = False) -> bytes:
    """Return one row for each figure of each side, with what was asked and what is supposed.

    By default for programs; `excel=True` is `exports.for_excel`.
    """
    rows = _long(compared)
    if excel:
        return exports.for_excel(rows)
    return rows.to_csv(index=False, lineterminator="\n").encode()


def to_xlsx(compared: Comparison) -> bytes:
    """Return the comparison as people read it, then what each side does, communes and figures."""
    head = ("Mesure", "Aujourd’hui", *compared.labels)
    front = pd.DataFrame(list(lines(compared)), columns=list(head))
    question = compared.today.question
    supposed = [("Question", words.asked(question)), ("Semaine", words.week(question))]
    for name, (proposal, _) in zip(compared.labels, compared.sides, strict=True):
        supposed += [(name, part) for part in words.parts(proposal.scenario, compared.today)]
    if any(proposal.cost for proposal, _ in compared.sides):
        supposed.append(("Coût", cost_note(question.who)))
    return exports.workbook_of(
        front,
        "Comparaison",
        {"Mesure": 48, "Ce qui est supposé": 100, "commune": 28},
        further={
            "Scénarios": pd.DataFrame(supposed, columns=["Quoi", "Ce qui est supposé"]),
            "Communes": _by_commune(compared),
            "Chiffres": _long(compared),
        },
    )


def _long(compared: Comparison) -> pd.DataFrame:
    found, question = table(compared).loc[list(_LINES)], compared.today.question
    proposals = [Proposal(), *(proposal for proposal, _ in compared.sides)]
    rows = [
        {
            "cote": f"scénario {_LETTERS[turn - 1]}" if turn else "aujourd’hui",
            "nom": proposal.name,
            "mesure": _said(said, question.who),
            "valeur": round(values[turn], 4),
            "unite": _said(unit, question.who),
            "scenario": str(proposal.scenario),
            "question": words.asked(question),
            "semaine_du": question.monday.isoformat(),
        }
        for turn, proposal in enumerate(proposals)
        for (said, unit, _), values in zip(_LINES.values(), found.to_numpy(float), strict=True)
        if not np.isnan(values[turn])
    ]
    return pd.DataFrame(rows)


def _by_commune(compared: Comparison) -> pd.DataFrame:
    """Return the hours of the communes where one side changes something."""
    rows = compared.today.communes
    found = pd.DataFrame(
        {
            "code_insee": rows.index,
            "commune": rows["nom"],
            "personnes_comptees": rows["people"],
            "heures_sures_aujourdhui": rows["certain_h"],
        }
    )
    moved = pd.Series(data=False, index=rows.index)
    for letter, (_, after) in zip(_LETTERS, compared.sides, strict=False):
        found[f"heures_sures_{letter}"] = after.communes["certain_h"]
        moved |= change(compared.today, after)["gain_h"].abs().gt(0)
    return found[moved].sort_values("personnes_comptees", ascending=False, kind="stable")
