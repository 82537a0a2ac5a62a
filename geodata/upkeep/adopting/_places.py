"""Which communes a table names: France services, a list of towns, any export with an address."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from geodata import column_names, commune_codes, communes, french
from geodata.decoding import decoded
from geodata.own_territory import plain_name
from geodata.tables import SEPARATORS, UnreadableFile
from geodata.text import fold
from geodata.upkeep import workbooks
from geodata.upkeep.adopting import _columns, _files

_TELLS: Final = ("code_insee", "commune", "code_postal", "latitude", "longitude")
_LONGEST_NAME: Final = 60
_MOST_SHOWN: Final = 6
_TERRITORY: Final = (
    *("territoire", "nom du territoire", "nom territoire", "quartier", "canton", "bassin de vie"),
    *("bassin", "secteur", "perimetre", "nom canton", "lib canton", "libelle canton", "libbv2022"),
)
"""How a column of territories is named, folded."""

Told = Mapping[str, str]


@dataclass(frozen=True)
class NamedCommunes:
    """The communes of a table.

    `codes`: INSEE codes of 2026, each once, in the order of the table. `problems`: a French
    sentence for each row whose commune is not known or contradicts itself; those of rows that are
    surely in other départements than asked about are left out.
    """

    codes: tuple[str, ...]
    problems: tuple[str, ...]


def communes_named(content: bytes, departements: Collection[str]) -> NamedCommunes:
    """Find the commune of each row by its INSEE code, name, postal code and point.

    A name alone that several communes have is the one of these `departements`, if it is one. A list
    of names or codes, one a line, needs no title.

    Raises UnreadableFile, in French, where it is no table or nothing in it tells a commune.
    """
    return _named(_list(content) or _table(content), departements, everywhere=False)


def territories_named(content: bytes, departements: Collection[str]) -> dict[str, NamedCommunes]:
    """Find the communes of each territory of a table; "" names the lines without a territory.

    A column `territoire`, or another of `_TERRITORY`, names the territory of each line (`-` is no
    name). A name alone that several communes have is the one of these `departements`, if it is one;
    else it is told, as is every line whose commune is not known, and every commune of the past that
    is a part of another today.

    Raises UnreadableFile, in French, where it is no table or nothing in it tells a commune.
    """
    lines: dict[str, list[tuple[int, Told]]] = {}
    for line, told in _list(content) or _table(content):
        lines.setdefault(told.get(_TERRITORY[0], ""), []).append((line, told))
    return {name: _named(told, departements, everywhere=True) for name, told in lines.items()}


def _named(
    lines: Iterable[tuple[int, Told]], departements: Collection[str], *, everywhere: bool
) -> NamedCommunes:
    """Find the communes of some lines; `everywhere`: they may be outside these départements."""
    codes, problems = dict[str, None](), []
    for line, told in lines:
        found = commune_codes.reconcile(
            told["commune"],
            told["code_postal"],
            told["code_insee"],
            _degrees(told["longitude"]),
            _degrees(told["latitude"]),
        )
        code = found.code or _only_one_here(told, departements)
        if code:
            codes.setdefault(code)
        here = everywhere or (found.departement or "") in ("", *departements)
        if (found.disagreement or not code) and here:
            problems.append(f"Ligne {line} : {found.told or _why_unknown(told)}")
        elif everywhere and (now := _merged_into(told, code)):
            problems.append(f"Ligne {line} : {now}")
    return NamedCommunes(tuple(codes), tuple(problems))


def _why_unknown(told: Told) -> str:
    named = (told["commune"] or told["code_insee"])[:_LONGEST_NAME]
    several = communes.named(told["commune"], told["code_postal"]) if told["commune"] else []
    if len(several) > 1:
        return _which(named, several)
    if told["code_insee"] and communes.with_postal_code(commune_codes.padded(told["code_insee"])):
        return f"« {named} » est un code postal : donner le code INSEE, ou le nom de la commune."
    if told["code_insee"]:
        return f"« {named} » n’est le code d’aucune commune."
    return f"« {named} » n’est pas une commune que nous trouvions."


def _which(named: str, several: list[str]) -> str:
    """Say what to write in the place of a name of several communes: what is one of them alone."""
    homes = sorted({communes.departement_of(code) for code in several})
    with_home = [f"{named} ({home})" for home in homes] if len(homes) > 1 else []
    clear = next((text for text in with_home if len(communes.named(text)) == 1), "")
    if clear:
        return (
            f"plusieurs communes s’appellent « {named} » (départements {_shown(homes)}) : écrire "
            f"le département derrière, comme « {clear} », ou le code INSEE."
        )
    names = communes.read_town_halls()["nom"]
    told = _shown([f"{names[code]} ({code})" for code in several], " ou ")
    return f"« {named} » peut être {told} : écrire le code INSEE de la bonne commune."


def _shown(texts: list[str], last: str = ", ") -> str:
    return french.listed(texts[:_MOST_SHOWN], last) + ("…" if len(texts) > _MOST_SHOWN else "")


def _merged_into(told: Told, code: str) -> str:
    """Say what a commune of the past is now; "" for one of today."""
    given = commune_codes.padded(told["code_insee"])
    if not given or given == code:
        return ""
    name = str(communes.read_town_halls()["nom"][code])
    return f"{given} fait maintenant partie de {name} ({code}), qui compte entière."


def _list(content: bytes) -> list[tuple[int, Told]]:
    """Read names or codes, one a line or a row; nothing where it is a table or no plain text."""
    found = [(number, text) for number, text in _single_cells(content) if text]
    if found and column_names.stands_for(found[0][1]) in _TELLS:
        found = found[1:]
    return [(number, dict.fromkeys(_TELLS, "") | {_told_by(text): text}) for number, text in found]


def _single_cells(content: bytes) -> list[tuple[int, str]]:
    """Return the lines of a text, or the rows of a workbook, that have no more than one cell each.

    Nothing where one has more, or where it cannot be read: `_table` says why.
    """
    workbooks.refuse_documents(content)
    if len(content) > _files.MOST_BYTES or content.lstrip()[:1] in (b"{", b"["):
        return []
    if workbooks.is_workbook(content):
        sheets = [sheet.rows for sheet in workbooks.read_sheets(content) if sheet.rows]
        first = sheets[0] if sheets else []
        rows = [(line, [cell for cell in cells if cell]) for line, cells in first]
        several = len(sheets) > 1 or any(len(cells) > 1 for _, cells in rows)
        return [] if several else [(line, cells[0].strip()) for line, cells in rows if cells]
    try:
        lines = decoded(content)[0].lstrip("\ufeff").splitlines()
    except UnicodeDecodeError:
        return []
    if any(sign in line for line in lines for sign in (*SEPARATORS, "\0")):
        return []
    return [(number, line.strip(' "')) for number, line in enumerate(lines, start=1)]


def _told_by(text: str) -> str:
    """Return what a text alone is: `86078` and `2A004` are codes, all else is a name."""
    return "code_insee" if text[2:].isdigit() else "commune"


def _table(content: bytes) -> Iterator[tuple[int, Told]]:
    sheet = _files.read_sheets(content)[0]
    roles = {column.role: column.name for column in _columns.recognised(sheet)}
    if not {"code_insee", "commune"} & roles.keys():
        raise UnreadableFile(
            "Aucune colonne ne dit la commune. Donner un tableau avec une première ligne de titres "
            "et une colonne « code_insee » ou « commune » (et « code_postal », si possible)."
        )
    by_name = {fold(name): name for name in sheet.header}
    territory = next((by_name[name] for name in _TERRITORY if name in by_name), None)
    for line, row in sheet.rows.iterrows():
        told = {role: str(row[roles[role]]).strip() if role in roles else "" for role in _TELLS}
        if territory is not None:
            told[_TERRITORY[0]] = plain_name(str(row[territory]))
        if told["code_insee"] or told["commune"]:
            yield int(str(line)), told


def _only_one_here(told: Told, departements: Collection[str]) -> str:
    """Return the commune of these départements that a name without a code may be; "" if several."""
    if told["code_insee"] or not told["commune"]:
        return ""
    named = communes.named(told["commune"], told["code_postal"])
    here = [code for code in named if communes.departement_of(code) in departements]
    return here[0] if len(here) == 1 else ""


def _degrees(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
