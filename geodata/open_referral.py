"""Export a list in the Human Services Data Specification 3 of Open Referral (HSDS).

The file is a JSON array of HSDS `service` objects, each with its organisation and its place, as the
specification's API gives them (https://docs.openreferral.org/en/v3.1.2/hsds/schema_reference.html).

Only public rows are written, and no shelter, even one declared public, nor what resembles one:
published data is copied at once and cannot be withdrawn (`national_export`). Services for those
who commit violence are left out too: HSDS cannot say so, and they would be offered to women.

Hours are a `schedule` with words alone. HSDS writes them as recurrence rules, which can say neither
*unknown* nor a French public holiday: a rule that says a little less would be read as the whole.
A town hall is not given as the point of a service. What is not known is left out.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geodata import communes, hours, national_export, phones
from geodata.aids import ACCESS, Aid, Fee, aids_of
from geodata.partial_date import parse
from geodata.service_types import ServiceType
from geodata.services import FRANCE, vocabulary

LEFT_OUT: Final = (*national_export.COUNTED_ONLY, national_export.FOR_PERPETRATORS)
"""The reasons of `national_export.left_out` for which a row is not in this file either."""

_IDS: Final = uuid.UUID("5a1b1f5e-0f3f-5f0a-9a55-3a1f6f0d9c21")
_INTERPRETER: Final = "interprete"
_UNDESCRIBED: Final = "Organisation nommée par la liste, sans autre description."
Record = dict[str, Any]


def to_hsds(services: gpd.GeoDataFrame, *, today: date) -> bytes:
    """Return the rows that `left_out` keeps as a JSON array of HSDS 3 services.

    The same rows give the same bytes. Ids are UUIDs made from those of the list.
    """
    passing = services[left_out(services, today=today) == ""]
    given = aids_of(passing)
    records = [
        _service(str(key), row, [aid for aid in Aid if aid in given[key]])
        for key, row in zip(passing.index, passing.to_dict("records"), strict=True)
    ]
    return json.dumps(records, ensure_ascii=False, indent=1, allow_nan=False).encode()


def left_out(services: gpd.GeoDataFrame, *, today: date) -> pd.Series:
    """Return why each row is not exported, in French; "" if it is. Same index out."""
    reasons = national_export.left_out(services, today=today)
    return reasons.where(reasons.isin(LEFT_OUT), "")


def _service(key: str, row: Mapping[str, Any], aids: list[Aid]) -> Record:
    languages_spoken = [word for word in row["langues"].split("|") if word]
    checked = parse(row["date_verification"])
    service = {
        "id": _id("service", key),
        "name": row["nom"],
        "description": _description(row, aids),
        "url": national_export.web_address(row["site_web"]),
        "email": national_export.mail_address(row["courriel"]),
        "status": "active",
        "interpretation_services": "Interprète" if _INTERPRETER in languages_spoken else None,
        "application_process": _said("acces", row["acces"], ACCESS),
        "fees_description": _said("frais", row["frais"], {fee: fee.label for fee in Fee}),
        "eligibility_description": _said("publics", row["publics"]),
        "assured_date": str(checked) if checked and checked.day else None,
        "phones": [
            {"id": _id("phone", f"{key} {number}"), "number": str(number)}
            for number in phones.within(row["telephone"])
        ],
        "schedules": _schedules(key, row),
        "service_areas": _areas(key, row["zone_eligibilite"]),
        "languages": [
            {
                "id": _id("language", f"{key} {code}"),
                "code": code,
                "name": vocabulary("langues").get(code, code),
            }
            for code in languages_spoken
            if code != _INTERPRETER
        ],
        "organization": _organization(key, row),
    }
    location = _location(key, row)
    at = {
        "id": _id("service_at_location", key),
        "service_id": service["id"],
        "location_id": location["id"],
        "location": location,
    }
    return _filled(service | {"service_at_locations": [at]})


def _filled(record: Record) -> Record:
    """Return a record without the fields of which nothing is known."""
    return {name: value for name, value in record.items() if value not in (None, "", [])}


def _id(kind: str, key: str) -> str:
    return str(uuid.uuid5(_IDS, f"{kind}\n{key}"))


def _description(row: Mapping[str, Any], aids: list[Aid]) -> str:
    kind = ServiceType(row["type"]).label
    parts = (
        f"{kind}.",
        row["description"],
        f"On y trouve : {', '.join(aid.label for aid in aids)}." if aids else "",
        f"Source : {row['source']} ({row['date_source'] or 'sans date'}).",
        row["lien_source"],
    )
    return "\n\n".join(filter(None, parts))


def _said(column: str, text: str, labels: Mapping[str, str] | None = None) -> str | None:
    known = labels or vocabulary(column)
    return ", ".join(known[word] for word in text.split("|") if word in known) or None


def _schedules(key: str, row: Mapping[str, Any]) -> list[Record]:
    """Return the hours in words, and as they are written (OpenStreetMap's `opening_hours`)."""
    text = row["horaires_accueil"]
    try:
        words = hours.describe(text) if text else ""
    except hours.InvalidHours:
        words = text
    described = " ; ".join(filter(None, (words, row["horaires_precisions"])))
    if not described:
        return []
    return [_filled({"id": _id("schedule", key), "description": described, "notes": text})]


def _areas(key: str, zone: str) -> list[Record]:
    names = communes.read_departements()["nom"]
    codes = [code for code in zone.split("|") if code]
    return [
        {
            "id": _id("service_area", f"{key} {code}"),
            "name": "France" if code.lower() == FRANCE else str(names.get(code, code)),
        }
        for code in codes
    ]


def _organization(key: str, row: Mapping[str, Any]) -> Record:
    """Return who runs the service: its own name where the list names nobody else."""
    name = row["structure"] or row["nom"]
    home = row["structure"] and (row["departement"] or FRANCE)
    return {
        "id": _id("organization", f"{home}\n{name}" if home else key),
        "name": name,
        "description": _UNDESCRIBED,
    }


def _location(key: str, row: Mapping[str, Any]) -> Record:
    """Return the place; `virtual` where there is none to go to."""
    located = bool(row["adresse"] or row["code_insee"])
    location = _filled(
        {
            "id": _id("location", key),
            "location_type": "physical" if located else "virtual",
            "latitude": _degrees(row["latitude"]),
            "longitude": _degrees(row["longitude"]),
            "accessibility": [
                {"id": _id("accessibility", f"{key} {label}"), "description": label}
                for word in row["accessibilite"].split("|")
                if (label := vocabulary("accessibilite").get(word))
            ],
        }
    )
    if row["adresse"] and row["commune"] and row["code_postal"]:
        # Every field is required: an address that lacks one is not an HSDS address.
        location["addresses"] = [
            {
                "id": _id("address", key),
                "address_1": row["adresse"],
                "city": row["commune"],
                "state_province": row["departement"],
                "postal_code": row["code_postal"],
                "country": "FR",
                "address_type": "physical",
            }
        ]
    elif row["commune"]:
        location["name"] = row["commune"]
    return location


def _degrees(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
