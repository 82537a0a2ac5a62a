"""The official data of a département: into a list, and up to date a year later."""

import csv
import importlib.util
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest

from geodata import _command_line as command
from geodata import addresses, fact_sources
from geodata.__main__ import main
from geodata._fetching import fetch
from geodata.addresses import locate
from geodata.services import read_services
from geodata.sources import SOURCES
from geodata.upkeep import adopting, collecting, keeping
from geodata.upkeep.collecting import ADD, CLOSE, TAKE, WHERE, Cache, Folder, Outcome
from geodata.upkeep.collecting._joining import Joining
from geodata.upkeep.collecting._places import locate as place_rows
from geodata.upkeep.collecting._taking import take
from geodata.upkeep.official_memory import Known, Memory
from geodata.upkeep.stores import FileStore
from pages.shared.service_list import PARIS
from tests import official as o
from tests.geocoder import answering, running
from tests.lists import content, row
from tests.official import CIVRAY, Official, dila, dila_record, folder_of, official

ROOT = Path(__file__).parents[1]
REAL = Path(os.environ.get("MAILLAGE_REAL") or ROOT.parent / "shared" / "real")
NOW = datetime(2026, 11, 30, 10, tzinfo=PARIS)
QUICK = partial(fetch, pause_s=0)
BRIGADE = "gendarmerie-1000001"
ONE = {"dila": SOURCES["dila"]}
TWO = {name: SOURCES[name] for name in ("gendarmerie", "dila")}
"""The sources of most tests here: fewer files are read faster."""
FETCHED = ("police", "gendarmerie")


@pytest.fixture(autouse=True)
def no_geocoder(monkeypatch):
    monkeypatch.setenv("MAILLAGE_GEOCODER", "non")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@dataclass
class Bench:
    """A list and a folder of official files."""

    path: Path
    folder: Path

    def bring(self, *departements: str, **more) -> Outcome:
        files = more.pop("files", None) or Folder(self.folder)
        told = {"now": NOW, "tell": lambda *_: None, "sources": ONE} | more
        return collecting.bring(FileStore(self.path), departements or ("86",), files, **told)

    def change(self, **files: bytes) -> None:
        folder_of(self.folder, {name.replace("_", "-"): content for name, content in files.items()})

    def answer(self, outcome: Outcome, *, yes: bool, sources=ONE, **seen: str) -> Outcome:
        """Bring again, with this answer to the only proposal that is so."""
        [asked] = proposals(outcome, **seen)
        return self.bring(answers={asked.key: yes}, sources=sources)

    @property
    def cells(self) -> dict[str, dict[str, str]]:
        return keeping.read_cells(self.path).to_dict("index")

    def write_by_hand(self, key: str, column: str, text: str) -> None:
        was = self.cells[key][column]
        keeping.save(self.path, [keeping.Edit(key, column, was, text)], who="observatoire", now=NOW)


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path / "services.csv", folder_of(tmp_path / "fichiers"))


@pytest.fixture
def sources() -> Iterator[Official]:
    with official() as known:
        yield known


def proposals(outcome: Outcome, **seen: str) -> list:
    return [
        one
        for one in outcome.proposals
        if all(getattr(one, name) == text for name, text in seen.items())
    ]


def by_name(bench: Bench, nom: str) -> dict[str, str]:
    [found] = [cells for cells in bench.cells.values() if cells["nom"] == nom]
    return found


# --- from nothing -------------------------------------------------------------------------


def test_one_service_of_two_sources_is_one_row(bench):
    outcome = bench.bring(sources=TWO)
    cells = bench.cells
    assert not any(one.failure for one in outcome.taken)
    assert BRIGADE in cells
    assert not any("bta-civray" in key for key in cells)
    assert cells[BRIGADE]["telephone"] == "05 49 87 00 32"
    # What the first lacks is filled from the second, and says where it comes from.
    assert cells[BRIGADE]["courriel"] == "bta.civray@exemple.fr"
    facts = fact_sources.written(fact_sources.beside(bench.path).read_bytes())
    assert "DILA" in facts[BRIGADE, "courriel"].source
    assert facts[BRIGADE, "courriel"].date_source == "2026-11-02"
    assert (BRIGADE, "telephone") not in facts
    assert read_services(bench.path).problems == ()


