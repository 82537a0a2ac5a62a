"""A file of the web, fetched whole or not at all."""

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
"""No official file of France is as large: more than this is a mistake."""

_BLOCK_BYTES: Final = 65_536
_HEADERS: Final = {"User-Agent": "Maillage", "Accept-Encoding": "identity"}
_AGAIN: Final = frozenset((HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS))

Tell = Callable[[int, int | None], None]
"""Called with the bytes received so far, and how many there are in all (None: not known)."""


class FetchFailed(RuntimeError):
    """The file could not be had whole. The message is French."""


class _Transient(FetchFailed):
    """Another attempt may do better."""


class Fetched(NamedTuple):
    """`whole` is False where the server did not say how long the file is: it may be cut."""

    path: Path
    whole: bool


def fetch(
    url: str,
    folder: Path,
    *,
    tell: Tell,
    timeout_s: float = 30,
    most_s: float = 3600,
    most_bytes: int = MOST_BYTES,
    attempts: int = 3,
    pause_s: float = 2,
) -> Fetched:
    """Fetch a file into a folder, under the name that its address gives.

    Args:
        url: `http` or `https`; redirections are followed, but never from `https` to `http`.
        folder: of the caller, who throws it away.
        tell: hears how far it is.
        timeout_s: longest silence of the server.
        most_s: longest time of an attempt.
        most_bytes: largest file.
        attempts: how many times in all, when the server or the network fails.
        pause_s: between two attempts; twice as long before the third, and so on.

    Raises:
        FetchFailed: refused, cut, too slow or too large. What was received is no use.
        OSError: the folder does not take the file.
    """
    for attempt in range(1, attempts):
        try:
            return _attempt(url, folder, tell, timeout_s, most_s, most_bytes)
        except _Transient:
            time.sleep(pause_s * attempt)
    return _attempt(url, folder, tell, timeout_s, most_s, most_bytes)


def _attempt(
    url: str, folder: Path, tell: Tell, timeout_s: float, most_s: float, most_bytes: int
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
    # `chunked` says where the file ends, and its reader raises where it is cut.
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
    """Follow where the way stays as safe as it was."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Give the next request, None where it may not be followed."""
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
    kind = _Transient if code in _AGAIN or code >= HTTPStatus.INTERNAL_SERVER_ERROR else FetchFailed
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
    """Give a file's name of an address.

    >>> _name("https://x.fr/a/brigades%202026.csv?v=2"), _name("https://x.fr/..")
    ('brigades_2026.csv', 'fichier')
    """
    last = unquote(PurePosixPath(urlsplit(url).path).name)
    return re.sub(r"[^\w.-]", "_", last)[-80:].strip(".") or "fichier"
