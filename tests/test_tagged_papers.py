"""Tagged PDF: what a screen reader finds in each paper."""

import io
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import pdfua
import pikepdf
import pytest

from geodata import situation
from geodata.languages import Language
from geodata.paper import handout, network_sheet, poster
from geodata.paper._typesetting import Text, document, put
from geodata.paper.handout import Size
from geodata.paper.poster import Kind, Product, Territory
from geodata.paper.report import Material, to_pdf
from geodata.services import read_services
from geodata.situation import Question
from geodata.situation.scenario import DropIn, Scenario, apply
from tests.conftest import ROOT

NOW = datetime(2026, 11, 22, 10, 30)
SHIPPED = read_services(ROOT / "services.csv").services
VIENNE = SHIPPED[SHIPPED["departement"] == "86"]


def sheet(**options):
    return handout.handout(VIENNE.iloc[:8], NOW, discreet=False, **options)


def on_the_wall(product):
    territory = Territory(Kind.DEPARTEMENT, "86")
    ids = poster.usual(poster.offer(SHIPPED, territory).rows, poster.USUAL[product])
    return poster.make(SHIPPED, territory, ids, NOW.date(), product=product, discreet=False)


def dossier():
    question = Question(departements=["86"], types=["mds"], monday=date(2026, 11, 30), km=20)
    scenario = Scenario((DropIn("86137", "Tu 18:00-20:00"),))

    def look(what):
        counted = apply(situation.counted_services(SHIPPED, question), what)
        found = situation.measure(counted, question, situation.neighbours(counted, question))
        return replace(found, communes=found.communes.iloc[:40])

    return to_pdf(
        Material(
            look(scenario), SHIPPED, NOW.date(), NOW, before=look(Scenario()), scenario=scenario
        )
    )


PAPERS = {
    "feuille": sheet,
    "feuille-grand": lambda: sheet(size=Size.GRAND),
    "feuille-poche": lambda: sheet(size=Size.POCHE, with_appointment=True),
    "feuille-arabe": lambda: sheet(language=Language.AR, with_appointment=True),
    "feuille-russe": lambda: sheet(language=Language.RU, size=Size.POCHE),
    "affiche": lambda: on_the_wall(Product.POSTER),
    "depliant": lambda: on_the_wall(Product.LEAFLET),
    "cartes": lambda: on_the_wall(Product.CARDS),
    "reseau": lambda: network_sheet.sheet(SHIPPED, "clav-86", NOW.date()),
    "dossier": dossier,
}


@cache
def content(paper):
    return PAPERS[paper]()


@pytest.fixture(params=PAPERS)
def paper(request):
    with pikepdf.open(io.BytesIO(content(request.param))) as pdf:
        yield pdf


def elements(pdf):
    """Return every structure element, in reading order, with its parent."""
    todo = [(pdf.Root.StructTreeRoot.K, None)]
    while todo:
        element, parent = todo.pop(0)
        yield element, parent
        kids = list(element.get("/K", []))
        todo[:0] = [(kid, element) for kid in kids if kid.get("/S") is not None]


def kinds(pdf):
    return [str(element.S).removeprefix("/") for element, _ in elements(pdf)]


def runs(page):
    """Return each thing drawn on a page: (operator, open marks)."""
    marks = []
    for operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name in ("BMC", "BDC"):
            number = operands[1].get("/MCID") if name == "BDC" else None
            marks.append((str(operands[0]).removeprefix("/"), number))
        elif name == "EMC":
            marks.pop()
        elif name in ("Tj", "TJ", "f", "f*", "S", "s", "B", "b", "B*", "b*", "Do"):
            yield name, tuple(marks)
    assert marks == []


NO_CLAIM = "UA-28-004"
"""The file does not say that it conforms to PDF/UA."""


@pytest.mark.parametrize("name", PAPERS)
def test_a_checker_of_pdf_ua_finds_nothing(name, tmp_path):
    path = Path(tmp_path / "papier.pdf")
    path.write_bytes(content(name))
    found = [one.rule_id for one in pdfua.validate(path).findings]
    assert found == [NO_CLAIM]


