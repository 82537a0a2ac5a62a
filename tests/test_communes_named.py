"""Which communes a table or a list names, to be candidates for a drop-in."""

import io
import os
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geodata.tables import UnreadableFile
from geodata.upkeep.adopting import communes_named
from tests.conftest import ROOT

REAL = Path(os.environ.get("MAILLAGE_REAL") or ROOT.parent / "shared" / "real")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # A list, with or without a title: names, codes, both.
        ("Civray\nLoudun\n", ["86078", "86137"]),
        ("Commune\r\nCivray\r\n\r\nLoudun (86)\r\nCivray", ["86078", "86137"]),
        ("code_insee\n86078\n2A004\n1004\n", ["86078", "2A004", "01004"]),
        ("\ufeffMontmorillon", ["86165"]),
        # Several communes have this name: the one of the Vienne.
        ("Saint-Savin", ["86246"]),
        # Tables: another order, postal codes, former codes, a point that decides.
        ("Structure;Ville;CP\nMSAP;Civray;86400\nBus;LOUDUN;86200\n", ["86078", "86137"]),
        ("nom,code INSEE,commune\na,86137,Loudun\nb,,\nc,86078,Civray\n", ["86137", "86078"]),
    ],
)
def test_what_is_read(text, codes):
    named = communes_named(text.encode(), ["86"])
    assert (list(named.codes), named.problems) == (codes, ())


def test_what_is_not_found_or_contradicts_itself_is_told_with_its_line():
    rows = ("nom;commune;code_postal;code_insee", "a;Trifouillis;;", "b;Civray;86400;86137")
    text = "\n".join((*rows, "c;Nice;06000;06088"))
    named = communes_named(text.encode(), ["86"])
    assert named.codes == ("86078", "06088")
    first, second = named.problems
    assert first == "Ligne 2 : « Trifouillis » n’est pas une commune que nous trouvions."
    assert second.startswith("Ligne 3 : ")
    assert "86078 est retenu" in second


def test_what_is_wrong_elsewhere_is_not_told():
    text = b"nom;commune;code_postal;code_insee\nb;Narbonne;11000;11262\n"
    assert communes_named(text, ["86"]).problems == ()
    assert len(communes_named(text, ["11"]).problems) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"nom;telephone\nMairie;0549000000\nMairie;0549000001\n", "une colonne « code_insee » ou"),
        (b"%PDF-1.4 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "."),
    ],
)
def test_a_file_that_is_none_is_refused(content, said):
    with pytest.raises(UnreadableFile, match=said):
        communes_named(content, ["86"])


def workbook(table: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for cells in table:
        book.active.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


TABLE = [["Nom", "Code INSEE"], ["MDS", 86078], ["CCAS", "01004"]]


@pytest.mark.parametrize("titles", [[], [["Commune"]], [["code_insee"]]])
def test_a_workbook_of_one_column_is_a_list(titles):
    named = communes_named(workbook([*titles, ["Civray"], [None], [86137]]), ["86"])
    assert named.codes == ("86078", "86137")
    assert named.problems == ()


def test_a_workbook_is_read_whoever_wrote_it(office, tmp_path):
    (tmp_path / "a.xlsx").write_bytes(workbook(TABLE))
    office.convert("ods", [tmp_path / "a.xlsx"], tmp_path)
    by_pandas = io.BytesIO()
    pd.DataFrame(TABLE[1:], columns=TABLE[0]).to_excel(by_pandas, index=False)
    for content in (workbook(TABLE), by_pandas.getvalue(), (tmp_path / "a.ods").read_bytes()):
        assert communes_named(content, ["86"]).codes == ("86078", "01004")


BEGINNINGS = (
    b"",
    b"PK\x03\x04",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"Civray\n",
    b"code_insee;n\n86078;",
)


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=80))
@example(b"", bytes(range(256)))
@example(b"\xff\xfe", b"a")
@example(b"Civray\n", b"\0\x80")
@example(workbook(TABLE)[:-40], b"")
@example(workbook(TABLE)[:-6], b"\0\0\0\x7b\0\0")  # its list of parts begins beyond its end
def test_bytes_that_are_no_table_are_refused_and_never_crash(beginning, rest):
    try:
        communes_named(beginning + rest, ["86"])
    except UnreadableFile as refusal:
        assert str(refusal).endswith(".")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not there")
def test_the_list_of_france_services_of_2022():
    content = (REAL / "france_services" / "liste-fs-20221201.csv").read_bytes()
    named = communes_named(content, ["86"])
    assert len(named.codes) == 2450
    assert named.problems == ()
    assert len([code for code in named.codes if code.startswith("86")]) == 21
