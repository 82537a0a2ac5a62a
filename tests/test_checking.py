"""Checks of a new list: repairs, changes, and malicious files."""

import csv
import io
import re
import struct
import zipfile
from datetime import datetime
from functools import partial

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from geodata import exports
from geodata.services import Confidentiality, read_services
from geodata.tables import UnreadableFile
from geodata.upkeep import checking, workbooks
from geodata.upkeep.checking import check, compare, replacement
from geodata.upkeep.keeping import Edit
from geodata.upkeep.repairs import POINT, UNSHOWN
from tests.conftest import ROOT
from tests.lists import CIVRAY, content, row

LEVELS = list(Confidentiality)
SECRET = "17 rue des Lilas secrets"


def checked(*rows, **options):
    return check(content(rows), "liste.csv", **options)


def only(*rows):
    (repair,) = checked(*rows).repairs
    return repair


def cells(data: bytes, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=separator))


# --- repairs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [
        ("type", "Maison des solidarités", "mds"),
        ("type", "comissariat", "commissariat"),
        ("type", "Brigade de gendarmerie", "gendarmerie"),
        ("type", "CHRS", "hebergement"),
        ("type", "acueil de jour", "accueil-de-jour"),
        ("confidentialite", "departemant", "departement"),
        ("confidentialite", "secret", "non_publie"),
        ("confidentialite", "non public", "non_publie"),
        ("telephone", "549870000", "05 49 87 00 00"),
        ("telephone", "33549870000", "05 49 87 00 00"),
        ("telephone", "O5 49 87 OO 00", "05 49 87 00 00"),
        ("telephone", "Tél. : 05 49 87 00 00", "05 49 87 00 00"),
        ("date_source", "22.11.2026", "2026-11-22"),
        ("date_source", "novembre 2026", "2026-11"),
        ("date_verification", "2026-11-22T00:00:00", "2026-11-22"),
        ("site_web", "www.civray.fr/aide", "https://www.civray.fr/aide"),
        ("lien_source", "htp://civray.fr", "https://civray.fr"),
        ("lien_source", "https:/civray.fr", "https://civray.fr"),
        ("acces", "sans rendez-vous, tel", "sans-rdv|telephone"),
        ("publics", "femme et enfants", "femmes|enfants"),
        ("publics", "Tout public", "tous"),
    ],
)
def test_a_cell_written_otherwise_gets_its_one_form(column, before, after):
    repair = only(row(**{column: before}))
    assert (repair.line, repair.column, repair.before, repair.after) == (2, column, before, after)
    assert repair.safe


@pytest.mark.parametrize(
    ("written", "after", "column"),
    [
        (CIVRAY | {"code_insee": ""}, "86078", "code_insee"),
        (CIVRAY | {"code_postal": ""}, "86400", "code_postal"),
        (CIVRAY | {"code_insee": "86400"}, "86078", "code_insee"),
        ({"code_postal": "1004", "code_insee": "01004"}, "01004", "code_postal"),
        ({"code_insee": "1004"}, "01004", "code_insee"),
        ({"code_insee": "75112"}, "75056", "code_insee"),
        (CIVRAY | {"latitude": "0.29", "longitude": "46.14"}, "46.14 ; 0.29", POINT),
        (CIVRAY | {"latitude": "46,14, 0,29"}, "46.14 ; 0.29", POINT),
        (CIVRAY | {"latitude": "46.14° N", "longitude": "0.29"}, "46.14 ; 0.29", POINT),
    ],
)  # fmt: skip
def test_codes_and_points_repair_each_other(written, after, column):
    assert after in {r.after for r in checked(row(**written)).repairs if r.column == column}


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"type": "Commissariat "},
        {"type": "mds ou ccas"},
        {"type": "asociation", "nom": "Refuge des Lilas"},
        {"type": "permanance", "structure": "Foyer Saint-Jean"},
        {"confidentialite": "publique"},
        {"confidentialite": "pubic"},
        {"confidentialite": "oui"},
        {"telephone": "3919"},
        {"telephone": "05.49.87.00.00"},
        {"telephone": "0549 ou demander"},
        {"horaires_accueil": "Mo-Fr 09:00-17:00"},
        {"horaires_accueil": "du lundi au vendredi 9h-17h"},
        {"date_source": "22/11/2026"},
        {"horaires_accueil": "le matin"},
        {"date_source": "2016"},
        {"date_source": "31/02/2026"},
        {"site_web": "http://civray.fr"},
        {"site_web": "voir le site"},
        {"site_web": "contact@civray.fr"},
        {"acces": "sans-rdv|Sur RDV"},
        {"acces": "par pigeon"},
        CIVRAY | {"latitude": "46,14", "longitude": "0,29"},
        CIVRAY | {"latitude": "10", "longitude": "10"},
    ],
)
def test_nothing_is_proposed_where_nothing_is_sure_or_all_is_well(written):
    assert checked(row(**written)).repairs == ()


