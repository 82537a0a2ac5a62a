"""What each command of `python -m geodata` does, given its parsed command line."""

import argparse
import errno
import hashlib
import io
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Final
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from geodata import communes, exports, fact_sources, french, hours, national_export, open_referral
from geodata._command_line import FINE, PROBLEMS, SHOWN, UNUSABLE, plain
from geodata._fetching import Fetched, FetchFailed, fetch
from geodata.selection import Selection, select
from geodata.services import Reading, ServiceType, read_services, vocabulary
from geodata.sources import SOURCES, data_inclusion
from geodata.tables import Problem, Severity, UnreadableFile, read_table
from geodata.text import fold
from geodata.upkeep import adopting, backups, checking, collecting, keeping, merging, stores
from geodata.upkeep.stores import FileStore, Store

MERGED: Final = "fusion"
"""The author of the changes of `merge` in the history."""

_FORMATS: Final[Mapping[str, Callable[[gpd.GeoDataFrame], bytes]]] = {
    "csv": exports.to_csv,
    "excel": partial(exports.to_csv, excel=True),
    "geojson": exports.to_geojson,
    "xlsx": exports.to_xlsx,
    "sources": exports.sources_to_csv,
    "data-inclusion": lambda services: national_export.to_data_inclusion(services, today=_today()),
    "hsds": lambda services: open_referral.to_hsds(services, today=_today()),
}
_LEFT_OUT: Final = {
    "data-inclusion": national_export.left_out,
    "hsds": open_referral.left_out,
}
_SEVERITIES: Final[Mapping[Severity, str]] = {"error": "ERREUR", "warning": "À VÉRIFIER"}
_MEGABYTE: Final = 1_000_000
_INTERRUPTED: Final = 130


def run(options: argparse.Namespace) -> int:
    """Run a command and return its exit code."""
    try:
        code = _COMMANDS[options.command](options)
        sys.stdout.flush()
    except (UnreadableFile, FetchFailed) as error:
        _message(str(error))
        return UNUSABLE
    except (
        keeping.Refused,
        merging.MergeRefused,
        adopting.Unclear,
        collecting.NoMemory,
    ) as error:
        _message(str(error))
        return PROBLEMS
    except BrokenPipeError:
        # The reader closed the pipe (`| head`): avoid a second error when Python flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as error:
        _message(_reason(error))
        return UNUSABLE
    except KeyboardInterrupt:
        _message("Interrompu.")
        return _INTERRUPTED
    return code


# --- check --------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    if options.sortie is not None:
        _mend(options.liste, options.sortie)
    reading = read_services(options.liste, today=_today())
    reading = fact_sources.read_beside(options.liste, reading, today=_today())
    for problem in reading.problems:
        _print(_problem_line(problem))
    errors, warnings = (_of(reading.problems, severity) for severity in _SEVERITIES)
    _print(
        f"{french.count(len(reading.services), 'fiche lue', 'fiches lues')}, "
        f"{french.count(errors, 'erreur')}, {french.count(warnings, 'point')} à vérifier."
    )
    if notice := hours.school_holidays_notice(_today()):
        _message(notice)
    return PROBLEMS if reading.problems else FINE


def _mend(listed: Path, output: Path) -> None:
    """Write the list with all safe repairs, and list them."""
    _refuse_same(output, listed)
    checked = checking.check(listed.read_bytes(), listed.name)
    for repair in checked.chosen:
        _, before, after, why = repair.shown
        _message(f"Ligne {repair.line}, colonne « {repair.column} » : {before} → {after}. {why}")
    _deliver(checked.mended(checked.chosen), output)


def _problem_line(problem: Problem) -> str:
    return f"{_SEVERITIES[problem.severity]} – {problem.message}"


def _of(problems: Collection[Problem], severity: Severity) -> int:
    return sum(problem.rows for problem in problems if problem.severity == severity)


# --- adopt --------------------------------------------------------------------------------


