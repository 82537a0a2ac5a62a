"""The report: its words, its map, and what it must never contain."""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import docx
import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import situation
from geodata.paper import _report_map, _typesetting
from geodata.paper.report import (
    CHAPTERS,
    Material,
    NoChapter,
    Past,
    _pictures,
    _places,
    bundle,
    file_name,
    to_docx,
    to_pdf,
)
from geodata.paper.report._blocks import Bullets, Heading, Map, Paragraph, Table, Title, Weeks
from geodata.population import People
from geodata.services import ServiceType
from geodata.situation import Question, comparison, gaps, indicators, shades, words
from geodata.situation.comparison import Comparison, Proposal
from geodata.situation.scenario import DropIn, Scenario, apply
from geodata.situation.shades import Measure
from geodata.upkeep import editions
from tests.conftest import ROOT
from tests.lists import CIVRAY, read, row

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
LISTED = date(2026, 11, 20)
MONDAY = date(2026, 11, 30)
LOUDUN, EVENING = "86137", "Tu 18:00-20:00"
SCENARIO = Scenario((DropIn(LOUDUN, EVENING),), ("civray",))
SECRETS = ("CANARI-REFUGE", "CANARI-FOYER", "CANARI-CACHE", "CANARI-TELEPHONE")
HOSTILE = (
    "<b>gras</b> **fort** {{x}} {nb} \\n %s",
    "بيت النساء 👩‍👧 \u202eenvers\u202c \u0000\u200b",
    "X" * 500,
    "mot " * 125,
    "=HYPERLINK(1)",
)


def asked(**choices):
    usual = {"departements": ["86"], "types": ["mds", "permanence"], "monday": MONDAY, "km": 20}
    return Question(**(usual | choices))


def look(services, question=None, scenario=None):
    question = question or asked()
    counted = apply(situation.counted_services(services, question), scenario or Scenario())
    return situation.measure(counted, question, situation.neighbours(counted, question))


def material(found, services, **parts):
    return Material(found, services, services_written=LISTED, now=NOW, **parts)


def made(found, services, *, progress=None, **parts):
    return to_pdf(material(found, services, **parts), progress=progress)


