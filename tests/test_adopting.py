"""A table of one's own becomes a list: columns, rows, shelters, memory, files that are none."""

import datetime as dt
import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from geodata.__main__ import main
from geodata.services import read_services
from geodata.tables import UnreadableFile
from geodata.upkeep import adopting, checking, template
from tests.conftest import ROOT
from tests.lists import CIVRAY, HOSTILE, content, row

REAL = Path(os.environ.get("MAILLAGE_REAL") or ROOT.parent / "shared" / "real")
GIVEN = {"source": "Observatoire", "departement": "86"}
SECRET = ("8 rue Secrète", "0549001122", "05 49 00 11 22", "lilas@exemple.fr", "86000")
NAMES = [
    "Nom de la structure", "Adresse complète", "CP", "Ville", "Tél. fixe", "Mail",
    "Jours et heures d’ouverture", "Public", "Nature", "Maj le", "Budget",
]  # fmt: skip
ROWS = [
    ["CIDFF de la Vienne", "12 rue de la Paix", 86000, "POITIERS", 549880100, "cidff@exemple.fr",
     "du lundi au vendredi 9h-12h et 14h-17h", "Femmes", "Association",
     dt.date(2026, 2, 3), 1200],
    ["MDS de Civray", "5 place du Général", 86400, "Civray", "05 49 87 00 00 ou 05.49.87.00.01",
     "mds@exemple.fr", "lundi 9h-12h", "tous publics", "Maison des solidarités", 45992, None],
    ["Permanence CIDFF", "Mairie, 86100 Châtellerault", None, "", "05 49 00 00 09", "",
     "1er mardi du mois 14h-17h", "", "", dt.date(2026, 1, 1), None],
    ["CHRS Les Lilas", SECRET[0], 86000, "Poitiers", SECRET[1], SECRET[3], "24h/24", "femmes",
     "CHRS", None, None],
    ["Foyer de Civray", SECRET[0], 86400, "Civray", SECRET[1], "", "", "", "", None, None],
    ["Gendarmerie de Lusignan", "2 avenue de Paris", 86600, "Lusignan", "05 49 43 30 11", "",
     "demander", "", "Gendarmerie", None, None],
    ["Espace X", "2 avenue de Paris", 86600, None, "05 49 43 30 12", "", "", "", "", None, None],
    ["Total", "", 7, "", "", "", "", "", "", None, 1200],
    ["* source : Observatoire"],
]  # fmt: skip


