"""Parse and format French telephone numbers, of metropolitan and overseas France.

The tests compare with `phonenumberslite`. It is no dependency of the application: it takes 80 ms
and 6 MB per process, needs the region of a number such as `0590…`, and reads letters as digits.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_IN_TEN = r"0[1-9][0-9]{8}"
_SHORT = r"1[578]|11[2-9]|191|196|116[0-9]{3}|118[0-9]{3}|3[0-9]{3}|10[0-9]{2}"
# Collectivités whose numbers have no leading 0: Saint-Pierre-et-Miquelon, Wallis-et-Futuna,
# Nouvelle-Calédonie, Polynésie.
_ABROAD = r"\+(?:508(?:[0-9]{6}|[0-9]{9})|681[0-9]{6}|687[0-9]{6}|689[0-9]{8})"
_KEY = re.compile(rf"{_IN_TEN}|{_SHORT}|{_ABROAD}")
_CALLING_CODE = re.compile(r"\+(?:33|262|590|594|596)0?(?=[1-9][0-9]{8}$)")
# International calling code of a ten-digit number, by its prefix; +33 for all others.
_CALLING_CODES: Final = (
    ("+590", ("0590", "0690", "0691")),
    ("+594", ("0594", "0694")),
    ("+596", ("0596", "0696", "0697")),
    ("+262", ("0262", "0263", "0269", "0639", "0692", "0693")),
)
_SIGNS = re.compile(r"[ \t.()\u00a0\u202f\u2011-]")
_BETWEEN = re.compile(r"[/;,|\n]|\b(?:ou|et)\b")
_WITHIN = re.compile(r"(?<![0-9+])\+?[0-9](?:[ .()\u00a0\u202f\u2011-]*[0-9])*")
_BY_TEXT_MESSAGE: Final = "114"


@dataclass(frozen=True)
class Phone:
    """One number. Two spellings of a number have the same `key`.

    The key is ten digits (`0549000001`), a short number (`17`, `3919`, `116006`), or the calling
    code and number of a collectivité without a leading 0 (`+687232600`).
    """

    key: str

    def __str__(self) -> str:
        """Return the number as people write it: `05 49 00 00 01`, `0 800 05 95 95`, `116 006`."""
        if self.key.startswith("+"):
            return f"{self.key[:4]} {_by_twos(self.key[4:])}"
        if self.key.startswith("08"):
            return f"0 {self.key[1:4]} {_by_twos(self.key[4:])}"
        if len(self.key) == 6:
            return f"{self.key[:3]} {self.key[3:]}"
        return self.key if self.is_short else _by_twos(self.key)

    @property
    def is_short(self) -> bool:
        """Whether it has six digits or fewer, as emergency lines and helplines do."""
        return len(self.key) <= 6

    @property
    def link(self) -> str:
        """The URL that calls the number (`tel:`); `sms:` for 114."""
        return f"{'sms' if self.key == _BY_TEXT_MESSAGE else 'tel'}:{self.key}"

    @property
    def international(self) -> str:
        """The number in E.164 form; a short number is unchanged."""
        if self.is_short or self.key.startswith("+"):
            return self.key
        codes = (code for code, begins in _CALLING_CODES if self.key.startswith(begins))
        return f"{next(codes, '+33')}{self.key[1:]}"


def _by_twos(digits: str) -> str:
    return re.sub(r"(?<=[0-9])(?=(?:[0-9][0-9])+$)", " ", digits)


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Phone, ...]:
    """Parse all the numbers of a cell; () if any part of it is not a number.

    Separators: slash, comma, semicolon, vertical bar, line break, *ou*, *et*.

    >>> [str(phone) for phone in parse("+33 (0)1 30 48 40 27 / 39 19")], parse("12 34")
    (['01 30 48 40 27', '3919'], ())
    """
    parsed = [_phone(part) for part in _BETWEEN.split(text) if part.strip()]
    numbers = tuple(phone for phone in parsed if phone)
    return numbers if len(numbers) == len(parsed) else ()


def within(text: str) -> tuple[Phone, ...]:
    """Return the numbers that appear anywhere in a text.

    >>> [phone.key for phone in within("Accueil : 05 49 00 00 01, poste 2")]
    ['0549000001']
    """
    return tuple(phone for part in _WITHIN.findall(text) if (phone := _phone(part)))


def mended(text: str) -> Phone | None:
    """Repair and parse a number damaged by a spreadsheet or a typing error; None if uncertain.

    >>> str(mended("549000001")), str(mended("33549000001")), str(mended("Tél. : O5 49 OO OO O1"))
    ('05 49 00 00 01', '05 49 00 00 01', '05 49 00 00 01')
    """
    number = re.sub(r"^t[eé]l(?:[eé]phone)?[\s.:]*", "", text.strip(), flags=re.IGNORECASE)
    digits = _SIGNS.sub("", number)
    if re.fullmatch(r"(?:[0-9]{2}/){4}[0-9]{2}", digits):
        digits = digits.replace("/", "")
    if re.fullmatch(r"[0-9oO]+", digits) and re.match(r"[oO0]", digits):
        digits = re.sub("[oO]", "0", digits)
    without_zero = re.fullmatch(r"(?:33)?([1-9][0-9]{8})", digits)
    return _phone(f"0{without_zero[1]}" if without_zero else digits)


def key(text: str) -> str:
    """Return a key to compare the numbers of two cells, "" if the cell has no digit.

    >>> key("39 19"), key("+33 5 49 00 00 01 ou 114"), key("poste 2"), key("voir le site")
    ('3919', '0549000001 114', '2', '')
    """
    numbers = parse(text)
    return " ".join(phone.key for phone in numbers) or re.sub(r"\D", "", text)


def shown(text: str) -> str:
    """Format a cell for display: its numbers in the usual form, else the text unchanged."""
    return " / ".join(map(str, parse(text))) or text


def wrong(text: str) -> str:
    """Return a French sentence on what is wrong with a cell, "" if nothing is or it is empty."""
    if not text.strip() or parse(text):
        return ""
    if re.search(r"(?:\+|\b00)(?!33|262|59[046]|508|68[179])[1-9]", text):
        return "C’est un numéro étranger, ou son indicatif n’est pas celui de la France."
    if any(len(phone.key) >= 10 for phone in within(text)):
        return "D’autres mots entourent le numéro : n’écrire que lui, et le reste ailleurs."
    return (
        "Ce n’est pas un numéro français : dix chiffres qui commencent par 0, ou un numéro court "
        "comme 3919. S’il y en a plusieurs, les séparer par une barre oblique."
    )


def _phone(text: str) -> Phone | None:
    digits = _SIGNS.sub("", re.sub(r"\([ ]*0[ ]*\)", "", text.strip()))
    digits = re.sub(r"^00(?=[1-9])", "+", digits)
    digits = _CALLING_CODE.sub("0", digits)
    return Phone(digits) if _KEY.fullmatch(digits) else None
