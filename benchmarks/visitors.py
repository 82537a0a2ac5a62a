"""Simulate many visitors at once, over real websockets on loopback, behind docs/nginx.conf.

    uv run python benchmarks/visitors.py [--visitors 150] [--seconds 300] [--kill]

`docs/serve.py` starts the processes and nginx. Each visitor is one browser tab, as the server sees
it. A tab requests the page over HTTPS, keeps its cookies, opens the websocket and speaks
Streamlit's protocol: it sends the values of its widgets and the address, caches large messages and
reports which it has, and reruns when the server asks (`run_every`). After a broken connection, it
waits for the server, reconnects with its session and requests the current page, as the browser
does. It does not draw.

A visitor acts every 5 seconds (±20 %): one action in seven opens another page, the others press,
choose or type in a widget of the page (`USES`). The measured time is from sending to the message
that the run is finished, which follows all that the run draws. Visitors arrive evenly over the
first `--arrive` seconds; earlier actions are not counted. Each opens the link of a département, and
after every run of Carte or Permanences the address must still have it; otherwise, a filter is lost.
(Exception, counted separately: visitors who reconnected with an address without it, because the
connection broke while changing page, when the browser empties the address.)

With `--kill`, process *a* is killed (SIGKILL) at half time, and restarted.

Errors: a run that fails, an error message on the page, no answer within 30 seconds, a lost filter.
The CPU time is that of all threads, from /proc (Linux only). Per action, it depends little on the
load of the machine, unlike the durations: visitors, nginx and processes share the cores. `growth`
is the slope of a straight line through the memory (RSS) of the second half.
"""

import argparse
import asyncio
import itertools
import os
import random
import shlex
import signal
import ssl
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for the folder of the documented command

from docs import serve  # noqa: E402

MOST_VISITORS, MOST_SECONDS = 500, 900
DEPARTEMENTS = ("71", "78", "86", "92")
TYPED = ("civray", "loudun", "versailles", "chalon", "nanterre", "autun", "86000", "saint")
ANSWERS_WITHIN_S = 30
ANOTHER_PAGE = 1 / 7
PAGES = {"Carte": 8, "Trouver": 6, "Permanences": 3, "Annuaire": 2, "Couverture": 1}
# By page: the widgets to use (prefixes of their keys) and their relative frequency.
USES = {
    "Carte": {"filtre_types": 4, "fiche_": 3, "retour": 3, "filtre_quand": 2, "tri": 1},
    "Trouver": {"depart_": 4, "besoin": 2, "filtre_quand": 1, "rayon": 1, "fiche_": 2, "retour": 3},
    "Permanences": {"periode": 2, "tenue_": 2, "filtre_types": 2, "retour": 3},
    "Annuaire": {"annuaire_vue": 2, "annuaire_par": 1, "fiche_": 1, "retour": 2},
    "Couverture": {"couverture_": 30, "couverture_preparer": 1},  # a report is for a meeting
}
FILTERED = ("Carte", "Permanences")
KEPT_RUNS = 2  # Streamlit's global.maxCachedMessageAge
SUCCESS, EARLY, FRAGMENT = (
    ForwardMsg.ScriptFinishedStatus.Value(name)
    for name in (
        "FINISHED_SUCCESSFULLY",
        "FINISHED_EARLY_FOR_RERUN",
        "FINISHED_FRAGMENT_RUN_SUCCESSFULLY",
    )
)


class Failed(Exception):
    """An error that a visitor would see."""


@dataclass(frozen=True)
class Done:
    """One action: visitor, process, start (s since the beginning), duration (s), bytes."""

    visitor: int
    process: str
    what: str
    at: float
    took: float
    received: int


@dataclass(frozen=True)
class Broken:
    """One broken connection: visitor, time, duration (s), and whether filters were kept."""

    visitor: int
    at: float
    took: float
    followed: bool


