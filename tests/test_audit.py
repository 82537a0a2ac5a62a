"""The audit of dependencies fails for a vulnerability with a fix, and reports others."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.conftest import ROOT

NAME = "folium"

pytestmark = [
    pytest.mark.skipif(shutil.which("uv") is None, reason="no uv here"),
    pytest.mark.skipif(not (ROOT / "uv.lock").exists(), reason="nothing is locked: run uv sync"),
]


@contextmanager
def database(*events: dict[str, str]) -> Iterator[str]:
    """A database in OSV format with one vulnerability, or none."""
    known = {
        "id": "TEST-1",
        "modified": "2026-01-01T00:00:00Z",
        "summary": "It lets everybody in",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": NAME},
                "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
            }
        ],
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            names = [query["package"]["name"] for query in asked["queries"]]
            found = {"vulns": [{"id": known["id"], "modified": known["modified"]}]}
            self.say({"results": [found if events and name == NAME else {} for name in names]})

        def do_GET(self) -> None:
            self.say(known)

        def say(self, content: object) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def audit(address: str) -> tuple[int, str]:
    settings = os.environ | {"UV_HTTP_RETRIES": "0"}
    command = [str(ROOT / ".ci" / "audit"), "--service-url", address]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("events", "code", "words"),
    [
        ((), 0, "packages audited"),
        (({"introduced": "0"},), 0, "TEST-1, mended in no version yet: It lets everybody in"),
        (({"introduced": "0"}, {"fixed": "99"}), 1, "TEST-1, mended in 99: It lets everybody in"),
    ],
)
def test_a_vulnerability_with_a_fix_fails(events, code, words):
    with database(*events) as address:
        ended, said = audit(address)
    assert ended == code, said
    assert words in said


def test_a_database_that_does_not_answer_is_reported_and_fails_nothing():
    ended, said = audit("http://127.0.0.1:1/")
    assert ended == 0
    assert "NOT AUDITED" in said
