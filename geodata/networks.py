"""Networks of services and the sectors of their members: justice, social, health and so on.

The sector is that of the organisation that runs a service, not of its building: a social worker at
a police station is in the social sector. `secteur`, an optional column of services.csv, states it
when the other columns do not tell.

Services that are never shown (`non_publie`) are left out of every network: a small network would
reveal them.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata.selection import Selection, select
from geodata.service_types import Sector, ServiceType
from geodata.text import fold, french_ranks

__all__ = [
    "NOT_STATED",
    "UNKNOWN",
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


NOT_STATED: Final = "Secteur non indiqué"
UNKNOWN: Final = "Secteur inconnu"
"""Headings for members without a stated sector, or whose `secteur` is not a known word."""


def label(slug: str) -> str:
    """Return the display name of a network.

    >>> label("reseau-vif-chalon"), label("clav-86")
    ('réseau ViF Chalon', 'CLAV 86')
    """
    words = slug.split("-")
    return " ".join(_NETWORK_WORDS.get(word, word.capitalize()) for word in words)


def sectors(services: pd.DataFrame) -> pd.Series:
    """Return the `Sector` of each service, None if unknown. Same index out.

    A filled `secteur` decides; if its word is not known, the sector is None. Otherwise the type
    decides or, for a drop-in, a helpline or a day centre, who runs it (`structure`), then the
    profession in its name.
    """
    columns = (services[column] for column in ("type", "nom", "structure"))
    values = [
        _WORDS.get(fold(stated)) if stated else _derived(kind, name, structure)
        for stated, kind, name, structure in zip(_stated(services), *columns, strict=True)
    ]
    return pd.Series(values, index=services.index, dtype=object, name="sector")


def unknown_words(services: pd.DataFrame) -> pd.Series:
    """Return a mask of the services whose `secteur` is filled with an unknown word."""
    unknown = [bool(stated) and fold(stated) not in _WORDS for stated in _stated(services)]
    return pd.Series(unknown, index=services.index, dtype=bool)


def members(services: gpd.GeoDataFrame, network: str) -> gpd.GeoDataFrame:
    """Return the services of a network (a slug of `reseaux`) that may be shown, plus `sector`.

    None is for those who commit violence. In the order of the list; empty for an unknown network.
    """
    shown = select(services, Selection())
    in_network = shown[shown["reseaux"].map(lambda text: network in _slugs(text)).astype(bool)]
    return in_network.assign(sector=sectors(in_network))


def by_sector(members: gpd.GeoDataFrame) -> tuple[tuple[str, gpd.GeoDataFrame], ...]:
    """Group the rows of `members` by sector, as (heading, rows). Sectors without rows are left out.

    Rows without a stated sector come last but one, rows with an unknown word last.
    """
    unknown = unknown_words(members)
    parts = [(sector.label, members["sector"] == sector) for sector in Sector]
    parts += [(NOT_STATED, members["sector"].isna() & ~unknown), (UNKNOWN, unknown)]
    return tuple((heading, members[where]) for heading, where in parts if where.any())


def table(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count the members of each network by sector.

    Returns:
        One row per network with a member, indexed by slug (`reseau`), sorted by département then
        name. Columns: `label`, `departements` (codes, `71` or `78, 92`; "" if unknown), the count
        for each `Sector` (its value), `not_stated` (sector not stated or unknown) and `total`.
        A service in several networks counts in each.
    """
    shown = select(services, Selection())
    shown = shown[shown["reseaux"] != ""]
    pairs = pd.DataFrame(
        [
            (network, sector or "not_stated", departement)
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
    places = french_ranks(counts["label"])
    order = counts[["departements"]].assign(name=places).sort_values(["departements", "name"])
    return counts.loc[order.index]


def missing(counts: pd.DataFrame) -> pd.Series:
    """Return, for each network of `table`, the tuple of sectors without a member *in the list*.

    Such a member may exist: the list may lack it, or lack its sector.
    """
    lacking = [
        tuple(sector for sector in Sector if not row[sector]) for _, row in counts.iterrows()
    ]
    return pd.Series(lacking, index=counts.index, dtype=object)


def sector_words(named: Iterable[Sector]) -> str:
    """Join the names of sectors for a sentence: `éducation, logement`."""
    return ", ".join(sector.label.lower() for sector in named)


# --- deriving the sector ------------------------------------------------------------------

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
_COUNTED: Final = [*map(str, Sector), "not_stated"]
_WORDS: Final = {fold(text): sector for sector in Sector for text in (sector, sector.label)} | {
    "police": Sector.POLICE,
    "gendarmerie": Sector.POLICE,
    "hebergement": Sector.HOUSING,
    "association": Sector.ASSOCIATIONS,
}
# Folded words; `?` makes the letter before it optional. Names that begin with these words.
_BEGINS: Final = MappingProxyType(
    {Sector.POLICE: ("police municipale",), Sector.HOUSING: ("115", "siao")}
)
# Words of `structure`. The first in the text decides; of two at one place, the longer.
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
# Professions in `nom`, used if `structure` does not decide. Buildings are no clue.
_TRADES: Final = MappingProxyType(
    {
        Sector.SOCIAL: (
            "intervenante?s? sociale?s?", "intervenants sociaux", "assistante?s? sociale?s?",
        ),
        Sector.JUSTICE: ("avocate?s?",),
        Sector.ASSOCIATIONS: _ASSOCIATIONS,
    }
)  # fmt: skip
# A municipality runs services of every sector, so these words decide last.
_TOWN: Final = (
    "ville", "mairie", "communes?", "communaute de communes", "communaute d agglomeration",
    "metropole", "intercommunalite",
)  # fmt: skip


def _derived(kind: str, name: str, structure: str) -> Sector | None:
    facts = ServiceType(kind).facts
    if facts.sector:
        return facts.sector
    name, structure = fold(name), fold(structure)
    by_beginning = (sector for sector, sign in _BEGINS_PATTERNS.items() if sign.match(name))
    return (
        next(by_beginning, None)
        or _first_named(structure, _RUNS_PATTERNS)
        or _first_named(name, _TRADES_PATTERNS)
        or (Sector.SOCIAL if _TOWN_PATTERN.search(structure) else facts.usual_sector)
    )


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(sorted(words, key=len, reverse=True))})\b")


def _patterns(words: Mapping[Sector, tuple[str, ...]]) -> dict[Sector, re.Pattern[str]]:
    return {sector: _pattern(alternatives) for sector, alternatives in words.items()}


_BEGINS_PATTERNS: Final = _patterns(_BEGINS)
_RUNS_PATTERNS: Final = _patterns({**_RUNS, Sector.ASSOCIATIONS: _ASSOCIATIONS})
_TRADES_PATTERNS: Final = _patterns(_TRADES)
_TOWN_PATTERN: Final = _pattern(_TOWN)


def _first_named(text: str, patterns: Mapping[Sector, re.Pattern[str]]) -> Sector | None:
    """Return the sector whose word comes first in a folded text; of two there, the longer word."""
    matches = [
        (match.start(), -len(match[0]), sector)
        for sector, pattern in patterns.items()
        if (match := pattern.search(text))
    ]
    return min(matches)[2] if matches else None


def _stated(services: pd.DataFrame) -> pd.Series:
    """Return the column `secteur` of the file, "" in every row if it is absent."""
    named = next((column for column in services.columns if fold(str(column)) == "secteur"), None)
    return pd.Series("", services.index) if named is None else services[named]


def _slugs(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (slug.strip() for slug in text.split("|")))))
