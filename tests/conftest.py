"""Fixtures: the application on a real server, and a real browser."""

import os
import shutil
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, Request, WebSocket, expect, sync_playwright
from streamlit.components.v2 import manifest_scanner
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.cluster import Bases, Cluster, programs
from tests.forked_server import Forks
from tests.lists import content
from tests.office import PROGRAM as SOFFICE
from tests.office import Office

ROOT = Path(__file__).parents[1]
BEGUN = time.monotonic()
# The headless shell needs half the processor time of the whole browser.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, CHROMIUMS)), None)
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
expect.set_options(timeout=60_000)
# No deadline: shared machines are slow at times. Examples are the same in every run, so that none
# fails by chance; `.ci/seeds` draws others.
settings.register_profile("maillage", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("fresh", deadline=None, derandomize=False, database=None, print_blob=True)
settings.load_profile("maillage")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seconds", type=float, help="skip the tests that are not begun by then")


def pytest_runtest_setup(item: pytest.Item) -> None:
    seconds = item.config.getoption("seconds")
    if seconds and time.monotonic() - BEGUN > seconds:
        pytest.skip("the time is up")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that use a browser first: they take longest, and none may be begun last."""
    long = {item.path for item in items if "browser" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in long)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(autouse=True, scope="session")
def installed_components() -> Iterator[None]:
    """Let Streamlit look once for installed components: it reads every package's metadata.

    `AppTest` does so for each test, a server once.
    """
    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manifest_scanner, "scan_component_manifests", lambda: found)
        yield


@pytest.fixture
def on_list(tmp_path, monkeypatch) -> Callable[..., Path]:
    """Point the application to a temporary list; call again to change the file."""
    path = tmp_path / "services.csv"
    monkeypatch.setenv("MAILLAGE_SERVICES", str(path))
    return lambda *rows: path.write_bytes(content(rows)) and path


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    with Forks() as started:
        yield started


@pytest.fixture(scope="session")
def serve(forks: Forks, tmp_path_factory) -> Callable[..., str]:
    """Start the application on a given list; all processes end with the test session."""

    def start(services: Path = ROOT / "services.csv", **environment: str) -> str:
        port = free_port()
        log = tmp_path_factory.mktemp("server") / "log.txt"
        settings = os.environ | environment | {"MAILLAGE_SERVICES": str(services)}
        forks.start(["app.py", f"--server.port={port}"], log, settings)
        base = environment.get("STREAMLIT_SERVER_BASE_URL_PATH", "")
        url = f"http://127.0.0.1:{port}/{base}".rstrip("/")
        wait_for(lambda: urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).status == 200)
        return url

    return start


def wait_for(ready: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError


@pytest.fixture(scope="session")
def office(tmp_path_factory) -> Office:
    if SOFFICE is None:
        pytest.skip("no LibreOffice found: install Debian's package libreoffice-calc")
    return Office(tmp_path_factory.mktemp("libreoffice"))


@pytest.fixture(scope="session")
def bases() -> Iterator[Bases]:
    """Databases of a PostgreSQL server of this session, ended with it."""
    if programs() is None:
        if os.environ.get("CI"):
            pytest.fail("Tests of the base must run in CI: install Debian's postgresql-postgis.")
        pytest.skip("no PostgreSQL with PostGIS found: install Debian's postgresql-postgis")
    cluster = Cluster()
    try:
        cluster.initialise()
        cluster.start()
        yield Bases(cluster)
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def app(serve) -> str:
    """The address of the application with the shipped list."""
    return serve()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(f"Browser tests must run in CI: install Debian's {CHROMIUMS[0]}.")
        pytest.skip(f"no Chromium found: install Debian's {CHROMIUMS[0]} to run browser tests")
    with sync_playwright() as playwright:
        # Blocking in this way keeps the browser's cache in use.
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", alone])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page as a new visitor; requests to other hosts are blocked and recorded.

    The page has `strangers` (requested addresses of other hosts), `errors` (script errors),
    `dialogs` (alerts, as a hostile text would open) and `runs` (what `settled` waits for).
    """
    contexts = []

    def open_page(url: str, *, size: dict[str, int] = DESKTOP, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport=size,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.strangers, page.errors, page.dialogs, page.runs = [], [], [], Runs(page)
        page.set_default_timeout(60_000)

        def watch(request: Request) -> None:
            if urlsplit(request.url).hostname not in (None, "127.0.0.1"):
                page.strangers.append(request.url)

        context.on("request", watch)
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("dialog", lambda dialog: (page.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


def map_of(page: Page):
    """Return the frame of the map, once it has drawn a territory."""
    frame = page.frame_locator(".st-key-cadre_carte iframe")
    frame.locator(".leaflet-container[data-territoire]").wait_for()
    return frame


class Runs:
    """Whether a page waits for a run of its script that it has asked for."""

    def __init__(self, page: Page) -> None:
        self.awaited = False
        page.on("websocket", self._watch)

    def _watch(self, socket: WebSocket) -> None:
        self.awaited = False
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, message: bytes | str) -> None:
        if isinstance(message, bytes):
            self.awaited |= BackMsg.FromString(message).HasField("rerun_script")

    def _received(self, message: bytes | str) -> None:
        if isinstance(message, bytes):
            forward = ForwardMsg.FromString(message)
            # A run that ends early is followed by the one that was asked for meanwhile.
            if forward.WhichOneof("type") == "script_finished":
                self.awaited = forward.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN


def settled(page: Page) -> None:
    """Wait until the page has what it asked its script for, and is idle."""
    page.wait_for_timeout(150)  # what was pressed is sent meanwhile
    end = time.monotonic() + 60
    while page.runs.awaited:
        assert time.monotonic() < end, "no run of the script came to its end"
        page.wait_for_timeout(20)
    page.wait_for_timeout(50)  # what came over the line is taken in meanwhile
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
