"""Telephone numbers: parsed in one place for cards, papers, exports and checks."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import shortnumberinfo

from geodata.phones import Phone, key, mended, parse, shown, within, wrong
from geodata.services import read_services
from tests.conftest import ROOT

REGIONS = ("GP", "GF", "MQ", "RE", "YT", "FR")
NONE = [
    "", "/", "standard", "01 30 48 40", "00 30 48 40 27", "01 30 48 40 27 / 12",
    "+44 20 7946 0000", "01 30 48 40 27, poste 2", "０１３０４８４０２７", "05 49 ABCDEF",
    "(0)", "+", "+33", "9" * 5000, "05 49 00 00 01 02", "<b>17</b>", "17?", "+687 23 26",
    "+689 47 00 00", "1", "119 0",
]  # fmt: skip

numbers = st.one_of(
    st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True),
    st.sampled_from(["17", "114", "115", "119", "3919", "3018", "3977", "116006", "118218"]),
    st.from_regex(r"\+(687|681|508)[0-9]{6}|\+689[0-9]{8}", fullmatch=True),
).map(Phone)
cells = st.one_of(
    st.text(max_size=30),
    st.text("+0123456789 .-()/ou", max_size=24),
    st.lists(numbers, max_size=3).map(lambda many: " / ".join(map(str, many))),
)


@pytest.mark.parametrize(
    ("text", "keys", "said", "links"),
    [
        ("01.30.48.40.27", ["0130484027"], "01 30 48 40 27", ["tel:0130484027"]),
        ("+33 (0)1 30 48 40 27", ["0130484027"], "01 30 48 40 27", ["tel:0130484027"]),
        ("0033130484027", ["0130484027"], "01 30 48 40 27", ["tel:0130484027"]),
        ("0800 05 95 95", ["0800059595"], "0 800 05 95 95", ["tel:0800059595"]),
        ("0 899 70 01 23", ["0899700123"], "0 899 70 01 23", ["tel:0899700123"]),
        ("39 19", ["3919"], "3919", ["tel:3919"]),
        ("116006", ["116006"], "116 006", ["tel:116006"]),
        ("114", ["114"], "114", ["sms:114"]),
        ("+590 590 82 19 63", ["0590821963"], "05 90 82 19 63", ["tel:0590821963"]),
        ("0590-82-19-63", ["0590821963"], "05 90 82 19 63", ["tel:0590821963"]),
        ("+687 23.26.00", ["+687232600"], "+687 23 26 00", ["tel:+687232600"]),
        ("00689 40 47 00 00", ["+68940470000"], "+689 40 47 00 00", ["tel:+68940470000"]),
        (
            "01 30 48 40 27 ou 114 et 06 11 50 28 71",
            ["0130484027", "114", "0611502871"],
            "01 30 48 40 27 / 114 / 06 11 50 28 71",
            ["tel:0130484027", "sms:114", "tel:0611502871"],
        ),
    ],
)
def test_a_cell_is_read_shown_and_called(text, keys, said, links):
    read = parse(text)
    assert [phone.key for phone in read] == keys
    assert shown(text) == said
    assert [phone.link for phone in read] == links
    assert wrong(text) == ""


@pytest.mark.parametrize("text", NONE, ids=lambda text: text[:20])
def test_text_without_a_number_is_none(text):
    assert parse(text) == ()
    assert shown(text) == text
    assert bool(wrong(text)) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("549000001", "05 49 00 00 01"),
        ("33549000001", "05 49 00 00 01"),
        ("Tél. : O5.49.OO.OO.O1", "05 49 00 00 01"),
        ("05/49/00/00/01", "05 49 00 00 01"),
        ("49000001", None),
        ("oui", None),
        ("049000001", None),
    ],
)
def test_damage_by_a_spreadsheet_is_repaired_if_certain(text, number):
    assert (str(mended(text)) if mended(text) else None) == number


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Maison des femmes : 05 49 00 00 01, poste 2", ["0549000001"]),
        ("3919 ou le 17", ["3919", "17"]),
        ("05 49 00 00", []),
    ],
)
def test_numbers_are_found_in_a_text(text, keys):
    assert [phone.key for phone in within(text)] == keys


@given(numbers)
def test_a_number_is_read_back_from_each_of_its_forms(phone):
    assert parse(str(phone)) == parse(phone.international) == parse(phone.key) == (phone,)


@given(cells)
def test_any_text_parses_to_numbers_with_one_display_form_or_none(text):
    read = parse(text)
    assert parse(shown(text)) == read
    assert shown(shown(text)) == shown(text)
    assert key(shown(text)) == key(text)
    assert not (read and wrong(text))
    for phone in (*read, *within(text), *filter(None, [mended(text)])):
        assert phone.key.removeprefix("+").isascii()
        assert phone.key.removeprefix("+").isdigit()
        assert parse(str(phone)) == (phone,)


def reference(text: str) -> str:
    """Return a number in E.164 form from `phonenumbers`; a short number is unchanged.

    Overseas regions come first: the reference also accepts 0596 and 0269 for metropolitan France,
    and 08 numbers, which are national, for Guadeloupe.
    """
    for region in REGIONS if text.replace(" ", "")[:2] != "08" else ("FR",):
        read = phonenumbers.parse(text, region)
        fixed = phonenumbers.number_type(read) in _FIXED_OR_MOBILE
        if phonenumbers.is_valid_number(read) and (fixed or region == "FR"):
            return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)
    read = phonenumbers.parse(text, "FR")
    assert shortnumberinfo.is_valid_short_number_for_region(read, "FR"), text
    return str(read.national_number)


_FIXED_OR_MOBILE = (
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


@pytest.mark.parametrize(
    "text",
    [
        "+33 (0)1 30 48 40 27", "05 49 87 00 00", "06 11 50 28 71", "09 70 00 00 00",
        "0800 05 95 95", "0 825 12 34 56", "0590 82 19 63", "0690 35 12 34", "0594 28 91 00",
        "0694 20 12 34", "0596 39 91 00", "0696 20 12 34", "0262 90 47 00", "0692 12 34 56",
        "0269 61 80 00", "0639 69 12 34", "+590 590 82 19 63", "+262 269 61 80 00",
        "+687 23 26 00", "+689 40 47 00 00", "+681 72 25 00", "+508 41 15 00", "17", "15", "18",
        "112", "114", "115", "119", "116 006", "116 117", "3919", "3018", "3977", "3114", "3237",
    ],
)  # fmt: skip
def test_numbers_are_those_of_the_reference(text):
    (phone,) = parse(text)
    assert phone.international == reference(text)
    assert phone.international == reference(str(phone))


def test_every_number_of_the_shipped_list_is_one_for_the_reference_too():
    services = read_services(ROOT / "services.csv").services
    written = set(services["telephone"]) - {""}
    assert len(written) > 50
    for text in written:
        (phone,) = parse(text)
        assert phone.international == reference(text), text
