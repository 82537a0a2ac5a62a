"""Editing the list on the page: access, saving, concurrent changes, undo."""

import os
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import filelock
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Error, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from docs import serve
from geodata.upkeep import keeping
from geodata.upkeep.keeping import Edit
from pages.annuaire import access
from pages.annuaire.editing.fields import FIELDS, closed_columns
from pages.shared import clock
from pages.shared.service_list import PARIS
from tests import oidc_provider
from tests.conftest import free_port, settled, wait_for
from tests.forked_server import Forks
from tests.lists import CIVRAY, content, row

NOW = datetime(2026, 11, 24, 10, tzinfo=PARIS)
SHELTER = {"type": "hebergement", "nom": "Foyer", "zone_eligibilite": "86", "telephone": "115"}
ROWS = (
    row("a", **CIVRAY, nom="MDS A", telephone="05 49 87 00 00", adresse="3 rue du Temple"),
    row("b", **CIVRAY, nom="CCAS B", type="ccas", structure="Mairie"),
    row("c", **SHELTER),
)
PAGE = """
import streamlit as st
from pages.annuaire import access, editing
from pages.shared import page_frame, service_list

services = service_list.load().reading.services
page_frame.keep_up_to_date()
access.sign_in()
key = st.selectbox("Fiche", [*services.index, "absente"], key="choix")
editing.panel(services, key)
editing.new_row(services)
editing.history(services)
"""
APP = """
import streamlit as st
from pages.map.assets import ROUTES
from pages.web.server import HARDENING

app = st.App({page!r}, routes=ROUTES, middleware=HARDENING)
"""


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    """The path of a list that the pages use."""
    file = tmp_path / "services.csv"
    file.write_bytes(content(ROWS))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(file))
    monkeypatch.delenv("MAILLAGE_EDITION", raising=False)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return file


@pytest.fixture
def visitor(path, monkeypatch) -> Callable[..., AppTest]:  # noqa: ARG001 its list stands ready
    """Open the page with the right to edit; access control is tested below."""
    monkeypatch.setattr(access, "editor", lambda: "observatoire")

    def opened(key: str = "a", *, modify: bool = True) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=60).run()
        page.selectbox(key="choix").select(key).run()
        return press(page, "Modifier cette fiche") if modify else page

    return opened


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def widget(page: AppTest, label: str):
    kinds = ("text_input", "text_area", "selectbox", "multiselect", "checkbox", "radio")
    return next(one for kind in kinds for one in page.get(kind) if one.label.startswith(label))


def fill(page: AppTest, **cells: object) -> AppTest:
    for label, value in cells.items():
        widget(page, label.replace("_", " ")).set_value(value)
    page.run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    kinds = ("error", "warning", "info", "caption", "markdown", "text")
    words = "\n".join(one.value for kind in kinds for one in page.get(kind))
    return words.replace("\\", "").replace("\u00a0", " ").replace("\u202f", " ").replace("'", "’")


def cell(path: Path, key: str, column: str) -> str:
    return keeping.read_cells(path).loc[key, column]


def told(path: Path) -> list[tuple]:
    return [
        (e.change, e.who, e.id, e.column, e.before, e.after) for e in keeping.read_history(path)
    ]


# --- a form -------------------------------------------------------------------------------


@pytest.mark.usefixtures("path")
def test_with_editing_off_nothing_is_drawn():
    page = AppTest.from_string(PAGE, default_timeout=60).run()
    assert not page.exception
    assert [len(page.get(kind)) for kind in ("button", "toggle", "text_input", "info")] == [0] * 4
    assert [box.label for box in page.selectbox] == ["Fiche"]


def test_a_cell_is_changed_and_only_it(path, visitor):
    before = path.read_bytes()
    page = fill(visitor(), Téléphone="05 49 87 11 11")
    press(page, "Enregistrer")
    assert "Enregistré : 1 case." in said(page)
    assert path.read_bytes() == before.replace(b"05 49 87 00 00", b"05 49 87 11 11")
    assert told(path) == [(1, "observatoire", "a", "telephone", "05 49 87 00 00", "05 49 87 11 11")]
    assert "Modifier cette fiche" in [button.label for button in page.button]


