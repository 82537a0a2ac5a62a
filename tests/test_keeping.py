"""Saving a list: whole or not at all, by two people at once, with a correct history."""

import json
import os
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geodata.services import UnreadableFile, read_services
from geodata.tables import read_document
from geodata.upkeep import keeping
from geodata.upkeep.keeping import (
    Conflict,
    Edit,
    Refused,
    edits_between,
    read_cells,
    read_history,
    save,
    undo,
    write,
)
from tests.lists import CIVRAY, content, row

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 22, 9, 30)
CANARY = "7 rue du Canari"
SHELTER = {"type": "hebergement", "nom": "Foyer", "zone_eligibilite": "86"}
ROWS = (
    row("a", **CIVRAY, telephone="05 49 87 00 00"),
    row("b", **CIVRAY, nom="CCAS, de Civray", type="ccas", description='dit "ici"\nla suite'),
    row("c", **SHELTER),
)


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "services.csv"
    file.write_bytes(content(ROWS))
    return file


def change(path: Path, *edits: Edit, who: str = "éditrice"):
    return save(path, edits, who=who, now=NOW)


def phone(after: str, before: str = "05 49 87 00 00", key: str = "a") -> Edit:
    return Edit(key, "telephone", before, after)


def told(entry: keeping.Entry) -> tuple:
    return entry.change, entry.who, entry.id, entry.column, entry.before, entry.after


# --- the bytes ----------------------------------------------------------------------------


def test_only_the_edited_row_changes(path):
    before = path.read_bytes()
    change(path, phone("05 49 87 11 11"))
    assert path.read_bytes() == before.replace(b"05 49 87 00 00", b"05 49 87 11 11")
    assert (path.parent / "services.csv.bak").read_bytes() == before
    assert {file.name for file in path.parent.iterdir()} == {
        "services.csv",
        "services.csv.bak",
        "services.csv.lock",
        "services.historique.jsonl",
        "services.sources.csv",
    }


@pytest.mark.parametrize(
    "written",
    [
        "id;nom;type;source;telephone\r\na;A;mds;S;1\r\n;;;;\r\nb;B;ccas;S;2\r\n",
        "\ufeffid,nom,type,source,telephone\na,A,mds,S,1\nb,B,ccas,S,2",
        '\ufeff"id","Nom","type","source","Téléphone"\n"a","A","mds","S","1"\nb,B,ccas,S,2\n\n',
        "sep=;\nid;nom;type;source;telephone;;\na;A;mds;S;1;;\nb;B;ccas;S;2\n",
        'id,nom,type,source,telephone,notes\na, A ,mds,S,1,"x\r\ny"\nb,B,ccas,S,2,\n',
        "nom\ttype\tsource\tid\ttelephone\nA\tmds\tS\ta\t1\nB\tccas\tS\tb\t2\n",
    ],
)
def test_any_writing_survives_an_edit_and_its_undoing(tmp_path, written):
    path = tmp_path / "liste.csv"
    path.write_bytes(written.encode())
    column = "Téléphone" if "Téléphone" in written else "telephone"
    column = column if column in read_cells(path) else "telephone"
    entries = change(path, Edit("b", column, "2", "3919"))
    assert read_cells(path)[column].tolist() == ["1", "3919"]
    assert read_services(path).services["telephone"].tolist() == ["1", "3919"]
    kept = [line for line in written.encode().splitlines() if not line.startswith(b"b")]
    assert [line for line in kept if line not in path.read_bytes().splitlines()] == [
        line for line in kept if line.startswith(b"B\t")
    ]
    undo(path, entries, who="éditrice", now=NOW)
    assert read_cells(path)[column].tolist() == ["1", "2"]
    assert path.read_bytes().rstrip() == written.encode().rstrip()


