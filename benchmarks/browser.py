"""From the click on a filter to the painted map: our Carte page, and one written the usual way.

    uv run python benchmarks/browser.py [--sizes 228 1000 5000] [--changes 7]

Both pages (`app.py` and `usual_page.py`) are served with the same settings on two loopback ports
and drawn by one headless Chromium. They read the same list: made with a fixed seed, its services
stand near the town halls of four départements, a tenth of them of each of ten types, a third
without hours, the others with some of 240 different hours.

A *change* is a click on one type's pill: *one type* keeps a tenth of the services, and a second
click shows them *all* again. The pages take turns, change by change, and each is at rest before
its turn; the first round is not counted. The clock, the browser's own, runs from the click until

- a map's frame shows the new number of services (the sum of what its clusters say, and of the
  signs alone; every service is in view), looked at once an animation frame,
- and two more animation frames have passed, so that it is on the screen.

Nothing differs between the two: what is clicked, looked at and waited for is the same code. Each
map is sent in full, as one never seen before: Streamlit's own cache of messages, which would help
ours alone here (its maps are the same to the byte when a selection comes back), is off.

The bytes are those of the websocket's messages to the browser from the click until the page is at
rest again. A *first visit* is one by a browser that has kept nothing, to a server that already
runs, from the navigation to the same end, the outlines drawn too. It is measured for ours alone:
the usual page may draw its first map before its styles have come, and then shows a part of it.

The figures are medians with (min–max). They depend on the machine and on what else it does: the
ratios are what is measured.
"""

import argparse
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pandas as pd
import streamlit as st
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from geodata.communes import read_communes  # noqa: E402
from geodata.services import ServiceType  # noqa: E402
from pages.components.server import HARDENING, ROUTES  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
DEPARTEMENTS = ("78", "92", "86", "71")
TYPES = [kind for kind in ServiceType if kind != ServiceType.HEBERGEMENT]  # ten; shelters hide
CLICKED = ServiceType.CCAS
FIRST_VISITS = 3
LONGEST_S = 120


def jquery(_: Request) -> Response:
    """All that `folium.Popup` asks of jQuery."""
    parsed = "new DOMParser().parseFromString(html, 'text/html').body.firstChild"
    return Response(f"window.$ = (html) => [{parsed}];", media_type="text/javascript")


# The usual page's server: `streamlit run benchmarks/browser.py` finds it. streamlit_folium must
# not be imported here: a component that is declared before the server runs is not served.
app = st.App(
    ROOT / "benchmarks" / "usual_page.py",
    routes=[*ROUTES, Route("/assets/jquery.js", jquery)],
    middleware=HARDENING,
)


@dataclass(frozen=True)
class Design:
    """A page to measure: the script that serves it, and what its map bears once all is drawn."""

    name: str
    script: Path
    drawn: str


OURS = Design("ours", ROOT / "app.py", ".leaflet-container[data-territoire]")
USUAL = Design("usual", Path(__file__), ".leaflet-container")
DESIGNS = (OURS, USUAL)

# Clicks (if a label is given), waits until a map shows `expected` services, and tells how long
# that took, in ms: from the click, or else from the navigation.
PAINTED = """
([label, expected, drawn, longest]) => new Promise((resolve, reject) => {
  const count = (frame) =>
    [...frame.querySelectorAll(".leaflet-marker-pane > .leaflet-marker-icon")]
      .reduce((sum, icon) => sum + (Number.parseInt(icon.textContent) || 1), 0);
  const shown = () => [...document.querySelectorAll("iframe")]
    .map((frame) => frame.contentDocument)
    .some((frame) => frame?.querySelector(drawn) && count(frame) === expected);
  let start = 0;
  if (label) {
    const pills = [...document.querySelectorAll("[data-testid=stSidebar] button")];
    const pill = pills.find((button) => button.innerText.trim() === label);
    start = performance.now();
    pill.click();
  }
  const look = () => {
    if (performance.now() - start > longest) reject(new Error(`never ${expected} services`));
    else if (!shown()) requestAnimationFrame(look);
    else
      requestAnimationFrame(() =>
        requestAnimationFrame(() => resolve(performance.now() - start)));
  };
  requestAnimationFrame(look);
})
"""
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"


class Visitor:
    """A browser that has kept nothing, on one design's page, counting what the websocket brings."""

    def __init__(self, browser: Browser, design: Design, address: str) -> None:
        self.design = design
        self.address = address
        self.received = 0
        self.context = browser.new_context(locale="fr-FR", viewport={"width": 1366, "height": 768})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(LONGEST_S * 1000)
        self.page.on("websocket", lambda ws: ws.on("framereceived", self._count))

    def _count(self, message: str | bytes) -> None:
        self.received += len(message)

    def open(self) -> None:
        """Visit the page and let it come to rest."""
        self.page.goto(self.address)
        self.page.wait_for_selector("iframe")
        self._rest()

    def arrive(self, expected: int) -> tuple[float, int]:
        """Visit the page; give the time until it is painted, and the bytes."""
        self.page.goto(self.address, wait_until="commit")
        return self._painted(None, expected)

    def change(self, expected: int) -> tuple[float, int]:
        """Click on the pill; give the time until it is painted, and the bytes."""
        self.page.bring_to_front()
        self.received = 0
        return self._painted(CLICKED.label, expected)

    def _painted(self, label: str | None, expected: int) -> tuple[float, int]:
        wanted = [label, expected, self.design.drawn, LONGEST_S * 1000]
        taken = self.page.evaluate(PAINTED, wanted)
        self._rest()
        return taken, self.received

    def _rest(self) -> None:
        self.page.wait_for_selector(AT_REST)
        self.page.wait_for_timeout(400)


