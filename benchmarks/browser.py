"""Compare the time from click to painted map of our pages and of pages written the usual way.

    uv run python benchmarks/browser.py [--sizes 228 1000 5000 20000 80000] [--changes 5]

Both pages (`app.py` and `usual_page.py`) run with the same settings on two loopback ports, in one
headless Chromium. They read the same list, random with a fixed seed: services near the town halls
of four départements, a tenth of each of ten types, a third without hours, the others with some of
240 different hours.

A *change* is a click on the pill of a type: *one type* keeps a tenth of the services, a second
click shows *all again*. The pages take turns, and each is idle before its turn; the first round is
not counted. The time, by the clock of the browser, is from the click until

- the frame of a map shows the new number of services (clusters and single markers; all services
  are in view), checked once per animation frame,
- and two more animation frames have passed, so that the result is on the screen.

Both pages are measured by the same code. Each map is sent in full: Streamlit's message cache is
off, since it would help only our page (its maps are identical when a selection returns). A page
that takes more than two minutes is given up; two minutes are then a lower bound for its time and
its ratio, and the reason is printed beside the table. If a page takes more than half a minute to
open, only its first round is measured.

*Choropleth*: a click on another measure of Couverture recolours the communes of Saône-et-Loire
(71), compared with `folium.Choropleth` on the same outlines (`usual_choropleth.py`). The time is
until the shapes have new fills, plus two animation frames.

The bytes are those of the websocket's messages to the browser, from the click until the page is
idle again.

The figures are medians with (min–max). They depend on the machine and its load; only the ratios
matter.
"""

import argparse
import os
import random
import shlex
import shutil
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
from playwright.sync_api import Browser, Error, Page, sync_playwright
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from geodata.communes import read_communes  # noqa: E402
from geodata.services import ServiceType  # noqa: E402
from pages.map.assets import ROUTES  # noqa: E402
from pages.web.server import HARDENING  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-headless-shell")
DEPARTEMENTS = ("78", "92", "86", "71")
TYPES = [kind for kind in ServiceType if kind != ServiceType.HEBERGEMENT]  # ten; shelters hide
CLICKED = ServiceType.CCAS
MEASURES = ("Distance", "Heures")  # as the pages name them
LONGEST_S = 120
LONG_S = 30  # a page that takes longer to come up is changed once


def jquery(_: Request) -> Response:
    """The part of jQuery that `folium.Popup` uses."""
    parsed = "new DOMParser().parseFromString(html, 'text/html').body.firstChild"
    return Response(f"window.$ = (html) => [{parsed}];", media_type="text/javascript")


# The server of the usual pages, for `streamlit run benchmarks/browser.py`. Do not import
# streamlit_folium here: a component declared before the server runs is not served.
app = st.App(
    ROOT / "benchmarks" / os.environ.get("USUAL_PAGE", "usual_page.py"),
    routes=[Route("/assets/jquery.js", jquery), *ROUTES],
    middleware=HARDENING,
)


@dataclass(frozen=True)
class Design:
    """A page to measure: its script, and a selector for its finished map."""

    name: str
    script: Path
    drawn: str
    path: str = ""
    page: str = ""


OURS = Design("ours", ROOT / "app.py", ".leaflet-container[data-territoire]")
USUAL = Design("usual", Path(__file__), ".leaflet-container", page="usual_page.py")
OUR_SHADES = Design("ours", ROOT / "app.py", OURS.drawn, path="couverture?departements=71")
USUAL_SHADES = Design("usual", Path(__file__), USUAL.drawn, page="usual_choropleth.py")

