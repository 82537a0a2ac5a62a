"""The application behind docs/nginx.conf, with three real processes on loopback."""

import asyncio
import re
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Browser, Page
from websockets.asyncio.client import connect as connect_soon
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from docs import serve
from tests.conftest import Runs, settled
from tests.forked_server import Forks

SECRET_QUERY = "departement=86&commune=Civray"

pytestmark = [
    pytest.mark.skipif(serve.NGINX is None, reason="no nginx here (Debian package nginx-light)"),
    pytest.mark.skipif(serve.OPENSSL is None, reason="no openssl here (Debian package openssl)"),
]


class Proxied:
    """The site as seen by one client."""

    def __init__(self, site: serve.Site) -> None:
        self.site = site
        self.apps = dict(zip("abc", site.processes, strict=True))
        self.address = f"localhost:{site.https}"
        self.trusted = ssl.create_default_context(cafile=site.folder / "fullchain.pem")

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"https://{self.address}", verify=self.trusted, timeout=60)

    def log(self) -> list[str]:
        return (self.site.folder / "maillage.log").read_text().splitlines()

    def answered(self, path: str) -> set[int]:
        """Return the ports of the processes that answered requests for a path."""
        lines = [line.split() for line in self.log()]
        return {int(line[-1].rpartition(":")[2]) for line in lines if line[2] == path}

    @contextmanager
    def without(self, port: int) -> Iterator[None]:
        """Kill a process and start it again."""
        self.site.processes[port].kill()
        self.site.processes[port].wait()
        try:
            yield
        finally:
            self.site.start([port])

    @contextmanager
    def behind(self, conf: str, *apps: int) -> Iterator[int]:
        """Run another nginx in front of these ports; return its HTTPS port."""
        http, https = serve.free_ports(2)
        folder = self.site.folder
        conf = serve.configuration(
            conf,
            folder,
            certificate=folder,
            address="127.0.0.1",
            ports=(http, https, *(apps or self.apps.values())),
        )
        with serve.proxy(self.site, conf, https):
            yield https


@pytest.fixture(scope="module")
def site(forks: Forks) -> Iterator[Proxied]:
    with serve.served(run_app=forks.run) as site:
        yield Proxied(site)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.runs = Runs(page)
    yield page
    context.close()


def script_of(shell: str) -> str:
    """Return the path of a Streamlit script, whose name has a hash of its content."""
    return re.search(r'src="\.(/static/js/index\.[^"]+\.js)"', shell)[1]


def test_the_page_is_french_and_its_headers_are_not_repeated(site):
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


def test_what_may_be_a_page_has_its_rules_and_a_script_does_not_carry_them(site):
    with site.client() as client:
        shell = client.get("/")
        script = client.get(script_of(shell.text))
        signs = client.get("/assets/outlines/unknown.json")
        picture = client.get("/favicon.png")
    for page in (shell, signs, picture):
        assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
        assert page.headers["referrer-policy"] == "no-referrer"
    assert "content-security-policy" not in script.headers
    assert {each.headers["x-content-type-options"] for each in (shell, script)} == {"nosniff"}
    assert len(script.headers.raw) <= 12


@pytest.mark.parametrize(("accepted", "packed"), [("gzip, br", "br"), ("gzip", "gzip")])
def test_outlines_arrive_compressed(site, accepted, packed):
    with site.client() as client:
        answer = client.get("/assets/outlines/86.json", headers={"Accept-Encoding": accepted})
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.json()["communes"]["features"]) == 265
    assert answer.headers["content-encoding"] == packed


def test_shared_files_are_requested_from_a_process_once(site):
    with site.client() as client:
        script = re.search(r'src="\.(/assets/maillage/[^"]+)"', client.get("/").text)[1]
        for _ in range(3):
            answer = client.get(f"{script}?once")
            client.get("/manifest.json?often")
    assert answer.headers["x-content-type-options"] == "nosniff"
    served = [line.split()[-1] for line in site.log() if f" {script} " in line]
    assert [port for port in served if port != "-"] == served[:1]


