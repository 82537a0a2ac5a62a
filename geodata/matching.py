"""Find rows that may be the same service, in two lists or in one. A person decides what to do.

Two rows are compared if they share a commune, a phone number, or a département and the core of the
name. Each clue adds its weight (`WEIGHTS`, log-odds); the logistic function of the sum is the
score. Before names are compared, variants such as `CCAS` and `centre communal d'action sociale`
become one word and place names are removed: « MDS de Civray » becomes `mds`. Places are compared
by their codes.

Measured on the 206 pairs of `tests/labelled_pairs.csv` (109 are the same service), made from names
in public sources, at the score LIKELY: precision 0.973 (112 proposed), recall 1.000; on the third
of the pairs that no weight was tuned on, both 1.000. The three false pairs share a building (an
association and its day centre). One person wrote the pairs and the weights: expect lower figures
on other lists.
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
from geodata.service_types import Sector
from geodata.services import Confidentiality, ServiceType
from geodata.text import fold

LIKELY: Final = 0.5
"""The least score of a pair to propose to a person."""
SURE: Final = 0.95
"""The least score of a pair that needs no person: 89 of the 89 labelled pairs are the same."""
SURE_AMONG_SEVERAL: Final = 0.985
"""The same where a commune has several of the type: the place or the number must agree too."""

WEIGHTS: Final[Mapping[str, float]] = {
    "start": -2.5,  # two rows of one commune are seldom the same service
    "name_same": 3.0,  # the remaining words are the same, or nearly
    "name_near": 1.5,
    "name_apart": -2.0,
    "name_other": -5.0,
    "type_same": 1.5,
    "type_other": -3.0,  # types that lists confuse weigh 0
    "commune_same": 1.5,
    "commune_other": -6.0,  # a permanence in another town is another service
    "departement_other": -6.0,
    "phone_same": 3.0,
    "phone_shared": 1.0,  # a switchboard, or 115: a weak clue
    "phone_other": -0.5,  # services have several numbers
    "point_same": 1.0,
    "point_other": -2.0,
    "number_other": -4.0,  # names with other numbers or directions: SST 10 / SST 13, Nord / Sud
    "work_other": -4.0,  # two units of one institution: emergency room, social service
}
_SAME_NAME, _NEAR_NAME, _APART_NAME = 88, 68, 45
_SAME_POINT_M, _OTHER_POINT_M = 200, 2000

# Variants in official files (folded) and their common word; the longest first.
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
# Words that distinguish the units of one institution.
_WORK: Final = _words(
    "avocats bt cpef hebergement intervenant intervenante intervenantes intervenants jour mdf mjd "
    "mobile mpf police psychologue social uaped umj urgences victimes"
)
_SIDES: Final = _words("nord sud est ouest")
# Words too common to identify a service.
_COMMON: Final = _words(
    "accueil antenne association bureau centre chu departement departemental departementale "
    "ecoute femmes francaise hebergement hopital institut intrafamiliales ligne local locale lieu "
    "mairie maison mobile numero permanence reseau service sites site social sociale unite "
    "urgence urgences victimes vif violences"
)


def candidates(
    ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, *, floor: float = LIKELY
) -> pd.DataFrame:
    """Return the pairs of rows that may be the same service, the highest score first.

    Args:
        ours: services from `read_services`.
        theirs: services from `read_services`.
        floor: the least score to return.

    Returns:
        Columns `ours` and `theirs` (ids), `score` (0 to 1) and `reasons` (French text without any
        place, number or name). A row may be in several pairs.
    """
    a, b = _clues(ours), _clues(theirs)
    return _scored(a, b, *_blocked(_keys(a), _keys(b)), floor)


def duplicates(services: gpd.GeoDataFrame, *, floor: float = LIKELY) -> pd.DataFrame:
    """Return the pairs of rows of one list that may be the same service, as `candidates` does."""
    rows = _clues(services)
    return _scored(rows, rows, *_pairs_within(_keys(rows)), floor)


def duplicates_within(
    services: gpd.GeoDataFrame, most_pairs: int, *, floor: float = LIKELY
) -> tuple[pd.DataFrame, pd.Series]:
    """Return `duplicates` among at most `most_pairs` pairs, and which rows were fully compared.

    Rows that share a key (a commune, a number, a name) form a group; the smallest groups are
    compared first. The second result is a boolean Series on the index of the services: False for
    a row of a group that was skipped, which may have a duplicate that was not found.
    """
    rows = _clues(services)
    keys = _keys(rows)
    sizes = keys.groupby("key")["row"].transform("size")
    groups = sizes.groupby(keys["key"]).first().sort_values(kind="stable")
    compared = groups.index[(groups * (groups - 1) // 2).cumsum() <= most_pairs]
    is_compared = keys["key"].isin(compared)
    skipped = rows.loc[keys.loc[~is_compared, "row"], "id"]
    complete = pd.Series(~services.index.isin(skipped), services.index)
    return _scored(rows, rows, *_pairs_within(keys[is_compared]), floor), complete


def namesakes(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs (`ours`, `theirs`) with the same name and département, of any types."""
    keys = ["departement", "core"]
    pairs = _clues(ours).merge(_clues(theirs), on=keys, suffixes=("_ours", "_theirs"))
    return pd.DataFrame({"ours": pairs["id_ours"], "theirs": pairs["id_theirs"]})


