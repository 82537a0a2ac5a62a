"""The adapters of official data, with small files in the official formats, also hostile ones."""

import gzip
import io
import json
import re
import tarfile
import zipfile
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import hours
from geodata.services import Confidentiality, Reading, ServiceType, read_services
from geodata.sources import ROW_COLUMNS, SOURCES, Import, data_inclusion, finess, police
from geodata.sources.dila import NESTED
from geodata.tables import UnreadableFile

FILES = Path(__file__).parent / "sources"
REFUSED = sorted((FILES / "refused").iterdir())
GOOD = {
    "police": "police.csv",
    "gendarmerie": "gendarmerie.csv",
    "finess": "finess.csv",
    "finess, structures": "finess_structures.json",
    "dila": "dila.json",
    "dila, API": "dila_api.json",
    "data-inclusion, structures": "di_structures.json",
    "data-inclusion, services": "di_services.json",
}
CANARIES = (
    "canari",
    "77 77 77",
    "77.77.77",
    "777777",
    "46.5",
    "46,5",
    "0.34",
    "86000",
    "86194",
    "poitiers",
)


@cache
def shipped(name: str, file: str) -> Import:
    """Read one of the valid files, once."""
    return read(name, file, dated="2026-11-02")


@cache
def shipped_back(name: str, file: str) -> Reading:
    return back(shipped(name, file))


def read(name: str, file: str | bytes, **options) -> Import:
    source = io.BytesIO(file) if isinstance(file, bytes) else FILES / file
    return SOURCES[name.partition(",")[0]].read(source, **options)


def back(given: Import) -> Reading:
    """Read the rows as part of a list."""
    return read_services(io.BytesIO(given.rows.to_csv(index=False).encode()))


def row(given: Import, nom: str) -> pd.Series:
    found = given.rows[given.rows["nom"] == nom]
    assert len(found) == 1, list(given.rows["nom"])
    return found.iloc[0]


def said(given: Import, line: int) -> str:
    return "\n".join(str(problem) for problem in given.problems if problem.line == line)


# --- laws ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "file"), GOOD.items(), ids=GOOD)
def test_every_row_is_a_row_of_services_csv(name, file):
    given = shipped(name, file)
    assert tuple(given.rows.columns) == ROW_COLUMNS
    assert len(given.rows) > 0
    assert_readable(given, shipped_back(name, file))
    assert (given.rows[["source", "lien_source", "date_source"]] != "").all().all()
    understood = given.rows["horaires_accueil"]
    assert [hours.understand(text) for text in understood[understood != ""]] == list(
        understood[understood != ""]
    )


@pytest.mark.parametrize(("name", "file"), GOOD.items(), ids=GOOD)
def test_no_cell_of_a_shelter_reveals_its_place(name, file):
    given = shipped(name, file)
    shelters = given.rows[given.rows["type"] == ServiceType.HEBERGEMENT]
    assert (shelters["confidentialite"] == Confidentiality.DEPARTEMENT).all()
    assert (shelters["zone_eligibilite"] == "86").all()
    told = [
        *("adresse", "code_postal", "commune", "code_insee", "latitude", "longitude"),
        *("telephone", "courriel", "site_web", "horaires_accueil", "horaires_precisions"),
        *("structure", "reseaux", "acces"),
    ]
    assert (shelters[told] == "").all().all()
    written = shelters.to_csv().lower()
    assert [canary for canary in CANARIES if canary in written] == []
    services = shipped_back(name, file).services
    hidden = services[services["type"] == ServiceType.HEBERGEMENT]
    assert hidden.geometry.isna().all()
    assert (hidden["departement"] == "86").all()


NASTY = st.sampled_from(
    [
        *("", " ", "NULL", "nan", "-1", "1e999", "48,85", "0.3404", "46.5802", "86194", "75112"),
        *("12 rue du Canari", "86000 POITIERS", "Poitiers", "é’œ\u202f", "=1+1", "'@x", "24h/24"),
        *("Mo-Fr 09:00-12:00", "09:00+", "2A004", "99", "1", "\ufeff", "\x00", "00:00:00"),
        *("https://x.fr", "openstreetmap.org/node/1", "C.H.R.S. 3 place d’Armes", "2025-02-31"),
    ]
)
TEXTS = NASTY | st.text(
    st.characters(codec="utf-8", exclude_characters=";\r\n\x1c\x1d\x1e\x1f\x85\u2028\u2029"),
    max_size=12,
)


@settings(max_examples=9)
@given(st.data())
def test_damaged_cells_leave_readable_rows(data):
    """Damaged cells: each row is correct, repaired, or left out and reported."""
    name = data.draw(st.sampled_from(["police", "gendarmerie", "finess"]))
    lines = (FILES / f"{name}.csv").read_text("utf-8-sig").splitlines()
    for position, line in enumerate(lines[1:], start=1):
        cells = line.replace('"', "").split(";")
        for place in data.draw(st.sets(st.integers(1, len(cells) - 1), max_size=4)):
            cells[place] = data.draw(TEXTS).replace('"', "")
        lines[position] = ";".join(cells)
    given = read(name, "\n".join(lines).encode(), dated="2026")
    assert_readable(given, back(given))


VALUES = (
    TEXTS
    | st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(TEXTS | st.dictionaries(TEXTS, TEXTS, max_size=2), max_size=2)
    | st.just("\ud800")
    | st.just('[{"')
)


