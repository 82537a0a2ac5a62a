"""The popup of the service whose sheet is open."""

import geopandas as gpd
import pandas as pd

from geodata import phones
from geodata.services import ServiceType
from pages.map.leaflet_map import Focus
from pages.shared import cards
from pages.shared.clock import Moment
from pages.shared.rows import row_of


def focus(
    services: gpd.GeoDataFrame, times: pd.DataFrame, chosen: str, *, moment: Moment
) -> Focus | None:
    """Return what the popup says of the service with the id `chosen`; None if it is not here."""
    if chosen not in services.index:
        return None
    service = row_of(services, chosen)
    lines = (
        cards.FOR_PERPETRATORS
        if cards.is_for_perpetrators(service)
        else ServiceType(service["type"]).label,
        cards.state_words(service, row_of(times, chosen), moment=moment),
        cards.place_words(service),
    )
    numbers = phones.parse(service["telephone"])
    phone = str(numbers[0]) if len(numbers) == 1 else ""
    return Focus(chosen, service["nom"], lines, phone)
