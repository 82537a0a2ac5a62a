"""The app as others reach it: docs/nginx.conf in front of two real processes, on loopback."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.conftest import settled

ROOT = Path(__file__).parents[1]
CONF = ROOT / "docs" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
OPENSSL = shutil.which("openssl")
SECRET_QUERY = "departement=86&commune=Civray"

pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="no nginx here (Debian package nginx-light)"),
    pytest.mark.skipif(OPENSSL is None, reason="no openssl here (Debian package openssl)"),
]


@dataclass
class Site:
    """Two processes and nginx, as one client sees them."""

    folder: Path
    apps: dict[str, int]
    http: int = 0
    https: int = 0
    processes: dict[int, subprocess.Popen] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"localhost:{self.https}"

    @property
    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.folder / "fullchain.pem")

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"https://{self.address}", verify=self.trusted, timeout=10)

    def written(self) -> str:
        return "".join(log.read_text() for log in sorted(self.folder.glob("*.log")))

    def answered(self, path: str) -> set[int]:
        """The ports of the processes that answered requests for a path."""
        lines = [line.split() for line in (self.folder / "maillage.log").read_text().splitlines()]
        return {int(line[-1].rpartition(":")[2]) for line in lines if line[2] == path}

    def start(self, ports: Collection[int]) -> None:
        for port in ports:
            self.processes[port] = start_app(port, self.folder)
        for port in ports:
            self.wait(lambda port=port: healthy(port), self.processes[port])

    def wait(self, ready: Callable[[], bool], *needed: subprocess.Popen) -> None:
        deadline = time.monotonic() + 60
        while not ready():
            if any(each.poll() is not None for each in needed) or time.monotonic() > deadline:
                pytest.fail(f"{[each.args for each in needed]} did not come up\n{self.written()}")
            time.sleep(0.05)

    @contextmanager
    def without(self, port: int) -> Iterator[None]:
        """Kill one process, and start it again."""
        self.processes[port].kill()
        self.processes[port].wait()
        try:
            yield
        finally:
            self.start([port])

    @contextmanager
    def nginx(self, conf: str, *apps: int) -> Iterator[tuple[int, int]]:
        """Run nginx with this configuration, its ports and places changed to ours."""
        a, b = apps or self.apps.values()
        http, https = free_ports(2)
        for pattern, ours in {
            r"listen \[::\].*": "",
            r"listen 80\b": f"listen 127.0.0.1:{http}",
            r"listen 443\b": f"listen 127.0.0.1:{https}",
            r":8501\b": f":{a}",
            r":8502\b": f":{b}",
            r"maillage\.example\.fr": "localhost",
            r"/etc/ssl/maillage/": f"{self.folder}/",
            r"/var/log/nginx/": f"{self.folder}/",
            r"/var/cache/maillage\b": f"{self.folder}/kept",
        }.items():
            conf, changes = re.subn(pattern, ours, conf)
            assert changes, f"docs/nginx.conf has no {pattern} any more"
        kept = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
        )
        user = "" if os.geteuid() else "user root;\n"  # pytest's folders are closed to others
        place = self.folder / str(https)
        place.with_suffix(".conf").write_text(
            f"{user}daemon off;\npid {place}.pid;\nevents {{}}\nhttp {{\n{kept}{conf}\n}}\n"
        )
        command = [NGINX, "-c", f"{place}.conf", "-e", str(self.folder / "startup.log")]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            self.wait(lambda: listens(https), process)
            yield http, https
        finally:
            end(process)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("proxy"), dict(zip("ab", free_ports(2), strict=True)))
    make_certificate(site.folder)
    try:
        site.start(site.apps.values())
        with site.nginx(CONF.read_text()) as (site.http, site.https):
            yield site
    finally:
        for process in site.processes.values():
            end(process)


def start_app(port: int, folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    shared = {**os.environ, "STREAMLIT_SERVER_COOKIE_SECRET": "the same for both"}
    with (folder / f"app{port}.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=shared, stdout=log, stderr=log)


def end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).is_success
    except httpx.TransportError:
        return False


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def make_certificate(folder: Path) -> None:
    command = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost "
        "-keyout privkey.pem -out fullchain.pem"
    )
    subprocess.run([OPENSSL, *command.split()], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True)
    yield context.new_page()
    context.close()


def script_of(shell: str) -> str:
    """One of Streamlit's own scripts, named by its content."""
    return re.search(r'src="\.(/static/js/index\.[^"]+\.js)"', shell)[1]


