"""The export to data·inclusion: valid, public rows only, imported again unchanged."""

import io
import json
import zipfile
from datetime import date
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from data_inclusion.schema.v1 import Service, Structure
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import hours, national_export
from geodata.national_export import left_out, to_data_inclusion
from geodata.services import (
    AUDIENCES,
    PERPETRATORS,
    Confidentiality,
    ServiceType,
    read_services,
)
from geodata.sources import SOURCES, data_inclusion, sounds_like_shelter
from tests.lists import CIVRAY, read, row

ROOT = Path(__file__).parents[1]
TODAY = date(2026, 11, 22)
MODELS = {"structures.json": Structure, "services.json": Service}
GOOD = CIVRAY | {
    "description": "Accueil, écoute et accompagnement.",
    "date_source": "2026-11-02",
    "adresse": "1 rue du Temple",
}
PERMANENCE = GOOD | {"type": "permanence", "nom": "Permanence de Civray", "structure": "CIDFF 86"}
CANARY = "Canari"


def written(services: gpd.GeoDataFrame, **options) -> dict[str, list[dict]]:
    content = to_data_inclusion(services, today=TODAY, **options)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def one(**cells: str) -> dict:
    """Return the exported service of one row, with its structure under `structure`."""
    files = written(read(row(**GOOD | cells)).services)
    (service,), (structure,) = files["services.json"], files["structures.json"]
    return service | {"structure": structure}


def reason(**cells: str) -> str:
    return left_out(read(row(**GOOD | cells)).services, today=TODAY).iloc[0]


def assert_valid(files: dict[str, list[dict]]) -> None:
    """Check that an export is valid without a warning, complete and consistent."""
    for name, model in MODELS.items():
        ids = [record["id"] for record in files[name]]
        assert len(set(ids)) == len(ids)
        for record in files[name]:
            assert list(record) == list(dict.fromkeys(record))
            assert set(record) == set(model.model_fields)
            model.model_validate(record, context={"ignore_warnings": False})
    structures = {record["id"] for record in files["structures.json"]}
    assert {record["structure_id"] for record in files["services.json"]} == structures


def read_back(files: dict[str, list[dict]]) -> pd.DataFrame:
    """Return what our adapter imports from an export, by the id of the original row."""
    source, structures = (
        io.BytesIO(json.dumps(files[name]).encode())
        for name in ("services.json", "structures.json")
    )
    rows = data_inclusion.read(source, structures=structures).rows
    return rows.set_index("id")


@cache
def shipped() -> gpd.GeoDataFrame:
    return read_services(ROOT / "services.csv").services


# --- laws ---------------------------------------------------------------------------------


def test_the_shipped_list_is_valid():
    files = written(shipped())
    assert_valid(files)
    assert len(files["services.json"]) == (left_out(shipped(), today=TODAY) == "").sum() > 100


NASTY = st.sampled_from(
    [
        *(
            "",
            " ",
            "a",
            "=1+1",
            "null",
            "é’œ\u202f\u00a0",
            "\x00\x07",
            "\ud800",
            "\u202e",
            "x" * 200,
        ),
        *("12 rue du Canari", "Civray.", "etc.", "...", "<script>alert(1)</script>", '"},{"'),
        *("2016", "2016-11", "2016-11-22", "2999-01-01", "1999-12-31", "hier", "2025-02-31"),
        *("05 49 87 00 00", "3919", "116 006", "+33 (0)5 49 87 00 00", "05 49 87", "1" * 30),
        *("a@x.fr", "a..b@x.fr", "a@b", "a@x.local", "é@x.fr", "a@-x.fr", "a@xn--a.fr", "@"),
        *("https://x.fr", "https://x.fr:99999", "http://1.2.3.999", "https://x", "javascript:a"),
        *("https://x.fr/" + "a" * 3000, "https://é.fr/é", "https://x.fr/a^b", "https://xn--é.fr"),
        *("Mo-Fr 09:00-12:00; PH off", "lundi 9h-12h", "09:00+", "24/7", "PH off"),
        *("86", "2A", "france", "200043628", "86078", "99999", "86|france", "٨٦", "1234é"),
        *("sans-rdv|telephone", "urgence", "tous|femmes", "enfants", "hommes|jeunes", "|"),
        *("46.1491", "0.2950", "1e999", "nan", "Foyer", "data·inclusion (dora)", "CIDFF 86"),
    ]
) | st.text(max_size=12)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text(min_size=1, max_size=6) | st.just("structure--86-cidff-86"),
            "nom": st.just("Permanence") | NASTY,
            "type": st.sampled_from([str(kind) for kind in ServiceType]),
            "source": st.just("Ville") | NASTY,
            "confidentialite": st.sampled_from(["", *map(str, Confidentiality)]),
            "date_source": st.just("2026-11") | NASTY,
            "description": st.just("Accueil et écoute.") | NASTY,
        }
        | dict.fromkeys(
            (
                *("structure", "adresse", "code_postal", "commune", "code_insee", "latitude"),
                *("longitude", "telephone", "courriel", "site_web", "horaires_accueil", "acces"),
                *("horaires_precisions", "publics", "zone_eligibilite", "lien_source"),
                *("date_verification", "reseaux"),
            ),
            NASTY,
        )
    ),
    max_size=8,
)


