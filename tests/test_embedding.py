"""The map in other sites' pages: only in those that the operator names, without a cookie."""

import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

import pytest
from playwright.sync_api import expect

from pages.integrer import page, routes
from pages.map import assets
from pages.shared import clock
from pages.web import embedding
from pages.web.server import HARDENING
from tests.asgi import Client
from tests.lists import CIVRAY, HOSTILE, content, row
from tests.test_public_data import OTHERS, PUBLIC

VILLE = "https://www.ville.fr"


@pytest.fixture
def client() -> Client:
    return Client([*assets.ROUTES, *routes.ROUTES], HARDENING)


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("", ()),
        (VILLE, (VILLE,)),
        (f" {VILLE}/  https://b-c.example:8443\n", (VILLE, "https://b-c.example:8443")),
        (f"HTTPS://WWW.Ville.fr {VILLE}", (VILLE,)),
        ("http://localhost:9000 http://127.0.0.1", ("http://localhost:9000", "http://127.0.0.1")),
    ],
)
def test_the_operator_names_sites(monkeypatch, text, sites):
    monkeypatch.setenv("MAILLAGE_INTEGRER", text)
    assert embedding.sites() == sites


@pytest.mark.parametrize(
    "text",
    [
        "www.ville.fr",
        "*",
        "https://*.ville.fr",
        "https://",
        "http://www.ville.fr",
        f"{VILLE}/carte",
        f"{VILLE},https://b.fr",
        f"{VILLE};script-src",
        "'self'",
        "https://ville",
        "https://ville.fr:port",
        "https://ville.fr:99999",
        "https://ville.fr:0",
        "https://préfecture.fr",
        "https://ville.fr?x",
        "https://ville.fr#x",
        "https://[::1]",
        "data:",
        "https://moi@ville.fr",
    ],
)
def test_what_is_no_site_stops_the_server_with_what_to_write(monkeypatch, text):
    monkeypatch.setenv("MAILLAGE_INTEGRER", text)
    with pytest.raises(SystemExit, match=re.escape("https://www.ville.fr https://")) as stopped:
        embedding.sites()
    assert "MAILLAGE_INTEGRER" in str(stopped.value)


def ancestors(answer) -> str:
    (rule,) = re.findall("frame-ancestors ([^;]*)", answer.headers["content-security-policy"])
    return rule


def test_the_sites_named_and_no_other_path(client, on_list, monkeypatch):
    on_list(*PUBLIC)
    assert client.get("/integrer").status_code == 404
    assert ancestors(client.get("/integrer")) == "'none'"
    monkeypatch.setenv("MAILLAGE_INTEGRER", f"{VILLE} https://b.example")
    shown = client.get("/integrer?types=permanence")
    assert shown.status_code == 200
    assert ancestors(shown) == f"{VILLE} https://b.example"
    assert "unsafe-eval" not in shown.headers["content-security-policy"]
    assert "script-src 'self';" in shown.headers["content-security-policy"]
    assert "set-cookie" not in shown.headers
    for other in ("/integrer/", "/integrerx", "/assets/signs/x.json"):
        assert ancestors(client.get(other)) == "'self'", other


def test_the_other_rows_change_nothing(client, on_list, monkeypatch):
    monkeypatch.setenv("MAILLAGE_INTEGRER", VILLE)
    queries = ("", "departements=79", "mots=zinnia", "mots=tournesol", "types=hebergement")
    seen = []
    for listed in ([*PUBLIC, *OTHERS], PUBLIC):
        on_list(*listed)
        seen.append([client.get(f"/integrer?{query}").text for query in queries])
    assert seen[0] == seen[1]
    assert "Accueil de Civray" in seen[0][0]


