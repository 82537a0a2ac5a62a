"""A list as people read it: French headers, and words in the place of codes.

`upkeep.adopting` recognises each header and makes the same rows of the table.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import communes, fact_sources, hours, phones, secrecy
from geodata.aids import Aid, aids_of
from geodata.french import MONTHS
from geodata.partial_date import parse
from geodata.services import COLUMNS, LISTS, ServiceType, vocabulary

BETWEEN: Final = " ; "
"""Between the words of a cell that holds several."""
FRANCE: Final = "toute la France"

HEADERS: Final[Mapping[str, str]] = {
    "nom": "Nom",
    "type": "Type",
    "structure": "Structure",
    "telephone": "Téléphone",
    "adresse": "Adresse",
    "code_postal": "Code postal",
    "commune": "Commune",
    "departement": "Département",
    "horaires_accueil": "Horaires",
    "horaires_precisions": "Précisions sur les horaires",
    "acces": "Mode d’accès",
    "aides": "Aides",
    "publics": "Publics",
    "violences": "Violences",
    "langues": "Langues",
    "accessibilite": "Accessibilité",
    "frais": "Frais",
    "courriel": "Courriel",
    "site_web": "Site web",
    "description": "Description",
    "reseaux": "Réseaux",
    "zone_eligibilite": "Zone",
    "confidentialite": "Confidentialité",
    "source": "Source",
    "lien_source": "Page source",
    "date_source": "Date de la source",
    "date_verification": "Vérifié le",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "code_insee": "Code INSEE",
    "id": "Identifiant",
}
"""The columns of services.csv, in the order in which they are read, with their headers."""


def table(
    services: gpd.GeoDataFrame, further: Mapping[str, pd.Series] | None = None
) -> pd.DataFrame:
    """Return the services that may be shown, a row each.

    `further`: columns that depend on who asks, and when, by header (its state, how far it is); they
    stand after the type. Columns that the application does not know come last, under their names.
    """
    shown = fact_sources.without(secrecy.shown(services))
    rows = pd.DataFrame(shown.reset_index())
    kept = [name for name in rows.columns if name not in {*COLUMNS, "approximatif", "geometry"}]
    cells = {name: _once(rows[name], name) for name in HEADERS}
    cells["aides"] = pd.Series(
        [BETWEEN.join(aid.label for aid in Aid if aid in found) for found in aids_of(shown)],
        index=rows.index,
        dtype="str",
    )
    cells["confidentialite"] = cells["confidentialite"].replace("public", "")
    columns = {HEADERS[name]: column for name, column in cells.items()}
    own = {
        header: series.reindex(shown.index).to_numpy() for header, series in (further or {}).items()
    }
    first = dict(list(columns.items())[:2])
    return pd.DataFrame({**first, **own, **columns, **{name: rows[name] for name in kept}})


def said(column: str, text: str) -> str:
    """Return what a cell of a column says, in words; as it is written where nothing is known of it.

    >>> said("publics", "femmes|tous"), said("type", "mds"), said("zone_eligibilite", "86")
    ('femmes ; tous', 'Maison des solidarités', 'Vienne (86)')
    """
    words = _SAID.get(column)
    return words(text) if words and text else text


def _once(cells: pd.Series, column: str) -> pd.Series:
    if column not in _SAID:
        return cells
    known = {text: said(column, text) for text in cells.unique()}
    return cells.map(known).astype("str")


def _type(text: str) -> str:
    return ServiceType(text).label if text in set(ServiceType) else text


def _hours(text: str) -> str:
    """Return hours in words, or as they are written where they are not understood."""
    try:
        return hours.describe(text)
    except hours.InvalidHours:
        return text


def _level(text: str) -> str:
    return "département" if text == "departement" else text


def _labels(text: str, labels: Mapping[str, str]) -> str:
    return BETWEEN.join(labels.get(word, word) for word in text.split("|"))


def _zone(text: str) -> str:
    return BETWEEN.join(map(_place, text.split("|")))


def _place(code: str) -> str:
    """Return `Vienne (86)`, `Civray (86078)`, `toute la France`; another code as it is."""
    if code == "france":
        return FRANCE
    names = communes.read_departements()["nom"]
    halls = communes.read_town_halls()["nom"]
    name = names.get(code) or halls.get(code)
    return f"{name} ({code})" if name else code


def _date(text: str) -> str:
    """Return a date as no spreadsheet changes it: `2016`, `en novembre 2016`, `22/11/2026`."""
    when = parse(text)
    if when is None or when.month is None:
        return text
    if when.day is None:
        return f"en {MONTHS[when.month - 1]} {when.year}"
    return f"{when.day:02}/{when.month:02}/{when.year}"


_SAID: Final[Mapping[str, Callable[[str], str]]] = {
    "type": _type,
    "telephone": phones.shown,
    "departement": _place,
    "horaires_accueil": _hours,
    "reseaux": lambda text: text.replace("|", BETWEEN),
    "zone_eligibilite": _zone,
    "confidentialite": _level,
    "date_source": _date,
    "date_verification": _date,
    **{name: partial(_labels, labels=vocabulary(name)) for name in LISTS},
}
