"""The reader of services.csv: what it accepts, what it refuses, its messages."""

import io
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import exports, hours, tables
from geodata.services import (
    COLUMNS,
    Confidentiality,
    ServiceType,
    UnreadableFile,
    read_services,
    zone_departements,
)
from tests.lists import CIVRAY, HEADER, content, read, row

ROOT = Path(__file__).parents[1]
BAD_FILES = sorted((Path(__file__).parent / "bad_files").iterdir())
CANARY = "7 rue du Canari"
SHELTER = {"type": "hebergement", "nom": "Centre d’hébergement"}


def said(problems) -> str:
    return "\n".join(f"{problem} {problem.value}" for problem in problems)


def test_a_plain_row_is_kept_and_placed_at_its_town_hall():
    reading = read(row(**CIVRAY))
    assert reading.problems == ()
    service = reading.services.loc["86-mds-civray"]
    assert (service["departement"], service["approximatif"]) == ("86", True)
    assert service.geometry.distance(shapely.Point(0.295, 46.149)) < 0.02
    assert reading.services.crs.to_epsg() == 4326


def test_an_exact_point_is_kept_as_it_is():
    service = read(row(**CIVRAY, latitude="46,1491", longitude="0.2950")).services.iloc[0]
    assert (service.geometry.y, service.geometry.x) == (46.1491, 0.295)
    assert not service["approximatif"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_spreadsheet_variants_give_the_same_rows(encoding, separator, line_end):
    lines = [
        separator.join(("id", "nom", "type", "source", "code_insee", "latitude", "longitude")),
        separator.join(("a", "L'Épône", "permanence", "été", "78217", '"48,95"', '"1,81"')),
    ]
    reading = read_services(io.BytesIO((line_end.join(lines) + line_end).encode(encoding)))
    assert reading.problems == ()
    service = reading.services.loc["a"]
    assert (service["nom"], service["source"]) == ("L'Épône", "été")
    assert (service.geometry.x, service.geometry.y) == (1.81, 48.95)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("code_insee;Part, en %\n86078;12,5\n", ["code_insee", "Part, en %"]),
        ("code;Part, en %, 2022\n86078;12,5\n86061;3,2\n", ["code", "Part, en %, 2022"]),
        ("nom;adresse;ville\na;1, rue A, B, C;x\n", ["nom", "adresse", "ville"]),
        ("nom,adresse\na,b;c\n", ["nom", "adresse"]),
        ("nom,note;avis,ville\na,b,x\n", ["nom", "note;avis", "ville"]),
        ("nom\na\n", ["nom"]),
    ],
)
def test_commas_in_names_and_numbers_do_not_separate(text, names):
    assert tables.read_table(text.encode()).frame.columns.tolist() == names


def test_excel_separator_line_and_friendly_headers():
    text = "sep=;\nId;Nom;Type;Source;Code INSEE;Téléphone\na;MDS;Maison;x;86078;3919\n"
    reading = read_services(io.BytesIO(text.encode("cp1252")))
    assert [problem.line for problem in reading.problems] == [3]
    assert "ce n’est pas un type connu" in str(reading.problems[0])


