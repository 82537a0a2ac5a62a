"""What a situation says, in French: the same on the page, in the report and in a notebook."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geodata import communes, coverage, french, hours, transit, travel
from geodata import situation as situations
from geodata.aids import INTERPRETER, vocabulary
from geodata.coverage import DaysAndHours, SlotClass, Verdict
from geodata.own_territory import OwnTerritory
from geodata.population import People
from geodata.service_types import Aid, Need, ServiceType
from geodata.situation import MEASURED_TYPES, Question, Situation
from geodata.situation.scenario import DropIn, Scenario
from geodata.text import fold

_WEEK_HOURS: Final = 168
_FARTHEST: Final = 5
_LONGEST_NAME: Final = 60
_MOST_NAMED: Final = 3
_FROM_THE_HALL: Final = (
    "Où vivent les gens dans la commune n’est pas connu : dans un hameau, c’est plus long."
)
_SAID_BY_A_VERB: Final = (Need.PARLER, Need.PLAINTE)

Row = Mapping[str, Any] | pd.Series
"""A row of `Situation.communes`, or its cells by column."""


# --- quantities ---------------------------------------------------------------------------


def percent(share: float) -> str:
    """0.384 → `38 %`; what is not nothing is never `0 %`, what is not all never `100 %`."""
    if pd.isna(share):
        return "–"
    if 0 < share < 0.01:
        return "moins de 1\u00a0%"
    whole = min(round(100 * share), 99) if share < 1 else 100
    return f"{whole}\u00a0%"


def percents(shares: pd.Series) -> pd.Series:
    """Return percents to a tenth, for a column that is sorted; 0 and 100 mean none and all.

    >>> percents(pd.Series([0.0, 0.0001, 0.384, 0.9999, 1.0])).tolist()
    [0.0, 0.1, 38.4, 99.9, 100.0]
    """
    found = (100 * shares).round(1)
    return found.mask((shares > 0) & (found == 0), 0.1).mask((shares < 1) & (found == 100), 99.9)


def people(number: float, who: People = People.ALL) -> str:
    """`166 000 personnes`: to the thousand from ten thousand on, to the hundred from a thousand."""
    if pd.isna(number):
        return "population inconnue"
    step = 1000 if number >= 10_000 else 100 if number >= 1000 else 1
    return who.counted(step * round(number / step))


def duration(value: float) -> str:
    """12.5 hours → `12 h 30`, 168 → `168 h`."""
    if pd.isna(value):
        return "–"
    whole, minutes = divmod(round(60 * value), 60)
    return f"{whole}\u00a0h" + (f"\u00a0{minutes:02}" if minutes else "")


def decimal(value: float, digits: int = 1) -> str:
    """12.34 → `12,3`; a missing value is a dash."""
    return "–" if pd.isna(value) else f"{value:.{digits}f}".replace(".", ",")


def plain(value: float) -> str:
    """12.5 → `12,5`, 20.0 → `20`: a number that somebody chose, as they would write it."""
    return f"{value:g}".replace(".", ",")


def kilometres(metres: float) -> str:
    """How far, `–` where nothing is."""
    return "–" if pd.isna(metres) else french.distance(metres) if metres else "0 km (à la mairie)"


# --- the question -------------------------------------------------------------------------


def departement(code: str) -> str:
    """`Val-d’Oise`."""
    return str(communes.read_departements()["nom"][code]).replace("'", "’")


def places(departements: Collection[str]) -> str:
    """`Vienne (86)`, `Vienne (86) et Yvelines (78)`, `5 départements`."""
    if len(departements) > 2:
        return french.count(len(departements), "département")
    return " et ".join(f"{departement(code)} ({code})" for code in departements)


def where(question: Question) -> str:
    """Name the territory: `places` of the départements, or `« Autour de Civray » (12 communes)`."""
    return own_names(question.own) if question.own else places(question.departements)


def own_names(own: Collection[OwnTerritory]) -> str:
    """`« Autour de Civray » (12 communes)`, `5 territoires`."""
    if len(own) > 2:
        return french.count(len(own), "territoire")
    return " et ".join(
        f"« {one.name} » ({french.count(len(one.communes), 'commune')})" for one in own
    )


def file_places(situation: Situation) -> str:
    """`vienne-yvelines`, for the name of a file; three at most."""
    question = situation.question
    names = [one.name for one in question.own] or map(departement, question.departements)
    return "-".join(fold(name).replace(" ", "-") for name in list(names)[:3]) or "territoire"


def services(kinds: Collection[ServiceType], aids: Collection[Aid] = ()) -> str:
    """`un lieu où parler à quelqu’un`, `un lieu avec avocat`; without aids, the `types`."""
    if not aids:
        return types(kinds)
    need = next((need for need in Need if set(need.aids) == set(aids)), None)
    named = " ou ".join(aid.label for aid in Aid if aid in aids)
    several = named if len(aids) <= _MOST_NAMED else f"une de {french.number(len(aids))} aides"
    given = f"où {need.label}" if need in _SAID_BY_A_VERB else f"avec {several}"
    some = set(kinds) not in (set(), set(MEASURED_TYPES))
    return f"un lieu {given}{f' ({types(kinds)})' if some else ''}"


def spoken(langues: Collection[str]) -> str:
    """`, en arabe (ou avec un interprète)`, `, avec un interprète`; "" for none."""
    labels = vocabulary("langues")
    named = french.listed((f"en {labels[one]}" for one in langues if one != INTERPRETER), " ou ")
    if named:
        return f", {named} (ou avec un interprète)"
    return ", avec un interprète" if langues else ""


def wanted(question: Question) -> str:
    """Return what is looked for: `un lieu avec avocat, en arabe (ou avec un interprète)`."""
    return f"{services(question.types, question.aids)}{spoken(question.langues)}"


def unknown_hours(question: Question) -> str:
    """`horaires inconnus`; where languages are asked for, they may be what is not known."""
    return "langues ou horaires inconnus" if question.langues else "horaires inconnus"


def types(kinds: Collection[ServiceType]) -> str:
    """`une permanence`, `une association ou une permanence`, `un service de 6 types`."""
    if not kinds or set(kinds) == set(MEASURED_TYPES):
        return "un service quel qu’il soit"
    if len(kinds) > _MOST_NAMED:
        return f"un service de {french.number(len(kinds))} types"
    *first, last = (kind.facts.one for kind in MEASURED_TYPES if kind in kinds)
    return " ou ".join(filter(None, (", ".join(first), last)))


def within(question: Question) -> str:
    """`20 km à vol d’oiseau`, `30 min en voiture`, `2 km à pied`, `60 min sans voiture`."""
    if question.km is not None:
        return f"{plain(question.km)}\u00a0km à vol d’oiseau"
    if question.walk_km is not None:
        return f"{plain(question.walk_km)}\u00a0km à pied"
    if question.transit_minutes is not None:
        return f"{plain(question.transit_minutes)}\u00a0min sans voiture"
    return f"{plain(question.minutes or 0)}\u00a0min en voiture"


def opening(wanted: SlotClass | DaysAndHours | None) -> str:
    """`à un moment ou un autre`, `un soir de semaine (18 h – 22 h)`, `le mardi de 18 h à 22 h`."""
    if isinstance(wanted, DaysAndHours):
        hours_asked = f"de {french.clock(wanted.start)} à {french.clock(wanted.end)}"
        return f"{days(wanted.weekdays)} {hours_asked}"
    return _lower(wanted.label) if wanted else "à un moment ou un autre"


def days(weekdays: Sequence[int]) -> str:
    """`le mardi`, `le mardi et le jeudi`, `du lundi au vendredi`, `tous les jours`."""
    if len(weekdays) == len(french.WEEKDAYS):
        return "tous les jours"
    if tuple(weekdays) == tuple(range(5)):
        return "du lundi au vendredi"
    return french.listed(f"le {french.weekday(day)}" for day in weekdays)


def week(question: Question) -> str:
    """`semaine du lundi 30 novembre 2026`."""
    return f"semaine du {french.day(question.monday, today=date.min)}"


def asked(question: Question) -> str:
    """Return the whole question as a sentence."""
    return (
        f"Dans {where(question)}, combien de {question.who.label} ont {wanted(question)} "
        f"à moins de {within(question)}, {opened(question)} {opening(question.opening)} ?"
    )


def opened(question: Question) -> str:
    """`ouvert` or `ouverte`, after `wanted`."""
    named = [kind for kind in MEASURED_TYPES if kind in question.types]
    several = question.aids or len(named) > _MOST_NAMED
    feminine = named and not several and all(kind.facts.one.startswith("une ") for kind in named)
    return "ouverte" if feminine else "ouvert"


# --- the answer ---------------------------------------------------------------------------


def share(part: float, situation: Situation) -> str:
    """`38 % (166 000 personnes)`."""
    return f"{percent(part)} ({people(part * situation.people, situation.question.who)})"


def nothing_sure(situation: Situation) -> str:
    """Say what is known, and what to do, where nobody surely has anybody open; "" elsewhere."""
    number, unknown = len(situation.services), len(situation.services) - situation.known
    if situation.certain or not number:
        return ""
    if situation.question.langues:
        return (
            "Aucune fiche à portée ne dit à la fois cette langue, ou un interprète, et des heures "
            f"où c’est ouvert. Appeler {french.count(number, 'service')} pour le demander : "
            f"{percent(situation.possible)} des {situation.question.who.living} en ont un qui "
            "convient peut-être."
        )
    if not unknown:
        return f"Nous connaissons tous les horaires : personne n’est ouvert {_then(situation)}."
    perhaps = f"{percent(situation.possible)} des {situation.question.who.living}"
    if not situation.known:
        which, call = "pas les horaires du seul service", "l’appeler"
        if number > 1:
            which = f"les horaires d’aucun des {french.count(number, 'service')}"
            call = "les appeler"
        return (
            f"Nous ne connaissons {which} à portée : {call} pour les demander. "
            f"{perhaps} en ont un qui est peut-être ouvert."
        )
    return (
        f"D’après les horaires que nous connaissons ({french.number(situation.known)} des "
        f"{french.count(number, 'service')} à portée), personne n’est ouvert {_then(situation)}. "
        f"Appeler les autres pour demander leurs horaires : {perhaps} en ont un qui est peut-être "
        "ouvert."
    )


def limits(situation: Situation) -> str:
    """What the two figures say, and what they do not."""
    number = len(situation.services)
    none = f"aucun service à portée{in_the_list(situation.communes)}"
    known = f"{french.number(situation.known)} des {french.count(number, 'service')} à portée"
    if number == 1:
        known = f"le seul service à portée {'en a' if situation.known else 'n’en a pas'}"
    counted = people(situation.people, situation.question.who)
    langues = situation.question.langues
    such = "un lieu qui le dit, ou qui ne dit pas ses langues," if langues else "un tel lieu"
    told = "horaires connus et la langue dite" if langues else "horaires connus"
    unknown = "la langue ou les horaires" if langues else "les horaires"
    return (
        f"Sur {counted}, {percent(situation.near)} ont {such} à moins "
        f"de {within(situation.question)} de leur mairie, ouvert ou non. Sûr : d’après les "
        f"{told} ({known if number else none}). Possible : en "
        f"comptant aussi les lieux dont on ne connaît pas {unknown}. "
        f"{week(situation.question).capitalize()}."
    )


def minutes(situation: Situation, source: str) -> str:
    """Return where the minutes come from, and what hangs on the estimate; "" for kilometres.

    `source`: what tells real minutes, or the timetables; "" where minutes are estimated.
    """
    question = situation.question
    if question.walk_km is not None:
        return (
            f"À pied : distance à vol d’oiseau × {decimal(travel.DETOUR)}, depuis la mairie. À "
            f"{plain(transit.WALK_KMH)}\u00a0km/h, {plain(question.walk_km)}\u00a0km font "
            f"{round(60 * question.walk_km / transit.WALK_KMH)}\u00a0min. {_FROM_THE_HALL}"
        )
    if question.transit_minutes is not None:
        return (
            f"Sans voiture : {source.rstrip('.')}. Aller et retour le même jour, "
            f"{plain(question.transit_minutes)}\u00a0min au plus chacun, et une demi-heure au "
            f"moins sur place pendant l’ouverture. À pied : {plain(transit.WALK_KM)}\u00a0km au "
            f"plus à chaque bout (à vol d’oiseau × {decimal(travel.DETOUR)}), "
            f"{plain(transit.WALK_KMH)}\u00a0km/h ; {transit.CHANGE_MINUTES}\u00a0min pour "
            "changer. Ne comptent pas : les lignes absentes de ce fichier, le transport à la "
            "demande, les retards. "
            f"{_FROM_THE_HALL}"
        )
    if question.minutes is None:
        return ""
    if source:
        return f"Temps de trajet : {source.rstrip('.')}."
    doubtful = int(situation.communes["doubtful"].sum())
    low, high, usual = map(decimal, (*travel.DETOUR_BAND, travel.DETOUR))
    return (
        f"Temps de trajet : estimation, par la route et sans bouchons (distance × {usual} pour les "
        f"détours, vitesse selon la densité). Si les détours valaient entre {low} et {high}, "
        f"{french.count(doubtful, 'commune changerait', 'communes changeraient')} de verdict."
    )


def unlisted(situation: Situation) -> str:
    """Return which of the départements asked for the list says nothing of; "" where of none."""
    if not situation.unlisted:
        return ""
    return (
        "La liste ne contient aucun lieu de ce genre pour : "
        f"{', '.join(map(departement, situation.unlisted))}. Il y en a peut-être : nous ne "
        "le savons pas. Ceux qui y vivent sans aucun autre service à portée comptent "
        "dans « possible », pas dans « sûr »."
    )


def unlisted_neighbours(situation: Situation, *, most: int | None = None) -> str:
    """Name the neighbouring départements that the list says nothing of, `most` of them."""
    codes = situation.unlisted_neighbours
    if not codes:
        return "Les départements voisins comptent."
    shown = codes[:most]
    more = len(codes) - len(shown)
    others = f" et {french.count(more, 'autre')}" if more else ""
    return (
        f"La liste ne dit rien des départements voisins ({', '.join(map(departement, shown))}"
        f"{others}) : près d’eux, la couverture peut être meilleure."
    )


def in_the_list(rows: pd.DataFrame | Row) -> str:
    """` dans la liste`, after *aucun service*; "" where the list is declared to hold them all.

    `rows`: a commune, or some of `Situation.communes`, of which those without a service count.
    """
    if isinstance(rows, pd.DataFrame):
        none = rows[rows["verdict"] == Verdict.SANS_SERVICE]
        return "" if (rows if none.empty else none)["complete"].all() else " dans la liste"
    return "" if rows["complete"] else " dans la liste"


def completeness(situation: Situation) -> str:
    """Say whether *aucun service* means that there is none, or none in the list."""
    if not situation.complete:
        return "« Aucun service » veut dire : aucun dans la liste, qui peut ne pas tout connaître."
    if situation.communes["complete"].all():
        elsewhere = ""
    else:
        elsewhere = " Près d’un département qui ne l’est pas, on lit « aucun dans la liste »."
    return (
        "La liste est déclarée complète, pour ce qui est demandé ici : "
        f"{places(situation.complete)}.{elsewhere}"
    )


def figures(situation: Situation) -> list[tuple[str, str]]:
    """Return the headline figures, each with what it is."""
    living = situation.question.who.living
    return [
        ("Ont un service à portée", percent(situation.near)),
        (f"La moitié des {living} l’ont à moins de", kilometres(situation.p50_m)),
        (_nine_of_ten(situation.question.who), kilometres(situation.p90_m)),
        ("Plus longue attente sans personne", _gap(situation)),
        ("Inégalité de l’offre (Gini)", _gini(situation.gini)),
        ("Communes sans information", _verdicts(situation, Verdict.SANS_INFORMATION)),
        (
            f"Communes sans service à portée{in_the_list(situation.communes)}",
            _verdicts(situation, Verdict.SANS_SERVICE),
        ),
    ]


def farthest(situation: Situation) -> str:
    """`Availles-Limouzine (43 km), Mauprévoir (42 km)`, and so on."""
    placed = situation.communes.dropna(subset=["nearest_m"])
    rows = placed.sort_values("nearest_m", ascending=False, kind="stable").head(_FARTHEST)
    pairs = zip(rows["nom"], rows["nearest_m"], strict=True)
    return (
        ", ".join(f"{name[:_LONGEST_NAME]} ({french.distance(metres)})" for name, metres in pairs)
        or "–"
    )


def largest_uncovered(situation: Situation) -> str:
    """`Loudun (6 839 habitants), Civray (2 617 habitants)`, and so on; "" if all are covered."""
    rows = situations.largest_uncovered(situation).head(_FARTHEST)
    return ", ".join(
        f"{row['nom'][:_LONGEST_NAME]} ({inhabitants(row, situation.question.who)})"
        for _, row in rows.iterrows()
    )


def yardsticks(situation: Situation, listed: gpd.GeoDataFrame) -> list[tuple[str, str, str]]:
    """Return the minima of the Council of Europe for so many people, and what the list knows.

    Each is three texts: of what, how much, and for whom.
    """
    here = listed[listed["departement"].isin(situation.question.departements)]
    shelters = french.count(int((here["type"] == ServiceType.HEBERGEMENT).sum()), "fiche")
    whole = f" dans {places(situation.question.departements)}" if situation.question.own else ""
    inhabitants = situation.inhabitants
    women = situation.people if situation.question.who is People.WOMEN else inhabitants / 2
    return [
        (
            "hébergement",
            french.count(_at_least(inhabitants / 10_000), "place"),
            (
                "pour une femme et ses enfants (1 pour 10 000 habitants). La liste compte "
                f"{shelters} d’hébergement{whole} ; elle ne dit pas le nombre de places"
            ),
        ),
        (
            "centres d’aide aux victimes de viol",
            str(_at_least(women / 200_000)),
            "(1 pour 200 000 femmes)",
        ),
        (
            "centres de constat et de soins après une agression sexuelle",
            str(_at_least(women / 400_000)),
            "(1 pour 400 000 femmes)",
        ),
    ]


YARDSTICKS_NOTE: Final = (
    "La liste ne distingue pas ces deux sortes de centres : elle ne permet pas de dire si ces "
    "minima sont atteints."
)


# --- a commune ----------------------------------------------------------------------------


def living(rows: Any, who: People) -> Any:
    """Return how many of those who are counted live in a commune, or in each of some communes."""
    return rows["population"] if who is People.ALL else rows["people"]


def inhabitants(row: Row, who: People = People.ALL) -> str:
    """`6 839 habitants`, `3 512 femmes`: how many of those who are counted live there."""
    number = living(row, who)
    if pd.isna(number):
        return "population inconnue" if who is People.ALL else f"{who.label} : sans chiffre"
    if who is People.ALL:
        return french.count(int(number), "habitant")
    return who.counted(round(number))


def nearest(row: Row) -> str:
    """`CIDFF de la Vienne, à 12 km`."""
    if pd.isna(row["nearest_m"]):
        unknown = row["verdict"] == Verdict.SANS_INFORMATION
        return "inconnu" if unknown else "aucun dans la liste dont le lieu soit connu"
    if row["nearest_m"] == 0:
        return f"{row['nearest_nom']}, à la mairie même"
    return f"{row['nearest_nom']}, à {french.distance(row['nearest_m'])}"


def reason(row: Row, situation: Situation) -> str:
    """Say a commune's verdict in a few words, and why."""
    near: str = french.count(int(row["services"]), "service") if pd.notna(row["services"]) else ""
    then = _then(situation)
    match row["verdict"]:
        case Verdict.COUVERT:
            return f"Couverte : {duration(row['certain_h'])} sûres {then}, {near} à portée"
        case Verdict.SANS_INFORMATION if not row["services"]:
            return "Sans information : la liste ne dit rien de ce département"
        case Verdict.SANS_INFORMATION:
            return f"Sans information : {near} à portée, {unknown_hours(situation.question)}"
        case Verdict.FERME:
            return f"Fermé : {near} à portée, personne {then}"
        case Verdict.SANS_SERVICE:
            return f"Aucun service à portée{in_the_list(row)}"
    return "Non mesurée : mairie inconnue"


