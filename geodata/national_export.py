"""Export a list to the national database data·inclusion, in its schema v1.

The database collects two lists from each producer, `structures.json` and `services.json`: the zip
holds both. A row becomes a service. Its structure is the place itself or, for a drop-in or a
helpline with a named organisation, that organisation.

Published data is copied at once and cannot be withdrawn. So only public rows are exported, and no
shelter, even one declared public. An association, a drop-in, a day centre or a helpline is left out
if its name or organisation resembles a shelter: the database would join it to the data of others.
Rows imported from data·inclusion are not sent back.

Unknown fields are null: v1 has no type for a police station, and a town hall is not exported as the
point of a service. Every row has the theme of violence, then those that its aids name. v1 has no
field for languages, nor for accessibility but a link. Services for those who commit violence are
left out: v1 cannot say so, and they would be offered to women. A date known to the month or year
becomes its first day, so that no row looks newer than it is. `left_out` returns the rows that the
schema would refuse, and why.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geodata import communes, hours, phones
from geodata.aids import ACCESS, Aid, Fee
from geodata.partial_date import parse
from geodata.service_types import Facts, ServiceType
from geodata.services import FRANCE, PERPETRATORS, Confidentiality
from geodata.sources import data_inclusion, sounds_like_shelter
from geodata.text import fold

PRODUCER: Final = "maillage"
"""Default `source` of the records and prefix of their ids."""

CONFIDENTIAL: Final = "lieu confidentiel"
SHELTER: Final = "hébergement, même déclaré public"
LIKE_A_SHELTER: Final = "nom ou structure qui ressemble à un hébergement"
FOR_PERPETRATORS: Final = "pour les auteurs de violences"
FROM_THE_BASE: Final = "vient déjà de data·inclusion"
UNDATED: Final = "aucune date, obligatoire dans data·inclusion"
MISDATED: Final = "date d’avant 2000 ou à venir"
MISNAMED: Final = "nom de moins de 3 ou de plus de 150 caractères"
UNDESCRIBED: Final = "pas de description, obligatoire dans data·inclusion"
TOO_LONG: Final = "description de plus de 10 000 caractères"

COUNTED_ONLY: Final = (CONFIDENTIAL, SHELTER, LIKE_A_SHELTER)
"""Reasons for which rows are counted without naming them."""

STRUCTURE: Final = (
    *("source", "id", "nom", "date_maj", "description", "lien_source", "siret", "commune"),
    *("code_postal", "code_insee", "adresse", "complement_adresse", "longitude", "latitude"),
    *("telephone", "courriel", "site_web", "horaires_accueil", "accessibilite_lieu"),
    "reseaux_porteurs",
)
SERVICE: Final = (
    *("source", "structure_id", "id", "nom", "description", "lien_source", "date_maj", "type"),
    *("thematiques", "frais", "frais_precisions", "publics", "publics_precisions"),
    *("conditions_acces", "commune", "code_postal", "code_insee", "adresse"),
    *("complement_adresse", "longitude", "latitude", "telephone", "courriel", "modes_accueil"),
    *("zone_eligibilite", "contact_nom_prenom", "lien_mobilisation", "modes_mobilisation"),
    *("mobilisable_par", "mobilisation_precisions", "volume_horaire_hebdomadaire"),
    *("nombre_semaines", "horaires_accueil"),
)
"""The fields of v1; all are written, with null for unknown values."""

_NAMED_NETWORKS: Final = {"cidff": "cidff", "point justice": "points-justice"}
# v1 has no value for children only; its `familles` is « Familles, parents, enfants, etc ».
_PUBLICS: Final = {
    "femmes": "femmes",
    "familles": "familles",
    "enfants": "familles",
    "jeunes": "jeunes",
}
_EVERYBODY: Final = "tous-publics"

_FIRST_YEAR: Final = 2000
_NAME: Final = range(3, 151)
_DESCRIPTION: Final = range(5, 10_001)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]+")
_LABEL: Final = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = rf"(?:{_LABEL}\.)+[a-z](?!n--)[a-z0-9]{{1,62}}"
_LINK: Final = re.compile(rf"https?://{_DOMAIN}(?:[/?#][^\s<>\"'\\^`{{|}}]*)?", re.IGNORECASE)
_LONGEST_LINK: Final = 2_000
_WORD: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAIL: Final = re.compile(
    rf"(?=.{{1,64}}@.{{1,180}}$){_WORD}(?:\.{_WORD})*@{_DOMAIN}", re.IGNORECASE
)
# Top-level domains without mail (RFC 6761, 7686), which the schema refuses.
_UNREACHABLE: Final = (".arpa", ".invalid", ".local", ".localhost", ".onion", ".test")
Record = dict[str, Any]


def to_data_inclusion(
    services: gpd.GeoDataFrame, *, today: date, producer: str = PRODUCER
) -> bytes:
    """Return a zip of `structures.json` and `services.json`, without the rows of `left_out`.

    The same rows give the same bytes.

    Args:
        services: services from `read_services`.
        today: rows with a later date are left out: the schema refuses future dates.
        producer: the producer's name in the database: `source`, and the prefix of the ids
            (`maillage--86-mds-civray`).
    """
    passing = services[left_out(services, today=today) == ""]
    structures: dict[str, Record] = {}
    written = []
    for key, row in zip(passing.index, passing.to_dict("records"), strict=True):
        cells = {name: _text(cell) for name, cell in row.items() if isinstance(cell, str)}
        service = _service(f"{producer}--{_text(key)}", cells, row, producer)
        structure = _body(service, cells, producer) or _place(service, cells)
        known = structures.setdefault(structure["id"], structure)
        known["date_maj"] = max(known["date_maj"], service["date_maj"])
        written.append(service | {"structure_id": known["id"]})
    return _zipped({"structures.json": list(structures.values()), "services.json": written})


def left_out(services: gpd.GeoDataFrame, *, today: date) -> pd.Series:
    """Return why each row is not exported, in French; "" if it is. Same index out.

    A confidential row has the reason `CONFIDENTIAL`, whatever else applies.
    """
    reasons = [_reason(row, today) for row in services.to_dict("records")]
    return pd.Series(reasons, index=services.index, dtype="str")


def _reason(row: Mapping[str, Any], today: date) -> str:
    cells = {name: _text(cell) for name, cell in row.items() if isinstance(cell, str)}
    if cells["confidentialite"] != Confidentiality.PUBLIC:
        return CONFIDENTIAL
    if cells["type"] == ServiceType.HEBERGEMENT:
        return SHELTER
    changed = _last_change(cells)
    reasons = {
        LIKE_A_SHELTER: _is_like_a_shelter(cells),
        FOR_PERPETRATORS: PERPETRATORS in cells["publics"].split("|"),
        FROM_THE_BASE: cells["source"].startswith(data_inclusion.PUBLISHER),
        UNDATED: not changed,
        MISDATED: bool(changed) and not f"{_FIRST_YEAR}-01-01" <= changed <= today.isoformat(),
        MISNAMED: len(_name(cells["nom"])) not in _NAME,
        UNDESCRIBED: not _own_description(cells),
        TOO_LONG: len(_description(cells)) not in _DESCRIPTION,
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def _is_like_a_shelter(cells: Mapping[str, str]) -> bool:
    names = (cells["nom"], cells["structure"])
    return _facts(cells).may_be_shelter and any(map(sounds_like_shelter, names))


# --- records ------------------------------------------------------------------------------


def _service(key: str, cells: Mapping[str, str], row: Mapping[str, Any], producer: str) -> Record:
    phone = _phone(cells["telephone"])
    acces = set(cells["acces"].split("|"))
    modes = {
        "se-presenter": "sans-rdv" if "sans-rdv" in acces and cells["adresse"] else "",
        "telephoner": "telephone" if "telephone" in acces and phone else "",
    }
    others = [label for word, label in ACCESS.items() if word in acces - set(modes.values())]
    publics, precisions = _publics(cells["publics"])
    return dict.fromkeys(SERVICE) | {
        "source": producer,
        "id": key,
        "nom": _name(cells["nom"]),
        "description": _description(cells),
        "lien_source": web_address(cells["lien_source"]),
        "date_maj": _last_change(cells),
        "thematiques": [data_inclusion.VIOLENCE, *_themes(cells["aides"])],
        "frais": cells["frais"] if cells["frais"] in set(Fee) else None,
        "publics": publics,
        "publics_precisions": precisions,
        **_where(cells, row),
        "telephone": phone,
        "courriel": mail_address(cells["courriel"]),
        "modes_accueil": _reception(cells, acces),
        "zone_eligibilite": _zone(cells["zone_eligibilite"]),
        "modes_mobilisation": [mode for mode, word in modes.items() if word] or None,
        "mobilisation_precisions": ", ".join(others).capitalize() or None,
        "horaires_accueil": _hours(cells["horaires_accueil"]),
    }


def _place(service: Record, cells: Mapping[str, str]) -> Record:
    """Return the place of a service as a structure."""
    shared = {name: service[name] for name in STRUCTURE if name in SERVICE}
    return dict.fromkeys(STRUCTURE) | shared | {
        "description": None,
        "site_web": web_address(cells["site_web"]),
        "reseaux_porteurs": _networks(
            _facts(cells).national_networks, (cells["nom"], cells["structure"])
        ),
    }  # fmt: skip


def _body(service: Record, cells: Mapping[str, str], producer: str) -> Record | None:
    """Return the organisation of a service held elsewhere; None if it is not named.

    Only its name is known.
    """
    name = _name(cells["structure"])
    slug = fold(name).replace(" ", "-")
    if not _facts(cells).run_elsewhere or len(name) not in _NAME or not slug:
        return None
    home = cells["departement"].lower() or FRANCE
    return dict.fromkeys(STRUCTURE) | {
        "source": producer,
        "id": f"{producer}--structure--{home}-{slug}",
        "nom": name,
        "date_maj": service["date_maj"],
        "reseaux_porteurs": _networks((), (name,)),
    }


def _zipped(files: Mapping[str, list[Record]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, records in files.items():
            text = json.dumps(records, ensure_ascii=False, indent=1, allow_nan=False)
            # ZipInfo without the current time: the bytes depend on the list only.
            archive.writestr(zipfile.ZipInfo(name), text.encode(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


# --- fields -------------------------------------------------------------------------------


def _text(cell: object) -> str:
    return _UNPRINTABLE.sub(" ", str(cell)).strip()


def _facts(cells: Mapping[str, str]) -> Facts:
    return ServiceType(cells["type"]).facts


def _name(text: str) -> str:
    """Remove the final full stop of a name, which the schema refuses."""
    return text if text.endswith("etc.") else text.rstrip(". ")


def _own_description(cells: Mapping[str, str]) -> str:
    """Return the description without the source, "" if shorter than the schema allows.

    It includes hours and phone numbers that have no field of their own.
    """
    precisions = cells["horaires_precisions"]
    if cells["horaires_accueil"] and not _hours(cells["horaires_accueil"]):
        precisions = " ; ".join(filter(None, (cells["horaires_accueil"], precisions)))
    phone = cells["telephone"]
    parts = (
        cells["description"],
        f"Horaires : {precisions}" if precisions else "",
        f"Téléphone : {phone}" if phone and len(phones.parse(phone)) != 1 else "",
    )
    description = "\n\n".join(filter(None, parts))
    return description if len(description) >= _DESCRIPTION.start else ""


def _description(cells: Mapping[str, str]) -> str:
    """Return the description followed by the name of the source, for which v1 has no field."""
    return "\n\n".join(filter(None, (_own_description(cells), f"Source : {cells['source']}")))


def _last_change(cells: Mapping[str, str]) -> str:
    """Return the first day of the latest date (ISO text), "" if none is known."""
    dates = [parse(cells[column]) for column in ("date_source", "date_verification")]
    return max((when.first_day.isoformat() for when in dates if when), default="")


def _where(cells: Mapping[str, str], row: Mapping[str, Any]) -> Record:
    code, postal = cells["code_insee"], cells["code_postal"]
    lng, lat = (row[axis] for axis in ("longitude", "latitude"))
    exact = pd.notna(lng) and pd.notna(lat)
    return {
        "commune": cells["commune"] or None,
        "code_postal": postal if re.fullmatch("[0-9]{5}", postal) else None,
        "code_insee": code if communes.current_code(code) == code else None,
        "adresse": cells["adresse"] or None,
        "longitude": float(lng) if exact else None,
        "latitude": float(lat) if exact else None,
    }


def _phone(text: str) -> str | None:
    """Return the first number of a text (E.164 if it has ten digits), None if there is none.

    >>> _phone("05 49 87 00 00"), _phone("0590 82 19 63"), _phone("116 006"), _phone("par mail")
    ('+33549870000', '+590590821963', '116006', None)
    """
    numbers = phones.within(text)
    return numbers[0].international if numbers else None


def mail_address(text: str) -> str | None:
    """Return a mail address that others' schemas take too, else None."""
    reachable = not text.lower().endswith(_UNREACHABLE)
    return text if _MAIL.fullmatch(text) and reachable else None


