"""What readers and services say of the list: kept without a trace of them, and never published."""

import json
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from geodata.services import read_services
from geodata.upkeep import keeping, suggestions
from geodata.upkeep.suggestions import NotKept
from pages.annuaire import access
from pages.shared import clock, service_list
from tests.lists import CIVRAY, content, row
from tests.test_editing import NOW

DAY = date(2026, 11, 24)
ROWS = [
    row("a", **CIVRAY, telephone="05 49 87 00 00"),
    row("c", **CIVRAY, confidentialite="commune"),
    row("d", type="permanence", confidentialite="departement", zone_eligibilite="86"),
    row("n", confidentialite="non_publie", zone_eligibilite="86"),
    row("h", type="hebergement", zone_eligibilite="86"),
    row("s", **CIVRAY, type="hebergement", confidentialite="public"),
]
PAGE = """
from pages.shared import cards, clock, results, service_list
from pages.shared.rows import row_of
from geodata.selection import Selection
import streamlit as st

listed = service_list.load()
now = clock.now()
found, times = results.find(listed, Selection(), now)
key = st.selectbox("Fiche", list(found.index), key="choix")
cards.sheet(row_of(found, key), row_of(times, key), moment=clock.Moment(now, at=now))
"""
KEEPER = """
from pages.annuaire import suggestions
from pages.shared import service_list

listed = service_list.load()
suggestions.panel(listed)
"""


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    file = tmp_path / "services.csv"
    file.write_bytes(content(ROWS))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(file))
    monkeypatch.setenv("MAILLAGE_EDITION", "connexion")
    monkeypatch.setenv("MAILLAGE_CONTACT", "liste@exemple.fr")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return file


def listed(path: Path):
    return read_services(path).services


def kept(path: Path) -> Path:
    return path.with_name("services.csv.signalements")


def report(path: Path, key: str = "a", text: str = "Le numéro a changé.") -> None:
    suggestions.FileSuggestions(path).add(listed(path), key, day=DAY, text=text)


def test_the_file_tells_the_day_the_row_and_the_text_alone(path):
    report(path, text="  Fermé\u2028depuis\x00 mars ")
    (line,) = kept(path).read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "number": 1,
        "day": "2026-11-24",
        "id": "a",
        "text": "Fermé depuis mars",
        "cells": [],
        "link": "",
        "until": "",
        "done": False,
    }
    status = kept(path).stat()
    assert stat.S_IMODE(status.st_mode) == 0o600
    written = datetime.fromtimestamp(status.st_mtime, UTC)
    assert (written.hour, written.minute, written.second) == (0, 0, 0)
    assert path.read_bytes() == content(ROWS)


@pytest.mark.parametrize("key", ["c", "d", "n", "h", "s", "absente"])
def test_of_a_row_that_is_not_public_nothing_is_kept(path, key):
    with pytest.raises(NotKept, match="partie publique"):
        report(path, key)
    assert not kept(path).exists()


@pytest.mark.parametrize(("text", "said"), [(" \n ", "Écrire d’abord"), ("é" * 601, "600")])
def test_a_text_of_no_use_is_refused(path, text, said):
    with pytest.raises(NotKept, match=said):
        report(path, text=text)


def test_the_file_does_not_grow_without_end(path, monkeypatch):
    monkeypatch.setattr(suggestions, "MOST", 3)
    for _ in range(3):
        report(path)
    with pytest.raises(NotKept, match="attendent déjà"):
        report(path)
    suggestions.FileSuggestions(path).mark(2, done=True, who="")
    report(path, text="encore")
    assert [one.number for one in suggestions.read(path)] == [1, 3, 4]


def test_what_was_said_of_a_row_leaves_the_file_when_it_is_hidden(path):
    report(path, text="Entrée par le 3 rue Secrète")
    report(path)
    path.write_bytes(content([row("a", **CIVRAY, confidentialite="commune"), *ROWS[1:]]))
    assert suggestions.FileSuggestions(path).read(listed(path), "") == ()
    assert "Secrète" not in kept(path).read_text("utf-8")


def test_a_row_that_is_gone_keeps_what_was_said_and_a_broken_line_is_passed_over(path):
    report(path)
    with kept(path).open("a") as file:
        file.write('{"number": 2}\nnot json\n[]\n')
    path.write_bytes(content(ROWS[1:]))
    assert [one.id for one in suggestions.FileSuggestions(path).read(listed(path), "")] == ["a"]


