"""Small files that would stop the server: each gets an answer within the time, or a sentence."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator

import pytest

from geodata.services import MOST_NAMED
from geodata.tables import UnreadableFile
from geodata.upkeep.checking import check
from tests.conftest import ROOT

SECONDS = 60  # of processor time: a slow or busy machine counts five times what a free one does
MEGABYTES = 900
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHEET}.sharedStrings+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Liste" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>",
}


def line(number: int, *texts: str) -> str:
    cells = "".join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in zip("ABCD", texts, strict=True)
    )
    return f'<row r="{number}">{cells}</row>'


TOP = line(1, "id", "nom", "type", "source") + line(2, "a", "MDS", "mds", "Dép")


def workbook(sheet: Iterable[str] = (), strings: Iterable[str] = ()) -> bytes:
    """Write a workbook whose parts are streamed: the file is small, what it unpacks to is not."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in PARTS.items():
            archive.writestr(name, part)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{MAIN}"><sheetData>{TOP}'.encode())
            for piece in sheet:
                part.write(piece.encode())
            part.write(b"</sheetData></worksheet>")
        with archive.open("xl/sharedStrings.xml", "w") as part:
            part.write(f'<sst xmlns="{MAIN}">'.encode())
            for piece in strings:
                part.write(piece.encode())
            part.write(b"</sst>")
    return content.getvalue()


def repeated(piece: str, times: int, *, before: str = "", after: str = "") -> Iterator[str]:
    """Give a text many times over, a megabyte at once."""
    at_once = max(1, 1_000_000 // len(piece))
    yield before
    for done in range(0, times, at_once):
        yield piece * min(at_once, times - done)
    yield after


def formatted_rows() -> Iterator[str]:
    """Give what Excel writes when somebody has coloured a whole column."""
    for number in range(3, 1_048_273):
        yield f'<row r="{number}" s="1" customFormat="1"><c r="A{number}" s="1"/></row>'


WIDE = "<row>" + "<c><v>1</v></c>" * 299 + "</row>"
BOOKS: dict[str, Callable[[], bytes]] = {
    "thirty million cells in a row": lambda: workbook(
        repeated("<c/>", 30_000_000, before="<row>", after="</row>")
    ),
    "millions of shared strings": lambda: workbook(strings=repeated("<si><t/></si>", 7_500_000)),
    "millions of empty rows": lambda: workbook(repeated("<row/>", 20_000_000)),
    "wide rows": lambda: workbook(repeated(WIDE, 25_000)),
    "tags that never end": lambda: workbook(repeated("<f ", 20_000_000)),
    "tags inside tags": lambda: workbook(repeated("<c>", 3_000_000)),
}


# A process that has read a list, as a server has; each check runs in a fork of it.
PARENT = f"""
import io, json, os, resource, sys, time
from geodata.services import *
from geodata.upkeep.checking import check, UnreadableFile

# The tables that every process loads once are not the file's cost.
check(b'id,nom,type,source,commune\\na,M,mds,D,Civray\\n')
for order in sys.stdin:
    run, path = json.loads(order)
    if child := os.fork():
        print(json.dumps(os.waitpid(child, 0)[1]), flush=True)
        continue
    resource.setrlimit(resource.RLIMIT_CPU, ({3 * SECONDS}, {3 * SECONDS}))
    content, start = open(path, 'rb').read(), time.process_time()
    try:
        exec(run)
    except UnreadableFile as error:
        print(json.dumps(str(error)))
    # `ru_maxrss` would count what the parent held.
    status = dict(line.split(':', 1) for line in open('/proc/self/status'))
    print(json.dumps([time.process_time() - start, int(status['VmHWM'].split()[0])]), flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def parent() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PARENT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def within_bounds(parent, tmp_path) -> Callable[[str, bytes], list]:
    """Run a check in a process of its own; its processor time and its memory stay in bounds.

    Return what it prints as JSON, or the sentence of the refusal.
    """

    def within(run: str, content: bytes) -> list:
        path = tmp_path / "content"
        path.write_bytes(content)
        parent.stdin.write(json.dumps([run, str(path)]) + "\n")
        parent.stdin.flush()
        said = []
        while not isinstance(one := json.loads(parent.stdout.readline()), int):
            said.append(one)
        assert one == 0, "the process has ended before it has answered"
        seconds, kilobytes = said.pop()
        assert seconds < SECONDS, seconds
        assert kilobytes < MEGABYTES * 1024, kilobytes
        return said

    return within


@pytest.mark.parametrize("book", BOOKS)
def test_a_small_workbook_cannot_take_the_process_down(within_bounds, book):
    content = BOOKS[book]()
    assert len(content) < 2_000_000
    (refusal,) = within_bounds("check(content, 'x.xlsx')", content)
    assert "trop de cases" in refusal


def test_a_million_formatted_empty_rows_are_read(within_bounds):
    names = "print(json.dumps(list(check(content, 'x.xlsx').reading.services['nom'])))"
    assert within_bounds(names, workbook(formatted_rows())) == [["MDS"]]


def test_an_empty_cell_without_a_place_still_counts():
    sheet = "<row><c t='str'><v>b</v></c><c/><c t='str'><v>mds</v></c><c t='str'><v>D</v></c></row>"
    (problem,) = check(workbook([sheet]), "x.xlsx").reading.problems
    assert (problem.line, problem.column) == (3, "nom")


def test_a_cell_longer_than_any_spreadsheet_writes_is_refused():
    with pytest.raises(UnreadableFile, match="Ligne 3 : une case a plus de"):
        check(workbook([line(3, "b", "x" * 40_000, "mds", "D")]), "x.xlsx")


COLUMNS = (
    "id,nom,type,source,horaires_accueil,telephone,date_source,date_verification,code_insee,"
    "code_postal,latitude,longitude,site_web,lien_source,acces,publics,confidentialite\n"
)
LISTS: dict[str, Callable[[int], str]] = {
    "wrong everywhere": lambda n: (
        f"i{n},N,mds,S,du truc {n},tel{n},2026-13-{n},32/32/{n},x{n},y{n},z{n},9999,w{n},l{n},"
        f"a{n},p{n},public\n"
    ),
    "misspelt types": lambda n: f"i{n},N,permanance{n},S" + "," * 13 + "\n",
    "distinct bad hours": lambda n: f"i{n},N,mds,S,Mo-Fr 09:00-17:00 x {n}" + "," * 12 + "\n",
}


@pytest.mark.parametrize("wrong", LISTS)
def test_a_list_wrong_everywhere_is_told_in_time(within_bounds, wrong):
    rows = 49_000
    text = COLUMNS + "".join(map(LISTS[wrong], range(rows)))
    ((most, hours),) = within_bounds(
        "found = check(content, 'x.csv'); found.mended(found.chosen)\n"
        "problems = found.reading.problems\n"
        "hours = sum(p.rows for p in problems if p.column == 'horaires_accueil')\n"
        "print(json.dumps([max(len(problems), len(found.repairs)), hours]))",
        text.encode(),
    )
    assert most < 20_000
    assert hours == (0 if wrong == "misspelt types" else rows)


def test_the_rows_that_are_not_named_are_counted():
    text = COLUMNS + "".join(LISTS["misspelt types"](n) for n in range(MOST_NAMED + 3))
    *named, last = check(text.encode(), "x.csv").reading.problems
    assert [problem.line for problem in named] == list(range(2, MOST_NAMED + 2))
    assert (last.line, last.rows, last.severity) == (MOST_NAMED + 2, 3, "error")
    assert "2\u00a0autres lignes" in last.message
