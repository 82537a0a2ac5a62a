"""The link by which a service proposes changes to its own row: signed, for one row, used once."""

import os
import re
import subprocess
import sys
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.services import read_services
from geodata.upkeep import suggestions, update_link
from geodata.upkeep.update_link import BadLink
from pages.annuaire import access
from pages.mise_a_jour import routes
from pages.shared import clock
from tests.asgi import Client
from tests.conftest import ROOT
from tests.lists import CIVRAY, HOSTILE, content, row
from tests.test_editing import NOW

SECRET = "s" * 40
TODAY = NOW.date()
A = row(
    "a",
    **CIVRAY,
    telephone="05 49 87 00 00",
    horaires_accueil="Mo-Fr 09:00-12:00",
    description="interne ?",
)
B = row("b", **CIVRAY, nom="CCAS", type="ccas")


@given(st.text(min_size=1, max_size=40), st.integers(0, update_link.DAYS))
def test_a_link_says_what_it_was_made_for_until_its_last_day(key, days):
    link = update_link.make(SECRET, key, TODAY)
    read = update_link.read(SECRET, f" {link}\n", TODAY + timedelta(days=days))
    assert (read.id, read.first) == (key, TODAY)
    assert read.last == TODAY + timedelta(days=update_link.DAYS)
    assert link != update_link.make(SECRET, key, TODAY)
    assert set(link) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@settings(max_examples=30)
@given(st.data())
def test_a_link_that_was_changed_or_cut_anywhere_is_refused(data):
    link = update_link.make(SECRET, "a", TODAY)
    at = data.draw(st.integers(0, len(link) - 1))
    other = data.draw(st.sampled_from("aZ9é.-\x00").filter(lambda sign: sign != link[at]))
    for changed in (link[:at] + other + link[at + 1 :], link[:at], link + other):
        with pytest.raises(BadLink, match="recopier en entier"):
            update_link.read(SECRET, changed, TODAY)


@pytest.mark.parametrize("link", ["", ".", "a.b", "é.é", "x" * 5000])
def test_what_is_no_link_is_refused(link):
    with pytest.raises(BadLink, match="recopier en entier"):
        update_link.read(SECRET, link, TODAY)


def test_another_secret_another_time_are_told_apart():
    link = update_link.make(SECRET, "a", TODAY)
    with pytest.raises(BadLink, match="recopier"):
        update_link.read("t" * 40, link, TODAY)
    with pytest.raises(BadLink, match=r"plus valable depuis le mardi.8.décembre.2026"):
        update_link.read(SECRET, link, date(2026, 12, 9))
    with pytest.raises(BadLink, match="horloge"):
        update_link.read(SECRET, link, TODAY - timedelta(days=1))


@pytest.mark.parametrize("secret", ["", "s" * 31])
def test_nobody_signs_or_reads_with_a_secret_that_can_be_guessed(secret):
    with pytest.raises(ValueError, match="32"):
        update_link.make(secret, "a", TODAY)
    with pytest.raises(ValueError, match="32"):
        update_link.read(secret, update_link.make(SECRET, "a", TODAY), TODAY)


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    file = tmp_path / "services.csv"
    file.write_bytes(content([A, B]))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(file))
    monkeypatch.setenv("MAILLAGE_EDITION", "connexion")
    monkeypatch.setattr(routes, "secret", lambda: SECRET)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return file


@pytest.fixture
def client(path) -> Client:  # noqa: ARG001 its list stands ready
    return Client(routes.ROUTES)


def post(client: Client, link: str, **fields: str):
    return client.post("/mise-a-jour", data={"lien": link, **fields})


def send(client: Client, link: str, **fields: str):
    return post(client, link, envoyer="oui", **fields)


def link_for(key: str = "a") -> str:
    return update_link.make(SECRET, key, TODAY)


def test_the_service_sees_its_row_and_proposes_and_the_list_stays(client, path):
    link = link_for()
    form = post(client, link)
    assert 'value="05 49 87 00 00"' in form.text
    assert "CCAS" not in form.text
    sent = send(client, link, telephone="05 49 87 00 01", message="Nous avons déménagé.")
    assert "relira votre réponse" in sent.text
    (one,) = suggestions.read(path)
    assert (one.id, one.cells, one.text) == (
        "a",
        (("telephone", "05 49 87 00 01"),),
        "Nous avons déménagé.",
    )
    assert link not in path.with_name("services.csv.signalements").read_text()
    assert path.read_bytes() == content([A, B])


