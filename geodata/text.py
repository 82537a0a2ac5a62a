"""Normalise text so that case, accents and punctuation do not matter in a comparison."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})
_ACCENTS = re.compile("[\u0300-\u036f]+")
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_IN_FULL = {
    "st": "saint",
    "ste": "sainte",
    "sts": "saints",
    "stes": "saintes",
    "s": "sur",
    "ss": "sous",
    "lez": "les",
    "nd": "notre dame",
}
_TWO_WORDS = re.compile(r"\b(?:s s|n d)\b")


def fold(text: str) -> str:
    """Return `text` in lower case without accents; other characters than a-z, 0-9 become one space.

    >>> fold("Épône, L’Étincelle")
    'epone l etincelle'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return _NOT_ALPHANUMERIC.sub(" ", _ACCENTS.sub("", plain).casefold()).strip()


def spelled_out(name: str) -> str:
    """Fold the name of a place, with its abbreviations in full; *lez* is *lès*.

    >>> spelled_out("St-Léger-lez-Paray"), spelled_out("Chalon s/ Saône")
    ('saint leger les paray', 'chalon sur saone')
    >>> spelled_out("N.-D. de Bondeville"), spelled_out("Rosny s/s Bois")
    ('notre dame de bondeville', 'rosny sous bois')
    """
    plain = _TWO_WORDS.sub(lambda found: found[0].replace(" ", ""), fold(name))
    return " ".join(_IN_FULL.get(word, word) for word in plain.split())
