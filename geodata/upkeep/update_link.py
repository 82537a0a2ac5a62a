"""A signed link by which a service proposes changes to its own row: one row, some days, one use.

The link holds the row's id, its first and last day and a random part, and their HMAC-SHA256 by a
secret of the server: who has it can propose, nobody can make or change one. That it is used once is
what `suggestions` knows.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from geodata import french

DAYS: Final = 14
"""How long a link can be used."""
LEAST_SECRET: Final = 32
"""How many characters the secret has at least: who finds it makes links."""
_PURPOSE: Final = b"maillage: update link 1"
_BROKEN: Final = (
    "Ce lien n’est pas entier, ou n’est pas de ce site : le recopier en entier, ou en demander un "
    "autre à qui tient la liste."
)


class BadLink(ValueError):
    """A link that cannot be used. The message is French and says what to do."""


@dataclass(frozen=True)
class UpdateLink:
    """What a link says: the row it is for, and its first and last day."""

    id: str
    first: date
    last: date


def make(secret: str, key: str, today: date) -> str:
    """Return a new link for the row `key`: letters, digits, `-`, `_` and a dot.

    Raises ValueError where the secret is too short.
    """
    last = today + timedelta(days=DAYS)
    said = [key, today.isoformat(), last.isoformat(), secrets.token_hex(8)]
    payload = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()
    return f"{payload}.{_signature(secret, payload)}"


def read(secret: str, link: str, today: date) -> UpdateLink:
    """Return what a link says. Raises BadLink where it is changed, too old or too new.

    Raises ValueError where the secret is too short.
    """
    payload, _, signature = link.strip().partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(secret, payload).encode()):
        raise BadLink(_BROKEN)
    try:
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        found = UpdateLink(str(said[0]), date.fromisoformat(said[1]), date.fromisoformat(said[2]))
    except (ValueError, TypeError, IndexError, binascii.Error):
        raise BadLink(_BROKEN) from None
    if today > found.last:
        raise BadLink(
            f"Ce lien n’est plus valable depuis le {french.day(found.last, today=date.min)} : en "
            "demander un autre à qui tient la liste."
        )
    if today < found.first:
        raise BadLink(
            f"Ce lien date du {french.day(found.first, today=date.min)}, un jour à venir pour ce "
            "serveur : son horloge n’est pas à l’heure. Prévenir qui tient la liste."
        )
    return found


def _signature(secret: str, payload: str) -> str:
    if len(secret) < LEAST_SECRET:
        raise ValueError(f"less than {LEAST_SECRET} characters")
    key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
    return hmac.new(key, payload.encode(), hashlib.sha256).hexdigest()
