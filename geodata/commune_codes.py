"""Which commune a record is in: its INSEE code checked against its name, postal code and point.

A wrong code is easy to write (a postal code in its place is often the INSEE code of another
commune) and nothing shows it. Where two of name, postal code and point agree against the code, they
win; where nothing decides, no commune is given.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np
import shapely
from rapidfuzz import fuzz

from geodata import communes
from geodata.text import spelled_out

NEAR_M: Final = 2_000
"""A point this near to a commune's outline may be in it; outlines are simplified."""

_FAR_M: Final = 60_000  # no point of a commune is as far from its town hall, but in Guyane
_GUYANE: Final = "973"
_ALIKE: Final = 90  # of 100
_NOT_OF_A_NAME: Final = frozenset(("cedex", "arrondissement"))
_ARTICLES: Final = ("le ", "la ", "les ", "l ")
_DEGREE_M: Final = 111_195.0  # of latitude, on the sphere of 6,371 km

Codes = frozenset[str]


@dataclass(frozen=True)
class Resolved:
    """The commune of a record.

    `code`: its INSEE code of 2026, "" where it is not known. `how`: what `code` was found by, in
    French (`nom et code postal`), "" where it is the code that was given. `disagreement`: a French
    sentence without full stop that says which cells contradict one another, "" where none do.
    `departement`: that of `code`; of a code that is contradicted, the one that all cells agree on,
    else "".
    """

    code: str
    how: str
    disagreement: str
    departement: str

    @property
    def told(self) -> str:
        """What contradicts what, and what is kept; "" where nothing does."""
        if not self.disagreement:
            return ""
        if self.how:
            return f"{self.disagreement} : {self.code} est retenu ({self.how})."
        if self.code:
            return f"{self.disagreement} : le code est gardé."
        return f"{self.disagreement} : rien ne dit lequel est juste, le lieu n’est pas placé."


def reconcile(
    commune: str,
    code_postal: str,
    code_insee: str,
    lng: float | None = None,
    lat: float | None = None,
) -> Resolved:
    """Find the commune of a record from what it says of its place; "" and None say nothing.

    Another commune than that of `code_insee` is given where two of name, postal code and point
    agree on it, and none of them supports `code_insee` rather than it. None is given where the code
    is contradicted and nothing supports it. The point alone never contradicts the code: whoever
    uses the point must check it against the commune.

    Args:
        commune: name of today or of the past; a CEDEX, an arrondissement, a missing article and the
            département in brackets do not matter.
        code_postal: one that La Poste does not give to a commune (CEDEX) tells the département.
        code_insee: of today or of the past; four digits have lost their zero.
        lng: degrees east.
        lat: degrees north.

    >>> reconcile("Châtellerault", "86100", "86100").code  # 86100 is Fontaine-le-Comte
    '86066'
    >>> reconcile("Poitiers", "", "86066").disagreement
    '« Poitiers » n’a pas le code 86066, qui est celui de « Châtellerault »'
    """
    said = _Said.of(commune, code_postal, code_insee)
    if not said.contradicted and said.given:
        return Resolved(said.given, "", "", communes.departement_of(said.given))
    if lng is None or lat is None or not (abs(lng) <= 180 and abs(lat) <= 90):
        return _decided(said, None)
    return _decided(said, (lng, lat))


@dataclass(frozen=True)
class _Said:
    """What the three texts of a record say.

    `named`: the communes of that name. `posted`: those of that postal code. `region`: the
    départements of a postal code that is no commune's. `given`: the commune of the code, "" if it
    is none's.
    """

    commune: str
    code_postal: str
    code_insee: str
    named: Codes
    posted: Codes
    region: str
    given: str

    @staticmethod
    @lru_cache(maxsize=100_000)
    def of(commune: str, code_postal: str, code_insee: str) -> "_Said":
        code, postal = padded(code_insee).upper(), padded(code_postal)
        named = frozenset(communes.named(commune))
        posted = frozenset(communes.with_postal_code(postal))
        typed = frozenset(communes.with_postal_code(code))
        if not posted and named & typed:
            posted = typed  # the postal code is in the cell of the INSEE code
        cedex = bool(re.fullmatch(r"\d{5}", postal)) and not posted
        region = postal[: 3 if postal >= "97" else 2] if cedex else ""
        given = communes.current_code(code) or ""
        return _Said(commune, postal, code, named, posted, region, given)

    @property
    def contradicted(self) -> bool:
        return False in (self.name_fits(self.given), self.postal_fits(self.given))

    def name_fits(self, code: str) -> bool | None:
        """Say whether this is the name of a commune, None where it may be a short form of it.

        A name that no commune has fits the one that it resembles.
        """
        if not code:
            return None
        if code in self.named:
            return True
        words = _words(self.commune)
        names = _words_of(code)
        if not self.named:
            alike = any(fuzz.ratio(" ".join(words), " ".join(name)) >= _ALIKE for name in names)
            return alike or None
        return None if any(_begins(name, words) for name in names) else False

    def postal_fits(self, code: str) -> bool | None:
        """Say whether this is the postal code of a commune, None where it is no commune's."""
        return code in self.posted if self.posted and code else None

    @property
    def departement(self) -> str:
        """The département that all three agree on, "" where they do not."""
        homes = [
            {communes.departement_of(code) for code in codes}
            for codes in (self.named, self.posted, {self.given} - {""})
            if codes
        ]
        common = set.intersection(*homes) if homes else set()
        return common.pop() if len(common) == 1 else ""


