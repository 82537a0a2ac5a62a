"""What a base holds by itself, whoever writes: rights, secrets, history, schema."""

import logging
import sys
import threading
from contextlib import closing
from datetime import datetime

import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg import errors

from geodata import fact_sources
from geodata.__main__ import main
from geodata.fact_sources import FactSource
from geodata.services import COLUMNS
from geodata.upkeep import keeping, stores
from geodata.upkeep.keeping import Edit, Refused
from geodata.upkeep.stores import NoList, _rows, administration
from geodata.upkeep.stores._connecting import SCHEMA
from tests.cluster import EDITORS, PASSWORDS, SITE, Base, fill
from tests.conftest import ROOT, wait_for
from tests.lists import CIVRAY, content, row

NOW = datetime(2026, 11, 22, 9, 30)
TODAY = NOW.date()
CANARY = "7 rue du Canari"
POISSY = {"code_postal": "78300", "commune": "Poissy", "code_insee": "78498"}
HIDDEN = {"type": "hebergement", "nom": "Foyer"}
ROWS = (
    row("public-86", **CIVRAY, adresse="1 rue du Moulin-Rose", latitude="46,14", longitude="0.3"),
    row("commune-86", **CIVRAY, confidentialite="commune"),
    row("departement-86", **HIDDEN, zone_eligibilite="86"),
    row("nonpublie-86", type="mds", nom="Jamais", zone_eligibilite="86", telephone="05 49 00 86 86",
        confidentialite="non_publie"),
    row("public-78", **POISSY),
    row("departement-78", **HIDDEN, zone_eligibilite="78"),
    row("nonpublie-78", **HIDDEN, zone_eligibilite="78", confidentialite="non_publie"),
)  # fmt: skip
ROLES = {"éditrice 86": ["86"], "éditrice 78": ["78"], "toutes": ["france"], "inconnue": []}
KEYS = [cells["id"] for cells in ROWS]


@pytest.fixture(scope="module")
def base(bases) -> Base:
    """A base that no test changes."""
    return bases.new(ROWS, **ROLES)


def connected(address: str, role: str = "") -> psycopg.Connection:
    connection = psycopg.connect(address)
    connection.execute("select set_config('maillage.role', %s, false)", [role])
    connection.commit()
    return connection


def may(connection: psycopg.Connection, order: str, *values: object) -> bool:
    """Try an order, take it back, and return whether it did something."""
    try:
        done = connection.execute(order, values).rowcount > 0
    except (errors.InsufficientPrivilege, errors.UniqueViolation):
        done = False
    connection.rollback()
    return done


# --- row-level security -------------------------------------------------------------------

MATRIX = """
                 site     éditrice 86  éditrice 78  toutes   inconnue
public-86        V---     VMAR         V---         VMAR     V---
commune-86       V---     VMAR         ----         VMAR     ----
departement-86   V---     VMAR         ----         VMAR     ----
nonpublie-86     ----     --A-         ----         --A-     ----
public-78        V---     V---         VMAR         VMAR     V---
departement-78   V---     ----         VMAR         VMAR     ----
nonpublie-78     ----     ----         --A-         --A-     ----
"""
"""V: sees the row, M: changes it, A: adds one like it, R: removes it."""


def test_who_sees_and_changes_what(base):
    table = {}
    for role in ("site", *ROLES):
        editing = role != "site"
        with connected(base.editors if editing else base.site, role) as connection:
            view = "fiches" if editing else "fiches_lues"
            for cells in ROWS:
                key = cells["id"]
                new = cells | {"id": f"{key}-autre"}
                add = f"insert into maillage.fiches ({', '.join(new)}) values ({_places(new)})"
                table[key, role] = "".join(
                    letter if done else "-"
                    for letter, done in {
                        "V": may(connection, f"select from maillage.{view} where id = %s", key),
                        "M": may(
                            connection,
                            "update maillage.fiches set telephone = '3919' where id = %s",
                            key,
                        ),
                        "A": may(connection, add, *new.values()),
                        "R": may(connection, "delete from maillage.fiches where id = %s", key),
                    }.items()
                )
    widths = {role: max(len(role), 7) + 2 for role in ("site", *ROLES)}
    lines = [" " * 17 + "".join(f"{role:{width}}" for role, width in widths.items())]
    lines += [
        f"{key:17}" + "".join(f"{table[key, role]:{width}}" for role, width in widths.items())
        for key in KEYS
    ]
    printed = "\n".join(line.rstrip() for line in lines)
    print(printed)  # noqa: T201 - seen with `pytest -s`
    assert printed == MATRIX.strip("\n")


