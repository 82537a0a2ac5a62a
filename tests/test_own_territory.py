"""A territory of one's own: its forms, files that other programs made, bad files, and the page."""

import io
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pypdf
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import communes, outline_files, own_territory, situation
from geodata.own_territory import OwnTerritory
from geodata.paper.report import Material, to_pdf
from geodata.situation import Question, files, indicators, territories, words
from geodata.situation.territories import Level
from geodata.tables import UnreadableFile
from geodata.upkeep import territory_files
from pages.shared import clock, coverage_address
from pages.shared.service_list import PARIS
from tests.lists import CIVRAY, content, read, row
from tests.test_communes_named import workbook
from tests.test_pages import open_page, press, texts, view

PAGE = "couverture.py"
MONDAY = date(2026, 11, 30)
CHARROUX, LOUDUN, CHEF_BOUTONNE = "86061", "86137", "79083"
AROUND = OwnTerritory("Autour de Civray", (CIVRAY["code_insee"], CHARROUX, CHEF_BOUTONNE))
CODES = communes.read_town_halls().index.tolist()
# A square of 0.2° by 0.2° south of Vivonne: by eye on a map, Civray is at its lower edge.
SQUARE = [[0.2, 46.1], [0.4, 46.1], [0.4, 46.3], [0.2, 46.3], [0.2, 46.1]]
BOW = [[0.2, 46.1], [0.4, 46.3], [0.4, 46.1], [0.2, 46.3], [0.2, 46.1]]


@pytest.fixture(autouse=True)
def sunday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 10, tzinfo=PARIS))


def polygon(name, ring, kind="Polygon"):
    coordinates = [ring] if kind == "Polygon" else [[ring]]
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"nom": name}, "geometry": geometry}


def collection(*features, **members):
    whole = {"type": "FeatureCollection", "features": features, **members}
    return json.dumps(whole).encode()


# --- the value and its form in an address -------------------------------------------------


@settings(max_examples=30)
@given(
    st.text(st.characters(codec="utf-8"), max_size=80),
    st.sets(st.sampled_from(CODES), min_size=1, max_size=30),
)
def test_a_territory_comes_back_from_its_address(name, codes):
    try:
        own = OwnTerritory(name, tuple(codes))
    except ValueError as error:
        assert "nom" in str(error)
        return
    assert OwnTerritory.parse(str(own)) == own
    assert own_territory.is_list(str(own))
    assert not own_territory.is_list(own.name)


def test_the_form_is_short_and_follows_merged_communes():
    assert str(AROUND) == "Autour de Civray~79.083~86.061.078"
    assert str(OwnTerritory("Îles", ("2A004", "97105"))) == "Îles~2A.004~971.05"
    former = communes.read_town_halls()["anciens_codes"]
    now, (before, *_) = next((code, codes) for code, codes in former.items() if codes)
    assert OwnTerritory.parse(f"A~{before[:2]}.{before[2:]}").communes == (now,)


@pytest.mark.parametrize("name", ["=1+1", "-@x", '+HYPERLINK("x")', "a\tb\n~c"])
def test_a_name_from_a_link_is_no_formula_and_one_line(name):
    own = OwnTerritory(name, (LOUDUN,))
    assert own.name[0] not in "=+-@"
    assert own.name.isprintable()
    assert not set("~\t\n") & set(own.name)
    path = words.file_places(look(read(row("a")).services, Question([], (), MONDAY, 1, own=(own,))))
    assert "/" not in path


SIGNS = ["-", "~", "=", "@", " ", "+ -", "\u200b"]


@given(st.text(max_size=80) | st.sampled_from(SIGNS))
def test_a_name_is_plain_or_none(text):
    name = own_territory.plain_name(text)
    assert own_territory.plain_name(name) == name
    if name:
        assert OwnTerritory(text, (LOUDUN,)).name == name
    assert bool(name) == any(sign.isprintable() and sign not in "=+-@~ " for sign in text)


@pytest.mark.parametrize("text", ["A", "A~86", "A~86.999", "~86.078", "A~zz.1"])
def test_an_address_that_is_no_territory_is_refused(text):
    with pytest.raises(ValueError, match=r"aucune commune|inconnue|nom"):
        OwnTerritory.parse(text)


# --- lists and tables ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Saint-Aubin", "plusieurs communes s’appellent « Saint-Aubin »"),
        ("Nulleville", "« Nulleville » n’est pas une commune que nous trouvions"),
        ("86400", "« 86400 » est un code postal"),
        ("99999", "« 99999 » n’est le code d’aucune commune"),
        ("71429", "fait maintenant partie de"),
    ],
)
def test_a_line_that_is_not_one_commune_is_told_and_the_others_count(line, said):
    found = territory_files.read(f"Civray (86)\n{line}\n{LOUDUN}".encode(), "Le mien")
    codes = found.territories["Le mien"].communes
    assert {CIVRAY["code_insee"], LOUDUN} <= set(codes)
    assert found.problems[0].startswith("Ligne 2 : ")
    assert said in found.problems[0]


