"""Two scenarios beside today: their figures by hand, their laws, their words and files."""

import io
from datetime import date

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import situation
from geodata.population import People
from geodata.situation import Question, comparison
from geodata.situation.comparison import Comparison, Proposal
from geodata.situation.scenario import DropIn, InvalidScenario, Scenario, apply
from tests.lists import CIVRAY, read, row

MONDAY = date(2026, 11, 30)
CIVRAY_CODE, LOUDUN, MONTMORILLON = "86078", "86137", "86165"
WOMEN = pd.Series({CIVRAY_CODE: 10, LOUDUN: 30, MONTMORILLON: 60})
"""Ten women in Civray, thirty in Loudun, sixty in Montmorillon, more than 30 km from each other."""
A = Proposal(Scenario((DropIn(LOUDUN, "Tu 17:00-20:00"),)), "Loudun", hours=150)
B = Proposal(Scenario((DropIn(MONTMORILLON, "Mo,We 14:00-17:00"),), ("civray",)), euros=6000)


def compare(a: Proposal, b: Proposal, who: People = People.WOMEN) -> Comparison:
    listed = read(row("civray", **CIVRAY, horaires_accueil="Tu 18:00-20:00")).services
    question = Question(["86"], ["mds"], MONDAY, km=3, who=who)

    def look(scenario: Scenario) -> situation.Situation:
        counted = apply(situation.counted_services(listed, question), scenario)
        around = situation.neighbours(counted, question)
        weight = None if who is People.ALL else WOMEN
        return situation.measure(counted, question, around, listed=listed, weight=weight)

    return Comparison(look(Scenario()), tuple((one, look(one.scenario)) for one in (a, b)))


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare(A, B)


def test_the_figures_of_two_scenarios_by_hand(compared):
    found = comparison.table(compared)
    assert found.loc["certain"].tolist() == [0.1, 0.4, 0.6]
    assert found.loc["newly", ["A", "B"]].tolist() == [30, 60]
    assert found.loc["gaining", ["A", "B"]].tolist() == [30, 60]
    assert found.loc["losing", ["A", "B"]].tolist() == [0, 10]
    assert found.loc["no_more", ["A", "B"]].tolist() == [0, 10]
    # Loudun: 30 women × 3 h; Montmorillon: 60 × 6 h, less Civray: 10 × 2 h.
    assert found.loc["people_hours", ["A", "B"]].tolist() == [90, 340]
    # In 2026, but for public holidays: 51 Tuesdays, 50 Mondays, 51 Wednesdays.
    assert found.loc["open_hours", ["A", "B"]].tolist() == [51 * 3, (50 + 51) * 3 - 51 * 2]
    assert found.loc["hours_each", "A"] == 1000 * 150 / 30
    assert found.loc["euros_each", "B"] == 6000 / 60
    assert found.loc[["hours", "hours_each"], "B"].isna().all()
    assert found.loc["newly":, "today"].isna().all()


def test_a_scenario_beside_itself_differs_in_nothing(compared):
    found = comparison.table(compare(A, A))
    pd.testing.assert_series_equal(found["A"], found["B"], check_names=False)
    nothing = comparison.table(compare(Proposal(), B))["A"]
    gains = ["gaining", "newly", "losing", "no_more", "people_hours", "open_hours"]
    assert (nothing[gains] == 0).all()
    assert nothing["certain"] == comparison.table(compared).loc["certain", "today"]


def test_what_people_read(compared):
    said = {name: cells for name, *cells in comparison.lines(compared)}
    assert compared.labels == ("A : Loudun", "Scénario B")
    assert said["Nouvellement couvertes"] == [
        "–",
        "30\u00a0femmes (1\u00a0commune)",
        "60\u00a0femmes (1\u00a0commune)",
    ]
    assert said["Sûr"] == [
        "10\u00a0% (10\u00a0femmes)",
        "40\u00a0% (40\u00a0femmes)",
        "60\u00a0% (60\u00a0femmes)",
    ]
    assert said["soit, par femme de plus"] == ["–", "–", "100,00\u00a0€"]
    assert "femmes" in comparison.cost_note(People.WOMEN)
    everybody = {
        name: cells for name, *cells in comparison.lines(compare(Proposal(), A, People.ALL))
    }
    assert "Perdent des heures" not in everybody
    assert "femme" not in " ".join(everybody) + comparison.cost_note(People.ALL)


def test_the_cost_of_one_scenario_in_words(compared):
    (first, after), (_, _) = compared.sides
    assert comparison.cost(first, compared.today, after) == (
        "Coût écrit : 150\u00a0h par an, soit 5000,0\u00a0h pour 1 000 femmes nouvellement "
        "couvertes."
    )
    assert comparison.cost(Proposal(), compared.today, after) == ""
    # Shared among nobody, a cost is not shared.
    assert comparison.cost(A, compared.today, compared.today) == "Coût écrit : 150\u00a0h par an."


def test_the_files_hold_the_same_figures(compared):
    rows = pd.read_csv(io.BytesIO(comparison.to_csv(compared)))
    newly = rows[rows["mesure"] == "Nouvellement couvertes"]
    assert newly[["cote", "valeur"]].to_numpy().tolist() == [
        ["scénario A", 30],
        ["scénario B", 60],
    ]
    assert set(rows["scenario"].dropna()) == {str(A.scenario), str(B.scenario)}
    book = openpyxl.load_workbook(io.BytesIO(comparison.to_xlsx(compared)))
    assert book.sheetnames == ["Comparaison", "Scénarios", "Communes", "Chiffres"]
    assert [cell.value for cell in book["Comparaison"][1]] == [
        "Mesure", "Aujourd’hui", "A : Loudun", "Scénario B"
    ]  # fmt: skip
    hours = {row[1]: row[3:] for row in book["Communes"].iter_rows(values_only=True, min_row=2)}
    assert hours["Civray"] == (2, 2, 0)
    assert hours["Montmorillon"] == (0, 0, 6)


proposals = st.builds(
    Proposal,
    st.just(Scenario()),
    st.text(max_size=60),
    st.none() | st.integers(0, comparison.MOST_HOURS),
    st.none() | st.integers(0, comparison.MOST_EUROS),
)


@given(proposals)
def test_a_proposal_is_taken_again_from_its_address(one):
    assert Proposal.parse(one.scenario, one.name, one.cost) == one
    assert one.name == one.name.strip()
    assert one.name.isprintable()
    assert len(one.name) <= comparison.LONGEST_NAME


@pytest.mark.parametrize(
    "cost", ["12", "h", "-5h", "1e9h", "5h-6h", "5h-eur", "9" * 300 + "eur", "²h"]
)
def test_a_cost_that_is_none_is_refused_in_french(cost):
    with pytest.raises(InvalidScenario, match=r"[Cc]oût"):
        Proposal.parse(Scenario(), "", cost)