def pages_of(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def text_of(pdf):
    return " ".join(pages_of(pdf))


def flat(text):
    """Normalise spaces, as PDF text extraction does."""
    return " ".join(text.replace("\u202f", " ").split())


@pytest.fixture(scope="module")
def services():
    """Services with known and unknown hours, and hidden ones."""
    return read(
        row("civray", **CIVRAY, horaires_accueil=EVENING, date_source="2016"),
        row("loudun", nom="MDS de Loudun", code_insee=LOUDUN),
        row("refuge", nom=SECRETS[0], type="hebergement", zone_eligibilite="86"),
        row(
            "foyer",
            nom=SECRETS[1],
            type="hebergement",
            confidentialite="non_publie",
            zone_eligibilite="86",
        ),
        row(
            "cache",
            nom=SECRETS[2],
            type="permanence",
            confidentialite="non_publie",
            telephone=SECRETS[3],
            code_insee="86194",
        ),
    ).services


@pytest.fixture(scope="module")
def found(services):
    return look(services)


@pytest.fixture(scope="module")
def pdf(found, services):
    return made(found, services)


@pytest.fixture(scope="module")
def after(services):
    """The answer with one more service in Loudun, and without that of Civray."""
    return look(services, scenario=SCENARIO)


@pytest.fixture(scope="module")
def full(found, after, services):
    """The material of every chapter, of six communes."""
    question = found.question
    around = situation.neighbours(services, question)
    earlier = services.iloc[1:]
    return material(
        few(after),
        services,
        before=few(found),
        scenario=SCENARIO,
        matrix=gaps.matrix(gaps.all_in_reach(services, question, around), around.communes),
        everywhere=found,
        indicators=[
            indicators.Year(
                label,
                indicators.indicators(
                    listed,
                    tuple(look(listed, each) for each in indicators.questions(question)),
                    written=LISTED,
                    today=NOW.date(),
                ),
            )
            for label, listed in (("l’édition de 2025", earlier), ("aujourd’hui", services))
        ],
        past=Past(
            label="l’édition de 2025",
            situation=few(look(earlier)),
            changes=editions.changes(earlier, services),
        ),
        compared=Comparison(
            few(found), ((Proposal(SCENARIO), few(after)), (Proposal(), few(found)))
        ),
    )


@pytest.fixture(scope="module")
def archive(pdf, found, after, full):
    """The zip of a scenario with the report of the real situation, and all the tables."""
    content = bundle(replace(full, situation=after, before=found), {"pdf": pdf})
    return zipfile.ZipFile(io.BytesIO(content))


@pytest.fixture(scope="module")
def pages(pdf):
    return pages_of(pdf)


@pytest.fixture(scope="module")
def text(pages):
    return " ".join(pages)


def few(found):
    """Return the same answer for six communes only."""
    keep = ["86078", LOUDUN, "86194", "86001", "86002", "86003"]
    return replace(found, communes=found.communes.loc[keep])


# --- words --------------------------------------------------------------------------------


def test_the_report_has_the_question_the_figures_and_their_basis(text, found, services):
    assert flat(words.asked(found.question)) in text
    assert flat(f"Sûr : {words.share(found.certain, found)}") in text
    assert flat(f"Possible : {words.share(found.possible, found)}") in text
    assert flat(words.limits(found)) in text
    for label, value in words.figures(found):
        assert flat(f"{label} {value}") in text
    for what, least, of_whom in words.yardsticks(found, services):
        assert flat(f"{what.capitalize()} : {least} {of_whom}.") in text
    assert words.YARDSTICKS_NOTE in text


@pytest.mark.parametrize(
    "said",
    [
        "Le point de départ de chaque commune est sa mairie",
        "par la route, il faut compter environ 1,3 fois plus",
        "Aucune durée de trajet n’est utilisée",
        "Sans information : des services à portée, aux horaires inconnus",
        "comptant pour 1,00 ; 0,68 ; 0,22",
        "liste du vendredi 20 novembre 2026 (2 services à portée)",
        "IGN Admin Express COG ; population municipale 2023, INSEE ; mairies, DILA",
        "La Poste. Licence Ouverte 2.0",
        "Informations de 2016 à 2016 : 1 trop ancienne, 1 sans date.",
        "Charente, Indre, Indre-et-Loire, Maine-et-Loire, Deux-Sèvres, Haute-Vienne",
        "Édité le dimanche 22 novembre 2026 à 10 h 30.",
        "Services : liste du vendredi 20 novembre 2026. Population 2023 (INSEE).",
    ],
)
def test_method_sources_and_dates_are_in_it(text, said):
    assert said in text


def test_the_pages_are_a4_numbered_titled_in_french_and_in_the_outline(pdf, pages):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    for number, page in enumerate(reader.pages, start=1):
        assert [round(float(side) * 25.4 / 72) for side in page.mediabox[2:]] == [210, 297]
        assert f"Page {number} sur {len(pages)}" in pages[number - 1]
    assert reader.trailer["/Root"]["/Lang"] == "fr-FR"
    assert flat(reader.metadata.title) == "Maillage : Vienne (86)"
    chapters = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert [flat(chapter) for chapter in chapters] == [
        "Maillage : Vienne (86)",
        "Les cartes",
        "Quand quelqu’un est ouvert à portée",
        "Par territoire",
        "Les communes les moins bien servies",
        "Méthode",
        "Annexe : toutes les communes",
    ]


def test_up_to_300_communes_are_all_in_it_beyond_only_the_worst(text, found, services):
    missing = [name for name in found.communes["nom"] if flat(name) not in text.replace("- ", "-")]
    assert missing == []
    rows = found.communes
    many = pd.concat([rows, rows.iloc[:36].rename(index=lambda code: f"{code}-bis")])
    undrawn = many.set_geometry(gpd.GeoSeries([None] * 301, index=many.index, crs=many.crs))
    assert "Annexe" not in text_of(made(replace(found, communes=undrawn), services))


def test_the_week_has_every_hour_of_both_versions(pages):
    page = next(page for page in pages if page.startswith("Quand quelqu’un"))
    counts = Counter(page.split())
    assert counts["23"] >= 2
    assert all(counts[day] == 2 for day in ("lun.", "mar.", "dim."))
    assert len(re.findall(r"\?|\b\d+\b(?! h)", page)) >= 2 * 168


def test_a_scenario_has_its_before_and_after_and_who_gains(found, after, services):
    text = text_of(made(few(after), services, before=few(found), scenario=SCENARIO))
    assert "Ouvrir une permanence à Loudun (86) : le mardi, 18 h – 20 h" in text
    assert "Fermer MDS de Civray" in text
    was, becomes = (words.share(one.certain, one) for one in (found, after))
    assert flat(f"Sûr {was} {becomes}") in text
    assert flat(words.gains(situation.change(few(found), few(after)), People.ALL)) in text
    assert "devient couverte" in text
    assert "Loudun 6 839 0 h 2 h" in text


def test_two_scenarios_stand_side_by_side_with_their_costs(found, after, services):
    other = look(services, scenario=Scenario((DropIn(LOUDUN, "Mo 09:00-12:00"),)))
    compared = Comparison(
        few(found),
        (
            (Proposal(SCENARIO, "Fermer <Civray>", euros=5000), few(after)),
            (Proposal(Scenario((DropIn(LOUDUN, "Mo 09:00-12:00"),))), few(other)),
        ),
    )
    text = text_of(made(few(found), services, compared=compared))
    assert "Deux scénarios côte à côte" in text
    assert "Fermer MDS de Civray" in text
    for _, *cells in comparison.lines(compared):
        assert flat(" ".join(cells)) in text
    assert "Ce n’est pas une note" in text
    assert "couverte avec B seul" in text


def test_the_cover_sets_today_large_and_the_scenario_beside_it(found, after, services):
    content = made(few(after), services, before=few(found), scenario=SCENARIO)
    cover = pypdf.PdfReader(io.BytesIO(content)).pages[0]
    spots = []
    cover.extract_text(
        visitor_text=lambda text, _, at, __, points: spots.append(
            (flat(text), round(at[4]), round(at[5]), points)
        )
    )
    for name in ("Sûr", "Possible"):
        (_, left, high, points), (_, right, level, size) = (
            spot for spot in spots if spot[0].startswith(f"{name} :") and spot[3] > 13
        )
        assert (left, high, points) == (51, level, 28)
        assert (right > 290, size) == (True, 28)
    text = flat(cover.extract_text())
    was, becomes = (words.share(one.certain, one) for one in (few(found), few(after)))
    assert flat(f"Aujourd’hui Sûr : {was}") in text
    assert flat(f"Avec le scénario Sûr : {becomes}") in text


def test_the_largest_communes_without_anybody_are_named(text, found):
    rows = found.communes
    uncovered = rows[rows["verdict"] != situation.Verdict.COUVERT]
    largest = sorted(uncovered["population"], reverse=True)[:5]
    assert largest[0] == rows["population"].max()  # Poitiers: no commune of the list's
    named = re.search(r"Les plus peuplées où personne n’est sûrement ouvert : (.*?)\. Ce que", text)
    assert [
        int(n.replace(" ", "")) for n in re.findall(r"\(([\d ]+) habitants", named[1])
    ] == largest
    assert "Là où vivent le plus d’habitants sans personne de sûrement ouvert" in text
    assert words.largest_uncovered(replace(found, communes=rows.iloc[:0])) == ""


@pytest.fixture(scope="module")
def by_car(services):
    return few(look(services, asked(km=None, minutes=30)))


@pytest.fixture(scope="module")
def text_with_minutes(by_car, services):
    """The text of a report with given travel times; one commune has no outline."""
    rows = by_car.communes.copy()
    rows.loc[LOUDUN, "geometry"] = None
    told = replace(by_car, communes=rows)
    return text_of(made(told, services, minutes_source="fichier fourni, 12 trajets"))


def test_minutes_have_their_source(by_car, text_with_minutes, services):
    text = text_of(made(by_car, services))
    assert "à moins de 30 min en voiture, ouvert" in text
    assert "Temps de trajet : estimation" in text
    assert "55 km/h dans les communes de moins de 300 habitants par km²" in text
    assert "Temps de trajet : fichier fourni, 12 trajets." in text_with_minutes
    assert "55 km/h" not in text_with_minutes


def test_the_same_arguments_give_the_same_bytes_and_progress_only_grows(found, services):
    steps = []
    told = made(few(found), services, progress=lambda part, text: steps.append((part, text)))
    pdf = made(few(found), services)
    assert told == pdf
    archives = [bundle(material(few(found), services), {"pdf": pdf}) for _ in range(2)]
    assert archives[0] == archives[1]
    parts = [part for part, _ in steps]
    assert parts == sorted(parts)
    assert (parts[0], parts[-1]) == (0, 1)
    assert steps[-1][1] == "Le dossier est prêt."


# --- map and charts -----------------------------------------------------------------------


@pytest.mark.parametrize("departements", [["86"], ["971"], ["86", "974", "75"], ["15"]])
def test_the_map_fills_each_commune_that_has_an_outline_once(services, departements):
    found = look(services, asked(departements=departements))
    planned = _report_map.plan(found.communes, width=174, height=196)
    outlined = found.communes.index[found.communes.geometry.notna()]
    fills = shades.fills(Measure.HOURS, found)
    painted = list(_report_map.painted(planned, fills))
    assert {code for code, _, _ in painted} == set(outlined)
    colours = {code: colour for code, colour, _ in reversed(painted)}
    shown = fills[outlined].replace(shades.HATCHED, "#ffffff")
    assert colours == shown.to_dict()
    for _, _, ring in painted:
        assert (np.array(ring) >= 0).all()
        assert (np.array(ring) <= [174, 196]).all()


def test_a_map_is_true_to_scale(found):
    """One kilometre of the scale bar is one kilometre of land, in both directions."""
    planned = _report_map.plan(found.communes, width=174, height=196)
    (frame,) = planned.frames
    lng, lat = 0.34, 46.58
    ends = gpd.GeoSeries(shapely.points([lng, lng, lng + 0.1, lng], [lat, lat + 0.1, lat, lat]))
    south, north, east, west = frame.placed(ends.set_crs("EPSG:4326"))
    assert shapely.distance(south, north) / frame.mm_per_m == pytest.approx(11_117, rel=2e-3)
    assert shapely.distance(west, east) / frame.mm_per_m == pytest.approx(7_667, rel=2e-3)
    assert north.y < south.y
    assert west.x < east.x
    length, label = frame.bar()
    assert length / frame.mm_per_m == pytest.approx(1000 * float(label.removesuffix(" km")))


def squares(*boxes, departement="86"):
    return gpd.GeoDataFrame(
        {
            "nom": [f"C{number}" for number in range(len(boxes))],
            "departement": departement,
            "population": range(len(boxes)),
        },
        index=[str(number) for number in range(len(boxes))],
        geometry=list(boxes),
        crs="EPSG:4326",
    )


def test_an_area_in_a_hole_is_painted_over_it():
    hole = shapely.box(0.4, 46.4, 0.6, 46.6)
    rows = squares(hole, shapely.difference(shapely.box(0, 46, 1, 47), hole))
    planned = _report_map.plan(rows, width=100, height=100)
    painted = _report_map.painted(planned, pd.Series({"0": "#111111", "1": "#222222"}))
    assert [colour for _, colour, _ in painted] == ["#222222", "#ffffff", "#111111"]


def test_hatching_is_inside_its_shape_only():
    rows = squares(shapely.box(0, 46, 1, 47), shapely.box(1, 46, 2, 47))
    planned = _report_map.plan(rows, width=100, height=100)
    none = read().services
    svg = _report_map.lines_svg(planned, pd.Series({"0": shades.HATCHED, "1": "#111111"}), none)
    (d,) = re.findall(r'class="hachures" d="([^"]+)"', svg)
    ends = np.array(
        [[float(n) for n in pair.split(",")] for pair in re.findall(r"[\d.]+,[\d.]+", d)]
    )
    left, top, right, bottom = planned.outlines["0"].bounds
    assert len(ends) > 20
    assert (ends >= [left - 0.02, top - 0.02]).all()
    assert (ends <= [right + 0.02, bottom + 0.02]).all()
    assert "hachures" not in _report_map.lines_svg(planned, pd.Series({"0": "#111111"}), none)


def test_only_public_places_have_a_dot():
    services = read(
        row("public", **CIVRAY, adresse="1 rue", latitude="46.15", longitude="0.29"),
        row("commune", code_insee=LOUDUN, confidentialite="commune"),
        row("refuge", type="hebergement", zone_eligibilite="86"),
        row("ligne", type="ecoute", zone_eligibilite="france"),
        row("loin", nom="Ailleurs", adresse="1 rue", code_insee="75056"),
    ).services
    assert len(services) == 5
    planned = _report_map.plan(look(services).communes, width=174, height=196)
    ((x, y),) = _report_map.dots(planned, services)
    assert shapely.covers(planned.outlines["86078"], shapely.Point(x, y))


@pytest.fixture(scope="module")
def nine_towns():
    rows = squares(*(shapely.box(n / 9, 46, (n + 1) / 9, 47) for n in range(9)))
    return _report_map.plan(rows, width=174, height=196)


@given(factor=st.sampled_from([0.4, 0.5, 1.0]), most=st.integers(1, 12))
def test_names_of_towns_never_touch(nine_towns, factor, most):
    names = _report_map.named(nine_towns, factor=factor, most=most)
    assert 1 <= len(names) <= most
    assert names[0][0] == "C8"
    for place, (_, x, y) in enumerate(names):
        for _, other_x, other_y in names[:place]:
            assert abs(x - other_x) * factor > 30 or abs(y - other_y) * factor > 7


# --- difficult cases ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("departements", "said"),
    [
        (["75", "976"], "Paris (75) et Mayotte (976)"),
        (["988"], "Aucune de ces communes n’a de contour connu : il n’y a pas de carte."),
    ],
)
def test_places_of_every_kind_have_a_report(services, departements, said):
    text = text_of(made(look(services, asked(departements=departements)), services))
    assert said in text
    assert "La liste ne contient aucun lieu de ce genre pour : " in text