DAMAGED = (
    '{"number": 7, "day": "2026-11-24", "id": "a", "text": "Fermé l’été", "cells": []}'
    .encode("cp1252", "replace"),
    b'{"number": "1", "day": "2026-11-24", "id": "a", "text": "x", "cells": []}',
    b'{"number": true, "day": "2026-11-24", "id": "a", "text": "x", "cells": []}',
    b'{"number": 7, "day": "zz", "id": "a", "text": "x", "cells": []}',
    b'{"number": 7, "day": 20261124, "id": "a", "text": "x", "cells": []}',
    b'{"number": 7, "day": "2026-11-24", "id": 3, "text": "x", "cells": []}',
    b'{"number": 7, "day": "2026-11-24", "id": "a", "text": null, "cells": []}',
    b'{"number": 7, "day": "2026-11-24", "id": "a", "text": "\\ud800", "cells": []}',
    b'{"number": 7, "day": "2026-11-24", "id": "a", "text": "x", "cells": [["nom", 3]]}',
    b'{"number": 7, "day": "2026-11-24", "id": "a", "cells": [["nom", "x"], ["nom", "y"]]}',
    b'{"number": 7, "day": "2026-11-24", "id": "a", "text": "x", "cells": [], "done": "non"}',
    b'{"number": 7, "day": "2026-11-24", "id": "a", "cells": [], "link": "f", "until": "zz"}',
    b'{"link": "f", "until": 3}',
    b"[" * 100_000,
    b"\x00\xff",
    b"null",
)  # fmt: skip


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_line_is_told_stays_and_hinders_nothing(path, monkeypatch, line):
    report(path)
    kept(path).write_bytes(kept(path).read_bytes() + line + b"\r\n")
    page = keeper(monkeypatch)
    assert page.text[0].value == "Le numéro a changé."
    assert "1\xa0ligne" in page.warning[0].value
    assert "ne peut pas être lue" in page.warning[0].value
    page.button(key="signalement_traite_1").click().run()
    assert not page.exception
    report(path, text="Le site aussi.")
    propose(path, ("telephone", "05 49 00 00 02"))
    here = suggestions.FileSuggestions(path)
    assert here.was_used("secret")
    path.write_bytes(content([row("a", **CIVRAY, confidentialite="commune"), *ROWS[1:]]))
    assert here.read(listed(path), "") == ()
    assert line + b"\r\n" in kept(path).read_bytes()
    assert here.damaged_lines() == 1


def test_of_two_lines_of_one_number_one_is_shown_and_none_is_lost(path, monkeypatch):
    report(path, text="premier")
    line = kept(path).read_bytes()
    kept(path).write_bytes(line + line.replace(b"premier", b"second"))
    page = keeper(monkeypatch)
    assert [text.value for text in page.text] == ["premier"]
    assert "1\xa0ligne" in page.warning[0].value
    page.button(key="signalement_traite_1").click().run()
    report(path, text="trois")
    assert [one.text for one in suggestions.read(path)] == ["trois", "second"]


def test_a_link_whose_line_is_damaged_stays_used(path):
    propose(path, ("telephone", "05 49 00 00 02"))
    kept(path).write_bytes(kept(path).read_bytes().replace(b"2026-", b"2026\xe9"))
    assert suggestions.read(path) == ()
    with pytest.raises(NotKept, match="déjà servi"):
        propose(path, ("telephone", "17"))


def test_several_damaged_lines_are_told_and_their_numbers_not_given_again(path, monkeypatch):
    for number in range(3):
        report(path, text=f"numéro {number}")
    whole = kept(path).read_bytes()
    kept(path).write_bytes(whole.replace("numéro 1".encode(), b"num\xe9ro 1").replace(
        "numéro 2".encode(), b"num\xe9ro 2"))  # fmt: skip
    assert "2\xa0lignes" in keeper(monkeypatch).warning[0].value
    report(path, text="nouveau")
    mended = kept(path).read_bytes().replace(b"num\xe9ro", "numéro".encode())
    kept(path).write_bytes(mended)
    assert sorted(one.number for one in suggestions.read(path)) == [1, 2, 3, 4]


def test_a_file_that_another_program_has_written_again_is_read(path):
    report(path)
    kept(path).write_bytes(b"\xef\xbb\xbf" + kept(path).read_bytes().replace(b"\n", b"\r\n"))
    assert [one.text for one in suggestions.read(path)] == ["Le numéro a changé."]


def opened(key: str) -> AppTest:
    page = AppTest.from_string(PAGE, default_timeout=60).run()
    return page.selectbox(key="choix").select(key).run()


def send(page: AppTest, key: str, text: str) -> AppTest:
    page.text_area(key=f"signaler_{key}_texte").set_value(text)
    next(button for button in page.button if button.label == "Envoyer").click().run()
    assert not page.exception
    return page


