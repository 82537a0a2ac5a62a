"""Levels of confidentiality, parsed in one place for the reader, repairs and forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import secrecy
from geodata.secrecy import Confidentiality, level_of, strictness
from geodata.services import read_rows
from geodata.tables import read_table
from geodata.upkeep import repairs
from pages.annuaire.editing import fields
from tests.lists import read, row

KINDS = ["ccas", "hebergement", "Hébergement", "inconnu", ""]
NOT_A_LEVEL = [
    "(public)", "public.", "public!", "« public »", "publi", "pub lic", "=public", "public|commune",
    "oui", "non", "0", "?", "-", "public1", "p\u200bublic", "non_publi",
]  # fmt: skip

words = st.one_of(
    st.text(max_size=15),
    st.sampled_from(list(Confidentiality)).flatmap(
        lambda level: st.text(" ()_-.!'\"\u00a0\u200b", max_size=2).map(
            lambda more: more + level.upper() + more
        )
    ),
)


@pytest.mark.parametrize(
    ("text", "kind", "level"),
    [
        ("Non publié", "ccas", "non_publie"),
        (" PUBLIC\u00a0", "ccas", "public"),
        ("Département", "ccas", "departement"),
        ("", "ccas", "public"),
        (" \ufeff", "hebergement", "departement"),
        ("", "Hébergement", "departement"),
        ("public", "hebergement", "public"),
    ],
)
def test_a_level(text, kind, level):
    assert level_of(text, kind) == level


@pytest.mark.parametrize("text", NOT_A_LEVEL)
def test_an_unknown_level_is_never_public(text):
    assert level_of(text, "ccas") is None
    assert "a" not in read(row("a", confidentialite=text)).services.index
    cells = {"type": "ccas", "confidentialite": text}
    assert fields.level_of(cells) == Confidentiality.NON_PUBLIE
    assert repairs._effective_level(cells) is None


@given(words, st.sampled_from(KINDS))
def test_any_text_is_a_level_or_none_and_round_trips(text, kind):
    level = level_of(text, kind)
    assert level is None or level_of(level, kind) is level


@given(words)
def test_secrecy_and_the_reader_agree(text):
    table = read_table(b"id;nom;type;source;confidentialite\na;A;ccas;s;b\n")
    table.frame.loc[2, "confidentialite"] = text
    level = level_of(text, "ccas")
    levels = read_rows(table).services["confidentialite"].to_dict()
    assert levels == ({} if level is None else {"a": level})


def test_levels_go_from_open_to_hidden_and_the_unknown_is_beyond():
    order = ["public", "commune", "departement", "non_publie", "?"]
    assert sorted(order, key=strictness) == order
    assert strictness(None) == strictness("(public)") == 4


def test_only_known_levels_are_shown():
    levels = ["public", "commune", "departement", "non_publie"]
    services = read(*(row(level, confidentialite=level) for level in levels)).services
    assert secrecy.shown(services).index.tolist() == levels[:3]
    strange = services.assign(confidentialite="(public)")
    assert secrecy.shown(strange).empty
