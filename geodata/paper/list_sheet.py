"""A list of services to print: what is shown on *Carte*, all of it, by département and commune.

For professionals: it names services. A shelter is a name and the number that leads to it; a
service that is never shown is not in it, nor is one for those who commit violence.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import geopandas as gpd

from geodata import communes, french, secrecy
from geodata.paper import _layout, network_sheet
from geodata.selection import Selection, select
from geodata.text import french_ranks

MOST: Final = 1_000
"""How many services one paper holds."""
_EVERYWHERE: Final = "Partout en France"


def sheet(services: gpd.GeoDataFrame, title: str, asked: Sequence[str], now: datetime) -> bytes:
    """Return these services as a PDF file, A4, dated `now`; `MOST` at most, which it says.

    `asked`: the filters that chose them, in words.
    """
    shown = select(services, Selection())
    ordered = shown.loc[
        shown[["departement", "commune", "nom"]]
        .assign(commune=french_ranks(shown["commune"]), nom=french_ranks(shown["nom"]))
        .sort_values(["departement", "commune", "nom"])
        .index
    ]
    kept = secrecy.hidden_last(ordered).head(MOST)
    day = french.day(now, today=date.min)
    pdf = _layout.pages(title, "Liste de services", now)
    _layout.chapter(pdf, title)
    filters = f" Filtres : {' ; '.join(asked)}." if asked else ""
    _layout.paragraph(
        pdf,
        f"{french.count(len(shown), 'service')} dans la liste, le {day}.{filters} Appeler avant de "
        "se déplacer.",
    )
    if len(shown) < int(secrecy.is_shown(services).sum()):
        _layout.paragraph(
            pdf, "Ceux pour les auteurs de violences ne sont pas imprimés : ils sont à l’écran."
        )
    if len(shown) > MOST:
        _layout.paragraph(
            pdf, f"Seuls {french.number(MOST)} sont imprimés : filtrer pour en avoir moins."
        )
    _layout.paragraph(
        pdf,
        "En danger : 17, ou 114 par SMS. Écoute : 3919. Un toit ce soir : 115.",
        style="B",
    )
    names = communes.read_departements()["nom"]
    for code, members in kept.groupby("departement", sort=False):
        heading = f"{names[str(code)]} ({code})" if code else _EVERYWHERE
        network_sheet.section(pdf, heading, members, now)
    _layout.number_pages(pdf, f"{title}. Édité le {day} à {french.clock(now)}.")
    return bytes(pdf.output())
