"""Check every page and paper with one more service type.

test_service_types.py runs this in its own process, with the plugin `one_type_more`.
"""

import io
import json
import zipfile
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest

from geodata import exports, national_export, networks, quality, situation
from geodata.__main__ import main
from geodata.aids import gives
from geodata.answers import Need
from geodata.matching import candidates
from geodata.paper import handout, network_sheet, poster
from geodata.paper.report import Material, bundle, to_pdf
from geodata.points import measured_points
from geodata.selection import Selection, select
from geodata.services import ServiceType
from geodata.situation import Question
from geodata.upkeep import calls, checking, keeping, merging
from tests.lists import CIVRAY, content, read, row
from tests.test_editing import access, press
from tests.test_pages import open_page, texts

NOW = datetime.now(ZoneInfo("Europe/Paris"))
TODAY = NOW.date()
SOON = TODAY + timedelta(days=3)
MONDAY = TODAY - timedelta(days=TODAY.weekday())
KIND, LABEL, NEUTRAL = "bureau-mobile", "Bureau mobile", "Camionnette de services"
HERE = {**CIVRAY, "adresse": "12 place du Marché", "latitude": "46.149", "longitude": "0.295"}
OPENING = f"{SOON:%Y} {SOON:%b} {SOON.day} 14:00-17:00"
SOURCE = {"lien_source": "https://vienne.fr", "date_source": "2020-01-01", "source": "Département"}


def stop(key="a", **cells):
    """Return a service of the new type, without the type's name in any other column."""
    usual = {"nom": "Chez Nora", "structure": "Maison Nora", "telephone": "05 49 00 00 01"}
    return row(key, **(usual | SOURCE | {"type": KIND, "reseaux": "reseau-vif-test"} | cells))


ROWS = (
    stop(
        **HERE,
        description="Un bureau au marché.",
        horaires_accueil=OPENING,
        acces="sans-rdv",
        publics="femmes",
    ),
    stop("b", **CIVRAY, nom="Chez Aya", confidentialite="commune", telephone="05 49 00 00 02"),
    stop("c", nom="Chez Lou", zone_eligibilite="86", confidentialite="departement"),
    stop("d", **CIVRAY, nom="Chez Zoé", telephone=""),
)


@pytest.fixture(scope="module")
def services():
    found = read(*ROWS)
    assert not found.problems
    return found.services


@pytest.fixture(autouse=True)
def listed(on_list):
    on_list(*ROWS)


def text_of(pdf):
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def shown(page):
    """Return all texts of a page: buttons, choices with their help, popovers."""
    groups = ("multiselect", "selectbox", "button_group")
    choices = [one for kind in groups for one in page.get(kind)]
    offered = [text for one in choices for text in (*one.options, one.proto.help)]
    popovers = [block.proto.popover.label for block in page.get("popover")]
    buttons = [button.label for button in page.button]
    return "\n".join([texts(page), *offered, *popovers, *buttons])


# --- pages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        ("carte", {"types": KIND}, (LABEL, "4 services")),
        ("carte", {"fiche": "a"}, (f"<p>{LABEL} · ",)),
        ("trouver", {}, ("Ce qu’on y fait",)),
        ("trouver", {"depuis": "86078", "besoin": "soins"}, ("Chez Nora",)),
        ("trouver", {"depuis": "86078", "besoin": "soins", "fiche": "a"}, (f"<p>{LABEL} · ",)),
        ("permanences", {"types": KIND}, (LABEL, "Chez Nora")),
        ("couverture", {"departements": "86", "types": KIND}, (LABEL, "**un bureau mobile**")),
        ("annuaire", {"vue": "a-rappeler"}, (f"{LABEL}</span>", f"{LABEL} · Civray")),
        ("annuaire", {"vue": "fiches"}, ("4 fiches",)),
        ("annuaire", {"vue": "fiches", "fiche": "a"}, (f"<p>{LABEL} · ",)),
        ("annuaire", {"vue": "reseaux"}, ("Santé (4)",)),
        ("annuaire", {"vue": "affiches", "affiche": "commune-86078"}, (LABEL,)),
        ("annuaire", {"vue": "verifier"}, ()),
        ("annuaire", {"vue": "a-corriger"}, ()),
        ("annuaire", {"vue": "historique"}, ()),
    ],
)
def test_a_page_shows_it(name, address, words):
    page = shown(open_page(f"{name}.py", **address))
    assert [each for each in words if each not in page] == []


