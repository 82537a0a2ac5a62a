"""Quality of a list: each criterion, and the order of the calls."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import quality
from geodata.services import COLUMNS, ServiceType, read_services
from tests.lists import CIVRAY, read, row

TODAY = date(2026, 11, 22)
POITIERS = {"code_postal": "86000", "commune": "Poitiers", "code_insee": "86194"}
HERE = {"latitude": "46.149", "longitude": "0.295"}
SHELTER = {"type": "hebergement", "nom": "Foyer", "zone_eligibilite": "86"}
ROOT = Path(__file__).parents[1]


CASES = [
    ("telephone", {"telephone": "05 49 00 00 00"}, True),
    ("telephone", {}, False),
    ("telephone", {"type": "ecoute", "site_web": "https://tchat.fr"}, None),
    ("telephone", {"type": "ecoute"}, False),
    ("numero", {"telephone": "05 49 00 00 00"}, True),
    ("numero", {"telephone": "3919"}, True),
    ("numero", {"telephone": "05 49 00 00"}, False),
    ("numero", {"telephone": "05 49 00 00 00 ou demander Anne"}, False),
    ("numero", {}, None),
    ("horaires", {"horaires_accueil": "Mo-Fr 09:00-12:00"}, True),
    ("horaires", {"horaires_accueil": "le matin"}, False),
    ("horaires", {"horaires_precisions": "le matin"}, False),
    ("horaires", SHELTER, None),
    ("emplacement", {**CIVRAY, **HERE}, True),
    ("emplacement", CIVRAY, False),
    ("emplacement", {**CIVRAY, "acces": "telephone"}, None),
    ("emplacement", {**CIVRAY, "acces": "telephone|sans-rdv"}, False),
    ("emplacement", {"type": "ecoute", "zone_eligibilite": "86"}, None),
    ("emplacement", {**CIVRAY, "confidentialite": "commune"}, None),
    ("emplacement", SHELTER, None),
    ("source", {"lien_source": "https://departement.fr"}, True),
    ("source", {}, False),
    ("lien", {"lien_source": "https://a.fr", "site_web": "http://b.fr"}, True),
    ("lien", {"lien_source": "https://a.fr", "site_web": "b.fr"}, False),
    ("lien", {"site_web": "javascript:alert(1)"}, False),
    ("lien", {}, None),
    ("age", {"date_source": "2026-10"}, True),
    ("age", {"date_source": "2024-10"}, False),
    ("age", {"date_source": "2016", "date_verification": "2026-11-20"}, True),
    ("age", {"date_source": "hier"}, False),
    ("age", {}, False),
    ("dates", {"horaires_accueil": "2026 Nov 24 10:00-12:00"}, True),
    ("dates", {"horaires_accueil": "2026 Nov 03 10:00-12:00"}, False),
    ("dates", {"horaires_accueil": "Mo-Fr 09:00-12:00"}, None),
    ("coordonnees", {**CIVRAY, **HERE}, True),
    ("coordonnees", {**POITIERS, **HERE}, False),
    ("coordonnees", {**CIVRAY, "latitude": "46.23", "longitude": "0.295"}, False),
    ("coordonnees", CIVRAY, None),
    ("coordonnees", HERE, None),
    ("code_postal", CIVRAY, True),
    ("code_postal", {**CIVRAY, "code_postal": "86000"}, False),
    ("code_postal", {**CIVRAY, "code_postal": "86409", "adresse": "BP 1, Cedex"}, None),
    ("code_postal", {**CIVRAY, "code_postal": ""}, None),
    ("code_postal", {**CIVRAY, "confidentialite": "commune"}, None),
]


def yes_or_no(value) -> bool | None:
    return None if pd.isna(value) else bool(value)


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    rows = (row(str(number), **cells) for number, (_, cells, _) in enumerate(CASES))
    return quality.measures(read(*rows).services, TODAY)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{c} {d}" for c, d, _ in CASES])
def test_a_criterion_holds_fails_or_does_not_apply(judged, number):
    criterion, _, expected = CASES[number]
    assert yes_or_no(judged.loc[str(number), criterion]) is expected


def test_a_fact_ages_by_its_type():
    rows = []
    for kind in ServiceType:
        limit = pd.Timestamp(TODAY) - pd.DateOffset(months=kind.facts.months)
        for name, days in (("recent", 3), ("old", -3)):
            checked = (limit + pd.Timedelta(days=days)).date().isoformat()
            cells = {"type": str(kind), "zone_eligibilite": "86", "date_verification": checked}
            rows.append(row(f"{kind} {name}", **cells))
    recent = quality.is_recent(read(*rows).services, TODAY)
    assert recent.to_dict() == {key: key.endswith("recent") for key in recent.index}


def test_a_drop_in_ages_faster_than_a_police_station():
    assert ServiceType.PERMANENCE.facts.months * 6 == ServiceType.COMMISSARIAT.facts.months


def test_a_duplicate_is_reported_on_both_rows():
    services = read(row("a", **CIVRAY), row("b", **CIVRAY), row("c", type="ccas")).services
    assert quality.is_single(services).tolist() == [False, False, True]


def test_a_row_not_fully_compared_is_not_reported_as_single(monkeypatch):
    monkeypatch.setattr(quality, "_MOST_PAIRS", 2)
    twins = [row(key, nom="CCAS", type="ccas", **CIVRAY) for key in "ab"]
    others = [row(key, nom=f"Point {key}", **CIVRAY) for key in "cd"]
    services = read(*twins, *others, row("e", code_insee="86194")).services
    single = quality.is_single(services)
    assert single.isna().tolist() == [False, False, True, True, False]
    assert single.dropna().tolist() == [False, False, True]


def test_the_score_is_the_share_of_what_applies():
    services = read(
        row("a", **CIVRAY, telephone="05 49 00 00 00", horaires_accueil="Mo 09:00-12:00")
    ).services
    # telephone, numero, horaires, code_postal, doublon hold; emplacement, source, age fail.
    assert quality.score(services, TODAY).tolist() == [5 / 8]


def test_rows_never_shown_are_not_evaluated():
    services = read(
        row("a", **CIVRAY), row("b", **SHELTER, confidentialite="non_publie", telephone="faux")
    ).services
    assert quality.measures(services, TODAY).loc["b"].isna().all()
    assert pd.isna(quality.score(services, TODAY)["b"])
    assert set(quality.problems(services, TODAY)["id"]) == {"a"}
    assert set(quality.to_call(services, TODAY).index) <= {"a"}
    assert quality.by_group(services, TODAY, "type")["services"].to_dict() == {"mds": 1}


def test_a_hidden_place_is_judged_on_nothing_that_is_a_place():
    services = read(row("a", **SHELTER), row("b", **CIVRAY, confidentialite="commune")).services
    judged = quality.measures(services, TODAY)
    assert judged[["emplacement", "coordonnees", "code_postal"]].isna().all(axis=None)
    assert judged["telephone"].tolist() == [False, False]


def test_no_result_repeats_a_cell():
    canaries = {"telephone": "canari 12", "site_web": "canari.fr", "horaires_accueil": "canari"}
    services = read(row("a", **CIVRAY, **canaries)).services
    said = quality.problems(services, TODAY).to_csv() + quality.to_call(services, TODAY).to_csv()
    assert "canari" not in said
    assert "n’est pas un numéro français" in said


def test_the_most_urgent_comes_first():
    services = read(
        row("vieux", **CIVRAY, nom="A"), row("faux", **POITIERS, nom="B", telephone="12")
    ).services
    found = quality.problems(services, TODAY)
    assert found.loc[0, ["id", "criterion"]].tolist() == ["faux", "numero"]
    assert found["urgency"].is_monotonic_decreasing
    assert found.loc[found["criterion"] == "age", "id"].tolist() == ["vieux", "faux"]


def test_the_services_to_call():
    phone = "05 49 00 00 0"
    fresh = {"date_verification": "2026-11-01", "horaires_accueil": "Mo 09:00-12:00"}
    services = read(
        row("sans-numero", nom="A", **CIVRAY),
        row("un-defaut", nom="B", **POITIERS, **fresh, telephone=phone + "1"),
        row("recent", nom="C", **CIVRAY, date_source="2024", telephone=phone + "2", type="ccas"),
        row("ancien", nom="D", **CIVRAY, date_source="2016", telephone=phone + "3", type="justice"),
        row("sans-date", nom="E", **CIVRAY, telephone=phone + "4", type="sante"),
        row(
            "dates",
            nom="F",
            **CIVRAY,
            telephone=phone + "5",
            horaires_accueil="2025 Nov 3 9:00-10:00",
        ),
        row("urgence", nom="G", **POITIERS, telephone="115", type="accueil-de-jour"),
        row("ligne", nom="H", type="ecoute", zone_eligibilite="86", telephone=phone + "6"),
        row(
            "parfait", nom="I", **CIVRAY, **HERE, **fresh, telephone=phone + "7", type="association"
        ),
    ).services
    calls = quality.to_call(services, TODAY)
    order = ["dates", "sans-date", "ancien", "recent", "un-defaut", "sans-numero", "urgence"]
    assert calls.index.tolist() == order
    assert calls.loc["urgence", "telephone"] == ""
    assert calls.loc["dates", "todo"].startswith("Demander les prochaines dates.")
    assert quality.to_call(services, TODAY, 2).index.tolist() == order[:2]
    assert quality.to_call(services.iloc[:0], TODAY).empty


def test_health_by_group():
    services = read(
        row("a", **CIVRAY, nom="A", telephone="05 49 00 00 00"), row("b", **POITIERS, type="ccas")
    ).services
    table = quality.by_group(services, TODAY, "commune")
    assert table.loc["Civray", "telephone"] == 1
    assert table.loc["Poitiers", "telephone"] == 0
    assert pd.isna(table.loc["Poitiers", "numero"])
    assert table["services"].tolist() == [1, 1]
    assert table["score"].between(0, 1).all()


CELLS = st.dictionaries(
    st.sampled_from(
        [c for c in COLUMNS if c not in ("id", "nom", "type", "source", "departement")]
    ),
    st.sampled_from(["", "46.1", "2026", "86078", "x", "3919", "https://a.fr", "24/7"]),
)


@settings(max_examples=6)
@given(st.lists(CELLS, max_size=4))
def test_any_list_has_scores_on_its_own_index(rows):
    services = read(*(row(str(number), **cells) for number, cells in enumerate(rows))).services
    scores = quality.score(services, TODAY)
    assert scores.index.equals(services.index)
    assert scores.dropna().between(0, 1).all()
    judged = quality.measures(services, TODAY)
    assert list(judged.columns) == list(quality.CRITERIA)
    failed = (judged == False).fillna(value=False).sum(axis=1)  # noqa: E712
    found = quality.problems(services, TODAY)["id"].value_counts()
    assert failed[failed > 0].to_dict() == found.to_dict()


def test_the_shipped_list_is_judged_whole():
    services = read_services(ROOT / "services.csv").services
    shown = services["confidentialite"] != "non_publie"
    scores = quality.score(services, TODAY)
    assert scores[shown].notna().all()
    assert 0.4 < scores.mean() < 1
    judged = quality.measures(services, TODAY)
    assert judged["code_postal"].fillna(value=True).all()
    assert judged["coordonnees"].fillna(value=True).all()
    assert judged["numero"].fillna(value=True).all()
