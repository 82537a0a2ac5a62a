"""The order of names in French."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from geodata.text import fold, french_ranks, in_french_order

NAMES = ["Éguzon", "Evry", "L’Étang", "L'Isle", "Lézat", "Œting", "Oger", "Zuani", "ève", "Eve"]


def test_names_stand_as_in_a_french_dictionary():
    assert sorted(NAMES, key=in_french_order) == [
        *("Éguzon", "Eve", "ève", "Evry"),
        *("L’Étang", "L'Isle", "Lézat", "Œting", "Oger", "Zuani"),
    ]


@given(st.lists(st.text(max_size=8)))
def test_ranks_order_as_the_key_does(texts):
    series = pd.Series(texts, dtype="str")
    ranked = series[french_ranks(series).sort_values(kind="stable").index]
    assert [fold(text) for text in ranked] == [fold(t) for t in sorted(texts, key=in_french_order)]
