"""Reports and signed links on a base: kept once, read by the right editors, told of nobody."""

import subprocess
import threading
from datetime import date, timedelta

import psycopg
import pytest
import streamlit as st
from psycopg import errors
from streamlit.testing.v1 import AppTest

from geodata.services import read_services
from geodata.upkeep import stores, suggestions, update_link
from geodata.upkeep.keeping import Refused
from geodata.upkeep.stores import administration
from geodata.upkeep.suggestions import AlreadyUsed, NotKept
from pages.annuaire import access
from pages.mise_a_jour import routes
from pages.shared import clock, service_list
from tests.asgi import Client
from tests.cluster import Base, Cluster, Wire, programs
from tests.lists import content
from tests.test_base import KEYS, NOW, ROLES, ROWS, connected, may
from tests.test_base_pages import said
from tests.test_suggestions import KEEPER, PAGE, send

DAY = date(2026, 11, 24)
SECRET = "s" * 40
TEXT = "Le numéro a changé"


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    file = tmp_path_factory.mktemp("liste") / "services.csv"
    file.write_bytes(content(ROWS))
    return read_services(file).services


@pytest.fixture
def base(bases) -> Base:
    return bases.new(ROWS, **ROLES)


def machine(base: Base):
    """A store as each machine has its own."""
    return stores.opened(base.site, editing=base.editors)


def report(store, services, key="public-86", text=TEXT, **more) -> None:
    store.suggestions.add(services, key, day=DAY, text=text, **more)


def by_link(store, services, link="lien", key="public-86") -> None:
    cells = [("telephone", "05 49 00 00 02")]
    until = DAY + timedelta(days=14)
    store.suggestions.add(services, key, day=DAY, cells=cells, link=link, until=until)


# --- who may what -------------------------------------------------------------------------

MATRIX = """
                 site     éditrice 86  éditrice 78  toutes   inconnue
public-86        --S-     LC--         ----         LC--     ----
public-78        --S-     ----         LC--         LC--     ----
"""
"""L: reads what is said of the row, C: closes it, S: says something, T: reads table and counts."""


def test_who_reads_closes_and_writes_reports(base, services):
    keys = ("public-86", "public-78")
    for key in keys:
        report(machine(base), services, key)
    table = {}
    for role in ("site", *ROLES):
        address = base.site if role == "site" else base.editors
        with connected(address, role) as connection:
            for key in keys:
                tried = {
                    "L": "select numero from maillage.signalements where id = %s",
                    "C": "update maillage.signalements set traite = true where id = %s",
                    "S": "select maillage.signaler(%s, '2026-11-24', 'Fermé', '[]', '', null)",
                    "T": "select s.xmin, debit, liens_servis from maillage.signalements as s, "
                    "maillage.debit, maillage.liens_servis where id = %s",
                }
                table[key, role] = "".join(
                    letter if may(connection, order, key) else "-"
                    for letter, order in tried.items()
                )
    widths = {role: max(len(role), 7) + 2 for role in ("site", *ROLES)}
    lines = [" " * 17 + "".join(f"{role:{width}}" for role, width in widths.items())]
    lines += [
        f"{key:17}" + "".join(f"{table[key, role]:{width}}" for role, width in widths.items())
        for key in keys
    ]
    printed = "\n".join(line.rstrip() for line in lines)
    print(printed)  # noqa: T201 - seen with `pytest -s`
    assert printed == MATRIX.strip("\n")


def test_editors_of_a_departement_read_and_close_what_is_said_of_it(base, services):
    here, there = machine(base), machine(base)
    report(here, services, text="Le standard\nest fermé.")
    by_link(here, services)
    read = there.suggestions.read(services, "éditrice 86")
    assert [(s.number, s.day, s.id, s.text, s.cells, bool(s.link), s.done) for s in read] == [
        (1, "2026-11-24", "public-86", "Le standard est fermé.", (), False, False),
        (2, "2026-11-24", "public-86", "", (("telephone", "05 49 00 00 02"),), True, False),
    ]
    there.suggestions.mark(1, done=True, who="éditrice 78")
    there.suggestions.mark(2, done=True, who="éditrice 86")
    assert [s.done for s in here.suggestions.read(services, "éditrice 86")] == [False, True]
    assert there.suggestions.read(services, "éditrice 78") == ()


