"""Say what each column of somebody's table holds, by its name and by what is in it."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pandas as pd

from geodata import column_names, communes, hours, phones
from geodata.commune_codes import padded
from geodata.partial_date import PartialDate, parse
from geodata.services import AUDIENCES, COLUMNS, known_name
from geodata.sources import sounds_like_shelter
from geodata.text import fold
from geodata.upkeep.adopting import _files, _words

LEFT: Final = ""
"""The column is left out."""
KEPT: Final = "garder"
"""The column comes in under its own name."""
POINT: Final = "latitude, longitude"
DAYS: Final = tuple(
    f"{day}{half}"
    for day in ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    for half in ("", " matin", " après-midi")
)
JOINED: Final = ("adresse", "telephone", "horaires_precisions", "description", LEFT, KEPT)
"""What several columns may hold: their texts are joined."""

_ENOUGH: Final = 0.3
_MOST_PARTS: Final = 0.8
_FEW: Final = 3
"""With fewer different texts, what is in a column alone tells nothing."""
_MOST_NAMED: Final = 0.51
"""A column that its contents alone tell is worth less: it is not joined to another."""
_GEOCODED: Final = re.compile(r"result ")
"""What a geocoder answered: a guess, which may be of another place."""
_SAMPLE: Final = 300
_SHOWN: Final = 3
_STREET: Final = re.compile(
    r"\b(?:rue|avenue|av|boulevard|bd|place|pl|chemin|impasse|allees?|route|quai|square|cours|"
    r"esplanade|faubourg|lieu dit|zone|mairie|z a|lotissement|residence|bp|hameau|bourg)\b"
)
_NUMBER: Final = re.compile(r"\d{1,4}(?: ?(?:bis|ter|quater|[A-Da-d]))?,? +[^\W\d]{2}")
_COMPLEMENT: Final = re.compile(r"\b(?:complement|compl|cplmt|complementaire)\b")
_HOUR: Final = re.compile(r"\b\d{1,2} ?(?:h\b|h\d\d|:\d\d)|24/7|24h")
_ZONE: Final = re.compile(
    r"^(?:[\dAB]{2,9}|(?:toute la )?france)(?: ?[|;].*)?$|\([\dAB]{2,9}\)", re.IGNORECASE
)
_MAIL: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+\.\w+")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PREFIX: Final = re.compile(r"^(?:c|bf|adresse|contact|lib|libelle|coordonnees|lieu|structure) ")


@dataclass(frozen=True)
class Column:
    """What a column is taken for.

    `role`: a name of `COLUMNS`, a day of `DAYS`, `POINT`, `KEPT` or `LEFT`. `sure`: its name and
    what is in it say the same. `why`: a French sentence. `examples`: up to three different values,
    none of a row that may be a shelter's. `filled`: how many cells are.
    """

    name: str
    role: str
    sure: bool
    why: str
    examples: tuple[str, ...]
    filled: int


def recognised(sheet: _files.Sheet) -> tuple[Column, ...]:
    """Propose what each column holds."""
    pointed = _files.POINT_NAMES[0] in sheet.header
    names = [
        name
        for name in sheet.header
        if sheet.rows[name].any()
        and (name in _files.POINT_NAMES or not (pointed and _named(name) in _files.AXES))
    ]
    likely = []
    for place, name in enumerate(names):
        cells = _different(sheet.rows[name])
        if _GEOCODED.match(fold(name)):
            continue
        for role, score, why in _candidates(name, cells):
            likely.append((score, -place, name, role, why))
    roles: dict[str, tuple[str, float, str]] = {}
    for score, _, name, role, why in sorted(likely, reverse=True):
        taken = role in {given for given, _, _ in roles.values()}
        alone = role not in JOINED or score < _MOST_NAMED
        if name not in roles and not (taken and alone):
            roles[name] = role, score, why
    _find_the_name(sheet, roles)
    found = []
    shown = sheet.rows.head(_SAMPLE)
    shown = shown[~shown.map(sounds_like_shelter).any(axis=1)]
    for name in sheet.header:
        role, score, why = roles.get(name, (LEFT, 1.0, "Cette colonne n’est pas reconnue."))
        written = sheet.rows[name]
        examples = tuple(_different(shown[name])[:_SHOWN])
        filled = int((written != "").sum())
        if _GEOCODED.match(fold(name)):
            why = "Réponse d’un géocodeur : une supposition, laissée."
        if not filled:
            # A day that nothing is said of is not known, which its column must tell.
            role, why = column_names.day_named(name), "Cette colonne est vide."
        found.append(Column(name, role, score >= 1, why, examples, filled))
    return tuple(found)


def _different(cells: pd.Series) -> list[str]:
    return [text for text in cells.unique() if text][:_SAMPLE]


def _find_the_name(sheet: _files.Sheet, roles: dict[str, tuple[str, float, str]]) -> None:
    """Name the services by their structure, or by the first column of different texts."""
    given = {role: name for name, (role, _, _) in roles.items()}
    if "nom" in given:
        return
    if "structure" in given:
        roles[given["structure"]] = "nom", 0.9, "La structure donne son nom au lieu."
        return
    for name in sheet.header:
        cells = sheet.rows[name][sheet.rows[name] != ""]
        words = cells.map(lambda text: len(re.findall(r"[^\W\d]{2,}", text)))
        several = len(cells) and cells.nunique() >= 0.5 * len(cells) and words.mean() > 1
        if name not in roles and several and cells.str.len().mean() < 80:
            roles[name] = "nom", 0.5, "Textes presque tous différents : sans doute le nom."
            return


# --- one column ---------------------------------------------------------------------------


def _candidates(name: str, cells: Collection[str]) -> list[tuple[str, float, str]]:
    """Return what a column may hold, with how likely it is (1: sure) and why."""
    named = _named(name)
    found = []
    if named:
        more = named == "adresse" and _COMPLEMENT.search(fold(name))
        share = None if more else _share(named, cells)
        certain = 1.1 if known_name(name) in COLUMNS else 1.0 if _exactly(name) else 0.89
        if share is None or not cells:
            found.append((named, certain, "Reconnue à son nom."))
        elif share >= _ENOUGH:
            found.append((named, certain + share / 10, "Reconnue à son nom et à son contenu."))
        elif certain >= 1 and named in _words.COLUMNS:
            found.append((named, 0.6, "Reconnue à son nom ; ses mots ne sont pas connus."))
    for role in _BY_CONTENT if len(cells) >= _FEW else ():
        share = _share(_STRICTER.get(role, role), cells) or 0
        if share >= _MOST_PARTS and role != named:
            found.append((role, share / 2, "Reconnue à son contenu, pas à son nom."))
    return found


def _named(name: str) -> str:
    """Return the role that a name tells, "" if none."""
    if name in _files.POINT_NAMES:
        return _files.AXES[_files.POINT_NAMES.index(name)]
    day = column_names.day_named(name)
    return day or _exactly(name) or _loosely(name)


def _exactly(name: str) -> str:
    if name in _files.POINT_NAMES or column_names.day_named(name):
        return _named(name)
    known = known_name(name)
    return known if known in COLUMNS else column_names.stands_for(name)


@lru_cache(maxsize=1024)
def _loosely(name: str) -> str:
    """Return the role of a name with words around it, as *Nom de votre structure* has."""
    folded = re.sub(r" \d+$", "", fold(name))
    shorter = _PREFIX.sub("", folded)
    for written in (folded, shorter):
        if found := column_names.nearest(written):
            return found
    words = folded.split()
    together = "".join(words)
    return next(
        (
            role
            for role, signs in _SIGNS.items()
            for sign in signs
            if sign in words or (len(sign) > 4 and sign in together)
        ),
        "",
    )


# In this order: *adresse mail* is a mail, *horaires de la structure* are hours.
_SIGNS: Final[Mapping[str, tuple[str, ...]]] = {
    "courriel": ("mail", "email", "courriel", "mel"),
    "site_web": ("internet", "siteweb", "url"),
    "telephone": ("telephone", "tel", "phone", "portable"),
    "horaires_accueil": ("horaires", "horaire", "ouverture"),
    "code_postal": ("codepostal", "cp", "postal"),
    "code_insee": ("insee",),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "long", "lng"),
    "date_source": ("miseajour", "maj"),
    "commune": ("commune", "ville"),
    "adresse": ("adresse", "address", "complement"),
    "publics": ("publics", "public"),
    "type": ("typologie", "categorie"),
    "nom": ("nom", "denomination", "intitule"),
}


# --- what is in it ------------------------------------------------------------------------


def _share(role: str, cells: Collection[str]) -> float | None:
    """Return the share of different texts that fit a role, None where any text may."""
    test = _TESTS.get("day" if role in DAYS else role)
    if test is None:
        return None
    return sum(map(test, cells)) / len(cells) if cells else 0.0


def _is_postal(text: str) -> bool:
    code = padded(re.sub(r"\s|\.0$", "", text))
    cedex = bool(re.fullmatch(r"\d{5}", code)) and not communes.current_code(code)
    return bool(communes.with_postal_code(code)) or cedex


def _is_insee(text: str) -> bool:
    return bool(communes.current_code(padded(text.removesuffix(".0")).upper()))


def _is_phone(text: str) -> bool:
    return bool(phones.within(text) or phones.mended(text))


def _is_commune(text: str) -> bool:
    return len(text) < 60 and bool(re.search(r"[^\W\d]", text)) and bool(communes.named(text))


def _is_street(text: str) -> bool:
    return bool(_STREET.search(fold(text)))


def _is_address(text: str) -> bool:
    return _is_street(text) or bool(_NUMBER.match(text))


def _is_hours(text: str) -> bool:
    return bool(_HOUR.search(text)) or _is_read(text)


@lru_cache(maxsize=4096)
def _is_read(text: str) -> bool:
    try:
        return len(text) > 3 and bool(hours.understand(text))
    except hours.InvalidHours:
        return False


def _is_day(text: str) -> bool:
    return fold(text) in _CLOSED or _is_hours(f"lundi {text}")


_CLOSED: Final = ("", "ferme", "fermee", "fermeture", "neant", "non", "x")


def _is_date(text: str) -> bool:
    return bool(parse(text[:10]) or parse(text) or compact_day(text)) or is_serial(text)


def compact_day(text: str) -> PartialDate | None:
    """Return the day that eight digits are: `20260302`; None if they are none."""
    digits = re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)", text)
    return PartialDate.of(*digits.groups()) if digits else None


def is_serial(text: str) -> bool:
    """Say whether a text is a day as spreadsheets number them, of 2000 to 2064."""
    return bool(re.fullmatch(r"(?:3[7-9]|[45]\d)\d{3}(?:\.\d+)?", text))


def _degrees(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _is_lat(text: str) -> bool:
    lat = _degrees(text)
    return lat is not None and (41 <= lat <= 52 or -24 <= lat <= 19)


def _is_lng(text: str) -> bool:
    lng = _degrees(text)
    return lng is not None and abs(lng) <= 180


def is_point(text: str) -> bool:
    """Say whether a text is a latitude and a longitude."""
    parts = re.split(r"\s*[,;]\s*|\s+", text.strip("[]() "))
    return len(parts) == 2 and _is_lat(parts[0]) and _is_lng(parts[1])


def _has_letters(text: str) -> bool:
    return bool(re.search(r"[^\W\d]{2}", text))


_PEOPLE: Final[frozenset[str]] = frozenset(
    (*AUDIENCES, *(word.removesuffix("s") for word in AUDIENCES), "tout", "toutes")
)
_TESTS: Final[Mapping[str, Callable[[str], bool]]] = {
    "code_postal": _is_postal,
    "code_insee": _is_insee,
    "telephone": _is_phone,
    "courriel": lambda text: bool(_MAIL.search(text)),
    "site_web": lambda text: (
        bool(_LINK.match(text)) or bool(re.fullmatch(r"[^\s@]+\.[^\W\d_]{2,6}/?", text))
    ),
    "lien_source": lambda text: bool(_LINK.match(text)),
    "commune": _is_commune,
    "horaires_accueil": _is_hours,
    "day": _is_day,
    "latitude": _is_lat,
    "longitude": _is_lng,
    POINT: is_point,
    "date_source": _is_date,
    "date_verification": _is_date,
    "adresse": _is_address,
    "street": _is_street,
    "whole code": lambda text: len(text) == 5 and _is_insee(text),
    "whole postal code": lambda text: len(text) == 5 and _is_postal(text),
    "nom": _has_letters,
    "structure": _has_letters,
    "type": _has_letters,
    "acces": lambda text: bool(re.search(r"rdv|rendez|libre|telephon|urgen", fold(text))),
    "publics": lambda text: bool(set(fold(text).split()) & _PEOPLE),
    "reseaux": lambda text: bool(
        re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+(?:\s*[|;]\s*[a-z0-9-]+)*", text)
    ),
    "zone_eligibilite": lambda text: bool(_ZONE.search(text)),
}
_STRICTER: Final = {
    "adresse": "street",
    "code_insee": "whole code",
    "code_postal": "whole postal code",
}
"""How a role is recognised where the name of the column does not tell it."""
_BY_CONTENT: Final = (
    "courriel", "site_web", "code_postal", "code_insee", "telephone", POINT, "commune",
    "horaires_accueil", "adresse",
)  # fmt: skip