def test_data_of_the_list_or_a_visit_is_not_cached(site):
    with site.client() as client:
        for path in ("/", "/annuaire", "/assets/signs/x.json", "/_stcore/health", "/media/x.pdf"):
            for _ in range(2):
                client.get(path)
    kept = [path.read_bytes() for path in (site.site.folder / "kept").rglob("*") if path.is_file()]
    keys = [re.search(rb"^KEY: (?:br)?([^?\n]*)", each, re.MULTILINE)[1] for each in kept]
    public = rb"/(static|assets/(leaflet|markercluster|maillage|outlines)|component/[^/]+/static)/"
    assert keys
    assert [key for key in keys if not re.match(public, key)] == []


def test_a_first_visit_asks_for_all_scripts_of_the_page_ahead(site, page):
    asked, refused, names, received = [], [], {}, {}
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: answer.status >= 400 and refused.append(answer.url))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on(
        "Network.requestWillBeSent",
        lambda sent: names.update({sent["requestId"]: sent["request"]["url"]}),
    )
    # Once for each address: a browser keeps nothing of a site whose certificate it does not trust.
    network.on(
        "Network.loadingFinished",
        lambda done: received.update({names.get(done["requestId"]): done["encodedDataLength"]}),
    )
    shell = page.goto(f"https://{site.address}/").text()
    page.frame_locator("iframe").locator("canvas").first.wait_for()
    page.locator(".pied").wait_for()
    settled(page)
    page.wait_for_timeout(1000)  # what the last elements would still ask for
    scripts = {url.rpartition("/")[2] for url in asked if f"{site.address}/static/js/" in url}
    assert len(scripts) > 50
    assert {script for script in scripts if script not in shell} == set()
    own = {url.rpartition("/assets/")[2] for url in asked if "/assets/maillage/" in url}
    assert {path for path in own if path not in shell} == set()
    assert len([path for path in own if path.endswith(".mjs")]) > 10
    assert refused == []
    unused = ("/static/media/", "/static/css/", "/assets/maillage/[^/]+/web/frame.css")
    assert [url for url in asked if re.search("|".join(unused), url)] == []
    # Less once the application has packed them as small as they get.
    assert 500_000 < sum(received.values()) < 930_000


def test_another_version_of_our_scripts_is_not_found_rather_than_mixed(site):
    with site.client() as client:
        script = re.search(r'src="\.(/assets/maillage/[^"]+)"', client.get("/").text)[1]
        known, other = (
            client.get(path) for path in (script, script.replace(script.split("/")[3], "another"))
        )
    assert known.status_code == 200
    assert other.status_code == 404
    assert "immutable" not in other.headers.get("cache-control", "")


def test_monitoring_is_for_this_machine_alone(site):
    for path, spelled in (("/sante", "/s%61nte"), ("/mesures", "/m%65sures")):
        own = httpx.get(f"http://127.0.0.1:{site.apps['a']}{path}")
        assert own.headers["content-type"] == "text/plain; charset=utf-8"
        for asked in (path, f"{path}/", f"/{path}", spelled):
            answer = httpx.get(f"https://{site.address}{asked}", verify=site.trusted)
            assert (answer.status_code, "nginx" in answer.text) == (404, True), asked


def test_the_application_refuses_monitoring_to_a_proxy_that_lets_it_pass(site):
    conf = serve.CONF.read_text()
    opened = conf.replace("(sante|mesures)", "(denied)")
    assert opened != conf
    with site.behind(opened) as port:
        for path in ("/sante", "/mesures"):
            answer = httpx.get(f"https://localhost:{port}{path}", verify=site.trusted)
            assert (answer.status_code, answer.text) == (404, "")


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("localhost", "localhost"),
        ("localhost:80", "localhost"),
        ("localhost:8080", "localhost:8443"),  # the ports of compose.yaml
        ("[::1]:8080", "[::1]:8443"),
    ],
)
def test_plain_http_leads_to_https(site, asked, led):
    plain = f"http://localhost:{site.site.http}/annuaire?{SECRET_QUERY}"
    answer = httpx.get(plain, headers={"Host": asked})
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{led}/annuaire?{SECRET_QUERY}"