# Click (if a label is given), wait until a map shows `expected` services, and return the time in
# ms from the click or else from the navigation.
PAINTED = """
([label, expected, drawn, longest]) => new Promise((resolve, reject) => {
  const count = (frame) =>
    [...frame.querySelectorAll(".leaflet-marker-pane > .leaflet-marker-icon")]
      .reduce((sum, icon) => sum + (Number(icon.textContent.replace(/\\D/g, "")) || 1), 0);
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
# The same for shapes: wait until their fills differ from those before the click.
RECOLOURED = """
([label, least, drawn, longest]) => new Promise((resolve, reject) => {
  const fills = () => [...document.querySelectorAll("iframe")]
    .filter((frame) => frame.contentDocument?.querySelector(drawn))
    .map((frame) => Object.values(frame.contentWindow.map?._layers ?? {})
      .filter((layer) => layer.feature && layer.options.fillColor)
      .map((layer) => layer.options.fillColor))
    .filter((found) => found.length >= least)
    .join();
  const before = fills();
  const buttons = [...document.querySelectorAll("[data-testid=stMain] button")];
  const button = buttons.find((each) => each.innerText.trim() === label);
  const start = performance.now();
  button.click();
  const look = () => {
    const now = fills();
    if (performance.now() - start > longest) reject(new Error("never other fills"));
    else if (!now || now === before) requestAnimationFrame(look);
    else
      requestAnimationFrame(() =>
        requestAnimationFrame(() => resolve(performance.now() - start)));
  };
  requestAnimationFrame(look);
})
"""
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"


class Visitor:
    """A browser with an empty cache on one page; it counts the bytes of the websocket."""

    def __init__(self, browser: Browser, design: Design, address: str) -> None:
        self.design = design
        self.address = address
        self.received = 0
        self.opened_s = 0.0
        self.context = browser.new_context(locale="fr-FR", viewport={"width": 1366, "height": 768})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(LONGEST_S * 1000)
        self.page.on("websocket", lambda ws: ws.on("framereceived", self._count))

    def _count(self, message: str | bytes) -> None:
        self.received += len(message)

    def open(self, expected: int | None = None) -> None:
        """Open the page and wait until it is idle, and its map too if `expected` is given."""
        start = time.monotonic()
        self.page.goto(self.address)
        self.page.wait_for_selector("iframe")
        if expected is not None:
            self.page.evaluate(PAINTED, [None, expected, self.design.drawn, LONGEST_S * 1000])
        self._rest()
        self.opened_s = time.monotonic() - start

    def change(self, expected: int) -> tuple[float, int]:
        """Click on a type; return the time until the map is painted, and the bytes."""
        return self._taken(PAINTED, CLICKED.label, expected)

    def recolour(self, label: str, least: int) -> tuple[float, int]:
        """Click on a measure; return the time until `least` shapes changed fill, and the bytes."""
        return self._taken(RECOLOURED, label, least)

    def _taken(self, script: str, label: str, number: int) -> tuple[float, int]:
        self.page.bring_to_front()
        self.received = 0
        taken = self.page.evaluate(script, [label, number, self.design.drawn, LONGEST_S * 1000])
        self._rest()
        return taken, self.received

    def _rest(self) -> None:
        self.page.wait_for_selector(AT_REST)
        self.page.wait_for_timeout(400)


def write_services(path: Path, size: int) -> int:
    """Write a list of `size` services; return how many are of the type to click."""
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
    """Serve a page on a free loopback port; always end its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(design.script)]
    environment = {
        **os.environ,
        "MAILLAGE_SERVICES": str(services),
        "PYTHONPATH": str(ROOT),
        "USUAL_PAGE": design.page,
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_GLOBAL_MIN_CACHED_MESSAGE_SIZE": "1000000000",
    }
    with (services.parent / f"{design.name}.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _await_answer(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}/{design.path}"
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


Taken = dict[tuple[str, str], list[tuple[float, int]]]


def measure(browser: Browser, size: int, changes: int) -> tuple[Taken, int]:
    """Measure both pages in turn; return the times of each step, and the size of *one type*."""
    with opened(browser, (OURS, USUAL), size) as (visitors, of_one_type):
        for visitor in list(visitors):
            with given_up(visitor, visitors, size):
                visitor.open(size)
        taken: Taken = {}
        for turn in range(changes + 1):
            for step, expected in (("one type", of_one_type), ("all again", size)):
                for visitor in list(visitors):
                    if turn and visitor.opened_s > LONG_S:
                        continue
                    with given_up(visitor, visitors, size):
                        result = visitor.change(expected)
                        if turn or visitor.opened_s > LONG_S:
                            taken.setdefault((step, visitor.design.name), []).append(result)
        return taken, of_one_type


@contextmanager
def given_up(visitor: Visitor, visitors: list[Visitor], size: int) -> Iterator[None]:
    """Drop a visitor whose page times out, and print why."""
    try:
        yield
    except Error as error:
        visitors.remove(visitor)
        why = error.message.splitlines()[0]
        print(f"{size:,}, {visitor.design.name}: given up ({why})", file=sys.stderr)


def measure_shades(browser: Browser, size: int, changes: int) -> Taken:
    """Measure both choropleths in turn; return their times."""
    least = int(read_communes(["71"]).geometry.notna().sum())
    with opened(browser, (OUR_SHADES, USUAL_SHADES), size) as (visitors, _):
        for visitor in visitors:
            visitor.open()
        taken: Taken = {}
        for counted in (False, *[True] * changes):
            for label in reversed(MEASURES):
                for visitor in visitors:
                    result = visitor.recolour(label, least)
                    if counted:
                        taken.setdefault(("choropleth", visitor.design.name), []).append(result)
        return taken


@contextmanager
def opened(
    browser: Browser, designs: tuple[Design, ...], size: int
) -> Iterator[tuple[list[Visitor], int]]:
    """Serve a list of `size` services; yield a visitor per page, and the size of one type."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        of_one_type = write_services(folder / "services.csv", size)
        addresses = [
            stack.enter_context(served(design, folder / "services.csv")) for design in designs
        ]
        visitors = [Visitor(browser, *pair) for pair in zip(designs, addresses, strict=True)]
        for visitor in visitors:
            stack.callback(visitor.context.close)
        yield list(visitors), of_one_type


def show(size: int, taken: Taken, drawn: dict[str, int]) -> None:
    """Print the rows of one size; `drawn`: number of services or shapes that each step draws."""
    for step, count in drawn.items():
        ours, usual = (taken.get((step, name), []) for name in ("ours", "usual"))
        ratio = ""
        if ours:
            least = "" if usual else "> "
            slower = median([ms for ms, _ in usual] or [LONGEST_S * 1000])
            ratio = f"**× {least}{slower / median(ms for ms, _ in ours):.1f}**"
        cells = (f"{size:,}", step, f"{count:,}", _times(ours), _times(usual), ratio)
        print(f"| {' | '.join((*cells, _kilobytes(ours), _kilobytes(usual)))} |", flush=True)


def _times(taken: list[tuple[float, int]]) -> str:
    if not taken:
        return f"> {LONGEST_S * 1000:,}"
    times = [ms for ms, _ in taken]
    return f"{median(times):,.0f} ({min(times):,.0f}–{max(times):,.0f})"


def _kilobytes(taken: list[tuple[float, int]]) -> str:
    return f"{median(size for _, size in taken) / 1000:,.0f}" if taken else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[228, 1000, 5000, 20000, 80000])
    parser.add_argument("--changes", type=int, default=5)
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    command = shlex.join(["uv", "run", "python", "benchmarks/browser.py", *sys.argv[1:]])
    counts = f"{wanted.changes} changes of each kind"
    print(f"`{command}`: {counts}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| services | change | drawn | ours, ms | usual, ms | ratio | ours, kB | usual, kB |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for size in wanted.sizes:
            taken, of_one_type = measure(browser, size, wanted.changes)
            show(size, taken, {"one type": of_one_type, "all again": size})
        shapes = len(read_communes(["71"]))
        show(1000, measure_shades(browser, 1000, wanted.changes), {"choropleth": shapes})
        browser.close()
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
