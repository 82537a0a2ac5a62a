"""Simulate editors and readers of one list in PostgreSQL, over real websockets on loopback.

    uv run --extra base python benchmarks/editors.py [--editors 40] [--readers 150] [--kill]

A primary and a synchronous replica (`tests/cluster.py`) hold the shipped list. `docs/serve.py`
starts three processes behind nginx: they read from the replica and save to the primary. Readers are
those of `visitors.py`. Each editor signs in at an OpenID Connect provider, opens a record of
*Annuaire* that nobody else edits, and then, every 30 seconds (±20 %): opens its form, types a
number in one cell, and saves; the measured time of a save is from the press to the words of the
outcome.

With `--kill`, the primary is killed (SIGKILL) at half time, and the replica promoted
`PROMOTED_AFTER_S` later, as an operator would. A save that is refused is tried again, as it was
typed.

At the end the base's history is compared with what editors were told: each save that was confirmed
is there once, each continues the one before, and the record holds the last.

It needs PostgreSQL with PostGIS, nginx and openssl (Debian: postgresql, postgresql-postgis,
nginx-light, openssl).
"""

import argparse
import asyncio
import os
import re
import secrets
import shlex
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import httpx
import psycopg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from visitors import (
    FRAGMENT,
    ROOT,
    Failed,
    Record,
    Sample,
    Tab,
    programs,
    summary,
    times,
    trusted,
    visit,
    watch,
)
from websockets.exceptions import WebSocketException

from docs import serve
from geodata.upkeep import stores
from tests import oidc_provider
from tests.cluster import ADMIN, Base, Bases, Cluster, fill

MOST_SECONDS = 900
PROMOTED_AFTER_S = 5
DEPARTEMENTS = ("71", "78", "86", "92")
CELL = "structure"
SAVED = re.compile(r"Enregistré\W+1\W+case")
EDITORS_ADDRESS = "editeur{}@example.fr"


@dataclass
class Work:
    """What one editor did: the numbers that were confirmed, and what was said of other saves."""

    key: str
    role: str
    confirmed: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    took: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class _Timed:
    took: float


class Form(Tab):
    """The tab of an editor: it signs in, and runs the parts of the page that it uses."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self.part = ""
        self.parts: dict[str, str] = {}
        self.running: set[str] = set()
        self.texts: list[str] = []
        self.redirect = ""

    async def sign_in(self, email: str, provider: oidc_provider.Provider) -> None:
        """Press *Se connecter* and follow the provider's pages. Raises Failed."""
        provider.claims = {"email": email, "email_verified": True}
        await self.open()
        await self.run()
        await self.run(page=self.pages["Annuaire"])
        await self.press("edition_connexion")
        if not self.redirect:
            raise Failed("no address to sign in at")
        async with httpx.AsyncClient(
            base_url=f"https://{self.host}", verify=self.authority, follow_redirects=True
        ) as client:
            client.cookies.update(self.cookies)
            (await client.get(self.redirect)).raise_for_status()
            self.cookies = {cookie.name: cookie.value or "" for cookie in client.cookies.jar}
        await self.close()

    async def read(self, key: str) -> None:
        """Open the sheet of a record. Raises Failed."""
        self.session, self.pages, self.values, self.kept = "", {}, {}, {}
        self.query = address = f"vue=fiches&fiche={key}"
        await self.open()
        await self.run()
        self.page, self.query = self.pages["Annuaire"], address
        await self.run()

    async def press(self, key: str) -> None:
        """Press a button; only its part of the page runs. Raises Failed."""
        _, element = self.widgets[key]
        state = WidgetState(id=element.id, trigger_value=True)
        await self.run(state, part=self.parts.get(key, ""))

    async def type(self, key: str, text: str) -> None:
        """Type in a cell. Raises Failed."""
        _, element = self.widgets[key]
        self.values[element.id] = WidgetState(id=element.id, string_value=text)
        await self.run(part=self.parts.get(key, ""))

    async def run(self, *pressed: WidgetState, page: str = "", part: str = "") -> None:
        """Run the page, or this part of it (a fragment), and wait. Raises Failed."""
        self.part, self.texts = part, []
        try:
            await super().run(*pressed, page=page)
        finally:
            self.part = ""

    def _state(self, pressed: Iterable[WidgetState] = (), fragment: str = "") -> ClientState:
        state = super()._state(pressed, fragment or self.part)
        state.is_auto_rerun = bool(fragment)
        return state

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.running = set(message.metadata.run.fragment_ids)
        elif kind == "auth_redirect":
            self.redirect = message.auth_redirect.url
        super()._take(message)

    def _draw(self, delta: object) -> None:
        super()._draw(delta)
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, kind)
        if kind == "alert":
            self.texts.append(element.body)
            if element.format == element.ERROR:
                self.trouble = ""  # a refusal in words, which the editor reads
        identity = getattr(element, "id", "")
        if identity.startswith("$$ID-"):
            self.parts[identity.split("-", 2)[2]] = delta.fragment_id

    def _finish(self, status: int) -> None:
        if status == FRAGMENT and self.part in self.running:
            if self.finished and not self.finished.done():
                self.finished.set_result(None)
            return
        super()._finish(status)

    def widget(self, ending: str) -> str:
        """Return the key of a widget of the form. Raises Failed."""
        for key in self.widgets:
            if key.startswith("edition_") and key.endswith(ending):
                return key
        raise Failed(f"the form has no {ending}: {self.texts}")


