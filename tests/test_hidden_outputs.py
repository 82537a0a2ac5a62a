"""No output depends on where a hidden place is, or on where its row stands in the file.

Two lists differ only in the towns of their hidden rows. Everything that a visitor can see, download
or ask for must be the same for both. Each new output has its line in `FILES` or `PAGES`.
"""

import io
import os
import re
import zipfile
from datetime import date, datetime

import pypdf
import pytest

from geodata import (
    agenda,
    answers,
    exports,
    national_export,
    nearest,
    networks,
    quality,
    situation,
)
from geodata.answers import Need
from geodata.paper import handout, list_sheet, network_sheet, poster
from geodata.paper.report import Material, bundle, to_pdf
from geodata.selection import Selection, select, timetable
from geodata.services import ServiceType
from geodata.situation import Question, files
from geodata.upkeep import calls, checking, merging
from pages.map import marker_file
from pages.shared import clock, service_list
from tests.lists import CIVRAY, content, listed, read, row
from tests.test_pages import PARIS, open_page

NOW = datetime(2026, 11, 24, 10, tzinfo=PARIS)
TODAY = NOW.date()
LOUDUN = {"code_postal": "86200", "commune": "Loudun", "code_insee": "86137"}
TOWNS = {"Civray": CIVRAY, "Loudun": LOUDUN}
HERE = (0.295, 46.149)
HIDDEN = {"type": "hebergement", "confidentialite": "departement"}
HOURS = "2026 Dec 02 14:00-17:00; Tu[1] 09:00-12:00"


def hidden_rows(town: str) -> list[dict[str, str]]:
    """Give hidden rows in this town, each of which says so in a way of its own."""
    place, slug = TOWNS[town], town.lower()
    rows = []
    for level in ("departement", "non_publie", ""):
        kind = "hebergement" if not level else "permanence"
        shelter = {"type": kind, "confidentialite": level, "telephone": "05 49 00 00 09"}
        ways = [
            {"nom": f"Foyer de {town}"},
            {"nom": "Foyer", "description": f"Au centre de {town}."},
            {"nom": "Foyer", "structure": f"CCAS de {town}", "source": f"Mairie de {town}"},
            {"nom": "Foyer", "courriel": f"contact@chrs-{slug}.fr"},
            {"nom": "Foyer", "site_web": f"https://foyer{slug}.fr"},
            {"nom": "Foyer", "lien_source": f"https://vienne.fr/{slug}/foyer"},
            {"nom": "Foyer", "reseaux": f"clav-86|reseau-vif-{slug}"},
            {"nom": "Foyer", "horaires_precisions": f"Permanence à {town}."},
            {"nom": "Foyer", "zone_eligibilite": place["code_insee"]},
            {"nom": "Foyer", "horaires_accueil": f'{HOURS} "{town}"'},
            {"nom": "Foyer", "publics": town, "acces": town, "date_source": town},
            {"nom": "Foyer", "remarques": town},
        ]
        rows += [
            row(f"h{level}{n}", **shelter | {"horaires_accueil": HOURS} | place | way)
            for n, way in enumerate(ways)
        ]
    return [*rows, row("hrefused", **HIDDEN, **place, adresse="Canari")]


def rows_of(town: str) -> list[dict[str, str]]:
    """Give a list sorted by commune, its hidden rows in this town."""
    public = [
        row(
            f"p-{kind}-{slug}",
            **place | {"type": kind, "reseaux": f"clav-86|reseau-vif-{slug}"},
            nom=f"Accueil de {name}",
            horaires_accueil=HOURS,
            telephone="05 49 00 00 01",
            date_verification="hier",
        )
        for name, place in TOWNS.items()
        for slug in [name.lower()]
        for kind in ("permanence", "ccas", "commissariat")
    ]
    return sorted([*public, *hidden_rows(town)], key=lambda one: one["commune"])