def test_no_service_at_all_and_a_single_commune_have_a_report(services):
    found = look(services.iloc[:0])
    alone = replace(found, communes=found.communes.loc[["86078"]])
    pages = pages_of(made(alone, services.iloc[:0]))
    assert any(page.startswith("La commune Commune Habitants") for page in pages)
    text = " ".join(pages)
    assert "Sûr : 0 % (0 personne)" in text
    assert "aucun service à portée dans la liste" in text


def test_no_data_for_any_commune_has_a_sentence(found, services):
    rows = few(found).communes
    unknown = rows.assign(
        nearest=None,
        nearest_nom=None,
        verdict=None,
        population=pd.array([pd.NA] * len(rows), "Int64"),
        geometry=gpd.GeoSeries([None] * len(rows), index=rows.index, crs=rows.crs),
    )
    for column in ("nearest_m", "services", "certain_h", "possible_h", "gap_h", "supply"):
        unknown[column] = np.nan
    hours = pd.DataFrame(np.full((7, 24), np.nan))
    nothing = replace(
        found,
        communes=unknown,
        people=0,
        **dict.fromkeys(("near", "certain", "possible", "p50_m", "p90_m", "gini"), np.nan),
        by_hour=hours,
        by_hour_possible=hours,
    )
    text = text_of(made(nothing, services))
    assert "aucune part n’est calculée" in text
    assert "Non mesurée : mairie inconnue" in text
    assert "nan" not in text.lower().replace("nanterre", "")


