"""The geocoder client with a real server on loopback: correct, faulty and silent."""

import gzip
import itertools
import json
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import addresses
from geodata.addresses import Address, GeocoderUnavailable, Kind
from tests.geocoder import TEXT, Handler, Server, answering, collection, feature, running

SHORT_S = 0.3


def dripping(start: bytes, drop: bytes) -> Callable[[Handler], None]:
    """Send `start`, then `drop` repeatedly, each well before the timeout."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(start)
        for _ in range(1000):
            handler.wfile.write(drop)
            time.sleep(SHORT_S / 6)

    return behave


def sleeping(handler: Handler) -> None:
    time.sleep(SHORT_S * 3)
    answering(collection(feature()))(handler)


@pytest.fixture
def start() -> Iterator[Callable[[], Server]]:
    with ExitStack() as servers:
        yield lambda: servers.enter_context(running())


@pytest.fixture
def server(start) -> Server:
    return start()


def found(server: Server, text: str = TEXT, **options) -> list[Address]:
    return addresses.find(text, host=server.url, timeout_s=5, **options)


def assert_unavailable(host: str, **options) -> GeocoderUnavailable:
    with pytest.raises(GeocoderUnavailable, match="Choisir la commune à la place") as caught:
        addresses.find(TEXT, host=host, **options)
    return caught.value


# --- request ------------------------------------------------------------------------------


def test_one_request_sends_only_the_search(server):
    found(server, near=(0.294912, -46.148649), limit=3)
    [(path, headers)] = server.seen
    assert urlsplit(path).path == "/geocodage/search"
    assert server.asked == {
        "q": [TEXT],
        "index": ["address"],
        "autocomplete": ["0"],
        "limit": ["3"],
        "lon": ["0.29"],
        "lat": ["-46.15"],
    }
    assert headers == {
        "host": f"127.0.0.1:{server.server_port}",
        "accept-encoding": "identity",
        "user-agent": "Maillage",
        "accept": "application/json",
        "connection": "close",
    }


def test_without_a_place_to_look_near_none_is_sent(server):
    found(server)
    assert server.asked.keys() == {"q", "index", "autocomplete", "limit"}


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("  4,\true  du\nPort ", "4, rue du Port"),
        ("« Épône »", "Épône »"),
        ("a&limit=99#x %41+?", "a&limit=99#x %41+?"),
        ("é" * 300, "é" * 200),
        ("rue \ud800 du Port", "rue ? du Port"),
    ],
)
def test_words_arrive_as_they_were_typed(server, typed, sent):
    found(server, typed)
    assert server.asked["q"] == [sent]
    assert server.asked["limit"] == ["5"]


@pytest.mark.parametrize("typed", ["", "   ", "ab", "?!« »—", "  a\t"])
def test_too_short_a_search_sends_nothing(server, typed):
    assert found(server, typed) == []
    assert server.seen == []


@pytest.mark.parametrize("limit", [0, -1, 21])
def test_a_limit_out_of_range_is_refused(server, limit):
    with pytest.raises(ValueError, match="limit"):
        found(server, limit=limit)
    assert server.seen == []


@pytest.mark.parametrize("base", ["", "non"])
def test_when_off_no_request_is_sent(server, monkeypatch, base):
    monkeypatch.setenv(addresses.ENVIRONMENT, server.url)
    assert "pas activée" in str(assert_unavailable(base))
    assert server.seen == []


@pytest.mark.parametrize(
    ("setting", "host"),
    [
        (None, addresses.HOST),
        ("", ""),
        (" NON ", ""),
        (" https://relais.example/geo ", "https://relais.example/geo"),
    ],
)
def test_the_operator_names_the_geocoder_or_turns_it_off(monkeypatch, setting, host):
    monkeypatch.delenv(addresses.ENVIRONMENT, raising=False)
    if setting is not None:
        monkeypatch.setenv(addresses.ENVIRONMENT, setting)
    assert addresses.configured_host() == host


def test_the_geocoder_of_the_environment_is_used(server, monkeypatch):
    monkeypatch.setenv(addresses.ENVIRONMENT, server.url + "/")
    assert addresses.find(TEXT)
    assert len(server.seen) == 1


def test_a_proxy_of_the_environment_is_not_used(start, monkeypatch):
    server, proxy = start(), start()
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert found(server)
    assert (len(server.seen), proxy.seen) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(start, status):
    server, elsewhere = start(), start()
    server.behave = answering(b"", status, Location=f"{elsewhere.url}/search?q=x")
    assert_unavailable(server.url)
    assert (len(server.seen), elsewhere.seen) == (1, [])


def test_no_cookie_comes_back(server):
    server.behave = answering(collection(), Set_Cookie="who=her")
    assert found(server) == found(server) == []
    assert all("cookie" not in headers for _, headers in server.seen)


# --- response -----------------------------------------------------------------------------


def test_an_address_is_read(server):
    assert found(server) == [
        Address("4 Rue du Commerce 86400 Civray", "86078", 0.2949, 46.1486, Kind.HOUSENUMBER, 0.87)
    ]


def test_addresses_keep_their_order_and_stay_within_the_limit(server):
    server.behave = answering(
        collection(*(feature(label=f"{number} rue", score=1 - number / 10) for number in range(9)))
    )
    assert [address.label for address in found(server, limit=2)] == ["0 rue", "1 rue"]


def test_a_guess_is_no_address(server):
    server.behave = answering(collection(feature(score=0.5), feature(score=0.49)))
    assert [address.score for address in found(server)] == [0.5]
    server.behave = answering(collection(feature(label="Rue ailleurs", score=0.21)))
    assert found(server) == []


@pytest.mark.parametrize(
    ("citycode", "coordinates", "code"),
    [
        ("75112", [2.387, 48.841], "75056"),
        ("97105", [-61.725, 15.997], "97105"),
        ("97353", [-53.0, 2.9], "97353"),  # Maripasoula: as far from its town hall as it gets
        ("78158", [2.126, 48.821, 130.0], "78158"),
    ],
)
def test_the_commune_is_that_of_2026(server, citycode, coordinates, code):
    server.behave = answering(collection(feature(citycode=citycode, coordinates=coordinates)))
    [address] = found(server)
    assert (address.code_insee, address.lng, address.lat) == (code, *coordinates[:2])


def test_a_label_is_one_line_of_text(server):
    server.behave = answering(collection(feature(label=" 4\u00a0Rue\ndu  Port\u202f86 ")))
    assert found(server)[0].label == "4 Rue du Port 86"


def test_an_empty_answer_finds_nothing(server):
    server.behave = answering(collection())
    assert found(server) == []


BAD_FEATURES = {
    "null": None,
    "a list": [],
    "no properties": {"type": "Feature", "geometry": feature()["geometry"]},
    "no geometry": {"type": "Feature", "properties": feature()["properties"]},
    "properties a list": feature() | {"properties": [1]},
    "geometry a text": feature() | {"geometry": "POINT (0 46)"},
    "no label": feature(label=None),
    "blank label": feature(label=" \n"),
    "label a number": feature(label=4),
    "label with a hidden turn": feature(label="4 rue\u202edu Port"),
    "label of a book": feature(label="x" * 201),
    "no citycode": feature(citycode=None),
    "citycode a number": feature(citycode=86078),
    "citycode a list": feature(citycode=["86078"]),
    "unknown commune": feature(citycode="99999"),
    "no type": feature(type=None),
    "unknown type": feature(type="poi"),
    "type a map": feature(type={}),
    "no score": feature(score=None),
    "score a text": feature(score="0.9"),
    "score true": feature(score=True),
    "score NaN": feature(score=float("nan")),
    "score over one": feature(score=12),
    "no coordinates": feature(coordinates=None),
    "one coordinate": feature(coordinates=[0.29]),
    "coordinates a text": feature(coordinates="0.29,46.14"),
    "coordinates texts": feature(coordinates=["0.29", "46.14"]),
    "a line": feature(coordinates=[[0.29, 46.14], [0.3, 46.2]]),
    "NaN": feature(coordinates=[float("nan"), 46.14]),
    "infinity": feature(coordinates=[0.29, float("inf")]),
    "longitude 181": feature(coordinates=[181, 46.14]),
    "latitude 91": feature(coordinates=[0.29, 91]),
    "a huge integer": feature(coordinates=[10**300, 46.14]),
    "swapped": feature(coordinates=[46.1486, 0.2949]),
    "another département's point": feature(coordinates=[7.75, 48.58]),
}


@pytest.mark.parametrize("bad", BAD_FEATURES.values(), ids=BAD_FEATURES)
def test_a_bad_feature_is_left_out_and_alone_is_no_answer(server, bad):
    server.behave = answering(collection(bad, feature(label="Good"), bad))
    assert [address.label for address in found(server)] == ["Good"]
    server.behave = answering(collection(bad))
    assert_unavailable(server.url)


GARBAGE = {
    "nothing": answering(b""),
    "a page": answering(b"<!doctype html><p>Maintenance</p>", Content_Type="text/html"),
    "half an answer": answering(collection(feature())[:-5]),
    "null": answering(b"null"),
    "a number": answering(b"42"),
    "a list": answering(b"[]"),
    "no features": answering(b'{"type": "FeatureCollection"}'),
    "features a map": answering(b'{"features": {"0": {}}}'),
    "features null": answering(b'{"features": null}'),
    "not UTF-8": answering(b'{"features": ["\xff\xfe"]}'),
    "a deep nest": answering(b"[" * 200_000),
    "a long number": answering(b'{"features": [' + b"9" * 10_000 + b"]}"),
    "gzip": answering(gzip.compress(collection(feature())), Content_Encoding="gzip"),
    "a gzip bomb": answering(gzip.compress(b" " * 10_000_000), Content_Encoding="gzip"),
    "too long": answering(collection(feature()) + b" " * 300_000),
    "a bad length": lambda handler: handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + collection(feature())[:-1]
    ),
    "bad chunks": lambda handler: handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + collection(feature())
    ),
    "not HTTP": lambda handler: handler.wfile.write(b"220 smtp.example ESMTP\r\n"),
    "a broken status": lambda handler: handler.wfile.write(b"HTTP/1.1 deux cents\r\n\r\n"),
    "a long header": lambda handler: handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"
    ),
    "a thousand headers": lambda handler: handler.wfile.write(
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n"
    ),
    "a closed door": lambda handler: handler.connection.shutdown(socket.SHUT_RDWR),
}


@pytest.mark.parametrize("behave", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_no_answer(server, behave):
    server.behave = behave
    assert_unavailable(server.url)


@pytest.mark.parametrize("status", [201, 204, 400, 403, 404, 418, 429, 500, 503, 504])
def test_any_other_status_is_no_answer(server, status):
    server.behave = answering(collection(feature()), status, Retry_After="1")
    assert_unavailable(server.url)
    assert len(server.seen) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["features", "properties", "geometry", "coordinates", "citycode"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_values, min_size=1, max_size=4), json_values)
def test_no_json_raises_or_gives_an_invalid_address(features, whole):
    assert addresses._addresses(collection(*features)) is None
    assert not addresses._addresses(json.dumps(whole).encode())
    good = addresses._addresses(collection(*features, feature()))
    assert [address.code_insee for address in good] == ["86078"]


# --- failures -----------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
SLOW = {
    "late": sleeping,
    "headers drop by drop": dripping(b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "body drop by drop": dripping(HEAD, b" "),
    "chunks drop by drop": dripping(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"
    ),
    "always going on": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("behave", SLOW.values(), ids=SLOW)
def test_the_timeout_is_for_the_whole_answer(server, behave):
    server.behave = behave
    began = time.monotonic()
    assert_unavailable(server.url, timeout_s=SHORT_S)
    # 1000 drops last 50 s: a timeout per read would not end the request early.
    assert time.monotonic() - began < 60 * SHORT_S
    assert_no_request_is_left()


def test_a_server_without_a_tls_handshake_times_out():
    """The system accepts the connection, but TLS never begins."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert_unavailable(f"https://127.0.0.1:{port}", timeout_s=SHORT_S)
        assert_unavailable(f"http://127.0.0.1:{port}", timeout_s=SHORT_S)
    assert_no_request_is_left()


