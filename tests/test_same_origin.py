"""Websockets from other sites are refused, without a request to the outside."""

import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect


@pytest.fixture(scope="module")
def asked_outside() -> list[str]:
    """The requests to a proxy that never answers; its address is `asked_outside[0]`."""
    swallow = socket.create_server(("127.0.0.1", 0))
    arrived = [f"http://127.0.0.1:{swallow.getsockname()[1]}"]
    held = []

    def listen():
        while True:
            try:
                connection, _ = swallow.accept()
            except OSError:
                return
            held.append(connection)  # never answered, never closed
            arrived.append(connection.recv(1000).decode(errors="replace"))

    threading.Thread(target=listen, daemon=True).start()
    yield arrived
    swallow.close()


@pytest.fixture(scope="module")
def site(serve, asked_outside) -> str:
    """The application with that proxy as the only way out."""
    proxy = asked_outside[0]
    return serve(
        http_proxy=proxy,
        https_proxy=proxy,
        no_proxy="127.0.0.1,localhost",
        STREAMLIT_SERVER_ALLOWED_HOSTS="127.0.0.1 maillage.example.fr",
    )


def stream(site: str) -> str:
    return site.replace("http", "ws", 1) + "/_stcore/stream"


@pytest.mark.parametrize(
    "origin",
    [
        "http://elsewhere.example",
        "https://elsewhere.example:8501",
        "http://127.0.0.1",
        "http://localhost:1",
        "http://127.0.0.1.elsewhere.example",
        "http://127.0.0.1:porte",
        "null",
        "",
    ],
)
def test_another_origin_is_refused_at_once_without_any_request(site, asked_outside, origin):
    started = time.monotonic()
    with pytest.raises(InvalidStatus) as refused:
        connect(stream(site), additional_headers={"Origin": origin}, proxy=None)
    assert refused.value.response.status_code == 403
    assert asked_outside[1:] == []
    assert time.monotonic() - started < 10  # an outside host would be waited for twice


@pytest.mark.parametrize("origin", [None, "http://rebound.example"])
def test_another_name_of_this_machine_is_refused(site, origin):
    """A site whose name leads to this machine has an origin that is its host."""
    with socket.create_connection(("127.0.0.1", urlsplit(site).port)) as line:
        with pytest.raises(InvalidStatus) as refused:
            connect("ws://rebound.example/_stcore/stream", origin=origin, sock=line)
        assert refused.value.response.status_code == 403


def test_a_page_of_this_site_is_served(site):
    with connect(stream(site), origin=f"http://{urlsplit(site).netloc}", proxy=None) as line:
        assert line.protocol.state.name == "OPEN"


def test_what_is_no_browser_is_served(site):
    with connect(stream(site), proxy=None) as line:
        assert line.protocol.state.name == "OPEN"
