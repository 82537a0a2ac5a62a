"""The command line: check a list, bring official data in, merge, export, find communes.

    python -m geodata --help

What a command gives goes to the standard output, what it says to the standard error, in French.
Exit codes: `FINE`, `PROBLEMS`, `UNUSABLE`.
"""

import argparse
import errno
import hashlib
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata import communes, exports, french, hours, national_export
from geodata._command_line import SHOWN, UNUSABLE, parser, plain
from geodata._fetching import Fetched, FetchFailed, fetch
from geodata.selection import Selection, select
from geodata.services import Reading, read_services
from geodata.sources import SOURCES, data_inclusion
from geodata.tables import Problem, Severity, UnreadableFile, read_table
from geodata.text import fold
from geodata.upkeep import checking, keeping, merging

FINE: Final = 0
PROBLEMS: Final = 1

MERGED: Final = "fusion"
"""Who the history says made the changes of `merge`."""

_FORMATS: Final[Mapping[str, Callable[[gpd.GeoDataFrame], bytes]]] = {
    "csv": exports.to_csv,
    "excel": partial(exports.to_csv, excel=True),
    "geojson": exports.to_geojson,
    "xlsx": exports.to_xlsx,
    "data-inclusion": lambda services: national_export.to_data_inclusion(services, today=_today()),
}
_SEVERITIES: Final[Mapping[Severity, str]] = {"error": "ERREUR", "warning": "À VÉRIFIER"}
_MEGABYTE: Final = 1_000_000
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a command line says and give its exit code. Raises SystemExit where it is wrong."""
    asked = parser().parse_args(arguments)
    try:
        code = _COMMANDS[asked.command](asked)
        sys.stdout.flush()
    except (UnreadableFile, FetchFailed) as error:
        _say(str(error))
        return UNUSABLE
    except (keeping.Refused, merging.MergeRefused) as error:
        _say(str(error))
        return PROBLEMS
    except BrokenPipeError:
        # Whoever reads has read enough; nothing more is said to them at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as error:
        _say(_about_file(error))
        return UNUSABLE
    except KeyboardInterrupt:
        _say("Interrompu.")
        return _INTERRUPTED
    return code


# --- check --------------------------------------------------------------------------------


def _check(asked: argparse.Namespace) -> int:
    if asked.sortie is not None:
        _mend(asked.liste, asked.sortie)
    reading = read_services(asked.liste, today=_today())
    for problem in reading.problems:
        _give(_told(problem))
    errors, warnings = (_of(reading.problems, severity) for severity in _SEVERITIES)
    _give(
        f"{french.count(len(reading.services), 'fiche lue', 'fiches lues')}, "
        f"{french.count(errors, 'erreur')}, {french.count(warnings, 'point')} à vérifier."
    )
    if notice := hours.school_holidays_notice(_today()):
        _say(notice)
    return PROBLEMS if reading.problems else FINE


def _mend(listed: Path, output: Path) -> None:
    """Write the list with the repairs that are safe, and say each."""
    _refuse_same(output, listed)
    checked = checking.check(listed.read_bytes(), listed.name)
    for repair in checked.chosen:
        _, before, after, why = repair.shown
        _say(f"Ligne {repair.line}, colonne « {repair.column} » : {before} → {after}. {why}")
    _deliver(checked.mended(checked.chosen), output)


def _told(problem: Problem) -> str:
    return f"{_SEVERITIES[problem.severity]} – {problem.message}"


def _of(problems: Collection[Problem], severity: Severity) -> int:
    return sum(problem.rows for problem in problems if problem.severity == severity)


# --- import -------------------------------------------------------------------------------


def _import(asked: argparse.Namespace) -> int:
    source = SOURCES[asked.source]
    read = source.read
    if asked.structures is not None and asked.source != "data-inclusion":
        _say("« --structures » ne va qu’avec la source data-inclusion.")
        return UNUSABLE
    with ExitStack() as files:
        file = files.enter_context(_local(asked.fichier))
        if asked.structures is not None:
            structures = files.enter_context(_local(asked.structures))
            read = partial(data_inclusion.read, structures=structures)
        _say(f"Lecture de « {file.name} »…")
        found = read(file, departements=asked.departement or None, dated=asked.dated or "")
    for problem in found.problems:
        _say(_told(problem))
    for reason, count in found.left_out.items():
        _say(f"Laissé de côté : {french.number(count)} ({reason}).")
    table = found.rows if source.gives == "services" else found.rows.reset_index()
    if table.empty:
        raise keeping.Refused("Aucune ligne à importer : rien n’est écrit.")
    if asked.sortie is not None:
        _refuse_other_list(asked.sortie, table)
    _deliver(table.to_csv(index=False, lineterminator="\n").encode(), asked.sortie)
    _say(f"{french.count(len(table), 'ligne')} ({source.label}, {source.licence}).")
    return PROBLEMS if _of(found.problems, "error") else FINE


def _refuse_other_list(output: Path, table: pd.DataFrame) -> None:
    """Refuse to put an import in the place of anything but an import of the same source."""
    if not output.exists() or not output.stat().st_size:
        return
    try:
        was = read_table(output.read_bytes()).frame
    except UnreadableFile:
        was = pd.DataFrame()
    alike = list(was.columns[:2]) == list(table.columns[:2])
    if alike and "id" in was.columns:
        alike = _makers(was["id"]) <= _makers(table["id"])
    if not alike:
        raise keeping.Refused(
            f"« {output.name} » existe déjà et n’est pas un import de cette source : rien n’est "
            "écrit. Donner un autre nom, puis apporter les lignes à la liste avec « merge »."
        )


def _makers(ids: pd.Series) -> set[str]:
    return set(ids.str.partition("-")[0])


@contextmanager
def _local(given: str) -> Iterator[Path]:
    """Give the file of a path or an address, this one for as long as it is needed."""
    if not given.lower().startswith(("http://", "https://")):
        yield Path(given)
        return
    with TemporaryDirectory(prefix="maillage-") as folder:
        yield _fetched(given, Path(folder))


def _fetched(url: str, folder: Path) -> Path:
    _say("Téléchargement…")
    fetched: Fetched = fetch(url, folder, tell=_progress())
    if not fetched.whole:
        _say("Le serveur ne dit pas la taille du fichier : vérifier que le résultat est complet.")
    return fetched.path


def _progress() -> Callable[[int, int | None], None]:
    """Give what tells how far a download is: a bar on a terminal, else a line now and then."""
    bar = sys.stderr.isatty()
    last = -1

    def tell(received: int, total: int | None) -> None:
        nonlocal last
        step = received * 100 // total if total else received // _MEGABYTE
        step -= 0 if bar else step % 10
        if step == last:
            return
        last = step
        done = f"{received / _MEGABYTE:.1f} Mo".replace(".", ",")
        if total:
            filled = "#" * (received * 20 // total)
            done = f"[{filled:<20}] {step:3} %  {done}" if bar else f"{step} %, {done}"
        ended = "\n" if not bar or received == total else ""
        sys.stderr.write(f"\r{done}{ended}" if bar else f"{done}{ended}")
        sys.stderr.flush()

    return tell


# --- merge --------------------------------------------------------------------------------


def _merge(asked: argparse.Namespace) -> int:
    _refuse_same(asked.sortie, asked.liste, asked.autre)
    ours, theirs = (_read(path) for path in (asked.liste, asked.autre))
    cells = keeping.read_cells(asked.liste)
    by_hand = {(e.id, e.column) for e in keeping.read_history(asked.liste) if e.who != MERGED}
    _say("Comparaison…")
    seen = merging.compare(ours.services, theirs.services, by_hand=by_hand)
    proposed = _proposals(ours.services, seen)
    code = PROBLEMS if _of([*ours.problems, *theirs.problems], "error") else FINE
    if not asked.add_new and asked.choices is None:
        _show(proposed, seen)
        if asked.sortie is not None:
            _deliver(exports.for_excel(proposed), asked.sortie)
        return code
    keys = _chosen(asked.choices) if asked.choices is not None else set()
    if gone := sorted(keys - set(proposed["cle"])):
        raise keeping.Refused(
            f"{french.count(len(gone), 'choix', 'choix')} d’une comparaison qui n’est plus à jour "
            f"(clé « {plain(gone[0])} »). Rien n’est écrit : refaire la comparaison."
        )
    wanted = proposed[proposed["cle"].isin(keys)]
    add = wanted["geste"] == _ADD
    added = {*wanted.loc[add, "autre_id"], *(seen.new.index if asked.add_new else ())}
    taken = wanted.loc[~add, ["id", "colonne"]].itertuples(index=False, name=None)
    merged = merging.apply(cells, seen, merging.Choices(added, tuple(taken)))
    edits = keeping.edits_between(cells, merged)
    keeping.save(asked.liste, edits, who=MERGED, now=datetime.now(ZoneInfo("Europe/Paris")))
    _say(
        f"{french.count(len(added), 'fiche ajoutée', 'fiches ajoutées')}, "
        f"{french.count(int((~add).sum()), 'case reprise', 'cases reprises')} dans "
        f"« {asked.liste.name} »."
    )
    return code


_ADD: Final = "ajouter"
_TAKE: Final = "reprendre"
_NEWER: Final = {"ours": "la nôtre", "theirs": "la leur", "unknown": "on ne sait pas"}


def _read(path: Path) -> Reading:
    """Read a list, and say how many of its rows are left out."""
    reading = read_services(path)
    if errors := _of(reading.problems, "error"):
        _say(
            f"« {path.name} » : {french.count(errors, 'erreur')}, avec des lignes laissées de "
            "côté. Les voir avec « check »."
        )
    return reading


def _proposals(ours: gpd.GeoDataFrame, seen: merging.Comparison) -> pd.DataFrame:
    """Give what may be chosen, a line each, as text.

    `cle` stands for all that the line shows: where the lists have changed, so has the key.
    """
    lines = seen.differences
    reasons = seen.pairs.set_index("ours")["reasons"]
    take = pd.DataFrame(
        {
            "geste": _TAKE,
            "id": lines["ours"],
            "autre_id": lines["theirs"],
            "nom": lines["ours"].map(ours["nom"]),
            "colonne": lines["column"],
            "notre_valeur": lines["our_value"],
            "leur_valeur": lines["their_value"],
            "plus_recente": lines["newer"].map(_NEWER),
            "modifiee_a_la_main": lines["by_hand"].map({True: "oui", False: ""}),
            "raisons": lines["ours"].map(reasons),
        }
    )
    new = seen.new
    add = pd.DataFrame(
        {
            "geste": _ADD,
            "autre_id": new.index,
            "nom": new["nom"].to_numpy(),
            "leur_valeur": [_in_short(row) for _, row in new.iterrows()],
        }
    )
    add = add.reindex(columns=take.columns, fill_value="")
    both = pd.concat([take.astype("str"), add.astype("str")], ignore_index=True)
    shown = lines[["ours", "theirs", "column", "our_value", "their_value"]].to_numpy()
    keys = [*map(_key, shown), *map(_key, new.reset_index().to_numpy())]
    both.insert(0, "choix", "")
    return both.assign(cle=keys)


def _key(cells: Collection[str]) -> str:
    told = "\x1f".join(cells).encode()
    # A letter first: a spreadsheet would take some of these for numbers.
    return f"c{hashlib.sha256(told).hexdigest()[:15]}"


def _in_short(row: pd.Series) -> str:
    return ", ".join(filter(None, row[["type", "commune", "telephone"]]))


def _show(proposed: pd.DataFrame, seen: merging.Comparison) -> None:
    """Print the two lists side by side."""
    take = proposed[proposed["geste"] == _TAKE]
    for key, lines in take.groupby("id", sort=False):
        first = lines.iloc[0]
        _give(f"{key} ({first['nom']}) = {first['autre_id']} ? {first['raisons']}")
        for line in lines.to_dict("records"):
            by_hand = ", modifiée ici à la main" if line["modifiee_a_la_main"] else ""
            _give(f"    {line['colonne']} (plus récente : {line['plus_recente']}{by_hand})")
            _give(f"        la nôtre : {line['notre_valeur'] or '–'}")
            _give(f"        la leur  : {line['leur_valeur']}")
    for line in proposed[proposed["geste"] == _ADD].to_dict("records"):
        _give(f"NOUVELLE – {line['autre_id']} : {line['nom']} ({line['leur_valeur']})")
    for key in seen.refused:
        _give(f"REFUSÉE – {key} : dirait un lieu que notre liste garde confidentiel.")
    _give(
        f"{french.count(len(seen.new), 'nouvelle fiche', 'nouvelles fiches')}, "
        f"{french.count(len(take), 'case différente', 'cases différentes')} dans "
        f"{french.count(take['id'].nunique(), 'fiche')}, "
        f"{french.count(len(seen.same), 'fiche confirmée', 'fiches confirmées')}."
    )
    _say("Rien n’a été changé. Pour choisir : « python -m geodata merge --help ».")


def _chosen(path: Path) -> set[str]:
    """Give the keys of the proposals that a person said yes to."""
    table = read_table(path.read_bytes())
    frame = table.frame
    if missing := {"choix", "cle"} - set(frame.columns):
        raise UnreadableFile(f"« {path.name} » : colonne absente : {', '.join(sorted(missing))}.")
    for problem in table.problems:
        raise UnreadableFile(f"« {path.name} » : {problem.message}")
    answers = frame["choix"].map(fold)
    strange = frame.index[~answers.isin(["oui", "o", "x", "non", "n", ""])]
    if len(strange):
        raise UnreadableFile(
            f"« {path.name} », ligne {strange[0]} : dans « choix », écrire « oui » ou ne rien "
            "écrire."
        )
    return set(frame.loc[answers.isin(["oui", "o", "x"]), "cle"])


# --- export -------------------------------------------------------------------------------


def _export(asked: argparse.Namespace) -> int:
    _refuse_same(asked.sortie, asked.liste)
    reading = _read(asked.liste)
    wanted = Selection(departements=asked.departement, types=asked.type)
    services = select(reading.services, wanted)
    if services.empty:
        raise keeping.Refused("Aucune fiche ne répond à la demande : rien n’est écrit.")
    if asked.format == "data-inclusion":
        services = _for_the_base(services)
    _deliver(_FORMATS[asked.format](services), asked.sortie)
    _say(f"{french.count(len(services), 'fiche exportée', 'fiches exportées')}.")
    return PROBLEMS if _of(reading.problems, "error") else FINE


def _for_the_base(services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the rows that go to the national base, and say why the others do not."""
    reasons = national_export.left_out(services, today=_today())
    for reason, rows in reasons[reasons != ""].groupby(reasons):
        named = (
            "" if reason in national_export.UNTOLD else f" : {', '.join(rows.index[:_EXAMPLES])}"
        )
        more = " …" if named and len(rows) > _EXAMPLES else "."
        _say(f"Laissé de côté : {french.number(len(rows))} ({reason}){named}{more}")
    kept = services[reasons == ""]
    if kept.empty:
        raise keeping.Refused("Aucune fiche ne peut aller dans data·inclusion : rien n’est écrit.")
    return kept


