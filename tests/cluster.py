"""PostgreSQL servers for the tests: on loopback, in a temporary folder."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from geodata.upkeep.stores import administration
from tests.lists import content

READING, EDITING = "maillage_lecture", "maillage_edition"

ADMIN, SITE, EDITORS = "admin", "site", "redaction"
PASSWORDS = {ADMIN: "admin-mdp", SITE: "site-mdp", EDITORS: "redaction-mdp"}
_SETTINGS = {
    "fsync": "off",  # what is killed here is a process, never the machine
    "shared_buffers": "32MB",
    "max_connections": "120",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "wal_keep_size": "128MB",
    "log_statement": "none",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs with PostGIS, None where there is none."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        version = folder.parent.name
        extension = Path(f"/usr/share/postgresql/{version}/extension/postgis.control")
        if (folder / "initdb").exists() and extension.exists():
            return folder
    return None


class Cluster:
    """A server in a folder; `address(name)` is how an account reaches a database of it."""

    def __init__(self, folder: Path | None = None) -> None:
        found = programs()
        assert found is not None
        self.bin = found
        self._own = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="maillage-pg-"))
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            owner = pwd.getpwnam(self.user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, program: str, *options: str) -> None:
        environment = os.environ | {"PGPASSWORD": PASSWORDS[ADMIN]}
        subprocess.run(
            [self.bin / program, *options],
            user=self.user,
            cwd=self.folder,
            env=environment,
            check=True,
            capture_output=True,
        )

    def initialise(self) -> None:
        secret = self.folder / "secret"
        secret.write_text(PASSWORDS[ADMIN])
        secret.chmod(0o644)
        self.run(
            "initdb", f"--pgdata={self.data}", f"--username={ADMIN}", f"--pwfile={secret}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.writelines(f"{name} = '{value}'\n" for name, value in _SETTINGS.items())

    def copy_of(self, primary: "Cluster") -> None:
        """Become a replica of another server."""
        self.run(
            "pg_basebackup", "--host=127.0.0.1", f"--port={primary.port}", f"--username={ADMIN}",
            f"--pgdata={self.data}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, f"--port={self.port}"],
                user=self.user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.address(ADMIN, "postgres")).close()
                return
            assert self._process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise TimeoutError(self.log.read_text())

    def kill(self) -> None:
        """Kill the server and all its processes, as when its machine dies."""
        assert self._process is not None
        pid = self._process.pid
        os.kill(pid, signal.SIGSTOP)  # it starts no other while these are killed
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._process = None

    def freeze(self, *, on: bool = True) -> None:
        """Stop all processes of the server where they are, as when its machine hangs."""
        assert self._process is not None
        pid = self._process.pid
        signalled = signal.SIGSTOP if on else signal.SIGCONT
        os.kill(pid, signalled)
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signalled)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        self.stop()
        if self._own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def promote(self) -> None:
        with psycopg.connect(self.address(ADMIN, "postgres"), autocommit=True) as connection:
            connection.execute("select pg_promote()")

    def address(self, account: str, database: str, *, port: int | None = None) -> str:
        secret = PASSWORDS[account]
        return f"postgresql://{account}:{secret}@127.0.0.1:{port or self.port}/{database}"


@dataclass(frozen=True)
class Base:
    """How each account reaches a database: an administrator, the site, the editors."""

    admin: str
    site: str
    editors: str


class Bases:
    """Databases with a list, each a copy of one model."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._count = 0
        self._execute("create database modele")
        administration.create(cluster.address(ADMIN, "modele"))
        for account, role in ((SITE, READING), (EDITORS, EDITING)):
            self._execute(
                f"create role {account} login password '{PASSWORDS[account]}' in role {role}"
            )

    def new(self, rows: Iterable[Mapping[str, str]] = (), **roles: Sequence[str]) -> Base:
        """Make a base with these rows; `roles` says which départements each may change."""
        base = self.blank(template="modele")
        administration.quiet_log(base.admin)  # a copy of a database has not its settings
        if written := list(rows):
            fill(base, content(written))
        for role, departements in roles.items():
            administration.give(base.admin, role, departements)
        return base

    def blank(self, *, template: str = "template1") -> Base:
        """Make a database without a list."""
        self._count += 1
        name = f"liste_{self._count}"
        self._execute(f"create database {name} template {template}")
        return Base(*(self.cluster.address(who, name) for who in (ADMIN, SITE, EDITORS)))

    def _execute(self, order: str) -> None:
        admin = self.cluster.address(ADMIN, "postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(order)


def fill(base: Base, listed: bytes, facts: bytes = b"") -> int:
    return administration.fill(base.admin, listed, facts, name="liste", today=date(2026, 11, 22))


class Wire:
    """A network between a program and a server, which can be cut: nothing passes any more."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.cut_on = b""
        """What a program may send for the last time: it arrives, the answer does not."""
        self._cut = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut: open connections are reset, new ones refused."""
        self._cut.set()
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def mend(self) -> None:
        self.cut_on = b""
        self._cut.clear()

    def close(self) -> None:
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                if self._cut.is_set():
                    near.close()
                    continue
                try:
                    far = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    near.close()
                    continue
                self._sockets += [near, far]
                for a, b in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(a, b), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while (part := source.recv(65_536)) and not self._cut.is_set():
                if self.cut_on and self.cut_on in part:
                    self._cut.set()
                    sink.sendall(part)
                    time.sleep(0.2)  # the server reads it before its connection is closed
                    break
                sink.sendall(part)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
