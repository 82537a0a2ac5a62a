"""Our files in other programs: LibreOffice, GDAL, a strict calendar parser, PDF readers.

A test whose program is missing is skipped and names the Debian package to install.
"""

import io
import os
import re
import shutil
import subprocess
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pyogrio
import pypdf
import pytest
import shapely

from geodata import agenda, exports, quality, tables
from geodata.paper import handout, network_sheet, poster, report
from geodata.services import read_rows, read_services
from geodata.situation import files as situation_files
from geodata.upkeep import calls, workbooks
from tests import lists
from tests.conftest import ROOT
from tests.lists import CIVRAY, HOSTILE, read, row
from tests.test_situation import asked, look

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
TODAY = NOW.date()
SHIPPED = read_services(ROOT / "services.csv").services
FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://ailleurs.example";"x")',
    "+33 5 49 00 00 02",
    "-2+3",
    "@SUM(1)",
)
AMBERIEU = {"code_postal": "01500", "commune": "Ambérieu-en-Bugey", "code_insee": "01004"}
PHONES = {
    "ain": "0549000001",
    "corse": "+33 4 95 00 00 01",
    "plus": "+33495000001",
    "court": "3919",
    "deux": "05 49 00 00 01 / 06 12 34 56 78",
    "points": "05.49.00.00.01",
}


@pytest.fixture(scope="module")
def services():
    """Rows with texts that spreadsheets damage or would run as formulas."""
    texts = enumerate([*FORMULAS, *HOSTILE, "12, rue d’Été ; « cœur »", 'il dit "oui"\nà l’œuvre'])
    return read(
        row("ain", **AMBERIEU, telephone=PHONES["ain"], latitude="45.9576", longitude="5.3576"),
        row("corse", code_insee="2A004", code_postal="20000", telephone=PHONES["corse"]),
        row("refuge", type="hebergement", zone_eligibilite="01", telephone="04 74 00 00 01"),
        *(row(key, type="ecoute", telephone=PHONES[key]) for key in ("plus", "court", "points")),
        row("deux", **CIVRAY, telephone=PHONES["deux"], date_source="2016"),
        row("mois", **CIVRAY, date_source="2016-11", date_verification="2026-11-02"),
        *(row(f"t{n}", type="ecoute", nom=text, description=text) for n, text in texts),
    ).services  # fmt: skip


@pytest.fixture(scope="module")
def situation():
    """The situation of three départements, with codes that spreadsheets may damage."""
    desk = row("ain", **AMBERIEU, nom="=Maison, de l’Été", horaires_accueil="Tu 18:00-20:00")
    return look(read(desk).services, asked(departements=["01", "2A", "975"]))


@pytest.fixture(scope="module")
def call_sheet(services):
    return calls.sheet(quality.to_call(services, TODAY), services, TODAY)


# --- LibreOffice --------------------------------------------------------------------------

# The defaults of the import dialogue: comma, semicolon and tab separate, UTF-8, numbers, dates and
# percentages of the locale are detected. Unlike the dialogue, formulas are evaluated.
AS_PROPOSED = "--infilter=Text - txt - csv (StarCalc):44/59/9,34,76,1,,0,false,true"
FOR_PROGRAMS = "--infilter=Text - txt - csv (StarCalc):44,34,76,1,,1033,false,false,,,,,false"


@pytest.fixture(scope="module")
def opened(office, tmp_path_factory, services, situation, call_sheet):
    """Open each file in French LibreOffice and save it as a workbook."""
    files = {
        AS_PROPOSED: {
            "services.csv": exports.to_csv(services, excel=True),
            "shipped.csv": exports.to_csv(SHIPPED, excel=True),
            "readable.csv": exports.to_readable_csv(services),
            "communes.csv": situation_files.to_csv(situation, excel=True),
            "calls.csv": calls.to_csv(call_sheet),
        },
        FOR_PROGRAMS: {
            "programs.csv": exports.to_csv(services),
            "communes-programs.csv": situation_files.to_csv(situation),
        },
        "": {
            "services.xlsx": exports.to_xlsx(services),
            "shipped.xlsx": exports.to_xlsx(SHIPPED),
            "communes.xlsx": situation_files.to_xlsx(situation),
            "calls.xlsx": calls.to_xlsx(call_sheet),
        },
    }
    place = tmp_path_factory.mktemp("libreoffice")
    found = {}
    for number, (options, contents) in enumerate(files.items()):
        given, made = place / f"given-{number}", place / f"made-{number}"
        given.mkdir()
        for name, content in contents.items():
            (given / name).write_bytes(content)
        office.convert("xlsx", given.iterdir(), made, *filter(None, [options]))
        for name in contents:
            found[name] = (made / name).with_suffix(".xlsx").read_bytes()
    return found


