"""The HTML page that Streamlit starts in: in French, with what must be there before it starts."""

import os
import re
from functools import cache
from html import escape

from pages.map.assets import FRANCE, MODULES, OWN, SCRIPTS, STYLES, WEB_STATIC
from pages.shared import page_frame
from pages.web import preload

_EXIT = "https://meteofrance.com/"
# Streamlit's font for texts, and KaTeX's styles, which it loads by itself with a formula.
_NOT_ASKED_FOR = r"<link\s+rel=\"(?:preload\"[^>]*as=\"font|stylesheet)\"[^>]*>"
_ICONS = (
    '@font-face{font-family:"Material Symbols Rounded";font-display:block;'
    f'src:url("./assets/{OWN}/icons.woff2")format("woff2")}}'
)
_NO_SCRIPT = "<noscript><p>Il faut activer JavaScript pour voir cette page.</p></noscript>"
_WITH_FILTERS_BESIDE = ("Carte", "Permanences")


def french(page: bytes, path: str) -> bytes:
    """Return Streamlit's own page in French: the emergency strip is seen before all else is here.

    Nothing that is asked for stands between this page and its first words: its styles are in it,
    and the script of *Quitter* comes before Streamlit's.
    """
    text = page.decode().replace('<html lang="en"', '<html lang="fr"', 1)
    text = re.sub(r"<noscript>.*?</noscript>", _NO_SCRIPT, text, flags=re.DOTALL)
    text = re.sub(_NOT_ASKED_FOR, "", text)
    root = '<div id="root">'
    text = text.replace(root, emergency_strip() + _waiting(path) + root, 1)
    title = "<title>Streamlit</title>"
    text = text.replace(title, f"<title>Maillage</title>{_first()}", 1)
    return text.replace("</head>", f"{_next()}</head>", 1).encode()


def _waiting(path: str) -> str:
    """Return the heading of the page at this path, where it will be; `frame.mjs` takes it away."""
    page = page_frame.page_at(path)
    beside = " a-cote" if page in _WITH_FILTERS_BESIDE else ""
    return f'<div class="attente{beside}">{page_frame.heading(page)}<p>La page arrive…</p></div>'


@cache
def _first() -> str:
    web = f"./assets/{OWN}/web"
    styles = (WEB_STATIC / "frame.css").read_text(encoding="utf-8")
    return (
        f"<style>{_ICONS}{styles}</style>"
        f'<link rel="modulepreload" href="{web}/french.mjs">'
        f'<script type="module" src="{web}/frame.mjs"></script>'
        '<link rel="preload" as="fetch" crossorigin href="./_stcore/health">'
        '<link rel="preload" as="fetch" crossorigin href="./_stcore/host-config">'
    )


def emergency_strip(*, in_frame: bool = False) -> str:
    """Return the emergency numbers and *Quitter*, above everything on every page.

    `in_frame`: *Quitter* leads away the other site that shows this page; a key cannot.
    """
    key = "" if in_frame else "<i>, ou la touche Échap trois fois</i>"
    target = ' target="_top"' if in_frame else ""
    leave = escape(os.environ.get("MAILLAGE_EXIT_URL") or _EXIT)
    return (
        '<div class="bandeau" role="region" aria-label="Urgence">'
        '<span><i>En danger : </i><a href="tel:17">17</a> ou '
        '<a href="sms:114">114 (SMS)</a></span>'
        '<span><i>Écoute : </i><a href="tel:3919">3919</a></span>'
        '<span><i>Un toit ce soir : </i><a href="tel:115">115</a></span>'
        f'<span class="note">Pour quitter vite : le bouton{key}. '
        "L’historique n’est pas effacé.</span>"
        f'<a class="quitter" href="{leave}"{target}>Quitter<i> rapidement</i> ✕</a>'
        "</div>"
    )


def _next() -> str:
    """Name what comes once the page has begun: its widgets' scripts, and the map's frame.

    They would only be asked for when a run names its widgets, and all at once with what the page
    begins with they would delay it: `frame.mjs` asks for them when that is here.
    """
    files = (*SCRIPTS.values(), *MODULES, *STYLES.values(), FRANCE)
    of_frame = (*preload.frame_scripts(), *(f"assets/{path}" for path in files))
    return "".join(
        f'<link data-rel="{rel}" href="./{path}">'
        for rel, paths in (("modulepreload", preload.widget_scripts()), ("prefetch", of_frame))
        for path in paths
    )
