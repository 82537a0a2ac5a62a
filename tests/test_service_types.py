"""Service types: the checks of a row, and that a new type needs only one row."""

import subprocess
import sys

import pytest

from geodata import discretion
from geodata.labelled import Labelled
from geodata.services import ServiceType
from tests.conftest import ROOT
from tests.one_type_more import ROW, built


def test_a_type_is_its_value_and_knows_its_label():
    assert ServiceType("ccas") == "ccas"
    assert [kind.label for kind in (ServiceType.CCAS, ServiceType.ECOUTE)] == [
        "CCAS",
        "Ligne d’écoute",
    ]


def test_a_labelled_member_without_label_is_refused():
    with pytest.raises((TypeError, RuntimeError)):  # Python 3.11 wraps it in the second
        Labelled("Mood", {"GOOD": "good"})


@pytest.mark.parametrize("kind", ServiceType)
def test_the_printed_words_of_a_type_reveal_nothing(kind):
    assert not discretion.tells(kind.facts.neutral)
    assert not discretion.tells(kind.facts.does)


def test_the_readme_names_every_type():
    columns = (ROOT / "README.md").read_text("utf-8")
    (line,) = (line for line in columns.splitlines() if "`type` is one of" in line)
    assert {kind for kind in ServiceType if f"`{kind}`" in line} == set(ServiceType)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (" months=3,", "", "missing 1 required keyword-only argument: 'months'"),
        ("months=3", "months=0", "BUREAU_MOBILE: months is less than 1"),
        ('neutral="Camionnette de services"', 'neutral=""', "BUREAU_MOBILE: neutral is empty"),
        ('label="Bureau mobile"', 'label="CCAS"', "BUREAU_MOBILE: another row has the same label"),
        ('value="bureau-mobile"', 'value="ccas"', "duplicate values found.*BUREAU_MOBILE -> CCAS"),
        ("aids=(Aid.SOINS, Aid.ECOUTE)", "aids=()", "BUREAU_MOBILE: aids is empty"),
        ("usual_sector", "sector=Sector.HEALTH, usual_sector", "BUREAU_MOBILE: sector and usual"),
        (
            'does="Vient dans le village, renseigne et oriente."',
            'does=""',
            "BUREAU_MOBILE: does is",
        ),
        ("poster_turn=5", "poster_turn=None", "BUREAU_MOBILE: poster_turn is"),
        ('("sante",)', '("hopital",)', "BUREAU_MOBILE: confused_with names an unknown type"),
        ("BUREAU_MOBILE =", "HEBERGEMENT =", "HEBERGEMENT"),
    ],
)
def test_an_invalid_row_stops_the_program_with_a_reason(right, wrong, said):
    assert right in ROW
    with pytest.raises((ValueError, TypeError), match=said):
        built(ROW.replace(right, wrong))


HARMLESS = "HOUSING,\n        measured=False, open_at_night=True, may_be_shelter=False"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("HOUSING,\n        measured=False", "HOUSING,\n        measured=True", "a shelter is"),
        (
            "HOUSING,\n        measured=False, open_at_night=True, may_be_shelter=True",
            HARMLESS,
            "a shelter may",
        ),
        (
            "aids=(Aid.SOINS, Aid.CONSTAT)",
            "aids=(Aid.JURIDIQUE,)",
            "no type answers the need soins",
        ),
    ],
)
def test_an_invalid_table_stops_the_program_with_a_reason(right, wrong, said):
    with pytest.raises(ValueError, match=said):
        built("", replacing=(right, wrong))


def test_a_row_more_is_all_that_a_new_type_needs():
    """Run every page, paper, export and check with one more type in the table."""
    command = [sys.executable, "-m", "pytest", "-o", "addopts=", "-q", "-p", "no:xdist"]
    walk = [*command, "-p", "tests.one_type_more", "tests/walk_one_type_more.py"]
    done = subprocess.run(walk, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
