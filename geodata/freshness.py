"""Age of the information about a service, and whether it is recent enough for its type."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from geodata import french
from geodata.partial_date import PartialDate, parse
from geodata.services import ServiceType

Service = Mapping[str, Any] | pd.Series
"""A row of the list with `type`, `date_verification` and `date_source`."""


def dated(service: Service) -> PartialDate | None:
    """Return the date of the last check, or else of the source; None if neither is known."""
    return parse(service["date_verification"]) or parse(service["date_source"])


def is_recent(service: Service, today: date) -> bool:
    """Return whether the information is at most `Facts.months` old for its type.

    Without a date, or with a date in the future, it is not recent.
    """
    when = dated(service)
    months = when.age_months(today) if when else None
    return months is not None and months <= ServiceType(service["type"]).facts.months


def words(service: Service, today: date) -> str:
    """Describe the age in French: `information de novembre 2016, à vérifier`."""
    checked = parse(service["date_verification"])
    age = french.age(dated(service), checked=checked is not None, today=today)
    return age if is_recent(service, today) else f"{age}, à vérifier"


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
    records: list[dict[str, Any]] = services[["type", "date_verification", "date_source"]].to_dict(
        "records"
    )  # type: ignore[assignment]
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
