"""The handout being prepared for her: what was chosen, and the page to print or save as PDF."""

import re
from datetime import datetime
from functools import partial
from html import escape

import geopandas as gpd
import streamlit as st

from geodata import phones
from geodata.languages import Language
from geodata.paper import handout
from pages.shared import downloads, results, service_list
from pages.shared.page_frame import plain

_CHOSEN = "feuille"
_MANY = 5
_FRENCH = "fr"
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
    chosen = st.selectbox(
        "Langue",
        [_FRENCH, *Language],
        format_func=_language_words,
        key="feuille_langue",
    )
    language = None if chosen == _FRENCH else Language(chosen)
    if language:
        st.caption(
            "Le français reste à côté. Les horaires, les dates et les phrases fixes sont "
            "traduits ; le reste est en français, et la feuille le dit. Les traductions n’ont pas "
            "encore été relues par une personne dont c’est la langue."
        )
    discreet = st.checkbox(
        "Discrète : un mot neutre au lieu du nom des services", value=True, key="feuille_discrete"
    )
    blank = st.checkbox(
        "Une ligne « Rendez-vous le … à … », à remplir à la main", key="feuille_rendez_vous"
    )
    make = partial(
        handout.handout,
        services,
        now,
        size=size,
        discreet=discreet,
        language=language,
        with_appointment=blank,
    )
    downloads.pdf_button(make, handout.FILE_NAME, key="feuille_pdf")
    st.caption(
        "Ou imprimer cette page : seule la feuille le sera, en A4. Les gros caractères et le "
        "format de poche sont dans le PDF."
    )
    entries = handout.entries(services, now, discreet=discreet, language=language)
    if discreet and (known := _well_known(entries)):
        st.caption(f"⚠️ Numéros que tout le monde connaît, même sans nom : {', '.join(known)}.")
    footers = [handout.footer(now, discreet=discreet)]
    if language:
        footers.append(handout.footer(now, discreet=discreet, language=language))
    st.html(_printed_html(entries, footers, language, blank=blank))


def _language_words(choice: str) -> str:
    if choice == _FRENCH:
        return "français"
    language = Language(choice)
    return f"français et {language.label} – {language.own_name}"


def _well_known(entries: tuple[handout.Entry, ...]) -> list[str]:
    """Return the numbers on the handout that everybody knows."""
    on_it = {phone.key for entry in entries for phone in phones.parse(entry.phone)}
    return [number for number in _KNOWN_TO_ALL if phones.key(number) in on_it]


def _printed_html(
    entries: tuple[handout.Entry, ...],
    footers: list[tuple[str, str]],
    language: Language | None,
    *,
    blank: bool,
) -> str:
    """Return the HTML that the printer prints instead of the page; the screen does not show it."""
    dense = " serree" if len(entries) > _MANY else ""
    other = _lang(language) if language else ""
    lines = "".join(_entry_html(entry, other) for entry in entries)
    titles = [handout.TITLE, *([handout.title(language)] if language else [])]
    feet = [[escape(text) for text in texts if text] for texts in zip(*footers, strict=True)]
    if blank:
        blanks = [handout.appointment(), *([handout.appointment(language)] if language else [])]
        feet.insert(0, [text.replace("…", _BLANK) for text in blanks])
    foot = "".join(f"<p>{_both(texts, other)}</p>" for texts in feet)
    classes = f"feuille-imprimee{dense}{' bilingue' if language else ''}"
    return f'<div class="{classes}"><h1>{_both(titles, other)}</h1><ol>{lines}</ol>{foot}</div>'


_BLANK = "……………………"


def _lang(language: Language) -> str:
    return f' lang="{language}" dir="{"rtl" if language.right_to_left else "ltr"}"'


def _both(texts: list[str], other: str) -> str:
    """Return HTML of a text in French, and maybe in another language."""
    attributes = ("", other)
    return "".join(
        f"<span{one}>{text}</span>" for text, one in zip(texts, attributes, strict=False)
    )


def _entry_html(entry: handout.Entry, other: str) -> str:
    solid = re.sub(r"(?<=\d) (?=\d)", "\u00a0", entry.phone)
    phone = f"<strong>{escape(solid)}</strong>" if solid else f"<em>{handout.NO_PHONE}</em>"
    details = (entry.place, entry.contact, entry.access, entry.hours, entry.dates, entry.age)
    texts = "".join(f"<span>{escape(text)}</span>" for text in details if text)
    beside = "".join(map(_said_html, entry.beside))
    column = f"<div{other}>{beside}</div>" if beside else ""
    return f"<li>{phone}<div><b>{escape(entry.name)}</b>{texts}</div>{column}</li>"


def _said_html(said: handout.Said) -> str:
    tag, french = "b" if said.strong else "span", ' lang="fr" dir="ltr"' if said.french else ""
    return f"<{tag}{french}>{escape(said.words)}</{tag}>"
