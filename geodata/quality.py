"""Quality of a list: one function per criterion, the resulting problems, and the calls to make.

A criterion returns a nullable boolean Series on the index of the services: True (met), False
(something is to be corrected) or missing (does not apply). Criteria about the location apply to
public places only. Services that are never shown (`non_publie`) are not evaluated, and no result
repeats the content of a cell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import communes, freshness, hours, matching, phones, secrecy
from geodata.services import Confidentiality, ServiceType


@dataclass(frozen=True)
class Criterion:
    """The sentence for a failed criterion, what to do about it, and its urgency.

    `urgency`: from 1 (cosmetic) to 5 (a person may be sent to the wrong place); `by_phone`: a call
    to the service solves it.
    """

    words: str
    todo: str
    urgency: int
    by_phone: bool = False


CRITERIA: Final[Mapping[str, Criterion]] = {
    "numero": Criterion(
        "Le numéro de téléphone n’est pas un numéro français.",
        "Vérifier chaque chiffre : dix chiffres, ou un numéro court comme 3919.",
        5,
    ),
    "dates": Criterion(
        "Toutes les dates annoncées sont passées.",
        "Demander les prochaines dates.",
        5,
        by_phone=True,
    ),
    "telephone": Criterion(
        "Il n’y a pas de numéro de téléphone.",
        "Chercher le numéro sur le site de la structure ou dans l’annuaire de l’administration.",
        4,
    ),
    "coordonnees": Criterion(
        "Le point est en dehors de sa commune.",
        "Vérifier latitude, longitude et code de la commune.",
        4,
    ),
    "horaires": Criterion(
        "Les horaires manquent ou ne peuvent pas être calculés.",
        "Demander les jours et les heures d’accueil.",
        3,
        by_phone=True,
    ),
    "age": Criterion(
        "L’information, ou une partie, est trop ancienne ou sans date.",
        "Faire confirmer la fiche, puis remplir « date_verification ».",
        3,
        by_phone=True,
    ),
    "doublon": Criterion(
        "Une autre fiche semble décrire le même service.",
        "Comparer les deux fiches et n’en garder qu’une.",
        2,
    ),
    "emplacement": Criterion(
        "L’emplacement exact n’est pas connu.",
        "Demander l’adresse si elle manque, puis remplir latitude et longitude.",
        2,
        by_phone=True,
    ),
    "code_postal": Criterion(
        "Le code postal n’est pas un de ceux de la commune.",
        "Vérifier le code postal et le code de la commune.",
        2,
    ),
    "source": Criterion(
        "La source n’a pas de lien.",
        "Ajouter l’adresse de la page où l’information se vérifie.",
        1,
    ),
    "lien": Criterion(
        "Un lien ne commence pas par https:// ou http://.",
        "Écrire une seule adresse complète.",
        1,
    ),
}

_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_YEAR = re.compile(r"\b20\d\d\b")
_CEDEX = re.compile(r"\bcedex\b", re.IGNORECASE)
# Outlines are simplified, and a building may be on the border.
_BORDER_M: Final = 300
_SURELY_THE_SAME: Final = 0.9
_MOST_PAIRS: Final = 250_000


# --- criteria -----------------------------------------------------------------------------


def has_phone(services: gpd.GeoDataFrame) -> pd.Series:
    """A number is given. Does not apply to a helpline reached by its website only."""
    online = (services["type"] == ServiceType.ECOUTE) & (services["site_web"] != "")
    given = services["telephone"] != ""
    return _verdict(given, applies=given | ~online)


def has_french_number(services: gpd.GeoDataFrame) -> pd.Series:
    """Every number given is French: metropolitan, overseas or short."""
    cells = services["telephone"]
    good = {text: bool(phones.parse(text)) for text in cells.unique()}
    return _verdict(cells.map(good), applies=cells != "")


def has_computable_hours(services: gpd.GeoDataFrame) -> pd.Series:
    """The hours are given and can be parsed, so that openings can be computed.

    Does not apply to shelters: they are reached through 115 or the number of an association.
    """
    texts = services["horaires_accueil"]
    good = texts.map({text: _can_be_parsed(text) for text in texts.unique()})
    return _verdict(good, applies=services["type"] != ServiceType.HEBERGEMENT)


def has_exact_place(services: gpd.GeoDataFrame) -> pd.Series:
    """The source gives a point. Does not apply to hidden places and phone-only services."""
    by_phone = (services["acces"] == "telephone") | (services["type"] == ServiceType.ECOUTE)
    exact = services["latitude"].notna() & services["longitude"].notna()
    return _verdict(exact, applies=_public(services) & ~by_phone)


def has_linked_source(services: gpd.GeoDataFrame) -> pd.Series:
    """The source has a link, so that it can be checked."""
    return _verdict((services["source"] != "") & (services["lien_source"] != ""))


def has_good_links(services: gpd.GeoDataFrame) -> pd.Series:
    """Every link given is a single http or https URL."""
    links = services[["lien_source", "site_web"]]
    good = links.map(lambda link: not link or bool(_LINK.fullmatch(link))).all(axis=1)
    return _verdict(good, applies=(links != "").any(axis=1))


def is_recent(services: gpd.GeoDataFrame, today: date) -> pd.Series:
    """The last check, or else the source, of each fact is recent: see `freshness.is_recent`."""
    recent = [freshness.is_recent(row, today) for row in freshness.rows(services)]
    return _verdict(pd.Series(recent, services.index, dtype=bool))


def has_dates_to_come(services: gpd.GeoDataFrame, today: date) -> pd.Series:
    """At least one date is still to come. Applies to hours with a year in them."""
    texts = services["horaires_accueil"]
    noon = datetime.combine(today, time(12))  # naive: Paris time
    passed = hours.to_renew(texts, noon, departements=services["departement"])
    return _verdict(~passed, applies=texts.str.contains(_YEAR))


def is_in_its_commune(services: gpd.GeoDataFrame) -> pd.Series:
    """The point of the source is in the outline of its commune, or within 300 m of it."""
    applies = (
        _public(services) & services["latitude"].notna() & (services["code_insee"] != "")
    ).to_numpy(dtype=bool)
    rows = services[applies]
    if rows.empty:
        return pd.Series(pd.NA, services.index, dtype="boolean")
    outlines = _outlines(rows)
    points = gpd.points_from_xy(rows["longitude"], rows["latitude"])
    nearest = shapely.get_point(shapely.shortest_line(outlines, points), 0)
    apart_m = communes.chord_m(
        communes.to_xyz(shapely.get_x(nearest), shapely.get_y(nearest)),
        communes.to_xyz(rows["longitude"], rows["latitude"]),
    )
    drawn = pd.Series(~shapely.is_missing(outlines), rows.index)
    inside = pd.Series(apart_m <= _BORDER_M, rows.index)
    return _verdict(inside, applies=drawn).reindex(services.index)


def has_its_postal_code(services: gpd.GeoDataFrame) -> pd.Series:
    """The postal code is one of the commune. Does not apply to CEDEX codes."""
    codes = services[["code_insee", "code_postal"]]
    given = (codes != "").all(axis=1)
    cedex = (services["adresse"] + " " + services["commune"]).str.contains(_CEDEX)
    known = [communes.postal_codes_of(code) for code in codes["code_insee"]]
    good = [postal in here for postal, here in zip(codes["code_postal"], known, strict=True)]
    placed = pd.Series(known, services.index, dtype=object).astype(bool)
    applies = _public(services) & given & placed & ~cedex
    return _verdict(pd.Series(good, services.index, dtype=bool), applies=applies)


def is_single(services: gpd.GeoDataFrame) -> pd.Series:
    """No other row is very likely the same service (score of at least 0.9 in `matching`).

    At most 250,000 pairs are compared, which takes a second or two. A row whose comparison is not
    complete is False if a duplicate was found, else missing.
    """
    shown = secrecy.shown(services)
    pairs, complete = matching.duplicates_within(shown, _MOST_PAIRS, floor=_SURELY_THE_SAME)
    duplicated = services.index.isin([*pairs["ours"], *pairs["theirs"]])
    known = complete.reindex(services.index, fill_value=True) | duplicated
    return _verdict(pd.Series(~duplicated, services.index), applies=known)


def measures(services: gpd.GeoDataFrame, today: date) -> pd.DataFrame:
    """Return one column per criterion of `CRITERIA`, on the index of the services."""
    columns: dict[str, pd.Series] = {
        "numero": has_french_number(services),
        "dates": has_dates_to_come(services, today),
        "telephone": has_phone(services),
        "coordonnees": is_in_its_commune(services),
        "horaires": has_computable_hours(services),
        "age": is_recent(services, today),
        "doublon": is_single(services),
        "emplacement": has_exact_place(services),
        "code_postal": has_its_postal_code(services),
        "source": has_linked_source(services),
        "lien": has_good_links(services),
    }
    judged = pd.DataFrame(columns, index=services.index)
    judged.loc[~secrecy.is_shown(services)] = pd.NA
    return judged


# --- results ------------------------------------------------------------------------------


def ages_months(services: pd.DataFrame, today: date) -> pd.Series:
    """Return the months (of 30.44 days) since the last check, or else since the oldest source.

    Float on the index of the services; NaN without a date, or with a date in the future.
    """
    dates = map(freshness.oldest, freshness.rows(services))
    months = [when.age_months(today) if when else None for when in dates]
    return pd.Series(months, services.index, dtype=float)


def score(services: gpd.GeoDataFrame, today: date) -> pd.Series:
    """Return the share of the applicable criteria that each row meets, 0 to 1.

    NaN for services that are never shown: no criterion applies to them.
    """
    return _shares(measures(services, today))


def problems(
    services: gpd.GeoDataFrame, today: date, *, judged: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the failed criteria, the most urgent first, then in the order of the list.

    Args:
        services: the services to evaluate.
        today: the day from which ages are counted.
        judged: `measures` of a list that contains these services, if already computed.

    Returns:
        Columns `id`, `criterion` (a key of `CRITERIA`), `words` and `todo` (French sentences),
        `urgency` (1 to 5), `by_phone` (a call solves it).
    """
    failed = ~_judged(services, today, judged).fillna(value=True).astype(bool)
    records = [
        {"id": key, "criterion": name, "words": criterion.words, "todo": criterion.todo,
         "urgency": criterion.urgency, "by_phone": criterion.by_phone}
        for name, criterion in CRITERIA.items()
        for key in services.index[failed[name]]
    ]  # fmt: skip
    columns = ["id", "criterion", "words", "todo", "urgency", "by_phone"]
    frame = pd.DataFrame(records, columns=columns)
    place = pd.Series(range(len(services)), services.index)
    order = pd.DataFrame(
        {"urgency": -frame["urgency"].astype(int), "place": frame["id"].map(place)}
    )
    return frame.loc[order.sort_values(["urgency", "place"], kind="stable").index].reset_index(
        drop=True
    )


