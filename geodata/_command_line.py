"""Parse the command line of `python -m geodata`, with help in French.

Nothing here may import pandas, which takes seconds: what a few arguments need is imported as they
are read.
"""

import argparse
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

from geodata.partial_date import parse
from geodata.service_types import ServiceType

FINE: Final = 0
PROBLEMS: Final = 1
UNUSABLE: Final = 2
"""Exit code of a wrong command line, or of a file that cannot be read."""

FORMATS: Final = ("csv", "excel", "geojson", "xlsx", "sources", "data-inclusion", "hsds")
SHOWN: Final = 8
"""Default number of communes to list."""

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")

# argparse has English messages only: replace their parts.
_IN_FRENCH: Final[Mapping[str, str]] = {
    "the following arguments are required:": "il manque",
    "unrecognized arguments:": "de trop, ou mal écrit :",
    "expected one argument": "une valeur est attendue",
    "expected at least one argument": "au moins une valeur est attendue",
    "ambiguous option:": "option à écrire en entier :",
    "could match": "peut être",
    "invalid choice:": "ne convient pas :",
    "choose from": "choisir parmi",
    "maybe you meant": "plutôt",
    "not allowed with argument": "ne va pas avec",
    "argument ": "",
}


class _Parser(argparse.ArgumentParser):
    """A parser with French error messages; `ending` writes the end of its help, when asked for."""

    ending: Callable[[], str] | None = None

    def format_help(self) -> str:
        """Return the help."""
        if self.ending:
            self.epilog = self.ending()
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with `UNUSABLE`."""
        for english, french in _IN_FRENCH.items():
            message = message.replace(english, french)
        self.exit(UNUSABLE, f"{message}\nPour savoir comment l’écrire : {self.prog} --help\n")


_GENERAL: Final = """\
La liste des services, depuis un terminal : la vérifier, y apporter les données officielles,
la fusionner avec une autre, l’exporter, chercher le code d’une commune."""
_CODES: Final = """\
Ce qui est demandé va sur la sortie standard, les messages sur la sortie d’erreur. Code de sortie :
0, tout va bien ; 1, des problèmes ont été trouvés ; 2, commande mal écrite ou fichier illisible.
L’aide d’une commande : python -m geodata COMMANDE --help"""


def parser() -> argparse.ArgumentParser:
    """Return the parser. In its result, `command` is the name of the command."""
    whole = _Parser(
        prog="python -m geodata",
        description=_GENERAL,
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    _with_help(whole)
    commands = whole.add_subparsers(title="commandes", metavar="COMMANDE", required=True)
    _add_check(commands)
    _add_adopt(commands)
    _add_departement_command(commands)
    _add_update(commands)
    _add_import(commands)
    _add_merge(commands)
    _add_export(commands)
    _add_communes(commands)
    _add_backup(commands)
    _add_restore(commands)
    _add_base(commands)
    return whole


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _command(
    commands: "Commands[_Parser]",
    name: str,
    summary: str,
    more: str = "",
) -> tuple[argparse._ArgumentGroup, argparse._ArgumentGroup]:
    """Add a command; return the groups for its arguments and its options."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    parser.set_defaults(command=name)
    arguments = parser.add_argument_group("à donner")
    return arguments, _with_help(parser)


