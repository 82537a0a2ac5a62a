"""Scenarios: written to text, parsed, applied to a list."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import hours
from geodata.services import COLUMNS
from geodata.situation import scenario
from geodata.situation.scenario import MOST_PARTS, DropIn, InvalidScenario, Scenario, apply, parse
from tests.lists import CIVRAY, read, row

LOUDUN = DropIn("86137", "mardi 17h-20h")
HOURS = ["Tu 17:00-20:00", "mardi 17h-20h", "Sa[1,3] 09:00-12:00", "24/7", 'Mo 09:00-12:00 "a|b%"']
CODES = ["86137", "86194", "2A004", "97105", "71076"]

drop_ins = st.builds(DropIn, st.sampled_from(CODES), st.sampled_from(HOURS))
scenarios = st.builds(
    Scenario,
    st.lists(drop_ins, max_size=6).map(tuple),
    st.lists(st.text(min_size=1, max_size=30), max_size=6).map(tuple),
)


@given(scenarios)
def test_written_scenarios_round_trip(one):
    assert parse(str(one)) == (one, ())


@settings(max_examples=150)
@given(st.text() | st.text(alphabet="86137:-|%57C Tu,09:00"))
def test_any_text_is_read_without_failing_and_can_be_written(text):
    found, _ = parse(text)
    assert len(found) <= MOST_PARTS
    assert parse(str(found)) == (found, ())


@pytest.mark.parametrize(
    ("text", "kept", "said"),
    [
        ("", "", ""),
        ("||", "", ""),
        ("86137:Tu 17:00-20:00", "86137:Tu 17:00-20:00", ""),
        ("86137:mardi 17h-20h", "86137:Tu 17:00-20:00", ""),
        ("-86-mds-civray", "-86-mds-civray", ""),
        ("86137:Tu 17:00-20:00|86137:mardi 17h-20h", "86137:Tu 17:00-20:00", ""),
        ("99999:Tu 17:00-20:00", "", "n’est pas une commune"),
        ("86137:<script>", "", "<script>"),
        ("86137", "", "deux-points"),
        ("-", "", "vide"),
        ("-" + "x" * 999, "", "trop long"),
        ("86137:" + "Tu 17:00-20:00;" * 40, "", "trop long"),
        ("x" * 10_000, "", "trop long"),
        ("|".join(f"-{i}" for i in range(MOST_PARTS + 2)), None, "au plus 12"),
    ],
)
def test_the_parts_of_a_scenario_text(text, kept, said):
    found, messages = parse(text)
    assert said in " ".join(messages)
    assert bool(messages) == bool(said)
    if kept is not None:
        assert str(found) == kept


def test_a_hostile_part_is_never_repeated_in_full():
    _, (message,) = parse("86137:" + "<img src=x onerror=alert(1)>" * 5)
    assert len(message) < 400
    assert message.startswith("Laissé de côté, « 86137:<img src=x onerror… »")


def test_an_invalid_drop_in_has_a_reason():
    with pytest.raises(InvalidScenario, match="n’est pas une commune"):
        DropIn("00000", "Tu 17:00-20:00")
    with pytest.raises(hours.InvalidHours):
        DropIn("86137", "n’importe quand")


def test_parts_are_added_and_taken_away():
    one = Scenario().adding([LOUDUN]).closing("a").closing("b")
    assert str(one) == "86137:Tu 17:00-20:00|-a|-b"
    assert one.without("a") == Scenario((LOUDUN,), ("b",))
    assert one.without(LOUDUN) == Scenario((), ("a", "b"))


def test_applying_adds_marked_rows_at_the_town_hall_and_leaves_the_rest():
    services = read(row("a", **CIVRAY, horaires_accueil="24/7"), row("b", autre="x")).services
    would_be = apply(services, Scenario((LOUDUN,), ("b", "absent")))
    assert list(would_be.index) == ["a", "scenario-1"]
    assert would_be.dtypes.equals(services.dtypes)
    assert would_be.crs == services.crs
    added = would_be.loc["scenario-1"]
    assert (added["type"], added["code_insee"], added["departement"]) == (
        "permanence",
        "86137",
        "86",
    )
    assert added["approximatif"]
    assert added["source"].startswith("Scénario")
    assert added["telephone"] == added["autre"] == ""
    assert added.geometry.distance(services.loc["a"].geometry) > 0.5
    assert set(COLUMNS) <= set(would_be.columns) | {"id"}
    assert list(services.index) == ["a", "b"]


def test_an_added_row_never_takes_the_id_of_a_service():
    services = read(row("scenario-1"), row("scenario-3")).services
    two = Scenario((LOUDUN, DropIn("86194", "24/7")))
    assert list(apply(services, two).index) == [
        "scenario-1",
        "scenario-3",
        "scenario-2",
        "scenario-4",
    ]


def test_nothing_asked_changes_nothing():
    services = read(row("a", **CIVRAY)).services
    assert apply(services, Scenario()).equals(services)
    assert apply(services.iloc[:0], Scenario((LOUDUN,))).index.tolist() == [f"{scenario.PREFIX}1"]
