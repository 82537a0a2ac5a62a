"""The web server around the pages: safe headers, a French page shell, the map's own files.

Nothing here may import streamlit_folium: a component declared before the server runs is not found.
"""

import asyncio
import base64
import gc
import hashlib
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus
from importlib import import_module
from pkgutil import walk_packages

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import geodata
from geodata import communes, travel
from pages.map import marker_file, outlines
from pages.shared import service_list
from pages.web import preload, shell, visits
from pages.web.same_origin import SameOrigin
from pages.web.uploads import BoundedArrivals

TILES = "https://data.geopf.fr"
_A_YEAR = "public, max-age=31536000, immutable"
_SWITCH_S = 0.001  # how soon the thread that sends takes its turn from one that draws
_NOT_FOR_VISITORS = ("/_stcore/metrics", "/_stcore/agent")  # how many visits are open, and where
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


_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
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
        if scope["path"].startswith(_NOT_FOR_VISITORS):
            await Response(status_code=HTTPStatus.NOT_FOUND)(scope, receive, send)
            return
        start: Message = {}
        rewritten: Callable[[bytes], bytes] | None = None
        body = b""

        async def answer(message: Message) -> None:
            nonlocal start, rewritten, body
            if message["type"] == "http.response.start":
                _set_headers(message, scope["path"])
                rewritten = _rewriting(message, scope)
                if rewritten:
                    start = message
                    return
            elif rewritten:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                page = rewritten(body)
                MutableHeaders(scope=start)["content-length"] = str(len(page))
                await send(start)
                message = {"type": "http.response.body", "body": page}
            await send(message)

        await self.app(_uncompressed(scope), receive, answer)


def _rewriting(message: Message, scope: Scope) -> Callable[[bytes], bytes] | None:
    """Say how the body of an answer is rewritten, if it is; note it in the answer's headers."""
    headers = MutableHeaders(scope=message)
    kind = headers.get("content-type", "")
    path = scope["path"]
    if kind.startswith("text/html") and "/component/" not in path:
        return shell.french
    if scope["method"] != "GET" or message["status"] != HTTPStatus.OK:
        return None
    if _KEPT.match(path) and preload.packable(kind):
        headers.add_vary_header("Accept-Encoding")
        if "br" in MutableHeaders(scope=scope).get("accept-encoding", ""):
            del headers["etag"]  # that of the plain file
            headers["content-encoding"] = "br"
            return preload.packed
    return None


def _set_headers(message: Message, path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers[name] = value
    component = "/component/" in path
    headers["Content-Security-Policy"] = _content_security_policy(component=component)
    own = path.startswith("/static/")  # Streamlit says by itself which of these may be kept
    if _KEPT.match(path) and not own and message["status"] == HTTPStatus.OK:
        headers["Cache-Control"] = _A_YEAR
    elif not component and headers.get("content-type", "").startswith("text/html"):
        headers["Cache-Control"] = "no-store"  # its address holds what was looked for


def _uncompressed(scope: Scope) -> Scope:
    """Ask for what is rewritten as it is; everything else may be compressed."""
    accept = dict(scope["headers"]).get(b"accept", b"")
    if b"text/html" not in accept and not _KEPT.match(scope["path"]):
        return scope
    headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    return {**scope, "headers": headers}


@asynccontextmanager
async def warmed_up(_app: object) -> AsyncIterator[None]:
    """Read what every first page needs before the first visitor comes."""
    service_list.warm_up()
    marker_file.warm_up()
    outlines.as_json(outlines.FRANCE)
    travel.densities()
    communes.search("poitiers cedex")  # found by the second of its ways, so both are ready
    import_ahead()
    gc.collect()
    gc.freeze()  # what is read by now stays: later collections need not look at it
    sys.setswitchinterval(_SWITCH_S)
    letting_go = asyncio.create_task(visits.let_go_of_those_over())
    yield
    letting_go.cancel()


def import_ahead() -> None:
    """Import what the pages use: some seconds, in which all who come first would wait."""
    import_module("folium")
    for module in walk_packages(geodata.__path__, "geodata."):
        if not module.name.rpartition(".")[2].startswith("_"):
            import_module(module.name)


HARDENING = [Middleware(SameOrigin), Middleware(Hardened), Middleware(BoundedArrivals)]
