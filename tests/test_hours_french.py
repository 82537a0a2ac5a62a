"""Opening hours in French: what is parsed, and how it is described."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from geodata.hours import InvalidHours, describe, from_day_columns, understand, week_slots
from tests.hours.corpus import expressions

UNDERSTOOD = [
    ("lundi au vendredi 9h-12h / 14h-17h30", "Mo-Fr 09:00-12:00,14:00-17:30"),
    ("du lun. au ven. de 9 h à 17 h sauf le mercredi", "Mo,Tu,Th,Fr 09:00-17:00"),
    ("du lundi au vendredi sauf le mercredi de 9h à 17h", "Mo,Tu,Th,Fr 09:00-17:00"),
    ("1er et 3e samedi du mois 9h-12h", "Sa[1,3] 09:00-12:00"),
    ("premier et dernier jeudis du mois, 9h-12h", "Th[1,-1] 09:00-12:00"),
    ("1er mardi du mois 14h-17h", "Tu[1] 14:00-17:00"),
    ("24h/24 7j/7", "24/7"),
    ("24h/24", "24/7"),
    ("24/7", "24/7"),
    ("7 jours sur 7, 24 heures sur 24", "24/7"),
    ("Jour et nuit, tous les jours.", "24/7"),
    ("sur rendez-vous", 'unknown "sur rendez-vous"'),
    ("le 17 février 2026 de 10h à 12h", "2026 Feb 17 10:00-12:00"),
    ("Mardi 17 février 2026 de 10 h à 12 h", "2026 Feb 17 10:00-12:00"),
    ("17/02/2026 10h-12h", "2026 Feb 17 10:00-12:00"),
    ("2026-02-17 10h-12h", "2026 Feb 17 10:00-12:00"),
    ("les 17 et 20 février 2026 de 10h à 12h", "2026 Feb 17,2026 Feb 20 10:00-12:00"),
    (
        "25 octobre 2023 de 10 h à 12 h et 30 novembre 2023 de 14 h à 16 h",
        "2023 Oct 25 10:00-12:00; 2023 Nov 30 14:00-16:00",
    ),
    ("Lu-Ve 9h-17h", "Mo-Fr 09:00-17:00"),
    ("Lu-Ve 09:00-17:00", "Mo-Fr 09:00-17:00"),
    ("Mo-Fr 9-17", "Mo-Fr 09:00-17:00"),
    ("Mo–Fr 09:00–12:00;", "Mo-Fr 09:00-12:00"),
    ("Mo-Fr 09:00\u202f–\u202f12:00", "Mo-Fr 09:00-12:00"),
    ("LUNDI AU VENDREDI DE 9H À 17H30", "Mo-Fr 09:00-17:30"),
    ("Fermé les jours fériés", "PH off"),
    ("lundi 9h-12h ; ferme les jours feries", "Mo 09:00-12:00; PH off"),
    (
        "Du lundi au vendredi de 7 h 30 à 18 h 30, hors jours fériés et vacances scolaires.",
        "Mo-Fr 07:30-18:30; PH,SH off",
    ),
    (
        "$Lundi : 8h00-12h00 14h00-18h00$Mardi : 8h00-12h00$Jours Fériés : 9h00-12h00",
        "Mo 08:00-12:00,14:00-18:00; Tu 08:00-12:00; PH 09:00-12:00",
    ),
    (
        " Lundi : 8h00-12h00 14h00-18h00 Mardi : 8h00-12h00 Jours Fériés : 9h00-12h00",
        "Mo 08:00-12:00,14:00-18:00; Tu 08:00-12:00; PH 09:00-12:00",
    ),
    (
        "Lundi et jeudi 9 h 15-12 h et 14 h-18 h ; mardi, mercredi et vendredi 9 h 15-12 h.",
        "Mo,Th 09:15-12:00,14:00-18:00; Tu,We,Fr 09:15-12:00",
    ),
    (
        "Lundi : 9h-12h / Mardi : fermé / Mercredi : 14h-17h",
        "Mo 09:00-12:00; Tu off; We 14:00-17:00",
    ),
    (
        "Sans rendez-vous lundi de 14 h à 18 h ; sur rendez-vous mardi et jeudi",
        'Mo 14:00-18:00 open "sans rendez-vous"; Tu,Th unknown "sur rendez-vous"',
    ),
    ("lundi 9h-12h ou sur rendez-vous", 'Mo 09:00-12:00 || unknown "sur rendez-vous"'),
    ("lundi 9h-12h, sur rdv", 'Mo 09:00-12:00 unknown "sur rendez-vous"'),
    ("De 9h à 12h du lundi au vendredi", "Mo-Fr 09:00-12:00"),
    ("Lundi 8h30 à 12h30 - 13h30 à 17h30", "Mo 08:30-12:30,13:30-17:30"),
    ("Mo 14:00-17:00,09:00-12:00,11:00-12:30", "Mo 09:00-12:30,14:00-17:00"),
    ("entre 9h et midi le mardi", "Tu 09:00-12:00"),
    ("lundi 22h-6h", "Mo 22:00-06:00"),
    ("samedi et dimanche 10h-18h, fermé en août", "Sa,Su 10:00-18:00; Aug off"),
    ("le mardi des semaines paires de 9h à 12h", "week 2-52/2 Tu 09:00-12:00"),
    ("mardi 9h-12h, les semaines paires", "week 2-52/2 Tu 09:00-12:00"),
    ("lundi au vendredi 9h-17h en juillet et août", "Jul,Aug: Mo-Fr 09:00-17:00"),
    ("mercredi 14h-17h pendant les vacances scolaires", "SH We 14:00-17:00"),
    ("le lundi matin de 9h à 12h", "Mo 09:00-12:00"),
    ("mar. et jeu. 9h-12h", "Tu,Th 09:00-12:00"),
    ("Mar 9h-12h", "Tu 09:00-12:00"),
    ("Jan,Apr,Jul,Oct Tu[1] 14:00-17:00", "Jan,Apr,Jul,Oct: Tu[1] 14:00-17:00"),
    # A closure or an exception, wherever it stands.
    ("Du lundi au vendredi (fermé les jours fériés) de 9h à 17h", "Mo-Fr 09:00-17:00; PH off"),
    (
        "Ouvert du lundi au vendredi, fermé le samedi et le dimanche, de 9h à 17h",
        "Mo-Fr 09:00-17:00; Sa,Su off",
    ),
    ("Hors jours fériés : du lundi au vendredi 9h-17h", "Mo-Fr 09:00-17:00; PH off"),
    ("SAUF LE MERCREDI, DU LUNDI AU VENDREDI 9H-17H", "Mo,Tu,Th,Fr 09:00-17:00"),
    ("Fermé en août. Lundi 9h-12h.", "Mo 09:00-12:00; Aug off"),
    ("Fermé le lundi. Du mardi au samedi 9h-12h", "Mo off; Tu-Sa 09:00-12:00"),
    ("lundi au vendredi 9h-17h, fermé de 12h à 14h", "Mo-Fr 09:00-17:00; Mo-Fr 12:00-14:00 off"),
    ("fermé juillet, août et vacances scolaires", "Jul,Aug off; SH off"),
    (
        "du lundi au vendredi 9h-12h et 14h-17h sauf mardi matin",
        "Mo,We-Fr 09:00-12:00,14:00-17:00; Tu 14:00-17:00",
    ),
    ("Mardi : fermé au public le matin / 13h45-17h30", "Tu 13:45-17:30"),
    ("mercredi 14h-17h en période scolaire", "We 14:00-17:00; SH off"),
    (
        "du lundi au vendredi 9h-17h, fermé du 1er au 15 août",
        'Mo-Fr 09:00-17:00; Aug 1-Aug 15 unknown "fermé, année à préciser"',
    ),
    ("du lundi au vendredi 9h-17h, fermé le 1er mai", "Mo-Fr 09:00-17:00; May 1 off"),
    # What is not certain covers all that it may cover.
    (
        "Sur rendez-vous : lundi 9h-12h, mardi 14h-17h",
        'Mo 09:00-12:00 unknown "sur rendez-vous"; Tu 14:00-17:00 unknown "sur rendez-vous"',
    ),
    (
        "lundi 9h-12h ; mardi 14h-17h, sur rendez-vous",
        'Mo 09:00-12:00 unknown "sur rendez-vous"; Tu 14:00-17:00 unknown "sur rendez-vous"',
    ),
    (
        "lundi 9h-12h et mardi 14h-17h (sur RDV uniquement)",
        'Mo 09:00-12:00 unknown "sur rendez-vous"; Tu 14:00-17:00 unknown "sur rendez-vous"',
    ),
    (
        "lundi 9h-12h ; mardi 14h-17h (sur rendez-vous)",
        'Mo 09:00-12:00; Tu 14:00-17:00 unknown "sur rendez-vous"',
    ),
    (
        'lundi 9h-12h "uniquement sur convocation"',
        'Mo 09:00-12:00 unknown "uniquement sur convocation"',
    ),
    ("Mo-Fr 09:00-17:00 « sur RDV »", 'Mo-Fr 09:00-17:00 unknown "sur RDV"'),
    ("lundi 9h-12h, également sur rendez-vous", 'Mo 09:00-12:00 || unknown "sur rendez-vous"'),
    (
        "Mercredi 9h à 12h - Sur RDV l'après-midi",
        'We 09:00-12:00, We 12:00-20:00 unknown "sur rendez-vous"',
    ),
    # A period belongs to the clause that it follows.
    ("lundi 9h-12h en juillet, mardi 14h-17h", "Jul Mo 09:00-12:00; Tu 14:00-17:00"),
    (
        "lundi 9h-12h les semaines paires, mardi 14h-17h",
        "week 2-52/2 Mo 09:00-12:00; Tu 14:00-17:00",
    ),
    ("Toute l'année, lundi 9h-12h", "Mo 09:00-12:00"),
    # Hours that go on, and hours of holidays.
    ("lundi 9h-12h et aussi 14h-17h", "Mo 09:00-12:00,14:00-17:00"),
    ("lundi 9h-12h ; 14h-17h ; mardi 9h-12h", "Mo 09:00-12:00,14:00-17:00; Tu 09:00-12:00"),
    ("lundi matin : 9h-12h, lundi après-midi : 14h-17h", "Mo 09:00-12:00, Mo 14:00-17:00"),
    (
        "Du lundi au samedi de 8h à 12h et les dimanches et jours fériés de 9h à 12h",
        "Mo-Sa 08:00-12:00; PH,Su 09:00-12:00",
    ),
    ("7j/7 de 9h à 22h, jours fériés compris", "PH,Mo-Su 09:00-22:00"),
    ("lundi 14h-7h30 le lendemain", "Mo 14:00-31:30"),
    # The ways of typing of real lists.
    ("lundi au vendredi 9h/12h 14h/17h30", "Mo-Fr 09:00-12:00,14:00-17:30"),
    ("lundi 9h/12h - 14h/18h", "Mo 09:00-12:00,14:00-18:00"),
    ("Lundi Mardi Jeudi 9h-12h", "Mo,Tu,Th 09:00-12:00"),
    ("Lun/mar/jeu: 9h/12h mer: 16h/19h", "Mo,Tu,Th 09:00-12:00; We 16:00-19:00"),
    ("mardi-mercredi-jeudi : 9h à12h", "Tu-Th 09:00-12:00"),
    (
        "Lundi 9h-12h |Mardi jeudi 14h-17h | mercredi 9h-12h",
        "Mo 09:00-12:00; Tu,Th 14:00-17:00; We 09:00-12:00",
    ),
    ("Accueil du public : vendr 9h-12h\nmercr 14h-17h", "Fr 09:00-12:00; We 14:00-17:00"),
    (
        "<ul><li>Lundi&nbsp;: 9h-12h</li><li>Mardi : 14h-17h</li></ul>",
        "Mo 09:00-12:00; Tu 14:00-17:00",
    ),
    ("• Lundi 9h-12h • Mardi 14h-17h", "Mo 09:00-12:00; Tu 14:00-17:00"),
    ("du lundi au vendredi 9h-17h et le WE 10h-12h", "Mo-Fr 09:00-17:00; Sa,Su 10:00-12:00"),
    ("Mo 09:00-12:00,14:00+", 'Mo 09:00-12:00, Mo 14:00-24:00 unknown "fin non précisée"'),
    ("Mo-Fr 09:00-17:00 || off", "Mo-Fr 09:00-17:00"),
]


UNTIL = "Mo-Th 09:00-12:00,14:00-17:30; Fr 09:00-12:00,14:00-16:30"
READ_SINCE = [
    ("du lundi au vendredi 9h-12h et 14h-17h30, le vendredi jusqu’à 16h30", UNTIL),
    ("du lundi au jeudi 9h-12h et 14h-17h30, le vendredi jusqu'à 16h30", UNTIL),
    ("du lundi au vendredi 9h-12h et 14h-17h30 (16h30 le vendredi)", UNTIL),
    ("du lundi au vendredi 9h-12h et 14h-17h30 (vendredi : jusqu'à 16h30)", UNTIL),
    ("du lundi au vendredi 9h-17h, le jeudi jusqu'à 19h", "Mo-We,Fr 09:00-17:00; Th 09:00-19:00"),
    ("lundi 14h-17h (1er lundi du mois)", "Mo[1] 14:00-17:00"),
    ("mardi 9h-12h, samedi 10h-12h (les 2e et 4e du mois)", "Tu 09:00-12:00; Sa[2,4] 10:00-12:00"),
    ("juillet et août : lundi 9h-12h ; fermé en août", "Jul,Aug: Mo 09:00-12:00; Aug off"),
    ("sauf en août : lundi 9h-12h ; en août : lundi 10h-12h",
     "Mo 09:00-12:00; Aug off; Aug Mo 10:00-12:00"),
    ("sauf vacances scolaires : lundi 9h-12h ; vacances scolaires 9h-12h",
     "Mo 09:00-12:00; SH off; SH 09:00-12:00"),
    ("lundi 9h-12h (sauf 1er lundi du mois)", "Mo 09:00-12:00; Mo[1] off"),
    ("lundi 9h-12h, mardi 14h-17h sauf le dernier mardi du mois",
     "Mo 09:00-12:00; Tu 14:00-17:00; Tu[-1] off"),
    ("lundi au vendredi 9h-17h sf jours fériés", "Mo-Fr 09:00-17:00; PH off"),
    ("Fermé le mercredi. Du lundi au vendredi 9h-17h", "Mo-Fr 09:00-17:00; We off"),
    ("jeudi 9h à 12h - 14h 17h30", "Th 09:00-12:00,14:00-17:30"),
    ("lundi et vendredi 9h-12h/14h16h30", "Mo,Fr 09:00-12:00,14:00-16:30"),
    ("mardi 13h30-18h (accueil libre)", 'Tu 13:30-18:00 open "sans rendez-vous"'),
    ("Période scolaire : lundi 9h-12h", "Mo 09:00-12:00; SH off"),
    ("En période scolaire : lundi 9h-12h ; pendant les vacances scolaires : mardi 9h-12h",
     "Mo 09:00-12:00; SH off; SH Tu 09:00-12:00"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "osm"), UNDERSTOOD + READ_SINCE)
def test_understand(text: str, osm: str) -> None:
    assert understand(text) == osm
    assert understand(osm) == osm


REFUSED = [
    ("lundi 9h-12h, mardi 14h-17h, mercredi jusqu'à 16h", "jusqu’à"),
    ("le lundi jusqu'à 16h", "jusqu’à"),
    ("du lundi au vendredi 9h-12h, le jeudi jusqu'à 18h", "jusqu’à"),
    ("du lundi au vendredi 9h-17h, le jeudi jusqu'à 8h", "jusqu’à"),
    ("du lundi au vendredi 9h-17h, le jeudi jusqu'à 23h", "jusqu’à"),
    ("lundi 9h-17h, le lundi jusqu'à 16h", "jusqu’à"),
    ("du lundi au vendredi 9h-17h sur rendez-vous, le jeudi jusqu'à 16h", "jusqu’à"),
    ("du lundi au vendredi 9h-17h30 (16h30 le vendredi) (sur rdv)", "une heure seule"),
    ("lundi 10h-12h, 14h-17h (1er lundi du mois)", "avant ses heures"),
    ("lundi 14h-17h (1er mardi du mois)", "avant ses heures"),
    ("lundi 9h-12h (1er lundi du mois), 14h-17h", "Quels jours"),
    ("en juillet : lundi 9h-12h ; fermé en juillet et août", "Ouvert et fermé"),
    ("lundi et mardi 14h-17h (1er lundi du mois)", "avant ses heures"),
    ("lundi 9h-12h, mardi 9h-12h sauf le 1er lundi du mois", "« ; fermé"),
    ("lundi 9h-12h, lundi et mardi 14h-17h sauf le 1er lundi du mois", ""),
    ("Fermé le lundi. Lundi 9h-12h", "mêmes jours"),
    ("Fermé du lundi au mercredi. Ouvert du lundi au vendredi 9h-17h", "mêmes jours"),
    ("du lundi au vendredi 9h-17h (10h le jeudi)", "jusqu’à"),
    ("du lundi au vendredi 9h-17h (jeudi : 10h)", "jusqu’à"),
    ("lundi 9h-12h ; fermé en août ; en août : mardi 9h-12h", "Ouvert et fermé"),
    (
        "lundi 9h-12h ; fermé pendant les vacances scolaires ; vacances scolaires : mardi 9h-12h",
        "Ouvert et fermé",
    ),
    (
        "sauf vacances scolaires : lundi 9h-12h ; fermé jours fériés ; vacances scolaires 9h-12h",
        "Ouvert et fermé",
    ),
    (
        "sauf en août : lundi 9h-12h ; en août : lundi 10h-12h ; en août : lundi 11h-13h",
        "mêmes jours",
    ),
    ("lundi 9h 12h", "une heure seule"),
    ("lundi 9h-12h 14h", "une heure seule"),
    ("lundi 9h-17h, mardi 9h-16h, fermé entre 12h et 13h30", "quels jours"),
    ("tous les 15 jours le mardi", "tous les 15 jours"),
    ("un mardi sur deux 9h-12h", "un mardi sur deux"),
    ("Un mercredi par mois de 14 h à 16 h", "Un mercredi par mois"),
    ("Deux heures une fois par trimestre", "Deux"),
    ("Chaque lundi matin", "manque des heures"),
    ("lundi", "manque des heures"),
    ("à partir de 9h", "à partir de"),
    ("lundi à partir de 9h", "à partir de"),
    ("les jours ouvrables 9h-17h", "jours"),
    ("Lundi 17 février 2026 de 10 h à 12 h", "est un mardi"),
    ("17 février 10h-12h", "année"),
    ("mardi 17 février 10h-12h", "année"),
    ("le 30 février 2026 10h-12h", "30 février"),
    # Ambiguous grouping.
    ("fermé le mercredi, lundi 9h-12h", "les heures avant les jours"),
    ("lundi 9h-12h, lundi 14h-17h", "et aussi"),
    ("du lundi au vendredi 9h-17h ; mercredi 14h-17h", "mais"),
    ("fermé le lundi ; du lundi au vendredi 9h-17h", "mais"),
    ("lundi 9h-12h et sur rendez-vous", "sur rendez-vous"),
    ("lundi 9h-12h sur rendez-vous mardi 14h-17h", "mardi"),
    ("Vacances scolaires : lundi 9h-12h, mardi 14h-17h", "période"),
    ("lundi 9h-12h, mardi 14h-17h en juillet", "en juillet"),
    ("lundi 9h-12h, le 17 février 2026", "à côté d’une date"),
    ("En juillet : lundi 9h-12h ; mardi 14h-17h", "période"),
    ("Lundi 9h-12h, mardi 14h-17h sauf jours fériés", "sauf"),
    ("du lundi au vendredi 9h-17h sauf le mercredi 9h-12h", "sauf"),
    ("lundi au vendredi 9h-17h sauf samedi", "sauf"),
    ("lundi/jeudi 9h-17h", "« / » entre des jours"),
    ("De 10 h à 23 h 30", "Quels jours"),
    ("lundi matin 14h-17h", "matin"),
    ("lundi 9h-12h, 11h-14h", "chevauchent"),
    ("horaires d'été : lundi 9h-12h", "été"),
    # Hours without a day.
    ("9h-12h / 14h-17h", "Quels jours"),
    ("9-17", "9"),
    ("09h00-17h00", "Quels jours"),
    ("Permanence 9h-12h", "Quels jours"),
    ("le matin de 8h30 à 12h", "Quels jours"),
    ("fermé le mercredi, sinon 9h-17h", "Quels jours"),
    ("lundi au vendredi 9h-17h, fermé le mercredi mais 9h-12h", "Quels jours"),
    # One clause or several?
    ("lundi 9h-12h ; mardi 14h-17h ; sur rendez-vous", "sinon sur rendez-vous"),
    ("lundi 9h-12h, sur rendez-vous, mardi 14h-17h", "deux virgules"),
    ("lundi 9h-12h, en juillet, mardi 14h-17h", "deux virgules"),
    ("lundi 9h-12h en juillet mardi 14h-17h", "période"),
    ("lundi 9h-12h les jours fériés, mardi 14h-17h", "jours fériés"),
    ("lundi 9h-12h, 14h-17h mardi", "manque des heures"),
    ("fermé le lundi, en août", "« et » entre eux"),
    ("fermé le lundi et mercredi matin ; lundi et mercredi 9h-12h", "de tous"),
    ("lundi matin, mardi 9h-12h", "de tous"),
    ("du lundi au vendredi 9h-17h sauf mardi matin", "à quelle heure"),
    (
        "du lundi au vendredi 9h-17h ; fermé les jours fériés, mais le samedi 9h-12h",
        "par exception",
    ),
    ("mercredi 9h-12h ; fermé le mercredi", "Ouvert et fermé"),
    ("Lundi vendredi 9h-17h", "entre des jours"),
    ("lundi au vendredi 9h-17h, WE 10h-12h", "le week-end ou le mercredi"),
    ("WE 10:00-12:00", "le week-end ou le mercredi"),
    # Slips.
    ("lundi au vendredi 9h-5h", "avant l’ouverture"),
    ("Mo-Fr 14:00-07:30", "14:00-31:30"),
    ("Mo-Fr 09:00-00:00", "minuit"),
    ("lundi 9h-12h et 2h-5h", "sur 24"),
    ("lundi de 9h à 16", "16h"),
    # What converters write for hours that are missing.
    ("Mo open", "sans heures"),
    ("PH open", "sans heures"),
    ("Mo-Su off", "horaires qui manquent"),
    ("Mo off; Tu off; We off; Th off; Fr off; Sa off; Su off; PH off", "horaires qui manquent"),
    ('closed "fermeture temporaire"', "horaires qui manquent"),
    ("fermé tous les jours", "horaires qui manquent"),
    ("Mo 14:00+", "14:00+"),
    ("accueil téléphonique lundi 9h-12h", "accueil"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_nothing_is_guessed(text: str, words: str) -> None:
    with pytest.raises(InvalidHours) as refusal:
        understand(text)
    assert words in str(refusal.value)


RECOMMENDED = [
    ("du lundi au vendredi 9h-12h et aussi mercredi 14h-17h", "Mo-Fr 09:00-12:00, We 14:00-17:00"),
    ("du lundi au vendredi 9h-17h mais mercredi 9h-12h", "Mo-Fr 09:00-17:00; We 09:00-12:00"),
    ("lundi 9h-12h sinon sur rendez-vous", 'Mo 09:00-12:00 || unknown "sur rendez-vous"'),
    ("sur rendez-vous : lundi 9h-12h", 'Mo 09:00-12:00 unknown "sur rendez-vous"'),
    (
        "fermé les jours fériés ; par exception le samedi 9h-12h",
        "PH off; Sa 09:00-12:00",
    ),
    ("fermé le lundi et en août", "Mo off; Aug off"),
    ("fermé le lundi en août", "Aug Mo off"),
    ("fermé de 12h à 14h, le lundi", "Mo 12:00-14:00 off"),
    ("tous les jours 9h-12h", "Mo-Su 09:00-12:00"),
    ("samedi et dimanche 9h-12h", "Sa,Su 09:00-12:00"),
    ("lundi 14h-07h30 le lendemain", "Mo 14:00-31:30"),
    ("Mo 14:00-31:30", "Mo 14:00-31:30"),
    ("Mo 00:00-24:00", "Mo 00:00-24:00"),
    ("lundi 9h-minuit", "Mo 09:00-24:00"),
    ("lundi 9h-12h ; fermé du 1er au 15 août de chaque année", "Mo 09:00-12:00; Aug 1-Aug 15 off"),
    (
        "lundi et mardi 9h-12h ; fermé le lundi matin et le mardi matin ; jeudi 9h-12h",
        "Th 09:00-12:00",
    ),
]


@pytest.mark.parametrize(("text", "osm"), RECOMMENDED)
def test_what_a_refusal_recommends_is_read(text: str, osm: str) -> None:
    assert understand(text) == osm


DESCRIBED = [
    (
        "Mo-Fr 09:00-12:00,13:30-17:00; PH off",
        "Du lundi au vendredi, 9 h – 12 h et 13 h 30 – 17 h ; fermé les jours fériés",
    ),
    ("24/7", "Tous les jours, jour et nuit"),
    ("Sa[1,3] 09:00-12:00", "Les 1er et 3e samedis du mois, 9 h – 12 h"),
    ("Mo[-1] 09:00-12:00", "Le dernier lundi du mois, 9 h – 12 h"),
    ("2026 Feb 17 10:00-12:00", "Le mardi 17 février 2026, 10 h – 12 h"),
    (
        "Jan,Apr,Jul,Oct Tu[1] 14:00-17:00",
        "Le 1er mardi du mois, en janvier, avril, juillet et octobre, 14 h – 17 h",
    ),
    ("Mo,We 14:00-18:00", "Le lundi et le mercredi, 14 h – 18 h"),
    (
        "Mo-Fr 09:00-17:00; We 14:00-17:00",
        "Du lundi au vendredi, 9 h – 17 h ; mais le mercredi, 14 h – 17 h",
    ),
    (
        "Mo-Fr 09:00-12:00, We 14:00-17:00",
        "Du lundi au vendredi, 9 h – 12 h ; et aussi le mercredi, 14 h – 17 h",
    ),
    (
        "Mo 08:00-12:00; Tu 08:00-12:00; We 14:00-18:00; Th 08:00-12:00; PH 09:00-12:00",
        (
            "Le lundi, le mardi et le jeudi, 8 h – 12 h ; le mercredi, 14 h – 18 h ;"
            " les jours fériés, 9 h – 12 h"
        ),
    ),
    ("PH off", "Fermé les jours fériés"),
    ("PH Mo off", "Fermé les jours fériés qui tombent un lundi"),
    (
        "Mo-Fr 09:00-12:00; SH off",
        "Du lundi au vendredi, 9 h – 12 h ; fermé pendant les vacances scolaires",
    ),
    (
        'Mo 09:00-12:00 || unknown "appeler"',
        "Le lundi, 9 h – 12 h ; sinon à confirmer : « appeler »",
    ),
    ('Mo-Fr 09:00-17:00 "sur rendez-vous"', "Du lundi au vendredi, 9 h – 17 h, sur rendez-vous"),
    ("Mo[-1] +1 day 09:00-12:00", "Le lendemain du dernier lundi du mois, 9 h – 12 h"),
    ("Mo[-2] 09:00-12:00", "L’avant-dernier lundi du mois, 9 h – 12 h"),
    ("Mo[-2] -1 day 09:00-12:00", "La veille de l’avant-dernier lundi du mois, 9 h – 12 h"),
    ("PH -1 day 09:00-12:00", "La veille des jours fériés, 9 h – 12 h"),
    ("Fr 20:00-24:00", "Le vendredi, 20 h – minuit"),
    ("Su 20:00-06:00", "Le dimanche, 20 h – 6 h"),
    ("Mo 14:00-31:30", "Le lundi, 14 h – 7 h 30 le lendemain"),
    (
        "Mo-Fr 09:00-17:00; Sa off; Su off; PH off",
        ("Du lundi au vendredi, 9 h – 17 h ; fermé le samedi et le dimanche et les jours fériés"),
    ),
    ("Jun 09:00-12:00", "En juin, 9 h – 12 h"),
    ("2025 Sep 1-2026 Aug 31 off", "Fermé du 1er septembre 2025 au 31 août 2026"),
    ("week 1-51/2 Mo off", "Fermé le lundi les semaines impaires de la semaine 1 à la semaine 51"),
    ("week 2-52/2 Mo 09:00-12:00", "Le lundi, les semaines paires, 9 h – 12 h"),
    ('Mo 09:00-12:00 open "sonner"', "Le lundi, 9 h – 12 h, ouvert : « sonner »"),
    (
        'Mo 09:00-12:00; Tu 14:00-17:00 unknown "sur rendez-vous"',
        "Le lundi, 9 h – 12 h ; le mardi, 14 h – 17 h (sur rendez-vous)",
    ),
    (
        "PH off; Sa 09:00-12:00",
        "Fermé les jours fériés ; par exception, le samedi, 9 h – 12 h",
    ),
    ("week 1-53/2 We 10:00-12:00", "Le mercredi, les semaines impaires, 10 h – 12 h"),
    ("Aug 1-15 off", "Fermé du 1er au 15 août de chaque année"),
    (
        "Mo 10:00-12:00; 2026 Dec 20-2027 Jan 5 off",
        "Le lundi, 10 h – 12 h ; fermé du 20 décembre 2026 au 5 janvier 2027",
    ),
    ("easter +1 day off", "Fermé le lundi de Pâques de chaque année"),
    ("09:00-17:00", "Tous les jours, 9 h – 17 h"),
    (
        "Mo 09:00-12:00; SH off; We off",
        "Le lundi, 9 h – 12 h ; fermé le mercredi et pendant les vacances scolaires",
    ),
    (
        "Jul Mo 09:00-12:00; Jul off; Jul,Aug off",
        (
            "Le lundi, en juillet, 9 h – 12 h ; par exception, fermé en juillet ;"
            " par exception, fermé en juillet et août"
        ),
    ),
    (
        "SH Mo 09:00-12:00; We off; SH off",
        (
            "Le lundi, pendant les vacances scolaires, 9 h – 12 h ; fermé le mercredi ;"
            " par exception, fermé pendant les vacances scolaires"
        ),
    ),
]


@pytest.mark.parametrize(("text", "french"), DESCRIBED)
def test_describe(text: str, french: str) -> None:
    assert describe(text) == french


MONDAYS = [date(2025, 12, 29) + timedelta(weeks=week) for week in range(105)]


def test_describe_means_the_same() -> None:
    """describe → understand → the same open and unknown slots, every week of 2026 and 2027."""
    texts, back = [], []
    for text in expressions(350, seed=20261122):
        try:
            french = describe(text)
        except InvalidHours:
            continue
        texts.append(text)
        back.append(understand(french))
    assert len(texts) >= 300
    told, read = pd.Series(texts), pd.Series(back)
    for monday in MONDAYS:
        for unknown in (False, True):
            expected = week_slots(told, monday, unknown=unknown)
            found = week_slots(read, monday, unknown=unknown)
            different = np.flatnonzero((expected != found).any(axis=1))
            assert not different.size, (monday, texts[different[0]], back[different[0]])


def test_canonical_texts_are_stable() -> None:
    """understand∘understand = understand, and what describe says can be described again."""
    by_hand = (
        "SH Mo 09:00-12:00; SH off",
        "Jul Mo 09:00-12:00; Jul,Aug off",
        "Jul off; Jul-Aug off; Mo 09:00-12:00",
        "SH Mo 09:00-12:00; We off; SH off",
    )
    for text in (*by_hand, *expressions(600, seed=7)):
        try:
            osm = understand(text)
        except InvalidHours:
            continue
        assert understand(osm) == osm
        assert understand(describe(osm)) == understand(describe(text))


def test_day_columns_of_the_gendarmerie() -> None:
    row = {
        "lundi_plage1_debut": "8h00",
        "lundi_plage1_fin": "12h00",
        "lundi_plage2_debut": "14h00",
        "lundi_plage2_fin": "18h00",
        "mardi_plage1_debut": "",
        "mardi_plage1_fin": None,
        "jours_feries_plage1_debut": "9h00",
        "jours_feries_plage1_fin": "12h00",
        "commune": "Civray",
    }
    assert from_day_columns(row) == "Mo 08:00-12:00,14:00-18:00; PH 09:00-12:00"


def test_day_columns_without_hours() -> None:
    assert from_day_columns({"lundi_plage1_debut": "", "lundi_plage1_fin": ""}) == ""


def test_day_columns_with_half_a_span() -> None:
    with pytest.raises(InvalidHours, match="lundi"):
        from_day_columns({"lundi_plage1_debut": "8h00", "lundi_plage1_fin": ""})