@pytest.mark.parametrize("name", ["Saint-Aubin", "Isle", "Saint-Maurice", "Civray", "Beauvoir"])
def test_what_a_message_says_to_write_is_one_commune(name):
    with pytest.raises(UnreadableFile) as refusal:
        territory_files.read(name.encode(), "A")
    _, _, example = str(refusal.value).partition("comme « ")
    found = territory_files.read(example.partition(" »")[0].encode(), "A")
    assert len(found.territories["A"].communes) == 1
    assert found.problems == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Saint-Aubin (71)", "Saint-Aubin-en-Charollais (71388) ou Saint-Aubin-sur-Loire (71389)"),
        ("Arrodets", "Arrodets (65034) ou Arrodets-ez-Angles (65033)"),
    ],
)
def test_the_names_of_one_departement_are_told_whole_with_their_codes(name, said):
    (problem,) = territory_files.read(f"{name}\nCivray".encode(), "A", ["86"]).problems
    assert (
        problem == f"Ligne 1 : « {name} » peut être {said} : écrire le code INSEE de la bonne "
        "commune."
    )


def test_a_name_of_several_communes_is_the_one_of_the_list():
    found = territory_files.read(b"Saint-Aubin\nCivray", "A", ["71", "86"])
    assert {code[:2] for code in found.territories["A"].communes} <= {"71", "86"}


def test_a_table_may_name_several_territories_and_comes_back_from_its_file():
    table = "Bassin;Ville\nSud;Civray (86)\nSud;Charroux (86)\nNord;Loudun\n;Poitiers\n"
    found = territory_files.read(table.encode("cp1252"), "Reste")
    names = {name: own.communes for name, own in found.territories.items()}
    assert names == {"Sud": (CHARROUX, "86078"), "Nord": (LOUDUN,), "Reste": ("86194",)}
    again = territory_files.read(territory_files.to_csv(found.territories.values()), "?")
    assert dict(again.territories) == dict(found.territories)
    assert again.problems == ()


@pytest.mark.parametrize("sign", SIGNS)
def test_signs_alone_are_no_name_and_stand_for_the_name_that_is_given(sign):
    table = f"territoire;code_insee\n{sign};86078\nSud;{CHARROUX}\n;{LOUDUN}\n"
    found = territory_files.read(table.encode(), "Le mien").territories
    assert {name: own.communes for name, own in found.items()} == {
        "Le mien": ("86078", LOUDUN), "Sud": (CHARROUX,),
    }  # fmt: skip
    assert list(territory_files.read(b"86078", sign).territories) == ["Territoire"]
    outlines = territory_files.read(collection(*[polygon(sign, SQUARE)] * 2), sign)
    assert list(outlines.territories) == list(outlines.outlines) == ["Contour 1", "Contour 2"]


def test_a_workbook_may_name_several_territories():
    table = [["Territoire", "Code INSEE"], ["Sud", 86078], ["Sud", CHARROUX], ["Ain", "01004"]]
    found = territory_files.read(workbook(table), "?").territories
    assert {name: own.communes for name, own in found.items()} == {
        "Sud": (CHARROUX, "86078"), "Ain": ("01004",),
    }  # fmt: skip


# --- outlines -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon"])
@pytest.mark.parametrize("height", [[], [120.5]])
def test_an_outline_holds_the_communes_whose_town_hall_is_inside(kind, height):
    ring = [[*corner, *height] for corner in SQUARE]
    own = territory_files.read(collection(polygon("Sud", ring, kind)), "?").territories["Sud"]
    halls = communes.read_town_halls()
    inside = halls["lng"].between(0.2, 0.4) & halls["lat"].between(46.1, 46.3)
    assert own.communes == tuple(sorted(halls.index[inside]))
    assert CIVRAY["code_insee"] in own.communes


