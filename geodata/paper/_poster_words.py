"""What a poster, a leaflet or a card says: national numbers, local ones, and how old they are.

A poster stays on its wall for years. So it never says that a place is open, gives no date of a
drop-in, and says when it was made and when to make it again. A discreet one follows the rules of
`discretion`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import geopandas as gpd
import pandas as pd

from geodata import discretion, french, freshness, hours, phones
from geodata.partial_date import PartialDate
from geodata.services import FRANCE, Confidentiality, ServiceType
from geodata.text import fold

OPEN_TITLE: Final = "Violences : vous pouvez en parler"
DISCREET_TITLE: Final = "Numéros utiles"
CALL_FIRST: Final = "Appeler avant de se déplacer."
ALWAYS: Final = ("17", "114", "3919", "115")
"""The numbers of the emergency strip, which are those of any list."""

_NATIONAL: Final[Mapping[str, tuple[str, str]]] = {
    "17": ("Danger immédiat : police", "Police"),
    "114": ("Danger, sans parler : par SMS", "Urgence par SMS"),
    "3919": ("Écoute et conseil", "Écoute"),
    "115": ("Un toit ce soir", "Samu social"),
    "116 006": ("Aide aux victimes", "Conseil"),
    "119": ("Enfant en danger", "Enfance"),
}
_APPOINTMENT: Final[Mapping[tuple[bool, bool], str]] = {
    (False, False): "",
    (True, False): "sans rendez-vous",
    (False, True): "sur rendez-vous",
    (True, True): "avec ou sans rendez-vous",
}
_ABOUT: Final = "Qui appeler, où aller"
_ASK: Final = "Horaires : voir par téléphone"
_LONGEST_SOURCE: Final = 90
_MOST_SOURCES: Final = 5
_AT_ANY_TIME: Final = "jour et nuit"
_LONGEST_HOURS: Final = 110
_MAKE_AGAIN_MONTHS: Final = 12
_YEAR = re.compile(r"\b20\d\d\b")
_ASIDE = re.compile(r"\([^()]*20\d\d[^()]*\)")
_EMPTY_WORDS: Final = {"a", "au", "aux", "de", "des", "du", "en", "et", "la", "le", "les"}


@dataclass(frozen=True)
class Line:
    """A number to call, who answers, where and when; "" where nothing is said.

    `short` is the name in a word or two: always a neutral one. `details` are the sentences of a
    leaflet, which has more room: what it is and where, when, and its age where that is to verify.
    """

    number: str
    name: str
    place: str = ""
    when: str = ""
    short: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wording:
    """All the words of a poster, a leaflet or a card. `foot` is the long form of `dated`.

    `strip` has the lines of a slip that one tears off and takes home: always in neutral words. The
    last four are the leaflet's: what it is `about`, what each of the `kinds` of its places does,
    how many `others` there are, and its `sources`; "" where nothing is said.
    """

    title: str
    heading: str
    national: tuple[Line, ...]
    local: tuple[Line, ...]
    foot: str
    dated: str
    strip: tuple[Line, ...]
    about: str
    kinds: tuple[tuple[str, str], ...]
    others: str
    sources: str


def wording(
    services: gpd.GeoDataFrame,
    local: gpd.GeoDataFrame,
    today: date,
    *,
    heading: str,
    discreet: bool,
    national: Collection[str],
    others: int,
) -> Wording:
    """Put into words the `local` rows, and those `national` numbers that `services` has.

    `others`: how many rows of the territory are not among the local ones.
    """
    kept = [number for number in national_numbers(services) if number in national]
    far = tuple(_national(services, number, discreet=discreet) for number in kept)
    near = local_lines(local, today, discreet=discreet)
    neutral = near if discreet else local_lines(local, today, discreet=True)
    torn = [*(line for line in far if line.number == "3919"), *neutral[:1]]
    dates = [
        freshness.dated(row)
        for rows in (local, _rows_of(services, kept))
        for row in freshness.rows(rows)
    ]
    telling = discretion.tells(heading)
    foot, dated = _foot(local, dates, today)
    return Wording(
        title=DISCREET_TITLE if discreet else OPEN_TITLE,
        heading="" if is_country_wide(local).all() or (discreet and telling) else heading,
        national=far,
        local=near,
        foot=foot,
        dated=dated,
        strip=tuple(Line(line.number, line.short) for line in torn),
        about="" if discreet else _ABOUT,
        kinds=_kinds(local, discreet=discreet),
        others=_others(others),
        sources=_sources(local, discreet=discreet),
    )


def national_numbers(services: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the national numbers that may be printed: `ALWAYS`, then those of the list."""
    listed = {phones.key(number) for number in _country_wide(services)["telephone"]}
    return tuple(number for number in _NATIONAL if number in ALWAYS or phones.key(number) in listed)


