"""What people type for what the list says in other words: the one table of `geodata.search`.

Each row: words that are typed, and what finds them. `column:value` stands for the services whose
column holds that value; a word stands for the services whose texts hold it. A word that is typed
also stands for itself. Grammar (plural, feminine, accents) is not written here: stems settle it.
"""

from typing import Final

MEANINGS: Final = (
    # Rights
    ("avocat", "aides:avocat"),
    ("droit juriste juridique loi", "aides:juridique aides:avocat"),
    ("divorce divorcer séparation séparer pension succession", "aides:juridique aides:avocat"),
    ("juge jugement procès procédure tribunal ordonnance", "aides:juridique type:justice"),
    ("bracelet tgd", "aides:telephone-grave-danger"),
    ("papiers séjour visa étranger asile réfugiée régularisation", "aides:sejour étranger"),
    # Violences. « viol » is not « violences »: it never stands for all of them.
    ("viol violée violeur", "violences:sexuelles sexuelles"),
    ("agression agressée attouchements", "violences:sexuelles sexuelles agression"),
    ("inceste incestueux", "violences:inceste"),
    ("excision excisée mutilation", "violences:mutilations-sexuelles excision"),
    ("prostituée proxénète proxénétisme", "violences:prostitution prostitution"),
    ("cyber cyberharcèlement internet photos", "violences:en-ligne numérique cyberviolences"),
    ("conjoint compagnon concubin couple", "violences:conjugales conjugales conjoint couple"),
    # Body and mind
    ("psy psychologue psychologie psychologique psychiatre thérapie",
     "aides:psychologique psychologue psychologique psychologie psychiatre"),
    ("docteur médecin médical", "aides:soins médecin médical"),
    ("certificat constat légiste blessures coups itt umj",
     "aides:constat certificat umj médico-judiciaire"),
    ("gynécologue gynécologie contraception avortement ivg", "planification gynécologie ivg"),
    # Police
    ("police policier flic", "type:commissariat police"),
    ("gendarme brigade", "type:gendarmerie gendarmerie"),
    ("plainte dénoncer", "aides:plainte"),
    # A roof
    ("abri refuge foyer fuir dormir toit héberger hébergement",
     "aides:mise-a-l-abri type:hebergement hébergement abri"),
    ("logement loger appartement loyer bail hlm", "aides:logement logement"),
    ("chien chat animal", "chien chat animal"),
    # Children
    ("bébé nourrisson enceinte grossesse maternité", "pmi maternelle maternité aides:enfants"),
    ("enfant fils fille mineur", "aides:enfants publics:enfants"),
    ("ado adolescent jeune", "publics:jeunes adolescent jeune"),
    ("nounou crèche garderie", "aides:garde-d-enfants crèche garde"),
    # Daily life
    ("assistante assistant", "aides:social"),
    ("mds solidarités", "type:mds"),
    ("argent budget dettes caf rsa", "aides:social budget"),
    ("emploi travail chômage boulot", "aides:emploi emploi travail"),
    ("parler écoute écouter", "aides:ecoute écoute"),
    # How one comes
    ("rdv rendez", "rdv rendez"),
    ("urgence urgent", "acces:urgence urgence"),
    ("gratuit", "frais:gratuit"),
    ("interprète interprétariat traducteur traductrice traduction",
     "langues:interprete interprète interprétariat traduction"),
    ("sourde malentendante signes", "accessibilite:lsf accessibilite:boucle-magnetique sourde"),
    ("handicap handicapée fauteuil roulant pmr", "accessibilite:fauteuil handicap"),
    ("week-end weekend", "samedi dimanche"),
)  # fmt: skip

IGNORED: Final = (
    "à ai as au aux avec besoin ce ces cherche chercher chez dans de déposer des du elle en est et "
    "être faire il ils je la le les leur lui ma me mes mon ne nous on ou où par pas plus porter "
    "pour près que qui quoi sa se ses si son sont sous sur ta te tes toi ton trouver tu un une "
    "veut vos votre vous"
)
"""Words that say nothing of what is looked for."""
