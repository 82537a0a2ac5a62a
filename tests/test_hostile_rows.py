"""Rows with every kind of wrong cell: each page and paper is there, and each card but the bad."""

import io
import logging
import os
from datetime import datetime

import pypdf
import pytest
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from geodata import exports, quality, travel
from geodata.paper import handout, network_sheet
from geodata.tables import UnreadableFile
from pages.shared import cards, clock, service_list
from pages.shared.page_frame import plain
from pages.web import uploads
from tests.lists import CIVRAY, HOSTILE, read, row
from tests.test_pages import TUESDAY, on_list, open_page, texts  # noqa: F401

WRONG = (
    "2026-02-30", "2026-25-11", "0000-00-00", "9999-12-31", "-1", "9" * 4_000, "1e309", "nan",
    "\u0663\u0664", "½", "\u202etxt.exe", "a\u0000b\x07\x1b[31m", "x" * 20_000, "é" * 3_000,
    "😀" * 500, "|||", "france|" * 500, "Mo-Fr 25:00-99:00",
    "2026 Feb 30 10:00-12:00", "24/7; " * 200, "http://", "https://[::1", "a@b@c", "www.x.fr",
    *HOSTILE,
)  # fmt: skip
COLUMNS = (
    "nom", "structure", "adresse", "code_postal", "commune", "code_insee", "latitude", "longitude",
    "telephone", "courriel", "site_web", "horaires_accueil", "horaires_precisions", "acces",
    "publics", "reseaux", "zone_eligibilite", "description", "source", "lien_source", "date_source",
    "date_verification", "inconnue",
)  # fmt: skip
PAGES = ("carte.py", "trouver.py", "permanences.py", "couverture.py", "annuaire.py")


def wrong_rows() -> list[dict[str, str]]:
    """Give a row for each wrong text, in every column at once and in each column in turn."""
    everywhere = [
        row(f"tout-{place}", **dict.fromkeys(COLUMNS, text)) for place, text in enumerate(WRONG)
    ]
    alone = [
        row(f"seule-{place}-{column}", **(CIVRAY | {"reseaux": "clav-86", column: text}))
        for column in COLUMNS
        for place, text in enumerate(WRONG)
    ]
    return [row("bonne", **CIVRAY), *everywhere, *alone]


@pytest.fixture(autouse=True)
def tuesday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: TUESDAY)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_there_whatever_the_cells_hold(page, on_list, caplog):  # noqa: F811
    on_list(wrong_rows())
    with caplog.at_level(logging.ERROR):
        open_page(page)
    assert "cannot be shown" not in caplog.text


def test_papers_and_exports_are_there_whatever_the_cells_hold():
    services = read(*wrong_rows()).services
    now = datetime(2026, 11, 24, 10, tzinfo=clock.now().tzinfo)
    # A discreet sheet shows less: one row in three has each text and each column in it.
    for discreet, shown in ((True, services.iloc[::3]), (False, services)):
        for start in range(0, len(shown), handout.MOST):
            rows = shown.iloc[start : start + handout.MOST]
            paper = handout.handout(rows, now, discreet=discreet)
            assert pypdf.PdfReader(io.BytesIO(paper)).pages
    assert network_sheet.sheet(services, "clav-86", now.date())
    for export in (exports.to_csv, exports.to_geojson, exports.to_xlsx):
        assert export(services)
    assert len(quality.problems(services, now.date()))


def test_a_card_that_fails_leaves_the_others(on_list, monkeypatch, caplog):  # noqa: F811
    on_list([row("a", nom="Première", **CIVRAY), row("b", nom="Seconde", **CIVRAY)])
    place_words = cards.place_words

    def fails(service):
        if service["id"] == "a":
            raise ValueError("17 rue secrète")
        return place_words(service)

    monkeypatch.setattr(cards, "place_words", fails)
    with caplog.at_level(logging.ERROR):
        page = open_page()
    assert "Cette fiche ne peut pas être affichée" in texts(page)
    assert any("Seconde" in button.label for button in page.button)
    assert "Civray" in texts(page)
    assert "ValueError" in caplog.text
    assert "secrète" not in caplog.text


def test_a_list_of_1970_is_shown(on_list):  # noqa: F811
    os.utime(on_list([row(**CIVRAY)]), (0, 0))
    assert "1er janvier 1970" in texts(open_page())


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        (":material/home:", ":material/"),
        (":smile: :+1:", ":smile:"),
        ("http://x.fr", "http://"),
        ("HTTPS://x.fr", "HTTPS://"),
        ("www.x.fr", "www."),
        ("Écrire à a.b@x.fr", "a.b@x"),
        ("mailto:a@x.fr", "mailto:a"),
    ],
)
def test_plain_text_holds_no_icon_and_no_link(text, sign):
    read_by_markdown = plain(text).replace("\\", "")
    assert sign not in read_by_markdown
    assert read_by_markdown.replace("\u2060", "") == text


@pytest.mark.parametrize("text", ["Ligne 3 : « 9:30-12:00 »", "05 49 87 00 00", "a : b"])
def test_plain_text_without_them_is_as_it_was(text):
    assert "\u2060" not in plain(text)


@pytest.mark.parametrize("text", ["9" * 100_000, "-" + "9" * 100_000, "1," + "1" * 100_000])
def test_a_minute_of_many_digits_is_a_wrong_value(text):
    services = read(row("a", latitude="46,14", longitude="0,29", **CIVRAY)).services
    file = f"code_insee;id;minutes\n86078;a;{text}\n".encode()
    found = travel.read_matrix(io.BytesIO(file), ["86078"], services)
    assert found.minutes.empty
    assert [problem.line for problem in found.problems if problem.column == "minutes"] == [2]


def test_a_matrix_without_end_is_refused():
    services = read(row("a", **CIVRAY)).services
    with pytest.raises(UnreadableFile, match="lignes"):
        travel.read_matrix(
            io.BytesIO(b"code_insee;id;minutes\n" + b"\n" * 600_000), ["86078"], services
        )


def given(name: str, size: int) -> UploadedFileRec:
    return UploadedFileRec(name, f"{name}.csv", "text/csv", bytes(size))


def test_uploads_are_bounded_in_a_visit_and_in_the_process(monkeypatch):
    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", MemoryUploadedFileManager.add_file)
    uploads.bound()
    files = MemoryUploadedFileManager("/upload")
    size = 20 * 1024**2
    for place in range(40):
        files.add_file("visit", given(str(place), size))
    assert list(files.file_storage["visit"]) == ["37", "38", "39"]
    for visit in range(17):
        files.add_file(f"other {visit}", given("0", size))
    with pytest.raises(HTTPException):
        files.add_file("one more", given("0", size))
    held = sum(len(f.data) for kept in files.file_storage.values() for f in kept.values())
    assert held <= uploads.MOST_BYTES
    files.remove_session_files("visit")
    files.add_file("late", given("0", size))


def test_what_a_function_keeps_is_bounded_by_its_bytes():
    made = []

    @service_list.cached(max_entries=1_000)
    def heavy(number: int) -> tuple[bytes, int]:
        made.append(number)
        return bytes(30 * 1024**2), number

    for number in (1, 2, 1, 2, 3, 4):
        heavy(number)
    assert made == [1, 2, 3, 4]
    heavy(5)  # the five would hold 150 MB: the four are forgotten
    heavy(5)
    heavy(1)
    assert made == [1, 2, 3, 4, 5, 1]
    heavy.clear()
