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

from geodata import aids, communes, fact_sources, french, freshness, hours, phones
from geodata.aids import ACCESS, Aid
from geodata.hours import State
from geodata.networks import label as network_label
from geodata.partial_date import parse
from geodata.services import (
    AUDIENCES,
    PERPETRATORS,
    Confidentiality,
    ServiceType,
    vocabulary,
)
from geodata.text import is_mail
from pages.shared import reporting, signs
from pages.shared.clock import Moment
from pages.shared.page_frame import plain
from pages.shared.rows import Row

FOR_PERPETRATORS = "Pour les auteurs de violences"

_LOG = logging.getLogger(__name__)
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


def is_for_perpetrators(service: Row) -> bool:
    """Say whether a service is for those who commit violence, so that it is marked."""
    return PERPETRATORS in service["publics"].split("|")


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
    """Draw one service in a list without gaps: its name opens its sheet, its phone number calls.

    `notes` are further lines of text; `draw_beside_name` draws what stands on the line of the name.
    """
    with _alone():
        if draw_beside_name:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                name_button(service, on_open)
                draw_beside_name()
        else:
            name_button(service, on_open)
        words = escape(state_words(service, times, moment=moment))
        phone = phone_link(service["telephone"])
        marked = [FOR_PERPETRATORS, *notes] if is_for_perpetrators(service) else notes
        lines = "".join(f"<p>{escape(note)}</p>" for note in marked)
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
    reporting.offer(service)


def _sheet(service: Row, times: Row, moment: Moment) -> None:
    kind = ServiceType(service["type"])
    words = escape(state_words(service, times, moment=moment))
    today = moment.now.date()
    facts = {
        "Téléphone": _aged(phone_link(service["telephone"]), service, ("telephone",), today)
        or "non renseigné",
        "Horaires": _aged(_hours(service), service, _HOURS, today),
        "Où": _aged(escape(place_words(service)), service, ("adresse",), today)
        + _itinerary(service),
        "Ce qu’on y fait": escape(", ".join(aid.label for aid in aids_given(service))),
        "Violences accueillies": _labels(service["violences"], vocabulary("violences")),
        "Comment": _labels(service["acces"], ACCESS) or "non précisé",
        "Pour qui": _labels(service["publics"], AUDIENCES),
        "Langues": _labels(service["langues"], vocabulary("langues")),
        "Accessibilité": _labels(service["accessibilite"], vocabulary("accessibilite")),
        "Frais": _labels(service["frais"], vocabulary("frais")),
        "Structure": escape(service["structure"]),
        "Courriel": _aged(mail_link(service["courriel"]), service, ("courriel",), today),
        "Site": web_link(service["site_web"]),
        "Réseau": escape(", ".join(map(network_label, _split(service["reseaux"])))),
        "En bref": escape(service["description"]),
        "Source": _source(service),
        "Date": escape(age_words(service, today=today)),
        "Autres sources": _other_sources(service, today),
    }
    mark = f"<p><strong>{FOR_PERPETRATORS}</strong></p>" if is_for_perpetrators(service) else ""
    rows = "".join(f"<dt>{name}</dt><dd>{fact}</dd>" for name, fact in facts.items() if fact)
    st.html(
        f'<div class="fiche"><h2>{escape(service["nom"])}</h2>'
        f'<div class="carte-service">{_sign(service, times)}<div>'
        f'<p>{escape(kind.label)} · <span class="etat">{words}</span></p>{mark}</div></div>'
        f"<dl>{rows}</dl>{_report_link(service)}</div>"
    )


def aids_given(service: Row) -> list[Aid]:
    """Return what one does there, in the order of `Aid`."""
    given = aids.aids_of(pd.DataFrame([service]))[0]
    return [aid for aid in Aid if aid in given]


def legend(territory: Sequence[str]) -> None:
    """Draw the legend of shapes and fills.

    It names the départements of the map: the page asks for their outlines while the map's frame
    is still coming (`askForOutlines` in `frame.mjs`).
    """
    shapes = "".join(
        f"<span>{signs.image(sign)} {escape(sign.label)}</span>"
        for sign in signs.FAMILIES
        if sign is not signs.SHELTER
    )
    fills = "".join(
        f"<span>{signs.image(signs.SOCIAL, state)} {label}</span>"
        for state, label in signs.STATE_LABELS.items()
    )
    ring = signs.image(signs.SOCIAL, approximate=True)
    fills += f"<span>{ring} emplacement approximatif (mairie)</span>"
    drawn = escape(" ".join(territory))
    st.html(
        f'<div class="legende" data-contours="{drawn}">{shapes}</div>'
        f'<div class="legende">{fills}</div>'
    )


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


