"""A geocoder on loopback for tests, with configurable answers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TEXT = "4 rue du Secret Bien Gardé, Civray"


def feature(*, coordinates=(0.2949, 46.1486), **properties) -> dict:
    """Return a feature of a geocoder's answer, with the given changes (None removes a key)."""
    told = {
        "label": "4 Rue du Commerce 86400 Civray",
        "score": 0.87,
        "id": "86078_0120_00004",
        "type": "housenumber",
        "name": "4 Rue du Commerce",
        "postcode": "86400",
        "citycode": "86078",
        "city": "Civray",
        "context": "86, Vienne, Nouvelle-Aquitaine",
        "_type": "address",
    } | properties
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": coordinates},
        "properties": {key: value for key, value in told.items() if value is not None},
    }


def collection(*features: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, "query": TEXT}).encode()


class Server(ThreadingHTTPServer):
    """Records each request and answers with `behave`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.behave: Callable[[Handler], None] = answering(collection(feature()))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/geocodage"

    @property
    def asked(self) -> dict[str, list[str]]:
        """Return the parameters of the only request."""
        [(path, _)] = self.seen
        return parse_qs(urlsplit(path).query, strict_parsing=True)


class Handler(BaseHTTPRequestHandler):
    server: Server
    body = b""

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {key.lower(): v for key, v in self.headers.items()}))
        with suppress(OSError):
            self.server.behave(self)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def answering(body: bytes, status: int = 200, **headers: str) -> Callable[[Handler], None]:
    def behave(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


@contextmanager
def running() -> Iterator[Server]:
    """Answer until the block ends."""
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