@settings(max_examples=25)
@given(ROWS)
def test_exports_of_any_list_are_valid(rows):
    clean = [{k: v.encode(errors="ignore").decode() for k, v in cells.items()} for cells in rows]
    services = read(*clean).services
    files = written(services)
    assert_valid(files)
    reasons = left_out(services, today=TODAY)
    gone = services.index[reasons == ""]
    assert len(files["services.json"]) == len(gone)
    assert list(reasons.index) == list(services.index)
    kept = services.loc[gone]
    assert (kept["confidentialite"] == Confidentiality.PUBLIC).all()
    assert (kept["type"] != ServiceType.HEBERGEMENT).all()


def test_our_own_adapter_imports_the_export():
    """Names, places, phones and hours are kept; names like a shelter's stay hidden."""
    passing = shipped()[left_out(shipped(), today=TODAY) == ""]
    back = read_back(written(shipped()))
    assert len(back) == len(passing)
    seen = 0
    for key, ours in passing.iterrows():
        if f"di-maillage-{key}" not in back.index:  # a shelter's id is a digest
            assert sounds_like_shelter(ours["nom"])
            continue
        theirs = back.loc[f"di-maillage-{key}"]
        seen += 1
        assert theirs["nom"] == ours["nom"].rstrip(".")
        assert theirs["code_insee"] == ours["code_insee"]
        assert digits(theirs["telephone"]) == digits(ours["telephone"])
        known = hours.understand(ours["horaires_accueil"]) if ours["horaires_accueil"] else ""
        assert theirs["horaires_accueil"] == known
        if ours["type"] != ServiceType.ECOUTE:
            assert theirs["adresse"] == ours["adresse"]
            assert theirs["latitude"] == (
                "" if pd.isna(ours["latitude"]) else str(ours["latitude"])
            )
        assert ours["source"] in theirs["description"]
        assert theirs["lien_source"] == (ours["lien_source"] or SOURCES["data-inclusion"].homepage)
    assert seen > len(passing) * 0.9


def digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))


def test_the_same_list_gives_the_same_bytes():
    first, again = (to_data_inclusion(shipped(), today=TODAY) for _ in range(2))
    assert first == again


def test_the_list_is_not_changed():
    services = read(row(**GOOD)).services
    before = services.copy()
    to_data_inclusion(services, today=TODAY)
    assert services.equals(before)


# --- exported rows ------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["commune", "departement", "non_publie"])
@pytest.mark.parametrize("kind", ["accueil-de-jour", "association", "hebergement", "mds"])
def test_nothing_of_a_confidential_row_is_exported(level, kind):
    hidden = {"nom": f"Lieu {CANARY}", "type": kind, "confidentialite": level, **DATED}
    place = CIVRAY if level == "commune" else {"zone_eligibilite": "86"}
    services = read(row("a", **GOOD), row(CANARY, **hidden, **place, structure=CANARY)).services
    assert list(services.index) == ["a", CANARY]
    files = written(services)
    assert CANARY not in json.dumps(files)
    assert len(files["services.json"]) == len(files["structures.json"]) == 1
    assert left_out(services, today=TODAY)[CANARY] == national_export.CONFIDENTIAL


DATED = {"date_source": "2026-11-02", "description": "Accueil et écoute."}


def test_no_shelter_is_exported_even_one_declared_public():
    assert reason(type="hebergement", confidentialite="public") == national_export.SHELTER


