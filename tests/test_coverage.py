"""Coverage: three square communes checked by hand, laws, a plain loop, the shipped list."""

from datetime import date, time
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geodata import coverage as cov
from geodata.communes import chord_m, read_communes, to_xyz
from geodata.coverage import SLOT_CLASSES, DaysAndHours, SlotClass, Verdict
from geodata.points import positions
from geodata.services import read_services
from tests.lists import CIVRAY, read, row

ROOT = Path(__file__).parents[1]
MONDAY = date(2026, 11, 23)
ARMISTICE = date(2026, 11, 9)  # the 11th is the Wednesday
KM_NORTH = 1 / 111.15  # degrees of latitude, near 46.5° N
KM_EAST = 1 / 76.75  # degrees of longitude, there
OFFICE = "Mo-Fr 09:00-17:00; PH off"
EVENING = "Tu 18:00-20:00"


def squares(*populations: int | None) -> gpd.GeoDataFrame:
    """Return square communes of 10 km from west to east, each with its town hall in the middle."""
    lng = np.round(0.3 + 10 * KM_EAST * np.arange(len(populations)), 7)
    half = (5 * KM_EAST, 5 * KM_NORTH)
    codes = [f"8600{number}" for number in range(1, len(populations) + 1)]
    outlines = [shapely.box(x - half[0], 46.5 - half[1], x + half[0], 46.5 + half[1]) for x in lng]
    return gpd.GeoDataFrame(
        {
            "population": pd.array(populations, dtype="Int64"),
            "mairie": gpd.GeoSeries(gpd.points_from_xy(lng, [46.5] * len(lng)), crs="EPSG:4326"),
        },
        geometry=outlines,
        crs="EPSG:4326",
    ).set_axis(pd.Index(codes, name="code_insee"))


def at(key: str, km_east: float, hours: str = "", km_north: float = 0, **cells: str):
    """Return a service at a position (km east, km north) from the first town hall."""
    place = {
        "latitude": f"{46.5 + km_north * KM_NORTH:.7f}",
        "longitude": f"{0.3 + km_east * KM_EAST:.7f}",
        "code_insee": "86001",
    }
    return row(key, **place, horaires_accueil=hours, **cells)


def listed(*rows) -> gpd.GeoDataFrame:
    services = read(*rows).services
    assert len(services) == len(rows)
    return services


COMMUNES = squares(1000, 3000, 6000)
NOBODY = listed(at("s", 0)).iloc[:0]
# An office in the first square, an evening in the second, unknown hours 12 km east of the third.
SERVICES = listed(at("bureau", 0, OFFICE), at("soir", 10, EVENING), at("muet", 32))


# --- by hand ------------------------------------------------------------------------------


def test_the_squares_have_the_stated_size():
    apart = chord_m(positions(COMMUNES["mairie"])[:-1], positions(COMMUNES["mairie"])[1:])
    assert apart == pytest.approx(10_000, rel=1e-3)


def test_distances():
    assert cov.nearest_m(COMMUNES, SERVICES).tolist() == pytest.approx([0, 0, 10_000], rel=1e-3)
    assert cov.nearest_m(COMMUNES, SERVICES.loc[["bureau"]]).tolist() == pytest.approx(
        [0, 10_000, 20_000], rel=1e-3
    )


@pytest.mark.parametrize(
    ("radius_m", "counts", "share"),
    [
        (0, [1, 1, 0], 0.4),
        (9_000, [1, 1, 0], 0.4),
        (11_000, [2, 2, 1], 1),
        (12_500, [2, 2, 2], 1),
        (25_000, [2, 3, 3], 1),
        (1e6, [3, 3, 3], 1),
    ],
)
def test_services_within_a_radius(radius_m, counts, share):
    found = cov.service_count(COMMUNES, SERVICES, radius_m=radius_m)
    assert found.tolist() == counts
    assert found.index.equals(COMMUNES.index)
    assert cov.covered_share(COMMUNES, SERVICES, radius_m=radius_m) == pytest.approx(share)


def test_each_commune_may_have_its_own_radius():
    radii = pd.Series([11_000, 9_000, 9_000], index=COMMUNES.index)
    shuffled = radii.sample(frac=1, random_state=3)
    assert cov.service_count(COMMUNES, SERVICES, radius_m=shuffled).tolist() == [2, 1, 0]


@pytest.mark.parametrize(("q", "km"), [(0, 0), (0.1, 0), (0.11, 10), (0.4, 10), (0.5, 20), (1, 20)])
def test_quantiles_of_distance_count_people(q, km):
    found = cov.distance_quantile(COMMUNES, SERVICES.loc[["bureau"]], q=q)
    assert found == pytest.approx(1000 * km, rel=1e-3)


