"""The list in PostgreSQL: its rows, facts, rights and history are tables of the schema `maillage`.

A save locks the list (`maillage.change_version`), reads the rows it touches, prepares them as a
save of a file does (`keeping.prepared`), and writes them: one transaction, all or nothing. What
an account may see and change is held by row-level security, what a hidden row may carry by
constraints, the history by a trigger: see `migrations/versions/0001_list.sql`.
"""

import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, LiteralString

import pandas as pd
import psycopg
from psycopg import errors, sql
from psycopg.types.json import Jsonb

from geodata import fact_sources, french
from geodata.fact_sources import FactSource
from geodata.services import COLUMNS, FRANCE
from geodata.upkeep import keeping
from geodata.upkeep.keeping import Edit, Entry, Prepared, Refused
from geodata.upkeep.official_memory import Known, Memory
from geodata.upkeep.stores import _connecting, _rows
from geodata.upkeep.stores._connecting import Line, Unusable
from geodata.upkeep.stores._following import COLUMN_LIST, Follower, copied, state_of
from geodata.upkeep.stores._latest import Latest, NoList
from geodata.upkeep.stores._reports import BaseSuggestions

_FIRST_READING_S: Final = 60.0
_SEEN_S: Final = 3.0
_LOCK_MS: Final = 10_000
_READING_SILENT_S: Final = 8.0
_SAVING_SILENT_S: Final = 15.0
"""Longer than `_LOCK_MS`: who waits for another's save hears nothing."""
_LONGEST_MS: Final = 60_000
"""How long the base works on one order, or keeps a save open for a process that is gone."""
_MOST_ROWS: Final = 2_000
"""How many rows one save may touch: nobody else saves meanwhile."""
_AT_ONCE: Final = 500
_IN_DOUBT: Final = (
    "La base s’est tue au moment d’enregistrer : on ne sait pas si c’est fait. Votre saisie reste "
    "ici ; relire la fiche avant de recommencer. Enregistrer deux fois la même chose ne change "
    "rien."
)
_LATE: Final = (
    "Une modification est enregistrée, mais pas encore montrée : le serveur qui donne la liste est "
    "en retard. La personne qui le tient doit le vérifier."
)
_CUT: Final = "La base ne répond pas : rien n’a été enregistré. Votre saisie reste ici."


