"""Bring the official data of whole départements into a list, and bring it up to date later.

    files = collecting.Folder(Path("fichiers"))
    outcome = collecting.bring(Path("services.csv"), ["86"], files, now=now, tell=tell)

Every source is read and joined (`_joining`); one that fails is told and stops no other. A list is
begun, or completed: what a person wrote stays. What is not sure is a `Proposal` of the outcome, and
the next call may bring the answers. Beside the list stand `NAME.officiel.json` (what is known of
the records, `_memory`), `NAME.unites.csv` and `NAME.population.csv`, the two tables by commune.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from geodata import communes, fact_sources
from geodata.sources import ROW_COLUMNS, SOURCES, Source
from geodata.tables import read_table
from geodata.upkeep import keeping
from geodata.upkeep.collecting._files import Cache, Files, Folder, default_cache
from geodata.upkeep.collecting._joining import ADD, CLOSE, PLACE, TAKE, WHERE, Joining, Proposal
from geodata.upkeep.collecting._memory import Memory
from geodata.upkeep.collecting._places import locate
from geodata.upkeep.collecting._report import FRANCE, Outcome, report
from geodata.upkeep.collecting._taking import Taken, take, without_old_hours

__all__ = [
    "ADD",
    "AUTHOR",
    "CLOSE",
    "FRANCE",
    "PLACE",
    "TAKE",
    "WHERE",
    "Cache",
    "Files",
    "Folder",
    "NoMemory",
    "Outcome",
    "Proposal",
    "Taken",
    "bring",
    "choices_table",
    "default_cache",
    "departements_of",
    "report",
]

AUTHOR: Final = "données officielles"
"""The author of the changes in the history."""

_TABLES: Final = {"unités compétentes": "unites", "population": "population"}

Tell = Callable[[str, float], None]
"""Called with what is being done, in French, and the share that is done, 0 to 1."""


class NoMemory(ValueError):
    """A list into which nothing official was brought yet. The message is French."""


def departements_of(path: Path) -> tuple[str, ...]:
    """Return the départements that were brought into a list. Raises NoMemory where none was."""
    known = Memory.beside(path).departements
    if not known or not path.exists():
        raise NoMemory(
            f"« {path.name} » n’a encore reçu aucune donnée officielle : commencer par "
            "« python -m geodata departement CODE -o LISTE »."
        )
    return known


def bring(
    path: Path,
    departements: Collection[str],
    files: Files,
    *,
    now: datetime,
    tell: Tell,
    answers: Mapping[str, bool] | None = None,
    sources: Mapping[str, Source] = SOURCES,
) -> Outcome:
    """Bring the official data of some départements into a list, which is begun if there is none.

    Args:
        path: the list.
        departements: codes, or FRANCE alone.
        files: where the files come from.
        now: when, in Paris.
        tell: called with the progress.
        answers: yes or no, by key of the proposals of an earlier call.
        sources: the official sources.

    Raises:
        keeping.Refused: the list cannot be saved; nothing was written.
        UnreadableFile, OSError: the list cannot be read or written.
    """
    cells = _cells(path)
    begun = not cells
    wanted = None if FRANCE in departements else tuple(departements)
    memory = Memory() if begun else Memory.beside(path)
    joining = Joining(
        {key: dict(row) for key, row in cells.items()},
        memory,
        by_hand=frozenset() if begun else _by_hand(path),
        answers=answers or {},
        facts={} if begun else _facts(path),
    )
    listed = [(key, file) for key, source in sources.items() for file in source.files]
    steps = len(listed) + 2
    taken, tables = [], {}
    for place, (name, file) in enumerate(listed):
        source = sources[name]
        key = name if file is source.files[0] else f"{name} ({_SECOND})"

        def tell_part(
            said: str, share: float, place: int = place, label: str = source.label
        ) -> None:
            tell(f"{label} : {said}", (place + share) / steps)

        one = take(key, source, file, files, departements=wanted, tell=tell_part)
        if one.imported is not None and source.gives == "services":
            joining.join(key, without_old_hours(one.imported.rows, now.date()))
        elif one.imported is not None:
            tables[_TABLES[source.gives]] = one.imported.rows
        taken.append(replace(one, suspicious=key in joining.suspicious))
    if not any(one.imported is not None for one in taken):
        raise keeping.Refused(
            "Aucune source n’a pu être lue : rien n’est écrit. "
            + " ".join(dict.fromkeys(one.failure for one in taken))
        )
    tell(_ADDRESSES, len(listed) / steps)
    located = locate(
        joining,
        today=now.date(),
        tell=lambda share: tell(_ADDRESSES, (len(listed) + share) / steps),
    )
    tell("Enregistrement", (steps - 1) / steps)
    _save(path, cells, joining, now)
    for table, rows in tables.items():
        _write_table(path.with_suffix(f".{table}.csv"), rows, wanted)
    scope = tuple(dict.fromkeys((*memory.departements, *(wanted or (FRANCE,)))))
    Memory(scope, joining.records, frozenset(joining.refused)).write(path)
    tell("Terminé", 1)
    return Outcome(
        path,
        tuple(departements),
        begun,
        tuple(taken),
        dict(joining.counts),
        tuple(joining.proposals),
        tuple(joining.changes),
        tuple(joining.kept),
        located,
        joining.read(),
    )


_ADDRESSES: Final = "Adresses sans point"
_SECOND: Final = "structures"


def choices_table(proposals: Collection[Proposal]) -> pd.DataFrame:
    """Return proposals as rows of text, with a column `choix` to fill with « oui » or « non »."""
    return pd.DataFrame(
        [
            {
                "choix": "",
                "geste": one.gesture,
                "id": one.id,
                "autre_id": one.other,
                "nom": one.nom,
                "colonne": one.column,
                "notre_valeur": one.ours,
                "leur_valeur": one.theirs,
                "modifiee_a_la_main": "oui" if one.by_hand else "",
                "raisons": one.why,
                "cle": one.key,
            }
            for one in proposals
        ]
    )


# --- the list -----------------------------------------------------------------------------


def _cells(path: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a list, by id; none where there is no list or it has no row."""
    if not path.exists() or not path.read_bytes().strip():
        return {}
    frame = keeping.read_cells(path)
    if not frame.index.is_unique:
        raise keeping.Refused(
            "Deux lignes portent le même identifiant : en changer un dans le fichier."
        )
    rows: dict[str, dict[str, str]] = frame.to_dict("index")  # type: ignore[assignment]
    return rows


