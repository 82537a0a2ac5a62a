"""The agenda of drop-ins: how many, by day, by place; the dates to renew and the hours to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import communes, french, hours
from geodata.agenda import holiday_doubt, later, occasions, stops, to_ask, to_renew, touring
from geodata.aids import ACCESS
from geodata.hours import State
from geodata.selection import Selection
from geodata.services import Confidentiality, ServiceType
from geodata.text import french_ranks, in_french_order
from pages.map import town_halls
from pages.shared import address_bar, cards, no_result, results, sheet, signs
from pages.shared.filter_address import SPAN_DAYS
from pages.shared.paging import Pages
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList, cached

_PAGES = Pages("page_agenda", per_page=60)
_LATER_PAGES = Pages("page_apres", per_page=10)
_MOST_DATES = 8
_FEW = 5
_HEIGHT = 480
_SPAN, _ORDER = "duree", "par"
_SPANS = {
    "4-semaines": (SPAN_DAYS["4-semaines"], "4 semaines", "Ces quatre semaines"),
    "3-mois": (SPAN_DAYS["3-mois"], "3 mois", "Ces trois mois"),
    "6-mois": (SPAN_DAYS["6-mois"], "6 mois", "Ces six mois"),
    "un-an": (SPAN_DAYS["un-an"], "un an", "D’ici un an"),
}
"""Days, words of the choice, words of the answer."""
_ORDER_LABELS = {"date": "Par date", "lieu": "Par lieu"}
_OVERSEAS = ("97", "98")


@dataclass(frozen=True)
class Span:
    """The days that are shown, from `start` (today) to the day before `end`, and their name."""

    start: date
    end: date
    label: str


@dataclass(frozen=True)
class Undated:
    """What the agenda shows besides openings: each as `geodata.agenda` gives it, some as rows.

    `to_ask` and `to_renew` are sorted by département and commune. `later` are all services that
    have a next opening.
    """

    to_ask: list[Row]
    to_renew: list[Row]
    later: list[Row]
    stops: gpd.GeoDataFrame
    tours: gpd.GeoDataFrame


def choose_span(now: datetime) -> Span:
    """Draw the choice of how many weeks to show; four by default."""
    labels = {name: label for name, (_, label, _) in _SPANS.items()}
    with st.container(key="periode", width=150):
        name = address_bar.choose("Période", labels, key=_SPAN, parameter=_SPAN, menu=True)
    days, _, words = _SPANS[name]
    return Span(now.date(), now.date() + timedelta(days=days), words)


def openings(
    listed: ServiceList, found: gpd.GeoDataFrame, selection: Selection, span: Span, now: datetime
) -> pd.DataFrame:
    """Return what is still to come in the span, as `geodata.agenda.occasions` does."""
    here = results.in_departements(listed, selection.departements)
    dated = _occasions(listed, tuple(selection.departements), span.start, span.end)
    coming = dated["end"] > now
    if len(found) < len(here):
        coming &= dated["id"].isin(found.index)
    return dated[coming].reset_index(drop=True)


@cached(max_entries=64)
def _occasions(
    listed: ServiceList, departements: tuple[str, ...], start: date, end: date
) -> pd.DataFrame:
    return occasions(results.in_departements(listed, departements), start, end)


def undated(
    listed: ServiceList, found: gpd.GeoDataFrame, selection: Selection, now: datetime
) -> Undated:
    """Return those found that lack a date, their next openings, and the stops of tours."""
    here = results.in_departements(listed, selection.departements)
    kept = _undated(listed, tuple(selection.departements), now)
    if len(found) == len(here):
        return kept

    def among_found(services: list[Row]) -> list[Row]:
        return [service for service in services if service["id"] in found.index]

    moving = kept.stops[kept.stops.index.isin(found.index)]
    return Undated(
        among_found(kept.to_ask),
        among_found(kept.to_renew),
        among_found(kept.later),
        moving,
        touring(moving),
    )


@cached(max_entries=16, ttl=results.A_MINUTE_IS_OVER)
def _undated(listed: ServiceList, departements: tuple[str, ...], now: datetime) -> Undated:
    here = results.in_departements(listed, departements)
    moving = stops(here, now)
    return Undated(
        sorted(rows_of(to_ask(here, now)), key=_area_and_name),
        sorted(rows_of(to_renew(here, now)), key=_area_and_name),
        rows_of(later(here, (), now)),
        moving,
        touring(moving),
    )


def sentence(openings: pd.DataFrame, found: gpd.GeoDataFrame, span: Span) -> None:
    """*Ces quatre semaines : 14 permanences dans 9 communes*."""
    if openings.empty:
        st.markdown(f"**{span.label} : aucune date connue**")
        return
    codes = found["code_insee"]
    around = len({codes[key] for key in openings["id"].unique()} - {""})
    places = f" dans {french.count(around, 'commune')}" if around else ""
    st.markdown(f"**{span.label} : {french.count(len(openings), 'permanence')}{places}**")


def count_undated(*, to_ask: int, to_renew: int) -> None:
    """Say how many services lack hours or dates."""
    counts = [
        f"{french.count(number, 'fiche')} {one if number < 2 else several}"
        for number, one, several in (
            (to_ask, "a des horaires à demander", "ont des horaires à demander"),
            (to_renew, "a des dates à renouveler", "ont des dates à renouveler"),
        )
        if number
    ]
    if counts:
        st.markdown(f"{', '.join(counts)} : plus bas, avec le numéro à appeler.")


def show(openings: pd.DataFrame, found: gpd.GeoDataFrame, now: datetime) -> None:
    """Draw the openings by date or by place, one page at a time."""
    order = address_bar.choose("Ordre", _ORDER_LABELS, key=_ORDER, parameter=_ORDER)
    ids = openings["id"].unique()
    count = len(ids) if order == "lieu" else len(openings)
    part = _PAGES.open_slice(count)
    with st.container(key="tenues", gap="small", height=_HEIGHT if count > _FEW else "content"):
        if order == "lieu":
            _by_place(openings[openings["id"].isin(ids[part])], found, now)
        else:
            _by_date(openings.iloc[part], found, now)
    _PAGES.draw_links(count, say_which=True)


def no_opening(later: Sequence[Row], selection: Selection, now: datetime) -> None:
    """Say which filters to loosen, and draw the next opening."""
    shorter = st.session_state[_SPAN] != list(_SPANS)[-1]
    loosen = no_result.filters_to_loosen("la période", selection, asked=shorter)
    less = f" Ou enlever un de ces choix :{loosen}" if loosen else ""
    st.info(f"Cela ne veut pas dire qu’il n’y a rien : voir plus bas qui appeler.{less}")
    if selection != Selection():
        no_result.clear_button()
    if later:
        service = later[0]
        following = service["next"]
        day = french.day(following, today=now.date())
        cards.name_button(service, sheet.open_sheet, key="prochaine")
        facts(service, now, first=f"prochaine date connue : {day} à {french.clock(following)}")


def show_to_renew(services: Sequence[Row], listed: ServiceList, now: datetime) -> None:
    """Draw the services whose last known date has passed."""
    if services:
        st.header(f"Dates à renouveler ({french.number(len(services))})")
        st.markdown(
            "Les dernières dates connues sont passées. Appeler pour avoir les prochaines : rien ne "
            "dit que la permanence a cessé."
        )
        _draw_to_call(services, listed, now, name="renouveler")


def show_to_ask(services: Sequence[Row], listed: ServiceList, now: datetime) -> None:
    """Draw the permanences whose hours are known in words only, or not at all."""
    if services:
        st.header(f"Horaires à demander ({french.number(len(services))})")
        st.markdown(
            "Ces permanences existent, mais nous ne connaissons pas leurs heures exactes. Appeler "
            "avant d’y envoyer quelqu’un."
        )
        _draw_to_call(services, listed, now, name="demander")


def show_later(later: Sequence[Row], openings: pd.DataFrame, now: datetime) -> None:
    """Draw the permanences with known hours that have none of these openings."""
    shown = set(openings["id"])
    services = [service for service in later if service["id"] not in shown]
    if not services:
        return
    st.header(f"Plus tard, ou presque tous les jours ({french.number(len(services))})")
    for service in services[_LATER_PAGES.open_slice(len(services))]:
        following = service["next"]
        day = french.day(following, today=now.date())
        cards.name_button(service, sheet.open_sheet, key=f"apres_{service['id']}")
        facts(service, now, first=f"prochaine : {day} à {french.clock(following)}")
    _LATER_PAGES.draw_links(len(services), say_which=True)


def facts(
    service: Row,
    now: datetime,
    *,
    state: State = State.OPEN,
    first: str = "",
    call: str = "",
    lines: tuple[str, ...] = (),
) -> None:
    """Draw what a reader needs to go there or to call: sign, place, number, access, source, age.

    `first` is written before the number; `call` is the HTML of a number to call, else the service's
    own; `lines` are further texts.
    """
    access = ", ".join(ACCESS.get(word, word) for word in service["acces"].split("|") if word)
    phone = call or cards.phone_link(service["telephone"])
    first_html = f'<span class="etat">{escape(first)}</span>' if first else ""
    head = " · ".join(filter(None, (first_html, phone)))
    access = access or "accès non précisé"
    texts = (*lines, cards.place_words(service), access, service["horaires_precisions"])
    words = "".join(f"<p>{line}</p>" for line in (head, *map(escape, texts)) if line)
    family = signs.SIGNS[ServiceType(service["type"])]
    sign = signs.image(family, state, approximate=bool(service["approximatif"]))
    st.html(
        f'<div class="carte-service">{sign.replace(", ouvert", "")}<div>{words}'
        f'<p class="secondaire">{_source(service)} · '
        f"{escape(cards.age_words(service, today=now.date()))}</p></div></div>"
    )


def _source(service: Row) -> str:
    """Return HTML of the source's name, which opens its page where there is one."""
    name, link = escape(service["source"]), cards.web_link(service["lien_source"])
    return f"{link[: link.index('>') + 1]}{name}</a>" if link.startswith("<a ") else name


