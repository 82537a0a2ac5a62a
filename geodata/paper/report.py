"""The document for a meeting: an answer with its maps, pictures, tables, method and sources.

It says what the page Couverture says, of the same `Situation`, on paper: A4, readable in grey,
every colour in a legend and every picture told in words. No service that is hidden is in it.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata import exports, french, freshness, hours, travel
from geodata.coverage import RING_WEIGHTS, Verdict
from geodata.discretion import clean
from geodata.paper import _layout, _report_map, _report_tables
from geodata.paper._scripts import Paper
from geodata.paper._typesetting import GREY, INK, Text
from geodata.situation import (
    MEASURED_TYPES,
    Situation,
    change,
    largest_uncovered,
    shades,
    words,
    worst_first,
)
from geodata.situation import files as situation_files
from geodata.situation.indicators import Indicator
from geodata.situation.scenario import PREFIX, Scenario
from geodata.situation.shades import Measure

__all__ = ["MOST_IN_FULL", "bundle", "file_name", "report"]

MOST_IN_FULL: Final = 300
"""Up to so many communes, the report has them all; beyond, its data file has them."""

Progress = Callable[[float, str], object]

_WORST: Final = 20
_LARGEST: Final = 10
_MOST_NAMES: Final = 8
_LONGEST_NAME: Final = 56
_GAINING: Final = 15
_FIGURE: Final = 28
_MAP_MM: Final = (_layout.WIDTH, 196)
_HALF_MAP_MM: Final = 94
_TOWNS, _TOWNS_ON_SMALL = 10, 4
_NAME_MM: Final = (12, 3.2)
_DARK: Final = (shades.NOBODY, *shades.SCALE[3:])


def report(  # noqa: PLR0913
    situation: Situation,
    listed: gpd.GeoDataFrame,
    *,
    services_written: date,
    now: datetime,
    before: Situation | None = None,
    scenario: Scenario | None = None,
    minutes_source: str = "",
    matrix: pd.DataFrame | None = None,
    indicators: Sequence[Indicator] = (),
    people_source: str = "",
    progress: Progress | None = None,
) -> bytes:
    """Return the document as a PDF file. The same arguments give the same bytes.

    Args:
        situation: what it is about; with a scenario, what would be.
        listed: the whole list: what it says of shelters is set beside the yardsticks.
        services_written: the day of the list.
        now: the instant of the document; naive is Europe/Paris.
        before: as things are, where `situation` is what would be.
        scenario: what makes the difference between the two.
        minutes_source: the source of the real minutes, if they are not the estimate.
        matrix: `gaps.matrix` of the EPCIs, for the chapter on aids; None to leave it out.
        indicators: those of the year, for their chapter; none to leave it out.
        people_source: where the number of people is from; "" for the population.
        progress: called with a share from 0 to 1, and in French what is made next.
    """
    where = words.places(situation.question.departements)
    pdf = _layout.pages(f"Maillage : {where}", words.asked(situation.question), now)
    planned = _report_map.plan(situation.communes, width=_MAP_MM[0], height=_MAP_MM[1])
    counted = people_source.capitalize() or "Population 2023 (INSEE)"
    source = f"Services : liste du {_day(services_written)}. {counted}."
    steps: list[tuple[str, Callable[[], None]]] = [
        ("la réponse", lambda: _front(pdf, situation, before, scenario, listed, minutes_source)),
        ("les cartes", lambda: _maps(pdf, situation, planned, source)),
        ("la semaine", lambda: _week(pdf, situation)),
        ("les territoires", lambda: _report_tables.by_territory(pdf, situation)),
        ("les communes", lambda: _worst(pdf, situation)),
        ("la méthode", lambda: _method(pdf, situation, services_written, minutes_source)),
        ("la liste complète", lambda: _annex(pdf, situation)),
    ]
    if before is not None:
        steps.insert(1, ("le scénario", lambda: _scenario(pdf, before, situation, planned, source)))
    if matrix is not None:
        aids = ("les aides", lambda: _report_tables.by_aid(pdf, matrix, situation))
        steps.insert(-4, aids)
    if indicators:
        year = ("les indicateurs", lambda: _report_tables.of_the_year(pdf, list(indicators)))
        steps.insert(-2, year)
    for number, (name, make) in enumerate(steps):
        if progress:
            progress(number / (len(steps) + 1), f"Le dossier se prépare : {name}…")
        make()
    if progress:
        progress(len(steps) / (len(steps) + 1), "Le dossier se prépare : l’impression…")
    _layout.number_pages(pdf, f"Maillage, {where}. Édité le {_moment(now)}.")
    content = bytes(pdf.output())
    if progress:
        progress(1, "Le dossier est prêt.")
    return content


def bundle(
    pdf: bytes,
    situation: Situation,
    *,
    services_written: date,
    now: datetime,
    before: Situation | None = None,
) -> bytes:
    """Return a zip of the document and its data: communes and services, for Excel and for QGIS.

    `pdf` is what `report` gave; the other arguments are the same. What a scenario adds is in the
    communes' figures; the services are the real ones.
    """
    real = (before or situation).services
    name, supposed = file_name(situation, now), "-scenario" if before is not None else ""
    files = {
        f"{name}.pdf": pdf,
        f"communes{supposed}-excel.csv": situation_files.to_csv(situation, excel=True),
        f"communes{supposed}.geojson": situation_files.to_geojson(situation),
        "services-excel.csv": exports.to_readable_csv(real),
    }
    if before is not None:
        files["communes-excel.csv"] = situation_files.to_csv(before, excel=True)
    files["LISEZMOI.txt"] = _read_me(situation, files, services_written, now)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in files.items():
            entry = zipfile.ZipInfo(file, now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return content.getvalue()


def file_name(situation: Situation, now: datetime) -> str:
    """Return the document's file name, without its ending: `maillage-vienne-2026-11-22`."""
    return f"maillage-{words.file_places(situation)}-{now:%Y-%m-%d}"