def test_a_link_is_used_once_even_after_the_keeper_is_done(client, path):
    link = link_for()
    assert send(client, link).status_code == 200
    suggestions.FileSuggestions(path).mark(1, done=True, who="")
    send(client, link_for("b"))
    for again in (post(client, link), send(client, link, telephone="17")):
        assert (again.status_code, "a déjà servi" in again.text) == (400, True)
    assert [one.text for one in suggestions.read(path)] == [routes._CONFIRMED] * 2


@pytest.mark.parametrize("jumped", [date(2027, 2, 1), date(2030, 1, 1)])
def test_a_link_stays_used_where_the_clock_jumps_and_comes_back(client, path, monkeypatch, jumped):
    link = link_for()
    assert send(client, link).status_code == 200
    kept = suggestions.FileSuggestions(path)
    kept.mark(1, done=True, who="")
    services = read_services(path).services
    for text in ("un", "deux"):
        kept.add(services, "b", day=jumped, text=text)
    monkeypatch.setattr(suggestions, "MOST_AT_ONCE", 0)
    for again in (post(client, link), send(client, link, telephone="17")):
        assert (again.status_code, "a déjà servi" in again.text) == (400, True)


def test_a_link_stays_used_where_its_row_is_hidden_meanwhile(client, path):
    link = link_for()
    assert send(client, link, message="Entrée au 3 rue Secrète").status_code == 200
    path.write_bytes(content([A | {"confidentialite": "commune"}, B]))
    assert suggestions.FileSuggestions(path).read(read_services(path).services, "") == ()
    assert "Secrète" not in path.with_name("services.csv.signalements").read_text()
    path.write_bytes(content([A, B]))
    for again in (post(client, link), send(client, link, telephone="17")):
        assert (again.status_code, "a déjà servi" in again.text) == (400, True)


def test_a_link_is_forgotten_once_two_days_say_that_it_ended_long_ago(client, path):
    send(client, link_for())
    kept, services = suggestions.FileSuggestions(path), read_services(path).services
    used = suggestions.read(path)[0].link
    kept.mark(1, done=True, who="")
    last = TODAY + timedelta(days=update_link.DAYS)
    remembered = []
    for days in (60, 61, 62):
        kept.add(services, "b", day=last + timedelta(days=days), text="Fermé.")
        remembered.append(used in path.with_name("services.csv.signalements").read_text())
    assert remembered == [True, True, False]


@pytest.mark.parametrize(
    "now", [(B,), (A | {"confidentialite": "commune"}, B), (A | {"type": "hebergement"}, B)]
)
def test_a_row_that_is_gone_or_hidden_meanwhile_is_told_and_shows_nothing(client, path, now):
    link = link_for()
    path.write_bytes(content(now))
    for answer in (post(client, link), send(client, link, telephone="17")):
        assert answer.status_code == 400
        assert "plus dans la partie publique" in answer.text
        assert "MDS" not in answer.text
    assert suggestions.read(path) == ()


@pytest.mark.parametrize(
    ("field", "cell", "said"),
    [
        ("telephone", "zéro cinq", "telephone-faux"),
        ("courriel", "nous", "accueil@exemple.fr"),
        ("site_web", "javascript:alert(1)", "https://www.exemple.fr"),
        ("horaires_accueil", "quand on peut", "dans les précisions"),
        ("adresse", "a" * 601, "600 caractères"),
    ],
)
def test_what_cannot_be_read_is_said_and_what_was_typed_stays(client, path, field, cell, said):
    answer = send(client, link_for(), **{field: cell}, message="voir")
    assert answer.status_code == 400
    assert said in answer.text
    assert cell in answer.text
    assert ">voir</textarea>" in answer.text
    assert suggestions.read(path) == ()


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_are_never_read_as_html(client, path, text):
    path.write_bytes(content([A | {"nom": text, "adresse": text}, B]))
    form = post(client, link_for()).text
    assert "<img" not in form
    assert "<script>alert" not in form
    assert "<svg" not in form


def test_only_the_fields_of_the_form_can_be_proposed(client, path):
    send(client, link_for(), nom="Autre", confidentialite="non_publie", telephone="17")
    assert suggestions.read(path)[0].cells == (("telephone", "17"),)


