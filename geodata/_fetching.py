"""Download a whole file, or fail."""

import re
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage, HTTPResponse, InvalidURL
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

MOST_BYTES: Final = 2_000_000_000
"""No official file is this large: a larger one is a mistake."""

_BLOCK_BYTES: Final = 65_536
_HEADERS: Final = {"User-Agent": "Maillage", "Accept-Encoding": "identity"}
_RETRIED: Final = frozenset((HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS))

Progress = Callable[[int, int | None], None]
"""Called with the bytes received so far, and their total (None if unknown)."""


class FetchFailed(RuntimeError):
    """The file could not be downloaded whole. The message is French."""


class _Transient(FetchFailed):
    """A failure that may not happen again at another attempt."""


class Fetched(NamedTuple):
    """`whole` is False if the server gave no length: the file may be cut off."""

    path: Path
    whole: bool


def fetch(
    url: str,
    folder: Path,
    *,
    tell: Progress,
    timeout_s: float = 30,
    most_s: float = 3600,
    most_bytes: int = MOST_BYTES,
    attempts: int = 3,
    pause_s: float = 2,
) -> Fetched:
    """Download a file to a folder, under the name in its URL.

    Args:
        url: `http` or `https`; redirects are followed, except from `https` to `http`.
        folder: an existing folder, which the caller deletes.
        tell: called with the progress.
        timeout_s: longest wait for data from the server.
        most_s: longest time of one attempt.
        most_bytes: the largest size to accept.
        attempts: the most attempts, if the server or the network fails.
        pause_s: pause before the second attempt; twice as long before the third, and so on.

    Raises:
        FetchFailed: refused, cut off, too slow or too large. A partial file may remain.
        OSError: the file cannot be written.
    """
    for attempt in range(1, attempts):
        try:
            return _attempt(url, folder, tell, timeout_s, most_s, most_bytes)
        except _Transient:
            time.sleep(pause_s * attempt)
    return _attempt(url, folder, tell, timeout_s, most_s, most_bytes)


def _attempt(
    url: str, folder: Path, tell: Progress, timeout_s: float, most_s: float, most_bytes: int
) -> Fetched:
    end = time.monotonic() + most_s
    received = 0
    with _answer(url, timeout_s) as response:
        total = response.length
        _refuse_large(total or 0, most_bytes)
        path = folder / _name(response.url)
        with path.open("wb") as file:
            for block in _blocks(response):
                received += len(block)
                _refuse_large(received, most_bytes)
                if time.monotonic() > end:
                    raise FetchFailed("Le serveur est trop lent : télécharger le fichier à part.")
                file.write(block)
                tell(received, total)
    if total is not None and received < total:
        raise _cut()
    # A chunked response marks its end: its reader raises if it is cut off.
    return Fetched(path, total is not None or bool(response.chunked))


def _answer(url: str, timeout_s: float) -> HTTPResponse:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        raise _misspelt() from None
    try:
        response: HTTPResponse = _opener().open(Request(url, headers=_HEADERS), timeout=timeout_s)  # noqa: S310 - the opener knows http and https alone
    except HTTPError as error:
        error.close()
        raise _refusal(error.code, host) from None
    except (InvalidURL, ValueError):
        raise _misspelt() from None
    except TimeoutError:
        raise _Transient(f"Le serveur « {host} » ne répond pas.") from None
    except (OSError, HTTPException):
        raise _Transient(
            f"Le serveur « {host} » n’a pas pu être joint. Vérifier l’adresse et le réseau."
        ) from None
    if response.status != HTTPStatus.OK:
        response.close()
        raise _refusal(response.status, host)
    return response


class _Redirects(HTTPRedirectHandler):
    """Follow redirects, except from `https` to `http`."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Return the next request, None if the redirect must not be followed."""
        if urlsplit(newurl).scheme not in (urlsplit(req.full_url).scheme, "https"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> OpenerDirector:
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        UnknownHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        _Redirects(),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _refusal(code: int, host: str | None) -> FetchFailed:
    if HTTPStatus.MULTIPLE_CHOICES <= code < HTTPStatus.BAD_REQUEST:
        return FetchFailed(
            f"« {host} » renvoie sans fin d’une adresse à l’autre, ou vers une adresse qui n’est "
            "pas sûre. Télécharger le fichier à part."
        )
    if code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return FetchFailed(f"« {host} » n’a pas de fichier à cette adresse (erreur {code}).")
    kind = (
        _Transient if code in _RETRIED or code >= HTTPStatus.INTERNAL_SERVER_ERROR else FetchFailed
    )
    return kind(f"« {host} » n’a pas donné le fichier (réponse {code}).")


def _blocks(response: HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            block = response.read1(_BLOCK_BYTES)
        except (OSError, HTTPException):
            raise _cut() from None
        if not block:
            return
        yield block


def _misspelt() -> FetchFailed:
    return FetchFailed("L’adresse est mal écrite.")


def _cut() -> _Transient:
    return _Transient("Le téléchargement a été coupé avant la fin.")


def _refuse_large(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise FetchFailed(
            f"Le fichier est trop gros (plus de {most_bytes // 1_000_000} Mo) : ce n’est sans "
            "doute pas le bon."
        )


def _name(url: str) -> str:
    """Return a safe file name from a URL.

    >>> _name("https://x.fr/a/brigades%202026.csv?v=2"), _name("https://x.fr/..")
    ('brigades_2026.csv', 'fichier')
    """
    last = unquote(PurePosixPath(urlsplit(url).path).name)
    return re.sub(r"[^\w.-]", "_", last)[-80:].strip(".") or "fichier"
