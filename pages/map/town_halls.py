"""The town halls of a département, as JSON for the map's script. A town hall is no service.

They are in no list, no count and no export. Point, telephone and hours are those of the DILA's
directory (Licence Ouverte 2.0), shipped in the communes file.
"""

import json
from functools import lru_cache

from geodata import communes, hours

_DECIMALS = 5  # about 1 m
_UNKNOWN = "Horaires inconnus : appeler avant."


@lru_cache(maxsize=128)
def as_json(departement: str) -> bytes | None:
    """Return `[[commune, lng, lat, telephone, hours in words, point is approximate], …]`.

    Degrees are WGS 84; a town hall without a point is left out. None for an unknown département.
    """
    if departement not in communes.read_departements().index:
        return None
    here = communes.read_communes([departement])
    here = here[here["mairie"].notna()]
    rows = [
        [name, round(point.x, _DECIMALS), round(point.y, _DECIMALS), phone, _words(text), rough]
        for name, point, phone, text, rough in zip(
            here["nom"],
            here["mairie"],
            here["mairie_telephone"],
            here["mairie_horaires"],
            (here["mairie_origine"] == "contour").tolist(),
            strict=True,
        )
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=128)
def phones(departement: str) -> dict[str, str]:
    """Return the telephone number of each commune's town hall, "" where unknown."""
    if departement not in communes.read_departements().index:
        return {}
    return dict(communes.read_communes([departement])["mairie_telephone"])


def _words(text: str) -> str:
    try:
        return hours.describe(text)
    except hours.InvalidHours:
        return _UNKNOWN