def test_a_doubtful_repair_is_not_chosen_beforehand():
    for written in ({"date_source": "1/2/26"}, {"confidentialite": "comune"}):
        assert not only(row(**written)).safe
    wrong = only(row(**CIVRAY | {"code_postal": "86000"}))
    assert (wrong.after, wrong.safe) == ("86400", False)


def test_ids_are_made_and_made_different():
    rows = (
        row("", type="gendarmerie", **CIVRAY),
        row("a", nom="Un"),
        row("a", nom="Deux"),
        row("a", nom="Un"),
        row("", nom="Foyer", type="hebergement", zone_eligibilite="86"),
    )
    found = checked(*rows, known_ids=["86-gendarmerie-civray"]).repairs
    assert [(r.line, r.after, r.safe) for r in found] == [
        (2, "86-gendarmerie-civray-2", True),
        (4, "a-2", True),
        (5, "a-3", False),
        (6, "86-hebergement", True),
    ]


# --- hidden places ------------------------------------------------------------------------


def shelter(key="h", **more):
    return row(key, nom="Foyer", type="hebergement", **more)


def test_cells_that_reveal_a_hidden_place_are_emptied_whatever_is_chosen():
    found = checked(row("a"), shelter(adresse=SECRET, **CIVRAY))
    mended = found.mended(())
    assert SECRET.encode() not in mended
    assert b"Civray" not in mended.replace(b"MDS de Civray", b"")
    reading = read_services(io.BytesIO(mended))
    assert reading.problems == ()
    assert reading.services.loc["h", "departement"] == "86"


def test_a_repaired_type_that_hides_the_row_empties_its_place_too():
    found = checked(shelter(adresse=SECRET) | {"type": "hébergemant"})
    assert SECRET.encode() in found.mended(())
    assert SECRET.encode() not in found.mended(found.chosen)
    assert read_services(io.BytesIO(found.mended(found.chosen))).problems == ()


def test_a_level_that_may_mean_public_costs_no_address():
    found = checked(row("a", adresse="1 place du Marché", confidentialite="publique", **CIVRAY))
    assert (found.repairs, found.emptied(())) == ((), ())
    assert found.mended(()) == content(
        [row("a", adresse="1 place du Marché", confidentialite="publique", **CIVRAY)]
    )


def test_nothing_of_a_row_that_may_be_hidden_is_shown():
    rows = [
        shelter("h-secret", telephone="549870001", site_web="www.secret.fr", adresse=SECRET),
        row("i-secret", type="hébergemant", telephone="549870001", adresse=SECRET),
        row("j-secret", confidentialite="secret", site_web="www.secret.fr", adresse=SECRET),
    ]
    found = checked(*rows)
    shown = [cell for repair in found.repairs for cell in repair.shown]
    assert len(found.repairs) >= 6
    assert not any("secret" in cell or "87" in cell for cell in shown)
    assert {"hebergement", "non_publie", UNSHOWN} <= set(shown)
    assert "secret" not in " ".join(problem.message for problem in found.reading.problems)


# --- the repaired file --------------------------------------------------------------------


