"""Posters, leaflets and cards for pharmacies, doctors, town halls: whom to call, where to go.

They never show a shelter: on a wall in her town, a line about a shelter would hint at its place.
The way to a shelter is 115 and 3919, which are always shown. Services that are never shown
(`non_publie`) and those without a number are left out too.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata import communes, discretion, networks, phones, secrecy
from geodata.labelled import Labelled
from geodata.nearest import LngLat, nearest
from geodata.paper import _leaflet_drawing, _poster_drawing, _poster_words
from geodata.paper._poster_words import (
    ALWAYS,
    Line,
    Wording,
    is_country_wide,
    national_numbers,
    to_verify,
)
from geodata.points import measured_points
from geodata.selection import Selection, select, serves
from geodata.services import ServiceType
from geodata.text import fold

__all__ = [
    "ALWAYS",
    "MOST",
    "USUAL",
    "WITHIN_M",
    "Kind",
    "Line",
    "Offer",
    "Product",
    "Territory",
    "Wording",
    "file_name",
    "make",
    "national_numbers",
    "offer",
    "to_verify",
    "usual",
    "wording",
]


class Product(Labelled):
    """What is printed, always on A4."""

    POSTER = "affiche", "Affiche A4"
    LEAFLET = "depliant", "Dépliant"
    CARDS = "cartes", "Cartes de visite"


class Kind(Labelled):
    """What a territory is."""

    COMMUNE = "commune", "Une commune"
    NETWORK = "reseau", "Un réseau"
    DEPARTEMENT = "departement", "Un département"


MOST: Final[Mapping[Product, int]] = MappingProxyType(
    {Product.POSTER: 8, Product.LEAFLET: 12, Product.CARDS: 4}
)
"""How many local numbers each holds."""

USUAL: Final[Mapping[Product, int]] = MappingProxyType(
    {Product.POSTER: 5, Product.LEAFLET: 8, Product.CARDS: 4}
)
"""How many are proposed: the poster then has room for its slips to tear off."""

WITHIN_M: Final = 50_000
"""How far from a commune's town hall places are proposed, in metres."""


@dataclass(frozen=True)
class Territory:
    """For whom it is made: the INSEE code of a commune, a network's slug, or a département."""

    kind: Kind
    code: str

    @property
    def heading(self) -> str:
        """The territory as the poster says it."""
        if self.kind is Kind.COMMUNE:
            return f"Pour {communes.read_town_halls()['nom'][self.code]} et autour"
        if self.kind is Kind.DEPARTEMENT:
            return str(communes.read_departements()["nom"][self.code])
        said = discretion.clean(networks.label(self.code), longest=_LONGEST_NAME)
        return said[:1].upper() + said[1:]


@dataclass(frozen=True)
class Offer:
    """What may be printed for a territory: `rows`, best first, and how many may not be, and why.

    Attributes:
        rows: services with a number of their own; one row of each type first, then a second of
            each, and the lines of all France last.
        without_number: how many others have no number.
        shelters: how many others are shelters.
        already: how many others are reached by a national number, which is printed anyway.
    """

    rows: gpd.GeoDataFrame
    without_number: int
    shelters: int
    already: int


def offer(services: gpd.GeoDataFrame, territory: Territory) -> Offer:
    """Return what may be printed for a territory.

    For a commune: the lines that serve it, and what is within `WITHIN_M` of its town hall and does
    not exclude it, in each type those of its département first, then the nearest; of the CCAS its
    own alone, of the MDS those of its département alone. For a département: what is there or
    serves it; what serves all of it first in each type, then the most populous communes. For a
    network: its members, in the order of the list.

    Raises:
        KeyError: the commune is none of 2026.
    """
    shown = secrecy.shown(services)
    found = _FINDERS[territory.kind](shown, territory.code)
    shelters = found["type"] == ServiceType.HEBERGEMENT
    numbers = [discretion.phone_number(row, discreet=False) for _, row in found.iterrows()]
    reached = pd.Series([bool(phones.key(number)) for number in numbers], found.index, dtype=bool)
    national = set(map(phones.key, national_numbers(services)))
    known = found["telephone"].map(phones.key).isin(national)
    kept = reached & ~known & ~shelters
    return Offer(
        rows=_in_turn(found[kept]),
        without_number=int((~reached & ~shelters).sum()),
        shelters=int(shelters.sum()),
        already=int((known & ~shelters & ~is_country_wide(found)).sum()),
    )


def usual(rows: gpd.GeoDataFrame, most: int) -> list[str]:
    """Return the ids of the first `most` rows of an offer, each number once.

    Lines of all France are among them only where there is nothing else.
    """
    everywhere = is_country_wide(rows)
    first = rows if everywhere.all() else rows[~everywhere]
    once = ~first["telephone"].map(phones.key).duplicated()
    return [str(key) for key in first.index[once][:most]]


