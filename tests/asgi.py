"""Addresses asked without a server: each request in an event loop of its own."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partialmethod
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute


class Client:
    """Asks these routes from an address; a redirect is an answer like another.

    An exception of a route is raised here, or answered as a server does.
    """

    def __init__(
        self,
        routes: Sequence[BaseRoute],
        middleware: Sequence[Middleware] = (),
        peer: str = "127.0.0.1",
        *,
        raises: bool = True,
    ) -> None:
        app = Starlette(routes=list(routes), middleware=list(middleware))
        self._transport = httpx.ASGITransport(
            app=app, client=(peer, 50_000), raise_app_exceptions=raises
        )

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            base = {"transport": self._transport, "base_url": "http://site.example"}
            async with httpx.AsyncClient(**base) as client:
                return await client.request(method, url, **options)

        # A thread of its own: a browser of another test may hold this one's loop.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, ask()).result()

    get = partialmethod(request, "GET")
    head = partialmethod(request, "HEAD")
    options = partialmethod(request, "OPTIONS")
    post = partialmethod(request, "POST")