CELLS = {
    "nom": ["MDS", "Foyer des Lilas", "  MDS  ", 'a "b", c\nd', "=1+1", "3 rue des Lilas"],
    "type": ["mds", "Maison des solidarités", "hebergement", "hébergemant", "refuge", "comissariat",
             "association", "asociation", ""],
    "confidentialite": ["", "public", "publique", "departement", "departemant", "comune", "secret",
                        "non_publie", "oui"],
    "adresse": ["", "3 rue des Lilas", "Mairie"],
    "commune": ["", "Civray", "Paris", "Nulle-Part"],
    "code_postal": ["", "86400", "1004", "86000"],
    "code_insee": ["", "86078", "1004", "75112", "86400", "99999"],
    "latitude": ["", "46,14", "0.29", "46.14, 0.29"],
    "longitude": ["", "0.29", "46.14", "x"],
    "telephone": ["", "549870000", "3919", "O5 49 87 00 00", "appeler"],
    "horaires_accueil": ["", "lundi 9h-17h", "Mo 09:00-17:00", "le matin"],
    "acces": ["", "tel", "sans rdv ; tel", "par pigeon"],
    "date_source": ["", "22/11/2026", "2016", "hier", "1/2/26"],
    "site_web": ["", "www.civray.fr", "non"],
    "zone_eligibilite": ["", "86", "86078|71", "france"],
    "source": ["Département", ""],
    "note": ["", "à garder", "=cmd"],
    "id": ["a", "b", "", "86-civray"],
}  # fmt: skip
lists = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(texts) for name, texts in CELLS.items()}),
    min_size=1,
    max_size=8,
)
files = st.builds(
    lambda rows, separator, newline, encoding: written(rows, separator, newline).encode(encoding),
    lists,
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
)


def written(rows, separator=",", newline="\n") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def level(cells: dict[str, str]) -> int:
    """Return the strictness that a row asks for: 0 for public or unknown text."""
    word = cells["confidentialite"].strip()
    shelter = cells["type"] in ("hebergement", "hébergemant", "refuge")
    default = "departement" if shelter else "public"
    return LEVELS.index(word or default) if (word or default) in LEVELS else 0


@settings(max_examples=5)
@given(files, st.data())
def test_laws_of_a_repaired_file(given_file, data):
    found = check(given_file, "liste.csv")
    everything = found.mended(found.repairs)
    again = check(everything, "liste.csv")
    assert again.repairs == ()
    assert again.mended(()) == everything
    chosen = data.draw(st.sets(st.sampled_from(found.repairs)) if found.repairs else st.just(set()))
    made = (*chosen, *found.emptied(chosen))
    mended = check(found.mended(chosen), "liste.csv")
    separator = found._file.document.separator
    before, after = (
        list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), delimiter=separator))
        for text in (found._file.encoded({}), found.mended(chosen))
    )
    places = {name: place for place, name in enumerate(before[0])}
    touched = {(r.line, places[name]) for r in made for name in r.cells}
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=1):
        for place, (was, becomes) in enumerate(zip(old, new, strict=True)):
            assert was == becomes or (number, place) in touched
    problems = {(p.line, p.column) for p in mended.reading.problems if not p.tells_place}
    repaired = {(r.line, name) for r in made for name in r.cells if name in ("telephone", "acces")}
    assert not problems & repaired
    for number, (old, new) in enumerate(zip(before[1:], after[1:], strict=True), start=2):
        was, becomes = (dict(zip(before[0], one, strict=True)) for one in (old, new))
        assert level(becomes) >= level(was)
        if was["confidentialite"].strip() not in ("", *LEVELS):
            assert becomes["confidentialite"].strip() != "public", number
    kept = [problem for problem in mended.reading.problems if problem.tells_place]
    assert all("publique" in str(mended._file.rows.loc[p.line].tolist()) for p in kept)


@settings(max_examples=5)
@given(files)
def test_without_a_repair_the_file_is_itself(given_file):
    found = check(given_file, "liste.csv")
    if given_file.startswith(b"\xff\xfe"):
        expected = given_file.decode("utf-16")
    else:
        expected = given_file.decode(
            "utf-8-sig"
            if found._file.document.marked is given_file.startswith(b"\xef\xbb\xbf")
            else "cp1252"
        )
    assert found._file.encoded({}).decode("utf-8-sig") == expected


def test_the_shipped_list_needs_nothing_and_stays_itself_byte_for_byte():
    shipped = (ROOT / "services.csv").read_bytes()
    found = check(shipped, "services.csv")
    assert found.repairs == ()
    assert found.mended(found.chosen) == shipped
    changes = compare(shipped, shipped)
    assert (changes.added, changes.removed, len(changes.cells)) == ((), (), 0)


