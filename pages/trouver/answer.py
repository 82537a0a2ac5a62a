"""The answer as people read it: who can receive her, the next chance, whom to call, what lines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import escape

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import communes, french, travel
from geodata.aids import ACCESS
from geodata.answers import Answer, Need, answer, everywhere
from geodata.hours import State
from geodata.selection import Selection, timetable
from geodata.services import Confidentiality
from geodata.text import fold
from pages.shared import cards, clock, filters, results, sheet
from pages.shared.clock import Moment
from pages.shared.page_frame import plain
from pages.shared.rows import Row, rows_of
from pages.shared.service_list import ServiceList, cached
from pages.trouver import competent_units, handout
from pages.trouver.question import PlacedQuestion, Question

_AT_FIRST = 5
_MORE = 20
_FIRST_CALLS = 2
_FOR_HER = {"femmes", "familles", "tous"}
_UNSAID = {"violences": "violences accueillies", "langues": "langues"}
Minutes = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Result:
    """A question that has a place, and its answer."""

    question: PlacedQuestion
    answer: Answer


@dataclass(frozen=True, eq=False)
class Block:
    """A part of the answer: its title, what one and several of its rows are, its rows."""

    title: str
    counted: tuple[str, str]
    rows: gpd.GeoDataFrame

    @property
    def key(self) -> str:
        """What its place on the page is called."""
        return f"bloc_{fold(self.counted[1]).replace(' ', '_')}"


def find(listed: ServiceList, question: Question) -> Result | None:
    """Answer the question; None before a place is given."""
    if not isinstance(question, PlacedQuestion):
        return None
    # The answer for a precise place is not cached.
    return (_answer_from_commune if question.origin.is_commune else _answer)(listed, question)


def _answer(listed: ServiceList, question: PlacedQuestion) -> Result:
    found = answer(
        results.services(listed),
        question.origin.point,
        code_insee=question.origin.code_insee,
        need=question.need,
        when=question.when,
        now=question.now,
        within_m=question.within_m,
    )
    return Result(question, found)


_answer_from_commune = cached(max_entries=64, ttl=results.A_MINUTE_IS_OVER)(_answer)


@cached(max_entries=32, ttl=results.A_MINUTE_IS_OVER)
def _everywhere(
    listed: ServiceList, need: Need, when: Selection, now: datetime
) -> gpd.GeoDataFrame:
    return everywhere(results.services(listed), need=need, when=when, now=now)


def show_sheet(services: gpd.GeoDataFrame, chosen: str, question: Question, moment: Moment) -> None:
    """Draw the sheet of one service, the way back, and the button that puts it on the handout."""
    service = services.loc[[chosen]]
    if _at_a_time(question):
        st.caption(f"Ouvert ou fermé {_when_words(question)} :")
    times = _in_local_time(timetable(service, question.when, question.now), question)
    sheet.show(service, times, chosen, moment=moment)
    handout.toggle_button(chosen)


def before_a_place(listed: ServiceList, question: Question, moment: Moment) -> None:
    """Say how to give a place, and draw the phone lines that serve everywhere."""
    st.markdown(
        "Pour commencer, indiquer où elle est : une commune, une adresse, un clic sur la carte ou "
        "*Ma position*. Ce site ne garde rien de votre recherche."
    )
    lines = _everywhere(listed, question.need, question.when, moment.now)
    _block("Partout en France, par téléphone", lines, {}, moment)


def show(result: Result, moment: Moment, services: gpd.GeoDataFrame) -> None:
    """Draw the answer in blocks; phone lines come first when nothing is known to be open."""
    question, answer = result.question, result.answer
    minutes = _minutes(answer, question.origin.code_insee)
    at_a_time, when = _at_a_time(question), _when_words(question)
    name = communes.read_town_halls()["nom"][question.origin.code_insee]
    around = "Ailleurs : " if len(answer.here) else ""
    receive = "peut la recevoir", "peuvent la recevoir"
    blocks = [
        Block(
            f"Dans sa commune, {name}" + (f", {when}" if at_a_time else ""),
            ("dans sa commune", "dans sa commune"),
            answer.here,
        ),
        Block(
            f"{around}{receive[1]} {when}" if at_a_time else f"{around}les plus proches",
            receive if at_a_time else ("lieu proche", "lieux proches"),
            answer.receiving,
        ),
        Block(f"{around}prochaine occasion", ("plus tard", "plus tard"), answer.later),
        Block(
            f"{around}à appeler d’abord, horaires inconnus ou sans date à venir",
            ("à appeler d’abord", "à appeler d’abord"),
            answer.to_call,
        ),
        Block(
            "Par téléphone ou en ligne",
            ("par téléphone", "par téléphone"),
            answer.lines,
        ),
    ]
    if not _any_open(answer, at_a_time=at_a_time):
        _nothing_near(question, f" que l’on sache ouvert {when}" if at_a_time else "")
        # A number near her that may answer comes before the next day when somebody surely does.
        blocks = [blocks[0], blocks[3], blocks[2], blocks[4]]
        if not _has_a_number(answer):
            blocks = [blocks[0], blocks[3], blocks[1], blocks[2]]
    if question.need is Need.PLAINTE:
        _competent_unit(question.origin.code_insee, services)
    _count_unsaid(question, [block.rows for block in blocks])
    _in_short(blocks, answer.to_call, minutes)
    for block in filter(lambda each: len(each.rows), blocks):
        with st.container(key=block.key):
            title = block.title[:1].upper() + block.title[1:]
            _block(title, _in_local_time(block.rows, question), minutes, moment)
    if minutes:
        _assumption(question.origin.code_insee)


def _in_short(blocks: Sequence[Block], to_call: gpd.GeoDataFrame, minutes: Minutes) -> None:
    """Draw how many services each block has, a press goes to it; and whom to call first.

    So that a long block hides no later one: *2 dans sa commune · 13 peuvent la recevoir*.
    """
    filled = [block for block in blocks if len(block.rows)]
    if len(filled) < 2:
        return
    links = " · ".join(
        f'<button type="button" class="vers" data-vers=".st-key-{block.key}">'
        f"{french.count(len(block.rows), *block.counted)}</button>"
        for block in filled
    )
    first = "".join(
        f"<li>{escape(row['nom'])}, {cards.phone_link(row['telephone'])}"
        f"{escape(_away_words(row, minutes))}</li>"
        for row in rows_of(to_call[to_call["telephone"] != ""].head(_FIRST_CALLS))
    )
    calls = first and f"<p>À appeler d’abord, horaires à demander\u00a0:</p><ul>{first}</ul>"
    st.html(f'<div class="en-bref"><p>{links}</p>{calls}</div>')


def _away_words(service: Row, minutes: Minutes) -> str:
    """*, à 46 km*; nothing where the distance is not known."""
    known = service["id"] in minutes and not math.isnan(minutes[service["id"]][0])
    return f", à {french.distance(service['distance_m'])}" if known else ""


def _any_open(answer: Answer, *, at_a_time: bool) -> bool:
    here = answer.here["state"].eq(State.OPEN).any() if at_a_time else not answer.here.empty
    return bool(here) or not answer.receiving.empty


def _has_a_number(answer: Answer) -> bool:
    """Say whether a place near her, of her commune or not, has a phone number."""
    places = (answer.here, answer.later, answer.to_call)
    return any(rows["telephone"].ne("").any() for rows in places)


def ways_to_a_shelter(result: Result, moment: Moment) -> None:
    """Draw the numbers that lead to a shelter: no place, no distance, no sign on the map."""
    st.markdown(
        "Une place se demande au **115** (SIAO), au **3919** ou à une association. Aucune adresse "
        "d’hébergement n’est montrée : personne ne doit pouvoir y retrouver une femme, et il faut "
        "parfois partir loin."
    )
    _count_unsaid(result.question, [result.answer.lines])
    _block("Qui appeler, dans cet ordre", result.answer.lines, {}, moment)


def not_covered(question: PlacedQuestion, services: gpd.GeoDataFrame) -> None:
    """Say which départements within reach have no service in the list."""
    origin = question.origin
    if origin.point is None:
        return
    halls = communes.read_town_halls()
    away_m = communes.chord_m(
        communes.to_xyz(halls["lng"], halls["lat"]), communes.to_xyz(*origin.point)
    )
    near = set(halls["departement"][away_m <= question.within_m])
    missing = sorted(near - set(services["departement"]))
    if missing:
        names, within = communes.read_departements()["nom"], french.distance(question.within_m)
        named = ", ".join(f"{names[code]} ({code})" for code in missing)
        st.caption(
            f"Nous ne connaissons aucun service de ces départements voisins, à moins de "
            f"{within} : {named}."
        )


def _competent_unit(code_insee: str, services: gpd.GeoDataFrame) -> None:
    """Draw the competent unit of this commune, or say that it is not known here."""
    name = communes.read_town_halls()["nom"][code_insee]
    known = competent_units.units_of(code_insee)
    if known is None or known.empty:
        st.markdown(
            f"Nous ne savons pas de quelle brigade ou de quel commissariat dépend {plain(name)}."
        )
    else:
        units = " ; ".join(_unit_words(unit, services) for unit in rows_of(known))
        st.html(f"<p>Unité compétente pour {escape(name)} : {units}.</p>")
    st.caption(
        "Une plainte peut être déposée dans n’importe quel commissariat ou brigade (article 15-3 "
        "du code de procédure pénale)."
    )


def _unit_words(unit: Row, services: gpd.GeoDataFrame) -> str:
    """*BRIGADE DE CIVRAY (gendarmerie), 05 49 …*, with its part of the commune, if not all."""
    phone = services["telephone"].get(unit["id"], "")
    part = f", pour {escape(unit['partie'])}" if unit["partie"] else ""
    number = f", {cards.phone_link(phone)}" if phone else ""
    return f"<strong>{escape(unit['unite'])}</strong> ({unit['institution']}{part}){number}"


def _nothing_near(question: PlacedQuestion, known_open: str) -> None:
    if question.origin.point is None:
        st.markdown(
            "**Nous ne savons pas où est cette mairie : voici les services d’ici, sans distance.**"
        )
    else:
        away = french.distance(question.within_m)
        st.markdown(f"**Aucun lieu de la liste{known_open} à moins de {away}.**")


def _count_unsaid(question: PlacedQuestion, blocks: Sequence[gpd.GeoDataFrame]) -> None:
    """Say how many services say what was asked for, and how many say nothing of it."""
    asked = [*question.when.violences, *question.when.langues]
    if not asked:
        return
    unsaid = sum(int((rows["unsaid"] != "").sum()) for rows in blocks)
    said = sum(map(len, blocks)) - unsaid
    words = french.count(said, "service le précise", "services le précisent")
    st.caption(f"{words} ; pour {french.number(unsaid)}, ce n’est pas précisé : demander avant.")


def _at_a_time(question: Question) -> bool:
    return bool(question.when.open_at or question.when.open_during)


def _when_words(question: Question) -> str:
    words = filters.when_words(question.when, question.now)
    return words + clock.Moment(question.now, question.now).zone_words("")


def _in_local_time(times: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return the times with openings and closings in the time zone of the place she is in."""
    zone = question.now.tzinfo
    return times.assign(
        **{name: times[name].dt.tz_convert(zone) for name in ("closing", "opening")}
    )