def test_the_page_is_french_and_its_headers_stand_once(site):
    with site.client() as client:
        answer = client.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert '<html lang="fr"' in answer.text
    for name in ("content-security-policy", "referrer-policy", "strict-transport-security"):
        assert len(answer.headers.get_list(name)) == 1, name
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-encoding"] == "gzip"
    assert re.search(r"\d", answer.headers["server"]) is None


@pytest.mark.parametrize(("accepted", "packed"), [("gzip, br", "br"), ("gzip", "gzip")])
def test_scripts_arrive_compressed_and_may_be_kept(site, accepted, packed):
    with site.client() as client:
        script = script_of(client.get("/").text)
        answer = client.get(script, headers={"Accept-Encoding": accepted})
        plain = client.get(script, headers={"Accept-Encoding": "identity"})
    assert answer.headers["content-encoding"] == packed
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == plain.content
    assert answer.num_bytes_downloaded < len(plain.content) / 2


@pytest.mark.parametrize(("accepted", "packed"), [("gzip, br", "br"), ("gzip", "gzip")])
def test_outlines_arrive_compressed(site, accepted, packed):
    with site.client() as client:
        answer = client.get("/assets/outlines/86.json", headers={"Accept-Encoding": accepted})
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.json()["communes"]["features"]) == 265
    assert answer.headers["content-encoding"] == packed


def test_what_is_the_same_for_everyone_is_asked_of_a_process_once(site):
    with site.client() as client:
        for _ in range(3):
            answer = client.get("/assets/maillage/map.js?v=once")
            client.get("/manifest.json?often")
    assert "content-security-policy" in answer.headers
    lines = (site.folder / "maillage.log").read_text().splitlines()
    served = [line.split()[-1] for line in lines if " /assets/maillage/map.js " in line]
    assert [port for port in served if port != "-"] == served[:1]


def test_what_comes_from_the_list_or_a_visit_is_not_kept(site):
    with site.client() as client:
        for path in ("/", "/annuaire", "/assets/signs/x.json", "/_stcore/health", "/media/x.pdf"):
            for _ in range(2):
                client.get(path)
    kept = [path.read_bytes() for path in (site.folder / "kept").rglob("*") if path.is_file()]
    keys = [re.search(rb"^KEY: (?:br)?([^?\n]*)", each, re.MULTILINE)[1] for each in kept]
    public = rb"/(static|assets/(leaflet|markercluster|maillage|outlines)|component/[^/]+/static)/"
    assert keys
    assert [key for key in keys if not re.match(public, key)] == []


def test_a_first_visit_asks_for_all_scripts_of_the_page_ahead(site, page):
    asked, refused = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: answer.status >= 400 and refused.append(answer.url))
    shell = page.goto(f"https://{site.address}/").text()
    page.frame_locator("iframe").locator("canvas").first.wait_for()
    page.locator(".pied").wait_for()
    settled(page)
    page.wait_for_timeout(1000)  # what the last elements would still ask for
    scripts = {url.rpartition("/")[2] for url in asked if f"{site.address}/static/js/" in url}
    assert len(scripts) > 50
    assert {script for script in scripts if script not in shell} == set()
    assert refused == []


def test_plain_http_leads_to_https(site):
    answer = httpx.get(f"http://localhost:{site.http}/annuaire?{SECRET_QUERY}")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://localhost/annuaire?{SECRET_QUERY}"


