"""Words compared the way a person compares them."""

import re
import unicodedata

import pandas as pd

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})
_ACCENTS = re.compile("[\u0300-\u036f]+")
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")


def fold(text: str) -> str:
    """Give `text` in lower case, without accents, with one space for anything but a-z and 0-9.

    >>> fold("Épône, L’Étincelle")
    'epone l etincelle'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return _NOT_ALPHANUMERIC.sub(" ", _ACCENTS.sub("", plain).casefold()).strip()


def fold_all(texts: pd.Series) -> pd.Series:
    """Fold each distinct text of a Series once. Same index out."""
    return texts.map({text: fold(text) for text in texts.unique()})
