"""The languages of the sheet: fixed phrases, hours read back, what stays French is marked."""

import csv
import io
import re
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pikepdf
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import hours, languages
from geodata.aids import ACCESS
from geodata.languages import Language, phrases, said
from geodata.paper import handout, network_sheet, poster
from geodata.paper._typesetting import Text, document, put, set_type, wrap
from geodata.paper.handout import Size, entries
from geodata.paper.poster import Kind, Territory
from geodata.services import ServiceType, read_services
from tests.conftest import ROOT
from tests.lists import CIVRAY, read, row

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
SHIPPED = read_services(ROOT / "services.csv").services
MONDAY = date(2026, 11, 16)
"""The first day of a week without a holiday, and of weeks that hold each weekday of a month."""

# Written by hand, not by CLDR.
WEEKDAYS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "pt": ("segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo"),
    "ro": "luni marți miercuri joi vineri sâmbătă duminică",
    "tr": "pazartesi salı çarşamba perşembe cuma cumartesi pazar",
    "ru": "понедельник вторник среда четверг пятница суббота воскресенье",
    "uk": "понеділок вівторок середа четвер пʼятниця субота неділя",
    "ar": "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
}
EVERY_DAY = {
    "en": "every day", "es": "todos los días", "pt": "todos os dias", "ro": "în fiecare zi",
    "tr": "her gün", "ru": "каждый день", "uk": "щодня", "ar": "كل يوم",
}  # fmt: skip
DAY_AND_NIGHT = {
    "en": "day and night", "es": "día y noche", "pt": "dia e noite", "ro": "zi și noapte",
    "tr": "gece gündüz", "ru": "круглосуточно", "uk": "цілодобово", "ar": "ليلا ونهارا",
}  # fmt: skip
MIDNIGHT = {
    "en": "midnight", "es": "medianoche", "pt": "meia-noite", "ro": "miezul nopții",
    "tr": "gece yarısı", "ru": "полночь", "uk": "північ", "ar": "منتصف الليل",
}  # fmt: skip
CLOSED = {
    "en": "closed: public holidays", "es": "cerrado: días festivos", "pt": "fechado: feriados",
    "ro": "închis: sărbători legale", "tr": "kapalı: resmî tatil günleri",
    "ru": "закрыто: официальные праздничные дни", "uk": "зачинено: офіційні святкові дні",
    "ar": "مغلق: أيام العطل الرسمية",
}  # fmt: skip
# What violence, victims, women and complaints are called: a discreet sheet has none of it.
TELLING = {
    "en": "violen|victim|wom[ae]n|abuse|assault|rape|shelter",
    "es": "violen|víctima|mujer|maltrat|agresi|refugio",
    "pt": "violên|vítima|mulher|maus-tratos|agress|abrigo",
    "ro": "violen|victim|femei|abuz|agres|adăpost",
    "tr": "şiddet|mağdur|kadın|taciz|saldırı|sığınma",
    "ru": "насили|жертв|женщин|побо|убежищ",
    "uk": "насильств|жертв|жінк|жіноч|побо|притул",
    "ar": "عنف|ضحي|نساء|امرأة|اعتداء|ملجأ",
}


@pytest.fixture
def paper():
    """A document with a page, whose typefaces are closed in the end."""
    pdf = document("", NOW)
    pdf.add_page()
    yield pdf
    pdf.output()


def services_of(*rows):
    return read(*rows).services


# --- the table ----------------------------------------------------------------------------


def test_every_phrase_has_all_eight_languages_and_the_blanks_of_the_french():
    with (ROOT / "geodata/data/phrases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(Language) == 8
    assert len({row["fr"] for row in rows}) == len(rows) == len(phrases())
    for line in rows:
        assert set(line) == {"fr", *map(str, Language)}
        assert all(line.values()), line["fr"]
        assert len({text.count("{}") for text in line.values()}) == 1, line["fr"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("without", "", 1).replace("Useful addresses", ""), "Adresses"),
        (lambda text: text + text.splitlines()[1] + "\n", "Adresses utiles"),
        (lambda text: text.replace("printed on {}", "printed"), "édité le"),
    ],
)
def test_a_table_that_lacks_something_stops_the_program(change, told, tmp_path, monkeypatch):
    path = tmp_path / "phrases.csv"
    text = (ROOT / "geodata/data/phrases.csv").read_text(encoding="utf-8")
    path.write_text(change(text), encoding="utf-8")
    monkeypatch.setattr(languages, "_PHRASES", path)
    with pytest.raises(ValueError, match=told):
        phrases.__wrapped__()