@pytest.mark.parametrize(
    ("cells", "column", "severity", "words"),
    [
        ({"nom": ""}, "nom", "error", "obligatoire"),
        ({"source": " "}, "source", "error", "obligatoire"),
        ({"type": "comissariat"}, "type", "error", "Peut-être « commissariat » ?"),
        ({"confidentialite": "caché"}, "confidentialite", "error", "n’est pas connu"),
        ({"code_insee": "99999"}, "code_insee", "warning", "commune de 2026"),
        ({"code_insee": "75112"}, "code_insee", "warning", "ancien code"),
        ({"latitude": "46,1"}, "latitude", "warning", "vont ensemble"),
        ({"latitude": "nord", "longitude": "0,3"}, "latitude", "warning", "nombre de degrés"),
        ({"latitude": "٤٦,1", "longitude": "0,3"}, "latitude", "warning", "nombre de degrés"),
        (
            {**CIVRAY, "latitude": "0,295", "longitude": "46,149"},
            "latitude",
            "warning",
            "échangées",
        ),
        ({"acces": "sans-rdv|porte"}, "acces", "warning", "n’est pas compris"),
        ({"publics": "hommes"}, "publics", "warning", "n’est pas compris"),
        ({"date_source": "hier"}, "date_source", "warning", "n’est pas une date"),
        ({"date_source": "2025-02-30"}, "date_source", "warning", "n’est pas une date"),
        ({"lien_source": "javascript:alert(1)"}, "lien_source", "warning", "n’est pas un lien"),
        ({"lien_source": "https://a.fr | https://b.fr"}, "lien_source", "warning", "une seule"),
        ({"horaires_accueil": "Mo 08:30+"}, "horaires_accueil", "warning", "inconnus"),
        ({"telephone": "147299999"}, "telephone", "warning", "perdu son zéro"),
        ({"telephone": "appelez-nous"}, "telephone", "warning", "dix chiffres"),
        ({"telephone": "05 49 12"}, "telephone", "warning", "« 05 49 12 » : Ce n’est pas"),
        ({"telephone": "accueil : 05 49 00 00 01"}, "telephone", "warning", "D’autres mots"),
        ({"courriel": "voir le site"}, "courriel", "warning", "En écrire une seule"),
        ({"courriel": "a@b.fr / c@d.fr"}, "courriel", "warning", "En écrire une seule"),
        ({"site_web": "javascript:alert(1)"}, "site_web", "warning", "n’est pas un lien"),
        ({"nom": "N" * 20_000}, "nom", "warning", "300 caractères"),
        ({"site_web": "https://" + "x" * 3_000}, "site_web", "warning", "n’est pas montré"),
    ],
)
def test_each_mistake_is_reported_with_its_line_and_column(cells, column, severity, words):
    reading = read(row("bon", **CIVRAY), row("mauvais", **cells))
    problem = next(problem for problem in reading.problems if problem.column == column)
    assert (problem.line, problem.severity) == (3, severity)
    assert str(problem).startswith(f"Ligne 3, colonne « {column} »")
    assert words in str(problem)
    assert ("mauvais" in reading.services.index) == (severity == "warning")
    assert "bon" in reading.services.index


def test_what_nobody_can_call_or_write_to_is_kept_as_it_is():
    service = read(row(telephone="appelez-nous", courriel="voir le site")).services.iloc[0]
    assert (service["telephone"], service["courriel"]) == ("appelez-nous", "voir le site")


def test_a_text_of_absurd_length_is_cut_and_a_link_emptied():
    service = read(row(nom="N" * 20_000, site_web="https://x.fr/" + "x" * 3_000)).services.iloc[0]
    assert service["nom"] == "N" * 299 + "…"
    assert service["site_web"] == ""
    twin = read(row("a" * 400), row("b"))
    assert list(twin.services.index) == ["b"]
    hidden = read(row(type="hebergement", nom="N" * 20_000, telephone="appelez-nous"))
    assert not any("N" * 20 in str(one) or "appelez" in str(one) for one in hidden.problems)


def unknown_columns(**cells: str) -> list[str]:
    rows = [row("a", **cells), row("b")]
    return [str(one) for one in read(*rows).problems if one.line == 1]


def test_a_column_that_is_not_known_is_told_once_with_the_one_it_may_be():
    (told,) = unknown_columns(Horaires="9h-12h")
    assert told == (
        "Ligne 1, colonne « Horaires » : cette colonne n’est pas lue. Si c’est "
        "« horaires_accueil », renommer ainsi la colonne."
    )
    (day,) = unknown_columns(h_lundi="9h-12h")
    assert "« lundi 9h-12h »" in day
    rows = [row("a", telephone="3919"), row("b", **{"Tél. fixe": "05 49 00 00 01"})]
    assert ["Tél. fixe" in str(one) for one in read(*rows).problems] == [True]