@dataclass
class Record:
    """The records of all visitors."""

    begun: float = field(default_factory=time.monotonic)
    opened: list[Done] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    looks: int = 0
    errors: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def now(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.begun


class Tab:
    """One open page: the state that a browser keeps."""

    def __init__(
        self, https: int, authority: ssl.SSLContext, record: Record, number: int, query: str
    ) -> None:
        self.host = f"localhost:{https}"
        self.authority = authority
        self.record = record
        self.number = number
        self.cookies: dict[str, str] = {}
        self.line: ClientConnection | None = None
        self.staying: asyncio.Task | None = None
        self.session = ""
        self.query = query
        self.page = ""
        self.pages: dict[str, str] = {}
        self.widgets: dict[str, tuple[str, object]] = {}
        self.values: dict[str, WidgetState] = {}
        self.kept: dict[str, tuple[ForwardMsg, int]] = {}
        self.timers: list[asyncio.Task] = []
        self.asked: ClientState | None = None
        self.finished: asyncio.Future[None] | None = None
        self.received = 0
        self.followed = True
        self.trouble = ""

    @property
    def process(self) -> str:
        """Return the process to which nginx sends this visitor."""
        return self.cookies.get("maillage_process", "?")

    def named(self) -> str:
        """Return the title of the current page."""
        return next((name for name, page in self.pages.items() if page == self.page), "")

    async def open(self) -> None:
        """Request the page and stay connected until closed."""
        await self._ask_for_page()
        await self._join()
        self.staying = asyncio.create_task(self._stay())

    async def close(self) -> None:
        """Close the connection."""
        self._stop_timers()
        if self.staying:
            self.staying.cancel()
        if self.line:
            await self.line.close()

    async def _ask_for_page(self) -> None:
        """Request the first files of the page, and keep its cookies."""
        async with httpx.AsyncClient(
            base_url=f"https://{self.host}", verify=self.authority, timeout=ANSWERS_WITHIN_S
        ) as client:
            client.cookies.update(self.cookies)
            for path in (f"/?{self.query}", "/_stcore/health", "/_stcore/host-config"):
                (await client.get(path, headers={"Accept": "text/html"})).raise_for_status()
            self.cookies = {cookie.name: cookie.value or "" for cookie in client.cookies.jar}

    async def _join(self) -> None:
        """Open the websocket, with the previous session if there is one."""
        token = self.cookies.get("_streamlit_xsrf", "PLACEHOLDER_AUTH_TOKEN")
        self.line = await connect(
            f"wss://{self.host}/_stcore/stream",
            ssl=self.authority,
            origin=f"https://{self.host}",
            subprotocols=["streamlit", token, *filter(None, [self.session])],
            additional_headers={
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            },
            max_size=None,
            compression=None,
            open_timeout=ANSWERS_WITHIN_S,
        )

    async def _stay(self) -> None:
        """Receive messages; reconnect after a broken connection, as the browser does."""
        while True:
            with suppress(WebSocketException):
                async for data in self.line:
                    self.received += len(data)
                    self._take(ForwardMsg.FromString(data))
            broke = self.record.now()
            self._stop_timers()
            wait = 0.5
            while True:
                try:
                    await self._ask_for_page()
                    await self._join()
                    break
                except (httpx.HTTPError, WebSocketException, InvalidStatus, OSError):
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, 10)
            took = self.record.now() - broke
            # The browser requests a run: the one in progress, else the current page.
            again = self.asked or self._state()
            self.followed &= "departements=" in again.query_string
            self.record.broken.append(Broken(self.number, broke, took, self.followed))
            if self.asked is None:
                self.finished = asyncio.get_running_loop().create_future()
            await self._send(again)

    async def run(self, *pressed: WidgetState, page: str = "") -> None:
        """Run this page or another and wait until it is drawn. Raises Failed."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                if self.finished:  # the run that follows a new connection may not be over
                    await self.finished
                if page:
                    self.query, self.page = "", page
                self.trouble = ""
                self.finished = asyncio.get_running_loop().create_future()
                self.asked = self._state(pressed)
                await self._send(self.asked)
                await self.finished
        except TimeoutError:
            raise Failed("no answer") from None
        finally:
            self.asked = self.finished = None
        if self.trouble:
            raise Failed(self.trouble)

    def _state(self, pressed: Iterable[WidgetState] = (), fragment: str = "") -> ClientState:
        state = ClientState(
            query_string=self.query,
            page_script_hash=self.page,
            fragment_id=fragment,
            is_auto_rerun=bool(fragment),
            cached_message_hashes=list(self.kept),
        )
        state.widget_states.widgets.extend([*self.values.values(), *pressed])
        state.context_info.timezone = "Europe/Paris"
        state.context_info.locale = "fr-FR"
        state.context_info.url = f"https://{self.host}/"
        return state

    async def _send(self, state: ClientState) -> None:
        with suppress(WebSocketException):  # a broken line is met in `_stay`
            await self.line.send(BackMsg(rerun_script=state).SerializeToString())

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            known, _ = self.kept[message.ref_hash]
            self.kept[message.ref_hash] = (known, 0)
            self._draw(known.delta)
        elif kind == "delta":
            if message.metadata.cacheable:
                self.kept[message.hash] = (message, 0)
            self._draw(message.delta)
        elif kind == "new_session":
            self.session = message.new_session.initialize.session_id
            if not message.metadata.run.fragment_ids:
                self.widgets.clear()
                self._stop_timers()
        elif kind == "navigation":
            self.pages = {it.page_name: it.page_script_hash for it in message.navigation.app_pages}
            self.page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            again = self._look_again(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            self.timers.append(asyncio.create_task(again))
        elif kind == "script_finished":
            self._finish(message.script_finished)

    def _draw(self, delta: object) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, kind)
        if kind == "exception" or (kind == "alert" and element.format == element.ERROR):
            said = element.body if kind == "alert" else element.message
            self.trouble = f"{kind} on {self.named()}: {said[:80]}"
        identity = getattr(element, "id", "")
        if not identity.startswith("$$ID-"):
            return
        self.widgets[identity.split("-", 2)[2]] = (kind, element)
        known = self.values.get(identity)
        if known is None or getattr(element, "set_value", False):
            value = _held(kind, element)
            if value is not None:
                self.values[identity] = value

    def _finish(self, status: int) -> None:
        if status in (EARLY, FRAGMENT):
            return
        self.kept = {
            name: (message, age + 1)
            for name, (message, age) in self.kept.items()
            if age < KEPT_RUNS
        }
        shown = {element.id for _, element in self.widgets.values()}
        self.values = {key: value for key, value in self.values.items() if key in shown}
        if status != SUCCESS:
            self.trouble = "a run did not end well"
        if self.finished and not self.finished.done():
            self.finished.set_result(None)

    async def _look_again(self, fragment: str, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            self.record.looks += 1
            await self._send(self._state(fragment=fragment))

    def _stop_timers(self) -> None:
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()


def _held(kind: str, element: object) -> WidgetState | None:
    """Return the initial value of a widget; None if the server holds it."""
    state = WidgetState(id=element.id)
    match kind:
        case "text_input":
            state.string_value = element.value if element.set_value else element.default
        case "checkbox":
            state.bool_value = element.value if element.set_value else element.default
        case "selectbox":
            held = element.raw_value if element.set_value else _options(element)[element.default]
            state.string_value = held
        case "multiselect" | "button_group":
            defaults = [_options(element)[place] for place in element.default]
            held = list(element.raw_values) if element.set_value else defaults
            state.string_array_value.data[:] = held
            state.string_array_value.SetInParent()
        case _:
            return None
    return state


def _options(element: object) -> list[str]:
    return [getattr(option, "content", option) for option in element.options]


def _called(tab: Tab, key: str) -> list[str]:
    """Return the widgets whose keys have this prefix, without those of a longer prefix."""
    longer = tuple(other for other in USES[tab.named()] if other != key and other.startswith(key))
    return [
        name
        for name in tab.widgets
        if name.startswith(key) and not (longer and name.startswith(longer))
    ]


def used(tab: Tab, key: str, draw: random.Random) -> list[WidgetState]:
    """Press, choose or type in a widget whose key has this prefix; return states to send once."""
    kind, element = tab.widgets[draw.choice(_called(tab, key))]
    state = WidgetState(id=element.id)
    match kind:
        case "button":
            state.trigger_value = True
            return [state]
        case "text_input":
            state.string_value = draw.choice(TYPED)
        case "selectbox":
            state.string_value = draw.choice(_options(element))
        case "button_group":
            held = list(tab.values[element.id].string_array_value.data)
            many = element.click_mode == element.MULTI_SELECT
            state.string_array_value.data[:] = (
                [] if many and held else [draw.choice(_options(element))]
            )
            state.string_array_value.SetInParent()
        case _:
            return []
    tab.values[element.id] = state
    return []


async def visit(
    number: int, site: serve.Site, authority: ssl.SSLContext, record: Record, every_s: float
) -> None:
    """Simulate one visitor until cancelled."""
    draw = random.Random(number)
    departement = DEPARTEMENTS[number % len(DEPARTEMENTS)]
    tab = Tab(site.https, authority, record, number, f"departements={departement}")
    try:
        took = None
        while took is None:
            took = await _open(tab)
        while True:
            await asyncio.sleep(max(0, every_s * draw.uniform(0.8, 1.2) - took))
            took = await _do_something(tab, departement, draw)
    finally:
        await tab.close()


async def _open(tab: Tab) -> float | None:
    """Open the page; return the time (s), None if it failed."""
    began, at = time.perf_counter(), tab.record.now()
    try:
        await tab.open()
        await tab.run()
    except (Failed, httpx.HTTPError, WebSocketException, OSError) as error:
        tab.record.errors.append(f"{at:.0f} s, visit {tab.number} did not open: {error!r}")
        await tab.close()
        await asyncio.sleep(1)
        return None
    took = time.perf_counter() - began
    tab.record.opened.append(Done(tab.number, tab.process, "open", at, took, tab.received))
    return took


async def _do_something(tab: Tab, departement: str, draw: random.Random) -> float:
    name, process, at, before = tab.named(), tab.process, tab.record.now(), tab.received
    uses = {key: often for key, often in USES[name].items() if _called(tab, key)}
    began = time.perf_counter()
    try:
        if not uses or draw.random() < ANOTHER_PAGE:
            others = {page: often for page, often in PAGES.items() if page != name}
            what = draw.choices(list(others), list(others.values()))[0]
            await tab.run(page=tab.pages[what])
        else:
            what = draw.choices(list(uses), list(uses.values()))[0]
            await tab.run(*used(tab, what, draw))
        _check_address(tab, departement)
    except Failed as error:
        tab.record.errors.append(f"{at:.0f} s, visit {tab.number}, {name} {what}: {error}")
    took = time.perf_counter() - began
    received = tab.received - before
    tab.record.done.append(Done(tab.number, process, f"{name}: {what}", at, took, received))
    return took


def _check_address(tab: Tab, departement: str) -> None:
    """Raise Failed if the address no longer has the visitor's département."""
    if not tab.followed:
        return
    if tab.named() in FILTERED and parse_qs(tab.query).get("departements") != [departement]:
        raise Failed(f"filter lost on {tab.named()}: {tab.query!r}")