def test_whatever_is_fixed_on_the_sheet_is_in_the_table():
    fixed = {*ACCESS.values(), *(kind.facts.neutral for kind in ServiceType)}
    assert fixed | {"Numéro d’urgence", handout.TITLE} <= phrases().keys()


@pytest.mark.parametrize("language", Language)
def test_every_letter_of_the_table_is_in_a_typeface(language, paper):
    for words in phrases().values():
        assert paper.draws(words[language].replace("ʼ", "’")), words[language]
    names = [languages.weekday(day, language) for day in range(7)]
    names += [languages.month(month, language) for month in range(1, 13)]
    assert paper.draws("".join(names).replace("ʼ", "’"))


# --- hours, read back ---------------------------------------------------------------------


def read_back(text, language):
    """Return the minutes of each weekday that a text says, from words written by hand."""
    text = text.lower().replace("i̇", "i").replace("\u00a0", " ").replace("i\u0307", "i")
    names = WEEKDAYS[language].split()
    week = {day: set() for day in range(7)}
    for clause in re.split("[;؛]", text):
        if clause.strip() == CLOSED[language]:
            continue
        days_said, times_said = clause.split(": ", 1)
        days = set(range(7)) if days_said.strip() == EVERY_DAY[language] else set()
        # A weekday may begin another one's name, in Turkish: `cuma`, `cumartesi`.
        pattern = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
        found = list(re.finditer(pattern, days_said))
        days |= {names.index(match[0]) for match in found}
        for first, last in pairwise(found):
            if days_said[first.end() : last.start()].strip() in ("–", "إلى"):
                days |= set(range(names.index(first[0]), names.index(last[0]) + 1))
        if times_said.strip() == DAY_AND_NIGHT[language]:
            spans = {(0, 1440)}
        else:
            times_said = times_said.replace(MIDNIGHT[language], "24:00")
            moments = [60 * int(h) + int(m) for h, m in re.findall(r"(\d+):(\d\d)", times_said)]
            spans = set(zip(moments[::2], moments[1::2], strict=True))
        for day in days:
            week[day] |= spans
    return week


