"""Files in the encodings of MS-DOS, Macintosh and UTF-16, and letters that were decoded twice."""

import io
import shutil
import subprocess

import pytest

from geodata.communes import read_communes
from geodata.decoding import decoded, mended
from geodata.services import read_services
from geodata.tables import read_document, read_table
from tests.conftest import ROOT
from tests.lists import content, row

TOWNS = ["Épône", "Chalon-sur-Saône", "L’Haÿ-les-Roses", "Nègrepelisse", "Façade à l’est"]
LIST = content(row(f"r{n}", nom=town, source="Département, été") for n, town in enumerate(TOWNS))


def said(reading) -> str:
    return "\n".join(map(str, reading.problems))


def as_program(name: str) -> bytes:
    """Convert the list with `iconv`; what an encoding lacks is written as it can."""
    iconv = shutil.which("iconv")
    if iconv is None:
        pytest.skip("no iconv found: install Debian's package libc-bin")
    call = [iconv, "-f", "UTF-8", "-t", f"{name}//TRANSLIT"]
    return subprocess.run(call, input=LIST, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("CP850", "MS-DOS"),
        ("CP437", "MS-DOS"),
        ("MACINTOSH", "Macintosh"),
        ("CP1252", ""),
        ("ISO-8859-15", ""),
        ("UTF-16LE", "UTF-16"),
        ("UTF-16BE", "UTF-16"),
        ("UTF-16", ""),
    ],
)
def test_an_older_encoding_is_read_and_told(encoding, words):
    file = as_program(encoding)
    reading = read_services(io.BytesIO(file))
    names = [name.replace("'", "’") for name in reading.services["nom"]]
    assert names[:2] + names[3:] == TOWNS[:2] + TOWNS[3:]
    assert len(reading.problems) == bool(words)
    assert words in said(reading)
    again = read_document(file).encoded()
    assert said(read_services(io.BytesIO(again))) == ""


@pytest.mark.parametrize(
    "text", ["9h–12h", "lundi–vendredi", "Mardi…", "10 €", "n° 3", "« lundi »", "l’Œuvre", "M²"]
)
def test_signs_alone_do_not_make_an_old_file(text):
    assert decoded(text.encode("cp1252")) == (text, "")


@pytest.mark.parametrize("encoding", ["latin-1", "mac_roman", "cp850"])
def test_letters_decoded_twice_are_mended_and_told_cell_by_cell(encoding):
    twice = LIST.decode(encoding).encode()
    reading = read_services(io.BytesIO(twice))
    assert list(reading.services["nom"]) == TOWNS
    told = [(problem.line, problem.column) for problem in reading.problems]
    assert told == [(n, name) for n in range(2, 7) for name in ("nom", "source")]
    assert "Épône" not in said(reading)  # the row may hide its place
    assert read_document(twice).encoded() == LIST


def test_a_letter_that_a_nul_parts_is_mended_in_the_document_as_in_the_table():
    parted = "id,nom,type,source\na,Ã\x00©,mds,d\n".encode()
    document = read_document(parted)
    assert document.records[1].cells == tuple(read_table(parted).frame.iloc[0])
    assert document.records[1].cells[1] == "é"


def test_letters_decoded_twice_in_a_header():
    reading = read_services(io.BytesIO(LIST.replace(b"telephone", "TÃ©lÃ©phone".encode())))
    assert said(reading) == ""


def test_right_texts_are_left_as_they_are():
    names = "\n".join(read_communes()["nom"])
    shipped = (ROOT / "services.csv").read_text("utf-8")
    for text in (names, names.upper(), shipped, shipped.upper()):
        assert mended(text) == text


@pytest.mark.parametrize("name", ["H?pital", "S�verine", "?cole", "MDS d‚Ep“ne", "HôpitŽl"])
def test_lost_letters_are_told(name):
    assert "perdu des lettres" in said(read_services(io.BytesIO(content([row(nom=name)]))))


@pytest.mark.parametrize("name", ["Ouvert ? oui", "Qui ?", "ÉCOLE", "Žilina", "L’« Étape »"])
def test_no_letter_is_lost(name):
    assert said(read_services(io.BytesIO(content([row(nom=name)])))) == ""


def test_a_binary_file_is_no_text():
    with pytest.raises(UnicodeDecodeError):
        decoded(b"\x89PNG\x00\x01\x02\x00\xff\n\x00\x00")
