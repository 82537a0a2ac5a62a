"""Where the texts of hidden rows can be seen: by whom, on the primary and on its replica."""

import io
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pytest
from psycopg import errors

from geodata.services import read_services
from geodata.upkeep import stores
from geodata.upkeep.keeping import Edit
from geodata.upkeep.official_memory import Known, Memory, digest
from geodata.upkeep.stores import administration
from tests.cluster import ADMIN, EDITORS, PASSWORDS, SITE, Base, Bases, Cluster, programs
from tests.conftest import wait_for
from tests.lists import CIVRAY, content, row
from tests.test_base import POISSY, connected

NOW = datetime(2026, 11, 22, 9, 30)
SHELTER = {"type": "hebergement", "zone_eligibilite": "86"}
ROWS = (
    row("public-86", **CIVRAY, adresse="1 rue du Moulin-Rose"),
    row("foyer-86", **SHELTER, nom="Foyer Mésange", telephone="05 49 00 86 01"),
    row("jamais-86", **SHELTER, nom="Refuge Hirondelle", telephone="05 49 00 86 02",
        confidentialite="non_publie"),
    row("public-78", **POISSY),
    *(row(f"autre-{n}", **CIVRAY, nom=f"Autre {n}") for n in range(30)),
)  # fmt: skip
ROLES = {"éditrice 86": ["86"], "éditrice 78": ["78"]}
CANARY = "7 rue du Canari"
TEXTS = {
    "lieu refusé": CANARY,
    "lieu d’avant": "Moulin-Rose",
    "nom caché": "Mésange",
    "tél. caché": "05 49 00 86 01",
    "nom tu": "Hirondelle",
    "tél. tu": "05 49 00 86 02",
}
"""What is looked for. `lieu refusé` was typed into hidden rows in vain, `lieu d’avant` is the
address of a row that has become hidden, `tu` is of a row that is never shown."""

SEEN = """
                          lieu refusé  lieu d’avant  nom caché  tél. caché  nom tu  tél. tu
site, vues                -            -             vu         vu          -       -
site, statistiques        -            -             -          -           -       -
site, activité            -            -             -          -           -       -
site, pg_dump             -            -             -          -           -       -
site, réplique            -            -             vu         vu          -       -
éditrice 86               -            -             vu         vu          -       -
éditrice 78               -            -             -          -           -       -
éditrice 86, statistiques -            -             -          -           -       -
éditrice 86, pg_dump      -            -             -          -           -       -
journal                   -            -             -          -           -       -
journal de la réplique    -            -             -          -           -       -
disque, tables            -            -             vu         vu          vu      vu
"""
"""What a reader is told of a shelter (never where it is) is seen; the rest by nobody but whoever
holds the disk. `disque, tables`: after a cleaning (`vacuum full`) of what was before."""


@dataclass(frozen=True)
class Pair:
    primary: Cluster
    replica: Cluster
    base: Base

    def on_replica(self, address: str) -> str:
        return address.replace(f":{self.primary.port}/", f":{self.replica.port}/")


@pytest.fixture(scope="module")
def pair(bases) -> Iterator[Pair]:  # noqa: ARG001 skips without PostgreSQL
    """A primary and its replica that log more than they do by default, a list in them."""
    primary, replica = Cluster(), Cluster()
    try:
        primary.initialise()
        with (primary.data / "postgresql.conf").open("a") as settings:
            # What an operator may have asked of the server; the database knows better.
            settings.write("log_statement = 'all'\nlog_error_verbosity = 'verbose'\n")
            settings.write("log_parameter_max_length_on_error = -1\n")
        primary.start()
        made = Bases(primary).new(ROWS, **ROLES)
        replica.copy_of(primary)
        replica.start()
        yield Pair(primary, replica, made)
    finally:
        primary.remove()
        replica.remove()


