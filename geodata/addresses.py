"""An address found by the geocoder of the Géoplateforme, or by another that answers like it.

One request goes to the one host that is configured, and nowhere else: no redirect is followed, no
proxy of the environment is used, nothing is sent but the words looked for and, to 0.01 degree (a
kilometre), the place to look near. The words are neither logged, nor kept, nor repeated in an
error. Parameters and answer: https://geoservices.ign.fr/documentation/services/services-geoplateforme/geocodage
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
_FEWEST_CHARACTERS, _MOST_CHARACTERS = 3, 200
_NEAR_DECIMALS = 2
# Farther than this from its town hall, a point is not in its commune: the widest are in Guyane.
_FAR_M = 250_000


class GeocoderUnavailable(RuntimeError):
    """No answer that can be used came in time. The message is for the reader, in French."""


class Kind(StrEnum):
    """How fine the place is: a door, a street, a hamlet, a whole commune."""

    HOUSENUMBER = "housenumber"
    STREET = "street"
    LOCALITY = "locality"
    MUNICIPALITY = "municipality"


@dataclass(frozen=True)
class Address:
    """A place the geocoder knows.

    Attributes:
        label: the whole address, as people write it. It comes from outside: escape it.
        code_insee: its commune of 2026.
        lng, lat: degrees, WGS 84.
        kind: how fine the place is.
        score: from 0 to 1, how well it answers the words. The geocoder answers nonsense too:
            below 0.5 it is a guess.
    """

    label: str
    code_insee: str
    lng: float
    lat: float
    kind: Kind
    score: float


def configured_host() -> str:
    """Give the geocoder's base URL from `MAILLAGE_GEOCODER`, "" where it is turned off.

    Without the variable it is that of the Géoplateforme; empty or `non` turns it off. A server
    that reaches the outside by a relay only names that relay here.
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
    """Look an address up, best answer first.

    Args:
        text: what a person typed. Under three letters or digits nothing is asked, nothing found.
        near: degrees (lng, lat) of a place whose surroundings come first.
        host: base URL of the geocoder; None for `configured_host`, "" or `non` for none.
        timeout_s: seconds for everything together: name, connection, answer to its last byte.
        limit: addresses at most, from 1 to 20.

    Returns:
        The addresses found, none for a well-formed empty answer. What is malformed in an answer
        is left out: an unknown kind or commune, a point that is no point or far from its commune.

    Raises:
        GeocoderUnavailable: it is turned off, did not answer in time, or not with addresses.
        ValueError: `limit` is out of range.
    """
    if not 1 <= limit <= _MOST_RESULTS:
        raise ValueError(f"limit must be from 1 to {_MOST_RESULTS}: {limit}")
    base = configured_host() if host is None else host
    if base in _OFF:
        raise GeocoderUnavailable(
            "La recherche par adresse n’est pas activée. Choisir la commune à la place."
        )
    words = _asked(text)
    if len(words) < _FEWEST_CHARACTERS:
        return []
    found = _addresses(_answer(base, _query(words, near, limit), timeout_s))
    if found is None:
        raise GeocoderUnavailable(
            "L’adresse n’a pas pu être cherchée : le service d’adresses ne répond pas. Choisir la "
            "commune à la place."
        )
    return found[:limit]


def _asked(text: str) -> str:
    """Give what the geocoder takes: at most 200 characters, from a letter or a digit on.

    >>> _asked("  « 3, rue  du Port")
    '3, rue du Port'
    """
    words = " ".join(text.split())
    first = next((place for place, sign in enumerate(words) if sign.isalnum()), len(words))
    return words[first:][:_MOST_CHARACTERS].strip()


def _query(words: str, near: tuple[float, float] | None, limit: int) -> str:
    asked = {"q": words, "index": "address", "autocomplete": "0", "limit": str(limit)}
    if near is not None:
        lng, lat = (f"{degrees:.{_NEAR_DECIMALS}f}" for degrees in near)
        asked |= {"lon": lng, "lat": lat}
    return urlencode(asked, errors="replace")


# --- one request --------------------------------------------------------------------------


def _answer(base: str, query: str, timeout_s: float) -> bytes | None:
    """Give what the host answers within `timeout_s` in all, None for anything but an answer.

    A time-out of the socket is one of each byte, and looking up a name has none: the request runs
    beside, is waited for as long as said, and has its socket shut when that is over.
    """
    opened: list[socket.socket] = []
    beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="geocoder")
    try:
        return beside.submit(_request, base, query, timeout_s, opened).result(timeout_s)
    except (OSError, HTTPException, ValueError):  # TimeoutError is an OSError
        return None
    finally:
        beside.shutdown(wait=False)
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


# --- its answer ---------------------------------------------------------------------------


def _addresses(content: bytes | None) -> list[Address] | None:
    """Give the addresses of an answer, None if it is no answer or nothing of it can be used."""
    try:
        answer = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    features = answer.get("features") if isinstance(answer, dict) else None
    if not isinstance(features, list):
        return None
    found = [address for address in map(_address, features) if address]
    return found if found or not features else None


def _address(feature: Any) -> Address | None:
    """Give the address of a GeoJSON feature, None where a part of it is missing or wrong."""
    properties, geometry = _mapping(feature, "properties"), _mapping(feature, "geometry")
    label, citycode = properties.get("label"), properties.get("citycode")
    if not (isinstance(label, str) and isinstance(citycode, str)):
        return None
    shown, code = " ".join(label.split()), communes.current_code(citycode)
    kind, score = properties.get("type"), _number(properties.get("score"), 0, 1)
    point = _point(geometry.get("coordinates"))
    if code is None or score is None or point is None or kind not in list(Kind):
        return None
    if not (0 < len(shown) <= _MOST_CHARACTERS and shown.isprintable()) or _is_far(code, *point):
        return None
    return Address(shown, code, *point, Kind(kind), score)


def _point(coordinates: Any) -> tuple[float, float] | None:
    """Give GeoJSON coordinates as (lng, lat) in degrees; a height behind them is let be."""
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    lng, lat = _number(coordinates[0], -180, 180), _number(coordinates[1], -90, 90)
    return None if lng is None or lat is None else (lng, lat)


def _mapping(feature: Any, key: str) -> Mapping[str, Any]:
    part = feature.get(key) if isinstance(feature, dict) else None
    return part if isinstance(part, dict) else {}


def _number(value: Any, low: float, high: float) -> float | None:
    """Give a JSON number of [low, high] as a float, None for anything else, NaN and true too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None


def _is_far(code_insee: str, lng: float, lat: float) -> bool:
    """Say whether a point is far from its commune, as when latitude and longitude are swapped."""
    hall = communes.read_town_halls().loc[code_insee, ["lng", "lat"]].astype(float)
    apart = communes.chord_m(communes.to_xyz(hall["lng"], hall["lat"]), communes.to_xyz(lng, lat))
    return bool(apart > _FAR_M)