def cells(content):
    """Return the cells of each row by column; a formula is marked as such."""
    rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows()
    names = [cell.value for cell in next(rows)]
    return [dict(zip(names, line, strict=True)) for line in rows]


def reading(content):
    (sheet,) = workbooks.read_sheets(content)
    return read_rows(tables.table_of(sheet.rows))


def differences(services, again):
    """Return the changed cells by row and column."""
    assert services.index.tolist() == again.index.tolist()
    left, right = (
        frame.drop(columns="geometry").astype(object).fillna("") for frame in (services, again)
    )
    assert left.columns.tolist() == right.columns.tolist()
    return {
        (key, column): right.loc[key, column]
        for key, column in (left != right).stack().loc[lambda changed: changed].index
    }


# `+33495000001` comes back as a number from a CSV that is not for spreadsheets.
LOST_SIGN = {("plus", "telephone"): "33495000001"}
FILES = [
    f"{n}.{end}" for n in ("services", "shipped", "communes", "calls") for end in ("csv", "xlsx")
]


@pytest.mark.parametrize("name", [*FILES, "readable.csv"])
def test_no_cell_is_a_formula_in_libreoffice(opened, name):
    lines = cells(opened[name])
    assert lines
    assert {cell.data_type for line in lines for cell in line.values()} <= {"s", "n", "d", "b"}


@pytest.mark.parametrize("name", ["services", "shipped"])
def test_a_workbook_saved_by_libreoffice_is_the_same_list(opened, services, name):
    before = {"services": services, "shipped": SHIPPED}[name]
    again = reading(opened[f"{name}.xlsx"])
    assert again.problems == ()
    assert differences(before, again.services) == {}


@pytest.mark.parametrize("name", ["calls.xlsx", "communes.xlsx"])
def test_a_workbook_has_the_texts_unchanged(opened, situation, call_sheet, name):
    lines = cells(opened[name])
    if name == "calls.xlsx":
        texts = [[cell.value or "" for cell in line.values()] for line in lines]
        assert texts == call_sheet.values.tolist()
        return
    assert {line["code_insee"].value for line in lines} == set(situation.communes.index)
    ain = next(line for line in lines if line["code_insee"].value == "01004")
    values = {column: cell.value for column, cell in ain.items()}
    assert (values["commune"], values["departement"]) == ("Ambérieu-en-Bugey", "01")
    assert (values["heures_sures_par_semaine"], values["verdict_incertain"]) == (2, "non")
    assert values["service_le_plus_proche"] == "=Maison, de l’Été"


def test_the_csv_to_read_has_words_that_libreoffice_leaves_as_they_are(opened):
    lines = {line["Identifiant"].value: line for line in cells(opened["readable.csv"])}
    month = {header: cell.value for header, cell in lines["mois"].items()}
    assert month["Type"] == "Maison des solidarités"
    assert month["Département"] == "Vienne (86)"
    assert month["Date de la source"] == "en novembre 2016"
    assert month["Vérifié le"] == datetime(2026, 11, 2)
    assert lines["ain"]["Téléphone"].value == "05 49 00 00 01"
    assert (lines["ain"]["Latitude"].value, lines["deux"]["Date de la source"].value) == (
        45.9576,
        2016,
    )


