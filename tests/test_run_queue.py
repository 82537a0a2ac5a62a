"""The run queue: few runs at once, first come first served, and none waits for ever."""

import threading
import time

import pytest

from pages.web.run_queue import RunQueue

LONG_S = 30  # no test waits for so long: it ends, or fails


def in_threads(*calls):
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def until(condition):
    end = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_never_more_than_so_many_at_once(at_once):
    turns = RunQueue(at_once, LONG_S)
    inside, most, lock = [], [], threading.Lock()

    def run():
        for _ in range(20):
            with turns.one():
                with lock:
                    inside.append(1)
                    most.append(len(inside))
                time.sleep(0.0002)
                with lock:
                    inside.pop()

    for thread in in_threads(*[run] * 8):
        thread.join(LONG_S)
    assert len(most) == 8 * 20
    assert max(most) == at_once


def test_the_first_comes_first():
    turns, came = RunQueue(1, LONG_S), []

    def run(number):
        with turns.one():
            came.append(number)

    with turns.one():
        threads = []
        for number in range(10):
            threads += in_threads(lambda number=number: run(number))
            until(lambda number=number: len(turns._waiting) == number + 1)
    for thread in threads:
        thread.join(LONG_S)
    assert came == list(range(10))


def test_an_endless_run_does_not_block_others_for_long():
    turns, came = RunQueue(1, 0.01), []

    def run():
        with turns.one():
            came.append(threading.current_thread())  # an ended thread’s ident is used again

    with turns.one():
        for thread in in_threads(*[run] * 5):
            thread.join(LONG_S)
        assert len(set(came)) == 5
    # A run that lost its turn does not release another: exactly one is left.
    with turns.one():
        assert len(turns._running) == 1
    assert not turns._running


def test_a_run_that_fails_passes_its_turn_on():
    turns, came = RunQueue(1, LONG_S), threading.Event()

    def run():
        with turns.one():
            came.set()

    def fail():
        with turns.one():
            in_threads(run)
            until(lambda: turns._waiting)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert came.wait(LONG_S)
    until(lambda: not turns._running)


def test_what_can_wait_waits_for_the_runs_but_not_for_ever():
    queue, ended, gone = RunQueue(1, LONG_S), threading.Event(), threading.Event()
    queue.wait_until_none(LONG_S)  # at once: there is no run

    def run():
        with queue.one():
            ended.wait(LONG_S)

    in_threads(run)
    until(lambda: queue._running)
    queue.wait_until_none(0.05)  # no longer than this
    assert not ended.is_set()
    in_threads(lambda: (queue.wait_until_none(LONG_S), gone.set()))
    assert not gone.wait(0.1)
    ended.set()
    assert gone.wait(LONG_S)