@pytest.mark.parametrize(("q", "measure"), [(0, 1), (0.6, 1), (0.61, 7), (1, 7)])
def test_a_quantile_counts_those_who_have_a_measure(q, measure):
    measures = pd.Series([7.0, 5.0, 1.0, np.nan])
    people = pd.Series([4, None, 6, 100], dtype="Int64")
    assert cov.weighted_quantile(measures, people, q=q) == measure
    assert np.isnan(cov.weighted_quantile(measures[3:], people[3:], q=q))


def test_the_worst_communes_come_first_and_ties_by_population():
    assert list(cov.worst(COMMUNES, SERVICES, limit=2).index) == ["86003", "86002"]
    assert cov.worst(COMMUNES, NOBODY).empty


def test_gini_and_lorenz():
    measure = pd.Series([0.0, 10.0, 30.0], index=COMMUNES.index)
    people = pd.Series([1000, 1000, 2000], index=COMMUNES.index)
    curve = cov.lorenz(measure, people)
    assert curve["population_share"].tolist() == [0, 0.25, 0.5, 1]
    assert curve["measure_share"].tolist() == pytest.approx([0, 0, 1 / 7, 1])
    # Area under the curve: 0 + (0 + 1/7)/8 + (1/7 + 1)/4 = 17/56.
    assert cov.gini(measure, people) == pytest.approx(1 - 2 * 17 / 56)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_equal_supply_has_a_gini_of_zero(value):
    same = pd.Series(value, index=COMMUNES.index)
    assert cov.gini(same, COMMUNES["population"]) == pytest.approx(0)


def test_what_is_not_measured_is_not_shared():
    measure = pd.Series([5.0, np.nan, 5.0, 99.0], index=list("abcd"))
    people = pd.Series([1, 9, 1, None], index=list("abcd"), dtype="Int64")
    assert cov.gini(measure, people) == pytest.approx(0)


@pytest.mark.parametrize(
    ("radius_m", "hours", "possible"),
    [(9_000, [40, 2, 0], [40, 2, 0]), (11_000, [42, 42, 2], [42, 42, 2]),
     (12_500, [42, 42, 2], [42, 42, 168])],
)  # fmt: skip
def test_hours_of_a_week_with_a_service_open(radius_m, hours, possible):
    for unknown, expected in ((False, hours), (True, possible)):
        asked = {"radius_m": radius_m, "monday": MONDAY, "unknown": unknown}
        assert cov.open_hours(COMMUNES, SERVICES, **asked).tolist() == expected
        shares = cov.open_share(COMMUNES, SERVICES, **asked)
        assert shares.tolist() == pytest.approx([hour / 168 for hour in expected])
        assert shares.index.equals(COMMUNES.index)


def test_a_class_of_hours():
    evening = SLOT_CLASSES[SlotClass.SOIR]
    asked = {"radius_m": 9_000, "monday": MONDAY, "slots": evening}
    assert cov.open_share(COMMUNES, SERVICES, **asked).tolist() == pytest.approx([0, 2 / 20, 0])
    assert cov.covered_share(COMMUNES, SERVICES, **asked) == pytest.approx(0.3)
    assert cov.covered_share(
        COMMUNES, SERVICES, radius_m=12_500, monday=MONDAY, slots=evening
    ) == pytest.approx(1)


@pytest.mark.parametrize(
    ("hours", "gap"),
    [
        (OFFICE, 64),  # Friday 17 h to Monday 9 h
        (EVENING, 166),
        ("24/7", 0),
        ("Mo-Su 08:00-20:00", 12),
        ("Mo 00:00-01:00; Su 23:00-24:00", 166),
        ("", 168),
    ],
)
def test_the_longest_time_without_a_service(hours, gap):
    services = listed(at("s", 0, hours))
    found = cov.longest_gap_h(COMMUNES, services, radius_m=1_000, monday=MONDAY)
    assert found.tolist() == [gap, 168, 168]


def test_unknown_hours_may_leave_no_gap():
    found = cov.longest_gap_h(
        COMMUNES, listed(at("s", 0)), radius_m=1_000, monday=MONDAY, unknown=True
    )
    assert found.tolist() == [0, 168, 168]


def test_the_week_hour_by_hour():
    services = listed(at("bureau", 0, "Mo 09:00-10:30"), at("soir", 20, "Mo 10:00-11:00"))
    shares = cov.covered_by_hour(COMMUNES, services, radius_m=1_000, monday=MONDAY)
    assert shares.shape == (7, 24)
    assert shares.loc[0, [8, 9, 10, 11]].tolist() == pytest.approx([0, 0.1, 0.6 + 0.05, 0])
    assert shares.loc[1:].to_numpy().max() == 0


