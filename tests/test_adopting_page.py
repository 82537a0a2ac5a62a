"""Annuaire: a table of one's own in three steps, a list in the place of another, a first list."""

from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from geodata import fact_sources
from geodata.services import read_services
from geodata.upkeep import keeping
from pages.annuaire import access
from pages.shared import clock, service_list
from pages.shared.service_list import PARIS
from tests.lists import CIVRAY, content, row
from tests.test_adopting import SECRET, csv_of, workbook
from tests.test_pages import open_page, texts

SCRIPT = """
from datetime import date
from pages.annuaire import checking
from pages.shared import service_list
today = date(2026, 11, 24)
checking.panel(service_list.begin_run(today).services, today)
"""
ROLE = "observatoire"


@pytest.fixture
def editing(monkeypatch):
    monkeypatch.setattr(access, "editor", lambda: ROLE)


@pytest.fixture(autouse=True)
def tuesday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 10, tzinfo=PARIS))


def drop(data: bytes, name: str = "lieux.xlsx") -> AppTest:
    page = AppTest.from_string(SCRIPT, default_timeout=60).run()
    return give(page, data, name)


def give(page: AppTest, data: bytes, name: str = "lieux.xlsx") -> AppTest:
    page.get("file_uploader")[0].set_value((name, data, "text/csv")).run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if label in button.label).click().run()
    assert not page.exception
    return page


def to_the_end(page: AppTest) -> AppTest:
    page.text_input[0].set_value("Observatoire").run()
    return press(press(page, "Continuer : les lignes"), "Continuer : la fusion")


@pytest.mark.usefixtures("editing")
def test_three_steps_from_a_workbook_to_the_list_and_back(on_list):
    path = on_list(row("86-mds-civray", **CIVRAY, telephone="05 49 99 99 99"))
    before = path.read_bytes()
    page = drop(workbook())
    assert "10 colonnes reconnues" in texts(page)
    page.text_input[0].set_value("Observatoire").run()
    press(page, "Continuer : les lignes")
    assert "**6 lignes prises**, dont 2 lieux confidentiels ; 1 laissée de côté" in texts(page)
    assert any(one.label.startswith("sans type") for one in page.selectbox)
    press(page, "Continuer : la fusion")
    assert "**5 nouvelles fiches**" in texts(page)
    assert path.read_bytes() == before
    page.checkbox(next(c.key for c in page.checkbox if "Ajouter" in c.label)).check().run()
    press(page, "Mettre dans la liste")
    listed = read_services(path).services
    assert len(listed) == 6
    assert not any(secret in path.read_text() for secret in SECRET[:4])
    history = keeping.read_history(path)
    assert {entry.who for entry in history} == {ROLE}
    assert "hebergement" in set(listed["type"])
    shown = {entry.id for entry in history if "cidff" in entry.id}
    undone = [entry for entry in history if entry.id in shown]
    keeping.undo(path, undone, who=ROLE, now=clock.now())
    assert len(read_services(path).services) == 4
    again = drop(workbook())
    assert "ses choix sont repris" in texts(again)
    assert again.text_input[0].value == "Observatoire"


def test_who_may_not_edit_gets_the_rows_as_a_file_and_learns_nothing_of_the_list(on_list):
    never = row("n", nom="CIDFF de la Vienne", type="association", confidentialite="non_publie")
    path = on_list(row("a"), never)
    before = path.read_bytes()
    page = to_the_end(drop(workbook()))
    assert "6 fiches prêtes" in texts(page)
    assert not any("Mettre" in button.label for button in page.button)
    assert "refusée" not in texts(page)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_words_of_a_file_are_no_markdown(on_list):
    on_list(row("a"))
    page = drop(csv_of("Nom;Ville;Type", "Lieu A;Civray (86);[x](javascript:alert(1))"), "a.csv")
    press(page, "Continuer : les lignes")
    assert any(r"\[x\]\(javascript\:" in one.label for one in page.selectbox)


@pytest.mark.usefixtures("editing")
def test_a_source_is_asked_before_anything_is_written(on_list):
    on_list(row("a"))
    page = drop(csv_of("Nom;Ville", "CCAS;Civray (86)"), "a.csv")
    press(press(page, "Continuer : les lignes"), "Continuer : la fusion")
    assert "d’où viennent ces informations" in texts(page)
    assert not any("Mettre" in button.label for button in page.button)


@pytest.mark.usefixtures("editing")
def test_what_is_ticked_is_forgotten_where_somebody_saves_meanwhile(on_list):
    path = on_list(row("a", nom="CCAS", type="ccas", telephone="05 49 00 00 01", **CIVRAY))
    page = drop(csv_of("Nom;Type;Ville;Tél", "CCAS;CCAS;Civray (86);05 49 00 00 02"), "a.csv")
    to_the_end(page)

    def grids() -> set[str]:
        return {one.proto.id for one in page.dataframe if one.proto.editing_mode}

    assert "1 case différente" in texts(page)
    before = grids()
    assert before
    page.run()
    assert grids() == before
    change = keeping.Edit("a", "telephone", "05 49 00 00 01", "05 49 00 00 03")
    keeping.save(path, [change], who="autre", now=clock.now())
    page.run()
    assert grids() & before == set()


@pytest.mark.usefixtures("editing")
def test_a_checked_list_takes_the_place_of_the_other(on_list):
    never = row("n", type="ecoute", confidentialite="non_publie")
    path = on_list(row("a", telephone="3919"), row("b"), never)
    page = drop(content([row("a", telephone="114"), row("c")]), "liste.csv")
    assert next(b for b in page.button if b.label == "Remplacer").disabled
    page.checkbox(next(c.key for c in page.checkbox if "remplacer" in c.label)).check().run()
    press(page, "Remplacer")
    assert list(read_services(path).services.index) == ["a", "c", "n"]
    keeping.undo(path, keeping.read_history(path), who=ROLE, now=clock.now())
    assert list(read_services(path).services.index) == ["a", "b", "n"]