def test_every_source_gives_a_list_two_tables_and_a_report(bench):
    outcome = bench.bring(sources=SOURCES)
    assert not any(one.failure for one in outcome.taken)
    assert all(one.imported.rows.size for one in outcome.taken)
    report = collecting.report(outcome, NOW.date())
    assert (bench.path.with_suffix(".unites.csv")).read_text().startswith("code_insee,")
    assert "86194" in (bench.path.with_suffix(".population.csv")).read_text()
    for said in (
        "Vienne (86)",
        "export-gn2.csv",
        "QUI APPELER D’ABORD",
        "Accueil de jour : aucune",
    ):
        assert said in report
    shelters = [cells for cells in bench.cells.values() if cells["type"] == "hebergement"]
    assert len(shelters) > 5
    assert not any(cells[name] for cells in shelters for name in (*collecting.PLACE, "telephone"))
    assert not any(name in report for name in ("PASSERELLE", "CHRS DE POITIERS"))


def test_a_second_time_changes_nothing(bench):
    bench.bring()
    before = {
        path.name: path.read_bytes() for path in bench.path.parent.iterdir() if path.is_file()
    }
    outcome = bench.bring()
    after = {path.name: path.read_bytes() for path in bench.path.parent.iterdir() if path.is_file()}
    assert outcome.count("added") == outcome.count("updated") == outcome.count("completed") == 0
    assert {name: after[name] for name in before} == before
    assert not keeping.read_history(bench.path)


def test_hours_of_more_than_five_years_ago_are_words(bench):
    bench.change(dila=dila(dila_record("t", "Tribunal", "tgi", day="02/11/2017")))
    bench.bring()
    court = bench.cells["dila-t"]
    assert court["horaires_accueil"] == ""
    assert court["horaires_precisions"].startswith(
        "Horaires (2\u00a0novembre\u00a02017, à vérifier)"
    )


def test_a_source_that_is_not_there_stops_no_other(bench):
    (bench.folder / o.PUBLISHED["gendarmerie"]).unlink()
    outcome = bench.bring(sources=TWO)
    assert sum(bool(one.failure) for one in outcome.taken) == 1
    assert "PAS PRISE" in collecting.report(outcome, NOW.date())
    assert bench.cells


