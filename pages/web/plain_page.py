"""A page without Streamlit: the emergency strip, *Quitter*, and a text; nothing else is loaded."""

from html import escape

from pages.map.assets import OWN
from pages.web import shell


def html(
    title: str,
    body: str,
    *,
    up: str = "",
    head: str = "",
    script: str = "",
    in_frame: bool = False,
) -> str:
    """Return a whole page around `body`, which is HTML, as is `head`.

    `up`: the way from the page's folder to the root of the site. `script`: the page's own, from
    there, instead of that of all pages. `in_frame`: the page stands in another site's; *Quitter*
    leads that site away.
    """
    web = f"assets/{OWN}/web"
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} – Maillage</title>{head}"
        f'<link rel="stylesheet" href="{up}{web}/frame.css">'
        f'<link rel="stylesheet" href="{up}{web}/plain.css">'
        f'<script type="module" src="{up}{script or f"{web}/frame.mjs"}"></script></head>'
        f'<body class="simple">{shell.emergency_strip(in_frame=in_frame)}'
        f"<main>{body}</main></body></html>"
    )


def message(title: str, text: str, *, up: str = "", in_frame: bool = False) -> str:
    """Return a page that says one thing."""
    script = f"assets/{OWN}/map/embed.js" if in_frame else ""
    return html(title, f"<p>{escape(text)}</p>", up=up, script=script, in_frame=in_frame)