def test_verdicts_distinguish_unknown_from_none():
    communes = squares(10, 10, 10, 10)
    services = listed(at("ouvert", 0, EVENING), at("muet", 10), at("ferme", 20, OFFICE))
    asked = {"radius_m": 1_000, "monday": MONDAY, "slots": SLOT_CLASSES[SlotClass.SOIR]}
    assert cov.verdict(communes, services, **asked).tolist() == [
        Verdict.COUVERT,
        Verdict.SANS_INFORMATION,
        Verdict.FERME,
        Verdict.SANS_SERVICE,
    ]
    bare = cov.verdict(communes, services, radius_m=1_000)
    assert bare.tolist() == [Verdict.COUVERT] * 3 + [Verdict.SANS_SERVICE]
    assert all(isinstance(answer, Verdict) for answer in bare)


def test_supply_per_inhabitant():
    """Two services, rings of 7 and 14 km with weights 1 and 0.5, worked out by hand.

    Demand at a (square 1): 1000 + 0.5 × 3000 = 2500, so 100 / 2500 = 0.04 an inhabitant.
    Demand at c (square 3): 6000 + 0.5 × 3000 = 7500, so 300 / 7500 = 0.04.
    Square 2 is in the second ring of both: 0.5 × 0.04 + 0.5 × 0.04.
    """
    services = listed(at("a", 0), at("c", 20))
    found = cov.supply_per_inhabitant(
        COMMUNES,
        services,
        supply=pd.Series({"c": 300, "a": 100}),
        radius_m=14_000,
        weights=(1, 0.5),
    )
    assert found.tolist() == pytest.approx([0.04, 0.04, 0.04])


def test_supply_as_pysal_access_gives_it():
    """Four services, rings of 10 km weighing 1, 0.68 and 0.22; town halls are 10,002 m apart.

    Demand at a: 1000 + 0.68 × 3000 + 0.22 × 6000 = 4360; at b and c: 0.68 × 1000 + 3000 + 6000 =
    9680; at d, which the third square alone reaches: 0.22 × 6000 = 1320. The first square then has
    2016 / 4360 + 0.68 × (69 + 8) / 9680. The numbers are those of `access` 1.1.10.
    """
    services = listed(at("a", 0), at("b", 12), at("c", 19), at("d", 45))
    supply = pd.Series([2016, 69, 8, 500], index=services.index)
    found = cov.supply_per_inhabitant(COMMUNES, services, supply=supply, radius_m=30_000)
    assert found.tolist() == pytest.approx([0.4677944120, 0.3223765638, 0.1930126494], rel=1e-9)


def test_what_is_served_is_the_same_all_supply():
    services = listed(at("a", 1), at("b", 12), at("c", 19))
    supply = pd.Series([2016.0, 69.0, 8.0], index=services.index)
    found = cov.supply_per_inhabitant(COMMUNES, services, supply=supply, radius_m=60_000)
    assert (found * COMMUNES["population"]).sum() == pytest.approx(supply.sum())


def test_an_estimate_that_hangs_on_the_detour():
    # At 55 km/h, 30 minutes lead 27.5 km by road: 22.9 km straight with 1.2, 18.3 km with 1.5.
    distance_m = pd.Series([18_000, 20_000, 23_000, np.nan], index=list("abcd"))
    density = pd.Series(20.0, index=list("abcd"))
    found = cov.changes_in_band(distance_m, density, minutes=30)
    assert found.to_dict() == {"a": False, "b": True, "c": False, "d": False}


# --- time ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hours", "first", "last"),
    [
        (SlotClass.JOUR, 50, "lundi 8", "vendredi 17"),
        (SlotClass.SOIR, 20, "lundi 18", "vendredi 21"),
        (SlotClass.NUIT, 56, "lundi 0", "dimanche 23"),
        (SlotClass.WEEK_END, 32, "samedi 6", "dimanche 21"),
    ],
)
def test_classes_of_hours(name, hours, first, last):
    days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
    bits = np.flatnonzero(np.unpackbits(SLOT_CLASSES[name].view(np.uint8), bitorder="little"))
    assert len(bits) == 4 * hours
    ends = [f"{days[bit // 96]} {bit % 96 // 4}" for bit in (bits[0], bits[-1])]
    assert ends == [first, last]
    assert name.label


