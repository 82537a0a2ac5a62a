"""A layer of context: files of one's own, recorded violence, and the page."""

import gzip
import io
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from geodata import communes
from geodata.sources import SOURCES, ssmsi
from geodata.tables import UnreadableFile
from geodata.upkeep import context_layers
from pages.shared import clock
from pages.shared.service_list import PARIS
from tests.conftest import ROOT
from tests.lists import CIVRAY, content, row
from tests.test_own_territory import SQUARE, collection, polygon
from tests.test_pages import open_page, texts, view

PAGE = "couverture.py"
CHARROUX, POITIERS = "86061", "86194"
VIOLENCES = ROOT / "tests" / "sources" / "ssmsi.csv"
FAMILY, SEXUAL = ssmsi.INDICATORS


@pytest.fixture(autouse=True)
def sunday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 10, tzinfo=PARIS))


def layers(text: str) -> dict[str, dict[str, float]]:
    found = context_layers.read(text.encode(), "x.csv").layers
    return {title: layer.figures.dropna().to_dict() for title, layer in found.items()}


# --- tables -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code_insee;part\n86078;12,5\n86061;s\n86194; 1 250 %\n",
         {"part": {"86078": 12.5, "86194": 1250}}),
        ("nom,code,n,tel\nCivray,86078,-3,0549000001\nCharroux,86061,x,\n86,1004,4,\n",
         {"n": {"86078": -3, "01004": 4}}),
        ("titre\n\nINSEE\tn\n86078\t1\n", {"n": {"86078": 1}}),
        ("CODGEO;TP6021;MED21\n86078;18,2;20150\n86061;ns;20000\n",
         {"Taux de pauvreté 2021 (%)": {"86078": 18.2},
          "MED21": {"86078": 20150, CHARROUX: 20000}}),
        ("CODGEO,P21_RP,P21_RP_VOIT1P\n86078,1200,900\n86061,0,0\n",
         {"Ménages sans voiture 2021 (%)": {"86078": 25},
          "P21_RP": {"86078": 1200, CHARROUX: 0}, "P21_RP_VOIT1P": {"86078": 900, CHARROUX: 0}}),
        # Commas in the names of the columns, in numbers, in titles and in texts.
        ("code_insee;Taux de pauvreté, en %\r\n86078;12,5\r\n86061;3,2",
         {"Taux de pauvreté, en %": {"86078": 12.5, CHARROUX: 3.2}}),
        ("code_insee;Taux, en %, 2022\n86078;12,5\n86061;3\n",
         {"Taux, en %, 2022": {"86078": 12.5, CHARROUX: 3}}),
        ("Taux, par commune\nINSEE;nom;n\n86078;Civray, Vienne, France;1,5\n86061;a, b, c;2\n",
         {"n": {"86078": 1.5, CHARROUX: 2}}),
        ("où;Taux, en %\n86078;12,5\n86061;3,2\n",
         {"Taux, en %": {"86078": 12.5, CHARROUX: 3.2}}),
        ('insee,"n; en %"\n86078,"1,5"\n86061,2\n', {"n; en %": {"86078": 1.5, CHARROUX: 2}}),
    ],
)  # fmt: skip
def test_each_column_of_numbers_is_a_layer(text, expected):
    assert layers(text) == expected


def test_a_workbook_is_read_below_its_titles():
    book = openpyxl.Workbook()
    for cells in (["Base communale"], [], ["Code", "Chiffre"], ["CODGEO", "TP6021"], [86078, 18.2]):
        book.active.append(cells)
    written = io.BytesIO()
    book.save(written)
    found = context_layers.read(written.getvalue(), "x.xlsx").layers
    assert found["Taux de pauvreté 2021 (%)"].figures.to_dict() == {"86078": 18.2}
    assert found["Taux de pauvreté 2021 (%)"].source == "x.xlsx, colonne TP6021"