def test_without_any_source_nothing_is_written(bench, tmp_path):
    (tmp_path / "vide").mkdir()
    with pytest.raises(keeping.Refused, match="rien n’est écrit"):
        bench.bring(files=Folder(tmp_path / "vide"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fichiers", "vide"]


# --- fetched ------------------------------------------------------------------------------


def fetched(bench: Bench, sources: Official, day: str = "2026-11-30", **options) -> Outcome:
    today = datetime.fromisoformat(day).date()
    cache = Cache(bench.path.parent / "cache", today, partial(QUICK, **options))
    return bench.bring(files=cache, sources={name: sources.sources[name] for name in FETCHED})


def test_what_is_fetched_is_what_lies_in_a_folder_and_is_not_fetched_twice(
    bench, sources, tmp_path
):
    fetched(bench, sources)
    assert sorted(sources.asked("/r/")) == sorted(FETCHED)
    by_network = bench.path.read_bytes()
    fetched(bench, sources, "2026-12-30")
    assert sources.asked("/r/") == []
    bench.path = tmp_path / "autre.csv"
    bench.bring(sources={name: SOURCES[name] for name in FETCHED})
    undated = by_network.replace(b"2026-11-02", b"")  # the catalogue's day, which no folder tells
    assert bench.path.read_bytes() == undated


def test_without_a_catalogue_files_are_kept_for_the_day(bench, sources):
    sources.edition = ""
    fetched(bench, sources)
    assert sorted(sources.asked("/r/")) == sorted(FETCHED)
    fetched(bench, sources)
    assert sources.asked("/r/") == []
    fetched(bench, sources, "2026-12-01")
    assert sorted(sources.asked("/r/")) == sorted(FETCHED)


def test_a_newer_edition_of_the_catalogue_is_fetched(bench, sources):
    fetched(bench, sources)
    sources.edition = "2026-11-30T05:00:00"
    sources.files["police"] = o.police(o.STATION | {"phone": "05 49 60 60 01"})
    outcome = fetched(bench, sources)
    assert outcome.count("updated", "police") == 1
    assert by_name(bench, "Commissariat de Poitiers")["telephone"] == "05 49 60 60 01"


@pytest.mark.parametrize("day", o.BAD_DAYS)
def test_a_server_that_misbehaves_is_told_and_asked_again(sources, tmp_path, day):
    police = sources.sources["police"]
    most_s = 0.2 if day == "slow" else 60
    cache = Cache(tmp_path, NOW.date(), partial(QUICK, timeout_s=2, most_s=most_s))
    read = partial(take, "police", police, police.files[0], cache)
    sources.bad["police"], said = o.BAD_DAYS[day]
    taken = read(departements=["86"], tell=lambda *_: None)
    assert taken.imported is None
    assert said in taken.failure
    sources.bad.clear()
    taken = read(departements=["86"], tell=lambda *_: None)
    assert (len(taken.imported.rows), taken.failure) == (1, "")
    # A later edition that is no better leaves this one in use.
    sources.edition = "2026-11-30T05:00:00"
    sources.bad["police"], _ = o.BAD_DAYS[day]
    taken = read(departements=["86"], tell=lambda *_: None)
    assert (len(taken.imported.rows), taken.failure) == (1, "")
    assert any(said in note for note in taken.notes)
    assert any("pris le 30\u00a0novembre\u00a02026 est lu." in note for note in taken.notes)


def test_a_source_that_fails_stops_no_other_and_comes_later(bench, sources):
    sources.bad["police"], said = o.BAD_DAYS["500"]
    outcome = fetched(bench, sources)
    assert [one.key for one in outcome.taken if said in one.failure] == ["police"]
    assert BRIGADE in bench.cells
    sources.bad.clear()
    sources.asked("")
    assert fetched(bench, sources).count("added", "police") == 1
    assert sources.asked("/r/") == ["police"]


def test_a_damaged_file_of_the_cache_is_fetched_again(bench, sources, tmp_path):
    fetched(bench, sources)
    [kept] = (tmp_path / "cache").glob("*/police")
    kept.write_bytes(b"")
    sources.asked("")
    fetched(bench, sources)
    assert sources.asked("/r/") == ["police"]
    (tmp_path / "cache" / "index.json").write_text("{")
    fetched(bench, sources)
    assert sorted(sources.asked("/r/")) == sorted(FETCHED)


# --- into a list that is there ------------------------------------------------------------

OURS = row(
    "86-bta-civray",
    nom="Brigade de gendarmerie de Civray",
    type="gendarmerie",
    telephone="05 49 87 99 99",
    code_insee="86078",
    commune="Civray",
    code_postal="86400",
)


def test_a_list_is_completed_and_nothing_in_it_changed(bench):
    bench.path.write_bytes(
        content([OURS, row("86-foyer", nom="Foyer", type="hebergement", zone_eligibilite="86")])
    )
    outcome = bench.bring(sources=TWO)
    brigade = {"id": "86-bta-civray"} | bench.cells["86-bta-civray"]
    assert {name: brigade[name] for name in OURS} == OURS
    assert brigade["courriel"] == "bta.civray@exemple.fr"
    assert BRIGADE not in bench.cells
    [asked] = proposals(outcome, gesture=TAKE, column="telephone", other=BRIGADE)
    assert (asked.ours, asked.theirs) == ("05 49 87 99 99", "05 49 87 00 32")
    assert {entry.who for entry in keeping.read_history(bench.path)} == {collecting.AUTHOR}
    # Asked again until it is answered, then no more.
    assert proposals(bench.bring(sources=TWO), key=asked.key)
    assert not proposals(
        bench.answer(outcome, sources=TWO, yes=False, key=asked.key), key=asked.key
    )
    assert not proposals(bench.bring(sources=TWO), key=asked.key)
    assert bench.cells["86-bta-civray"]["telephone"] == "05 49 87 99 99"


def test_what_is_chosen_is_taken_with_its_source(bench):
    bench.path.write_bytes(content([OURS]))
    outcome = bench.bring(sources=TWO)
    bench.answer(outcome, sources=TWO, yes=True, gesture=TAKE, column="telephone", other=BRIGADE)
    assert bench.cells["86-bta-civray"]["telephone"] == "05 49 87 00 32"
    facts = fact_sources.written(fact_sources.beside(bench.path).read_bytes())
    assert "gendarmerie" in facts["86-bta-civray", "telephone"].source


def test_a_hidden_place_is_told_by_no_official_row(bench):
    hidden = row("86-cache", nom="CIDFF de la Vienne", type="association", zone_eligibilite="86")
    bench.path.write_bytes(content([hidden | {"confidentialite": "departement"}]))
    outcome = bench.bring()
    assert outcome.count("refused", "dila") == 1
    assert "05 49 88 04 41" not in bench.path.read_text()
    assert "cidff" not in bench.path.with_suffix(".officiel.json").read_text().replace(
        '"dila-cidff"', ""
    )
    assert (
        json.loads(bench.path.with_suffix(".officiel.json").read_text())["records"]["dila-cidff"][
            "row"
        ]
        == ""
    )


def test_a_list_that_cannot_be_saved_is_left_whole(bench):
    bench.path.write_bytes(content([OURS, OURS]))
    before = bench.path.read_bytes()
    with pytest.raises(keeping.Refused, match="même identifiant"):
        bench.bring()
    assert bench.path.read_bytes() == before
    assert not bench.path.with_suffix(".officiel.json").exists()


# --- a year later -------------------------------------------------------------------------


def test_what_the_source_changed_is_taken_and_what_a_person_wrote_stays(bench):
    bench.bring()
    bench.write_by_hand("dila-tribunal", "telephone", "05 49 11 11 11")
    changed = dila_record("cidff", "CIDFF de la Vienne", "cidf", phone="05 49 88 04 42")
    bench.change(dila=dila(changed, o.COURT, o.BRIGADE_TOO))
    outcome = bench.bring()
    assert bench.cells["dila-cidff"]["telephone"] == "05 49 88 04 42"
    assert bench.cells["dila-tribunal"]["telephone"] == "05 49 11 11 11"
    assert not proposals(outcome, id="dila-tribunal")
    assert [(one.id, one.was, one.becomes) for one in outcome.changes] == [
        ("dila-cidff", "05 49 88 04 41", "05 49 88 04 42")
    ]
    assert [(one.id, one.was, one.becomes) for one in outcome.kept] == [
        ("dila-tribunal", "05 49 11 11 11", "05 49 50 22 00")
    ]
    report = collecting.report(outcome, NOW.date())
    assert "téléphone : 05 49 88 04 41 → 05 49 88 04 42" in report
    assert "05 49 11 11 11 ; la source dit : 05 49 50 22 00" in report


def test_what_both_changed_is_side_by_side(bench):
    bench.bring()
    bench.write_by_hand("dila-tribunal", "telephone", "05 49 11 11 11")
    court = dila_record("tribunal", o.COURT["nom"], "tgi", phone="05 49 50 22 99")
    bench.change(dila=dila(o.CIDFF, court, o.BRIGADE_TOO))
    outcome = bench.bring()
    [asked] = outcome.proposals
    assert (asked.gesture, asked.column, asked.ours, asked.theirs, asked.by_hand) == (
        TAKE,
        "telephone",
        "05 49 11 11 11",
        "05 49 50 22 99",
        True,
    )
    assert bench.cells["dila-tribunal"]["telephone"] == "05 49 11 11 11"
    assert bench.bring().proposals == outcome.proposals


def test_a_cell_changed_in_a_spreadsheet_counts_as_written_by_a_person(bench):
    bench.bring()
    text = bench.path.read_text()
    bench.path.write_text(text.replace("05 49 50 22 00", "05 49 11 11 11"))
    court = dila_record("tribunal", o.COURT["nom"], "tgi", phone="05 49 50 22 99")
    bench.change(dila=dila(o.CIDFF, court, o.BRIGADE_TOO))
    [asked] = bench.bring().proposals
    assert (asked.ours, asked.theirs) == ("05 49 11 11 11", "05 49 50 22 99")


def test_a_service_gone_from_its_source_is_proposed_and_never_removed(bench):
    bench.bring()
    bench.change(dila=dila(o.CIDFF, o.BRIGADE_TOO))
    for _ in range(2):
        outcome = bench.bring()
        [asked] = outcome.proposals
        assert (asked.gesture, asked.id) == (CLOSE, "dila-tribunal")
        assert "dila-tribunal" in bench.cells
    bench.answer(outcome, yes=True, id="dila-tribunal")
    assert "dila-tribunal" not in bench.cells
    # Gone for good: when the source has it again, a person has decided.
    bench.change(dila=dila(o.CIDFF, o.COURT, o.BRIGADE_TOO))
    assert not bench.bring().proposals


def test_a_service_that_another_source_still_has_is_not_proposed(bench):
    bench.bring(sources=TWO)
    bench.change(dila=dila(o.CIDFF, o.COURT))
    assert not proposals(bench.bring(sources=TWO), id=BRIGADE)


def test_an_edition_that_lost_most_of_its_records_closes_nothing(bench):
    many = [dila_record(f"t{n}", f"Point-justice {n}", "point_justice") for n in range(12)]
    bench.change(dila=dila(*many))
    bench.bring()
    bench.change(dila=dila(many[0]))
    outcome = bench.bring()
    assert not proposals(outcome, gesture=CLOSE)
    assert "Trop de fiches ont disparu" in collecting.report(outcome, NOW.date())
    bench.change(dila=dila(*many[:10]))
    assert len(proposals(bench.bring(), gesture=CLOSE)) == 2


def test_a_row_that_somebody_took_out_does_not_come_back(bench):
    bench.bring()
    cells = bench.cells["dila-tribunal"]
    edits = [keeping.Edit("dila-tribunal", name, text, "") for name, text in cells.items() if text]
    gone = keeping.Edit("dila-tribunal", "id", "dila-tribunal", "")
    keeping.save(bench.path, [gone, *edits], who="observatoire", now=NOW)
    outcome = bench.bring()
    assert "dila-tribunal" not in bench.cells
    assert outcome.count("removed", "dila") == 1


def test_a_record_that_has_moved_moves_its_row(bench):
    bench.bring()
    moved = dila_record(
        "cidff", "CIDFF de la Vienne", "cidf", phone="05 49 88 04 41", street="1 rue Neuve",
        **CIVRAY | {"lng": "", "lat": ""},
    )  # fmt: skip
    bench.change(dila=dila(moved, o.COURT, o.BRIGADE_TOO))
    bench.bring()
    cidff = bench.cells["dila-cidff"]
    assert (cidff["adresse"], cidff["commune"], cidff["code_insee"]) == (
        "1 rue Neuve",
        "Civray",
        "86078",
    )
    assert (cidff["latitude"], cidff["longitude"]) == ("", "")  # the old point is not the new place
    assert sum("CIDFF de la Vienne" in cells["nom"] for cells in bench.cells.values()) == 1


def test_an_organisation_that_has_moved_is_not_doubled(bench):
    ours = row(
        "86-cidff", nom="CIDFF de la Vienne", type="association", telephone="05 49 88 04 41",
        adresse="1 rue Neuve", code_insee="86078", commune="Civray", code_postal="86400",
    )  # fmt: skip
    bench.path.write_bytes(content([ours]))
    outcome = bench.bring()
    assert "dila-cidff" not in bench.cells
    assert bench.cells["86-cidff"]["commune"] == "Civray"
    told = {one.gesture: one for one in proposals(outcome, other="dila-cidff")}
    assert set(told) == {ADD, TAKE}
    assert told[TAKE].column == WHERE
    assert "déménagé" in told[TAKE].why
    bench.bring(answers={told[TAKE].key: True})
    assert bench.cells["86-cidff"]["adresse"] == "3 rue des Essais"
    assert bench.cells["86-cidff"]["commune"] == "Poitiers"
    assert not proposals(bench.bring(), other="dila-cidff")


def test_a_list_without_official_data_cannot_be_brought_up_to_date(bench):
    bench.path.write_bytes(content([OURS]))
    with pytest.raises(collecting.NoMemory, match="departement"):
        collecting.departements_of(FileStore(bench.path))
    bench.bring()
    assert collecting.departements_of(FileStore(bench.path)) == ("86",)


# --- addresses without a point ------------------------------------------------------------


def geocoder(told: Callable[[list[dict]], list[dict]]):
    """Answer as the batch service does: the same rows with what `told` adds to each."""

    def behave(handler) -> None:
        body = handler.body.decode()
        file = body.split("\r\n\r\n")[-1].split("\r\n--")[0]
        rows = list(csv.DictReader(io.StringIO(file)))
        text = io.StringIO()
        answers = told(rows)
        writer = csv.DictWriter(text, list(answers[0]))
        writer.writeheader()
        writer.writerows(answers)
        handler.server.bodies = [*getattr(handler.server, "bodies", []), body]
        answering(text.getvalue().encode())(handler)

    return behave


FOUND = {
    "longitude": "0.2949",
    "latitude": "46.1486",
    "result_score": "0.93",
    "result_type": "housenumber",
    "result_citycode": "86078",
    "result_status": "ok",
}


@pytest.fixture
def unplaced(bench, monkeypatch) -> Iterator:
    """A list with a court without a point, and shelters that have none either."""
    court = dila_record("t", "Tribunal", "tgi", **CIVRAY | {"lng": "", "lat": ""})
    bench.change(dila=dila(court))
    with running() as server:
        server.bench = bench
        monkeypatch.setenv(addresses.ENVIRONMENT, server.url)
        yield server


def test_an_address_without_a_point_is_placed_and_nothing_else_is_sent(unplaced):
    unplaced.behave = geocoder(lambda rows: [row | FOUND for row in rows])
    unplaced.bench.bring()
    [(path, headers)] = unplaced.seen
    assert urlsplit(path).path == "/geocodage/search/csv/"
    assert headers["content-type"].startswith("multipart/form-data")
    [body] = unplaced.bodies
    sent = body.split("\r\n\r\n")[-1].split("\r\n--")[0].splitlines()
    assert sent == ["adresse,code_postal,code_insee", "3 rue des Essais,86400,86078"]
    court = unplaced.bench.cells["dila-t"]
    assert (court["latitude"], court["longitude"]) == ("46.1486", "0.2949")
    facts = fact_sources.written(fact_sources.beside(unplaced.bench.path).read_bytes())
    assert "Base adresse nationale" in facts["dila-t", "latitude"].source
    # A point that was found stays: the source still gives none.
    unplaced.bench.bring()
    assert len(unplaced.seen) == 1
    assert unplaced.bench.cells["dila-t"]["latitude"] == "46.1486"


def test_nothing_of_a_row_that_hides_its_place_or_is_our_own_is_sent(monkeypatch):
    place = {name: CIVRAY[key] for name, key in PLACED.items()}
    rows = [
        row("public", adresse="1 rue A", **place),
        row("ecrite-ici", adresse="2 rue B", **place),
        row("commune", type="association", confidentialite="commune", **place),
        row("departement", type="hebergement", zone_eligibilite="86"),
        row("sans-adresse", **place),
    ]
    cells = {one["id"]: {name: text for name, text in one.items() if name != "id"} for one in rows}
    known = {key: Known("dila", "86", key) for key in cells if key != "ecrite-ici"}
    joining = Joining(cells, Memory(("86",), known))
    with running() as server:
        server.behave = geocoder(lambda rows: [row | FOUND for row in rows])
        monkeypatch.setenv(addresses.ENVIRONMENT, server.url)
        place_rows(joining, today=NOW.date(), tell=lambda _: None)
        [body] = server.bodies
    sent = body.split("\r\n\r\n")[-1].split("\r\n--")[0].splitlines()
    assert sent[1:] == ["1 rue A,86400,86078"]


PLACED = {"code_postal": "postal", "commune": "commune", "code_insee": "code"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"result_score": "0.69"},
        {"result_type": "street", "result_score": "0.75"},
        {"result_type": "municipality"},
        {"result_citycode": "86194"},
        {"latitude": "0.2949", "longitude": "46.1486"},
        {"latitude": "", "result_score": ""},
        {"result_score": "nan"},
    ],
    ids=str,
)
def test_a_guess_is_not_believed(unplaced, wrong):
    unplaced.behave = geocoder(lambda rows: [row | FOUND | wrong for row in rows])
    outcome = unplaced.bench.bring()
    assert unplaced.bench.cells["dila-t"]["latitude"] == ""
    assert "1\u00a0lieu reste à la mairie" in outcome.located