@pytest.mark.usefixtures("editing")
def test_a_list_that_would_show_a_hidden_place_does_not_take_the_place(on_list):
    path = on_list(row("a", type="hebergement", zone_eligibilite="86"))
    before = path.read_bytes()
    page = drop(content([row("a", type="hebergement", confidentialite="public")]), "liste.csv")
    page.checkbox(next(c.key for c in page.checkbox if "remplacer" in c.label)).check().run()
    press(page, "Remplacer")
    assert "plus visible" in texts(page)
    assert path.read_bytes() == before


def replace_list(page: AppTest) -> AppTest:
    page.checkbox(next(c.key for c in page.checkbox if "remplacer" in c.label)).check().run()
    return press(page, "Remplacer")


def by_another(path, *edits: keeping.Edit) -> None:
    keeping.save(path, edits, who="CIDFF", now=clock.now())


@pytest.mark.usefixtures("editing")
def test_a_list_in_the_place_of_another_keeps_what_somebody_saves_meanwhile(on_list):
    path = on_list(row("a", telephone="3919"), row("b", telephone="115"), row("c"))
    page = drop(content([row("a", telephone="114"), row("b", telephone="115")]), "liste.csv")
    assert "0 fiche ajoutée, 1 retirée, 1 cellule changée" in texts(page).replace("\u00a0", " ")
    new = keeping.read_cells(content([row("d")]))
    by_another(
        path, keeping.Edit("b", "telephone", "115", "17"), *keeping.edits_between(new[:0], new)
    )
    replace_list(page)
    assert page.success
    assert read_services(path).services["telephone"].to_dict() == {"a": "114", "b": "17", "d": ""}


@pytest.mark.usefixtures("editing")
def test_a_cell_that_somebody_else_changes_meanwhile_is_told_then_compared_anew(on_list):
    path = on_list(row("a"), row("b", telephone="115"), row("c"))
    page = drop(content([row("a", telephone="114"), row("b", telephone="18")]), "liste.csv")
    notes = [keeping.Edit("c", f"note {place}", "", "x") for place in range(6)]
    by_another(path, keeping.Edit("b", "telephone", "115", "17"), *notes)
    before = path.read_bytes()
    replace_list(page)
    said = page.error[0].value.replace("\\", "").replace("\u00a0", " ")
    assert "entre-temps « telephone » de « b », « note 0 » de « c »" in said
    assert "« note 3 » de « c » et 2 autres cases. Rien n’a été enregistré." in said
    assert path.read_bytes() == before
    assert next(b for b in page.button if b.label == "Remplacer").disabled
    changes = [table.value.to_numpy().tolist() for table in page.table]
    assert any(["b", "telephone", "17", "18"] in rows for rows in changes)
    replace_list(page)
    assert page.success
    assert read_services(path).services["telephone"].to_dict() == {"a": "114", "b": "18"}


def test_nobody_else_can_put_a_list_in_place(on_list):
    on_list(row("a"))
    page = drop(content([row("b")]), "liste.csv")
    assert not any("Remplacer" in button.label for button in page.button)


# --- the first list -------------------------------------------------------------------------


@pytest.fixture
def no_list(tmp_path, monkeypatch):
    path = tmp_path / "services.csv"
    monkeypatch.setenv("MAILLAGE_SERVICES", str(path))
    return path


@pytest.mark.parametrize("written", [None, b"", b"id,nom,type,source\n"])
@pytest.mark.usefixtures("editing")
def test_a_list_begins_with_the_example(no_list, written):
    if written is not None:
        no_list.write_bytes(written)
    page = press(open_page(), "Commencer avec l’exemple")
    assert no_list.read_bytes() == service_list.SHIPPED.read_bytes()
    beside = [fact_sources.beside(path) for path in (no_list, service_list.SHIPPED)]
    assert beside[0].read_bytes() == beside[1].read_bytes()
    assert "L’état de la liste" in texts(page)


@pytest.mark.usefixtures("editing")
def test_a_list_begins_with_a_table(no_list):
    page = give(open_page(), workbook())
    to_the_end(page)
    press(page, "Commencer la liste avec ces fiches")
    assert len(read_services(no_list).services) == 6
    assert "L’état de la liste" in texts(page)


@pytest.mark.usefixtures("editing")
def test_a_list_that_cannot_be_read_is_not_written_over(no_list):
    no_list.write_bytes(before := b"%PDF\nx;y\n1;2\n")
    page = open_page()
    assert "Aucune liste à montrer" in texts(page)
    assert not any("Commencer" in button.label for button in page.button)
    give(page, content([row("a")]), "liste.csv")
    assert no_list.read_bytes() == before


def test_the_manual_is_on_the_page(on_list):
    on_list(row("a"))
    page = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert "### Les lieux secrets" in texts(page)
    button = next(b for b in page.get("download_button") if "Modèle" in b.proto.label)
    assert button.proto.label == "Modèle à remplir (XLSX)"


def test_a_list_that_arrives_meanwhile_is_not_written_over(no_list):
    no_list.write_bytes(before := content([row("a")]))
    with pytest.raises(keeping.Refused, match="entre-temps"):
        service_list.store().begin(b"id,nom,type,source\n", who="", now=datetime(2026, 11, 24))
    assert no_list.read_bytes() == before
