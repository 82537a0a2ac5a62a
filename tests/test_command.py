"""`python -m geodata`: results, messages, and files that it must not damage."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from datetime import date
from functools import partial
from http.client import HTTPMessage
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request

import openpyxl
import pandas as pd
import pytest

from geodata import _commands, _fetching
from geodata.__main__ import main
from geodata._fetching import FetchFailed, fetch
from geodata.services import read_services
from geodata.sources import SOURCES, data_inclusion
from geodata.upkeep import keeping
from tests.geocoder import answering, running
from tests.lists import CIVRAY, content, row

ROOT = Path(__file__).parents[1]
FILES = ROOT / "tests" / "sources"
COMMANDS = ("check", "adopt", "departement", "update", "import", "merge", "export", "communes",
            "backup", "restore", "base")  # fmt: skip
SHELTER = {"type": "hebergement", "nom": "Foyer", "zone_eligibilite": "86"}
CANARY = "7 rue du Canari"
GOOD = {
    "dila.json": "dila",
    "dila_api.json": "dila",
    "police.csv": "police",
    "gendarmerie.csv": "gendarmerie",
    "finess.csv": "finess",
    "di_structures.json": "data-inclusion",
    "di_services.json": "data-inclusion",
    "unites.csv": "unites-competentes",
    "insee_melodi.csv": "insee",
    "insee_ancien.csv": "insee",
}


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    """Run a command line in this process."""

    def run(*arguments: object) -> Said:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code or 0
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def ours(tmp_path) -> Path:
    path = tmp_path / "services.csv"
    rows = (
        row("86-mds-civray", **CIVRAY, telephone="05 49 87 00 00"),
        row("86-foyer", **SHELTER),
        row("86-cache", **SHELTER, confidentialite="non_publie"),
    )
    path.write_bytes(content(rows))
    return path


@pytest.fixture
def theirs(tmp_path) -> Path:
    path = tmp_path / "autre.csv"
    rows = (
        row("di-1", **CIVRAY, nom="MDS de Civray", telephone="05 49 87 11 11", source="di"),
        row("di-2", **CIVRAY, nom="=Tribunal", type="justice", description="long\ntexte"),
        row("86-foyer", **CIVRAY, nom="Foyer", type="association", adresse=CANARY),
    )
    path.write_bytes(content(rows))
    return path


# --- check --------------------------------------------------------------------------------


def test_the_shipped_list_has_no_problems(run, monkeypatch):
    monkeypatch.setattr(_commands, "_today", lambda: date(2026, 11, 30))
    said = run("check", ROOT / "services.csv")
    assert said.code == 0
    assert said.out.count("\n") == 1
    assert said.err == ""


def test_the_end_of_the_school_holidays_is_a_message_not_a_problem(run, monkeypatch):
    monkeypatch.setattr(_commands, "_today", lambda: date(2199, 1, 1))
    said = run("check", ROOT / "services.csv")
    assert said.code == 0
    assert "vacances scolaires s’est arrêté" in said.err


def test_every_problem_is_printed_with_its_line_and_column(run, tmp_path):
    path = tmp_path / "liste.csv"
    path.write_bytes(
        content(
            [
                row("a", type="mds du coin"),
                row("b", horaires_accueil="quand on peut"),
                row("c", **SHELTER, adresse=CANARY),
            ]
        )
    )
    problems = read_services(path).problems
    said = run("check", path)
    assert said.code == 1
    lines = said.out.splitlines()
    assert [line.partition(" – ")[2] for line in lines[:-1]] == [p.message for p in problems]
    assert [line.partition(" – ")[0] for line in lines[:-1]] == ["ERREUR", "À VÉRIFIER", "ERREUR"]
    assert "Ligne 2, colonne « type »" in lines[0]
    assert lines[-1] == "1\u00a0fiche lue, 2\u00a0erreurs, 1\u00a0point à vérifier."
    assert CANARY not in said.out + said.err


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "bad_files").iterdir()), ids=lambda path: path.stem
)
def test_a_bad_file_is_reported_without_a_traceback(run, path):
    said = run("check", path)
    assert said.code in (1, 2)
    assert said.out + said.err


def test_nothing_in_a_file_can_move_the_cursor(run, tmp_path):
    path = tmp_path / "liste.csv"
    path.write_bytes(content([row("a", date_source="\x1b[2Jhier\u202e")]))
    said = run("check", path)
    assert said.code == 1
    assert "[2Jhier" in said.out
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out


# --- import -------------------------------------------------------------------------------


@pytest.mark.parametrize(("file", "source"), GOOD.items())
def test_the_command_imports_the_rows_of_each_adapter(run, tmp_path, file, source):
    output = tmp_path / "import.csv"
    said = run("import", source, FILES / file, "--dated", "2026-11", "-o", output)
    found = SOURCES[source].read(FILES / file, dated="2026-11")
    errors = [problem for problem in found.problems if problem.severity == "error"]
    assert said.code == (1 if errors else 0)
    assert said.out == ""
    for problem in found.problems:
        assert problem.message in said.err
    for reason in found.left_out:
        assert reason in said.err
    table = found.rows if source in SERVICES else found.rows.reset_index()
    back = pd.read_csv(output, dtype="str", keep_default_na=False)
    assert list(back.columns) == list(table.columns)
    assert len(back) == len(table)
    first = table.columns[0]
    assert back[first].tolist() == table[first].tolist()
    if source in SERVICES:
        assert back.equals(table.astype("str").reset_index(drop=True))
        assert set(read_services(output).services.index) == set(table["id"])
    assert run("import", source, FILES / file, "--dated", "2026-11").out.encode() == (
        output.read_bytes()
    )


SERVICES = [name for name, source in SOURCES.items() if source.gives == "services"]


def test_one_departement_alone(run):
    said = run("import", "gendarmerie", FILES / "gendarmerie.csv", "--departement", "86")
    everywhere = run("import", "gendarmerie", FILES / "gendarmerie.csv")
    assert 1 < said.out.count("\n") < everywhere.out.count("\n")
    assert "hors des départements demandés" in said.err


def test_services_beside_their_structures(run):
    structures = FILES / "di_structures.json"
    said = run("import", "data-inclusion", FILES / "di_services.json", "--structures", structures)
    rows = data_inclusion.read(FILES / "di_services.json", structures=structures).rows
    assert said.out == rows.to_csv(index=False, lineterminator="\n")
    assert run("import", "police", FILES / "police.csv", "--structures", structures).code == 2


@pytest.mark.parametrize(
    "path", sorted((FILES / "refused").iterdir()), ids=lambda path: path.stem[:40]
)
def test_a_file_of_another_format_replaces_nothing(run, tmp_path, path):
    output = tmp_path / "import.csv"
    output.write_text("id,nom\nancien,Ancien\n")
    said = run("import", path.name.partition("--")[0], path, "-o", output)
    assert said.code == 2
    assert path.name in said.err
    assert output.read_text() == "id,nom\nancien,Ancien\n"
    assert [file.name for file in tmp_path.iterdir()] == ["import.csv"]


def test_an_import_replaces_an_import_and_keeps_it_beside(run, tmp_path):
    output = tmp_path / "import.csv"
    everywhere = ("import", "gendarmerie", FILES / "gendarmerie.csv", "-o", output)
    run(*everywhere)
    first = output.read_bytes()
    assert run(*everywhere, "--departement", "86").code == 0
    assert output.read_bytes() != first
    assert (tmp_path / "import.csv.bak").read_bytes() == first


@pytest.mark.parametrize("already", [content([row("86-a", **CIVRAY)]), b"bonjour", b"PK\x03\x04"])
def test_an_import_never_takes_the_place_of_something_else(run, tmp_path, already):
    output = tmp_path / "services.csv"
    output.write_bytes(already)
    said = run("import", "gendarmerie", FILES / "gendarmerie.csv", "-o", output)
    assert said.code == 1
    assert "n’est pas un import de cette source" in said.err
    assert output.read_bytes() == already


def test_an_import_without_rows_writes_nothing(run, tmp_path):
    output = tmp_path / "import.csv"
    said = run("import", "police", FILES / "police.csv", "--departement", "2A", "-o", output)
    assert said.code == 1
    assert "rien n’est écrit" in said.err
    assert not output.exists()


# --- addresses ----------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as server:
        yield server


def quick(server, folder: Path, **options):
    heard = []
    told = {"timeout_s": 2, "pause_s": 0} | options
    fetched = fetch(server.url, folder, tell=lambda *far: heard.append(far), **told)
    return fetched, heard


BODY = b"0123456789" * 50_000


def cut(handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(BODY)))
    handler.end_headers()
    handler.wfile.write(BODY[:1000])


def cut_in_a_chunk(handler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"ffff\r\n0123")
    handler.close_connection = True


def endless(handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(BODY)


def silent(_handler) -> None:
    time.sleep(0.6)


def dripping(handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b"0")
        time.sleep(0.02)


def sent_to(url: str):
    return answering(b"", status=302, Location=url)


def test_a_file_is_fetched_whole_with_progress(server, tmp_path):
    server.behave = answering(BODY)
    fetched, heard = quick(server, tmp_path)
    assert fetched == (tmp_path / "geocodage", True)
    assert fetched.path.read_bytes() == BODY
    assert heard == sorted(heard)
    assert heard[-1] == (len(BODY), len(BODY))


@pytest.mark.parametrize(
    ("behave", "options", "said", "asked"),
    [
        (answering(b"", status=404), {}, "pas de fichier à cette adresse", 1),
        (answering(b"", status=403), {}, "réponse 403", 1),
        (answering(b"", status=204), {}, "réponse 204", 1),
        (answering(b"", status=503), {}, "réponse 503", 3),
        (sent_to("/geocodage"), {}, "sans fin", None),
        (sent_to("file:///etc/passwd"), {}, "sans fin", 1),
        (sent_to("ftp://127.0.0.1/x"), {}, "sans fin", 1),
        (cut, {}, "coupé avant la fin", 3),
        (cut_in_a_chunk, {}, "coupé avant la fin", 3),
        (silent, {"timeout_s": 0.1}, "n", 3),
        (dripping, {"most_s": 0.1}, "trop lent", 1),
        (answering(BODY), {"most_bytes": 1000}, "trop gros", 1),
        (endless, {"most_bytes": 10_000_000}, "trop gros", 1),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_partial_file_is_refused(server, tmp_path, behave, options, said, asked):
    server.behave = behave
    with pytest.raises(FetchFailed, match=said):
        quick(server, tmp_path, **options)
    assert asked is None or len(server.seen) == asked
    assert len(server.seen) < 15


def test_a_failing_server_is_retried(server, tmp_path):
    turns = iter([answering(b"", status=503), cut, answering(BODY)])
    server.behave = lambda handler: next(turns)(handler)  # noqa: PLW0108 - a turn each
    fetched, _ = quick(server, tmp_path)
    assert fetched.path.read_bytes() == BODY
    assert len(server.seen) == 3


def test_a_missing_server_and_invalid_addresses(tmp_path):
    for url in ("http://127.0.0.1:1/x", "http://[::1", "http://a:b/", "http:///x", "http://a/é b"):
        with pytest.raises(FetchFailed):
            fetch(url, tmp_path, tell=lambda *_: None, timeout_s=1, pause_s=0)


def test_no_redirection_leaves_https():
    way = _fetching._Redirects()
    told = (Request("https://x.fr/a"), io.BytesIO(), 302, "", HTTPMessage())
    assert way.redirect_request(*told, "http://x.fr/b") is None
    assert way.redirect_request(*told, "https://y.fr/b").full_url == "https://y.fr/b"


def test_a_url_gives_the_same_as_its_file(run, server, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    server.behave = answering((FILES / "police.csv").read_bytes())
    said = run("import", "police", server.url)
    assert said.out == run("import", "police", FILES / "police.csv").out
    assert "100 %" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "behave", [answering(b"", status=404), cut, sent_to("/geocodage"), answering(b"<html>")]
)
def test_a_failed_address_replaces_nothing(run, server, tmp_path, monkeypatch, behave):
    monkeypatch.setattr(_commands, "fetch", partial(fetch, pause_s=0))
    output = tmp_path / "import.csv"
    run("import", "police", FILES / "police.csv", "-o", output)
    before = output.read_bytes()
    server.behave = behave
    said = run("import", "police", server.url, "-o", output)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert output.read_bytes() == before
    assert not (tmp_path / "import.csv.bak").exists()


def test_a_file_that_may_be_cut_is_reported(run, server):
    body = (FILES / "police.csv").read_bytes()

    def without_length(handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    server.behave = without_length
    assert "vérifier que le résultat est complet" in run("import", "police", server.url).err


@pytest.mark.parametrize(("terminal", "lines"), [(True, 1), (False, 11)])
def test_progress_is_a_bar_on_a_terminal_and_a_few_lines_elsewhere(monkeypatch, terminal, lines):
    heard = io.StringIO()
    heard.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", heard)
    tell = _commands._progress()
    for received in range(0, 5_000_001, 1000):
        tell(received, 5_000_000)
    said = heard.getvalue()
    assert said.count("\n") == lines
    assert said.count("\r") == (101 if terminal else 0)
    assert said.splitlines()[-1].endswith("5,0 Mo")


# --- merge --------------------------------------------------------------------------------


def test_side_by_side_changes_nothing(run, ours, theirs):
    before = ours.read_bytes()
    said = run("merge", ours, theirs)
    assert said.code == 0
    assert "la nôtre : 05 49 87 00 00" in said.out
    assert "la leur  : 05 49 87 11 11" in said.out
    assert "NOUVELLE – di-2 : =Tribunal (justice, Civray)" in said.out
    assert "REFUSÉE – 86-foyer" in said.out
    assert CANARY not in said.out + said.err
    assert "86-cache" not in said.out + said.err
    assert "Rien n’a été changé" in said.err
    assert ours.read_bytes() == before


def proposals(run, ours: Path, theirs: Path, **answers: str) -> Path:
    """Write the proposals and answer them by column or id, saved as French Excel does."""
    path = ours.with_name("choix.csv")
    assert run("merge", ours, theirs, "-o", path).code == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    for line in rows:
        line["choix"] = answers.get(line["colonne"] or line["autre_id"].replace("-", ""), "")
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("cp1252"))
    return path


def test_what_is_chosen_is_done_and_no_more(run, ours, theirs):
    before = keeping.read_cells(ours)
    choices = proposals(run, ours, theirs, telephone="Oui", source="non")
    said = run("merge", ours, theirs, "--choices", choices)
    assert said.code == 0
    assert "0\u00a0fiche ajoutée, 1\u00a0case reprise" in said.err
    after = keeping.read_cells(ours)
    assert after.loc["86-mds-civray", "telephone"] == "05 49 87 11 11"
    changed = after.compare(before)
    assert set(changed.columns.get_level_values(0)) == {"telephone"}
    assert {entry.who for entry in keeping.read_history(ours)} == {_commands.MERGED}
    theirs.write_bytes(theirs.read_bytes().replace(b"87 11 11", b"87 22 22"))
    again = run("merge", ours, theirs).out
    assert "la leur  : 05 49 87 22 22" in again
    assert "à la main" not in again
    backed_up = read_services(ours.with_name("services.csv.bak")).services
    assert sorted(backed_up.index) == sorted(before.index)


def test_a_new_row_is_chosen_by_itself(run, ours, theirs):
    choices = proposals(run, ours, theirs, di2="x")
    assert run("merge", ours, theirs, "--choices", choices).code == 0
    after = keeping.read_cells(ours)
    assert list(after.index) == ["86-mds-civray", "86-foyer", "86-cache", "di-2"]
    assert after.loc["di-2", ["nom", "description"]].tolist() == ["=Tribunal", "long\ntexte"]
    assert after.loc["86-mds-civray", "telephone"] == "05 49 87 00 00"


def test_every_new_row_at_once_and_never_twice(run, ours, theirs):
    assert run("merge", ours, theirs, "--add-new").code == 0
    once = ours.read_bytes()
    assert b"di-2" in once
    assert CANARY.encode() not in once
    assert run("merge", ours, theirs, "--add-new").code == 0
    assert ours.read_bytes() == once


def test_lists_with_nothing_or_only_new_rows_to_choose(run, ours, tmp_path):
    alike = tmp_path / "pareille.csv"
    alike.write_bytes(content([row("86-mds-civray", **CIVRAY, telephone="05 49 87 00 00")]))
    nothing = run("merge", ours, alike, "-o", tmp_path / "choix.csv")
    assert nothing.code == 0
    assert nothing.out.replace("\u00a0", " ") == (
        "0 nouvelle fiche, 0 case différente dans 0 fiche, 1 fiche confirmée.\n"
    )
    new = tmp_path / "nouvelle.csv"
    new.write_bytes(content([row("71-x", nom="Tribunal", type="justice", commune="Mâcon")]))
    assert run("merge", ours, new).out.startswith("NOUVELLE – 71-x : Tribunal (justice, Mâcon)")


def test_a_choice_about_another_list_is_refused(run, ours, theirs):
    choices = proposals(run, ours, theirs, telephone="oui")
    ours.write_bytes(ours.read_bytes().replace(b"05 49 87 00 00", b"05 49 87 22 22"))
    before = ours.read_bytes()
    said = run("merge", ours, theirs, "--choices", choices)
    assert said.code == 1
    assert "plus à jour" in said.err
    assert ours.read_bytes() == before


def test_an_unknown_answer_is_refused(run, ours, theirs):
    choices = proposals(run, ours, theirs, telephone="peut-être")
    said = run("merge", ours, theirs, "--choices", choices)
    assert said.code == 2
    assert "écrire « oui »" in said.err
    assert run("merge", ours, theirs, "--choices", theirs).code == 2


def test_no_cell_of_the_proposals_is_a_formula(run, ours, theirs):
    path = ours.with_name("choix.csv")
    run("merge", ours, theirs, "-o", path)
    cells = [cell for line in csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";")
             for cell in line]  # fmt: skip
    assert "'=Tribunal" in cells
    assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@"))]


def test_cells_edited_by_hand_are_marked(run, ours, theirs):
    edit = keeping.Edit("86-mds-civray", "telephone", "05 49 87 00 00", "05 49 87 33 33")
    keeping.save(ours, [edit], who="éditrice", now=pd.Timestamp("2026-11-22"))
    assert "modifiée ici à la main" in run("merge", ours, theirs).out
    run("merge", ours, theirs, "--choices", proposals(run, ours, theirs, telephone="oui"))
    assert keeping.read_cells(ours).loc["86-mds-civray", "telephone"] == "05 49 87 11 11"


def test_an_input_list_is_never_overwritten(run, ours, theirs):
    before = ours.read_bytes()
    assert run("merge", ours, theirs, "-o", ours).code == 1
    assert run("merge", ours, theirs, "-o", theirs).code == 1
    assert run("export", ours, "-o", ours).code == 1
    assert ours.read_bytes() == before


# --- export -------------------------------------------------------------------------------


def test_each_format_is_written_and_read_back(run, ours, tmp_path):
    given = {}
    for kind in ("csv", "excel", "geojson", "xlsx"):
        assert run("export", ours, "--format", kind, "-o", tmp_path / kind).code == 0
        given[kind] = (tmp_path / kind).read_bytes()
        assert b"86-cache" not in given[kind]
    ids = ["86-mds-civray", "86-foyer"]
    assert read_services(io.BytesIO(given["csv"])).services.index.tolist() == ids
    assert read_services(io.BytesIO(given["excel"])).services.index.tolist() == ids
    assert [feature["id"] for feature in json.loads(given["geojson"])["features"]] == ids
    sheet = openpyxl.load_workbook(io.BytesIO(given["xlsx"])).active
    assert [cell.value for cell in sheet["A"]] == ["id", *ids]
    assert run("export", ours).out.encode() == given["csv"]


def test_the_national_base_gets_what_is_public_and_the_rest_is_counted(run, tmp_path):
    path, output = tmp_path / "services.csv", tmp_path / "base.zip"
    told = {"description": "Accueil et écoute.", "date_source": "2026-11"}
    undated = [row(f"86-sans-date-{n}", **CIVRAY, description="Accueil.") for n in range(6)]
    path.write_bytes(content([row(**CIVRAY, **told), row("86-foyer", **SHELTER), *undated]))
    said = run("export", path, "--format", "data-inclusion", "-o", output)
    assert said.code == 0
    with zipfile.ZipFile(output) as archive:
        given = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert list(given) == ["structures.json", "services.json"]
    assert [record["id"] for record in given["services.json"]] == ["maillage--86-mds-civray"]
    lines = said.err.splitlines()
    assert "Laissé de côté : 1 (lieu confidentiel)." in lines
    (undated_line,) = (line for line in lines if "aucune date" in line)
    assert undated_line.startswith("Laissé de côté : 6 (")
    assert undated_line.endswith(" 86-sans-date-3, 86-sans-date-4 …")
    assert lines[-1] == "1\u00a0fiche exportée."
    assert "86-foyer" not in said.err


def test_nothing_for_the_national_base_writes_nothing(run, ours, tmp_path):
    said = run("export", ours, "--format", "data-inclusion", "-o", tmp_path / "base.zip")
    assert said.code == 1
    assert "Aucune fiche ne peut être publiée ainsi" in said.err
    assert not (tmp_path / "base.zip").exists()


def test_a_part_of_the_list(run, ours):
    only = run("export", ours, "--type", "mds", "--departement", "86")
    assert read_services(io.BytesIO(only.out.encode())).services.index.tolist() == ["86-mds-civray"]
    none = run("export", ours, "--departement", "2A")
    assert none.code == 1
    assert none.out == ""


# --- communes -----------------------------------------------------------------------------


def test_a_commune_is_found_by_its_name(run):
    said = run("communes", "saint-benoit", "--departement", "86")
    assert said.code == 0
    assert said.out.split()[:2] == ["86214", "Saint-Benoît"]
    assert said.out.split()[-1] == "86280"
    assert run("communes", "zzzz").code == 1


def test_all_the_communes_of_a_departement(run):
    assert run("communes", "--departement", "86").out.count("\n") == 265
    assert run("communes", "--departement", "86", "--limit", "3").out.count("\n") == 3
    assert run("communes", "saint", "--limit", "20").out.count("\n") == 20


# --- the command line ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "il manque COMMANDE"),
        (["chek"], "ne convient pas"),
        (["check"], "il manque LISTE"),
        (["check", "rien.csv"], "« rien.csv » : fichier ou dossier introuvable"),
        (["check", "tests"], "c’est un dossier"),
        (["import", "police"], "il manque FICHIER"),
        (["import", "pompiers", "x"], "source « pompiers » inconnue. Les sources : police"),
        (["import", "police", "rien.csv"], "introuvable"),
        (["import", "police", "x", "--departement", "999"], "département « 999 » inconnu"),
        (["import", "police", "x", "--departement"], "une valeur est attendue"),
        (["import", "police", "x", "--dated", "hier"], "n’est pas une date"),
        (["import", "police", "x", "--dated", "2026-02-30"], "n’est pas une date"),
        (["import", "police", "x", "-o", "rien/du/tout.csv"], "n’existe pas"),
        (["import", "police", "x", "-o", "tests"], "n’est pas un fichier"),
        (["merge", "a", "b", "-o", "c", "--choices", "d"], "ne va pas avec"),
        (["export", "services.csv", "--type", "mdss"], "choisir parmi"),
        (["communes"], "Donner un mot, ou un département"),
        (["communes", "x", "--limit", "0"], "n’est pas un nombre"),
        (["check", "services.csv", "--vite"], "de trop, ou mal écrit : --vite"),
    ],
)
def test_a_wrong_command_is_explained_in_french(run, monkeypatch, arguments, said):
    monkeypatch.chdir(ROOT)
    told = run(*arguments)
    assert told.code == 2
    assert told.out == ""
    assert said in told.err
    assert not {"argument", "the", "expected", "invalid"} & set(told.err.split())


def test_every_command_and_every_source_is_in_the_help(run):
    told = run("--help").out
    for name in COMMANDS:
        assert re.search(rf"^    {name}\s", told, re.MULTILINE)
        assert run(name, "--help").code == 0
    about = run("import", "--help").out
    for name, source in SOURCES.items():
        assert f"  {name} : {source.label}" in about
        assert source.homepage in about
    assert about.count("\n  ") >= len(SOURCES)


def test_the_help_knows_no_command_that_is_not_listed_here(run):
    told = run("--help").out.partition("commandes:")[2].partition("\n\n")[0]
    named = [line.split()[0] for line in told.splitlines() if line.startswith("    ")
             and not line.startswith("     ")]  # fmt: skip
    assert tuple(named) == COMMANDS


@pytest.mark.parametrize(
    "word", [*map("-m geodata {}".format, COMMANDS), *map("`{}`".format, SOURCES)]
)
def test_every_command_and_every_source_is_in_the_readme(word):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, section = readme.partition("## From the command line\n")
    assert word in section.partition("\n## ")[0]


@pytest.mark.parametrize("words", [("--help",), ("export", "--help"), ("chekc",)])
def test_help_and_mistakes_do_not_wait_for_pandas(words):
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "geodata", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    imported = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert "geodata._command_line" in imported
    assert {name.partition(".")[0] for name in imported} & {"numpy", "pandas", "pyarrow"} == set()
    assert len([name for name in imported if name.startswith("geodata.")]) <= 6
    assert told.returncode == (0 if "--help" in words else 2)


def test_as_a_program():
    told = subprocess.run(
        [sys.executable, "-m", "geodata", "check", "services.csv"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0
    assert told.stdout.decode().startswith("471")
    assert told.stderr == b""


def test_a_reader_that_stops_early_is_no_error():
    everywhere = [f"--departement={code}" for code in ("02", "59", "60", "62", "76", "80")]
    with subprocess.Popen(
        [sys.executable, "-m", "geodata", "communes", *everywhere],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


# --- crashes ------------------------------------------------------------------------------

# A process forks children that import; each is killed one file operation later.
NURSERY = """
import os, signal, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from geodata.__main__ import main

