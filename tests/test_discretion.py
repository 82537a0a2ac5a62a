"""Discreet words: what they never reveal, and what remains of a cell that does."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.discretion import TELLING, address, called, clean, phone_number, tells
from geodata.services import ServiceType
from geodata.text import fold
from tests.lists import CIVRAY, read, row

TOLD = [
    "Violences",
    "VICTIMES",
    "fem\u00admes",
    "fe\u200bmme",
    "conjugal",
    "ＦＥＭＭＥ",
    "réseau ViF",
]


def service(**cells):
    return read(row("a", **(CIVRAY | {"telephone": "17"} | cells))).services.iloc[0]


BASE = service()


@pytest.mark.parametrize("text", [*TOLD, "Dépôt de plainte", "mise à l’abri", "un refuge", "viol"])
def test_revealing_words_are_detected_in_any_spelling(text):
    assert tells(text)
    assert tells(f"Maison {text}, 3 rue Haute")


@pytest.mark.parametrize(
    "text", ["", "4 rue des Violettes", "rue du Violon", "Vifs remerciements", "Emprunt"]
)
def test_words_that_only_look_alike_do_not(text):
    assert not tells(text)


def test_names_of_a_service_and_its_organisation_reveal_as_whole_words():
    one = service(nom="L’Escale", structure="Solidarité 86")
    assert tells("Chez L’ESCALE, 1er étage", one)
    assert tells("solidarite 86", one)
    assert not tells("L’Escalette", one)
    assert not tells("Chez L’Escale")


def test_every_type_has_a_neutral_word_that_reveals_nothing():
    for kind in ServiceType:
        word = called(service(type=str(kind), nom="CANARI", structure="CANARI"), discreet=True)
        assert word
        assert not tells(word)
        assert "CANARI" not in word


def test_an_emergency_number_is_not_called_a_helpline():
    assert called(service(type="ecoute", acces="telephone|urgence"), discreet=True) == (
        "Numéro d’urgence"
    )
    assert called(service(type="ecoute", acces="telephone"), discreet=True) == "Numéro d’écoute"


@pytest.mark.parametrize(
    ("cell", "whole", "discreet"),
    [
        ("05 49 00 00 01", "05 49 00 00 01", "05 49 00 00 01"),
        ("05 49 00 00 01 (femmes)", "05 49 00 00 01 (femmes)", "05 49 00 00 01"),
        ("femmes : 3919 ou 17", "femmes : 3919 ou 17", "3919 / 17"),
        ("MDS de Civray : 05 49 00 00 01", "MDS de Civray : 05 49 00 00 01", "05 49 00 00 01"),
        ("0" * 40, "0" * 40, "0" * 40),
        ("0" * 41, "", ""),
        ("", "", ""),
    ],
)
def test_a_revealing_phone_cell_keeps_its_digits(cell, whole, discreet):
    one = BASE.copy()
    one["telephone"] = cell
    assert phone_number(one, discreet=False) == whole
    assert phone_number(one, discreet=True) == discreet


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("Maison des femmes, 3 rue Haute", "3 rue Haute"),
        ("3 rue Haute (MDS de Civray)", "3 rue Haute"),
        ("Maison des femmes", ""),
        ("3 rue Haute, Maison des femmes, 1er étage", "3 rue Haute, 1er étage"),
        ("Hôtel de Ville (1er étage)", "Hôtel de Ville (1er étage)"),
    ],
)
def test_an_address_loses_its_revealing_parts(cell, kept):
    one = BASE.copy()
    one["adresse"] = cell
    assert address(one, discreet=True) == kept
    assert address(one, discreet=False) == cell


@pytest.mark.parametrize(
    ("text", "longest", "kept"),
    [
        (" a\tb\nc  d ", None, "a b c d"),
        ("9\u00a0h – 24\u202f000", None, "9\u00a0h – 24\u202f000"),  # spaces that hold together
        ("fe\u200bm\u00adme\x00", None, "femme"),
        ("neuf mots", 9, "neuf mots"),
        ("neuf mots", 8, "neuf mo…"),
        ("neuf mots", 6, "neuf…"),
    ],
)
def test_what_is_kept_of_a_text(text, longest, kept):
    assert clean(text, longest=longest) == kept


@pytest.mark.parametrize("discreet", [True, False])
def test_a_long_address_is_cut(discreet):
    one = BASE.copy()
    one["adresse"] = "3 rue Haute " * 20
    cut = address(one, discreet=discreet)
    assert len(cut) <= 120
    assert cut.endswith("…")


@given(st.text(max_size=60), st.sampled_from(TOLD), st.text(max_size=60))
def test_discreet_texts_reveal_nothing_whatever_surrounds_a_word(before, word, after):
    one = BASE.copy()
    for column in ("nom", "structure", "telephone", "adresse"):
        one[column] = f"{before} {word} {after}"
    for said in (called, phone_number, address):
        assert not TELLING.search(fold(said(one, discreet=True)))


@given(st.text(max_size=80), st.integers(1, 40))
def test_clean_text_is_unchanged_and_within_its_length(text, longest):
    once = clean(text)
    assert clean(once) == once
    assert len(clean(text, longest=longest)) <= longest


def test_files_for_others_are_made_without_the_library_that_draws_paper():
    """The calendar export uses `discretion` without importing the paper modules."""
    code = "import sys, geodata.exports; sys.exit('fpdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