def _adopt(options: argparse.Namespace) -> int:
    sheet = _sheet(options)
    columns = adopting.recognised(sheet)
    choices = adopting.choices_of(columns)
    known = adopting.remembered(options.sortie, sheet) if options.sortie is not None else None
    if known:
        choices = known
        _message("Un fichier de mêmes colonnes a déjà été lu : ses choix sont repris.")
    choices = _with_options(choices, sheet, options)
    for note in sheet.notes:
        _message(note)
    for column in columns:
        role = choices.columns[column.name] or "(laissée)"
        sure = "" if column.sure or not choices.columns[column.name] else " ?"
        shown = " · ".join(text[:_WIDTH] for text in column.examples)
        _message(f"  {column.name[:_WIDTH]} → {role}{sure}   ({shown})")
    adopted = adopting.adopt(sheet, choices)
    for line, row in adopted.outcomes.iterrows():
        named = "" if row["hidden"] else f" « {row['name'][:_WIDTH]} »"
        if row["remarks"] or not row["id"]:
            state = row["id"] or "laissée de côté"
            _message(f"Ligne {line}{named} ({state}) : {row['remarks'] or row['why']}")
    left = int((adopted.outcomes["id"] == "").sum())
    _message(
        f"{french.count(len(adopted.rows), 'ligne prise', 'lignes prises')}, "
        f"{french.count(left, 'laissée')}."
    )
    if adopted.unknown_types:
        _message(
            "Des lignes n’ont pas de type connu : donner le même à toutes avec « --type », dire ce "
            'que veut dire un mot avec « --mot "type:MOT=TYPE" », ou écrire une colonne « type » '
            "dans le fichier."
        )
    _tell_words(adopted, choices)
    if options.sortie is None:
        _message("Rien n’est écrit : donner le fichier à écrire avec « -o ».")
        return PROBLEMS if left else FINE
    if adopted.needs_source:
        raise adopting.Unclear(
            "D’où viennent ces informations ? Le dire avec « --source », par exemple « Conseil "
            "départemental de la Vienne ». Rien n’est écrit."
        )
    if adopted.rows.empty:
        raise adopting.Unclear("Aucune ligne à prendre : rien n’est écrit.")
    _refuse_foreign_list(options.sortie, adopted)
    adopting.remember(options.sortie, sheet, choices)
    _deliver(adopted.content(), options.sortie)
    return PROBLEMS if left else FINE


_WIDTH: Final = 40
_MOST_WORDS: Final = 30


def _tell_words(adopted: adopting.Adopted, choices: adopting.Choices) -> None:
    """Say which words are not understood, and what names tell."""
    odd = sorted(adopted.unknown_words.items(), key=lambda item: (-item[1][1], item[0]))
    for word, (written, count) in odd[:_MOST_WORDS]:
        _message(
            f"Non compris : « {written} » ({word.column}, {french.count(count, 'ligne')}). "
            f'Le dire avec « --mot "{word.column}:{written}=VALEUR" ».'
        )
    for one, lines in adopted.told.items():
        taken = choices.named.get(adopting.Word(one.column, one.word), one.sure)
        _message(
            f"Les noms disent : {one.column} {one.word} ({french.count(len(lines), 'ligne')}), "
            f"{'pris' if taken else 'non pris'} ; « --nom {one.column}:{one.word}="
            f"{'non' if taken else 'oui'} » pour l’inverse."
        )


def _sheet(options: argparse.Namespace) -> adopting.Sheet:
    sheets = adopting.read_sheets(options.fichier.read_bytes())
    if options.feuille is None:
        if len(sheets) > 1:
            others = ", ".join(f"« {sheet.name} »" for sheet in sheets[1:])
            _message(
                f"Feuille lue : « {sheets[0].name} ». Les autres avec « --feuille » : {others}."
            )
        return sheets[0]
    chosen = [sheet for sheet in sheets if fold(sheet.name) == fold(options.feuille)]
    if not chosen:
        names = ", ".join(f"« {sheet.name} »" for sheet in sheets)
        raise adopting.Unclear(f"Aucune feuille « {options.feuille} » : il y a {names}.")
    return chosen[0]