def _then(situation: Situation) -> str:
    return "à ces heures" if situation.question.opening else "cette semaine"


def commune(row: Row, situation: Situation) -> str:
    """Say of a commune who lives there, what is nearest and why it has its verdict, a line each."""
    doubt = "À vérifier : cela dépend des détours de la route" if row["doubtful"] else ""
    here = inhabitants(row, situation.question.who)
    lines = (here, f"Le plus proche : {nearest(row)}", reason(row, situation), doubt)
    return "\n".join(filter(None, lines))


# --- a territory --------------------------------------------------------------------------


def territory(row: Row, situation: Situation) -> str:
    """Say of a territory of `territories.summary` who lives there, and who of them has what."""
    who = situation.question.who
    return (
        f"{row['nom']} : {who.counted(int(row['people']))}\n"
        f"{percent(row['near'])} ont un tel lieu à portée, ouvert ou non\n"
        f"sûr {percent(row['certain'])}, possible {percent(row['possible'])}"
    )


def ranks(question: Question) -> str:
    """Say what is ranked, and what a rank is worth."""
    estimated = " Temps de trajet estimés." if question.minutes else ""
    return (
        f"{asked(question)} Rang : du plus couvert au moins couvert. « 1 à 4 » : les "
        f"{unknown_hours(question)} ne permettent pas de trancher. Écart : la part à portée, "
        "ouvert ou non, dans l’intercommunalité la moins couverte et dans la plus couverte. Un "
        f"rang compare aussi le soin mis à remplir la liste.{estimated}"
    )


