"""The address of the link: what it says comes after the `#`, which no server and no log is told.

The page's script sends it in the body of a request, and takes it out of the browser's address.
"""

import os
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import pandas as pd
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from geodata import hours, phones
from geodata.text import is_mail
from geodata.upkeep import suggestions, update_link
from geodata.upkeep.keeping import Refused
from geodata.upkeep.stores import NoList
from geodata.upkeep.suggestions import LONGEST, AlreadyUsed, NotKept, one_line
from geodata.upkeep.update_link import LEAST_SECRET, BadLink
from pages.donnees.routes import turn
from pages.map.assets import OWN
from pages.shared import clock, service_list
from pages.web import plain_page

PATH: Final = "/mise-a-jour"
FIELDS: Final[Mapping[str, str]] = {
    "telephone": "Téléphone",
    "courriel": "Courriel",
    "site_web": "Site",
    "adresse": "Adresse",
    "horaires_accueil": "Horaires d’accueil (par exemple : lundi au vendredi 9h-12h)",
    "horaires_precisions": "Précisions sur les horaires",
}
"""What a service can propose, and what its form calls it."""
_TITLE: Final = "Mettre à jour une fiche"
_MOST_BYTES: Final = 32_768
_FAILED: Final = "La proposition n’a pas pu être gardée : réessayer plus tard."
_CONFIRMED: Final = "Le service a relu sa fiche : tout est juste."


