"""Nobody learns in which town a hidden place is: attacks on the reader, saves, files and pages."""

import io
import json
import zipfile
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from geodata import communes, exports, place_words
from geodata.services import UNTOLD, read_services
from geodata.upkeep import checking, keeping
from geodata.upkeep.keeping import Edit, read_cells, read_history, save, write
from pages.annuaire import access
from tests.lists import CIVRAY, HEADER, content, read, row

NOW = datetime(2026, 11, 24, 10)
HIDDEN = {"type": "hebergement", "confidentialite": "departement"}
SHELTER = {"type": "hebergement", "nom": "Foyer de Civray", **CIVRAY}
TEXTS = ("nom", "structure", "horaires_precisions", "description", "source", "site_web", "courriel")


def texts_of(services) -> str:
    """Everything that the files people take away say."""
    with zipfile.ZipFile(io.BytesIO(exports.to_xlsx(services))) as book:
        cells = "".join(book.read(name).decode() for name in book.namelist())
    files = (exports.to_csv(services), exports.to_geojson(services))
    return cells + "".join(file.decode() for file in files)


def _ways_to_say(name: str) -> list[str]:
    """Give a commune's name as people write it behind *Foyer*."""
    bare = name
    for article, contracted in (
        ("Le ", "du "),
        ("Les ", "des "),
        ("La ", "de la "),
        ("L'", "de l’"),
    ):
        if name.startswith(article):
            bare = contracted + name.removeprefix(article)
    behind = bare if bare != name else f"de {name}"
    return [
        behind,
        behind.upper(),
        behind.replace("-", " "),
        f"de {name}",
        f"\u200bde {name[0]}\u200b{name[1:]}",
    ]


@pytest.mark.parametrize("home", ["71", "78", "86", "01", "2A"])
def test_no_name_of_a_commune_passes_in_the_name_of_a_hidden_row(home):
    halls = communes.read_town_halls()
    here = halls[halls["departement"] == home]
    names = [*here["nom"], *(former for formers in here["anciens_noms"] for former in formers)]
    said = [f"Foyer {way}" for name in names for way in _ways_to_say(name)]
    assert len(said) > 100
    shown = [text for text in said if not place_words.names_a_commune_of(text, [home])]
    assert shown == []


@pytest.mark.parametrize(
    ("home", "text"),
    [
        ("71", "Foyer de Chalon"), ("71", "foyer du creusot"), ("78", "Foyer des Mureaux"),
        ("78", "Rocquencourt"), ("71", "CHALON S/ SAONE"), ("86", "foyer-civray"),
        ("60", "L’abri de Clermont"), ("93", "Foyer La Courneuve"), ("93", "Foyer Courneuve"),
        ("78", "Foyer de St Germain en Laye"), ("92", "Maison de Billancourt"),
        ("46", "Foyer de Vers"), ("71", "Cha\u00adlon"),
    ],
)  # fmt: skip
def test_short_former_and_folded_names_are_read(home, text):
    assert place_words.names_a_commune_of(text, [home])
    reading = read(row("h", **HIDDEN, nom=text, zone_eligibilite=home))
    assert reading.services.loc["h", "nom"] == UNTOLD["nom"]


@pytest.mark.parametrize(
    "text",
    [
        "L’Étincelle", "France Victimes 71", "Accueil", "Espace", "Femmes", "Association Le Pont",
        "Croix-Rouge française", "Département de la Saône-et-Loire", "Orientation vers le 115.",
        "Résidence de l’Écluse", "12 places, 3 cours par semaine", "Mise à l’abri, jour et nuit",
    ],
)  # fmt: skip
def test_a_row_stays_usable(text):
    reading = read(row("h", **HIDDEN, nom=text, zone_eligibilite="71", description=text))
    assert reading.problems == ()
    assert reading.services.loc["h", "nom"] == text


