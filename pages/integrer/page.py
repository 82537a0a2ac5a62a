"""The page: a strip, three choices, the map, and the same services as a list."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any, Final
from urllib.parse import quote

import geopandas as gpd
import pandas as pd

from geodata import communes, french, phones
from geodata.hours import State
from geodata.selection import Selection
from geodata.services import ServiceType
from geodata.text import french_ranks
from pages.map import assets, marker_file, outlines
from pages.shared import cards, clock, filter_address, filters, results, signs
from pages.shared.clock import Moment
from pages.shared.filter_address import Time, When
from pages.shared.public_rows import public_rows
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList
from pages.web import plain_page

MOST: Final = 500
"""How many services are drawn and listed at most; beyond that, the page asks for a choice."""
_STATES = tuple(State)
_EVERY = "Tous"


def html(listed: ServiceList, values: Mapping[str, Any], now: datetime) -> str:
    """Return the page that shows the public services that answer these filters."""
    public = public_rows(listed)
    asked = filter_address.selection(values, now)
    found, times = results.find(public, asked, now)
    moment = clock.moment(asked, now)
    body = _choices(public, values, asked, now)
    if len(found) > MOST:
        body += (
            f"<p>{french.count(len(found), 'service')} : c’est trop pour cette carte. Choisir un "
            "département ou un type.</p>"
        )
    elif found.empty:
        body += (
            "<p><strong>Aucun service de la liste ne répond à ce choix.</strong> Cela ne veut pas "
            "dire qu’il n’y a rien : appeler le 3919.</p>"
        )
    else:
        body += _map(public, found, times, asked, moment) + _list(found, times, asked, moment)
    return plain_page.html("Carte des services", body, head=_head(), script=_SCRIPT, in_frame=True)


_SCRIPT = f"assets/{assets.OWN}/map/embed.js"


def _head() -> str:
    """Return the styles of the map, and Leaflet, which the page's own script waits for."""
    styles = "".join(
        f'<link rel="stylesheet" href="assets/{path}">' for path in assets.STYLES.values()
    )
    scripts = "".join(
        f'<script defer src="assets/{assets.SCRIPTS[name]}"></script>'
        for name in ("leaflet", "markercluster")
    )
    return styles + scripts


def _choices(
    listed: ServiceList, values: Mapping[str, Any], asked: Selection, now: datetime
) -> str:
    """Return the form; what it does not show of the filters, as several types, stays in it."""
    names = communes.read_departements()["nom"]
    homes = sorted({*listed.services["departement"], *values["departements"]} - {""})
    shown = {
        "departements": {code: f"{names[code]} ({code})" for code in homes},
        "types": {str(kind): kind.label for kind in ServiceType if _is_offered(kind)},
    }
    shown = {name: options for name, options in shown.items() if len(values[name]) < 2}
    labels = {"departements": "Département", "types": "Quoi"}
    kept = [
        (name, value)
        for name, chosen in values.items()
        if isinstance(chosen, list) and name not in shown
        for value in chosen
    ]
    kept += [(name, values[name]) for name in ("mots", "autour") if values[name]]
    kept += [(name, "non") for name in ("inconnus", "sans_precision") if not values[name]]
    selects = "".join(
        f"<label>{labels[name]} {_select(name, options, values[name])}</label>"
        for name, options in shown.items()
    )
    when = {"": "Peu importe", str(When.NOW): "Ouvert maintenant"}
    is_now = asked.open_at == now  # a moment that is past is now
    given = str(When.NOW) if is_now else Time.of(values).in_address()
    when.setdefault(given, f"Ouvert {filters.when_words(asked, now)}")
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(str(value))}">' for name, value in kept
    )
    return (
        f'<form method="get" action="integrer">{selects}'
        f"<label>Quand {_select('quand', when, [given])}</label>{hidden}"
        "<button>Montrer</button></form>"
    )


def _is_offered(kind: ServiceType) -> bool:
    return kind != ServiceType.HEBERGEMENT


def _select(name: str, options: Mapping[str, str], chosen: Iterable[str]) -> str:
    """Return a menu of one value at most."""
    first = next(iter(map(str, chosen)), "")
    every = {} if "" in options else {"": _EVERY}
    return f'<select name="{name}">' + "".join(
        f'<option value="{escape(value)}"{" selected" if value == first else ""}>'
        f"{escape(label)}</option>"
        for value, label in {**every, **options}.items()
    ) + "</select>"  # fmt: skip


