"""The page Permanences and the town halls: as drawn by the script, and in a browser."""

import re
from datetime import datetime
from pathlib import Path

import icalendar
import pytest
from holidays.countries.france import France
from playwright.sync_api import Page, expect

from pages.map import town_halls
from pages.shared import clock
from pages.shared.service_list import PARIS
from tests.conftest import PHONE, map_of, settled
from tests.lists import CIVRAY, HOSTILE, content, row
from tests.test_pages import open_page, press, texts, view

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=PARIS)
PAGE = "permanences.py"


@pytest.fixture(autouse=True)
def tuesday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: TUESDAY)


def drop_in(key, text="", **cells):
    return row(
        key, **({"type": "permanence", "nom": f"Chez {key}", "horaires_accueil": text} | cells)
    )


def cells(page) -> dict[str, str]:
    """Return the days with an event, as `décembre 2026 18` → `1`."""
    (html,) = [e.proto.body for e in page.get("html") if 'class="mois"' in e.proto.body]
    found = {}
    for month, table in re.findall(r"<caption>(.*?)</caption>(.*?)</table>", html):
        for day, rest in re.findall(r'class="numero">(\d+)</span>(.*?)</td>', table):
            counts = re.findall(r">(\d+)</span>", rest)
            if counts:
                found[f"{month} {day}".replace("\u00a0", " ")] = "+".join(counts)
    return found


def test_the_shipped_list_opens_on_four_weeks():
    page = open_page(PAGE)
    words = texts(page)
    assert "Ces quatre semaines : 27 permanences dans 8 communes" in words
    assert cells(page)["décembre 2026 18"] == "3"
    assert any("14 h – 17 h" in b.label.replace("\u00a0", " ") for b in page.button)
    assert "Dates à renouveler" in words
    assert "Horaires à demander" in words
    assert "fiches ont des horaires à demander" in words
    assert [box.label for box in page.sidebar.selectbox] == []


def test_openings_are_counted_by_day_and_place(on_list):
    on_list(
        drop_in("a", "Fr[3] 14:00-17:00", **CIVRAY),
        drop_in("b", "Fr 09:00-12:00", code_insee="86194", commune="Poitiers", telephone="0549"),
        drop_in(
            "c",
            "Fr[1] 18:00-20:00",
            type="association",
            confidentialite="departement",
            zone_eligibilite="86",
        ),
    )
    page = open_page(PAGE)
    assert "Ces quatre semaines : 6 permanences dans 2 communes" in texts(page)
    assert cells(page) == {
        "novembre 2026 27": "1",
        "décembre 2026 4": "1+1",
        "décembre 2026 11": "1",
        "décembre 2026 18": "2",
    }
    assert "Vienne, lieu tenu secret" in texts(page)
    page.segmented_control[0].set_value("lieu").run()
    words = texts(page)
    assert (
        words.index("Civray</h2>") < words.index("Poitiers</h2>") < words.index("Sans lieu connu")
    )
    assert "vendredi 18 décembre, 14 h – 17 h" in words


def test_openings_over_today_are_not_listed(on_list):
    on_list(
        drop_in("over", "2026 Nov 24 08:00-09:30", **CIVRAY),
        drop_in("now", "2026 Nov 24 09:00-11:00", **CIVRAY),
    )
    page = open_page(PAGE)
    assert "1 permanence dans 1 commune" in texts(page)
    assert "aujourd’hui, mardi 24 novembre" in texts(page)


def test_filters_are_those_of_the_map_but_for_the_time():
    page = open_page(PAGE, departements="71", quand="jeudi-14:00-17:00")
    assert "aucune date connue" in texts(page)
    assert "le département" in texts(page)
    assert page.query_params["departements"] == "71"
    assert page.query_params["quand"] == "jeudi-14:00-17:00"
    press(page, "Tout effacer")
    assert "27 permanences dans 8 communes" in texts(page)
    page.switch_page("carte.py").run()
    assert "469 services" in texts(page)