def test_hostile_names_are_names_and_break_no_page(found, services):
    names = [*HOSTILE, "Civray"]
    rows = few(found).communes.assign(nom=names, nearest_nom=names[::-1])
    renamed = replace(found, communes=rows, services=found.services.assign(nom=names[:2]))
    scenario = Scenario((), ("civray",))
    pdf = made(renamed, services, before=renamed, scenario=scenario)
    pages = pages_of(pdf)
    assert len(pages) == 10
    assert "Fermer <b>gras</b> **fort** {{x}} {nb}" in pages[0]
    assert f"{'mot ' * 20}" in " ".join(pages)
    content = bundle(material(renamed, services), {"pdf": pdf})
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert "scenario" not in " ".join(archive.namelist())
    table = archive.read("communes-excel.csv").decode("utf-8-sig")
    told = csv.DictReader(io.StringIO(table, newline=""), delimiter=";")
    pairs = {(line["commune"], line["service_le_plus_proche"]) for line in told}
    shielded = [name.replace("=", "'=") for name in names]
    assert pairs == set(zip(shielded, shielded[::-1], strict=True))
    features = json.loads(archive.read("communes.geojson"))["features"]
    assert [feature["properties"]["commune"] for feature in features] == names


def test_communes_without_an_outline_are_counted_beside_the_map(text_with_minutes):
    assert "Sans contour connu, donc absentes : 1 commune." in text_with_minutes