def test_a_form_saved_as_it_was_opened_changes_nothing(path, visitor):
    odd = row("a", **CIVRAY, acces="Sur RDV | telephone|", publics="inconnu|femmes", type="MDS")
    path.write_bytes(content([odd | {"description": "deux\nlignes", "x_libre": " à part "}]))
    before = path.read_bytes()
    page = press(visitor(), "Enregistrer")
    assert "Rien n’avait changé." in said(page)
    assert path.read_bytes() == before


def test_choices_lists_and_the_tick_are_written(path, visitor):
    page = visitor("b")
    wanted = {"Comment venir": ["telephone", "sans-rdv"], "Vérifié aujourd": True}
    fill(page, Type="association", **wanted)
    press(page, "Enregistrer")
    cells = keeping.read_cells(path).loc["b"]
    assert cells["type"] == "association"
    assert cells["acces"] == "sans-rdv|telephone"
    assert cells["date_verification"] == "2026-11-24"


def test_parsed_hours_are_described_and_invalid_ones_reported(visitor):
    page = fill(visitor(), Horaires="lundi au vendredi 9h-17h30")
    assert "Compris : Du lundi au vendredi, 9 h – 17 h 30" in said(page)
    fill(page, Horaires="08:30+")
    assert "Compris" not in said(page)
    assert "Les horaires seraient montrés comme inconnus." in said(page)


def test_a_row_with_an_error_is_not_saved_and_stays_typed(path, visitor):
    before = path.read_bytes()
    page = fill(visitor(), Téléphone="05 49 87 11 11", Date_de="hier")
    assert "« hier » n’est pas une date." in said(page)
    press(fill(page, Nom=""), "Enregistrer")
    assert "La case est vide alors qu’elle est obligatoire. La fiche ne peut pas" in said(page)
    assert "Rien n’a été enregistré" in said(page)
    assert path.read_bytes() == before
    assert widget(page, "Téléphone").value == "05 49 87 11 11"
    press(fill(page, Nom="MDS"), "Enregistrer")
    assert cell(path, "a", "telephone") == "05 49 87 11 11"


def test_a_row_that_becomes_hidden_lists_emptied_cells_and_takes_no_address(path, visitor):
    page = fill(visitor(), Ce_qui="departement")
    assert "seront vidés : Adresse, Code postal, Commune, Code INSEE" in said(page)
    assert "Ce lieu devient confidentiel" in said(page)
    assert widget(page, "Adresse").disabled
    assert widget(page, "Commune").disabled
    fill(page, Ce_qui="public")
    assert widget(page, "Adresse").value == "3 rue du Temple"
    fill(page, Ce_qui="commune")
    assert widget(page, "Adresse").disabled
    assert not widget(page, "Commune").disabled
    press(page, "Enregistrer")
    assert (cell(path, "a", "adresse"), cell(path, "a", "commune")) == ("", "Civray")
    beside = [file.read_text() for file in path.parent.iterdir() if file.is_file()]
    assert not any("Temple" in text for text in beside)


def test_what_may_be_known_comes_first_for_a_shelter(visitor):
    page = visitor("c")
    assert [box.label for box in page.selectbox][1] == "Ce qui peut être su du lieu"
    assert widget(page, "Adresse").disabled
    assert widget(page, "Adresse").value == ""


def test_a_hidden_place_is_not_shown_from_here(path, visitor):
    before = path.read_bytes()
    page = press(fill(visitor("c"), Ce_qui="public"), "Enregistrer")
    assert "deviendrait plus visible" in said(page)
    assert path.read_bytes() == before