def moved(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs (`ours`, `theirs`) that may be one organisation that has moved.

    Same number, same or near name, another commune. Either no other row of a list has the number,
    and lists may confuse the types; or both are associations, which have one number for themselves
    and their antennas. A person decides: it may be a second place of the same organisation.
    """
    a, b = _clues(ours), _clues(theirs)
    left, right = _blocked(*(keys[_is_phone(keys["key"])] for keys in (_keys(a), _keys(b))))
    one, other = a.iloc[left].reset_index(drop=True), b.iloc[right].reset_index(drop=True)
    shared = _shared_numbers(a) | _shared_numbers(b)
    elsewhere = (one["commune"] != other["commune"]) & (one["commune"] != "")
    own_number = pd.Series(_phone_clue(one, other, shared), one.index, dtype=str) == "phone_same"
    own_number &= pd.Series(_type_clue(one, other), one.index, dtype=str) != "type_other"
    apart = [kind for kind in ServiceType if kind.facts.sector == Sector.ASSOCIATIONS]
    associations = (one["type"] == other["type"]) & one["type"].isin(apart)
    kept = elsewhere & (other["commune"] != "") & (own_number | associations)
    one, other = one[kept], other[kept]
    named = np.isin(_name_clue(one, other), ["name_same", "name_near"])
    return pd.DataFrame({"ours": one["id"][named], "theirs": other["id"][named]})


def same_address(one: str, other: str) -> bool:
    """Return whether two addresses are the same in other words, or one says more.

    >>> same_address("Rue Pasteur", "12, rue Pasteur"), same_address("", "12 rue Pasteur")
    (True, False)
    >>> same_address("12 rue Pasteur", "14 rue Pasteur")
    False
    """
    if not one or not other:
        return False
    numbers = [set(re.findall(r"[0-9]+", address)) for address in (one, other)]
    differ = all(numbers) and not (numbers[0] <= numbers[1] or numbers[1] <= numbers[0])
    return not differ and fuzz.token_set_ratio(fold(one), fold(other)) >= _SAME_ADDRESS


_SAME_ADDRESS: Final = 85  # of 100


def _is_phone(keys: pd.Series) -> pd.Series:
    phone: pd.Series = keys.str.startswith("phone ")
    return phone


def _clues(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the compared features: one row per service, positions as index."""
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
            "distinctive": [" ".join(sorted(core - _COMMON)) for core in cores],
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
    """Return the words of a name in their common form, without the place."""
    text = _SPACED.sub(lambda match: match[0].replace(" ", ""), fold(nom))
    for written, word in _WORDS:
        text = written.sub(word, text)
    words = frozenset(text.split()) - _EMPTY_WORDS
    return words - _place_words(code_insee, departement) or words


@cache
def _place_words(code_insee: str, departement: str) -> frozenset[str]:
    """Return the words in the names of a commune and its département."""
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
    """Return the positions (n,), (n,) of the rows of `a` and `b` with a common key (`_keys`)."""
    pairs = a.merge(b, on="key", suffixes=("_a", "_b"))
    pairs = pairs[["row_a", "row_b"]].drop_duplicates().sort_values(["row_a", "row_b"])
    return pairs["row_a"].to_numpy(np.intp), pairs["row_b"].to_numpy(np.intp)


def _pairs_within(keys: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of rows of one list with a common key, each pair once."""
    left, right = _blocked(keys, keys)
    once = left < right
    return left[once], right[once]


def _keys(rows: pd.DataFrame) -> pd.DataFrame:
    """Return (row, key): each row has keys for its commune, its numbers and its name."""
    pairs = [
        (position, key)
        for position, commune, departement, core, numbers in zip(
            rows.index, rows["commune"], rows["departement"], rows["core"], rows["phones"],
            strict=True,
        )
        for key in (
            f"commune {commune}" if commune else f"nowhere {departement}",
            f"name {departement} {core}",
            # Hundreds of services share a short number: compare within the département only.
            *(f"short {departement} {n}" if len(n) <= _SHORT else f"phone {n}" for n in numbers),
        )
    ]  # fmt: skip
    return pd.DataFrame(pairs, columns=["row", "key"])


_SHORT: Final = 6


def _scored(
    a: pd.DataFrame,
    b: pd.DataFrame,
    left: NDArray[np.intp],
    right: NDArray[np.intp],
    floor: float,
) -> pd.DataFrame:
    shared = _shared_numbers(a) | _shared_numbers(b)
    starts = range(0, max(len(left), 1), _CHUNK)
    pairs = pd.concat(
        [
            _scored_chunk(
                a.iloc[left[start : start + _CHUNK]].reset_index(drop=True),
                b.iloc[right[start : start + _CHUNK]].reset_index(drop=True),
                shared,
                floor,
            )
            for start in starts
        ]
    )
    order = np.argsort(-pairs["score"].to_numpy(float), kind="stable")
    ranked: pd.DataFrame = pairs.iloc[order].reset_index(drop=True)
    return ranked


_CHUNK: Final = 100_000
"""How many pairs are scored at once, to bound memory."""


def _scored_chunk(
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
    # Comparing names is slow: skip pairs that the same name would not bring to `floor`.
    reachable = _score(odds + WEIGHTS["name_same"]) >= floor
    one, other, clues, odds = one[reachable], other[reachable], clues[reachable], odds[reachable]
    clues.insert(0, "name", _name_clue(one, other))
    scores = _score(odds + _weights(clues["name"]))
    kept = scores >= floor
    pairs = pd.DataFrame({"ours": one["id"], "theirs": other["id"], "score": scores.round(3)})[kept]
    pairs["reasons"] = [
        " ; ".join(filter(None, (_REASONS.get(clue, "") for clue in row)))
        for row in clues[kept].itertuples(index=False)
    ]
    return pairs


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
    """Compare whole names, or the distinctive words if one name is longer."""
    whole = process.cpdist(
        one["core"].tolist(), other["core"].tolist(), scorer=fuzz.token_sort_ratio
    )
    distinctive = process.cpdist(
        one["distinctive"].tolist(), other["distinctive"].tolist(), scorer=fuzz.token_set_ratio
    )
    return np.select(
        [whole >= _SAME_NAME, np.maximum(whole, distinctive) >= _NEAR_NAME, whole >= _APART_NAME],
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
    """Return the numbers that several services of a list have."""
    counts = rows["phones"].explode().dropna().value_counts()
    return set(counts.index[counts > 1])


def _point_clue(one: pd.DataFrame, other: pd.DataFrame) -> NDArray[np.object_]:
    apart_m = communes.chord_m(
        communes.to_xyz(one["lng"], one["lat"]), communes.to_xyz(other["lng"], other["lat"])
    )
    return np.select(
        [apart_m <= _SAME_POINT_M, apart_m > _OTHER_POINT_M], ["point_same", "point_other"], ""
    ).astype(object)


def _other_clue(one: pd.Series, other: pd.Series, clue: str) -> list[str]:
    """Return `clue` where both sets have words but none in common, else ""."""
    return [clue if a and b and a.isdisjoint(b) else "" for a, b in zip(one, other, strict=True)]