def test_only_the_lines_repaired_are_written_anew():
    head = "id;nom;type;source;telephone;note\r\n"
    good = '"a";"Civray";mds;"Département";05 49 87 00 00;"deux\nlignes"\r\n'
    bad = '"b";"Civray";mds;"Département";549870000;""\r\n'
    broken = 'c;"Civray;mds;Département;;\r\n'
    found = check(f"sep=;\r\n{head}{good}{bad}\r\n{broken}".encode("cp1252"), "liste.csv")
    assert [problem.line for problem in found.reading.problems] == [4, 6]
    after = f"sep=;\r\n{head}{good}b;Civray;mds;Département;05 49 87 00 00;\r\n\r\n{broken}"
    assert found.mended(found.chosen) == after.encode("utf-8-sig")


# --- changes ------------------------------------------------------------------------------


def test_changes_are_listed_by_row_and_cell():
    ours = content([row("a", telephone="3919"), row("b"), row("c")])
    theirs = content([row("a", telephone="17", nom="MDS"), row("b"), row("d", note="x")])
    changes = compare(ours, theirs)
    assert str(changes).replace("\u00a0", " ") == (
        "1 fiche ajoutée, 1 retirée, 2 cellules changées dans 1 fiche."
    )
    assert changes.cells.to_numpy().tolist() == [
        ["a", "nom", "MDS de Civray", "MDS"],
        ["a", "telephone", "3919", "17"],
    ]