async def _page(request: Request) -> Response:
    if not _is_read_by_somebody() or len(secret()) < LEAST_SECRET:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    if request.method != "POST":
        return HTMLResponse(_first_page())
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return _said("C’est trop long pour une fiche.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    sent = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return await run_in_threadpool(_answer, sent)


def _answer(sent: Mapping[str, str]) -> Response:
    with turn() as mine:
        if not mine:
            busy = "Beaucoup de demandes en ce moment : recommencer dans un instant."
            return _said(busy, HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            return _form_or_thanks(sent)
        except (BadLink, NotKept, NoList) as error:
            return _said(str(error), HTTPStatus.BAD_REQUEST)
        except (Refused, OSError) as error:
            return _said(_why_not(error), HTTPStatus.SERVICE_UNAVAILABLE)


def _form_or_thanks(sent: Mapping[str, str]) -> Response:
    """Show the form of the row that the link is for; keep what was sent with it."""
    today, link = clock.now().date(), sent.get("lien", "").strip()
    said = update_link.read(secret(), link, today)
    services, suggested = service_list.load(today).services, service_list.store().suggestions
    if said.id not in suggestions.may_be_spoken_of(services):
        raise NotKept("Cette fiche n’est plus dans la partie publique de la liste : appeler qui "
                      "tient la liste.")  # fmt: skip
    row = services.loc[said.id]
    if "envoyer" not in sent:
        if suggested.was_used(link):
            raise AlreadyUsed
        return HTMLResponse(_form(row, link, row[list(FIELDS)].to_dict(), "", {}))
    typed = {column: sent.get(column, row[column]).strip() for column in FIELDS}
    text = sent.get("message", "")
    # A browser sends lines back in its own way.
    folded = {column: one_line(cell) for column, cell in typed.items()}
    changed = {c: cell for c, cell in folded.items() if cell != one_line(row[c])}
    if wrong := _wrong(changed):
        return HTMLResponse(_form(row, link, typed, text, wrong), HTTPStatus.BAD_REQUEST)
    cells = list(changed.items())
    given = text if text.strip() or cells else _CONFIRMED
    day = {"day": today, "until": said.last}
    try:
        suggested.add(services, said.id, text=given, cells=cells, link=link, **day)
    except AlreadyUsed:
        raise
    except (Refused, OSError) as error:
        form = _form(row, link, typed, text, {}, notice=_why_not(error))
        return HTMLResponse(form, HTTPStatus.SERVICE_UNAVAILABLE)
    return _said("Merci. La personne qui tient la liste relira votre réponse avant de la publier.")


def _why_not(error: Refused | OSError) -> str:
    return str(error) if isinstance(error, NotKept) else _FAILED


def _is_read_by_somebody() -> bool:
    return os.environ.get("MAILLAGE_EDITION", "").strip() in ("locale", "connexion")


def secret() -> str:
    """Return what all processes sign with (`STREAMLIT_SERVER_COOKIE_SECRET`)."""
    return str(st.get_option("server.cookieSecret"))


def check_secret() -> None:
    """Raise SystemExit where links would be signed with a secret that can be guessed.

    With one, the server does not start.
    """
    if _is_read_by_somebody() and len(secret()) < LEAST_SECRET:
        raise SystemExit(
            f"STREAMLIT_SERVER_COOKIE_SECRET a moins de {LEAST_SECRET} caractères : n’importe qui "
            "pourrait faire un lien de mise à jour. En écrire un plus long (docs/running.md), ou "
            "retirer cette variable."
        )


def _wrong(changed: Mapping[str, str]) -> dict[str, str]:
    """Return what of the cells that were changed cannot be read, by column."""
    found = {column: _why(column, cell) for column, cell in changed.items()}
    return {column: why for column, why in found.items() if why}


def _why(column: str, cell: str) -> str:
    if len(cell) > LONGEST:
        return f"{LONGEST} caractères au plus."
    match column:
        case "telephone":
            return phones.wrong(cell)
        case "courriel" if cell and not is_mail(cell):
            return "Écrire une adresse de courriel : accueil@exemple.fr."
        case "site_web" if cell and not cell.startswith(("https://", "http://")):
            return "Écrire l’adresse entière : https://www.exemple.fr."
        case "horaires_accueil" if cell:
            try:
                hours.understand(cell)
            except hours.InvalidHours as error:
                return f"{error} Sinon, l’écrire dans les précisions."
    return ""


# --- the pages ----------------------------------------------------------------------------


def _first_page() -> str:
    body = (
        f"<h1>{_TITLE}</h1><p id='attente'>La fiche arrive… Sinon, ouvrir le lien reçu en entier : "
        "il finit par une longue suite de lettres.</p>"
        '<form method="post" action="mise-a-jour" hidden><input type="hidden" name="lien"></form>'
        "<noscript><p>Il faut activer JavaScript pour ouvrir ce lien.</p></noscript>"
    )
    return plain_page.html(_TITLE, body, script=f"assets/{OWN}/web/update.mjs")


def _form(
    row: pd.Series,
    link: str,
    typed: Mapping[str, str],
    text: str,
    wrong: Mapping[str, str],
    *,
    notice: str = "",
) -> str:
    fields = "".join(
        _field(column, label, typed[column], wrong.get(column, ""))
        for column, label in FIELDS.items()
    )
    not_kept = f'<p class="faux" role="alert">{escape(notice)}</p>' if notice else ""
    body = f"""<h1>{escape(row["nom"])}</h1>
{not_kept}
<p>Voici ce que la liste dit de votre service. Corriger ce qui n’est pas juste, puis envoyer.
La personne qui tient la liste relit avant de publier. Si tout est juste, envoyer sans rien changer.
Ne rien écrire sur une personne accueillie.</p>
<form class="fiche-a-jour" method="post" action="mise-a-jour">
<input type="hidden" name="lien" value="{escape(link)}">{fields}
<label for="message">Autre chose à dire</label>
<textarea id="message" name="message" maxlength="{LONGEST}" rows="3">{escape(text)}</textarea>
<button name="envoyer" value="oui">Envoyer</button></form>"""
    return plain_page.html(_TITLE, body)


def _field(column: str, label: str, cell: str, wrong: str) -> str:
    """Return a field with its label, and below it what is wrong, if anything is."""
    said = f'<p class="faux" id="{column}-faux">{escape(wrong)}</p>' if wrong else ""
    mark = f' aria-invalid="true" aria-describedby="{column}-faux"' if wrong else ""
    own = f'id="{column}" name="{column}" maxlength="{LONGEST}"{mark}'
    # An input would glue the lines of a cell.
    several = column.startswith("horaires_") or len(cell.splitlines()) > 1
    field = (
        f'<textarea {own} rows="3">{escape(cell)}</textarea>'
        if several
        else f'<input {own} value="{escape(cell)}">'
    )
    return f'<label for="{column}">{escape(label)}</label>{field}{said}'


def _said(text: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return HTMLResponse(plain_page.message(_TITLE, text), status)


ROUTES: list[BaseRoute] = [Route(PATH, _page, methods=["GET", "POST"])]