def test_a_reader_writes_from_a_public_sheet(path):
    page = send(opened("a"), "a", "Le numéro a changé.")
    assert "Merci" in page.info[0].value
    assert [(one.id, one.text) for one in suggestions.read(path)] == [("a", "Le numéro a changé.")]
    assert not any("mailto:liste" in str(html.proto.body) for html in page.get("html"))


@pytest.mark.parametrize("key", ["c", "d", "h", "s"])
def test_on_other_sheets_there_is_no_form(path, key):  # noqa: ARG001
    page = opened(key)
    assert page.get("text_area") == []
    assert any("mailto:liste" in str(html.proto.body) for html in page.get("html"))


def test_without_somebody_to_read_it_there_is_no_form(path, monkeypatch):  # noqa: ARG001
    monkeypatch.delenv("MAILLAGE_EDITION")
    assert opened("a").get("text_area") == []


def test_too_many_are_refused_and_what_was_typed_stays(path, monkeypatch):
    monkeypatch.setattr(suggestions, "MOST_AT_ONCE", 1)
    send(opened("a"), "a", "un")
    page = send(opened("a"), "a", "deux")
    assert "réessayer" in page.warning[0].value
    assert page.text_area(key="signaler_a_texte").value == "deux"
    assert len(suggestions.read(path)) == 1
    service_list.store().suggestions._recent[0] -= suggestions.WITHIN_S + 1
    send(page, "a", "deux")
    assert len(suggestions.read(path)) == 2


def test_a_disk_that_takes_nothing_is_said(path, monkeypatch):  # noqa: ARG001
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    page = opened("a")
    monkeypatch.setattr(suggestions.os, "open", full)
    page = send(page, "a", "un")
    assert "n’a pas pu être gardé" in page.warning[0].value


def keeper(monkeypatch, role: str | None = "observatoire") -> AppTest:
    monkeypatch.setattr(access, "editor", lambda: role)
    page = AppTest.from_string(KEEPER, default_timeout=60).run()
    assert not page.exception
    return page


def test_the_keeper_alone_reads_them_and_notes_what_is_done(path, monkeypatch):
    report(path, text="[x](javascript:alert(1)) <b>gras</b>")
    stranger = keeper(monkeypatch, None)
    assert (len(stranger.text), len(stranger.button), len(stranger.markdown)) == (0, 0, 0)
    page = keeper(monkeypatch)
    assert page.text[0].value == "[x](javascript:alert(1)) <b>gras</b>"
    page.button(key="signalement_traite_1").click().run()
    assert suggestions.read(path)[0].done
    page.button(key="signalement_traite_1").click().run()
    assert not suggestions.read(path)[0].done


def propose(path: Path, *cells: tuple[str, str]) -> None:
    suggestions.FileSuggestions(path).add(
        listed(path), "a", day=DAY, cells=cells, link="secret", until=DAY + timedelta(days=14)
    )


def test_a_proposed_cell_is_taken_alone_with_its_source(path, monkeypatch):
    propose(path, ("telephone", "05 49 00 00 02"), ("site_web", "https://a.example"))
    page = keeper(monkeypatch)
    page.button(key="signalement_accepter_1_telephone").click().run()
    assert "Enregistré" in page.info[0].value
    cells = keeping.read_cells(path).loc["a"]
    assert (cells["telephone"], cells["site_web"]) == ("05 49 00 00 02", "")
    (entry,) = keeping.read_history(path)
    assert (entry.who, entry.source_after.source) == (
        "observatoire",
        "Proposé par le service lui-même",
    )


def test_what_differs_by_its_lines_alone_is_said_already(path, monkeypatch):
    lines = row("a", **CIVRAY, horaires_precisions="Lundi\nmardi  sur rdv")
    path.write_bytes(content([lines, *ROWS[1:]]))
    propose(path, ("horaires_precisions", "Lundi mardi sur rdv"))
    page = keeper(monkeypatch)
    assert "La liste le dit déjà." in [caption.value for caption in page.caption]
    assert not [button for button in page.button if button.label == "Accepter"]


def test_a_cell_that_changed_meanwhile_is_not_overwritten(path, monkeypatch):
    propose(path, ("telephone", "05 49 00 00 02"))
    page = keeper(monkeypatch)
    path.write_bytes(content([row("a", **CIVRAY, telephone="05 49 00 00 03"), *ROWS[1:]]))
    page.button(key="signalement_accepter_1_telephone").click().run()
    assert "recharger la fiche" in page.info[0].value
    assert keeping.read_cells(path).loc["a", "telephone"] == "05 49 00 00 03"


def test_reports_are_added_and_the_list_is_not_touched(path):
    before = path.stat().st_mtime_ns
    for number in range(5):
        report(path, text=f"numéro {number}")
    assert [one.text[-1] for one in suggestions.read(path)] == list("01234")
    assert path.stat().st_mtime_ns == before
