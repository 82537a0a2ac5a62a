"""The official sources on loopback, with small files in their formats, and their bad days."""

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from geodata.sources import SOURCES, Source
from tests.geocoder import Handler, Server, answering, running

FILES = Path(__file__).parent / "sources"
POLICE = (FILES / "police.csv").read_text("utf-8-sig").splitlines()[0]
GENDARMERIE = (FILES / "gendarmerie.csv").read_text("utf-8-sig").splitlines()[0].split(";")
CIVRAY = {
    "code": "86078",
    "postal": "86400",
    "commune": "Civray",
    "lng": "0.2949",
    "lat": "46.1486",
}
POITIERS = {
    "code": "86194",
    "postal": "86000",
    "commune": "Poitiers",
    "lng": "0.3404",
    "lat": "46.5802",
}


def dila_record(key: str, nom: str, pivot: str, **told: str) -> dict:
    """Return a record of DILA's directory, at Poitiers unless told otherwise."""
    said = {
        "street": "3 rue des Essais",
        "phone": "05 49 00 00 10",
        "mail": "",
        "day": "02/11/2026",
    }
    said |= POITIERS | told
    return {
        "id": key,
        "nom": nom,
        "date_modification": f"{said['day']} 13:30:19",
        "code_insee_commune": said["code"],
        "url_service_public": f"https://lannuaire.service-public.fr/{key}",
        "commentaire_plage_ouverture": "",
        "pivot": [{"type_service_local": pivot, "code_insee_commune": [said["code"]]}],
        "adresse": [
            {
                "type_adresse": "Adresse",
                "complement1": "",
                "complement2": "",
                "numero_voie": said["street"],
                "code_postal": said["postal"],
                "nom_commune": said["commune"],
                "longitude": said["lng"],
                "latitude": said["lat"],
            }
        ],
        "telephone": [{"valeur": said["phone"], "description": ""}],
        "adresse_courriel": [said["mail"]] if said["mail"] else [],
        "site_internet": [],
        "plage_ouverture": [
            {
                "nom_jour_debut": "Lundi",
                "nom_jour_fin": "Vendredi",
                "valeur_heure_debut_1": "09:00:00",
                "valeur_heure_fin_1": "12:00:00",
                "valeur_heure_debut_2": "",
                "valeur_heure_fin_2": "",
                "commentaire": "",
            }
        ],
    }


def dila(*records: dict) -> bytes:
    """Return DILA's dump."""
    document = json.dumps({"service": records}, ensure_ascii=False).encode()
    dump = io.BytesIO()
    with tarfile.open(fileobj=dump, mode="w:bz2") as archive:
        member = tarfile.TarInfo("2026-11-02_000000-data.gouv_local.json")
        member.size = len(document)
        archive.addfile(member, io.BytesIO(document))
    return dump.getvalue()


def police(*rows: Mapping[str, str]) -> bytes:
    lines = [
        f"{row['nom']};;{row['phone']};86;{row['code']};{row['street']};{row['postal']};"
        f"{row['commune']};;;;{row['lng']};{row['lat']}"
        for row in rows
    ]
    return "\n".join([POLICE, *lines, ""]).encode()


def gendarmerie(*rows: Mapping[str, str]) -> bytes:
    lines = []
    for row in rows:
        cells = {
            "identifiant_public_unite": row["number"],
            "service": row["nom"],
            "telephone": row["phone"],
            "departement": "86",
            "code_commune_insee": row["code"],
            "voie": row["street"],
            "code_postal": row["postal"],
            "commune": row["commune"],
            "geocodage_x_GPS": row["lng"],
            "geocodage_y_GPS": row["lat"],
        }
        lines.append(";".join(cells.get(column, "") for column in GENDARMERIE))
    return "\n".join([";".join(GENDARMERIE), *lines, ""]).encode()


BRIGADE = CIVRAY | {
    "number": "1000001",
    "nom": "Brigade territoriale autonome de Civray",
    "phone": "05 49 87 00 32",
    "street": "2A route de Limoges",
}
STATION = POITIERS | {
    "nom": "Commissariat de Poitiers",
    "phone": "05 49 60 60 00",
    "street": "38 rue de la Marne",
}
CIDFF = dila_record("cidff", "CIDFF de la Vienne", "cidf", phone="05 49 88 04 41")
COURT = dila_record("tribunal", "Tribunal judiciaire de Poitiers", "tgi", phone="05 49 50 22 00")
BRIGADE_TOO = dila_record(
    "bta-civray",
    "Gendarmerie - Brigade territoriale autonome de Civray",
    "gendarmerie",
    mail="bta.civray@exemple.fr",
    **CIVRAY | {"phone": "05 49 87 00 32", "street": "2A route de Limoges"},
)
GOOD: Mapping[str, bytes] = {
    "police": police(STATION),
    "gendarmerie": gendarmerie(BRIGADE),
    "dila": dila(CIDFF, COURT, BRIGADE_TOO),
    "finess": (FILES / "finess.csv").read_bytes(),
    "data-inclusion": (FILES / "di_services.json").read_bytes(),
    "data-inclusion-1": (FILES / "di_structures.json").read_bytes(),
    "unites-competentes": (FILES / "unites.csv").read_bytes(),
    "insee": (FILES / "insee_melodi.csv").read_bytes(),
}
"""A file of each source; the second of a source has a number."""

