"""The popup of the service whose sheet is open."""

from geodata import phones
from geodata.services import ServiceType
from pages.map.leaflet_map import Focus
from pages.shared import cards
from pages.shared.cards import Row
from pages.shared.clock import Moment


def focus(service: Row, times: Row, *, moment: Moment) -> Focus:
    """Return what the popup says of one service."""
    lines = (
        ServiceType(service["type"]).label,
        cards.state_words(service, times, moment=moment),
        cards.place_words(service),
    )
    numbers = phones.parse(service["telephone"])
    phone = str(numbers[0]) if len(numbers) == 1 else ""
    return Focus(cards.id_of(service), service["nom"], lines, phone)