@pytest.fixture(scope="module")
def blank():
    pdf = _typesetting.document("Essai", NOW)
    yield pdf
    pdf.output()  # closes the files of its typeface


@given(text=st.text(max_size=700))
@settings(max_examples=200)
def test_whatever_is_written_can_be_drawn(blank, text):
    drawn = _typesetting.drawable(blank, text)
    assert len(drawn) <= 600
    assert blank.draws(drawn)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("**a** {nb} <b>", "**a** {nb} <b>"),
        ("12\u202f345 km", "12\u00a0345\u00a0km"),
        ("Sûr : « oui » !", "Sûr\u00a0: «\u00a0oui\u00a0»\u00a0!"),
        ("a\u202eb\u0000c", "abc"),
        ("(18 h – 22 h)", "(18\u00a0h\u00a0–\u00a022\u00a0h)"),
        ("Cœur d’Hérault", "Cœur d’Hérault"),
        ("e\u0301te\u0301", "été"),
        ("日本 👩", "日本"),
        ("𐎀 👩", "?"),
    ],
)
def test_what_is_drawn_is_what_was_meant(blank, text, drawn):
    assert _typesetting.drawable(blank, text) == drawn


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        ("05 49 00 00 01", ["05 49 00 00 01"]),
        ("05 49 00 00 01 / 05 49 00 00 02", ["05 49 00 00 01", "05 49 00 00 02"]),
        ("0 800 05 95 95 (appel gratuit)", ["0 800 05 95 95", "(appel gratuit)"]),
        ("17 / 114", ["17 / 114"]),
        ("05 49 00 00 01 ext. 9", ["05 49 00 00 01", "ext. 9"]),
        ("\U000e0100", [""]),
    ],
)
def test_a_long_number_takes_two_lines_and_no_number_is_broken(blank, number, lines):
    drawn = _typesetting.phone(blank, number, 57, 27)
    assert [flat(line.words) for line in drawn] == lines
    for line in drawn:
        blank.set_font("pt-sans", line.style, line.points)
        assert blank.get_string_width(line.words) <= 57 + 1e-6
    kept = _typesetting.phone(blank, number, 57, 27, slash=True)
    assert (" / " in number) is ("/" in " ".join(line.words for line in kept))


