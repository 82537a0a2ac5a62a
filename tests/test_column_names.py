"""An everyday column name leads to our column; a column of the user's own leads nowhere."""

import pytest

from geodata.column_names import _WRITTEN, NAMES, day_named, nearest, stands_for
from geodata.services import COLUMNS
from geodata.text import fold


def test_each_column_has_names_and_each_name_one_column():
    assert set(_WRITTEN) == set(COLUMNS)
    written = [fold(name) for names in _WRITTEN.values() for name in names.split("|")]
    assert len(written) == len(set(written))
    assert all(stands_for(column) == column for column in COLUMNS)
    assert len(NAMES) == len(written) + len(COLUMNS)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("CP", "code_postal"),
        ("Ville *", "commune"),
        ("Mail", "courriel"),
        ("Tél. fixe", "telephone"),
        ("N° de téléphone", "telephone"),
        ("TELEPHONE", "telephone"),
        ("Horaires", "horaires_accueil"),
        ("Horaires d’ouverture__1", "horaires_accueil"),
        ("Lat", "latitude"),
        ("Long", "longitude"),
        ("lib_com", "commune"),
        ("insee_com", "code_insee"),
        ("h_lundi", "horaires_accueil"),
        ("CONTACT.MAIL", "courriel"),
        ("Nom du lieu ou de la structure *", "nom"),
        ("Adrese", "adresse"),
        ("Code Potsal", "code_postal"),
        ("date_verfication", "date_verification"),
    ],
)
def test_names_met_in_real_lists(name, column):
    assert nearest(name) == column


OWN = (
    "Budget|Télécopie|Fax|SIRET|Priorité|Référente|Bus|Nombre d’agents|Salle|Code couleur|"
    "Date de création|result_score|itinerance|Suivi|Effectif|Fonction|Prénom|SIREN|Étage|"
    "Note|Remarques|Commentaires"
)


@pytest.mark.parametrize("name", OWN.split("|"))
def test_columns_of_their_own_lead_nowhere(name):
    assert nearest(name) == ""


def test_only_columns_that_are_asked_for():
    assert nearest("Tél", {"courriel"}) == ""
    assert nearest("Tél", {"telephone"}) == "telephone"


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("h_samedi", "samedi"),
        ("Lundi", "lundi"),
        ("Horaires d'ouverture mercredi", "mercredi"),
        ("Jeudi matin", "jeudi matin"),
        ("Ven. PM", "vendredi après-midi"),
        ("marché", ""),
        ("lundi_plage1_debut", ""),
    ],
)
def test_columns_of_a_day(name, day):
    assert day_named(name) == day
