"""HSDS 3: the published tables of its fields, and which rows go out."""

import json
import re
import uuid
from datetime import date
from functools import cache
from urllib.parse import urlsplit

import pytest

from geodata import open_referral
from geodata.services import read_services
from tests.conftest import ROOT
from tests.lists import CIVRAY, HOSTILE, read, row
from tests.test_hidden_outputs import hidden_rows

TODAY = date(2026, 11, 30)
LINKS = {"id", "service_id", "location_id"}
# Of https://docs.openreferral.org/en/v3.1.2/hsds/schema_reference.html: the fields that each object
# must have, then those among the others that we write. No registry has the JSON schema itself.
FIELDS = {
    "service": (
        {"id", "name", "status"},
        {"description", "url", "email", "interpretation_services", "application_process"}
        | {"fees_description", "eligibility_description", "assured_date", "phones", "schedules"}
        | {"service_areas", "service_at_locations", "languages", "organization"},
    ),
    "organization": ({"id", "name", "description"}, set()),
    "service_at_locations": ({"id"}, LINKS | {"location"}),
    "location": (
        {"id", "location_type"},
        {"name", "latitude", "longitude", "addresses", "accessibility"},
    ),
    "addresses": (
        {"id", "address_1", "city", "state_province", "postal_code", "country", "address_type"},
        set(),
    ),
    "phones": ({"id", "number"}, set()),
    "schedules": ({"id"}, {"description", "notes"}),
    "service_areas": ({"id"}, {"name"}),
    "languages": ({"id"}, {"name", "code"}),
    "accessibility": ({"id"}, {"description"}),
}
PLACES = {"physical", "postal", "virtual"}
FORMS = {
    "status": {"active", "inactive", "defunct", "temporarily closed"}.__contains__,
    "location_type": PLACES.__contains__,
    "address_type": PLACES.__contains__,
    "id": lambda text: str(uuid.UUID(text)) == text,
    "service_id": lambda text: str(uuid.UUID(text)) == text,
    "location_id": lambda text: str(uuid.UUID(text)) == text,
    "url": lambda text: urlsplit(text).scheme in ("http", "https"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+").fullmatch,
    "assured_date": date.fromisoformat,
    "country": "FR".__eq__,
}


def faults(name: str, record: dict[str, object]) -> list[str]:
    """Return what of an object, and of those in it, is not as the tables say."""
    required, others = FIELDS[name]
    found = [f"{name}.{field} is missing" for field in required - record.keys()]
    found += [f"{name}.{field} is not in the table" for field in record.keys() - required - others]
    for field, value in record.items():
        parts = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
        if parts:
            found += [fault for part in parts for fault in faults(field, part)]
        elif field in ("latitude", "longitude"):
            assert isinstance(value, float)
        elif not isinstance(value, str) or not value.strip():
            found.append(f"{name}.{field} is empty or no text")
        elif field in FORMS and not FORMS[field](value):
            found.append(f"{name}.{field}: {value}")
    return found


@cache
def shipped() -> tuple[dict[str, object], ...]:
    services = read_services(ROOT / "services.csv").services
    return tuple(json.loads(open_referral.to_hsds(services, today=TODAY)))


def of(*rows: dict[str, str]) -> list[dict[str, object]]:
    return json.loads(open_referral.to_hsds(read(*rows).services, today=TODAY))


def test_the_shipped_list_is_as_the_tables_say():
    assert len(shipped()) > 300
    assert [fault for service in shipped() for fault in faults("service", service)] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(text):
    cells = dict.fromkeys(("nom", "structure", "site_web", "courriel", "description"), text)
    (service,) = of(row(**CIVRAY, **cells, adresse=text, telephone=text, langues=text))
    assert faults("service", service) == []
    assert "url" not in service
    assert service["name"] == read(row(**CIVRAY, **cells)).services["nom"].iloc[0]


def test_ids_are_unique_the_same_each_time_and_one_for_an_organisation():
    ids = [service["id"] for service in shipped()]
    assert len(set(ids)) == len(ids)
    runs = {"structure": "CIDFF", **CIVRAY, "type": "permanence"}
    first, second = of(row("a", **runs), row("b", **runs))
    assert first["organization"] == second["organization"]
    assert of(row("a", **runs))[0] == first
    assert first["service_at_locations"][0]["service_id"] == first["id"]
    location = first["service_at_locations"][0]["location"]
    assert first["service_at_locations"][0]["location_id"] == location["id"]


def test_hidden_rows_and_shelters_are_not_in_it():
    public = row("p", **CIVRAY)
    others = [
        *hidden_rows("Civray"),
        row("s", **CIVRAY, type="hebergement", confidentialite="public"),
        row("c", **CIVRAY, confidentialite="commune"),
        row("like", **CIVRAY, type="association", nom="CHRS de Civray"),
        row("auteurs", **CIVRAY, publics="auteurs"),
    ]
    assert of(public, *others) == of(public)
    assert len(of(public)) == 1


def test_what_is_not_known_is_left_out_and_hours_are_words():
    (service,) = of(row(**CIVRAY, horaires_accueil="Mo-Fr 09:00-12:00; PH off"))
    (schedule,) = service["schedules"]
    assert schedule["notes"] == "Mo-Fr 09:00-12:00; PH off"
    assert "lundi au vendredi" in schedule["description"]
    location = service["service_at_locations"][0]["location"]
    assert location == {"id": location["id"], "location_type": "physical", "name": "Civray"}
    (bare,) = of(row(type="ecoute", telephone="3919", date_verification="2026-11"))
    assert {"schedules", "url", "assured_date", "languages"} & bare.keys() == set()
    assert bare["service_at_locations"][0]["location"]["location_type"] == "virtual"
    assert [phone["number"] for phone in bare["phones"]] == ["3919"]