def _places(cells: dict[str, str]) -> str:
    return ", ".join(["%s"] * len(cells))


def test_no_row_can_be_given_to_or_taken_from_another_departement(base):
    with connected(base.editors, "éditrice 86") as connection:
        for zone, insee in (("", "78498"), ("78", "")):
            assert not may(
                connection,
                "update maillage.fiches set code_insee = %s, code_postal = '', commune = '', "
                "zone_eligibilite = %s where id = 'public-86'",
                insee,
                zone,
            )
        with pytest.raises(errors.CheckViolation, match="plus visible"):
            connection.execute(
                "update maillage.fiches set confidentialite = 'public' where id = 'departement-86'"
            )
        connection.rollback()
        # A role that it is not: the setting is free, what the role may is not.
        assert not may(connection, "insert into maillage.droits values ('moi', '{france}')")
        assert not may(connection, "update maillage.etat set colonnes = '{}'")
        assert not may(connection, "set role maillage_proprietaire")


def test_the_reading_account_finds_no_place_and_no_row_that_is_never_shown(bases):
    """Whatever it may select from: every table, view and function's answer of the schema."""
    base = bases.new(ROWS, **ROLES)
    hide = {"confidentialite": "departement", "adresse": "", "zone_eligibilite": "86"}
    store = stores.opened(base.site, editing=base.editors)
    store.save([Edit("public-86", "adresse", ROWS[0]["adresse"], CANARY)], who="toutes", now=NOW)
    seen = store.row("public-86", "toutes")
    gone = hide | dict.fromkeys(("latitude", "longitude", *CIVRAY), "") | {"nom": "Accueil"}
    store.save([Edit("public-86", c, seen[c], t) for c, t in gone.items()], who="toutes", now=NOW)
    with psycopg.connect(base.site, autocommit=True) as connection:
        names = connection.execute(
            "select relname from pg_class where relnamespace = 'maillage'::regnamespace "
            "and relkind in ('r', 'v', 'm', 'S')"
        ).fetchall()
        said = ""
        read = set()
        for (name,) in names:
            try:
                found = connection.execute(f"select * from maillage.{name}").fetchall()
            except errors.InsufficientPrivilege:
                continue
            read.add(name)
            said += str(found)
    assert read >= {"fiches_lues", "faits_lus", "non_publiees_comptees"}
    assert not read & {"fiches", "faits", "historique", "droits", "etat"}
    for secret in (CANARY, "46,14", "Moulin", "Jamais", "05 49 00 86 86", "nonpublie"):
        assert secret not in said
    assert "departement-86" in said
    with connected(base.editors, "éditrice 86") as connection:
        told = str(connection.execute("select * from maillage.historique").fetchall())
    assert "public-86" in told
    assert CANARY not in told
    assert "Civray" not in told


