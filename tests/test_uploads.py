"""Files that visitors give, through a real server: in memory alone, bounded all together."""

import socket
import subprocess
import sys
import urllib.request
import zlib
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.conftest import ROOT, free_port, wait_for

MB = 1024**2
SERVER = """
import sys, tempfile
tempfile.TemporaryFile = None  # nothing can be written to a disk
from pages.web import uploads
uploads.MOST_BYTES = 12 * 1024**2
uploads.MOST_ARRIVING = 1
from streamlit.web import cli
sys.argv = ["streamlit", "run", "app.py", "--server.port", sys.argv[1]]
cli.main()
"""


@pytest.fixture(scope="module")
def server():
    """Give the address of an application with low bounds, and without a disk for its uploads."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-c", SERVER, str(urlsplit(url).port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, **quiet) as process:
        wait_for(lambda: urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).status == 200)
        yield url
        process.kill()


@pytest.fixture
def page(server, visit):
    """Give the page where a list is checked."""
    page = visit(f"{server}/annuaire?vue=verifier")
    page.locator("input[type=file]").wait_for(state="attached")
    return page


def give(page, size: int) -> None:
    file = {"name": "liste.csv", "mimeType": "text/csv", "buffer": b"x" * size}
    page.locator("input[type=file]").set_input_files(file)


def test_a_file_too_many_is_refused_in_french(page):
    give(page, 13 * MB)
    refused = page.get_by_text("Trop de fichiers sont déposés en ce moment")
    expect(refused).to_be_visible()
    expect(page.get_by_text("AxiosError")).to_have_count(0)


def test_a_large_file_is_taken_without_a_disk_and_others_wait(page):
    with page.expect_request("**/_stcore/upload_file/**") as sent:
        give(page, MB // 2)
    expect(page.get_by_text("liste.csv").first).to_be_visible()
    asked, place = sent.value.all_headers(), urlsplit(sent.value.url)
    headers = {
        "Cookie": asked["cookie"],
        "X-Xsrftoken": asked["x-xsrftoken"],
        "Content-Type": "multipart/form-data; boundary=x",
    }
    begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="l.csv"\r\n\r\n'
    body = begin + b"x" * (5 * MB) + b"\r\n--x--\r\n"
    with closing(HTTPConnection(place.netloc, timeout=60)) as first:
        first.putrequest("PUT", place.path)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            first.putheader(name, value)
        first.endheaders(body[:-1])  # the last byte is held back

        def next_is() -> int:
            with closing(HTTPConnection(place.netloc, timeout=60)) as other:
                other.request("PUT", place.path, b"--x--", headers)
                return other.getresponse().status

        wait_for(lambda: next_is() == 507)  # once the first has begun to arrive
        first.send(body[-1:])
        assert first.getresponse().status == 204
        assert next_is() == 400  # nothing arrives any more: it is read


def test_a_short_message_cannot_hold_much_memory(server):
    """Zeros take a thousandth of their room on the line, and what has not ended is kept."""
    packer = zlib.compressobj(wbits=-12)
    packed = packer.compress(bytes(50 * MB)) + packer.flush(zlib.Z_SYNC_FLUSH)
    packed_without_end = bytes([0x42, 0xFF]) + len(packed).to_bytes(8, "big") + bytes(4) + packed
    handshake = {
        "Host": urlsplit(server).netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "streamlit",
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    }
    lines = ["GET /_stcore/stream HTTP/1.1", *map(": ".join, handshake.items()), "", ""]
    place = urlsplit(server)
    with socket.create_connection((place.hostname, place.port), timeout=60) as line:
        line.sendall("\r\n".join(lines).encode())
        assert b" 101 " in line.recv(4096)
        line.sendall(packed_without_end)
        assert line.recv(2)[:1] == b"\x88"  # closed (RFC 6455, 5.5.1)
