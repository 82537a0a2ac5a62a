"""Take one file of a source: find it, read it, and put old hours into words."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final

import pandas as pd

from geodata import french, hours, partial_date
from geodata.services import UnreadableFile
from geodata.sources import File, Import, Source
from geodata.upkeep.collecting._files import Files, Found, Missing

OLD_HOURS: Final = "Horaires ("
"""How hours begin that are told in words for their age."""

_OLD_MONTHS: Final = 60


@dataclass(frozen=True)
class Taken:
    """What became of one file of a source.

    `file`: its name. `fetched`: the day it was fetched, "" from a folder. `imported`: what it
    gives, None where it was not taken; `failure` says why, in French. `notes`: what else must be
    known of it. `suspicious`: too many of its records are gone to be believed.
    """

    key: str
    source: Source
    file: str = ""
    fetched: str = ""
    imported: Import | None = None
    failure: str = ""
    notes: tuple[str, ...] = ()
    suspicious: bool = False


def take(
    key: str,
    source: Source,
    file: File,
    files: Files,
    *,
    departements: Collection[str] | None,
    tell: Callable[[str, float], None],
) -> Taken:
    """Find and read a file. Where it cannot be read, an older one is, if there is one."""
    taken = Taken(key, source)

    def progress(received: int, total: int | None) -> None:
        tell("téléchargement", 0.5 * received / total if total else 0.25)

    tell("recherche", 0)
    failure = ""
    try:
        found: Found | None = files.find(source, file, progress)
        while found:
            taken = replace(taken, file=found.path.name, fetched=found.fetched)
            tell("lecture", 0.5)
            try:
                read = _reader(source, file, files)
                imported = read(found.path, departements=departements, dated=found.dated)
            except UnreadableFile as error:
                failure = failure or str(error)
                found = files.drop(file, found)
                continue
            notes = tuple(filter(None, (failure, found.note, *imported.notes)))
            return replace(taken, imported=imported, notes=notes)
    except Missing as error:
        failure = str(error)
    except OSError:
        failure = "Le fichier ne peut pas être ouvert ou gardé."
    return replace(taken, failure=failure)


def _reader(source: Source, file: File, files: Files) -> Callable[..., Import]:
    """Return how a file is read: beside the other one of its source, where that is at hand."""
    if file.with_other is None:
        return source.read
    other = next(one for one in source.files if one is not file)
    try:
        return file.with_other(files.find(source, other, lambda *_: None).path)
    except (Missing, OSError):
        return source.read


def without_old_hours(rows: pd.DataFrame, today: date) -> pd.DataFrame:
    """Return rows whose hours of more than five years ago are told in words, not computed."""
    known = rows["horaires_accueil"] != ""
    old = known & rows["date_source"].map(partial(_is_old, today=today)).astype(bool)
    if not old.any():
        return rows
    told = [
        " ; ".join(filter(None, (f"{_since(when)} : {hours.describe(said)}", more)))
        for when, said, more in rows.loc[
            old, ["date_source", "horaires_accueil", "horaires_precisions"]
        ].to_numpy()
    ]
    rows = rows.copy()
    rows.loc[old, "horaires_precisions"] = told
    rows.loc[old, "horaires_accueil"] = ""
    return rows


def _is_old(dated: str, *, today: date) -> bool:
    when = partial_date.parse(dated)
    months = when.age_months(today) if when else None
    return months is not None and months > _OLD_MONTHS


def _since(dated: str) -> str:
    when = partial_date.parse(dated)
    return f"{OLD_HOURS}{french.partial_date(when)}, à vérifier)"
