"""The same service in two lists: recognised, and proposed; what to do with it is a person's choice.

Two rows are compared where they share a commune, a phone number, or a département and the core of
their name. Each clue adds its weight (`WEIGHTS`, log-odds); the sum, through the logistic function,
is the score. Names are compared after the words that official files write in several ways (`CCAS`,
`centre communal d'action sociale`) are brought to one, and the place's own name is taken out: what
is left of « MDS de Civray » is `mds`, and whether the place is the same is asked of the codes.

Measured on the 206 pairs of `tests/labelled_pairs.csv` (109 are the same service), made from names
as public sources write them, at the score LIKELY: precision 0.973 (112 proposed), recall 1.000; on
the third of the pairs that no weight was tuned on, both 1.000. The three look-alikes still proposed
share a house (an association and its own day centre). Pairs and weights have one author: expect
less of lists that nobody has seen.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from geodata import communes, phones
from geodata.services import Confidentiality, ServiceType
from geodata.text import fold

LIKELY: Final = 0.5
"""The score from which a pair is worth proposing to a person."""

WEIGHTS: Final[Mapping[str, float]] = {
    "start": -2.5,  # two rows of one commune are seldom the same service
    "name_same": 3.0,  # the words left are the same, or nearly
    "name_near": 1.5,
    "name_apart": -2.0,
    "name_other": -5.0,
    "type_same": 1.5,
    "type_other": -3.0,  # between, for types that lists mix up: nothing
    "commune_same": 1.5,
    "commune_other": -6.0,  # a permanence in another town is another service
    "departement_other": -6.0,
    "phone_same": 3.0,
    "phone_shared": 1.0,  # a switchboard, 115: the number says little
    "phone_other": -0.5,  # services have several numbers
    "point_same": 1.0,
    "point_other": -2.0,
    "number_other": -4.0,  # another number or side in the name: SST 10 and SST 13, Nord and Sud
    "work_other": -4.0,  # two desks of one house: its emergency room, its social service
}
_SAME_NAME, _NEAR_NAME, _APART_NAME = 88, 68, 45
_SAME_POINT_M, _OTHER_POINT_M = 200, 2000

# What official files write in several ways, after folding; the longest first.
_WORDS: Final = tuple(
    (re.compile(rf"\b(?:{written})\b"), word)
    for written, word in (
        ("peloton (?:motorise|d autoroute)(?: de gendarmerie)?", "peloton"),
        ("(?:centre )?d information et de recrutement de la gendarmerie", "recrutement"),
        ("maisons? de (?:confiance et de )?protection des familles(?: de la gendarmerie)?", "mpf"),
        ("m(?:c|d)?pf", "mpf"),
        ("(?:compagnie|cie|communaute|brigade|unite|secteur)s? de (?:gendarmerie|brigades)", "bt"),
        ("brigades?(?: territoriale| autonome| de proximite)*|bta|btp|cob", "bt"),
        ("gendarmerie(?: nationale| departementale)*|secteur", "bt"),
        ("police municipale", "municipale"),
        ("(?:hotel|bureau|poste|commissariat)(?: central)? de police(?: nationale)?", "police"),
        ("commissariat(?: central)?|csp|police nationale", "police"),
        ("(?:maison|centre)s? (?:departementale|dep)? ?(?:de la|des)? ?solidarites?", "mds"),
        ("centres? medico socia(?:l|ux)|cms", "mds"),
        ("services? des solidarites territoriales|pole social departemental", "sst"),
        ("pole social", "sst"),
        ("territoire d action departementale", "tad"),
        ("centre communal d? ?action sociale", "ccas"),
        ("centre intercommunal d? ?action sociale", "cias"),
        ("centre d info(?:rmation)? sur les droits des femmes et des familles|cidf", "cidff"),
        ("tribunal de grande instance|tribunal judiciaire|tgi", "tj"),
        ("tribunal de proximite|tribunal d instance", "tprox"),
        ("maison de (?:la )?justice et du droit", "mjd"),
        ("(?:conseil|comite) departemental de l acces au droit", "cdad"),
        ("points? d? ?acces au droit|points? justice", "pointjustice"),
        ("unites? medico judiciaires?", "umj"),
        ("centre hospitalier universitaire", "chu"),
        ("centre hospitalier|hopital|ch", "hopital"),
        ("maison des ado(?:lescent)?s", "mda"),
        ("maison des femmes", "mdf"),
        ("accueil de jour", "jour"),
        ("mouvement francais pour le planning familial|mfpf", "planning familial"),
        ("centre de planification(?: et d education familiale)?|centre de sante sexuelle", "cpef"),
        ("lieu d ecoute d accueil et d orientation", "leao"),
        ("centre d hebergement et de reinsertion sociale", "chrs"),
        ("service integre d accueil et d orientation", "siao"),
        ("solidarite femmes", ""),
    )
)
_SPACED = re.compile(r"\b(?:[a-z0-9] ){2,}[a-z0-9]\b")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMPTY_WORDS: Final = _words(
    "a and au aux d de des du en et l la le les par pour s sous st ste sur"
)
# What tells the desks of one house apart.
_WORK: Final = _words(
    "avocats bt cpef hebergement intervenant intervenante intervenantes intervenants jour mdf mjd "
    "mobile mpf police psychologue social uaped umj urgences victimes"
)
_SIDES: Final = _words("nord sud est ouest")
# Words that many services share: alone they make no name.
_COMMON: Final = _words(
    "accueil antenne association bureau centre chu departement departemental departementale "
    "ecoute femmes francaise hebergement hopital institut intrafamiliales ligne local locale lieu "
    "mairie maison mobile numero permanence reseau service sites site social sociale unite "
    "urgence urgences victimes vif violences"
)


def candidates(
    ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, *, floor: float = LIKELY
) -> pd.DataFrame:
    """Give the pairs of rows that may be the same service, the likeliest first.

    Args:
        ours: services of `read_services`.
        theirs: services of `read_services`.
        floor: the least score given.

    Returns:
        Columns `ours` and `theirs` (ids), `score` (0 to 1) and `reasons` (French, for a person).
        No reason tells a place, a number or a name. A row may stand in several pairs.
    """
    a, b = _clues(ours), _clues(theirs)
    return _scored(a, b, *_blocked(_keys(a), _keys(b)), floor)


def duplicates(services: gpd.GeoDataFrame, *, floor: float = LIKELY) -> pd.DataFrame:
    """Give the pairs of rows of one list that may be the same service, as `candidates` does."""
    rows = _clues(services)
    keys = _keys(rows)
    return _scored(rows, rows, *_pairs_within(keys), floor)


def duplicates_within(
    services: gpd.GeoDataFrame, most_pairs: int, *, floor: float = LIKELY
) -> tuple[pd.DataFrame, pd.Series]:
    """Give `duplicates`, looking at no more than `most_pairs` pairs, and who was compared with all.

    The rows that share a key (a commune, a number, a name) make a group; the smallest groups are
    looked at first. A row of a group that was left out is False in the second answer, a boolean
    Series on the index of the services: that it has no twin is not known.
    """
    rows = _clues(services)
    keys = _keys(rows)
    sizes = keys.groupby("key")["row"].transform("size")
    groups = sizes.groupby(keys["key"]).first().sort_values(kind="stable")
    looked_at = groups.index[(groups * (groups - 1) // 2).cumsum() <= most_pairs]
    inside = keys["key"].isin(looked_at)
    apart = rows.loc[keys.loc[~inside, "row"], "id"]
    whole = pd.Series(~services.index.isin(apart), services.index)
    return _scored(rows, rows, *_pairs_within(keys[inside]), floor), whole


def namesakes(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the pairs (`ours`, `theirs`) of one name in one département, whatever their types."""
    keys = ["departement", "core"]
    pairs = _clues(ours).merge(_clues(theirs), on=keys, suffixes=("_ours", "_theirs"))
    return pd.DataFrame({"ours": pairs["id_ours"], "theirs": pairs["id_theirs"]})


