"""The server's logs: no search of a visitor, no row of a list, no secret."""

import logging
import os
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from geodata.upkeep import update_link
from pages.shared.service_list import PARIS
from pages.web import logs
from tests import oidc_provider
from tests.conftest import free_port, wait_for
from tests.forked_server import Forks
from tests.lists import CIVRAY, content, row
from tests.test_editing import secrets_of

MARK = "motmarque"
"""Stands in all that no log may hold."""

HIDDEN = f"{MARK}-foyer"
ROWS = (
    row("a", **CIVRAY, nom=f"MDS {MARK}", telephone="05 49 87 00 00"),
    row(HIDDEN, nom=f"Foyer {MARK}", type="hebergement", confidentialite="non_publie"),
    row("b", **CIVRAY, type="hebergement", adresse=f"3 rue {MARK}"),
)


@contextmanager
def serving(
    forks: Forks, path: Path, provider: oidc_provider.Provider
) -> Iterator[tuple[str, Path]]:
    """Run the application with sign-in; return its address and its log file."""
    port, log, secrets = free_port(), path.with_name("log.txt"), path.with_name("secrets.toml")
    given = secrets_of(provider, str(port)).replace('cookie_secret = "', f'cookie_secret = "{MARK}')
    secrets.write_text(given)
    arguments = ["app.py", f"--server.port={port}", f"--secrets.files={secrets}"]
    with forks.running(arguments, log, os.environ):
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).status == 200)
        yield url, log


def ask(url: str, page: str, query: str, *, forged: bool = False) -> str:
    """Open a page as a browser does, and return all that is drawn.

    `forged`: then choose a département that does not exist, which no browser would do.
    """
    urllib.request.urlopen(f"{url}/{page}?{query}")
    stream = f"{url.replace('http', 'ws')}/_stcore/stream"
    with connect(stream, origin=url, subprotocols=["streamlit"], max_size=None) as opened:
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = query
        opened.send(asked.SerializeToString())
        drawn = list(one_run(opened))
        if forged:
            choices = (message.delta.new_element.multiselect.id for message in drawn)
            choice = next(key for key in choices if "departements" in key)
            state = asked.rerun_script.widget_states.widgets.add(id=choice)
            state.string_array_value.data.append(MARK)
            opened.send(asked.SerializeToString())
            drawn = list(one_run(opened))
    return "\n".join(message.delta.new_element.alert.body for message in drawn)


def one_run(opened: ClientConnection) -> Iterator[ForwardMsg]:
    for frame in opened:
        message = ForwardMsg.FromString(frame)
        yield message
        if message.WhichOneof("type") == "script_finished":
            return


def test_the_server_writes_nothing_of_visitors_lists_or_secrets(
    forks, tmp_path, monkeypatch, visit
):
    path = tmp_path / "services.csv"
    path.write_bytes(content(ROWS))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(path))
    monkeypatch.setenv("MAILLAGE_EDITION", "connexion")
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", MARK * 8)
    monkeypatch.setattr(oidc_provider, "CLIENT_SECRET", f"{MARK} of the client")
    with oidc_provider.running() as provider, serving(forks, path, provider) as (url, log):
        provider.claims = {"email": "claire@example.fr", "email_verified": True}
        page = visit(f"{url}/annuaire?vue=verifier&par={MARK}&departements={MARK}")
        sent = {"name": f"{MARK}.csv", "mimeType": "text/csv", "buffer": content(ROWS)}
        page.locator("input[type=file]").set_input_files(sent)
        expect(page.get_by_text("Ce qui changerait")).to_be_visible()
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_url(f"{url}/")
        assert "_streamlit_user" in {cookie["name"] for cookie in page.context.cookies()}
        ask(url, "", f"mots={MARK}&fiche={HIDDEN}&types={MARK}&depart={MARK}&quand={MARK}")
        ask(url, "trouver", f"depuis=86078&besoin={MARK}&depart={MARK}")
        ask(url, "couverture", f"carte={MARK}&scenario={MARK}")
        link = update_link.make(MARK * 8, "a", datetime.now(PARIS).date())
        page.goto(f"{url}/mise-a-jour#{link}")
        page.get_by_label("Téléphone").fill("05 49 87 00 01")
        assert page.url == f"{url}/mise-a-jour"
        page.get_by_label("Autre chose à dire").fill(MARK)
        page.get_by_role("button", name="Envoyer").click()
        expect(page.get_by_text("Merci. La personne")).to_be_visible()
        assert page.strangers == []
        for address in (
            f"_stcore/{MARK}?depart={MARK}",
            f"donnees/services.csv?mots={MARK}",
            f"donnees/couverture.csv?departements={MARK}",
            f"donnees/{MARK}?{MARK}",
        ):
            with suppress(HTTPError):
                urllib.request.urlopen(f"{url}/{address}")
        assert "n’a pas pu s’afficher" in ask(url, "annuaire", f"mots={MARK}", forged=True)
        path.write_bytes(f"{MARK};id\n{MARK}".encode())
        assert "ne peut pas être lu" in ask(url, "permanences", f"mots={MARK}")
        written = log.read_text()
        assert link[:20] not in written
        assert link[-20:] not in written
    assert "KeyError" in written
    assert "raise KeyError(key)" in written
    for private in (MARK, "claire", "mots=", "depuis=", "code="):
        assert private not in written, re.findall(rf".*{private}.*", written)


@pytest.fixture
def quoting_nothing() -> Iterator[None]:
    made = logging.getLogRecordFactory()
    logs.quote_nothing()
    yield
    logging.setLogRecordFactory(made)


@pytest.mark.usefixtures("quoting_nothing")
def test_an_exception_is_logged_by_type_and_location_with_its_cause(caplog):
    with caplog.at_level("ERROR"):
        try:
            try:
                {}[MARK]
            except KeyError as error:
                raise ValueError(MARK) from error
        except ValueError:
            logging.getLogger("maillage").exception("A page failed.")
    told = [line.split("(")[0].strip() for line in caplog.text.splitlines()]
    kinds = [line for line in told if line in ("KeyError", "then", "ValueError")]
    assert kinds == ["KeyError", "then", "ValueError"]
    assert "tests/test_logs.py" in caplog.text
    assert MARK not in caplog.text


@pytest.mark.usefixtures("quoting_nothing")
def test_a_message_without_exception_is_logged_as_it_is(caplog):
    logging.getLogger("maillage").warning("editing is %s", "off")
    assert "editing is off" in caplog.text
