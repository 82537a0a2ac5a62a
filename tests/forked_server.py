"""Servers of the application that start in a moment: forks of a process that has imported it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[1]


class Fork:
    """A server that has been forked, as `docs.serve` handles processes."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """Return None while it runs. How it ended, only its parent knows: 0."""
        return None if Path(f"/proc/{self.pid}").exists() else 0

    def wait(self, timeout: float | None = None) -> int:
        end = time.monotonic() + (timeout or 20)
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 20)
            time.sleep(0.02)
        return 0

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Forks:
    """Starts and stops servers. A context manager: none is left when it ends."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.fork_parent"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop(*self._running)
        self._parent.communicate(timeout=20)

    @contextmanager
    def running(
        self, arguments: Iterable[str], log: Path, environment: Mapping[str, str]
    ) -> Iterator[int]:
        """Run a server for as long as the context lasts; give the number of its process."""
        process = self.start(arguments, log, environment)
        try:
            yield process
        finally:
            self.stop(process)

    def start(self, arguments: Iterable[str], log: Path, environment: Mapping[str, str]) -> int:
        """Run `streamlit run` with these arguments; give the number of the process."""
        order = {"arguments": list(arguments), "log": str(log), "environment": dict(environment)}
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()
        process = int(self._parent.stdout.readline())
        self._running.add(process)
        return process

    def run(self, arguments: Iterable[str], log: Path, environment: Mapping[str, str]) -> Fork:
        """Run `streamlit run` with these arguments."""
        return Fork(self.start(arguments, log, environment))

    def stop(self, *processes: int, seconds: float = 20) -> None:
        """End servers as a service manager does, and wait until they have ended."""
        forks = [Fork(process) for process in processes]
        for fork in forks:
            fork.terminate()
        for fork in forks:
            fork.wait(seconds)
            self._running.discard(fork.pid)
