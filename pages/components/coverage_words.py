"""What a commune's measures say, in French: the same on the map, in the table, in a file."""

import pandas as pd

from geodata import french
from geodata.coverage import Verdict
from geodata.situation import Situation

WEEK_HOURS = 168


def percent(share: float) -> str:
    """0.384 → `38 %`; what is not nothing is never `0 %`, what is not all never `100 %`."""
    if pd.isna(share):
        return "–"
    if 0 < share < 0.01:
        return "moins de 1\u00a0%"
    whole = min(round(100 * share), 99) if share < 1 else 100
    return f"{whole}\u00a0%"


def people(number: float) -> str:
    """`166 000 personnes`: to the thousand from ten thousand on, to the hundred from a thousand."""
    if pd.isna(number):
        return "population inconnue"
    step = 1000 if number >= 10_000 else 100 if number >= 1000 else 1
    return french.count(step * round(number / step), "personne")


def hours(value: float) -> str:
    """12.5 → `12 h 30`, 168 → `168 h`."""
    if pd.isna(value):
        return "–"
    whole, minutes = divmod(round(60 * value), 60)
    return f"{whole}\u00a0h" + (f"\u00a0{minutes:02}" if minutes else "")


def hours_range(certain: float, possible: float) -> str:
    """`8 h`, or `de 8 h (sûr) à 168 h (possible)` where the two differ."""
    if pd.isna(certain) or certain == possible:
        return hours(certain)
    return f"de {hours(certain)} (sûr) à {hours(possible)} (possible)"


def nearest(row: pd.Series) -> str:
    """`CIDFF de la Vienne, à 12 km`."""
    if pd.isna(row["nearest_m"]):
        return "Aucun service dont le lieu soit connu"
    if row["nearest_m"] == 0:
        return f"{row['nearest_nom']}, à la mairie même"
    return f"{row['nearest_nom']}, à {french.distance(row['nearest_m'])}"


def reason(row: pd.Series, situation: Situation) -> str:
    """Say a commune's verdict in a few words, and why."""
    near = french.count(int(row["services"]), "service") if pd.notna(row["services"]) else ""
    then = "à ces heures" if situation.question.opening else "cette semaine"
    match row["verdict"]:
        case Verdict.COUVERT:
            return f"Couverte : {hours(row['certain_h'])} sûres {then}, {near} à portée"
        case Verdict.SANS_INFORMATION if not row["services"]:
            return "Sans information : la liste ne dit rien de ce département"
        case Verdict.SANS_INFORMATION:
            return f"Sans information : {near} à portée, horaires inconnus"
        case Verdict.FERME:
            return f"Fermé : {near} à portée, personne {then}"
        case Verdict.SANS_SERVICE:
            return "Aucun service à portée"
    return "Non mesurée : mairie inconnue"


def inhabitants(row: pd.Series) -> str:
    """`6 839 habitants`."""
    if pd.isna(row["population"]):
        return "population inconnue"
    return french.count(int(row["population"]), "habitant")


def tooltip(row: pd.Series, situation: Situation) -> str:
    """What the map says of a commune, a line each."""
    doubt = "Verdict incertain : il dépend des détours" if row["doubtful"] else ""
    lines = (inhabitants(row), f"Le plus proche : {nearest(row)}", reason(row, situation), doubt)
    return "\n".join(filter(None, lines))
