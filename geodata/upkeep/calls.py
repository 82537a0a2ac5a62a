"""The call sheet: whom to call this week, why, what to ask, and room for the answers."""

import io
from datetime import date
from typing import Final

import geopandas as gpd
import pandas as pd
import xlsxwriter

from geodata import communes, exports, freshness, phones
from geodata.services import ServiceType

COLUMNS: Final = (
    "Fiche",
    "Type",
    "Commune",
    "Téléphone",
    "Pourquoi",
    "Que demander",
    "Âge",
    "Fait le",
    "Réponse",
)


def sheet(calls: pd.DataFrame, services: gpd.GeoDataFrame, today: date) -> pd.DataFrame:
    """Return a call sheet: text, columns `COLUMNS`, index of `calls`; the last two are empty.

    `calls` is the result of `quality.to_call`; `services` has a row for each of its ids. The
    département replaces a missing commune.
    """
    rows = services.loc[calls.index]
    names = communes.read_departements()["nom"]
    labels = {str(kind): kind.label for kind in ServiceType}
    ages = [freshness.words(row, today) for row in freshness.rows(rows)]
    places = calls["commune"].where(calls["commune"] != "", rows["departement"].map(names))
    text = {
        "Fiche": calls["nom"],
        "Type": calls["type"].map(labels),
        "Commune": places.fillna(""),
        "Téléphone": calls["telephone"].replace("", "à trouver"),
        "Pourquoi": calls["why"],
        "Que demander": calls["todo"],
        "Âge": pd.Series(ages, calls.index, dtype="str"),
    }
    return pd.DataFrame(text, index=calls.index).reindex(columns=list(COLUMNS), fill_value="")


def to_csv(table: pd.DataFrame) -> bytes:
    """Export a call sheet as CSV for Excel (`exports.for_excel`), with formatted numbers."""
    return exports.for_excel(table.assign(Téléphone=table["Téléphone"].map(phones.shown)))


def to_xlsx(table: pd.DataFrame) -> bytes:
    """Export a call sheet as a workbook to print: A4 landscape, one page wide.

    The header row is repeated on each page. Every cell is text, never a formula.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet("À rappeler")
        page.set_landscape()
        page.set_paper(_A4)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.freeze_panes(1, 1)
        page.set_footer("&LAppeler avant de publier ; noter le jour et la réponse&R&P / &N")
        cell = {"num_format": "@", "text_wrap": True, "valign": "top", "border": 1}
        text = workbook.add_format(cell)
        header = workbook.add_format(cell | {"bold": True, "bg_color": "#EEEAF1"})
        for position, column in enumerate(table.columns):
            page.set_column(position, position, _WIDTHS[column])
            page.write_string(0, position, column, header)
            for row, value in enumerate(table[column], start=1):
                page.write_string(row, position, value, text)
    return buffer.getvalue()


_A4: Final = 9
_WIDTHS: Final = {
    "Fiche": 28,
    "Type": 13,
    "Commune": 15,
    "Téléphone": 16,
    "Pourquoi": 30,
    "Que demander": 34,
    "Âge": 15,
    "Fait le": 10,
    "Réponse": 36,
}
