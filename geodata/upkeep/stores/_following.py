"""Follow a base: a thread of the process keeps the newest reading of the list.

The base tells a change (NOTIFY) and the rows that have changed are read again. A replica cannot be
told: it is asked twice a second, as any base is once a second, since a cut network tells nothing,
and at once when somebody here has saved.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from geodata.services import COLUMNS
from geodata.upkeep.stores import _connecting, _rows
from geodata.upkeep.stores._connecting import Unusable
from geodata.upkeep.stores._latest import Latest

_PARIS: Final = ZoneInfo("Europe/Paris")
_ASKED_EVERY_S: Final = 1.0
_REPLICA_ASKED_EVERY_S: Final = 0.5
_REPLICA_ASKED_AGAIN_S: Final = 0.02
_TRIED_AGAIN_S: Final = 1.0
_SILENT_S: Final = 10.0
_LOG: Final = logging.getLogger("maillage")

COLUMN_LIST: Final = ", ".join(COLUMNS)
_ORDERED: Final = " order by rang nulls last, id"
_FACTS: Final[LiteralString] = (
    "select id, colonne, source, lien_source, date_source from maillage.faits_lus"
)


@dataclass(frozen=True)
class State:
    """A state of the list in a base: `mark` is that of no other, whatever server numbers it.

    `lost`: the last version in which readers have lost a row.
    """

    version: int
    mark: UUID
    written: datetime
    columns: tuple[str, ...]
    lost: int


class Follower:
    """The newest reading of a base, and why there is none; made by a thread until `stop`."""

    def __init__(self, address: str, *, back: Callable[[], None]) -> None:
        """Begin to follow; `back` is called when a base that was away is there again."""
        self.latest: Latest | None = None
        self.failure = ""
        self.is_empty = False
        """Whether the base answers, and has no row at all."""
        self.rows_read = 0
        """How many rows were read since the start, to know what a change costs."""
        self.tried = threading.Event()
        self._read = threading.Condition()
        self._address = address
        self._back = back
        self._rows: _rows.Rows | None = None
        self._state: State | None = None
        self._stopped = threading.Event()
        self._wanted = 0
        """The version that somebody waits for; 0 if nobody does."""
        self._missed = 0
        """The newest version that somebody has waited for in vain."""
        self._is_replica = False
        self._thread = threading.Thread(target=self._run, name="base", daemon=True)
        self._thread.start()

    def wait_for(self, version: int, seconds: float) -> None:
        """Wait until a version of the list has been read, no longer than this."""
        with self._read:
            self._wanted = max(self._wanted, version)
            self._read.notify_all()
            if not self._read.wait_for(lambda: self._has(version), seconds):
                self._missed = max(self._missed, version)
            self._wanted = 0 if self._wanted <= version else self._wanted

    @property
    def is_late(self) -> bool:
        """Whether a replica has not yet given what somebody here has saved."""
        return self._is_replica and self._missed > 0 and not self._has(self._missed)

    def stop(self) -> None:
        """End the thread; returns at once."""
        self._stopped.set()
        with self._read:
            self._read.notify_all()

    def _has(self, version: int) -> bool:
        return self._state is not None and self._state.version >= version

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow()
            except psycopg.Error as error:
                self._fail(_connecting.words(error))
            except Unusable as error:
                self._fail(str(error))
            except Exception as error:  # noqa: BLE001 - nobody else would tell that the thread is gone
                # Its kind alone: a message may quote a cell.
                _LOG.error("list in the base: %s", type(error).__name__)
                self._fail("La liste de la base ne peut pas être lue.")
            self._stopped.wait(_TRIED_AGAIN_S)

    def _fail(self, why: str) -> None:
        if why != self.failure:
            _LOG.warning("The list in the base cannot be read now.")
        self.failure = why
        self.tried.set()

    def _follow(self) -> None:
        with _connecting.connect(self._address, autocommit=True, silent_s=_SILENT_S) as connection:
            _connecting.check_schema(connection)
            _connecting.check_rights(connection, editing=False)
            row = connection.execute("select pg_is_in_recovery()").fetchone()
            self._is_replica = bool(row and row[0])
            if not self._is_replica:
                connection.execute("listen maillage")
            while not self._stopped.is_set():
                self._catch_up(connection)
                if self._is_replica:
                    self._wait_to_ask_a_replica()
                else:
                    for _ in connection.notifies(timeout=_ASKED_EVERY_S, stop_after=1):
                        pass

    def _wait_to_ask_a_replica(self) -> None:
        """Wait half a second, or only an instant while somebody waits for what they have saved."""
        with self._read:
            if not self._has(self._wanted):
                self._read.wait(_REPLICA_ASKED_AGAIN_S)
            else:
                self._read.wait_for(
                    lambda: self._stopped.is_set() or not self._has(self._wanted),
                    _REPLICA_ASKED_EVERY_S,
                )

    def _catch_up(self, connection: psycopg.Connection[Any]) -> None:
        """Read what has changed, if anything has."""
        today = datetime.now(_PARIS).date()
        outdated = self.latest is not None and self.latest.is_outdated(today)
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            state = state_of(connection)
            if state == self._state and not outdated:
                self._succeed()
                return
            rows = None
            if self._rows and self._state and not outdated:
                rows = self._changed(connection, self._rows, self._state, state.lost, today)
            if rows is None:
                rows = self._all(connection, state, today)
        self.is_empty = not rows.lines
        if rows.reading.services.empty:
            raise Unusable(
                "La base n’a encore aucune fiche."
                if self.is_empty
                else "La base ne contient aucun service lisible : « python -m geodata base check » "
                "dit pourquoi."
            )
        self._rows, self._state = rows, state
        self.latest = Latest(
            rows.reading, f"{state.mark}-{state.version}", state.written.astimezone(_PARIS), state
        )
        self._succeed()

    def _succeed(self) -> None:
        if self.failure:
            self._back()
        self.failure = ""
        self.tried.set()
        with self._read:
            self._read.notify_all()

    def _all(self, connection: psycopg.Connection[Any], state: State, today: date) -> _rows.Rows:
        frame = _frame(connection, "", (), state.columns)
        self.rows_read += len(frame)
        facts = connection.execute(_FACTS + " order by id, colonne").fetchall()
        return _rows.read_all(frame, _counted(connection), facts, today)

    def _changed(
        self,
        connection: psycopg.Connection[Any],
        rows: _rows.Rows,
        since: State,
        lost: int,
        today: date,
    ) -> _rows.Rows | None:
        """Read the rows that have changed since a state, None where this base never had it.

        Which rows are no more, the base does not say: where it has lost one, ids are compared.
        """
        known = connection.execute(
            "select marque from maillage.versions where version = %s", [since.version]
        ).fetchone()
        if known != (since.mark,):
            return None
        frame = _frame(connection, " where version > %s", (since.version,), rows.columns)
        self.rows_read += len(frame)
        gone = set(rows.lines) if lost > since.version else set()
        if gone:
            present = connection.execute("select id from maillage.fiches_lues").fetchall()
            gone -= {key for (key,) in present}
        facts = connection.execute(
            _FACTS + " where id = any(%s) order by id, colonne", [frame["id"].tolist()]
        ).fetchall()
        return _rows.read_changed(rows, frame, gone, _counted(connection), facts, today)


def state_of(connection: psycopg.Connection[Any]) -> State:
    """Return the state of the list as a transaction sees it."""
    row = connection.execute(
        "select version, marque, quand, colonnes, disparition from maillage.etat_lu"
    ).fetchone()
    if row is None:
        raise Unusable(
            "La base n’a pas d’état : la personne qui tient le serveur doit la vérifier."
        )
    version, mark, written, columns, lost = row
    return State(version, mark, written, tuple(columns), lost)


def _frame(
    connection: psycopg.Connection[Any],
    where: LiteralString,
    values: Sequence[object],
    columns: Iterable[str],
) -> Any:
    query = f"select {COLUMN_LIST}, autres from maillage.fiches_lues{where}{_ORDERED}"  # noqa: S608
    return _rows.frame_of(copied(connection, query, values), columns)


def copied(connection: psycopg.Connection[Any], query: str, values: Sequence[object]) -> bytes:
    """Return the answer to a query as CSV with a header, every cell quoted."""
    with connection.cursor() as cursor:
        whole = f"copy ({query}) to stdout (format csv, header, force_quote *)"
        with cursor.copy(whole, list(values) or None) as copy:
            return b"".join(bytes(part) for part in copy)


def _counted(connection: psycopg.Connection[Any]) -> Any:
    counts = connection.execute(
        "select departement, type, nombre from maillage.non_publiees_comptees order by 1, 2"
    )
    return _rows.unpublished(counts.fetchall())