@given(
    st.sets(st.integers(0, 6), min_size=1),
    *[
        st.times(timezones=st.none()).map(
            lambda t: t.replace(minute=t.minute // 15 * 15, second=0, microsecond=0)
        )
    ]
    * 2,
)
def test_days_and_hours_are_read_as_they_are_written(weekdays, start, end):
    assume(start != end)
    asked = DaysAndHours(tuple(weekdays), start, end)
    assert DaysAndHours.parse(str(asked)) == asked


def test_days_and_hours_are_those_quarter_hours():
    evenings = DaysAndHours.parse("lundi,mardi,mercredi,jeudi,vendredi-18:00-22:00")
    assert (cov.slots_of(evenings) == SLOT_CLASSES[SlotClass.SOIR]).all()
    nights = DaysAndHours(tuple(range(7)), time(22), time(6))
    assert (cov.slots_of(nights) == SLOT_CLASSES[SlotClass.NUIT]).all()
    tuesday = cov.slots_of(DaysAndHours.parse("mardi-18:30-00:00"))
    bits = np.flatnonzero(np.unpackbits(tuesday.view(np.uint8), bitorder="little"))
    assert bits.tolist() == list(range(96 + 74, 2 * 96))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mardi",
        "mardi-18:00",
        "mardi-18:00-18:00",
        "-1:00-2:00",
        "zut-18:00-22:00",
        "mardi-18:00-25:00",
        "mardi-18:00-22:00-23:00",
        "mardi-18:00-18:05",
        "mardi-18:00:30-22:00",
    ],
)
def test_other_texts_are_no_days_and_hours(text):
    with pytest.raises(ValueError, match=r"."):
        DaysAndHours.parse(text)


def test_classes_of_hours_are_apart_and_cannot_be_changed():
    masks = list(SLOT_CLASSES.values())
    assert not any((a & b).any() for n, a in enumerate(masks) for b in masks[:n])
    with pytest.raises(ValueError, match="read-only"):
        masks[0][0] = 0


def test_a_sunday_night_ends_on_monday():
    night = cov.slots_between([6], 22, 6)
    bits = np.flatnonzero(np.unpackbits(night.view(np.uint8), bitorder="little"))
    assert bits.tolist() == [*range(24), *range(664, 672)]


@pytest.mark.parametrize(
    ("after", "monday"),
    [
        (date(2026, 11, 2), date(2026, 11, 2)),
        (date(2026, 11, 3), date(2026, 11, 16)),
        (date(2026, 12, 22), date(2027, 1, 4)),
        (date(2026, 5, 1), date(2026, 5, 18)),
    ],
)
def test_a_typical_week_has_no_holiday(after, monday):
    assert cov.typical_monday(after) == monday


@pytest.mark.parametrize(
    ("hours", "certain", "possible"),
    [
        ("Mo-Fr 09:00-17:00", 32, 40),  # 11 November not mentioned: unknown
        (OFFICE, 32, 32),
        ("Mo-Fr,PH 09:00-17:00", 40, 40),
        ("24/7", 168, 168),
        ("2026 Nov 11 10:00-12:00", 2, 98),  # dates to renew: unknown from Thursday on
        ("", 0, 168),
    ],
)
def test_hours_silent_on_a_public_holiday_are_unknown_then(hours, certain, possible):
    services = listed(at("s", 0, hours))
    for unknown, expected in ((False, certain), (True, possible)):
        words = cov.service_slots(services, ARMISTICE, unknown=unknown)
        assert np.bitwise_count(words).sum() / 4 == expected


def test_holidays_are_those_of_the_service_s_departement():
    good_friday_week = date(2026, 3, 30)
    services = listed(
        row("57", code_insee="57463", horaires_accueil="Fr 09:00-17:00"),
        row("86", **CIVRAY, horaires_accueil="Fr 09:00-17:00"),
    )
    words = cov.service_slots(services, good_friday_week)
    assert np.bitwise_count(words).sum(axis=1).tolist() == [0, 32]


@pytest.mark.parametrize(
    ("hours", "certain", "possible"),
    [
        (OFFICE, 2016, 2016),  # 261 weekdays of 2026, 9 of them public holidays
        ("Mo-Fr 09:00-17:00", 2016, 2088),
        ("Jan,Apr,Jul,Oct Tu[1] 14:00-16:00", 8, 8),
        ("24/7", 8760, 8760),
        ("2026 Dec 31 10:00-12:00; 2027 Jan 1 10:00-12:00", 2, 2),
        ("", 0, 8760),
    ],
)
def test_hours_of_a_year(hours, certain, possible):
    services = listed(at("a", 0, hours), at("b", 0, "24/7"), at("c", 0, hours))
    for unknown, expected in ((False, certain), (True, possible)):
        found = cov.yearly_hours(services, 2026, unknown=unknown)
        assert found.to_dict() == {"a": expected, "b": 8760, "c": expected}


def test_cached_hours_cannot_be_changed():
    services = listed(at("a", 0, OFFICE), at("b", 0, EVENING))
    for unknown in (False, True):
        spoilt = cov.service_slots(services, MONDAY, unknown=unknown)
        before = spoilt.copy()
        spoilt[:] = 0
        again = cov.service_slots(services[::-1], MONDAY, unknown=unknown)
        assert np.array_equal(again, before[::-1])


# --- hidden, missing or invalid data ------------------------------------------------------


