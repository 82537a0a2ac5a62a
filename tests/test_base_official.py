"""Official data and other lists in a base: as in a file, in the name of a role."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
import streamlit as st

from geodata import fact_sources
from geodata.__main__ import main
from geodata.sources import SOURCES
from geodata.upkeep import collecting, keeping, stores
from geodata.upkeep.collecting import ADD, TAKE, Folder, Outcome
from geodata.upkeep.keeping import Conflict, Edit, Refused
from geodata.upkeep.stores import FileStore, administration
from pages.annuaire import access, official
from pages.shared import clock, service_list
from pages.shared.service_list import PARIS
from tests import official as o
from tests.lists import CIVRAY, content, row
from tests.test_base import POISSY
from tests.test_official_page import bring, waited
from tests.test_pages import open_page, press, texts

NOW = datetime(2026, 11, 30, 10, tzinfo=PARIS)
TWO = {name: SOURCES[name] for name in ("gendarmerie", "dila")}
FILES = {name: o.GOOD[name] for name in TWO}
WHO = "éditrice 86"
MINE = row(
    "86-bta-civray", nom="Brigade de gendarmerie de Civray", type="gendarmerie",
    telephone="05 49 87 99 99", **CIVRAY,
)  # fmt: skip
THEIRS = row("78-mds", **POISSY, telephone="01 39 00 00 00")
ROWS = (MINE, THEIRS)
NEVER = row(
    "86-jamais", nom="Jamais", type="gendarmerie", zone_eligibilite="86",
    confidentialite="non_publie",
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_geocoder(monkeypatch):
    monkeypatch.setenv("MAILLAGE_GEOCODER", "non")


@pytest.fixture
def folder(tmp_path) -> Path:
    return o.folder_of(tmp_path / "fichiers", FILES)


@pytest.fixture
def on_base(bases):
    """Make a base with some rows, and a store on it."""
    made = []

    def open_on(*rows):
        base = bases.new(rows, **{WHO: ["86"], "éditrice 78": ["78"], "toutes": ["france"]})
        made.append(stores.opened(base.site, editing=base.editors))
        return base, made[-1]

    yield open_on
    for store in made:
        store.close()


def brought(store, folder: Path, *departements: str, who: str = WHO, **more) -> Outcome:
    told = {"now": NOW, "tell": lambda *_: None, "sources": TWO} | more
    return collecting.bring(store, departements or ("86",), Folder(folder), who=who, **told)


def seen(outcome: Outcome) -> tuple:
    counts = {name: outcome.count(name) for name in ("added", "completed", "updated", "closed")}
    return counts, sorted(one.key for one in outcome.proposals)


def test_a_base_is_brought_up_to_date_as_a_file_is(on_base, folder, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(content(ROWS))
    base, kept = on_base(*ROWS)
    both = (FileStore(path), kept)
    stories = []
    for store in both:
        told = []
        first = brought(store, folder)
        told.append(seen(first))
        told.append(seen(brought(store, folder)))
        [asked] = [one for one in first.proposals if one.column == "telephone"]
        told.append(seen(brought(store, folder, answers={asked.key: True})))
        court = store.row("dila-tribunal", WHO)["telephone"]
        store.save([Edit("dila-tribunal", "telephone", court, "3919")], who=WHO, now=NOW)
        changed = o.dila_record("cidff", "CIDFF de la Vienne", "cidf", phone="05 49 88 04 42")
        moved = o.dila_record("tribunal", "Tribunal", "tgi", phone="05 49 50 22 01")
        o.folder_of(folder, {"dila": o.dila(changed, moved)})
        last = brought(store, folder)
        told.append((*seen(last), {one.gesture for one in last.proposals}))
        told.append(dict(sorted(store.cells(WHO).drop(index="78-mds", errors="ignore").to_dict(
            "index").items())))  # fmt: skip
        told.append({key: fact for key, fact in store.facts(WHO).items() if key[0] != "78-mds"})
        told.append(store.official(WHO).records)
        stories.append(told)
        o.folder_of(folder, FILES)
    assert stories[0] == stories[1]
    assert stories[1][3][2] == {TAKE}  # the tribunal's number, which both have changed
    cells = kept.cells("toutes")
    assert cells.loc["dila-cidff", "telephone"] == "05 49 88 04 42"
    assert cells.loc["dila-tribunal", "telephone"] == "3919"
    assert cells.loc["78-mds", "telephone"] == THEIRS["telephone"]
    # The history tells who, and by what means; a person's change stays a person's.
    authors = {(e.id, e.column): e.who for e in kept.history(WHO)}
    assert authors["dila-cidff", "telephone"] == f"{WHO} (données officielles)"
    assert authors["dila-tribunal", "telephone"] == WHO
    brought(kept, folder)
    phones = kept.cells(WHO)["telephone"]
    assert phones["dila-cidff"] == "05 49 88 04 41"  # as the source says again: nobody wrote it
    assert phones["dila-tribunal"] == "3919"
    with psycopg.connect(base.admin) as connection:
        known = str(connection.execute("select * from maillage.officiel").fetchall())
    assert "Poitiers" not in known
    assert "05 49" not in known


def test_an_editor_brings_data_into_their_departements_alone(on_base, folder):
    _, store = on_base(*ROWS)
    for who, asked in ((WHO, "78"), (WHO, collecting.FRANCE), ("éditrice 78", "86")):
        with pytest.raises(Refused, match="ne modifie que"):
            brought(store, folder, asked, who=who)
    brought(store, folder)
    assert collecting.departements_of(store, WHO) == ("86",)
    with pytest.raises(collecting.NoMemory, match="La base n’a encore reçu"):
        collecting.departements_of(store, "éditrice 78")
    assert store.official("éditrice 78").records == {}
    assert store.official("toutes").records.keys() == store.official(WHO).records.keys()
    # Who has the whole of France goes on where an editor began, and back.
    assert not brought(store, folder, who="toutes").count("added")
    assert not brought(store, folder).count("added")


def test_a_row_that_is_never_shown_does_not_come_in_by_an_official_record(on_base, folder):
    _, store = on_base(NEVER, THEIRS)
    outcome = brought(store, folder)
    cells = store.cells(WHO)
    assert "gendarmerie-1000001" not in cells.index
    assert {"dila-cidff", "dila-tribunal"} <= set(cells.index)  # of other types there is none
    asked = [one for one in outcome.proposals if one.gesture == ADD]
    assert {one.why for one in asked} >= {collecting._joining._MAYBE_UNSEEN}
    assert "Jamais" not in str(outcome.proposals)
    brought(store, folder, answers={one.key: one.other == "gendarmerie-1000001" for one in asked})
    assert "gendarmerie-1000001" in store.cells(WHO).index


def test_an_official_row_that_is_no_longer_shown_does_not_come_back(on_base, folder):
    _, store = on_base(THEIRS)
    brought(store, folder)
    row_ = store.row("dila-cidff", WHO)
    gone = dict.fromkeys((*collecting.PLACE, "description"), "") | {
        "confidentialite": "non_publie", "zone_eligibilite": "86",
    }  # fmt: skip
    edits = [Edit("dila-cidff", c, row_[c], t) for c, t in gone.items() if row_[c] != t]
    store.save(edits, who=WHO, now=NOW)
    outcome = brought(store, folder)
    assert "dila-cidff" not in store.cells("toutes").index
    assert outcome.count("added") == 0
    assert outcome.count("removed") == 1


def test_what_a_colleague_changes_meanwhile_is_a_conflict(on_base, folder, monkeypatch):
    _, store = on_base(*ROWS)
    brought(store, folder)
    changed = o.dila_record("cidff", "CIDFF de la Vienne", "cidf", phone="05 49 88 04 42")
    o.folder_of(folder, {"dila": o.dila(changed, o.COURT, o.BRIGADE_TOO)})
    save = type(store).save

    def later(self, edits, **more):
        seen = self.row("dila-cidff", WHO)["telephone"]
        save(self, [Edit("dila-cidff", "telephone", seen, "3919")], who="toutes", now=NOW)
        return save(self, edits, **more)

    monkeypatch.setattr(type(store), "save", later)
    with pytest.raises(Conflict, match="dila-cidff"):
        brought(store, folder)
    assert store.row("dila-cidff", WHO)["telephone"] == "3919"


def test_too_many_rows_at_once_are_refused(on_base, folder, monkeypatch):
    _, store = on_base(*ROWS)
    monkeypatch.setattr(stores._base, "_MOST_ROWS", 2)
    with pytest.raises(Refused, match="Département par département"):
        brought(store, folder)
    assert set(store.cells("toutes").index) == {MINE["id"], THEIRS["id"]}


# --- the command line ---------------------------------------------------------------------


def test_the_commands_change_a_base_in_the_name_of_a_role(
    on_base, folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    base, store = on_base(*ROWS, NEVER)
    update = ["update", base.editors, "--depuis", str(folder)]
    for more, said in {
        (): "--role",
        ("--role", "personne"): "ne modifie rien",
        ("--role", WHO): "aucune donnée officielle",
    }.items():
        assert main([*update, *more]) == 1
        assert said in capsys.readouterr().err
    assert main([*update[:1], base.site, *update[2:], "--role", WHO]) == 1
    assert "peut trop peu" in capsys.readouterr().err
    first = ["departement", "86", "-o", base.editors, "--depuis", str(folder), "--role", WHO]
    assert main(first) == 1  # the other sources are not in the folder
    assert "dila-cidff" in store.cells(WHO).index
    assert (tmp_path / "services.choix.csv").exists()
    assert main([*update, "--role", WHO]) == 1
    assert "3 confirmées" in capsys.readouterr().out.replace("\u00a0", " ")
    assert not (tmp_path / "services.csv").exists()
    assert not (tmp_path / "services.officiel.json").exists()

    other = tmp_path / "autre.csv"
    new = [row("x", **CIVRAY, nom="Accueil de jour", type="accueil-de-jour"),
           row("y", **CIVRAY, nom="Peloton", type="gendarmerie"),
           MINE | {"courriel": "bta@exemple.fr"}]  # fmt: skip
    other.write_bytes(content(new))
    merge = ["merge", base.editors, str(other), "--role", WHO]
    assert main(merge) == 0
    assert "NOUVELLE – x" in capsys.readouterr().out
    assert main([*merge, "--add-new"]) == 0
    assert "jamais montrées" in capsys.readouterr().err
    cells = store.cells(WHO)
    assert "x" in cells.index
    assert "y" not in cells.index
    assert {e.who for e in store.history(WHO) if e.id == "x"} == {f"{WHO} (fusion)"}


# --- the page -----------------------------------------------------------------------------


def test_an_editor_brings_official_data_in_from_the_page(on_base, folder, monkeypatch):
    base, store = on_base(*ROWS)
    monkeypatch.setenv(official.FOLDER, str(folder))
    monkeypatch.setenv("MAILLAGE_SERVICES", base.site)
    monkeypatch.setenv("MAILLAGE_SERVICES_EDITION", base.editors)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    st.cache_resource.clear()
    monkeypatch.setattr(access, "editor", lambda: WHO)
    page = open_page("annuaire.py", vue="donnees-officielles")
    box = page.multiselect(key="officiel_departements")
    assert box.options == ["86 Vienne"]
    box.set_value(["86"]).run()
    bring(page)
    assert "ajoutées" in page.success[0].value
    question = next(c for c in page.segmented_control if c.label.startswith("Téléphone"))
    question.set_value("oui")
    # Another editor sees nothing of what is to be decided here.
    monkeypatch.setattr(access, "editor", lambda: "éditrice 78")
    theirs = open_page("annuaire.py", vue="donnees-officielles")
    assert theirs.multiselect(key="officiel_departements").options == ["78 Yvelines"]
    assert "À décider" not in texts(theirs)
    monkeypatch.setattr(access, "editor", lambda: "personne")
    assert "aucun département" in texts(open_page("annuaire.py", vue="donnees-officielles"))
    monkeypatch.setattr(access, "editor", lambda: WHO)
    waited(press(page, "Faire ces choix"))
    assert store.row(MINE["id"], WHO)["telephone"] == "05 49 87 00 32"
    assert page.multiselect(key="officiel_departements").value == ["86"]
    with closing(service_list.store()) as shown:
        assert "dila-cidff" in shown.latest(NOW.date()).reading.services.index
    st.cache_resource.clear()


def test_an_empty_base_is_begun_from_the_page(on_base, folder, monkeypatch):
    base, store = on_base()
    monkeypatch.setenv(official.FOLDER, str(folder))
    monkeypatch.setenv("MAILLAGE_SERVICES", base.site)
    monkeypatch.setenv("MAILLAGE_SERVICES_EDITION", base.editors)
    st.cache_resource.clear()
    monkeypatch.setattr(access, "editor", lambda: "éditrice 78")
    page = press(open_page("annuaire.py"), "Commencer avec l’exemple fourni")
    assert "« éditrice 78 » ne modifie que" in page.error[0].value
    assert store.cells("toutes").empty
    monkeypatch.setattr(access, "editor", lambda: WHO)
    page = open_page("annuaire.py")
    assert "La base n’a encore aucune fiche" in texts(page)
    page.multiselect(key="officiel_departements").set_value(["86"]).run()
    assert "ajoutées" in bring(page).success[0].value
    assert "dila-cidff" in service_list.load().services.index
    with pytest.raises(Refused, match="entre-temps"):
        service_list.store().begin(b"id,nom,type,source\n", who=WHO, now=NOW)
    st.cache_resource.clear()


def test_the_shipped_list_begins_a_base_with_its_sources(on_base):
    base, store = on_base()
    with pytest.raises(stores.NoList, match="aucune fiche"):
        store.latest(NOW.date())
    listed = service_list.SHIPPED.read_bytes()
    facts = fact_sources.beside(service_list.SHIPPED).read_bytes()
    store.begin(listed, facts, who="toutes", now=NOW)
    written, sources = administration.export(base.admin)
    wanted = keeping.read_cells(listed)
    filled = [column for column in wanted if (wanted[column] != "").any()]
    assert keeping.read_cells(written).equals(wanted[filled])
    kept, given = fact_sources.written(sources), fact_sources.written(facts)
    public = wanted.index[wanted["confidentialite"] == ""]  # a save is stricter with hidden rows
    assert kept.items() <= given.items()
    assert {one for one in given if one[0] in public} <= kept.keys()
    assert len(store.latest(NOW.date()).reading.services) == len(wanted)
