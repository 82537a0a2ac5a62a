"""What readers and services say of a list in a base: `migrations/versions/0002_reports.sql`.

The site's account may say something and ask whether a link was used, and reads nothing of it;
editors read and close what is said of the rows of their départements. How many reports come is
counted in the base, for all processes of all machines.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import geopandas as gpd
import psycopg
from psycopg import errors
from psycopg.types.json import Jsonb

from geodata.upkeep.stores import _connecting
from geodata.upkeep.stores._connecting import Line, Unusable
from geodata.upkeep.suggestions import AlreadyUsed, NotKept, Suggestion, checked, fingerprint

_SILENT_S = 8.0
_NOT_NOW = (
    "La liste ne peut rien recevoir en ce moment. Votre texte reste ici ; le renvoyer plus tard : "
    "il ne sera gardé qu’une fois."
)
_LOG = logging.getLogger("maillage")
_BY_A_LINK = "lien"


class BaseSuggestions:
    """Those of a list in a base.

    `line` reaches a server that can be written, with the site's account; `as_role` opens a
    transaction of an editor.
    """

    def __init__(
        self, line: Line, as_role: Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]
    ) -> None:
        self._line = line
        self._as_role = as_role

    def add(
        self,
        services: gpd.GeoDataFrame,
        key: str,
        *,
        day: date,
        text: str = "",
        cells: Sequence[tuple[str, str]] = (),
        link: str = "",
        until: date | None = None,
    ) -> None:
        """Keep one. Sent again since no answer came, it is kept once. Raises NotKept, Unusable."""
        said, proposed = checked(services, key, text, cells)
        used = fingerprint(link) if link else ""
        given = [key, day, said, Jsonb(proposed), used, until or day]
        try:
            with self._line.connected(silent_s=_SILENT_S) as connection:
                _connecting.check_schema(connection)
                connection.execute("select maillage.signaler(%s, %s, %s, %s, %s, %s)", given)
        except errors.UniqueViolation:
            raise AlreadyUsed from None
        except errors.CheckViolation as error:
            why = (error.diag.message_primary or "").removeprefix("maillage: ")
            raise NotKept(f"{why[:1].upper()}{why[1:]}.") from None
        except (psycopg.Error, Unusable) as error:
            why = str(error) if isinstance(error, Unusable) else _connecting.words(error)
            _LOG.warning("A report was not kept: %s", why)
            raise Unusable(_NOT_NOW) from None

    def was_used(self, link: str) -> bool:
        """Return whether a proposal came by this link, on whatever machine. Raises Unusable."""
        with _connecting.said_in_french(), self._line.connected(silent_s=_SILENT_S) as connection:
            _connecting.check_schema(connection)
            row = connection.execute(
                "select maillage.link_was_used(%s)", [fingerprint(link)]
            ).fetchone()
            return bool(row and row[0])

    def read(self, services: gpd.GeoDataFrame, who: str) -> tuple[Suggestion, ...]:  # noqa: ARG002
        """Return those on rows of this role's départements. Raises Unusable.

        The base forgets those on rows that are hidden.
        """
        with _connecting.said_in_french(), self._as_role(who) as connection:
            found = connection.execute(
                "select numero, jour, id, texte, cases, par_lien, traite "
                "from maillage.signalements order by numero"
            ).fetchall()
        return tuple(
            Suggestion(
                number,
                day.isoformat(),
                key,
                text,
                tuple((column, cell) for column, cell in cells),
                _BY_A_LINK if by_link else "",
                done=done,
            )
            for number, day, key, text, cells, by_link, done in found
        )

    def mark(self, number: int, *, done: bool, who: str) -> None:
        """Note that this role has looked at one, or that it waits again. Raises Unusable."""
        with _connecting.said_in_french(), self._as_role(who) as connection:
            connection.execute(
                "update maillage.signalements set traite = %s where numero = %s", [done, number]
            )

    def damaged_lines(self) -> int:
        """Return 0: the base keeps no line that it cannot read."""
        return 0