class BaseStore:
    """The list at a `postgresql://` address.

    `address` reads it, `editing` changes it ("" to read only): two accounts, neither of which may
    do what the other does.
    """

    is_base = True

    def __init__(self, address: str, editing: str = "") -> None:
        self.path = Path("services.csv")
        self.is_editable = bool(editing)
        self._address = address
        self._reading_line = Line(address)
        self._editing_line = Line(editing)
        self._reporting_line = Line(address, target_session_attrs="read-write")
        self._follower: Follower | None = None
        self.suggestions = BaseSuggestions(self._reporting_line, self._as)

    def _following(self) -> Follower:
        if self._follower is None:
            lines = (self._reading_line, self._editing_line, self._reporting_line)
            self._follower = Follower(self._address, back=lambda: _ask_again(lines))
            weakref.finalize(self, self._follower.stop)
        return self._follower

    def close(self) -> None:
        """Stop following the base."""
        if self._follower is not None:
            self._follower.stop()

    # --- reading ---

    @property
    def rows_read(self) -> int:
        """How many rows were read from the base since the start."""
        return self._following().rows_read

    def state(self) -> tuple[str, str]:
        """Return the signature of the newest reading, and why there is no newer one."""
        follower = self._following()
        latest = follower.latest
        return (latest.signature if latest else ""), _failure(follower)

    def latest(self, today: date) -> Latest:
        """Return the newest reading; NoList where there was none, after a while."""
        _ = today  # the follower looks at the clock itself
        follower = self._following()
        follower.tried.wait(_FIRST_READING_S)
        latest, failure = follower.latest, _failure(follower)
        if latest is None:
            raise NoList(failure or "La base n’a pas encore répondu. Recharger dans un instant.")
        return replace(latest, state=self.state(), failure=failure)

    def is_blank(self) -> bool:
        """Return whether the base was found to have no row."""
        return self._follower is not None and self._follower.is_empty

    def last_changes(self) -> dict[str, str]:
        """Return when rows were last changed here; nothing where that cannot be read."""
        try:
            with self._reading_line.connected(silent_s=_READING_SILENT_S) as connection:
                found = connection.execute("select id, quand from maillage.modifications_lues")
                return dict(found.fetchall())
        except (psycopg.Error, Unusable):
            return {}

    def damaged_lines(self) -> int:
        """Return 0: the base keeps no line that it cannot read."""
        return 0

    # --- for a role ---

    def cells(self, who: str) -> pd.DataFrame:
        """Return the cells of the rows that a role may change. Raises Unusable."""
        return self._writable(who, None)

    def _writable(self, who: str, keys: list[str] | None) -> pd.DataFrame:
        with self._reading_as(who) as connection:
            query = (
                f"select {COLUMN_LIST}, autres from maillage.fiches "  # noqa: S608 our own names
                "where niveau <> 'non_publie' and maillage.may_write(ressort) "
                "and (%s::text[] is null or id = any(%s)) order by rang"
            )
            columns = columns_of(connection) or ("id",)
            frame = _rows.frame_of(copied(connection, query, (keys, keys)), columns)
        return in_order(frame, columns).set_index("id")

    def row(self, key: str, who: str) -> dict[str, str] | None:
        """Return the cells of a row that a role may change, None where there is none."""
        cells = self._writable(who, [key])
        if key not in cells.index:
            return None
        return {str(column): str(text) for column, text in cells.loc[key].items()}

    def content(self, who: str) -> bytes:
        """Return the rows of `cells` as a file. Raises Unusable."""
        return _rows.list_content(self.cells(who).reset_index())

    def history(self, who: str) -> tuple[Entry, ...]:
        """Return what a role may read of the history. Raises Unusable."""
        with self._reading_as(who) as connection:
            return _history(connection, "order by changement, rang")

    def departements(self, who: str) -> tuple[str, ...]:
        """Return the départements that a role may change, `france` for all. Raises Unusable."""
        with self._reading_as(who) as connection:
            row = connection.execute("select maillage.my_departements()").fetchone()
        return tuple(row[0]) if row else ()

    def facts(self, who: str) -> dict[fact_sources.Key, FactSource]:
        """Return the sources of single cells of the rows of `cells`. Raises Unusable."""
        with self._reading_as(who) as connection:
            found = connection.execute(
                "select id, colonne, faits.source, faits.lien_source, faits.date_source "
                "from maillage.faits join maillage.fiches using (id) "
                "where niveau <> 'non_publie' and maillage.may_write(ressort) order by faits.rang"
            ).fetchall()
        return {(key, column): FactSource(*fact) for key, column, *fact in found}

    def unseen(self, who: str) -> frozenset[tuple[str, str]]:
        """Return (département, type) of the rows that are never shown. Raises Unusable."""
        with self._reading_as(who) as connection:
            counted = "select departement, type from maillage.non_publiees_comptees"
            return frozenset(connection.execute(counted).fetchall())

    # --- official records ---

    def official(self, who: str) -> Memory:
        """Return what is known of the records of a role's départements. Raises Unusable."""
        with self._reading_as(who) as connection:
            found = connection.execute(
                "select departement, demande, releves, refus from maillage.officiel "
                "order by departement"
            ).fetchall()
        records = {
            record: Known(**known)
            for _, _, known_here, _ in found
            for record, known in known_here.items()
        }
        refused = {key for *_, keys in found for key in keys}
        return Memory(
            tuple(home for home, asked, *_ in found if asked), records, frozenset(refused)
        )

    def remember(self, memory: Memory, who: str) -> None:
        """Keep what is known of them, of the départements that this role may change.

        Raises Unusable.
        """
        mine = self.departements(who)
        asked = [home for home in memory.departements if _covers(mine, home)]
        here: dict[str, dict[str, dict[str, Any]]] = {home: {} for home in asked}
        for key, known in memory.records.items():
            home = known.departement
            if not _covers(mine, home):
                home = asked[0] if asked else ""
            here.setdefault(home, {})[key] = asdict(known)
        refused = sorted(memory.refused)
        rows = [
            (home, home in asked, Jsonb(records), refused if home in asked else [])
            for home, records in here.items()
            if _covers(mine, home)
        ]
        with self._reading_as(who) as connection, connection.cursor() as cursor:
            cursor.execute("update maillage.officiel set releves = '{}'")
            cursor.executemany(
                "insert into maillage.officiel (departement, demande, releves, refus) "
                "values (%s, %s, %s, %s) on conflict (departement) do update set "
                "demande = excluded.demande or officiel.demande, releves = excluded.releves, "
                "refus = excluded.refus",
                rows,
            )

    # --- writing ---

    def begin(self, content: bytes, facts: bytes = b"", *, who: str, now: datetime) -> None:
        """Write the first list, as a change of this role. Raises Refused where there are rows."""
        if not self.is_blank():
            raise Refused("Une liste est arrivée entre-temps : recharger la page.")
        cells = keeping.read_cells(content)
        edits = keeping.edits_between(cells.iloc[:0], cells)
        sources = dict(fact_sources.written(facts)) if facts else {}
        given = {
            (one.id, one.column): sources.get((one.id, one.column))
            for one in edits
            if fact_sources.may_have_source(one.column)
        }
        self.save(edits, who=who, now=now, sources=given)

    def save(
        self,
        edits: Collection[Edit],
        *,
        who: str,
        now: datetime,
        sources: Mapping[fact_sources.Key, FactSource | None] | None = None,
        means: str = "",
    ) -> tuple[Entry, ...]:
        """Change cells, all or none, as `keeping.save` does. Raises Conflict, Refused."""
        if len({edit.id for edit in edits}) > _MOST_ROWS:
            raise Refused(
                f"Plus de {french.number(_MOST_ROWS)} fiches d’un coup : la base serait tenue trop "
                "longtemps. Département par département, ou par un fichier (docs/base.md)."
            )
        author = f"{who} ({means})" if means else who
        committing = False
        try:
            with self._as(who, now, means) as connection:
                entries = save_on(connection, edits, who=author, now=now, sources=sources)
                version = state_of(connection).version if entries else 0
                committing = True
                connection.commit()
            # Who has saved sees it at once.
            if self._follower is not None:
                self._follower.wait_for(version, _SEEN_S)
            return entries
        except errors.InsufficientPrivilege:
            raise self._not_yours(who) from None
        except errors.UniqueViolation:
            raise Refused("Cet identifiant existe déjà : en choisir un autre.") from None
        except errors.CheckViolation as error:
            raise Refused(_said_by_the_base(error)) from None
        except psycopg.OperationalError as error:
            if error.sqlstate and not error.sqlstate.startswith(("08", "57P")):
                raise Unusable(_connecting.words(error)) from None
            raise Unusable(_IN_DOUBT if committing else _CUT) from None
        except psycopg.Error as error:
            raise Unusable(_connecting.words(error)) from None

    def undo(self, entries: Collection[Entry], *, who: str, now: datetime) -> tuple[Entry, ...]:
        """Put back what these lines tell, as `keeping.undo` does."""
        edits, sources = keeping.undoing(entries)
        return self.save(edits, who=who, now=now, sources=sources)

    def _not_yours(self, who: str) -> Refused:
        homes = self.departements(who)
        mine = f"ne modifie que : {', '.join(homes)}" if homes else "ne modifie aucun département"
        return Refused(
            f"Rien n’a été enregistré : le rôle « {who} » {mine}. La personne qui tient le serveur "
            "peut l’étendre (python -m geodata base role)."
        )

    @contextmanager
    def _reading_as(self, who: str) -> Iterator[psycopg.Connection[Any]]:
        """Open a transaction that only reads. Raises Unusable whenever the base is lost."""
        with _connecting.said_in_french(), self._as(who) as connection:
            yield connection

    @contextmanager
    def _as(
        self, who: str, now: datetime | None = None, means: str = ""
    ) -> Iterator[psycopg.Connection[Any]]:
        """Open a transaction in the name of a role, with the account that may edit."""
        if not self._editing_line:
            raise Unusable("Cette base ne peut être que lue : MAILLAGE_SERVICES_EDITION manque.")
        silent_s = _SAVING_SILENT_S if now else _READING_SILENT_S
        with self._editing_line.connected(silent_s=silent_s) as connection:
            _connecting.check_schema(connection)
            _connecting.check_rights(connection, editing=True)
            settings = {
                "maillage.role": who,
                "maillage.moyen": means,
                "maillage.quand": now.isoformat(timespec="seconds") if now else "",
                "lock_timeout": str(_LOCK_MS),
                "statement_timeout": str(_LONGEST_MS),
                "idle_in_transaction_session_timeout": str(_LONGEST_MS),
            }
            for name, value in settings.items():
                connection.execute("select set_config(%s, %s, true)", [name, value])
            yield connection


