"""*Aucun service* is *aucun dans la liste* until the list is declared complete there."""

import pytest

from geodata import situation
from geodata.completeness import parse
from geodata.coverage import Verdict
from geodata.service_types import ServiceType
from geodata.situation import files, shades, words
from pages.shared import declared
from tests.lists import CIVRAY, read, row
from tests.test_pages import open_page, texts, view
from tests.test_situation import asked

SERVICES = read(row("a", **CIVRAY, horaires_accueil="Mo 09:00-12:00")).services
FAR = "86137"
"""Loudun, 100 km from Civray."""
BORDER = "86227"
"""Saint-Laon, 2 km from a town hall of the Deux-Sèvres."""
AROUND = ("16", "36", "37", "49", "79", "87")


def look(*complete, departements=("86",)):
    question = asked(departements=list(departements), km=5)
    counted = situation.counted_services(SERVICES, question)
    around = situation.neighbours(counted, question)
    return situation.measure(counted, question, around, complete=complete)


@pytest.mark.parametrize(
    ("text", "code", "types"),
    [
        ("86:mds,commissariat;71:*", "86", {ServiceType.MDS, ServiceType.COMMISSARIAT}),
        ("86:mds,commissariat;71:*", "71", set(ServiceType)),
        (" 2a : MDS ;; ", "2A", {ServiceType.MDS}),
        ("86:mds;86:Maison des solidarités, ccas", "86", {ServiceType.MDS, ServiceType.CCAS}),
    ],
)
def test_a_declaration_says_types_by_departement(text, code, types):
    found = parse(text)
    assert (found.types[code], found.problems) == (types, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("86", "« 86 » : écrire un département, deux-points"),
        ("86:", "« 86: » : écrire un département"),
        ("Vienne:mds", "« Vienne » n’est pas un code de département"),
        ("86:mairie", "« mairie » n’est pas un type de service : écrire commissariat, "),
        ("1:mds", "« 1 » n’est pas un code"),
        ("86:mds|ccas", "« mds|ccas » n’est pas un type"),
    ],
)
def test_what_is_not_understood_is_told_and_declares_nothing(text, said):
    found = parse(text)
    assert said in " ".join(found.problems)
    assert found.types == {}
    kept = parse(f"{text};71:ccas")
    assert dict(kept.types) == {"71": {ServiceType.CCAS}}
    assert kept.problems == found.problems


def test_every_type_asked_for_must_be_complete():
    both = [ServiceType.MDS, ServiceType.CCAS]
    found = parse("86:mds;71:mds,ccas")
    assert found.departements(both) == ("71",)
    assert found.departements(both[:1]) == ("86", "71")


def test_none_is_none_in_the_list_until_it_is_complete():
    unsure, sure = look(), look("86", *AROUND)
    for found, reason in (
        (unsure, "Aucun service à portée dans la liste"),
        (sure, "Aucun service à portée"),
    ):
        far = found.communes.loc[FAR]
        assert far["verdict"] is Verdict.SANS_SERVICE
        assert words.reason(far, found) == reason
        assert f"Communes sans service{reason[13:]}" in dict(words.figures(found))
        legend = dict(shades.legend(shades.Measure.NUMBER, found))
        assert legend[shades.NOBODY] == reason.replace("A", "a", 1)
    assert "aucun dans la liste, qui peut ne pas tout connaître" in words.completeness(unsure)
    assert "déclarée complète" in words.completeness(sure)
    assert "Près d’un" not in words.completeness(sure)


def test_a_departement_does_not_speak_for_the_next_one():
    """Within 5 km of its border, what is across may hold a service that the list does not know."""
    found = look("86", departements=("86", "23"))
    rows = found.communes
    assert not rows.loc[rows["departement"] == "23", "complete"].any()
    inside = rows.loc[[FAR, "86194"], "complete"]
    assert inside.all()
    assert not rows.loc[BORDER, "complete"]
    assert words.reason(rows.loc[BORDER], found) == "Aucun service à portée dans la liste"
    assert words.in_the_list(rows) == " dans la liste"
    assert "Vienne (86). Près d’un" in words.completeness(found)
    lines = [line.split(",") for line in files.to_csv(found).decode().splitlines()]
    place = lines[0].index("liste_declaree_complete")
    marked = {line[0]: line[place] for line in lines}
    assert (marked[FAR], marked[BORDER]) == ("True", "False")
    assert look("86", *AROUND).communes.loc[BORDER, "complete"]


def test_an_empty_departement_is_unknown_until_it_is_declared_complete():
    """No service is not no data: a complete list that holds none says that there is none."""
    unknown, known = look(departements=("23",)), look("23", departements=("23",))
    assert (unknown.unlisted, unknown.possible) == (("23",), 1)
    assert (known.unlisted, known.possible) == ((), 0)
    assert set(known.communes["verdict"].dropna()) == {Verdict.SANS_SERVICE}


def test_the_page_says_what_is_declared_and_what_is_wrong(on_list, monkeypatch):
    on_list(row("a", **CIVRAY, horaires_accueil="Mo 09:00-12:00"))
    address = {"departements": "86", "types": "mds"}

    def said(setting):
        monkeypatch.setenv(declared.VARIABLE, setting)
        page = open_page("couverture.py", **address)
        return view(page)["shades"]["communes"][FAR][1], texts(page)

    far, page = said("")
    assert "Aucun service à portée dans la liste" in far
    assert "aucun dans la liste, qui peut ne pas tout connaître" in page
    far, page = said(";".join(f"{code}:mds" for code in ("86", *AROUND)))
    assert far.endswith("Aucun service à portée")
    assert "La liste est déclarée complète" in page
    assert "Près d’un département qui ne l’est pas" in said("86:mds")[1]
    far, page = said("86:gendarmerie; 86 : mairie")
    assert "Aucun service à portée dans la liste" in far
    assert declared.VARIABLE.replace("_", r"\_") in page
    assert "mairie » n’est pas un type de service" in page
    page = texts(open_page("annuaire.py"))
    assert r"Déclarée complète \: Vienne \(86\) \: Gendarmerie" in page
    assert "mairie » n’est pas un type de service" in page
