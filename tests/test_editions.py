"""Editions of a list: what changed from one to the next, and what the page says of it."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.upkeep.editions import Kind, beside, changes, of_each_year, summary, without_hidden
from pages.shared import clock
from pages.shared.service_list import PARIS
from tests.lists import CIVRAY, content, read, row
from tests.test_pages import open_page, press, texts

LOUDUN = {"code_postal": "86200", "commune": "Loudun", "code_insee": "86137"}
PHONE = "05 49 87 00 00"
WEEK = "Mo-Fr 09:00-17:00"
HERE = {"adresse": "3 rue du Temple", "telephone": PHONE, **CIVRAY}


def services(*rows):
    return read(*rows).services


def said(earlier, later):
    """Return the kinds of change between two rows of one service, with the words."""
    table = changes(services(row("a", **earlier)), services(row("a", **later)))
    return [
        tuple(map(spaced, cells)) for cells in table[["changement", "avant", "apres"]].to_numpy()
    ]


def spaced(text: str) -> str:
    """Return a text with plain spaces."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (HERE, HERE | {"adresse": "3, Rue du TEMPLE"}),
        (HERE | {"adresse": "rue du Temple"}, HERE),
        (HERE, HERE | {"telephone": "05 49 87 99 99", "description": "Autre"}),
        (HERE | {"adresse": ""}, HERE),
        (HERE | {"horaires_accueil": WEEK}, HERE | {"horaires_accueil": "lundi-vendredi 9h-17h"}),
        (HERE | {"horaires_accueil": "n’importe quoi"}, HERE),
    ],
    ids=["other signs", "one says more", "other cells", "filled in", "other words", "not read"],
)
def test_what_says_the_same_is_no_change(earlier, later):
    assert said(earlier, later) == []


@pytest.mark.parametrize(
    ("earlier", "later", "change"),
    [
        (
            HERE,
            HERE | {"adresse": "12 rue du Temple"},
            (Kind.MOVED, "3 rue du Temple, 86400 Civray", "12 rue du Temple, 86400 Civray"),
        ),
        (
            HERE,
            HERE | LOUDUN,
            (Kind.MOVED, "3 rue du Temple, 86400 Civray", "3 rue du Temple, 86200 Loudun"),
        ),
        (
            HERE | {"horaires_accueil": WEEK},
            HERE | {"horaires_accueil": "Mo 09:00-17:00"},
            (Kind.HOURS, "Du lundi au vendredi, 9 h – 17 h", "Le lundi, 9 h – 17 h"),
        ),
        (
            HERE | {"horaires_accueil": WEEK},
            HERE,
            (Kind.HOURS, "Du lundi au vendredi, 9 h – 17 h", ""),
        ),
    ],
)
def test_a_service_that_moves_or_has_other_hours_is_told(earlier, later, change):
    assert said(earlier, later) == [change]


def test_a_service_with_another_id_is_the_same_and_others_come_and_go():
    kept = row("ancien-nom", nom="MDS de Civray", **HERE)
    earlier = services(kept, row("parti", nom="CCAS", type="ccas", **CIVRAY))
    later = services(kept | {"id": "nouveau-nom"}, row("venu", type="justice", **LOUDUN))
    table = changes(earlier, later)
    assert list(zip(table["changement"], table["id"], strict=True)) == [
        (Kind.NEW, "venu"),
        (Kind.GONE, "parti"),
    ]
    assert spaced(summary(table)) == "1 service de plus et 1 service de moins."


@pytest.mark.parametrize("level", ["commune", "departement", "non_publie"])
@pytest.mark.parametrize("hidden_first", [True, False])
def test_a_row_that_either_list_hides_is_not_told(level, hidden_first):
    public = row("foyer", nom="Foyer", type="association", horaires_accueil=WEEK, **HERE)
    hidden = row(
        "foyer", nom="Foyer", type="association", confidentialite=level, zone_eligibilite="86"
    )
    pair = [services(hidden), services(public)]
    assert changes(*(pair if hidden_first else reversed(pair))).empty