def test_an_account_that_may_too_much_or_too_little_is_refused(bases):
    base = bases.new(ROWS, **ROLES)
    for address, said in {
        base.admin: "superutilisateur",
        base.editors: "lit la table entière",
    }.items():
        with pytest.raises(NoList, match=said):
            stores.opened(address).latest(TODAY)
    for address, said in {base.admin: "superutilisateur", base.site: "peut trop peu"}.items():
        with pytest.raises(Refused, match=said):
            stores.opened(base.site, editing=address).cells("toutes")
    with psycopg.connect(base.admin, autocommit=True) as connection:
        connection.execute(
            f"create role passe_outre login bypassrls password '{PASSWORDS[EDITORS]}' "
            "in role maillage_edition"
        )
        for name, attribute in {"copieuse": "replication", "creatrice": "createrole"}.items():
            connection.execute(
                f"create role {name} login {attribute} password '{PASSWORDS[EDITORS]}' "
                "in role maillage_edition"
            )
        connection.execute(
            f"create role fouineuse login password '{PASSWORDS[EDITORS]}' in role "
            "maillage_edition, pg_read_server_files"
        )
        connection.execute(
            f"create role patronne login password '{PASSWORDS[EDITORS]}' in role maillage_edition, "
            "maillage_proprietaire"
        )
    for name, said in {
        "passe_outre": "BYPASSRLS",
        "patronne": "membre de",
        "copieuse": "REPLICATION",
        "creatrice": "CREATEROLE",
        "fouineuse": "fichiers du serveur",
    }.items():
        address = base.editors.replace(EDITORS + ":", name + ":")
        with pytest.raises(Refused, match=said):
            stores.opened(base.site, editing=address).cells("toutes")
    assert any("passe_outre" in said for said in administration.check(base.admin, today=TODAY)[1])
    with psycopg.connect(base.admin, autocommit=True) as connection:
        connection.execute("drop role passe_outre, patronne, copieuse, creatrice, fouineuse")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"adresse": CANARY}, "confidentiel"),
        ({"latitude": "46.58", "longitude": "0.34"}, "confidentiel"),
        ({"description": f"Sonner au {CANARY}"}, "confidentiel"),
        ({"source": "https://www.openstreetmap.org/node/1"}, "confidentiel"),
        ({"commune": "Civray"}, "confidentiel"),
        ({"code_insee": "86078"}, "confidentiel"),
        ({"zone_eligibilite": "86078"}, "confidentiel"),
        ({"autres": '{"notes": "x"}'}, "confidentiel"),
        ({"confidentialite": "(public)"}, "pas connu"),
        ({"confidentialite": "secret"}, "pas connu"),
        ({"type": "foyer", "confidentialite": "departement"}, "type : ce mot"),
        ({"nom": ""}, "il manque"),
    ],
)
@pytest.mark.parametrize("account", ["editors", "admin"])
def test_nobody_can_write_what_the_reader_refuses(bases, base, change, said, account):
    log = bases.cluster.log
    with connected(getattr(base, account), "toutes") as connection:
        cells = ", ".join(f"{column} = %s" for column in change)
        with pytest.raises(errors.CheckViolation, match=said) as caught:
            connection.execute(
                f"update maillage.fiches set {cells} where id = 'departement-86'",
                list(change.values()),
            )
    if "confidentiel" in said:
        assert CANARY not in str(caught.value)
        assert CANARY not in log.read_text("utf-8", "replace")


@pytest.mark.parametrize(
    "order",
    [
        "insert into maillage.faits values ('departement-86', 'nom', %s)",
        "insert into maillage.faits values ('departement-86', 'nom', 'Mairie', %s)",
        "update maillage.historique set avant = %s where id = 'departement-86'",
        "update maillage.historique set source_apres = jsonb_build_object('source', %s::text)",
    ],
)
def test_neither_a_source_nor_the_history_tells_the_place_of_a_hidden_row(base, order):
    with connected(base.editors, "toutes") as connection:
        connection.execute(
            "update maillage.fiches set telephone = '3919' where id = 'departement-86'"
        )
        with pytest.raises(errors.CheckViolation, match="confidentiel") as caught:
            connection.execute(order, [CANARY])
        connection.rollback()
        assert CANARY not in str(caught.value)


def test_a_null_cell_is_refused_without_the_row(base):
    with connected(base.editors, "toutes") as connection:
        with pytest.raises(errors.CheckViolation, match="pas null") as caught:
            connection.execute("update maillage.fiches set commune = null where id = 'commune-86'")
        assert caught.value.diag.message_detail is None


def test_the_constraints_hold_where_the_triggers_are_off(bases):
    base = bases.new(ROWS)
    with psycopg.connect(base.admin) as connection:
        connection.execute("alter table maillage.fiches disable trigger all")
        for column, text in {"adresse": CANARY, "commune": "Civray", "nom": CANARY}.items():
            with pytest.raises(errors.CheckViolation), connection.transaction():
                connection.execute(
                    f"update maillage.fiches set {column} = %s where id = 'departement-86'", [text]
                )
        connection.commit()
    wrong = administration.check(base.admin, today=TODAY)[1]
    assert any("déclencheur" in said for said in wrong)