# --- what it must not contain -------------------------------------------------------------


def test_no_hidden_service_is_in_the_document_or_its_data(pdf, text, archive):
    contents = [pdf, text.encode(), *(archive.read(name) for name in archive.namelist())]
    contents += [page.get_contents().get_data() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    for content in contents:
        for secret in SECRETS:
            assert secret.encode() not in content


def test_the_file_does_not_identify_its_author(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert set(reader.metadata) == {"/Title", "/Subject", "/CreationDate"}
    for place in (ROOT, Path.home()):
        assert str(place).encode() not in pdf
    assert not any("/AA" in page or "/Annots" in page for page in reader.pages)


# --- the zip ------------------------------------------------------------------------------


def test_the_zip_has_the_document_the_data_and_what_they_are(pdf, archive, found):
    assert file_name(found, NOW) == "maillage-vienne-2026-11-22"
    assert archive.namelist() == [
        "maillage-vienne-2026-11-22.pdf",
        "communes-scenario-excel.csv",
        "communes-scenario.geojson",
        "services-excel.csv",
        "communes-excel.csv",
        "departements-excel.csv",
        "departements.csv",
        "arrondissements-excel.csv",
        "arrondissements.csv",
        "intercommunalites-excel.csv",
        "intercommunalites.csv",
        "deux-scenarios-excel.csv",
        "deux-scenarios.csv",
        "aides-excel.csv",
        "aides.csv",
        "departements-de-la-liste-excel.csv",
        "departements-de-la-liste.csv",
        "indicateurs-excel.csv",
        "indicateurs.csv",
        "changements-excel.csv",
        "changements.csv",
        "LISEZMOI.txt",
    ]
    assert archive.read("maillage-vienne-2026-11-22.pdf") == pdf
    rows = csv.DictReader(
        io.StringIO(archive.read("services-excel.csv").decode("utf-8-sig")), delimiter=";"
    )
    assert {line["Identifiant"] for line in rows} == {"civray", "loudun"}
    assert len(json.loads(archive.read("communes-scenario.geojson"))["features"]) == 265
    read_me = archive.read("LISEZMOI.txt").decode("utf-8-sig")
    assert all(name in read_me for name in archive.namelist()[:-1])
    assert "Licence Ouverte 2.0" in read_me


def test_every_column_of_the_zip_is_named_under_its_file_and_said(archive):
    read_me = archive.read("LISEZMOI.txt").decode("utf-8-sig")
    for name in archive.namelist():
        if not name.endswith(".csv"):
            continue
        separator = ";" if name.endswith("-excel.csv") else ","
        table = archive.read(name).decode("utf-8-sig")
        columns = next(csv.reader(io.StringIO(table), delimiter=separator))
        under = read_me.split(f"- {name} : ")[1].splitlines()[1]
        assert under == f"    colonnes : {', '.join(columns)}".replace("\u202f", "\u00a0")
        if not name.startswith("services"):
            assert [one for one in columns if f"\n- {one} : " not in read_me] == []


def test_the_tables_of_the_zip_are_the_same_for_excel_and_for_programs(archive, full):
    tables = {
        name: pd.read_csv(io.BytesIO(archive.read(f"{name}.csv")), dtype=str)
        for name in ("aides", "indicateurs", "changements", "intercommunalites")
    }
    for name, table in tables.items():
        excel = pd.read_csv(
            io.BytesIO(archive.read(f"{name}-excel.csv")), sep=";", dtype=str, encoding="utf-8-sig"
        )
        assert list(excel.columns) == list(table.columns)
        assert len(excel) == len(table)
    assert len(tables["aides"]) == len(full.matrix)
    assert set(tables["indicateurs"]["edition"]) == {"l’édition de 2025", "aujourd’hui"}
    assert list(tables["changements"]["nom"]) == ["MDS de Civray"]


def test_with_a_scenario_the_services_are_the_real_ones_and_the_communes_twice(archive):
    assert b"scenario-" not in archive.read("services-excel.csv")
    assert archive.read("communes-excel.csv") != archive.read("communes-scenario-excel.csv")


def test_a_land_that_the_list_is_silent_about_is_hatched_by_all_measures_at_any_hour(services):
    found = look(services, asked(departements=["2A"]))
    assert set(shades.week_fills(found, possible=False).values()) == {shades.HATCHED}
    for measure in Measure:
        assert set(shades.fills(measure, found)) == {shades.HATCHED}
        assert shades.HATCHED in dict(shades.legend(measure, found))


def test_every_measured_type_can_be_named():
    assert all(words.types([kind]) for kind in ServiceType if kind in situation.MEASURED_TYPES)


def test_the_tables_of_aids_territories_and_the_year_say_what_the_page_says(full):
    pages = pages_of(to_pdf(replace(full, before=None, indicators=full.indicators[-1:])))
    (aids,) = (page for page in pages if page.startswith("Quelle aide manque, et où"))
    (by_territory,) = (page for page in pages if page.startswith("Par territoire"))
    (of_the_year,) = (page for page in pages if page.startswith("Indicateurs de l’année"))
    assert aids.count("CC du Pays Loudunais") == 1
    assert aids.count("interprète ? ? ? ?") == 1
    assert "Par intercommunalité" in by_territory
    assert "Châtellerault" in by_territory
    assert "Par département" not in by_territory
    for each in full.indicators[-1].found:
        assert flat(each.name) in of_the_year
        assert flat(each.definition).split(" ; ")[0] in flat(" ".join(pages))
    assert not any(secret in " ".join(pages) for secret in SECRETS)


# --- chapters -----------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_a_chapter_begins_with_its_only_title_and_needs_what_it_says(
    chapter, full, found, services
):
    blocks = list(chapter.content(full))
    assert isinstance(blocks[0], Title)
    assert not any(isinstance(block, Title) for block in blocks[1:])
    assert all(getattr(full, need) is not None for need in chapter.needs)
    if chapter.needs:
        with pytest.raises(NoChapter):
            to_pdf(material(found, services), [chapter.name])


def test_the_chapters_that_are_chosen_are_in_it_in_the_report_s_order(full):
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(full, ["territoires", "aides"])))
    chapters = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert list(map(flat, chapters)) == ["Quelle aide manque, et où", "Par territoire"]