def ranks_supposed(called: str) -> str:
    """Say that the ranks are those that a scenario would give; `called`: what it is called."""
    return f"Avec {called} : les parts et les rangs sont ceux qu’il donnerait."


def rank(best: int, worst: int) -> str:
    """`1`, `1 à 4`; `–` where there is none."""
    if pd.isna(best):
        return "–"
    return str(best) if best == worst else f"{best} à {worst}"


# --- the scenario -------------------------------------------------------------------------


def drop_in(one: DropIn) -> str:
    """`Loudun (86) : le mardi, 17 h – 20 h`."""
    hall = communes.read_town_halls().loc[one.code_insee]
    return f"{hall['nom']} ({hall['departement']}) : {_lower(hours.describe(one.hours))}"


def parts(scenario: Scenario, before: Situation) -> list[str]:
    """Say what a scenario adds and closes, a line each."""
    names = before.services["nom"]
    return [
        *(f"Ouvrir une permanence à {drop_in(one)}" for one in scenario.added),
        *(
            f"Fermer {names[key]}"
            if key in names.index
            else "Fermer un service qui n’est pas compté"
            for key in scenario.closed
        ),
    ]


def added(question: Question) -> str:
    """Say what a drop-in that a scenario adds is taken for."""
    spoken_there = ", dans la langue demandée" if question.langues else ""
    return f"Une permanence ajoutée est supposée offrir ce qui est demandé{spoken_there}."


