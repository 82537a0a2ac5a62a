"""What the public data are, for a person (a page) and for a program (OpenAPI 3.1)."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from geodata.services import COLUMNS
from geodata.situation import files as situation_files
from pages.donnees.files import FILES, MOST_ENTRIES, File
from pages.donnees.parameters import MOST_ROWS, Parameter
from pages.web import plain_page

_LICENCE: Final = {
    "name": "Licence Ouverte 2.0",
    "url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
}
_NEVER: Final = (
    "Services dont le lieu est public, tels que la liste les donne. Jamais un hébergement, ni un "
    "service dont la liste cache le lieu : ni lui, ni sa commune, ni son nombre. L’ouverture "
    "n’y est pas dite, elle change d’heure en heure : « horaires_accueil » est au format "
    "opening_hours d’OpenStreetMap. Une case vide : nous ne savons pas. Appeler avant de se "
    "déplacer."
)
_COVERAGE: Final = (
    "« couverture.csv » ne compte que ces services : la page Couverture compte aussi ceux que la "
    "liste situe par leur seule commune, et peut donc trouver davantage."
)

_NUMBERS: Final = (
    *("latitude", "longitude", "population_2023", "personnes_comptees"),
    *("distance_m", "services_a_portee", "heures_sures_par_semaine"),
    *("heures_possibles_par_semaine", "plus_longue_attente_sure_h"),
    *("plus_longue_attente_possible_h", "heures_par_an_pour_1000_personnes"),
)
_TYPES: Final = {
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(("verdict_incertain", "liste_declaree_complete"), "boolean"),
    "semaine_du": "date",
}
"""The columns that are not text, in the words of Table Schema."""


def openapi() -> dict[str, Any]:
    """Return the description of the addresses, relative to where it is."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Maillage : données publiques",
            "version": "1",
            "description": f"{_NEVER} {_COVERAGE}",
            "license": _LICENCE,
        },
        "servers": [{"url": "."}],
        "paths": {f"/{name}": {"get": _operation(name, file)} for name, file in FILES.items()},
    }


def _operation(name: str, file: File) -> dict[str, Any]:
    refusal = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": name.replace(".", "_"),
        "summary": file.title,
        "parameters": [_parameter(*pair) for pair in file.parameters.items()],
        "responses": {
            "200": {
                "description": "Le fichier.",
                "headers": {
                    "ETag": _header("Change avec le contenu : à renvoyer en If-None-Match."),
                    "Link": _header("rel=next : l’adresse des lignes qui suivent, s’il y en a."),
                    "X-Total-Count": _header("Combien de lignes répondent aux filtres."),
                },
                "content": {file.media: {"schema": _schema(name)}},
            },
            "304": {"description": "Rien n’a changé."},
            "400": {"description": "Un paramètre n’est pas compris.", "content": refusal},
            "429": {"description": "Trop de demandes d’une même adresse.", "content": refusal},
            "503": {"description": "Trop de demandes : voir Retry-After.", "content": refusal},
        },
    }


def _parameter(name: str, parameter: Parameter) -> dict[str, Any]:
    one: dict[str, Any] = {"type": "string", **parameter.schema}
    if parameter.values:
        one["enum"] = list(parameter.values)
    schema = {"type": "array", "items": one} if parameter.several else one
    text = parameter.about + (f" : {parameter.form}" if parameter.form else "")
    return {"name": name, "in": "query", "description": f"{text}.", "schema": schema}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "string"}}


def _schema(name: str) -> dict[str, Any]:
    if name.endswith("geojson"):
        return {
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": {"const": "FeatureCollection"},
                "features": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "id": {"type": "string"},
                            "geometry": {"type": ["object", "null"]},
                            "properties": {
                                "type": "object",
                                "properties": {key: {} for key in _properties()},
                            },
                        },
                    },
                },
            },
        }
    if name.endswith("xlsx"):
        return {"type": "string", "format": "binary"}
    columns = {"services.csv": COLUMNS, "couverture.csv": situation_files.HEADER}.get(name)
    return {"type": "string"} | ({"x-columns": list(columns)} if columns else {})


def _properties() -> list[str]:
    """Return the properties of a feature, all but the last on every one."""
    given = [name for name in COLUMNS if name not in ("latitude", "longitude")]
    return [*given, "approximatif", "aides_en_clair", "sources_des_faits"]


def datapackage() -> dict[str, Any]:
    """Return the tables and the types of their columns (Frictionless Data Package 1)."""
    columns = {"services.csv": COLUMNS, "couverture.csv": situation_files.HEADER}
    return {
        "name": "maillage",
        "title": "Maillage : données publiques",
        "description": f"{_NEVER} {_COVERAGE}",
        "licenses": [{"name": "etalab-2.0", "title": _LICENCE["name"], "path": _LICENCE["url"]}],
        "resources": [
            {
                "name": name.removesuffix(".csv"),
                "path": name,
                "title": FILES[name].title,
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": [
                        {"name": column, "type": _TYPES.get(column, "string")} for column in given
                    ],
                    "primaryKey": given[0],
                },
            }
            for name, given in columns.items()
        ],
    }


