"""Random expressions from the grammar that `geodata.hours` accepts."""

from __future__ import annotations

from random import Random

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COMMENTS = ("sur rendez-vous", "sonner", "à confirmer par téléphone", "le mardi à 9h-12h ; fermé")


def expressions(count: int, seed: int, *, nights: bool = True, fallbacks: bool = True) -> list[str]:
    """Return distinct expressions, always the same for one seed."""
    random = Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found[expression(random, nights=nights, fallbacks=fallbacks)] = None
    return list(found)


def expression(random: Random, *, nights: bool, fallbacks: bool) -> str:
    text = rule(random, nights=nights)
    for _ in range(random.choice((0, 0, 0, 1, 1, 2, 3))):
        text += random.choice(("; ", "; ", "; ", ", ")) + rule(random, nights=nights)
    if random.random() < 0.4:
        text += "; " + random.choice(("PH off", "PH off", "SH off", f"{dates(random)} off"))
    if fallbacks and random.random() < 0.1:
        text += random.choice((" || unknown", ' || "sur rendez-vous"', ' || unknown "sonner"'))
    return text


def rule(random: Random, *, nights: bool) -> str:
    if random.random() < 0.03:
        return "24/7"
    kind = random.random()
    days = weekdays(random)
    if kind < 0.12:
        days = random.choice(
            ("PH", "SH", "PH,SH", "PH Mo", f"SH {days}", f"PH,{days}", "PH -1 day")
        )
    elif kind < 0.17:
        days = f"week {weeks(random)} {days}"
    elif kind < 0.22:
        days = f"{years(random)} {days}"
    elif kind < 0.45:
        days = f"{dates(random)} {days}" if random.random() < 0.4 else dates(random)
    if random.random() < 0.06:
        return f"{days} off"
    modifier = ""
    if random.random() < 0.15:
        comment = random.choice(COMMENTS)
        modifier = random.choice((" unknown", " off", f' "{comment}"', f' open "{comment}"'))
    return f"{days} {times(random, nights=nights)}{modifier}"


def weekdays(random: Random) -> str:
    kind = random.random()
    if kind < 0.35:
        first = random.randrange(6)
        return f"{WEEKDAYS[first]}-{WEEKDAYS[random.randrange(first + 1, 7)]}"
    if kind < 0.4:
        return f"{random.choice(WEEKDAYS[4:])}-{random.choice(WEEKDAYS[:3])}"
    if kind < 0.6:
        nth = sorted(random.sample(range(1, 6), random.choice((1, 1, 2))))
        numbers = random.choice((",".join(map(str, nth)), "-1", "-2", "1,-1"))
        offset = random.choice(("", "", "", " +1 day", " -2 days"))
        return f"{random.choice(WEEKDAYS)}[{numbers}]{offset}"
    days = sorted(random.sample(range(7), random.choice((1, 1, 2, 3))))
    return ",".join(WEEKDAYS[day] for day in days)


def times(random: Random, *, nights: bool) -> str:
    if nights and random.random() < 0.06:
        return (
            f"{random.randrange(18, 24)}:00-0{random.randrange(1, 7)}:{random.choice(('00', '30'))}"
        )
    if random.random() < 0.02:
        return "00:00-24:00"
    minutes = sorted(random.sample(range(7 * 4, 22 * 4), random.choice((2, 2, 4, 4, 6))))
    clocks = [f"{quarter // 4:02}:{quarter % 4 * 15:02}" for quarter in minutes]
    return ",".join("-".join(clocks[n : n + 2]) for n in range(0, len(clocks), 2))


def dates(random: Random) -> str:
    kind, year = random.random(), random.choice(("", "", "2026 ", "2027 "))
    return ",".join(one_date(random, kind, year) for _ in range(random.choice((1, 1, 1, 2, 3))))


def one_date(random: Random, kind: float, year: str) -> str:
    """Return one item of a list; all items of a list have the same kind (months, dates, Easter)."""
    months = sorted(random.sample(range(12), 2))
    first, last = (MONTHS[month] for month in months)
    day, later = random.randrange(1, 15), random.randrange(15, 29)
    easter = random.choice(("easter", "easter +1 day", "easter -2 days", "easter +39 days"))
    forms = (
        (0.3, f"{year}{first}"),
        (0.45, f"{year}{first}-{last}"),
        (0.65, f"{year}{first} {day}"),
        (0.8, f"{year}{first} {day}-{later}"),
        (0.93, f"{year}{first} {later}-{year}{last} {day}"),
        (0.96, "2026 Dec 20-2027 Jan 5" if year else "Dec 20-Jan 5"),
        (1.0, f"{year}{easter}"),
    )
    return next(form for limit, form in forms if kind < limit)


def weeks(random: Random) -> str:
    first = random.randrange(1, 30)
    return random.choice(
        ("1-53/2", "2-52/2", f"{first}", f"{first}-{first + 8}", "1-52/3", "4,8,12")
    )


def years(random: Random) -> str:
    return random.choice(("2026", "2027", "2026-2027", "2026+", "2026-2030/2"))