def workbook(rows=ROWS, *, name="Lieux 2026") -> bytes:
    """A workbook as somebody keeps it: notes first, a title, grouped headings, merged cells."""
    book = openpyxl.Workbook()
    book.active.append(["À lire"])
    sheet = book.create_sheet(name)
    sheet.append(["Lieux d’accueil, Vienne, mise à jour du 3 mars 2026"])
    sheet.merge_cells("A1:J1")
    sheet.append([])
    sheet.append(["", "Coordonnées"])
    sheet.merge_cells("B3:F3")
    sheet.append(NAMES)
    for cells in rows:
        sheet.append(cells)
    sheet.merge_cells("D10:D11")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def csv_of(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def adopted(data: bytes, **choices):
    (sheet, *_) = adopting.read_sheets(data)
    chosen = adopting.choices_of(adopting.recognised(sheet))
    return adopting.adopt(sheet, replace(chosen, **GIVEN | choices))


def roles(data: bytes) -> dict[str, str]:
    return {c.name: c.role for c in adopting.recognised(adopting.read_sheets(data)[0])}


@pytest.fixture(scope="module")
def converted(office, tmp_path_factory):
    """The workbook as LibreOffice saves it in other formats."""
    folder = tmp_path_factory.mktemp("adopt")
    (folder / "lieux.xlsx").write_bytes(workbook())
    (folder / "modele.xlsx").write_bytes(template.workbook())
    for kind, files in (
        ("ods", ["lieux", "modele"]),
        ("xls", ["lieux"]),
        ("pdf", ["lieux"]),
        ("fods", ["lieux"]),
        ("slk", ["lieux"]),
        ("csv", ["modele"]),
    ):
        office.convert(kind, [folder / f"{file}.xlsx" for file in files], folder)
    return folder


# --- a whole workbook -----------------------------------------------------------------------


def check_the_workbook(found):
    rows = found.rows.set_index("id")
    assert list(rows.index[:3]) == [
        "86-cidff-de-la-vienne-poitiers",
        "86-mds-de-civray",
        "86-permanence-cidff-chatellerault",
    ]
    assert rows["telephone"].tolist()[:2] == ["05 49 88 01 00", "05 49 87 00 00 / 05 49 87 00 01"]
    assert rows["date_source"].tolist()[:3] == ["2026-02-03", "2025-12-01", "2026-01-01"]
    assert rows["type"].tolist()[:3] == ["association", "mds", "permanence"]
    assert rows.loc["86-permanence-cidff-chatellerault", "adresse"] == "Mairie"
    assert rows.loc["86-permanence-cidff-chatellerault", "code_postal"] == "86100"
    assert rows.iloc[0]["horaires_accueil"] == "du lundi au vendredi 9h-12h et 14h-17h"
    assert rows.loc["86-gendarmerie-de-lusignan", "horaires_precisions"] == "demander"
    assert rows.loc["86-gendarmerie-de-lusignan", "horaires_accueil"] == ""
    hidden = rows[rows["confidentialite"] == "departement"]
    assert hidden["nom"].tolist() == ["CHRS Les Lilas", "Hébergement (nom non montré)"]
    assert not any(secret in found.content().decode() for secret in (*SECRET[:4], "Foyer de"))
    left = found.outcomes[found.outcomes["id"] == ""]
    assert left.index.tolist() == [11, 12, 13]
    assert "type" in left.loc[11, "remarks"]
    assert "total" in left.loc[12, "remarks"]
    reading = read_services(io.BytesIO(found.content()))
    assert len(reading.services) == len(rows) == 6
    assert [p for p in reading.problems if p.severity == "error"] == []


def test_a_workbook_with_titles_groups_merged_cells_and_totals():
    assert roles(workbook()) == dict(
        zip(
            NAMES,
            ["nom", "adresse", "code_postal", "commune", "telephone", "courriel",
             "horaires_accueil", "publics", "type", "date_source", ""],
            strict=True,
        )
    )  # fmt: skip
    check_the_workbook(adopted(workbook()))


def test_the_same_workbook_saved_by_libreoffice(converted):
    check_the_workbook(adopted((converted / "lieux.ods").read_bytes()))


def test_a_value_merged_over_rows_is_in_each_of_them(converted):
    """Rows 10 and 11 share the commune of row 10."""
    for data in (workbook(), (converted / "lieux.ods").read_bytes()):
        found = adopted(data, rows={11: "association"})
        assert found.outcomes.loc[11, "commune"] == "Lusignan"


# --- columns --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cells", "role"),
    [
        ("CP", ["86000", "86400", "1004"], "code_postal"),
        ("lib_com", ["Civray", "Poitiers", "Lusignan"], "commune"),
        ("Tél. portable", ["0549000001", "549000002", "06 12 34 56 78"], "telephone"),
        ("zzz", ["05 49 00 00 01", "0549000002", "3919"], "telephone"),
        ("zzz", ["a@x.fr", "b@x.fr", "c@y.fr"], "courriel"),
        ("zzz", ["86078", "86194", "86139"], "code_insee"),
        ("zzz", ["86000", "86400", "86600"], "code_postal"),
        ("zzz", ["lundi 9h-12h", "mardi 14h-17h", "24h/24"], "horaires_accueil"),
        ("zzz", ["46.58, 0.34", "46.1, 0.29", "46.4 0.12"], adopting.POINT),
        ("zzz", ["1200", "1300", "1400"], ""),
        ("Téléphone", ["a@x.fr", "b@x.fr", "c@y.fr"], "courriel"),
        ("h_lundi", ["9h-12h", "fermé", "-"], "lundi"),
        ("Horaires samedi", ["9h-12h", "9h-13h", ""], "samedi"),
        ("Long", ["0,34", "0,29", "4,85"], "longitude"),
        ("Complément d’adresse", ["Bâtiment B", "2e étage", "Foyer rural"], "adresse"),
        ("Leshorairesdemastructure", ["9h-12h", "lundi 9h-17h", "x"], "horaires_accueil"),
    ],
)
def test_a_column_is_recognised_by_its_name_and_by_what_is_in_it(name, cells, role):
    table = csv_of(f"Nom;{name}", *(f"Lieu numéro {n};{cell}" for n, cell in enumerate(cells)))
    assert roles(table)[name] == role