def test_a_csv_keeps_its_columns_texts_and_numbers_in_libreoffice(opened, services):
    lines = {line["id"].value: line for line in cells(opened["services.csv"])}
    assert list(lines) == services.index.tolist()
    ain = {column: cell.value for column, cell in lines["ain"].items()}
    assert (ain["latitude"], ain["longitude"]) == (45.9576, 5.3576)
    assert ain["commune"] == "Ambérieu-en-Bugey"
    assert lines["corse"]["code_insee"].value == "2A004"
    assert lines["mois"]["date_verification"].value == datetime(2026, 11, 2)
    for key in services.index[services.index.str.startswith("t")]:
        said = services.loc[key, "nom"]
        assert lines[key]["nom"].value.removeprefix("'") == said


def test_a_csv_loses_the_zeros_that_begin_a_code_and_the_reader_puts_them_back(opened, services):
    lines = {line["id"].value: line for line in cells(opened["services.csv"])}
    ain = {column: cell.value for column, cell in lines["ain"].items()}
    assert (ain["code_insee"], ain["code_postal"]) == (1004, 1500)
    again = reading(opened["services.csv"])
    assert differences(services, again.services) == {("ain", "telephone"): "05 49 00 00 01"}


def test_a_csv_keeps_ten_digits_and_a_month_in_libreoffice(opened, services):
    lines = {line["id"].value: line for line in cells(opened["services.csv"])}
    assert lines["ain"]["telephone"].value == "05 49 00 00 01"
    assert lines["mois"]["date_source"].value == "'2016-11"
    again = reading(opened["services.csv"]).services
    assert again["date_source"].equals(services["date_source"])


def test_the_shipped_list_round_trips_through_csv(opened):
    for (key, column), text in differences(
        SHIPPED, reading(opened["shipped.csv"]).services
    ).items():
        assert (column, text) == ("telephone", SHIPPED.loc[key, column].replace(" ", ""))


def test_the_numbers_of_a_call_sheet_keep_their_zero_in_a_csv(opened):
    numbers = {line["Téléphone"].value for line in cells(opened["calls.csv"])}
    assert numbers == {
        "05 49 00 00 01",
        "05 49 00 00 01 / 06 12 34 56 78",
        "04 95 00 00 01",
        "04 74 00 00 01",
        "à trouver",
    }


def test_a_csv_for_programs_opens_where_numbers_have_a_point(opened, services, situation):
    again = reading(opened["programs.csv"])
    assert differences(services, again.services) == LOST_SIGN
    lines = cells(opened["communes-programs.csv"])
    supply = {line["code_insee"].value: line["distance_m"].value for line in lines}
    assert supply[1004] == situation.communes.loc["01004", "nearest_m"].round()


@pytest.mark.parametrize(("charset", "words"), [(4, "MS-DOS"), (2, "Macintosh")])
def test_an_older_encoding_written_by_libreoffice_is_read(office, tmp_path, charset, words):
    given = tmp_path / "given.csv"
    given.write_bytes(lists.content([row(nom="Épône, à l’été", source="Maison de Nègrepelisse")]))
    written = f"csv:Text - txt - csv (StarCalc):59,34,{charset},1,,0,false,false"
    office.convert(written, [given], tmp_path / "made", FOR_PROGRAMS)
    read_back = read_services(tmp_path / "made" / "given.csv")
    assert read_back.services["nom"].str.replace("'", "’").tolist() == ["Épône, à l’été"]
    assert [words in str(problem) for problem in read_back.problems] == [True]


# --- GDAL and QGIS ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def maps(tmp_path_factory, services, situation):
    place = tmp_path_factory.mktemp("gdal")
    (place / "services.geojson").write_bytes(exports.to_geojson(services))
    (place / "communes.geojson").write_bytes(situation_files.to_geojson(situation))
    return place


