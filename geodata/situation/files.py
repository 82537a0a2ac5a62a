"""What people take away of a situation: its communes for spreadsheets, programs and QGIS."""

import json
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from geodata import exports
from geodata.situation import Situation, territories, words, worst_first
from geodata.situation.territories import Level

_DECIMALS = 4  # about 10 m
_COLUMNS = {
    "nom": "commune",
    "departement": "departement",
    "population": "population_2023",
    "people": "personnes_comptees",
    "verdict": "verdict",
    "nearest": "service_le_plus_proche_id",
    "nearest_nom": "service_le_plus_proche",
    "nearest_m": "distance_m",
    "services": "services_a_portee",
    "certain_h": "heures_sures_par_semaine",
    "possible_h": "heures_possibles_par_semaine",
    "gap_h": "plus_longue_attente_sure_h",
    "gap_possible_h": "plus_longue_attente_possible_h",
    "supply": "heures_par_an_pour_1000_personnes",
    "doubtful": "verdict_incertain",
    "complete": "liste_declaree_complete",
}
HEADER: Final = ("code_insee", *_COLUMNS.values(), "question", "semaine_du", "scenario")
"""The columns of `to_csv`."""
_WIDTHS: Final = {"commune": 28, "territoire": 40, "service_le_plus_proche": 40, "question": 60}
_WORDS: Final = {True: "oui", False: "non"}


def to_csv(situation: Situation, *, excel: bool = False) -> bytes:
    r"""Return one row a commune, the worst served first; an unknown figure is an empty cell.

    By default for programs; `excel=True` is `exports.for_excel`, in which true and false are *oui*
    and *non*.
    """
    if excel:
        return exports.for_excel(_to_read(situation))
    table = _table(worst_first(situation), situation).reset_index()
    return table.to_csv(index=False, lineterminator="\n").encode()


def to_xlsx(situation: Situation) -> bytes:
    """Return the rows of `to_csv` as a workbook, in which codes keep the zero they begin with."""
    return exports.workbook_of(_to_read(situation), "Communes", _WIDTHS)


def to_geojson(situation: Situation) -> bytes:
    """Return the communes with their outlines and measures (RFC 7946).

    WGS 84, longitude first; outer rings are counterclockwise, holes clockwise.
    """
    rows = situation.communes
    return _features(_table(rows, situation), rows.geometry)


def _features(measures: pd.DataFrame, geometry: gpd.GeoSeries) -> bytes:
    outlines = shapely.transform(geometry.to_numpy(), lambda xy: xy.round(_DECIMALS))
    outlines = shapely.orient_polygons(outlines)
    table = measures.reset_index().astype(object)
    key = table.columns[0]
    features = [
        {
            "type": "Feature",
            "id": record[key],
            "properties": record,
            "geometry": None if outline is None else json.loads(shapely.to_geojson(outline)),
        }
        for record, outline in zip(
            table.where(table.notna(), None).to_dict("records"), outlines, strict=True
        )
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


_TERRITORY_COLUMNS = {
    "nom": "territoire",
    "departement": "departement",
    "communes": "communes",
    "population": "population_2023",
    "people": "personnes_comptees",
    "near": "part_a_portee",
    "certain": "part_sure",
    "possible": "part_possible",
    "p50_m": "la_moitie_a_moins_de_m",
    "p90_m": "neuf_sur_dix_a_moins_de_m",
    "certain_h": "heures_sures_par_semaine",
    "possible_h": "heures_possibles_par_semaine",
    "services": "services_a_portee",
    "supply": "heures_par_an_pour_1000_personnes",
    "complete": "liste_declaree_complete",
    "best": "rang_au_mieux",
    "worst": "rang_au_pire",
    "listed": "services_de_la_liste",
    "low_near": "part_a_portee_epci_le_moins_couvert",
    "high_near": "part_a_portee_epci_le_plus_couvert",
}
"""Those of `territories.summary`, then those that `territories.ranked` adds."""
_TERRITORY_DECIMALS = dict.fromkeys(("p50_m", "p90_m"), 0)


def territories_to_csv(table: pd.DataFrame, situation: Situation, *, excel: bool = False) -> bytes:
    """Return one row a territory of `territories.summary` or `ranked`, as `to_csv` does."""
    rows = _territory_table(table, situation).reset_index()
    if excel:
        return exports.for_excel(_said(rows, ["liste_declaree_complete"]))
    return rows.to_csv(index=False, lineterminator="\n").encode()


def territories_to_xlsx(table: pd.DataFrame, situation: Situation) -> bytes:
    """Return the rows of `territories_to_csv` as a workbook."""
    rows = _said(_territory_table(table, situation).reset_index(), ["liste_declaree_complete"])
    return exports.workbook_of(rows, "Territoires", _WIDTHS)


def territories_to_geojson(table: pd.DataFrame, situation: Situation, level: Level) -> bytes:
    """Return the territories with their outlines and measures (RFC 7946), as `to_geojson` does."""
    rows = situation.communes
    drawn = rows[rows.geometry.notna()]
    parts = drawn.geometry.groupby(territories.codes(drawn, level))
    outlines = parts.agg(lambda part: shapely.coverage_union_all(part.to_numpy()))
    whole = gpd.GeoDataFrame(
        _territory_table(table, situation),
        geometry=gpd.GeoSeries(outlines.reindex(table.index), crs=rows.crs),
    )
    return _features(whole.drop(columns="geometry"), whole.geometry)


def _territory_table(table: pd.DataFrame, situation: Situation) -> pd.DataFrame:
    here = {name: title for name, title in _TERRITORY_COLUMNS.items() if name in table}
    rounded = table[list(here)].rename_axis("code")
    for name in map(str, rounded.select_dtypes("float")):
        rounded[name] = rounded[name].round(_TERRITORY_DECIMALS.get(name, 4))
    return rounded.rename(columns=here).assign(**_asked(situation))


def _to_read(situation: Situation) -> pd.DataFrame:
    """Return the table for people, the worst served first."""
    table = _table(worst_first(situation), situation).reset_index()
    return _said(table, ["verdict_incertain", "liste_declaree_complete"])


def _said(table: pd.DataFrame, doubts: list[str]) -> pd.DataFrame:
    return table.assign(**{name: table[name].map(_WORDS) for name in doubts})


def _asked(situation: Situation) -> dict[str, str]:
    """Return what was asked: a file travels alone."""
    question = situation.question
    return {
        "question": words.asked(question),
        "semaine_du": question.monday.isoformat(),
        "scenario": situation.scenario,
    }


def _table(rows: gpd.GeoDataFrame, situation: Situation) -> pd.DataFrame:
    """Return the rows under the files' names, each with what was asked."""
    table = pd.DataFrame(rows[list(_COLUMNS)]).rename(columns=_COLUMNS)
    table["verdict"] = table["verdict"].map(lambda verdict: verdict and str(verdict))
    return table.assign(
        distance_m=table["distance_m"].round(),
        heures_par_an_pour_1000_personnes=table["heures_par_an_pour_1000_personnes"].round(3),
        **_asked(situation),
    )