def test_one_of_two_columns_for_one_thing_is_left_and_two_chosen_are_refused():
    table = csv_of("Nom,Horaires,Heures", "MDS,lundi 9h-12h,mardi 9h-12h")
    assert roles(table) == {"Nom": "nom", "Horaires": "horaires_accueil", "Heures": ""}
    columns = {"Nom": "nom", "Horaires": "horaires_accueil", "Heures": "horaires_accueil"}
    with pytest.raises(adopting.Unclear, match=r"Deux colonnes .* N’en garder qu’une"):
        adopted(table, columns=columns, kind="mds")


def test_two_columns_of_one_name_are_told_apart_and_told():
    (sheet,) = adopting.read_sheets(csv_of("Nom;Tél;Tél", "MDS;0549000001;0549000002"))
    assert "même nom : « Tél »" in sheet.notes[0]
    (found,) = adopted(csv_of("Nom;Tél;Tél", "MDS;0549000001;0549000002")).rows["telephone"]
    assert found == "05 49 00 00 01 / 05 49 00 00 02"


def test_columns_of_days_become_hours_and_a_day_that_is_not_understood_is_unknown():
    table = csv_of(
        "Nom;lundi;mardi;mercredi;samedi",
        "MDS A;9h-12h / 14h-17h;fermé;;9h-12h le premier samedi de chaque mois",
        "MDS B;sur demande;;;",
    )
    first, second = adopted(table).rows.to_dict("records")
    assert first["horaires_accueil"] == "Mo 09:00-12:00,14:00-17:00; Tu off; We unknown; Sa unknown"
    assert "premier samedi" in first["horaires_precisions"]
    assert second["horaires_accueil"] == ""
    assert "sur demande" in second["horaires_precisions"]
    closed = adopted(table, empty_days_closed=True).rows["horaires_accueil"][2]
    assert closed == "Mo 09:00-12:00,14:00-17:00; Tu off; We off; Sa unknown"


# --- JSON, maps -----------------------------------------------------------------------------


def feature(name, lng, lat, **more):
    return {
        "type": "Feature",
        "properties": {"name": name, "_umap_options": {"color": "red"}, **more},
        "geometry": {"type": "Point", "coordinates": [lng, lat]},
    }


@pytest.mark.parametrize("whole", [True, False])
def test_a_map_exported_from_umap(whole):
    features = [feature("CCAS de Civray", 0.295, 46.149, Ville="Civray"), feature("Le Lieu", 0, 0)]
    collection = {"type": "FeatureCollection", "features": features}
    layers = [collection, {"type": "FeatureCollection", "features": []}]
    data = json.dumps({"type": "umap", "layers": layers} if whole else collection).encode()
    found = adopted(data)
    (only,) = found.rows.to_dict("records")
    assert (only["type"], only["code_insee"]) == ("ccas", "86078")
    assert (only["latitude"], only["longitude"]) == ("46.149", "0.295")
    assert found.unknown_types == {"": 1}


