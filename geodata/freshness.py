"""How old what a list says of a service is, and whether that is recent enough to be believed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from geodata import french
from geodata.partial_date import PartialDate, parse
from geodata.services import ServiceType

Service = Mapping[str, Any] | pd.Series
"""A row of a list: its `type`, `date_verification` and `date_source` are read."""


def dated(service: Service) -> PartialDate | None:
    """Give when a service was last checked, or else what its source's date is."""
    return parse(service["date_verification"]) or parse(service["date_source"])


def is_recent(service: Service, today: date) -> bool:
    """Say whether a fact is no older than its type allows (`Facts.months`).

    A fact without a date, or with one that is to come, is not recent.
    """
    when = dated(service)
    months = when.age_months(today) if when else None
    return months is not None and months <= ServiceType(service["type"]).facts.months


def words(service: Service, today: date) -> str:
    """Say how old a fact is: `information de novembre 2016, à vérifier`."""
    checked = parse(service["date_verification"])
    age = french.age(dated(service), checked=checked is not None, today=today)
    return age if is_recent(service, today) else f"{age}, à vérifier"


def rows(services: pd.DataFrame) -> list[dict[str, Any]]:
    """Give what the functions above read of each service."""
    read: list[dict[str, Any]] = services[["type", "date_verification", "date_source"]].to_dict(
        "records"
    )  # type: ignore[assignment]
    return read


def summary(services: pd.DataFrame, today: date) -> str:
    """Say from when to when what is known of services is, and how much is old or undated.

    "" where no date is known. A date to come counts as none.
    """
    read = rows(services)
    days = [when for row in read if (when := dated(row)) and when.first_day <= today]
    if not days:
        return ""
    old = len(days) - sum(is_recent(row, today) for row in read)
    years = [when.year for when in days]
    return (
        f"Informations de {min(years)} à {max(years)} : "
        f"{french.count(old, 'trop ancienne', 'trop anciennes')}, "
        f"{french.number(len(read) - len(days))} sans date. "
    )