@settings(max_examples=9)
@given(st.data())
def test_damaged_fields_leave_readable_rows(data):
    name = data.draw(st.sampled_from(["dila, API", "dila", *list(GOOD)[-2:]]))
    document = json.loads((FILES / GOOD[name]).read_text())
    lists = document if isinstance(document, list) else document.values()
    records = next((one for one in lists if isinstance(one, list)), document)
    for record in records:
        for field in data.draw(st.sets(st.sampled_from(sorted(record)), max_size=3)):
            record[field] = data.draw(VALUES)
    given = read(name, json.dumps(document).encode())
    assert_readable(given, back(given))
    hidden = given.rows[given.rows["type"] == ServiceType.HEBERGEMENT]
    assert (hidden["adresse"] + hidden["code_insee"] + hidden["telephone"] == "").all()


@pytest.mark.parametrize("name", ["dila", "dila, API", *list(GOOD)[-2:]])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("NaN", "« NaN » n’est pas un nombre"),
        ("Infinity", "« Infinity » n’est pas un nombre"),
        ("-Infinity", "« -Infinity » n’est pas un nombre"),
        ("1e999", "un nombre y est trop grand"),
        ("1" * 5_000, "JSON en UTF-8"),
    ],
)
def test_nan_and_infinity_in_json_are_refused_by_name(name, number, words):
    """Some programs write `NaN` for missing values, which other readers refuse."""
    document = (FILES / GOOD[name]).read_text()
    with pytest.raises(UnreadableFile, match=re.escape(words)):
        read(name, re.sub(r'(?<="nom": )"[^"]*"', number, document, count=1).encode())


def test_a_line_of_json_and_json_in_a_text_are_as_strict():
    records = json.loads((FILES / GOOD["data-inclusion, services"]).read_text())
    lines = [json.dumps(record) for record in [*records, {"longitude": float("nan")}]]
    with pytest.raises(UnreadableFile, match="« NaN » n’est pas un nombre"):
        read("data-inclusion", "\n".join(lines).encode())
    api = json.loads((FILES / GOOD["dila, API"]).read_text())
    api["results"][0]["adresse"] = '[{"longitude": Infinity}]'
    assert "« CIDFF des Essais », champ « adresse » : ce champ n’est pas lisible" in said(
        read("dila", json.dumps(api).encode()), 1
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Foyer Louise", True),
        ("Foyer de Civray", False),  # another commune of the département, in no other cell
        ("Foyer CIVRAY-AIDE", False),
        ("Foyer des Civrayaises", True),
        ("Foyer de Guéret", True),  # a commune of another département
        ("Foyer Poitiers-Sud", False),  # its own commune
        ("Foyer du Canari", False),  # its street
        ("Foyer Louise 05 49 77 77 77", False),
    ],
)
def test_a_shelter_keeps_a_name_without_a_commune_of_its_departement(name, kept):
    records = json.loads((FILES / GOOD["data-inclusion, structures"]).read_text())
    (shelter,) = [one for one in records if one["id"] == "dora--2"]
    given = read("data-inclusion", json.dumps([shelter | {"nom": name}]).encode())
    assert list(given.rows["nom"]) == [name if kept else "Hébergement (nom non montré)"]


def assert_readable(given: Import, reading: Reading) -> None:
    assert [str(problem) for problem in reading.problems if problem.severity == "error"] == []
    assert sorted(reading.services.index) == sorted(given.rows["id"])  # hidden rows come last


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_file_in_another_format_is_refused_by_name(path):
    """The file name is the source, then the words that the message must contain."""
    source, words = path.name.removesuffix("".join(path.suffixes)).split("--")
    with pytest.raises(UnreadableFile) as refusal:
        SOURCES[source].read(path)
    assert words in str(refusal.value)
    assert path.name in str(refusal.value)


@pytest.mark.parametrize("name", SOURCES)
def test_sources_are_described(name):
    source = SOURCES[name]
    assert source.label
    assert source.licence.startswith("Licence Ouverte")
    assert source.homepage.startswith("https://")
    assert all(file.download.startswith("https://") for file in source.files)
    with pytest.raises(UnreadableFile, match=r"fichier reçu|vide"):
        source.read(io.BytesIO(b""))


@pytest.mark.parametrize("name", [*GOOD, "unites-competentes", "insee"])
def test_an_unknown_departement_is_an_error(name):
    files = GOOD | {"unites-competentes": "unites.csv", "insee": "insee_melodi.csv"}
    with pytest.raises(ValueError, match="« 86000 »"):
        read(name, files[name], departements=["86000"])


# --- police -------------------------------------------------------------------------------


def test_police_stations_are_corrected_and_located():
    given = shipped("police", "police.csv")
    poitiers = row(given, "Commissariat de Poitiers")
    assert poitiers["id"] == "police-86194-commissariat-de-poitiers"
    assert (poitiers["commune"], poitiers["adresse"]) == ("Poitiers", "1 Rue des Essais")
    assert (poitiers["telephone"], poitiers["date_source"]) == ("05 49 00 00 01", "2026-11-02")
    assert (poitiers["longitude"], poitiers["latitude"]) == ("0.3404", "46.5802")
    swapped = row(given, "Bureau de police échangé")
    assert (swapped["longitude"], swapped["latitude"]) == ("0.3404", "46.5802")
    assert "échangées" in said(given, 3)
    far = row(given, "Bureau de police lointain")
    assert (far["longitude"], far["adresse"], far["telephone"]) == ("", "", "")
    assert "hors de la commune" in said(given, 4)
    projected = row(given, "Bureau de police projeté")
    assert float(projected["longitude"]) == pytest.approx(0.2949, abs=1e-5)
    assert float(projected["latitude"]) == pytest.approx(46.1486, abs=1e-5)
    assert (projected["telephone"], row(given, "Bureau sans zéro")["code_postal"]) == (
        "05 49 00 00 03",
        "01210",
    )
    assert row(given, "Commissariat du 12e")["code_insee"] == "75056"
    assert row(given, "Bureau sans code")["code_insee"] == "86137"
    assert "« 99999 »" in said(given, 8)
    assert [problem.line for problem in given.problems if problem.severity == "error"] == [9]
    assert {problem.line for problem in given.problems} == {3, 4, 8, 9}


