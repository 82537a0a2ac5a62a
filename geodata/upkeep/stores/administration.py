"""What the operator of a base does: create, fill, export, check, migrate, save it.

Everything here connects as an administrator of the base, who is never the account of the site.
"""

import io
import os
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine

from geodata import fact_sources, french
from geodata.services import COLUMNS, Reading, read_services
from geodata.upkeep import checking, keeping
from geodata.upkeep.keeping import Refused
from geodata.upkeep.stores import _connecting, _rows
from geodata.upkeep.stores._base import columns_of, in_order, save_on
from geodata.upkeep.stores._connecting import EDITING, OWNER, READING, SCHEMA, Unusable
from geodata.upkeep.stores._following import COLUMN_LIST, copied

FRANCE: Final = "france"
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_ONE_AT_A_TIME: Final = 0x4D41494C
"""Key of the advisory lock that a migration holds."""
_WAIT_MS: Final = 10_000
_ARCHIVE: Final = b"PGDMP"
"""What an archive of pg_dump begins with."""
_SILENT_S: Final = 600.0
"""How long an order may work: an index of a large list, an import."""


def create(address: str) -> None:
    """Create the three roles and the schema in an empty database, and bring it to `SCHEMA`.

    Raises Unusable where there is a list already, or the account may not.
    """
    with _administering(address) as connection:
        if _has_schema(connection):
            raise Unusable(
                "Cette base a déjà une liste : rien n’est changé. Pour la mettre à jour : "
                "« python -m geodata base migrate »."
            )
        _make_roles(connection)
        connection.execute("create schema maillage authorization " + OWNER)
    migrate(address)


def migrate(address: str) -> tuple[str, str]:
    """Bring the schema to `SCHEMA`; return what it was ("" where it was new), and what it is.

    Two at once: the second waits for the first, and finds nothing to do.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: _connected(address))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection, _connecting.said_in_french():
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)  # noqa: S101
            driver.execute("select set_config('lock_timeout', %s, true)", [str(_WAIT_MS)])
            _wait_for_the_other(driver)
            if not _has_schema(driver):
                raise Unusable("Cette base n’a pas de liste : « python -m geodata base create ».")
            before = _schema_number(driver)
            if before > SCHEMA:
                _connecting.check_schema(driver)
            # The extension needs an administrator; what it makes belongs to the owner alone.
            driver.execute("create extension if not exists postgis with schema public")
            with suppress(psycopg.errors.InsufficientPrivilege), driver.transaction():
                _quiet_log(driver)
            driver.execute("set local role " + OWNER)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            driver.execute(f"grant select on maillage.schema_version to {READING}, {EDITING}")
            return before, SCHEMA
    finally:
        engine.dispose()


_QUIET: Final = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_parameter_max_length": "0",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_statement": "none",
}
"""Settings of the database by which the server's log holds no cell: no row that was refused, no
order with what was typed in it."""


def quiet_log(address: str) -> None:
    """Keep cells out of the server's log, whoever writes. Raises Unusable."""
    with _administering(address) as connection:
        _quiet_log(connection)


def _quiet_log(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute("select current_database()").fetchone()
    name = sql.Identifier(row[0] if row else "")
    for setting, value in _QUIET.items():
        connection.execute(
            sql.SQL("alter database {} set {} = {}").format(
                name, sql.Identifier(setting), sql.Literal(value)
            )
        )


def _wait_for_the_other(connection: psycopg.Connection[Any]) -> None:
    try:
        connection.execute("select pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    except psycopg.errors.LockNotAvailable:
        raise Unusable(
            "Une autre mise à jour de la base est en cours : attendre qu’elle finisse."
        ) from None


def _schema_number(connection: psycopg.Connection[Any]) -> str:
    there = connection.execute("select to_regclass('maillage.schema_version')").fetchone()
    if not there or there[0] is None:
        return ""
    row = connection.execute("select version_num from maillage.schema_version").fetchone()
    return str(row[0]) if row else ""


def _has_schema(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("select to_regnamespace('maillage') is not null").fetchone()
    return bool(row and row[0])


def _make_roles(connection: psycopg.Connection[Any]) -> None:
    for role in (OWNER, READING, EDITING):
        known = connection.execute("select from pg_roles where rolname = %s", [role]).fetchone()
        if known is None:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))


# --- the list -----------------------------------------------------------------------------


def fill(address: str, content: bytes, facts: bytes, *, name: str, today: date) -> int:
    """Write a first list into a base, and where its facts come from; return its number of rows.

    It has no history, as a new file has none. All or nothing.

    Raises Unusable where the base has rows, Refused where the reader would leave a row out or
    empty a cell that tells a hidden place, UnreadableFile.
    """
    cells = keeping.read_cells(content)
    _refuse_what_would_be_lost(content, facts, cells, name=name, today=today)
    columns = ["id", *cells.columns]
    with _owning(address) as connection:
        if connection.execute("select 1 from maillage.fiches limit 1").fetchone():
            raise Unusable(
                "La base a déjà une liste. Pour y reporter un fichier : "
                "« base import FICHIER --mettre-a-jour »."
            )
        connection.execute("select set_config('maillage.commencer', 'oui', true)")
        _insert(connection, cells)
        connection.execute(
            "update maillage.etat set colonnes = %s, changement = changement - 1", [columns]
        )
        written = fact_sources.written(facts)
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into maillage.faits (id, colonne, source, lien_source, date_source) "
                "values (%s, %s, %s, %s, %s)",
                [
                    (*key, fact.source, fact.lien_source, fact.date_source)
                    for key, fact in written.items()
                ],
            )
    with _connected(address, autocommit=True) as connection:
        connection.execute("analyze maillage.fiches")
    return len(cells)


