"""What may be asked of each address: read strictly, and refused in words that say what to write."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from starlette.datastructures import QueryParams

from geodata import french
from geodata.coverage import SlotClass
from geodata.population import People
from geodata.service_types import ServiceType
from geodata.services import vocabulary
from pages.shared import filter_address, own_territories

MOST_VALUES: Final = 100
"""How many values one address may give, all parameters together."""
MOST_ROWS: Final = 5_000
"""How many rows one answer holds at most; also where `limite` is not given."""
FLAGS: Final = ("", "oui", "non")
_LONGEST_SHOWN: Final = 60


class BadParameter(ValueError):
    """A parameter that is not understood. The message is French and names it."""


@dataclass(frozen=True)
class Parameter:
    """What a parameter asks for, and the values that it takes: closed ones, or what they are.

    `schema`: what JSON Schema can say of one value that is not among closed ones.
    """

    about: str
    values: tuple[str, ...] = ()
    form: str = ""
    several: bool = False
    schema: Mapping[str, object] = field(default_factory=dict)

    @property
    def expected(self) -> str:
        """Return in French what to write."""
        return self.form or ", ".join(self.values)


def _words(about: str, column: str) -> Parameter:
    return Parameter(about, tuple(vocabulary(column)), several=True)


_MONTH_DAY, _HOUR = r"(0\d|1[0-2])-([0-2]\d|3[01])", r"([01]\d|2[0-3]):[0-5]\d"
_DAY = f"({'|'.join(french.WEEKDAYS)})"
_AT_MOST = {"maxLength": filter_address.LONGEST_WORDS}
_UNKNOWN = "« non » enlève ce dont l’ouverture n’est pas connue à ce moment"
WHERE_AND_WHAT: Final[dict[str, Parameter]] = {
    "departements": Parameter(
        "Départements",
        form="le code d’un département : 86, 2A, 974",
        several=True,
        schema={"pattern": r"^(\d\d|2[AB]|9[78]\d)?$"},
    ),
    "communes": Parameter(
        "Communes",
        form="le code INSEE d’une commune : 86078 (Civray)",
        several=True,
        schema={"pattern": r"^((\d\d|2[AB])\d{3})?$"},
    ),
    "autour": Parameter(
        "Avec communes : jusqu’à combien de kilomètres", tuple(map(str, filter_address.AROUND_KM))
    ),
    "types": Parameter("Types de service", tuple(map(str, ServiceType)), several=True),
    "aides": _words("Aides données", "aides"),
    "violences": _words("Violences connues du service", "violences"),
    "publics": _words("Pour qui", "publics"),
    "acces": _words("Comment y aller", "acces"),
    "langues": _words("Langues parlées", "langues"),
    "accessibilite": _words("Accessibilité", "accessibilite"),
    "frais": _words("Frais", "frais"),
    "reseaux": Parameter(
        "Réseaux", form="le mot d’un réseau : clav-86", several=True, schema=_AT_MOST
    ),
    "mots": Parameter(
        "Mots cherchés",
        form=f"{filter_address.LONGEST_WORDS} caractères au plus : divorce",
        schema=_AT_MOST,
    ),
    "sans_precision": Parameter(
        "« non » enlève les services qui ne disent rien de ce qui est demandé", ("oui", "non")
    ),
}
WHEN: Final[dict[str, Parameter]] = {
    "quand": Parameter(
        "Ouverts à ce moment, ou peut-être",
        form="maintenant, 2026-11-26T14:00 ou jeudi-14:00-17:00",
        schema={
            "pattern": rf"^(maintenant|20\d\d-{_MONTH_DAY}T{_HOUR}"
            rf"|{_DAY}-{_HOUR}-{_HOUR})?$"
        },
    ),
    "inconnus": Parameter(_UNKNOWN, ("oui", "non")),
}
PAGE: Final[dict[str, Parameter]] = {
    "limite": Parameter(
        "Combien de lignes",
        form=f"un nombre de 1 à {MOST_ROWS}",
        schema={"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": MOST_ROWS},
    ),
    "apres": Parameter(
        "Les lignes après cet identifiant (l’en-tête Link donne l’adresse de la suite)",
        form="l’id de la dernière ligne reçue",
    ),
}
SPREADSHEET: Final[dict[str, Parameter]] = {
    "tableur": Parameter(
        "« oui » : pour Excel et LibreOffice (point-virgule, aucune formule)", ("oui", "non")
    ),
}
CALENDAR: Final[dict[str, Parameter]] = {
    "duree": Parameter("Jusqu’à quand", tuple(filter_address.SPAN_DAYS)),
    "discret": Parameter(
        "« non » donne les noms et les sources ; sinon chaque entrée s’appelle « Rendez-vous »",
        ("oui", "non"),
    ),
}
COVERAGE: Final[dict[str, Parameter]] = {
    name: WHERE_AND_WHAT[name] for name in ("departements", "types", "aides", "langues")
} | {
    own_territories.PARAMETER: Parameter(
        "Au lieu de départements : un territoire à vous",
        form="la partie « territoire » d’une adresse de Couverture",
        several=True,
    ),
    "distance": Parameter(
        "À quelle distance",
        form="20km (200 au plus), 30min en voiture (180 au plus) ou 2kmpied (20 au plus)",
        schema={"pattern": r"^(\d+([.,]\d+)?(km|min|kmpied))?$"},
    ),
    "ouverture": Parameter(
        "Heures qui comptent",
        form=f"{', '.join(SlotClass)} ou mardi-18:00-22:00",
        schema={"pattern": rf"^({'|'.join(SlotClass)}|{_DAY}(,{_DAY})*-{_HOUR}-{_HOUR})?$"},
    ),
    "semaine": Parameter(
        "Semaine",
        form="une date à moins d’un an : 2026-11-30",
        schema={"pattern": rf"^(20\d\d-{_MONTH_DAY})?$"},
    ),
    "qui": Parameter("Qui est compté, si une table le permet", tuple(map(str, People))),
}


class Given:
    """The parameters of a request, each of them expected.

    Raises BadParameter where one is not, is given twice though it takes one value, or where there
    are too many.
    """

    def __init__(self, query: QueryParams, expected: Mapping[str, Parameter]) -> None:
        pairs = query.multi_items()
        if len(pairs) > MOST_VALUES:
            raise BadParameter(
                f"L’adresse donne {len(pairs)} valeurs : {MOST_VALUES} au plus. En enlever."
            )
        self._query, self._expected = query, expected
        for name in query:
            if name not in expected:
                raise BadParameter(
                    f"Le paramètre « {_short(name)} » n’existe pas à cette adresse. Ceux qui "
                    f"existent : {', '.join(expected)}."
                )
            if len(query.getlist(name)) > 1 and not expected[name].several:
                raise BadParameter(f"Le paramètre « {name} » ne se donne qu’une fois.")
        for name, parameter in expected.items():
            if parameter.values and not parameter.several:
                self.one(name, parameter.values)

    def all(self, name: str) -> list[str]:
        """Return the values of a parameter; those that are empty count for nothing."""
        return [value for value in self._query.getlist(name) if value]

    def one(self, name: str, values: Collection[str] = ()) -> str:
        """Return the value of a parameter, "" where there is none; one of `values`, if any."""
        value = next(iter(self.all(name)), "")
        if value and values and value not in values:
            self.refuse(name, value)
        return value

    def number(self, name: str, usual: int) -> int:
        """Return a whole number from 1 to `usual`, which is also what is meant without one."""
        text = self.one(name)
        if not text:
            return usual
        known = text.isascii() and text.isdigit() and len(text) < 10
        if not known or not 1 <= int(text) <= usual:
            self.refuse(name, text)
        return int(text)

    def refuse(self, name: str, value: str) -> NoReturn:
        """Raise BadParameter: the parameter does not take this value."""
        raise BadParameter(
            f"Le paramètre « {name} » ne peut pas valoir « {_short(value)} ». Écrire : "
            f"{self._expected[name].expected}."
        )

    def filters(self) -> dict[str, Any]:
        """Return the filters, as the pages read them."""
        words = self.one("mots")
        if len(words) > filter_address.LONGEST_WORDS:
            self.refuse("mots", words)
        if self.one("autour") not in ("", "0") and not self.all("communes"):
            raise BadParameter("Le paramètre « autour » va avec « communes » : en donner une.")
        return {**filter_address.DEFAULTS, **filter_address.read(self.all, self.refuse)}


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