async def edit(
    number: int,
    site: serve.Site,
    record: Record,
    provider: oidc_provider.Provider,
    signing_in: asyncio.Lock,
    work: Work,
    every_s: float,
) -> None:
    """Simulate one editor until cancelled."""
    authority = trusted(site.folder)
    async with signing_in:
        tab = Form(site.https, authority, record, 1000 + number, "")
        await tab.sign_in(EDITORS_ADDRESS.format(number), provider)
    cookies, tab = tab.cookies, Form(site.https, authority, record, 1000 + number, "")
    tab.cookies, tab.followed = cookies, False
    try:
        await tab.read(work.key)
        value = 0
        while True:
            await asyncio.sleep(every_s * (0.8 + 0.4 * secrets.randbelow(100) / 100))
            value += 1
            work.unknown.append(value)
            try:
                await _save(tab, work, value)
                work.unknown.remove(value)
            except (Failed, KeyError, WebSocketException, OSError) as error:
                work.said[f"{type(error).__name__}: {str(error)[:90]}"] += 1
                await _reopen(tab, work)
    finally:
        await tab.close()


async def _save(tab: Form, work: Work, value: int) -> None:
    """Save a number, however often it takes. Raises Failed."""
    await tab.press(f"edition_ouvrir_{work.key}")
    await tab.type(tab.widget(f"_{work.key}_{CELL}"), str(value))
    while True:
        at, began = tab.record.now(), time.perf_counter()
        await tab.press(tab.widget(f"_{work.key}__enregistrer"))
        said = next((text for text in tab.texts if SAVED.search(text)), "")
        work.took.append((at, time.perf_counter() - began))
        if said or any("Rien n’avait changé" in text for text in tab.texts):
            work.confirmed.append(value)
            return
        work.said[" / ".join(text[:90] for text in tab.texts)] += 1
        await asyncio.sleep(1)


async def _reopen(tab: Form, work: Work) -> None:
    """Come back to the record, as with a reloaded page."""
    while True:
        try:
            await tab.close()
            await tab.read(work.key)
        except (Failed, httpx.HTTPError, WebSocketException, OSError) as error:
            work.said[f"again, {type(error).__name__}: {str(error)[:90]}"] += 1
            await asyncio.sleep(2)
        else:
            return


async def _kill_primary(primary: Cluster, replica: Cluster, at_s: float) -> None:
    await asyncio.sleep(at_s)
    await asyncio.to_thread(primary.kill)
    await asyncio.sleep(PROMOTED_AFTER_S)
    await asyncio.to_thread(replica.promote)