@pytest.mark.parametrize("wrap", [lambda r: r, lambda r: {"count": 1, "results": r}])
def test_json_records_and_what_they_are_wrapped_in(wrap):
    record = {"nom": "CCAS", "contact": {"tel": "05 49 00 00 01"}, "ville": "Civray", "x": None}
    (only,) = adopted(json.dumps(wrap([record])).encode()).rows.to_dict("records")
    assert (only["telephone"], only["commune"]) == ("05 49 00 00 01", "Civray")


# --- shelters -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["", "ccas", "mds"])
def test_what_may_be_a_shelter_brings_no_place_whatever_type_is_chosen_for_all(kind):
    table = csv_of(
        "Nom;Adresse;Ville;Tél;Mail;Remarques;Lat;Long",
        "Refuge des Lilas;8 rue Secrète;Civray;0549001122;voir 8 rue Secrète;près de la gare;"
        "46.149;0.295",
    )
    columns = roles(table) | {"Remarques": adopting.KEPT}
    found = adopted(table, kind=kind, columns=columns)
    (only,) = found.rows.to_dict("records")
    assert (only["type"], only["confidentialite"]) == ("hebergement", "departement")
    assert only["zone_eligibilite"] == "86"
    kept = {name for name, cell in only.items() if cell}
    assert kept == {"id", "nom", "type", "confidentialite", "zone_eligibilite", "source"}
    assert found.shelters == (2,)
    told = " ".join(found.outcomes.drop(columns="name").astype(str).to_numpy().ravel())
    assert not any(word in told for word in ("Secrète", "Civray", "22", "gare", "46.149"))


def test_a_person_says_of_one_line_that_it_is_no_shelter():
    table = csv_of("Nom;Ville", "Foyer rural;Civray", "Foyer des Lilas;Civray")
    found = adopted(table, kind="ccas", not_shelters=(2,))
    assert found.rows["commune"].tolist() == ["Civray", ""]


@pytest.mark.parametrize(
    ("written", "level"),
    [("oui", "departement"), ("secret", "departement"), ("non_publie", "non_publie"),
     ("commune", "commune"), ("public", ""), ("", "")],
)  # fmt: skip
def test_a_level_of_the_file_is_never_made_less_strict(written, level):
    table = csv_of("Nom;Adresse;Ville;Confidentiel", f"CIDFF;3 rue Secrète;Civray;{written}")
    (only,) = adopted(table).rows.to_dict("records")
    assert only["confidentialite"] == level
    assert ("Secrète" in only["adresse"]) == (level == "")


def test_no_id_of_a_hidden_row_can_be_guessed_from_its_commune():
    """The same shelter in two communes of a département has one and the same id."""
    ids = {
        adopted(csv_of("Nom;Ville;Tél", f"Foyer de {town};{town};{phone}")).rows["id"][2]
        for town, phone in (("Civray", "0549000001"), ("Lusignan", "0549000002"))
    }
    assert len(ids) == 1


# --- ids ------------------------------------------------------------------------------------


def test_ids_are_the_same_when_the_file_comes_again_in_another_order():
    rows = [f"MDS {n};{n} rue du Port;Civray" for n in range(5)] + ["CCAS;1 rue A;Poitiers"]
    first = adopted(csv_of("Nom;Adresse;Ville", *rows)).rows
    second = adopted(csv_of("Nom;Adresse;Ville", "MDS neuve;;Civray", *rows[::-1])).rows
    names = first.set_index("id")["nom"].to_dict()
    assert names.items() <= second.set_index("id")["nom"].to_dict().items()


def test_a_collision_is_told():
    found = adopted(csv_of("Nom;Adresse;Ville", "MDS;2 rue B;Civray", "MDS;1 rue A;Civray"))
    assert found.rows["id"].tolist() == ["86-mds-civray-2", "86-mds-civray"]
    assert "Même nom et même commune" in found.outcomes.loc[2, "remarks"]


def test_our_own_ids_are_kept_and_numbers_are_not():
    assert adopted(csv_of("id;Nom;Ville", "86-a-b;MDS;Civray")).rows["id"][2] == "86-a-b"
    assert adopted(csv_of("id;Nom;Ville", "12;MDS;Civray")).rows["id"][2] == "86-mds-civray"