def _by_hand(path: Path) -> frozenset[tuple[str, str]]:
    return frozenset((e.id, e.column) for e in keeping.read_history(path) if e.who != AUTHOR)


def _facts(path: Path) -> dict[fact_sources.Key, fact_sources.FactSource]:
    file = fact_sources.beside(path)
    return fact_sources.written(file.read_bytes()) if file.exists() else {}


def _save(path: Path, before: dict[str, dict[str, str]], joining: Joining, now: datetime) -> None:
    after = pd.DataFrame.from_dict(joining.cells, orient="index").fillna("")
    if before:
        old = pd.DataFrame.from_dict(before, orient="index")
        edits = keeping.edits_between(old, after)
        origins = {
            (edit.id, edit.column): joining.facts.get((edit.id, edit.column)) for edit in edits
        }
        keeping.save(path, edits, who=AUTHOR, now=now, sources=origins)
    elif _cells(path):
        raise keeping.Refused("Une liste est arrivée entre-temps : rien n’est écrit. Recommencer.")
    elif len(after):
        homes = joining.read().services["departement"].reindex(after.index)
        order = after.assign(home=homes).sort_values(["home", "type", "commune", "nom"]).index
        written = after.loc[order].rename_axis(index="id").reset_index()[list(ROW_COLUMNS)]
        keeping.write(path, written.to_csv(index=False, lineterminator="\n").encode())
        if joining.facts:
            keeping.write(fact_sources.beside(path), fact_sources.edited(b"", joining.facts))


def _write_table(file: Path, rows: pd.DataFrame, departements: Collection[str] | None) -> None:
    """Write a table by commune; the rows of other départements stay."""
    table = rows.reset_index().astype("str")
    if departements is not None and file.exists():
        old = read_table(file.read_bytes()).frame
        others = ~old["code_insee"].map(communes.departement_of).isin(list(departements))
        table = pd.concat([old[others], table]).fillna("")
    keeping.write(file, table.to_csv(index=False, lineterminator="\n").encode())