def test_a_websocket_passes(site):
    stream = f"wss://{site.address}/_stcore/stream"
    ours = f"https://{site.address}"
    kind = {"subprotocols": ["streamlit"], "open_timeout": 60}  # the machine may do other work
    with connect(stream, ssl=site.trusted, origin=ours, **kind) as opened:
        assert opened.subprotocol == "streamlit"
        assert [one.name for one in opened.protocol.extensions] == ["permessage-deflate"]
        assert opened.ping().wait(5)


def test_a_websocket_of_another_site_is_refused(site):
    stream = f"wss://{site.address}/_stcore/stream"
    refused = pytest.raises(InvalidStatus, match="403")
    elsewhere = {"origin": "https://elsewhere.example", "open_timeout": 60}
    with refused, connect(stream, ssl=site.trusted, **elsewhere):
        pass


async def opened_at_once(site: Proxied, port: int, pages: int) -> list[int]:
    """Open this many websockets from one address; return the status of each."""
    address = f"wss://localhost:{port}/_stcore/stream"

    async def status(stack: AsyncExitStack) -> int:
        try:
            await stack.enter_async_context(
                connect_soon(address, ssl=site.trusted, open_timeout=60, ping_interval=None)
            )
        except InvalidStatus as refused:
            return refused.response.status_code
        return 101

    async with AsyncExitStack() as stack:
        return await asyncio.gather(*(status(stack) for _ in range(pages)))


def test_an_office_behind_one_address_opens_300_pages_at_once(site):
    with site.behind(serve.CONF.read_text()) as port, ThreadPoolExecutor(1) as thread:
        # A thread of its own: a browser of another test may hold this one's loop.
        statuses = thread.submit(asyncio.run, opened_at_once(site, port, 300)).result()
    assert statuses == [101] * 300


@pytest.mark.parametrize(
    ("limit", "lower"),
    [("limit_conn maillage_open 600", "limit_conn maillage_open 3"), ("burst=300", "burst=2")],
)
def test_one_address_may_not_hold_all(site, limit, lower):
    conf = serve.CONF.read_text()
    assert limit in conf
    conf = conf.replace(limit, lower).replace("rate=10r/s", "rate=1r/m")
    with site.behind(conf) as port, ThreadPoolExecutor(1) as thread:
        statuses = thread.submit(asyncio.run, opened_at_once(site, port, 8)).result()
    assert sorted(statuses) == [101] * 3 + [429] * 5


def test_a_client_stays_with_one_process(site):
    with site.client() as client:
        client.get("/")
        for _ in range(10):
            client.get("/favicon.png?sticky")
        cookie = next(c for c in client.cookies.jar if c.name == "maillage_process")
    assert cookie.value in {"a", "b", "c"}
    assert cookie.secure
    assert site.answered("/favicon.png") == {site.apps[cookie.value]}


def test_new_clients_go_to_each_process_in_turn(site):
    with site.client() as client:
        came = []
        for _ in range(12):
            client.cookies.clear()
            client.get("/manifest.json")
            came.append(client.cookies["maillage_process"])
    assert sorted(came) == sorted("abc" * 4)


def test_public_data_are_the_same_from_each_process_and_set_no_cookie(site):
    with site.client() as client:
        answers = [client.get("/donnees/services.csv?departements=86") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.content for answer in answers}) == 1
    tags = {answer.headers["etag"].removeprefix("W/") for answer in answers}
    assert len(tags) == 1
    assert not any("set-cookie" in answer.headers for answer in answers)
    assert len(site.answered("/donnees/services.csv")) > 1
    with site.client() as client:
        known = {"If-None-Match": f"W/{tags.pop()}"}
        again = client.get("/donnees/services.csv?departements=86", headers=known)
    assert again.status_code == 304


