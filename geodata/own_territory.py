"""A territory of one's own: a bassin de vie, a canton, a quartier, as a named list of communes.

It has a short form for addresses, `Civraisien~86.061.078~79.083`: the name, then for each
département its code and what follows it in the codes of its communes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Self

from geodata import communes

LONGEST_NAME: Final = 60
LONGEST_ADDRESS: Final = 1_500
"""Characters of all territories together: browsers and mails cut addresses from some 2,000 on."""
_PART, _CODE = "~", "."
_FORMULA: Final = "=+-@ "


def plain_name(text: str) -> str:
    """Return a text as the name of a territory, "" where it has nothing to name one by.

    What a spreadsheet would compute is no name: links may bring one.

    >>> plain_name(" =Autour  de Civray"), plain_name("-")
    ('Autour de Civray', '')
    """
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    words = " ".join(shown.replace(_PART, " ").split())
    return words.lstrip(_FORMULA)[:LONGEST_NAME].strip()


@dataclass(frozen=True)
class OwnTerritory:
    """A named list of communes.

    `name`: as people call it, one line of at most `LONGEST_NAME` characters. `communes`: INSEE
    codes of 2026, sorted, each once.

    Raises ValueError, in French, where the name is empty, or a code is no commune's of 2026.
    """

    name: str
    communes: tuple[str, ...]

    def __post_init__(self) -> None:
        name = plain_name(self.name)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "communes", tuple(sorted(set(self.communes))))
        if not name:
            raise ValueError("Donner un nom à ce territoire.")
        if not self.communes:
            raise ValueError(f"« {name} » n’a aucune commune.")
        for code in self.communes:
            if communes.current_code(code) != code:
                raise ValueError(f"« {name} » : {code} n’est le code d’aucune commune de 2026.")

    @property
    def departements(self) -> tuple[str, ...]:
        """The départements of its communes."""
        return tuple(sorted(set(map(communes.departement_of, self.communes))))

    def __str__(self) -> str:
        """Return the form that `parse` reads."""
        parts = [
            _CODE.join([home, *(code.removeprefix(home) for code in codes)])
            for home, codes in groupby(self.communes, communes.departement_of)
        ]
        return _PART.join([self.name, *parts])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gives; a code of the past is followed to the commune of 2026.

        >>> OwnTerritory.parse("Autour de Civray~86.061.078").communes
        ('86061', '86078')

        Raises ValueError, in French.
        """
        name, *parts = text.split(_PART)
        found = []
        for part in parts:
            home, *rests = part.split(_CODE)
            for rest in rests:
                code = communes.current_code(home + rest)
                if code is None:
                    raise ValueError(f"« {name[:LONGEST_NAME]} » : commune {home + rest} inconnue.")
                found.append(code)
        return cls(name, tuple(found))


def is_list(text: str) -> bool:
    """Say whether a text of an address lists communes; else it is the name of a kept territory."""
    return _PART in text


def fits_address(territories: Iterable[OwnTerritory]) -> bool:
    """Say whether these fit into an address together."""
    return sum(len(str(one)) for one in territories) <= LONGEST_ADDRESS


def homes(territories: Iterable[OwnTerritory]) -> dict[str, str]:
    """Return the name of the territory of each commune: the first of those that hold it."""
    found: dict[str, str] = {}
    for one in territories:
        for code in one.communes:
            found.setdefault(code, one.name)
    return found