def test_what_is_not_one_commune_of_today_is_told_and_has_no_figure():
    found = context_layers.read(
        b"code_insee;n\n86078;1\n71429;2\n99999;3\n" + b"".join(
            f"{code};5\n".encode() for code in communes.read_communes(["79"]).index[:30]
        ) + b"86061;1\n86061;2\n", "x",
    )  # fmt: skip
    (figures,) = [layer.figures for layer in found.layers.values()]
    assert figures["86078"] == 1
    assert not {"71429", "71076", "99999", CHARROUX} & set(figures.index)
    told = " ".join(found.problems)
    assert "Ligne 4 (« 99999 ») : le code n’est celui d’aucune commune" in told
    assert "Ligne 3 (71429) : cette commune fait partie d’une autre" in told
    assert "Communes 86061" in told or "Commune 86061" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("IRIS;n\n861940101;3\n861940102;4\n", "codes d’IRIS"),
        ("code_insee;n\n861940101;3\n861940102;4\n", "codes d’IRIS"),
        ("code_postal;n\n86400;3\n86000;4\n", "codes postaux"),
        ("code_insee;n\n86400;3\n86000;4\n", "codes postaux"),
        # Each is the INSEE code of another commune.
        ("code_insee;n\n86100;3\n86110;4\n86120;5\n", "codes postaux"),
        ("dep;n\n86;3\n2A;4\n", "codes de département"),
        ("epci;n\n200070035;3\n", "codes d’intercommunalité"),
        ("code_insee;nom\n86078;a\n", "Aucune colonne ne contient de nombres"),
        ("code_insee;an;n\n86078;2020;1\n86078;2021;2\n", "une ligne par commune"),
        ("commune;n\nCivray;1\n", "Aucune colonne ne donne le code INSEE"),
        ("", "vide"),
        (bytes(range(256)), "n’est pas du texte"),
        ("%PDF-1.4", "PDF"),
        ('{"a": 1}', "GeoJSON"),
        ("code_insee;n\n" + "86078;1\n" * 60_000, "50 000 lignes"),
        ("x" * (21 * 1024**2), "22 Mo : 20 Mo au plus"),
    ],
)
def test_another_file_is_refused_and_the_message_says_what_to_give(text, said):
    with pytest.raises(UnreadableFile) as refusal:
        context_layers.read(text if isinstance(text, bytes) else text.encode(), "x")
    assert said in str(refusal.value).replace("\u202f", " ").replace("\u00a0", " ")


def test_a_geojson_with_codes_is_figures_and_another_is_shapes():
    square = polygon("Sud", SQUARE)
    square["properties"] |= {"code_insee": "86078", "n": 4}
    found = context_layers.read(collection(square), "x")
    assert found.layers["n"].figures.to_dict() == {"86078": 4}
    line = {"type": "Feature", "properties": {"name": "Ligne 12"},
            "geometry": {"type": "LineString", "coordinates": SQUARE[:2]}}  # fmt: skip
    shapes = context_layers.read(collection(polygon("Sud", SQUARE), line), "x").shapes
    assert shapes.shapes["nom"].tolist() == ["Sud", "Ligne 12"]
    assert shapes.words(["86078", POITIERS]).tolist() == ["Sud", ""]


@pytest.mark.parametrize(
    ("values", "steps", "words"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8], (2.8, 4.5, 6.2),
         ["moins de 2,8", "2,8 à 4,5", "4,5 à 6,2", "6,2 et plus"]),
        ([5, 5, 5], (), ["un chiffre"]),
        ([0, 0, 0, 0, 9], (), ["un chiffre"]),
        ([], (), ["un chiffre"]),
        ([1000, 2000, 3000, np.nan], (1500.0, 2000.0, 2500.0),
         ["moins de 1 500", "1 500 à 2 000", "2 000 à 2 500", "2 500 et plus"]),
    ],
)  # fmt: skip
def test_the_classes_are_round_and_hold_every_value(values, steps, words):
    series = pd.Series(values, dtype=float)
    assert context_layers.limits(series) == steps
    said = [text.replace("\u202f", " ") for text in context_layers.class_words(steps)]
    assert said == words
    turns = context_layers.classes(series, steps)
    assert turns.between(0, len(steps))[series.notna()].all()
    assert (turns[series.isna()] == -1).all()


# --- recorded violence --------------------------------------------------------------------


def kept(departements=("86",)) -> bytes:
    rows = ssmsi.read(VIOLENCES, departements=departements).rows
    return rows.reset_index().to_csv(index=False).encode()


def test_the_latest_year_of_our_indicators_is_read_and_what_is_secret_is_not():
    imported = ssmsi.read(VIOLENCES, departements=["86"])
    rows = imported.rows.set_index("indicateur", append=True)
    assert set(rows["annee"]) == {2025}
    assert rows.loc[("86078", FAMILY), "nombre"] == 9
    assert rows.loc[("86078", FAMILY), "taux_pour_mille"] == pytest.approx(3.43905235)
    assert rows.loc[("86061", SEXUAL), "nombre"] == 0
    # The last has figures all the same: its mark decides.
    for secret in (("86078", SEXUAL), ("86061", FAMILY), ("86137", SEXUAL)):
        assert rows.loc[secret, ["nombre", "taux_pour_mille"]].isna().all()
        assert rows.loc[secret, "est_diffuse"] == "ndiff"
    assert len(rows) == 7
    assert imported.left_out == {
        "codes qui ne sont pas d’une commune de 2026": 1,  # an arrondissement of Paris
        "hors des départements demandés": 1,
    }


def test_no_mean_of_a_departement_is_ever_a_figure_of_a_commune():
    means = ["1,3", "0,7777", "1,2", "0,9999"]
    written = VIOLENCES.read_text("utf-8")
    assert all(mean in written for mean in means)
    text = kept().decode()
    assert not any(mean.replace(",", ".") in text for mean in means)
    # A table that somebody filled in by hand.
    line = f"86061,2025,{FAMILY}"
    forged = text.replace(f"{line},,,ndiff", f"{line},1.2,0.9999,ndiff")
    assert forged != text
    told = ssmsi.read_kept(forged.encode())
    assert told["taux_pour_mille"].dropna().isin([3.43905235, 3.5, 0, 1.6]).all()