def _with_options(
    choices: adopting.Choices, sheet: adopting.Sheet, options: argparse.Namespace
) -> adopting.Choices:
    roles = dict(choices.columns)
    for name, role in options.colonne:
        if name not in roles:
            raise adopting.Unclear(f"Aucune colonne « {name} » : il y a {', '.join(sheet.header)}.")
        if role not in adopting.ROLES:
            known = ", ".join(filter(None, adopting.ROLES))
            raise adopting.Unclear(f"« {role} » n’est pas une colonne. Choisir parmi : {known}.")
        roles[name] = role
    kinds, words, named = _answers(options)
    return replace(
        choices,
        columns=roles,
        kinds=kinds,
        words=words,
        named=named,
        kind=options.type or choices.kind,
        source=options.source or choices.source,
        dated=options.dated or "",
        departement=options.departement or choices.departement,
        empty_days_closed=options.vide_ferme or choices.empty_days_closed,
    )


def _answers(
    options: argparse.Namespace,
) -> tuple[dict[str, str], dict[adopting.Word, str], dict[adopting.Word, bool]]:
    """Return the types and the words that options give to words, and what names may tell."""
    kinds: dict[str, str] = {}
    words: dict[adopting.Word, str] = {}
    for column, word, value in options.mot:
        if column == "type":
            _refuse_unless_in(list(ServiceType), value)
            kinds[fold(word)] = value
        else:
            _refuse_unless_in(["type", *adopting.WORD_COLUMNS], column)
            _refuse_unless_in(["", *vocabulary(column)], value)
            words[adopting.Word(column, fold(word))] = value
    named: dict[adopting.Word, bool] = {}
    for column, word, value in options.nom:
        _refuse_unless_in(adopting.WORD_COLUMNS, column)
        _refuse_unless_in(list(vocabulary(column)), word)
        _refuse_unless_in(("oui", "non"), value)
        named[adopting.Word(column, word)] = value == "oui"
    return kinds, words, named


def _refuse_unless_in(allowed: Sequence[str], value: str) -> None:
    if value not in allowed:
        known = ", ".join(filter(None, allowed[:_MOST_WORDS]))
        raise adopting.Unclear(f"« {value} » n’est pas connu. Choisir parmi : {known}.")


def _refuse_foreign_list(output: Path, adopted: adopting.Adopted) -> None:
    """Refuse to overwrite a list that holds a row which this file does not bring."""
    if not output.exists() or not output.stat().st_size:
        return
    try:
        existing = set(keeping.read_cells(output).index)
    except UnreadableFile:
        existing = {""}
    if not existing <= set(adopted.rows["id"]):
        raise keeping.Refused(
            f"« {output.name} » existe déjà et contient d’autres fiches : rien n’est écrit. Donner "
            "un autre nom, puis apporter les lignes à la liste avec « merge »."
        )


# --- departement, update ------------------------------------------------------------------


def _departement(options: argparse.Namespace) -> int:
    france = collecting.FRANCE in options.codes
    return _bring(options, [collecting.FRANCE] if france else list(dict.fromkeys(options.codes)))


def _update(options: argparse.Namespace) -> int:
    return _bring(options, collecting.departements_of(_store(options), options.role))


def _store(options: argparse.Namespace) -> Store:
    """Open the list of a command. Raises Refused where a base is not told by whom it is changed."""
    if not stores.is_base(str(options.liste)):
        return FileStore(options.liste)
    if not options.role:
        raise keeping.Refused("Une base se modifie au nom d’un rôle : --role ROLE (docs/base.md).")
    store = stores.opened(options.liste, editing=options.liste)
    if not store.departements(options.role):
        raise keeping.Refused(
            f"Le rôle « {options.role} » ne modifie rien dans cette base : « base role "
            f'"{options.role}" CODE » le lui permet.'
        )
    return store


