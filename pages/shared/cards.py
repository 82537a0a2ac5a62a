"""A service as people read it: one card in a list, one sheet, one popup, always the same words."""

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, time
from functools import cache
from html import escape
from urllib.parse import quote

import pandas as pd
import streamlit as st

from geodata import communes, french, freshness, hours, phones
from geodata.hours import State
from geodata.networks import label as network_label
from geodata.services import ACCESS, Confidentiality, ServiceType
from geodata.text import is_mail
from pages.shared import signs
from pages.shared.clock import Moment
from pages.shared.page_frame import plain
from pages.shared.rows import Row

_LOG = logging.getLogger(__name__)
UNKNOWN_ACCESS = "accès non précisé"
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def state_words(service: Row, times: Row, *, moment: Moment) -> str:
    """Return its state in words: *ouvert jusqu’à 17 h*, *fermé, ouvre jeudi à 14 h*."""
    phone = service["telephone"]
    if times["to_renew"]:
        return "dates à renouveler"
    if times["holiday"]:
        return "jour férié, ouverture à vérifier" + (" : appeler avant" if phone else "")
    if times["state"] == State.OPEN:
        when = _from(times, moment) or _until(times["closing"], moment)
        return "ouvert" + _in_zone(when, service, moment)
    if times["state"] == State.CLOSED:
        doubt = " (jour férié, à vérifier)" if times["opening_holiday"] else ""
        return "fermé" + _in_zone(_opens(times["opening"], moment), service, moment) + doubt
    return "horaires inconnus : appeler avant" if phone else "horaires inconnus"


def _in_zone(when: str, service: Row, moment: Moment) -> str:
    """Return the time with its zone, if it could be taken for another."""
    return when + moment.zone_words(service["departement"]) if when else ""


def _from(times: Row, moment: Moment) -> str:
    """Return when a service opens within a span, if it is not open from the start."""
    opening = times["opening"]
    if not moment.span_end or pd.notna(times["closing"]) or pd.isna(opening):
        return ""
    if opening >= moment.span_end:
        return ""
    return f" à partir de {french.clock(opening)}"


def _until(closing: pd.Timestamp, moment: Moment) -> str:
    if pd.isna(closing):
        return ""
    last_minute = closing - pd.Timedelta(minutes=1)
    if last_minute.date() == moment.at.date():
        return f" jusqu’à {french.clock(closing) if closing.time() != time() else 'minuit'}"
    day = french.near_day(closing.date(), today=moment.now.date())
    return f" jusqu’à {day} à {french.clock(closing)}"


def _opens(opening: pd.Timestamp, moment: Moment) -> str:
    if pd.isna(opening):
        return ""
    day = french.near_day(opening.date(), today=moment.now.date())
    return f", ouvre {day} à {french.clock(opening)}"


def place_words(service: Row) -> str:
    """Return in words where it is, or why this is not shown."""
    level, by_phone = service["confidentialite"], "adresse communiquée par téléphone"
    if service["type"] == ServiceType.HEBERGEMENT:
        return _in_departement(service, by_phone if service["telephone"] else "lieu tenu secret")
    if level == Confidentiality.COMMUNE:
        return f"{service['commune']}, {by_phone}"
    if level != Confidentiality.PUBLIC:
        return _in_departement(service, "lieu tenu secret")
    if service["geometry"] is None:
        nowhere = "par téléphone ou en ligne" if _is_phone_line(service) else "adresse inconnue"
        return _in_departement(service, nowhere)
    town = " ".join(filter(None, (service["code_postal"], service["commune"])))
    address = ", ".join(filter(None, (service["adresse"], town)))
    if service["approximatif"]:
        return f"{address}, emplacement approximatif (mairie)"
    return address


def no_point_words(service: Row) -> str:
    """Return in words why a service has no sign on the map."""
    if service["confidentialite"] == Confidentiality.COMMUNE:
        return "adresse communiquée par téléphone"
    if service["confidentialite"] != Confidentiality.PUBLIC:
        return "lieu tenu secret"
    if service["type"] == ServiceType.HEBERGEMENT:
        return "hébergement : jamais sur la carte"
    return "par téléphone ou en ligne" if _is_phone_line(service) else "adresse inconnue"


def age_words(service: Row, *, today: date) -> str:
    """Return in words how old the information is."""
    return freshness.words(service, today)


def _is_phone_line(service: Row) -> bool:
    return service["type"] == ServiceType.ECOUTE or "telephone" in service["acces"].split("|")


def _in_departement(service: Row, words: str) -> str:
    """Return `words` after the name of the département, if this is known."""
    name = _departements().get(service["departement"])
    return f"{name}, {words}" if name else words.capitalize()


@cache
def _departements() -> Mapping[str, str]:
    return dict(communes.read_departements()["nom"])


@contextmanager
def _alone() -> Iterator[None]:
    """Keep what fails in one card from taking the page with it; the log has the kind of error."""
    try:
        yield
    except Exception as error:
        # What stops or starts a page again is an exception of Streamlit's own.
        if type(error).__module__.startswith("streamlit."):
            raise
        # The message of an exception may quote a cell: its kind alone is logged.
        _LOG.error("A card cannot be shown: %s", type(error).__name__)
        st.warning("Cette fiche ne peut pas être affichée.", icon="⚠️")


