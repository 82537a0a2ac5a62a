"""Who may change the list: nobody, unless the operator says so with MAILLAGE_EDITION.

`locale`: a person at this very machine, seen in how their browser reached the server. `connexion`:
a person whom the operator names, signed in at the operator's OpenID Connect provider. Anything that
is not plainly right closes editing, and the server's log says why; the page then only reads.
"""

import ipaddress
import logging
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st

from geodata.upkeep.stores import NoList
from pages.shared import service_list

LOCAL_ROLE: Final = "poste local"
SIGNED_IN_FOR_S: Final = 8 * 3600
"""How long a sign-in allows changes. The cookie that Streamlit keeps lasts 30 days."""

_NEEDED: Final = ("redirect_uri", "cookie_secret", "client_id", "client_secret")
_LEAST_SECRET: Final = 32
_CLOCKS_APART_S: Final = 300
_HERE: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")
# What a browser sends when it opens a websocket by itself. A proxy, a tunnel or a library that adds
# anything of its own is seen by what is not here.
_BROWSERS_OWN: Final = re.compile(
    r"host|connection|upgrade|origin|user-agent|pragma|cache-control|accept|accept-encoding|"
    r"accept-language|cookie|dnt|priority|sec-gpc|sec-websocket-[a-z]+|sec-fetch-[a-z]+|"
    r"sec-ch-[a-z-]+"
)
_LOG: Final = logging.getLogger("maillage")


def editor() -> str | None:
    """Return the role in which this visitor may change the list now, None where they may only read.

    The role goes into the history; never a name or an address. Ask again before each save.
    """
    if not _is_editable():
        return None
    match _mode():
        case "locale":
            return LOCAL_ROLE if _is_at_this_machine() else None
        case "connexion" if not _log_sign_in_fault():
            role, _ = _role_or_reason(st.user.to_dict(), _roles_by_address())
            return role
    return None


def _is_editable() -> bool:
    """Return whether the list can be written at all."""
    try:
        editable = service_list.store().is_editable
    except NoList:
        return False
    if not editable and _mode():
        _log_once("MAILLAGE_EDITION is set, but MAILLAGE_SERVICES_EDITION is not: editing is off.")
    return editable


def sign_in() -> None:
    """Draw *Se connecter* or *Se déconnecter*, where the operator uses `connexion`."""
    if _mode() != "connexion" or _log_sign_in_fault():
        return
    user = st.user.to_dict()
    if user.get("is_logged_in") is not True:
        st.button("Se connecter", on_click=st.login, key="edition_connexion")
        return
    role, why = _role_or_reason(user, _roles_by_address())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Se déconnecter", on_click=st.logout, key="edition_deconnexion")
        if role is None and why == _TOO_OLD:
            st.button("Se reconnecter", on_click=st.login, key="edition_reconnexion")
        # The role is the operator's own text: shown as it is, not read as Markdown.
        st.text(why if role is None else f"Vous pouvez modifier la liste, comme « {role} ».")


def _mode() -> str:
    mode = os.environ.get("MAILLAGE_EDITION", "").strip()
    if mode not in ("", "locale", "connexion"):
        _log_once("MAILLAGE_EDITION is neither locale nor connexion: editing is off.")
    return mode


# --- at this machine ----------------------------------------------------------------------


def _is_at_this_machine() -> bool:
    """Return whether this visitor's browser runs on this machine and reached the server by itself.

    Once anybody comes by another way, the server is evidently published: nobody may edit any more
    until it starts again.
    """
    if unsafe := _unsafe_setting(st.get_option):
        _log_once(f"MAILLAGE_EDITION=locale, but {unsafe}: editing is off.")
        return False
    headers = st.context.headers
    sent = {name.lower(): headers.get_all(name) for name in headers}
    other_ways = _other_ways()
    if sent and not came_directly(sent, st.context.ip_address):
        other_ways.add("another way")
        _log_once(
            "MAILLAGE_EDITION=locale, but somebody came through a proxy, a tunnel or another "
            "name: editing is off until the server starts again."
        )
    return bool(sent) and not other_ways


def came_directly(headers: Mapping[str, Sequence[str]], peer: str | None) -> bool:
    """Return whether a websocket was opened by a browser of this machine, with nothing in between.

    Args:
        headers: of the request that opened it, names in lower case.
        peer: the address that Streamlit gives; None for loopback.
    """
    if peer is not None or not all(map(_BROWSERS_OWN.fullmatch, headers)):
        return False
    if any(len(headers.get(name, ())) != 1 for name in ("host", "origin")):
        return False
    host, origin = headers["host"][0], headers["origin"][0]
    # Another name would be DNS rebinding; another origin, a page of somebody else's.
    return bool(_HERE.fullmatch(host)) and origin in (f"http://{host}", f"https://{host}")