EXPORTS = {
    "liste.csv": exports.to_csv,
    "excel.csv": partial(exports.to_csv, excel=True),
    "liste.xlsx": exports.to_xlsx,
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_that_nobody_touched_changes_nothing(name):
    shipped = (ROOT / "services.csv").read_bytes()
    export = EXPORTS[name](read_services(ROOT / "services.csv").services)
    found = check(export, name)
    mended = found.mended(found.chosen)
    changes = compare(shipped, mended)
    assert (changes.added, changes.removed, changes.more_visible) == ((), (), ())
    assert changes.cells.empty
    assert replacement(shipped, mended) == ()


def test_the_degrees_of_a_file_are_numbers_and_its_departement_a_column_of_some_lists():
    point = {"latitude": "46.1490", "longitude": "0.295"}
    ours = content([row("a", **point), row("b", **point)])
    theirs = content(
        [
            row("a", departement="86", latitude="46,149", longitude="0,2951"),
            row("b", departement="86", latitude="", longitude="0,295"),
        ]
    )
    changed = [
        ("a", "longitude", "0.295", "0.2951"),
        ("b", "latitude", "46.1490", ""),
    ]
    assert replacement(ours, theirs) == tuple(Edit(*one) for one in changed)
    assert [*compare(ours, theirs).cells.itertuples(index=False, name=None)] == changed
    listed = content([row("a", departement="", **point), row("b", departement="86", **point)])
    known = ("a", "departement", "", "86")
    assert Edit(*known) in replacement(listed, theirs)
    assert known in [*compare(listed, theirs).cells.itertuples(index=False, name=None)]


def test_a_row_with_an_error_is_reported_as_removed():
    changes = compare(content([row("a"), row("b")]), content([row("a"), row("b", type="x")]))
    assert (changes.removed, changes.left_out) == (("b",), ("b",))


def test_hidden_rows_cannot_be_detected_by_trying_files():
    ours = content(
        [
            row("a"),
            shelter("n", confidentialite="non_publie", zone_eligibilite="86"),
            shelter("x", adresse=SECRET),
            shelter("d", commune="Loudun", telephone="3919"),
        ]
    )
    nothing = compare(ours, content([row("z")]))
    assert nothing.removed == ("a", "d")
    for address in (SECRET, "ailleurs"):
        tried = compare(ours, content([row("x", adresse=address), row("n"), row("a"), row("z")]))
        assert tried.added == ("x", "n", "z")
        assert tried.removed == ("d",)
        assert tried.cells.empty
    guesses = [
        compare(ours, content([row("a"), shelter("d", commune=name, telephone="17")]))
        for name in ("Loudun", "Chauvigny")  # the département alone is public
    ]
    assert guesses[0].cells.equals(guesses[1].cells)
    assert ["d", "telephone", UNSHOWN, UNSHOWN] in guesses[0].cells.to_numpy().tolist()


def test_a_place_that_would_be_more_visible_is_reported():
    ours = content([shelter("d", zone_eligibilite="86"), row("a")])
    theirs = content([shelter("d", confidentialite="public", adresse=SECRET), row("a")])
    changes = compare(ours, theirs)
    assert changes.more_visible == ("d",)
    assert SECRET not in changes.cells.to_string()


# --- workbooks ----------------------------------------------------------------------------

NAMES = ["id", "nom", "type", "source", "code_postal", "latitude", "longitude",
         "telephone", "date_source"]  # fmt: skip


def workbook(*sheets, change=lambda _: None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for cells_ in rows:
            sheet.append(cells_)
    change(book)
    content_ = io.BytesIO()
    book.save(content_)
    return content_.getvalue()


def repacked(data: bytes, *, change=lambda _, part: part, add=()) -> bytes:
    copy = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, part in add:
            new.writestr(name, part)
    return copy.getvalue()


ROW = ["a", "MDS", "mds", "Dép", 1004, 46.5, 0.3, 145000000.0, datetime(2026, 11, 22)]
PLAIN = workbook(("Liste", [NAMES, ROW]))


def test_a_workbook_is_read_as_text_and_given_back_as_csv():
    found = check(PLAIN, "liste.xlsx")
    assert found.reading.services.loc["a", "latitude"] == 46.5
    proposed = {repair.column: repair.after for repair in found.repairs}
    assert proposed == {"code_postal": "01004", "telephone": "01 45 00 00 00"}
    mended = found.mended(found.chosen)
    assert mended.startswith(b'\xef\xbb\xbf"id";"nom";"type"')
    (only_row,) = cells(mended, ";")
    assert only_row["code_postal"] == "01004"
    assert only_row["latitude"] == "46,5"
    assert only_row["date_source"] == "2026-11-22"
    assert check(mended, "liste.csv").repairs == ()


def test_a_title_other_sheets_and_merged_cells_are_reported():
    def merge(book):
        book["Liste"].merge_cells("A1:C1")

    data = workbook(
        ("Lisez-moi", [["Bonjour"]]),
        ("Liste", [["La liste de 2026"], [], NAMES, [], ["a", "MDS", "x", "Dép", None, True]]),
        change=merge,
    )
    found = check(data, "liste.xlsx")
    said = " ".join(found.notes)
    for words in ("« Liste »", "ligne 3", "fusionnées"):
        assert words in said
    assert [problem.line for problem in found.reading.problems] == [5]
    assert cells(found.mended(()), ";")[0]["latitude"] == "vrai"


def test_a_formula_gives_its_value_or_a_note():
    data = workbook(("L", [NAMES, ["a", '="M"&"DS"', "mds", "Dép"]]))
    assert any("formule" in note for note in check(data, "liste.xlsx").notes)

    def valued(name, part):
        part = part.replace(b'r="B2"', b'r="B2" t="str"')
        return part.replace(b"<v></v>", b"<v>MDS</v>").replace(b"<v />", b"<v>MDS</v>").replace(
            b"<v/>", b"<v>MDS</v>"
        ) if "sheet1" in name else part  # fmt: skip

    found = check(repacked(data, change=valued), "liste.xlsx")
    assert found.reading.services.loc["a", "nom"] == "MDS"
    assert found.notes == ()


def test_formulas_are_shielded_in_the_csv():
    data = workbook(("L", [NAMES, ["a", "x", "mds", "Dép"]]))
    hostile = repacked(data, change=lambda _, part: part.replace(b">x<", b">=HYPERLINK(1)<"))
    found = check(hostile, "liste.xlsx")
    assert found.reading.services.loc["a", "nom"] == "=HYPERLINK(1)"
    assert b""";"'=HYPERLINK(1)";""" in found.mended(())


def test_formulas_of_a_csv_are_shielded_by_a_repair_and_numbers_are_left():
    cells = {"nom": "=cmd|' /C calc'!A0", "structure": "+33 (0)5 49 87 00 00", "note": "@SUM(1)"}
    kept = {"description": "-12,5", "=x": "- un tiret"}
    given = content([row("a", **cells, **kept, **CIVRAY)])
    found = check(given)
    assert {repair.column for repair in found.chosen} == {"nom", "note", "=x"}
    mended = found.mended(found.chosen)
    assert b"'=cmd|' /C calc'!A0,mds,+33 (0)5 49 87 00 00," in mended
    for shielded in (b",'@SUM(1),", b",'=x\n", b",'- un tiret\n", b',"-12,5",'):
        assert shielded in mended
    assert check(mended).chosen == ()
    (service,) = check(mended).reading.services.to_dict("records")
    assert (service["nom"], service["=x"]) == (cells["nom"], kept["=x"])
    assert found.mended(()) == given


def bomb(size: int) -> bytes:
    return repacked(PLAIN, add=[("xl/media/x.xml", b"\0" * size)])


def lying_bomb() -> bytes:
    """A part that unpacks to more bytes than the archive declares."""
    data = bytearray(bomb(300_000_000))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = 0
        while (start := data.find(signature, start)) >= 0:
            if struct.unpack_from("<L", data, start + offset)[0] == 300_000_000:
                struct.pack_into("<L", data, start + offset, 1_000)
            start += 4
    return bytes(data)


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
TRAPS = {
    "abîmé": lambda: PLAIN[: len(PLAIN) // 2],
    "dépasse 150 Mo": lambda: bomb(300_000_000),
    "ne peut pas être ouvert": lying_bomb,
    "aucun tableur": lambda: repacked(
        PLAIN, change=lambda _, part: part.replace(b"<worksheet", ENTITY + b"<worksheet")
    ),
    "LibreOffice": lambda: repacked(PLAIN, add=[("content.xml", b"<x/>")]),
    "XLSB": lambda: repacked(PLAIN, add=[("xl/workbook.bin", b"")]),
    "une archive": lambda: repacked(
        PLAIN, change=lambda _, part: part
    ).replace(b"xl/", b"xx/"),
    "ancien format": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
    "mot de passe": lambda: (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    ),
    "plus de 300 colonnes": lambda: workbook(("L", [NAMES, ["a"] * 301])),
    "plus de 50.000 lignes": lambda: repacked(
        PLAIN,
        change=lambda name, part: part.replace(b"</sheetData>", b"".join(
            b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(3, 120)
        ) + b"</sheetData>") if "sheet1" in name else part,
    ),
    "Le classeur est vide": lambda: workbook(("L", [[None]])),
    "Colonne obligatoire absente": lambda: workbook(("L", [["id", "nom"], ["a", "b"]])),
}  # fmt: skip


@pytest.mark.parametrize("words", TRAPS)
def test_a_workbook_that_is_a_trap_gets_a_sentence(words, monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_ROWS", 100)
    with pytest.raises(UnreadableFile, match=words):
        check(TRAPS[words](), "liste.xlsx")


def test_a_workbook_that_declares_a_huge_size_is_read_by_its_content():
    def claim(name, part):
        if "sheet1" not in name:
            return part
        part = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', part)
        return part.replace(b"</sheetData>", b'<row r="1048576"/></sheetData>')

    assert list(check(repacked(PLAIN, change=claim), "x.xlsx").reading.services.index) == ["a"]
    far = repacked(PLAIN, change=lambda _, part: part.replace(b'r="2"', b'r="99999999999"'))
    with pytest.raises(UnreadableFile):
        check(far, "x.xlsx")


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (content([row()]), "liste.xlsx", "n’en est pas un"),
        (b"x" * (checking.MOST_BYTES + 1), "liste.csv", "dépasse 20 Mo"),
        (b"id,nom,type,source\n" + b"\n" * 250_000, "liste.csv", "plus de 50.000 lignes"),
        (b"id" + b"," * 5_000_000, "liste.csv", "cellules"),
        (b"id,nom,type,source\n" + b"," * 5_000_000, "liste.csv", "cellules"),
        (b"", "liste.csv", "vide"),
        (b"\0\xff\0\xff", "liste.csv", "texte"),
    ],
)
def test_a_text_that_is_a_trap_gets_a_sentence(data, name, words):
    with pytest.raises(UnreadableFile, match=words):
        check(data, name)


def test_a_field_without_end_costs_its_line_alone():
    data = content([row("a")]) + b'b,"' + b"x" * 2_000_000
    found = check(data, "liste.csv")
    assert list(found.reading.services.index) == ["a"]
    assert found.mended(()) == data


def test_a_workbook_named_csv_is_read_with_a_note():
    found = check(PLAIN, "liste.csv")
    assert "classeur" in found.notes[0]
    assert len(found.reading.services) == 1


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "bad_files").iterdir()), ids=lambda p: p.name
)
def test_bad_files_are_refused_or_given_back_whole(path):
    data = path.read_bytes()
    try:
        found = check(data, "liste.csv")
    except UnreadableFile as error:
        assert str(error)[0].isupper()
    else:
        assert found.reading.problems
        assert check(found.mended(()), "x.csv").reading.problems == found.reading.problems