@pytest.mark.parametrize(
    "text",
    [
        "12 passage du Canari", "3 montée des Canaris", "5 mail Canari", "2 clos Canari",
        "lotissement Les Canaris", "8 résidence Canari", "Bd du Canari 12", "BP 123", "CS 40012",
        "ZA du Canari", "8FR5+2X", "8CPW4XGX+PM", "86 400", "86\u00a0400", "86.400",
        "8 r\u200bue Canari",
        "46.14912\n0.29501", "86078", "12 villa Canari", "zone artisanale", "12e arrondissement",
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", ["description", "nom", "horaires_precisions", "remarques"])
def test_streets_points_and_codes_are_in_no_file(column, text):
    reading = read(row("h", **HIDDEN | {"nom": "Foyer", column: text}, zone_eligibilite="86"))
    visible = place_words.visible(text)
    assert not any(way in texts_of(reading.services) for way in (text, visible))
    assert not any(
        way in problem.message for problem in reading.problems for way in (text, visible)
    )


def test_a_code_without_its_first_zero_is_in_no_file():
    reading = read(
        row("h", **HIDDEN, nom="Foyer", zone_eligibilite="01", description="secteur 1004")
    )
    assert "1004" not in texts_of(reading.services)


COLUMNS = [
    "localisation", "emplacement", "NOM_COM", "LIBCOM", "codecommune", "street", "xcoord",
    "mairie", "ou", "secteur", "remarques", "notes", "autres_liens", "contact2",
]  # fmt: skip


@pytest.mark.parametrize("level", ["commune", "departement", "non_publie", ""])
def test_a_column_that_is_not_known_is_never_public(level):
    cells = dict.fromkeys(COLUMNS, "Canari")
    whole = row("h", **HIDDEN | {"confidentialite": level}, zone_eligibilite="86")
    reading = read(*(whole | {"id": f"h{n}", name: cells[name]} for n, name in enumerate(COLUMNS)))
    assert "Canari" not in texts_of(reading.services)
    assert {problem.column for problem in reading.problems} >= set(COLUMNS)
    assert not any("Canari" in problem.message for problem in reading.problems)


@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from(["Civray", "CIVRAY", "civray", "Chauvigny", "ROCQUENCOURT"]),
    st.sampled_from(TEXTS),
    st.sampled_from(["departement", "non_publie", ""]),
    st.sampled_from([CIVRAY, {}, {"commune": "Civray"}, {"code_postal": "86400"}]),
)
def test_no_file_and_no_problem_holds_a_town(town, column, level, place):
    home = "78" if town == "ROCQUENCOURT" else "86"
    cells = {"type": "hebergement", "confidentialite": level, "zone_eligibilite": home}
    reading = read(row("h", **cells | {"nom": "Foyer", column: f"Canari de {town}"} | place))
    told = texts_of(reading.services) + " ".join(problem.message for problem in reading.problems)
    assert town not in told
    assert list(reading.services.index) == ["h"]
    assert reading.services.loc["h", "departement"] in (home, "86")


def test_hidden_rows_come_last_by_id_in_every_file():
    """In a list sorted by commune, the neighbours of a hidden row would tell its commune."""
    rows = [row("m1", **CIVRAY), row("z", **HIDDEN), row("m2", **CIVRAY), row("y", **HIDDEN)]
    services = read(*rows).services
    assert list(services.index) == ["m1", "m2", "y", "z"]
    assert list(read_services(io.BytesIO(exports.to_csv(services))).services.index)[2:] == [
        "y",
        "z",
    ]
    features = json.loads(exports.to_geojson(services))["features"]
    assert [one["id"] for one in features] == ["m1", "m2", "y", "z"]
    assert {one["geometry"] is None for one in features[2:]} == {True}


def test_the_problems_of_a_hidden_row_are_marked():
    rows = (row("a", date_source="hier"), row("h", **HIDDEN, commune="Civray"), row("x", type="?"))
    hidden = {problem.line: problem.hidden for problem in read(*rows).problems}
    assert hidden == {2: False, 3: True, 4: True}


PAGE = """
from pages.annuaire import editing
from pages.shared import service_list

editing.panel(service_list.load().reading.services, {key!r})
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A list that the page uses, for somebody who may edit it."""
    file = tmp_path / "services.csv"
    monkeypatch.setenv("MAILLAGE_SERVICES", str(file))
    monkeypatch.setattr(access, "editor", lambda: "observatoire")
    return file


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def edit_on_the_page(key: str, label: str, value: str) -> list[str]:
    """Change a field and save; return what the form said before."""
    page = AppTest.from_string(PAGE.format(key=key), default_timeout=60).run()
    assert not page.exception
    press(page, "Modifier cette fiche")
    fields = [*page.text_input, *page.selectbox]
    next(one for one in fields if one.label.startswith(label)).set_value(value).run()
    said = [one.value for one in page.info]
    press(page, "Enregistrer")
    return said


# --- saves --------------------------------------------------------------------------------


def test_changing_a_phone_on_the_page_does_not_reveal_the_town(path):
    path.write_bytes(
        content([row("a", **CIVRAY), row("c", **SHELTER | HIDDEN, description="À Civray")])
    )
    shown = read_services(path).services.loc["c"]
    assert shown["nom"] == UNTOLD["nom"]
    edit_on_the_page("c", "Téléphone", "3919")
    service = read_services(path).services.loc["c"]
    assert service["telephone"] == "3919"
    assert (service["nom"], service["departement"]) == (UNTOLD["nom"], "86")
    assert service["zone_eligibilite"] == "86"
    written = path.read_text().splitlines()[-1]
    assert "ivray" not in written
    beside = [file.read_text() for file in path.parent.iterdir() if file != path]
    assert not any("Foyer de Civray" in text for text in beside)


def test_a_public_row_that_becomes_hidden_is_hidden_whole(path):
    path.write_bytes(
        content(
            [row("a", **CIVRAY, nom="Foyer de Civray", description="Près de Gençay, rue du Temple")]
        )
    )
    said = edit_on_the_page("a", "Ce qui", "departement")
    assert any("est remplacé pour de bon" in text for text in said)
    service = read_services(path).services.loc["a"]
    assert (service["nom"], service["description"]) == (UNTOLD["nom"], "")
    assert service["departement"] == "86"
    everything = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    assert not any(word in everything for word in (b"ivray", b"Temple", b"86400", b"86078"))


def test_obeying_the_reader_in_the_file_does_not_reveal_the_town():
    obeyed = SHELTER | dict.fromkeys(CIVRAY, "") | {"zone_eligibilite": "86"}
    assert read(row("c", **obeyed)).services.loc["c", "nom"] == UNTOLD["nom"]
    reading = read(row("c", **obeyed | {"nom": UNTOLD["nom"]}))
    assert reading.problems == ()
    assert reading.services.loc["c", "departement"] == "86"
    without_home = read(row("c", **obeyed | {"zone_eligibilite": ""}))
    assert without_home.services.loc["c", "nom"] == UNTOLD["nom"]


def test_the_check_and_a_save_hide_alike(tmp_path):
    rows = [row("a", **CIVRAY), row("c", **SHELTER | HIDDEN, description="À Civray")]
    checked = checking.check(content(rows))
    mended = read_cells(checked.mended(checked.chosen)).loc["c"].to_dict()
    file = tmp_path / "services.csv"
    file.write_bytes(content(rows))
    save(file, [Edit("c", "telephone", "", "3919")], who="x", now=NOW)
    saved = read_cells(file).loc["c"].to_dict()
    assert saved == mended | {"telephone": "3919"}
    assert saved["zone_eligibilite"] == "86"


@pytest.mark.parametrize("zone", ["", "86", "79", "79|86", "france"])
def test_a_hidden_row_stays_in_its_departement(tmp_path, zone):
    file = tmp_path / "services.csv"
    rows = [row("a", **CIVRAY), row("c", **SHELTER, departement="", zone_eligibilite=zone)]
    file.write_bytes(content(rows, columns=[*HEADER, "departement"]))
    assert read_services(file).services.loc["c", "departement"] == "86"
    gone = [Edit("c", column, text, "") for column, text in CIVRAY.items()]
    save(file, [Edit("c", "telephone", "", "3919"), *gone], who="x", now=NOW)
    service = read_services(file).services.loc["c"]
    assert (service["departement"], service["commune"]) == ("86", "")


# --- what was hidden later -------------------------------------------------------------------


def beside(file) -> bytes:
    return b"".join(one.read_bytes() for one in file.parent.iterdir() if one != file)


def _listed(file, *rows) -> None:
    file.write_bytes(content(rows))


A = row("a", nom="MDS d’ici", telephone="1")


@pytest.fixture
def edited(tmp_path):
    """A list whose history and previous version hold an address, a commune and a description."""
    file = tmp_path / "services.csv"
    _listed(file, A, row("b", type="ccas"))
    cells = {
        "adresse": "7 rue du Canari",
        "commune": "Canariville",
        "description": "Vers le canari",
    }
    for column, text in cells.items():
        save(file, [Edit("b", column, "", text)], who="x", now=NOW)
    save(file, [Edit("a", "telephone", "1", "2")], who="x", now=NOW)
    assert b"Canariville" in beside(file)
    return file


@pytest.mark.parametrize("level", ["departement", "non_publie"])
@pytest.mark.parametrize("then", ["read", "saved", "written"])
def test_a_row_that_is_hidden_by_hand_is_forgotten(edited, level, then):
    rows = (
        A | {"telephone": "2"},
        row("b", type="ccas", confidentialite=level, zone_eligibilite="86"),
    )
    if then == "written":
        write(edited, content(rows))
    else:
        _listed(edited, *rows)
    if then == "read":
        read_history(edited)
    elif then == "saved":
        save(edited, [Edit("a", "telephone", "2", "3")], who="x", now=NOW)
    assert b"anari" not in beside(edited)
    assert "anari" not in str(read_history(edited))
    assert next(entry.after for entry in read_history(edited) if entry.id == "a") == "2"


def test_a_commune_that_becomes_a_departement_is_forgotten(tmp_path):
    file = tmp_path / "services.csv"
    _listed(file, A, row("b", type="ccas", confidentialite="commune", **CIVRAY))
    save(file, [Edit("b", "commune", "Civray", "Gençay")], who="x", now=NOW)
    save(file, [Edit("b", "confidentialite", "commune", "departement")], who="x", now=NOW)
    everything = beside(file) + file.read_bytes()
    assert not any(word in everything for word in (b"Civray", "Gençay".encode(), b"86400"))


def test_a_description_is_forgotten_once_never_published(tmp_path):
    file = tmp_path / "services.csv"
    _listed(file, A, row("b", **HIDDEN, zone_eligibilite="86"))
    save(file, [Edit("b", "description", "", "Le canari")], who="x", now=NOW)
    save(file, [Edit("b", "confidentialite", "departement", "non_publie")], who="x", now=NOW)
    assert b"canari" not in beside(file)


def test_a_row_removed_and_added_again_hidden_is_forgotten(edited):
    cells = read_cells(edited).loc["b"]
    gone = [Edit("b", "id", "b", ""), *(Edit("b", c, t, "") for c, t in cells.items() if t)]
    save(edited, gone, who="x", now=NOW)
    again = row("b", **HIDDEN, zone_eligibilite="86")
    save(edited, [Edit("b", c, "", t) for c, t in again.items()], who="x", now=NOW)
    assert b"anari" not in beside(edited)


def test_a_list_that_cannot_be_read_tells_no_past(edited):
    edited.write_bytes(b"\x00\x01 rien")
    assert "anari" not in str(read_history(edited))


def test_the_history_of_what_stays_public_is_kept(edited):
    assert [entry.after for entry in keeping.read_history(edited)][:1] == ["7 rue du Canari"]