@pytest.mark.parametrize(
    ("encoding", "separator", "line_end"),
    [("utf-8", ";", "\n"), ("cp1252", ";", "\r\n"), ("utf-16", "\t", "\n")],
)
def test_encodings_and_separators_give_the_same_rows(encoding, separator, line_end):
    written = (FILES / "police.csv").read_text("utf-8-sig")
    other = written.replace(";", separator).replace("\n", line_end).encode(encoding)
    assert read("police", other, dated="2026-11-02").rows.equals(
        shipped("police", "police.csv").rows
    )


def test_a_territory_is_kept_and_the_rest_counted():
    given = read("police", "police.csv", departements=["01", "75"])
    assert list(given.rows["nom"]) == ["Commissariat du 12e", "Bureau sans zéro"]
    assert given.left_out == {"hors des départements demandés": 6}
    assert [problem.line for problem in given.problems] == [9]


def test_ids_do_not_depend_on_the_rest_of_the_file():
    everything = shipped("gendarmerie", "gendarmerie.csv")
    part = read("gendarmerie", "gendarmerie.csv", departements=["01"])
    assert list(part.rows["id"]) == ["gendarmerie-1000011"]
    assert (part.problems, part.left_out["hors des départements demandés"]) == ((), 10)
    assert set(part.rows["id"]) < set(everything.rows["id"])


def test_points_overseas_are_checked_though_no_outline_is_known():
    header = (FILES / "police.csv").read_text().splitlines()[0]
    lines = [
        "Commissariat de Nouméa;1 rue;;988;98818;1 rue;98800;NOUMÉA;;;;166.4481;-22.2735",
        "Bureau échangé;1 rue;;988;98818;1 rue;98800;NOUMÉA;;;;-22.2735;166.4481",
        "Bureau lointain;1 rue;;988;98818;1 rue;98800;NOUMÉA;;;;2.35;48.85",
    ]
    given = read("police", "\n".join([header, *lines]).encode())
    points = list(zip(given.rows["longitude"], given.rows["latitude"], strict=True))
    assert points == [("166.4481", "-22.2735")] * 2 + [("", "")]
    assert said(given, 2) == ""
    assert "échangées" in said(given, 3)
    assert said(given, 4).endswith("le lieu n’est pas placé sur la carte.")
    assert list(back(given).services.geometry.notna()) == [True, True, False]


# --- gendarmerie --------------------------------------------------------------------------

WEEK = "Mo-Fr 08:00-12:00,14:00-18:00"


@pytest.mark.parametrize(
    ("nom", "expected", "precisions", "problem"),
    [
        ("Brigade du texte", f"{WEEK}; Su,PH 09:00-12:00", "", ""),
        ("Brigade des colonnes", f"{WEEK}; Su,PH 09:00-12:00", "", ""),
        ("Brigade des deux", f"{WEEK}; Su,PH 09:00-12:00", "", ""),
        ("Brigade contradictoire", "", "$Lundi : 8h00-12h00", "ne disent pas les mêmes"),
        ("Brigade à demi", "", "mardi_plage2_debut 14h00", "ne sont pas compris"),
        ("Brigade bavarde", "", "Ouvert quand le portail est ouvert", "ne sont pas compris"),
        ("Poste provisoire de la plage", "", "ouvert une partie de l’année", ""),
    ],
)
def test_hours_of_the_text_and_of_the_columns(nom, expected, precisions, problem):
    given = shipped("gendarmerie", "gendarmerie.csv")
    brigade = row(given, nom)
    weeks = [
        (pd.Timestamp(day).date(), pd.Timestamp(day).date() + pd.Timedelta(days=7))
        for day in ("2026-07-13", "2026-09-14")
    ]  # with 14 July, and without holiday
    found = brigade["horaires_accueil"]
    if expected:
        for week in weeks:
            assert hours.openings(found, *week) == hours.openings(expected, *week)
    else:
        assert found == ""
    assert precisions in brigade["horaires_precisions"]
    assert bool(precisions) == bool(brigade["horaires_precisions"])
    line = 2 + list(given.rows["nom"]).index(nom)
    assert (problem in said(given, line)) if problem else said(given, line) == ""


def test_units_without_reception_are_left_out_and_counted():
    given = shipped("gendarmerie", "gendarmerie.csv")
    assert len(given.rows) == 11
    assert list(given.left_out.values()) == [2]
    unnumbered = given.rows[given.rows["nom"] == "Brigade sans numéro"]
    assert list(unnumbered["id"]) == [
        "gendarmerie-86078-brigade-sans-numero",
        "gendarmerie-86078-brigade-sans-numero-2",
    ]
    assert set(unnumbered["latitude"]) == {"46.1486"}


# --- FINESS -------------------------------------------------------------------------------