def test_who_writes_without_the_application_leaves_a_history_and_is_seen(bases):
    base = bases.new(ROWS, **ROLES)
    with closing(stores.opened(base.site, editing=base.editors)) as store:
        store.latest(TODAY)
        with connected(base.editors, "éditrice 86") as connection:
            connection.execute(
                "update maillage.fiches set telephone = '3919', adresse = %s "
                "where id = 'public-86'",
                [CANARY],
            )
            connection.commit()
        entries = store.history("éditrice 86")
        assert {(e.change, e.who, e.column, e.before, e.after) for e in entries} == {
            (1, "éditrice 86", "telephone", "", "3919"),
            (1, "éditrice 86", "adresse", ROWS[0]["adresse"], CANARY),
        }
        wait_for(
            lambda: store.latest(TODAY).reading.services.loc["public-86", "telephone"] == "3919",
        )
        with connected(base.editors, "éditrice 86") as connection:
            for order in (
                "update maillage.historique set apres = '15'",
                "update maillage.historique set qui = 'une autre'",
                "delete from maillage.historique",
                "insert into maillage.historique select * from maillage.historique",
            ):
                assert not may(connection, order)
        # Hidden by hand: what was told before is forgotten.
        with psycopg.connect(base.admin) as connection:
            connection.execute(
                "update maillage.fiches set adresse = '', latitude = '', longitude = '', "
                "commune = '', code_insee = '', code_postal = '', zone_eligibilite = '86', "
                "confidentialite = 'departement' where id = 'public-86'"
            )
        entries = store.history("éditrice 86")
        assert {(e.who, e.column) for e in entries if e.change == 2} >= {
            ("admin", "adresse"),
            ("admin", "confidentialite"),
        }
        told = str(entries)
        assert "Moulin" not in told
        assert CANARY not in told
        assert "Civray" not in told


def history_of(base: Base, key: str) -> dict[str, str]:
    """Return what each role reads of the history of a row."""
    told = {}
    for role in ROLES:
        with connected(base.editors, role) as connection:
            found = connection.execute(
                "select avant, apres from maillage.historique where id = %s", [key]
            )
            told[role] = str(found.fetchall())
    return told


def do(address: str, role: str, *orders: str) -> None:
    with connected(address, role) as connection:
        for order in orders:
            connection.execute(order)


def added(key: str, **cells: str) -> str:
    names = {"id": key, "nom": "Autre", "type": "mds", "source": "s"} | cells
    values = ", ".join(f"'{text}'" for text in names.values())
    return f"insert into maillage.fiches ({', '.join(names)}) values ({values})"


def readers(base: Base, key: str, text: str) -> set[str]:
    return {role for role, told in history_of(base, key).items() if text in told}


OLD_PHONE = "05 49 00 86 99"
NEW_PHONE = "05 49 00 78 99"
IN_86, IN_78 = {"code_insee": "86078"}, {"code_insee": "78646"}
HIDDEN_78 = {"zone_eligibilite": "78", "confidentialite": "departement"}


@pytest.mark.parametrize(
    ("removed", "cells", "before", "after"),
    [
        ("departement-86", IN_78, {"éditrice 86", "toutes"}, {"éditrice 86", "toutes"}),
        ("departement-86", IN_86, {"éditrice 86", "toutes"}, {"éditrice 86", "toutes"}),
        ("nonpublie-86", IN_78, set(), set()),
        ("nonpublie-86", IN_86, set(), set()),
        ("public-86", HIDDEN_78, set(ROLES), set(ROLES)),
        # Hidden again by another way: what was told of it goes with it.
        ("public-86", HIDDEN_78 | {"zone_eligibilite": "86"}, set(ROLES),
         {"éditrice 86", "toutes"}),
    ],
)  # fmt: skip
def test_a_row_with_the_id_of_a_removed_one_shows_nobody_more_of_its_history(
    bases, removed, cells, before, after
):
    base = bases.new(ROWS, **ROLES)
    change = f"update maillage.fiches set telephone = '{OLD_PHONE}' where id = '{removed}'"
    by = base.admin if removed == "nonpublie-86" else base.editors
    do(by, "éditrice 86", change)
    do(by, "éditrice 86", f"delete from maillage.fiches where id = '{removed}'")
    removal = f"('{removed}', '')"
    assert readers(base, removed, removal) == before
    editor = "éditrice 78" if cells in (IN_78, HIDDEN_78) else "éditrice 86"
    do(base.editors, editor, added(removed, **cells))
    do(base.editors, editor, change.replace(OLD_PHONE, NEW_PHONE))
    assert readers(base, removed, removal) == after
    assert readers(base, removed, OLD_PHONE) <= after
    assert editor in readers(base, removed, NEW_PHONE)


