"""What a program that watches over the site is told, and that nobody else is."""

import asyncio
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.middleware import Middleware
from starlette.routing import Route

from pages.shared.service_list import PARIS
from pages.web import monitoring
from pages.web.run_queue import RunQueue
from tests.asgi import Client
from tests.conftest import ROOT
from tests.lists import CIVRAY, row

COMMUNE = "Civray"
BOTH = ("/sante", "/mesures")


def measured(text: str) -> dict[str, float]:
    """Return the samples of a Prometheus text, read by its own grammar."""
    name = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
    sample = re.compile(rf'({name}(?:{{(?:{name}="[^"\\\n]*",?)*}})?) ([0-9.e+]+)')
    found, types = {}, {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# "):
            _, word, metric, said = line.split(" ", 3)
            if word == "TYPE":
                assert metric not in types
                types[metric] = said
            continue
        key, value = sample.fullmatch(line).groups()
        assert types[key.partition("{")[0]] in {"counter", "gauge"}
        assert key not in found
        found[key] = float(value)
    return found


@pytest.fixture
def counts(monkeypatch) -> None:
    monkeypatch.setattr(monitoring, "_requests", monitoring.Counter())


@pytest.fixture
def client(on_list, counts) -> Client:  # noqa: ARG001
    on_list(row("86-mds-civray", **CIVRAY))
    return Client(monitoring.ROUTES, [Middleware(monitoring.Counted)])


def aged(path, **age: float) -> None:
    then = (datetime.now(PARIS) - timedelta(**age)).timestamp()
    os.utime(path, (then, then))


# --- health -------------------------------------------------------------------------------


def test_a_list_that_can_be_shown_is_healthy_and_has_an_age(client, on_list):
    aged(on_list(row("86-mds-civray", **CIVRAY)), days=12, hours=1)
    answer = client.get("/sante")
    assert answer.status_code == 200
    assert answer.text.replace("\xa0", " ").endswith("il y a 12 jours.\n")
    assert answer.headers["cache-control"] == "no-store"


def test_no_list_is_not_healthy(client, monkeypatch, tmp_path):
    monkeypatch.setenv("MAILLAGE_SERVICES", str(tmp_path / "nowhere.csv"))
    answer = client.get("/sante")
    assert (answer.status_code, answer.text) == (503, "Aucune liste à montrer.\n")
    told = measured(client.get("/mesures").text)
    assert (told["maillage_list_shown"], told["maillage_list_current"]) == (0, 0)
    assert "maillage_list_changed_timestamp_seconds" not in told


def test_a_process_with_the_last_good_list_is_not_to_be_restarted(client, on_list):
    path = on_list(row("86-mds-civray", **CIVRAY))
    assert client.get("/sante").status_code == 200
    path.write_bytes(b"\x00 no list")
    answer = client.get("/sante")
    assert answer.status_code == 200
    assert answer.text.startswith("La dernière bonne liste")
    told = measured(client.get("/mesures").text)
    assert (told["maillage_list_shown"], told["maillage_list_current"]) == (1, 0)


# --- who may ask --------------------------------------------------------------------------


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize(
    ("peer", "named", "status"),
    [
        ("127.0.0.1", "", 200),
        ("127.8.0.1", "", 200),
        ("::1", "", 200),
        ("::ffff:127.0.0.1", "", 200),
        ("10.0.0.5", "", 404),
        ("::ffff:10.0.0.5", "", 404),
        ("2001:db8::1", "", 404),
        ("testclient", "", 404),
        ("", "", 404),
        ("10.0.0.5", "10.0.0.5", 200),
        ("::ffff:10.0.0.5", "10.0.0.5", 200),
        ("10.0.0.6", "10.0.0.5", 404),
        ("10.1.0.77", "10.0.0.5 10.1.0.0/24", 200),
        ("10.1.1.77", "10.0.0.5 10.1.0.0/24", 404),
        ("2001:db8::1", "2001:db8::/32", 200),
    ],
)
def test_who_may_ask(on_list, monkeypatch, path, peer, named, status):
    on_list(row("86-mds-civray", **CIVRAY))
    monkeypatch.setenv("MAILLAGE_MESURES", named)
    assert Client(monitoring.ROUTES, peer=peer).get(path).status_code == status


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via"]
)
def test_nobody_asks_through_a_proxy(client, monkeypatch, path, header):
    monkeypatch.setenv("MAILLAGE_MESURES", "127.0.0.1")
    answer = client.get(path, headers={header: "127.0.0.1"})
    assert (answer.status_code, answer.text) == (404, "")