def test_a_row_is_added_with_an_id_of_its_own(path, visitor):
    page = press(visitor(modify=False), "Ajouter une fiche")
    press(page, "Enregistrer")
    assert said(page).count("La case est vide alors qu’elle est obligatoire.") == 3
    fill(page, Identifiant="a", Nom="CIDFF d’Épône", Type="association", Source="Appel")
    press(page, "Enregistrer")
    assert "Cet identifiant existe déjà" in said(page)
    fill(page, Identifiant="", Code_INSEE="78217")
    press(page, "Enregistrer")
    assert "Fiche ajoutée : 78-cidff-d-epone." in said(page)
    assert cell(path, "78-cidff-d-epone", "nom") == "CIDFF d’Épône"


def test_the_id_proposed_for_a_hidden_place_reveals_no_name(path, visitor):
    page = press(visitor(modify=False), "Ajouter une fiche")
    fill(page, Nom="Foyer", Type="hebergement", Source="Appel")
    fill(page, Département="86")
    press(page, "Enregistrer")
    assert "86-hebergement" in keeping.read_cells(path).index


def test_a_row_is_removed_once_confirmed(path, visitor):
    page = visitor("b", modify=False)
    assert next(button for button in page.button if button.label == "Retirer").disabled
    fill(page, Oui=True)
    press(page, "Retirer")
    assert list(keeping.read_cells(path).index) == ["a", "c"]


@given(st.sampled_from(sorted(FIELDS)), st.text())
def test_an_unedited_cell_is_unchanged(column, written):
    field = FIELDS[column]
    assert field.text(field.shown(written), written) == written


@given(st.sampled_from(["", "hebergement", "Hébergement", "mds"]), st.text(max_size=12))
def test_a_row_that_is_not_public_takes_no_address(kind, level):
    cells = {"type": kind, "confidentialite": level}
    shelter = kind.lower().startswith("h")
    public = level.strip().lower() == "public" or (not level.strip() and not shelter)
    assert ("adresse" in closed_columns(cells)) is not public


# --- concurrent changes and disk errors ---------------------------------------------------


def changed_by_another(path: Path, column: str, before: str, after: str) -> None:
    keeping.save(path, [Edit("a", column, before, after)], who="cidff", now=NOW)


def test_two_people_in_one_row_keep_both_their_cells(path, visitor):
    page = fill(visitor(), Téléphone="05 49 87 11 11")
    changed_by_another(path, "structure", "", "Département")
    press(page, "Enregistrer")
    assert "Enregistré : 1 case." in said(page)
    assert cell(path, "a", "structure") == "Département"
    assert cell(path, "a", "telephone") == "05 49 87 11 11"


@pytest.mark.parametrize(("kept", "phone"), [("le vôtre", "1111"), ("celui du fichier", "2222")])
def test_one_cell_changed_twice_requires_a_choice(path, visitor, kept, phone):
    page = fill(visitor(), Téléphone="1111", Structure="Mairie", Vérifié_aujourd=True)
    changed_by_another(path, "telephone", "05 49 87 00 00", "2222")
    press(page, "Enregistrer")
    assert cell(path, "a", "structure") == ""
    table = page.table[0].value
    assert table.iloc[0].tolist() == ["05 49 87 00 00", "2222", "1111"]
    fill(page, Téléphone_=kept)
    press(page, "Enregistrer avec ces choix")
    assert cell(path, "a", "telephone") == phone
    assert cell(path, "a", "structure") == "Mairie"
    assert cell(path, "a", "date_verification") == "2026-11-24"


def test_a_deleted_row_keeps_what_was_typed(path, visitor):
    page = fill(visitor("b"), Structure="CCAS de Civray")
    cells = keeping.read_cells(path)
    gone = keeping.edits_between(cells, cells.drop(index="b"))
    keeping.save(path, gone, who="cidff", now=NOW)
    press(page, "Enregistrer")
    assert "a été retirée de la liste entre-temps" in said(page)
    assert [block.value for block in page.code] == ["Structure : CCAS de Civray"]
    press(page, "J’ai copié, fermer")
    assert not page.code


