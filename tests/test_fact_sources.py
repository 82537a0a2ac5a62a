"""Facts with a source of their own: reading, secrecy, ages, saving, undoing, exports."""

import io
import json
import time
from datetime import date, datetime

import openpyxl
import pytest

from geodata import exports, fact_sources, freshness, quality
from geodata.fact_sources import FactSource
from geodata.services import read_services
from geodata.upkeep import keeping, merging
from geodata.upkeep.keeping import Edit
from pages.shared import service_list
from tests.conftest import ROOT
from tests.lists import CIVRAY, content, read, row
from tests.test_pages import on_list, open_page, press, texts  # noqa: F401

TODAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 30, 9, 30)
DILA = FactSource("Annuaire de l’administration", "https://annuaire.example/86", "2014-12-30")
OLD_PHONE = f"a,telephone,{DILA.source},{DILA.lien_source},{DILA.date_source}"
HEADER = "id,colonne,source,lien_source,date_source"
PLACE = "Mairie de Civray, 7 rue du Canari"
ROWS = (
    row("a", **CIVRAY, telephone="05 49 87 00 00", adresse="1 rue Neuve", date_source="2026-01"),
    row("b", **CIVRAY, nom="CCAS de Civray", type="ccas", date_source="2026"),
    row("h", type="hebergement", nom="Le Toit", zone_eligibilite="86", telephone="115"),
    row("n", nom="Abri", confidentialite="non_publie", zone_eligibilite="86", telephone="115"),
)


def facts_of(*lines: str, header: str = HEADER, rows=ROWS, today: date | None = TODAY):
    file = "\n".join([header, *lines, ""]).encode()
    return fact_sources.read(file, read(*rows), name="liste.sources.csv", today=today)


def said(*lines: str, **given) -> str:
    return " ".join(problem.message for problem in facts_of(*lines, **given).problems)


def of(reading, key: str = "a"):
    return fact_sources.of(reading.services.loc[key])


# --- reading ------------------------------------------------------------------------------


def test_a_fact_has_its_own_source_and_the_others_that_of_their_row():
    reading = facts_of(OLD_PHONE)
    assert of(reading) == {"telephone": DILA}
    assert of(reading, "b") == {}
    assert reading.problems == ()
    assert fact_sources.of(read(*ROWS).services.loc["a"]) == {}


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("x,telephone,S,,", "id", "aucune fiche de la liste n’a cet identifiant"),
        ("a,telefone,S,,", "colonne", "pas le nom d’une colonne"),
        ("a,date_source,S,,", "colonne", "pas le nom d’une colonne"),
        ("a,courriel,S,,", "colonne", "cette case de la liste est vide"),
        ("a,latitude,S,,", "colonne", "cette case de la liste est vide"),
        ("a,telephone,,https://x.example,2014", "source", "obligatoire"),
    ],
)
def test_a_useless_line_is_told_and_left_out(line, column, words):
    reading = facts_of(line, OLD_PHONE)
    (problem,) = reading.problems
    assert (problem.line, problem.column, problem.severity) == (2, column, "warning")
    assert words in problem.message
    assert "« liste.sources.csv »" in problem.message
    assert of(reading) == {"telephone": DILA}
    assert len(reading.services) == len(ROWS)


@pytest.mark.parametrize(
    ("line", "column", "kept"),
    [
        ("a,telephone,S,,hier", "date_source", FactSource("S")),
        ("a,telephone,S,,2027-01", "date_source", FactSource("S", "", "2027-01")),
        ("a,telephone,S,voir le site,2014", "lien_source", FactSource("S", "", "2014")),
        ("a,telephone,S,,1/2/2014", "", FactSource("S", "", "2014-02-01")),
    ],
)
def test_a_wrong_date_or_link_costs_itself_alone(line, column, kept):
    reading = facts_of(line)
    assert of(reading) == {"telephone": kept}
    assert [problem.column for problem in reading.problems] == ([column] if column else [])


def test_of_two_lines_for_a_cell_the_first_counts():
    reading = facts_of(OLD_PHONE, "a,telephone,Autre,,2026")
    assert of(reading) == {"telephone": DILA}
    assert "déjà une source plus haut" in reading.problems[0].message


