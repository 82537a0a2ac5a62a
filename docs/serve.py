"""Run three processes behind nginx with HTTPS, to try a server before setting it up.

    uv run python docs/serve.py [--port 8443] [--address 127.0.0.1] [--certificate FOLDER]
                                [--processes 3]

It uses `docs/nginx.conf` with free ports of this machine and a temporary folder; nothing is
installed and root is not needed. A process that ends is restarted, as systemd would. Ctrl+C or
SIGTERM ends the processes and nginx, and removes the folder. Needs nginx and, if no certificate is
given, openssl (Debian: nginx-light, openssl).
"""

import argparse
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parents[1]
CONF = ROOT / "docs" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
OPENSSL = shutil.which("openssl")
_LOOPBACK = "127.0.0.1"
_STARTS_WITHIN_S = 120
_ENDS_WITHIN_S = 10
_RESTARTS_AFTER_S = 2


class NotServed(Exception):
    """A program is missing or does not start; the message names it."""


class Process(Protocol):
    """A running program, as `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None:
        """Return None while it runs, then how it ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it at once."""


def _run(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Process:
    with log.open("ab") as output:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)


def run_streamlit(arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> Process:
    """Run `streamlit run` with its output in a file."""
    return _run([sys.executable, "-m", "streamlit", "run", *arguments], log, environment)


@dataclass
class Site:
    """The running site: its temporary folder, the ports of nginx, the processes by port."""

    folder: Path
    http: int
    https: int
    environment: dict[str, str]
    run_app: Callable[[Sequence[str], Path, Mapping[str, str]], Process] = run_streamlit
    processes: dict[int, Process] = field(default_factory=dict)
    nginx: Process | None = None

    def start(self, ports: Sequence[int]) -> None:
        """Start processes on these ports and wait until they answer. Raises NotServed."""
        for port in ports:
            arguments, log = ["app.py", f"--server.port={port}"], self.folder / f"app{port}.log"
            environment = {**os.environ, **self.environment}
            self.processes[port] = self.run_app(arguments, log, environment)
        for port in ports:
            self.wait(f"process on port {port}", self.processes[port], lambda: _healthy(port))  # noqa: B023

    def wait(self, name: str, process: Process, ready: Callable[[], bool]) -> None:
        """Wait until a process is ready. Raises NotServed with the logs."""
        until = time.monotonic() + _STARTS_WITHIN_S
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                raise NotServed(f"The {name} does not come up.\n{self.written()}")
            time.sleep(0.1)

    def written(self) -> str:
        """Return the logs of the processes and of nginx."""
        return "".join(log.read_text() for log in sorted(self.folder.glob("*.log")))

    def restart_ended(self) -> None:
        """Restart the processes that have ended, as systemd would."""
        ended = [port for port, process in self.processes.items() if process.poll() is not None]
        if ended:
            time.sleep(_RESTARTS_AFTER_S)
            self.start(ended)


@contextmanager
def served(
    *,
    port: int = 0,
    address: str = _LOOPBACK,
    certificate: Path | None = None,
    processes: int = 3,
    running: Sequence[int] = (),
    environment: dict[str, str] | None = None,
    run_app: Callable[[Sequence[str], Path, Mapping[str, str]], Process] = run_streamlit,
) -> Iterator[Site]:
    """Run `processes` (1 or 3) behind nginx on `port` (0: a free one) while the block runs.

    `certificate`: folder with fullchain.pem and privkey.pem; None creates one for `localhost`.
    `running`: ports of 1 or 3 running processes, to use instead of starting new ones. `run_app`:
    what runs the application, given the arguments of `streamlit run`, a file for its output and its
    environment. Raises NotServed.
    """
    if NGINX is None or (OPENSSL is None and certificate is None):
        raise NotServed(f"There is no {'openssl' if NGINX else 'nginx'} here.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="maillage-")))
        folder.chmod(0o711)  # if started by root, nginx writes as another user
        http, https, *free = free_ports(2 + processes)
        apps = [*running] or free
        usual = {
            "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32),
            "MALLOC_ARENA_MAX": "2",  # limit the memory of the threads that run pages
        }
        site = Site(folder, http, port or https, {**usual, **(environment or {})}, run_app)
        if certificate is None:
            _make_certificate(folder)
        stack.callback(lambda: [end(process) for process in site.processes.values()])
        if not running:
            site.start(apps)
        a, b, c = apps if len(apps) > 1 else apps * 3
        ports = (site.http, site.https, a, b, c)
        conf = configuration(
            CONF.read_text(encoding="utf-8"),
            folder,
            certificate=certificate or folder,
            address=address,
            ports=ports,
        )
        site.nginx = stack.enter_context(proxy(site, conf, site.https, address=address))
        yield site


@contextmanager
def proxy(site: Site, conf: str, https: int, *, address: str = _LOOPBACK) -> Iterator[Process]:
    """Run nginx with this configuration during the block; `https`: its port."""
    path = site.folder / f"{https}.conf"
    path.write_text(conf)
    command = [str(NGINX), "-c", str(path), "-e", f"{site.folder}/startup.log"]
    nginx = _run(command, site.folder / "nginx.log", {**os.environ, **site.environment})
    try:
        site.wait("proxy, nginx,", nginx, lambda: _listens(https, address))
        yield nginx
    finally:
        end(nginx)


def configuration(
    conf: str,
    folder: Path,
    *,
    certificate: Path,
    address: str,
    ports: tuple[int, int, int, int, int],
) -> str:
    """Return a whole nginx configuration from the text of docs/nginx.conf or a similar one.

    `ports`: HTTP, HTTPS, processes a, b and c. nginx writes to `folder`. Raises NotServed if the
    text lacks a port or path to replace.
    """
    http, https, a, b, c = ports
    for written, ours in {
        r"listen \[::\].*": "",
        r"listen 80\b": f"listen {_LOOPBACK}:{http}",
        r"listen 443\b": f"listen {address}:{https}",
        r":8501\b": f":{a}",
        r":8502\b": f":{b}",
        r":8503\b": f":{c}",
        r"maillage\.example\.fr": "localhost",
        r"/etc/ssl/maillage/": f"{certificate.resolve()}/",
        r"/var/log/nginx/": f"{folder}/",
        r"/var/cache/maillage\b": f"{folder}/kept",
    }.items():
        conf, changes = re.subn(written, ours, conf)
        if not changes:
            raise NotServed(f"docs/nginx.conf has no {written} any more.")
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    kept = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return (
        f"daemon off;\npid {folder}/{https}.pid;\nevents {{ worker_connections 4096; }}\n"
        f"http {{\n{kept}\n{conf}\n}}\n"
    )


def free_ports(count: int) -> list[int]:
    """Return free loopback ports."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def end(process: Process) -> None:
    """Terminate a process; kill it if it does not end."""
    process.terminate()
    try:
        process.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _make_certificate(folder: Path) -> None:
    command = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost "
        "-keyout privkey.pem -out fullchain.pem"
    )
    subprocess.run([str(OPENSSL), *command.split()], cwd=folder, check=True, capture_output=True)


def _listens(port: int, address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def _healthy(port: int) -> bool:
    with suppress(OSError):
        address = f"http://{_LOOPBACK}:{port}/_stcore/health"
        return urllib.request.urlopen(address, timeout=1).status == 200
    return False


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--address", default=_LOOPBACK)
    parser.add_argument("--certificate", type=Path, metavar="FOLDER")
    parser.add_argument("--processes", type=int, choices=(1, 3), default=3)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the child processes end too
    try:
        with served(**vars(asked)) as site:
            sys.stdout.write(f"https://localhost:{site.https}/  (logs: {site.folder})\n")
            sys.stdout.flush()
            while site.nginx and site.nginx.poll() is None:
                site.restart_ended()
                time.sleep(0.5)
    except NotServed as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
