"""The pages on a base: they show and change what they would of a file, and outlast its absence."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from geodata.upkeep import stores
from geodata.upkeep.keeping import Edit
from geodata.upkeep.stores import _base, _connecting, _following
from pages.annuaire import access
from pages.shared import clock, service_list
from pages.shared.service_list import PARIS
from tests.cluster import Base, Wire
from tests.conftest import ROOT, wait_for
from tests.lists import CIVRAY, content, row

NOW = datetime(2026, 11, 24, 10, tzinfo=PARIS)
KNOWN = {"horaires_accueil": "Mo-Fr 09:00-17:00", "date_source": "2026-11", "telephone": "3919"}
ROWS = (
    row("a", **CIVRAY, **KNOWN, nom="MDS A", adresse="3 rue du Temple"),
    row("b", **CIVRAY, nom="CCAS B", type="ccas", structure="Mairie", remarque="la nôtre"),
    row("c", type="hebergement", nom="Foyer", zone_eligibilite="86", telephone="115"),
    row("d", type="hebergement", nom="Nonvue", zone_eligibilite="86", confidentialite="non_publie"),
    row("e", nom="Poissy", code_insee="78498", commune="Poissy", code_postal="78300"),
)
EDITING = """
import streamlit as st
from pages.annuaire import access, editing
from pages.shared import clock, page_frame, service_list