# --- the answer ---------------------------------------------------------------------------


def _front(
    pdf: Paper,
    situation: Situation,
    before: Situation | None,
    scenario: Scenario | None,
    listed: gpd.GeoDataFrame,
    minutes_source: str,
) -> None:
    _layout.chapter(pdf, f"Maillage : {words.places(situation.question.departements)}")
    _layout.paragraph(pdf, words.asked(situation.question), points=13)
    _answer(pdf, situation, before)
    if before is not None:
        _layout.paragraph(pdf, "Le scénario :", style="B")
        _layout.bullets(pdf, words.parts(scenario or Scenario(), before))
    for text in (words.minutes(situation, minutes_source), words.unlisted(situation)):
        if text:
            _layout.paragraph(pdf, text)
    if before is None:
        _layout.section(pdf, "Les chiffres")
        lines = words.figures(situation)
        _layout.table(pdf, ("Mesure", "Valeur"), lines, widths=(96, 78), points=10.5)
    today = before or situation
    _layout.paragraph(pdf, f"Les communes les plus éloignées : {words.farthest(today)}.")
    if largest := words.largest_uncovered(today):
        _layout.paragraph(pdf, f"Les plus peuplées où personne n’est sûrement ouvert : {largest}.")
    _cautions(pdf, situation)
    _yardsticks(pdf, situation, listed)


def _answer(pdf: Paper, situation: Situation, before: Situation | None) -> None:
    pdf.ln(2)
    if not situation.people:
        none = (
            "Aucune de ces communes n’a une population et une mairie connues : aucune part n’est "
            "calculée."
        )
        _layout.paragraph(pdf, none, style="B")
        return
    if before is None:
        _layout.columns(pdf, [_figure(name, part, situation) for name, part in _parts(situation)])
    else:
        sides = (("Aujourd’hui", before), ("Avec le scénario", situation))
        _layout.columns(pdf, [_side(name, one) for name, one in sides])
    neighbours = words.unlisted_neighbours(situation, most=_MOST_NAMES)
    _layout.paragraph(pdf, f"{words.limits(situation)} {neighbours}")


def _parts(situation: Situation) -> tuple[tuple[str, float], ...]:
    return ("Sûr", situation.certain), ("Possible", situation.possible)


def _side(name: str, situation: Situation) -> list[Text]:
    """Return what is said of today, or of the scenario beside it."""
    figures = [text for part in _parts(situation) for text in _figure(*part, situation)]
    return [Text(name, 13, "B", grey=GREY), *figures]


def _figure(name: str, part: float, situation: Situation) -> list[Text]:
    percent, people = words.share(part, situation).split(" (", 1)
    return [Text(f"{name} : {percent}", _FIGURE, "B"), Text(f"({people}", 13)]