def test_gdal_reads_the_services_as_a_layer_of_points(maps, services):
    path = maps / "services.geojson"
    info = pyogrio.read_info(path)
    assert (info["crs"], info["geometry_type"], info["features"]) == (
        "EPSG:4326",
        "Point",
        len(services),
    )
    assert dict(zip(info["fields"], info["ogr_types"], strict=True)) == {
        column: "OFTInteger" if column == "approximatif" else "OFTString"
        for column in [
            *services.reset_index().columns.drop(["latitude", "longitude", "geometry"]),
            "aides_en_clair",
        ]
    }
    again = pyogrio.read_dataframe(path).set_index("id")
    assert (again.geometry.isna() == services.geometry.isna()).all()
    assert again.geometry["ain"] == shapely.Point(5.3576, 45.9576)
    for column in ("nom", "telephone", "code_insee", "departement", "date_source", "description"):
        assert again[column].tolist() == services[column].tolist()


def test_gdal_reads_the_communes_with_ring_orientation_as_in_the_standard(maps, situation):
    path = maps / "communes.geojson"
    info = pyogrio.read_info(path)
    kinds = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert info["crs"] == "EPSG:4326"
    assert {kinds[name] for name in ("code_insee", "commune", "departement")} == {"OFTString"}
    assert (kinds["population_2023"], kinds["distance_m"]) == ("OFTInteger", "OFTReal")
    assert kinds["semaine_du"] == "OFTDate"
    again = pyogrio.read_dataframe(path).set_index("code_insee")
    rows = situation.communes
    assert again["commune"].tolist() == rows["nom"].tolist()
    assert again.geometry.isna().tolist() == rows.geometry.isna().tolist()
    parts = shapely.get_parts(again.geometry.dropna().to_numpy())
    holes = [hole for part in parts for hole in part.interiors]
    assert shapely.is_ccw(shapely.get_exterior_ring(parts)).all()
    assert not shapely.is_ccw(holes).any()
    assert shapely.is_valid(parts).all()


@pytest.mark.parametrize("name", ["services", "communes"])
def test_ogr2ogr_makes_a_geopackage_of_it(maps, name):
    program = shutil.which("ogr2ogr")
    if program is None:
        pytest.skip("no ogr2ogr found: install Debian's package gdal-bin")
    given, made = maps / f"{name}.geojson", maps / f"{name}.gpkg"
    done = subprocess.run(
        [program, made, given], check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    before, after = pyogrio.read_dataframe(given), pyogrio.read_dataframe(made)
    assert after.crs == "EPSG:4326"
    assert before.drop(columns="geometry").equals(after.drop(columns="geometry"))
    assert before.geometry.isna().equals(after.geometry.isna())


# --- calendars ----------------------------------------------------------------------------

TELLING = {
    "nom": "Femmes debout",
    "structure": "CIDFF",
    "adresse": "Maison des femmes (Femmes debout), 3 rue de l’Été",
    "telephone": "05 49 00 00 01 (Violences conjugales)",
    "horaires_precisions": "Violences",
    "description": "Violences",
    "source": "CIDFF",
    "lien_source": "https://violences.example/",
}  # fmt: skip


def calendar(*, discreet, now=NOW):
    dated = {"type": "permanence", "horaires_accueil": "2026 Nov 24-26 14:00-17:00"}
    listed = read(row("a", **CIVRAY, **TELLING, **dated), row("b", **CIVRAY, **dated)).services
    found = agenda.occasions(listed, TODAY, date(2027, 1, 1))
    return exports.to_ics(found, listed, now=now, discreet=discreet)


@pytest.mark.parametrize("discreet", [True, False])
def test_a_strict_parser_reads_the_calendar(discreet):
    stream = pytest.importorskip(
        "ical.calendar_stream", reason="no ical found: install PyPI's package ical"
    )
    content = calendar(discreet=discreet)
    read_back = stream.IcsCalendarStream.calendar_from_ics(content.decode())
    assert [zone.tz_id for zone in read_back.timezones] == ["Europe/Paris"]
    assert len(read_back.events) == 6
    first = read_back.events[0]
    paris = ZoneInfo("Europe/Paris")
    assert first.dtstart == datetime(2026, 11, 24, 14, tzinfo=paris)
    assert first.dtend == datetime(2026, 11, 24, 17, tzinfo=paris)
    assert first.dtstamp == NOW
    assert first.classification.value == "PRIVATE"
    assert "3 rue de l’Été" in first.location
    uids = [event.uid for event in read_back.events]
    again = stream.IcsCalendarStream.calendar_from_ics(
        calendar(discreet=discreet, now=NOW + timedelta(days=3)).decode()
    )
    assert len(set(uids)) == 6
    assert [event.uid for event in again.events] == uids


@pytest.mark.parametrize("discreet", [True, False])
def test_calendar_lines_are_folded_and_end_as_in_the_standard(discreet):
    content = calendar(discreet=discreet)
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines[:-1])
    named = set(re.findall(rb";TZID=([^:;]+)", content))
    assert named == set(re.findall(rb"\r\nTZID:(.+?)\r\n", content)) == {b"Europe/Paris"}


