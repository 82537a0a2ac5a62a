"""The public data by address: which rows, which refusals, and what the web expects of an answer."""

import csv
import http.server
import io
import json
import os
import shutil
import subprocess
import threading
from datetime import date, datetime
from urllib.parse import urlencode

import httpx
import icalendar
import openpyxl
import pytest
from ical.calendar_stream import IcsCalendarStream

from geodata import exports
from geodata.services import COLUMNS
from geodata.situation import files as situation_files
from pages.donnees import parameters, routes
from pages.donnees.files import FILES
from pages.shared import filter_address, results, service_list
from pages.shared.public_rows import public_rows
from tests.asgi import Client
from tests.lists import CIVRAY, HOSTILE, row
from tests.test_hidden_outputs import HIDDEN, HOURS, LOUDUN, hidden_rows

OGRINFO = shutil.which("ogrinfo")
PUBLIC = [
    row(
        f"p-{kind}-{place['code_insee']}",
        **place | {"type": kind, "reseaux": "clav-86"},
        nom=f"Accueil de {place['commune']}",
        horaires_accueil=HOURS,
        telephone="05 49 00 00 01",
        remarques="interne",
    )
    for place in (CIVRAY, LOUDUN)
    for kind in ("permanence", "ccas", "mds")
]
OTHERS = [
    *hidden_rows("Civray"),
    row("c1", **CIVRAY, nom="Accueil caché", confidentialite="commune", horaires_accueil=HOURS),
    row("c2", **LOUDUN, nom="Tournesol", type="permanence", confidentialite="commune"),
    row("s1", **CIVRAY, nom="Foyer déclaré public", confidentialite="public", type="hebergement"),
    row("hz", **HIDDEN, nom="Zinnia", zone_eligibilite="79", reseaux="secret-79", langues="bas"),
]
QUERIES = (
    "",
    "departements=86",
    "departements=79",
    "communes=86078&autour=50",
    "types=permanence&types=hebergement",
    "reseaux=secret-79",
    "langues=bas",
    "langues=bas&sans_precision=non",
    "publics=femmes",
    "mots=zinnia",
    "mots=tournesol",
    "mots=tournesl",
    "mots=foyer",
    "mots=civray",
    "mots=accueil caché",
    "quand=jeudi-14:00-17:00",
    "quand=jeudi-14:00-17:00&inconnus=non",
    "apres=c1&limite=2",
    "tableur=oui",
    "discret=non&duree=un-an",
    "types=permanence&distance=50km&ouverture=jour",
    "aides=ecoute&distance=60min",
)


@pytest.fixture
def client() -> Client:
    return Client(routes.ROUTES)


def expected(name: str, query: str) -> bool:
    return {pair.partition("=")[0] for pair in query.split("&") if pair} <= {
        *FILES[name].parameters
    }


ASKED = [(name, query) for name in FILES for query in QUERIES if expected(name, query)]