def test_what_an_outline_cuts_is_told_with_the_share_inside():
    outline = communes.outline_of(LOUDUN)
    west, south, _, north = outline.bounds
    hall = communes.read_town_halls().loc[LOUDUN]
    for edge, counts in ((hall["lng"] + 0.001, True), (hall["lng"] - 0.001, False)):
        ring = [[west, south], [edge, south], [edge, north], [west, north], [west, south]]
        found = outline_files.read(collection(polygon("Ouest", ring)))
        own = OwnTerritory("x", (LOUDUN,) if counts else (CHARROUX,))
        cut = territory_files.cut(replace(own, communes=(*own.communes, "86079")),
                                  found.features.geometry.iloc[0])  # fmt: skip
        assert cut.loc[LOUDUN, "compte"] == counts
        flat = outline.intersection(found.features.geometry.iloc[0]).area / outline.area
        assert cut.loc[LOUDUN, "part"] == pytest.approx(flat)
        said = territory_files.cut_words(cut.loc[[LOUDUN]])
        assert f"{round(100 * flat)} % dedans" in said
        assert ("mairie dedans" in said) == counts


def test_communes_as_outlines_give_themselves_and_cut_nothing():
    drawn = communes.read_communes(["86"])
    whole = drawn[drawn["epci"] == "200070035"].geometry.union_all()
    feature = {"type": "Feature", "properties": {"libelle": "Civraisien"},
               "geometry": json.loads(shapely.to_geojson(whole))}  # fmt: skip
    found = territory_files.read(collection(feature), "?")
    own = found.territories["Civraisien"]
    assert set(own.communes) == set(drawn.index[drawn["epci"] == "200070035"])
    assert territory_files.cut_words(territory_files.cut(own, found.outlines[own.name])) == ""


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        (polygon("X", BOW), "se croise près de la longitude 0,3000 et de la latitude 46,2000"),
        (polygon("X", [c[::-1] for c in SQUARE]), "latitude et longitude sont inversées"),
        (polygon("X", np.add(np.multiply(SQUARE, 1000), [500_000, 6_500_000]).tolist()),
         "Lambert-93, sans doute"),
        (polygon("X", [[-80, 40], [-79, 40], [-79, 41], [-80, 40]]), "n’est pas en France"),
        (polygon("X", SQUARE[:3]), "vide ou abîmé"),
        (polygon("X", [["a", "b"]]), "vide ou abîmé"),
        (polygon("X", []), "vide ou abîmé"),
        (polygon("X", [[0.35, 46.6], [0.36, 46.6], [0.36, 46.605], [0.35, 46.6]]),
         "aucune mairie n’est dans ce contour"),
        ({"type": "Feature", "properties": {"nom": "X"}, "geometry": None}, "aucun contour"),
        ({"type": "Feature", "properties": {"nom": "X"},
          "geometry": {"type": "Point", "coordinates": [0.3, 46.2]}}, "ce n’est pas une surface"),
    ],
)  # fmt: skip
def test_an_outline_that_cannot_be_used_is_told_and_the_others_are_read(feature, said):
    found = territory_files.read(collection(feature, polygon("Bon", SQUARE)), "?")
    assert list(found.territories) == ["Bon"]
    (problem,) = found.problems
    assert said in problem
    assert "« X »" in problem
    with pytest.raises(UnreadableFile, match="X"):
        territory_files.read(collection(feature), "?")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"", "vide"),
        (b"{" + b" " * 21 * 1024**2, "22 Mo : 20 Mo au plus"),
        (b'{"type": "FeatureCollection", "features": [', "peut-être coupé"),
        (b'{"type": "FeatureCollection", "features": []}', "aucun élément"),
        (b'{"type": "Topology"}', "TopoJSON"),
        (b'{"a": 1}', "n’est pas du GeoJSON"),
        (b"[" * 100_000, "pas un GeoJSON lisible"),
        ('{"type": "é"}'.encode("latin-1"), "UTF-8"),
        (collection(polygon("X", SQUARE), crs={"properties": {"name": "EPSG:0"}}), "projection"),
        (b"nom;prix\na;3\n", "Aucune colonne ne dit la commune"),
        (b"Nulleville\nAilleurs", "Aucune commune n’a été trouvée"),
        (bytes(range(256)), "n’est pas du texte"),
        (workbook([["Territoire", "Code INSEE"], ["A", 86078]])[:-40], "abîmé"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_what_to_do(given, said):
    with pytest.raises(UnreadableFile, match=said):
        territory_files.read(given, "?")


def test_territories_of_one_name_are_told_apart():
    found = territory_files.read(collection(polygon("A" * 70, SQUARE), polygon("A" * 70, SQUARE)),
                                 "?")  # fmt: skip
    assert len(found.territories) == 2
    assert set(found.outlines) == set(found.territories)


@pytest.mark.skipif(not shutil.which("ogr2ogr"), reason="install Debian’s gdal-bin")
@pytest.mark.parametrize(
    "options",
    [
        ["-lco", "RFC7946=YES"],
        ["-t_srs", "EPSG:2154"],
        ["-t_srs", "EPSG:3857"],
        ["-t_srs", "EPSG:4326", "-dim", "XYZ", "-nlt", "MULTIPOLYGON"],
        ["-t_srs", "EPSG:4171", "-nlt", "GEOMETRYCOLLECTION"],
    ],
    ids=" ".join,
)
def test_gdal_writes_what_we_read_whatever_the_projection(tmp_path, options):
    """From a shapefile in Lambert-93; GDAL and QGIS name the projection in a member `crs`."""
    plain, shape = tmp_path / "a.geojson", tmp_path / "a.shp"
    made = tmp_path / "b.geojson"
    plain.write_bytes(collection(polygon("Sud", SQUARE)))
    run = ["ogr2ogr", "-f"]
    subprocess.run([*run, "ESRI Shapefile", "-t_srs", "EPSG:2154", shape, plain], check=True)
    subprocess.run([*run, "GeoJSON", *options, made, shape], check=True)
    expected = territory_files.read(plain.read_bytes(), "?").territories["Sud"]
    assert territory_files.read(made.read_bytes(), "?").territories["Sud"] == expected


# --- measures -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def services():
    hours = "Tu 18:00-20:00"
    return read(row("a", **CIVRAY, horaires_accueil=hours), row("b", code_insee=LOUDUN)).services


def look(services, question):
    return situation.measure(services, question, situation.neighbours(services, question))


def test_its_communes_have_the_measures_they_have_in_their_departement(services):
    own = Question([], (), MONDAY, km=20, own=(AROUND,))
    assert own.departements == ("79", "86")
    part = look(services, own)
    whole = look(services, replace(own, departements=["79", "86"], own=()))
    assert list(part.communes.index) == [CHEF_BOUTONNE, CHARROUX, "86078"]
    assert part.people == whole.weight[part.communes.index].sum()
    for name in ("nearest_m", "services", "certain_h", "supply", "verdict"):
        expected = whole.communes[name][part.communes.index]
        assert part.communes[name].astype(object).equals(expected.astype(object)), name
    covered = part.communes["services"] > 0
    assert part.near == pytest.approx(part.weight[covered].sum() / part.people)


def test_territories_stand_side_by_side_and_a_commune_counts_once(services):
    second = OwnTerritory("Nord", (LOUDUN, CHARROUX))
    answer = look(services, Question([], (), MONDAY, km=20, own=(AROUND, second)))
    table = territories.summary(answer, Level.OWN)
    assert table["communes"].to_dict() == {"Autour de Civray": 3, "Nord": 1}
    assert table["people"].sum() == answer.people
    assert territories.names(answer.communes, Level.DEPARTEMENT)["86"] == "Vienne (partie)"
    assert words.where(answer.question) == (
        "« Autour de Civray » (3\u00a0communes) et « Nord » (2\u00a0communes)"
    )
    assert words.file_places(answer) == "autour-de-civray-nord"
    assert "autour de civray" in files.to_csv(answer).decode().lower()
    assert all(not one.own for one in indicators.questions(answer.question))


def test_the_report_names_the_territory_and_its_communes(services):
    question = Question([], (), MONDAY, km=20, own=(AROUND,), langues=["ar"])
    now = datetime(2026, 11, 30, 10, tzinfo=PARIS)
    pdf = to_pdf(Material(look(services, question), services, MONDAY, now))
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    text = " ".join(" ".join(pages).split())
    assert "Dans « Autour de Civray » (3 communes), combien de personnes ont" in text
    assert "en arabe (ou avec un interprète)" in text
    assert "« Autour de Civray » : Chef-Boutonne, Charroux, Civray." in text
    assert "Une fiche qui ne dit pas ses langues compte comme possible" in text


# --- the page -----------------------------------------------------------------------------


def test_a_territory_of_the_address_is_the_territory_of_the_question():
    page = open_page(PAGE, territoire=str(AROUND))
    assert "« Autour de Civray »" in page.get("popover")[0].proto.popover.label
    shown = view(page)
    assert shown["shades"]["inside"] == list(AROUND.communes)
    assert set(shown["shades"]["communes"]) == set(AROUND.communes)
    assert len(page.dataframe[0].value) == 3
    assert page.query_params["territoire"] == str(AROUND)
    page.switch_page("annuaire.py").run()
    page.switch_page(PAGE).run()
    assert set(view(page)["shades"]["communes"]) == set(AROUND.communes)
    press(page, "Enlever")
    assert "territoire" not in page.query_params
    assert view(page)["territory"] == ["71"]


def giving():
    return open_page(PAGE).toggle(key="territoire_donner").set_value(True).run()


def test_the_address_is_read_without_the_page_too():
    shared = {"departements": ["71"], "types": [], "aides": ["avocat"], "langues": ["ar"]}
    asked = coverage_address.question(shared, {}, "71", MONDAY, [str(AROUND)])
    assert asked.own == (AROUND,)
    assert asked.departements == ("79", "86")
    assert asked.langues == ("ar",)
    with pytest.raises(coverage_address.WrongPart) as wrong:
        coverage_address.question(shared, {}, "71", MONDAY, ["Nulle part"])
    assert wrong.value.parameter == "territoire"


def test_communes_are_pasted_told_and_taken():
    page = giving()
    page.text_input(key="territoire_nom").set_value("Le <b>mien</b>")
    page.text_area(key="territoire_communes").set_value("Civray (86), Loudun\nNulleville").run()
    assert "Ligne 3 : « Nulleville »" in texts(page).replace("\\", "")
    press(page, "Prendre ce territoire")
    assert page.query_params["territoire"] == "Le <b>mien</b>~86.078.137"
    assert "<b>mien</b>" not in texts(page).replace("&lt;", "")
    page.main.multiselect[0].set_value(["86"]).run()
    assert "territoire" not in page.query_params
    assert len(view(page)["shades"]["communes"]) == 265


def test_the_example_of_the_page_is_understood():
    example = giving().text_area(key="territoire_communes").placeholder.partition("\n")[2]
    found = territory_files.read(example.encode(), "A")
    assert len(found.territories["A"].communes) == len(example.splitlines()) == 3
    assert found.problems == ()


def test_a_workbook_is_given_and_a_name_of_signs_alone_is_told():
    page = giving()
    page.text_input(key="territoire_nom").set_value("-")
    given = ("x.xlsx", workbook([["n", "Code INSEE"], [1, 86078], [2, LOUDUN]]), "text/plain")
    page.get("file_uploader")[0].set_value(given).run()
    assert not page.exception
    assert "« - » ne peut pas être un nom" in texts(page).replace("\\", "")
    press(page, "Prendre ce territoire")
    assert page.query_params["territoire"] == "Mon territoire~86.078.137"


def test_an_outline_is_given_and_its_rule_is_said():
    page = giving()
    given = ("x.geojson", collection(polygon("Sud", SQUARE), polygon("Y", BOW)), "text/plain")
    page.get("file_uploader")[0].set_value(given).run()
    assert "« Y » : le contour se croise" in texts(page).replace("\\", "")
    press(page, "Prendre ce territoire")
    said = texts(page).replace("\\", "")
    assert "Une commune compte si sa mairie est dans le contour" in said
    assert "Le contour coupe" in said
    assert "Genouillé (56 % dedans)" in said


@pytest.mark.parametrize("text", ["Ailleurs", "A~86.999", "~", "A~86"])
def test_an_address_that_is_not_understood_is_told_and_the_rest_answers(text):
    page = open_page(PAGE, departements="86", territoire=text)
    assert "L’adresse de cette page n’est pas comprise" in texts(page)
    assert len(view(page)["shades"]["communes"]) == 265


def test_territories_beside_the_list_are_chosen_by_name(tmp_path, monkeypatch):
    path = tmp_path / "services.csv"
    path.write_bytes(content([row("a", **CIVRAY)]))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(path))
    beside = tmp_path / "services.territoires.csv"
    beside.write_text("territoire,commune\nSud,Civray\nNord,Loudun\nNord,Nulleville\n", "utf-8")
    page = open_page(PAGE, territoire=["Nord", "Sud"])
    assert len(page.dataframe[0].value) == 2
    assert page.query_params["territoire"] == ["Nord", "Sud"]
    assert "services.territoires.csv : Ligne 4" in texts(page).replace("\\", "")
    beside.write_text("territoire,commune\n-,Civray\nNord,Loudun\n", "utf-8")
    page = open_page(PAGE, territoire=["Nord", "services"])
    assert not page.exception
    assert len(page.dataframe[0].value) == 2
    beside.write_text("territoire,prix\nSud,3\n", "utf-8")
    page = open_page(PAGE)
    assert "services.territoires.csv ne peut pas être lu" in texts(page).replace("\\", "")


def test_what_is_too_long_for_an_address_is_kept_for_the_visit_and_said():
    every = [code for code in CODES if code.startswith("71")]
    page = giving()
    page.text_area(key="territoire_communes").set_value("\n".join(every)).run()
    press(page, "Prendre ce territoire")
    assert "territoire" not in page.query_params
    assert "trop nombreuses pour l’adresse" in texts(page)
    assert len(view(page)["shades"]["communes"]) == len(every)