def test_shelters_are_imported_hidden_with_a_name_that_reveals_nothing():
    given = shipped("finess", "finess.csv")
    shelters = given.rows[given.rows["type"] == "hebergement"]
    assert list(shelters["nom"]) == [
        "CHRS LA PASSERELLE",
        "Centre d’hébergement et de réinsertion sociale (CHRS) (nom non montré)",  # its commune
        "Établissement d’accueil mère-enfant (nom non montré)",  # its street
        "Résidence sociale (nom non montré)",  # a street
        "CHRS SAINTE-ROSE",
        "Centre d’hébergement et de réinsertion sociale (CHRS) (nom non montré)",  # its telephone
    ]
    assert list(shelters["publics"]) == ["", "", "femmes|enfants", "", "", ""]
    assert not shelters["id"].str.contains("8600000").any()
    assert shelters["id"].is_unique


def test_every_category_that_shelters_is_hidden():
    lines = (FILES / "finess.csv").read_text().splitlines()
    shelters = [code for code, one in finess.CATEGORIES.items() if one.type == "hebergement"]
    assert {"214", "219", "166", "442", "443", "258", "259"} <= set(shelters)
    listed = [
        lines[1].replace(";214;", f";{code};").replace(";860000011;", f";860000{code};")
        for code in shelters
    ]
    hidden = read("finess", "\n".join([lines[0], *listed, lines[-5]]).encode()).rows
    assert list(hidden["confidentialite"] + hidden["code_insee"]) == ["departement"] * 7


def test_other_establishments_keep_their_place():
    given = shipped("finess", "finess.csv")
    hospital = row(given, "CENTRE HOSPITALIER DES ESSAIS")
    assert (hospital["id"], hospital["type"]) == ("finess-860000016", "sante")
    assert (hospital["adresse"], hospital["code_postal"]) == ("12 RUE DU CANARI", "86000")
    assert float(hospital["longitude"]) == pytest.approx(0.3404, abs=1e-5)
    assert (hospital["telephone"], hospital["date_source"]) == ("05 49 77 77 77", "2024-05-06")
    assert row(given, "PMI AU CENTRE")["latitude"] == ""  # the middle of its commune
    far = row(given, "PLANNING LOINTAIN")
    assert (far["latitude"], far["date_source"]) == ("", "2026-05-12")
    overseas = row(given, "PMI DES ABYMES")
    assert (overseas["code_insee"], overseas["telephone"]) == ("97101", "05 49 77 77 77")
    assert float(overseas["longitude"]) == pytest.approx(-61.5, abs=1e-4)
    assert given.left_out == {"autres catégories FINESS": 1}
    assert [(one.line, one.severity) for one in given.problems] == [(9, "warning"), (13, "error")]


def test_older_editions_in_cp1252_give_the_same_rows():
    older = (FILES / "finess.csv").read_text().encode("cp1252")
    assert read("finess", older).rows.equals(shipped("finess", "finess.csv").rows)


def test_the_new_finess_is_read_and_the_old_one_is_called_old():
    given = shipped("finess, structures", "finess_structures.json")
    assert given.notes == ("Format lu : finess-structures-1, du 2026-09-05.",)
    assert "n’est plus mise à jour" in shipped("finess", "finess.csv").notes[0]
    shelters = given.rows[given.rows["type"] == "hebergement"]
    assert list(shelters["nom"]) == [
        "CHRS LA PASSERELLE",
        "Centre d’hébergement et de réinsertion sociale (CHRS) (nom non montré)",  # its commune
        "Établissement d’accueil mère-enfant (nom non montré)",  # its street
        "MAISON RELAIS LES LILAS",
    ]
    assert given.left_out == {
        "établissements qui ne sont plus en service": 2,
        "autres catégories FINESS": 1,
    }
    hospital = row(given, 'CENTRE HOSPITALIER "DES ESSAIS"')
    assert hospital["id"] == "finess-860000108"
    assert (hospital["adresse"], hospital["commune"]) == ("12 RUE DU CANARI", "Poitiers")
    assert (hospital["longitude"], hospital["latitude"]) == ("0.3404", "46.5802")
    assert hospital["telephone"] == "05 49 00 00 01 / 05 49 00 00 02"
    assert (hospital["date_source"], row(given, "PMI AU CENTRE")["date_source"]) == (
        "2026-08-01",
        "2026-09-05",
    )
    for nowhere in ("PMI AU CENTRE", "PMI PROJETEE"):
        assert row(given, nowhere)["latitude"] == ""
    assert row(given, "PMI PROJETEE")["telephone"] == ""
    assert row(given, "PMI QUI FERMERA")["longitude"] == "0.3404"
    gustavia = row(given, "PMI DE GUSTAVIA")
    assert (gustavia["code_insee"], gustavia["longitude"]) == ("97701", "-62.8498")
    [phone] = given.problems
    assert "« PMI PROJETEE » (POITIERS), champ « telephone » : « 05 »" in phone.message


def test_the_new_finess_is_read_packed_and_a_cut_one_is_refused():
    whole = (FILES / "finess_structures.json").read_bytes()
    plain = shipped("finess, structures", "finess_structures.json").rows
    packed_whole = gzip.compress(whole)
    for content in (packed_whole, b"\xef\xbb\xbf" + whole):
        assert read("finess", content).rows.equals(plain)
    with pytest.raises(UnreadableFile, match="abîmée"):
        read("finess", packed_whole[:-200])


def test_every_category_that_shelters_is_hidden_in_the_new_finess_too():
    document = json.loads((FILES / "finess_structures.json").read_text())
    place = document["pmej"][0]["ege"][0]
    codes = [code for code, one in finess.CATEGORIES.items() if one.type == "hebergement"]
    document["pmej"][0]["ege"] = [place | {"categorieentiteGeographiqueExercice": c} for c in codes]
    document["pmej"] = document["pmej"][:1]
    hidden = read("finess", json.dumps(document).encode()).rows
    assert list(hidden["confidentialite"]) == ["departement"] * len(codes)
    assert (hidden[["adresse", "commune", "code_insee", "longitude"]] == "").all().all()