def test_a_filter_is_never_answered_with_another_one_s_dates(on_list):
    on_list(
        drop_in("a", "Fr[3] 14:00-17:00", **CIVRAY),
        drop_in("b", "Fr[3] 14:00-17:00", code_insee="78217", commune="Épône"),
    )
    for departement, name in (("86", "Chez a"), ("78", "Chez b")):
        labels = [b.label for b in open_page(PAGE, departements=departement).button]
        assert [label for label in labels if "Chez" in label and name not in label] == []
        assert any(name in label for label in labels)


def test_the_span_goes_up_to_a_year():
    page = open_page(PAGE)
    page.main.selectbox[0].set_value("un-an").run()
    assert "D’ici un an : 340 permanences dans 8 communes" in texts(page)
    assert page.query_params["duree"] == "un-an"
    assert len(cells(page)) == 192


def test_no_result_suggests_filters_to_remove():
    page = open_page(PAGE, departements="86", mots="introuvable")
    for words in (
        "Aucun service de la liste ne répond à toute cette demande",
        "les mots",
        "le département",
    ):
        assert words in texts(page)


def test_the_next_known_date_is_given_when_the_span_has_none(on_list):
    on_list(drop_in("a", "2027 Mar 02 10:00-12:00", **CIVRAY))
    words = texts(open_page(PAGE))
    assert "prochaine date connue : mardi 2 mars 2027 à 10 h" in words
    assert "la période" in words


def test_past_dates_and_unknown_hours_come_with_a_number_to_call(on_list):
    on_list(
        drop_in(
            "past",
            "2023 Oct 25 10:00-12:00",
            structure="Le bus",
            code_insee="78362",
            commune="Mantes-la-Ville",
        ),
        drop_in("asked", horaires_precisions="Un mercredi par mois", **CIVRAY),
        row(
            "desk",
            nom="Accueil du bus",
            type="association",
            structure="Le bus",
            code_insee="78361",
            telephone="01 02 03 04 05",
        ),
        row(
            "refuge",
            type="hebergement",
            structure="Le bus",
            zone_eligibilite="78",
            telephone="06 99 99 99 99",
        ),
    )
    words = texts(open_page(PAGE))
    renew, ask = words.index("25 octobre 2023"), words.index("Un mercredi par mois")
    assert "Dates à renouveler" in words
    assert "Horaires à demander" in words
    assert "01 02 03 04 05</a> (Accueil du bus)" in words[:ask]
    assert "</a> (mairie)" in words[renew:]
    assert "fermé" not in words.partition("Les mots de ce site")[0]
    assert "06 99 99 99 99" not in words


def to_call(page) -> list[str]:
    """Return the ids of the services to call on the page, in order."""
    keys = (button.key or "" for button in page.button)
    return [key.partition("_")[2] for key in keys if key.startswith(("demander_", "renouveler_"))]


def test_services_to_call_are_paged_by_ten(on_list):
    keys = [f"q{number:02}" for number in range(12)]
    on_list(*(drop_in(key, **CIVRAY) for key in reversed(keys)))
    page = open_page(PAGE)
    assert to_call(page) == keys[:10]
    for words in ("12 fiches ont des horaires", "Horaires à demander (12)", "1 à 10 sur 12"):
        assert words in texts(page)
    page.session_state["page_demander"] = 2
    assert to_call(page.run()) == keys[10:]
    assert "11 à 12 sur 12" in texts(page)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, ["78", "86", "asked"]),
        ({"departements": "86"}, ["86", "asked"]),
        ({"mots": "chez 78"}, ["78"]),
        ({"departements": "86", "mots": "chez 78"}, []),
    ],
)
def test_services_to_call_match_the_filters(on_list, query, ids):
    on_list(
        drop_in("78", "2023 Oct 25 10:00-12:00", code_insee="78362", commune="Mantes-la-Ville"),
        drop_in("86", "2023 Oct 25 10:00-12:00", code_insee="86194", commune="Poitiers"),
        drop_in("asked", **CIVRAY),
    )
    assert to_call(open_page(PAGE, **query)) == ids