def _cautions(pdf: Paper, situation: Situation) -> None:
    _layout.section(pdf, "Ce que ces chiffres ne disent pas")
    _layout.bullets(
        pdf,
        (
            (
                "Un service à portée n’est pas toujours un service accessible : les délais, les "
                "places, la langue, le handicap, l’absence de voiture ne sont pas mesurés."
            ),
            (
                f"{words.completeness(situation)} Elle peut être ancienne ; des horaires inconnus "
                "ne sont ni une fermeture ni une ouverture."
            ),
            "Ils ne disent rien du nombre de victimes, ni du travail des équipes.",
        ),
        points=10.5,
    )


def _yardsticks(pdf: Paper, situation: Situation, listed: gpd.GeoDataFrame) -> None:
    if not situation.people:
        return
    _layout.section(pdf, "Repères du Conseil de l’Europe", room=42)
    number = french.number(situation.inhabitants)
    _layout.paragraph(pdf, f"Pour {number} habitants, dont environ la moitié de femmes, au moins :")
    minima = words.yardsticks(situation, listed)
    texts = [f"{what.capitalize()} : {least} {of_whom}." for what, least, of_whom in minima]
    _layout.bullets(pdf, (*texts, words.YARDSTICKS_NOTE), points=10.5)


# --- the scenario -------------------------------------------------------------------------


def _scenario(
    pdf: Paper, before: Situation, after: Situation, planned: _report_map.Plan, source: str
) -> None:
    changes = change(before, after)
    _layout.chapter(pdf, "Ce que change le scénario")
    _layout.paragraph(pdf, words.gains(changes), points=13)
    lines = [
        ("Sûr", words.share(before.certain, before), words.share(after.certain, after)),
        ("Possible", words.share(before.possible, before), words.share(after.possible, after)),
    ]
    figures = zip(words.figures(before), words.figures(after), strict=True)
    lines += [(label, was, becomes) for (label, was), (_, becomes) in figures]
    head = ("Mesure", "Aujourd’hui", "Avec le scénario")
    _layout.table(pdf, head, lines, widths=(62, 56, 56), points=10)
    moved = changes[changes["gain_h"].abs() > 0]
    if moved.empty:
        return
    _gaining(pdf, moved)
    pdf.add_page()
    _layout.section(pdf, shades.CHANGE_TITLE)
    fills = shades.changes(before, after)
    entries = _counted(shades.CHANGE_LEGEND, fills)
    with _layout.told(pdf, _map_in_words(shades.CHANGE_TITLE, entries)):
        _map(pdf, planned, fills, after.services, _MAP_MM[1])
    _legend(pdf, entries, source)


def _gaining(pdf: Paper, moved: pd.DataFrame) -> None:
    _layout.section(pdf, "Les communes où les heures sûres changent", room=45)
    rows = moved.sort_values("population", ascending=False, kind="stable")
    shown = rows.head(_GAINING)
    _layout.table(
        pdf,
        ("Commune", "Habitants", "Aujourd’hui", "Scénario"),
        [
            (
                str(row["nom"]),
                _people(row["population"]),
                words.duration(row["before_h"]),
                words.duration(row["after_h"]),
            )
            for _, row in shown.iterrows()
        ],
        widths=(84, 30, 30, 30),
        numbers=(1, 2, 3),
        points=10,
    )
    if len(rows) > len(shown):
        rest = french.count(len(rows) - len(shown), "autre")
        _layout.paragraph(pdf, f"… et {rest}, moins peuplées.", points=_layout.SMALL, quiet=True)


# --- the maps -----------------------------------------------------------------------------


def _maps(pdf: Paper, situation: Situation, planned: _report_map.Plan, source: str) -> None:
    if planned.outlines.empty:
        _layout.section(pdf, "Les cartes")
        _layout.paragraph(
            pdf, "Aucune de ces communes n’a de contour connu : il n’y a pas de carte."
        )
        return
    _layout.chapter(pdf, "Les cartes")
    missing = len(situation.communes) - len(planned.outlines)
    if missing:
        source += f" Sans contour connu, donc absentes : {french.count(missing, 'commune')}."
    for measure, height in (
        (Measure.HOURS, _MAP_MM[1]),
        (Measure.DISTANCE, _MAP_MM[1]),
        (Measure.NUMBER, _HALF_MAP_MM),
        (Measure.SUPPLY, _HALF_MAP_MM),
    ):
        shown = shades.scale(measure, situation)
        _layout.section(pdf, shown.title, room=height + 30)
        fills = shades.fills(measure, situation)
        entries = _counted(shades.legend(measure, situation), fills)
        with _layout.told(pdf, _map_in_words(shown.title, entries)):
            _map(pdf, planned, fills, situation.services, height)
        _legend(pdf, entries, source)