def _bring(options: argparse.Namespace, departements: Sequence[str]) -> int:
    now = datetime.now(ZoneInfo("Europe/Paris"))
    files: collecting.Files = (
        collecting.Folder(options.depuis)
        if options.depuis is not None
        else collecting.Cache(collecting.default_cache(), now.date())
    )
    answers = _yes_or_no(options.choix) if options.choix is not None else {}
    store = _store(options)
    outcome = collecting.bring(
        store,
        departements,
        files,
        now=now,
        tell=_steps(),
        who=options.role,
        answers=answers,
    )
    if store.is_base:
        # The pages read them from the folder where they run.
        collecting.write_tables(store.path, outcome.taken, departements)
    told = collecting.report(outcome, now.date())
    for line in told.splitlines():
        _print(line)
    _deliver(told.encode(), store.path.with_suffix(".rapport.txt"))
    if outcome.proposals:
        table = collecting.choices_table(outcome.proposals)
        choices = store.path.with_suffix(".choix.csv")
        # What is answered there already, and not done yet, is not lost.
        written = _yes_or_no(choices) if choices.exists() else {}
        table["choix"] = table["cle"].map(written).map({True: "oui", False: "non"}).fillna("")
        _deliver(exports.for_excel(table), choices)
    return PROBLEMS if any(one.failure for one in outcome.taken) else FINE


def _steps() -> collecting.Tell:
    """Return a callback that prints what is being done: a bar on a terminal, else a line each."""
    bar = sys.stderr.isatty()
    last = ""

    def tell(said: str, share: float) -> None:
        nonlocal last
        percent = f"{share * 100:3.0f} %  {plain(said)}"
        if bar:
            ended = "\n" if share >= 1 else ""
            filled = "#" * round(share * 20)
            sys.stderr.write(f"\r\x1b[K[{filled:<20}] {percent[: 2 * _WIDTH]}{ended}")
        elif said != last:
            sys.stderr.write(f"{percent}\n")
        last = said
        sys.stderr.flush()

    return tell


# --- import -------------------------------------------------------------------------------


def _import(options: argparse.Namespace) -> int:
    source = SOURCES[options.source]
    read = source.read
    if options.structures is not None and options.source != "data-inclusion":
        _message("« --structures » ne va qu’avec la source data-inclusion.")
        return UNUSABLE
    with ExitStack() as files:
        file = files.enter_context(_local(options.fichier))
        if options.structures is not None:
            structures = files.enter_context(_local(options.structures))
            read = partial(data_inclusion.read, structures=structures)
        _message(f"Lecture de « {file.name} »…")
        imported = read(file, departements=options.departement or None, dated=options.dated or "")
    for note in imported.notes:
        _message(note)
    for problem in imported.problems:
        _message(_problem_line(problem))
    for reason, count in imported.left_out.items():
        _message(f"Laissé de côté : {french.number(count)} ({reason}).")
    table = imported.rows if source.gives == "services" else imported.rows.reset_index()
    if table.empty:
        raise keeping.Refused("Aucune ligne à importer : rien n’est écrit.")
    if options.sortie is not None:
        _refuse_other_list(options.sortie, table)
    _deliver(table.to_csv(index=False, lineterminator="\n").encode(), options.sortie)
    _message(f"{french.count(len(table), 'ligne')} ({source.label}, {source.licence}).")
    return PROBLEMS if _of(imported.problems, "error") else FINE


def _refuse_other_list(output: Path, table: pd.DataFrame) -> None:
    """Refuse to overwrite a file that is not an earlier import from the same source."""
    if not output.exists() or not output.stat().st_size:
        return
    try:
        existing = read_table(output.read_bytes()).frame
    except UnreadableFile:
        existing = pd.DataFrame()
    same_source = list(existing.columns[:2]) == list(table.columns[:2])
    if same_source and "id" in existing.columns:
        same_source = _id_prefixes(existing["id"]) <= _id_prefixes(table["id"])
    if not same_source:
        raise keeping.Refused(
            f"« {output.name} » existe déjà et n’est pas un import de cette source : rien n’est "
            "écrit. Donner un autre nom, puis apporter les lignes à la liste avec « merge »."
        )


def _id_prefixes(ids: pd.Series) -> set[str]:
    return set(ids.str.partition("-")[0])


@contextmanager
def _local(given: str) -> Iterator[Path]:
    """Yield the path of a file; a URL is downloaded to a temporary folder first."""
    if not given.lower().startswith(("http://", "https://")):
        yield Path(given)
        return
    with TemporaryDirectory(prefix="maillage-") as folder:
        yield _fetched(given, Path(folder))