class _Opening(NamedTuple):
    """A row of `openings`."""

    number: int
    id: str
    start: datetime
    end: datetime


def _rows(openings: pd.DataFrame) -> list[_Opening]:
    return [_Opening(*row) for row in openings[["id", "start", "end"]].itertuples(name=None)]


def _by_date(openings: pd.DataFrame, found: gpd.GeoDataFrame, now: datetime) -> None:
    services = {service["id"]: service for service in rows_of(found.loc[openings["id"].unique()])}
    for day, on_day in groupby(_rows(openings), lambda opening: opening.start.date()):
        near = french.near_day(day, today=now.date())
        words = french.day(day, today=now.date())
        st.html(f'<h2 class="jour">{words if near in words else f"{near}, {words}"}</h2>')
        for opening in on_day:
            service = services[opening.id]
            before = f"{_clocks(opening, service)} · "
            with st.container(gap=None):
                key = f"tenue_{opening.number}"
                cards.name_button(service, sheet.open_sheet, key=key, before=before)
                facts(service, now)


def _by_place(openings: pd.DataFrame, found: gpd.GeoDataFrame, now: datetime) -> None:
    dates: dict[str, list[_Opening]] = {}
    for opening in _rows(openings):
        dates.setdefault(opening.id, []).append(opening)
    here = found.loc[list(dates)].sort_values("nom", key=french_ranks, kind="stable")
    for commune, group in sorted(
        here.groupby("commune"), key=lambda pair: in_french_order(pair[0])
    ):
        st.html(f'<h2 class="jour">{escape(commune) or "Sans lieu connu"}</h2>')
        for service in rows_of(group):
            own = dates[service["id"]]
            words = [
                f"{french.day(opening.start, today=now.date())}, {_clocks(opening, service)}"
                for opening in own[:_MOST_DATES]
            ]
            more = len(own) - len(words)
            rest = (f"… et {french.count(more, 'autre date', 'autres dates')}",) if more else ()
            with st.container(gap=None):
                cards.name_button(service, sheet.open_sheet, key=f"lieu_{service['id']}")
                facts(service, now, lines=(*words, *rest))