@pytest.mark.parametrize(
    "broken",
    [b"", b"\x00\x01\xff", b"PK\x03\x04", b"id,source\na,S\n", b'id,colonne,source\na,"tele\nb,S'],
)
def test_a_broken_file_is_told_and_hides_nothing(broken, tmp_path):
    path = tmp_path / "services.csv"
    path.write_bytes(content(ROWS))
    path.with_name("services.sources.csv").write_bytes(broken)
    reading = fact_sources.read_beside(path, read_services(path))
    assert len(reading.services) == len(ROWS)
    assert reading.problems
    assert all("« services.sources.csv »" in problem.message for problem in reading.problems)


def test_without_a_file_every_fact_has_the_source_of_its_row(tmp_path):
    path = tmp_path / "ma liste.csv"
    path.write_bytes(content(ROWS))
    alone = read_services(path)
    assert fact_sources.read_beside(path, alone) is alone
    path.with_name("ma liste.sources.csv").write_text(f"{HEADER}\n{OLD_PHONE}\n")
    assert of(fact_sources.read_beside(path, alone)) == {"telephone": DILA}


def test_what_french_excel_writes_is_read():
    file = "\ufeffId;Colonne;Source;Lien source;Date source\r\na;telephone;DILA;;30/12/2014\r\n"
    reading = fact_sources.read(file.encode("utf-8"), read(*ROWS), name="x")
    assert of(reading) == {"telephone": FactSource("DILA", "", "2014-12-30")}


def test_many_equal_problems_are_told_once_each_then_counted():
    reading = facts_of(*(f"x{n},telephone,S,," for n in range(3_000)))
    assert len(reading.problems) == 1_001
    assert sum(problem.rows for problem in reading.problems) == 3_000


def test_a_long_list_and_its_facts_take_a_time_in_proportion():
    def seconds(size: int) -> float:
        rows = [row(f"r{n}", telephone="3919", adresse="1 rue X", **CIVRAY) for n in range(size)]
        reading = read(*rows)
        lines = "".join(
            f"r{n},{c},S,,2014\n" for n in range(size) for c in ("telephone", "adresse")
        )
        start = time.process_time()
        fact_sources.read(f"{HEADER}\n{lines}".encode(), reading, name="x")
        return time.process_time() - start

    seconds(100)
    assert seconds(8_000) < 30 * max(seconds(1_000), 0.01)


# --- secrecy ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        f'h,telephone,"{PLACE}",,2014',
        "h,telephone,Ville de Civray,,2014",
        "h,telephone,S,https://ville-civray.example/foyer,2014",
        "h,telephone,S,https://x.example/7-rue-du-canari-86400,2014",
    ],
)
def test_a_hidden_row_s_fact_does_not_tell_its_place(line):
    reading = facts_of(line)
    assert of(reading, "h") == {}
    (problem,) = reading.problems
    assert (problem.tells_place, problem.hidden, problem.value) == (True, True, "")
    told = json.dumps([str(one) for one in reading.problems]) + str(reading.services.to_dict())
    assert "anari" not in told
    assert "ville-civray" not in told


def test_a_hidden_row_may_have_facts_that_tell_nothing():
    assert of(facts_of("h,telephone,Fédération nationale,,2024"), "h") == {
        "telephone": FactSource("Fédération nationale", "", "2024")
    }


def test_facts_of_rows_that_are_never_shown_are_not_read():
    reading = facts_of(f'n,telephone,"{PLACE}",,2014')
    assert of(reading, "n") == {}
    assert reading.problems == ()
    assert exports.sources_table(reading.services).empty


# --- ages ---------------------------------------------------------------------------------


def test_each_fact_is_judged_by_its_own_age():
    services = facts_of(OLD_PHONE, "a,adresse,Annuaire,,2014").services
    assert freshness.is_recent(read(*ROWS).services.loc["a"], TODAY)
    assert not freshness.is_recent(services.loc["a"], TODAY)
    words = freshness.words(services.loc["a"], TODAY).replace("\u00a0", " ")
    assert words == "information de janvier 2026 ; téléphone et adresse de 2014, à vérifier"
    judged = quality.measures(services, TODAY)["age"]
    assert judged[["a", "b"]].tolist() == [False, True]
    calls = quality.to_call(services, TODAY)
    assert calls.loc["a", "age_months"] > 140
    assert "une partie" in calls.loc["a", "why"]