def _fetched(url: str, folder: Path) -> Path:
    _message("Téléchargement…")
    fetched: Fetched = fetch(url, folder, tell=_progress())
    if not fetched.whole:
        _message(
            "Le serveur ne dit pas la taille du fichier : vérifier que le résultat est complet."
        )
    return fetched.path


def _progress() -> Callable[[int, int | None], None]:
    """Return a callback that prints download progress: a bar on a terminal, else a few lines."""
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


def _merge(options: argparse.Namespace) -> int:
    store = _store(options)
    _refuse_same(options.sortie, store.path, options.autre)
    ours, theirs = _read_kept(store, options.role), _read(options.autre)
    cells = store.cells(options.role)
    history = store.history(options.role)
    by_hand = {
        (e.id, e.column) for e in history if collecting.is_by_hand(e, MERGED, collecting.AUTHOR)
    }
    _message("Comparaison…")
    comparison = merging.compare(ours.services, theirs.services, by_hand=by_hand)
    proposed = _proposals(ours.services, comparison)
    code = PROBLEMS if _of([*ours.problems, *theirs.problems], "error") else FINE
    if not options.add_new and options.choices is None:
        _print_comparison(proposed, comparison)
        if options.sortie is not None:
            _deliver(exports.for_excel(proposed), options.sortie)
        return code
    keys = _chosen(options.choices) if options.choices is not None else set()
    if gone := sorted(keys - set(proposed["cle"])):
        raise keeping.Refused(
            f"{french.count(len(gone), 'choix', 'choix')} d’une comparaison qui n’est plus à jour "
            f"(clé « {plain(gone[0])} »). Rien n’est écrit : refaire la comparaison."
        )
    wanted = proposed[proposed["cle"].isin(keys)]
    add = wanted["geste"] == _ADD
    new = _surely_new(comparison, store.unseen(options.role)) if options.add_new else ()
    added = {*wanted.loc[add, "autre_id"], *new}
    taken = wanted.loc[~add, ["id", "colonne"]].itertuples(index=False, name=None)
    choices = merging.Choices(added, tuple(taken))
    edits = keeping.edits_between(cells, merging.apply(cells, comparison, choices))
    sources = merging.sources_of(comparison, choices)
    now = datetime.now(ZoneInfo("Europe/Paris"))
    if edits:
        store.save(edits, who=options.role, now=now, sources=sources, means=MERGED)
    _message(
        f"{french.count(len(added), 'fiche ajoutée', 'fiches ajoutées')}, "
        f"{french.count(int((~add).sum()), 'case reprise', 'cases reprises')} dans "
        f"{'la base' if store.is_base else f'« {store.path.name} »'}."
    )
    return code


def _surely_new(
    comparison: merging.Comparison, unseen: Collection[tuple[str, str]]
) -> Collection[str]:
    """Return the new rows but those that may be one that the base never shows; print how many."""
    if not unseen:
        return list(comparison.new.index)
    homes = read_services(io.BytesIO(_as_list(comparison.new))).services
    sure = [
        str(key)
        for key, home, kind in zip(homes.index, homes["departement"], homes["type"], strict=True)
        if (home, kind) not in unseen
    ]
    if left := len(comparison.new) - len(sure):
        _message(
            f"{french.count(left, 'nouvelle fiche', 'nouvelles fiches')} à choisir une par une "
            "(« -o », puis « --choices ») : la base garde des fiches de ce département et de ce "
            "type qui ne sont jamais montrées."
        )
    return sure


def _as_list(rows: pd.DataFrame) -> bytes:
    return rows.rename_axis(index="id").reset_index().to_csv(index=False).encode()


def _read_kept(store: Store, role: str) -> Reading:
    """Read our list, and print how many errors it has."""
    if not store.is_base:
        return _read(store.path)
    reading = read_services(io.BytesIO(store.content(role)))
    facts = fact_sources.edited(b"", store.facts(role))
    return fact_sources.read(facts, reading, name="sources")