HIDDEN = [
    at("refuge", 0, "24/7", type="ecoute"),
    row("abri", type="hebergement", nom="Abri", code_insee="86001", horaires_accueil="24/7"),
    row("abri-commune", type="hebergement", nom="A", confidentialite="commune", **CIVRAY),
    row("secret", type="association", confidentialite="departement", **CIVRAY),
    row("tu", type="hebergement", confidentialite="non_publie", zone_eligibilite="86"),
    row("nulle-part", type="association"),
]


@cache
def civray() -> gpd.GeoDataFrame:
    return read_communes(["86"]).loc[["86078"], list(COMMUNES.columns)]


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda cells: cells["id"])
def test_services_that_must_not_be_measured_never_count(hidden):
    services = listed(hidden)
    communes = pd.concat([COMMUNES, civray()])
    assert cov.nearest_m(communes, services).isna().all()
    assert cov.service_count(communes, services, radius_m=1e6).eq(0).all()
    assert cov.covered_share(communes, services, radius_m=1e6) == 0
    assert cov.covered_share(communes, services, radius_m=1e6, monday=MONDAY, unknown=True) == 0
    assert cov.open_share(communes, services, radius_m=1e6, monday=MONDAY, unknown=True).eq(0).all()
    supply = pd.Series(1000, index=services.index)
    assert cov.supply_per_inhabitant(communes, services, supply=supply, radius_m=1e6).eq(0).all()
    pairs = pd.MultiIndex.from_product([communes.index, services.index])
    assert len(cov.reach_of_pairs(communes, services, pairs).pairs()[0]) == 0


def every_measure(communes, services):
    asked = {"radius_m": 20_000, "monday": MONDAY}
    supply = pd.Series(100.0, index=services.index)
    return {
        "nearest_m": cov.nearest_m(communes, services),
        "service_count": cov.service_count(communes, services, radius_m=20_000),
        "open_hours": cov.open_hours(communes, services, **asked),
        "open_share": cov.open_share(communes, services, **asked),
        "longest_gap_h": cov.longest_gap_h(communes, services, **asked),
        "verdict": cov.verdict(communes, services, **asked),
        "supply": cov.supply_per_inhabitant(communes, services, supply=supply, radius_m=20_000),
    }


def test_without_communes_there_is_nothing():
    none = COMMUNES.iloc[:0]
    assert all(measure.empty for measure in every_measure(none, SERVICES).values())
    assert np.isnan(cov.covered_share(none, SERVICES, radius_m=20_000))
    assert np.isnan(cov.distance_quantile(none, SERVICES, q=0.5))
    assert cov.covered_by_hour(none, SERVICES, radius_m=20_000, monday=MONDAY).isna().all(axis=None)


def test_without_services_no_one_is_covered():
    found = every_measure(COMMUNES, NOBODY)
    assert found["nearest_m"].isna().all()
    assert found["verdict"].eq(Verdict.SANS_SERVICE).all()
    assert found["longest_gap_h"].eq(168).all()
    for name in ("service_count", "open_hours", "open_share", "supply"):
        assert found[name].eq(0).all(), name
    assert cov.covered_share(COMMUNES, NOBODY, radius_m=20_000) == 0
    assert (
        cov.covered_by_hour(COMMUNES, NOBODY, radius_m=20_000, monday=MONDAY).eq(0).all(axis=None)
    )


def test_a_commune_without_a_town_hall_has_no_measure_and_is_in_no_share():
    communes = squares(1000, 3000, 6000)
    communes.loc["86003", "mairie"] = None
    communes.loc["86003", "geometry"] = None
    for name, measure in every_measure(communes, SERVICES).items():
        assert pd.isna(measure["86003"]), name
        assert measure.drop("86003").notna().all(), name
    assert cov.covered_share(communes, SERVICES.loc[["bureau"]], radius_m=1_000) == 0.25


def test_a_commune_without_inhabitants_is_measured_and_weighs_nothing():
    communes = squares(1000, None, 0)
    assert all(measure.notna().all() for measure in every_measure(communes, SERVICES).values())
    assert cov.covered_share(communes, SERVICES.loc[["soir"]], radius_m=1_000) == 0
    assert np.isnan(cov.covered_share(squares(None, 0), SERVICES, radius_m=1_000))


def test_supply_without_demand_gives_nothing():
    found = cov.supply_per_inhabitant(
        squares(0, 0), SERVICES, supply=pd.Series(9.0, index=SERVICES.index), radius_m=20_000
    )
    assert found.tolist() == [0, 0]


@pytest.mark.parametrize("radius_m", [-1, float("nan"), pd.Series({"86001": 5.0})])
def test_an_invalid_radius(radius_m):
    with pytest.raises(ValueError, match="rayon"):
        cov.service_count(COMMUNES, SERVICES, radius_m=radius_m)