@pytest.mark.parametrize("became", [{"type": "hebergement"}, {"type": "association"}])
@pytest.mark.parametrize("key", ["foyer", "autre"])
@pytest.mark.parametrize("level", ["departement", "non_publie"])
def test_what_was_public_and_is_hidden_now_is_not_told_whatever_matters(became, key, level):
    named = {"nom": "Accueil Mimosa", "type": "association"}
    moved_out = row("parti", nom="CCAS", type="ccas", **CIVRAY)
    earlier = services(row("foyer", **named, **HERE), moved_out)
    hidden = {"confidentialite": level, "zone_eligibilite": "86"}
    later = services(row(key, **(named | became), **hidden))

    def associations_of_civray(rows):
        return rows[(rows["code_insee"] == "86078") & (rows["type"] != "hebergement")]

    for pair in ((earlier, later), (later, earlier)):
        table = changes(*pair, of=associations_of_civray)
        assert table["id"].tolist() == ["parti"]
    assert without_hidden(earlier, later).index.tolist() == ["parti"]


def test_one_of_several_places_is_told_though_the_list_hides_another():
    hidden = {"confidentialite": "departement", "zone_eligibilite": "86"}
    secret = row("b", nom="Accueil Mimosa", **hidden)
    place = row("a", nom="Accueil Mimosa", **HERE)
    for key in ("a", "c"):
        later = services(place | {"id": key, "adresse": "12 rue du Temple"}, secret)
        assert changes(services(place), later)["changement"].tolist() == [Kind.MOVED]


ROWS = st.lists(
    st.builds(
        lambda key, place, hours, kind: row(
            key, nom=f"Lieu {key * 9}", type=kind, horaires_accueil=hours, **place
        ),
        st.sampled_from("123456"),
        st.sampled_from([CIVRAY, LOUDUN]),
        st.sampled_from(["", WEEK, "Mo 09:00-17:00"]),
        st.sampled_from(["mds", "ccas", "justice"]),
    ),
    max_size=4,
    unique_by=lambda cells: cells["id"],
)


@settings(max_examples=8)
@given(ROWS, ROWS)
def test_the_way_back_is_the_same_way_and_a_list_is_itself(one, other):
    there, back = (
        changes(services(*pair[0]), services(*pair[1])) for pair in ((one, other), (other, one))
    )
    assert changes(services(*one), services(*one)).empty
    opposite = {Kind.NEW: Kind.GONE, Kind.GONE: Kind.NEW}
    cells = ["changement", "nom", "avant", "apres"]
    turned = [
        (opposite.get(kind, kind), name, later, earlier)
        for kind, name, earlier, later in back[cells].to_numpy()
    ]
    assert sorted(map(tuple, there[cells].to_numpy())) == sorted(turned)


def test_the_last_edition_of_each_year_stands_for_it(tmp_path: Path):
    for name in ("2024", "2025-03", "2025-11", "2026-01-15"):
        (tmp_path / f"services-{name}.csv").touch()
    found = of_each_year(beside(tmp_path / "services.csv"))
    assert [str(edition.date) for edition in found] == ["2024", "2025-11", "2026-01-15"]


def test_only_dated_copies_are_editions_the_oldest_first(tmp_path: Path):
    for name in ("", "-2025-11", "-2024", "-2025-11-03", "-brouillon", ".sources", "-2025-13"):
        (tmp_path / f"services{name}.csv").touch()
    labels = [spaced(edition.label) for edition in beside(tmp_path / "services.csv")]
    assert labels == ["2024", "3 novembre 2025", "novembre 2025"]


# --- the page -----------------------------------------------------------------------------