def web_address(text: str) -> str | None:
    """Return an address that others' schemas take too, else None."""
    return text if _LINK.fullmatch(text) and len(text) <= _LONGEST_LINK else None


def _hours(text: str) -> str | None:
    """Return hours in OSM syntax, None if they cannot be parsed."""
    try:
        return hours.understand(text)
    except hours.InvalidHours:
        return None


def _publics(text: str) -> tuple[list[str] | None, str | None]:
    """Return the `publics` of v1, and our own words if v1 cannot express them.

    >>> _publics("femmes|enfants")
    (['familles', 'femmes'], 'Femmes, enfants')
    >>> _publics("tous"), _publics("")
    ((['tous-publics'], None), (None, None))
    """
    words = [word for word in text.split("|") if word in (*_PUBLICS, "tous")]
    named = sorted({_PUBLICS[word] for word in words if word in _PUBLICS})
    publics = [_EVERYBODY] if "tous" in words else named
    others = [word for word in words if word not in (*publics, "tous")]
    return publics or None, (", ".join(words).capitalize() or None) if others else None


_THEMES: Final = {aid: theme for theme, aid in reversed(list(data_inclusion.AIDS.items()))}
"""One theme for each aid that v1 knows, the first of `data_inclusion.AIDS`."""


def _themes(aides: str) -> list[str]:
    """Return the themes of v1 for the aids that a row names itself.

    A shelter's is left out: readers of the base would take the row for one.
    """
    given = set(aides.split("|")) - {Aid.ABRI}
    return [theme for aid, theme in _THEMES.items() if aid in given]


def _reception(cells: Mapping[str, str], acces: set[str]) -> list[str] | None:
    if cells["type"] == ServiceType.ECOUTE:
        return ["a-distance"]
    on_site = cells["adresse"] or not acces.isdisjoint({"sans-rdv", "sur-rdv"})
    return ["en-presentiel"] if on_site else None


def _zone(text: str) -> list[str] | None:
    """Return the codes (of 2026) of a zone; only `france` if it contains `france`."""
    named = [code.strip() for code in text.split("|")]
    if FRANCE in (code.lower() for code in named):
        return [FRANCE]
    return list(dict.fromkeys(filter(None, map(_code, named)))) or None


def _code(code: str) -> str | None:
    known = code in communes.read_departements().index or communes.departements_of_epci(code)
    return code if known else communes.current_code(code)


def _networks(known: Iterable[str], names: Iterable[str]) -> list[str] | None:
    text = " ".join(f" {fold(name)} " for name in names)
    named = [network for word, network in _NAMED_NETWORKS.items() if f" {word} " in text]
    return sorted({*known, *named}) or None
