"""Which sites may show the map in their pages: those that MAILLAGE_INTEGRER names, else none."""

import os
import re
from functools import cache
from typing import Final
from urllib.parse import urlsplit

PATH: Final = "/integrer"
_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_PORT = "(?::[1-9][0-9]{0,4})?"
_SITE = re.compile(
    rf"https://(?:{_LABEL}\.)+{_LABEL}{_PORT}|http://(?:localhost|127\.0\.0\.1){_PORT}"
)


def sites() -> tuple[str, ...]:
    """Return the origins that the operator names, in their order.

    Raises SystemExit where one is none: with a wrong value, the server does not start.
    """
    return _read(os.environ.get("MAILLAGE_INTEGRER", ""))


@cache
def _read(text: str) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(site.lower().removesuffix("/") for site in text.split()))
    for site in named:
        if not _is_site(site):
            raise SystemExit(
                f"MAILLAGE_INTEGRER: « {site} » n’est pas l’adresse d’un site. Écrire "
                "https:// et le nom (avec des accents : sa forme xn--…), sans chemin ni étoile, et "
                "une espace entre deux sites : https://www.ville.fr https://www.departement.fr"
            )
    return named


def _is_site(text: str) -> bool:
    try:
        urlsplit(text).port  # noqa: B018 - refuses what is above 65535
    except ValueError:
        return False
    return _SITE.fullmatch(text) is not None


def policy() -> str:
    """Return the Content-Security-Policy of the page: its own scripts, in these sites' frames."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",  # Leaflet places what it draws
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "frame-ancestors": " ".join(sites()) or "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
