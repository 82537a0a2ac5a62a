"""Answers: open places nearest first, next openings, places to call, helplines."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.answers import FIRST_CALLS, Answer, Need, answer, everywhere
from geodata.nearest import LngLat
from geodata.selection import Selection
from geodata.services import ServiceType
from tests.lists import CIVRAY, read, row

CIVRAY_HALL = LngLat(0.2949, 46.1486)
CHARROUX = {"code_postal": "86250", "commune": "Charroux", "code_insee": "86061"}
RUFFEC = {"code_postal": "16700", "commune": "Ruffec", "code_insee": "16292"}
POITIERS = {"code_postal": "86000", "commune": "Poitiers", "code_insee": "86194"}
THURSDAY = (datetime(2026, 11, 26, 14), datetime(2026, 11, 26, 17))
NOW = datetime(2026, 11, 24, 10)
CANARY = "Refuge des Canaris"

SERVICES = read(
    row("poitiers", **POITIERS, type="association", horaires_accueil="Mo-Fr 09:00-18:00"),
    row("ruffec", **RUFFEC, type="association", horaires_accueil="Th 15:00-16:00"),
    row("civray", **CIVRAY, type="permanence", horaires_accueil="Fr 09:00-12:00"),
    row("vendredi-loin", **POITIERS, type="permanence", horaires_accueil="Fr 09:00-12:00"),
    row("charroux", **CHARROUX, type="association", horaires_accueil="Mo 09:00-12:00"),
    row("inconnu", **CHARROUX, type="association"),
    row("passe", **CIVRAY, type="permanence", horaires_accueil="2026 Feb 17 10:00-12:00"),
    row("ailleurs", **CIVRAY, type="association", zone_eligibilite="79"),
    row("mds", **CIVRAY, horaires_accueil="Mo-Fr 09:00-17:00"),
    row("commune", type="association", **RUFFEC, confidentialite="commune"),
    row("3919", type="ecoute", telephone="3919", zone_eligibilite="france", acces="telephone"),
    row("115", type="ecoute", telephone="115", zone_eligibilite="france", acces="urgence"),
    row("siao", type="ecoute", telephone="115", zone_eligibilite="86", acces="urgence"),
    row("ligne79", type="ecoute", telephone="05 00 00 00 79", zone_eligibilite="79"),
    row("equipe", type="association", telephone="05 00 00 00 86", zone_eligibilite="86"),
    row("muette", type="association", zone_eligibilite="86"),
    row("foyer", type="hebergement", nom=CANARY, zone_eligibilite="86", telephone="05 00 00 00 01"),
    row("foyer-public", type="hebergement", nom=CANARY, **CIVRAY, confidentialite="public"),
    row("foyer-commune", type="hebergement", nom=CANARY, **CIVRAY, confidentialite="commune"),
    row("ferme", **CIVRAY, type="association", horaires_accueil="off", telephone="05 00 00 00 10"),
    row(
        "sans-code",
        type="association",
        latitude="46.2",
        longitude="0.3",
        telephone="05 00",
        zone_eligibilite="86",
        horaires_accueil="Mo 09:00-10:00",
    ),
    row("jamais", type="association", nom=CANARY, confidentialite="non_publie", telephone="0"),
).services


def asked(need=Need.PARLER, when=None, within_km=100.0, services=SERVICES) -> Answer:
    return answer(
        services,
        CIVRAY_HALL,
        code_insee="86078",
        need=need,
        when=when or Selection(open_during=THURSDAY),
        now=NOW,
        within_m=within_km * 1000,
    )


def blocks(found: Answer) -> tuple:
    return found.here, found.receiving, found.later, found.to_call, found.lines


def test_open_then_nearest_first_across_the_border_of_the_departement():
    assert list(asked().receiving.index) == ["ruffec", "poitiers"]


def test_her_commune_comes_first_in_one_block_those_to_call_after_the_next_chance():
    assert list(asked().here.index) == ["civray", "passe", "ailleurs", "ferme"]
    assert not asked().here.loc["ailleurs", "serves"]
    assert list(asked(Need.SOCIAL).here.index) == ["mds"]


def test_whoever_in_her_commune_does_it_is_named_whatever_the_type():
    """The house of solidarity of Civray holds a drop-in for victims."""
    services = read(
        row("mds", **CIVRAY, aides="social|ecoute|accueil"),
        row("autre-mds", **CHARROUX),
        row("ecole", **CIVRAY, type="association", aides="garde-d-enfants"),
    ).services
    found = asked(services=services)
    assert [list(block.index) for block in blocks(found)] == [["mds"], [], [], [], []]


def test_the_next_chance_by_when_then_where():
    assert list(asked().later.index) == ["vendredi-loin", "sans-code", "charroux"]


def test_unknown_hours_and_past_dates_are_to_be_called():
    assert list(asked().to_call.index) == ["inconnu", "commune"]
    assert asked().to_call.loc["commune", "emplacement_approximatif"]


def test_numbers_for_the_need_come_first_and_only_those_that_serve_the_commune():
    assert list(asked().lines.index) == ["equipe", "3919", "siao"]
    assert list(asked(Need.SOCIAL).lines.index) == ["3919", "siao"]


def test_without_a_time_everything_comes_nearest_first():
    found = asked(when=Selection())
    assert list(found.here.index) == ["civray", "passe", "ferme", "ailleurs"]
    assert (
        found.receiving["distance_m"].is_monotonic_increasing or not found.receiving["serves"].all()
    )
    assert found.later.empty
    assert found.to_call.empty


def test_nothing_farther_than_asked():
    found = asked(within_km=11)
    places = blocks(found)[:-1]
    assert {key for block in places for key in block.index} == {
        "civray",
        "passe",
        "inconnu",
        "charroux",
        "ailleurs",
        "ferme",
        "sans-code",
    }


@pytest.mark.parametrize("need", list(Need))
@pytest.mark.parametrize("when", [Selection(), Selection(open_during=THURSDAY)])
def test_a_shelter_never_has_a_distance_and_what_is_hidden_never_shows(need, when):
    found = asked(need, when)
    for places in blocks(found)[:-1]:
        assert not places["nom"].eq(CANARY).any()
        assert not places["type"].eq(ServiceType.HEBERGEMENT).any()
    assert "distance_m" not in found.lines
    assert "jamais" not in found.lines.index
    assert found.lines.geometry.isna().all() or need is Need.ABRI


def test_shelter_is_a_path_of_numbers_in_one_order():
    found = asked(Need.ABRI)
    assert all(block.empty for block in blocks(found)[:-1])
    assert list(found.lines.index)[:4] == ["siao", "3919", "foyer", "equipe"]


def test_one_line_a_number_then_the_local_ones_that_answer_day_and_night():
    line = {"type": "ecoute", "zone_eligibilite": "86"}
    services = read(
        row("association", type="association", telephone="05 00 00 00 03", zone_eligibilite="86"),
        row("jour", **line, telephone="05 00 00 00 01", horaires_accueil="Mo-Fr 09:00-17:00"),
        row("nuit", **line, telephone="05 00 00 00 02", horaires_accueil="24/7"),
        row("3919", type="ecoute", telephone="3919", zone_eligibilite="france"),
        row("siao", **line, telephone="115"),
        row("115", type="ecoute", telephone="115", zone_eligibilite="france"),
        row("encore", **line, telephone="+33 5 00 00 00 02"),
        row("foyer", type="hebergement", zone_eligibilite="86", telephone="05 00 00 00 02"),
        row("accueil", type="accueil-de-jour", zone_eligibilite="86", telephone="115"),
    ).services
    found = asked(Need.ABRI, services=services)
    assert list(found.lines.index) == ["siao", "3919", "encore", "jour", "association"]


def test_what_she_asks_for_may_be_unsaid_and_is_then_marked_and_after():
    services = read(
        row("muette", **CHARROUX, type="association"),
        row("autre", **CHARROUX, type="association", violences="conjugales"),
        row("oui", **POITIERS, type="association", violences="mariage-force|conjugales"),
        row("interprete", **RUFFEC, type="association", langues="interprete"),
        row(
            "3919",
            type="ecoute",
            telephone="3919",
            violences="conjugales",
            zone_eligibilite="france",
        ),
        row(
            "ligne",
            type="ecoute",
            telephone="0800",
            violences="conjugales",
            zone_eligibilite="france",
        ),
    ).services
    wanted = Selection(violences=("mariage-force",), langues=("ar",))
    found = asked(when=wanted, services=services)
    assert dict(found.receiving["unsaid"]) == {
        "muette": "violences|langues",
        "oui": "langues",
        "interprete": "violences",
    }
    asked_for = asked(when=Selection(violences=("mariage-force",)), services=services)
    assert asked_for.receiving.index[0] == "oui"
    assert list(asked_for.lines.index) == ["3919"]
    assert list(asked_for.lines["unsaid"]) == [""]


@pytest.mark.parametrize("need", list(Need))
@pytest.mark.parametrize("origin", [CIVRAY_HALL, None])
def test_a_service_for_those_who_commit_violence_is_in_no_answer(need, origin):
    aides = "|".join(aid.value for aid in need.aids)
    theirs = {"publics": "auteurs", "aides": aides, "telephone": "05 00 00 00 99"}
    services = read(
        row("lieu", **CIVRAY, **theirs, type="association"),
        row("loin", **CHARROUX, **theirs, type="permanence", horaires_accueil="24/7"),
        row("ligne", **theirs, type="ecoute", zone_eligibilite="86"),
        row("france", **theirs, type="ecoute", zone_eligibilite="france"),
    ).services
    found = answer(
        services,
        origin,
        code_insee="86078",
        need=need,
        when=Selection(),
        now=NOW,
        within_m=100_000.0,
    )
    assert all(block.empty for block in blocks(found))
    assert everywhere(services, need=need, when=Selection(), now=NOW).empty


def test_every_type_answers_a_need_and_every_need_has_its_numbers():
    answering = {aid for need in Need for aid in need.aids}
    assert not [kind for kind in ServiceType if answering.isdisjoint(kind.facts.aids)]
    assert set(FIRST_CALLS) == set(Need)


def test_lines_of_all_france_need_no_place():
    lines = everywhere(SERVICES, need=Need.ABRI, when=Selection(), now=NOW)
    assert list(lines.index) == ["115", "3919"]


@settings(max_examples=20)
@given(st.permutations(range(len(SERVICES))), st.sampled_from(list(Need)))
def test_each_service_is_in_one_block_at_most_whatever_the_order_of_the_list(order, need):
    found = asked(need, services=SERVICES.iloc[order])
    shown = [key for block in blocks(found) for key in block.index]
    assert len(shown) == len(set(shown))
    straight = asked(need)
    names = [key for block in blocks(straight) for key in block.index]
    assert set(shown) == set(names)


def test_many_places_of_unknown_hours_hide_no_open_one():
    crowd = [row(f"inconnu-{number}", **CIVRAY, type="association") for number in range(600)]
    farther = row("ouvert", **CHARROUX, type="association", horaires_accueil="24/7")
    assert list(asked(services=read(*crowd, farther).services).receiving.index) == ["ouvert"]


def test_a_sure_opening_comes_before_one_that_a_public_holiday_makes_doubtful():
    services = read(
        row("noel", **CHARROUX, type="association", horaires_accueil="Mo-Fr 09:00-12:00"),
        row("samedi", **RUFFEC, type="association", horaires_accueil="Sa 10:00-12:00; PH off"),
    ).services
    eve = Selection(open_at=datetime(2026, 12, 24, 20, 30))
    assert list(asked(when=eve, services=services).later.index) == ["samedi", "noel"]


def test_without_a_place_to_start_from_nothing_has_a_distance():
    found = answer(
        SERVICES,
        None,
        code_insee="86078",
        need=Need.PARLER,
        when=Selection(open_during=THURSDAY),
        now=NOW,
        within_m=1000.0,
    )
    assert found.receiving.empty
    assert {"3919", "equipe", "ferme"} <= set(found.lines.index)
    assert "distance_m" not in found.lines
    assert not found.lines["nom"].eq(CANARY).any()


def test_a_list_without_services_answers_nothing():
    found = asked(services=SERVICES.iloc[:0])
    assert all(block.empty for block in blocks(found))
