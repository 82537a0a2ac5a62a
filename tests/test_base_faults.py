"""A base when machines fail: nothing is lost, nothing is there twice, each is told so."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from geodata.upkeep import stores
from geodata.upkeep.keeping import Edit, Refused
from geodata.upkeep.stores import NoList, _base, _connecting, _following, administration
from tests.cluster import ADMIN, EDITORS, PASSWORDS, SITE, Base, Bases, Cluster, Wire, programs
from tests.conftest import ROOT, wait_for
from tests.lists import CIVRAY, row

NOW = datetime(2026, 11, 22, 9, 30)
TODAY = NOW.date()
EDITORS_AT_WORK = 3
ROWS = tuple(row(f"k{n}", **CIVRAY, telephone="0000000000") for n in range(EDITORS_AT_WORK))
WHO = "éditrice"

# A process that forks editors on demand, since each would read the communes anew. Each saves two
# cells of its row in a loop, and writes down what the base has confirmed, and what it was told.
NURSERY = """
import os, sys, time, warnings
warnings.simplefilter("ignore")
from datetime import datetime
from geodata.upkeep import stores
from geodata.upkeep.keeping import Edit, Refused

reading, editing, folder = sys.argv[1:]
store = stores.opened(reading, editing=editing)
now = datetime(2026, 11, 22)

def once(key, number):
    row = store.row(key, "éditrice")
    after = f"{number:010}"
    edits = [Edit(key, c, row[c], after) for c in ("telephone", "reseaux")]
    store.save(edits, who="éditrice", now=now)

once("k0", 1)
print("ready", flush=True)
for line in sys.stdin:
    key = line.strip()
    child = os.fork()
    if child == 0:
        with open(f"{folder}/{key}", "a", buffering=1) as said:
            number = int(store.row(key, "éditrice")["telephone"])
            while True:
                try:
                    once(key, number + 1)
                    number += 1
                    print(number, file=said)
                except Refused as why:
                    print(why, file=said)
                    time.sleep(0.1)
    print(child, flush=True)