def _map(
    pdf: Paper,
    planned: _report_map.Plan,
    fills: pd.Series,
    services: gpd.GeoDataFrame,
    height: float,
) -> None:
    """Draw a map at the height given, centred, with the names of towns."""
    factor = height / planned.height
    left, top = _layout.MARGIN + (_layout.WIDTH - factor * planned.width) / 2, pdf.get_y()
    rings = ((colour, ring) for _, colour, ring in _report_map.painted(planned, fills))
    _layout.fill(pdf, rings, left=left, top=top, factor=factor)
    svg = _report_map.lines_svg(planned, fills, services, factor=factor)
    width = factor * planned.width
    _layout.picture(pdf, svg, x=left, width=width, height=height)
    signs = _report_map.dots(planned, services)
    small = factor < 1
    towns = _report_map.named(planned, factor=factor, most=_TOWNS_ON_SMALL if small else _TOWNS)
    for name, x, y in towns:
        x_mm, y_mm = left + factor * x, top + factor * _beside(signs, x, y, factor)
        _layout.label(pdf, name, x=x_mm, y=y_mm, points=8 if small else 9.5, style="B", plate=True)
    for frame in planned.frames:
        length, text = frame.bar()
        x_mm = left + factor * (frame.box[0] + length) + 7
        _layout.label(pdf, text, x=x_mm, y=top + factor * (frame.box[3] - 2) - 0.6)
    pdf.set_xy(_layout.MARGIN, top + height + 2)


def _beside(signs: list[tuple[float, float]], x: float, y: float, factor: float) -> float:
    """Return a height near `y` at which a name hides no service, or `y` where there is none."""
    wide, tall = _NAME_MM[0] / factor, _NAME_MM[1] / factor
    for step in (0, 1, -1, 2, -2):
        at = y + step * tall
        if not any(abs(sign[0] - x) < wide and abs(sign[1] - at) < tall for sign in signs):
            return at
    return y


def _counted(entries: Iterable[tuple[str, str]], fills: pd.Series) -> list[tuple[str, str]]:
    """Say in a legend how many communes have each colour."""
    return [
        (fill, f"{text} ({french.number(int((fills == fill).sum()))})") for fill, text in entries
    ]


def _map_in_words(title: str, entries: Iterable[tuple[str, str]]) -> str:
    """Describe a map: how many communes have each colour."""
    return f"Carte des communes. {title} : {' ; '.join(text for _, text in entries)}."


def _legend(pdf: Paper, entries: list[tuple[str, str]], source: str) -> None:
    _layout.swatches(pdf, entries, hatched=shades.HATCHED)
    signs = "Entre parenthèses, le nombre de communes. Ronds : services dont le lieu est public."
    _layout.paragraph(pdf, f"{signs} {source}", points=_layout.SMALL, quiet=True)


# --- the week -----------------------------------------------------------------------------