def test_a_repeated_name_is_refused():
    with pytest.raises(ValueError, match="La commune « 86001 » figure deux fois"):
        cov.nearest_m(pd.concat([COMMUNES, COMMUNES]), SERVICES)
    with pytest.raises(ValueError, match="Le service « bureau » figure deux fois"):
        cov.service_count(COMMUNES, pd.concat([SERVICES, SERVICES]), radius_m=1)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "radius_m ou reach"),
        ({"radius_m": 1, "reach": cov.reach(COMMUNES, SERVICES, radius_m=1)}, "radius_m ou reach"),
        ({"reach": cov.reach(COMMUNES, SERVICES.iloc[:1], radius_m=1)}, "voisinage"),
        ({"radius_m": 1, "slots": SLOT_CLASSES[SlotClass.SOIR]}, "lundi"),
        ({"radius_m": 1, "monday": date(2026, 11, 24)}, "24/11/2026"),
        ({"radius_m": 1, "monday": MONDAY, "slots": cov.slots_between([], 0, 24)}, "créneau"),
    ],
)
def test_questions_that_have_no_answer(asked, message):
    with pytest.raises(ValueError, match=message):
        cov.covered_share(COMMUNES, SERVICES, **asked)


@pytest.mark.parametrize("weights", [(0.5, 1), (1, -1), (-1,)])
def test_weights_do_not_grow(weights):
    with pytest.raises(ValueError, match="poids"):
        cov.supply_per_inhabitant(
            COMMUNES, SERVICES, supply=pd.Series(dtype=float), radius_m=1, weights=weights
        )


def test_as_many_weights_as_rings():
    with pytest.raises(ValueError, match="3 poids pour 2 couronnes"):
        cov.supply_per_inhabitant(
            COMMUNES,
            SERVICES,
            supply=pd.Series(dtype=float),
            reach=cov.rings(COMMUNES, SERVICES, radius_m=1, count=2),
        )


# --- laws ---------------------------------------------------------------------------------

TEXTS = ("", OFFICE, EVENING, "24/7", "We[1,3] 14:00-17:00", "Mo-Su 22:00-06:00", "Sa 09:00-12:00")
places = st.tuples(
    st.floats(-40, 60), st.floats(-40, 40), st.sampled_from(TEXTS), st.booleans()
)  # km east, km north, hours, at a town hall
lists = st.lists(places, max_size=12)
populations = st.lists(st.sampled_from([None, 0, 1, 250, 40_000]), min_size=1, max_size=5)
radii = st.sampled_from([0.0, 500.0, 9_900.0, 20_100.0, 45_000.0, 1e6])


def drawn(chosen) -> gpd.GeoDataFrame:
    """Return services at these places, as the reader would."""
    halls = [10 * round(east / 10) if exact else east for east, _, _, exact in chosen]
    norths = [0 if exact else north for _, north, _, exact in chosen]
    return gpd.GeoDataFrame(
        {
            "type": "association",
            "confidentialite": "public",
            "departement": "86",
            "code_insee": "86001",
            "horaires_accueil": [hours for *_, hours, _ in chosen],
        },
        geometry=gpd.points_from_xy(
            [0.3 + east * KM_EAST for east in halls], [46.5 + north * KM_NORTH for north in norths]
        ),
        index=pd.Index([f"s{number}" for number in range(len(chosen))], name="id", dtype="str"),
        crs="EPSG:4326",
    )


@settings(max_examples=60)
@given(populations, lists, radii, st.booleans())
def test_a_plain_loop_agrees(people, chosen, radius_m, unknown):
    communes, services = squares(*people), drawn(chosen)
    near = [
        [
            key
            for key, target in zip(services.index, positions(services.geometry), strict=True)
            if round(float(chord_m(origin, target)), 3) <= radius_m
        ]
        for origin in positions(communes["mairie"])
    ]
    own = cov.service_slots(services, MONDAY, unknown=unknown)
    weeks = {
        key: int.from_bytes(words.tobytes(), "little")
        for key, words in zip(services.index, own, strict=True)
    }
    open_slots = []
    for keys in near:
        week = 0
        for key in keys:
            week |= weeks[key]
        open_slots.append([week >> slot & 1 for slot in range(672)])
    reached = cov.reach(communes, services, radius_m=radius_m)
    found = sorted(zip(*(places.tolist() for places in reached.pairs()), strict=True))
    assert found == [
        (n, services.index.get_loc(key)) for n, keys in enumerate(near) for key in keys
    ]
    asked = {"reach": reached, "monday": MONDAY, "unknown": unknown}
    assert cov.open_hours(communes, services, **asked).tolist() == [sum(w) / 4 for w in open_slots]
    gaps = [max(map(len, "".join(map(str, week * 2)).split("1"))) for week in open_slots]
    expected = [min(gap, 672) / 4 for gap in gaps]
    assert cov.longest_gap_h(communes, services, **asked).tolist() == expected


