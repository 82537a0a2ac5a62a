"""The workbook to fill by hand: lists to choose from, an example, and how to use it.

It is read back by `adopting` and `checking`; the row of the example is left out.
"""

import io
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from geodata import aids
from geodata.aids import ACCESS
from geodata.services import AUDIENCES, Confidentiality, ServiceType

EXAMPLE: Final = "exemple-a-effacer"
"""The id of the example."""

_ROWS: Final = 2_000
_COLUMNS: Final = {
    "id": (22, EXAMPLE, "Court et unique. Laissé vide, il est fait pour vous."),
    "nom": (38, "EXEMPLE, à effacer : Permanence du CIDFF à Civray", "Obligatoire."),
    "type": (18, "permanence", "Obligatoire : à choisir dans la liste de la case."),
    "structure": (28, "CIDFF de la Vienne", "Qui tient ce service."),
    "adresse": (32, "Mairie, place du Général-de-Gaulle", "Numéro et rue. Jamais pour un refuge."),
    "code_postal": (12, "86400", "Cinq chiffres."),
    "commune": (20, "Civray", "Son nom, sans le code postal."),
    "confidentialite": (16, "", "Vide : public ; pour un hébergement : le département seul."),
    "telephone": (20, "05 49 00 00 00 / 3919", "Plusieurs : séparés par une barre oblique."),
    "courriel": (26, "contact@exemple.fr", "Une seule adresse."),
    "site_web": (28, "https://exemple.fr", "Commence par https://."),
    "horaires_accueil": (36, "1er mardi du mois 14h-17h", "En toutes lettres, heures comprises."),
    "horaires_precisions": (30, "sauf en août", "Ce qui ne se calcule pas."),
    "acces": (18, "sur-rdv", f"{', '.join(ACCESS)} ; plusieurs : séparés par |."),
    "publics": (16, "femmes", f"{', '.join(AUDIENCES)} ; plusieurs : séparés par |."),
    "aides": (24, "", "Vide : les aides habituelles du type. Plusieurs : séparées par |."),
    "violences": (24, "", "Celles que ce lieu connaît. Vide : non précisé."),
    "zone_eligibilite": (16, "86", "Les codes des départements servis, séparés par |."),
    "source": (30, "Site du CIDFF", "Obligatoire : d’où vient l’information."),
    "lien_source": (30, "https://exemple.fr/permanences", "La page où elle se lit."),
    "date_source": (13, "2026-11", "2026, 2026-11 ou 2026-11-22."),
    "description": (40, "", "Une ou deux phrases."),
}
"""The width of each column, its example, and how to fill it."""

_CHOICES: Final = {
    "type": list(ServiceType),
    "confidentialite": list(Confidentiality),
    "acces": [*ACCESS, "sans-rdv|sur-rdv"],
    "publics": list(AUDIENCES),
    "aides": list(aids.vocabulary("aides")),
    "violences": list(aids.vocabulary("violences")),
}
_LINE_CHARACTERS, _LINE_POINTS = 75, 16
_STRICT: Final = ("type", "confidentialite")
_STEPS: Final = """\
Une ligne par lieu, dans la feuille « Services ». Un service qui se tient dans trois communes a \
trois lignes.
Ne pas changer la première ligne. Effacer la ligne d’exemple ; si elle reste, elle n’est pas lue.
Seuls le nom, le type et la source sont obligatoires. Une case vide est honnête : ne rien inventer.
Un hébergement, un refuge : ni adresse, ni commune. Seul son département est dit : l’écrire dans \
« zone_eligibilite » (86).
Enregistrer, puis déposer le classeur sur la page Annuaire, vue « Vérifier un fichier ».
""".splitlines()


def workbook() -> bytes:
    """Return the workbook (XLSX): sheets *Services* and *Mode d’emploi*."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@", "valign": "top"})
        head = book.add_format({"bold": True, "bg_color": "#E6DDF0", "num_format": "@"})
        example = book.add_format({"italic": True, "font_color": "#6B6B6B", "num_format": "@"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        _services(book.add_worksheet("Services"), text, head, example)
        _manual(book.add_worksheet("Mode d’emploi"), head, wrapped)
    return buffer.getvalue()


def _services(sheet: Worksheet, text: Format, head: Format, example: Format) -> None:
    sheet.freeze_panes(1, 2)
    _fit_paper(sheet, pages=3)
    sheet.repeat_rows(0)
    sheet.repeat_columns(1)
    for place, (name, (width, said, about)) in enumerate(_COLUMNS.items()):
        sheet.set_column(place, place, width, text)
        sheet.write_string(0, place, name, head)
        if said:
            sheet.write_string(1, place, said, example)
        rule: dict[str, Any] = {"input_title": name, "input_message": about} if about else {}
        if name in _CHOICES:
            rule |= {
                "validate": "list",
                "source": _CHOICES[name],
                "error_type": "stop" if name in _STRICT else "warning",
                "error_title": "Mot inconnu",
                "error_message": "Choisir dans la liste de la case.",
            }
        elif rule:
            rule["validate"] = "any"
        if rule:
            sheet.data_validation(1, place, _ROWS, place, rule)


def _fit_paper(sheet: Worksheet, *, pages: int = 1) -> None:
    """Print all columns of a sheet on the width of so many A4 pages, landscape."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(pages, 0)


def _manual(sheet: Worksheet, head: Format, wrapped: Format) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 80)
    _fit_paper(sheet)
    sheet.write_string(0, 0, "Mode d’emploi", head)
    for line, step in enumerate(_STEPS, start=1):
        # LibreOffice makes no row higher for a text that goes on.
        sheet.set_row(line, _LINE_POINTS * -(-len(step) // _LINE_CHARACTERS))
        sheet.write_string(line, 0, f"{line}.", wrapped)
        sheet.write_string(line, 1, step, wrapped)
    line = len(_STEPS) + 2
    sheet.write_string(line, 0, "Colonne", head)
    sheet.write_string(line, 1, "Comment la remplir", head)
    for offset, (name, (_, _, about)) in enumerate(_COLUMNS.items(), start=1):
        sheet.write_string(line + offset, 0, name, wrapped)
        sheet.write_string(line + offset, 1, about, wrapped)
    line += len(_COLUMNS) + 2
    sheet.write_string(line, 0, "Type", head)
    sheet.write_string(line, 1, "Ce que c’est", head)
    for offset, kind in enumerate(ServiceType, start=1):
        sheet.write_string(line + offset, 0, kind.value, wrapped)
        sheet.write_string(line + offset, 1, kind.label, wrapped)
