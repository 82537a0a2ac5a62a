"""The chapter on how all is made: measures, limits, sources and licences."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import geopandas as gpd

from geodata import communes, french, freshness, travel
from geodata.coverage import RING_WEIGHTS
from geodata.paper.report._blocks import Block, Bullets, Heading, Paragraph, Size, Title
from geodata.paper.report._material import Material, day
from geodata.situation import MEASURED_TYPES, Situation, words
from geodata.situation.scenario import PREFIX


def method(material: Material) -> Iterator[Block]:
    """Say how all is made, and of what."""
    situation = material.situation
    yield Title("Méthode")
    for title, texts in (
        ("Ce qui est mesuré", tuple(_measured(situation, material.minutes_source))),
        ("Sûr et possible", _CERTAIN_AND_POSSIBLE),
        ("Les chiffres", _FIGURES),
    ):
        yield Heading(title)
        yield Bullets(texts)
    yield Heading("Départements sans données")
    silent = f"{words.unlisted(situation)} {words.unlisted_neighbours(situation)}"
    yield Paragraph(silent.strip(), Size.SMALL)
    yield Heading("Sources et licences", room=46)
    yield Bullets(tuple(sources(material)))


def _measured(situation: Situation, minutes_source: str) -> Iterator[str]:
    question = situation.question
    kinds = [kind.label for kind in MEASURED_TYPES if kind in (question.types or MEASURED_TYPES)]
    yield (
        "Le point de départ de chaque commune est sa mairie : tous ses habitants y sont comptés. "
        "La distance est en ligne droite (à vol d’oiseau) ; par la route, il faut compter environ "
        f"{words.decimal(travel.DETOUR)} fois plus."
    )
    given = ", ".join(aid.label for aid in question.aids)
    yield (
        f"Types de services comptés : {', '.join(kinds)}"
        f"{f', où l’on trouve : {given}' if given else ''}. Ceux des départements voisins comptent "
        "aussi. Jamais mesurés : l’hébergement et les adresses protégées (secrètes), les lignes "
        "d’écoute (sans lieu). Un service sans adresse exacte est placé à la mairie de sa commune."
    )
    names = communes.read_town_halls()["nom"]
    for one in question.own:
        yield f"« {one.name} » : {', '.join(names[code] for code in one.communes)}."
    if question.langues:
        yield (
            f"Langue demandée{words.spoken(question.langues)}. Une fiche qui ne dit pas ses "
            "langues compte comme possible, jamais comme sûre, comme si ses horaires étaient "
            "inconnus."
        )
    if minutes_source or question.walk_km is not None:
        yield words.minutes(situation, minutes_source)
    elif question.minutes is not None:
        slow, middle, fast = sorted(travel.SPEEDS_KMH)
        low, high = travel.DENSITY_STEPS
        yield (
            f"Durée en voiture estimée : distance × {words.decimal(travel.DETOUR)} (détours) ÷ "
            f"vitesse. La vitesse est supposée de {fast} km/h dans les communes de moins de {low} "
            f"habitants par km², {slow} km/h au-delà de {french.number(high)}, {middle} km/h entre "
            "les deux. Ce sont des hypothèses, à vérifier sur des trajets connus."
        )
    else:
        yield "Aucune durée de trajet n’est utilisée : ni vitesse, ni transports en commun."
    yield (
        f"La semaine est une vraie semaine ({words.week(question)}), découpée en 672 quarts "
        "d’heure. Une permanence mensuelle qui n’y tombe pas n’y compte pas."
    )


_CERTAIN_AND_POSSIBLE: Final = (
    (
        "Sûr : quelqu’un est ouvert d’après des horaires connus. Possible : quelqu’un est ouvert, "
        "ou pourrait l’être parce que ses horaires sont inconnus. La vérité est entre les deux."
    ),
    (
        "Couverte : au moins un service à portée sûrement ouvert à un moment des heures demandées. "
        "Sans information : des services à portée, aux horaires inconnus, ou un département dont "
        "la liste ne dit rien. Fermé : des services à portée, tous fermés à ces heures. Aucun "
        "service : rien à portée dans la liste."
    ),
)
_FIGURES: Final = (
    (
        "Qui est compté : la population municipale de 2023 ou, avec une table de la population, "
        "ses femmes, partout : parts, distances, offre, scénarios. Part = celles et ceux des "
        "communes couvertes ÷ celles et ceux de toutes les communes dont la mairie est connue."
    ),
    (
        "La moitié, neuf habitants sur dix : distances au service le plus proche rangées de la "
        "plus courte à la plus longue, chaque commune comptant pour celles et ceux qui y vivent."
    ),
    (
        "Plus longue attente : la plus longue suite d’heures de la semaine où personne n’est "
        "sûrement ouvert à portée, pour l’habitant médian."
    ),
    (
        "Offre (E2SFCA, Luo et Qi, 2009) : les heures d’ouverture connues de l’année de chaque "
        "service sont partagées entre celles et ceux qui l’ont à portée, ceux des trois couronnes, "
        "de la plus proche à la plus lointaine, comptant pour "
        f"{' ; '.join(words.decimal(weight, 2) for weight in RING_WEIGHTS)}. L’offre d’une commune "
        "est la somme des parts des services à sa portée, avec les mêmes poids. Les horaires "
        "inconnus comptent pour zéro."
    ),
    (
        "Gini : inégalité de cette offre entre ces personnes. 0 : toutes ont autant d’heures ; 1 : "
        "une seule a tout."
    ),
)


def sources(material: Material) -> Iterator[str]:
    """Name the sources of a report and their licences."""
    situation, services_written = material.situation, material.services_written
    number = french.count(len(situation.services), "service")
    yield (
        f"Services : liste du {day(services_written)} ({number} à portée), établie d’après les "
        f"pages publiques citées sur chaque fiche. {_ages(situation.services, services_written)}"
        "Licence Ouverte 2.0."
    )
    yield (
        "Communes de 2026 : contours IGN Admin Express COG ; population municipale 2023, INSEE ; "
        "mairies, DILA (annuaire de l’administration) ; codes postaux, La Poste. Licence Ouverte "
        "2.0."
    )
    if material.people_source:
        yield f"Personnes comptées : {material.people_source}."
    if material.minutes_source:
        yield f"Trajets : {material.minutes_source.rstrip('.')}."
    yield (
        "Repères : Conseil de l’Europe, Combating violence against women: minimum standards for "
        "support services, 2008."
    )
    yield (
        "Offre : Luo et Qi, Health & Place, 2009, doi:10.1016/j.healthplace.2009.06.002. Détours : "
        "Environment and Planning B, 2023, doi:10.1177/23998083231168870."
    )


def _ages(services: gpd.GeoDataFrame, today: date) -> str:
    """Say from when to when what is known of the services is, and how many are old or undated."""
    return freshness.summary(services[~services.index.str.startswith(PREFIX)], today)
