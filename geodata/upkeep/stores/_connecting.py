"""Connect to a base, and say in French what stands against it.

No message holds a cell, a user or a password. A server may be there and say nothing (its machine
hangs, its processes are stopped): the network then takes what is sent to it, and only who waits can
give up.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final, LiteralString

import psycopg
from psycopg import errors

from geodata.upkeep.keeping import Refused

SCHEMA: Final = "0002"
"""The number of the newest migration: what this program reads and writes."""

OWNER: Final = "maillage_proprietaire"
READING: Final = "maillage_lecture"
EDITING: Final = "maillage_edition"

_OPTIONS: Final[dict[str, Any]] = {
    "application_name": "maillage",
    "connect_timeout": 5,
    # A cut network is noticed in seconds.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5_000,
}
SILENT_S: Final = 10.0
"""How long a server may say nothing before a connection is given up."""
_LEFT_ALONE_S: Final = 5.0
_SLOW_S: Final = 1.0


class Unusable(Refused):
    """A base that cannot be used as it is. The message is French, and says what to do."""


class Silent(psycopg.OperationalError):
    """The server has said nothing for too long; the connection is closed."""


class Connection(psycopg.Connection[Any]):
    """A connection that is given up once the server has said nothing for `silent_s` seconds."""

    silent_s = SILENT_S

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **options: Any) -> Any:
        """Wait for the server. Raises Silent."""
        try:
            return super().wait(_until_silent(gen, self.silent_s), *args, **options)
        except Silent:
            self.pgconn.finish()
            raise


def _until_silent(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """Pass on what psycopg waits for, while something comes."""
    heard = time.monotonic()
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                heard = time.monotonic()
            elif time.monotonic() - heard > seconds:
                raise Silent
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value


def connect(
    address: str, *, autocommit: bool = False, silent_s: float = SILENT_S, **options: Any
) -> Connection:
    """Connect. What the address says itself about a time or a name counts. Raises Unusable."""
    try:
        given = psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise Unusable(
            "L’adresse de la base est mal écrite : postgresql://compte@serveur:5432/base."
        ) from None
    more = {k: v for k, v in (_OPTIONS | options).items() if k not in given}
    try:
        opened = Connection.connect(address, autocommit=autocommit, **more)
    except psycopg.Error as error:
        raise Unusable(words(error)) from None
    opened.silent_s = silent_s
    return opened


class Line:
    """How an account reaches a base, for pages.

    Once it took long in vain it is left alone for a while: a page that asks several times, and all
    pages of a process, do not each wait.
    """

    def __init__(self, address: str, **options: Any) -> None:
        """Keep an address, and options of `connect`."""
        self._address = address
        self._options = options
        self._left_alone_until = 0.0

    def __bool__(self) -> bool:
        """Return whether there is an address."""
        return bool(self._address)

    @contextmanager
    def connected(self, *, silent_s: float = SILENT_S) -> Iterator[Connection]:
        """Open a transaction. Raises Unusable, and whatever the base answers."""
        if time.monotonic() < self._left_alone_until:
            raise Unusable(_AWAY)
        began = time.monotonic()
        try:
            opened = connect(self._address, silent_s=silent_s, **self._options)
        except Unusable:
            if time.monotonic() - began > _SLOW_S:
                self._leave_alone()
            raise
        try:
            with opened:
                yield opened
        except Silent:
            self._leave_alone()
            raise

    def ask_again(self) -> None:
        """Leave the base alone no longer: it is known to be back."""
        self._left_alone_until = 0.0

    def _leave_alone(self) -> None:
        self._left_alone_until = time.monotonic() + _LEFT_ALONE_S


@contextmanager
def said_in_french() -> Iterator[None]:
    """Turn what the base answers into Unusable."""
    try:
        yield
    except psycopg.Error as error:
        raise Unusable(words(error)) from None


def words(error: psycopg.Error) -> str:
    """Say what is wrong with a base, and what to do."""
    for kinds, said in _SAID:
        if isinstance(error, kinds):
            return said
    text = str(error).casefold()
    for part, said in _READ.items():
        if part in text:
            return said
    if isinstance(error, psycopg.OperationalError):
        return _AWAY
    return f"La base refuse (erreur {error.sqlstate or 'inconnue'})."


_AWAY: Final = "La base ne répond pas. La personne qui tient le serveur doit le vérifier."
_ABSENT: Final = (
    "La base n’a pas encore de liste : la personne qui tient le serveur doit lancer "
    "« python -m geodata base create »."
)
_READ_ONLY: Final = "La base ne peut être que lue en ce moment : rien n’a été enregistré."
_FULL: Final = "Le disque de la base est plein : rien n’a été enregistré."
_BUSY: Final = (
    "Quelqu’un d’autre enregistre en ce moment. Rien n’a été enregistré : recommencer dans un "
    "instant."
)
_SAID: Final[tuple[tuple[tuple[type[psycopg.Error], ...], str], ...]] = (
    ((errors.UndefinedTable, errors.InvalidSchemaName, errors.UndefinedFunction), _ABSENT),
    ((errors.ReadOnlySqlTransaction,), _READ_ONLY),
    ((errors.DiskFull, errors.OutOfMemory), _FULL),
    ((errors.LockNotAvailable, errors.QueryCanceled), _BUSY),
    (
        (errors.InsufficientPrivilege,),
        "Ce compte de la base n’a pas les droits qu’il faut : voir docs/base.md.",
    ),
)
# A connection that fails has no code, only a text, in the language of the server.
_READ: Final = {
    "password": "La base refuse le compte ou son mot de passe. Le corriger dans l’adresse, ou dans "
    "le fichier que PGPASSFILE nomme.",
    "mot de passe": "La base refuse le compte ou son mot de passe. Le corriger dans l’adresse, ou "
    "dans le fichier que PGPASSFILE nomme.",
    'role "': "La base ne connaît pas ce compte.",
    "does not exist": "La base que l’adresse nomme n’existe pas.",
    "n'existe pas": "La base que l’adresse nomme n’existe pas.",
    "pg_hba.conf": "La base n’accepte pas ce compte depuis cette machine (pg_hba.conf).",
    "invalid": "L’adresse de la base est mal écrite : postgresql://compte@serveur:5432/base.",
    "read-only": _READ_ONLY,
    "too many": "La base a trop de connexions. Recommencer dans un instant.",
}


def check_schema(connection: psycopg.Connection[Any]) -> None:
    """Raise Unusable where the base's schema is not that of this program."""
    row = connection.execute("select version_num from maillage.schema_version").fetchone()
    found = row[0] if row else "vide"
    if found != SCHEMA:
        what = (
            "lancer « python -m geodata base migrate »"
            if found < SCHEMA
            else "installer la version de Maillage qui va avec"
        )
        raise Unusable(f"La base est au schéma {found}, ce programme attend le {SCHEMA} : {what}.")