def local_lines(rows: gpd.GeoDataFrame, today: date, *, discreet: bool) -> tuple[Line, ...]:
    """Say each row, in their order.

    Of a place that is not public a kind and a number are said, nothing else: its name might tell
    where it is. Hours are said whole or not at all; dates never are.
    """
    midnight = datetime.combine(today, time())
    passed = hours.to_renew(rows["horaires_accueil"], midnight, departements=rows["departement"])
    ages = to_verify(rows, today)
    return tuple(
        _local(row, passed=gone, age=ages.get(key, ""), discreet=discreet)
        for (key, row), gone in zip(rows.iterrows(), passed, strict=True)
    )


def is_country_wide(services: gpd.GeoDataFrame) -> pd.Series:
    """Return which services are for all of France."""
    france: pd.Series = services["zone_eligibilite"].str.lower() == FRANCE
    return france


def to_verify(rows: gpd.GeoDataFrame, today: date) -> pd.Series:
    """Return how old the information is, in words, of the rows where it is old or has no date."""
    old = [not freshness.is_recent(row, today) for row in freshness.rows(rows)]
    found = rows[pd.Series(old, rows.index, dtype=bool)]
    ages = [freshness.words(row, today) for row in freshness.rows(found)]
    return pd.Series(ages, index=found.index, dtype="str")


def _local(row: pd.Series, *, passed: bool, age: str, discreet: bool) -> Line:
    number = discretion.phone_number(row, discreet=discreet)
    kind, neutral = _kind(row, discreet=discreet), discretion.called(row, discreet=True)
    if row["confidentialite"] != Confidentiality.PUBLIC:
        return Line(number, kind, short=neutral)
    name = discretion.called(row, discreet=discreet)
    by = _APPOINTMENT["sans-rdv" in row["acces"], "sur-rdv" in row["acces"]]
    town = _town(row, discreet=discreet)
    away = "" if _within(town, name) else town
    when = "" if passed else _sentence(_hours(row, discreet=discreet))
    street = discretion.address(row, discreet=discreet) if town else ""
    spot = ", ".join(filter(None, (street, town if street else away)))
    what = ". ".join(filter(None, ("" if _within(kind, name) else kind, spot, _sentence(by))))
    return Line(
        number,
        name,
        _sentence(", ".join(filter(None, (away, by)))),
        when,
        neutral,
        tuple(filter(None, (_sentence(what), when or _ASK, _sentence(age)))),
    )


def _kind(row: pd.Series, *, discreet: bool) -> str:
    """Give what kind of service it is, in a neutral word if `discreet`."""
    return discretion.called(row, discreet=True) if discreet else ServiceType(row["type"]).label


def _town(row: pd.Series, *, discreet: bool) -> str:
    town = discretion.clean(row["commune"])
    telling = discreet and discretion.tells(town, row)
    return "" if row["type"] == ServiceType.ECOUTE or telling else town


def _within(words: str, name: str) -> bool:
    return f" {fold(words)} " in f" {fold(name)} "


