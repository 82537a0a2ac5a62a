"""The types of service, one row each: all that the program knows of a type stands in its row.

To add a type, add a row to `ServiceType`. Pages, papers, measures and exports read it from there.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final, Self

from geodata.labelled import Labelled

__all__ = ["Aid", "Facts", "Family", "Need", "Sector", "ServiceType"]


class Family(Labelled):
    """Types that share one sign on the map and on cards."""

    SECURITE = "securite", "Police, gendarmerie"
    SOCIAL = "social", "Action sociale"
    ACCUEIL = "accueil", "Accueil, écoute"
    PERMANENCES = "permanences", "Permanences"
    JUSTICE = "justice", "Justice, droit"
    SANTE = "sante", "Santé"
    HEBERGEMENT = "hebergement", "Hébergement"


class Aid(Labelled):
    """What a service does for her. The value is what the column `aides` holds."""

    ECOUTE = "ecoute", "écoute"
    ACCUEIL = "accueil", "accueil de jour, sans rendez-vous"
    SOCIAL = "social", "accompagnement social"
    JURIDIQUE = "juridique", "conseil juridique"
    AVOCAT = "avocat", "avocat"
    PSYCHOLOGIQUE = "psychologique", "soutien psychologique"
    SOINS = "soins", "soins"
    CONSTAT = "constat", "constat et certificat"
    PLAINTE = "plainte", "plainte"
    ABRI = "mise-a-l-abri", "mise à l’abri"
    LOGEMENT = "logement", "logement"
    GROUPE = "groupe", "groupe de parole"
    ENFANTS = "enfants", "aide aux enfants"
    GARDE = "garde-d-enfants", "garde d’enfants"
    EMPLOI = "emploi", "emploi"
    SEJOUR = "sejour", "démarches de séjour"
    GRAVE_DANGER = "telephone-grave-danger", "téléphone grave danger"


class Need(Labelled):
    """What she needs, in the words of those who ask, and the aids that answer it.

    For `ABRI`, the first aid is the shelter itself; the others lead to it.
    """

    aids: tuple[Aid, ...]

    PARLER = (
        "parler",
        "parler à quelqu’un",
        (Aid.ECOUTE, Aid.ACCUEIL, Aid.PSYCHOLOGIQUE, Aid.GROUPE),
    )
    PLAINTE = "plainte", "porter plainte", (Aid.PLAINTE,)
    ABRI = "abri", "se mettre à l’abri", (Aid.ABRI, Aid.ACCUEIL, Aid.ECOUTE)
    SOINS = "soins", "soins et constat", (Aid.SOINS, Aid.CONSTAT)
    DROITS = "droits", "droits et avocat", (Aid.JURIDIQUE, Aid.AVOCAT, Aid.SEJOUR)
    SOCIAL = "aide-sociale", "aide sociale", (Aid.SOCIAL, Aid.LOGEMENT)

    def __new__(cls, value: str, label: str = "", aids: tuple[Aid, ...] = ()) -> Self:
        """Make a member of its value, its label and its aids."""
        member = str.__new__(cls, value)
        member._value_, member.label, member.aids = value, label, aids
        return member


class Sector(Labelled):
    """What a member brings to a network. The value is what the column `secteur` holds."""

    JUSTICE = "justice", "Justice"
    POLICE = "police-gendarmerie", "Police et gendarmerie"
    SOCIAL = "social", "Social"
    HEALTH = "sante", "Santé"
    EDUCATION = "education", "Éducation"
    HOUSING = "logement", "Logement"
    ASSOCIATIONS = "associations", "Associations"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a type of service.

    Attributes:
        value: what services.csv holds.
        label: what people read.
        one: the same with its article, inside a sentence: `une association`.
        neutral: what a discreet paper calls such a service. It must not tell what it is for.
        does: what such a service does, on a poster, in words that do not tell; "" for shelters,
            which no poster shows.
        poster_turn: its place on a poster, the lowest first; None for shelters.
        family: whose sign it has.
        aids: what such a service usually does, where its row does not say.
        measured: whether distances to it are measured. Nobody is sent to *the nearest* shelter,
            and a phone line is nowhere.
        months: how long a fact is believed without being checked again.
        may_be_shelter: whether a row of the type may be a shelter, told by its name alone.
        sector: the sector of every service of the type, or
        usual_sector: its sector where nothing says who runs it. None for both: anybody may.
        open_at_night: whether its hours may go over midnight. In a row of another type, hours that
            close before they open are a mistake.
        run_elsewhere: whether `structure` names a body that stands at another place.
        national_networks: the `reseaux_porteurs` of the national base that it belongs to.
        also_written: how lists write the type, folded, beside its value and its label.
        named: words, folded, that tell the type where they stand in the name of a service.
        confused_with: types (their values) that another list may give to the same service. One
            row of the two is enough.
    """

    value: str
    label: str
    one: str
    neutral: str
    does: str
    poster_turn: int | None
    family: Family
    aids: tuple[Aid, ...]
    measured: bool
    months: int
    may_be_shelter: bool
    sector: Sector | None = None
    usual_sector: Sector | None = None
    open_at_night: bool = False
    run_elsewhere: bool = False
    national_networks: tuple[str, ...] = ()
    also_written: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    confused_with: tuple[str, ...] = ()


