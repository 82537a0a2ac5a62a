"""The same list in a file and in a base is read, changed, refused and remembered alike."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime

import pandas as pd
import psycopg
import pytest

from geodata import fact_sources
from geodata.fact_sources import FactSource
from geodata.services import read_services
from geodata.upkeep import keeping, stores
from geodata.upkeep.keeping import Conflict, Edit, Refused
from geodata.upkeep.stores import Store
from tests.cluster import fill
from tests.conftest import wait_for
from tests.lists import CIVRAY, content, row

NOW = datetime(2026, 11, 22, 9, 30)
TODAY = NOW.date()
CANARY = "7 rue du Canari"
WHO = "éditrice"
ROWS = (
    row("a", **CIVRAY, telephone="05 49 87 00 00", notes="dit « bonjour »"),
    row("b", **CIVRAY, nom="CCAS, de Civray", type="ccas", description='dit "ici"\nla suite'),
    row("c", type="hebergement", nom="Foyer", zone_eligibilite="86"),
    row("d", nom="À 3919", type="ecoute", zone_eligibilite="france", courriel="écrire"),
)
FACTS = fact_sources.edited(b"", {("a", "telephone"): FactSource("DILA", "", "2025-01")})


@pytest.fixture(params=["file", "base"])
def opened(request, tmp_path) -> Iterator[Callable[..., Store]]:
    """Open a store on a list, in a file or in a base."""
    made: list[Store] = []

    def open_on(rows=ROWS, facts=FACTS) -> Store:
        if request.param == "file":
            path = tmp_path / "services.csv"
            path.write_bytes(content(rows))
            fact_sources.beside(path).write_bytes(facts)
            made.append(stores.opened(str(path)))
        else:
            base = request.getfixturevalue("bases").new(**{WHO: ["france"]})
            fill(base, content(rows), facts)
            made.append(stores.opened(base.site, editing=base.editors))
        return made[-1]

    yield open_on
    for store in made:
        getattr(store, "close", lambda: None)()


@pytest.fixture
def store(opened) -> Store:
    return opened()


def change(store: Store, *edits: Edit, **sources):
    return store.save(edits, who=WHO, now=NOW, **sources)


def phone(after: str, before: str = "05 49 87 00 00", key: str = "a") -> Edit:
    return Edit(key, "telephone", before, after)


def read(store: Store, key: str, column: str) -> str:
    return store.latest(TODAY).reading.services.loc[key, column]


def told(entry: keeping.Entry) -> tuple:
    return entry.change, entry.who, entry.id, entry.column, entry.before, entry.after


def test_what_is_read_is_what_the_file_says(store):
    latest = store.latest(TODAY)
    expected = fact_sources.read(
        FACTS, read_services(io.BytesIO(content(ROWS)), today=TODAY), name="x", today=TODAY
    )
    pd.testing.assert_frame_equal(
        pd.DataFrame(latest.reading.services), pd.DataFrame(expected.services)
    )
    assert [p.message.partition(",")[2] for p in latest.reading.problems] == [
        p.message.partition(",")[2] for p in expected.problems
    ]
    assert store.cells(WHO).equals(keeping.read_cells(content(ROWS)))
    assert store.content(WHO) == content(ROWS)


def test_a_change_is_seen_by_who_reads_next(store):
    state, signature = store.state(), store.latest(TODAY).signature
    change(store, phone("3919"))
    wait_for(lambda: read(store, "a", "telephone") == "3919")
    assert store.state() != state
    assert store.latest(TODAY).signature != signature
    assert store.row("a", WHO)["telephone"] == "3919"
    assert store.row("zzz", WHO) is None
    assert store.last_changes() == {"a": "2026-11-22T09:30:00"}


def test_two_people_keep_both_their_changes(store):
    change(store, phone("05 49 87 11 11"))
    store.save([Edit("a", "nom", "MDS de Civray", "MDS")], who=WHO, now=NOW)
    row_ = store.row("a", WHO)
    assert (row_["nom"], row_["telephone"]) == ("MDS", "05 49 87 11 11")
    assert [told(entry) for entry in store.history(WHO)] == [
        (1, WHO, "a", "telephone", "05 49 87 00 00", "05 49 87 11 11"),
        (2, WHO, "a", "nom", "MDS de Civray", "MDS"),
    ]


def test_one_cell_changed_twice_is_a_conflict_and_nothing_is_written(store):
    change(store, phone("05 49 87 11 11"))
    before = store.content(WHO)
    with pytest.raises(Conflict, match="modifié entre-temps « telephone » de « a »") as caught:
        change(store, phone("05 49 87 22 22"), Edit("b", "nom", "CCAS, de Civray", "CCAS"))
    assert caught.value.cells == (("a", "telephone"),)
    assert store.content(WHO) == before
    assert len(store.history(WHO)) == 1


def test_the_same_change_twice_is_one(store):
    assert len(change(store, phone("3919"))) == 1
    assert change(store, phone("3919")) == ()
    assert len(store.history(WHO)) == 1


def test_letters_that_were_decoded_twice_are_mended_and_stop_no_save(store):
    twice, well = "FermÃ© lâ€™aprÃ¨s-midi", "Fermé l’après-midi"
    (entry,) = change(store, Edit("a", "description", "", twice))
    assert (entry.after, store.row("a", WHO)["description"]) == (well, well)
    change(store, phone("3919"), Edit("a", "description", well, "Ouvert"))
    undone = store.undo(store.history(WHO)[1:], who=WHO, now=NOW)
    assert {entry.after for entry in undone} == {well, "05 49 87 00 00"}
    wait_for(lambda: read(store, "a", "description") == well)


def test_what_other_programs_write_in_a_base_is_mended_as_in_a_file(bases):
    base = bases.new(ROWS, **{WHO: ["france"]})
    with psycopg.connect(base.admin) as connection:
        connection.execute("update maillage.fiches set nom = 'MDS dâ€™Ã‰pÃ´ne' where id = 'a'")
    with closing(stores.opened(base.site, editing=base.editors)) as store:
        assert read(store, "a", "nom") == store.row("a", WHO)["nom"] == "MDS d’Épône"
        change(store, phone("3919"), Edit("a", "nom", "MDS d’Épône", "MDS"))
        wait_for(lambda: read(store, "a", "nom") == "MDS")


def test_threads_lose_nothing(store):
    edits = [
        Edit("ab"[n % 2], ("courriel", "site_web", "reseaux")[n // 2], "", f"v{n}")
        for n in range(6)
    ]
    threads = [threading.Thread(target=change, args=(store, edit)) for edit in edits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cells = store.cells(WHO)
    assert [cells.loc[edit.id, edit.column] for edit in edits] == [edit.after for edit in edits]
    assert sorted(entry.change for entry in store.history(WHO)) == [1, 2, 3, 4, 5, 6]


def test_a_row_is_added_removed_and_brought_back(store):
    before = store.cells(WHO)
    new = pd.DataFrame([row("e", type="justice", nom="Tribunal", **CIVRAY)]).set_index("id")
    after = pd.concat([before, new]).fillna("")
    entries = change(store, *keeping.edits_between(before, after))
    assert store.cells(WHO).equals(after.astype("str"))
    wait_for(lambda: "e" in store.latest(TODAY).reading.services.index)
    store.undo(entries, who=WHO, now=NOW)
    assert store.cells(WHO).equals(before)
    wait_for(lambda: "e" not in store.latest(TODAY).reading.services.index)
    removed = change(store, *keeping.edits_between(before, before.drop(index="b")))
    assert store.cells(WHO).index.tolist() == ["a", "c", "d"]
    store.undo(removed, who=WHO, now=NOW)
    assert store.cells(WHO).loc["b"].equals(before.loc["b"])


def test_a_column_of_ones_own_is_added_and_travels(store):
    change(store, Edit("a", "remarques", "", "à revoir"), Edit("a", "notes", ROWS[0]["notes"], ""))
    assert store.row("a", WHO)["remarques"] == "à revoir"
    wait_for(
        lambda: (
            "remarques" in store.latest(TODAY).reading.services
            and read(store, "a", "remarques") == "à revoir"
        ),
        seconds=2,
    )


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([Edit("a", " ", "", "rose")], "sans nom"),
        ([Edit("zzz", "nom", "", "Z")], "n’est plus dans la liste"),
        ([Edit("a", "type", "mds", "gendarmeri")], "Peut-être « gendarmerie »"),
        ([Edit("a", "nom", "MDS de Civray", "")], "obligatoire"),
        ([Edit("c", "adresse", "", CANARY)], "confidentiel"),
        ([Edit("c", "description", "", CANARY)], "confidentiel"),
        ([Edit("c", "confidentialite", "", "public")], "plus visible"),
        ([Edit("a", "confidentialite", "", "secret")], "pas connu"),
    ],
)
def test_a_save_passes_the_checks_of_the_reader(store, edits, said):
    before = store.content(WHO)
    with pytest.raises(Refused, match=said) as caught:
        change(store, *edits)
    assert CANARY not in str(caught.value)
    assert store.content(WHO) == before
    assert store.history(WHO) == ()


def test_a_changed_cell_has_a_source_of_its_own_and_an_undo_brings_the_old_one_back(store):
    dila = FactSource("DILA", "", "2025-01")
    (entry,) = change(store, phone("3919"))
    typed = FactSource("Saisi dans l’Annuaire, sans source indiquée", date_source="2026-11-22")
    assert (entry.source_before, entry.source_after) == (dila, typed)
    assert store.history(WHO) == (entry,)
    facts = lambda: fact_sources.of(store.latest(TODAY).reading.services.loc["a"])  # noqa: E731
    wait_for(lambda: facts() == {"telephone": typed})
    store.undo([entry], who=WHO, now=NOW)
    wait_for(lambda: facts() == {"telephone": dila})


def test_an_undo_of_what_has_changed_again_is_a_conflict(store):
    entries = change(store, phone("3919"))
    change(store, phone("17", before="3919"))
    with pytest.raises(Conflict):
        store.undo(entries, who=WHO, now=NOW)


def test_nothing_keeps_the_place_of_a_row_that_becomes_hidden(store):
    change(store, Edit("b", "adresse", "", CANARY))
    change(
        store,
        Edit("b", "confidentialite", "", "departement"),
        Edit("b", "zone_eligibilite", "", "86"),
        Edit("b", "nom", "CCAS, de Civray", "Accueil"),
        Edit("b", "adresse", CANARY, ""),
        *[Edit("b", column, text, "") for column, text in CIVRAY.items()],
    )
    history = store.history(WHO)
    assert {entry.column for entry in history} >= {"adresse", "nom", "confidentialite"}
    assert "Civray" not in str([entry for entry in history if entry.id == "b"])
    assert CANARY not in str(history)
    with pytest.raises(Refused, match="confidentiel"):
        store.undo(history[-1:], who=WHO, now=NOW)
    wait_for(lambda: read(store, "b", "confidentialite") == "departement")
    assert store.latest(TODAY).reading.services.index.tolist()[-2:] == ["b", "c"]


def test_a_row_that_is_never_shown_any_more_is_counted_alone(store):
    entries = change(
        store,
        Edit("b", "confidentialite", "", "non_publie"),
        Edit("b", "zone_eligibilite", "", "86"),
        Edit("b", "telephone", "", "3919"),
        *[Edit("b", column, text, "") for column, text in CIVRAY.items()],
    )
    said = {entry.column: (entry.before, entry.after) for entry in entries}
    assert said["confidentialite"] == ("", "non_publie")
    assert said["telephone"] == ("", None)
    wait_for(
        lambda: (
            "non_publie" in set(store.latest(date(2026, 11, 22)).reading.services.confidentialite)
        ),
        seconds=2,
    )
    never = store.latest(TODAY).reading.services.query("confidentialite == 'non_publie'")
    assert never[["type", "departement"]].to_numpy().tolist() == [["ccas", "86"]]


def test_a_merge_changes_what_was_chosen(store):
    cells = store.cells(WHO)
    theirs = cells.copy()
    theirs.loc["a", "courriel"] = "a@exemple.fr"
    change(store, *keeping.edits_between(cells, theirs))
    assert store.cells(WHO).equals(theirs)


def test_a_store_that_nobody_can_open_says_so(tmp_path):
    with pytest.raises(stores.NoList, match="introuvable"):
        stores.opened(str(tmp_path / "rien.csv")).latest(TODAY)
