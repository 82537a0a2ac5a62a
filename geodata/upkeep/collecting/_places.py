"""Find the points of the rows that have an address and none, by the geocoder's batch service."""

from collections.abc import Callable
from datetime import date
from typing import Final

import pandas as pd

from geodata import addresses, french
from geodata.addresses import GeocoderUnavailable
from geodata.fact_sources import FactSource
from geodata.points import is_approximate, measured_points
from geodata.upkeep.collecting._joining import Joining

_SOURCE: Final = "Base adresse nationale, par la Géoplateforme (IGN)"
_LINK: Final = "https://geoservices.ign.fr/documentation/services/services-geoplateforme/geocodage"
_DECIMALS: Final = 6


def locate(joining: Joining, *, today: date, tell: Callable[[float], None]) -> str:
    """Give points to public rows that came from a source; return what was done, in French.

    Never sent: a row that hides its place, a shelter, a row that no source gave.
    """
    services = joining.read().services
    official = {known.row for known in joining.records.values()}
    wanted = ~measured_points(services).isna() & is_approximate(services)
    wanted &= (services["confidentialite"] == "public") & (services["adresse"] != "")
    wanted &= (services["code_insee"] != "") & services.index.isin(official)
    rows = pd.DataFrame(services.loc[wanted, ["adresse", "code_postal", "code_insee"]])
    rows = rows[[not _by_hand(joining, str(key)) for key in rows.index]]
    if rows.empty:
        return "Chaque lieu qui a une adresse a son point, ou n’est pas à placer."
    found, failure, asked = 0, "", 0
    origin = FactSource(_SOURCE, _LINK, today.isoformat())
    for start in range(0, len(rows), addresses.MOST_LOCATED):
        part = rows.iloc[start : start + addresses.MOST_LOCATED]
        try:
            points = addresses.locate(part)
        except GeocoderUnavailable as error:
            failure = str(error)
            break
        asked += len(part)
        for key, lng, lat in zip(points.index, points["lng"], points["lat"], strict=True):
            degrees = {"latitude": lat, "longitude": lng}
            cells = {column: f"{round(value, _DECIMALS)}" for column, value in degrees.items()}
            joining.write(str(key), cells, origin)
        found += len(points)
        tell(asked / len(rows))
    left = french.count(len(rows) - found, "lieu reste", "lieux restent")
    done = f"{french.count(found, 'adresse placée', 'adresses placées')} par le service d’adresses"
    return f"{done} ; {left} à la mairie. {failure}".strip()


def _by_hand(joining: Joining, key: str) -> bool:
    return any((key, name) in joining.by_hand for name in ("adresse", "latitude", "longitude"))
