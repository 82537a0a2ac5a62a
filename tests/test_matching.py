"""Matching: the same service in two lists is found, similar services are not."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from geodata.matching import (
    LIKELY,
    SURE,
    WEIGHTS,
    candidates,
    duplicates,
    duplicates_within,
    moved,
    namesakes,
)
from geodata.services import ServiceType
from tests.lists import CIVRAY, read, row

LABELLED = Path(__file__).parent / "labelled_pairs.csv"
MDS = "Maison départementale des solidarités"


def labelled() -> pd.DataFrame:
    return pd.read_csv(LABELLED, dtype="str", keep_default_na=False)


def side(pairs: pd.DataFrame, name: str):
    """Return the services of one side of the pairs, each once, and the id for each pair."""
    cells = [f"{name}_{column}" for column in ("nom", "type", "place", "telephone")]
    described = list(pairs[cells].itertuples(index=False, name=None))
    ids = {cell: f"{name}-{number}" for number, cell in enumerate(dict.fromkeys(described))}
    rows = [
        row(
            key,
            nom=nom,
            type=kind,
            telephone=phone,
            **{"code_insee" if len(place) == 5 else "zone_eligibilite": place},
        )
        for (nom, kind, place, phone), key in ids.items()
    ]
    services = read(*rows).services
    assert len(services) == len(rows)
    return services, [ids[cell] for cell in described]


def test_the_labelled_pairs_are_classified():
    pairs = labelled()
    assert len(pairs) >= 200
    (ours, left), (theirs, right) = side(pairs, "ours"), side(pairs, "theirs")
    found = candidates(ours, theirs)
    proposed = set(zip(found["ours"], found["theirs"], strict=True))
    said = pd.Series([pair in proposed for pair in zip(left, right, strict=True)])
    true = pairs["same"] == "1"
    for part in (slice(None), slice(2, None, 3)):
        right_ones = (said[part] & true[part]).sum()
        assert right_ones / said[part].sum() >= 0.95  # precision
        assert right_ones / true[part].sum() >= 0.97  # recall


def test_no_labelled_pair_is_surely_the_same_and_is_not():
    pairs = labelled()
    (ours, left), (theirs, right) = side(pairs, "ours"), side(pairs, "theirs")
    found = candidates(ours, theirs, floor=SURE)
    sure = set(zip(found["ours"], found["theirs"], strict=True))
    same = [one == "1" for one in pairs["same"]]
    said = [pair in sure for pair in zip(left, right, strict=True)]
    assert sum(said) > 80
    assert all(one for one, called in zip(same, said, strict=True) if called)


CIDFF = {"nom": "CIDFF de la Vienne", "type": "association", "telephone": "05 49 88 04 41"}
ELSEWHERE = {"code_insee": "86041", "commune": "Buxerolles", "code_postal": "86180"}


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ({}, {}, True),
        ({}, {"nom": "Centre d'information sur les droits des femmes (CIDFF) - Vienne"}, True),
        ({}, CIVRAY, False),  # not elsewhere
        ({}, {"telephone": "05 49 88 04 42"}, False),
        ({}, {"nom": "Planning familial"}, False),
        ({}, {"type": "gendarmerie"}, False),
        ({}, {"code_insee": "", "commune": "", "code_postal": "", "zone_eligibilite": "86"}, False),
        ({"type": "permanence"}, {}, True),  # types that lists confuse, a number of its own
    ],
)
def test_an_organisation_that_has_moved(ours, theirs, same):
    pairs = moved(
        read(row("a", **CIDFF | CIVRAY | ours)).services,
        read(row("b", **CIDFF | ELSEWHERE | theirs)).services,
    )
    assert pairs.to_dict("records") == ([{"ours": "a", "theirs": "b"}] if same else [])


def test_an_antenna_with_the_same_number_does_not_hide_a_move_but_of_an_association():
    antenna = row("c", **CIDFF | {"nom": "Permanence du CIDFF à Loudun", "type": "permanence"})
    ours = read(row("a", **CIDFF | CIVRAY), antenna).services
    theirs = read(row("b", **CIDFF | ELSEWHERE)).services
    assert moved(ours, theirs).to_dict("records") == [{"ours": "a", "theirs": "b"}]
    station = {"nom": "Commissariat", "type": "commissariat", "telephone": "05 49 60 60 00"}
    ours = read(row("a", **station | CIVRAY), row("c", **station)).services
    assert moved(ours, read(row("b", **station | ELSEWHERE)).services).empty


def test_the_labelled_pairs_are_known_types_and_no_pair_twice():
    with LABELLED.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(file))
    assert {pair["same"] for pair in pairs} == {"0", "1"}
    assert {pair[f"{name}_type"] for pair in pairs for name in ("ours", "theirs")} <= set(
        ServiceType
    )
    assert len({tuple(pair.values()) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize(
    ("ours", "theirs", "proposed"),
    [
        ({"nom": f"{MDS} de Civray"}, {"nom": "MDS CIVRAY"}, True),
        (
            {"nom": "MDS"},
            {"nom": "MDS", "commune": "Loudun", "code_postal": "86200", "code_insee": "86137"},
            False,
        ),
        ({"telephone": "05 49 87 00 00"}, {"nom": "Accueil", "telephone": "+33549870000"}, False),
        ({"nom": "Maison des solidarités du Civraisien"}, {"nom": "MDS de Civray"}, True),
        (
            {"type": "gendarmerie", "nom": "Civray"},
            {"type": "commissariat", "nom": "Civray"},
            False,
        ),
        ({"latitude": "46.149", "longitude": "0.295"}, {}, True),
        (
            {"latitude": "46.149", "longitude": "0.295"},
            {"latitude": "46.19", "longitude": "0.295"},
            True,
        ),
    ],
)
def test_clues(ours, theirs, proposed):
    pair = [
        read(row(key, **CIVRAY | cells)).services for key, cells in (("a", ours), ("b", theirs))
    ]
    assert bool(len(candidates(*pair))) is proposed


def test_a_far_point_and_another_number_lower_the_score():
    here = {**CIVRAY, "latitude": "46.149", "longitude": "0.295"}
    ours = read(row("a", **here)).services
    near = read(row("b", **here), row("c", **here | {"latitude": "46.19"})).services
    found = candidates(ours, near, floor=0).set_index("theirs")
    assert found.loc["b", "score"] > found.loc["c", "score"]
    assert found.loc["b", "reasons"] == "même nom ; même type ; même commune ; même endroit"
    assert "autre endroit" in found.loc["c", "reasons"]


def test_a_switchboard_weighs_less_than_a_direct_number():
    phone = {"telephone": "05 49 87 00 00"}
    other = read(row("b", **CIVRAY, **phone)).services
    alone = candidates(read(row("a", **CIVRAY, **phone)).services, other, floor=0)
    board = read(row("a", **CIVRAY, **phone), row("c", type="ccas", nom="CCAS", **phone)).services
    shared = candidates(board, other, floor=0).set_index("ours")
    assert shared.loc["a", "score"] < alone["score"].iloc[0]
    assert "standard" in shared.loc["a", "reasons"]


def test_no_reason_repeats_a_cell():
    cells = {"telephone": "05 49 87 00 00", "adresse": "7 rue du Canari", **CIVRAY}
    found = candidates(read(row("a", **cells)).services, read(row("b", **cells)).services, floor=0)
    said = found["reasons"].iloc[0]
    assert not any(word in said for word in ("87", "Canari", "Civray", "MDS"))


def test_duplicates_are_pairs_of_one_list_once():
    services = read(row("a", **CIVRAY), row("b", **CIVRAY), row("c", type="ccas")).services
    assert duplicates(services)[["ours", "theirs"]].to_numpy().tolist() == [["a", "b"]]
    assert duplicates(services.iloc[:1]).empty
    assert candidates(services.iloc[:0], services).empty


def test_namesakes_share_a_name_and_a_departement_whatever_their_types():
    ours = read(row("a", nom="CHRS L’Équinoxe", type="hebergement", zone_eligibilite="78")).services
    theirs = read(
        row("b", nom="CHRS Equinoxe", type="association", code_insee="78646"),
        row("c", nom="CHRS Equinoxe", type="association", code_insee="86194"),
    ).services
    assert namesakes(ours, theirs).to_numpy().tolist() == [["a", "b"]]


def test_the_score_does_not_depend_on_the_side_nor_on_capitals():
    pairs = labelled()
    (ours, _), (theirs, _) = side(pairs, "ours"), side(pairs, "theirs")
    loud = theirs.assign(nom=theirs["nom"].str.upper())
    found = candidates(ours, theirs, floor=0)
    assert found["score"].between(0, 1).all()
    forth = found.set_index(["ours", "theirs"])["score"]
    back = candidates(theirs, ours, floor=0).set_index(["theirs", "ours"])["score"]
    assert forth.to_dict() == back.to_dict()
    shouted = candidates(ours, loud, floor=0).set_index(["ours", "theirs"])["score"]
    assert forth.to_dict() == shouted.to_dict()


def test_a_list_finds_itself():
    services = read(*(row(str(n), nom=f"Association {n}", **CIVRAY) for n in range(12))).services
    found = candidates(services, services)
    assert set(found.loc[found["ours"] == found["theirs"], "ours"]) == set(services.index)
    assert found["score"].is_monotonic_decreasing
    assert (found["score"] >= LIKELY).all()


def test_clues_for_and_against_have_their_signs():
    assert all(
        (weight > 0) == name.endswith(("same", "near", "shared"))
        for name, weight in WEIGHTS.items()
    )


def test_a_bounded_search_reports_the_rows_not_fully_compared():
    twins = {"nom": "Relais des femmes", "type": "association", "telephone": "05 49 00 00 01"}
    crowd = [row(f"n{n}", nom=f"Service {n}", type="mds", **CIVRAY) for n in range(20)]
    rows = [row("a", **twins, **CIVRAY), row("b", **twins, **CIVRAY), *crowd]
    services = read(*rows, row("far", code_insee="86194")).services
    everything, whole = duplicates_within(services, 10**6)
    assert everything.equals(duplicates(services))
    assert whole.all()
    found, whole = duplicates_within(services, 30)
    assert found[["ours", "theirs"]].to_numpy().tolist() == [["a", "b"]]
    assert list(services.index[whole]) == ["far"]


def test_a_floor_drops_pairs_and_changes_no_score():
    rows = [row(f"s{n}", nom=name, **CIVRAY) for n, name in enumerate(_NAMES)]
    services = read(*rows).services
    every = duplicates(services, floor=0)
    assert len(every) == len(_NAMES) * (len(_NAMES) - 1) // 2
    for floor in (0.2, 0.5, 0.9):
        kept = every[every["score"] >= floor].reset_index(drop=True)
        assert duplicates(services, floor=floor).equals(kept)


_NAMES = ("MDS de Civray", "Maison des solidarités", "MDS Civray Nord", "Accueil social", "CCAS")