def test_a_disk_error_is_reported_and_keeps_what_was_typed(path, visitor):
    before = path.read_bytes()
    page = fill(visitor(), Téléphone="1111")
    in_the_way = path.with_name("services.csv.tmp")
    in_the_way.mkdir()
    press(page, "Enregistrer")
    assert "L’enregistrement n’a pas abouti : le fichier ne peut pas être écrit." in said(page)
    assert str(path.parent) not in said(page)
    assert path.read_bytes() == before
    assert widget(page, "Téléphone").value == "1111"
    in_the_way.rmdir()
    press(page, "Enregistrer")
    assert cell(path, "a", "telephone") == "1111"


def test_a_damaged_history_stops_no_save(path, visitor):
    page = fill(visitor(), Téléphone="1111")
    path.with_name("services.historique.jsonl").write_text("not json")
    press(page, "Enregistrer")
    assert "Enregistré : 1 case." in said(page)
    assert cell(path, "a", "telephone") == "1111"


def test_a_lock_that_is_taken_is_reported(path, visitor, monkeypatch):
    monkeypatch.setattr(keeping, "_WAIT_S", 0.1)
    page = fill(visitor(), Téléphone="1111")
    with filelock.FileLock(path.with_name("services.csv.lock")):
        press(page, "Enregistrer")
    assert "Quelqu’un d’autre enregistre en ce moment." in said(page)
    assert widget(page, "Téléphone").value == "1111"


def test_a_person_who_may_no_longer_edit_can_copy_what_was_typed(path, visitor, monkeypatch):
    before = path.read_bytes()
    page = fill(visitor(), Téléphone="1111")
    monkeypatch.setattr(access, "editor", lambda: None)
    press(page, "Enregistrer")
    assert path.read_bytes() == before
    assert "Vous ne pouvez plus modifier la liste" in said(page)
    assert [block.value for block in page.code] == ["Téléphone : 1111"]


# --- the history --------------------------------------------------------------------------


def test_a_change_is_listed_and_undone_to_the_byte(path, visitor):
    before = path.read_bytes()
    page = press(fill(visitor(), Téléphone="1111"), "Enregistrer")
    table = page.table[0].value
    assert table.iloc[0].tolist() == ["Téléphone", "05 49 87 00 00", "1111"]
    assert "observatoire · 1 case · MDS A" in said(page)
    press(page, "Oui, annuler cette modification")
    assert path.read_bytes() == before
    assert "Remis comme avant : 1 case." in said(page)
    assert len(page.table) == 2


def test_an_undo_that_would_lose_a_later_change_is_refused(path, visitor):
    page = press(fill(visitor(), Téléphone="1111"), "Enregistrer")
    changed_by_another(path, "telephone", "1111", "2222")
    press(page, "Oui, annuler cette modification")
    assert "Rien n’a été remis : « Téléphone » de « MDS A » a encore changé depuis." in said(page)
    assert cell(path, "a", "telephone") == "2222"


def test_the_history_hides_confidential_cells(visitor):
    page = press(fill(visitor(), Ce_qui="departement"), "Enregistrer")
    shown = page.table[0].value.to_string()
    assert "(non montré)" in shown
    assert "Temple" not in shown
    assert "Oui, annuler cette modification" not in [button.label for button in page.button]


# --- access from this machine -------------------------------------------------------------

DIRECT = {"host": ["localhost:8501"], "origin": ["http://localhost:8501"], "user-agent": ["x"]}