def rows(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_other_rows_change_nothing_whatever_is_asked(client, on_list):
    """Neither what they hold, nor that they are there, nor how many: every byte is the same."""
    seen = []
    for listed in ([*PUBLIC, *OTHERS], PUBLIC):
        path = on_list(*listed)
        os.utime(path, (1_790_000_000, 1_790_000_000))
        seen.append(
            [
                (answer.status_code, answer.content, answer.headers.items())
                for name, query in ASKED
                for answer in [client.get(f"/donnees/{name}?{query}")]
            ]
        )
    for asked, with_others, without in zip(ASKED, *seen, strict=True):
        assert with_others == without, asked
    assert {status for status, _, _ in seen[0]} == {200}
    assert len({content for _, content, _ in seen[0]}) > 12


def test_opening_times_are_computed_only_where_they_are_asked_for(client, on_list, monkeypatch):
    """A program that takes a long list page by page asks nothing of its hours."""
    timetable, computed = results.timetable, []
    monkeypatch.setattr(
        results, "timetable", lambda *given: computed.append(1) or timetable(*given)
    )
    on_list(*PUBLIC)
    taken = rows(client.get("/donnees/services.csv?limite=4"))
    taken += rows(client.get(f"/donnees/services.csv?limite=4&apres={taken[-1]['id']}"))
    assert [one["id"] for one in taken] == sorted(one["id"] for one in PUBLIC)
    assert not computed
    client.get("/donnees/services.csv?quand=jeudi-14:10-17:20")
    assert computed


def test_only_known_columns_are_given(client, on_list):
    on_list(*PUBLIC)
    assert client.get("/donnees/services.csv").text.splitlines()[0] == ",".join(COLUMNS)
    assert "interne" not in client.get("/donnees/services.geojson").text
    header = client.get("/donnees/couverture.csv").text.splitlines()[0]
    assert header == ",".join(situation_files.HEADER)


def test_every_filter_of_the_pages_is_one_here_and_no_other():
    filters = {*filter_address.MANY, *filter_address.ONE}
    own = {*parameters.PAGE, *parameters.SPREADSHEET}
    assert {*FILES["services.csv"].parameters} - own == filters
    assert {*FILES["services.geojson"].parameters} - own == filters


WRONG = {
    "departements": "999",
    "communes": "Civray",
    "autour": "7",
    "quand": "demain",
    "limite": "0",
    "duree": "toujours",
    "discret": "1",
    "tableur": "yes",
    "mots": "a" * 201,
    "inconnus": "peut-être",
    "sans_precision": "0",
    "reseaux": "r" * 201,
    "distance": "900km",
    "ouverture": "mardi-25:00-26:00",
    "semaine": "2019-01-01",
    "qui": "chats",
    "apres": None,
}


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_value_is_refused_by_the_name_of_its_parameter(client, on_list, name):
    on_list(*PUBLIC)
    for parameter in FILES[name].parameters:
        wrong = WRONG.get(parameter, "<b>rien</b>")
        if wrong is not None:
            answer = client.get(f"/donnees/{name}", params={parameter: wrong})
            assert answer.status_code == 400, (parameter, answer.text)
            assert f"« {parameter} »" in answer.text
            assert "Écrire : " in answer.text
            assert answer.headers["content-type"].startswith("text/plain")
            assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("fiche=x", "« fiche » n’existe pas"),
        ("quand=2020-01-01T10:00", "moment passé"),
        ("autour=10", "va avec « communes »"),
        ("mots=a&mots=b", "« mots » ne se donne qu’une fois"),
        ("&".join(["types=mds"] * 101), "100 au plus"),
        ("limite=²", "« limite »"),
        ("limite=99999999999999999999", "« limite »"),
    ],
)
def test_what_cannot_be_meant_is_refused(client, on_list, query, said):
    on_list(*PUBLIC)
    answer = client.get(f"/donnees/services.csv?{query}")
    assert answer.status_code == 400
    assert said in answer.text


def test_a_question_of_nothing_measured_or_of_too_much_is_refused(client, on_list):
    on_list(*PUBLIC)
    shelters = client.get("/donnees/couverture.csv?types=hebergement")
    many = client.get(
        "/donnees/couverture.csv?" + "&".join(f"departements={n}" for n in range(10, 19))
    )
    assert (shelters.status_code, many.status_code) == (400, 400)
    assert "choisir un autre service" in shelters.text
    assert "« departements »" in many.text


def test_coverage_follows_a_territory_and_a_language_and_refuses_timetables(client, on_list):
    on_list(*({**one, "horaires_accueil": "We 14:00-17:00"} for one in PUBLIC))
    address = "/donnees/couverture.csv?departements=86"
    here = rows(client.get("/donnees/couverture.csv?territoire=Civray~86.078.061"))
    assert {one["code_insee"] for one in here} == {"86078", "86061"}
    counted = [
        sum(
            float(one["heures_possibles_par_semaine"])
            for one in rows(client.get(f"{address}{more}"))
        )
        for more in ("", "&langues=ar", "&distance=2kmpied")
    ]
    assert counted[0] >= counted[1] > counted[2] > 0
    timetables = client.get(f"{address}&distance=60minbus")
    assert timetables.status_code == 400
    assert "« distance »" in timetables.text


def test_the_public_part_of_a_complete_list_is_not_complete(client, on_list, monkeypatch):
    on_list(*PUBLIC, row("86-mds-cachee", **CIVRAY, confidentialite="commune"))
    monkeypatch.setenv("MAILLAGE_COMPLET", "86:*")
    address = "/donnees/couverture.csv?territoire=Civray~86.078&types=mds&distance=1km"
    (here,) = rows(client.get(address))
    assert here["liste_declaree_complete"] == "False"


def test_pages_follow_one_another_even_while_the_list_changes(client, on_list):
    on_list(*PUBLIC)
    whole = [one["id"] for one in rows(client.get("/donnees/services.csv"))]
    assert whole == sorted(one["id"] for one in PUBLIC)
    seen, address = [], "/donnees/services.csv?limite=2&reseaux=clav-86"
    while address:
        answer = client.get(address)
        seen += [one["id"] for one in rows(answer)]
        following = answer.links.get("next", {}).get("url")
        address = following and f"/donnees/services.csv{following}"
        if len(seen) == 2:
            on_list(row("a-first", **CIVRAY, reseaux="clav-86"), *PUBLIC)
    assert seen == whole