def test_frequent_openings_are_paged_by_ten(on_list):
    keys = [f"d{number:02}" for number in range(11)]
    on_list(*(drop_in(key, "Mo-Fr 09:00-17:00", **CIVRAY) for key in keys))
    page = open_page(PAGE)
    assert "Plus tard, ou presque tous les jours (11)" in texts(page)
    assert "1 à 10 sur 11" in texts(page)
    assert sum((button.key or "").startswith("apres_") for button in page.button) == 10


def test_a_name_opens_its_sheet_and_back():
    page = press(open_page(PAGE), "CIDFF à Épône")
    assert page.query_params["fiche"] == "78-permanence-cidff-epone"
    assert "Pour qui" in texts(page)
    press(page, "Retour à la liste")
    assert "Pour qui" not in texts(page)


def test_the_stops_of_a_tour_are_linked_in_the_order_of_their_dates(on_list):
    place = {"structure": "Le bus", "type": "permanence"}
    on_list(
        row("z", nom="Bus, Trappes", code_insee="78621", **place),
        row(
            "b",
            nom="Bus, Mantes",
            code_insee="78361",
            horaires_accueil="2026 Dec 15 10:00-12:00",
            **place,
        ),
        row(
            "a",
            nom="Bus, Plaisir",
            code_insee="78490",
            horaires_accueil="2026 Dec 01 10:00-12:00",
            **place,
        ),
        row("s", nom="Bus, secret", confidentialite="departement", zone_eligibilite="78", **place),
        row("o", nom="Autre", code_insee="78217"),
    )
    page = open_page(PAGE)
    sent = view(page)
    assert sent["routes"] == [["a", "b", "z"]]
    assert {place[0] for place in sent["places"]} == {"a", "b", "z"}
    assert "3 arrêts, 2 à des dates connues" in texts(page)


def test_without_a_tour_there_is_no_map():
    assert not open_page(PAGE, departements="71").get("component_instance")


def test_the_map_has_no_route_and_no_town_hall_by_default():
    page = open_page()
    assert view(page)["routes"] == []
    assert view(page)["townHalls"] is False
    before = texts(page)
    next(box for box in page.checkbox if "Mairies" in box.label).check().run()
    assert view(page)["townHalls"] is True
    assert texts(page) == before


def test_a_broken_list_keeps_the_last_good_one(on_list):
    path = on_list(drop_in("a", "Fr[3] 14:00-17:00", **CIVRAY))
    assert "1 permanence" in texts(open_page(PAGE))
    path.write_text("n'importe quoi")
    page = open_page(PAGE)
    assert "La dernière liste lisible reste affichée" in texts(page)
    assert "1 permanence dans 1 commune" in texts(page)


def test_town_halls_are_described_and_unknown_hours_are_unknown():
    halls = town_halls.as_json("86").decode()
    assert halls.count("[") > 250
    assert "Le lundi" in halls
    assert town_halls.as_json("ZZ") is None
    assert town_halls.as_json("../86") is None
    assert town_halls.as_json("60").decode().count("Horaires inconnus : appeler avant") > 100


# --- in a browser -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dated(serve, tmp_path_factory) -> str:
    """The application with a list whose dates do not depend on the day of the test."""
    path = tmp_path_factory.mktemp("dated") / "services.csv"
    path.write_bytes(
        content(
            [
                drop_in("a", "Fr 14:00-17:00", telephone="01 02 03 04 05", **CIVRAY),
                drop_in("b", "Mo 09:00-12:00", code_insee="86194", commune="Poitiers"),
                *(
                    row(
                        key, nom=f"Bus {key}", type="permanence", structure="Le bus", code_insee=key
                    )
                    for key in ("78621", "78361", "78490")
                ),
            ]
        )
    )
    return serve(path)


def ready(page: Page) -> Page:
    expect(page.locator(".pied")).to_be_visible()
    settled(page)
    return page


