"""The list as it stands now: read again when its file changes, the last good one kept meanwhile."""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from geodata.services import Reading, UnreadableFile, read_services

PARIS = ZoneInfo("Europe/Paris")
_SHIPPED = Path(__file__).parents[2] / "services.csv"

Signature = tuple[str, int, int]


@dataclass(frozen=True)
class ServiceList:
    """What the pages show: a reading, when its file was written, and what is wrong with it now.

    `signature` tells this reading from every other: what is worked out from it is kept by it.
    """

    reading: Reading
    written: datetime
    trouble: str
    signature: Signature


class NoList(Exception):
    """There is no list to show, and never was one since the start; the message says why."""


def path() -> Path:
    """Give the list's file: `services.csv`, or the one MAILLAGE_SERVICES names."""
    return Path(os.environ.get("MAILLAGE_SERVICES") or _SHIPPED)


def signature() -> Signature:
    """Tell one state of the file from another; (path, 0, 0) while it cannot be found."""
    try:
        status = path().stat()
    except OSError:
        return str(path()), 0, 0
    return str(path()), status.st_mtime_ns, status.st_size


def load() -> ServiceList:
    """Read the list if its file has changed. Raises NoList when there is nothing to show."""
    now = signature()
    good = _last_good()
    if now[0] in good and good[now[0]].signature == now:
        return good[now[0]]
    reading, trouble = _read(*now)
    if reading is not None:
        written = datetime.fromtimestamp(now[1] / 1e9, PARIS)
        good[now[0]] = ServiceList(reading, written, "", now)
    if now[0] not in good:
        raise NoList(trouble)
    return replace(good[now[0]], trouble=trouble)


def warm_up() -> None:
    """Load the list, if there is one, before anybody asks."""
    with suppress(NoList):
        load()


@st.cache_resource(show_spinner=False, max_entries=4)
def _read(name: str, modified_ns: int, size: int) -> tuple[Reading | None, str]:
    """Read one state of the file; nobody may change the frame, which all visitors share."""
    if not (modified_ns and size):
        return None, f"Le fichier {Path(name).name} est introuvable ou vide."
    try:
        reading = read_services(Path(name))
    except UnreadableFile as error:
        return None, f"Le fichier {Path(name).name} ne peut pas être lu. {error}"
    except OSError:
        return None, f"Le fichier {Path(name).name} ne peut pas être ouvert."
    if reading.services.empty:
        first = str(reading.problems[0]) if reading.problems else "Il ne contient aucune ligne."
        return None, f"Le fichier {Path(name).name} ne contient aucun service lisible. {first}"
    return reading, ""


@st.cache_resource(show_spinner=False)
def _last_good() -> dict[str, ServiceList]:
    return {}