def test_a_websocket_passes(site):
    stream = f"wss://{site.address}/_stcore/stream"
    ours = f"https://{site.address}"
    with connect(stream, ssl=site.trusted, origin=ours, subprotocols=["streamlit"]) as opened:
        assert opened.subprotocol == "streamlit"
        assert opened.ping().wait(5)


def test_a_websocket_of_another_site_is_refused(site):
    stream = f"wss://{site.address}/_stcore/stream"
    refused = pytest.raises(InvalidStatus, match="403")
    with refused, connect(stream, ssl=site.trusted, origin="https://elsewhere.example"):
        pass


def test_a_client_stays_with_one_process(site):
    with site.client() as client:
        client.get("/")
        for _ in range(10):
            client.get("/favicon.png?sticky")
        cookie = next(c for c in client.cookies.jar if c.name == "maillage_process")
    assert cookie.value in {"a", "b"}
    assert cookie.secure
    assert site.answered("/favicon.png") == {site.apps[cookie.value]}


def test_clients_share_both_processes(site):
    with site.client() as client:
        for _ in range(30):
            client.cookies.clear()
            client.get("/manifest.json")
    assert site.answered("/manifest.json") == set(site.apps.values())


def test_cookies_are_secure(site):
    with site.client() as client:
        cookies = client.get("/_stcore/health").headers.get_list("set-cookie")
        cookies += client.get("/_stcore/host-config").headers.get_list("set-cookie")
    assert {cookie.split("=")[0] for cookie in cookies} >= {"maillage_process"}
    assert all("; secure" in cookie.lower() for cookie in cookies), cookies


def test_a_file_too_large_is_refused(site):
    with site.client() as client:
        answer = client.put("/_stcore/upload_file/x/y", content=bytes(22 * 1024 * 1024))
    assert answer.status_code == 413


def test_a_client_goes_on_with_the_other_process(site):
    with site.client() as client:
        client.get("/")
        lost = client.cookies["maillage_process"]
        with site.without(site.apps[lost]):
            answers = [client.get(f"/?{SECRET_QUERY}").status_code for _ in range(5)]
            assert answers == [200] * 5
            assert client.cookies["maillage_process"] != lost
        client.get("/")
        assert client.cookies["maillage_process"] != lost


def test_an_open_page_goes_on_with_the_other_process(site, page):
    page.goto(f"https://{site.address}/")
    page.get_by_role("link", name="Annuaire").wait_for()
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    with site.without(site.apps[cookies["maillage_process"]]):
        page.get_by_role("link", name="Annuaire").click()
        page.get_by_role("heading", name="L’état de la liste").wait_for()


def test_without_any_process_the_emergency_numbers_remain(site):
    with site.nginx(CONF.read_text(), *free_ports(2)) as (_, https), site.client() as client:
        answer = client.get(f"https://localhost:{https}/")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "3919" in answer.text


def test_the_map_comes_under_a_path_too(site, page):
    conf = CONF.read_text().replace("location / {", "location /maillage/ {")
    conf = re.sub(r"# (rewrite|proxy_redirect) ", r"\1 ", conf)
    answers = {}
    page.on("response", lambda answer: answers.update({answer.url: answer.status}))
    with site.nginx(conf) as (_, https):
        page.goto(f"https://localhost:{https}/maillage/annuaire")
        page.get_by_role("heading", name="L’état de la liste").wait_for()
        page.get_by_role("link", name="Carte").click()
        page.frame_locator("iframe").locator("canvas").first.wait_for()
    assert [url for url in answers if "/maillage/" not in url] == []
    probes = "/annuaire/_stcore/"  # where Streamlit's own script looks first
    assert [url for url, status in answers.items() if status >= 400 and probes not in url] == []


def test_nothing_says_what_a_visitor_asked(site):
    with site.client() as client:
        client.get(f"/annuaire?{SECRET_QUERY}", headers={"User-Agent": "my own browser"})
    written = site.written()
    assert " /annuaire 200 " in written
    for private in ("Civray", "departement", "my own browser"):
        assert private not in written
