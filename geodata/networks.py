"""Networks of services, and which sectors sit in each: justice, social, health and the others.

A sector is of who runs a service, not of where it is held: a social worker at the police station
is of the social sector. `secteur`, an optional column of services.csv, says it where the rest of
the row does not.

Services that are never shown (`non_publie`) count for a département only. They are nobody's member
here: a network of few would give them away.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import secrecy
from geodata.service_types import Sector, ServiceType
from geodata.text import fold

__all__ = [
    "UNKNOWN",
    "UNTOLD",
    "Sector",
    "by_sector",
    "label",
    "members",
    "missing",
    "sector_words",
    "sectors",
    "table",
    "unknown_words",
]


UNTOLD: Final = "Secteur non indiqué"
UNKNOWN: Final = "Secteur inconnu"
"""What is said of members whose row tells no sector, or whose `secteur` is no known word."""


def label(slug: str) -> str:
    """Name a network as people read it.

    >>> label("reseau-vif-chalon"), label("clav-86")
    ('réseau ViF Chalon', 'CLAV 86')
    """
    words = slug.split("-")
    return " ".join(_NETWORK_WORDS.get(word, word.capitalize()) for word in words)


def sectors(services: pd.DataFrame) -> pd.Series:
    """Return the `Sector` of each service, None where nothing tells it. Same index out.

    The column `secteur` decides where it is filled: with a word that is not known, the sector is
    None, whatever the rest says. Otherwise the type does; for a drop-in, a line and a day centre,
    who runs it (`structure`), then what the name says of the trade.
    """
    columns = (services[column] for column in ("type", "nom", "structure"))
    found = [
        _WORDS.get(fold(stated)) if stated else _derived(kind, name, runs)
        for stated, kind, name, runs in zip(_stated(services), *columns, strict=True)
    ]
    return pd.Series(found, index=services.index, dtype=object, name="sector")


def unknown_words(services: pd.DataFrame) -> pd.Series:
    """Say of each service whether its `secteur` is filled with a word that is no sector."""
    unknown = [bool(stated) and fold(stated) not in _WORDS for stated in _stated(services)]
    return pd.Series(unknown, index=services.index, dtype=bool)


def members(services: gpd.GeoDataFrame, network: str) -> gpd.GeoDataFrame:
    """Return the services of a network (a slug of `reseaux`) that may be shown, with `sector`.

    In the order of the list; empty for a network that the list does not know.
    """
    shown = secrecy.shown(services)
    belongs = shown["reseaux"].map(lambda text: network in _slugs(text)).astype(bool)
    found = shown[belongs]
    return found.assign(sector=sectors(found))


def by_sector(found: gpd.GeoDataFrame) -> tuple[tuple[str, gpd.GeoDataFrame], ...]:
    """Part the rows of `members` by sector: each heading has somebody, each row is under one.

    Those whose sector is not stated come last, those whose word is not known after them.
    """
    unknown = unknown_words(found)
    parts = [(sector.label, found["sector"] == sector) for sector in Sector]
    parts += [(UNTOLD, found["sector"].isna() & ~unknown), (UNKNOWN, unknown)]
    return tuple((heading, found[where]) for heading, where in parts if where.any())


def table(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count the members of each network by sector.

    Returns:
        One row per network that has a member, indexed by its slug (`reseau`), by département then
        name: `label`, `departements` (codes, `71` or `78, 92`; "" where none is known), one column
        of counts per `Sector` (its value), `untold` (no sector told, or no known one) and `total`.
        A service that belongs to several networks counts in each.
    """
    shown = secrecy.shown(services)
    shown = shown[shown["reseaux"] != ""]
    pairs = pd.DataFrame(
        [
            (network, sector or "untold", departement)
            for slugs, sector, departement in zip(
                shown["reseaux"].map(_slugs), sectors(shown), shown["departement"], strict=True
            )
            for network in slugs
        ],
        columns=["reseau", "sector", "departement"],
        dtype=object,
    )
    counts = pd.crosstab(pairs["reseau"], pairs["sector"]).reindex(columns=_COUNTED, fill_value=0)
    counts = counts.astype("int64").rename_axis(columns=None)
    counts["total"] = counts.sum(axis=1)
    homes = pairs.groupby("reseau")["departement"].agg(
        lambda codes: ", ".join(sorted(set(codes) - {""}))
    )
    counts.insert(0, "departements", homes.reindex(counts.index).astype("str"))
    counts.insert(0, "label", pd.Series(map(label, counts.index), counts.index, dtype="str"))
    places = counts.index.to_series().map(fold)
    order = counts[["departements"]].assign(name=places).sort_values(["departements", "name"])
    return counts.loc[order.index]


def missing(counts: pd.DataFrame) -> pd.Series:
    """Return for each network of `table` the tuple of sectors that have no member *in the list*.

    It says nothing of what exists: the list may not know a member, or not know its sector.
    """
    lacking = [
        tuple(sector for sector in Sector if not row[sector]) for _, row in counts.iterrows()
    ]
    return pd.Series(lacking, index=counts.index, dtype=object)


def sector_words(found: Iterable[Sector]) -> str:
    """Name sectors within a sentence: `éducation, logement`."""
    return ", ".join(sector.label.lower() for sector in found)


# --- what tells a sector ------------------------------------------------------------------

