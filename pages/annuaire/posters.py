"""Posters, leaflets and cards: for which territory, which numbers, how, and the file to print."""

from collections.abc import Collection
from datetime import date
from functools import partial
from html import escape
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import communes, discretion, french, networks
from geodata.paper import poster
from geodata.paper.poster import Kind, Offer, Product, Territory, Wording
from geodata.services import Confidentiality
from pages.shared import address_bar, commune_search, downloads, filters, results
from pages.shared.page_frame import plain
from pages.shared.service_list import ServiceList, cached

_IN_ADDRESS = "affiche"
_KIND = "affiche_pour"
_CODES = {kind: f"affiche_{kind}" for kind in Kind}
_TYPED = "affiche_mots"
_DEPARTEMENTS = "filtre_departements"
_SHOWN_FIRST = 12
_ALWAYS = ("17", "114")
_KNOWN_TO_ALL = ("3919", "116 006", "119", "115")
_EXTRA = {
    Product.POSTER: "Bandes à détacher, en bas, s’il y a la place",
    Product.LEAFLET: "Rabat : qui fait quoi",
    Product.CARDS: "Recto verso : les numéros d’ici au dos",
}
_TO_PRINT = {
    Product.LEAFLET: "Une feuille A4 en recto verso. Imprimer à la taille réelle (100 %), en "
    "retournant sur le bord court, puis plier en trois : le rabat se replie en premier.",
    Product.CARDS: "Dix cartes de 85 × 55 mm. Imprimer à la taille réelle (100 %), sur papier "
    "épais, puis couper le long des repères.",
}
_NUMBER_AND_NAME = (discretion.phone_number, discretion.called)


class _Form(NamedTuple):
    """What is printed, in which words, with what beside it (see `poster.make`)."""

    product: Product
    discreet: bool
    extra: bool
    national: tuple[str, ...]


class _Offered(NamedTuple):
    """What may be printed for a territory: the words of each service by its id, best first.

    `usual`: the ids of those ticked at first. `doubtful`: what to say of those to verify, by id.
    """

    labels: dict[str, str]
    usual: dict[Product, list[str]]
    doubtful: dict[str, str]
    left_out: str


def panel(listed: ServiceList, today: date) -> None:
    """Draw the choices, what will be printed, what to verify before, and the file."""
    st.markdown(
        "À afficher ou à donner dans les pharmacies, cabinets médicaux, mairies, commissariats : "
        "les numéros nationaux et ceux d’ici."
    )
    choices, printed = st.columns([3, 2], gap="medium")
    with choices:
        territory = _choose_territory(listed)
        if territory is None:
            return
        offered = _offered(listed, territory, today)
        form = _choose_form(_national(listed))
        ids = _choose_services(offered, territory, form.product)
    with printed:
        _file(listed.services, territory, ids, today, form)
        _to_verify([offered.doubtful[key] for key in ids if key in offered.doubtful])
        wording = _wording(listed, territory, tuple(ids), today, form)
        st.html(_preview_html(wording, form))


@cached(max_entries=64)
def _offered(listed: ServiceList, territory: Territory, today: date) -> _Offered:
    offer = poster.offer(listed.services, territory)
    rows = {str(key): row for key, row in offer.rows.iterrows()}
    ages = poster.to_verify(offer.rows, today)
    labels = {key: _service_words(row, doubtful=key in ages.index) for key, row in rows.items()}
    doubtful = {
        key: f"- {plain(discretion.called(row, discreet=False))} : {plain(ages[key])}"
        for key, row in rows.items()
        if key in ages.index
    }
    usual = {product: poster.usual(offer.rows, poster.USUAL[product]) for product in Product}
    return _Offered(labels, usual, doubtful, _left_out(offer))


@cached(max_entries=4)
def _national(listed: ServiceList) -> list[str]:
    return [number for number in poster.national_numbers(listed.services) if number not in _ALWAYS]


@cached(max_entries=64)
def _wording(
    listed: ServiceList, territory: Territory, ids: tuple[str, ...], today: date, form: _Form
) -> Wording:
    return poster.wording(
        listed.services, territory, ids, today, discreet=form.discreet, national=form.national
    )


# --- for whom -----------------------------------------------------------------------------