@pytest.mark.parametrize("key", [*KEYS[1:4], "absente"])
def test_of_a_row_that_is_not_public_nothing_is_kept_whoever_asks(base, services, key):
    with pytest.raises(NotKept, match="partie publique"):
        report(machine(base), services, key)
    with connected(base.site) as connection, pytest.raises(errors.CheckViolation):
        connection.execute(
            "select maillage.signaler(%s, '2026-11-24', 'Fermé', '[]', '', null)", [key]
        )


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("é" * 601, "[]"),
        ("", '[["adresse", "' + "é" * 601 + '"]]'),
        ("", '["adresse"]'),
        ("", '{"adresse": "x"}'),
        ("", str([["adresse", "x"]] * 21).replace("'", '"')),
        ("", '[[null, "x"]]'),
        ("", '[["adresse", {"x": 1}]]'),
    ],
)
def test_the_base_keeps_texts_alone_and_none_without_end(base, text, cells):
    with connected(base.site) as connection, pytest.raises(errors.CheckViolation, match="long"):
        connection.execute(
            "select maillage.signaler('public-86', '2026-11-24', %s, %s, '', null)", [text, cells]
        )


def test_the_base_keeps_no_link_without_end(base):
    with connected(base.site) as connection, pytest.raises(errors.CheckViolation, match="long"):
        connection.execute(
            "select maillage.signaler('public-86', '2026-11-24', '', '[]', %s, '2026-11-30')",
            ["é" * 101],
        )


def test_what_is_said_of_a_row_that_is_hidden_is_forgotten_whoever_hides_it(base, services):
    store = machine(base)
    report(store, services)
    report(store, services, "public-78")
    by_link(store, services)
    with psycopg.connect(base.admin) as connection:
        connection.execute(
            "update maillage.fiches set confidentialite = 'commune', adresse = '', latitude = '', "
            "longitude = '' where id = 'public-86'"
        )
        connection.execute("update maillage.fiches set code_insee = '86078' where id = 'public-78'")
        found = connection.execute("select id, ressort from maillage.signalements").fetchall()
    assert found == [("public-78", "86")]
    # A link that was used stays used.
    assert store.suggestions.was_used("lien")


@pytest.mark.parametrize("hidden", [False, True])
def test_what_is_said_of_a_removed_row_stays_with_its_editors(base, services, hidden):
    store = machine(base)
    report(store, services)
    with connected(base.editors, "éditrice 86") as connection:
        connection.execute("delete from maillage.fiches where id = 'public-86'")
    with connected(base.editors, "éditrice 78") as connection:
        connection.execute(
            "insert into maillage.fiches (id, nom, type, source, zone_eligibilite, confidentialite)"
            " values ('public-86', 'Autre', 'mds', 's', '78', %s)",
            ["departement" if hidden else "public"],
        )
    assert store.suggestions.read(services, "éditrice 78") == ()
    assert [one.text for one in store.suggestions.read(services, "éditrice 86")] == [TEXT]


# --- once, and not too many ---------------------------------------------------------------


