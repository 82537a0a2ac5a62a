"""Websockets are for pages of this site: a handshake from another origin is refused.

Streamlit also takes the origin of its own machine. To know that address, it asks an outside host,
and holds up every visitor until the answer comes. So the origin is checked before Streamlit.
"""

from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_FOREIGN = 1008  # WebSocket close code "policy violation" (RFC 6455, 7.4.1)
_PORTS = {"http": 80, "https": 443}


class SameOrigin:
    """ASGI middleware: refuse a websocket whose `Origin` is not the `Host` that was asked.

    A client that sends no `Origin` is no browser. `server.corsAllowedOrigins` allows others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket" and not _allowed(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": _FOREIGN})
            return
        await self.app(scope, receive, send)


def _allowed(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is None or origin in st.get_option("server.corsAllowedOrigins"):
        return True
    try:
        given = urlsplit(origin)
        asked = urlsplit(f"{given.scheme}://{headers.get('host', '')}")
        default = _PORTS[given.scheme]
        return (given.hostname, given.port or default) == (asked.hostname, asked.port or default)
    except (KeyError, ValueError):  # no web address, or a port that is no number
        return False