@pytest.mark.parametrize(
    ("cells", "goes"),
    [
        ({"type": "association", "nom": "Foyer des Essais"}, False),
        ({"type": "accueil-de-jour", "structure": "CHRS des Essais"}, False),
        ({"type": "permanence", "nom": "Maison maternelle des Essais"}, False),
        ({"type": "sante", "nom": "CHU de Poitiers"}, True),
        ({"type": "association", "nom": "Maison des femmes"}, True),
    ],
)
def test_nor_a_service_named_like_a_shelter(cells, goes):
    assert (reason(**cells) == national_export.LIKE_A_SHELTER) != goes


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"source": "data·inclusion (dora)"}, national_export.FROM_THE_BASE),
        ({"date_source": ""}, national_export.UNDATED),
        ({"date_source": "1999-12"}, national_export.MISDATED),
        ({"date_source": "2026-11-23"}, national_export.MISDATED),
        ({"nom": "AB"}, national_export.MISNAMED),
        ({"nom": "A" * 151}, national_export.MISNAMED),
        ({"description": ""}, national_export.UNDESCRIBED),
        ({"description": "ici"}, national_export.UNDESCRIBED),
        ({"description": "a" * 10_001}, national_export.TOO_LONG),
        ({}, ""),
        ({"description": "", "horaires_precisions": "sur demande"}, ""),
        ({"date_source": "", "date_verification": "2026"}, ""),
        ({"date_source": "2026-11-22"}, ""),
        ({"nom": "A" * 150}, ""),
    ],
)
def test_invalid_rows_are_left_out_with_a_reason(cells, why):
    assert reason(**cells) == why


# --- fields -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("checked", "dated", "told"),
    [
        ("", "2016", "2016-01-01"),
        ("", "2016-11", "2016-11-01"),
        ("", "2016-11-22", "2016-11-22"),
        ("2026-03", "2016-11-22", "2026-03-01"),
        ("2015", "2016-11-22", "2016-11-22"),
    ],
)
def test_no_date_looks_fresher_than_it_is(checked, dated, told):
    assert one(date_source=dated, date_verification=checked)["date_maj"] == told


def test_unknown_values_are_null():
    bare = dict.fromkeys(("adresse", "commune", "code_postal", "code_insee"), "")
    service = one(**bare)
    told = {name for name, value in service.items() if value is not None}
    assert told == {
        *("source", "structure_id", "id", "nom", "description", "date_maj", "thematiques"),
        "structure",
    }
    named = {name for name, value in service["structure"].items() if value is not None}
    assert named == {"source", "id", "nom", "date_maj", "reseaux_porteurs"}


def test_the_town_halls_point_is_not_the_places():
    assert one()["latitude"] is None
    placed = one(latitude="46,1491", longitude="0,2950")
    assert (placed["latitude"], placed["longitude"]) == (46.1491, 0.295)


@pytest.mark.parametrize(
    ("publics", "named", "precisions"),
    [
        ("femmes", ["femmes"], None),
        ("femmes|jeunes", ["femmes", "jeunes"], None),
        ("femmes|enfants", ["familles", "femmes"], "Femmes, enfants"),
        ("tous", ["tous-publics"], None),
        ("femmes|tous", ["tous-publics"], "Femmes, tous"),
        ("hommes", None, None),
    ],
)
def test_publics_are_those_of_the_schema_and_nothing_is_lost(publics, named, precisions):
    service = one(publics=publics)
    assert (service["publics"], service["publics_precisions"]) == (named, precisions)


def test_every_word_of_ours_has_one_of_theirs_and_none_goes_that_they_would_offer_to_women():
    for word in AUDIENCES:
        if word != PERPETRATORS:
            assert one(publics=word)["publics"]
    for publics in ("auteurs", "femmes|auteurs"):
        assert reason(publics=publics) == national_export.FOR_PERPETRATORS


@pytest.mark.parametrize(
    ("aides", "themes"),
    [
        ("", []),
        ("ecoute|garde-d-enfants", ["famille--garde-denfants"]),
        ("psychologique|soins", ["sante--acces-aux-soins", "sante--sante-mentale"]),
        ("mise-a-l-abri|jardinage", []),
    ],
)
def test_aids_and_fees_are_the_themes_and_fees_of_the_schema(aides, themes):
    service = one(aides=aides, frais="gratuit")
    assert sorted(service["thematiques"]) == sorted([data_inclusion.VIOLENCE, *themes])
    assert service["frais"] == "gratuit"
    assert one(frais="selon les revenus")["frais"] is None


@pytest.mark.parametrize(
    ("cells", "modes", "precisions", "reception"),
    [
        ({"acces": "sans-rdv"}, ["se-presenter"], None, ["en-presentiel"]),
        ({"acces": "sans-rdv", "adresse": ""}, None, "Sans rendez-vous", ["en-presentiel"]),
        ({"acces": "telephone", "telephone": "3919"}, ["telephoner"], None, ["en-presentiel"]),
        ({"acces": "telephone"}, None, "Par téléphone", ["en-presentiel"]),
        ({"acces": "sur-rdv|urgence"}, None, "Sur rendez-vous, en urgence", ["en-presentiel"]),
        ({"acces": "telephone", "adresse": ""}, None, "Par téléphone", None),
        ({"acces": "", "type": "ecoute", "adresse": ""}, None, None, ["a-distance"]),
    ],
)
def test_access_uses_the_values_of_the_schema(cells, modes, precisions, reception):
    service = one(**cells)
    assert service["modes_mobilisation"] == modes
    assert service["mobilisation_precisions"] == precisions
    assert service["modes_accueil"] == reception