def card(
    service: Row,
    times: Row,
    *,
    moment: Moment,
    on_open: Callable[[str], None],
    notes: Sequence[str] = (),
    draw_beside_name: Callable[[], None] | None = None,
) -> None:
    """Draw one service in a list: its name opens its sheet, its phone number calls.

    `notes` are further lines of text; `draw_beside_name` draws what stands on the line of the name.
    """
    with _alone(), st.container(gap=None):
        if draw_beside_name:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                name_button(service, on_open)
                draw_beside_name()
        else:
            name_button(service, on_open)
        words = escape(state_words(service, times, moment=moment))
        phone = phone_link(service["telephone"])
        lines = "".join(f"<p>{escape(note)}</p>" for note in notes)
        st.html(
            f'<div class="carte-service">{_sign(service, times)}<div>'
            f'<p><span class="etat">{words}</span>{f" · {phone}" if phone else ""}</p>'
            f"{lines}<p>{escape(place_words(service))}</p>"
            f'<p class="secondaire">{escape(service["source"])} · '
            f"{escape(age_words(service, today=moment.now.date()))}</p></div></div>"
        )


def name_button(
    service: Row, on_open: Callable[[str], None], *, key: str = "", before: str = ""
) -> None:
    """Draw a service's name, which opens its sheet; `before` is Markdown."""
    st.button(
        f"{before}**{plain(service['nom'])}**",
        key=key or f"fiche_{service['id']}",
        type="tertiary",
        on_click=on_open,
        args=(service["id"],),
    )


def sheet(service: Row, times: Row, *, moment: Moment) -> None:
    """Draw all the facts of one service, with its source."""
    with _alone():
        _sheet(service, times, moment)


def _sheet(service: Row, times: Row, moment: Moment) -> None:
    kind = ServiceType(service["type"])
    words = escape(state_words(service, times, moment=moment))
    facts = {
        "Téléphone": phone_link(service["telephone"]) or "non renseigné",
        "Horaires": _hours(service),
        "Où": escape(place_words(service)),
        "Comment": _labels(service["acces"], ACCESS) or UNKNOWN_ACCESS,
        "Pour qui": _labels(service["publics"], {}),
        "Structure": escape(service["structure"]),
        "Courriel": mail_link(service["courriel"]),
        "Site": web_link(service["site_web"]),
        "Réseau": escape(", ".join(map(network_label, _split(service["reseaux"])))),
        "En bref": escape(service["description"]),
        "Source": _source(service),
        "Date": escape(age_words(service, today=moment.now.date())),
    }
    rows = "".join(f"<dt>{name}</dt><dd>{fact}</dd>" for name, fact in facts.items() if fact)
    st.html(
        f'<div class="fiche"><h2>{escape(service["nom"])}</h2>'
        f'<div class="carte-service">{_sign(service, times)}<div>'
        f'<p>{escape(kind.label)} · <span class="etat">{words}</span></p></div></div>'
        f"<dl>{rows}</dl>{_report_link(service)}</div>"
    )


def legend() -> None:
    """Draw the legend of shapes and fills."""
    shapes = "".join(
        f"<span>{signs.image(sign)} {escape(sign.label)}</span>"
        for sign in signs.FAMILIES
        if sign is not signs.SHELTER
    )
    fills = "".join(
        f"<span>{signs.image(signs.SOCIAL, state)} {label}</span>"
        for state, label in signs.STATE_LABELS.items()
    )
    ring = f"<span>{signs.image(signs.SOCIAL, approximate=True)} placé à la mairie</span>"
    st.html(f'<div class="legende">{shapes}</div><div class="legende">{fills}{ring}</div>')


def phone_link(text: str) -> str:
    """Return HTML that calls each number, or the text as it is where there is anything else."""
    links = (f'<a href="{phone.link}">{phone}</a>' for phone in phones.parse(text))
    return " / ".join(links) or escape(text)


def web_link(text: str) -> str:
    """Return HTML that opens an http(s) link elsewhere; anything else stays text."""
    if not _LINK.fullmatch(text):
        return escape(text)
    shown = re.sub(r"^https?://(www\.)?", "", text).rstrip("/")
    short = shown if len(shown) <= 48 else shown[:47] + "…"
    return f'<a href="{escape(text)}" target="_blank" rel="noopener noreferrer">{escape(short)}</a>'


def mail_link(text: str) -> str:
    """Return HTML that writes a mail, or the text as it is."""
    if not is_mail(text):
        return escape(text)
    return f'<a href="mailto:{quote(text, safe="@")}">{escape(text)}</a>'


def _sign(service: Row, times: Row) -> str:
    sign = signs.SIGNS[ServiceType(service["type"])]
    return signs.image(sign, times["state"], approximate=bool(service["approximatif"]))


def _hours(service: Row) -> str:
    lines = []
    if service["horaires_accueil"]:
        try:
            lines.append(hours.describe(service["horaires_accueil"]))
        except hours.InvalidHours:
            lines.append(f"« {service['horaires_accueil']} » (texte non compris)")
    if service["horaires_precisions"]:
        lines.append(service["horaires_precisions"])
    return "<br>".join(map(escape, lines)) or "inconnus"


def _labels(text: str, labels: Mapping[str, str]) -> str:
    return escape(", ".join(labels.get(word, word) for word in _split(text)))


def _split(text: str) -> list[str]:
    return [word for word in text.split("|") if word]


def _source(service: Row) -> str:
    link = web_link(service["lien_source"])
    return f"{escape(service['source'])}{f'<br>{link}' if link else ''}"


def _report_link(service: Row) -> str:
    """Return a link that writes to the keeper of the list, if the operator has named one."""
    keeper = os.environ.get("MAILLAGE_CONTACT", "")
    if not is_mail(keeper):
        return ""
    subject = quote(f"Fiche {service['id']}")
    address = f"mailto:{quote(keeper, safe='@')}?subject={subject}"
    return f'<p><a href="{address}">Signaler une erreur</a></p>'