def test_an_answer_is_asked_again_for_nothing(client, on_list):
    on_list(*PUBLIC)
    first = client.get("/donnees/services.geojson")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, max-age=300"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get("/donnees/services.geojson", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    on_list(*PUBLIC[1:])
    changed = client.get("/donnees/services.geojson", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_part_is_given_as_programs_ask_for_it(client, on_list):
    on_list(*PUBLIC)
    whole = client.get("/donnees/services.csv")
    size, tag = len(whole.content), whole.headers["etag"]
    asked = {"bytes=0-9": (0, 10), "bytes=10-": (10, size), f"bytes=5-{size + 50}": (5, size)}
    for header, (start, end) in asked.items():
        part = client.get("/donnees/services.csv", headers={"Range": header, "If-Range": tag})
        assert part.status_code == 206
        assert part.content == whole.content[start:end]
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    for header in (f"bytes={size}-", "bytes=9-3", "bytes=-5", "bytes=0-1,3-4", "lines=1-2"):
        assert client.get("/donnees/services.csv", headers={"Range": header}).status_code == 200
    stale = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert client.get("/donnees/services.csv", headers=stale).content == whole.content


def test_reading_is_open_to_other_pages_and_writing_to_none(client, on_list):
    on_list(*PUBLIC)
    head = client.head("/donnees/services.csv")
    assert (head.status_code, head.headers["x-total-count"]) == (200, str(len(PUBLIC)))
    asked = {"Origin": "https://umap.example", "Access-Control-Request-Method": "GET"}
    options = client.options("/donnees/services.csv", headers=asked)
    assert options.headers["access-control-allow-origin"] == "*"
    assert options.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "access-control-allow-credentials" not in options.headers
    assert client.post("/donnees/services.csv").status_code == 405
    assert client.get("/donnees/autre.csv").status_code == 404


def test_too_many_at_once_are_told_to_come_back(client, on_list):
    on_list(*PUBLIC)
    for _ in range(routes.MOST_AT_ONCE):
        routes._turns.acquire()
    try:
        busy = client.get("/donnees/services.csv")
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
        assert busy.headers["cache-control"] == "no-store"
    finally:
        routes._turns.release(routes.MOST_AT_ONCE)
    for _ in range(routes.MOST_AT_ONCE + 1):  # a turn is given back, also after a refusal
        assert client.get("/donnees/services.csv?types=x").status_code == 400
    assert client.get("/donnees/services.csv").status_code == 200


def test_without_a_list_nothing_is_said_to_be_empty(client, tmp_path, monkeypatch):
    monkeypatch.setenv("MAILLAGE_SERVICES", str(tmp_path / "absent.csv"))
    assert client.get("/donnees/services.csv").status_code == 503


def test_a_table_for_a_spreadsheet_runs_no_formula(client, on_list):
    path = on_list(*PUBLIC, *(row(f"x{n}", nom=text) for n, text in enumerate(HOSTILE)))
    answer = client.get("/donnees/services.csv?tableur=oui")
    public = public_rows(service_list.load()).services
    assert path.exists()
    assert answer.content == exports.to_csv(public, excel=True)


@pytest.mark.parametrize("query", ["", "?limite=2&reseaux=clav-86"])
def test_a_workbook_keeps_codes_and_numbers_and_has_no_moment(client, on_list, query):
    on_list(row("ain", code_insee="01004", telephone="0474000001"), *PUBLIC)
    answer = client.get(f"/donnees/services.xlsx{query}")
    table = rows(client.get(f"/donnees/services.csv{query}"))
    workbook = openpyxl.load_workbook(io.BytesIO(answer.content))
    lines = workbook.active.iter_rows(values_only=True)
    names = next(lines)
    assert [dict(zip(names, line, strict=True)) for line in lines] == [
        {column: cell or None for column, cell in one.items()} for one in table
    ]
    # No moment of writing, so that the same rows have the same ETag in every process.
    assert {workbook.properties.created, workbook.properties.modified} == {datetime(1980, 1, 1)}


@pytest.mark.parametrize("name", ["services.csv", "couverture.csv"])
def test_the_types_of_the_columns_are_those_of_the_cells(client, on_list, name):
    on_list(*PUBLIC, row("point", **CIVRAY, latitude="46.1", longitude="0.29"))
    package = client.get("/donnees/datapackage.json").json()
    (table,) = (one for one in package["resources"] if one["path"] == name)
    booleans = {"True": True, "False": False}
    read = {"number": float, "string": str, "date": date.fromisoformat}
    read["boolean"] = booleans.__getitem__
    kinds = {field["name"]: field["type"] for field in table["schema"]["fields"]}
    found = rows(client.get(f"/donnees/{name}"))
    assert list(found[0]) == list(kinds)
    for one in found:
        for column, cell in one.items():
            assert not cell or read[kinds[column]](cell) is not None
    keys = [one[table["schema"]["primaryKey"]] for one in found]
    assert len(set(keys)) == len(keys)


def test_two_readers_of_calendars_read_the_subscription(client, on_list):
    on_list(*PUBLIC)
    answer = client.get("/donnees/permanences.ics?discret=non&duree=un-an")
    one = icalendar.Calendar.from_ical(answer.text)
    other = IcsCalendarStream.calendar_from_ics(answer.text)
    assert len(one.events) == len(other.events) == int(answer.headers["x-total-count"]) > 12
    assert {event.summary for event in other.events} == {"Accueil de Civray", "Accueil de Loudun"}
    discreet = client.get("/donnees/permanences.ics?duree=un-an").text
    assert "Accueil" not in discreet
    assert "SUMMARY:Rendez-vous" in discreet
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\nX-PUBLISHED-TTL:PT6H\r\n" in discreet


def test_a_calendar_too_long_ends_with_a_whole_day_and_says_so(client, on_list, monkeypatch):
    on_list(*PUBLIC)
    monkeypatch.setattr("pages.donnees.files.MOST_ENTRIES", 7)
    answer = client.get("/donnees/permanences.ics?duree=6-mois")
    entries = icalendar.Calendar.from_ical(answer.text).events
    by_day = {}
    for event in entries:
        by_day.setdefault(event.start.date(), []).append(event)
    assert 0 < len(entries) <= 7 < int(answer.headers["x-total-count"])
    assert set(map(len, by_day.values())) == {6}
    assert "Trop de dates" in answer.text


def test_the_description_names_every_address_column_and_parameter(client, on_list):
    on_list(*PUBLIC)
    described = client.get("/donnees/openapi.json").json()
    assert set(described["paths"]) == {f"/{name}" for name in FILES}
    feature = client.get("/donnees/services.geojson").json()["features"][0]
    schema = described["paths"]["/services.geojson"]["get"]["responses"]["200"]["content"]
    schema = schema["application/geo+json"]["schema"]["properties"]["features"]["items"]
    assert set(feature["properties"]) <= set(schema["properties"]["properties"]["properties"])
    page = client.get("/donnees/").text
    for name, file in FILES.items():
        asked = described["paths"][f"/{name}"]["get"]["parameters"]
        assert [one["name"] for one in asked] == list(file.parameters)
        assert all(f"<code>{parameter}</code>" in page for parameter in file.parameters)
    assert client.get("/donnees").headers["location"] == "donnees/"


@pytest.mark.skipif(OGRINFO is None, reason="no ogrinfo here (Debian package gdal-bin)")
def test_gdal_reads_the_address_itself(app):
    address = f"{app}/donnees/services.geojson?departements=86&types=commissariat"
    command = [OGRINFO, "-ro", "-so", "-al", f"/vsicurl/{address}"]
    read = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    features = httpx.get(address).json()["features"]
    assert f"Feature Count: {len(features)}" in read
    assert len(features) > 0


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_page_of_another_origin_reads_them_and_no_cookie_is_set(app, browser):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://localhost:{server.server_port}/")
        query = urlencode({"departements": "86", "limite": "2"})
        seen = page.evaluate(
            """async (address) => {
                const first = await fetch(address);
                const tag = first.headers.get("ETag");
                const headers = { "If-None-Match": tag };
                const again = await fetch(address, { headers, cache: "no-store" });
                const { features } = await first.json();
                return [features.length, first.headers.get("Link"), again.status];
            }""",
            f"{app}/donnees/services.geojson?{query}",
        )
        assert context.cookies() == []
        context.close()
        server.shutdown()
    assert seen[0] == 2
    assert 'rel="next"' in seen[1]
    assert seen[2] == 304


def test_the_page_about_them_has_the_strip_and_the_way_out(app, visit):
    page = visit(f"{app}/donnees/")
    assert page.locator(".bandeau a.quitter").is_visible()
    assert page.locator("html").get_attribute("lang") == "fr"
    link = page.get_by_role("link", name="services.geojson", exact=True)
    found = json.loads(page.request.get(f"{app}/donnees/{link.get_attribute('href')}").text())
    assert found["type"] == "FeatureCollection"
    assert (page.strangers, page.errors) == ([], [])