def test_a_list_of_excel_becomes_utf8_and_stays_itself(tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(content(ROWS).decode().replace("\n", "\r\n").encode("cp1252"))
    before = read_cells(path)
    change(path, phone("3919"))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    after = read_cells(path)
    assert after.loc["a", "telephone"] == "3919"
    assert after.drop(index="a").equals(before.drop(index="a"))


TWICE = row("b", nom="CCAS, de Civray", type="ccas", description="FermÃ© lâ€™aprÃ¨s-midi")
OLD = row("b", nom="Maison à Épône", type="ccas", description="Fermée l'été, entrée à côté")


@pytest.mark.parametrize(
    "written",
    [
        content([ROWS[0], TWICE]),
        content([ROWS[0], OLD], encoding="cp850"),
        content([ROWS[0], OLD], encoding="mac_roman"),
    ],
    ids=["decoded-twice", "cp850", "mac-roman"],
)
def test_what_is_mended_as_a_list_is_read_stops_no_save_and_no_undoing(path, written):
    assert any(problem.severity == "warning" for problem in read_document(written).problems)
    path.write_bytes(written)
    before = read_cells(path)
    (entry,) = change(path, phone("3919"))
    after = read_cells(path)
    assert after.loc["a", "telephone"] == "3919"
    assert after.drop(index="a").equals(before.drop(index="a"))
    assert read_document(path.read_bytes()).problems == ()
    assert read_history(path) == (entry,)
    undo(path, [entry], who="éditrice", now=NOW)
    assert read_cells(path).equals(before)


def test_what_is_saved_is_mended(path):
    twice, well = "FermÃ© lâ€™aprÃ¨s-midi", "Fermé l’après-midi"
    (entry,) = change(path, Edit("a", "description", "", twice))
    assert (entry.after, read_cells(path).loc["a", "description"]) == (well, well)
    assert read_document(path.read_bytes()).problems == ()
    assert change(path, Edit("a", "description", "", twice)) == ()  # it is there already
    change(path, Edit("a", "description", twice, "Ouvert"))
    assert read_cells(path).loc["a", "description"] == "Ouvert"


def test_the_shipped_list_round_trips_byte_for_byte():
    shipped = (ROOT / "services.csv").read_bytes()
    assert keeping._parse(shipped).document.encoded() == shipped
    assert len(read_cells(shipped)) == len(read_services(ROOT / "services.csv").services)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4), st.integers(0, 3), TEXT)
def test_any_cells_are_carried(cells, position, wanted):
    frame = pd.DataFrame(cells, columns=["nom", "notes"], dtype="str")
    frame.index = pd.Index([f"k{number}" for number in range(len(frame))], name="id")
    written = frame.to_csv(lineterminator="\n").encode()
    # The reader takes a cell that looks like rows as an unclosed quote.
    assume(not read_document(written).problems)
    table = keeping._parse(written)
    assert table.document.encoded() == written
    read = read_cells(written)
    key = read.index[position % len(read)]
    edited = keeping._edited(table, [Edit(key, "nom", "", keeping._written(wanted))])
    again = read_cells(edited.document.encoded())
    assert again.loc[key, "nom"] == keeping._written(wanted)
    assert again["notes"].equals(read["notes"])
    assert again.drop(index=key).equals(read.drop(index=key))


@pytest.mark.parametrize(
    "written", [b"", b"nom,type\nA,mds\n", b'id,nom\n"a,b\nc,d\n', b"\x00\x81\x8d"]
)
def test_a_file_that_no_save_could_carry_is_refused(tmp_path, written):
    path = tmp_path / "services.csv"
    path.write_bytes(written)
    with pytest.raises(UnreadableFile):
        change(path, phone("3919"))
    assert path.read_bytes() == written


# --- edits --------------------------------------------------------------------------------


def test_two_people_keep_both_their_changes(path):
    change(path, phone("05 49 87 11 11"), who="éditrice")
    change(path, Edit("a", "nom", "MDS de Civray", "MDS"), who="administratrice")
    assert read_cells(path).loc["a", ["nom", "telephone"]].tolist() == ["MDS", "05 49 87 11 11"]
    assert [entry.who for entry in read_history(path)] == ["éditrice", "administratrice"]


