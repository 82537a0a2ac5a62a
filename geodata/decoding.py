"""Decode a text file as programs have written French since MS-DOS, and mend letters decoded twice.

An encoding is decided for the whole file, by what would stand where letters of French do: an older
one than cp1252 is taken only where it leaves (almost) nothing strange and cp1252 does not.
"""

import re
from functools import cache
from typing import Final

MARK: Final = b"\xef\xbb\xbf"

_OLD: Final = {"cp850": "MS-DOS", "mac_roman": "Macintosh"}
_LETTERS: Final = "àâçéèêëîïôûùüÿœ"
_CAPITALS: Final = _LETTERS.upper()
_USUAL: Final = "éèêàçÉÈÀ"
# What stands between two words, or between a word and a blank.
_SIGNS: Final = "«»‘“”–—…€°·•²ªº§\u00a0\u202f"
_TWICE_BY: Final = ("cp1252", "latin-1", "mac_roman", "cp850")
_SURELY: Final = 5


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text without its byte order mark, and a French sentence on its encoding.

    The sentence is "" for UTF-8, UTF-16 with a mark and cp1252, which lines may mix. Line endings
    are unchanged. Raises UnicodeDecodeError where the content is no text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), ""
    if encoding := _unmarked_utf_16(content):
        return content.decode(encoding), _told("en UTF-16, sans la marque qui le dit")
    content = content.removeprefix(MARK)
    if (whole := _utf_8(content)) is not None:
        return whole, ""
    lines = content.splitlines(keepends=True)
    texts = [_utf_8(line) for line in lines]
    others = b"".join(line for line, text in zip(lines, texts, strict=True) if text is None)
    if b"\x00" in others:
        others.decode("ascii")  # binary: raises
    encoding = _encoding(others)
    text = "".join(
        line.decode(encoding) if text is None else text
        for line, text in zip(lines, texts, strict=True)
    )
    return text, _told(f"dans l’ancien codage de {_OLD[encoding]}") if encoding in _OLD else ""


def _told(how: str) -> str:
    return (
        f"ce fichier est écrit {how} ; ses accents sont lus ainsi. Vérifier quelques noms, puis "
        "l’enregistrer au format « CSV UTF-8 »."
    )


def _utf_8(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _unmarked_utf_16(content: bytes) -> str:
    """Return the UTF-16 codec whose high bytes are zero, as in French, else ""."""
    start = content[:2_000]
    even, odd = start[::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if half < 4 or len(content) % 2 or min(even, odd) * 10 > half or max(even, odd) * 10 < half * 8:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _encoding(content: bytes) -> str:
    """Return the codec of a text that is not UTF-8: cp1252 unless an older one is sure."""
    strange = {codec: _strange(content, codec) for codec in ("cp1252", *_OLD)}
    best = min(strange, key=strange.__getitem__)
    signs = [sign for sign in content.decode(best, "replace") if sign > "\x7f"]
    usual = sum(sign in _USUAL for sign in signs) * 2 >= len(signs)
    usual |= "\ufffd" in content.decode("cp1252", "replace")
    return best if usual and strange[best] * _SURELY < strange["cp1252"] else "cp1252"


def _strange(content: bytes, codec: str) -> int:
    """Count the characters that French has not, or not there, were the codec this one."""
    text = content.decode(codec, "replace")
    places = (found.start() for found in re.finditer(r"[^\x00-\x7f]", text))
    return sum(_is_strange(text[max(0, n - 1) : n], text[n], text[n + 1 : n + 2]) for n in places)


def _is_strange(before: str, character: str, after: str) -> bool:
    if character in _LETTERS + _CAPITALS:
        alone = not (before.isalpha() or after.isalpha() or character in "àÀ")
        alone |= before.isdigit() or after.isdigit()
        return alone or (after.isupper() if character in _LETTERS else before.islower())
    if character == "’":
        return not before.isalpha()
    glued = character in "–—" and before.isalpha() and not after.isdigit()
    return character not in _SIGNS or glued or (before.isalpha() and after.isalpha())


# --- decoded twice ------------------------------------------------------------------------


def mended(text: str) -> str:
    """Return a text with the letters that were written as UTF-8 and read as something else.

    >>> mended("Ã‰pÃ´ne, lâ€™Ã©tÃ©"), mended("H√¥tel"), mended("Épône, l’été")
    ('Épône, l’été', 'Hôtel', 'Épône, l’été')
    """
    if text.isascii() or not _first_letters().search(text):
        return text
    for _ in range(3):
        found = _twice()[0].sub(lambda found: _twice()[1][found[0]], text)
        if found == text:
            break
        text = found
    return text


@cache
def _first_letters() -> re.Pattern[str]:
    """Return a pattern of the characters that a letter decoded twice begins with."""
    return re.compile(f"[{''.join(sorted({text[0] for text in _twice()[1]}))}]")


@cache
def _twice() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return what each letter of French looks like when decoded wrongly, and a pattern of these."""
    wrong = {
        _misread(letter, codec): letter
        for letter in _LETTERS + _CAPITALS + _SIGNS + "’\ufeff"
        for codec in _TWICE_BY
    }
    # A no-break space has often become a plain one meanwhile; no other word ends so.
    wrong |= {"Ã ": "à "}
    longest = sorted(wrong, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest))), wrong


def _misread(letter: str, codec: str) -> str:
    """Decode byte by byte: cp1252 has no sign for five bytes, which programs keep as controls."""
    return "".join(
        bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in letter.encode("utf-8")
    )