def test_columns_of_the_user_are_no_problem():
    assert unknown_columns(Budget="12", Suivi="oui", Tél="", secteur="justice") == []
    assert unknown_columns(telephone="3919", **{"Tél. portable": "0600000000"}) == []


def test_a_missing_required_column_is_told_with_the_one_it_may_be():
    with pytest.raises(UnreadableFile, match=r"Est-ce que « Intitulé » est « nom » \?"):
        read_services(io.BytesIO("id,Intitulé,type,source\na,b,mds,c\n".encode()))


def test_a_date_to_come_is_told_until_it_comes():
    file = content([row(date_source="2027-02-01"), row("b", date_verification="2062")])
    reading = read_services(io.BytesIO(file), today=date(2026, 11, 30))
    assert [one.column for one in reading.problems] == ["date_source", "date_verification"]
    assert reading.next_date == date(2027, 2, 1)
    later = read_services(io.BytesIO(file), today=date(2027, 2, 1))
    assert [one.column for one in later.problems] == ["date_verification"]
    assert later.next_date == date(2062, 1, 1)


def test_a_twin_id_is_left_out_and_the_first_stays():
    reading = read(row("a", nom="première"), row("a", nom="seconde"))
    assert list(reading.services["nom"]) == ["première"]
    assert [problem.line for problem in reading.problems] == [3]


OVERSEAS = {
    "Nouméa": ("98818", "-22.2735", "166.4481"),
    "Papeete": ("98735", "-17.5388", "-149.5683"),
    "Saint-Pierre": ("97502", "46.7811", "-56.1764"),
    "Saint-Barthélemy": ("97701", "17.8970", "-62.8500"),
    "Saint-Martin": ("97801", "18.0680", "-63.0820"),
    "Mata-Utu": ("98613", "-13.2825", "-176.1740"),
    "Celles (Cantal, sans contour)": ("15031", "45.0", "2.8"),
}


@pytest.mark.parametrize("place", OVERSEAS)
def test_a_point_is_kept_where_its_commune_has_no_town_hall_nor_outline(place):
    code, lat, lng = OVERSEAS[place]
    reading = read(row(code_insee=code, commune=place, latitude=lat, longitude=lng))
    assert reading.problems == ()
    point = reading.services.geometry.iloc[0]
    assert (point.x, point.y) == (float(lng), float(lat))
    assert not reading.services["approximatif"].iloc[0]


@pytest.mark.parametrize("place", OVERSEAS)
@pytest.mark.parametrize("swapped", [True, False], ids=["swapped", "in Paris"])
def test_a_point_elsewhere_is_dropped_and_reported(place, swapped):
    code, lat, lng = OVERSEAS[place]
    lat, lng = (lng, lat) if swapped else ("48.85", "2.35")
    reading = read(row(code_insee=code, commune=place, latitude=lat, longitude=lng))
    (problem,) = reading.problems
    assert str(problem).endswith("Le lieu n’est pas placé sur la carte.")
    assert "loin de sa commune" in str(problem)
    assert reading.services.geometry.isna().all()


@pytest.mark.parametrize(
    ("code", "lat", "lng", "kept"),
    [
        ("97353", "2.6", "-53.2", True),  # Maripasoula, 147 km from its town hall
        ("97353", "5.85", "-54.0", True),  # 245 km
        ("97353", "6.0", "-54.0", False),  # 262 km
        ("97360", "3.5", "-54.0", True),  # Apatou, 184 km
        ("86078", "46.58", "0.34", True),  # Civray, 48 km
        ("86078", "46.65", "0.34", False),  # 56 km
        ("97411", "-21.35", "55.5", False),  # Saint-Denis of La Réunion, 53 km
    ],
)
def test_a_point_may_be_far_from_its_town_hall_in_guyane_only(code, lat, lng, kept):
    services = read(row(code_insee=code, latitude=lat, longitude=lng)).services
    assert services["approximatif"].item() == (not kept)