@pytest.mark.parametrize(
    ("change", "peer", "may"),
    [
        ({}, None, True),
        ({"host": ["127.0.0.1"], "origin": ["http://127.0.0.1"]}, None, True),
        ({"host": ["[::1]:8501"], "origin": ["http://[::1]:8501"]}, None, True),
        ({}, "192.168.1.7", False),
        ({"x-forwarded-for": ["127.0.0.1"]}, None, False),
        ({"x-forwarded-for": [""]}, None, False),
        ({"forwarded": ["for=127.0.0.1"]}, None, False),
        ({"x-real-ip": ["127.0.0.1"]}, None, False),
        ({"via": ["1.1 proxy"]}, None, False),
        ({"x-anything-else": ["1"]}, None, False),
        ({"host": ["maillage.example.fr"]}, None, False),
        ({"host": ["localhost.example.fr:8501"]}, None, False),
        ({"host": ["localhost:8501", "maillage.example.fr"]}, None, False),
        ({"host": ["localhost:8501\n"]}, None, False),
        ({"origin": []}, None, False),
        ({"origin": ["null"]}, None, False),
        ({"origin": ["http://localhost:3000"]}, None, False),
        ({"origin": ["https://maillage.example.fr"]}, None, False),
        ({"origin": ["http://localhost:8501", "http://localhost:8501"]}, None, False),
    ],
)
def test_only_a_browser_of_this_machine_came_directly(change, peer, may):
    assert access.came_directly(DIRECT | change, peer) is may


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("server.address", "0.0.0.0"),
        ("server.address", None),
        ("server.enableCORS", False),
        ("server.enableXsrfProtection", False),
        ("server.corsAllowedOrigins", ["https://example.fr"]),
    ],
)
def test_a_server_that_others_reach_is_not_local(setting, value):
    safe = {
        "server.address": "127.0.0.1",
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.corsAllowedOrigins": [],
    }
    assert access._unsafe_setting(safe.get) == ""
    assert access._unsafe_setting((safe | {setting: value}).get)


@contextmanager
def serving(
    forks: Forks, folder: Path, port: int | None = None, **environment: str
) -> Iterator[str]:
    """Run the page with the application's security headers, in its own process."""
    script, app, port = folder / "page.py", folder / "app.py", port or free_port()
    script.write_text(PAGE)
    app.write_text(APP.format(page=str(script)))
    arguments = [str(app), f"--server.port={port}", f"--secrets.files={folder / 'secrets.toml'}"]
    with forks.running(arguments, folder / "log.txt", os.environ | environment):
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).status == 200)
        yield url


def drawn(address: str, *, origin: str = "", tls: ssl.SSLContext | None = None, **more: str) -> str:
    """Return all that one run sends to a websocket opened with these headers."""
    name, port = address.split(":")
    scheme = "s" if tls else ""
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    stream = connect(
        f"ws{scheme}://{address}/_stcore/stream",
        sock=socket.create_connection(("127.0.0.1", int(port))),
        ssl=tls,
        origin=origin or f"http{scheme}://{name}:{port}",
        subprotocols=["streamlit"],
        additional_headers=headers,
        max_size=None,
    )
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    sent = []
    with stream as opened:
        opened.send(asked.SerializeToString())
        for frame in opened:
            message = ForwardMsg.FromString(frame)
            sent.append(str(message))
            if message.WhichOneof("type") == "script_finished":
                break
    assert any("Fiche" in text for text in sent)
    return "\n".join(sent)


@pytest.mark.usefixtures("path")
def test_a_real_server_allows_editing_from_this_machine_only(forks, tmp_path):
    with serving(forks, tmp_path, MAILLAGE_EDITION="locale") as url:
        address = url.removeprefix("http://")
        rebound = address.replace("127.0.0.1", "rebound.example")
        assert "Modifier cette fiche" in drawn(address)
        with pytest.raises(InvalidStatus, match="403"):
            drawn(address, origin="https://elsewhere.example")
        assert "Modifier cette fiche" in drawn(address)
        assert "Modifier cette fiche" not in drawn(rebound)
        assert "Modifier cette fiche" not in drawn(address)
        assert "until the server starts again" in (tmp_path / "log.txt").read_text()


