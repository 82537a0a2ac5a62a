"""Join the rows of official sources to a list: what is sure by rule, the rest as proposals.

Nothing that a person wrote is changed: an empty cell is filled, and a cell that still holds what
its source said before takes what the source says now. All else is a `Proposal`.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import geopandas as gpd
import pandas as pd

from geodata import communes, fact_sources, matching
from geodata.fact_sources import FactSource
from geodata.partial_date import parse
from geodata.services import COLUMNS, Confidentiality, Reading, read_services
from geodata.sources import UNTOLD
from geodata.upkeep import merging
from geodata.upkeep.official_memory import Known, Memory, digest

ADD: Final = "ajouter"
TAKE: Final = "reprendre"
CLOSE: Final = "fermer"
WHERE: Final = "lieu"
"""The column of a proposal that takes the cells of `PLACE` together."""
PLACE: Final = ("adresse", "code_postal", "commune", "code_insee", "latitude", "longitude")

_ADDRESS, _POINT = PLACE[:4], PLACE[4:]
_PLACES: Final = (*_ADDRESS, merging.POINT)
_DATED: Final = ("lien_source", "date_source")
# These describe a record, not what somebody needs to know: they are not asked about.
_NOT_ASKED: Final = (
    *("nom", "type", "structure", "description", "publics", "acces", "aides", "frais"),
    *("zone_eligibilite", "source", *_DATED, "date_verification"),
)
_NEVER_FILLED: Final = ("source", *_DATED, "date_verification")
_FAR_M: Final = 300
_MOST_VANISHED: Final = 0.2
_FEW_VANISHED: Final = 5
_MAYBE_UNSEEN: Final = (
    "Ce département garde des fiches de ce type qui ne sont jamais montrées : vérifier que ce n’en "
    "est pas une."
)
_MOVED: Final = "Même organisme, même téléphone, autre commune : déménagé, ou un second lieu ?"

Cells = dict[str, str]


@dataclass(frozen=True)
class Proposal:
    """What a person must decide.

    `gesture`: `ADD` (the record `other` as a row), `TAKE` (what it says in `column`) or `CLOSE`
    (the row `id` is gone from its source). `id`: the row of ours, or the one that `other` may be.
    `cells`: what yes writes. `why`: French.
    """

    gesture: str
    id: str
    other: str
    nom: str
    column: str
    ours: str
    theirs: str
    why: str
    by_hand: bool = False

    @property
    def key(self) -> str:
        """A digest of what was seen, since an answer counts for that alone.

        It begins with a letter: spreadsheets take the rest for a number.
        """
        # Two sources that say the same of a cell are one question.
        other = self.other if self.gesture == ADD else ""
        seen = (self.gesture, self.id, other, self.column, self.ours, self.theirs)
        return "c" + hashlib.sha256("\x1f".join(seen).encode()).hexdigest()[:15]


class Change(NamedTuple):
    """A cell of a public row: what was there (`was`), and what is there now or a source says."""

    id: str
    nom: str
    column: str
    was: str
    becomes: str


@dataclass
class Joining:
    """A list while official rows are joined to it.

    Attributes:
        cells: the rows, by id, then by column.
        memory: what is known of the records from the last time.
        by_hand: (id, column) of the cells that a person edited.
        answers: by key of a proposal.
        facts: where the cells that have a source of their own come from.
        unseen: (département, type) of which the list has rows that are not in `cells`: a new record
            of these is asked about.
        records: the records now.
        proposals: what is to be decided.
        counts: rows by (source, outcome); the outcomes are `added`, `confirmed`, `completed`,
            `updated`, `held`, `refused`, `removed`, `closed`.
        changes: what changed at the source and was taken. kept: what somebody wrote and stays.
        suspicious: sources that lost too many records to be believed.
    """

    cells: dict[str, Cells]
    memory: Memory
    by_hand: Collection[tuple[str, str]] = ()
    answers: Mapping[str, bool] = field(default_factory=dict)
    facts: dict[fact_sources.Key, FactSource] = field(default_factory=dict)
    unseen: Collection[tuple[str, str]] = ()
    records: dict[str, Known] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    kept: list[Change] = field(default_factory=list)
    suspicious: list[str] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)
    _reading: Reading | None = None

    def __post_init__(self) -> None:
        self.records = dict(self.memory.records)
        self.refused = {*self.memory.refused, *(k for k, yes in self.answers.items() if not yes)}

    def join(self, source: str, rows: pd.DataFrame) -> None:
        """Join the rows of a source (`Import.rows`)."""
        ours = self.read().services
        theirs = read_services(io.BytesIO(rows.to_csv(index=False).encode())).services
        homes = theirs["departement"].to_dict()
        theirs, record_of = self._under_our_ids(source, theirs, ours)
        compared = merging.compare(ours, theirs, by_hand=self.by_hand)
        sure, twins = _sorted_pairs(compared, ours, theirs)
        moved = _moved(ours, theirs, compared)
        pairs = compared.pairs
        reasons = {
            their: f"Peut-être la même fiche ({why})."
            for their, why in zip(pairs["theirs"], pairs["reasons"], strict=True)
        }
        differences: dict[str, dict[str, _Difference]] = {}
        lines = compared.differences[["theirs", "column", "our_value", "their_value", "newer"]]
        for their, column, was, becomes, newer in zip(*map(lines.get, lines), strict=True):
            found = _Difference(was, becomes, ours_is_newer=newer == "ours")
            differences.setdefault(their, {})[column] = found
        public = set(ours.index[ours["confidentialite"] == Confidentiality.PUBLIC])
        rows_by_id: dict[str, Cells] = compared.theirs.to_dict("index")  # type: ignore[assignment]
        for key, row in rows_by_id.items():
            record, known = record_of[key], Known(source, homes[record_of[key]])
            if key in compared.refused:
                self.counts[source, "refused"] += 1
            elif key in sure:
                pair = _Pair(source, sure[key], record, row, public=sure[key] in public)
                cells = self._merge(pair, differences.get(key, {}))
                known = replace(known, row=pair.ours, cells=cells)
            elif (
                key in moved
                and not self._is_newer(moved[key], row)
                and self._accepts(self._move(moved[key], record, row))
            ):
                self.write(moved[key], {name: row[name] for name in PLACE}, FactSource.of_row(row))
                known = replace(known, row=moved[key])
            elif (
                (twin := moved.get(key) or twins.get(key))
                and not self._accepts(
                    self._addition(twin, record, row, _MOVED if key in moved else reasons[key])
                )
            ) or (
                (known.departement, row["type"]) in self.unseen
                and not self._accepts(
                    Proposal(ADD, "", record, row["nom"], "", "", _summary(row), _MAYBE_UNSEEN)
                )
            ):
                self.counts[source, "held"] += 1
            else:
                self.cells[key], self._reading = dict(row), None
                self.counts[source, "added"] += 1
                known = replace(known, row=key, cells=_settled(row))
            self.records[record] = known
        self._close(source, homes, public)

    def read(self) -> Reading:
        """Read the list as it is now."""
        if self._reading is None:
            self._reading = self._read()
        return self._reading

    def write(self, key: str, cells: Mapping[str, str], origin: FactSource) -> None:
        """Write cells into a row of ours; `origin`: where they come from."""
        row = self.cells[key]
        its_own = FactSource(*(row.get(name, "") for name in ("source", *_DATED)))
        for column, text in cells.items():
            row[column] = text
            self.facts.pop((key, column), None)
            if text and origin != its_own and fact_sources.may_have_source(column):
                self.facts[key, column] = origin
        self._reading = None

    def _read(self) -> Reading:
        if not self.cells:
            frame = pd.DataFrame(columns=list(COLUMNS))
        else:
            frame = pd.DataFrame.from_dict(self.cells, orient="index").fillna("")
            frame = frame.rename_axis(index="id").reset_index()
        reading = read_services(io.BytesIO(frame.to_csv(index=False).encode()))
        return fact_sources.read(fact_sources.edited(b"", self.facts), reading, name="")

    def _under_our_ids(
        self, source: str, theirs: gpd.GeoDataFrame, ours: gpd.GeoDataFrame
    ) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
        """Give the records that are rows of ours their ids; also return the record of each row.

        A row that somebody took out of the list, or that cannot be read, does not come back.
        """
        known = {key: self.memory.records[key].row for key in theirs.index if self._is_row(key)}
        row_of = {key: known.get(key, key) for key in theirs.index}
        listed = set(ours.index)
        gone = [
            key
            for key, row in row_of.items()
            if row not in listed and (key in known or row in self.cells)
        ]
        self.counts[source, "removed"] += len(gone)
        kept = theirs.drop(index=gone)
        return kept.rename(index=row_of), {row_of[key]: key for key in kept.index}

    def _is_row(self, record: str) -> bool:
        return record in self.memory.records and bool(self.memory.records[record].row)

    # --- one row --------------------------------------------------------------------------

    def _merge(self, pair: "_Pair", found: Mapping[str, "_Difference"]) -> dict[str, str]:
        """Join a record to its row; return the digests of what is settled.

        `found`: the columns that differ. Of a record that is seen for the first time, nothing is
        asked where our text is the newer.
        """
        before = self.memory.records.get(pair.record, Known(pair.source, ""))
        settled = _settled(pair.theirs)
        outcome = {"confirmed"}
        if any(column in found for column in _PLACES):
            outcome |= self._merge_place(pair, found, before, settled)
        for column, (was, becomes, ours_is_newer) in found.items():
            if column in _PLACES:
                continue
            if before.says_as_before(column, becomes):
                self._keep(pair, column, was, becomes)
                continue
            ours_is_old = before.says_as_before(column, was)
            if column in _DATED:
                ours_is_old = self._is_dated_by(pair)
            free = pair.public and (pair.ours, column) not in self.by_hand
            if free and (ours_is_old if was else self._may_fill(pair, column)):
                self._take(pair, [column])
                outcome.add("updated" if was else "completed")
                if was and column not in _DATED:
                    self._tell(self.changes, pair, column, was, becomes)
            elif column in _NOT_ASKED or (ours_is_newer and not before.cells):
                continue
            elif self._accepts(self._taking(pair, column, was, becomes)):
                self._take(pair, [column])
            else:
                del settled[column]
        self.counts[pair.source, min(outcome, key=_OUTCOMES.index)] += 1
        return settled

    def _merge_place(
        self,
        pair: "_Pair",
        found: Mapping[str, "_Difference"],
        before: Known,
        settled: dict[str, str],
    ) -> set[str]:
        """Take the place of a record as a whole, or ask; `found` as in `_merge`."""
        ours, theirs = self.cells[pair.ours], pair.theirs
        was, becomes = _where(ours), _where(theirs)
        free = pair.public and not any((pair.ours, name) in self.by_hand for name in PLACE)
        same_commune = ours.get("code_insee", "") in ("", theirs["code_insee"])
        has_point = bool(ours.get("latitude", ""))
        if before.says_as_before(WHERE, becomes):
            if not before.says_as_before(WHERE, was):
                self._keep(pair, WHERE, was, becomes)
            return set()
        if free and was != becomes and before.says_as_before(WHERE, was):
            self._take(pair, PLACE)
            self._tell(self.changes, pair, WHERE, was, becomes)
            return {"updated"}
        alike = matching.same_address(ours.get("adresse", ""), theirs["adresse"])
        if free and same_commune and not has_point and (alike or not ours.get("adresse", "")):
            names = PLACE if not ours.get("adresse", "") else _POINT
            filled = [name for name in names if theirs[name]]
            self._take(pair, filled)
            return {"completed"} if filled else set()
        if same_commune and (alike or not theirs["adresse"]):
            return set()
        point = found.get(merging.POINT)
        near = has_point and not (point and _apart_m(point.ours, point.theirs) > _FAR_M)
        ours_is_newer = any(found[name].ours_is_newer for name in _PLACES if name in found)
        if (same_commune and near) or (ours_is_newer and not before.cells):
            return set()
        if self._accepts(self._taking(pair, WHERE, was, becomes)):
            self._take(pair, PLACE)
        else:
            del settled[WHERE]
        return set()

    def _tell(self, told: list[Change], pair: "_Pair", column: str, was: str, becomes: str) -> None:
        if pair.public:
            nom = self.cells[pair.ours].get("nom", "")
            told.append(Change(pair.ours, nom, column, was, becomes))

    def _keep(self, pair: "_Pair", column: str, was: str, becomes: str) -> None:
        """Note a cell that differs from its source because somebody changed it."""
        if column not in _NOT_ASKED:
            self._tell(self.kept, pair, column, was, becomes)

    def _is_newer(self, ours: str, theirs: Mapping[str, str]) -> bool:
        """Return whether a row of ours is newer than a record."""
        row = self.cells[ours]
        dates = (
            parse(row.get("date_verification", "")) or parse(row.get("date_source", "")),
            parse(theirs["date_source"]),
        )
        return dates[0] is not None and dates[1] is not None and dates[1].is_before(dates[0])

    def _is_dated_by(self, pair: "_Pair") -> bool:
        """Return whether the date of a record is that of our row, of which nothing is asked."""
        asked = any(proposal.id == pair.ours for proposal in self.proposals)
        return not asked and self.cells[pair.ours].get("source") == pair.theirs["source"]

    def _may_fill(self, pair: "_Pair", column: str) -> bool:
        """Return whether an empty cell may be filled; hours may contradict what words say."""
        words = self.cells[pair.ours].get("horaires_precisions", "")
        return column not in _NEVER_FILLED and not (column == "horaires_accueil" and words)

    def _take(self, pair: "_Pair", columns: Iterable[str]) -> None:
        """Write what a record says in some columns into its row."""
        cells = {column: pair.theirs[column] for column in columns}
        self.write(pair.ours, cells, FactSource.of_row(pair.theirs))

    # --- what is asked --------------------------------------------------------------------

    def _accepts(self, proposal: Proposal) -> bool:
        """Return whether a person said yes; ask where nobody has answered."""
        if proposal.key in self.answers:
            return self.answers[proposal.key]
        if proposal.key not in self.refused and proposal.key not in self._asked:
            self._asked.add(proposal.key)
            self.proposals.append(proposal)
        return False

    def _taking(self, pair: "_Pair", column: str, was: str, becomes: str) -> Proposal:
        names = PLACE if column == WHERE else (column,)
        return Proposal(
            TAKE,
            pair.ours,
            pair.record,
            self.cells[pair.ours].get("nom", ""),
            column,
            was,
            becomes,
            "La source dit autre chose.",
            by_hand=any((pair.ours, name) in self.by_hand for name in names),
        )

    def _addition(self, ours: str, record: str, theirs: Mapping[str, str], why: str) -> Proposal:
        said = _summary(self.cells[ours]), _summary(theirs)
        return Proposal(ADD, ours, record, theirs["nom"], "", *said, why)

    def _move(self, ours: str, record: str, theirs: Mapping[str, str]) -> Proposal:
        row = self.cells[ours]
        return Proposal(
            TAKE, ours, record, row.get("nom", ""), WHERE, _where(row), _where(theirs), _MOVED
        )

    def _close(self, source: str, homes: Mapping[str, str], public: Collection[str]) -> None:
        """Propose to close the rows whose records are gone from a source.

        `homes`: the département of each record that the source has now. `public`: the rows of ours
        of which something may be told.
        """
        scope = set(homes.values())
        before = {
            key: known
            for key, known in self.memory.records.items()
            if known.source == source and known.departement in scope
        }
        gone = [key for key in before if key not in homes]
        if len(gone) > max(_FEW_VANISHED, _MOST_VANISHED * len(before)):
            self.suspicious.append(source)
            return
        for record in gone:
            key = before[record].row
            alive = [one for name, one in self.records.items() if name != record and one.row == key]
            if key not in public or key not in self.cells or alive:
                del self.records[record]
                continue
            row = self.cells[key]
            why = "N’est plus dans cette source : appeler avant de fermer."
            shown = row.get("telephone", "")
            if self._accepts(Proposal(CLOSE, key, record, row["nom"], "", shown, "", why)):
                del self.cells[key], self.records[record]
                self._reading = None
            self.counts[source, "closed"] += 1


_OUTCOMES: Final = ("updated", "completed", "confirmed")
"""What is said of a row that several things happened to: the first of these."""


class _Difference(NamedTuple):
    """A cell of ours and what a record says instead."""

    ours: str
    theirs: str
    ours_is_newer: bool


@dataclass(frozen=True)
class _Pair:
    """A record of a source (`theirs`, its cells) and the row of ours (its id) that it is."""

    source: str
    ours: str
    record: str
    theirs: Mapping[str, str]
    public: bool


def _sorted_pairs(
    compared: merging.Comparison, ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the pairs that are sure, and those that are not: our id by theirs.

    Sure is the same id; else a score of SURE, if neither list has two of that type in the commune
    or one more clue (the place, the number) agrees.
    """
    sure: dict[str, str] = {}
    doubtful: dict[str, str] = {}
    several = [_several(services) for services in (ours, theirs)]
    pairs = compared.pairs
    for our, their, score in zip(pairs["ours"], pairs["theirs"], pairs["score"], strict=True):
        alone = not (our in several[0] or their in several[1])
        clear = score >= (matching.SURE if alone else matching.SURE_AMONG_SEVERAL)
        if our == their or clear:
            sure[their] = our
        elif UNTOLD not in theirs.loc[their, "nom"]:  # nobody could tell two such shelters apart
            doubtful[their] = our
    return sure, doubtful


