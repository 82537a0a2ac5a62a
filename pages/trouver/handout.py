"""The sheet being prepared for her: what was chosen, and the page to print or to save as PDF."""

import re
from datetime import datetime
from functools import partial
from html import escape

import geopandas as gpd
import streamlit as st

from geodata import phones
from geodata.paper import handout
from pages.shared import results, service_list
from pages.shared.page_frame import plain

_CHOSEN = "feuille"
_MANY = 5
_KNOWN_TO_ALL = ("3919", "116 006", "119", "115", "114", "17")
_SIZES = {
    handout.Size.A4: "A4",
    handout.Size.GRAND: "A4, gros caractères",
    handout.Size.POCHE: "Poche (A6)",
}


def offer(service_id: str) -> None:
    """Offer to put a service on the sheet, or to take it off."""
    chosen = _chosen()
    on_it = service_id in chosen
    st.button(
        "− Retirer de la feuille" if on_it else "+ Ajouter à la feuille",
        key=f"ajouter_{service_id}",
        type="tertiary",
        on_click=_take_off if on_it else _put,
        args=(service_id,),
        disabled=not on_it and len(chosen) >= handout.MOST,
        help=None
        if on_it or len(chosen) < handout.MOST
        else "La feuille est pleine : huit lieux au plus.",
    )


def empty() -> None:
    """Take everything off the sheet."""
    st.session_state[_CHOSEN] = []


def show(services: gpd.GeoDataFrame, now: datetime) -> None:
    """Draw the sheet being prepared: its lines, its form, the file, and what a printer prints."""
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
                    on_click=_take_off,
                    args=(service_id,),
                )
        _forms(services.loc[chosen], now)


def _chosen() -> list[str]:
    """Give the ids chosen that the list still has: its file may change meanwhile."""
    ids = st.session_state.get(_CHOSEN)
    if not ids:
        return []
    listed = results.services(service_list.current()).index
    return [service_id for service_id in ids if service_id in listed]


def _put(service_id: str) -> None:
    st.session_state[_CHOSEN] = [*_chosen(), service_id][: handout.MOST]


def _take_off(service_id: str) -> None:
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
    st.download_button(
        "Enregistrer en PDF",
        partial(handout.handout, services, now, size=size, discreet=discreet),
        file_name=handout.FILE_NAME,
        mime="application/pdf",
        on_click="ignore",
        key="feuille_pdf",
        type="primary",
        width="stretch",
    )
    st.caption(
        "Ou imprimer cette page : seule la feuille le sera, en A4. Les gros caractères et le "
        "format de poche sont dans le PDF."
    )
    entries = handout.entries(services, now, discreet=discreet)
    if discreet and (known := _known(entries)):
        st.caption(f"⚠️ Numéros que tout le monde connaît, même sans nom : {', '.join(known)}.")
    st.html(_printed(entries, handout.footer(now, discreet=discreet)))


def _known(entries: tuple[handout.Entry, ...]) -> list[str]:
    """Give the numbers on the sheet that tell, by themselves, what they are for."""
    on_it = {phone.key for entry in entries for phone in phones.parse(entry.phone)}
    return [number for number in _KNOWN_TO_ALL if phones.key(number) in on_it]


def _printed(entries: tuple[handout.Entry, ...], footer: tuple[str, str]) -> str:
    """Give what the printer prints instead of the page; the screen does not show it."""
    dense = " serree" if len(entries) > _MANY else ""
    lines = "".join(map(_printed_entry, entries))
    foot = "".join(f"<p>{escape(line)}</p>" for line in footer)
    return (
        f'<div class="feuille-imprimee{dense}"><h1>{handout.TITLE}</h1><ol>{lines}</ol>{foot}</div>'
    )


def _printed_entry(entry: handout.Entry) -> str:
    solid = re.sub(r"(?<=\d) (?=\d)", "\u00a0", entry.phone)
    phone = f"<strong>{escape(solid)}</strong>" if solid else "<em>Numéro inconnu</em>"
    said = (entry.place, entry.contact, entry.access, entry.hours, entry.dates, entry.age)
    texts = "".join(f"<span>{escape(text)}</span>" for text in said if text)
    return f"<li>{phone}<div><b>{escape(entry.name)}</b>{texts}</div></li>"
