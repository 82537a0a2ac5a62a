"""What in a text, or in a column's name, tells where a place is.

The reading of a list refuses or empties such cells in the rows of hidden places
(`services.read_services`). Better one warning too many than one address too many.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from geodata import communes
from geodata.text import fold, spelled_out

# How the words of a column's name begin where it holds a place, or its commune.
_PLACE = (
    "adr", "addr", "rue", "voie", "lieu", "complement", "quartier", "batiment", "immeuble", "etage",
    "hameau", "residence", "domicile", "siege", "siret", "parcelle", "iris", "lat", "lon", "lng",
    "coord", "gps", "geo", "wkt", "wgs", "lambert", "position", "locat", "point", "place", "plus",
    "what", "osm", "maps", "plan", "itineraire", "bp",
)  # fmt: skip
_COMMUNE = (
    "commune", "ville", "localite", "cp", "codepost", "postal", "postcode", "zip", "insee",
    "codeinsee", "cog", "codgeo", "depcom", "canton", "epci", "city", "town", "municip",
)  # fmt: skip
_AXES = ("x", "y")

_WAY = r"(?:rue|avenue|boulevard|impasse|allees?|chemin|quai|square|sentier|ruelle|esplanade)"
_STREET = re.compile(
    r"\b\d{1,4} ?(?:bis|ter|quater|[a-d])? (?:rue|avenue|av|ave|boulevard|bd|bld|chemin|allees?|"
    r"impasse|route|quai|square|sente|sentier|ruelle|hameau|esplanade|faubourg|rond point|pl|"
    r"place(?! (?:en|pour|par|au|dans|d urgence|d hebergement|d accueil|disponible|libre)))\b"
    r"|\b\d{1,4} ?(?:bis|ter|quater|[a-d])? r (?:de|du|des|d|la|le|l) "
    rf"|\b{_WAY} (?:du(?! fait)|des|de la|de l|d) ?[a-z]"
    r"|\blieu dit\b|\blat(?:itude)? \d|\blon(?:g|gitude)? \d"
)
_STREET_NAME = re.compile(
    r"\b(?i:rue|avenue|boulevard|impasse|all[ée]e|chemin|quai|square)\s+"
    r"(?i:(?:de\s+la|de\s+l['’]|de|du|des|d['’]|la|le|les)\s*)?[A-ZÀ-Þ]"
    r"|\b\d{1,4}\s*(?i:bis|ter)?,?\s+(?i:cours|villa|cit[ée])\s+[A-ZÀ-Þ]"
    r"|\b\d{5}\s+[A-ZÀ-Þ]|\d\s*°\s*\d"
)
_COORDINATES = re.compile(r"-?\d{1,2}[.,]\d{3,}\s*[,;/|\s]\s*-?\d{1,3}[.,]\d{3,}")
_MAP_LINK = re.compile(r"openstreetmap|osm\.org|/maps|maps\.|waze\.|what3words", re.IGNORECASE)

# Words that often stand in an address, and often elsewhere.
_NUMBER = r"\b\d{1,4} ?(?:bis|ter|quater|[a-d])?"
_MAYBE_A_STREET = re.compile(
    rf"{_NUMBER} (?:passage|montee|mail|clos|lotissement|lot|residence|villa|cite|parvis|"
    r"promenade|traverse|venelle|rampe|cote|domaine|immeuble|batiment|bat|porte|galerie|mas|bourg|"
    r"che|chem|imp|all|rte|res|blvd|fbg|grande? rue|esp|prom)\b"
    r"|\b(?:rue|avenue|av|ave|boulevard|bd|bld|blvd|chemin|impasse|route|allee|quai|square|"
    r"passage|montee|clos|lotissement|residence|venelle|traverse|faubourg|fbg|pl)"
    r"(?: [a-z]+){1,4} \d{1,4}\b"
    r"|\b(?:bp|cs|tsa|boite postale) ?\d{1,6}\b"
    r"|\bzone (?:artisanale|industrielle|commerciale|d activites?)\b"
    r"|\b\d{1,2} ?(?:er|e|eme) arr(?:ondissement|dt)?\b"
)
_MAYBE_A_STREET_NAME = re.compile(
    r"\b(?i:passage|mont[ée]e|mail|clos|lotissement|venelle|traverse|cours|parvis|hameau|route|"
    r"faubourg)\s+(?i:(?:de\s+la|de\s+l['’]|de|du|des|d['’]|la|le|les)\s*)?[A-ZÀ-Þ]"
    r"|\bZ\.?(?:A|I|A\.?C|A\.?E|U\.?P)\b"
)
_PLUS_CODE = re.compile(
    r"(?<![\w+])[2-9CFGHJMPQRVWX]{4,8}\+[2-9CFGHJMPQRVWX]{2,3}(?![\w+])", re.IGNORECASE
)
_FIVE_FIGURES = re.compile(r"(?<!\d)(?<!\d[ .\-])(\d{2}|2[AB])[ .\-]?(\d{3})(?![ .\-]?\d)")
_FOUR_FIGURES = re.compile(r"(?<!\d)(?<!\d[ .\-])(\d) ?(\d{3})(?![ .\-]?\d)")

_ARTICLES = frozenset(("le", "la", "les", "l"))
_BEFORE_A_PLACE = frozenset(("de", "d", "du", "des", "a", "au", "aux"))
_JOINING = frozenset(
    """
    sur sous les lez en de du des d la le l aux au a et devant pres saint sainte
    """.split()  # noqa: SIM905 one word a line would be 450 lines
)
_LONG = 6
# Names of communes, or their first word, that are words of every day: they count behind *de*,
# *à*, *du*… with a capital letter, so that « orientation vers le 115 » does not name Vers.
_EVERYDAY = frozenset(
    """
    accueil aide aime allee ami amis amont an anciens ans appel appels arc armes art arts aucun
    autre avant avril bain bains balcon ballon bar barre bas basse beau beaux belle belles bien
    blanc blanche bocage bois bon bonne bonnes bord bords bourg bruyeres bus but camp campagne
    canton carre cas case cases cause celle celles cent centre centres cesse cette chambre champ
    champagne champs chance chapelle charge charite chateau chateaux chaume chaux chef chemin
    chene cheval choix ciel cinq cite cites clocher clos coeur colombe colonne combe commune
    compte comte confort contre cote coteau coteaux coulee cour cours croix culture cultures
    dame dames debat degre demi deux dessous devant dieu domaine domaines dormir douze drain
    droit droits dunes duo eau eaux ecluse ecole eglise elle enfant enfants ensemble entre epine
    espace esperance est etang etangs etape etoile etre eveque face faute femme femmes ferme
    fete feu fille filles fin fine foi folles fond fonds font fontaine fontaines force foret
    forets forge forges fort forts four fours foyer francais francaise france freres garde
    gardes gare gens grace grand grande grandes grands grave gros groupe habitants hall halles
    haut haute hauts hermitage heure hiver homme hommes hopital huis huit ile iles isle jardin
    jardins jeu jeune jeunes jeux jour jours juin justice lac lacs landes levee libre lieu lieux
    ligne lignes lion lire lit lits livre local loin long longue longues lot loupe lue lune
    lundi machine madeleine mai maire maison maisons mal marais marche mars mas menage mene mer
    mere meres mesures mieux milieu mine mines mois mon mont monts moulin mur murs ne nef neuf
    neuve neuves noir non nord notre nouvel nouvelle nouvelles nuit nuits on or orion os ouest
    oui pain pair paix palais palier parc parent parents pas passage pays pere petit petite
    petites petits peur pied pierre pierres pin place places plage plaine plaisance plan
    planning plateau pleine poche point pointe police pont ponts port porte portes poste poterie
    pour poursuite pre premier premiere premieres premiers pres pressoir prix projet propre
    puits quart quartier quatre queue rapport real refuge relais renard repos reseau resume rive
    rives riviere rivieres roche roches roi rond ronde rose roses rouge route routes royale rue
    ruelle sache salle sans sauve sec securite sens serre serres service serves seuil signes
    simple six soeur soi sol solidarite son sort sortie source sources sous sud suis sur sure
    table tables temple temps terre terres tilleul titre tour tours trait treize tri trois tronc
    tuilerie un union ur urgence us val vallee vallees vals vers vert verte vie vieille vieux
    vif vigne vignes vignoble village villages ville villes villa vin violence violences voie
    vue y
    """.split()  # noqa: SIM905 one word a line would be 450 lines
)


def names_a_place(column: str) -> bool:
    """Say whether a column of this name would hold an address or a point.

    >>> names_a_place("Rue (suite)"), names_a_place("GPS2"), names_a_place("remarques")
    (True, True, False)
    """
    return _has_word_beginning(column, _PLACE)


def names_a_commune(column: str) -> bool:
    """Say whether a column of this name would hold a commune.

    >>> names_a_commune("ville_2"), names_a_commune("remarques")
    (True, False)
    """
    return _has_word_beginning(column, _COMMUNE)


def _has_word_beginning(column: str, prefixes: tuple[str, ...]) -> bool:
    words = re.sub(r"\d", " ", fold(column)).split()
    return any(word.startswith(prefixes) or word in _AXES for word in words)


def visible(text: str) -> str:
    """Return a text in composed letters, without the characters that nobody sees.

    >>> visible("r\u200bue des Lilas")
    'rue des Lilas'
    """
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")


@lru_cache(maxsize=65_536)
def tells_a_place(text: str) -> bool:
    """Say whether a text holds a street, coordinates or a link to a map.

    >>> tells_a_place("12 bis rue des Lilas"), tells_a_place("12 places pour des familles")
    (True, False)
    """
    text = visible(text)
    plain = fold(text)
    return bool(
        _STREET.search(plain)
        or _STREET_NAME.search(text)
        or _COORDINATES.search(text)
        or _MAP_LINK.search(text)
    )


@lru_cache(maxsize=65_536)
def may_tell_a_place(text: str) -> bool:
    """Say whether a text holds words that often stand in an address, or a Plus code.

    `tells_a_place` is for what is surely a place. This also finds « 12 passage … », « BP 123 ».

    >>> may_tell_a_place("BP 123"), may_tell_a_place("Résidence de l’Écluse")
    (True, False)
    """
    text = visible(text)
    return bool(
        tells_a_place(text)
        or _MAYBE_A_STREET.search(fold(text))
        or _MAYBE_A_STREET_NAME.search(text)
        or _PLUS_CODE.search(text)
    )


def holds_a_postal_code(text: str) -> bool:
    """Say whether five figures of a text are a postal code of La Poste.

    >>> holds_a_postal_code("près de 86400"), holds_a_postal_code("dossier 00001")
    (True, False)
    """
    return any(communes.with_postal_code(code) for code in re.findall(r"\b\d{5}\b", visible(text)))


def holds_a_code_of(text: str, departements: Collection[str]) -> bool:
    """Say whether figures of a text are the code of a commune of these départements.

    Postal or INSEE codes, in two groups too (`86 400`), or without their first zero (`1004`).

    >>> holds_a_code_of("86 400", ["86"]), holds_a_code_of("1004", ["01"])
    (True, True)
    >>> holds_a_code_of("49 000 euros", ["86"]), holds_a_code_of("05 49 86 40 00", ["86"])
    (False, False)
    """
    text = visible(text)
    codes = {"".join(found) for found in _FIVE_FIGURES.findall(text)}
    codes |= {"0" + "".join(found) for found in _FOUR_FIGURES.findall(text)}
    for code in codes:
        current = communes.current_code(code)
        owners = [*communes.with_postal_code(code), *([current] if current else [])]
        if any(communes.departement_of(owner) in departements for owner in owners):
            return True
    return False


def names_a_commune_of(
    text: str, departements: Iterable[str], *, run_together: bool = False
) -> bool:
    """Say whether a text names a commune of these départements, of today or of the past.

    In full, or by the first word of its name, with or without its article, accents and capitals.
    A name that is also a word of every day counts only where it is written as a name of a place.
    Without a département, the communes of all France are looked for, and a single word counts only
    where it is written as a name of a place.

    Args:
        text: any text.
        departements: codes.
        run_together: find long names inside other words too, as in a mail address.

    >>> names_a_commune_of("Foyer du CREUSOT", ["71"]), names_a_commune_of("vers le 115", ["71"])
    (True, False)
    >>> names_a_commune_of("contact@foyercivray.fr", ["86"], run_together=True)
    True
    """
    return _names_one(visible(text), tuple(sorted(set(departements))), run_together=run_together)


@dataclass(frozen=True)
class _Names:
    """Names of communes, folded: `sure` count anywhere; `weak` behind one of these words.

    `whole`: long names without spaces. `homes`: the words of the names of the départements, and
    whether one counts only with its article.
    """

    sure: frozenset[str]
    weak: Mapping[str, frozenset[str]]
    whole: frozenset[str]
    homes: tuple[tuple[tuple[str, ...], bool], ...]
    longest: int


@cache
def _names(departements: tuple[str, ...]) -> _Names:
    halls = communes.read_town_halls()
    if departements:
        halls = halls[halls["departement"].isin(departements)]
    sure: set[str] = set()
    weak: dict[str, frozenset[str]] = {}
    whole: set[str] = set()
    homes = communes.read_departements().loc[list(departements), "nom"]
    # Paris is its own département: its name tells nothing.
    alone = {spelled_out(homes[d]) for d in departements if (halls["departement"] == d).sum() == 1}
    for current, formers in zip(halls["nom"], halls["anciens_noms"], strict=True):
        for name in map(spelled_out, (current, *formers)):
            if name in alone:
                continue
            words = name.split()
            behind = _BEFORE_A_PLACE
            if words[0] in _ARTICLES and len(words) > 1:
                words, behind = words[1:], behind | _ARTICLES
            for form in _forms(words):
                single = " " not in form
                if single and (len(form) < 3 or form in _EVERYDAY or not departements):
                    weak[form] = weak.get(form, frozenset()) | behind
                else:
                    sure.add(form)
            compact = "".join(words)
            if departements and len(compact) >= _LONG and compact not in _EVERYDAY:
                whole.add(compact)
    named = [(tuple(spelled_out(home).split()), spelled_out(home) in sure) for home in homes]
    longest = max((form.count(" ") + 1 for form in sure), default=1)
    return _Names(frozenset(sure), weak, frozenset(whole), tuple(named), longest)


def _forms(words: list[str]) -> set[str]:
    """Give what people call a commune of this name, without its article."""
    forms = {" ".join(words)}
    start = 1 if words[0] in ("saint", "sainte") else 0
    if len(words) > start + 1:
        forms.add(" ".join(words[: start + 1]))
    if len(words) == 2 and not start and words[0] not in _JOINING:
        forms.add(words[1])
    return {form for form in forms if form not in _JOINING}


@lru_cache(maxsize=65_536)
def _names_one(text: str, departements: tuple[str, ...], *, run_together: bool) -> bool:
    known = _names(departements)
    # Words, their folded forms, and whether a hyphen follows.
    parts = [(found[0], text[found.end() : found.end() + 1]) for found in _WORD.finditer(text)]
    words = [spelled_out(part) for part, _ in parts]
    # An id or a link has no capitals.
    cased = any(letter.isupper() or letter.isspace() for letter in text)
    kept = words
    for home, with_article in known.homes:
        kept = _without(kept, home, with_article=with_article)
    for at, word in enumerate(words):
        for size in range(1, min(known.longest, len(words) - at) + 1):
            if " ".join(words[at : at + size]) in known.sure and any(kept[at : at + size]):
                return True
        capital = parts[at][0][0].isupper() or not cased
        if (
            capital
            and kept[at]
            and parts[at][1] != "-"
            and at
            and words[at - 1] in known.weak.get(word, frozenset())
        ):
            return True
    if run_together:
        compact = fold(text).replace(" ", "")
        return any(name in compact for name in known.whole)
    return False


_WORD = re.compile(r"[^\W_]+")


def _without(words: list[str], home: tuple[str, ...], *, with_article: bool) -> list[str]:
    """Blank the name of a département, where it is not that of a commune of it too."""
    kept = list(words)
    for at in range(len(words) - len(home) + 1):
        here = tuple(words[at : at + len(home)]) == home
        if here and (not with_article or (at and words[at - 1] in _ARTICLES)):
            kept[at : at + len(home)] = [""] * len(home)
    return kept


def names_of(commune: str, code_postal: str, code_insee: str) -> frozenset[str]:
    """Give what a row's place cells call its commune: names spelled out, and postal code.

    >>> sorted(names_of("", "", "86078"))
    ['civray']
    """
    current = communes.current_code(code_insee)
    codes = [*([current] if current else []), *communes.with_postal_code(code_postal)]
    names = communes.read_town_halls()["nom"]
    said = (commune, code_postal, *(str(names[code]) for code in codes))
    return frozenset(filter(None, map(spelled_out, said)))