def _several(services: gpd.GeoDataFrame) -> set[str]:
    """Return the rows that are not the only one of their type in their commune."""
    return set(services.index[services.duplicated(["type", "code_insee"], keep=False)])


def _moved(
    ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, compared: merging.Comparison
) -> dict[str, str]:
    """Return the new rows that may be one of ours, in no pair, that has moved: our id by theirs."""
    alone = ours[~ours.index.isin(compared.pairs["ours"])]
    found = matching.moved(alone, theirs.loc[compared.new.index])
    return dict(zip(found["theirs"], found["ours"], strict=True))


def _summary(row: Mapping[str, str]) -> str:
    parts = (row.get("nom", ""), row.get("type", ""), _where(row), row.get("telephone", ""))
    return ", ".join(filter(None, parts))


def _settled(theirs: Mapping[str, str]) -> dict[str, str]:
    """Return the digests of all cells of a record."""
    cells = {name: digest(text) for name, text in theirs.items() if text and name not in PLACE}
    return cells | {WHERE: digest(_where(theirs))}


def _where(row: Mapping[str, str]) -> str:
    """Return where a row is, on one line."""
    street, postal, commune, _ = (row.get(name, "") for name in _ADDRESS)
    return ", ".join(filter(None, (street, f"{postal} {commune}".strip())))


def _apart_m(one: str, other: str) -> float:
    """Return the distance (m) of two points written `lat, lng`."""
    (lat_a, lng_a), (lat_b, lng_b) = (map(float, text.split(", ")) for text in (one, other))
    return float(communes.chord_m(communes.to_xyz(lng_a, lat_a), communes.to_xyz(lng_b, lat_b)))