async def load(
    site: serve.Site,
    works: list[Work],
    provider: oidc_provider.Provider,
    asked: argparse.Namespace,
    servers: tuple[Cluster, Cluster],
) -> tuple[Record, list[Sample]]:
    """Run all readers and editors; return their records and the samples of the programs."""
    record, samples = Record(), []
    authority, signing_in = trusted(site.folder), asyncio.Lock()
    tasks = [asyncio.create_task(watch(site, record, samples))]
    if asked.kill:
        tasks.append(asyncio.create_task(_kill_primary(*servers, asked.seconds / 2)))
    try:
        for number, work in enumerate(works):
            one = edit(number, site, record, provider, signing_in, work, asked.save_every)
            tasks.append(asyncio.create_task(one))
        for number in range(asked.readers):
            tasks.append(asyncio.create_task(visit(number, site, authority, record, asked.every)))
            await asyncio.sleep(asked.arrive / asked.readers)
        await asyncio.sleep(asked.seconds - record.now())
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    record.errors += [repr(it) for it in ended if isinstance(it, Exception)]
    return record, samples


@contextmanager
def pair() -> Iterator[tuple[Cluster, Cluster, Base]]:
    """Run a primary with the shipped list and a synchronous replica."""
    primary, replica = Cluster(), Cluster()
    try:
        primary.initialise()
        primary.start()
        roles = {f"role{departement}": [departement] for departement in DEPARTEMENTS}
        base = Bases(primary).new(**roles)
        facts = ROOT / "services.sources.csv"
        fill(base, (ROOT / "services.csv").read_bytes(), facts.read_bytes())
        replica.copy_of(primary)
        with psycopg.connect(primary.address(ADMIN, "postgres"), autocommit=True) as connection:
            connection.execute("alter system set synchronous_standby_names = '*'")
            connection.execute("select pg_reload_conf()")
        replica.start()
        yield primary, replica, base
    finally:
        primary.remove()
        replica.remove()


def settings_for(
    folder: Path, works: list[Work], provider: oidc_provider.Provider, port: int
) -> None:
    """Write the operator's secrets: the provider, and each editor's role."""
    named = "\n".join(
        f'"{EDITORS_ADDRESS.format(number)}" = "{work.role}"' for number, work in enumerate(works)
    )
    folder.write_text(f"""
[auth]
redirect_uri = "https://localhost:{port}/oauth2callback"
cookie_secret = "{secrets.token_hex(32)}"
client_id = "{oidc_provider.CLIENT}"
client_secret = "{oidc_provider.CLIENT_SECRET}"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"

[editeurs]
{named}
""")


def works_for(base: Base, editors: int) -> list[Work]:
    """Return a public record for each editor, of the departement of their role."""
    found = []
    with closing(stores.opened(base.site)) as store:
        services = store.latest(datetime.now(UTC).date()).reading.services
    for departement in DEPARTEMENTS:
        public = services[(services["departement"] == departement) & services.geometry.notna()]
        count = editors // len(DEPARTEMENTS)
        found += [Work(key, f"role{departement}") for key in public.index[:count]]
    return found


def faults_of(base: Base, works: list[Work]) -> list[str]:
    """Return what the history has lost, twice, or out of order."""
    found = []
    with closing(stores.opened(base.site, editing=base.editors)) as store:
        for role in {work.role for work in works}:
            history = store.history(role)
            for work in works:
                if work.role != role:
                    continue
                lines = [e for e in history if (e.id, e.column) == (work.key, CELL)]
                after = [int(entry.after) for entry in lines]
                if lost := set(work.confirmed) - set(after):
                    found.append(f"{work.key}: confirmed and not there: {sorted(lost)}")
                if len(after) != len(set(after)):
                    found.append(f"{work.key}: twice: {after}")
                if strange := set(after) - set(work.confirmed) - set(work.unknown):
                    found.append(f"{work.key}: there, never confirmed: {sorted(strange)}")
                if any(a.after != b.before for a, b in pairwise(lines)):
                    found.append(f"{work.key}: a save does not continue the one before")
                if after and int(store.row(work.key, role)[CELL]) != after[-1]:
                    found.append(f"{work.key}: the record does not hold the last save")
    return found