def page() -> str:
    """Return the page, in French."""
    listed = "".join(
        f'<li><a href="{name}">{name}</a> : {escape(_lower(file.title))}</li>'
        for name, file in FILES.items()
    )
    tables = "".join(_table(title, names) for title, names in _groups().items())
    body = f"""<h1>Les données publiques, pour d’autres sites et logiciels</h1>
<p>{_NEVER}</p>
<ul>{listed}<li><a href="openapi.json">openapi.json</a> : tout cela pour un programme</li>
<li><a href="datapackage.json">datapackage.json</a> : les colonnes et leur type (Frictionless,
Table Schema)</li></ul>
<p>Les filtres sont ceux de l’adresse des pages : sur <a href="../">Carte</a>, choisir, puis
recopier ce qui suit le <code>?</code>. Par exemple :
<a href="services.geojson?departements=86&amp;types=permanence&amp;types=association"
><code>services.geojson?departements=86&amp;types=permanence&amp;types=association</code></a>.
{_COVERAGE}</p>
<h2>Comment faire</h2>
<ul>
<li><strong>uMap</strong> : <em>Importer des données</em>, ou une couche avec <em>données
distantes</em> : l’adresse de <code>services.geojson</code>, format <em>geojson</em>. Comme
<em>clé pour le libellé</em>, écrire <code>nom</code>.</li>
<li><strong>QGIS</strong> : <em>Couche › Ajouter une couche vecteur</em>, protocole HTTP,
la même adresse. Un service sans lieu connu n’a pas de point : il est dans la table.</li>
<li><strong>LibreOffice, Excel</strong> : ouvrir l’adresse de <code>services.xlsx</code> ou de
<code>couverture.xlsx</code> : codes postaux et téléphones y gardent leur premier zéro. En CSV,
<code>tableur=oui</code> écrit pour un tableur français.</li>
<li><strong>Un agenda</strong> : <em>S’abonner à un agenda</em> (par adresse, « depuis une
URL »), avec <code>permanences.ics</code>. Sur un téléphone ou un compte partagé, une entrée peut
être vue par une autre personne : chacune s’appelle « Rendez-vous » et n’a ni source ni nom, sauf
avec <code>discret=non</code>. L’adresse de ce site reste dans les réglages
de l’agenda. {MOST_ENTRIES:,} dates au plus, les premières.</li>
<li><strong>Un programme</strong> : {MOST_ROWS:,} lignes au plus à la fois, dans l’ordre des
<code>id</code> ; s’il y en a d’autres, l’en-tête <code>Link</code> (<code>rel="next"</code>) en
donne l’adresse. <code>ETag</code> et <code>If-None-Match</code> évitent de tout relire. Toute page
peut lire ces adresses (CORS). Un paramètre mal écrit : 400, et une phrase qui dit quoi écrire.
Trop de demandes : 429 ou 503, recommencer un peu plus tard.</li>
</ul>
{tables}
<h2>Licence</h2>
<p><a href="{_LICENCE["url"]}" rel="noreferrer">{_LICENCE["name"]}</a>. Citer la source de chaque
ligne (colonnes <code>source</code> et <code>date_source</code>). Les colonnes gardent leur nom :
une colonne peut s’ajouter, aucune ne change de sens. Rien n’est enregistré sur qui lit ces
données.</p>"""
    return plain_page.html("Données publiques", body.replace(",000", "\u202f000"), up="../")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _groups() -> Mapping[str, Mapping[str, Parameter]]:
    """Return the parameters by the files that take them, those of several files once."""
    groups: dict[tuple[str, ...], dict[str, Parameter]] = {}
    for parameter in dict.fromkeys(name for file in FILES.values() for name in file.parameters):
        takes = tuple(name for name, file in FILES.items() if parameter in file.parameters)
        groups.setdefault(takes, {})[parameter] = FILES[takes[0]].parameters[parameter]
    return {", ".join(takes): names for takes, names in groups.items()}


def _table(title: str, names: Mapping[str, Parameter]) -> str:
    rows = "".join(
        f"<tr><td><code>{name}</code></td><td>{escape(parameter.about)}"
        f"{' (plusieurs fois, au choix)' if parameter.several else ''}</td>"
        f"<td>{escape(parameter.expected)}</td></tr>"
        for name, parameter in names.items()
    )
    return (
        f"<h2>Paramètres de {escape(title)}</h2><table><thead><tr><th>Paramètre</th>"
        f"<th>Ce qu’il demande</th><th>Valeurs</th></tr></thead><tbody>{rows}</tbody></table>"
    )