@unique
class ServiceType(StrEnum):
    """What a service is. The value is what services.csv holds; the order is that of every list."""

    facts: Facts

    COMMISSARIAT = Facts(
        value="commissariat", label="Commissariat", one="un commissariat",
        neutral="Commissariat", poster_turn=6,
        does="Protège et reçoit les déclarations. En urgence : le 17.",
        family=Family.SECURITE, aids=(Aid.PLAINTE,),
        sector=Sector.POLICE,
        # Months: open day and night, at one address for decades.
        measured=True, open_at_night=True, may_be_shelter=False, months=36,
        also_written=("police", "police nationale", "commissariat de police"),
        named=("(?<!haut )commissariat(?! aux)", "hotel de police", "bureau de police",
               "police nationale"),
    )  # fmt: skip
    GENDARMERIE = Facts(
        value="gendarmerie", label="Gendarmerie", one="une gendarmerie",
        neutral="Gendarmerie", poster_turn=7,
        does="Protège et reçoit les déclarations. En urgence : le 17.",
        family=Family.SECURITE, aids=(Aid.PLAINTE,),
        sector=Sector.POLICE,
        # Months: the brigade stays, its hours shrink.
        measured=True, open_at_night=True, may_be_shelter=False, months=24,
        also_written=("brigade", "brigade de gendarmerie", "gendarmerie nationale"),
        named=("gendarmerie", "brigade", "maison de protection des familles"),
    )  # fmt: skip
    MDS = Facts(
        value="mds", label="Maison des solidarités", one="une maison des solidarités",
        neutral="Service social", poster_turn=4,
        does="Le service social du département : droits, logement, budget, enfants.",
        family=Family.SOCIAL, aids=(Aid.SOCIAL,),
        sector=Sector.SOCIAL,
        measured=True, may_be_shelter=False, months=24,
        # The schema asks for `departements` beside `maisons-des-solidarites`.
        national_networks=("departements", "maisons-des-solidarites"),
        also_written=("maison departementale des solidarites", "maison de la solidarite"),
        named=("maison des solidarites", "maison de la solidarite", "mds", "mdsi",
               "maison departementale des solidarites", "centre medico social"),
    )  # fmt: skip
    CCAS = Facts(
        value="ccas", label="CCAS", one="un CCAS",
        neutral="Service social de la commune", poster_turn=10,
        does="Le service social de la commune : aides et démarches.",
        family=Family.SOCIAL, aids=(Aid.SOCIAL,),
        sector=Sector.SOCIAL,
        measured=True, may_be_shelter=False, months=18,
        national_networks=("ccas-cias",),
        also_written=("centre communal d action sociale",),
        named=("ccas", "cias", "centre communal d action sociale",
               "centre intercommunal d action sociale"),
        confused_with=("mds",),
    )  # fmt: skip
    ASSOCIATION = Facts(
        value="association", label="Association", one="une association",
        neutral="Association", poster_turn=2,
        does="Écoute, informe sur les droits, accompagne dans les démarches.",
        family=Family.ACCUEIL, aids=(Aid.ECOUTE, Aid.JURIDIQUE),
        sector=Sector.ASSOCIATIONS,
        # Months: funded by the year; teams and numbers change with it.
        measured=True, may_be_shelter=True, months=12,
        named=("association", "cidff", "cidf", "france victimes", "solidarite femmes",
               "planning familial", "mouvement du nid", "secours catholique",
               "secours populaire"),
    )  # fmt: skip
    ACCUEIL_DE_JOUR = Facts(
        value="accueil-de-jour", label="Accueil de jour", one="un accueil de jour",
        neutral="Accueil de jour", poster_turn=3,
        does="Un lieu où se poser en journée, parler et faire le point.",
        family=Family.ACCUEIL, aids=(Aid.ACCUEIL, Aid.ECOUTE),
        usual_sector=Sector.ASSOCIATIONS,
        measured=True, may_be_shelter=True, months=6,
        named=("accueil de jour", "lieu d ecoute d accueil et d orientation", "leao"),
        confused_with=("association",),
    )  # fmt: skip
    ECOUTE = Facts(
        value="ecoute", label="Ligne d’écoute", one="une ligne d’écoute",
        neutral="Numéro d’écoute", poster_turn=1,
        does="Quelqu’un écoute au téléphone, conseille et oriente.",
        family=Family.ACCUEIL, aids=(Aid.ECOUTE,),
        usual_sector=Sector.ASSOCIATIONS, run_elsewhere=True,
        measured=False, open_at_night=True, may_be_shelter=True, months=12,
        also_written=("numero d ecoute",),
        named=("ligne d ecoute", "ecoute telephonique", "numero vert", "numero d ecoute",
               "numero national"),
        confused_with=("association",),
    )  # fmt: skip
    PERMANENCE = Facts(
        value="permanence", label="Permanence", one="une permanence",
        neutral="Permanence d’accueil", poster_turn=5,
        does="Un accueil à certaines heures ou à certaines dates.",
        family=Family.PERMANENCES, aids=(Aid.ECOUTE, Aid.JURIDIQUE),
        run_elsewhere=True,
        # Months: rooms and days follow the school year and yearly grants.
        measured=True, may_be_shelter=True, months=6,
        named=("permanence", "permanences", "bureau mobile", "intervenante sociale",
               "intervenantes sociales", "intervenant social", "intervenants sociaux",
               "psychologue", "pole psycho social"),
        confused_with=("association", "accueil-de-jour", "justice"),
    )  # fmt: skip
    JUSTICE = Facts(
        value="justice", label="Justice et droit", one="un lieu de justice et de droit",
        neutral="Accès au droit", poster_turn=9,
        does="Renseigne sur les droits et les démarches.",
        family=Family.JUSTICE, aids=(Aid.JURIDIQUE,),
        sector=Sector.JUSTICE,
        measured=True, may_be_shelter=False, months=18,
        also_written=("tribunal",),
        named=("tribunal", "maison de justice", "mjd", "point justice", "acces au droit",
               "antenne de justice", "cdad", "barreau", "ordre des avocats"),
    )  # fmt: skip
    SANTE = Facts(
        value="sante", label="Santé", one="un lieu de santé",
        neutral="Service de santé", poster_turn=8,
        does="Soigne, écrit un certificat, oriente.",
        family=Family.SANTE, aids=(Aid.SOINS, Aid.CONSTAT),
        sector=Sector.HEALTH,
        measured=True, open_at_night=True, may_be_shelter=False, months=18,
        also_written=("hopital", "centre hospitalier"),
        named=("hopital", "centre hospitalier", "clinique", "maternite", "centre de sante",
               "unite medico judiciaire", "umj", "cegidd", "urgences",
               "permanences? d acces aux soins"),
        confused_with=("association",),
    )  # fmt: skip
    HEBERGEMENT = Facts(
        value="hebergement", label="Hébergement", one="un hébergement",
        neutral="Service logement", poster_turn=None,
        does="",
        family=Family.HEBERGEMENT, aids=(Aid.ABRI,),
        sector=Sector.HOUSING,
        measured=False, open_at_night=True, may_be_shelter=True, months=12,
        also_written=("chrs", "foyer", "foyer d hebergement", "centre d hebergement",
                      "hebergement d urgence"),
        named=("hebergement", "chrs", "refuge", "mise a l abri"),
    )  # fmt: skip

    def __new__(cls, facts: Any) -> Self:  # mypy reads `ServiceType("mds")` as a call of this
        """Make a member of its row, a `Facts`."""
        member = str.__new__(cls, facts.value)
        member._value_ = facts.value
        member.facts = facts
        return member

    @property
    def label(self) -> str:
        """What people read."""
        return self.facts.label


