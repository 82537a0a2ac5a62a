"""Age of the information about a service, and whether it is recent enough for its type.

A fact that has a source of its own (`fact_sources`) has an age of its own.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

from geodata import fact_sources, french
from geodata.partial_date import PartialDate, parse
from geodata.services import ServiceType

Service = Mapping[str, Any] | pd.Series
"""A row of the list with `type`, `date_verification` and `date_source`, and its facts if any."""


_POINT: Final = ("latitude", "longitude")


def dated(service: Service, column: str = "") -> PartialDate | None:
    """Return the date of the last check, or else of the source; None if neither is known.

    With a `column`, the date of that fact: the check of the row, unless its own source is newer.
    """
    checked, own = parse(service["date_verification"]), fact_sources.of(service).get(column)
    if own is None:
        return checked or parse(service["date_source"])
    when = parse(own.date_source)
    return when if checked is None or (when and checked.is_before(when)) else checked


def is_recent(service: Service, today: date) -> bool:
    """Return whether the row, and each of its facts, is at most `Facts.months` old for its type.

    Without a date, or with a date in the future, it is not recent.
    """
    return _is_recent(service, today) and not old_facts(service, today)


def old_facts(service: Service, today: date) -> tuple[str, ...]:
    """Return the columns whose own source is too old, or undated."""
    facts = fact_sources.of(service)
    return tuple(column for column in facts if not _is_recent(service, today, column))


def _is_recent(service: Service, today: date, column: str = "") -> bool:
    when = dated(service, column)
    months = when.age_months(today) if when else None
    return months is not None and months <= ServiceType(service["type"]).facts.months


def oldest(service: Service) -> PartialDate | None:
    """Return the date of the oldest fact, that of the row included; None if one is undated."""
    dates = [dated(service), *(dated(service, column) for column in fact_sources.of(service))]
    known = [when for when in dates if when]
    return min(known, key=lambda when: when.last_day) if len(known) == len(dates) else None


def words(service: Service, today: date) -> str:
    """Describe the age in French: `information de novembre 2016, à vérifier`.

    The facts that are older than their row are named: `information de janvier 2026 ; téléphone et
    adresse de 2014, à vérifier`.
    """
    when = dated(service)
    age = french.age(when, checked=parse(service["date_verification"]) is not None, today=today)
    if older := older_facts(service, today):
        return f"{age} ; {_older_words(service, older)}, à vérifier"
    return age if is_recent(service, today) else f"{age}, à vérifier"


def older_facts(service: Service, today: date) -> list[str]:
    """Return the columns of `old_facts` that are older than their row."""
    when = dated(service)
    return [
        column
        for column in old_facts(service, today)
        if (own := dated(service, column)) != when and (not (own and when) or own.is_before(when))
    ]


def _older_words(service: Service, columns: list[str]) -> str:
    """`téléphone et adresse de 2014, horaires sans date`."""
    by_age: dict[str, dict[str, None]] = {}
    for column in columns:
        when = dated(service, column)
        age = f"de {when.year}" if when else "sans date"
        if column in _POINT and "adresse" in columns and dated(service, "adresse") == when:
            continue
        by_age.setdefault(age, {})[fact_sources.label(column)] = None
    return ", ".join(f"{french.listed(names)} {age}" for age, names in by_age.items())


def newest_first(services: pd.DataFrame, today: date) -> pd.Series:
    """Return what services are sorted by so that the latest date shown comes first.

    Float on the index of the services. A month or a year counts from its first day, after the days
    that are known; NaN without a date, or with a date in the future.
    """
    dates = map(dated, rows(services))
    keys = [
        -when.first_day.toordinal() + 0.1 * (when.month is None) + 0.1 * (when.day is None)
        if when and when.first_day <= today
        else None
        for when in dates
    ]
    return pd.Series(keys, services.index, dtype=float)


def rows(services: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the columns of `Service` as one dict per service."""
    columns = ["type", "date_verification", "date_source", fact_sources.ATTACHED]
    here = [column for column in columns if column in services.columns]
    records: list[dict[str, Any]] = services[here].to_dict("records")  # type: ignore[assignment]
    return records


def summary(services: pd.DataFrame, today: date) -> str:
    """Say in French the oldest and newest year, and how many services are outdated or undated.

    "" if no date is known. A date in the future counts as undated.
    """
    records = rows(services)
    days = [when for row in records if (when := dated(row)) and when.first_day <= today]
    if not days:
        return ""
    old = len(days) - sum(is_recent(row, today) for row in records)
    years = [when.year for when in days]
    return (
        f"Informations de {min(years)} à {max(years)} : "
        f"{french.count(old, 'trop ancienne', 'trop anciennes')}, "
        f"{french.number(len(records) - len(days))} sans date. "
    )