def test_one_cell_changed_twice_is_a_conflict_and_nothing_is_written(path):
    change(path, phone("05 49 87 11 11"))
    before = path.read_bytes()
    with pytest.raises(Conflict, match="modifié entre-temps « telephone » de « a »") as caught:
        change(path, phone("05 49 87 22 22"), Edit("b", "nom", "CCAS, de Civray", "CCAS"))
    assert caught.value.cells == (("a", "telephone"),)
    assert path.read_bytes() == before
    assert len(read_history(path)) == 1


def test_a_row_that_somebody_fills_in_meanwhile_is_not_removed(path):
    seen = read_cells(path)
    change(path, Edit("b", "telephone", "", "3919"))
    with pytest.raises(Conflict) as caught:
        change(path, *edits_between(seen, seen.drop(index="b")))
    assert caught.value.cells == (("b", "telephone"),)
    assert read_cells(path).loc["b", "telephone"] == "3919"


def test_the_same_change_twice_is_one(path):
    assert len(change(path, phone("3919"))) == 1
    assert change(path, phone("3919")) == ()
    assert len(read_history(path)) == 1


def test_threads_lose_nothing(path):
    count = 6
    edits = [
        Edit("abc"[n % 2], ("courriel", "site_web", "notes")[n // 2], "", f"v{n}")
        for n in range(count)
    ]
    rows = [cells | {"notes": ""} for cells in ROWS]
    path.write_bytes(content(rows))
    threads = [threading.Thread(target=change, args=(path, edit)) for edit in edits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cells = read_cells(path)
    assert [cells.loc[edit.id, edit.column] for edit in edits] == [edit.after for edit in edits]
    assert sorted(entry.change for entry in read_history(path)) == list(range(1, count + 1))


def test_a_row_is_added_removed_and_brought_back(path):
    before = read_cells(path)
    new = pd.DataFrame([row("d", type="justice", nom="Tribunal")]).set_index("id")
    after = pd.concat([before, new]).fillna("")
    assert {e.id for e in edits_between(before, after)} == {"d"}
    entries = change(path, *edits_between(before, after))
    assert read_cells(path).index.tolist() == ["a", "b", "c", "d"]
    assert read_cells(path).equals(after.astype("str"))
    undo(path, entries, who="éditrice", now=NOW)
    assert read_cells(path).equals(before)
    removed = change(path, *edits_between(before, before.drop(index="b")))
    assert read_cells(path).index.tolist() == ["a", "c"]
    undo(path, removed, who="éditrice", now=NOW)
    assert read_cells(path).loc["b"].equals(before.loc["b"])


def test_a_column_is_added_where_the_file_has_none(tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(b"id,nom,type,source\na,A,mds,S\nb,B,ccas,S")
    change(path, Edit("a", "date_verification", "", "2026-11-22"))
    change(path, Edit("b", "notes, internes", "", "à revoir"))
    assert path.read_text("utf-8").splitlines() == [
        'id,nom,type,source,date_verification,"notes, internes"',
        "a,A,mds,S,2026-11-22",
        "b,B,ccas,S,,à revoir",
    ]


def test_a_column_that_would_undo_the_reader_is_refused(path):
    before = path.read_bytes()
    for name in ("Confidentialité ?", "Nom"):
        with pytest.raises((UnreadableFile, Refused)):
            change(path, Edit("a", name, "", "x"))
    assert path.read_bytes() == before


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
        ([Edit("c", "type", "hebergement", "association")], "plus visible"),
        ([Edit("a", "confidentialite", "", "secret")], "pas connu"),
    ],
)
def test_a_save_passes_the_checks_of_the_reader(path, edits, said):
    before = path.read_bytes()
    with pytest.raises(Refused, match=said) as caught:
        change(path, *edits)
    assert CANARY not in str(caught.value)
    assert path.read_bytes() == before
    assert read_history(path) == ()


# --- the history --------------------------------------------------------------------------


def test_the_history_records_who_changed_what_and_when(path):
    change(path, phone("05 49 87 11 11"), Edit("b", "nom", "CCAS, de Civray", "CCAS"))
    first, second = read_history(path)
    assert told(first) == (1, "éditrice", "a", "telephone", "05 49 87 00 00", "05 49 87 11 11")
    assert told(second)[:4] == (1, "éditrice", "b", "nom")
    assert first.when == "2026-11-22T09:30:00"
    lines = (path.parent / "services.historique.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "b"]


def test_an_undo_is_a_change_and_can_be_undone(path):
    entries = change(path, phone("3919"))
    undone = undo(path, entries, who="administratrice", now=NOW)
    assert read_cells(path).loc["a", "telephone"] == "05 49 87 00 00"
    undo(path, undone, who="administratrice", now=NOW)
    assert read_cells(path).loc["a", "telephone"] == "3919"
    assert [entry.change for entry in read_history(path)] == [1, 2, 3]
    assert undo(path, undone, who="administratrice", now=NOW) == ()  # undone already
    change(path, phone("17", before="3919"))
    with pytest.raises(Conflict):
        undo(path, entries, who="administratrice", now=NOW)


def test_one_cell_of_a_save_may_be_undone_alone(path):
    entries = change(path, phone("3919"), Edit("b", "nom", "CCAS, de Civray", "CCAS"))
    undo(path, entries[:1], who="éditrice", now=NOW)
    assert read_cells(path).loc[["a", "b"], "telephone"].tolist() == ["05 49 87 00 00", ""]
    assert read_cells(path).loc["b", "nom"] == "CCAS"


def test_the_history_of_a_hidden_row_shows_what_the_reader_gives(path):
    (entry,) = change(path, Edit("c", "telephone", "", "3919"))
    assert (entry.before, entry.after) == ("", "3919")


def test_the_history_of_a_row_that_is_never_shown_has_only_id_and_level(path):
    hide = Edit("b", "confidentialite", "", "non_publie")
    gone = [Edit("b", column, text, "") for column, text in CIVRAY.items()]
    told = {
        e.column: (e.before, e.after)
        for e in change(path, hide, Edit("b", "telephone", "", "3919"), *gone)
    }
    assert told["confidentialite"] == ("", "non_publie")
    assert told["telephone"] == ("", None)


def test_nothing_keeps_the_place_of_a_row_that_becomes_hidden(path):
    change(path, Edit("b", "adresse", "", CANARY))
    commune = [Edit("b", column, text, "") for column, text in CIVRAY.items()]
    change(
        path,
        Edit("b", "confidentialite", "", "departement"),
        Edit("b", "zone_eligibilite", "", "86"),
        Edit("b", "nom", "CCAS, de Civray", "Accueil"),
        Edit("b", "adresse", CANARY, ""),
        *commune,
    )
    kept = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert CANARY.encode() not in kept
    history = read_history(path)
    assert {entry.column for entry in history} >= {"adresse", "nom", "confidentialite"}
    assert "Civray" not in str([entry for entry in history if entry.id == "b"])
    with pytest.raises(Refused, match="confidentiel"):
        undo(path, history[-1:], who="éditrice", now=NOW)


LEFT_OUT = row("d", **SHELTER, adresse=CANARY, confidentialite="departement")


@pytest.mark.parametrize("mended", [True, False], ids=["mended", "removed"])
def test_a_refused_row_leaves_no_place_behind(path, mended):
    path.write_bytes(content([*ROWS, LEFT_OUT]))
    cells = read_cells(path)
    wanted = cells.drop(index="d")
    if mended:
        wanted = cells.copy()
        wanted.loc["d", "adresse"] = ""
    entries = change(path, *edits_between(cells, wanted))
    assert entries
    assert read_cells(path).equals(wanted)
    assert CANARY.encode() not in b"".join(f.read_bytes() for f in path.parent.iterdir())


def without_b(path: Path) -> None:
    change(path, *edits_between(read_cells(path), read_cells(path).drop(index="b")))


@pytest.mark.parametrize(
    "take_away",
    [without_b, lambda path: write(path, content([ROWS[0], ROWS[2]]))],
    ids=["saved", "written"],
)
def test_a_row_hidden_by_hand_then_removed_leaves_no_place_behind(path, take_away):
    change(path, Edit("b", "adresse", "", CANARY))
    change(path, Edit("b", "adresse", CANARY, "14 rue des Lilas"), phone("3919"))
    hidden = row("b", type="ccas", confidentialite="departement", zone_eligibilite="86")
    path.write_bytes(content([ROWS[0], hidden, ROWS[2]]))
    take_away(path)
    assert "b" not in read_cells(path).index
    kept = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert CANARY.encode() not in kept
    assert b"Lilas" not in kept
    assert "3919" in {entry.after for entry in read_history(path)}


@pytest.mark.parametrize("written", ["departement", "", "secret"])
@pytest.mark.parametrize("wanted", ["public", ""])
def test_a_refused_row_is_not_repaired_by_showing_it(path, written, wanted):
    path.write_bytes(content([*ROWS, LEFT_OUT | {"confidentialite": written}]))
    edits = [Edit("d", "type", "hebergement", "association")]
    edits.append(Edit("d", "confidentialite", written, wanted))
    with pytest.raises(Refused, match="plus visible") as caught:
        change(path, *edits)
    assert CANARY not in str(caught.value)


def test_a_typing_error_in_the_type_may_be_repaired(path):
    path.write_bytes(content([*ROWS, row("d", type="gendarmeri", **CIVRAY)]))
    change(path, Edit("d", "type", "gendarmeri", "gendarmerie"))
    assert "d" in read_services(path).services.index


# --- crashes ------------------------------------------------------------------------------

# A process forks children that save in a loop; each is killed at a random file operation or after a
# random time. Then the state on the disk is printed, line by line.
NURSERY = """
import json, os, random, signal, sys, time, warnings
warnings.simplefilter("ignore")
from datetime import datetime
from pathlib import Path
from geodata.upkeep import keeping

path, rounds = Path(sys.argv[1]), int(sys.argv[2])
now = datetime(2026, 11, 22)
draw = random.Random(20261122)
cells = keeping.read_cells(path)
number = 0

def once(number):
    cells = keeping.read_cells(path)
    edits = [keeping.Edit(k, "telephone", cells.loc[k, "telephone"], f"{number:010}") for k in "ab"]
    keeping.save(path, edits, who="editrice", now=now)

once(0)  # warm: what the checks read is in memory for every child
STEPS = 24
for turn in range(rounds):
    base = 1000 * (turn + 1)
    step = turn % STEPS + 1 if turn < 2 * rounds // 3 else 0
    child = os.fork()
    if child == 0:
        seen = 0
        def count(event, arguments):
            global seen
            ours = arguments and str(path.parent) in str(arguments[0])
            if ours and event in ("open", "os.rename", "os.remove"):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        if step:
            sys.addaudithook(count)
        for number in range(base, base + 1000):
            once(number)
        os._exit(0)
    if not step:
        time.sleep(draw.uniform(0.02, 0.5))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    content = path.read_bytes()
    pending = path.with_name("services.csv.pending").exists()
    history = keeping.read_history(path)
    print(json.dumps({
        "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "content": content.decode(), "pending": pending,
        "last": [[e.id, e.before, e.after] for e in history[-2:]], "lines": len(history),
        "whole": all(a.after == b.before for a, b in zip(history[:-2], history[2:])),
        "left": sorted(file.name for file in path.parent.iterdir()),
    }))
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_killed_at_any_moment_the_list_is_the_old_or_the_new_one(path):
    rounds = 36
    run = subprocess.run(
        [sys.executable, "-c", NURSERY, str(path), str(rounds)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(told) == rounds
    assert all(turn["killed"] for turn in told)
    for turn in told:
        cells = read_cells(turn["content"].encode())
        numbers = cells.loc[["a", "b"], "telephone"].tolist()
        assert numbers[0] == numbers[1]  # both cells of a save, or none
        assert cells.drop(columns="telephone").equals(
            read_cells(content(ROWS)).drop(columns="telephone")
        )
        # The history ends with the state of the list, and each line continues the previous one.
        assert [(key, after) for key, _, after in turn["last"]] == [
            ("a", numbers[0]),
            ("b", numbers[0]),
        ]
        assert turn["whole"]
        assert "services.csv.pending" not in turn["left"]
    assert any(turn["pending"] for turn in told)  # some were killed in the midst of a save
    assert len({turn["content"] for turn in told}) > 1


@pytest.mark.parametrize("happened", [True, False])
def test_a_save_cut_short_is_finished_or_forgotten(path, happened):
    old = path.read_bytes()
    entries = change(path, phone("3919"))
    new = path.read_bytes()
    history = path.parent / "services.historique.jsonl"
    history.unlink()
    keeping._put(
        path.parent / "services.csv.pending",
        json.dumps(
            {
                "list": keeping.hashlib.sha256(new).hexdigest(),
                "forget": [],
                "entries": [keeping.asdict(entry) for entry in entries],
            }
        ).encode(),
        like=path,
    )
    path.write_bytes(new if happened else old)
    assert read_history(path) == (entries if happened else ())
    assert not (path.parent / "services.csv.pending").exists()
    change(path, phone("15", before="3919" if happened else "05 49 87 00 00"))
    assert [e.change for e in read_history(path)] == ([1, 2] if happened else [1])


def test_a_file_is_written_whole_and_the_previous_one_kept(tmp_path):
    path = tmp_path / "brigades.csv"
    write(path, b"un")
    assert not (tmp_path / "brigades.csv.bak").exists()
    path.chmod(0o640)
    write(path, b"deux")
    assert (path.read_bytes(), (tmp_path / "brigades.csv.bak").read_bytes()) == (b"deux", b"un")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(path):
    link = path.parent / "liste.csv"
    link.symlink_to(path)
    change(link, phone("3919"))
    assert link.is_symlink()
    assert read_cells(path).loc["a", "telephone"] == "3919"


def test_a_lock_that_is_taken_is_reported(path, monkeypatch):
    monkeypatch.setattr(keeping, "_WAIT_S", 0.1)
    with keeping._locked(path), pytest.raises(Refused, match="enregistre en ce moment"):
        change(path, phone("3919"))
    assert len(change(path, phone("3919"))) == 1


# --- damaged files ------------------------------------------------------------------------

NO_ENTRIES = [
    b"\xff\xfe", b"{", b"[]", b"null", b"7", b'{"change": 1}', b"[" * 100_000,
    b'{"change": "1", "when": "x", "who": 0, "id": 0, "column": 0, "before": 0, "after": 0}',
]  # fmt: skip


@pytest.mark.parametrize("line", NO_ENTRIES)
def test_a_damaged_line_of_the_history_costs_itself_alone(path, line):
    change(path, phone("05 49 87 00 01"))
    file = path.with_suffix(".historique.jsonl")
    file.write_bytes(line + b"\n" + file.read_bytes())
    assert [entry.after for entry in keeping.read_history(path)] == ["05 49 87 00 01"]
    assert keeping.damaged_lines(path) == 1
    change(path, phone("05 49 87 00 02", before="05 49 87 00 01"))
    assert b"05 49 87 00 02" in path.read_bytes()
    assert [entry.change for entry in keeping.read_history(path)] == [1, 2]
    assert keeping.damaged_lines(path) == 0


@pytest.mark.parametrize(
    "note",
    [*NO_ENTRIES, b'{"list": 1, "forget": [], "entries": []}', b'{"list": 1, "entries": {}}'],
)
def test_a_damaged_note_of_a_save_stops_no_save(path, note):
    pending = path.with_name("services.csv.pending")
    pending.write_bytes(note)
    change(path, phone("05 49 87 00 01"))
    assert [entry.after for entry in keeping.read_history(path)] == ["05 49 87 00 01"]
    pending.write_bytes(note)
    assert len(keeping.read_history(path)) == 1
    assert not pending.exists()
