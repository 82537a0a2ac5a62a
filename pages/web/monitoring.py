"""`/sante` and `/mesures`: what a program that watches over the site may ask.

Both answer this machine and the addresses of MAILLAGE_MESURES alone, and nobody through a proxy;
for all others they do not exist. Counted are kinds of addresses and statuses: nothing tells who
asked, when, what, or a cell of the list.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from threading import Lock
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geodata import french
from geodata.upkeep.stores import NoList
from pages.shared import clock, service_list
from pages.shared.service_list import ServiceList
from pages.web.base_path import own_path
from pages.web.run_queue import RUNS

_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("", "carte", "trouver", "permanences", "couverture", "annuaire"), "page"),
    **{name: name for name in ("donnees", "integrer", "mise-a-jour")},
    **dict.fromkeys(("sante", "mesures"), "monitoring"),
    **dict.fromkeys(("static", "assets", "app", "component"), "file"),
    "media": "download",
    "_stcore": "streamlit",
    "_stcore/upload_file": "upload",
    "_stcore/stream": "websocket",
}
"""What the beginning of a path is counted as; all others are `other`."""
_FORWARDED: Final = re.compile("forwarded|x-forwarded-.*|x-real-ip|via")
_STATM: Final = Path("/proc/self/statm")
_STARTED: Final = time.time()

_requests: Counter[tuple[str, int]] = Counter()
_failed_runs = 0
_lock = Lock()


def kind(path: str) -> str:
    """Return what a path is counted as.

    >>> kind("/donnees/services.csv"), kind("/_stcore/upload_file/1/2"), kind("/wp-login.php")
    ('donnees', 'upload', 'other')
    """
    parts = path.split("/")[1:3]
    of = _KINDS.get("/".join(parts)) or _KINDS.get("".join(parts[:1]), "other")
    return "other" if of == "page" and len(parts) > 1 else of  # Streamlit looks for itself there


class Counted:
    """ASGI middleware: count each request once, by the kind of its path and its status."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        answered = False

        def count(status: int) -> None:
            nonlocal answered
            if not answered:
                _requests[kind(own_path(scope)), status] += 1
            answered = True

        async def counting(message: Message) -> None:
            if message["type"] == "websocket.accept":
                count(HTTPStatus.SWITCHING_PROTOCOLS)
            elif message["type"] == "websocket.close":
                count(HTTPStatus.FORBIDDEN)
            elif "status" in message:
                count(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, counting)
        except Exception:
            count(HTTPStatus.INTERNAL_SERVER_ERROR)
            raise


def counted(show: Callable[[Exception], bool]) -> Callable[[Exception], bool]:
    """Count the runs of a page that fail, and go on to `show`."""

    def count(error: Exception) -> bool:
        global _failed_runs  # noqa: PLW0603 - of this process, as the requests
        with _lock:
            _failed_runs += 1
        return show(error)

    return count


# --- who may ask ------------------------------------------------------------------------------


def allowed() -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks that the operator names, besides this machine.

    Raises SystemExit where one is none: with a wrong value, the server does not start.
    """
    return _networks(os.environ.get("MAILLAGE_MESURES", ""))


@cache
def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    named = []
    for word in text.split():
        try:
            named.append(ip_network(word))
        except ValueError:
            raise SystemExit(
                f"MAILLAGE_MESURES : « {word} » n’est pas une adresse IP. Écrire les adresses qui "
                "peuvent demander /sante et /mesures, une espace entre deux : 10.0.0.5 10.1.0.0/24"
            ) from None
    return tuple(named)


def _may_ask(request: Request) -> bool:
    if any(_FORWARDED.fullmatch(name) and value for name, value in request.headers.items()):
        return False
    with suppress(ValueError):
        peer = ip_address(request.client.host if request.client else "")
        peer = getattr(peer, "ipv4_mapped", None) or peer
        return peer.is_loopback or any(peer in network for network in allowed())
    return False


# --- what is answered -------------------------------------------------------------------------


async def _health(request: Request) -> Response:
    if not _may_ask(request):
        return Response(status_code=HTTPStatus.NOT_FOUND)
    listed = await run_in_threadpool(_listed)
    if listed is None:
        return _plain("Aucune liste à montrer.\n", HTTPStatus.SERVICE_UNAVAILABLE)
    days = max(0, (clock.now() - listed.written).days)
    age = f"changée le {listed.written:%Y-%m-%d}, il y a {french.count(days, 'jour')}"
    if listed.failure:  # a process that is started again would have no list at all
        return _plain(f"La dernière bonne liste est montrée, {age} : la nouvelle est illisible.\n")
    return _plain(f"La liste est montrée, {age}.\n")


async def _measures(request: Request) -> Response:
    if not _may_ask(request):
        return Response(status_code=HTTPStatus.NOT_FOUND)
    return _plain(exposition(await run_in_threadpool(_listed)))


def _listed() -> ServiceList | None:
    with suppress(NoList):
        return service_list.load()
    return None


def _plain(text: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return PlainTextResponse(text, status, {"Cache-Control": "no-store"})


def exposition(listed: ServiceList | None) -> str:
    """Return all measures of this process in the text format of Prometheus (0.0.4)."""
    requests = {
        f'{{kind="{of}",status="{status}"}}': count
        for (of, status), count in sorted(_requests.items())
    }
    lines = [
        *_metric("maillage_requests_total", "counter", "Requests answered.", requests),
        *_metric("maillage_page_failures_total", "counter", "Page runs that failed.", _failed_runs),
        *_metric("maillage_runs_waiting", "gauge", "Page runs that wait.", RUNS.waiting),
        *_metric("maillage_list_shown", "gauge", "1 if there is a list to show.", bool(listed)),
        *_metric(
            "maillage_list_current",
            "gauge",
            "0 if the list cannot be read now; the last good one is shown, or none.",
            bool(listed and not listed.failure),
        ),
        *_metric("process_start_time_seconds", "gauge", "When the process began.", _STARTED),
    ]
    if listed:
        changed = listed.written.timestamp()
        name = "maillage_list_changed_timestamp_seconds"
        lines += _metric(name, "gauge", "When the list that is shown was last changed.", changed)
    with suppress(OSError):  # Linux alone has it
        pages = int(_STATM.read_text("ascii").split()[1])
        size = pages * os.sysconf("SC_PAGE_SIZE")
        lines += _metric("process_resident_memory_bytes", "gauge", "Memory in use.", size)
    return "".join(lines)


def _metric(name: str, of: str, about: str, values: Mapping[str, int] | float) -> Iterable[str]:
    yield f"# HELP {name} {about}\n# TYPE {name} {of}\n"
    for labels, value in (values if isinstance(values, Mapping) else {"": values}).items():
        yield f"{name}{labels} {value:.15g}\n"


ROUTES: list[BaseRoute] = [Route("/sante", _health), Route("/mesures", _measures)]
