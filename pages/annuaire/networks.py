"""The networks: which sectors have members in each, one network's members, and its sheet."""

from collections.abc import Iterable
from datetime import date
from functools import partial
from html import escape
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french, networks
from geodata.networks import Sector
from geodata.paper import network_sheet
from geodata.selection import Selection, select
from geodata.services import ServiceType
from pages.shared import address_bar, cards, signs
from pages.shared.page_frame import plain
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList, cached

_OF = {
    Sector.JUSTICE: "de la justice",
    Sector.POLICE: "de la police ou de la gendarmerie",
    Sector.SOCIAL: "du social",
    Sector.HEALTH: "de la santé",
    Sector.EDUCATION: "de l’éducation",
    Sector.HOUSING: "du logement",
    Sector.ASSOCIATIONS: "des associations",
}


class _Networks(NamedTuple):
    """The networks: `counts` and `missing` as `networks.table` and `missing` give them.

    `labels`: by slug. `unknown`: how many members have a `secteur` that is not understood.
    """

    counts: pd.DataFrame
    missing: pd.Series
    labels: dict[str, str]
    sentence: str
    unknown: int


def panel(listed: ServiceList, today: date) -> None:
    """Draw the networks by sector, then one of them: who is in it, and its sheet to print."""
    listed_networks = _networks(listed)
    if listed_networks.counts.empty:
        st.markdown(
            "Aucun réseau dans la liste : la colonne « reseaux » d’une fiche nomme les siens."
        )
        return
    st.markdown(listed_networks.sentence)
    picture, detail = st.columns([3, 2], gap="medium")
    with detail:
        chosen = _choice(listed_networks)
        _network(listed, chosen, listed_networks.missing[chosen], today)
    with picture:
        st.html(_table_html(listed, chosen))
        _unknown_sectors(listed_networks.unknown)


@cached(max_entries=4)
def _networks(listed: ServiceList) -> _Networks:
    services = listed.services
    counts = networks.table(services)
    missing = networks.missing(counts)
    labels = {row["id"]: _label(row) for row in rows_of(counts)}
    shown = select(services, Selection())
    members = shown[shown["reseaux"] != ""]
    unknown = int(networks.unknown_words(members).sum())
    return _Networks(counts, missing, labels, _sentence(counts, missing), unknown)


def _sentence(counts: pd.DataFrame, missing: pd.Series) -> str:
    """Return how many networks there are, and how many lack the sector most often missing."""
    without = {sector: int(missing.map(lambda held, s=sector: s in held).sum()) for sector in _OF}
    sector = max(without, key=without.__getitem__)
    count = french.count(len(counts), "réseau", "réseaux")
    if not without[sector]:
        return f"{count} ; chaque secteur y a un membre dans la liste."
    verb = "n’ont" if without[sector] > 1 else "n’a"
    return (
        f"{count} ; {french.number(without[sector])} {verb} aucun membre {_OF[sector]} dans la "
        "liste. Il en existe peut-être : la liste ne contient que ce qu’elle connaît."
    )


def _choice(listed_networks: _Networks) -> str:
    """Draw the choice of a network; the largest is the default."""
    default = str(listed_networks.counts["total"].idxmax())
    return address_bar.choose(
        "Réseau",
        listed_networks.labels,
        key="annuaire_reseau",
        parameter="reseau-detail",
        default=default,
        menu=True,
    )


def _label(row: Row) -> str:
    """`réseau ViF Chalon (71)`."""
    return f"{row['label']} ({row['departements']})" if row["departements"] else str(row["label"])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cached(max_entries=64)
def _table_html(listed: ServiceList, chosen: str) -> str:
    """Return the table network × sector, as HTML."""
    listed_networks = _networks(listed)
    columns = {str(sector): sector.label for sector in Sector}
    columns |= {"not_stated": "Non indiqué", "total": "Total"}
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns.values())
    labels = listed_networks.labels
    rows = "".join(
        f"<tr{' class=choisi' if row['id'] == chosen else ''}>"
        f'<th scope="row">{escape(_capital(labels[row["id"]].removeprefix("réseau ")))}</th>'
        + "".join(_cell(int(row[column]), tinted=column in list(Sector)) for column in columns)
        + "</tr>"
        for row in rows_of(listed_networks.counts)
    )
    return (
        '<div class="reseaux" role="region" tabindex="0" aria-label="Réseaux et secteurs"><table>'
        "<caption>Membres de chaque réseau dans la liste, par secteur (– : aucun)</caption>"
        f'<thead><tr><th scope="col">Réseau</th>{head}</tr></thead><tbody>{rows}</tbody></table>'
        "</div>"
    )


def _cell(count: int, *, tinted: bool) -> str:
    if not count:
        return '<td aria-label="aucun">–</td>'
    return f"<td{' class=part4' if tinted else ''}>{french.number(count)}</td>"


def _unknown_sectors(unknown: int) -> None:
    """Say how many members have a `secteur` that is not understood, and which words are."""
    if unknown:
        st.caption(
            f"{french.count(unknown, 'fiche')} : secteur inconnu. La colonne « secteur » porte un "
            f"autre mot que {', '.join(Sector)}."
        )


def _network(listed: ServiceList, network: str, missing: Iterable[Sector], today: date) -> None:
    number, drawn = _members(listed, network, today)
    st.subheader(plain(_capital(networks.label(network))), anchor=False)
    without = networks.sector_words(missing) or "aucun"
    st.markdown(
        f"{french.count(number, 'membre')} dans la liste. Secteurs sans membre dans la liste : "
        f"{without}."
    )
    st.download_button(
        "Fiche du réseau à imprimer (PDF)",
        partial(network_sheet.sheet, listed.services, network, today),
        file_name=network_sheet.file_name(network, today),
        mime="application/pdf",
        on_click="ignore",
        key="reseau_pdf",
    )
    st.html(drawn)


@cached(max_entries=64)
def _members(listed: ServiceList, network: str, today: date) -> tuple[int, str]:
    """Return how many members a network has, and all of them by sector, as HTML."""
    found = networks.members(listed.services, network)
    parts = "".join(_sector(*part, today) for part in networks.by_sector(found))
    return len(found), f'<div class="membres">{parts}</div>'


def _sector(heading: str, members: gpd.GeoDataFrame, today: date) -> str:
    lines = "".join(_member(service, today) for service in rows_of(members))
    count = french.number(len(members))
    return f"<section><h4>{escape(heading)} ({count})</h4>{lines}</section>"


def _member(service: Row, today: date) -> str:
    sign = signs.image(signs.SIGNS[ServiceType(service["type"])]).replace(", ouvert", "")
    phone = cards.phone_link(service["telephone"]) or "numéro inconnu"
    age = cards.age_words(service, today=today)
    return (
        f'<div class="carte-service">{sign}<div><p><b>{escape(service["nom"])}</b> · {phone}</p>'
        f"<p>{escape(cards.place_words(service))}</p>"
        f'<p class="secondaire">{escape(service["source"])} · {escape(age)}</p></div></div>'
    )