def test_filters_stay_in_the_form_and_a_wrong_one_is_said(client, on_list, monkeypatch):
    monkeypatch.setenv("MAILLAGE_INTEGRER", VILLE)
    on_list(*PUBLIC)
    query = "departements=86&types=mds&types=ccas&langues=bas&mots=accueil&sans_precision=oui"
    text = client.get(f"/integrer?{query}").text
    assert '<option value="86" selected>' in text
    for kept in ('name="types" value="mds"', 'name="types" value="ccas"', 'value="accueil"'):
        assert f'<input type="hidden" {kept}' in text or kept in text
    assert 'name="langues" value="bas"' in text
    assert '<select name="types">' not in text
    wrong = client.get("/integrer?types=%3Cscript%3E")
    assert wrong.status_code == 400
    assert "« types »" in wrong.text
    assert "<script>" not in wrong.text
    assert 'class="quitter"' in wrong.text


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ("", ("", "Peu importe")),
        ("maintenant", ("maintenant", "Ouvert maintenant")),
        ("2026-11-26T14:00", ("2026-11-26T14:00", "Ouvert jeudi 26 novembre à 14 h")),
        ("2026-11-20T14:00", ("maintenant", "Ouvert maintenant")),
        ("jeudi-14:00-17:00",
         ("jeudi-14:00-17:00", "Ouvert jeudi 26 novembre entre 14 h et 17 h")),
        ("mardi-08:30-12:00",
         ("mardi-08:30-12:00", "Ouvert mardi 24 novembre entre 10 h et 12 h")),
    ],
)  # fmt: skip
def test_the_time_asked_for_is_an_option_of_the_menu(client, on_list, monkeypatch, given, option):
    monkeypatch.setenv("MAILLAGE_INTEGRER", VILLE)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 10, tzinfo=clock.PARIS))
    on_list(row("open", horaires_accueil="24/7", **CIVRAY))
    text = client.get(f"/integrer?departements=86&quand={given}").text.replace("\u00a0", " ")
    (menu,) = re.findall('<select name="quand">(.*?)</select>', text)
    assert re.findall('<option value="([^"]*)" selected>([^<]*)<', menu) == [option]
    offered = re.findall('<option value="([^"]*)"', menu)
    assert offered == list(dict.fromkeys(["", "maintenant", option[0]]))
    (title,) = re.findall("<h1[^>]*>(.*?)</h1>", text)
    now = "mardi 24 novembre à 10 h"
    asked = now if option[0] in ("", "maintenant") else option[1].removeprefix("Ouvert ")
    assert title.endswith(f", {asked}")


def test_too_many_services_are_not_cut_silently(client, on_list, monkeypatch):
    monkeypatch.setenv("MAILLAGE_INTEGRER", VILLE)
    monkeypatch.setattr(page, "MOST", 3)
    on_list(*PUBLIC)
    assert "c’est trop pour cette carte" in client.get("/integrer").text
    assert 'id="carte"' in client.get("/integrer?types=mds").text


class _Site(http.server.BaseHTTPRequestHandler):
    """Another site, whose every page shows the map in a frame."""

    framed = ""

    def do_GET(self) -> None:
        frame = f'<iframe src="{self.framed}" width="900" height="700"></iframe>'
        body = b"ailleurs" if self.path == "/loin" else frame.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def site() -> Iterator[tuple[str, type[_Site]]]:
    handler = type("Handler", (_Site,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}", handler
        server.shutdown()


def test_a_named_site_shows_it_and_quitter_leads_that_site_away(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    hostile = [
        row(f"x{n}", **CIVRAY, nom=text, telephone="05 49 87 00 00", adresse=text)
        for n, text in enumerate(HOSTILE)
    ]
    alone = row("y", nom="Seul", commune="Poitiers", code_insee="86194", code_postal="86000")
    path.write_bytes(content([*PUBLIC, *hostile, alone]))
    with ExitStack() as stack:
        ville, of_ville = stack.enter_context(site())
        other, of_other = stack.enter_context(site())
        url = serve(path, MAILLAGE_INTEGRER=ville, MAILLAGE_EXIT_URL=f"{ville}/loin")
        of_ville.framed = of_other.framed = f"{url}/integrer?departements=86"
        page = visit(f"{ville}/page")
        frame = page.frame_locator("iframe")
        expect(frame.locator("#carte .signe-carte").first).to_be_visible()
        expect(frame.get_by_role("heading", name="Accueil de Loudun").first).to_be_visible()
        settings = json.loads(frame.locator("#donnees").text_content())
        assert len(settings["sheets"]) == len(PUBLIC) + len(hostile) + 1
        frame.locator(".signe-carte").first.click()
        expect(frame.locator(".fiche-carte strong")).to_have_text("Seul")
        assert page.context.cookies() == []
        assert (page.errors, page.dialogs) == ([], [])
        assert [one for one in page.strangers if not one.startswith(ville)] == []
        frame.get_by_role("link", name="Quitter").click()
        page.wait_for_url(f"{ville}/loin")
        refused = visit(f"{other}/page")
        refused.wait_for_timeout(1000)
        assert refused.frame_locator("iframe").locator(".bandeau").count() == 0