def test_a_removed_row_that_comes_back_elsewhere_stays_with_its_editors(bases):
    """All in one change, and by who may write in both départements."""
    base = bases.new(ROWS, **ROLES)
    key = "departement-86"
    update = "update maillage.fiches set"
    do(base.editors, "éditrice 86", f"{update} telephone = '{OLD_PHONE}' where id = '{key}'")
    again = f"delete from maillage.fiches where id = '{key}'", added(key, **IN_86)
    do(base.editors, "toutes", *again)
    do(base.editors, "toutes", f"{update} code_insee = '78646' where id = '{key}'")
    assert readers(base, key, OLD_PHONE) == {"éditrice 86", "toutes"}


def test_the_history_of_a_row_follows_it_and_is_hidden_with_it(bases):
    base = bases.new(ROWS, **ROLES)
    update = "update maillage.fiches set"
    for key in ("departement-86", "public-86"):
        do(base.editors, "éditrice 86", f"{update} telephone = '{OLD_PHONE}' where id = '{key}'")
    do(base.editors, "toutes", f"{update} zone_eligibilite = '78' where id = 'departement-86'")
    assert readers(base, "departement-86", OLD_PHONE) == {"éditrice 78", "toutes"}
    hidden = "confidentialite = 'commune', adresse = '', latitude = '', longitude = ''"
    do(base.editors, "éditrice 86", f"{update} {hidden} where id = 'public-86'")
    assert readers(base, "public-86", OLD_PHONE) == {"éditrice 86", "toutes"}


def test_a_role_is_told_what_it_may_not(base):
    store = stores.opened(base.site, editing=base.editors)
    assert store.cells("éditrice 78").index.tolist() == ["public-78", "departement-78"]
    assert store.row("public-86", "éditrice 78") is None
    with pytest.raises(Refused, match=r"« éditrice 78 » ne modifie que : 78"):
        store.save([Edit("public-86", "telephone", "", "3919")], who="éditrice 78", now=NOW)
    with pytest.raises(Refused, match="n’est plus dans la liste"):
        store.save([Edit("departement-86", "telephone", "", "3919")], who="éditrice 78", now=NOW)
    with pytest.raises(Refused, match="ne modifie aucun département"):
        store.save([Edit("public-86", "telephone", "", "3919")], who="inconnue", now=NOW)
    # Of a row that it may not see, an editor learns at most that its id is taken.
    cells = row("nonpublie-86", **CIVRAY)
    with pytest.raises(Refused, match="existe déjà"):
        store.save(
            [Edit("nonpublie-86", c, "", t) for c, t in cells.items()],
            who="éditrice 86",
            now=NOW,
        )


# --- addresses and accounts ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda a: a.replace(PASSWORDS[SITE], "autre"), "mot de passe"),
        (lambda a: a.replace(f"{SITE}:", "personne:"), "mot de passe"),
        (lambda a: a.rpartition("/")[0] + "/nulle_part", "n’existe pas"),
        (lambda a: a.rpartition("/")[0] + "/postgres", "base create"),
        (lambda _: "postgresql://127.0.0.1:1/maillage", "ne répond pas"),
        (lambda _: "postgresql://127.0.0.1:port/maillage", "mal écrite"),
    ],
)
def test_an_address_that_does_not_work_says_why(base, wrong, said, caplog):
    caplog.set_level(logging.INFO)
    address = wrong(base.site)
    with pytest.raises(NoList, match=said) as caught:
        stores.opened(address).latest(TODAY)
    for text in (str(caught.value), caplog.text):
        assert PASSWORDS[SITE] not in text
        assert "127.0.0.1" not in text


def test_without_the_packages_of_a_base_the_message_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "geodata.upkeep.stores._base", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Refused, match="--extra base"):
        stores.opened("postgresql://site@serveur/maillage")


# --- reading again ------------------------------------------------------------------------