@pytest.mark.parametrize(
    "behave",
    [
        answering(b"", status=500),
        answering(b"<html>"),
        geocoder(lambda rows: [*rows, *rows]),
        geocoder(lambda rows: [row | FOUND | {"code_insee": "86194"} for row in rows]),
        answering(b"", status=302, Location="https://ailleurs.example/"),
    ],
)
def test_a_geocoder_that_fails_is_told_and_stops_nothing(unplaced, behave):
    unplaced.behave = behave
    outcome = unplaced.bench.bring()
    assert "ne répond pas" in outcome.located
    assert "dila-t" in unplaced.bench.cells


def test_too_many_addresses_are_refused():
    places = pd.DataFrame({"adresse": ["1 rue"] * 1001, "code_postal": "", "code_insee": ""})
    with pytest.raises(ValueError, match="1000"):
        locate(places)


# --- the command line ---------------------------------------------------------------------


def test_from_the_command_line_with_answers_in_a_file(bench, capsys):
    for name in set(o.GOOD) - {"dila", "gendarmerie"}:
        (bench.folder / o.PUBLISHED[name]).unlink()
    bench.path.write_bytes(content([OURS]))
    line = ["departement", "86", "-o", str(bench.path), "--depuis", str(bench.folder)]
    assert main(line) == command.PROBLEMS  # some sources are not there
    said = capsys.readouterr()
    assert said.out == bench.path.with_suffix(".rapport.txt").read_text()
    assert "Police" in said.out
    assert "100 %  Terminé" in said.err
    choices = bench.path.with_suffix(".choix.csv")
    table = pd.read_csv(choices, sep=";", dtype="str", keep_default_na=False, encoding="utf-8-sig")
    table.loc[table["colonne"] == "telephone", "choix"] = "oui"
    table.to_csv(choices, index=False, sep=";")
    # What is answered is not lost by another run, and is done when it is given.
    assert main(["update", str(bench.path), "--depuis", str(bench.folder)]) == 1
    assert bench.cells["86-bta-civray"]["telephone"] == "05 49 87 99 99"
    again = ["update", str(bench.path), "--depuis", str(bench.folder), "--choix", str(choices)]
    assert main(again) == 1
    assert bench.cells["86-bta-civray"]["telephone"] == "05 49 87 00 32"