def gains(changes: pd.DataFrame, who: People, *, mark: str = "") -> str:
    """Say who gains and who loses, from `situation.change`; `mark` goes around each number."""
    gaining, losing = changes[changes["gain_h"] > 0], changes[changes["gain_h"] < 0]
    newly = changes[changes["newly"]]
    said = []
    if len(gaining):
        had = ""
        if newly["people"].sum() > 0:
            verb = _agreed(newly, "avait", "avaient")
            had = f" ; {_counted(newly, who, mark)} n’en {verb} aucune"
        verb = _agreed(gaining, "gagne", "gagnent")
        said.append(f"{_of_communes(gaining, who, mark)} {verb} des heures d’ouverture{had}.")
    if len(losing):
        verb = _agreed(losing, "perd", "perdent")
        said.append(f"{_of_communes(losing, who, mark)} en {verb}.")
    return (
        " ".join(said)
        or "Ce scénario ne change aucune heure d’ouverture connue, ici et cette semaine-là."
    )


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _of_communes(rows: pd.DataFrame, who: People, mark: str) -> str:
    return f"{_counted(rows, who, mark)} de {french.count(len(rows), 'commune')}"


def _counted(rows: pd.DataFrame, who: People, mark: str) -> str:
    return f"{mark}{people(float(rows['people'].sum()), who)}{mark}"