def test_one_address_may_not_ask_for_all_public_data(site):
    conf = serve.CONF.read_text()
    lower = conf.replace("burst=60", "burst=2").replace("rate=2r/s", "rate=1r/m")
    assert lower.count("burst=2 ") == 1
    with site.behind(lower) as port, httpx.Client(verify=site.trusted) as client:
        address = f"https://localhost:{port}/donnees/services.csv?limite=1"
        statuses = [client.get(address).status_code for _ in range(5)]
        other = client.get(f"https://localhost:{port}/_stcore/health").status_code
    assert statuses == [200] * 3 + [429] * 2
    assert other == 200


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


def test_a_client_continues_on_another_process(site):
    with site.client() as client:
        client.get("/")
        lost = client.cookies["maillage_process"]
        with site.without(site.apps[lost]):
            answers = [client.get(f"/?{SECRET_QUERY}").status_code for _ in range(5)]
            assert answers == [200] * 5
            assert client.cookies["maillage_process"] != lost
        client.get("/")
        assert client.cookies["maillage_process"] != lost


def test_an_open_page_goes_on_with_another_process(site, page):
    page.goto(f"https://{site.address}/")
    page.get_by_role("link", name="Annuaire").wait_for()
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    with site.without(site.apps[cookies["maillage_process"]]):
        page.get_by_role("link", name="Annuaire").click()
        page.get_by_role("heading", name="L’état de la liste").wait_for()


def test_without_any_process_the_emergency_numbers_remain(site):
    conf, ports = serve.CONF.read_text(), serve.free_ports(3)
    with site.behind(conf, *ports) as https, site.client() as client:
        answer = client.get(f"https://localhost:{https}/")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "3919" in answer.text


def test_the_map_comes_under_a_path_too(site, page):
    conf = serve.CONF.read_text().replace("location / {", "location /maillage/ {")
    conf = re.sub(r"# (rewrite|proxy_redirect|proxy_cookie_path) ", r"\1 ", conf)
    conf = conf.replace("answered; Path=/;", "answered; Path=/maillage/;")
    answers = {}
    page.on("response", lambda answer: answers.update({answer.url: answer.status}))
    with site.behind(conf) as https:
        page.goto(f"https://localhost:{https}/maillage/annuaire")
        page.get_by_role("heading", name="L’état de la liste").wait_for()
        page.get_by_role("link", name="Carte").click()
        page.frame_locator("iframe").locator("canvas").first.wait_for()
        with httpx.Client(verify=site.trusted) as client:
            root = f"https://localhost:{https}/maillage"
            data = client.get(f"{root}/donnees/services.csv?limite=1")
            following = client.get(urljoin(str(data.url), data.links["next"]["url"]))
            sent = client.get(f"{root}/donnees").headers["location"]
            monitoring = [client.get(f"{root}/{name}").status_code for name in ("sante", "mesures")]
            about = client.get(f"{root}/donnees/").text
            style = re.search(r'href="(\.\./assets/[^"]+\.css)"', about)[1]
            styled = client.get(urljoin(f"{root}/donnees/", style))
    assert {cookie["path"] for cookie in page.context.cookies()} == {"/maillage/"}
    assert "set-cookie" not in data.headers
    assert (following.status_code, sent, monitoring) == (200, "donnees/", [404, 404])
    assert following.text.splitlines()[1] != data.text.splitlines()[1]
    assert "immutable" in styled.headers["cache-control"]
    assert [url for url in answers if "/maillage/" not in url] == []
    probes = "/annuaire/_stcore/"  # where Streamlit's own script looks first
    assert [url for url, status in answers.items() if status >= 400 and probes not in url] == []


def test_no_log_has_the_search_of_a_visitor(site):
    with site.client() as client:
        client.get(f"/annuaire?{SECRET_QUERY}", headers={"User-Agent": "my own browser"})
        client.get(f"/donnees/services.csv?{SECRET_QUERY}")
    written = site.site.written()
    assert " /annuaire 200 " in written
    for private in ("Civray", "departement", "my own browser"):
        assert private not in written