def _failure(follower: Follower) -> str:
    return follower.failure or (_LATE if follower.is_late else "")


def _ask_again(lines: Iterable[Line]) -> None:
    for line in lines:
        line.ask_again()


def _covers(mine: Collection[str], home: str) -> bool:
    return home in mine or FRANCE in mine


# --- one save -----------------------------------------------------------------------------


def save_on(
    connection: psycopg.Connection[Any],
    edits: Collection[Edit],
    *,
    who: str,
    now: datetime,
    sources: Mapping[fact_sources.Key, FactSource | None] | None = None,
) -> tuple[Entry, ...]:
    """Change cells in the transaction of a connection, which the caller commits."""
    connection.execute("select maillage.change_version()")
    made = _prepared(connection, edits, who=who, now=now, sources=sources)
    if made is None:
        connection.rollback()
        return ()
    _write(connection, made)
    return made.entries


def _prepared(
    connection: psycopg.Connection[Any],
    edits: Collection[Edit],
    *,
    who: str,
    now: datetime,
    sources: Mapping[fact_sources.Key, FactSource | None] | None,
) -> Prepared | None:
    """Prepare a save on the rows that it touches, which stay locked."""
    keys = list(dict.fromkeys(edit.id for edit in edits))
    columns = columns_of(connection) or _begun_with(edits)
    query = f"select {COLUMN_LIST}, autres from maillage.fiches where id = any(%s) order by rang"  # noqa: S608
    frame = in_order(_rows.frame_of(copied(connection, query, (keys,)), columns), columns)
    found = connection.execute(
        "select id, colonne, source, lien_source, date_source from maillage.faits "
        "where id = any(%s)",
        [keys],
    )
    facts = {(row[0], row[1]): FactSource(*row[2:]) for row in found.fetchall()}
    past = _history(connection, "where id = any(%s) order by changement, rang", keys)
    row = connection.execute("select max(changement) from maillage.etat_lu").fetchone()
    made = keeping.prepared(
        _rows.list_content(frame), edits, who=who, now=now, past=past, facts=facts, sources=sources
    )
    if made is None:
        return None
    number = int(row[0]) if row else 0
    return replace(made, entries=tuple(replace(one, change=number) for one in made.entries))