def _clocks(opening: _Opening, service: Row) -> str:
    """`14 h – 17 h`; with the day of the end where that is another."""
    start, end = opening.start, opening.end
    last = "minuit" if end.time() == time() else french.clock(end)
    if end - start > timedelta(days=1):
        last = f"{french.day(end, today=start)} à {french.clock(end)}"
    zone = " (heure de Paris)" if service["departement"].startswith(_OVERSEAS) else ""
    return f"{french.clock(start)} – {last}{zone}{holiday_doubt(start.date(), service)}"


def _draw_to_call(
    services: Sequence[Row], listed: ServiceList, now: datetime, *, name: str
) -> None:
    """Draw services to call, by département, in two columns, some at a time."""
    names = communes.read_departements()["nom"]
    numbers = _structure_phones(listed)
    pages = Pages(f"page_{name}", per_page=10)
    for code, same in groupby(services[pages.open_slice(len(services))], itemgetter("departement")):
        group = list(same)
        st.subheader(names.get(code, "Plusieurs départements, ou non précisé"))
        with st.container(key=f"attente_{name}_{code}"):
            left, right = st.columns(2, gap="medium")
        for position, service in enumerate(group):
            with left if position < (len(group) + 1) // 2 else right, st.container(gap=None):
                cards.name_button(service, sheet.open_sheet, key=f"{name}_{service['id']}")
                facts(
                    service,
                    now,
                    state=State.UNKNOWN,
                    call=_phone_html(service, numbers),
                    lines=_hours_words(service),
                )
    pages.draw_links(len(services), say_which=True)


