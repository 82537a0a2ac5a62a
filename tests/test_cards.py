"""The card of a service: location, state and hours, contacts."""

from datetime import datetime

import pandas as pd
import pytest

from pages.shared import cards
from pages.shared.clock import Moment
from pages.shared.service_list import PARIS
from tests.lists import CIVRAY, read, row
from tests.test_pages import on_list, open_page, press, texts, tuesday  # noqa: F401

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=PARIS)
SHELTER = {"type": "hebergement", "nom": "Le Toit", "telephone": "05 49 00 00 01"}
PUBLIC = {"adresse": "1 rue Visible", "latitude": "46.14", "longitude": "0.29"}


def said_of(**cells):
    return cards.place_words(read(row("a", **cells)).services.iloc[0])


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (CIVRAY | PUBLIC | {"confidentialite": "public"}, "adresse communiquée par téléphone"),
        (CIVRAY | {"confidentialite": "commune"}, "adresse communiquée par téléphone"),
        ({"zone_eligibilite": "86"}, "adresse communiquée par téléphone"),
        ({"zone_eligibilite": "86", "telephone": ""}, "lieu tenu secret"),
    ],
)
def test_a_shelter_has_no_place_whatever_its_level(cells, words):
    assert said_of(**(SHELTER | cells)) == f"Vienne, {words}"


def test_a_shelter_of_no_departement_begins_with_a_capital():
    said = said_of(**SHELTER, confidentialite="public", zone_eligibilite="france")
    assert said == "Adresse communiquée par téléphone"


def test_the_list_and_the_handout_of_a_public_shelter_hide_its_place(on_list):  # noqa: F811
    on_list([row("a", **SHELTER, **CIVRAY, **PUBLIC, confidentialite="public")])
    page = open_page()
    for words in (texts(page), texts(press(page, "Le Toit"))):
        assert "Vienne, adresse communiquée par téléphone" in words
        assert "Visible" not in words
        assert "Civray" not in words


@pytest.mark.parametrize(
    ("closing", "words"),
    [
        ("2026-11-24 17:30", " jusqu’à 17 h 30"),
        ("2026-11-25 00:00", " jusqu’à minuit"),
        ("2026-11-25 00:30", " jusqu’à demain à 0 h 30"),
    ],
)
def test_until_when(closing, words):
    moment = Moment(TUESDAY, TUESDAY)
    known = {"state": "open", "closing": pd.Timestamp(closing, tz=PARIS), "opening": pd.NaT}
    times = pd.Series(known | dict.fromkeys(("to_renew", "holiday"), False))
    service = read(row("a", **CIVRAY)).services.iloc[0]
    said = cards.state_words(service, times, moment=moment).replace("\u00a0", " ")
    assert said == f"ouvert{words}"


def test_half_an_hour_past_midnight_is_not_midnight():
    night = TUESDAY.replace(hour=0, minute=10)
    closing = pd.Timestamp("2026-11-24 00:30", tz=PARIS)
    assert cards._until(closing, Moment(night, night)).replace("\u00a0", " ") == " jusqu’à 0 h 30"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("3919", {"tel:3919": "3919"}),
        ("114", {"sms:114": "114"}),
        ("+33 5 49 00 00 01", {"tel:0549000001": "05 49 00 00 01"}),
        (
            "05 49 00 00 01 / 06 00 00 00 02",
            {"tel:0549000001": "05 49 00 00 01", "tel:0600000002": "06 00 00 00 02"},
        ),
        (
            "05 49 00 00 01 ou 114",
            {"tel:0549000001": "05 49 00 00 01", "sms:114": "114"},
        ),
        ("05 49 00 00 01, poste 2", {}),
        ("+33 (0)1 30 48 40 27", {"tel:0130484027": "01 30 48 40 27"}),
        ("05 49 00 00 01 /", {"tel:0549000001": "05 49 00 00 01"}),
        ("05 49 00 00", {}),
        ("<b>17</b>", {}),
        ("", {}),
    ],
)
def test_each_number_of_a_cell_is_a_link(text, links):
    html = cards.phone_link(text)
    assert html.count("<a ") == len(links)
    assert "<b>" not in html
    for address, number in links.items():
        assert f'<a href="{address}">{number}</a>' in html
