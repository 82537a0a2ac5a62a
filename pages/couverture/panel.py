"""What stands beside the map, as the reader chooses: hours, figures, what if, where best."""

from enum import StrEnum

from pages.shared import address_bar

_KEY, _PARAMETER = "couverture_panneau", "panneau"


class Panel(StrEnum):
    """The four things that are looked at beside the map."""

    HOURS = "heures"
    FIGURES = "chiffres"
    WHAT_IF = "et-si"
    WHERE_BEST = "ou"


_LABELS = {
    Panel.HOURS: "Quand",
    Panel.FIGURES: "Chiffres",
    Panel.WHAT_IF: "Et si…",
    Panel.WHERE_BEST: "Où le mieux ?",
}


def chosen() -> Panel:
    """Give the panel that is open, before it is drawn."""
    return address_bar.kept_choice(Panel, key=_KEY, parameter=_PARAMETER, default=Panel.HOURS)


def choose() -> Panel:
    """Draw the switch, kept in the address, and give the panel that is open."""
    return address_bar.choose("À côté de la carte", _LABELS, key=_KEY, parameter=_PARAMETER)
