"""Words of closed lists in somebody's own table: read whole, asked, or told by a name."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from geodata.__main__ import main
from geodata.aids import Aid, aids_of
from geodata.services import ServiceType, read_services
from geodata.upkeep import adopting
from geodata.upkeep.adopting import Told, Word
from tests.lists import CIVRAY


def table(*rows: str, header="Nom;Type;Publics;Aides;Adresse;CP;Ville;Tél;Mail") -> bytes:
    return "\n".join([header, *rows]).encode()


def took(content: bytes, **choices):
    (sheet,) = adopting.read_sheets(content)
    given = adopting.choices_of(adopting.recognised(sheet))
    return adopting.adopt(sheet, replace(given, source="Observatoire", **choices))


CCAS = "CCAS de Civray;CCAS;{publics};{aides};1 rue d’A;86400;Civray;;"


def test_a_cell_is_taken_whole_or_not_at_all_and_its_odd_words_are_asked():
    content = table(
        CCAS.format(publics="Femmes / Adultes", aides="écoute, aide alimentaire"),
        CCAS.format(publics="adultes", aides="").replace("Civray;CCAS", "Loudun;CCAS"),
    )
    found = took(content)
    assert set(found.rows["publics"]) == {""}
    assert found.unknown_words == {
        Word("publics", "adultes"): ("Adultes", 2),
        Word("aides", "aide alimentaire"): ("aide alimentaire", 1),
    }
    assert "« Femmes / Adultes » n’est pas compris : laissé" in found.outcomes["remarks"].iloc[0]
    words = {Word("publics", "adultes"): "tous", Word("aides", "aide alimentaire"): ""}
    found = took(content, words=words)
    assert found.rows["publics"].tolist() == ["femmes|tous", "tous"]
    assert found.rows["aides"].tolist() == ["ecoute", ""]
    assert found.unknown_words == {}


def test_those_who_commit_violence_are_never_taken_for_anybody():
    content = table(
        "Un;Association;auteurs de violences;;1 rue d’A;86400;Civray;;",
        "Stage pour auteurs de violences conjugales;Association;;;1 rue d’A;86400;Civray;;",
        "Ne frappez pas;Association;;;1 rue d’A;86400;Civray;;",
    )
    assert took(content).rows["publics"].tolist() == ["auteurs"] * 3
    assert took(content).rows["violences"].tolist()[1:] == ["", ""]


def test_a_name_adds_to_what_the_type_gives_and_says_so():
    content = table(
        "Permanence d’avocats;Permanence;;;1 rue d’A;86400;Civray;;",
        "Point jeunes;Association;;;1 rue d’A;86400;Civray;;",
        "Permanence d’avocats;Permanence;;écoute;2 rue d’A;86400;Civray;;",
    )
    found = took(content)
    first, second, third = found.rows["aides"]
    assert set(first.split("|")) == {*map(str, ServiceType.PERMANENCE.facts.aids), "avocat"}
    assert (second, third) == ("", "ecoute")
    remarks = found.outcomes["remarks"]
    assert "Aides, d’après son nom : avocat." in remarks.iloc[0]
    assert found.rows["publics"].tolist() == ["", "", ""]
    sure, asked = Told("aides", "avocat", sure=True), Told("publics", "jeunes", sure=False)
    assert found.told == {sure: (2,), asked: (3,)}
    found = took(content, named={Word("aides", "avocat"): False, Word("publics", "jeunes"): True})
    assert found.rows["aides"].iloc[0] == ""
    assert found.rows["publics"].iloc[1] == "jeunes"


def test_a_hidden_row_is_neither_quoted_nor_asked_about():
    """Its remarks would repeat what its cells say of the place, and so would its odd words."""
    content = table(
        "CHRS Les Lilas;CHRS;rue Secrète;8 rue Secrète;8 rue Secrète, 86000 Poitiers;86000;"
        "Poitiers;Mme Secrète 05 49 00 11 22;8 rue Secrète",
        "Foyer avocat;;;;8 rue Secrète;99999;;demander à Mme Secrète;x@y",
    )
    found = took(content)
    assert found.outcomes["hidden"].all()
    assert "ecrète" not in f"{found.outcomes['remarks'].tolist()}{found.unknown_words}"
    assert "0011" not in found.outcomes["remarks"].str.replace(" ", "").str.cat()
    assert (found.unknown_words, found.told) == ({}, {})


@pytest.mark.parametrize(
    ("name", "kind", "sure"),
    [
        ("Centre administratif du Haut-Commissariat", "", False),
        ("Commissariat de Poitiers", "commissariat", True),
        ("Psychologue du commissariat", "permanence", False),
        ("Ferme de l’Hôpital", "sante", False),
        ("Antenne du CCAS", "ccas", False),
        ("CCAS de Civray", "ccas", True),
        ("Permanence d’accès aux soins (PASS)", "permanence", False),
    ],
)
def test_a_type_named_beside_the_subject_of_a_name_is_to_be_checked(name, kind, sure):
    outcome = took(table(f"{name};;;;1 rue d’A;86400;Civray;;")).outcomes.iloc[0]
    assert (outcome["type"], bool(outcome["sure"])) == (kind, sure)


def test_what_a_geocoder_guessed_is_left_and_an_address_is_not_said_twice():
    content = table(
        *(f"CCAS {n};{n} rue d’Alger;86400;Civray;{n} Rue d’Alger 59270 Bailleul;0.7;59043"
          for n in range(1, 6)),
        header="Nom;Adresse;CP;Ville;result_label;result_score;result_citycode",
    )  # fmt: skip
    (sheet,) = adopting.read_sheets(content)
    found = {column.name: column for column in adopting.recognised(sheet)}
    for name in ("result_label", "result_score", "result_citycode"):
        assert found[name].role == adopting.LEFT
        assert "géocodeur" in found[name].why
    assert took(content).rows["code_insee"].tolist() == [CIVRAY["code_insee"]] * 5
    again = content.replace(b"result_label", b"En clair").replace(b"59270 Bailleul", b"")
    assert took(again).rows["adresse"].iloc[0] == "1 rue d’Alger"


def test_a_shelter_of_a_known_postal_code_keeps_its_departement():
    found = took(table("CHRS Les Lilas;;;;8 rue Secrète;37000;;;"))
    assert found.rows["zone_eligibilite"].tolist() == ["37"]
    assert found.rows["code_postal"].tolist() == [""]


def test_the_command_asks_for_words_and_takes_the_answers(tmp_path, capsys):
    file, out = tmp_path / "lieux.csv", tmp_path / "services.csv"
    file.write_bytes(
        table(
            CCAS.format(publics="adultes", aides=""),
            "Maison A;Maison de quartier;;;1 rue d’A;86400;Civray;;",
            "Permanence d’avocats;Permanence;;;1 rue d’A;86400;Civray;;",
        )
    )
    main(["adopt", str(file)])
    said = capsys.readouterr().err
    assert '« adultes » (publics, 1\u00a0ligne). Le dire avec « --mot "publics:adultes=' in said
    assert "Les noms disent : aides avocat" in said
    answers = ["--mot", "publics:adultes=tous", "--mot", "type:Maison de quartier=association"]
    answers += ["--nom", "aides:avocat=non", "--source", "Observatoire", "-o", str(out)]
    assert main(["adopt", str(file), *answers]) == 0
    services = read_services(out).services
    assert services["type"].tolist() == ["ccas", "association", "permanence"]
    assert services["publics"].iloc[0] == "tous"
    assert Aid.AVOCAT not in aids_of(services).iloc[2]
    for wrong, words in (("publics:x=adultes", "« adultes » n’est pas connu"), ("x", "écrire")):
        with pytest.raises(SystemExit) if wrong == "x" else nullcontext():
            assert main(["adopt", str(file), "--mot", wrong]) != 0
        assert words in capsys.readouterr().err


def test_codes_and_dates_that_a_program_wrote_as_numbers():
    content = table(
        "CCAS A;CCAS;86400.0;Civray;549870049.0;20260302",
        "CCAS B;CCAS;1000.0;Bourg-en-Bresse;474000001;46023.5",
        header="Nom;Type;CP;Ville;Tél;Date maj",
    )
    rows = took(content).rows
    assert rows["code_postal"].tolist() == ["86400", "01000"]
    assert rows["telephone"].tolist() == ["05 49 87 00 49", "04 74 00 00 01"]
    assert rows["date_source"].tolist() == ["2026-03-02", "2026-01-01"]