_ADD: Final = "ajouter"
_TAKE: Final = "reprendre"
_NEWER: Final = {"ours": "la nôtre", "theirs": "la leur", "unknown": "on ne sait pas"}


def _read(path: Path) -> Reading:
    """Read a list, and print how many errors it has."""
    reading = fact_sources.read_beside(path, read_services(path))
    if errors := _of(reading.problems, "error"):
        _message(
            f"« {path.name} » : {french.count(errors, 'erreur')}, avec des lignes laissées de "
            "côté. Les voir avec « check »."
        )
    return reading


def _proposals(ours: gpd.GeoDataFrame, comparison: merging.Comparison) -> pd.DataFrame:
    """Return the possible choices as rows of text.

    `cle` is a hash of the row: a choice is refused if the lists have changed since.
    """
    lines = comparison.differences
    reasons = comparison.pairs.set_index("ours")["reasons"]
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
    new = comparison.new
    add = pd.DataFrame(
        {
            "geste": _ADD,
            "autre_id": new.index,
            "nom": new["nom"].to_numpy(),
            "leur_valeur": [_summary(row) for _, row in new.iterrows()],
        }
    )
    add = add.reindex(columns=take.columns, fill_value="")
    both = pd.concat([take.astype("str"), add.astype("str")], ignore_index=True)
    compared = lines[["ours", "theirs", "column", "our_value", "their_value"]].to_numpy()
    keys = [*map(_key, compared), *map(_key, new.reset_index().to_numpy())]
    both.insert(0, "choix", "")
    return both.assign(cle=keys)


def _key(cells: Collection[str]) -> str:
    digest = hashlib.sha256("\x1f".join(cells).encode()).hexdigest()
    # The letter keeps spreadsheets from reading a key as a number.
    return f"c{digest[:15]}"


def _summary(row: pd.Series) -> str:
    return ", ".join(filter(None, row[["type", "commune", "telephone"]]))


def _print_comparison(proposed: pd.DataFrame, comparison: merging.Comparison) -> None:
    """Print the differences between two lists."""
    take = proposed[proposed["geste"] == _TAKE]
    for key, lines in take.groupby("id", sort=False):
        first = lines.iloc[0]
        _print(f"{key} ({first['nom']}) = {first['autre_id']} ? {first['raisons']}")
        for line in lines.to_dict("records"):
            by_hand = ", modifiée ici à la main" if line["modifiee_a_la_main"] else ""
            _print(f"    {line['colonne']} (plus récente : {line['plus_recente']}{by_hand})")
            _print(f"        la nôtre : {line['notre_valeur'] or '–'}")
            _print(f"        la leur  : {line['leur_valeur']}")
    for line in proposed[proposed["geste"] == _ADD].to_dict("records"):
        _print(f"NOUVELLE – {line['autre_id']} : {line['nom']} ({line['leur_valeur']})")
    for key in comparison.refused:
        _print(f"REFUSÉE – {key} : dirait un lieu que notre liste garde confidentiel.")
    _print(
        f"{french.count(len(comparison.new), 'nouvelle fiche', 'nouvelles fiches')}, "
        f"{french.count(len(take), 'case différente', 'cases différentes')} dans "
        f"{french.count(take['id'].nunique(), 'fiche')}, "
        f"{french.count(len(comparison.same), 'fiche confirmée', 'fiches confirmées')}."
    )
    _message("Rien n’a été changé. Pour choisir : « python -m geodata merge --help ».")


def _chosen(path: Path) -> set[str]:
    """Return the keys of the rows marked « oui » in a file of choices."""
    return {key for key, yes in _yes_or_no(path).items() if yes}


def _yes_or_no(path: Path) -> dict[str, bool]:
    """Return whether the rows of a file of choices are marked « oui » or « non », by their key."""
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
            f"« {path.name} », ligne {strange[0]} : dans « choix », écrire « oui », « non » ou ne "
            "rien écrire."
        )
    answered = zip(frame["cle"], answers, strict=True)
    return {key: answer in ("oui", "o", "x") for key, answer in answered if answer}


# --- export -------------------------------------------------------------------------------