# --- on the page --------------------------------------------------------------------------


SCRIPT = """
from datetime import date
from pages.annuaire import checking
from pages.shared import service_list
checking.panel(service_list.load().reading.services, date(2026, 11, 22))
"""


def drop(name: str, data: bytes) -> AppTest:
    page = AppTest.from_string(SCRIPT, default_timeout=60).run()
    page.get("file_uploader")[0].set_value((name, data, "text/csv")).run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    kinds = ("markdown", "error", "warning", "info", "caption")
    found = [str(element.value) for kind in kinds for element in page.get(kind)]
    tables = [str(one.value.to_numpy().tolist()) for one in (*page.table, *page.dataframe)]
    return "\n".join([*found, *tables]).replace("\u00a0", " ").replace("\\", "")


def test_the_panel_shows_problems_repairs_changes_and_what_is_missing(on_list):
    on_list(row("a", telephone="3919"), row("b"))
    page = drop("ma liste.csv", content([row("a", telephone="549870000"), row("<b>c", type="x_y")]))
    said = words(page)
    for expected in (
        "1 fiche lue",
        "1 erreur et 1 point à corriger",
        "écrire « 05 49 87 00 00 »",
        "1 réparation choisie",
        "il resterait 1 erreur et 0 point à corriger",
        "0 fiche ajoutée, 1 retirée, 1 cellule changée dans 1 fiche",
        "Un tableur a ôté le zéro du début.",
        "Les horaires manquent",
    ):
        assert expected in said
    (button,) = page.get("download_button")
    assert button.proto.label == "Télécharger le fichier réparé"