def test_gzip_parquet_and_commas_are_read_alike(tmp_path):
    plain = ssmsi.read(VIOLENCES).rows
    packed = tmp_path / "base.csv.gz"
    packed.write_bytes(gzip.compress(VIOLENCES.read_bytes()))
    table = pd.read_csv(VIOLENCES, sep=";", decimal=",", dtype={"CODGEO_2026": str},
                        keep_default_na=True)  # fmt: skip
    parquet = tmp_path / "base.parquet"
    table.to_parquet(parquet)
    commas = tmp_path / "base.csv"
    table.rename(columns={"CODGEO_2026": "CODGEO_2024"}).to_csv(commas, index=False)
    for path in (packed, parquet, commas):
        pd.testing.assert_frame_equal(ssmsi.read(path).rows, plain)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("est_diffuse", "diffusion"), "« est_diffuse »"),
        (("ndiff", "secret"), "valeur « secret » inconnue"),
        (("Violences", "Vols"), "aucune ligne des indicateurs"),
        (("CODGEO_2026", "DEP"), "CODGEO"),
    ],
)
def test_a_base_of_another_shape_is_refused(tmp_path, change, said):
    path = tmp_path / "base.csv"
    path.write_text(VIOLENCES.read_text("utf-8").replace(*change), "utf-8")
    with pytest.raises(UnreadableFile, match=said) as refusal:
        SOURCES["ssmsi"].read(path)
    assert "base.csv" in str(refusal.value)


# --- the page -----------------------------------------------------------------------------


@pytest.fixture
def beside(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "services.csv"
    path.write_bytes(content([row("a", **CIVRAY)]))
    monkeypatch.setenv("MAILLAGE_SERVICES", str(path))
    return path


def test_recorded_violence_is_context_in_rings_words_and_a_column(beside):
    beside.with_suffix(".violences.csv").write_bytes(kept())
    page = open_page(PAGE)
    assert view(page)["context"] is None
    box = next(box for box in page.main.selectbox if box.label == "Contexte")
    box.set_value(next(one for one in box.options if FAMILY in one)).run()
    assert not page.exception
    assert page.query_params["couche"].startswith("violences-physiques-intrafamiliales")
    shown = view(page)
    assert len(shown["context"]["rings"]) == 2
    _, civray = shown["shades"]["communes"]["86078"]
    _, charroux = shown["shades"]["communes"][CHARROUX]
    assert civray.endswith("pour 1 000 habitants : 3,44")
    assert charroux.endswith("non diffusé (secret statistique)")
    said = texts(page)
    assert "une victime sur quatre porte plainte" in said
    assert "jamais comme un classement" in said
    assert "1 commune : secret statistique ; 262 communes : pas de chiffre" in said
    table = page.dataframe[0].value
    column = next(name for name in table if FAMILY in name)
    assert table.loc["86078", column] == "3,44"
    order = open_page(PAGE).dataframe[0].value.index
    assert table.index.equals(order)  # nothing is ranked by it


@pytest.mark.usefixtures("beside")
def test_a_file_of_ones_own_is_shown_and_stays_out_of_the_address():
    page = open_page(PAGE, couche="fichier")
    data = b"CODGEO;<img src=x>;nom\n86078;3;a\n86061;4;b\n86194;nd;c\n"
    page.get("file_uploader")[0].set_value(("mon fichier.csv", data, "text/csv")).run()
    assert not page.exception
    assert "couche" not in page.query_params
    assert len(view(page)["context"]["rings"]) == 2
    assert "mon fichier.csv, colonne &lt;img src=x&gt;" in texts(page)
    assert "<img" not in texts(page)
    bad = ("x.csv", b"IRIS;n\n861940101;3\n", "text/csv")
    page.get("file_uploader")[0].set_value(bad).run()
    assert "codes d’IRIS" in texts(page)
    assert view(page)["context"] is None


@pytest.mark.usefixtures("beside")
def test_outlines_are_drawn_and_each_commune_says_which_holds_it():
    page = open_page(PAGE, couche="fichier", territoire="A~86.078.061")
    data = collection(polygon("<b>QPV</b>", SQUARE), polygon("Loin", np.add(SQUARE, 3).tolist()))
    page.get("file_uploader")[0].set_value(("x.geojson", data, "text/plain")).run()
    shapes = view(page)["context"]["shapes"]
    assert [one["properties"] for one in shapes["features"]] == [{"nom": "<b>QPV</b>"}]
    assert view(page)["shades"]["communes"]["86078"][1].endswith("Dans la couche : <b>QPV</b>")
    assert page.dataframe[0].value.loc["86078", "Dans la couche"] == "<b>QPV</b>"
    assert json.dumps(shapes)


def test_a_kept_file_that_cannot_be_read_is_told_and_the_page_answers(beside):
    beside.with_suffix(".contexte.csv").write_text("dep;n\n86;1\n", "utf-8")
    page = open_page(PAGE)
    assert "services.contexte.csv ne peut pas être lu" in texts(page).replace("\\", "")
    assert len(page.dataframe[0].value) == 265
