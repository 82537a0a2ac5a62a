"""Annuaire: official data are brought in, followed, decided, and a list begins with them."""

import time
from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from geodata.services import read_services
from geodata.upkeep import keeping
from pages.annuaire import access, official
from pages.shared import clock
from pages.shared.service_list import PARIS
from pages.trouver.competent_units import units_of
from tests import official as o
from tests.lists import CIVRAY, row
from tests.test_pages import open_page, press, texts

MINE = row(
    "86-bta-civray", nom="Brigade de gendarmerie de Civray", type="gendarmerie",
    telephone="05 49 87 99 99", **CIVRAY,
)  # fmt: skip


@pytest.fixture(autouse=True)
def at_hand(monkeypatch, tmp_path):
    """Files in a folder, no geocoder, and somebody who may edit."""
    files = {name: o.GOOD[name] for name in ("gendarmerie", "dila", "unites-competentes")}
    monkeypatch.setenv(official.FOLDER, str(o.folder_of(tmp_path / "fichiers", files)))
    monkeypatch.setenv("MAILLAGE_GEOCODER", "non")
    monkeypatch.setattr(access, "editor", lambda: "observatoire")
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 30, 10, tzinfo=PARIS))


def bring(page: AppTest) -> AppTest:
    """Press the button of the only département, and wait for the end."""
    next(
        b for b in page.button if b.label in ("Apporter ces données", "Mettre à jour")
    ).click().run()
    return waited(page)


def waited(page: AppTest) -> AppTest:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        page.run()
        assert not page.exception
        if not official.is_working():
            return page.run()
        time.sleep(0.2)
    raise TimeoutError


def test_a_list_begins_with_official_data(on_list):
    path = on_list()
    path.unlink()
    page = open_page("annuaire.py")
    page.multiselect(key="officiel_departements").set_value(["86"]).run()
    bring(page)
    assert page.success[0].value.startswith("Fiches : 3\u00a0ajoutées")
    assert "pas prise" in texts(page)
    assert "gendarmerie-1000001" in read_services(path).services.index
    assert page.multiselect(key="officiel_departements").value == ["86"]
    # Trouver knows the competent units from then on.
    units = units_of("86194")
    assert units is not None
    assert len(units)


def test_what_is_not_sure_is_decided_on_the_page(on_list):
    path = on_list(MINE)
    page = open_page("annuaire.py", vue="donnees-officielles")
    page.multiselect(key="officiel_departements").set_value(["86"]).run()
    bring(page)
    assert "À décider" in texts(page)
    assert keeping.read_cells(path).loc["86-bta-civray", "telephone"] == "05 49 87 99 99"
    question = next(c for c in page.segmented_control if c.label.startswith("Téléphone"))
    question.set_value("oui")
    waited(press(page, "Faire ces choix"))
    assert keeping.read_cells(path).loc["86-bta-civray", "telephone"] == "05 49 87 00 32"
    assert "Téléphone :" not in texts(page)
    assert {entry.who for entry in keeping.read_history(path)} == {"données officielles"}


def test_only_who_may_edit_sees_it(on_list, monkeypatch):
    monkeypatch.setattr(access, "editor", lambda: None)
    on_list(MINE)
    page = open_page("annuaire.py", vue="donnees-officielles")
    assert "Données officielles" not in str(page.get("button_group"))
    assert all(box.key != "officiel_departements" for box in page.multiselect)


def test_a_failure_is_told_and_can_be_tried_again(on_list, monkeypatch, tmp_path):
    (tmp_path / "vide").mkdir()
    monkeypatch.setenv(official.FOLDER, str(tmp_path / "vide"))
    before = on_list(MINE).read_bytes()
    page = open_page("annuaire.py", vue="donnees-officielles")
    page.multiselect(key="officiel_departements").set_value(["86"]).run()
    bring(page)
    assert "Aucune source n’a pu être lue" in texts(page)
    assert on_list(MINE).read_bytes() == before
    assert any(button.label == "Apporter ces données" for button in page.button)