listed = service_list.load()
page_frame.keep_up_to_date()
page_frame.list_state(listed)
access.sign_in()
key = st.selectbox("Fiche", [*listed.services.index, "absente"], key="choix")
editing.panel(listed.services, key)
editing.history(listed.services)
"""


@pytest.fixture
def clear(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def wire(bases) -> Iterator[Wire]:
    made = Wire(bases.cluster.port)
    yield made
    made.close()


@pytest.fixture
def base(bases, wire, monkeypatch, clear) -> Base:  # noqa: ARG001
    made = bases.new(ROWS, éditrice=["86"], collègue=["france"])
    for variable, address in {
        "MAILLAGE_SERVICES": made.site,
        "MAILLAGE_SERVICES_EDITION": made.editors,
    }.items():
        monkeypatch.setenv(variable, address.replace(f":{bases.cluster.port}/", f":{wire.port}/"))
    return made


@pytest.fixture
def editor(base, monkeypatch) -> Callable[[str], AppTest]:  # noqa: ARG001
    monkeypatch.setattr(access, "editor", lambda: "éditrice")

    def opened(key: str) -> AppTest:
        page = AppTest.from_string(EDITING, default_timeout=60).run()
        page.selectbox(key="choix").select(key).run()
        assert not page.exception
        return page

    return opened


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def typed(page: AppTest, text: str) -> AppTest:
    next(one for one in page.text_input if one.label.startswith("Téléphone")).set_value(text).run()
    return page


def said(page: AppTest) -> str:
    kinds = ("error", "warning", "info", "caption", "markdown", "text", "html")
    found = [
        one.proto.body if kind == "html" else one.value for kind in kinds for one in page.get(kind)
    ]
    return "\n".join(found).replace("\\", "").replace("\u00a0", " ").replace("\u202f", " ")


def visit(name: str, **query: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "router.py"), default_timeout=60)
    page.switch_page(name)
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("carte.py", {"departements": "86"}),
        ("carte.py", {"fiche": "a"}),
        ("couverture.py", {"departements": "86", "types": "mds"}),
        ("annuaire.py", {}),
        ("annuaire.py", {"vue": "fiches"}),
    ],
)
@pytest.mark.usefixtures("base")
def test_a_page_says_the_same_on_a_base_as_on_a_file(monkeypatch, tmp_path, name, query):
    on_base = said(visit(name, **query))
    file = tmp_path / "services.csv"
    file.write_bytes(content(ROWS))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(file))
    on_file = said(visit(name, **query))
    assert "Nonvue" not in on_base
    same = [text.replace("fichier du", "base du") for text in (on_base, on_file)]
    assert _without_days(same[0]) == _without_days(same[1])


def _without_days(text: str) -> str:
    return "\n".join(line.partition("(base du")[0] for line in text.splitlines())


def test_a_cell_is_changed_on_the_page_and_put_back(base, editor):
    page = press(typed(press(editor("a"), "Modifier cette fiche"), "05 49 87 11 11"), "Enregistrer")
    assert "Enregistré : 1 case." in said(page)
    # Who has saved sees it at once, without waiting to be told.
    assert service_list.load().services.loc["a", "telephone"] == "05 49 87 11 11"
    page = press(editor("a"), "Oui, annuler cette modification")
    assert "Remis comme avant : 1 case." in said(page)
    wait_for(lambda: service_list.load().services.loc["a", "telephone"] == "3919")
    store = stores.opened(base.site, editing=base.editors)
    assert [entry.after for entry in store.history("éditrice")] == ["05 49 87 11 11", "3919"]


def test_a_cell_that_a_colleague_changed_is_shown_side_by_side(base, editor):
    page = press(editor("a"), "Modifier cette fiche")
    store = stores.opened(base.site, editing=base.editors)
    store.save([Edit("a", "telephone", "3919", "115")], who="collègue", now=NOW)
    page = press(typed(page, "119"), "Enregistrer")
    assert any("garder" in radio.label for radio in page.radio)
    assert store.row("a", "éditrice")["telephone"] == "115"


def test_a_row_of_another_departement_has_no_button(editor):
    labels = [button.label for button in editor("e").button]
    assert "Modifier cette fiche" not in labels
    assert "Modifier cette fiche" in [button.label for button in editor("a").button]


def test_while_the_base_is_away_the_list_stays_and_what_is_typed_too(base, wire, editor):
    page = typed(press(editor("a"), "Modifier cette fiche"), "05 49 87 22 22")
    wire.cut()
    wait_for(lambda: bool(service_list.load().failure))
    page = press(page, "Enregistrer")
    told = said(page)
    assert "La base ne répond pas" in told
    assert "La dernière liste lisible reste affichée (base du" in told
    assert typed_now(page) == "05 49 87 22 22"
    assert "a" in service_list.load().services.index
    wire.mend()
    wait_for(lambda: not service_list.load().failure)
    page = press(page, "Enregistrer")
    assert "Enregistré : 1 case." in said(page)
    store = stores.opened(base.site, editing=base.editors)
    assert store.row("a", "éditrice")["telephone"] == "05 49 87 22 22"


def test_while_the_server_hangs_the_list_stays_and_what_is_typed_too(
    base, bases, editor, monkeypatch
):
    for module, name in (
        (_base, "_READING_SILENT_S"),
        (_base, "_SAVING_SILENT_S"),
        (_following, "_SILENT_S"),
    ):
        monkeypatch.setattr(module, name, 1.0)
    monkeypatch.setattr(_connecting, "_LEFT_ALONE_S", 1.0)
    page = typed(press(editor("a"), "Modifier cette fiche"), "05 49 87 33 33")
    bases.cluster.freeze()
    try:
        wait_for(lambda: bool(service_list.load().failure))
        page = press(page, "Enregistrer")
        told = said(page)
        assert "La base ne répond pas" in told
        assert "La dernière liste lisible reste affichée (base du" in told
        assert typed_now(page) == "05 49 87 33 33"
    finally:
        bases.cluster.freeze(on=False)
    wait_for(lambda: not service_list.load().failure)
    page = press(page, "Enregistrer")
    assert "Enregistré : 1 case." in said(page)
    store = stores.opened(base.site, editing=base.editors)
    assert [entry.after for entry in store.history("éditrice")] == ["05 49 87 33 33"]


def typed_now(page: AppTest) -> str:
    return next(one for one in page.text_input if one.label.startswith("Téléphone")).value


@pytest.mark.usefixtures("base")
def test_without_an_account_that_edits_the_page_only_reads(monkeypatch, caplog):
    monkeypatch.setenv("MAILLAGE_EDITION", "locale")
    monkeypatch.delenv("MAILLAGE_SERVICES_EDITION")
    assert access.editor() is None
    assert "MAILLAGE_SERVICES_EDITION is not" in caplog.text
    assert access.sign_in() is None


def test_an_address_that_is_wrong_shows_why_and_no_address(monkeypatch, clear):  # noqa: ARG001
    monkeypatch.setenv("MAILLAGE_SERVICES", "postgresql://site:secret-mdp@127.0.0.1:1/liste")
    told = said(visit("annuaire.py"))
    assert "La base ne répond pas" in told
    assert "secret-mdp" not in told
    assert "127.0.0.1" not in told
