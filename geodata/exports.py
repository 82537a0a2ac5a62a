"""What people take away: each function gives a whole file as bytes.

Services that are never shown are never exported, and a point that is only the town hall's is not
written into the columns that hold the source's own point.
"""

import io
import json
import re

import geopandas as gpd
import pandas as pd
import xlsxwriter

from geodata.services import COLUMNS, Confidentiality

_DERIVED = ("approximatif", "geometry")
# What a spreadsheet would run. Numbers keep their sign.
_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")


def to_csv(services: gpd.GeoDataFrame, *, excel: bool = False) -> bytes:
    r"""Give services.csv. By default for programs: `read_services` reads the same rows back.

    `excel=True` is for French Excel: `;`, BOM, decimal comma, `\r\n`, and an apostrophe before
    any text that a spreadsheet would run as a formula (`read_services` takes it off again).
    """
    table = _table(services)
    if not excel:
        return table.to_csv(index=False, lineterminator="\n").encode()
    text = [column for column in table.columns if column not in ("latitude", "longitude")]
    table[text] = table[text].map(_shielded)
    content = table.to_csv(index=False, sep=";", decimal=",", lineterminator="\r\n")
    return content.encode("utf-8-sig")


def to_geojson(services: gpd.GeoDataFrame) -> bytes:
    """Give a GeoJSON FeatureCollection (RFC 7946: WGS 84, longitude first).

    Services without a point have a null geometry; `approximatif` says that the point is only the
    town hall's.
    """
    shown = _shown(services)
    table = _table(services).drop(columns=["latitude", "longitude"])
    features = [
        {
            "type": "Feature",
            "id": record["id"],
            "properties": record | {"approximatif": bool(approximate)},
            "geometry": None if point is None else {"type": "Point", "coordinates": list(point)},
        }
        for record, point, approximate in zip(
            table.to_dict("records"), _lng_lat(shown), shown["approximatif"], strict=True
        )
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def to_xlsx(services: gpd.GeoDataFrame) -> bytes:
    """Give an Excel workbook: codes and phone numbers are text, no cell is a formula."""
    table = _table(services)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Services")
        text = workbook.add_format({"num_format": "@"})
        header = workbook.add_format({"bold": True, "num_format": "@"})
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
        for position, column in enumerate(table.columns):
            sheet.set_column(position, position, _WIDTHS.get(column, 16), text)
            sheet.write_string(0, position, column, header)
            for row, value in enumerate(table[column], start=1):
                if isinstance(value, float):
                    if not pd.isna(value):
                        sheet.write_number(row, position, value)
                elif value:
                    sheet.write_string(row, position, value, text)
    return buffer.getvalue()


_WIDTHS = {"nom": 45, "structure": 30, "adresse": 35, "description": 60, "telephone": 18}


def _lng_lat(services: gpd.GeoDataFrame) -> list[tuple[float, float] | None]:
    points = services.geometry
    pairs = zip(points.x.round(6), points.y.round(6), strict=True)
    return [None if pd.isna(lng) else (lng, lat) for lng, lat in pairs]


def _shown(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return services[services["confidentialite"] != Confidentiality.NON_PUBLIE]


def _table(services: gpd.GeoDataFrame) -> pd.DataFrame:
    """The file's own columns: the known ones first, then the further ones."""
    table = pd.DataFrame(_shown(services).reset_index()).drop(columns=list(_DERIVED))
    others = [column for column in table.columns if column not in COLUMNS]
    return table[[*COLUMNS, *others]]


def _shielded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text