@dataclass(frozen=True)
class Sample:
    """A sample of one program: time (s since the start), memory (bytes), processor time (s)."""

    at: float
    program: str
    memory: int
    cpu: float


async def watch(site: serve.Site, record: Record, samples: list[Sample]) -> None:
    """Sample the memory and processor time of the programs each second, until cancelled."""
    while True:
        at = record.now()
        programs = {f"process {name}": [it.pid] for name, it in _by_letter(site).items()}
        programs["nginx"] = [site.nginx.pid, *_children(site.nginx.pid)]
        programs["visitors"] = [os.getpid()]
        for program, numbers in programs.items():
            with suppress(OSError):
                used_now = [_used(number) for number in numbers]
                samples.append(Sample(at, program, *map(sum, zip(*used_now, strict=True))))
        await asyncio.sleep(1)


def _by_letter(site: serve.Site) -> dict[str, object]:
    return dict(zip("abc", site.processes.values(), strict=False))


def _children(number: int) -> list[int]:
    return [int(it) for it in Path(f"/proc/{number}/task/{number}/children").read_text().split()]


def _used(number: int) -> tuple[int, float]:
    """Return the memory (RSS, bytes) and processor time (s, all threads) of a process."""
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), ticks / os.sysconf("SC_CLK_TCK")


