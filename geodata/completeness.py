"""What the list is declared to hold entirely: types of service, by département.

Only who runs the site can know it. Without a declaration, *none* means none in the list.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from geodata import communes
from geodata.service_types import ServiceType
from geodata.text import fold

_ALL = "*"
_SHORT = 24


@dataclass(frozen=True)
class Declared:
    """A declaration as it was read.

    Attributes:
        types: those of which a département has no service that is not in the list, by its code.
        problems: what was not understood and does not count. French sentences.
    """

    types: Mapping[str, frozenset[ServiceType]]
    problems: tuple[str, ...] = ()

    def departements(self, types: Collection[ServiceType]) -> tuple[str, ...]:
        """Return the départements where all these types are complete."""
        return tuple(code for code, held in self.types.items() if set(types) <= held)

    def words(self) -> str:
        """Return `Vienne (86) : commissariat, CCAS ; Rhône (69) : tous les types`, "" for none."""
        names = communes.read_departements()["nom"]
        return " ; ".join(
            f"{names[code]} ({code}) : "
            + (
                "tous les types"
                if types == frozenset(ServiceType)
                else ", ".join(kind.label for kind in ServiceType if kind in types)
            )
            for code, types in self.types.items()
        )


@lru_cache(maxsize=4)
def parse(text: str) -> Declared:
    """Read a declaration: `86:mds,commissariat;71:*`. What is not understood is told, not guessed.

    >>> parse("86:mds").departements([ServiceType.MDS])
    ('86',)
    >>> parse("86=mds").problems[0]
    '« 86=mds » : écrire un département, deux-points, puis ses types, comme « 86:mds,ccas ».'
    """
    known = communes.read_departements().index
    found: dict[str, frozenset[ServiceType]] = defaultdict(frozenset)
    problems = []
    for part in filter(None, (one.strip() for one in text.split(";"))):
        written, colon, listed = part.partition(":")
        code = written.strip().upper()
        words = [word.strip() for word in listed.split(",") if word.strip()]
        if not colon or not words:
            problems.append(
                f"« {part[:_SHORT]} » : écrire un département, deux-points, puis ses types, comme "
                "« 86:mds,ccas »."
            )
            continue
        if code not in known:
            problems.append(
                f"« {written.strip()[:_SHORT]} » n’est pas un code de département : écrire par "
                "exemple 86, 01 ou 2A."
            )
            continue
        for word in words:
            types = frozenset(ServiceType) if word == _ALL else _types().get(fold(word))
            if types:
                found[code] |= types
            else:
                problems.append(
                    f"« {word[:_SHORT]} » n’est pas un type de service : écrire "
                    f"{', '.join(ServiceType)}, ou * pour tous."
                )
    return Declared(dict(found), tuple(problems))


def _types() -> dict[str, frozenset[ServiceType]]:
    return {
        fold(word): frozenset({kind}) for kind in ServiceType for word in (kind.value, kind.label)
    }
