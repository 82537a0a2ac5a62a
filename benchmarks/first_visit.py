"""Time a first visit, on a slow line and on a fast one, beside a page written the usual way.

    uv run python benchmarks/first_visit.py [--visits 5] [--pictures FOLDER]

A browser that has kept nothing opens the first page through nginx with docs/nginx.conf
(docs/serve.py) and one running process, with the shipped list. *Usual* is `usual_page.py` (one
`folium.Marker` a row, no list beside the map) in Streamlit as it comes, behind the same nginx,
which compresses its files too; both take turns.

*Slow*: a phone (390 × 844) at 1.6 Mbit/s and 150 ms, as Chromium's DevTools emulate them: each
answer begins 150 ms late, and all answers share the line. Connecting and the websocket are not
slowed. *Fast*: 1366 × 768, the line as it is.

The times, by the clock of the browser from the navigation, are the median (min–max) until

- something is painted; on our page that is the emergency strip and what the site is,
- the first service of the list is there,
- the outlines and a sign of the map are there.

The bytes are all that was received until two seconds after the map, compressed, the websocket's
included. `--pictures` keeps what the slow phone showed after 0.5, 1, 2, 4 and 6 s.
"""

import argparse
import base64
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import streamlit as st
from playwright.sync_api import Browser, CDPSession, sync_playwright
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs import serve  # noqa: E402
from pages.map.assets import ROUTES  # noqa: E402

CHROMIUMS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
LONGEST_S = 120
PACKED_S = 65  # nginx keeps a file for a minute, then for good: as small as it gets
MOMENTS_S = (0.5, 1, 2, 4, 6)


def jquery(_: Request) -> Response:
    """The part of jQuery that `folium.Popup` uses."""
    parsed = "new DOMParser().parseFromString(html, 'text/html').body.firstChild"
    return Response(f"window.$ = (html) => [{parsed}];", media_type="text/javascript")


# The server of the usual page, for `streamlit run benchmarks/first_visit.py`.
app = st.App(
    ROOT / "benchmarks" / "usual_page.py", routes=[Route("/assets/jquery.js", jquery), *ROUTES]
)

# Each moment once, looked for in every frame of the screen.
WATCH = """
if (window === top) {
  const frame = () => document.querySelector("iframe")?.contentDocument;
  const things = {
    painted: () => performance.getEntriesByName("first-contentful-paint").length,
    list: () => document.querySelector(".st-key-liste .carte-service"),
    map: () => frame()?.querySelector("DRAWN") && frame().querySelector("SIGNS"),
  };
  const seen = (window.seen = {});
  const look = () => {
    for (const [name, there] of Object.entries(things))
      if (!seen[name] && there()) seen[name] = performance.now();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


@dataclass(frozen=True)
class Design:
    """A page to visit: its script, and selectors of its map's ground and signs."""

    name: str
    script: str
    drawn: str
    signs: str
    last: str


OURS = Design(
    "ours",
    "app.py",
    ".leaflet-container[data-territoire]",
    ".signe-carte, .groupe-carte",
    "list",
)
USUAL = Design(
    "usual", "benchmarks/first_visit.py", ".leaflet-container", ".leaflet-marker-icon", "map"
)


@dataclass(frozen=True)
class Visit:
    """When things were there (ms by name), and what was received."""

    seen: Mapping[str, float]
    received: int
    requests: int


def visit(
    browser: Browser, address: str, design: Design, *, slow: bool, pictures: Path | None
) -> Visit:
    """Visit a page with a browser that has kept nothing."""
    size = {"width": 390, "height": 844} if slow else {"width": 1366, "height": 768}
    context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", viewport=size)
    page = context.new_page()
    page.set_default_timeout(LONGEST_S * 1000)
    network = context.new_cdp_session(page)
    received: list[float] = []
    asked: list[str] = []
    network.send("Network.enable")
    if slow:
        network.send("Network.emulateNetworkConditions", SLOW)
    network.on("Network.requestWillBeSent", lambda event: asked.append(event["requestId"]))
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    network.on(
        "Network.webSocketFrameReceived",
        lambda event: received.append(len(event["response"]["payloadData"]) * 3 / 4),  # base64
    )
    watch = WATCH.replace("DRAWN", design.drawn).replace("SIGNS", design.signs)
    page.add_init_script(watch)
    shown = _filmed(network) if pictures else []
    page.goto(address, wait_until="commit")
    end = time.monotonic() + LONGEST_S
    while not {"map", design.last} <= page.evaluate("window.seen ?? {}").keys():  # CSP: no `eval`
        if time.monotonic() > end:
            raise TimeoutError(f"{design.name}: {page.inner_text('body')}")
        page.wait_for_timeout(200)
    page.wait_for_timeout(2000)
    seen = page.evaluate("window.seen")
    begun_s = page.evaluate("performance.timeOrigin") / 1000
    context.close()
    if pictures:
        for moment_s in MOMENTS_S:
            before = [picture for at_s, picture in shown if at_s <= begun_s + moment_s]
            if before:
                path = pictures / f"{design.name}-{moment_s:g}s.png"
                path.write_bytes(base64.b64decode(before[-1]))
    return Visit(seen, int(sum(received)), len(asked))


