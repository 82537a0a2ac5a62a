"""A list saved while a page is drawn: no later visitor sees the old list."""

import re
from datetime import datetime

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shared import clock, service_list
from pages.shared.service_list import PARIS
from tests.conftest import ROOT
from tests.lists import CIVRAY, content, row

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=PARIS)
SECRET = "12 rue du Secret"
KNOWN = {
    "horaires_accueil": "Mo-Fr 09:00-17:00",
    "date_source": "2026-11",
    "reseaux": "clav-86",
    "telephone": "05 49 00 00 01",
    "structure": "CIDFF",
}
FIRST = (
    row("lieu", **CIVRAY, **KNOWN, type="permanence", adresse=SECRET, nom="Permanence de Civray"),
    row("autre", **CIVRAY, **KNOWN, type="mds", nom="Maison d’ici"),
)
THEN = (
    row("lieu", type="permanence", nom="Fiche retirée", confidentialite="non_publie"),
    row("autre", **CIVRAY, **KNOWN, type="mds", nom="Maison d’ici"),
    row(
        "neuf", **CIVRAY, **KNOWN, type="association", nom="Association nouvelle", site_web="à voir"
    ),
)
PAGES = {
    "Carte": ("carte.py", {}),
    "Carte, open now": ("carte.py", {"quand": "maintenant"}),
    "a sheet": ("carte.py", {"fiche": "lieu"}),
    "Trouver": ("trouver.py", {}),
    "Trouver, from Civray": ("trouver.py", {"depuis": "86078"}),
    "Permanences": ("permanences.py", {}),
    "Couverture": ("couverture.py", {"departements": "86", "types": "permanence"}),
    "Couverture, a scenario": ("couverture.py", {"departements": "86", "scenario": "-lieu"}),
    "Annuaire": ("annuaire.py", {}),
    "Annuaire, by source": ("annuaire.py", {"par": "source"}),
    "Fiches": ("annuaire.py", {"vue": "fiches"}),
    "Réseaux": ("annuaire.py", {"vue": "reseaux"}),
    "Affiches": ("annuaire.py", {"vue": "affiches"}),
    "À corriger": ("annuaire.py", {"vue": "a-corriger"}),
}


def visit(name: str, query: dict[str, str]) -> AppTest:
    """Open a page as a new visitor."""
    page = AppTest.from_file(str(ROOT / "pages" / "router.py"), default_timeout=60)
    page.switch_page(name)
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def everything(page: AppTest) -> str:
    """Return all that the page sends to the browser."""
    elements = [*page.main, *page.sidebar]
    sent = "\n".join(str(getattr(element, "proto", element)) for element in elements)
    return re.sub(r"\b[0-9a-f]{32}\b", "", sent)  # names drawn anew for each visit


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Point the application to a temporary list, with empty caches before and after."""
    path = tmp_path / "services.csv"
    path.write_bytes(content(FIRST))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(path))
    monkeypatch.setattr(clock, "now", lambda: TUESDAY)
    st.cache_resource.clear()
    yield path
    st.cache_resource.clear()


@pytest.mark.parametrize(("name", "query"), PAGES.values(), ids=PAGES.keys())
def test_no_later_visitor_sees_the_list_that_was_replaced(path, monkeypatch, name, query):
    load = service_list.load

    def read_then_saved(today):
        listed = load(today)
        path.write_bytes(content(THEN))
        return listed

    with monkeypatch.context() as during:
        during.setattr(service_list, "load", read_then_saved)
        first = everything(visit(name, query))
    later = everything(visit(name, query))
    st.cache_resource.clear()
    alone = everything(visit(name, query))
    assert later == alone
    assert first != later
    for text in (SECRET, "Permanence de Civray"):
        assert text not in later
