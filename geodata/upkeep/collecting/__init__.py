"""Bring the official data of whole départements into a list, and bring it up to date later.

    files = collecting.Folder(Path("fichiers"))
    outcome = collecting.bring(stores.opened("services.csv"), ["86"], files, now=now, tell=tell)

Every source is read and joined (`_joining`); one that fails is told and stops no other. A list is
begun, or completed: what a person wrote stays. What is not sure is a `Proposal` of the outcome, and
the next call may bring the answers. The list keeps what is known of the records
(`official_memory`); beside a file stand the two tables by commune, `NAME.unites.csv` and
`NAME.population.csv`.
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
from geodata.upkeep.collecting._places import locate
from geodata.upkeep.collecting._report import FRANCE, Outcome, report
from geodata.upkeep.collecting._taking import Taken, take, without_old_hours
from geodata.upkeep.official_memory import Memory
from geodata.upkeep.stores import Store

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
    "is_by_hand",
    "report",
    "write_tables",
]

AUTHOR: Final = "données officielles"
"""The author of the changes in the history."""

_TABLES: Final = {"unités compétentes": "unites", "population": "population"}

Tell = Callable[[str, float], None]
"""Called with what is being done, in French, and the share that is done, 0 to 1."""


class NoMemory(ValueError):
    """A list into which nothing official was brought yet. The message is French."""


def departements_of(listed: Store, who: str = "") -> tuple[str, ...]:
    """Return the départements that were brought into a list. Raises NoMemory where none was."""
    known = () if listed.is_blank() else listed.official(who).departements
    if not known:
        name = "La base" if listed.is_base else f"« {listed.path.name} »"
        raise NoMemory(
            f"{name} n’a encore reçu aucune donnée officielle : commencer par "
            "« python -m geodata departement CODE -o LISTE »."
        )
    return known


def is_by_hand(entry: keeping.Entry, *programs: str) -> bool:
    """Return whether a line of the history is a person's, and not of one of these programs."""
    return not any(entry.who == name or entry.who.endswith(f" ({name})") for name in programs)