"""


@dataclass
class Editors:
    """Editors of one row each, in processes of their own."""

    process: subprocess.Popen[str]
    folder: Path

    def start(self, key: str) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{key}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def said(self, key: str) -> tuple[list[int], list[str]]:
        """Return the saves that were confirmed, and what was refused."""
        file = self.folder / key
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        return [int(line) for line in lines if line.isdigit()], [
            line for line in lines if not line.isdigit()
        ]


@pytest.fixture
def nursery(tmp_path) -> Iterator:
    made: list[tuple[subprocess.Popen[str], list[int]]] = []

    def start(base: Base) -> Editors:
        process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, base.site, base.editors, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        made.append((process, []))
        return Editors(process, tmp_path)

    yield start
    for process, _ in made:
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), 9)
        process.kill()
        process.communicate()


def check_history(store, editors: Editors, keys) -> None:
    """Each confirmed save is there once, each continues the one before, none is half done."""
    history = store.history(WHO)
    for key in keys:
        confirmed, _ = editors.said(key)
        lines = {
            column: [e for e in history if (e.id, e.column) == (key, column)]
            for column in ("telephone", "reseaux")
        }
        cells = store.row(key, WHO)
        assert cells["telephone"] == (cells["reseaux"] or "0000000000")
        for column, entries in lines.items():
            after = [int(entry.after) for entry in entries]
            assert after == list(range(after[0], after[0] + len(after)))  # none lost, none twice
            assert all(a.after == b.before for a, b in pairwise(entries))
            assert set(confirmed) <= set(after)
            assert int(cells[column]) == after[-1]


def test_a_process_killed_in_the_middle_of_its_saves_loses_nothing(bases, nursery):
    base = bases.new(ROWS, **{WHO: ["86"]})
    editors = nursery(base)
    for turn in range(6):
        key = f"k{turn % EDITORS_AT_WORK}"
        confirmed = len(editors.said(key)[0])
        child = editors.start(key)
        wait_for(lambda k=key, n=confirmed: len(editors.said(k)[0]) > n)
        time.sleep(0.03 * turn)
        os.kill(child, 9)
    with closing(stores.opened(base.site, editing=base.editors)) as store:
        # What a killed process held open is let go: the next save does not wait.
        store.save([Edit("k0", "nom", "MDS de Civray", "MDS")], who=WHO, now=NOW)
        check_history(store, editors, [f"k{n}" for n in range(EDITORS_AT_WORK)])


@pytest.fixture(scope="module")
def pair(bases) -> Iterator[tuple[Cluster, Cluster, Bases]]:  # noqa: ARG001 skips without PostgreSQL
    """A primary and its replica, which confirms each save."""
    assert programs()
    primary, replica = Cluster(), Cluster()
    try:
        primary.initialise()
        primary.start()
        made = Bases(primary)
        replica.copy_of(primary)
        with psycopg.connect(primary.address(ADMIN, "postgres"), autocommit=True) as connection:
            connection.execute("alter system set synchronous_standby_names = '*'")
            connection.execute("select pg_reload_conf()")
        replica.start()
        yield primary, replica, made
    finally:
        primary.remove()
        replica.remove()


def test_a_save_is_told_from_a_replica_that_stands_still(pair, monkeypatch):
    primary, replica, made = pair
    monkeypatch.setattr(_base, "_SEEN_S", 0.5)
    base = made.new(ROWS, **{WHO: ["86"]})
    on_replica = base.site.replace(str(primary.port), str(replica.port))
    with (
        psycopg.connect(replica.address(ADMIN, "postgres"), autocommit=True) as connection,
        closing(stores.opened(on_replica, editing=base.editors)) as store,
    ):
        wait_for(lambda: "k0" in _index(store))
        connection.execute("select pg_wal_replay_pause()")
        try:
            paused = "select pg_get_wal_replay_pause_state() = 'paused'"
            wait_for(lambda: connection.execute(paused).fetchone()[0])
            began = time.monotonic()
            store.save([Edit("k0", "telephone", "0000000000", "3919")], who=WHO, now=NOW)
            assert time.monotonic() - began < 12
            late = store.latest(TODAY)
            assert "en retard" in late.failure
            assert store.state() == late.state
            assert late.reading.services.loc["k0", "telephone"] == "0000000000"
        finally:
            connection.execute("select pg_wal_replay_resume()")
        wait_for(lambda: not store.latest(TODAY).failure)
        assert store.latest(TODAY).reading.services.loc["k0", "telephone"] == "3919"


def _index(store) -> list[str]:
    with suppress(NoList):
        return list(store.latest(TODAY).reading.services.index)
    return []


def test_a_primary_dies_and_its_replica_takes_over(pair, nursery):
    primary, replica, made = pair
    base = made.new(ROWS, **{WHO: ["86"]})
    ports = f"127.0.0.1:{primary.port},127.0.0.1:{replica.port}"
    both = Base(
        base.admin,
        base.site.replace(f"127.0.0.1:{primary.port}", ports),
        base.editors.replace(f"127.0.0.1:{primary.port}", ports)
        + "?target_session_attrs=read-write",
    )
    on_replica = base.site.replace(str(primary.port), str(replica.port))
    editors = nursery(both)
    keys = [f"k{n}" for n in range(EDITORS_AT_WORK)]
    with (
        closing(stores.opened(both.site, editing=both.editors)) as store,
        closing(stores.opened(on_replica)) as reader,
    ):
        # A replica gives what the primary has, without being told.
        wait_for(lambda: reader.latest(TODAY).reading.services.loc["k0", "telephone"] != "")
        store.latest(TODAY)
        for key in keys:
            editors.start(key)
        wait_for(lambda: all(len(editors.said(key)[0]) > 2 for key in keys))
        seen = reader.latest(TODAY).reading.services.loc["k1", "telephone"]
        wait_for(lambda: reader.latest(TODAY).reading.services.loc["k1", "telephone"] != seen)

        primary.kill()
        # Reading goes on; writing says that it cannot.
        wait_for(lambda: all(editors.said(key)[1] for key in keys))
        assert list(store.latest(TODAY).reading.services.index) == keys
        wait_for(lambda: not store.latest(TODAY).failure, 10)  # from the replica by now
        assert not reader.latest(TODAY).failure
        told = {why for key in keys for why in editors.said(key)[1]}
        assert all("La base" in why for why in told), told
        assert all(base.editors.partition("@")[0] not in why for why in told)

        confirmed = {key: len(editors.said(key)[0]) for key in keys}
        replica.promote()
        wait_for(lambda: all(len(editors.said(key)[0]) > confirmed[key] for key in keys))
        newest = lambda: store.row("k2", WHO)["telephone"]  # noqa: E731
        after = newest()
        wait_for(lambda: store.latest(TODAY).reading.services.loc["k2", "telephone"] >= after)
        for child in (
            Path(f"/proc/{editors.process.pid}/task/{editors.process.pid}/children")
            .read_text()
            .split()
        ):
            os.kill(int(child), 9)
        check_history(store, editors, keys)


def test_a_network_cut_while_the_base_confirms_leaves_no_save_twice(bases):
    base = bases.new(ROWS, **{WHO: ["86"]})
    with closing(Wire(bases.cluster.port)) as wire:
        editing = base.editors.replace(f":{bases.cluster.port}/", f":{wire.port}/")
        store = stores.opened(base.site, editing=editing)
        edits = [Edit("k0", "telephone", "0000000000", "3919")]
        for cut_on, said in {
            b"COMMIT": "on ne sait pas",
            b"maillage.fiches set": "rien n’a",
        }.items():
            wire.cut_on = cut_on
            with pytest.raises(Refused, match=said):
                store.save(edits, who=WHO, now=NOW)
            wire.mend()
            done = cut_on == b"COMMIT"
            # Nobody waits for the transaction of a connection that is gone.
            assert len(store.save(edits, who=WHO, now=NOW)) == (0 if done else 1)
            edits = [Edit("k0", "telephone", "3919", "115")]
        assert [entry.after for entry in store.history(WHO)] == ["3919", "115"]


def test_a_network_cut_while_a_row_is_read_is_told(bases):
    base = bases.new(ROWS, **{WHO: ["86"]})
    with closing(Wire(bases.cluster.port)) as wire:
        editing = base.editors.replace(f":{bases.cluster.port}/", f":{wire.port}/")
        store = stores.opened(base.site, editing=editing)
        reads = (lambda: store.row("k0", WHO), lambda: store.cells(WHO), lambda: store.history(WHO))
        for read in reads:
            wire.cut_on = b"schema_version"
            with pytest.raises(Refused, match="La base ne répond pas"):
                read()
            wire.mend()
            assert store.row("k0", WHO)


@pytest.fixture
def frozen(bases, monkeypatch):
    """Freeze the server, with patience for seconds; it goes on at the end."""
    for module, name in (
        (_base, "_READING_SILENT_S"),
        (_base, "_SAVING_SILENT_S"),
        (_following, "_SILENT_S"),
    ):
        monkeypatch.setattr(module, name, 1.0)
    monkeypatch.setitem(_connecting._OPTIONS, "connect_timeout", 2)
    monkeypatch.setattr(_connecting, "_LEFT_ALONE_S", 1.0)
    yield bases.cluster.freeze
    bases.cluster.freeze(on=False)


@pytest.mark.parametrize(
    ("step", "said", "done"), [("_write", "rien n’a", False), ("state_of", "on ne sait pas", True)]
)
def test_a_server_that_hangs_in_a_save_leaves_no_save_twice(
    bases, frozen, monkeypatch, step, said, done
):
    base = bases.new(ROWS, **{WHO: ["86"]})
    store = stores.opened(base.site, editing=base.editors)
    edits = [Edit("k0", "telephone", "0000000000", "3919")]
    real = getattr(_base, step)

    def hang(*given):
        if step == "_write":
            frozen()
            return real(*given)
        found = real(*given)
        frozen()
        return found

    monkeypatch.setattr(_base, step, hang)
    monkeypatch.setattr(_connecting, "_LEFT_ALONE_S", 3.0)
    with pytest.raises(Refused, match=said):
        store.save(edits, who=WHO, now=NOW)
    monkeypatch.setattr(_base, step, real)
    began = time.monotonic()
    with pytest.raises(Refused, match="La base ne répond pas"):
        store.row("k0", WHO)
    assert time.monotonic() - began < 0.9  # nobody waits again for a second, at once
    frozen(on=False)
    wait_for(lambda: _answers(store))
    # What it had been told, it has done by now, and nobody waits for what it had not.
    assert len(store.save(edits, who=WHO, now=NOW)) == (0 if done else 1)
    assert [entry.after for entry in store.history(WHO)] == ["3919"]


def test_a_server_that_hangs_while_it_is_read_or_from_the_start_is_told(bases, frozen):
    base = bases.new(ROWS, **{WHO: ["86"]})
    with closing(stores.opened(base.site, editing=base.editors)) as store:
        assert store.latest(TODAY).failure == ""
        frozen()
        wait_for(lambda: "ne répond pas" in store.latest(TODAY).failure)
        assert list(store.latest(TODAY).reading.services.index) == [f"k{n}" for n in range(3)]
        assert store.last_changes() == {}
        with closing(stores.opened(base.site)) as late, pytest.raises(NoList, match="répond pas"):
            late.latest(TODAY)
        frozen(on=False)
        wait_for(lambda: not store.latest(TODAY).failure)


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own needs root")
def test_a_full_disk_refuses_saves_and_loses_nothing(bases):  # noqa: ARG001
    disk = Path(tempfile.mkdtemp(prefix="maillage-pg-"))  # where another user may look
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=110m", "tmpfs", disk], check=True, timeout=20
        )
    except subprocess.CalledProcessError:
        disk.rmdir()
        pytest.skip("this machine mounts no disk")
    cluster = Cluster(disk)
    try:
        cluster.initialise()
        cluster.start()
        base = Bases(cluster).new(ROWS, **{WHO: ["86"]})
        with closing(stores.opened(base.site, editing=base.editors)) as store:
            store.latest(TODAY)
            filler = disk / "plein"
            with filler.open("wb") as file, suppress(OSError):
                while True:
                    file.write(b"\0" * 1_000_000)
                    file.flush()
            confirmed, told = 0, ""
            for number in range(1, 400):
                before = f"{confirmed:010}"
                try:
                    edits = [
                        Edit("k0", "telephone", before, f"{number:010}"),
                        Edit("k0", "description", store.row("k0", WHO)["description"],
                             f"{number} " * 1_500),
                    ]  # fmt: skip
                    store.save(edits, who=WHO, now=NOW)
                    confirmed = number
                except Refused as why:
                    told = str(why)
                    break
            assert "disque de la base est plein" in told or "ne répond pas" in told
            assert "k0" in store.latest(TODAY).reading.services.index
            filler.unlink()
            wait_for(lambda: _answers(store))
            assert store.row("k0", WHO)["telephone"] == f"{confirmed:010}"
            lines = [e for e in store.history(WHO) if e.column == "telephone"]
            assert len(lines) == confirmed
            store.save([Edit("k1", "nom", "MDS de Civray", "MDS")], who=WHO, now=NOW)
    finally:
        cluster.stop()
        subprocess.run(["umount", disk], check=True, timeout=20)
        disk.rmdir()


def _answers(store) -> bool:
    try:
        return store.row("k0", WHO) is not None
    except Refused:
        return False


def test_a_backup_is_restored_on_another_server(bases, tmp_path):
    base = bases.new(ROWS, **{WHO: ["86"]})
    store = stores.opened(base.site, editing=base.editors)
    store.save([Edit("k0", "telephone", "0000000000", "3919")], who=WHO, now=NOW)
    file = tmp_path / "liste.sauvegarde"
    administration.backup(base.admin, file)
    assert file.stat().st_mode & 0o777 == 0o600
    other = Cluster()
    try:
        other.initialise()
        other.start()
        admin = other.address(ADMIN, "postgres")
        administration.restore(admin, file)
        with pytest.raises(Refused, match="base vide"):
            administration.restore(admin, file)
        with psycopg.connect(admin, autocommit=True) as connection:
            for account, role in ((SITE, "maillage_lecture"), (EDITORS, "maillage_edition")):
                secret = PASSWORDS[account]
                connection.execute(
                    f"create role {account} login password '{secret}' in role {role}"
                )
        assert administration.export(admin) == administration.export(base.admin)
        assert administration.check(admin, today=TODAY)[1] == ()
        editing = other.address(EDITORS, "postgres")
        with closing(stores.opened(other.address(SITE, "postgres"), editing=editing)) as restored:
            assert restored.history(WHO) == store.history(WHO)
            restored.latest(TODAY)
            restored.save([Edit("k0", "telephone", "3919", "115")], who=WHO, now=NOW)
            wait_for(
                lambda: restored.latest(TODAY).reading.services.loc["k0", "telephone"] == "115", 3
            )
            assert [entry.change for entry in restored.history(WHO)] == [1, 2]
    finally:
        other.remove()


def test_a_backup_is_written_over_another_one_and_over_nothing_else(tmp_path, monkeypatch):
    def dump(_program, _address, *options):
        (file,) = (one.partition("=")[2] for one in options if one.startswith("--file="))
        Path(file).write_bytes(b"PGDMP of today")

    monkeypatch.setattr(administration, "_run", dump)
    listed, saved = tmp_path / "services.csv", tmp_path / "liste.sauvegarde"
    listed.write_bytes(b"id,nom,type,source\n")
    saved.write_bytes(b"PGDMP of yesterday")
    for file in (listed, tmp_path):
        with pytest.raises(Refused, match="n’est pas une sauvegarde"):
            administration.backup("postgresql://admin@localhost/liste", file)
    administration.backup("postgresql://admin@localhost/liste", saved)
    assert saved.read_bytes() == b"PGDMP of today"
    assert listed.read_bytes() == b"id,nom,type,source\n"
    assert set(tmp_path.iterdir()) == {listed, saved}


def test_a_clock_that_jumps_back_changes_no_order(bases):
    base = bases.new(ROWS, **{WHO: ["86"]})
    store = stores.opened(base.site, editing=base.editors)
    for year, text in ((2026, "1"), (1999, "2"), (2030, "3")):
        before = store.row("k0", WHO)["reseaux"]
        store.save([Edit("k0", "reseaux", before, text)], who=WHO, now=NOW.replace(year=year))
    assert [(e.change, e.after) for e in store.history(WHO)] == [(1, "1"), (2, "2"), (3, "3")]