def test_a_point_without_a_commune_is_kept_wherever_france_is():
    kept = [row(str(n), latitude=lat, longitude=lng) for n, (_, lat, lng) in
            enumerate(OVERSEAS.values())]  # fmt: skip
    assert read(*kept).services.geometry.notna().all()
    assert read(row(latitude="40.7", longitude="-74.0")).services.geometry.isna().all()


@pytest.mark.parametrize(
    ("cells", "ends"),
    [
        (CIVRAY, "Le lieu est placé à la mairie."),
        (CIVRAY | {"type": "ecoute"}, "Le lieu n’est pas placé sur la carte."),
        ({"code_insee": "98818"}, "Le lieu n’est pas placé sur la carte."),
    ],
    ids=["a town hall", "a phone line", "no town hall"],
)
@pytest.mark.parametrize("point", [("48.85", "2.35"), ("46.1", ""), ("46°", "0.3")])
def test_the_message_on_a_row_without_its_point_is_correct(cells, ends, point):
    reading = read(row(**cells, latitude=point[0], longitude=point[1]))
    told = [str(problem) for problem in reading.problems if problem.column == "latitude"]
    assert told
    assert all(message.endswith(ends) for message in told)
    at_hall = ends == "Le lieu est placé à la mairie."
    assert reading.services.geometry.notna().all() == at_hall


def test_a_missing_code_is_completed_from_the_commune_and_reported():
    reading = read(row("a", commune="epone", code_postal="78680"), row("b", commune="Saint-Denis"))
    assert list(reading.services["code_insee"]) == ["78217", ""]
    assert [problem.line for problem in reading.problems] == [2, 3]


def test_zeros_that_a_spreadsheet_dropped_come_back():
    service = read(row(code_postal="1400", code_insee="1001")).services.iloc[0]
    assert (service["code_postal"], service["code_insee"]) == ("01400", "01001")


def test_french_dates_become_iso_dates():
    assert read(row(date_source="3/11/2024")).services.iloc[0]["date_source"] == "2024-11-03"


def test_hours_over_midnight_are_sure_for_the_types_that_open_at_night_only():
    reading = read(
        row(id="a", type="ecoute", horaires_accueil="Mo-Fr 14:00-07:30"),
        row(id="b", type="ccas", horaires_accueil="Mo 09:00-12:00; Tu 20:00-08:00"),
        row(id="c", type="ccas", horaires_accueil="Mo-Fr 14:00-07:30"),
    )
    night = datetime(2026, 11, 24, 22, tzinfo=ZoneInfo("Europe/Paris"))
    found = hours.states(reading.services["horaires_accueil"], night)
    assert found.to_dict() == {"a": "open", "b": "unknown", "c": "unknown"}
    morning = hours.states(reading.services["horaires_accueil"], night - timedelta(hours=36))
    assert morning["b"] == "open"
    assert [problem.line for problem in reading.problems if "ferme avant" in str(problem)] == [3, 4]


def test_unknown_columns_travel_along():
    services = read(row(**CIVRAY, **{"Référente ViF": "oui {{ 1/0 }}"})).services
    assert services.iloc[0]["Référente ViF"] == "oui {{ 1/0 }}"
    again = read_services(io.BytesIO(exports.to_csv(services))).services
    assert again.iloc[0]["Référente ViF"] == "oui {{ 1/0 }}"


def test_several_services_at_one_point_all_stay():
    services = read(row("a", **CIVRAY), row("b", **CIVRAY), row("c", **CIVRAY)).services
    assert len(services) == 3
    assert len(set(services.geometry)) == 1


