"""The whole site under a path of its host, as `server.baseUrlPath` puts it there."""

import re

import pytest
from playwright.sync_api import expect
from streamlit import config

from geodata.upkeep import update_link
from pages.donnees import routes as donnees
from pages.integrer import routes as integrer
from pages.map import assets
from pages.mise_a_jour import routes as mise_a_jour
from pages.shared import clock
from pages.web import monitoring
from pages.web.base_path import Based
from pages.web.server import HARDENING
from tests.asgi import Client
from tests.conftest import ROOT, map_of, settled
from tests.lists import CIVRAY, row

VILLE = "https://www.ville.fr"
ROUTES = [
    Based(route)
    for routes in (assets, donnees, integrer, mise_a_jour, monitoring)
    for route in routes.ROUTES
]


@pytest.fixture(params=["aide", "/aide/", "services/aide"])
def base(request) -> str:
    before = config.get_option("server.baseUrlPath")
    config._set_option("server.baseUrlPath", request.param, "a test")
    yield f"/{request.param.strip('/')}"
    config._set_option("server.baseUrlPath", before, "a test")


def test_our_addresses_are_found_under_it_with_the_same_headers(base, on_list, monkeypatch):
    on_list(row("86-mds-civray", **CIVRAY))
    monkeypatch.setenv("MAILLAGE_INTEGRER", VILLE)
    monkeypatch.setenv("MAILLAGE_EDITION", "locale")
    monkeypatch.setattr(monitoring, "_requests", monitoring.Counter())
    client = Client(ROUTES, HARDENING)
    csv = client.get(f"{base}/donnees/services.csv?limite=1")
    assert csv.text.splitlines()[1].startswith("86-mds-civray,")
    assert client.get(f"{base}/donnees").headers["location"] == "donnees/"
    assert client.get(f"{base}/donnees/openapi.json").json()["servers"] == [{"url": "."}]
    assert client.get(f"{base}/sante").status_code == 200
    assert client.get(f"{base}/mise-a-jour").headers["cache-control"] == "no-store"
    framed = client.get(f"{base}/integrer")
    assert f"frame-ancestors {VILLE};" in framed.headers["content-security-policy"]
    script = re.search(r'src="(assets/maillage/[^"]+)"', framed.text)[1]
    assert "immutable" in client.get(f"{base}/{script}").headers["cache-control"]
    seen = {kind for kind, _ in monitoring._requests}
    assert seen == {"donnees", "monitoring", "mise-a-jour", "integrer", "file"}


@pytest.mark.parametrize("path", ["donnees/services.csv", "sante", "integrer"])
def test_another_path_is_not_that_of_the_site(base, on_list, path):
    on_list(row("86-mds-civray", **CIVRAY))
    client = Client(ROUTES, HARDENING)
    for other in (f"{base}x/{path}", f"/x{base}/{path}", f"{base}{path}", f"{base}{base}/{path}"):
        assert client.get(other).status_code == 404, other


def test_pages_map_files_and_links_stay_under_it(serve, visit, tmp_path):
    secret = "s" * 40
    path = tmp_path / "services.csv"
    path.write_bytes((ROOT / "services.csv").read_bytes())
    site = serve(
        path,
        STREAMLIT_SERVER_BASE_URL_PATH="aide",
        STREAMLIT_SERVER_COOKIE_SECRET=secret,
        MAILLAGE_EDITION="locale",
        MAILLAGE_INTEGRER="http://localhost:1",
        MAILLAGE_EXIT_URL="about:blank",
    )
    assert site.endswith("/aide")
    page = visit(site)
    assert page.request.get(f"{site}/_stcore/metrics").status == 404  # how many visits are open
    answers = {}
    page.on("response", lambda answer: answers.update({answer.url: answer.status}))
    page.goto(f"{site}/permanences?departements=86")
    page.get_by_role("button", name="Mettre dans un agenda").click()
    address = page.locator(".stCode").inner_text().strip()
    assert address == f"{site}/donnees/permanences.ics?departements=86"
    assert page.request.get(address).text().startswith("BEGIN:VCALENDAR")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Carte").click()
    map_of(page)
    settled(page)
    page.get_by_role("link", name="données publiques").click()
    following = page.request.get(f"{site}/donnees/services.csv?limite=1").headers["link"]
    assert "<?limite=1&apres=" in following
    expect(page.get_by_role("heading", name="Les données publiques")).to_be_visible()
    page.goto(f"{site}/integrer?departements=86&types=mds")
    expect(page.locator("#carte .signe-carte").first).to_be_visible()
    page.get_by_label("Quoi").select_option("commissariat")
    page.get_by_role("button", name="Montrer").click()
    expect(page).to_have_url(re.compile(f"^{re.escape(site)}/integrer[?].*types=commissariat"))
    page.goto(f"{site}/mise-a-jour")
    link = update_link.make(secret, "86-mds-civray", clock.now().date())
    page.evaluate("link => { location.hash = link }", link)  # pasted where the page is open
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("Merci.")).to_be_visible()
    assert page.url == f"{site}/mise-a-jour"
    assert [url for url in answers if not url.startswith(site)] == []
    probes = ("/permanences/_stcore/", "/carte/_stcore/")  # where Streamlit looks for itself first
    failed = [url for url, status in answers.items() if status >= 400]
    assert [url for url in failed if not any(probe in url for probe in probes)] == []
    assert page.errors == []
    page.locator("a.quitter").click()
    page.wait_for_url("about:blank")