def _choose_territory(listed: ServiceList) -> Territory | None:
    """Draw the choice of a territory, which the address keeps; None until a commune is chosen."""
    options = _options(listed)
    _restore(options)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kinds = [kind for kind in Kind if options.get(kind, {"": ""})]
        st.segmented_control(
            "Pour",
            kinds,
            format_func=lambda kind: kind.label,
            key=_KIND,
            required=True,
            persist_state="session",
            wrap=True,
        )
        kind = Kind(st.session_state[_KIND])
        if kind is not Kind.COMMUNE:
            st.selectbox(
                kind.label,
                list(options[kind]),
                format_func=options[kind].__getitem__,
                key=_CODES[kind],
                persist_state="session",
                label_visibility="collapsed",
                width=260,
            )
    if kind is Kind.COMMUNE:
        commune_search.choose_one(
            st.session_state[_CODES[kind]], _choose_commune, key="affiche", box_key=_TYPED
        )
    code = st.session_state.get(_CODES[kind]) or ""
    address_bar.write({_IN_ADDRESS: f"{kind}-{code}" if code else ""})
    return Territory(kind, code) if code else None


@cached(max_entries=4)
def _options(listed: ServiceList) -> dict[Kind, dict[str, str]]:
    """Return the networks and the départements of the list, each with its name."""
    shown = results.services(listed)
    names = communes.read_departements()["nom"]
    counts = shown["departement"].value_counts()
    here = [code for code in counts.index if code in names.index]
    table = networks.table(listed.services)
    return {
        Kind.NETWORK: {str(slug): str(name) for slug, name in table["label"].items()},
        Kind.DEPARTEMENT: {code: filters.departement_label(code) for code in sorted(here)},
    }


def _restore(options: dict[Kind, dict[str, str]]) -> None:
    """Take the territory from the address on a visit's first run; keep it afterwards."""
    if _KIND not in st.session_state:
        kind, code = _from_address(options)
        st.session_state[_KIND], st.session_state[_CODES[kind]] = kind, code
    kind = Kind(st.session_state[_KIND])
    st.session_state[_KIND] = kind if options.get(kind, {"": ""}) else Kind.COMMUNE
    for other, known in options.items():
        held = st.session_state.get(_CODES[other])
        st.session_state[_CODES[other]] = held if held in known else next(iter(known), None)
    st.session_state.setdefault(_CODES[Kind.COMMUNE], "")


def _from_address(options: dict[Kind, dict[str, str]]) -> tuple[Kind, str]:
    """Return what the address asks for, else the commune or département of the filters."""
    word, _, code = st.query_params.get(_IN_ADDRESS, "").partition("-")
    if word in list(Kind):
        kind = Kind(word)
        known = communes.current_code(code) if kind is Kind.COMMUNE else code
        if known and (kind is Kind.COMMUNE or known in options[kind]):
            return kind, known
    asked = [c for c in st.session_state.get(_DEPARTEMENTS, ()) if c in options[Kind.DEPARTEMENT]]
    return Kind.DEPARTEMENT, asked[0] if asked else next(iter(options[Kind.DEPARTEMENT]), "")


def _choose_commune(code: str) -> None:
    st.session_state[_CODES[Kind.COMMUNE]] = code
    st.session_state[_TYPED] = ""


# --- what, and how ------------------------------------------------------------------------


