"""How old what a list says of a service is, and whether that is recent enough to be believed."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pandas as pd

from geodata import french
from geodata.partial_date import PartialDate, parse
from geodata.services import ServiceType

MONTHS: Final[Mapping[str, int]] = {
    ServiceType.PERMANENCE: 6,  # rooms and days follow the school year and yearly grants
    ServiceType.ACCUEIL_DE_JOUR: 6,
    ServiceType.ASSOCIATION: 12,  # funded by the year; teams and numbers change with it
    ServiceType.ECOUTE: 12,
    ServiceType.HEBERGEMENT: 12,
    ServiceType.CCAS: 18,
    ServiceType.JUSTICE: 18,
    ServiceType.SANTE: 18,
    ServiceType.MDS: 24,
    ServiceType.GENDARMERIE: 24,  # the brigade stays, its hours shrink
    ServiceType.COMMISSARIAT: 36,  # open day and night, at one address for decades
}
"""How many months a fact of each type is believed without being checked again."""

Service = Mapping[str, Any] | pd.Series
"""A row of a list: its `type`, `date_verification` and `date_source` are read."""


def dated(service: Service) -> PartialDate | None:
    """Give when a service was last checked, or else what its source's date is."""
    return parse(service["date_verification"]) or parse(service["date_source"])


def is_recent(service: Service, today: date) -> bool:
    """Say whether a fact is no older than `MONTHS` of its type.

    A fact without a date, or with one that is to come, is not recent.
    """
    when = dated(service)
    months = when.age_months(today) if when else None
    return months is not None and months <= MONTHS[service["type"]]


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