def test_quotes_and_overseas_collectivites_in_the_old_finess():
    lines = (FILES / "finess.csv").read_text().splitlines()
    pmi = next(line for line in lines if "PMI AU CENTRE" in line)
    quoted = pmi.replace(";PMI AU CENTRE;", ';"PMI ""LE NID""; ANNEXE";')
    moved = [
        pmi.replace(";078;86;VIENNE;86400 CIVRAY;", f";{commune};{home};{name};{postal};")
        for commune, home, name, postal in (
            ("123", "9A", "GUADELOUPE", "97133 ST BARTHELEMY"),
            ("127", "9A", "GUADELOUPE", "97150 ST MARTIN"),
            ("613", "9J", "WALLIS ET FUTUNA", "98600 UVEA"),
        )
    ]
    unclosed = pmi.replace(";PMI AU CENTRE;", ';"PMI OUVERTE;')
    written = [lines[0], quoted, *moved, "", unclosed, lines[-5], ""]
    given = read("finess", "\n".join(written).encode())
    assert given.rows["nom"].iloc[0] == 'PMI "LE NID"; ANNEXE'
    assert given.rows["nom"].iloc[-1] == '"PMI OUVERTE'
    assert list(given.rows["code_insee"][1:4]) == ["97701", "97801", "98613"]
    assert [one for one in given.problems if one.severity == "error"] == []


# --- DILA ---------------------------------------------------------------------------------


def test_the_dump_and_the_api_agree():
    dump, api = shipped("dila", "dila.json"), read("dila", "dila_api.json")
    assert dump.rows.equals(api.rows)
    assert dump.problems == api.problems
    bare = json.dumps(json.loads((FILES / "dila_api.json").read_text())["results"]).encode()
    assert read("dila", bare).rows.equals(dump.rows)
    good = (FILES / "dila.json").read_bytes()
    assert read("dila", b"\xef\xbb\xbf  " + good).rows.equals(dump.rows)
    assert read("dila", packed(good)).rows.equals(dump.rows)
    assert read("dila", packed(good, good)).left_out == {"autres services de l’annuaire": 2}


def packed(*files: bytes) -> bytes:
    """The dump as downloaded."""
    dump = io.BytesIO()
    with tarfile.open(fileobj=dump, mode="w:bz2") as archive:
        for position, content in enumerate((*files, b"other")):
            name = "readme.txt" if position == len(files) else f"all/{position}.gouv_local.json"
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return dump.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"service": [{"id": "a"', "pas du JSON"),
        (b'{"service": [{"id": "a"}], }', "pas du JSON"),
        (b'{"service": [{"id": "\xe9"}]}', "pas du JSON"),
        (b'{"service": ["a"]}', "ni liste « service »"),
        (b'{"services": []}', "ni liste « service »"),
        (b"[]", "aucun service"),
        (b"BZh91AY", "archive est abîmée"),
        (packed(json.dumps([{"id": str(n)} for n in range(9_000)]).encode())[:-2_000], "abîmée"),
    ],
    ids=["cut", "comma", "latin-1", "texts", "renamed", "empty", "no archive", "cut archive"],
)
def test_a_dump_that_cannot_be_read_whole_is_refused(content, words):
    with pytest.raises(UnreadableFile, match=words):
        read("dila", content)


def test_directory_records_become_services():
    given = shipped("dila", "dila.json")
    cidff = row(given, "CIDFF des Essais")
    assert (cidff["id"], cidff["type"], cidff["date_source"]) == (
        "dila-a-1",
        "association",
        "2023-08-09",
    )
    assert cidff["adresse"] == "Bâtiment A, 3 rue des Essais"
    assert (cidff["courriel"], cidff["site_web"]) == ("accueil@essai.fr", "https://www.essai.fr")
    assert hours.describe(cidff["horaires_accueil"]) == hours.describe(
        "Mo-We 09:00-12:00,13:30-17:00; Fr 09:00-12:00; PH off"
    )
    assert "échangées" in said(given, 5)
    assert row(given, "Commissariat de nuit")["code_insee"] == "86194"
    assert given.left_out == {"autres services de l’annuaire": 1}
    assert "hebergement" in set(given.rows["type"])  # the victims' home, among associations


@pytest.mark.parametrize(
    ("nom", "at", "state"),
    [
        ("Point-justice des Essais", "2026-09-15 10:00", "unknown"),  # its own comment
        ("Point-justice des Essais", "2026-09-17 15:00", "open"),
        ("Maison de justice des Essais", "2026-09-15 10:00", "unknown"),  # a comment on all
        ("Commissariat de nuit", "2026-09-20 03:00", "unknown"),  # 00:00 – 00:00: not given
        ("Tribunal judiciaire des Essais", "2026-09-15 10:00", "unknown"),  # no such day
    ],
)
def test_hours_with_a_comment_are_not_taken_for_sure(nom, at, state):
    service = row(shipped("dila", "dila.json"), nom)
    texts = pd.Series([service["horaires_accueil"]])
    assert list(hours.states(texts, pd.Timestamp(at).to_pydatetime())) == [state]


