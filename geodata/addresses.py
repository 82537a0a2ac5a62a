"""Search an address with the geocoder of the Géoplateforme, or another with the same API.

Requests go to the configured host only: no redirect is followed and no proxy of the environment is
used. `find` sends the words of the search and, rounded to 0.01 degree (1 km), the place to search
near; `locate` sends addresses with their postal codes and communes, and nothing else of their rows.
The words are not logged, stored or repeated in an error. API:
https://geoservices.ign.fr/documentation/services/services-geoplateforme/geocodage
(50 requests a second for one server, Licence Ouverte 2.0, source: BAN).
"""

import csv
import io
import json
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

import pandas as pd

from geodata import communes

HOST: Final = "https://data.geopf.fr/geocodage"
ENVIRONMENT: Final = "MAILLAGE_GEOCODER"

_OFF = ("", "non")
_HEADERS: Final = {"User-Agent": "Maillage", "Accept": "application/json", "Connection": "close"}
_MOST_BYTES = 256 * 1024
_MOST_BYTES_LOCATED = 8 * 1024 * 1024
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
    asked = _Asked("GET", f"/search?{_query(words, near, limit)}")
    addresses = _addresses(_response(base, asked, timeout_s))
    if addresses is None:
        raise GeocoderUnavailable(
            "L’adresse n’a pas pu être cherchée : le service d’adresses ne répond pas. Choisir la "
            "commune à la place."
        )
    return [address for address in addresses if address.score >= _GUESSED_BELOW][:limit]


MOST_LOCATED: Final = 1_000
"""The most addresses to send at once."""

_LEAST_SCORES: Final[Mapping[str, float]] = {
    Kind.HOUSENUMBER: 0.7,
    Kind.STREET: 0.8,
    Kind.LOCALITY: 0.8,
}
"""How well an address must match for its point to be believed; a whole commune is no point."""

_MAIL_BOX: Final = re.compile(r"\b(?:BP|CS|TSA|CEDEX)\b[\s\d]*", re.IGNORECASE)


def locate(
    places: pd.DataFrame, *, host: str | None = None, timeout_s: float = 120.0
) -> pd.DataFrame:
    """Find the points of many addresses at once.

    Args:
        places: text columns `adresse`, `code_postal`, `code_insee`; at most MOST_LOCATED rows.
        host: as in `find`.
        timeout_s: seconds for the whole request.

    Returns:
        `lng` and `lat` (degrees, WGS 84), on the index of the rows that are found: in their own
        commune, with a kind and a score that can be believed.

    Raises:
        GeocoderUnavailable: the geocoder is off, too slow, or its answer is not valid.
        ValueError: too many rows.
    """
    if len(places) > MOST_LOCATED:
        raise ValueError(f"at most {MOST_LOCATED} addresses: {len(places)}")
    base = configured_host() if host is None else host
    if base in _OFF:
        raise GeocoderUnavailable("La recherche d’adresses n’est pas activée.")
    answer = _response(base, _many(places), timeout_s)
    try:
        found = list(_located(answer or b"", places["code_insee"].tolist()))
    except ValueError:
        raise GeocoderUnavailable("Le service d’adresses ne répond pas.") from None
    points = pd.DataFrame(found, index=places.index, columns=["lng", "lat"], dtype=float)
    return points.dropna()


def _many(places: pd.DataFrame) -> "_Asked":
    """Return the request for many addresses: a form with a CSV file and its columns' names."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["adresse", "code_postal", "code_insee"])
    for address, *codes in places[["adresse", "code_postal", "code_insee"]].to_numpy():
        lines.writerow([_search_words(_MAIL_BOX.sub(" ", address)), *codes])
    boundary = secrets.token_hex(16)
    fields = {"columns": "adresse", "postcode": "code_postal", "citycode": "code_insee"}
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    file = 'name="data"; filename="adresses.csv"\r\nContent-Type: text/csv\r\n\r\n'
    parts.append(f"{file}{text.getvalue()}")
    opened = f"--{boundary}\r\nContent-Disposition: form-data; "
    body = "".join(f"{opened}{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return _Asked(
        "POST",
        "/search/csv/",
        body.encode(errors="replace"),
        {"Content-Type": f"multipart/form-data; boundary={boundary}", "Accept": "text/csv"},
        most_bytes=_MOST_BYTES_LOCATED,
    )


def _located(answer: bytes, codes: list[str]) -> Iterator[tuple[float | None, float | None]]:
    """Give the point of each row of an answer, (None, None) for one that is not believed.

    Raises ValueError where the rows are not those of the request.
    """
    rows = csv.DictReader(io.StringIO(answer.decode("utf-8-sig", errors="replace")))
    for row, code in zip(rows, codes, strict=True):
        if row.get("code_insee") != code:
            raise ValueError("another row")
        lng, lat, score = (
            _float(row.get(name)) for name in ("longitude", "latitude", "result_score")
        )
        least = _LEAST_SCORES.get(row.get("result_type") or "")
        here = communes.current_code(row.get("result_citycode") or "") == code
        if here and lng is not None and lat is not None and least is not None and score is not None:
            believed = score >= least and not _is_far(code, lng, lat)
            yield (lng, lat) if believed else (None, None)
        else:
            yield None, None


def _float(cell: str | None) -> float | None:
    try:
        return _number(float(cell or ""), -180, 180)
    except ValueError:
        return None


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


class _Asked(NamedTuple):
    """A request: its method, its path below the base URL, its body and headers.

    `most_bytes`: the largest answer to accept.
    """

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = {}
    most_bytes: int = _MOST_BYTES


def _response(base: str, asked: _Asked, timeout_s: float) -> bytes | None:
    """Return the body of the response, None after any error or after `timeout_s` seconds.

    A socket's timeout applies to each read, and name resolution has none. So the request runs in
    a thread, and its socket is closed after `timeout_s`.
    """
    opened: list[socket.socket] = []
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="geocoder")
    try:
        return thread.submit(_request, base, asked, timeout_s, opened).result(timeout_s)
    except (OSError, HTTPException, ValueError):  # TimeoutError is an OSError
        return None
    finally:
        thread.shutdown(wait=False)
        for sock in opened:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _request(
    base: str, asked: _Asked, timeout_s: float, opened: list[socket.socket]
) -> bytes | None:
    deadline = time.monotonic() + timeout_s
    url = urlsplit(base)
    connection = _connection(url, timeout_s)
    try:
        connection.connect()
        opened.append(connection.sock)
        if time.monotonic() > deadline:
            return None
        path = f"{url.path.rstrip('/')}{asked.path}"
        connection.request(asked.method, path, asked.body, {**_HEADERS, **asked.headers})
        response = connection.getresponse()
        if response.status != HTTPStatus.OK:
            return None
        content = b""
        while chunk := response.read1(_MOST_BYTES):
            content += chunk
            if len(content) > asked.most_bytes:
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