def update(address: str, content: bytes, *, who: str, now: datetime) -> int:
    """Bring the list of a base to that of a file, as a change with its history; return its cells.

    Rows that the file has no more are removed, but those that are never shown.
    """
    if who not in roles(address):
        raise Refused(f'Le rôle « {who} » n’existe pas dans la base : « base role "{who}" CODE ».')
    edits = checking.replacement(export(address)[0], content)
    with _owning(address) as connection:
        connection.execute(
            "select set_config('maillage.role', %s, true), set_config('maillage.quand', %s, true)",
            [who, now.isoformat(timespec="seconds")],
        )
        return len(save_on(connection, edits, who=who, now=now))


def _refuse_what_would_be_lost(
    content: bytes, facts: bytes, cells: pd.DataFrame, *, name: str, today: date
) -> Reading:
    reading = read_services(io.BytesIO(content), today=today)
    if facts:
        reading = fact_sources.read(facts, reading, name=f"{name}.sources", today=today)
    wrong = [one for one in reading.problems if one.severity == "error" or one.tells_place]
    if wrong:
        more = f" (et {french.count(len(wrong) - 1, 'autre')})" if len(wrong) > 1 else ""
        raise Refused(
            f"Rien n’est importé. {wrong[0].message}{more} Tout voir, et corriger sans risque : "
            "« python -m geodata check LISTE -o FICHIER »."
        )
    if cells.index.has_duplicates:
        raise Refused("Rien n’est importé : deux lignes portent le même identifiant.")
    return reading


def _insert(connection: psycopg.Connection[Any], cells: pd.DataFrame) -> None:
    known = ["id", *(name for name in cells.columns if name in COLUMNS)]
    others = [name for name in cells.columns if name not in COLUMNS]
    rows = []
    for key, row in zip(cells.index, cells.to_dict("records"), strict=True):
        texts = [key, *(row[name] for name in known[1:])]
        rows.append([*texts, Jsonb({n: row[n] for n in others if row[n]})])
    columns = sql.SQL(", ").join(map(sql.Identifier, (*known, "autres")))
    values = sql.SQL(", ").join(sql.Placeholder() * (len(known) + 1))
    with connection.cursor() as cursor:
        cursor.executemany(
            sql.SQL("insert into maillage.fiches ({}) values ({})").format(columns, values), rows
        )


def export(address: str) -> tuple[bytes, bytes]:
    """Return the whole list, rows never shown included, and its facts, as two CSV files.

    Cells are those that were imported or saved; the writing is ours: UTF-8, commas, quotes where
    they are needed.
    """
    with _owning(address) as connection:
        query = f"select {COLUMN_LIST}, autres from maillage.fiches order by rang"  # noqa: S608
        columns = columns_of(connection)
        cells = in_order(_rows.frame_of(copied(connection, query, ()), columns), columns)
        facts = connection.execute(
            "select id, colonne, faits.source, faits.lien_source, faits.date_source "
            "from maillage.faits join maillage.fiches using (id) order by faits.rang"
        ).fetchall()
    table = pd.DataFrame(facts, columns=list(fact_sources.FIELDS), dtype="str")
    return _rows.list_content(cells), _rows.list_content(table) if facts else b""


# --- who may ------------------------------------------------------------------------------


def roles(address: str) -> dict[str, tuple[str, ...]]:
    """Return the départements that each role may change."""
    with _owning(address) as connection:
        found = connection.execute("select role, departements from maillage.droits order by role")
        return {role: tuple(codes) for role, codes in found.fetchall()}


def give(address: str, role: str, departements: Collection[str]) -> None:
    """Let a role change these départements (`france`: all) and no other; none takes it away."""
    with _owning(address) as connection:
        connection.execute("delete from maillage.droits where role = %s", [role])
        if departements:
            connection.execute(
                "insert into maillage.droits values (%s, %s)", [role, list(departements)]
            )


# --- health -------------------------------------------------------------------------------


def check(address: str, *, today: date) -> tuple[Reading, tuple[str, ...]]:
    """Read all rows as the site does, and tell what is wrong with the base itself, in French."""
    with _owning(address) as connection:
        _connecting.check_schema(connection)
        wrong = [said for query, said in _EXPECTED.items() if _is_true(connection, query)]
        loud = connection.execute(_LOUD, [list(_QUIET)]).fetchall()
        powerful = connection.execute(_POWERFUL, [[READING, EDITING]]).fetchall()
    wrong += [
        f"Le compte « {name} » du site peut trop : voir docs/base.md." for (name,) in powerful
    ]
    if dict(setting.split("=", 1) for (setting,) in loud) != _QUIET:
        wrong.append(
            "Le journal du serveur peut contenir des cases de la liste : « base migrate », par "
            "un superutilisateur, l’en empêche."
        )
    content, facts = export(address)
    reading = read_services(io.BytesIO(content), today=today)
    if facts:
        reading = fact_sources.read(facts, reading, name="sources", today=today)
    return reading, tuple(wrong)


