"""A change of a few rows of a file costs those rows, and gives what reading all of it gives."""

import io
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pandas as pd
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from geodata.services import COLUMNS, read_services
from geodata.tables import csv_line, read_table
from geodata.upkeep import keeping
from geodata.upkeep.keeping import Edit
from geodata.upkeep.stores import FileStore, _changed_rows
from tests.lists import CIVRAY, HOSTILE, content, row
from tests.test_hidden_outputs import hidden_rows, rows_of
from tests.test_stores import NOW, TODAY

SHELTER = {"type": "hebergement", "nom": "Foyer", "zone_eligibilite": "86"}
MANY = 36
KINDS = (
    CIVRAY | {"telephone": "05 49 87 00 00", "horaires_accueil": "Mo-Fr 09:00-12:00"},
    CIVRAY | {"type": "ccas", "nom": "CCAS", "description": 'dit "ici"\n; la, suite'},
    SHELTER,
    SHELTER | {"confidentialite": "commune", "commune": "Civray", "code_insee": "86078"},
    SHELTER | {"adresse": "7 rue du Canari"},  # left out
    CIVRAY | {"confidentialite": "non_publie"},
    {"type": "ecoute", "zone_eligibilite": "france", "telephone": "3919"},
    {"type": "gendarmeri", "code_insee": "86400", "commune": "Civray"},
    CIVRAY | {"horaires_accueil": "Mo-Fr 22:00-09:00", "type": "gendarmerie"},
    CIVRAY | {"horaires_accueil": "n’importe quand", "date_source": "2031", "latitude": "46,15"},
    {"type": "", "nom": HOSTILE[5], "confidentialite": "secret", "courriel": "a@b"},
    CIVRAY | {"code_insee": "", "publics": "Femmes|auteurs", "langues": "français"},
)
CELLS = {
    "telephone": ("3919", "549870000", "poste 2"),
    "confidentialite": ("", "commune", "departement", "non_publie", "secret"),
    "type": ("mds", "gendarmerie", "hebergement", "???"),
    "adresse": ("", "12 rue des Lilas"),
    "commune": ("", "Loudun", "Civray"),
    "horaires_accueil": ("", "Mo 09:00-12:00", "9-12 ?", "Fr 22:00-09:00"),
    "date_source": ("", "2026-11", "2030-01-01", "hier"),
    "description": ("", "12, rue des Lilas ; à Civray", "un\ndeux"),
    "nom": ("", "Accueil", *HOSTILE[:3]),
}


def rows(count: int = MANY) -> list[dict[str, str]]:
    return [row(f"s{number}", **KINDS[number % len(KINDS)]) for number in range(count)]


def read_counted(monkeypatch) -> list[int]:
    """Return a list that gets how many rows each reading to come takes."""
    counted: list[int] = []
    for module in (_changed_rows, keeping):

        def read(table, *args, reading=module.read_rows, **options):
            counted.append(int((table.frame != "").any(axis=1).sum()))
            return reading(table, *args, **options)

        monkeypatch.setattr(module, "read_rows", read)
    return counted


def test_a_save_and_the_reading_after_it_take_the_row_that_changes(tmp_path, monkeypatch):
    path = tmp_path / "services.csv"
    path.write_bytes(content(rows(400)))
    store = FileStore(path)
    store.latest(TODAY)
    counted = read_counted(monkeypatch)
    for number in range(3):
        was = store.row("s0", "éditrice")["telephone"]
        store.save([Edit("s0", "telephone", was, f"05 49 87 00 0{number}")], who="x", now=NOW)
        found = store.latest(TODAY).reading.services.loc["s0", "telephone"]
        assert found == f"05 49 87 00 0{number}"
    store.history("éditrice")
    assert counted
    assert max(counted) == 1


def test_reading_changed_rows_again_gives_what_reading_all_does(monkeypatch):
    random = Random(7)
    listed = rows()
    before, counted = None, read_counted(monkeypatch)
    for turn in range(12):
        # An id is renamed and comes back, stands twice, or is empty: then all rows are read.
        listed[0] = listed[0] | {"id": ("s0", "autre", "s0", "s1", "s0", "")[turn % 6]}
        read = _changed_rows.read(read_table(content(listed)), TODAY, before)
        expected = read_services(io.BytesIO(content(listed)), today=TODAY)
        pd.testing.assert_frame_equal(
            pd.DataFrame(read.reading.services), pd.DataFrame(expected.services)
        )
        assert read.reading.problems == expected.problems
        assert (read.reading.next_date or TODAY) <= (expected.next_date or TODAY)
        before = read
        for _ in range(random.randint(0, 2)):
            column = random.choice([*CELLS])
            place = random.randrange(1, len(listed))
            listed[place] = listed[place] | {column: random.choice(CELLS[column])}
    assert sum(read < MANY / 2 for read in counted) > 3


Lines = list[list[str]]
"""A file, line by line; a line without cells is blank."""


