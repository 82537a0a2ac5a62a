"""Services for those who commit violence: on no page and no paper, but where they are asked for."""

import io

import pypdf
import pytest

from geodata import national_export, networks, situation
from geodata.paper import handout, network_sheet, poster
from geodata.situation import Question
from pages.shared.cards import FOR_PERPETRATORS
from tests.lists import CIVRAY, read, row
from tests.test_pages import open_page, texts
from tests.walk_one_type_more import HERE, MONDAY, NOW, OPENING, SOURCE, TODAY

THEIRS = "Stage canari"
NETWORK = "reseau-vif-test"
COMMON = SOURCE | {"reseaux": NETWORK, "telephone": "05 49 00 00 01"}
ROWS = (
    row("femmes", **HERE, **COMMON, type="permanence", nom="Chez Nora", horaires_accueil=OPENING),
    row("eux", **HERE, **COMMON, type="permanence", nom=THEIRS, publics="auteurs",
        horaires_accueil=OPENING),
    row("eux-aussi", **CIVRAY, **COMMON, type="association", nom=THEIRS, publics="auteurs",
        aides="ecoute|mise-a-l-abri|soins|plainte|social|avocat"),
    row("leur-ligne", type="ecoute", nom=THEIRS, publics="auteurs", zone_eligibilite="france",
        telephone="3919"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def listed(on_list):
    on_list(*ROWS)


@pytest.fixture(scope="module")
def services():
    return read(*ROWS).services


def shown(name, **address) -> str:
    page = open_page(f"{name}.py", **address)
    return "\n".join([texts(page), *(button.label for button in page.button)])


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("carte", {}),
        ("carte", {"publics": "femmes"}),
        ("carte", {"fiche": "eux"}),
        ("trouver", {}),
        *(("trouver", {"depuis": "86078", "besoin": need}) for need in ("parler", "abri")),
        ("trouver", {"depuis": "86078", "fiche": "eux", "publics": "auteurs"}),
        ("permanences", {"publics": "auteurs"}),
        ("couverture", {"departements": "86"}),
        ("annuaire", {"vue": "fiches"}),
        ("annuaire", {"vue": "reseaux"}),
        ("annuaire", {"vue": "affiches", "affiche": "commune-86078"}),
    ],
)
def test_no_page_shows_them(name, address):
    assert THEIRS not in shown(name, **address)


def test_the_map_shows_them_with_their_mark_to_who_asks():
    said = shown("carte", publics="auteurs")
    assert said.count(f"**{THEIRS}**") == 3
    assert "Chez Nora" not in said
    assert FOR_PERPETRATORS in said
    assert f"<strong>{FOR_PERPETRATORS}</strong>" in shown("carte", publics="auteurs", fiche="eux")


def test_no_paper_and_no_measure_holds_them(services):
    for kind, code in zip(poster.Kind, ("86078", NETWORK, "86"), strict=True):
        territory = poster.Territory(kind, code)
        assert list(poster.offer(services, territory).rows.index) == ["femmes"]
        words = poster.wording(services, territory, list(services.index), TODAY, discreet=False)
        assert THEIRS not in str(words)
    assert THEIRS not in str(poster.offer(services, territory))
    for paper in (
        handout.handout(services, NOW, discreet=False),
        network_sheet.sheet(services, NETWORK, TODAY),
    ):
        text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages)
        assert "Chez Nora" in text
        assert THEIRS not in text
    assert list(networks.members(services, NETWORK).index) == ["femmes"]
    question = Question(["86"], (), MONDAY, km=20)
    assert list(situation.counted_services(services, question).index) == ["femmes"]
    reasons = national_export.left_out(services, today=TODAY)
    assert list(reasons[1:]) == [national_export.FOR_PERPETRATORS] * 3