# --- memory ---------------------------------------------------------------------------------


def test_the_next_edition_comes_in_by_itself_and_no_cell_is_remembered(tmp_path):
    listed = tmp_path / "services.csv"
    (sheet, *_) = adopting.read_sheets(workbook())
    chosen = adopting.choices_of(adopting.recognised(sheet))
    chosen = replace(
        chosen, source="Observatoire", kinds={"secret": "mds"}, rows={5: "mds"}, not_shelters=(8,)
    )
    assert adopting.remembered(listed, sheet) is None
    adopting.remember(listed, sheet, chosen)
    (next_year, *_) = adopting.read_sheets(workbook(ROWS[::-1]))
    again = adopting.remembered(listed, next_year)
    assert again == replace(chosen, kinds={}, rows={}, not_shelters=())
    kept = (tmp_path / "services.adoption.json").read_text()
    cells = [str(cell) for cells in ROWS for cell in cells if len(str(cell or "")) > 3]
    assert not any(cell in kept for cell in [*cells, *NAMES] if cell != "None")


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"x": 1}', '{"%s": {"colonnes": [1]}}'])
def test_a_damaged_memory_is_as_none(tmp_path, damage):
    listed = tmp_path / "services.csv"
    (sheet,) = adopting.read_sheets(csv_of("Nom;Ville", "A;Civray"))
    adopting.remember(listed, sheet, adopting.choices_of(adopting.recognised(sheet)))
    file = tmp_path / "services.adoption.json"
    shape = next(iter(json.loads(file.read_text())))
    file.write_text(damage.replace("%s", shape))
    assert adopting.remembered(listed, sheet) is None


# --- files that are none --------------------------------------------------------------------


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG")
    return buffer.getvalue()


def locked_ods() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<m:encryption-data/>")
        archive.writestr("content.xml", b"\x8f\x1e secret")
    return buffer.getvalue()


LOCKED_XLSX = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")


def empty_workbook() -> bytes:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vide"),
        (b"%PDF-1.7\n", "un PDF.*tableau d’origine"),
        (b"<?xml version='1.0'?><kml>", "KML.*GeoJSON"),
        (b"<?xml version='1.0'?><html><table>", "page web"),
        (b"SQLite format 3\0", "une base de données"),
        (picture(), "une image.*recopier"),
        (b"<!DOCTYPE html><html><table>", "page web.*Enregistrer sous"),
        (b"Nom;Ville\n" + b"x" * 21_000_000, "21 Mo.*20 Mo au plus"),
        (csv_of("Nom;Ville", *["MDS;Civray"] * 10_001), "plus de 10.000 lignes"),
        (locked_ods(), "mot de passe"),
        (LOCKED_XLSX, "mot de passe"),
        (csv_of("12;86000;0549000001", "13;86400;0549000002"), "Aucune ligne ne nomme"),
        (csv_of("Nom;Ville"), "Aucune ligne ne nomme"),
        (empty_workbook(), "vide"),
        (b"{]", "JSON correct .ligne 1"),
        (b'["a", "b"]', "pas une liste de fiches"),
        (b"[" * 2_000_000, "trop d’éléments"),
        (b"[" * 200_000 + b"]" * 200_000, "emboîté|JSON correct"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_file_that_is_no_table_gets_a_sentence_that_says_what_to_do(data, words):
    with pytest.raises(UnreadableFile, match=words):
        adopting.read_sheets(data)


OTHERWISE = {"xls": "ancien format", "pdf": "un PDF", "fods": "XML.*LibreOffice", "slk": "SYLK"}


@pytest.mark.parametrize(("kind", "words"), OTHERWISE.items())
def test_what_libreoffice_saves_otherwise_gets_a_sentence_too(converted, kind, words):
    with pytest.raises(UnreadableFile, match=words):
        adopting.read_sheets((converted / f"lieux.{kind}").read_bytes())


def ods(rows: str) -> bytes:
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:d xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0" '
            f'xmlns:text="{urn}:text:1.0"><table:table table:name="L">{rows}</table:table>'
            "</office:d>",
        )
    return buffer.getvalue()