def bring(
    listed: Store,
    departements: Collection[str],
    files: Files,
    *,
    now: datetime,
    tell: Tell,
    who: str = "",
    answers: Mapping[str, bool] | None = None,
    sources: Mapping[str, Source] = SOURCES,
) -> Outcome:
    """Bring the official data of some départements into a list, which is begun if there is none.

    Args:
        listed: the list.
        departements: codes, or FRANCE alone.
        files: where the files come from.
        now: when, in Paris.
        tell: called with the progress.
        who: the role in whose name a base is changed.
        answers: yes or no, by key of the proposals of an earlier call.
        sources: the official sources. Recorded violence is not brought: it is asked for by itself.

    Raises:
        keeping.Refused: the list cannot be saved; nothing was written.
        UnreadableFile, OSError: the list cannot be read or written.
    """
    mine = listed.departements(who)
    if FRANCE not in mine and not set(departements) <= set(mine):
        raise keeping.Refused(f"Le rôle « {who} » ne modifie que : {', '.join(mine)}.")
    cells = _cells(listed, who)
    begun = not cells
    wanted = None if FRANCE in departements else tuple(departements)
    memory = Memory() if begun else listed.official(who)
    joining = Joining(
        {key: dict(row) for key, row in cells.items()},
        memory,
        by_hand=frozenset() if begun else _by_hand(listed, who),
        answers=answers or {},
        facts={} if begun else listed.facts(who),
        unseen=listed.unseen(who),
    )
    wanted_kinds = ("services", *_TABLES)
    asked = [
        (key, file)
        for key, source in sources.items()
        if source.gives in wanted_kinds
        for file in source.files
    ]
    steps = len(asked) + 2
    taken = []
    for place, (name, file) in enumerate(asked):
        source = sources[name]
        key = name if file is source.files[0] else f"{name} ({_SECOND})"

        def tell_part(
            said: str, share: float, place: int = place, label: str = source.label
        ) -> None:
            tell(f"{label} : {said}", (place + share) / steps)

        one = take(key, source, file, files, departements=wanted, tell=tell_part)
        if one.imported is not None and source.gives == "services":
            joining.join(key, without_old_hours(one.imported.rows, now.date()))
        taken.append(replace(one, suspicious=key in joining.suspicious))
    if not any(one.imported is not None for one in taken):
        raise keeping.Refused(
            "Aucune source n’a pu être lue : rien n’est écrit. "
            + " ".join(dict.fromkeys(one.failure for one in taken))
        )
    tell(_ADDRESSES, len(asked) / steps)
    located = locate(
        joining,
        today=now.date(),
        tell=lambda share: tell(_ADDRESSES, (len(asked) + share) / steps),
    )
    tell("Enregistrement", (steps - 1) / steps)
    _save(listed, cells, joining, now, who)
    if not listed.is_base:
        write_tables(listed.path, taken, departements)
    scope = tuple(dict.fromkeys((*memory.departements, *(wanted or (FRANCE,)))))
    listed.remember(Memory(scope, joining.records, frozenset(joining.refused)), who)
    tell("Terminé", 1)
    return Outcome(
        listed.path,
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


def write_tables(path: Path, taken: Collection[Taken], departements: Collection[str]) -> None:
    """Write the two tables by commune beside a list. Raises OSError."""
    wanted = None if FRANCE in departements else departements
    for one in taken:
        if one.imported is not None and one.source.gives in _TABLES:
            table = _TABLES[one.source.gives]
            _write_table(path.with_suffix(f".{table}.csv"), one.imported.rows, wanted)


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


def _cells(listed: Store, who: str) -> dict[str, dict[str, str]]:
    """Return the rows of a list, by id; none where there is no list or it has no row."""
    if listed.is_blank():
        return {}
    frame = listed.cells(who)
    if not frame.index.is_unique:
        raise keeping.Refused(
            "Deux lignes portent le même identifiant : en changer un dans le fichier."
        )
    rows: dict[str, dict[str, str]] = frame.to_dict("index")  # type: ignore[assignment]
    return rows


def _by_hand(listed: Store, who: str) -> frozenset[tuple[str, str]]:
    return frozenset((e.id, e.column) for e in listed.history(who) if is_by_hand(e, AUTHOR))


def _save(
    listed: Store,
    before: dict[str, dict[str, str]],
    joining: Joining,
    now: datetime,
    who: str,
) -> None:
    after = pd.DataFrame.from_dict(joining.cells, orient="index").fillna("")
    if before or listed.is_base:
        old = pd.DataFrame.from_dict(before, orient="index")
        edits = keeping.edits_between(old, after)
        origins = {
            (edit.id, edit.column): joining.facts.get((edit.id, edit.column)) for edit in edits
        }
        if edits:
            listed.save(edits, who=who, now=now, sources=origins, means=AUTHOR)
    elif not listed.is_blank():
        raise keeping.Refused("Une liste est arrivée entre-temps : rien n’est écrit. Recommencer.")
    elif len(after):
        homes = joining.read().services["departement"].reindex(after.index)
        order = after.assign(home=homes).sort_values(["home", "type", "commune", "nom"]).index
        written = after.loc[order].rename_axis(index="id").reset_index()[list(ROW_COLUMNS)]
        facts = fact_sources.edited(b"", joining.facts) if joining.facts else b""
        content = written.to_csv(index=False, lineterminator="\n").encode()
        listed.begin(content, facts, who=who, now=now)


def _write_table(file: Path, rows: pd.DataFrame, departements: Collection[str] | None) -> None:
    """Write a table by commune; the rows of other départements stay."""
    table = rows.reset_index().astype("str")
    if departements is not None and file.exists():
        old = read_table(file.read_bytes()).frame
        others = ~old["code_insee"].map(communes.departement_of).isin(list(departements))
        table = pd.concat([old[others], table]).fillna("")
    keeping.write(file, table.to_csv(index=False, lineterminator="\n").encode())