def _decided(said: _Said, place: tuple[float, float] | None) -> Resolved:
    """Weigh what is said where the code is missing, unknown or contradicted."""
    given, at = said.given, communes.commune_at(*place) if place else None
    tests: dict[str, Callable[[str], bool | None]] = {
        "nom": said.name_fits,
        "code postal": said.postal_fits,
        "point": lambda code: _holds(code, place, at) if place else None,
    }
    rivals = said.named | said.posted | ({at} if at else frozenset())
    supports = {
        code: [word for word, fits in tests.items() if fits(code)] for code in rivals - {given}
    }
    likely = {
        code: (len(words), -sum(fits(code) is False for fits in tests.values()), "nom" in words)
        for code, words in supports.items()
        if len(words) > 1
    }
    best = [code for code, rank in likely.items() if rank == max(likely.values())]
    rival = best[0] if len(best) == 1 else ""
    for_given = [word for word, fits in tests.items() if given and fits(given)]
    against = [word for word, fits in tests.items() if not given or fits(given) is False]
    if rival and set(for_given) <= set(supports[rival]) and set(against) & set(supports[rival]):
        return _found(said, rival, " et ".join(supports[rival]))
    if for_given:
        return Resolved(given, "", _disagreement(said), communes.departement_of(given))
    if not given and (alone := _only_one_named(said, tests)):
        return _found(said, alone, "nom")
    return Resolved("", "", _disagreement(said), said.departement if given else "")


def _found(said: _Said, code: str, how: str) -> Resolved:
    return Resolved(code, how, _disagreement(said), communes.departement_of(code))


def _only_one_named(said: _Said, tests: dict[str, Callable[[str], bool | None]]) -> str:
    """Give the one commune of this name that nothing contradicts, "" where there are several."""
    possible = [
        code
        for code in said.named
        if communes.departement_of(code).startswith(said.region)
        and not any(fits(code) is False for fits in tests.values())
    ]
    return possible[0] if len(possible) == 1 else ""


def _disagreement(said: _Said) -> str:
    given = said.given
    if not given:
        if said.named and said.posted and not said.named & said.posted:
            return f"« {said.commune} » n’a pas le code postal {said.code_postal}"
        return ""
    name = _names_of()[given][0]
    if said.name_fits(given) is False:
        return f"« {said.commune} » n’a pas le code {said.code_insee}, qui est celui de « {name} »"
    if said.postal_fits(given) is False:
        return f"« {name} » ({said.code_insee}) n’a pas le code postal {said.code_postal}"
    return ""


def _holds(code: str, place: tuple[float, float], at: str | None) -> bool | None:
    """Say whether a point is in a commune, None where it is only near or no outline is known."""
    if code == at:
        return True
    hall = _halls()[code]
    if communes.departement_of(code) == _GUYANE or math.isnan(hall[0]):
        return None
    apart_m = communes.chord_m(communes.to_xyz(*place), communes.to_xyz(*hall))
    if apart_m > _FAR_M:
        return False
    outline = communes.outline_of(code)
    if outline is None or metres_outside(*place, outline) <= NEAR_M:
        return None
    return False


def metres_outside(lng: float, lat: float, outline: shapely.Geometry) -> float:
    """Give how far a point is from an outline, in metres, 0 inside; flat around the point.

    >>> round(metres_outside(1, 60, shapely.box(2, 59, 3, 61)), -1)
    55600.0
    """
    squeeze = np.array([math.cos(math.radians(lat)), 1.0])
    flat = shapely.transform(outline, lambda lng_lat: lng_lat * squeeze)
    point = shapely.Point(lng * squeeze[0], lat)
    return float(shapely.distance(flat, point)) * _DEGREE_M


def padded(code: str) -> str:
    """Give a code of five digits with the zero that a spreadsheet dropped.

    >>> padded("1281"), padded("86194"), padded("2A004")
    ('01281', '86194', '2A004')
    """
    return f"0{code}" if re.fullmatch(r"\d{4}", code) else code


# --- names --------------------------------------------------------------------------------


def _words(commune: str) -> list[str]:
    plain = spelled_out(re.sub(r"\(.*?\)", " ", commune))
    return [
        word
        for word in plain.split()
        if word not in _NOT_OF_A_NAME and not any(map(str.isdigit, word))
    ]


@cache
def _words_of(code: str) -> tuple[list[str], ...]:
    """Give the words of each name of a commune."""
    return tuple(map(_words, _names_of()[code]))


def _without_article(name: str) -> str:
    return next((name.removeprefix(one) for one in _ARTICLES if name.startswith(one)), name)


def _begins(name: list[str], words: list[str]) -> bool:
    """Say whether a name begins with these words, an article apart."""
    short = _without_article(" ".join(words))
    return f"{_without_article(' '.join(name))} ".startswith(f"{short} ")


@cache
def _halls() -> dict[str, tuple[float, float]]:
    """Give the longitude and latitude of each town hall, NaN where they are not known."""
    halls = communes.read_town_halls()
    return {str(c): (x, y) for c, x, y in zip(halls.index, halls["lng"], halls["lat"], strict=True)}


@cache
def _names_of() -> dict[str, tuple[str, ...]]:
    """Give the name of each commune, then its former names."""
    halls = communes.read_town_halls()
    columns = zip(halls.index, halls["nom"], halls["anciens_noms"], strict=True)
    return {str(code): (str(nom), *formers) for code, nom, formers in columns}
