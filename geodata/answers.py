"""Who can receive her, and when: the answer to one need, from one place, at one time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

import geopandas as gpd
import pandas as pd

from geodata import communes
from geodata.hours import State
from geodata.nearest import LngLat, nearest
from geodata.selection import Selection, select, serves, timetable
from geodata.services import FRANCE, ServiceType

MOST_PLACES: Final = 500
"""No answer looks at more places than that, the nearest ones."""


class Need(StrEnum):
    """What she needs, in the words of those who ask."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """Make a member that knows how to be shown."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    PARLER = "parler", "parler à quelqu’un"
    PLAINTE = "plainte", "porter plainte"
    ABRI = "abri", "se mettre à l’abri"
    SOINS = "soins", "soins et constat"
    DROITS = "droits", "droits et avocat"
    SOCIAL = "aide-sociale", "aide sociale"


TYPES_FOR: Final[Mapping[Need, tuple[ServiceType, ...]]] = MappingProxyType(
    {
        Need.PARLER: (
            ServiceType.ACCUEIL_DE_JOUR,
            ServiceType.ASSOCIATION,
            ServiceType.PERMANENCE,
            ServiceType.ECOUTE,
        ),
        Need.PLAINTE: (ServiceType.COMMISSARIAT, ServiceType.GENDARMERIE),
        Need.ABRI: (
            ServiceType.HEBERGEMENT,
            ServiceType.ACCUEIL_DE_JOUR,
            ServiceType.ASSOCIATION,
        ),
        Need.SOINS: (ServiceType.SANTE,),
        Need.DROITS: (ServiceType.JUSTICE, ServiceType.PERMANENCE, ServiceType.ASSOCIATION),
        Need.SOCIAL: (ServiceType.MDS, ServiceType.CCAS),
    }
)
"""Which types answer a need. Every type answers one at least."""


FIRST_CALLS: Final[Mapping[Need, tuple[str, ...]]] = MappingProxyType(
    {
        Need.PARLER: ("3919", "116 006"),
        Need.PLAINTE: ("17", "114", "116 006"),
        Need.ABRI: ("115", "3919"),
        Need.SOINS: ("15", "3919"),
        Need.DROITS: ("3919", "116 006"),
        Need.SOCIAL: ("3919",),
    }
)
"""The national numbers to give first, where the list has them (arretonslesviolences.gouv.fr)."""


@dataclass(frozen=True)
class Answer:
    """The services that answer, in the order to read them; each frame has the list's columns.

    `receiving`, `later` and `to_call` have besides `distance_m`, `emplacement_approximatif`,
    `serves` (False where the service's zone leaves the commune out) and the columns of
    `selection.timetable`. `lines` have the latter only: what is reached without going anywhere
    has no distance.

    Attributes:
        receiving: open at the time asked for, nearest first; with no time, all, nearest first.
        later: closed then, by their next opening, then nearest first.
        to_call: nobody knows whether they are open, or their dates have passed; nearest first.
        lines: phone lines, platforms and services without a place that serve the commune; the
            numbers made for the need first. For `Need.ABRI`, all that leads to a shelter.
    """

    receiving: gpd.GeoDataFrame
    later: gpd.GeoDataFrame
    to_call: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame


def answer(
    services: gpd.GeoDataFrame,
    origin: LngLat,
    *,
    code_insee: str,
    need: Need,
    when: Selection,
    now: datetime,
    within_m: float,
) -> Answer:
    """Answer a need from `origin`, in the commune `code_insee`, at the time that `when` asks for.

    Only the time of `when` counts. Places farther than `within_m` (metres) are left out, those of
    neighbouring départements are not. Going to a shelter is a path, not a distance: for
    `Need.ABRI` there are `lines` only.
    """
    kinds = services["type"].isin(TYPES_FOR[need])
    if need is Need.ABRI:
        nobody = _with_times(nearest(services.iloc[:0], origin), code_insee, when, now)
        return Answer(nobody, nobody, nobody, _shelter_path(services, code_insee, when, now))
    near = nearest(services[kinds], origin, limit=MOST_PLACES)
    near = _with_times(near[near["distance_m"] <= within_m], code_insee, when, now)
    lines = _lines(services, code_insee, need, when, now)
    if not (when.open_at or when.open_during):
        return Answer(near, near.iloc[:0], near.iloc[:0], lines)
    opens = near["state"] == State.OPEN
    coming = ~opens & (near["state"] == State.CLOSED) & near["opening"].notna()
    later = near[coming].sort_values("opening", kind="stable")
    return Answer(near[opens], later, near[~opens & ~coming], lines)


def everywhere(
    services: gpd.GeoDataFrame, *, need: Need, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """Give the phone lines of all France, those made for the need first, with their times."""
    france = services["zone_eligibilite"].str.lower() == FRANCE
    lines = select(services[france], Selection(types=(ServiceType.ECOUTE,)))
    return _most_useful_first(lines, need, when, now)


def _with_times(
    places: gpd.GeoDataFrame, code_insee: str, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """Add how each stands then; those whose zone leaves her commune out come after the others."""
    told = places.assign(serves=serves(places, code_insee)).join(timetable(places, when, now))
    return told.sort_values("serves", ascending=False, kind="stable")


def _lines(
    services: gpd.GeoDataFrame, code_insee: str, need: Need, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """What answers the need without a place to go to, and every phone line."""
    here = _reached_from(services, code_insee)
    nowhere = (here["code_insee"] == "") | (here["type"] == ServiceType.ECOUTE)
    kinds = here["type"].isin([*TYPES_FOR[need], ServiceType.ECOUTE])
    never = here["type"] == ServiceType.HEBERGEMENT
    return _most_useful_first(here[nowhere & kinds & ~never], need, when, now)


def _shelter_path(
    services: gpd.GeoDataFrame, code_insee: str, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """The numbers that lead to a shelter, wherever it is."""
    here = _reached_from(services, code_insee)
    kinds = here["type"].isin([*TYPES_FOR[Need.ABRI], ServiceType.ECOUTE])
    path = here[kinds & (here["telephone"] != "")]
    return _most_useful_first(path, Need.ABRI, when, now)


def _reached_from(services: gpd.GeoDataFrame, code_insee: str) -> gpd.GeoDataFrame:
    """What people of a commune may call or write to, in its département."""
    departement = communes.departement_of(code_insee)
    here = select(services, Selection(departements=(departement,)))
    reachable = here[["telephone", "courriel", "site_web"]].ne("").any(axis=1)
    return here[reachable & serves(here, code_insee)]


def _most_useful_first(
    lines: gpd.GeoDataFrame, need: Need, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    """The numbers made for the need; then who answers, who is near, who has a number at all."""
    told = lines.join(timetable(lines, when, now))
    first = told["telephone"].map({number: rank for rank, number in enumerate(FIRST_CALLS[need])})
    keys = pd.DataFrame(
        {
            "first": first.fillna(len(FIRST_CALLS[need])),
            "emergency": told["acces"].str.contains("urgence") & (need is not Need.ABRI),
            "state": told["state"].map({State.OPEN: 0, State.UNKNOWN: 1, State.CLOSED: 2}),
            "silent": told["telephone"] == "",
            "elsewhere": told["zone_eligibilite"].str.contains("france", case=False),
        }
    )
    return told.loc[keys.sort_values(list(keys.columns), kind="stable").index]
