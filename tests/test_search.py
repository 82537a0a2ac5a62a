"""Search by words: what finds a service, in which order, and what must not find it."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from geodata import _everyday_words, search, secrecy
from geodata.selection import Selection, select
from geodata.services import ServiceType, vocabulary
from geodata.text import fold
from pages.shared import service_list
from tests.lists import CIVRAY, read, row

POITIERS = {"code_postal": "86000", "commune": "Poitiers", "code_insee": "86194"}
LIST = read(
    row(
        "mds",
        **CIVRAY,
        adresse="12 rue Haute",
        telephone="05 49 43 26 26",
        horaires_accueil="Mo-Fr 09:00-12:00",
    ),
    row(
        "avocats",
        **POITIERS,
        nom="Consultations d’avocats",
        type="justice",
        aides="avocat",
        frais="gratuit",
        horaires_accueil="Sa 09:00-12:00",
    ),
    row("csi", type="permanence", nom="C.S.I. Étoile", aides="juridique", langues="interprete|ar"),
    row("viols", type="ecoute", nom="Viols Femmes Informations", telephone="0 800 05 95 95"),
    row("info", type="ecoute", nom="Violences Femmes Info", telephone="3919 / 116 006"),
    row("crisis", type="sante", nom="Accueil", violences="sexuelles", acces="urgence"),
    row("vet", type="association", nom="Refuge", description="Les animaux sont acceptés."),
    row("pmi", type="sante", nom="PMI de Saint-Benoît", publics="enfants"),
    row("chalon", type="ccas", nom="CCAS", commune="Chalon-sur-Saône", code_insee="71076"),
    row("mantes", type="ccas", nom="CCAS", commune="Mantes-la-Jolie", code_insee="78361"),
    row("night", type="hebergement", nom="Abri", departement="86", zone_eligibilite="86"),
    row("open", type="association", nom="Le Phare", horaires_accueil="Mo-Su 10:00-18:00; Sa off"),
    row("never", confidentialite="non_publie", nom="Introuvable secret", telephone="0612345678"),
).services
INDEX = search.Index(LIST)

FOUND = {
    "civray": {"mds"},
    "CIVRAY,": {"mds"},
    "maisons solidarite": {"mds"},
    "86400": {"mds"},
    "864": {"mds"},
    "86": {"mds", "avocats", "night"},
    "vienne": {"mds", "avocats", "night"},
    # Numbers, however they are written
    "0549432626": {"mds"},
    "05 49 43": {"mds"},
    "05.49.43.26.26": {"mds"},
    "+33 5 49 43 26 26": {"mds"},
    "0800059595": {"viols"},
    "0 800 05 95 95": {"viols"},
    "39 19": {"info"},
    "116006": {"info"},
    "0549432627": set(),
    "12 86400": {"mds"},
    # Forms of a word
    "avocate": {"avocats"},
    "avocates": {"avocats"},
    "consultation avocat": {"avocats"},
    "avocat consultations": {"avocats"},
    "avocat civray": set(),
    # Initials, hyphens, apostrophes and abbreviations
    "csi": {"csi"},
    "c s i etoile": {"csi"},
    "St Benoit": {"pmi"},
    "l'avocate": {"avocats"},
    "Chalon sur Saône": {"chalon"},
    "mantes la jolie": {"mantes"},
    # Misspelled, and begun
    "avocta": {"avocats"},
    "consultatoins": {"avocats"},
    "poitirs": {"avocats"},
    "civr": {"mds"},
    "consul": {"avocats"},
    # A commune that the list does not hold is no other one misspelled.
    "Nantes": set(),
    # « viol » is not « violences ».
    "viol": {"viols", "crisis"},
    "viols": {"viols", "crisis"},
    "violences femmes": {"info"},
    "urgences viol": {"crisis"},
    # Everyday words
    "divorce": {"avocats", "csi", "vet", "open"},  # an association usually knows the law
    "avocat gratuit samedi": {"avocats"},
    "interprète": {"csi"},
    "arabe": {"csi"},
    "chien": {"vet"},
    "bébé": {"pmi"},
    "police": set(),
    # Days on which hours are open
    "samedi": {"avocats"},
    "lundi": {"mds", "open"},
    "dimanche": {"open"},
    "week-end": {"avocats", "open"},
    # What says nothing, or is written otherwise
    "de la": set(LIST.index) - {"never"},
    "!!!": set(LIST.index) - {"never"},
    "עורך דין": set(),
    # What is never shown
    "introuvable": set(),
    "0612345678": set(),
    "secret": set(),
}


@pytest.mark.parametrize(("words", "expected"), FOUND.items())
def test_words_find(words, expected):
    assert set(select(LIST, Selection(words=words)).index) == expected


def test_what_is_not_in_the_list_is_told_and_what_it_was_read_as():
    assert INDEX.search("avocat xyzzy").unknown == ("xyzzy",)
    assert INDEX.search("avocat xyzzy").scores.empty
    assert INDEX.search("0549432627").unknown == ("0549432627",)
    assert INDEX.search("poitirs").read_as == (("poitirs", ("poitiers",)),)
    assert not INDEX.search("civr").read_as


def test_a_misspelled_word_is_read_as_the_nearest():
    services = read(row("a", nom="Hirondelle"), row("b", nom="Hirondalle")).services
    answer = search.Index(services).search("hirandelle")
    assert answer.read_as == (("hirandelle", ("hirondelle",)),)
    assert list(answer.scores.index) == ["a"]


def test_what_is_never_shown_is_not_even_known():
    for words in ("introuvable", "secret", "0612345678"):
        assert INDEX.search(words).unknown == (words,)
    assert not INDEX.search("introuvabel").read_as


def test_the_best_is_first():
    services = read(
        row("said", type="association", nom="Le Phare", description="Avec un avocat le mardi."),
        row("done", type="association", nom="Le Relais", aides="avocat"),
        row("named", type="justice", nom="Ordre des avocats"),
        *(row(f"other {number}") for number in range(9)),
    ).services
    scores = search.Index(services).search("avocats").scores
    assert list(scores.index) == ["named", "done", "said"]
    assert scores.is_monotonic_decreasing
    assert scores.min() > 0


def test_what_tells_a_hidden_place_finds_nothing():
    hidden = row(
        "86-abri-xyz", type="hebergement", nom="Abri", code_postal="86400", commune="Civray",
        code_insee="86078", description="À Civray",
    )  # fmt: skip
    services = read(hidden, row("else", **POITIERS)).services
    index = search.Index(services)
    for words in ("civray", "86400", "civrai", "86078", "xyz"):
        assert "86-abri-xyz" not in index.search(words).scores.index, words
    assert list(index.search("abri").scores.index) == ["86-abri-xyz"]


def test_searches_at_once_answer_alike():
    alone = [INDEX.search(words).scores for words in FOUND]
    with ThreadPoolExecutor(4) as threads:
        together = threads.map(lambda words: INDEX.search(words).scores, list(FOUND) * 5)
        for number, scores in enumerate(together):
            expected = alone[number % len(alone)]
            assert (scores is None) == (expected is None)
            if scores is not None:
                pd.testing.assert_series_equal(scores, expected)


def test_everyday_words_stand_for_known_values_and_each_once():
    typed = [word for words, _ in _everyday_words.MEANINGS for word in words.split()]
    assert len(set(map(fold, typed))) == len(typed)
    for _, finds in _everyday_words.MEANINGS:
        for meaning in finds.split():
            column, _, value = meaning.partition(":")
            if value:
                known = set(ServiceType) if column == "type" else set(vocabulary(column))
                assert value in known, meaning
    ignored = set(fold(_everyday_words.IGNORED).split())
    assert ignored.isdisjoint(map(fold, typed))


@pytest.mark.parametrize(
    "forms",
    [
        "danger dangers",
        "viol viols violée violées",
        "agressée agresser agression",
        "conseiller conseillère conseillères",
        "avocat avocats avocate avocates",
        "hôpital hôpitaux",
        "social sociale sociaux",
        "chien chienne",
    ],
)
def test_the_forms_of_a_word_are_one(forms):
    assert len({search._stem(fold(form)) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words", ["viol violence", "mari mairie", "police politique", "femme ferme", "avocat avoir"]
)
def test_different_words_stay_apart(words):
    assert len({search._stem(word) for word in words.split()}) == 2


# Laws, on the list that the application ships

SHIPPED = secrecy.shown(service_list.load().services)
ALL = search.Index(SHIPPED)
FIELDS = ("nom", "structure", "commune", "adresse", "description", "horaires_precisions")


def words_of(key: str) -> list[str]:
    texts = " ".join(SHIPPED.loc[key, list(FIELDS)])
    return [word for word in fold(texts).split() if search.split(word) and word.isalpha()]


a_service = st.sampled_from([key for key in SHIPPED.index if words_of(key)])


def finds(words: str) -> set[str]:
    scores = ALL.search(words).scores
    return set(SHIPPED.index if scores is None else scores.index)


@given(a_service, st.data())
def test_a_word_of_a_service_finds_it_in_every_form(key, data):
    word = data.draw(st.sampled_from(words_of(key)))
    assert key in finds(word)
    assert key in finds(word.upper())
    # A word of two letters has no plural: `pu` and `pus` are two words.
    plural = word if word.endswith(("s", "x", "z")) or len(word) < 3 else f"{word}s"
    assume(search.split(plural) == [plural])
    assert key in finds(plural)


@given(a_service, st.data())
def test_one_wrong_letter_still_finds_the_service(key, data):
    word = data.draw(st.sampled_from([w for w in words_of(key) if len(w) >= 5] or [""]))
    assume(word)
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    typed = data.draw(
        st.sampled_from(
            [
                word[:at] + letter + word[at:],
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1 :] if len(word) > 5 else word,
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            ]
        )
    )
    read = search.split(typed)
    assume(read == [typed])
    assume(not is_word(typed))
    assert key in finds(typed)


def is_word(typed: str) -> bool:
    """Whether it is a word of the list, an everyday one or a commune's: then it is not misread."""
    root = search._stem(typed)
    known = root in ALL._tokens or root in search._meanings()
    return known or typed in search._commune_words()


@given(a_service, a_service, st.data())
@example("86-mds-civray", "86-mds-civray", None)
def test_a_word_more_never_finds_more(key, other, data):
    if data is None:
        words = ["maison", "civrai", "05 49"]
    else:
        pool = [*words_of(key), *words_of(other), "xyzzy", "avocta", "samedi", "05 49", "la"]
        words = data.draw(st.lists(st.sampled_from(pool), min_size=2, max_size=4))
    assert finds(" ".join(words)) <= finds(" ".join(words[:-1]))
    assert finds(" ".join(words)) == finds(" ".join(reversed(words)))


@given(st.text(max_size=60))
def test_any_text_is_answered(words):
    answer = ALL.search(words)
    assert answer.scores is None or answer.scores.index.isin(SHIPPED.index).all()
    if answer.unknown:
        assert answer.scores.empty


@pytest.mark.parametrize(
    "hostile", ['"', "' OR 1=1 --", 'nom:"x" OR *', "NEAR(a b)", "-code", "a* ^b"]
)
def test_no_text_is_taken_for_a_query(hostile):
    ALL.search(hostile)