_WORDS: Final = ("value", "label", "one", "neutral")


def _faults() -> list[str]:
    """Say what is missing or contradictory in the table, naming the row."""
    found = []
    for kind in ServiceType:
        facts, shelter = kind.facts, kind == ServiceType.HEBERGEMENT
        others = set(ServiceType) - {kind}
        wrong = {
            **{f"{name} is empty": not getattr(facts, name) for name in _WORDS},
            "another row has the same label": facts.label in {other.label for other in others},
            "aids is empty": not facts.aids,
            "months is less than 1": facts.months < 1,
            "sector and usual_sector exclude each other": bool(facts.sector and facts.usual_sector),
            "confused_with names an unknown type": not others.issuperset(facts.confused_with),
            "does is for all types but shelters": (facts.does == "") != shelter,
            "poster_turn is for all types but shelters": (facts.poster_turn is None) != shelter,
            "a shelter is never measured": shelter and facts.measured,
            "a shelter may be one": shelter and not facts.may_be_shelter,
        }
        found += [f"{kind.name}: {fault}" for fault, true in wrong.items() if true]
    given = {aid for kind in ServiceType for aid in kind.facts.aids}
    return found + [
        f"no type answers the need {need}" for need in Need if given.isdisjoint(need.aids)
    ]


if _wrong := _faults():
    raise ValueError("The table of service types: " + "; ".join(_wrong))