def meant(text):
    """Return the minutes of each weekday that the French sentence says."""
    week = {day: set() for day in range(7)}
    again = hours.understand(hours.describe(text))
    for day in range(7):
        start = MONDAY + timedelta(days=day)
        for low, high in hours.openings(again, start, start + timedelta(days=1)):
            minutes = 60 * low.hour + low.minute
            week[day].add((minutes, minutes + int((high - low).total_seconds() // 60)))
    return week


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "text",
    [
        "Mo-Fr 09:00-12:00,13:30-17:00",
        "Mo,We-Fr 09:00-12:30; Tu 14:00-16:30",
        "Sa 18:30-24:00; Mo 18:00-24:00",
        "Mo-Su 08:15-19:45",
        "24/7",
        "Tu-Fr 10:05-11:00; Sa,Su 14:00-15:00; PH off",
    ],
)
def test_hours_in_a_language_say_the_same_minutes_as_the_french(text, language):
    assert read_back(hours.translate(text, language), language) == meant(text)


slots = st.sampled_from(
    [(), (("09:00", "12:00"),), (("09:00", "12:00"), ("13:30", "17:15")), (("14:05", "24:00"),)]
)


@given(st.lists(slots, min_size=7, max_size=7).filter(any), st.sampled_from(Language))
@settings(max_examples=60)
def test_any_week_is_read_back(week, language):
    names = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
    text = "; ".join(
        f"{name} {','.join('-'.join(ends) for ends in spans)}"
        for name, spans in zip(names, week, strict=True)
        if spans
    )
    assert read_back(hours.translate(text, language), language) == meant(text)


def test_all_hours_of_the_shipped_list_can_be_said():
    texts = {text for text in SHIPPED["horaires_accueil"] if text}
    assert len(texts) > 40
    for text in texts:
        assert hours.translate(text, Language.EN), text
    weekly = [
        text for text in texts if not re.search(r"\[|20\d\d|off|unknown|\"", hours.understand(text))
    ]
    assert len(weekly) > 20
    for text in weekly:
        for language in Language:
            assert read_back(hours.translate(text, language), language) == meant(text)


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Fr[3] 14:00-17:00", "en", "Third Friday of the month: 14:00 – 17:00"),
        ("We[1],We[-1] 10:00-12:00", "ru", None),
        ("We[1] 10:00-12:00", "ru", "1-я среда месяца: 10:00 – 12:00"),
        ("Su[2] 10:00-12:00", "ru", "2-е воскресенье месяца: 10:00 – 12:00"),
        ("Sa[-1] 10:00-12:00", "pt", "Último sábado do mês: 10:00 – 12:00"),
        ("Tu[1] 10:00-12:00", "pt", "1.ª terça-feira do mês: 10:00 – 12:00"),
        ("Fr[3] 10:00-12:00", "uk", "3-тя пʼятниця місяця: 10:00 – 12:00"),
        ("Mo[1] 09:00-10:00", "ar", "يوم الاثنين الأول من كل شهر: من 09:00 إلى 10:00"),
        ("2026 Feb 17 10:00-12:00", "es", "Martes, 17 de febrero de 2026: 10:00 – 12:00"),
        ("Jul-Aug Mo-Fr 09:00-12:00", "ro", "Luni – vineri (iulie – august): 09:00 – 12:00"),
        ("Mo-Fr 09:00-12:00; Mo 14:00-16:00", "en",
         "Monday – Friday: 09:00 – 12:00; but Monday: 14:00 – 16:00"),
        ("Mo 20:00-26:00", "tr", "Pazartesi: 20:00 – ertesi gün 02:00"),
        ('Mo 09:00-12:00 "sur rendez-vous"', "es", "Lunes: 9:00 – 12:00 (con cita previa)"),
        ("Mo-Fr 09:00-12:00; SH,PH off", "en",
         "Monday – Friday: 09:00 – 12:00; closed: school holidays and public holidays"),
        # What has no words is not said at all.
        ('Mo 09:00-12:00 "sonner deux fois"', "en", ""),
        ("easter off; Mo 09:00-12:00", "en", ""),
        ("Mo 09:00-12:00 || unknown", "en", ""),
        ("2026-2027 Mo 09:00-12:00", "en", ""),
        ("Mo[-2] 09:00-12:00", "en", ""),
        ("week 10-20 Mo 09:00-12:00", "en", ""),
    ],
)  # fmt: skip
def test_hours_in_words(text, language, words):
    said_so = hours.translate(text, Language(language)).replace("\u00a0", " ")
    if words is None:
        assert said_so.count("месяца") == 2
    else:
        assert said_so == words


# --- the sheet ----------------------------------------------------------------------------

WHOLE = row(
    "a", **CIVRAY, adresse="12 rue du Commerce", telephone="05 49 00 00 01",
    acces="sans-rdv|sur-rdv|telephone|urgence",
    horaires_accueil="Tu[4] 14:00-17:00", horaires_precisions="Sonner à la porte bleue.",
    date_verification="2026-10-03",
)  # fmt: skip
EVERY_CASE = services_of(
    WHOLE,
    row("b", **CIVRAY, type="permanence"),
    row("c", **CIVRAY, type="association", confidentialite="commune", telephone="05 49 00 00 02"),
    row("d", type="hebergement", telephone="115", zone_eligibilite="86", date_source="2016"),
    row("e", type="ecoute", zone_eligibilite="france", horaires_accueil="24/7", acces="urgence"),
    row("f", **CIVRAY, telephone="17", horaires_accueil="2026 Feb 17 10:00-12:00",
        date_source="2027-01"),
    row("g", **CIVRAY, horaires_accueil='Mo 09:00-12:00 "deux fois"', date_source="2026-11-02"),
    row("h", **CIVRAY, telephone="17", horaires_precisions="Le mardi. " * 60),
)  # fmt: skip


