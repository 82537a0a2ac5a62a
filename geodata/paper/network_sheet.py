"""A network's sheet to print: who is in it, by sector, how to reach them, and who is missing.

It is for those who work in the network, and names services: it is not the sheet to hand over
(`handout`). A shelter is a name and the number that leads to it, nothing else; a service that is
never shown is not in it.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd

from geodata import french, freshness, networks
from geodata.discretion import clean
from geodata.paper import _layout, handout
from geodata.paper._scripts import Paper
from geodata.paper._typesetting import GREY, Text
from geodata.services import ServiceType
from geodata.text import fold

__all__ = ["file_name", "section", "sheet"]

_PARIS: Final = ZoneInfo("Europe/Paris")
_COLUMN: Final = 47
_LONGEST_TITLE: Final = 100
_LONGEST_FILE_NAME: Final = 60
_LONGEST_SOURCE: Final = 200
_NO_NUMBER: Final = Text("Numéro inconnu", 10, grey=GREY)


def sheet(services: gpd.GeoDataFrame, network: str, today: date) -> bytes:
    """Return the sheet of a network (a slug of `reseaux`) as a PDF file, A4, dated `today`.

    The same arguments give the same bytes.

    Raises:
        ValueError: the network has no member that may be shown.
    """
    found = networks.members(services, network)
    if found.empty:
        raise ValueError("Ce réseau n’a aucun membre dans la liste.")
    name = _name(network)
    pdf = _layout.pages(name, "Fiche du réseau", _midnight(today))
    _layout.chapter(pdf, name)
    _layout.paragraph(pdf, f"{_count(found)}, le {_day(today)}. Appeler avant de se déplacer.")
    _layout.paragraph(
        pdf,
        "Pour les professionnels : cette feuille nomme les services. La feuille à remettre à une "
        "personne se prépare dans la page Trouver.",
        points=_layout.SMALL,
        quiet=True,
    )
    for heading, members in networks.by_sector(found):
        section(pdf, heading, members, _midnight(today))
    _missing(pdf, networks.missing(networks.table(found))[network])
    _sources(pdf, found, today)
    _layout.number_pages(pdf, f"Maillage, {name}. Édité le {_day(today)}.")
    return bytes(pdf.output())


def file_name(network: str, today: date) -> str:
    """Return the file's name: `reseau-vif-chalon-2026-11-22.pdf`."""
    slug = fold(network)[:_LONGEST_FILE_NAME].strip().replace(" ", "-")
    return f"{slug or 'reseau'}-{today:%Y-%m-%d}.pdf"


def section(pdf: Paper, heading: str, members: gpd.GeoDataFrame, now: datetime) -> None:
    """Write services under a heading, each with its number on the left."""
    _layout.section(pdf, f"{heading} ({french.number(len(members))})", room=38)
    said = handout.entries(members, now, discreet=False)
    for kind, entry in zip(members["type"], said, strict=True):
        texts = _path(entry) if kind == ServiceType.HEBERGEMENT else _facts(entry)
        number = Text(entry.phone, 12, "B") if entry.phone else _NO_NUMBER
        body = (Text(text, 10) for text in texts)
        age = Text(entry.age, 8.5, grey=GREY)
        _layout.beside(
            pdf, number, (Text(entry.name, 11, "B", kind="H3"), *body, age), column=_COLUMN
        )
    pdf.ln(1)


def _facts(entry: handout.Entry) -> tuple[str, ...]:
    """What is said of a service that is no shelter."""
    when = ". ".join(filter(None, (entry.access, entry.hours)))
    return entry.place, entry.contact, when, entry.dates


def _path(entry: handout.Entry) -> tuple[str, ...]:
    """How a shelter is reached: by its number, or else by those that everybody may call."""
    return () if entry.phone else ("Pour y entrer : appeler le 115 ou le 3919.",)


def _missing(pdf: Paper, lacking: Iterable[networks.Sector]) -> None:
    _layout.section(pdf, "Secteurs sans membre dans la liste", room=25)
    _layout.paragraph(pdf, f"{networks.sector_words(lacking) or 'aucun'}.".capitalize())
    _layout.paragraph(
        pdf,
        "La liste ne dit que ce qu’elle connaît : un secteur peut être dans le réseau sans qu’elle "
        "le sache.",
        points=_layout.SMALL,
        quiet=True,
    )


def _sources(pdf: Paper, found: gpd.GeoDataFrame, today: date) -> None:
    _layout.section(pdf, "Sources", room=25)
    lines = []
    for source, members in found.groupby("source", sort=False):
        ages = dict.fromkeys(freshness.words(row, today) for row in freshness.rows(members))
        said = f"{french.count(len(members), 'fiche')}, {' ; '.join(ages)}"
        lines.append(f"{clean(str(source), longest=_LONGEST_SOURCE)} ({said})")
    _layout.bullets(pdf, lines, points=_layout.SMALL)


def _count(found: gpd.GeoDataFrame) -> str:
    return f"{french.count(len(found), 'membre')} dans la liste"


def _name(network: str) -> str:
    said = clean(networks.label(network), longest=_LONGEST_TITLE)
    return said[:1].upper() + said[1:]


def _day(today: date) -> str:
    return french.partial_date(today)


def _midnight(today: date) -> datetime:
    return datetime.combine(today, time(), _PARIS)