def _week(pdf: Paper, situation: Situation) -> None:
    if not situation.people:
        return
    _layout.chapter(pdf, "Quand quelqu’un est ouvert à portée")
    _layout.paragraph(
        pdf,
        f"Part des {situation.question.who.living} (en %) qui ont quelqu’un d’ouvert à portée, "
        "heure par heure : "
        f"{words.week(situation.question)}.",
    )
    column, row, hours_mm = 10.6, 7.4, 9
    top = pdf.get_y() + 12
    versions = (("Sûr", situation.by_hour), ("Possible", situation.by_hour_possible))
    for place, (title, shares) in enumerate(versions):
        left = _layout.MARGIN + place * (_layout.WIDTH - 7 * column) + hours_mm * (1 - place)
        with _layout.told(pdf, f"{title}, heure par heure. {_week_in_words(situation)}"):
            pdf.set_y(top)
            fills = shades.week_fills(situation, possible=bool(place))
            _layout.fill(
                pdf, _report_map.week_cells(fills, column=column, row=row), left=left, top=top
            )
            svg = _report_map.week_svg(fills, column=column, row=row)
            _layout.picture(pdf, svg, x=left, width=7 * column, height=24 * row)
            middle = left + 3.5 * column
            _layout.label(pdf, title, x=middle, y=top - 9, points=13, style="B")
            for day, name in enumerate(french.WEEKDAYS):
                _layout.label(pdf, f"{name[:3]}.", x=left + (day + 0.5) * column, y=top - 3)
            for hour in range(24):
                _layout.label(pdf, f"{hour} h", x=left - 5, y=top + (hour + 0.5) * row, points=8)
            percents = (100 * shares).round().to_numpy(int)
            for (day, hour), fill in fills.items():
                _layout.label(
                    pdf,
                    "?" if fill == shades.HATCHED else str(percents[day, hour]),
                    x=left + (day + 0.5) * column,
                    y=top + (hour + 0.5) * row,
                    grey=255 if fill in _DARK else INK,
                    plate=fill == shades.HATCHED,
                )
    pdf.set_xy(_layout.MARGIN, top + 24 * row + 4)
    _layout.swatches(pdf, shades.WEEK_LEGEND, hatched=shades.HATCHED)
    _layout.paragraph(
        pdf,
        f"{_week_in_words(situation)} « ? » : moins de 5 % des habitants sont sûrs de trouver "
        "quelqu’un, mais les horaires inconnus pourraient changer cela.",
        points=_layout.SMALL,
        quiet=True,
    )


def _week_in_words(situation: Situation) -> str:
    """Describe the pictures of the week in words."""
    sure = situation.by_hour.to_numpy(np.float64)
    never = int((situation.by_hour_possible.to_numpy(np.float64) == 0).sum())
    hours_of_nobody = f"Pendant {french.count(never, 'heure')} sur 168, personne n’est ouvert."
    if not sure.any():
        return f"Aucune ouverture n’est sûre. {hours_of_nobody if never else ''}".strip()
    day, hour = divmod(int(sure.argmax()), 24)
    best = f"Au mieux, {words.percent(sure.max())} sont sûrs de trouver quelqu’un"
    when = f"(le {french.weekday(day)} à {hour} h)"
    return f"{best} {when}. {hours_of_nobody if never else ''}".strip()


# --- the communes -------------------------------------------------------------------------


def _worst(pdf: Paper, situation: Situation) -> None:
    rows = worst_first(situation)
    shown = rows.head(_WORST)
    title = "La commune" if len(rows) == 1 else "Les communes les moins bien servies"
    _layout.chapter(pdf, title)
    if len(rows) > len(shown):
        _layout.paragraph(
            pdf,
            f"Les {len(shown)} premières sur {french.number(len(rows))} : d’abord celles qui n’ont "
            f"aucun service à portée{words.in_the_list(rows)}, puis aucun ouvert, puis des "
            "horaires inconnus ; les plus éloignées d’abord.",
        )
    _served(pdf, shown, situation)
    largest = largest_uncovered(situation).head(_LARGEST)
    if len(rows) > 1 and len(largest):
        title = "Là où vivent le plus d’habitants sans personne de sûrement ouvert"
        _layout.section(pdf, title, room=60)
        _served(pdf, largest, situation)


def _served(pdf: Paper, rows: gpd.GeoDataFrame, situation: Situation) -> None:
    _layout.table(
        pdf,
        ("Commune", "Habitants", "Le plus proche", "Distance", "Pourquoi"),
        [
            (
                _commune(row, situation),
                _people(row["population"]),
                _nearest(row),
                words.kilometres(row["nearest_m"]).split(" (")[0],
                words.reason(row, situation),
            )
            for _, row in rows.iterrows()
        ],
        widths=(44, 18, 50, 16, 46),
        numbers=(1, 3),
        points=9.5,
    )


