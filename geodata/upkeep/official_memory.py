"""What is known of the official records since the last time they were brought into a list.

Of each record: the row of the list that it is, and a digest of each cell that was settled then.
Digests and not cells, so that this tells nothing of a row that is hidden later. For a list in a
file, NAME.officiel.json beside NAME.csv; a base keeps it itself (`Store.official`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

_DIGEST_BYTES: Final = 6


@dataclass(frozen=True)
class Known:
    """A record: its source and département, the row that it is ("" if it is not in the list).

    `cells`: the digest of each settled cell, by column.
    """

    source: str
    departement: str
    row: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)

    def says_as_before(self, column: str, text: str) -> bool:
        """Return whether the source says now what it said when the cell was settled."""
        return self.cells.get(column) == digest(text)


@dataclass(frozen=True)
class Memory:
    """`departements`: those asked for. `records`: by official id. `refused`: answered by no."""

    departements: tuple[str, ...] = ()
    records: Mapping[str, Known] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    @classmethod
    def beside(cls, listed: Path) -> Self:
        """Read the memory of a list; an empty one where there is none that can be read."""
        try:
            read: Any = json.loads(_file(listed).read_text("utf-8"))
            records = {str(key): Known(**one) for key, one in read["records"].items()}
            return cls(tuple(read["departements"]), records, frozenset(read["refused"]))
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            return cls()

    def write(self, listed: Path) -> None:
        """Write it beside a list. Raises OSError."""
        written = {
            "departements": list(self.departements),
            "records": {key: asdict(one) for key, one in self.records.items()},
            "refused": sorted(self.refused),
        }
        temporary = _file(listed).with_suffix(".tmp")
        temporary.write_text(json.dumps(written, ensure_ascii=False), "utf-8")
        temporary.replace(_file(listed))


def digest(text: str) -> str:
    """Return the digest of a cell."""
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _file(listed: Path) -> Path:
    return listed.with_suffix(".officiel.json")
