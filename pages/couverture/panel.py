"""The choice of what is shown beside the map: hours, figures, what if, where best, since when."""

from enum import StrEnum

from pages.shared import address_bar

_KEY, _PARAMETER = "couverture_panneau", "panneau"


class Panel(StrEnum):
    """What can be shown beside the map."""

    HOURS = "heures"
    FIGURES = "chiffres"
    WHAT_IF = "et-si"
    WHERE_BEST = "ou"
    SINCE = "depuis"


_LABELS = {
    Panel.HOURS: "Quand",
    Panel.FIGURES: "Chiffres",
    Panel.WHAT_IF: "Et si…",
    Panel.WHERE_BEST: "Où le mieux ?",
    Panel.SINCE: "Depuis",
}


def chosen() -> Panel:
    """Return the panel that is open, before it is drawn."""
    return address_bar.kept_choice(Panel, key=_KEY, parameter=_PARAMETER, default=Panel.HOURS)


def choose() -> Panel:
    """Draw the switch and return the panel that is open."""
    return address_bar.choose("À côté de la carte", _LABELS, key=_KEY, parameter=_PARAMETER)