Behaviour = Callable[[Handler], None]


@dataclass
class Official:
    """The sources on a server: `files` and `bad` (a behaviour) by name, `titles` of the catalogue.

    `edition` is the day that the catalogue gives to all files; "" for no catalogue.
    """

    server: Server
    files: dict[str, bytes] = field(default_factory=lambda: dict(GOOD))
    bad: dict[str, Behaviour] = field(default_factory=dict)
    edition: str = "2026-11-02T05:00:00"

    @property
    def sources(self) -> dict[str, Source]:
        """Return the sources of the product, at addresses of this server."""
        root = self.server.url.removesuffix("/geocodage")
        return {
            name: replace(
                source,
                homepage=f"{root}/fr/datasets/{name}/" if source.catalogue else source.homepage,
                files=tuple(
                    replace(file, download=f"{root}/r/{numbered(name, number)}")
                    for number, file in enumerate(source.files)
                ),
            )
            for name, source in SOURCES.items()
        }

    def asked(self, beginning: str) -> list[str]:
        """Return the last part of the paths asked for that begin so, and forget all."""
        found = [
            path.rpartition("/")[2] for path, _ in self.server.seen if path.startswith(beginning)
        ]
        self.server.seen.clear()
        return found

    def answer(self, handler: Handler) -> None:
        path = handler.path.rstrip("/")
        name = path.rpartition("/")[2]
        if path.startswith("/api/1/datasets/"):
            body = (
                json.dumps({"resources": self._resources(name)}).encode() if self.edition else b""
            )
            answering(body, status=200 if self.edition else 404)(handler)
        elif name in self.bad:
            self.bad[name](handler)
        elif name in self.files:
            answering(self.files[name])(handler)
        else:
            answering(b"", status=404)(handler)

    def _resources(self, source: str) -> list[dict]:
        """Return what the catalogue says: the files, an older one of each, and a notice."""
        root = self.server.url.removesuffix("/geocodage")
        names = [name for name in self.files if name in (source, f"{source}-1")]
        newest = [
            {
                "id": name,
                "title": f"Fichier {name} 2026",
                "format": "csv",
                "url": f"{root}/r/{name}",
            }
            | {"last_modified": self.edition}
            for name in names
        ]
        older = [
            {
                **one,
                "id": f"{one['id']}-2016",
                "last_modified": "2016-01-01",
                "url": f"{root}/r/old",
            }
            for one in newest
        ]
        notice = {"id": "notice", "title": "Notice", "format": "pdf", "url": f"{root}/r/notice"}
        return [*older, *newest, notice | {"last_modified": "2099-01-01"}]


def numbered(name: str, number: int) -> str:
    return f"{name}-{number}" if number else name


@contextmanager
def official() -> Iterator[Official]:
    with running() as server:
        known = Official(server)
        server.behave = known.answer
        yield known


def folder_of(folder: Path, files: Mapping[str, bytes] = GOOD) -> Path:
    """Write the files into a folder, under the names with which they are published."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / PUBLISHED[name]).write_bytes(content)
    return folder


PUBLISHED = {
    "police": "export-pn.csv",
    "gendarmerie": "export-gn2.csv",
    "dila": "2026-11-02_120000-data.gouv_local.tar.bz2",
    "finess": "etalab-cs1100507-stock-20260512-0339.csv",
    "data-inclusion": "services-inclusion-2026-11-24.json",
    "data-inclusion-1": "structures-inclusion-2026-11-24.json",
    "unites-competentes": "competence-territoriale-gendarmerie-et-police-nationales.csv",
    "insee": "DS_RP_POPULATION_PRINC_2023_data.csv",
}


def cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(GOOD["police"][:100])


def slow(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for byte in GOOD["police"]:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.02)


PAGE = b"<!DOCTYPE html><html><body>Maintenance en cours</body></html>"
BAD_DAYS: Mapping[str, tuple[Behaviour, str]] = {
    "404": (answering(b"", status=404), "pas de fichier à cette adresse"),
    "500": (answering(b"", status=500), "réponse 500"),
    "page": (answering(PAGE), "colonnes absentes"),
    "cut": (cut, "coupé avant la fin"),
    "slow": (slow, "trop lent"),
    "renamed": (
        answering(GOOD["police"].replace(b"geocodage_x_GPS", b"geocodage_lon")),
        "« geocodage_x_GPS »",
    ),
    "archive": (answering(b"PK\x03\x04 abc"), "classeur"),
}
"""What a server may do instead of giving the police's file, and what is said of it."""