def test_comments_on_hours_are_kept_word_for_word():
    given = shipped("dila", "dila.json")
    justice = row(given, "Maison de justice des Essais")
    assert justice["horaires_precisions"] == 'Sur rendez-vous "uniquement" le matin'
    assert justice["acces"] == "sur-rdv"
    assert row(given, "Tribunal judiciaire des Essais")["horaires_precisions"].startswith(
        "tous les jours – vendredi : 09:00 – 12:00"
    )


def span(first, last, *times, said=""):
    """One `plage_ouverture` as the directory writes it."""
    ends = [*times, "", "", "", ""]
    return {
        "nom_jour_debut": first,
        "nom_jour_fin": last,
        **dict(zip(NESTED["plage_ouverture"][2:6], ends, strict=False)),
        "commentaire": said,
    }


@cache
def directory_record() -> dict:
    return json.loads((FILES / "dila.json").read_text())["service"][1]


def record(**fields) -> Import:
    return read("dila", json.dumps({"service": [directory_record() | fields]}).encode())


ALL_WEEK = ("Lundi", "Dimanche", "00:00:00", "00:00:00")
REFUSED_SPANS = {
    "jours à l’envers": span("Vendredi", "Jeudi", "09:00:00", "12:00:00"),
    "fin avant le début": span("Lundi", "Lundi", "14:00:00", "10:15:00"),
    "plage vide": span("Lundi", "Lundi", "14:00:00", "14:00:00"),
    "minuit": span("Lundi", "Lundi", "14:00:00", "00:00:00"),
    "sans fin": span("Lundi", "Lundi", "13:30:00", ""),
    "à l’anglaise": span("Lundi", "Lundi", "2:00:00 PM", "5:00:00 PM"),
    "jour inconnu": span("Lundredi", "Lundi", "09:00:00", "12:00:00"),
}


@pytest.mark.parametrize("wrong", REFUSED_SPANS.values(), ids=REFUSED_SPANS)
def test_hours_that_cannot_be_are_unknown_and_told(wrong):
    given = record(plage_ouverture=[span("Mardi", "Mardi", "'09:00:00", "12:00:00"), wrong])
    only = given.rows.iloc[0]
    assert only["horaires_accueil"] == ""
    assert only["horaires_precisions"].startswith("mardi : 09:00 – 12:00 ; ")
    assert "'" not in only["horaires_precisions"]
    [problem] = given.problems
    assert problem.message.startswith("« Point-justice des Essais » (Poitiers), champ")
    assert "Ligne" not in problem.message


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([span("Lundi", "Mardi", "'09:00:00", "12:00:00")], "Mo,Tu 09:00-12:00"),
        ([span("Lundi", "", "9:00:00", "'12:30:00")], "Mo 09:00-12:30"),
        ([span("Lundi", "Lundi", said="de 9h à 12h")], "Mo 09:00-12:00"),
        (
            [span("Lundi", "Vendredi", "00:00:00", "00:00:00", said="de 9 h à 12 h et 14h-17h")],
            "Mo-Fr 09:00-12:00,14:00-17:00",
        ),
        ([span(*ALL_WEEK, said="le 2e mardi du mois de 9h à 12h")], "Tu[2] 09:00-12:00"),
        ([span(*ALL_WEEK, said="de 9h à 12h, fermé le mercredi après-midi")], ""),
        ([span(*ALL_WEEK, said="9h-12h")], ""),  # of which days?
        ([span(*ALL_WEEK, said="Tous les jours : de 08h00 à 12h00")], ""),
        ([span(*ALL_WEEK, said="")], ""),
        ([span("Lundi", "Lundi", "00:00:00", "00:00:00", said="selon les audiences")], ""),
        (
            [
                span("Lundi", "Mardi", "09:00:00", "12:00:00"),
                span("Mercredi", "Mercredi", "00:00:00", "00:00:00", said="selon les audiences"),
                span("Jeudi", "Jeudi", said="Fermé"),
            ],
            'Mo,Tu 09:00-12:00; We unknown "selon les audiences"; Th off',
        ),
        (
            [span("Lundi", "Lundi", "09:00:00", "12:00:00", said="Uniquement sur rendez-vous")],
            'Mo 09:00-12:00 unknown "Uniquement sur rendez-vous"',
        ),
        (
            [span("Lundi", "Lundi", "09:00:00", "12:00:00", said="Possible également sur RDV.")],
            "Mo 09:00-12:00",
        ),
        (
            [span("Lundi", "Lundi", "09:00:00", "12:00:00", said="Accueil sans rendez-vous")],
            "Mo 09:00-12:00",
        ),
    ],
)
def test_hours_as_the_directory_writes_them(spans, expected):
    given = record(plage_ouverture=spans)
    assert given.problems == ()
    found = given.rows.iloc[0]["horaires_accueil"]
    assert found == (hours.understand(expected) if expected else "")
    comments = [one["commentaire"] for one in spans if one["commentaire"]]
    assert given.rows.iloc[0]["horaires_precisions"] == " ; ".join(comments)


def test_a_police_station_may_open_at_night():
    night = [span("Lundi", "Dimanche", "20:00:00", "06:00:00")]
    police_record = [{"type_service_local": "commissariat_police", "code_insee_commune": []}]
    given = record(plage_ouverture=night, pivot=police_record)
    assert given.rows.iloc[0]["horaires_accueil"] == "Mo-Su 20:00-06:00"
    assert record(plage_ouverture=night).rows.iloc[0]["horaires_accueil"] == ""