def _itinerary(service: Row) -> str:
    """Return HTML that says what it means to leave for a map, then leads there.

    "" where no public place is known. A map may keep what it is asked for: it gets no name.
    """
    hidden = service["confidentialite"] != Confidentiality.PUBLIC
    if hidden or service["type"] == ServiceType.HEBERGEMENT or service["geometry"] is None:
        return ""
    point = f"{service['geometry'].y:.5f},{service['geometry'].x:.5f}"
    there = point
    if service["approximatif"] and service["adresse"]:
        there = f"{service['adresse']}, {service['code_postal']} {service['commune']}"
    geo = f"{point}?q={quote(there)}" if there == point else f"0,0?q={quote(there)}"
    return (
        '<details class="itineraire"><summary>Itinéraire</summary><p>Cela quitte ce site. La carte '
        "qui s’ouvre peut garder ce lieu en mémoire : si quelqu’un surveille cet appareil, mieux "
        "vaut noter l’adresse.</p>"
        f'<p><a class="application" data-geo="{escape(geo)}">Ouvrir l’application de cartes</a></p>'
        f'<p><a href="https://www.openstreetmap.org/directions?to={quote(there)}" target="_blank" '
        'rel="noopener noreferrer">Ouvrir openstreetmap.org</a></p></details>'
    )


def _labels(text: str, labels: Mapping[str, str]) -> str:
    return escape(", ".join(labels.get(word, word) for word in _split(text)))


def _split(text: str) -> list[str]:
    return [word for word in text.split("|") if word]


def _source(service: Row) -> str:
    link = web_link(service["lien_source"])
    return f"{escape(service['source'])}{f'<br>{link}' if link else ''}"


_HOURS = ("horaires_accueil", "horaires_precisions")


def _aged(html: str, service: Row, columns: Sequence[str], today: date) -> str:
    """Return a fact, with its age behind it where its own source is too old or undated.

    A text that says its year already has it once.
    """
    old = [column for column in columns if column in freshness.old_facts(service, today)]
    when = freshness.dated(service, old[0]) if old else None
    if not html or not old or (when and str(when.year) in html):
        return html
    age = f"({f'de {when.year}' if when else 'sans date'}, à vérifier)".replace(" ", "\u00a0")
    return f'{html} <span class="secondaire">{age}</span>'


def _other_sources(service: Row, today: date) -> str:
    """Return one line for each page of another source, and the facts that come from it."""
    old = freshness.old_facts(service, today)
    lines: dict[tuple[str, str], tuple[fact_sources.FactSource, dict[str, None]]] = {}
    for column, fact in fact_sources.of(service).items():
        age = french.partial_date(parse(fact.date_source)) or "sans date"
        said = f"{age}, à vérifier" if column in old else age
        page = fact.lien_source or fact.source
        lines.setdefault((page, said), (fact, {}))[1][fact_sources.label(column)] = None
    return "".join(
        f'<div class="source">{escape(names[:1].upper() + names[1:])} : {_linked(fact)}, '
        f"{escape(said)}</div>"
        for (_, said), (fact, labels) in lines.items()
        for names in [french.listed(labels)]
    )


def _linked(fact: fact_sources.FactSource) -> str:
    """Return the name of a source, which opens its page."""
    if not _LINK.fullmatch(fact.lien_source):
        return escape(fact.source)
    return (
        f'<a href="{escape(fact.lien_source)}" target="_blank" rel="noopener noreferrer">'
        f"{escape(fact.source)}</a>"
    )


def _report_link(service: Row) -> str:
    """Return a link that writes to the keeper of the list, if the operator has named one."""
    keeper = os.environ.get("MAILLAGE_CONTACT", "")
    if reporting.is_offered(service) or not is_mail(keeper):
        return ""
    subject = quote(f"Fiche {service['id']}")
    address = f"mailto:{quote(keeper, safe='@')}?subject={subject}"
    return f'<p><a href="{address}">Signaler une erreur</a></p>'