def _annex(pdf: Paper, situation: Situation) -> None:
    rows = worst_first(situation)
    if len(rows) > MOST_IN_FULL:
        return
    _layout.chapter(pdf, "Annexe : toutes les communes")
    _layout.paragraph(
        pdf,
        "Les moins bien servies d’abord. Heures de la semaine où quelqu’un est ouvert à portée : "
        "sûres (horaires connus), possibles (horaires inconnus comptés comme ouverts).",
        points=10,
    )
    _layout.table(
        pdf,
        ("Commune", "Habitants", "Sûres", "Possibles", "Distance (km)", "Verdict"),
        [
            (
                _commune(row, situation),
                _people(row["population"]),
                words.duration(row["certain_h"]),
                words.duration(row["possible_h"]),
                words.decimal(row["nearest_m"] / 1000),
                _label(row),
            )
            for _, row in rows.iterrows()
        ],
        widths=(54, 20, 20, 20, 18, 42),
        numbers=(1, 2, 3, 4),
    )


def _commune(row: pd.Series, situation: Situation) -> str:
    several = len(situation.question.departements) > 1
    return f"{str(row['nom'])[:80]} ({row['departement']})" if several else str(row["nom"])[:90]


def _nearest(row: pd.Series) -> str:
    return "–" if pd.isna(row["nearest_nom"]) else clean(row["nearest_nom"], longest=_LONGEST_NAME)


def _people(population: float) -> str:
    return "–" if pd.isna(population) else french.number(int(population))


def _label(row: pd.Series) -> str:
    verdict: Verdict | None = row["verdict"]
    if verdict is None or pd.isna(verdict):
        return "Mairie inconnue"
    none = verdict is Verdict.SANS_SERVICE
    known = words.in_the_list(row) if none else ""
    return f"{verdict.label}{known}"


# --- method and sources -------------------------------------------------------------------


def _method(pdf: Paper, situation: Situation, services_written: date, minutes_source: str) -> None:
    _layout.chapter(pdf, "Méthode")
    for title, texts in (
        ("Ce qui est mesuré", _measured(situation, minutes_source)),
        ("Sûr et possible", _CERTAIN_AND_POSSIBLE),
        ("Les chiffres", _FIGURES),
    ):
        _layout.section(pdf, title)
        _layout.bullets(pdf, texts, points=10)
    _layout.section(pdf, "Départements sans données")
    _layout.paragraph(
        pdf, f"{words.unlisted(situation)} {words.unlisted_neighbours(situation)}", points=10
    )
    _layout.section(pdf, "Sources et licences", room=46)
    _layout.bullets(pdf, _sources(situation, services_written), points=10)


def _measured(situation: Situation, minutes_source: str) -> Iterator[str]:
    question = situation.question
    kinds = [kind.label for kind in MEASURED_TYPES if kind in (question.types or MEASURED_TYPES)]
    yield (
        "Le point de départ de chaque commune est sa mairie : tous ses habitants y sont comptés. "
        "La distance est en ligne droite (à vol d’oiseau) ; par la route, il faut compter environ "
        f"{words.decimal(travel.DETOUR)} fois plus."
    )
    given = ", ".join(aid.label for aid in question.aids)
    yield (
        f"Types de services comptés : {', '.join(kinds)}"
        f"{f', où l’on trouve : {given}' if given else ''}. Ceux des départements voisins comptent "
        "aussi. Jamais mesurés : l’hébergement et les adresses protégées (secrètes), les lignes "
        "d’écoute (sans lieu). Un service sans adresse exacte est placé à la mairie de sa commune."
    )
    if minutes_source:
        yield words.minutes(situation, minutes_source)
    elif question.minutes is not None:
        slow, middle, fast = sorted(travel.SPEEDS_KMH)
        low, high = travel.DENSITY_STEPS
        yield (
            f"Durée en voiture estimée : distance × {words.decimal(travel.DETOUR)} (détours) ÷ "
            f"vitesse. La vitesse est supposée de {fast} km/h dans les communes de moins de {low} "
            f"habitants par km², {slow} km/h au-delà de {french.number(high)}, {middle} km/h entre "
            "les deux. Ce sont des hypothèses, à vérifier sur des trajets connus."
        )
    else:
        yield "Aucune durée de trajet n’est utilisée : ni vitesse, ni transports en commun."
    yield (
        f"La semaine est une vraie semaine ({words.week(question)}), découpée en 672 quarts "
        "d’heure. Une permanence mensuelle qui n’y tombe pas n’y compte pas."
    )