class TestConfidentiality:
    @pytest.mark.parametrize(
        "cells",
        [
            {"adresse": CANARY},
            {"latitude": "46,1491", "longitude": "0,2950"},
            {"latitude": CANARY},
            {"longitude": "0,2950"},
            {"description": f"Accueil au {CANARY}."},
            {"description": "Le lieu est situé rue du Canari."},
            {"horaires_precisions": "GPS 46.14912, 0.29501"},
            {"adresse 2": CANARY},
            {"geo_point": "46.1;0.29"},
            {"x": "501234"},
            {"quartier": "Canari"},
            {"description": "Au lieu-dit Les Canaris"},
        ],
    )
    @pytest.mark.parametrize("level", ["", "departement", "non_publie", "commune"])
    def test_a_hidden_row_that_carries_a_place_is_refused_and_not_repeated(self, cells, level):
        reading = read(row("ok"), row("secret", **SHELTER, confidentialite=level, **cells))
        assert list(reading.services.index) == ["ok"]
        problem = next(found for found in reading.problems if found.severity == "error")
        assert problem.line == 3
        assert problem.column in cells
        assert problem.value == ""
        told = said(reading.problems)
        assert not any(value in told for value in cells.values())

    @pytest.mark.parametrize("level", ["caché", "public ?", "Secret"])
    def test_an_unknown_level_hides_rather_than_shows(self, level):
        reading = read(row("secret", **SHELTER, confidentialite=level, adresse=CANARY, **CIVRAY))
        assert reading.services.empty
        assert CANARY not in said(reading.problems)
        assert "Civray" not in said(reading.problems)

    def test_a_shelter_without_a_level_is_known_by_its_departement_only(self):
        reading = read(row("secret", **SHELTER, **CIVRAY))
        service = reading.services.loc["secret"]
        assert service["confidentialite"] == Confidentiality.DEPARTEMENT
        assert service["departement"] == "86"
        assert [service[name] for name in CIVRAY] == ["", "", ""]
        assert service.geometry is None
        assert {problem.column for problem in reading.problems} == set(CIVRAY)
        assert not re.search("Civray|86400|86078", said(reading.problems))

    @pytest.mark.parametrize("place", [CIVRAY, {"code_insee": "86078"}, {"code_postal": "86400"}])
    def test_a_commune_named_in_another_cell_is_forgotten_too(self, place):
        told = {"nom": "Foyer de CIVRAY", "description": "À Civray", "structure": "Asso 86400"}
        reading = read(row("secret", **SHELTER | told | {"structure": "Civray-aide"}, **place))
        assert "ivray" not in exports.to_csv(reading.services).decode()
        assert "ivray" not in said(reading.problems)
        assert {problem.severity for problem in reading.problems} == {"warning"}

    def test_an_id_that_names_the_commune_is_refused(self):
        reading = read(row("86-foyer-civray", **SHELTER, **CIVRAY))
        assert reading.services.empty

    @pytest.mark.parametrize(
        "header", ["Confidentiel", "confidentialité du lieu", "confidentialitŽ", "secret"]
    )
    def test_a_level_under_an_unknown_header_is_refused(self, header):
        text = f"id;nom;type;source;{header};adresse\na;F;association;s;non_publie;{CANARY}\n"
        with pytest.raises(UnreadableFile, match="confidentialite") as error:
            read_services(io.BytesIO(text.encode()))
        assert "anari" not in str(error.value)

    def test_one_line_in_another_encoding_damages_no_other(self):
        text = (
            "id;nom;type;source;confidentialité;code_insee\na;F;association;s;departement;86078\n"
        )
        reading = read_services(io.BytesIO(text.encode() + b"b;\xe9vry;mds;s;;\n"))
        assert list(reading.services["nom"]) == ["évry", "F"]
        assert reading.services.loc["a", "confidentialite"] == "departement"

    def test_rows_of_a_file_without_a_header_are_not_repeated(self):
        text = f"86-foyer;Foyer;hebergement;Asso;{CANARY};86400;Civray\n" * 2
        with pytest.raises(UnreadableFile) as error:
            read_services(io.BytesIO(text.encode()))
        assert not re.search("anari|Civray|86400", str(error.value))

    def test_a_lost_quote_does_not_swallow_a_hidden_row_into_a_public_cell(self):
        text = f'id,nom,type,source,description\na,M,mds,s,"desc\ns,F,hebergement,s,{CANARY}\n'
        reading = read_services(io.BytesIO((text + 'b,M,mds,s,fin"\nc,M,mds,s,x\n').encode()))
        assert CANARY not in exports.to_csv(reading.services).decode()
        assert "c" in reading.services.index
        assert any(problem.severity == "error" for problem in reading.problems)

    @pytest.mark.parametrize(
        "cells",
        [
            {"horaires_accueil": "Civray"},
            {"telephone": "147299999"},
            {"date_source": "canari"},
            {"publics": "canari"},
            {"site_web": "canari"},
        ],
    )
    @pytest.mark.parametrize("kind", ["hebergement", "hebergment", ""])
    def test_no_message_repeats_a_cell_of_a_row_that_is_or_may_be_hidden(self, cells, kind):
        reading = read(row("secret", **SHELTER | {"type": kind} | cells))
        assert not any(value in said(reading.problems) for value in cells.values())
        assert reading.problems

    @pytest.mark.parametrize(
        ("cells", "column"),
        [
            ({"horaires_accueil": "canari"}, "horaires_accueil"),
            ({"date_source": "canari"}, "date_source"),
            ({"publics": "canari"}, "publics"),
            ({"code_insee": "77777"}, "code_insee"),
        ],
    )
    def test_no_message_repeats_a_cell_of_a_row_that_is_left_out(self, cells, column):
        """A row with an error may be shifted: its cells may be in the wrong columns."""
        (value,) = cells.values()
        kept, left_out = row("a", **cells), row("b", nom="", **cells)
        problems = [
            problem for problem in read(kept, left_out).problems if problem.column == column
        ]
        assert [problem.line for problem in problems] == [2, 3]
        assert [value in str(problem) for problem in problems] == [True, False]
        assert [problem.value for problem in problems] == [value, ""]

    @pytest.mark.parametrize(
        "name",
        ["adresse2", "ADR_LIGNE1", "rue1", "latlng", "wkt", "siège", "what3words", "X", "osm"],
    )
    def test_a_place_under_an_unknown_header_is_refused(self, name):
        assert read(row("secret", **SHELTER, **{name: "canari"})).services.empty

    @pytest.mark.parametrize(
        "text",
        [
            "12 cours Victor Hugo",
            "rue du canari",
            "9 B rue du canari",
            "9, r. du Canari",
            "7 pl. Canari",
            "46°08'57\"N 0°17'42\"E",
            "lat=46.149 lon=0.295",
            "86400 civray",
            "https://www.openstreetmap.org/node/12345",
        ],
    )
    def test_a_place_in_words_is_refused(self, text):
        assert read(row("secret", **SHELTER, description=text)).services.empty

    def test_a_service_known_by_its_commune_keeps_it_without_a_point(self):
        service = read(row("x", type="association", confidentialite="commune", **CIVRAY)).services
        assert service.iloc[0]["commune"] == "Civray"
        assert service.iloc[0].geometry is None
        assert not service.iloc[0]["approximatif"]

    def test_columns_that_name_a_commune_are_refused_where_only_the_departement_may_show(self):
        reading = read(row("secret", **SHELTER, ville="Canariville"))
        assert reading.services.empty
        assert "Canariville" not in said(reading.problems)

    def test_a_departement_s_row_serves_departements_only(self):
        reading = read(row("secret", **SHELTER, zone_eligibilite="86078|79"))
        assert reading.services.iloc[0]["zone_eligibilite"] == "86|79"
        assert "86078" not in said(reading.problems)

    def test_the_departement_column_holds_nothing_but_a_departement(self):
        reading = read(row("secret", **SHELTER, departement="Canariville"))
        assert reading.services.iloc[0]["departement"] == ""
        assert "Canariville" not in said(reading.problems)

    def test_no_message_repeats_an_address_of_a_shifted_row(self):
        for column in ("type", "confidentialite", "publics", "date_source", "lien_source"):
            reading = read(row("secret", **SHELTER | {column: CANARY}))
            assert "anari" not in said(reading.problems)

    def test_words_of_everyday_are_no_address(self):
        texts = "12 places, 1 place en urgence, 24 h/24 ; femmes à la rue ; 3 cours par semaine."
        assert read(row("secret", **SHELTER, description=texts)).problems == ()