@pytest.mark.usefixtures("path")
@pytest.mark.skipif(
    serve.NGINX is None or serve.OPENSSL is None, reason="no nginx or no openssl here"
)
def test_no_one_edits_through_the_documented_proxy(forks, tmp_path):
    with serving(forks, tmp_path, MAILLAGE_EDITION="locale") as url:
        port = int(url.rpartition(":")[2])
        assert "Modifier cette fiche" in drawn(f"localhost:{port}")
        with serve.served(running=[port]) as site:
            trusted = ssl.create_default_context(cafile=site.folder / "fullchain.pem")
            through = drawn(f"localhost:{site.https}", tls=trusted)
        assert "Modifier cette fiche" not in through


def test_an_unknown_mode_is_off_and_logged(monkeypatch, caplog):
    monkeypatch.setenv("MAILLAGE_EDITION", "oui")
    assert access.editor() is None
    assert "editing is off" in caplog.text


def test_two_browsers_lose_nothing_of_each_other(forks, path, tmp_path, visit):
    with serving(forks, tmp_path, MAILLAGE_EDITION="locale") as url:
        one, other = visit(url), visit(url)
        for page in (one, other):
            page.get_by_role("button", name="Modifier cette fiche").click()
            expect(page.get_by_label("Téléphone", exact=True)).to_have_value("05 49 87 00 00")
        type_in(one, "Téléphone", "1111")
        type_in(other, "Structure", "Département")
        for page in (one, other):
            page.get_by_role("button", name="Enregistrer", exact=True).click()
            expect(page.get_by_text("Enregistré : 1")).to_be_visible()
        assert cell(path, "a", "telephone") == "1111"
        assert cell(path, "a", "structure") == "Département"
        for page in (one, other):
            page.get_by_role("button", name="Modifier cette fiche").click()
            expect(page.get_by_label("Structure")).to_have_value("Département")
        type_in(one, "Téléphone", "2222")
        type_in(other, "Téléphone", "3333")
        one.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(one.get_by_text("Enregistré : 1")).to_be_visible()
        other.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(other.get_by_role("cell", name="2222").first).to_be_visible()
        expect(other.get_by_role("button", name="Enregistrer avec ces choix")).to_be_disabled()
        other.get_by_text("le vôtre", exact=True).click()
        other.get_by_role("button", name="Enregistrer avec ces choix").click()
        expect(other.get_by_text("Enregistré : 1")).to_be_visible()
        assert cell(path, "a", "telephone") == "3333"
        assert not one.errors
        assert not other.errors
    assert {entry.who for entry in keeping.read_history(path)} == {access.LOCAL_ROLE}


