"""Merging: only chosen changes, nothing lost, no hidden place revealed."""

import io
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.services import read_services
from geodata.upkeep import keeping
from geodata.upkeep.merging import POINT, Choices, MergeRefused, apply, compare
from tests.lists import CIVRAY, content, read, row

LOUDUN = {"code_postal": "86200", "commune": "Loudun", "code_insee": "86137"}
POITIERS = {"code_postal": "86000", "commune": "Poitiers", "code_insee": "86194"}
HERE = {"latitude": "46.149", "longitude": "0.295"}
SHELTER = {"type": "hebergement", "nom": "Foyer Équinoxe", "zone_eligibilite": "86"}
CANARY = "7 rue du Canari"
OURS = (
    row("86-mds-civray", **CIVRAY, telephone="05 49 87 00 00", notes="à nous"),
    row("86-ccas", **LOUDUN, nom="CCAS de Loudun", type="ccas"),
    row("86-cidff", **POITIERS, nom="CIDFF de la Vienne", type="association"),
)
THEIRS = (
    row("di-1", **CIVRAY, nom="MDS CIVRAY", source="data·inclusion", telephone="05 49 87 11 11",
        horaires_accueil="Mo-Fr 09:00-12:00", date_source="2026-10", lien_source="https://a.fr"),
    row("di-2", **LOUDUN, nom="Tribunal de proximité", type="justice", numero_di="42"),
    row("86-cidff", **POITIERS, nom="CIDFF de la Vienne", type="association"),
)  # fmt: skip


def side_by_side(ours=OURS, theirs=THEIRS, **options):
    written = content(ours)
    return keeping.read_cells(written), compare(
        read_services(io.BytesIO(written)).services, read(*theirs).services, **options
    )


def test_what_is_new_the_same_or_different():
    _, seen = side_by_side()
    assert seen.pairs[["ours", "theirs"]].to_numpy().tolist() == [
        ["86-mds-civray", "di-1"],
        ["86-cidff", "86-cidff"],
    ]
    assert seen.new.index.tolist() == ["di-2"]
    assert seen.same == ("86-cidff",)
    assert seen.only_ours == ("86-ccas",)
    assert seen.refused == ()
    lines = seen.differences.set_index("column")
    assert lines.index.tolist() == [
        "nom", "telephone", "horaires_accueil", "lien_source", "date_source",
    ]  # fmt: skip
    assert lines.loc["telephone", ["our_value", "their_value"]].tolist() == [
        "05 49 87 00 00",
        "05 49 87 11 11",
    ]


def test_what_is_no_number_or_address_never_replaces_one():
    ours = row("a", **CIVRAY, telephone="05 49 87 00 00", courriel="a@exemple.fr")
    theirs = row("a", **CIVRAY, telephone="appelez-nous", courriel="voir le site")
    assert side_by_side([ours], [theirs])[1].differences.empty
    assert len(side_by_side([ours], [ours | {"telephone": "3919"}])[1].differences) == 1
    empty = ours | {"telephone": "", "courriel": ""}
    assert len(side_by_side([empty], [theirs])[1].differences) == 2


def test_nothing_is_merged_without_a_choice():
    cells, seen = side_by_side()
    assert apply(cells, seen, Choices()).equals(cells)


def test_what_is_chosen_is_done_and_no_more():
    cells, seen = side_by_side()
    choices = Choices(add=["di-2"], take=[("86-mds-civray", "telephone")])
    merged = apply(cells, seen, choices)
    assert merged.index.tolist() == [*cells.index, "di-2"]
    changed = merged.loc["86-mds-civray"].drop("numero_di")
    assert changed[changed != cells.loc["86-mds-civray"]].to_dict() == {
        "telephone": "05 49 87 11 11",
    }
    assert merged.loc["di-2", ["numero_di", "notes"]].tolist() == ["42", ""]
    assert merged.loc["86-mds-civray", ["numero_di", "notes"]].tolist() == ["", "à nous"]
    assert merged.loc["86-ccas"].drop("numero_di").equals(cells.loc["86-ccas"])


def test_a_cell_edited_by_hand_is_marked():
    _, seen = side_by_side(by_hand=[("86-mds-civray", "telephone")])
    marked = seen.differences.loc[seen.differences["by_hand"], "column"]
    assert marked.tolist() == ["telephone"]