def to_call(
    services: gpd.GeoDataFrame,
    today: date,
    limit: int = 20,
    *,
    judged: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the services to call this week (*à rappeler*): those with problems a call solves.

    Order: services with a usable number first; then the highest sum of urgencies of these
    problems; then the oldest information (undated first); then the order of the list.
    Helplines (every `ecoute`, and numbers of up to six digits) must stay free for people in
    danger: an `ecoute` is left out, and a service with only such a number counts as without one.

    Args:
        services: the services to evaluate.
        today: the day from which ages are counted.
        limit: the most rows to return.
        judged: as in `problems`.

    Returns:
        Rows indexed by `id`: `nom`, `type`, `commune`, `telephone` (as written, "" if a number
        must be found), `why` and `todo` (French sentences), `urgency` (the sum), `age_months`
        (NaN without a date).
    """
    faults = problems(services, today, judged=judged)
    faults = faults[faults["by_phone"].astype(bool)]
    lines = services.index[services["type"] == ServiceType.ECOUTE]
    grouped = faults[~faults["id"].isin(lines)].groupby("id", sort=False)
    calls = pd.DataFrame(
        {
            "why": grouped["words"].agg(" ".join),
            "todo": grouped["todo"].agg(" ".join),
            "urgency": grouped["urgency"].sum().astype(int),
        }
    )
    ready = {text: _may_be_called(text) for text in services["telephone"].unique()}
    rows = services.loc[services.index.isin(calls.index), ["nom", "type", "commune", "telephone"]]
    rows = pd.DataFrame(rows).join(calls)
    rows["telephone"] = rows["telephone"].where(rows["telephone"].map(ready).astype(bool), "")
    rows["age_months"] = ages_months(services, today).reindex(rows.index)
    order = pd.DataFrame(
        {
            "ready": rows["telephone"] == "",
            "urgency": -rows["urgency"].astype(float),
            "age": -rows["age_months"].fillna(np.inf),
        }
    )
    ranked = order.sort_values(["ready", "urgency", "age"], kind="stable").index
    columns = ["nom", "type", "commune", "telephone", "why", "todo", "urgency", "age_months"]
    return rows.loc[ranked[:limit], columns]


def by_group(
    services: gpd.GeoDataFrame, today: date, column: str, *, judged: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the quality of each group of services, indexed by the values of `column`.

    Columns: `services` (their number), `score` (mean, 0 to 1) and, for each criterion, the share
    of the services it applies to that meet it (NaN if it applies to none). Services that are
    never shown are not counted. `judged`: as in `problems`.
    """
    shown = secrecy.shown(services)
    verdicts = _judged(shown, today, judged)
    groups = shown[column]
    table = verdicts.astype("Float64").groupby(groups).mean().astype(float)
    table.insert(0, "score", _shares(verdicts).groupby(groups).mean())
    table.insert(0, "services", groups.value_counts())
    return table


# --- helpers ------------------------------------------------------------------------------


def _judged(services: gpd.GeoDataFrame, today: date, judged: pd.DataFrame | None) -> pd.DataFrame:
    return measures(services, today) if judged is None else judged.loc[services.index]


def _shares(judged: pd.DataFrame) -> pd.Series:
    return judged.astype("Float64").mean(axis=1).astype(float)


def _verdict(holds: pd.Series, *, applies: pd.Series | None = None) -> pd.Series:
    """Return a nullable boolean Series without a name, missing where it does not apply."""
    verdict = holds.astype("boolean").rename(None)
    return verdict if applies is None else verdict.where(applies.astype(bool), pd.NA)


def _public(services: gpd.GeoDataFrame) -> pd.Series:
    public: pd.Series = services["confidentialite"] == Confidentiality.PUBLIC
    return public


def _can_be_parsed(text: str) -> bool:
    try:
        hours.understand(text)
    except hours.InvalidHours:
        return False
    return True


def _outlines(rows: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the outline of the commune of each row, shape (n,), None if there is none."""
    departements = sorted(set(rows["departement"]) & set(communes.read_departements().index))
    drawn = communes.read_communes(departements).geometry
    return np.asarray(drawn.reindex(rows["code_insee"]), dtype=object)


def _may_be_called(text: str) -> bool:
    """Return whether a cell has a number that is not a short one (an emergency line)."""
    return any(not phone.is_short for phone in phones.parse(text))
