"""A place is where its name, its postal code and its point say."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import communes
from geodata.commune_codes import Resolved, reconcile
from geodata.services import read_services
from geodata.upkeep.checking import check

POITIERS = (0.3404, 46.5802)
CIVRAY = (0.2949, 46.1486)


@pytest.mark.parametrize(
    ("commune", "code_postal", "code_insee", "point", "code", "how"),
    [
        # The code agrees with the rest, or nothing is said against it.
        ("Poitiers", "86000", "86194", POITIERS, "86194", ""),
        ("POITIERS CEDEX 9", "86035", "86194", None, "86194", ""),
        ("Saint-Cyr", "86130", "86019", None, "86019", ""),  # now a part of Beaumont Saint-Cyr
        ("Ballon", "72290", "72023", None, "72023", ""),  # of Ballon-Saint Mars; others are Ballon
        ("Le Prieuré", "86000", "86194", None, "86194", ""),  # no commune's name
        ("", "", "1004", None, "01004", ""),
        ("Paris 12e Arrondissement", "75012", "75112", None, "75056", ""),
        ("Gustavia", "97133", "97123", None, "97701", ""),
        ("Marigot", "97150", "97127", None, "97801", ""),
        # Two agree against it.
        ("Châtellerault", "86100", "86100", None, "86066", "nom et code postal"),
        ("Mantes-la-Jolie", "78200", "78200", None, "78361", "nom et code postal"),
        ("Châtellerault", "", "86100", None, "86066", "nom et code postal"),
        ("Poitiers", "86000", "86066", POITIERS, "86194", "nom et code postal et point"),
        ("Poitiers", "", "86066", POITIERS, "86194", "nom et point"),
        ("", "86000", "86066", POITIERS, "86194", "code postal et point"),
        # The code has the support of one, against another.
        ("Poitiers", "86100", "86194", None, "86194", ""),
        ("La Tour-du-Pin", "56690", "56097", None, "56097", ""),
        ("Portes-lès-Valence", "26000", "26252", (4.8906, 44.9332), "26252", ""),
        ("Porte-lès-Valence", "26000", "26252", (4.8906, 44.9332), "26252", ""),
        # Nothing decides.
        ("Poitiers", "", "86066", None, "", ""),
        ("", "86100", "86194", None, "", ""),
        ("Poitiers", "86400", "86066", CIVRAY, "86078", "code postal et point"),
        # No code, or one of no commune.
        ("Civray", "86400", "", None, "86078", "nom et code postal"),
        ("Civray", "86400", "99999", None, "86078", "nom et code postal"),
        ("Civray", "", "", None, "", ""),  # there are two
        ("Civray", "", "", CIVRAY, "86078", "nom et point"),
        ("Poitiers Cedex", "86035", "", None, "86194", "nom"),
        ("Saint-Denis Cedex", "93205", "", None, "93066", "nom"),
        ("St Germain en Laye", "78100", "", None, "78551", "nom et code postal"),
        ("LISLE ADAM", "95290", "", None, "95313", "nom et code postal"),
        ("Creusot", "71200", "", None, "71153", "nom et code postal"),
        ("Lieu-dit inconnu", "86400", "", CIVRAY, "86078", "code postal et point"),
        ("Poitiers", "86100", "", None, "", ""),
        # Its point is 200 m over a border that is simplified; La Poste gives both one code.
        ("Entrange", "57330", "", (6.13249, 49.415109), "57194", "nom et code postal"),
        # Its point is wrong, in another commune of the same postal code.
        ("Valençay", "36600", "", (1.565, 47.236), "36228", "nom et code postal"),
        ("", "86400", "", None, "", ""),
        ("", "", "", (float("nan"), 46.0), "", ""),
    ],
)
def test_which_commune_the_cells_of_a_record_say(
    commune, code_postal, code_insee, point, code, how
):
    found = reconcile(commune, code_postal, code_insee, *(point or (None, None)))
    assert (found.code, found.how) == (code, how)
    assert found.departement == (communes.departement_of(code) if code else found.departement)
    given = communes.current_code(code_insee)
    if how and given:
        assert code_insee in found.disagreement


def test_a_contradiction_is_told_and_keeps_the_departement_that_all_agree_on():
    assert reconcile("Poitiers", "", "86066") == Resolved(
        "", "", "« Poitiers » n’a pas le code 86066, qui est celui de « Châtellerault »", "86"
    )
    assert reconcile("Poitiers", "", "33063").departement == ""
    kept = reconcile("Poitiers", "86100", "86194")
    assert kept.disagreement == "« Poitiers » (86194) n’a pas le code postal 86100"


@settings(max_examples=300)
@given(st.data())
def test_a_commune_with_its_own_name_code_and_postal_code_stays_where_it_is(data):
    halls = communes.read_town_halls()
    row = halls.iloc[data.draw(st.integers(0, len(halls) - 1))]
    for postal in ("", *row["codes_postaux"][:2]):
        assert reconcile(row["nom"], postal, str(row.name)) == Resolved(
            str(row.name), "", "", row["departement"]
        )


def test_a_postal_code_in_the_cell_of_the_code_never_moves_a_place_in_silence():
    """Of every commune: 24,000 postal codes are the INSEE code of some other commune."""
    halls = communes.read_town_halls()
    moved = 0
    for code, nom, postal_codes in zip(
        halls.index, halls["nom"], halls["codes_postaux"], strict=True
    ):
        for postal in postal_codes[:1]:
            for written in (postal, ""):
                found = reconcile(nom, written, postal)
                assert found.code in (code, "")
            moved += communes.current_code(postal) not in (code, None)
    assert moved > 20_000


HEADER = "id,nom,type,source,commune,code_postal,code_insee,latitude,longitude,confidentialite\n"


@pytest.mark.parametrize(
    ("cells", "code", "words"),
    [
        ("Châtellerault,86100,86100,,", "86066", "86066 est retenu (nom et code postal)"),
        ("Mantes-la-Jolie,78200,78200,,", "78361", "78361 est retenu (nom et code postal)"),
        ("Poitiers,,86066,46.5802,0.3404", "86194", "86194 est retenu (nom et point)"),
        ("Poitiers,,86066,,", "", "le lieu n’est pas placé"),
        ("Poitiers,86100,86194,,", "86194", "le code est gardé"),
        ("Civray,86400,99999,,", "86078", "le code est retrouvé"),
    ],
)
def test_the_list_is_read_and_mended_alike(cells, code, words):
    written = f"{HEADER}a,Maison,mds,essai,{cells},\n".encode()
    reading = read_services(io.BytesIO(written))
    place = reading.services.iloc[0]
    assert place["code_insee"] == code
    assert place["departement"] in ("86", "78")
    assert (place.geometry is not None) == bool(code)
    [problem] = [one for one in reading.problems if one.column == "code_insee"]
    assert words in problem.message
    mended = check(written, "liste.csv").mended
    repaired = read_services(io.BytesIO(mended(check(written, "liste.csv").chosen)))
    assert repaired.services.iloc[0]["code_insee"] == code
    if code and code != "86194":
        assert repaired.problems == ()


def test_a_hidden_place_keeps_its_departement_and_no_message_names_its_commune():
    rows = "a,Le Refuge,hebergement,essai,Mantes-la-Jolie,78200,78200,,,\n"
    rows += "b,Le Nid,hebergement,essai,Châtellerault,86100,86100,,,commune\n"
    reading = read_services(io.BytesIO((HEADER + rows).encode()))
    assert sorted(reading.services["departement"]) == ["78", "86"]
    told = "\n".join(map(str, reading.problems))
    assert [name for name in ("Mantes", "Châtellerault", "Dourdan", "86066") if name in told] == []
