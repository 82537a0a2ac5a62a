"""Our addresses where the site stands under a path of its host (`server.baseUrlPath`).

Streamlit puts its own routes under that path. Ours are written without it, and so is what looks at
the path of a request.
"""

import streamlit as st
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send


def own_path(scope: Scope) -> str:
    """Return the path of a request without that of the site: it begins with a slash."""
    path: str = scope["path"]
    base = _base()
    return path.removeprefix(base) if path.startswith(f"{base}/") else path


def _base() -> str:
    """Return the path of the site without a slash at its end: "" at the root of its host."""
    return f"/{str(st.get_option('server.baseUrlPath') or '').strip('/')}".rstrip("/")


class Based(BaseRoute):
    """A route that is found under the path of the site, as well as without it."""

    def __init__(self, route: BaseRoute) -> None:
        self.route = route

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the route answers, and what it adds to the scope."""
        return self.route.matches({**scope, "root_path": _base()})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self.route.handle(scope, receive, send)
