"""Search an address with the geocoder of the Géoplateforme, or another with the same API.

One request goes to the configured host only: no redirect is followed and no proxy of the
environment is used. It sends the words of the search and, rounded to 0.01 degree (1 km), the
place to search near. The words are not logged, stored or repeated in an error. API:
https://geoservices.ign.fr/documentation/services/services-geoplateforme/geocodage
(50 requests a second for one server, Licence Ouverte 2.0, source: BAN).
"""

import json
import os
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from geodata import communes

HOST: Final = "https://data.geopf.fr/geocodage"
ENVIRONMENT: Final = "MAILLAGE_GEOCODER"

_OFF = ("", "non")
_HEADERS: Final = {"User-Agent": "Maillage", "Accept": "application/json", "Connection": "close"}
_MOST_BYTES = 256 * 1024
_MOST_RESULTS = 20
_GUESSED_BELOW = 0.5
_FEWEST_CHARACTERS, _MOST_CHARACTERS = 3, 200
_NEAR_DECIMALS = 2
# The largest distance from a point to the town hall of its commune, as in Guyane.
_FAR_M = 250_000


class GeocoderUnavailable(RuntimeError):
    """The geocoder is off, or gave no usable answer in time. The message is French."""


class Kind(StrEnum):
    """Precision of an address: house number, street, locality or whole commune."""

    HOUSENUMBER = "housenumber"
    STREET = "street"
    LOCALITY = "locality"
    MUNICIPALITY = "municipality"


@dataclass(frozen=True)
class Address:
    """An address from the geocoder.

    Attributes:
        label: the whole address as text. It is untrusted: escape it.
        code_insee: code of its commune, as of 2026.
        lng, lat: degrees, WGS 84.
        kind: its precision.
        score: how well it matches the search, 0.5 to 1.
    """

    label: str
    code_insee: str
    lng: float
    lat: float
    kind: Kind
    score: float


def configured_host() -> str:
    """Return the base URL of the geocoder, "" if it is turned off.

    It comes from `MAILLAGE_GEOCODER`; without the variable, it is the Géoplateforme. An empty value
    or `non` turns the search off. A server without direct internet access gives its relay here.
    """
    host = os.environ.get(ENVIRONMENT, HOST).strip()
    return "" if host.lower() in _OFF else host


def find(
    text: str,
    *,
    near: tuple[float, float] | None = None,
    host: str | None = None,
    timeout_s: float = 3.0,
    limit: int = 5,
) -> list[Address]:
    """Search an address; return the best match first.

    Args:
        text: the search. Under three characters, no request is made and the result is empty.
        near: (lng, lat) in degrees; addresses near it rank first.
        host: base URL of the geocoder; None for `configured_host`, "" or `non` for none.
        timeout_s: seconds for the whole request, from name resolution to the last byte.
        limit: the most addresses to return, 1 to 20.

    Returns:
        The addresses, empty if the geocoder finds none. Malformed items are left out: an unknown
        kind or commune, an invalid point, a point far from its commune. So are guesses: the
        geocoder answers any text, with a score below 0.5 if it only resembles an address.

    Raises:
        GeocoderUnavailable: the geocoder is off, too slow, or its answer is not valid.
        ValueError: `limit` is out of range.
    """
    if not 1 <= limit <= _MOST_RESULTS:
        raise ValueError(f"limit must be from 1 to {_MOST_RESULTS}: {limit}")
    base = configured_host() if host is None else host
    if base in _OFF:
        raise GeocoderUnavailable(
            "La recherche par adresse n’est pas activée. Choisir la commune à la place."
        )
    words = _search_words(text)
    if len(words) < _FEWEST_CHARACTERS:
        return []
    addresses = _addresses(_response(base, _query(words, near, limit), timeout_s))
    if addresses is None:
        raise GeocoderUnavailable(
            "L’adresse n’a pas pu être cherchée : le service d’adresses ne répond pas. Choisir la "
            "commune à la place."
        )
    return [address for address in addresses if address.score >= _GUESSED_BELOW][:limit]


def _search_words(text: str) -> str:
    """Return the words to send: from the first letter or digit, at most 200 characters.

    >>> _search_words("  « 3, rue  du Port")
    '3, rue du Port'
    """
    words = " ".join(text.split())
    first = next((place for place, sign in enumerate(words) if sign.isalnum()), len(words))
    return words[first:][:_MOST_CHARACTERS].strip()


