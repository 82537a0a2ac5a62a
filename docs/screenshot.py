"""Take the README's picture of the running app: `uv run python docs/screenshot.py`."""

import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PORT = 8599
VIEW = f"http://127.0.0.1:{PORT}/?departements=78&quand=mardi-10:00-12:00"


def main() -> None:
    """Start the app, wait for its map, take the picture, end the app."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={PORT}"]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        _wait()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
                args=["--no-sandbox"],
            )
            page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="fr-FR")
            page.goto(VIEW)
            frame = page.frame_locator(".st-key-cadre_carte iframe")
            frame.locator(".leaflet-container[data-territoire]").wait_for()
            page.locator(".pied").wait_for()
            page.wait_for_load_state("networkidle")
            page.screenshot(path=ROOT / "docs" / "carte.png")
            browser.close()
    finally:
        server.terminate()
        server.wait()


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
