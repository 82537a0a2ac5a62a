"""The addresses of the public data: few computed at once, cheap to ask again, open to other pages.

Nothing of who asks is read or written. What was asked is in no log (`pages/web/logs.py`).
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from geodata.upkeep.stores import NoList
from pages.donnees import about
from pages.donnees.files import FILES, File, Made, answer
from pages.donnees.parameters import BadParameter, Given
from pages.shared import clock, service_list
from pages.web.run_queue import RUNS

MOST_AT_ONCE: Final = 6
"""How many requests may be computed, or wait for their turn among the pages, in a process."""
_RETRY_S: Final = 5
_METHODS: Final = ["GET", "HEAD", "OPTIONS"]
_OPEN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": ", ".join(_METHODS),
    "Access-Control-Allow-Headers": "If-None-Match, Range",
    "Access-Control-Expose-Headers": "Content-Range, ETag, Link, Retry-After, X-Total-Count",
    "Access-Control-Max-Age": "86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Any page may read what is public; no cookie is ever sent with such a request."""
_BUSY: Final = "Beaucoup de demandes en ce moment : recommencer dans quelques secondes.\n"
_NO_LIST: Final = "La liste ne peut pas être lue en ce moment : recommencer plus tard.\n"
_ONE_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{1,12})?")
_turns = BoundedSemaphore(MOST_AT_ONCE)


def _file(file: File, request: Request) -> Response:
    """Answer a request for a file; `request` is served in a thread of its own."""
    if request.method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=_OPEN)
    with turn() as mine:
        if mine:
            return _made(file, request)
    return _refusal(_BUSY, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(_RETRY_S)})


@contextmanager
def turn() -> Iterator[bool]:
    """Wait among the pages for a turn to compute; give False, at once, where too many wait."""
    if not _turns.acquire(blocking=False):
        yield False
        return
    try:
        with RUNS.one():
            yield True
    finally:
        _turns.release()


def _made(file: File, request: Request) -> Response:
    now = clock.now()
    try:
        listed = service_list.load(now.date())
        asked = file.read(listed, Given(request.query_params, file.parameters), now)
    except NoList:
        return _refusal(_NO_LIST, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "60"})
    except BadParameter as error:
        return _refusal(f"{error}\n", HTTPStatus.BAD_REQUEST)
    made = answer(listed, asked)
    seconds = int(asked.lasts.total_seconds())
    tag = f'"{hashlib.sha256(made.content).hexdigest()[:32]}"'
    headers = _OPEN | {
        "Accept-Ranges": "bytes",
        "Cache-Control": f"public, max-age={seconds}",
        "ETag": tag,
        "X-Total-Count": str(made.found),
        "Link": ", ".join(_links(made, request)),
    }
    if _has(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    part = _part(request, tag, len(made.content))
    if part is None:
        return Response(made.content, media_type=file.media, headers=headers)
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(made.content)}"
    content = made.content[part.start : part.stop]
    return Response(content, HTTPStatus.PARTIAL_CONTENT, headers, file.media)


def _part(request: Request, tag: str, size: int) -> range | None:
    """Return which bytes are asked for, as GDAL does; None for all of them (RFC 9110, 14.2).

    What is not one range of this very content is answered whole.
    """
    asked = _ONE_RANGE.fullmatch(request.headers.get("range", ""))
    if not asked or request.headers.get("if-range", tag) != tag:
        return None
    start, end = int(asked[1]), int(asked[2] or size - 1)
    return range(start, min(end + 1, size)) if start <= end and start < size else None


def _links(made: Made, request: Request) -> list[str]:
    """Return what the answer is described by, and where the rest is; relative (RFC 8288)."""
    links = ['<openapi.json>; rel="service-desc"', '<./>; rel="service-doc"']
    if made.last:
        kept = [pair for pair in request.query_params.multi_items() if pair[0] != "apres"]
        query = urlencode([*kept, ("apres", made.last)])
        links.append(f'<?{query}>; rel="next"')
    return links


def _has(tag: str, asked: str) -> bool:
    """Return whether an `If-None-Match` names a tag; a proxy that compresses makes it weak."""
    return asked.strip() == "*" or tag in (
        one.strip().removeprefix("W/") for one in asked.split(",")
    )


def _refusal(text: str, status: HTTPStatus, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status, _OPEN | {"Cache-Control": "no-store"} | (headers or {}))


def _description(describe: Callable[[], dict[str, Any]], request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=_OPEN)
    return JSONResponse(describe(), headers=_OPEN | {"Cache-Control": "public, max-age=3600"})


def _page(_request: Request) -> Response:
    return HTMLResponse(about.page())


def _with_slash(_request: Request) -> Response:
    """Lead to the page of this folder, under whatever path the site stands."""
    return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers={"Location": "donnees/"})


_DESCRIPTIONS: Final = {"openapi.json": about.openapi, "datapackage.json": about.datapackage}
ROUTES: list[BaseRoute] = [
    Route("/donnees", _with_slash),
    Mount(
        "/donnees",
        routes=[
            Route("/", _page),
            *(
                Route(f"/{name}", partial(_description, describe), methods=_METHODS)
                for name, describe in _DESCRIPTIONS.items()
            ),
            *(
                Route(f"/{name}", partial(_file, file), methods=_METHODS)
                for name, file in FILES.items()
            ),
        ],
    ),
]
