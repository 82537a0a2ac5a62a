"""Which column of services.csv an everyday column name stands for.

The names are those of real lists: hubs of médiation numérique, France services, DILA, FINESS,
associations' workbooks. Case, accents, punctuation and underscores do not matter.
"""

import re
from collections.abc import Collection
from types import MappingProxyType
from typing import Final

from rapidfuzz import fuzz, process

from geodata.text import fold

__all__ = ["NAMES", "day_named", "nearest", "stands_for"]

_WRITTEN: Final = {
    "id": "identifiant|id service|id fs|id structure|id externe|id interne|num|ref|"
    "reference|matricule|code service|code structure|uid|uuid|cle|nofinesset|num finess",
    "nom": "nom du service|nom du lieu|nom de la structure|nom de votre structure|nom structure|"
    "nom du lieu ou de la structure|nom service|nom lieu|nom org|nom organisme|nom complet|"
    "nom usuel|nom de l association|nom association|nom etablissement|nom de l etablissement|"
    "nom officiel|nom permanence|c nom|name|intitule|libelle|lib fs|lib france services|"
    "denomination|raison sociale|rs|rslongue|enseigne|service|services|lieu|etablissement|"
    "titre|designation|nom du dispositif|dispositif",
    "type": "type de structure|type de service|type structure|type service|type de lieu|"
    "type d etablissement|type d accueil|typologie|categorie|nature|genre|type organisme|pivot|"
    "libcategetab|categorie de structure|categorie de service",
    "structure": "structure porteuse|structure gestionnaire|porteur|gestionnaire|organisme|"
    "organisme gestionnaire|organisme porteur|association|association gestionnaire|lib structure|"
    "entite|tutelle|rattachement|structure de rattachement|employeur|operateur|lib organisme",
    "adresse": "adresse postale|adresse complete|adresse du lieu|adresse de la structure|"
    "adresse du service|adresse brut|adresse brute|adr|rue|voie|numero et voie|numero et rue|"
    "n et rue|localisation|adresse geographique|adresse physique|c adresse|adresse 1|adresse1|"
    "adresse ligne 1|lieu d accueil|address|adresse administrative",
    "code_postal": "cp|code post|codepostal|c postal|code p|postal|postcode|c postcode|zip|"
    "zipcode|adresse code postal|code postal du lieu|code postal structure|cpostal|"
    "code postale|cod postal",
    "commune": "ville|villes|lib com|libelle commune|libelle de la commune|nom commune|"
    "nom de la commune|nom com|localite|c city|city|adresse commune|adresse ville|municipalite|"
    "commune d implantation|commune du lieu|ville du lieu|nom ville|libgeo|bureau distributeur",
    "code_insee": "insee|insee com|code insee commune|code insee de la commune|code commune|"
    "code commune insee|code com|codecom|codgeo|cog|insee commune|adresse code insee|citycode|"
    "code geo|depcom|code commune cog|num insee|numero insee",
    "departement": "dept|dep|dpt|insee dep|code departement|code dep|num departement|"
    "numero departement|numero de departement|code dept|nom departement|lib dep|"
    "libelle departement|departements",
    "latitude": "lat|y|coord y|coordy|coordonnee y|coordonnees y|bf latitude|c lat coor1|geo lat|"
    "gps lat|lat wgs84|latitude wgs84|y wgs84|geocodage y gps|latitude gps|lat gps",
    "longitude": "long|lon|lng|x|coord x|coordx|coordonnee x|coordonnees x|bf longitude|"
    "c long coor1|geo lon|geo lng|geo long|gps long|gps lon|lon wgs84|long wgs84|longitude wgs84|"
    "x wgs84|geocodage x gps|longitude gps|long gps",
    "confidentialite": "confidentiel|confidentielle|adresse confidentielle|lieu confidentiel|"
    "niveau de confidentialite|secret|lieu secret|adresse secrete|adresse protegee|diffusion|"
    "diffusable|visibilite|publiable|adresse publiable|a publier",
    "telephone": "tel|tels|telephones|tel fixe|telephone fixe|fixe|tel portable|portable|mobile|"
    "tel mobile|telephone portable|telephone mobile|telephone 1|telephone1|tel 1|tel1|tel public|"
    "n tel|n de tel|n telephone|n de telephone|no tel|no telephone|num tel|num telephone|"
    "numero tel|numero de tel|numero telephone|numero de telephone|numeros de telephone|"
    "c telephone|phone|tph|teleph|standard|tel standard|tel accueil|telephone accueil|"
    "telephone du service|telephone de la structure|contact tel|contact telephone|"
    "contact telephonique|ligne|ligne d ecoute|numero d appel|numero vert",
    "courriel": "mail|mails|email|e mail|emails|courriels|courrier electronique|mel|"
    "adresse mail|adresse email|adresse e mail|adresse courriel|adresse electronique|"
    "adresse de courriel|adresse mel|contact mail|contact email|mail contact|mail de contact|"
    "email contact|email de contact|c mail|c email|mail structure|mail accueil|messagerie|"
    "boite mail|bal",
    "site_web": "site|sites|site internet|site web officiel|web|site www|www|url|url site|"
    "url du site|adresse site|adresse du site|adresse internet|adresse web|page web|website|"
    "site internet officiel|lien site|lien du site|lien internet|lien web|sites internet|"
    "site de la structure",
    "horaires_accueil": "horaires|horaire|horaires d ouverture|horaire d ouverture|"
    "horaires ouverture|horaires ouverture brut|horaires ouverture osm|horaires d accueil|"
    "horaire accueil|heures d ouverture|heures ouverture|heure d ouverture|ouverture|ouvertures|"
    "jours et horaires|jours et heures|jours et horaires d ouverture|jours horaires|"
    "jours d ouverture|jours et heures d ouverture|horaires d ouverture de la structure|"
    "horaires d ouverture au public|horaires du lieu|horaires de permanence|horaires permanence|"
    "horaires des permanences|permanence|permanences|jours de permanence|jours permanence|"
    "heures de permanence|plages d ouverture|plage d ouverture|creneaux|c horaire ouverture|"
    "opening hours|ouverture au public|hours|hor",
    "horaires_precisions": "precisions horaires|precision horaires|commentaire horaires|"
    "commentaires horaires|commentaire sur les horaires|remarques horaires|autres horaires|"
    "c autres horaires|infos horaires|precisions sur les horaires|horaires precision|"
    "commentaire plage ouverture|fermetures|fermeture|conges|fermeture annuelle",
    "acces": "mode d acces|modes d acces|modalites d acces|modalite d acces|conditions d acces|"
    "condition d acces|rdv|rendez vous|sur rdv|sans rdv|sur rendez vous|sans rendez vous|"
    "prise de rdv|prise de rendez vous|avec ou sans rdv|modalites d accueil|modalite d accueil|"
    "mode d accueil|modalites accompagnement|modalites de rdv|modes accueil",
    "publics": "public|public accueilli|publics accueillis|public vise|publics vises|"
    "public cible|publics cibles|public concerne|publics concernes|pour qui|usagers|"
    "personnes accueillies|type de public|types de public",
    "reseaux": "reseau|groupe|groupes|reseau de rattachement|reseaux porteurs|reseau local|label|"
    "labels|labels nationaux",
    "zone_eligibilite": "zone|zones|zone d intervention|zone intervention|"
    "secteur d intervention|secteur geographique|territoire|territoires|"
    "territoire d intervention|zone geographique|perimetre|zone de competence|zones d intervention|"
    "communes desservies|communes couvertes|territoire couvert|zone couverte",
    "aides": "aide|aides proposees|aide proposee|type d aide|types d aide|aides apportees",
    "violences": "violence|type de violence|types de violence|types de violences|"
    "violences concernees|formes de violence|formes de violences",
    "langues": "langue|langues parlees|langue parlee|langues pratiquees|langues d accueil",
    "accessibilite": "accessibilite pmr|acces pmr|pmr|acces handicape|accessible pmr|"
    "accessibilite handicap|accessibilite du lieu",
    "frais": "tarif|tarifs|cout|prix|gratuite|frais a charge|conditions tarifaires",
    "description": "descriptif|presentation|missions|mission|activite|activites|"
    "infos|informations|"
    "detail|details|objet|prestations|a propos|resume|precisions|precision",
    "source": "sources|origine|provenance|source des donnees|source de l information|"
    "source information|source info|fournisseur|source donnees|origine des donnees",
    "lien_source": "lien|url source|lien de la source|source url|page source|lien vers la source|"
    "url service public|url de la source",
    "date_source": "date|date maj|maj|mise a jour|date de mise a jour|date mise a jour|"
    "derniere mise a jour|date de derniere mise a jour|date modification|date de modification|"
    "datemaj|date de la source|date derniere maj|mis a jour le|date d information|updated at|"
    "actualise le|date info",
    "date_verification": "verifie le|verifie|date verif|date de verification|date verifie|"
    "derniere verification|date de la verification|date derniere verification|controle le|"
    "date controle|date de controle|confirme le|date appel|date de l appel|"
    "date de derniere verification",
}

