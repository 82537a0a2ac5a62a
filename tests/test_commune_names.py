"""Communes named as people write them: for the search, the reader of a list and the importers."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import communes
from geodata.commune_codes import reconcile

# What people write, and the only commune it can mean (codes of INSEE's list).
ONE = {
    "Poitiers": "86194",
    "POITIERS": "86194",
    "poitiers ": "86194",
    "Poitiers Cedex": "86194",
    "Poitiers CEDEX 9": "86194",
    "POITIERS CEDEX 09": "86194",
    "Poitiers cdx": "86194",
    "86000 Poitiers": "86194",
    "86000 POITIERS CEDEX": "86194",
    "F-86000 Poitiers": "86194",
    "Poitiers 86000": "86194",
    "Poitiers (86)": "86194",
    "Poitiers (Vienne)": "86194",
    "Poitiers (86000)": "86194",
    "Civray 86": "86078",
    "Civray (86)": "86078",
    "Civray (Cher)": "18066",
    "Civray Vienne": "86078",
    "Saint-Denis (93)": "93066",
    "Saint-Denis La Réunion": "97411",
    "St-Denis de la Réunion": "97411",
    "Saint-Pierre (Martinique)": "97225",
    "St Germain en Laye": "78551",
    "ST-GERMAIN-EN-LAYE": "78551",
    "Saint-Germain-en-Laye Cedex": "78551",
    "Ste Geneviève des Bois (91)": "91549",
    "Stes Maries de la Mer": "13096",
    "N.-D. de Bondeville": "76474",
    "ND de Bondeville": "76474",
    "Paris 12": "75056",
    "Paris 12e": "75056",
    "Paris 12ème": "75056",
    "Paris XIIe arrondissement": "75056",
    "PARIS 12E ARRONDISSEMENT": "75056",
    "Paris 1er": "75056",
    "Paris-01": "75056",
    "12e arrondissement de Paris": "75056",
    "75012 Paris": "75056",
    "Paris Cedex 12": "75056",
    "Lyon 2ème": "69123",
    "Lyon 02": "69123",
    "Lyon 3e arr.": "69123",
    "Lyon Cedex 03": "69123",
    "Marseille 8e": "13055",
    "Marseille 13": "13055",
    "Marseille VIIIe": "13055",
    "Chalon s/Saône": "71076",
    "Chalon s/ Saone": "71076",
    "Chalon/Saône": "71076",
    "CHALON SUR SAONE": "71076",
    "Châlons-en-Champagne": "51108",
    "Rosny s/s Bois": "93064",
    "LIsle Jourdain (86)": "86112",
    "L Isle Jourdain (Vienne)": "86112",
    "L’Isle-Jourdain 86": "86112",
    "lhay les roses": "94038",
    "L'HAY-LES-ROSES": "94038",
    "Villeneuve dAscq": "59009",
    "Creusot": "71153",
    "Montceau les Mines": "71306",
    "Montigny Bretonneux": "78423",
    "Oeuilly (51)": "51410",
    "Œuilly (Marne)": "51410",
    "Saint-Christol-lès-Alès": "30243",
    "Cherbourg": "50129",
    "Charleville (Ardennes)": "08105",
    "Cherbourg-Octeville": "50129",
    "Port-Villez": "78320",
    "Le Chesnay": "78158",
    "Rocquencourt (78)": "78158",
    "Bors (Canton de Charente-Sud)": "16053",
    "Bernières-sur-Seine": "27676",
    "Voisinlieu": "60057",
}


@pytest.mark.parametrize(("written", "code"), ONE.items())
def test_a_name_as_people_write_it_is_one_commune(written, code) -> None:
    assert communes.named(written) == [code]
    assert reconcile(written, "", "").code == code
    assert communes.search(written).index[0] == code


@pytest.mark.parametrize(
    ("written", "some"),
    [
        ("Saint-Denis", {"93066", "97411", "11339", "30247"}),
        ("L'Isle-Jourdain", {"86112", "32160"}),
        ("Civray", {"86078", "18066"}),
        ("Chalon", {"38066", "71076"}),  # in the Isère, and Chalon-sur-Saône
        ("Rocquencourt", {"60544", "78158"}),
        ("Charleville", {"51129", "08105"}),
        ("Évry", {"89162", "91228"}),
        ("Saint-Quentin-en-Yvelines", {"78621", "78423", "78297", "78208", "78644"}),
        ("St Quentin en Yvelines", {"78621", "78423"}),
        ("La Défense", {"92026", "92050", "92062"}),
        ("Paris La Défense Cedex", {"92026", "92050", "92062"}),
        ("Marne-la-Vallée", {"93051", "77083", "77468", "77449"}),
        ("Cergy Pontoise", {"95127", "95500"}),
        ("Sophia-Antipolis", {"06152", "06018"}),
        ("Le Creusot-Montceau", {"71153", "71306"}),
    ],
)
def test_a_name_of_several_communes_is_a_choice(written, some) -> None:
    assert some <= set(communes.named(written))
    assert reconcile(written, "", "").code == ""
    assert some <= set(communes.search(written, limit=20).index)


@pytest.mark.parametrize(
    ("written", "code_postal", "code"),
    [
        ("Chalon", "71100", "71076"),
        ("Saint-Denis", "97400", "97411"),
        ("Saint-Denis", "93200", "93066"),
        ("L’Isle-Jourdain", "86150", "86112"),
        ("Rocquencourt", "78150", "78158"),
        ("La Défense", "92800", "92062"),
        ("Saint-Quentin-en-Yvelines", "78180", "78423"),
        ("Poitiers Cedex", "86021", "86194"),  # no commune's: that of a CEDEX
        ("Saint-Denis", "97490", "97411"),
        ("Poitiers", "71100", ""),
        ("86000 Poitiers", "71100", ""),
        ("", "86000", ""),
    ],
)
def test_the_postal_code_settles_which(written, code_postal, code) -> None:
    assert reconcile(written, code_postal, "").code == code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("poitiers ced", "86194"),
        ("poitiers centre", "86194"),
        ("lisle jourd", "32160"),
        ("Chatelereault", "86066"),
        ("Bordeau", "33063"),
        ("la def", "92050"),
    ],
)
def test_the_search_answers_what_is_half_typed_or_misspelt(typed, code) -> None:
    assert code in communes.search(typed).index


def test_an_exact_name_comes_before_longer_ones_and_more_people_first() -> None:
    found = communes.search("vienne", limit=8)
    assert found.index[0] == "38544"
    longer = communes.search("montreuil", limit=8)
    assert longer.index[0] == "93048"


@pytest.mark.parametrize("words", ["", "zzzz", "la", "de", "(86)", "cedex", "86", "12e", "a" * 500])
def test_what_names_no_commune_names_none(words) -> None:
    assert communes.named(words) == []


@given(st.text(max_size=30), st.text(max_size=6))
def test_any_text_may_be_asked(text, code_postal) -> None:
    assert set(communes.named(text, code_postal)) <= set(communes.read_town_halls().index)


def test_every_commune_is_named_by_its_name_however_it_is_written() -> None:
    halls = communes.read_town_halls()
    lost = [
        (code, written)
        for code, nom in halls["nom"].items()
        for written in (nom, nom.upper(), nom.replace("-", " ").replace("'", " "), f"{nom} Cedex 2")
        if code not in communes.named(written)
    ]
    assert lost == []


def test_every_commune_is_the_only_one_of_its_name_and_postal_code() -> None:
    halls = communes.read_town_halls()
    asked = halls["codes_postaux"].map(lambda codes: codes[0] if codes else "")
    found = [reconcile(*place, "").code for place in zip(halls["nom"], asked, strict=True)]
    wrong = halls[(pd.Series(found, halls.index) != halls.index) & (asked != "")]
    # Two Castillon, Bors, … of one postal code, or one name within the other.
    assert len(wrong) < 40


def test_former_names_lead_to_their_communes() -> None:
    halls = communes.read_town_halls()
    columns = zip(halls.index, halls["departement"], halls["anciens_noms"], strict=True)
    former = [(code, home, nom) for code, home, formers in columns for nom in formers]
    assert len(former) > 6_000
    lost = [
        (code, nom)
        for code, home, nom in former[::5]
        if code not in communes.search(nom, departements=[home], limit=100).index
    ]
    assert lost == []


def test_the_communes_of_everyday_names_are_of_today() -> None:
    rows = pd.read_csv(communes.EVERYDAY_NAMES_FILE, dtype="str")
    codes = rows["communes"].str.split("|").explode()
    assert set(codes) <= set(communes.read_town_halls().index)
    assert rows["communes"].str.contains("|", regex=False).all()