def _query(words: str, near: tuple[float, float] | None, limit: int) -> str:
    parameters = {"q": words, "index": "address", "autocomplete": "0", "limit": str(limit)}
    if near is not None:
        lng, lat = (f"{degrees:.{_NEAR_DECIMALS}f}" for degrees in near)
        parameters |= {"lon": lng, "lat": lat}
    return urlencode(parameters, errors="replace")


# --- request ------------------------------------------------------------------------------


def _response(base: str, query: str, timeout_s: float) -> bytes | None:
    """Return the body of the response, None after any error or after `timeout_s` seconds.

    A socket's timeout applies to each read, and name resolution has none. So the request runs in
    a thread, and its socket is closed after `timeout_s`.
    """
    opened: list[socket.socket] = []
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="geocoder")
    try:
        return thread.submit(_request, base, query, timeout_s, opened).result(timeout_s)
    except (OSError, HTTPException, ValueError):  # TimeoutError is an OSError
        return None
    finally:
        thread.shutdown(wait=False)
        for sock in opened:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _request(base: str, query: str, timeout_s: float, opened: list[socket.socket]) -> bytes | None:
    deadline = time.monotonic() + timeout_s
    url = urlsplit(base)
    connection = _connection(url, timeout_s)
    try:
        connection.connect()
        opened.append(connection.sock)
        if time.monotonic() > deadline:
            return None
        connection.request("GET", f"{url.path.rstrip('/')}/search?{query}", headers=_HEADERS)
        response = connection.getresponse()
        if response.status != HTTPStatus.OK:
            return None
        content = b""
        while chunk := response.read1(_MOST_BYTES):
            content += chunk
            if len(content) > _MOST_BYTES:
                return None
        return content
    finally:
        connection.close()


def _connection(url: SplitResult, timeout_s: float) -> HTTPConnection:
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError(f"{ENVIRONMENT} is not the URL of a geocoder")
    protocol = HTTPSConnection if url.scheme == "https" else HTTPConnection
    return protocol(url.hostname, url.port, timeout=timeout_s)


# --- response -----------------------------------------------------------------------------


def _addresses(content: bytes | None) -> list[Address] | None:
    """Parse a response; None if it is malformed, or if it has features but none is valid."""
    try:
        answer = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    features = answer.get("features") if isinstance(answer, dict) else None
    if not isinstance(features, list):
        return None
    addresses = [address for address in map(_address, features) if address]
    return addresses if addresses or not features else None


def _address(feature: Any) -> Address | None:
    """Return the address of a GeoJSON feature, None if a part of it is missing or invalid."""
    properties, geometry = _mapping(feature, "properties"), _mapping(feature, "geometry")
    label, citycode = properties.get("label"), properties.get("citycode")
    if not (isinstance(label, str) and isinstance(citycode, str)):
        return None
    text, code = " ".join(label.split()), communes.current_code(citycode)
    kind, score = properties.get("type"), _number(properties.get("score"), 0, 1)
    point = _point(geometry.get("coordinates"))
    if code is None or score is None or point is None or kind not in list(Kind):
        return None
    if not (0 < len(text) <= _MOST_CHARACTERS and text.isprintable()) or _is_far(code, *point):
        return None
    return Address(text, code, *point, Kind(kind), score)


def _point(coordinates: Any) -> tuple[float, float] | None:
    """Return GeoJSON coordinates as (lng, lat) in degrees, without an altitude."""
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    lng, lat = _number(coordinates[0], -180, 180), _number(coordinates[1], -90, 90)
    return None if lng is None or lat is None else (lng, lat)


def _mapping(feature: Any, key: str) -> Mapping[str, Any]:
    part = feature.get(key) if isinstance(feature, dict) else None
    return part if isinstance(part, dict) else {}


def _number(value: Any, low: float, high: float) -> float | None:
    """Return a JSON number in [low, high] as a float; None for anything else, also NaN and true."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None


def _is_far(code_insee: str, lng: float, lat: float) -> bool:
    """Return whether a point is far from its commune, for instance with swapped coordinates."""
    hall = communes.read_town_halls().loc[code_insee, ["lng", "lat"]].astype(float)
    apart = communes.chord_m(communes.to_xyz(hall["lng"], hall["lat"]), communes.to_xyz(lng, lat))
    return bool(apart > _FAR_M)
