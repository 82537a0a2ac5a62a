"""The forms that people give to the name of a commune. Texts alone: no file is read."""

from typing import Final

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