def test_a_record_can_be_given_it(monkeypatch):
    monkeypatch.setattr(access, "editor", lambda: "observatoire")
    page = press(open_page("annuaire.py", vue="fiches", fiche="a"), "Modifier cette fiche")
    assert LABEL in next(box.options for box in page.selectbox if box.label == "Type")


# --- papers -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", handout.Size)
def test_the_sheet_to_hand_over(services, size):
    assert "Chez Nora" in text_of(handout.handout(services, NOW, size=size, discreet=False))
    discreet = text_of(handout.handout(services, NOW, size=size))
    assert NEUTRAL in discreet
    assert "Nora" not in discreet


@pytest.mark.parametrize("product", poster.Product)
def test_posters_leaflets_and_cards(services, product):
    for kind, code in zip(poster.Kind, ("86078", "reseau-vif-test", "86"), strict=True):
        territory = poster.Territory(kind, code)
        assert "a" in poster.offer(services, territory).rows.index
    for discreet, called in ((False, LABEL), (True, NEUTRAL)):
        chosen = {"product": product, "discreet": discreet}
        assert called in text_of(poster.make(services, territory, ["a", "b"], TODAY, **chosen))


def test_the_sheet_of_a_network(services):
    assert networks.sectors(services).eq("sante").all()
    text = text_of(network_sheet.sheet(services, "reseau-vif-test", TODAY))
    assert "Chez Nora" in text
    assert "Santé" in text


def test_the_report_and_its_data(services):
    question = Question(["86"], [ServiceType(KIND)], MONDAY, km=20)
    counted = situation.counted_services(services, question)
    assert "a" in counted.index
    found = situation.measure(counted, question, situation.neighbours(counted, question))
    material = Material(found, services, services_written=TODAY, now=NOW)
    paper = to_pdf(material)
    assert LABEL in text_of(paper)
    assert "un bureau mobile" in text_of(paper)
    assert bundle(material, {"pdf": paper})


# --- answers, exports, upkeep -------------------------------------------------------------


def test_answers_and_search(services):
    assert gives(services, Need.SOINS.aids).all()
    assert list(measured_points(services).notna()) == [True, True, True, False]
    assert sorted(select(services, Selection(words="bureau mobile")).index) == list("abcd")
    assert sorted(select(services, Selection(types=(KIND,))).index) == list("abcd")


def test_exports(services, tmp_path, capsys):
    assert KIND in exports.to_csv(services).decode()
    assert json.loads(exports.to_geojson(services))["features"][0]["properties"]["type"] == KIND
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(services)))
    assert KIND in [cell.value for line in book.worksheets[0].rows for cell in line]
    archive = national_export.to_data_inclusion(services, today=TODAY)
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        structures = json.loads(files.read("structures.json"))
    assert ["cidff"] in [structure["reseaux_porteurs"] for structure in structures]
    source = tmp_path / "liste.csv"
    source.write_bytes(content(ROWS))
    assert main(["export", str(source), "--type", KIND]) == 0
    assert "Chez Nora" in capsys.readouterr().out


def test_the_quality_of_the_list_and_the_calls(services):
    assert not quality.is_recent(services, TODAY).any()
    fresh = TODAY - timedelta(days=60)
    checked = services.assign(date_verification=fresh.isoformat())
    assert quality.is_recent(checked, TODAY).all()
    assert KIND in quality.by_group(services, TODAY, "type").index
    to_call = quality.to_call(services, TODAY)
    assert set(calls.sheet(to_call, services, TODAY)["Type"]) == {LABEL}


def test_another_list_is_merged(services):
    theirs = read(stop("di-1", **HERE, horaires_accueil="Mo 09:00-12:00")).services
    seen = merging.compare(services, theirs)
    assert seen.pairs[["ours", "theirs"]].to_numpy().tolist() == [["a", "di-1"]]
    merged = merging.apply(keeping.read_cells(content(ROWS)), seen, merging.Choices())
    assert list(merged["type"]) == [KIND] * 4
    confused, other = (
        candidates(services, read(stop("x", **HERE, type=kind)).services, floor=0)["score"].max()
        for kind in ("sante", "justice")
    )
    assert confused > other


@pytest.mark.parametrize("written", ["camion", "Bureaux mobiles"])
def test_the_type_is_understood_as_people_write_it(written):
    assert read(stop(type=LABEL)).services["type"]["a"] == KIND
    checked = checking.check(content([stop(type=written)]))
    mended = checked.mended(checked.repairs)
    assert KIND in mended.decode()
