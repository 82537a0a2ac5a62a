"""What in a text, or in a column's name, tells where a place is.

The reading of a list refuses or empties such cells in the rows of hidden places
(`services.read_services`). Better one warning too many than one address too many.
"""

import re
from functools import cache

from geodata import communes
from geodata.text import fold, spelled_out

# How the words of a column's name begin where it holds a place, or its commune.
_PLACE = (
    "adr", "addr", "rue", "voie", "lieu", "complement", "quartier", "batiment", "immeuble", "etage",
    "hameau", "residence", "domicile", "siege", "siret", "parcelle", "iris", "lat", "lon", "lng",
    "coord", "gps", "geo", "wkt", "wgs", "lambert", "position", "locat", "point", "place", "plus",
    "what", "osm", "maps", "plan", "itineraire", "bp",
)  # fmt: skip
_COMMUNE = (
    "commune", "ville", "localite", "cp", "codepost", "postal", "postcode", "zip", "insee",
    "codeinsee", "cog", "codgeo", "depcom", "canton", "epci", "city", "town", "municip",
)  # fmt: skip
_AXES = ("x", "y")

_WAY = r"(?:rue|avenue|boulevard|impasse|allees?|chemin|quai|square|sentier|ruelle|esplanade)"
_STREET = re.compile(
    r"\b\d{1,4} ?(?:bis|ter|quater|[a-d])? (?:rue|avenue|av|ave|boulevard|bd|bld|chemin|allees?|"
    r"impasse|route|quai|square|sente|sentier|ruelle|hameau|esplanade|faubourg|rond point|pl|"
    r"place(?! (?:en|pour|par|au|dans|d urgence|d hebergement|d accueil|disponible|libre)))\b"
    r"|\b\d{1,4} ?(?:bis|ter|quater|[a-d])? r (?:de|du|des|d|la|le|l) "
    rf"|\b{_WAY} (?:du(?! fait)|des|de la|de l|d) ?[a-z]"
    r"|\blieu dit\b|\blat(?:itude)? \d|\blon(?:g|gitude)? \d"
)
_STREET_NAME = re.compile(
    r"\b(?i:rue|avenue|boulevard|impasse|all[ée]e|chemin|quai|square)\s+"
    r"(?i:(?:de\s+la|de\s+l['’]|de|du|des|d['’]|la|le|les)\s*)?[A-ZÀ-Þ]"
    r"|\b\d{1,4}\s*(?i:bis|ter)?,?\s+(?i:cours|villa|cit[ée])\s+[A-ZÀ-Þ]"
    r"|\b\d{5}\s+[A-ZÀ-Þ]|\d\s*°\s*\d"
)
_COORDINATES = re.compile(r"-?\d{1,2}[.,]\d{3,}\s*[,;/| ]\s*-?\d{1,3}[.,]\d{3,}")
_MAP_LINK = re.compile(r"openstreetmap|osm\.org|/maps|maps\.|waze\.|what3words", re.IGNORECASE)


def names_a_place(column: str) -> bool:
    """Say whether a column of this name would hold an address or a point.

    >>> names_a_place("Rue (suite)"), names_a_place("GPS2"), names_a_place("remarques")
    (True, True, False)
    """
    return _has_word_beginning(column, _PLACE)


def names_a_commune(column: str) -> bool:
    """Say whether a column of this name would hold a commune.

    >>> names_a_commune("ville_2"), names_a_commune("remarques")
    (True, False)
    """
    return _has_word_beginning(column, _COMMUNE)


def _has_word_beginning(column: str, prefixes: tuple[str, ...]) -> bool:
    words = re.sub(r"\d", " ", fold(column)).split()
    return any(word.startswith(prefixes) or word in _AXES for word in words)


@cache
def tells_a_place(text: str) -> bool:
    """Say whether a text holds a street, coordinates or a link to a map.

    >>> tells_a_place("12 bis rue des Lilas"), tells_a_place("12 places pour des familles")
    (True, False)
    """
    plain = fold(text)
    return bool(
        _STREET.search(plain)
        or _STREET_NAME.search(text)
        or _COORDINATES.search(text)
        or _MAP_LINK.search(text)
    )


def holds_a_postal_code(text: str) -> bool:
    """Say whether five figures of a text are a postal code of La Poste.

    >>> holds_a_postal_code("près de 86400"), holds_a_postal_code("dossier 00001")
    (True, False)
    """
    return any(communes.with_postal_code(code) for code in re.findall(r"\b\d{5}\b", text))


def names_of(commune: str, code_postal: str, code_insee: str) -> frozenset[str]:
    """Give what a row's place cells call its commune: names spelled out, and postal code.

    >>> sorted(names_of("", "", "86078"))
    ['civray']
    """
    current = communes.current_code(code_insee)
    codes = [*([current] if current else []), *communes.with_postal_code(code_postal)]
    names = communes.read_town_halls()["nom"]
    said = (commune, code_postal, *(str(names[code]) for code in codes))
    return frozenset(filter(None, map(spelled_out, said)))