@pytest.fixture
def page(on_list, monkeypatch):
    """Open the panel of a list that has gained hours since November 2025."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 10, tzinfo=PARIS))
    civray = row("a", **HERE)
    path = on_list(civray | {"horaires_accueil": WEEK}, row("b", type="justice", **LOUDUN))
    path.with_name("services-2025-11.csv").write_bytes(content([civray]))
    path.with_name("services-2024.csv").write_bytes(b"not a list")
    return lambda **more: open_page(
        "couverture.py", departements="86", types=["mds", "justice"], panneau="depuis", **more
    )


def test_the_page_says_what_changed_and_who_gained(page):
    opened = page()
    words = spaced(texts(opened))
    assert "Depuis l’édition de novembre 2025 : **1 service de plus et 1 changement" in words
    assert "Sûr : 0 % → <strong>" in words
    assert "gagnent des heures d’ouverture" in words
    assert "ou seulement été ajouté à la liste" in words
    series = next(one.value for one in opened.dataframe if "Édition" in one.value)
    assert list(map(spaced, series["Édition"])) == ["Novembre 2025", "Aujourd’hui"]
    assert list(series["Services à portée"]) == ["1", "2"]
    changed = next(one.value for one in opened.dataframe if "Ce qui change" in one.value)
    assert list(map(spaced, changed["Maintenant"])) == ["", "Du lundi au vendredi, 9 h – 17 h"]


def test_the_indicators_of_every_readable_year_stand_beside_those_of_today(page):
    opened = page(vue="indicateurs")
    table = next(one.value for one in opened.dataframe if "Indicateur" in one.value)
    assert list(map(spaced, table.columns)) == [
        "Indicateur",
        "L’édition de novembre 2025",
        "Aujourd’hui",
        "Évolution",
    ]
    share = table.set_index("Indicateur").loc["Part des habitants à moins de 30 min en voiture"]
    assert "au plus" in share.iloc[0]
    assert "aucune fiche n’a d’horaires lisibles" in share.iloc[0]
    assert "Une liste mieux remplie fait monter un chiffre" in texts(opened)


def test_the_page_counts_no_place_of_before_that_is_hidden_now(page, on_list):
    hidden = {"confidentialite": "departement", "zone_eligibilite": "86"}
    on_list(row("a", **hidden), row("b", type="justice", **LOUDUN))
    tables = [one.value for one in page().dataframe]
    (series,) = [one for one in tables if "Édition" in one]
    assert list(series["Services à portée"]) == ["0", "1"]
    (changed,) = [one for one in tables if "Ce qui change" in one]
    assert changed["Commune"].tolist() == ["Loudun"]


@pytest.mark.parametrize(
    ("day", "said"),
    [("2025-04", "d’avril 2025"), ("2025-11-01", "du 1er novembre 2025"), ("2024", "de 2024")],
)
def test_an_edition_is_named_in_french(page, on_list, day, said):
    path = on_list(row("b", type="justice", **LOUDUN))
    path.with_name(f"services-{day}.csv").write_bytes(content([row("a", **HERE)]))
    assert f"Depuis l’édition {said} :" in spaced(texts(page(edition=day)))


def test_an_edition_that_cannot_be_read_is_told_and_the_rest_answered(page):
    words = texts(page(edition="2024"))
    assert "2024\\.csv » ne peut pas être lu" in words
    assert "Sûr : <strong>" in words


def test_a_report_without_an_edition_that_cannot_be_read_says_so(page):
    opened = page(edition="2024")
    chapters = next(one for one in opened.button_group if one.key == "couverture_chapitres")
    chapters.set_value(["depuis"]).run()
    press(opened, "Préparer le dossier de réunion")
    words = texts(opened)
    assert "L’édition d’avant ne peut pas être lue : le dossier n’en parle pas." in words
    assert "Choisir au moins un chapitre." in words


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("avant.csv", content([row("a", **HERE)]), "Depuis la liste que vous avez donnée"),
        ("avant.pdf", b"%PDF-1.7", "pdf » ne peut pas être lu"),
        ("vide.csv", content([]), "csv » ne peut pas être lu"),
    ],
)
def test_a_list_of_ones_own_is_compared_or_refused(page, name, data, expected):
    opened = page(edition="fichier")
    opened.get("file_uploader")[0].set_value((name, data, "text/csv")).run()
    assert not opened.exception
    assert expected in texts(opened)


def test_hostile_texts_of_an_earlier_list_stay_texts(page):
    opened = page(edition="fichier")
    evil = content([row("a", nom="<img src=x onerror=alert(1)>", **HERE)])
    opened.get("file_uploader")[0].set_value(("<b>x.csv", evil, "text/csv")).run()
    assert not opened.exception
    assert "<img" not in texts(opened).replace("&lt;img", "")