REPEATED = "table:number-rows-repeated"
CELL = '<table:table-cell office:value-type="string"{}><text:p>x</text:p></table:table-cell>'


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (f'<table:table-row {REPEATED}="1000000">{CELL.format("")}</table:table-row>',
         "50.000 lignes"),
        ("<table:table-row>" + CELL.format(' table:number-columns-repeated="16000"')
         + "</table:table-row>", "300 colonnes"),
        ("<table:table-row>", "abîmé"),
    ],
    ids=["rows", "columns", "cut"],
)  # fmt: skip
def test_an_ods_that_asks_for_billions_of_cells_is_refused(rows, words):
    with pytest.raises(UnreadableFile, match=words):
        adopting.read_sheets(ods(rows))


def test_empty_rows_and_cells_that_repeat_are_nothing():
    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in ("Nom", "Ville")
    )
    rows = (
        '<table:table-row table:number-rows-repeated="900000"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
        f"<table:table-row>{head}</table:table-row>"
        f"<table:table-row>{CELL.format('')}{CELL.format('')}</table:table-row>"
    )
    (sheet,) = adopting.read_sheets(ods(rows))
    assert sheet.rows.index.tolist() == [900_002]


def test_formulas_without_a_value_are_told():
    book = openpyxl.Workbook()
    for cells in (["Nom", "Ville", "Tél"], ["MDS", "=A1", "0549000001"]):
        book.active.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    (sheet,) = adopting.read_sheets(buffer.getvalue())
    assert any("formule n’a pas de valeur" in note for note in sheet.notes)


def test_a_title_with_commas_does_not_decide_the_separator():
    table = csv_of("Liste, mise à jour, 2026", "", "Nom;Ville;Tél", "MDS;Civray;0549000001",
                   "CCAS;Civray;0549000002")  # fmt: skip
    assert adopted(table).rows["telephone"].tolist() == ["05 49 00 00 01", "05 49 00 00 02"]


def test_hostile_texts_stay_texts():
    rows = [{"Nom": f"CCAS {text}", "Ville": "Civray", "Note": text} for text in HOSTILE]
    found = adopted(json.dumps(rows).encode())
    names = [" ".join(f"CCAS {text}".replace("\u2028", " ").split()) for text in HOSTILE]
    assert [" ".join(name.split()) for name in found.rows["nom"]] == names


# --- the template ---------------------------------------------------------------------------


def test_the_template_offers_lists_and_its_example_is_never_read():
    book = openpyxl.load_workbook(io.BytesIO(template.workbook()))
    assert book.sheetnames == ["Services", "Mode d’emploi"]
    offered = {rule.formula1 for rule in book["Services"].data_validations.dataValidation}
    assert any("accueil-de-jour" in str(formula) for formula in offered)
    book["Services"].append(["", "CCAS", "ccas"])
    source = [cell.value for cell in book["Services"][1]].index("source") + 1
    book["Services"].cell(3, source, "Mairie")
    buffer = io.BytesIO()
    book.save(buffer)
    checked = checking.check(buffer.getvalue(), "modele.xlsx")
    assert checked.mended(checked.chosen).count(b"EXEMPLE") == 0
    assert "ligne d’exemple" in " ".join(checked.notes)
    assert adopted(buffer.getvalue()).rows["nom"].tolist() == ["CCAS"]


def test_libreoffice_opens_the_template_with_its_lists(converted):
    lines = (converted / "modele.csv").read_bytes().decode("latin-1").splitlines()
    assert lines[0].startswith("id,nom,type,structure,adresse")
    assert lines[1].startswith("exemple-a-effacer")
    with zipfile.ZipFile(converted / "modele.ods") as archive:
        saved = archive.read("content.xml").decode()
    offered = [part for part in saved.split("<table:content-validation ") if "is-in-list" in part]
    assert any("accueil-de-jour" in part for part in offered)
    assert any("mise-a-l-abri" in part for part in offered)