_EXPECTED: Final = {
    "select count(*) < 5 or not bool_and(relrowsecurity) from pg_class "
    "where relnamespace = 'maillage'::regnamespace and relname in "
    "('fiches', 'faits', 'historique', 'signalements', 'officiel')": "La sécurité par ligne est "
    "coupée sur une table : « alter table … enable row level security ».",
    "select not bool_and(convalidated) from pg_constraint where conrelid = "
    "'maillage.fiches'::regclass": "Une contrainte n’est pas validée.",
    "select count(*) < 8 or bool_or(tgenabled in ('D', 'R')) from pg_trigger "
    "join pg_class on pg_class.oid = tgrelid where relnamespace = 'maillage'::regnamespace "
    "and not tgisinternal": "Un déclencheur est coupé : l’historique n’est pas tenu, ou un lieu "
    "caché peut être écrit.",
    "select count(*) = 0 from maillage.droits": "Aucun rôle ne peut modifier la liste : « base "
    "role NOM france ».",
}
_LOUD: Final = """
    select setting from pg_db_role_setting, unnest(setconfig) as setting
    where setrole = 0 and split_part(setting, '=', 1) = any(%s)
      and setdatabase = (select oid from pg_database where datname = current_database())
"""
_POWERFUL: Final = """
    select distinct member.rolname from pg_auth_members
    join pg_roles as member on member.oid = pg_auth_members.member
    join pg_roles as given on given.oid = roleid
    where given.rolname = any(%s) and (member.rolsuper or member.rolbypassrls)
"""


def _is_true(connection: psycopg.Connection[Any], query: str) -> bool:
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


# --- backup -------------------------------------------------------------------------------


def backup(address: str, output: Path) -> None:
    """Write everything, history included, into a file for `restore`. Needs PostgreSQL's pg_dump.

    Raises Refused where `output` is there and no such file.
    """
    if output.exists() and not _is_backup(output):
        raise Refused(
            f"« {output.name} » existe et n’est pas une sauvegarde : donner un autre nom."
        )
    temporary = output.with_name(f"{output.name}.tmp")
    try:
        temporary.unlink(missing_ok=True)
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _run(
            "pg_dump",
            address,
            "--format=custom",
            "--schema=maillage",
            f"--file={temporary}",
            "--exclude-table-data=maillage.debit",
        )
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)


def _is_backup(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(_ARCHIVE)) == _ARCHIVE


def restore(address: str, saved: Path) -> None:
    """Bring what `backup` wrote into an empty database, of this server or another one.

    Raises Unusable where there is a list already.
    """
    with _administering(address) as connection:
        if _has_schema(connection):
            raise Unusable("Cette base a déjà une liste : restaurer dans une base vide.")
        _make_roles(connection)
        connection.execute("create extension if not exists postgis with schema public")
        with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            _quiet_log(connection)
    _run("pg_restore", address, "--exit-on-error", "--single-transaction", str(saved))
    with _owning(address) as connection:
        # Transactions of another server are numbered anew.
        connection.execute(
            "update maillage.etat set transaction = null, marque = gen_random_uuid()"
        )
        connection.execute(
            "update maillage.versions set marque = etat.marque from maillage.etat "
            "where versions.version = etat.version"
        )


def _run(program: str, address: str, *options: str) -> None:
    given = psycopg.conninfo.conninfo_to_dict(address)
    password = given.pop("password", None)
    where = psycopg.conninfo.make_conninfo(**given)  # type: ignore[arg-type]
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            [program, f"--dbname={where}", *options],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise Unusable(
            f"Il manque « {program} », des outils clients de PostgreSQL (postgresql-client)."
        ) from None
    if done.returncode:
        # The first line says what is wrong; others may hold rows.
        said = (done.stderr.strip().splitlines() or ["sans message"])[0]
        raise Unusable(f"« {program} » a échoué : {said[:200]}")


# --- connections --------------------------------------------------------------------------


def _connected(address: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    return _connecting.connect(address, autocommit=autocommit, silent_s=_SILENT_S)


@contextmanager
def _administering(address: str) -> Iterator[psycopg.Connection[Any]]:
    with _connected(address) as connection, _connecting.said_in_french():
        yield connection


@contextmanager
def _owning(address: str) -> Iterator[psycopg.Connection[Any]]:
    """Open a transaction as the owner of the list."""
    with _administering(address) as connection:
        if not _has_schema(connection):
            raise Unusable("Cette base n’a pas de liste : « python -m geodata base create ».")
        connection.execute("set local role " + OWNER)
        connection.execute("select set_config('lock_timeout', %s, true)", [str(_WAIT_MS)])
        yield connection