def test_the_command_line_refuses_what_it_cannot_do(bench, capsys, tmp_path):
    bench.path.write_bytes(content([OURS]))
    assert main(["update", str(bench.path)]) == command.PROBLEMS
    assert "commencer par" in capsys.readouterr().err
    (tmp_path / "vide").mkdir()
    empty = ["departement", "86", "-o", str(bench.path), "--depuis", str(tmp_path / "vide")]
    assert main(empty) == command.PROBLEMS
    assert "rien n’est écrit" in capsys.readouterr().err
    for wrong in (["departement", "999", "-o", "x.csv"], [*empty[:4], "--depuis", "nulle-part"]):
        with pytest.raises(SystemExit):
            main(wrong)


# --- real files ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def dila_2017(tmp_path_factory) -> Path:
    """The real directory of 2017, of the Vienne, in a folder of its own."""
    if not (REAL / "convert_dila_v1.py").is_file():
        pytest.skip("no real files here: MAILLAGE_REAL names their folder")
    spec = importlib.util.spec_from_file_location("convert", REAL / "convert_dila_v1.py")
    convert = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(convert)
    files = sorted((REAL / "dila_2017-12" / "86").iterdir())
    features = [one for file in files for one in json.loads(file.read_text("utf-8"))["features"]]
    records = [convert.record(one["properties"]) for one in features]
    folder = tmp_path_factory.mktemp("2017")
    written = json.dumps({"service": records}, ensure_ascii=False)
    (folder / "2017-12-12-gouv_local.json").write_text(written, "utf-8")
    return folder


