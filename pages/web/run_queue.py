"""Few runs of a page at once, the first asked for first; the others wait for their turn.

Python runs one thread at a time: sixty runs at once all end late, and the thread that sends what
they draw hardly ever comes to it (https://bugs.python.org/issue7946). One after the other, each
ends as early as it can.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock


class RunQueue:
    """Lets `at_once` runs go on at a time; one that takes longer than `longest_s` s counts no more.

    A run that takes longer goes on, without delaying the others any further.
    """

    def __init__(self, at_once: int, longest_s: float) -> None:
        self._at_once, self._longest_s = at_once, longest_s
        self._waiting: deque[Event] = deque()
        self._running: dict[Event, float] = {}  # since when, by their own Event
        self._lock = Lock()

    @property
    def waiting(self) -> int:
        """How many runs wait for their turn."""
        return len(self._waiting)

    def wait_until_none(self, longest_s: float) -> None:
        """Wait until no run goes on or waits, or until this many seconds are over."""
        until = time.monotonic() + longest_s
        while (self._running or self._waiting) and time.monotonic() < until:
            time.sleep(0.02)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a turn, and hold it for the length of the block."""
        mine = Event()
        with self._lock:
            self._waiting.append(mine)
            self._start_waiting_runs()
        while not mine.wait(self._longest_s):
            with self._lock:
                self._start_waiting_runs()
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(mine, None)
                self._start_waiting_runs()

    def _start_waiting_runs(self) -> None:
        now = time.monotonic()
        too_long = [one for one, since in self._running.items() if now - since >= self._longest_s]
        for one in too_long:
            del self._running[one]
        while self._waiting and len(self._running) < self._at_once:
            first = self._waiting.popleft()
            self._running[first] = now
            first.set()


RUNS = RunQueue(at_once=2, longest_s=0.5)
"""Of this process: a second one runs while the first reads a file or computes without Python."""