def _with_help(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    options = parser.add_argument_group("options")
    options.add_argument("-h", "--help", action="help", help="montrer cette aide")
    return options


def _add_check(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "check",
        "Dire tout ce qui ne va pas dans une liste : ligne, colonne, et quoi faire.",
        "Une ERREUR laisse la ligne de côté ; un point À VÉRIFIER la garde.\n"
        "Code de sortie 1 dès qu’il y a l’un ou l’autre.\n\n"
        "  python -m geodata check services.csv\n"
        "  python -m geodata check services.csv -o réparée.csv   (avec les réparations sûres)",
    )
    arguments.add_argument("liste", metavar="LISTE", type=Path, help="le fichier services.csv")
    _add_output(options, "écrire la liste avec les réparations sûres")


def _add_adopt(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "adopt",
        "Faire une liste d’un fichier à soi, quels que soient les noms de ses colonnes.",
        "CSV, classeur Excel (XLSX) ou LibreOffice (ODS), GeoJSON, uMap, JSON. Les colonnes sont\n"
        "reconnues à leur nom et à leur contenu, et montrées ; corriger avec « --colonne ». Les\n"
        "choix sont gardés à côté de la liste écrite, sans aucune case du fichier, pour sa\n"
        "prochaine édition. Chaque ligne laissée est dite, avec la raison.\n\n"
        "  python -m geodata adopt lieux.xlsx                    (montrer les colonnes)\n"
        '  python -m geodata adopt lieux.xlsx --source "Conseil départemental" -o nouvelle.csv\n'
        "  python -m geodata merge services.csv nouvelle.csv -o choix.csv",
    )
    arguments.add_argument("fichier", metavar="FICHIER", type=Path, help="le fichier à lire")
    _add_output(options, "la liste à écrire ; elle ne doit pas encore exister, ou venir d’ici")
    options.add_argument("--feuille", metavar="NOM", help="la feuille à lire (la plus longue)")
    options.add_argument("--source", metavar="TEXTE", help="d’où viennent ces informations")
    options.add_argument(
        "--departement",
        metavar="CODE",
        type=_departement,
        help="celui des communes qui n’ont pas de code postal, par exemple 86 ou 2A",
    )
    options.add_argument(
        "--type",
        metavar="TYPE",
        choices=[str(kind) for kind in ServiceType],
        help=f"le type de toutes les lignes : {', '.join(ServiceType)}",
    )
    options.add_argument(
        "--dated",
        metavar="DATE",
        type=_date,
        help="leur date, si aucune colonne ne la dit : 2026, 2026-11 ou 2026-11-22",
    )
    options.add_argument(
        "--mot",
        metavar="COLONNE:MOT=VALEUR",
        type=_meaning,
        action="append",
        default=[],
        help="ce que veut dire un mot : « publics:adultes=tous », « type:Maison de "
        "quartier=association » ; « publics:divers= » n’en tient pas compte ; à répéter",
    )
    options.add_argument(
        "--nom",
        metavar="COLONNE:VALEUR=oui|non",
        type=_meaning,
        action="append",
        default=[],
        help="prendre ou non ce que disent les noms, par exemple « publics:jeunes=oui » ; à "
        "répéter",
    )
    options.add_argument(
        "--colonne",
        metavar="NOM=COLONNE",
        action="append",
        type=_pair,
        default=[],
        help="ce que contient une colonne, par exemple « Lieu=nom » ; « Budget= » la laisse, "
        "« Budget=garder » la garde telle quelle ; à répéter",
    )
    options.add_argument(
        "--vide-ferme",
        action="store_true",
        help="une case vide parmi les colonnes des jours veut dire fermé ; sinon on ne sait pas",
    )


def _add_departement_command(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "departement",
        "Commencer ou compléter une liste avec les données officielles de départements entiers.",
        "Les fichiers officiels sont téléchargés une fois et gardés ; avec « --depuis », ils sont\n"
        "lus dans un dossier. Une source qui manque n’arrête pas les autres. Rien de ce qui est\n"
        "déjà écrit n’est changé : ce qui est vide est complété, ce qui est nouveau ajouté, et ce\n"
        "qui n’est pas sûr va dans un fichier où choisir.\n\n"
        "  python -m geodata departement 86 -o services.csv\n"
        "      écrit services.csv, services.rapport.txt et, s’il faut choisir,\n"
        "      services.choix.csv : y écrire « oui » ou « non » dans « choix », enregistrer, puis\n"
        "  python -m geodata departement 86 -o services.csv --choix services.choix.csv",
    )
    arguments.add_argument(
        "codes",
        metavar="CODE",
        nargs="+",
        type=_departement_or_france,
        help="un département ou plusieurs, par exemple 86 2A, ou « france » pour tous",
    )
    options.add_argument(
        "-o", dest="liste", metavar="LISTE", type=_list, required=True, help="la liste"
    )
    _add_collecting(options)


def _add_update(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "update",
        "Mettre à jour une liste d’après les données officielles, sans perdre ce qui y est écrit.",
        "Ce qui a changé à la source est pris là où la liste disait encore comme elle. Ce que\n"
        "quelqu’un a changé reste ; si la source a changé aussi, les deux sont mis côte à côte\n"
        "dans un fichier où choisir, comme les fiches qui ne sont plus dans leur source.\n\n"
        "  python -m geodata update services.csv\n"
        "  python -m geodata update services.csv --choix services.choix.csv\n"
        '  python -m geodata update postgresql://redaction@serveur/maillage --role "CIDFF 86"',
    )
    arguments.add_argument("liste", metavar="LISTE", type=_list, help="la liste")
    _add_collecting(options)


def _add_collecting(options: argparse._ArgumentGroup) -> None:
    options.add_argument(
        "--depuis",
        metavar="DOSSIER",
        type=_folder,
        help="lire les fichiers dans ce dossier, sous leur nom d’origine, sans les télécharger",
    )
    options.add_argument(
        "--choix", metavar="FICHIER", type=Path, help="faire ce que ce fichier choisit"
    )
    _add_role(options)


def _add_role(options: argparse._ArgumentGroup) -> None:
    options.add_argument(
        "--role",
        metavar="ROLE",
        default="",
        help="pour une base : au nom de quel rôle ; l’adresse est celle du compte qui modifie",
    )


def _add_import(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "import",
        "Lire un fichier officiel et en écrire les lignes, sans toucher à la liste.",
    )
    commands.choices["import"].ending = _about_sources
    arguments.add_argument(
        "source", metavar="SOURCE", type=_source, help="une des sources ci-dessous"
    )
    arguments.add_argument(
        "fichier", metavar="FICHIER", help="le fichier téléchargé, ou son adresse (http ou https)"
    )
    _add_departement(options)
    _add_output(options, "le fichier à écrire ; sa version d’avant reste à côté (.bak)")
    options.add_argument(
        "--dated",
        metavar="DATE",
        type=_date,
        help="date du fichier, s’il ne la dit pas : 2026, 2026-11 ou 2026-11-22",
    )
    options.add_argument(
        "--structures",
        metavar="FICHIER",
        help="avec data-inclusion et son fichier des services : celui des structures",
    )


_ON_FILES: Final = """\
Le plus sûr est de télécharger le fichier, puis de le donner. Une adresse est lue en entier avant
que rien ne soit écrit. Code de sortie 1 si des lignes fausses ont été laissées de côté.

  python -m geodata import gendarmerie brigades.csv --departement 86 -o import.csv
  python -m geodata merge services.csv import.csv
"""


def _about_sources() -> str:
    lines = [_ON_FILES, "sources :"]
    for name, source in _known("sources").SOURCES.items():
        lines += [f"  {name} : {source.label}, {source.licence}", f"      {source.homepage}"]
        lines += [f"      {file.download}" for file in source.files]
    return "\n".join(lines)


def _add_merge(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "merge",
        "Mettre une autre liste à côté de la nôtre, et n’y reprendre que ce qui est choisi.",
        "Sans option, rien n’est changé : les différences sont montrées. Pour choisir :\n\n"
        "  python -m geodata merge services.csv import.csv -o choix.csv\n"
        "      puis écrire « oui » dans la colonne « choix » des lignes voulues, et enregistrer\n"
        "  python -m geodata merge services.csv import.csv --choices choix.csv\n\n"
        "Une fiche dont le lieu est confidentiel le reste. La version d’avant reste à côté (.bak)\n"
        "et l’historique garde chaque changement.",
    )
    arguments.add_argument("liste", metavar="LISTE", type=_list_there, help="notre liste")
    arguments.add_argument("autre", metavar="AUTRE", type=Path, help="l’autre, au même format")
    one = options.add_mutually_exclusive_group()
    _add_output(one, "écrire les différences dans un fichier où choisir")
    one.add_argument(
        "--choices", metavar="FICHIER", type=Path, help="faire ce que ce fichier choisit"
    )
    one.add_argument(
        "--add-new", action="store_true", help="ajouter toutes les fiches que nous n’avons pas"
    )
    _add_role(options)


def _add_export(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "export",
        "Écrire la liste, ou une partie, pour un tableur, une carte ou un programme.",
        "Les fiches non publiées n’y sont jamais. Les formats data-inclusion (schéma v1 de la\n"
        "base nationale des services d’insertion) et hsds (version 3, Open Referral) ne prennent\n"
        "que les fiches publiques, sans aucun hébergement, et disent lesquelles ils laissent de\n"
        "côté.\n\n"
        "  python -m geodata export services.csv --departement 86 --format xlsx -o vienne.xlsx\n"
        "  python -m geodata export services.csv --format data-inclusion -o maillage.zip",
    )
    arguments.add_argument("liste", metavar="LISTE", type=Path, help="le fichier services.csv")
    options.add_argument(
        "--format",
        choices=FORMATS,
        default="csv",
        help="csv (pour les programmes, par défaut), excel (CSV pour Excel), geojson, xlsx, "
        "sources (la source de chaque fait, le fichier .sources.csv), data-inclusion (un zip "
        "pour la base nationale) ou hsds (JSON, format international d’Open Referral)",
    )
    _add_departement(options)
    options.add_argument(
        "--type",
        metavar="TYPE",
        action="append",
        default=[],
        choices=[str(kind) for kind in ServiceType],
        help=f"ce type seul ; à répéter pour plusieurs : {', '.join(ServiceType)}",
    )
    _add_output(options, "le fichier à écrire ; sa version d’avant reste à côté (.bak)")


def _add_communes(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "communes",
        "Chercher une commune : son code INSEE, sa population, ses codes postaux.",
        "  python -m geodata communes saint-benoit 86\n"
        "  python -m geodata communes --departement 86     (toutes)",
    )
    arguments.add_argument(
        "mots", metavar="MOT", nargs="*", help="début du nom, code postal ou code INSEE"
    )
    _add_departement(options)
    options.add_argument(
        "--limit", metavar="N", type=_positive, help=f"pas plus de N communes ({SHOWN} trouvées)"
    )


def _add_backup(commands: "Commands[_Parser]") -> None:
    arguments, options = _command(
        commands,
        "backup",
        "Sauvegarder une liste et tout ce qui est à côté d’elle dans un seul fichier.",
        "Historique, sources, éditions datées, population, horaires des transports, signalements…\n"
        "La sauvegarde est relue avant de prendre la place d’une plus ancienne du même nom. Elle\n"
        "contient ce que la liste cache : la garder en lieu sûr.\n\n"
        "  python -m geodata backup services.csv -o liste.tar.gz\n"
        "  python -m geodata restore liste.tar.gz services.csv\n\n"
        "Pour une liste dans une base : python -m geodata base backup.",
    )
    arguments.add_argument("liste", metavar="LISTE", type=_file_list, help="le fichier de la liste")
    options.add_argument(
        "-o",
        dest="sortie",
        metavar="FICHIER",
        type=_output,
        required=True,
        help="la sauvegarde à écrire",
    )


def _add_restore(commands: "Commands[_Parser]") -> None:
    arguments, _ = _command(
        commands,
        "restore",
        "Remettre une sauvegarde, sans rien écraser.",
        "La sauvegarde est lue en entier, et sa liste vérifiée, avant que rien ne soit écrit.\n\n"
        "  python -m geodata restore liste.tar.gz services.csv",
    )
    arguments.add_argument("fichier", metavar="FICHIER", type=Path, help="la sauvegarde")
    arguments.add_argument("liste", metavar="LISTE", type=_file_list, help="la liste à remettre")


_ON_BASES: Final = """\
L’adresse est celle d’un administrateur de la base, jamais le compte du site. Le mot de passe va
dans le fichier que PGPASSFILE nomme. Sans « --base », c’est la variable MAILLAGE_BASE.

  export MAILLAGE_BASE=postgresql://postgres@serveur/maillage
  python -m geodata base create
  python -m geodata base import services.csv
  python -m geodata base role "éditrice CIDFF 86" 86
  python -m geodata base backup -o liste.sauvegarde

docs/base.md dit comment donner à chacun son compte."""

_ON_BASE: Final[Mapping[str, str]] = {
    "create": "créer la liste, vide, dans une base neuve",
    "import": "y mettre la liste d’un fichier et de son .sources.csv",
    "export": "écrire toute la liste dans un fichier, et son .sources.csv",
    "check": "lire toute la liste comme le site, et vérifier les protections de la base",
    "migrate": "mettre le schéma à la version de ce programme",
    "backup": "tout sauvegarder, historique compris",
    "restore": "remettre une sauvegarde dans une base vide",
    "role": "dire quels départements un rôle peut modifier ; sans nom, montrer les rôles",
}


def _add_base(commands: "Commands[_Parser]") -> None:
    parser = commands.add_parser(
        "base",
        help="Tenir la liste dans une base PostgreSQL.",
        description="Tenir la liste dans une base PostgreSQL.",
        epilog=_ON_BASES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    parser.set_defaults(command="base")
    _with_help(parser)
    actions = parser.add_subparsers(title="à faire", metavar="ACTION", required=True)
    for name, summary in _ON_BASE.items():
        action = actions.add_parser(
            name, help=summary, description=summary, add_help=False, allow_abbrev=False
        )
        action.set_defaults(action=name)
        options = _with_help(action)
        options.add_argument("--base", metavar="ADRESSE", default="", help="postgresql://…")
        if name in ("import", "restore"):
            action.add_argument("fichier", metavar="FICHIER", type=Path, help="le fichier à lire")
        if name == "import":
            options.add_argument(
                "--mettre-a-jour",
                metavar="ROLE",
                help="reporter le fichier dans la liste qui est là, au nom de ce rôle : "
                "l’historique garde chaque changement",
            )
        if name in ("export", "backup"):
            options.add_argument(
                "-o",
                dest="sortie",
                metavar="FICHIER",
                type=_output,
                required=True,
                help="le fichier à écrire",
            )
        if name == "role":
            action.add_argument("nom", metavar="ROLE", nargs="?", help="le rôle de l’éditrice")
            action.add_argument(
                "departements",
                metavar="CODE",
                nargs="*",
                type=_departement_or_france,
                help="ses départements, ou « france » ; aucun : le rôle ne peut plus rien",
            )


def _add_departement(options: argparse._ArgumentGroup) -> None:
    options.add_argument(
        "--departement",
        metavar="CODE",
        action="append",
        type=_departement,
        default=[],
        help="ce département seul, par exemple 86 ou 2A ; à répéter pour plusieurs",
    )


def _add_output(options: argparse._ArgumentGroup, summary: str) -> None:
    options.add_argument("-o", dest="sortie", metavar="FICHIER", type=_output, help=summary)


def _pair(text: str) -> tuple[str, str]:
    name, sign, role = text.rpartition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"« {text} » : écrire NOM=COLONNE")
    return name.strip(), role.strip()


def _meaning(text: str) -> tuple[str, str, str]:
    name, sign, value = text.rpartition("=")
    column, colon, word = name.partition(":")
    if not (sign and colon and word.strip()):
        raise argparse.ArgumentTypeError(f"« {plain(text)} » : écrire COLONNE:MOT=VALEUR")
    return column.strip(), word.strip(), value.strip()


def _known(name: str) -> Any:
    """Import a module of `geodata`: for what few command lines ask."""
    return import_module(f"geodata.{name}")


def _source(text: str) -> str:
    sources = _known("sources").SOURCES
    if text not in sources:
        raise argparse.ArgumentTypeError(
            f"source « {plain(text)} » inconnue. Les sources : {', '.join(sources)}."
        )
    return text


def _departement(text: str) -> str:
    if text not in _known("communes").read_departements().index:
        raise argparse.ArgumentTypeError(f"département « {plain(text)} » inconnu.")
    return text


def _departement_or_france(text: str) -> str:
    return text if text == "france" else _departement(text)


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"« {plain(text)} » n’est pas un dossier.")
    return path