def _unsafe_setting(option: Callable[[str], Any]) -> str:
    """Return the setting that opens the server to other machines or sites; "" if none does."""
    if option("server.address") not in ("127.0.0.1", "localhost", "::1"):
        return "server.address is not loopback"
    if not (option("server.enableCORS") and option("server.enableXsrfProtection")):
        return "server.enableCORS or server.enableXsrfProtection is off"
    if option("server.corsAllowedOrigins"):
        return "server.corsAllowedOrigins names other sites"
    return ""


@st.cache_resource(show_spinner=False)
def _other_ways() -> set[str]:
    """Return what the server remembers until it stops: somebody came by another way."""
    return set()


# --- signed in ----------------------------------------------------------------------------

_NOT_IN: Final = "Pour modifier la liste, il faut se connecter."
_TOO_OLD: Final = "Cette connexion a plus de huit heures : se reconnecter pour modifier la liste."
_NOT_VERIFIED: Final = (
    "Le service de connexion n’a pas vérifié votre adresse : vous pouvez lire la liste, pas la "
    "modifier."
)
_NOT_NAMED: Final = (
    "Votre adresse n’est pas parmi celles qui peuvent modifier la liste : vous pouvez la lire."
)


def _role_or_reason(user: Mapping[str, Any], roles: Mapping[str, str]) -> tuple[str | None, str]:
    """Return the role of a signed-in person, or None and why not."""
    if user.get("is_logged_in") is not True:
        return None, _NOT_IN
    since = user.get("iat")
    if not isinstance(since, int | float) or isinstance(since, bool):
        return None, _TOO_OLD
    if not -_CLOCKS_APART_S <= time.time() - since <= SIGNED_IN_FOR_S:
        return None, _TOO_OLD
    if user.get("email_verified") is not True:
        return None, _NOT_VERIFIED
    role = roles.get(str(user.get("email", "")).strip().casefold())
    return (role, "") if role else (None, _NOT_NAMED)


def _roles_by_address() -> dict[str, str]:
    """Return the operator's `[editeurs]`: address in small letters → role."""
    table = _secret("editeurs")
    return {
        address.strip().casefold(): role.strip()
        for address, role in table.items()
        if isinstance(role, str) and address.strip() and role.strip()
    }


def _log_sign_in_fault() -> str:
    """Log and return why nobody can sign in; "" where they can."""
    fault = _sign_in_fault(_secret("auth"), st.get_option)
    if fault:
        _log_once(f"MAILLAGE_EDITION=connexion, but {fault}: editing is off.")
    elif not _roles_by_address():
        _log_once("MAILLAGE_EDITION=connexion, but the table [editeurs] names nobody.")
    return fault


def _sign_in_fault(auth: Mapping[str, Any], option: Callable[[str], Any]) -> str:
    if missing := [name for name in (*_NEEDED, "server_metadata_url") if not auth.get(name)]:
        return f"the secrets lack auth.{missing[0]}"
    if len(str(auth["cookie_secret"])) < _LEAST_SECRET:
        return f"auth.cookie_secret has less than {_LEAST_SECRET} characters"
    for name in ("redirect_uri", "server_metadata_url"):
        if not _is_private(str(auth[name])):
            return f"auth.{name} is not https"
    if not option("server.enableCORS"):
        return "server.enableCORS is off"
    if option("server.trustedUserHeaders"):
        return "server.trustedUserHeaders lets headers say who somebody is"
    return "" if find_spec("authlib") else "the package Authlib is not installed"


def _is_private(link: str) -> bool:
    """Return whether what is sent to this address is encrypted, or stays on this machine."""
    parts = urlsplit(link)
    host = parts.hostname or ""
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret(name: str) -> dict[str, Any]:
    """Return a table of Streamlit's secrets, empty where there is none."""
    if not st.secrets.load_if_toml_exists():
        return {}
    table = st.secrets.get(name, {})
    return dict(table) if isinstance(table, Mapping) else {}


@st.cache_resource(show_spinner=False)
def _log_once(message: str) -> None:
    """Write a line in the server's log, once until it stops."""
    _LOG.warning(message)