def test_a_link_is_used_once_on_all_machines(base, services):
    machines = [machine(base) for _ in range(4)]
    start, told = threading.Barrier(len(machines)), []

    def use(store) -> None:
        start.wait()
        try:
            by_link(store, services)
            told.append("")
        except AlreadyUsed as error:
            told.append(str(error))

    threads = [threading.Thread(target=use, args=(store,)) for store in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["", *[str(AlreadyUsed())] * 3]
    assert len(machines[0].suggestions.read(services, "toutes")) == 1
    assert [store.suggestions.was_used("lien") for store in machines] == [True] * 4
    assert not machines[0].suggestions.was_used("un autre")


def test_a_report_that_is_sent_again_is_kept_once(base, services):
    for store in (machine(base), machine(base)):
        report(store, services)
    assert len(machine(base).suggestions.read(services, "toutes")) == 1


def test_a_report_that_is_sent_again_while_the_first_is_kept_is_kept_once(base):
    order = "select maillage.signaler('public-86', '2026-11-24', 'Fermé', '[]', '', null)"

    def again() -> None:
        with connected(base.site) as connection:
            connection.execute(order)

    second = threading.Thread(target=again)
    with connected(base.site) as connection:
        connection.execute(order)
        second.start()
        second.join(0.5)
    second.join()
    with psycopg.connect(base.admin) as connection:
        kept = connection.execute("select count(*) from maillage.signalements").fetchone()
    assert kept == (1,)


def test_too_many_at_once_are_refused_on_all_machines_together(base, services):
    machines = [machine(base), machine(base)]
    for number in range(suggestions.MOST_AT_ONCE):
        report(machines[number % 2], services, text=f"{TEXT} : {number}")
    for store in machines:
        with pytest.raises(NotKept, match="réessayer dans quelques minutes"):
            report(store, services, text="un de plus")
        with pytest.raises(NotKept, match="réessayer"):
            report(store, services, "public-78", text="ailleurs aussi")
    by_link(machines[0], services)
    with psycopg.connect(base.admin) as connection:
        kept = connection.execute("select * from maillage.debit").fetchall()
        assert [row[2] for row in kept] == [suggestions.MOST_AT_ONCE]
        assert kept[0][1].minute % 10 == kept[0][1].second == kept[0][1].microsecond == 0
        stored = "select relpersistence from pg_class where oid = 'maillage.debit'::regclass"
        assert connection.execute(stored).fetchone() == ("u",)  # in no log and no replica
        connection.execute("update maillage.debit set depuis = depuis - interval '10 minutes'")
    report(machines[1], services, text="plus tard")


def test_those_that_wait_do_not_grow_without_end(base, services):
    with psycopg.connect(base.admin) as connection:
        connection.execute(
            "insert into maillage.signalements (jour, id, ressort, texte, cases, par_lien, traite) "
            "select '2026-09-01', 'public-86', '86', n::text, '[]', false, n = 1 "
            "from generate_series(1, %s) as n",
            [suggestions.MOST + 1],
        )
    store = machine(base)
    with pytest.raises(NotKept, match="attendent déjà"):
        report(store, services)
    report(store, services, "public-78")  # the others' are not full
    store.suggestions.mark(2, done=True, who="éditrice 86")
    report(store, services)
    texts = [one.text for one in store.suggestions.read(services, "éditrice 86")]
    assert texts[-1] == TEXT
    assert "1" not in texts  # done, and a month old


# --- nothing of who wrote, nowhere for others ---------------------------------------------


def test_no_log_and_no_other_account_has_what_was_said(bases, base, services, tmp_path):
    store = machine(base)
    report(store, services, text="Phrase-témoin")
    with pytest.raises(NotKept):
        by_link(store, services, "lien-témoin", "departement-86")
    by_link(store, services, "lien-témoin")
    with pytest.raises(AlreadyUsed):
        by_link(store, services, "lien-témoin")
    with psycopg.connect(base.site, autocommit=True) as connection:
        names = connection.execute(
            "select relname from pg_class where relnamespace = 'maillage'::regnamespace "
            "and relkind in ('r', 'v', 'm', 'S')"
        ).fetchall()
        seen = ""
        for (name,) in names:
            try:
                seen += str(connection.execute(f"select * from maillage.{name}").fetchall())
            except errors.InsufficientPrivilege:
                continue
    log = bases.cluster.log.read_text("utf-8", "replace")
    file = tmp_path / "liste.sauvegarde"
    administration.backup(base.admin, file)
    dumped = subprocess.run(
        [programs() / "pg_restore", "--file=-", file], capture_output=True, text=True, check=True
    ).stdout
    for text in ("Phrase-témoin", "05 49 00 00 02", "lien-témoin"):
        assert text not in seen
        assert text not in log
    assert "Phrase-témoin" in dumped
    assert "lien-témoin" not in dumped
    assert "COPY maillage.liens_servis" in dumped
    assert "COPY maillage.debit" not in dumped


def test_a_backup_brings_back_what_waits_and_the_links_that_were_used(base, services, tmp_path):
    store = machine(base)
    report(store, services)
    by_link(store, services)
    file = tmp_path / "liste.sauvegarde"
    administration.backup(base.admin, file)
    other = Cluster()
    try:
        other.initialise()
        other.start()
        admin = other.address("admin", "postgres")
        administration.restore(admin, file)
        assert (
            administration.check(admin, today=DAY)[1]
            == administration.check(base.admin, today=DAY)[1]
        )
        with psycopg.connect(admin) as connection:
            texts = connection.execute("select texte from maillage.signalements").fetchall()
            assert texts == [(TEXT,), ("",)]
            used = connection.execute(
                "select maillage.link_was_used(%s)", [suggestions.fingerprint("lien")]
            ).fetchone()
            assert used == (True,)
            # A first report after that, numbered on.
            connection.execute(
                "select maillage.signaler('public-86', '2026-11-25', 'Neuf', '[]', '', null)"
            )
            number = connection.execute("select max(numero) from maillage.signalements").fetchone()
            assert number == (3,)
    finally:
        other.remove()


# --- the pages ----------------------------------------------------------------------------


@pytest.fixture
def wire(bases):
    made = Wire(bases.cluster.port)
    yield made
    made.close()


@pytest.fixture
def on_pages(bases, base, wire, monkeypatch):
    """Pages on this base, through a wire."""
    through = lambda address: address.replace(f":{bases.cluster.port}/", f":{wire.port}/")  # noqa: E731
    monkeypatch.setenv("MAILLAGE_SERVICES", through(base.site))
    monkeypatch.setenv("MAILLAGE_SERVICES_EDITION", through(base.editors))
    monkeypatch.setenv("MAILLAGE_EDITION", "connexion")
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(tzinfo=service_list.PARIS))
    monkeypatch.setattr(routes, "secret", lambda: SECRET)
    st.cache_resource.clear()
    yield base
    st.cache_resource.clear()