def test_everything_drawn_is_in_one_element_or_an_artifact(paper):
    for page in paper.pages:
        for operator, marks in runs(page):
            assert len(marks) == 1
            kind, number = marks[0]
            assert (number is None) is (kind == "Artifact")
            assert not (operator == "Do" and kind == "Artifact")


@pytest.mark.parametrize(
    "name", ["feuille", "feuille-arabe", "feuille-poche", "depliant", "reseau"]
)
def test_no_text_is_left_out_but_the_foot_of_pages(name):
    with pikepdf.open(io.BytesIO(content(name))) as pdf:
        for number, page in enumerate(pdf.pages):
            left_out = [
                operator
                for operator, marks in runs(page)
                if operator in ("Tj", "TJ") and marks[0][0] == "Artifact"
            ]
            if name == "reseau":
                assert len(left_out) == 2
            else:
                assert bool(left_out) is (number > 0 and name != "depliant")


def test_the_parent_tree_finds_the_element_of_every_mark(paper):
    numbers = list(paper.Root.StructTreeRoot.ParentTree.Nums)
    owners = {int(key): list(value) for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
    for page in paper.pages:
        marks = {number: kind for _, [(kind, number)] in runs(page) if number is not None}
        assert marks
        for number, kind in marks.items():
            owner = owners[int(page.StructParents)][int(number)]
            assert str(owner.S) == f"/{kind}"
            assert any(
                kid.get("/MCID") == number and kid.Pg.objgen == page.objgen for kid in owner.K
            )


def test_headings_begin_with_the_title_and_leave_out_no_level(paper):
    levels = [int(kind[1]) for kind in kinds(paper) if kind in ("H1", "H2", "H3")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_file_says_its_title_and_its_language(paper):
    assert str(paper.Root.Lang) == "fr-FR"
    assert bool(paper.Root.MarkInfo.Marked)
    assert bool(paper.Root.ViewerPreferences.DisplayDocTitle)
    with paper.open_metadata() as metadata:
        assert metadata["dc:title"] == str(paper.docinfo["/Title"])
        assert "pdfuaid:part" not in metadata  # claimed by nobody: veraPDF was not run


def test_pictures_have_words_and_tables_have_heads():
    with pikepdf.open(io.BytesIO(content("dossier"))) as pdf:
        found = Counter(kinds(pdf))
        assert found["Figure"] == 7
        assert found["Table"] >= 5
        assert found["TR"] > 60
        for element, parent in elements(pdf):
            if element.S == "/Figure":
                assert len(str(element.Alt)) > 40
            if element.S in ("/TH", "/TD"):
                assert parent.S == "/TR"
            if element.S == "/TH":
                assert element.A.Scope == "/Column"
            if element.S == "/TR":
                assert {str(kid.S) for kid in element.K} in ({"/TH"}, {"/TD"})
            if element.S == "/LBody":
                assert parent.S == "/LI"


def test_the_other_language_is_told_and_its_french_is_not():
    with pikepdf.open(io.BytesIO(content("feuille-arabe"))) as pdf:
        languages = Counter(str(element.get("/Lang", "fr")) for element, _ in elements(pdf))
    assert languages["ar"] > 30
    assert languages["fr"] > 30


def test_cards_and_slips_are_read_once():
    for name, title in (("cartes", "H1"), ("affiche", "H1")):
        with pikepdf.open(io.BytesIO(content(name))) as pdf:
            assert kinds(pdf).count(title) == 1
            texts = sum(
                marks[0][0] != "Artifact"
                for page in pdf.pages
                for operator, marks in runs(page)
                if operator in ("Tj", "TJ")
            )
            assert 0 < texts < 60


def test_a_paragraph_that_goes_on_to_the_next_page_is_one():
    pdf = document("Titre", NOW)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.add_page()
    with pdf.tag("P"):
        pdf.multi_cell(60, 6, text="mot " * 600)
    put(pdf, [Text("Fin", 12)], 10, 10)
    with pikepdf.open(io.BytesIO(bytes(pdf.output()))) as written:
        assert len(written.pages) > 1
        assert kinds(written) == ["Document", "P", "P"]
        first = list(elements(written))[1][0]
        assert len({kid.Pg.objgen for kid in first.K}) == len(written.pages)
