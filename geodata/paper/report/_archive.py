"""A report with its data: tables for Excel, QGIS and programs, and what each file is."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from geodata import exports
from geodata.paper.report._material import Material, day, moment
from geodata.paper.report._method import sources
from geodata.situation import Situation, comparison, gaps, indicators, territories, words
from geodata.situation import files as situation_files
from geodata.situation.territories import Level
from geodata.upkeep import editions


def bundle(material: Material, documents: dict[str, bytes]) -> bytes:
    """Return a zip of documents and their data, for Excel, for QGIS and for programs.

    The tables are those of what the material holds. What a scenario adds is in the figures of the
    communes and territories; the services are the real ones.

    Args:
        material: what the documents were made of.
        documents: the reports, by the ending of their file: `pdf`, `docx`.
    """
    situation, before = material.situation, material.before
    name, supposed = file_name(situation, material.now), "" if before is None else "-scenario"
    files = {f"{name}.{ending}": content for ending, content in documents.items()} | {
        f"communes{supposed}-excel.csv": situation_files.to_csv(situation, excel=True),
        f"communes{supposed}.geojson": situation_files.to_geojson(situation),
        "services-excel.csv": exports.to_readable_csv((before or situation).services),
    }
    if before is not None:
        files["communes-excel.csv"] = situation_files.to_csv(before, excel=True)
    for table, to_csv in _tables(material).items():
        files |= {f"{table}-excel.csv": to_csv(excel=True), f"{table}.csv": to_csv(excel=False)}
    files[_READ_ME] = _read_me(material, files)
    return zipped(files, material.now)


def _tables(material: Material) -> dict[str, Callable[..., bytes]]:
    """Return the tables of the material, each as what writes it for Excel or for programs."""
    situation, everywhere = material.situation, material.everywhere
    found: dict[str, Callable[..., bytes]] = {
        _TERRITORIES[level]: partial(
            situation_files.territories_to_csv, territories.summary(situation, level), situation
        )
        for level in _TERRITORIES
        if level is not Level.OWN or situation.question.own
    }
    if material.compared is not None:
        found["deux-scenarios"] = partial(comparison.to_csv, material.compared)
    if material.matrix is not None:
        found["aides"] = partial(gaps.to_csv, material.matrix, situation.question, material.called)
    if everywhere is not None:
        ranked = territories.ranked(everywhere)
        found["departements-de-la-liste"] = partial(
            situation_files.territories_to_csv, ranked, everywhere
        )
    if material.indicators:
        found["indicateurs"] = partial(indicators.to_csv, material.indicators)
    if material.past is not None:
        found["changements"] = partial(editions.to_csv, material.past.changes)
    return found


def zipped(files: dict[str, bytes], now: datetime) -> bytes:
    """Return a zip in which every file is of one instant: the same files give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in files.items():
            entry = zipfile.ZipInfo(file, now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return content.getvalue()


def file_name(situation: Situation, now: datetime) -> str:
    """Return the document's file name, without its ending: `maillage-vienne-2026-11-22`."""
    return f"maillage-{words.file_places(situation)}-{now:%Y-%m-%d}"


# --- what is in it ------------------------------------------------------------------------

_READ_ME: Final = "LISEZMOI.txt"
_TERRITORIES: Final = {
    Level.OWN: "territoires-choisis",
    Level.DEPARTEMENT: "departements",
    Level.ARRONDISSEMENT: "arrondissements",
    Level.EPCI: "intercommunalites",
}
_FILES: Final = {
    "communes": "une ligne par commune, les moins bien servies d’abord",
    "communes-scenario": "une ligne par commune, telle qu’elle serait avec le scénario",
    "services": "les services à portée, avec leurs sources",
    "territoires-choisis": "une ligne par territoire choisi",
    "deux-scenarios": "deux scénarios à côté d’aujourd’hui, une ligne par mesure",
    "departements": "une ligne par département demandé",
    "arrondissements": "une ligne par arrondissement",
    "intercommunalites": "une ligne par intercommunalité",
    "aides": "une ligne par aide et par intercommunalité",
    "departements-de-la-liste": "tous les départements de la liste, avec leur rang",
    "indicateurs": "une ligne par indicateur, et par édition de la liste s’il y en a plusieurs",
    "changements": "ce qui a changé dans la liste depuis l’édition d’avant",
}
_ENDINGS: Final = {
    "-excel.csv": "pour Excel ou LibreOffice",
    ".csv": "pour un programme (UTF-8, virgule, point décimal)",
    ".geojson": "avec les contours, pour QGIS",
    ".pdf": "le dossier à imprimer",
    ".docx": "le dossier à modifier, pour Word ou LibreOffice",
}
_COLUMNS: Final = {
    "code_insee": "code de la commune (texte : garder le zéro du début)",
    "code": "code du territoire (texte : garder le zéro du début)",
    "commune": "nom de la commune",
    "territoire": "nom du territoire",
    "departement": "code du département",
    "communes": "nombre de communes",
    "population_2023": "population municipale 2023 (INSEE)",
    "personnes": "personnes comptées",
    "personnes_comptees": "personnes comptées : la population, ou celles que dit la question",
    "verdict": "couverte, horaires inconnus, fermé ou aucun service, aux heures demandées",
    "service_le_plus_proche_id": "identifiant du service le plus proche, ouvert ou non",
    "service_le_plus_proche": "son nom",
    "distance_m": "distance à vol d’oiseau de la mairie à ce service, en mètres",
    "services_a_portee": "nombre de services à portée, ouverts ou non (moyenne pour un territoire)",
    "heures_sures_par_semaine": "heures avec quelqu’un de sûrement ouvert à portée",
    "heures_possibles_par_semaine": "les mêmes, horaires inconnus comptés comme ouverts",
    "plus_longue_attente_sure_h": "plus longue suite d’heures sans personne de sûrement ouvert",
    "plus_longue_attente_possible_h": "la même, horaires inconnus comptés comme ouverts",
    "heures_par_an_pour_1000_personnes": "offre E2SFCA (voir la méthode du dossier)",
    "verdict_incertain": "le verdict en minutes change avec l’hypothèse sur les détours",
    "liste_declaree_complete": "la liste est déclarée complète : « aucun » veut dire aucun",
    "part_a_portee": "part (0 à 1) des personnes avec un service à portée, ouvert ou non",
    "part_sure": "part (0 à 1) des personnes pour qui la réponse est sûre",
    "part_possible": "part (0 à 1), en comptant ce qui n’est pas connu",
    "part_inconnue": "part (0 à 1) des personnes dont nous ne savons rien",
    "la_moitie_a_moins_de_m": "distance que la moitié des personnes ne dépasse pas, en mètres",
    "neuf_sur_dix_a_moins_de_m": "distance que neuf personnes sur dix ne dépassent pas, en mètres",
    "rang_au_mieux": "meilleur rang possible, 1 pour le département le plus couvert",
    "rang_au_pire": "moins bon rang possible : les horaires inconnus laissent un écart",
    "services_de_la_liste": "services comptés dont le lieu est dans le département",
    "part_a_portee_epci_le_moins_couvert": "part à portée de l’intercommunalité la moins couverte",
    "part_a_portee_epci_le_plus_couvert": "part à portée de l’intercommunalité la plus couverte",
    "aide": "l’aide cherchée",
    "comptees": "qui est compté",
    "avec": "le scénario supposé ; vide : les choses comme elles sont",
    "a_moins_de": "jusqu’où",
    "ouvert": "à quel moment",
    "question": "ce qui a été demandé",
    "semaine_du": "lundi de la semaine mesurée",
    "scenario": "ce qui est supposé ; vide : les choses comme elles sont",
    "edition": "l’édition de la liste",
    "nom": "nom du département, du service ou du scénario",
    "theme": "famille de l’indicateur",
    "indicateur": "nom de l’indicateur",
    "sur": "valeur sûre ; vide si la liste ne permet pas de la dire",
    "possible": "valeur en comptant ce que les fiches ne disent pas",
    "unite": "unité des deux valeurs",
    "detail": "ce qui a été compté, quand la valeur est un taux",
    "definition": "comment la valeur est faite",
    "source": "d’où elle vient",
    "date": "à quelle date",
    "inconnu": "pourquoi une valeur manque",
    "cote": "aujourd’hui, ou l’un des deux scénarios",
    "mesure": "ce qui est mesuré",
    "valeur": "la valeur, dans son unité",
    "changement": "ce qui a changé",
    "id": "identifiant du service",
    "type": "type du service",
    "avant": "ce que disait l’édition d’avant",
    "apres": "ce que dit la liste",
}


def _read_me(material: Material, files: dict[str, bytes]) -> bytes:
    """Say what is in the zip, for any text editor of any computer."""
    situation, written = material.situation, material.services_written
    lines = (
        material.title,
        words.asked(situation.question),
        f"Édité le {moment(material.now)}, d’après la liste du {day(written)}.",
        "",
        "Une case vide est une valeur inconnue. La méthode et les limites sont dans le dossier.",
        "",
        *(line for name, content in files.items() for line in _described(name, content)),
        "",
        "Les colonnes",
        "",
        *_meanings(files),
        "",
        *sources(material),
        "",
    )
    text = "\r\n".join(lines).replace("\u202f", "\u00a0")
    return text.encode("utf-8-sig")


def _described(name: str, content: bytes) -> Iterator[str]:
    """Say what a file is, and which columns it has."""
    ending = next(ending for ending in _ENDINGS if name.endswith(ending))
    what = _FILES.get(name.removesuffix(ending), "")
    yield f"- {name} : {', '.join(filter(None, (what, _ENDINGS[ending])))}"
    if columns := _columns(name, content):
        yield f"    colonnes : {', '.join(columns)}"


def _columns(name: str, content: bytes) -> list[str]:
    """Return the columns of a table; none of another file."""
    if not name.endswith(".csv"):
        return []
    delimiter = ";" if name.endswith("-excel.csv") else ","
    return next(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))


def _meanings(files: dict[str, bytes]) -> Iterator[str]:
    """Say what each column is; those of the services say it themselves."""
    found = {column for name, content in files.items() for column in _columns(name, content)}
    return (f"- {column} : {said}" for column, said in _COLUMNS.items() if column in found)