_EXAMPLES: Final = 5


def _today() -> date:
    return datetime.now(ZoneInfo("Europe/Paris")).date()


# --- communes -----------------------------------------------------------------------------


def _communes(asked: argparse.Namespace) -> int:
    words = " ".join(asked.mots)
    if not words and not asked.departement:
        _say("Donner un mot, ou un département avec « --departement ».")
        return UNUSABLE
    if words:
        found = communes.search(
            words, departements=asked.departement or None, limit=asked.limit or SHOWN
        )
    else:
        found = communes.read_town_halls()
        found = found[found["departement"].isin(asked.departement)].head(asked.limit)
    for code, row in zip(found.index, found.to_dict("records"), strict=True):
        people = "–" if pd.isna(row["population"]) else french.number(int(row["population"]))
        postal = " ".join(row["codes_postaux"][:_POSTAL_CODES])
        more = " …" if len(row["codes_postaux"]) > _POSTAL_CODES else ""
        _give(f"{code:<6} {row['nom']:<32} {people:>10} hab.  {postal}{more}")
    if found.empty:
        _say("Aucune commune trouvée.")
    return PROBLEMS if found.empty else FINE


_POSTAL_CODES: Final = 3


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "check": _check,
    "import": _import,
    "merge": _merge,
    "export": _export,
    "communes": _communes,
}


