"""A coverage question and its answer: the figures of the page, the report and the file."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from geodata import communes, coverage, situation, travel
from geodata.coverage import SlotClass, Verdict
from geodata.population import People
from geodata.service_types import Need
from geodata.services import ServiceType, read_services
from geodata.siting import HALF_DAYS, Goal, best_sites
from geodata.situation import MEASURED_TYPES, Question, words
from geodata.situation import files as situation_files
from geodata.situation.scenario import DropIn, Scenario, apply
from tests.conftest import ROOT
from tests.lists import CIVRAY, read, row

MONDAY = date(2026, 11, 30)
LOUDUN = "86137"
EVENING = "Tu 18:00-20:00"


def asked(**choices) -> Question:
    usual = {"departements": ["86"], "types": [ServiceType.MDS], "monday": MONDAY, "km": 20}
    return Question(**(usual | choices))


def look(services, question=None, scenario=None, weight=None):
    question = question or asked()
    listed = situation.counted_services(services, question)
    counted = apply(listed, scenario or Scenario())
    around = situation.neighbours(counted, question)
    return situation.measure(counted, question, around, listed=listed, weight=weight)


@pytest.fixture(scope="module")
def two():
    """A service open on Tuesday evenings in Civray, another with unknown hours in Loudun."""
    return read(
        row("civray", **CIVRAY, horaires_accueil=EVENING),
        row("loudun", code_insee=LOUDUN),
        row("refuge", type="hebergement", zone_eligibilite="86"),
    ).services


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"departements": []}, "au moins un département"),
        ({"km": None}, "une distance, ou une durée"),
        ({"minutes": 30}, "une distance, ou une durée"),
        ({"km": 0}, "plus grande que zéro"),
        ({"km": -3}, "plus grande que zéro"),
        ({"km": None, "minutes": 0}, "plus grande que zéro"),
    ],
)
def test_an_empty_question_is_refused_in_french(choices, said):
    with pytest.raises(ValueError, match=said):
        asked(**choices)


def test_questions_are_equal_whatever_the_order_of_their_parts():
    one = asked(departements=["86", "71"], types=["mds", "ccas"])
    other = asked(departements=["71", "86", "71"], types=["ccas", "mds"])
    assert one == other
    assert hash(one) == hash(other)


def test_shelters_and_phone_lines_are_never_measured():
    assert len(MEASURED_TYPES) == len(ServiceType) - 2
    assert {ServiceType.HEBERGEMENT, ServiceType.ECOUTE}.isdisjoint(MEASURED_TYPES)


def test_the_figures_count_the_people_they_are_given(two):
    """Ten women in Civray, thirty in Loudun, sixty far from any service, none elsewhere."""
    far = "86145"
    women = pd.Series({CIVRAY["code_insee"]: 10, LOUDUN: 30, far: 60})
    found = look(two, asked(km=3), weight=women)
    assert look(two, asked(km=3)).communes.loc[far, "services"] == 0
    assert (found.people, found.near, found.certain, found.possible) == (100, 0.4, 0.1, 0.4)
    assert found.p50_m == found.communes.loc[far, "nearest_m"]
    assert found.by_hour.iloc[1, 18:20].tolist() == [0.1, 0.1]
    assert found.by_hour_possible.iloc[0, 0] == pytest.approx(0.3)
    # Of the figures of a commune, only how many are counted there and the supply for each of them
    # depend on the weight.
    hanging = ["people", "supply"]
    pd.testing.assert_frame_equal(
        found.communes.drop(columns=hanging), look(two, asked(km=3)).communes.drop(columns=hanging)
    )


def test_the_supply_is_shared_among_those_who_are_counted(two):
    """Half as many people have twice as much each; one alone has all hours of the year."""
    halls = communes.read_town_halls()
    everybody, half = look(two), look(two, weight=halls["population"].astype(float) / 2)
    twice = 2 * everybody.communes["supply"]
    pd.testing.assert_series_equal(half.communes["supply"], twice)
    assert half.gini == pytest.approx(everybody.gini)
    alone = look(two, asked(km=3), weight=pd.Series({CIVRAY["code_insee"]: 1.0}))
    yearly = coverage.yearly_hours(two, MONDAY.year)["civray"]
    assert alone.communes.loc[CIVRAY["code_insee"], "supply"] == pytest.approx(1000 * yearly)


def test_a_year_of_hours_is_counted_for_what_is_in_reach_alone(monkeypatch):
    """A list of all of France makes no département wait: the year takes the longest."""
    far = {"code_postal": "35000", "commune": "Rennes", "code_insee": "35238"}
    services = read(row("near", **CIVRAY), row("far", **far, horaires_accueil=EVENING)).services
    counted, yearly_hours = [], coverage.yearly_hours
    monkeypatch.setattr(
        coverage,
        "yearly_hours",
        lambda those, year: counted.extend(those.index) or yearly_hours(those, year),
    )
    found = look(services)
    assert (counted, list(found.services.index)) == (["near"], ["near"])


def test_who_is_counted_decides_who_comes_first(two):
    """The worst served of equals, and the largest uncovered, are those of most of these people."""
    women = pd.Series({"86145": 60, "86194": 10})
    found = look(two, weight=women)
    assert situation.largest_uncovered(found).index[:2].tolist() == ["86145", "86194"]
    who = replace(found, question=asked(who=People.WOMEN))
    assert words.largest_uncovered(who).startswith(f"{found.communes.loc['86145', 'nom']} (60")


def test_the_figures_of_two_services_match_those_by_hand(two):
    found = look(two)
    rows = found.communes
    here = communes.read_communes(["86"])
    near = {
        key: coverage.service_count(here, two.loc[[key]], radius_m=20_000) > 0
        for key in ("civray", "loudun")
    }
    people = rows["population"]
    assert found.people == people.sum() == 438_897
    assert found.certain == pytest.approx(people[near["civray"]].sum() / found.people)
    assert found.possible == found.near
    either = near["civray"] | near["loudun"]
    assert found.near == pytest.approx(people[either].sum() / found.people)
    assert (rows.loc[near["civray"], "certain_h"] == 2).all()
    assert (rows.loc[near["civray"], "gap_h"] == 166).all()
    assert (rows.loc[near["loudun"], "possible_h"] == 168).all()
    assert rows["verdict"].value_counts().to_dict() == {
        Verdict.COUVERT: near["civray"].sum(),
        Verdict.SANS_INFORMATION: near["loudun"].sum(),
        Verdict.SANS_SERVICE: (~either).sum(),
    }
    assert found.by_hour.iloc[1, 18:20].tolist() == pytest.approx([found.certain] * 2)
    assert found.by_hour.to_numpy().sum() == pytest.approx(2 * found.certain)
    assert (len(found.services), found.known) == (2, 1)
    assert rows.loc["86078", "nearest"] == "civray"
    assert rows.loc["86078", "nearest_nom"] == "MDS de Civray"


def test_hours_that_are_known_and_closed_are_neither_unknown_nor_nothing(two):
    night = look(two, asked(opening=SlotClass.NUIT))
    assert night.communes.loc["86078", "verdict"] is Verdict.FERME
    assert night.communes.loc[LOUDUN, "verdict"] is Verdict.SANS_INFORMATION
    assert night.certain == 0 < night.possible < night.near
    evening = look(two, asked(opening=SlotClass.SOIR))
    assert evening.certain == look(two).certain


def test_services_across_the_border_count_and_silent_neighbours_are_named(two):
    found = look(two, asked(departements=["79"]))
    assert found.near > 0
    assert "86" not in found.unlisted_neighbours
    assert look(two).unlisted_neighbours == ("16", "36", "37", "49", "79", "87")
    assert set(look(two, asked(km=3)).unlisted_neighbours) < set(look(two).unlisted_neighbours)


def test_minutes_are_an_estimate_whose_doubtful_communes_are_marked(two):
    found = look(two, asked(km=None, minutes=30))
    doubtful = found.communes["doubtful"]
    assert 0 < doubtful.sum() < len(doubtful)
    assert not look(two).communes["doubtful"].any()
    assert found.near < look(two, asked(km=None, minutes=60)).near


def test_a_drop_in_adds_and_a_closing_takes_away(two):
    before = look(two)
    after = look(two, scenario=Scenario((DropIn(LOUDUN, EVENING),), ("civray",)))
    rows = situation.change(before, after)
    near_civray = before.communes["verdict"] == Verdict.COUVERT
    assert rows["no_more"].equals(near_civray)
    assert rows.loc[LOUDUN, ["before_h", "after_h", "gain_h"]].tolist() == [0, 2, 2]
    assert rows.loc[rows["gain_h"] > 0, "newly"].all()
    assert after.certain == pytest.approx(
        rows.loc[rows["newly"], "population"].sum() / before.people
    )
    assert (situation.change(before, before)["gain_h"] == 0).all()


def test_the_worst_served_come_first(two):
    rows = situation.worst_first(look(two))
    order = [Verdict.SANS_SERVICE, Verdict.FERME, Verdict.SANS_INFORMATION, Verdict.COUVERT]
    ranks = rows["verdict"].map(order.index)
    assert ranks.is_monotonic_increasing
    assert rows.loc[ranks == 0, "nearest_m"].is_monotonic_decreasing


@pytest.mark.parametrize("departement", ["48", "15", "973", "988", "75"])
def test_places_with_nothing_near_or_no_outline_have_right_figures(two, departement):
    found = look(two, asked(departements=[departement]))
    assert found.certain == found.near == 0 or pd.isna(found.near)
    assert all(
        verdict is Verdict.SANS_INFORMATION for verdict in found.communes["verdict"].dropna()
    )
    assert found.unlisted == (departement,)
    assert json.loads(situation_files.to_geojson(found))["features"]


def test_no_service_in_reach_needs_a_list_with_data_there(two):
    found = look(two, asked(departements=["86", "23"], km=1))
    assert found.unlisted == ("23",)
    verdicts = found.communes.groupby("departement")["verdict"].agg(set)
    assert Verdict.SANS_SERVICE in verdicts["86"]
    assert verdicts["23"] == {Verdict.SANS_INFORMATION}


def test_no_service_at_all_is_an_answer_too(two):
    found = look(two.iloc[:0])
    assert (found.certain, found.possible, found.near, len(found.services)) == (0, 1, 0, 0)
    assert found.unlisted == ("86",)
    assert found.communes["nearest"].isna().all()
    assert pd.isna(found.p50_m)
    assert pd.isna(found.gini)
    assert len(situation_files.to_csv(found).splitlines()) == 266


def test_the_files_match_the_rows(two):
    found = look(two)
    plain = list(csv.DictReader(io.StringIO(situation_files.to_csv(found).decode())))
    assert len(plain) == 265
    civray = next(line for line in plain if line["code_insee"] == "86078")
    assert civray["verdict"] == "couvert"
    assert (civray["distance_m"], civray["heures_sures_par_semaine"]) == ("0.0", "2.0")
    assert next(line for line in plain if line["code_insee"] == "86001")["commune"]
    content = situation_files.to_csv(found, excel=True)
    assert content.startswith(b'\xef\xbb\xbf"code_insee";"commune";')
    excel = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert [line["code_insee"] for line in excel] == [line["code_insee"] for line in plain]
    assert excel[0]["distance_m"] == plain[0]["distance_m"].replace(".", ",")


def test_formulas_are_shielded_for_excel_only(two):
    hostile = "=HYPERLINK(1)"
    renamed = two.assign(nom=hostile).rename(index={"civray": "+civray"})
    found = look(renamed)
    found.communes["nom"] = "@commune"
    shielded = situation_files.to_csv(found, excel=True).decode("utf-8-sig")
    for line in csv.DictReader(io.StringIO(shielded), delimiter=";"):
        assert line["service_le_plus_proche"] == f"'{hostile}"
        assert line["service_le_plus_proche_id"] in ("'+civray", "loudun")
        assert line["commune"] == "'@commune"
    for line in csv.DictReader(io.StringIO(situation_files.to_csv(found).decode())):
        assert line["service_le_plus_proche"] == hostile


def test_the_geojson_has_outlines_and_null_for_what_is_unknown(two):
    features = json.loads(situation_files.to_geojson(look(two)))["features"]
    assert len(features) == 265
    for feature in features:
        assert feature["geometry"]["type"] in ("Polygon", "MultiPolygon")
        assert feature["properties"]["code_insee"] == feature["id"]
    empty = json.loads(situation_files.to_geojson(look(two.iloc[:0])))["features"]
    assert empty[0]["properties"]["distance_m"] is None


def test_a_matrix_replaces_the_estimate_for_all_that_it_knows(two):
    question = asked(km=None, minutes=30)
    pairs = pd.MultiIndex.from_tuples(
        [("86078", "civray"), (LOUDUN, "civray"), (LOUDUN, "loudun")], names=["code_insee", "id"]
    )
    told = pd.Series([31.0, 29.0, 5.0], index=pairs)
    around = situation.neighbours(two, question, told)
    found = situation.measure(situation.counted_services(two, question), question, around).communes
    assert found.loc["86078", "verdict"] is Verdict.SANS_SERVICE
    assert found.loc[LOUDUN, ["services", "certain_h"]].tolist() == [2, 2]
    estimated = look(two, question).communes
    others = found.index.difference(["86078", LOUDUN])
    assert found.loc[others, "verdict"].equals(estimated.loc[others, "verdict"])
    assert not found.loc[["86078", LOUDUN], "doubtful"].any()


def test_a_doubtful_verdict_is_one_that_the_detours_change(two):
    question = asked(km=None, minutes=30)
    found = look(two, question).communes
    looked_at = communes.read_communes(["86"])
    density = travel.density(looked_at)
    counted = situation.counted_services(two, question)
    verdicts = [
        coverage.verdict(
            looked_at,
            counted,
            radius_m=travel.reach_m(30, density, detour=detour),
            monday=question.monday,
        )
        for detour in travel.DETOUR_BAND
    ]
    assert found["doubtful"].equals((verdicts[0] != verdicts[1]).rename("doubtful"))
    assert found["doubtful"].any()


def test_supply_does_not_hang_on_which_other_departements_are_looked_at():
    services = read_services(ROOT / "services.csv").services
    alone = look(services, asked(departements=["92"])).communes["supply"]
    together = look(services, asked(departements=["78", "92"])).communes["supply"]
    assert alone.to_numpy() == pytest.approx(together.loc[alone.index].to_numpy())


def test_only_services_that_give_the_aid_asked_for_count():
    services = read(
        row("usual", **CIVRAY, type="justice", horaires_accueil="24/7"),
        row("lawyer", code_insee=LOUDUN, aides="avocat", horaires_accueil="24/7"),
        row("refuge", type="hebergement", aides="avocat", zone_eligibilite="86"),
        row("him", **CIVRAY, aides="avocat", publics="auteurs", type="association"),
    ).services
    lawyer = look(services, asked(types=(), aids=["avocat"]))
    assert list(lawyer.services.index) == ["lawyer"]
    assert set(lawyer.communes["nearest"].dropna()) == {"lawyer"}
    assert not lawyer.unlisted
    both = look(services, asked(types=(), aids=["avocat", "juridique"]))
    assert set(both.services.index) == {"lawyer", "usual"}
    assert look(services, asked(types=["justice"], aids=["avocat"])).unlisted == ("86",)
    assert look(services, asked(types=(), aids=["psychologique"])).unlisted == ("86",)


@pytest.mark.parametrize(
    ("kinds", "aides", "said"),
    [
        ((), (), "un service quel qu’il soit"),
        ((), ("avocat",), "un lieu avec avocat"),
        (MEASURED_TYPES, ("avocat", "juridique"), "un lieu avec conseil juridique ou avocat"),
        ((ServiceType.CCAS,), ("psychologique",), "un lieu avec soutien psychologique (un CCAS)"),
        ((), Need.PARLER.aids, "un lieu où parler à quelqu’un"),
        ((), Need.SOINS.aids, "un lieu avec soins ou constat et certificat"),
        ((), situation.MEASURED_AIDS, "un lieu avec une de 16 aides"),
    ],
)
def test_what_is_looked_for_in_words(kinds, aides, said):
    assert words.services(kinds, aides) == said


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"types": [ServiceType.PERMANENCE]}, "ouverte"),
        ({"types": [ServiceType.PERMANENCE, ServiceType.GENDARMERIE]}, "ouverte"),
        ({"types": [ServiceType.PERMANENCE, ServiceType.CCAS]}, "ouvert"),
        ({"types": [ServiceType.PERMANENCE], "aids": ["avocat"]}, "ouvert"),
        ({"types": []}, "ouvert"),
    ],
)
def test_what_is_looked_for_agrees_with_open(choices, said):
    assert f", {said} à un moment ou un autre ?" in words.asked(asked(**choices))


@pytest.mark.parametrize(
    ("people", "newly", "said"),
    [
        ([900, 40], [True, False], "940 personnes de 2 communes gagnent {} ; 900 personnes n’en"),
        ([900, 40], [False, False], "940 personnes de 2 communes gagnent {}."),
        (
            [1, 0],
            [True, False],
            "1 personne de 2 communes gagne {} ; 1 personne n’en avait aucune.",
        ),
    ],
)
def test_who_gains_is_said_in_french(people, newly, said):
    changes = pd.DataFrame({"people": people, "gain_h": 1.0, "newly": newly})
    words_said = words.gains(changes, People.ALL).replace("\u00a0", " ")
    assert words_said.startswith(said.format("des heures d’ouverture"))


@pytest.mark.parametrize(
    ("text", "said"), [("Mo 09:00-12:00", "le seul service à portée en a"), ("", "n’en a pas")]
)
def test_the_only_service_in_reach_is_said_in_french(text, said):
    services = read_services(ROOT / "services.csv").services
    one = services[services["departement"] == "86"].iloc[:1].assign(horaires_accueil=text)
    question = asked(types=list(one["type"]))
    assert said in words.limits(look(one, question)).replace("\u00a0", " ")


def test_a_departement_without_a_place_of_these_types_is_without_information():
    services = read_services(ROOT / "services.csv").services
    services = services[(services["type"] != ServiceType.CCAS) | (services["departement"] != "86")]
    found = look(services, asked(types=[ServiceType.CCAS]))
    assert found.unlisted == ("86",)
    assert set(found.communes["verdict"].dropna()) == {Verdict.SANS_INFORMATION}
    assert (found.certain, found.possible) == (0, 1)
    assert found.communes["nearest"].isna().all()
    assert (found.by_hour_possible == 1).all(axis=None)


def test_hidden_rows_do_not_make_a_departement_known(two):
    hidden = read(
        row("secret", type="association", confidentialite="non_publie", zone_eligibilite="23"),
        row("abri", type="hebergement", zone_eligibilite="23"),
    ).services
    found = look(pd.concat([two, hidden]), asked(departements=["23"]))
    assert found.unlisted == ("23",)


@pytest.mark.parametrize("goal", [Goal.PEOPLE, Goal.HOURS])
def test_best_sites_in_minutes_are_what_the_scenario_says(goal):
    services = read_services(ROOT / "services.csv").services
    question = asked(departements=["78"], km=None, minutes=30, types=[ServiceType.CCAS])
    looked_at = communes.read_communes(["78"])
    best = best_sites(
        looked_at,
        situation.counted_services(services, question),
        k=1,
        radius_m=situation.reach_m(looked_at, question),
        monday=question.monday,
        goal=goal,
    )
    site = best.sites.iloc[0]
    hours = next(one.hours for one in HALF_DAYS if one.name == site["half_day"])
    after = look(services, question, Scenario((DropIn(site["code_insee"], hours),)))
    gained = situation.change(look(services, question), after)
    who = gained["newly"] if goal == Goal.PEOPLE else gained["gain_h"] > 0
    assert gained.loc[who, "population"].sum() == site["people"] > 0


def test_a_drop_in_that_no_matrix_knows_keeps_the_estimate(two):
    question = asked(km=None, minutes=30)
    pairs = pd.MultiIndex.from_tuples([(LOUDUN, "loudun")], names=["code_insee", "id"])
    counted = apply(two, Scenario((DropIn(LOUDUN, EVENING),)))
    around = situation.neighbours(counted, question, pd.Series([5.0], index=pairs))
    found = situation.measure(counted, question, around).communes
    assert found.loc[LOUDUN, ["services", "certain_h"]].tolist() == [2, 2]