@pytest.mark.parametrize(
    ("said", "acces"),
    [
        ("Accueil sans rendez-vous", "sans-rdv"),
        ("SANS RENDEZ-VOUS : le mardi", "sans-rdv"),
        ("Avec ou sans rendez-vous", "sans-rdv|sur-rdv"),
        ("Sans rendez-vous le matin, sur rendez-vous l’après-midi", "sans-rdv|sur-rdv"),
        ("Consultations uniquement sur R.D.V.", "sur-rdv"),
        ("Aucun accueil sans rendez-vous", "sur-rdv"),
        ("Pas de rendez-vous le mercredi", ""),
        ("Fermé en août", ""),
    ],
)
def test_without_appointment_is_not_by_appointment(said, acces):
    given = record(commentaire_plage_ouverture=said.replace("R.D.V.", "RDV"))
    assert given.rows.iloc[0]["acces"] == acces


@pytest.mark.parametrize(
    ("values", "telephone", "told"),
    [
        (["04"], "", True),
        (["tél : 02 49 00 00 01"], "02 49 00 00 01", False),
        (["Appelez-nous"], "", True),
        (["04", "02 49 00 00 01"], "02 49 00 00 01", False),
        (["17 ou 112 (en cas d'urgence) ou 0249000001"], "17 / 112 / 02 49 00 00 01", False),
        (["02 49 00 00 01 - 02 49 00 00 02"], "02 49 00 00 01 / 02 49 00 00 02", False),
        (["02490000011"], "", True),
        (["+687 23 26 00"], "+687 23 26 00", False),
        (["3949"], "3949", False),
        ([], "", False),
    ],
)
def test_a_phone_that_is_none_is_left_out_and_told(values, telephone, told):
    numbers = [{"valeur": value, "description": ""} for value in values]
    given = record(telephone=numbers or [{"valeur": "", "description": ""}])
    assert given.rows.iloc[0]["telephone"] == telephone
    assert any(problem.column == "telephone" for problem in given.problems) == told


def test_a_place_is_where_its_name_postal_code_and_point_say():
    place = directory_record()["adresse"][1]
    wrong = record(code_insee_commune="86066")  # Châtellerault's
    assert wrong.rows.iloc[0]["code_insee"] == "86194"
    assert wrong.rows.iloc[0]["longitude"] == "0.3404"
    assert "86194 est retenu (nom et code postal et point)" in wrong.problems[0].message
    nowhere = place | {"code_postal": "", "longitude": "", "latitude": ""}
    unsure = record(code_insee_commune="86066", adresse=[nowhere])
    assert "le lieu n’est pas placé" in unsure.problems[0].message
    assert back(unsure).services.geometry.isna().all()
    assert list(back(unsure).services["departement"]) == ["86"]
    swapped = place | {"code_postal": "Poitiers", "nom_commune": "86000"}
    mended = record(adresse=[swapped])
    assert list(mended.rows[["code_postal", "commune"]].iloc[0]) == ["86000", "Poitiers"]
    assert mended.problems == ()


def test_no_message_names_a_shelter_of_a_file_without_lines():
    pivot = [{"type_service_local": "aav", "code_insee_commune": []}]
    broken = [REFUSED_SPANS["sans fin"]]
    given = record(nom="Refuge du Canari", pivot=pivot, adresse=[], code_insee_commune="",
                   plage_ouverture=broken, telephone='[{"')  # fmt: skip
    assert given.rows.empty
    assert len(given.problems) == 2
    assert "Canari" not in "".join(map(str, given.problems))


# --- data·inclusion -----------------------------------------------------------------------


def parquet(file: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(json.loads((FILES / file).read_text())), out)
    return out.getvalue()


@pytest.mark.parametrize("file", ["di_structures.json", "di_services.json"])
def test_parquet_and_json_agree(file):
    whole = shipped(
        "data-inclusion, " + ("structures" if "structures" in file else "services"), file
    )
    assert read("data-inclusion", parquet(file)).rows.equals(whole.rows)
    records = json.loads((FILES / file).read_text())
    for content in (json.dumps({"items": records}), "\n".join(map(json.dumps, records))):
        assert read("data-inclusion", content.encode()).rows.equals(whole.rows)


def test_structures_come_in_by_their_network():
    given = shipped("data-inclusion, structures", "di_structures.json")
    assert dict(given.rows[["nom", "type"]].itertuples(index=False)) == {
        "Maison des solidarités des Essais": "mds",
        "Hébergement (nom non montré)": "hebergement",  # its street is in its name
        "Lieu d’hébergement caché": "hebergement",  # of a CIDFF, but its name says so
        "CIDFF des Essais": "association",
        "SIAO des Essais": "association",
    }
    mds = row(given, "Maison des solidarités des Essais")
    assert (mds["id"], mds["source"]) == ("di-dora-1", "data·inclusion (dora)")
    assert mds["horaires_accueil"] == "Mo-Fr 08:30-12:30; PH off"
    cidff = row(given, "CIDFF des Essais")
    assert (cidff["horaires_accueil"], cidff["horaires_precisions"]) == ("", "quand on peut")
    assert (cidff["latitude"], cidff["longitude"]) == ("46.5802", "0.3404")
    assert "échangées" in said(given, 4)
    assert given.left_out == {"autres réseaux": 1}


