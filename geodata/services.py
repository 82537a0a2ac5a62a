"""services.csv: one row is one service at one place, or one phone line. Checked once, here.

What a reader of this module's frame may rely on: ids are unique, types and confidentiality are
known, and no row that hides its place carries an address or a point. Everything else that is wrong
is in the problems, in French, with its line and column.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from rapidfuzz import fuzz, process

from geodata import (
    _unmapped,
    aids,
    column_names,
    communes,
    french,
    hours,
    partial_date,
    phones,
    place_words,
    secrecy,
)
from geodata.commune_codes import Resolved, reconcile
from geodata.secrecy import Confidentiality, level_of
from geodata.service_types import ServiceType
from geodata.tables import (
    BLANK,
    CUT_OFF,
    Problem,
    Severity,
    Table,
    UnreadableFile,
    read_table,
)
from geodata.text import fold, is_mail, spelled_out

__all__ = [
    "COLUMNS",
    "Confidentiality",
    "Problem",
    "Reading",
    "ServiceType",
    "UnreadableFile",
    "is_for_perpetrators",
    "read_services",
    "vocabulary",
    "zone_departements",
]


COLUMNS = (
    "id",
    "nom",
    "type",
    "structure",
    "adresse",
    "code_postal",
    "commune",
    "code_insee",
    "departement",
    "latitude",
    "longitude",
    "confidentialite",
    "telephone",
    "courriel",
    "site_web",
    "horaires_accueil",
    "horaires_precisions",
    "acces",
    "publics",
    "reseaux",
    "zone_eligibilite",
    "aides",
    "violences",
    "langues",
    "accessibilite",
    "frais",
    "description",
    "source",
    "lien_source",
    "date_source",
    "date_verification",
)
REQUIRED = ("id", "nom", "type", "source")
PERPETRATORS = "auteurs"
"""The word of `publics` for a service that receives those who commit violence."""
AUDIENCES = {
    "femmes": "femmes",
    "familles": "familles",
    "enfants": "enfants",
    "jeunes": "jeunes",
    "tous": "tous",
    PERPETRATORS: "auteurs de violences",
}
LISTS = ("acces", "publics", "aides", "violences", "langues", "accessibilite", "frais")
"""The columns that hold words of a closed list, joined by a vertical bar."""

MOST_NAMED = 1_000
"""How many rows with the same problem are named one by one."""

_TYPES = frozenset(ServiceType)
_LEVELS = frozenset(Confidentiality)
_POINT = ("latitude", "longitude")
_COMMUNE = ("commune", "code_postal", "code_insee")
_PLACE = ("adresse", *_COMMUNE, *_POINT)
_NEAR = 0.8
_LONGEST = dict.fromkeys(COLUMNS, 300) | {
    **dict.fromkeys((*LISTS, "horaires_precisions", "reseaux"), 3_000),
    **dict.fromkeys(("description", "zone_eligibilite"), 10_000),
    **dict.fromkeys(("site_web", "lien_source"), 2_000),
}
"""How many characters of a cell are read; hours have a limit of their own (`hours`)."""
UNTOLD = {"nom": "Hébergement ou lieu protégé (nom non montré)", "source": "source non montrée"}
"""What stands in a required cell that had to be emptied."""
_WORDS = re.compile(r"[^\W\d_]+(?:[ _-][^\W\d_]+)*")
LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)

# A point farther than this from its town hall is a mistake. The widest communes are in Guyane.
_FAR_M = 50_000
_FAR_IN_GUYANE_M = 250_000
_GUYANE = "973"


@dataclass(frozen=True)
class Reading:
    """What a file holds.

    `services`: a GeoDataFrame (EPSG:4326) indexed by `id`, in the file's order but those known by
    their département at most, which come last by id, since their neighbours in the file could tell
    their commune. `COLUMNS` are text ("" where nothing is known; latitude and longitude degrees,
    NaN where the source gives none), the file's further columns unchanged, but empty in a row that
    hides its place, `departement` derived, `geometry` (the point, the town hall's point, or None)
    and `approximatif` (True where the town hall stands in).
    `problems`: all that is wrong, by line.
    `next_date`: the first of the dates to come that the problems tell, which is then no longer one.
    """

    services: gpd.GeoDataFrame
    problems: tuple[Problem, ...]
    next_date: date | None = None


def read_services(source: Path | BinaryIO, *, today: date | None = None) -> Reading:
    """Read services.csv as Excel, LibreOffice or a program writes it.

    Good rows are kept when others are bad. A row that hides its place and yet carries an address
    or a point is left out, and no message repeats what it carries. With `today`, dates to come are
    told too.

    Raises UnreadableFile when the file is no table or lacks a required column, OSError when it
    cannot be opened.
    """
    content = Path(source).read_bytes() if isinstance(source, str | Path) else source.read()
    return read_rows(read_table(content), today=today)


def read_rows(table: Table, *, today: date | None = None) -> Reading:
    """Check the rows of a table, whatever file they come from. Raises UnreadableFile."""
    rows = with_known_columns(table.frame)
    check = _Check(_understood(rows))
    _check_identity(check)
    _check_words(check)
    _check_confidentiality(check)
    _repair_codes(check)
    next_date = _check_dates_and_links(check, today)
    _check_contacts(check)
    _check_hours(check)
    _check_letters(check)
    _check_lengths(check)
    kept = check.kept()
    services = _placed(kept, check)
    broken = (replace(problem, hidden=True) for problem in table.problems)
    problems = (*broken, *_unknown_columns(table), *check.told())
    in_order = tuple(sorted(problems, key=lambda problem: problem.line))
    return Reading(services, in_order, next_date)


def is_for_perpetrators(services: pd.DataFrame) -> pd.Series:
    """Give a mask of the services for those who commit violence: none is offered to a woman.

    Services that do not say whom they receive (no column `publics`) are none.
    """
    if "publics" not in services:
        return pd.Series(data=False, index=services.index)
    known = {text: PERPETRATORS in _listed(text) for text in services["publics"].unique()}
    return services["publics"].map(known).astype(bool)


def zone_departements(zones: pd.Series) -> pd.Series:
    """Give for each `zone_eligibilite` the tuple of départements it names; ("france",) is one.

    A commune's or an EPCI's code stands for its département. Same index out.
    """
    return zones.map({zone: _zone_departements(zone) for zone in zones.unique()})


class _Check:
    """The rows while they are checked: what was found, and which rows are left out."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows
        self.problems: list[Problem] = []
        self._left_out: set[int] = set()
        # A row whose type or level is not understood may be a hidden one: nothing of it is told.
        self._untold = set(rows.index[_may_hide(rows)])

    def report(
        self,
        lines: list[int],
        column: str,
        message: str,
        severity: Severity = "warning",
        *,
        secret: bool = False,
        tells_place: bool = False,
        reason: Callable[[str], str] | None = None,
        always_reason: bool = False,
    ) -> None:
        """Report these lines of the file, in order.

        `{value}` in the message is what the cell holds, `{reason}` what `reason` says of it.
        Neither is told of a row that is, or may be, hidden or that is left out, nor of a cell that
        reads like a place, since a shifted row may hold a hidden one anywhere; `secret` tells
        neither of any row; `tells_place` neither, and marks the problem so. `always_reason`: the
        reason repeats nothing of the cell, and is told of every row.

        Where many rows have the problem, the first are named and one problem stands for the rest;
        rows whose place is told are all named, since each must be emptied.
        """
        if not lines:
            return
        named = lines if tells_place or len(lines) <= MOST_NAMED else lines[:MOST_NAMED]
        for line, cell in zip(named, self.rows.loc[named, column], strict=True):
            told = not (secret or tells_place or line in self._untold or line in self._left_out)
            value = cell if told and not place_words.tells_a_place(cell) else ""
            said = message.format(
                value=_shortened(value) or "…",
                reason=reason(cell)
                if reason and (value or always_reason)
                else "Cette case n’est pas comprise.",
            )
            text = f"Ligne {line}, colonne « {column} » : {said}"
            problem = Problem(line, column, value, text, severity, tells_place)
            self.problems.append(problem)
        if rest := len(lines) - len(named):
            self.problems.append(_and_others(lines[len(named)], column, rest, severity))
        if severity == "error":
            self._left_out.update(lines)

    def told(self) -> list[Problem]:
        """Give the problems: hidden rows and rows left out marked so, others with their id."""
        untold = self._untold | self._left_out
        ids = self.rows["id"].to_dict()
        return [
            replace(one, hidden=True)
            if one.line in untold
            else replace(one, row=ids.get(one.line, ""))
            for one in self.problems
        ]

    def kept(self) -> pd.DataFrame:
        """Give the rows that nothing forbids."""
        return self.rows.drop(index=list(self._left_out)) if self._left_out else self.rows

    @property
    def hidden(self) -> pd.Series:
        """Rows whose place may not be told. An unknown confidentiality hides too."""
        return self.rows["confidentialite"] != Confidentiality.PUBLIC


# Most lists are short and most cells right: a question is asked of each distinct text of a column,
# which costs a tenth of a comparison of Series, and where the answer is no nothing more is done.


def _lines(cells: pd.Series, wrong: Callable[[str], object]) -> list[int]:
    """Give the lines of the cells that are `wrong`."""
    texts = cells.tolist()
    found = set(filter(wrong, set(texts)))
    if not found:
        return []
    return [line for line, text in zip(cells.index.tolist(), texts, strict=True) if text in found]


def _where(mask: pd.Series) -> list[int]:
    """Give the lines where a mask is true."""
    lines: list[int] = mask.index[mask.to_numpy(dtype=bool)].tolist()
    return lines


def _rewrite(rows: pd.DataFrame, column: str, rewritten: Callable[[str], str]) -> None:
    """Write each cell of a column in another form."""
    texts = rows[column].tolist()
    forms = {text: rewritten(text) for text in set(texts)}
    if any(text != form for text, form in forms.items()):
        rows[column] = pd.Series([forms[text] for text in texts], rows.index, dtype="str")


def _is_empty(text: str) -> bool:
    return not text


def _and_others(line: int, column: str, rows: int, severity: Severity) -> Problem:
    """Give the one problem that stands for the rows that are not named one by one."""
    text = (
        f"Ligne {line}, colonne « {column} » : même problème que plus haut, ici et dans "
        f"{french.count(rows - 1, 'autre ligne', 'autres lignes')}."
        if rows > 1
        else f"Ligne {line}, colonne « {column} » : même problème que plus haut."
    )
    return Problem(line, column, "", text, severity, rows=rows)


def may_hide(rows: pd.DataFrame) -> pd.Series:
    """Say which rows (`with_known_columns`) hide their place, or may: their type is not known."""
    return _may_hide(_understood(rows.copy()))


def _may_hide(understood: pd.DataFrame) -> pd.Series:
    unsure = ~understood["type"].isin(list(ServiceType))
    hidden: pd.Series = unsure | (understood["confidentialite"] != Confidentiality.PUBLIC)
    return hidden


def with_known_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Give every column of `COLUMNS`, known by its folded name, then the others.

    Raises UnreadableFile where one that is required is missing.
    """
    rows = frame.rename(columns=known_name)
    missing = [f"« {column} »" for column in REQUIRED if column not in rows.columns]
    if missing:
        known = [column for column in COLUMNS if column in rows.columns]
        found = f"elle nomme {', '.join(known)}" if known else "elle n’en nomme aucune connue"
        near = _near_columns(rows, [name for name in COLUMNS if name not in known])
        meant = "".join(f" Est-ce que « {_shortened(a)} » est « {b} » ?" for a, b in near.items())
        raise UnreadableFile(
            f"Colonne obligatoire absente : {', '.join(missing)}. La première ligne du fichier "
            f"doit nommer les colonnes ; {found}.{meant}"
        )
    others = [column for column in rows.columns if column not in COLUMNS]
    if any(map(_means_confidentiality, others)):
        raise UnreadableFile(
            "Une colonne ressemble à « confidentialite » sans être écrite ainsi : la renommer en "
            "« confidentialite », sans quoi des lieux secrets seraient montrés."
        )
    return rows.reindex(columns=[*COLUMNS, *others], fill_value="").astype("str")


def known_name(cell: str) -> str:
    """Give the name in `COLUMNS` of a column, or its own where it is none of them.

    >>> known_name("Code postal"), known_name("Remarques")
    ('code_postal', 'Remarques')
    """
    plain = re.sub(r"^'(?=[=+\-@])", "", cell.strip(BLANK))
    name = fold(plain).replace(" ", "_")
    return name if name in COLUMNS else plain


def _near_columns(rows: pd.DataFrame, lacking: Collection[str]) -> dict[str, str]:
    """Give, for each column that is not known, the one of those lacking that it may be."""
    near = {
        str(column): column_names.nearest(str(column), lacking)
        for column in rows.columns
        if column not in COLUMNS
    }
    return {column: meant for column, meant in near.items() if meant}


def _unknown_columns(table: Table) -> list[Problem]:
    """Tell each column that is not known where it may say what a known one leaves empty.

    A column of the user's own, or one more of a kind (a second number), is no problem.
    """
    rows = table.frame.rename(columns=known_name)
    found = []
    for column, meant in _near_columns(rows, COLUMNS).items():
        said = rows[column] != ""
        if not (said & (rows[meant] == "" if meant in rows.columns else True)).any():
            continue
        day = column_names.day_named(column)
        how = (
            f"Écrire les heures de tous les jours dans « {meant} », par exemple « {day} 9h-12h »."
            if day and meant == "horaires_accueil"
            else f"Si c’est « {meant} », renommer ainsi la colonne."
        )
        name = _shortened(column)
        line = table.header
        text = f"Ligne {line}, colonne « {name} » : cette colonne n’est pas lue. {how}"
        found.append(Problem(line, name, "", text, "warning"))
    return found


def _means_confidentiality(column: str) -> bool:
    name = fold(column).replace(" ", "")
    near = difflib.SequenceMatcher(None, name, "confidentialite").ratio() > _NEAR
    return name.startswith(("confid", "secret", "cache")) or near


def _understood(rows: pd.DataFrame) -> pd.DataFrame:
    """Put words in their one form, and give each row its level of confidentiality."""
    # What our own Excel export shields from being computed comes back as it was.
    for column in rows.columns:
        if column not in _POINT:
            _rewrite(rows, column, _unshielded)
    for column in ("departement", "zone_eligibilite"):
        _rewrite(rows, column, _with_zeros)
    _rewrite(rows, "type", _type_slug)
    cells = list(zip(rows["confidentialite"].tolist(), rows["type"].tolist(), strict=True))
    known = {(text, kind): level_of(text, kind) or text for text, kind in set(cells)}
    rows["confidentialite"] = pd.Series([known[cell] for cell in cells], rows.index, dtype="str")
    for column in LISTS:
        _rewrite(rows, column, _tokens)
    return rows


def _unshielded(text: str) -> str:
    return text[1:] if _SHIELDED.match(text) else text


_SHIELDED = re.compile(r"'(?=[=+\-@]|\d{1,2}/\d{1,2}$|\d{4}-\d{1,2}$)")


def _with_zeros(codes: str) -> str:
    """Put back the zero that a spreadsheet drops: no département has one digit, no code four."""
    return _LOST_ZERO.sub("0", codes)


_LOST_ZERO = re.compile(r"(?<![^| ])(?=\d(?:\d{3})?(?![^| ]))")


def _type_slug(text: str) -> str:
    """`Accueil de jour` → `accueil-de-jour`, where that is a type; else unchanged."""
    slug = fold(text).replace(" ", "-")
    return slug if slug in _TYPES and _WORDS.fullmatch(text) else text


def _tokens(text: str) -> str:
    """`Femmes | Enfants|` → `femmes|enfants`."""
    words = (fold(word).replace(" ", "-") for word in text.split("|"))
    return "|".join(filter(None, words)) or text


def _check_identity(check: _Check) -> None:
    rows = check.rows
    for column in REQUIRED:
        check.report(
            _lines(rows[column], _is_empty),
            column,
            "la case est vide alors qu’elle est obligatoire. La ligne est laissée de côté.",
            "error",
        )
    check.report(
        _where(rows["id"].duplicated() & (rows["id"] != "")),
        "id",
        "l’identifiant « {value} » figure déjà plus haut : en donner un autre. La ligne est "
        "laissée de côté.",
        "error",
    )


def _check_words(check: _Check) -> None:
    """Types and the lists of words; `Accueil de jour` is understood as `accueil-de-jour`."""
    rows = check.rows
    check.report(
        _lines(rows["type"], lambda text: text and text not in _TYPES),
        "type",
        "ce n’est pas un type connu. {reason} La ligne est laissée de côté.",
        "error",
        reason=_nearest_type,
        always_reason=True,
    )
    for column in LISTS:
        check.report(
            _lines(rows[column], partial(_holds_another_word, column)),
            column,
            "« {value} » n’est pas compris. {reason} Le texte est gardé, mais aucun filtre ne le "
            "trouve.",
            reason=partial(_nearest_words, column),
            always_reason=True,
        )
    check.report(
        _lines(
            rows["publics"],
            lambda text: PERPETRATORS in _listed(text) and _listed(text) != [PERPETRATORS],
        ),
        "publics",
        "une fiche pour les auteurs de violences n’est proposée à aucune femme : faire deux fiches "
        "si le service reçoit aussi d’autres personnes.",
    )


def vocabulary(column: str) -> Mapping[str, str]:
    """Give the words of a column of `LISTS`, with what people read."""
    return AUDIENCES if column == "publics" else aids.vocabulary(column)


def _holds_another_word(column: str, text: str) -> bool:
    return not set(_listed(text)) <= vocabulary(column).keys()


def _listed(text: str) -> list[str]:
    return [word for word in text.split("|") if word]


@lru_cache(maxsize=MOST_NAMED)
def _nearest_words(column: str, value: str) -> str:
    """Say which word of a closed list the first one that is not understood may stand for."""
    words = vocabulary(column)
    known = {fold(said): word for pair in words.items() for word in pair[:1] for said in pair}
    if column not in ("acces", "publics"):
        known = {**known, **aids.also_written(column)}
    odd = next(word for word in _listed(value) if word not in words)
    near = process.extractOne(fold(odd[:60]), list(known), scorer=fuzz.ratio, score_cutoff=60)
    if near:
        return f"Peut-être « {known[near[0]]} » ?"
    if column == "langues":
        return "Écrire le code de la langue (en, ar, ru…) ou interprete."
    return f"Choisir parmi : {', '.join(words)} (séparés par une barre verticale)."


@lru_cache(maxsize=MOST_NAMED)
def _nearest_type(value: str) -> str:
    slug = fold(value[:60]).replace(" ", "-")
    near = process.extractOne(slug, list(ServiceType), scorer=fuzz.ratio, score_cutoff=60)
    return f"Peut-être « {near[0]} » ?" if near else f"Choisir parmi : {', '.join(ServiceType)}."


def _check_confidentiality(check: _Check) -> None:
    """Rule of the domain: a hidden place that carries a place is refused, never masked."""
    rows = check.rows
    levels = rows["confidentialite"]
    check.report(
        _lines(levels, lambda text: text == CUT_OFF),
        "confidentialite",
        "la ligne s’arrête avant cette case, le fichier a pu être coupé. Y écrire l’un des mots "
        f"{', '.join(Confidentiality)}. La ligne est laissée de côté.",
        "error",
    )
    check.report(
        _lines(levels, lambda text: text != CUT_OFF and text not in _LEVELS),
        "confidentialite",
        f"ce mot n’est pas connu. Choisir parmi : {', '.join(Confidentiality)}. La ligne est "
        "laissée de côté.",
        "error",
        secret=True,
    )
    check.report(
        _where((rows["type"] == ServiceType.HEBERGEMENT) & (levels == Confidentiality.PUBLIC)),
        "confidentialite",
        "un hébergement est déclaré public : vérifier que son adresse peut être connue de tous, "
        "sinon écrire departement.",
    )
    departements = communes.read_departements().index
    strange = _lines(rows["departement"], lambda text: text and text not in departements)
    check.report(
        strange,
        "departement",
        "ce n’est pas le code d’un département (86, 2A, 974…). La case est ignorée.",
        secret=True,
    )
    if strange:
        rows.loc[strange, "departement"] = ""
    hidden = check.hidden
    if not hidden.any():
        return
    secret = hidden & (levels != Confidentiality.COMMUNE)
    if secret.any():
        apart = rows[secret]
        rows.loc[secret, "departement"] = _departements(apart, _communes_of(apart))
    apart, known_by_home = rows[hidden], set(_where(secret))
    for column in rows.columns:
        cells = apart[column]
        unknown = column not in COLUMNS
        if column in ("adresse", *_POINT) or (unknown and place_words.names_a_place(column)):
            telling = _lines(cells, bool)
        elif unknown and place_words.names_a_commune(column):
            telling = [line for line in _lines(cells, bool) if line in known_by_home]
        elif column not in _COMMUNE:
            telling = _telling(cells, known_by_home)
        else:
            continue
        check.report(telling, column, _REFUSED, "error", tells_place=True)
    if secret.any():
        _keep_only_the_departement(check, secret)
    _empty_what_may_tell(check, hidden)


def _telling(cells: pd.Series, secret: Collection[int]) -> list[int]:
    """Give the lines of the cells that tell a place; a postal code does where it is `secret`."""
    coded = set(_lines(cells, place_words.holds_a_postal_code)) & set(secret)
    told = set(_lines(cells, place_words.tells_a_place)) | coded
    return [line for line in cells.index.tolist() if line in told]


_REFUSED = (
    "ce lieu est confidentiel et la case dit où il se trouve. L’effacer. La ligne est laissée de "
    "côté."
)


def _keep_only_the_departement(check: _Check, secret: pd.Series) -> None:
    """Empty what tells the commune of a row known by its département only, with a warning."""
    rows = check.rows
    apart = rows[secret]
    zones = dict(
        zip(apart.index.tolist(), zone_departements(apart["zone_eligibilite"]), strict=True)
    )
    near = {
        line: _Whereabouts(
            frozenset((home, *zones[line], *map(_departement, _codes_of(name, postal))))
            - {FRANCE, ""},
            place_words.names_of(name, postal, code),
        )
        for line, name, postal, code, home in apart[[*_COMMUNE, "departement"]].itertuples(
            name=None
        )
    }
    for column in rows.columns.difference(list(_PLACE)):
        _forget(check, _naming(apart[column], near), str(column))
    for line in _lines(rows.loc[secret, "departement"], _is_empty):
        if len(near[line].departements) == 1 and FRANCE not in zones[line]:
            rows.loc[line, "departement"] = next(iter(near[line].departements))
    for column in _COMMUNE:
        told = _lines(apart[column], bool)
        check.report(
            told,
            column,
            "seul le département de ce lieu peut être connu : la case est vidée à la lecture. "
            "L’effacer dans le fichier, et écrire le département dans « zone_eligibilite ».",
            tells_place=True,
        )
        if told:
            rows.loc[told, column] = ""
    served = rows.loc[secret, "zone_eligibilite"]
    wider = zone_departements(served).map("|".join).astype("str")
    # The place's own département is kept there: nothing else would tell it once written again.
    home = rows.loc[secret, "departement"]
    lacking = [one not in zone.split("|") for one, zone in zip(home, wider, strict=True)]
    kept = wider.where(~pd.Series(lacking, wider.index, dtype=bool) | (home == ""), home)
    kept = kept.where((kept == wider) | (wider == ""), home + "|" + wider)
    check.report(
        _where((served != "") & (served != wider)),
        "zone_eligibilite",
        "seuls les départements servis par ce lieu peuvent être connus : les autres codes sont "
        "écartés à la lecture. Les remplacer dans le fichier.",
        tells_place=True,
    )
    rows.loc[secret, "zone_eligibilite"] = kept


@dataclass(frozen=True)
class _Whereabouts:
    """The départements a hidden row may be in, and what its place cells call its commune."""

    departements: frozenset[str]
    names: frozenset[str]


def _codes_of(commune: str, code_postal: str) -> tuple[str, ...]:
    """Return the communes of a postal code, else those of this name."""
    postal = f"0{code_postal}" if re.fullmatch(r"\d{4}", code_postal) else code_postal
    return communes.with_postal_code(postal) or tuple(communes.named(commune))


def departement_of_cells(row: Mapping[str, str]) -> str:
    """Give the département of a row's place cells as they are written, "" where none is sure."""
    code = row.get("code_insee", "")
    code = f"0{code}" if re.fullmatch(r"\d{4}", code) else code
    found = {_departement(code)} - {""} or set(
        map(_departement, _codes_of(row.get("commune", ""), row.get("code_postal", "")))
    )
    return found.pop() if len(found) == 1 else ""


def _naming(cells: pd.Series, near: Mapping[int, _Whereabouts]) -> list[int]:
    """Give the lines of cells that name a commune of their départements, or hold its code.

    `near`: the `_Whereabouts` of each line.
    """
    column = str(cells.name)
    found = []
    for line, cell in zip(cells.index.tolist(), cells.tolist(), strict=True):
        home, text = near[line].departements, cell
        if column == "id":
            text = _DIGEST.sub("", cell)  # its figures may look like a postal code
        closed = column in _CLOSED and _is_closed(column, text)
        if (
            text
            and not closed
            and (
                any(f" {name} " in f" {spelled_out(text)} " for name in near[line].names)
                or place_words.names_a_commune_of(text, home, run_together=column in _ADDRESSES)
                or (column not in _FIGURES and place_words.holds_a_code_of(text, home))
            )
        ):
            found.append(line)
    return found


_DIGEST = re.compile(r"(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])")
_ADDRESSES = ("courriel", "site_web", "lien_source")
_FIGURES = ("telephone", "zone_eligibilite", "departement")
_CLOSED = ("type", "confidentialite", *LISTS, "date_source", "date_verification")


def _is_closed(column: str, text: str) -> bool:
    """Say whether a cell holds only words of a closed list, or a date: they tell no place."""
    if column.startswith("date_"):
        return partial_date.parse(text) is not None
    if column in LISTS:
        return not _holds_another_word(column, text)
    words = {"type": ServiceType, "confidentialite": Confidentiality}[column]
    return text in set(words)


def _empty_what_may_tell(check: _Check, hidden: pd.Series) -> None:
    """Empty, in rows that hide their place, words of an address and columns that nobody knows."""
    rows = check.rows
    apart = rows[hidden]
    for column in rows.columns.difference([*_PLACE, "id"]):
        emptied = _lines(apart[column], place_words.may_tell_a_place)
        check.report(
            emptied,
            column,
            "ces mots ressemblent à une adresse, et ce lieu est confidentiel : la case est vidée "
            f"à la lecture. {_instead_of(column)}",
            tells_place=True,
        )
        if column not in COLUMNS:
            told, emptied = set(emptied), _lines(apart[column], bool)
            check.report(
                [line for line in emptied if line not in told],
                column,
                "cette colonne n’est pas connue et ce lieu est confidentiel : la case n’est pas "
                "montrée.",
                secret=True,
            )
        if emptied:
            rows.loc[emptied, column] = UNTOLD.get(column, "")


def _instead_of(column: str) -> str:
    if column in UNTOLD:
        return f"Y écrire « {UNTOLD[column]} »."
    if column == "reseaux":
        return "N’y laisser que les réseaux dont le nom ne dit aucune commune."
    return "L’effacer dans le fichier."


def _forget(check: _Check, lines: list[int], column: str) -> None:
    """Empty the cells that name a hidden place's commune; an id cannot be emptied."""
    if not lines:
        return
    if column == "id":
        check.report(
            lines,
            column,
            "l’identifiant nomme une commune et ce lieu est confidentiel : en donner un autre. La "
            "ligne est laissée de côté.",
            "error",
            tells_place=True,
        )
        return
    check.report(
        lines,
        column,
        "une commune de son département est écrite ici, et ce lieu est confidentiel : la case est "
        f"vidée à la lecture. {_instead_of(column)}",
        tells_place=True,
    )
    check.rows.loc[lines, column] = UNTOLD.get(column, "")


def _repair_codes(check: _Check) -> None:
    """Codes are text: put back the zero a spreadsheet dropped, and follow merged communes."""
    rows = check.rows
    for column, digits in _WITHOUT_ZERO.items():
        short = _lines(rows[column], digits.fullmatch)
        check.report(
            short,
            column,
            "« {value} » a perdu son zéro : lu comme 0{value}. Mettre la colonne au format texte.",
        )
        if short:
            rows.loc[short, column] = "0" + rows.loc[short, column]
    found = dict(zip(rows.index.tolist(), _communes_of(rows), strict=True))
    given = dict(zip(rows.index.tolist(), rows["code_insee"].tolist(), strict=True))
    _report_missing_codes(check, found)
    unknown = _lines(rows["code_insee"], lambda code: code and not communes.current_code(code))
    check.report(
        [line for line in unknown if not found[line].code],
        "code_insee",
        "« {value} » n’est pas le code d’une commune de 2026. Le lieu ne peut être placé.",
    )
    check.report(
        [line for line in unknown if found[line].code],
        "code_insee",
        "« {value} » n’est pas le code d’une commune de 2026 : le code est retrouvé d’après la "
        "commune. Le corriger.",
    )
    apart = {*unknown, *_lines(rows["code_insee"], _is_empty)}
    _report_disagreements(check, {line: one for line, one in found.items() if line not in apart})
    check.report(
        [
            line
            for line, code in given.items()
            if code and not found[line].how and found[line].code not in ("", code)
        ],
        "code_insee",
        "« {value} » est un ancien code (commune fusionnée ou arrondissement) : la commune "
        "d’aujourd’hui est retenue.",
    )
    told = rows["confidentialite"].isin([Confidentiality.PUBLIC, Confidentiality.COMMUNE])
    homes = pd.Series(_departements(rows, found.values()), rows.index, dtype="str")
    rows["departement"] = homes.where(told, rows["departement"])
    codes = [place.code for place in found.values()]
    rows["code_insee"] = pd.Series(codes, rows.index, dtype="str")


_WITHOUT_ZERO = {
    "code_postal": re.compile("[0-9]{4}"),
    "code_insee": re.compile("[0-9]{4}"),
    "telephone": re.compile("[1-9][0-9]{8}"),
}


def _communes_of(rows: pd.DataFrame) -> list[Resolved]:
    """Give the commune of each row: its cells are checked together."""
    texts = [rows[column].tolist() for column in _COMMUNE]
    # Rows without a point have none, and not NaN, which differs from itself.
    degrees = (
        [None if np.isnan(value) else value for value in _numbers(rows[axis].tolist())]
        for axis in ("longitude", "latitude")
    )
    places = list(zip(*texts, *degrees, strict=True))
    resolved = {place: reconcile(*place) for place in set(places)}
    return [resolved[place] for place in places]


def _numbers(texts: list[str]) -> list[float]:
    """Read numbers with a point or a comma, NaN where a text is none."""
    if not any(texts):
        return [np.nan] * len(texts)
    cells = np.array([text.replace(",", ".") for text in texts], dtype=object)
    return list(map(float, pd.to_numeric(cells, errors="coerce")))


def _report_missing_codes(check: _Check, found: Mapping[int, Resolved]) -> None:
    """Say where the code had to be found by what else the row says, or could not be."""
    named = set(_lines(check.rows["commune"], bool))
    missing = [line for line in _lines(check.rows["code_insee"], _is_empty) if line in named]
    check.report(
        [line for line in missing if found[line].code],
        "code_insee",
        "la case est vide : le code est retrouvé d’après la commune. L’ajouter.",
    )
    check.report(
        [line for line in missing if not found[line].code],
        "code_insee",
        "la case est vide et la commune ne suffit pas à la retrouver : l’ajouter pour que le lieu "
        "soit placé.",
    )


def _report_disagreements(check: _Check, found: Mapping[int, Resolved]) -> None:
    """Say which rows contradict themselves about their commune, and which commune is kept."""
    contradicted: dict[str, list[int]] = {}
    for line, place in found.items():
        if place.told:
            contradicted.setdefault(place.told, []).append(line)
    for sentence, lines in contradicted.items():

        def reason(_cell: str, sentence: str = sentence) -> str:
            return sentence

        check.report(lines, "code_insee", "{reason} Corriger.", reason=reason)


def _departements(rows: pd.DataFrame, places: Iterable[Resolved]) -> list[str]:
    """From the commune, else the zone if it names just one, else what the file says."""
    said = zip(rows["zone_eligibilite"].tolist(), rows["departement"].tolist(), strict=True)
    return [
        place.departement or _only_departement(zone) or stated
        for place, (zone, stated) in zip(places, said, strict=True)
    ]


def _only_departement(zone: str) -> str:
    """Give the one département that a `zone_eligibilite` names, "" where there are several."""
    named = _zone_departements(zone)
    return named[0] if len(named) == 1 and named[0] != FRANCE else ""


FRANCE = "france"


def _departement(code: str) -> str:
    """Give the département of a commune's code, of today or of the past; "" if there is none."""
    known = communes.current_code(code)
    return communes.departement_of(known) if known else ""


def _zone_departements(zone: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    departements = communes.read_departements().index
    for token in filter(None, (part.strip() for part in zone.split("|"))):
        if token.lower() == FRANCE:
            found[FRANCE] = None
        elif token in departements:
            found[token] = None
        elif commune := communes.current_code(token):
            found[communes.departement_of(commune)] = None
        else:
            found.update(dict.fromkeys(communes.departements_of_epci(token)))
    return tuple(found)


def _check_dates_and_links(check: _Check, today: date | None) -> date | None:
    """Report what is no date, no link, or a date after `today`; give the first of these dates."""
    rows = check.rows
    coming: list[date] = []
    for column in ("date_source", "date_verification"):
        check.report(
            _lines(rows[column], lambda text: text and partial_date.parse(text) is None),
            column,
            "« {value} » n’est pas une date. Écrire 2026, 2026-11 ou 2026-11-22.",
        )
        dates = {text: partial_date.parse(text) for text in set(rows[column].tolist())}
        to_come = {
            text: day.first_day
            for text, day in dates.items()
            if today and day and day.first_day > today
        }
        coming += to_come.values()
        check.report(
            _lines(rows[column], to_come.__contains__),
            column,
            "« {value} » est une date à venir : vérifier l’année, le mois et le jour.",
        )
        _rewrite(rows, column, lambda text: str(partial_date.parse(text) or text))
    for column in _LINKS:
        check.report(
            _lines(rows[column], lambda text: text and not LINK.fullmatch(text)),
            column,
            "« {value} » n’est pas un lien. Écrire une seule adresse, qui commence par https://.",
        )
    return min(coming, default=None)


def _check_contacts(check: _Check) -> None:
    """Report numbers nobody can call and addresses nobody can write to; their text is kept."""
    rows = check.rows
    wrong = {text: phones.wrong(text) for text in set(rows["telephone"].tolist())}
    check.report(
        _lines(rows["telephone"], wrong.__getitem__),
        "telephone",
        "« {value} » : {reason} Le texte est montré tel quel, sans lien pour appeler.",
        reason=wrong.__getitem__,
    )
    check.report(
        _lines(rows["courriel"], lambda text: text and not is_mail(text)),
        "courriel",
        "« {value} » n’est pas une adresse électronique. En écrire une seule, comme "
        "accueil@exemple.fr. Le texte est montré tel quel, sans lien.",
    )


def _check_letters(check: _Check) -> None:
    """Report letters that a program has lost: a question mark within a word, or a strange sign."""
    for column in _PROSE:
        check.report(
            _lines(check.rows[column], _has_lost_letters),
            column,
            "« {value} » a perdu des lettres, à cause d’un enregistrement dans un ancien codage : "
            "les récrire.",
        )


_PROSE = ("nom", "structure", "adresse", "commune", "horaires_precisions", "description", "source")


def _has_lost_letters(text: str) -> bool:
    # A set of characters is found ten times faster than what stands around them.
    return bool(_LOST_SIGN.search(text) and _LOST_LETTER.search(text))


_LOST_SIGN = re.compile("[\ufffd\u25a1?‚ƒ„†‡ˆ‰‹ŠŽÚÞÓÛ]")
_LOST_LETTER = re.compile(
    "[\ufffd\u25a1]|(?:(?<=[^\\W\\d_])|(?<!\\S))[?‚ƒ„†‡ˆ‰‹](?=[^\\W\\d_])|(?<=[a-z])[ŠŽÚÞÓÛ](?=[a-z])"
)


def _check_lengths(check: _Check) -> None:
    """Report texts that no page could show, and cut them; a cut link would lead elsewhere."""
    rows = check.rows
    for column, most in _LONGEST.items():
        if column == "horaires_accueil":
            continue
        long = _lines(rows[column], partial(_is_longer, most))
        if not long:
            continue
        kept = "n’est pas montré" if column in _LINKS else f"est coupé à {french.number(most)}"
        check.report(
            long,
            column,
            f"ce texte est trop long : le raccourcir à {french.number(most)} caractères. "
            f"À l’écran et sur papier, il {kept}.",
            "error" if column == "id" else "warning",
        )
        cut = "" if column in _LINKS else rows.loc[long, column].str[: most - 1] + "…"
        rows.loc[long, column] = cut


def _is_longer(most: int, text: str) -> bool:
    return len(text) > most


_LINKS = ("site_web", "lien_source")


def _check_hours(check: _Check) -> None:
    """Report hours that are not understood, or that close before they open where no night is.

    Each text costs time: a file whose hours are all wrong is not read to its end.
    """
    distinct = list(filter(None, dict.fromkeys(check.rows["horaires_accueil"].tolist())))
    wrong: dict[str, str] = {}
    unread = set(distinct)
    for text in distinct:
        if len(wrong) >= MOST_NAMED:
            break
        unread.discard(text)
        _settle_nights(check, text)
        try:
            hours.understand(text)
        except hours.InvalidHours as error:
            wrong[text] = str(error)
    texts = check.rows["horaires_accueil"]
    check.report(
        _lines(texts, wrong.__contains__),
        "horaires_accueil",
        "{reason} Les horaires sont montrés comme inconnus.",
        reason=wrong.__getitem__,
    )
    if lines := _lines(texts, unread.__contains__):
        unread_cells = french.count(len(lines), "case n’a pas été vérifiée", _UNREAD)
        text = (
            f"Ligne {lines[0]}, colonne « horaires_accueil » : trop d’horaires ne sont pas "
            f"compris plus haut. {unread_cells} : corriger les premières, puis recommencer."
        )
        check.problems.append(
            Problem(lines[0], "horaires_accueil", "", text, "warning", rows=len(lines))
        )


_UNREAD = "cases n’ont pas été vérifiées"


def _settle_nights(check: _Check, text: str) -> None:
    """Make hours over midnight sure for the types that open at night, unknown for the others."""
    for expected in (True, False):
        kept = hours.over_midnight(text, expected=expected)
        if kept == text:
            continue
        night = check.rows["type"].isin([kind for kind in ServiceType if kind.facts.open_at_night])
        here = (check.rows["horaires_accueil"] == text) & (night == expected)
        if not expected:
            check.report(
                _where(here),
                "horaires_accueil",
                "« {value} » ferme avant d’ouvrir : corriger l’heure de fermeture. Ces heures sont"
                " montrées comme inconnues.",
            )
        check.rows.loc[here, "horaires_accueil"] = kept


def _placed(rows: pd.DataFrame, check: _Check) -> gpd.GeoDataFrame:
    """Put each row at its point, else at its town hall, else nowhere."""
    halls = communes.read_town_halls()[["lng", "lat"]].reindex(rows["code_insee"])
    halls.index = rows.index
    public = rows["confidentialite"] == Confidentiality.PUBLIC
    stands_in = public & (rows["type"] != ServiceType.ECOUTE) & halls["lng"].notna()
    lat, lng = _believable(rows, halls, check, at_hall=frozenset(_where(stands_in)))
    exact = lat.notna()
    at_hall = ~exact & stands_in
    points = np.full(len(rows), None, dtype=object)
    for here, x, y in ((exact, lng, lat), (at_hall, halls["lng"], halls["lat"])):
        points[here] = shapely.points(x[here], y[here])
    frame = rows.assign(latitude=lat, longitude=lng, approximatif=at_hall)
    placed = gpd.GeoDataFrame(frame.set_index("id"), geometry=points, crs="EPSG:4326")
    return secrecy.hidden_last(placed)


def _believable(
    rows: pd.DataFrame, halls: pd.DataFrame, check: _Check, *, at_hall: Collection[int]
) -> tuple[pd.Series, pd.Series]:
    """Give latitudes and longitudes in degrees; NaN for none, for half a point, for a far one.

    `at_hall`: the lines that their town hall stands in for, where their point is not kept.
    """
    given = [set(_lines(rows[axis], bool)) for axis in _POINT]
    if not any(given):
        nowhere = pd.Series(np.nan, rows.index)
        return nowhere, nowhere
    lat, lng = (_degrees(rows[axis], check, at_hall) for axis in _POINT)
    _report_point(
        check,
        sorted(given[0] ^ given[1]),
        "latitude",
        "latitude et longitude vont ensemble : l’une des deux manque.",
        at_hall,
    )
    both = lat.notna() & lng.notna()
    far = pd.Series(data=False, index=rows.index)
    if both.any():
        far[both] = _far(rows[both], halls[both], lat[both], lng[both])
    _report_point(
        check,
        _where(far),
        "latitude",
        "le point est loin de sa commune (latitude et longitude échangées ?).",
        at_hall,
    )
    believed = both & ~far
    return lat.where(believed), lng.where(believed)


def _report_point(
    check: _Check, lines: list[int], column: str, message: str, at_hall: Collection[int]
) -> None:
    """Report points that are not kept, and what becomes of their rows."""
    placed = [line for line in lines if line in at_hall]
    others = [line for line in lines if line not in at_hall]
    check.report(placed, column, f"{message} Le lieu est placé à la mairie.")
    check.report(others, column, f"{message} Le lieu n’est pas placé sur la carte.")


def _degrees(cells: pd.Series, check: _Check, at_hall: Collection[int]) -> pd.Series:
    wrong = _lines(cells, lambda text: text and not _DEGREES.fullmatch(text))
    message = "« {value} » n’est pas un nombre de degrés. Écrire par exemple 46,58."
    _report_point(check, wrong, str(cells.name), message, at_hall)
    texts = [text if _DEGREES.fullmatch(text) else "" for text in cells.tolist()]
    return pd.Series(_numbers(texts), cells.index)


_DEGREES = re.compile(r"[+-]?[0-9]{1,3}([.,][0-9]+)?")


def _far(
    rows: pd.DataFrame, halls: pd.DataFrame, lat: pd.Series, lng: pd.Series
) -> npt.NDArray[np.bool_]:
    """Say which points are far from their town hall, or from their territory if it has none."""
    limit = np.where(rows["departement"] == _GUYANE, _FAR_IN_GUYANE_M, _FAR_M)
    distance = communes.chord_m(
        communes.to_xyz(lng.to_numpy(), lat.to_numpy()),
        communes.to_xyz(halls["lng"].to_numpy(), halls["lat"].to_numpy()),
    )
    far: npt.NDArray[np.bool_] = distance > limit
    homes = rows["code_insee"].map(_departement)
    for home in homes[halls["lng"].isna()].unique():
        here = (halls["lng"].isna() & (homes == home)).to_numpy()
        far[here] = ~_unmapped.may_be_in(home, lng[here], lat[here])
    return far


def _shortened(value: str) -> str:
    return value if len(value) <= 60 else value[:59] + "…"