_CERTAIN_AND_POSSIBLE: Final = (
    (
        "Sûr : quelqu’un est ouvert d’après des horaires connus. Possible : quelqu’un est ouvert, "
        "ou pourrait l’être parce que ses horaires sont inconnus. La vérité est entre les deux."
    ),
    (
        "Couverte : au moins un service à portée sûrement ouvert à un moment des heures demandées. "
        "Sans information : des services à portée, aux horaires inconnus, ou un département dont "
        "la liste ne dit rien. Fermé : des services à portée, tous fermés à ces heures. Aucun "
        "service : rien à portée dans la liste."
    ),
)
_FIGURES: Final = (
    (
        "Part des habitants = population des communes couvertes ÷ population de toutes les "
        "communes dont la mairie est connue (population municipale 2023 ; avec une table de la "
        "population, ses femmes)."
    ),
    (
        "La moitié, neuf habitants sur dix : distances au service le plus proche rangées de la "
        "plus courte à la plus longue, chaque commune comptant pour ses habitants."
    ),
    (
        "Plus longue attente : la plus longue suite d’heures de la semaine où personne n’est "
        "sûrement ouvert à portée, pour l’habitant médian."
    ),
    (
        "Offre (E2SFCA, Luo et Qi, 2009) : les heures d’ouverture connues de l’année de chaque "
        "service sont partagées entre les habitants qui l’ont à portée, ceux des trois couronnes, "
        "de la plus proche à la plus lointaine, comptant pour "
        f"{' ; '.join(words.decimal(weight, 2) for weight in RING_WEIGHTS)}. L’offre d’une commune "
        "est la somme des parts des services à sa portée, avec les mêmes poids. Les horaires "
        "inconnus comptent pour zéro."
    ),
    (
        "Gini : inégalité de cette offre entre habitants. 0 : tous ont autant d’heures ; 1 : un "
        "seul a tout."
    ),
)


def _sources(situation: Situation, services_written: date) -> Iterator[str]:
    number = french.count(len(situation.services), "service")
    yield (
        f"Services : liste du {_day(services_written)} ({number} à portée), établie d’après les "
        f"pages publiques citées sur chaque fiche. {_ages(situation.services, services_written)}"
        "Licence Ouverte 2.0."
    )
    yield (
        "Communes de 2026 : contours IGN Admin Express COG ; population municipale 2023, INSEE ; "
        "mairies, DILA (annuaire de l’administration) ; codes postaux, La Poste. Licence Ouverte "
        "2.0."
    )
    yield (
        "Repères : Conseil de l’Europe, Combating violence against women: minimum standards for "
        "support services, 2008."
    )
    yield (
        "Offre : Luo et Qi, Health & Place, 2009, doi:10.1016/j.healthplace.2009.06.002. Détours : "
        "Environment and Planning B, 2023, doi:10.1177/23998083231168870."
    )


def _ages(services: gpd.GeoDataFrame, today: date) -> str:
    """Say from when to when what is known of the services is, and how many are old or undated."""
    return freshness.summary(services[~services.index.str.startswith(PREFIX)], today)


def _read_me(
    situation: Situation, files: dict[str, bytes], services_written: date, now: datetime
) -> bytes:
    """Say what is in the zip, for any text editor of any computer."""
    contents = {
        "communes-excel.csv": "une ligne par commune, pour Excel ou LibreOffice",
        "communes.geojson": "les mêmes avec leurs contours, pour QGIS",
        "communes-scenario-excel.csv": "une ligne par commune, telle qu’elle serait",
        "communes-scenario.geojson": "les mêmes avec leurs contours, telles qu’elles seraient",
        "services-excel.csv": "les services à portée, avec leurs sources",
    }
    lines = (
        f"Maillage : {words.places(situation.question.departements)}",
        words.asked(situation.question),
        f"Édité le {_moment(now)}, d’après la liste du {_day(services_written)}.",
        "",
        *(f"- {name} : {contents.get(name, 'le dossier à imprimer')}" for name in files),
        "",
        "Une case vide est une valeur inconnue. La méthode et les limites sont dans le dossier.",
        "",
        *_sources(situation, services_written),
        "",
    )
    text = "\r\n".join(lines).replace("\u202f", "\u00a0")
    return text.encode("utf-8-sig")


def _day(value: date) -> str:
    return french.day(value, today=date.min)


def _moment(now: datetime) -> str:
    return f"{_day(hours.local_date(now))} à {french.clock(now)}"
