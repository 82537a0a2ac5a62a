"""The web server around the pages: safe headers, a French page shell, the map's own files.

Nothing here may import streamlit_folium: a component declared before the server runs is not found.
"""

import asyncio
import base64
import gc
import hashlib
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import cache, partial
from http import HTTPStatus
from importlib import import_module
from pkgutil import walk_packages
from threading import Thread

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import geodata
from geodata import communes, travel
from pages.map import marker_file, outlines
from pages.shared import service_list
from pages.web import embedding, icons, monitoring, packing, preload, shell, visits
from pages.web.base_path import own_path
from pages.web.run_queue import RUNS
from pages.web.same_origin import SameOrigin
from pages.web.uploads import BoundedArrivals

TILES = "https://data.geopf.fr"
_A_YEAR = "public, max-age=31536000, immutable"
_SOON_S = "60"
_GIVE_WAY_S = 2
_SWITCH_S = 0.001  # how soon the thread that sends takes its turn from one that draws
_NOT_FOR_VISITORS = ("/_stcore/metrics", "/_stcore/agent")  # how many visits are open, and where
# Pages that are whole without Streamlit.
_WHOLE = re.compile("/(?:donnees|integrer|mise-a-jour)(?:/|$)")
_KEPT = re.compile("/(?:assets|static|component/[^/]+/static)/")  # each content has a path


@cache
def _shell_scripts() -> str:
    """Name Streamlit's own inline scripts by their hashes, so that no other inline one runs."""
    shell = preload.SHELL.read_bytes()
    scripts = re.findall(rb"<script>(.*?)</script>", shell, flags=re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(script).digest()) for script in scripts)
    return " ".join(f"'sha256-{digest.decode()}'" for digest in digests)


def _content_security_policy(*, component: bool) -> str:
    # The map's frame evaluates what Streamlit sends it; the page around it never does.
    scripts = "'unsafe-inline' 'unsafe-eval'" if component else _shell_scripts()
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' {scripts}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data: blob: {TILES}" if component else "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "frame-ancestors": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


_FAILED = "Le site n’a pas pu répondre. Réessayer dans un instant."
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), usb=(), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Hardened:
    """ASGI middleware: headers on every answer; the shell in French, with our own files."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = own_path(scope)
        begun = False
        start: Message = {}
        rewritten: _Rewriting | None = None
        body = b""

        async def answer(message: Message) -> None:
            nonlocal begun, start, rewritten, body
            begun = True
            if message["type"] == "http.response.start":
                _set_headers(message, path)
                rewritten = _rewriting(message, scope)
                if rewritten:
                    start = message
                    return
            elif rewritten:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                headers = MutableHeaders(scope=start)
                page = rewritten(body, headers)
                headers["content-length"] = str(len(page))
                await send(start)
                message = {"type": "http.response.body", "body": page}
            await send(message)

        try:
            hidden = path.startswith(_NOT_FOR_VISITORS)
            app = Response(status_code=HTTPStatus.NOT_FOUND) if hidden else self.app
            await app(_uncompressed(scope), receive, answer)
        except Exception:
            if not begun:  # Starlette's own answer would have no headers
                failed = Response(
                    _FAILED, HTTPStatus.INTERNAL_SERVER_ERROR, media_type="text/plain"
                )
                await failed(scope, receive, answer)
            raise


_Rewriting = Callable[[bytes, MutableHeaders], bytes]


def _rewriting(message: Message, scope: Scope) -> _Rewriting | None:
    """Say how the body of an answer is rewritten, if it is; note it in the answer's headers."""
    headers = MutableHeaders(scope=message)
    kind = headers.get("content-type", "")
    path = own_path(scope)
    if kind.startswith("text/html") and "/component/" not in path and not _WHOLE.match(path):
        return lambda page, _: shell.french(page, path)
    if scope["method"] != "GET" or message["status"] != HTTPStatus.OK:
        return None
    if _KEPT.match(path) and packing.packable(kind):
        headers.add_vary_header("Accept-Encoding")
        if "br" in MutableHeaders(scope=scope).get("accept-encoding", ""):
            del headers["etag"]  # that of the plain file
            headers["content-encoding"] = "br"
            return _packed
    return None


def _packed(content: bytes, headers: MutableHeaders) -> bytes:
    smaller, for_good = packing.PACKER.packed(content)
    if not for_good:
        headers["x-accel-expires"] = _SOON_S  # then nginx asks again, and keeps the smaller one
    return smaller


def _set_headers(message: Message, path: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Content-Type-Options"] = "nosniff"
    kind = headers.get("content-type", "")
    kept = bool(_KEPT.match(path)) and message["status"] == HTTPStatus.OK
    if kept and not path.startswith("/static/"):  # Streamlit says by itself which of these may be
        headers["Cache-Control"] = _A_YEAR
    if kept and (packing.packable(kind) or kind.startswith("font/")):
        return  # no page: its rules would be half of what a hundred such files weigh
    for name, value in _HEADERS.items():
        headers[name] = value
    component = "/component/" in path
    headers["Content-Security-Policy"] = (
        embedding.policy()
        if path == embedding.PATH
        else _content_security_policy(component=component)
    )
    if not kept and not component and kind.startswith("text/html"):
        headers["Cache-Control"] = "no-store"  # its address holds what was looked for


def _uncompressed(scope: Scope) -> Scope:
    """Ask for what is rewritten as it is; everything else may be compressed."""
    accept = dict(scope["headers"]).get(b"accept", b"")
    if b"text/html" not in accept and not _KEPT.match(own_path(scope)):
        return scope
    headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    return {**scope, "headers": headers}


@asynccontextmanager
async def warmed_up(_app: object) -> AsyncIterator[None]:
    """Read the list before the first visitor comes, and all else while the first page is drawn."""
    service_list.warm_up()
    marker_file.warm_up()
    sys.setswitchinterval(_SWITCH_S)
    Thread(target=warm_up_further, daemon=True).start()  # ends with the process, at once
    letting_go = asyncio.create_task(visits.let_go_of_those_over())
    yield
    letting_go.cancel()


def warm_up_further() -> None:
    """Read and import what the pages use: some seconds, in which the first page is there already.

    What comes first is what a first visit asks for first. Visits go before all of it.
    """
    for step in _steps():
        RUNS.wait_until_none(_GIVE_WAY_S)
        step()
    gc.collect()
    gc.freeze()  # what is read by now stays: later collections need not look at it


def _steps() -> Iterator[Callable[[], object]]:
    yield partial(outlines.as_json, outlines.FRANCE)
    yield partial(import_module, "folium")
    yield travel.densities
    yield partial(communes.search, "poitiers cedex")  # found by the second of its ways
    for module in walk_packages(geodata.__path__, "geodata."):
        if not module.name.rpartition(".")[2].startswith("_"):
            yield partial(import_module, module.name)
    yield icons.font


HARDENING = [
    Middleware(monitoring.Counted),
    Middleware(SameOrigin),
    Middleware(Hardened),
    Middleware(BoundedArrivals),
]
