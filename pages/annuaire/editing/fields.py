"""The cells of a row as a person fills them: labels, help, choices, and what a level closes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import streamlit as st

from geodata import secrecy
from geodata.services import COLUMNS, Confidentiality, ServiceType, vocabulary
from geodata.text import fold

Cells = dict[str, str]
"""The cells of one row by column, as the file writes them; "" where nothing is written."""


@dataclass(frozen=True)
class Field:
    """How one column is called, explained and filled; `choices`: what the file holds → words."""

    label: str
    help: str = ""
    example: str = ""
    kind: Literal["line", "text", "choice", "several"] = "line"
    choices: Mapping[str, str] = field(default_factory=dict)

    def options(self, seen: str) -> list[str]:
        """Return what can be chosen, and what the file holds."""
        if self.kind == "choice":
            return list(dict.fromkeys(["", *self.choices, seen]))
        return list(dict.fromkeys([*self.choices, *_tokens(seen)]))

    def shown(self, text: str) -> str | list[str]:
        """Return a cell as its widget holds it."""
        return _tokens(text) if self.kind == "several" else text

    def text(self, value: str | list[str], seen: str) -> str:
        """Return what a widget holds as a cell: the text seen, unless something was changed."""
        if isinstance(value, str):
            return value
        chosen = [word for word in self.options(seen) if word in value]
        return seen if set(chosen) == set(_tokens(seen)) else "|".join(chosen)

    def words(self, text: str) -> str:
        """Return a cell as people read it."""
        return self.choices.get(text, text)


LEVELS: Final = {
    Confidentiality.PUBLIC: "public : l’adresse est montrée",
    Confidentiality.COMMUNE: "commune : l’adresse est donnée par téléphone",
    Confidentiality.DEPARTEMENT: "département : seul le département est connu",
    Confidentiality.NON_PUBLIE: "non publié : compté, jamais montré",
}

FIELDS: Final[Mapping[str, Field]] = {
    "id": Field(
        "Identifiant",
        "Court et unique ; il ne change plus. Laissé vide, il est choisi pour vous.",
        "86-mds-civray",
    ),
    "nom": Field("Nom"),
    "type": Field("Type", kind="choice", choices={str(kind): kind.label for kind in ServiceType}),
    "structure": Field("Structure", example="qui tient ce service"),
    "confidentialite": Field(
        "Ce qui peut être su du lieu",
        kind="choice",
        choices={str(level): words for level, words in LEVELS.items()},
    ),
    "adresse": Field("Adresse", example="numéro et rue"),
    "code_postal": Field("Code postal"),
    "commune": Field("Commune"),
    "code_insee": Field("Code INSEE de la commune", example="86078, 2A004"),
    "departement": Field("Département", example="son code : 86, 2A, 974"),
    "latitude": Field("Latitude", example="46.15 (vide : placé à la mairie)"),
    "longitude": Field("Longitude", example="0.29"),
    "telephone": Field("Téléphone", example="05 49 00 00 00 / 3919"),
    "courriel": Field("Courriel"),
    "site_web": Field("Site", example="https://…"),
    "horaires_accueil": Field(
        "Horaires d’accueil",
        "En français (« lundi au vendredi 9h-12h, 13h30-17h ; fermé les jours fériés ») ou au "
        "format OpenStreetMap (« Mo-Fr 09:00-12:00; PH off »).",
        kind="text",
    ),
    "horaires_precisions": Field(
        "Précisions sur les horaires",
        example="ce qui ne se calcule pas : un mercredi par mois, date à demander",
        kind="text",
    ),
    "acces": Field("Comment venir", kind="several", choices=vocabulary("acces")),
    "publics": Field("Publics accueillis", kind="several", choices=vocabulary("publics")),
    "reseaux": Field("Réseaux", example="clav-86|fvv92"),
    "zone_eligibilite": Field(
        "Territoire servi",
        "Codes de communes, de départements ou d’EPCI séparés par une barre verticale, ou france.",
        "86|79",
    ),
    "aides": Field(
        "Ce qu’on y fait",
        "Laissé vide : ce que fait d’ordinaire un service de ce type.",
        kind="several",
        choices=vocabulary("aides"),
    ),
    "violences": Field(
        "Violences accueillies",
        "Laissé vide : non précisé.",
        kind="several",
        choices=vocabulary("violences"),
    ),
    "langues": Field("Langues parlées", kind="several", choices=vocabulary("langues")),
    "accessibilite": Field("Accessibilité", kind="several", choices=vocabulary("accessibilite")),
    "frais": Field("Frais", kind="several", choices=vocabulary("frais")),
    "description": Field("En bref", kind="text"),
    "source": Field("Source", example="qui le dit : site, document, appel du 12 mars"),
    "lien_source": Field("Lien de la source", example="https://…"),
    "date_source": Field("Date de la source", example="année, année-mois ou année-mois-jour"),
    "date_verification": Field("Vérifié le", example="année-mois-jour"),
}

Rows = tuple[tuple[str, ...], ...]
"""Columns side by side, row by row."""

WHO: Final[Rows] = (("nom",), ("type", "structure"))
LEVEL: Final[Rows] = (("confidentialite",),)
WHERE: Final[Rows] = (
    ("adresse",),
    ("code_postal", "commune", "code_insee"),
    ("departement",),
    ("latitude", "longitude"),
)
REST: Final[Mapping[str, Rows]] = {
    "Joindre": (("telephone", "courriel", "site_web"),),
    "Quand": (("horaires_accueil",), ("horaires_precisions",), ("acces",)),
    "Ce qu’on y fait": (("aides",), ("violences",), ("langues", "accessibilite", "frais")),
    "Pour qui": (("publics", "reseaux"), ("zone_eligibilite",), ("description",)),
    "Source": (("source", "lien_source"), ("date_source", "date_verification")),
}


def field_of(column: str) -> Field:
    """Return the field of a column; one that Maillage does not know has its own name for label."""
    return FIELDS.get(column) or Field(column)


def groups(cells: Cells) -> dict[str, Rows]:
    """Return the columns of a row by group; confidentiality comes first for a shelter."""
    others = tuple((column,) for column in cells if column not in COLUMNS)
    level = {"Confidentialité": LEVEL}
    first = level if is_shelter(cells) or level_of(cells) != Confidentiality.PUBLIC else {}
    where = {"Où": WHERE} if first else {"Où": LEVEL + WHERE}
    rest = {"Autres colonnes du fichier": others} if others else {}
    return first | {"Qui": WHO} | where | dict(REST) | rest


def is_shelter(cells: Cells) -> bool:
    """Return whether the row is a shelter, however its type is written."""
    return secrecy.is_shelter(cells.get("type", ""))


def level_of(cells: Cells) -> str:
    """Return the level of confidentiality, as the reader does; an unknown word hides the row."""
    level = secrecy.level_of(cells.get("confidentialite", ""), cells.get("type", ""))
    return level or Confidentiality.NON_PUBLIE


def closed_columns(cells: Cells) -> frozenset[str]:
    """Return the columns that must stay empty, because they would reveal a confidential place."""
    level = level_of(cells)
    if level == Confidentiality.PUBLIC:
        return frozenset()
    commune = ("commune", "code_postal", "code_insee")
    spot = ("adresse", "latitude", "longitude")
    return frozenset(spot if level == Confidentiality.COMMUNE else (*spot, *commune))


def draw(column: str, typed: str, *, seen: str, key: str, closed: bool) -> None:
    """Draw the widget of a cell; what it holds stays in the session, under `key`.

    Help is a line of its own: Streamlit's sign for it has an English name.
    """
    known = field_of(column)
    if closed:
        nothing = "rien (confidentiel)"
        st.text_input(known.label, placeholder=nothing, disabled=True, key=f"{key}_ferme")
        return
    if key not in st.session_state:
        st.session_state[key] = known.shown(typed)
    options = known.options(seen)
    if known.kind == "choice":
        empty = _nothing_chosen(column)
        st.selectbox(
            known.label, options, format_func=lambda word: known.words(word) or empty, key=key
        )
    elif known.kind == "several":
        st.multiselect(
            known.label,
            options,
            format_func=known.words,
            placeholder="Choisir",
            key=key,
            select_all=False,
        )
    elif known.kind == "text" or "\n" in seen:
        st.text_area(known.label, placeholder=known.example, key=key, height=80)
    else:
        st.text_input(known.label, placeholder=known.example, key=key)
    if known.help:
        st.caption(known.help)


def _nothing_chosen(column: str) -> str:
    if column == "confidentialite":
        return "non précisé : public, sauf un hébergement (département)"
    return "à choisir"


def _tokens(text: str) -> list[str]:
    """`sans-rdv | Sur rdv` → its words, the known ones as the reader understands them."""
    words = (fold(word).replace(" ", "-") or word.strip() for word in text.split("|"))
    return list(dict.fromkeys(filter(None, words)))