def refused(connection: psycopg.Connection, order: str, *values: object) -> str:
    """Try an order that the base refuses, and return its message."""
    with pytest.raises(psycopg.Error) as caught, connection.transaction():
        connection.execute(order, values)
    told = caught.value.diag
    return f"{told.message_primary} {told.message_detail} {told.context}"


def provoke(pair: Pair) -> str:
    """Do what goes wrong, in all the ways that name a cell; return what was answered."""
    store = stores.opened(pair.base.site, editing=pair.base.editors)
    before = store.row("public-86", "éditrice 86")
    services = read_services(io.BytesIO(content(ROWS))).services
    place = before["adresse"]
    store.suggestions.add(services, "public-86", day=NOW.date(), text=f"Ouvert au {place}")
    cells = [("adresse", place)]
    store.suggestions.add(services, "public-86", day=NOW.date(), cells=cells, link="lien")
    known = Known("finess", "86", "public-86", {"adresse": digest(place)})
    store.remember(Memory(("86",), {"finess-1": known}), "éditrice 86")
    hide = {"confidentialite": "departement", "adresse": "", "zone_eligibilite": "86"}
    hide |= dict.fromkeys((*CIVRAY, "latitude", "longitude"), "")
    edits = [Edit("public-86", c, before[c], t) for c, t in hide.items() if before.get(c, "") != t]
    store.save(edits, who="éditrice 86", now=NOW)
    said = ""
    addresses = [pair.base.editors, pair.base.admin]
    for address in addresses:
        with connected(address, "éditrice 86") as connection:
            for key in ("foyer-86", *(["jamais-86"] if address == pair.base.admin else [])):
                for change in (
                    f"adresse = '{CANARY}'",
                    f"description = 'Sonner au {CANARY}'",
                    "type = 'inconnu'",
                    "nom = ''",
                    "nom = null",
                    "confidentialite = 'secret'",
                    f"autres = '{CANARY}'",
                ):
                    said += refused(
                        connection, f"update maillage.fiches set {change} where id = '{key}'"
                    )
                said += refused(
                    connection, "update maillage.fiches set adresse = %s where id = %s", CANARY, key
                )
                said += refused(
                    connection,
                    f"insert into maillage.faits values ('{key}', 'nom', '{CANARY}')",
                )
                said += refused(
                    connection,
                    "insert into maillage.fiches (id, nom, type, source, zone_eligibilite) "
                    "select id, nom, 'hebergement', source, '86' from maillage.fiches "
                    f"where id = '{key}'",
                )
    with connected(pair.base.site) as connection:
        for table in ("fiches", "historique", "signalements"):
            said += refused(connection, f"select * from maillage.{table}")
        # A condition that would be tried on rows before they are left out tells them.
        said += refused(
            connection,
            "select id from maillage.fiches_lues where adresse::integer = 1 or telephone = ''",
        )
        connection.rollback()
        for text in TEXTS.values():
            plan = connection.execute(
                "explain select id from maillage.fiches_lues where adresse = %s or nom = %s",
                [text, text],
            )
            said += str(plan.fetchall()).replace(text, "")
    return said


def everything(address: str, role: str = "") -> str:
    """Return all that an account reads in the schema: tables, views, system columns."""
    said = ""
    with connected(address, role) as connection:
        connection.autocommit = True
        names = connection.execute(
            "select relname from pg_class where relnamespace = 'maillage'::regnamespace "
            "and relkind in ('r', 'v', 'm', 'S')"
        ).fetchall()
        for (name,) in names:
            try:
                said += str(connection.execute(f"select * from maillage.{name}").fetchall())
            except (errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState):
                continue
            except errors.FeatureNotSupported:  # an unlogged table, on a replica
                continue
    return said


def statistics(address: str) -> str:
    with psycopg.connect(address, autocommit=True) as connection:
        return "".join(
            str(connection.execute(f"select * from {view}").fetchall())
            for view in ("pg_stats", "pg_stats_ext", "pg_stats_ext_exprs")
        )