def test_a_fact_newer_than_its_row_is_not_called_old():
    rows = [row("a", **CIVRAY, telephone="3919", date_source="2016")]
    service = facts_of("a,telephone,Mairie,,2026-10", rows=rows).services.loc["a"]
    assert freshness.old_facts(service, TODAY) == ()
    assert freshness.words(service, TODAY) == "information de 2016, à vérifier"


def test_who_checks_a_row_checks_its_facts():
    rows = [row("a", **CIVRAY, telephone="3919", date_source="2016", date_verification="2026-11")]
    service = facts_of(OLD_PHONE, rows=rows).services.loc["a"]
    assert freshness.is_recent(service, TODAY)
    assert "à vérifier" not in freshness.words(service, TODAY)


# --- saving -------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "services.csv"
    file.write_bytes(content(ROWS))
    fact_sources.beside(file).write_text(f"{HEADER}\n{OLD_PHONE}\nh,telephone,Siao,,2024\n")
    return file


def written(path):
    file = fact_sources.beside(path)
    return fact_sources.written(file.read_bytes()) if file.exists() else {}


def phone(after: str, before: str = "05 49 87 00 00") -> Edit:
    return Edit("a", "telephone", before, after)


def save(path, *edits: Edit, **given):
    return keeping.save(path, edits, who="éditrice", now=NOW, **given)


def test_a_typed_cell_loses_its_old_source_and_says_so(path):
    before = fact_sources.beside(path).read_bytes()
    save(path, phone("3919"))
    typed = written(path)["a", "telephone"]
    assert (typed.source, typed.date_source) == (keeping._BY_HAND, "2026-11-30")
    kept = before.splitlines()
    assert [line for line in fact_sources.beside(path).read_bytes().splitlines() if line in kept]
    assert written(path)["h", "telephone"].source == "Siao"
    service = fact_sources.read_beside(path, read_services(path)).services.loc["a"]
    assert freshness.is_recent(service, TODAY)


@pytest.mark.parametrize(
    "edit",
    [
        Edit("a", "source", "Département", "Appel du 30 novembre"),
        Edit("a", "date_verification", "", "2026-11-30"),
    ],
)
def test_where_the_row_says_where_it_comes_from_its_new_cell_has_that_source(path, edit):
    save(path, phone("3919"), edit)
    assert ("a", "telephone") not in written(path)


def test_an_emptied_cell_and_a_removed_row_have_no_source(path):
    save(path, phone(""))
    assert ("a", "telephone") not in written(path)
    cells = keeping.read_cells(path).loc["h"]
    removed = [Edit("h", column, text, "") for column, text in cells.items() if text]
    save(path, Edit("h", "id", "h", ""), *removed)
    assert written(path) == {}


def test_an_undone_change_brings_its_source_back(path):
    before = written(path)
    entries = save(path, phone("3919"))
    assert keeping.read_history(path) == entries
    keeping.undo(path, entries, who="éditrice", now=NOW)
    assert written(path) == before
    assert keeping.read_cells(path).loc["a", "telephone"] == "05 49 87 00 00"


def test_a_row_that_becomes_hidden_loses_its_sources_and_their_history(path):
    save(path, phone("3919"), sources={("a", "telephone"): FactSource(PLACE)})
    assert written(path)["a", "telephone"] == FactSource(PLACE)
    save(path, Edit("a", "confidentialite", "", "departement"))
    assert [key for key in written(path) if key[0] == "a"] == []
    left = "".join(file.read_text() for file in path.parent.iterdir() if file.is_file())
    assert "Canari" not in left


def test_a_save_does_not_write_a_source_that_tells_a_hidden_place(path):
    edit = Edit("h", "telephone", "115", "3919")
    save(path, edit, sources={("h", "telephone"): FactSource(PLACE)})
    assert ("h", "telephone") not in written(path)
    assert "Canari" not in "".join(file.read_text() for file in path.parent.iterdir())


@pytest.mark.parametrize("happened", [True, False])
def test_a_save_cut_short_keeps_the_list_and_its_sources_together(path, happened, monkeypatch):
    old, sources = path.read_bytes(), written(path)
    monkeypatch.setattr(keeping, "_recover", lambda _: None)
    save(path, phone("3919"))
    monkeypatch.undo()
    assert written(path) == sources
    if not happened:
        path.write_bytes(old)
    keeping.read_history(path)
    assert (written(path) == sources) is not happened
    assert not path.with_name("services.csv.pending").exists()