@settings(max_examples=25)
@given(populations, lists, radii, st.booleans())
def test_measures_that_share_a_reach_equal_those_computed_alone(people, chosen, radius_m, unknown):
    communes, services = squares(*people), drawn(chosen)
    whole = cov.reach(communes, services, radius_m=radius_m)
    near = cov.narrowed(whole, communes, services)
    week = {"monday": MONDAY, "unknown": unknown}
    for part in (communes, communes[1:]):
        for measure in (cov.open_hours, cov.open_share, cov.longest_gap_h, cov.covered_by_hour):
            shared = measure(part, services, reach=near, **week)
            assert shared.equals(measure(part, services, reach=whole, **week))
        for measure in (cov.service_count, cov.verdict):
            shared = measure(part, services, reach=near)
            assert shared.equals(measure(part, services, reach=whole))
        shares = [cov.covered_share(part, services, reach=each) for each in (near, whole)]
        assert shares[0] == shares[1] or np.isnan(shares).all()


@settings(max_examples=25)
@given(populations, lists, st.tuples(radii, radii), st.booleans())
def test_a_larger_radius_never_covers_less(people, chosen, two, unknown):
    communes, services = squares(*people), drawn(chosen)
    nears = [cov.reach(communes, services, radius_m=radius_m) for radius_m in sorted(two)]
    asked = {"monday": MONDAY, "unknown": unknown}
    small, large = (cov.service_count(communes, services, reach=near) for near in nears)
    assert (small <= large).all()
    small, large = (cov.open_share(communes, services, reach=near, **asked) for near in nears)
    assert (small <= large).all()
    small, large = (cov.longest_gap_h(communes, services, reach=near, **asked) for near in nears)
    assert (small >= large).all()
    small, large = (cov.covered_share(communes, services, reach=near, **asked) for near in nears)
    assert small <= large or np.isnan(small)


@settings(max_examples=25)
@given(populations, lists.filter(bool), radii, st.booleans())
def test_adding_a_service_never_lowers_a_measure(people, chosen, radius_m, unknown):
    communes, after = squares(*people), drawn(chosen)
    before, whole = after.iloc[:-1], cov.reach(communes, after, radius_m=radius_m)
    asked = {"reach": whole, "monday": MONDAY, "unknown": unknown}
    nearest = [cov.nearest_m(communes, services).fillna(np.inf) for services in (before, after)]
    assert (nearest[1] <= nearest[0]).all()
    for measure, sign in ((cov.open_share, 1), (cov.longest_gap_h, -1)):
        values = [measure(communes, services, **asked) for services in (before, after)]
        assert (sign * values[1] >= sign * values[0]).all()
    shares = [cov.covered_by_hour(communes, services, **asked) for services in (before, after)]
    assert (shares[1] >= shares[0]).all(axis=None) or shares[0].isna().all(axis=None)
    supply = pd.Series(range(1, len(after) + 1), index=after.index)
    offers = [
        cov.supply_per_inhabitant(communes, services, supply=supply, radius_m=radius_m)
        for services in (before, after)
    ]
    assert (offers[1] >= offers[0] * (1 - 1e-9)).all()


@settings(max_examples=25)
@given(populations, lists, radii)
def test_certain_hours_are_possible_hours(people, chosen, radius_m):
    communes, services = squares(*people), drawn(chosen)
    asked = {"reach": cov.reach(communes, services, radius_m=radius_m), "monday": ARMISTICE}
    certain, possible = (
        cov.open_share(communes, services, unknown=unknown, **asked) for unknown in (False, True)
    )
    assert (certain <= possible).all()
    answers = cov.verdict(communes, services, **asked)
    assert ((answers == Verdict.COUVERT) == (certain > 0)).all()
    assert ((answers == Verdict.SANS_INFORMATION) == ((certain == 0) & (possible > 0))).all()


@settings(max_examples=25)
@given(populations, lists, st.randoms(use_true_random=False))
def test_names_and_order_change_nothing(people, chosen, random):
    communes, services = squares(*people), drawn(chosen)
    expected = every_measure(communes, services)
    codes = random.sample(list(communes.index), len(communes))
    keys = random.sample(list(services.index), len(services))
    renamed = communes.loc[codes].rename(index=lambda code: f"x{code}")
    for name, measure in every_measure(renamed, services.loc[keys]).items():
        found = measure.rename(index=lambda code: code[1:])[communes.index]
        pd.testing.assert_series_equal(found, expected[name], check_names=False)