def activity(address: str) -> str:
    with psycopg.connect(address, autocommit=True) as connection:
        return "".join(
            str(connection.execute(f"select * from {view}").fetchall())
            for view in ("pg_stat_activity", "pg_prepared_statements", "pg_cursors")
        )


def dumped(address: str, *options: str) -> str:
    done = subprocess.run(
        [programs() / "pg_dump", f"--dbname={address}", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def on_disk(pair: Pair) -> bytes:
    """Return the files of the database on both servers; logs of writes (WAL) are not among them."""
    with psycopg.connect(pair.base.admin, autocommit=True) as connection:
        connection.execute("vacuum full maillage.fiches")
        connection.execute("vacuum full maillage.historique")
        connection.execute("vacuum full maillage.signalements")
        connection.execute("checkpoint")
        oid = connection.execute(
            "select oid from pg_database where datname = current_database()"
        ).fetchone()[0]
        end = connection.execute("select pg_current_wal_lsn()").fetchone()[0]
    with psycopg.connect(pair.on_replica(pair.base.admin), autocommit=True) as connection:
        wait_for(
            lambda: connection.execute(
                "select pg_last_wal_replay_lsn() >= %s::pg_lsn", [end]
            ).fetchone()[0],
            20,
        )
        connection.execute("checkpoint")
    return b"".join(
        file.read_bytes()
        for cluster in (pair.primary, pair.replica)
        for file in (cluster.data / "base" / str(oid)).iterdir()
        if file.is_file()
    )


def test_who_sees_which_text_of_a_hidden_row(pair):
    answered = provoke(pair)
    with psycopg.connect(pair.base.admin, autocommit=True) as connection:
        connection.execute("analyze")
        known = connection.execute(
            "select count(*) from pg_stats where schemaname = 'maillage' and "
            "concat(most_common_vals, histogram_bounds) like '%Mésange%'"
        ).fetchone()
        assert known != (0,)  # an administrator does see it there
    base = pair.base
    disk = on_disk(pair)
    places = {
        "site, vues": everything(base.site),
        "site, statistiques": statistics(base.site),
        "site, activité": activity(base.site),
        "site, pg_dump": dumped(base.site) + dumped(base.site, "--table=maillage.*lu*"),
        "site, réplique": everything(pair.on_replica(base.site))
        + statistics(pair.on_replica(base.site)),
        "éditrice 86": everything(base.editors, "éditrice 86"),
        "éditrice 78": everything(base.editors, "éditrice 78"),
        "éditrice 86, statistiques": statistics(base.editors),
        "éditrice 86, pg_dump": dumped(base.editors, "--enable-row-security")
        + dumped(base.editors, "--enable-row-security", "--table=maillage.fiches"),
        "journal": pair.primary.log.read_text("utf-8", "replace"),
        "journal de la réplique": pair.replica.log.read_text("utf-8", "replace"),
        "disque, tables": disk.decode("utf-8", "replace"),
    }
    widths = [len(name) + 2 for name in TEXTS]
    lines = [" " * 26 + "".join(f"{n:{w}}" for n, w in zip(TEXTS, widths, strict=True))]
    for place, said in places.items():
        assert said
        marks = ["vu" if text in said else "-" for text in TEXTS.values()]
        lines.append(
            f"{place:26}" + "".join(f"{m:{w}}" for m, w in zip(marks, widths, strict=True))
        )
    printed = "\n".join(line.rstrip() for line in lines)
    print(printed)  # noqa: T201 - seen with `pytest -s`
    assert printed == SEEN.strip("\n")
    for text in TEXTS.values():
        assert text not in answered


def test_the_site_is_not_told_which_rows_are_never_shown_any_more(bases):
    base = bases.new(ROWS, **ROLES)
    with closing(stores.opened(base.site, editing=base.editors)) as store:
        assert "foyer-86" in store.latest(NOW.date()).reading.services.index
        with connected(base.editors, "éditrice 86") as connection:
            connection.execute(
                "update maillage.fiches set telephone = '3919' where id = 'foyer-86'"
            )
            connection.execute(
                "update maillage.fiches set confidentialite = 'non_publie' where id = 'foyer-86'"
            )
            # The history of a removed row of the same id, which was shown and may be read.
            connection.execute("delete from maillage.fiches where id = 'public-86'")
        with connected(base.editors, "éditrice 78") as connection:
            connection.execute(
                "insert into maillage.fiches (id, nom, type, source, zone_eligibilite, "
                "confidentialite) values ('public-86', 'Tu', 'mds', 's', '78', 'non_publie')"
            )
        said = everything(base.site)
        assert "autre-1" in said
        assert "foyer-86" not in said
        assert "public-86" not in said
        shown = {cells["id"] for cells in ROWS} - {"foyer-86", "jamais-86", "public-86"}
        shown |= {
            f"non-publiee-{end}" for end in ("86-hebergement-1", "86-hebergement-2", "78-mds-1")
        }
        wait_for(lambda: set(store.latest(NOW.date()).reading.services.index) == shown)
        assert store.rows_read == len(ROWS) - 1  # those of the first reading


@pytest.mark.parametrize("account", [SITE, EDITORS])
def test_no_account_of_the_site_reads_the_server_itself(pair, account):
    address = {SITE: pair.base.site, EDITORS: pair.base.editors}[account]
    for where in (address, pair.on_replica(address)):
        with psycopg.connect(where, autocommit=True) as connection:
            for order in (
                "select pg_read_file('PG_VERSION')",
                "select pg_ls_dir('.')",
                "select * from pg_ls_waldir()",
                "select * from pg_statistic",
                "select * from pg_authid",
                "copy maillage.versions to '/tmp/versions'",
                "copy (select 1) to program 'cat'",
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(order)


def test_the_settings_of_the_log_are_those_of_the_database(pair):
    with psycopg.connect(pair.on_replica(pair.base.site)) as connection:
        shown = {
            name: connection.execute(f"show {name}").fetchone()[0]
            for name in ("log_statement", "log_error_verbosity", "log_min_error_statement")
        }
        assert shown == {
            "log_statement": "none",
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
        }
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("set log_statement = 'all'")
    assert PASSWORDS[ADMIN] not in pair.primary.log.read_text("utf-8", "replace")


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("alter table maillage.officiel disable row level security", "sécurité par ligne"),
        ("alter table maillage.signalements disable row level security", "sécurité par ligne"),
        ("alter table maillage.historique disable trigger taire", "déclencheur"),
        ("drop trigger avant on maillage.faits", "déclencheur"),
        ("alter database {name} set log_statement = 'all'", "journal"),
        ("alter database {name} reset log_transaction_sample_rate", "journal"),
    ],
)
def test_the_check_tells_a_protection_that_is_off(bases, order, said):
    base = bases.new(ROWS[:1], **ROLES)
    assert administration.check(base.admin, today=NOW.date())[1] == ()
    with psycopg.connect(base.admin, autocommit=True) as connection:
        name = connection.execute("select current_database()").fetchone()[0]
        connection.execute(order.format(name=name))
    (wrong,) = administration.check(base.admin, today=NOW.date())[1]
    assert said in wrong


def test_a_backup_is_for_its_owner_alone_while_it_is_written(tmp_path, monkeypatch):
    file = tmp_path / "liste.sauvegarde"
    modes = []

    def dump(_program, _address, *_options):
        modes.extend(one.stat().st_mode & 0o777 for one in tmp_path.iterdir())

    monkeypatch.setattr(administration, "_run", dump)
    administration.backup("postgresql://admin@localhost/liste", file)
    assert modes == [0o600]
    assert file.stat().st_mode & 0o777 == 0o600