def change(column: str, text: str, place: int) -> Callable[[Lines], None]:
    def made(lines: Lines) -> None:
        names, cells = lines[0], lines[1 + place % (len(lines) - 1)]
        if column in names and cells:
            at = names.index(column)
            cells[at : at + 1] = [text]

    return made


def swap(one: int, other: int) -> Callable[[Lines], None]:
    def made(lines: Lines) -> None:
        a, b = (1 + place % (len(lines) - 1) for place in (one, other))
        lines[a], lines[b] = lines[b], lines[a]

    return made


def put(place: int, cells: list[str]) -> Callable[[Lines], None]:
    """Put a line in the place of another; no cells are a blank line."""

    def made(lines: Lines) -> None:
        lines[1 + place % (len(lines) - 1)] = list(cells)

    return made


def add(place: int, key: str) -> Callable[[Lines], None]:
    """Add a line; without an id, remove one."""

    def made(lines: Lines) -> None:
        at = 1 + place % (len(lines) - 1)
        if key:
            lines.insert(at, [key, *lines[at][1:]])
        elif len(lines) > 20:
            del lines[at]

    return made


def rename(column: str, name: str) -> Callable[[Lines], None]:
    def made(lines: Lines) -> None:
        lines[0] = [name if cell in (column, name) else cell for cell in lines[0]]

    return made


NAMES = list(COLUMNS)
ONCE = "décalé"
TWICE = ONCE.encode().decode("cp1252")
"""The same, decoded twice."""
LONG = ["x"] * (len(NAMES) + 1)
PLACES = st.integers(0, 25)
MORE = {"id": ("s0", "s1", "neuf", "'=a", "=a", ""), "description": (TWICE, ONCE)}
EDITS = st.one_of(
    *(
        st.builds(change, st.just(column), st.sampled_from(texts), PLACES)
        for column, texts in (*CELLS.items(), *MORE.items())
    ),
    st.builds(swap, PLACES, PLACES),
    st.builds(put, PLACES, st.sampled_from([[], ["s2"], LONG])),
    st.builds(add, PLACES, st.sampled_from(["", "s0", "ajouté"])),
    st.builds(rename, st.just("telephone"), st.sampled_from(["telephone", "Téléphone", "tel"])),
)


@settings(max_examples=20, phases=(Phase.explicit, Phase.generate))  # to make it smaller is slow
@example([([], False), ([swap(0, 1)], False)])
@example([([change("description", TWICE, 0)], False), ([change("description", ONCE, 0)], False)])
@example([([put(1, LONG)], False), ([put(1, [])], False)])
@given(st.lists(st.tuples(st.lists(EDITS, max_size=2), st.booleans()), min_size=2, max_size=4))
def test_any_edits_are_read_as_if_the_whole_list_was(turns):
    lines: Lines = [NAMES, *([one.get(name, "") for name in NAMES] for one in rows(24))]
    today, before = TODAY, None
    for edits, next_day in turns:
        for edit in edits:
            edit(lines)
        today += timedelta(days=40 * next_day)
        written = "".join(csv_line(cells, ",") if cells else "\r\n" for cells in lines).encode()
        expected = read_services(io.BytesIO(written), today=today)
        before = _changed_rows.read(read_table(written), today, before)
        pd.testing.assert_frame_equal(
            pd.DataFrame(before.reading.services), pd.DataFrame(expected.services)
        )
        assert before.reading.problems == expected.problems


def test_a_row_is_read_alone_as_among_the_others():
    """Law: but for another row of its id, no row changes what is read of it."""
    listed = [*rows(), *hidden_rows("Civray"), *rows_of("Loudun"), row("s3", **CIVRAY)]
    table = keeping._parse(content(listed))
    whole = table.read().services
    keys = list(dict.fromkeys(one["id"] for one in listed))
    for first in range(8):
        some = set(keys[first::8])
        alone = table.read(some).services
        among = whole[whole.index.isin(some)]
        pd.testing.assert_frame_equal(pd.DataFrame(alone), pd.DataFrame(among))


@pytest.mark.parametrize("end", ["\n", ""], ids=["ended", "cut off"])
def test_a_row_read_alone_has_its_line_and_its_separator(end):
    """A short row with many lines and commas could be taken for a file of another separator."""
    text = "id;nom;type;source;description;confidentialite\n"
    text += "".join(f"r{number};MDS;mds;CD;;\n" for number in range(20))
    text += 's1;MDS;mds;CD;"a,b,c\n' + "d,e,f\n" * 30 + '";\n' + f"s2;MDS;mds;CD;;{end}"
    table = keeping._parse(text.encode())
    whole = table.read()
    for key in ("s1", "s2"):
        part = table.read({key})
        assert list(part.services.index) == [k for k in whole.services.index if k == key]
        assert set(part.problems) <= set(whole.problems)
    assert table.read({"s1", "s2"}).problems == whole.problems
    assert len(whole.services) == (22 if end else 21)
