"""*Envoyer un lien de mise à jour*: for those who may change the list, beside whom to call."""

from urllib.parse import quote, urljoin

import streamlit as st

from geodata.text import is_mail
from geodata.upkeep import update_link
from pages.annuaire import access
from pages.mise_a_jour import routes
from pages.shared import clock, reporting
from pages.shared.page_frame import plain
from pages.shared.rows import Row


def offer(service: Row) -> None:
    """Draw how to send this service a link, where it is public and this visitor may edit."""
    if access.editor() is None or not reporting.is_offered(service):
        return
    key = f"lien_{service['id']}"
    with st.popover("Envoyer un lien de mise à jour"):
        st.markdown(
            "Par ce lien, le service relit les données publiques de sa fiche et propose des "
            f"corrections. Il sert une fois, pendant {update_link.DAYS} jours ; rien n’est publié "
            "sans vous. Ne l’envoyer qu’à ce service."
        )
        if st.button("Faire un lien", key=f"{key}_faire"):
            made = update_link.make(routes.secret(), service["id"], clock.now().date())
            address = urljoin((st.context.url or "").rstrip("/"), routes.PATH[1:])
            st.session_state[key] = f"{address}#{made}"
        if link := st.session_state.get(key):
            st.code(link, None, wrap_lines=True)
            if is_mail(service["courriel"]):
                subject = quote("Votre fiche dans la liste des services d’aide")
                body = quote(f"Bonjour,\n\nMerci de relire votre fiche : {link}\n")
                address = f"mailto:{quote(service['courriel'], safe='@')}"
                st.link_button(
                    f"Écrire à {plain(service['courriel'])}",
                    f"{address}?subject={subject}&body={body}",
                )