def test_a_discreet_calendar_has_no_revealing_word():
    text = calendar(discreet=True).replace(b"\r\n ", b"").decode().casefold()
    for word in ("femmes", "cidff", "violences", "permanence", "debout"):
        assert word not in text
    assert "05 49 00 00 01" in text


# --- a document to edit --------------------------------------------------------------------


def test_libreoffice_lays_out_the_report_and_keeps_its_pages_heads_and_pictures(office, tmp_path):
    if shutil.which("lowriter") is None:
        pytest.skip("no LibreOffice Writer found: install Debian's package libreoffice-writer")
    material = report.Material(look(SHIPPED), SHIPPED, TODAY, NOW)
    given = tmp_path / "dossier.docx"
    given.write_bytes(report.to_docx(material, ["reponse", "cartes", "annexe"]))
    office.convert("pdf", [given], tmp_path)
    pages = pypdf.PdfReader(tmp_path / "dossier.pdf").pages
    texts = [" ".join(page.extract_text().split()) for page in pages]
    assert texts[0].startswith("Maillage : Vienne (86)")
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} sur {len(pages)}" in text
    annex = next(n for n, text in enumerate(texts) if text.startswith("Annexe"))
    assert annex < len(texts) - 2
    assert all("Commune Habitants Sûres Possibles" in text for text in texts[annex:])
    assert len({image.name for page in pages for image in page.images}) == 4
    assert [text for text in texts if "Carte 3" in text] == [
        text for text in texts if "Carte 4" in text
    ]


# --- PDF ----------------------------------------------------------------------------------


def sheet_to_hand():
    found = SHIPPED[SHIPPED["departement"] == "86"]
    return handout.handout(found.iloc[:4], NOW, size=handout.Size.POCHE)


def document():
    return report.to_pdf(report.Material(look(SHIPPED), SHIPPED, TODAY, NOW))


def network():
    return network_sheet.sheet(SHIPPED, "fvv92", TODAY)


def placard():
    return _for_civray(poster.Product.POSTER)


def leaflet():
    return _for_civray(poster.Product.LEAFLET)


def _for_civray(product):
    place = poster.Territory(poster.Kind.COMMUNE, "86078")
    chosen = poster.usual(poster.offer(SHIPPED, place).rows, 5)
    return poster.make(SHIPPED, place, chosen, TODAY, product=product)


PDFS = [sheet_to_hand, document, network, placard, leaflet]


@pytest.fixture(scope="module", params=PDFS, ids=lambda f: f.__name__)
def pdf(request):
    return request.param()


def test_a_strict_reader_opens_every_page_of_a_pdf(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
    assert reader.pages
    assert all(page.extract_text().strip() for page in reader.pages)
    assert reader.trailer["/Root"]["/Lang"] in ("fr", "fr-FR")


def test_qpdf_finds_nothing_wrong_in_a_pdf(pdf, tmp_path):
    program = shutil.which("qpdf")
    if program is None:
        pytest.skip("no qpdf found: install Debian's package qpdf")
    path = tmp_path / "given.pdf"
    path.write_bytes(pdf)
    said = subprocess.run(
        [program, "--check", path],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"LC_ALL": "C"},
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert "No syntax or stream encoding errors found" in said.stdout