def _export(options: argparse.Namespace) -> int:
    _refuse_same(options.sortie, options.liste)
    reading = _read(options.liste)
    wanted = Selection(departements=options.departement, types=options.type)
    services = select(reading.services, wanted)
    if services.empty:
        raise keeping.Refused("Aucune fiche ne répond à la demande : rien n’est écrit.")
    if left_out := _LEFT_OUT.get(options.format):
        services = _publishable(services, left_out(services, today=_today()))
    _deliver(_FORMATS[options.format](services), options.sortie)
    _message(f"{french.count(len(services), 'fiche exportée', 'fiches exportées')}.")
    return PROBLEMS if _of(reading.problems, "error") else FINE


def _publishable(services: gpd.GeoDataFrame, reasons: pd.Series) -> gpd.GeoDataFrame:
    """Return the rows that may be published, and print why the others are left out."""
    for reason, rows in reasons[reasons != ""].groupby(reasons):
        named = (
            ""
            if reason in national_export.COUNTED_ONLY
            else f" : {', '.join(rows.index[:_EXAMPLES])}"
        )
        more = " …" if named and len(rows) > _EXAMPLES else "."
        _message(f"Laissé de côté : {french.number(len(rows))} ({reason}){named}{more}")
    kept = services[reasons == ""]
    if kept.empty:
        raise keeping.Refused("Aucune fiche ne peut être publiée ainsi : rien n’est écrit.")
    return kept


_EXAMPLES: Final = 5


def _today() -> date:
    return datetime.now(ZoneInfo("Europe/Paris")).date()


# --- communes -----------------------------------------------------------------------------


def _communes(options: argparse.Namespace) -> int:
    words = " ".join(options.mots)
    if not words and not options.departement:
        _message("Donner un mot, ou un département avec « --departement ».")
        return UNUSABLE
    if words:
        found = communes.search(
            words, departements=options.departement or None, limit=options.limit or SHOWN
        )
    else:
        found = communes.read_town_halls()
        found = found[found["departement"].isin(options.departement)].head(options.limit)
    for code, row in zip(found.index, found.to_dict("records"), strict=True):
        people = "–" if pd.isna(row["population"]) else french.number(int(row["population"]))
        postal = " ".join(row["codes_postaux"][:_POSTAL_CODES])
        more = " …" if len(row["codes_postaux"]) > _POSTAL_CODES else ""
        _print(f"{code:<6} {row['nom']:<32} {people:>10} hab.  {postal}{more}")
    if found.empty:
        _message("Aucune commune trouvée.")
    return PROBLEMS if found.empty else FINE


_POSTAL_CODES: Final = 3


# --- base ---------------------------------------------------------------------------------


def _backup(options: argparse.Namespace) -> int:
    names = backups.backup(options.liste, options.sortie, today=_today())
    _message(
        f"« {options.sortie.name} » est écrit et relu, à garder en lieu sûr : {_inside(names)}."
    )
    return FINE


def _restore(options: argparse.Namespace) -> int:
    names = backups.restore(options.fichier, options.liste, today=_today())
    _message(f"La sauvegarde est remise : {_inside(names)}.")
    return FINE


def _inside(names: Sequence[str]) -> str:
    return f"{french.count(len(names), 'fichier')}, {french.listed(names)}"


def _base(options: argparse.Namespace) -> int:
    if find_spec("psycopg") is None or find_spec("alembic") is None:
        raise keeping.Refused(
            "Il manque ce qu’il faut pour une base : installer l’option « base » "
            "(uv sync --extra base)."
        )
    options.base = options.base or os.environ.get("MAILLAGE_BASE", "")
    if not options.base:
        raise keeping.Refused("Dire quelle base : --base postgresql://…, ou MAILLAGE_BASE.")
    return _BASE_ACTIONS[options.action](options) or FINE


def _base_create(options: argparse.Namespace) -> None:
    _administration().create(options.base)
    _message("La liste est créée, vide. Ensuite : « base import FICHIER ».")


