"""What a call of `bring` did, as plain text that a person reads in any program."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd

from geodata import communes, french, quality
from geodata.fact_sources import label
from geodata.services import Confidentiality, Reading, ServiceType
from geodata.upkeep.collecting._joining import ADD, CLOSE, TAKE, Change, Proposal
from geodata.upkeep.collecting._taking import OLD_HOURS, Taken

MOST_CALLS: Final = 15
_MOST_LACKING: Final = 12
_MOST_PROBLEMS: Final = 3
_MOST_CHANGES: Final = 20
_WIDEST: Final = 400
_NO_DEPARTEMENT: Final = ("975", "977", "978", "98")
FRANCE: Final = "france"
"""All départements."""
_OUTCOMES: Final = {
    "added": ("ajoutée", "ajoutées"),
    "updated": ("mise à jour", "mises à jour"),
    "completed": ("complétée", "complétées"),
    "confirmed": ("confirmée", "confirmées"),
    "held": ("gardée pour décision", "gardées pour décision"),
    "closed": ("disparue de la source", "disparues de la source"),
    "removed": ("que vous aviez retirée", "que vous aviez retirées"),
    "refused": (
        "écartée : elle dirait un lieu confidentiel",
        "écartées : elles diraient un lieu confidentiel",
    ),
}


@dataclass(frozen=True)
class Outcome:
    """What a call of `bring` did.

    `reading`: the list as it is now. `counts`: as in `Joining`, by the key of `Taken`.
    `proposals`: what a person must decide. `changes`, `kept`: as in `Joining`. `located`: what the
    geocoder did, in French.
    """

    path: Path
    departements: tuple[str, ...]
    begun: bool
    taken: tuple[Taken, ...]
    counts: Mapping[tuple[str, str], int]
    proposals: tuple[Proposal, ...]
    changes: tuple[Change, ...]
    kept: tuple[Change, ...]
    located: str
    reading: Reading

    def count(self, outcome: str, key: str = "") -> int:
        """Return how many rows had an outcome, of one source or of all."""
        return sum(
            number
            for (source, name), number in self.counts.items()
            if name == outcome and key in ("", source)
        )

    def words(self, key: str = "") -> str:
        """Return in French how many rows had which outcome, of one source or of all."""
        said = [
            french.count(number, *words)
            for name, words in _OUTCOMES.items()
            if (number := self.count(name, key))
        ]
        return ", ".join(said) or "rien de nouveau"


def report(outcome: Outcome, today: date) -> str:
    """Return what was done, what is missing and whom to call first, as lines of French text."""
    services = outcome.reading.services
    if FRANCE not in outcome.departements:
        services = services[services["departement"].isin(list(outcome.departements))]
    lines = [
        f"Données officielles : {_territory(outcome)}, le {french.partial_date(today)}",
        "",
        *_in_short(outcome, services),
        *_part("D’où viennent les fiches", _sources(outcome)),
        *_part("Ce que la liste contient", _contents(services)),
        *_part("Ce qui manque", _lacking(outcome, services)),
        *_part("Ce qui a changé dans les sources", _changed(outcome.changes, "→")),
        *_part("Ce que vous avez écrit, et qui reste", _changed(outcome.kept, "; la source dit :")),
        *_part("À décider", _to_decide(outcome.proposals)),
        *_part("Qui appeler d’abord", _calls(services, today)),
    ]
    return "\n".join(lines).replace("\u202f", " ").rstrip() + "\n"


def _part(title: str, lines: Iterator[str]) -> list[str]:
    """Return a part with its lines, each cut where it is too long; [] without lines."""
    cut = [line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…" for line in lines]
    return ["", title.upper(), *(f"- {line}" for line in cut)] if cut else []


def _territory(outcome: Outcome) -> str:
    if FRANCE in outcome.departements:
        return "toute la France"
    names = communes.read_departements()["nom"]
    return french.listed([f"{names[code]} ({code})" for code in outcome.departements])


def _in_short(outcome: Outcome, services: gpd.GeoDataFrame) -> Iterator[str]:
    failed = [one for one in outcome.taken if one.failure]
    yield (
        f"La liste « {outcome.path.name} » a {french.count(len(outcome.reading.services), 'fiche')}"
        f", dont {french.number(len(services))} ici : {outcome.words()}."
    )
    if not outcome.begun:
        yield "Rien de ce qui a été écrit à la main n’a été changé."
    if failed:
        names = french.listed(list(dict.fromkeys(one.source.label for one in failed)))
        yield (
            f"Sources qui manquent : {names}. Recommencer plus tard : ce qui a été téléchargé est "
            "gardé."
        )


def _sources(outcome: Outcome) -> Iterator[str]:
    for one in outcome.taken:
        label = one.source.label
        if one.imported is None:
            yield f"{label} : PAS PRISE. {one.failure}"
            continue
        rows = french.count(len(one.imported.rows), "ligne")
        fetched = f", pris le {one.fetched}" if one.fetched else ""
        done = f" : {outcome.words(one.key)}" if one.source.gives == "services" else ""
        yield f"{label}, fichier « {one.file} »{fetched}, {one.source.licence}. {rows}{done}."
        for note in one.notes:
            yield f"    {note}"
        if one.suspicious:
            yield (
                "    Trop de fiches ont disparu de ce fichier pour y croire : aucune n’est "
                "proposée à la fermeture."
            )
        for reason, count in one.imported.left_out.items():
            yield f"    Laissé de côté : {french.number(count)} ({reason})."
        problems = one.imported.problems
        for problem in problems[:_MOST_PROBLEMS]:
            yield f"    {problem.message}"
        if (more := len(problems) - _MOST_PROBLEMS) > 0:
            yield f"    et {french.count(more, 'autre remarque', 'autres remarques')}."


def _contents(services: gpd.GeoDataFrame) -> Iterator[str]:
    known = quality.has_computable_hours(services).fillna(value=False).astype(bool)
    called = services["telephone"] != ""
    exact = services["latitude"].notna()
    for kind in ServiceType:
        here = services["type"] == kind
        if not here.any():
            continue
        count = int(here.sum())
        if kind == ServiceType.HEBERGEMENT:
            yield f"{kind.label} : {french.number(count)}, sans lieu ni téléphone (confidentiels)."
            continue
        shares = ", ".join(
            f"{name} {french.number(round(100 * int((mask & here).sum()) / count))} %"
            for name, mask in (("téléphone", called), ("horaires", known), ("point exact", exact))
        )
        yield f"{kind.label} : {french.number(count)} ({shares})."
    if old := int(services["horaires_precisions"].str.startswith(OLD_HOURS).sum()):
        yield f"{french.count(old, 'fiche')} : horaires de plus de cinq ans, en toutes lettres."


def _lacking(outcome: Outcome, services: gpd.GeoDataFrame) -> Iterator[str]:
    names = communes.read_departements()["nom"]
    whole = FRANCE in outcome.departements
    asked = [
        code
        for code in names.index
        if code in outcome.departements or (whole and not code.startswith(_NO_DEPARTEMENT))
    ]
    for kind in ServiceType:
        here = set(services.loc[services["type"] == kind, "departement"])
        without = [str(names[code]) for code in asked if code not in here]
        if without and len(without) == len(asked):
            yield f"{kind.label} : aucune fiche. Aucune source officielle n’en a donné."
        elif without:
            more = len(without) - _MOST_LACKING
            rest = f" et {french.count(more, 'autre')}" if more > 0 else ""
            yield f"{kind.label} : aucune fiche dans {', '.join(without[:_MOST_LACKING])}{rest}."
    yield outcome.located


def _changed(changes: tuple[Change, ...], sign: str) -> Iterator[str]:
    for one in changes[:_MOST_CHANGES]:
        yield f"{one.nom}, {label(one.column)} : {one.was} {sign} {one.becomes}"
    if (more := len(changes) - _MOST_CHANGES) > 0:
        yield f"et {french.count(more, 'autre')}."


def _to_decide(proposals: tuple[Proposal, ...]) -> Iterator[str]:
    words = {
        ADD: ("fiche qui est peut-être déjà là", "fiches qui sont peut-être déjà là"),
        TAKE: (
            "différence entre la liste et une source",
            "différences entre la liste et une source",
        ),
        CLOSE: ("fiche qui n’est plus dans sa source", "fiches qui ne sont plus dans leur source"),
    }
    for gesture, said in words.items():
        these = [one for one in proposals if one.gesture == gesture]
        if not these:
            continue
        yield f"{french.count(len(these), *said)} :"
        for one in these[:_MOST_CHANGES]:
            column = f", {label(one.column)}" if one.column else ""
            hand = " (écrit à la main)" if one.by_hand else ""
            other = f" ; la source : {one.theirs}" if one.theirs else ""
            yield f"    {one.nom}{column}. La liste : {one.ours or '–'}{hand}{other}. {one.why}"
        if (more := len(these) - _MOST_CHANGES) > 0:
            yield f"    et {french.count(more, 'autre')}."
    if not proposals:
        yield "Rien."


def _calls(services: gpd.GeoDataFrame, today: date) -> Iterator[str]:
    public = services[services["confidentialite"] == Confidentiality.PUBLIC]
    calls = quality.to_call(public, today, limit=MOST_CALLS) if len(public) else public
    for row in calls.to_dict("records"):
        number = row["telephone"] or "numéro à trouver"
        yield f"{row['nom']}, {row['commune'] or 'sans commune'}, {number}. {row['why']}"
    if not len(calls):
        yield "Personne."