def _block(title: str, rows: gpd.GeoDataFrame, minutes: Minutes, moment: Moment) -> None:
    if rows.empty:
        return
    key = f"montres_{fold(title)}"
    st.header(title, anchor=False)
    shown = st.session_state.get(key, _AT_FIRST)
    for service in rows_of(rows.iloc[:shown]):
        _card(service, minutes, moment)
    if len(rows) > shown:
        st.button(
            f"Voir {french.count(min(_MORE, len(rows) - shown), 'autre')} "
            f"({french.number(len(rows))} en tout)",
            key=f"{key}_plus",
            on_click=partial(st.session_state.__setitem__, key, shown + _MORE),
        )


def _card(service: Row, minutes: Minutes, moment: Moment) -> None:
    with st.container(gap=None):
        cards.card(
            service,
            service,
            moment=moment,
            on_open=sheet.open_sheet,
            notes=[note for note in _notes(service, minutes) if note],
            draw_beside_name=partial(handout.toggle_button, service["id"]),
        )


def _notes(service: Row, minutes: Minutes) -> tuple[str, ...]:
    access = [ACCESS.get(word, word) for word in service["acces"].split("|") if word]
    audience = set(service["publics"].split("|")) - {""}
    distance = _distance_words(service, minutes)
    silent = [_UNSAID[column] for column in service["unsaid"].split("|") if column in _UNSAID]
    return (
        " · ".join(aid.label for aid in cards.aids_given(service)),
        " · ".join(filter(None, (distance, ", ".join(access)))) if service["id"] in minutes else "",
        "" if not audience or audience & _FOR_HER else f"Pour : {', '.join(sorted(audience))}",
        ""
        if service.get("serves", True)
        else "Sa fiche ne cite pas cette commune : demander avant",
        " · ".join(f"{what} : non précisé" for what in silent),
    )