def type_in(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")


# --- access by sign-in --------------------------------------------------------------------

ROLES = {"claire@example.fr": "observatoire"}


def person(**change: object) -> dict[str, object]:
    known = {"is_logged_in": True, "email": "claire@example.fr", "email_verified": True}
    return known | {"iat": int(time.time())} | change


@pytest.mark.parametrize(
    ("change", "role"),
    [
        ({}, "observatoire"),
        ({"email": " Claire@Example.FR "}, "observatoire"),
        ({"iat": int(time.time()) - 7 * 3600}, "observatoire"),
        ({"iat": int(time.time()) - 9 * 3600}, None),
        ({"iat": int(time.time()) + 3600}, None),
        ({"iat": None}, None),
        ({"iat": True}, None),
        ({"iat": float("nan")}, None),
        ({"is_logged_in": False}, None),
        ({"is_logged_in": "yes"}, None),
        ({"email_verified": False}, None),
        ({"email_verified": None}, None),
        ({"email_verified": "false"}, None),
        ({"email": "paul@example.fr"}, None),
        ({"email": ""}, None),
        ({"email": None}, None),
    ],
)
def test_only_a_recent_sign_in_of_a_named_verified_address_has_a_role(change, role):
    found, why = access._role_or_reason(person(**change), ROLES)
    assert found == role
    assert bool(why) is (role is None)


AUTH = {
    "redirect_uri": "https://maillage.example.fr/oauth2callback",
    "cookie_secret": "c" * 32,
    "client_id": "maillage",
    "client_secret": "secret",
    "server_metadata_url": "https://provider.example/.well-known/openid-configuration",
}
OPTIONS = {"server.enableCORS": True, "server.trustedUserHeaders": {}}


@pytest.mark.parametrize(
    ("auth", "options"),
    [
        *(({name: ""}, {}) for name in AUTH),
        ({"cookie_secret": "short"}, {}),
        ({"redirect_uri": "http://maillage.example.fr/oauth2callback"}, {}),
        ({"server_metadata_url": "http://provider.example/"}, {}),
        ({}, {"server.enableCORS": False}),
        ({}, {"server.trustedUserHeaders": {"X-Email": "email"}}),
    ],
)
def test_a_forgeable_sign_in_method_is_refused(auth, options):
    assert access._sign_in_fault(AUTH, OPTIONS.get) == ""
    assert access._sign_in_fault(AUTH | auth, (OPTIONS | options).get)


def secrets_of(provider: oidc_provider.Provider, port: str) -> str:
    return f"""
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "{oidc_provider.CLIENT}"
client_secret = "{oidc_provider.CLIENT_SECRET}"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"

[editeurs]
"claire@example.fr" = "observatoire"
"paule@example.fr" = "département"
"""


def signed_in(page: Page) -> Page:
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()
    return page


def test_two_people_sign_in_edit_undo_and_sign_out(forks, path, tmp_path, visit):
    before = path.read_bytes()
    port = free_port()
    with oidc_provider.running() as provider:
        (tmp_path / "secrets.toml").write_text(secrets_of(provider, str(port)))
        with serving(forks, tmp_path, port=port, MAILLAGE_EDITION="connexion") as url:
            visits = []
            for name in ("claire", "paule"):
                provider.claims = {"email": f"{name}@example.fr", "email_verified": True}
                visits.append(signed_in(visit(url)))
            for page, label, text in zip(visits, ("Téléphone", "Structure"), "12", strict=True):
                page.get_by_role("button", name="Modifier cette fiche").click()
                type_in(page, label, text)
                page.get_by_role("button", name="Enregistrer", exact=True).click()
                expect(page.get_by_text("Enregistré : 1")).to_be_visible()
            one, other = visits
            changes = [(e.who, e.column, e.after) for e in keeping.read_history(path)]
            assert changes == [
                ("observatoire", "telephone", "1"),
                ("département", "structure", "2"),
            ]
            assert "claire" not in path.with_name("services.historique.jsonl").read_text()
            for number in (2, 1):
                change = one.locator(f".st-key-edition_changement_{number}")
                change.wait_for()
                settled(one)
                sure = one.get_by_role("button", name="Oui, annuler")
                with suppress(Error):  # a page that is drawn anew closes what is open
                    change.get_by_role("button", name="Annuler").click()
                    sure.wait_for(timeout=10_000)
                if not sure.is_visible():
                    change.get_by_role("button", name="Annuler").click()
                sure.click()
                expect(one.get_by_text("Remis comme avant")).to_be_visible()
                expect(one.locator(f".st-key-edition_changement_{5 - number}")).to_be_visible()
            assert path.read_bytes() == before
            other.get_by_role("button", name="Se déconnecter").click()
            expect(other.get_by_role("button", name="Se connecter")).to_be_visible()
            expect(other.get_by_role("button", name="Modifier cette fiche")).to_have_count(0)
            assert provider.sign_outs == 1
            provider.aged_s = 9 * 3600
            signed_in(other)
            expect(other.get_by_text("plus de huit heures")).to_be_visible()
            expect(other.get_by_role("button", name="Modifier cette fiche")).to_have_count(0)
            expect(other.get_by_role("button", name="Se reconnecter")).to_be_visible()
            assert [page.errors for page in visits] == [[], []]
            assert [page.strangers for page in visits] == [[], []]
        assert not re.search("claire|paule", (tmp_path / "log.txt").read_text())