@pytest.mark.parametrize("path", BAD_FILES, ids=lambda path: path.name)
def test_bad_files_have_a_message_on_what_is_wrong(path):
    """Each bad file is a test: its name has the text that the message must contain."""
    words = path.stem.replace("_", " ")
    try:
        problems = read_services(path).problems
    except UnreadableFile as error:
        assert words in str(error)
    else:
        assert any(words in str(problem) for problem in problems), said(problems)


def test_rows_after_a_broken_one_are_read():
    last = content([row("d")]).decode().splitlines()[1]
    text = content([row("a"), row("b")]).decode() + '"c,MDS\n' + last + "\n"
    reading = read_services(io.BytesIO(text.encode()))
    assert list(reading.services.index) == ["a", "b", "d"]
    assert [problem.line for problem in reading.problems] == [4]


def test_zones_name_their_departements():
    zones = zone_departements(pd.Series(["92", "78|92", "france", "86078", "", "200069854|x"]))
    assert list(zones[:5]) == [("92",), ("78", "92"), ("france",), ("86",), ()]


def test_phone_lines_take_their_departement_from_their_zone():
    reading = read(
        row("a", type="ecoute", zone_eligibilite="92"), row("b", zone_eligibilite="78|92")
    )
    assert list(reading.services["departement"]) == ["92", ""]


