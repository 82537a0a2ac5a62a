"""What people take away of a situation: its communes for spreadsheets, programs and QGIS."""

import json
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from geodata import exports
from geodata.situation import Situation, words, worst_first

_DECIMALS = 4  # about 10 m
_COLUMNS = {
    "nom": "commune",
    "departement": "departement",
    "population": "population_2023",
    "verdict": "verdict",
    "nearest": "service_le_plus_proche_id",
    "nearest_nom": "service_le_plus_proche",
    "nearest_m": "distance_m",
    "services": "services_a_portee",
    "certain_h": "heures_sures_par_semaine",
    "possible_h": "heures_possibles_par_semaine",
    "gap_h": "plus_longue_attente_sure_h",
    "gap_possible_h": "plus_longue_attente_possible_h",
    "supply": "heures_par_an_pour_1000_habitants",
    "doubtful": "verdict_incertain",
    "complete": "liste_declaree_complete",
}
_WIDTHS: Final = {"commune": 28, "service_le_plus_proche": 40, "question": 60}
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
    outlines = shapely.transform(rows.geometry.to_numpy(), lambda xy: xy.round(_DECIMALS))
    outlines = shapely.orient_polygons(outlines)
    table = _table(rows, situation).reset_index().astype(object)
    features = [
        {
            "type": "Feature",
            "id": record["code_insee"],
            "properties": record,
            "geometry": None if outline is None else json.loads(shapely.to_geojson(outline)),
        }
        for record, outline in zip(
            table.where(table.notna(), None).to_dict("records"), outlines, strict=True
        )
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _to_read(situation: Situation) -> pd.DataFrame:
    """Return the table for people, the worst served first."""
    table = _table(worst_first(situation), situation).reset_index()
    doubts = ("verdict_incertain", "liste_declaree_complete")
    return table.assign(**{name: table[name].map(_WORDS) for name in doubts})


def _table(rows: gpd.GeoDataFrame, situation: Situation) -> pd.DataFrame:
    """Return the rows under the files' names, each with what was asked: a file travels alone."""
    question = situation.question
    table = pd.DataFrame(rows[list(_COLUMNS)]).rename(columns=_COLUMNS)
    table["verdict"] = table["verdict"].map(lambda verdict: verdict and str(verdict))
    return table.assign(
        distance_m=table["distance_m"].round(),
        heures_par_an_pour_1000_habitants=table["heures_par_an_pour_1000_habitants"].round(3),
        question=words.asked(question),
        semaine_du=question.monday.isoformat(),
        scenario=situation.scenario,
    )