@pytest.mark.parametrize(
    ("phone", "dialled"),
    [
        ("05 49 87 00 00", "+33549870000"),
        ("05.49.87.00.00", "+33549870000"),
        ("+33 (0)5 49 87 00 00", "+33549870000"),
        ("05 49 87 00 00 / 06 11 22 33 44", "+33549870000"),
        ("0590 82 19 63", "+590590821963"),
        ("0692 12 34 56", "+262692123456"),
        ("+687 23 26 00", "+687232600"),
        ("116 006", "116006"),
        ("3919", "3919"),
        ("par courriel", None),
    ],
)
def test_one_number_and_the_others_stay_in_the_text(phone, dialled):
    service = one(telephone=phone)
    assert service["telephone"] == dialled
    alone = dialled is not None and digits(phone)[-8:] == digits(dialled)[-8:]
    assert (phone in service["description"]) != alone


def test_hours_are_osm_or_words():
    assert one(horaires_accueil="lundi 9h-12h")["horaires_accueil"] == "Mo 09:00-12:00"
    strange = one(horaires_accueil="quand on peut", horaires_precisions="à demander")
    assert strange["horaires_accueil"] is None
    assert "Horaires : quand on peut ; à demander" in strange["description"]


def test_the_zone_is_of_codes_that_exist():
    assert one(zone_eligibilite="86|2A|86078|200043628|99999|zz")["zone_eligibilite"] == [
        *("86", "2A", "86078", "200043628")
    ]
    assert one(zone_eligibilite="86|France")["zone_eligibilite"] == ["france"]
    assert one(zone_eligibilite="zz")["zone_eligibilite"] is None


@pytest.mark.parametrize(
    ("cells", "networks"),
    [
        ({}, ["departements", "maisons-des-solidarites"]),
        ({"type": "ccas", "nom": "CCAS de Civray"}, ["ccas-cias"]),
        ({"type": "association", "nom": "CIDFF de la Vienne"}, ["cidff"]),
        ({"type": "justice", "nom": "Point-Justice de Civray"}, ["points-justice"]),
        ({"type": "justice", "nom": "Tribunal judiciaire"}, None),
        ({"type": "gendarmerie", "nom": "Gendarmerie de Civray"}, None),
    ],
)
def test_a_network_is_that_of_the_type_or_of_the_name(cells, networks):
    assert one(**cells)["structure"]["reseaux_porteurs"] == networks


def test_a_place_is_its_own_structure():
    service = one(structure="Département de la Vienne", site_web="https://x.fr")
    structure = service["structure"]
    assert structure["id"] == service["structure_id"] == service["id"] == "maillage--86-mds-civray"
    for name in ("nom", "adresse", "code_insee", "telephone", "horaires_accueil", "date_maj"):
        assert structure[name] == service[name]
    assert structure["site_web"] == "https://x.fr"


def test_drop_ins_share_their_organisation_which_has_no_address():
    rows = [
        row("a", **PERMANENCE, telephone="3919"),
        row("b", **PERMANENCE | {"date_source": "2026-11-20", "structure": "cidff 86"}),
        row("c", **PERMANENCE | {"code_insee": "78217", "commune": "Épône", "code_postal": ""}),
    ]
    files = written(read(*rows).services)
    assert_valid(files)
    first, second = files["structures.json"]
    assert first["id"] == "maillage--structure--86-cidff-86"
    assert second["id"] == "maillage--structure--78-cidff-86"
    assert (first["nom"], first["date_maj"]) == ("CIDFF 86", "2026-11-20")
    assert first["reseaux_porteurs"] == ["cidff"]
    assert (first["adresse"], first["commune"], first["telephone"]) == (None, None, None)
    assert [one["structure_id"] for one in files["services.json"]] == [
        *(first["id"], first["id"], second["id"])
    ]


def test_the_producer_begins_every_id():
    files = written(read(row("a", **GOOD), row("b", **PERMANENCE)).services, producer="cd86")
    for record in (*files["services.json"], *files["structures.json"]):
        assert record["source"] == "cd86"
        assert record["id"].startswith("cd86--")


@pytest.mark.parametrize("column", ["courriel", "lien_source", "site_web"])
def test_an_invalid_link_or_mail_is_null(column):
    service = one(**{column: "voir l’accueil"})
    assert (service | service["structure"])[column] is None


def test_no_other_column_goes():
    services = read(row(**GOOD, Référente=CANARY, reseaux=CANARY)).services
    assert CANARY not in json.dumps(written(services))