_TOO_MUCH: Final[LiteralString] = """
    select rolsuper, rolbypassrls, pg_has_role(oid, %s, 'member'),
      has_any_column_privilege(oid, 'maillage.fiches', 'select'),
      has_any_column_privilege(oid, 'maillage.fiches_lues', 'select'),
      has_any_column_privilege(oid, 'maillage.fiches', 'update'), rolcreaterole, rolreplication,
      pg_has_role(oid, 'pg_read_server_files', 'member')
        or pg_has_role(oid, 'pg_write_server_files', 'member')
        or pg_has_role(oid, 'pg_execute_server_program', 'member')
    from pg_roles where rolname = current_user
"""


def check_rights(connection: psycopg.Connection[Any], *, editing: bool) -> None:
    """Raise Unusable where this account may do too much, or too little."""
    row = connection.execute(_TOO_MUCH, [OWNER]).fetchone()
    superuser, bypasses, owns, sees_all, reads, writes, names, copies, files = row or (True,) * 9
    too_much = {
        "il est superutilisateur": superuser,
        "il passe outre la sécurité par ligne (BYPASSRLS)": bypasses,
        f"il est membre de {OWNER}": owns,
        "il crée des comptes (CREATEROLE)": names,
        "il peut copier la base entière (REPLICATION)": copies,
        "il lit ou écrit les fichiers du serveur": files,
        f"il lit la table entière : il lui faut {READING} seul": sees_all and not editing,
    }
    if reasons := [reason for reason, true in too_much.items() if true]:
        raise Unusable(
            f"Ce compte de la base peut trop, {reasons[0]}. En donner un autre, qui ne soit "
            f"membre que de {EDITING if editing else READING} (docs/base.md)."
        )
    if not (writes if editing else reads):
        raise Unusable(
            f"Ce compte de la base peut trop peu : le faire membre de "
            f"{EDITING if editing else READING} (docs/base.md)."
        )
