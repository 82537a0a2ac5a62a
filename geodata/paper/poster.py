"""Posters, leaflets and cards for pharmacies, doctors and town halls: whom to call, where to go.

They never list a shelter: a line about one, on a wall in its town, would hint at its location. 115
and 3919, which give access to shelters, are always offered. Services that are never shown
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

from geodata import communes, discretion, networks, phones
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
    """A kind of document, printed on A4."""

    POSTER = "affiche", "Affiche A4"
    LEAFLET = "depliant", "Dépliant"
    CARDS = "cartes", "Cartes de visite"


class Kind(Labelled):
    """The kind of a territory."""

    COMMUNE = "commune", "Une commune"
    NETWORK = "reseau", "Un réseau"
    DEPARTEMENT = "departement", "Un département"


MOST: Final[Mapping[Product, int]] = MappingProxyType(
    {Product.POSTER: 8, Product.LEAFLET: 12, Product.CARDS: 4}
)
"""The most local numbers on each product."""

USUAL: Final[Mapping[Product, int]] = MappingProxyType(
    {Product.POSTER: 5, Product.LEAFLET: 8, Product.CARDS: 4}
)
"""The default number of local numbers, which leaves room for the poster's tear-off slips."""

WITHIN_M: Final = 50_000
"""Largest distance from the town hall to a place that is offered for a commune, in metres."""


@dataclass(frozen=True)
class Territory:
    """The territory of a document. `code`: INSEE code of a commune or département, or a slug."""

    kind: Kind
    code: str

    @property
    def heading(self) -> str:
        """The heading for the territory, in French."""
        if self.kind is Kind.COMMUNE:
            return f"Pour {communes.read_town_halls()['nom'][self.code]} et autour"
        if self.kind is Kind.DEPARTEMENT:
            return str(communes.read_departements()["nom"][self.code])
        name = discretion.clean(networks.label(self.code), longest=_LONGEST_NAME)
        return name[:1].upper() + name[1:]


@dataclass(frozen=True)
class Offer:
    """The services that may be printed for a territory, and the numbers of those that may not.

    Attributes:
        rows: services with a number of their own: one of each type, then a second of each, and so
            on; national lines last.
        without_number: number of other services, without a phone number.
        shelters: number of shelters.
        already: number of other services with a national number, which is printed anyway.
    """

    rows: gpd.GeoDataFrame
    without_number: int
    shelters: int
    already: int


def offer(services: gpd.GeoDataFrame, territory: Territory) -> Offer:
    """Return the services that may be printed for a territory.

    For a commune: the helplines that serve it, and the places within `WITHIN_M` of its town hall
    that serve it, its own département first, then by distance; only its own CCAS, and only the MDS
    of its département. For a département: the services in it or serving it; in each type, those
    that serve the whole département first, then by population of the commune. For a network: its
    members, in the order of the list.

    Raises:
        KeyError: the code is not a commune of 2026.
    """
    candidates = _CANDIDATES[territory.kind](select(services, Selection()), territory.code)
    shelters = candidates["type"] == ServiceType.HEBERGEMENT
    numbers = [discretion.phone_number(row, discreet=False) for _, row in candidates.iterrows()]
    has_number = pd.Series(
        [bool(phones.within(number)) for number in numbers], candidates.index, dtype=bool
    )
    national = set(map(phones.key, national_numbers(services)))
    has_national = candidates["telephone"].map(phones.key).isin(national)
    return Offer(
        rows=_in_turn(candidates[has_number & ~has_national & ~shelters]),
        without_number=int((~has_number & ~shelters).sum()),
        shelters=int(shelters.sum()),
        already=int((has_national & ~shelters & ~is_country_wide(candidates)).sum()),
    )


def usual(rows: gpd.GeoDataFrame, most: int) -> list[str]:
    """Return the ids of the first `most` rows of an offer, each phone number once.

    National lines are included only if the offer has no other rows.
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
    """Return a poster, a folded leaflet or a sheet of ten cards as a PDF file, dated `today`.

    The same arguments give the same bytes.

    Args:
        services: the whole list, with the hours of the national numbers.
        territory: the territory of the document.
        ids: the rows to print, in this order but helplines first; ids that are not in `offer` are
            ignored.
        today: the date of the document.
        product: the kind of document.
        discreet: leave out every word that reveals what the numbers are for.
        national: which of `national_numbers` to print; None for all.
        extra: print the tear-off slips of the poster (if there is room), the explanations on the
            flap of the leaflet, or the back of the cards.

    Raises:
        ValueError: more rows than `MOST` allows. The message is French.
        KeyError: the code is not a commune of 2026.
    """
    words = wording(services, territory, ids, today, discreet=discreet, national=national)
    if len(words.local) > MOST[product]:
        raise ValueError(f"Choisir {MOST[product]} lieux au plus : il y en a {len(words.local)}.")
    title = words.title if discreet else f"{words.title} – {territory.heading}"
    instant = datetime.combine(today, time(), ZoneInfo("Europe/Paris"))
    draw = {
        Product.POSTER: _poster_drawing.poster,
        Product.LEAFLET: _leaflet_drawing.leaflet,
        Product.CARDS: _poster_drawing.cards,
    }[product]
    return draw(words, title, instant, extra=extra)


def wording(
    services: gpd.GeoDataFrame,
    territory: Territory,
    ids: Collection[str],
    today: date,
    *,
    discreet: bool = True,
    national: Collection[str] | None = None,
) -> Wording:
    """Return all the words that `make` prints, before any is cut. Arguments as for `make`."""
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
    """Return the file name; `numeros-utiles.pdf` if discreet."""
    if discreet:
        return "numeros-utiles.pdf"
    place = fold(territory.heading.removeprefix("Pour ").removesuffix(" et autour"))
    slug = place[:_LONGEST_NAME].strip().replace(" ", "-") or str(territory.kind)
    return f"{product}-{slug}-{today:%Y-%m-%d}.pdf"


# --- candidates ---------------------------------------------------------------------------

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
    candidates = select(services, Selection(departements=(code,)))
    population = communes.read_town_halls()["population"]
    keys = pd.DataFrame(
        {
            "partial": candidates["zone_eligibilite"] != code,
            "population": -candidates["code_insee"].map(population).astype("Float64").fillna(0),
        }
    )
    return candidates.loc[keys.sort_values(["partial", "population"], kind="stable").index]


_CANDIDATES: Final = {
    Kind.COMMUNE: _for_commune,
    Kind.NETWORK: _for_network,
    Kind.DEPARTEMENT: _for_departement,
}


def _in_turn(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sort: one row of each type, then a second of each, and so on; national lines last.

    In each type, services that are not for women come after the others.
    """
    for_women = rows["publics"].str.contains("femmes|tous") | (rows["publics"] == "")
    rows = rows.loc[rows.index[(~for_women).to_numpy().argsort(kind="stable")]]
    national = is_country_wide(rows)
    keys = pd.DataFrame(
        {
            "national": national,
            "turn": rows.groupby(["type", national]).cumcount(),
            "type": rows["type"].map(lambda kind: ServiceType(kind).facts.poster_turn),
        }
    )
    return rows.loc[keys.sort_values(list(keys.columns), kind="stable").index]