_NETWORK_WORDS: Final = {
    "reseau": "réseau",
    "vif": "ViF",
    "vc": "violences conjugales",
    "clav": "CLAV",
    "fvv92": "FVV 92",
    "etincelle": "L’Étincelle",
    "macon": "Mâcon",
    "creusot": "Le Creusot",
    "chatellerault": "Châtellerault",
}
_COUNTED: Final = [*map(str, Sector), "untold"]
_WORDS: Final = {fold(text): sector for sector in Sector for text in (sector, sector.label)} | {
    "police": Sector.POLICE,
    "gendarmerie": Sector.POLICE,
    "hebergement": Sector.HOUSING,
    "association": Sector.ASSOCIATIONS,
}
# Folded words, `?` for an optional last letter. A name that begins so says what it is.
_BEGINS: Final = MappingProxyType(
    {Sector.POLICE: ("police municipale",), Sector.HOUSING: ("115", "siao")}
)
# Who runs it. Of several, the first named; of two that begin alike, the longer.
_RUNS: Final = MappingProxyType(
    {
        Sector.JUSTICE: (
            "tribunal", "tribunaux", "cour d appel", "parquet", "procureure?", "barreau",
            "avocate?s?", "cdad", "conseil departemental de l acces au droit", "acces au droit",
            "maison de justice", "ministere de la justice", "spip", "service penitentiaire", "pjj",
            "protection judiciaire de la jeunesse",
        ),
        Sector.POLICE: (
            "police", "commissariat", "gendarmerie", "prefecture de police",
            "ministere de l interieur",
        ),
        Sector.SOCIAL: (
            "departement", "conseil departemental", "conseil general", "caf",
            "caisse d allocations familiales", "allocations familiales", "ccas", "cias",
            "action sociale", "centre social", "maison des solidarites",
            "maison departementale des solidarites", "enfance en danger",
        ),
        Sector.HEALTH: (
            "hopital", "hopitaux", "centre hospitalier", "chu", "chru", "clinique", "maternite",
            "centre de sante", "maison de sante", "agence regionale de sante",
        ),
        Sector.EDUCATION: (
            "education nationale", "ministere de l education nationale", "rectorat",
            "inspection academique", "dsden", "colleges?", "lycees?", "ecoles?", "universite",
        ),
        Sector.HOUSING: (
            "siao", "service integre d accueil et d orientation", "samu social",
            "bailleurs? sociaux", "bailleur social", "office public de l habitat",
        ),
    }
)  # fmt: skip
_ASSOCIATIONS: Final = (
    "associations?", "federation", "collectif", "cidff",
    "centre d information sur les droits des femmes", "france victimes", "planning familial",
    "croix rouge", "solidarite femmes", "sos femmes", "l escale", "l etincelle", "afed",
    "flora tristan", "pep", "la sauvegarde", "secours catholique", "secours populaire",
    "women safe", "mouvement du nid", "cimade", "emmaus", "udaf",
)  # fmt: skip
# What a name says of the trade, where nobody says who runs it. Never a place it is held at.
_TRADES: Final = MappingProxyType(
    {
        Sector.SOCIAL: (
            "intervenante?s? sociale?s?", "intervenants sociaux", "assistante?s? sociale?s?",
        ),
        Sector.JUSTICE: ("avocate?s?",),
        Sector.ASSOCIATIONS: _ASSOCIATIONS,
    }
)  # fmt: skip
# A town has services of every sector: it decides last.
_TOWN: Final = (
    "ville", "mairie", "communes?", "communaute de communes", "communaute d agglomeration",
    "metropole", "intercommunalite",
)  # fmt: skip


def _derived(kind: str, name: str, runs: str) -> Sector | None:
    facts = ServiceType(kind).facts
    if facts.sector:
        return facts.sector
    called, run_by = fold(name), fold(runs)
    begins = next((sector for sector, sign in _STARTS.items() if sign.match(called)), None)
    return (
        begins
        or _first_named(run_by, _RUNNING)
        or _first_named(called, _TRADE)
        or (Sector.SOCIAL if _TOWNS.search(run_by) else facts.usual_sector)
    )


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(sorted(words, key=len, reverse=True))})\b")


def _patterns(words: Mapping[Sector, tuple[str, ...]]) -> dict[Sector, re.Pattern[str]]:
    return {sector: _pattern(said) for sector, said in words.items()}


_STARTS: Final = _patterns(_BEGINS)
_RUNNING: Final = _patterns({**_RUNS, Sector.ASSOCIATIONS: _ASSOCIATIONS})
_TRADE: Final = _patterns(_TRADES)
_TOWNS: Final = _pattern(_TOWN)


def _first_named(text: str, signs: Mapping[Sector, re.Pattern[str]]) -> Sector | None:
    """The sector of which a word comes first in a folded text; of two at one place, the longer."""
    found = [
        (match.start(), -len(match[0]), sector)
        for sector, sign in signs.items()
        if (match := sign.search(text))
    ]
    return min(found)[2] if found else None


def _stated(services: pd.DataFrame) -> pd.Series:
    """What the column `secteur` says, "" where the file has none."""
    named = next((column for column in services.columns if fold(str(column)) == "secteur"), None)
    return pd.Series("", services.index) if named is None else services[named]


def _slugs(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (slug.strip() for slug in text.split("|")))))
