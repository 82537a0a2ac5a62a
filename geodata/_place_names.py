"""The forms that people give to the name of a commune. Texts alone: no file is read."""

import re
from dataclasses import dataclass
from typing import Final

from geodata.text import fold, spelled_out

_ARTICLES: Final = frozenset(("le", "la", "les", "l"))
_LINKS: Final = frozenset(
    ("a", "au", "aux", "d", "de", "des", "devant", "du", "en", "et", "pres", "sous", "sur", "lez")
).union(_ARTICLES)
# Words that say nothing alone, or that any sentence holds: no short form of a name.
_TOO_COMMON: Final = frozenset((
    "amont", "art", "aux", "aval", "avant", "avril", "baie", "bain", "bains", "bas", "basse",
    "basses", "beau", "belle", "belles", "blanc", "blanche", "bois", "bon", "bonne", "bons",
    "bout", "bus", "campagne", "cap", "case", "champ", "champs", "chateau", "chemin", "clos",
    "coin", "cote", "cour", "cours", "demi", "deux", "ecole", "entre", "etang", "ferme",
    "fonds", "foret", "fort", "forts", "grand", "grande", "grandes", "grands", "haut", "haute",
    "hautes", "hauts", "hopital", "ile", "iles", "jeu", "jeux", "jours", "juste", "lac", "lieu",
    "lit", "livre", "long", "longue", "longues", "maison", "maisons", "marche", "mars", "mont",
    "monts", "mur", "murs", "neuf", "neuve", "neuves", "nord", "notre", "nouvelle", "parc",
    "pas", "pays", "petit", "petite", "petites", "petits", "pied", "place", "plaine", "plan",
    "plateau", "pont", "ponts", "port", "porte", "portes", "pre", "premiers", "prix", "puits",
    "quatre", "rang", "riviere", "rivieres", "rouge", "rue", "ruelle", "rues", "saint",
    "sainte", "saintes", "salle", "sans", "sec", "sept", "six", "sort", "source", "sous", "sud",
    "tour", "trois", "val", "vallee", "vallees", "vers", "vert", "vieille", "vieux", "village",
    "villages", "ville", "villes", "notre dame",
))  # fmt: skip
_SHORTEST: Final = 3  # letters

_IN_BRACKETS: Final = re.compile(r"\((.*?)\)")
_CEDEX: Final = re.compile(r" (?:cedex|cdx)\b(?: \d{1,2}\b)?")
_POSTAL_CODE: Final = re.compile(r"\b(?:f )?(\d{5})\b")
_DEPARTEMENT: Final = re.compile(r" (\d{2}|2[ab]|9[78]\d)$")
_ORDINAL: Final = r"(?:\d{1,2}|[ivx]+) ?(?:er|eme|ieme|e|nd)?"
_ARRONDISSEMENT: Final = re.compile(
    rf"(paris|lyon|marseille) {_ORDINAL}(?: (?:arrondissement|arrdt|arr|ardt))?"
    rf"|{_ORDINAL} (?:arrondissement )?(?:de )?(paris|lyon|marseille)"
)
_GLUED: Final = re.compile(r"\b([dl])(?=[aeiouyh]\w\w)")


@dataclass(frozen=True)
class Written:
    """What a person wrote for a commune: its name, spelled out, and what stands beside it.

    `code_postal`: five digits, "" if none. `departement`: a code (`86`), or the folded words that
    stand in brackets (`vienne`); "" if none.
    """

    name: str
    code_postal: str = ""
    departement: str = ""


def read(text: str) -> Written:
    """Take the name of a commune apart from CEDEX, arrondissement, postal code and département.

    >>> read("86000 Poitiers Cedex 9"), read("Paris XIIe arrondissement").name
    (Written(name='poitiers', code_postal='86000', departement=''), 'paris')
    >>> read("Civray (86)").departement, read("Civray (Vienne)").departement
    ('86', 'vienne')
    """
    aside = fold(" ".join(_IN_BRACKETS.findall(text)))
    name = f" {spelled_out(_IN_BRACKETS.sub(' ', text))}"
    postal = _POSTAL_CODE.search(name) or _POSTAL_CODE.search(aside)
    name = _CEDEX.sub("", _POSTAL_CODE.sub("", name))
    name = " ".join(name.split())
    if city := _ARRONDISSEMENT.fullmatch(name):
        name = city[1] or city[2]
    elif number := _DEPARTEMENT.search(name):
        name, aside = name[: number.start()], number[1]
    return Written(name, postal[1] if postal else "", "" if postal else aside)


def key(name: str) -> str:
    """Give what two writings of a spelled-out name have in common: spaces do not matter."""
    return name.replace(" ", "")


def without_article(name: str) -> str:
    """Give a spelled-out name without its article.

    >>> without_article("le creusot"), without_article("les")
    ('creusot', 'les')
    """
    first, _, rest = name.partition(" ")
    return rest if rest and first in _ARTICLES else name


def without_links(name: str) -> str:
    """Give the words of a spelled-out name that are no links: *chalon saone*."""
    return " ".join(word for word in name.split() if word not in _LINKS)


def with_apostrophes(words: str) -> str:
    """Give folded words with the space of an apostrophe that may have been left out.

    >>> with_apostrophes("villeneuve dascq"), with_apostrophes("lisle jourdain")
    ('villeneuve d ascq', 'l isle jourdain')
    """
    return _GLUED.sub(r"\1 ", words)


def forms(name: str) -> set[str]:
    """Give a spelled-out name whole, without its article, and cut before its first link.

    >>> sorted(forms("l isle sur la sorgue"))
    ['isle', 'isle sur la sorgue', 'l isle', 'l isle sur la sorgue', 'lisle sur la sorgue']
    """
    words = name.split()
    start = 1 if len(words) > 1 and words[0] in _ARTICLES else 0
    forms = {name, " ".join(words[start:])}
    if start and words[0] == "l":
        forms.add(name.replace("l ", "l", 1))
    short = _short(words[start:])
    if short:
        forms |= {short, " ".join([*words[:start], short])}
    return forms


def _short(words: list[str]) -> str:
    """Give the beginning that people say alone, "" where there is none.

    >>> _short(["chalon", "sur", "saone"]), _short(["charleville", "mezieres"])
    ('chalon', 'charleville')
    >>> _short(["ville", "d", "avray"]), _short(["saint", "ouen"])
    ('', '')
    """
    end = next((at for at, word in enumerate(words) if at and word in _LINKS), 1)
    short = " ".join(words[:end])
    told = end < len(words) and len(short) >= _SHORTEST and short not in _TOO_COMMON
    return short if told else ""
