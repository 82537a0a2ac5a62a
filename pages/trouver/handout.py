"""The handout being prepared for her: what was chosen, and the page to print or save as PDF."""

import re
from datetime import datetime
from functools import partial
from html import escape

import geopandas as gpd
import streamlit as st

from geodata import phones
from geodata.paper import handout
from pages.shared import downloads, results, service_list
from pages.shared.page_frame import plain

_CHOSEN = "feuille"
_MANY = 5
_KNOWN_TO_ALL = ("3919", "116 006", "119", "115", "114", "17")
_SIZES = {
    handout.Size.A4: "A4",
    handout.Size.GRAND: "A4, gros caractères",
    handout.Size.POCHE: "Poche (A6)",
}


def toggle_button(service_id: str) -> None:
    """Draw the button that adds a service to the handout, or removes it."""
    chosen = _chosen()
    on_it = service_id in chosen
    st.button(
        "− Retirer de la feuille" if on_it else "+ Ajouter à la feuille",
        key=f"ajouter_{service_id}",
        type="tertiary",
        on_click=_remove if on_it else _add,
        args=(service_id,),
        disabled=not on_it and len(chosen) >= handout.MOST,
        help=None
        if on_it or len(chosen) < handout.MOST
        else "La feuille est pleine : huit lieux au plus.",
    )


def clear() -> None:
    """Remove everything from the handout."""
    st.session_state[_CHOSEN] = []


def show(services: gpd.GeoDataFrame, now: datetime) -> None:
    """Draw the handout being prepared: its services, its form, the file, and the printed page."""
    chosen = [service_id for service_id in _chosen() if service_id in services.index]
    with st.container(border=True, key="feuille_preparee"):
        st.header(f"La feuille à remettre ({len(chosen)} sur {handout.MOST})", anchor=False)
        if not chosen:
            st.caption("Choisir « Ajouter à la feuille » sous un lieu ou un numéro.")
            return
        for service_id in chosen:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(plain(services.at[service_id, "nom"]), width="stretch")
                st.button(
                    "Retirer",
                    key=f"retirer_{service_id}",
                    type="tertiary",
                    on_click=_remove,
                    args=(service_id,),
                )
        _forms(services.loc[chosen], now)


def _chosen() -> list[str]:
    """Return the ids chosen that are still in the list."""
    ids = st.session_state.get(_CHOSEN)
    if not ids:
        return []
    listed = results.services(service_list.current()).index
    return [service_id for service_id in ids if service_id in listed]


def _add(service_id: str) -> None:
    st.session_state[_CHOSEN] = [*_chosen(), service_id][: handout.MOST]


def _remove(service_id: str) -> None:
    st.session_state[_CHOSEN] = [other for other in _chosen() if other != service_id]


def _forms(services: gpd.GeoDataFrame, now: datetime) -> None:
    size = st.segmented_control(
        "Format",
        list(_SIZES),
        default=handout.Size.A4,
        format_func=_SIZES.__getitem__,
        required=True,
        key="feuille_format",
    )
    discreet = st.checkbox(
        "Discrète : un mot neutre au lieu du nom des services", value=True, key="feuille_discrete"
    )
    make = partial(handout.handout, services, now, size=size, discreet=discreet)
    downloads.pdf_button(make, handout.FILE_NAME, key="feuille_pdf")
    st.caption(
        "Ou imprimer cette page : seule la feuille le sera, en A4. Les gros caractères et le "
        "format de poche sont dans le PDF."
    )
    entries = handout.entries(services, now, discreet=discreet)
    if discreet and (known := _well_known(entries)):
        st.caption(f"⚠️ Numéros que tout le monde connaît, même sans nom : {', '.join(known)}.")
    st.html(_printed_html(entries, handout.footer(now, discreet=discreet)))


def _well_known(entries: tuple[handout.Entry, ...]) -> list[str]:
    """Return the numbers on the handout that everybody knows."""
    on_it = {phone.key for entry in entries for phone in phones.parse(entry.phone)}
    return [number for number in _KNOWN_TO_ALL if phones.key(number) in on_it]


def _printed_html(entries: tuple[handout.Entry, ...], footer: tuple[str, str]) -> str:
    """Return the HTML that the printer prints instead of the page; the screen does not show it."""
    dense = " serree" if len(entries) > _MANY else ""
    lines = "".join(map(_entry_html, entries))
    foot = "".join(f"<p>{escape(line)}</p>" for line in footer)
    return (
        f'<div class="feuille-imprimee{dense}"><h1>{handout.TITLE}</h1><ol>{lines}</ol>{foot}</div>'
    )


def _entry_html(entry: handout.Entry) -> str:
    solid = re.sub(r"(?<=\d) (?=\d)", "\u00a0", entry.phone)
    phone = f"<strong>{escape(solid)}</strong>" if solid else "<em>Numéro inconnu</em>"
    details = (entry.place, entry.contact, entry.access, entry.hours, entry.dates, entry.age)
    texts = "".join(f"<span>{escape(text)}</span>" for text in details if text)
    return f"<li>{phone}<div><b>{escape(entry.name)}</b>{texts}</div></li>"
