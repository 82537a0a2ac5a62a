"""The headline figures, their yardsticks, and what the list can say of these."""

from html import escape

import geopandas as gpd
import pandas as pd
import streamlit as st

from geodata import french
from geodata.coverage import Verdict
from geodata.services import ServiceType
from geodata.situation import Situation
from pages.components import coverage_words as words

_WORST = 5
_YARDSTICK = (
    "Conseil de l’Europe, *Combating violence against women: minimum standards for support "
    "services*, 2008"
)


def show(before: Situation, after: Situation | None, services: gpd.GeoDataFrame) -> None:
    """Draw the figures as a list; `services` is the whole list, for the yardsticks."""
    was, will_be = _figures(before), _figures(after or before)
    st.html(
        '<dl class="chiffres">'
        + "".join(
            f"<dt>{escape(what)}</dt><dd>"
            + (escape(value) if value == was[what] else f"{escape(was[what])} → {escape(value)}")
            + "</dd>"
            for what, value in will_be.items()
        )
        + "</dl>"
    )
    st.caption(
        "Gini : 0, tous les habitants ont autant d’heures d’ouverture connues ; 1, un seul a tout. "
        "Attente : la plus longue suite d’heures de la semaine où personne n’est sûrement ouvert à "
        "portée, pour l’habitant médian."
    )
    if before.people:
        _yardsticks(before, services)


def _figures(situation: Situation) -> dict[str, str]:
    rows = situation.communes
    return {
        "Ont un service à portée": words.percent(situation.near),
        "La moitié des habitants l’ont à moins de": _km(situation.p50_m),
        "Neuf habitants sur dix à moins de": _km(situation.p90_m),
        "Les plus éloignées": _names(rows.sort_values("nearest_m", ascending=False)),
        "Plus longue attente sans personne": _gap(rows),
        "Inégalité de l’offre (Gini)": _gini(situation.gini),
        "Communes sans information": _verdicts(rows, Verdict.SANS_INFORMATION),
        "Communes sans service à portée": _verdicts(rows, Verdict.SANS_SERVICE),
    }


def _yardsticks(situation: Situation, services: gpd.GeoDataFrame) -> None:
    here = services[services["departement"].isin(situation.question.departements)]
    shelters = int((here["type"] == ServiceType.HEBERGEMENT).sum())
    people = situation.people
    women = people / 2
    with st.expander("Repères du Conseil de l’Europe, et ce que la liste en dit"):
        st.markdown(
            f"Pour {french.number(people)} habitants, dont environ la moitié de femmes, les minima "
            f"seraient ({_YARDSTICK}) :\n"
            f"- hébergement : **{french.count(_at_least(people / 10_000), 'place')}** pour une "
            "femme et ses enfants (1 pour 10 000 habitants). La liste compte "
            f"{french.count(shelters, 'fiche')} d’hébergement ; elle ne dit pas le nombre de "
            "places ;\n"
            f"- centres d’aide aux victimes de viol : **{_at_least(women / 200_000)}** (1 pour "
            "200 000 femmes) ;\n"
            f"- centres de constat et de soins après une agression sexuelle : "
            f"**{_at_least(women / 400_000)}** (1 pour 400 000 femmes).\n\n"
            "La liste ne distingue pas ces deux sortes de centres : elle ne permet pas de dire "
            "si ces minima sont atteints."
        )


def _at_least(number: float) -> int:
    return max(1, -int(-number // 1))


def _km(metres: float) -> str:
    return "–" if pd.isna(metres) else french.distance(metres) if metres else "0 km (à la mairie)"


def _names(rows: gpd.GeoDataFrame) -> str:
    placed = rows.dropna(subset=["nearest_m"])
    told = [
        f"{name} ({french.distance(metres)})"
        for name, metres in zip(placed["nom"], placed["nearest_m"], strict=True)
    ]
    return ", ".join(told[:_WORST]) or "–"


def _gap(rows: pd.DataFrame) -> str:
    """The longest stretch with nobody for the median inhabitant."""
    known = rows.dropna(subset=["gap_h"]).sort_values("gap_h")
    people = known["population"].fillna(0).astype(float).cumsum()
    if people.empty or not people.iloc[-1]:
        return "–"
    median = known["gap_h"].iloc[int(people.searchsorted(people.iloc[-1] / 2))]
    return "toute la semaine" if median >= words.WEEK_HOURS else words.hours(median)


def _gini(value: float) -> str:
    return "– (aucune heure connue)" if pd.isna(value) else f"{value:.2f}".replace(".", ",")


def _verdicts(rows: pd.DataFrame, verdict: Verdict) -> str:
    here = rows[rows["verdict"] == verdict]
    people = float(here["population"].sum())
    return f"{french.number(len(here))} sur {french.number(len(rows))} ({words.people(people)})"
