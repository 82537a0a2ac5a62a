"""The question of *Couverture* as an address writes it: one reader for page and public data."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypedDict, TypeVar

from geodata import coverage
from geodata.coverage import DaysAndHours, SlotClass
from geodata.own_territory import OwnTerritory
from geodata.population import People
from geodata.service_types import Aid, Need, ServiceType
from geodata.situation import MEASURED_AIDS, MEASURED_TYPES, Question
from pages.shared import own_territories, people

MOST_DEPARTEMENTS: Final = 8
USUAL_AIDS: Final = Need.PARLER.aids
USUAL_DISTANCE: Final = "20km"
PARTS: Final = ("distance", "ouverture", "semaine", "qui")
"""The parameters that this page alone has."""
NOTHING_MEASURED: Final = (
    "Aucune distance n’est donnée vers un hébergement ou une ligne d’écoute : choisir un autre "
    "service."
)
_MOST = {"km": 200, "min": 180, "kmpied": 20, "minbus": 180}
_MOST_DAYS = 366
_T = TypeVar("_T")


class NothingMeasured(ValueError):
    """Only services are asked for to which no distance is given. The message is French."""


def measured(
    types: Sequence[str], aids: Sequence[str]
) -> tuple[tuple[ServiceType, ...], tuple[Aid, ...]]:
    """Return the types and aids that are measured; the usual aids where nothing is asked for.

    Raises NothingMeasured.
    """
    kept = tuple(kind for kind in MEASURED_TYPES if kind in types)
    wanted: tuple[Aid, ...] = tuple(aid for aid in MEASURED_AIDS if aid in aids)
    if (types or aids) and not (kept or wanted):
        raise NothingMeasured(NOTHING_MEASURED)
    return kept, wanted if kept or wanted else USUAL_AIDS


def distance(text: str) -> tuple[float, str]:
    """Read `20km`, `30min`, `2kmpied` or `60minbus`. Raises ValueError."""
    for unit, most in _MOST.items():
        if text.endswith(unit):
            value = float(text.removesuffix(unit).replace(",", "."))
            if 0 < value <= most:
                return value, unit
    raise ValueError(text)


class Limit(TypedDict):
    """How far or how long, as `Question` names it: one of the four."""

    km: float | None
    minutes: float | None
    walk_km: float | None
    transit_minutes: float | None


def limit(text: str) -> Limit:
    """Return the limit that `distance` reads. Raises ValueError."""
    value, unit = distance(text)
    return {
        "km": value if unit == "km" else None,
        "minutes": value if unit == "min" else None,
        "walk_km": value if unit == "kmpied" else None,
        "transit_minutes": value if unit == "minbus" else None,
    }


def opening(text: str) -> SlotClass | DaysAndHours:
    """Read `soir` or `mardi-18:00-22:00`. Raises ValueError."""
    if "-" not in text or text in list(SlotClass):
        return SlotClass(text)
    return DaysAndHours.parse(text)


def who(text: str) -> People:
    """Return who is to be counted. Raises ValueError where no table tells how many they are."""
    asked = People(text)
    if asked not in people.offered():
        raise ValueError(text)
    return asked


def monday(text: str, today: date) -> date:
    """Return the Monday of the week of a date that is not too far away. Raises ValueError."""
    day = date.fromisoformat(text)
    if abs((day - today).days) > _MOST_DAYS:
        raise ValueError(text)
    return day - timedelta(days=day.weekday())


class WrongPart(ValueError):
    """A part of a question that is not understood: `parameter`, `value`."""

    def __init__(self, parameter: str, value: str) -> None:
        super().__init__(f"{parameter}: {value}")
        self.parameter, self.value = parameter, value


def question(
    shared: Mapping[str, Any],
    own: Mapping[str, str],
    homes: Sequence[str],
    today: date,
    territories: Sequence[str] = (),
) -> Question:
    """Return the question of an address.

    Args:
        shared: `departements`, `types`, `aides` and `langues`, as `filter_address.read` gives them.
        own: the texts of `distance`, `ouverture`, `semaine`, `qui`; "" or none for the usual.
        homes: the départements of the list: without one that is asked for, the first of them.
        today: the day, in Paris.
        territories: the texts of `own_territories.PARAMETER`.

    Raises:
        WrongPart: one of `own` or `territories`, or too many départements.
        ValueError: nothing that is asked for is measured; the message is French.
    """
    chosen = tuple(map(_territory, territories))
    around = sorted({home for one in chosen for home in one.departements})
    departements = around or shared["departements"] or homes[:1]
    if len(departements) > MOST_DEPARTEMENTS:
        raise WrongPart("departements", f"{len(departements)} départements")
    types, aids = measured(shared["types"], shared["aides"])
    return Question(
        departements,
        types,
        _part(own, "semaine", lambda text: monday(text, today)) or coverage.typical_monday(today),
        **(_part(own, "distance", limit) or limit(USUAL_DISTANCE)),
        opening=_part(own, "ouverture", opening),
        aids=aids,
        langues=tuple(shared["langues"]),
        who=_part(own, "qui", who) or People.ALL,
        own=chosen,
    )


def _territory(text: str) -> OwnTerritory:
    """Read one territory of one's own. Raises WrongPart."""
    try:
        return own_territories.of_address(text)
    except ValueError:
        raise WrongPart(own_territories.PARAMETER, text) from None


def _part(own: Mapping[str, str], name: str, read: Callable[[str], _T]) -> _T | None:
    """Read one part of a question, None where it is not asked for. Raises WrongPart."""
    text = own.get(name, "")
    try:
        return read(text) if text else None
    except ValueError:
        raise WrongPart(name, text) from None