def test_what_changed_since_an_edition_is_told_with_before_and_today(full):
    text = text_of(to_pdf(full, ["depuis"]))
    assert flat("Depuis l’édition de 2025 : 1 service de plus.") in text
    was, now = full.past.situation, full.before
    assert flat(f"Sûr {words.share(was.certain, was)} {words.share(now.certain, now)}") in text
    assert "dans la liste depuis MDS de Civray Civray" in text
    assert flat(words.gains(situation.change(was, now), People.ALL)) in text
    assert "les listes ne le disent pas" in text


def test_the_indicators_of_two_editions_stand_side_by_side(full):
    text = text_of(to_pdf(full, ["indicateurs"]))
    assert "Indicateur L’édition de 2025 Aujourd’hui Évolution" in text
    hours = next(one for one in full.indicators[-1].found if "le soir" in one.name)
    assert f"{flat(indicators.figure(hours))}" in text
    assert "au plus" in text
    assert "aucune fiche n’a d’horaires lisibles" in text.replace("- ", "-")


# --- DOCX ---------------------------------------------------------------------------------

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def word(full):
    return to_docx(full)


@pytest.fixture(scope="module")
def document(word):
    return docx.Document(io.BytesIO(word))


def styled(document, style):
    return [flat(one.text) for one in document.paragraphs if one.style.name == style]


def test_the_document_for_word_has_every_word_of_the_chapters(full, document):
    said = {flat(paragraph.text) for paragraph in document.paragraphs}
    tables = [
        [[flat(cell.text) for cell in row.cells] for row in table.rows] for table in document.tables
    ]
    for chapter in CHAPTERS:
        for block in chapter.content(full):
            match block:
                case Title() | Heading() | Paragraph():
                    assert flat(block.text) in said
                case Bullets():
                    assert {flat(text) for text in block.texts} <= said
                case Table():
                    assert [list(map(flat, row)) for row in (block.head, *block.rows)] in tables