@settings(max_examples=25)
@given(populations, lists, radii, st.data())
def test_a_reach_serves_any_part_of_its_lists(people, chosen, radius_m, data):
    communes, services = squares(*people), drawn(chosen)
    whole = cov.reach(communes, services, radius_m=radius_m)
    mask = data.draw(st.lists(st.booleans(), min_size=len(services), max_size=len(services)))
    some, part = services[np.array(mask, dtype=bool)], communes.iloc[::2]
    for measure, asked in (
        (cov.service_count, {}),
        (cov.open_share, {"monday": MONDAY}),
        (cov.verdict, {"monday": MONDAY}),
    ):
        expected = measure(part, some, radius_m=radius_m, **asked)
        pd.testing.assert_series_equal(measure(part, some, reach=whole, **asked), expected)


@settings(max_examples=25)
@given(populations, lists, radii)
def test_given_pairs_make_the_same_reach(people, chosen, radius_m):
    communes, services = squares(*people), drawn(chosen)
    by_distance = cov.reach(communes, services, radius_m=radius_m)
    origin, target = by_distance.pairs()
    told = pd.MultiIndex.from_arrays([communes.index[origin], services.index[target]])
    strange = pd.MultiIndex.from_tuples([("99999", "s0"), ("86001", "inconnu")])
    by_pairs = cov.reach_of_pairs(communes, services, told[::-1].append([told, strange]))
    for near in (by_distance, by_pairs):
        shares = cov.open_share(communes, services, reach=near, monday=MONDAY)
        pd.testing.assert_series_equal(
            shares, cov.open_share(communes, services, radius_m=radius_m, monday=MONDAY)
        )


def test_a_matrix_measures_communes_without_a_town_hall():
    communes = squares(1000, 3000, 6000)
    communes.loc[["86002", "86003"], "mairie"] = None
    near = cov.reach_of_pairs(communes, SERVICES, pd.MultiIndex.from_tuples([("86002", "soir")]))
    counts = cov.service_count(communes, SERVICES, reach=near)
    assert counts.tolist() == [0, 1, pd.NA]
    assert cov.covered_share(communes, SERVICES, reach=near) == pytest.approx(3000 / 4000)


# The strips are bounds at Wallis, on both sides of 180°, at the equator and near a pole.
@settings(max_examples=60)
@given(
    st.sampled_from([(-176.2, -13.3), (179.99, -17), (55.5, -21.1), (-52, 0), (2, 89)]),
    st.lists(st.tuples(st.floats(-2, 2), st.floats(-0.9, 0.9)), min_size=2, max_size=30),
    st.sampled_from([0, 3e3, 4e4, 2e5, 1e6, 2e7]),
)
def test_runs_are_exact_everywhere(middle, offsets, radius_m):
    lng, lat = (np.array(middle)[:, None] + np.array(offsets).T).tolist()
    lng = [(x + 180) % 360 - 180 for x in lng]
    services = drawn([(0, 0, "", False)] * len(lng))
    services = services.set_geometry(gpd.points_from_xy(lng, lat), crs="EPSG:4326")
    mairie = gpd.GeoSeries(gpd.points_from_xy(lng, lat), crs="EPSG:4326")
    communes = gpd.GeoDataFrame({"population": 1, "mairie": mairie}, geometry=mairie)
    xyz = to_xyz(lng, lat)
    apart_m = np.round(chord_m(xyz[:, None], xyz), 3)
    found = cov.service_count(communes, services, radius_m=radius_m)
    assert found.tolist() == (apart_m <= radius_m).sum(axis=1).tolist()


# --- the shipped data ---------------------------------------------------------------------


@pytest.mark.parametrize("code", ["86", "71"])
def test_the_shipped_list(code):
    communes = read_communes([code])
    services = read_services(ROOT / "services.csv").services
    near = cov.reach(communes, services, radius_m=20_000)
    distance_m = cov.nearest_m(communes, services)
    assert distance_m.notna().all()
    assert distance_m.max() < 60_000
    counts = cov.service_count(communes, services, reach=near)
    assert ((distance_m <= 20_000) == (counts > 0)).all()
    share = cov.covered_share(communes, services, reach=near)
    asked = {"reach": near, "monday": MONDAY}
    certain, possible = (
        cov.covered_share(communes, services, unknown=unknown, **asked) for unknown in (False, True)
    )
    assert 0 < certain <= possible <= share < 1
    median_m, far_m = (cov.distance_quantile(communes, services, q=q) for q in (0.5, 0.9))
    assert 0 < median_m < far_m <= distance_m.max()


def test_a_service_counts_from_its_displayed_distance_on():
    """A service 5,123.457 m away is within 5,123.457 m, but not within 1 mm less."""
    communes, services = read_communes(["86"]), read_services(ROOT / "services.csv").services
    away_m = cov.nearest_m(communes, services)
    assert (away_m == away_m.round(3)).all()
    assert (cov.service_count(communes, services, radius_m=away_m) >= 1).all()
    below_m = (away_m - 0.001).clip(lower=0)
    nearer = cov.service_count(communes, services, radius_m=below_m)
    assert (nearer == 0).sum() == (away_m > 0).sum()