def _choose_form(listed: list[str]) -> _Form:
    """Draw what is printed, in which words, what goes with it, and the numbers of all France.

    `listed`: those that may be left out.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        product = Product(
            st.segmented_control(
                "Quoi",
                list(Product),
                default=Product.POSTER,
                format_func=lambda product: product.label,
                key="affiche_quoi",
                required=True,
                persist_state="session",
            )
        )
        discreet = st.checkbox(
            "Discret : des mots neutres",
            value=product is not Product.POSTER,
            key=f"affiche_discret_{product}",
        )
        extra = st.checkbox(_EXTRA[product], value=True, key=f"affiche_plus_{product}")
    chosen = st.pills(
        "Numéros nationaux, avec le 17 et le 114",
        listed,
        default=listed,
        selection_mode="multi",
        key="affiche_nationaux",
    )
    known = [number for number in _KNOWN_TO_ALL if number in chosen]
    if discreet and known:
        st.caption(f"⚠️ Numéros que tout le monde connaît, même sans mot : {', '.join(known)}.")
    return _Form(product, discreet, extra, (*_ALWAYS, *chosen))


def _choose_services(offered: _Offered, territory: Territory, product: Product) -> list[str]:
    """Draw what may be printed, the usual ones ticked, and give the ids of those that are."""
    most, usual = poster.MOST[product], offered.usual[product]
    keys = {key: f"affiche_{product}_{territory.code}_{key}" for key in offered.labels}
    ticked = [key for key in keys if st.session_state.get(keys[key], key in usual)]
    st.markdown(
        f"**Numéros d’ici : {french.number(len(ticked))} sur {most} au plus**"
        if keys
        else "Aucun service de la liste n’a de numéro ici : seuls les numéros nationaux seront "
        "imprimés."
    )
    first = [key for place, key in enumerate(keys) if place < _SHOWN_FIRST or key in ticked]
    others = [key for key in keys if key not in first]
    full = len(ticked) >= most

    def tick(key: str) -> bool:
        return st.checkbox(
            offered.labels[key],
            value=key in usual,
            key=keys[key],
            disabled=full and key not in ticked,
        )

    with st.container(key="affiche_lieux", gap="small"):
        chosen = [key for key in first if tick(key)]
        if others:
            with st.expander(f"Et {french.count(len(others), 'autre')}"):
                chosen += [key for key in others if tick(key)]
    if offered.doubtful:
        st.caption("⚠️ : information trop ancienne, ou sans date.")
    if offered.left_out:
        st.caption(offered.left_out)
    return [key for key in keys if key in chosen][:most]


def _service_words(row: pd.Series, *, doubtful: bool) -> str:
    """Return the words beside the box of one service."""
    number, name = (plain(words_of(row, discreet=False)) for words_of in _NUMBER_AND_NAME)
    town = row["commune"] if row["confidentialite"] == Confidentiality.PUBLIC else ""
    town = "" if town in row["nom"] else f", {plain(town)}"
    return f"**{number}** · {'⚠️ ' if doubtful else ''}{name}{town}"


def _left_out(offered: Offer) -> str:
    """Return in words how many services of this territory cannot be printed, and why."""
    sentences = []
    if count := offered.without_number:
        verb = "ne sont pas sur le papier" if count > 1 else "n’est pas sur le papier"
        sentences.append(f"{french.count(count, 'service')} sans numéro {verb}.")
    if count := offered.shelters:
        verb = "Les hébergements" if count > 1 else "L’hébergement"
        verb += " n’y sont jamais" if count > 1 else " n’y est jamais"
        sentences.append(f"{verb} : le 115 y mène.")
    if count := offered.already:
        verb = "ont" if count > 1 else "a"
        sentences.append(f"{french.count(count, 'autre')} {verb} un numéro national.")
    return " ".join(sentences)


# --- what is printed ----------------------------------------------------------------------


def _to_verify(doubtful: list[str]) -> None:
    """List the numbers to check before printing: old, or without a date."""
    if not doubtful:
        return
    verb = "sont trop anciens ou" if len(doubtful) > 1 else "est trop ancien ou"
    it = "les" if len(doubtful) > 1 else "le"
    lines = "\n".join(doubtful)
    st.warning(
        f"{french.count(len(doubtful), 'numéro')} {verb} sans date : {it} vérifier d’abord.\n"
        f"{lines}"
    )


def _file(
    services: gpd.GeoDataFrame, territory: Territory, ids: Collection[str], today: date, form: _Form
) -> None:
    make = partial(poster.make, services, territory, ids, today, **form._asdict())
    name = poster.file_name(territory, form.product, today, discreet=form.discreet)
    downloads.pdf_button(make, name, key="affiche_pdf")
    if words := _TO_PRINT.get(form.product):
        st.caption(words)


def _preview_html(wording: poster.Wording, form: _Form) -> str:
    """Return the words that will be printed, as HTML."""
    folded = form.product is Product.LEAFLET
    lines = [f'<p class="titre">{escape(wording.title)}</p>', *map(_line_html, wording.national)]
    if wording.heading and wording.local:
        lines.append(f'<p class="ici">{escape(wording.heading)}</p>')
    lines += [_line_html(line, folded=folded) for line in wording.local]
    if folded and form.extra and wording.kinds:
        lines.append('<p class="ici">Qui fait quoi</p>')
        lines += [f"<p><b>{escape(kind)}</b> {escape(does)}</p>" for kind, does in wording.kinds]
    below = (wording.others, wording.foot, wording.sources) if folded else (wording.foot,)
    lines += [f'<p class="bas">{escape(text)}</p>' for text in below if text]
    return f'<div class="apercu-affiche" role="region" aria-label="Aperçu">{"".join(lines)}</div>'


def _line_html(line: poster.Line, *, folded: bool = False) -> str:
    more = line.details if folded else (line.place, line.when)
    words = " · ".join(filter(None, (line.name, *more)))
    return f"<p><b>{escape(line.number)}</b> {escape(words)}</p>"