def test_reading_changed_rows_again_gives_what_reading_all_does():
    """Law: whatever is changed, added or removed, `read_changed` is `read_all`."""
    draw = np.random.default_rng(20261130)
    columns = ("telephone", "nom", "horaires_accueil", "site_web", "code_insee", "confidentialite")
    texts = ("", "3919", "05 49", "Mo-Fr 09:00-12:00", "lundi", "https://x.fr", "86194", "commune")
    rows = [row(f"k{n}", **CIVRAY, description="é") for n in range(6)]
    rows += [row(f"h{n}", **HIDDEN, zone_eligibilite="86") for n in range(2)]
    frame = keeping.read_cells(content(rows)).reset_index().assign(departement="")
    frame = frame[list(COLUMNS)]
    none = _rows.unpublished([])
    known = _rows.read_all(frame, none, [], TODAY)
    for turn in range(25):
        changed = frame.loc[draw.choice(frame.index, 2, replace=False)].copy()
        for line in changed.index:
            cell = columns[draw.integers(len(columns))]
            changed.loc[line, cell] = texts[draw.integers(len(texts))]
        gone = set()
        if turn % 4 == 0:
            new = pd.DataFrame([frame.iloc[0].to_dict() | {"id": f"n{turn}", "nom": "Neuf"}])
            changed = pd.concat([changed, new], ignore_index=True)
        if turn % 5 == 0:
            gone = {frame["id"].drop(changed.index, errors="ignore").iloc[0]} - set(changed["id"])
        kept = frame[~frame["id"].isin(gone)]
        updated = kept.set_index("id")
        for _, cells in changed.iterrows():
            updated.loc[cells["id"]] = cells.drop("id")
        frame = updated.reset_index()
        counted = _rows.unpublished([("86", "mds", turn % 3)] if turn % 3 else [])
        facts = [(k, "telephone", "DILA", "", "2025") for k in frame["id"] if k.startswith("k")]
        of_changed = [fact for fact in facts if fact[0] in set(changed["id"])]
        again = _rows.read_changed(known, changed, gone, counted, of_changed, TODAY)
        whole = _rows.read_all(frame, counted, facts if turn else of_changed, TODAY)
        assert again is not None
        pd.testing.assert_frame_equal(
            pd.DataFrame(again.reading.services).drop(columns=["geometry", "faits"]),
            pd.DataFrame(whole.reading.services).drop(columns=["geometry", "faits"]),
        )
        assert again.reading.services.geometry.equals(whole.reading.services.geometry)
        assert sorted(p.without_line for p in again.row_problems) == sorted(
            p.without_line for p in whole.row_problems
        )
        known = again


def test_one_changed_row_is_read_and_no_other(bases):
    base = bases.new(ROWS, **ROLES)
    with closing(stores.opened(base.site, editing=base.editors)) as store:
        store.latest(TODAY)
        before = store.rows_read
        store.save([Edit("public-86", "telephone", "", "3919")], who="éditrice 86", now=NOW)
        wait_for(
            lambda: store.latest(TODAY).reading.services.loc["public-86", "telephone"] == "3919",
        )
        assert store.rows_read - before == 1


# --- the operator's commands --------------------------------------------------------------


def test_the_shipped_list_comes_out_of_a_base_byte_for_byte(bases, tmp_path, capsys):
    base = bases.new()
    listed, out = ROOT / "services.csv", tmp_path / "sortie.csv"
    assert main(["base", "import", str(listed), "--base", base.admin]) == 0
    assert main(["base", "export", "-o", str(out), "--base", base.admin]) == 0
    assert out.read_bytes() == listed.read_bytes()
    sources = fact_sources.beside(listed).read_bytes()
    assert fact_sources.beside(out).read_bytes() == sources
    assert main(["base", "role", "poste local", "france", "--base", base.admin]) == 0
    assert main(["base", "check", "--base", base.admin]) == 0
    said = capsys.readouterr()
    assert "fiches importées" in said.err
    assert "poste local : france" in said.out
    assert "0\xa0point à vérifier" in said.out
    assert main(["base", "import", str(listed), "--base", base.admin]) == 1
    assert "déjà une liste" in capsys.readouterr().err


def test_a_file_is_brought_into_a_list_as_a_change(bases, tmp_path, capsys):
    base = bases.new(ROWS, **ROLES)
    file = tmp_path / "neuf.csv"
    wanted = [*ROWS[1:3], row("neuf", **CIVRAY), ROWS[4] | {"telephone": "3919"}, ROWS[5]]
    file.write_bytes(content(wanted))
    order = ["base", "import", str(file), "--base", base.admin, "--mettre-a-jour"]
    assert main([*order, "personne"]) == 1
    assert "n’existe pas" in capsys.readouterr().err
    assert main([*order, "toutes"]) == 0
    cells = keeping.read_cells(administration.export(base.admin)[0])
    assert set(cells.index) == {*KEYS, "neuf"} - {"public-86"}  # what is never shown stays
    assert cells.loc["public-78", "telephone"] == "3919"
    history = stores.opened(base.site, editing=base.editors).history("toutes")
    assert {entry.who for entry in history} == {"toutes"}
    assert {entry.id for entry in history} == {"public-86", "neuf", "public-78"}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (row("x", type="gendarmeri"), "Peut-être « gendarmerie »"),
        (row("x", **HIDDEN, adresse=CANARY), "confidentiel"),
        (row("x", **HIDDEN, **CIVRAY), "seul le département"),
        (row("public-78", **POISSY), "identifiant"),
    ],
)
def test_a_list_that_would_lose_something_is_not_imported(bases, bad, said):
    base = bases.new()
    with pytest.raises(Refused, match=said) as caught:
        fill(base, content([*ROWS, bad]))
    assert CANARY not in str(caught.value)
    with psycopg.connect(base.admin) as connection:
        assert connection.execute("select count(*) from maillage.fiches").fetchone() == (0,)


