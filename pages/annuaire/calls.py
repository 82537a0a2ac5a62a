"""À rappeler cette semaine: whom to call first, with the number, why, and what to ask."""

from datetime import date
from html import escape

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import communes, french, quality
from geodata.services import ServiceType
from geodata.upkeep import calls
from pages.annuaire import health, update_links, views
from pages.shared import cards, downloads, results, signs
from pages.shared.paging import Pages
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList, cached

_THIS_WEEK = 20
_PAGES = Pages("annuaire_appels", per_page=10)


def panel(listed: ServiceList, departements: tuple[str, ...], today: date) -> None:
    """Draw the calls of the week in these départements, and offer them as a sheet to fill."""
    found = results.in_departements(listed, departements)
    ranked = _ranked_calls(listed, today)
    ranked = ranked[ranked.index.isin(found.index)]
    if ranked.empty:
        st.markdown("Personne à rappeler : ce qu’un appel peut corriger est en ordre.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_sentence(len(ranked)), width="content")
        _offer_sheet(ranked, found, today)
    part = ranked[_PAGES.open_slice(len(ranked))]
    called = rows_of(found.loc[part.index])
    for service, call in zip(called, rows_of(part), strict=True):
        _call(service, call, today)
    _PAGES.draw_links(len(ranked))


def _sentence(count: int) -> str:
    if count <= _THIS_WEEK:
        return f"**{french.count(count, 'fiche')} à rappeler**, la plus urgente d’abord."
    return (
        f"**Cette semaine, les {_THIS_WEEK} plus urgentes** des {french.count(count, 'fiche')} à "
        "rappeler."
    )


@cached(max_entries=4)
def _ranked_calls(listed: ServiceList, today: date) -> pd.DataFrame:
    judged = health.judge(listed, today)
    return quality.to_call(listed.services, today, limit=len(listed.services), judged=judged)


def _offer_sheet(ranked: pd.DataFrame, found: gpd.GeoDataFrame, today: date) -> None:
    week = ranked.head(_THIS_WEEK)
    first, every = french.count(len(week), "fiche"), french.count(len(ranked), "fiche")
    kinds: list[downloads.Kind] = [
        (
            f"{first}, à imprimer (XLSX)",
            ".xlsx",
            downloads.XLSX,
            lambda: calls.to_xlsx(calls.sheet(week, found, today)),
        ),
        (
            f"{first} (CSV pour Excel)",
            "-excel.csv",
            "text/csv",
            lambda: calls.to_csv(calls.sheet(week, found, today)),
        ),
    ]
    if len(week) < len(ranked):
        kinds.append(
            (
                f"Tout : {every} (XLSX)",
                "-tout.xlsx",
                downloads.XLSX,
                lambda: calls.to_xlsx(calls.sheet(ranked, found, today)),
            )
        )
    downloads.files(
        "Feuille d’appels",
        "À imprimer et à remplir : qui, à quel numéro, pourquoi, que demander. Jamais une ligne "
        "d’écoute ou d’urgence.",
        f"maillage-a-rappeler-{today:%Y-%m-%d}",
        kinds,
    )


def _call(service: Row, call: Row, today: date) -> None:
    """Draw one call: the name opens the record, the number rings."""
    with st.container(gap=None):
        cards.name_button(service, views.open_record)
        kind = ServiceType(service["type"])
        phone = cards.phone_link(call["telephone"]) or "numéro à trouver"
        where = " · ".join(filter(None, (kind.label, _place_words(service))))
        st.html(
            f'<div class="rappel">{signs.image(signs.SIGNS[kind])}<div>'
            f'<p class="numero">{phone}</p><p>{escape(where)}</p>'
            f'<p class="secondaire">{escape(cards.age_words(service, today=today))}</p></div>'
            f'<p class="quoi"><span>Pourquoi</span>{escape(call["why"])}</p>'
            f'<p class="quoi"><span>Que demander</span>{escape(call["todo"])}</p></div>'
        )
        update_links.offer(service)


def _place_words(service: Row) -> str:
    """Return the commune, else the département."""
    names = communes.read_departements()["nom"]
    return str(service["commune"] or names.get(service["departement"], ""))