def test_every_type_has_a_label():
    assert len({kind.label for kind in ServiceType}) == len(ServiceType) == 11


CELLS = st.text(max_size=30)


@settings(max_examples=60)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(HEADER, CELLS)), max_size=6))
def test_no_text_breaks_the_reader_and_no_hidden_row_has_a_place(rows):
    reading = read(*rows)
    hidden = reading.services[reading.services["confidentialite"] != "public"]
    assert (hidden["adresse"] == "").all()
    assert hidden.geometry.isna().all()
    assert hidden[["latitude", "longitude"]].isna().all().all()


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(blob):
    try:
        read_services(io.BytesIO(blob))
    except UnreadableFile as error:
        assert str(error)


class TestShippedList:
    reading = read_services(ROOT / "services.csv")

    def test_it_has_no_problem(self):
        assert said(self.reading.problems) == ""

    def test_the_list_has_the_sourced_services(self):
        services = self.reading.services
        assert len(services) >= 471
        assert (services["source"] != "").all()
        assert set(services["type"]) == set(ServiceType)
        assert {"78", "86", "92", "71"} <= set(services["departement"])

    def test_no_shelter_has_a_place(self):
        shelters = self.reading.services.query("type == 'hebergement'")
        assert len(shelters)
        assert shelters.geometry.isna().all()
        assert (shelters[["adresse", "commune", "code_postal", "code_insee"]] == "").all().all()

    def test_known_columns_come_first(self):
        assert tuple(self.reading.services.reset_index().columns[: len(COLUMNS)]) == COLUMNS


@given(st.text(alphabet='a;"\r\n\u2028\x0b\x85\x1c'))
def test_lines_end_at_line_feeds_and_carriage_returns_alone(text):
    assert tables._lines(text) == list(io.StringIO(text, newline=""))


def test_a_long_file_is_read_part_by_part_as_at_once(monkeypatch):
    cells = [f"r{n},MDS,mds,Ã©té {n},{'x' * (n == 4)},," for n in range(7)]
    file = "\n".join(["id,nom,type,source,,,notes", *cells, "", "r8,trop,mds,CD,,,,,y"]).encode()
    whole = tables.read_table(file)
    monkeypatch.setattr(tables, "_AT_ONCE", 2)
    parts = tables.read_table(file)
    pd.testing.assert_frame_equal(parts.frame, whole.frame)
    assert parts.problems == whole.problems
    assert len(parts.problems) == 9