def _agreed(rows: pd.DataFrame, one: str, several: str) -> str:
    """Return the verb that follows `_counted`."""
    return one if rows["people"].sum() < 1.5 else several


def _at_least(number: float) -> int:
    return max(1, -int(-number // 1))


def _gini(value: float) -> str:
    return "– (aucune heure connue)" if pd.isna(value) else decimal(value, 2)


def _nine_of_ten(who: People) -> str:
    """`Neuf habitants sur dix à moins de`, `Neuf femmes de 15 ans et plus sur dix à moins de`."""
    return f"Neuf {who.living} sur dix à moins de"


def _gap(situation: Situation) -> str:
    """The longest stretch with nobody for the median inhabitant, possibly and surely."""
    perhaps, surely = (_median_gap(situation, column) for column in ("gap_possible_h", "gap_h"))
    return surely if perhaps == surely else f"entre {perhaps} et {surely}"


def _median_gap(situation: Situation, column: str) -> str:
    rows = situation.communes
    median = coverage.weighted_quantile(rows[column], situation.weight.reindex(rows.index), q=0.5)
    if pd.isna(median):
        return "–"
    return "toute la semaine" if median >= _WEEK_HOURS else duration(median)


def _verdicts(situation: Situation, verdict: Verdict) -> str:
    rows = situation.communes
    here = rows[rows["verdict"] == verdict]
    living = people(float(situation.weight.reindex(here.index).sum()), situation.question.who)
    return f"{french.number(len(here))} sur {french.number(len(rows))} ({living})"