# --- what is written and said -------------------------------------------------------------


def _refuse_same(output: Path | None, *given: Path) -> None:
    """Refuse to write over what is read."""
    for path in given:
        if output is not None and output.exists() and output.samefile(path):
            raise keeping.Refused(f"« {path.name} » ne peut pas être aussi le fichier à écrire.")


def _deliver(content: bytes, output: Path | None) -> None:
    """Give a whole file: in its place, the previous version kept beside it, or on the output."""
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    keeping.write(output, content)
    _say(f"« {output.name} » est écrit.")


def _give(line: str) -> None:
    sys.stdout.write(f"{plain(line)}\n")


def _say(message: str) -> None:
    sys.stderr.write(f"{plain(message)}\n")
    sys.stderr.flush()


def _about_file(error: OSError) -> str:
    reasons = {
        errno.ENOENT: "fichier ou dossier introuvable",
        errno.EISDIR: "c’est un dossier, pas un fichier",
        errno.ENOTDIR: "le dossier n’en est pas un",
        errno.EACCES: "l’accès est refusé",
        errno.EPERM: "l’accès est refusé",
        errno.EROFS: "ce disque ne peut pas être écrit",
        errno.ENOSPC: "le disque est plein",
    }
    said = reasons.get(error.errno or 0, f"le système refuse (erreur {error.errno})")
    return f"« {error.filename or 'fichier'} » : {said}."


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