def trusted(folder: Path) -> ssl.SSLContext:
    """Return a TLS context that trusts the certificate in this folder."""
    return ssl.create_default_context(cafile=folder / "fullchain.pem")


async def load(
    site: serve.Site,
    *,
    visitors: int,
    seconds: float,
    arrive_s: float,
    every_s: float,
    kill_at_s: float | None = None,
) -> tuple[Record, list[Sample]]:
    """Run all visitors; return their records and the samples of the programs."""
    authority = trusted(site.folder)
    record, samples = Record(), []
    tasks = [asyncio.create_task(watch(site, record, samples))]
    if kill_at_s is not None:
        tasks.append(asyncio.create_task(_kill_one(site, kill_at_s)))
    try:
        for number in range(visitors):
            one = visit(number, site, authority, record, every_s)
            tasks.append(asyncio.create_task(one))
            await asyncio.sleep(arrive_s / visitors)
        await asyncio.sleep(seconds - record.now())
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    record.errors += [repr(it) for it in ended if isinstance(it, Exception)]
    return record, samples


async def _kill_one(site: serve.Site, at_s: float) -> None:
    await asyncio.sleep(at_s)
    next(iter(site.processes.values())).kill()
    await asyncio.sleep(1)
    await asyncio.to_thread(site.restart_ended)


def times(done: Sequence[Done]) -> str:
    """Return the number of actions and the percentiles of their times (ms), as table cells."""
    if not done:
        return "0 | – | – | – | –"
    took = np.array([one.took for one in done]) * 1000
    return f"{len(done)} | " + " | ".join(
        f"{value:,.0f}" for value in (*np.percentile(took, (50, 95, 99)), took.max())
    )


