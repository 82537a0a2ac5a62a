"""Documents: the reader, the repairs and the save see the same records, byte for byte."""

import csv
import io
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.secrecy import strictness
from geodata.services import UnreadableFile, read_services
from geodata.tables import CUT_OFF, Document, csv_line, read_document, read_table
from geodata.upkeep import checking, keeping
from geodata.upkeep.keeping import Edit

NOW = datetime(2026, 11, 22, 10)
HIDDEN = "id;nom;type;source;confidentialite;description\r\na;Abri;association;s;{};Texte\r\n"
LEVELS = ["non_publie", "departement", "commune"]

cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
tables = st.lists(st.lists(cells, min_size=3, max_size=3), max_size=4)
ends = st.sampled_from(["\n", "\r\n", "\r"])


def written(rows: list[list[str]], separator: str, end: str, *, quoted: bool) -> str:
    header = csv_line(["id", "nom", "type"], separator, end=end, all_quoted=quoted)
    return header + "".join(csv_line(row, separator, end=end, all_quoted=quoted) for row in rows)


def document_of(content: bytes) -> Document:
    try:
        return read_document(content)
    except UnreadableFile:
        return Document("", (), ";", marked=False)


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.booleans())
def test_records_put_together_are_the_file(text, marked):
    content = (b"\xef\xbb\xbf" if marked else b"") + text.lstrip("\ufeffP").encode()
    assert document_of(content).encoded() in (content, b"")


@given(tables, st.sampled_from(",;\t|"), ends, st.booleans())
def test_a_cell_is_changed_and_the_others_keep_theirs(rows, separator, end, quoted):
    content = written([*rows, ["a", "b", "c"]], separator, end, quoted=quoted).encode()
    document = document_of(content)
    if document.problems or len(document.records) != len(rows) + 2:
        return  # a cell that holds rows of a table: the reader refuses it
    record = document.records[-1]
    assert document.rewritten(record, {}).text == record.text
    becomes = document.rewritten(record, {1: "x;y,z"})
    assert becomes.cells == ("a", "x;y,z", "c")
    read = csv.reader(io.StringIO(becomes.text, newline=""), delimiter=separator)
    assert tuple(next(read)) == becomes.cells
    assert becomes.text.endswith(end)
    assert becomes.text.startswith('"') == quoted


@given(tables, st.sampled_from(",;"), ends)
def test_the_reader_the_save_and_the_repairs_see_the_same_cells(rows, separator, end):
    named = [[f"r{n}", *row[1:]] for n, row in enumerate(rows)]
    content = written(named, separator, end, quoted=True).encode()
    try:
        read = read_table(content)
    except UnreadableFile:
        return
    if read.problems:
        with pytest.raises(UnreadableFile):
            keeping.read_cells(content)
        return
    kept = keeping.read_cells(content)
    assert kept.reset_index().to_numpy().tolist() == read.frame.to_numpy().tolist()


@pytest.mark.parametrize("level", LEVELS)
def test_a_file_cut_anywhere_shows_no_hidden_row(level):
    content = HIDDEN.format(level).encode()
    for length in range(len(content)):
        try:
            levels = read_services(io.BytesIO(content[:length])).services["confidentialite"]
        except UnreadableFile:
            continue
        assert [strictness(each) for each in levels] == [strictness(level)] * len(levels)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("id;nom;type;source;confidentialite\na;A;ccas;s\nb;B;ccas;s;\n", ["b"]),
        ("id;nom;type;source;Confidentialité\na;A;ccas;s;", []),
        ("id;nom;type;source;confidentialite;x\na;A;ccas;s;\nb;B;ccas;s;;\n", ["a", "b"]),
        ("id;nom;type;source;x\na;A;ccas;s", ["a"]),
        ("id;nom;type;source;x\na;A;ccas;s;", ["a"]),
        ("id;nom;type;confidentialite;source\na;A;ccas;;s", ["a"]),
    ],
)
def test_a_row_without_its_level_is_left_out_with_a_word(text, read):
    reading = read_services(io.BytesIO(text.encode()))
    assert reading.services.index.tolist() == read
    told = [problem for problem in reading.problems if problem.severity == "error"]
    assert bool(told) == ("a" not in read)
    assert all("s’arrête avant cette case" in problem.message for problem in told)


@pytest.mark.parametrize("length", [len("id;nom;type;source;confidentialite;description\r\n") + n
                                    for n in (19, 20, 21)])  # fmt: skip
def test_no_save_makes_a_cut_row_public(tmp_path, length):
    path = tmp_path / "services.csv"
    path.write_bytes(HIDDEN.format("non_publie").encode()[:length])
    new = {"id": "n", "nom": "Neuf", "type": "ccas", "source": "s"}
    keeping.save(path, [Edit("n", c, "", text) for c, text in new.items()], who="x", now=NOW)
    assert read_services(path).services.index.tolist() == ["n"]
    for column in ("description", "confidentialite"):
        seen = keeping.read_cells(path).loc["a", column]
        with pytest.raises(keeping.Refused):
            keeping.save(path, [Edit("a", column, seen, "public")], who="x", now=NOW)


def test_no_repair_makes_a_cut_row_public():
    text = "id;nom;type;source;confidentialite;telephone\na;A;ccas;s\nb;B;ccas;s;;549000001\n"
    checked = checking.check(text.encode())
    mended = checked.mended(checked.repairs)
    assert "05 49 00 00 01" in mended.decode()
    assert read_services(io.BytesIO(mended)).services.index.tolist() == ["b"]
    document = read_document(text.encode())
    assert document.rewritten(document.records[1], {5: "17"}).cells[4] == CUT_OFF


def test_a_level_given_to_one_row_leaves_the_others_as_they_were(tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(b"id;nom;type;source\na;A;ccas;s\nb;B;ccas;s\n")
    keeping.save(path, [Edit("a", "confidentialite", "", "commune")], who="x", now=NOW)
    levels = read_services(path).services["confidentialite"]
    assert levels.to_dict() == {"a": "commune", "b": "public"}


@pytest.mark.parametrize(
    ("text", "told"),
    [("2026-11-22", False), ("2026-11-23", True), ("2062", True), ("2026", False), ("", False)],
)
def test_the_reader_reports_a_future_date(text, told):
    content = f"id;nom;type;source;date_verification\na;A;ccas;s;{text}\n".encode()
    reading = read_services(io.BytesIO(content), today=NOW.date())
    assert reading.services.index.tolist() == ["a"]
    assert any("à venir" in problem.message for problem in reading.problems) is told
    assert read_services(io.BytesIO(content)).problems == ()