output, source = Path(sys.argv[1]), sys.argv[2]
small = ["import", "gendarmerie", source, "--departement", "86", "-o", str(output)]
large = ["import", "gendarmerie", source, "-o", str(output)]
sys.stderr = open(os.devnull, "w")
main(large)  # warm: what the checks read is in memory for every child
main(small)
before = output.read_bytes()
for step in range(1, 40):
    child = os.fork()
    if child == 0:
        seen = 0
        def count(event, arguments):
            global seen
            if event in ("open", "os.rename") and str(output.parent) in str(arguments[0]):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(count)
        main(large)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    content = output.read_bytes()
    print(os.WIFSIGNALED(status), "old" if content == before else len(content), flush=True)
    if not os.WIFSIGNALED(status):
        break
    main(small)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(run, tmp_path):
    whole = tmp_path / "entier.csv"
    run("import", "gendarmerie", FILES / "gendarmerie.csv", "-o", whole)
    place = tmp_path / "ici"
    place.mkdir()
    told = subprocess.run(
        [sys.executable, "-c", NURSERY, place / "import.csv", FILES / "gendarmerie.csv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    killed, ended = lines[:-1], lines[-1]
    size = whole.stat().st_size
    assert len(killed) >= 5
    assert set(killed) <= {"True old", f"True {size}"}
    assert "True old" in killed
    assert ended == f"False {size}"


def test_a_repaired_list_is_written_beside_the_checked_one(tmp_path, run):
    listed, mended = tmp_path / "liste.csv", tmp_path / "mieux.csv"
    listed.write_bytes(
        content(
            [row("a", **CIVRAY, date_source="22/11/2026"), row("b", **CIVRAY, type="comissariat")]
        )
    )
    before = listed.read_bytes()
    said = run("check", listed, "-o", mended)
    assert said.code == 1
    assert "→ commissariat. Le type" in said.err
    assert listed.read_bytes() == before
    assert run("check", mended).code == 0
    assert run("check", listed, "-o", listed).code == 1
    assert listed.read_bytes() == before


READ_ONLY = """
import os, sys
from geodata.__main__ import main

def refuse(event, arguments):
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or event in ("os.mkdir", "os.rename", "os.remove"):
        if str(arguments[0]).startswith(sys.argv[1] + os.sep):
            raise PermissionError(13, "refused", arguments[0])

sys.addaudithook(refuse)
for command in sys.argv[2:]:
    print("code", main(command.split("|")), flush=True)
"""
"""Run command lines where nothing can be written into one folder, not even by root."""


def test_reading_writes_no_file_beside_the_list(ours, theirs, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    before = {path.name: path.read_bytes() for path in ours.parent.iterdir()}
    readings = [
        f"check|{ours}",
        f"check|{ours}|-o|{elsewhere / 'mended.csv'}",
        f"merge|{ours}|{theirs}",
        f"merge|{ours}|{theirs}|-o|{elsewhere / 'choices.csv'}",
        f"export|{ours}|--format|geojson|-o|{elsewhere / 'map.geojson'}",
        f"check|{ours}|-o|{ours.parent / 'mended.csv'}",
    ]
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, ours.parent, *readings],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    codes = [line for line in done.stdout.splitlines() if line.startswith("code")]
    assert codes == [*["code 0"] * 5, "code 2"], done.stderr
    assert {path.name: path.read_bytes() for path in ours.parent.iterdir()} == before
    written = {path.name for path in elsewhere.iterdir()}
    assert written == {"mended.csv", "choices.csv", "map.geojson"}
