"""Normalise text so that case, accents and punctuation do not matter in a comparison."""

import re
import unicodedata

import pandas as pd

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
_MAIL = re.compile(r"[^@\s<>\"',;:()]+@(?:[\w-]+\.)+[a-z]{2,}", re.IGNORECASE)
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


def is_mail(text: str) -> bool:
    """Return whether a text is one e-mail address and nothing else.

    >>> is_mail("accueil@exemple.fr"), is_mail("a@b.fr ou c@d.fr"), is_mail("sur demande")
    (True, False, False)
    """
    return bool(_MAIL.fullmatch(text))


def in_french_order(text: str) -> tuple[bool, str, str]:
    """Return what names are sorted by in French: É beside E, œ as oe; the empty one last.

    >>> sorted(["Zoo", "Étampes", "Œuvre", "Evry", "", "L’Isle", "oeil"], key=in_french_order)
    ['Étampes', 'Evry', 'L’Isle', 'oeil', 'Œuvre', 'Zoo', '']
    """
    folded = fold(text)
    return not folded, folded, text


def french_ranks(texts: pd.Series) -> pd.Series:
    """Return the rank of each text `in_french_order`; equal texts have one. Same index out."""
    ranks = {text: n for n, text in enumerate(sorted(texts.unique(), key=in_french_order))}
    return texts.map(ranks).astype(int)