def test_a_broken_file_of_sources_stops_a_save_and_stays_as_it_is(path):
    file, old = fact_sources.beside(path), path.read_bytes()
    file.write_text(f'{HEADER}\na,"telephone,S,,\nb,adresse,S,,\n')
    with pytest.raises(keeping.Refused, match=r"services\.sources\.csv"):
        save(path, phone("3919"))
    assert path.read_bytes() == old


def test_letters_that_were_decoded_twice_stop_no_save(path):
    file = fact_sources.beside(path)
    file.write_text(f"{HEADER}\na,adresse,RelevÃ© de l’Ã©tÃ©,,2026\n", "utf-8")
    save(path, phone("3919"))
    assert written(path)["a", "adresse"] == FactSource("Relevé de l’été", "", "2026")
    assert ("a", "telephone") in written(path)


def test_a_list_written_whole_drops_the_sources_of_what_it_changes(path):
    cells = path.read_bytes().replace(b"05 49 87 00 00", b"3919")
    keeping.write(path, cells)
    assert list(written(path)) == [("h", "telephone")]
    keeping.write(path, b"PK\x03\x04 no list")
    assert list(written(path)) == [("h", "telephone")]


def test_a_cell_taken_from_another_list_brings_its_source(path):
    theirs = read(row("a", **CIVRAY, telephone="3919", source="DILA", date_source="2026-05"))
    comparison = merging.compare(read_services(path).services, theirs.services)
    choices = merging.Choices(take=[("a", "telephone")])
    cells = keeping.read_cells(path)
    merged = merging.apply(cells, comparison, choices)
    edits = keeping.edits_between(cells, merged)
    save(path, *edits, sources=merging.sources_of(comparison, choices))
    assert written(path)["a", "telephone"] == FactSource("DILA", "", "2026-05")
    assert keeping.read_cells(path).loc["a", "source"] == "Département"


def test_the_newer_of_two_cells_is_told_by_their_own_sources():
    ours = facts_of(OLD_PHONE)
    theirs = read(row("a", **CIVRAY, telephone="3919", source="DILA", date_source="2020"))
    seen = merging.compare(ours.services, theirs.services).differences.set_index("column")
    assert seen.loc["telephone", "newer"] == "theirs"
    assert seen.loc["date_source", "newer"] == "ours"


# --- showing and exporting ----------------------------------------------------------------


def test_the_sheet_says_where_each_fact_comes_from(on_list):  # noqa: F811
    path = on_list(ROWS)
    fact_sources.beside(path).write_text(f"{HEADER}\n{OLD_PHONE}\n")
    words = texts(press(open_page(), "MDS de Civray")).replace("\u00a0", " ")
    assert "(de 2014, à vérifier)" in words
    assert "Téléphone : " in words
    assert "30 décembre 2014, à vérifier" in words
    assert DILA.lien_source in words


def test_a_page_reads_the_sources_anew_when_their_file_changes(tmp_path, monkeypatch):
    path = tmp_path / "liste.csv"
    path.write_bytes(content(ROWS))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(path))
    assert of(service_list.load().reading) == {}
    fact_sources.beside(path).write_text(f"{HEADER}\n{OLD_PHONE}\n")
    assert of(service_list.load().reading) == {"telephone": DILA}


def test_exports_carry_the_sources_and_the_file_reads_back():
    reading = facts_of(OLD_PHONE, "h,telephone,Siao,,2024")
    again = fact_sources.read(exports.sources_to_csv(reading.services), read(*ROWS), name="x")
    assert [of(again, key) for key in "ah"] == [of(reading, key) for key in "ah"]
    book = openpyxl.load_workbook(io.BytesIO(exports.to_xlsx(reading.services)))
    assert [cell.value for cell in book["Sources des faits"][2]][:3] == OLD_PHONE.split(",")[:3]
    first = json.loads(exports.to_geojson(reading.services))["features"][0]["properties"]
    assert first["sources_des_faits"]["telephone"]["date_source"] == "2014-12-30"
    assert b"faits" not in exports.to_csv(reading.services)


def test_the_shipped_file_has_no_problem():
    path = ROOT / "services.csv"
    reading = fact_sources.read_beside(path, read_services(path), today=TODAY)
    assert [str(problem) for problem in reading.problems] == []
    assert fact_sources.table(reading.services).shape[0] > 300