def _clues(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """What is compared, one row a service, positions as index."""
    zones = services["departement"]
    names = zip(services["nom"], services["code_insee"], zones, strict=True)
    cores = [_core(*row) for row in names]
    numbers = {
        text: tuple(phone.key for phone in phones.parse(text))
        for text in services["telephone"].unique()
    }
    exact = (services["confidentialite"] == Confidentiality.PUBLIC) & ~services["approximatif"]
    where = services.geometry.where(exact.astype(bool))
    return pd.DataFrame(
        {
            "id": services.index,
            "core": [" ".join(sorted(core)) for core in cores],
            "telling": [" ".join(sorted(core - _COMMON)) for core in cores],
            "sides": [
                frozenset(re.findall(r"\d+", " ".join(core))) | core & _SIDES for core in cores
            ],
            "work": [core & _WORK for core in cores],
            "type": services["type"].to_numpy(),
            "commune": services["code_insee"].to_numpy(),
            "departement": zones.to_numpy(),
            "phones": [numbers[text] for text in services["telephone"]],
            "lng": where.x.to_numpy(),
            "lat": where.y.to_numpy(),
        }
    )


def _core(nom: str, code_insee: str, departement: str) -> frozenset[str]:
    """The words of a name without the place, each in its one form."""
    text = _SPACED.sub(lambda found: found[0].replace(" ", ""), fold(nom))
    for written, word in _WORDS:
        text = written.sub(word, text)
    words = frozenset(text.split()) - _EMPTY_WORDS
    return words - _place_words(code_insee, departement) or words


@cache
def _place_words(code_insee: str, departement: str) -> frozenset[str]:
    """The words that name a commune and a département, `saint` and its short forms included."""
    names = (_departement_names().get(departement, ""), _commune_names().get(code_insee, ""))
    return frozenset(fold(" ".join((departement, *names))).split())


@cache
def _departement_names() -> dict[str, str]:
    names = communes.read_departements()["nom"]
    return dict(zip(names.index, names, strict=True))


@cache
def _commune_names() -> dict[str, str]:
    halls = communes.read_town_halls()
    return dict(zip(halls.index, halls["nom"], strict=True))


def _blocked(a: pd.DataFrame, b: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the positions of the rows worth comparing: those with a key (`_keys`) in common."""
    pairs = a.merge(b, on="key", suffixes=("_a", "_b"))
    pairs = pairs[["row_a", "row_b"]].drop_duplicates().sort_values(["row_a", "row_b"])
    return pairs["row_a"].to_numpy(np.intp), pairs["row_b"].to_numpy(np.intp)


def _pairs_within(keys: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give each pair of rows of one list once."""
    left, right = _blocked(keys, keys)
    once = left < right
    return left[once], right[once]


def _keys(rows: pd.DataFrame) -> pd.DataFrame:
    """One line a row and key: its commune, its numbers, its name in its département."""
    found = [
        (position, key)
        for position, commune, departement, core, numbers in zip(
            rows.index, rows["commune"], rows["departement"], rows["core"], rows["phones"],
            strict=True,
        )
        for key in (
            f"commune {commune}" if commune else f"nowhere {departement}",
            f"name {departement} {core}",
            # A short number is held by hundreds: only within the département.
            *(f"short {departement} {n}" if len(n) <= _SHORT else f"phone {n}" for n in numbers),
        )
    ]  # fmt: skip
    return pd.DataFrame(found, columns=["row", "key"])


_SHORT: Final = 6


def _scored(
    a: pd.DataFrame,
    b: pd.DataFrame,
    left: NDArray[np.intp],
    right: NDArray[np.intp],
    floor: float,
) -> pd.DataFrame:
    shared = _shared_numbers(a) | _shared_numbers(b)
    starts = range(0, max(len(left), 1), _AT_ONCE)
    found = pd.concat(
        [
            _some_scored(
                a.iloc[left[start : start + _AT_ONCE]].reset_index(drop=True),
                b.iloc[right[start : start + _AT_ONCE]].reset_index(drop=True),
                shared,
                floor,
            )
            for start in starts
        ]
    )
    order = np.argsort(-found["score"].to_numpy(float), kind="stable")
    best: pd.DataFrame = found.iloc[order].reset_index(drop=True)
    return best


_AT_ONCE: Final = 100_000
"""How many pairs are held in memory at once."""


def _some_scored(
    one: pd.DataFrame, other: pd.DataFrame, shared: set[str], floor: float
) -> pd.DataFrame:
    clues = pd.DataFrame(
        {
            "type": _type_clue(one, other),
            "place": _place_clue(one, other),
            "phone": _phone_clue(one, other, shared),
            "point": _point_clue(one, other),
            "number": _other_clue(one["sides"], other["sides"], "number_other"),
            "work": _other_clue(one["work"], other["work"], "work_other"),
        }
    )
    odds = WEIGHTS["start"] + clues.apply(_weights).sum(axis=1)
    # Names take longest to compare: only where the best of them would make a pair.
    hopeful = _score(odds + WEIGHTS["name_same"]) >= floor
    one, other, clues, odds = one[hopeful], other[hopeful], clues[hopeful], odds[hopeful]
    clues.insert(0, "name", _name_clue(one, other))
    scores = _score(odds + _weights(clues["name"]))
    kept = scores >= floor
    found = pd.DataFrame({"ours": one["id"], "theirs": other["id"], "score": scores.round(3)})[kept]
    found["reasons"] = [
        " ; ".join(filter(None, (_REASONS.get(clue, "") for clue in row)))
        for row in clues[kept].itertuples(index=False)
    ]
    return found


def _weights(clues: pd.Series) -> pd.Series:
    weights: pd.Series = clues.map(WEIGHTS).fillna(0.0).astype(float)
    return weights


def _score(odds: pd.Series) -> pd.Series:
    scores: pd.Series = 1 / (1 + np.exp(-odds))
    return scores


_REASONS: Final = {
    "name_same": "même nom",
    "name_near": "nom proche",
    "name_apart": "nom différent",
    "name_other": "nom différent",
    "type_same": "même type",
    "type_other": "type différent",
    "commune_same": "même commune",
    "commune_other": "autre commune",
    "departement_other": "autre département",
    "phone_same": "même téléphone",
    "phone_shared": "même standard téléphonique",
    "phone_other": "autre téléphone",
    "point_same": "même endroit",
    "point_other": "autre endroit",
    "number_other": "autre numéro ou secteur dans le nom",
    "work_other": "autre mission",
}


def _name_clue(one: pd.DataFrame, other: pd.DataFrame) -> NDArray[np.object_]:
    """Compare whole names, or only their telling words where one name says more."""
    whole = process.cpdist(
        one["core"].tolist(), other["core"].tolist(), scorer=fuzz.token_sort_ratio
    )
    telling = process.cpdist(
        one["telling"].tolist(), other["telling"].tolist(), scorer=fuzz.token_set_ratio
    )
    return np.select(
        [whole >= _SAME_NAME, np.maximum(whole, telling) >= _NEAR_NAME, whole >= _APART_NAME],
        ["name_same", "name_near", "name_apart"],
        "name_other",
    ).astype(object)


def _type_clue(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    confused = {(kind, twin) for kind in ServiceType for twin in kind.facts.confused_with}
    verdicts = {
        (first, second): "type_same"
        if first == second
        else ""
        if {(first, second), (second, first)} & confused
        else "type_other"
        for first in one["type"].unique()
        for second in other["type"].unique()
    }
    types = (rows["type"].to_numpy(object) for rows in (one, other))
    return [verdicts[pair] for pair in zip(*types, strict=True)]


def _place_clue(one: pd.DataFrame, other: pd.DataFrame) -> NDArray[np.object_]:
    both = (one["commune"] != "") & (other["commune"] != "")
    elsewhere = one["departement"] != other["departement"]
    same = one["commune"] == other["commune"]
    return np.select(
        [both & same, both & ~elsewhere, elsewhere],
        ["commune_same", "commune_other", "departement_other"],
        "",
    ).astype(object)


def _phone_clue(one: pd.DataFrame, other: pd.DataFrame, shared: set[str]) -> list[str]:
    clues = []
    for first, second in zip(one["phones"], other["phones"], strict=True):
        common = set(first) & set(second)
        if common:
            clues.append("phone_same" if common - shared else "phone_shared")
        else:
            clues.append("phone_other" if first and second else "")
    return clues


def _shared_numbers(rows: pd.DataFrame) -> set[str]:
    """Give the numbers that several services of a list answer."""
    held = rows["phones"].explode().dropna()
    counts = held.value_counts()
    return set(counts.index[counts > 1])


def _point_clue(one: pd.DataFrame, other: pd.DataFrame) -> NDArray[np.object_]:
    apart_m = communes.chord_m(
        communes.to_xyz(one["lng"], one["lat"]), communes.to_xyz(other["lng"], other["lat"])
    )
    return np.select(
        [apart_m <= _SAME_POINT_M, apart_m > _OTHER_POINT_M], ["point_same", "point_other"], ""
    ).astype(object)


def _other_clue(one: pd.Series, other: pd.Series, clue: str) -> list[str]:
    """Give `clue` where both have words of a kind and none in common."""
    return [clue if a and b and a.isdisjoint(b) else "" for a, b in zip(one, other, strict=True)]