def _area_and_name(service: Row) -> tuple[object, ...]:
    """Return what services are sorted by; those without a département come last."""
    names = (in_french_order(service[column]) for column in ("commune", "nom"))
    return service["departement"] or "~", *names


def _hours_words(service: Row) -> tuple[str, ...]:
    if not service["horaires_accueil"]:
        return ()
    try:
        return (hours.describe(service["horaires_accueil"]),)
    except hours.InvalidHours:
        return (f"« {service['horaires_accueil']} » (texte non compris)",)


@cached(max_entries=4)
def _structure_phones(listed: ServiceList) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the first number, and its name, that a structure has in a département.

    Numbers of shelters, or of places whose commune is confidential, are left out.
    """
    services = results.services(listed)
    phones = services[
        (services["structure"] != "")
        & (services["telephone"] != "")
        & (services["type"] != ServiceType.HEBERGEMENT)
        & services["confidentialite"].isin([Confidentiality.PUBLIC, Confidentiality.COMMUNE])
    ].drop_duplicates(["structure", "departement"])
    whose = zip(phones["structure"], phones["departement"], strict=True)
    return dict(zip(whose, zip(phones["telephone"], phones["nom"], strict=True), strict=True))


def _phone_html(service: Row, numbers: dict[tuple[str, str], tuple[str, str]]) -> str:
    """Return HTML of the number to call: its own, else its structure's, else the town hall's."""
    if service["telephone"]:
        return cards.phone_link(service["telephone"])
    if (service["structure"], service["departement"]) in numbers:
        phone, name = numbers[service["structure"], service["departement"]]
        return f"{cards.phone_link(phone)} ({escape(name)})"
    if service["confidentialite"] == Confidentiality.PUBLIC:
        phone = town_halls.phones(service["departement"]).get(service["code_insee"], "")
        if phone:
            return f"{cards.phone_link(phone)} (mairie)"
    return "numéro inconnu : voir la source"