def _begun_with(edits: Collection[Edit]) -> tuple[str, ...]:
    """Return the columns of a list that these edits begin, known ones first."""
    names = dict.fromkeys(edit.column for edit in edits)
    return (*filter(names.__contains__, COLUMNS), *(n for n in names if n not in COLUMNS))


def _write(connection: psycopg.Connection[Any], made: Prepared) -> None:
    """Write the rows of a save, their facts, and what only the reader knows of the history."""
    cells = keeping.read_cells(made.content)
    touched = {entry.id: None for entry in made.entries}
    past = _history(connection, "where id = any(%s) order by changement, rang", list(touched))
    known = columns_of(connection)
    if more := [name for name in ("id", *cells.columns) if name not in known]:
        connection.execute("select maillage.add_columns(%s)", [more])
    changed: dict[str, list[str]] = {}
    for entry in made.entries:
        changed.setdefault(entry.id, []).append(entry.column)
    for key, names in changed.items():
        _write_row(connection, key, names, cells)
    kept = {one: fact for one, fact in made.moved.items() if fact and one[0] in cells.index}
    _execute_many(
        connection,
        "insert into maillage.faits (id, colonne, source, lien_source, date_source) "
        "values (%s, %s, %s, %s, %s) on conflict (id, colonne) do update set "
        "source = excluded.source, lien_source = excluded.lien_source, "
        "date_source = excluded.date_source",
        [(*one, fact.source, fact.lien_source, fact.date_source) for one, fact in kept.items()],
    )
    _execute_many(
        connection,
        "delete from maillage.faits where id = %s and colonne = %s",
        [one for one in made.moved if one not in kept],
    )
    _write_history(connection, made, past)


