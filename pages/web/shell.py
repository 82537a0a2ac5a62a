"""The HTML page that Streamlit starts in: in French, with what must be there before it starts."""

import os
import re
from html import escape

from pages.map.assets import FRANCE, MODULES, OWN, SCRIPTS, STYLES
from pages.web import preload

_EXIT = "https://meteofrance.com/"
_NO_SCRIPT = "<noscript><p>Il faut activer JavaScript pour voir cette page.</p></noscript>"
_WAITING = (
    '<p class="attente"><strong>Maillage</strong> montre qui peut aider une femme victime de '
    "violences, où, et quand c’est ouvert. La page arrive…</p>"
)


def french(page: bytes) -> bytes:
    """Return Streamlit's own page in French, with the emergency strip and our files."""
    text = page.decode().replace('<html lang="en"', '<html lang="fr"', 1)
    text = text.replace("<title>Streamlit</title>", "<title>Maillage</title>", 1)
    text = re.sub(r"<noscript>.*?</noscript>", _NO_SCRIPT, text, flags=re.DOTALL)
    text = re.sub(r"<link\s+rel=\"preload\"[^>]*as=\"font\"[^>]*>", "", text)  # not our font
    root = '<div id="root">'
    text = text.replace(root, _emergency_strip() + root + _WAITING, 1)
    web = f"./assets/{OWN}/web"
    ours = (
        f'<link rel="stylesheet" href="{web}/frame.css">'
        f'<link rel="modulepreload" href="{web}/french.mjs">'
        f'<script type="module" src="{web}/frame.mjs"></script>{_ahead()}</head>'
    )
    return text.replace("</head>", ours, 1).encode()


def _emergency_strip() -> str:
    """Return the emergency numbers and *Quitter*, above everything on every page."""
    leave = escape(os.environ.get("MAILLAGE_EXIT_URL") or _EXIT)
    return (
        '<div class="bandeau" role="region" aria-label="Urgence">'
        '<span><i>En danger : </i><a href="tel:17">17</a> ou '
        '<a href="sms:114">114 (SMS)</a></span>'
        '<span><i>Écoute : </i><a href="tel:3919">3919</a></span>'
        '<span><i>Un toit ce soir : </i><a href="tel:115">115</a></span>'
        '<span class="note">Pour quitter vite : le bouton<i>, ou la touche Échap trois fois</i>. '
        "L’historique n’est pas effacé.</span>"
        f'<a class="quitter" href="{leave}">Quitter<i> rapidement</i> ✕</a>'
        "</div>"
    )


def _ahead() -> str:
    """Ask early for what would only be asked for once a run names its widgets, and the map's frame.

    The widgets' scripts belong to the page, after those it begins with; the others to the frame.
    """
    of_page = (
        f'<link rel="modulepreload" fetchpriority="low" href="./{path}">'
        for path in preload.widget_scripts()
    )
    files = (*SCRIPTS.values(), *MODULES, *STYLES.values(), FRANCE)
    of_frame = (*preload.frame_scripts(), *(f"assets/{path}" for path in files))
    return "".join((*of_page, *(f'<link rel="prefetch" href="./{path}">' for path in of_frame)))
