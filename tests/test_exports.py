"""Exports: they can be read again, contain no formula, and reveal no hidden place."""

import io
import json
import zipfile
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import exports
from geodata.services import COLUMNS, read_services
from tests.lists import CIVRAY, read, row

ROOT = Path(__file__).parents[1]
FORMULAS = ['=cmd|" /C calc"!A0', "+33 1 02 03 04 05", "-2+3", "@SUM(1)"]
SHIPPED = read_services(ROOT / "services.csv").services
FILES = {
    "csv": exports.to_csv,
    "excel": lambda services: exports.to_csv(services, excel=True),
    "readable": exports.to_readable_csv,
    "geojson": exports.to_geojson,
    "xlsx": exports.to_xlsx,
}


def same(services, again) -> bool:
    left, right = (frame.drop(columns="geometry") for frame in (services, again))
    return left.equals(right) and services.geometry.geom_equals(again.geometry).sum() == (
        services.geometry.notna().sum()
    )


@pytest.mark.parametrize("kind", ["csv", "excel"])
def test_the_shipped_list_reads_back_to_the_same_rows(kind):
    again = read_services(io.BytesIO(FILES[kind](SHIPPED)))
    assert again.problems == ()
    assert same(SHIPPED, again.services)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_formula_reaches_a_spreadsheet_and_nothing_is_lost(text):
    services = read(row("a", nom=text, telephone=text, **{"Colonne à nous": text})).services
    lines = exports.to_csv(services, excel=True).decode("utf-8-sig").splitlines()
    cells = [cell.strip('"') for cell in lines[1].split(";")]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    for kind in ("csv", "excel"):
        assert same(services, read_services(io.BytesIO(FILES[kind](services))).services)
    workbook = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(services)))
    assert {cell.data_type for cell in workbook.active[2]} <= {"s", "n"}
    assert text in {cell.value for cell in workbook.active[2]}


def test_excel_gets_semicolons_a_bom_and_decimal_commas():
    services = read(row("a", **CIVRAY, latitude="46.1491", longitude="0.295")).services
    content = exports.to_csv(services, excel=True)
    assert content.startswith(b'\xef\xbb\xbf"id";"nom";"type";')
    assert b';"46,1491";"0,295";' in content
    assert content.endswith(b"\r\n")


def test_xlsx_keeps_codes_and_numbers_as_they_are():
    services = read(
        row("a", code_insee="01004", telephone="3919", latitude="45,96", longitude="5,35")
    ).services
    sheet = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(services))).active
    cells = dict(zip(COLUMNS, (cell.value for cell in sheet[2]), strict=False))
    assert (cells["code_insee"], cells["telephone"], cells["latitude"]) == ("01004", "3919", 45.96)


def test_geojson_marks_points_that_are_town_halls(tmp_path):
    services = read(
        row("exact", **CIVRAY, latitude="46.15", longitude="0.3"),
        row("mairie", **CIVRAY),
        row("ligne", type="ecoute"),
    ).services
    collection = json.loads(exports.to_geojson(services))
    exact, hall, line = collection["features"]
    assert exact["geometry"] == {"type": "Point", "coordinates": [0.3, 46.15]}
    assert [f["properties"]["approximatif"] for f in (exact, hall, line)] == [False, True, False]
    assert line["geometry"] is None
    path = tmp_path / "services.geojson"
    path.write_bytes(exports.to_geojson(services))
    assert len(gpd.read_file(path)) == 3


@pytest.mark.parametrize("kind", FILES)
def test_rows_never_shown_are_in_no_file(kind):
    services = read(
        row("a"),
        row("jamais", type="hebergement", confidentialite="non_publie", nom="Canari"),
    ).services
    content = FILES[kind](services)
    if kind == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    assert b"Canari" not in content
    assert b"jamais" not in content


@pytest.mark.parametrize("kind", FILES)
def test_an_empty_selection_is_still_a_file(kind):
    assert FILES[kind](SHIPPED.iloc[:0])


@settings(max_examples=20)
@given(st.dictionaries(st.sampled_from(["nom", "description", "telephone", "libre"]), st.text()))
def test_any_text_reads_back(cells):
    services = read(row("a", **cells)).services
    for kind in ("csv", "excel"):
        assert same(services, read_services(io.BytesIO(FILES[kind](services))).services)