@pytest.mark.parametrize(
    ("ours", "theirs", "newer"),
    [
        ({"date_source": "2016"}, {"date_source": "2026-05"}, "theirs"),
        ({"date_source": "2026-05-02"}, {"date_source": "2026-05-01"}, "ours"),
        ({"date_source": "2026"}, {"date_source": "2026-05"}, "unknown"),
        ({}, {"date_source": "2026-05"}, "unknown"),
        (
            {"date_source": "2016", "date_verification": "2026-06-01"},
            {"date_source": "2026-05"},
            "ours",
        ),
    ],
)
def test_which_is_newer(ours, theirs, newer):
    phone = {"telephone": "05 49 87 11 11"}
    _, seen = side_by_side([row("a", **CIVRAY, **ours)], [row("a", **CIVRAY, **phone, **theirs)])
    assert seen.differences.set_index("column").loc["telephone", "newer"] == newer


@pytest.mark.parametrize(
    ("column", "ours", "theirs", "differs"),
    [
        ("telephone", "05 49 87 00 00", "+33 5 49 87 00 00", False),
        ("telephone", "05 49 87 00 00", "05 49 87 00 01", True),
        ("telephone", "standard", "accueil", True),
        ("telephone", "", "05 49 87 00 01", True),
        ("telephone", "05 49 87 00 00", "", False),
        ("horaires_accueil", "Mo-Fr 09:00-12:00", "du lundi au vendredi 9h-12h", False),
        ("horaires_accueil", "Mo-Fr 09:00-12:00", "Mo-Th 09:00-12:00", True),
        ("adresse", "1 Rue de l’Église", "1 RUE DE L'EGLISE", False),
        ("acces", "sans-rdv|telephone", "telephone|sans-rdv", False),
        ("description", "A", "a", True),
    ],
)
def test_a_difference_is_another_fact_not_another_spelling(column, ours, theirs, differs):
    lists = [row("a", **CIVRAY, **{column: ours})], [row("a", **CIVRAY, **{column: theirs})]
    _, seen = side_by_side(*lists)
    assert (column in set(seen.differences["column"])) is differs


def test_a_point_is_taken_whole():
    ours, theirs = (
        [row("a", **CIVRAY, **HERE)],
        [row("a", **CIVRAY, latitude="46.15", longitude="0.3")],
    )
    cells, seen = side_by_side(ours, theirs)
    assert seen.differences["column"].tolist() == [POINT]
    merged = apply(cells, seen, Choices(take=[("a", POINT)]))
    assert merged.loc["a", ["latitude", "longitude"]].tolist() == ["46.15", "0.3"]
    _, near = side_by_side(ours, [row("a", **CIVRAY, latitude="46.1491", longitude="0.295")])
    assert near.same == ("a",)


@pytest.mark.parametrize("level", ["departement", "non_publie"])
@pytest.mark.parametrize(
    "theirs",
    [
        row("x", **POITIERS, nom="CHRS Foyer Équinoxe", type="hebergement", adresse=CANARY,
            confidentialite="public", telephone="05 49 87 00 00"),
        row("x", **POITIERS, nom="Foyer Equinoxe", type="association", adresse=CANARY),
        row("ici", **POITIERS, nom="Autre", type="association", adresse=CANARY),
    ],
    ids=["public shelter", "called an association", "same id"],
)  # fmt: skip
def test_a_hidden_place_is_never_made_visible(level, theirs):
    ours = [row("ici", **SHELTER, confidentialite=level, telephone="05 49 87 00 00")]
    cells, seen = side_by_side(ours, [theirs])
    assert seen.refused == (theirs["id"],)
    assert seen.new.empty
    assert CANARY not in seen.differences.to_csv()
    assert set(seen.differences["column"]) <= {"telephone", "date_source"}
    with pytest.raises(MergeRefused, match=r"confidentiel|déjà un identifiant"):
        apply(cells, seen, Choices(add=[theirs["id"]]))
    with pytest.raises(MergeRefused, match="aucune différence"):
        apply(cells, seen, Choices(take=[("ici", "adresse")]))


def test_rows_never_shown_are_in_no_pair():
    ours = [row("ici", **SHELTER, confidentialite="non_publie", telephone="05 49 87 00 00")]
    _, seen = side_by_side(ours, [row("x", **SHELTER, telephone="05 49 87 00 00")])
    assert seen.pairs.empty
    assert seen.new.empty
    assert seen.only_ours == ()


def test_a_number_may_be_taken_into_a_hidden_row():
    ours = [row("ici", **SHELTER)]
    cells, seen = side_by_side(ours, [row("x", **SHELTER, telephone="05 49 87 00 00")])
    merged = apply(cells, seen, Choices(take=[("ici", "telephone")]))
    assert merged.loc["ici", "telephone"] == "05 49 87 00 00"
    assert merged.loc["ici", "confidentialite"] == cells.loc["ici", "confidentialite"]


