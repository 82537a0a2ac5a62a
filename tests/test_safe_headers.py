"""Every answer of the server has the headers that keep a page safe, an error too."""

import httpx
import pytest
from starlette.middleware import Middleware
from starlette.routing import Route

from pages.web.server import Hardened
from tests.asgi import Client

SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


def broken(_request):
    raise ValueError("a name")


@pytest.fixture
def client() -> Client:
    return Client([Route("/broken", broken)], [Middleware(Hardened)], raises=False)


def are_safe(answer: httpx.Response) -> bool:
    policy = answer.headers["content-security-policy"]
    return SAFE.items() <= dict(answer.headers).items() and "default-src 'self'" in policy


def test_a_failure_is_told_in_french_and_nothing_of_it(client):
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.text == "Le site n’a pas pu répondre. Réessayer dans un instant."
    assert are_safe(answer)


@pytest.mark.parametrize("path", ["/nothing", "/_stcore/metrics", "/_stcore/agent"])
def test_what_is_not_there_or_not_for_visitors(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert are_safe(answer)


def test_a_failure_is_still_seen_by_the_server():
    with pytest.raises(ValueError, match="a name"):
        Client([Route("/broken", broken)], [Middleware(Hardened)]).get("/broken")