# --- in the place of the list ---------------------------------------------------------------


def test_a_list_that_takes_the_place_of_another_keeps_what_no_page_gives_out():
    never = row("n", type="ecoute", confidentialite="non_publie")
    current = content([row("a", **CIVRAY), row("b"), never, row("")])
    new = content([row("a", **CIVRAY | {"commune": "CIVRAY"}), row("c")])
    edits = checking.replacement(current, new)
    assert {(e.id, e.column) for e in edits if e.column in ("id", "commune")} == {
        ("a", "commune"), ("b", "id"), ("c", "id"),
    }  # fmt: skip
    assert not any(edit.id == "n" for edit in edits)


def test_a_decimal_comma_and_a_shield_are_no_change():
    ours = row("a", **CIVRAY, latitude="46.149", longitude="0.295", telephone="+33549000001")
    theirs = ours | {"latitude": "46,149", "longitude": "0,295", "telephone": "'+33549000001"}
    assert checking.replacement(content([ours]), content([theirs])) == ()


# --- the command ----------------------------------------------------------------------------


def test_the_command_shows_asks_writes_and_remembers(tmp_path, capsys):
    file, out = tmp_path / "lieux.xlsx", tmp_path / "nouvelle.csv"
    file.write_bytes(workbook())
    assert main(["adopt", str(file)]) == 1
    said = capsys.readouterr().err
    assert "Tél. fixe → telephone" in said
    assert "Rien n’est écrit" in said
    assert not any(secret in said for secret in SECRET[:4])
    assert main(["adopt", str(file), "-o", str(out)]) == 1
    assert "--source" in capsys.readouterr().err
    assert not out.exists()
    command = ["adopt", str(file), "-o", str(out), "--source", "Observatoire"]
    assert main([*command, "--colonne", "Budget=garder"]) == 1
    assert len(read_services(out).services) == 6
    assert "Budget" in out.read_text().splitlines()[0]
    capsys.readouterr()
    assert main(["adopt", str(file), "-o", str(out)]) == 1
    assert "ses choix sont repris" in capsys.readouterr().err


def test_the_command_never_writes_over_another_list(tmp_path, capsys):
    file, out = tmp_path / "lieux.csv", tmp_path / "services.csv"
    file.write_bytes(csv_of("Nom;Ville", "CCAS;Civray"))
    out.write_bytes(before := content([row("a")]))
    assert main(["adopt", str(file), "-o", str(out), "--source", "S"]) == 1
    assert "merge" in capsys.readouterr().err
    assert out.read_bytes() == before


# --- lists of others ------------------------------------------------------------------------

SMALL = {
    "corse.json": {"long": "longitude", "Structure": "nom", "Horaires": "horaires_accueil"},
    "epernay.json": {"Adresse de la structure": "adresse", "x": "longitude", "y": "latitude",
                     "Horaires d'ouverture__1": "horaires_accueil"},
    "fibre-64.json": {"Nomdelastructure": "nom", "Codepostal": "code_postal", "Ville": "commune"},
    "le-havre.json": {"typologie": "type", "pivot": "", "horaires": "horaires_accueil"},
    "nouvelle-caledonie.json": {"horaires_lundi": "lundi", "telephone": "telephone"},
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_real_lists_come_in_with_two_choices(name):
    file = REAL / "mednum" / name
    if not file.exists():
        pytest.skip("no real lists here: MAILLAGE_REAL names their folder")
    found = roles(file.read_bytes())
    assert SMALL[name].items() <= found.items()
    took = adopted(file.read_bytes(), kind="ccas")
    assert len(took.rows) >= 0.95 * len(took.outcomes)
    assert len(read_services(io.BytesIO(took.content())).services) == len(took.rows)
