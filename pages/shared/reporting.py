"""*Signaler une erreur*: a reader writes to the keeper of the list, without a name or a mail.

Offered where somebody may read it: the operator lets the list be changed on *Annuaire*.
"""

import os
from typing import Final

import streamlit as st

from geodata.services import Confidentiality, ServiceType
from geodata.upkeep import suggestions
from geodata.upkeep.keeping import Refused
from geodata.upkeep.stores import NoList
from pages.shared import clock, service_list
from pages.shared.page_frame import plain
from pages.shared.rows import Row

MOST_A_VISIT: Final = 3
_SENT: Final = "_signalements"
_THANKS: Final = "_signalement_envoye"


def is_offered(service: Row) -> bool:
    """Return whether a reader can write of this service: its place is public, and it is read."""
    read_by_somebody = os.environ.get("MAILLAGE_EDITION", "").strip() in ("locale", "connexion")
    public = service["confidentialite"] == Confidentiality.PUBLIC
    return read_by_somebody and public and service["type"] != ServiceType.HEBERGEMENT


def offer(service: Row) -> None:
    """Draw the form for this service, where it is offered."""
    if not is_offered(service):
        return
    key = f"signaler_{service['id']}"
    if st.session_state.get(_THANKS) == service["id"]:
        st.info("Merci. La personne qui tient la liste le verra.")
        return
    with st.expander("Signaler une erreur sur cette fiche"), st.form(key, border=False):
        text = st.text_area(
            "Qu’est-ce qui n’est pas juste ?",
            placeholder="Le numéro a changé, l’accueil a fermé…",
            max_chars=suggestions.LONGEST,
            key=f"{key}_texte",
            height=100,
        )
        st.caption(
            "**Ne rien écrire sur une personne** : ni nom, ni histoire, ni adresse. Ni votre nom "
            "ni votre adresse ne sont gardés, seulement le jour. Personne ne répond ici : en "
            "danger, appeler le 17."
        )
        if st.form_submit_button("Envoyer"):
            if why := _send(service["id"], text):
                st.warning(plain(why), icon="⚠️")
            else:
                st.session_state[_THANKS] = service["id"]
                st.rerun()


def _send(key: str, text: str) -> str:
    """Keep a report; return why it is not kept, "" if it is."""
    sent = st.session_state.get(_SENT, 0)
    if sent >= MOST_A_VISIT:
        return "Trop de signalements d’un coup : réessayer dans quelques minutes."
    today = clock.now().date()
    try:
        services = service_list.load(today).services
        service_list.store().suggestions.add(services, key, day=today, text=text)
    except (Refused, NoList) as error:
        return str(error)
    except OSError:
        return "Le signalement n’a pas pu être gardé : appeler le service, ou réessayer plus tard."
    st.session_state[_SENT] = sent + 1
    return ""