def test_a_schema_of_another_version_is_refused(bases):
    base = bases.new(ROWS, **ROLES)
    for number, said in {"0000": "base migrate", "0999": "installer la version"}.items():
        with psycopg.connect(base.admin) as connection:
            connection.execute("update maillage.schema_version set version_num = %s", [number])
        with pytest.raises(NoList, match=said):
            stores.opened(base.site).latest(TODAY)
        with pytest.raises(Refused, match=said):
            stores.opened(base.site, editing=base.editors).history("toutes")
    with pytest.raises(Refused, match="installer la version"):
        administration.migrate(base.admin)


def test_a_base_is_created_once_and_two_migrations_wait_for_each_other(bases, monkeypatch):
    base = bases.new()
    with pytest.raises(Refused, match="déjà une liste"):
        administration.create(base.admin)
    assert administration.migrate(base.admin) == (SCHEMA, SCHEMA)
    monkeypatch.setattr(administration, "_WAIT_MS", 100)
    with psycopg.connect(base.admin) as other:
        other.execute("select pg_advisory_xact_lock(%s)", [administration._ONE_AT_A_TIME])
        with pytest.raises(Refused, match="Une autre mise à jour"):
            administration.migrate(base.admin)


def test_a_list_of_an_older_schema_is_migrated_once_by_two_at_once(bases, monkeypatch):
    base = bases.blank()
    upgrade = administration.command.upgrade
    monkeypatch.setattr(
        administration.command, "upgrade", lambda config, _: upgrade(config, "0001")
    )
    administration.create(base.admin)
    monkeypatch.setattr(administration.command, "upgrade", upgrade)
    fill(base, content(ROWS))
    administration.give(base.admin, "toutes", ["france"])
    with pytest.raises(NoList, match=r"au schéma 0001.*base migrate"):
        stores.opened(base.site).latest(TODAY)
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(administration.migrate(base.admin)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [("0001", SCHEMA), (SCHEMA, SCHEMA)]
    with closing(stores.opened(base.site, editing=base.editors)) as store:
        assert len(store.cells("toutes")) == len(ROWS) - 2
        store.save([Edit("public-86", "telephone", "", "3919")], who="toutes", now=NOW)
    assert administration.check(base.admin, today=TODAY)[1] == ()


def test_a_save_that_waits_too_long_for_another_says_so(bases, monkeypatch):
    base = bases.new(ROWS, **ROLES)
    monkeypatch.setattr(stores._base, "_LOCK_MS", 100)
    store = stores.opened(base.site, editing=base.editors)
    with psycopg.connect(base.admin) as other:
        other.execute("select maillage.change_version()")
        with pytest.raises(Refused, match="enregistre en ce moment"):
            store.save([Edit("public-86", "telephone", "", "3919")], who="toutes", now=NOW)
    assert store.row("public-86", "toutes")["telephone"] == ""


def test_facts_of_a_hidden_row_are_seen_by_its_editors_alone(bases):
    facts = {
        ("departement-86", "nom"): FactSource("Annuaire"),
        ("public-86", "nom"): FactSource("Annuaire"),
    }
    base = bases.new(**ROLES)
    fill(base, content(ROWS), fact_sources.edited(b"", facts))
    seen = {}
    for role in ROLES:
        with connected(base.editors, role) as connection:
            found = connection.execute("select id from maillage.faits order by 1").fetchall()
            seen[role] = [key for (key,) in found]
    both = ["departement-86", "public-86"]
    assert seen == {
        "éditrice 86": both,
        "éditrice 78": ["public-86"],
        "toutes": both,
        "inconnue": ["public-86"],
    }