@pytest.mark.parametrize("wrong", ["localhost", "10.0.0.5,10.0.0.6", "10.0.0.5/24", "*"])
def test_a_wrong_address_stops_the_start_and_is_named(monkeypatch, wrong):
    monkeypatch.setenv("MAILLAGE_MESURES", f"127.0.0.1 {wrong}")
    with pytest.raises(SystemExit, match=re.escape(f"« {wrong} »")):
        monitoring.allowed()


# --- what is counted ----------------------------------------------------------------------


def test_every_page_is_counted_as_a_page():
    pages = {path.stem for path in ROOT.glob("pages/*.py")} - {"router"}
    assert {monitoring.kind(f"/{page}") for page in pages} == {"page"}
    assert monitoring.kind("/annuaire/_stcore/health") == "other"


def test_requests_are_counted_by_kind_and_status(client):
    for path in ("/sante", "/sante", f"/secret/{COMMUNE}", f'/"}} 1 {COMMUNE}'):
        client.get(path, params={"commune": COMMUNE})
    text = client.get("/mesures").text
    told = measured(text)
    assert told['maillage_requests_total{kind="monitoring",status="200"}'] == 2
    assert told['maillage_requests_total{kind="other",status="404"}'] == 2
    assert COMMUNE not in text


@pytest.mark.usefixtures("counts")
def test_an_exception_is_counted_as_what_is_answered():
    def broken(_request):
        raise ValueError(COMMUNE)

    client = Client([Route("/donnees/broken", broken)], [Middleware(monitoring.Counted)])
    with pytest.raises(ValueError, match=COMMUNE):  # the server answers 500
        client.get("/donnees/broken")
    assert dict(monitoring._requests) == {("donnees", 500): 1}


@pytest.mark.usefixtures("counts")
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (("websocket.accept", "websocket.send", "websocket.close"), 101),
        (("websocket.close",), 403),
    ],
)
def test_a_websocket_is_counted_once(sent, status):
    async def talk(_scope, _receive, send):
        for kind in sent:
            await send({"type": kind})

    async def to_nobody(_message):
        pass

    scope = {"type": "websocket", "path": "/_stcore/stream"}
    with ThreadPoolExecutor(1) as thread:  # a browser of another test may hold this one's loop
        thread.submit(asyncio.run, monitoring.Counted(talk)(scope, None, to_nobody)).result()
    assert dict(monitoring._requests) == {("websocket", status): 1}


def test_page_runs_that_fail_are_counted_and_shown(client):
    before = measured(client.get("/mesures").text)["maillage_page_failures_total"]
    shown = []
    count = monitoring.counted(lambda error: bool(shown.append(error)))
    assert count(ValueError(COMMUNE)) is False
    assert len(shown) == 1
    assert measured(client.get("/mesures").text)["maillage_page_failures_total"] == before + 1


def test_runs_that_wait_are_counted(client, monkeypatch):
    runs = RunQueue(1, 30)
    monkeypatch.setattr(monitoring, "RUNS", runs)

    def run():
        with runs.one():
            pass

    with runs.one():
        waiting = threading.Thread(target=run)
        waiting.start()
        while not runs.waiting:
            pass
        assert measured(client.get("/mesures").text)["maillage_runs_waiting"] == 1
    waiting.join()
    assert measured(client.get("/mesures").text)["maillage_runs_waiting"] == 0


def test_memory_and_age_are_true(client, on_list):
    aged(on_list(row("86-mds-civray", **CIVRAY)), days=3)
    told = measured(client.get("/mesures").text)
    now = datetime.now(PARIS).timestamp()
    age = now - told["maillage_list_changed_timestamp_seconds"]
    assert age == pytest.approx(3 * 86_400, abs=60)
    resident = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert told["process_resident_memory_bytes"] == pytest.approx(int(resident[1]) * 1024, rel=0.1)