def words_of(content: bytes) -> str:
    """Give what a file says, without the hour at which it was made."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            found = [(name, words_of(parts.read(name))) for name in parts.namelist()]
        return str([part for part in found if part[0] != "docProps/core.xml"])
    if content.startswith(b"%PDF"):
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return content.decode()


def _services(town):
    return read(*rows_of(town)).services


def _poster(services, kind, code, product, *, discreet):
    territory = poster.Territory(kind, code)
    offered = poster.offer(services, territory)
    ids = poster.usual(offered.rows, 4)
    made = poster.make(services, territory, ids, TODAY, product=product, discreet=discreet)
    return f"{offered.rows.to_csv()} {offered!r} {words_of(made)}"


def _posters(services):
    return [
        _poster(services, kind, code, product, discreet=discreet)
        for kind, code in (
            (poster.Kind.COMMUNE, "86078"),
            (poster.Kind.COMMUNE, "86137"),
            (poster.Kind.NETWORK, "clav-86"),
            (poster.Kind.NETWORK, "reseau-vif-civray"),
            (poster.Kind.DEPARTEMENT, "86"),
        )
        for product, discreet in ((poster.Product.POSTER, True),)
    ]


def _situation(services):
    kinds = [ServiceType.PERMANENCE, ServiceType.HEBERGEMENT]
    question = Question(["86"], kinds, date(2026, 11, 30), km=20)
    counted = situation.counted_services(services, question)
    found = situation.measure(counted, question, situation.neighbours(counted, question))
    material = Material(found, services, services_written=TODAY, now=NOW)
    whole = bundle(material, {"pdf": to_pdf(material)})
    return [list(counted.index), files.to_geojson(found).decode(), words_of(whole)]


def _answers(services):
    found = [
        answers.answer(
            services,
            origin,
            code_insee=code,
            need=need,
            when=Selection(),
            now=NOW,
            within_m=30_000,
        )
        for need in Need
        for origin, code in ((HERE, "86078"), (None, "86137"))
    ]
    parts = ("receiving", "later", "to_call", "lines")
    return [getattr(one, part).to_csv() for one in found for part in parts]


def _searches(services):
    """Every filter that names a town, or one of its codes."""
    texts = ("Civray", "loudun", "86400", "foyer civray", "reseau vif loudun", "86137", "05 49")
    asked = [
        *(Selection(words=text) for text in texts),
        *(Selection(communes=(code,)) for code in ("86078", "86137")),
        *(Selection(reseaux=(f"reseau-vif-{slug}",)) for slug in ("civray", "loudun")),
        Selection(departements=("86",)),
    ]
    return [list(select(services, selection).index) for selection in asked]


def _merged(town):
    """What a list of others would change: their shelters are in Civray."""
    theirs = read(*(one | {"id": f"di-{one['id']}"} for one in hidden_rows("Civray"))).services
    assert len(theirs) == 36
    seen = merging.compare(_services(town), theirs)
    return [seen.pairs.to_csv(), seen.differences.to_csv(), seen.new.to_csv(), seen.refused]


def _tried(town):
    """What a visitor learns who drops a list in which she has guessed the town."""
    changes = checking.compare(content(rows_of(town)), content(rows_of("Civray")))
    return [str(changes), changes.more_visible, changes.cells.to_csv()]


FILES = {
    "csv": lambda services: exports.to_csv(services).decode(),
    "csv to read": lambda services: exports.to_readable_csv(services).decode(),
    "csv for Excel": lambda services: exports.to_csv(services, excel=True).decode(),
    "geojson": lambda services: exports.to_geojson(services).decode(),
    "xlsx": lambda services: words_of(exports.to_xlsx(services)),
    "calendar": lambda services: [
        exports.to_ics(coming, services, now=NOW, discreet=discreet).decode()
        for coming in [agenda.occasions(services, TODAY, date(2027, 2, 1))]
        for discreet in (True, False)
    ],
    "tours": lambda services: [
        found(services, NOW).to_csv() for found in (agenda.tours, agenda.to_ask, agenda.to_renew)
    ],
    "national base": lambda services: words_of(
        national_export.to_data_inclusion(services, today=TODAY)
    ),
    "calls": lambda services: calls.to_csv(
        calls.sheet(quality.to_call(services, TODAY, limit=99), services, TODAY)
    ).decode(),
    "quality": lambda services: [
        quality.problems(services, TODAY).to_csv(),
        quality.measures(services, TODAY).to_csv(),
        *(quality.by_group(services, TODAY, by).to_csv() for by in ("type", "commune", "source")),
    ],
    "networks": lambda services: networks.table(services).to_csv(),
    "network sheets": lambda services: [
        words_of(network_sheet.sheet(services, network, TODAY))
        for network in ("clav-86", "reseau-vif-civray", "reseau-vif-loudun")
    ],
    "list to print": lambda services: words_of(list_sheet.sheet(services, "Liste", [], NOW)),
    "posters": _posters,
    "handout": lambda services: words_of(
        handout.handout(services[services.index.str.startswith("hdep")][:8], NOW, discreet=False)
    ),
    "coverage": _situation,
    "nearest": lambda services: nearest.nearest(services, HERE, at=NOW, limit=None).to_csv(),
    "answers": _answers,
    "searches": _searches,
    "timetable": lambda services: timetable(services, Selection(), NOW).to_csv(),
}


@pytest.fixture(scope="module")
def both():
    return [_services(town) for town in TOWNS]


def test_the_lists_differ_in_their_hidden_rows_alone(both):
    """Otherwise the tests below would compare a list with itself."""
    here, there = ({one["id"]: one for one in rows_of(town)} for town in TOWNS)
    assert list(here) != list(there)
    assert {key for key in here if here[key] != there[key]} == {k for k in here if k[0] == "h"}
    # Of the hidden rows, one alone is left out: the others must be hidden, not refused.
    assert [len(services) for services in both] == [len(here) - 1] * 2


@pytest.mark.parametrize("name", FILES)
def test_no_file_depends_on_a_hidden_town(name, both):
    here, there = (str(FILES[name](services)) for services in both)
    assert here == there


@pytest.mark.parametrize("looked_at", [_merged, _tried])
def test_no_comparison_depends_on_a_hidden_town(looked_at):
    assert str(looked_at("Civray")) == str(looked_at("Loudun"))


def test_no_file_of_signs_depends_on_a_hidden_town():
    here, there = (marker_file._marker_file(listed(*rows_of(town))).name for town in TOWNS)
    assert here == there


PAGES = [
    ("carte", {}),
    ("carte", {"mots": "Civray"}),
    ("carte", {"communes": "86078"}),
    ("carte", {"fiche": "hdepartement0"}),
    ("carte", {"fiche": "h6"}),
    ("carte", {"reseaux": "reseau-vif-civray"}),
    ("trouver", {"depuis": "86078"}),
    ("trouver", {"depuis": "86137", "besoin": "abri"}),
    ("permanences", {}),
    ("couverture", {"departements": "86"}),
    ("annuaire", {"vue": "a-rappeler"}),
    ("annuaire", {"vue": "fiches"}),
    ("annuaire", {"vue": "fiches", "fiche": "hdepartement5"}),
    ("annuaire", {"vue": "reseaux"}),
    ("annuaire", {"vue": "affiches", "affiche": "commune-86078"}),
    ("annuaire", {"vue": "a-corriger"}),
    ("annuaire", {"vue": "historique"}),
]


def everything_on(page) -> str:
    """Give all that a page sends to the browser, but the names of its downloads."""
    sent = "\n".join(str(node.proto) for node in page.main if getattr(node, "proto", None))
    return re.sub(r"/media/\S+|file_id: \S+", "", sent)


@pytest.mark.parametrize(("name", "address"), PAGES)
def test_no_page_depends_on_a_hidden_town(name, address, on_list, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    seen, read_lists = [], set()
    for second, town in enumerate(TOWNS):
        os.utime(on_list(*rows_of(town)), (1_790_000_000 + second,) * 2)
        page = open_page(f"{name}.py", **address)
        seen.append(everything_on(page))
        read_lists.add(service_list.load().signature)
    assert len(read_lists) == 2
    assert seen[0] == seen[1]