NAMES: Final = MappingProxyType(
    {
        fold(name): column
        for column, names in _WRITTEN.items()
        for name in (column, *names.split("|"))
    }
)
"""Folded everyday name → column of services.csv, with the columns' own names."""

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAY = re.compile(
    r"(?:(?:c|h|hor|horaires?|heures?|ouvertures?|creneaux?|plages?|permanences?)"
    r"(?: d)?(?: ouverture)? )?"
    r"(?:du |le |les )?"
    rf"(?P<day>{'|'.join(_DAYS)}|lun|mar|mer|jeu|ven|sam|dim)s?"
    r"(?: (?P<half>matin|am|apres midi|aprem|pm))?"
)
_MORNINGS = ("matin", "am")
_NEAR = 90


def stands_for(name: str) -> str:
    """Return the column of services.csv that a column name is or surely means, else "".

    >>> stands_for("Tél."), stands_for("Code postal"), stands_for("lib_com"), stands_for("Budget")
    ('telephone', 'code_postal', 'commune', '')
    """
    return NAMES.get(fold(name), "")


def nearest(name: str, columns: Collection[str] | None = None) -> str:
    """Return the column that a name means or is a slip of the pen for, among `columns`, else "".

    >>> nearest("Télephonne"), nearest("horaire acceuil"), nearest("h_lundi"), nearest("Budget")
    ('telephone', 'horaires_accueil', 'horaires_accueil', '')
    """
    found = stands_for(name)
    if not found and day_named(name):
        found = "horaires_accueil"
    folded = fold(name)
    if not found and len(folded) > 5:  # in short names one letter makes another word
        near = process.extractOne(folded, list(NAMES), scorer=fuzz.ratio, score_cutoff=_NEAR)
        found = NAMES[near[0]] if near else ""
    return found if columns is None or found in columns else ""


def day_named(name: str) -> str:
    """Return the day, or half day, whose hours a column holds, as French hours write it, else "".

    >>> day_named("h_lundi"), day_named("Horaires mardi"), day_named("Sam. après-midi")
    ('lundi', 'mardi', 'samedi après-midi')
    """
    found = _DAY.fullmatch(fold(name))
    if not found:
        return ""
    day = next(day for day in _DAYS if day.startswith(found["day"]))
    half = found["half"]
    return day if not half else f"{day} matin" if half in _MORNINGS else f"{day} après-midi"