def test_the_panel_does_not_show_hidden_rows_and_empties_them(on_list):
    on_list(row("a"))
    page = drop("l.csv", content([row("a"), shelter("h-x", adresse=SECRET, telephone="549870001")]))
    said = words(page)
    assert "corrigées d’office" in said or "corrigée d’office" in said
    assert "ligne 3 : adresse" in said
    assert "Lilas" not in said
    assert "49 87" not in said


def test_the_panel_explains_why_a_file_cannot_be_read(on_list):
    on_list(row("a"))
    page = drop("l.xlsx", b"bonjour")
    assert "Aucune ligne ne nomme les colonnes" in words(page)
    assert not page.get("download_button")


def test_a_list_uploaded_in_a_browser_is_downloaded_repaired(serve, visit, tmp_path):
    ours, theirs = tmp_path / "services.csv", tmp_path / "ma liste.csv"
    ours.write_bytes(content([row("a")]))
    theirs.write_bytes(content([row("a", telephone="549870000"), shelter("h", adresse=SECRET)]))
    page = visit(f"{serve(ours)}/annuaire?vue=verifier")
    page.locator("input[type=file]").set_input_files(theirs)
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger le fichier réparé").click()
    assert download.value.suggested_filename == "ma-liste-repare.csv"
    mended = download.value.path().read_bytes()
    assert mended == content([row("a", telephone="05 49 87 00 00"), shelter("h")])
    assert ours.read_bytes() == content([row("a")])
    assert (page.errors, page.strangers) == ([], [])


def test_a_decimal_comma_is_no_change():
    point = {"latitude": "46.149", "longitude": "0.295"}
    ours = content([row("a", **CIVRAY, **point)])
    assert compare(ours, ours.replace(b"46.149,0.295", b'"46,149","0,295"')).cells.empty
    moved = compare(ours, ours.replace(b"46.149", b'"46,150"')).cells
    assert moved.to_numpy().tolist() == [["a", "latitude", "46.149", "46.150"]]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("liste.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ancien format de Microsoft Office"),
        ("liste.txt", content([row("a")]), "1 fiche lue"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "est une image"),
    ],
)
def test_a_file_of_any_kind_has_an_answer(on_list, name, data, said):
    on_list(row("a"))
    page = drop(name, data)
    assert not list(page.get("file_uploader")[0].proto.type)
    assert said in words(page)