def test_a_service_in_english():
    entry = entries(EVERY_CASE, NOW, language=Language.EN)[0]
    assert [text.words.replace("\u00a0", " ") for text in entry.beside] == [
        "Social services",
        "No appointment needed, by appointment, by phone, in an emergency",
        "Fourth Tuesday of the month: 14:00 – 17:00",
        "In French:",
        "Sonner à la porte bleue.",
        (
            "Next dates: Tuesday, 24 November 2026: 14:00 – 17:00; "
            "Tuesday, 22 December 2026: 14:00 – 17:00; Tuesday, 26 January 2027: 14:00 – 17:00"
        ),
        "Checked: 3 October 2026",
    ]
    assert [text.french for text in entry.beside].index(True) == 4


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("discreet", [True, False])
def test_what_stays_french_is_under_its_mark_and_nothing_else_is_french(language, discreet):
    said_by = entries(EVERY_CASE, NOW, discreet=discreet, language=language)
    assert len(said_by) == 8
    mark = languages.said("en français : {}", language, "").strip().casefold()
    french = 0
    for entry in said_by:
        assert entry.beside
        for before, text in zip([None, *entry.beside], entry.beside, strict=False):
            if text.french:
                french += 1
                assert before.words.casefold() == mark
                continue
            assert text.words.strip()
            if language in ("ru", "uk", "ar"):
                assert not re.search(r"[a-zéèàç]", text.words, re.IGNORECASE)
            assert text.words.casefold() not in {
                phrase.casefold() for phrase in phrases() if phrases()[phrase][language] != phrase
            }
    assert french == 2


@pytest.mark.parametrize("language", Language)
def test_a_discreet_sheet_tells_nothing_in_any_language(language):
    telling = re.compile(TELLING[language], re.IGNORECASE)
    assert telling.search(f"violence victim {TELLING[language].split('|')[0]}")
    shown = entries(SHIPPED, NOW, language=language)
    words = " ".join(text.words for entry in shown for text in entry.beside if not text.french)
    assert not telling.search(words)
    assert not telling.search(" ".join(handout.footer(NOW, language=language)))


@pytest.mark.parametrize("language", Language)
def test_the_emergency_numbers_are_the_french_ones(language):
    _, french = handout.footer(NOW, discreet=False)
    _, beside = handout.footer(NOW, discreet=False, language=language)
    assert re.findall(r"\d+", beside) == re.findall(r"\d+", french) == ["17", "114", "15", "112"]
    assert handout.footer(NOW, language=language)[1] == ""


def test_a_type_without_a_translation_stays_french_under_its_mark(monkeypatch):
    fewer = {phrase: words for phrase, words in phrases().items() if phrase != "Service social"}
    monkeypatch.setattr(languages, "phrases", lambda: fewer)
    first, second, *_ = entries(EVERY_CASE, NOW, language=Language.ES)[0].beside
    assert (first.words, second.words, second.french) == ("En francés:", "Service social", True)


# --- the file -----------------------------------------------------------------------------


@cache
def sheet(language, size=Size.A4):
    return handout.handout(
        EVERY_CASE, NOW, size=size, discreet=False, language=language, with_appointment=True
    )


def flat(text):
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.mark.parametrize("language", [language for language in Language if language != "ar"])
@pytest.mark.parametrize("size", Size)
def test_the_paper_says_both_languages(language, size):
    text = flat("".join(f"{page.extract_text()}\n" for page in reader(language, size).pages))
    shown = entries(EVERY_CASE, NOW, discreet=False, language=language)
    for entry in shown:
        beside = (words for words, *_ in entry.beside)
        for words in (entry.phone, entry.name, entry.hours, *beside):
            assert flat(words).replace("ʼ", "’") in text
    assert flat(handout.appointment(language)) in text
    assert "Rendez-vous le" in text
    assert "?" not in text


def reader(language, size):
    return pypdf.PdfReader(io.BytesIO(sheet(language, size)))


