"""A keeper's own workbook, in a real browser: into the list, and out of it again."""

import io

import openpyxl
from playwright.sync_api import expect

from geodata.services import read_services
from tests.conftest import settled, wait_for
from tests.lists import CIVRAY, content, row

HEADER = ["Nom de la structure", "Nature", "Adresse", "CP", "Ville", "Tél. fixe",
          "Jours et heures d’ouverture", "Public", "Référent"]  # fmt: skip
ROWS = [
    ["CIDFF de la Vienne", "Association", "12 rue de la Paix", 86000, "POITIERS", 549880100,
     "du lundi au vendredi 9h-12h et 14h-17h", "Femmes", "Poste 12"],
    ["Permanence d’avocats", "Permanence", "Mairie", 86200, "Loudun", "05 49 98 15 38",
     "3e mardi du mois 9h-12h", "adultes", "Poste 13"],
]  # fmt: skip
HEAD_PX, ROW_PX = 36, 35


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for line in (["Lieux d’accueil, mars 2026"], [], HEADER, *ROWS, ["Total", "", "", 2]):
        book.active.append(line)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def kept_as_it_is(page, grid) -> bool:
    """Choose « gardée telle quelle » for the last column; return whether the grid took it."""
    box = grid.bounding_box()
    y = box["y"] + HEAD_PX + ROW_PX * (len(HEADER) - 0.5)
    page.mouse.dblclick(box["x"] + 0.25 * box["width"], y)
    page.wait_for_timeout(300)
    page.keyboard.type("gardée")
    page.keyboard.press("Enter")
    page.wait_for_timeout(700)
    return "gardée telle quelle" in (grid.text_content() or "")


def test_a_workbook_goes_into_the_list_and_comes_out_again(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(content([row(**CIVRAY)]))
    before = path.read_bytes()
    address = serve(path, MAILLAGE_EDITION="locale")
    page = visit(f"{address}/annuaire?vue=verifier", size={"width": 1366, "height": 1100})
    page.locator(".pied").wait_for()
    file = {"name": "lieux.xlsx", "mimeType": "", "buffer": workbook()}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("8 colonnes reconnues, dont 0 à vérifier")).to_be_visible()

    # The last column is left out; she keeps it. The grid is drawn some time after its frame.
    grid = page.locator(".stDataFrame canvas").first
    expect(grid).to_contain_text("Référent")
    settled(page)
    wait_for(lambda: kept_as_it_is(page, grid))
    settled(page)
    page.get_by_label("D’où viennent ces informations ?").fill("Observatoire de la Vienne")
    page.keyboard.press("Enter")
    settled(page)
    page.get_by_role("button", name="Continuer : les lignes").click()
    expect(page.get_by_text("2 lignes prises")).to_be_visible()
    expect(page.get_by_text("Mots à traduire (1)")).to_be_visible()
    expect(page.get_by_text("Ce que disent les noms (1)")).to_be_visible()
    page.get_by_role("button", name="Continuer : la fusion").click()
    expect(page.get_by_text("2 nouvelles fiches", exact=True)).to_be_visible()
    assert path.read_bytes() == before
    page.get_by_text("Ajouter 2 nouvelles fiches").click()
    settled(page)
    page.get_by_role("button", name="Mettre dans la liste").click()
    expect(page.get_by_text("2 fiches ajoutées")).to_be_visible()

    services = read_services(path).services.set_index("nom")
    assert services.loc["CIDFF de la Vienne", "telephone"] == "05 49 88 01 00"
    assert services.loc["CIDFF de la Vienne", "Référent"] == "Poste 12"
    assert "avocat" in services.loc["Permanence d’avocats", "aides"]

    page.goto(f"{address}/annuaire?vue=historique")
    expect(page.locator(".pied")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Annuler").first.click()
    page.get_by_role("button", name="Oui, annuler cette modification").click()
    wait_for(lambda: len(read_services(path).services) == 1)
    assert not page.errors
