"""The CSV that people read: words for codes, and the same rows when it comes back."""

import csv
import io
from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import column_names, exports, hours, readable, secrecy
from geodata.aids import aids_of, vocabulary
from geodata.selection import Selection, timetable
from geodata.services import AUDIENCES, COLUMNS, ServiceType, read_services
from geodata.upkeep import adopting
from pages.shared import downloads
from pages.shared.clock import Moment
from pages.shared.service_list import PARIS
from tests.conftest import ROOT
from tests.lists import CIVRAY, HOSTILE, read, row

SHIPPED = read_services(ROOT / "services.csv").services
NOW = datetime(2026, 11, 24, 10, tzinfo=PARIS)
FULL = row(
    "86-permanence-civray",
    **CIVRAY,
    type="permanence",
    adresse="3 place du Général-de-Gaulle",
    telephone="0549000001",
    horaires_accueil="Tu[1] 14:00-17:00; PH off",
    acces="sur-rdv|telephone",
    publics="auteurs",
    aides="avocat|accueil|constat",
    violences="inceste|mariage-force",
    langues="ar|interprete",
    accessibilite="fauteuil|lsf",
    frais="gratuit",
    reseaux="clav-86|fvv92",
    zone_eligibilite="86|86078|200069854",
    date_source="2016-11",
    date_verification="2026-11-02",
    latitude="46.149",
    longitude="0.295",
)


def lines(services, further=None):
    text = exports.to_readable_csv(services, further).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def back(content: bytes):
    """Return the rows that `adopting` makes of the file, nothing chosen but a source for all."""
    (sheet,) = adopting.read_sheets(content)
    choices = replace(adopting.choices_of(adopting.recognised(sheet)), source="La liste")
    shelter = ServiceType.HEBERGEMENT.label
    others = [line for line in sheet.rows.index if sheet.rows.loc[line, "Type"] != shelter]
    adopted = adopting.adopt(sheet, replace(choices, not_shelters=tuple(map(int, others))))
    return read_services(io.BytesIO(adopted.content())).services


def meaning(services) -> pd.DataFrame:
    """Return what rows say, whatever the words: hours as a sentence, aids with the usual ones."""
    said = services["horaires_accueil"].map(lambda text: text and hours.describe(text))
    aids = aids_of(services).map(sorted).map("|".join)
    phones = services["telephone"].str.replace(r"\D", "", regex=True)
    columns = [name for name in COLUMNS if name in services and name not in ("id", "departement")]
    return services[columns].assign(horaires_accueil=said, aides=aids, telephone=phones)


def test_codes_are_words_and_hours_a_sentence():
    (line,) = lines(read(FULL).services)
    assert line["Type"] == "Permanence"
    assert line["Horaires"] == hours.describe(FULL["horaires_accueil"])
    assert line["Mode d’accès"] == "sur rendez-vous ; par téléphone"
    assert line["Aides"] == "accueil de jour, sans rendez-vous ; avocat ; constat et certificat"
    assert line["Publics"] == "auteurs de violences"
    assert line["Langues"] == "arabe ; interprète"
    assert line["Zone"] == "Vienne (86) ; Civray (86078) ; 200069854"
    assert line["Téléphone"] == "05 49 00 00 01"
    assert (line["Date de la source"], line["Vérifié le"]) == ("en novembre 2016", "02/11/2026")
    assert (line["Latitude"], line["Identifiant"]) == ("46,149", "86-permanence-civray")


def test_every_header_is_an_everyday_name_of_its_column():
    assert {column_names.stands_for(readable.HEADERS[name]): name for name in COLUMNS} == {
        name: name for name in COLUMNS
    }


def test_the_file_says_the_state_at_the_moment_asked_and_how_far():
    services = read(row("ouvert", **CIVRAY, horaires_accueil="Tu 09:00-12:00"), row("b")).services
    times = timetable(services, Selection(), NOW)
    away = pd.Series({"ouvert": 1234.0})
    content = downloads.to_read(services, times, Moment(NOW, NOW), away)
    first, second = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    header = "État, mardi 24 novembre 2026 à 10 h"
    plain = {name.replace("\u00a0", " "): name for name in first}
    assert first[plain[header]].replace("\u00a0", " ") == "ouvert jusqu’à 12 h"
    assert "horaires inconnus" in second[plain[header]]
    assert (first["Distance (km)"], second["Distance (km)"]) == ("1,2", "")
    again = back(content)
    assert again["horaires_accueil"].map(bool).tolist() == [True, False]


def test_the_shipped_list_comes_back_to_the_same_rows():
    again = back(exports.to_readable_csv(SHIPPED))
    shown = secrecy.shown(SHIPPED)
    assert len(again) == len(shown)
    public = shown.index[shown["confidentialite"] == "public"]
    assert set(public) <= set(again.index)
    left, right = meaning(SHIPPED.loc[public]), meaning(again.loc[public])
    assert (left.compare(right)).empty
    assert left.index.equals(right.index)
    assert SHIPPED.loc[public].geometry.geom_equals_exact(
        again.loc[public].geometry, 1e-6
    ).sum() == (SHIPPED.loc[public].geometry.notna().sum())


words = {
    name: st.lists(st.sampled_from(list(vocabulary(name))), unique=True, max_size=4)
    for name in ("acces", "aides", "violences", "accessibilite", "frais", "langues")
} | {"publics": st.lists(st.sampled_from(list(AUDIENCES)), unique=True, max_size=3)}


@settings(max_examples=25)
@given(st.fixed_dictionaries(words), st.sampled_from(list(ServiceType)))
def test_any_words_come_back(chosen, kind):
    if kind == ServiceType.HEBERGEMENT:
        kind = ServiceType.CCAS
    given_row = row("86-a-b", **CIVRAY, type=str(kind)) | {
        name: "|".join(some) for name, some in chosen.items()
    }
    services = read(given_row).services
    again = back(exports.to_readable_csv(services))
    for name in words:
        if name == "aides":
            assert aids_of(services).tolist() == aids_of(again).tolist()
        else:
            assert {*services[name].iloc[0].split("|")} == {*again[name].iloc[0].split("|")}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_a_spreadsheet_would_run_stays_text(text):
    content = exports.to_readable_csv(read(row("a", nom=text, description=text)).services)
    (line,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    assert not line["Nom"].startswith(("=", "+", "-", "@"))


def test_a_hidden_row_brings_no_more_than_the_list_shows():
    services = read(
        row("jamais", type="hebergement", confidentialite="non_publie", nom="Canari"),
        row("refuge", type="hebergement", zone_eligibilite="86", telephone="0549000002"),
    ).services
    (line,) = lines(services)
    assert line["Confidentialité"] == "département"
    assert (line["Commune"], line["Adresse"], line["Latitude"]) == ("", "", "")
    assert back(exports.to_readable_csv(services))["confidentialite"].tolist() == ["departement"]