def marked_texts(content):
    """Return the replacement text of each marked content, in the order of the pages."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [
            str(operands[1]["/ActualText"])
            for page in pdf.pages
            for operands, operator in pikepdf.parse_content_stream(page)
            if str(operator) == "BDC" and "/ActualText" in operands[1]
        ]


@pytest.mark.parametrize("size", Size)
def test_the_arabic_can_be_read_whole_from_the_file(size):
    text = flat(" ".join(marked_texts(sheet(Language.AR, size))))
    for entry in entries(EVERY_CASE, NOW, discreet=False, language=Language.AR):
        for words in entry.beside:
            assert words.french or flat(words.words) in text
    assert "عناوين مفيدة" in text


@pytest.mark.parametrize("language", Language)
def test_no_letter_of_the_sheet_lacks_a_glyph(language):
    """Glyph 0 is what a typeface draws for a letter that it lacks."""
    with pikepdf.open(io.BytesIO(sheet(language))) as pdf:
        strings = 0
        for page in pdf.pages:
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) not in ("Tj", "TJ"):
                    continue
                parts = operands[0] if str(operator) == "TJ" else operands
                for part in parts:
                    if isinstance(part, pikepdf.String):
                        codes = bytes(part)
                        strings += 1
                        assert len(codes) % 2 == 0
                        assert b"\0\0" not in {codes[n : n + 2] for n in range(0, len(codes), 2)}
        assert strings > 50


def test_arabic_letters_are_joined_and_go_from_right_to_left(paper):
    set_type(paper, 12)
    assert paper.draws("بيت")
    alone = sum(map(paper.get_string_width, "بيت"))
    assert 0 < paper.get_string_width("بيت") < 0.9 * alone
    first = pypdf.PdfReader(io.BytesIO(sheet(Language.AR))).pages[0]
    places = []
    first.extract_text(visitor_text=lambda text, _, at, *__: places.append((text.strip(), at[4])))
    x = dict(places)
    # « Adresses utiles » is at the left margin, its translation ends at the right one.
    assert x["Adresses utiles"] < 100
    assert max(at for text, at in places if re.search("[\u0600-\u06ff]", text)) > 400


def glyphs(page):
    """Return the codes of the letters of each marked content, from left to right."""
    found = []
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "BDC":
            found.append(b"")
        if str(operator) in ("Tj", "TJ"):
            parts = operands[0] if str(operator) == "TJ" else operands
            found[-1] += b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
    return found


@pytest.mark.parametrize("words", ["اتصل 05 49 00 00 01", "05 49 00 00 01 اتصل"])
@pytest.mark.parametrize("lang", ["", "ar"])
def test_a_phone_number_among_arabic_words_is_not_turned_round(words, lang):
    pdf = document("", NOW)
    pdf.add_page()
    put(pdf, [Text("05 49 00 00 01", 12), Text(words, 12, lang=lang)], 10, 10, width=100)
    with pikepdf.open(io.BytesIO(bytes(pdf.output()))) as written:
        number, among = glyphs(written.pages[0])
    assert len(number) == 2 * 14
    assert number in among


def test_a_long_arabic_text_is_broken_between_words_as_it_is_read(paper):
    words = "كلمة " * 40 + "أخيرة"
    lines = wrap(paper, Text(words, 10, lang="ar"), 60)
    assert len(lines) > 3
    assert " ".join(line.words for line in lines) == words
    widths = [paper.get_string_width(line.words) for line in lines]
    assert max(widths) <= 60.5


def last_page(language, **options):
    content = handout.handout(EVERY_CASE, NOW, language=language, **options)
    return flat(pypdf.PdfReader(io.BytesIO(content)).pages[-1].extract_text())


@pytest.mark.parametrize(
    "name",
    ["بيت المرأة", "法国华人妇女协会", "Γυναικεία στέγη", "हिन्दी संस्था", "בית", "ქალთა სახლი"],
)
def test_a_name_prints_in_any_script_on_every_paper(name):
    services = services_of(WHOLE | {"nom": name, "reseaux": "reseau-x", "zone_eligibilite": "86"})
    territory = Territory(Kind.DEPARTEMENT, "86")
    papers = [
        handout.handout(services, NOW, discreet=False),
        network_sheet.sheet(services, "reseau-x", NOW.date()),
        poster.make(services, territory, ["a"], NOW.date(), discreet=False),
    ]
    for paper_made in papers:
        assert name in " ".join(marked_texts(paper_made))
        assert "?" not in pypdf.PdfReader(io.BytesIO(paper_made)).pages[0].extract_text()
    assert marked_texts(handout.handout(services, NOW)) == []
    assert marked_texts(poster.make(services, territory, ["a"], NOW.date())) == []


def test_the_line_for_an_appointment_is_blank_and_only_where_it_is_asked_for():
    for language in (None, Language.PT):
        plain, asked = (last_page(language, with_appointment=on) for on in (False, True))
        assert "Rendez-vous le" not in plain
        assert "Rendez-vous le à" in asked
    assert said("rendez-vous le {} à {}", Language.PT, "…", "…") == "marcação no dia … às …"