def test_the_real_directory_of_2017_makes_a_list_without_problems(bench, dila_2017):
    outcome = bench.bring(files=Folder(dila_2017))
    assert outcome.count("added") > 40
    reading = read_services(bench.path)
    assert not [one for one in reading.problems if one.severity == "error"]
    # Nine years later, no hours of then are computed.
    assert (reading.services["horaires_accueil"] == "").all()
    assert reading.services["horaires_precisions"].str.startswith("Horaires (").any()


def test_the_real_directory_joins_the_shipped_list_and_changes_nothing_in_it(bench, dila_2017):
    before = (ROOT / "services.csv").read_bytes()
    bench.path.write_bytes(before)
    sources = fact_sources.beside(ROOT / "services.csv").read_bytes()
    fact_sources.beside(bench.path).write_bytes(sources)
    outcome = bench.bring(files=Folder(dila_2017))
    after, ours = bench.cells, keeping.read_cells(ROOT / "services.csv").to_dict("index")
    changed = [
        (key, column)
        for key, row in ours.items()
        for column, text in row.items()
        if text and after[key][column] != text
    ]
    assert changed == []
    # The CIDFF has moved since 2017, and is not there twice.
    cidff = [
        row
        for row in after.values()
        if row["nom"].startswith("CIDFF") and "86" in row["code_insee"][:2]
    ]
    assert len(cidff) == len(
        [
            row
            for row in ours.values()
            if row["nom"].startswith("CIDFF") and "86" in row["code_insee"][:2]
        ]
    )
    held = {one.id for one in proposals(outcome, gesture=ADD)}
    assert "86-cidff" in held


def test_real_france_services_stay_as_they_are(bench, dila_2017):
    file = REAL / "france_services" / "liste-fs-20221201.csv"
    header, *lines = file.read_bytes().splitlines(keepends=True)
    vienne = [line for line in lines if b'","86","' in line or b',"86",' in line]
    sheet = adopting.read_sheets(header + b"".join(vienne))[0]
    choices = replace(
        adopting.choices_of(adopting.recognised(sheet)), kind="association", source="ANCT"
    )
    rows = adopting.adopt(sheet, choices).rows
    here = rows[rows["code_insee"].str.startswith("86")]
    bench.path.write_bytes(here.to_csv(index=False).encode())
    before = bench.cells
    bench.bring(files=Folder(dila_2017))
    assert len(before) > 20
    assert {key: bench.cells[key] for key in before} == before