def _distance_words(service: Row, minutes: Minutes) -> str:
    """*À 1,3 km, 3 à 4 min en voiture*; says so where it is the distance to the town hall."""
    if service["id"] not in minutes:
        return ""
    low, high = minutes[service["id"]]
    if math.isnan(low):
        return ""  # somewhere in her commune, as the heading says
    about = " environ" if service["emplacement_approximatif"] else ""
    hall = ", jusqu’à la mairie" if service["confidentialite"] == Confidentiality.COMMUNE else ""
    return (
        f"À {french.distance(service['distance_m'])}{about}{hall}, "
        f"{max(1, round(low))} à {max(2, round(high))} min en voiture"
    )


def _assumption(code_insee: str) -> None:
    """Say how the minutes are estimated."""
    speed = travel.speed_kmh(pd.Series([travel.densities()[code_insee]])).iloc[0]
    low, high = (f"{detour:g}".replace(".", ",") for detour in travel.DETOUR_BAND)
    st.caption(
        f"Durées estimées en voiture, sans bouchons. Nous supposons que la route est {low} à "
        f"{high} fois plus longue que la ligne droite, et que l’on roule à {speed:g} km/h."
    )


def _minutes(answer: Answer, code_insee: str) -> Minutes:
    """Return the least and the most minutes by car to each place, by its id.

    They are NaN for a place that is somewhere in her commune.
    """
    places = pd.concat([answer.here, answer.receiving, answer.later, answer.to_call])
    somewhere = places["emplacement_approximatif"] & (places["code_insee"] == code_insee)
    distances_m = places["distance_m"].mask(somewhere)
    band = travel.minutes_band(distances_m, travel.densities()[code_insee])
    return dict(zip(band.index, band.itertuples(index=False, name=None), strict=True))
