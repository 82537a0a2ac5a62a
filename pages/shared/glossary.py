"""The words of this site that not everybody knows, each explained once, under every page."""

from html import escape
from types import MappingProxyType

WORDS = MappingProxyType(
    {
        "114, 115, 17, 3919": "Numéros gratuits. 17 : police ou gendarmerie, en danger. 114 : "
        "les mêmes secours, par SMS. 115 : un toit ce soir. 3919 : écoute des femmes victimes de "
        "violences, jour et nuit.",
        "à vol d’oiseau": "En ligne droite, sans suivre les routes.",
        "adresse communiquée par téléphone": "Un lieu dont l’adresse est tenue secrète pour "
        "protéger celles qui y sont : appeler pour la connaître.",
        "CCAS": "Centre communal d’action sociale : le service social de la commune.",
        "CIDFF": "Centre d’information sur les droits des femmes et des familles.",
        "dates à renouveler": "La dernière date connue est passée : les suivantes sont à demander.",
        "E2SFCA": "Une manière de compter l’offre : les heures de chaque service sont partagées "
        "entre les habitants qui l’ont à portée, les plus proches comptant plus (Luo et Qi, 2009).",
        "emplacement approximatif": "L’adresse exacte manque : le signe est posé sur la mairie.",
        "Gini": "Une mesure d’inégalité : 0, tous ont autant ; 1, un seul a tout.",
        "horaires inconnus": "Nous ne connaissons pas les horaires : appeler avant de se déplacer.",
        "MDS": "Maison des solidarités : le service social du département.",
        "médiane, P90": "La distance médiane : la moitié des habitants a moins. P90 : neuf "
        "habitants sur dix ont moins.",
        "permanence": "Un accueil tenu à certaines heures ou à certaines dates, souvent dans les "
        "murs d’un autre service.",
        "réseau": "Des services d’un même secteur qui se connaissent et orientent ensemble.",
        "SIAO": "Service intégré d’accueil et d’orientation : il attribue les places "
        "d’hébergement, par le 115.",
        "sûr, possible": "Sûr : d’après les horaires connus. Possible : en comptant aussi les "
        "lieux dont on ne connaît pas les horaires.",
        "unité compétente": "Le commissariat ou la brigade dont dépend une commune. Une plainte "
        "peut être déposée dans n’importe quel autre.",
    }
)
"""Word → what it means, in the order of the alphabet, accents and case apart."""


def html() -> str:
    """Return the words as a part of the page that opens."""
    entries = "".join(
        f"<dt>{escape(word)}</dt><dd>{escape(meaning)}</dd>" for word, meaning in WORDS.items()
    )
    return (
        f'<details class="mots"><summary>Les mots de ce site</summary><dl>{entries}</dl></details>'
    )