def report(
    record: Record, samples: list[Sample], works: list[Work], asked: argparse.Namespace
) -> str:
    """Return the tables of readers, editors and programs."""
    taken = [one for work in works for one in work.took]
    rows = {"a save": [_Timed(took) for at, took in taken if at >= asked.arrive]}
    if asked.kill:
        half = asked.seconds / 2
        spans = {
            "a save, before": (asked.arrive, half),
            "30 s after": (half, half + 30),
            "later": (half + 30, asked.seconds),
        }
        for name, (start, end) in spans.items():
            rows[name] = [_Timed(took) for at, took in taken if start <= at < end]
    saves = "\n".join(f"| {name} | {times(done)} |" for name, done in rows.items())
    said = sum((work.said for work in works), Counter())
    lines = [
        summary(record, asked.arrive),
        f"| editors | number | p50, ms | p95 | p99 | longest |\n| --- |{' ---: |' * 5}\n{saves}",
        f"{len(works)} editors, {sum(len(work.confirmed) for work in works)} saves confirmed.",
        "\n".join(f"- {count} × {text}" for text, count in said.most_common(12)),
        programs(record, samples, asked.arrive),
    ]
    return "\n\n".join(filter(None, lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--editors", type=int, default=40)
    parser.add_argument("--readers", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--arrive", type=float, default=45, help="seconds until all are there")
    parser.add_argument("--every", type=float, default=5, help="between two things a reader does")
    parser.add_argument("--save-every", type=float, default=30, help="between an editor's saves")
    parser.add_argument("--kill", action="store_true", help="kill the primary at half time")
    asked = parser.parse_args()
    if not (
        2 * asked.arrive <= asked.seconds <= MOST_SECONDS and asked.every >= 1 <= asked.save_every
    ):
        parser.error(f"at most {MOST_SECONDS} seconds, twice those of arrival at least")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    command = shlex.join(["uv", "run", "python", "benchmarks/editors.py", *sys.argv[1:]])
    print(f"`{command}`: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", end="")
    with pair() as (primary, replica, base), oidc_provider.running() as provider:
        works = works_for(base, asked.editors)
        (port,) = serve.free_ports(1)
        hidden = primary.folder.parent / f"secrets-{port}.toml"
        settings_for(hidden, works, provider, port)
        both = f"127.0.0.1:{primary.port},127.0.0.1:{replica.port}"
        one, turned = f"127.0.0.1:{primary.port}", f"127.0.0.1:{replica.port}"
        environment = {
            "MAILLAGE_SERVICES": base.site.replace(one, f"{turned},{one}"),
            "MAILLAGE_SERVICES_EDITION": base.editors.replace(one, both)
            + "?target_session_attrs=read-write",
            "MAILLAGE_EDITION": "connexion",
            "STREAMLIT_SECRETS_FILES": str(hidden),
        }
        try:
            with serve.served(port=port, processes=3, environment=environment) as site:
                record, samples = asyncio.run(
                    load(site, works, provider, asked, (primary, replica))
                )
                logs = site.written()
        finally:
            hidden.unlink()
        alive = (
            Base(
                *(address.replace(one, turned) for address in (base.admin, base.site, base.editors))
            )
            if asked.kill
            else base
        )
        faults = faults_of(alive, works)
    print(f", {os.getloadavg()[0]:.1f} after\n")
    print(report(record, samples, works, asked))
    print(f"\nLost, twice or out of order: {len(faults)}.", *faults, sep="\n- ")
    if "Traceback" in logs:
        print(f"\nIn the logs:\n{logs[-3000:]}")


if __name__ == "__main__":
    main()
