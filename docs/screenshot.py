"""Take the pictures of the running app: `uv run python docs/screenshot.py`.

`docs/carte.png` is for the README; `docs/pages/` shows each page in both themes, on desktop and
phone, as it opens from its address.
"""

import io
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parent
PORT = 8599
DESK, PHONE = (1366, 900), (390, 900)
GAP, SCALE = 24, 0.62
PAGES = {
    "carte": "/?departements=78&quand=mardi-10:00-12:00",
    "fiche": "/?departements=86&fiche=86-mds-civray",
    "trouver": "/trouver?depuis=86078&quand=jeudi-14:00-17:00",
    "permanences": "/permanences?departements=78",
    "couverture": "/couverture?departements=86",
    "annuaire": "/annuaire?departements=86",
    "reseaux": "/annuaire?vue=reseaux",
    "affiches": "/annuaire?vue=affiches&affiche=commune-71076",
}


def main() -> None:
    """Start the application, take the pictures, and end it."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={PORT}"]
    server = subprocess.Popen(command, cwd=DOCS.parent)
    try:
        _wait()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
                args=["--no-sandbox"],
            )
            _picture(browser, PAGES["carte"], (1366, 768)).save(DOCS / "carte.png", optimize=True)
            for name, address in PAGES.items():
                _sheet(browser, address).save(DOCS / "pages" / f"{name}.webp", quality=70, method=6)
            browser.close()
    finally:
        server.terminate()
        server.wait()


def _sheet(browser: Browser, address: str) -> Image.Image:
    """Return a page as four pictures: light above dark, desktop beside phone."""
    width, height = DESK[0] + GAP + PHONE[0], 2 * DESK[1] + GAP
    sheet = Image.new("RGB", (width, height), "#8a8a8a")
    for row, dark in enumerate((False, True)):
        for left, size in ((0, DESK), (DESK[0] + GAP, PHONE)):
            sheet.paste(_picture(browser, address, size, dark=dark), (left, row * (DESK[1] + GAP)))
    return sheet.resize((round(width * SCALE), round(height * SCALE)), Image.Resampling.LANCZOS)


def _picture(
    browser: Browser, address: str, size: tuple[int, int], *, dark: bool = False
) -> Image.Image:
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        locale="fr-FR",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page.goto(f"http://127.0.0.1:{PORT}{address}")
    page.locator(".pied").wait_for()
    if page.locator(".st-key-cadre_carte iframe").count():
        frame = page.frame_locator(".st-key-cadre_carte iframe")
        frame.locator(".leaflet-container[data-territoire]").wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    taken = page.screenshot()
    page.close()
    return Image.open(io.BytesIO(taken)).convert("RGB")


def _wait() -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_stcore/health", timeout=2)
            return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError


if __name__ == "__main__":
    main()