@pytest.mark.parametrize(
    ("level", "left"), [("departement", {""}), ("commune", {"", *CIVRAY.values()})]
)
def test_a_stricter_level_takes_the_place_away(level, left):
    ours = [row("a", **CIVRAY, **HERE, type="association", adresse=CANARY)]
    theirs = [row("a", type="association", confidentialite=level, zone_eligibilite="86")]
    cells, seen = side_by_side(ours, theirs)
    merged = apply(cells, seen, Choices(take=[("a", "confidentialite")]))
    assert merged.loc["a", "confidentialite"] == level
    place = ["adresse", "code_postal", "commune", "code_insee", "latitude", "longitude"]
    assert set(merged.loc["a", place]) == left
    assert not merged.loc["a", ["adresse", "latitude", "longitude"]].any()
    assert read(*merged.reset_index().to_dict("records")).services.index.tolist() == ["a"]


def test_a_merge_is_saved_through_the_one_door(tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(content(OURS))
    cells, seen = side_by_side()
    merged = apply(cells, seen, Choices(add=["di-2"], take=[("86-mds-civray", "telephone")]))
    edits = keeping.edits_between(cells, merged)
    entries = keeping.save(path, edits, who="importation", now=datetime(2026, 11, 22))
    assert keeping.read_cells(path).equals(merged)
    edited = {(entry.id, entry.column) for entry in entries}
    _, again = side_by_side(OURS, THEIRS, by_hand=edited)
    assert again.differences.loc[again.differences["by_hand"], "column"].tolist() == ["telephone"]
    keeping.undo(path, entries, who="éditrice", now=datetime(2026, 11, 22))
    assert keeping.read_cells(path)[cells.columns].equals(cells)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (Choices(add=["inconnu"]), "n’est pas dans l’autre liste"),
        (Choices(add=["86-cidff"]), "déjà un identifiant"),
        (Choices(take=[("86-mds-civray", "adresse")]), "aucune différence"),
        (Choices(take=[("86-ccas", "telephone")]), "aucune différence"),
    ],
)
def test_a_choice_that_is_not_offered_is_refused(choices, said):
    cells, seen = side_by_side()
    with pytest.raises(MergeRefused, match=said):
        apply(cells, seen, choices)


def test_a_pair_may_be_rejected():
    cells, seen = side_by_side()
    merged = apply(cells, seen, Choices(add=["di-1"]))
    assert merged.index.tolist() == [*cells.index, "di-1"]
    assert merged.loc["86-mds-civray", "telephone"] == "05 49 87 00 00"


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "telephone": st.sampled_from(["3919", "05 49 87 00 00", "05 49 87 11 11"]),
        "horaires_accueil": st.sampled_from(["24/7", "Mo 09:00-12:00"]),
        "confidentialite": st.sampled_from(["public", "departement", "non_publie"]),
        "nom": st.sampled_from(["MDS", "Foyer Équinoxe", "CIDFF 86"]),
        "type": st.sampled_from(["mds", "hebergement", "association"]),
    },
)


@settings(max_examples=6)
@given(st.lists(CELLS, max_size=4), st.lists(CELLS, max_size=4), st.data())
def test_any_merge_keeps_our_rows_and_hides_what_was_hidden(mine, other, data):
    zone = {"zone_eligibilite": "86"}
    ours = [row(f"a{n}", **zone | cells) for n, cells in enumerate(mine)]
    theirs = [row(f"{'ab'[n % 2]}{n}", **zone | cells) for n, cells in enumerate(other)]
    cells, seen = side_by_side(ours, theirs)
    offered = list(zip(seen.differences["ours"], seen.differences["column"], strict=True))
    takes = data.draw(st.lists(st.sampled_from(offered), unique=True)) if offered else []
    adds = data.draw(st.lists(st.sampled_from(list(seen.new.index)))) if len(seen.new) else []
    merged = apply(cells, seen, Choices(add=adds, take=takes))
    assert merged.index[: len(cells)].tolist() == cells.index.tolist()
    assert set(merged.index[len(cells) :]) == set(adds)
    before = read(*ours).services["confidentialite"]
    written = merged.reset_index().to_dict("records")
    after = read(*written).services["confidentialite"]
    levels = ["public", "commune", "departement", "non_publie"]
    for key in before.index:
        assert levels.index(after[key]) >= levels.index(before[key])