def summary(record: Record, since: float) -> str:
    """Return the table of actions after the second `since`."""
    counted = [one for one in record.done if one.at >= since]
    rows = {"opening a page": record.opened, "all that was done": counted}
    for page in PAGES:
        rows[f"on {page}"] = [one for one in counted if one.what.startswith(f"{page}:")]
    lines = ["| | number | p50, ms | p95 | p99 | longest |", "| --- |" + " ---: |" * 5]
    lines += [f"| {name} | {times(done)} |" for name, done in rows.items()]
    sizes = np.array([one.received for one in counted] or [0]) / 1000
    lines += [
        "",
        f"Errors: {len(record.errors)}. Looks again (run_every): {record.looks}.",
        f"Received per thing done: median {np.median(sizes):.1f} kB, mean {sizes.mean():.1f} kB.",
    ]
    lines += [f"- {error}" for error in record.errors[:20]]
    return "\n".join(lines)


def programs(record: Record, samples: Sequence[Sample], since: float) -> str:
    """Return the table of memory and processor time after the second `since`."""
    lines = [
        "| | CPU, % of a core | ms per thing done | memory, MB: first | last | growth, MB/min |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    counted = [one for one in record.done if one.at >= since]
    for name in dict.fromkeys(sample.program for sample in samples):
        known = [it for it in samples if it.program == name and it.at >= since]
        if len(known) < 4:
            continue
        took_s = known[-1].at - known[0].at
        cpu = sum(max(0, b.cpu - a.cpu) for a, b in itertools.pairwise(known))
        letter = name.removeprefix("process ")
        mine = [one for one in counted if not name.startswith("process") or one.process == letter]
        half = known[len(known) // 2 :]
        growth = np.polyfit([it.at for it in half], [it.memory for it in half], 1)[0]
        cells = (
            f"{100 * cpu / took_s:.0f}",
            f"{1000 * cpu / max(1, len(mine)):.0f}",
            *(f"{it.memory / 1e6:.0f}" for it in (known[0], known[-1])),
            f"{60 * growth / 1e6:+.1f}",
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def broken(record: Record, kill_at: float) -> str:
    """Return the table of actions around the kill: visitors of the killed process, and others."""
    own = {one.visitor for one in record.broken}
    lines = ["| visitors | number | things done | p50, ms | p95 | p99 | longest |"]
    lines.append("| --- |" + " ---: |" * 6)
    for name, start, end in (
        ("before", kill_at - 30, kill_at),
        ("30 s after", kill_at, kill_at + 30),
        ("later", kill_at + 30, float("inf")),
    ):
        for group, inside in (("of the other process", False), ("of the one killed", True)):
            done = [
                one
                for one in record.done
                if start <= one.at < end and (one.visitor in own) == inside
            ]
            number = len({one.visitor for one in done})
            lines.append(f"| {group}, {name} | {number} | {times(done)} |")
    waits = [one.took for one in record.broken] or [0]
    lost = sum(not one.followed for one in record.broken)
    lines += [
        "",
        f"{len(record.broken)} lines broke, of {len(own)} visitors;",
        f"connected again after {np.median(waits):.1f} s (median), {max(waits):.1f} s at most;",
        f"{lost} came back by an address that does not hold their filters.",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--arrive", type=float, default=30, help="seconds until all are there")
    parser.add_argument("--every", type=float, default=5, help="seconds between two things done")
    parser.add_argument("--processes", type=int, choices=(1, 3), default=3)
    parser.add_argument("--kill", action="store_true", help="kill process a at half time")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="in the environment"
    )
    asked = parser.parse_args()
    if not (0 < asked.visitors <= MOST_VISITORS and 2 * asked.arrive < asked.seconds):
        parser.error(f"at most {MOST_VISITORS} visitors, who stay longer than they arrive")
    if not (asked.seconds <= MOST_SECONDS and asked.every >= 1):
        parser.error(f"at most {MOST_SECONDS} seconds, and a second between two things done")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the processes end too
    command = shlex.join(["uv", "run", "python", "benchmarks/visitors.py", *sys.argv[1:]])
    kill_at = asked.seconds / 2 if asked.kill else None
    environment = dict(pair.split("=", 1) for pair in asked.set)
    print(f"`{command}`: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", end="")
    with serve.served(processes=asked.processes, environment=environment) as site:
        record, samples = asyncio.run(
            load(
                site,
                visitors=asked.visitors,
                seconds=asked.seconds,
                arrive_s=asked.arrive,
                every_s=asked.every,
                kill_at_s=kill_at,
            )
        )
    print(f", {os.getloadavg()[0]:.1f} after\n")
    print(summary(record, asked.arrive), programs(record, samples, asked.arrive), sep="\n\n")
    if kill_at:
        print(f"\nProcess a killed at {kill_at:.0f} s:\n\n{broken(record, kill_at)}")


if __name__ == "__main__":
    main()