@pytest.mark.usefixtures("on_pages")
def test_a_reader_writes_and_the_editor_of_that_departement_sees_it(monkeypatch, services):
    page = AppTest.from_string(PAGE, default_timeout=60).run()
    page.selectbox(key="choix").select("public-86").run()
    assert "Merci" in send(page, "public-86", TEXT).info[0].value
    for role, sees in {"éditrice 78": False, "éditrice 86": True}.items():
        monkeypatch.setattr(access, "editor", lambda role=role: role)
        desk = AppTest.from_string(KEEPER, default_timeout=60).run()
        assert not desk.exception
        assert [one.value for one in desk.text] == ([TEXT] if sees else [])
    desk.button(key="signalement_traite_1").click().run()
    assert service_list.store().suggestions.read(services, "toutes")[0].done


def test_while_the_base_is_away_what_was_typed_stays(on_pages, wire, monkeypatch, services):
    page = AppTest.from_string(PAGE, default_timeout=60).run()
    page.selectbox(key="choix").select("public-86").run()
    client = Client(routes.ROUTES)
    link = update_link.make(SECRET, "public-86", NOW.date())
    sent = {"lien": link, "envoyer": "oui", "telephone": "05 49 00 00 02", "message": "Bonjour"}
    wire.cut()
    page = send(page, "public-86", TEXT)
    assert "Votre texte reste ici" in page.warning[0].value
    assert page.text_area(key="signaler_public-86_texte").value == TEXT
    answer = client.post("/mise-a-jour", data=sent)
    assert answer.status_code == 503
    for kept in ("réessayer plus tard", 'value="05 49 00 00 02"', ">Bonjour</textarea>"):
        assert kept in answer.text
    monkeypatch.setattr(access, "editor", lambda: "éditrice 86")
    desk = AppTest.from_string(KEEPER, default_timeout=60).run()
    assert "Les signalements ne peuvent pas être lus" in said(desk)
    wire.mend()
    send(page, "public-86", TEXT)
    assert client.post("/mise-a-jour", data=sent).status_code == 200
    assert "a déjà servi" in client.post("/mise-a-jour", data=sent).text
    assert "a déjà servi" in client.post("/mise-a-jour", data={"lien": link}).text
    read = machine(on_pages).suggestions.read(services, "éditrice 86")
    assert [(one.text, len(one.cells)) for one in read] == [(TEXT, 0), ("Bonjour", 1)]


def test_a_report_cut_while_the_base_confirms_is_kept_once(bases, base, wire, services):
    through = base.site.replace(f":{bases.cluster.port}/", f":{wire.port}/")
    store = stores.opened(through, editing=base.editors)
    wire.cut_on = b"COMMIT"
    with pytest.raises(Refused, match="Votre texte reste ici"):
        report(store, services)
    wire.mend()
    report(store, services)
    assert len(store.suggestions.read(services, "toutes")) == 1