class Form(HTMLParser):
    """What a browser sends back of a form in which nothing is typed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._text = (given.get("name") or "") if tag == "textarea" else ""
        if tag == "input":  # one line: a browser takes the ends of lines out of its value
            self.sent[given["name"] or ""] = re.sub(r"[\r\n]", "", given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.sent[self._text] = re.sub(r"\r?\n", "\r\n", data.removeprefix("\n"))


LINES = "Lundi 9h-12h\nMardi  sur rdv"
SEVERAL = dict.fromkeys(("horaires_accueil", "horaires_precisions", "adresse"), LINES)


def test_lines_of_a_cell_that_the_service_leaves_are_not_proposed(client, path):
    path.write_bytes(content([A | SEVERAL, B]))
    link = link_for()
    form = Form(post(client, link).text).sent
    assert send(client, link, **(form | {"telephone": "17"})).status_code == 200
    assert suggestions.read(path)[0].cells == (("telephone", "17"),)


def test_lines_of_a_cell_that_the_service_changes_are_not_glued(client, path):
    path.write_bytes(content([A | SEVERAL, B]))
    link = link_for()
    form = Form(post(client, link).text).sent
    form["horaires_precisions"] += "\r\nle matin"
    again = send(client, link, **(form | {"telephone": "zéro"}))  # shown again, as it was typed
    assert Form(again.text).sent == form | {"telephone": "zéro"}
    send(client, link, **form)
    (cell,) = suggestions.read(path)[0].cells
    assert cell == ("horaires_precisions", "Lundi 9h-12h Mardi sur rdv le matin")


@pytest.mark.parametrize("secret", ["", "s" * 31])
def test_with_a_secret_that_can_be_guessed_no_link_opens(client, monkeypatch, secret):
    monkeypatch.setattr(routes, "secret", lambda: secret)
    assert client.get("/mise-a-jour").status_code == 404
    assert send(client, link_for()).status_code == 404
    with pytest.raises(SystemExit, match="moins de 32"):
        routes.check_secret()
    monkeypatch.delenv("MAILLAGE_EDITION")
    routes.check_secret()


@pytest.mark.parametrize("secret", ["", "court"])
def test_with_a_secret_that_can_be_guessed_the_server_does_not_start(secret):
    settings = {"MAILLAGE_EDITION": "locale", "STREAMLIT_SERVER_COOKIE_SECRET": secret}
    done = subprocess.run(
        [sys.executable, "-c", "import app"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "STREAMLIT_SERVER_COOKIE_SECRET a moins de 32 caractères" in done.stderr


@pytest.mark.parametrize("tools", [os.environ["PATH"], "/nowhere"])
def test_the_documented_command_never_writes_an_empty_secret(tmp_path, tools):
    (command,) = re.findall(
        "^ +(.*STREAMLIT_SERVER_COOKIE_SECRET.*/etc/maillage/settings)$",
        (ROOT / "docs/running.md").read_text("utf-8"),
        re.MULTILINE,
    )
    settings = tmp_path / "settings"
    here = command.replace("/opt/maillage/.venv/bin/python", sys.executable)
    order = here.replace("/etc/maillage/settings", str(settings))
    done = subprocess.run(["/bin/sh", "-c", order], env={"PATH": tools}, check=False)
    assert done.returncode == 0
    _, _, secret = settings.read_text().strip().partition("STREAMLIT_SERVER_COOKIE_SECRET=")
    assert len(secret) == 64


def test_too_much_is_refused_and_without_editing_there_is_no_page(client, monkeypatch):
    assert client.post("/mise-a-jour", content=b"x" * 40_000).status_code == 413
    assert 'name="lien"' in client.get("/mise-a-jour").text
    monkeypatch.delenv("MAILLAGE_EDITION")
    assert client.get("/mise-a-jour").status_code == 404
    assert send(client, link_for()).status_code == 404


def test_the_keeper_makes_a_link_from_the_list_of_calls(path, monkeypatch):  # noqa: ARG001
    from tests.test_pages import open_page  # noqa: PLC0415

    monkeypatch.setattr(access, "editor", lambda: "observatoire")
    page = open_page("annuaire.py")
    page.button(key="lien_a_faire").click().run()
    assert not page.exception
    (shown,) = [code.value for code in page.code if "mise-a-jour#" in code.value]
    assert update_link.read(SECRET, shown.partition("#")[2], TODAY).id == "a"