def _base_import(options: argparse.Namespace) -> None:
    content = options.fichier.read_bytes()
    if role := options.mettre_a_jour:
        now = datetime.now(ZoneInfo("Europe/Paris"))
        changed = _administration().update(options.base, content, who=role, now=now)
        _message(f"{french.count(changed, 'case changée', 'cases changées')}.")
        return
    beside = fact_sources.beside(options.fichier)
    facts = beside.read_bytes() if beside.exists() else b""
    count = _administration().fill(
        options.base, content, facts, name=options.fichier.name, today=_today()
    )
    _message(f"{french.count(count, 'fiche importée', 'fiches importées')}.")


def _base_export(options: argparse.Namespace) -> None:
    content, facts = _administration().export(options.base)
    _deliver(content, options.sortie)
    if facts:
        _deliver(facts, fact_sources.beside(options.sortie))
    _message("Les fiches non publiées y sont : garder ce fichier pour vous.")


def _base_check(options: argparse.Namespace) -> int:
    reading, wrong = _administration().check(options.base, today=_today())
    for said in wrong:
        _print(f"ERREUR – {said}")
    for problem in reading.problems:
        _print(_problem_line(problem))
    _print(
        f"{french.count(len(reading.services), 'fiche lue', 'fiches lues')}, "
        f"{french.count(len(reading.problems) + len(wrong), 'point')} à vérifier."
    )
    return PROBLEMS if reading.problems or wrong else FINE


def _base_migrate(options: argparse.Namespace) -> None:
    before, after = _administration().migrate(options.base)
    same = f"La base est déjà au schéma {after}."
    _message(same if before == after else f"Le schéma de la base passe de {before} à {after}.")


def _base_backup(options: argparse.Namespace) -> None:
    _administration().backup(options.base, options.sortie)
    _message(f"« {options.sortie.name} » est écrit : le garder en lieu sûr.")


def _base_restore(options: argparse.Namespace) -> None:
    _administration().restore(options.base, options.fichier)
    _message("La sauvegarde est remise. Ensuite : « base check ».")


def _base_role(options: argparse.Namespace) -> None:
    if options.nom:
        _administration().give(options.base, options.nom, options.departements)
    for role, codes in _administration().roles(options.base).items():
        _print(f"{role} : {', '.join(codes)}")


def _administration() -> ModuleType:
    """Import what needs optional packages."""
    return import_module("geodata.upkeep.stores.administration")


_BASE_ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace], int | None]]] = {
    "create": _base_create,
    "import": _base_import,
    "export": _base_export,
    "check": _base_check,
    "migrate": _base_migrate,
    "backup": _base_backup,
    "restore": _base_restore,
    "role": _base_role,
}


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "check": _check,
    "adopt": _adopt,
    "departement": _departement,
    "update": _update,
    "import": _import,
    "merge": _merge,
    "export": _export,
    "communes": _communes,
    "backup": _backup,
    "restore": _restore,
    "base": _base,
}


# --- output -------------------------------------------------------------------------------


def _refuse_same(output: Path | None, *given: Path) -> None:
    """Refuse an output file that is also an input."""
    for path in given:
        if output is not None and output.exists() and output.samefile(path):
            raise keeping.Refused(f"« {path.name} » ne peut pas être aussi le fichier à écrire.")


def _deliver(content: bytes, output: Path | None) -> None:
    """Write to a file, with a backup of its previous version, or to the standard output."""
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    keeping.write(output, content)
    _message(f"« {output.name} » est écrit.")


def _print(line: str) -> None:
    sys.stdout.write(f"{plain(line)}\n")


def _message(message: str) -> None:
    sys.stderr.write(f"{plain(message)}\n")
    sys.stderr.flush()


def _reason(error: OSError) -> str:
    reasons = {
        errno.ENOENT: "fichier ou dossier introuvable",
        errno.EISDIR: "c’est un dossier, pas un fichier",
        errno.ENOTDIR: "le dossier n’en est pas un",
        errno.EACCES: "l’accès est refusé",
        errno.EPERM: "l’accès est refusé",
        errno.EROFS: "ce disque ne peut pas être écrit",
        errno.ENOSPC: "le disque est plein",
    }
    reason = reasons.get(error.errno or 0, f"le système refuse (erreur {error.errno})")
    return f"« {error.filename or 'fichier'} » : {reason}."