def _hours(row: pd.Series, *, discreet: bool) -> str:
    """Say the hours of every week or month, with what qualifies them."""
    words = discretion.described(row)
    if not words or _YEAR.search(row["horaires_accueil"]):
        return ""
    more = discretion.clean(_ASIDE.sub("", row["horaires_precisions"]))
    if _words(words) < _words(more):
        words = more
    elif not _words(more) <= _words(words):
        words = f"{words.rstrip('.')}. {more}"
    telling = discreet and discretion.tells(words, row)
    return "" if telling or len(words) > _LONGEST_HOURS else words.rstrip(" .")


def _words(text: str) -> set[str]:
    return {word.rstrip("s") for word in fold(text).split() if word not in _EMPTY_WORDS}


def _national(services: gpd.GeoDataFrame, number: str, *, discreet: bool) -> Line:
    name, short = _NATIONAL[number]
    rows = _rows_of(services, [number])
    words = discretion.described(rows.iloc[0]) if len(rows) else ""
    when = _AT_ANY_TIME if _AT_ANY_TIME in words else words.removeprefix("Tous les jours, ")
    when = "" if number in ("17", "114") else when
    return Line(number, short if discreet else name, when=when, short=short)


def _kinds(local: gpd.GeoDataFrame, *, discreet: bool) -> tuple[tuple[str, str], ...]:
    """Say of each kind of service what it does, once."""
    found = {
        _kind(row, discreet=discreet): ServiceType(row["type"]).facts.does
        for _, row in local.iterrows()
    }
    return tuple(found.items())


def _others(count: int) -> str:
    if not count:
        return ""
    them = "les" if count > 1 else "le"
    said = french.count(count, "autre numéro", "autres numéros")
    return f"Et {said} dans la liste : {them} demander là où ce dépliant est donné."


def _sources(local: gpd.GeoDataFrame, *, discreet: bool) -> str:
    """Name where the facts of public places come from; what tells is left out if `discreet`."""
    public = local[local["confidentialite"] == Confidentiality.PUBLIC]
    told = dict.fromkeys(
        discretion.clean(row["source"], longest=_LONGEST_SOURCE)
        for _, row in public.iterrows()
        if not (discreet and discretion.tells(row["source"], row))
    )
    named = [source for source in told if source]
    if more := len(named) - _MOST_SOURCES:
        named[_MOST_SOURCES:] = [f"et {french.count(more, 'autre')}"] if more > 0 else []
    return f"Sources : {' ; '.join(named)}." if named else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _country_wide(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shown = services["confidentialite"] == Confidentiality.PUBLIC
    return services[shown & is_country_wide(services) & (services["type"] == ServiceType.ECOUTE)]


def _rows_of(services: gpd.GeoDataFrame, numbers: Collection[str]) -> gpd.GeoDataFrame:
    """Return the national rows of these numbers."""
    found = _country_wide(services)
    return found[found["telephone"].map(phones.key).isin(set(map(phones.key, numbers)))]


def _foot(local: gpd.GeoDataFrame, dates: list[PartialDate | None], today: date) -> tuple[str, str]:
    """Say when it was made, until when it holds, and how old its oldest number is."""
    months = [ServiceType(kind).facts.months for kind in local["type"]]
    last = today.year * 12 + today.month - 1 + min([_MAKE_AGAIN_MONTHS, *months])
    again = french.partial_date(PartialDate(last // 12, last % 12 + 1))
    known = [when for when in dates if when]
    first = min(known, key=lambda when: when.first_day, default=None)
    oldest = french.partial_date(first and PartialDate(first.year, first.month))
    undated = len(dates) - len(known)
    sources = [f"source la plus ancienne : {oldest}"] if oldest else []
    if undated:
        sources.append(french.count(undated, "numéro") + " sans date")
    told = " ; ".join(sources)
    told = f" {told[:1].upper()}{told[1:]}." if told else ""
    made = french.partial_date(today)
    month = french.partial_date(PartialDate(today.year, today.month))
    foot = f"{CALL_FIRST} Fait le {made}, à refaire après {again}.{told}"
    return foot, f"Fait en {month}, à refaire après {again}"
