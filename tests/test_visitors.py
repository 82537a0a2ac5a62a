"""Simulated visitors over real websockets, with nginx and three processes."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import visitors
from docs import serve

pytestmark = [
    pytest.mark.skipif(serve.NGINX is None, reason="no nginx here (Debian package nginx-light)"),
    pytest.mark.skipif(serve.OPENSSL is None, reason="no openssl here (Debian package openssl)"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here"),
]
NUMBER, SECONDS = 4, 8


@pytest.fixture(scope="module")
def met(forks):
    """The results of a few visitors, and the folder used."""
    with serve.served(run_app=forks.run) as site:
        # A thread of its own: a browser of another test may hold this one's loop.
        with ThreadPoolExecutor(1) as thread:
            coming = visitors.load(
                site,
                visitors=NUMBER,
                seconds=SECONDS,
                arrive_s=2,
                every_s=1,
            )
            record, samples = thread.submit(asyncio.run, coming).result()
        processes = [*site.processes.values(), site.nginx]
    return record, samples, site.folder, processes


def test_every_visitor_comes_and_goes_on_without_an_error(met):
    record = met[0]
    assert record.errors == []
    assert {one.visitor for one in record.opened} == set(range(NUMBER))
    assert {one.visitor for one in record.done} == set(range(NUMBER))
    assert record.broken == []


def test_every_page_sends_what_it_draws(met):
    assert all(one.received > 100 for one in met[0].done)


def test_the_reports_match_the_records(met):
    record, samples, *_ = met
    told = visitors.summary(record, since=2)
    assert f"| opening a page | {NUMBER} |" in told
    assert "Errors: 0." in told
    assert "process c" in visitors.programs(record, samples, since=2)


def test_nothing_is_left(met):
    *_, folder, processes = met
    assert not folder.exists()
    assert all(process.poll() is not None for process in processes)


def test_one_command_serves_until_a_signal():
    port = str(serve.free_ports(1)[0])
    command = [sys.executable, "docs/serve.py", "--port", port, "--processes", "1"]
    with subprocess.Popen(command, cwd=serve.ROOT, stdout=subprocess.PIPE, text=True) as served:
        address, folder = re.match(r"(\S+)  \(logs: (.+)\)", served.stdout.readline()).groups()
        context = visitors.trusted(Path(folder))
        health = f"{address}_stcore/health"
        assert urllib.request.urlopen(health, context=context, timeout=60).read() == b"ok"
        os.kill(served.pid, signal.SIGTERM)
        assert served.wait(30) == 0
    assert not Path(folder).exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(health, context=context, timeout=60)


def test_nothing_listens_beyond_this_machine():
    conf = serve.configuration(
        serve.CONF.read_text(),
        Path("/tmp"),
        certificate=Path("/tmp"),
        address="127.0.0.1",
        ports=(1, 2, 3, 4, 5),
    )
    assert re.findall(r"listen ([^:]+):", conf) == ["127.0.0.1"] * 2


@pytest.mark.parametrize(
    "options", ["--visitors 501", "--seconds 901", "--every 0.5", "--seconds 60 --arrive 40"]
)
def test_no_more_than_a_bounded_load(options, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["visitors.py", *options.split()])
    with pytest.raises(SystemExit, match="2"):
        visitors.main()
    assert "at most" in capsys.readouterr().err
