"""The words of a poster, a leaflet or a card: national and local numbers, and their age.

A poster may hang for years. So it never says that a place is open and gives no dates of drop-ins;
it says when it was made and when to replace it. A discreet one follows the rules of `discretion`.
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
from geodata.services import FRANCE, Confidentiality, ServiceType, is_for_perpetrators
from geodata.text import fold

OPEN_TITLE: Final = "Violences : vous pouvez en parler"
DISCREET_TITLE: Final = "Numéros utiles"
CALL_FIRST: Final = "Appeler avant de se déplacer."
ALWAYS: Final = ("17", "114", "3919", "115")
"""The numbers of the emergency strip, printed whatever the list has."""

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
    """A number to call, who answers, where and when; "" for nothing to print.

    `short`: a neutral name of one or two words. `details`: sentences for a leaflet: what and where
    it is, when, and the age of the information if it must be verified.
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

    `strip`: the lines of a tear-off slip, always in neutral words. Only on leaflets: `about` (its
    subject), `kinds` (what each kind of place does), `others` (how many more places there are) and
    `sources`. "" for nothing to print.
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
    """Return the words for the `local` rows and the `national` numbers.

    `others`: how many numbers of the territory are not among the local rows.
    """
    kept = [number for number in national_numbers(services) if number in national]
    national_lines = tuple(_national(services, number, discreet=discreet) for number in kept)
    lines = local_lines(local, today, discreet=discreet)
    neutral = lines if discreet else local_lines(local, today, discreet=True)
    slip = [*(line for line in national_lines if line.number == "3919"), *neutral[:1]]
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
        national=national_lines,
        local=lines,
        foot=foot,
        dated=dated,
        strip=tuple(Line(line.number, line.short) for line in slip),
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
    """Return one line per row, in the same order.

    A place that is not public has only its kind and number: its name might reveal its location.
    Hours are complete or left out; dates are always left out.
    """
    midnight = datetime.combine(today, time())
    passed = hours.to_renew(rows["horaires_accueil"], midnight, departements=rows["departement"])
    ages = to_verify(rows, today)
    return tuple(
        _local(row, passed=gone, age=ages.get(key, ""), discreet=discreet)
        for (key, row), gone in zip(rows.iterrows(), passed, strict=True)
    )


def is_country_wide(services: gpd.GeoDataFrame) -> pd.Series:
    """Return a mask of the services whose zone is all of France."""
    france: pd.Series = services["zone_eligibilite"].str.lower() == FRANCE
    return france


def to_verify(rows: gpd.GeoDataFrame, today: date) -> pd.Series:
    """Return the age, in French, of the outdated and undated rows only, on their index."""
    is_old = [not freshness.is_recent(row, today) for row in freshness.rows(rows)]
    old = rows[pd.Series(is_old, rows.index, dtype=bool)]
    ages = [freshness.words(row, today) for row in freshness.rows(old)]
    return pd.Series(ages, index=old.index, dtype="str")


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
    """Return the kind of a service, as a neutral word if `discreet`."""
    return discretion.called(row, discreet=True) if discreet else ServiceType(row["type"]).label


def _town(row: pd.Series, *, discreet: bool) -> str:
    town = discretion.clean(row["commune"])
    telling = discreet and discretion.tells(town, row)
    return "" if row["type"] == ServiceType.ECOUTE or telling else town


def _within(words: str, name: str) -> bool:
    return f" {fold(words)} " in f" {fold(name)} "


def _hours(row: pd.Series, *, discreet: bool) -> str:
    """Describe the regular hours and their details; "" if irregular or too long."""
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
    """Return (kind, what it does) for each kind of service, once."""
    kinds = {
        _kind(row, discreet=discreet): ServiceType(row["type"]).facts.does
        for _, row in local.iterrows()
    }
    return tuple(kinds.items())


def _others(count: int) -> str:
    if not count:
        return ""
    them = "les" if count > 1 else "le"
    counted = french.count(count, "autre numéro", "autres numéros")
    return f"Et {counted} dans la liste : {them} demander là où ce dépliant est donné."


def _sources(local: gpd.GeoDataFrame, *, discreet: bool) -> str:
    """Name the sources of the public places, without those that `discretion` forbids."""
    public = local[local["confidentialite"] == Confidentiality.PUBLIC]
    sources = dict.fromkeys(
        discretion.clean(row["source"], longest=_LONGEST_SOURCE)
        for _, row in public.iterrows()
        if not (discreet and discretion.tells(row["source"], row))
    )
    named = [source for source in sources if source]
    if more := len(named) - _MOST_SOURCES:
        named[_MOST_SOURCES:] = [f"et {french.count(more, 'autre')}"] if more > 0 else []
    return f"Sources : {' ; '.join(named)}." if named else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _country_wide(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the public national helplines, but those for people who commit violence."""
    public = services["confidentialite"] == Confidentiality.PUBLIC
    public &= ~is_for_perpetrators(services)
    return services[public & is_country_wide(services) & (services["type"] == ServiceType.ECOUTE)]


def _rows_of(services: gpd.GeoDataFrame, numbers: Collection[str]) -> gpd.GeoDataFrame:
    """Return the national helplines with these numbers."""
    lines = _country_wide(services)
    return lines[lines["telephone"].map(phones.key).isin(set(map(phones.key, numbers)))]


def _foot(local: gpd.GeoDataFrame, dates: list[PartialDate | None], today: date) -> tuple[str, str]:
    """Return when it was made and when to replace it: a long form with source dates, a short one.

    It is to be replaced after 12 months, or fewer if the type of a local row allows fewer.
    """
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
    dates_of_sources = f" {_sentence(' ; '.join(sources))}." if sources else ""
    made = french.partial_date(today)
    month = french.partial_date(PartialDate(today.year, today.month))
    foot = f"{CALL_FIRST} Fait le {made}, à refaire après {again}.{dates_of_sources}"
    return foot, f"Fait en {month}, à refaire après {again}"
