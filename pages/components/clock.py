"""Now, read once per run of a page: everything below takes the time as an argument."""

from datetime import datetime

from pages.components.data import PARIS


def now() -> datetime:
    """Give the present minute in Paris."""
    return datetime.now(PARIS).replace(second=0, microsecond=0)