def assert_no_request_is_left() -> None:
    end = time.monotonic() + 30
    while any(thread.name.startswith("geocoder") for thread in threading.enumerate()):
        assert time.monotonic() < end, "a request outlives its time-out"
        time.sleep(0.02)


def test_a_refused_connection_is_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert_unavailable(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "host",
    [
        "data.geopf.fr",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "http://127.0.0.1:port/",
        "http://127.0.0.1:99999/",
        "http://[::1",
        "http://exemple..fr/",
        "http://127.0.0.1:1/a b",
        "http://nowhere.invalid/",
    ],
)
def test_an_invalid_host_is_no_answer(host):
    assert_unavailable(host, timeout_s=SHORT_S)


def test_plain_http_where_tls_was_asked_for_is_no_answer(server):
    assert_unavailable(server.url.replace("http:", "https:"), timeout_s=SHORT_S)
    assert server.seen == []


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here (Debian package openssl)")
def test_a_certificate_must_be_vouched_for(server, monkeypatch, tmp_path):
    pem = tmp_path / "both.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(pem), "-out", str(tmp_path / "cert.pem"), "-days", "1"]
    subprocess.run(
        ["openssl", "req", "-x509", *key, *names, *files], check=True, stderr=subprocess.DEVNULL
    )
    certificate = (tmp_path / "cert.pem").read_text()
    pem.write_text(pem.read_text() + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    assert_unavailable(url)
    assert server.seen == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    assert addresses.find(TEXT, host=url)
    assert_unavailable(url.replace("localhost", "127.0.0.1"))


# --- search words -------------------------------------------------------------------------


def test_the_words_are_in_no_error_log_or_output(server, caplog, capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    secret = ("Secret", "secret", "Gard", "86078")
    for host in (server.url, "http://127.0.0.1:1/a b", "http://127.0.0.1:1", ""):
        server.behave = answering(TEXT.encode(), 400)
        error = assert_unavailable(host, timeout_s=SHORT_S)
        assert (error.__cause__, error.__context__) == (None, None)
        told = "".join(traceback.format_exception(error)[-1:])
        assert not [word for word in secret if word in told]
    said = "".join(itertools.chain(capfd.readouterr(), [caplog.text]))
    assert not [word for word in secret if word in said]
    assert list(tmp_path.iterdir()) == []