def _write_row(
    connection: psycopg.Connection[Any], key: str, names: Sequence[str], cells: pd.DataFrame
) -> None:
    if key not in cells.index:
        done = connection.execute("delete from maillage.fiches where id = %s", [key])
        _expect_one(done)
        return
    row = cells.loc[key].to_dict()
    others = {n: text for n, text in row.items() if n not in COLUMNS and text}
    if "id" in names:
        texts = {"id": key} | {n: row.get(n, "") for n in COLUMNS if n != "id"}
        columns = sql.SQL(", ").join(map(sql.Identifier, (*texts, "autres")))
        values = sql.SQL(", ").join(sql.Placeholder() * (len(texts) + 1))
        connection.execute(
            sql.SQL("insert into maillage.fiches ({}) values ({})").format(columns, values),
            [*texts.values(), Jsonb(others)],
        )
        return
    texts = {name: row.get(name, "") for name in names if name in COLUMNS}
    setting = sql.SQL(", ").join(
        sql.SQL("{} = %s").format(sql.Identifier(name)) for name in (*texts, "autres")
    )
    _expect_one(
        connection.execute(
            sql.SQL("update maillage.fiches set {} where id = %s").format(setting),
            [*texts.values(), Jsonb(others), key],
        )
    )


def _expect_one(done: psycopg.Cursor[Any]) -> None:
    """Raise where row-level security has let a row be seen, not changed."""
    if done.rowcount != 1:
        raise errors.InsufficientPrivilege


def _write_history(
    connection: psycopg.Connection[Any], made: Prepared, past: Sequence[Entry]
) -> None:
    """Put the lines of the trigger in the order of the save, tell what the reader gives out."""
    lines = [
        [
            place,
            entry.before,
            entry.after,
            *(
                None if source is None else Jsonb(fact_sources.as_json(source))
                for source in (entry.source_before, entry.source_after)
            ),
            entry.change,
            entry.id,
            entry.column,
        ]
        for place, entry in enumerate(made.entries)
    ]
    _execute_many(
        connection,
        "update maillage.historique set rang = %s, avant = %s, apres = %s, source_avant = %s, "
        "source_apres = %s where changement = %s and id = %s and colonne = %s",
        lines,
    )
    told = made.version.told_now(past)
    hidden = set(made.forget)
    for was, now in zip(past, told, strict=True):
        forgotten = was.untold() if was.id in hidden else now
        if forgotten != was:
            connection.execute(
                "update maillage.historique set avant = %s, apres = %s, source_avant = null, "
                "source_apres = null where changement = %s and id = %s and colonne = %s",
                [forgotten.before, forgotten.after, was.change, was.id, was.column],
            )


def _execute_many(
    connection: psycopg.Connection[Any], order: LiteralString, rows: Sequence[Sequence[object]]
) -> None:
    """Execute an order for many rows, in parts that the base answers to in good time."""
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _AT_ONCE):
            cursor.executemany(order, rows[start : start + _AT_ONCE])


# --- what is there ------------------------------------------------------------------------


def columns_of(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """Return the columns of the list, in their order."""
    row = connection.execute("select colonnes from maillage.etat_lu").fetchone()
    return tuple(row[0]) if row else ()


def in_order(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Give a list's own columns, in their order, and others where they hold something."""
    filled = [name for name in frame.columns if name not in columns and (frame[name] != "").any()]
    return frame.reindex(columns=[*columns, *filled], fill_value="")


def _history(
    connection: psycopg.Connection[Any], rest: LiteralString, *values: object
) -> tuple[Entry, ...]:
    query: LiteralString = (
        "select changement, quand, qui, id, colonne, avant, apres, source_avant, source_apres "
        "from maillage.historique " + rest
    )
    found = connection.execute(query, list(values)).fetchall()
    return tuple(
        Entry(number, when, who, key, column, before, after, *map(fact_sources.of_json, sources))
        for number, when, who, key, column, before, after, *sources in found
    )


def _said_by_the_base(error: errors.CheckViolation) -> str:
    """Say which rule of the base a save breaks, without any cell."""
    said = error.diag.message_primary or ""
    if said.startswith("maillage: "):
        return f"Rien n’a été enregistré : {said.removeprefix('maillage: ')}."
    rule = (error.diag.constraint_name or "inconnue").replace("_", " ")
    return f"Rien n’a été enregistré : la base refuse cette fiche (règle « {rule} »)."
