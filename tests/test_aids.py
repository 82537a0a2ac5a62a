"""What a service does: the words of its columns, their reading, repair, defaults and filters."""

import pytest

from geodata import aids
from geodata.aids import Aid, Violence, aids_of, gives, said, says, violences_said
from geodata.points import measured_points
from geodata.selection import Selection, select, unsaid
from geodata.services import LISTS, PERPETRATORS, ServiceType, vocabulary
from geodata.upkeep import checking
from tests.conftest import ROOT
from tests.lists import CIVRAY, content, read, row


def words_of(problems, column) -> list[str]:
    return [problem.message for problem in problems if problem.column == column]


@pytest.mark.parametrize("kind", ServiceType)
def test_a_row_that_says_nothing_does_what_its_type_does(kind):
    services = read(row("a", nom="A", type=kind, zone_eligibilite="86")).services
    assert list(aids_of(services)) == [frozenset(kind.facts.aids)]


def test_a_row_says_more_or_less_than_its_type_and_words_not_understood_say_nothing():
    services = read(
        row("mds", aides="Social | Écoute"),
        row("peu", type="association", aides="avocat"),
        row("faux", type="association", aides="jardinage"),
    ).services
    assert dict(aids_of(services)) == {
        "mds": {Aid.SOCIAL, Aid.ECOUTE},
        "peu": {Aid.AVOCAT},
        "faux": set(ServiceType.ASSOCIATION.facts.aids),
    }
    assert list(gives(services, [Aid.ECOUTE, "juridique"])) == [True, False, True]


def test_what_is_not_said_is_neither_yes_nor_no():
    services = read(
        row("oui", violences="mariage-force", langues="ar|en"),
        row("non", violences="conjugales", langues="en"),
        row("muette"),
        row("interprete", violences="nimporte-quoi", langues="interprete"),
    ).services
    assert list(said(services, "violences")) == [True, True, False, False]
    assert list(says(services, "langues", ["ar"])) == [True, False, False, True]
    assert violences_said(services)["oui"] == {Violence.MARIAGE_FORCE}
    wanted = {"violences": ["mariage-force"], "langues": ["ar"]}
    assert list(select(services, Selection(**wanted)).index) == ["oui", "muette", "interprete"]
    assert list(select(services, Selection(**wanted, keep_unsaid=False)).index) == ["oui"]
    silent = unsaid(services, Selection(**wanted))
    assert {name: list(mask) for name, mask in silent.items()} == {
        "violences": [False, False, True, True],
        "langues": [False, False, True, False],
    }


@pytest.mark.parametrize(
    ("column", "written", "told"),
    [
        ("aides", "ecoute|conseil juridique", "Peut-être « juridique » ?"),
        ("aides", "jardinage", "Choisir parmi : ecoute, accueil, social"),
        ("violences", "dans la rue", "Peut-être « harcelement-rue » ?"),
        ("langues", "fr|anglais", "Peut-être « en » ?"),
        ("langues", "0549", "Écrire le code de la langue (en, ar, ru…) ou interprete."),
        ("accessibilite", "fauteuil roulant", "Peut-être « fauteuil » ?"),
        ("frais", "Gratuite", "Peut-être « gratuit » ?"),
    ],
)
def test_a_word_that_is_not_known_is_told_with_the_nearest(column, written, told):
    (message,) = words_of(read(row(**{column: written})).problems, column)
    assert message.startswith(f"Ligne 2, colonne « {column} »")
    assert told in message


@pytest.mark.parametrize(
    ("column", "written", "mended"),
    [
        ("aides", "Écoute, conseil juridique et avocat", "ecoute|juridique|avocat"),
        ("aides", "Constat et certificat / soutien psychologique", "constat|psychologique"),
        ("aides", "accueil de jour, sans rendez-vous", "accueil"),
        ("violences", "violences conjugales; Inceste et violences dans l’enfance", None),
        ("violences", "Excision", "mutilations-sexuelles"),
        ("langues", "Anglais, arabe et soninké", "en|ar|snk"),
        ("langues", "langue des oiseaux", ""),
        ("accessibilite", "Langue des signes", "lsf"),
        ("frais", "gratuite", "gratuit"),
        ("publics", "auteurs de violences", "auteurs"),
    ],
)
def test_words_as_people_write_them_are_mended(column, written, mended):
    checked = checking.check(content([row(**{column: written})]))
    found = {repair.after for repair in checked.repairs if repair.column == column}
    assert found == ({mended or "conjugales|inceste"} if mended != "" else set())


def test_no_word_is_taken_for_an_address_in_a_hidden_row():
    """`harcelement-rue` holds the word *rue*; some codes of languages are those of a place."""
    columns = ("violences", "aides", "langues", "accessibilite", "frais")
    cells = {column: "|".join(vocabulary(column)) for column in columns}
    hidden = row("a", type="hebergement", nom="Hébergement", zone_eligibilite="86", **cells)
    reading = read(hidden)
    assert reading.problems == ()
    assert dict(reading.services[list(cells)].iloc[0]) == cells
    told = read(hidden | {"violences": "3 rue de la Paix"})
    assert told.services.empty or not told.services["violences"].iloc[0]
    assert "Paix" not in "".join(problem.message for problem in told.problems)


def test_languages_are_those_of_cldr_in_french_without_the_ones_that_name_none():
    known = aids.languages()
    assert [known[code] for code in ("en", "ar", "ps", "kab", "snk", "ber")] == [
        *("anglais", "arabe", "pachto", "kabyle", "soninké", "berbère")
    ]
    assert not {"und", "mul", "zxx", "mis", "en_GB"} & known.keys()


@pytest.mark.parametrize("column", LISTS)
def test_the_words_of_a_column_are_as_the_reader_folds_them_and_differ_by_label(column):
    words = vocabulary(column)
    some = [word for word in words if word != PERPETRATORS][:40]
    assert read(row(**{column: "|".join(some)})).problems == ()
    labels = [label.casefold() for label in words.values()]
    assert len(set(labels)) == len(labels)


def test_the_readme_names_every_word():
    readme = (ROOT / "README.md").read_text("utf-8")
    for column in ("aides", "violences", "accessibilite", "frais"):
        assert [word for word in vocabulary(column) if f"`{word}`" not in readme] == []


def test_a_service_for_those_who_commit_violence_is_found_only_when_asked_for():
    reading = read(
        row("a", **CIVRAY, type="association"),
        row("tous", **CIVRAY, publics="tous"),
        row("eux", **CIVRAY, type="association", publics="auteurs"),
        row("deux", **CIVRAY, type="association", publics="femmes|auteurs"),
    )
    services = reading.services
    (told,) = words_of(reading.problems, "publics")
    assert "deux fiches" in told
    assert list(select(services, Selection()).index) == ["a", "tous"]
    assert list(select(services, Selection(publics=["femmes"])).index) == ["tous"]
    assert list(select(services, Selection(publics=["auteurs"])).index) == ["eux", "deux"]
    assert list(select(services, Selection(publics=["auteurs", "femmes"])).index) == [
        *("tous", "eux", "deux")
    ]
    assert list(measured_points(services).notna()) == [True, True, False, False]