def test_it_has_word_s_own_styles_in_the_report_s_order(full, document):
    blocks = [block for chapter in CHAPTERS for block in chapter.content(full)]
    titles = [flat(block.text) for block in blocks if isinstance(block, Title)]
    headings = [flat(block.text) for block in blocks if isinstance(block, Heading)]
    assert styled(document, "Title") == titles[:1]
    assert styled(document, "Heading 1") == titles[1:]
    assert styled(document, "Heading 2") == headings
    named = {flat(block.name) for block in blocks if isinstance(block, Table | Map)}
    captions = [
        flat("".join(text.text for text in one._p.iter(f"{W}t")))
        for one in document.paragraphs
        if one.style.name == "Caption"
    ]
    counts = Counter()
    for caption in captions:
        kind, number, name = re.fullmatch(r"(Tableau|Carte|Figure) (\d+)\. (.+)", caption).groups()
        counts[kind] += 1
        assert int(number) == counts[kind]
        assert name in named | {"La semaine : sûr et possible"}
    assert counts["Tableau"] == sum(isinstance(block, Table) for block in blocks)
    assert counts["Carte"] == sum(isinstance(block, Map) for block in blocks)


def test_it_can_be_read_aloud_in_french_and_counts_its_pages(full, document, word):
    blocks = [block for chapter in CHAPTERS for block in chapter.content(full)]
    told = [block.words for block in blocks if isinstance(block, Map)]
    told += [week.words for block in blocks if isinstance(block, Weeks) for week in block.weeks]
    pictures = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert len(pictures) == len(told) - 1
    assert all(any(flat(words) in flat(said) for said in pictures) for words in told)
    grids = [table for table in document.tables if table.style.name == "Table Grid"]
    assert all(table.rows[0]._tr.trPr.find(f"{W}tblHeader") is not None for table in grids)
    assert len(grids) == sum(isinstance(block, Table) for block in blocks)
    languages = {lang.get(f"{W}val") for lang in document.styles.element.iter(f"{W}lang")}
    assert languages == {"fr-FR"}
    foot = document.sections[0].footer._element
    fields = [field.get(f"{W}instr") for field in foot.iter(f"{W}fldSimple")]
    assert fields == ["PAGE", "NUMPAGES"]
    said = document.core_properties
    assert (said.author, said.last_modified_by, said.comments) == ("", "", "")
    assert flat(said.title) == "Maillage : Vienne (86)"
    assert str(ROOT).encode() not in word


def test_a_hidden_service_is_not_in_it_and_the_same_material_gives_the_same_bytes(full, word):
    assert to_docx(full, ["territoires"]) == to_docx(full, ["territoires"])
    with zipfile.ZipFile(io.BytesIO(word)) as parts:
        content = b"".join(parts.read(name) for name in parts.namelist())
    assert not any(secret.encode() in content for secret in SECRETS)


def test_hostile_names_and_no_cover_still_make_a_document(found, services):
    names = [*HOSTILE, "Civray"]
    rows = few(found).communes.assign(nom=names, nearest_nom=names[::-1])
    whole = material(replace(found, communes=rows), services)
    document = docx.Document(io.BytesIO(to_docx(whole, ["communes", "territoires"])))
    rows = [row for table in document.tables for row in table.rows]
    cells = [flat(cell.text) for row in rows for cell in row.cells]
    assert {"<b>gras</b> **fort** {{x}} {nb} \\n %s", "=HYPERLINK(1)"} <= set(cells)
    assert not any(sign in "".join(cells) for sign in "\u202e\u0000\u200b")
    assert max(map(len, cells)) <= 120
    assert styled(document, "Title") == ["Maillage : Vienne (86)"]
    first = next(one for one in document.paragraphs if one.style.name == "Heading 1")
    assert first.paragraph_format.page_break_before is False


def test_no_name_of_a_town_hides_another(full):
    for block in _pictures.maps(full):
        if isinstance(block, Map):
            factor = block.height / block.plan.height
            names = _places.towns(block)
            assert names
            for place, (name, x, y) in enumerate(names):
                for other, far, at in names[:place]:
                    wide = 1.8 * (len(name) + len(other)) / 2
                    assert factor * abs(x - far) >= wide or factor * abs(y - at) >= 4