def test_a_cold_server_opens_each_page_with_its_parameters(serve, visit):
    query = "?departements=86&duree=3-mois&par=lieu"
    page = ready(visit(f"{serve()}/permanences{query}"))
    expect(page.locator("table.mois").first).to_be_visible()
    expect(page.get_by_role("link", name="Permanences")).to_be_visible()
    assert (page.errors, page.strangers) == ([], [])
    for part in filter(None, query[1:].split("&")):
        assert part in page.url


def test_the_filters_of_the_map_are_those_of_the_page_and_back(app, visit):
    page = ready(visit(f"{app}/?departements=71&types=permanence&quand=jeudi-14:00-17:00"))
    page.get_by_role("link", name="Permanences").click()
    expect(page.get_by_text("aucune date connue")).to_be_visible()
    expect(page.get_by_label("Quand")).to_have_count(0)
    page.get_by_role("button", name="CCAS", exact=True).click()
    expect(page).to_have_url(re.compile("types=ccas"))
    settled(page)
    page.get_by_role("link", name="Carte").click()
    expect(page.get_by_label("Quand")).to_be_visible()
    for part in ("departements=71", "types=permanence", "types=ccas", "quand=jeudi-14"):
        expect(page).to_have_url(re.compile(part))


def test_the_month_is_a_table_that_is_read_aloud(dated, visit):
    page = ready(visit(f"{dated}/permanences"))
    table = page.locator("table.mois").first
    assert table.locator("caption").inner_text()
    assert table.locator("thead th[scope=col]").count() == 8
    assert table.locator("tbody th[scope=row]").count() >= 1
    expect(page.locator("table.mois td[aria-current=date]")).to_have_count(1)
    expect(page.locator("table.mois td img[alt=Permanences]").first).to_be_visible()
    assert page.strangers == []


def test_a_tour_is_drawn_with_its_route(dated, visit):
    page = ready(visit(f"{dated}/permanences"))
    frame = map_of(page)
    expect(frame.locator(".signe-carte")).to_have_count(3)
    frame.get_by_title(re.compile("Bus 78490")).click()
    expect(page.locator(".fiche h2")).to_contain_text("Bus 78490")
    assert page.errors == []


def test_the_order_and_the_span_live_in_the_address(dated, visit):
    page = ready(visit(f"{dated}/permanences"))
    page.get_by_role("radio", name="Par lieu").click()
    expect(page).to_have_url(re.compile("par=lieu"))
    expect(page.get_by_role("heading", name="Poitiers")).to_be_visible()
    settled(page)
    assert page.evaluate("history.length") <= 2


def test_on_a_phone_nothing_overflows(dated, visit):
    page = ready(visit(f"{dated}/permanences", size=PHONE))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    table = page.locator("table.mois").first.bounding_box()
    assert table["x"] + table["width"] <= PHONE["width"]


@pytest.mark.parametrize("discreet", [True, False])
def test_the_displayed_openings_are_exported_as_a_calendar(dated, visit, discreet):
    page = ready(visit(f"{dated}/permanences?departements=86"))
    page.get_by_role("button", name="Mettre dans un agenda").click()
    expect(page.get_by_text("peut être vue par une autre personne")).to_be_visible()
    if not discreet:
        page.get_by_text("Entrées discrètes").click()
        settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger l’agenda").click()
    name = "agenda" if discreet else "permanences-vienne"
    assert re.fullmatch(rf"{name}-\d{{4}}-\d\d-\d\d\.ics", download.value.suggested_filename)
    calendar = icalendar.Calendar.from_ical(Path(download.value.path()).read_bytes())
    names = {4: "Chez a", 0: "Chez b"}
    holidays = France()
    events = calendar.walk("VEVENT")
    assert {event.start.weekday() for event in events} == set(names)
    for event in events:
        name = "Rendez-vous" if discreet else names[event.start.weekday()]
        # The rows say nothing of public holidays.
        doubt = " (jour férié, à vérifier)" if event.start.date() in holidays else ""
        assert event["SUMMARY"] == f"{name}{doubt}"


