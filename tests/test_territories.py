"""The measures by territory, by aid and by women: laws, and figures that a hand can check."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata import communes, population, situation
from geodata.aids import INTERPRETER, Aid
from geodata.coverage import SlotClass
from geodata.population import People
from geodata.situation import Question, files, gaps, indicators, territories
from geodata.situation.gaps import Found, Look
from geodata.situation.indicators import Year
from geodata.situation.scenario import DropIn, Scenario, apply
from geodata.situation.territories import Level
from geodata.sources import insee
from geodata.tables import UnreadableFile
from tests.conftest import ROOT
from tests.lists import CIVRAY, read, row

MONDAY = date(2026, 11, 30)
CHARROUX, LOUDUN = "86061", "86137"
CIVRAISIEN, LOUDUNAIS = "200070035", "248600447"
EVENING = "Tu 18:00-20:00"
QUESTION = Question(["86"], (), MONDAY, km=12)


@pytest.fixture(scope="module")
def three():
    """A lawyer told in Civray, an association in Loudun that says nothing, a gendarmerie there."""
    return read(
        row("civray", **CIVRAY, aides="avocat", langues="interprete", horaires_accueil=EVENING),
        row("asso", type="association", code_insee=LOUDUN),
        row("brigade", type="gendarmerie", code_insee=LOUDUN, horaires_accueil=EVENING),
    ).services


@pytest.fixture(scope="module")
def around(three):
    return situation.neighbours(three, QUESTION)


@pytest.fixture(scope="module")
def answer(three):
    return look(three, QUESTION)


def look(services, question, weight=None):
    counted = situation.counted_services(services, question)
    around = situation.neighbours(counted, question)
    return situation.measure(counted, question, around, weight=weight)


# --- which aid is missing where -----------------------------------------------------------


@pytest.mark.parametrize(
    ("aid", "opening", "civray", "loudun"),
    [
        (Aid.AVOCAT, None, Found.SURE, Found.NONE),
        # An association usually listens and advises: its row does not say so.
        (Aid.ECOUTE, None, Found.NONE, Found.POSSIBLE),
        # A gendarmerie does one thing.
        (Aid.PLAINTE, None, Found.NONE, Found.SURE),
        # The row in Civray says what it does, and this is not of it.
        (Aid.SOCIAL, None, Found.UNKNOWN, Found.UNKNOWN),
        (INTERPRETER, None, Found.SURE, Found.UNKNOWN),
        (Aid.AVOCAT, SlotClass.SOIR, Found.SURE, Found.NONE),
        (Aid.AVOCAT, SlotClass.NUIT, Found.NONE, Found.NONE),
        (Aid.ECOUTE, SlotClass.NUIT, Found.NONE, Found.POSSIBLE),
        (Aid.PLAINTE, SlotClass.NUIT, Found.NONE, Found.NONE),
    ],
)
def test_an_aid_is_sure_possible_unknown_or_in_no_place(
    three, around, aid, opening, civray, loudun
):
    found = gaps.in_reach(three, replace(QUESTION, opening=opening), around, str(aid))
    assert found[[CIVRAY["code_insee"], LOUDUN]].tolist() == [civray, loudun]


def test_an_aid_that_no_row_gives_is_missing_only_where_the_list_is_declared_complete(
    three, around
):
    found = gaps.in_reach(three, QUESTION, around, str(Aid.SOCIAL), complete=["86"])
    assert set(found) == {Found.NONE}


@pytest.mark.parametrize("types", [(), ("mds", "gendarmerie")])
def test_a_scenario_changes_who_has_an_aid_but_not_what_the_list_tells(three, types):
    """A drop-in perhaps gives what its type usually does; elsewhere nothing more is known."""
    listed, question = three.drop(index="asso"), replace(QUESTION, types=types)
    supposed = apply(listed, Scenario((DropIn(CHARROUX, EVENING),), ("civray", "brigade")))
    around = situation.neighbours(supposed, question)
    found = gaps.all_in_reach(supposed, question, around, listed=listed)
    assert found["juridique"][[CHARROUX, LOUDUN]].tolist() == [Found.POSSIBLE, Found.UNKNOWN]
    # What is closed was in the list: there is none now, and that is known.
    assert set(found["avocat"]) == {Found.NONE}
    assert set(found["plainte"]) == {Found.NONE}
    assert found[INTERPRETER][LOUDUN] == Found.NONE


def test_the_indicators_say_which_figures_follow_a_scenario(three):
    made = indicators.indicators(
        three,
        tuple(look(three, each) for each in indicators.questions(QUESTION)),
        written=MONDAY,
        today=MONDAY,
        supposed="le scénario « Loudun »",
    )
    themes = {
        one.theme for one in made if "avec le scénario « Loudun », qui n’existe pas" in one.source
    }
    assert themes == {"Accès", "Heures"}


def test_the_matrix_counts_the_people_of_each_territory(three, around):
    found = gaps.all_in_reach(three, QUESTION, around)
    table = gaps.matrix(found, around.communes)
    rows = around.communes
    for epci, aid in ((CIVRAISIEN, "avocat"), (LOUDUNAIS, "ecoute"), (LOUDUNAIS, "avocat")):
        here = rows[rows["epci"] == epci]
        answers = found[aid][here.index]
        sure = here["population"][answers == Found.SURE].sum()
        perhaps = here["population"][answers == Found.POSSIBLE].sum()
        cell = table.loc[(epci, aid)]
        assert cell["people"] == here["population"].sum()
        assert cell["sure"] == pytest.approx(sure / cell["people"])
        assert cell["possible"] - cell["unknown"] == pytest.approx(
            (sure + perhaps) / cell["people"]
        )
    assert 0 < table.loc[(CIVRAISIEN, "avocat"), "sure"] < 1
    assert table.loc[(LOUDUNAIS, "avocat"), "possible"] == 0


@pytest.mark.parametrize("opening", [None, SlotClass.SOIR])
def test_the_matrix_of_the_whole_says_what_the_page_says_of_one_aid(three, opening):
    """Whoever presses a cell reads on the map the shares that the cell had."""
    question = replace(QUESTION, aids=(Aid.ECOUTE,), opening=opening)
    around = situation.neighbours(three, question)
    table = gaps.matrix(
        gaps.all_in_reach(three, question, around), around.communes, level=Level.DEPARTEMENT
    )
    cell, page = table.loc[("86", "ecoute")], look(three, question)
    assert cell["possible"] == pytest.approx(page.near if opening is None else page.possible)
    assert cell["sure"] <= page.near


@pytest.mark.parametrize(
    ("shares", "kind", "said"),
    [
        ((1.0, 1.0, 0.0), Look.SURE, "100"),
        ((0.0, 0.0, 0.0), Look.SURE, "0"),
        ((0.0, 0.34, 0.0), Look.POSSIBLE, "0 à 34"),
        ((0.0, 1.0, 1.0), Look.UNKNOWN, "?"),
        ((0.2, 1.0, 0.8), Look.POSSIBLE, "20 à 100"),
        ((0.001, 0.999, 0.0), Look.POSSIBLE, "<1 à 99"),
        ((np.nan, np.nan, np.nan), None, "–"),
    ],
)
def test_a_cell_has_one_of_three_looks_and_says_it_in_figures(shares, kind, said):
    assert gaps.look(*shares) is kind
    assert gaps.cell(*shares) == said


def test_the_files_of_the_matrix_hold_its_figures(three, around):
    table = gaps.matrix(gaps.all_in_reach(three, QUESTION, around), around.communes)
    lines = list(csv.DictReader(io.StringIO(gaps.to_csv(table, QUESTION).decode())))
    assert len(lines) == len(table) == 7 * len(gaps.ASKED)
    line = next(line for line in lines if (line["code"], line["aide"]) == (CIVRAISIEN, "avocat"))
    assert float(line["part_sure"]) == pytest.approx(
        table.loc[(CIVRAISIEN, "avocat"), "sure"], abs=1e-4
    )
    book = openpyxl.load_workbook(io.BytesIO(gaps.to_xlsx(table, QUESTION)))
    sheet = book["Aides par territoire"]
    head = [cell.value for cell in sheet[1]]
    loudun = next(r for r in sheet.iter_rows(values_only=True) if r[0] == "CC du Pays Loudunais")
    assert dict(zip(head, loudun, strict=True))["avocat"] == "0"
    assert dict(zip(head, loudun, strict=True))["interprète"] == "?"


# --- by territory -------------------------------------------------------------------------


@pytest.mark.parametrize("level", Level)
def test_the_shares_of_the_territories_add_up_to_those_of_the_whole(answer, level):
    table = territories.summary(answer, level)
    weight = table["people"] / table["people"].sum()
    assert table["people"].sum() == answer.people
    for name in ("near", "certain", "possible"):
        assert (weight * table[name].fillna(0)).sum() == pytest.approx(getattr(answer, name))
        assert table[name].dropna().between(0, 1).all()
    assert table["communes"].sum() == 265


def test_the_territories_of_vienne_are_those_of_insee(answer):
    assert territories.summary(answer, Level.ARRONDISSEMENT)["nom"].to_dict() == {
        "861": "Châtellerault",
        "862": "Montmorillon",
        "863": "Poitiers",
    }
    epcis = territories.summary(answer, Level.EPCI)
    assert epcis.loc[CIVRAISIEN, ["nom", "communes"]].tolist() == ["CC du Civraisien en Poitou", 35]
    assert territories.names(communes.read_communes(["71"]), Level.EPCI)["200070308"].endswith(
        " (partie)"
    )


@pytest.mark.parametrize(
    ("departement", "level", "name"),
    [
        ("976", Level.ARRONDISSEMENT, "Sans arrondissement"),
        ("29", Level.EPCI, "Hors intercommunalité"),
    ],
)
def test_communes_in_no_territory_of_a_level_say_which(departement, level, name):
    rows = communes.read_communes([departement])
    assert territories.names(rows, level)[""] == name


def test_departements_stand_side_by_side_and_have_the_figures_that_each_has_alone(three):
    both = territories.summary(
        look(three, replace(QUESTION, departements=["79", "86"])), Level.DEPARTEMENT
    )
    assert list(both.index) == ["79", "86"]
    for code in both.index:
        alone = look(three, replace(QUESTION, departements=[code]))
        for name in ("near", "certain", "possible", "p50_m"):
            assert both.loc[code, name] == pytest.approx(getattr(alone, name), nan_ok=True)


BOUNDS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted), min_size=1, max_size=6
)


@settings(max_examples=60)
@given(BOUNDS, st.randoms(use_true_random=False))
@example([[0, 0], [0, 0]], None)
def test_whatever_is_true_between_the_bounds_the_rank_is_in_its_band(bounds, random):
    low, high = (pd.Series(side, dtype=float) for side in zip(*bounds, strict=True))
    band = territories.rank_band(low, high)
    true = pd.Series([random.uniform(a, b) if random else a for a, b in bounds])
    rank = true.rank(ascending=False, method="min")
    assert (band["best"] <= rank).all()
    assert (rank <= band["worst"]).all()
    if (low == high).all():
        assert (band["best"] == rank).all()


def test_ranks_by_hand():
    least, most = pd.Series([0.9, 0.0, 0.5, np.nan]), pd.Series([0.9, 1.0, 0.6, np.nan])
    band = territories.rank_band(least, most)
    assert band["best"].tolist()[:3] == [1, 1, 2]
    assert band["worst"].tolist()[:3] == [2, 3, 3]
    assert band.loc[3].isna().all()


def test_the_departements_are_ranked_with_the_extremes_of_their_epcis(three):
    ranked = territories.ranked(look(three, replace(QUESTION, departements=["79", "86"])))
    one = territories.summary(look(three, QUESTION), Level.EPCI)["near"]
    assert ranked.loc["86", ["low_near", "high_near"]].tolist() == pytest.approx(
        [one.min(), one.max()]
    )
    assert ranked.loc["86", "listed"] == 3
    assert (ranked["best"] <= ranked["worst"]).all()


def test_the_files_of_territories_hold_their_rows(answer):
    table = territories.worst_first(territories.summary(answer, Level.EPCI))
    lines = list(csv.DictReader(io.StringIO(files.territories_to_csv(table, answer).decode())))
    assert [line["code"] for line in lines] == list(table.index)
    assert float(lines[0]["part_sure"]) == pytest.approx(table["certain"].iloc[0], abs=1e-4)
    found = json.loads(files.territories_to_geojson(table, answer, Level.EPCI))["features"]
    assert {each["id"] for each in found} == set(table.index)
    assert all(each["geometry"]["type"] in ("Polygon", "MultiPolygon") for each in found)
    book = openpyxl.load_workbook(io.BytesIO(files.territories_to_xlsx(table, answer)))
    assert book["Territoires"]["A2"].value == table.index[0]


# --- for whom -----------------------------------------------------------------------------

TABLE = """code_insee,annee,femmes,hommes,femmes_0_14
86078,2021,100,90,20
86137,2021,300,310,100
86194,2021,,1,1
"""


def test_the_women_of_a_table_are_the_weight_of_the_figures(three):
    found = population.read(TABLE.encode())
    assert (found.year, found.problems) == (2021, ())
    assert found.women[People.WOMEN_15][["86078", "86137"]].tolist() == [80, 200]
    assert found.women[People.WOMEN].isna()["86194"]
    for who, share in ((People.WOMEN, 0.25), (People.WOMEN_15, 80 / 280)):
        question = replace(QUESTION, aids=(Aid.AVOCAT,), km=3, who=who)
        page = look(three, question, weight=found.women[who])
        assert page.near == pytest.approx(share)
        assert page.people == (400 if who is People.WOMEN else 280)
        table = territories.summary(page, Level.EPCI)
        assert table.loc[CIVRAISIEN, ["people", "near"]].tolist() == [page.people * share, 1]
        assert pd.isna(table.loc["200070043", "near"])


def test_what_the_import_of_insee_writes_is_read_back():
    imported = insee.read(ROOT / "tests" / "sources" / "insee_melodi.csv").rows
    found = population.read(imported.reset_index().to_csv(index=False).encode())
    told = imported["femmes"].dropna()
    assert found.women[People.WOMEN][told.index].equals(told.rename(People.WOMEN))
    assert found.year == imported["annee"].iloc[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("99999,2021,5,5,1", "Ligne 5, « code_insee » : « 99999 », ce n’est le code d’aucune"),
        ("86078,2021,5,5,1", "Ligne 5, « code_insee » : « 86078 », cette commune a déjà une ligne"),
        ("86001,2021,beaucoup,5,1", "Ligne 5, « femmes » : « beaucoup », écrire un nombre"),
        ("86001,2021,-4,5,1", "Ligne 5, « femmes » : « -4 », écrire un nombre"),
        ("86001,2021,inf,5,1", "Ligne 5, « femmes » : « inf », écrire un nombre"),
    ],
)
def test_a_line_that_does_not_count_is_told_and_the_rest_is_read(line, said):
    found = population.read(f"{TABLE}{line}\n".encode())
    assert said in str(found.problems[0])
    assert found.women[People.WOMEN]["86078"] == 100


@pytest.mark.parametrize("city", ["75056", "69123", "13055"])
def test_a_city_counts_once_beside_its_arrondissements(city):
    parts = "".join(f"{city[:2]}{number},5\n" for number in {"75056": (101, 102),
             "69123": (381, 389), "13055": (201, 216)}[city])  # fmt: skip
    found = population.read(f"code_insee,femmes\n{parts}86078,1\n".encode())
    assert found.women[People.WOMEN].to_dict() == {city: 10, "86078": 1}
    assert found.problems == ()
    found = population.read(f"code_insee,femmes\n{parts}{city},12\n86078,1\n".encode())
    assert found.women[People.WOMEN].to_dict() == {city: 12, "86078": 1}
    said = [str(problem) for problem in found.problems]
    assert [one.partition(",")[0] for one in said] == ["Ligne 2", "Ligne 3"]
    assert all("la ligne de sa ville le compte déjà. Elle ne compte pas." in one for one in said)


def test_a_merged_commune_is_added_up_with_the_part_that_has_its_code():
    found = population.read(b"code_insee,femmes\n49050,10\n49001,5\n")
    assert found.women[People.WOMEN].to_dict() == {"49050": 15}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("commune,femmes\nCivray,3\n", "« code_insee »"),
        ("code_insee,hommes\n86078,3\n", "« femmes »"),
        ("code_insee,femmes\n00000,3\n", "aucune ligne de commune lisible"),
        ("", "vide"),
    ],
)
def test_a_table_that_is_none_is_refused_in_french(content, said):
    with pytest.raises(UnreadableFile, match=said):
        population.read(content.encode())


def test_women_of_fifteen_are_offered_only_where_they_are_told():
    assert population.read(b"code_insee,femmes\n86078,10\n").offered == (People.ALL, People.WOMEN)
    assert population.read(TABLE.encode()).offered == tuple(People)
    assert population.read(b"code_insee;femmes\n86078;1 250\n").women[People.WOMEN]["86078"] == 1250


# --- indicators of a year -----------------------------------------------------------------


@pytest.fixture(scope="module")
def year(three):
    situations = tuple(look(three, one) for one in indicators.questions(QUESTION))
    written, today = date(2026, 11, 20), date(2026, 11, 30)
    return indicators.indicators(three, situations, written=written, today=today), situations


def one(found, name):
    return next(each for each in found if name in each.name)


def test_places_are_counted_for_ten_thousand_people(year):
    """438,897 inhabitants: one lawyer told; an association that may listen; a gendarmerie."""
    found, _ = year
    per = 10_000 / 438_897
    for name, sure, possible in (
        ("avocat", per, per),
        (": écoute", 0, per),
        ("plainte", per, per),
        (": soins", 0, 0),
    ):
        figure = one(found, name)
        assert (figure.sure, figure.possible) == pytest.approx((sure, possible))
    assert indicators.figure(one(found, ": écoute")) == (
        "0 à 0,02 pour 10 000 habitants (0 à 1\u00a0lieu)"
    )


def test_hours_and_shares_are_those_of_the_situation_in_thirty_minutes(year):
    """Two hours on Tuesday evenings, where either place with known hours is in reach."""
    found, (anytime, evening, _) = year
    share = one(found, "Part des habitants")
    assert (share.sure, share.possible) == pytest.approx(
        (100 * anytime.certain, 100 * anytime.possible)
    )
    hours = one(found, "le soir")
    assert hours.sure == pytest.approx(2 * evening.certain)
    assert one(found, "week-end").sure == 0 < one(found, "week-end").possible


def test_the_age_of_the_information_is_counted_in_months():
    dated = read(
        row("a", **CIVRAY, date_source="2026-09-30"),
        row("b", **CIVRAY, date_source="2024-11"),
        row("c", **CIVRAY, date_verification="2026-10-30"),
        row("d", **CIVRAY),
        row("hors", code_insee="79191", date_source="2001"),
    ).services
    situations = tuple(look(dated, each) for each in indicators.questions(QUESTION))
    found = indicators.indicators(
        dated, situations, written=date(2026, 11, 30), today=date(2026, 11, 30)
    )
    assert one(found, "Âge médian").sure == pytest.approx(2, abs=0.1)
    assert "3\u00a0fiches ; 1 sans date" in one(found, "Âge médian").definition


def test_each_indicator_has_a_definition_a_source_and_a_date_in_the_file(year):
    found, _ = year
    sheet = openpyxl.load_workbook(io.BytesIO(indicators.to_xlsx([Year("aujourd’hui", found)])))[
        "Indicateurs"
    ]
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == len(found) + 1
    for name in ("definition", "source", "date", "unite"):
        assert all(line[rows[0].index(name)] for line in rows[1:])


# --- indicators over the years --------------------------------------------------------------

ROW = {"type": "association", "code_insee": LOUDUN}
BARE = row("asso", **ROW)
FULL = row("asso", **ROW, aides="ecoute|avocat", horaires_accueil=EVENING, date_source="2026-09-30")


def of(*rows):
    listed = read(*rows).services
    return indicators.indicators(
        listed,
        tuple(look(listed, each) for each in indicators.questions(QUESTION)),
        written=date(2026, 11, 30),
        today=date(2026, 11, 30),
    )


def test_what_a_list_cannot_tell_is_said_and_is_not_zero():
    bare = of(BARE)
    for name, said in (
        (": écoute", "au plus 0,02 pour 10 000 habitants (aucune fiche ne dit ce qu’on y fait)"),
        ("Part des", "(aucune fiche n’a d’horaires lisibles)"),
        ("le soir", "(aucune fiche n’a d’horaires lisibles)"),
        ("week-end", "(aucune fiche n’a d’horaires lisibles)"),
        ("Âge médian", "– (aucune fiche n’a de date)"),
    ):
        figure = one(bare, name)
        assert np.isnan(figure.sure)
        assert said in indicators.figure(figure)
    assert indicators.figure(one(bare, ": soins")) == "– (aucune fiche ne dit ce qu’on y fait)"
    assert indicators.figure(one(of(FULL), ": soins")).startswith("0 pour 10 000")
    complaints = of(row("g", type="gendarmerie", code_insee=LOUDUN))
    assert indicators.figure(one(complaints, "plainte")).startswith("0,02 pour 10 000")
    elsewhere = of(row("loin", type="association", code_insee="79191"))
    for figure in elsewhere:
        assert np.isnan(figure.sure)
        assert "aucune fiche ici" in indicators.figure(figure)
    cells = {cell for line in indicators.series([Year("2025", bare)]).to_numpy() for cell in line}
    assert "aucune fiche n’a d’horaires lisibles" in cells


def test_two_editions_stand_side_by_side_with_what_changed():
    years = [Year("novembre 2025", of(BARE)), Year("aujourd’hui", of(FULL, row("b", **ROW)))]
    table = indicators.beside(years).set_index("Indicateur")
    assert list(table.columns) == ["Département", "Novembre 2025", "Aujourd’hui", "Évolution"]
    listening = table.loc["Lieux de la liste : écoute"]
    assert listening["Évolution"] == "possible +0,03"
    lawyer = table.loc["Lieux de la liste : avocat"]
    assert lawyer["Évolution"] == "–"
    assert table.loc["Lieux de la liste : soins", "Évolution"] == "–"
    assert table.loc["Âge médian de l’information", "Évolution"] == "–"
    again = indicators.beside([years[1], years[1]])
    assert set(again["Évolution"]) == {"inchangé"}
    more = indicators.beside([years[1], Year("b", of(FULL, row("b", **ROW, aides="avocat")))])
    assert more.set_index("Indicateur").loc["Lieux de la liste : avocat", "Évolution"] == "+0,03"
    book = openpyxl.load_workbook(io.BytesIO(indicators.to_xlsx(years)))
    assert book.sheetnames == ["Indicateurs", "Côte à côte", "Série"]
    rows = list(book["Série"].iter_rows(values_only=True))
    assert len(rows) == 1 + len(years[0].found) + len(years[1].found)


@pytest.mark.parametrize(
    ("was", "now", "unit", "said"),
    [
        ((10, 40), (13, 39), "%", "sûr +3 points, possible −1 point"),
        ((10.4, 40), (10.2, 40), "%", "inchangé"),
        ((9.31, 19.96), (9.34, 20), "h par semaine", "inchangé"),
        ((1, 1), (1.25, 1.25), "h par semaine", "+0,2"),
        ((0.07, 0.07), (0.36, 0.36), "pour 10 000 habitants", "+0,29"),
        ((0, 2), (0, 12.5), "h par semaine", "sûr inchangé, possible +10,5"),
        ((np.nan, 2), (1, 1), "h par semaine", "possible −1"),
        ((np.nan, np.nan), (1, 1), "mois", "–"),
        ((24, 24), (12, 12), "mois", "−12"),
    ],
)
def test_a_change_is_said_with_its_sign(was, now, unit, said):
    base = of(FULL)[0]
    pair = [replace(base, sure=sure, possible=perhaps, unit=unit) for sure, perhaps in (was, now)]
    assert indicators.evolution(*pair) == said