def write_services(path: Path, size: int) -> int:
    """Write a list of `size` services; give how many are of the type that is clicked."""
    draw = random.Random(size)
    halls = read_communes(DEPARTEMENTS)
    halls = halls[halls["mairie"].notna()]
    places = halls.sample(size, replace=True, random_state=size)
    days = ("Mo-Fr", "Mo-Th", "Tu,Th", "We", "Sa[1,3]")
    rows = []
    for number, (code, hall) in enumerate(places.iterrows()):
        kind = TYPES[number % len(TYPES)]
        opening, closing = draw.randint(7, 14), draw.randint(15, 20)
        rows.append(
            {
                "id": f"s-{number}",
                "nom": f"{kind.label} de {hall['nom']} ({number})",
                "type": kind,
                "structure": draw.choice(["Département", "Ville", "France Victimes", "CIDFF"]),
                "adresse": f"{draw.randint(1, 90)} rue de la République",
                "code_postal": hall["codes_postaux"][0],
                "commune": hall["nom"],
                "code_insee": code,
                "latitude": round(hall["mairie"].y + draw.uniform(-0.008, 0.008), 6),
                "longitude": round(hall["mairie"].x + draw.uniform(-0.008, 0.008), 6),
                "confidentialite": "public",
                "telephone": f"01 23 45 {draw.randint(10, 99)} {draw.randint(10, 99)}",
                "horaires_accueil": (
                    f"{draw.choice(days)} {opening:02}:00-{closing}:00" if number % 3 else ""
                ),
                "acces": draw.choice(["sans-rdv", "sur-rdv", "sans-rdv|telephone"]),
                "publics": draw.choice(["femmes", "tous", "familles|enfants"]),
                "description": "Accueil, écoute et orientation des femmes victimes de violences.",
                "source": "Liste fabriquée pour la mesure",
                "date_source": draw.randint(2019, 2026),
            }
        )
    pd.DataFrame(rows).to_csv(path, index=False)
    return len(range(TYPES.index(CLICKED), size, len(TYPES)))


@contextmanager
def served(design: Design, services: Path) -> Iterator[str]:
    """Serve a design's page on a free loopback port, and end its process in any case."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(design.script)]
    environment = {
        **os.environ,
        "MAILLAGE_SERVICES": str(services),
        "PYTHONPATH": str(ROOT),
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_GLOBAL_MIN_CACHED_MESSAGE_SIZE": "1000000000",
    }
    with (services.parent / f"{design.name}.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _await_answer(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _await_answer(address: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + LONGEST_S
    while server.poll() is None and time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(address, timeout=5).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"{server.args[-1]} does not answer")


Taken = dict[tuple[str, Design], list[tuple[float, int]]]


def measure(browser: Browser, size: int, changes: int) -> tuple[Taken, int]:
    """Measure both designs in turn; give what each step took, and how many *one type* draws."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        of_one_type = write_services(folder / "services.csv", size)
        addresses = {
            design: stack.enter_context(served(design, folder / "services.csv"))
            for design in DESIGNS
        }
        visitors = [Visitor(browser, design, addresses[design]) for design in DESIGNS]
        for visitor in visitors:
            visitor.open()
        taken: Taken = {}
        for counted in (False, *[True] * changes):
            for step, expected in (("one type", of_one_type), ("all again", size)):
                for visitor in visitors:
                    result = visitor.change(expected)
                    if counted:
                        taken.setdefault((step, visitor.design), []).append(result)
        for visitor in visitors:
            visitor.context.close()
        for _ in range(FIRST_VISITS):
            visitor = Visitor(browser, OURS, addresses[OURS])
            taken.setdefault(("first visit", OURS), []).append(visitor.arrive(size))
            visitor.context.close()
        return taken, of_one_type


def show(size: int, of_one_type: int, taken: Taken) -> None:
    """Print a size's rows of the table."""
    for step in dict.fromkeys(step for step, _ in taken):
        ours, usual = taken[step, OURS], taken.get((step, USUAL))
        drawn = of_one_type if step == "one type" else size
        cells = [f"{size:,}", step, f"{drawn:,}", _times(ours), "", "", _kilobytes(ours), ""]
        if usual:
            ratio = median(ms for ms, _ in usual) / median(ms for ms, _ in ours)
            cells[4], cells[5], cells[7] = _times(usual), f"**× {ratio:.1f}**", _kilobytes(usual)
        print(f"| {' | '.join(cells)} |", flush=True)


def _times(taken: list[tuple[float, int]]) -> str:
    times = [ms for ms, _ in taken]
    return f"{median(times):,.0f} ({min(times):,.0f}–{max(times):,.0f})"


def _kilobytes(taken: list[tuple[float, int]]) -> str:
    return f"{median(size for _, size in taken) / 1000:,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[228, 1000, 5000])
    parser.add_argument("--changes", type=int, default=7)
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end as well
    command = shlex.join(["uv", "run", "python", "benchmarks/browser.py", *sys.argv[1:]])
    counts = f"{wanted.changes} changes of each kind, {FIRST_VISITS} first visits"
    print(f"`{command}`: {counts}, {os.cpu_count()} cores\n")
    print("| services | change | drawn | ours, ms | usual, ms | ratio | ours, kB | usual, kB |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for size in wanted.sizes:
            taken, of_one_type = measure(browser, size, wanted.changes)
            show(size, of_one_type, taken)
        browser.close()


if __name__ == "__main__":
    main()