def _filmed(network: CDPSession) -> list[tuple[float, str]]:
    """Return a list that fills with what is on the screen: the time (s), and a PNG in base64."""
    shown: list[tuple[float, str]] = []

    def keep(event: dict[str, Any]) -> None:
        shown.append((event["metadata"]["timestamp"], event["data"]))
        network.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    network.on("Page.screencastFrame", keep)
    network.send("Page.startScreencast", {"format": "png"})
    return shown


def public_key(folder: Path) -> str:
    """Return the hash of a certificate's public key, as Chromium computes it."""
    command = ["openssl", "x509", "-pubkey", "-noout", "-in", str(folder / "fullchain.pem")]
    pem = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def served(stack: ExitStack, design: Design) -> serve.Site:
    """Serve a page behind nginx until the stack ends."""

    def run(arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> serve.Process:
        return serve.run_streamlit([design.script, *arguments[1:]], log, environment)

    environment = {
        "MAILLAGE_SERVICES": str(ROOT / "services.csv"),
        "PYTHONPATH": str(ROOT),
    }
    return stack.enter_context(serve.served(processes=1, run_app=run, environment=environment))


def show(name: str, ours: Sequence[Visit], usual: Sequence[Visit]) -> None:
    """Print the rows of one line."""
    for thing, label in (("painted", "first words"), ("list", "list"), ("map", "map")):
        cells = [_times(thing, visits) for visits in (ours, usual)]
        theirs = [one.seen[thing] for one in usual if thing in one.seen]
        ratio = ""
        if theirs:
            ratio = f"× {median(theirs) / median(one.seen[thing] for one in ours):.1f}"
        print(f"| {name} | {label}, ms | {cells[0]} | {cells[1]} | {ratio} |")
    for label, count in (("received, kB", _kilobytes), ("requests", _requests)):
        print(f"| {name} | {label} | {count(ours)} | {count(usual)} | |", flush=True)


def _times(thing: str, visits: Sequence[Visit]) -> str:
    times = [one.seen[thing] for one in visits if thing in one.seen]
    return f"{median(times):,.0f} ({min(times):,.0f}–{max(times):,.0f})" if times else ""


def _kilobytes(visits: Sequence[Visit]) -> str:
    return f"{median(one.received for one in visits) / 1000:,.0f}"


def _requests(visits: Sequence[Visit]) -> str:
    return f"{median(one.requests for one in visits):,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER")
    wanted = parser.parse_args()
    if wanted.pictures:
        wanted.pictures.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end too
    command = shlex.join(["uv", "run", "python", "benchmarks/first_visit.py", *sys.argv[1:]])
    print(f"`{command}`: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| line | | ours | usual | ratio |\n| --- | --- | ---: | ---: | ---: |", flush=True)
    with ExitStack() as stack:
        sites = {design: served(stack, design) for design in (OURS, USUAL)}
        keys = ",".join(public_key(site.folder) for site in sites.values())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=next(path for path in CHROMIUMS if Path(path).exists()),
            # With an untrusted certificate, the browser would not cache anything.
            args=["--no-sandbox", f"--ignore-certificate-errors-spki-list={keys}"],
        )
        stack.callback(browser.close)
        addresses = {design: f"https://localhost:{site.https}/" for design, site in sites.items()}
        for design, address in addresses.items():  # the server's own first visit does not count
            visit(browser, address, design, slow=False, pictures=None)
        time.sleep(PACKED_S)
        for design, address in addresses.items():
            visit(browser, address, design, slow=False, pictures=None)
        for name, slow in (("slow", True), ("fast", False)):
            taken: dict[Design, list[Visit]] = {design: [] for design in sites}
            for turn in range(wanted.visits):
                for design, address in addresses.items():
                    pictures = wanted.pictures if slow and not turn else None
                    taken[design].append(
                        visit(browser, address, design, slow=slow, pictures=pictures)
                    )
            show(name, taken[OURS], taken[USUAL])
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