def test_themes_fees_and_the_link_of_accessibility_of_the_national_base():
    link = "https://acceslibre.beta.gouv.fr/app/86-poitiers/a/association/erp/essai/"
    (service, *_) = json.loads((FILES / "di_services.json").read_text("utf-8"))
    garde = service | {
        "thematiques": [*service["thematiques"], "famille--garde-denfants"],
        "frais": "payant",
        "frais_precisions": "selon les revenus",
        "modes_accueil": ["en-presentiel"],
        "accessibilite_lieu": link,
    }
    hidden = garde | {"id": "dora--h", "thematiques": [data_inclusion.SHELTER]}
    rows = read("data-inclusion", json.dumps([garde, hidden]).encode()).rows.set_index("type")
    told, shelter = rows.loc["association"], rows.loc["hebergement"]
    assert (told["aides"], told["frais"]) == ("ecoute|juridique|garde-d-enfants", "payant")
    assert told["description"] == (
        f"Description des essais. Frais : selon les revenus. Accessibilité du lieu : {link}"
    )
    assert "acceslibre" not in "".join(map(str, shelter))


def test_services_come_in_by_their_theme_and_their_structure():
    with (FILES / "di_structures.json").open("rb") as owners:
        given = data_inclusion.read(FILES / "di_services.json", structures=owners)
    types = dict(given.rows[["nom", "type"]].itertuples(index=False))
    assert types == {
        "Accueil des femmes victimes": "association",
        "Accueil de jour": "hebergement",  # of a CHRS
        "Trouver un toit": "hebergement",
        "Chercher un toit avec la MDS": "mds",
        "Écoute à distance": "ecoute",
    }
    victims = row(given, "Accueil des femmes victimes")
    assert (victims["acces"], victims["publics"]) == ("sans-rdv|telephone", "femmes|familles")
    assert (victims["zone_eligibilite"], victims["structure"]) == (
        "86|200069854",
        "CIDFF des Essais",
    )
    assert victims["description"] == "Description des essais. Aussi à distance."
    assert (victims["frais"], victims["aides"]) == ("gratuit", "")
    assert victims["horaires_precisions"] == "quand on peut"  # its structure's
    assert row(given, "Chercher un toit avec la MDS")["horaires_accueil"].startswith("Mo-Fr")
    distant = row(given, "Écoute à distance")
    assert (distant["zone_eligibilite"], distant["publics"]) == ("france", "tous")
    assert (distant["adresse"], distant["latitude"]) == ("", "")
    assert given.left_out == {"autres thématiques": 1}


# --- competent units and population -------------------------------------------------------


def test_each_commune_has_its_unit_or_those_of_its_parts():
    given = read("unites-competentes", "unites.csv", dated="2026")
    units = given.rows
    assert list(units.index) == ["86194", "86078", "86019", "86019", "86066", "01281"]
    assert list(units["institution"]) == ["police", *["gendarmerie"] * 3, "police", "gendarmerie"]
    assert list(units.loc["86019", "unite"]) == ["Brigade de Beaumont", "Brigade de Saint-Cyr"]
    assert list(units.loc["86019", "partie"]) == ["", "Saint-Cyr"]
    assert units.loc["86066", "partie"] == ""
    assert units.loc["86078", "id"] in set(shipped("gendarmerie", "gendarmerie.csv").rows["id"])
    assert (units.loc["86194", "id"], units.loc["86194", "code_unite"]) == ("", "2001")
    assert (units.loc["01281", "id"], units.loc["01281", "code_unite"]) == ("", "")
    assert [(one.line, one.column) for one in given.problems] == [
        (9, "code_commune"),
        (10, "institution"),
        (11, "service"),
    ]
    assert list(read("unites-competentes", "unites.csv", departements=["01"]).rows.index) == [
        "01281"
    ]


def test_population_by_sex_and_age_of_the_latest_year():
    given = read("insee", "insee_melodi.csv")
    rows = given.rows
    assert list(rows.columns) == [
        *("annee", "femmes", "hommes", "femmes_0_14", "hommes_0_14"),
        *("femmes_15_29", "hommes_15_29", "femmes_75_plus", "hommes_75_plus"),
    ]
    assert list(rows.index) == ["86019", "86078", "86194"]
    assert list(rows.loc["86194", ["annee", "femmes", "hommes"]]) == [2023, 30, 20]
    assert rows.loc["86078", "femmes_15_29"] == 7.5  # a decimal comma
    assert rows.loc["86019", "femmes"] == 60  # Beaumont and Saint-Cyr
    assert pd.isna(rows.loc["86019", "femmes_75_plus"])  # one of the two is not told
    assert given.left_out == {"codes qui ne sont pas d’une commune de 2026": 1}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(FILES / "insee_melodi.csv", "DS_RP_POPULATION_PRINC_2023_data.csv")
        archive.writestr("DS_RP_POPULATION_PRINC_2023_metadata.csv", "COD_VAR;LIB_VAR\n" * 9999)
    assert read("insee", packed.getvalue()).rows.equals(rows)


def test_population_in_the_older_shape():
    rows = read("insee", "insee_ancien.csv").rows
    assert list(rows.loc["86194", ["annee", "femmes", "femmes_0_14", "femmes_75_plus"]]) == [
        *(2021, 30, 15, 7.5)
    ]
    assert pd.isna(rows.loc["01281", "femmes_75_plus"])
    assert rows.loc["75056", "femmes"] == 300  # and not its arrondissements again
    assert list(read("insee", "insee_ancien.csv", departements=["86"]).rows.index) == ["86194"]


def test_columns_of_the_ministry_are_all_required():
    """A file without a required column is refused; the message names the column."""
    header, first = (FILES / "police.csv").read_text("utf-8-sig").splitlines()[:2]
    for position, column in enumerate(police.COLUMNS):
        cut = [
            ";".join(c for i, c in enumerate(line.split(";")) if i != position)
            for line in (header, first)
        ]
        with pytest.raises(UnreadableFile, match=f"« {column} »"):
            read("police", "\n".join(cut).encode())