def make(
    services: gpd.GeoDataFrame,
    territory: Territory,
    ids: Collection[str],
    today: date,
    *,
    product: Product = Product.POSTER,
    discreet: bool = True,
    national: Collection[str] | None = None,
    extra: bool = True,
) -> bytes:
    """Return a poster, a leaflet to fold or a sheet of ten cards as a PDF file, dated `today`.

    The same arguments give the same bytes.

    Args:
        services: the whole list; its national lines say the hours of the national numbers.
        territory: for whom it is made.
        ids: the rows to print, in their order, but telephone lines first; those that `offer` does
            not offer are left out.
        today: the day it is made.
        product: what is printed.
        discreet: no word that tells what the numbers are for.
        national: which of `national_numbers` to print; None for all.
        extra: the poster's slips to tear off, where there is room; the leaflet's
            flap that says what each place does; the cards' other side.

    Raises:
        ValueError: more rows than `MOST` of this product. In French.
        KeyError: the commune is none of 2026.
    """
    said = wording(services, territory, ids, today, discreet=discreet, national=national)
    if len(said.local) > MOST[product]:
        raise ValueError(f"Choisir {MOST[product]} lieux au plus : il y en a {len(said.local)}.")
    title = said.title if discreet else f"{said.title} – {territory.heading}"
    instant = datetime.combine(today, time(), ZoneInfo("Europe/Paris"))
    draw = {
        Product.POSTER: _poster_drawing.poster,
        Product.LEAFLET: _leaflet_drawing.leaflet,
        Product.CARDS: _poster_drawing.cards,
    }[product]
    return draw(said, title, instant, extra=extra)


def wording(
    services: gpd.GeoDataFrame,
    territory: Territory,
    ids: Collection[str],
    today: date,
    *,
    discreet: bool = True,
    national: Collection[str] | None = None,
) -> Wording:
    """Return all the words that `make` prints, whole. See there."""
    rows = offer(services, territory).rows
    chosen = rows.loc[[key for key in ids if key in rows.index]]
    lines = chosen["type"] == ServiceType.ECOUTE
    printed = pd.concat([chosen[lines], chosen[~lines]])
    here = rows[~is_country_wide(rows)]
    others = set(here["telephone"].map(phones.key)) - set(printed["telephone"].map(phones.key))
    return _poster_words.wording(
        services,
        printed,
        today,
        heading=territory.heading,
        discreet=discreet,
        national=national_numbers(services) if national is None else national,
        others=len(others),
    )


def file_name(territory: Territory, product: Product, today: date, *, discreet: bool) -> str:
    """Return the file's name; that of a discreet one says nothing: `numeros-utiles.pdf`."""
    if discreet:
        return "numeros-utiles.pdf"
    place = fold(territory.heading.removeprefix("Pour ").removesuffix(" et autour"))
    slug = place[:_LONGEST_NAME].strip().replace(" ", "-") or str(territory.kind)
    return f"{product}-{slug}-{today:%Y-%m-%d}.pdf"


# --- what is found ------------------------------------------------------------------------

_LONGEST_NAME: Final = 60


def _for_commune(services: gpd.GeoDataFrame, code: str) -> gpd.GeoDataFrame:
    halls = communes.read_town_halls()
    origin = LngLat(halls["lng"][code], halls["lat"][code])
    around = services[serves(services, code)]
    here = select(around, Selection(departements=(communes.departement_of(code),)))
    if math.isnan(origin.lng):
        return here
    near = nearest(around, origin, limit=None)
    abroad = near["departement"] != communes.departement_of(code)
    others_ccas = (near["type"] == ServiceType.CCAS) & (near["code_insee"] != code)
    others_mds = (near["type"] == ServiceType.MDS) & abroad
    kept = (near["distance_m"] <= WITHIN_M) & ~others_ccas & ~others_mds
    placed = near.assign(abroad=abroad)[kept].sort_values("abroad", kind="stable").index
    return services.loc[[*here.index[measured_points(here).isna()], *placed]]


def _for_network(services: gpd.GeoDataFrame, slug: str) -> gpd.GeoDataFrame:
    return services.loc[networks.members(services, slug).index]


def _for_departement(services: gpd.GeoDataFrame, code: str) -> gpd.GeoDataFrame:
    found = select(services, Selection(departements=(code,)))
    people = communes.read_town_halls()["population"]
    keys = pd.DataFrame(
        {
            "part": found["zone_eligibilite"] != code,
            "people": -found["code_insee"].map(people).astype("Float64").fillna(0),
        }
    )
    return found.loc[keys.sort_values(["part", "people"], kind="stable").index]


_FINDERS: Final = {
    Kind.COMMUNE: _for_commune,
    Kind.NETWORK: _for_network,
    Kind.DEPARTEMENT: _for_departement,
}


def _in_turn(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put one row of each type first, then a second of each; the lines of all France last.

    In each type, those that are for other people than women come after the others.
    """
    audience = found["publics"].str.contains("femmes|tous") | (found["publics"] == "")
    found = found.loc[found.index[(~audience).to_numpy().argsort(kind="stable")]]
    everywhere = is_country_wide(found)
    keys = pd.DataFrame(
        {
            "national": everywhere,
            "turn": found.groupby(["type", everywhere]).cumcount(),
            "type": found["type"].map(lambda kind: ServiceType(kind).facts.poster_turn),
        }
    )
    return found.loc[keys.sort_values(list(keys.columns), kind="stable").index]