def _map(
    listed: ServiceList,
    found: gpd.GeoDataFrame,
    times: pd.DataFrame,
    asked: Selection,
    moment: Moment,
) -> str:
    placed = found[signs.on_the_map(found)]
    homes = listed.services.loc[listed.services.geometry.notna(), "departement"]
    territory = tuple(sorted(asked.departements or set(homes) - {""}))
    west, south, east, north = outlines.bounds_shown(placed, territory, asked.communes)
    view = {
        "territory": territory,
        "bounds": [[south, west], [north, east]],
        "places": [
            [
                key,
                round(point.y, 6),
                round(point.x, 6),
                marker_file.FAMILY_OF[kind],
                _STATES.index(state),
                int(approximate),
                name,
            ]
            for key, point, kind, state, approximate, name in zip(
                placed.index,
                placed.geometry,
                placed["type"],
                times.loc[placed.index, "state"],
                placed["approximatif"],
                placed["nom"],
                strict=True,
            )
        ],
        "crowd": None,
        "focus": None,
        "tiles": False,
        "townHalls": False,
        "routes": [],
        "origin": None,
        "pick": False,
        "shades": None,
    }
    sheets = {
        service["id"]: _sheet(service, when, moment)
        for service, when in zip(rows_of(placed), rows_of(times.loc[placed.index]), strict=True)
    }
    settings = {"version": assets.version(), "icons": signs.icons(), "assets": "assets/"}
    data = json.dumps({"settings": settings, "view": view, "sheets": sheets})
    # In a script element only `<` could begin something else than text.
    data = data.replace("<", "\\u003c")
    return (
        '<p class="secondaire"><a href="#liste">Aller à la liste</a></p>'
        f'<div id="carte"></div><script type="application/json" id="donnees">{data}</script>'
        '<p class="secondaire">Signe plein : ouvert. Vide : fermé. Pointillé avec un « ? » : '
        "horaires inconnus. Dans un anneau : emplacement approximatif (mairie).</p>"
    )


def _sheet(service: Row, times: Row, moment: Moment) -> dict[str, object]:
    numbers = phones.parse(service["telephone"])
    return {
        "id": service["id"],
        "title": service["nom"],
        "lines": [
            ServiceType(service["type"]).label,
            cards.state_words(service, times, moment=moment),
            cards.place_words(service),
        ],
        "phone": str(numbers[0]) if len(numbers) == 1 else "",
    }


def _list(found: gpd.GeoDataFrame, times: pd.DataFrame, asked: Selection, moment: Moment) -> str:
    time = f"{french.day(moment.at, today=moment.now.date())} à {french.clock(moment.at)}"
    if asked.open_during:
        time = filters.when_words(asked, moment.now)
    found = found.sort_values(["commune", "nom"], key=french_ranks, kind="stable")
    cards_html = "".join(
        _card(service, when, moment)
        for service, when in zip(rows_of(found), rows_of(times.loc[found.index]), strict=True)
    )
    return (
        f"<h1 id='liste' tabindex='-1'>{french.count(len(found), 'service')}, {time}</h1>"
        f"<p>Appeler avant de se déplacer.</p><div class='liste'>{cards_html}</div>"
    )


def _card(service: Row, times: Row, moment: Moment) -> str:
    kind = ServiceType(service["type"])
    sign = signs.image(signs.SIGNS[kind], times["state"], approximate=bool(service["approximatif"]))
    state = escape(cards.state_words(service, times, moment=moment))
    phone = cards.phone_link(service["telephone"])
    link = f"./?fiche={quote(service['id'], safe='')}"
    return (
        f'<article class="carte-service">{sign}<div>'
        f'<h2><a href="{link}" target="_blank" rel="noopener noreferrer">'
        f"{escape(service['nom'])}</a></h2>"
        f'<p><span class="etat">{state}</span>{f" · {phone}" if phone else ""}</p>'
        f"<p>{escape(cards.place_words(service))}</p>"
        f'<p class="secondaire">{escape(service["source"])} · '
        f"{escape(cards.age_words(service, today=moment.now.date()))}</p></div></article>"
    )
