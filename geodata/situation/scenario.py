"""What if: drop-ins added to a list and services closed, as a value that an address can hold.

A scenario is written `86137:Tu 17:00-20:00|-86-mds-civray`: parts with a bar between them, each a
commune's code, a colon and OSM opening hours, or a hyphen and the id of a service that closes.
Inside a part `%` and the bar are written `%25` and `%7C`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from geodata import communes, hours
from geodata.services import Confidentiality, ServiceType

MOST_PARTS: Final = 12
LONGEST_PART: Final = 200
LONGEST_TEXT: Final = MOST_PARTS * 3 * (LONGEST_PART + len("86137:|"))
PREFIX: Final = "scenario-"


class InvalidScenario(ValueError):
    """A part that cannot be: the message says why, in French."""


@dataclass(frozen=True)
class DropIn:
    """A drop-in at the town hall of a commune, on the days and hours of an OSM text.

    `hours` may be given in OSM or in French and is kept as OSM. Raises `hours.InvalidHours` where
    it is not understood, InvalidScenario where the commune is unknown or has no known town hall.
    """

    code_insee: str
    hours: str

    def __post_init__(self) -> None:
        if self.code_insee not in _placed():
            raise InvalidScenario(
                f"« {_short(self.code_insee)} » n’est pas une commune dont la mairie soit connue."
            )
        canonical = hours.understand(self.hours)
        if len(canonical) > LONGEST_PART:
            raise InvalidScenario("Ces horaires sont trop longs.")
        object.__setattr__(self, "hours", canonical)


@dataclass(frozen=True)
class Scenario:
    """The drop-ins that are `added` and the ids of the services that are `closed`, in order.

    A part given twice counts once. Raises InvalidScenario for more than MOST_PARTS parts, or for
    an id that is empty or longer than LONGEST_PART.

    >>> str(Scenario((DropIn("86137", "mardi 17h-20h"),), ("86-mds-civray",)))
    '86137:Tu 17:00-20:00|-86-mds-civray'
    """

    added: tuple[DropIn, ...] = ()
    closed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "added", tuple(dict.fromkeys(self.added)))
        object.__setattr__(self, "closed", tuple(dict.fromkeys(self.closed)))
        if len(self) > MOST_PARTS:
            raise InvalidScenario(f"Un scénario a au plus {MOST_PARTS} éléments.")
        if not all(0 < len(key) <= LONGEST_PART for key in self.closed):
            raise InvalidScenario("Cet identifiant de service est vide ou trop long.")

    def __len__(self) -> int:
        return len(self.added) + len(self.closed)

    def __str__(self) -> str:
        parts = [f"{one.code_insee}:{one.hours}" for one in self.added]
        parts += [f"-{key}" for key in self.closed]
        return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)

    def adding(self, drop_ins: Iterable[DropIn]) -> "Scenario":
        """Return this scenario with these drop-ins too."""
        return replace(self, added=(*self.added, *drop_ins))

    def closing(self, service_id: str) -> "Scenario":
        """Return this scenario with this service closed too."""
        return replace(self, closed=(*self.closed, service_id))

    def without(self, part: DropIn | str) -> "Scenario":
        """Return this scenario without a drop-in, or without the closing of a service."""
        return Scenario(
            tuple(one for one in self.added if one != part),
            tuple(key for key in self.closed if key != part),
        )


def parse(text: str) -> tuple[Scenario, tuple[str, ...]]:
    """Read what `str` of a scenario writes, and whatever else an address may hold.

    Returns:
        The scenario of all that is understood, and one French message for each part left out. No
        message repeats more than a few characters of a part.
    """
    scenario, messages = Scenario(), []
    if len(text) > LONGEST_TEXT:
        return scenario, ("Le scénario de l’adresse est trop long : il n’est pas lu.",)
    for part in filter(None, text.split("|")):
        try:
            scenario = _with_part(scenario, part.replace("%7C", "|").replace("%25", "%"))
        except (InvalidScenario, hours.InvalidHours) as error:
            messages.append(f"Laissé de côté, « {_short(part)} » : {_short(str(error), 160)}")
        if len(messages) > MOST_PARTS:
            messages[-1] = "La suite du scénario de l’adresse n’est pas lue."
            break
    return scenario, tuple(messages)


def apply(services: gpd.GeoDataFrame, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return the services as they would be: those closed gone, then one row a drop-in.

    An added row has an id that begins with PREFIX, the type `permanence`, the point of the town
    hall and `approximatif`; what a real service would say of itself is empty. Ids to close that
    are not in the list change nothing.
    """
    kept = services.drop(index=list(scenario.closed), errors="ignore")
    if not scenario.added:
        return kept
    keys = _free_keys(kept.index)
    dtypes = services.dtypes.to_dict()
    blank = {
        column: "" if pd.api.types.is_string_dtype(dtype) else None
        for column, dtype in dtypes.items()
    }
    rows = pd.DataFrame(
        [blank | _row(one) for one in scenario.added],
        index=pd.Index([next(keys) for _ in scenario.added], name=services.index.name),
        columns=services.columns,
    )
    return pd.concat([kept, gpd.GeoDataFrame(rows, crs=services.crs).astype(dtypes)])


@cache
def _placed() -> frozenset[str]:
    """The communes whose town hall is known."""
    return frozenset(communes.read_town_halls()["lng"].dropna().index)


def _with_part(scenario: Scenario, part: str) -> Scenario:
    if len(part) > LONGEST_PART + len("86137:"):
        raise InvalidScenario("trop long.")
    if part.startswith("-"):
        return scenario.closing(part[1:])
    code, colon, text = part.partition(":")
    if not colon:
        raise InvalidScenario("il faut une commune, deux-points, des horaires.")
    return scenario.adding([DropIn(code, text)])


def _free_keys(taken: pd.Index) -> Iterator[str]:
    return (key for number in count(1) if (key := f"{PREFIX}{number}") not in taken)


def _row(one: DropIn) -> dict[str, object]:
    hall = communes.read_town_halls().loc[one.code_insee].to_dict()
    return {
        "nom": f"Permanence ajoutée : {hall['nom']}",
        "type": str(ServiceType.PERMANENCE),
        "code_postal": next(iter(hall["codes_postaux"]), ""),
        "commune": hall["nom"],
        "code_insee": one.code_insee,
        "departement": hall["departement"],
        "confidentialite": str(Confidentiality.PUBLIC),
        "horaires_accueil": one.hours,
        "source": "Scénario : n’existe pas",
        "approximatif": True,
        "geometry": shapely.Point(hall["lng"], hall["lat"]),
    }


def _short(text: str, longest: int = 24) -> str:
    """Return the beginning of a text as one line without control characters."""
    line = "".join(sign if sign.isprintable() else " " for sign in text[:longest])
    return line + ("…" if len(text) > longest else "")