def test_on_paper_there_is_no_map_no_side_bar_and_the_whole_list(dated, visit):
    page = ready(visit(f"{dated}/permanences"))
    page.emulate_media(media="print")
    expect(page.locator("table.mois").first).to_be_visible()
    for hidden in ('[data-testid="stSidebar"]', "iframe", ".stPopover", ".st-key-periode"):
        expect(page.locator(hidden).first).to_be_hidden()
    held = page.locator(".st-key-tenues")
    assert held.evaluate("e => e.scrollHeight - e.clientHeight") <= 1


def test_town_halls_are_optional_and_in_no_list(app, visit):
    page = ready(visit(f"{app}/?departements=86"))
    frame = map_of(page)
    before = page.locator(".st-key-liste").inner_text()
    assert frame.locator("[data-mairies]").count() == 0
    page.get_by_text("Mairies : accueil et orientation").click()
    frame.locator(".leaflet-container[data-mairies]").wait_for()
    assert int(frame.locator(".leaflet-container").get_attribute("data-mairies")) > 250
    frame.locator("body").evaluate(
        """() => map.eachLayer((dot) => {
          if (dot instanceof L.CircleMarker && !window.done) window.done = !!dot.openPopup();
        }) && 0"""
    )
    popup = frame.locator(".leaflet-popup")
    expect(popup).to_contain_text("DILA")
    expect(popup.locator("a[href^='tel:']")).to_have_count(1)
    settled(page)
    assert page.locator(".st-key-liste").inner_text() == before
    page.get_by_text("Mairies : accueil et orientation").click()
    expect(frame.locator(".leaflet-container")).to_have_attribute("data-mairies", "0")
    assert (page.errors, page.strangers) == ([], [])


def test_hostile_texts_neither_run_nor_break_the_page(serve, visit, tmp_path):
    path = tmp_path / "services.csv"
    free = ("nom", "structure", "adresse", "commune", "telephone", "horaires_precisions", "acces")
    more = ("publics", "description", "source", "lien_source", "date_source")
    rows = []
    for i, text in enumerate(HOSTILE):
        words = dict.fromkeys((*free, *more), text)
        tour = words | {"structure": "Le bus " + text, "nom": "Bus " + text}
        rows += [
            drop_in(f"h{i}{text}", "Mo,Fr 14:00-17:00", **(words | {"code_insee": "86078"})),
            drop_in(f"q{i}", **(words | {"code_insee": "86078"})),
            drop_in(f"r{i}", "2023 Oct 25 10:00-12:00", **(tour | {"code_insee": "78361"})),
            drop_in(f"t{i}", "2023 Oct 26 10:00-12:00", **(tour | {"code_insee": "78490"})),
        ]
    path.write_bytes(content(rows))
    page = ready(visit(f"{serve(path)}/permanences?duree=<img>&par={{{{1/0}}}}"))
    expect(page.locator("table.mois .tenue").first).to_be_visible()
    expect(page.get_by_role("heading", name="Horaires à demander")).to_be_visible()
    map_of(page)
    page.get_by_role("radio", name="Par lieu").click()
    expect(page).to_have_url(re.compile("par=lieu"))
    settled(page)
    page.locator(".st-key-tenues button").first.click()
    expect(page.locator(".fiche h2")).to_be_visible()
    assert (page.dialogs, page.errors, page.strangers) == ([], [], [])
    assert page.locator("img[src='x']").count() == 0
    assert page.get_by_test_id("stException").count() == 0


def test_a_weekly_drop_in_on_a_silent_public_holiday_is_to_check(on_list, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 20, 10, tzinfo=PARIS))
    on_list(drop_in("a", "Fr 14:00-17:00", **CIVRAY))
    page = open_page(PAGE)
    labels = [button.label for button in page.button]
    assert sum("jour férié, à vérifier" in label for label in labels) == 2  # 25 December, 1 January