def _date(text: str) -> str:
    when = parse(text)
    if when is None:
        raise argparse.ArgumentTypeError(
            f"« {plain(text)} » n’est pas une date : 2026, 2026-11 ou 2026-11-22."
        )
    return str(when)


def _positive(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(f"« {plain(text)} » n’est pas un nombre de 1 ou plus.")
    return int(text)


def _list(text: str) -> Path | str:
    """Return a list: a path, or the address of a base."""
    return text if _known("upkeep.stores").is_base(text) else _output(text)


def _list_there(text: str) -> Path | str:
    return text if _known("upkeep.stores").is_base(text) else Path(text)


def _file_list(text: str) -> Path:
    if _known("upkeep.stores").is_base(text):
        raise argparse.ArgumentTypeError(
            "une base se sauvegarde par « base backup » et se remet par « base restore »."
        )
    return _output(text)


def _output(text: str) -> Path:
    path = Path(text)
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"le dossier de « {plain(text)} » n’existe pas.")
    if path.exists() and not path.is_file():
        raise argparse.ArgumentTypeError(f"« {plain(text)} » n’est pas un fichier.")
    return path


def plain(text: str) -> str:
    """Replace control characters, which could move the terminal's cursor, with spaces."""
    return _CONTROLS.sub(" ", text)
